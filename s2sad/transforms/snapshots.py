"""Loops that keep a few of their states, where the program asks for it (``s2sad.checkpointed``).

Instead of taping what its adjoint needs, such a loop keeps some of its states. Going back, the state before each
iteration is had by running the body forward from the last state kept before it, on the way keeping others in the places
that have become free; then that one iteration is run with what its own adjoint needs, and swept back.

Which states are kept is binomial: with s of them and at most r repeats of each iteration, (s + r)! / (s! r!) iterations
can be reversed, and no other schedule can do more (A. Griewank and A. Walther, "Algorithm 799: Revolve", ACM TOMS 26,
2000; ``prims.runtime.revolve`` says where the next one goes). A loop whose number of iterations is not known ahead
(``break``), or that stands in another loop, keeps its first state only on the way there, and is run through once more.

The loops of which an adjoint is made keep as many states themselves: memory stays bounded for derivatives of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from s2sad.analysis.places import CHAINED
from s2sad.analysis.sizes import Sizes
from s2sad.ir.build import Builder
from s2sad.ir.core import (
    UNDEFINED,
    Apply,
    Arg,
    Atom,
    Call,
    For,
    Function,
    Literal,
    Op,
    Pack,
    Param,
    Region,
    Trace,
    Value,
    While,
    values_of,
)
from s2sad.ir.types import INT, Array, List, carried_tangent
from s2sad.ir.walk import copy_ops, free_values
from s2sad.passes.dce import dce_ops
from s2sad.prims import structure
from s2sad.prims.broadcasting import revolve
from s2sad.prims.primitive import REGISTRY
from s2sad.transforms.names import bar_name
from s2sad.transforms.recomputing import as_function, quiet
from s2sad.transforms.rules import Applier, filler
from s2sad.transforms.sweeps import with_residuals

if TYPE_CHECKING:
    from s2sad.transforms.reverse import Reverse

ADD, SUB, MUL, EQ, FLOORDIV = (REGISTRY.by_name[name] for name in ("add", "sub", "mul", "eq", "floordiv"))
COPY = REGISTRY.by_name["ndarray.copy"]
LAST, ONE, ZERO = Literal(-1), Literal(1), Literal(0)


@dataclass(frozen=True, eq=False)
class Keep:
    """What the primal sweep of a loop keeps: the numbers of iterations (``places``), and the states before them.

    ``states`` has a list for each carried value that is needed, by its position. ``trips`` is the number of iterations,
    where the loop's own index does not count them.
    """

    places: Value
    states: dict[int, Value]
    trips: Value | None = None


@dataclass
class Step:
    """One iteration of a loop: its parameters, what it does, and what of it is needed to have the next state."""

    index: Value
    params: tuple[Value, ...]
    ops: tuple[Op, ...]
    yields: tuple[Atom, ...]


def fresh_step(op: For | While, mapping: dict[Value, Arg]) -> Step:
    """A copy of the body of a loop; ``mapping`` is told what stands for what."""
    first = 1 if isinstance(op, For) else 0
    index = Value(INT, op.body.params[0].name if first else None)
    params = tuple(Value(p.type, p.name) for p in op.body.params[first:])
    mapping.update(zip(op.body.params, (index, *params) if first else params, strict=True))
    ops = copy_ops(quiet(op.body.ops, {}), mapping)

    def swap(a: Atom) -> Atom:
        out = mapping.get(a, a) if isinstance(a, Value) else a
        assert not isinstance(out, Pack)
        return out

    return Step(index, params, ops, tuple(map(swap, op.body.yields[: len(params)])))


def as_trace(step: Step) -> Trace:
    """A step as a trace, in which what it reads from around it are parameters as they are."""
    region = Region((step.index, *step.params), step.ops, step.yields)
    around = (v for v in free_values(region) if v is not step.index)
    params = tuple(Param(v, v.name or "v") for v in (step.index, *step.params, *around))
    return Trace("step", params, Region((), step.ops, ()), Pack("tuple", step.yields))


@dataclass(frozen=True, eq=False)
class Advance:
    """The function that gives the next state, and what it is called with, in terms of ``step``.

    ``order`` says which carried values make up the state.
    """

    function: Function
    args: tuple[Value, ...]
    step: Step
    order: tuple[int, ...]


def advancing(op: For | While, needed: set[int]) -> Advance:
    """How to have the next state, of which these carried values are needed; and so what they are made of."""
    step = fresh_step(op, {})
    while True:
        ops = dce_ops(step.ops, [v for k in needed for v in values_of(step.yields[k])])
        free = free_values(Region((), ops, tuple(step.yields[k] for k in sorted(needed))))
        more = needed | {k for k, p in enumerate(step.params) if p in free}
        if more == needed:
            break
        needed = more
    order = tuple(sorted(needed))
    sizes = Sizes()
    sizes.note(ops)
    defined = [v for k in order for v in values_of(step.yields[k])]
    ops, _, _ = with_residuals(as_trace(replace(step, ops=ops)), (), (), {}, sizes, defined)
    builder = Builder(list(ops), op.loc)
    ends = tuple(given(builder, step.yields[k], step.params[k]) for k in order)
    first = (*((step.index,) if step.index in free else ()), *(step.params[k] for k in order))
    return Advance(*as_function("step", builder.ops, ends, op.loc, first), step, order)


def given(builder: Builder, atom: Atom, like: Value) -> Atom:
    """A value, or something of its type where the program gives none."""
    return filler(builder, like.type) if isinstance(atom, Literal) and atom.value is UNDEFINED else atom


def reversed_loop(walk: Reverse, op: For) -> None:
    """The adjoint of a loop with snapshots: from the last state kept before each iteration, forward to it, and back."""
    outer = walk.apply.builder
    adjoint = Reversing(walk, op)
    forward = advancing(op, adjoint.read())
    lists, trips = started(walk, op, forward.order)
    start, stop, step = (op.start, op.stop, op.step) if trips is None else (ZERO, trips, ONE)
    count = Value(INT, op.body.params[0].name)
    entering = tuple(Value(v.type, v.name) for v in lists)
    body = Builder(loc=op.loc)
    left: list[Value] = []
    popped: list[Value] = []
    for whole, name in zip(
        restored(op, body, count, entering, forward, trips),
        (None, *(op.body.params[k + 1].name for k in forward.order)),
        strict=True,
    ):
        last, rest = body.calls(structure.list_pop, whole, names=(name, whole.name))
        popped.append(last)
        left.append(rest)
    mapping: dict[Value, Arg] = {adjoint.step.index: index_of(op, body, count, trips)}
    mapping.update((adjoint.step.params[k], v) for k, v in zip(forward.order, popped[1:], strict=True))
    body.ops.extend(copy_ops(adjoint.ops, mapping))
    ends = tuple(swapped(mapping, a) for a in adjoint.ends)
    results = tuple(Value(v.type, v.name) for v in (*entering, *adjoint.bars))
    region = Region((count, *entering, *adjoint.bars), tuple(body.ops), (*left, *ends))
    inits = (*lists, *adjoint.inits)
    outer.emit(For(start, stop, step, inits, region, results, False, op.loc, True, None, op.snapshots))
    adjoint.finish(results[len(lists) :])


def started(walk: Reverse, op: For, order: tuple[int, ...]) -> tuple[tuple[Value, ...], Value | None]:
    """The lists of places and states that the adjoint starts with; the number of iterations if that is not the index.

    They are those that the primal sweep leaves, where it can know which states to keep.
    """
    outer = walk.apply.builder
    params = op.body.params[1:]
    unit = op.start == ZERO and op.step == ONE and not op.backwards and not op.exits
    names = {k: f"{params[k].name or 'state'}_kept" for k in order}
    if outer is walk.top and not op.exits and (unit or isinstance(op.step, Literal)):
        states = {k: Value(List(params[k].type), name) for k, name in names.items()}
        keep = walk.keeps[op] = Keep(Value(List(INT), "places"), states, None if unit else Value(INT, "trips"))
        return (keep.places, *states.values()), keep.trips
    trips = None if unit else walk.counts.setdefault(op, Value(INT, "trips"))
    inits = [given(outer, op.inits[k], params[k]) for k in order]
    firsts = (
        outer.call(structure.list_new, a, name=name) for a, name in zip(inits, names.values(), strict=True)
    )
    return (outer.call(structure.list_new, ZERO, name="places"), *firsts), trips


def swapped(mapping: Mapping[Value, Arg], a: Atom) -> Atom:
    out = mapping.get(a, a) if isinstance(a, Value) else a
    assert not isinstance(out, Pack)
    return out


def index_of(op: For, builder: Builder, count: Value, trips: Value | None) -> Atom:
    """The loop's own index in the iteration of this number."""
    if trips is None:
        return count
    at: Atom = count
    if op.backwards:
        at = builder.call(SUB, builder.call(SUB, trips, ONE), count)
    if op.step != ONE:
        at = builder.call(MUL, at, op.step)
    if op.start != ZERO:
        at = builder.call(ADD, op.start, at, name=op.body.params[0].name)
    return at


