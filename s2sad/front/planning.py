"""How what a place holds on two paths becomes one thing: a plan, carried out when the branch or the loop is made.

The two contents are walked together, and every leaf in which they differ becomes a slot, which is one result of the
``If`` (or one carried value of a loop).

Storages are paired: a name bound to ``a`` on one path and to ``b`` on the other is bound to a new storage that stands
for the pair, shared by all names with that pair.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from s2sad.front.conversions import is_text, number_like, same_known, same_opaque
from s2sad.front.functionjoins import JoinedFrame, is_function, one_sided_function, plan_functions
from s2sad.front.items import IN_LIST, Items, same
from s2sad.front.machine import LoopMark
from s2sad.front.parts import overlap
from s2sad.front.reach import Reach
from s2sad.front.relations import merged, origins, same_steps
from s2sad.front.state import ABSENT, Changes, Frame
from s2sad.front.storage import relate
from s2sad.front.values import (
    UNBOUND,
    Abstract,
    Cell,
    Choice,
    Closure,
    DictOf,
    Known,
    ListOf,
    Method,
    Optional,
    Partial,
    Poison,
    RangeOf,
    Record,
    SetOf,
    SliceOf,
    Stale,
    Storage,
    Transformed,
    TupleOf,
    Undefined,
    Unread,
    View,
    Wrapped,
    is_none,
)
from s2sad.ir.build import Builder
from s2sad.ir.core import UNDEFINED, Atom, Literal, Value

Finish = Callable[[], Any]
Leaf = Known | Value | View | Undefined


@dataclass(slots=True, eq=False)
class Slot:
    """One leaf in which two states differ. ``a`` and ``b`` are what to read on each path; ``value`` comes last."""

    a: Any
    b: Any
    name: str | None
    flag: bool = False
    presence: bool = False  # whether it says that a value is not None
    twin: Slot | None = None  # another slot that is the same on both paths
    a_atom: Atom = Literal(UNDEFINED)
    b_atom: Atom = Literal(UNDEFINED)
    value: Atom = Literal(UNDEFINED)


class ListContent:
    """A leaf that stands for a list's content, which has to become one value of type ``List``."""

    __slots__ = ("content", "cell")

    def __init__(self, content: Any, cell: ListOf) -> None:
        self.content, self.cell = content, cell


class CellContent:
    """A leaf that stands for the content of a list that is an item of another, read when it is known where it is."""

    __slots__ = ("cell",)

    def __init__(self, cell: ListOf) -> None:
        self.cell = cell


@dataclass(eq=False)
class Side:
    """One of two paths: what it changed, and the builder of its region."""

    changes: Changes
    builder: Builder
    dead: bool = False
    reads: dict[Any, Any] = field(default_factory=dict)
    serial: int = 0
    own: frozenset[Value] = frozenset()  # parameters of its region
    _born: set[Value] | None = None

    def bears(self, value: Value) -> bool:
        if self._born is None:
            self._born = {r for op in self.builder.ops for r in op.results} | self.own
        return value in self._born


@dataclass(slots=True, eq=False)
class Pair:
    """A storage or container that stands for one thing on one path and another on the other."""

    cell: Cell
    a: View | Cell | Undefined
    b: View | Cell | Undefined


