"""Functions that pick, insert, remove and overwrite elements of arrays, over indexing and stores."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad.ir.types import Array
from s2sad.prims.arrangement import along
from s2sad.prims.primitive import REGISTRY, primitive, unsupported

define = REGISTRY.define


# -- removing and inserting -------------------------------------------------------------------------------------------


@define(np.delete)
def delete(arr, obj, axis=None):
    arr = np.asarray(arr)
    if axis is None:
        arr, axis = np.ravel(arr), 0
    axis = axis % np.ndim(arr)
    if np.ndim(obj) == 0 and not isinstance(obj, slice):
        size = arr.shape[axis]
        if not -size <= obj < size:
            raise IndexError("index out of bounds for the axis to delete from")
        place = obj + size if obj < 0 else obj
        before, after = arr[along(axis, slice(None, place))], arr[along(axis, slice(place + 1, None))]
        return np.concatenate([before, after], axis=axis)
    kept = np.ones(arr.shape[axis], dtype=bool)
    kept[obj if isinstance(obj, slice) else indices(obj)] = False
    return arr[along(axis, np.flatnonzero(kept))]


def indices(obj: Any) -> Any:
    """A sequence of places as an index array; a mask as it is."""
    found = np.asarray(obj)
    return found if found.dtype.kind in "bui" else found.astype(int)


@define(np.insert)
def insert(arr, obj, values, axis=None):
    arr = np.asarray(arr)
    if axis is None:
        arr, axis = np.ravel(arr), 0
    axis = axis % np.ndim(arr)
    size = arr.shape[axis]
    if isinstance(obj, slice):
        obj = np.arange(size)[obj]
    values = np.asarray(values, dtype=arr.dtype)
    if np.ndim(obj) == 0:
        return insert_at(arr, obj, values, axis)
    obj = indices(obj)
    places = np.flatnonzero(obj) if obj.dtype.kind == "b" else obj
    if len(places) == 1:
        return insert_at(arr, places[0], np.moveaxis(with_axes(values, np.ndim(arr)), axis, 0), axis)
    places = np.where(places < 0, places + size, places)
    order = np.argsort(places, kind="stable")
    places = places + np.argsort(order, kind="stable")
    kept = np.ones(size + len(places), dtype=bool)
    kept[places] = False
    out = np.zeros(arr.shape[:axis] + (size + len(places),) + arr.shape[axis + 1 :], dtype=arr.dtype)
    out[along(axis, places)] = values
    out[along(axis, np.flatnonzero(kept))] = arr
    return out


def with_axes(a, rank):
    """The array with axes of length one put before it, so that there are ``rank`` of them."""
    return np.reshape(a, (1,) * (rank - np.ndim(a)) + np.shape(a)) if np.ndim(a) < rank else a


def insert_at(arr, place, values, axis):
    """All values before one place."""
    size = arr.shape[axis]
    if not -size <= place <= size:
        raise IndexError("index out of bounds for the axis to insert into")
    place = place + size if place < 0 else place
    new = np.moveaxis(with_axes(values, np.ndim(arr)), 0, axis)
    new = np.broadcast_to(new, arr.shape[:axis] + (new.shape[axis],) + arr.shape[axis + 1 :])
    return np.concatenate([arr[along(axis, slice(None, place))], new, arr[along(axis, slice(place, None))]], axis=axis)


@define(np.trim_zeros)
def trim_zeros(filt, trim="fb", axis=None):
    if np.ndim(filt) != 1:
        unsupported("np.trim_zeros of more than one axis", instead="slice the array")
    a = np.asarray(filt)
    found = np.flatnonzero(a)
    if len(found) == 0:
        return a[:0]
    first = found[0] if "f" in trim.lower() else 0
    last = found[-1] + 1 if "b" in trim.lower() else len(a)
    return a[first:last]


# -- distinct elements ------------------------------------------------------------------------------------------------


def row_order(rows):
    """The order of rows, first by their first items; rows without columns stay as they are."""
    return np.lexsort(rows.T[::-1]) if rows.shape[1] else np.arange(len(rows))


primitive("row_order", row_order, lambda rows: Array("i64", ("?",)), style="helper")


@define(np.unique)
def unique(
    ar, return_index=False, return_inverse=False, return_counts=False, axis=None, *, equal_nan=True, sorted=True
):
    ar = np.asarray(ar)
    by_rows = axis is not None and np.ndim(ar) != 1
    if by_rows:
        flat = np.moveaxis(ar, axis, 0)
        width = 1
        for n in flat.shape[1:]:
            width = width * n
        rows = np.reshape(flat, (len(flat), width))
        order = row_order(rows)
        inorder = flat[order]
        differs = np.any(rows[order[1:]] != rows[order[:-1]], axis=1)
    else:
        flat = np.ravel(ar)
        order = np.argsort(flat, kind="stable")
        inorder = flat[order]
        differs = inorder[1:] != inorder[:-1]
        if equal_nan:
            differs = differs & ~(np.isnan(inorder[1:]) & np.isnan(inorder[:-1]))
    first = np.concatenate((np.ones(min(len(flat), 1), dtype=bool), differs))
    starts = np.flatnonzero(first)
    distinct = np.moveaxis(inorder[starts], 0, axis) if by_rows else inorder[starts]
    out: tuple[Any, ...] = (distinct,)
    if return_index:
        out = (*out, order[starts])
    if return_inverse:
        inverse = np.zeros(len(flat), dtype=int)
        inverse[order] = np.cumsum(first) - 1
        out = (*out, inverse if by_rows else np.reshape(inverse, np.shape(ar)))
    if return_counts:
        out = (*out, np.diff(np.append(starts, len(flat))))
    return out[0] if len(out) == 1 else out


# -- repetition and choice --------------------------------------------------------------------------------------------


@define(np.resize)
def resize(a, new_shape):
    flat = np.ravel(a)
    shape = (new_shape,) if np.ndim(new_shape) == 0 else tuple(new_shape)
    if len(flat) == 0:
        return np.zeros(shape, dtype=flat.dtype)
    total = 1
    for n in shape:
        total = total * n
    if total < 0:
        raise ValueError("all elements of `new_shape` must be non-negative")
    return np.reshape(np.tile(flat, -(-total // len(flat)))[:total], shape)


@define(np.choose)
def choose(a, choices, mode="raise"):
    which = np.asarray(a)
    count = len(choices)
    if mode == "wrap":
        which = which % count
    elif mode == "clip":
        which = np.clip(which, 0, count - 1)
    elif np.any((which < 0) | (which >= count)):
        raise ValueError("invalid entry in choice array")
    out = choices[count - 1]
    for k in range(count - 2, -1, -1):
        out = np.where(which == k, choices[k], out)
    return np.asarray(out)


@define(np.piecewise)
def piecewise(x, condlist, funclist, *args, **kw):
    if isinstance(condlist, np.ndarray) and np.ndim(condlist) > np.ndim(x):
        conditions = [condlist[k] for k in range(len(condlist))]
    elif isinstance(condlist, list | tuple):
        conditions = [np.asarray(c) for c in condlist]
    else:
        conditions = [condlist]
    x = np.asarray(x)
    out = np.zeros_like(x)
    for k in range(len(funclist)):
        if k < len(conditions):
            where = conditions[k]
        else:
            where = ~conditions[0]
            for other in conditions[1:]:
                where = where & ~other
        f = funclist[k]
        out[where] = f(x[where], *args, **kw) if callable(f) else f
    return out


# -- overwriting ------------------------------------------------------------------------------------------------------


@define(np.place)
def place(arr, mask, vals):
    chosen = np.reshape(np.asarray(mask, dtype=bool), np.shape(arr))
    vals = np.ravel(vals)
    arr[chosen] = vals[np.arange(np.count_nonzero(chosen)) % len(vals)]


@define(np.putmask)
def putmask(a, mask, values):
    chosen = np.reshape(np.asarray(mask, dtype=bool), np.shape(a))
    vals = np.ravel(values)
    a[chosen] = vals[np.flatnonzero(chosen) % len(vals)]


@define(np.put, method="put")
def put(a, ind, v, mode="raise"):
    flat, places, vals = np.ravel(a).copy(), np.ravel(ind), np.ravel(v)
    if mode == "wrap":
        places = places % len(flat)
    elif mode == "clip":
        places = np.clip(places, 0, len(flat) - 1)
    flat[places] = vals[np.arange(len(places)) % len(vals)]
    a[...] = np.reshape(flat, np.shape(a))


@define(np.put_along_axis)
def put_along_axis(arr, indices, values, axis=-1):
    if axis is None:
        put(arr, indices, values)
        return
    axis = axis % np.ndim(arr)
    index = []
    for k in range(np.ndim(arr)):
        shape = (1,) * k + (-1,) + (1,) * (np.ndim(arr) - k - 1)
        index.append(indices if k == axis else np.reshape(np.arange(arr.shape[k]), shape))
    arr[tuple(index)] = values


# -- joining by an index ----------------------------------------------------------------------------------------------


def counted(part):
    """What a slice in ``np.r_[...]`` stands for: the numbers that it counts."""
    start = 0 if part.start is None else part.start
    if isinstance(part.step, complex):
        return np.linspace(start, part.stop, int(abs(part.step)))
    return np.arange(start, part.stop, 1 if part.step is None else part.step)


def joined_parts(parts):
    """The parts as arrays of one dtype, which Python's numbers have no say in."""
    made = [counted(p) if isinstance(p, slice) else p if np.ndim(p) == 0 else np.asarray(p) for p in parts]
    kind = np.result_type(*made)
    return [np.asarray(p, dtype=kind) for p in made]


