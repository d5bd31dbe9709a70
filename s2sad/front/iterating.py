"""``itertools``, ``heapq`` and ``bisect``: run on the items where these are known, else said by plain Python functions.

The generator functions below are traced in the place of the call, so that ``for a, b in combinations(xs, 2)`` is two
loops, one in the other. ``heapq`` and ``bisect`` come with their source in Python, which is what is traced.
"""

from __future__ import annotations

import array
import ast
import bisect
import collections
import copy
import decimal
import fractions
import heapq
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from s2sad.front.foreignmappings import ForeignMappings
from s2sad.front.machine import HERE
from s2sad.front.values import (  # noqa: E501
    NONE,
    Abstract,
    DictOf,
    Generator,
    Known,
    ListOf,
    Record,
    SetOf,
    TupleOf,
    View,
    Wrapped,
    pack,
)
from s2sad.ir.core import Value

Args = tuple[Abstract, ...]
Kwargs = dict[str, Abstract]


def pairwise(items: Any) -> Any:
    for k in range(len(items) - 1):
        yield items[k], items[k + 1]


def pairs_of(items: Any) -> Any:
    for i in range(len(items)):
        for j in range(i + 1, len(items)):
            yield items[i], items[j]


def triples_of(items: Any) -> Any:
    for i in range(len(items)):
        for j in range(i + 1, len(items)):
            for k in range(j + 1, len(items)):
                yield items[i], items[j], items[k]


def pairs_with_repeats(items: Any) -> Any:
    for i in range(len(items)):
        for j in range(i, len(items)):
            yield items[i], items[j]


def ordered_pairs_of(items: Any) -> Any:
    for i in range(len(items)):
        for j in range(len(items)):
            if i != j:
                yield items[i], items[j]


def product_of_one(a: Any) -> Any:
    for x in a:
        yield (x,)


def product_of_two(first: Any, second: Any) -> Any:
    for a in first:
        for b in second:
            yield a, b


def product_of_three(first: Any, second: Any, third: Any) -> Any:
    for a in first:
        for b in second:
            for c in third:
                yield a, b, c


def one_after_another(*parts: Any) -> Any:
    for part in parts:
        yield from part


def flattened(parts: Any) -> Any:
    for part in parts:
        yield from part


def sums_of(items: Any) -> Any:
    total = items[0]
    yield total
    for k in range(1, len(items)):
        total = total + items[k]
        yield total


def folds_of(items: Any, function: Any) -> Any:
    total = items[0]
    yield total
    for k in range(1, len(items)):
        total = function(total, items[k])
        yield total


def folds_from(items: Any, function: Any, start: Any) -> Any:
    total = start
    yield total
    for item in items:
        total = function(total, item)
        yield total


def sums_from(items: Any, start: Any) -> Any:
    total = start
    yield total
    for item in items:
        total = total + item
        yield total


def taken_while(test: Any, items: Any) -> Any:
    for item in items:
        if not test(item):
            break
        yield item


def dropped_while(test: Any, items: Any) -> Any:
    dropping = True
    for item in items:
        if dropping and test(item):
            continue
        dropping = False
        yield item


def selected(items: Any, flags: Any) -> Any:
    for item, flag in zip(items, flags):  # noqa: B905  as itertools.compress
        if flag:
            yield item


def filled(first: Any, second: Any, fill: Any) -> Any:
    for k in range(max(len(first), len(second))):
        yield (first[k] if k < len(first) else fill), (second[k] if k < len(second) else fill)


def in_batches(items: Any, n: Any) -> Any:
    for k in range(0, len(items), n):
        yield items[k : k + n]


def repeated(item: Any, times: Any) -> Any:
    for _ in range(times):
        yield item


def always(item: Any) -> Any:
    while True:
        yield item


def counting(start: Any, step: Any) -> Any:
    number = start
    while True:
        yield number
        number = number + step


def round_and_round(items: Any) -> Any:
    while True:
        yield from items


def largest(n: Any, items: Any, key: Any = None) -> Any:
    return sorted(items, key=key, reverse=True)[:n]


def smallest(n: Any, items: Any, key: Any = None) -> Any:
    return sorted(items, key=key)[:n]


