"""What NumPy's histograms of two variables mean: counted places, with weights that are added up."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import numpy as np

from s2sad.prims.primitive import REGISTRY

define = REGISTRY.define


def edges_of(x, bins, limits):
    """The edges of bins: given, or equally far apart between limits."""
    if np.ndim(bins) == 1:
        return np.asarray(bins)
    low, high = (np.min(x), np.max(x)) if limits is None else limits
    flat = low == high
    return np.linspace(np.where(flat, low - 0.5, low), np.where(flat, high + 0.5, high), bins + 1)


def bin_of(x, edges):
    """The bin of each value, as one more than it and zero below; the last bin has its right edge too."""
    place = np.searchsorted(edges, x, side="right")
    return np.where(x == edges[-1], np.shape(edges)[0] - 1, place)


@define(np.histogram2d)
def histogram2d(x, y, bins=10, range=None, density=None, weights=None):  # noqa: A002
    x, y = np.asarray(x), np.asarray(y)
    pair = bins if isinstance(bins, (list, tuple)) and len(bins) == 2 else (bins, bins)
    limits = (None, None) if range is None else range
    across, along = edges_of(x, pair[0], limits[0]), edges_of(y, pair[1], limits[1])
    i, j = bin_of(x, across), bin_of(y, along)
    rows, columns = np.shape(across)[0] - 1, np.shape(along)[0] - 1
    inside = (i > 0) & (i <= rows) & (j > 0) & (j <= columns)
    cell = np.where(inside, (i - 1) * columns + j - 1, rows * columns)
    given = np.ones(np.shape(x)) if weights is None else np.asarray(weights)
    table = np.reshape(np.bincount(cell, given, rows * columns + 1)[: rows * columns], (rows, columns))
    if density:
        table = table / (np.diff(across)[:, None] * np.diff(along)) / np.sum(table)
    return table, across, along
