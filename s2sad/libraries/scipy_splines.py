"""``scipy.interpolate``: piecewise polynomials and B-splines.

What SciPy makes of points (``CubicSpline(x, y)``) is an object of the trace without a derivative of its own; its
coefficients are read from it by an operation whose further operands, which are not written, are the points that they
are differentiated with respect to (a tridiagonal system for the slopes: de Boor, "A Practical Guide to Splines",
chapter IV). A value is linear in the coefficients, and its slope is the value of the next derivative. A spline from
outside of the program is read as its coefficients and breakpoints.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.interpolate
import scipy.interpolate as si
import scipy.linalg

from s2sad.front.calls import Calls
from s2sad.front.values import Abstract, Known, Source
from s2sad.ir.core import Arg
from s2sad.ir.types import Array, Object, Type, axes, is_complex, of
from s2sad.libraries.implicit import pulled, pushed
from s2sad.libraries.solutions import field, with_parameters
from s2sad.prims.inference import number, option
from s2sad.prims.primitive import REGISTRY, primitive, unsupported
from s2sad.rules.book import constant, linear, pullback, pushforward

define = REGISTRY.define


def floats(x):
    """An array of floats or complex numbers."""
    x = np.asarray(x)
    return x if np.result_type(x).kind in "fc" else x.astype(float)


def doubles(x):
    """An array of doubles or of complex ones: single precision is not computed in."""
    x = floats(x)
    kind = np.result_type(x)
    return x if kind in (np.float64, np.complex128) else x.astype(complex if kind.kind == "c" else float)


def _floating(x: Arg) -> str:
    return "c128" if is_complex(number(x)) else "f64"


# -- piecewise polynomials --------------------------------------------------------------------------------------------


def piecewise(c, x, t, nu=0):
    """The derivative of order nu, at t, of the polynomials with coefficients c between the breakpoints x."""
    return scipy.interpolate.PPoly.construct_fast(c, x)(t, nu)[()]


def spread_pieces(g, x, t, count, nu=0):
    """The transpose of piecewise in its coefficients, of which there are ``count`` to a piece."""
    g = np.reshape(g, (np.size(t),) + np.shape(g)[np.ndim(t) :])
    t = np.ravel(t)
    sign = 1.0 if x[-1] >= x[0] else -1.0
    piece = np.clip(np.searchsorted(sign * x, sign * t, side="right") - 1, 0, len(x) - 2)
    past = t - x[piece]
    out = np.zeros((count, len(x) - 1) + g.shape[1:], g.dtype)
    for power in range(nu, count):
        weight = past ** (power - nu) * (math.factorial(power) / math.factorial(power - nu))
        np.add.at(out[count - 1 - power], piece, weight.reshape((-1,) + (1,) * (g.ndim - 1)) * g)
    return out


def _piecewise(c: Arg, x: Arg, t: Arg, nu: Any = 0) -> Type:
    pieces, where = axes(number(c)), axes(number(t))
    dtype = _floating(c)
    if where is None or pieces is None:
        return Array(dtype, None)
    return of(dtype, (*where, *pieces[2:]))


def _spread_pieces(g: Arg, x: Arg, t: Arg, count: Arg, nu: Any = 0) -> Type:
    shape, where = axes(number(g)), axes(number(t))
    if shape is None or where is None:
        return Array(_floating(g), None)
    return Array(_floating(g), ("?", "?", *shape[len(where) :]))


primitive("piecewise", piecewise, _piecewise, style="helper")
primitive("spread_pieces", spread_pieces, _spread_pieces, style="helper")


def over_points(g, t):
    """Sums over what is not an axis of the points."""
    return np.sum(g, axis=tuple(range(np.ndim(t), np.ndim(g)))) if np.ndim(g) > np.ndim(t) else g


def at_breakpoints(slope, x, t):
    """What moving the breakpoints does: the polynomial of each piece starts at the breakpoint on its left."""
    return np.append(-spread_pieces(slope, x, t, 1)[0], 0.0)


@pullback("piecewise", wrt=("c", "x", "t"))
def piecewise_bar(ans_bar, c, x, t, nu, wanted):
    slope = over_points(ans_bar * piecewise(c, x, t, nu + 1), t)
    moved = at_breakpoints(slope, x, t) if wanted[1] else None
    return spread_pieces(ans_bar, x, t, np.shape(c)[0], nu) if wanted[0] else None, moved, slope


@pullback("spread_pieces", wrt=("g", "x", "t"))
def spread_pieces_bar(ans_bar, g, x, t, nu, wanted):
    slope = over_points(g * piecewise(ans_bar, x, t, nu + 1), t)
    moved = at_breakpoints(slope, x, t) if wanted[1] else None
    return piecewise(ans_bar, x, t, nu), moved, slope


def spline_roots(c, x, y=0.0, discontinuity=True, extrapolate=True):
    """Where the polynomials with coefficients c between the breakpoints x have the value y."""
    pieces = scipy.interpolate.PPoly.construct_fast(np.asarray(c, dtype=float), np.asarray(x, dtype=float))
    return pieces.solve(y, discontinuity, extrapolate)


primitive(
    "spline_roots", spline_roots, lambda c, x, y=0.0, discontinuity=True, extrapolate=True: Array("f64", ("?",)),
    style="helper",
)  # fmt: skip


@pullback("spline_roots", wrt=("c", "x", "y"))
def spline_roots_bar(ans_bar, ans, c, x, y, wanted):
    """A root moves by what changes there, over the slope."""
    bar = -ans_bar / piecewise(c, x, ans, 1)
    moved = at_breakpoints(bar * piecewise(c, x, ans, 1), x, ans) if wanted[1] else None
    return spread_pieces(bar, x, ans, np.shape(c)[0]), moved, -np.sum(bar)


def rotated(out, where, axis):
    """The axes of the points where the axis of interpolation was."""
    return out if axis == 0 or np.ndim(where) == 0 else np.moveaxis(
        out, tuple(range(np.ndim(where))), tuple(range(axis, axis + np.ndim(where)))
    )  # fmt: skip


def extrapolation(own, asked):
    return own if asked is None else asked


class Piecewise:
    """A PPoly, CubicSpline or the like: the derivative of order ``order`` of piecewise polynomials."""

    def __init__(self, c, x, extrapolate, axis, order=0):
        self.pieces, self.x, self.axis, self.order = c, x, axis, order
        self.extrapolate = True if extrapolate is None else extrapolate

    @property
    def c(self):
        return derived(self.pieces, self.order)

    def __call__(self, x, nu=0, extrapolate=None):
        t, beyond = floats(x), extrapolation(self.extrapolate, extrapolate)
        start, stop = self.x[0], self.x[-1]
        place = start + (t - start) % (stop - start) if beyond == "periodic" else t
        out = piecewise(self.pieces, self.x, place, self.order + nu)
        if not beyond:
            inside = (t >= start) & (t <= stop)
            out = np.where(np.reshape(inside, np.shape(inside) + (1,) * (np.ndim(out) - np.ndim(t))), out, np.nan)
        return rotated(out, t, self.axis)

    def derivative(self, nu=1):
        if nu < 0:
            return self.antiderivative(-nu)
        return Piecewise(self.pieces, self.x, self.extrapolate, self.axis, self.order + nu)

    def antiderivative(self, nu=1):
        if nu <= 0:
            return self.derivative(-nu)
        c = self.c
        for _ in range(nu):
            c = integrated(c, self.x)
        extrapolate = False if self.extrapolate == "periodic" else self.extrapolate
        return Piecewise(c, self.x, extrapolate, self.axis)

    def integrate(self, a, b, extrapolate=None):
        beyond = extrapolation(self.extrapolate, extrapolate)
        whole = Piecewise(integrated(self.c, self.x), self.x, True, self.axis)
        if beyond == "periodic":
            return periods(whole, b, self.x) - periods(whole, a, self.x)
        out = whole(b) - whole(a)
        if not beyond:
            low, high = np.minimum(a, b), np.maximum(a, b)
            return np.where((low >= self.x[0]) & (high <= self.x[-1]), out, np.nan)
        return out

    def roots(self, discontinuity=True, extrapolate=None):
        return self.solve(0.0, discontinuity, extrapolate)

    def solve(self, y=0.0, discontinuity=True, extrapolate=None):
        """Where the polynomials are y: a root moves by what they change there, over their slope."""
        c = self.c
        if np.ndim(c) > 2:
            unsupported("roots of several splines at once", instead="a spline for each")
        beyond = extrapolation(self.extrapolate, extrapolate)
        return spline_roots(c, self.x, y, discontinuity, bool(beyond))

    def extend(self, c, x, right=True):
        unsupported("extend of a piecewise polynomial", instead="concatenate its coefficients")


def derived(c, order):
    """Coefficients of a derivative."""
    for _ in range(order):
        count = c.shape[0]
        if count == 1:
            return np.zeros_like(c)
        c = c[:-1] * np.reshape(np.arange(count - 1.0, 0.0, -1.0), (-1,) + (1,) * (np.ndim(c) - 1))
    return c


def integrated(c, x):
    """Coefficients of the antiderivative that is zero at the first breakpoint."""
    count, rank = c.shape[0], np.ndim(c)
    raised = c / np.reshape(np.arange(count * 1.0, 0.0, -1.0), (-1,) + (1,) * (rank - 1))
    powers = np.reshape(np.arange(count, 0, -1), (-1,) + (1,) * (rank - 1))
    across = np.sum(raised * np.reshape(np.diff(x), (1, -1) + (1,) * (rank - 2)) ** powers, axis=0)
    start = np.concatenate([np.zeros_like(across[:1]), np.cumsum(across, axis=0)[:-1]])
    return np.concatenate([raised, start[None]])


def periods(whole, t, x):
    """The integral from the first breakpoint of a function that goes on with the period of its breakpoints."""
    period = x[-1] - x[0]
    turns = np.floor((t - x[0]) / period)
    return turns * whole(x[-1]) + whole(t - turns * period)


# -- coefficients of cubics -------------------------------------------------------------------------------------------


def along(x, y):
    """A vector with as many axes as ``y``."""
    return np.reshape(x, (-1,) + (1,) * (np.ndim(y) - 1))


def hermite(x, y, s):
    """The coefficients of the cubics with the values y and the slopes s at x."""
    dx = along(np.diff(x), y)
    slope = np.diff(y, axis=0) / dx
    bend = (s[:-1] + s[1:] - 2.0 * slope) / dx
    return np.stack([bend / dx, (slope - s[:-1]) / dx - bend, s[:-1], y[:-1]])


def cubic_slopes(x, y, start, stop, first, last):
    """The slopes at x for which the second derivative is continuous.

    ``start`` and ``stop`` say what holds at the ends: the derivative of order 1 or 2 is ``first`` or ``last``; 0 stands
    for not-a-knot (the third derivative is continuous at the next point), 3 for periodic.
    """
    n = x.shape[0]
    dx, rise = np.diff(x), np.diff(y, axis=0)
    wide = along(dx, y)
    slope = rise / wide
    if start == 3:
        return periodic_slopes(dx, slope)
    if n == 2:
        if start == 0 and stop == 0:
            return np.concatenate([slope, slope])
        start, first = (1, slope[0]) if start == 0 else (start, first)
        stop, last = (1, slope[0]) if stop == 0 else (stop, last)
    if n == 3 and start == 0 and stop == 0:
        bend = (slope[1:] - slope[:1]) / (wide[:1] + wide[1:])
        left = slope[:1] - wide[:1] * bend
        return np.concatenate([left, slope[:1] + wide[:1] * bend, slope[1:] + wide[1:] * bend])
    inner = 3.0 * (wide[1:] * slope[:-1] + wide[:-1] * slope[1:])
    one = np.ones(1)
    if start == 0:
        d = x[2:3] - x[:1]
        above, head = d, dx[1:2]
        top = ((dx[:1] + 2.0 * d) * dx[1:2] * slope[:1] + dx[:1] ** 2 * slope[1:2]) / d
    elif start == 1:
        above, head, top = 0.0 * one, one, np.reshape(np.broadcast_to(first, slope[0].shape), slope[:1].shape)
    else:
        above, head, top = dx[:1], 2.0 * dx[:1], 3.0 * rise[:1] - 0.5 * first * dx[:1] ** 2
    if stop == 0:
        d = x[-1:] - x[-3:-2]
        below, tail = d, dx[-2:-1]
        bottom = (dx[-1:] ** 2 * slope[-2:-1] + (2.0 * d + dx[-1:]) * dx[-2:-1] * slope[-1:]) / d
    elif stop == 1:
        below, tail, bottom = 0.0 * one, one, np.reshape(np.broadcast_to(last, slope[0].shape), slope[:1].shape)
    else:
        below, tail, bottom = dx[-1:], 2.0 * dx[-1:], 3.0 * rise[-1:] + 0.5 * last * dx[-1:] ** 2
    nothing = 0.0 * one
    bands = np.stack([
        np.concatenate([nothing, above, dx[:-1]]),
        np.concatenate([head, 2.0 * (dx[:-1] + dx[1:]), tail]),
        np.concatenate([dx[1:], below, nothing]),
    ])  # fmt: skip
    right = np.concatenate([top, inner, bottom])
    if np.ndim(right) <= 2:
        return scipy.linalg.solve_banded((1, 1), bands, right)
    return np.reshape(scipy.linalg.solve_banded((1, 1), bands, np.reshape(right, (n, -1))), np.shape(right))


def periodic_slopes(dx, slope):
    """The slopes where the end is the start again: a tridiagonal system and two corners, which are of rank one
    (Sherman and Morrison, 1950).
    """
    n = dx.shape[0]
    if n == 1:
        return np.concatenate([0.0 * slope, 0.0 * slope])
    earlier = np.roll(dx, 1)
    middle = 2.0 * (dx + earlier)
    turned = -middle[:1]
    nothing = np.zeros(n - 2)
    corners = np.concatenate([turned, nothing, earlier[-1:]])
    bands = np.stack([
        np.concatenate([0.0 * turned, earlier[:-1]]),
        middle - np.concatenate([turned, nothing, earlier[-1:] * dx[:1] / turned]),
        np.concatenate([dx[1:], 0.0 * turned]),
    ])  # fmt: skip
    right = 3.0 * (along(earlier, slope) * slope + along(dx, slope) * np.roll(slope, 1, axis=0))
    out = scipy.linalg.solve_banded((1, 1), bands, np.hstack([np.reshape(right, (n, -1)), corners[:, None]]))
    share = (out[0] + out[-1] * (dx[0] / turned[0])) / (1.0 + out[0, -1] + out[-1, -1] * (dx[0] / turned[0]))
    out = np.reshape(out[:, :-1] - out[:, -1:] * share[:-1], np.shape(slope))
    return np.concatenate([out, out[:1]])


def pchip_slopes(x, y):
    """Harmonic means of neighbouring slopes, zero where they change sign (Fritsch and Butland, 1984)."""
    h = along(np.diff(x), y)
    m = np.diff(y, axis=0) / h
    if y.shape[0] == 2:
        return np.concatenate([m, m])
    flat = m[1:] * m[:-1] <= 0.0
    near, far = 2.0 * h[1:] + h[:-1], h[1:] + 2.0 * h[:-1]
    m0, m1 = np.where(flat, 1.0, m[:-1]), np.where(flat, 1.0, m[1:])
    inner = np.where(flat, 0.0, (near + far) / (near / m0 + far / m1))
    return np.concatenate([pchip_end(h[0], h[1], m[0], m[1])[None], inner, pchip_end(h[-1], h[-2], m[-1], m[-2])[None]])


def pchip_end(h0, h1, m0, m1):
    """The one-sided slope through three points, where it keeps the shape."""
    d = ((2.0 * h0 + h1) * m0 - h0 * m1) / (h0 + h1)
    steep = (np.sign(m0) != np.sign(m1)) & (np.abs(d) > 3.0 * np.abs(m0))
    return np.where(np.sign(d) != np.sign(m0), 0.0, np.where(steep, 3.0 * m0, d))


def akima_slopes(x, y, method):
    """Means of the slopes on both sides, weighted by how much they change further out (Akima, 1970)."""
    inner = np.diff(y, axis=0) / along(np.diff(x), y)
    if y.shape[0] == 2:
        return np.concatenate([inner, inner])
    left = 2.0 * inner[:1] - inner[1:2]
    right = 2.0 * inner[-1:] - inner[-2:-1]
    m = np.concatenate([2.0 * left - inner[:1], left, inner, right, 2.0 * right - inner[-1:]])
    change = np.abs(np.diff(m, axis=0))
    after, before = change[2:], change[:-2]
    if method == "makima":
        size = np.abs(m[1:] + m[:-1])
        after, before = after + 0.5 * size[2:], before + 0.5 * size[:-2]
    both = after + before
    defined = both > 1e-9 * np.max(both)
    part = before / np.where(defined, both, 1.0)
    return np.where(defined, m[1:-2] + part * (m[2:-1] - m[1:-2]), 0.5 * (m[3:] + m[:-3]))


def _coefficients(spline: Arg, x: Arg, y: Arg, *rest: Any, **more: Any) -> Type:
    for which in rest[:2]:
        option(which)
    shape = axes(number(y))
    return Array(_floating(y), None if shape is None else ("?", "?", *shape[1:]))


def maker(name: str, parameters: str) -> Any:
    """The word for making an object of SciPy of these operands, which has no derivative of its own."""
    infer = with_parameters(lambda *args, **kwargs: Object("spline"), parameters)
    made = primitive(f"scipy.interpolate.{name}", getattr(si, name), infer, calls=())
    constant(made)
    return REGISTRY.word(made)


def read(name: str, text: str, type_of: Any, parameters: str) -> tuple[Any, Any]:
    """The primitive, and its word, for reading a field; the operands after the first are for its rule alone."""
    prim = field(name, text, type_of, parameters)
    return prim, REGISTRY.word(prim)


make_cubic = maker("CubicSpline", "x y / bc_type")
make_pchip = maker("PchipInterpolator", "x y")
make_akima = maker("Akima1DInterpolator", "x y / method")
cubic_c_, cubic_c = read("scipy.interpolate.CubicSpline.c", "c", _coefficients, "spline x y start stop first last")
pchip_c_, pchip_c = read("scipy.interpolate.PchipInterpolator.c", "c", _coefficients, "spline x y")
akima_c_, akima_c = read("scipy.interpolate.Akima1DInterpolator.c", "c", _coefficients, "spline x y method")


def cubic(start, stop):
    return lambda x, y, first, last: hermite(x, y, cubic_slopes(x, y, start, stop, first, last))


def pchip(x, y):
    return hermite(x, y, pchip_slopes(x, y))


def akima(method):
    return lambda x, y: hermite(x, y, akima_slopes(x, y, method))


# Where x stays, the coefficients are linear in the values and in what is given at the ends.


def cubic_coefficients(y, first, last, x, start, stop):
    """The coefficients of the cubic spline through y at x, with these derivatives (orders and values) at its ends."""
    ends = [(k, v + np.zeros(y.shape[1:])) if k else "not-a-knot" for k, v in ((start, first), (stop, last))]
    return scipy.interpolate.CubicSpline(x, y, bc_type=tuple(ends)).c


def cubic_transposed(g, x, start, stop):
    """The transpose of cubic_coefficients: the cotangents of y, first and last, from those of the coefficients."""
    n, more = len(x), g.shape[2:]
    if n < 4:
        unit = np.eye(n + 2)
        bar = np.tensordot(cubic_coefficients(unit[:n], unit[n], unit[n + 1], x, start, stop), g, ((0, 1), (0, 1)))
        return bar[:n], bar[n], bar[n + 1]
    g = g.reshape(4, n - 1, -1)
    h = np.diff(x)
    wide = h[:, None]
    a, b = g[0] / wide**2, g[1] / wide
    slope_bar = 3.0 * b - 2.0 * a
    s_bar = np.zeros((n, g.shape[2]))  # of the derivatives at x
    s_bar[:-1] = g[2] + a - 2.0 * b
    s_bar[1:] += a - b
    system = np.zeros((3, n))  # the transpose of theirs
    system[0, 1:-1], system[1, 1:-1], system[2, 1:-1] = h[1:], 2.0 * (h[:-1] + h[1:]), h[:-1]
    for k, row, order, h0, h1 in ((0, 2, start, h[0], h[1]), (-1, 0, stop, h[-1], h[-2])):
        system[1, k], system[row, k] = ((h1, h0 + h1), (1.0, 0.0), (2.0 * h0, h0))[order]
    s_bar = scipy.linalg.solve_banded((1, 1), system, s_bar)
    slope_bar[:-1] += 3.0 * wide[1:] * s_bar[1:-1]
    slope_bar[1:] += 3.0 * wide[:-1] * s_bar[1:-1]
    ends = []
    for k, inner, order, h0, h1 in ((0, 1, start, h[0], h[1]), (-1, -2, stop, h[-1], h[-2])):
        slope_bar[k] += ((3.0 * h0 + 2.0 * h1) * h1 / (h0 + h1), 0.0, 3.0 * h0)[order] * s_bar[k]
        slope_bar[inner] += (h0**2 / (h0 + h1) if order == 0 else 0.0) * s_bar[k]
        ends.append((0.0, 1.0, 0.5 * h0**2 * (-1.0 if k == 0 else 1.0))[order] * s_bar[k].reshape(more))
    y_bar = np.zeros((n, g.shape[2]))
    y_bar[:-1] = g[3] - slope_bar / wide
    y_bar[1:] += slope_bar / wide
    return y_bar.reshape((n, *more)), *ends


def _transposed(g: Arg, x: Arg, start: Arg, stop: Arg) -> tuple[Type, ...]:
    shape, dtype = axes(number(g)), _floating(g)
    if shape is None:
        return Array(dtype, None), Array(dtype, None), Array(dtype, None)
    return Array(dtype, ("?", *shape[2:])), of(dtype, shape[2:]), of(dtype, shape[2:])


def _linear_coefficients(y: Arg, first: Arg, last: Arg, x: Arg, start: Arg, stop: Arg) -> Type:
    shape = axes(number(y))
    return Array(_floating(y), None if shape is None else ("?", "?", *shape[1:]))


primitive("cubic_coefficients", cubic_coefficients, _linear_coefficients, style="helper")
primitive("cubic_transposed", cubic_transposed, _transposed, style="helper")


@linear("cubic_coefficients", wrt=("y", "first", "last"))
def cubic_coefficients_(ans_bar, x, start, stop):
    return cubic_transposed(ans_bar, x, start, stop)


@pullback("cubic_transposed", wrt="g", unknown="x")
def cubic_transposed_(ans_bar, g, x, start, stop):
    y, first, last = ans_bar
    nothing = np.zeros(np.shape(g)[2:])
    if y is None:
        y = np.zeros((np.shape(x)[0],) + np.shape(g)[2:])
    return cubic_coefficients(y, nothing if first is None else first, nothing if last is None else last, x, start, stop)


@pullback(cubic_c_, wrt=("x", "y", "first", "last"))
def cubic_c_bar(ans_bar, x, y, start, stop, first, last, wanted):
    if wanted[0] or start == 3:
        return pulled(cubic(start, stop), (x, y, first, last), wanted, ans_bar)
    y_bar, first_bar, last_bar = cubic_transposed(ans_bar, x, start, stop)
    return None, y_bar, fitting(first_bar, first), fitting(last_bar, last)


@pushforward(cubic_c_, wrt=("x", "y", "first", "last"))
def cubic_c_dot(x_dot, y_dot, first_dot, last_dot, x, y, start, stop, first, last, wanted):
    if wanted[0] or start == 3:
        return pushed(cubic(start, stop), (x, y, first, last), wanted, (x_dot, y_dot, first_dot, last_dot))
    return cubic_coefficients(
        y_dot if wanted[1] else np.zeros_like(y), first_dot if wanted[2] else 0.0, last_dot if wanted[3] else 0.0,
        x, start, stop,
    )  # fmt: skip


def fitting(bar, given):
    """The cotangent of what is given for each of several splines, or once for all."""
    return np.sum(bar) if np.ndim(given) == 0 and np.ndim(bar) > 0 else bar


@pullback(pchip_c_, wrt=("x", "y"))
def pchip_c_bar(ans_bar, x, y, wanted):
    return pulled(pchip, (x, y), wanted, ans_bar)


@pushforward(pchip_c_, wrt=("x", "y"))
def pchip_c_dot(x_dot, y_dot, x, y, wanted):
    return pushed(pchip, (x, y), wanted, (x_dot, y_dot))


@pullback(akima_c_, wrt=("x", "y"))
def akima_c_bar(ans_bar, x, y, method, wanted):
    return pulled(akima(method), (x, y), wanted, ans_bar)


@pushforward(akima_c_, wrt=("x", "y"))
def akima_c_dot(x_dot, y_dot, x, y, method, wanted):
    return pushed(akima(method), (x, y), wanted, (x_dot, y_dot))


# -- the classes ------------------------------------------------------------------------------------------------------


def to_front(y, axis):
    y = floats(y)
    return y if axis == 0 else np.moveaxis(y, axis, 0)


def end(condition):
    """What holds at an end: which derivative, and its value."""
    if isinstance(condition, str):
        return {"not-a-knot": (0, 0.0), "natural": (2, 0.0), "clamped": (1, 0.0), "periodic": (3, 0.0)}[condition]
    order, value = condition
    return order, value if np.ndim(value) == 0 else floats(value)


@define(si.CubicSpline)
def cubic_spline(x, y, axis=0, bc_type="not-a-knot", extrapolate=None):
    x, y = doubles(x), to_front(doubles(y), axis)
    spline = make_cubic(x, y, bc_type=bc_type) if bc_type != "not-a-knot" else make_cubic(x, y)
    ends = (bc_type, bc_type) if isinstance(bc_type, str) else bc_type
    (start, first), (stop, last) = end(ends[0]), end(ends[1])
    if extrapolate is None:
        extrapolate = "periodic" if isinstance(bc_type, str) and bc_type == "periodic" else True
    return Piecewise(cubic_c(spline, x, y, start, stop, first, last), x, extrapolate, axis)


@define(si.PchipInterpolator)
def pchip_interpolator(x, y, axis=0, extrapolate=None):
    x, y = doubles(x), to_front(doubles(y), axis)
    return Piecewise(pchip_c(make_pchip(x, y), x, y), x, extrapolate, axis)


@define(si.Akima1DInterpolator)
def akima_interpolator(x, y, axis=0, *, method="akima", extrapolate=None):
    x, y = doubles(x), to_front(doubles(y), axis)
    spline = make_akima(x, y, method=method) if method != "akima" else make_akima(x, y)
    return Piecewise(akima_c(spline, x, y, method), x, False if extrapolate is None else extrapolate, axis)


@define(si.CubicHermiteSpline)
def cubic_hermite_spline(x, y, dydx, axis=0, extrapolate=None):
    x, y, s = doubles(x), to_front(doubles(y), axis), to_front(doubles(dydx), axis)
    return Piecewise(hermite(x, y, s), x, extrapolate, axis)


@define(si.pchip_interpolate)
def pchip_interpolate(xi, yi, x, der=0, axis=0):
    spline = pchip_interpolator(xi, yi, axis)
    return spline(x, der) if np.ndim(der) == 0 else [spline(x, n) for n in der]


def flag(machine: Calls, value: Any, source: Source, name: str) -> Abstract:
    """An attribute that says what a spline is: the trace holds while it stays so."""
    where = source.attribute(name)
    machine.guard(where, getattr(value, name))
    return Known(getattr(value, name))


def adopted_piecewise(machine: Calls, value: Any, source: Source) -> Abstract:
    """Piecewise polynomials from outside."""
    c, x = (machine.external(getattr(value, name), source.attribute(name)) for name in ("c", "x"))
    options = (flag(machine, value, source, name) for name in ("extrapolate", "axis"))
    return machine.call(Known(Piecewise), (c, x, *options), {})


for _kind in (si.PPoly, si.CubicSpline, si.PchipInterpolator, si.Akima1DInterpolator, si.CubicHermiteSpline):
    REGISTRY.adopters[_kind] = adopted_piecewise
