"""What primitives do to sets that only move elements, or that ask for sizes.

One that only moves elements is run on the sets themselves.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad.ir.types import is_inexact, np_dtype
from s2sad.prims import runtime
from s2sad.sparsity.forms import all_sets, blurred
from s2sad.sparsity.machine import RULES, Machine, Rule, rule
from s2sad.sparsity.sets import EMPTY
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
    shape_of,
    unknown,
)

# -- what only moves elements ------------------------------------------------------------------------------------------


def moved(*operands: str) -> Rule:
    """Run the primitive itself on the sets of some operands."""

    def move(m: Machine, /, **given: Any) -> Any:
        parts: dict[str, Any] = {}
        for name, value in given.items():
            if name not in operands:
                parts[name] = m.known(value, f"the argument {name} of {m.call.prim.name}")
            elif isinstance(value, tuple | list | Items):
                parts[name] = [sets_of(v) for v in (value.read() if isinstance(value, Items) else value)]
            else:
                parts[name] = sets_of(value)
        names = list(m.call.prim.signature.parameters)
        args = [parts[n] for n in names[: len(m.call.args)]]
        return unknown(m.call.prim.run(*args, **{n: parts[n] for n, _ in m.call.kwargs}))

    return move


for _names, _operands in (
    ("np.copy ndarray.copy ndarray.flatten np.reshape np.ravel np.transpose ndarray.T ndarray.mT np.swapaxes", ("a",)),
    ("np.moveaxis np.expand_dims np.squeeze np.repeat np.roll np.diagonal ndarray.item", ("a",)),
    ("np.concatenate np.stack", ("arrays",)),
    ("np.tile", ("A",)),
    ("np.flip np.tril np.triu", ("m",)),
    ("np.diag", ("v",)),
    ("from_diagonal expand_reduced", ("g",)),
    ("fitted np.lib.stride_tricks.sliding_window_view", ("x",)),
    ("np.broadcast_to", ("array",)),
    ("known_columns unknown_columns", ("g",)),
):
    for _name in _names.split():
        RULES[_name] = moved(*_operands)


@rule("float", "snapshot", "complex", "np.float64.item", "np.ascontiguousarray", "np.asfortranarray")
def same_elements(m: Machine, /, **given: Any) -> Any:
    given.pop("dtype", None)
    sets = [sets_of(v) for v in given.values() if v is not None]
    total = sets[0]
    for more in sets[1:]:
        total = m.sets.join(total, more)
    return unknown(total)


@rule("np.array")
def array(m: Machine, object: Any, dtype: Any = None) -> Any:
    return unknown(sets_of(object))


@rule("np.full")
def full(m: Machine, shape: Any, fill_value: Any, dtype: Any = None) -> Any:
    shape = m.known(shape, "a shape")
    return unknown(np.broadcast_to(sets_of(fill_value), shape))


@rule("np.full_like")
def full_like(m: Machine, a: Any, fill_value: Any, dtype: Any = None, shape: Any = None) -> Any:
    size = shape_of(a) if shape is None else m.known(shape, "a shape")
    return unknown(np.broadcast_to(sets_of(fill_value), size))


@rule("shift")
def shift(m: Machine, x: Any, axis: Any = 0, reverse: Any = False, first: Any = 0.0) -> Any:
    start = sets_of(first)
    return unknown(runtime.shift(sets_of(x), plain(axis), plain(reverse), int(start) if start.ndim == 0 else EMPTY))  # type: ignore[no-untyped-call]


@rule("np.pad")
def pad(m: Machine, array: Any, pad_width: Any, mode: Any = "constant", constant_values: Any = 0) -> Any:
    widths = m.known(pad_width, "a width of padding")
    sets = sets_of(array)
    if mode in ("edge", "wrap", "reflect", "symmetric"):
        return unknown(np.pad(sets, widths, mode))
    if mode == "constant":
        fill = constant_values if is_known(constant_values) else m.sets.every(*all_sets(constant_values))
        return unknown(np.pad(sets, widths, constant_values=EMPTY if is_known(constant_values) else fill))
    return m.smeared({"array": array, "pad_width": widths, "mode": mode}, frozenset({"array"}))


@rule("np.where")
def where(m: Machine, condition: Any, x: Any, y: Any) -> Any:
    if is_known(condition):
        return unknown(np.where(np.asarray(plain(condition), bool), sets_of(x), sets_of(y)))
    joined = m.sets.join(sets_of(x), sets_of(y))
    if not is_inexact(m.call.results[0].type):
        return hidden(np.broadcast_shapes(joined.shape, shape_of(condition)))
    return unknown(np.broadcast_to(joined, np.broadcast_shapes(joined.shape, shape_of(condition))))


# -- sizes and zeros ---------------------------------------------------------------------------------------------------


@rule("dim")
def dim(m: Machine, a: Any, axis: Any) -> Any:
    return Cell(EMPTY) if isinstance(a, Picked) else shape_of(a)[axis]


@rule("shape")
def shape(m: Machine, a: Any) -> Any:
    return shape_of(a)


@rule("np.ndim")
def ndim(m: Machine, a: Any) -> Any:
    return len(shape_of(a))


@rule("np.size")
def size(m: Machine, a: Any) -> Any:
    if isinstance(a, Picked):
        return Cell(EMPTY)
    return int(np.prod(shape_of(a)))


@rule("len")
def length(m: Machine, a: Any) -> Any:
    if isinstance(a, Bag):
        return Cell(EMPTY)
    return shape_of(a)[0] if isinstance(a, Cells) else len(a.read() if isinstance(a, Items) else a)


@rule("zero_of")
def zero_of(m: Machine, a: Any) -> Any:
    match a:
        case Bag():
            return Bag(None if a.item is None else blurred(None, zero_of(m, a.item)))
        case Items() | list():
            return Items([zero_of(m, v) for v in a])
        case tuple():
            items = [zero_of(m, v) for v in a]
            return type(a)(*items) if hasattr(a, "_fields") else tuple(items)
        case dict():
            return {k: zero_of(m, v) for k, v in a.items()}
        case Record():
            return Record(a.cls, a.keys, [zero_of(m, v) for v in a.items])
        case Cell():
            return 0.0
        case Cells():
            return np.zeros(a.shape)
        case Picked():
            return Picked(np.zeros_like(a.sets), a.mask)
        case _:
            return runtime.zero_of(a)  # type: ignore[no-untyped-call]





@rule("np.zeros_like", "np.ones_like", "np.empty_like")
def like_constant(m: Machine, a: Any, dtype: Any = None, shape: Any = None) -> Any:
    size = shape_of(a) if shape is None else m.known(shape, "a shape")
    kind = np_dtype(m.call.results[0].type.dtype)  # type: ignore[union-attr]
    return (np.ones if m.call.prim.name == "np.ones_like" else np.zeros)(size, kind)


def unselected(m: Machine, /, **given: Any) -> Any:
    """A number or array without derivative, of the shape that the call has for made-up numbers."""
    shapes = m.shapes(given)
    out = tuple(map(hidden, shapes))
    return out[0] if len(m.call.results) == 1 else out


for _name in ("int", "bool", "round", "not", "math.gcd", "math.lcm", "math.comb", "math.perm", "math.isclose",
              "cmath.isclose", "int.bit_length", "int.bit_count", "float.is_integer", "bisect.bisect_left",
              "bisect.bisect_right", "raises", "traps", "str.format"):  # fmt: skip
    RULES[_name] = lambda m, **given: Cell(EMPTY)


def refused(m: Machine, /, **given: Any) -> Any:
    """The shape of the result is that of the numbers."""
    m.demand(f"the size of what {m.call.prim.name} gives")


for _name in ("np.nonzero", "np.flatnonzero", "np.arange", "range_between", "range_by", "np.eye", "np.identity",
              "np.zeros", "np.ones", "np.empty", "np.tril_indices", "np.triu_indices", "padded_places", "np.unique",
              "np.linalg.matrix_rank", "call_method", "set_item", "delete_item", "set_attribute"):  # fmt: skip
    RULES[_name] = refused


@rule("np.searchsorted")
def searchsorted(m: Machine, a: Any, v: Any, side: Any = "left") -> Any:
    return hidden(shape_of(v))

