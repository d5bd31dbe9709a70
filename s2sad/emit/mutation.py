"""Which operations are written as statements that change their first operand, and how memory flows through the others."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from s2sad.ir.core import Call, Value, values_of
from s2sad.ir.primitive import Primitive, Spelling
from s2sad.ir.types import Array, List, Struct, Type

MUTATORS = {
    "store": 0, "accumulate": 0, "scatter_add": 0,
    "list_append": 0, "list_set": 0, "list_accumulate": 0, "list_pop": 1,
}  # fmt: skip
"""Primitives written as in-place statements on their first operand; which of their results is its new version."""

HOLDERS = ("list_new", "list_concat", "list_slice", "list_repeat", "list_add", "build")
"""Primitives whose result is a fresh container around values that it shares."""

READERS = ("list_get", "item")
"""Primitives that take a value out of a container."""

SHAPE_ONLY = ("dim", "shape", "zero_of")
"""Primitives that read the size of an array and nothing of its content."""


def _copy(a: Any) -> Any:
    return a.copy() if isinstance(a, np.ndarray | list) else a


def _deep_copy(a: Any) -> Any:
    return copy.deepcopy(a)


COPY = Primitive("copied", _copy, lambda a: a.type, Spelling("special", "copied"), cost="cheap")
"""A copy that the emitter needs before something may be changed in place. Not for the front end."""
DEEP_COPY = Primitive("deeply copied", _deep_copy, lambda a: a.type, Spelling("special", "copied"), cost="costly")
"""The same for what is returned, which may share nothing."""


def version(op: Call) -> tuple[Value, Value] | None:
    """(old, new) of the buffer that a call changes in place; None where it changes nothing that has a name."""
    which = MUTATORS.get(op.prim.name)
    if which is None or not isinstance(op.args[0], Value):
        return None
    return op.args[0], op.results[which]


def has_buffer(t: Type) -> bool:
    """Whether values of this type can share memory that is written to."""
    match t:
        case Array() | List():
            return True
        case Struct(items=items):
            return any(map(has_buffer, items))
        case _:
            return False


def shared(op: Call) -> list[Value]:
    """Operands whose memory a result of this call may share or hold."""
    if op.prim.name in MUTATORS or op.prim.name in HOLDERS:
        candidates = list(values_of(*op.args))
    elif op.prim.alias in ("view", "maybe", "same"):
        candidates = list(values_of(*op.args[:1]))
    else:
        return []
    return [v for v in candidates if has_buffer(v.type)]
