"""``scipy.interpolate``: curves in the plane or in space, and polynomials that are written in another basis.

A curve is a spline for each coordinate, over the length of the polygon through its points. Polynomials in Bernstein's
form (Farin, "Curves and Surfaces for CAGD", chapter 5) are evaluated as the powers that they are.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.interpolate
import scipy.interpolate as si
import scipy.sparse

import s2sad.libraries.scipy_fitpack
import s2sad.libraries.scipy_neighbours
import s2sad.libraries.scipy_radial
import s2sad.libraries.scipy_tensor_splines
import s2sad.libraries.scipy_triangles  # noqa: F401
from s2sad.front.calls import Calls
from s2sad.front.values import Abstract, Known, Source
from s2sad.ir.core import Arg
from s2sad.ir.types import Array, Type
from s2sad.libraries.scipy_bsplines import (
    Basis,
    boxed,
    interpolation_knots,
    periodic_spline,
    spline_coefficients,
    spline_values,
)
from s2sad.libraries.scipy_smoothing import moving
from s2sad.libraries.scipy_spline_products import near_splines
from s2sad.libraries.scipy_splines import Piecewise, along, doubles, flag, floats
from s2sad.prims.primitive import REGISTRY, primitive, unsupported
from s2sad.rules.book import constant

define = REGISTRY.define


# -- curves -----------------------------------------------------------------------------------------------------------


def smoothed_curve(points, w, u, ub, ue, k, s):
    """Knots and coefficients of a curve that passes near points."""
    (t, c, _), _ = scipy.interpolate.splprep(list(points.T), w, u, ub, ue, k, s=s)
    return t, np.stack(c, axis=1)


def _smoothed(points: Arg, w: Arg, u: Arg, ub: Arg, ue: Arg, k: Arg, s: Arg) -> tuple[Type, ...]:
    return Array("f64", ("?",)), Array("f64", ("?", "?"))


smoothed = primitive("smoothed_curve", smoothed_curve, _smoothed, style="helper")
constant(smoothed)
smoothed_of = REGISTRY.word(smoothed)


@define(si.splprep)
def splprep(
    x, w=None, u=None, ub=None, ue=None, k=3, task=0, s=None, t=None, full_output=0, nest=None, per=0, quiet=1
):  # fmt: skip
    if task != 0 or t is not None or full_output:
        unsupported("splprep with task=, t= or full_output=", instead="leave them out")
    points = np.stack([doubles(part) for part in x], axis=1)
    if s is None:
        s = np.shape(points)[0] - np.sqrt(2.0 * np.shape(points)[0])
    if u is None:
        u = np.concatenate([np.zeros(1), np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
        u = u / u[-1]
    u = doubles(u)
    if s != 0:
        if per:
            unsupported("splprep of a closed curve with s=", instead="s=0")
        knots, c = smoothed_of(points, w, u, ub, ue, k, s)
        knots, c = moving(knots, c, u, points, None if w is None else doubles(w), ub, ue, k, s)
    elif per:
        knots, c = periodic_spline(u, np.concatenate([points[:-1], points[:1]]), k)
    else:
        knots = boxed(interpolation_knots(u, k), k, ub, ue)
        c = spline_coefficients(points, u, knots, k, (), ())
    return [knots, [c[:, j] for j, _ in enumerate(x)], k], u


@define(si.BSpline.design_matrix.__func__)
def design_matrix(cls, x, t, k, extrapolate=False):
    """The values of all B-splines at points, of which k + 1 are not zero."""
    x, t = doubles(x), doubles(t)
    count = np.shape(t)[0] - k - 1
    if extrapolate == "periodic":
        x = t[k] + (x - t[k]) % (t[count] - t[k])
    elif not extrapolate and np.any((x < t[k]) | (x > t[count])):
        raise ValueError("Out of bounds w/ x.")
    first = np.clip(np.searchsorted(t, x, side="right") - 1, k, count - 1) - k
    columns = first[:, None] + np.arange(k + 1)
    values = near_splines(t, k, x)
    rows = np.repeat(np.arange(np.shape(x)[0]), k + 1)
    return scipy.sparse.csr_array((np.ravel(values), (rows, np.ravel(columns))), shape=(np.shape(x)[0], count))


# -- powers -----------------------------------------------------------------------------------------------------------


@define(si.PPoly.from_spline.__func__)
def from_spline(cls, tck, extrapolate=None):
    """The derivatives of a spline at its knots, over factorials."""
    if isinstance(tck, Basis):
        t, c, k = tck.tck
        extrapolate = tck.extrapolate if extrapolate is None else extrapolate
    else:
        t, c, k = doubles(tck[0]), doubles(tck[1]), tck[2]
    start = t[:-1]
    c = np.stack([spline_values(t, c, k, start, nu) / math.factorial(nu) for nu in range(k, -1, -1)])
    return Piecewise(c, t, extrapolate, 0)


# -- Bernstein's form -------------------------------------------------------------------------------------------------


def powers_matrix(count):
    """What makes the coefficients of powers, highest first, of so many in Bernstein's form on the unit interval."""
    n, out = count - 1, np.zeros((count, count))
    for j in range(count):
        for i in range(j + 1):
            out[n - j, i] = (-1.0) ** (j - i) * math.comb(n, j) * math.comb(j, i)
    return out


