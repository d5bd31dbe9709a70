"""Rows of directions: a matrix of them taken apart into the leaves of arguments, and results put together again."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Hashable, Iterator, Sequence
from typing import Any

import numpy as np

from s2sad import pytrees
from s2sad.errors import InputError
from s2sad.ir.types import List, np_dtype


def fingerprint(value: Any, exact: bool, keep: list[Any], shape: bool = False) -> Hashable:
    """A key of a value: of its form, of the integers in it, and with ``exact`` of all numbers; ``shape``: of no number.
    """
    match value:
        case np.ndarray():
            if shape or not exact and value.dtype.kind in "fc":
                return value.shape, value.dtype.char
            return value.shape, value.dtype.char, hashlib.blake2b(np.ascontiguousarray(value).tobytes()).digest()
        case bool() | int() | np.integer() | np.bool_():
            return type(value), None if shape else int(value)
        case float() | complex() | np.inexact():
            return type(value), repr(value) if exact else None
        case str() | bytes() | None:
            return value
        case _ if pytrees.is_container(value):
            return type(value), tuple((n, fingerprint(v, exact, keep, shape)) for n, v in pytrees.children(value))
    keep.append(value)
    if hasattr(value, "tocoo") and hasattr(value, "format"):
        return (type(value), id(value), tuple(fingerprint(part, exact, keep) for part in stored(value)))
    return type(value), id(value)


def stored(matrix: Any) -> tuple[Any, ...]:
    """What a matrix of ``scipy.sparse`` consists of: its entries and their places."""
    names = ("shape", "indptr", "indices", "row", "col", "offsets", "data")
    parts = tuple(getattr(matrix, n) for n in names if hasattr(matrix, n))
    return parts if matrix.format not in ("lil", "dok") else stored(matrix.tocoo())


def arrays(value: Any, rows: bool = False) -> Any:
    """A leaf as an array, or a list of such; ``rows``: one row of it."""
    if isinstance(value, list | tuple):
        return [arrays(v, rows) for v in value]
    return np.asarray(value)[0] if rows else np.asarray(value)


def size_of(shape: Any) -> int:
    return sum(map(size_of, shape)) if isinstance(shape, list) else math.prod(shape)


def no_direction(shape: Any) -> Any:
    return [no_direction(s) for s in shape] if isinstance(shape, list) else np.zeros((1, *shape))


def cast(seed: Any, t: Any) -> Any:
    if isinstance(seed, list):
        inner = t.item if isinstance(t, List) else t
        return [cast(s, inner) for s in seed]
    dtype = np_dtype(t.dtype) if hasattr(t, "dtype") and t.dtype[0] in "fc" else np.dtype(float)
    return seed.astype(dtype, copy=False)


def split(matrix: Any, leaves: Sequence[Any], types: Sequence[Any]) -> list[Any]:
    """The parts of rows that belong to each leaf, in its shape."""
    place = 0

    def part(shape: Any) -> Any:
        nonlocal place
        if isinstance(shape, list):
            return [part(s) for s in shape]
        first, place = place, place + math.prod(shape)
        return matrix[:, first:place].reshape(len(matrix), *shape)

    return [cast(part(shape), t) for shape, t in zip(leaves, types, strict=True)]


def directions(groups: Any, first: int, number: int, leaves: Sequence[Any], types: Sequence[Any]) -> list[Any]:
    """A row for each group from ``first`` on: 1 for its members, 0 for the others."""
    matrix = np.zeros((number, len(groups)))
    members = np.flatnonzero((groups >= first) & (groups < first + number))
    matrix[groups[members] - first, members] = 1.0
    return split(matrix, leaves, types)


def leaves(part: Any) -> Iterator[Any]:
    if isinstance(part, list | tuple):
        for p in part:
            yield from leaves(p)
    else:
        yield part


def flattened(out: Sequence[Any], number: int, size: int) -> list[Any]:
    """Rows of results as one vector."""
    columns = [np.asarray(a).reshape(number, -1) for a in leaves(out)]
    joined = np.concatenate(columns, axis=1) if len(columns) != 1 else columns[0]
    if joined.shape[1] != size:
        raise InputError(
            f"the result has {joined.shape[1]} numbers, and {size} where the pattern was found",
            instead="make the size of the result the same for all values of the arguments",
        )
    return [joined.ravel()]


def row_of(seed: Any, k: int) -> Any:
    if isinstance(seed, list):
        return [row_of(s, k) for s in seed]
    row = seed[k]
    return row if row.ndim else row.item()


def inexact(value: Any) -> Iterator[Any]:
    """The inexact leaves of a tangent or cotangent."""
    if pytrees.is_container(value):
        for _, part in pytrees.children(value):
            yield from inexact(part)
    elif value is not None and np.asarray(value).dtype.kind in "fc":
        yield value


def stacked(rows: Sequence[Any]) -> Any:
    return np.stack([np.asarray(r) for r in rows])
