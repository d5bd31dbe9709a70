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
from dataclasses import dataclass, field

from s2sad.analysis.affine import Symbol
from s2sad.analysis.dependence import Dependence
from s2sad.analysis.places import Place, Places, slots
from s2sad.analysis.sizes import Sizes, shape_key
from s2sad.ir.core import (
    UNDEFINED,
    Apply,
    Arg,
    Call,
    For,
    If,
    Literal,
    Op,
    Pack,
    Value,
    While,
    values_of,
)
from s2sad.ir.types import Array, List, Scalar, Type, of
from s2sad.prims import structure
from s2sad.transforms.decisions import SHAPE_ONLY, Alive, Decision, Lift, Recompute, Reread, Rewound
from s2sad.transforms.names import called
from s2sad.transforms.rewind import Rewind, rewindable, versions_by_place
from s2sad.transforms.successors import HandedOn, Successor, handed_on
from s2sad.transforms.sweep import Tape

TAME = frozenset("add sub mul neg abs np.sin np.cos np.tanh np.arctan np.maximum np.minimum".split())  # noqa: SIM905
MADE_OF_SIZES = frozenset("np.arange np.zeros np.ones np.eye np.identity".split())  # noqa: SIM905
DEEPEST = 50  # operations that are followed back to see whether a value can be computed again
MOST_RECOMPUTED = 8  # operations that one needed value may take to compute again, before it is taped instead



@dataclass
class Planner:
    """Decides how each primal value is to be had in the adjoint sweep (which ``AdjointWriter`` carries out)."""

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
        shape = self.sizes.shape(a) if isinstance(a.type, Array) else None
        candidates = [m for m in self.members.get(first, [first]) if kind(m.type) == kind(a.type)]
        top = [m for m in candidates if self.places.home[m].parent is None]
        equal = self.alike.get(shape_key(shape), ()) if shape else ()
        others = [m for m in equal if m not in top and kind(m.type) == kind(a.type)]
        params = [m for m in (*top, *others) if m not in self.places.maker and m not in self.dependence.chained]
        if params:
            return params[0]
        if top or others:  # rather a version of the array itself, which is likely to be kept anyhow
            return max(top or others, key=lambda m: (self.in_variable(m), self.places.time[m]))
        around = set(self.places.home[a].chain())  # one born on another path may not be there
        for m in candidates:
            if self.places.home[m] in around and not self.shape_only(m) and self.cheaply(m):
                return m
        equal = self.within.get(shape_key(shape), ()) if shape else ()
        inside = (m for m in equal if self.places.home[m] in around and kind(m.type) == kind(a.type))
        return next((m for m in inside if self.kept(m)), None)

    def kept(self, v: Value, deep: int = 4) -> bool:
        """Whether a value is there, or is made of such: not of sizes, which may be those that are looked for."""
        found, op = self.decisions.get(v) or self.cheaply(v), self.places.maker.get(v)
        if isinstance(found, Reread):
            return bool(deep) and all(self.kept(u, deep - 1) for u in (found.source, *values_of(found.index)))
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


def kind(t: Type) -> str:
    """What two types share when a zero of one can be made from the other: being lists, or arrays of one dtype."""
    return t.dtype if isinstance(t, Array) else type(t).__name__
