"""``scipy.interpolate``: conditions at the ends of splines, curves, Bernstein's form; against SciPy and differences."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.interpolate as si

import s2sad
from s2sad.testing import check_grads

RNG = np.random.default_rng(7)
X = np.array([0.0, 0.3, 0.7, 1.2, 1.5, 2.1, 2.4, 3.0])
Y, T = np.sin(3 * X) + 0.1 * X, np.array([0.1, 0.55, 1.93])
Y2, C = np.stack([Y, Y**2], axis=1), RNG.normal(size=(4, 3))
KNOTS = np.array([0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 3.0, 3.0, 3.0, 3.0])
U, V, Z = np.linspace(0, 1, 6), np.linspace(0, 2, 5) ** 1.1, RNG.normal(size=(6, 5))
OUTSIDE = si.BPoly(C, [0.0, 1.0, 2.0, 3.0])


def closed(y):
    return np.append(y, y[0])


def of_derivatives(y):
    return si.BPoly.from_derivatives([0.0, 1.5, 3.0], [[y[0]], [y[1], y[2]], [y[3], y[4], y[5]]])


SPLINES = {
    "periodic": (lambda t, y: si.make_interp_spline(X, closed(y), bc_type="periodic")(t + 2.5), T, Y[:-1]),
    "slopes": (lambda t, y, s: si.make_interp_spline(X, y, bc_type=([(1, s)], [(2, 0.5)]))(t), T, Y, 0.3),
    "slopes of each": (lambda y, s: si.make_interp_spline(X, y, bc_type=([(1, s)], [(1, [0.2, 0.1])]))(T), Y2, Y2[0]),
    "degree five": (
        lambda y, s: si.make_interp_spline(X, y, k=5, bc_type=([(1, s), (2, 0.1)], [(1, 0.0), (2, s)]))(T), Y, 0.3,
    ),
    "box": (lambda t, y: si.InterpolatedUnivariateSpline(X, y, bbox=[-0.5, 3.5])(t - 0.3), T, Y),
    "fit in a box": (lambda t, y: si.LSQUnivariateSpline(X, y, [1.3], bbox=[-0.5, 3.5])(t - 0.3), T, Y),
    "fit": (lambda t, y: si.splev(t, si.splrep(X, y, t=[1.3])), T, Y),
    "fit that closes": (lambda t, y: si.splev(t, si.splrep(X, closed(y), per=1)), T, Y[:-1]),
    "slope as a spline": (lambda t, y: si.splev(t, si.splder(si.splrep(X, y))), T, Y),
    "integral as a spline": (lambda t, y: si.splev(t, si.splantider(si.splrep(X, y), 2)), T, Y),
    "there and back": (lambda t, c: si.BSpline(KNOTS, c, 3).derivative().antiderivative()(t), T, Y[:6]),
    "what a slope is made of": (lambda c: si.BSpline(KNOTS, c, 3).derivative().c, Y[:6]),
    "integral of a slope": (lambda y: si.InterpolatedUnivariateSpline(X, y).derivative().integral(0.1, 0.9), Y),
    "all derivatives": (lambda y: si.spalde(0.8, si.splrep(X, y)), Y),
    "zeros": (lambda y: si.sproot(si.splrep(X, y)), np.cos(3 * X)),
    "slope of a surface": (lambda z: si.RectBivariateSpline(U, V, z).partial_derivative(1, 0)(U[1:3], V[1:3]), Z),
    "powers of a spline": (lambda t, y: si.PPoly.from_spline(si.make_interp_spline(X, y))(t), T, Y),
    "matrix": (lambda t, c: si.BSpline.design_matrix(t, KNOTS, 3) @ c, T, Y[:6]),
}
CURVES = {
    "curve": (lambda x, y: np.array(si.splev(T / 3, si.splprep([x, y], s=0)[0])), X, Y),
    "parameters": (lambda x, y: si.splprep([x, y], s=0)[1], X, Y),
    "velocity": (lambda u, x, y: np.array(si.splev(T, si.splprep([x, y], u=u, s=0)[0], der=1)), X, X**2, Y),
    "closed": (
        lambda x, y: np.array(si.splev(T / 3, si.splprep([closed(x), closed(y)], s=0, per=1)[0])),
        np.cos(2 * X[:-1]), np.sin(2 * X[:-1]) + 0.1 * X[:-1] ** 2,
    ),
    "smooth, of points that stay": (lambda u: np.array(si.splev(u, si.splprep([X, Y], s=0.1)[0])), T / 3),
}  # fmt: skip
BERNSTEIN = {
    "values": (lambda t, c, x: si.BPoly(c, x)(t), T, C, np.arange(4.0)),
    "slopes": (lambda t, c: si.BPoly(c, [0.0, 1.0, 2.0, 3.0]).derivative()(t), T, C),
    "integral": (lambda a, c: si.BPoly(c, [0.0, 1.0, 2.0, 3.0]).integrate(a, 2.7), 0.2, C),
    "derivatives": (lambda t, y: of_derivatives(y)(t), T, Y[:6]),
    "their forms": (lambda y: of_derivatives(y).c, Y[:6]),
    "an array of derivatives": (lambda t, y: si.BPoly.from_derivatives([0.0, 1.5, 3.0], y)(t), T, C[:3]),
    "to powers": (lambda c: si.PPoly.from_bernstein_basis(si.BPoly(c, [0.0, 1.0, 2.5, 3.0])).c, C),
    "of powers": (lambda c: si.BPoly.from_power_basis(si.PPoly(c, [0.0, 1.0, 2.5, 3.0])).c, C),
    "from outside": (lambda t: OUTSIDE(t, 1), T),
    "axis": (lambda c: si.PPoly(c, [0.0, 1.0, 2.0, 3.0], axis=1)(T), RNG.normal(size=(2, 4, 3))),
    "derivatives through points": (lambda y: si.barycentric_interpolate(X[:5], y, T, axis=1, der=[0, 1]), Y2[:5].T),
}


@pytest.mark.parametrize("case", [*SPLINES.values(), *CURVES.values(), *BERNSTEIN.values()],
                         ids=[*SPLINES, *CURVES, *BERNSTEIN])  # fmt: skip
def test_splines_and_curves(case):
    f, *args = case
    found, expected = s2sad.vjp(f, *args)[0], f(*args)
    assert np.shape(found) == np.shape(expected)
    np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-10)
    check_grads(f, args, order=1)


def test_points_that_move_under_conditions():
    check_grads(lambda x, y, s: si.make_interp_spline(x, y, bc_type=([(2, s)], [(1, 0.5)]))(1.9), (X, Y, 0.1), order=1)
    check_grads(lambda x: si.make_interp_spline(x, closed(Y[:-1]), bc_type="periodic")(1.9), (X,), order=1)


def test_conditions_that_do_not_fit():
    with pytest.raises(ValueError, match="number of derivatives"):
        s2sad.jacobian(lambda y: si.make_interp_spline(X, y, k=5, bc_type="natural")(T))(Y)
    with pytest.raises(s2sad.UnsupportedError, match="a closed curve with s="):
        s2sad.jacobian(lambda y: si.splprep([X, y], s=0.1, per=1)[1])(Y)
