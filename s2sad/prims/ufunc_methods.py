"""The methods of ufuncs, ``np.maximum.accumulate`` and the like, in terms of the functions themselves.

Where there is a function of arrays that does the same (``np.sum`` for ``np.add.reduce``), it is that one.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from s2sad.ir.core import Arg
from s2sad.ir.types import Array, Type, axes, of, promote
from s2sad.prims import runtime, ufuncs  # noqa: F401  (the functions have to be there)
from s2sad.prims.creation import axes_of_shape
from s2sad.prims.inference import broadcast, normal_axes, number, option, reduced
from s2sad.prims.order_statistics import along_first, kept
from s2sad.prims.primitive import REGISTRY, primitive
from s2sad.prims.structure import is_known


def _running(a: Arg, axis: object = 0, smallest: object = False) -> Type:
    return Array("i64", axes(number(a)))


def _turns(places: Arg) -> Type:
    return Array("i64", axes(number(places)))


running_place = REGISTRY.word(primitive("running_place", runtime.running_place, _running, style="helper"))
turns = REGISTRY.word(primitive("turns", runtime.turns, _turns, style="helper"))


def declare(ufunc, method, function):
    REGISTRY.ufunc_methods[ufunc.__name__, method] = function


# -- reduce -----------------------------------------------------------------------------------------------------------


def by_function(ufunc, function):
    """``reduce`` by NumPy's function of arrays."""

    def reduce(array, axis=0, dtype=None, out=None, keepdims=False, initial=None, where=True):
        a = np.asarray(array, dtype=dtype)
        if initial is None and where is True:
            return function(a, axis=axis, keepdims=keepdims)
        if initial is None:
            return function(a, axis=axis, keepdims=keepdims, where=where)
        return function(a, axis=axis, keepdims=keepdims, initial=initial, where=where)

    declare(ufunc, "reduce", reduce)


@REGISTRY.compute
def operand_dtype(ufunc, dtype):
    """The dtype in which a ufunc takes two operands of this one: ``np.hypot`` those of ints as floats."""
    dtype = np.dtype(dtype)
    try:
        return ufunc.resolve_dtypes((dtype, dtype, None))[0]
    except TypeError:  # it takes unlike operands: np.ldexp
        return dtype


def as_operands(ufunc, a):
    """An array in the dtype in which a ufunc takes it."""
    dtype = operand_dtype(ufunc, a.dtype)
    return a if a.dtype == dtype else a.astype(dtype)


def beginning(lines, first):
    """What the items of each line are folded into, as numbers of their precision."""
    if np.ndim(lines) == 1:
        return np.asarray(first).astype(lines.dtype)[()]
    return np.full(np.shape(lines)[1:], first, dtype=lines.dtype)


def one_by_one(ufunc):
    """``reduce`` from the first item to the last."""

    def reduce(array, axis=0, dtype=None, out=None, keepdims=False, initial=None, where=True):
        a = as_operands(ufunc, np.asarray(array, dtype=dtype))
        lines = along_first(a, axis)
        if where is not True:
            there = along_first(np.broadcast_to(where, np.shape(a)), axis)
            total = beginning(lines, ufunc.identity if initial is None else initial)
            for k in range(len(lines)):
                total = np.where(there[k], ufunc(total, lines[k]), total)[()]
        elif initial is not None or ufunc.identity is not None:
            total = beginning(lines, ufunc.identity if initial is None else initial)
            for k in range(len(lines)):
                total = ufunc(total, lines[k])
        else:
            total = lines[0]
            for k in range(1, len(lines)):
                total = ufunc(total, lines[k])
        return kept(total, a, axis, 0) if keepdims else total

    declare(ufunc, "reduce", reduce)


def _exponentials(a: Arg, axis: object, keepdims: object = False) -> Type:
    t = number(a)
    dtype, where = t.dtype if t.dtype[0] == "f" else "f64", reduced(t, axis, keepdims)
    return Array(dtype, None) if where is None else of(dtype, where)


