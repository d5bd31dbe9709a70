"""What the items of a list hold, where an item is an object or a row of rows: parts of the item.

A store into a part (``bodies[i].position.x += v``, ``cells[k].state[0] = v``) is a store into the item and so into the
list. A part is known by the item that holds it and the way to it there; what it is after a store into another
item is read from the list again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from s2sad.front.texts import Texts
from s2sad.front.values import Cell, DictOf, ListOf, Record, Storage, TupleOf, View
from s2sad.ir.core import Arg, Literal

Way = tuple[Any, ...]  # from an item to what it holds: attributes, keys, places in tuples


@dataclass(frozen=True, slots=True, eq=False)
class Link:
    """The place of an item."""

    parent: ListOf
    index: Arg

    def key(self) -> Any:
        return self.index.value if isinstance(self.index, Literal) else self.index


class _InList:
    """The content of a linked cell that has to be read from its list."""


IN_LIST: Final = _InList()


def hold(parent: Cell, cell: Cell, way: Way = ()) -> None:
    """From now on this list may have that object among its items, or at this way within one."""
    if parent is not cell:
        parent.parts.setdefault(cell, {})[way] = None
        cell.inside[parent] = None


def overlap(a: Cell, b: Cell) -> None:
    """From now on these lists may have objects in common; so has what overlaps with one of them."""
    for x, y in ((a, b), *((a, c) for c in tuple(b.overlaps)), *((c, b) for c in tuple(a.overlaps))):
        if x is not y:
            x.overlaps[y] = None
            y.overlaps[x] = None


class Parts(Texts):
    """Parts of items."""

    def own(self, owner: Cell, content: Any, base: Cell, way: Way = ()) -> None:
        """What an item holds is part of it: a store there is a store into the item.

        ``base``: the list it is in; ``way``: where the owner is within the item.
        """
        for key, part in self.parts_in(content):
            self.owners_of[part] = (owner, key)
            hold(base, part, (*way, *key))
            if not isinstance(part, Storage):
                held = self.state.heap.get(part)
                if isinstance(held, tuple | dict):
                    self.own(part, held, base, (*way, *key))

    def parts_in(self, content: Any) -> list[tuple[tuple[Any, ...], Cell]]:
        """The cells in a content, each with the way to it; not what those hold."""
        out: list[tuple[tuple[Any, ...], Cell]] = []
        pending: list[tuple[tuple[Any, ...], Any]] = []
        if isinstance(content, dict):
            pending = [((k,), v) for k, v in content.items()]
        elif isinstance(content, tuple):
            pending = [((k,), v) for k, v in enumerate(content)]
        while pending:
            way, v = pending.pop()
            match v:
                case View(parent=None, root=root):
                    out.append((way, root))
                case ListOf() | DictOf() | Record():
                    out.append((way, v))
                case TupleOf(items=items):
                    pending.extend(((*way, k), i) for k, i in enumerate(items))
        return out

    def owner_of(self, cell: Cell) -> Cell | None:
        """The item, or part of one, that holds this cell now and is at its place in a list."""
        owner, way = self.owners_of.get(cell, (None, ()))
        if owner is None or owner not in self.state.heap:
            return None
        if self.state.links.get(owner) is None and self.owner_of(owner) is None:
            return None
        held = self.content(owner)
        return owner if any(c is cell and w == way for w, c in self.parts_in(held)) else None

    def part_again(self, cell: Cell) -> None:
        """A part of an item, after a store into another item that may have been this one."""
        owner, way = self.owners_of[cell]
        if owner not in self.state.heap or self.state.links.get(owner) is None and owner not in self.owners_of:
            return
        content = self.content(owner)
        fresh = next((c for w, c in self.parts_in(content) if w == way), None)
        if fresh is None or fresh is cell or type(fresh) is not type(cell):
            return
        self.state.write(self.state.heap, cell, self.content(fresh))
        if len(way) == 1 and isinstance(content, dict) and isinstance(content[way[0]], View | Cell):
            old = content[way[0]]
            mine: Any = View(cell, contiguous=old.contiguous, name=old.name) if isinstance(cell, Storage) else cell
            renewed = {**content, way[0]: mine}
            cached = self.state.cache.get(owner)
            if self.state.heap[owner] is IN_LIST and cached is not None:
                self.state.write(self.state.cache, owner, (cached[0], renewed))
            else:
                self.state.write(self.state.heap, owner, renewed)

