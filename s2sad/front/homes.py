"""Objects that are part of other things: items of lists that are values of the trace, and one object of two.

A list whose length is not known is one value of the trace, which holds its items by value; Python's list holds the
items themselves. So what is read from it has a *home*, a list and an index: it is read again when the list has changed,
and a store into it is a store into the list. That is right as long as each item of the list is held by nothing else
(``shared`` says where it may be), and as long as the place is still the item's (``parted`` says where it may not be).

After a branch a name may stand for one of two objects that were there before it. Such a cell has a *choice*: its
content can always be had from the two, and a store into it is a store into the right one.
"""

from __future__ import annotations

from typing import Any

from s2sad.front.objects import Objects
from s2sad.front.storage import relate
from s2sad.front.values import (
    UNBOUND,
    Abstract,
    Attributes,
    Cell,
    DictOf,
    ListOf,
    Record,
    Stale,
    Storage,
    TupleOf,
    Undefined,
    View,
    pack,
)
from s2sad.ir.core import Arg, Atom, Call, Value
from s2sad.ir.types import List, Scalar
from s2sad.prims import structure

OBJECTS = (ListOf, DictOf, Record)


def cells_in(value: Abstract) -> list[Cell]:
    """What in a value can change in place, not looking into it."""
    match value:
        case View():
            return [value.root]
        case ListOf() | DictOf() | Record():
            return [value]
        case TupleOf(items=items):
            return [c for i in items for c in cells_in(i)]
        case _:
            return []


