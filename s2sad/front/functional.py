"""Functions of functions: ``map``, ``filter``, ``sorted`` and ``min`` by a key, ``operator.itemgetter`` …

What they do is said by plain Python functions below, which are traced in the place of the call, wherever that is not
plain from what is known.
"""

from __future__ import annotations

import ast
import functools
import itertools
import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from s2sad.front.applying import APPLYING, Applying
from s2sad.front.conversions import number_like, same_known
from s2sad.front.scope import reads
from s2sad.front.state import Frame
from s2sad.front.values import (
    FALSE,
    NONE,
    Abstract,
    Cell,
    Closure,
    Generator,
    Known,
    Partial,
    SliceOf,
    Transformed,
    TupleOf,
    View,
    Wrapped,
    pack,
)
from s2sad.ir.core import Value
from s2sad.prims import structure

Args = tuple[Abstract, ...]
Kwargs = dict[str, Abstract]
BINARY: dict[Any, type[ast.operator]] = {
    operator.add: ast.Add, operator.sub: ast.Sub, operator.mul: ast.Mult, operator.truediv: ast.Div,
    operator.floordiv: ast.FloorDiv, operator.mod: ast.Mod, operator.pow: ast.Pow, operator.matmul: ast.MatMult,
    operator.concat: ast.Add,
}  # fmt: skip
COMPARISONS: dict[Any, type[ast.cmpop]] = {
    operator.eq: ast.Eq, operator.ne: ast.NotEq, operator.lt: ast.Lt, operator.le: ast.LtE, operator.gt: ast.Gt,
    operator.ge: ast.GtE,
}  # fmt: skip
GETTERS = (operator.itemgetter, operator.attrgetter, operator.methodcaller)


