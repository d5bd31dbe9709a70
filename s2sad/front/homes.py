"""One object of two: after a branch a name may stand for one of two objects that were there before it.

Such a cell has a *choice*: its content can always be had from the two, and a store into it is a store into the right
one.
"""

from __future__ import annotations

from typing import Any

from s2sad.front.objects import Objects
from s2sad.front.values import (
    UNBOUND,
    Attributes,
    Cell,
    Stale,
    TupleOf,
    Undefined,
    pack,
)
from s2sad.ir.core import Atom
from s2sad.prims import structure


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
        return super().content(cell)

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
            self.refuse(
                "an attribute that one of two objects has and the other has not",
                why="what is read then depends on the path taken", instead="set it in __init__",
            )  # fmt: skip
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

    # -- stores --------------------------------------------------------------------------------------------------

    def put(self, table: dict[Any, Any], cell: Cell, value: Any) -> None:
        if isinstance(cell, Attributes):
            cell = cell.record
        if cell in self.lost:
            self.refuse(
                "a store into an object that is one item of a list or another, as the path taken decides",
                why="which item would have to change is not known here",
                instead="store into the list itself: items[i] = ...",
            )
        if cell in self.choices and table is self.state.heap:
            self.write_chosen(cell, value)
        else:
            super().put(table, cell, value)

    def same_cell(self, a: Cell, b: Cell) -> bool | Atom:
        """Whether two names stand for one object."""
        if a is b:
            return True
        if a in self.given and b in self.given:
            self.distinct = True
        for x, y in ((a, b), (b, a)):
            if (choice := self.choices.get(x)) is not None:
                pred, first, second = choice
                p, q = self.same_cell(first, y), self.same_cell(second, y)
                if isinstance(p, bool) and isinstance(q, bool):
                    return p if p is q else pred if p else self.emit(structure.not_, pred)
                self.refuse("`is` between objects that depend on the path taken", why="one may be the other on some paths only", instead="compare what they hold")  # noqa: E501
        mine, other = self.state.links.get(a), self.state.links.get(b)
        if mine is not None and other is not None and mine.parent is other.parent:
            if () in mine.parent.common or self.state.moves.get(mine.parent) is not None:
                self.refuse("`is` between items of a list that may hold one object twice", why="which items are one object is not known", instead="compare indices")  # noqa: E501
            return True if mine.key() == other.key() else self.emit(self.prim("eq"), mine.index, other.index)
        overlapping = any(q in p.overlaps for p in self.holders_of(a) for q in self.holders_of(b))
        holders = (*a.inside, *b.inside) if a.inside and b.inside else ()
        if type(a) is type(b) and (overlapping or b in a.may or a in self.lost or b in self.lost or any(p in a.inside and p in b.inside for p in holders)):  # noqa: E501
            self.refuse("`is` between objects that depend on the path taken", why="one may be the other on some paths only", instead="compare what they hold")  # noqa: E501
        return False


__all__ = ["Homes", "UNBOUND"]
