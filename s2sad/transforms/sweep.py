"""The primal sweep with what the adjoint needs of it: pushes on tapes, lifted values, saved cells and trip counts."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from s2sad.analysis.dependence import Dependence
from s2sad.analysis.places import Places
from s2sad.ir.build import Builder
from s2sad.ir.core import UNDEFINED, Arg, Atom, Call, For, If, Literal, Op, Region, Value, While, values_of
from s2sad.ir.types import INT, Array
from s2sad.prims import structure
from s2sad.prims.primitive import REGISTRY
from s2sad.transforms.rewind import reader
from s2sad.transforms.rules import filler


@dataclass(frozen=True, eq=False)
class Tape:
    """Push it where it is born; ``final`` is the full stack after the primal sweep."""

    value: Value
    final: Value


@dataclass
class Sweep:
    """What the planner decided, and the rewriting that carries it out.

    ``defined`` are values that must have a value on every path, since they are pushed, or asked for their shape.
    """

    places: Places
    dependence: Dependence
    counts: dict[For | While, Value]
    tapes: list[Tape]
    lifts: dict[If, list[tuple[str, Value, Value]]]
    saving: dict[Op, Value]
    defined: set[Value]
    by_value: dict[Value, Tape] = field(init=False)
    within: dict[Op, list[Tape]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.by_value = {t.value: t for t in self.tapes}
        self.close_defined()
        for t in self.tapes:
            for place in self.places.home[t.value].chain():
                if place.op is not None:
                    self.within.setdefault(place.op, []).append(t)

    def rebuild(self, ops: Iterable[Op]) -> tuple[Op, ...]:
        """The primal sweep with its pushes, lifted values and trip counts."""
        return tuple(self.swept(ops, (), {}))

    def close_defined(self) -> None:
        """Extend ``defined`` to what has to be defined so that its members, and what is taped, always are."""
        work = [*self.defined, *self.by_value]
        self.defined = set(work)
        while work:
            v = work.pop()
            for u in values_of(*self.sources(v)):
                if u not in self.defined:
                    self.defined.add(u)
                    work.append(u)

    def sources(self, v: Value) -> tuple[Atom, ...]:
        """The atoms of which control flow makes a value."""
        op = self.places.maker.get(v)
        if isinstance(op, If):
            k = op.results.index(v)
            return op.then.yields[k], op.orelse.yields[k]
        home = self.places.home[v]
        if isinstance(op, For | While):
            k = op.results.index(v)
        elif op is None and isinstance(home.op, For | While) and v in home.region.params:
            op, k = home.op, home.region.params.index(v) - isinstance(home.op, For)
        else:
            return ()
        return () if k < 0 else (op.inits[k], op.body.yields[k])

    def with_values(self, atoms: tuple[Atom, ...], owners: tuple[Value, ...], out: list[Op]) -> tuple[Atom, ...]:
        """Atoms that control flow hands on; an undefined one has a value where its owner has to be defined.

        The program does not read it there; a number that it would read all the same is nan: no result is made of it.
        """
        if out and isinstance(last := out[-1], Call) and last.prim is structure.raise_:
            return atoms
        builder = Builder(out)
        return tuple(
            filler(builder, owners[k].type, math.nan)
            if k < len(owners) and owners[k] in self.defined and a == Literal(UNDEFINED) else a
            for k, a in enumerate(atoms)
        )  # fmt: skip

    def overwritten(self, v: Value) -> bool:
        """Whether the memory of an array may be stored into in place after it is taped: then a copy is."""
        array: Arg = v
        while isinstance(array, Value):
            if array in self.dependence.going_on:
                return True
            op = self.places.maker.get(array)
            array = op.args[0] if isinstance(op, Call) and op.prim.alias != "fresh" and op.args else Literal(None)
        return False

    def swept(self, ops: Iterable[Op], params: tuple[Value, ...], now: dict[Tape, Value]) -> list[Op]:
        out: list[Op] = []

        def push(values: Iterable[Value]) -> None:
            for v in values:
                if (tape := self.by_value.get(v)) is not None and tape in now:
                    new, kept = Value(tape.final.type, tape.final.name), v
                    if isinstance(v.type, Array) and self.overwritten(v):
                        kept = Value(v.type, v.name)
                        out.append(Call(REGISTRY.by_name["ndarray.copy"], (v,), (kept,), (), None))
                    out.append(Call(structure.list_append, (now[tape], kept), (new,), (), None))
                    now[tape] = new

        push(params)
        for op in ops:
            tapes = self.within.get(op, [])
            for t in tapes:
                if t not in now:
                    now[t] = Value(t.final.type, t.final.name)
                    out.append(Call(structure.list_new, (), (now[t],), (), op.loc))
            match op:
                case If():
                    out.append(self.swept_branch(op, tapes, now))
                case For() | While():
                    first = 1 if isinstance(op, For) else 0
                    loop = replace(op, inits=self.with_values(op.inits, op.body.params[first:], out))
                    out.append(self.swept_loop(op, loop, tapes, now))
                    if op in self.counts:
                        push([self.counts[op]])
                case Call() if (saved := self.saving.get(op)) is not None:
                    out.append(Call(reader(op), (op.args[0], op.args[1]), (saved,), (), op.loc))
                    push([saved])
                    out.append(op)
                case _:
                    out.append(op)
            push(op.results)
        return out

    def swept_branch(self, op: If, tapes: list[Tape], now: dict[Tape, Value]) -> Op:
        lifts = self.lifts.get(op, [])
        regions = []
        for slot, region in (("then", op.then), ("orelse", op.orelse)):
            mine = dict(now)
            inner = self.swept(region.ops, (), mine)
            lifted = (v if s == slot else Literal(UNDEFINED) for s, v, _ in lifts)
            yields = self.with_values(region.yields, op.results, inner)
            regions.append(Region((), tuple(inner), (*yields, *lifted, *(mine[t] for t in tapes))))
        after = self.after(tapes, op, now)
        results = (*op.results, *(r for _, _, r in lifts), *after)
        return replace(op, then=regions[0], orelse=regions[1], results=results)

    def swept_loop(self, op: For | While, loop: For | While, tapes: list[Tape], now: dict[Tape, Value]) -> Op:
        trips = self.counts.get(op)
        state = {t: Value(t.final.type, t.final.name) for t in tapes}
        mine = dict(now) | state
        inner = self.swept(op.body.ops, op.body.params, mine)
        extra_params, extra_inits, extra_next = [*state.values()], [now[t] for t in tapes], [mine[t] for t in tapes]
        inits: list[Atom] = list(extra_inits)
        nexts: list[Atom] = list(extra_next)
        after = self.after(tapes, op, now)
        if trips is not None:
            count, counted = Value(INT, trips.name), Value(INT, trips.name)
            inner.append(Call(REGISTRY.by_name["add"], (count, Literal(1)), (counted,), (), op.loc))
            extra_params.append(count)
            inits.append(Literal(0))
            nexts.append(counted)
            after = (*after, trips)
        split = len(op.body.yields) - op.exits
        yields = (*op.body.yields[:split], *nexts, *op.body.yields[split:])
        body = Region((*op.body.params, *extra_params), tuple(inner), yields)
        changed = replace(loop, inits=(*loop.inits, *inits), body=body, results=(*op.results, *after))
        if isinstance(changed, While):
            spare = tuple(Value(p.type, p.name) for p in extra_params)
            changed = replace(changed, cond=replace(changed.cond, params=(*changed.cond.params, *spare)))
        return changed

    def after(self, tapes: list[Tape], op: Op, now: dict[Tape, Value]) -> tuple[Value, ...]:
        """The tapes as they leave an operation; at the top level that is what the adjoint starts from."""
        top = self.places.of_op[op].parent is None
        for t in tapes:
            now[t] = t.final if top else Value(t.final.type, t.final.name)
        return tuple(now[t] for t in tapes)
