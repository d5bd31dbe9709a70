"""NumPy's elementwise functions that no operator writes, and their few relatives that are not ufuncs."""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad.errors import InputError
from s2sad.ir.core import Arg
from s2sad.ir.types import Array, Scalar, Type, axes, broadcast_axes, of, promote, real_dtype
from s2sad.prims import runtime
from s2sad.prims.inference import binary, broadcast, is_none, number, ufunc_dtypes, ufunc_type, unary
from s2sad.prims.primitive import REGISTRY, primitive, unsupported
from s2sad.prims.structure import is_known

_COSTLY = """
    sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh arccosh arctanh exp exp2 expm1 log log2 log10 log1p cbrt
"""
_CHEAP = """
    sqrt square reciprocal sign floor ceil trunc rint fabs deg2rad rad2deg degrees radians
    isnan isinf isfinite signbit logical_not spacing
"""
_BINARY_COSTLY = "arctan2 hypot logaddexp logaddexp2 float_power"
_BINARY_CHEAP = """
    maximum minimum fmax fmin fmod copysign heaviside ldexp nextafter logical_and logical_or logical_xor gcd lcm
"""


def _declare(names: str, nin: int, cost: Any) -> None:
    for name in names.split():
        ufunc: np.ufunc = getattr(np, name)
        infer = unary(ufunc) if nin == 1 else binary(ufunc)
        primitive(f"np.{name}", ufunc, infer, elementwise=True, cost=cost)


_declare(_COSTLY, 1, "costly")
_declare(_CHEAP, 1, "cheap")
_declare(_BINARY_COSTLY, 2, "costly")
_declare(_BINARY_CHEAP, 2, "cheap")


def _rounded(a: Arg, decimals: Any = 0) -> Type:
    t = number(a)
    if t.dtype == "bool":
        raise InputError("np.round does not take booleans")
    return of(t.dtype, axes(t))


round_ = primitive(
    "np.round", np.round, _rounded, elementwise=True, cost="cheap", calls=(np.round, np.around), method="round"
)  # fmt: skip


def _fix(x: Arg) -> Type:
    t = number(x)
    return of(t.dtype, axes(t))


fix = primitive("np.fix", np.fix, _fix, elementwise=True, cost="cheap")


def bounded(a: Any, a_min: Any, a_max: Any) -> Any:
    """``np.clip`` with both bounds given, None for one that is not there."""
    return np.clip(a, a_min, a_max)


def _clip(a: Arg, a_min: Arg, a_max: Arg) -> Type:
    out = number(a)
    where = [axes(out)]
    for bound, ufunc in ((a_min, np.maximum), (a_max, np.minimum)):
        if not is_none(bound):
            t = number(bound)
            where.append(axes(t))
            out = Array(ufunc_dtypes(ufunc, out, t)[0], ())
    return of(out.dtype, broadcast_axes(*where))


clip = primitive("np.clip", np.clip, _clip, elementwise=True, cost="cheap", calls=(bounded,))


@REGISTRY.define(np.clip)
def np_clip(a, a_min=None, a_max=None, *, min=None, max=None, dtype=None, where=True, casting=None, order="K", subok=True):  # type: ignore[no-untyped-def]  # noqa: E501
    """``np.clip``, with either spelling of the bounds."""
    if where is not True:
        unsupported("np.clip with where=", instead="np.where(mask, np.clip(a, low, high), a)")
    a = np.asarray(a) if isinstance(a, list | tuple) else a
    a = a if dtype is None else a.astype(dtype)
    return bounded(a, min if a_min is None else a_min, max if a_max is None else a_max)


@REGISTRY.define(method="clip")
def clip_method(a, min=None, max=None):  # type: ignore[no-untyped-def]
    """``a.clip``."""
    return bounded(a, min, max)


def _where(condition: Arg, x: Arg, y: Arg) -> Type:
    a, b, c = number(x), number(y), number(condition)
    return Array(promote(a, b)[0], broadcast_axes(axes(c), axes(a), axes(b)))


where = primitive("np.where", np.where, _where, elementwise=True, cost="cheap")


