"""The pattern of a Jacobian: which elements of the result of a trace can depend on which elements of its parameters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2sad.depth import with_room
from s2sad.errors import InputError
from s2sad.ir.core import Arg, Pack, Trace, Value
from s2sad.ir.types import is_inexact
from s2sad.sparsity import items, matrices, moving, products, sums
from s2sad.sparsity.machine import Machine, Raised, as_value
from s2sad.sparsity.sets import TooMany, take_rows
from s2sad.sparsity.values import (
    Cell,
    Cells,
    Items,
    Needed,
    Record,
    Unanalysable,
    hidden,
    sets_of,
    unknown,
)

RULE_MODULES = (items, matrices, moving, products, sums)  # importing them enters their rules


@dataclass(frozen=True, eq=False)
class Pattern:
    """Rows of column indices, as in a CSR matrix, each row sorted.

    ``exact``: it hangs on the values of what is not differentiated, also of floats. ``reason``: why it is full, where
    the program could not be analysed.
    """

    indptr: NDArray[np.int64]
    indices: NDArray[np.int64]
    shape: tuple[int, int]
    exact: bool = False
    reason: str = ""
    parts: tuple[Any, ...] = ()  # the shapes of the leaves of the result, lists of them for lists

    @property
    def count(self) -> int:
        """How many elements may be other than zero."""
        return len(self.indices)

    @property
    def rows(self) -> NDArray[np.int64]:
        """The row of each element."""
        return np.repeat(np.arange(self.shape[0]), np.diff(self.indptr))

    @cached_property
    def places(self) -> NDArray[np.int64]:
        """The place of each element in the matrix, row after row."""
        return self.rows * self.shape[1] + self.indices


class TooFull(Exception):
    """More of a matrix may be other than zero than is of use."""


def pattern(trace: Trace, values: Mapping[Value, Any], wrt: Sequence[Value], fullest: float = 1.0) -> Pattern:
    """The pattern of the derivative of a trace's result, at the sizes and fixed data of ``values``.

    It holds for all values of ``wrt``. The rows are the inexact elements of the result in order, the columns those of
    the parameters ``wrt``.

    Raises
    ------
    TooFull
        Of a few rows most have a larger part other than zero than ``fullest``.
    """
    try:
        return with_room(lambda: _pattern(trace, values, wrt, fullest, exact=False))
    except Needed:
        found = with_room(lambda: _pattern(trace, values, wrt, fullest, exact=True))
        fixed = [values[p.value] for p in trace.params if p.value not in set(wrt)]
        return found if any(map(has_floats, fixed)) else replace(found, exact=False)


_MOST = 400_000_000  # elements of a pattern


def full(rows: int, columns: int, reason: str = "", exact: bool = False) -> Pattern:
    """The pattern without zeros."""
    if rows * columns > _MOST:
        raise InputError(
            f"a sparse derivative of {rows:,} x {columns:,} whose pattern is full",
            why=reason or "every result depends on every input",
            instead="say the pattern (pattern=...) where you know it, or take products with it: jvp, vjp, hvp",
        )
    indptr = np.arange(rows + 1) * columns
    return Pattern(indptr, np.tile(np.arange(columns), rows), (rows, columns), exact, reason)


def _pattern(
    trace: Trace, values: Mapping[Value, Any], wrt: Sequence[Value], fullest: float, exact: bool
) -> Pattern:
    inputs = sum(elements(values[v]) for v in wrt)
    machine = Machine(inputs, exact)
    env: dict[Value, Any] = {}
    chosen = set(wrt)
    for param in trace.params:
        if param.value not in chosen:
            value = as_value(values[param.value], param.value)
            env[param.value] = value if exact else veiled(value)
    place = 1
    for v in wrt:
        env[v], place = numbered(as_value(values[v], v), place)
    try:
        result = machine.run(trace, env)
        found = [_sets(v) for v in leaf_values(result, trace.result)]
        ids = np.concatenate([np.zeros(0, np.int64), *(s.ravel() for s in flat(found))])
        if fullest < 1.0 and len(ids):  # a full matrix takes long to write down: a look at a few rows first
            few, _ = machine.sets.rows(ids[[0, len(ids) // 2, -1]])
            if np.median(np.diff(few)) > fullest * inputs:
                raise TooFull
        indptr, indices = machine.sets.rows(ids) if len(ids) else (np.zeros(1, np.int64), ids)
    except (Needed, TooFull):
        raise
    except Raised:
        return Pattern(np.zeros(0, np.int64), np.zeros(0, np.int64), (-1, inputs), exact, "the program raises")
    except (Unanalysable, TooMany) as error:
        return Pattern(np.zeros(0, np.int64), np.zeros(0, np.int64), (-1, inputs), exact, str(error))
    except Exception as error:  # the side of a branch that is not taken may do what cannot be done; full is right
        reason = f"{type(error).__name__}: {error}"
        return Pattern(np.zeros(0, np.int64), np.zeros(0, np.int64), (-1, inputs), exact, reason)
    return Pattern(indptr, indices, (len(ids), inputs), exact, parts=shapes(found))


def elements(value: Any) -> int:
    """How many numbers there are in an argument."""
    if isinstance(value, list | tuple | Items):
        return sum(map(elements, value))
    return int(np.size(value))


def numbered(value: Any, place: int) -> tuple[Any, int]:
    """An argument with the inputs as its elements, from a place on; the place behind them."""
    if isinstance(value, Items | list | tuple):
        items = []
        for part in value:
            made, place = numbered(part, place)
            items.append(made)
        return (tuple(items) if isinstance(value, tuple) else Items(items)), place
    shape = np.shape(value)
    count = int(np.prod(shape))
    return unknown(np.arange(place, place + count).reshape(shape)), place + count


def veiled(value: Any) -> Any:
    """A fixed argument with its floats unknown: patterns rarely hang on them, and then hold for others too."""
    match value:
        case Items():
            return Items([veiled(v) for v in value])
        case tuple() if not hasattr(value, "_fields"):
            return tuple(map(veiled, value))
        case float() | complex() | np.inexact():
            return Cell(0)
        case np.ndarray() if value.dtype.kind in "fc":
            return hidden(value.shape)
        case _:
            return value


def has_floats(value: Any) -> bool:
    """Whether there is a float in an argument, or something that may hold one."""
    match value:
        case list() | tuple():
            return any(map(has_floats, value))
        case np.ndarray() | np.generic():
            return value.dtype.kind not in "iub"
        case _:
            return not isinstance(value, int | str | None)


def leaf_values(value: Any, arg: Arg) -> Iterator[Any]:
    """The inexact leaves of a result, in order."""
    if isinstance(arg, Pack):
        parts: Iterable[Any]
        if isinstance(value, Record):
            parts = value.items
        else:
            parts = value.values() if isinstance(value, dict) else value
        for part, item in zip(parts, arg.items, strict=True):
            yield from leaf_values(part, item)
    elif is_inexact(arg.type):
        yield value


def _sets(value: Any) -> Any:
    """The sets of a leaf: an array, or a list for a list."""
    match value:
        case Items() | list() | tuple():
            return [_sets(part) for part in value]
        case Cell() | Cells() | float() | complex() | np.inexact() | np.ndarray():
            return np.array(sets_of(value))
        case _:
            raise Unanalysable("the form of the result depends on what is differentiated")


def flat(parts: Any) -> Iterator[Any]:
    """The arrays in lists in lists."""
    if isinstance(parts, list | tuple):
        for part in parts:
            yield from flat(part)
    else:
        yield parts


def shapes(parts: Any) -> Any:
    """The shapes of arrays in lists in lists; a tuple for the outermost, lists within."""
    return tuple(_shapes(p) for p in parts)


def _shapes(part: Any) -> Any:
    return [_shapes(p) for p in part] if isinstance(part, list) else part.shape


def transposed(pattern: Pattern) -> Pattern:
    """The pattern of the transpose."""
    rows, columns = pattern.shape
    order = np.argsort(pattern.indices, kind="stable")
    counts = np.bincount(pattern.indices, minlength=columns)
    indptr = np.concatenate([[0], np.cumsum(counts)])
    return Pattern(indptr, pattern.rows[order], (columns, rows), pattern.exact, pattern.reason)


def without_rows(pattern: Pattern, keep: NDArray[np.bool_]) -> Pattern:
    """The pattern with some rows empty."""
    counts = np.where(keep, np.diff(pattern.indptr), 0)
    _, indices = take_rows(pattern.indptr, pattern.indices, np.flatnonzero(keep))
    return Pattern(np.concatenate([[0], np.cumsum(counts)]), indices, pattern.shape, pattern.exact, pattern.reason)