class Iterating(ForeignMappings):
    """Handlers of the table below."""

    def iterating(self, f: Any) -> Callable[[Args, Kwargs], Abstract | None] | None:
        name = ITERATING.get(f)
        if name is not None:
            return getattr(self, name)  # type: ignore[no-any-return]
        if f in SOURCE:
            return lambda args, kwargs: self.on_known_list(f, args) or self.call_function(SOURCE[f], args, kwargs)
        if f in (fractions.Fraction, decimal.Decimal, collections.namedtuple):
            return lambda args, kwargs: self.run_now(f, args, kwargs)
        if f in DICTS:
            return lambda args, kwargs: self.made_dict(f, args, kwargs)
        return None

    def on_known_list(self, f: Any, args: Args) -> Abstract | None:
        """A function of ``heapq`` or ``bisect`` on a list of which all is known, run now; else None."""
        try:
            values = [self.concrete(a) for a in args]
        except LookupError:
            return None
        before = list(values[0])
        out = f(*values)
        if isinstance(args[0], ListOf) and values[0] != before:
            self.put(self.state.heap, args[0], tuple(map(self.constant_container, values[0])))
        return self.constant_container(out)

    def by(self, meaning: Any, *args: Abstract) -> Abstract:
        """What a generator function gives for sequences, as an iterator."""
        return self.call_function(meaning, tuple(map(self.indexed, args)), {})

    def by_pools(self, meaning: Any, *args: Abstract) -> Abstract:
        """The same, of functions that take all items when they are called."""
        pools = [self.pooled(a if self.counts_items(a) else self.indexed(a)) for a in args]
        parts = [part for p in pools for part in (p.parts if isinstance(p, Wrapped) else (p,))]
        lists = [p for p in parts if isinstance(p, ListOf)]
        return self.remember_sources(self.call_function(meaning, tuple(pools), {}), *lists)

    def counts_items(self, value: Abstract) -> bool:
        """Whether it is ``enumerate`` or ``zip`` of what can be indexed: so can it be, by the functions above."""
        return isinstance(value, Wrapped) and value.kind in ("enumerate", "zip") and all(
            isinstance(p, View | ListOf) and self.as_sequence(p) is not None for p in value.parts
        )

    def use(self, iterator: Any, node: ast.Name) -> None:
        if not self.frame.code.source.file.startswith(HERE):
            super().use(iterator, node)

    def subscript(self, base: Abstract, index: Abstract) -> Abstract:
        if isinstance(base, Wrapped) and self.frame.code.source.file.startswith(HERE):
            return self.element(base, index)
        return super().subscript(base, index)

    def indexed(self, value: Abstract) -> Abstract:
        """Something that can be indexed, of any iterable."""
        if isinstance(value, View | ListOf | TupleOf | Known | Value) or type(value).__name__ == "RangeOf":
            return value
        return self.listed(value) if self.iterable(value) else value

    def iterable(self, value: Abstract) -> bool:
        return isinstance(value, Generator) or type(value).__name__ in ("Wrapped", "Lazy")

    def all_known_items(self, *values: Abstract) -> list[list[Abstract]] | None:
        lists = [self.items_if_known(v) for v in values]
        return None if any(x is None for x in lists) else [x for x in lists if x is not None]

    def call_pairwise(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        found = self.all_known_items(args[0])
        if found is None:
            items = self.indexed(args[0])
            return self.remember_sources(self.call_function(pairwise, (items,), {}), items)
        return pack([pack(p) for p in zip(found[0], found[0][1:], strict=False)])

    def call_product(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        repeat = self.integer(kwargs.get("repeat", Known(1)), "repeat=")
        found = self.all_known_items(*args)
        if found is not None:
            return pack([pack(t) for t in itertools.product(*found, repeat=repeat)])
        parts = args * repeat
        if len(parts) in (1, 2, 3):
            return self.by_pools((product_of_one, product_of_two, product_of_three)[len(parts) - 1], *parts)
        self.refuse(
            f"itertools.product of {len(parts)} things, of unknown lengths",
            why="up to three of them are loops in each other; of more the lengths have to be known",
            instead="write the loops",
        )

    def chosen_from(self, name: str, args: Args, kwargs: Kwargs) -> Abstract:
        size = args[1] if len(args) > 1 else kwargs.get("r", NONE)
        found = self.all_known_items(args[0])
        none = isinstance(size, Known) and size.value is None
        if found is not None:
            r = len(found[0]) if none else self.integer(size, "r")
            return pack([pack(t) for t in getattr(itertools, name)(found[0], r)])
        meaning = CHOSEN.get((name, 0 if none else self.integer(size, "r")))
        if meaning is None:
            self.refuse(
                f"itertools.{name} of something whose length is not known",
                why="how many there are to be chosen from is not known, and only pairs and triples are written as loops",  # noqa: E501
                instead="write the loops, or choose from a list of known length",
            )
        return self.by_pools(meaning, args[0])

    def call_combinations(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        return self.chosen_from("combinations", args, kwargs)

    def call_combinations_with_replacement(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        return self.chosen_from("combinations_with_replacement", args, kwargs)

    def call_permutations(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        return self.chosen_from("permutations", args, kwargs)

    def call_chain(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        found = self.all_known_items(*args)
        if found is not None:
            return self.iterator(self.new_list([i for items in found for i in items]))
        return self.call_function(one_after_another, args, {})

    def call_flattened(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        outer = self.items_if_known(args[0])
        if outer is not None:
            return self.call_chain(tuple(outer), {})
        return self.call_function(flattened, args, {})

    def call_accumulate(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        function = args[1] if len(args) > 1 else kwargs.get("func", NONE)
        start = kwargs.get("initial", NONE)
        plain, fresh = (isinstance(v, Known) and v.value is None for v in (function, start))
        items = self.items_if_known(args[0])
        if items is None:
            if fresh:
                return self.by(sums_of, args[0]) if plain else self.by(folds_of, args[0], function)
            return self.by(sums_from, args[0], start) if plain else self.by(folds_from, args[0], function, start)
        todo = items if fresh else [start, *items]
        out: list[Abstract] = todo[:1]
        for item in todo[1:]:
            out.append(self.call(Known(sum), (pack([out[-1], item]),)) if plain else self.call(function, (out[-1], item)))  # noqa: E501
        return self.iterator(self.new_list(out))

    def call_islice(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        bounds = self.call(Known(slice), args[1:])
        items = self.items_if_known(args[0])
        if items is not None:
            return self.iterator(self.subscript(self.new_list(items), bounds))
        source = self.indexed(args[0])
        part = self.iterator(self.subscript(source, bounds))
        return self.remember_sources(part, source) if isinstance(source, ListOf) else part

    def call_takewhile(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        return self.call_function(taken_while, args, {})

    def call_dropwhile(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        return self.call_function(dropped_while, args, {})

    def call_compress(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        return self.call_function(selected, args, {})

    def call_zip_longest(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        fill = kwargs.get("fillvalue", NONE)
        found = self.all_known_items(*args)
        if found is not None:
            return pack([pack(t) for t in itertools.zip_longest(*found, fillvalue=fill)])
        if len(args) == 2:
            return self.by(filled, args[0], args[1], fill)
        self.refuse(
            "itertools.zip_longest of things whose lengths are not known",
            why="which of them ends first is not known, and only two of them are written as a loop",
            instead="loop over the indices",
        )

    def call_batched(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        found = self.all_known_items(args[0])
        if found is None:
            return self.by(in_batches, *args)
        n = self.integer(args[1], "n")
        return pack([pack(found[0][k : k + n]) for k in range(0, len(found[0]), n)])

    def call_tee(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        n = self.integer(args[1], "n") if len(args) > 1 else 2
        held = self.listed(args[0])
        return pack([self.call_iter((held,), {}) or NONE for _ in range(n)])

    def call_groupby(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        key = args[1] if len(args) > 1 else kwargs.get("key", NONE)
        items = self.known_items(args[0], "itertools.groupby")
        groups: list[tuple[Any, list[Abstract]]] = []
        for item in items:
            k = item if isinstance(key, Known) and key.value is None else self.call(key, (item,))
            value = self.dict_key(k)
            if not groups or groups[-1][0] != value:
                groups.append((value, []))
            groups[-1][1].append(item)
        return pack([pack((self.constant_container(k), self.new_list(g))) for k, g in groups])

    def call_repeat(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        item = args[0] if args else kwargs["object"]
        times = args[1] if len(args) > 1 else kwargs.get("times")
        return self.call_function(always, (item,), {}) if times is None else self.call_function(repeated, (item, times), {})  # noqa: E501

    def call_count(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        start = args[0] if args else kwargs.get("start", Known(0))
        step = args[1] if len(args) > 1 else kwargs.get("step", Known(1))
        return self.call_function(counting, (start, step), {})

    def call_cycle(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        return self.call_function(round_and_round, (self.pooled(self.indexed(args[0])),), {})

    def call_largest(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        return self.call_function(largest, args, kwargs)

    def call_smallest(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        return self.call_function(smallest, args, kwargs)

    def call_iter(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        raise NotImplementedError

    # -- collections -----------------------------------------------------------------------------------------------

    def call_deque(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        return self.new_deque(args, kwargs)

    def call_chain_map(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        return self.chain_of_maps(args)

    def call_set(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        return self.new_set(self.members(args[0]) if args else ())

    def call_frozenset(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        return Known(frozenset(self.members(args[0]) if args else ()))

    def call_fromkeys(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        value = args[1] if len(args) > 1 else NONE
        return self.new_dict({self.dict_key(k): value for k in self.known_items(args[0], "dict.fromkeys")})

    def call_array(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        """``array.array``: a list that holds numbers of one kind."""
        if not args or not isinstance(args[0], Known) or args[0].value not in "fd":
            return None
        return self.listed(args[1]) if len(args) > 1 else self.new_list([])

    def call_copy(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        match args[0]:
            case ListOf() as owner:
                return self.shallow_copy(owner)
            case DictOf() as mapping:
                return self.dict_method(mapping, "copy", (), {})
            case SetOf() as members:
                return self.new_set(self.content(members))
            case View() as view:
                return self.call(Known(np.copy), (view,))
            case Value() | TupleOf():
                return args[0]
            case Record() | Known():
                return self.duplicate(args[0], deep=False)
        return None

    def call_deepcopy(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        return self.duplicate(args[0], deep=True)


DICTS = (collections.OrderedDict, collections.defaultdict, collections.Counter)
CHOSEN: dict[tuple[str, int], Any] = {
    ("combinations", 2): pairs_of, ("combinations", 3): triples_of,
    ("combinations_with_replacement", 2): pairs_with_repeats, ("permutations", 2): ordered_pairs_of,
}  # fmt: skip


def python_source(module: Any, names: tuple[str, ...]) -> dict[Any, Any]:
    """Functions written in C whose module has them in Python as well, by the one in C."""
    fresh: dict[str, Any] = {}
    spec = module.__spec__
    text = spec.loader.get_source(module.__name__)
    head = text.split("try:\n    from _")[0]
    exec(compile(head, spec.origin, "exec"), fresh)
    fresh["__name__"] = module.__name__
    return {getattr(module, name): fresh[name] for name in names if name in fresh}


SOURCE: dict[Any, Any] = {
    **python_source(heapq, ("heappush", "heappop", "heapify", "heappushpop", "heapreplace")),
    **python_source(bisect, ("bisect_left", "bisect_right", "insort_left", "insort_right")),
}
ITERATING: dict[Any, str] = {
    itertools.pairwise: "call_pairwise", itertools.product: "call_product", itertools.combinations: "call_combinations",
    itertools.combinations_with_replacement: "call_combinations_with_replacement",
    itertools.permutations: "call_permutations", itertools.chain: "call_chain",
    itertools.chain.from_iterable: "call_flattened", itertools.accumulate: "call_accumulate",
    itertools.islice: "call_islice", itertools.takewhile: "call_takewhile", itertools.dropwhile: "call_dropwhile",
    itertools.compress: "call_compress", itertools.zip_longest: "call_zip_longest", itertools.tee: "call_tee",
    itertools.repeat: "call_repeat", itertools.count: "call_count", itertools.cycle: "call_cycle",
    itertools.groupby: "call_groupby", heapq.nlargest: "call_largest", heapq.nsmallest: "call_smallest",
    collections.deque: "call_deque", collections.ChainMap: "call_chain_map",
    set: "call_set", frozenset: "call_frozenset", dict.fromkeys: "call_fromkeys", array.array: "call_array",
    copy.copy: "call_copy", copy.deepcopy: "call_deepcopy",
}  # fmt: skip
if hasattr(itertools, "batched"):  # Python 3.12
    ITERATING[itertools.batched] = "call_batched"

__all__ = ["ITERATING", "Iterating"]
