"""Control flow that goes another way in every row, for all rows at once.

Where a branch hangs on the row, both its sides are computed for all rows and chosen from (``np.where``), if that is
cheap and nothing can go wrong in rows that do not take a side; else each side is computed for the rows that take it
(``y[mask] = f(x[mask])``). A loop runs as long as some row is in it, with a mask of those that are. A check that raises
looks at all rows and raises what the first row that fails would.

Lists do not fit here (they would have another length in every row), nor does what has to be done row after row; then
``RowByRow`` is raised, and the rows go one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from s2sad.ir.core import (
    UNDEFINED,
    Apply,
    Arg,
    Atom,
    Call,
    For,
    If,
    Literal,
    Op,
    Pack,
    Region,
    Value,
    While,
    operands,
    values_of,
)
from s2sad.ir.types import BOOL, Array, Scalar, Type, join_all, rank
from s2sad.ir.walk import all_ops, copy_ops, free_values, reads
from s2sad.prims import structure
from s2sad.prims.primitive import REGISTRY
from s2sad.prims.structure import index_items
from s2sad.rules.batching import COLON, Batch, RowByRow, batched_type, dtype_ref
from s2sad.transforms.indices import items_apart, read_items, with_sums_before

if TYPE_CHECKING:
    from s2sad.transforms.batch import Batcher

_QUIET = """
    add sub mul neg pos abs eq ne lt le gt ge and_ or_ xor invert not min max astype bool float int dim np.sin np.cos
    np.tanh np.arctan np.arcsinh np.floor np.ceil np.rint np.trunc np.sign np.fabs np.square np.maximum np.minimum
    np.where np.logical_not np.logical_and np.logical_or np.isnan np.isfinite np.isinf np.clip np.copysign np.sum
    np.float64 np.float32 math.sin math.cos math.tanh math.atan math.fabs math.copysign
