"""Whether an index names no place twice: then what is added at these places can be added all at once.

``np.add.at`` is for indices that do; what comes out of ``np.argsort``, ``np.flatnonzero`` or ``np.arange``, or is
written as a list of unlike numbers, does not. Places count from the front: -1 and n - 1 are one place of n.
"""

from __future__ import annotations

from collections.abc import Mapping

from s2sad.analysis.sizes import Sizes
from s2sad.ir.core import Arg, Call, Literal, Pack, Value
from s2sad.ir.types import Array, Scalar, axes
from s2sad.prims import structure

ORDERS = ("np.argsort", "np.argpartition", "np.lexsort", "row_order", "np.flatnonzero")
"""What gives each place of a vector once, or some of them."""

PLACES = ("np.nonzero", "np.triu_indices", "np.tril_indices")
"""What gives places as indices for each axis: they differ where all of the indices are there."""

SAME_ITEMS = (
    "np.array", "np.asarray", "np.copy", "ndarray.copy", "astype", "np.ravel", "np.flip", "np.roll", "np.sort",
)  # fmt: skip
"""What gives the items that it is given, in one order or another."""

Makers = Mapping[Value, Call]


def names_no_place_twice(index: Arg, sizes: Sizes) -> bool:
    """Whether the places that an advanced index names all differ."""
    items = [i for i in structure.index_items(index) if _is_advanced(i)]
    if len(items) == 1:
        return differ(items[0], sizes.makers)
    if any(isinstance(i, Pack) or not isinstance(i.type, Array) or i.type.axes is None for i in items):
        return False
    return _all_of_one_call(items, sizes.makers) or _pairs_rows(items, sizes) or _is_grid(items, sizes.makers)


def differ_along(indices: Arg, shape: Arg, axis: int, sizes: Sizes) -> bool:
    """Whether indices for ``np.take_along_axis`` of an array of this shape differ in each line along the axis."""
    where = axes(indices.type) if isinstance(indices, Value) else None
    whole = sizes.sizes_of(shape)
    if where is None or len(where) != len(whole) or not isinstance(indices, Value):
        return False
    axis, own, makers = axis % len(where), sizes.shape(indices) or (), sizes.makers
    if any(known != "1" and k != axis and own[k] != whole[k] for k, known in enumerate(where)):
        return False  # a line of the array may be one for several lines of indices
    if where[axis] == "1" or len(where) == 1 and differ(indices, makers):
        return True
    while True:
        op = makers.get(indices) if isinstance(indices, Value) else None
        if op is None:
            return False
        if op.prim.name in ("np.argsort", "np.argpartition"):
            given = op.args[2] if len(op.args) > 2 else dict(op.kwargs).get("axis", Literal(-1))
            along = given.value if isinstance(given, Literal) else None
            return isinstance(along, int) and (axis - along) % len(where) == 0
        kept = op.prim is structure.getitem and all(map(_is_slice, structure.index_items(op.args[1])))
        if not kept and op.prim.name != "np.flip":
            return False
        indices = op.args[0]


def differ(items: Arg, makers: Makers) -> bool:
    """Whether the items of a vector of places are all different, from whichever end they are counted."""
    if isinstance(items, Pack):
        numbers = [i.value for i in items.items if isinstance(i, Literal) and type(i.value) is int]
        one_end = all(n >= 0 for n in numbers) or all(n < 0 for n in numbers)
        return items.kind == "list" and len(set(numbers)) == len(items.items) and one_end
    if not isinstance(items, Value) or len(axes(items.type) or ()) != 1:
        return False
    op = makers.get(items)
    if op is None:
        return False
    name, args = op.prim.name, op.args
    if name in ORDERS:
        return True
    if name == "np.arange":
        return _counts_from_one_end(op)
    if name in SAME_ITEMS:
        dtype = items.type.dtype if isinstance(items.type, Array) else ""
        wide = dtype in ("i64", "u64") or not isinstance(args[0], Pack) and getattr(args[0].type, "dtype", "") == dtype
        whole = isinstance(args[0], Pack) or isinstance(args[0].type, Array) and args[0].type.dtype[0] in "iu"
        return wide and whole and differ(args[0], makers)  # in a few bits 0 and 256 are one
    if op.prim is structure.getitem:
        return all(map(_is_slice, structure.index_items(args[1]))) and differ(args[0], makers)
    if op.prim is structure.gather:
        chosen = args[1]
        mask = isinstance(chosen, Value) and isinstance(chosen.type, Array) and chosen.type.dtype == "bool"
        return differ(args[0], makers) and (mask or differ(chosen, makers))
    return False


def _is_slice(item: Arg) -> bool:
    return isinstance(item, Pack) and item.kind == "slice"


def _is_advanced(item: Arg) -> bool:
    if isinstance(item, Pack):
        return item.kind != "slice"
    return not isinstance(item, Literal) and not isinstance(item.type, Scalar)


def _counts_from_one_end(op: Call) -> bool:
    """Whether a range goes from 0 or above up, or down to 0: then no number in it is below 0."""
    given = {**dict(zip(("start", "stop", "step"), op.args, strict=False)), **dict(op.kwargs)}
    if "stop" not in given or given["stop"] == Literal(None):
        return True
    start, stop, step = given["start"], given["stop"], given.get("step", Literal(1))
    if step in (Literal(None), Literal(1)) or isinstance(step, Literal) and type(step.value) is int and step.value > 0:
        return isinstance(start, Literal) and type(start.value) is int and start.value >= 0
    down = isinstance(step, Literal) and type(step.value) is int and step.value < 0
    return down and isinstance(stop, Literal) and type(stop.value) is int and stop.value >= -1


def _all_of_one_call(items: list[Arg], makers: Makers) -> bool:
    """All indices that a function gives, each for one axis."""
    ops = [makers.get(i) for i in items if isinstance(i, Value)]
    op = ops[0]
    return op is not None and all(o is op for o in ops) and op.prim.name in PLACES and set(items) == set(op.results)


def _pairs_rows(items: list[Arg], sizes: Sizes) -> bool:
    """Places that differ in one axis, paired with something in the others: one with each, so that none comes twice."""
    vectors = [i for i in items if isinstance(i, Value)]
    if any(len(axes(i.type) or ()) != 1 for i in vectors):
        return False
    for rows in vectors:
        if differ(rows, sizes.makers):  # and is not repeated itself, to meet a longer one
            alone = axes(rows.type) == ("n",) or all(axes(i.type) == ("1",) for i in vectors)
            if alone or all(sizes.same(rows, i) for i in vectors):
                return True
    return False


def _is_grid(items: list[Arg], makers: Makers) -> bool:
    """Each index with an axis of its own (``np.ix_``), along which it differs."""
    taken: set[int] = set()
    for item in items:
        known = axes(item.type) or () if isinstance(item, Value) else ()
        own = [k - len(known) for k, axis in enumerate(known) if axis != "1"]
        if len(own) != 1 or own[0] in taken or not _differ_spread(item, makers):
            return False
        taken.add(own[0])
    return True


def _differ_spread(item: Arg, makers: Makers) -> bool:
    """Whether an index differs that may be a vector with axes of length 1 around it."""
    op = makers.get(item) if isinstance(item, Value) else None
    if op is not None and op.prim.name in ("np.expand_dims", "np.reshape"):
        return differ(op.args[0], makers)
    if op is not None and op.prim is structure.getitem:
        whole = Pack("slice", (Literal(None),) * 3)
        spread = all(i in (whole, Literal(None)) for i in structure.index_items(op.args[1]))
        return spread and differ(op.args[0], makers)
    return differ(item, makers)
