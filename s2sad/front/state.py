"""The state of the program that is traced: variables and the contents of cells, with a journal.

A branch runs between ``mark`` and ``take``: ``take`` undoes what the branch wrote and hands it back, so that the other
branch starts from the same state and the two can be joined. The cost is that of what changed, not of what there is.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from s2sad.front.scope import Code
from s2sad.front.values import Cell
from s2sad.ir.core import Atom

Table = dict[Any, Any]


class _Absent:
    pass


ABSENT: Final = _Absent()


class Variables(dict[str, Any]):
    """The variables of one activation. ``serial`` counts activations: those born in a branch are not joined."""

    __slots__ = ("serial",)

    def __init__(self, content: Mapping[str, Any], serial: int) -> None:
        super().__init__(content)
        self.serial = serial


def born_after(table: Table, serial: int) -> bool:
    return isinstance(table, Variables) and table.serial > serial


@dataclass(slots=True, eq=False)
class Frame:
    """One activation of a function: its variables, and the frame that its definition stands in."""

    code: Code
    variables: Variables
    outer: Frame | None = None
    call: Any = None  # the Location of the call
    depth: int = 0  # how many regions it stands in
    statement: ast.stmt | None = None  # the one that is being run


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """One place that was written: what it held before and what after."""

    table: Table
    key: Any
    old: Any
    new: Any


Changes = dict[tuple[int, Any], Change]


class State:
    """Contents of cells by cell; the journal also covers the variables of every frame."""

    __slots__ = ("heap", "cache", "links", "moves", "log")

    def __init__(self) -> None:
        self.heap: dict[Cell, Any] = {}
        self.cache: dict[Any, tuple[Atom, Any]] = {}
        self.links: dict[Cell, Any] = {}  # the places of items in lists (``items``)
        self.moves: dict[Cell, Any] = {}
        self.log: list[tuple[Table, Any, Any]] = []

    def write(self, table: Table, key: Any, value: Any) -> None:
        self.log.append((table, key, table.get(key, ABSENT)))
        table[key] = value

    def mark(self) -> int:
        return len(self.log)

    def peek(self, mark: int) -> Changes:
        """What changed since the mark, in the order of first writing; caches are no part of it."""
        out: Changes = {}
        for table, key, old in self.log[mark:]:
            if table is self.cache:
                continue
            place = (id(table), key)
            if place not in out:
                out[place] = Change(table, key, old, table.get(key, ABSENT))
        return out

    def linking(self, change: Change) -> bool:
        """Whether this only says where an item of a list is, and changes nothing that the program sees."""
        return change.table is self.links or change.table is self.moves

    def reads(self, mark: int) -> dict[Any, tuple[Atom, Any]]:
        """Views that were read since the mark: a path that is resumed need not read them again."""
        return {key: self.cache[key] for table, key, _ in self.log[mark:] if table is self.cache and key in self.cache}

    def undo(self, mark: int) -> None:
        for table, key, old in reversed(self.log[mark:]):
            if old is ABSENT:
                table.pop(key, None)
            else:
                table[key] = old
        del self.log[mark:]

    def take(self, mark: int) -> Changes:
        """What changed since the mark; the state is as it was at the mark again."""
        changes = self.peek(mark)
        self.undo(mark)
        return changes

    def apply(self, changes: Mapping[Any, Change], reads: Mapping[Any, tuple[Atom, Any]] | None = None) -> None:
        for view, entry in (reads or {}).items():
            self.write(self.cache, view, entry)
        for change in changes.values():
            self.write(change.table, change.key, change.new)