class Homes(Objects):
    """Content and stores of what is held by something else."""

    def content(self, cell: Cell) -> Any:
        held = self.state.heap.get(cell)
        if isinstance(held, Stale) and (choice := self.choices.get(cell)) is not None:
            pred, a, b = choice
            found = self.chosen(pred, self.content(a), self.content(b))
            if found is not None:
                self.state.write(self.state.heap, cell, found)
                return found
        if isinstance(held, Stale) and cell in self.homes:
            self.read_again(cell)
        return super().content(cell)

    # -- items of lists ------------------------------------------------------------------------------------------

    def settle_in(self, value: Abstract, home: tuple[Cell, Any]) -> None:
        """What was read from a list, or is part of what was read from it, is at home there."""
        for key, cell in self.parts_of(value):
            self.homes[cell] = home if key is None else (home[0], (*home[1], *key))
            relate(cell, home[0])

    def parts_of(self, value: Abstract) -> list[tuple[tuple[Any, ...] | None, Cell]]:
        """The cells in a value that was just wrapped, each with the way to it."""
        out: list[tuple[tuple[Any, ...] | None, Cell]] = []
        pending: list[tuple[tuple[Any, ...], Abstract]] = [((), value)]
        while pending:
            way, v = pending.pop()
            match v:
                case View():
                    out.append((way, v.root))
                case TupleOf(items=items):
                    pending.extend(((*way, k), i) for k, i in enumerate(items))
                case ListOf() | DictOf() | Record():
                    out.append((way, v))
                    content = self.state.heap.get(v)
                    if isinstance(content, tuple):
                        pending.extend(((*way, k), i) for k, i in enumerate(content))
                    elif isinstance(content, dict):
                        pending.extend(((*way, k), i) for k, i in content.items())
        return out

    def read_again(self, cell: Cell) -> None:
        """The content of an item after its list changed."""
        base, (index, *way) = self.homes[cell]
        held = self.state.heap.get(base)
        if not isinstance(held, Value) or cell in self.parted:
            return
        value: Abstract = self.wrap(self.emit(structure.list_get, held, index))
        for key in way:
            match value:
                case TupleOf(items=items):
                    value = items[key]
                case _:
                    value = self.state.heap[value][key]  # type: ignore[index]
        fresh = value.root if isinstance(value, View) else value
        assert isinstance(fresh, Cell)
        content = self.state.heap[fresh]
        if not isinstance(content, Value):
            self.settle_in(value, self.homes[cell])
        self.state.write(self.state.heap, cell, content)

    def write_home(self, cell: Cell) -> None:
        """The list that an item is at home in gets the item as it is now."""
        base, (index, *way) = self.homes[cell]
        assert isinstance(base, ListOf)
        if cell in self.parted or base in self.shared or base not in self.state.heap:
            self.refuse(
                "a store into an item of a list whose items may be held elsewhere, or may have changed places",
                why="a list of unknown length holds copies in the trace, which would not see the store",
                instead="store a new item in the list: items[i] = ...",
            )
        held = super().content(base)
        whole = self.wrapped_with(self.emit(structure.list_get, held, index) if way else None, way, cell)
        new = self.emit(structure.list_set, held, index, whole, name=held.name)
        self.state.write(self.state.heap, base, new)
        for other in (*base.may, *(c for c in cell.may if c is not base)):
            kin = self.homes.get(other)
            inside = kin is not None and kin[0] is base and kin[1][0] is index and (
                kin[1][: len(way) + 1] == (index, *way) or (index, *way)[: len(kin[1])] == kin[1]
            )  # the item itself, what it is part of, and what is part of it
            if other is cell or other not in self.state.heap:
                continue
            if inside and kin is not None and len(kin[1]) >= len(way) + 1 and other in self.current(cell):
                continue
            if isinstance(self.state.heap[other], Stale):
                continue
            if inside and kin is not None and len(kin[1]) < len(way) + 1:
                continue  # it holds the cell that was written
            self.state.write(self.state.heap, other, Stale(self.here()))

    def current(self, cell: Cell) -> set[Cell]:
        """The cells that are part of this one now."""
        value: Abstract = View(cell) if isinstance(cell, Storage) else cell  # type: ignore[assignment]
        return {c for _, c in self.parts_of(value)}

    def wrapped_with(self, item: Value | None, way: list[Any], cell: Cell) -> Arg:
        """An item of a list in which the part at ``way`` is ``cell``."""
        mine: Abstract = View(cell) if isinstance(cell, Storage) else cell  # type: ignore[assignment]
        if item is None:
            return self.item_atom(mine)
        value: Abstract = self.wrap(item)
        return self.item_atom(self.replaced(value, way, mine))

    def replaced(self, value: Abstract, way: list[Any], part: Abstract) -> Abstract:
        if not way:
            return part
        key, *rest = way
        match value:
            case TupleOf(items=items, cls=cls):
                return TupleOf((*items[:key], self.replaced(items[key], rest, part), *items[key + 1 :]), cls)
            case ListOf() | DictOf() | Record():
                content = self.state.heap[value]
                if isinstance(content, tuple):
                    new: Any = (*content[:key], self.replaced(content[key], rest, part), *content[key + 1 :])
                else:
                    new = {**content, key: self.replaced(content[key], rest, part)}
                self.state.write(self.state.heap, value, new)
        return value

    def holds(self, cell: ListOf, item: Abstract) -> None:
        """A list that is one value of the trace holds a copy of this item; Python's list holds the item itself."""
        for part in cells_in(item):
            known = (cell, part) in self.held
            if known or part in self.homes or part in self.parted or self.births.get(part, -1) != len(self.loops):
                self.shared[cell] = None
            if part in self.homes:
                self.shared[self.homes[part][0]] = None
            self.held[cell, part] = None
            relate(cell, part)
            for other in tuple(part.may):
                if isinstance(other, Storage) and other in self.state.heap:
                    relate(cell, other)
            if isinstance(part, OBJECTS):
                content = self.state.heap.get(part)
                inner = content if isinstance(content, tuple) else content.values() if isinstance(content, dict) else ()
                for v in inner:
                    self.holds(cell, v)

    def share_items(self, *lists: Abstract) -> None:
        """These lists hold the same items, or some of them."""
        found = [cell for cell in lists if isinstance(cell, ListOf)]
        for cell in found:
            content = self.state.heap.get(cell)
            plain = isinstance(content, Value) and isinstance(content.type, List) and isinstance(content.type.item, Scalar)  # noqa: E501
            if plain:
                continue
            self.shared[cell] = None
            for other in found:
                relate(cell, other)
                self.held[cell, other] = None  # a change of the list is none of the others

    # -- one of two ----------------------------------------------------------------------------------------------

    def chosen(self, pred: Atom, x: Any, y: Any) -> Any:
        """The content that is ``x`` where the predicate holds, else ``y``; None where they are unlike."""
        if x is y:
            return x
        if isinstance(x, dict) and isinstance(y, dict) and x.keys() == y.keys():
            differ = [k for k in x if x[k] is not y[k]]
            return {**x, **dict(zip(differ, self.chosen_items(pred, [x[k] for k in differ], [y[k] for k in differ]), strict=True))}  # noqa: E501
        if isinstance(x, tuple) and isinstance(y, tuple) and len(x) == len(y):
            return tuple(self.chosen_items(pred, list(x), list(y)))
        return None

    def chosen_items(self, pred: Atom, x: list[Any], y: list[Any]) -> list[Any]:
        if any(isinstance(v, Undefined) for v in (*x, *y)):
            self.refuse("an attribute that one of two objects has and the other has not", instead="set it in __init__")
        out = self.choose(pred, lambda: pack(x), lambda: pack(y))
        assert isinstance(out, TupleOf)
        return list(out.items)

    def write_chosen(self, cell: Cell, value: Any) -> None:
        """A store into one of two objects."""
        pred, a, b = self.choices[cell]
        before = self.content(a), self.content(b)
        after = self.chosen(pred, value, before[0]), self.chosen(pred, before[1], value)
        if after[0] is None or after[1] is None:
            self.refuse(
                "a change of the length of a list or dict that is one of two, as the path taken decides",
                instead="make the change where the paths part, or make a copy there",
            )
        for part, new in zip((a, b), after, strict=True):
            self.put(self.state.heap, part, new)
        self.state.write(self.state.heap, cell, value)

    def alternatives(self, cell: Cell) -> dict[Cell, None]:
        """The objects that a cell may stand for, as far as predicates say which."""
        out: dict[Cell, None] = {}
        pending = [cell]
        while pending:
            for part in self.choices.get(pending.pop(), (None,))[1:]:
                out[part] = None
                pending.append(part)
        return out

    # -- stores --------------------------------------------------------------------------------------------------

    def put(self, table: dict[Any, Any], cell: Cell, value: Any) -> None:
        if isinstance(cell, Attributes):
            cell = cell.record
        if table is not self.state.heap or isinstance(cell, Storage):
            super().put(table, cell, value)
            return
        if cell in self.lost:
            self.refuse(
                "a store into an object that is one item of a list or another, as the path taken decides",
                why="which item would have to change is not known here",
                instead="store into the list itself: items[i] = ...",
            )
        old = table.get(cell)
        super().put(table, cell, value)
        if cell in self.choices:
            self.write_chosen(cell, value)
        elif cell in self.homes:
            self.write_home(cell)
            return
        if isinstance(cell, ListOf):
            self.moved(cell, old, value)
        chosen = self.alternatives(cell)
        for other in tuple(cell.may):
            if other not in self.state.heap or isinstance(other, Storage) or (cell, other) in self.held:
                continue
            if other in chosen or self.homes.get(other, (None,))[0] is cell:
                continue
            if not isinstance(self.state.heap[other], Stale):
                self.state.write(self.state.heap, other, Stale(self.here()))

    def moved(self, cell: ListOf, old: Any, value: Any) -> None:
        """The places of a list's items after a change of the list: only ``append`` leaves them as they were."""
        last = self.builder.ops[-1] if self.builder.ops else None
        appended = isinstance(last, Call) and last.prim is structure.list_append and value in last.results
        if appended or isinstance(value, tuple) and isinstance(old, tuple):
            return
        for other in cell.may:
            if self.homes.get(other, (None,))[0] is cell:
                self.parted[other] = None

    def changed(self, cell: Cell, known: tuple[Cell, ...] = ()) -> None:
        if cell in self.homes and cell not in self.parted and self.homes[cell][0] not in self.shared:
            self.write_home(cell)
            return
        super().changed(cell, known)
        if cell in self.homes and self.homes[cell][0] in self.shared:
            super().changed(self.homes[cell][0])

    def same_cell(self, a: Cell, b: Cell) -> bool | Atom:
        """Whether two names stand for one object."""
        if a is b:
            return True
        for x, y in ((a, b), (b, a)):
            if (choice := self.choices.get(x)) is not None:
                pred, first, second = choice
                p, q = self.same_cell(first, y), self.same_cell(second, y)
                if isinstance(p, bool) and isinstance(q, bool):
                    return p if p is q else pred if p else self.emit(structure.not_, pred)
                self.refuse("`is` between objects that depend on the path taken", instead="compare what they hold")
        x_home, y_home = self.homes.get(a), self.homes.get(b)
        if x_home is not None and y_home is not None and x_home[0] is y_home[0]:
            if x_home[0] in self.shared or a in self.parted or b in self.parted:
                self.refuse("`is` between items of a list that may hold one object twice", instead="compare indices")
            if x_home[1][1:] != y_home[1][1:]:
                return False
            return self.emit(self.prim("eq"), x_home[1][0], y_home[1][0])
        if type(a) is type(b) and (b in a.may or a in self.lost or b in self.lost) and (a, b) not in self.held and (b, a) not in self.held:  # noqa: E501
            self.refuse("`is` between objects that depend on the path taken", instead="compare what they hold")
        return False


__all__ = ["Homes", "UNBOUND", "cells_in"]
