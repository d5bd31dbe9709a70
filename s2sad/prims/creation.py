"""Primitives that make arrays: of a shape, after the shape of another, out of numbers and arrays, and copies."""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad.errors import InputError, UnsupportedError
from s2sad.ir.core import Arg, Pack
from s2sad.ir.core import Literal as Constant
from s2sad.ir.types import FLOAT, Array, Axis, List, Scalar, Type, axes, dtype_name, join_all, of, promote
from s2sad.prims.inference import broadcast, dtype_option, is_none, number, option
from s2sad.prims.primitive import REGISTRY, constant_of, is_constant, primitive
from s2sad.prims.structure import may_be_number


def axis_of_size(size: Arg) -> Axis:
    """The axis that an extent gives: '1' or 'n' where it is known, else '?'."""
    if is_constant(size):
        return "1" if option(size) == 1 else "n"
    return size.type.size if isinstance(size.type, Scalar) else "?"


def axes_of_shape(shape: Arg) -> tuple[Axis, ...] | None:
    """Axes of an array made with this ``shape`` argument: a number, or a tuple of numbers."""
    if isinstance(shape, Pack):
        return tuple(map(axis_of_size, shape.items))
    if isinstance(shape, Constant) and isinstance(shape.value, tuple):
        return tuple("1" if n == 1 else "n" for n in shape.value)
    if isinstance(shape.type, Scalar):
        return (axis_of_size(shape),)
    return None


def _filled(shape: Arg, dtype: Any = float) -> Type:
    return Array(dtype_option(dtype) or "f64", axes_of_shape(shape))


def _full(shape: Arg, fill_value: Arg, dtype: Any = None) -> Type:
    return Array(dtype_option(dtype) or number(fill_value).dtype, axes_of_shape(shape))


def _like(a: Arg, dtype: Any = None, *, shape: Any = None) -> Type:
    t = number(a)
    where = axes(t) if is_none(shape) else axes_of_shape(shape)
    return Array(dtype_option(dtype) or t.dtype, where)


def _full_like(a: Arg, fill_value: Arg, dtype: Any = None, *, shape: Any = None) -> Type:
    return _like(a, dtype, shape=shape)


zeros = primitive("np.zeros", np.zeros, _filled, cost="cheap")
ones = primitive("np.ones", np.ones, _filled, cost="cheap")
empty = primitive("np.empty", np.empty, _filled, cost="cheap")
full = primitive("np.full", np.full, _full, cost="cheap")
zeros_like = primitive("np.zeros_like", np.zeros_like, _like, cost="cheap")
ones_like = primitive("np.ones_like", np.ones_like, _like, cost="cheap")
empty_like = primitive("np.empty_like", np.empty_like, _like, cost="cheap")
full_like = primitive("np.full_like", np.full_like, _full_like, cost="cheap")


# ``np.arange`` has one, two or three bounds: a primitive for each, since the first means another thing alone.


def count_to(stop: Any, dtype: Any = None) -> Any:
    """``np.arange(stop)``."""
    return np.arange(stop, dtype=dtype)


def range_between(start: Any, stop: Any, dtype: Any = None) -> Any:
    """``np.arange(start, stop)``."""
    return np.arange(start, stop, dtype=dtype)


def range_by(start: Any, stop: Any, step: Any, dtype: Any = None) -> Any:
    """``np.arange(start, stop, step)``."""
    return np.arange(start, stop, step, dtype=dtype)


def _ranged(dtype: Any, *bounds: Arg) -> Type:
    found = promote(*map(number, bounds))[0]
    found = "f64" if found in ("f16", "f32") else found  # the start and the step that are left out are integers
    if all(isinstance(b, Constant) for b in bounds):
        size = axis_of_size(Constant(len(np.arange(*map(constant_of, bounds)))))
    else:
        alone = len(bounds) == 1 and found == "i64"
        size = axis_of_size(bounds[0]) if alone else "?"
    return Array(dtype_option(dtype) or ("i64" if found == "bool" else found), (size,))


def _count_to(stop: Arg, dtype: Any = None) -> Type:
    return _ranged(dtype, stop)


def _range_between(start: Arg, stop: Arg, dtype: Any = None) -> Type:
    return _ranged(dtype, start, stop)


def _range_by(start: Arg, stop: Arg, step: Arg, dtype: Any = None) -> Type:
    return _ranged(dtype, start, stop, step)


primitive("np.arange", np.arange, _count_to, cost="cheap", calls=(count_to,))
primitive("range_between", np.arange, _range_between, text="np.arange", cost="cheap", calls=(range_between,))
primitive("range_by", np.arange, _range_by, text="np.arange", cost="cheap", calls=(range_by,))


@REGISTRY.define(np.arange)
def arange(start, stop=None, step=None, dtype=None, *, device=None, like=None):  # type: ignore[no-untyped-def]
    """``np.arange``."""
    if stop is None:
        return count_to(start, dtype) if step is None else range_by(0, start, step, dtype)
    return range_between(start, stop, dtype) if step is None else range_by(start, stop, step, dtype)


def _linspace(start: Arg, stop: Arg, num: Any = 50, endpoint: Any = True, *, dtype: Any = None) -> Type:
    ends = (number(start), number(stop))
    found = promote(*ends, FLOAT)[0]
    shape = broadcast(*ends)
    size = axis_of_size(Constant(num) if isinstance(num, int) else num)
    return Array(dtype_option(dtype) or found, None if shape is None else (size, *shape))


linspace = primitive("np.linspace", np.linspace, _linspace, cost="cheap")


def _eye(N: Arg, M: Any = None, k: Any = 0, dtype: Any = float) -> Type:
    rows = axis_of_size(N)
    columns = rows if is_none(M) else axis_of_size(M)
    return Array(dtype_option(dtype) or "f64", (rows, columns))


