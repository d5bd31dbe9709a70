"""``scipy.sparse``: the operations on sparse matrices, and their rules.

In a trace a sparse matrix is an object without a derivative of its own, beside the entries that it was made of: data,
and their rows and columns. What is linear in the matrix (products, solutions, sums) takes the data as an operand that
is not written, and gives it a cotangent: the entries of the dense cotangent at the pattern, and nowhere else.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
import scipy.sparse.linalg as sl

from s2sad.ir.core import Arg
from s2sad.ir.types import INT, Array, Object, Type, axes, promote
from s2sad.prims.inference import number, option
from s2sad.prims.primitive import REGISTRY, primitive, unsupported
from s2sad.rules.book import constant, pullback

ENTRIES = ("data", "row", "col", "dtype")


# -- operations -------------------------------------------------------------------------------------------------------


def result_dtype(x: Arg, data: Any, dtype: Any) -> str:
    """The dtype of a product with a matrix."""
    kind = option(dtype) or "f64"
    if isinstance(getattr(data, "type", None), Array):
        kind = number(data).dtype
    return promote(Array(kind, ("?",)), Array(number(x).dtype, ("?",)))[0]


def _times(matrix: Arg, x: Arg, data: Any = None, row: Any = None, col: Any = None, dtype: Any = None) -> Type:
    shape = axes(number(x))
    if shape is None or len(shape) not in (1, 2):
        unsupported("a product of a sparse matrix and an array that is neither a vector nor a matrix")
    return Array(result_dtype(x, data, dtype), ("?", *shape[1:]))


def _run_times(matrix: Any, x: Any, data: Any = None, row: Any = None, col: Any = None, dtype: Any = None) -> Any:
    return matrix @ x


times_ = primitive("sparse_times", _run_times, _times, style="operator", text="@", calls=(), hidden=ENTRIES)
times = REGISTRY.word(times_)


def _object(kind: str) -> Any:
    return lambda matrix: Object(kind)


transposed_ = primitive(
    "sparse_transposed", lambda matrix: matrix.T, _object("sparse"), style="attribute", text="T", calls=(), cost="cheap"
)
transposed = REGISTRY.word(transposed_)
constant(transposed_)


def at_pattern(left, row, right, col):
    """The entries of the product of ``left`` and ``right.T`` at a pattern."""
    if right.ndim == 1:
        return left[row] * right[col]
    return np.sum(left[row] * right[col], axis=1)


@pullback(times_, wrt=("x", "data"))
def times_bar(ans_bar, matrix, x, data, row, col, dtype, wanted):
    x_bar = times(transposed(matrix), ans_bar, data, col, row, dtype) if wanted[0] else None
    return x_bar, at_pattern(ans_bar, row, x, col) if wanted[1] else None


def _solve(matrix: Arg, b: Arg, data: Any = None, row: Any = None, col: Any = None, dtype: Any = None) -> Type:
    shape = axes(number(b))
    if shape is None or len(shape) not in (1, 2) or shape[-1] == "?" and len(shape) == 2:
        unsupported("scipy.sparse.linalg.spsolve of a right-hand side of unknown shape", instead="use splu(A).solve(b)")
    alone = len(shape) == 2 and shape[1] == "1"  # which SciPy gives as a vector
    return Array(result_dtype(b, data, dtype), shape[:1] if alone else shape)


def _run_solve(matrix: Any, b: Any, data: Any = None, row: Any = None, col: Any = None, dtype: Any = None) -> Any:
    return sl.spsolve(matrix, b)


solve_ = primitive(
    "sparse_solve", _run_solve, _solve, text="scipy.sparse.linalg.spsolve", calls=(), hidden=ENTRIES
)
solve = REGISTRY.word(solve_)


@pullback(solve_, wrt=("b", "data"))
def solve_bar(ans_bar, ans, matrix, b, data, row, col, dtype, wanted):
    b_bar = solve(transposed(matrix), ans_bar, data, col, row, dtype)
    data_bar = at_pattern(-b_bar, row, ans, col) if wanted[1] else None
    return np.reshape(b_bar, b.shape) if b.ndim > ans.ndim else b_bar, data_bar


factors_ = primitive("scipy.sparse.linalg.splu", sl.splu, lambda A: Object("SuperLU"), calls=())
factors = REGISTRY.word(factors_)
constant(factors_)


def _solved(
    lu: Arg, b: Arg, trans: Any = "N", data: Any = None, row: Any = None, col: Any = None, dtype: Any = None
) -> Type:
    return Array(result_dtype(b, data, dtype), axes(number(b)))


def _run_solved(
    lu: Any, b: Any, trans: Any = "N", data: Any = None, row: Any = None, col: Any = None, dtype: Any = None
) -> Any:
    return lu.solve(b, trans)


solved_ = primitive("SuperLU.solve", _run_solved, _solved, style="method", text="solve", calls=(), hidden=ENTRIES)
solved = REGISTRY.word(solved_)


@pullback(solved_, wrt=("b", "data"))
def solved_bar(ans_bar, ans, lu, b, trans, data, row, col, dtype, wanted):
    b_bar = solved(lu, ans_bar, "N" if trans == "T" else "T", data, row, col, dtype)
    if not wanted[1]:
        return b_bar, None
    return b_bar, at_pattern(-ans, row, b_bar, col) if trans == "T" else at_pattern(-b_bar, row, ans, col)


def _dense(matrix: Arg, data: Any = None, row: Any = None, col: Any = None, dtype: Any = None) -> Type:
    kind = option(dtype) or "f64"
    return Array(number(data).dtype if isinstance(getattr(data, "type", None), Array) else kind, ("?", "?"))


def _run_dense(matrix: Any, data: Any = None, row: Any = None, col: Any = None, dtype: Any = None) -> Any:
    return matrix.toarray()


dense_ = primitive("sparse_dense", _run_dense, _dense, style="method", text="toarray", calls=(), hidden=ENTRIES)
dense = REGISTRY.word(dense_)


@pullback(dense_, wrt="data")
def dense_bar(ans_bar, row, col):
    return ans_bar[row, col]


def sparse_entries(matrix):
    """The entries of a sparse matrix, their rows and their columns."""
    entries = matrix.tocoo()
    return entries.data, entries.row, entries.col


def _entries(matrix: Arg, dtype: Any = "f64") -> tuple[Type, ...]:
    return Array(option(dtype), ("?",)), Array("i32", ("?",)), Array("i32", ("?",))


entries_ = primitive("sparse_entries", sparse_entries, _entries, style="helper", calls=(), hidden=("dtype",))
entries_of = REGISTRY.word(entries_)
sizes_ = primitive(
    "sparse_sizes", lambda matrix: matrix.shape, lambda matrix: (INT, INT), style="attribute", text="shape", calls=(),
    cost="free",
)  # fmt: skip
sizes = REGISTRY.word(sizes_)
between_ = primitive("sparse_product", lambda a, b: a @ b, lambda a, b: Object("sparse"), style="operator", text="@", calls=())  # noqa: E501
between = REGISTRY.word(between_)
constant(entries_, sizes_, between_)


# -- places of entries ------------------------------------------------------------------------------------------------


def sparse_matching(places, wanted):
    """Of the entries at these rows, those that are wanted, row after row, and which of ``wanted`` each is for."""
    order = np.argsort(places, kind="stable")
    ordered = places[order]
    first = np.searchsorted(ordered, wanted, "left")
    count = np.searchsorted(ordered, wanted, "right") - first
    start = np.repeat(first - (np.cumsum(count) - count), count)
    return order[start + np.arange(len(start))], np.repeat(np.arange(len(wanted)), count)


def sparse_distinct(row, col, by_rows):
    """At which place each entry is, and the rows and columns of these places, in order."""
    outer, inner = (row, col) if by_rows else (col, row)
    order = np.lexsort((inner, outer))
    outer, inner = outer[order], inner[order]
    new = np.ones(len(order), dtype=bool)
    new[1:] = (np.diff(outer) != 0) | (np.diff(inner) != 0)
    place = np.empty(len(order), dtype=int)
    place[order] = np.cumsum(new) - 1
    return (place, outer[new], inner[new]) if by_rows else (place, inner[new], outer[new])


def _indices(count: int) -> tuple[Type, ...]:
    return (Array("i64", ("?",)),) * count


matching_ = primitive("sparse_matching", sparse_matching, lambda places, wanted: _indices(2), style="helper")
distinct_ = primitive("sparse_distinct", sparse_distinct, lambda row, col, by_rows: _indices(3), style="helper")
matching, distinct = REGISTRY.word(matching_), REGISTRY.word(distinct_)
constant(matching_, distinct_)


def _way(name: str) -> Any:
    prim = primitive(
        f"sparse.{name}", lambda matrix: getattr(matrix, name)(), _object("sparse"), style="method", text=name, calls=()
    )
    constant(prim)
    return REGISTRY.word(prim)


as_csr, as_csc, as_coo = _way("tocsr"), _way("tocsc"), _way("tocoo")


# -- conversions, and making them -------------------------------------------------------------------------------------


def _made(arg1: Arg, shape: Arg) -> Type:
    return Object("sparse")


def _maker(name: str) -> Any:
    prim = primitive(f"scipy.sparse.{name}", getattr(sp, name), _made, calls=())
    constant(prim)
    return REGISTRY.word(prim)


MAKE = {f"{form}_{kind}": _maker(f"{form}_{kind}") for form in ("csr", "csc", "coo") for kind in ("matrix", "array")}
csr_matrix, csr_array = MAKE["csr_matrix"], MAKE["csr_array"]
csc_matrix, csc_array = MAKE["csc_matrix"], MAKE["csc_array"]
coo_matrix, coo_array = MAKE["coo_matrix"], MAKE["coo_array"]
