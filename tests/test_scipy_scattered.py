"""``scipy.interpolate``: moving knots, scattered points, splines on grids, in both modes and to second order."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
import scipy.interpolate as si
import scipy.spatial

import s2sad
from s2sad.testing import check_grads

RNG = np.random.default_rng(1)
X, Y = np.array([0.0, 0.7, 1.5, 2.2, 3.0, 4.1]), np.sin(np.arange(6.0)) + 0.2
T, P = np.array([0.3, 1.13, 2.9]), np.array([[1.3, 1.4], [1.6, 1.2]])
POINTS, VALUES = RNG.uniform(0.0, 3.0, size=(12, 2)), RNG.normal(size=12)
GRID, TABLE = (np.linspace(0.0, 3.0, 6), np.linspace(0.0, 3.0, 7)), RNG.normal(size=(6, 7))
KNOTS = np.array([-0.3, -0.2, -0.1, 0.0, 1.0, 2.0, 3.0, 3.1, 3.2, 3.3])
OUTSIDE = si.LinearNDInterpolator(POINTS, VALUES), si.KroghInterpolator(X, Y), si.BarycentricInterpolator(X, Y)


def agrees(f, *args, order=1, rtol=1e-9):
    values, expected = s2sad.vjp(f, *args)[0], f(*args)
    np.testing.assert_allclose(values, expected, rtol=rtol, atol=1e-11)
    check_grads(f, args, order=order)


def test_knots_and_points_that_move():
    agrees(lambda knots, c, t: si.BSpline(knots, c, 3)(t), KNOTS, Y, T[:2], order=2)
    agrees(lambda knots, t: si.BSpline(knots, Y, 3)(t, 1), KNOTS, T[:2])
    agrees(lambda x, y, t: si.splev(t, si.splrep(x, y)) + si.interp1d(x, y, "quadratic")(t), X, Y, T)
    agrees(lambda t: si.BSpline.basis_element([0.0, 1.0, 2.0, t])(T[1]) * t, 3.3)


def test_roots():
    waves = np.cos(2.0 * X)
    agrees(lambda x, y: si.CubicSpline(x, y).roots(extrapolate=False), X, waves)
    agrees(lambda y, v: si.PchipInterpolator(X, y).solve(v, extrapolate=False), waves, 0.1)
    agrees(lambda x, y: si.InterpolatedUnivariateSpline(x, y).roots(), X, waves)


def test_grids():
    for k, method in ((3, "cubic"), (5, "quintic")):  # which SciPy solves for up to 1e-6
        own = s2sad.vjp(lambda v, p, m=method: si.RegularGridInterpolator(GRID, v, method=m)(p), TABLE, P)
        exact = s2sad.vjp(lambda v, p, k=k: si.RectBivariateSpline(*GRID, v, kx=k, ky=k).ev(p[:, 0], p[:, 1]), TABLE, P)
        np.testing.assert_allclose(own[0], exact[0], rtol=1e-10)
        for bar, other in zip(own[1](Y[:2]), exact[1](Y[:2]), strict=True):
            np.testing.assert_allclose(bar, other, rtol=1e-9, atol=1e-12)
    agrees(lambda v, p: si.RegularGridInterpolator(GRID, v, method="pchip")(p), TABLE, P)
    agrees(lambda v, p: si.interpn((GRID[0][::-1], GRID[1]), v, p), TABLE, P)
    exact = si.RectBivariateSpline(*GRID, TABLE)
    found = s2sad.vjp(lambda v: si.RegularGridInterpolator(GRID, v, method="cubic")(P, nu=(1, 0)), TABLE)[0]
    np.testing.assert_allclose(found, exact.ev(P[:, 0], P[:, 1], dx=1), rtol=1e-10)
    agrees(lambda v: si.RectBivariateSpline(*GRID, v).integral(0.0, 1.0, 0.3, 2.0), TABLE)


def test_scattered_points():
    agrees(lambda points, v, p: si.LinearNDInterpolator(points, v)(p), POINTS, VALUES, P)
    agrees(lambda v, p: si.griddata(POINTS, v, p) + si.griddata(POINTS, v, p, method="nearest"), VALUES, P)
    agrees(lambda v, a: si.griddata(POINTS, v, (a, 1.4), fill_value=0.0), VALUES, np.array([1.3, 9.0]))
    agrees(lambda p: OUTSIDE[0](p) + OUTSIDE[1](p[:, 0]) + OUTSIDE[2](p[:, 0]), P)
    agrees(lambda x, y, t: si.lagrange(x, y)(t) + si.barycentric_interpolate(x, y, t), X[:4], Y[:4], T)


def test_convex_hulls():
    def measures(points):
        hull = scipy.spatial.ConvexHull(points)
        return np.concatenate([[hull.area, hull.volume], np.sum(hull.points[hull.vertices], axis=0)])

    agrees(measures, POINTS)
    agrees(measures, np.random.default_rng(2).normal(size=(8, 3)))


def test_splines_of_several_variables():
    tx = np.array([-0.3, -0.2, -0.1, 0.0, 1.1, 3.0, 3.1, 3.2, 3.3])
    ty, c = np.array([0.0, 0.0, 0.0, 1.5, 2.0, 3.0, 3.0, 3.0]), RNG.normal(size=(5, 5, 2))
    outside = si.NdBSpline((tx, ty), c, (3, 2), extrapolate=False)
    agrees(lambda t, c, p: si.NdBSpline((t, ty), c, (3, 2))(p), tx, c, P)
    agrees(lambda c, p: si.NdBSpline((tx, tx), c, 3)(p, nu=(1, 0)), c[..., 0], P, order=2)
    agrees(lambda p: np.nan_to_num(outside(p)), np.stack([P, P + 9.0]))
    agrees(lambda z: si.RectBivariateSpline(*GRID, z, bbox=[-1.0, None, None, 4.0]).ev(1.2, 2.1), TABLE)
    x, y = RNG.uniform(0.0, 3.0, (2, 40))
    fit = lambda x, z, w, a: si.LSQBivariateSpline(x, y, z, [1.4], [1.6], w=w, bbox=[-0.1, a, 0, 3.1])  # noqa: E731
    agrees(lambda x, z, w, a: fit(x, z, w, a).ev(P[:, 0], P[:, 1]), x, np.sin(x) * y, 0.5 + y, 3.2)
    few = lambda z: si.LSQBivariateSpline(x[:17], y[:17], z, [1.0, 2.0], [1.0, 2.0]).ev(1.0, 1.0)  # noqa: E731
    with pytest.raises(np.linalg.LinAlgError, match="do not determine the spline"):
        s2sad.grad(few)(y[:17])


def test_smoothing_splines_and_quotients():
    x, y = np.append(X, 5.0), np.append(Y, 0.3)
    agrees(lambda x, y, w, lam: si.make_smoothing_spline(x, y, w, lam)(T), x, y, 0.3 + y**2, 0.07)
    if "axis" in inspect.signature(si.make_smoothing_spline).parameters:  # SciPy 1.16
        rows = np.stack([y, y**2])[:, :5]
        agrees(lambda y, lam: si.make_smoothing_spline(x[:5], y, lam=lam, axis=1)(1.7, 1), rows, 0.3)
    agrees(lambda t: si.make_smoothing_spline(x, y)(t), T)
    agrees(lambda a, t: si.pade(a, 2)[0](t) / si.pade(a, 2, 1)[1](t), y, 0.3)