def forms_matrix(count):
    """Its inverse."""
    n, out = count - 1, np.zeros((count, count))
    for i in range(count):
        for j in range(i + 1):
            out[i, n - j] = math.comb(i, j) / math.comb(n, j)
    return out


def ends_matrix(count):
    """What makes Bernstein's form of so many derivatives at 0 and as many at 1."""
    n, out = 2 * count - 1, np.zeros((2 * count, 2 * count))
    for q in range(count):
        start, stop = np.zeros(2 * count), np.zeros(2 * count)
        start[q] = stop[count + q] = 1.0 / math.perm(n, q)
        for j in range(q):
            start -= (-1.0) ** (q - j) * math.comb(q, j) * out[j]
            stop -= (-1.0) ** j * math.comb(q, j) * out[n - j]
        out[q], out[n - q] = start, (-1.0) ** q * stop
    return out


for _matrix in (powers_matrix, forms_matrix, ends_matrix):
    constant(primitive(_matrix.__name__, _matrix, lambda count: Array("f64", ("?", "?")), style="helper"))


def steps(c, x):
    """The lengths of the intervals, raised to the powers of the coefficients, highest first."""
    powers = np.reshape(np.arange(np.shape(c)[0] - 1, -1, -1), (-1,) + (1,) * (np.ndim(c) - 1))
    return along(np.diff(x), c[0]) ** powers


def powers_of(c, x):
    """The coefficients of powers, highest first, of polynomials in Bernstein's form."""
    return np.tensordot(powers_matrix(np.shape(c)[0]), c, 1) / steps(c, x)


def forms_of(c, x):
    """Bernstein's form of polynomials by their powers, highest first."""
    return np.tensordot(forms_matrix(np.shape(c)[0]), c * steps(c, x), 1)


class Bernstein(Piecewise):
    """A BPoly."""

    def __init__(self, c, x, extrapolate, axis):
        self.forms, self.x, self.axis, self.order = c, x, axis, 0
        self.pieces = powers_of(c, x)
        self.extrapolate = True if extrapolate is None else extrapolate

    @property
    def c(self):
        return self.forms

    def derivative(self, nu=1):
        out = Piecewise(self.pieces, self.x, self.extrapolate, self.axis).derivative(nu)
        return Bernstein(forms_of(out.c, self.x), self.x, out.extrapolate, self.axis)

    def antiderivative(self, nu=1):
        out = Piecewise(self.pieces, self.x, self.extrapolate, self.axis).antiderivative(nu)
        return Bernstein(forms_of(out.c, self.x), self.x, out.extrapolate, self.axis)

    def integrate(self, a, b, extrapolate=None):
        return Piecewise(self.pieces, self.x, self.extrapolate, self.axis).integrate(a, b, extrapolate)

    def solve(self, y=0.0, discontinuity=True, extrapolate=None):
        unsupported("roots of a BPoly", instead="PPoly.from_bernstein_basis")


