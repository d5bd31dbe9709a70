"""Reverse mode, second half: having the primal values that the adjoint sweep asks for.

The adjoint is written; it refers to values of the primal, also to those born inside loops and branches. For each of
them the planner picks the cheapest way to have it there:

- it is *alive*: born at the top level, before the adjoint;
- it is *computed again* from values that are there: induction variables, sizes, cheap scalar arithmetic, views;
- it is *read again* from the array that it was read from, or stored to, where index analysis shows that the cell still
  holds it (``analysis.dependence``);
- its array is *rewound*: each store saves the cells that it overwrites, and the adjoint puts them back as it goes
  (``transforms.rewind``);
- it is *lifted* out of a branch: the name is bound there and used in the mirrored branch, as in the user's own code;
- it is *handed on* by the mirrored loop, which has it in hand as what the next turn started with
  (``transforms.successors``);
- it is pushed on a *tape* in the primal loop, and popped in the loop's mirror image.

A tape is a stack, a value of the trace like any other (``list_append``, ``list_pop``), carried by the loops around it:
nested loops push on the same one, and their mirrors pop in the opposite order. (Hascoët & Pascual 2013, section 4.4,
discuss the choice between storing and recomputing.)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never

from s2sad.analysis.affine import Symbol
from s2sad.analysis.dependence import Dependence
from s2sad.analysis.places import Place, Places, slots
from s2sad.analysis.sizes import Sizes, shape_key
from s2sad.ir.build import Builder
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
    values_of,
)
from s2sad.ir.types import Array, List, Scalar, Type, of
from s2sad.ir.walk import map_arg, substitute
from s2sad.prims import structure
from s2sad.prims.primitive import REGISTRY
from s2sad.transforms.names import called
from s2sad.transforms.rewind import (
    Rewind,
    RewoundTooFar,
    begun,
    ended,
    rewindable,
    structure_of,
    versions_by_place,
)
from s2sad.transforms.successors import HandedOn, Successor, handed_on
from s2sad.transforms.sweep import Sweep, Tape

TAME = frozenset("add sub mul neg abs np.sin np.cos np.tanh np.arctan np.maximum np.minimum".split())  # noqa: SIM905
MADE_OF_SIZES = frozenset("np.arange np.zeros np.ones np.eye np.identity".split())  # noqa: SIM905
DEEPEST = 50  # operations that are followed back to see whether a value can be computed again
MOST_RECOMPUTED = 8  # operations that one needed value may take to compute again, before it is taped instead


@dataclass(frozen=True)
class Alive:
    """It is there."""


@dataclass(frozen=True)
class Recompute:
    """Run its operation again: where its region is mirrored, or once for all, before the loops, if it is invariant."""

    weight: int
    once: bool = False


@dataclass(frozen=True)
class Reread:
    """``source[index]`` still holds it."""

    source: Value
    index: Arg
    read: Call  # how it is read: with getitem or list_get


@dataclass(frozen=True)
class Lift:
    """Yield it from the branch."""


@dataclass(frozen=True)
class Rewound:
    """The rewound array holds it when the adjoint first asks; ``read`` is None where the whole array is asked for."""

    rewind: Rewind
    read: Call | None


Thread = Tape | Rewind  # what goes through the adjoint sweep from region to region
Decision = Alive | Recompute | Reread | Lift | Tape | Rewound | HandedOn
SHAPE_ONLY = (structure.zero_of, structure.dim, structure.shape, structure.list_len)


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


@dataclass
class Planner:
    """Decides, and rewrites both sweeps."""

    places: Places
    shapes: dict[Value, Value]
    sizes: Sizes
    dependence: Dependence
    counts: dict[For | While, Value]
    decisions: dict[Value, Decision] = field(default_factory=dict)
    lifts: dict[If, list[tuple[str, Value, Value]]] = field(default_factory=dict)
    tapes: list[Tape] = field(default_factory=list)
    members: dict[Value, list[Value]] = field(default_factory=dict)  # shape class -> values of that shape
    alike: dict[tuple[Symbol, ...], list[Value]] = field(default_factory=dict)  # sizes -> top-level arrays of them
    within: dict[tuple[Symbol, ...], list[Value]] = field(default_factory=dict)  # sizes -> arrays further in
    stores: dict[Value, list[Call]] = field(default_factory=dict)  # value -> stores that put it into an array
    deciding: set[Value] = field(default_factory=set)
    defined: set[Value] = field(default_factory=set)  # values that must not be undefined on any path
    taped: frozenset[Value] = frozenset()  # values that a rewinding came too late for
    rewinds: dict[Value, Rewind] = field(default_factory=dict)  # chain of versions -> how it is rewound
    versions: dict[tuple[Value, Place], list[Value]] = field(default_factory=dict)  # of an array, by region
    successors: Mapping[Op, list[Successor]] = field(default_factory=dict)  # loop -> states that it hands on

    def __post_init__(self) -> None:
        for loop, trips in self.counts.items():
            self.places.home[trips] = self.places.of_op[loop]
            self.places.time[trips] = self.places.order[loop]
        for v, first in self.shapes.items():
            self.members.setdefault(first, [first]).append(v)
        for v, home in self.places.home.items():
            if isinstance(v.type, Array) and (shape := self.sizes.shape(v)):
                found = self.alike if home.parent is None else self.within
                found.setdefault(shape_key(shape), []).append(v)
        self.versions = versions_by_place(self)
        for op in self.places.of_op:
            stored = op.args[2] if isinstance(op, Call) and op.prim in (structure.store, structure.list_set) else None
            if isinstance(op, Call) and isinstance(stored, Value):
                self.stores.setdefault(stored, []).append(op)

    # -- what is needed ---------------------------------------------------------------------------------------------

    def mirrored(self, op: Op) -> Op | None:
        """The primal operation that an adjoint one goes back through."""
        primal = op.mirror if isinstance(op, For | If) else None
        return primal if primal in self.places.of_op else None

    def needs(self, ops: Iterable[Op]) -> Iterator[Value]:
        """Primal values (not only their shapes) that adjoint operations use, at any depth."""
        stack: list[Iterator[Op]] = [iter(ops)]
        while stack:
            op = next(stack[-1], None)
            if op is None:
                stack.pop()
                continue
            yield from (v for v in self.direct(op) if v in self.places.home)
            for _, region in slots(op):
                yield from (v for v in values_of(*region.yields) if v in self.places.home)
                stack.append(iter(region.ops))

    def direct(self, op: Op) -> Iterator[Value]:
        match op:
            case Call(prim=prim) if prim is structure.undo:
                return
            case Call(prim=prim) if prim in SHAPE_ONLY:
                yield from values_of(*op.args[1:])
            case Call(args=args, kwargs=kwargs):
                yield from values_of(*args, *(v for _, v in kwargs))
            case If(pred=pred):
                yield from values_of(pred)
            case For():
                yield from values_of(op.start, op.stop, op.step, *op.inits)
            case While(inits=inits):
                yield from values_of(*inits)
            case Apply(args=args):
                yield from values_of(*args)

    # -- decisions --------------------------------------------------------------------------------------------------

    def plan(self, adjoint: Iterable[Op]) -> None:
        """Decide for every value needed, in program order, so that later ones can build on earlier ones."""
        needed = dict.fromkeys(self.needs(adjoint))
        needed.update(dict.fromkeys(self.seen_twice(needed)))
        for v in sorted(needed, key=lambda v: self.places.time[v]):
            self.decide(v)
        for rewind, values in rewindable(self, adjoint):
            self.rewind(rewind, values)
        self.successors = handed_on(self)

    def seen_twice(self, needed: Iterable[Value]) -> list[Value]:
        """Arrays of which several slices are needed: one tape of the array holds no more than one of its slices."""
        count: dict[Value, int] = {}
        for v in needed:
            if (base := self.sliced(v)) is not None:
                count[base] = count.get(base, 0) + 1
        return [base for base, times in count.items() if times > 1]

    def sliced(self, v: Value) -> Value | None:
        """The array that a value is a slice of, where both are born in the same round of a loop, and it stays so."""
        op = self.places.maker.get(v)
        if not isinstance(op, Call) or op.prim is not structure.getitem or not isinstance(v.type, Array):
            return None
        base = op.args[0]
        if not isinstance(base, Value) or not isinstance(base.type, Array) or base in self.dependence.going_on:
            return None
        together = self.places.home[base] is self.places.home[v] and self.places.home[v].in_loop
        return base if together and structure.is_basic(op.args[1]) else None

    def rewind(self, rewind: Rewind, values: dict[Value, Call | None]) -> None:
        """Rewind an array instead of taping what is read from it."""
        self.rewinds[self.dependence.chain(rewind.final)] = rewind
        for v, read in values.items():
            self.decisions[v] = Rewound(rewind, read)
        self.tapes = [t for t in self.tapes if t.value not in values]
        for store, saved in rewind.saved.items():
            self.places.home[saved] = self.places.of_op[store]
            self.places.time[saved] = self.places.order[store]
            self.decide(saved)
            for v in values_of(store.args[1]):
                self.decide(v)

    def finals(self) -> dict[Value, Value]:
        """The version that each rewound array starts from."""
        return {chain: rewind.final for chain, rewind in self.rewinds.items()}

    def called(self, v: Value) -> str:
        return called(v, self.places.maker.get(v))

    def keep(self, v: Value) -> Tape:
        """Tape a value, whatever else might do."""
        self.decisions[v] = tape = Tape(v, Value(List(v.type), f"{self.called(v)}_tape"))
        self.tapes.append(tape)
        return tape

    def decide(self, v: Value) -> Decision:
        """How to have ``v``; a tape if nothing cheaper will do."""
        found = self.cheaply(v)
        if found is None:
            if self.places.home[v].in_loop:
                return self.keep(v)
            self.decisions[v] = found = Lift()
        return found

    def cheaply(self, v: Value) -> Decision | None:
        """How to have ``v`` without keeping it; None where it has to be kept."""
        if v in self.decisions:
            return self.decisions[v]
        if v in self.deciding or len(self.deciding) > DEEPEST:
            return None
        self.deciding.add(v)
        found = self.consider(v)
        self.deciding.discard(v)
        if found is not None:
            self.decisions[v] = found
        return found

    def consider(self, v: Value) -> Decision | None:
        home = self.places.home[v]
        if home.parent is None or isinstance(home.op, For) and v is home.region.params[0]:
            return Alive()
        op = self.places.maker.get(v)
        if isinstance(op, Call) and not op.prim.effect and len(op.results) == 1:
            if op.prim in SHAPE_ONLY:
                return Recompute(1) if self.donor(op.args[0]) is not None else None
            if self.is_invariant(op, v):
                return Recompute(1, once=True)
            if op.prim in (structure.getitem, structure.list_get):
                if (found := self.reread(op, op.args[0], op.args[1], home)) is not None:
                    return found
                if isinstance(self.decisions.get(self.sliced(v) or v), Tape):
                    weight = self.weight(values_of(op.args[1]))
                    if weight is not None and weight < MOST_RECOMPUTED:
                        return Recompute(weight + 1)
            elif op.prim.cost == "free" or op.prim.cost == "cheap" and isinstance(v.type, Scalar):
                weight = self.weight(values_of(*op.args, *(a for _, a in op.kwargs)))
                if weight is not None and weight < MOST_RECOMPUTED:
                    return Recompute(weight + 1)
        for store in self.stores.get(v, ()):
            if self.holds_whole(store, v):
                at = self.places.of_op[store]
                if (found := self.reread(store, store.results[0], store.args[1], at)) is not None:
                    return found
        return None

    def is_invariant(self, op: Call, v: Value) -> bool:
        """Whether an array is the same in every iteration, and cannot fail to be computed where no iteration runs."""
        if op.prim.name in MADE_OF_SIZES:
            sizes = (a for arg in op.args for a in (arg.items if isinstance(arg, Pack) else (arg,)))
            return all(map(self.is_size, sizes)) and not any(isinstance(a, Value | Pack) for _, a in op.kwargs)
        slices = op.prim is structure.getitem and all(
            isinstance(i, Pack) or isinstance(i, Literal) and not isinstance(i.value, int)
            for i in structure.index_items(op.args[1])
        )
        if not isinstance(v.type, Array) or not (op.prim.elementwise or slices):
            return False
        if not slices and op.prim.name not in TAME and any(isinstance(p.op, If) for p in self.places.home[v].chain()):
            return False  # where its branch is not taken, it may be infinite or nan
        used = list(values_of(*op.args, *(a for _, a in op.kwargs)))
        arrays = [u for u in used if isinstance(u.type, Array)]
        if not slices and not all(self.sizes.same(arrays[0], u) for u in arrays[1:]):
            return False  # where its branch is not taken, they may not fit each other
        return all(map(self.stays, used))

    def is_size(self, a: Arg) -> bool:
        """Whether this is how long an array is that is there before the loops, or a number of the program's text."""
        if isinstance(a, Literal):
            return isinstance(a.value, int) and a.value >= 0
        donor = self.donor(op.args[0]) if (op := self.shape_read(a)) is not None else None
        return isinstance(donor, Value) and self.places.home[donor].parent is None and not self.on_one_side(donor)

    def shape_read(self, a: Arg) -> Call | None:
        op = self.places.maker.get(a) if isinstance(a, Value) else None
        return op if isinstance(op, Call) and op.prim in SHAPE_ONLY else None

    def stays(self, u: Value) -> bool:
        """Whether a value is there before the loops, and nothing is stored into it later."""
        if self.dependence.chain(u) in self.dependence.stored:
            return False
        if self.places.home[u].parent is None:
            return not self.on_one_side(u)
        found = self.cheaply(u)
        return isinstance(found, Recompute) and found.once

    def on_one_side(self, u: Value) -> bool:
        """Whether a value was made by one branch alone, and is read where that was taken."""
        op = self.places.maker.get(u)
        if not isinstance(op, If):
            return False
        k = op.results.index(u)
        return any(isinstance(y, Literal) and y.value is UNDEFINED for y in (op.then.yields[k], op.orelse.yields[k]))

    def weight(self, operands: Iterable[Value]) -> int | None:
        """Operations needed to have all of these again; None where one of them has to be kept first."""
        total = 0
        for u in operands:
            found = self.cheaply(u)
            if found is None:
                return None
            total += found.weight if isinstance(found, Recompute) else 0
        return total

    def reread(self, op: Call, array: Arg, index: Arg, home: Place) -> Decision | None:
        if not isinstance(array, Value) or self.weight(values_of(index)) is None:
            return None
        read = op if op.prim in (structure.getitem, structure.list_get) else None
        source = self.dependence.settled(array, index, home)
        if source is not None and self.cheaply(source) is not None:
            getter = structure.list_get if isinstance(array.type, List) else structure.getitem
            return Reread(source, index, read or Call(getter, (source, index), (), (), op.loc))
        if read is not None and array not in self.dependence.chained and self.cheaply(array) is not None:
            return Reread(array, index, read)
        return None

    def holds_whole(self, store: Call, v: Value) -> bool:
        """Whether reading back ``store``'s cells gives ``v`` itself: same dtype, and not broadcast on the way in."""
        array = store.args[0].type
        if isinstance(array, List):
            return structure.item_at(array, structure.index_items(store.args[1])) == v.type
        if not isinstance(array, Array) or not isinstance(v.type, Scalar | Array) or array.dtype != v.type.dtype:
            return False
        if not structure.is_basic(store.args[1]):
            return False
        cells = structure.indexed_axes(array.axes, store.args[1])
        if cells == () and isinstance(v.type, Scalar):
            return True
        (whole,) = values_of(store.args[0])
        sizes, mine = self.sizes.indexed(whole, store.args[1]), self.sizes.shape(v)
        if sizes is not None and mine is not None and tuple(sizes) == mine:
            return True
        return isinstance(v.type, Array) and of(array.dtype, cells) == v.type and "?" not in (cells or ("?",))

    def representative(self, a: Arg) -> Value | None:
        """A value of the same shape as ``a`` that is there: a parameter, else the latest at the top level."""
        if not isinstance(a, Value):
            return None
        first = self.shapes.get(a, a)
        candidates = self.members.get(first, [first])
        top = [m for m in candidates if self.places.home[m].parent is None and kind(m.type) == kind(a.type)]
        shape = self.sizes.shape(a) if isinstance(a.type, Array) else None
        equal = self.alike.get(shape_key(shape), ()) if shape else ()
        others = [m for m in equal if m not in top and kind(m.type) == kind(a.type)]
        params = [m for m in (*top, *others) if m not in self.places.maker and m not in self.dependence.chained]
        if params:
            return params[0]
        if top or others:  # rather a version of the array itself, which is likely to be kept anyhow
            return max(top or others, key=lambda m: (self.in_variable(m), self.places.time[m]))
        around = set(self.places.home[a].chain())  # one born on another path may not be there
        inside = [m for m in candidates if self.places.home[m] in around and kind(m.type) == kind(a.type)]
        for m in inside:
            if not self.shape_only(m) and self.cheaply(m):
                return m
        equal = self.within.get(shape_key(shape), ()) if shape else ()
        inside = [m for m in equal if self.places.home[m] in around and kind(m.type) == kind(a.type)]
        return next((m for m in inside if self.kept(m)), None)

    def kept(self, v: Value, deep: int = 4) -> bool:
        """Whether a value is there, or is made of such: not of sizes, which may be those that are looked for."""
        found, op = self.decisions.get(v) or self.cheaply(v), self.places.maker.get(v)
        if isinstance(found, Reread):
            return bool(deep) and not any(True for _ in values_of(found.index)) and self.kept(found.source, deep - 1)
        if not isinstance(found, Recompute):
            return isinstance(found, Alive | Tape | HandedOn | Rewound)
        if not deep or not isinstance(op, Call) or op.prim in SHAPE_ONLY:
            return False
        made_of = list(values_of(*op.args, *(a for _, a in op.kwargs)))
        return bool(made_of) and all(self.kept(u, deep - 1) for u in made_of)

    def in_variable(self, v: Value) -> bool:
        """Whether a value is what a loop, a branch or a store made, and no expression that may not be needed at all."""
        op = self.places.maker.get(v)
        return not isinstance(op, Call) or v in self.dependence.chains

    def shape_only(self, v: Value) -> bool:
        """Whether a value is itself made from the shape of another alone."""
        op = self.places.maker.get(v)
        return isinstance(op, Call) and op.prim in SHAPE_ONLY

    def donor(self, a: Arg) -> Value | Call | None:
        """Where the shape of ``a`` can be had: from a value that is there, or from a view of one (taken anew)."""
        if not isinstance(a, Value):
            return None
        if (same := self.representative(a)) is not None:
            return same
        op = self.places.maker.get(a)
        if not isinstance(op, Call) or op.prim is not structure.getitem:
            return None
        if self.weight(values_of(op.args[1])) is None or self.donor(op.args[0]) is None:
            return None
        return op

    # -- the adjoint, with everything there -------------------------------------------------------------------------

    def rewrite(self, ops: Iterable[Op], frame: Frame) -> None:
        """Append the operations to the frame, each after what it needs."""
        for op in ops:
            frame.builder.loc = op.loc
            primal = self.mirrored(op)
            if isinstance(op, Call) and op.prim is structure.undo:
                self.undo(op, frame)
                continue
            if primal is None:
                self.ensure_all(self.needs([op]), frame)
                frame.builder.emit(self.renamed(op, frame))
                continue
            here = set(frame.place.chain())
            self.ensure_all((v for v in self.needs([op]) if self.places.home[v] in here), frame)
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
        rewind = self.rewinds.get(self.dependence.chain(result))
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
        decision = self.decide(v)
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
            read = self.shape_read(a)
            if not isinstance(a, Value) or read is None or home.of(self.places.home[a]) is not None:
                return a
            return self.repeat(read, read.args, a, home)

        again = replace(op, args=tuple(map_arg(a, size) for a in args), results=(Value(v.type, v.name),))
        self.ensure_all((u for u in self.direct(again) if u in self.places.home), home)
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
        same = self.donor(a) or a
        if isinstance(same, Call):
            (array,) = values_of(same.args[0])
            self.ensure_all(values_of(same.args[1]), frame)
            index = map_arg(same.args[1], lambda x: self.there(x, frame))
            view = Value(a.type, a.name)
            frame.builder.emit(replace(same, args=(self.like(array, frame), index), results=(view,)))
            return view
        rewind = self.rewinds.get(self.dependence.chain(same))
        if rewind is not None:
            return frame.now(rewind)
        self.ensure(same, frame)
        self.defined.add(same)
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
        inner = Frame(place, frame, versions=ended(self, primal, place, frame.versions))
        assert isinstance(primal, For | While)
        if isinstance(primal, For):
            self.induction(primal, index, inner, frame)
        passed = self.successors.get(primal, ())
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
        frame.versions |= begun(self, primal)
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
        elif i in self.decisions:
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
            inner = Frame(place, frame, versions=ended(self, primal, place, frame.versions))
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
        frame.versions |= begun(self, primal)
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
            self.lifts.setdefault(place.op, []).append((place.slot, v, out))
            self.places.home[out], self.places.time[out] = place.parent, self.places.order[place.op]
            v, place = out, place.parent
        return v

    def sweep(self) -> Sweep:
        """The primal sweep as it has been planned."""
        saving: dict[Op, Value] = {op: v for r in self.rewinds.values() for op, v in r.saved.items()}
        return Sweep(self.places, self.dependence, self.counts, self.tapes, self.lifts, saving, self.defined)


def kind(t: Type) -> str:
    """What two types share when a zero of one can be made from the other: being lists, or arrays of one dtype."""
    return t.dtype if isinstance(t, Array) else type(t).__name__
