"""How the language's own operations batch: reading and storing items, sizes, lists, containers."""

from __future__ import annotations

from dataclasses import dataclass

from s2sad.ir.core import Arg, Atom, Call, Literal, Pack, Value
from s2sad.ir.types import Array, List, Scalar, Struct, rank
from s2sad.ir.walk import map_arg
from s2sad.prims import structure
from s2sad.prims.structure import index_items
from s2sad.rules.batching import COLON, Batch, Result, RowByRow, batches, dtype_ref


def is_colon(item: Arg) -> bool:
    return item == COLON


def is_array_like(item: Arg) -> bool:
    """Whether an entry of an index picks one by one: an int, or integers or booleans in an array or a list."""
    if isinstance(item, Pack):
        return item.kind != "slice"
    return not (isinstance(item, Literal) and (item.value is None or item.value is Ellipsis))


@dataclass
class Picked:
    """Where the axes of what is picked one by one are in the result: ``place``; ``count`` of them."""

    place: int
    count: int


def picked(b: Batch, a: Arg, items: tuple[Arg, ...], all_rows: bool) -> Picked:
    """For an index of a row; ``all_rows``: with an int that varies taken for an array."""
    total = b.ndim(a)
    consumed = sum(
        b.ndim(i) if is_mask(i) else 1 for i in items
        if not (isinstance(i, Literal) and (i.value is None or i.value is Ellipsis))
    )  # fmt: skip
    if not any(isinstance(i, Literal) and i.value is Ellipsis for i in items):
        items = (*items, Literal(Ellipsis))
    arrays = all_rows or any(is_array(i) for i in items)
    place, out, pending, apart, count = -1, 0, 0, False, 0
    for item in items:
        if isinstance(item, Literal) and item.value is Ellipsis:
            out, pending = out + total - consumed, pending + total - consumed
        elif not is_array_like(item):
            out, pending = out + 1, pending + 1
        elif arrays:
            if place < 0:
                place = out
            elif pending:
                apart = True
            pending = 0
            count = max(count, 1 if isinstance(item, Pack) or is_mask(item) else b.ndim(item))
    return Picked(0 if apart or place < 0 else place, count)


def is_mask(item: Arg) -> bool:
    return isinstance(item.type, Array | Scalar) and item.type.dtype == "bool"


def is_array(item: Arg) -> bool:
    return isinstance(item, Pack) and item.kind != "slice" or isinstance(item.type, Array | List) or is_mask(item)


def behind_rows(index: tuple[Arg, ...]) -> Pack:
    """An index that is the same in every row, behind the batch axis."""
    items = (COLON, *index)
    if not any(isinstance(i, Literal) and i.value is Ellipsis for i in items):
        while len(items) > 1 and is_colon(items[-1]):
            items = items[:-1]
    return Pack("tuple", items)


def of_every_row(b: Batch, a: Arg, items: tuple[Arg, ...], a_varies: bool) -> Pack:
    """An index that varies, over all rows."""
    if any(isinstance(i, Pack) and b.varies(i) or is_mask(i) for i in items):
        raise RowByRow
    if any(isinstance(i.type, List) for i in items if not isinstance(i, Pack)):
        raise RowByRow
    where = picked(b, a, items, True)
    new: list[Arg] = [b.aligned(i, where.count) if not isinstance(i, Pack) and b.varies(i) else i for i in items]
    if not a_varies:
        return Pack("tuple", tuple(new))
    rows: Atom = b.call("np.arange", b.size)
    if where.count:
        rows = b.call("getitem", rows, Pack("tuple", (COLON, *(Literal(None),) * where.count)))
    return Pack("tuple", (rows, *new))


@batches("getitem", "gather")
def read(b: Batch, call: Call, moved: set[str]) -> Result:
    a, index = call.args
    items = index_items(index)
    where = picked(b, a, items, "index" in moved)
    rows = b.atom(a)
    if "index" not in moved:
        out: Atom = b.call(call.prim, rows, behind_rows(items))
        if is_separated(items) and where.count:  # the axes of what is picked come first, before that of the batch
            return b.call("np.moveaxis", out, where.count, 0)
        return out
    new = of_every_row(b, a, items, "a" in moved)
    out = b.call("gather", rows, new)
    if "a" not in moved:
        return b.to_front(out, where.place)
    own = picked(b, a, items, False)
    if where.count and own.place:
        source = tuple(range(1, where.count + 1))
        target = tuple(k + own.place for k in source)
        return b.call("np.moveaxis", out, source, target)
    return out


