"""The helpers of generated code (``prims.runtime``), declared as primitives.

Rule bodies call them as the functions that they are.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad.ir.core import Arg
from s2sad.ir.types import FLOAT, INT, Array, Scalar, Type, axes, of, promote
from s2sad.prims import runtime
from s2sad.prims.creation import axes_of_shape
from s2sad.prims.inference import broadcast, mean_dtype, number, ufunc_type
from s2sad.prims.primitive import primitive
from s2sad.prims.structure import getitem


def _to_shape(x: Arg, shape: Arg) -> Type:
    t = number(x)
    where = axes_of_shape(shape)
    return Scalar(t.dtype, t.weak) if where == () and isinstance(t, Scalar) else of(t.dtype, where)


def _expanded(g: Arg, shape: Arg, axis: Any = None, keepdims: Any = False) -> Type:
    return _to_shape(g, shape)


def _product(g: Arg, x: Arg) -> Type:
    return ufunc_type(np.multiply, g, x)


def _greater(x: Arg, y: Arg) -> Type:
    return ufunc_type(np.maximum, x, y)


def _safe(x: Arg) -> Type:
    t = number(x)
    return FLOAT if isinstance(t, Scalar) and t.weak else of(mean_dtype(t), axes(t))


def _logarithm(x: Arg) -> Type:
    t = number(x)
    return FLOAT if isinstance(t, Scalar) and t.weak and t.dtype != "c128" else ufunc_type(np.log, x)


def _scan(a: Arg, b: Arg, axis: Any = 0, reverse: Any = False) -> Type:
    return Array(promote(a.type, b.type)[0], broadcast(a.type, b.type))


def _shifted(x: Arg, axis: Any = 0, reverse: Any = False, first: Any = 0.0) -> Type:
    t = number(x)
    return Array(t.dtype, axes(t))


unbroadcast = primitive("unbroadcast", runtime.unbroadcast, _to_shape, style="helper", alias="maybe")
expand_reduced = primitive(
    "expand_reduced", runtime.expand_reduced, _expanded, style="helper", alias="maybe", cost="cheap",
)  # fmt: skip
masked_product = primitive(
    "masked_product", runtime.masked_product, _product, style="helper", elementwise=True, cost="cheap"
)  # fmt: skip
share = primitive("share", runtime.share, lambda x, y: FLOAT, style="helper", elementwise=True, cost="cheap")
share_of_first = primitive(
    "share_of_first", runtime.share_of_first, lambda x, y: FLOAT, style="helper", elementwise=True, cost="cheap"
)  # fmt: skip
greater = primitive("greater", runtime.greater, _greater, style="helper", elementwise=True)
lesser = primitive("lesser", runtime.lesser, _greater, style="helper", elementwise=True)
reciprocal_or_zero = primitive(
    "reciprocal_or_zero", runtime.reciprocal_or_zero, _safe, style="helper", elementwise=True
)  # fmt: skip
log_of_base = primitive("log_of_base", runtime.log_of_base, _logarithm, style="helper", elementwise=True)
linear_scan = primitive("linear_scan", runtime.linear_scan, _scan, style="helper")
gather_last = primitive("gather_last", runtime.gather_last, lambda a, index: getitem.infer(a, index), style="helper")
shift = primitive("shift", runtime.shift, _shifted, style="helper", cost="cheap")
revolve = primitive("revolve", runtime.revolve, lambda here, end, free: INT, style="helper", calls=())

of_shape = primitive(
    "of_shape", runtime.of_shape, lambda x, shape, what: x.type, style="helper", alias="same", cost="cheap"
)  # fmt: skip
polygamma = primitive("polygamma", runtime.polygamma, lambda n, x: FLOAT, style="helper")
