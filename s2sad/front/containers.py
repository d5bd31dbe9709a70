"""Tuples, lists, dicts: items, lengths, methods. What has a known structure costs nothing in the trace."""

from __future__ import annotations

import array
import ast
import collections
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from s2sad.front.machine import Restart, Unreachable
from s2sad.front.mappings import Mappings, in_order
from s2sad.front.storage import relate
from s2sad.front.values import (
    Abstract,
    DictOf,
    Generator,
    Known,
    ListOf,
    Optional,
    RangeOf,
    Record,
    SetOf,
    SliceOf,
    Source,
    Storage,
    TupleOf,
    View,
    Wrapped,
    is_none,
    pack,
)
from s2sad.ir.core import Call, Literal, Pack, Value
from s2sad.ir.types import BOTTOM, Array, List, Scalar
from s2sad.prims import structure
from s2sad.prims.primitive import REGISTRY

ITEMISED = (
    str, bytes, tuple, range, type, types.MappingProxyType, types.GenericAlias, array.array, bytearray,
    collections.deque,
)  # fmt: skip
"""Python objects whose items are what they are now at every call, or are watched (``watch``)."""


PROXY = types.MappingProxyType
DEEPEST = 50  # operations that an array is followed back through


class Containers(Mappings):
    """Containers of the program."""

    def comprehension(self, node: Any, element: ast.expr, first: Abstract | None = None) -> ListOf:
        raise NotImplementedError

    def compare(self, op: ast.cmpop, a: Abstract, b: Abstract) -> Abstract:
        raise NotImplementedError

    def binary(self, op: type[ast.operator], a: Abstract, b: Abstract) -> Abstract:
        raise NotImplementedError

    def subscript(self, base: Abstract, index: Abstract) -> Abstract:
        raise NotImplementedError

    # -- iteration -------------------------------------------------------------------------------------------------

    def items_if_known(self, value: Abstract) -> list[Abstract] | None:
        """The items of an iterable, where how many there are is known; None where it is not."""
        self.unchanged(value)
        match value:
            case TupleOf(items=items):
                return list(items)
            case ListOf():
                content = self.content(value)
                return list(content) if isinstance(content, tuple) else None
            case DictOf():
                return [self.constant_container(k) for k in self.content(value)]
            case SetOf():
                return [self.constant_container(k) for k in in_order(self.content(value))]
            case RangeOf(start=Known(value=a), stop=Known(value=b), step=Known(value=c)):
                return [Known(i) for i in range(a, b, c)]
            case Known(value=v) if isinstance(v, str | tuple | list | range | dict):
                return [self.constant_container(i) for i in v]
            case Known(value=v, source=source) if isinstance(v, Mapping) and (source or isinstance(v, PROXY)):
                if not all(isinstance(k, str | int | type | None) for k in v):
                    return None
                if source is not None:
                    read = source.read
                    self.guard(Source(f"tuple({source.path})", lambda: tuple(read())), tuple(v))
                return [Known(k) for k in v]
            case Known(value=v) if isinstance(v, set | frozenset | collections.deque | array.array):
                return [self.constant_container(i) for i in (in_order(v) if isinstance(v, set | frozenset) else v)]
            case Known(value=v) if isinstance(v, type) and hasattr(v, "__members__"):
                return [Known(i) for i in v]  # type: ignore[attr-defined]
            case Wrapped(kind=kind, parts=parts, start=start):
                lists = [self.items_if_known(p) for p in parts]
                if any(x is None for x in lists):
                    known = [len(x) for x in lists if x is not None]
                    if kind != "zip" or not known:
                        return None
                    lists = [self.firsts(p, min(known)) if x is None else x for p, x in zip(parts, lists, strict=True)]
                    if any(x is None for x in lists):
                        return None
                found = [x for x in lists if x is not None]
                if kind == "iter":
                    return found[0]
                if kind == "reversed":
                    return found[0][::-1]
                if kind == "zip":
                    return [pack(t) for t in zip(*found, strict=False)]
                first = self.integer(start, "the start of enumerate") if start is not None else 0
                return [pack((Known(first + k), item)) for k, item in enumerate(found[0])]
            case Generator(node=node, first=first_iterable):
                made = self.content(self.in_frame(value, lambda: self.comprehension(node, node.elt, first_iterable)))
                return list(made) if isinstance(made, tuple) else None
            case Record():
                method = self.user_method(value, "__iter__")
                found_iterator = None if method is None else self.call(method, ())
                # an object again is an iterator, read by its __next__; often it is the object itself
                return None if found_iterator is None or isinstance(found_iterator, Record) else self.items_if_known(found_iterator)  # noqa: E501
            case _:
                return None

    def unchanged(self, value: Abstract) -> None:
        """Refuse to read a set or deque outside that the program changed before."""
        if isinstance(value, Known) and id(value.value) in self.changed_outside:
            self.refuse(
                f"{self.describe(value)} is read after {self.changed_outside[id(value.value)]}()",
                why="what a set or deque outside holds is not followed",
                instead="use a list, or read it before the change",
            )

    def firsts(self, value: Abstract, n: int) -> list[Abstract] | None:
        """The first items of an array or list zipped with something of known length; checked to have as many."""
        if not isinstance(value, View | ListOf | RangeOf):
            return None
        enough = self.compare(ast.GtE(), self.length(value), Known(n))
        truth = Literal(enough.value) if isinstance(enough, Known) else self.to_arg(enough)
        assert not isinstance(truth, Pack)
        self.require(truth if isinstance(truth, Value) else bool(truth.value), ValueError, f"fewer than {n} items to zip")  # noqa: E501
        return [self.subscript(value, Known(k)) for k in range(n)]

    def in_frame(self, generator: Generator, job: Callable[[], ListOf]) -> ListOf:
        """Run something in the frame that a generator expression stands in."""
        self.frames.append(generator.frame)
        try:
            return job()
        finally:
            self.frames.pop()

    def known_items(self, value: Abstract, what: str) -> list[Abstract]:
        items = self.items_if_known(value)
        if items is None:
            if is_none(value):
                self.wrong_type("None is not iterable")
            if isinstance(value, RangeOf):
                for bound in (value.start, value.stop, value.step):
                    if isinstance(bound, Value):
                        self.demand_all((bound,))
            if isinstance(value, View) and (rows := self.count_known(value)) is not None:
                return [self.subscript(value, Known(k)) for k in range(rows)]
            if isinstance(value, ListOf) and (count := self.lengths.get(self.content(value))) is not None:
                return [self.subscript(value, Known(k)) for k in range(count)]
            self.refuse(
                f"{what} of {self.describe(value)} whose length is not known",
                why="how many items there are decides what follows",
                instead="index the items one by one, or use a loop",
            )
        return items

    def count_known(self, array: View) -> int | None:
        """How many items an array has; where it comes from an argument, the trace starts anew with its length known."""
        held = self.read(array)
        root = self.shape_root(held)
        found = self.lengths.get(held, self.lengths.get(root))
        if found is None and self.located and (path := self.measured_by(root)) is not None:
            sample, static = self.samples.get(path), f"{path}.shape"
            if isinstance(sample, np.ndarray) and sample.ndim and static not in self.session.statics:
                raise Restart(static=static)
        if found is None and self.located:
            found = self.measure(held, 0)
        return found

    def measure(self, value: Any, axis: int) -> int | None:
        """How long an axis is, where it is plain. See ``measuring.py``."""
        raise NotImplementedError

    def measured_by(self, value: Value) -> str | None:
        """The argument whose length decides that of an array: it itself, or what this is a slice or a function of."""
        producers = None
        for _ in range(DEEPEST):
            value = self.originals.get(value, value)
            if value in self.param_paths:
                return self.param_paths[value]
            producers = self.producers() if producers is None else producers
            op = producers.get(value)
            arrays = [a for a in getattr(op, "args", ()) if isinstance(a, Value) and isinstance(a.type, Array)]
            if not isinstance(op, Call) or not arrays or not (op.prim.elementwise or op.prim is structure.getitem):
                return None
            value = self.shape_root(arrays[0])
        return None

    def length(self, value: Abstract) -> Abstract:
        """``len(value)``."""
        self.unchanged(value)
        match value:
            case View():
                atom = self.read(value)
                if isinstance(atom.type, Array) and atom.type.axes == ():
                    self.wrong("len() of an array without axes")
                if atom in self.lengths:
                    return Known(self.lengths[atom])
                return self.emit(structure.dim, atom, 0)
            case ListOf():
                content = self.content(value)
                return Known(len(content)) if isinstance(content, tuple) else self.emit(structure.list_len, content)
            case TupleOf(items=items):
                return Known(len(items))
            case DictOf() | SetOf():
                return Known(len(self.content(value)))
            case Known(value=v):
                found = self.user_method(value, "__len__")
                return self.call(found, ()) if found is not None else Known(len(v))
            case Record():
                found = self.special_method(value, "__len__")
                if found is not None:
                    return self.call(found, ())
            case RangeOf(start=start, stop=stop, step=step):
                return self.range_length(start, stop, step)
            case Wrapped(kind="zip", parts=parts):
                return self.shortest([self.length(p) for p in parts])
            case Wrapped(parts=parts):
                return self.length(parts[0])
            case Optional():
                return self.length(self.some(value, "no len() of"))
        self.wrong(f"{self.describe(value)} has no len()", why="Python would raise TypeError")

    def range_length(self, start: Abstract, stop: Abstract, step: Abstract) -> Abstract:
        zero: Abstract = Known(0)
        if not isinstance(step, Known):
            self.refuse("the length of a range with a step that is not known")
        if step.value == 1:
            span = stop if isinstance(start, Known) and start.value == 0 else self.binary(ast.Sub, stop, start)
        elif step.value > 0:
            span = self.binary(ast.Add, self.binary(ast.Sub, stop, start), Known(step.value - 1))
            span = self.binary(ast.FloorDiv, span, step)
        else:
            span = self.binary(ast.Add, self.binary(ast.Sub, start, stop), Known(-step.value - 1))
            span = self.binary(ast.FloorDiv, span, Known(-step.value))
        if isinstance(span, Known):
            return Known(max(0, span.value))
        if isinstance(span, Value) and is_size(span):
            return span
        return self.emit(self.prim("max"), self.to_arg(span), self.to_arg(zero))

    def shortest(self, lengths: Sequence[Abstract]) -> Abstract:
        out = lengths[0]
        for n in lengths[1:]:
            if isinstance(out, Known) and isinstance(n, Known):
                out = Known(min(out.value, n.value))
            elif out is not n:
                out = self.emit(self.prim("min"), self.to_arg(out), self.to_arg(n))
        return out

    # -- items -----------------------------------------------------------------------------------------------------

    def container_item(self, base: Abstract, index: Abstract) -> Abstract:
        match base:
            case DictOf():
                return self.dict_item(base, index)
            case RangeOf(start=start, step=step):
                if isinstance(index, Known) and index.value < 0:
                    index = self.binary(ast.Add, self.length(base), index)
                return self.binary(ast.Add, start, self.binary(ast.Mult, index, step))
            case Record():
                found = self.special_method(base, "__getitem__")
                if found is None:
                    self.wrong(f"{self.describe(base)} cannot be indexed")
                return self.call(found, (index,))
        content = base.items if isinstance(base, TupleOf) else self.content(base)  # type: ignore[arg-type]
        if isinstance(content, Value):
            return self.list_item(base, content, index)
        if isinstance(index, SliceOf):
            traced = any(isinstance(x, Value) for x in (index.start, index.stop, index.step))
            if traced and isinstance(base, ListOf) and self.item_type(content) is not None:
                return self.list_item(base, self.as_value(base), index)
            cut = content[self.known_slice(index)]
            return self.new_list(cut) if isinstance(base, ListOf) else pack(cut)
        if isinstance(index, Value) and content and self.item_type(content) is not None:
            held = base if isinstance(base, ListOf) else self.list_of(base)  # type: ignore[arg-type]
            if held is not None:
                return self.list_item(held, self.as_value(held), index)
            return self.list_item(base, self.list_value(content), index)
        k = self.integer(index, "the index into a container of unlike items")
        return content[k]

    def list_of(self, items: TupleOf) -> ListOf | None:
        """The list that stands for a tuple of objects which is indexed by what is not known; None for one of arrays."""
        if all(isinstance(cell, Storage) for item in items.items for cell, _, _ in self.cells_in(item)):
            return None
        made = self.listed_tuples.get(items)
        if made is None or made not in self.state.heap:
            made = self.listed_tuples[items] = self.new_list(items.items)
        return made

    def known_slice(self, index: SliceOf) -> slice:
        parts = (index.start, index.stop, index.step)
        return slice(*(None if isinstance(p, Known) and p.value is None else self.integer(p, "a slice of a container") for p in parts))  # noqa: E501

    def list_item(self, base: Abstract, value: Value, index: Abstract) -> Abstract:
        if isinstance(index, SliceOf):
            out = self.wrap(self.emit(structure.list_slice, value, self.to_arg(index)))
            if isinstance(base, ListOf) and isinstance(out, ListOf):
                self.alike(out, base)
            return out
        if self.exploring and value.type == List(BOTTOM):
            self.missed = True
            raise Unreachable  # no item yet: until a later pass over the loop finds one, this path raises IndexError
        if isinstance(base, ListOf):
            return self.item_of(base, value, self.to_arg(index))
        out = self.wrap(self.emit(structure.list_get, value, self.to_arg(index)))
        roots = [v.root for v in self.views_in(base)] if isinstance(base, TupleOf) else []
        for view in self.views_in(out):
            for root in roots:
                relate(view.root, root)
        return out

    def views_in(self, value: Abstract) -> list[View]:
        """The arrays in a value, containers opened."""
        out: list[View] = []
        stack: list[Abstract] = [value]
        while stack:
            v = stack.pop()
            match v:
                case View():
                    out.append(v)
                case TupleOf(items=items):
                    stack.extend(items)
                case ListOf():
                    content = self.state.heap.get(v)
                    if isinstance(content, tuple):
                        stack.extend(content)
                case DictOf() | Record():
                    held = self.state.heap.get(v)
                    if isinstance(held, dict):
                        stack.extend(held.values())
        return out

    def dict_key(self, key: Abstract) -> Any:
        raise NotImplementedError

    def known_item(self, base: Known, index: Abstract) -> Abstract:
        found = self.special_method(base, "__getitem__")
        if found is not None:
            return self.call(found, (index,))
        if isinstance(base.value, np.generic):
            return base
        if (meaning := REGISTRY.definition(base.value)) is not None:  # np.r_[...]
            return self.call_meaning(meaning, (index,), {})
        if isinstance(base.value, dict):
            key = self.dict_key(index)
            found_item = base.value[key]
            return self.constant_container(found_item) if base.source is None else self.external(found_item, base.source.item(key))  # noqa: E501
        if not isinstance(base.value, ITEMISED):
            self.refuse(
                f"an item of {self.describe(base)}",
                why="what it holds may be something else at the next call",
                instead="make it a list, a dict or an array",
            )
        held: Any = base.value
        if isinstance(index, SliceOf):
            return Known(held[self.known_slice(index)])
        key = self.dict_key(index)
        return self.constant_container(held[key])

    # -- stores ----------------------------------------------------------------------------------------------------

    def store_item(self, base: Abstract, index: Abstract, value: Abstract) -> None:
        """``base[index] = value`` for a container."""
        write, heap = self.put, self.state.heap
        match base:
            case DictOf():
                write(heap, base, {**self.content(base), self.dict_key(index): value})
                return
            case Record():
                found = self.special_method(base, "__setitem__")
                if found is not None:
                    self.call(found, (index, value))
                    return
            case ListOf():
                self.store_in_list(base, index, value)
                return
        self.wrong(f"{self.describe(base)} does not take an item assignment")


def is_size(value: Value) -> bool:
    t = value.type
    return isinstance(t, Scalar) and t.size != "?"


__all__ = ["Containers", "List", "is_size"]
