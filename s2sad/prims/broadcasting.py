"""The helpers of generated code (``prims.runtime``), declared as primitives."""

from __future__ import annotations

from typing import Any

from s2sad.ir.core import Arg
from s2sad.ir.types import Scalar, Type, axes, of
from s2sad.prims import runtime
from s2sad.prims.creation import axes_of_shape
from s2sad.prims.inference import number
from s2sad.prims.primitive import primitive


def _to_shape(x: Arg, shape: Arg) -> Type:
    t = number(x)
    where = axes_of_shape(shape)
    return t if where == () and isinstance(t, Scalar) else of(t.dtype, where)


unbroadcast = primitive("unbroadcast", runtime.unbroadcast, _to_shape, style="helper", alias="maybe")


def _expanded(g: Arg, shape: Arg, axis: Any = None, keepdims: Any = False) -> Type:
    return _to_shape(g, shape)


expand_reduced = primitive("expand_reduced", runtime.expand_reduced, _expanded, style="helper", alias="maybe", cost="cheap")
