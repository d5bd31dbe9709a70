"""Places in arrays, in branches that go another way in every row.

``t[i + 1, j] = …`` on both sides of a branch is one store behind it, if ``i + 1`` is seen to be the same on both: sums
of integers are computed before the branch, once. What a side reads at such a place of an array from around, it reads
for the rows that take it (``t[mask, i, j]``), and not of a copy of these rows.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from s2sad.ir.core import Arg, Atom, Call, If, Literal, Op, Pack, Region, Value, values_of
from s2sad.ir.types import Array, Scalar
from s2sad.ir.walk import substitute
from s2sad.prims import structure
from s2sad.prims.structure import index_items
from s2sad.rules.batching import Batch

if TYPE_CHECKING:
    from s2sad.transforms.batch import Batcher

SUMS = frozenset({"add", "sub", "mul", "neg"})


def with_sums_before(w: Batcher, op: If) -> tuple[tuple[Call, ...], If]:
    """The sums of integers from around that the sides of a branch compute, and the branch without them."""
    known: dict[object, Value] = {}
    before: list[Call] = []

    def without(region: Region) -> Region:
        out = {r for o in region.ops for r in o.results} | w.unsure  # of reach before the branch
        moved: dict[Value, Arg] = {}
        kept: list[Op] = []
        for inner in region.ops:
            inner = substitute(inner, moved)
            if not isinstance(inner, Call) or not is_sum(inner) or any(v in out for v in values_of(*inner.args)):
                kept.append(inner)
                continue
            key = inner.prim.name, tuple((type(a.value), a.value) if isinstance(a, Literal) else a for a in inner.args)
            if key not in known:
                known[key] = inner.result
                before.append(inner)
            moved[inner.result] = known[key]
            out.discard(inner.result)
        yields = tuple(moved.get(y, y) if isinstance(y, Value) else y for y in region.yields)
        return replace(region, ops=tuple(kept), yields=yields)  # type: ignore[arg-type]

    then, orelse = without(op.then), without(op.orelse)
    return tuple(before), replace(op, then=then, orelse=orelse) if before else op


def is_sum(op: Call) -> bool:
    """Whether an operation is a sum or product of integers, which cannot fail."""
    if op.prim.name not in SUMS or op.kwargs or len(op.results) != 1:
        return False
    types = [op.results[0].type, *(a.type for a in op.args if not isinstance(a, Pack))]
    return len(types) == len(op.args) + 1 and all(isinstance(t, Scalar) and t.dtype[0] == "i" for t in types)


def items_apart(w: Batcher, region: Region) -> tuple[Region, list[Call]]:
    """A side without the items that it reads, at places that are the same in every row, of arrays from around."""
    born = {r for o in region.ops for r in o.results}
    apart = [op for op in region.ops if isinstance(op, Call) and is_item(w, op, born)]
    if not apart:
        return region, []
    return replace(region, ops=tuple(o for o in region.ops if o not in apart)), apart


def is_item(w: Batcher, op: Call, born: set[Value]) -> bool:
    array: Arg = op.args[0] if op.args else Literal(None)
    if op.prim is not structure.getitem or not isinstance(array, Value) or array in born or array in w.unsure:
        return False
    if not isinstance(array.type, Array) or array not in w.b.rows or not structure.is_basic(op.args[1]):
        return False
    items = [i for i in index_items(op.args[1]) if not isinstance(i, Pack)]
    if len(items) < len(index_items(op.args[1])) or any(v in born or w.varies_in_rows(v) for v in values_of(*items)):
        return False  # a slice; another place in every row
    return all(isinstance(i.type, Scalar) and i.type.dtype[0] == "i" for i in items)


def read_items(w: Batcher, part: Batch, mask: Atom, apart: list[Call]) -> None:
    """Read these items for the rows in a mask."""
    for op in apart:
        array = op.args[0]
        assert isinstance(array, Value)
        index = Pack("tuple", (mask, *(w.b.of(i) for i in index_items(op.args[1]))))
        part.rows[op.result] = w.b.call("gather", w.b.rows[array], index)
