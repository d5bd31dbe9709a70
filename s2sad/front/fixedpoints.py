"""What loops carry, and of what type, found by running the body until nothing new turns up.

The state at the head of a loop is the join of two paths: the way in, and the way back from the end of the body. So it
is planned as the join of an ``if`` is (``planning``): every place that the body changes, with its content on entry and
its content at the end of the last pass. The first pass guesses that every name assigned in the body keeps its type;
where the plan made after a pass says the same as the plan it was run with, the loop is settled. Most loops settle at
once.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from s2sad.front.items import IN_LIST, Link, mutable, same
from s2sad.front.machine import SIGNALS, LoopMark, Restart, Unreachable
from s2sad.front.planning import CellContent, Finish, ListContent, Plan, Side, Slot
from s2sad.front.reach import Reach
from s2sad.front.recursion import Recursion
from s2sad.front.relations import chain, forget, make_links, plan_links, relations, root_of
from s2sad.front.state import ABSENT, born_after
from s2sad.front.values import (
    FALSE,
    UNBOUND,
    Abstract,
    Cell,
    Choice,
    Closure,
    DictOf,
    Known,
    ListOf,
    Optional,
    Poison,
    Record,
    Stale,
    Storage,
    Transformed,
    TupleOf,
    Undefined,
    Unread,
    View,
)
from s2sad.ir.build import Builder
from s2sad.ir.core import UNDEFINED, Atom, Literal, Pack, Value
from s2sad.ir.types import BOTTOM, INT, Array, List, Scalar, Type, axes
from s2sad.ir.walk import substitute
from s2sad.prims import structure

MAX_PASSES = 20
MOST_PEELED = 24  # restarts for the sake of first turns
MOST = 64  # iterations of a loop that is unrolled because what it carries has no one kind


@dataclass(eq=False)
class Place:
    """One place that a loop changes. ``end`` is its content at the end of the last pass."""

    table: dict[Any, Any]
    key: Any
    entry: Any
    end: Any
    exit_only: bool = False  # a flag: at the head it is always what it was on entry


@dataclass(eq=False)
class Head:
    """A plan of the state at the head."""

    plan: Plan
    finishes: list[tuple[Place, Finish]]
    ordinary: int = 0  # slots from here on belong to places that matter only when the loop is left
    writes: int = 0  # and so do storages
    links: int = 0  # and links
    signature: tuple[Any, ...] = ()


@dataclass(eq=False)
class Memory:
    """What is kept of a loop for the next time it is met (the loop around it runs its body again)."""

    ends: dict[str, Any] = field(default_factory=dict)
    contents: dict[str, Any] = field(default_factory=dict)
    types: dict[int, Type] = field(default_factory=dict)
    keep: list[Any] = field(default_factory=list)
    changes: dict[Any, Any] = field(default_factory=dict)
    heap: Any = None  # what ``changes`` are changes of: a trace that starts anew has another one
    body: Builder | None = None  # of the last pass, where what is at the end of it was born
    own: frozenset[Value] = frozenset()


class FixedPoints(Recursion):
    """The join of the way into a loop with the way back."""

    # -- the fixed point -------------------------------------------------------------------------------------------

    def settle(
        self, key: Any, mark: LoopMark, run: Callable[[], None], test: Callable[[], Atom] | None, names: Iterable[str],
        head_live: frozenset[str] | None, live: frozenset[str] | None, needs_broke: bool, grows: frozenset[str],
        runs: bool = False, index: Value | None = None,
    ) -> Any:
        variables = self.frame.variables
        heap = self.state.heap
        memory: Memory = self.session.loops.setdefault(key, Memory())
        places: dict[tuple[int, Any], Place] = {}
        if memory.heap is not heap:
            memory.heap, memory.changes = heap, {}
        types: dict[int, Type] = dict(memory.types)
        keep: list[Any] = memory.keep

        named = None if head_live is None or live is None else head_live | live

        def alive(name: str) -> bool:
            return name.startswith("$") or named is None or name in named

        for name in sorted(names):
            if alive(name):
                entry = variables.get(name, UNBOUND)
                end = memory.ends.get(name)
                if end is None or self.is_gone(end, memory.changes):
                    end = self.guess(entry, types, keep)
                exit_only = not name.startswith("$") and head_live is not None and name not in head_live
                if exit_only and runs:
                    entry = UNBOUND  # it is bound anew before the loop is left
                places[(id(variables), name)] = Place(variables, name, entry, end, exit_only)
        for name in sorted(grows):
            value = variables.get(name)
            if isinstance(value, ListOf) and isinstance(heap.get(value), tuple) and name not in memory.contents:
                memory.contents[name] = Value(List(BOTTOM))
        for name, end in memory.contents.items():
            value = variables.get(name)
            cell = value.root if isinstance(value, View) else value
            if isinstance(cell, Cell) and cell in heap and not isinstance(heap[cell], Stale) and not self.is_gone(end, memory.changes):  # noqa: E501
                places[(id(heap), cell)] = Place(heap, cell, heap[cell], end)

        told = False
        loop_node = self.node
        serial = self.serial
        changes: Any = memory.changes
        first = True
        for _ in range(MAX_PASSES):
            final = told
            self.missed = False
            for place in places.values():
                place.entry = self.settled_end(place.entry)
                self.note_types(place.entry, types, keep)
            head = self.plan_head(places, types, named, changes, serial, mark, memory.body, memory.own, first)
            first = False
            outer, before, depth, joined = self.builder, self.state.mark(), len(self.open), len(self.joined)
            self.exploring += 0 if final else 1
            self.loops.append(mark)
            condition: tuple[Any, Atom] | None = None
            dead = False
            try:
                self.enter_head(head, mark)
                entered, shares = self.state.mark(), len(self.shares)
                if test is not None:
                    self.builder = self.open_builder()
                    mark_of_test, youngest = self.state.mark(), self.serial
                    condition = self.builder, test()
                    self.open.pop()
                    if self.changed_since(mark_of_test, youngest):
                        raise Restart(loop=("test", key))  # tested inside of the loop, where it may change things
                self.builder = builder = self.open_builder()
                try:
                    if condition is not None:
                        self.learn(condition[1], True)
                    self.state.write(variables, "$break", FALSE)
                    self.state.write(variables, "$continue", FALSE)
                    self.raising(run)
                except Unreachable:
                    dead = True
                self.state.write(variables, "$continue", FALSE)
                changes = self.state.peek(before)
                added = self.collect_ends(changes, places, types, keep, alive, needs_broke, dead, serial, head_live, runs)  # noqa: E501
                end = Side(changes, builder, dead, self.state.reads(before))
                added = self.shared_since(shares, entered) or added
            finally:
                self.builder = outer
                self.loops.pop()
                self.exploring -= 0 if final else 1
                del self.open[depth:]
            self.state.undo(before)
            shares = len(self.shares)
            added = self.made_values(places) or added
            added = self.parted(changes) or added
            added = added or len(self.shares) > shares
            missed = self.missed
            memory.body, memory.own = builder, params_of(head, index)
            new = head if added else self.plan_head(places, types, named, changes, serial, mark, builder, memory.own)
            forget(self.joined[joined:])
            del self.joined[joined:]
            stable = not added and new.signature == head.signature
            if stable and missed and not final:
                told = True  # once more, to have the error told
                continue
            if stable:
                break
        else:
            numbers = [b.value for b in mark.bounds if isinstance(b, Known)]
            if mark.can_unroll and len(numbers) == 3 and len(range(*numbers)) <= MOST:
                raise Restart(loop=mark.key)
            self.node = loop_node
            self.refuse(
                "what this loop carries does not settle",
                why="its variables change their types or the arrays they are views of from turn to turn",
                instead="give each variable one type, and make copies with .copy() of arrays that change places",
            )
        self.missed = False
        flag: list[Atom] = []

        def leave() -> None:
            flag.extend(self.exit_flag())
            for s in new.plan.slots:
                s.b_atom = self.leaf_atom(s.b)

        if not dead:
            self.open.append(builder)
            self.on_side(end, leave)
            self.open.pop()
        memory.changes = changes
        self.remember(memory, places, types, keep)
        return self.carried(head, new, builder, flag, condition)

    def shared_since(self, count: int, entered: int) -> bool:
        """Whether a list that is there at the head of a loop has turned out to have something in common."""
        if len(self.shares) == count:
            return False
        born = {key for table, key, old in self.state.log[entered:] if table is self.state.heap and old is ABSENT}
        return any(cell not in born for cell in self.shares[count:])

    def changed_since(self, mark: int, youngest: int) -> bool:
        """Whether a condition changed what was there before it: an attribute, an item, a name."""
        for change in self.state.peek(mark).values():
            born = change.old is ABSENT and change.table is self.state.heap or born_after(change.table, youngest)
            temporary = isinstance(change.key, str) and change.key.startswith("$choice") or self.state.linking(change)
            if not born and not temporary and change.new is not change.old:
                return True
        return False

    def becomes_value(self, change: Any, changes: Any) -> bool:
        """Whether this is the link of an item to a list whose structure was known before the loop."""
        parent = getattr(change.new, "parent", None)
        whole = None if parent is None else changes.get((id(self.state.heap), parent))
        return change.old is ABSENT and whole is not None and isinstance(whole.old, tuple)

    def made_values(self, places: dict[tuple[int, Any], Place]) -> bool:
        """Lists of lists or arrays that the body makes one value of are made one before the loop."""
        out, heap = False, self.state.heap
        for place in places.values():
            cell, entry = place.key, place.entry
            if place.table is heap and isinstance(cell, ListOf) and isinstance(entry, tuple) and entry:
                one = isinstance(place.end, Value) and isinstance(place.end.type, List) and mutable(place.end.type.item)
                if one and heap.get(cell) is entry and self.item_type(heap[cell]) is not None:
                    self.as_value(cell)
                    place.entry, out = heap[cell], True
        return out

    def parted(self, changes: Any) -> bool:
        """Items that the body puts out of their place in a list are put out of it before: the next turn finds them so.

        So are those of which it changes the place: ``rows.append(row)`` moves all that are counted from the end.
        """
        out = False
        for change in changes.values():
            if change.table is self.state.links and isinstance(change.old, Link) and not same(change.old, change.new):
                link = self.state.links.get(change.key)
                if link is not None:
                    self.release(link.parent, link.key())
                    out = True
        return out

    def guess(self, entry: Any, types: dict[int, Type], keep: list[Any]) -> Any:
        """What a place may hold at the end of the first pass: the same kind of thing, with other values."""
        match entry:
            case Known() if isinstance(entry.value, int | float | complex):
                out: Any = Value(self.type_of(entry))
            case Value():
                out = Value(entry.type)
            case View():
                scalar = entry.parent is None and entry.root.scalar
                twin = Storage(entry.contiguous, scalar)
                root = self.twins.setdefault(entry.root if entry.parent is None else entry, twin)
                out = View(root, contiguous=entry.contiguous)
                types[id(root)] = self.type_of(entry)
                keep.append(root)
            case TupleOf(items=items, cls=cls):
                out = TupleOf(tuple(self.guess(i, types, keep) for i in items), cls)
            case _:
                out = entry
        keep.append(out)
        return out

    def is_gone(self, end: Any, changes: Any) -> bool:
        """Whether what is remembered of a loop is a container of which nobody knows what it holds any more."""
        pending, seen, heap = [end], set(), self.state.heap
        while pending:
            value = pending.pop()
            if isinstance(value, Cell):
                if value in seen:
                    continue
                seen.add(value)
                change = changes.get((id(heap), value))
                value = heap.get(value, ABSENT) if change is None else change.new
                if value is ABSENT:
                    return True
            match value:
                case TupleOf(items=items):
                    pending.extend(items)
                case Optional(value=inner):
                    pending.append(inner)
                case dict():
                    pending.extend(value.values())
                case tuple():
                    pending.extend(value)
        return False

    def plan_head(self, places: dict[tuple[int, Any], Place], types: dict[int, Type], live: frozenset[str] | None, changes: Any, serial: int, mark: LoopMark, body: Builder | None = None, own: frozenset[Value] = frozenset(), guess: bool = False) -> Head:  # noqa: E501
        back = Side(changes, self.builder if body is None else body, serial=serial, own=own)
        way_in = Side({}, self.builder, serial=serial)
        p = Plan(self.state.heap, way_in, back, loop=mark, typed=lambda cell: id(cell) in types, blind=guess)
        p.reach = Reach(self, p, {where: (x.entry, x.end) for where, x in places.items()}, live)
        finishes: list[tuple[Place, Finish]] = []
        ordinary = writes = links = -1
        for place in sorted(places.values(), key=lambda x: x.exit_only):
            if place.exit_only and ordinary < 0:
                plan_links(self, p)
                ordinary, writes, links = len(p.slots), len(p.writes), len(p.links)
            if place.table is self.state.heap:
                finish = self.plan_content(p, place.key, place.entry, place.end, getattr(place.entry, "name", None))
            elif place.key in SIGNALS:
                finish = p.slot(place.entry, place.end, None, flag=True)
                finish = lambda f=finish: self.lift(f().value)  # type: ignore[misc]  # noqa: E731
            else:
                name = place.key if isinstance(place.key, str) and not place.key.startswith("$") else None
                finish = self.plan(p, place.entry, place.end, name)
            finishes.append((place, finish))
        plan_links(self, p)
        if ordinary < 0:
            ordinary, writes, links = len(p.slots), len(p.writes), len(p.links)
        head = Head(p, finishes, ordinary, writes, links)
        for s in p.slots:
            entry = self.slot_type(s.a, types)
            t = self.joined_type(entry, self.slot_type(s.b, types), s.name)
            if isinstance(entry, Scalar | Array) and axes(t) is None and axes(entry) is not None:
                self.loses_axes(mark)
            s.value = Value(t, s.name or getattr(s.a, "name", None))
        head.signature = self.signature(head)
        return head

    def loses_axes(self, mark: LoopMark) -> None:
        """After one turn it may have its number of axes: that turn is put before the loop, where it is sure to run.

        Where it is only taken to run, that is tested, but not where the program would catch the error.
        """
        turns = self.session.turns
        if mark.can_peel and len(self.session.unrolled) < MOST_PEELED:
            if mark.can_unroll or turns is not None and turns.assumed and not self.tries:
                raise Restart(loop=("first", mark.key))
            if turns is not None:
                turns.missed = True

    def slot_type(self, leaf: Any, types: dict[int, Type]) -> Type:
        match leaf:
            case Undefined():
                return BOTTOM
            case Value():
                return leaf.type
            case View():
                found = types.get(id(leaf)) or types.get(id(leaf.root))
                return self.type_of(leaf) if found is None else found
            case CellContent(cell=cell):
                found = types.get(id(cell))
                return self.list_value(self.content(cell)).type if found is None else found
            case ListContent(content=content):
                if isinstance(content, Value):
                    return content.type
                if id(content) in types:
                    return types[id(content)]
                inferred = structure.list_new.infer(*(i if isinstance(i, Value) else Value(self.slot_type(i, types)) for i in content))  # noqa: E501
                assert not isinstance(inferred, tuple)
                return inferred
            case _:
                return types.get(id(leaf)) or self.type_of(leaf)

    def signature(self, head: Head) -> tuple[Any, ...]:
        """What a plan says, in a form that two plans can be compared by."""
        numbers: dict[Any, int] = {}

        def aim(target: View | Cell) -> tuple[Any, ...]:
            root = root_of(target)
            return made.get(root, id(root)), steps_of(target)

        def steps_of(target: View | Cell) -> tuple[Any, ...]:
            return tuple((s.prim, *map(shape, s.args)) for s in chain(target)) if isinstance(target, View) else ()

        def shape(v: Any) -> Any:
            match v:
                case Value():
                    return ("value", v.type)
                case Literal(value=value):
                    return ("literal", repr(value))
                case Pack(items=items):
                    return ("pack", *map(shape, items))
                case View(root=root):
                    if root in self.state.heap:
                        return ("outer", id(root), steps_of(v))
                    relations = frozenset(made.get(m, id(m)) for m in relations_of.get(root, ()))
                    among = None if root.among is None else frozenset(map(id, root.among))
                    return ("array", numbers.setdefault(root, len(numbers)), root.scalar, relations, among)
                case TupleOf(items=items):
                    return ("tuple", tuple(map(shape, items)))
                case Optional(value=inner):
                    return ("optional", shape(inner))
                case Choice(a=a, b=b):
                    return ("choice", shape(a), shape(b))
                case Closure(code=code, frame=frame):
                    return ("closure", id(code.node), frame in self.frames)
                case Transformed(function=f):
                    return ("derivative", shape(f))
                case Poison():
                    return ("poison",)
                case ListOf() | DictOf() | Record():
                    return ("cell", numbers.setdefault(v, len(numbers)))
                case Known(value=value):
                    return ("known", id(value) if not isinstance(value, int | float | str | None) else repr(value))
                case Unread(tail=tail):
                    return ("unread", shape(tail))
                case tuple():
                    return ("items", tuple(map(shape, v)))
                case dict():
                    return ("dict", tuple((k, shape(x)) for k, x in v.items()))
                case _:
                    return (type(v).__name__,)

        relations_of = relations(head.plan)
        made = {pair.cell: f"new {k}" for k, pair in enumerate(head.plan.pairs.values())}
        mark = self.state.mark()
        out = [shape(finish()) for place, finish in head.finishes if not place.exit_only]
        out += [shape(finish()) for _, finish in head.plan.writes[: head.writes]]
        out += [("slot", s.value.type) for s in head.plan.slots[: head.ordinary]]
        out += [("link", made.get(cell, id(cell)), *aim(target())) for cell, _, target in head.plan.links[: head.links]]
        for cell in made:
            known = sorted(id(other) for other in cell.overlaps if other in self.state.heap)
            out.append(("common", tuple(cell.common), tuple(known)))
        self.state.undo(mark)
        return tuple(out)

    def enter_head(self, head: Head, mark: LoopMark) -> None:
        """Make the state that of the head of the loop."""
        self.relate_pairs(head.plan)
        make_links(head.plan, self.joined, head.links)
        for s in head.plan.slots:
            if isinstance(s.value, Value) and s.value.type == INT:
                self.origins[s.value] = mark
        for cell, finish in head.plan.writes[: head.writes]:
            self.state.write(self.state.heap, cell, finish())
        for place, finish in head.finishes:
            if not place.exit_only:
                self.state.write(place.table, place.key, finish())
            elif not place.key.startswith("$"):
                self.state.write(place.table, place.key, UNBOUND)

    def collect_ends(
        self, changes: Any, places: dict[tuple[int, Any], Place], types: dict[int, Type], keep: list[Any],
        alive: Callable[[str], bool], needs_broke: bool, dead: bool, serial: int,
        head_live: frozenset[str] | None, runs: bool,
    ) -> bool:
        """Enter what each place holds at the end of a pass; whether a place is new."""
        variables, heap = self.frame.variables, self.state.heap
        added = False
        if dead:
            for place in places.values():
                place.end = UNBOUND if place.table is not heap else place.entry
            return False
        for where, change in changes.items():
            known_place = places.get(where)
            if known_place is not None:
                known_place.end = self.settled_end(change.new)
            elif (change.old is ABSENT and change.table is heap) or born_after(change.table, serial):
                continue  # born in the body
            elif change.table is self.used or change.table is self.passed or change.table is self.remaining:
                continue
            elif change.table is self.state.links or change.table is self.state.moves:
                made = changes.get((id(heap), change.key))
                born = made is not None and made.old is ABSENT
                if not born and not self.becomes_value(change, changes):
                    added = self.looped_link(change) or added
                continue
            elif change.table is variables and isinstance(change.key, str):
                if change.key == "$continue" or (change.key == "$break" and not needs_broke):
                    continue
                if not alive(change.key) or (change.new is change.old and not isinstance(change.new, Undefined)):
                    continue
                if change.key.startswith("$choice"):
                    continue
                flag = is_signal(change.key)
                later = not change.key.startswith("$") and head_live is not None and change.key not in head_live
                if flag and change.new is change.old:
                    continue
                if change.key == "$break" and isinstance(change.new, Known) and not change.new.value:
                    continue
                entry = UNBOUND if change.old is ABSENT else change.old
                if later and runs:
                    entry = UNBOUND
                places[where] = Place(variables, change.key, entry, self.settled_end(change.new), flag or later)
                added = added or not (flag or later)
            else:
                if change.new is change.old:
                    continue
                matters = self.of_a_reader(change.table, change.key)
                if matters is None:
                    continue
                entry = UNBOUND if change.old is ABSENT else change.old
                places[where] = Place(change.table, change.key, entry, change.new, matters)
                added = added or not matters
            self.note_types(change.new, types, keep)
        return added

    def of_a_reader(self, table: Any, key: Any) -> bool | None:
        """Of what the reader of a generator changes in its loops: whether it matters when they are left only.

        None where it does not matter at all. A name that is read later is carried: not every turn of the generator's
        loops need come to a ``yield``, and leave something else in it.
        """
        if isinstance(key, str) and key.startswith("$choice"):
            return None
        if id(table) not in self.readers or not isinstance(key, str):
            return False
        head, live = self.readers[id(table)]
        if key.startswith("$"):
            return None if key == "$continue" else is_signal(key)
        if head is None or key in head:
            return False
        return None if live is not None and key not in live else False

    def settled_end(self, value: Any) -> Any:
        """An array that may have been changed elsewhere is no value to start the next iteration with."""
        if isinstance(value, View) and isinstance(self.state.heap.get(value.root), Stale):
            return Poison(
                "this array may have been changed by a store through another name",
                "whether the two names share their memory depends on how often the loop ran",
                "make a copy with .copy() where the names part",
            )
        return value

    def note_types(self, value: Any, types: dict[int, Type], keep: list[Any]) -> None:
        """Remember the types of arrays as they are at the end of a pass, for the time after it."""
        match value:
            case View():
                if not isinstance(self.state.heap.get(value.root), Stale):
                    types[id(value)] = self.type_of(value)
                    keep.append(value)
                for cell in (value.root, *(each.cell for each in value.root.aliases)):
                    content = self.state.heap.get(cell)
                    if isinstance(content, Value):
                        types[id(cell)] = content.type
                        keep.append(cell)
            case TupleOf(items=items):
                for i in items:
                    self.note_types(i, types, keep)
            case tuple():
                keep.append(value)
                for i in value:
                    self.note_types(i, types, keep)
            case dict():
                for i in value.values():
                    self.note_types(i, types, keep)
            case Optional(value=inner):
                self.note_types(inner, types, keep)
            case ListOf() | DictOf() | Record():
                keep.append(value)
                content = self.state.heap.get(value)
                if content is IN_LIST and isinstance(value, ListOf):
                    types[id(value)] = self.list_value(self.content(value)).type
                elif not isinstance(content, Stale) and content is not None:
                    self.note_types(content, types, keep)
            case Value() | Known():
                keep.append(value)

    def exit_flag(self) -> list[Atom]:
        """What ends the loop after an iteration: break or return."""
        variables = self.frame.variables
        flags = [variables[name] for name in ("$break", "$returned")]
        if all(isinstance(f, Known) and not f.value for f in flags):
            return []
        if any(isinstance(f, Known) and f.value for f in flags):
            return [Literal(True)]
        unknown = [f for f in flags if isinstance(f, Value)]
        return [unknown[0] if len(unknown) == 1 else self.either(unknown[0], unknown[1])]

    def carried(self, head: Head, new: Head, builder: Any, flag: list[Atom], condition: Any) -> Any:
        """The parts of the operation: initial values, parameters, yields; places that did not change are left out."""
        for s in new.plan.slots:
            s.a_atom = self.leaf_atom(s.a)
        count = new.ordinary
        by_place = list(zip(head.plan.slots[: head.ordinary], new.plan.slots[:count], strict=True))
        inits: list[Atom] = []
        params: list[Value] = []
        yields: list[Atom] = []
        used: list[Slot] = []
        gone: dict[Value, Any] = {}
        for old, s in by_place:
            assert isinstance(old.value, Value)
            if s.b_atom is old.value and s.a_atom != Literal(UNDEFINED) and s.a_atom.type == old.value.type:
                gone[old.value] = s.a_atom
                s.value = s.a_atom
                continue
            inits.append(s.a_atom)
            params.append(old.value)
            yields.append(s.b_atom)
            used.append(s)
        twins: dict[tuple[Atom, Atom], Slot] = {}
        for s in new.plan.slots[count:]:
            assert isinstance(s.value, Value)
            if s.flag and (first := twins.setdefault((s.a_atom, s.b_atom), s)) is not s:
                s.twin = first
                continue
            t = self.joined_type(s.a_atom.type, s.b_atom.type, s.name)
            inits.append(s.a_atom)
            params.append(Value(t, s.value.name))
            yields.append(s.b_atom)
            used.append(s)
        if gone:
            builder.ops = [substitute(op, gone) for op in builder.ops]
            yields = [gone.get(y, y) if isinstance(y, Value) else y for y in yields]
            flag = [gone.get(y, y) if isinstance(y, Value) else y for y in flag]
            if condition is not None:
                condition[0].ops = [substitute(op, gone) for op in condition[0].ops]
                test = condition[1]
                condition = condition[0], gone.get(test, test) if isinstance(test, Value) else test
        return tuple(inits), tuple(params), tuple(yields), (new, used), builder, tuple(flag), condition

    def listed(self, value: Abstract) -> Abstract:
        raise NotImplementedError

    def either(self, a: Atom, b: Atom) -> Atom:
        raise NotImplementedError

    def stopped(self) -> bool | Atom:
        raise NotImplementedError

    def guarded(self, stop: Atom, body: Sequence[ast.stmt], k: int) -> None:
        raise NotImplementedError

    def know_flags(self, stop: Atom, left: bool) -> None:
        raise NotImplementedError

    def remember(self, memory: Memory, places: dict[tuple[int, Any], Place], types: dict[int, Type], keep: list[Any]) -> None:  # noqa: E501
        variables, heap = self.frame.variables, self.state.heap
        names: dict[Any, str] = {}
        for name, value in variables.items():
            names.setdefault(value.root if isinstance(value, View) else value, name)
        for place in places.values():
            if place.exit_only and place.key.startswith("$"):
                continue
            if place.table is variables:
                memory.ends[place.key] = place.end
            elif place.table is heap and place.key in names:
                memory.contents[names[place.key]] = place.end
            keep.append(place.end)
        memory.types.update(types)

    def finish(self, slots: tuple[Head, list[Slot]], results: Sequence[Value]) -> None:
        """The state after the loop."""
        head, used = slots
        for s, r in zip(used, results, strict=True):
            s.value = r
        for s in head.plan.slots:
            if s.twin is not None:
                s.value = s.twin.value
        self.relate_pairs(head.plan)
        make_links(head.plan, self.joined)
        for cell, finish in head.plan.writes:
            self.state.write(self.state.heap, cell, finish())
        for place, finish in head.finishes:
            self.state.write(place.table, place.key, finish())


def params_of(head: Head, index: Value | None) -> frozenset[Value]:
    """The parameters of the region of a loop's body."""
    own = [s.value for s in head.plan.slots if isinstance(s.value, Value)]
    return frozenset(own if index is None else [index, *own])


def is_signal(key: str) -> bool:
    """Whether a variable says how a block was left."""
    return key in SIGNALS or key in ("$result", "$code") or key.startswith("$exc")


def is_count(value: Abstract, least: int) -> bool:
    """Whether it is known to be no less than that."""
    return isinstance(value, Known) and isinstance(value.value, int) and value.value >= least