def restored(
    op: For, body: Builder, count: Value, lists: tuple[Value, ...], forward: Advance, trips: Value | None
) -> tuple[Value, ...]:
    """The lists of what is kept, with the state before iteration ``count`` as the last."""
    assert op.snapshots is not None
    here = body.call(structure.list_get, lists[0], LAST, name="here")
    states = [
        body.call(structure.list_get, whole, LAST, name=op.body.params[k + 1].name)
        for k, whole in zip(forward.order, lists[1:], strict=True)
    ]
    following = next_place(body, here, count, lists[0], op.snapshots)
    at = Value(INT, "j")
    inner = body.nested()
    entering = tuple(Value(v.type, v.name) for v in lists)
    now = tuple(Value(s.type, s.name) for s in states)
    place = Value(INT, "keep")
    mapping: dict[Value, Arg] = {forward.step.index: index_of(op, inner, at, trips)}
    mapping.update((forward.step.params[k], v) for k, v in zip(forward.order, now, strict=True))
    then = tuple(Value(s.type, s.name) for s in states)
    inner.emit(Apply(forward.function, tuple(swapped(mapping, a) for a in forward.args), then, op.loc))
    after = inner.call(ADD, at, ONE)
    changed = keeping(inner, inner.call(EQ, after, place), after, count, entering, then, place, op.snapshots)
    region = Region((at, *entering, *now, place), tuple(inner.ops), (*changed[:-1], *then, changed[-1]))
    results = tuple(Value(v.type, v.name) for v in region.params[1:])
    carried = (*lists, *states, following)
    body.emit(For(here, count, ONE, carried, region, results, False, op.loc, False, None, op.snapshots))
    return results[: len(lists)]


