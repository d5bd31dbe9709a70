"""What a function that is traced apart changes outside of itself: further results of its trace, made again here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from s2sad.compiler.iterators import held_outside
from s2sad.compiler.pipeline import SPLIT, Transform
from s2sad.front.calls import Calls
from s2sad.front.items import IN_LIST
from s2sad.front.state import ABSENT, Changes, born_after
from s2sad.front.values import (
    Abstract,
    Cell,
    Closure,
    DictOf,
    Known,
    ListOf,
    Record,
    Stale,
    Storage,
    TupleOf,
    View,
)
from s2sad.ir.core import Arg, Pack, Trace, Value


class Outside:
    """The changes that a function made to what is not its own, as further results of its trace.

    ``told`` are the numbers and arrays in them. ``restore`` makes the changes again, over the values around.
    """

    def __init__(self, machine: Calls, function: Abstract | None = None) -> None:
        self._machine, self._function = machine, function
        self._changes: list[tuple[Any, Any, Callable[[], Any]]] = []
        self._born: set[Any] = set()
        self._made: dict[Any, Any] = {}
        self._ways: dict[Any, Callable[[], Any]] = {}
        self._back: list[Arg] = []
        self.told: list[Arg] = []

    @property
    def changes_anything(self) -> bool:
        """Whether something outside was changed."""
        return bool(self._changes)

    def note(self, changes: Changes, serial: int) -> None:
        """Plan how each change is made again."""
        heap = self._machine.state.heap
        self._born = {c.key for c in changes.values() if c.table is heap and c.old is ABSENT}
        used = [c.key for c in changes.values() if c.table is self._machine.used]
        held = held_outside(self._machine, self._function) if used else set()
        for change in changes.values():
            if change.table is self._machine.used and change.key not in held:  # an iterator of its own
                continue
            own = born_after(change.table, serial) or change.table is heap and change.key in self._born
            passing = isinstance(change.key, str) and change.key.startswith("$")
            if change.table is self._machine.remaining or change.table is self._machine.passed:
                continue
            if own or passing or isinstance(change.new, Stale) or change.new is change.old:
                continue
            if self._machine.state.linking(change):
                if change.key not in self._born:
                    self._machine.looped_link(change)
                    self._changes.append((change.table, change.key, lambda: None))
                continue
            content = change.table is heap or change.table is self._machine.used
            way = self._content(change.new) if content else self._way(change.new)
            self._changes.append((change.table, change.key, way))

    def restore(self, told: Arg) -> None:
        """Make the changes again; ``told`` has today's values in place of the trace's own."""
        assert isinstance(told, Pack)
        self._back, self._made = list(told.items), {}
        for table, key, way in self._changes:
            content = way()
            if isinstance(key, Cell) and key in self._machine.outside:
                if key in self._machine.effects or key in self._machine.flushed:  # else it was only looked at
                    self._machine.put(table, key, content)
            else:
                self._machine.state.write(table, key, content)

    def _leaf(self, atom: Arg) -> Callable[[], Arg]:
        self.told.append(atom)
        k = len(self.told) - 1
        return lambda: self._back[k]

    def _content(self, content: Any) -> Callable[[], Any]:
        """The content of a cell."""
        if isinstance(content, tuple):
            ways = [self._way(item) for item in content]
            return lambda: tuple(way() for way in ways)
        if isinstance(content, dict):
            named = {key: self._way(item) for key, item in content.items()}
            return lambda: {key: way() for key, way in named.items()}
        if isinstance(content, Value):
            return self._leaf(content)
        if content is IN_LIST:
            stale = Stale(self._machine.here())
            return lambda: stale
        return lambda: content

    def _way(self, value: Any) -> Callable[[], Any]:
        """An abstract value."""
        machine = self._machine
        match value:
            case Known():
                return lambda: value
            case Value():
                leaf = self._leaf(value)
                return lambda: machine.lift(leaf())
            case View(parent=None, root=root) if root not in self._born:
                return lambda: value
            case View(parent=None, root=root):
                return self._cell(root, lambda: View(self._storage(root), contiguous=value.contiguous, name=value.name))
            case TupleOf(items=parts, cls=cls):
                ways = [self._way(part) for part in parts]
                return lambda: TupleOf(tuple(way() for way in ways), cls)
            case ListOf() | DictOf() | Record() if value not in self._born:
                return lambda: value
            case ListOf() | DictOf() | Record():
                return self._cell(value, lambda: self._storage(value))
            case Closure(frame=frame) if not born_after(frame.variables, machine.serial):
                return lambda: value
        machine.refuse(
            f"a function that is differentiated stores {machine.describe(value)} outside of itself",
            why="the derivative runs another program than the function",
            instead="return it, with has_aux=True",
        )

    def _cell(self, cell: Cell, get: Callable[[], Any]) -> Callable[[], Any]:
        if cell not in self._ways:
            self._ways[cell] = lambda: None  # it may hold itself
            self._ways[cell] = self._content(self._machine.state.heap[cell])
        return get

    def _storage(self, cell: Any) -> Any:
        """What stands for a cell that was made inside."""
        if cell not in self._made:
            made: Any = Storage(cell.contiguous, cell.scalar) if isinstance(cell, Storage) else None
            if made is None:
                made = Record(cell.cls) if isinstance(cell, Record) else cell.twin()
            self._made[cell] = made
            self._machine.state.write(self._machine.state.heap, made, self._ways[cell]())
        return self._made[cell]


def with_more(primal: Trace, transform: Transform, told: Sequence[Arg]) -> tuple[Trace, Transform, bool]:
    """The trace with further results beside its auxiliary ones; whether it had no auxiliary result of its own."""
    if not told:
        return primal, transform, False
    more = Pack("tuple", tuple(told))
    result = primal.result
    if not transform.has_aux:
        return replace(primal, result=Pack("tuple", (result, more))), replace(transform, has_aux=True), True
    if isinstance(result, Pack) and result.kind in ("tuple", "list") and len(result.items) == 2:
        out, aux = result.items
        return replace(primal, result=Pack("tuple", (out, Pack("tuple", (aux, more))))), transform, False
    return primal, transform, False


def without_more(out: Arg, transform: Transform, told: Sequence[Arg], hidden: bool) -> tuple[Arg, Arg]:
    """The derivative's own result, and the further ones."""
    if not told:
        return out, Pack("tuple", ())
    assert isinstance(out, Pack)
    first = transform.mode in ("value_and_grad", *SPLIT) or transform.value
    pair: Arg = out.items[0] if first else out
    assert isinstance(pair, Pack)
    *own, aux = pair.items
    if hidden:
        more = aux
    else:
        assert isinstance(aux, Pack)
        own.append(aux.items[0])
        more = aux.items[1]
    left: Arg = own[0] if len(own) == 1 else Pack("tuple", tuple(own))
    return (replace(out, items=(left, *out.items[1:])) if pair is not out else left), more
