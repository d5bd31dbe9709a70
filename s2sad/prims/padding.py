"""``np.pad``: with widths and values that are known it is one primitive; the other modes and computed widths are put
together axis by axis, as NumPy does it.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,operator"

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad.ir.core import Arg
from s2sad.ir.types import Array, Type
from s2sad.prims import runtime
from s2sad.prims.arrangement import along
from s2sad.prims.inference import number
from s2sad.prims.primitive import REGISTRY, primitive, unsupported
from s2sad.prims.structure import is_known

define = REGISTRY.define
COPYING = ("edge", "reflect", "symmetric", "wrap")


def _places(size: Arg, before: Arg, after: Arg, mode: Any = "edge") -> Type:
    for part in (size, before, after):
        number(part)
    return Array("i64", ("?",))


padded_places = REGISTRY.word(primitive("padded_places", runtime.padded_places, _places, style="helper"))


def framed(array: Any, pad_width: Any, mode: Any = "constant", constant_values: Any = 0) -> Any:
    """``np.pad`` with widths that are known."""
    return np.pad(array, pad_width, mode, constant_values=constant_values)


@define(np.pad)
def pad(array, pad_width, mode="constant", *, stat_length=None, constant_values=0, end_values=0, reflect_type="even"):
    array = np.asarray(array)
    plain = mode in ("constant", *COPYING) and reflect_type == "even" and not isinstance(pad_width, dict)
    if plain and is_known(pad_width) and is_known(constant_values):
        if mode == "constant":
            return framed(array, pad_width, mode, constant_values=constant_values)
        return framed(array, pad_width, mode)
    if callable(mode):
        unsupported("np.pad with a function", instead="store into an array that is large enough")
    if mode == "empty":
        unsupported("np.pad with mode='empty'", instead="mode='constant'")
    widths = pairs(pad_width, np.ndim(array))
    ends = pairs(constant_values if mode == "constant" else end_values, np.ndim(array))
    lengths = [(None, None)] * np.ndim(array) if stat_length is None else pairs(stat_length, np.ndim(array))
    for axis in range(np.ndim(array)):
        before, after = widths[axis]
        if isinstance(before, int) and isinstance(after, int) and before == 0 and after == 0:
            continue
        if mode in COPYING:
            places = padded_places(array.shape[axis], before, after, mode)
            copied = array[along(axis, places)]
            array = copied if reflect_type == "even" else odd(array, copied, axis, before, after)
        else:
            lines = np.moveaxis(array, axis, 0)
            first, last = borders(lines, before, after, mode, ends[axis], lengths[axis])
            array = np.moveaxis(np.concatenate((first, lines, last)), 0, axis)
    return array


def pairs(given, rank):
    """What ``np.pad`` takes for its widths or values, as a pair for each axis."""
    if isinstance(given, dict):
        out = [(0, 0)] * rank
        for axis, item in given.items():
            out[axis] = (item, item) if np.ndim(item) == 0 else (item[0], item[1])
        return out
    if np.ndim(given) == 0:
        return [(given, given)] * rank
    if isinstance(given, np.ndarray):
        table = np.broadcast_to(given, (rank, 2))
        return [(table[k, 0], table[k, 1]) for k in range(rank)]
    if np.ndim(given[0]) == 0:
        return [(given[0], given[-1])] * rank
    if len(given) == 1:
        return [(given[0][0], given[0][-1])] * rank
    return [(item[0], item[-1]) for item in given]


def borders(lines, before, after, mode, ends, lengths):
    """What comes before and after the lines."""
    rest = np.shape(lines)[1:]
    if mode == "constant":
        first = np.broadcast_to(np.asarray(ends[0], lines.dtype), (before, *rest))
        return first, np.broadcast_to(np.asarray(ends[1], lines.dtype), (after, *rest))
    if lines.dtype.kind in "iub":
        unsupported(f"np.pad with mode={mode!r} of integers", instead="convert the array with astype(float)")
    if mode == "linear_ramp":
        rising = np.linspace(ends[0], lines[0], before, endpoint=False)
        falling = np.flip(np.linspace(ends[1], lines[-1], after, endpoint=False), 0)
        return tuple(part if part.dtype == lines.dtype else part.astype(lines.dtype) for part in (rising, falling))
    if mode not in ("maximum", "minimum", "mean", "median"):
        raise ValueError(f"mode '{mode}' is not supported")
    function = {"maximum": np.max, "minimum": np.min, "mean": np.mean, "median": np.median}[mode]
    size = len(lines)
    head = lines if lengths[0] is None else lines[: lengths[0]]
    tail = lines if lengths[1] is None else lines[max(size - lengths[1], 0) :]
    first = np.broadcast_to(function(head, axis=0, keepdims=True), (before, *rest))
    return first, np.broadcast_to(function(tail, axis=0, keepdims=True), (after, *rest))


def odd(array, copied, axis, before, after):
    """The mirror image turned upside down about the border."""
    size = array.shape[axis]
    if before >= size or after >= size:
        raise NotImplementedError("np.pad with reflect_type='odd' by as much as the array or more")
    first, last = array[along(axis, slice(0, 1))], array[along(axis, slice(size - 1, size))]
    turned = 2 * first - copied[along(axis, slice(0, before))]
    behind = 2 * last - copied[along(axis, slice(before + size, None))]
    return np.concatenate((turned, array, behind), axis=axis)


REGISTRY.alias(framed, REGISTRY.by_name["np.pad"])
