"""``scipy.interpolate``: splines of one variable as FITPACK has them: tuples (``splrep``) and ``UnivariateSpline``."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.interpolate
import scipy.interpolate as si

from s2sad.front.calls import Calls
from s2sad.front.values import Abstract, Known, Source
from s2sad.ir.types import Array
from s2sad.libraries.scipy_bsplines import (
    Basis,
    boxed,
    fitted_coefficients,
    interpolation_knots,
    knots_bar,
    lowered,
    moved_values,
    periodic_spline,
    raised,
    spline_coefficients,
    spline_values,
    spread_spline,
    turns,
)
from s2sad.libraries.scipy_smoothing import smoothing_spline, smoothing_univariate
from s2sad.libraries.scipy_splines import doubles, flag
from s2sad.prims.primitive import REGISTRY, primitive, unsupported
from s2sad.rules.book import pullback, pushforward

define = REGISTRY.define


# -- tuples of knots, coefficients and degree -------------------------------------------------------------------------


def representation(x, y, w, xb, xe, k, s, smoothed=smoothing_spline):
    """Knots and coefficients of the smoothing spline; without smoothing, of the interpolating one."""
    x, y = doubles(x), doubles(y)
    if s == 0:
        knots = boxed(interpolation_knots(x, k), k, xb, xe)
        return knots, spline_coefficients(y, x, knots, k, (), ())
    return smoothed(x, y, None if w is None else doubles(w), xb, xe, k, s)


@define(si.splrep)
def splrep(x, y, w=None, xb=None, xe=None, k=3, task=0, s=None, t=None, full_output=0, per=0, quiet=1):
    if task not in (0, -1) or full_output:
        unsupported("splrep with task=1 or full_output=", instead="make_lsq_spline, or make_interp_spline")
    if t is not None:
        if per:
            unsupported("splrep with t= and per=", instead="make_lsq_spline, or make_interp_spline")
        x, y = doubles(x), doubles(y)
        knots = boxed(np.concatenate([np.broadcast_to(x[0], (k + 1,)), doubles(t), np.broadcast_to(x[-1], (k + 1,))]), k, xb, xe)  # noqa: E501
        return knots, np.concatenate([fitted_coefficients(x, y, knots, k, w), np.zeros(k + 1)]), k
    if s is None:
        s = 0 if w is None else len(w) - np.sqrt(2.0 * len(w))
    if per:
        if s != 0 or k % 2 == 0:
            unsupported("splrep with per=, of even degree or with s=", instead="make_interp_spline")
        knots, c = periodic_spline(doubles(x), doubles(y), k)
        return knots, np.concatenate([c, np.zeros(k + 1)]), k
    knots, c = representation(x, y, w, xb, xe, k, s)
    return knots, np.concatenate([c, np.zeros(k + 1)]), k


def beyond_ends(t, c, k, x, nu, ext):
    """The derivative of order nu of a spline at x; outside of its range as FITPACK's number ``ext`` has it."""
    start, stop = t[k], t[len(t) - k - 1]
    if ext == 0:
        return spline_values(t, c, k, x, nu)
    if ext == 3:
        return spline_values(t, c, k, np.clip(x, start, stop), nu)
    inside = (x >= start) & (x <= stop)
    if ext == 1:
        return np.where(inside, spline_values(t, c, k, x, nu), 0.0)
    if not np.all(inside):
        raise ValueError("a value is outside of the range of the spline")
    return spline_values(t, c, k, x, nu)


@define(si.splev)
def splev(x, tck, der=0, ext=0):
    if isinstance(tck, Basis):
        return tck(x, der)
    t, c, k = tck
    if isinstance(c, list):
        return [splev(x, (t, part, k), der, ext) for part in c]
    return beyond_ends(doubles(t), doubles(c), k, doubles(x), der, ext)


@define(si.splint)
def splint(a, b, tck, full_output=0):
    if full_output:
        unsupported("splint with full_output=", instead="leave it out")
    t, c, k = tck.tck if isinstance(tck, Basis) else tck
    return Basis(doubles(t), doubles(c), k, False, 0).integrate(a, b)


@define(si.splder)
def splder(tck, n=1):
    if isinstance(tck, Basis):
        return tck.derivative(n)
    t, c, k = tck
    return lowered((doubles(t), doubles(c), k), n)


@define(si.splantider)
def splantider(tck, n=1):
    if isinstance(tck, Basis):
        return tck.antiderivative(n)
    t, c, k = doubles(tck[0]), doubles(tck[1]), tck[2]
    for _ in turns(n):
        t, c, k = raised(t, c, k)
        c = np.concatenate([c, np.broadcast_to(c[-1], (k + 1,) + np.shape(c)[1:])])
    return t, c, k


@define(si.sproot)
def sproot(tck, mest=10):
    t, c, k = tck.tck if isinstance(tck, Basis) else tck
    return spline_zeros(doubles(t), doubles(c), k)


@define(si.spalde)
def spalde(x, tck):
    t, c, k = tck.tck if isinstance(tck, Basis) else tck
    values = np.stack([spline_values(doubles(t), doubles(c), k, doubles(x), nu) for nu in range(k + 1)], axis=-1)
    return values if np.ndim(x) == 0 else [values[j] for j in range(len(x))]