def _nan_to_num(x: Arg, copy: Any = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Type:
    t = number(x)
    return of(t.dtype, axes(t))


nan_to_num = primitive("np.nan_to_num", np.nan_to_num, _nan_to_num, elementwise=True, cost="cheap", calls=())
finite = REGISTRY.word(nan_to_num)


@REGISTRY.define(np.nan_to_num)
def np_nan_to_num(x, copy=True, nan=0.0, posinf=None, neginf=None):  # type: ignore[no-untyped-def]
    """``np.nan_to_num``, also with numbers that are computed."""
    out = without_nan(x, nan, posinf, neginf)  # type: ignore[no-untyped-call]
    if copy or not isinstance(x, np.ndarray):
        return out
    x[...] = out
    return x


def without_nan(x, nan, posinf, neginf):  # type: ignore[no-untyped-def]
    """A copy with numbers in the place of NaN and of the infinities."""
    if is_known((nan, posinf, neginf)):
        return finite(x, nan=nan, posinf=posinf, neginf=neginf)
    out = known = finite(x)
    out = np.where(np.isnan(x), nan, out)
    if posinf is not None:
        out = np.where(np.isposinf(x), posinf, out)
    if neginf is not None:
        out = np.where(np.isneginf(x), neginf, out)
    return out if np.result_type(out) == np.result_type(known) else out.astype(np.result_type(known))


def _sinc(x: Arg) -> Type:
    t = number(x)
    dtype = t.dtype if t.dtype[0] in "fc" else "f64"
    return of(dtype, axes(t))


sinc = primitive("np.sinc", np.sinc, _sinc, elementwise=True)


def _is_infinite(x: Arg) -> Type:
    return of("bool", axes(number(x)))


isposinf = primitive("np.isposinf", np.isposinf, _is_infinite, elementwise=True, cost="cheap")
isneginf = primitive("np.isneginf", np.isneginf, _is_infinite, elementwise=True, cost="cheap")


def _close(a: Arg, b: Arg, rtol: Any = 1e-05, atol: Any = 1e-08, equal_nan: Any = False) -> Type:
    return of("bool", broadcast(number(a), number(b)))


isclose = primitive("np.isclose", np.isclose, _close, elementwise=True, cost="cheap")


def _frexp(x: Arg) -> tuple[Type, ...]:
    t = number(x)
    return tuple(of(d, axes(t)) for d in ufunc_dtypes(np.frexp, t))


frexp = primitive("np.frexp", np.frexp, _frexp, cost="cheap")


@REGISTRY.define(np.modf)
def modf(x):  # type: ignore[no-untyped-def]
    """The fractional and the whole part."""
    return x - np.trunc(x), np.trunc(x)


@REGISTRY.define(np.select)
def select(condlist, choicelist, default=0):  # type: ignore[no-untyped-def]
    """For each place the first choice whose condition holds there."""
    out = default
    for condition, choice in zip(condlist[::-1], choicelist[::-1], strict=True):
        out = np.where(condition, choice, out)
    dtype = np.result_type(*choicelist, default)
    return out if out.dtype == dtype else out.astype(dtype)


@REGISTRY.define(np.ptp)
def ptp(a, axis=None, *, keepdims=False):  # type: ignore[no-untyped-def]
    """Range of values, from the least to the greatest."""
    return np.max(a, axis=axis, keepdims=keepdims) - np.min(a, axis=axis, keepdims=keepdims)


def _conjugate(x: Arg) -> Type:
    return ufunc_type(np.conjugate, x)


def _part(val: Arg) -> Type:
    t = number(val)
    dtype = real_dtype(t.dtype)
    return Scalar(dtype, t.weak) if isinstance(t, Scalar) else Array(dtype, t.axes)


conjugate = primitive("np.conjugate", np.conjugate, _conjugate, elementwise=True, cost="cheap", method="conj")
REGISTRY.methods["conjugate"] = conjugate
real = primitive("np.real", np.real, _part, alias="maybe", elementwise=True, cost="cheap", attribute="real")
imag = primitive("np.imag", np.imag, _part, alias="maybe", elementwise=True, cost="cheap", attribute="imag")


def _of_parts(real: Arg, imag: Arg) -> Type:
    a, b = number(real), number(imag)
    return Array(promote(a, b, Scalar("c128", weak=True))[0], broadcast(a, b))


of_parts = primitive("of_parts", runtime.of_parts, _of_parts, style="helper", elementwise=True, cost="cheap")


@REGISTRY.define(np.angle)
def angle(z, deg=False):  # type: ignore[no-untyped-def]
    """The argument of a complex number."""
    out = np.arctan2(np.imag(z), np.real(z))
    return np.degrees(out) if deg else out
