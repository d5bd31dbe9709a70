"""Primitives that add elements up, on sets: each says where its elements go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from s2sad.ir.types import is_inexact
from s2sad.sparsity.forms import filled
from s2sad.sparsity.machine import RULES, Machine, Rule, active_names, rule
from s2sad.sparsity.sets import EMPTY, Ids
from s2sad.sparsity.values import (
    Cell,
    Picked,
    hidden,
    is_known,
    plain,
    sets_of,
    shape_of,
    unknown,
)

# -- sums and reductions -----------------------------------------------------------------------------------------------


def axes_of(axis: Any, rank: int) -> tuple[int, ...]:
    """An axis argument as a tuple."""
    if axis is None:
        return tuple(range(rank))
    return tuple(int(k) % rank for k in (axis if isinstance(axis, tuple | list) else (axis,)))


@rule("np.sum", "np.mean", "np.prod", "np.max", "np.min", "np.var", "np.std", "vector_norm", "squared_norm",
      "np.any", "np.all",
      "np.logaddexp.reduce", "np.logaddexp2.reduce",
      "np.argmax", "np.argmin", "np.count_nonzero", "greatest", "least")  # fmt: skip
def reduction(m: Machine, axis: Any = None, keepdims: Any = False, **given: Any) -> Any:
    a = given.get("a", given.get("x"))
    if isinstance(a, Picked):
        if axis is not None and a.sets.ndim > 1:
            return sets_of(a)
        return Cell(m.sets.every(a.sets) if is_inexact(m.call.results[0].type) else EMPTY)
    sets = sets_of(a)
    axes = axes_of(m.known(axis, "an axis"), sets.ndim)
    if not is_inexact(m.call.results[0].type) or not any(
        not is_known(given.get(name)) for name in active_names(m.call)
    ):
        sets = np.zeros_like(sets)
    out = m.sets.reduce(sets, axes)
    return unknown(out if keepdims else out.reshape([n for k, n in enumerate(sets.shape) if k not in axes]))


@rule("np.cumsum", "np.cumprod")
def running(m: Machine, a: Any, axis: Any = None, dtype: Any = None) -> Any:
    sets = sets_of(a)
    if axis is None:
        sets, axis = sets.ravel(), 0
    return unknown(np.moveaxis(chained(m, np.moveaxis(sets, axis, 0)), 0, axis))


def chained(m: Machine, sets: Ids) -> Ids:
    """Along the first axis, each with all before it."""
    if len(sets) < 2:
        return np.array(sets)
    own = m.sets.fresh(sets[1:].size).reshape(sets[1:].shape)
    out = np.concatenate([sets[:1], own])
    for parts in (out[:-1], sets[1:]):
        there = parts != EMPTY
        m.sets.contain(own[there], parts[there])
    return out


@rule("linear_scan")
def linear_scan(m: Machine, a: Any, b: Any, axis: Any = 0, reverse: Any = False) -> Any:
    factors, terms = (np.moveaxis(s, axis, 0) for s in np.broadcast_arrays(sets_of(a), sets_of(b)))
    if reverse:  # y[i] = a[i + 1] * y[i + 1] + b[i]
        factors, terms = np.concatenate([factors[:1], factors[:0:-1]]), terms[::-1]
    sets = np.concatenate([terms[:1], m.sets.join(factors[1:], terms[1:])])
    out = chained(m, sets)
    return unknown(np.moveaxis(out[::-1] if reverse else out, 0, axis))


@rule("scan_segments")
def scan_segments(
    m: Machine, a: Any, b: Any, indices: Any, axis: Any = 0, reverse: Any = False, first: Any = 0.0
) -> Any:  # fmt: skip
    indices = m.known(indices, "the places of reduceat")
    pairs = (np.moveaxis(s, axis, 0) for s in np.broadcast_arrays(sets_of(a), sets_of(b)))
    sets = m.sets.join(*pairs)
    out = np.zeros_like(sets)
    for start, end in zip(indices, [*indices[1:], len(sets)], strict=True):
        if reverse:
            out[start : end - 1] = chained(m, sets[end - 1 : start : -1])[::-1]
        else:
            out[start + 1 : end] = chained(m, sets[start : end - 1])
    return unknown(np.moveaxis(out, 0, axis))


@rule("np.diff")
def diff(m: Machine, a: Any, n: Any = 1, axis: Any = -1) -> Any:
    sets = np.moveaxis(sets_of(a), axis, 0)
    for _ in range(n):
        sets = m.sets.join(sets[1:], sets[:-1])
    return unknown(np.moveaxis(sets, 0, axis))


@rule("np.trace")
def trace(m: Machine, a: Any, offset: Any = 0, axis1: Any = 0, axis2: Any = 1) -> Any:
    sets = np.diagonal(sets_of(a), offset, axis1, axis2)
    return unknown(m.sets.reduce(sets, (sets.ndim - 1,))[..., 0])


def collected(m: Machine, g: Any, targets: Any, shape: Sequence[int]) -> Any:
    """An array of a shape whose elements are sums of the elements of ``g`` that go there."""
    total = int(np.prod(shape))
    return unknown(m.sets.group(sets_of(g), targets, total).reshape(tuple(shape)))


def labels(shape: Sequence[int]) -> Ids:
    return np.arange(int(np.prod(shape))).reshape(tuple(shape))


@rule("unbroadcast")
def unbroadcast(m: Machine, x: Any, shape: Any) -> Any:
    if isinstance(x, Picked):
        if is_known(shape):
            return filled(shape, m.sets.every(x.sets))
        return x
    if not is_known(shape) and shape_of(x) in ((), (1,)):
        return x
    have, shape = shape_of(x), tuple(m.known(shape, "a shape"))
    if len(have) < len(shape) or have == shape:
        return unknown(np.broadcast_to(sets_of(x), shape))
    return collected(m, x, np.broadcast_to(labels(shape), have), shape)


@rule("sum_repeats")
def sum_repeats(m: Machine, g: Any, repeats: Any, shape: Any, axis: Any = None) -> Any:
    repeats, shape = m.known(repeats, "a number of repeats"), m.known(shape, "a shape")
    return collected(m, g, np.repeat(labels(shape), repeats, axis), shape)


@rule("np.add.reduceat", "np.multiply.reduceat", "np.maximum.reduceat", "np.minimum.reduceat")
def reduceat(m: Machine, array: Any, indices: Any, axis: Any = 0) -> Any:
    indices = m.known(indices, "the places of reduceat")
    shape = list(shape_of(array))
    size, shape[axis] = shape[axis], len(indices)
    parts, places = [], []
    ends = [*indices[1:], size]
    rows, cells = np.moveaxis(sets_of(array), axis, 0), np.moveaxis(labels(shape), axis, 0)
    for k, (start, end) in enumerate(zip(indices, ends, strict=True)):
        segment = rows[start : max(end, start + 1)]
        parts.append(segment.ravel())
        places.append(np.broadcast_to(cells[k], segment.shape).ravel())
    return unknown(m.sets.group(np.concatenate(parts), np.concatenate(places), cells.size).reshape(shape))


@rule("spread_segments")
def spread_segments(m: Machine, g: Any, indices: Any, shape: Any, axis: Any = 0) -> Any:
    indices, shape = m.known(indices, "the places of np.add.reduceat"), m.known(shape, "a shape")
    ends = [*indices[1:], shape[axis]]
    rows, cells = np.moveaxis(sets_of(g), axis, 0), np.moveaxis(labels(shape), axis, 0)
    parts, places = [], []
    for k, (start, end) in enumerate(zip(indices, ends, strict=True)):
        segment = cells[start : max(end, start + 1)]
        places.append(segment.ravel())
        parts.append(np.broadcast_to(rows[k], segment.shape).ravel())
    return unknown(m.sets.group(np.concatenate(parts), np.concatenate(places), cells.size).reshape(shape))


@rule("others_in_segments")
def others_in_segments(m: Machine, a: Any, indices: Any, axis: Any = 0) -> Any:
    return spread_segments(m, reduceat(m, a, indices, axis), indices, shape_of(a), axis)


@rule("sum_tiles")
def sum_tiles(m: Machine, g: Any, reps: Any, shape: Any) -> Any:
    reps, shape = m.known(reps, "a number of repeats"), m.known(shape, "a shape")
    return collected(m, g, np.tile(labels(shape), reps), shape)


@rule("sum_padding")
def sum_padding(m: Machine, g: Any, pad_width: Any, mode: Any, shape: Any) -> Any:
    widths, shape = m.known(pad_width, "a width of padding"), m.known(shape, "a shape")
    more = {"constant_values": -1} if mode == "constant" else {}
    return collected(m, g, np.pad(labels(shape), widths, mode, **more), shape)


@rule("sum_windows")
def sum_windows(m: Machine, g: Any, window_shape: Any, axis: Any, shape: Any) -> Any:
    shape = m.known(shape, "a shape")
    return collected(m, g, np.lib.stride_tricks.sliding_window_view(labels(shape), window_shape, axis), shape)


@rule("add_along_axis", "placed_along_axis")
def add_along_axis(m: Machine, g: Any, indices: Any, shape: Any, axis: Any = -1) -> Any:
    shape = m.known(shape, "a shape")
    if is_known(indices):
        return collected(m, g, np.take_along_axis(labels(shape), plain(indices), axis), shape)
    if axis is None:
        return filled(shape, m.sets.every(sets_of(g)))
    return unknown(np.broadcast_to(m.sets.reduce(sets_of(g), (axis % len(shape),)), shape))


@rule("np.take_along_axis")
def take_along_axis(m: Machine, arr: Any, indices: Any, axis: Any = -1) -> Any:
    sets = sets_of(arr)
    if is_known(indices):
        return unknown(np.take_along_axis(sets, plain(indices), axis))
    if axis is None:
        return filled(shape_of(indices), m.sets.every(sets))
    lanes = m.sets.reduce(sets, (axis % sets.ndim,))
    have = shape_of(indices)
    sizes = [h if k == axis % sets.ndim else max(h, n) for k, (h, n) in enumerate(zip(have, sets.shape, strict=True))]
    return unknown(np.broadcast_to(lanes, sizes))


@rule("np.bincount", "weighted_counts")
def bincount(m: Machine, x: Any, weights: Any = None, minlength: Any = 0) -> Any:
    places = m.known(x, "the places of np.bincount")
    count = max(int(np.max(places, initial=-1)) + 1, m.known(minlength, "a length"))
    return collected(m, weights, places, (count,))


@rule("bincounts")
def bincounts(m: Machine, x: Any, weights: Any = None, minlength: Any = 0) -> Any:
    places = m.known(x, "the places of np.bincount")
    count = max(int(np.max(places, initial=-1)) + 1, m.known(minlength, "a length"))
    return collected(m, weights, places + count * np.arange(len(places))[:, None], (len(places), count))


# -- along an axis, or matrix by matrix --------------------------------------------------------------------------------


def along(*axis_names: str) -> Rule:
    """Each element depends on the whole line along an axis that goes through it."""

    def lines(m: Machine, /, **given: Any) -> Any:
        names = active_names(m.call)
        (name,) = [n for n in given if n in names] or list(given)[:1]
        if not is_known({k: v for k, v in given.items() if k != name}):
            return m.smeared(given, names)
        sets = sets_of(given[name])
        axis = next((given[n] for n in axis_names if n in given), None)
        if axis is None and "axes" not in axis_names:
            return m.smeared(given, names)
        lanes = m.sets.reduce(sets, axes_of(axis, sets.ndim))
        shapes = m.shapes(given)
        if any(len(s) != sets.ndim for s in shapes):
            return m.smeared(given, names)
        out = tuple(
            unknown(np.broadcast_to(lanes, s)) if is_inexact(r.type) else hidden(s)
            for s, r in zip(shapes, m.call.results, strict=True)
        )
        return out[0] if len(out) == 1 else out

    return lines


for _name in ("np.sort", "np.argsort", "np.argpartition", "np.fft.fft", "np.fft.ifft", "np.fft.rfft",
              "np.fft.irfft", "running_place"):  # fmt: skip
    RULES[_name] = along("axis")
for _name in ("np.fft.fftn", "np.fft.ifftn"):
    RULES[_name] = along("axes")


@rule("np.linalg.inv", "np.linalg.det", "np.linalg.slogdet", "np.linalg.cholesky", "np.linalg.pinv",
      "np.linalg.eigh", "np.linalg.svd", "np.linalg.qr", "np.linalg.eig", "adjugate", "complex_eig",
      "inverse_of_lower")  # fmt: skip
def by_matrix(m: Machine, a: Any, **given: Any) -> Any:
    """Of a stack of matrices, each result depends on its own matrix."""
    sets = sets_of(a)
    stack = sets.shape[:-2]
    each = m.sets.reduce(sets, (sets.ndim - 2, sets.ndim - 1)).reshape(stack)
    out = []
    for shape, result in zip(m.shapes({"a": a, **given}), m.call.results, strict=True):
        own = each.reshape(stack + (1,) * (len(shape) - len(stack))) if len(shape) >= len(stack) else None
        if own is None or shape[: len(stack)] != stack:
            return m.smeared({"a": a, **given}, active_names(m.call))
        out.append(unknown(np.broadcast_to(own, shape)) if is_inexact(result.type) else hidden(shape))
    return out[0] if len(out) == 1 else tuple(out)


@rule("np.linalg.solve")
def solve(m: Machine, a: Any, b: Any) -> Any:
    """Matrix by matrix, and each column of the solution from its own right-hand side."""
    (shape,) = m.shapes({"a": a, "b": b})
    matrix, right = sets_of(a), sets_of(b)
    vector = right.ndim == 1
    matrix = m.sets.reduce(matrix, (matrix.ndim - 2, matrix.ndim - 1))
    right = m.sets.reduce(right[:, None] if vector else right, ((0 if vector else right.ndim - 2),))
    joined = m.sets.join(matrix, right)
    return unknown(np.broadcast_to(joined[..., 0] if vector else joined, shape))