REGISTRY.stands_for[Bernstein] = si.BPoly


@define(si.BPoly)
def bpoly(c, x, extrapolate=None, axis=0):
    c = doubles(c)
    return Bernstein(c if axis == 0 else np.moveaxis(c, (axis, axis + 1), (0, 1)), doubles(x), extrapolate, axis)


@define(si.BPoly.from_power_basis.__func__)
def from_power_basis(cls, pp, extrapolate=None):
    return Bernstein(forms_of(pp.c, pp.x), pp.x, pp.extrapolate if extrapolate is None else extrapolate, pp.axis)


@define(si.PPoly.from_bernstein_basis.__func__)
def from_bernstein_basis(cls, bp, extrapolate=None):
    return Piecewise(bp.pieces, bp.x, bp.extrapolate if extrapolate is None else extrapolate, bp.axis)


def between_derivatives(start, stop, wide):
    """Bernstein's form of the polynomial with these derivatives at the ends of an interval."""
    n = len(start) + len(stop) - 1
    out = [None] * (n + 1)
    for q, given in enumerate(start):
        past = sum([(-1.0) ** (q - j) * math.comb(q, j) * out[j] for j in range(q)])
        out[q] = given * wide**q / math.perm(n, q) - past
    for q, given in enumerate(stop):
        past = sum([(-1.0) ** (q - j) * math.comb(q, j) * out[n - q + j] for j in range(1, q + 1)])
        out[n - q] = (-1.0) ** q * (given * wide**q / math.perm(n, q) - past)
    return out


def raised_to(c, n):
    """Bernstein's form by more coefficients."""
    for count in range(len(c), n):
        c = [c[0], *[(j * c[j - 1] + (count - j) * c[j]) / count for j in range(1, count)], c[-1]]
    return c


@define(si.BPoly.from_derivatives.__func__)
def from_derivatives(cls, xi, yi, orders=None, extrapolate=None):
    if orders is not None:
        unsupported("scipy.interpolate.BPoly.from_derivatives with orders=", instead="pass as many derivatives")
    x = doubles(xi)
    if isinstance(yi, np.ndarray):
        y = np.moveaxis(doubles(yi), 1, 0)
        count = np.shape(y)[0]
        wide = along(np.diff(x), y[0, 1:]) ** np.reshape(np.arange(count), (-1,) + (1,) * (np.ndim(y) - 1))
        ends = np.concatenate([y[:, :-1] * wide, y[:, 1:] * wide])
        return Bernstein(np.tensordot(ends_matrix(count), ends, 1), x, extrapolate, 0)
    parts = [between_derivatives(a, b, x[k + 1] - x[k]) for k, (a, b) in enumerate(zip(yi[:-1], yi[1:], strict=True))]
    n = max([len(part) for part in parts])
    return Bernstein(np.stack([np.stack(raised_to(part, n)) for part in parts], axis=1), x, extrapolate, 0)


def adopted_bernstein(machine: Calls, value: Any, source: Source) -> Abstract:
    """A BPoly from outside."""
    c, x = (machine.external(getattr(value, name), source.attribute(name)) for name in ("c", "x"))
    options = (flag(machine, value, source, name) for name in ("extrapolate", "axis"))
    return machine.call(Known(Bernstein), (c, x, *options), {})


REGISTRY.adopters[si.BPoly] = adopted_bernstein


@define(si.PPoly)
def ppoly(c, x, extrapolate=None, axis=0):
    c = doubles(c)
    return Piecewise(c if axis == 0 else np.moveaxis(c, (axis, axis + 1), (0, 1)), doubles(x), extrapolate, axis)


# -- polynomials through points ---------------------------------------------------------------------------------------


@define(si.barycentric_interpolate)
def barycentric_interpolate(xi, yi, x, axis=0, *, der=0, rng=None):
    polynomial = si.BarycentricInterpolator(floats(xi), floats(yi), axis)
    if isinstance(der, int):
        return polynomial(x) if der == 0 else polynomial.derivative(x, der)
    return np.stack([polynomial(x) if n == 0 else polynomial.derivative(x, n) for n in der])