"""
QUIET = frozenset(_QUIET.split())
"""What neither raises nor warns on any finite numbers."""
FREE = frozenset({"neg", "pos", "dim", "astype", "bool", "float", "int", "not"})
MOST = 12
"""So many operations are computed for all rows and chosen from; more are computed for the rows that need them."""


# -- branches --------------------------------------------------------------------------------------------------------


def branch(w: Batcher, op: If) -> None:
    """A branch on something that varies."""
    sums, op = with_sums_before(w, op)
    w.run(sums, frozenset(r for o in sums for r in o.results))
    stores = sunk(w, op)
    if stores is not None:
        w.run(stores, frozenset(op.results))
        return
    mask = as_mask(w.b, op.pred)
    live = [k for k, r in enumerate(op.results) if r in w.read]
    for region, other, fails in ((op.then, op.orelse, True), (op.orelse, op.then, False)):
        if raises(region):
            check(w, mask if fails else w.b.call("invert", mask), region)
            w.run(other.ops, frozenset(values_of(*other.yields)))
            for k in live:
                w.define(op.results[k], w.front_as(other.yields[k], op.results[k].type), True)
            return
    for k in live:
        require_rows(w, op.results[k], op.then.yields[k], op.orelse.yields[k])
        if w.tries and isinstance(op.results[k].type, Array):
            raise RowByRow  # that shapes do not fit may be what is tried
    undefined = [k for k in live for y in (op.then.yields[k], op.orelse.yields[k]) if is_undefined(w, y)]
    scalar = all(isinstance(op.results[k].type, Scalar) for k in undefined)
    if scalar and quiet(w, op.then.ops, False) and quiet(w, op.orelse.ops, False):
        for region in (op.then, op.orelse):
            w.run(region.ops, frozenset(values_of(*region.yields)))
        for k in live:
            w.define(op.results[k], chosen(w, mask, op.then.yields[k], op.orelse.yields[k], op.results[k].type), True)
        return
    split(w, op, mask, live)


def sunk(w: Batcher, op: If) -> tuple[Op, ...] | None:
    """A branch of which both sides store to one place, as a branch that gives what is stored, and the store."""
    for k, result in enumerate(op.results):
        one, other = stored(op.then, op.then.yields[k]), stored(op.orelse, op.orelse.yields[k])
        if one is None or other is None or one.prim is not other.prim or one.args[:2] != other.args[:2]:
            continue
        inside = born(op.then) | born(op.orelse)
        first, second = one.args[2], other.args[2]
        if any(v in inside for v in values_of(*one.args[:2])) or isinstance(first, Pack) or isinstance(second, Pack):
            continue
        kinds = [first.type, second.type]
        if not all(isinstance(t, Scalar) for t in kinds):
            continue
        given = Value(join_all(kinds))
        regions = [
            replace(region, ops=tuple(o for o in region.ops if o is not call),
                    yields=tuple(v if j == k else y for j, y in enumerate(region.yields)))
            for region, call, v in ((op.then, one, first), (op.orelse, other, second))
        ]  # fmt: skip
        w.varies.add(given)
        w.read.add(given)
        results = tuple(given if j == k else r for j, r in enumerate(op.results))
        return (
            replace(op, then=regions[0], orelse=regions[1], results=results),
            replace(one, args=(*one.args[:2], given), results=(result,)),
        )
    return None


def stored(region: Region, atom: Atom) -> Call | None:
    """The store at the end of a region that gave what it yields, where nothing else reads that."""
    for op in region.ops:
        if isinstance(op, Call) and op.prim.name in ("store", "accumulate") and op.results[0] is atom:
            others = [v for o in region.ops for v in reads(o)] + [y for y in region.yields if isinstance(y, Value)]
            return op if others.count(op.results[0]) == 1 and structure.is_basic(op.args[1]) else None
    return None


def as_mask(b: Batch, pred: Arg) -> Atom:
    """A predicate of all rows, as an array of bools."""
    if b.ndim(pred):
        raise RowByRow
    rows = b.atom(pred)
    assert isinstance(rows.type, Array)
    return rows if rows.type.dtype == "bool" else b.call("ne", rows, 0)


def is_undefined(w: Batcher, atom: Atom) -> bool:
    """Whether a path has no value here."""
    return isinstance(atom, Literal) and atom.value is UNDEFINED or atom in w.stand_ins


def require_rows(w: Batcher, value: Value, *sources: Atom) -> None:
    """RowByRow for a value that cannot be put together of parts: a container, without a filler, of unknown shape.

    Where an axis may be of any length, ``sources``, of which the value is one or the other, have to be known to agree.
    """
    t = value.type
    if not isinstance(t, Scalar | Array) or isinstance(t, Array) and t.axes is None:
        raise RowByRow
    if isinstance(t, Array) and "?" in (t.axes or ()):
        given = [a for a in sources if not is_undefined(w, a)]
        if not all(w.sizes.same(given[0], a) for a in given[1:]):
            raise RowByRow
    if value in w.unsure and t.dtype[0] not in "fc":
        raise RowByRow


def has_filler(w: Batcher, value: Value) -> bool:
    """Whether nan stands for the value in rows that have none."""
    return isinstance(value.type, Scalar) and value.type.dtype[0] in "fc" or value in w.filled


def raises(region: Region) -> bool:
    """Whether a region does nothing but raise."""
    return bool(region.ops) and isinstance(region.ops[-1], Call) and region.ops[-1].prim is structure.raise_


def check(w: Batcher, mask: Atom, region: Region) -> None:
    """Raise what the first row raises for which this is so."""
    b = w.b
    outer, some = b.builder, b.call("np.any", mask)
    b.builder = outer.nested()
    mapping: dict[Value, Arg] = dict(b.same)
    moved = [v for v in free_values(region) if v in b.rows]
    if moved:
        k = b.call("np.argmax", mask)
        mapping.update({v: w.row(v, k) for v in moved})
    b.builder.ops.extend(copy_ops(region.ops, mapping))
    then = b.builder.region()
    b.builder = outer
    outer.emit(If(some, then, Region((), (), ()), (), outer.loc))


def quiet(w: Batcher, ops: Sequence[Op], running: bool) -> bool:
    """Whether operations are few, and go through without a warning for rows that they are not meant for.

    ``running``: some row is meant (the body of a loop), so that items are read at places that exist.
    """
    count = 0
    for op in all_ops(ops):
        if any(v in w.unsure and not has_filler(w, v) for v in operands(op)):
            return False
        if isinstance(op, If):
            continue
        if not isinstance(op, Call):
            return False
        if op.prim.name in ("getitem", "item"):
            items = index_items(op.args[1])
            if not structure.is_basic(op.args[1]) or any(w.varies_in_rows(v) for v in values_of(*items)):
                return False
            if not running and any(True for _ in values_of(*items)):
                return False
        elif op.prim.name in ("div", "pow"):
            right = op.args[1]
            if not isinstance(right, Literal) or not isinstance(right.value, int | float) or right.value == 0:
                return False
            if op.prim.name == "pow" and not (isinstance(right.value, int) and right.value > 0):
                return False
            count += 1
        elif op.prim.name not in QUIET:
            return False
        else:
            count += op.prim.name not in FREE
    return count <= MOST


def number_of(w: Batcher, atom: Atom) -> Atom:
    """What stands for a number that is never read."""
    if not is_undefined(w, atom):
        return atom
    return Literal(float("nan"))


def chosen(w: Batcher, mask: Atom, a: Atom, b: Atom, t: Type) -> Atom:
    """``np.where`` of two values of a row."""
    a, b = number_of(w, a), number_of(w, b)
    if a is b or isinstance(a, Literal) and a == b:
        return w.front_as(a, t)
    batch, axes = w.b, len(t.axes or ()) if isinstance(t, Array) else 0
    if t == BOOL or isinstance(t, Scalar) and t.dtype == "bool":
        return either(batch, mask, a, b)
    where = mask if not axes else batch.call("getitem", mask, Pack("tuple", (COLON, *(Literal(None),) * axes)))
    out = batch.call("np.where", where, batch.aligned(a, axes), batch.aligned(b, axes))
    return as_dtype(batch, out, t)


def either(b: Batch, mask: Atom, then: Atom, orelse: Atom) -> Atom:
    """``then if mask else orelse`` of truth values, in the words of logic."""
    one, other = b.atom(then), b.atom(orelse)
    if isinstance(other, Literal) and not other.value or other is mask:
        return mask if isinstance(one, Literal) and one.value else b.call("and_", mask, one)
    if isinstance(one, Literal) and one.value or one is mask:
        return b.call("or_", mask, other)
    if isinstance(one, Literal):
        return b.call("invert", mask) if isinstance(other, Literal) else b.call("and_", b.call("invert", mask), other)
    return b.call("np.where", mask, one, other)


def as_dtype(b: Batch, atom: Atom, t: Type) -> Atom:
    assert isinstance(t, Scalar | Array) and isinstance(atom.type, Array)
    return atom if atom.type.dtype == t.dtype else b.call("astype", atom, dtype_ref(t.dtype))


# -- the rows that take a side --------------------------------------------------------------------------------------


def some_rows(w: Batcher, mask: Atom, free: Sequence[Value]) -> Batch:
    """The batch of the rows in a mask, with what they read of the values around."""
    b = w.b
    part = Batch(b.builder, b.call("np.count_nonzero", mask), "?", {}, dict(b.same), dict(b.made))
    for v in free:
        rows = b.rows[v]
        if not isinstance(rows.type, Array) or v in w.unsure and not has_filler(w, v):
            raise RowByRow
        part.rows[v] = b.call("gather", rows, mask)
    return part


def within(w: Batcher, part: Batch, region: Region, yields: Sequence[tuple[Atom, Type]]) -> list[Atom]:
    """Run a region for some rows; what it yields, for these rows."""
    outer = w.b
    part.builder = outer.builder
    w.b, w.depth = part, w.depth + 1
    try:
        w.run(region.ops, frozenset(values_of(*region.yields)))
        return [w.b.rows[y] if isinstance(y, Value) and y in w.b.rows else w.b.atom(y) for y, _ in yields]
    finally:
        w.b, w.depth = outer, w.depth - 1


def fragile(w: Batcher, ops: Sequence[Op]) -> bool:
    """Whether operations may fail, or not end, where there is no row at all."""
    for op in all_ops(ops):
        if isinstance(op, For | While | Apply):
            return True
        if isinstance(op, Call):
            if op.prim.name in ("getitem", "gather", "store", "accumulate", "scatter_add"):
                if any(True for _ in values_of(op.args[1])):
                    return True
                continue
            same = not any(r in w.varies for r in op.results)
            if same and op.prim.name not in QUIET:
                return True
            if w.tries and sum(isinstance(v.type, Array) for v in operands(op)) > 1:
                return True
    return False


def split(w: Batcher, op: If, mask: Atom, live: Sequence[int]) -> None:
    """Each side for the rows that take it; where that needs a row, only if there is one."""
    b = w.b
    mark = len(b.builder.ops)
    rows, same, made = dict(b.rows), dict(b.same), dict(b.made)
    if not sides(w, op, mask, live, False):
        del b.builder.ops[mark:]
        b.rows, b.same, b.made = rows, same, made
        sides(w, op, mask, live, True)


def sides(w: Batcher, op: If, mask: Atom, live: Sequence[int], careful: bool) -> bool:
    """Both sides; False where one needs a row (``Batch.needs_rows``), which ``careful`` sees to."""
    b = w.b
    state: dict[int, Atom] = {}
    source: dict[int, int] = {}  # the side that what a result starts from belongs to
    regions = (op.then, op.orelse)
    for k in live:
        t = op.results[k].type
        for side in (1, 0):
            y = regions[side].yields[k]
            if k in state or is_undefined(w, y):
                continue
            outer, other = from_outside(w, regions[side], y), regions[1 - side]
            both = from_outside(w, other, other.yields[k]) and not is_undefined(w, other.yields[k])
            if outer and both and isinstance(t, Scalar):
                state[k], source[k] = chosen(w, mask, op.then.yields[k], op.orelse.yields[k], t), BOTH
                continue
            if outer and (isinstance(t, Scalar) or isinstance(y, Value) and y in b.rows):
                state[k], source[k] = as_dtype(b, w.front_as(y, t), t), side
    masks = [mask, None]
    bases: dict[int, Value] = {}  # arrays around that a side stores into
    for region in regions:
        for k in live:
            base = root(region, region.yields[k])
            if isinstance(base, Value) and base in b.rows and base not in born(region):
                bases.setdefault(k, base)
    for side, region in enumerate(regions):
        needed = [k for k in live if source.get(k) not in (side, BOTH) and not is_undefined(w, region.yields[k])]
        direct = {k: call for k in needed if (call := stored(region, region.yields[k])) is not None
                  and target(call) in b.rows and not isinstance(call.args[2], Pack)}  # fmt: skip
        region = replace(region, ops=tuple(o for o in region.ops if o not in direct.values()))
        if not needed and not any(isinstance(o, If) for o in region.ops):
            continue
        if masks[side] is None:
            masks[side] = b.call("invert", mask)
        where = masks[side]
        assert where is not None
        guarded = careful or fragile(w, region.ops)
        outer_builder = b.builder
        for k in needed:
            t = op.results[k].type
            if k not in state and isinstance(t, Scalar):
                hole = any(is_undefined(w, r.yields[k]) for r in regions)
                state[k] = b.filled(Literal(float("nan")), t.dtype) if hole else empty(b, (), t.dtype)
            if k not in state and k in bases:
                state[k] = b.rows[bases[k]]
            if guarded and k not in state:
                raise RowByRow
        if guarded:
            some = b.call("np.any", where)
            b.builder = outer_builder.nested()
        try:
            wanted: list[Atom] = [region.yields[k] for k in needed if k not in direct]
            wanted += [v for k in direct for v in values_of(*direct[k].args[1:])]
            wanted += [target(call) for k, call in direct.items() if state.get(k) is not b.rows.get(target(call))]
            whole, items = items_apart(w, replace(region, yields=tuple(wanted)))
            part = some_rows(w, where, [v for v in free_values(whole) if v in b.rows])
            read_items(w, part, where, items)
            yields = [(value_in(direct[k]) if k in direct else region.yields[k], op.results[k].type) for k in needed]
            outs = within(w, part, whole, yields)
            if part.needs_rows and not guarded:
                return False
            new: dict[int, Atom] = {}
            for k, out in zip(needed, outs, strict=True):
                t = op.results[k].type
                if k in direct and state[k] is b.rows.get(target(direct[k])):
                    new[k] = stored_in(b, part, state[k], where, direct[k])
                    continue
                if k in direct:
                    out = stored_in(part, part, part.atom(direct[k].args[0]), None, direct[k])
                if k not in state:
                    assert isinstance(t, Array) and t.axes is not None
                    first = 1 if isinstance(out.type, Array) and len(out.type.axes or ()) > len(t.axes) else 0
                    sizes = [b.call("dim", out, first + j) for j in range(len(t.axes))]
                    if any(is_undefined(w, r.yields[k]) for r in regions):
                        state[k] = b.call("np.full", (b.size, *sizes), float("nan"))
                    else:
                        state[k] = empty(b, sizes, t.dtype)
                new[k] = b.call("store", state[k], where, out)
            if guarded:
                then = b.builder.region((), tuple(new.values()))
                b.builder = outer_builder
                orelse = Region((), (), tuple(state[k] for k in new))
                results = outer_builder.if_(some, then, orelse, tuple(state[k].type for k in new))
                new = dict(zip(new, results, strict=True))
        finally:
            b.builder = outer_builder
        state.update(new)
    for k in live:
        value = state[k] if k in state else b.filled(Literal(float("nan")), op.results[k].type.dtype)  # type: ignore[union-attr]
        w.define(op.results[k], value, True)
        w.filled.add(op.results[k])
    return True


BOTH = 2
"""Where a result is what either side has from outside of the branch."""


def from_outside(w: Batcher, region: Region, atom: Atom) -> bool:
    """Whether what a side yields is known before it is run."""
    return not isinstance(atom, Value) or atom in w.b.rows or atom not in born(region)


def root(region: Region, atom: Atom) -> Atom:
    """The array that stores in a region began with."""
    made = {r: o for o in region.ops if isinstance(o, Call) and o.prim.name in ("store", "accumulate", "scatter_add")
            for r in o.results}  # fmt: skip
    while isinstance(atom, Value) and atom in made:
        first = made[atom].args[0]
        assert not isinstance(first, Pack)
        atom = first
    return atom


def target(call: Call) -> Value:
    """The array that is stored into."""
    (array,) = values_of(call.args[0])
    return array


def value_in(call: Call) -> Atom:
    """What is stored."""
    value = call.args[2]
    assert not isinstance(value, Pack)
    return value


def stored_in(b: Batch, part: Batch, whole: Atom, mask: Atom | None, call: Call) -> Atom:
    """What one side stores, into the rows that take it (or, without a mask, into these rows alone)."""
    _, index, value = call.args
    items = index_items(index)
    slots = rank(structure.getitem.infer(call.args[0], index))  # type: ignore[arg-type]
    if slots is None:
        raise RowByRow
    given = part.aligned(value, slots)
    varies = part.varies(index)
    if mask is None and varies:
        first: Atom = part.call("np.arange", part.size)
    else:
        first = COLON if mask is None else mask  # type: ignore[assignment]
    where = Pack("tuple", (first, *(part.of(i) for i in items)))
    if call.prim is structure.accumulate:
        read = structure.getitem if structure.is_basic(where) else structure.gather
        given = b.call("add", b.call(read, whole, where), given)
    return b.call("store", whole, where, given)


def empty(b: Batch, sizes: Sequence[Atom], dtype: str) -> Atom:
    """An array for all rows, to be filled."""
    options = {} if dtype == "f64" else {"dtype": dtype_ref(dtype)}
    return b.call("np.empty", (b.size, *sizes) if sizes else b.size, **options)


def born(region: Region) -> set[Value]:
    return {r for op in region.ops for r in op.results} | set(region.params)


# -- loops -----------------------------------------------------------------------------------------------------------


def starts(w: Batcher, op: For | While) -> list[Atom]:
    """What a loop starts from, for all rows."""
    out = []
    params = op.body.params[isinstance(op, For) :]
    for i, p, v in zip(op.inits, params, op.results, strict=True):
        require_rows(w, v, p, i)  # a loop that changes the shape has a parameter of a shape of its own
        if is_undefined(w, i) and isinstance(v.type, Array):
            raise RowByRow
        out.append(as_dtype(w.b, w.front_as(number_of(w, i), v.type), v.type))
    return out


def step(
    w: Batcher, body: Region, params: Sequence[Value], old: Sequence[Value], active: Atom, more: dict[Value, Atom],
    exits: bool,
) -> tuple[list[Atom], Atom]:  # fmt: skip
    """One round for the rows that are active: the new values of all rows, and which of them go on."""
    b = w.b
    count = len(params)
    goes_on: Atom = active
    if quiet(w, body.ops, True):
        b.rows.update(zip(params, old, strict=True))
        b.rows.update(more)
        w.run(body.ops, frozenset(values_of(*body.yields)))
        new = [
            c if y is p else chosen_or_kept(w, active, y, c, p.type)
            for y, p, c in zip(body.yields[:count], params, old, strict=True)
        ]
        if exits:
            goes_on = b.call("and_", active, b.call("invert", w.front_as(body.yields[-1], BOOL)))
        return new, goes_on
    b.rows.update(zip(params, old, strict=True))
    b.rows.update(more)
    free = [v for v in (*params, *more, *free_values(body)) if v in b.rows and v in read_by(body)]
    part = some_rows(w, active, list(dict.fromkeys(free)))
    yields = [(y, p.type) for y, p in zip(body.yields[:count], params, strict=True)]
    if exits:
        yields.append((body.yields[-1], BOOL))
    outs = within(w, part, body, yields)
    new = []
    for y, p, c, out in zip(body.yields[:count], params, old, outs, strict=False):
        new.append(c if y is p or is_undefined(w, y) else b.call("store", c, active, out))
    if exits:
        ended = outs[-1]
        gone: Atom = Literal(not ended.value) if isinstance(ended, Literal) else b.call("invert", ended)
        goes_on = b.call("store", active, active, gone)
    return new, goes_on


def read_by(region: Region) -> set[Value]:
    """What a region reads of its parameters and of what is around."""
    return set(free_values(replace(region, params=())))


def chosen_or_kept(w: Batcher, active: Atom, new: Atom, old: Atom, t: Type) -> Atom:
    b, axes = w.b, len(t.axes or ()) if isinstance(t, Array) else 0
    where = active if not axes else b.call("getitem", active, Pack("tuple", (COLON, *(Literal(None),) * axes)))
    if is_undefined(w, new):
        return old
    return as_dtype(b, b.call("np.where", where, b.aligned(new, axes), old), t)


def repeat(w: Batcher, op: While) -> None:
    """A loop that ends at another time in every row."""
    b = w.b
    inits = starts(w, op)
    active = tested(w, op.cond, inits)
    old = [Value(batched_type(r.type, b.axis), r.name) for r in op.results]
    mask = Value(Array("bool", (b.axis,)), "active")
    outer, test = b.builder, b.builder.nested()
    before = [Value(v.type, v.name) for v in (*old, mask)]
    some = test.call(REGISTRY.by_name["np.any"], before[-1])
    cond = Region(tuple(before), tuple(test.ops), (some,))
    b.builder = outer.nested()
    w.depth += 1
    try:
        new, goes_on = step(w, op.body, op.body.params, old, mask, {}, op.exits)
        if not op.exits or op.cond.yields != (Literal(True),):
            again = tested(w, copied(w, op.cond), new)
            goes_on = b.call("and_", goes_on, again) if op.exits else again
        body = b.builder.region((*old, mask), (*new, goes_on))
    finally:
        b.builder = outer
        w.depth -= 1
    results = tuple(Value(v.type, v.name) for v in (*old, mask))
    outer.emit(While((*inits, active), cond, body, results, False, op.loc))
    b.rows.update(zip(op.results, results, strict=False))


def tested(w: Batcher, cond: Region, values: Sequence[Atom]) -> Atom:
    """The test of a loop, for all rows."""
    w.b.rows.update(zip(cond.params, values, strict=True))
    w.run(cond.ops, frozenset(values_of(*cond.yields)))
    (test,) = cond.yields
    if isinstance(test, Value) and test in w.b.rows:
        return as_mask(w.b, test)
    return w.b.filled(test, "bool") if isinstance(test, Literal) else w.b.call("np.full", w.b.size, w.b.atom(test))


def copied(w: Batcher, region: Region) -> Region:
    """A region of one row again, with values of its own of which the same is known."""
    mapping: dict[Value, Arg] = {p: Value(p.type, p.name) for p in region.params}
    ops = copy_ops(region.ops, mapping)
    for old, new in mapping.items():
        assert isinstance(new, Value)
        for known in (w.varies, w.unsure, w.read):
            if old in known:
                known.add(new)
    params = tuple(v for p in region.params if isinstance(v := mapping[p], Value))
    yields = tuple(v for y in region.yields
                   if not isinstance(v := mapping.get(y, y) if isinstance(y, Value) else y, Pack))  # fmt: skip
    return Region(params, ops, yields)


def furthest(b: Batch, extreme: str, ends: Atom, start: Atom) -> Atom:
    """Where the last of all rows ends; where there is no row, nobody begins."""
    outer = b.builder
    b.builder = outer.nested()
    region = b.builder.region((), (b.call(extreme, ends),))
    region = replace(region, ops=tuple(b.builder.ops))
    b.builder = outer
    (last,) = outer.if_(b.size, region, Region((), (), (start,)), (Scalar("i64"),))
    return last


def loop(w: Batcher, op: For) -> None:
    """A loop of another number of rounds in every row."""
    b = w.b
    if op.backwards or not isinstance(op.step, Literal) or b.varies(op.step):
        raise RowByRow
    forward = op.step.value > 0
    index = op.body.params[0]
    inits = starts(w, op)
    exits = op.exits and w.varies_in_rows(op.body.yields[-1])
    if op.exits and not exits:
        raise RowByRow
    bounded = b.varies(op.start) or b.varies(op.stop)
    i: Value = Value(index.type, index.name)
    ends: Atom | None = None
    start, stop, stride = b.atom(op.start), b.atom(op.stop), op.step
    first: Atom = start
    if b.varies(op.start):
        if op.step.value not in (1, -1):
            raise RowByRow
        ends = b.call("sub", stop, start) if forward else b.call("sub", start, stop)
        last: Atom = furthest(b, "np.max", ends, Literal(0))
        first, stride = Literal(0), Literal(1)
    elif bounded:
        ends = stop
        last = furthest(b, "np.max" if forward else "np.min", stop, start)
    else:
        last = stop
    old = [Value(batched_type(r.type, b.axis), r.name) for r in op.results]
    outer = b.builder
    b.builder = outer.nested()
    w.depth += 1
    alive = Value(Array("bool", (b.axis,)), "active")
    try:
        active: Atom = alive
        if ends is not None:
            within_bounds = b.call("lt" if forward or first is not start else "gt", i, ends)
            active = b.call("and_", alive, within_bounds) if exits else within_bounds
        more: dict[Value, Atom] = {}
        if first is not start:
            more[index] = b.call("add" if forward else "sub", start, i)
        else:
            b.same[index] = i
        new, goes_on = step(w, op.body, op.body.params[1:], old, active, more, exits)
        yields: tuple[Atom, ...] = tuple(new)
        if exits:
            if ends is not None:  # those that have not begun to run out go on
                goes_on = b.call("and_", alive, b.call("or_", goes_on, b.call("invert", active)))
            done = b.call("not", b.call("np.any", goes_on))
            yields = (*new, goes_on, done)
        body = b.builder.region((i, *old, *((alive,) if exits else ())), yields)
    finally:
        b.builder = outer
        w.depth -= 1
    if exits:
        inits.append(b.call("np.ones", b.size, dtype=dtype_ref("bool")))
    results = tuple(Value(v.type, v.name) for v in (*old, *((alive,) if exits else ())))
    outer.emit(For(first, last, stride, tuple(inits), body, results, exits, op.loc))
    b.rows.update(zip(op.results, results, strict=False))