@dataclass(eq=False)
class Plan:
    """The slots of one join, and the storages and containers that stand for pairs."""

    heap: dict[Cell, Any]
    a: Side
    b: Side
    slots: list[Slot] = field(default_factory=list)
    pairs: dict[tuple[int, int], Pair] = field(default_factory=dict)
    writes: list[tuple[Cell, Finish]] = field(default_factory=list)
    cells: list[tuple[Cell, Cell, Cell]] = field(default_factory=list)  # containers that are one of two
    frames: dict[tuple[int, int], JoinedFrame] = field(default_factory=dict)
    loop: LoopMark | None = None  # the loop whose head this is

    def variable(self, frame: Frame, name: str, side: Side) -> Any:
        """A variable of an activation at the end of a path."""
        change = side.changes.get((id(frame.variables), name))
        value = frame.variables.get(name, UNBOUND) if change is None else change.new
        return UNBOUND if value is ABSENT else value

    links: list[tuple[Cell, Finish, Finish]] = field(default_factory=list)  # a cell, the predicate, what it is then
    related: int = 0  # how many of the pairs have their links planned
    typed: Callable[[Cell], bool] = lambda cell: True
    blind: bool = False  # the second side is a guess: nothing is to be learnt from it

    reach: Reach | None = None  # the cells that are not only to be had by what this join binds anew
    replaced: dict[Cell, dict[Cell, None]] = field(default_factory=dict)  # by the storage that stands for them

    def reaches(self, pair: Pair, root: Cell) -> bool:
        """Whether an array from before the join is still to be had; where not, the pair replaces it."""
        if self.reach is None or root in self.reach:
            return True
        self.replaced.setdefault(pair.cell, {})[root] = None
        assert isinstance(pair.cell, Storage)
        pair.cell.among = None
        return False

    def fresh(self) -> list[Pair]:
        return list(self.pairs.values())[self.related :]

    def stands_for(self, cell: Cell, first: bool) -> bool:
        """Whether there is a pair that has the whole of this cell on one side."""
        return any(is_whole(x, cell) for x in ((pair.a if first else pair.b) for pair in self.pairs.values()))

    def content(self, cell: Cell, side: Side) -> Any:
        change = side.changes.get((id(self.heap), cell))
        return self.heap.get(cell, ABSENT) if change is None else change.new

    def slot(self, a: Any, b: Any, name: str | None, flag: bool = False, presence: bool = False) -> Finish:
        s = Slot(a, b, name, flag, presence)
        self.slots.append(s)
        return lambda: s


