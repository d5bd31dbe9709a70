"""``scipy.sparse.linalg``: systems of sparse matrices, directly and by iterations; what needs a full one."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg
import scipy.sparse.linalg as sl

import s2sad.libraries.scipy_linalg
import s2sad.libraries.scipy_sparse_batches
import s2sad.libraries.scipy_sparse_least_squares  # noqa: F401
from s2sad.ir.core import Arg
from s2sad.ir.types import INT, Array, Type, axes
from s2sad.libraries import scipy_operators
from s2sad.libraries.scipy_sparse import Growing, Sparse
from s2sad.libraries.scipy_sparse_makers import argument, tril, triu, unit
from s2sad.libraries.scipy_sparse_operations import (
    ENTRIES,
    MAKE,
    at_pattern,
    factors,
    solve,
    solved,
    transposed,
)
from s2sad.libraries.solutions import refused, with_parameters
from s2sad.prims.inference import number
from s2sad.prims.primitive import REGISTRY, primitive, unsupported
from s2sad.prims.products import conj
from s2sad.rules.book import pullback

define = REGISTRY.define


def sparse_of(matrix, name):
    """The matrix of a linear system."""
    if isinstance(matrix, Growing):
        return matrix.tocsr()
    if not isinstance(matrix, Sparse):
        unsupported(f"{name} of a matrix that is not sparse", instead="use np.linalg.solve")
    return matrix


@define(sl.spsolve)
def spsolve(A, b, permc_spec=None, use_umfpack=True):  # noqa: N803
    matrix = sparse_of(A, "scipy.sparse.linalg.spsolve")
    data, row, col = matrix.entries
    if isinstance(b, Sparse | Growing):
        return full_of(splu(matrix).solve(b.toarray()), matrix)
    return solve(matrix.matrix, np.asarray(b), data, row, col, matrix.dtype_name)


class Factors:
    """The factors of a sparse matrix."""

    def __init__(self, lu, matrix):
        self.lu, self.factored = lu, matrix

    def solve(self, rhs, trans="N"):
        data, row, col = self.factored.entries
        if trans == "H":
            return conj(self.solve(conj(np.asarray(rhs)), "T"))
        return solved(self.lu, np.asarray(rhs), trans, data, row, col, self.factored.dtype_name)

    def __getattr__(self, name):
        unsupported(f"the attribute {name} of a factored sparse matrix", instead="use solve")


@define(sl.splu)
def splu(A, permc_spec=None, diag_pivot_thresh=None, relax=None, panel_size=None, options=None):  # noqa: N803
    matrix = sparse_of(A, "scipy.sparse.linalg.splu").tocsc()
    return Factors(factors(matrix.matrix), matrix)


@define(sl.spsolve_triangular)
def spsolve_triangular(A, b, lower=True, overwrite_A=False, overwrite_b=False, unit_diagonal=False):  # noqa: N803
    matrix = sparse_of(A, "scipy.sparse.linalg.spsolve_triangular")
    if unit_diagonal:
        part = tril(matrix, -1) if lower else triu(matrix, 1)
        return spsolve((part + unit(matrix.shape[0], matrix.plain)).tocsc(), b)
    return spsolve(matrix, b)


@define(sl.factorized)
def factorized(A):  # noqa: N803
    return splu(A).solve


# -- by iterations ----------------------------------------------------------------------------------------------------

SYMMETRIC = ("cg", "minres")
HOW = "x0 rtol atol restart maxiter M shift"


def _iterated(matrix: Arg, b: Arg, *rest: Any, **more: Any) -> tuple[Type, ...]:
    return Array("f64", axes(number(b))), INT


def stopped(name, x, info):
    """What an iteration has found for a derivative: it has to have come to its end."""
    if info != 0:
        raise np.linalg.LinAlgError("an iterative solver did not converge for the derivative: raise maxiter, or rtol")
    return x


def iteration(name: str) -> None:
    """Declare an iterative solver; its derivative solves the transposed system in the same way."""
    function = getattr(sl, name)

    def run(matrix: Any, b: Any, *rest: Any, **options: Any) -> Any:
        return function(matrix, b, **options)

    parameters = with_parameters(_iterated, f"matrix b / {HOW} data row col dtype")
    prim = primitive(
        f"scipy.sparse.linalg.{name}", run, parameters, text=f"scipy.sparse.linalg.{name}", calls=(), hidden=ENTRIES
    )
    word = REGISTRY.word(prim)
    symmetric = name in SYMMETRIC

    def of_sparse(A, b, x0=None, **options):  # noqa: N803
        for option in options:
            if option not in ("rtol", "atol", "restart", "maxiter", "M", "shift"):
                unsupported(f"scipy.sparse.linalg.{name} with {option}=", instead="leave it out")
        given = {k: v for k, v in options.items() if v is not None}
        if x0 is not None:
            given["x0"] = np.asarray(x0, dtype=float)
        if "M" in given:
            given["M"] = sparse_of(given["M"], f"scipy.sparse.linalg.{name} with M=").matrix
        matrix = sparse_of(A, f"scipy.sparse.linalg.{name}")
        data, row, col = matrix.entries
        return word(matrix.matrix, np.asarray(b, dtype=float), data=data, row=row, col=col, dtype="f64", **given)

    @pullback(prim, wrt=("b", "data"))
    def adjoint(ans_bar, ans, matrix, b, rtol, atol, restart, maxiter, M, shift, data, row, col, wanted):  # noqa: N803
        how = {"rtol": rtol, "atol": atol, "restart": restart, "maxiter": maxiter, "shift": shift}
        if symmetric:
            how["M"] = M
        given = {k: v for k, v in how.items() if v is not None}
        turned, rows, cols = (matrix, row, col) if symmetric else (transposed(matrix), col, row)
        found, info = word(turned, ans_bar[0], data=data, row=rows, col=cols, dtype="f64", **given)
        b_bar = stopped(name, found, info)
        return b_bar, at_pattern(-b_bar, row, ans[0], col) if wanted[1] else None


    scipy_operators.iteration(name, of_sparse)


for _name in scipy_operators.SOLVERS:
    iteration(_name)


# -- what is done with the full matrix --------------------------------------------------------------------------------


@define(sl.expm_multiply)
def expm_multiply(A, B, start=None, stop=None, num=None, endpoint=None, traceA=None):  # noqa: N803
    matrix = sparse_of(A, "scipy.sparse.linalg.expm_multiply").toarray()
    if start is None:
        return scipy.linalg.expm(matrix) @ B
    times = np.linspace(start, stop, 50 if num is None else num, endpoint=endpoint is None or endpoint)
    return np.stack([scipy.linalg.expm(t * matrix) @ B for t in times])


@define(sl.norm)
def norm(x, ord=None, axis=None):  # noqa: A002
    matrix = sparse_of(x, "scipy.sparse.linalg.norm")
    if axis is None and ord in (1, -1, np.inf, -np.inf):
        sums = np.ravel(np.asarray(abs(matrix).sum(axis=0 if ord in (1, -1) else 1)))
        return np.max(sums) if ord in (1, np.inf) else np.min(sums)
    if axis in (0, 1, -1, -2) and ord in (1, 2, None):
        powers = abs(matrix) if ord == 1 else abs(matrix).power(2)
        sums = np.ravel(np.asarray(powers.sum(axis=axis)))
        return sums if ord == 1 else np.sqrt(sums)
    if ord not in (None, "fro") or axis is not None:
        unsupported("scipy.sparse.linalg.norm with this ord= or axis=", instead="np.linalg.norm of .toarray()")
    data, _, _ = matrix.stored()
    return np.linalg.norm(data)


@define(sl.expm)
def expm(A):  # noqa: N803
    if not isinstance(A, Sparse | Growing):
        return scipy.linalg.expm(A)
    return full_of(scipy.linalg.expm(A.toarray()), A)


@define(sl.inv)
def inv(A):  # noqa: N803
    matrix = sparse_of(A, "scipy.sparse.linalg.inv")
    return full_of(spsolve(matrix, np.eye(matrix.shape[0])), matrix)


@define(sl.matrix_power)
def matrix_power(A, power):  # noqa: N803
    matrix = sparse_of(A, "scipy.sparse.linalg.matrix_power")
    if power == 0:
        return full_of(np.eye(matrix.shape[0]), matrix)
    found = matrix
    for _ in range(power - 1):
        found = found @ matrix
    return found


def full_of(found, matrix):
    """What is found in a full array as a sparse matrix or array, as the one that it was found of."""
    return argument(MAKE["csr_array" if matrix.plain else "csr_matrix"], found, None, True, matrix.plain)


@define(sl.eigsh)
def eigsh(
    A, k=6, M=None, sigma=None, which="LM", v0=None, ncv=None, maxiter=None, tol=0, return_eigenvectors=True, **more  # noqa: N803
):  # fmt: skip
    if more or which not in ("LM", "SM", "LA", "SA"):
        unsupported("scipy.sparse.linalg.eigsh with mode=, Minv=, OPinv=, or which='BE'", instead="LM, SM, LA or SA")
    full = sparse_of(A, "scipy.sparse.linalg.eigsh").toarray()
    if M is None:
        w, v = np.linalg.eigh(full)
    else:
        w, v = scipy.linalg.eigh(full, sparse_of(M, "scipy.sparse.linalg.eigsh with M=").toarray())
    size = w if sigma is None else 1.0 / (w - sigma)
    size = np.abs(size) if which in ("LM", "SM") else size
    order = np.argsort(size)
    at = np.sort(order[:k] if which in ("SM", "SA") else order[len(w) - k :])
    return (w[at], v[:, at]) if return_eigenvectors else w[at]


@define(sl.svds)
def svds(
    A, k=6, ncv=None, tol=0, which="LM", v0=None, maxiter=None, return_singular_vectors=True, **more  # noqa: N803
):  # fmt: skip
    if which != "LM" or return_singular_vectors not in (True, False):
        unsupported("scipy.sparse.linalg.svds with which= or a part of the vectors", instead="np.linalg.svd")
    u, s, vt = np.linalg.svd(sparse_of(A, "scipy.sparse.linalg.svds").toarray(), full_matrices=False)
    if not return_singular_vectors:
        return s[:k][::-1]
    return u[:, :k][:, ::-1], s[:k][::-1], vt[:k][::-1]


refused(sl, "onenormest eigs spilu lobpcg funm_multiply_krylov", "use .toarray()")
