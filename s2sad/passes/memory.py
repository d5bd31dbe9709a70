"""Rules about what is stored and read again: a read of what was just stored, a sum with a cell that is still zero."""

from __future__ import annotations

from s2sad.analysis.distinct import differ_along
from s2sad.ir.core import Arg, Atom, Call, Pack, Value
from s2sad.ir.core import Literal as Constant
from s2sad.ir.types import Array, List, Scalar, Struct
from s2sad.passes.context import Context, Rule
from s2sad.passes.facts import fits
from s2sad.passes.rewriter import same_arg
from s2sad.prims import creation, structure
from s2sad.prims.python import add
from s2sad.prims.shaping import placed_along_axis

MOST_CELLS = 8  # of a vector that is written cell by cell


def _read(context: Context, op: Call) -> Atom | None:
    """``store(A, i, v)[i]`` is ``v``, where ``v`` is neither converted nor broadcast by the store."""
    stored = context.facts.definition(op.args[0], "store")
    if stored is None or not same_arg(stored.args[1], op.args[1]):
        return None
    value, t = stored.args[2], op.result.type
    if isinstance(t, Scalar):
        return value if value.type == t else None  # type: ignore[return-value]
    exact = isinstance(t, Array) and t.axes is not None and "?" not in t.axes
    return value if exact and value.type == t else None  # type: ignore[return-value]


def _first_sum(context: Context, op: Call) -> Call | None:
    """Adding to a cell of a zero cotangent is storing."""
    array, index, value = op.args
    if context.facts.definition(array, "zero_of") is None or not context.facts.single(array):
        return None
    if not isinstance(array.type, Array) or not isinstance(value.type, Array | Scalar):
        return None
    return context.again(op, structure.store, array, index, value) if value.type.dtype == array.type.dtype else None


def _cells(context: Context, array: Arg) -> tuple[dict[int, Atom], Call] | None:
    """What a new zero vector holds cell by cell, stored under plain numbers and read by nobody since."""
    cells: dict[int, Atom] = {}
    while True:
        op = context.facts.definition(array, "store", "zero_of")
        if op is None or not context.facts.single(array):
            return None
        if op.prim is structure.zero_of:
            return (cells, op) if isinstance(op.result.type, Array) and len(op.result.type.axes or ()) == 1 else None
        array, index, value = op.args
        if isinstance(index, Pack) and len(index.items) == 1:
            (index,) = index.items
        if not isinstance(index, Constant) or type(index.value) is not int or index.value < 0:
            return None
        assert not isinstance(value, Pack)
        cells.setdefault(index.value, value)


def is_float(value: Arg) -> bool:
    return isinstance(value.type, Scalar) and value.type.dtype == "f64"


def _other_cell(context: Context, op: Call) -> Call | None:
    """Adding to a cell of a zero vector that nothing was stored in yet is storing."""
    array, index, value = op.args
    found = _cells(context, array)
    if found is None or not isinstance(index, Constant) or type(index.value) is not int or index.value < 0:
        return None
    if index.value in found[0] or not is_float(value):
        return None
    return context.again(op, structure.store, array, index, value)


def _filled(context: Context, op: Call) -> Call | None:
    """A zero vector of which every cell is stored is made of what is stored."""
    found = _cells(context, op.args[0])
    index, value = op.args[1:]
    if found is None or not isinstance(index, Constant) or type(index.value) is not int or isinstance(value, Pack):
        return None
    cells = {**found[0], index.value: value}
    if not 1 < len(cells) <= MOST_CELLS or sorted(cells) != list(range(len(cells))):
        return None
    if not all(map(is_float, cells.values())) or context.facts.count(found[1].args[0]) != len(cells):
        return None
    return context.again(op, creation.array, Pack("list", tuple(cells[k] for k in sorted(cells))))


def _overwritten(context: Context, op: Call) -> Call | None:
    """Of two stores through one index the first leaves nothing behind."""
    earlier = context.facts.definition(op.args[0], "store", "accumulate")
    if earlier is None or not same_arg(earlier.args[1], op.args[1]) or not context.facts.single(op.args[0]):
        return None
    return context.again(op, structure.store, earlier.args[0], *op.args[1:])


def _part_of_part(context: Context, op: Call) -> Call | None:
    """Adding to a part of an array what is zero but for a part of its own is adding that: ``x_bar[i, j] += v``."""
    array, index, value = op.args
    stored = context.facts.definition(value, "store")
    if stored is None or not context.facts.single(value) or not isinstance(value, Value):
        return None
    if context.facts.definition(stored.args[0], "zero_of") is None or not isinstance(array, Value):
        return None
    if not isinstance(value.type, Array) or not isinstance(array.type, Array) or value.type.dtype != array.type.dtype:
        return None
    place, shape = context.facts.sizes.indexed(array, index), context.facts.shape(value)
    if place is None or shape is None or tuple(place) != shape:
        return None
    path = structure.part_of_part(array.type, index, stored.args[1])
    return None if path is None else context.again(op, structure.accumulate, array, path, stored.args[2])


def _cleared_sum(context: Context, op: Call) -> Call | None:
    """Adding to an item of a list that was just cleared is storing."""
    cleared = context.facts.definition(op.args[0], "list_set")
    if cleared is None or not same_arg(cleared.args[1], op.args[1]) or not context.facts.single(op.args[0]):
        return None
    if not _is_zero(context, cleared.args[2]) or cleared.args[2].type != op.args[2].type:
        return None
    return context.again(op, structure.list_set, cleared.args[0], op.args[1], op.args[2])


