"""``scipy.interpolate``: made in the function or before it, against SciPy, differences, each other; to second order."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.interpolate as si

import s2sad
from s2sad.testing import check_grads

RNG = np.random.default_rng(3)
X = np.array([0.0, 0.3, 0.7, 1.2, 1.5, 2.1, 2.4, 3.0])
Y, T = np.sin(3 * X), np.array([0.1, 0.55, 0.9, 1.9])
Y2 = np.stack([Y, Y**2], axis=1)
KNOTS = np.concatenate([[X[0]] * 4, [1.3], [X[-1]] * 4])
U, V, W = np.linspace(0, 1, 6), np.linspace(0, 2, 5) ** 1.1, np.linspace(0, 1, 3)
Z, Z3 = RNG.normal(size=(6, 5)), RNG.normal(size=(6, 5, 3))
P = np.array([[0.23, 0.3], [0.55, 1.7], [0.91, 1.1]])
P3 = np.column_stack([P, [0.2, 0.7, 0.4]])
CENTRES, Q = RNG.normal(size=(8, 2)), RNG.normal(size=(3, 2))


def agrees(f, *args, order=2):
    np.testing.assert_allclose(s2sad.vjp(f, *args)[0], f(*args), rtol=1e-9, atol=1e-11)
    check_grads(f, args, order=order)


def periodic(t, y):
    return si.CubicSpline(X, np.append(y, y[0]), bc_type="periodic")(t)


CUBICS = {
    "not-a-knot, in the points": (lambda t, y, x: si.CubicSpline(x, y)(t), T, Y, X),
    "natural": (lambda t, y: si.CubicSpline(X, y, bc_type="natural")(t), T, Y),
    "clamped, in the points": (lambda t, y, x: si.CubicSpline(x, y, bc_type="clamped")(t), T, Y, X),
    "given derivatives": (lambda t, y, v: si.CubicSpline(X, y, bc_type=((1, v), (2, v * v)))(t), T, Y, 0.7),
    "two ways": (lambda t, y: si.CubicSpline(X, y, bc_type=("not-a-knot", (1, 0.2)))(t), T, Y),
    "periodic": (periodic, T + 2.95, Y[:-1]),
    "two points": (lambda t, y: si.CubicSpline(X[:2], y)(t), T, Y[:2]),
    "three points": (lambda t, y: si.CubicSpline(X[:3], y)(t), T, Y[:3]),
    "several at once": (lambda t, y, v: si.CubicSpline(X, y, bc_type=((1, v), (2, [0.1, 0.2])))(t), T, Y2, Y2[1]),
    "along an axis": (lambda t, y: si.CubicSpline(X, y, axis=1)(t), T, Y2.T),
    "one place": (lambda t, y: si.CubicSpline(X, y)(t), 0.8, Y2),
    "derivatives": (lambda t, y: si.CubicSpline(X, y)(t, 1) + si.CubicSpline(X, y).derivative(2)(t), T, Y),
    "integral": (lambda a, b, y: si.CubicSpline(X, y).integrate(a, b), 0.2, 1.7, Y),
    "antiderivative": (lambda t, y: si.CubicSpline(X, y).antiderivative()(t), T, Y),
    "pchip": (lambda t, y: si.PchipInterpolator(X, y)(t), T, Y),
    "pchip, in the points": (lambda t, y, x: si.PchipInterpolator(x, y)(t), T, Y, X),
    "akima": (lambda t, y: si.Akima1DInterpolator(X, y)(t), T, Y),
    "akima, in the points": (lambda t, y, x: si.Akima1DInterpolator(x, y)(t), T, Y, X),
    "makima": (lambda t, y: si.Akima1DInterpolator(X, y, method="makima", extrapolate=True)(t), T, Y),
    "hermite": (lambda t, y, d: si.CubicHermiteSpline(X, y, d)(t), T, Y, np.cos(X)),
    "ppoly": (lambda t, c, x: si.PPoly(c, x)(t), T, RNG.normal(size=(3, 7)), X),
}
SPLINES = {
    "splrep": (lambda t, y: si.splev(t, si.splrep(X, y)), T, Y),
    "make_interp_spline": (lambda t, y: si.make_interp_spline(X, y, k=4)(t), T, Y2),
    "with ends": (lambda t, y: si.make_interp_spline(X, y, bc_type="natural")(t, 1), T, Y),
    "fit": (lambda t, y: si.make_lsq_spline(X, y, KNOTS)(t), T, Y),
    "univariate": (lambda t, y: si.UnivariateSpline(X, y, s=0)(t), T, Y),
    "smoothed data that stays": (lambda t: si.UnivariateSpline(X, Y, s=0.1)(t), T),
    "rect": (lambda x, y, z: si.RectBivariateSpline(U, V, z).ev(x, y), P[:, 0], P[:, 1], Z),
    "basis": (lambda t, c: si.BSpline(KNOTS, c, 3).integrate(t[0], t[1]), T, np.arange(5.0)),
}
TABLES = {
    **{
        f"interp1d {kind}": (lambda t, y, kind=kind: si.interp1d(X, y, kind=kind)(t), T, Y)
        for kind in ("linear", "nearest", "previous", "next", "quadratic")
    },
    "interp1d along an axis": (lambda t, y: si.interp1d(X, y, axis=0, fill_value="extrapolate")(t), T + 1.97, Y2),
    "interp1d filled": (
        lambda t, y, v: si.interp1d(X, y, bounds_error=False, fill_value=(v, 2 * v))(t), T * 5 - 1, Y, 0.7,
    ),
    "grid": (lambda p, v: si.RegularGridInterpolator((U, V), v)(p), P, Z),
    "grid of three": (lambda p, v: si.RegularGridInterpolator((U, V, W), v)(p), P3, Z3),
    "grid of vectors": (lambda p, v: si.RegularGridInterpolator((U, V), v)(p), P, Z3),
    "grid at numbers": (lambda x, y, v: si.RegularGridInterpolator((U, V), v)((x, y)), 0.3, 1.1, Z),
    "grid, filled": (
        lambda p, v: si.RegularGridInterpolator((U, V), v, bounds_error=False, fill_value=0.5)(p), P + 0.31, Z,
    ),
    "nearest": (lambda p, v: si.RegularGridInterpolator((U, V), v, method="nearest")(p), P, Z),
    "interpn": (lambda p, v: si.interpn((U, V), v, p, bounds_error=False, fill_value=None), P + 0.31, Z),
    "barycentric": (lambda t, y: si.BarycentricInterpolator(X, y)(t), T, Y),
    "thin plates": (lambda q, d, c: si.RBFInterpolator(c, d)(q), Q, Y, CENTRES),
    "gaussians": (
        lambda q, d, e: si.RBFInterpolator(CENTRES, d, kernel="gaussian", epsilon=e, smoothing=0.1)(q), Q, Y, 1.3,
    ),
}  # fmt: skip


ONCE = {"makima", "pchip", "derivatives", "along an axis", "several at once", "grid of three", "interpn"}
"""To first order: others of the kind are checked to the second."""


@pytest.mark.parametrize("name", [*CUBICS, *SPLINES, *TABLES])
def test_made_in_the_function(name):
    agrees(*{**CUBICS, **SPLINES, **TABLES}[name], order=1 if ", in the points" in name or name in ONCE else 2)


LOOP = np.append(Y[:-1], Y[0])
OUTSIDE = {
    "CubicSpline": si.CubicSpline(X, Y2), "periodic": si.CubicSpline(X, LOOP, bc_type="periodic"),
    "pchip": si.PchipInterpolator(X, Y), "akima": si.Akima1DInterpolator(X, Y), "BSpline": si.make_interp_spline(X, Y),
    "derivative": si.CubicSpline(X, Y).derivative(), "univariate": si.UnivariateSpline(X, Y, s=0.1),
    "interpolated": si.InterpolatedUnivariateSpline(X, Y, ext=3), "interp1d": si.interp1d(X, Y),
    "interp1d cubic": si.interp1d(X, Y2.T, kind="cubic"),
    "interp1d filled": si.interp1d(X, Y2.T, bounds_error=False, fill_value=(0.3, 0.4)),
}  # fmt: skip


@pytest.mark.parametrize("name", OUTSIDE)
def test_made_before(name):
    spline = OUTSIDE[name]
    if hasattr(spline, "derivative"):
        agrees(lambda t: spline(t) + spline(t, 1) * spline.derivative()(t), T)
    else:
        agrees(lambda t: spline(t), 2 * T + 0.03 if name == "interp1d filled" else T)
    if hasattr(spline, "integrate"):
        agrees(lambda a, b: spline.integrate(a, b), 0.35, 1.9)


def test_tables_made_before():
    surface, grid = si.RectBivariateSpline(U, V, Z, kx=1, ky=2), si.RegularGridInterpolator((U[::-1], V), Z)
    plates, fields = si.RBFInterpolator(CENTRES, Y), si.RBFInterpolator(CENTRES, Y2, kernel="gaussian", epsilon=2.0)
    tck = si.splrep(X, Y)
    agrees(lambda x, y: surface.ev(x, y, dx=0) * surface(x, y, dy=1, grid=False), P[:, 0], P[:, 1])
    agrees(lambda x, y: surface(x, y), P[:, 0], np.array([0.3, 1.7]))
    agrees(lambda p: grid(p), P)
    agrees(lambda q: np.concatenate([plates(q)[:, None], fields(q)], axis=1), Q)
    agrees(lambda t: si.splev(t, tck, der=1), T)
    agrees(lambda a, b: si.splint(a, b, tck), 0.3, 1.9)


def test_values_outside_of_the_range():
    akima, line = OUTSIDE["akima"], OUTSIDE["interp1d"]
    g = s2sad.grad(lambda t: np.nansum(akima(t)))(np.array([-1.0, 0.5, 5.0]))
    np.testing.assert_allclose(g, [0.0, akima(0.5, 1), 0.0])
    with pytest.raises(ValueError, match="below the interpolation range"):
        s2sad.grad(lambda t: line(t))(-1.0)
    with pytest.raises(ValueError, match="out of bounds in dimension 1"):
        s2sad.grad(lambda p: np.sum(si.RegularGridInterpolator((U, V), Z)(p)))(P + [0.0, 0.5])


def test_a_captured_spline_is_read_at_each_call():
    class Model:
        spline = si.CubicSpline(X, Y)

    model = Model()
    g = s2sad.grad(lambda t: model.spline(t))
    first = g(0.5)
    model.spline = si.CubicSpline(X, 2 * Y)
    np.testing.assert_allclose(g(0.5), 2 * first)


def test_the_source_has_what_one_would_write():
    spline = si.CubicSpline(X, Y)
    g = s2sad.grad(lambda t: np.sum(spline(t)))
    g(T)
    assert g.source.rstrip().endswith("return piecewise(spline_c, spline_x, t, nu=1)")


def test_refusals():
    with pytest.raises(s2sad.UnsupportedError, match="with s="):
        s2sad.grad(lambda y: si.splev(0.3, si.splrep(X, y, s=0.1, per=1)))(Y + X)
