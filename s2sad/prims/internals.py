"""What NumPy's and SciPy's own Python code stands on: functions and classes written in C that have no public name.

Library code that is traced into meets them: the check of an axis, the converter of arguments that keeps numbers
numbers. Each is defined in terms of public functions.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from s2sad.prims.primitive import REGISTRY

define = REGISTRY.define


def private(module: str, name: str) -> Any:
    """An object that NumPy keeps for itself; a stand-in of ours where this version of NumPy has none."""
    found: Any = np
    for part in (*module.split("."), name):
        found = getattr(found, part, None)
    return object() if found is None else found


@define(np.lib.array_utils.normalize_axis_index)
def normalize_axis_index(axis, ndim, msg_prefix=None):
    axis = operator.index(axis)
    if not -ndim <= axis < ndim:
        raise np.exceptions.AxisError(axis, ndim, msg_prefix)
    return axis + ndim if axis < 0 else axis


class ArrayConverter:
    """What functions of NumPy convert their arguments with: it remembers which of them were numbers."""

    def __init__(self, *args):
        self.arrays = tuple([np.asarray(a) for a in args])
        self.scalars = tuple([np.isscalar(a) for a in args])
        self.scalar_input = all(self.scalars)

    def __len__(self):
        return len(self.arrays)

    def __getitem__(self, key):
        return self.arrays[key]

    def as_arrays(self, subok=True, pyscalars="convert_if_no_array"):
        return self.arrays

    def result_type(self, extra_dtype=None, ensure_inexact=False):
        found = np.result_type(*self.arrays) if extra_dtype is None else np.result_type(*self.arrays, extra_dtype)
        return np.result_type(found, 1.0) if ensure_inexact else found

    def wrap(self, arr, to_scalar=None):
        scalar = self.scalar_input if to_scalar is None else to_scalar
        return arr[()] if scalar and np.ndim(arr) == 0 else arr


@define(private("_core._multiarray_umath", "_array_converter"))
def array_converter(*args):
    return ArrayConverter(*args)


@define(private("_core._multiarray_umath", "_monotonicity"))
def monotonicity(x):
    """1 where the numbers never fall, -1 where they never rise, 0 otherwise."""
    steps = np.diff(x)
    return np.where(np.all(steps >= 0), 1, np.where(np.all(steps <= 0), -1, 0))


@define(np.broadcast_shapes)
def broadcast_shapes(*args):
    shapes = [s if isinstance(s, tuple) else (s,) for s in args]
    rank = max([0, *[len(s) for s in shapes]])
    return tuple([joined([s[-k] for s in shapes if len(s) >= k]) for k in range(rank, 0, -1)])


def joined(sizes):
    """The size of an axis that arrays of these sizes broadcast to."""
    out = sizes[0]
    for size in sizes[1:]:
        out = size if out == 1 else out
    return out


class Broadcast:
    """The shape that arrays broadcast to; ``np.broadcast`` without its iterators."""

    def __init__(self, *args):
        self.shape = broadcast_shapes(*[np.shape(a) for a in args])
        self.ndim = self.nd = len(self.shape)
        self.numiter = len(args)

    @property
    def size(self):
        total = 1
        for n in self.shape:
            total = total * n
        return total


@define(np.broadcast)
def broadcast(*args):
    return Broadcast(*args)
