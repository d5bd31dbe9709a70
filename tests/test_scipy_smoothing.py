"""Splines that pass near their points: of FITPACK, and by cross-validation.

FITPACK solves for its sum of squares up to a thousandth. Oracles are the equations that it solves, solved to rounding
with the sum of squares that it has found; and differences of SciPy where its search is exact.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import numpy as np
import pytest
import scipy.interpolate as si
import scipy.optimize as so

import s2sad
from s2sad.testing import check_grads

RNG = np.random.default_rng(3)
X = np.sort(RNG.uniform(0.0, 6.0, 18))
Y, W, T = np.sin(X) + 0.1 * RNG.normal(size=18), RNG.uniform(0.6, 1.4, 18), np.array([0.4, 1.9, 4.3, 5.0])
U, V = RNG.normal(size=(2, 18))


def solved(x, y, w, s, knots, k, bracket):
    """The coefficients of the smoothing spline with these knots: by bisection for the weight of its jumps."""
    n = len(knots) - k - 1
    spline = si.BSpline(knots, np.eye(n), k)
    basis, jumps = spline(x), np.diff(spline(0.5 * (knots[k:n] + knots[k + 1 : n + 1]), k), axis=0)
    weigh = w if np.ndim(y) == 1 else w[:, None]

    def weighted(log_weight):
        rows = np.concatenate([w[:, None] * basis, np.exp(0.5 * log_weight) * jumps])
        right = np.concatenate([weigh * y, np.zeros((len(jumps), *np.shape(y)[1:]))])
        return np.linalg.lstsq(rows, right, rcond=None)[0]

    def missed(log_weight):
        return np.sum((weigh * (basis @ weighted(log_weight) - y)) ** 2) - s

    return weighted(so.brentq(missed, *bracket, xtol=1e-13, rtol=1e-14))


@pytest.mark.parametrize(("k", "s", "weights"), [(3, 0.05, None), (5, 0.06, W), (2, 0.04, W), (1, 0.1, None)])
def test_a_smoothing_spline_moves_as_its_equations_do(k, s, weights):
    def f(y):
        return np.sum(si.splev(T, si.splrep(X, y, w=weights, k=k, s=s)) ** 2)

    w = np.ones(18) if weights is None else weights
    t, c, _ = si.splrep(X, Y, w=weights, k=k, s=s)
    n = len(t) - k - 1
    assert n > k + 1  # there are knots within
    found = np.sum((w * (si.BSpline(t, c[:n], k)(X) - Y)) ** 2)

    def exact(h):
        return np.sum(si.BSpline(t, solved(X, Y + h * U, w, found, t, k, (-40.0, 40.0)), k)(T) ** 2)

    assert exact(0.0) == pytest.approx(f(Y), rel=1e-9)
    first, second = (exact(1e-6) - exact(-1e-6)) / 2e-6, (exact(1e-5) - 2 * exact(0.0) + exact(-1e-5)) / 1e-10
    assert s2sad.value_and_grad(f)(Y)[0] == f(Y)
    np.testing.assert_allclose(s2sad.grad(f)(Y) @ U, first, rtol=1e-6)
    np.testing.assert_allclose(s2sad.jvp(f, (Y,), (U,))[1], first, rtol=1e-6)
    np.testing.assert_allclose(s2sad.jvp(s2sad.grad(f), (Y,), (U,))[1] @ U, second, rtol=1e-3)


def test_what_a_smoothing_spline_is_made_of():
    """The points, the weights and the smoothness move it too: the sum of squares stays what it is asked to be."""

    def spline(x, y, w, s):
        return si.UnivariateSpline(x, y, w=w, s=s)

    at, t = (X, Y, W, 0.05), np.pad(si.UnivariateSpline(X, Y, W, s=0.05).get_knots(), 3, mode="edge")
    places, found = np.searchsorted(X, t), spline(*at).get_residual()
    for k, direction in enumerate((0.1 * U, U, V, 1.0)):

        def moved(h, k=k, direction=direction):
            return tuple(a + h * direction if j == k else a for j, a in enumerate(at))

        def exact(h, moved=moved):
            x, y, w, s = moved(h)
            return np.sum(si.BSpline(x[places], solved(x, y, w, found + s - 0.05, x[places], 3, (-40, 40)), 3)(T))

        value = s2sad.value_and_grad(lambda h: np.sum(spline(*moved(h))(T)))(0.0)[0]  # noqa: B023
        assert value == pytest.approx(np.sum(spline(*at)(T)), rel=1e-12)
        squares = s2sad.jvp(lambda h: spline(*moved(h)).get_residual(), (0.0,), (1.0,))  # noqa: B023
        assert squares[1] == pytest.approx(1.0 if k == 3 else 0.0, abs=1e-9)
        forward = s2sad.jvp(lambda h: np.sum(spline(*moved(h))(T)), (0.0,), (1.0,))[1]  # noqa: B023
        reverse = s2sad.grad(lambda h: np.sum(spline(*moved(h))(T)))(0.0)  # noqa: B023
        assert forward == pytest.approx(reverse, rel=1e-9)
        assert forward == pytest.approx((exact(1e-6) - exact(-1e-6)) / 2e-6, rel=1e-5)


def test_a_polynomial_that_is_near_enough():
    check_grads(lambda y, w: si.UnivariateSpline(X, y, w=w, s=50.0)(T), (Y, W), order=2, rtol=1e-5)
    check_grads(lambda y: si.splev(T, si.splrep(X, y, w=W, s=None)), (0.1 * Y,), order=1, rtol=1e-5)


def test_a_smooth_curve():
    def f(x, y):
        tck, u = si.splprep([x, y], s=0.02)
        return np.sum(np.array(si.splev([0.2, 0.7], tck)) ** 2) + u @ u

    along = np.linspace(0.0, 2.5, 18)
    x, y = np.cos(along) + 0.05 * U, np.sin(along) + 0.05 * V
    directions = (V, U)
    forward = s2sad.jvp(f, (x, y), directions)[1]
    reverse = sum(g @ d for g, d in zip(s2sad.grad(f, argnums=(0, 1))(x, y), directions, strict=True))
    differences = (f(x + 1e-5 * V, y + 1e-5 * U) - f(x - 1e-5 * V, y - 1e-5 * U)) / 2e-5
    assert forward == pytest.approx(reverse, rel=1e-9)
    assert forward == pytest.approx(differences, rel=0.02)


def test_a_spline_by_cross_validation():
    x, y = np.linspace(0.0, 6.0, 18), Y + 0.3 * U

    def f(h, y):
        return np.sum(si.make_smoothing_spline(x + 0.02 * h * V, y, w=W + 0.3 * h * U)(T) ** 2)

    forward = s2sad.jvp(f, (0.0, y), (1.0, V))[1]
    of_h, of_y = s2sad.grad(f, argnums=(0, 1))(0.0, y)
    differences = (f(1e-3, y + 1e-3 * V) - f(-1e-3, y - 1e-3 * V)) / 2e-3
    assert forward == pytest.approx(of_h + of_y @ V, rel=1e-9)
    assert forward == pytest.approx(differences, rel=1e-3)  # the search for the parameter ends at 1e-5
    slope = s2sad.grad(lambda y: np.sum(si.make_smoothing_spline(x, y)(T) ** 2))
    second = s2sad.jvp(slope, (y,), (V,))[1]
    assert second @ V == pytest.approx((slope(y + 1e-2 * V) - slope(y - 1e-2 * V)) @ V / 2e-2, rel=1e-2)
    assert second @ U == pytest.approx(s2sad.jvp(slope, (y,), (U,))[1] @ V, rel=1e-9)
    with pytest.raises(s2sad.UnsupportedError, match="of several columns without lam="):
        s2sad.grad(lambda y: np.sum(si.make_smoothing_spline(x, np.stack([y, y], 1))(T)))(y)
