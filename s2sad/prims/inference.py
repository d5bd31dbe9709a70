"""What type a NumPy operation gives, exactly as NumPy has it: dtype promotion, axes of broadcasts and reductions.

Inference functions get the atoms of a call; the parts here are what they are put together from. A ufunc's dtype is
asked of the ufunc itself (``resolve_dtypes``), so that ``np.sin`` of int8 is float16 here as it is there.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from s2sad.errors import InputError, UnsupportedError
from s2sad.ir.core import Arg, Pack, Ref, Value
from s2sad.ir.core import Literal as Constant
from s2sad.ir.types import (
    Array,
    Axis,
    List,
    Scalar,
    Struct,
    Type,
    axes,
    broadcast_axes,
    dtype_name,
    np_dtype,
    of,
)
from s2sad.prims.primitive import constant_of

_PYTHON: dict[str, type] = {"bool": bool, "i64": int, "f64": float, "c128": complex}


class NotAnArray(UnsupportedError):
    """``arg`` is a list or tuple where NumPy would make an array of it; the front end makes one first."""

    def __init__(self, arg: Arg) -> None:
        super().__init__("a list of which NumPy makes an array", instead="write np.array(...) around it")
        self.arg = arg


class NotANumber(InputError):
    """``arg`` is an array with axes where Python needs a number.

    NumPy before 2.4 takes one of one item for a number, with a warning: the front end reads that item.
    """

    def __init__(self, arg: Arg, function: str) -> None:
        super().__init__(
            f"{function} takes a number, and here it gets an array that has axes",
            instead="read its item: x[0], x.item()",
        )
        self.arg = arg


def takes_arrays_of_one() -> bool:
    """Whether this NumPy takes an array of one item, with axes, for a number."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            float(np.zeros(1))
        except TypeError:
            return False
    return True


ARRAYS_OF_ONE = takes_arrays_of_one()


def number(arg: Arg) -> Scalar | Array:
    """The type of an operand, which has to be a number or an array."""
    t = arg.type
    if isinstance(t, Scalar | Array):
        return t
    if isinstance(t, List) or isinstance(arg, Pack) and arg.kind in ("list", "tuple"):
        raise NotAnArray(arg)
    made = t.cls if isinstance(t, Struct) else None
    what = f"a value of type {t}" if made is None else f"an object of class {made.__name__}"
    raise InputError(f"{what} where a number or an array is needed")


def option(arg: Any) -> Any:
    """The value of an option: a default as it stands in a signature, or an argument that is known.

    Raises NotKnown, with the argument, where the option is not known when the trace is made.
    """
    return constant_of(arg) if isinstance(arg, Value | Constant | Ref | Pack) else arg


def dtype_option(arg: Any) -> str | None:
    """The abstract dtype that a ``dtype=`` option asks for; None where it was left out."""
    dtype = option(arg)
    if dtype is None:
        return None
    name = dtype_name(dtype)
    if name is None:
        raise UnsupportedError(f"dtype {np.dtype(dtype)}", why="only booleans, integers, floats and complex numbers")
    return name


def mean_dtype(t: Scalar | Array) -> str:
    """dtype of a mean: that of the operand where it is inexact."""
    return t.dtype if t.dtype[0] in "fc" else "f64"


@lru_cache(maxsize=4096)
def _resolved(ufunc: np.ufunc, operands: tuple[tuple[str, bool], ...]) -> tuple[str, ...]:
    given = tuple(_PYTHON[d] if weak and d != "bool" else np_dtype(d) for d, weak in operands)
    try:
        found = ufunc.resolve_dtypes((*given, *(None,) * ufunc.nout))
    except TypeError:
        kinds = " and ".join(d for d, _ in operands)
        raise InputError(f"np.{ufunc.__name__} does not take {kinds}") from None
    return tuple(str(dtype_name(d)) for d in found[ufunc.nin :])


def ufunc_dtypes(ufunc: np.ufunc, *operands: Type) -> tuple[str, ...]:
    """dtypes of the results of a ufunc on operands of these types.

    >>> ufunc_dtypes(np.sin, Array('f32', ('n',))), ufunc_dtypes(np.multiply, Array('f32', ('n',)), Scalar('f64', True))
    (('f32',), ('f32',))
    """
    return _resolved(ufunc, tuple((t.dtype, isinstance(t, Scalar) and t.weak) for t in operands))  # type: ignore[union-attr]


def broadcast(*operands: Type) -> tuple[Axis, ...] | None:
    """Axes of the broadcast of operands of these types."""
    return broadcast_axes(*(axes(t) for t in operands))


def ufunc_type(ufunc: np.ufunc, *operands: Arg) -> Type:
    """Type of the one result of a ufunc: a strong scalar or an array."""
    types = tuple(map(number, operands))
    (dtype,) = ufunc_dtypes(ufunc, *types)
    return of(dtype, broadcast(*types))


def unary(ufunc: np.ufunc) -> Callable[[Arg], Type]:
    """Inference of a ufunc of one operand."""

    def infer(x: Arg) -> Type:
        return ufunc_type(ufunc, x)

    return infer


def binary(ufunc: np.ufunc) -> Callable[[Arg, Arg], Type]:
    """Inference of a ufunc of two operands."""

    def infer(x1: Arg, x2: Arg) -> Type:
        return ufunc_type(ufunc, x1, x2)

    return infer


def normal_axes(axis: Any, rank: int) -> tuple[int, ...]:
    """The axes meant by ``axis``: None is all of them, negative ones count from the end."""
    given = tuple(range(rank)) if axis is None else tuple(axis) if isinstance(axis, tuple | list) else (axis,)
    out = []
    for k in given:
        if not -rank <= k < rank:
            raise InputError(f"axis {k} is out of bounds for an array of {rank} axes")
        out.append(k % rank)
    if len(set(out)) != len(out):
        raise InputError("an axis is named twice")
    return tuple(out)


def is_none(arg: Any) -> bool:
    """Whether an optional argument was left out or given as None."""
    return arg is None or (isinstance(arg, Constant) and arg.value is None)


def reduced(t: Type, axis: Any, keepdims: Any = False) -> tuple[Axis, ...] | None:
    """Axes of the result of reducing an operand of type ``t`` over ``axis`` (both options known or atoms).

    >>> reduced(Array('f64', ('n', '?')), 0), reduced(Array('f64', ('n', '?')), -1, True)
    (('?',), ('n', '1'))
    """
    along, kept, shape = option(axis), bool(option(keepdims)), axes(t)
    if along is None and not kept:
        return ()
    if shape is None:
        return None
    gone = normal_axes(along, len(shape))
    return tuple("1" if k in gone else a for k, a in enumerate(shape) if kept or k not in gone)
