"""Groups of columns, or rows, of a sparse matrix whose elements can be told apart in the sum of each group.

Columns that have no row in common may share a sweep of forward mode, rows that have no column in common one of reverse
mode (Curtis, Powell & Reid, "On the estimation of sparse Jacobian matrices", J. Inst. Math. Appl. 13, 1974). A few
dense rows are taken in reverse mode and the rest in forward mode, or the other way round (Hossain & Steihaug,
"Computing a sparse Jacobian matrix by rows and columns", Optim. Methods Softw. 10, 1998). Of a symmetric matrix each
element may be read in one of two places: a star colouring needs fewer groups (Gebremedhin, Manne & Pothen, "What color
is your Jacobian?", SIAM Review 47, 2005; Gebremedhin, Tarafdar, Manne & Pothen, "New acyclic and star coloring
algorithms", SIAM J. Sci. Comput. 29, 2007).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from s2sad.sparsity.pattern import Pattern, transposed, without_rows
from s2sad.sparsity.sets import distinct, sparse

Ints = NDArray[np.int64]
Kind = Literal["forward", "reverse", "both", "symmetric"]


@dataclass(frozen=True, eq=False)
class Colouring:
    """Which columns are taken together in each sweep of forward mode, and which rows in each of reverse mode.

    ``columns[j]`` is the group of a column, ``rows[i]`` that of a row; -1: it is in none. Element ``k`` of the pattern
    is found at ``take[k]`` in the results of all sweeps, the forward ones first, as one vector.
    """

    kind: Kind
    columns: Ints
    rows: Ints
    take: Ints

    @property
    def forward(self) -> int:
        """How many sweeps of forward mode."""
        return int(self.columns.max(initial=-1)) + 1

    @property
    def reverse(self) -> int:
        """How many sweeps of reverse mode."""
        return int(self.rows.max(initial=-1)) + 1

    @property
    def sweeps(self) -> int:
        return self.forward + self.reverse


def by_columns(pattern: Pattern) -> Colouring:
    """Forward mode alone."""
    rows, columns = pattern.shape
    groups = separate(pattern)
    take = groups[pattern.indices] * rows + pattern.rows
    return Colouring("forward", groups, np.full(rows, -1), take)


def by_rows(pattern: Pattern) -> Colouring:
    """Reverse mode alone."""
    rows, columns = pattern.shape
    groups = separate(transposed(pattern))
    take = groups[pattern.rows] * columns + pattern.indices
    return Colouring("reverse", np.full(columns, -1), groups, take)


def by_both(pattern: Pattern) -> Colouring:
    """The few fullest rows in reverse mode and what is left in forward mode, or the few fullest columns in forward."""
    rows, columns = pattern.shape
    other = transposed(pattern)
    by_row, by_column = peel(pattern), peel(other)
    if by_row.sum() + longest(pattern, by_row) <= by_column.sum() + longest(other, by_column):
        held = by_row  # the rows that are taken in reverse mode
        forward, reverse = without_rows(pattern, ~held), without_rows(pattern, held)
        column_groups, row_groups = separate(forward), separate(transposed(reverse))
        backwards = held[pattern.rows]
    else:
        held = by_column
        forward, reverse = transposed(without_rows(other, held)), transposed(without_rows(other, ~held))
        column_groups, row_groups = separate(forward), separate(transposed(reverse))
        backwards = ~held[pattern.indices]
    first = (int(column_groups.max(initial=-1)) + 1) * rows
    take = np.where(
        backwards,
        first + row_groups[pattern.rows] * columns + pattern.indices,
        column_groups[pattern.indices] * rows + pattern.rows,
    )
    return Colouring("both", column_groups, row_groups, take)


def peel(pattern: Pattern) -> NDArray[np.bool_]:
    """The fullest rows, as many as makes their number and the length of the longest row left least."""
    counts = np.diff(pattern.indptr)
    order = np.argsort(-counts, kind="stable")
    left = np.concatenate([counts[order], [0]])
    number = int(np.argmin(np.arange(len(left)) + left))
    held = np.zeros(len(counts), bool)
    held[order[:number]] = True
    return held


def longest(pattern: Pattern, held: NDArray[np.bool_]) -> int:
    """How many elements the longest of the other rows has: so many groups are needed at least."""
    return int(np.diff(pattern.indptr)[~held].max(initial=0))


def separate(pattern: Pattern) -> Ints:
    """Groups of columns without a row in common; -1 for empty columns.

    As many as the longest row has elements are needed. Columns in turn do for banded matrices and for blocks of one
    size; else greedily, as the columns stand, and, if that is not as good as can be, those with the most columns beside
    them first.
    """
    rows, columns = pattern.shape
    counts = np.diff(pattern.indptr)
    least = int(counts.max(initial=0))
    groups = np.full(columns, -1)
    if least == 0:
        return groups
    used = np.flatnonzero(np.bincount(pattern.indices, minlength=columns))
    if least == 1:
        groups[used] = 0
        return groups
    if least == columns:
        return np.arange(columns)
    period = np.where(np.isin(np.arange(columns), used, assume_unique=True), np.arange(columns) % least, -1)
    keys = np.sort(pattern.rows * least + period[pattern.indices])
    if (keys[1:] != keys[:-1]).all():
        return period
    matrix = sparse().csr_array((np.ones(pattern.count, np.float32), pattern.indices, pattern.indptr), pattern.shape)
    if float((counts.astype(float) ** 2).sum()) > 4e8:
        return by_row_lists(pattern)
    beside = (matrix.T @ matrix).tocsr()
    natural = greedy(beside.indptr, beside.indices, used, columns)
    if natural.max() + 1 == least or columns > 50_000 and natural.max() < 2 * least:
        return natural
    degree = np.diff(beside.indptr)
    largest = greedy(beside.indptr, beside.indices, used[np.argsort(-degree[used], kind="stable")], columns)
    return largest if largest.max() < natural.max() else natural


def greedy(indptr: Any, indices: Any, order: Any, size: int) -> Ints:
    """Each vertex gets the least group that none of its neighbours has."""
    groups = [-1] * size
    bounds, neighbours = indptr.tolist(), indices.tolist()
    for v in order.tolist():
        taken = {groups[w] for w in neighbours[bounds[v] : bounds[v + 1]]}
        group = 0
        while group in taken:
            group += 1
        groups[v] = group
    return np.array(groups)


def by_row_lists(pattern: Pattern) -> Ints:
    """The same without the matrix of which columns stand beside each other, which long rows make too big."""
    other = transposed(pattern)
    groups = np.full(pattern.shape[1], -1)
    taken: list[set[int]] = [set() for _ in range(pattern.shape[0])]
    bounds, members = other.indptr.tolist(), other.indices.tolist()
    for column in range(pattern.shape[1]):
        rows = members[bounds[column] : bounds[column + 1]]
        if not rows:
            continue
        group = 0
        full = sorted((taken[r] for r in rows), key=len, reverse=True)
        while any(group in t for t in full):
            group += 1
        groups[column] = group
        for r in rows:
            taken[r].add(group)
    return groups


def symmetric(pattern: Pattern) -> Colouring:
    """A star colouring: no path over four vertices has two groups only, and neighbours are in different groups."""
    size = pattern.shape[0]
    counts = np.diff(pattern.indptr)
    least = int(counts.max(initial=0))
    best = np.arange(size) % max(least, 1)
    keys = np.sort(pattern.rows * least + best[pattern.indices])
    if size <= 20_000 or least > 2 * counts.mean() or (keys[1:] == keys[:-1]).any():
        best = star(pattern, np.argsort(-counts, kind="stable"))
        natural = star(pattern, np.arange(size)) if size <= 20_000 else best
        best = natural if natural.max(initial=-1) < best.max(initial=-1) else best
    used = np.zeros(size, bool)
    used[pattern.indices] = True
    groups = np.where(used, best, -1)
    groups[used] = np.searchsorted(distinct(groups[used]), groups[used])
    rows, columns = pattern.rows, pattern.indices
    # an element is read in its own row where no other column of its group has an element there, else in its column's
    number = int(groups.max(initial=-1)) + 1
    keys = rows * number + groups[columns]
    ordered = np.sort(keys)
    alone = np.searchsorted(ordered, keys, "right") - np.searchsorted(ordered, keys) == 1
    take = np.where(alone, groups[columns] * size + rows, groups[rows] * size + columns)
    return Colouring("symmetric", groups, np.full(size, -1), take)


def star(pattern: Pattern, order: Any) -> Ints:
    """Greedy star colouring in an order.

    In a star colouring the neighbours of a vertex in one group are, with it, a star of which it is the hub, or it is
    the leaf of a star of theirs. ``near[w]`` counts the neighbours of ``w`` by group and keeps the first; ``hubs[w]``
    are the groups of neighbours that are hubs of a star of which ``w`` is a leaf.
    """
    size = pattern.shape[0]
    bounds, members = pattern.indptr.tolist(), pattern.indices.tolist()
    groups = [-1] * size
    near: list[dict[int, list[int]]] = [{} for _ in range(size)]
    hubs: list[set[int]] = [set() for _ in range(size)]
    for v in order.tolist():
        neighbours = [w for w in members[bounds[v] : bounds[v + 1]] if groups[w] >= 0 and w != v]
        by_group: dict[int, list[int]] = {}
        for w in neighbours:
            by_group.setdefault(groups[w], []).append(w)
        taken = set(by_group)
        for same in by_group.values():
            if len(same) == 1:
                taken |= hubs[same[0]]
            else:
                for w in same:
                    taken.update(near[w])
        group = 0
        while group in taken:
            group += 1
        groups[v] = group
        for theirs, same in by_group.items():
            near[v][theirs] = [len(same), same[0]]
            if len(same) > 1:
                for w in same:
                    hubs[w].add(group)
        for w in neighbours:
            seen = near[w].get(group)
            if seen is None:
                near[w][group] = [1, v]
                continue
            seen[0] += 1
            hubs[v].add(groups[w])
            if seen[0] == 2:
                hubs[seen[1]].add(groups[w])
    return np.array(groups, np.int64)


def best(pattern: Pattern, mode: str) -> Colouring:
    """The colouring that needs the fewest sweeps in a mode; ``"auto"``: in any, ``"either"``: in one of the two."""
    match mode:
        case "forward":
            return by_columns(pattern)
        case "reverse":
            return by_rows(pattern)
        case "both":
            return by_both(pattern)
    rows, columns = pattern.shape
    other = transposed(pattern)
    wide, high = longest(pattern, np.zeros(rows, bool)), longest(other, np.zeros(columns, bool))
    one = by_columns(pattern) if wide <= high else by_rows(pattern)
    by_row, by_column = peel(pattern), peel(other)
    bound = min(int(by_row.sum()) + longest(pattern, by_row), int(by_column.sum()) + longest(other, by_column))
    if mode == "auto" and bound < one.sweeps:
        two = by_both(pattern)
        one = two if two.sweeps < one.sweeps else one
    if max(wide, high) < one.sweeps:
        two = by_rows(pattern) if wide <= high else by_columns(pattern)
        one = two if two.sweeps < one.sweeps else one
    return one