class Univariate:
    """A UnivariateSpline or one of its kin."""

    def __init__(self, tck, ext, order=0, points=None):
        self.tck, self.ext, self.order, self.points = tck, ext, order, points

    def __call__(self, x, nu=0, ext=None):
        t, c, k = self.tck
        ext = self.ext if ext is None else {"extrapolate": 0, "zeros": 1, "raise": 2, "const": 3}.get(ext, ext)
        return beyond_ends(t, c, k, doubles(x), self.order + nu, ext)

    def derivative(self, n=1):
        return Univariate(self.tck, 1 if self.ext == 3 else self.ext, self.order + n)

    def derivatives(self, x):
        return np.stack([self(x, nu) for nu in range(self.tck[2] + 1)])

    def integral(self, a, b):
        t, c, k = lowered(self.tck, self.order)
        return Basis(t, c, k, False, 0).integrate(a, b)

    def antiderivative(self, n=1):
        out = Basis(self.tck[0], self.tck[1], self.tck[2], True, 0, self.order).antiderivative(n)
        return Univariate(out.tck, self.ext)

    def roots(self):
        return spline_zeros(*self.tck)

    def get_knots(self):
        t, _, k = self.tck
        return t[k : len(t) - k]

    def get_coeffs(self):
        t, c, k = self.tck
        return c[: len(t) - k - 1]

    def get_residual(self):
        if self.points is None:
            unsupported("get_residual of a spline from outside", instead="sum(w**2 * (y - spline(x))**2)")
        x, y, w = self.points
        miss = doubles(y) - self(x, ext=0)
        return np.sum(miss**2) if w is None else np.sum((doubles(w) * miss) ** 2)

    def __getattr__(self, name):
        unsupported(f"the attribute {name} of a UnivariateSpline", instead="call it, derivative, integral")


def zeros_of_spline(t, c, k):
    """Where a cubic spline is zero."""
    return scipy.interpolate.sproot((t, c, k), mest=max(10, 3 * len(t)))


primitive("zeros_of_spline", zeros_of_spline, lambda t, c, k: Array("f64", ("?",)), style="helper")


@pullback("zeros_of_spline", wrt=("t", "c"))
def zeros_of_spline_bar(ans_bar, ans, t, c, k, wanted):
    bar = -ans_bar / spline_values(t, c, k, ans, 1)
    t_bar = knots_bar(bar, t, c, k, ans, 0) if wanted[0] else None
    return t_bar, spread_spline(bar, t, k, ans, np.shape(c)[0])


@pushforward("zeros_of_spline", wrt=("t", "c"))
def zeros_of_spline_dot(t_dot, c_dot, ans, t, c, k, wanted):
    moved = moved_values(t_dot, None, t, c, k, ans, 0, (wanted[0], False))
    moved = spline_values(t, c_dot, k, ans) + moved if wanted[1] else moved
    return -moved / spline_values(t, c, k, ans, 1)


def spline_zeros(t, c, k):
    if k != 3:
        unsupported("roots of a spline other than a cubic one", instead="brentq")
    return zeros_of_spline(t, c, k)


def outside(ext):
    return {"extrapolate": 0, "zeros": 1, "raise": 2, "const": 3}[ext] if isinstance(ext, str) else ext


@define(si.UnivariateSpline)
def univariate_spline(x, y, w=None, bbox=(None, None), k=3, s=None, ext=0, check_finite=False):
    knots, c = representation(x, y, w, bbox[0], bbox[1], k, len(x) if s is None else s, smoothing_univariate)
    return Univariate((knots, c, k), outside(ext), points=(x, y, w))


@define(si.InterpolatedUnivariateSpline)
def interpolated_spline(x, y, w=None, bbox=(None, None), k=3, ext=0, check_finite=False):
    knots, c = representation(x, y, None, bbox[0], bbox[1], k, 0)
    return Univariate((knots, c, k), outside(ext), points=(x, y, w))


@define(si.LSQUnivariateSpline)
def lsq_spline(x, y, t, w=None, bbox=(None, None), k=3, ext=0, check_finite=False):
    x, y = doubles(x), doubles(y)
    knots = np.concatenate([np.broadcast_to(x[0], (k + 1,)), doubles(t), np.broadcast_to(x[-1], (k + 1,))])
    knots = boxed(knots, k, bbox[0], bbox[1])
    return Univariate((knots, fitted_coefficients(x, y, knots, k, w), k), outside(ext), points=(x, y, w))


# -- from outside of the program --------------------------------------------------------------------------------------


def three(t, c, k):
    """A tuple."""
    return t, c, k


def adopted_univariate(machine: Calls, value: Any, source: Source) -> Abstract:
    """A UnivariateSpline."""
    where, (t, c, k) = source.attribute("_eval_args"), value._eval_args
    machine.guard(where.item(2), k)
    parts = (machine.external(t, where.item(0)), machine.external(c, where.item(1)), Known(k))
    tck = machine.call(Known(three), parts, {})
    return machine.call(Known(Univariate), (tck, flag(machine, value, source, "ext")), {})


for _kind in (si.UnivariateSpline, si.InterpolatedUnivariateSpline, si.LSQUnivariateSpline):
    REGISTRY.adopters[_kind] = adopted_univariate
