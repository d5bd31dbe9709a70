"""Lists and deques that change in place.

What has a known structure is a tuple of items here and costs nothing. A list of unknown length is one value of the
trace; what changes it somewhere else than at its end is written with slices, as ``xs[:k] + [v] + xs[k:]``.
"""

from __future__ import annotations

import ast
import collections
from collections.abc import Mapping, Sequence
from typing import Any

from s2sad.front.conversions import number_like
from s2sad.front.homes import Homes
from s2sad.front.items import mutable
from s2sad.front.storage import relate
from s2sad.front.values import (
    NONE,
    Abstract,
    DequeOf,
    Known,
    ListOf,
    SliceOf,
    TupleOf,
    View,
    pack,
)
from s2sad.ir.core import Literal, Value
from s2sad.prims import structure


def place_of(items: Any, value: Any) -> Any:
    """``list.index`` of a list whose length is not known."""
    for k in range(len(items)):
        if items[k] == value:
            return k
    raise ValueError(f"{value} is not in list")


def count_of(items: Any, value: Any) -> Any:
    """``list.count``, likewise."""
    out = 0
    for k in range(len(items)):
        if items[k] == value:
            out += 1
    return out


def copies_of(items: Any, times: Any) -> Any:
    """``list * int``, likewise."""
    out = items[:0]
    for _ in range(times):
        out = out + items
    return out


def bound_in(k: Any, length: Any) -> Any:
    """A bound of a slice, as Python takes it."""
    if k < 0:
        k += length
    return min(max(k, 0), length)


