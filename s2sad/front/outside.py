"""Lists, dicts, sets and arrays that belong to code outside: read when they are needed, changed as the program does.

A change is made twice: in the trace, where what is read afterwards sees it, and by an operation with an effect, which
changes the object itself when the derivative runs. Arrays are an exception: the object gets its new content when the
function returns, and what the trace reads is a copy made at the start (``snapshot``), which nobody changes.

A list or dict from outside is not looked at before it has to be (``Unread``): a log that is only appended to may have
any length, a cache of which one key is asked may have any others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from s2sad.front.containers import Containers
from s2sad.front.machine import Restart
from s2sad.front.values import (
    NONE,
    UNBOUND,
    Abstract,
    Attributes,
    Cell,
    DictOf,
    Known,
    ListOf,
    Optional,
    Record,
    Source,
    Storage,
    TupleOf,
    Undefined,
    Unread,
    View,
)
from s2sad.ir.core import Arg, Literal, Pack, Value
from s2sad.prims import outside

R = TypeVar("R")
LIST_CHANGES = frozenset(("append", "extend", "insert", "pop", "remove", "clear", "reverse", "sort"))
DICT_CHANGES = frozenset(("update", "setdefault", "pop", "clear", "popitem"))
GROWING = frozenset(("append", "extend"))


class Outside(Containers):
    """Effects on containers from outside."""

    # -- where they are --------------------------------------------------------------------------------------------

    def holder(self, cell: Cell) -> tuple[Value, str]:
        """The object that holds a container, as a parameter, and the way from it to the container."""
        owner, way = self.handles[cell]
        self.effects[cell] = None
        return self.owner_parameter(owner), way

    def handed_over(self, value: Abstract, where: str) -> Arg:
        """A value as an argument of an effect: what is outside gets a copy of it."""
        if isinstance(value, Optional):
            self.refuse(
                f"a store of a value or None in {where}",
                why="which of the two it is depends on the path taken, and the store is written once",
                instead="store it inside the if, where it is known which it is",
            )
        if isinstance(value, Known) and not storable_known(value):
            if value.source is None:
                self.refuse(f"a store of {self.describe(value)} in {where}", instead="store numbers, arrays or containers of them")  # noqa: E501
            return self.owner_parameter(value)
        self.leak(value, where)
        return self.to_arg(value)

    def leak(self, value: Abstract, where: str) -> None:
        """What is stored outside may not change in the trace any more: the object outside has a copy of it."""
        match value:
            case View(root=root):
                self.leaked[root] = where
            case TupleOf(items=items):
                for i in items:
                    self.leak(i, where)
            case ListOf() | DictOf():
                self.leaked[value] = where
                content = self.content(value)
                for i in content if isinstance(content, tuple) else content.values() if isinstance(content, dict) else ():  # noqa: E501
                    self.leak(i, where)
            case Record():
                self.refuse(
                    f"a store of {self.describe(value)} in {where}, which belongs to code outside",
                    why="how the object is made of its attributes is known to its class only",
                    instead="store numbers, arrays, or lists, tuples and dicts of them",
                )
            case Known() | Value():
                pass
            case _:
                self.refuse(f"a store of {self.describe(value)} in {where}", instead="store numbers, arrays or containers of them")  # noqa: E501

    def adopt(self, value: Abstract, owner: Known, name: str) -> None:
        """A list or dict that was stored as an attribute outside is outside from now on."""
        if isinstance(value, ListOf | DictOf) and not isinstance(value, Attributes):
            self.leaked.pop(value, None)
            self.outside[value] = f":{type(owner.value).__name__}.{name}"
            self.handles[value] = (owner, name)

    # -- changes ---------------------------------------------------------------------------------------------------

    def put(self, table: dict[Any, Any], cell: Cell, value: Any) -> None:
        if isinstance(cell, Storage) and cell in self.outside and table is self.state.heap:
            path = self.outside[cell]
            if ("snapshot", path) not in self.session.unrolled:
                raise Restart(loop=("snapshot", path))
            self.flushed[cell] = None
            del self.outside[cell]
            try:
                super().put(table, cell, value)
            finally:
                self.outside[cell] = path
            return
        if cell in self.outside and cell is self.mirrored:
            path = self.outside.pop(cell)
            try:
                super().put(table, cell, value)
            finally:
                self.outside[cell] = path
            return
        super().put(table, cell, value)

    def flush(self) -> None:
        """At the end of the program: the arrays outside that it stored into get their content."""
        for cell in self.flushed:
            owner, way = self.holder(cell)
            self.emits(outside.set_item, owner, way, Literal(Ellipsis), self.state.heap[cell])

    def list_method(self, owner: ListOf, name: str, args: Sequence[Abstract], kwargs: Mapping[str, Abstract]) -> Abstract:  # noqa: E501
        if owner not in self.outside or name not in LIST_CHANGES or self.mirrored is owner:
            return super().list_method(owner, name, args, kwargs)
        where = self.outside[owner].rpartition(":")[2]
        if kwargs or name in ("sort", "remove"):
            self.refuse(f"{where}.{name}, of a list outside", instead="change a copy, and return it")
        given = [self.new_list(self.known_items(args[0], "extend"))] if name == "extend" else list(args)
        held = self.state.heap[owner]
        self.effect(owner, name, given, where)
        if isinstance(held, Unread) and name in GROWING:
            items = args if name == "append" else tuple(self.known_items(given[0], "extend"))
            tail = None if held.tail is None else (*held.tail, *items)
            self.state.write(self.state.heap, owner, Unread(held.source, held.value, tail))
            return NONE
        return self.mirror(owner, lambda: super(Outside, self).list_method(owner, name, given, kwargs))

    def dict_method(self, owner: DictOf, name: str, args: Sequence[Abstract], kwargs: Mapping[str, Abstract]) -> Abstract:  # noqa: E501
        if isinstance(self.state.heap.get(owner), Unread) and name in ("get", "setdefault") and args:
            key = self.dict_key(args[0])
            found = self.known_key(owner, key)
            default = args[1] if len(args) > 1 else NONE
            if found is None and name == "setdefault":
                self.store_item(owner, Known(key), default)
            return default if found is None else found
        if owner not in self.outside or name not in DICT_CHANGES or self.mirrored is owner:
            return super().dict_method(owner, name, args, kwargs)
        where = self.outside[owner].rpartition(":")[2]
        if name == "update":
            new: dict[Any, Abstract] = {}
            for other in args:
                new.update(self.known_mapping(other))
            for k, v in {**new, **kwargs}.items():
                self.store_item(owner, Known(k), v)
            return NONE
        if name == "popitem" or kwargs:
            self.refuse(f"{where}.{name}, of a dict outside", instead="use pop with a key")
        if name == "pop" and self.dict_key(args[0]) not in self.content(owner):
            return super().dict_method(owner, name, args, kwargs)
        if name == "setdefault":
            return super().dict_method(owner, name, args, kwargs)
        self.effect(owner, name, [Known(self.dict_key(args[0]))] if name == "pop" else [], where)
        return self.mirror(owner, lambda: super(Outside, self).dict_method(owner, name, args, kwargs))

    def store_item(self, base: Abstract, index: Abstract, value: Abstract) -> None:
        if not isinstance(base, ListOf | DictOf) or base not in self.outside or self.mirrored is base:
            super().store_item(base, index, value)
            return
        where = self.outside[base].rpartition(":")[2]
        if isinstance(base, ListOf):
            self.content(base)
        key: Arg = self.to_arg(index) if isinstance(base, ListOf) else self.to_arg(Known(self.dict_key(index)))
        owner, way = self.holder(base)
        self.emits(outside.set_item, owner, way, key, self.handed_over(value, where))
        held = self.state.heap[base]
        if isinstance(held, Unread) and isinstance(held.tail, dict):
            tail = {**held.tail, self.dict_key(index): value}
            self.state.write(self.state.heap, base, Unread(held.source, held.value, tail))
            return
        self.mirror(base, lambda: super(Outside, self).store_item(base, index, value))

    def effect(self, cell: Cell, name: str, args: Sequence[Abstract], where: str) -> None:
        owner, way = self.holder(cell)
        given = [self.handed_over(a, where) for a in args]
        self.emits(outside.call_method, owner, f"{way}.{name}" if way else name, *given)

    def mirror(self, cell: Cell, job: Callable[[], R]) -> R:
        """The same change in the trace."""
        before, self.mirrored = self.mirrored, cell
        try:
            return job()
        finally:
            self.mirrored = before

    def call_change(self, owner: Known, name: str, args: Sequence[Abstract]) -> Abstract:
        """A method that changes a set or deque outside; what it holds afterwards is not followed."""
        self.changed_outside[id(owner.value)] = name
        where = owner.source.path.rpartition(":")[2] if owner.source is not None else type(owner.value).__name__
        given = [self.handed_over(a, where) for a in args]
        self.emits(outside.call_method, self.owner_parameter(owner), name, *given)
        return NONE

    # -- reading ---------------------------------------------------------------------------------------------------

    def content(self, cell: Cell) -> Any:
        held = self.state.heap.get(cell)
        if isinstance(held, Unread):
            self.look_at(cell, held)
        return super().content(cell)

    def look_at(self, cell: Cell, unread: Unread) -> None:
        """Read the whole of a container from outside."""
        source, value, tail = unread.source, unread.value, unread.tail
        if tail is None:
            self.refuse(
                f"what {self.outside[cell].rpartition(':')[2]} holds after changes on some paths only",
                why="how many items it has depends on the path taken",
                instead="read it before the change",
            )
        if isinstance(value, list):
            self.guard(Source(f"len({source.path})", lambda: len(source.read())), len(value))
            items = tuple(self.external(v, source.item(k)) for k, v in enumerate(value))
            found: Any = (*items, *tail)
        else:
            self.guard(Source(f"tuple({source.path})", lambda: tuple(source.read())), tuple(value))
            whole = {k: self.external(v, source.item(k)) for k, v in value.items()} | dict(tail)
            found = {k: v for k, v in whole.items() if not isinstance(v, Undefined)}
        if tail:
            self.state.write(self.state.heap, cell, found)
        else:
            self.state.heap[cell] = found  # not journalled: what is outside is there on every path

    def known_key(self, owner: DictOf, key: Any) -> Abstract | None:
        """What a dict from outside that was not read holds under one key; None where it has no such key."""
        held = self.state.heap[owner]
        assert isinstance(held, Unread)
        if held.tail is None:
            self.content(owner)
        if key in held.tail:
            found: Abstract = held.tail[key]
            return None if isinstance(found, Undefined) else found
        source, read = held.source, held.source.read
        there = key in held.value
        self.guard(Source(f"{key!r} in {source.path}", lambda: key in read()), there)
        return self.external(held.value[key], source.item(key)) if there else None

    def original(self, unread: Unread, key: Any) -> Any:
        if key in unread.tail:
            return unread.tail[key]
        return self.external(unread.value[key], unread.source.item(key)) if key in unread.value else UNBOUND

    def container_item(self, base: Abstract, index: Abstract) -> Abstract:
        if isinstance(base, DictOf) and isinstance(held := self.state.heap.get(base), Unread):
            key = self.dict_key(index)
            found = self.known_key(base, key)
            if found is None:
                if hasattr(type(held.value), "__missing__"):
                    self.refuse(f"a missing key of a {type(held.value).__name__} outside", instead="test for the key")
                raise KeyError(key)
            return found
        return super().container_item(base, index)


def storable_known(value: Known) -> bool:
    return isinstance(value.value, int | float | complex | np.generic | str | bytes | None)


__all__ = ["Outside", "Pack"]