class Functional(Applying):
    """Handlers of the table below; one answers None where the ordinary way of calling does."""

    def functional(self, f: Any) -> Callable[[Args, Kwargs], Abstract | None] | None:
        """What a call means of a function that is in the table, or of an object like ``itemgetter(0)``."""
        name = FUNCTIONAL.get(f) or APPLYING.get(f)
        if name is not None:
            return getattr(self, name)  # type: ignore[no-any-return]
        if f in BINARY:
            return lambda args, kwargs: self.binary(BINARY[f], *args) if len(args) == 2 else None
        if f in COMPARISONS:
            return lambda args, kwargs: self.compare(COMPARISONS[f](), *args) if len(args) == 2 else None
        if isinstance(f, GETTERS):
            return lambda args, kwargs: self.call(self.getter(f), args, kwargs)
        if isinstance(f, np.vectorize):
            return lambda args, kwargs: self.call_vectorized((self.vectorizer(f), *args), kwargs)
        if isinstance(f, np.ufunc) and f.__name__.endswith(" (vectorized)"):
            return self.call_frompyfunc
        if hasattr(f, "dispatch") and hasattr(f, "registry") and callable(f.dispatch):  # functools.singledispatch
            return lambda args, kwargs: self.call(Known(f.dispatch(self.kind_of(args[0]))), args, kwargs)
        return None

    # -- itemgetter and its like -----------------------------------------------------------------------------------

    def getter(self, f: Any) -> Abstract:
        """An ``itemgetter``, ``attrgetter`` or ``methodcaller`` from outside."""
        cls, args = f.__reduce__()
        named = cls.keywords if isinstance(cls, functools.partial) else {}
        args = (*(cls.args if isinstance(cls, functools.partial) else ()), *args)
        kind = cls.func if isinstance(cls, functools.partial) else cls
        given = tuple(self.part_of(kind, k, value) for k, value in enumerate(args))
        return self.call(Known(kind), given, {k: self.part_of(kind, k, v) for k, v in named.items()})

    def part_of(self, kind: Any, where: Any, value: Any) -> Abstract:
        """What such an object was made with."""
        if isinstance(value, str | int | float | slice | None):
            return Known(value)
        path = f"global:{kind.__name__}_{where}"
        return self.external(value, self.root(path, id(value), self.frame.code, lambda: value))

    def call_getter_of_items(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        return Partial(Known(items_of), (pack(args),)) if args and not kwargs else None

    def call_getter_of_attributes(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        return Partial(Known(attributes_of), (pack(args),)) if args and not kwargs else None

    def call_caller_of_method(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        named = self.container("dict", tuple(kwargs), list(kwargs.values()), None)
        return Partial(Known(method_of), (args[0], pack(args[1:]), named)) if args else None

    def call_items_of(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        keys, owner = args
        assert isinstance(keys, TupleOf)
        found = [self.subscript(owner, key) for key in keys.items]
        return found[0] if len(found) == 1 else pack(found)

    def call_attributes_of(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        names, owner = args
        assert isinstance(names, TupleOf)
        found: list[Abstract] = []
        for name in names.items:
            value = owner
            for part in str(self.concrete(name)).split("."):
                value = self.attribute(value, part)
            found.append(value)
        return found[0] if len(found) == 1 else pack(found)

    def call_method_of(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        name, given, named, owner = args
        assert isinstance(given, TupleOf)
        return self.call(self.attribute(owner, str(self.concrete(name))), given.items, self.known_mapping(named))

    def call_getitem(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        return self.subscript(*args) if len(args) == 2 else None

    def call_contains(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        return self.membership(args[1], args[0]) if len(args) == 2 else None

    def call_truth(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        return self.boolean(args[0]) if len(args) == 1 else None

    def call_not(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        truth = self.truth(args[0])
        return Known(not truth) if isinstance(truth, bool) else self.emit(structure.not_, truth)

    def call_is(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        return self.identity(*args, True) if len(args) == 2 else None

    def call_is_not(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        return self.identity(*args, False) if len(args) == 2 else None

    # -- map and its like: they run when they are made, which nobody may see ---------------------------------------

    def call_map(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        if len(args) < 2 or kwargs:
            self.wrong("map() must have at least two arguments", why="Python would raise TypeError")
        function, *iterables = args
        if self.node in self.read_by_loops:
            return self.call_function(mapped if len(iterables) == 1 else mapped_together, args, {})
        lists = [self.items_if_known(i) for i in iterables]
        if any(x is None for x in lists):
            over = iterables[0] if len(iterables) == 1 else Wrapped("zip", tuple(iterables))
            made = self.map_loop(function, over, spread=len(iterables) > 1)
        else:
            found = [x for x in lists if x is not None]
            made = self.new_list([self.call(function, t) for t in zip(*found, strict=False)])
        return self.later(self.iterator(made), args)

    def call_starmap(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        if self.node in self.read_by_loops:
            return self.call_function(spread, args, {})
        function, items = args[0], self.items_if_known(args[1])
        if items is None:
            return self.later(self.iterator(self.map_loop(function, args[1], spread=True)), args)
        rows = [self.known_items(item, "itertools.starmap") for item in items]
        return self.later(self.iterator(self.new_list([self.call(function, row) for row in rows])), args)

    def later(self, iterator: Abstract, args: Args) -> Abstract:
        """Remember what a ``map`` was made of, as it is now."""
        self.made_of[iterator] = self.seen_by(*args)
        return iterator

    def seen_by(self, *args: Abstract) -> list[tuple[dict[Any, Any], Any, Any]]:
        """What functions, iterators and containers read: variables and contents, with what they are now."""
        seen: list[tuple[dict[Any, Any], Any, Any]] = []
        pending: list[Any] = list(args)
        known: set[int] = set()
        while pending:
            v = pending.pop()
            if id(v) in known:
                continue
            known.add(id(v))
            if isinstance(v, View):
                v = v.root
            if isinstance(v, Cell) and v in self.state.heap:
                content = self.state.heap[v]
                seen.append((self.state.heap, v, content))
                if isinstance(content, tuple | dict):
                    pending.extend(content.values() if isinstance(content, dict) else content)
            elif isinstance(v, TupleOf):
                pending.extend(v.items)
            elif isinstance(v, Partial | Transformed):
                pending.append(v.function)
            elif isinstance(v, Closure | Generator):
                if isinstance(v, Generator):
                    pending.append(v.first)
                for name in sorted(reads(v.node if isinstance(v, Generator) else v.code.node)):
                    frame: Frame | None = v.frame
                    while frame is not None and name not in frame.variables:
                        frame = frame.outer
                    if frame is not None:
                        seen.append((frame.variables, name, frame.variables[name]))
                        pending.append(frame.variables[name])
        return seen

    def use(self, iterator: Any, node: ast.Name) -> None:
        super().use(iterator, node)
        if any(table.get(key) is not value for table, key, value in self.made_of.get(iterator, ())):
            self.node = node
            self.refuse(
                f"{node.id} is an iterator that is run after something it reads has changed",
                why="it would see the new values, and s2sad ran it when it was made",
                instead=f"make a list of it where it is made: {node.id} = list(...)",
            )

    def iterator(self, items: Abstract) -> Abstract:
        raise NotImplementedError

    def listed(self, value: Abstract) -> Abstract:
        raise NotImplementedError

    # -- filter and sorted -----------------------------------------------------------------------------------------

    def call_filter(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        function = args[0]
        if isinstance(function, Known) and function.value is None:
            function = Known(bool)
        if self.node in self.read_by_loops:
            return self.call_function(let_through, (function, args[1]), {})
        items = self.items_if_known(args[1])
        if items is None:
            return self.later(self.iterator(self.call_meaning(kept, (function, self.listed(args[1])), {})), args)
        truths = [self.truth(self.call(function, (item,))) for item in items]
        if all(isinstance(truth, bool) for truth in truths):
            chosen = [i for i, truth in zip(items, truths, strict=True) if truth]
            return self.later(self.iterator(self.new_list(chosen)), args)
        flags: list[Abstract] = [Known(t) if isinstance(t, bool) else t for t in truths]  # type: ignore[misc]
        return self.later(self.iterator(self.call_meaning(kept_where, (pack(flags), pack(items)), {})), args)

    def call_sorted(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        reverse = kwargs.get("reverse", FALSE)
        key = kwargs.get("key", NONE)
        if len(args) != 1 or kwargs.keys() - {"key", "reverse"}:
            return None
        if not isinstance(reverse, Known):
            self.refuse("sorted with reverse= that is not known", instead="write it with `if`")
        backwards = bool(reverse.value)
        plain = isinstance(key, Known) and key.value is None
        items = self.items_if_known(args[0])
        if items is None:
            listed = args[0] if isinstance(args[0], View) else self.listed(args[0])
            if not plain:
                return self.call_meaning(sorted_by, (listed, key, Known(backwards)), {})
            array = listed if isinstance(listed, View) else self.call(Known(np.array), (listed,))
            return self.listed(self.in_order(array, backwards))
        keys = list(items) if plain else [self.call(key, (item,)) for item in items]
        try:
            values = [self.concrete(k) for k in keys]
        except LookupError:
            pass
        else:
            order = sorted(range(len(items)), key=lambda k: values[k], reverse=backwards)
            return self.new_list([items[k] for k in order])
        if plain and all(map(number_like, items)):
            array = args[0] if isinstance(args[0], View) else self.call(Known(np.array), (self.new_list(items),))
            ordered = self.in_order(array, backwards)
            return self.new_list([self.subscript(ordered, Known(k)) for k in range(len(items))])
        return self.new_list(self.grouped(items, keys, backwards))

    def grouped(self, items: list[Abstract], keys: list[Abstract], backwards: bool) -> list[Abstract]:
        """Items in order of keys of which something is not known: by what is known first."""
        if len(items) < 2:
            return items
        rows = [key.items if isinstance(key, TupleOf) else (key,) for key in keys]
        first: list[Any] = [row[0].value if row and isinstance(row[0], Known) else None for row in rows]
        if len({len(row) for row in rows}) > 1 or any(value is None for value in first):
            places = self.places_by(keys, backwards)
            return [self.item_at(items, self.subscript(places, Known(k))) for k in range(len(items))]
        out: list[Abstract] = []
        for value in sorted(dict.fromkeys(first), reverse=backwards):
            chosen = [k for k, v in enumerate(first) if v == value]
            rest = [pack(rows[k][1:]) for k in chosen]
            members = [items[k] for k in chosen]
            out += self.grouped(members, list(rest), backwards) if len(rows[0]) > 1 else members
        return out

    def item_at(self, items: Sequence[Abstract], place: Abstract) -> Abstract:
        """The item at a place that is not known, of tuples item by item."""
        first = items[0]
        if isinstance(first, TupleOf) and all(isinstance(i, TupleOf) and i.cls is first.cls for i in items):
            rows = [i.items for i in items if isinstance(i, TupleOf)]
            if len({len(row) for row in rows}) == 1:
                return TupleOf(tuple(self.item_at(column, place) for column in zip(*rows, strict=True)), first.cls)
        if all(isinstance(i, Known) and not number_like(i) for i in items):
            out = items[-1]
            for k in range(len(items) - 2, -1, -1):
                if not same_known(items[k], out):
                    here = self.truth(self.compare(ast.Eq(), place, Known(k)))
                    assert isinstance(here, Value)
                    out = self.choice(here, items[k], out)
            return out
        return self.subscript(self.new_list(list(items)), place)

    def in_order(self, array: Abstract, backwards: bool) -> Abstract:
        ordered = self.call(Known(np.sort), (array,))
        return self.subscript(ordered, SliceOf(NONE, NONE, Known(-1))) if backwards else ordered

    def places_by(self, keys: Sequence[Abstract], backwards: bool) -> Abstract:
        """Where each item comes from, as an array of places; equal keys stay in their order."""
        if all(isinstance(k, TupleOf) for k in keys):
            rows = [k.items for k in keys if isinstance(k, TupleOf)]
            if len({len(row) for row in rows}) > 1:
                self.refuse(
                    "sorted by tuples of different lengths, whose values are not known",
                    why="one may be the beginning of another, and then the length decides",
                    instead="give every key the same length, or give a key= of numbers",
                )
            columns = [list(column) for column in zip(*rows, strict=True)]
        else:
            columns = [list(keys)]
        arrays: list[Abstract] = []
        for column in columns:
            if all(isinstance(k, Known) and not number_like(k) for k in column):  # strings: by rank
                ranks = {v: k for k, v in enumerate(sorted({k.value for k in column if isinstance(k, Known)}))}
                column = [Known(ranks[k.value]) for k in column if isinstance(k, Known)]
            if not all(map(number_like, column)):
                self.refuse("sorted by keys that are not numbers", instead="give a key= of numbers")
            arrays.append(self.call(Known(np.array), (self.new_list(column),)))
        meaning = places_backwards if backwards else places_forwards
        return self.call_meaning(meaning, (self.new_list(arrays),), {})

    def largest_by(self, name: str, items: Abstract, key: Abstract) -> Abstract:
        """``max(items, key=key)`` of something whose length is not known."""
        listed = items if isinstance(items, View) else self.listed(items)
        return self.call_meaning(largest if name == "max" else smallest, (listed, key), {})


# -- what these functions do, as functions that are traced ------------------------------------------------------------


def items_of(keys: Any, owner: Any) -> Any:
    """``itemgetter(*keys)(owner)``; see ``call_items_of``."""
    return operator.itemgetter(*keys)(owner)


def attributes_of(names: Any, owner: Any) -> Any:
    """``attrgetter(*names)(owner)``; see ``call_attributes_of``."""
    return operator.attrgetter(*names)(owner)


def method_of(name: Any, args: Any, kwargs: Any, owner: Any) -> Any:
    """``methodcaller(name, *args, **kwargs)(owner)``; see ``call_method_of``."""
    return operator.methodcaller(name, *args, **kwargs)(owner)


def mapped(function: Any, items: Any) -> Any:
    """``map(function, items)``, read by a loop."""
    for item in items:
        yield function(item)


def mapped_together(function: Any, *lists: Any) -> Any:
    """``map(function, xs, ys)``, likewise."""
    for items in zip(*lists):  # noqa: B905  as map
        yield function(*items)


def spread(function: Any, rows: Any) -> Any:
    """``itertools.starmap``, likewise."""
    for row in rows:
        yield function(*row)


def let_through(function: Any, items: Any) -> Any:
    """``filter``, likewise."""
    for item in items:
        if function(item):
            yield item


def kept(function: Any, items: Any) -> Any:
    """``list(filter(function, items))``."""
    out = []
    for item in items:
        if function(item):
            out.append(item)
    return out


def kept_where(flags: Any, items: Any) -> Any:
    """The items whose flags are true."""
    out = []
    for flag, item in zip(flags, items, strict=True):
        if flag:
            out.append(item)
    return out


def sorted_by(items: Any, key: Any, backwards: Any) -> Any:
    """``sorted(items, key=key, reverse=backwards)`` of numbers by numbers."""
    keys = np.array([key(item) for item in items])
    if backwards:
        places = (len(keys) - 1 - np.argsort(keys[::-1], kind="stable"))[::-1]
    else:
        places = np.argsort(keys, kind="stable")
    return [items[place] for place in places]


def places_forwards(columns: Any) -> Any:
    """The places of items in order of their keys, given as one array for each part of the keys."""
    places = np.argsort(columns[-1], kind="stable")
    for column in columns[-2::-1]:
        places = places[np.argsort(column[places], kind="stable")]
    return places


def places_backwards(columns: Any) -> Any:
    """The same in falling order; equal keys stay in their order."""
    places = np.argsort(columns[-1][::-1], kind="stable")
    for column in columns[-2::-1]:
        places = places[np.argsort(column[::-1][places], kind="stable")]
    return (len(places) - 1 - places)[::-1]


def largest(items: Any, key: Any) -> Any:
    """``max(items, key=key)``."""
    if len(items) == 0:
        raise ValueError("max() iterable argument is empty")
    best = items[0]
    measure = key(best)
    for item in items[1:]:
        other = key(item)
        if other > measure:
            best, measure = item, other
    return best


def smallest(items: Any, key: Any) -> Any:
    """``min(items, key=key)``."""
    if len(items) == 0:
        raise ValueError("min() iterable argument is empty")
    best = items[0]
    measure = key(best)
    for item in items[1:]:
        other = key(item)
        if other < measure:
            best, measure = item, other
    return best


FUNCTIONAL: dict[Any, str] = {
    operator.itemgetter: "call_getter_of_items", operator.attrgetter: "call_getter_of_attributes",
    operator.methodcaller: "call_caller_of_method", items_of: "call_items_of", attributes_of: "call_attributes_of",
    method_of: "call_method_of", operator.getitem: "call_getitem", operator.contains: "call_contains",
    operator.truth: "call_truth", operator.not_: "call_not", operator.is_: "call_is", operator.is_not: "call_is_not",
    itertools.starmap: "call_starmap", map: "call_map", filter: "call_filter", sorted: "call_sorted",
}  # fmt: skip
