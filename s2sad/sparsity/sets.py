"""Sets of inputs, one for every element of every value of a program, as numbers that name them.

Set 0 is empty, set ``k + 1`` holds input ``k`` alone, and every further set is the union of sets that were there
before. Taking a union only notes that: what the sets hold is found at the end, for the sets that the result has. So a
value is an array of integers of its own shape, and whatever moves elements about (a slice, a transpose, a store) moves
these integers in the same way.

The unions are a graph. Most of it is read once (the terms of a sum), and is drawn together first; what is left is
filled in level by level, or searched from each set that is asked for.
"""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2sad.errors import InputError

Ids = NDArray[np.int64]

EMPTY = 0


class TooMany(Exception):
    """The sets do not fit into memory."""


class Sets:
    """Sets of the inputs ``0 … inputs - 1``."""

    def __init__(self, inputs: int, most: int = 200_000_000) -> None:
        self.inputs = inputs
        self._next = inputs + 1
        self._blocks: list[tuple[Ids, Ids]] = []  # (a set, one that it contains), in blocks
        self._wholes: list[int] = []  # the same, one at a time
        self._parts: list[int] = []
        self._held, self._most = 0, most
        self._cyclic = False

    def pair(self, a: int, b: int) -> int:
        """The union of two sets."""
        if a == b or b == EMPTY:
            return a
        if a == EMPTY:
            return b
        new = self._next
        self._next = new + 1
        self._wholes += (new, new)
        self._parts += (a, b)
        return new

    def join(self, a: Ids, b: Ids) -> Ids:
        """The unions of the sets in two arrays, broadcast against each other."""
        a, b = np.broadcast_arrays(a, b)
        out = np.where(a == EMPTY, b, a)
        new = (a != EMPTY) & (b != EMPTY) & (a != b)
        count = int(np.count_nonzero(new))
        if count:
            ids = self.fresh(count)
            out[new] = ids
            self.contain(ids, a[new])
            self.contain(ids, b[new])
        return out

    def every(self, *arrays: Any) -> int:
        """The union of all sets in these arrays."""
        ids = distinct(np.concatenate([np.zeros(0, np.int64), *(np.ravel(a) for a in arrays)]))
        ids = ids[ids != EMPTY]
        if len(ids) < 2:
            return int(ids[0]) if len(ids) else EMPTY
        (new,) = self.fresh(1)
        self.contain(np.full(len(ids), new), ids)
        return int(new)

    def group(self, ids: Ids, targets: Any, size: int) -> Ids:
        """For each of ``size`` targets the union of the sets that go there; those with a target below 0 go nowhere."""
        ids, targets = (x.ravel() for x in np.broadcast_arrays(ids, targets))
        there = (ids != EMPTY) & (targets >= 0)
        ids, targets = ids[there], targets[there]
        least, most = np.full(size, np.iinfo(np.int64).max), np.zeros(size, np.int64)
        np.minimum.at(least, targets, ids)
        np.maximum.at(most, targets, ids)
        several = least < most
        most[several] = self.fresh(int(np.count_nonzero(several)))
        inner = several[targets]
        self.contain(most[targets[inner]], ids[inner])
        return most

    def reduce(self, ids: Ids, axes: tuple[int, ...]) -> Ids:
        """The unions along some axes, which stay with length 1."""
        shape = tuple(1 if k in axes else n for k, n in enumerate(ids.shape))
        size = int(np.prod(shape))
        if ids.size == 0:
            return np.zeros(shape, np.int64)
        if size == 1:
            return np.full(shape, self.every(ids))
        targets = np.broadcast_to(np.arange(size).reshape(shape), ids.shape)
        return self.group(ids, targets, size).reshape(shape)

    def fresh(self, count: int) -> Ids:
        """Sets that contain nothing yet."""
        first = self._next
        self._next += count
        return np.arange(first, self._next)

    def contain(self, wholes: Ids, parts: Ids) -> None:
        """Say of each set that it contains another one."""
        self._held += len(wholes)
        if self._held > self._most:
            raise TooMany(f"more than {self._most:,} steps between sets of inputs")
        self._blocks.append((wholes, parts))

    def close(self, heads: Ids, parts: Ids) -> None:
        """Like ``contain``, for sets that may be contained in what they contain: the state at the head of a loop."""
        inside = (parts != EMPTY) & (parts != heads)
        if inside.any():
            self._cyclic = True
            self.contain(heads[inside], parts[inside])

    # -- what they hold ---------------------------------------------------------------------------------------------

    def rows(self, ids: Ids) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The inputs in each of these sets: ``(indptr, indices)``, as in a CSR matrix."""
        names = distinct(ids)
        place = np.searchsorted(names, ids)
        wholes = np.concatenate([*(w for w, _ in self._blocks), np.array(self._wholes, np.int64)])
        parts = np.concatenate([*(p for _, p in self._blocks), np.array(self._parts, np.int64)])
        found = _Graph(wholes, parts, self._next, self.inputs, names, self._cyclic).sets()
        return take_rows(*found, place)


def distinct(numbers: Any) -> Any:
    """The numbers that there are, sorted; much faster than ``np.unique`` for integers."""
    ordered = np.sort(numbers, axis=None)
    first = np.ones(len(ordered), bool)
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    return ordered[first]


def take_rows(indptr: Any, indices: Any, rows: Any) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Some rows of a CSR matrix without values."""
    counts = np.diff(indptr)[rows]
    out = np.concatenate([[0], np.cumsum(counts)])
    places = np.arange(out[-1]) + np.repeat(indptr[rows] - out[:-1], counts)
    return out, indices[places]


