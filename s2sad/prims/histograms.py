"""What NumPy's histograms of several variables mean: counted places, with weights that are added up."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import builtins

import numpy as np

from s2sad.ir.types import Array, axes
from s2sad.prims.inference import number
from s2sad.prims.primitive import REGISTRY, is_constant, option, primitive, unsupported
from s2sad.prims.structure import known_length

define = REGISTRY.define


def bincounts(x, weights=None, minlength=0):
    """np.bincount of every row."""
    if np.min(x, initial=0) < 0:
        raise ValueError("x must have no negative elements")
    lengths = np.maximum(np.max(x, axis=1, initial=-1) + 1, minlength)
    count = np.max(lengths, initial=minlength)
    if np.any(lengths != count):
        raise ValueError("the counts of rows have unlike lengths; minlength= gives them one")
    cells = np.ravel(x + count * np.arange(len(x))[:, None])
    flat = None if weights is None else np.ravel(weights)
    sums = np.bincount(cells, flat, count * len(x))
    return (sums if weights is None else sums.astype(float, copy=False)).reshape(len(x), count)


def _bincounts(x, weights=None, minlength=0):
    counted = weights is None or is_constant(weights) and option("weights", weights) is None
    (rows, _) = axes(number(x)) or ("?", "?")
    return Array("i64" if counted else "f64", (rows, "?"))


counts_of_rows = REGISTRY.word(primitive("bincounts", bincounts, _bincounts, style="helper"))


def edges_of(x, bins, limits):
    """The edges of bins: given, or equally far apart between limits."""
    if np.ndim(bins) == 1:
        return np.asarray(bins)
    if limits is not None:
        low, high = limits
    elif np.size(x) == 0:
        low, high = 0.0, 1.0
    else:
        low, high = np.min(x), np.max(x)
    if low == high:
        low, high = low - 0.5, high + 0.5
    return np.linspace(low, high, bins + 1)


def bin_of(x, edges):
    """The bin of each value, as one more than it and zero below; the last bin has its right edge too."""
    place = np.searchsorted(edges, x, side="right")
    return np.where(x == edges[-1], np.shape(edges)[0] - 1, place)


def weighted_counts(x, weights, minlength):
    """The sums of weights in each place: floats, also where there are none."""
    return np.bincount(x, weights, minlength).astype(float, copy=False)


weighted = REGISTRY.word(
    primitive("weighted_counts", weighted_counts, lambda x, weights, minlength: Array("f64", ("?",)), style="helper")
)


def sums_of_cells(cell, weights, count):
    """The sum of the weights in each cell, in their precision, which ``np.bincount`` has not for all."""
    if not np.can_cast(weights.dtype, np.float64):
        sums = np.zeros(count, dtype=weights.dtype)
        np.add.at(sums, cell, weights)
        return sums
    sums = weighted(cell, weights, count)
    return sums if weights.dtype == sums.dtype else sums.astype(weights.dtype)


def table_of(columns, bins, limits, density, weights):
    """The sum of weights in each cell of a grid, and the edges of the grid."""
    edges = [edges_of(x, b, ends) for x, b, ends in zip(columns, bins, limits, strict=True)]
    counts = [np.shape(e)[0] - 1 for e in edges]
    inside, cell, cells = True, 0, 1
    for x, e, n in zip(columns, edges, counts, strict=True):
        place = bin_of(x, e)
        inside = inside & (place > 0) & (place <= n)
        cell, cells = cell * n + place - 1, cells * n
    given = np.ones(np.shape(columns[0])) if weights is None else np.asarray(weights)
    table = np.reshape(np.bincount(np.where(inside, cell, cells), given, cells + 1)[:cells], tuple(counts))
    if density:
        volume = 1.0
        for e in edges:
            volume = np.multiply.outer(volume, np.diff(e))
        table = table / volume / np.sum(table)
    return table, edges


@define(np.histogram)
def histogram(a, bins=10, range=None, density=None, weights=None):  # noqa: A002
    x = np.ravel(a)
    if isinstance(bins, str):
        edges = np.histogram_bin_edges(x, bins, range, weights)
    else:
        edges = edges_of(x, bins, range)
        if np.issubdtype(x.dtype, np.floating) and np.ndim(bins) == 0:
            edges = edges.astype(x.dtype)
        elif np.ndim(bins) == 1 and np.any(edges[:-1] > edges[1:]):
            raise ValueError("`bins` must increase monotonically, when an array")
    place, count = bin_of(x, edges), np.shape(edges)[0] - 1
    inside = (place > 0) & (place <= count)
    cell = np.where(inside, place - 1, count)
    if weights is None:
        counts = np.bincount(cell, None, count + 1)[:count]
    else:
        counts = sums_of_cells(cell, np.ravel(weights), count + 1)[:count]
    return (counts / np.diff(edges) / np.sum(counts), edges) if density else (counts, edges)


@define(np.histogram2d)
def histogram2d(x, y, bins=10, range=None, density=None, weights=None):  # noqa: A002
    pair = bins if isinstance(bins, (list, tuple)) and len(bins) == 2 else (bins, bins)
    limits = (None, None) if range is None else range
    table, edges = table_of([np.asarray(x), np.asarray(y)], pair, limits, density, weights)
    return table, edges[0], edges[1]


@define(np.histogramdd)
def histogramdd(sample, bins=10, range=None, density=None, weights=None):  # noqa: A002
    if isinstance(sample, (list, tuple)):
        columns = [np.asarray(x) for x in sample]
    elif np.ndim(sample) == 1:
        columns = [sample]
    else:
        count = known_length(sample, 1)
        if count is None:
            unsupported("np.histogramdd of points of unknown dimension", instead="give it a list of coordinates")
        columns = [sample[:, k] for k in builtins.range(count)]
    every = [bins for _ in columns] if np.ndim(bins) == 0 else bins
    limits = [None for _ in columns] if range is None else range
    return table_of(columns, every, limits, density, weights)
