"""Fits and roots with options that few programs give: bounds that move, losses, ``full_output=``, ``args=`` alone."""

import sys

import numpy as np
import pytest
import scipy.integrate as si
import scipy.optimize as so

import s2sad
from s2sad.prims.primitive import Registry
from s2sad.testing import check_grads

EXACT = {"xtol": 1e-14, "ftol": 1e-14, "gtol": 1e-14}
TIMES = np.linspace(0.0, 2.0, 7)
SEEN = 2 * np.exp(-1.3 * TIMES) + 0.05 * np.sin(9 * TIMES)


def decay(t, a, b):
    return a * np.exp(-b * t)


def slopes(t, a, b):
    return np.stack([np.exp(-b * t), -a * t * np.exp(-b * t)], axis=1)


def held_by_an_object(y, low):
    within = so.Bounds([0, low], [np.inf, 9.0])
    return so.least_squares(lambda p: decay(TIMES, *p) - y, [1.0, 3.0], bounds=within, **EXACT).x @ np.ones(2)


def held_curve(y, top):
    p, covariance = so.curve_fit(decay, TIMES, y, bounds=(0, [np.inf, top]), jac=slopes, **EXACT)
    return p[0] + np.sqrt(covariance[0, 0])


@pytest.mark.parametrize(("f", "bound"), [(held_by_an_object, 1.6), (held_curve, 1.1)])
def test_a_bound_that_holds_takes_its_variable_along(f, bound):
    check_grads(f, (SEEN, bound), order=1, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("loss", ["soft_l1", "arctan"])
def test_the_covariance_of_a_fit_with_a_loss(loss):
    def f(y):
        p, covariance = so.curve_fit(
            decay, TIMES, y, [2.0, 1.3], jac=slopes, method="trf", loss=loss, f_scale=0.06, **EXACT
        )
        return p.sum() + covariance.sum()

    value, slope = s2sad.jvp(f, (SEEN,), (TIMES,))
    assert value == pytest.approx(f(SEEN), rel=1e-7)
    assert slope == pytest.approx((f(SEEN + 1e-4 * TIMES) - f(SEEN - 1e-4 * TIMES)) / 2e-4, rel=1e-4)
    assert s2sad.grad(f)(SEEN) @ TIMES == pytest.approx(slope, rel=1e-8)


def steep(p):
    return np.stack([TIMES, p[0] * np.ones(7)], axis=1)


def test_a_jacobian_from_elsewhere_may_have_no_name():
    jac = lambda p: steep(p)  # noqa: E731
    def f(c):
        return so.least_squares(lambda p: p[0] * (TIMES + p[1]) - c * SEEN, [1.0, 1.0], jac=jac).x[1] * c

    assert np.isfinite(s2sad.grad(f)(1.5))


def test_newton_of_an_array_says_how_it_went():
    def f(a):
        found = so.newton(lambda x, a: x**3 + a * x - 2, np.ones(3), args=(a,), full_output=True, tol=1e-14)
        root, converged, _ = found
        return np.sum(found.root**2 * root) * converged.sum()

    check_grads(f, (np.array([1.3, 0.4, 2.0]),), order=2)


@pytest.mark.parametrize("f", [
    lambda a: so.root_scalar(lambda x, a: x**3 + a * x - 2, a, bracket=(0, 3), xtol=1e-14).root,
    lambda a: so.brentq(lambda x, a: x**3 + a * x - 2, 0, 3, args=a),
    lambda a: si.quad(lambda x, a: np.exp(-a * x), 0, 1, args=a)[0],
    lambda a: so.minimize(lambda x, a: (x[0] - a) ** 2, [0.0], a, method="BFGS").x[0],
])  # fmt: skip
def test_a_further_argument_alone_is_no_tuple(f):
    check_grads(f, (1.3,), order=2, rtol=1e-4, atol=1e-6)


@pytest.mark.skipif(not hasattr(si, "lebedev_rule"), reason="SciPy 1.15 has it")
def test_points_on_the_sphere_are_known():
    def f(a):
        x, w = si.lebedev_rule(7)
        return np.sum(w * np.exp(a * x[2]))

    assert s2sad.grad(f)(0.5) == pytest.approx(4 * np.pi * (np.cosh(0.5) / 0.5 - np.sinh(0.5) / 0.25), rel=1e-5)


def test_rules_that_cannot_be_imported_say_so(monkeypatch, tmp_path):
    (tmp_path / "rules_that_fail.py").write_text("raise TypeError('one operand too many')\n")
    monkeypatch.syspath_prepend(tmp_path)
    registry = Registry()
    registry.provide("sys", "rules_that_fail")
    for _ in range(2):  # it is not forgotten
        with pytest.raises(ImportError, match="the rules for sys, cannot be imported: one operand too many"):
            registry.lookup(sys.exit)


def test_a_fit_to_data_with_gaps():
    t = np.array([0.0, 1.0, 2.0, np.nan, 4.0, 5.0])
    gap = np.array([0.0, 0.0, np.nan, 0.0, 0.0, 0.0])
    y, width = np.array([1.0, 2.1, 3.0, 3.3, 4.9, 6.2]), np.linspace(0.5, 1.0, 6)
    kept = [0, 1, 4, 5]

    def line(t, a, b):
        return a * t + b

    sigma = np.diag(width**2) + 0.05

    def f(y):
        p, cov = so.curve_fit(line, t, y + gap, p0=[1.0, 1.0], sigma=sigma, nan_policy="omit")
        return p[0] ** 2 + p[1] + cov[0, 1]

    def g(y):
        p, cov = so.curve_fit(line, t[kept], y[kept], p0=[1.0, 1.0], sigma=sigma[np.ix_(kept, kept)])
        return p[0] ** 2 + p[1] + cov[0, 1]

    assert s2sad.value_and_grad(f)(y)[0] == pytest.approx(f(y), rel=1e-7)
    np.testing.assert_allclose(s2sad.grad(f)(y), s2sad.grad(g)(y), rtol=1e-9, atol=1e-12)
    assert s2sad.jvp(f, (y,), (width,))[1] == pytest.approx(s2sad.grad(g)(y) @ width, rel=1e-9)
    with pytest.raises(ValueError, match="contains nan"):
        s2sad.grad(lambda y: so.curve_fit(line, t, y, p0=[1.0, 1.0], nan_policy="raise")[0][0])(y)
