"""``scipy.sparse``: what matrices are in a traced program: constants, or made of data that is differentiated.

A matrix from outside of the program is constant, and is used as it is: its entries are only asked for where they are
needed (``scipy_sparse_operations``).
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp

from s2sad.front.calls import Calls
from s2sad.front.values import Abstract, Known, Source
from s2sad.ir.types import dtype_name
from s2sad.libraries.scipy_sparse_operations import (
    as_coo,
    as_csc,
    as_csr,
    between,
    coo_array,
    coo_matrix,
    csc_array,
    csc_matrix,
    csr_array,
    csr_matrix,
    dense,
    distinct,
    entries_of,
    matching,
    sizes,
    times,
    transposed,
)
from s2sad.prims.primitive import REGISTRY, unsupported

FORMATS = ("csr", "csc", "coo", "dia", "bsr", "lil", "dok")


class Sparse:
    """A sparse matrix. ``data`` is None of one from outside, which is constant; entries at one place are added."""

    def __init__(self, matrix, data, row, col, dtype, plain, size=None, form="other"):
        self.matrix = matrix
        self.entries = (data, row, col)
        self.dtype_name = dtype
        self.size_known = size
        self.plain = plain  # a sparse array, whose ``*`` goes by elements, and not a matrix
        self.form = form  # csr, csc or coo, where SciPy has it so as well

    @property
    def shape(self):
        return sizes(self.matrix) if self.size_known is None else self.size_known

    @property
    def ndim(self):
        return 2

    @property
    def dtype(self):
        return np.dtype(float)

    @property
    def format(self):
        if self.form == "other":
            unsupported("the format of a sparse matrix made by the program", instead="convert it: .tocsr()")
        return self.form

    @property
    def T(self):  # noqa: N802
        data, row, col = self.entries
        size = self.size_known
        turned = None if size is None else (size[1], size[0])
        form = {"csr": "csc", "csc": "csr"}.get(self.form, self.form)
        return Sparse(transposed(self.matrix), data, col, row, self.dtype_name, self.plain, turned, form)

    def transpose(self):
        return self.T

    def coordinates(self):
        if self.entries[0] is None:
            return entries_of(self.matrix, self.dtype_name)
        return self.entries

    def stored(self):
        """The entries as SciPy stores them: in order, those at one place added."""
        data, row, col = self.coordinates()
        if self.entries[0] is None or self.form == "coo":
            return data, row, col
        place, row, col = distinct(row, col, self.form != "csc")
        summed = np.zeros(len(row))
        np.add.at(summed, place, data)
        return summed, row, col

    @property
    def data(self):
        if self.form == "other":
            unsupported("the data of a sparse matrix in a format that is not known", instead="convert it: .tocsr()")
        return self.stored()[0]

    @property
    def nnz(self):
        return len(self.stored()[0])

    @property
    def row(self):
        return self.coordinates()[1] if self.form == "coo" else unsupported("rows of other than a coo_matrix")

    @property
    def col(self):
        return self.coordinates()[2] if self.form == "coo" else unsupported("columns of other than a coo_matrix")

    def __matmul__(self, other):
        data, row, col = self.entries
        if isinstance(other, Sparse):
            if data is not None or other.entries[0] is not None:
                return self.product(other)
            return Sparse(between(self.matrix, other.matrix), None, None, None, self.dtype_name, self.plain)
        return times(self.matrix, np.asarray(other), data, row, col, self.dtype_name)

    def product(self, other):
        data, row, col = self.coordinates()
        more, rows, cols = other.coordinates()
        right, left = matching(rows, col)
        shape = (self.shape[0], other.shape[1])
        return assembled(data[left] * more[right], row[left], cols[right], shape, self.plain)

    def __rmatmul__(self, other):
        x = np.asarray(other)
        return self.T @ x if x.ndim == 1 else (self.T @ x.T).T

    def dot(self, other):
        return self * other if not isinstance(other, Sparse) and np.ndim(other) == 0 else self @ other

    def with_data(self, data, row, col):
        form = self.form if self.form in ("csr", "csc", "coo") else None
        return assembled(data, row, col, self.shape, self.plain, form)

    def __mul__(self, other):
        if not isinstance(other, Sparse) and np.ndim(other) == 0:
            data, row, col = self.coordinates()
            return self.with_data(data * other, row, col)
        return self.multiply(other) if self.plain else self @ other

    def __rmul__(self, other):
        if np.ndim(other) == 0:
            return self * other
        return self.multiply(other) if self.plain else other @ self

    def __truediv__(self, other):
        if isinstance(other, Sparse) or np.ndim(other) != 0:
            unsupported("a sparse matrix divided by other than a number")
        data, row, col = self.coordinates()
        return self.with_data(data / other, row, col)

    def __neg__(self):
        data, row, col = self.coordinates()
        return self.with_data(-data, row, col)

    def multiply(self, other):
        if isinstance(other, Sparse):
            unsupported("a product of two sparse matrices by elements", instead="multiply their data")
        data, row, col = self.coordinates()
        weights = np.broadcast_to(other, self.shape)
        return assembled(data * weights[row, col], row, col, self.shape, self.plain)

    def power(self, n, dtype=None):
        data, row, col = self.stored()
        return self.with_data(data**n, row, col)

    def __abs__(self):
        data, row, col = self.stored()
        return self.with_data(np.abs(data), row, col)

    def sqrt(self):
        data, row, col = self.stored()
        return self.with_data(np.sqrt(data), row, col)

    def __add__(self, other):
        if not isinstance(other, Sparse):
            if not self.plain or np.ndim(other) != 2:
                unsupported("the sum of a sparse matrix and another thing", instead="use .toarray()")
            return self.toarray() + other
        data, row, col = self.coordinates()
        more, rows, cols = other.coordinates()
        together = [np.concatenate([a, b]) for a, b in ((data, more), (row, rows), (col, cols))]
        return self.with_data(together[0], together[1], together[2])

    def __radd__(self, other):
        return self if np.ndim(other) == 0 and other == 0 else self + other

    def __sub__(self, other):
        return self + (-other)

    def __getitem__(self, index):
        if not isinstance(index, tuple):
            index = (index, slice(None))
        rows, cols = [one if isinstance(one, slice) else np.asarray(one) for one in index]
        data, row, col = self.coordinates()
        sizes_ = self.shape
        pointwise = not isinstance(rows, slice) and not isinstance(cols, slice)
        if pointwise and rows.ndim == 1 and cols.ndim == 1:
            unsupported("items of a sparse matrix, one for each pair of indices", instead="np.ix_, or .toarray()")
        alone = [not isinstance(one, slice) and one.ndim == 0 for one in (rows, cols)]
        if self.plain and alone[0] != alone[1]:
            unsupported("a row or column of a sparse array, which has one axis", instead="a slice of one: A[i:i + 1]")
        if not whole(rows):
            wanted = np.atleast_1d(np.ravel(np.arange(sizes_[0])[rows]))
            at, row = matching(row, wanted)
            data, col, sizes_ = data[at], col[at], (len(wanted), sizes_[1])
        if not whole(cols):
            wanted = np.atleast_1d(np.ravel(np.arange(sizes_[1])[cols]))
            at, col = matching(col, wanted)
            data, row, sizes_ = data[at], row[at], (sizes_[0], len(wanted))
        if alone[0] and alone[1]:
            return np.sum(data)
        return assembled(data, row, col, sizes_, self.plain, self.form if self.form in ("csr", "csc") else None)

    def __iter__(self):
        unsupported("a loop over a sparse matrix", instead="index its rows")

    def getrow(self, i):
        return self[i : i + 1, :]

    def getcol(self, j):
        return self[:, j : j + 1]

    def toarray(self):
        data, row, col = self.entries
        return dense(self.matrix, data, row, col, self.dtype_name)

    def todense(self):
        return self.toarray() if self.plain else Matrix(self.toarray())

    def sum(self, axis=None):
        if axis is None:
            return np.sum(self.coordinates()[0])
        if axis in (0, -2):
            out = self.T @ np.ones(self.shape[0])
            return out if self.plain else Matrix(out[None, :])
        out = self @ np.ones(self.shape[1])
        return out if self.plain else Matrix(out[:, None])

    def mean(self, axis=None):
        count = self.shape[0] * self.shape[1] if axis is None else self.shape[axis]
        if axis is None or self.plain:
            return self.sum(axis) / count
        return Matrix(np.asarray(self.sum(axis)) / count)

    def diagonal(self, k=0):
        data, row, col = self.coordinates()
        m, n = self.shape
        out = np.zeros(max(0, min(m + min(k, 0), n - max(k, 0))))
        on = np.flatnonzero(col - row == k)
        np.add.at(out, row[on] if k >= 0 else col[on], data[on])
        return out

    def trace(self, offset=0):
        return np.sum(self.diagonal(offset))

    def tocsr(self, copy=False):
        return self.converted(as_csr, "csr")

    def tocsc(self, copy=False):
        return self.converted(as_csc, "csc")

    def tocoo(self, copy=False):
        if self.entries[0] is None or self.form == "coo":
            return self.converted(as_coo, "coo")
        data, row, col = self.stored()
        return assembled(data, row, col, self.shape, self.plain, "coo")

    def tolil(self, copy=False):
        data, row, col = self.coordinates()
        out = Growing(self.shape, self.plain)
        np.add.at(out.full, (row, col), data)
        out.touched[row, col] = True
        return out

    def asformat(self, format, copy=False):  # noqa: A002
        if format is None:
            return self
        if format not in ("csr", "csc", "coo"):
            unsupported(f"asformat({format!r}) of a sparse matrix", instead="csr, csc or coo")
        return {"csr": self.tocsr, "csc": self.tocsc, "coo": self.tocoo}[format]()

    def astype(self, dtype, casting="unsafe", copy=True):
        return self

    def sum_duplicates(self):
        pass

    def sort_indices(self):
        pass

    def copy(self):
        return self

    def converted(self, way, form):
        data, row, col = self.entries
        return Sparse(way(self.matrix), data, row, col, self.dtype_name, self.plain, self.size_known, form)

    def __getattr__(self, name):
        unsupported(
            f"the attribute {name} of a sparse matrix", instead="use @, .T, .dot, .multiply, .sum, slices, .toarray()"
        )


def whole(index):
    """Whether an index takes everything."""
    return isinstance(index, slice) and index.start is None and index.stop is None and index.step is None


class Matrix:
    """A np.matrix, which a sparse matrix gives in place of some arrays: it has to be made an array."""

    def __init__(self, held):
        self.held = held

    def __array__(self, dtype=None, copy=None):
        return self.held

    @property
    def A1(self):  # noqa: N802
        return np.ravel(self.held)

    @property
    def A(self):  # noqa: N802
        return self.held

    @property
    def T(self):  # noqa: N802
        return Matrix(self.held.T)

    @property
    def shape(self):
        return self.held.shape

    def sum(self):
        return np.sum(self.held)

    def max(self):
        return np.max(self.held)

    def min(self):
        return np.min(self.held)

    def __getattr__(self, name):
        unsupported(f"the attribute {name} of a np.matrix", instead="make it an array: np.asarray(...)")


class Growing:
    """A lil_matrix or dok_matrix that is filled entry by entry: a full array, and where it was written."""

    def __init__(self, shape, plain):
        self.full = np.zeros(shape)
        self.touched = np.zeros(shape, dtype=bool)
        self.plain = plain

    @property
    def shape(self):
        return self.full.shape

    def __getitem__(self, index):
        if not isinstance(index, tuple) or isinstance(index[0], slice) or isinstance(index[1], slice):
            unsupported("a part of a sparse matrix that is being filled", instead="items, or .tocsr() first")
        if np.ndim(index[0]) == 0 and np.ndim(index[1]) == 0:
            return self.full[index]
        return Part(self.full[index], self.plain)

    def __setitem__(self, index, value):
        self.full[index] = value.full if isinstance(value, Part) else value
        self.touched[index] = True

    def entries_in(self, form):
        row, col = np.nonzero(self.touched)
        return assembled(self.full[row, col], row, col, self.full.shape, self.plain, form)

    def tocsr(self, copy=False):
        return self.entries_in("csr")

    def tocsc(self, copy=False):
        return self.entries_in("csc")

    def tocoo(self, copy=False):
        return self.entries_in("coo")

    def toarray(self):
        return self.full.copy()

    def setdiag(self, values, k=0):
        along = np.arange(max(0, min(self.full.shape[0] + min(k, 0), self.full.shape[1] - max(k, 0))))
        self[along - min(k, 0), along + max(k, 0)] = values

    def __matmul__(self, other):
        return self.tocsr() @ other

    def __rmul__(self, other):
        return other * self.tocsr()

    def __mul__(self, other):
        return self.tocsr() * other

    def __add__(self, other):
        return self.tocsr() + (other.tocsr() if isinstance(other, Growing) else other)

    @property
    def T(self):  # noqa: N802
        return self.tocsr().T

    def dot(self, other):
        return self.tocsr().dot(other)

    def __getattr__(self, name):
        unsupported(f"the attribute {name} of a sparse matrix that is being filled", instead="convert it: .tocsr()")


class Part:
    """A part of a matrix that is being filled: it is added to, and stored again."""

    def __init__(self, full, plain):
        self.full, self.plain = full, plain

    def __add__(self, other):
        return Part(self.full + other, self.plain)

    def __sub__(self, other):
        return Part(self.full - other, self.plain)

    def __mul__(self, other):
        return Part(self.full * other, self.plain)

    def toarray(self):
        return self.full

    def __getattr__(self, name):
        unsupported(f"the attribute {name} of a part of a sparse matrix", instead="convert the whole first: .tocsr()")


def assembled(data, row, col, shape, plain, form=None):
    """A matrix of these entries; those at one place are added. Without a format, it is not told to the program."""
    if form == "csc":
        make = csc_array if plain else csc_matrix
    elif form == "coo":
        make = coo_array if plain else coo_matrix
    else:
        make = csr_array if plain else csr_matrix
    told = "other" if form is None else form
    return Sparse(make((data, (row, col)), shape), data, row, col, "f64", plain, shape, told)


def adopted(machine: Calls, value: Any, source: Source) -> Abstract:
    """A matrix from outside of the program."""
    dtype = dtype_name(value.dtype) or "f64"
    read = source.read
    machine.guard(Source(f"{source.path}.dtype.name", lambda: read().dtype.name), value.dtype.name)
    matrix = machine.owner_parameter(Known(value, source))
    nothing = Known(None)
    form = value.format if value.format in ("csr", "csc", "coo") else "other"
    plain = Known(isinstance(value, sp.sparray))
    parts = (matrix, nothing, nothing, nothing, Known(dtype), plain, nothing, Known(form))
    return machine.call(Known(Sparse), parts, {})


for name in FORMATS:
    for kind in ("matrix", "array"):
        REGISTRY.adopters[getattr(sp, f"{name}_{kind}")] = adopted