def _added_item(context: Context, op: Call) -> Call | None:
    """Adding a list of zeros but for one item is adding that: ``pairs[i][1] += v``."""
    built = context.facts.definition(op.args[2], "build")
    pack = built.args[0] if built is not None else None
    if not isinstance(pack, Pack) or pack.kind != "list" or isinstance(op.args[1], Pack) and op.args[1].kind == "slice":
        return None
    left = [k for k, item in enumerate(pack.items) if not _is_nothing(item)]
    if len(left) != 1:
        return None
    (k,) = left
    item = pack.items[k]
    path = Pack("tuple", (*structure.index_items(op.args[1]), Constant(k)))
    there = structure.item_at(op.args[0].type, path.items)
    if not isinstance(item.type, Scalar) or not isinstance(there, Scalar) or there.dtype != item.type.dtype:
        return None
    return context.again(op, structure.list_accumulate, op.args[0], path, item)


def _is_nothing(item: Arg) -> bool:
    return isinstance(item, Constant) and type(item.value) is float and item.value == 0.0


def _is_zero(context: Context, value: Arg) -> bool:
    if context.facts.definition(value, "zero_of") is not None:
        return True
    built = context.facts.definition(value, "build")
    items = built.args[0].items if built is not None and isinstance(built.args[0], Pack) else ()
    return bool(items) and all(map(_is_nothing, items))


def _replaced_item(context: Context, op: Call) -> Call | None:
    """Of two items stored in one place of a list the first leaves nothing behind."""
    earlier = context.facts.definition(op.args[0], "list_set")
    if earlier is None or not same_arg(earlier.args[1], op.args[1]) or not context.facts.single(op.args[0]):
        return None
    return context.again(op, structure.list_set, earlier.args[0], *op.args[1:])


def _same_item(context: Context, op: Call) -> Atom | None:
    """An item that is put where it was taken from."""
    taken = context.facts.definition(op.args[2], "list_get")
    if taken is None or taken.args[0] is not op.args[0] or not same_arg(taken.args[1], op.args[1]):
        return None
    return op.args[0] if op.args[0].type == op.result.type else None  # type: ignore[return-value]


def _read_item(context: Context, op: Call) -> Atom | None:
    """An item of a list that was just stored there."""
    stored = context.facts.definition(op.args[0], "list_set")
    if stored is None or not same_arg(stored.args[1], op.args[1]):
        return None
    return stored.args[2] if stored.args[2].type == op.result.type else None  # type: ignore[return-value]


def _item(context: Context, op: Call) -> Atom | None:
    """An item of a structure that was built here."""
    built = context.facts.definition(op.args[0], "build")
    key = op.args[1]
    if built is None or not isinstance(key, Constant):
        return None
    pack = built.args[0]
    if not isinstance(pack, Pack):
        return None
    keys = pack.keys or tuple(range(len(pack.items)))
    found: Arg | None = pack.items[keys.index(key.value)] if key.value in keys else None
    return None if found is None or not fits(found, op.result.type) else found  # type: ignore[return-value]


def _sum_of(context: Context, op: Call, x: Arg, y: Arg) -> Atom | None:
    return context.part(op, structure.list_add if isinstance(x.type, List | Struct) else add, x, y)


def _sum_of_built(context: Context, op: Call) -> Call | None:
    """The sum of two structures that were built here. They are of one value, zeros in one as long as the other's."""
    both = [context.facts.definition(a, "build") for a in op.args]
    packs = [b.args[0] for b in both if b is not None]
    if len(packs) != 2 or not isinstance(op.result.type, Struct):
        return None
    a, b = packs
    assert isinstance(a, Pack) and isinstance(b, Pack)
    items: list[Arg] = []
    for x, y, t in zip(a.items, b.items, op.result.type.items, strict=True):
        kept = [v for v in (x, y) if not _is_nothing(v) and context.facts.definition(v, "zero_of") is None] or [x]
        total: Arg | None = kept[0] if len(kept) == 1 and fits(kept[0], t) else _sum_of(context, op, x, y)
        if total is None:
            return None
        items.append(total)
    return context.again(op, structure.build, Pack(a.kind, tuple(items), a.keys, a.cls))


def _empty(context: Context, op: Call) -> Call | None:
    """The zero of an empty list is an empty list."""
    made = context.facts.definition(op.args[0], "list_new")
    return Call(structure.list_new, (), op.results, (), op.loc) if made is not None and not made.args else None


def _along_distinct(context: Context, op: Call) -> Call | None:
    """Nothing has to be added where indices name no place of a line twice."""
    axis = op.args[3] if len(op.args) > 3 else dict(op.kwargs).get("axis", Constant(-1))
    if not isinstance(axis, Constant) or type(axis.value) is not int:
        return None
    g, indices, shape = op.args[:3]
    if not differ_along(indices, shape, axis.value, context.facts.sizes):
        return None
    return context.again(op, placed_along_axis, g, indices, shape, axis=axis)


MEMORY: dict[str, tuple[Rule, ...]] = {
    "list_add": (_sum_of_built,),
    "getitem": (_read,),
    "accumulate": (_first_sum, _other_cell, _part_of_part),
    "add_along_axis": (_along_distinct,),
    "store": (_overwritten, _filled),
    "list_accumulate": (_added_item, _cleared_sum),
    "list_set": (_same_item, _replaced_item),
    "list_get": (_read_item,),
    "item": (_item,),
    "zero_of": (_empty,),
}
