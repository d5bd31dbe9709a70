"""Matrices of ``scipy.sparse`` on sets: an element of a product depends on what its row has entries for."""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad.sparsity.machine import Machine, rule
from s2sad.sparsity.sets import EMPTY, Ids
from s2sad.sparsity.values import Matrix, Needed, Unanalysable, is_known, plain, sets_of, unknown


@rule(*(f"scipy.sparse.{form}_{kind}" for form in ("csr", "csc", "coo") for kind in ("matrix", "array")))
def made(m: Machine, arg1: Any, shape: Any) -> Matrix:
    data, (row, col) = arg1
    row, col = (np.asarray(m.known(p, "the place of an entry of a sparse matrix")) for p in (row, col))
    return Matrix(m.known(shape, "a shape"), row, col, sets_of(data))


def entries(m: Machine, matrix: Any) -> Matrix:
    """A matrix by its entries; of one from outside these are constant."""
    if isinstance(matrix, Matrix):
        return matrix
    known = m.known(matrix, "a sparse matrix").tocoo()
    return Matrix(known.shape, known.row, known.col, np.zeros(known.nnz, np.int64))


@rule("sparse_transposed")
def turned(m: Machine, matrix: Any) -> Matrix:
    found = entries(m, matrix)
    return Matrix(found.shape[::-1], found.col, found.row, found.sets)


@rule("sparse.tocsr", "sparse.tocsc", "sparse.tocoo")
def converted(m: Machine, matrix: Any) -> Matrix:
    return entries(m, matrix)


@rule("sparse_sizes")
def sizes(m: Machine, matrix: Any) -> Any:
    return entries(m, matrix).shape


@rule("sparse_entries")
def entries_of(m: Machine, matrix: Any, dtype: Any = "f64") -> Any:
    found = entries(m, matrix)
    return unknown(found.sets), found.row, found.col


@rule("sparse_times")
def times(
    m: Machine, matrix: Any, x: Any, data: Any = None, row: Any = None, col: Any = None, dtype: Any = None
) -> Any:
    found, sets = entries(m, matrix), sets_of(x)
    terms = sets[found.col]
    if terms.size > 50_000_000:
        raise Unanalysable(f"a product of {terms.size:,} terms")
    wide = (len(found.row),) + (1,) * (terms.ndim - 1)
    if (found.sets != EMPTY).any():
        terms = m.sets.join(terms, np.broadcast_to(found.sets.reshape(wide), terms.shape))
    rest = sets.shape[1:]
    shape = (found.shape[0], *rest)
    width = int(np.prod(rest))
    places = found.row.reshape(wide).astype(np.int64) * width + np.arange(width).reshape((1, *rest))
    return unknown(group(m, terms, places, shape))


def group(m: Machine, terms: Ids, places: Ids, shape: tuple[int, ...]) -> Ids:
    """The unions of the terms that go to each element of an array."""
    return m.sets.group(terms, np.broadcast_to(places, terms.shape), int(np.prod(shape))).reshape(shape)


@rule("sparse_dense")
def dense(m: Machine, matrix: Any, data: Any = None, row: Any = None, col: Any = None, dtype: Any = None) -> Any:
    if is_known(matrix):
        if not m.exact:
            raise Needed  # the zeros of a fixed matrix matter
        return plain(matrix).toarray()
    found = entries(m, matrix)
    rows, columns = found.shape
    return unknown(group(m, found.sets, found.row.astype(np.int64) * columns + found.col, (rows, columns)))


@rule("sparse_solve")
def solve(
    m: Machine, matrix: Any, b: Any, data: Any = None, row: Any = None, col: Any = None, dtype: Any = None
) -> Any:
    found, sets = entries(m, matrix), sets_of(b)
    if sets.ndim == 2 and sets.shape[1] == 1:
        sets = sets[:, 0]
    columns = m.sets.reduce(sets, (0,))
    inside = m.sets.every(found.sets)
    if inside != EMPTY:
        columns = m.sets.join(columns, np.full(columns.shape, inside))
    return unknown(np.broadcast_to(columns, sets.shape))


@rule("scipy.sparse.linalg.splu")
def factors(m: Machine, A: Any) -> Any:  # noqa: N803
    return entries(m, A)


@rule("SuperLU.solve")
def solved(
    m: Machine, lu: Any, b: Any, trans: Any = "N", data: Any = None, row: Any = None, col: Any = None,
    dtype: Any = None,
) -> Any:  # fmt: skip
    sets = sets_of(b)
    columns = m.sets.reduce(sets, (0,))
    inside = m.sets.every(lu.sets) if isinstance(lu, Matrix) else EMPTY
    if inside != EMPTY:
        columns = m.sets.join(columns, np.full(columns.shape, inside))
    return unknown(np.broadcast_to(columns, sets.shape))

