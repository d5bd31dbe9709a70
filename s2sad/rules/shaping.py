"""Rules of ``prims.shaping``: nearly all linear, so that a rule is the transpose.

Moving items about is undone by moving them back; copying them is undone by summing the copies; cutting by padding.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import numpy as np

from s2sad.prims import places
from s2sad.prims import shaping as prims
from s2sad.prims.arrangement import along
from s2sad.prims.primitive import REGISTRY
from s2sad.prims.runtime import (
    add_along_axis,
    from_diagonal,
    placed_along_axis,
    spread_segments,
    sum_padding,
    sum_repeats,
    sum_tiles,
    sum_windows,
)
from s2sad.prims.structure import is_written_out
from s2sad.rules.book import constant, linear, pullback, pushforward

# -- one array, another shape ---------------------------------------------------------------------------------------


@linear(np.reshape, wrt="a")
def reshape(ans_bar, a, order):
    return np.reshape(ans_bar, np.shape(a), order=order)


@linear(np.ravel)
def ravel(ans_bar, a, order):
    return ans_bar if np.ndim(a) == 1 else np.reshape(ans_bar, np.shape(a), order=order)


@linear(prims.flatten)
def flatten(ans_bar, a, order):
    return np.reshape(ans_bar, np.shape(a), order=order)


@linear(np.transpose)
def transpose(ans_bar, axes):
    if axes is None:
        return np.transpose(ans_bar)
    places = [axis % len(axes) for axis in axes]
    return np.transpose(ans_bar, tuple(places.index(k) for k in range(len(axes))))


@linear(prims.T)
def matrix_transpose(ans_bar):
    return ans_bar.T


if hasattr(np.ndarray, "mT"):

    @linear("ndarray.mT")
    def mT(ans_bar):
        return ans_bar.mT


@linear(np.swapaxes, wrt="a")
def swapaxes(ans_bar, axis1, axis2):
    return np.swapaxes(ans_bar, axis1, axis2)


@linear(np.moveaxis, wrt="a")
def moveaxis(ans_bar, source, destination):
    return np.moveaxis(ans_bar, destination, source)


@linear(np.expand_dims, wrt="a")
def expand_dims(ans_bar, a):
    return np.reshape(ans_bar, np.shape(a))


@linear(np.squeeze, wrt="a")
def squeeze(ans_bar, a):
    return np.reshape(ans_bar, np.shape(a))


@linear(np.broadcast_to, wrt="array")
def broadcast_to(ans_bar):
    return ans_bar  # summed back to the operand's shape as every elementwise operation is


# -- joining --------------------------------------------------------------------------------------------------------


@linear(np.concatenate, wrt="arrays")
def concatenate(ans_bar, arrays, axis):
    if isinstance(arrays, np.ndarray):
        return joined_rows(ans_bar, arrays, axis)
    if axis is None:
        return flat_parts(ans_bar, arrays)
    axis = axis % np.ndim(ans_bar)
    if not is_written_out(arrays):
        bars = []
        start = 0
        for a in arrays:
            bars.append(ans_bar[along(axis, slice(start, start + a.shape[axis]))])
            start = start + a.shape[axis]
        return bars
    cuts = ends([a.shape[axis] for a in arrays])
    return [ans_bar[along(axis, slice(cuts[k], cuts[k + 1]))] for k, _ in enumerate(arrays)]


def joined_rows(ans_bar, arrays, axis):
    """Of the items of one array, joined along an axis: cut them apart again."""
    if axis is None:
        return np.reshape(ans_bar, arrays.shape)
    axis = axis % np.ndim(ans_bar)
    rest = arrays.shape[1:]
    return np.moveaxis(np.reshape(ans_bar, (*rest[:axis], len(arrays), *rest[axis:])), axis, 0)


def ends(sizes):
    """Where pieces of these sizes begin and end, one behind the other; None at both ends."""
    cuts = [None]
    for size in sizes[:-1]:
        cuts.append(size if cuts[-1] is None else cuts[-1] + size)
    return [*cuts, None]


def flat_parts(ans_bar, arrays):
    """The pieces of a flat array, each in the shape of the array that it came from."""
    cuts = ends([np.size(a) for a in arrays])
    return [np.reshape(ans_bar[cuts[k] : cuts[k + 1]], np.shape(a)) for k, a in enumerate(arrays)]


@linear(np.stack, wrt="arrays")
def stack(ans_bar, arrays, axis):
    if isinstance(arrays, np.ndarray):
        return np.moveaxis(ans_bar, axis, 0)
    return [ans_bar[along(axis % np.ndim(ans_bar), k)] for k, _ in enumerate(arrays)]


# -- repeating, turning, rolling ------------------------------------------------------------------------------------


@linear(np.repeat, wrt="a")
def repeat(ans_bar, a, repeats, axis):
    if np.ndim(repeats) > 0:
        return sum_repeats(ans_bar, repeats, np.shape(a), axis)
    if axis is None:
        bar = np.sum(np.reshape(ans_bar, (np.size(a), repeats)), axis=1)
        return bar if np.ndim(a) == 1 else np.reshape(bar, np.shape(a))
    axis = axis % np.ndim(a)
    return np.sum(np.reshape(ans_bar, (*a.shape[: axis + 1], repeats, *a.shape[axis + 1 :])), axis=axis + 1)


@linear(prims.sum_repeats, wrt="g")
def sum_repeats_(ans_bar, repeats, axis):
    return np.repeat(ans_bar, repeats, axis=axis)


@linear("np.add.reduceat", wrt="array")
def reduceat(ans_bar, array, indices, axis):
    return spread_segments(ans_bar, indices, np.shape(array), axis)


@linear("spread_segments", wrt="g")
def spread_segments_(ans_bar, indices, axis):
    return np.add.reduceat(ans_bar, indices, axis)


@linear(np.tile, wrt="A")
def tile(ans_bar, A, reps):
    return sum_tiles(ans_bar, reps, np.shape(A))


@linear(prims.sum_tiles, wrt="g")
def sum_tiles_(ans_bar, reps):
    return np.tile(ans_bar, reps)


@linear(np.flip, wrt="m")
def flip(ans_bar, axis):
    return np.flip(ans_bar, axis=axis)


@linear(np.roll, wrt="a")
def roll(ans_bar, shift, axis):
    if isinstance(shift, tuple):
        return np.roll(ans_bar, tuple(-s for s in shift), axis=axis)
    return np.roll(ans_bar, [-s for s in shift] if isinstance(shift, list) else -shift, axis=axis)


# -- diagonals and triangles ----------------------------------------------------------------------------------------


@linear(np.diagonal, wrt="a")
def diagonal(ans_bar, a, offset, axis1, axis2):
    return from_diagonal(ans_bar, a.shape, offset, axis1, axis2)


@linear(prims.from_diagonal, wrt="g")
def from_diagonal_(ans_bar, offset, axis1, axis2):
    return np.diagonal(ans_bar, offset, axis1, axis2)


@linear(np.diag, wrt="v")
def diag(ans_bar, v, k):
    if np.ndim(v) == 1:
        return np.diagonal(ans_bar, k)
    return from_diagonal(ans_bar, v.shape, k)


@linear(np.trace, wrt="a")
def trace(ans_bar, a, offset, axis1, axis2):
    if np.ndim(a) == 2 and axis1 % 2 == 0:
        return ans_bar * np.eye(a.shape[0], a.shape[1], offset)
    ones = np.eye(a.shape[axis1], a.shape[axis2], offset)
    return np.moveaxis(np.expand_dims(ans_bar, (-2, -1)) * ones, (-2, -1), (axis1, axis2))


@linear(np.tril, wrt="m")
def tril(ans_bar, m, k):
    lower = np.tril(ans_bar, k)
    return np.sum(lower, axis=0) if np.ndim(m) == 1 else lower


@linear(np.triu, wrt="m")
def triu(ans_bar, m, k):
    upper = np.triu(ans_bar, k)
    return np.sum(upper, axis=0) if np.ndim(m) == 1 else upper


# -- borders and differences ----------------------------------------------------------------------------------------


@pushforward("np.pad", wrt="array")
def pad_pushforward(array_dot, pad_width, mode):
    return np.pad(array_dot, pad_width, mode)


@pullback("np.pad", wrt="array")
def pad(ans_bar, array, pad_width, mode):
    if mode != "constant":
        return sum_padding(ans_bar, pad_width, mode, array.shape)
    return ans_bar[inside(pad_width, np.ndim(array))]


@REGISTRY.compute
def inside(pad_width, rank):
    """The index of what np.pad put a border around.

    >>> inside(((1, 2), (0, 1)), 2)
    (slice(1, -2, None), slice(None, -1, None))
    """
    widths = np.broadcast_to(np.asarray(pad_width), (rank, 2)).tolist()
    slices = tuple(slice(before or None, -after if after else None) for before, after in widths)
    return slices[0] if rank == 1 else slices


@linear(prims.sum_padding, wrt="g")
def sum_padding_(ans_bar, pad_width, mode):
    return np.pad(ans_bar, pad_width, mode)


@linear(np.diff, wrt="a")
def diff(ans_bar, a, n, axis):
    if n == 0:
        return ans_bar
    rank = np.ndim(ans_bar)
    if n == 1:
        bar = np.zeros(np.shape(a), ans_bar.dtype)
        bar[along(axis % rank, slice(1, None))] += ans_bar
        bar[along(axis % rank, slice(None, -1))] -= ans_bar
        return bar
    widths = tuple((n, n) if k == axis % rank else (0, 0) for k in range(rank))
    bar = np.diff(np.pad(ans_bar, widths), n=n, axis=axis)
    if rank == 1:
        bar = bar[: len(a)]  # also of fewer numbers than there are differences to take
    else:
        bar = bar[tuple(slice(0, a.shape[axis]) if k == axis % rank else slice(None) for k in range(rank))]
    return bar if n % 2 == 0 else -bar


# -- orders ---------------------------------------------------------------------------------------------------------


@pushforward(np.sort, wrt="a")
def sort_pushforward(a, a_dot, axis):
    order = np.argsort(a, axis=axis)
    return a_dot[order] if np.ndim(a) == 1 else np.take_along_axis(a_dot, order, axis=axis)


@pullback(np.sort, wrt="a")
def sort(a, ans_bar, axis):
    order = np.argsort(a, axis=axis)
    if np.ndim(a) != 1:
        return placed_along_axis(ans_bar, order, np.shape(a), axis)
    bar = np.zeros_like(ans_bar)
    bar[order] = ans_bar
    return bar


@linear(np.take_along_axis, wrt="arr")
def take_along_axis(ans_bar, arr, indices, axis):
    return add_along_axis(ans_bar, indices, arr.shape, axis)


@linear(prims.add_along_axis, wrt="g")
@linear("placed_along_axis", wrt="g")
def add_along_axis_(ans_bar, indices, axis):
    return np.take_along_axis(ans_bar, indices, axis=axis)


@linear(np.bincount, wrt="weights")
@linear("weighted_counts", wrt="weights")
def bincount(ans_bar, x):
    return ans_bar[x]


@linear("bincounts", wrt="weights")
def bincounts(ans_bar, x):
    return np.take_along_axis(ans_bar, x, axis=1)


# -- windows ----------------------------------------------------------------------------------------------------------


@linear(places.windows, wrt="x")
def sliding_window_view(ans_bar, x, window_shape, axis):
    return sum_windows(ans_bar, window_shape, axis, x.shape)


@linear(places.sum_windows, wrt="g")
def sum_windows_(ans_bar, window_shape, axis):
    return np.lib.stride_tricks.sliding_window_view(ans_bar, window_shape, axis)


for name in ("tril_indices", "triu_indices", "unravel_index", "ravel_multi_index", "lexsort"):
    constant(f"np.{name}")
constant("row_order", "running_place", "turns", "padded_places")
constant(np.argsort, np.argpartition, np.searchsorted, np.digitize, np.flatnonzero, prims.nonzero)