def _identity(n: Arg, dtype: Any = None) -> Type:
    return Array(dtype_option(dtype) or "f64", (axis_of_size(n),) * 2)


eye = primitive("np.eye", np.eye, _eye, cost="cheap")
identity = primitive("np.identity", np.identity, _identity, cost="cheap")


def stacked(object: Arg) -> tuple[str, tuple[Axis, ...] | None]:
    """dtype and axes of ``np.array(object)``: of a number, an array, or a nested list of such."""
    if isinstance(object, Pack) and object.kind in ("list", "tuple"):
        if not object.items:
            return "f64", ("n",)
        parts = [stacked(item) for item in object.items]
        dtype = promote(*(Array(d, None) for d, _ in parts))[0]  # here Python's numbers are as strong as NumPy's
        shapes = [shape for _, shape in parts]
        size: Axis = "1" if len(parts) == 1 else "n"
        return dtype, _stacked_axes(size, shapes)
    if isinstance(object.type, List):
        inner = object.type.item
        if not isinstance(inner, Scalar | Array):
            raise UnsupportedError(f"np.array of a value of type {object.type}")
        return inner.dtype, _stacked_axes("?", [axes(inner)])
    t = number(object)
    return t.dtype, axes(t)


def _stacked_axes(size: Axis, shapes: list[tuple[Axis, ...] | None]) -> tuple[Axis, ...] | None:
    joined = join_all(Array("f64", shape) for shape in shapes)
    if any(shape is None for shape in shapes):
        return None
    if len({len(shape or ()) for shape in shapes}) > 1:
        raise InputError("np.array of items of unlike rank")
    assert isinstance(joined, Array) and joined.axes is not None
    return (size, *joined.axes)


def _array(object: Arg, dtype: Any = None) -> Type:
    found, shape = stacked(object)
    return Array(dtype_option(dtype) or found, shape)


def _contiguous(a: Arg, dtype: Any = None) -> Type:
    t = number(a)
    shape = axes(t)
    return Array(dtype_option(dtype) or t.dtype, ("1",) if shape == () else shape)


def _copy(a: Arg) -> Type:
    t = number(a)
    return Array(t.dtype, axes(t))


def _copied(a: Arg) -> Type:
    t = number(a)
    return t if isinstance(t, Array) else Scalar(t.dtype)


array = primitive("np.array", np.array, _array, cost="cheap")
contiguous = primitive(
    "np.ascontiguousarray", np.ascontiguousarray, _contiguous, alias="maybe", cost="cheap"
)  # fmt: skip
fortran = primitive("np.asfortranarray", np.asfortranarray, _contiguous, alias="maybe", cost="cheap")


@REGISTRY.compute
def copies(copy: Any) -> bool:
    """Whether ``copy=`` asks for a copy: NumPy's own code says so by an enum, which has no truth value."""
    return getattr(copy, "name", "") == "ALWAYS" or copy is True or (type(copy) is int and copy == 1)


@REGISTRY.define(np.asarray, np.asanyarray)
def asarray(a, dtype=None, order=None, *, device=None, copy=None, like=None):  # type: ignore[no-untyped-def]
    """``np.asarray``: the array itself where it is one of that dtype, a new one otherwise."""
    if may_be_number(a) and not copies(copy) and (dtype is None or a.dtype == dtype):
        return np.reshape(a, np.shape(a))  # it may be the array itself
    if copies(copy) or may_be_number(a) or not isinstance(a, np.ndarray) or dtype is not None and a.dtype != dtype:
        return np.array(a, dtype=dtype)
    if order is None or order in "KA" or np.ndim(a) == 0:
        return a
    return np.asfortranarray(a) if order == "F" else np.ascontiguousarray(a)


copy = primitive("np.copy", np.copy, _copy, cost="cheap")
copied = primitive(
    "ndarray.copy", lambda a: a.copy(), _copied, style="method", text="copy", cost="cheap", calls=(), method="copy"
)


def _astype(a: Arg, dtype: Arg) -> Type:
    t = number(a)
    result = dtype_option(dtype) or "f64"
    return Scalar(result) if isinstance(t, Scalar) else Array(result, axes(t))


def cast(a: Any, dtype: Any) -> Any:
    """``a.astype(dtype)``, which always copies."""
    return a.astype(dtype)


astype = primitive(
    "astype", cast, _astype, style="method", text="astype", elementwise=True, cost="cheap"
)  # fmt: skip


@REGISTRY.define(method="astype")
def astype_method(a, dtype, order="K", casting="unsafe", subok=True, copy=True):  # type: ignore[no-untyped-def]
    """``a.astype(dtype)``: the array itself where it has that dtype and no copy is asked for."""
    if not np.can_cast(a.dtype, dtype, casting):
        raise TypeError(f"Cannot cast array data to {np.dtype(dtype)} according to the rule {casting!r}")
    if not copy and a.dtype == dtype:
        return a
    return cast(a, dtype)


def _cast(name: str) -> Any:
    def infer(x: Arg) -> Type:
        return of(name, axes(number(x)))

    return infer


FLOATS = (np.float64, np.float32, np.float16, np.longdouble, np.complex128, np.complex64, np.clongdouble)
INTEGERS = (np.int64, np.int32, np.int16, np.int8, np.uint64, np.uint32, np.uint16, np.uint8, np.bool_)

for scalar_type in (*FLOATS, *INTEGERS):
    primitive(
        f"np.{scalar_type.__name__}", scalar_type, _cast(str(dtype_name(scalar_type))), alias="maybe",
        elementwise=True, cost="cheap",
    )  # fmt: skip
