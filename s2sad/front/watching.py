"""What a loop runs over, where the loop's body changes it.

``itertools.combinations`` and its like take all items when they are called: a *pool* is a copy, which costs nothing
in the trace. ``iter``, ``islice`` and ``pairwise`` read an item when it is asked for, and here they were read before,
or are read twice: a body that changes what they still have to read is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from s2sad.front.items import mutable
from s2sad.front.matching import Matching
from s2sad.front.values import Abstract, Cell, CursorOf, Generator, Lazy, ListOf, View, Wrapped
from s2sad.ir.core import Value
from s2sad.ir.types import Array, List


class Watching(Matching):
    """Pools, and what must not change while a loop runs over it."""

    def pooled(self, value: Abstract) -> Abstract:
        """The items of something that can be indexed, as they are now."""
        match value:
            case ListOf():
                content = self.content(value)
                if isinstance(content, tuple):
                    return self.new_list(list(content))
                if self.holds_objects(content):
                    return value  # objects are the same ones in a copy: it is watched instead
                double = value.twin()
                self.state.write(self.state.heap, double, content)
                return double
            case View():
                held = self.read(value)
                return self.wrap(held) if isinstance(held.type, Array) and held.type.rank == 1 else value
            case Wrapped(kind=kind, parts=parts, start=start, depth=depth):
                return Wrapped(kind, tuple(map(self.pooled, parts)), start, depth)
        return value

    def holds_objects(self, content: Any) -> bool:
        """Whether this is a list of unknown length, of things that can be changed in place."""
        return isinstance(content, Value) and isinstance(content.type, List) and mutable(content.type.item)

    def order_of(self, cell: Cell) -> Any:
        """Something that is another one once the items of a cell are others, or in other places."""
        content = self.content(cell)
        return cell.rearranged if isinstance(cell, ListOf) and self.holds_objects(content) else content

    def remember_sources(self, iterator: Abstract, *sources: Abstract) -> Abstract:
        """Remember what an iterator still has to read when a loop runs over it."""
        cells: list[Cell] = []
        for source in sources:
            match source:
                case ListOf():
                    cells.append(source)
                case View(root=root):
                    held = self.read(source)
                    if isinstance(held.type, Array) and held.type.rank == 1:  # rows of others are views
                        cells.append(root)
        self.watched[iterator] = [(cell, self.order_of(cell)) for cell in cells]
        return iterator

    def watched_in(self, iterable: Abstract) -> list[tuple[Cell, Any]]:
        out: list[tuple[Cell, Any]] = []
        pending = [iterable]
        while pending:
            each = pending.pop()
            if isinstance(each, Wrapped | Lazy | CursorOf):
                out.extend(self.watched.get(each, ()))
            if isinstance(each, Wrapped):
                pending.extend(each.parts)
        return out

    def read_by(self, iterable: Abstract, inner: bool = False) -> list[tuple[dict[Any, Any], Any, Any]]:
        """What a ``map`` or a generator expression beside others in a ``zip`` reads: it is run before the loop."""
        if isinstance(iterable, Generator) and inner:
            return self.seen_by(iterable)
        if not isinstance(iterable, Wrapped):
            return []
        zipped = iterable.kind == "zip"
        return [*self.made_of.get(iterable, ()), *(each for p in iterable.parts for each in self.read_by(p, zipped))]

    def seen_by(self, *args: Abstract) -> list[tuple[dict[Any, Any], Any, Any]]:
        raise NotImplementedError

    def against_changes(self, iterable: Abstract, body: Callable[[Abstract], Any]) -> Callable[[Abstract], Any]:
        """The body of a loop, refused where it changes what the loop has yet to read."""
        watched, read = self.watched_in(iterable), self.read_by(iterable)
        if not watched and not read:
            return body
        place = self.node
        if any(self.order_of(cell) is not order for cell, order in watched):
            self.changed_meanwhile()

        def run(item: Abstract) -> Any:
            before = [self.order_of(cell) for cell, _ in watched]
            former = [table.get(key) for table, key, _ in read]
            out = body(item)
            changed = any(self.order_of(cell) is not order for (cell, _), order in zip(watched, before, strict=True))
            if changed or any(table.get(key) is not v for (table, key, _), v in zip(read, former, strict=True)):
                self.node = place
                self.changed_meanwhile()
            return out

        return run

    def changed_meanwhile(self) -> None:
        self.refuse(
            "an iterator over something that changes before the iterator has read it",
            why="it would see the new items",
            instead="loop over a copy: list(...), or over the indices",
        )


__all__ = ["Watching"]
