"""Functions of functions: ``sorted`` and ``min`` by a key, ``filter``, ``operator.itemgetter``, ``np.vectorize`` …

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

from s2sad.front.conversions import number_like, same_known
from s2sad.front.reflection import Reflection
from s2sad.front.values import (
    FALSE,
    NONE,
    Abstract,
    Known,
    Partial,
    SliceOf,
    TupleOf,
    View,
    pack,
)
from s2sad.ir.core import If, Value
from s2sad.ir.types import Scalar
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


class Functional(Reflection):
    """Handlers of the table below; one answers None where the ordinary way of calling does."""

    def functional(self, f: Any) -> Callable[[Args, Kwargs], Abstract | None] | None:
        """What a call means of a function that is in the table, or of an object like ``itemgetter(0)``."""
        name = FUNCTIONAL.get(f)
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

    def call_starmap(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        function, items = args[0], self.items_if_known(args[1])
        if items is None:
            return self.iterator(self.map_loop(function, args[1], spread=True))
        return self.iterator(
            self.new_list([self.call(function, self.known_items(item, "itertools.starmap")) for item in items])
        )

    def iterator(self, items: Abstract) -> Abstract:
        raise NotImplementedError

    def listed(self, value: Abstract) -> Abstract:
        raise NotImplementedError

    # -- filter and sorted -----------------------------------------------------------------------------------------

    def call_filter(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        function, items = args[0], self.items_if_known(args[1])
        if isinstance(function, Known) and function.value is None:
            function = Known(bool)
        if items is None:
            return self.iterator(self.call_meaning(kept, (function, self.listed(args[1])), {}))
        truths = [self.truth(self.call(function, (item,))) for item in items]
        if all(isinstance(truth, bool) for truth in truths):
            return self.iterator(self.new_list([i for i, truth in zip(items, truths, strict=True) if truth]))
        flags: list[Abstract] = [Known(t) if isinstance(t, bool) else t for t in truths]  # type: ignore[misc]
        return self.iterator(self.call_meaning(kept_where, (pack(flags), pack(items)), {}))

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
                self.refuse("sorted by tuples of different lengths, whose values are not known")
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

    # -- functions of NumPy that call functions --------------------------------------------------------------------

    def call_vectorize(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        names = ("pyfunc", "otypes", "doc", "excluded", "cache", "signature")
        options = dict(zip(names, args, strict=False)) | kwargs
        function = options.pop("pyfunc", None)
        if function is None:  # a decorator with options
            return Partial(Known(np.vectorize), (), kwargs)
        known = {k: self.concrete(v) for k, v in options.items() if k in ("otypes", "excluded", "signature")}
        return Partial(Known(vectorized), (self.vectorizer_of(function, **known),))

    def vectorizer(self, f: np.vectorize) -> Abstract:
        """An ``np.vectorize`` from outside."""
        return self.vectorizer_of(Known(f.pyfunc), f.otypes, f.excluded, f.signature)

    def vectorizer_of(self, function: Abstract, otypes: Any = None, excluded: Any = None, signature: Any = None) -> Abstract:  # noqa: E501
        if signature is not None:
            self.refuse("np.vectorize with a signature", instead="write the loop over the leading axes")
        dtypes = None if otypes is None else tuple(np.dtype(t) for t in otypes)
        return pack((function, Known(dtypes), Known(frozenset(excluded or ()))))

    def call_vectorized(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        """A call of what ``np.vectorize`` gave."""
        made, *given = args
        assert isinstance(made, TupleOf)
        function, otypes, excluded = made.items
        assert isinstance(otypes, Known) and isinstance(excluded, Known)
        spread: dict[Any, Abstract] = {}
        fixed: dict[Any, Abstract] = {}
        for where, value in (*enumerate(given), *kwargs.items()):
            (fixed if where in excluded.value else spread)[where] = value
        caller = Partial(Known(called_with), (function, Known(tuple(spread)), self.mapping(fixed)))
        arrays = [self.as_array(self.call(Known(np.asarray), (value,))) for value in spread.values()]
        if not arrays:
            self.wrong("np.vectorize called without an argument to go through", why="Python would raise ValueError")
        out = self.call_meaning(elementwise_calls, (caller, *arrays), {})
        results = out.items if isinstance(out, TupleOf) else (out,)
        if otypes.value is None:
            for result in results:
                self.one_dtype(result)
            return out
        if len(otypes.value) != len(results):
            self.wrong(f"{len(otypes.value)} otypes for {len(results)} results", why="Python would raise ValueError")
        cast = [self.call(self.attribute(r, "astype"), (Known(t),)) for r, t in zip(results, otypes.value, strict=True)]
        return pack(cast) if isinstance(out, TupleOf) else cast[0]

    def mapping(self, content: dict[Any, Abstract]) -> Abstract:
        return self.container("dict", tuple(content), list(content.values()), None)

    def one_dtype(self, result: Abstract) -> None:
        """Refuse results that are ints on one path and floats on another: NumPy looks at the first only."""
        producers = self.producers()
        pending: list[Any] = [self.to_arg(result)]
        seen: set[Any] = set()
        while pending:
            value = pending.pop()
            op = producers.get(value) if isinstance(value, Value) and value not in seen else None
            seen.add(value)
            if isinstance(op, If):
                k = op.results.index(value)
                sides = (op.then.yields[k], op.orelse.yields[k])
                kinds = {s.type.dtype[0] for s in sides if isinstance(s.type, Scalar)}
                if len(kinds) > 1:
                    self.refuse(
                        "np.vectorize of a function that returns an int on one path and a float on another",
                        why="NumPy gives all results the type of the first",
                        instead="give otypes=[float], or return floats on every path",
                    )
                pending.extend(sides)
            elif op is not None:
                for region in (getattr(op, "body", None),):
                    pending.extend(a for o in (region.ops if region else ()) for a in getattr(o, "args", ()))
                pending.extend(a for a in getattr(op, "args", ()) if isinstance(a, Value))

    def call_frompyfunc(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        self.refuse(
            "np.frompyfunc",
            why="it makes arrays of Python objects, which have no derivative",
            instead="use np.vectorize, or a loop",
        )

    def call_apply_along_axis(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        names = ("func1d", "axis", "arr")
        options = dict(zip(names, args[:3], strict=False)) | {k: v for k, v in kwargs.items() if k in names}
        if len(options) < 3:
            return None
        named = {k: v for k, v in kwargs.items() if k not in names}
        function = Partial(Known(applied), (options["func1d"], pack(args[3:]), self.mapping(named)))
        return self.call_meaning(along_axis, (function, options["axis"], options["arr"]), {})

    def call_applied(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        function, given, named, row = args
        assert isinstance(given, TupleOf)
        return self.call(function, (row, *given.items), self.known_mapping(named))

    def call_called_with(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        """One call of a function that ``np.vectorize`` goes through arrays with."""
        function, places, fixed, *items = args
        assert isinstance(places, Known)
        found = dict(zip(places.value, items, strict=True)) | self.content(fixed)  # type: ignore[arg-type]
        positional = [found[k] for k in sorted(k for k in found if isinstance(k, int))]
        return self.call(function, positional, {k: v for k, v in found.items() if isinstance(k, str)})

    def call_fromfunction(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        options = dict(zip(("function", "shape"), args, strict=False)) | kwargs
        function, shape, dtype = (options.pop(k, None) for k in ("function", "shape", "dtype"))
        options.pop("like", None)
        if function is None or shape is None:
            return None
        axes = self.known_items(shape, "np.fromfunction")
        lengths = self.call(Known(np.indices), (pack(axes),), {"dtype": dtype or Known(float)})
        return self.call(function, [self.subscript(lengths, Known(k)) for k in range(len(axes))], options)

    def call_fromiter(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        names = ("iter", "dtype", "count")
        options = dict(zip(names, args, strict=False)) | kwargs
        if "iter" not in options or "dtype" not in options or options.keys() - {*names}:
            return None
        listed = self.listed(options["iter"])
        array = self.call(Known(np.array), (listed,), {"dtype": options["dtype"]})
        count = options.get("count", Known(-1))
        if isinstance(count, Known) and count.value == -1:
            return array
        return self.call_meaning(first_of, (array, count), {})


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


def applied(function: Any, args: Any, kwargs: Any, row: Any) -> Any:
    """One call of a function with further arguments; see ``call_applied``."""
    return function(row, *args, **kwargs)


def vectorized(made: Any, *args: Any, **kwargs: Any) -> Any:
    """A call of what ``np.vectorize`` gave; see ``call_vectorized``."""
    return made(*args, **kwargs)


def called_with(function: Any, places: Any, fixed: Any, *items: Any) -> Any:
    """One call of a function with some arguments fixed; see ``call_called_with``."""
    return function(*items)


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


def elementwise_calls(function: Any, *arrays: Any) -> Any:
    """``np.vectorize(function)(*arrays)``."""
    whole = arrays[0]
    for array in arrays[1:]:
        whole = whole + array * 0 if array.shape != whole.shape else whole
    columns = [np.broadcast_to(array, whole.shape).ravel().tolist() for array in arrays]
    rows = [function(*row) for row in zip(*columns, strict=True)]
    if not rows:
        raise ValueError("cannot call `vectorize` on size 0 inputs unless `otypes` is set")
    if isinstance(rows[0], tuple):
        return tuple(np.array([row[k] for row in rows]).reshape(whole.shape) for k in range(len(rows[0])))
    return np.array(rows).reshape(whole.shape)


def along_axis(function: Any, axis: Any, array: Any) -> Any:
    """``np.apply_along_axis(function, axis, array)``."""
    lines = np.moveaxis(np.asarray(array), axis, -1)
    around = lines.shape[:-1]
    made = np.array([function(line) for line in lines.reshape(-1, lines.shape[-1])])
    if made.ndim == 1:
        return made.reshape(around)
    out = made.reshape(around + made.shape[1:])
    first = axis % array.ndim
    for k in range(made.ndim - 1):
        out = np.moveaxis(out, len(around) + k, first + k)
    return out


def first_of(array: Any, count: Any) -> Any:
    """The first items of an array that has at least as many."""
    if len(array) < count:
        raise ValueError("iterator too short")
    return array[:count]


FUNCTIONAL: dict[Any, str] = {
    operator.itemgetter: "call_getter_of_items", operator.attrgetter: "call_getter_of_attributes",
    operator.methodcaller: "call_caller_of_method", items_of: "call_items_of", attributes_of: "call_attributes_of",
    method_of: "call_method_of", operator.getitem: "call_getitem", operator.contains: "call_contains",
    operator.truth: "call_truth", operator.not_: "call_not", operator.is_: "call_is", operator.is_not: "call_is_not",
    itertools.starmap: "call_starmap", filter: "call_filter", sorted: "call_sorted", np.vectorize: "call_vectorize",
    vectorized: "call_vectorized", called_with: "call_called_with", np.frompyfunc: "call_frompyfunc",
    np.apply_along_axis: "call_apply_along_axis", applied: "call_applied", np.fromiter: "call_fromiter",
    np.fromfunction: "call_fromfunction",
}  # fmt: skip
