"""Items and stores, lists and structures, on sets: also where an index or a length is not known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from s2sad.ir.types import Scalar
from s2sad.prims import runtime
from s2sad.sparsity.forms import blurred, filled
from s2sad.sparsity.joining import inside
from s2sad.sparsity.machine import Machine, rule
from s2sad.sparsity.sets import EMPTY, distinct
from s2sad.sparsity.values import (
    Bag,
    Cell,
    Cells,
    Items,
    Picked,
    Record,
    hidden,
    is_known,
    plain,
    sets_of,
    unknown,
)

# -- items and stores --------------------------------------------------------------------------------------------------


def loose(m: Machine, index: Any) -> tuple[Any, tuple[int, ...] | None]:
    """An index with every place that an unknown integer may mean, and the axes of what it reads that stand for it.

    None for the axes: any element may be meant.
    """
    items = index if isinstance(index, tuple) else (index,)
    free: list[int] = []
    out: list[Any] = []
    axis, basic = 0, True
    for item in items:
        if isinstance(item, Cell):
            free.append(axis)
            out.append(slice(None))
            axis += 1
        elif isinstance(item, slice):
            out.append(m.known(item, "a slice"))
            axis += 1
        elif item is None:
            out.append(None)
            axis += 1
        elif isinstance(item, int | np.integer):
            out.append(item)
        else:
            basic = False
    if not basic or any(i is Ellipsis for i in items):
        return None, None
    return tuple(out), tuple(free)


def read_shape(m: Machine, shape: tuple[int, ...], index: Any) -> tuple[int, ...]:
    """The shape of what an index reads whose integers are not known."""

    def stand_in(item: Any) -> Any:
        if isinstance(item, Cell):
            return 0
        if isinstance(item, Cells):
            return np.zeros(item.shape, np.int64)
        return m.known(item, "an index")

    for arg in m.call.args[1].items if hasattr(m.call.args[1], "items") else (m.call.args[1],):
        if getattr(arg.type, "dtype", "") == "bool" and isinstance(index, Cells | tuple):
            items = index if isinstance(index, tuple) else (index,)
            if not all(map(is_known, items)):
                m.demand("how many elements a mask selects")
    found = tuple(map(stand_in, index)) if isinstance(index, tuple) else stand_in(index)
    out: tuple[int, ...] = np.broadcast_to(np.zeros((), bool), shape)[found].shape
    return out


def is_mask(m: Machine, index: Any) -> bool:
    """Whether the index of the call is one mask that is not known."""
    return isinstance(index, Cells) and getattr(m.call.args[1].type, "dtype", "") == "bool"


@rule("getitem", "gather")
def getitem(m: Machine, a: Any, index: Any) -> Any:
    if is_mask(m, index):
        return Picked(np.array(sets_of(a)), index)
    if isinstance(a, Picked) and isinstance(m.call.results[0].type, Scalar):
        return Cell(m.sets.every(a.sets))
    if isinstance(a, Cells):
        if type(index) is int:
            out = a.at(index)
            return Cells(out) if out.ndim else Cell(int(out))
        if is_known(index):
            return unknown(a.at(plain(index)))
        wide, axes = loose(m, index)
        if axes is not None:
            sets = a.at(wide)
            return unknown(m.sets.reduce(sets, axes).reshape([n for k, n in enumerate(sets.shape) if k not in axes]))
        return filled(read_shape(m, a.shape, index), m.sets.every(a.read()))
    if is_known(index):
        return plain(a)[plain(index)]
    return hidden(read_shape(m, np.shape(a), index))


@rule("gather_last")
def gather_last(m: Machine, a: Any, index: Any) -> Any:
    if is_known(index) and is_known(a):
        return m.call.prim.run(plain(a), plain(index))
    return getitem(m, a, index)


@rule("store")
def store(m: Machine, a: Any, index: Any, value: Any) -> Any:
    if isinstance(a, np.ndarray):
        if is_known(value) and is_known(index):
            return m.call.prim.run(a, plain(index), plain(value))
        a = Cells(np.zeros(a.shape, np.int64))
    if is_known(index):
        return a.store(plain(index), value.id if type(value) is Cell else sets_of(value))
    return spread(m, a, index, value)


@rule("accumulate")
def accumulate(m: Machine, a: Any, index: Any, value: Any) -> Any:
    if isinstance(a, np.ndarray):
        if is_known(value) and is_known(index):
            return m.call.prim.run(a, plain(index), plain(value))
        a = Cells(np.zeros(a.shape, np.int64))
    if is_known(value):
        return a
    if not is_known(index):
        return spread(m, a, index, value)
    place = plain(index)
    old = a.at(place)
    if type(value) is Cell and not (isinstance(old, np.ndarray) and old.ndim):
        return a.store(place, m.sets.pair(int(old), value.id))
    return a.store(place, m.sets.join(old, sets_of(value)))


def spread(m: Machine, a: Cells, index: Any, value: Any) -> Cells:
    """Add to every element that an index may mean."""
    if is_known(value):
        return a
    if is_mask(m, index):
        return masked(m, a, index, value)
    wide, axes = loose(m, index)
    sets = sets_of(value)
    if axes is None:
        return Cells(m.sets.join(a.read(), np.array(m.sets.every(sets))))
    old = a.at(wide)
    if sets.ndim + len(axes) <= old.ndim:
        narrow = [n for k, n in enumerate(old.shape) if k not in axes]
        sets = np.expand_dims(np.broadcast_to(sets, narrow), axes)
    else:
        sets = np.array(m.sets.every(sets))
    return a.store(wide, m.sets.join(old, sets))


def masked(m: Machine, a: Cells, mask: Cells, value: Any) -> Cells:
    """Add where a mask may be true: each its own, where the value comes from the same mask."""
    if isinstance(value, Picked):
        if value.mask is mask and value.sets.shape == a.shape:
            return Cells(m.sets.join(a.read(), value.sets))
        return Cells(m.sets.join(a.read(), np.array(m.sets.every(value.sets))))
    sets = sets_of(value)
    return Cells(m.sets.join(a.read(), sets if sets.size == 1 else np.array(m.sets.every(sets))))


@rule("scatter_add")
def scatter_add(m: Machine, a: Any, index: Any, value: Any, counted: Any = False) -> Any:
    if isinstance(a, np.ndarray):
        if is_known(value) and is_known(index):
            return m.call.prim.run(a, plain(index), plain(value))
        a = Cells(np.zeros(a.shape, np.int64))
    if is_known(value):
        return a
    if not is_known(index):
        return spread(m, a, index, value)
    places = np.arange(int(np.prod(a.shape))).reshape(a.shape)[plain(index)]
    sets = np.broadcast_to(sets_of(value), places.shape)
    targets = distinct(places)
    local = np.searchsorted(targets, places)
    more = m.sets.group(sets.ravel(), local.ravel(), len(targets))
    where = np.unravel_index(targets, a.shape)
    return a.store(where, m.sets.join(a.at(where), more))


# -- lists and structures ----------------------------------------------------------------------------------------------


@rule("list_new")
def list_new(m: Machine, items: Any) -> Any:
    return Items(list(items))


@rule("list_repeat")
def list_repeat(m: Machine, item: Any, n: Any) -> Any:
    return Items([item] * n) if is_known(n) else Bag(blurred(item, item))


@rule("list_append")
def list_append(m: Machine, a: Any, value: Any) -> Any:
    return Bag(value if a.item is None else m.merge(a.item, value)) if isinstance(a, Bag) else a.append(value)


@rule("list_pop")
def list_pop(m: Machine, a: Any) -> Any:
    return (a.item, a) if isinstance(a, Bag) else a.pop()


@rule("list_get")
def list_get(m: Machine, a: Any, index: Any) -> Any:
    for step in index if isinstance(index, tuple) else (index,):
        if isinstance(a, Bag):
            a = a.item
        elif is_known(step):
            a = a.at(plain(step)) if isinstance(a, Items) else a[plain(step)]
        else:
            a = inside(m, a)
    return a


@rule("list_slice")
def list_slice(m: Machine, a: Any, index: Any) -> Any:
    if isinstance(a, Bag) or not is_known(index):
        return Bag(inside(m, a))
    return Items(a.read()[plain(index)])


@rule("list_set")
def list_set(m: Machine, a: Any, index: Any, value: Any) -> Any:
    if isinstance(index, slice):
        if isinstance(a, Bag) or isinstance(value, Bag) or not is_known(index):
            return Bag(m.merge(inside(m, a), inside(m, value)))
        items = list(a.read())
        items[plain(index)] = value.read()
        return Items(items)
    return changed(m, a, index if isinstance(index, tuple) else (index,), lambda _: value)


def changed(m: Machine, a: Any, steps: Sequence[Any], change: Callable[[Any], Any]) -> Any:
    """A list with one item changed, which is found along a path."""
    if not steps:
        return change(a)
    step = steps[0]
    if isinstance(a, Bag):
        return Bag(m.merge(a.item, changed(m, a.item, steps[1:], change)))
    if not is_known(step):
        return Items([m.merge(v, changed(m, v, steps[1:], change)) for v in a])
    if isinstance(a, Items):
        return a.set(step, changed(m, a.at(step), steps[1:], change))
    items = list(a)
    items[step] = changed(m, items[step], steps[1:], change)
    return type(a)(items) if not hasattr(a, "_fields") else type(a)(*items)


@rule("list_accumulate")
def list_accumulate(m: Machine, a: Any, index: Any, value: Any) -> Any:
    return changed(m, a, index if isinstance(index, tuple) else (index,), lambda old: added(m, old, value))


@rule("list_len")
def list_len(m: Machine, a: Any) -> Any:
    return Cell(EMPTY) if isinstance(a, Bag) else len(a.read() if isinstance(a, Items) else a)


@rule("list_concat")
def list_concat(m: Machine, a: Any, b: Any) -> Any:
    if isinstance(a, Bag) or isinstance(b, Bag):
        first, second = inside(m, a), inside(m, b)
        return Bag(first if second is None else second if first is None else m.merge(first, second))
    return Items([*a, *b])


@rule("list_add")
def added(m: Machine, a: Any, b: Any) -> Any:
    if isinstance(a, Bag) or isinstance(b, Bag):
        return Bag(added(m, inside(m, a), inside(m, b)))
    if isinstance(a, Items | list | tuple):
        items = [added(m, x, y) for x, y in zip(a, b, strict=True)]
        return Items(items) if not isinstance(a, tuple) else tuple(items)
    if isinstance(a, dict):
        return {k: added(m, v, b[k]) for k, v in a.items()}
    if isinstance(a, Record):
        return Record(a.cls, a.keys, [added(m, x, y) for x, y in zip(a.items, b.items, strict=True)])
    if is_known(a) and is_known(b):
        return runtime.added(plain(a), plain(b))  # type: ignore[no-untyped-call]
    return unknown(m.sets.join(sets_of(a), sets_of(b)))


@rule("build")
def build(m: Machine, structure: Any) -> Any:
    return structure


@rule("item")
def item(m: Machine, a: Any, key: Any) -> Any:
    if isinstance(a, Record):
        return a.items[a.keys.index(key)]
    if isinstance(a, Items):
        return a.at(key)
    return getattr(a, key) if isinstance(key, str) and not isinstance(a, dict) else a[key]

