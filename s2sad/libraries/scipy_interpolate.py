"""``scipy.interpolate``: tables that are read between their points.

Linear interpolation is a sum over the corners of a cell with weights that hang on the point. Splines are in
``scipy_splines`` and ``scipy_bsplines``, radial functions in ``scipy_radial``.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.interpolate as si

from s2sad.front.calls import Calls
from s2sad.front.values import Abstract, Known, Source
from s2sad.libraries.scipy_bsplines import (
    Basis,
    interpolation_knots,
    make_interp_spline,
    rect_bivariate_spline,
    spline_coefficients,
)
from s2sad.libraries.scipy_spline_products import sums_of_products
from s2sad.libraries.scipy_splines import (
    doubles,
    flag,
    floats,
    pchip_interpolator,
    pchip_slopes,
    rotated,
    to_front,
)
from s2sad.libraries.solutions import refused
from s2sad.prims.primitive import REGISTRY, unsupported

define = REGISTRY.define


# -- of one variable --------------------------------------------------------------------------------------------------


class Line:
    """An interp1d. ``beyond`` is "extrapolate", "raise", or the values below and above the points."""

    def __init__(self, x, y, kind, axis, beyond, spline=None):
        self.x, self.table, self.kind, self.axis, self.beyond, self.spline = x, y, kind, axis, beyond, spline

    @property
    def y(self):
        return np.moveaxis(self.table, 0, self.axis)

    def __call__(self, x):
        t = floats(x)
        out = self.inside(t)
        if self.beyond == "extrapolate":
            return rotated(out, t, self.axis)
        below, above = t < self.x[0], t > self.x[-1]
        if self.beyond == "raise":
            if np.any(below):
                raise ValueError("A value in x_new is below the interpolation range.")
            if np.any(above):
                raise ValueError("A value in x_new is above the interpolation range.")
            return rotated(out, t, self.axis)
        shape = np.shape(t) + (1,) * (np.ndim(out) - np.ndim(t))
        low, high = self.beyond
        out = np.where(np.reshape(below, shape), low, np.where(np.reshape(above, shape), high, out))
        return rotated(out, t, self.axis)

    def inside(self, t):
        x, y = self.x, self.table
        if self.kind == "spline":
            return self.spline(t)
        if self.kind == "linear":
            if np.ndim(y) == 1 and self.beyond != "extrapolate":
                return np.interp(t, x, y)
            left = np.clip(np.searchsorted(x, t) - 1, 0, len(x) - 2)
            part = (t - x[left]) / (x[left + 1] - x[left])
            part = np.reshape(part, np.shape(part) + (1,) * (np.ndim(y) - 1))
            return y[left] + part * (y[left + 1] - y[left])
        if self.kind == "previous":
            return y[np.clip(np.searchsorted(x, t, side="right") - 1, 0, len(x) - 1)]
        if self.kind == "next":
            return y[np.clip(np.searchsorted(x, t, side="left"), 0, len(x) - 1)]
        middle = 0.5 * (x[1:] + x[:-1])
        return y[np.searchsorted(middle, t, side="left" if self.kind == "nearest" else "right")]


def kind_of(kind):
    """What a kind of interp1d is, and the degree of its spline."""
    if kind in ("linear", "nearest", "nearest-up", "previous", "next"):
        return kind, None
    if kind in ("zero", "slinear", "quadratic", "cubic"):
        return "spline", {"zero": 0, "slinear": 1, "quadratic": 2, "cubic": 3}[kind]
    return "spline", kind


@define(si.interp1d)
def interp1d(
    x, y, kind="linear", axis=-1, copy=True, bounds_error=None, fill_value=np.nan, assume_sorted=False
):  # fmt: skip
    x, y = floats(x), floats(y)
    axis = axis % np.ndim(y)
    y = to_front(y, axis)
    if len(x) != len(y):
        raise ValueError("x and y arrays must be equal in length along interpolation axis.")
    if not assume_sorted:
        order = np.argsort(x, kind="stable")
        x, y = x[order], y[order]
    name, degree = kind_of(kind)
    beyond = "extrapolate"
    if not (isinstance(fill_value, str) and fill_value == "extrapolate"):
        pair = fill_value if isinstance(fill_value, tuple) else (fill_value, fill_value)
        beyond = "raise" if bounds_error is None or bounds_error else pair
    if name == "previous" and beyond == "extrapolate":
        beyond = (np.nan, y[-1])
    if name == "next" and beyond == "extrapolate":
        beyond = (y[0], np.nan)
    return Line(x, y, name, axis, beyond, None if degree is None else make_interp_spline(x, y, degree))


def adopted_line(machine: Calls, value: Any, source: Source) -> Abstract:
    """An interp1d from outside."""
    options = {name: flag(machine, value, source, name) for name in ("_kind", "axis", "_extrapolate", "bounds_error")}
    x, y = (machine.external(getattr(value, name), source.attribute(name)) for name in ("x", "y"))
    beyond: Abstract = Known("extrapolate")
    if not value._extrapolate:
        names = ("_fill_value_below", "_fill_value_above")
        given = [machine.external(getattr(value, name), source.attribute(name)) for name in names]
        beyond = Known("raise") if value.bounds_error else machine.call(Known(pair), given, {})
    own = value._kind == "spline"
    spline = machine.external(value._spline, source.attribute("_spline")) if own else Known(None)
    return machine.call(Known(line), (x, y, options["_kind"], options["axis"], beyond, spline), {})


def pair(below, above):
    """A tuple."""
    return below, above


def line(x, y, kind, axis, beyond, spline):
    """An interp1d; what it fills in is a number where there is one for all."""
    if isinstance(beyond, tuple) and np.ndim(y) == 1:
        beyond = (beyond[0][0], beyond[1][0])
    y = to_front(y, axis)
    if spline is not None:  # of the values side by side
        spline = Basis(spline.t, np.reshape(spline.c, (-1,) + np.shape(y)[1:]), spline.k, True, 0)
    return Line(x, y, kind, axis, beyond, spline)


REGISTRY.adopters[si.interp1d] = adopted_line


# -- on a grid --------------------------------------------------------------------------------------------------------


DEGREES = {"slinear": 1, "cubic": 3, "quintic": 5}


@REGISTRY.compute
def degree_of(method):
    """The degree of the splines of a method, which decides what the derivative is."""
    return DEGREES[method]


class Grid:
    """A RegularGridInterpolator of ascending points."""

    def __init__(self, grid, values, method, bounds_error, fill_value):
        self.grid, self.values, self.method = grid, values, method
        self.bounds_error, self.fill_value = bounds_error, fill_value

    def __call__(self, xi, method=None, *, nu=None):
        method = self.method if method is None else method
        at = coordinates(xi, len(self.grid))
        if method in DEGREES and (method != "slinear" or nu is not None):
            return self.filled(at, self.product(at, degree_of(method), nu))
        if nu is not None:
            unsupported(f"RegularGridInterpolator with method={method!r} and nu=", instead="a spline: method='cubic'")
        if method == "pchip":
            return self.filled(at, self.monotonic(at))
        if method not in ("linear", "slinear", "nearest"):
            unsupported(f"RegularGridInterpolator with method={method!r}", instead="linear, cubic, quintic or pchip")
        cells = [np.clip(np.searchsorted(p, x) - 1, 0, len(p) - 2) for p, x in zip(self.grid, at, strict=True)]
        parts = [(x - p[k]) / (p[k + 1] - p[k]) for p, x, k in zip(self.grid, at, cells, strict=True)]
        if method == "nearest":
            out = self.values[tuple([np.where(part <= 0.5, k, k + 1) for part, k in zip(parts, cells, strict=True)])]
        else:
            out = self.corners(cells, parts)
        return self.filled(at, out)

    def filled(self, at, out):
        """The values, with what stands for points outside of the grid."""
        outside = [(x < p[0]) | (x > p[-1]) for p, x in zip(self.grid, at, strict=True)]
        if self.bounds_error:
            for k, beyond in enumerate(outside):
                if np.any(beyond):
                    raise ValueError(f"One of the requested xi is out of bounds in dimension {k}")
        elif self.fill_value is not None:
            anywhere = outside[0]
            for beyond in outside[1:]:
                anywhere = anywhere | beyond
            anywhere = np.reshape(anywhere, np.shape(anywhere) + (1,) * (np.ndim(out) - np.ndim(anywhere)))
            out = np.where(anywhere, self.fill_value, out)
        return out

    def product(self, at, k, nu):
        """Splines along each axis, one after the other (de Boor, chapter XVII)."""
        c, rank = self.values, len(self.grid)
        knots = tuple([interpolation_knots(p, k) for p in self.grid])
        for axis, p in enumerate(self.grid):
            front = np.moveaxis(c, axis, 0)
            c = np.moveaxis(spline_coefficients(front, p, knots[axis], k, (), ()), 0, axis)
        orders = (0,) * rank if nu is None else tuple(nu)
        out = sums_of_products(c, knots, (k,) * rank, tuple([np.ravel(x) for x in at]), orders)
        return np.reshape(out, np.shape(at[0]) + np.shape(self.values)[rank:])

    def monotonic(self, at):
        """Monotonic cubics along each axis, the last one first, through the values that those before it give."""
        rank = len(self.grid)
        values = np.moveaxis(self.values, rank - 1, 0)
        out = pchip_interpolator(self.grid[-1], values)(np.ravel(at[-1]))
        for axis in range(rank - 2, -1, -1):
            out = monotonic_rows(self.grid[axis], np.moveaxis(out, axis + 1, 0), np.ravel(at[axis]))
        return np.reshape(out, np.shape(at[0]) + np.shape(self.values)[rank:])

    def corners(self, cells, parts):
        out = None
        for corner in itertools.product((0, 1), repeat=len(cells)):
            weight = None
            for part, far in zip(parts, corner, strict=True):
                one = part if far else 1.0 - part
                weight = one if weight is None else weight * one
            value = self.values[tuple([k + 1 if far else k for k, far in zip(cells, corner, strict=True)])]
            term = value * np.reshape(weight, np.shape(weight) + (1,) * (np.ndim(value) - np.ndim(weight)))
            out = term if out is None else out + term
        return out


def monotonic_rows(x, y, t):
    """The monotonic cubics through the columns of y, each at a point of its own."""
    slopes = pchip_slopes(x, y)
    left, rows = np.clip(np.searchsorted(x, t, side="right") - 1, 0, len(x) - 2), np.arange(len(t))
    more = (-1,) + (1,) * (np.ndim(y) - 2)
    width = np.reshape(x[left + 1] - x[left], more)
    part = np.reshape(t - x[left], more) / width
    below, above = y[left, rows], y[left + 1, rows]
    rising = part * part * (3.0 - 2.0 * part)
    bent = part * (1.0 - part) * ((1.0 - part) * slopes[left, rows] - part * slopes[left + 1, rows])
    return below + rising * (above - below) + width * bent


def coordinates(xi, count):
    """The coordinates of points, each as an array of its own."""
    if isinstance(xi, tuple) and len(xi) == count and count > 1:
        return [floats(x) for x in np.broadcast_arrays(*xi)]
    xi = floats(xi[0] if isinstance(xi, tuple) and len(xi) == 1 else xi)
    if np.ndim(xi) == 1 or np.ndim(xi) == 0:
        xi = np.reshape(xi, (-1, count))
    return [xi[..., k] for k in range(count)]


def ascending(points, values):
    """Points that go up along each axis, and the values at them."""
    upwards = []
    for axis, p in enumerate(points):
        p = doubles(p)
        if p[0] > p[-1]:
            p, values = np.flip(p), np.flip(values, axis)
        if np.any(np.diff(p) <= 0.0):
            raise ValueError(f"The points in dimension {axis} must be strictly ascending or descending")
        upwards.append(p)
    return tuple(upwards), values


@define(si.RegularGridInterpolator)
def regular_grid_interpolator(
    points, values, method="linear", bounds_error=True, fill_value=np.nan, *, solver=None, solver_args=None
):  # fmt: skip
    points, values = ascending(points, floats(values))
    return Grid(points, values, method, bounds_error, fill_value)


@define(si.interpn)
def interpn(points, values, xi, method="linear", bounds_error=True, fill_value=np.nan):
    if method == "splinef2d":
        x, y = coordinates(xi, 2)
        if fill_value is not None:
            unsupported("interpn with method='splinef2d' and fill_value=", instead="RectBivariateSpline(...).ev")
        return rect_bivariate_spline(points[0], points[1], values).ev(x, y)
    return regular_grid_interpolator(points, values, method, bounds_error, fill_value)(xi)


def adopted_grid(machine: Calls, value: Any, source: Source) -> Abstract:
    """A RegularGridInterpolator from outside."""
    grid, values = (machine.external(getattr(value, name), source.attribute(name)) for name in ("grid", "values"))
    options = [flag(machine, value, source, name) for name in ("method", "bounds_error")]
    fill = machine.external(value.fill_value, source.attribute("fill_value"))
    return machine.call(Known(Grid), (grid, values, *options, fill), {})


REGISTRY.adopters[si.RegularGridInterpolator] = adopted_grid


ALONE = "CubicSpline, RegularGridInterpolator, RectBivariateSpline or RBFInterpolator"
SCATTERED = "AAA FloaterHormannInterpolator Rbf NdPPoly \
SmoothSphereBivariateSpline LSQSphereBivariateSpline RectSphereBivariateSpline"
refused(si, SCATTERED, ALONE)
refused(si, "SmoothBivariateSpline", "LSQBivariateSpline, or make it before the call, where its data does not change")


def refused_object(name: str) -> Callable[..., Abstract]:
    """What reading an object of this class from outside means."""
    return lambda machine, value, source: machine.refuse(f"an object of scipy.interpolate.{name}", instead=ALONE)


for _name in SCATTERED.split():
    if hasattr(si, _name):
        REGISTRY.adopters[getattr(si, _name)] = refused_object(_name)
