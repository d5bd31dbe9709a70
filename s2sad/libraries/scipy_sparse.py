"""``scipy.sparse``: what matrices are in a traced program: constants, or made of data that is differentiated.

A matrix from outside of the program is constant, and is used as it is: its entries are only asked for where they are
needed (``scipy_sparse_operations``).
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import operator
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
from s2sad.prims.structure import known_length

FORMATS = ("csr", "csc", "coo", "dia", "bsr", "lil", "dok")


class Extremes:
    """The greatest or smallest numbers of rows or columns, which SciPy gives as a sparse matrix or array."""

    def __init__(self, full):
        self.full, self.shape, self.ndim = full, full.shape, np.ndim(full)

    def toarray(self):
        return self.full

    def sum(self):
        return np.sum(self.full)

    def __getattr__(self, name):
        unsupported(f"the attribute {name} of the extremes of a sparse matrix", instead=".toarray() before")


class Sparse:
    """A sparse matrix. ``data`` is None of one from outside, which is constant; entries at one place are added."""

    def __init__(self, matrix, data, row, col, dtype, plain, size=None, form="other"):
        self.held = matrix
        self.entries = (data, row, col)
        self.handed_out = False  # whether the program has the data, and may store into it
        self.own = data is not None  # whether the program may change it
        self.dtype_name = dtype
        self.size_known = size
        self.plain = plain  # a sparse array, whose ``*`` goes by elements, and not a matrix
        self.form = form  # csr, csc or coo, where SciPy has it so as well

    @property
    def shape(self):
        return sizes(self.held) if self.size_known is None else self.size_known

    @property
    def matrix(self):
        if self.handed_out:
            data, row, col = self.entries
            return assembled(data, row, col, self.shape, self.plain, self.form).held
        return self.held

    @property
    def ndim(self):
        return 2

    @property
    def dtype(self):
        return np.dtype(float) if self.entries[0] is None else self.entries[0].dtype

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
        if self.entries[0] is None or self.form == "coo" or self.handed_out:
            return data, row, col
        place, row, col = distinct(row, col, self.form != "csc")
        summed = np.zeros(len(row), dtype=data.dtype)
        np.add.at(summed, place, data)
        return summed, row, col

    @property
    def data(self):
        if self.form == "other":
            unsupported("the data of a sparse matrix in a format that is not known", instead="convert it: .tocsr()")
        if not self.handed_out:
            self.size_known = self.shape
            self.entries = self.stored()
            self.handed_out = True
        return self.entries[0]

    @data.setter
    def data(self, new):
        _, row, col = self.stored()
        self.size_known = self.shape
        self.entries = (np.asarray(new), row, col)
        self.handed_out = True

    @property
    def indices(self):
        return self.stored()[2 if self.outer_first() else 1]

    @property
    def indptr(self):
        outer, count = self.stored()[1 if self.outer_first() else 2], self.shape[0 if self.outer_first() else 1]
        return np.searchsorted(outer, np.arange(count + 1))

    def outer_first(self):
        if self.form not in ("csr", "csc"):
            unsupported("indices of a sparse matrix in another format than csr and csc", instead="convert it: .tocsr()")
        return self.form == "csr"

    @property
    def nnz(self):
        return len(self.stored()[0])

    @property
    def size(self):
        return self.nnz

    def getnnz(self):
        return self.nnz

    def count_nonzero(self):
        return np.count_nonzero(self.stored()[0])

    def nonzero(self):
        data, row, col = self.stored()
        return row[data != 0], col[data != 0]

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
        if self.shape[1] != other.shape[0]:
            raise ValueError("dimension mismatch")
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
        if isinstance(other, Sparse):
            unsupported("a sparse matrix divided by another one", instead=".toarray(), or multiply by what is not zero")
        if np.ndim(other) != 0:
            return self.multiply(1.0 / np.asarray(other))
        data, row, col = self.coordinates()
        return self.with_data(data / other, row, col)

    def __neg__(self):
        data, row, col = self.coordinates()
        return self.with_data(-data, row, col)

    def multiply(self, other):
        if isinstance(other, Sparse):
            return self.product_by_elements(other)
        data, row, col = self.coordinates()
        weights = np.broadcast_to(other, self.shape)
        return assembled(data * weights[row, col], row, col, self.shape, self.plain)

    def product_by_elements(self, other):
        """Where both have an entry, for each pair of these."""
        data, row, col = self.coordinates()
        more, rows, cols = other.coordinates()
        width = self.shape[1]
        left, right = matching(row * width + col, rows * width + cols)
        return self.with_data(data[left] * more[right], row[left], col[left])

    def power(self, n, dtype=None):
        data, row, col = self.stored()
        return self.with_data(data**n, row, col)

    def __pow__(self, n):
        if self.plain:
            return self.power(n)
        if n == 0:
            unsupported("a sparse matrix to the power of zero", instead="scipy.sparse.identity")
        out = self
        for _ in range(n - 1):
            out = out @ self
        return out

    def mapped(self, function):
        """A function with f(0) = 0 of the elements."""
        data, row, col = self.stored()
        return self.with_data(function(data), row, col)

    def __abs__(self):
        return self.mapped(np.abs)

    def sqrt(self):
        return self.mapped(np.sqrt)

    def sin(self):
        return self.mapped(np.sin)

    def tan(self):
        return self.mapped(np.tan)

    def sinh(self):
        return self.mapped(np.sinh)

    def tanh(self):
        return self.mapped(np.tanh)

    def arctan(self):
        return self.mapped(np.arctan)

    def expm1(self):
        return self.mapped(np.expm1)

    def log1p(self):
        return self.mapped(np.log1p)

    def sign(self):
        return self.mapped(np.sign)

    def conj(self, copy=True):
        data, row, col = self.coordinates()
        return self.with_data(np.conj(data), row, col)

    def conjugate(self, copy=True):
        return self.conj()

    @property
    def H(self):  # noqa: N802
        return self.conj().T

    @property
    def real(self):
        return self.mapped(np.real)

    @property
    def imag(self):
        return self.mapped(np.imag)

    def largest(self, axis, of):
        if axis is not None:
            return Extremes(of(self.toarray(), axis=axis, keepdims=not self.plain))
        data, _, _ = self.stored()
        count = self.shape[0] * self.shape[1]
        return of(np.concatenate([data, np.zeros(min(count - len(data), 1), dtype=data.dtype)]))

    def max(self, axis=None):
        return self.largest(axis, np.max)

    def min(self, axis=None):
        return self.largest(axis, np.min)

    def __add__(self, other):
        if not isinstance(other, Sparse):
            if np.ndim(other) != 2:
                unsupported("the sum of a sparse matrix and another thing", instead="use .toarray()")
            return self.toarray() + other if self.plain else Matrix(self.toarray() + other)
        data, row, col = self.coordinates()
        more, rows, cols = other.coordinates()
        together = [np.concatenate([a, b]) for a, b in ((data, more), (row, rows), (col, cols))]
        return self.with_data(together[0], together[1], together[2])

    def __radd__(self, other):
        return self if np.ndim(other) == 0 and other == 0 else self + other

    def __sub__(self, other):
        return self + (-other)

    def __rsub__(self, other):
        return (-self) + other

    def __getitem__(self, index):
        if not isinstance(index, tuple):
            index = (index, slice(None))
        rows, cols = [one if isinstance(one, slice) else np.asarray(one) for one in index]
        data, row, col = self.coordinates()
        sizes_ = self.shape
        pointwise = not isinstance(rows, slice) and not isinstance(cols, slice)
        if pointwise and rows.ndim == 1 and cols.ndim == 1:
            found = self.at_pairs(np.arange(sizes_[0])[rows], np.arange(sizes_[1])[cols])
            return found if self.plain else Matrix(found[None, :])
        in_two = pointwise and rows.ndim == 2 and cols.ndim == 2
        if in_two and (known_length(rows, 1) != 1 or known_length(cols, 0) != 1):
            unsupported("items of a sparse matrix at places of two axes", instead="np.ix_, or .toarray()")
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

    def at_pairs(self, rows, cols):
        """The items at these places, one for each pair."""
        data, row, col = self.coordinates()
        width = self.shape[1]
        at, which = matching(row * width + col, rows * width + cols)
        out = np.zeros(len(rows), dtype=data.dtype)
        np.add.at(out, which, data[at])
        return out

    def __setitem__(self, index, value):
        unsupported("a store into a sparse matrix", instead="fill a lil_matrix, and convert it: .tocsr()")

    def __iter__(self):
        unsupported("a loop over a sparse matrix", instead="index its rows")

    def getrow(self, i):
        return self[i : i + 1, :]

    def getcol(self, j):
        return self[:, j : j + 1]

    def toarray(self, order=None):
        data, row, col = self.entries
        return dense(self.matrix, data, row, col, self.dtype_name)

    def todense(self, order=None):
        return self.toarray() if self.plain else Matrix(self.toarray())

    def __gt__(self, other):
        return self.compared(other, operator.gt)

    def __ge__(self, other):
        return self.compared(other, operator.ge)

    def __lt__(self, other):
        return self.compared(other, operator.lt)

    def __le__(self, other):
        return self.compared(other, operator.le)

    def __eq__(self, other):
        return self.compared(other, operator.eq)

    def __ne__(self, other):
        return self.compared(other, operator.ne)

    def compared(self, other, holds):
        """Where a comparison with a number holds, which it should not for zero."""
        if isinstance(other, Sparse) or np.ndim(other) != 0:
            unsupported("a comparison of a sparse matrix with other than a number", instead=".toarray()")
        if holds(0.0, other):
            unsupported("a comparison of a sparse matrix that holds for zero", instead=".toarray()")
        data, row, col = self.stored()
        at = np.flatnonzero(holds(data, other))
        return self.with_data(np.ones(len(at), dtype=bool), row[at], col[at])

    def sum(self, axis=None, dtype=None):
        axis = only_axis(axis)
        if dtype is not None:
            return self.astype(dtype).sum(axis)
        if axis is None:
            return np.sum(self.coordinates()[0])
        if axis == 0:
            out = self.T @ np.ones(self.shape[0])
            return out if self.plain else Matrix(out[None, :])
        out = self @ np.ones(self.shape[1])
        return out if self.plain else Matrix(out[:, None])

    def mean(self, axis=None):
        axis = only_axis(axis)
        count = self.shape[0] * self.shape[1] if axis is None else self.shape[axis]
        if axis is None or self.plain:
            return self.sum(axis) / count
        return Matrix(np.asarray(self.sum(axis)) / count)

    def diagonal(self, k=0):
        data, row, col = self.coordinates()
        m, n = self.shape
        out = np.zeros(max(0, min(m + min(k, 0), n - max(k, 0))), dtype=data.dtype)
        on = np.flatnonzero(col - row == k)
        np.add.at(out, row[on] if k >= 0 else col[on], data[on])
        return out

    def setdiag(self, values, k=0):
        if not self.own:
            unsupported("setdiag of a sparse matrix from outside of the program", instead="of a copy: .copy()")
        data, row, col = self.coordinates()
        m, n = self.shape
        along = np.arange(max(0, min(m + min(k, 0), n - max(k, 0))))
        off = np.flatnonzero(col - row != k)
        new = np.broadcast_to(values, along.shape) * 1.0
        self.entries = (
            np.concatenate([data[off], new]),
            np.concatenate([row[off], along - min(k, 0)]),
            np.concatenate([col[off], along + max(k, 0)]),
        )
        self.size_known = (m, n)
        self.held = self.with_data(self.entries[0], self.entries[1], self.entries[2]).held

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

    def todok(self, copy=False):
        out = self.tolil(copy)
        out.form = "dok"
        return out

    def tolil(self, copy=False):
        data, row, col = self.coordinates()
        out = Growing(self.shape, self.plain, data.dtype)
        np.add.at(out.full, (row, col), data)
        out.touched[row, col] = True
        return out

    def asformat(self, format, copy=False):  # noqa: A002
        if format is None:
            return self
        if format not in ("csr", "csc", "coo", "lil", "dok", "bsr", "dia"):
            unsupported(f"asformat({format!r}) of a sparse matrix", instead="csr, csc or coo")
        if format in ("lil", "dok"):
            return self.tolil() if format == "lil" else self.todok()
        if format in ("bsr", "dia"):
            return self.tobsr()
        return {"csr": self.tocsr, "csc": self.tocsc, "coo": self.tocoo}[format]()

    def tobsr(self, blocksize=None, copy=False):
        return self.converted(as_csr, "other")

    def todia(self, copy=False):
        return self.converted(as_csr, "other")

    def reshape(self, *shape, order="C"):
        m, n = shape if len(shape) == 2 else shape[0]
        if order != "C":
            unsupported("reshape of a sparse matrix with order=", instead=".T.reshape(...).T")
        data, row, col = self.coordinates()
        width = self.shape[1]
        n = self.shape[0] * width // m if n == -1 else n
        m = self.shape[0] * width // n if m == -1 else m
        flat = row * width + col
        return assembled(data, flat // n, flat % n, (m, n), self.plain, self.form if self.form != "other" else None)

    def astype(self, dtype, casting="unsafe", copy=True):
        data, row, col = self.coordinates()
        return self.with_data(data.astype(dtype), row, col)

    def sum_duplicates(self):
        pass

    def sort_indices(self):
        pass

    def copy(self):
        data, row, col = self.entries
        data = None if data is None else data.copy()
        out = Sparse(self.matrix, data, row, col, self.dtype_name, self.plain, self.size_known, self.form)
        out.own = True
        return out

    def converted(self, way, form):
        if form == self.form:
            return self
        data, row, col = self.entries
        return Sparse(way(self.matrix), data, row, col, self.dtype_name, self.plain, self.size_known, form)

    def __getattr__(self, name):
        unsupported(
            f"the attribute {name} of a sparse matrix", instead="use @, .T, .dot, .multiply, .sum, slices, .toarray()"
        )


def whole(index):
    """Whether an index takes everything."""
    return isinstance(index, slice) and index.start is None and index.stop is None and index.step is None


def only_axis(axis):
    """The axis that a sum goes along; None for both."""
    if isinstance(axis, tuple):
        if len(axis) == 2 and axis[0] % 2 != axis[1] % 2:
            return None
        if len(axis) != 1:
            raise ValueError("axis: a matrix has two axes")
        axis = axis[0]
    if axis is not None and not -2 <= axis < 2:
        raise ValueError("axis out of range")
    return axis if axis is None else axis % 2


class Matrix:
    """A np.matrix, which a sparse matrix gives in place of some arrays: it has to be made an array."""

    def __init__(self, held):
        self.held = held

    def __array__(self, dtype=None, copy=None):
        return self.held

    def __mul__(self, other):
        return self @ other if isinstance(other, Matrix) or np.ndim(other) > 0 else Matrix(self.held * other)

    def __rmul__(self, other):
        return self * other

    def __truediv__(self, other):
        return Matrix(self.held / other)

    def __neg__(self):
        return Matrix(-self.held)

    def __matmul__(self, other):
        unsupported("a product with a np.matrix", instead="make it an array: np.asarray(...)")

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

    def __init__(self, shape, plain, dtype=float, form="lil"):
        self.form = form
        self.full = np.zeros(shape, dtype=dtype)
        self.touched = np.zeros(shape, dtype=bool)
        self.plain = plain

    @property
    def format(self):
        return self.form

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
