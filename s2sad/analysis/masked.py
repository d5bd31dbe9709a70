"""Which values stand for the items that a mask picks, where the mask is another one in every row of a batch.

Of such items there are unlike numbers in every row. As long as they are only computed with item by item, and stored by
the same mask, those of all rows may stand in one line: ``y[m] = np.log(x[m])`` is the same for one row and for many.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from s2sad.ir.core import Arg, Call, Literal, Op, Pack, Value, operands, regions, values_of
from s2sad.ir.types import Array, Scalar
from s2sad.ir.walk import all_ops
from s2sad.prims import structure


def in_one_line(ops: Sequence[Op], varies: set[Value], results: Sequence[Value]) -> set[Value]:
    """The values of all rows in one line; ``results`` are read behind the operations."""
    made: dict[Value, Hashable] = {}
    found: dict[Value, Hashable] = {}  # each with its mask
    readers: dict[Value, list[Op | None]] = {v: [None] for v in results}
    for op in all_ops(ops):
        for v in operands(op):
            readers.setdefault(v, []).append(op)
        for region in regions(op):
            for v in values_of(*region.yields):
                readers.setdefault(v, []).append(None)
        if isinstance(op, Call) and len(op.results) == 1:
            note(op, made)
            mask = mask_of(op, made, found, varies)
            if mask is not None:
                found[op.results[0]] = mask
    out = set(found)
    while True:
        gone = {v for v in out if not all(goes_on(op, v, made, found, out) for op in readers.get(v, ()))}
        if not gone:
            return out
        out -= gone


def note(op: Call, made: dict[Value, Hashable]) -> None:
    """Masks that are made alike are one: ``x > 0`` and ``x > 0``."""
    (result,) = op.results
    alike = isinstance(result.type, Array) and result.type.dtype == "bool" and op.prim.elementwise and not op.kwargs
    if alike and not any(isinstance(a, Pack) for a in op.args):
        made[result] = (op.prim.name, *(made.get(a, a) if isinstance(a, Value) else a for a in op.args))


def key(index: Arg, made: dict[Value, Hashable]) -> Hashable | None:
    """What tells a mask from others; None for an index that is no mask."""
    if not isinstance(index, Value) or not isinstance(index.type, Array) or index.type.dtype != "bool":
        return None
    return made.get(index, index)


def mask_of(
    op: Call, made: dict[Value, Hashable], found: dict[Value, Hashable], varies: set[Value]
) -> Hashable | None:
    """The mask that the result of a call is picked by."""
    if op.prim is structure.gather:
        a, index = op.args
        whole = isinstance(a.type, Array) and isinstance(index.type, Array) and a.type.axes is not None
        whole = whole and index.type.axes is not None and len(a.type.axes) == len(index.type.axes)  # type: ignore[union-attr, arg-type]
        return key(index, made) if whole and index in varies else None
    if not op.prim.elementwise or any(isinstance(a, Pack) for a in op.args):
        return None
    masks = {found[a] for a in op.args if isinstance(a, Value) and a in found}
    plain = all(
        isinstance(a, Value) and a in found or isinstance(a.type, Scalar) and a not in varies
        or isinstance(a, Literal) and a.value is None or not isinstance(a.type, Array | Scalar)
        for a in (*op.args, *(a for _, a in op.kwargs))
    )  # fmt: skip
    return masks.pop() if len(masks) == 1 and plain else None


def goes_on(
    op: Op | None, value: Value, made: dict[Value, Hashable], found: dict[Value, Hashable], still: set[Value]
) -> bool:
    """Whether an operation may read a value as one line of all rows."""
    if not isinstance(op, Call) or len(op.results) != 1:
        return False
    if op.prim in (structure.store, structure.accumulate):
        array, index, given = op.args
        return given is value and array is not value and key(index, made) == found[value]
    return op.prim.elementwise and op.results[0] in still