def is_separated(items: tuple[Arg, ...]) -> bool:
    """Whether what is picked one by one stands in two places of an index, with slices between."""
    if not any(is_array(i) for i in items):
        return False
    flags = [is_array_like(i) for i in items]
    first, last = flags.index(True), len(flags) - 1 - flags[::-1].index(True)
    return not all(flags[first : last + 1])


@batches("store", "accumulate", "scatter_add")
def write(b: Batch, call: Call, moved: set[str]) -> Result:
    a, index, value = call.args
    items = index_items(index)
    slot = rank(structure.getitem.infer(a, index))  # type: ignore[arg-type]
    if slot is None or isinstance(value, Pack):
        raise RowByRow
    if is_mask(index) and "index" in moved:
        if call.prim.name != "store" or b.ndim(index) != b.ndim(a) or b.ndim(value):
            raise RowByRow
        if "value" not in moved:
            return b.call("store", b.front(a), b.atom(index), value)
        new = b.call("np.where", b.atom(index), b.aligned(value, b.ndim(a)), b.front(a))
        assert isinstance(a.type, Array) and isinstance(new.type, Array)
        return new if new.type.dtype == a.type.dtype else cast(b, new, a.type.dtype)
    given = b.aligned(value, slot)
    if "index" not in moved:
        if is_separated(items):
            raise RowByRow
        return b.call(call.prim, b.front(a), behind_rows(items), given)
    where = picked(b, a, items, True)
    if where.count and (picked(b, a, items, False).place or b.ndim(value) not in (0, slot)):
        raise RowByRow
    rows, place = b.front(a), of_every_row(b, a, items, True)
    if call.prim.name == "accumulate":
        return b.call("store", rows, place, b.call("add", b.call("gather", rows, place), given))
    return b.call(call.prim, rows, place, given)


def cast(b: Batch, atom: Atom, dtype: str) -> Value:
    return b.call("astype", atom, dtype_ref(dtype))


# -- sizes: the same in every row ------------------------------------------------------------------------------------


@batches("dim")
def dim(b: Batch, call: Call, moved: set[str]) -> Result:
    a, axis = call.args
    assert isinstance(axis, Literal)
    return b.call("dim", b.atom(a), axis.value if axis.value < 0 else axis.value + 1)


@batches("shape", "np.ndim", "np.size")
def of_a_row(b: Batch, call: Call, moved: set[str]) -> Result:
    return b.call(call.prim, b.call("getitem", b.atom(call.args[0]), 0))


@batches("zero_of", "np.zeros_like", "np.ones_like", "np.empty_like", "np.copy", "ndarray.copy")
def alike(b: Batch, call: Call, moved: set[str]) -> Result:
    return b.again(call)


@batches("not")
def negated(b: Batch, call: Call, moved: set[str]) -> Result:
    return b.call("np.logical_not", b.atom(call.args[0]))


# -- lists and containers: as many items in every row, each of them for all rows ---------------------------------------


def fronts(b: Batch, arg: Arg) -> Arg:
    """All rows of everything in a structure that holds numbers."""
    return map_arg(arg, lambda a: b.front(a) if isinstance(a.type, Array | Scalar | List | Struct) else a)


def same_in_every_row(b: Batch, *args: Arg) -> None:
    if any(map(b.varies, args)):
        raise RowByRow


@batches("list_new", "build")
def made_of(b: Batch, call: Call, moved: set[str]) -> Result:
    return b.calls(call.prim, *(fronts(b, a) for a in call.args))[0]


@batches("list_repeat")
def list_repeat(b: Batch, call: Call, moved: set[str]) -> Result:
    same_in_every_row(b, call.args[1])
    return b.call(call.prim, fronts(b, call.args[0]), call.args[1])


@batches("list_append", "list_concat", "list_add")
def both(b: Batch, call: Call, moved: set[str]) -> Result:
    return b.call(call.prim, *(fronts(b, a) for a in call.args))


@batches("list_get", "list_slice", "item")
def reached(b: Batch, call: Call, moved: set[str]) -> Result:
    same_in_every_row(b, call.args[1])
    return b.call(call.prim, b.atom(call.args[0]), call.args[1])


@batches("list_pop")
def list_pop(b: Batch, call: Call, moved: set[str]) -> Result:
    return b.calls(call.prim, b.atom(call.args[0]))


@batches("list_len")
def list_len(b: Batch, call: Call, moved: set[str]) -> Result:
    return b.call(call.prim, b.atom(call.args[0]))


@batches("list_set", "list_accumulate")
def list_set(b: Batch, call: Call, moved: set[str]) -> Result:
    a, index, value = call.args
    same_in_every_row(b, index)
    return b.call(call.prim, fronts(b, a), index, fronts(b, value))

