"""``scipy.interpolate``: points without an order, and polynomials through points.

Linear interpolation in a triangulation is a sum over the corners of a simplex, with weights that solve a linear system
in them; which simplex it is does not move. Polynomials are those of SciPy's source.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.interpolate as si
import scipy.spatial

from s2sad.front.calls import Calls
from s2sad.front.values import Abstract, Known, Source
from s2sad.ir.core import Arg
from s2sad.ir.types import Array, Type, axes
from s2sad.libraries.numpy_poly1d import Poly1d
from s2sad.libraries.scipy_interpolate import interp1d
from s2sad.libraries.scipy_splines import doubles, flag, floats
from s2sad.prims.inference import number
from s2sad.prims.primitive import REGISTRY, primitive, unsupported
from s2sad.rules.book import constant

define = REGISTRY.define


def simplex_corners(points, x, rescale=False):
    """The numbers of the points that are the corners of the simplex around each place; −1 where there is none."""
    if rescale:
        low, width = points.min(axis=0), np.ptp(points, axis=0)
        points, x = (points - low) / width, (x - low) / width
    triangulation = scipy.spatial.Delaunay(points)
    found = triangulation.find_simplex(x)
    return np.where(found[..., None] < 0, -1, triangulation.simplices[found])


def nearest_points(points, x, rescale=False):
    """The numbers of the points that are nearest to places."""
    if rescale:
        low, width = points.min(axis=0), np.ptp(points, axis=0)
        points, x = (points - low) / width, (x - low) / width
    return scipy.spatial.cKDTree(points).query(x)[1]


def _corners(points: Arg, x: Arg, rescale: Any = False) -> Type:
    where = axes(number(x))
    return Array("i64", None if where is None else (*where[:-1], "n"))


def _nearest(points: Arg, x: Arg, rescale: Any = False) -> Type:
    where = axes(number(x))
    return Array("i64", None if where is None else where[:-1])


constant(
    primitive("simplex_corners", simplex_corners, _corners, style="helper"),
    primitive("nearest_points", nearest_points, _nearest, style="helper"),
)


def places(args, count):
    """Places as an array whose last axis has their coordinates."""
    given = args[0] if len(args) == 1 else args
    if isinstance(given, tuple):
        return np.stack(np.broadcast_arrays(*[floats(x) for x in given]), axis=-1)
    x = floats(given)
    return np.reshape(x, (-1, count)) if np.ndim(x) == 1 else x


class Triangulated:
    """A LinearNDInterpolator."""

    def __init__(self, points, values, fill_value, rescale):
        self.points, self.values, self.fill_value, self.rescale = points, values, fill_value, rescale

    def __call__(self, *args):
        x = places(args, np.shape(self.points)[1])
        corners = simplex_corners(self.points, x, self.rescale)
        outside = corners[..., 0] < 0
        origin = self.points[corners[..., -1]]
        sides = np.swapaxes(self.points[corners[..., :-1]] - origin[..., None, :], -1, -2)
        sides = np.where(outside[..., None, None], np.eye(np.shape(x)[-1]), sides)
        weights = np.linalg.solve(sides, (x - origin)[..., None])[..., 0]
        weights = np.concatenate([weights, 1.0 - np.sum(weights, axis=-1, keepdims=True)], axis=-1)
        values, more = self.values[corners], (1,) * (np.ndim(self.values) - 1)
        out = np.sum(np.reshape(weights, np.shape(weights) + more) * values, axis=np.ndim(x) - 1)
        return np.where(np.reshape(outside, np.shape(outside) + more), self.fill_value, out)


class Nearest:
    """A NearestNDInterpolator."""

    def __init__(self, points, values, rescale):
        self.points, self.values, self.rescale = points, values, rescale

    def __call__(self, *args):
        return self.values[nearest_points(self.points, places(args, np.shape(self.points)[1]), self.rescale)]


def columns(points):
    """Points in rows, also where they are given as a tuple of coordinates."""
    if isinstance(points, tuple):
        return np.stack([np.ravel(floats(x)) for x in points], axis=-1)
    points = floats(points)
    return np.reshape(points, (-1, 1)) if np.ndim(points) == 1 else points


@define(si.LinearNDInterpolator)
def linear_interpolator(points, values, fill_value=np.nan, rescale=False):
    return Triangulated(columns(points), floats(values), fill_value, rescale)


@define(si.NearestNDInterpolator)
def nearest_interpolator(x, y, rescale=False, tree_options=None):
    return Nearest(columns(x), doubles(y), rescale)


@define(si.griddata)
def griddata(points, values, xi, method="linear", fill_value=np.nan, rescale=False):
    if not isinstance(points, tuple) and np.ndim(points) == 1 or isinstance(points, tuple) and len(points) == 1:
        x = points[0] if isinstance(points, tuple) else points
        at = xi[0] if isinstance(xi, tuple) else xi
        order = np.argsort(x)
        fill = "extrapolate" if method == "nearest" else fill_value
        return interp1d(x[order], np.asarray(values)[order], method, 0, True, False, fill)(at)
    if method == "nearest":
        return nearest_interpolator(points, values, rescale)(xi)
    if method == "cubic":
        return si.CloughTocher2DInterpolator(points, values, fill_value, rescale=rescale)(xi)
    return linear_interpolator(points, values, fill_value, rescale)(xi)


def adopted_linear(machine: Calls, value: Any, source: Source) -> Abstract:
    """A LinearNDInterpolator from outside."""
    if value.scale is not None:
        machine.refuse("LinearNDInterpolator with rescale=True, from outside", instead="make it in the function")
    points, values = (machine.external(getattr(value, n), source.attribute(n)) for n in ("points", "values"))
    fill = machine.external(float(value.fill_value), source.attribute("fill_value"))
    machine.guard(source.attribute("values_shape"), value.values_shape)
    return machine.call(Known(triangulated), (points, values, fill, Known(len(value.values_shape))), {})


def triangulated(points, values, fill_value, rank):
    """A LinearNDInterpolator of values that stand side by side."""
    if rank > 1:
        unsupported("LinearNDInterpolator of values with several axes", instead="one axis of values")
    return Triangulated(points, values[:, 0] if rank == 0 else values, fill_value, False)


def adopted_nearest(machine: Calls, value: Any, source: Source) -> Abstract:
    """A NearestNDInterpolator from outside."""
    if value.scale is not None:
        machine.refuse("NearestNDInterpolator with rescale=True, from outside", instead="make it in the function")
    points, values = (machine.external(getattr(value, n), source.attribute(n)) for n in ("points", "values"))
    return machine.call(Known(Nearest), (points, values, Known(False)), {})


REGISTRY.adopters[si.LinearNDInterpolator] = adopted_linear
REGISTRY.adopters[si.NearestNDInterpolator] = adopted_nearest


# -- polynomials through points ---------------------------------------------------------------------------------------


@define(si.lagrange)
def lagrange(x, w):
    x, w = floats(x), floats(w)
    out = np.zeros(len(x))
    for j in range(len(x)):
        others = np.delete(x, j)
        out = out + np.poly(others) * (w[j] / np.prod(x[j] - others))
    return Poly1d(out)


@define(si.pade)
def pade(an, m, n=None):
    """The quotient of polynomials with these Taylor coefficients (Baker and Graves-Morris, 1996, chapter 1)."""
    a = floats(an)
    n = len(a) - 1 - m if n is None else n
    if n < 0:
        raise ValueError("Order of q <m> must be smaller than len(an)-1.")
    if m + n > len(a) - 1:
        raise ValueError("Order of q+p <m+n> must be smaller than len(an).")
    before = np.concatenate([np.zeros(m, dtype=a.dtype), a])
    shifted = before[np.arange(m + n + 1)[:, None] + np.arange(m - 1, -1, -1)]
    q = np.concatenate([np.ones(1, dtype=a.dtype), np.linalg.solve(-shifted[n + 1 :], a[n + 1 : n + m + 1])])
    return Poly1d(np.flip(a[: n + 1] + shifted[: n + 1] @ q[1:])), Poly1d(np.flip(q))


def through_points(kind, x, y, axis):
    return kind(x, y[:, 0] if np.ndim(y) == 2 and axis < 0 else y)


def adopted_polynomial(machine: Calls, value: Any, source: Source) -> Abstract:
    """A polynomial through points from outside."""
    if value._y_extra_shape not in ((), (value.yi.shape[1],)):
        machine.refuse("a polynomial of values with several axes", instead="one axis of values")
    x, y = (machine.external(getattr(value, n), source.attribute(n)) for n in ("xi", "yi"))
    shape = flag(machine, value, source, "_y_extra_shape")
    alone = isinstance(shape, Known) and shape.value == ()
    return machine.call(Known(through_points), (Known(type(value)), x, y, Known(-1 if alone else 0)), {})


for _kind in (si.BarycentricInterpolator, si.KroghInterpolator):
    REGISTRY.adopters[_kind] = adopted_polynomial
