"""``scipy.optimize``: roots, minima and fits, by the implicit-function theorem; in both modes, to second order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.optimize as so

import s2sad
from s2sad.testing import check_grads

A = np.array


def system(v, p, q):
    return [v[0] ** 2 + v[1] * p - 2, v[1] ** 3 - v[0] * q[1] + q[0]]


def jacobian(v, p, q):
    return [[2 * v[0], p], [-q[1], 3 * v[1] ** 2]]


def checked(p, q):
    sol = so.root(system, [1.0, 1.0], args=(p, q), jac=jacobian, tol=1e-13)
    if not sol.success:
        raise RuntimeError(sol.message)
    return sol.x[0] * sol["x"][1]


def with_closure(p, q):
    def f(v):
        return np.array([v[0] ** 2 + v[1] * p - 2, v[1] ** 3 - v[0] * q[1] + q[0]])

    return so.root(f, np.ones(2), method="lm", tol=1e-13).x


def cubic(x, a):
    return x**3 - a * x - 2


def slope(x, a):
    return 3 * x**2 - a


SYSTEM = (0.7, A([0.3, 1.1]))
ROOTS: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "root": (lambda p, q: so.root(system, [1.0, 1.0], args=(p, q), tol=1e-13).x, SYSTEM),
    "root, jac=, success, message": (checked, SYSTEM),
    "root of a closure": (with_closure, SYSTEM),
    "fsolve, fprime=": (lambda p, q: so.fsolve(system, [1, 1], args=(p, q), fprime=jacobian, xtol=1e-13), SYSTEM),
    "fsolve from a number": (lambda p: so.fsolve(lambda x: x**3 - p, 1.0, xtol=1e-13)[0], (0.7,)),
    "root_scalar": (lambda a: so.root_scalar(lambda x: cubic(x, a), bracket=[0, 5], xtol=1e-14).root, (1.3,)),
    "root_scalar, fprime=": (
        lambda a: so.root_scalar(cubic, args=(a,), x0=2.0, fprime=slope, method="newton").root, (1.3,),
    ),
    "root_scalar, fprime=True": (
        lambda a: so.root_scalar(lambda x: (cubic(x, a), slope(x, a)), x0=2.0, fprime=True).root, (1.3,),
    ),
    "full_output": (lambda a: so.brentq(cubic, 0, 5, args=(a,), full_output=True, xtol=1e-14)[0], (1.3,)),
    "newton, by secants": (lambda a: so.newton(lambda x: cubic(x, a), 2.0, tol=1e-12), (1.3,)),
    "newton": (lambda a: so.newton(cubic, 2.0, slope, (a,)), (1.3,)),
    "newton, by Halley": (
        lambda a: so.newton(cubic, 2.0, fprime=slope, args=(a,), fprime2=lambda x, a: 6 * x), (1.3,),
    ),
    "newton of many": (
        lambda a: so.newton(cubic, np.ones(3) * 2, fprime=slope, args=(a,), tol=1e-13), (A([1.3, 1.5, 0.2]),),
    ),
    "fixed_point": (
        lambda a: so.fixed_point(lambda x: np.sqrt(a / (x + x[::-1])), A([1.2, 1.3]), xtol=1e-13), (A([10.0, 12.0]),),
    ),
    "fixed_point of a number": (lambda a: so.fixed_point(lambda x: np.cos(a * x), 0.5, xtol=1e-13) * 1.0, (0.7,)),
}  # fmt: skip


def cost(x, a, w):
    return (x[0] - a) ** 2 * w[0] + (x[1] - a * x[0]) ** 2 * w[1] + 0.1 * x[0] ** 4 + np.exp(0.1 * x[1])


def cost_slope(x, a, w):
    off = x[1] - a * x[0]
    return A([2 * (x[0] - a) * w[0] - 2 * a * w[1] * off + 0.4 * x[0] ** 3, 2 * w[1] * off + 0.1 * np.exp(0.1 * x[1])])


def cost_curvature(x, a, w):
    both = -2 * a * w[1]
    return A([[2 * w[0] - a * both + 1.2 * x[0] ** 2, both], [both, 2 * w[1] + 0.01 * np.exp(0.1 * x[1])]])


def least(a, w, **options):
    return so.minimize(cost, [0.0, 0.0], args=(a, w), **options)


def by_simplex(a, w):
    options = {"xatol": 1e-9, "fatol": 1e-14}
    sol = so.minimize(lambda x: cost(x, a, w), np.zeros(2), method="Nelder-Mead", options=options)
    return sol.fun * sol.x[0]


def with_slope(a, w):
    return so.minimize(lambda x: (cost(x, a, w), cost_slope(x, a, w)), [0.0, 0.0], jac=True, tol=1e-10).x


def curvature_times(x, p, a, w):
    return cost_curvature(x, a, w) @ p


def quartic(x, a):
    return x**4 - a * x + x**2


POINT = (0.8, A([1.5, 0.7]))
TIGHT = {"ftol": 1e-15, "gtol": 1e-11}
MINIMA: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "minimize": (lambda a, w: least(a, w, tol=1e-11).x, POINT),
    "the least value": (lambda a, w: least(a, w, tol=1e-9).fun, POINT),
    "without slopes": (by_simplex, POINT),
    "jac=, hess=": (
        lambda a, w: least(a, w, method="Newton-CG", jac=cost_slope, hess=cost_curvature, tol=1e-10).x, POINT,
    ),
    "jac=True": (with_slope, POINT),
    "hessp=": (
        lambda a, w: least(a, w, method="trust-ncg", jac=cost_slope, hessp=curvature_times, tol=1e-10).x, POINT,
    ),
    "a bound that holds": (
        lambda a, w: least(a, w, jac=cost_slope, bounds=[(None, 0.3), (None, None)], options=TIGHT).x, POINT,
    ),
    "the least value at a bound": (
        lambda a, w: least(a, w, method="L-BFGS-B", bounds=[(None, 0.3), (0, None)], options=TIGHT).fun, POINT,
    ),
    "minimize_scalar": (lambda a: so.minimize_scalar(lambda x: quartic(x, a), tol=1e-10).x, (1.3,)),
    "minimize_scalar, bounded": (
        lambda a: so.minimize_scalar(quartic, args=(a,), bounds=(0, 2), options={"xatol": 1e-10}).x, (1.3,),
    ),
    "its least value": (
        lambda a: so.minimize_scalar(quartic, args=(a,), bounds=(0, 2), options={"xatol": 1e-10}).fun, (1.3,),
    ),
}  # fmt: skip

TIMES = np.linspace(0, 2, 12)
SEEN = 2.5 * np.exp(-1.3 * TIMES) + 0.05 * np.sin(7 * TIMES)
DATA = (TIMES, SEEN)
EXACT = {"xtol": 1e-13, "ftol": 1e-13, "gtol": 1e-13}


def decay(t, a, b):
    return a * np.exp(-b * t)


def misfit(p, t, y):
    return p[0] * np.exp(-p[1] * t) - y


def fit(t, y, **options):
    return so.least_squares(misfit, [1.0, 1.0], args=(t, y), **EXACT, **options)


FITS: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "least_squares": (lambda t, y: so.least_squares(lambda p: misfit(p, t, y), [1.0, 1.0], **EXACT).x, DATA),
    "its cost": (lambda t, y: fit(t, y).cost, DATA),
    "its residuals": (lambda t, y: fit(t, y).fun, DATA),
    "its Jacobian": (lambda t, y: fit(t, y).jac, DATA),
    "a soft loss": (lambda t, y: fit(t, y, loss="soft_l1", f_scale=0.1).x, DATA),
    "the Cauchy loss": (lambda t, y, s: fit(t, y, loss="cauchy", f_scale=s).x, (*DATA, 0.1)),
    "a bound that holds": (lambda t, y: fit(t, y, bounds=([0, 0], [2.0, 5]), method="dogbox").x, DATA),
    "leastsq": (lambda t, y: so.leastsq(misfit, [1.0, 1.0], args=(t, y), xtol=1e-13, ftol=1e-13)[0], DATA),
    "curve_fit": (lambda t, y: so.curve_fit(decay, t, y, xtol=1e-13, ftol=1e-13)[0], DATA),
    "curve_fit, bounds=": (
        lambda t, y: so.curve_fit(decay, t, y, p0=[2.0, 1.0], bounds=([0, 0], [5, 5]), **EXACT)[0], DATA,
    ),
}  # fmt: skip

MATRIX = A([[1.0, 2, 0.5], [0.3, -1, 2], [2, 0.1, 0.4], [0.5, 1, 1.0]])


def norm_of_nnls(m, b):
    x, r = so.nnls(m, b)
    return x.sum() * r


def assigned(c):
    i, j = so.linear_sum_assignment(c)
    return (c[i, j] ** 2).sum()


ROSEN = (A([1.2, 0.5, 0.3]),)
OTHERS: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "nnls": (lambda m, b: so.nnls(m, b)[0], (MATRIX, A([1.0, -2, 3, 0.5]))),
    "nnls, the norm": (norm_of_nnls, (MATRIX, A([1.0, -2, 3, 0.5]))),
    "linear_sum_assignment": (assigned, (A([[4.1, 1, 3], [2, 0, 5], [3, 2, 2.0]]),)),
    "rosen": (so.rosen, ROSEN), "rosen_der": (so.rosen_der, ROSEN), "rosen_hess": (so.rosen_hess, ROSEN),
    "rosen_hess_prod": (lambda x: so.rosen_hess_prod(x, np.ones(3)), ROSEN),
}


@pytest.mark.parametrize(("f", "args"), ROOTS.values(), ids=ROOTS.keys())
def test_roots(f, args):
    check_grads(f, args, order=2, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(("f", "args"), MINIMA.values(), ids=MINIMA.keys())
def test_minima(f, args):
    check_grads(f, args, order=2, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("f", "args"), FITS.values(), ids=FITS.keys())
def test_fits(f, args):
    check_grads(f, args, order=2, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("f", "args"), OTHERS.values(), ids=OTHERS.keys())
def test_others(f, args):
    check_grads(f, args, order=2)


def errors(y, sigma):
    p, covariance = so.curve_fit(decay, TIMES, y, p0=[2.0, 1.0], sigma=sigma, xtol=1e-13, ftol=1e-13)
    return p, np.sqrt(np.diag(covariance))


def test_weights_and_covariance_of_a_fit():
    sigma, step = 1 + 0.1 * TIMES, 1e-4
    value, dot = s2sad.jvp(errors, (SEEN, sigma), (TIMES, TIMES**2))
    _, pull = s2sad.vjp(errors, SEEN, sigma)
    of_y, of_sigma = pull((np.ones(2), np.ones(2)))
    one, other = (errors(SEEN + h * TIMES, sigma + h * TIMES**2) for h in (step, -step))
    for k in range(2):
        assert value[k] == pytest.approx(errors(SEEN, sigma)[k], rel=1e-6)
        assert dot[k] == pytest.approx((one[k] - other[k]) / (2 * step), rel=2e-4)
    assert of_y @ TIMES + of_sigma @ TIMES**2 == pytest.approx(dot[0].sum() + dot[1].sum(), rel=1e-9)


def test_where_a_search_starts_has_no_influence():
    def f(x0, a):
        return so.minimize(cost, x0, args=(a, A([1.5, 0.7]))).fun

    start, of_a = s2sad.grad(f, argnums=(0, 1))(A([0.1, 0.2]), 0.8)
    assert start == pytest.approx(np.zeros(2)) and of_a != 0.0


def test_the_source_of_a_system():
    g = s2sad.grad(lambda p: so.root(lambda v: [v[0] + p, v[1] - v[0] * p], [1.0, 1.0]).x.sum())
    assert g(2.0) == pytest.approx(-5.0)
    assert "sol = scipy.optimize.root(f, v1, args=(p,))\n" in g.source


def with_weights(a):
    return (a, A([1.0, 1.0]))


REFUSED = {
    "constraints": (
        lambda a: so.minimize(cost, [0.0, 0.0], args=with_weights(a), constraints=[print]).fun, "no dict and none of",
    ),
    "milp": (lambda a: so.milp([a, 1.0]).fun, "scipy.optimize.milp"),
    "an unknown field": (
        lambda a: so.minimize(cost, [0.0, 0.0], args=with_weights(a)).hess_inv[0, 0], "field hess_inv",
    ),
    "callback": (
        lambda a: so.root(system, [1.0, 1.0], args=(a, A([0.3, 1.1])), callback=print).x[0], "that prints",
    ),
    "fmin": (lambda a: so.fmin(cost, [0.0, 0.0], args=(a, A([1.0, 1])), retall=True)[0], "scipy.optimize.fmin"),
}  # fmt: skip


@pytest.mark.parametrize(("f", "why"), REFUSED.values(), ids=REFUSED.keys())
def test_refusals(f, why):
    with pytest.raises(s2sad.Error, match=why):
        s2sad.grad(f)(0.8)


# -- under constraints ------------------------------------------------------------------------------------------------


def best(fun, x0, exact=1e-15, **more):
    return so.minimize(fun, x0, method="SLSQP", options={"ftol": exact}, **more)


def consumer(weights, income):
    """An equation, and bounds that do not hold."""
    prices = A([1.0, 2.0, 4.0])
    budget = {"type": "eq", "fun": lambda x: prices @ x - income}
    res = best(lambda x: -np.sum(weights * np.log(x)), [0.5, 0.5, 0.2], bounds=[(1e-6, None)] * 3, constraints=budget)
    return res.x * res.fun


def three_sides(p):
    """Of three inequalities one holds."""
    sides = (
        {"type": "ineq", "fun": lambda x: x[0] - 2 * x[1] + p[0]},
        {"type": "ineq", "fun": lambda x: -x[0] - 2 * x[1] + 6},
        {"type": "ineq", "fun": lambda x, a: -x[0] + 2 * x[1] + a, "args": (p[1],), "jac": lambda x, a: A([-1.0, 2.0])},
    )
    return best(lambda x: (x[0] - p[2]) ** 2 + (x[1] - 2.5) ** 2, (2, 0), bounds=[(0, None)] * 2, constraints=sides).x


def in_a_box(p):
    """Variables at bounds that move."""
    box = so.Bounds([0, -1, p[0] * 0.5], np.inf)
    res = so.minimize(
        lambda x: np.sum((x - p) ** 2) + x[0] * x[1], np.zeros(3), bounds=box, options={"gtol": 1e-12, "ftol": 1e-16}
    )
    return res.x * A([1, 2, 3.0]), res.fun


def portfolio(p):
    """Weights that add up to one, and a limit that moves."""
    limits = so.LinearConstraint([[1, 1, 1], [1, -1, 0]], [1, -np.inf], [1, p[1]])
    risk = np.diag(p) + 0.1
    return best(lambda w: w @ risk @ w - w @ A([0.1, 0.3, 0.2]), np.ones(3) / 3, constraints=[limits]).x


def in_a_circle(p):
    circle = so.NonlinearConstraint(lambda x: x @ x, -np.inf, p[0])
    return best(lambda x: (x[0] - 2) ** 2 + (x[1] - p[1]) ** 2 * 1.5, [0.1, 0.1], constraints=circle).x


def at_an_end(p):
    res = so.minimize_scalar(lambda x: (x - p[0]) ** 2, bounds=(p[1], 5.0), method="bounded")
    return res.x * res.fun


def older_ones(p):
    def f(x, a):
        return (x[0] - a) ** 2 + (x[1] + p[1]) ** 4 + x[0] * x[1]

    def g(x):
        return (x - p[0]) ** 2 + (x + p[1]) ** 4

    x, least, _ = so.fmin_l_bfgs_b(f, [1.0, 1.0], args=(p[0],), approx_grad=True, pgtol=1e-13, factr=0.1)
    held = so.fmin_slsqp(lambda x: f(x, p[0]), [1.0, 1.0], eqcons=[lambda x: x[0] + x[1] - p[1]], acc=1e-15, iprint=0)
    return x[0] * least, held, so.golden(g, tol=1e-13)


def told(p):
    """Solvers that say how they went."""
    x, how, flag, text = so.fsolve(lambda v: [v[0] ** 2 + v[1] * p - 2, v[1] ** 3 - v[0]], [1, 1.0], full_output=True)
    r, result = so.newton(lambda x: x**3 - p, 1.0, fprime=lambda x: 3 * x**2, full_output=True)
    if flag != 1 or not result.converged:
        raise RuntimeError(text)
    seen = p * np.exp(-0.5 * TIMES) + 0.01 * np.cos(9 * TIMES)
    fit = so.leastsq(lambda c: c[0] * np.exp(-c[1] * TIMES) - seen, [1.0, 1.0], full_output=1, xtol=1e-15, ftol=1e-15)
    return x * how["nfev"] ** 0, r, fit[0], np.sum(fit[2]["fvec"] ** 2)


MATRIX = np.random.default_rng(3).normal(size=(6, 3))
CONSTRAINED = {
    "an equation": (consumer, (A([1.0, 2.0, 0.5]), 3.0)),
    "inequalities": (three_sides, (A([2.0, 2.0, 1.0]),)),
    "bounds": (in_a_box, (A([0.6, -1.3, 0.21]),)),
    "linear constraints": (portfolio, (A([0.6, 1.3, 0.7]),)),
    "a nonlinear constraint": (in_a_circle, (A([0.6, 1.3]),)),
    "at an end": (at_an_end, (A([0.3, 0.8]),)),
    "older functions": (older_ones, (A([0.6, 1.3]),)),
    "full output": (told, (0.7,)),
    "linear least squares": (
        lambda a, b, u: so.lsq_linear(a, b, bounds=([0, -1, -np.inf], u), tol=1e-14).x,
        (MATRIX, np.cos(np.arange(6.0)), A([0.1, 0.2, 0.05])),
    ),
}


@pytest.mark.parametrize(("f", "args"), CONSTRAINED.values(), ids=CONSTRAINED.keys())
@pytest.mark.filterwarnings("ignore:Equality and inequality")
def test_constraints(f, args):
    check_grads(f, args, order=2 if f in (consumer, three_sides, at_an_end) else 1, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("update", [so.BFGS, so.SR1])
def test_a_hessian_that_the_search_makes_up(update):
    def f(a):
        how = {"method": "trust-constr", "jac": "2-point", "hess": update(), "options": {"gtol": 1e-9}}
        return so.minimize(lambda x: np.sum((x - a) ** 2) + x[0] * x[1], np.zeros(2), **how).x

    assert s2sad.jacobian(f)(A([0.6, 1.3])) == pytest.approx(np.linalg.inv(A([[2.0, 1], [1, 2]])) * 2, rel=1e-8)


def test_a_method_that_stays_off_what_holds():
    def f(p):
        circle = so.NonlinearConstraint(lambda x: x @ x, -np.inf, p[0])
        return so.minimize(
            lambda x: (x[0] - 2) ** 2 + (x[1] - p[1]) ** 2, [0.1, 0.1], method="trust-constr", constraints=circle
        ).x

    exact = s2sad.jacobian(lambda p: np.sqrt(p[0]) * A([2.0, p[1]]) / np.sqrt(4 + p[1] ** 2))(A([0.6, 1.3]))
    with np.testing.suppress_warnings() as quiet:
        quiet.filter(UserWarning)
        assert s2sad.jacobian(f)(A([0.6, 1.3])) == pytest.approx(exact, rel=1e-4)


@pytest.mark.parametrize("method", ["L-BFGS-B", "trust-constr"])
def test_the_slope_at_a_minimum(method):
    """At a bound it is none that is zero, and moves with what the minimum is asked of."""

    def f(a):
        sol = so.minimize(
            lambda x: np.sum((x - a) ** 2) + a[1] * x[0] ** 3, np.array([0.5, 0.1]), method=method,
            bounds=[(0.5, 2.0), (None, None)],
        )  # fmt: skip
        slope = sol.grad if method == "trust-constr" else sol.jac
        return slope[0] ** 2 + 7.0 * slope[1] + sol.nhev * 0.0 if method == "trust-constr" else slope[0] ** 2 + slope[1]

    a = np.array([-0.3, 0.6])
    slope = 2 * (0.5 - a[0]) + 3 * a[1] * 0.25  # at the bound
    np.testing.assert_allclose(s2sad.grad(f)(a), 2 * slope * np.array([-2.0, 0.75]), rtol=1e-4, atol=1e-6)
    assert s2sad.jvp(f, (a,), (a,))[1] == pytest.approx(2 * slope * (-2.0 * a[0] + 0.75 * a[1]), rel=1e-4)


def test_how_exact_a_solution_is_has_no_slope():
    def f(a):
        fit = so.least_squares(lambda x: np.concatenate([x - a, x**2]), np.ones(2))
        least = so.minimize(lambda x: np.sum((x - a) ** 2), np.ones(2), method="COBYLA")
        return np.sum(a**2) + fit.optimality + least.maxcv

    np.testing.assert_allclose(s2sad.grad(f)(np.array([0.4, 1.0])), [0.8, 2.0])
