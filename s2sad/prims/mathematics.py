"""The ``math`` module: functions of Python numbers, which give Python numbers.

``math.sin`` is a primitive of its own: between Python floats it is several times faster than ``np.sin``, and it raises
where NumPy gives nan.
"""

from __future__ import annotations

import math
from typing import Any

from s2sad.errors import InputError, UnsupportedError
from s2sad.ir.core import Arg
from s2sad.ir.types import BOOL, FLOAT, INT, Array, Scalar, Type
from s2sad.prims.inference import number
from s2sad.prims.primitive import primitive

_COSTLY = """
    sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh exp exp2 expm1 log2 log10 log1p cbrt
    erf erfc gamma lgamma
"""
_CHEAP = "sqrt fabs degrees radians ulp"
_BINARY_COSTLY = "atan2"
_BINARY_CHEAP = "copysign fmod remainder nextafter ldexp"
_TO_INT = "floor ceil trunc isqrt factorial"
_TO_BOOL = "isnan isinf isfinite"


def real(x: Arg) -> Scalar | Array:
    """The type of an operand of a ``math`` function: a real number, or an array of one element."""
    t = number(x)
    if t.dtype[0] == "c":
        raise InputError("the functions of math do not take complex numbers", instead="use NumPy's function of that name")
    if isinstance(t, Array) and t.axes is not None and "n" in t.axes:
        raise InputError("the functions of math do not take arrays", instead="use NumPy's function of that name")
    return t


def _float(x: Arg) -> Type:
    real(x)
    return FLOAT


def _int(x: Arg) -> Type:
    real(x)
    return INT


def _bool(x: Arg) -> Type:
    real(x)
    return BOOL


def _float2(x1: Arg, x2: Arg) -> Type:
    real(x1)
    real(x2)
    return FLOAT


for names, infer, cost in (
    (_COSTLY, _float, "costly"), (_CHEAP, _float, "cheap"), (_TO_INT, _int, "cheap"), (_TO_BOOL, _bool, "cheap"),
    (_BINARY_COSTLY, _float2, "costly"), (_BINARY_CHEAP, _float2, "cheap"), ("pow hypot", _float2, "costly"),
):  # fmt: skip
    for name in names.split():
        if hasattr(math, name):
            primitive(f"math.{name}", getattr(math, name), infer, elementwise=True, cost=cost)  # type: ignore[arg-type]


def _log(x: Arg, base: Any = math.e) -> Type:
    real(x)
    return FLOAT


log = primitive("math.log", math.log, _log, elementwise=True)


def _integers(*xs: Arg) -> Type:
    for x in xs:
        if number(x).dtype[0] not in "iub":
            raise UnsupportedError("an integer function of a float")
    return INT


for name in ("gcd", "lcm"):
    primitive(f"math.{name}", getattr(math, name), _integers, cost="cheap")


def _choose(n: Arg, k: Arg) -> Type:
    return _integers(n, k)


for name in ("comb", "perm"):
    primitive(f"math.{name}", getattr(math, name), _choose, cost="cheap")


def _isclose(a: Arg, b: Arg, rel_tol: Any = 1e-09, abs_tol: Any = 0.0) -> Type:
    return BOOL


isclose = primitive("math.isclose", math.isclose, _isclose, cost="cheap")


def _frexp(x: Arg) -> tuple[Type, ...]:
    real(x)
    return FLOAT, INT


def _modf(x: Arg) -> tuple[Type, ...]:
    real(x)
    return FLOAT, FLOAT


frexp = primitive("math.frexp", math.frexp, _frexp, cost="cheap")
modf = primitive("math.modf", math.modf, _modf, cost="cheap")
