"""``scipy.interpolate``: the k + 1 B-splines of degree k that are not zero at a place, and sums over their products.

They are computed by the recurrence of Cox and de Boor (de Boor, "A Practical Guide to Splines", chapters IX and X), of
which the last steps are those of derivatives; a derivative in a place is the next of these.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from types import FunctionType
from typing import Any

import numpy as np

from s2sad.ir.core import Arg, Call
from s2sad.ir.types import Array, Type, axes
from s2sad.libraries.implicit import pulled, pushed
from s2sad.prims.inference import number, option
from s2sad.prims.primitive import primitive
from s2sad.rules.batching import Batch, Result, RowByRow, batches
from s2sad.rules.book import pullback, pushforward


def near_splines(knots, k, x, nu=0):
    """The derivatives of order nu, at x, of the k + 1 B-splines of degree k that are not zero there."""
    if nu > k:
        return np.zeros((*x.shape, k + 1))
    piece = np.clip(np.searchsorted(knots, x, side="right") - 1, k, len(knots) - k - 2)
    out = [np.ones(x.shape)]
    for d in tuple(range(1, k + 1)):
        parts = [b / (knots[piece + 1 + j] - knots[piece + 1 + j - d]) for j, b in enumerate(out)]
        if d > k - nu:
            rising, falling = [d * b for b in parts], [-d * b for b in parts]
        else:
            rising = [(x - knots[piece + 1 + j - d]) * b for j, b in enumerate(parts)]
            falling = [(knots[piece + 1 + j] - x) * b for j, b in enumerate(parts)]
        out = [falling[0], *[up + down for up, down in zip(rising[:-1], falling[1:], strict=True)], rising[-1]]
    return np.stack(out, axis=-1)


def _near(knots: Arg, k: Arg, x: Arg, nu: Any = 0) -> Type:
    option(k)
    where = axes(number(x))
    return Array("f64", None if where is None else (*where, "?"))


near = primitive("near_splines", near_splines, _near, style="helper")

by_recurrence = FunctionType(near_splines.__code__, globals(), "by_recurrence", near_splines.__defaults__)
"""The same function, which is no primitive but is read: for derivatives in knots."""


@pullback(near, wrt=("knots", "x"))
def near_splines_bar(ans_bar, knots, k, x, nu, wanted):
    moved = None
    if wanted[0]:
        (moved,) = pulled(lambda knots: by_recurrence(knots, k, x, nu), (knots,), (True,), ans_bar)
    return moved, np.sum(ans_bar * near_splines(knots, k, x, nu + 1), axis=-1) if wanted[1] else None


@pushforward(near, wrt=("knots", "x"))
def near_splines_dot(knots_dot, x_dot, knots, k, x, nu, wanted):
    out = 0.0
    if wanted[0]:
        out = pushed(lambda knots: by_recurrence(knots, k, x, nu), (knots,), (True,), (knots_dot,))
    return out + x_dot[..., None] * near_splines(knots, k, x, nu + 1) if wanted[1] else out


@batches(near, way="leading axes")
def near_splines_of_rows(b: Batch, call: Call, moved: set[str]) -> Result:
    if moved != {"x"}:
        raise RowByRow
    return b.again(call, {})


def first_near(knots, k, x):
    """The number of the first of them."""
    return np.clip(np.searchsorted(knots, x, side="right") - 1, k, np.shape(knots)[0] - k - 2) - k


def sums_of_products(c, knots, degrees, at, orders):
    """The derivatives of these orders, at places with these coordinates, of a sum of products of B-splines."""
    rank = len(knots)
    cells = np.zeros(np.shape(at[0])[:1], dtype=int)
    for axis, (t, k) in enumerate(zip(knots, degrees, strict=True)):
        numbers = first_near(t, k, at[axis])[:, None] + np.arange(k + 1)
        numbers = np.reshape(numbers, (-1,) + (1,) * axis + (k + 1,))
        cells = cells[..., None] * np.shape(c)[axis] + numbers
    out = np.reshape(c, (-1,) + np.shape(c)[rank:])[cells]
    for t, k, x, nu in zip(knots, degrees, at, orders, strict=True):
        out = np.einsum("mk,mk...->m...", near_splines(t, k, x, nu), out)
    return out
