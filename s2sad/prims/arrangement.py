"""What NumPy's other shaping functions mean, written with the primitives of ``prims.shaping`` and indexing.

Each function here is read by the front end in place of a call to the one that it defines, whose signature it has.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from s2sad.prims import python, shaping  # noqa: F401  (what is looked up by name has to be there)
from s2sad.prims.primitive import REGISTRY

define = REGISTRY.define
only = REGISTRY.word(REGISTRY.by_name["ndarray.item"])
Array = Any  # what these functions take: numbers, arrays, traced values


# -- methods, whose arguments may be spread out -----------------------------------------------------------------------


@define(method="reshape")
def reshape(a: Array, *shape: Any, order: Any = "C", copy: bool | None = None) -> Array:
    made = np.reshape(a, shape[0] if len(shape) == 1 else shape, order=order)
    return np.copy(made) if copy else made


@define(method="transpose")
def transpose(a: Array, *axes: Any) -> Array:
    if len(axes) == 0:
        return np.transpose(a)
    return np.transpose(a, axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes)


@define(method="item")
def item(a: Array, *index: Any) -> Any:
    if len(index) == 0:
        return only(a)
    if len(index) == 1 and not isinstance(index[0], tuple):
        return only(np.ravel(a)[index[0]])
    return only(a[index[0] if len(index) == 1 else index])


@define(method="take")
@define(np.take)
def take(a: Array, indices: Array, axis: int | None = None, out: Any = None, mode: str = "raise") -> Array:
    if isinstance(indices, tuple):
        indices = list(indices)
    if axis is None:
        a, axis = np.ravel(a), 0
    if mode == "wrap":
        indices = np.asarray(indices) % a.shape[axis]
    elif mode == "clip":
        indices = np.clip(np.asarray(indices), 0, a.shape[axis] - 1)
    return a[along(axis % np.ndim(a), indices)]


# -- order of axes ----------------------------------------------------------------------------------------------------


@define(np.rollaxis)
def rollaxis(a: Array, axis: int, start: int = 0) -> Array:
    axis, start = axis % np.ndim(a), start + np.ndim(a) if start < 0 else start
    return np.moveaxis(a, axis, start - 1 if start > axis else start)


@define(np.flipud)
def flipud(m: Array) -> Array:
    return np.flip(m, 0)


@define(np.fliplr)
def fliplr(m: Array) -> Array:
    return np.flip(m, 1)


@define(np.rot90)
def rot90(m: Array, k: int = 1, axes: tuple[int, int] = (0, 1)) -> Array:
    if k % 4 == 0:
        return m[:]
    if k % 4 == 1:
        return np.swapaxes(np.flip(m, axes[1]), axes[0], axes[1])
    if k % 4 == 2:
        return np.flip(np.flip(m, axes[0]), axes[1])
    return np.flip(np.swapaxes(m, axes[0], axes[1]), axes[1])


# -- at least so many axes --------------------------------------------------------------------------------------------


@define(np.atleast_1d)
def atleast_1d(*arys: Array) -> Any:
    found = [np.reshape(a, (1,)) if np.ndim(a) == 0 else np.asarray(a) for a in arys]
    return found[0] if len(found) == 1 else tuple(found)


@define(np.atleast_2d)
def atleast_2d(*arys: Array) -> Any:
    found = [np.asarray(a) if np.ndim(a) > 1 else np.reshape(a, (1, -1)) for a in arys]
    return found[0] if len(found) == 1 else tuple(found)


@define(np.atleast_3d)
def atleast_3d(*arys: Array) -> Any:
    found = [
        np.asarray(a) if np.ndim(a) > 2 else np.expand_dims(a, 2) if np.ndim(a) == 2 else np.reshape(a, (1, -1, 1))
        for a in arys
    ]
    return found[0] if len(found) == 1 else tuple(found)


# -- joining and splitting --------------------------------------------------------------------------------------------


@define(np.append)
def append(arr: Array, values: Array, axis: int | None = None) -> Array:
    if axis is None:
        return np.concatenate((np.ravel(arr), np.ravel(values)))
    return np.concatenate((arr, values), axis=axis)


def converted(a: Array, dtype: Any) -> Array:
    """The array, or one of that dtype."""
    return a if dtype is None else a.astype(dtype)


@define(np.vstack, *([np.row_stack] if hasattr(np, "row_stack") else []))
def vstack(tup: Sequence[Array], *, dtype: Any = None, casting: str = "same_kind") -> Array:
    if all(np.ndim(a) == 1 for a in tup):
        return converted(np.stack(tup), dtype)
    return converted(np.concatenate([atleast_2d(a) for a in tup]), dtype)


@define(np.hstack)
def hstack(tup: Sequence[Array], *, dtype: Any = None, casting: str = "same_kind") -> Array:
    if np.ndim(tup[0]) < 2:
        return converted(np.concatenate([atleast_1d(a) for a in tup]), dtype)
    return converted(np.concatenate(tup, axis=1), dtype)


@define(np.stack)
def stack(arrays: Sequence[Array], axis: int = 0, out: Any = None, *, dtype: Any = None, casting: str = "same_kind") -> Array:  # noqa: E501
    return converted(np.stack(arrays, axis=axis), dtype)


@define(np.dstack)
def dstack(tup: Sequence[Array]) -> Array:
    return np.concatenate([atleast_3d(a) for a in tup], axis=2)


@define(np.column_stack)
def column_stack(tup: Sequence[Array]) -> Array:
    if all(np.ndim(a) == 1 for a in tup):
        return np.stack(tup, axis=1)
    return np.concatenate([np.expand_dims(a, 1) if np.ndim(a) == 1 else a for a in tup], axis=1)


@define(np.block)
def block(arrays: Any) -> Array:
    if not isinstance(arrays, list):
        return np.array(arrays)
    depth = depth_of(arrays)
    return joined_blocks(arrays, depth, max(depth, greatest_rank(arrays)))


def depth_of(arrays: Any) -> int:
    """How deep the lists of np.block are nested."""
    return 1 + depth_of(arrays[0]) if isinstance(arrays, list) else 0


def greatest_rank(arrays: Any) -> int:
    """The number of axes of the array in nested lists that has most."""
    return max([greatest_rank(a) for a in arrays]) if isinstance(arrays, list) else np.ndim(arrays)


def joined_blocks(arrays: Any, depth: int, rank: int) -> Array:
    """Blocks joined, those of the innermost lists along the last axis."""
    if isinstance(arrays, list):
        return np.concatenate([joined_blocks(a, depth - 1, rank) for a in arrays], axis=-depth)
    missing = rank - np.ndim(arrays)
    return np.reshape(arrays, (1,) * missing + np.shape(arrays)) if missing > 0 else np.asarray(arrays)


@define(np.broadcast_arrays)
def broadcast_arrays(*args: Array, subok: bool = False) -> Any:
    rank = max([np.ndim(a) for a in args], default=0)
    shape = tuple(longest(args, rank - k) for k in range(rank))
    return tuple(np.broadcast_to(a, shape) for a in args)


def longest(args: Any, place: int) -> Any:
    """The largest size among the arrays that have an axis at this place, counted from the end."""
    sizes = [np.shape(a)[-place] for a in args if np.ndim(a) >= place]
    return max(sizes) if len(sizes) > 1 else sizes[0]


def along(axis: int, index: Any) -> Any:
    """The index that takes ``index`` of one axis, and all of the others."""
    return index if axis == 0 else (slice(None),) * axis + (index,)


@define(np.split)
def split(ary: Array, indices_or_sections: Any, axis: int = 0) -> list[Array]:
    axis = axis % np.ndim(ary)
    if isinstance(indices_or_sections, int):
        if ary.shape[axis] % indices_or_sections != 0:
            raise ValueError("array split does not result in an equal division")
        size = ary.shape[axis] // indices_or_sections
        return pieces(ary, [k * size for k in range(1, indices_or_sections)], axis)
    return pieces(ary, [*indices_or_sections], axis)


def pieces(ary: Array, cuts: Any, axis: int) -> list[Array]:
    """What lies before, between and behind these places along an axis."""
    ends = [None, *cuts, None]
    return [ary[along(axis, slice(ends[k], ends[k + 1]))] for k in range(len(ends) - 1)]


@define(np.array_split)
def array_split(ary: Array, indices_or_sections: Any, axis: int = 0) -> list[Array]:
    axis = axis % np.ndim(ary)
    if isinstance(indices_or_sections, int):
        size = ary.shape[axis] // indices_or_sections
        extra = ary.shape[axis] % indices_or_sections
        return pieces(ary, [k * size + min(k, extra) for k in range(1, indices_or_sections)], axis)
    return pieces(ary, [*indices_or_sections], axis)


@define(np.vsplit)
def vsplit(ary: Array, indices_or_sections: Any) -> list[Array]:
    return split(ary, indices_or_sections, 0)


@define(np.hsplit)
def hsplit(ary: Array, indices_or_sections: Any) -> list[Array]:
    return split(ary, indices_or_sections, 1 if np.ndim(ary) > 1 else 0)


@define(np.dsplit)
def dsplit(ary: Array, indices_or_sections: Any) -> list[Array]:
    return split(ary, indices_or_sections, 2)


@define(np.diagflat)
def diagflat(v: Array, k: int = 0) -> Array:
    return np.diag(np.ravel(v), k)


@define(np.meshgrid)
def meshgrid(*xi: Array, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> Any:
    rank = len(xi)
    order = (1, 0, *range(2, rank)) if indexing == "xy" and rank > 1 else tuple(range(rank))
    grids = [np.reshape(x, (1,) * order[k] + (-1,) + (1,) * (rank - 1 - order[k])) for k, x in enumerate(xi)]
    if not sparse:
        places = [order.index(k) for k in range(rank)]
        shape = tuple(np.size(xi[k]) for k in places)
        grids = [np.broadcast_to(g, shape) for g in grids]
    if copy:
        grids = [np.copy(g) for g in grids]
    return grids if sparse and not copy else tuple(grids)


# -- orders and differences -------------------------------------------------------------------------------------------


@define(np.partition)
def partition(
    a: Array, kth: Any, axis: int | None = -1, kind: str = "introselect", order: Any = None
) -> Array:  # fmt: skip
    if axis is None:
        a, axis = np.ravel(a), -1
    order = np.argpartition(a, kth, axis=axis)
    return a[order] if np.ndim(a) == 1 else np.take_along_axis(a, order, axis=axis)


@define(np.argpartition)
def argpartition(
    a: Array, kth: Any, axis: int | None = -1, kind: str = "introselect", order: Any = None
) -> Array:  # fmt: skip
    return np.argpartition(a, kth, axis)


@define(np.take_along_axis)
def take_along_axis(arr: Array, indices: Array, axis: int | None = -1) -> Array:
    """Without an axis, which NumPy has to be told before 2.3."""
    return np.take_along_axis(arr, indices, axis)


@define(np.ediff1d)
def ediff1d(ary: Array, to_end: Any = None, to_begin: Any = None) -> Array:
    steps = np.diff(np.ravel(ary))
    if to_begin is None and to_end is None:
        return steps
    before = [] if to_begin is None else [as_steps(to_begin, steps, "to_begin")]
    after = [] if to_end is None else [as_steps(to_end, steps, "to_end")]
    return np.concatenate([*before, steps, *after])


def as_steps(more: Any, steps: Array, name: str) -> Array:
    """What stands before or behind the differences, in their precision."""
    given = np.ravel(more)
    if "biufc".index(given.dtype.kind) > max("biufc".index(steps.dtype.kind), 2):
        raise TypeError(f"dtype of `{name}` must be compatible with input `ary` under the `same_kind` rule.")
    return given if given.dtype == steps.dtype else given.astype(steps.dtype)


places = REGISTRY.word(shaping.nonzero)


@define(np.nonzero, method="nonzero")
def nonzero(a: Array) -> Any:
    return (np.flatnonzero(a),) if np.ndim(a) == 1 else places(a)


@define(np.argwhere)
def argwhere(a: Array) -> Array:
    return np.stack(nonzero(a), axis=1)


@define(np.compress)
def compress(condition: Array, a: Array, axis: int | None = None) -> Array:
    if axis is None:
        a, axis = np.ravel(a), 0
    return np.take(a, np.flatnonzero(condition), axis=axis)


@define(np.extract)
def extract(condition: Array, arr: Array) -> Array:
    return np.ravel(arr)[np.flatnonzero(condition)]
