"""Reductions and scans: what folds an array along axes.

``keepdims`` and ``axis`` have to be known when the trace is made. What comes after NumPy's ``out`` is keyword-only. The
forms of a call that are not here (``where=``, ``initial=``, ``correction=``) are defined by those that are, in
``prims.forms``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad.errors import InputError
from s2sad.ir.core import Arg
from s2sad.ir.types import Array, Scalar, Type, axes, of, real_dtype
from s2sad.prims import runtime
from s2sad.prims.inference import dtype_option, mean_dtype, normal_axes, number, option, reduced
from s2sad.prims.primitive import REGISTRY, primitive


def summed_dtype(t: Scalar | Array) -> str:
    """dtype of a sum or product: integers widen to the machine's."""
    match t.dtype[0]:
        case "b" | "i":
            return "i64"
        case "u":
            return "u64"
        case _:
            return t.dtype


def _total(a: Arg, axis: Any = None, dtype: Any = None, *, keepdims: Any = False) -> Type:
    t = number(a)
    return of(dtype_option(dtype) or summed_dtype(t), reduced(t, axis, keepdims))


def _mean(a: Arg, axis: Any = None, dtype: Any = None, *, keepdims: Any = False) -> Type:
    t = number(a)
    return of(dtype_option(dtype) or mean_dtype(t), reduced(t, axis, keepdims))


def _spread(a: Arg, axis: Any = None, dtype: Any = None, *, ddof: Any = 0, keepdims: Any = False) -> Type:
    result = dtype_option(dtype) or real_dtype(mean_dtype(number(a)))  # complex where one asks for that
    return of(result, reduced(number(a), axis, keepdims))


def _extreme(a: Arg, axis: Any = None, *, keepdims: Any = False) -> Type:
    t = number(a)
    return of(t.dtype, reduced(t, axis, keepdims))


def _truth(a: Arg, axis: Any = None, *, keepdims: Any = False) -> Type:
    return of("bool", reduced(number(a), axis, keepdims))


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


sum_ = primitive("np.sum", np.sum, _total, method="sum")
prod = primitive("np.prod", np.prod, _total, method="prod")
mean = primitive("np.mean", np.mean, _mean, method="mean")
var = primitive("np.var", np.var, _spread, method="var")
std = primitive("np.std", np.std, _spread, method="std")
max_ = primitive("np.max", np.max, _extreme, calls=(np.max, np.amax), method="max")
min_ = primitive("np.min", np.min, _extreme, calls=(np.min, np.amin), method="min")
cumsum = primitive("np.cumsum", np.cumsum, _scan, method="cumsum")
cumprod = primitive("np.cumprod", np.cumprod, _scan, method="cumprod")
argmax = primitive("np.argmax", np.argmax, _position, method="argmax")
argmin = primitive("np.argmin", np.argmin, _position, method="argmin")
any_ = primitive("np.any", np.any, _truth, method="any")
all_ = primitive("np.all", np.all, _truth, method="all")
count_nonzero = primitive("np.count_nonzero", np.count_nonzero, _count)
greatest = REGISTRY.word(primitive("greatest", runtime.greatest, _extreme, style="helper"))
least = REGISTRY.word(primitive("least", runtime.least, _extreme, style="helper"))
