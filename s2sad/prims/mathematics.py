"""The modules ``math`` and ``cmath``: functions of Python numbers, which give Python numbers.

``math.sin`` is a primitive of its own: between Python floats it is several times faster than ``np.sin``, and it raises
where NumPy gives nan.
"""

from __future__ import annotations

import cmath
import math
from typing import Any

import numpy as np

from s2sad.errors import InputError, UnsupportedError
from s2sad.ir.core import Arg
from s2sad.ir.types import BOOL, COMPLEX, FLOAT, INT, Array, Scalar, Type
from s2sad.prims.inference import NotANumber, number
from s2sad.prims.primitive import REGISTRY, primitive

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
    """The type of an operand of a ``math`` function: a real number, or an array without axes."""
    t = number(x)
    if t.dtype[0] == "c":
        raise InputError("the functions of math do not take complex numbers", instead="use NumPy's function")
    if isinstance(t, Array) and t.axes is not None and "n" in t.axes:
        raise InputError("the functions of math do not take arrays", instead="use NumPy's function of that name")
    if isinstance(t, Array) and t.axes:
        raise NotANumber(x, "this function of math")
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
    (_BINARY_COSTLY, _float2, "costly"), (_BINARY_CHEAP, _float2, "cheap"), ("pow", _float2, "costly"),
):  # fmt: skip
    for name in names.split():
        if hasattr(math, name):
            primitive(f"math.{name}", getattr(math, name), infer, elementwise=True, cost=cost)  # type: ignore[arg-type]


def _fma(x: Arg, y: Arg, z: Arg) -> Type:
    _float2(x, y)
    return _float(z)


if hasattr(math, "fma"):  # from Python 3.13 on
    primitive("math.fma", math.fma, _fma, elementwise=True, cost="cheap")


def natural_log(x: float) -> float:
    """The logarithm to base e: ``math.log`` of one argument."""
    return math.log(x)


primitive("math.log", natural_log, _float, elementwise=True)


@REGISTRY.define(math.log)
def log(x, base=None):  # type: ignore[no-untyped-def]
    """``math.log``, to any base."""
    if base is None:
        return natural_log(x)
    return natural_log(x) / natural_log(base)


def hypotenuse(x1: float, x2: float) -> float:
    """Length of a vector of two coordinates: ``math.hypot`` of two arguments."""
    return math.hypot(x1, x2)


primitive("math.hypot", hypotenuse, _float2, elementwise=True)


@REGISTRY.define(math.hypot)
def hypot(*coordinates):  # type: ignore[no-untyped-def]
    """``math.hypot``, of any number of coordinates."""
    if len(coordinates) < 2:
        return abs(float(coordinates[0])) if coordinates else 0.0
    length = hypotenuse(coordinates[0], coordinates[1])
    for c in coordinates[2:]:
        length = hypotenuse(length, c)
    return length


def length_of(coordinates):  # type: ignore[no-untyped-def]
    """``math.hypot(*coordinates)``, where it is not known how many there are."""
    return float(np.linalg.norm(np.asarray(coordinates)))


@REGISTRY.define(math.dist)
def dist(p, q):  # type: ignore[no-untyped-def]
    """``math.dist``: distance of two points."""
    return math.hypot(*[a - b for a, b in zip(p, q, strict=True)])


@REGISTRY.define(math.fsum)
def fsum(seq):  # type: ignore[no-untyped-def]
    """``math.fsum``, as a plain sum of floats."""
    return sum([float(x) for x in seq])


@REGISTRY.define(math.prod)
def prod(iterable, *, start=1):  # type: ignore[no-untyped-def]
    """``math.prod``."""
    out = start
    for x in iterable:
        out = out * x
    return out


def sumprod(p, q, /):  # type: ignore[no-untyped-def]
    """``math.sumprod`` of Python 3.12, as a plain sum."""
    first, second = list(p), list(q)
    return sum([a * b for a, b in zip(first, second, strict=True)])


if hasattr(math, "sumprod"):
    REGISTRY.define(math.sumprod)(sumprod)


@REGISTRY.define(math.modf)
def modf(x):  # type: ignore[no-untyped-def]
    """The fractional and the whole part."""
    return math.fmod(x, 1.0), float(math.trunc(float(x)))


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


@REGISTRY.define(math.perm)
def perm(n, k=None):  # type: ignore[no-untyped-def]
    """Of all of them, where it is not said of how many."""
    return math.factorial(n) if k is None else math.perm(n, k)


def _isclose(a: Arg, b: Arg, rel_tol: Any = 1e-09, abs_tol: Any = 0.0) -> Type:
    return BOOL


isclose = primitive("math.isclose", math.isclose, _isclose, cost="cheap")


def _frexp(x: Arg) -> tuple[Type, ...]:
    real(x)
    return FLOAT, INT


frexp = primitive("math.frexp", math.frexp, _frexp, cost="cheap")


def _complex(z: Arg) -> Type:
    t = number(z)
    if isinstance(t, Array) and t.axes is not None and "n" in t.axes:
        raise InputError("the functions of cmath do not take arrays", instead="use NumPy's function of that name")
    return COMPLEX


_CMATH = "exp log10 sqrt sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh"
for name in _CMATH.split():
    primitive(f"cmath.{name}", getattr(cmath, name), _complex, elementwise=True)


def natural_log_complex(z: complex) -> complex:
    """The logarithm to base e: ``cmath.log`` of one argument."""
    return cmath.log(z)


primitive("cmath.log", natural_log_complex, _complex, elementwise=True)


@REGISTRY.define(cmath.log)
def log_complex(z, base=None):  # type: ignore[no-untyped-def]
    """``cmath.log``, to any base."""
    return natural_log_complex(z) if base is None else natural_log_complex(z) / natural_log_complex(base)


@REGISTRY.define(cmath.phase)
def phase(z):  # type: ignore[no-untyped-def]
    """The argument of a complex number."""
    return math.atan2(complex(z).imag, complex(z).real)


@REGISTRY.define(cmath.polar)
def polar(z):  # type: ignore[no-untyped-def]
    """Modulus and argument of a complex number."""
    return abs(complex(z)), math.atan2(complex(z).imag, complex(z).real)


@REGISTRY.define(cmath.rect)
def rect(r, phi):  # type: ignore[no-untyped-def]
    """The complex number of this modulus and argument."""
    return complex(r * math.cos(phi), r * math.sin(phi))


for name in ("isnan", "isinf", "isfinite"):
    primitive(f"cmath.{name}", getattr(cmath, name), lambda z: BOOL, elementwise=True, cost="cheap")
primitive("cmath.isclose", cmath.isclose, lambda a, b, rel_tol=1e-9, abs_tol=0.0: BOOL, cost="cheap")
