"""``scipy.sparse``: matrices as constants, or made of data that is differentiated.

In a trace a sparse matrix is an object without a derivative of its own, beside the entries that it was made of: data,
and their rows and columns. What is linear in the matrix (products, solutions, sums) takes the data as an operand that
is not written, and gives it a cotangent: the entries of the dense cotangent at the pattern, and nowhere else. A matrix
from outside of the program is constant, and is used as it is: its entries are only asked for where they are needed.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
import scipy.sparse.linalg as sl

from s2sad.front.calls import Calls
from s2sad.front.values import Abstract, Known, Source
from s2sad.ir.core import Arg, Call, Literal, Pack
from s2sad.ir.types import INT, Array, Object, Type, axes, dtype_name, promote
from s2sad.libraries.solutions import refused
from s2sad.prims.inference import number, option
from s2sad.prims.primitive import REGISTRY, primitive, unsupported
from s2sad.rules.batching import Batch, Result, RowByRow, batches
from s2sad.rules.book import constant, pullback

define = REGISTRY.define
ENTRIES = ("data", "row", "col", "dtype")
FORMATS = ("csr", "csc", "coo", "dia", "bsr", "lil", "dok")


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


# -- many rows at once ------------------------------------------------------------------------------------------------


def alone(b: Batch, call: Call, moved: set[str], varying: str) -> Arg:
    """The operand that varies, where the matrix is the same in every row."""
    if moved != {varying}:
        raise RowByRow
    return b.bound(call)[varying]


@batches(times_, way="rewritten")
def times_of_rows(b: Batch, call: Call, moved: set[str]) -> Result:
    """Rows are columns for a matrix: one product with all of them."""
    x = alone(b, call, moved, "x")
    if b.ndim(x) == 1:
        (out,) = b.again(call, {"x": b.call("ndarray.T", b.atom(x))})
        return b.call("ndarray.T", out)
    rows = b.call("np.moveaxis", b.atom(x), 0, -1)
    length, width = (b.call("dim", b.atom(x), k) for k in (1, 2))
    (out,) = b.again(call, {"x": b.call("np.reshape", rows, Pack("tuple", (length, Literal(-1))))})
    apart = b.call("np.reshape", out, Pack("tuple", (Literal(-1), width, b.size)))
    return b.call("np.moveaxis", apart, -1, 0)


@batches(solve_, way="rewritten")
def solutions_of_rows(b: Batch, call: Call, moved: set[str]) -> Result:
    right = alone(b, call, moved, "b")
    if b.ndim(right) != 1 or b.axis != "n":
        raise RowByRow
    (out,) = b.again(call, {"b": b.call("ndarray.T", b.atom(right))})
    return b.call("ndarray.T", out)


@batches(solved_, way="rewritten")
def solved_of_rows(b: Batch, call: Call, moved: set[str]) -> Result:
    right = alone(b, call, moved, "b")
    if b.ndim(right) != 1:
        raise RowByRow
    (out,) = b.again(call, {"b": b.call("ndarray.T", b.atom(right))})
    return b.call("ndarray.T", out)


# -- matrices in a traced program -------------------------------------------------------------------------------------


class Sparse:
    """A sparse matrix. ``data`` is None of one from outside, which is constant."""

    def __init__(self, matrix, data, row, col, dtype, plain, size=None):
        self.matrix = matrix
        self.entries = (data, row, col)
        self.dtype_name = dtype
        self.size_known = size
        self.plain = plain  # a sparse array, whose ``*`` goes by elements, and not a matrix

    @property
    def shape(self):
        return sizes(self.matrix) if self.size_known is None else self.size_known

    @property
    def ndim(self):
        return 2

    @property
    def T(self):  # noqa: N802
        data, row, col = self.entries
        size = self.size_known
        turned = None if size is None else (size[1], size[0])
        return Sparse(transposed(self.matrix), data, col, row, self.dtype_name, self.plain, turned)

    def transpose(self):
        return self.T

    def coordinates(self):
        if self.entries[0] is None:
            return entries_of(self.matrix, self.dtype_name)
        return self.entries

    def __matmul__(self, other):
        data, row, col = self.entries
        if isinstance(other, Sparse):
            if data is not None or other.entries[0] is not None:
                unsupported("a product of two sparse matrices that were made here", instead="multiply by vectors")
            return Sparse(between(self.matrix, other.matrix), None, None, None, self.dtype_name, self.plain)
        return times(self.matrix, np.asarray(other), data, row, col, self.dtype_name)

    def __rmatmul__(self, other):
        x = np.asarray(other)
        return self.T @ x if x.ndim == 1 else (self.T @ x.T).T

    def dot(self, other):
        return self * other if np.ndim(other) == 0 else self @ other

    def __mul__(self, other):
        if not isinstance(other, Sparse) and np.ndim(other) == 0:
            data, row, col = self.coordinates()
            return assembled(data * other, row, col, self.shape, self.plain)
        return self.multiply(other) if self.plain else self @ other

    def __rmul__(self, other):
        if np.ndim(other) == 0:
            return self * other
        return self.multiply(other) if self.plain else other @ self

    def __truediv__(self, other):
        if isinstance(other, Sparse) or np.ndim(other) != 0:
            unsupported("a sparse matrix divided by other than a number")
        data, row, col = self.coordinates()
        return assembled(data / other, row, col, self.shape, self.plain)

    def __neg__(self):
        data, row, col = self.coordinates()
        return assembled(-data, row, col, self.shape, self.plain)

    def multiply(self, other):
        if isinstance(other, Sparse):
            unsupported("a product of two sparse matrices by elements", instead="multiply their data")
        data, row, col = self.coordinates()
        weights = np.broadcast_to(other, self.shape)
        return assembled(data * weights[row, col], row, col, self.shape, self.plain)

    def __add__(self, other):
        if not isinstance(other, Sparse):
            unsupported("the sum of a sparse matrix and another thing", instead="use .toarray()")
        data, row, col = self.coordinates()
        more, rows, cols = other.coordinates()
        together = [np.concatenate([a, b]) for a, b in ((data, more), (row, rows), (col, cols))]
        return assembled(together[0], together[1], together[2], self.shape, self.plain)

    def __sub__(self, other):
        return self + (-other)

    def toarray(self):
        data, row, col = self.entries
        return dense(self.matrix, data, row, col, self.dtype_name)

    def todense(self):
        if not self.plain:
            unsupported("todense() of a sparse matrix", instead="use .toarray()")
        return self.toarray()

    def sum(self, axis=None):
        if axis is None:
            return np.sum(self.coordinates()[0])
        if not self.plain:
            unsupported("sum(axis=) of a sparse matrix, which gives a np.matrix", instead="multiply by np.ones")
        if axis in (0, -2):
            return self.T @ np.ones(self.shape[0])
        return self @ np.ones(self.shape[1])

    def diagonal(self):
        return np.diag(self.toarray())

    def tocsr(self):
        return self.converted(as_csr)

    def tocsc(self):
        return self.converted(as_csc)

    def tocoo(self):
        return self.converted(as_coo)

    def copy(self):
        return self

    def converted(self, way):
        data, row, col = self.entries
        return Sparse(way(self.matrix), data, row, col, self.dtype_name, self.plain, self.size_known)

    def __getattr__(self, name):
        unsupported(f"the attribute {name} of a sparse matrix", instead="use @, .T, .dot, .multiply, .sum, .toarray()")


def _way(name: str) -> Any:
    prim = primitive(
        f"sparse.{name}", lambda matrix: getattr(matrix, name)(), _object("sparse"), style="method", text=name, calls=()
    )
    constant(prim)
    return REGISTRY.word(prim)


as_csr, as_csc, as_coo = _way("tocsr"), _way("tocsc"), _way("tocoo")


# -- making them ------------------------------------------------------------------------------------------------------


def _made(arg1: Arg, shape: Arg) -> Type:
    return Object("sparse")


def _maker(name: str) -> Any:
    prim = primitive(f"scipy.sparse.{name}", getattr(sp, name), _made, calls=())
    constant(prim)
    return REGISTRY.word(prim)


MAKE = {f"{form}_{kind}": _maker(f"{form}_{kind}") for form in ("csr", "csc", "coo") for kind in ("matrix", "array")}
csr_matrix, csr_array = MAKE["csr_matrix"], MAKE["csr_array"]


def assembled(data, row, col, shape, plain):
    """A matrix of these entries; those at one place are added."""
    make = csr_array if plain else csr_matrix
    return Sparse(make((data, (row, col)), shape), data, row, col, "f64", plain, shape)


def argument(make, arg1, shape, by_rows, plain):
    """A matrix as the classes of SciPy make it of their first argument."""
    if isinstance(arg1, Sparse):
        return arg1.tocsr() if by_rows is True else arg1.tocsc() if by_rows is False else arg1.tocoo()
    if isinstance(arg1, tuple):
        if len(arg1) == 3:
            data, indices, indptr = np.asarray(arg1[0]), np.asarray(arg1[1]), np.asarray(arg1[2])
            outer = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))
            row, col = (outer, indices) if by_rows else (indices, outer)
        elif isinstance(arg1[1], tuple | list) and len(arg1[1]) == 2:
            data, row, col = np.asarray(arg1[0]), np.asarray(arg1[1][0]), np.asarray(arg1[1][1])
        else:
            unsupported("an empty sparse matrix", instead="give its data, rows and columns")
    else:
        full = np.asarray(arg1)
        m, n = full.shape
        data, row, col = full.ravel(), np.repeat(np.arange(m), n), np.tile(np.arange(n), m)
        shape = (m, n)
    if shape is None:
        shape = (np.max(row) + 1, np.max(col) + 1)
    size = (shape[0], shape[1])
    return Sparse(make((data, (row, col)), size), data, row, col, "f64", plain, size)


def _constructor(name: str, by_rows: bool | None) -> None:
    make, plain = MAKE[name], name.endswith("array")

    @define(getattr(sp, name))
    def construct(arg1, shape=None, dtype=None, copy=False):
        if dtype is not None and dtype is not float:
            unsupported(f"scipy.sparse.{name} with dtype=", instead="convert the data")
        return argument(make, arg1, shape, by_rows, plain)


for kind in ("matrix", "array"):
    _constructor(f"csr_{kind}", True)
    _constructor(f"csc_{kind}", False)
    _constructor(f"coo_{kind}", None)


def in_format(made, format):  # noqa: A002
    """A matrix in the format that was asked for."""
    if format is None or format == "csr" or format == "dia":
        return made
    return made.tocsc() if format == "csc" else made.tocoo()


def diagonals_of(diagonals, offsets, shape, plain):
    """A matrix of diagonals."""
    if np.ndim(offsets) == 0:
        many = np.ndim(diagonals[0]) == 0
        return diagonals_of([diagonals] if many else diagonals, [offsets], shape, plain)
    if shape is None:
        size = len(np.atleast_1d(diagonals[0])) + abs(offsets[0])
        shape = (size, size)
    parts, rows, cols = [], [], []
    for d, k in zip(diagonals, offsets):  # noqa: B905
        first, across = max(0, -k), max(0, k)
        along = np.arange(min(shape[0] - first, shape[1] - across))
        parts.append(np.broadcast_to(d, along.shape) * 1.0)
        rows.append(along + first if first > 0 else along)
        cols.append(along + across if across > 0 else along)
    return assembled(np.concatenate(parts), np.concatenate(rows), np.concatenate(cols), shape, plain)


@define(sp.diags)
def diags(diagonals, offsets=0, shape=None, format=None, dtype=None):  # noqa: A002
    return in_format(diagonals_of(diagonals, offsets, shape, False), format)


@define(sp.diags_array)
def diags_array(diagonals, /, *, offsets=0, shape=None, format=None, dtype=None):  # noqa: A002
    return in_format(diagonals_of(diagonals, offsets, shape, True), format)


@define(sp.eye)
def eye(m, n=None, k=0, dtype=float, format=None):  # noqa: A002
    return in_format(diagonals_of([1.0], [k], (m, m if n is None else n), False), format)


@define(sp.identity)
def identity(n, dtype="d", format=None):  # noqa: A002
    return in_format(diagonals_of([1.0], [0], (n, n), False), format)


@define(sp.eye_array)
def eye_array(m, n=None, *, k=0, dtype=float, format=None):  # noqa: A002
    return in_format(diagonals_of([1.0], [k], (m, m if n is None else n), True), format)


def adopted(machine: Calls, value: Any, source: Source) -> Abstract:
    """A matrix from outside of the program."""
    dtype = dtype_name(value.dtype) or "f64"
    read = source.read
    machine.guard(Source(f"{source.path}.dtype.name", lambda: read().dtype.name), value.dtype.name)
    matrix = machine.owner_parameter(Known(value, source))
    nothing = Known(None)
    parts = (matrix, nothing, nothing, nothing, Known(dtype), Known(isinstance(value, sp.sparray)))
    return machine.call(Known(Sparse), parts, {})


for name in FORMATS:
    for kind in ("matrix", "array"):
        REGISTRY.adopters[getattr(sp, f"{name}_{kind}")] = adopted


# -- linear systems ---------------------------------------------------------------------------------------------------


def sparse_of(matrix, name):
    """The matrix of a linear system."""
    if not isinstance(matrix, Sparse):
        unsupported(f"{name} of a matrix that is not sparse", instead="use np.linalg.solve")
    return matrix


@define(sl.spsolve)
def spsolve(A, b, permc_spec=None, use_umfpack=True):  # noqa: N803
    matrix = sparse_of(A, "scipy.sparse.linalg.spsolve")
    data, row, col = matrix.entries
    return solve(matrix.matrix, np.asarray(b), data, row, col, matrix.dtype_name)


class Factors:
    """The factors of a sparse matrix."""

    def __init__(self, lu, matrix):
        self.lu, self.factored = lu, matrix

    def solve(self, rhs, trans="N"):
        data, row, col = self.factored.entries
        if trans == "H":
            unsupported("solve with trans='H'", instead="use trans='T'")
        return solved(self.lu, np.asarray(rhs), trans, data, row, col, self.factored.dtype_name)

    def __getattr__(self, name):
        unsupported(f"the attribute {name} of a factored sparse matrix", instead="use solve")


@define(sl.splu)
def splu(A):  # noqa: N803
    matrix = sparse_of(A, "scipy.sparse.linalg.splu").tocsc()
    return Factors(factors(matrix.matrix), matrix)


@define(sl.factorized)
def factorized(A):  # noqa: N803
    return splu(A).solve


refused(sl, "cg cgs bicg bicgstab gmres lgmres minres qmr gcrotmk tfqmr lsqr lsmr", "use scipy.sparse.linalg.spsolve")
refused(sl, "expm expm_multiply inv norm onenormest eigs eigsh svds spilu spsolve_triangular", "use .toarray()")
refused(
    sp, "bmat block_array block_diag hstack vstack kron kronsum tril triu spdiags find random",
    "put together data, rows and columns, and make a coo_matrix",
)  # fmt: skip
