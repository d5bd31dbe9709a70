"""``scipy.interpolate``: B-splines, of one variable and of two.

A spline is linear in its coefficients, and the slope of its value is the value of its next derivative. Coefficients of
an interpolating spline solve a sparse linear system in the values (de Boor, "A Practical Guide to Splines", chapter
XIII). In its knots a spline is differentiated as de Boor's recurrence has it (chapter X).
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.interpolate
import scipy.interpolate as si
import scipy.sparse
import scipy.sparse.linalg

from s2sad.front.calls import Calls
from s2sad.front.values import Abstract, Known, Source
from s2sad.ir.core import Arg
from s2sad.ir.types import Array, Type, axes, of
from s2sad.libraries.implicit import pulled, pushed
from s2sad.libraries.scipy_spline_products import near_splines, sums_of_products
from s2sad.libraries.scipy_splines import (
    _floating,
    extrapolation,
    flag,
    floats,
    over_points,
    periods,
    rotated,
    to_front,
)
from s2sad.libraries.solutions import refused
from s2sad.prims.inference import number, option
from s2sad.prims.primitive import REGISTRY, primitive, unsupported
from s2sad.rules.book import constant, pullback, pushforward

define = REGISTRY.define


# -- values -----------------------------------------------------------------------------------------------------------


def spline_values(knots, c, k, x, nu=0):
    """The derivative of order nu, at x, of the spline of degree k with these knots and coefficients."""
    return scipy.interpolate.BSpline(knots, c, k)(x, nu)[()]


def spline_basis(knots, k, x, count, nu=0):
    """The derivatives of order nu of all B-splines, at x."""
    return scipy.interpolate.BSpline(knots, np.eye(count), k)(x, nu)


def spread_spline(g, knots, k, x, count, nu=0):
    """The transpose of spline_values in the coefficients, of which there are ``count``."""
    n, more = len(knots) - k - 1, np.shape(g)[np.ndim(x) :]
    g, x = np.reshape(g, (np.size(x), math.prod(more))), np.ravel(x)
    basis = scipy.interpolate.BSpline.design_matrix(x, knots, k, True)
    if nu > 0:
        basis.data = near_splines(knots, k, x, nu).ravel()
    out = np.zeros((count, g.shape[1]), g.dtype)
    out[:n] = basis.T @ g
    return out.reshape((count, *more))


def _values(knots: Arg, c: Arg, k: Arg, x: Arg, nu: Any = 0) -> Type:
    option(k)
    shape, where = axes(number(c)), axes(number(x))
    if shape is None or where is None:
        return Array(_floating(c), None)
    return of(_floating(c), (*where, *shape[1:]))


def _basis(knots: Arg, k: Arg, x: Arg, count: Arg, nu: Any = 0) -> Type:
    where = axes(number(x))
    return Array("f64", None if where is None else (*where, "?"))


def _spread(g: Arg, knots: Arg, k: Arg, x: Arg, count: Arg, nu: Any = 0) -> Type:
    shape, where = axes(number(g)), axes(number(x))
    if shape is None or where is None:
        return Array(_floating(g), None)
    return Array(_floating(g), ("?", *shape[len(where) :]))


primitive("spline_values", spline_values, _values, style="helper")
primitive("spline_basis", spline_basis, _basis, style="helper")
primitive("spread_spline", spread_spline, _spread, style="helper")


def slopes_of(c, knots, k):
    """Coefficients of the derivative of a spline of degree k, which has one degree and two knots less."""
    n = np.shape(knots)[0] - k - 1
    width = knots[k + 1 : n + k] - knots[1:n]
    part = np.where(width > 0.0, k / np.where(width > 0.0, width, 1.0), 0.0)
    return np.reshape(part, (-1,) + (1,) * (np.ndim(c) - 1)) * (c[1:n] - c[: n - 1])


@REGISTRY.compute
def turns(count):
    """The numbers below a known one, for a loop that is written out."""
    return tuple(range(count))


def by_recurrence(knots, c, k, x, nu):
    """The same value as spline_values, as a function of its knots too."""
    for _ in turns(nu):
        c, knots, k = slopes_of(c, knots, k), knots[1:-1], k - 1
    if k < 0:
        return 0.0 * c[0] * np.reshape(x, np.shape(x) + (1,) * (np.ndim(c) - 1))
    last = np.shape(knots)[0] - k - 2
    piece = np.clip(np.searchsorted(knots, x, side="right") - 1, k, last)
    parts = [c[piece - k + j] for j in turns(k + 1)]
    more = np.shape(x) + (1,) * (np.ndim(c) - 1)
    for r in turns(k):
        pairs = [(knots[piece + j + 1 - k], knots[piece + j + 1 - r]) for j in turns(k)[r:]]
        alphas = [np.reshape((x - low) / (high - low), more) for low, high in pairs]
        parts = [(1.0 - a) * low + a * high for a, low, high in zip(alphas, parts[:-1], parts[1:], strict=True)]
    return parts[0]


def knots_bar(g, knots, c, k, x, nu):
    """The cotangent of the knots of spline_values."""
    return pulled(lambda knots: by_recurrence(knots, c, k, x, nu), (knots,), (True,), g)[0]


@pullback("spline_values", wrt=("knots", "c", "x"))
def spline_values_bar(ans_bar, knots, c, k, x, nu, wanted):
    slope = over_points(ans_bar * spline_values(knots, c, k, x, nu + 1), x)
    moved = knots_bar(ans_bar, knots, c, k, x, nu) if wanted[0] else None
    return moved, spread_spline(ans_bar, knots, k, x, np.shape(c)[0], nu) if wanted[1] else None, slope


@pullback("spread_spline", wrt=("g", "knots", "x"))
def spread_spline_bar(ans_bar, g, knots, k, x, nu, wanted):
    moved = knots_bar(g, knots, ans_bar, k, x, nu) if wanted[1] else None
    slope = over_points(g * spline_values(knots, ans_bar, k, x, nu + 1), x)
    return spline_values(knots, ans_bar, k, x, nu), moved, slope


@pullback("spline_basis", wrt=("knots", "x"))
def spline_basis_bar(ans_bar, knots, k, x, count, nu, wanted):
    moved = knots_bar(ans_bar, knots, np.eye(count), k, x, nu) if wanted[0] else None
    return moved, np.sum(ans_bar * spline_basis(knots, k, x, count, nu + 1), axis=-1)


def beside(x_dot, c):
    """A tangent of points, with axes for those of the coefficients."""
    return np.reshape(x_dot, np.shape(x_dot) + (1,) * (np.ndim(c) - 1))


def moved_values(knots_dot, x_dot, knots, c, k, x, nu, wanted):
    """What moving the knots and the points does to the value of a spline."""
    out = 0.0
    if wanted[0]:
        out = pushed(lambda knots: by_recurrence(knots, c, k, x, nu), (knots,), (True,), (knots_dot,))
    return out + beside(x_dot, c) * spline_values(knots, c, k, x, nu + 1) if wanted[1] else out


def moved_spread(knots_dot, x_dot, g, knots, k, x, count, nu, wanted):
    """What it does to the transpose."""
    out = 0.0
    if wanted[0]:
        every = tuple(range(np.ndim(x)))

        def spread(knots):
            basis = by_recurrence(knots, np.eye(count), k, x, nu)
            return np.tensordot(basis, g, (every, every)) if every else np.multiply.outer(basis, g)

        out = pushed(spread, (knots,), (True,), (knots_dot,))
    if wanted[1]:
        more = (1,) * (np.ndim(g) - np.ndim(x))
        out = out + spread_spline(g * np.reshape(x_dot, np.shape(x) + more), knots, k, x, count, nu + 1)
    return out


@pushforward("spline_values", wrt=("knots", "c", "x"))
def spline_values_dot(knots_dot, c_dot, x_dot, knots, c, k, x, nu, wanted):
    moved = moved_values(knots_dot, x_dot, knots, c, k, x, nu, (wanted[0], wanted[2]))
    return spline_values(knots, c_dot, k, x, nu) + moved if wanted[1] else moved


@pushforward("spread_spline", wrt=("g", "knots", "x"))
def spread_spline_dot(g_dot, knots_dot, x_dot, g, knots, k, x, count, nu, wanted):
    moved = moved_spread(knots_dot, x_dot, g, knots, k, x, count, nu, wanted[1:])
    return spread_spline(g_dot, knots, k, x, count, nu) + moved if wanted[0] else moved


@pushforward("spline_basis", wrt=("knots", "x"))
def spline_basis_dot(knots_dot, x_dot, knots, k, x, count, nu, wanted):
    out = 0.0
    if wanted[0]:
        out = pushed(lambda knots: by_recurrence(knots, np.eye(count), k, x, nu), (knots,), (True,), (knots_dot,))
    return out + x_dot[..., None] * spline_basis(knots, k, x, count, nu + 1) if wanted[1] else out


# -- coefficients of interpolating splines ----------------------------------------------------------------------------


def spline_system(x, knots, k, left, right):
    """The matrix of the conditions on a spline, derivatives of these orders at its ends and values at x: its elements
    other than zero, their rows and their columns.
    """
    places = np.concatenate([np.repeat(x[:1], len(left)), x, np.repeat(x[-1:], len(right))])
    values = near_splines(knots, k, places)
    for row, nu in [*enumerate(left), *enumerate(right, len(left) + len(x))]:
        values[row] = near_splines(knots, k, places[row], nu)
    first = np.clip(np.searchsorted(knots, places, side="right") - 1, k, len(knots) - k - 2) - k
    columns = first[:, None] + np.arange(k + 1)
    return values, np.broadcast_to(np.arange(len(places))[:, None], columns.shape), columns


def solve_near_diagonal(values, rows, columns, y):
    """Solve A x = y for a matrix of these elements, none of which is far from its diagonal."""
    below, above = np.max(rows - columns), np.max(columns - rows)
    bands = np.zeros((below + above + 1, len(y)))
    bands[above + rows - columns, columns] = values
    return scipy.linalg.solve_banded((below, above), bands, y.reshape(len(y), -1)).reshape(y.shape)


def spline_coefficients(y, x, knots, k, left, right):
    """The coefficients of a spline: y are its derivatives of these orders at the first of the points x, its values at
    all of them, and its derivatives at the last one.
    """
    return solve_near_diagonal(*spline_system(x, knots, k, left, right), y)


def spline_transposed(g, x, knots, k, left, right):
    """The transpose of spline_coefficients."""
    values, rows, columns = spline_system(x, knots, k, left, right)
    return solve_near_diagonal(values, columns, rows, g)


def interpolation_knots(x, k):
    """Where the pieces of an interpolating spline of degree k meet: at points, or for even k between them."""
    if k == 0:
        return np.concatenate([x, x[-1:]])
    inner, cut = (x, (k + 1) // 2) if k % 2 else (0.5 * (x[1:] + x[:-1]), k // 2)
    inner = inner[cut : len(inner) - cut]
    return np.concatenate([np.repeat(x[:1], k + 1), inner, np.repeat(x[-1:], k + 1)])


def along_first(a: Arg) -> Type:
    if _floating(a) == "c128":
        unsupported("an interpolating spline of complex numbers", instead="interpolate real and imaginary parts")
    shape = axes(number(a))
    return Array("f64", None if shape is None else ("?", *shape[1:]))


def _rows(x: Arg, knots: Arg, k: Arg, left: Arg, right: Arg) -> tuple[Type, ...]:
    return Array("f64", ("?", "?")), Array("i64", ("?", "?")), Array("i64", ("?", "?"))


constant(primitive("spline_system", spline_system, _rows, style="helper", calls=()))
constant(primitive("solve_near_diagonal", solve_near_diagonal, lambda values, rows, columns, y: y.type, style="helper"))
primitive(
    "spline_coefficients", spline_coefficients, lambda y, x, knots, k, left, right: along_first(y), style="helper"
)
primitive("spline_transposed", spline_transposed, lambda g, x, knots, k, left, right: along_first(g), style="helper")


def conditions_of(x, left, right):
    """Where the conditions of a system are, and of which orders: those at each end, and the values between."""
    ends = [(k, order, x[:1]) for k, order in enumerate(left)]
    return [*ends, *[(k - len(right), order, x[-1:]) for k, order in enumerate(right)]]


def between(v, left, right):
    """The rows of the values."""
    return v[len(left) : np.shape(v)[0] - len(right)]


def moved_system(v, c, x, knots, k, left, right, wanted):
    """The cotangents of the points and knots of a system A c = y, of which v is the cotangent of y."""
    x_bar = knots_moved = None
    inner = between(v, left, right)
    if wanted[0]:
        x_bar = -over_points(inner * spline_values(knots, c, k, x, 1), x)
        for row, order, place in conditions_of(x, left, right):
            moved = -np.sum(v[row] * spline_values(knots, c, k, place, order + 1)[0])
            x_bar[0 if row >= 0 else -1] += moved
    if wanted[1]:
        knots_moved = -knots_bar(inner, knots, c, k, x, 0)
        for row, order, place in conditions_of(x, left, right):
            knots_moved = knots_moved - knots_bar(v[row][None], knots, c, k, place, order)
    return x_bar, knots_moved


def moved_conditions(knots_dot, x_dot, knots, c, k, x, left, right, wanted):
    """What moving knots and points does to the left side of the system."""
    ends = [
        moved_values(knots_dot, x_dot[:1] if order_of >= 0 else x_dot[-1:], knots, c, k, place, order, wanted)
        for order_of, order, place in conditions_of(x, left, right)
    ] if wanted[1] else [
        moved_values(knots_dot, None, knots, c, k, place, order, wanted)
        for _, order, place in conditions_of(x, left, right)
    ]  # fmt: skip
    inner = moved_values(knots_dot, x_dot, knots, c, k, x, 0, wanted)
    return np.concatenate([*ends[: len(left)], inner, *ends[len(left) :]])


def moved_transposed(knots_dot, x_dot, v, knots, k, x, left, right, count, wanted):
    """What it does to the transpose of the left side, applied to v."""
    out = moved_spread(knots_dot, x_dot, between(v, left, right), knots, k, x, count, 0, wanted)
    for row, order, place in conditions_of(x, left, right):
        there = (x_dot[:1] if row >= 0 else x_dot[-1:]) if wanted[1] else None
        out = out + moved_spread(knots_dot, there, v[row][None], knots, k, place, count, order, wanted)
    return out


@pullback("spline_coefficients", wrt=("y", "x", "knots"))
def spline_coefficients_bar(ans_bar, ans, y, x, knots, k, left, right, wanted):
    v = spline_transposed(ans_bar, x, knots, k, left, right)
    if not (wanted[1] or wanted[2]):
        return v, None, None
    return v, *moved_system(v, ans, x, knots, k, left, right, wanted[1:])


@pullback("spline_transposed", wrt=("g", "x", "knots"))
def spline_transposed_bar(ans_bar, ans, g, x, knots, k, left, right, wanted):
    w = spline_coefficients(ans_bar, x, knots, k, left, right)
    if not (wanted[1] or wanted[2]):
        return w, None, None
    return w, *moved_system(ans, w, x, knots, k, left, right, wanted[1:])


@pushforward("spline_coefficients", wrt=("y", "x", "knots"))
def spline_coefficients_dot(y_dot, x_dot, knots_dot, ans, y, x, knots, k, left, right, wanted):
    right_side = y_dot if wanted[0] else np.zeros_like(y)
    if wanted[1] or wanted[2]:
        moved = (wanted[2], wanted[1])
        right_side = right_side - moved_conditions(knots_dot, x_dot, knots, ans, k, x, left, right, moved)
    return spline_coefficients(right_side, x, knots, k, left, right)


@pushforward("spline_transposed", wrt=("g", "x", "knots"))
def spline_transposed_dot(g_dot, x_dot, knots_dot, ans, g, x, knots, k, left, right, wanted):
    right_side = g_dot if wanted[0] else np.zeros_like(g)
    if wanted[1] or wanted[2]:
        moved, count = (wanted[2], wanted[1]), np.shape(g)[0]
        right_side = right_side - moved_transposed(knots_dot, x_dot, ans, knots, k, x, left, right, count, moved)
    return spline_transposed(right_side, x, knots, k, left, right)


# -- splines of one variable ------------------------------------------------------------------------------------------


class Basis:
    """A BSpline: its derivative of order ``order``."""

    def __init__(self, t, c, k, extrapolate, axis, order=0):
        self.t, self.coefficients, self.k, self.axis, self.order = t, c, k, axis, order
        self.extrapolate = True if extrapolate is None else extrapolate

    @property
    def c(self):
        return self.tck[1]

    @property
    def tck(self):
        return lowered((self.t, self.coefficients, self.k), self.order) if self.order else self.plain

    @property
    def plain(self):
        return self.t, self.coefficients, self.k

    def range(self):
        return self.t[self.k], self.t[len(self.t) - self.k - 1]

    def __call__(self, x, nu=0, extrapolate=None):
        x, beyond = floats(x), extrapolation(self.extrapolate, extrapolate)
        start, stop = self.range()
        place = start + (x - start) % (stop - start) if beyond == "periodic" else x
        out = spline_values(self.t, self.coefficients, self.k, place, self.order + nu)
        if not beyond:
            inside = (x >= start) & (x <= stop)
            out = np.where(np.reshape(inside, np.shape(inside) + (1,) * (np.ndim(out) - np.ndim(x))), out, np.nan)
        return rotated(out, x, self.axis)

    def derivative(self, nu=1):
        return Basis(self.t, self.coefficients, self.k, self.extrapolate, self.axis, self.order + nu)

    def antiderivative(self, nu=1):
        out = self
        for _ in range(nu):
            out = out.integrated()
        return out

    def integrated(self):
        beyond = False if self.extrapolate == "periodic" else self.extrapolate
        t, c, k = raised(*self.tck)
        return Basis(t, c, k, beyond, self.axis)

    def integrate(self, a, b, extrapolate=None):
        beyond = extrapolation(self.extrapolate, extrapolate)
        if self.order > 0:
            return self.before(b) - self.before(a)
        t, c, k = raised(self.t, self.coefficients, self.k)
        whole = Basis(t, c, k, True, self.axis)
        start, stop = self.range()
        if beyond == "periodic":
            ends = np.stack([start, stop])
            return periods(whole, b, ends) - periods(whole, a, ends)
        if not beyond:
            a, b = np.clip(a, start, stop), np.clip(b, start, stop)
        return whole(b) - whole(a)

    def before(self, x):
        return Basis(self.t, self.coefficients, self.k, True, self.axis, self.order - 1)(x)


def lowered(tck, n):
    """Knots, coefficients (with zeros behind them, as in FITPACK) and degree of a derivative."""
    t, c, k = tck
    if n > k:
        raise ValueError("Order of derivative must be <= the degree of the spline.")
    for _ in turns(n):
        c = slopes_of(c, t, k)
        t, k = t[1:-1], k - 1
    return t, np.concatenate([c, np.zeros((k + 1,) + np.shape(c)[1:])]), k


def raised(t, c, k):
    """Knots, coefficients and degree of an antiderivative."""
    n = np.shape(t)[0] - k - 1
    width = np.reshape(t[k + 1 :] - t[:n], (-1,) + (1,) * (np.ndim(c) - 1))
    summed = np.cumsum(c[:n] * width, axis=0) / (k + 1)
    return np.concatenate([t[:1], t, t[-1:]]), np.concatenate([np.zeros_like(summed[:1]), summed]), k + 1


@define(si.BSpline)
def bspline(t, c, k, extrapolate=True, axis=0):
    return Basis(floats(t), to_front(c, axis), k, extrapolate, axis)


@define(si.BSpline.basis_element.__func__)
def basis_element(cls, t, extrapolate=True):
    t, k = floats(t), len(t) - 2
    low, high = np.broadcast_to(t[0] - 1.0, (k,)), np.broadcast_to(t[-1] + 1.0, (k,))
    c = np.zeros(2 * k + 1)
    c[k] = 1.0
    return Basis(np.concatenate([low, t, high]), c, k, extrapolate, 0)


def orders(conditions):
    """Of which orders the derivatives are that are given at one end, and their values."""
    if conditions is None or isinstance(conditions, str) and conditions == "not-a-knot":
        return (), ()
    if isinstance(conditions, str):
        if conditions not in ("natural", "clamped"):
            raise ValueError(f"Unknown boundary condition: {conditions}")
        return (2 if conditions == "natural" else 1,), (0.0,)
    return tuple([order for order, _ in conditions]), tuple([value for _, value in conditions])


def given_at(values, y):
    """Derivatives at an end, a row for each."""
    return [np.reshape(np.broadcast_to(v, np.shape(y)[1:]), (1,) + np.shape(y)[1:]) * 1.0 for v in values]


@define(si.make_interp_spline)
def make_interp_spline(x, y, k=3, t=None, bc_type=None, axis=0, check_finite=True):
    x, y = floats(x), to_front(y, axis)
    if isinstance(bc_type, str) and bc_type == "periodic":
        if t is not None or k % 2 == 0:
            unsupported("make_interp_spline with bc_type='periodic', of even degree or with t=", instead="CubicSpline")
        if not np.allclose(y[0], y[-1], atol=1e-15):
            raise ValueError("First and last points does not match which is required for `bc_type='periodic'`.")
        knots, c = periodic_spline(x, y, k)
        return Basis(knots, c, k, "periodic", axis)
    both = bc_type if isinstance(bc_type, (tuple, list)) else (bc_type, bc_type)
    (left, first), (right, last) = orders(both[0]), orders(both[1])
    if t is None and (left or right):
        if len(left) + len(right) != k - 1:
            raise ValueError(f"The number of derivatives at boundaries does not match: expected {k - 1}.")
        t = np.concatenate([np.broadcast_to(x[0], (k,)), x, np.broadcast_to(x[-1], (k,))])
    knots = interpolation_knots(x, k) if t is None else floats(t)
    if left or right:
        y = np.concatenate([*given_at(first, y), y, *given_at(last, y)])
    return Basis(knots, spline_coefficients(y, x, knots, k, left, right), k, True, axis)


def periodic_spline(x, y, k):
    """Knots and coefficients of the spline that goes on with the period of its points."""
    count, period = np.shape(x)[0] - 1, x[-1] - x[0]
    knots = np.concatenate([x[count - k : count] - period, x, x[1 : k + 1] + period])
    basis = spline_basis(knots, k, x[:-1], count + k)
    system = np.concatenate([basis[:, :k] + basis[:, count:], basis[:, k:count]], axis=1)
    c = np.linalg.solve(system, y[:-1]) if np.ndim(y) <= 2 else np.reshape(
        np.linalg.solve(system, np.reshape(y[:-1], (count, -1))), np.shape(y[:-1])
    )  # fmt: skip
    return knots, np.concatenate([c, c[:k]])


@define(si.make_lsq_spline)
def make_lsq_spline(x, y, t, k=3, w=None, axis=0, check_finite=True, *, method="qr"):
    x, y, t = floats(x), to_front(y, axis), floats(t)
    return Basis(t, fitted_coefficients(x, y, t, k, w), k, True, axis)


def fitted_coefficients(x, y, knots, k, w):
    """The coefficients that fit the values best."""
    basis = spline_basis(knots, k, x, np.shape(knots)[0] - k - 1)
    if w is not None:
        w = floats(w)
        basis, y = basis * w[:, None], y * np.reshape(w, (-1,) + (1,) * (np.ndim(y) - 1))
    return np.linalg.lstsq(basis, y, rcond=None)[0]


def boxed(knots, k, first, last):
    """Knots that begin and end where they are asked to."""
    if first is not None:
        knots = np.concatenate([np.broadcast_to(first, (k + 1,)), knots[k + 1 :]])
    if last is not None:
        knots = np.concatenate([knots[: np.shape(knots)[0] - k - 1], np.broadcast_to(last, (k + 1,))])
    return knots


# -- splines of two variables -----------------------------------------------------------------------------------------


class Surface:
    """A RectBivariateSpline or one of its kin."""

    def __init__(self, tx, ty, c, kx, ky, dx=0, dy=0):
        self.tx, self.ty, self.c, self.kx, self.ky, self.dx, self.dy = tx, ty, c, kx, ky, dx, dy

    def within(self, x, y):
        sizes = self.c.shape
        return np.clip(x, self.tx[self.kx], self.tx[sizes[0]]), np.clip(y, self.ty[self.ky], self.ty[sizes[1]])

    def partial_derivative(self, dx, dy):
        return Surface(self.tx, self.ty, self.c, self.kx, self.ky, self.dx + dx, self.dy + dy)

    def ev(self, xi, yi, dx=0, dy=0):
        x, y = np.broadcast_arrays(*self.within(floats(xi), floats(yi)))
        at, orders = (np.ravel(x), np.ravel(y)), (self.dx + dx, self.dy + dy)
        out = sums_of_products(self.c, (self.tx, self.ty), (self.kx, self.ky), at, orders)
        return np.reshape(out, np.shape(x))

    def __call__(self, x, y, dx=0, dy=0, grid=True):
        if not grid:
            return self.ev(x, y, dx, dy)
        x, y = self.within(np.atleast_1d(floats(x)), np.atleast_1d(floats(y)))
        a = spline_basis(self.tx, self.kx, x, self.c.shape[0], self.dx + dx)
        return a @ self.c @ spline_basis(self.ty, self.ky, y, self.c.shape[1], self.dy + dy).T

    def get_coeffs(self):
        return np.ravel(self.c)

    def integral(self, xa, xb, ya, yb):
        first = Basis(self.tx, self.c, self.kx, False, 0, self.dx).integrate(xa, xb)
        return Basis(self.ty, first, self.ky, False, 0, self.dy).integrate(ya, yb)

    def __getattr__(self, name):
        unsupported(f"the attribute {name} of a spline of two variables", instead="ev, or a call")


@define(si.RectBivariateSpline)
def rect_bivariate_spline(x, y, z, bbox=(None, None, None, None), kx=3, ky=3, s=0, maxit=20):
    if s != 0:
        unsupported("RectBivariateSpline with s= inside of the function", instead="make it before the call")
    x, y, z = floats(x), floats(y), floats(z)
    tx = boxed(interpolation_knots(x, kx), kx, bbox[0], bbox[1])
    ty = boxed(interpolation_knots(y, ky), ky, bbox[2], bbox[3])
    c = spline_coefficients(spline_coefficients(z, x, tx, kx, (), ()).T, y, ty, ky, (), ()).T
    return Surface(tx, ty, c, kx, ky)


@define(si.bisplev)
def bisplev(x, y, tck, dx=0, dy=0):
    tx, ty, c, kx, ky = tck
    out = Surface(tx, ty, np.reshape(c, (len(tx) - kx - 1, len(ty) - ky - 1)), kx, ky)(x, y, dx, dy)
    return out[0, 0] if np.ndim(x) == 0 and np.ndim(y) == 0 else out


# -- from outside of the program --------------------------------------------------------------------------------------


def adopted_basis(machine: Calls, value: Any, source: Source) -> Abstract:
    """A BSpline."""
    t, c = (machine.external(getattr(value, name), source.attribute(name)) for name in ("t", "c"))
    options = (flag(machine, value, source, name) for name in ("k", "extrapolate", "axis"))
    return machine.call(Known(Basis), (t, c, *options), {})


def surface(tx, ty, c, kx, ky):
    """The spline of two variables with these knots and coefficients."""
    return Surface(tx, ty, np.reshape(c, (len(tx) - kx - 1, len(ty) - ky - 1)), kx, ky)


def adopted_surface(machine: Calls, value: Any, source: Source) -> Abstract:
    """A RectBivariateSpline."""
    where, degrees = source.attribute("tck"), source.attribute("degrees")
    parts = [machine.external(part, where.item(k)) for k, part in enumerate(value.tck)]
    machine.guard(degrees, value.degrees)
    return machine.call(Known(surface), (*parts, *map(Known, value.degrees)), {})


REGISTRY.adopters[si.BSpline] = adopted_basis
for _kind in (si.RectBivariateSpline, si.SmoothBivariateSpline, si.LSQBivariateSpline):
    REGISTRY.adopters[_kind] = adopted_surface

refused(si, "insert bisplrep make_splrep make_splprep", "BSpline, splrep and splev")
refused(si, "generate_knots", "make the spline before the call, or make_lsq_spline")
