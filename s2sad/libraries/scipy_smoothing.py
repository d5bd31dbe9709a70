"""``scipy.interpolate``: splines that pass near their points (``splrep``, ``UnivariateSpline`` with ``s``).

FITPACK chooses knots among the points, which is not differentiated, and the smoothest spline with these whose squared
misses add up to ``s``: the jumps of its k-th derivative at the knots are as small as they can be (Dierckx, "Curve and
Surface Fitting with Splines", 1993, chapter 5). Its coefficients c and the weight of the jumps are a root of

    Bᵀ W² (B c - y) + λ Jᵀ J c = 0,    |W (B c - y)|² = s,

and move as that does (the implicit-function theorem). Where the spline is a fit without a weight on the jumps, as a
polynomial that misses by less than ``s`` is, the first condition alone holds, with λ = 0.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.interpolate

from s2sad.implicit import custom_root
from s2sad.ir.core import Arg
from s2sad.ir.types import FLOAT, Array, Type, of
from s2sad.libraries.scipy_bsplines import spline_basis
from s2sad.prims.primitive import REGISTRY, primitive
from s2sad.rules.book import constant


def jumps_at(knots, k, count):
    """The jumps of the k-th derivatives of all B-splines of degree k, at the knots within."""
    middle = 0.5 * (knots[k:count] + knots[k + 1 : count + 1])
    return np.diff(spline_basis(knots, k, middle, count, k), axis=0)


def smoothing_weight(knots, c, x, y, w, k):
    """The logarithm of the weight of the jumps in a smoothing spline, and 1 where they have any, or 0."""
    count = len(c)
    spline = scipy.interpolate.BSpline(knots, np.eye(count), k)
    jumps = np.diff(spline(0.5 * (knots[k:count] + knots[k + 1 : count + 1]), k), axis=0)
    basis, turn = spline(x), jumps.T @ (jumps @ c)
    squares = w.reshape(-1, *(1,) * (np.ndim(y) - 1)) ** 2
    slope = basis.T @ (squares * (basis @ c - y))
    if np.abs(slope).max() <= 1e-10 * np.abs(basis.T @ (squares * y)).max():
        return 0.0, 0.0
    return float(np.log(-np.vdot(slope, turn) / np.vdot(turn, turn))), 1.0


weight_of_jumps = REGISTRY.word(
    primitive("smoothing_weight", smoothing_weight, lambda knots, c, x, y, w, k: (FLOAT, FLOAT), style="helper")
)
constant("smoothing_weight")


def knots_among(x, knots, k):
    """Which two points each of the knots within is the middle of: the same one, or neighbours."""
    inner = knots[k + 1 : len(knots) - k - 1]
    low = np.searchsorted(x, inner, side="right") - 1
    return low, np.where(x[low] == inner, low, low + 1)


places_of_knots = REGISTRY.word(
    primitive(
        "knots_among", knots_among, lambda x, knots, k: (Array("i64", ("?",)), Array("i64", ("?",))), style="helper"
    )
)
constant("knots_among")


def found(x, y, w=None, xb=None, xe=None, k=3, s=None):
    """FITPACK's spline."""
    return scipy.interpolate.splrep(x, y, w, xb, xe, k, s=s)


def _found(
    x: Arg, y: Arg, w: Any = None, xb: Any = None, xe: Any = None, k: Any = 3, s: Any = None
) -> tuple[Type, ...]:
    return Array("f64", ("?",)), Array("f64", ("?",)), of("i64", ())


splrep = primitive("scipy.interpolate.splrep", found, _found, calls=())
constant(splrep)
splrep_of = REGISTRY.word(splrep)


def univariate_parts(x, y, w, xb, xe, k, s):
    """Knots and coefficients of a UnivariateSpline, whose search for them is another one than that of splrep."""
    spline = scipy.interpolate.UnivariateSpline(x, y, w, (xb, xe), k, s)
    return np.pad(spline.get_knots(), k, mode="edge"), spline.get_coeffs()


univariate = primitive(
    "univariate_parts", univariate_parts,
    lambda x, y, w, xb, xe, k, s: (Array("f64", ("?",)), Array("f64", ("?",))), style="helper",
)  # fmt: skip
constant(univariate)
univariate_of = REGISTRY.word(univariate)


def itself(product, b):
    """The solution of a system whose matrix is the identity."""
    return b


def moving_knots(knots, x, xb, xe, k):
    """The knots, as they move with the points that they lie at."""
    low, high = places_of_knots(x, knots, k)
    first, last = x[0] if xb is None else xb, x[-1] if xe is None else xe

    def apart(knots):
        ends = np.broadcast_to(first, (k + 1,)), np.broadcast_to(last, (k + 1,))
        return knots - np.concatenate([ends[0], 0.5 * (x[low] + x[high]), ends[1]])

    return custom_root(apart, knots, lambda function, start: start, linear_solve=itself)


def smoothing_spline(x, y, w, xb, xe, k, s):
    """Knots and coefficients of what ``splrep`` finds."""
    knots, c, _ = splrep_of(x, y, w=w, xb=xb, xe=xe, k=k, s=s)
    return moving(knots, c[: np.shape(knots)[0] - k - 1], x, y, w, xb, xe, k, s)


def smoothing_univariate(x, y, w, xb, xe, k, s):
    """Knots and coefficients of what ``UnivariateSpline`` finds."""
    return moving(*univariate_of(x, y, w, xb, xe, k, s), x, y, w, xb, xe, k, s)


def moving(knots, c, x, y, w, xb, xe, k, s):
    """Knots and coefficients of a smoothing spline, as they move with what it was made of."""
    knots, count = moving_knots(knots, x, xb, xe, k), np.shape(c)[0]
    weights = np.ones_like(x) if w is None else w
    log_weight, weighed = weight_of_jumps(knots, c, x, y, weights, k)
    each = weights if np.ndim(y) == 1 else weights[:, None]

    def conditions(unknown):
        c, log_weight = unknown
        basis, jumps = spline_basis(knots, k, x, count), jumps_at(knots, k, count)
        miss = each * (basis @ c - y)
        smooth = weighed * np.exp(log_weight) * (jumps.T @ (jumps @ c))
        rest = weighed * (np.sum(miss**2) - s) + (1.0 - weighed) * log_weight
        return basis.T @ (each * miss) + smooth, rest

    c, _ = custom_root(conditions, (c, log_weight), lambda function, start: start)
    return knots, c
