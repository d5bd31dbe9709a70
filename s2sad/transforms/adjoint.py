"""The adjoint sweep written again, with every primal value that it asks for there.

``residuals`` has decided how each of them is to be had. Here that is done: values are computed again where they are
needed, read again, popped from tapes; arrays are rewound; the loops of the adjoint carry the tapes that they pop.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import assert_never

from s2sad.analysis.places import Place
from s2sad.ir.build import Builder
from s2sad.ir.core import Apply, Arg, Atom, Call, For, If, Literal, Op, Region, Value, While, values_of
from s2sad.ir.types import List
from s2sad.ir.walk import map_arg, substitute
from s2sad.prims import structure
from s2sad.prims.primitive import REGISTRY
from s2sad.transforms.decisions import (
    SHAPE_ONLY,
    Alive,
    Lift,
    Recompute,
    Reread,
    Rewound,
    Thread,
)
from s2sad.transforms.residuals import Planner
from s2sad.transforms.rewind import Rewind, RewoundTooFar, begun, ended, structure_of
from s2sad.transforms.successors import HandedOn
from s2sad.transforms.sweep import Sweep, Tape


@dataclass
class Frame:
    """An adjoint region being written: which primal values are there in it, and which tapes it pops."""

    place: Place
    parent: Frame | None
    builder: Builder = field(default_factory=Builder)
    there: dict[Value, Atom] = field(default_factory=dict)
    pops: list[Op] = field(default_factory=list)
    entering: dict[Thread, Value] = field(default_factory=dict)  # a tape or rewound array as it enters this region
    leaving: dict[Thread, Value] = field(default_factory=dict)  # and after what has been popped, put back so far
    versions: dict[Value, Value] = field(default_factory=dict)  # chain -> version that a rewound array is at here

    def lookup(self, v: Value) -> Atom | None:
        frame: Frame | None = self
        while frame is not None:
            if v in frame.there:
                return frame.there[v]
            frame = frame.parent
        return None

    def of(self, place: Place) -> Frame | None:
        frame: Frame | None = self
        while frame is not None and frame.place is not place:
            frame = frame.parent
        return frame

    def now(self, thread: Thread) -> Value:
        """The tape or array in this region, entering it from the one around where it has not been used yet."""
        if thread not in self.leaving:
            value = thread.final if self.parent is None else Value(thread.final.type, thread.final.name)
            self.entering[thread] = self.leaving[thread] = value
        return self.leaving[thread]


class AdjointWriter:
    """Writes the operations of an adjoint sweep into frames, which mirror the regions of the primal."""

    def __init__(self, planner: Planner) -> None:
        self.planner, self.places, self.dependence = planner, planner.places, planner.dependence

    def rewrite(self, ops: Iterable[Op], frame: Frame) -> None:
        """Append the operations to the frame, each after what it needs."""
        for op in ops:
            frame.builder.loc = op.loc
            primal = self.planner.mirrored(op)
            if isinstance(op, Call) and op.prim is structure.undo:
                self.undo(op, frame)
                continue
            if primal is None:
                self.ensure_all(self.planner.needs([op]), frame)
                frame.builder.emit(self.renamed(op, frame))
                continue
            here = set(frame.place.chain())
            self.ensure_all((v for v in self.planner.needs([op]) if self.places.home[v] in here), frame)
            match op:
                case For():
                    self.loop(op, primal, frame)
                case If():
                    self.branch(op, primal, frame)

    def is_back(self, home: Frame, rewind: Rewind, version: Arg) -> bool:
        """Whether the rewound array is, at this point of the adjoint, the version that is asked for."""
        return home.versions.get(self.dependence.chain(rewind.final)) is version

    def undo(self, mark: Call, frame: Frame) -> None:
        """At the mirror of a store: put back the cells that it overwrote, where its array is rewound."""
        (result,) = values_of(*mark.args)
        store = self.places.maker.get(result)
        rewind = self.planner.rewinds.get(self.dependence.chain(result))
        if rewind is None or not isinstance(store, Call):
            return
        saved, index = rewind.saved[store], store.args[1]
        self.ensure_all((saved, *values_of(index)), frame)
        index = map_arg(index, lambda a: self.there(a, frame))
        old = Value(rewind.final.type, rewind.final.name)
        put_back = structure.list_set if isinstance(old.type, List) else structure.store
        frame.builder.emit(
            Call(put_back, (frame.now(rewind), index, self.there(saved, frame)), (old,), (), store.loc)
        )
        frame.leaving[rewind] = old
        frame.versions[self.dependence.chain(result)] = structure_of(store)

    def ensure_all(self, values: Iterable[Value], frame: Frame) -> None:
        for v in values:
            self.ensure(v, frame)

    def ensure(self, v: Value, frame: Frame) -> None:
        """Have ``v`` in the frame that mirrors the place where it was born."""
        if frame.lookup(v) is not None:
            return
        decision = self.planner.decide(v)
        once = isinstance(decision, Recompute) and decision.once
        home = frame.of(self.places.root if once else self.places.home[v])
        assert home is not None, v
        match decision:
            case Alive():
                home.there[v] = v
            case Lift():
                home.there[v] = self.lift(v)
            case Tape():
                before = home.now(decision)
                after = Value(before.type, before.name)
                popped = Value(v.type, v.name)
                home.pops.append(Call(structure.list_pop, (before,), (popped, after), (), None))
                home.leaving[decision] = after
                home.there[v] = popped
            case Rewound(rewind, original):
                if not self.is_back(home, rewind, v if original is None else original.args[0]):
                    raise RewoundTooFar(v)
                array = home.now(rewind)
                again = None if original is None else self.repeat(original, (array, original.args[1]), v, home)
                home.there[v] = array if again is None else again
            case Recompute():
                op = self.places.maker[v]
                assert isinstance(op, Call)
                home.there[v] = self.repeat(op, op.args, v, home)
            case Reread(source, index, read):
                home.there[v] = self.repeat(read, (source, index), v, home)
            case HandedOn():
                raise AssertionError(f"{v} is in hand in the loop that mirrors its own, and asked for outside of it")
            case _:
                assert_never(decision)

    def repeat(self, op: Call, args: tuple[Arg, ...], v: Value, home: Frame) -> Value:
        """Run an operation again in the adjoint."""

        def size(a: Atom) -> Atom:
            """A size is read again, not carried out of the loops that it was read in."""
            read = self.planner.shape_read(a)
            if not isinstance(a, Value) or read is None or home.of(self.places.home[a]) is not None:
                return a
            return self.repeat(read, read.args, a, home)

        again = replace(op, args=tuple(map_arg(a, size) for a in args), results=(Value(v.type, v.name),))
        self.ensure_all((u for u in self.planner.direct(again) if u in self.places.home), home)
        again = self.call(again, home)
        home.builder.emit(again)
        return again.results[0]

    def call(self, op: Call, frame: Frame) -> Call:
        """A call with its operands as they are there; what is asked only for its shape is asked of what is there."""
        if op.prim in SHAPE_ONLY and isinstance(op.args[0], Value) and op.args[0] in self.places.home:
            found = self.like(op.args[0], frame)
            rest = tuple(map_arg(a, lambda x: self.there(x, frame)) for a in op.args[1:])
            return replace(op, args=(found, *rest))
        return replace(
            op,
            args=tuple(map_arg(a, lambda x: self.there(x, frame)) for a in op.args),
            kwargs=tuple((k, map_arg(a, lambda x: self.there(x, frame))) for k, a in op.kwargs),
        )

    def like(self, a: Value, frame: Frame) -> Atom:
        """What is there and has the shape of ``a``."""
        same = self.planner.donor(a) or a
        if isinstance(same, Call):
            (array,) = values_of(same.args[0])
            self.ensure_all(values_of(same.args[1]), frame)
            index = map_arg(same.args[1], lambda x: self.there(x, frame))
            view = Value(a.type, a.name)
            frame.builder.emit(replace(same, args=(self.like(array, frame), index), results=(view,)))
            return view
        rewind = self.planner.rewinds.get(self.dependence.chain(same))
        if rewind is not None:
            return frame.now(rewind)
        self.ensure(same, frame)
        self.planner.defined.add(same)
        found = frame.lookup(same)
        assert found is not None
        return found

    def there(self, a: Atom, frame: Frame) -> Atom:
        if isinstance(a, Value) and a in self.places.home:
            found = frame.lookup(a)
            assert found is not None, a
            return found
        return a

    def renamed(self, op: Op, frame: Frame) -> Op:
        """An operation that mirrors nothing, with primal values replaced throughout."""

        def swap(a: Atom) -> Atom:
            return self.there(a, frame)

        def region(r: Region) -> Region:
            return Region(r.params, tuple(self.renamed(o, frame) for o in r.ops), tuple(map(swap, r.yields)))

        match op:
            case Call():
                return self.call(op, frame)
            case If():
                return replace(op, pred=swap(op.pred), then=region(op.then), orelse=region(op.orelse))
            case For():
                return replace(
                    op, start=swap(op.start), stop=swap(op.stop), step=swap(op.step),
                    inits=tuple(map(swap, op.inits)), body=region(op.body),
                )  # fmt: skip
            case While():
                return replace(op, inits=tuple(map(swap, op.inits)), cond=region(op.cond), body=region(op.body))
            case Apply():
                return replace(op, args=tuple(map_arg(a, swap) for a in op.args))

    def loop(self, op: For, primal: Op, frame: Frame) -> None:
        place = self.places.inside[primal, "body"]
        index = op.body.params[0]
        inner = Frame(place, frame, versions=ended(self.planner, primal, place, frame.versions))
        assert isinstance(primal, For | While)
        if isinstance(primal, For):
            self.induction(primal, index, inner, frame)
        passed = self.planner.successors.get(primal, ())
        in_hand = tuple(Value(s.after.type, s.after.name) for s in passed)
        inner.there.update(zip((s.after for s in passed), in_hand, strict=True))
        self.ensure_all((s.last for s in passed), frame)
        self.rewrite(op.body.ops, inner)
        self.ensure_all((v for v in values_of(*op.body.yields) if v in self.places.home), inner)
        self.ensure_all((s.before for s in passed), inner)
        yields = tuple(self.there(a, inner) for a in (*op.body.yields, *(s.before for s in passed)))
        threads = [t for t in inner.entering if inner.leaving[t] is not inner.entering[t]]
        only_read = {inner.entering[t]: frame.now(t) for t in inner.entering if t not in threads}
        inits = tuple(frame.now(t) for t in threads)
        after = tuple(Value(t.final.type, t.final.name) for t in threads)
        body = Region(
            (*op.body.params, *in_hand, *(inner.entering[t] for t in threads)),
            tuple(substitute(o, only_read) for o in (*inner.pops, *inner.builder.ops)),
            (
                *(only_read.get(y, y) if isinstance(y, Value) else y for y in yields),
                *(inner.leaving[t] for t in threads),
            ),
        )
        frame.leaving.update(zip(threads, after, strict=True))
        frame.versions |= begun(self.planner, primal)
        frame.builder.loc = op.loc
        frame.builder.emit(
            replace(
                op,
                start=self.there(op.start, frame), stop=self.there(op.stop, frame), step=self.there(op.step, frame),
                inits=(*(self.there(a, frame) for a in (*op.inits, *(s.last for s in passed))), *inits),
                body=body,
                results=(*op.results, *(Value(v.type, v.name) for v in in_hand), *after),
            )  # fmt: skip
        )

    def induction(self, primal: For, index: Value, inner: Frame, frame: Frame) -> None:
        """The primal's induction variable in the mirrored loop; a counted loop computes it from the count."""
        i = primal.body.params[0]
        if not primal.exits:
            inner.there[i] = index
        elif i in self.planner.decisions:
            self.ensure_all(values_of(primal.start, primal.step), frame)
            start, step = self.there(primal.start, frame), self.there(primal.step, frame)
            value: Atom = index
            b = inner.builder
            if not (isinstance(step, Literal) and step.value == 1):
                value = b.call(REGISTRY.by_name["mul"], value, step)
            if not (isinstance(start, Literal) and start.value == 0):
                value = b.call(REGISTRY.by_name["add"], start, value, name=i.name)
            inner.there[i] = value

    def branch(self, op: If, primal: Op, frame: Frame) -> None:
        built: list[tuple[Frame, tuple[Atom, ...]]] = []
        for slot, region in (("then", op.then), ("orelse", op.orelse)):
            place = self.places.inside[primal, slot]
            inner = Frame(place, frame, versions=ended(self.planner, primal, place, frame.versions))
            self.rewrite(region.ops, inner)
            self.ensure_all((v for v in values_of(*region.yields) if v in self.places.home), inner)
            built.append((inner, tuple(self.there(a, inner) for a in region.yields)))
        used = list(dict.fromkeys(t for inner, _ in built for t in inner.entering))
        before = {t: frame.now(t) for t in used}
        threads = [
            t for t in used if any(inner.leaving.get(t) is not inner.entering.get(t) for inner, _ in built)
        ]
        regions = []
        for inner, yields in built:
            ops = (*inner.pops, *inner.builder.ops)
            entering = {inner.entering[t]: before[t] for t in inner.entering}
            ends = tuple(inner.leaving.get(t, before[t]) for t in threads)
            last = tuple(entering.get(y, y) if isinstance(y, Value) else y for y in (*yields, *ends))
            regions.append(Region((), tuple(substitute(o, entering) for o in ops), last))
        after = tuple(Value(t.final.type, t.final.name) for t in threads)
        frame.leaving.update(zip(threads, after, strict=True))
        frame.versions |= begun(self.planner, primal)
        frame.builder.loc = op.loc
        pred = self.there(op.pred, frame)
        frame.builder.emit(
            replace(op, pred=pred, then=regions[0], orelse=regions[1], results=(*op.results, *after))
        )

    def lift(self, v: Value) -> Value:
        """Yield ``v`` from the branch that it is born in, and from those around it."""
        place = self.places.home[v]
        while place.parent is not None:
            assert isinstance(place.op, If)
            out = Value(v.type, v.name)
            self.planner.lifts.setdefault(place.op, []).append((place.slot, v, out))
            self.places.home[out], self.places.time[out] = place.parent, self.places.order[place.op]
            v, place = out, place.parent
        return v

    def sweep(self) -> Sweep:
        """The primal sweep as it has been planned."""
        planner = self.planner
        saving: dict[Op, Value] = {op: v for r in planner.rewinds.values() for op, v in r.saved.items()}
        return Sweep(
            self.places, self.dependence, planner.counts, planner.tapes, planner.lifts, saving, planner.defined
        )
