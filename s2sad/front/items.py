"""Arrays, lists and dicts that are items of a list whose length is not known.

Such a list is one value of the trace and holds its items by value, where Python's holds the objects themselves. So an
item that the program has in its hands is *linked* to its place in the list: a store through it is a store into the list
as well, and it is read from the list again after a store through another name. Where the place is not known (after a
join, after the list was reordered) the list *may* hold the object: a store on one side leaves the other stale.

Links hold while no two items of a list are one object. Where that cannot be told (a row appended twice), items can be
read, and a store into them is refused (``overlaps``). Rows that change places are followed until every row has a place
again.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any

from s2sad.front.overlaps import Overlaps, mutable
from s2sad.front.parts import IN_LIST, Link, Way, hold
from s2sad.front.values import Abstract, Cell, Known, ListOf, Stale, Storage, View
from s2sad.ir.core import Arg, Atom, Call, Literal, Op, Pack, Value
from s2sad.ir.primitive import Primitive
from s2sad.ir.types import List, Scalar, Type, join
from s2sad.prims import structure


@dataclass(frozen=True, slots=True, eq=False)
class Moves:
    """Items of a list that change places: what was where before, and what went where (place, former place)."""

    before: tuple[tuple[Cell, Any], ...]
    done: tuple[tuple[Any, Any], ...] = ()


def is_float(t: Type) -> bool:
    return isinstance(t, Scalar) and t.dtype[0] in "fc"


def same(a: Link | None, b: Link | None) -> bool:
    return a is b or (a is not None and b is not None and a.parent is b.parent and a.key() == b.key())


def apart(a: Any, b: Any) -> bool:
    """Whether two places of a list are surely not the same."""
    return isinstance(a, int) and isinstance(b, int) and a != b and (a < 0) == (b < 0)


def spelled(key: Any, makers: dict[Value, Op], depth: int = 8) -> Any:
    """A place as it was computed, so that ``n - 1 - i`` is the same place when it is written twice."""
    op = makers.get(key) if isinstance(key, Value) else None
    if not depth or not isinstance(op, Call) or len(op.results) != 1 or op.prim.effect or op.kwargs:
        return key
    parts = [a.value if isinstance(a, Literal) else spelled(a, makers, depth - 1) for a in op.args]
    return key if any(isinstance(a, Pack) for a in op.args) else (op.prim.name, *parts)


class Items(Overlaps):
    """What a list of unknown length holds."""


    # -- reading ---------------------------------------------------------------------------------------------------

    def content(self, cell: Cell) -> Any:
        if isinstance(self.state.heap.get(cell), Stale) and cell in self.owners_of:
            self.part_again(cell)
        content = super().content(cell)
        if content is not IN_LIST:
            return content
        link = self.state.links[cell]
        if link is None:  # a loop took it from its place, on some of its ways
            self.state.write(self.state.heap, cell, Stale(self.here()))
            return super().content(cell)
        held = self.content(link.parent)
        cached = self.state.cache.get(cell)
        if cached is not None and cached[0] is held:
            return cached[1]
        new = self.opened(cell, self.emit(structure.list_get, held, link.index))
        self.state.write(self.state.cache, cell, (held, new))
        return new

    def opened(self, cell: Cell, value: Value) -> Any:
        """The content of a cell whose value this is."""
        if isinstance(cell, Storage) or isinstance(value.type, List):
            return value
        whole = self.wrap(value)
        assert isinstance(whole, Cell)
        self.own(cell, self.state.heap[whole], self.state.links[cell].parent)
        return self.state.heap[whole]

    def item_of(self, base: ListOf, value: Value, index: Arg) -> Abstract:
        """``base[index]``, where ``value`` is the content of ``base``."""
        item = value.type.item if isinstance(value.type, List) else value.type
        if not mutable(item):
            return self.wrap(self.emit(structure.list_get, *self.place_of(base, value, index)))
        key = index.value if isinstance(index, Literal) else index
        for cell in base.parts:
            link = self.state.links.get(cell)
            if link is not None and link.parent is base and link.key() == key and cell in self.state.heap:
                return View(cell, contiguous=cell.contiguous) if isinstance(cell, Storage) else cell  # type: ignore[return-value]
        out = self.wrap(self.emit(structure.list_get, value, index))
        for cell, way, whole in self.cells_in(out):
            hold(base, cell, way)
            if whole:
                self.state.write(self.state.links, cell, Link(base, index))
                self.own(cell, self.state.heap.get(cell), base)
        return out

    # -- what a list comes to hold ---------------------------------------------------------------------------------

    def enlist(self, base: ListOf, item: Abstract, index: Arg) -> None:
        """An object was stored as an item of a list of unknown length."""
        owned: Cell | None = None
        for cell, way, whole in self.cells_in(item):
            if holders := self.holders_of(cell):
                self.found_again(base, cell, way, holders)
            elif whole:
                self.state.write(self.state.links, cell, Link(base, index))
                owned = cell
            hold(base, cell, way)
        if owned is not None:
            self.own(owned, self.state.heap.get(owned), base)

    def as_value(self, base: ListOf) -> Value:
        """A list as one value, from now on."""
        content = self.content(base)
        if isinstance(content, Value):
            return content
        value = self.list_value(content, base.called)
        if self.state.heap[base] is IN_LIST:
            link = self.state.links[base]
            assert link is not None
            self.state.write(self.state.cache, base, (self.content(link.parent), value))
            return value
        self.state.write(self.state.heap, base, value)
        seen: dict[Cell, Way] = {}
        for k, item in enumerate(content):
            for cell, way, whole in self.cells_in(item):
                link = self.state.links.get(cell)
                others = {p: None for p in cell.inside if p is not base}
                if link is not None:
                    others[link.parent] = None
                if others:
                    self.found_again(base, cell, way, others)
                if cell in seen:
                    self.share(base, way)
                    self.share(base, seen[cell])
                elif whole and not others:
                    self.state.write(self.state.links, cell, Link(base, Literal(k)))
                seen[cell] = way
                hold(base, cell, way)
        return value

    def release(self, base: ListOf, key: Any = None, appended: bool = False) -> None:
        """The items of a list change their places; from now on it may hold those that were linked to it."""
        base.rearranged += 1
        if key is None and not appended and self.state.moves.get(base) is not None:
            self.share(base)  # items were changing places: which are one object is no longer followed
        for cell in tuple(base.parts):
            link = self.state.links.get(cell)
            if link is None or link.parent is not base:
                continue
            if key is not None and apart(link.key(), key):
                continue
            if appended and isinstance(k := link.key(), int):
                if k < 0:
                    self.state.write(self.state.links, cell, Link(base, Literal(k - 1)))
                continue
            content = self.content(cell)
            self.state.write(self.state.links, cell, None)
            self.state.write(self.state.heap, cell, content)

    def set_item(self, base: ListOf, index: Arg, item: Abstract) -> None:
        """``base[index] = item`` of a list that is one value."""
        held = self.as_value(base)
        atom = self.item_atom(item)
        if mutable(atom.type):
            key = index.value if isinstance(index, Literal) else index
            moving = self.state.moves.get(base)
            cell = item.root if isinstance(item, View) and item.parent is None else item
            link = self.state.links.get(cell) if isinstance(cell, Cell) else None
            if moving is None and link is not None and link.parent is base:
                links = [(c, self.state.links.get(c)) for c in base.parts]
                moving = Moves(tuple((c, li.key()) for c, li in links if li is not None and li.parent is base))
            former = [] if moving is None else [k for c, k in moving.before if c is cell]
            self.release(base, key)
            if moving is not None and former:
                done = (*(d for d in moving.done if d[0] != key), (key, former[0]))
                closed = self.permutes(done)
                self.state.write(self.state.moves, base, None if closed else Moves(moving.before, done))
            else:
                if moving is not None:
                    self.share(base)
                self.enlist(base, item, index)
        self.set_at(base, held, index, atom, structure.list_set)

    def set_at(self, base: ListOf, held: Value, index: Arg, atom: Arg, prim: Primitive) -> None:
        """A new item, or something added to one: ``rows[i][j] = v`` is one step from ``rows`` as a whole."""
        chain: list[tuple[Cell, Link]] = []
        root: Cell = base
        while (link := self.state.links.get(root)) is not None:
            self.told_apart(link.parent, ())
            chain.append((root, link))
            root = link.parent
        if not chain:
            self.put(self.state.heap, base, self.emit(prim, held, index, atom, name=held.name))
            return
        steps = (*(link.index for _, link in reversed(chain)), index)
        held = self.content(root)
        new = self.emit(prim, held, Pack("tuple", steps), atom, name=held.name)
        for cell, link in chain:
            super().put(self.state.heap, cell, IN_LIST)
            self.disturb(cell, link)
            self.changed(cell)
        self.put(self.state.heap, root, new)

    def adds_to_item(self, op: type[ast.operator], base: ListOf, index: Abstract, old: Abstract, value: Abstract) -> bool:  # noqa: E501
        """Do ``base[index] += value`` as one step, where that is the sum of two floats in a list of unknown length."""
        held = self.content(base)
        if not isinstance(held, Value) or op not in (ast.Add, ast.Sub) or not isinstance(index, Value | Known):
            return False
        if not all(isinstance(v, Value | Known) and is_float(self.type_of(v)) for v in (old, value)):
            return False
        if join(self.type_of(old), self.type_of(value)) != self.type_of(old):
            return False
        amount = self.to_arg(value) if op is ast.Add else self.emit(self.prim("neg"), self.to_arg(value))
        self.set_at(base, held, self.to_arg(index), amount, structure.list_accumulate)
        return True

    def lies_in(self, base: Abstract, item: Abstract) -> bool:
        """Whether this is an item of a list of unknown length, and known to be at its place."""
        cell = item.root if isinstance(item, View) and item.parent is None else item
        link = self.state.links.get(cell) if isinstance(cell, Storage | ListOf) else None
        return link is not None and link.parent is base

    def place_of(self, base: ListOf, value: Value, index: Arg) -> tuple[Value, Arg]:
        """Where ``base[index]`` is read: from the list that ``base`` is an item of, if it is."""
        steps = [index]
        root: Cell = base
        while (link := self.state.links.get(root)) is not None:
            steps.insert(0, link.index)
            root = link.parent
        return (value, index) if len(steps) == 1 else (self.content(root), Pack("tuple", tuple(steps)))

    def permutes(self, done: tuple[tuple[Any, Any], ...]) -> bool:
        """Whether what was taken from some places of a list was put into the same places."""
        if {k for k, _ in done} == {k for _, k in done}:
            return True
        makers = self.producers()
        return {spelled(k, makers) for k, _ in done} == {spelled(k, makers) for _, k in done}

    # -- writing ---------------------------------------------------------------------------------------------------

    def put(self, table: dict[Any, Any], cell: Cell, value: Any) -> None:
        link = self.state.links.get(cell)
        owner = self.owner_of(cell) if link is None and cell in self.owners_of else None
        if owner is not None:
            self.told_apart(*self.way_to(cell))
        super().put(table, cell, value)
        if link is not None:
            self.put_back_item(link, cell, value)
        elif owner is not None:
            if not isinstance(value, Value):
                self.own(cell, value, next(iter(cell.inside)))
            self.put(table, owner, self.content(owner))
        else:
            self.disturb_holders(cell, value)
        if not isinstance(cell, Storage):
            self.changed(cell)

    def put_back_item(self, link: Link, cell: Cell, value: Any) -> None:
        """An item was changed: so is its list."""
        parent = link.parent
        self.told_apart(parent, ())
        atom: Any = value if isinstance(value, Value) else self.item_atom(cell)  # type: ignore[arg-type]
        self.state.write(self.state.heap, cell, IN_LIST)
        held = self.content(parent)
        new = self.emit(structure.list_set, held, link.index, atom, name=held.name)
        self.disturb(cell, link, value)
        self.put(self.state.heap, parent, new)
        self.state.write(self.state.cache, cell, (new, value))
        self.own(cell, value, parent)

    def disturb(self, cell: Cell, link: Link, value: Any = None) -> None:
        """An item is changed: what else may be this item, or holds it, has to be read again, or cannot be trusted."""
        parent = link.parent
        own = self.held_by(value)
        for other in tuple(parent.parts):
            linked = self.state.links.get(other)
            if other is cell or other in own or other not in self.state.heap:
                continue
            if linked is not None and linked.parent is not parent:
                continue
            if linked is None:
                self.spoil(other)
            elif not apart(linked.key(), link.key()):
                self.state.write(self.state.heap, other, IN_LIST)
        for holder in (*cell.inside, *parent.overlaps):
            if holder is not parent:
                self.spoil(holder)
                self.spoil_items(holder, (cell, *own), parent)

    def disturb_holders(self, cell: Cell, value: Any) -> None:
        """Something is changed that may be anywhere in some lists."""
        holders = {other: None for parent in cell.inside for other in (parent, *parent.overlaps)}
        own = self.held_by(value) if holders and not isinstance(cell, Storage) else {}
        for holder in holders:
            self.spoil(holder)
            unlike = [other for other in holder.parts if type(other) is not type(cell)]
            self.spoil_items(holder, (cell, *own, *unlike))

    # -- paths that meet -------------------------------------------------------------------------------------------

    def inherit(self, cell: Cell, *sides: Cell | None) -> None:
        """A cell that stands for one of two may be held by what holds them."""
        for side in sides:
            if side is not None:
                link = self.state.links.get(side)
                for parent in (*side.inside, *([] if link is None else [link.parent])):
                    hold(parent, cell)

    def part_links(self, table: Any, cell: Any, a: Any, b: Any) -> Any:
        """The link, or moves, of one cell after two paths, from those at their ends."""
        if table is self.state.links:
            if not same(a, b):
                for link in (a, b):
                    if link is not None:
                        hold(link.parent, cell)
            return a if same(a, b) else None
        if a is not b:
            self.share(cell)
        return None

    def looped_link(self, change: Any) -> bool:
        """A link, or moves, that a loop body leaves behind; whether the loop has to be run again because of it."""
        old = change.old if isinstance(change.old, Link | Moves) else None
        if change.new is old or isinstance(change.new, Link) and same(old, change.new):  # type: ignore[arg-type]
            return False
        before = len(self.shares)
        if change.table is self.state.moves:
            self.share(change.key)
            return len(self.shares) > before
        for link in (old, change.new):
            if isinstance(link, Link):
                hold(link.parent, change.key)
                self.share(link.parent)
        return len(self.shares) > before


__all__ = ["IN_LIST", "Atom", "Items", "Link", "Moves", "hold", "mutable", "same"]
