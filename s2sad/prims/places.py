"""NumPy's functions that make indices: their results have no derivative, but say what is read and stored."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,call-overload,assignment"

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad.errors import InputError
from s2sad.ir.core import Arg, Pack
from s2sad.ir.types import Array, Type, axes, of
from s2sad.prims import runtime
from s2sad.prims.creation import axes_of_shape
from s2sad.prims.inference import broadcast, normal_axes, number
from s2sad.prims.primitive import REGISTRY, option, primitive, unsupported

define = REGISTRY.define


def _triangle(n: Arg, k: Any = 0, m: Any = None) -> tuple[Type, Type]:
    return Array("i64", ("?",)), Array("i64", ("?",))


for name in ("tril_indices", "triu_indices"):
    primitive(f"np.{name}", getattr(np, name), _triangle, cost="cheap")


@define(np.tril_indices_from)
def tril_indices_from(arr, k=0):
    return np.tril_indices(arr.shape[-2], k, arr.shape[-1])


@define(np.ix_)
def ix_(*args):
    out = []
    for k in range(len(args)):
        places = np.asarray(args[k])
        if np.ndim(places) != 1:
            raise ValueError("Cross index must be 1 dimensional")
        if places.dtype.kind == "b":
            places = np.flatnonzero(places)
        elif places.dtype.kind == "f":  # an empty list is one of floats
            places = places.astype(int)
        out.append(np.reshape(places, (1,) * k + (-1,) + (1,) * (len(args) - k - 1)))
    return tuple(out)


@define(np.triu_indices_from)
def triu_indices_from(arr, k=0):
    return np.triu_indices(arr.shape[-2], k, arr.shape[-1])


def _unravelled(indices: Arg, shape: Arg) -> tuple[Type, ...]:
    known = axes_of_shape(shape)
    if known is None:
        raise InputError("np.unravel_index of a shape whose length is not known")
    return (Array("i64", listed(indices)),) * len(known) if listed(indices) != () else (of("i64", ()),) * len(known)


def listed(indices: Arg) -> Any:
    """The axes of an index: of a list of numbers, one."""
    if isinstance(indices, Pack):
        return ("1" if len(indices.items) == 1 else "n",)
    return axes(number(indices))


several_indices = REGISTRY.word(primitive("np.unravel_index", np.unravel_index, _unravelled, cost="cheap", calls=()))


@define(np.unravel_index)
def unravel_index(indices, shape, order="C"):
    """Of one axis the place itself, in a tuple."""
    if isinstance(shape, int) or len(shape) == 1:
        return (indices if np.ndim(indices) == 0 else np.asarray(indices),)
    if order == "F":
        return several_indices(indices, shape[::-1])[::-1]
    return several_indices(indices, shape)


def _ravelled(multi_index: Arg, dims: Arg, mode: Any = "raise", order: Any = "C") -> Type:
    if not isinstance(multi_index, Pack):
        shape = axes(number(multi_index))
        return of("i64", None if shape is None else shape[1:])
    parts = [listed(item) for item in multi_index.items]
    if any(isinstance(item, Pack) for item in multi_index.items):
        return Array("i64", parts[0])
    return of("i64", broadcast(*map(number, multi_index.items)))


primitive("np.ravel_multi_index", np.ravel_multi_index, _ravelled, cost="cheap")


def _lexical(keys: Arg, axis: Any = -1) -> Type:
    if isinstance(keys, Pack):
        return Array("i64", axes(number(keys.items[-1])))
    shape = axes(number(keys))
    return Array("i64", None if shape is None else shape[1:])


primitive("np.lexsort", np.lexsort, _lexical)


def _windows(x: Arg, window_shape: Arg, axis: Any = None, *, subok: Any = False, writeable: Any = False) -> Type:
    if option("writeable", writeable):
        raise InputError("a window that is stored into", instead="store into the array itself")
    t = number(x)
    known, given, where = axes(t), option("window_shape", window_shape), option("axis", axis)
    if known is None:
        return Array(t.dtype, None)
    sizes = tuple(given) if isinstance(given, tuple | list) else (given,)
    places = range(len(known)) if where is None else normal_axes(where, len(known))
    out = list(known)
    for k, size in zip(places, sizes, strict=True):
        out[k] = out[k] if size == 1 else "?"
    return Array(t.dtype, (*out, *("1" if size == 1 else "n" for size in sizes)))


def _summed_windows(g: Arg, window_shape: Arg, axis: Arg, shape: Arg) -> Type:
    return Array(number(g).dtype, axes_of_shape(shape))


windows = primitive(
    "np.lib.stride_tricks.sliding_window_view", np.lib.stride_tricks.sliding_window_view, _windows, alias="maybe",
    cost="cheap",
)  # fmt: skip
sum_windows = primitive("sum_windows", runtime.sum_windows, _summed_windows, style="helper")


@define(np.lib.stride_tricks.as_strided)
def as_strided(x, shape=None, strides=None, subok=False, writeable=True):
    unsupported("as_strided, which reads memory", instead="np.lib.stride_tricks.sliding_window_view, or index arrays")


# -- grids ------------------------------------------------------------------------------------------------------------


def line(part):
    """What a slice stands for in ``np.mgrid[...]``: numbers so far apart, or so many (``0:1:5j``)."""
    start = 0 if part.start is None else part.start
    if part.step is None:
        return np.arange(start, part.stop)
    if isinstance(part.step, complex):
        return np.linspace(start, part.stop, int(abs(part.step)))
    return np.arange(start, part.stop, part.step)


@define(np.mgrid)
def mgrid(key):
    if not isinstance(key, tuple):
        return line(key)
    return np.stack(np.meshgrid(*[line(part) for part in key], indexing="ij"))


@define(np.ogrid)
def ogrid(key):
    if not isinstance(key, tuple):
        return line(key)
    return np.meshgrid(*[line(part) for part in key], indexing="ij", sparse=True)


# -- functions that store ---------------------------------------------------------------------------------------------


@define(np.fill_diagonal)
def fill_diagonal(a, val, wrap=False):
    if np.ndim(a) < 2:
        raise ValueError("array must be at least 2-d")
    rows, columns = a.shape[0], a.shape[1]
    if np.ndim(a) == 2 and wrap:
        flat = np.arange(0, rows * columns, columns + 1)
        index = (flat // columns, flat % columns)
        count = len(flat)
    else:
        count = min(a.shape)
        index = (np.arange(count),) * np.ndim(a)
    if np.ndim(val) == 0:
        a[index] = val
    else:
        values = np.ravel(val)
        a[index] = values[np.arange(count) % len(values)]


@define(method="partition")
def partition(a, kth, axis=-1, kind="introselect", order=None):
    a[...] = np.partition(a, kth, axis)


@define(method="choose")
def choose(a, choices, mode="raise"):
    return np.choose(a, choices, mode=mode)


@define(method="compress")
def compress(a, condition, axis=None):
    return np.compress(condition, a, axis)


@define(method="__array__")
def as_array(a, dtype=None, *, copy=None):
    return np.asarray(a, dtype=dtype, copy=copy)


@define(method="view")
def view(a, dtype=None, type=None):
    if dtype is None or dtype is np.ndarray or np.dtype(dtype) == a.dtype:
        return a[...]
    unsupported(
        "a view of an array as numbers of another kind",
        instead="z.real and z.imag of complex numbers; .astype(dtype) to convert them",
    )


@define(method="to_device")
def to_device(a, device, *, stream=None):
    return a


@define(np.diff)
def diff(a, n=1, axis=-1, prepend=None, append=None):
    a = np.asarray(a)
    parts = [a]
    if prepend is not None:
        parts = [as_slices(prepend, a, axis), *parts]
    if append is not None:
        parts = [*parts, as_slices(append, a, axis)]
    return np.diff(np.concatenate(parts, axis=axis), n=n, axis=axis)


def as_slices(part, a, axis):
    """What is put before or behind an array along an axis: a number is repeated along the others."""
    if np.ndim(part) > 0:
        return np.asarray(part)
    if np.ndim(a) == 1:
        return np.reshape(part, (1,))
    return np.broadcast_to(part, tuple(1 if k == axis % np.ndim(a) else n for k, n in enumerate(np.shape(a))))


@define(np.sort)
def sort(a, axis=-1, kind=None, order=None, *, stable=None):
    return np.sort(a, axis=axis)


@define(np.argsort)
def argsort(a, axis=-1, kind=None, order=None, *, stable=None):
    return np.argsort(a, axis=axis, kind="stable" if stable else kind)


@define(np.searchsorted)
def searchsorted(a, v, side="left", sorter=None):
    return np.searchsorted(np.asarray(a)[sorter], v, side)


@define(np.trace)
def trace(a, offset=0, axis1=0, axis2=1, dtype=None):
    return np.trace(a if dtype is None else np.asarray(a).astype(dtype), offset, axis1, axis2)


@define(np.linspace)
def linspace(start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0, *, device=None):
    points = np.linspace(start, stop, num, endpoint, dtype=dtype)
    if axis != 0:
        points = np.moveaxis(points, 0, axis)
    if not retstep:
        return points
    step = (np.asarray(stop)[()] - start) / (num - 1 if endpoint else num)
    return points, step if dtype is not None or step.dtype == points.dtype else step.astype(points.dtype)


@define(np.concatenate)
def concatenate(arrays, axis=0, out=None, *, dtype=None, casting="same_kind"):
    joined = np.concatenate(arrays, axis=axis)
    return joined if dtype is None else joined.astype(dtype)
