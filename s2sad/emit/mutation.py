"""Which operations are written as statements that change their first operand; how memory flows through others."""

from __future__ import annotations

import copy
import functools
from dataclasses import dataclass
from typing import Any

import numpy as np

from s2sad.ir.core import Call, Pack, Value, values_of
from s2sad.ir.primitive import Primitive, Spelling
from s2sad.ir.types import BOTTOM, Array, List, Scalar, Struct, Type
from s2sad.prims.structure import index_items, is_path

MUTATORS = {
    "store": 0, "accumulate": 0, "scatter_add": 0,
    "list_append": 0, "list_set": 0, "list_accumulate": 0, "list_pop": 1,
}  # fmt: skip
"""Primitives written as in-place statements on their first operand; which of their results is its new version."""

SPREADING = ("np.broadcast_to", "expand_reduced", "unbroadcast", "np.diagonal")
"""Primitives whose result may be a view that cannot be written to, or whose items share one cell."""

HOLDERS = ("list_new", "list_concat", "list_slice", "list_repeat", "list_add", "build")
"""Primitives whose result is a fresh container around values that it shares."""

MIXERS = ("build", "list_repeat")
"""Those of them of which it is not looked into how deep they hold what."""

READERS = ("list_get", "item")
"""Primitives that take a value out of a container."""

ITEMS = {"list_append": (1,), "list_append within": (2,), "list_set": (2,), "list_new": None}
"""Operands that a list comes to hold, by position; None: all of them."""

SHAPE_ONLY = ("dim", "shape", "np.ndim", "np.size", "zero_of")
"""Primitives that read the size of an array and nothing of its content."""


def _copy(a: Any) -> Any:
    return a.copy() if isinstance(a, np.ndarray | list) else a


def _deep_copy(a: Any) -> Any:
    """A copy that holds nothing twice, where ``copy.deepcopy`` makes one copy of what is in two places."""
    if isinstance(a, list):
        return [_deep_copy(item) for item in a]
    return copy.deepcopy(a)


COPY = Primitive("copied", _copy, lambda a: a.type, Spelling("special", "copied"), cost="cheap")
"""A copy that the emitter needs before something may be changed in place. Not for the front end."""
DEEP_COPY = Primitive("deeply copied", _deep_copy, lambda a: a.type, Spelling("special", "copied"), cost="costly")
"""The same with copies of all that it holds."""


def _in_place(op: str, symbol: str) -> Primitive:
    return Primitive(f"in place {op}", _never, lambda a, b: a.type, Spelling("operator", symbol), cost="cheap")


def _never(a: Any, b: Any) -> Any:
    raise NotImplementedError("operations in place are made after the last pass and are not evaluated")


IN_PLACE = {name: _in_place(name, symbol) for name, symbol in (("add", "+"), ("sub", "-"), ("mul", "*"), ("div", "/"))}
"""Arithmetic written ``a += b``, where ``a`` is an array that nobody else holds and whose shape it keeps."""
MUTATORS |= {prim.name: 0 for prim in IN_PLACE.values()}


WITHIN = {
    name: Primitive(f"{name} within", _never, lambda *args: args[0].type, Spelling("special", name), cost="free")
    for name in ("store", "accumulate", "list_append", "list_pop")
}
"""A change of what stands at a place of a list, which is the second operand: ``rows[i].append(v)``."""
MUTATORS |= {prim.name: MUTATORS[name] for name, prim in WITHIN.items()}
INNER = {prim.name: name for name, prim in WITHIN.items()}


def fits_in_place(op: Call) -> bool:
    """Whether ``a = a + b`` gives an array of the very shape and dtype of the array ``a``."""
    if op.prim.name not in IN_PLACE or op.kwargs or not isinstance(op.args[0], Value):
        return False
    if op.args[0].name != op.result.name or op.result.name is None and op.prim.name in ("mul", "div"):
        return False  # two variables to the reader, or none
    left, right, result = op.args[0].type, op.args[1].type, op.results[0].type
    if not isinstance(left, Array) or not left.axes or not isinstance(result, Array) or left.dtype != result.dtype:
        return False
    if isinstance(right, Scalar):
        return True
    if not isinstance(right, Array) or right.axes is None or len(right.axes) > len(left.axes):
        return False
    pairs = zip(reversed(left.axes), reversed(right.axes), strict=False)
    return all(mine == "n" or other == "1" for mine, other in pairs)