class _Graph:
    """The graph of unions below the sets named ``tops``."""

    def __init__(self, wholes: Ids, parts: Ids, size: int, inputs: int, tops: Ids, cyclic: bool) -> None:
        self.size, self.inputs, self.tops = size, inputs, tops
        self.wholes, self.parts = wholes, parts
        if cyclic:
            self.condense()
        self.restrict()
        self.contract()

    def condense(self) -> None:
        """Sets that contain each other are one."""
        graph = _csr(self.wholes, self.parts, self.size)
        _, label = csgraph().connected_components(graph, directed=True, connection="strong")
        least = np.full(self.size, self.size)
        np.minimum.at(least, label, np.arange(self.size))
        name = least[label]
        self.wholes, self.parts, self.tops = name[self.wholes], name[self.parts], name[self.tops]
        own = self.wholes == self.parts
        self.wholes, self.parts = self.wholes[~own], self.parts[~own]

    def restrict(self) -> None:
        """Forget what the tops do not contain."""
        inner = self.tops[self.tops > self.inputs]
        root = self.size
        graph = _csr(
            np.concatenate([self.wholes, np.full(len(inner), root)]), np.concatenate([self.parts, inner]), root + 1
        )
        seen = np.zeros(root + 1, bool)
        seen[csgraph().breadth_first_order(graph, root, return_predecessors=False)] = True
        kept = seen[self.wholes]
        self.wholes, self.parts = self.wholes[kept], self.parts[kept]

    def contract(self) -> None:
        """Draw a set that is read once into the one that reads it, and one that holds only another into that."""
        top = np.zeros(self.size, bool)
        alias = np.arange(self.size)
        while True:
            self.wholes, self.parts = _pairs(self.wholes, self.parts, self.size)
            top[:] = False
            top[self.tops] = True
            read = np.bincount(self.parts, minlength=self.size)
            held = np.bincount(self.wholes, minlength=self.size)
            empty = (held[self.parts] == 0) & (self.parts > self.inputs)
            if empty.any():
                self.wholes, self.parts = self.wholes[~empty], self.parts[~empty]
                continue
            single = held[self.wholes] == 1
            once = (read[self.parts] == 1) & (self.parts > self.inputs) & ~top[self.parts]
            if not single.any() and not once.any():
                return
            alias[:] = np.arange(self.size)
            alias[self.wholes[single]] = self.parts[single]
            alias = _ends(alias)
            self.tops, self.parts = alias[self.tops], alias[self.parts]
            self.wholes, self.parts = self.wholes[~single], self.parts[~single]
            if single.any():
                continue
            alias[:] = np.arange(self.size)
            alias[self.parts[once]] = self.wholes[once]
            alias = _ends(alias)
            self.wholes = alias[self.wholes]
            self.wholes, self.parts = self.wholes[~once], self.parts[~once]

    def sets(self) -> tuple[Any, Any]:
        """The inputs in each top, as CSR."""
        inner = distinct(self.wholes)
        level = self.levels(inner)
        depth = int(level[inner].max(initial=0))
        names = distinct(self.tops)
        if depth > 64 and len(names) * (len(self.parts) + 1) < 1_000_000_000 and len(names) < len(inner):
            return self.searched(names)
        return self.filled(level, depth)

    def levels(self, inner: Ids) -> Ids:
        """How many unions stand one in the other, for each set."""
        level = np.zeros(self.size, np.int64)
        waits = np.bincount(self.wholes[self.parts > self.inputs], minlength=self.size)
        order = np.argsort(self.parts, kind="stable")
        above, starts = self.wholes[order], np.searchsorted(self.parts[order], np.arange(self.size + 1))
        ready, step = inner[waits[inner] == 0], 1
        while len(ready):
            level[ready] = step
            step += 1
            _, told = take_rows(starts, above, ready)
            if len(told) < 64:  # a long thin graph: few at a time
                np.subtract.at(waits, told, 1)
                ready = distinct(told[waits[told] == 0])
            else:
                waits -= np.bincount(told, minlength=self.size)
                ready = distinct(told[waits[told] == 0])
        return level

    def filled(self, level: Ids, depth: int) -> tuple[Any, Any]:
        """Level by level, each set from those that it contains."""
        start, stop = np.zeros(self.size, np.int64), np.zeros(self.size, np.int64)
        pool = _Pool(np.arange(self.inputs))
        start[1 : self.inputs + 1] = np.arange(self.inputs)
        stop[1 : self.inputs + 1] = np.arange(1, self.inputs + 1)
        order = np.argsort(level[self.wholes], kind="stable")
        wholes, parts = self.wholes[order], self.parts[order]
        bounds = np.searchsorted(level[wholes], np.arange(1, depth + 2))
        for low, high in zip(bounds[:-1], bounds[1:], strict=True):
            owners, members = wholes[low:high], parts[low:high]
            counts = stop[members] - start[members]
            ends = np.cumsum(counts)
            total = int(ends[-1]) if len(ends) else 0
            if total > 400_000_000:
                raise TooMany(f"a pattern of more than {total:,} elements")
            places = np.arange(total) + np.repeat(start[members] - ends + counts, counts)
            names = distinct(owners)
            local = np.searchsorted(names, owners)
            keys = distinct(np.repeat(local, counts) * self.inputs + pool.read(places))
            rows, columns = np.divmod(keys, self.inputs)
            first = pool.append(columns)
            edges = first + np.searchsorted(rows, np.arange(len(names) + 1))
            start[names], stop[names] = edges[:-1], edges[1:]
        counts = (stop - start)[self.tops]
        indptr = np.concatenate([[0], np.cumsum(counts)])
        places = np.arange(indptr[-1]) + np.repeat(start[self.tops] - indptr[:-1], counts)
        return indptr, pool.read(places)

    def searched(self, names: Ids) -> tuple[Any, Any]:
        """What can be reached from each top."""
        graph = _csr(self.wholes, self.parts, self.size)
        found = []
        for name in names:
            below = csgraph().breadth_first_order(graph, int(name), return_predecessors=False)
            found.append(np.sort(below[(below > 0) & (below <= self.inputs)].astype(np.int64)) - 1)
        indptr = np.concatenate([[0], np.cumsum([len(f) for f in found])])
        return take_rows(indptr, np.concatenate(found), np.searchsorted(names, self.tops))


