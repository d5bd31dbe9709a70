"""How reading and storing items batch: an index is that of a row with the batch axis before it.

Where the array varies and the index does not, ``a[i, 1:n]`` is ``a[:, i, 1:n]``. An index that varies picks in all rows
at once, ``a[np.arange(len(a)), i]``: NumPy pairs the entries of arrays in an index. Where it puts the axes of such
arrays (in place of them where they stand side by side, else in front) decides what has to be moved afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from s2sad.ir.core import Arg, Atom, Call, Literal, Pack
from s2sad.ir.types import Array, List, Scalar
from s2sad.prims import structure
from s2sad.prims.structure import index_items
from s2sad.rules.batching import COLON, Batch, Result, RowByRow, batches, dtype_ref


@dataclass
class Plan:
    """How an index into a row stands.

    ``together`` counts the axes that its arrays have in common, ``rest`` the other axes of what is read, ``before``
    those of them that come before these; ``apart``: something stands between the arrays.
    """

    items: tuple[Arg, ...]
    together: int
    before: int
    apart: bool
    rest: int
    varies: bool

    @property
    def rank(self) -> int:
        """The number of axes of what is read of one row."""
        return self.together + self.rest


def is_known(item: Arg, value: Any) -> bool:
    return isinstance(item, Literal) and item.value is value


def plan(b: Batch, index: Arg, rank: int) -> Plan:
    items = index_items(index)
    kinds = [kind(b, item) for item in items]
    varies = any(map(b.varies, items))
    paired = {"array", "mask", "number"} if varies or "array" in kinds or "mask" in kinds else set[str]()
    taken = [b.ndim(i) if k == "mask" else 1 for k, i in zip(kinds, items, strict=True) if k not in ("none", "dots")]
    left = rank - sum(taken)
    together, before, rest, first, apart, gap = 0, 0, 0, True, False, False
    for k, item in zip(kinds, items, strict=True):
        if k in paired:
            apart = apart or gap and not first
            before = rest if first else before
            first, gap = False, False
            together = max(together, 1 if k == "mask" or isinstance(item, Pack) else b.ndim(item))
        elif k == "dots":
            if left == 0 and not first:
                raise RowByRow  # whether nothing at all keeps arrays apart is a matter of NumPy's version
            rest, gap = rest + left, True
        elif k in ("slice", "none"):
            rest, gap = rest + 1, True
    if "dots" not in kinds:
        rest += left
    return Plan(items, together, 0 if apart else before, apart, rest, varies)


def kind(b: Batch, item: Arg) -> str:
    """What an entry of an index is; RowByRow for those whose rows do not have one shape."""
    if isinstance(item, Pack):
        if item.kind == "slice":
            if b.varies(item):
                raise RowByRow
            return "slice"
        if b.varies(item) or any(isinstance(i, Pack) or b.ndim(i) for i in item.items):
            raise RowByRow
        return "array"
    if isinstance(item, Literal):
        if item.value is None:
            return "none"
        if item.value is Ellipsis:
            return "dots"
        if isinstance(item.value, bool):
            raise RowByRow
        return "number"
    t = item.type
    if isinstance(t, List) or not isinstance(t, Scalar | Array) or t.dtype == "bool" and isinstance(t, Scalar):
        raise RowByRow
    if t.dtype == "bool":
        if b.varies(item):
            raise RowByRow
        return "mask"
    return "array" if isinstance(t, Array) else "number"


def on_rows(b: Batch, p: Plan, moves: bool) -> tuple[Arg, bool]:
    """The index into all rows, or (``moves`` False) into an array that is the same in every row; and whether the axes
    that arrays of the index have in common come right behind the batch axis, whatever stood before them in a row."""
    if not p.varies and not p.apart:
        items = tuple(map(b.of, p.items)) or (Literal(Ellipsis),)
        if is_known(items[0], Ellipsis):
            return Pack("tuple", items) if len(items) != 1 else items[0], False
        return behind_rows(items), False
    items = tuple(b.aligned(item, p.together) if b.varies(item) else b.of(item) for item in p.items)
    if not moves:
        return (items[0] if len(items) == 1 else Pack("tuple", items)), False
    rows: Atom = b.call("np.arange", b.size)
    if p.together:
        rows = b.call("getitem", rows, Pack("tuple", (COLON, *(Literal(None),) * p.together)))
    return Pack("tuple", (rows, *items)), not p.apart


def behind_rows(items: tuple[Arg, ...]) -> Pack:
    """An index that is the same in every row, behind the batch axis."""
    out = (COLON, *items)
    if not any(is_known(i, Ellipsis) for i in out):
        while len(out) > 1 and out[-1] == COLON:
            out = out[:-1]
    return Pack("tuple", out)


def axes_moved(b: Batch, atom: Atom, source: range, destination: range) -> Atom:
    """An array with neighbouring axes moved."""
    if not len(source) or source == destination:
        return atom
    if len(source) == 1:
        return b.call("np.moveaxis", atom, source[0], destination[0])
    places = (Pack("tuple", tuple(map(Literal, r))) for r in (source, destination))
    return b.call("np.moveaxis", atom, *places)


def read(b: Batch, array: Atom, index: Arg) -> Atom:
    prim = structure.getitem if structure.is_basic(index) else structure.gather
    return b.call(prim, array, index)


@batches("getitem", "gather", way="leading axes")
def getitem(b: Batch, call: Call, moved: set[str]) -> Result:
    a, index = call.args
    if call.results[0] in b.lined:
        return b.call(call.prim, b.front(a), b.atom(index))
    if b.varies(index) and whole_mask(b, index):
        raise RowByRow
    p = plan(b, index, b.ndim(a))
    if not b.varies(a):
        return not_moved(b, p, b.atom(a), index)
    where, in_front = on_rows(b, p, True)
    if is_known(where, Ellipsis):
        return b.atom(a)
    out = read(b, b.atom(a), where)
    if in_front and p.before:
        out = axes_moved(b, out, range(1, 1 + p.together), range(1 + p.before, 1 + p.before + p.together))
    return out


def not_moved(b: Batch, p: Plan, array: Atom, index: Arg) -> Atom:
    """Items of an array that is the same in every row, at places that vary."""
    where, _ = on_rows(b, p, False)
    return b.to_front(read(b, array, where), p.before)


def whole_mask(b: Batch, index: Arg) -> bool:
    """Whether an index is one mask."""
    return not isinstance(index, Pack) and isinstance(index.type, Array) and index.type.dtype == "bool"


@batches("store", "accumulate", "scatter_add", way="leading axes")
def store(b: Batch, call: Call, moved: set[str]) -> Result:
    a, index, value = call.args
    if value in b.lined:
        return b.call(call.prim, b.front(a), b.atom(index), b.atom(value))
    if whole_mask(b, index) and call.prim is structure.store:
        masked = stored_by_mask(b, a, index, value)
        if masked is not None:
            return masked
    p = plan(b, index, b.ndim(a))
    where, in_front = on_rows(b, p, True)
    if isinstance(value, Pack):
        raise RowByRow
    given = b.aligned(value, p.rank) if b.varies(value) else b.atom(value)
    if in_front and p.before and p.together and b.ndim(value) > p.rest - p.before:
        given = turned(b, value, p)
    return b.call(call.prim, b.front(a), where, given)


def turned(b: Batch, value: Arg, p: Plan) -> Atom:
    """What is stored, with the axes that arrays of the index have in common in front of the others."""
    if b.varies(value):
        full, first = b.aligned(value, p.rank), 1
    else:
        full, first = b.atom(value), 0
        missing = p.rank - b.ndim(value)
        if missing:
            full = b.call("getitem", full, Pack("tuple", (Literal(None),) * missing))
    source = range(first + p.before, first + p.before + p.together)
    return axes_moved(b, full, source, range(first, first + p.together))


def stored_by_mask(b: Batch, a: Arg, mask: Arg, value: Arg) -> Result | None:
    """A number stored where a mask of the whole array says so: by the mask of all rows, or chosen item by item."""
    if isinstance(value, Pack) or b.ndim(value):
        return None
    if b.varies(mask) and not b.varies(value):
        return b.call(structure.store, b.front(a), b.atom(mask), b.atom(value))
    if b.varies(mask) and b.ndim(mask) == b.ndim(a) and isinstance(a.type, Array):
        chosen = b.call("np.where", b.atom(mask), b.aligned(value, b.ndim(a)), b.front(a))
        return b.call("astype", chosen, dtype_of(a)) if chosen.type.dtype != a.type.dtype else chosen  # type: ignore[union-attr]
    return None


def dtype_of(a: Arg) -> Arg:
    return dtype_ref(a.type.dtype)  # type: ignore[union-attr]
