"""``s2sad.discrete(solve_ivp)``: the derivative of the steps that were taken, against the same steps done again."""

from __future__ import annotations

import functools
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import scipy.integrate as si

import s2sad

A = np.array
START, AT = A([1.0, 0.7]), np.linspace(0.0, 1.5, 4)
LOOSE, TIGHT = {"rtol": 1e-2, "atol": 1e-3}, {"rtol": 1e-11, "atol": 1e-12}
METHODS = ("RK45", "RK23", "DOP853")
solve = s2sad.discrete(si.solve_ivp)


def hunters(t, y, a, b):
    return [a * y[0] - b * y[0] * y[1], -y[1] + 0.5 * y[0] * y[1] * np.cos(t)]


def fixed(method, times):
    """SciPy's own method class, stepping to these times: its steps, its interpolation, and none of its choices."""
    base = getattr(si, method)

    class Fixed(base):
        def __init__(self, fun, t0, y0, t_bound, **options):
            super().__init__(fun, t0, y0, t_bound, **options)
            self.left = list(times[1:])

        def _estimate_error_norm(self, K, h, scale):  # noqa: N803
            return 0.0

        def _step_impl(self):
            self.h_abs = abs(self.left.pop(0) - self.t)
            return super()._step_impl()

    return Fixed


def same_steps(method, times, t_eval, span=(0.0, 1.5)):
    """The solution of the hunters as a function of everything, at steps that are held."""

    def f(y, a, b):
        return si.solve_ivp(hunters, span, y, method=fixed(method, times), t_eval=t_eval, args=(a, b)).y

    return f


def slope(f, x, dx, h=1e-6):
    """A central difference in a direction."""
    ahead, behind = (f(*(p + s * d for p, d in zip(x, dx, strict=True))) for s in (h, -h))
    return (ahead - behind) / (2 * h)


CASES = [(m, at, span) for m in METHODS for at, span in (
    (None, (0.0, 1.5)), (AT, (0.0, 1.5)), (A([0.31, 0.9]), (0.0, 1.5)), (None, (1.5, 0.0)), (AT[::-1], (1.5, 0.0)),
)]  # fmt: skip


@pytest.mark.parametrize(("method", "at", "span"), CASES)
def test_values_and_slopes_are_those_of_the_steps(method, at, span):
    options = {"method": method, "t_eval": at, **LOOSE}

    def f(y, a, b):
        return solve(hunters, span, y, args=(a, b), **options).y

    point, moves = (START, 1.1, 0.4), (A([0.3, -0.2]), 0.7, -0.4)
    expected = si.solve_ivp(hunters, span, START, args=(1.1, 0.4), **options)
    times = si.solve_ivp(hunters, span, START, args=(1.1, 0.4), method=method, **LOOSE).t
    again = same_steps(method, times, at, span)
    np.testing.assert_allclose(again(*point), expected.y, rtol=1e-13)  # the oracle is what it says

    ys, dot = s2sad.jvp(f, point, moves)
    np.testing.assert_allclose(ys, expected.y, rtol=1e-12, atol=1e-14)
    exact = slope(again, point, moves)
    np.testing.assert_allclose(dot, exact, rtol=1e-7, atol=1e-8)

    weight = np.cos(np.arange(ys.size)).reshape(ys.shape)
    total, bars = s2sad.value_and_grad(lambda y, a, b: np.sum(weight * f(y, a, b)), argnums=(0, 1, 2))(*point)
    np.testing.assert_allclose(total, np.sum(weight * expected.y), rtol=1e-12)
    np.testing.assert_allclose(bars[0] @ moves[0] + bars[1] * 0.7 - bars[2] * 0.4, np.sum(weight * exact), rtol=1e-6)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("at", [None, AT])
def test_second_derivatives(method, at):
    def total(a):
        return np.sum(solve(lambda t, y: hunters(t, y, a, 0.4), (0, 1.5), START, method, at, **LOOSE).y[:, -1] ** 2)

    times = si.solve_ivp(hunters, (0, 1.5), START, method, args=(1.1, 0.4), **LOOSE).t
    again = same_steps(method, times, at)

    def held(a):
        return np.sum(again(START, a, 0.4)[:, -1] ** 2)

    h = 1e-4
    exact = (held(1.1 + h) - 2 * held(1.1) + held(1.1 - h)) / h**2
    np.testing.assert_allclose(s2sad.grad(s2sad.grad(total))(1.1), exact, rtol=1e-5)
    np.testing.assert_allclose(s2sad.hvp(total)(1.1, 1.0), exact, rtol=1e-5)
    np.testing.assert_allclose(s2sad.jvp(s2sad.grad(total), (1.1,), (1.0,))[1], exact, rtol=1e-5)


@pytest.mark.parametrize("method", METHODS)
def test_with_tight_tolerances_it_is_the_derivative_of_the_equation(method):
    tight = TIGHT if method != "RK23" else {"rtol": 1e-8, "atol": 1e-9}

    def f(solver):
        def total(y, a, t0, t1, at):
            sol = solver(hunters, (t0, t1), y, args=(a, 0.4), method=method, **tight)
            return np.sum(sol.y[:, -1] ** 2) + sol.t[-1] + np.sum(
                solver(hunters, (t0, 1.7), y, args=(a, 0.4), method=method, t_eval=at, **tight).y ** 2
            )  # fmt: skip

        return s2sad.grad(total, argnums=(0, 1, 2, 3, 4))

    point = START, 1.1, 0.1, 1.4, A([0.3, 0.9, 1.6])
    for ours, theirs in zip(f(solve)(*point), f(si.solve_ivp)(*point), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=2e-6)


