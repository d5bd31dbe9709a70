"""Rules of ``prims.series``: values and roots of series of polynomials.

A root r of p moves by −ṗ(r) / p′(r). The rows of a Vandermonde matrix have the slopes of the basis functions.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import numpy as np

from s2sad.ir.core import Call
from s2sad.prims.series import (
    FAMILIES,
    SLOPES,
    TABLES,
    VALUES,
    series_cofactor,
    series_product,
    slope_of,
    table_of,
    value_of,
)
from s2sad.rules.batching import COLON, Batch, Result, RowByRow, batches
from s2sad.rules.batching_reductions import line
from s2sad.rules.book import bilinear, linear, pullback, pushforward


def along_first(matrix, g, axis):
    """A matrix times an array along one of its axes."""
    if np.ndim(g) == 1:
        return matrix @ g
    return np.moveaxis(np.tensordot(matrix, g, (1, axis)), 0, axis)


def of_family(family: str) -> None:
    value, table, slope = value_of[family], table_of[family], slope_of[family]

    @pullback(VALUES[family], wrt=("x", "c"))
    def value_bar(ans_bar, x, c, wanted):
        x_bar, c_bar = None, None
        if wanted[0]:
            x_bar = ans_bar * value(x, slope(c))
            if np.ndim(c) > 1:
                x_bar = np.sum(x_bar, axis=tuple(range(np.ndim(c) - 1)))
        if wanted[1]:
            basis = table(x, len(c) - 1)
            if np.ndim(x) == 0:
                c_bar = np.multiply.outer(basis[0], ans_bar) if np.ndim(c) > 1 else basis[0] * ans_bar
            elif np.ndim(x) == 1 and np.ndim(c) == 1:
                c_bar = ans_bar @ basis
            else:
                first, count = np.ndim(c) - 1, np.ndim(x)
                c_bar = np.tensordot(basis, ans_bar, (tuple(range(count)), tuple(range(first, first + count))))
        return x_bar, c_bar

    @pullback(TABLES[family], wrt="x")
    def table_bar(ans_bar, x, deg):
        slopes = table(x, np.maximum(deg - 1, 0)) @ slope(np.eye(deg + 1))
        x_bar = np.sum(ans_bar * slopes, axis=-1)
        return x_bar[0] if np.ndim(x) == 0 else x_bar

    @linear(SLOPES[family], wrt="c")
    def slope_bar(ans_bar, c, m, axis):
        return along_first(slope(np.eye(np.shape(c)[axis]), m).T, ans_bar, axis)

    @batches(VALUES[family], way="leading axes")
    def value_rows(b: Batch, call: Call, moved: set[str]) -> Result:
        x, c = call.args
        if b.ndim(c) != 1:
            raise RowByRow
        if moved == {"x"}:
            return b.again(call)
        if moved == {"c"}:
            return b.again(call, {"c": b.call("ndarray.T", b.atom(c))})
        together = at_own_points if b.ndim(x) else at_own_point
        return b.inline(together, x=b.atom(x), c=b.atom(c))

    def at_own_points(x, c):
        rows = np.reshape(c, (np.shape(c)[0],) + (1,) * (np.ndim(x) - 1) + (np.shape(c)[1],))
        return np.sum(table(x, np.shape(c)[1] - 1) * rows, axis=-1)

    def at_own_point(x, c):
        return np.sum(table(x, np.shape(c)[1] - 1) * c, axis=-1)

    @batches(TABLES[family], way="leading axes")
    def table_rows(b: Batch, call: Call, moved: set[str]) -> Result:
        if moved != {"x"}:
            raise RowByRow
        if b.ndim(call.args[0]):
            return b.again(call)
        (rows,) = b.again(call)
        return b.call("getitem", rows, (COLON, None, COLON))

    batches(SLOPES[family], way="axis moves")(line)


for name in FAMILIES:
    of_family(name)


@bilinear("series_product", wrt=("a", "b"))
def series_product_(ans_bar, a, b, family):
    return series_cofactor(ans_bar, b, len(a), family), series_cofactor(ans_bar, a, len(b), family)


@bilinear("series_cofactor", wrt=("g", "b"))
def series_cofactor_(ans_bar, g, b, family):
    return series_product(ans_bar, b, family), series_cofactor(g, ans_bar, len(b), family)


@pushforward("series_roots", wrt="c")
def series_roots_(c_dot, c, family, ans):
    return -(table_of[family](ans, len(c) - 1) @ c_dot) / value_of[family](ans, slope_of[family](c))
