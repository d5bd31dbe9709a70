"""What may share memory with what, and what is read later: the state of the walk that module ``ownership`` takes.

Every value has the sets of *roots* that it may share memory with: the operations that made a buffer. They go by level:
the roots that it may itself be (``own``), those that it holds (a list holds its items), those that are in these, and so
on; ``reach`` are all of them. Roots flow through views, containers and control flow. Items of a list that are changed
in place somewhere are *moved* into it, that is it alone holds them; what may be in two places is *doubled*.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import zip_longest

from s2sad.emit.mutation import READERS, SHAPE_ONLY, fits, has_buffer, inner_types, kinds_by_level, levels
from s2sad.emit.places import Places, Scope, reaches
from s2sad.emit.sharing import Classes
from s2sad.ir.core import Call, Trace, Value
from s2sad.ir.types import Array, Type
from s2sad.ir.walk import all_ops

WILD = -1  # a root that stands for all of its class
MANY = 24  # a set of roots that grows past this becomes WILD


Roots = frozenset[int]
Levels = tuple[Roots, ...]
NOTHING: Roots = frozenset()
UNKNOWN: Roots = frozenset((WILD,))


class Holdings:
    def __init__(self, trace: Trace, places: Places) -> None:
        self.trace, self.places = trace, places
        self.classes = Classes(trace)
        self.content_uses: dict[Value, list[tuple[int, Scope]]] = {}
        self.last: dict[Value, int] = {}
        skipped: dict[Value, set[int]] = {}
        for op in all_ops(trace.body.ops):
            if isinstance(op, Call) and op.prim.name in SHAPE_ONLY and isinstance(op.args[0], Value) and isinstance(op.args[0].type, Array):  # noqa: E501
                skipped.setdefault(op.args[0], set()).add(places.start[op])
        for value, uses in places.uses.items():
            if has_buffer(value.type):
                skip = skipped.get(value, ())
                kept = [u for u in uses if u[0] not in skip]
                self.content_uses[value] = kept
                self.last[value] = max((self._span(value, *u) for u in kept), default=-1)

    def reset(self) -> None:
        self.levels: dict[Value, Levels] = {}
        self.view: set[Value] = set()
        self.maker: dict[Value, Call] = {}
        self.foreign: set[int] = set()
        self.moved: set[int] = set()  # of what only a list holds
        self.doubled: set[int] = set()  # of what may be in two places
        self.members: dict[Value, list[Value]] = {}
        self.count = 0

    def _span(self, value: Value, position: int, scope: Scope) -> int:
        """The last position at which this use may still happen: the end of the loops that the value outlives."""
        home = self.places.birth[value][1]
        at: Scope | None = scope
        while at is not None and at is not home:
            if at.is_loop and at.op is not None:
                position = max(position, self.places.end[at.op])
            at = at.parent
        return position

    def root(self) -> int:
        self.count += 1
        return self.count

    def enter(self, value: Value, found: Levels, view: bool = False) -> None:
        depth = levels(value.type)
        if len(found) > depth:
            found = (*found[: depth - 1], NOTHING.union(*found[depth - 1 :]))
        found += (NOTHING,) * (depth - len(found))
        self.levels[value] = tuple(roots if len(roots) <= MANY else UNKNOWN for roots in found)
        if view:
            self.view.add(value)
        self.members.setdefault(self.classes.find(value), []).append(value)

    def new(self, t: Type) -> Levels:
        """Roots of a value of which all is made here, and nobody else's."""
        return tuple(frozenset((self.root(),)) for _ in range(levels(t)))

    def fresh(self, value: Value, holds: Levels) -> None:
        self.enter(value, (frozenset((self.root(),)), *holds))

    def wild(self, value: Value) -> None:
        self.enter(value, (UNKNOWN,) * levels(value.type), self.classes.find(value) in self.classes.viewed)

    def own(self, value: Value) -> Roots:
        return self.levels[value][0]

    def reach(self, value: Value) -> Roots:
        return NOTHING.union(*self.levels[value])

    def owned(self, value: Value) -> bool:
        """Whether every buffer that this value may be was made here and is whole."""
        if value not in self.levels or value in self.view:
            return False
        own = self.own(value)
        return not own & self.foreign and not (WILD in own and self.classes.find(value) in self.classes.foreign)

    def sharing(self, value: Value) -> Iterable[Value]:
        """Values that may hold a buffer of ``value``, itself among them."""
        for other in self.members.get(self.classes.find(value), ()):
            if self.sees(value, other):
                yield other

    def sees(self, value: Value, other: Value) -> bool:
        """Whether ``other``, of the same class, may hold what ``value`` is: the array, or the list itself."""
        if other is value:
            return True
        return self.may_hold(other, value.type, self.own(value))

    def may_hold(self, other: Value, t: Type, roots: Roots) -> bool:
        """Whether ``other``, of the same class, is or holds something of this type with one of these roots."""
        by_level = zip(self.levels[other], kinds_by_level(other.type), strict=True)
        theirs = [found for found, kinds in by_level if fits(t, kinds)]
        return any(found and (WILD in roots or WILD in found or roots & found) for found in theirs)

    def watchers(self, value: Value, position: int, scope: Scope) -> list[Value]:
        """Values read after ``position`` that would see a change of the buffer of ``value``."""
        group = self.classes.find(value)
        members = self.members.get(group, [])
        if len(members) > 8:
            members[:] = [m for m in members if self.last.get(m, -1) >= position or m is value]
        birth = self.places.birth
        return [
            other for other in self.sharing(value)
            if any(reaches(position, scope, use, birth[other][1]) for use in self.content_uses.get(other, ()))
        ]  # fmt: skip

    def is_changed(self, item: Value) -> bool:
        """Whether what this is, or something in it, is changed in place somewhere."""
        group = self.classes.find(item)
        return self.classes.changes(group, item.type) or self.classes.changes_in(group, item.type)

    def alone(self, item: Value) -> bool:
        """Whether this was made here, and so was all in it that is changed, for it alone."""
        return self.owned(item) and WILD not in self.own(item) and self.holds_alone(item, self.levels[item][1:])

    def holds_alone(self, container: Value, inside: Levels) -> bool:
        """Whether nothing in a container that is changed in place is in two places, or of others."""
        return not any(WILD in found or found & self.doubled for _, _, found in self.kept_apart(container, inside))

    def kept_apart(self, container: Value, inside: Levels) -> list[tuple[int, Type, Roots]]:
        """Levels of what is in a container that is changed in place, by their numbers, with their types."""
        group, out = self.classes.find(container), []
        types: tuple[Type, ...] = (container.type,)
        for k, found in enumerate(inside):
            types = tuple(dict.fromkeys(inner for t in types for inner in inner_types(t)))
            out += [(k, t, found) for t in types if self.classes.changes(group, t)]
        return out

    def let_go(self, values: Iterable[Value], scope: Scope) -> bool:
        """Whether these live in this region only: then a list that outlives it is the only holder of what they share.

        While they live, they and the list are known to share it.
        """
        birth, uses = self.places.birth, self.content_uses
        return all(
            birth[v][1] is scope and not any(at is scope and use >= scope.end for use, at in uses.get(v, ()))
            for v in values
        )

    def may_be_view(self, item: Value) -> bool:
        """Whether an item of a list may be a view: where nothing of its kind is changed, anything is put in lists."""
        group = self.classes.find(item)
        return group in self.classes.viewed and not self.classes.changes(group, item.type)

    def _is_plain_view(self, value: Value) -> bool:
        op = self.maker.get(value)
        return op is not None and op.prim.alias in ("view", "maybe") and op.prim.name not in READERS

    def free_inside(self, container: Value, position: int, scope: Scope) -> bool:
        """Whether what changes in a list was made here, and nobody else reads it after ``position``."""
        foreign = self.classes.find(container) in self.classes.foreign
        for _, t, found in self.kept_apart(container, self.levels[container][1:]):
            if found & self.foreign or WILD in found and foreign:
                return False
            if self.is_seen(container, t, found, position, scope):
                return False
        return True

    def is_seen(self, container: Value, t: Type, roots: Roots, position: int, scope: Scope) -> bool:
        """Whether something that is read after ``position`` holds something of this type that a container holds."""
        birth = self.places.birth
        for other in self.members.get(self.classes.find(container), ()):
            if other is not container and not self.may_hold(other, t, roots):
                continue
            if any(reaches(position, scope, use, birth[other][1]) for use in self.content_uses.get(other, ())):
                return True
        return False


def merged(*found: Levels) -> Levels:
    """Level by level, what any of these may be."""
    return tuple(NOTHING.union(*roots) for roots in zip_longest(*found, fillvalue=NOTHING))
