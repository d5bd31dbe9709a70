"""Primitives of Python itself: operators and builtins on numbers and arrays.

``np.add`` and ``+`` are one primitive, written ``+``; likewise the other operators. Between Python numbers they give
Python numbers (weak types), with Python's own rules: ``True + True`` is an int, ``7 / 2`` a float.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from s2sad.errors import InputError, TraceError
from s2sad.ir.core import Arg
from s2sad.ir.core import Literal as Constant
from s2sad.ir.primitive import Primitive
from s2sad.ir.types import (
    BOOL,
    COMPLEX,
    FLOAT,
    INT,
    Array,
    Axis,
    Scalar,
    Type,
    axes,
    broadcast_axes,
    is_inexact,
    of,
    promote,
    rank,
)
from s2sad.prims.inference import NotANumber, broadcast, number, option, ufunc_dtypes
from s2sad.prims.primitive import REGISTRY, is_constant, primitive


def _weak(*types: Type) -> bool:
    return all(isinstance(t, Scalar) and t.weak for t in types)


def _arithmetic(ufunc: np.ufunc) -> Callable[[Arg, Arg], Type]:
    def infer(x1: Arg, x2: Arg) -> Type:
        a, b = number(x1), number(x2)
        if _weak(a, b):
            dtype, _ = promote(a, b)
            return Scalar("i64" if dtype == "bool" else dtype, weak=True)
        return of(ufunc_dtypes(ufunc, a, b)[0], broadcast(a, b))

    return infer


def _bitwise(ufunc: np.ufunc) -> Callable[[Arg, Arg], Type]:
    def infer(x1: Arg, x2: Arg) -> Type:
        a, b = number(x1), number(x2)
        if is_inexact(a) or is_inexact(b):
            raise InputError(f"np.{ufunc.__name__} does not take {a.dtype} and {b.dtype}")
        if _weak(a, b):
            shift = ufunc in (np.left_shift, np.right_shift)
            return INT if shift else Scalar(promote(a, b)[0], weak=True)
        return of(ufunc_dtypes(ufunc, a, b)[0], broadcast(a, b))

    return infer


def _div(x1: Arg, x2: Arg) -> Type:
    a, b = number(x1), number(x2)
    if _weak(a, b):
        dtype, _ = promote(a, b)
        return Scalar("c128" if dtype == "c128" else "f64", weak=True)
    return of(ufunc_dtypes(np.true_divide, a, b)[0], broadcast(a, b))


def _pow(x1: Arg, x2: Arg) -> Type:
    a, b = number(x1), number(x2)
    if _weak(a, b):
        dtype, _ = promote(a, b)
        negative = is_constant(x2) and not isinstance(option(x2), complex) and option(x2) < 0
        if dtype in ("bool", "i64"):
            return FLOAT if negative else INT
        return Scalar(dtype, weak=True)
    return of(ufunc_dtypes(np.power, a, b)[0], broadcast(a, b))


def _comparison(ufunc: np.ufunc) -> Callable[[Arg, Arg], Type]:
    def infer(x1: Arg, x2: Arg) -> Type:
        if not all(isinstance(x.type, Scalar | Array) for x in (x1, x2)):
            return BOOL  # of containers or objects: Python's own comparison
        a, b = number(x1), number(x2)
        return BOOL if _weak(a, b) else of("bool", broadcast(a, b))

    return infer


def _unary(ufunc: np.ufunc) -> Callable[[Arg], Type]:
    def infer(x: Arg) -> Type:
        a = number(x)
        if _weak(a):
            dtype = "f64" if a.dtype == "c128" and ufunc is np.absolute else a.dtype
            return Scalar("i64" if dtype == "bool" else dtype, weak=True)
        return of(ufunc_dtypes(ufunc, a)[0], broadcast(a))

    return infer


def _operator(name: str, text: str, run: Callable[..., Any], infer: Callable[..., Type], *same: object) -> Primitive:
    return primitive(name, run, infer, style="operator", text=text, elementwise=True, cost="cheap", calls=(run, *same))


add = _operator("add", "+", operator.add, _arithmetic(np.add), np.add)
sub = _operator("sub", "-", operator.sub, _arithmetic(np.subtract), np.subtract)
mul = _operator("mul", "*", operator.mul, _arithmetic(np.multiply), np.multiply)
div = _operator("div", "/", operator.truediv, _div, np.true_divide)
floordiv = _operator("floordiv", "//", operator.floordiv, _arithmetic(np.floor_divide), np.floor_divide)
mod = _operator("mod", "%", operator.mod, _arithmetic(np.remainder), np.remainder)
pow_ = _operator("pow", "**", operator.pow, _pow, np.power, pow)
neg = _operator("neg", "neg", operator.neg, _unary(np.negative), np.negative)
pos = _operator("pos", "pos", operator.pos, _unary(np.positive), np.positive)

eq = _operator("eq", "==", operator.eq, _comparison(np.equal), np.equal)
ne = _operator("ne", "!=", operator.ne, _comparison(np.not_equal), np.not_equal)
lt = _operator("lt", "<", operator.lt, _comparison(np.less), np.less)
le = _operator("le", "<=", operator.le, _comparison(np.less_equal), np.less_equal)
gt = _operator("gt", ">", operator.gt, _comparison(np.greater), np.greater)
ge = _operator("ge", ">=", operator.ge, _comparison(np.greater_equal), np.greater_equal)

and_ = _operator("and_", "&", operator.and_, _bitwise(np.bitwise_and), np.bitwise_and)
or_ = _operator("or_", "|", operator.or_, _bitwise(np.bitwise_or), np.bitwise_or)
xor = _operator("xor", "^", operator.xor, _bitwise(np.bitwise_xor), np.bitwise_xor)
lshift = _operator("lshift", "<<", operator.lshift, _bitwise(np.left_shift), np.left_shift)
rshift = _operator("rshift", ">>", operator.rshift, _bitwise(np.right_shift), np.right_shift)


def _invert(x: Arg) -> Type:
    a = number(x)
    if is_inexact(a):
        raise InputError(f"np.invert does not take {a.dtype}")
    if _weak(a):
        return INT
    return of(a.dtype, broadcast(a))


invert = _operator("invert", "~", operator.invert, _invert, np.invert)



def matmul_axes(a: tuple[Axis, ...] | None, b: tuple[Axis, ...] | None) -> tuple[Axis, ...] | None:
    """Axes of ``x1 @ x2``.

    >>> matmul_axes(('n', '1'), ('1', 'n')), matmul_axes(('n',), ('n',)), matmul_axes(('?', 'n', 'n'), ('n',))
    (('n', 'n'), (), ('?', 'n'))
    """
    if a is None or b is None:
        return None
    if not a or not b:
        raise InputError("matmul of a number", instead="use *")
    left, right = (a if len(a) > 1 else ("1", *a)), (b if len(b) > 1 else (*b, "1"))
    stack = broadcast_axes(left[:-2], right[:-2]) or ()
    return (*stack, *(left[-2:-1] if len(a) > 1 else ()), *(right[-1:] if len(b) > 1 else ()))


def _matmul(x1: Arg, x2: Arg) -> Type:
    a, b = number(x1), number(x2)
    return of(ufunc_dtypes(np.matmul, a, b)[0], matmul_axes(axes(a), axes(b)))


matmul = primitive(
    "matmul", operator.matmul, _matmul, style="operator", text="@", calls=(operator.matmul, np.matmul),
)  # fmt: skip


@REGISTRY.define(divmod, np.divmod)
def quotient_and_rest(x1, x2):  # type: ignore[no-untyped-def]
    """``divmod``."""
    return x1 // x2, x1 % x2


abs_ = primitive(
    "abs", abs, _unary(np.absolute), elementwise=True, cost="cheap", calls=(abs, np.absolute, operator.abs)
)  # fmt: skip


# Builtins. ``min`` and ``max`` are of two numbers or more; of a sequence that has no known length, a loop folds them.


def _extremum(first: Arg, *others: Arg) -> Type:
    out = number(first)
    for x in others:
        other = number(x)
        if rank(out) != 0 or rank(other) != 0:
            raise TraceError("the builtins min and max of arrays")
        out = Scalar(out.dtype if out.dtype == other.dtype else promote(out, other)[0], _weak(out, other))
    return out


min_ = primitive("min", min, lambda *numbers: _extremum(*numbers), elementwise=True, cost="cheap")
max_ = primitive("max", max, lambda *numbers: _extremum(*numbers), elementwise=True, cost="cheap")


def _one_element(x: Arg, function: str) -> Scalar | Array:
    a = number(x)
    if isinstance(a, Array) and a.axes is not None and any(k != "1" and k != "?" for k in a.axes):
        raise InputError(f"{function}() of an array of several elements")
    if function in ("float", "int", "complex") and isinstance(a, Array) and a.axes:
        raise NotANumber(x, function)
    return a


def _float(x: Arg) -> Type:
    _one_element(x, "float")
    return FLOAT


def _int(x: Arg) -> Type:
    _one_element(x, "int")
    return INT


def _bool(x: Arg) -> Type:
    if isinstance(x.type, Array):
        _one_element(x, "bool")
    return BOOL


def _complex(real: Arg, imag: Arg) -> Type:
    _one_element(real, "complex")
    _one_element(imag, "complex")
    return COMPLEX


float_ = primitive("float", float, _float, cost="cheap")
int_ = primitive("int", int, _int, cost="cheap")
bool_ = primitive("bool", bool, _bool, cost="cheap")
complex_ = primitive("complex", complex, _complex, cost="cheap", calls=())


@REGISTRY.define(complex)
def complex_number(real=0.0, imag=0.0):  # type: ignore[no-untyped-def]
    """``complex``, of one number or two."""
    return _complex_of(real, imag)


_complex_of = REGISTRY.word(complex_)


def _len(a: Arg) -> Type:
    if rank(number(a)) == 0:
        raise TraceError("len() of a number")
    return INT


len_ = primitive("len", len, _len, cost="free")


def _round(x: Arg, ndigits: Arg | None = None) -> Type:
    a = number(x)
    whole = ndigits is None or (isinstance(ndigits, Constant) and ndigits.value is None)
    if isinstance(a, Array):
        raise InputError("the builtin round does not take an array", instead="use np.round")
    return INT if whole else Scalar(a.dtype, a.weak)


round_ = primitive("round", round, _round, cost="cheap")


def _item(a: Arg) -> Type:
    t = _one_element(a, "item")
    return Scalar({"b": "bool", "i": "i64", "u": "i64", "f": "f64", "c": "c128"}[t.dtype[0]], weak=True)


item = primitive(
    "ndarray.item", lambda a: a.item(), _item, style="method", text="item", cost="cheap", calls=(), method="item"
)  # fmt: skip

