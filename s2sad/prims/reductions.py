"""Reductions and scans: what folds an array along axes.

``keepdims`` and ``axis`` have to be known when the trace is made. ``where=`` and ``out=`` are not taken; nor is
``initial=``, whose one use is with empty arrays. What comes after NumPy's ``out`` is keyword-only here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from s2sad.errors import InputError
from s2sad.ir.core import Arg
from s2sad.ir.types import Array, Scalar, Type, axes, of
from s2sad.prims.inference import default_only, dtype_option, mean_dtype, normal_axes, number, option, reduced
from s2sad.prims.primitive import primitive


def summed_dtype(t: Scalar | Array) -> str:
    """dtype of a sum or product: integers widen to the machine's."""
    match t.dtype[0]:
        case "b" | "i":
            return "i64"
        case "u":
            return "u64"
        case _:
            return t.dtype


def _total(function: str) -> Callable[..., Type]:
    def infer(
        a: Arg, axis: Any = None, dtype: Any = None, *, keepdims: Any = False, initial: Any = None, where: Any = None
    ) -> Type:
        default_only(function, initial=initial, where=where)
        t = number(a)
        return of(dtype_option(dtype) or summed_dtype(t), reduced(t, axis, keepdims))

    return infer


def _mean(a: Arg, axis: Any = None, dtype: Any = None, *, keepdims: Any = False, where: Any = None) -> Type:
    default_only("np.mean", where=where)
    t = number(a)
    return of(dtype_option(dtype) or mean_dtype(t), reduced(t, axis, keepdims))


def _spread(function: str) -> Callable[..., Type]:
    def infer(
        a: Arg, axis: Any = None, dtype: Any = None, *, ddof: Any = 0, keepdims: Any = False, where: Any = None
    ) -> Type:
        default_only(function, where=where)
        t = number(a)
        result = dtype_option(dtype) or mean_dtype(t)
        return of({"c64": "f32", "c128": "f64"}.get(result, result), reduced(t, axis, keepdims))

    return infer


def _extreme(function: str) -> Callable[..., Type]:
    def infer(a: Arg, axis: Any = None, *, keepdims: Any = False, initial: Any = None, where: Any = None) -> Type:
        default_only(function, initial=initial, where=where)
        t = number(a)
        return of(t.dtype, reduced(t, axis, keepdims))

    return infer


def _truth(function: str) -> Callable[..., Type]:
    def infer(a: Arg, axis: Any = None, *, keepdims: Any = False, where: Any = None) -> Type:
        default_only(function, where=where)
        return of("bool", reduced(number(a), axis, keepdims))

    return infer


def _position(a: Arg, axis: Any = None, *, keepdims: Any = False) -> Type:
    return of("i64", reduced(number(a), axis, keepdims))


def _count(a: Arg, axis: Any = None, *, keepdims: Any = False) -> Type:
    t = number(a)
    shape = reduced(t, axis, keepdims)
    return of("i64", shape)


def _scan(a: Arg, axis: Any = None, dtype: Any = None) -> Type:
    t = number(a)
    shape, along = axes(t), option(axis)
    result = dtype_option(dtype) or summed_dtype(t)
    if along is None:
        if shape is not None and all(k == "1" for k in shape):
            return Array(result, ("1",))
        return Array(result, shape if shape is not None and len(shape) == 1 else ("?",))
    if not isinstance(along, int | np.integer):
        raise InputError("cumsum and cumprod go along one axis")
    if shape is not None:
        if not shape:
            return Array(result, ("1",))
        normal_axes(along, len(shape))
    return Array(result, shape)


sum_ = primitive("np.sum", np.sum, _total("np.sum"), method="sum")
prod = primitive("np.prod", np.prod, _total("np.prod"), method="prod")
mean = primitive("np.mean", np.mean, _mean, method="mean")
var = primitive("np.var", np.var, _spread("np.var"), method="var")
std = primitive("np.std", np.std, _spread("np.std"), method="std")
max_ = primitive("np.max", np.max, _extreme("np.max"), calls=(np.max, np.amax), method="max")
min_ = primitive("np.min", np.min, _extreme("np.min"), calls=(np.min, np.amin), method="min")
cumsum = primitive("np.cumsum", np.cumsum, _scan, method="cumsum")
cumprod = primitive("np.cumprod", np.cumprod, _scan, method="cumprod")
argmax = primitive("np.argmax", np.argmax, _position, method="argmax")
argmin = primitive("np.argmin", np.argmin, _position, method="argmin")
any_ = primitive("np.any", np.any, _truth("np.any"), method="any")
all_ = primitive("np.all", np.all, _truth("np.all"), method="all")
count_nonzero = primitive("np.count_nonzero", np.count_nonzero, _count)