class Planning(Items):
    """Plans of joins, value by value."""

    # -- planning --------------------------------------------------------------------------------------------------

    def plan(self, p: Plan, a: Any, b: Any, name: str | None) -> Finish:
        """How to make one thing of two; the answer is given by calling the result when the slots have values."""
        if a is b or same_known(a, b):
            return lambda: a
        if isinstance(a, Poison) or isinstance(b, Poison):
            poison = a if isinstance(a, Poison) else b
            return lambda: poison
        if isinstance(a, Undefined):
            return self.one_sided(p, b, name, first=False)
        if isinstance(b, Undefined):
            return self.one_sided(p, a, name, first=True)
        match a, b:
            case View(), View():
                if a.root is b.root and (a.parent is None or a.root in p.heap) and same_steps(a, b):
                    return (lambda: a) if a.parent is None else merged(p, a, b)
                return self.plan_storage(p, a, b, name)
            case (View(), Value() | Known()) | (Value() | Known(), View()) if number_like(a) and number_like(b):
                return self.plan_storage(p, a, b, name)
            case (Value() | Known()), (Value() | Known()) if number_like(a) and number_like(b) and not enumerated(a, b):
                finish = p.slot(a, b, name)
                return lambda: self.scalar_result(finish())
            case TupleOf(), TupleOf() if a.cls is b.cls and len(a.items) == len(b.items):
                parts = [self.plan(p, x, y, name) for x, y in zip(a.items, b.items, strict=True)]
                return lambda: TupleOf(tuple(f() for f in parts), a.cls)
            case (ListOf(), ListOf()) | (DictOf(), DictOf()) | (SetOf(), SetOf()):
                return self.plan_cell(p, a, b, name)
            case Record(), Record() if a.cls is b.cls:
                return self.plan_cell(p, a, b, name)
            case (SliceOf(), SliceOf()) | (RangeOf(), RangeOf()):
                ends = [self.plan(p, getattr(a, k), getattr(b, k), None) for k in ("start", "stop", "step")]
                return lambda: type(a)(*(f() for f in ends))
            case Optional(), Optional():
                flag, inner = p.slot(a.present, b.present, None, presence=True), self.plan(p, a.value, b.value, name)
                return lambda: self.optional(flag().value, inner())
            case Optional(), _:
                here = not is_none(b)
                flag = p.slot(a.present, Known(here), None, presence=True)
                inner = self.plan(p, a.value, b if here else UNBOUND, name)
                return lambda: self.optional(flag().value, inner())
            case _, Optional():
                here = not is_none(a)
                flag = p.slot(Known(here), b.present, None, presence=True)
                inner = self.plan(p, a if here else UNBOUND, b.value, name)
                return lambda: self.optional(flag().value, inner())
            case (Known(), _) if a.value is None and not is_function(b) and not isinstance(b, Known):
                flag, inner = p.slot(Known(False), Known(True), None, presence=True), self.plan(p, UNBOUND, b, name)
                return lambda: self.optional(flag().value, inner())
            case (_, Known()) if b.value is None and not is_function(a) and not isinstance(a, Known):
                flag, inner = p.slot(Known(True), Known(False), None, presence=True), self.plan(p, a, UNBOUND, name)
                return lambda: self.optional(flag().value, inner())
            case (Known(), Known()) if (a.value is None) != (b.value is None) and (number_like(a) or number_like(b)):
                flag = p.slot(Known(a.value is not None), Known(b.value is not None), None, presence=True)
                inner = self.plan(p, UNBOUND if is_none(a) else a, UNBOUND if is_none(b) else b, name)
                return lambda: self.optional(flag().value, inner())
            case Partial(), Partial() if a.function is b.function or same_known(a.function, b.function):
                if len(a.args) == len(b.args) and a.kwargs.keys() == b.kwargs.keys():
                    parts = [self.plan(p, x, y, None) for x, y in zip(a.args, b.args, strict=True)]
                    named = {k: self.plan(p, a.kwargs[k], b.kwargs[k], k) for k in a.kwargs}
                    return lambda: Partial(a.function, tuple(f() for f in parts), {k: f() for k, f in named.items()})
        functions = None if is_text(a) and is_text(b) else plan_functions(self, p, a, b, name)
        if functions is not None:
            return functions
        match a, b:
            case Known(), Known() if a.value is not None and b.value is not None and (
                enumerated(a, b) or not (number_like(a) or number_like(b))
            ):
                flag = p.slot(Known(True), Known(False), None)
                return lambda: self.choice(flag().value, a, b)
            case Choice(), Known() if same_known(a.a, b) or same_known(a.b, b):
                flag = p.slot(a.first, Known(same_known(a.a, b)), None)
                return lambda: self.choice(flag().value, a.a, a.b)
            case Known(), Choice() if same_known(b.a, a) or same_known(b.b, a):
                flag = p.slot(Known(same_known(b.a, a)), b.first, None)
                return lambda: self.choice(flag().value, b.a, b.b)
            case Choice(), Choice() if same_known(a.a, b.a) and same_known(a.b, b.b):
                flag = p.slot(a.first, b.first, None)
                return lambda: self.choice(flag().value, a.a, a.b)
            case _ if is_text(a) and is_text(b) or same_opaque(a, b):
                finish = p.slot(a, b, name)
                return lambda: self.lift(finish().value)
        poison = Poison(
            f"{name or 'this value'} is {self.describe(a)} on one path and {self.describe(b)} on the other",
            "what follows has to hold for both, so their kinds have to agree",
            "give it the same kind of value on every path",
        )
        return lambda: poison

    def optional(self, present: Any, value: Abstract) -> Abstract:
        if isinstance(present, Literal):
            return value if present.value else Known(None)
        return Optional(present, value)

    def choice(self, first: Atom, a: Abstract, b: Abstract) -> Abstract:
        if isinstance(first, Literal):
            return a if first.value else b
        assert isinstance(first, Value)
        return Choice(first, a, b)

    def scalar_result(self, s: Slot) -> Abstract:
        return self.lift(s.value)

    def plan_storage(self, p: Plan, a: Leaf, b: Leaf, name: str | None) -> Finish:
        """An array that is one storage on one path and another on the other (or no array at all)."""
        key = (id(a.root if isinstance(a, View) and a.parent is None else a), id(b.root if isinstance(b, View) and b.parent is None else b))  # noqa: E501
        found = p.pairs.get(key)
        if found is None:
            scalar = not (isinstance(a, View) and isinstance(b, View)) or a.root.scalar or b.root.scalar
            both = all(isinstance(v, View) and v.contiguous for v in (a, b))
            cell = Storage(True if both else None, scalar)
            one, other = origins(p, a), frozenset() if p.blind else origins(p, b)
            cell.among = None if one is None or other is None else one | other
            p.pairs[key] = Pair(cell, a if isinstance(a, View) else UNBOUND, b if isinstance(b, View) else UNBOUND)
            finish = p.slot(a, b, name)
            p.writes.append((cell, lambda: finish().value))
        else:
            cell = found.cell  # type: ignore[assignment]
        return lambda: View(cell, contiguous=cell.contiguous, name=name)

    def one_sided(self, p: Plan, v: Any, name: str | None, first: bool) -> Finish:
        """A name with a value on one path only; on a dead path nothing is needed at all."""
        other, side = (p.b, p.a) if first else (p.a, p.b)

        def leaf(x: Any) -> Finish:
            return p.slot(x, UNBOUND, name) if first else p.slot(UNBOUND, x, name)

        match v:
            case View():
                if v.root in p.heap:  # the storage is there on both paths; only the name is not
                    return merged(p, v, None) if first else merged(p, None, v)
                return self.plan_storage(p, v, UNBOUND, name) if first else self.plan_storage(p, UNBOUND, v, name)
            case Value():
                if other.dead and not side.bears(v):
                    return lambda: v
                finish = leaf(v)
                return lambda: self.lift(finish().value)
            case Known():
                return lambda: v
            case TupleOf():
                parts = [self.one_sided(p, x, name, first) for x in v.items]
                return lambda: TupleOf(tuple(f() for f in parts), v.cls)
            case ListOf() | DictOf() | Record():
                if v in p.heap:
                    return lambda: v
                return self.plan_cell(p, v, UNBOUND, name) if first else self.plan_cell(p, UNBOUND, v, name)
            case SliceOf() | RangeOf():
                ends = [self.one_sided(p, getattr(v, k), None, first) for k in ("start", "stop", "step")]
                return lambda: type(v)(*(f() for f in ends))
            case Optional():
                flag, inner = self.one_sided(p, v.present, None, first), self.one_sided(p, v.value, name, first)
                return lambda: Optional(flag(), inner())
            case Closure() | Method() | Transformed() | Choice():
                return one_sided_function(self, p, v, name, first)
            case Wrapped() if not (other.dead):
                poison = Poison(f"{name or 'this value'} is an iterator on one path only")
                return lambda: poison
            case Partial():
                args = [self.one_sided(p, x, None, first) for x in v.args]
                named = {k: self.one_sided(p, x, k, first) for k, x in v.kwargs.items()}
                return lambda: Partial(v.function, tuple(f() for f in args), {k: f() for k, f in named.items()})
            case _:
                return lambda: v

    def plan_cell(self, p: Plan, a: Any, b: Any, name: str | None) -> Finish:
        """A list, dict or record that is one object on one path and another on the other."""
        key = (id(a), id(b))
        found = p.pairs.get(key)
        if found is None:
            given = b if isinstance(a, Undefined) else a
            cell: Cell = Record(given.cls) if isinstance(given, Record) else given.twin()
            p.pairs[key] = Pair(cell, a, b)
            self.kin(p, cell, a, b)
            content_a, content_b = self.side_content(p, a, p.a), self.side_content(p, b, p.b)
            p.writes.append((cell, self.plan_content(p, cell, content_a, content_b, name)))
        else:
            cell = found.cell
        return lambda: cell

    def kin(self, p: Plan, cell: Cell, a: Any, b: Any) -> None:
        """What is known of a container that is one of two."""
        for part in (a, b):
            if not isinstance(part, Cell):
                continue
            if self.state.links.get(part) is not None or part in self.lost:
                self.lost[cell] = None
                for other in tuple(part.may):
                    relate(cell, other)
            for way in ((),) if part.overlaps else part.common:
                self.share(cell, way)
            for other in tuple(part.overlaps):
                overlap(cell, other)
            if isinstance(part, DictOf) and isinstance(cell, DictOf):
                cell.maybe = cell.maybe or part.maybe
        if isinstance(a, Cell) and isinstance(b, Cell) and a in p.heap and b in p.heap and cell not in self.lost:
            p.cells.append((cell, a, b))

    def side_content(self, p: Plan, cell: Any, side: Side) -> Any:
        """What a cell that is on one path only holds there."""
        if not isinstance(cell, Cell):
            return UNBOUND
        content = p.content(cell, side)
        if content is IN_LIST:
            return CellContent(cell) if isinstance(cell, ListOf) else Stale(self.here())
        return content

    def link_on(self, cell: Cell, side: Side) -> Any:
        change = side.changes.get((id(self.state.links), cell))
        return self.state.links.get(cell) if change is None else change.new

    def plan_content(self, p: Plan, cell: Cell, a: Any, b: Any, name: str | None) -> Finish:
        """The contents of one cell on both paths."""
        if a is b:
            return lambda: a
        if a is IN_LIST or b is IN_LIST:
            one = same(self.link_on(cell, p.a), self.link_on(cell, p.b)) or a is UNBOUND or b is UNBOUND
            read: Any = IN_LIST if one else Stale(self.here())
            return lambda: read
        if isinstance(a, Unread) or isinstance(b, Unread):
            return self.plan_unread(p, cell, a, b)
        if isinstance(a, Stale) or isinstance(b, Stale):
            stale = a if isinstance(a, Stale) else b
            return lambda: stale
        if a is UNBOUND or b is UNBOUND:
            v = b if a is UNBOUND else a
            return self.one_sided_content(p, cell, v, name, first=b is UNBOUND)
        if isinstance(cell, Storage):
            finish = p.slot(a, b, name or getattr(a, "name", None) or getattr(b, "name", None))
            return lambda: finish().value
        if isinstance(cell, ListOf):
            if isinstance(a, tuple) and isinstance(b, tuple) and len(a) == len(b):
                parts = [self.plan(p, x, y, name) for x, y in zip(a, b, strict=True)]
                return lambda: tuple(f() for f in parts)
            leaf_a, leaf_b = (x if isinstance(x, CellContent) else ListContent(x, cell) for x in (a, b))
            finish = p.slot(leaf_a, leaf_b, cell.called or name)
            return lambda: finish().value
        if isinstance(cell, SetOf):
            members: Any = a if a == b else Stale(self.here())
            return lambda: members
        if a.keys() != b.keys() and not isinstance(cell, Record):
            stale = Stale(self.here())
            return lambda: stale
        named = {k: self.plan(p, a.get(k, UNBOUND), b.get(k, UNBOUND), hint(k)) for k in {**a, **b}}
        return lambda: {k: f() for k, f in named.items()}

    def plan_unread(self, p: Plan, cell: Cell, a: Any, b: Any) -> Finish:
        """A container from outside, which some path may have changed without looking at it."""
        unread = a if isinstance(a, Unread) else b
        for dead, alive in ((a, b), (b, a)):
            if dead is UNBOUND:
                return lambda: alive
        unknown = Unread(unread.source, unread.value, None)
        if not isinstance(a, Unread) or not isinstance(b, Unread) or a.tail is None or b.tail is None:
            return lambda: unknown
        if not isinstance(a.tail, dict):
            same = len(a.tail) == len(b.tail) and all(x is y for x, y in zip(a.tail, b.tail, strict=True))
            return lambda: a if same else unknown
        keys = {**a.tail, **b.tail}
        mine, other = ({k: self.original(u, k) for k in keys} for u in (a, b))
        if any(isinstance(mine[k], Undefined) is not isinstance(other[k], Undefined) for k in keys):
            return lambda: unknown
        named = {k: self.plan(p, mine[k], other[k], str(k)) for k in keys}
        return lambda: Unread(unread.source, unread.value, {k: f() for k, f in named.items()})

    def original(self, unread: Unread, key: Any) -> Any:
        raise NotImplementedError

    def one_sided_content(self, p: Plan, cell: Cell, v: Any, name: str | None, first: bool) -> Finish:
        if isinstance(v, tuple):
            parts = [self.one_sided(p, x, name, first) for x in v]
            return lambda: tuple(f() for f in parts)
        if isinstance(v, dict):
            named = {k: self.one_sided(p, x, hint(k), first) for k, x in v.items()}
            return lambda: {k: f() for k, f in named.items()}
        finish = p.slot(v, UNBOUND, name) if first else p.slot(UNBOUND, v, name)
        return lambda: finish().value


def says(s: Slot) -> bool:
    """Whether a slot is a test, and no number of the program."""
    return s.flag or s.presence


def hint(key: Any) -> str:
    """What an item of a dict is called where nothing else gives it a name."""
    return key if isinstance(key, str) else f"item_{key}"


def enumerated(a: Abstract, b: Abstract) -> bool:
    """Whether both are members of an enumeration, which are told apart by identity, also where they are numbers."""
    return all(isinstance(v, Known) and isinstance(v.value, enum.Enum) for v in (a, b))


def constantly(x: Any) -> Finish:
    return lambda: x


def _name(atom: Atom) -> str | None:
    return atom.name if isinstance(atom, Value) else None


def is_whole(x: View | Cell | Undefined, cell: Cell) -> bool:
    return x is cell or (isinstance(x, View) and x.parent is None and x.root is cell)