def next_place(builder: Builder, here: Atom, end: Atom, places: Value, snapshots: int) -> Value:
    """Where the next state is kept on the way from ``here``, which is the last that is."""
    free = builder.call(SUB, Literal(snapshots), builder.call(structure.list_len, places))
    return builder.call(revolve, here, end, free, name="keep")


def keeping(
    builder: Builder, pred: Value, here: Atom, end: Atom, lists: tuple[Value, ...], state: Sequence[Atom], place: Value,
    snapshots: int,
) -> tuple[Value, ...]:
    """Where ``pred`` is so, the lists with one state more, and the next place; as they are otherwise."""
    then = builder.nested()
    longer = tuple(
        then.call(structure.list_append, whole, item, name=whole.name)
        for whole, item in zip(lists, (here, *state), strict=True)
    )
    following = next_place(then, here, end, longer[0], snapshots)
    whole = (*lists, place)
    return builder.if_(
        pred, then.region((), (*longer, following)), Region((), (), whole), tuple(v.type for v in whole),
        tuple(v.name for v in whole),
    )  # fmt: skip


class Reversing:
    """The adjoint of one iteration, run again with what it needs, and of the loop around it.

    ``ops`` run the iteration again and sweep it back, in terms of ``step``'s parameters, of what the loop reads from
    around it, and of ``bars``, the cotangents as they come in; ``ends`` are the cotangents before the iteration.
    """

    def __init__(self, walk: Reverse, op: For) -> None:
        self._walk, self._op = walk, op
        mapping: dict[Value, Arg] = {}
        self.step = step = fresh_step(op, mapping)
        params = op.body.params[1:]
        self._carried = [k for k, r in enumerate(op.results) if r in walk.bars or params[k] in walk.active]
        around = [v for v in free_values(op.body) if v in walk.active]

        def named(v: Value, other: Value | None = None) -> Value:
            return Value(carried_tangent(v.type), bar_name(v) or (None if other is None else bar_name(other)))

        state = {k: named(params[k], op.results[k]) for k in self._carried}
        kept = {v: named(v) for v in around}
        for v, bar in (*((params[k], bar) for k, bar in state.items()), *kept.items()):
            walk.apply.sizes.alike(bar, v)

        def also(values: Iterable[Value]) -> set[Value]:
            known = set(values)
            return known | {new for old, new in mapping.items() if old in known and isinstance(new, Value)}

        apply = walk.apply
        builder = apply.builder.nested()
        apply.sizes.note(step.ops)
        own = Applier(builder, apply.book, also(apply.masked), apply.sizes, also(apply.unbounded))
        sub = type(walk)(own, also(walk.active), dict(kept), callees=walk.callees)
        for k in self._carried:
            sub.contribute(step.yields[k], state[k])
        sub.run(step.ops)
        nexts = [sub.bars[p] if (p := step.params[k]) in sub.bars else sub.zero(p) for k in self._carried]
        self._touched = [v for v in around if sub.bars[v] is not kept[v]]
        ends = (*nexts, *(sub.bars[v] for v in self._touched))
        adjoint = dce_ops(tuple(builder.ops), values_of(*ends))
        again, back, self.ends = with_residuals(
            with_keeps(as_trace(step), sub.keeps), adjoint, ends, sub.counts, apply.sizes
        )
        self.ops = dce_ops((*again, *back), values_of(*self.ends))
        self.bars = (*state.values(), *(kept[v] for v in self._touched))
        before = [walk.bars[r] if (r := op.results[k]) in walk.bars else walk.zero(r) for k in self._carried]
        self.inits = (*before, *(walk.bars[v] if v in walk.bars else walk.zero(v) for v in self._touched))

    def read(self) -> set[int]:
        """Which carried values the adjoint of an iteration needs as they were before it."""
        read = free_values(Region((), self.ops, self.ends))
        return {k for k, p in enumerate(self.step.params) if p in read}

    def finish(self, results: Sequence[Value]) -> None:
        """Note the cotangents after the loop."""
        walk = self._walk
        first = len(self._carried)
        walk.bars.update(zip(self._touched, results[first:], strict=True))
        for v in self._touched:
            walk.has_shape_of(v)
        for n, k in enumerate(self._carried):  # an init may be one of those that the body reads too
            walk.bars.pop(self._op.results[k], None)
            walk.contribute(self._op.inits[k], results[n])


