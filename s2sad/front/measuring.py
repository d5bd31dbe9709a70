"""How long an axis is, where the rank of a result hangs on it (``np.cross`` of vectors in the plane is a number).

The length is followed to where it is written down, or to an argument: the trace holds for arguments of that length.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from s2sad.front.cursors import Cursors
from s2sad.front.values import Abstract, Known, View
from s2sad.ir.core import Arg, Call, Literal, Op, Pack, Value
from s2sad.ir.types import Array, Scalar, axes, np_dtype
from s2sad.prims.inference import ufunc_dtypes
from s2sad.prims.primitive import constant_of, is_constant

FARTHEST = 200  # operations that a length is followed through
SAME_AXES = frozenset("""
    ndarray.copy np.copy astype np.cumsum np.cumprod np.sort np.array np.ascontiguousarray store accumulate scatter_add
    np.zeros_like np.ones_like np.full_like np.empty_like np.roll np.flip
""".split())  # noqa: SIM905
FOLDED = frozenset("np.sum np.mean np.max np.min np.prod np.std np.var".split())  # noqa: SIM905


class Measures(Cursors):
    """``known_length`` and ``loop_dtype`` of definitions, ``single_axes`` and ``open_axes`` of rules."""

    def call_single_axes(self, args: Any, kwargs: Any) -> Abstract | None:
        known = axes(self.type_of(args[0]))
        return Known(tuple(axis == "1" for axis in known or ()))

    def call_open_axes(self, args: Any, kwargs: Any) -> Abstract | None:
        known = axes(self.type_of(args[0]))
        return Known(tuple(axis == "?" for axis in known or ()))

    def call_loop_dtype(self, args: Any, kwargs: Any) -> Abstract | None:
        ufunc, *operands = args
        (found,) = ufunc_dtypes(ufunc.value, *map(self.type_of, operands))
        return Known(np_dtype(found))

    def call_known_length(self, args: Any, kwargs: Any) -> Abstract | None:
        array, axis = args
        if not isinstance(array, View) or not isinstance(axis, Known):
            return Known(None)
        held = self.read(array)
        rank = held.type.rank if isinstance(held.type, Array) else None
        if not rank or not -rank <= axis.value < rank:
            return Known(None)
        return Known(self.measure(held, axis.value % rank))

    def measure(self, value: Any, axis: int) -> int | None:
        """The length of an axis of an array; None where it is not plain."""
        producers: Mapping[Value, Op] | None = None
        cuts: list[slice] = []
        found: Found = (value, axis)
        for _ in range(FARTHEST):
            if not isinstance(found, tuple):
                break
            value, axis, *cut = found
            cuts += cut
            value = self.originals.get(value, value)
            if (path := self.param_paths.get(value)) is not None:
                found = self.length_of_argument(path, axis)
                break
            producers = self.producers() if producers is None else producers
            op = producers.get(value)
            found = source_of(op, axis) if isinstance(op, Call) else None
        if not isinstance(found, int):
            return None
        for cut_out in reversed(cuts):
            found = len(range(found)[cut_out])
        return found

    def length_of_argument(self, path: str, axis: int) -> int | None:
        sample = self.samples.get(path)
        if not isinstance(sample, np.ndarray) or sample.ndim <= axis:
            return None
        self.guard_length(path, sample.shape[axis], axis)
        return int(sample.shape[axis])


Found = tuple[Any, ...] | int | None


def source_of(op: Call, axis: int) -> Found:
    """The array and its axis that an axis of a result is as long as; its length; None where neither is plain.

    With the array and the axis may come the slice of it that is meant.
    """
    name, args = op.prim.name, op.args
    rank = op.results[0].type.rank if isinstance(op.results[0].type, Array) else 0
    if rank is None:
        return None
    match name, args:
        case ("np.array" | "np.stack"), (Pack(items=items), *_) if items:
            along = 0 if name == "np.array" else option_of(op, "axis", 0)
            if along is None:
                return None
            along %= rank
            if axis == along:
                return len(items)
            return inner(items[0], axis if name == "np.stack" and axis < along else axis - 1)
        case ("np.transpose" | "ndarray.T"), (Value() as a, *order):
            if not order and not op.kwargs:
                return a, rank - 1 - axis
            asked_for = order[0] if order else dict(op.kwargs)["axes"]
            given = constant_of(asked_for) if is_constant(asked_for) else None
            return (a, given[axis] % rank) if isinstance(given, tuple | list) else None
        case ("np.reshape" | "np.broadcast_to"), (_, Pack(items=items), *_):
            return asked(items, axis)
        case ("np.zeros" | "np.ones" | "np.empty" | "np.full"), (Pack(items=items), *_):
            return asked(items, axis)
        case "dim", (Value() as a, Literal(value=int() as k)):
            return a, k
        case "np.concatenate", (Pack(items=items), *_) if items:
            along = option_of(op, "axis", 0)
            return inner(items[0], axis) if along is not None and along % rank != axis else None
        case "np.diff", (Value() as a, *_):
            along, times = option_of(op, "axis", -1), option_of(op, "n", 1)
            if along is None or times is None:
                return None
            return (a, axis, slice(times, None)) if along % rank == axis else (a, axis)
        case "np.moveaxis", (Value() as a, Literal(value=int() as old), Literal(value=int() as new)):
            rest = [k for k in range(rank) if k != old % rank]
            rest.insert(new % rank, old % rank)
            return a, rest[axis]
        case "getitem", (Value() as a, index):
            return indexed(a, index, axis)
        case "gather", (Value() as a, index) if isinstance(a.type, Array) and a.type.rank is not None:
            if isinstance(index, Value) and isinstance(index.type, Array) and index.type.rank is not None:
                behind = axis - (1 if index.type.dtype == "bool" else index.type.rank)
                if behind < 0:
                    return None if index.type.dtype == "bool" else (index, axis)
                return a, behind + (index.type.rank if index.type.dtype == "bool" else 1)
            return indexed(a, index, axis)
        case _, (Value() as a, *_) if name in FOLDED and isinstance(a.type, Array) and a.type.rank is not None:
            along, kept = option_of(op, "axis", None), option_of(op, "keepdims", False)
            if along is None or kept is None:
                return None
            gone = {k % a.type.rank for k in (along if isinstance(along, tuple) else (along,))}
            return a, axis if kept else [k for k in range(a.type.rank) if k not in gone][axis]
        case _, (Value() as a, *_) if name in SAME_AXES:
            return a, axis
    return broadcast_source(op, rank, axis) if op.prim.elementwise else None


def asked(shape: tuple[Arg, ...], axis: int) -> Found:
    """An axis of a shape that is written out: a number, or the length of another one."""
    item = shape[axis]
    if isinstance(item, Literal) and isinstance(item.value, int) and item.value >= 0:
        return item.value
    return (item, 0) if isinstance(item, Value) and isinstance(item.type, Scalar) else None


def broadcast_source(op: Call, rank: int, axis: int) -> Found:
    """The operand that an axis of a broadcast comes from."""
    found: dict[str, Found] = {}
    for a in op.args:
        if isinstance(a, Value) and isinstance(a.type, Array) and a.type.axes is not None:
            k = axis - (rank - len(a.type.axes))
            if k >= 0:
                found.setdefault(a.type.axes[k], (a, k))
    return found.get("n") or found.get("?") or found.get("1")


def inner(item: Arg, axis: int) -> Found:
    """The same of an item of which an array was made."""
    while isinstance(item, Pack) and item.items:
        if axis == 0:
            return len(item.items)
        item, axis = item.items[0], axis - 1
    return (item, axis) if isinstance(item, Value) and isinstance(item.type, Array) else None


def indexed(a: Value, index: Arg, axis: int) -> Found:
    """Of ``a[index]``, which has one list of places at most: the axis that is left whole, or cut out of."""
    rank = a.type.rank if isinstance(a.type, Array) else None
    items = list(index.items) if isinstance(index, Pack) and index.kind == "tuple" else [index]
    if rank is None:
        return None
    lists = [k for k, i in enumerate(items) if isinstance(i, Value) and isinstance(i.type, Array)]
    if len(lists) > 1 or any(items[k].type.rank != 1 or items[k].type.dtype == "bool" for k in lists):  # type: ignore[union-attr]
        return None
    is_new = [isinstance(i, Literal) and i.value is None for i in items]
    dots = [isinstance(i, Literal) and i.value is Ellipsis for i in items]
    used = sum(not new and not dot for new, dot in zip(is_new, dots, strict=True))
    source = place = 0
    for item, new, dot in zip(items, is_new, dots, strict=True):
        if dot:
            many = rank - used
            if axis < place + many:
                return a, source + axis - place
            source, place = source + many, place + many
        elif new:
            if axis == place:
                return 1
            place += 1
        elif isinstance(item, Pack) and item.kind == "slice":
            if axis == place:
                return sliced(a, source, item)
            source, place = source + 1, place + 1
        elif isinstance(item, Value) and isinstance(item.type, Array):
            if axis == place:
                return item, 0
            source, place = source + 1, place + 1
        else:
            source += 1
    return a, source + axis - place


def sliced(a: Value, axis: int, part: Pack) -> Found:
    """Of a slice with known ends."""
    ends = [item.value for item in part.items if isinstance(item, Literal)]
    if len(ends) < 3:
        return None
    return a, axis, slice(*ends)


def option_of(op: Call, name: str, default: Any) -> Any:
    """A known option of a call; None where it is not known."""
    for key, arg in op.kwargs:
        if key == name:
            return constant_of(arg) if is_constant(arg) else None
    return default


__all__ = ["Measures", "source_of"]
