"""``s2sad.discrete`` of implicit methods, of multistep methods and of ``odeint``: the derivative of the steps taken.

With a first step that is the longest one, and tolerances that are not felt, the steps do not hang on the numbers: what
is computed is smooth, and its central differences are the derivative that is asked for.
"""

from __future__ import annotations

import functools

import numpy as np
import pytest
import scipy.integrate as si

import s2sad

A = np.array
START, AT = A([1.0, 0.7]), A([0.1, 0.23, 0.71, 1.3])
METHODS = ("Radau", "BDF", "LSODA")
EVEN = {"first_step": 0.1, "max_step": 0.1, "rtol": 1e-2, "atol": 1.0}
TIGHT = {"rtol": 1e-10, "atol": 1e-12}
solve, integrate = s2sad.discrete(si.solve_ivp), s2sad.discrete(si.odeint)


def hunters(t, y, a, b):
    return [a * y[0] - b * y[0] * y[1], -y[1] + 0.5 * y[0] * y[1] * np.cos(t)]


def slope(f, x, dx, h=1e-5):
    """A central difference in a direction."""
    ahead, behind = (f(*(p + s * d for p, d in zip(x, dx, strict=True))) for s in (h, -h))
    return (ahead - behind) / (2 * h)


@pytest.mark.parametrize("method", METHODS)
def test_slopes_of_steps_of_one_length(method):
    def f(y, a, t0, t1, at):
        even = EVEN | dict.fromkeys(("first_step", "max_step"), (t1 - t0) / 12.5)
        sol = solve(hunters, (t0, t1), y, method, args=(a, 0.4), dense_output=True, **even)
        return np.sum(np.cos(sol.y[:, ::3])) + np.sum(sol.sol(at) ** 2)

    def value(*x):
        return s2sad.value_and_grad(f)(*x)[0]

    ends = 0.0 if method == "Radau" else 1.0  # its steps are held when an end moves
    point = START, 1.1, 0.1, 1.5, AT[1:]
    moves = A([0.3, -0.2]), 0.7, 0.2 * ends, -0.4 * ends, A([0.1, 0.2, -0.3])
    exact = slope(value, point, moves)
    np.testing.assert_allclose(s2sad.jvp(f, point, moves)[1], exact, rtol=1e-8)
    bars = s2sad.grad(f, argnums=(0, 1, 2, 3, 4))(*point)
    np.testing.assert_allclose(sum(np.sum(b * m) for b, m in zip(bars, moves, strict=True)), exact, rtol=1e-8)


@pytest.mark.parametrize("method", ["Radau", "BDF"])
def test_the_numbers_are_scipys_where_its_equations_are_solved_at_once(method):
    def f(w, solver=solve):
        how = {"jac": w, "t_eval": AT, **EVEN}  # Newton's method is done after one iteration
        return solver(lambda t, y: w @ y + np.cos(t), (0.0, 1.5), START, method, **how).y

    w, move = A([[-0.3, 0.8], [-0.9, -0.2]]), A([[0.2, 0.1], [-0.3, 0.4]])
    theirs = functools.partial(f, solver=si.solve_ivp)
    got, dot = s2sad.jvp(f, (w,), (move,))
    np.testing.assert_allclose(got, theirs(w), rtol=1e-12)
    np.testing.assert_allclose(dot, slope(theirs, (w,), (move,)), rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("method", METHODS)
def test_steps_and_orders_of_all_kinds(method):
    """A swing that is stiff and not, in turn: orders rise and fall, and LSODA changes its formulas."""

    def swing(t, y, mu):
        return A([y[1], mu * (1 - y[0] ** 2) * y[1] - y[0]])

    def f(mu, solver=solve, method=method, rtol=1e-6):
        at = {"t_eval": [3.0, 10.0, 12.0], "vectorized": True, "rtol": rtol, "atol": 0.1 * rtol}
        return solver(swing, (0.0, 12.0), [2.0, 0.0], method, args=(mu,), **at).y

    got, dot = s2sad.jvp(f, (8.0,), (1.0,))
    np.testing.assert_allclose(got, f(8.0, si.solve_ivp), rtol=5e-6)
    exact = slope(functools.partial(f, solver=si.solve_ivp, method="LSODA", rtol=1e-12), (8.0,), (1.0,), 1e-3)
    np.testing.assert_allclose(dot, exact, rtol=5e-4)
    np.testing.assert_allclose(s2sad.grad(lambda mu: f(mu)[0, 2])(8.0), dot[0, 2], rtol=1e-8)


@pytest.mark.parametrize("method", METHODS)
def test_second_derivatives(method):
    def end(a):
        return solve(lambda t, y: -a * y**2 * np.cos(t), (0.0, 1.0), [1.0], method, **EVEN).y[0, -1]

    exact = slope(lambda a: s2sad.value_and_grad(end)(a)[1], (1.1,), (1.0,))
    np.testing.assert_allclose(s2sad.grad(s2sad.grad(end))(1.1), exact, rtol=1e-8)
    np.testing.assert_allclose(s2sad.jvp(s2sad.grad(end), (1.1,), (1.0,))[1], exact, rtol=1e-8)


def test_odeint():
    def f(y, k, t, solver=integrate, **how):
        return solver(lambda y, t, k: [y[1], -k * np.sin(y[0])], y, t, args=(k,), **how)

    point, moves = (START, 2.0, A([0.2, 0.2, 1.0, 1.5])), (A([0.3, -0.2]), 0.7, A([0.2, 0.2, -0.1, 0.3]))
    ys, dot = s2sad.jvp(f, point, moves)
    np.testing.assert_allclose(ys, f(*point, solver=si.odeint), rtol=1e-6)
    exact = slope(functools.partial(f, solver=si.odeint, **TIGHT), point, moves)
    np.testing.assert_allclose(dot, exact, rtol=1e-5)

    def even(k):
        return f(START, k, point[2], rtol=1e-2, atol=1.0, h0=0.1, hmax=0.1)[-1, 0]

    exact = slope(lambda k: s2sad.value_and_grad(even)(k)[0], (2.0,), (1.0,))
    np.testing.assert_allclose(s2sad.grad(even)(2.0), exact, rtol=1e-8)
    decay = lambda a: integrate(lambda t, y: -a * y, a, AT, tfirst=True, Dfun=lambda t, y: [[-a]])[-1, 0]  # noqa: E731
    np.testing.assert_allclose(s2sad.value_and_grad(decay)(0.8), (0.8 * np.exp(-0.96), 0.04 * np.exp(-0.96)), rtol=1e-5)


@pytest.mark.parametrize("method", METHODS)
def test_no_time_passes(method):
    f = lambda a: np.sum(solve(lambda t, y: -a * y, (0.5, 0.5), [a], method, [0.5]).y)  # noqa: E731
    assert s2sad.value_and_grad(f)(0.8) == (0.8, 1.0)


def test_in_batches():
    f = s2sad.value_and_grad(lambda a: solve(lambda t, y: -a * y**2, (0.0, 1.0), [1.0], "BDF", **EVEN).y[0, -1])
    at = A([0.9, 1.4])
    np.testing.assert_allclose(np.stack(s2sad.vmap(f)(at), axis=1), [f(a) for a in at], rtol=1e-13)