class Sequences(Homes):
    """Methods of lists and stores into them."""

    def items_if_known(self, value: Abstract) -> list[Abstract] | None:
        raise NotImplementedError

    def known_items(self, value: Abstract, what: str) -> list[Abstract]:
        raise NotImplementedError

    def known_slice(self, index: SliceOf) -> slice:
        raise NotImplementedError

    def compare(self, op: ast.cmpop, a: Abstract, b: Abstract) -> Abstract:
        raise NotImplementedError

    def binary(self, op: type[ast.operator], a: Abstract, b: Abstract) -> Abstract:
        raise NotImplementedError

    def subscript(self, base: Abstract, index: Abstract) -> Abstract:
        raise NotImplementedError

    def length(self, value: Abstract) -> Abstract:
        raise NotImplementedError

    def listed(self, value: Abstract) -> Abstract:
        raise NotImplementedError

    # -- new lists -------------------------------------------------------------------------------------------------

    def list_sum(self, a: ListOf, b: ListOf) -> Abstract:
        x, y = self.content(a), self.content(b)
        if isinstance(x, tuple) and isinstance(y, tuple):
            return self.new_list((*x, *y))
        joined = self.wrap(self.emit(structure.list_concat, self.list_value(x), self.list_value(y)))
        self.alike(joined, a, b)
        return joined

    def repeated(self, a: Abstract, n: Abstract) -> Abstract:
        """``[item] * n``."""
        items = self.items_if_known(a)
        if items is not None and isinstance(n, Known):
            return pack(items * n.value) if isinstance(a, TupleOf) else self.new_list(items * n.value)
        one = items is not None and len(items) == 1 and isinstance(a, ListOf) and isinstance(n, Value)
        if one and items is not None and number_like(items[0]) and not isinstance(items[0], View):
            return self.wrap(self.emit(structure.list_repeat, self.to_arg(items[0]), n))
        if isinstance(a, ListOf) and items is None:
            out = self.call_meaning(copies_of, (a, n), {})
            if isinstance(content := self.content(a), Value) and mutable(content.type):
                self.alike(out, a, twice=True)
            return out
        if isinstance(n, Value):
            self.demand_all((n,))
        self.refuse(
            f"{self.describe(a)} repeated a number of times that is not known",
            instead="use an array, or append in a loop",
        )

    def call_meaning(self, meaning: Any, args: tuple[Abstract, ...], kwargs: dict[str, Abstract]) -> Abstract:
        raise NotImplementedError

    # -- stores ----------------------------------------------------------------------------------------------------

    def store_in_list(self, base: ListOf, index: Abstract, value: Abstract) -> None:
        """``base[index] = value``."""
        content = self.content(base)
        if isinstance(base, DequeOf) and isinstance(index, SliceOf):
            raise TypeError("sequence index must be integer, not 'slice'")
        if isinstance(index, SliceOf):
            self.store_slice(base, index, value)
            return
        if isinstance(content, tuple) and isinstance(index, Known):
            new = list(content)
            new[int(index.value)] = value
            if self.state.links.get(base) is not None and number_like(value) and not isinstance(value, View):
                place = Literal(int(index.value))
                self.set_at(base, self.list_value(content), place, self.item_atom(value), structure.list_set)
                return
            self.put(self.state.heap, base, tuple(new))
            return
        if isinstance(content, tuple) and self.item_type((*content, value)) is None:
            self.integer(index, "the index into a list of unlike items")
        self.set_item(base, self.to_arg(index), value)

    def store_slice(self, base: ListOf, index: SliceOf, value: Abstract) -> None:
        """``base[a:b] = value``, which may make the list longer or shorter."""
        content = self.content(base)
        items = self.items_if_known(value)
        known = not any(isinstance(x, Value) for x in (index.start, index.stop, index.step))
        if isinstance(content, tuple) and known and items is not None:
            new = list(content)
            new[self.known_slice(index)] = items
            self.put(self.state.heap, base, tuple(new))
            return
        given = self.listed(value)
        assert isinstance(given, ListOf)
        held = self.as_value(base)
        if not (isinstance(index.step, Known) and index.step.value in (None, 1)):
            self.release(base)
            self.takes_over(base, given)
            items_given = self.list_value(self.content(given))
            whole = self.emit(structure.list_set, held, self.to_arg(index), items_given, name=held.name)
            self.put(self.state.heap, base, whole)
            return
        start, stop = self.bounds(base, index)
        self.splice(base, start, stop, given)

    def bounds(self, base: ListOf, index: SliceOf) -> tuple[Abstract, Abstract]:
        """Where a slice starts and where it stops, the stop not before the start."""
        start, stop = index.start, index.stop
        if isinstance(start, Known) and start.value is None:
            start = Known(0)
        if isinstance(stop, Known) and stop.value is None:
            return start, NONE
        if isinstance(start, Known) and isinstance(stop, Known) and (start.value < 0) == (stop.value < 0):
            return start, stop if stop.value >= start.value else start
        n = self.length(base)
        a = start if isinstance(start, Known) and start.value == 0 else self.call_meaning(bound_in, (start, n), {})
        b = self.call_meaning(bound_in, (stop, n), {})
        return a, self.emit(self.prim("max"), self.to_arg(a), self.to_arg(b))

    def splice(self, base: ListOf, start: Abstract, stop: Abstract, new: ListOf | None) -> None:
        """``base[start:stop] = new``; None for nothing."""
        held = self.as_value(base)
        self.release(base)
        parts: list[Value] = []
        if not (isinstance(start, Known) and start.value == 0):
            parts.append(self.emit(structure.list_slice, held, self.to_arg(SliceOf(NONE, start, NONE))))
        if new is not None:
            content = self.content(new)
            if content != ():
                parts.append(self.list_value(content))
            self.takes_over(base, new)
        if not (isinstance(stop, Known) and stop.value is None):
            parts.append(self.emit(structure.list_slice, held, self.to_arg(SliceOf(stop, NONE, NONE))))
        out = parts[0] if parts else self.list_value(())
        for part in parts[1:]:
            out = self.emit(structure.list_concat, out, part, name=held.name)
        self.put(self.state.heap, base, out)

    def delete_items(self, base: ListOf, index: Abstract) -> None:
        """``del base[index]``."""
        if not isinstance(index, SliceOf):
            self.list_method(base, "pop", (index,), {})
            return
        content = self.content(base)
        if isinstance(content, tuple) and not any(isinstance(x, Value) for x in (index.start, index.stop, index.step)):
            new = list(content)
            del new[self.known_slice(index)]
            self.put(self.state.heap, base, tuple(new))
            return
        if not (isinstance(index.step, Known) and index.step.value in (None, 1)):
            self.refuse("del of every other item of a list whose length is not known", instead="build a new list")
        start, stop = self.bounds(base, index)
        self.splice(base, start, stop, None)

    # -- methods ---------------------------------------------------------------------------------------------------

    def list_method(self, owner: ListOf, name: str, args: Sequence[Abstract], kwargs: Mapping[str, Abstract]) -> Abstract:  # noqa: E501
        if isinstance(owner, DequeOf) and (found := self.deque_method(owner, name, args)) is not None:
            return found
        content = self.content(owner)
        match name, args:
            case "append", (item,):
                self.append(owner, item)
                return NONE
            case "extend", (other,):
                self.extend(owner, other)
                return NONE
            case "copy" | "__copy__", ():
                return self.shallow_copy(owner)
            case "clear", ():
                self.release(owner)
                self.put(self.state.heap, owner, ())
                return NONE
            case "sort", ():
                ordered = self.call(Known(sorted), (owner,), dict(kwargs))
                assert isinstance(ordered, ListOf)
                self.replace(owner, ordered)
                return NONE
            case "__len__", ():
                return self.length(owner)
            case "__getitem__", (index,):
                return self.subscript(owner, index)
            case "__setitem__", (index, item):
                self.store_in_list(owner, index, item)
                return NONE
            case "__contains__", (item,):
                return self.compare(ast.In(), item, owner)
            case "pop", (Known(value=-1),):
                return self.list_method(owner, "pop", (), {})
        if isinstance(content, tuple):
            return self.method_when_known(owner, list(content), name, args)
        return self.method_of_unknown_length(owner, content, name, args)

    def append(self, owner: ListOf, item: Abstract) -> None:
        content = self.content(owner)
        if isinstance(content, tuple):
            self.put(self.state.heap, owner, (*content, item))
            return
        atom = self.item_atom(item)
        self.put(self.state.heap, owner, self.emit(structure.list_append, content, atom, name=content.name))
        if mutable(atom.type):
            self.release(owner, appended=True)
            self.enlist(owner, item, Literal(-1))

    def extend(self, owner: ListOf, other: Abstract) -> None:
        content, items = self.content(owner), self.items_if_known(other)
        if isinstance(content, tuple) and items is not None:
            self.put(self.state.heap, owner, (*content, *items))
        elif items is not None:
            for item in items:
                self.append(owner, item)
        else:
            given = self.listed(other)
            assert isinstance(given, ListOf)
            held = self.as_value(owner)
            self.release(owner)
            joined = self.emit(structure.list_concat, held, self.list_value(self.content(given)), name=held.name)
            self.put(self.state.heap, owner, joined)
            self.takes_over(owner, given)

    def shallow_copy(self, owner: ListOf) -> Abstract:
        content = self.content(owner)
        double = owner.twin()
        self.state.write(self.state.heap, double, content)
        if isinstance(content, Value):
            self.alike(double, owner)
        return double

    def replace(self, owner: ListOf, new: ListOf) -> None:
        """Other items, or the same in another order."""
        self.release(owner)
        self.alike(owner, new)
        self.put(self.state.heap, owner, self.content(new))

    def method_when_known(self, owner: ListOf, items: list[Abstract], name: str, args: Sequence[Abstract]) -> Abstract:
        match name, args:
            case "pop", (index, *_) if isinstance(index, Value) and self.item_type(items) is not None:
                return self.method_of_unknown_length(owner, self.as_value(owner), name, args)
            case "insert", (index, _) if isinstance(index, Value) and self.item_type(items) is not None:
                return self.method_of_unknown_length(owner, self.as_value(owner), name, args)
            case "pop", _:
                out = items.pop(*(self.integer(a, "the index of pop") for a in args))
                self.put(self.state.heap, owner, tuple(items))
                return out
            case "insert", (k, item):
                items.insert(self.integer(k, "the index of insert"), item)
                self.put(self.state.heap, owner, tuple(items))
                return NONE
            case "reverse", ():
                self.put(self.state.heap, owner, tuple(items[::-1]))
                return NONE
            case "count", (item,):
                total: Abstract = Known(0)
                for i in items:
                    total = self.binary(ast.Add, total, self.call(Known(int), (self.compare(ast.Eq(), i, item),)))
                return total
            case "index", (item, *bounds):
                ends = [self.integer(b, "a bound of index") for b in bounds]
                window = slice(ends[0] if ends else 0, ends[1] if len(ends) > 1 else None).indices(len(items))
                return self.found_at(items, list(range(*window)), item)
            case "remove", (item,):
                k = self.found_at(items, list(range(len(items))), item)
                if isinstance(k, Known):
                    del items[k.value]
                    self.put(self.state.heap, owner, tuple(items))
                else:
                    self.list_method(owner, "pop", (k,), {})
                return NONE
        self.refuse(
            f"list.{name} with these arguments", why="s2sad has no meaning for it on a list whose items are traced",
            instead="build the list with append, or use an array",
        )  # fmt: skip

    def found_at(self, items: list[Abstract], places: list[int], item: Abstract) -> Abstract:
        """The first of these places that holds something equal."""
        for n, k in enumerate(places):
            truth = self.truth(self.compare(ast.Eq(), items[k], item))
            if truth is True:
                return Known(k)
            if truth is not False:
                rest = places[n + 1 :]
                return self.choose(truth, lambda k=k: Known(k), lambda rest=rest: self.found_at(items, rest, item))  # type: ignore[misc]
        if self.located and len(self.open) > 1:
            self.emit_raise(ValueError, (Known(f"{self.describe(item)} is not in list"),))
        raise ValueError(f"{self.describe(item)} is not in list")

    def truth(self, value: Abstract) -> Any:
        raise NotImplementedError

    def method_of_unknown_length(self, owner: ListOf, content: Value, name: str, args: Sequence[Abstract]) -> Abstract:
        heap = self.state.heap
        match name, args:
            case "pop", ():
                self.release(owner)
                last, rest = self.emits(structure.list_pop, content, names=(None, content.name))
                self.put(heap, owner, rest)
                return self.taken_out(owner, last)
            case "pop", (index,):
                place = self.from_the_start(owner, index)
                out = self.taken_out(owner, self.emit(structure.list_get, content, self.to_arg(place)))
                self.splice(owner, place, self.binary(ast.Add, place, Known(1)), None)
                return out
            case "insert", (index, item):
                self.splice(owner, index, index, self.new_list([item]))
                return NONE
            case "reverse", ():
                self.release(owner)
                turned = self.emit(structure.list_slice, content, slice(None, None, -1), name=content.name)
                self.put(heap, owner, turned)
                return NONE
            case "index", (item,):
                return self.call_meaning(place_of, (owner, item), {})
            case "count", (item,):
                return self.call_meaning(count_of, (owner, item), {})
            case "remove", (item,):
                self.list_method(owner, "pop", (self.call_meaning(place_of, (owner, item), {}),), {})
                return NONE
        self.refuse(
            f"list.{name} with these arguments", why="s2sad has no meaning for it on a list whose items are traced",
            instead="build the list with append, or use an array",
        )  # fmt: skip

    def taken_out(self, owner: ListOf, value: Value) -> Abstract:
        """An item that was taken out of a list."""
        out = self.wrap(value)
        for cell, _, _ in self.cells_in(out):
            for other in owner.parts:
                relate(cell, other)
        for holder in (*([owner] if owner.common else []), *owner.overlaps):
            self.holds(holder, out)  # type: ignore[arg-type]
        return out

    def from_the_start(self, owner: ListOf, index: Abstract) -> Abstract:
        """An index that counts from the start of the list."""
        if isinstance(index, Known):
            return index if index.value >= 0 else self.binary(ast.Add, self.length(owner), index)
        mark = self.origins.get(index) if isinstance(index, Value) else None
        match getattr(mark, "bounds", ()):
            case Known(value=start), _, Known(value=step) if start >= 0 and step >= 0:
                return index
        return self.binary(ast.Mod, index, self.length(owner))

    # -- deques ----------------------------------------------------------------------------------------------------

    def new_deque(self, args: tuple[Abstract, ...], kwargs: dict[str, Abstract]) -> Abstract:
        """``deque(iterable, maxlen)``."""
        longest = args[1] if len(args) > 1 else kwargs.get("maxlen", NONE)
        none = isinstance(longest, Known) and longest.value is None
        out = DequeOf(None if none else self.integer(longest, "the maxlen of a deque"))
        self.state.write(self.state.heap, out, ())
        source = args[0] if args else kwargs.get("iterable")
        if source is not None:
            given = self.listed(source)
            assert isinstance(given, ListOf)
            self.state.write(self.state.heap, out, self.content(given))
            self.alike(out, given)
            self.shorten(out)
        return out

    def shorten(self, owner: DequeOf, at_end: bool = False) -> None:
        """Drop what is too much: at the start, or at the end."""
        n = owner.maxlen
        content = self.content(owner)
        if n is None or isinstance(content, tuple) and len(content) <= n:
            return
        if isinstance(content, tuple):
            self.put(self.state.heap, owner, content[:n] if at_end else content[len(content) - n :])
            return
        self.release(owner)
        window = slice(None, n) if at_end else slice(-n, None) if n else slice(0, 0)
        self.put(self.state.heap, owner, self.emit(structure.list_slice, content, window, name=content.name))

    def deque_method(self, owner: DequeOf, name: str, args: Sequence[Abstract]) -> Abstract | None:
        """What deques have, or do otherwise than lists."""
        content = self.content(owner)
        match name, args:
            case "append", (item,):
                self.append(owner, item)
                self.shorten(owner)
                return NONE
            case "appendleft", (item,):
                if isinstance(content, tuple):
                    self.put(self.state.heap, owner, (item, *content))
                else:
                    self.splice(owner, Known(0), Known(0), self.new_list([item]))
                self.shorten(owner, at_end=True)
                return NONE
            case "extend", (other,):
                self.extend(owner, other)
                self.shorten(owner)
                return NONE
            case "extendleft", (other,):
                given = self.shallow_list(other)
                self.list_method(given, "reverse", (), {})
                if isinstance(content, tuple) and isinstance(ahead := self.content(given), tuple):
                    self.put(self.state.heap, owner, (*ahead, *content))
                else:
                    self.splice(owner, Known(0), Known(0), given)
                self.shorten(owner, at_end=True)
                return NONE
            case "popleft", ():
                return self.list_method(owner, "pop", (Known(0),), {})
            case "rotate", _:
                k = self.integer(args[0], "the argument of rotate") if args else 1
                if isinstance(content, tuple):
                    turned = collections.deque(content)
                    turned.rotate(k)
                    self.put(self.state.heap, owner, tuple(turned))
                elif k:
                    ahead, behind = (self.emit(structure.list_slice, content, s) for s in (slice(-k, None), slice(None, -k)))  # noqa: E501
                    self.release(owner)
                    self.put(self.state.heap, owner, self.emit(structure.list_concat, ahead, behind, name=content.name))
                return NONE
            case "sort", _:
                raise AttributeError("'collections.deque' object has no attribute 'sort'")
        return None

    def shallow_list(self, value: Abstract) -> ListOf:
        out = self.listed(value)
        assert isinstance(out, ListOf)
        return out


__all__ = ["Sequences"]
