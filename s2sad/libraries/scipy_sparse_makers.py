"""``scipy.sparse``: making matrices: of entries, of diagonals, of blocks, of products; and filling them."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from s2sad.libraries.scipy_sparse import Growing, Sparse, assembled
from s2sad.libraries.scipy_sparse_operations import MAKE, distinct
from s2sad.libraries.solutions import refused
from s2sad.prims.primitive import REGISTRY, unsupported

define = REGISTRY.define


def argument(make, arg1, shape, by_rows, plain):
    """A matrix as the classes of SciPy make it of their first argument."""
    if isinstance(arg1, Sparse | Growing):
        made = arg1.tocsr() if by_rows is True else arg1.tocsc() if by_rows is False else arg1.tocoo()
        return made if made.plain == plain else of_kind(make, made, plain)
    if isinstance(arg1, tuple):
        if len(arg1) == 3:
            data, indices, indptr = np.asarray(arg1[0]), np.asarray(arg1[1]), np.asarray(arg1[2])
            outer = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))
            row, col = (outer, indices) if by_rows else (indices, outer)
        elif isinstance(arg1[1], tuple | list):
            data, row, col = np.asarray(arg1[0]), np.asarray(arg1[1][0]), np.asarray(arg1[1][1])
        else:
            shape = (arg1[0], arg1[1])
            data, row, col = np.zeros(0), np.zeros(0, dtype=int), np.zeros(0, dtype=int)
    else:
        full = np.asarray(arg1)
        m, n = full.shape
        data, row, col = full.ravel(), np.repeat(np.arange(m), n), np.tile(np.arange(n), m)
        shape = (m, n)
    if shape is None:
        shape = (np.max(row) + 1, np.max(col) + 1)
    size = (shape[0], shape[1])
    form = "csr" if by_rows is True else "csc" if by_rows is False else "coo"
    return Sparse(make((data, (row, col)), size), data, row, col, "f64", plain, size, form)


def of_kind(make, made, plain):
    """A sparse matrix as an array, or an array as a matrix."""
    data, row, col = made.entries
    return Sparse(make(made.matrix, None), data, row, col, made.dtype_name, plain, made.size_known, made.form)


def _constructor(name: str, by_rows: bool | None) -> None:
    make, plain = MAKE[name], name.endswith("array")

    @define(getattr(sp, name))
    def construct(arg1, shape=None, dtype=None, copy=False):
        if dtype is not None and dtype not in (float, "float", "d", "float64", np.float64):
            unsupported(f"scipy.sparse.{name} with dtype=", instead="convert the data")
        return argument(make, arg1, shape, by_rows, plain)


for kind in ("matrix", "array"):
    _constructor(f"csr_{kind}", True)
    _constructor(f"csc_{kind}", False)
    _constructor(f"coo_{kind}", None)


def _diagonal(name):
    plain = name.endswith("array")

    @define(getattr(sp, name))
    def construct(arg1, shape=None, dtype=None, copy=False):
        if isinstance(arg1, Sparse):
            return argument(MAKE["csr_array" if plain else "csr_matrix"], arg1, shape, True, plain).todia()
        if not isinstance(arg1, tuple):
            unsupported(f"scipy.sparse.{name} of an array", instead="csr_matrix")
        if shape is None:
            unsupported(f"scipy.sparse.{name} without shape=", instead="say how large it is")
        return columns_of(np.atleast_2d(arg1[0]), np.atleast_1d(arg1[1]), shape, plain)


def _filled(name):
    plain, form = name.endswith("array"), name[:3]

    @define(getattr(sp, name))
    def construct(arg1, shape=None, dtype=None, copy=False):
        if isinstance(arg1, Growing):
            return arg1
        if isinstance(arg1, Sparse):
            return arg1.asformat(form)
        if not isinstance(arg1, tuple):
            return block_of(arg1).asformat(form)
        number = float if dtype is None else np.result_type(dtype, np.float32)
        return Growing((arg1[0], arg1[1]), plain, number, form)


def _blocked(name):
    plain = name.endswith("array")

    @define(getattr(sp, name))
    def construct(arg1, shape=None, dtype=None, copy=False, blocksize=None):
        """Of blocks: data[k] stands in the column of blocks indices[k]."""
        if not isinstance(arg1, tuple) or len(arg1) != 3:
            made = argument(MAKE["csr_array" if plain else "csr_matrix"], arg1, shape, True, plain)
            return made.tobsr()
        data, indices, indptr = np.asarray(arg1[0]), np.asarray(arg1[1]), np.asarray(arg1[2])
        _, height, width = np.shape(data)
        rows = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))[:, None, None] * height
        row = np.ravel(rows + np.arange(height)[:, None] + np.zeros(width, dtype=int))
        col = np.ravel(indices[:, None, None] * width + np.zeros(height, dtype=int)[:, None] + np.arange(width))
        size = ((len(indptr) - 1) * height, (np.max(indices) + 1) * width) if shape is None else shape
        return assembled(np.ravel(data), row, col, (size[0], size[1]), plain)


def in_format(made, format):  # noqa: A002
    """A matrix in the format that was asked for."""
    if format == "csr":
        return made.tocsr()
    if format == "lil" or format == "dok":
        return made.tolil()
    return made.tocsc() if format == "csc" else made.tocoo() if format == "coo" else made


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


@define(sp.spdiags)
def spdiags(data, diags, m=None, n=None, format=None):  # noqa: A002
    size = m if isinstance(m, tuple) else (m, n)
    return in_format(columns_of(np.atleast_2d(data), np.atleast_1d(diags), size, False), format)


def columns_of(data, offsets, shape, plain):
    """A matrix of diagonals of which each item stands in the column of its number."""
    cols = np.arange(min(data.shape[1], shape[1]))
    row = cols - offsets[:, None]
    inside = (row >= 0) & (row < shape[0])
    at, col = np.nonzero(inside)
    return assembled(data[at, col], row[at, col], col, (shape[0], shape[1]), plain)


for _kind in ("matrix", "array"):
    _diagonal(f"dia_{_kind}")
    _blocked(f"bsr_{_kind}")
    for _form in ("lil", "dok"):
        _filled(f"{_form}_{_kind}")


# -- blocks -----------------------------------------------------------------------------------------------------------


def block_of(block):
    """A block as a sparse matrix."""
    if isinstance(block, Sparse):
        return block
    if isinstance(block, Growing):
        return block.tocsr()
    return argument(MAKE["csr_array"], np.atleast_2d(block), None, True, False)


def put_together(blocks, format):  # noqa: A002
    """A matrix of rows of blocks, where None stands for zeros."""
    rows = [[None if b is None else block_of(b) for b in line] for line in blocks]
    heights, widths = [None] * len(rows), [None] * len(rows[0])
    plain = False
    for i, line in enumerate(rows):
        for j, block in enumerate(line):
            if block is not None:
                heights[i], widths[j] = block.shape[0], block.shape[1]
                plain = plain or block.plain
    if None in heights or None in widths:
        raise ValueError("a row or a column of blocks is all None")
    parts, down = ([], [], []), 0
    for i, line in enumerate(rows):
        across = 0
        for j, block in enumerate(line):
            if block is not None:
                data, row, col = block.coordinates()
                parts[0].append(data)
                parts[1].append(row + down)
                parts[2].append(col + across)
            across = across + widths[j]
        down = down + heights[i]
    data, row, col = [np.concatenate(part) for part in parts]
    return in_format(assembled(data, row, col, (sum(heights), sum(widths)), plain), format)


@define(sp.bmat)
def bmat(blocks, format=None, dtype=None):  # noqa: A002
    return put_together(blocks, format)


@define(sp.block_array)
def block_array(blocks, *, format=None, dtype=None):  # noqa: A002
    return put_together(blocks, format)


@define(sp.hstack)
def hstack(blocks, format=None, dtype=None):  # noqa: A002
    return put_together([blocks], format)


@define(sp.vstack)
def vstack(blocks, format=None, dtype=None):  # noqa: A002
    return put_together([[block] for block in blocks], format)


@define(sp.block_diag)
def block_diag(mats, format=None, dtype=None):  # noqa: A002
    count = len(mats)
    return put_together([[mats[i] if i == j else None for j in range(count)] for i in range(count)], format)


@define(sp.kron)
def kron(A, B, format=None):  # noqa: A002, N803
    A, B = block_of(A), block_of(B)  # noqa: N806
    (data, row, col), (more, rows, cols) = A.coordinates(), B.coordinates()
    m, n = B.shape
    parts = [np.ravel(data[:, None] * more), np.ravel((row * m)[:, None] + rows), np.ravel((col * n)[:, None] + cols)]
    size = (A.shape[0] * m, A.shape[1] * n)
    return in_format(assembled(parts[0], parts[1], parts[2], size, A.plain or B.plain), format)


@define(sp.kronsum)
def kronsum(A, B, format=None):  # noqa: A002, N803
    A, B = block_of(A), block_of(B)  # noqa: N806
    one = kron(unit(B.shape[0], A.plain), A)
    return in_format(one + kron(B, unit(A.shape[0], B.plain)), format)


def unit(n, plain):
    """The identity."""
    return diagonals_of([1.0], [0], (n, n), plain)


def triangle(A, which, format):  # noqa: A002, N803
    """The entries of a matrix on one side of a diagonal."""
    data, row, col = A.coordinates()
    at = np.flatnonzero(which(col - row))
    return in_format(assembled(data[at], row[at], col[at], A.shape, A.plain), format)


@define(sp.tril)
def tril(A, k=0, format=None):  # noqa: A002, N803
    return triangle(block_of(A), lambda above: above <= k, format)


@define(sp.triu)
def triu(A, k=0, format=None):  # noqa: A002, N803
    return triangle(block_of(A), lambda above: above >= k, format)


ROW_AFTER_ROW = bool(sp.find(sp.coo_matrix(([1.0, 1.0], ([0, 1], [1, 0]))))[0][0] == 0)


@define(sp.find)
def find(A):  # noqa: N803
    """Rows, columns and data of what is not zero, in the order of SciPy's version."""
    made = block_of(A)
    data, row, col = made.coordinates()
    place, row, col = distinct(row, col, ROW_AFTER_ROW)
    summed = np.zeros(len(row), dtype=data.dtype)
    np.add.at(summed, place, data)
    return row[summed != 0], col[summed != 0], summed[summed != 0]


@define(sp.issparse)
def issparse(x):
    return isinstance(x, Sparse | Growing)


refused(sp, "random random_array rand", "make it before the call")