class _Pool:
    """A growing array."""

    def __init__(self, first: Ids) -> None:
        self._data, self._used = first, len(first)

    def append(self, more: Ids) -> int:
        first, self._used = self._used, self._used + len(more)
        if self._used > len(self._data):
            grown = np.empty(max(self._used, 2 * len(self._data)), np.int64)
            grown[:first] = self._data[:first]
            self._data = grown
        self._data[first : self._used] = more
        return first

    def read(self, places: Ids) -> Ids:
        return self._data[places]


def _pairs(wholes: Ids, parts: Ids, size: int) -> tuple[Ids, Ids]:
    """Each pair once."""
    first, second = np.divmod(distinct(wholes * size + parts), size)
    return first, second


def _ends(alias: Ids) -> Ids:
    """Where chains of names end."""
    while True:
        further = alias[alias]
        if np.array_equal(further, alias):
            return alias
        alias = further


def _csr(rows: Ids, columns: Ids, size: int) -> Any:
    return sparse().csr_array((np.ones(len(rows)), (rows, columns)), shape=(size, size))


def sparse() -> Any:
    """``scipy.sparse``, which only this needs."""
    return _scipy("scipy.sparse")


def csgraph() -> Any:
    """``scipy.sparse.csgraph``."""
    return _scipy("scipy.sparse.csgraph")


def _scipy(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise InputError(
            "sparse derivatives need SciPy, which is not installed", why="they are scipy.sparse matrices",
            instead='pip install "s2sad[scipy]"',
        ) from None
