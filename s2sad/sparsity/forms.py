"""What form values have, known or not: comparing forms, and forgetting what is known."""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad.ir.core import UNDEFINED
from s2sad.sparsity.values import (
    Bag,
    Cell,
    Cells,
    Items,
    Matrix,
    Picked,
    Record,
    Unanalysable,
    hidden,
    is_known,
    sets_of,
    shape_of,
    unknown,
)


def blurred(init: Any, out: Any) -> Any:
    """A value of the form of ``out`` of which nothing is known, with the sets of ``init`` where it has the same form.

    Raises
    ------
    Unanalysable
        The two are of unlike form.
    """
    match out:
        case Bag():
            return init if isinstance(init, Bag) else Bag(None if out.item is None else blurred(UNDEFINED, out.item))
        case Items() | list():
            items = out.read() if isinstance(out, Items) else out
            before = init.read() if isinstance(init, Items) else init
            if init is UNDEFINED or isinstance(before, list) and len(before) == len(items):
                old = before if isinstance(before, list) else [UNDEFINED] * len(items)
                return Items([blurred(a, b) for a, b in zip(old, items, strict=True)])
            longest = list(items) or list(before)
            return Bag(blurred(UNDEFINED, longest[0]) if longest else None)
        case tuple():
            old = list(init) if isinstance(init, tuple) and len(init) == len(out) else [UNDEFINED] * len(out)
            return tuple(blurred(a, b) for a, b in zip(old, out, strict=True))
        case dict():
            return {k: blurred(init.get(k, UNDEFINED) if isinstance(init, dict) else UNDEFINED, v)
                    for k, v in out.items()}  # fmt: skip
        case Record():
            old = init.items if isinstance(init, Record) else [UNDEFINED] * len(out.items)
            return Record(out.cls, out.keys, [blurred(a, b) for a, b in zip(old, out.items, strict=True)])
        case _ if out is UNDEFINED:
            return init
        case _ if not numeric(out):
            raise Unanalysable("a value that is no number depends on what is differentiated")
    if init is UNDEFINED or init is None:
        return hidden(shape_of(out))
    if not numeric(init) or shape_of(init) != shape_of(out):
        raise Unanalysable("what a loop carries is of another shape in each trip")
    return unknown(sets_of(init))


def like(a: Any, b: Any) -> bool:
    """Whether two values have the same form, and the second fits into what is said of the first."""
    match a:
        case Bag():
            return isinstance(b, Bag)
        case Items():
            return isinstance(b, Items) and a.length == b.length and all(map(like, a.read(), b.read()))
        case tuple():
            return isinstance(b, tuple) and len(a) == len(b) and all(map(like, a, b))
        case dict():
            return isinstance(b, dict) and a.keys() == b.keys() and all(like(v, b[k]) for k, v in a.items())
        case Record():
            return isinstance(b, Record) and a.keys == b.keys and all(map(like, a.items, b.items))
        case Cell() | Cells():
            return numeric(b) and a.shape == shape_of(b) if isinstance(a, Cells) else numeric(b) and shape_of(b) == ()
        case _:
            return is_known(b) and same(a, b)


def same(a: Any, b: Any) -> bool:
    """Whether two known values are equal in every respect."""
    if a is b:
        return True
    if not is_known(b) or isinstance(b, Bag) or type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        return bool(a.shape == b.shape and a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind in "fc"))
    if isinstance(a, Items):
        return a.length == b.length and all(map(same, a.read(), b.read()))
    if isinstance(a, tuple | list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return bool(a.keys() == b.keys() and all(same(v, b[k]) for k, v in a.items()))
    if isinstance(a, float | complex):
        return repr(a) == repr(b)
    return bool(a == b) if isinstance(a, int | str | bytes | np.generic | bool) else False


def numeric(value: Any) -> bool:
    return isinstance(value, Cell | Cells | np.ndarray | np.generic | int | float | complex)


def all_sets(value: Any) -> list[Any]:
    """The sets of everything in a value."""
    match value:
        case Cell() | Cells():
            return [sets_of(value)]
        case Picked() | Matrix():
            return [value.sets]
        case Items():
            return [s for v in value.read() for s in all_sets(v)]
        case tuple() | list():
            return [s for v in value for s in all_sets(v)]
        case dict():
            return [s for v in value.values() for s in all_sets(v)]
        case Record():
            return [s for v in value.items for s in all_sets(v)]
        case Bag():
            return all_sets(value.item)
        case _:
            return []


def filled(shape: tuple[int, ...], name: int) -> Any:
    return Cells(np.full(shape, name, np.int64)) if shape else Cell(name)