def table(t: Type) -> bool:
    """Whether values of this type are lists of lists of numbers or tuples (of any depth), or lists of arrays."""
    if not isinstance(t, List):
        return False
    inner = t.item
    listed = isinstance(inner, Struct) and inner.kind == "list"
    rows = listed and all(isinstance(i, Scalar | Array) for i in inner.items)  # type: ignore[union-attr]
    return isinstance(inner, Array) or rows or isinstance(inner, List) and (not has_buffer(inner.item) or table(inner))


@dataclass(frozen=True)
class Nesting:
    """What kind of thing a value is, as far as values of unlike kinds are never one object.

    ``depth``: how many lists stand around what it holds at the bottom: numbers and arrays, or tuples, dicts and records
    with something in them (``records``), which nothing changes in place.
    """

    depth: int
    records: bool = False

    def inside(self, steps: int) -> Nesting:
        """The kind of what is so many steps deep."""
        return Nesting(self.depth - steps, self.records)


def nesting(t: Type) -> Nesting | None:
    """The kind of a type; None where that is not one."""
    match t:
        case List(item=item) if item == BOTTOM:
            return None  # an empty one
        case List(item=item):
            within = nesting(item)
        case Struct(kind="list", items=items) if items:
            kinds = {nesting(item) for item in items}
            within = kinds.pop() if len(kinds) == 1 else None
        case Array():
            return Nesting(0)
        case _ if not has_buffer(t):
            return Nesting(0)
        case Struct(kind=kind) if kind != "list":
            return Nesting(0, records=True)
        case _:
            return None
    return None if within is None else within.inside(-1)


def inner_types(t: Type) -> tuple[Type, ...]:
    """The types of what values of this type hold, where that can share memory."""
    items = t.items if isinstance(t, Struct) else (t.item,) if isinstance(t, List) else ()
    return tuple(i for i in items if has_buffer(i))


@functools.lru_cache(maxsize=1024)
def kinds_by_level(t: Type) -> tuple[frozenset[Nesting | None], ...]:
    """The kinds of the buffers in values of this type, level by level: itself, what it holds, what is in that, ..."""
    out, types = [frozenset((nesting(t),))], inner_types(t)
    while types:
        out.append(frozenset(map(nesting, types)))
        types = tuple(dict.fromkeys(inner for each in types for inner in inner_types(each)))
    return tuple(out)


def levels(t: Type) -> int:
    """How many levels of buffers there are in values of this type."""
    return len(kinds_by_level(t))


def fits(t: Type, kinds: frozenset[Nesting | None]) -> bool:
    """Whether a value of this type may be one of these kinds."""
    mine = nesting(t)
    if mine is not None:
        return mine in kinds or None in kinds
    return any(kind is None or isinstance(t, List) is (kind.depth > 0) for kind in kinds)


def steps(op: Call) -> int:
    """How many levels deep the item is that a call reads from its first operand, or puts there."""
    if op.prim.name in INNER:
        return len(index_items(op.args[1])) + 1
    if len(op.args) > 1 and op.prim.name in ("list_get", "list_set", "list_accumulate") and is_path(op.args[1]):
        return len(index_items(op.args[1]))
    return 1


def puts_slice(op: Call) -> bool:
    """Whether a list takes the items of another: ``rows[i:j] = others``."""
    index = op.args[1] if op.prim.name == "list_set" else None
    return isinstance(index, Pack) and index.kind == "slice"


def is_flat(t: Type) -> bool:
    """Whether ``x.copy()`` shares nothing with x."""
    match t:
        case Array(axes=axes):
            return axes is not None
        case List(item=item):
            return not has_buffer(item)
        case Struct(kind=kind, items=items):
            return kind == "list" and all(isinstance(i, Scalar) for i in items)
        case _:
            return False


def reaches_in(op: Call) -> bool:
    """Whether a statement changes a list that is an item of its first operand: ``rows[i][j] = v``."""
    return op.prim.name in INNER or op.prim.name in ("list_set", "list_accumulate") and steps(op) > 1


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
        case Struct(kind=kind, items=items):
            return kind == "list" or any(map(has_buffer, items))
        case _:
            return False


def shared(op: Call) -> list[Value]:
    """Operands whose memory a result of this call may share or hold."""
    stores = op.prim.name in ("list_accumulate", "store within", "accumulate within")
    if op.prim.name in MUTATORS and isinstance(op.args[0].type, Array) or stores:
        candidates = list(values_of(op.args[0]))  # what is stored is copied
    elif op.prim.name in MUTATORS or op.prim.name in HOLDERS:
        candidates = list(values_of(*op.args))
    elif op.prim.alias in ("view", "maybe", "same"):
        candidates = list(values_of(*op.args[:1]))
    else:
        return []
    return [v for v in candidates if has_buffer(v.type)]