def test_the_ends_move_the_first_and_the_last_step():
    def f(t0, t1):
        return solve(hunters, (t0, t1), START, args=(1.1, 0.4), **LOOSE).y[0, -1]

    times = si.solve_ivp(hunters, (0.1, 1.4), START, args=(1.1, 0.4), **LOOSE).t

    def held(t0, t1):
        return same_steps("RK45", [t0, *times[1:-1], t1], None, (t0, t1))(START, 1.1, 0.4)[0, -1]

    got = s2sad.grad(f, argnums=(0, 1))(0.1, 1.4)
    np.testing.assert_allclose(got[0], slope(held, (0.1, 1.4), (1.0, 0.0)), rtol=1e-7)
    np.testing.assert_allclose(got[1], slope(held, (0.1, 1.4), (0.0, 1.0)), rtol=1e-7)


def test_options_closures_and_fields():
    w = A([[-0.3, 0.8], [-0.9, -0.2]])
    options = {"max_step": 0.2, "first_step": 0.05, "rtol": 1e-3, "atol": A([1e-4, 1e-3])}

    def f(w, solver=solve):
        sol = s2sad.discrete(solver)(lambda t, y: np.tanh(w @ y), [0, 1], [1, 2], **options)
        return np.sum(sol.y**2) * sol.nfev + len(sol.t) + sol.success

    np.testing.assert_allclose(s2sad.value_and_grad(lambda w: f(w, si.solve_ivp))(w)[0], f(w, si.solve_ivp), rtol=1e-12)
    h, e = 1e-6, np.zeros((2, 2))
    e[0, 1] = 1.0  # the first step and the longest decide all steps here but for tolerances that are not felt
    exact = (f(w + h * e, si.solve_ivp) - f(w - h * e, si.solve_ivp)) / (2 * h)
    np.testing.assert_allclose(s2sad.grad(lambda w: f(w, si.solve_ivp))(w)[0, 1], exact, rtol=1e-6)


@dataclass
class Model:
    solver: Any

    def end(self, a):
        return ended(self.solver, a)


def ended(solver, a):
    return solver(lambda t, y: -a * y * y, (0, 1), [1.0], **LOOSE).y[0, -1]


def test_it_means_the_same_wherever_it_comes_from():
    exact, other = (s2sad.grad(ended, argnums=1)(s, 1.1) for s in (solve, si.solve_ivp))
    assert abs(exact - other) > 1e-5

    def default(a, solver=solve):
        return ended(solver, a)

    model, kept = Model(solve), [solve]
    assert s2sad.grad(lambda a: ended(solve, a))(1.1) == exact
    assert s2sad.grad(default)(1.1) == exact and s2sad.grad(default)(1.1, solve) == exact
    assert s2sad.grad(model.end)(1.1) == exact and s2sad.grad(lambda a: model.end(a))(1.1) == exact
    assert s2sad.grad(lambda m, a: m.end(a), argnums=1)(model, 1.1) == exact
    assert s2sad.grad(lambda a: ended(kept[0], a))(1.1) == exact
    assert s2sad.grad(lambda a: ended(s2sad.discrete(si.solve_ivp), a))(1.1) == exact
    assert s2sad.grad(functools.partial(ended, solve))(1.1) == exact


def test_in_batches():
    at = A([0.9, 1.1, 1.4])
    batched = s2sad.vmap(s2sad.value_and_grad(lambda a: ended(solve, a)))(at)
    alone = [s2sad.value_and_grad(lambda a: ended(solve, a))(a) for a in at]
    np.testing.assert_allclose(np.stack(batched, axis=1), alone, rtol=1e-13)


def test_no_time_passes():
    f = lambda a: np.sum(solve(lambda t, y: -a * y, (0.5, 0.5), [a], t_eval=[0.5]).y)  # noqa: E731
    assert s2sad.value_and_grad(f)(0.8) == (0.8, 1.0)


def test_a_solution_that_does_not_arrive():
    f = lambda a: solve(lambda t, y: a * y**2, (0.0, 3.0), [1.0]).y[0, -1]  # noqa: E731
    with pytest.raises(RuntimeError, match="step size"), np.errstate(all="ignore"):
        s2sad.grad(f)(1.0)


def test_the_call_itself_is_scipys():
    ours, theirs = solve(hunters, (0, 1), START, args=(1.1, 0.4)), si.solve_ivp(hunters, (0, 1), START, args=(1.1, 0.4))
    assert np.array_equal(ours.y, theirs.y) and ours.nfev == theirs.nfev
    f = lambda a: solve(lambda t, y: -a * y, (0.0, 1.0), [1.0]).y[0, -1]  # noqa: E731
    assert "for i in range" in s2sad.grad(f).source_for(0.8)


REFUSED = {
    "one of SciPy's": {"method": "RK4"},
    "events=": {"events": lambda t, y: y[0]},
}


@pytest.mark.parametrize("why", REFUSED)
def test_refusals(why):
    with pytest.raises(s2sad.UnsupportedError, match=why):
        s2sad.grad(lambda a: solve(lambda t, y: -a * y, (0, 1), [a], **REFUSED[why]).y[0, -1])(0.8)


def test_other_solvers_are_refused():
    with pytest.raises(s2sad.InputError, match="odeint"):
        s2sad.discrete(si.quad)
    with pytest.raises(s2sad.UnsupportedError, match="discrete of quad"):
        s2sad.grad(lambda a: s2sad.discrete(si.quad)(lambda x: a * x, 0, 1)[0])(0.8)


def test_scipy_is_not_imported():
    program = "import sys, s2sad; s2sad.discrete; sys.exit('scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