# -- the primal sweep ----------------------------------------------------------------------------------------------


def with_keeps(trace: Trace, keeps: Mapping[For, Keep]) -> Trace:
    """The trace with its loops keeping states on the way."""
    if not keeps:
        return trace
    out: list[Op] = []
    for op in trace.body.ops:
        keep = keeps.get(op) if isinstance(op, For) else None
        if keep is None:
            out.append(op)
        else:
            assert isinstance(op, For)
            builder = Builder(out, op.loc)
            builder.emit(with_keep(op, keep, builder))
    return trace.with_body(tuple(out))


def with_keep(op: For, keep: Keep, before: Builder) -> For:
    """A loop that keeps states. ``before`` takes what has to be done before it."""
    assert op.snapshots is not None
    body = Builder(loc=op.loc)
    index, *params = op.body.params
    finals = (keep.places, *keep.states.values())
    entering = tuple(Value(v.type, v.name) for v in finals)
    place = Value(INT, "keep")
    extra: tuple[Value, ...] = (*entering, place)
    count = index
    if keep.trips is not None:
        count = Value(INT, keep.trips.name)
        extra = (*extra, count)
    end = before.call(SUB, trips_of(op, before), ONE, name="last")
    then = body.nested()
    state = [copied(then, params[k], op.body.yields[k], op) for k in keep.states]
    longer = tuple(
        then.call(structure.list_append, whole, item, name=whole.name)
        for whole, item in zip(entering, (count, *state), strict=True)
    )
    following = next_place(then, count, end, longer[0], op.snapshots)
    same = (*entering, place)
    changed = body.if_(
        body.call(EQ, count, place), then.region((), (*longer, following)), Region((), (), same),
        tuple(v.type for v in same), tuple(v.name for v in same),
    )  # fmt: skip
    yields: tuple[Atom, ...] = (*op.body.yields, *changed)
    inits: list[Atom] = [
        given(before, a, p) if k in keep.states else a
        for k, (a, p) in enumerate(zip(op.inits, params, strict=True))
    ]
    inits += [before.call(structure.list_new, name=v.name) for v in finals]
    inits.append(ZERO)
    results: tuple[Value, ...] = (*op.results, *finals, Value(INT, place.name))
    ops = (*body.ops, *op.body.ops)
    if keep.trips is not None:
        last = Builder(loc=op.loc)
        yields = (*yields, last.call(ADD, count, ONE, name=count.name))
        ops = (*ops, *last.ops)
        inits.append(ZERO)
        results = (*results, keep.trips)
    region = Region((index, *params, *extra), ops, yields)
    return replace(op, inits=tuple(inits), body=region, results=results)


def trips_of(op: For, builder: Builder) -> Atom:
    """How many iterations a loop runs, or a number below one where that is none."""
    if op.start == ZERO and op.step == ONE:
        return op.stop
    assert isinstance(op.step, Literal)
    size = op.step.value
    first, last = (op.start, op.stop) if size > 0 else (op.stop, op.start)
    length = builder.call(SUB, last, first)
    if abs(size) == 1:
        return length
    return builder.call(FLOORDIV, builder.call(ADD, length, Literal(abs(size) - 1)), Literal(abs(size)))


def copied(builder: Builder, state: Value, after: Atom, op: For) -> Atom:
    """A state as it is kept: a copy, where the loop may store into it."""
    maker = next((o for o in op.body.ops if after in o.results), None)
    if isinstance(maker, Call) and maker.prim.alias == "fresh" and maker.prim not in CHAINED:
        return state
    if isinstance(state.type, Array):
        return builder.call(COPY, state, name=state.name)
    if isinstance(state.type, List):
        return builder.call(structure.list_slice, state, Pack("slice", (Literal(None),) * 3), name=state.name)
    return state