def sum_of_exponentials(ufunc):
    """``reduce`` of ``logaddexp``: the logarithm of a sum, an operation of its own."""
    total_of = REGISTRY.word(primitive(f"np.{ufunc.__name__}.reduce", ufunc.reduce, _exponentials, calls=()))

    def reduce(array, axis=0, dtype=None, out=None, keepdims=False, initial=None, where=True):
        a = np.asarray(array, dtype=dtype)
        if where is not True:
            a = np.where(where, a, -np.inf)
        total = total_of(a, axis, keepdims=keepdims)
        return total if initial is None else ufunc(total, initial)

    declare(ufunc, "reduce", reduce)


# -- accumulate -------------------------------------------------------------------------------------------------------


def scan(ufunc, function):
    """``accumulate`` by NumPy's function of arrays."""

    def accumulate(array, axis=0, dtype=None, out=None):
        return function(np.asarray(array, dtype=dtype), axis=axis)

    declare(ufunc, "accumulate", accumulate)


def record(ufunc, least):
    """``accumulate`` of ``maximum`` and ``minimum``: each place has the last record up to there."""

    def accumulate(array, axis=0, dtype=None, out=None):
        a = np.asarray(array, dtype=dtype)
        if np.ndim(a) == 1:
            return a[running_place(a, 0, least)]
        return np.take_along_axis(a, running_place(a, axis, least), axis=axis)

    declare(ufunc, "accumulate", accumulate)


def step_by_step(ufunc):
    """``accumulate`` from the first item to the last."""

    def accumulate(array, axis=0, dtype=None, out=None):
        lines = np.moveaxis(np.asarray(array, dtype=dtype), axis, 0)
        totals = np.copy(lines)
        for k in range(1, len(lines)):
            totals[k] = ufunc(totals[k - 1], lines[k])
        return np.moveaxis(totals, 0, axis)

    declare(ufunc, "accumulate", accumulate)


# -- outer, at, reduceat ----------------------------------------------------------------------------------------------


def table(ufunc):
    def outer(A, B, **kwargs):
        a, b = np.asarray(A), np.asarray(B)
        return ufunc(np.reshape(a, np.shape(a) + (1,) * np.ndim(b)), b, **kwargs)

    declare(ufunc, "outer", outer)


def at_places(ufunc):
    """``at``: one turn for the items that are named once, another for those that are named a second time …"""

    def at(a, indices, b):
        every = np.reshape(np.arange(np.size(a)), np.shape(a))[indices]
        values = np.ravel(np.broadcast_to(b, np.shape(every)))
        every = np.ravel(every)
        turn = turns(every)
        for k in range(np.max(turn, initial=-1) + 1):
            now = np.flatnonzero(turn == k)
            where = np.unravel_index(every[now], np.shape(a)) if np.ndim(a) > 1 else every[now]
            a[where] = ufunc(a[where], values[now])

    declare(ufunc, "at", at)


def at_places_alone(ufunc):
    """``at`` of a function of one operand."""

    def at(a, indices):
        every = np.ravel(np.reshape(np.arange(np.size(a)), np.shape(a))[indices])
        turn = turns(every)
        for k in range(np.max(turn, initial=-1) + 1):
            now = np.flatnonzero(turn == k)
            where = np.unravel_index(every[now], np.shape(a)) if np.ndim(a) > 1 else every[now]
            a[where] = ufunc(a[where])

    declare(ufunc, "at", at)


def segments(ufunc):
    """``reduceat``: of each segment up to the next place, or the one item where that does not come later."""

    def reduceat(array, indices, axis=0, dtype=None, out=None):
        lines = np.moveaxis(np.asarray(array, dtype=dtype), axis, 0)
        starts = np.asarray(indices)
        ends = np.concatenate((starts[1:], np.asarray([len(lines)])))
        totals = np.copy(lines[starts])
        for k in range(len(starts)):
            if starts[k] < ends[k]:
                totals[k] = ufunc.reduce(lines[starts[k] : ends[k]])
        return np.moveaxis(totals, 0, axis)

    declare(ufunc, "reduceat", reduceat)


