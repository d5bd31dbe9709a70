"""``scipy.integrate``: integrals, sums of samples, and differential equations; in both modes, to second order."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
import pytest
import scipy.integrate as si

import s2sad
from s2sad.testing import check_grads, differences

A = np.array
X = np.linspace(0, 1, 9) ** 1.1
Y = np.sin(3 * X) + 2
TABLE = np.outer(Y, Y[:3])


def bell(x, a):
    return np.exp(-a * x**2)


INTEGRALS: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "tolerances": (lambda a, b: si.quad(bell, 0, b, args=(a,), epsabs=1e-12, epsrel=1e-12)[0], (0.7, 1.2)),
    "break points": (lambda a, b: si.quad(lambda x: abs(x - 0.5) * a, 0, b, points=[0.5], limit=80)[0], (0.7, 1.2)),
    "vectors": (lambda a, b: si.quad_vec(lambda x: bell(x, a), 0, b)[0], (A([0.7, 1.0]), 1.2)),
    "two variables": (
        lambda a, b: si.dblquad(lambda y, x: np.exp(-a * x * y), 0, b, 0, lambda x: x * a)[0], (0.7, 1.2),
    ),
    "two variables, args=": (
        lambda a, b: si.dblquad(lambda y, x, a: np.exp(-a * x * y), 0, b, 0, 1, args=(a,))[0], (0.7, 1.2),
    ),
    "nquad": (lambda a, b: si.nquad(lambda x, y: np.exp(-a * x * y), [[0, 1], [0, b]])[0], (0.7, 1.2)),
    "nquad, moving limits": (
        lambda a, b: si.nquad(lambda x, y: np.exp(-a * x * y), [lambda y: (0, y * a), (0, b)])[0], (0.7, 1.2),
    ),
    "a complex function": (
        lambda a, b: (si.quad(lambda x: np.exp(1j * a * x), 0, b, complex_func=True)[0] ** 2).imag,
        (0.7, 1.2),
    ),
    "a cosine as weight": (
        lambda a, w: si.quad(lambda x: bell(x, a), 0.1, a + 1, weight="cos", wvar=w)[0], (0.7, 1.2),
    ),
    "a sine as weight, without end": (
        lambda a, w: si.quad(bell, 0, np.inf, args=(a,), weight="sin", wvar=w)[0], (0.7, 1.2),
    ),
    "a principal value": (lambda a, c: si.quad(bell, 0.1, a + 1, args=(a,), weight="cauchy", wvar=c)[0], (0.7, 1.2)),
    "a singular weight": (
        lambda a, b: si.quad(lambda x: b * bell(x, a), 0, 1, weight="alg", wvar=(-0.5, 0.2))[0], (0.7, 1.2),
    ),
    "arrays under a weight": (
        lambda a, w: si.quad(lambda x, c: c @ c * bell(x, a), 0, 1, args=(A([a, w]),), weight="sin", wvar=2.0)[0],
        (0.7, 1.2),
    ),
    "weight='alg'": (
        lambda a, b, p: si.quad(lambda x: np.exp(-b * x), a, b, weight="alg", wvar=(p, 0.3))[0], (0.1, 1.2, -0.4),
    ),
    "weight='alg', its exponents": (
        lambda p, q: si.quad(math.exp, 0, 2, weight="alg", wvar=(p, q))[0], (-0.5, 0.3),
    ),
    "weight='alg-loga'": (
        lambda a, b, p: si.quad(math.exp, a, b, weight="alg-loga", wvar=(p, 0.3))[0], (0.1, 1.2, 0.2),
    ),
    "weight='alg-logb'": (
        lambda a, b, q: si.quad(math.exp, a, b, weight="alg-logb", wvar=(0.1, q))[0], (0.1, 1.2, 0.2),
    ),
    "weight='alg-log', an array": (
        lambda w, b: si.quad(lambda x: w[0] * np.exp(w[1] * x), 0, b, weight="alg-log", wvar=(0.1, 0.2))[0],
        (A([0.4, 0.7]), 1.2),
    ),
    "weight='cauchy', an array": (
        lambda w: si.quad(lambda x: w[0] * np.exp(w[1] * x), 0, 1, weight="cauchy", wvar=0.5, full_output=1)[0],
        (A([0.4, 0.7]),),
    ),
    "nquad, a list of options": (
        lambda a: si.nquad(
            lambda x, y: abs(x - 0.3) * y**a, [lambda y: (0, a * y), (0.5, 2)],
            opts=[lambda y: {"points": [0.3]}, {"epsabs": 1e-9}],
        )[0],
        (0.7,),
    ),
    "quad_vec, a rule by name": (
        lambda a, b: si.quad_vec(lambda x: np.exp(-a * x), 0, b, quadrature="gk15", full_output=True)[0],
        (A([0.6, 1.1]), 1.2),
    ),
    "quad_vec, complex": (lambda a, w: abs(si.quad_vec(lambda x: np.exp(1j * w * x) * A([a, 1]), 0, a)[0]), (0.7, 1.2)),
    "args= in a list": (lambda a, b: si.quad(lambda x, p: bell(x, *p), 0, b, args=[a])[0], (0.7, 1.2)),
    "limits out of an array": (lambda p: si.quad(lambda x: abs(x - 0.3) * abs(x), p[0], p[1])[0], (A([0.1, 0.9]),)),
    "fixed_quad": (lambda a, b: si.fixed_quad(lambda x: bell(x, a), 0, b, n=6)[0], (0.7, 1.2)),
    "fixed_quad, args=": (lambda a, b: si.fixed_quad(bell, 0, b, args=(a,))[0], (0.7, 1.2)),
}  # fmt: skip

SAMPLES: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "trapezoid": (si.trapezoid, (Y, X)),
    "trapezoid, dx=": (lambda y: si.trapezoid(y**2, dx=0.1, axis=0), (TABLE,)),
    "simpson": (lambda y, x: si.simpson(y, x=x), (Y, X)),
    "simpson, even": (lambda y, x: si.simpson(y[:-1], x=x[:-1]), (Y, X)),
    "simpson, dx=": (lambda y: si.simpson(y**2, dx=0.2), (Y,)),
    "simpson, axis=": (lambda y: si.simpson(y**2, axis=0), (TABLE,)),
    "cumulative_trapezoid": (si.cumulative_trapezoid, (Y, X)),
    "cumulative_trapezoid, initial=": (lambda y, x: si.cumulative_trapezoid(y**2, x, initial=0), (Y, X)),
    "cumulative_trapezoid, axis=": (lambda y: si.cumulative_trapezoid(y**2, dx=0.2, initial=0, axis=0), (TABLE,)),
    "cumulative_simpson": (lambda y, x: si.cumulative_simpson(y, x=x), (Y, X)),
    "cumulative_simpson, dx=": (lambda y: si.cumulative_simpson(y**2, dx=0.1, initial=0), (Y,)),
    "cumulative_simpson, even": (lambda y: si.cumulative_simpson(y[:-1] ** 2, dx=0.1), (Y,)),
    "romb": (lambda y: si.romb(y**2, dx=0.1), (Y,)),
    "romb, axis=": (lambda y: si.romb(y**2, axis=0), (TABLE,)),
}


def hunters(t, y, a, b):
    return [a * y[0] - b * y[0] * y[1], -y[1] + 0.5 * y[0] * y[1]]


def fading(t, y, a):
    return -a * y * np.cos(t)


def spin(a, w, solver=si.solve_ivp, **how):
    """A spin in a field that turns."""
    field = A([[1.0, 0.3j], [-0.3j, 2.0]])
    sol = solver(
        lambda t, psi: -1j * (field + a * np.cos(w * t) * A([[0, 1], [1, 0]])) @ psi, (0, 2), [1.0 + 0j, w * 1j],
        dense_output=True, **TIGHT, **how,
    )  # fmt: skip
    return abs(sol.y[0, -1]) ** 2 + np.real(sol.sol(0.5)[1]) + sol.y[1, -1].imag


def reaction(k):
    sol = si.solve_ivp(
        lambda t, y: [-k * y[0] + y[1], k * y[0] - 2 * y[1]], [0, 1], [1.0, 0.0], method="LSODA", **TIGHT
    )  # fmt: skip
    if not sol.success:
        raise RuntimeError(sol.message)
    return sol.y[1][-1]


TIGHT = {"rtol": 1e-10, "atol": 1e-12}
TIGHTER = {"rtol": 1e-12, "atol": 1e-14}  # LSODA adds up the errors of many small steps
AT = np.linspace(0.0, 1.5, 3)
W = A([[-0.3, 0.8], [-0.9, -0.2]])
START = A([1.0, 0.7])
EQUATIONS: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "t_eval=": (
        lambda y, a, b: si.solve_ivp(hunters, (0, 1.5), y, args=(a, b), t_eval=AT, **TIGHT).y, (START, 1.1, 0.4),
    ),
    "the last time": (
        lambda y, a, b: si.solve_ivp(hunters, (0, 0.3), y, args=(a, b), **TIGHT).y[:, -1], (START, 1.1, 0.4),
    ),
    "how long": (lambda a, t: si.solve_ivp(fading, (0, t), [1.0], args=(a,), **TIGHT).y[0, -1], (1.1, 0.9)),
    "since when": (
        lambda a, t: si.solve_ivp(fading, (t, 0.6), [1.0], args=(a,), method="DOP853", **TIGHT).y[0, -1], (1.1, 0.2),
    ),
    "moving times": (
        lambda a, t: si.solve_ivp(lambda t, y: fading(t, y, a), (0, 2), [1.0], t_eval=t, **TIGHT).y,
        (1.1, A([0.3, 0.9, 1.7])),
    ),
    "back in time": (
        lambda y, a, t: si.solve_ivp(hunters, (t, 0), y, args=(a, 0.4), t_eval=AT[1::-1], **TIGHT).y, (START, 1.1, 0.9),
    ),
    "a state that is zero": (  # so is its cotangent, but not the derivative of that
        lambda a: si.solve_ivp(lambda t, y: [a * np.cos(t)], (0, 1), [0.0], t_eval=[0.0, 1.0], **TIGHT).y ** 2, (0.7,),
    ),
    "a matrix": (
        lambda w: np.sum(si.solve_ivp(lambda t, y: np.tanh(w @ y), (0, 0.4), START, t_eval=AT[:2] / 5, **TIGHT).y ** 2),
        (W,),
    ),
    "complex numbers": (spin, (0.5, 1.5)),
    "complex numbers, step by step": (functools.partial(spin, solver=s2sad.discrete(si.solve_ivp)), (0.5, 1.5)),
    "dense output": (
        lambda a, t: si.solve_ivp(hunters, (0, 3), START, args=(a, 0.4), dense_output=True, **TIGHT).sol(t),
        (1.1, A([1.1, 0.4])),
    ),
    "dense output at one time": (
        lambda a, t: si.solve_ivp(fading, (0, 3), [1.0], args=(a,), dense_output=True, **TIGHT).sol(t)[0], (1.1, 0.4),
    ),
    "odeint": (
        lambda y, k: si.odeint(lambda y, t, k: [y[1], -k * np.sin(y[0])], y, AT, args=(k,), **TIGHTER), (START, 2.0),
    ),
    "odeint, moving times": (
        lambda k, t: si.odeint(lambda t, y: -k * y * np.sin(t), 1.0, t, tfirst=True, **TIGHT),
        (2.0, A([0.1, 0.4, 1.0])),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", INTEGRALS)
def test_integrals(name):
    check_grads(*INTEGRALS[name], order=1 if name in FIRST else 2, rtol=1e-5)


@pytest.mark.parametrize("name", SAMPLES)
def test_samples(name):
    check_grads(*SAMPLES[name], order=1 if name in FIRST else 2)


FIRST = (
    "simpson, even", "simpson, axis=", "cumulative_simpson, dx=", "cumulative_simpson, even", "weight='alg-loga'",
    "weight='alg-log', an array", "args= in a list", "quad_vec, complex",
)  # fmt: skip


def test_an_integral_over_four_variables():
    """Every integral calls its function 21 times for each call from outside: 200,000 calls in all."""

    def f(a, b):
        return si.nquad(lambda x, y, z, w: x + y * z * a + w, [(0, 1)] * 3 + [(0, b)], opts={"epsabs": 1e-6})[0]

    value, slopes = s2sad.value_and_grad(f, argnums=(0, 1))(0.7, 1.2)
    np.testing.assert_allclose((value, *slopes), (0.6 + 0.7 * 0.3 + 0.72, 0.3, 0.5 + 0.7 / 4 + 1.2), rtol=1e-12)
    assert s2sad.grad(s2sad.grad(f), argnums=1)(0.7, 1.2) == pytest.approx(0.25, rel=1e-12)


SECOND = ("the last time", "a matrix", "back in time", "a state that is zero", "odeint")


@pytest.mark.parametrize("name", EQUATIONS)
def test_equations(name):
    f, args = EQUATIONS[name]
    check_grads(f, args, order=2 if name in SECOND else 1, rtol=1e-5, atol=1e-7)


def test_odeint_tells_of_its_steps():
    def f(k):
        y, told = si.odeint(lambda y, t: -k * y, 1.0, AT, full_output=True)
        return y[-1, 0] + told["tcur"][-1] + told["nst"][-1] if told["message"] == "Integration successful." else 0.0

    value, slope = s2sad.value_and_grad(f)(0.8)
    np.testing.assert_allclose((value, slope), (f(0.8), -1.5 * np.exp(-1.2)), rtol=1e-6)


def robertson(k, method):
    """Substances that react within microseconds and within hours: integrated backwards, they explode."""

    def rates(t, y):
        slow, back, fast = k[0] * y[0], 1e4 * k[1] * y[1] * y[2], 1e7 * k[2] * y[1] ** 2
        return np.array([-slow + back, slow - back - fast, fast])

    sol = si.solve_ivp(rates, (0, 10), [1.0, 0.0, 0.0], method=method, t_eval=[5.0, 10.0], rtol=1e-8, atol=1e-11)
    return sol.y @ A([0.3, 1.0]) @ A([1.0, 1e4, 2.0])


def van_der_pol(mu):
    def swing(y, t):
        return [y[1], mu * (1 - y[0] ** 2) * y[1] - y[0]]

    path = si.odeint(swing, [2.0, 0.0], [0, 2, 8], rtol=1e-9, atol=1e-9)
    return path[-1, 0]


@pytest.mark.parametrize(
    ("f", "args"),
    [(functools.partial(robertson, method="BDF"), (A([0.04, 3.0, 3.0]),)), (van_der_pol, (30.0,)), (reaction, (3.0,))],
)
def test_stiff_equations(f, args):
    direction = tuple(0.1 * np.ones(np.shape(a)) for a in args)
    value, slope = s2sad.jvp(f, args, direction)
    assert value == f(*args)
    assert slope == pytest.approx(differences(f, args, direction, step=1e-2, rows=4).item(), rel=1e-4)
    gradient = s2sad.grad(f, argnums=tuple(range(len(args))))(*args)
    assert sum(np.sum(g * d) for g, d in zip(gradient, direction, strict=True)) == pytest.approx(slope, rel=1e-4)


def test_a_third_derivative_of_a_solution():
    """1 / (1 + a), and its derivatives."""

    def end(a):
        return si.solve_ivp(lambda t, y: -a * y * y, (0, 1), [1.0], **TIGHT).y[0, -1]

    third = s2sad.grad(lambda a: s2sad.jvp(s2sad.grad(end), (a,), (1.0,))[1])
    assert third(0.7) == pytest.approx(-6 / 1.7**4, rel=1e-7)


def test_a_time_that_is_read_twice():
    def f(t):
        sol = si.solve_ivp(lambda t, y: -y, (0, 2), [1.0], dense_output=True, **TIGHT)
        return np.sum(sol.sol(np.stack([t, 2 * t, t])) ** 2)

    exact = -4 * np.exp(-0.6) - 4 * np.exp(-1.2)
    assert s2sad.grad(f)(0.3) == pytest.approx(exact, rel=1e-7)
    assert s2sad.jvp(f, (0.3,), (1.0,))[1] == pytest.approx(exact, rel=1e-7)
    assert s2sad.grad(s2sad.grad(f))(0.3) == pytest.approx(8 * np.exp(-0.6) + 16 * np.exp(-1.2), rel=1e-6)


def test_the_source_of_an_adjoint():
    g = s2sad.grad(lambda a: si.solve_ivp(fading, (0, 1), [1.0], args=(a,)).y[0, -1])
    assert g(0.8) == pytest.approx(-math.sin(1) * math.exp(-0.8 * math.sin(1)), rel=1e-2)
    assert g.source.count("scipy.integrate.solve_ivp(") == 3  # the second one to be read in between
    assert "adjoint_solution(fading, adjoint, " in g.source


def test_slopes_of_what_has_gone_to_zero_far_out():
    """x³/(exp(x/T) - 1) integrates to π⁴T⁴/15; where exp is infinite, so is its slope, and 0 * inf is nan."""

    def planck(temperature):
        return si.quad(lambda x: x**3 / np.expm1(x / temperature), 0, np.inf, epsabs=1e-12)[0]

    def scaled(p):
        return si.quad(lambda x: p[1] * x**3 / (np.exp(x / p[0]) - 1.0), 0, np.inf, epsabs=1e-12)[0]

    total = np.pi**4 / 15
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(s2sad.grad(planck)(1.2), 4 * total * 1.2**3, rtol=1e-9)
        np.testing.assert_allclose(s2sad.grad(s2sad.grad(planck))(1.2), 12 * total * 1.2**2, rtol=1e-8)
        got = s2sad.grad(scaled)(np.array([1.2, 0.5]))
    np.testing.assert_allclose(got, [2 * total * 1.2**3, total * 1.2**4], rtol=1e-8)


@pytest.mark.parametrize("size", [1e-12, 1e12])
def test_tolerances_are_those_of_numbers_of_any_size(size):
    def end(a, y):
        return size * si.solve_ivp(lambda t, y: -a * y, (0, 2), [y], rtol=1e-8, atol=1e-8).y[0, -1]

    by_a, by_y = s2sad.grad(end, argnums=(0, 1))(0.8, 1.0)
    assert by_a == pytest.approx(-2 * size * np.exp(-1.6), rel=1e-6)
    assert by_y == pytest.approx(size * np.exp(-1.6), rel=1e-6)
    _, moved = s2sad.jvp(lambda y: end(0.8, y) / size, (0.0,), (size,))
    assert moved == pytest.approx(size * np.exp(-1.6), rel=1e-6)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_place_where_the_function_jumps(sign):
    """It is seen where it is named in points=: of a function that jumps, and of slopes that do."""

    def f(v):
        jumps = si.quad(lambda x: 3.0 if x < v[0] else x, 1 - sign, 1 + sign, points=[v[0]])[0]
        bends = si.quad_vec(lambda x: abs(x - v[1]) * A([v[0], 1.0]), 1 - sign, 1 + sign, points=v[1:])[0]
        return jumps + bends @ A([1.0, 2.0])

    b, c = 0.7, 1.2
    area = (c * c + (2 - c) ** 2) / 2
    got = s2sad.value_and_grad(f)(A([b, c]))
    np.testing.assert_allclose(got[0], sign * (3 * b + 2 - b * b / 2 + (b + 2) * area), rtol=1e-8)
    np.testing.assert_allclose(got[1], [sign * (3 - b + area), sign * (b + 2) * (2 * c - 2)], rtol=1e-8)
    hessian = sign * A([[-1.0, 2 * c - 2], [2 * c - 2, 2 * (b + 2)]])
    np.testing.assert_allclose(s2sad.hessian(f)(A([b, c])), hessian, rtol=1e-8)


def decays(y, t, a):
    return -a * y


ENDS = {
    "args= in a list": lambda S, a: S(lambda t, y, a, b: -a * b * y, (0, 1), [1], args=[a, 1.0], **TIGHT).y[0, -1],
    "args= in an array": lambda S, a: S(lambda t, y, a: -a * y, (0, 1), [1], args=A([1.0]) * a, **TIGHT).y[0, -1],
    "args=None": lambda S, a: S(lambda t, y: -a * y, (0, 1), [1], args=None, **TIGHT).y[0, -1],
    "no time": lambda S, a: S(fading, (0.3, 0.3), [np.exp(-a)], args=(a,)).y[0, -1],
    "no times": lambda S, a: np.sum(S(fading, (0, 1), [a], args=(a,), t_eval=[]).y) + np.exp(-a),
    "no numbers": lambda S, a: np.sum(S(fading, (0, 1), [], args=(a,), method="Radau").y) + np.exp(-a),
    "a tolerance for each": lambda S, a: (
        S(fading, (0, np.pi / 2), [1.0, 2.0], args=(a,), rtol=[1e-9, 1e-9], atol=[1e-9, 1e-9]).y[0, -1]
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ENDS)
def test_ends_and_options(name):
    for solver in (si.solve_ivp, s2sad.discrete(si.solve_ivp)):
        f = functools.partial(ENDS[name], solver)
        np.testing.assert_allclose(s2sad.value_and_grad(f)(0.7), (np.exp(-0.7), -np.exp(-0.7)), rtol=1e-6)
        np.testing.assert_allclose(s2sad.jvp(f, (0.7,), (1.0,))[1], -np.exp(-0.7), rtol=1e-6)


def test_times_of_odeint_that_are_equal():
    value, slope = s2sad.jvp(lambda a: si.odeint(decays, [1.0], [0, 1, 1], args=(a,))[:, 0], (0.7,), (1.0,))
    np.testing.assert_allclose((value, slope), np.exp(-0.7 * A([0, 1, 1])) * A([[1, 1, 1], [0, -1, -1]]), rtol=1e-5)


def test_what_scipy_raises():
    for call, kind in {
        lambda a: si.solve_ivp(fading, (0, 1), a, args=(a,)): ValueError,
        lambda a: si.solve_ivp(fading, (0, 1), [a], args=a): TypeError,
        lambda a: si.solve_ivp(fading, (0, 1), [1j], args=(a,), method="LSODA"): ValueError,
        lambda a: si.fixed_quad(bell, 0, np.inf, args=(a,)): ValueError,
    }.items():
        with pytest.raises(kind):
            call(0.7)
        with pytest.raises(kind):
            s2sad.grad(lambda a, call=call: call(a).y[0, 0])(0.7)


def test_an_equation_of_a_derivative_that_is_not_solved():
    def rooted(t, y, a):
        return np.where(y < 2.0, 1.0, 1.0 + np.sqrt(0.0 * a))

    def far(a):
        return si.solve_ivp(rooted, (0, 3), [0.0], args=(a,)).y[0, -1]

    with pytest.raises(RuntimeError, match="the equation of a derivative has not been solved: its slope is not finite"):
        s2sad.grad(far)(1.0)
    with pytest.raises(RuntimeError, match="the equation of a derivative has not been solved: Required step size"):
        s2sad.jvp(far, (1.0,), (1.0,))


def test_a_derivative_is_as_exact_as_the_solution():
    def off(rtol):
        g = s2sad.grad(lambda a: si.solve_ivp(lambda t, y: -a * y, (0, 2), [1.0], rtol=rtol, atol=rtol).y[0, -1])
        return abs(g(0.8) + 2 * np.exp(-1.6))

    assert off(1e-3) < 3e-2 and off(1e-6) < 3e-5 and off(1e-10) < 1e-8


REFUSED = {
    "dense_output": (lambda a: si.solve_ivp(fading, (0, 1), [a], args=(a,), dense_output=True).sol.ts[0], "dense"),
    "complex numbers": (lambda a: abs(si.odeint(lambda y, t: 1j * a * y, [1j], [0, 1])[-1, 0]), "complex"),
    "a function with a memory": (lambda a: si.solve_ivp(noted, (0, 1), [a]).y[0, -1], "changes what is outside"),
}  # fmt: skip
NOTES: list[float] = []


def noted(t, y):
    NOTES.append(t)
    return -y


@pytest.mark.parametrize(("f", "why"), REFUSED.values(), ids=REFUSED.keys())
def test_refusals(f, why):
    with pytest.raises(s2sad.Error, match=why):
        s2sad.grad(f)(0.8)
