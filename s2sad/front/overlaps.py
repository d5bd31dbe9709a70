"""Which objects lists of unknown length have in common, with each other and within themselves.

Of items that may be one object, or hold one, is known *by which way within them*: where ``Body(mass, position)`` has
one array as the position of all, positions are in ``common``, and other attributes can be stored into. Lists that may
hold objects of each other *overlap*: a store into an item of one leaves the other stale, which is read no more then.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from s2sad.front.parts import Parts, Way, hold, overlap
from s2sad.front.values import Abstract, Cell, DictOf, ListOf, Optional, Record, Stale, Storage, TupleOf, View
from s2sad.ir.core import Value
from s2sad.ir.types import Array, List, Struct, Type


def mutable(t: Type) -> bool:
    """Whether values of this type can be changed in place, or hold something that can."""
    match t:
        case Array() | List():
            return True
        case Struct(kind=kind, items=items):
            return kind in ("list", "dict", "dataclass") or any(map(mutable, items))
        case _:
            return False


class Overlaps(Parts):
    """What is in two places."""

    def cells_in(self, value: Abstract) -> Iterator[tuple[Cell, Way, bool]]:
        """What can be changed in a value, with the way to it there and whether it is the value itself."""
        stack: list[tuple[Abstract, Way]] = [(value, ())]
        seen: dict[Cell, None] = {}
        while stack:
            v, way = stack.pop()
            match v:
                case View():
                    yield v.root, way, not way and v.parent is None
                case TupleOf(items=items):
                    stack.extend((i, (*way, k)) for k, i in enumerate(items))
                case Optional(value=inner):
                    stack.append((inner, (*way, None)))
                case ListOf() | DictOf() | Record():
                    if v in seen:
                        continue
                    seen[v] = None
                    yield v, way, not way
                    held = self.state.heap.get(v)
                    if isinstance(held, tuple | dict):
                        named = held.items() if isinstance(held, dict) else enumerate(held)
                        stack.extend((i, (*way, k)) for k, i in named)

    def holds(self, cell: ListOf, item: Abstract) -> None:
        """A list may have this object, or what it holds, among its items."""
        for other, way, _ in self.cells_in(item):
            hold(cell, other, way)

    def holders_of(self, cell: Cell) -> dict[Cell, None]:
        """The lists that may hold this: as an item, or in one."""
        link = self.state.links.get(cell)
        return cell.inside if link is None else {**cell.inside, link.parent: None}

    def share(self, cell: Cell, way: Way = ()) -> None:
        """What is at this way within two items of a list may be one object."""
        if not any(way[: len(known)] == known for known in cell.common):
            cell.common[way] = None
            self.shares.append(cell)

    def found_again(self, base: ListOf, cell: Cell, way: Way, holders: Iterable[Cell]) -> None:
        """An object that becomes (part of) an item of a list is in these lists already."""
        if way or not self.taken_in_turn(base, cell, holders):
            self.share(base, way)
        for holder in holders:
            if holder is base:
                for former in base.parts.get(cell, {(): None}):
                    self.share(base, former)
            else:
                overlap(base, holder)

    def taken_in_turn(self, base: ListOf, cell: Cell, holders: Iterable[Cell]) -> bool:
        """Whether a new list gets one item of another in every turn of a loop over that one's places."""
        link = self.state.links.get(cell)
        if link is None or link.parent is base or () in link.parent.common:
            return False
        if any(p is not link.parent for p in holders) or not isinstance(link.index, Value):
            return False
        if not self.loops or base.born != tuple(self.loops[:-1]) or self.origins.get(link.index) is not self.loops[-1]:
            return False
        return base.takes.setdefault(link.parent, self.node) is self.node and len(base.takes) == 1

    def alike(self, made: Abstract, *sources: Abstract, twice: bool = False) -> None:
        """A list was made of the items of others. ``twice``: of one of them more than once."""
        lists = [v for v in sources if isinstance(v, ListOf)]
        assert isinstance(made, ListOf)
        contents = [self.state.heap.get(each) for each in (made, *lists)]
        if not any(isinstance(c, Value) and isinstance(c.type, List) and mutable(c.type.item) for c in contents):
            return
        for k, source in enumerate(lists):
            if twice or any(source is other or source in other.overlaps for other in lists[:k]):
                self.share(made)
            for way in source.common:
                self.share(made, way)
        for source in lists:
            overlap(made, source)
            content = self.state.heap.get(source)
            for item in content if isinstance(content, tuple) else ():
                self.gains(made, item)

    def gains(self, made: ListOf, item: Abstract) -> None:
        """A list holds an item, nobody says where."""
        for cell, way, _ in self.cells_in(item):
            if holders := self.holders_of(cell):
                self.found_again(made, cell, way, holders)
            hold(made, cell, way)

    def takes_over(self, base: ListOf, given: Abstract) -> None:
        """A list comes to hold the items of another as well."""
        self.alike(base, given, twice=given is base or given in base.overlaps)

    def way_to(self, cell: Cell) -> tuple[ListOf, Way]:
        """The list that a part of an item is in, and the way to it within the item."""
        way: Way = ()
        while (link := self.state.links.get(cell)) is None:
            cell, step = self.owners_of[cell]
            way = (*step, *way)
        return link.parent, way

    def told_apart(self, parent: ListOf, way: Way) -> None:
        """Refused where one object may be at this way within two items of this list."""
        if any(way[: len(known)] == known for known in parent.common) or self.state.moves.get(parent) is not None:
            self.refuse(
                "a store into an item of a list that may have one object in two places",
                why="the store would change every item that is this object, and which those are is not known",
                instead="put copies into the list: rows.append(row.copy()), or store a new item: rows[i] = …",
            )

    def held_by(self, value: Any) -> dict[Cell, None]:
        """What a content holds that can be changed, at any depth."""
        parts = [v for _, v in self.parts_in(value)]
        return {c: None for v in parts for c, _, _ in self.cells_in(View(v) if isinstance(v, Storage) else v)}  # type: ignore[arg-type]

    def spoil_items(self, holder: Cell, but: Iterable[Cell], parent: Cell | None = None) -> None:
        """What was read from a list that is no longer to be trusted, other than what is linked to ``parent``."""
        known = dict.fromkeys(but)
        for other in tuple(holder.parts):
            linked = self.state.links.get(other)
            if other in known or other not in self.state.heap or (linked is not None and linked.parent is parent):
                continue
            if parent is None or other not in parent.parts:
                self.spoil(other)

    def spoil(self, cell: Cell) -> None:
        """What this holds, and what holds it, can no longer be trusted."""
        pending = [cell]
        while pending:
            each = pending.pop()
            held = self.state.heap.get(each)
            if held is None or isinstance(held, Stale):
                continue
            self.state.write(self.state.heap, each, Stale(self.here()))
            pending.extend(each.inside)


__all__ = ["Overlaps", "mutable"]