def _sums_of_segments(array: Arg, indices: Arg, axis: Any = 0) -> Type:
    t, count = number(array), axes(number(indices))
    known, along = axes(t), option(axis)
    dtype = t.dtype if t.dtype[0] in "fc" else "i64"
    if known is None or count is None:
        return Array(dtype, None)
    (along,) = normal_axes(along, len(known))
    return Array(dtype, (*known[:along], *count, *known[along + 1 :]))


def _spread_segments(g: Arg, indices: Arg, shape: Arg, axis: Any = 0) -> Type:
    return Array(number(g).dtype, axes_of_shape(shape))


def _scan_segments(a: Arg, b: Arg, indices: Arg, axis: Any = 0, reverse: Any = False, first: Any = 0.0) -> Type:
    return Array(promote(a.type, b.type)[0], broadcast(a.type, b.type))


sums_of_segments = REGISTRY.word(primitive("np.add.reduceat", np.add.reduceat, _sums_of_segments, calls=()))
spread_segments = primitive("spread_segments", runtime.spread_segments, _spread_segments, style="helper")
scan_segments = primitive("scan_segments", runtime.scan_segments, _scan_segments, style="helper")
others_in_segments = primitive(
    "others_in_segments", runtime.others_in_segments, lambda a, indices, axis=0: a.type, style="helper"
)  # fmt: skip


def reduceat_of_sums(array, indices, axis=0, dtype=None, out=None):
    return sums_of_segments(np.asarray(array, dtype=dtype), np.asarray(indices), axis)


def _extremes_of_segments(array: Arg, indices: Arg, axis: Any = 0) -> Type:
    found = _sums_of_segments(array, indices, axis)
    return Array(number(array).dtype, found.axes)  # type: ignore[union-attr]


@REGISTRY.compute
def ascending(places):
    """Whether each of these is greater than the one before."""
    return all(a < b for a, b in pairwise(places))


def segments_at_once(ufunc, infer):
    """``reduceat`` as one operation where each place is behind the one before."""
    name = f"np.{ufunc.__name__}.reduceat"
    at_once = REGISTRY.word(primitive(name, ufunc.reduceat, infer, calls=()))
    turn_by_turn = REGISTRY.ufunc_methods[ufunc.__name__, "reduceat"]

    def reduceat(array, indices, axis=0, dtype=None, out=None):
        starts = np.asarray(indices)
        ordered = ascending(indices) if is_known(indices) else np.all(starts[1:] > starts[:-1])
        if ordered:
            return at_once(np.asarray(array, dtype=dtype), starts, axis)
        return turn_by_turn(array, indices, axis, dtype)

    declare(ufunc, "reduceat", reduceat)


FUNCTIONS = (
    (np.add, np.sum), (np.multiply, np.prod), (np.maximum, np.max), (np.minimum, np.min),
    (np.logical_and, np.all), (np.logical_or, np.any),
)  # fmt: skip
for name in sorted(vars(np)):
    found = getattr(np, name)
    if not isinstance(found, np.ufunc) or found.signature is not None or REGISTRY.lookup(found) is None:
        continue
    if found.nin == 2 and found.nout == 1:
        one_by_one(found)
        step_by_step(found)
        table(found)
        segments(found)
        if found is not np.add:  # which is a store of its own
            at_places(found)
    elif found.nin == 1 and found.nout == 1:
        at_places_alone(found)
declare(np.add, "reduceat", reduceat_of_sums)
segments_at_once(np.multiply, _sums_of_segments)
segments_at_once(np.maximum, _extremes_of_segments)
segments_at_once(np.minimum, _extremes_of_segments)
for ufunc, function in FUNCTIONS:
    by_function(ufunc, function)
sum_of_exponentials(np.logaddexp)
sum_of_exponentials(np.logaddexp2)
scan(np.add, np.cumsum)
scan(np.multiply, np.cumprod)
record(np.maximum, False)
record(np.minimum, True)