@define(np.r_)
def join_rows(key):
    parts = key if isinstance(key, tuple) else (key,)
    axis, rank = 0, 1
    if isinstance(parts[0], str):
        if parts[0] in ("r", "c") or parts[0].count(",") > 1:
            unsupported("np.r_ with this string", instead="np.concatenate, and np.reshape")
        axis, rank = directions(parts[0])
        parts = parts[1:]
    return np.concatenate([raised(p, rank) for p in joined_parts(parts)], axis=axis)


@REGISTRY.compute
def directions(text):
    """What the string in ``np.r_['0,2', ...]`` says: along which axis to join, and the least number of axes."""
    numbers = text.split(",")
    return int(numbers[0]), int(numbers[1]) if len(numbers) == 2 else 1


def raised(a, rank):
    """An array with so many axes at least, those added in front."""
    return np.reshape(a, (1,) * (rank - np.ndim(a)) + np.shape(a)) if np.ndim(a) < rank else a


@define(np.s_)
def sliced(key):
    return key


@define(np.index_exp)
def index_of(key):
    return key if isinstance(key, tuple) else (key,)


@define(np.c_)
def join_columns(key):
    parts = joined_parts(key if isinstance(key, tuple) else (key,))
    return np.concatenate([np.reshape(p, (-1, 1)) if np.ndim(p) < 2 else p for p in parts], axis=-1)
