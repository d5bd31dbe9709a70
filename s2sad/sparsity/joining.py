"""One value for two that a program may have: on the two sides of a branch, in all trips of a loop."""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad.ir.core import UNDEFINED
from s2sad.sparsity.forms import blurred, numeric, same
from s2sad.sparsity.sets import Sets
from s2sad.sparsity.values import (
    Bag,
    Cell,
    Cells,
    Items,
    Record,
    Unanalysable,
    hidden,
    is_known,
    sets_of,
    shape_of,
    unknown,
)


class Joiner:
    """Joining values, and closing the circle of a loop."""

    sets: Sets

    def merge(self, a: Any, b: Any) -> Any:
        """A value that may be either of two."""
        if a is b or b is UNDEFINED:
            return a
        if a is UNDEFINED:
            return b
        if isinstance(a, Bag) or isinstance(b, Bag):
            return Bag(self.merge(inside(self, a), inside(self, b)))
        if isinstance(a, Items | list) or isinstance(b, Items | list):
            first, second = (v.read() if isinstance(v, Items) else list(v) for v in (a, b))
            first, second = list(first), list(second)
            if len(first) != len(second):
                return Bag(self.merge(inside(self, Items(first)), inside(self, Items(second))))
            return Items([self.merge(x, y) for x, y in zip(first, second, strict=True)])
        if isinstance(a, tuple) and isinstance(b, tuple) and len(a) == len(b):
            items = [self.merge(x, y) for x, y in zip(a, b, strict=True)]
            return type(a)(*items) if hasattr(a, "_fields") else tuple(items)
        if isinstance(a, dict) and isinstance(b, dict) and a.keys() == b.keys():
            return {k: self.merge(v, b[k]) for k, v in a.items()}
        if isinstance(a, Record) and isinstance(b, Record) and a.keys == b.keys:
            return Record(a.cls, a.keys, [self.merge(x, y) for x, y in zip(a.items, b.items, strict=True)])
        if is_known(a) and is_known(b) and same(a, b):
            return a
        if a is None and numeric(b) or b is None and numeric(a):  # there is none on the other way
            out = b if a is None else a
            return out if not is_known(out) else hidden(shape_of(out))
        if not (numeric(a) and numeric(b)):
            raise Unanalysable("a value that is no number depends on what is differentiated")
        if shape_of(a) != shape_of(b):
            raise Unanalysable(f"an array has shape {shape_of(a)} or {shape_of(b)}, by what is differentiated")
        if isinstance(a, Cells) and isinstance(b, Cells):
            return self.merge_versions(a, b)
        if isinstance(a, Cells | Cell) and is_known(b):
            return a
        if isinstance(b, Cells | Cell) and is_known(a):
            return b
        if isinstance(a, Cell) and isinstance(b, Cell):
            return Cell(self.sets.pair(a.id, b.id))
        return unknown(self.sets.join(sets_of(a), sets_of(b)))

    def merge_versions(self, a: Cells, b: Cells) -> Cells:
        """Two versions of one array differ in a few places: only these are looked at."""
        places = a.differences(b)
        if places is None:
            return Cells(self.sets.join(a.read(), b.read()))
        out = b
        for place, sets in places:
            now = out.at(place)
            if isinstance(now, np.ndarray) and now.ndim:
                out = out.store(place, self.sets.join(sets, now))
            else:
                out = out.store(place, self.sets.pair(int(sets), int(now)))
        return out

    def head(self, init: Any) -> Any:
        """A value with a set of its own for each element, which contains the one that is there at first."""
        match init:
            case Bag():
                return Bag(None if init.item is None else self.head(init.item))
            case Items():
                return Items([self.head(v) for v in init.read()])
            case tuple() | list():
                return type(init)(map(self.head, init))
            case dict():
                return {k: self.head(v) for k, v in init.items()}
            case Record():
                return Record(init.cls, init.keys, [self.head(v) for v in init.items])
            case Cell() | Cells():
                sets = sets_of(init)
                own = self.sets.fresh(sets.size).reshape(sets.shape)
                self.sets.close(own.ravel(), sets.ravel())
                return unknown(own)
            case _:
                return init

    def close(self, head: Any, out: Any) -> None:
        """Say that the sets of a loop's head contain those that its body makes of them."""
        match head:
            case Bag():
                if head.item is not None and out.item is not None:
                    self.close(head.item, out.item)
            case Items():
                for a, b in zip(head.read(), out.read(), strict=True):
                    self.close(a, b)
            case tuple() | list():
                for a, b in zip(head, out, strict=True):
                    self.close(a, b)
            case dict():
                for k, a in head.items():
                    self.close(a, out[k])
            case Record():
                for a, b in zip(head.items, out.items, strict=True):
                    self.close(a, b)
            case Cell() | Cells():
                self.sets.close(sets_of(head).ravel(), sets_of(out).ravel())


def inside(joiner: Joiner, value: Any) -> Any:
    """What any item of a list may be."""
    if isinstance(value, Bag):
        return value.item
    out: Any = UNDEFINED
    for item in value if isinstance(value, list) else value.read():
        out = joiner.merge(out, item)
    return None if out is UNDEFINED else blurred(out, out)
