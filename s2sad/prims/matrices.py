"""What NumPy's other functions of matrices mean, written with the primitives of ``prims.linalg``."""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np

from s2sad.prims.linalg import eigh, lstsq, norm, qr, slogdet, svd
from s2sad.prims.primitive import REGISTRY, unsupported
from s2sad.prims.products import conj
from s2sad.prims.spectra import condition_prim, eig, eig_of_real

define = REGISTRY.define


def _record(function: Any, *arguments: Any) -> Any:
    """The named tuple class that a function of np.linalg gives (a plain tuple before NumPy 1.25)."""
    return type(function(*arguments))


EigResult = _record(np.linalg.eig, np.eye(1))
EighResult = _record(np.linalg.eigh, np.eye(1))
SlogdetResult = _record(np.linalg.slogdet, np.eye(1))
SVDResult = _record(np.linalg.svd, np.eye(1))
QRResult = _record(np.linalg.qr, np.eye(1))


eigh_parts, slogdet_parts, svd_parts, qr_parts, eig_parts = map(REGISTRY.word, (eigh, slogdet, svd, qr, eig))
vector_norm, lstsq_parts, real_eig_parts, condition_of = map(REGISTRY.word, (norm, lstsq, eig_of_real, condition_prim))


@define(np.linalg.slogdet)
def slogdet_(a: Any) -> Any:
    sign, logabsdet = slogdet_parts(a)
    return SlogdetResult(sign, logabsdet)


@define(np.linalg.eigh)
def eigh_(a: Any, UPLO: str = "L") -> Any:
    eigenvalues, eigenvectors = eigh_parts(a, UPLO=UPLO)
    return EighResult(eigenvalues, eigenvectors)


@define(np.linalg.eigvalsh)
def eigvalsh(a: Any, UPLO: str = "L") -> Any:
    eigenvalues, eigenvectors = eigh_parts(a, UPLO=UPLO)
    return eigenvalues


@define(np.linalg.svd)
def svd_(a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False) -> Any:
    if hermitian:
        values, vectors = eigh_parts(a)
        order = np.argsort(np.abs(values), axis=-1)[..., ::-1]
        values = np.take_along_axis(values, order, axis=-1)
        if not compute_uv:
            return np.abs(values)
        u = np.take_along_axis(vectors, order[..., None, :], axis=-1)
        return SVDResult(u, np.abs(values), adjoint(u * np.sign(values)[..., None, :]))
    if compute_uv:
        u, s, vh = svd_parts(a, full_matrices=full_matrices)
        return SVDResult(u, s, vh)
    u, s, vh = svd_parts(a, full_matrices=False)
    return s


def adjoint(x: Any) -> Any:
    return conj(np.swapaxes(x, -1, -2))


def of_lower(a: Any) -> Any:
    """The symmetric matrix that a function with ``hermitian=True`` reads the lower triangle of."""
    below = np.tril(a, -1)
    return below + adjoint(below) + np.real(np.diagonal(a, 0, -2, -1))[..., None] * np.eye(a.shape[-1], dtype=a.dtype)


@define(np.linalg.pinv)
def pinv_(a: Any, rcond: Any = None, hermitian: bool = False, rtol: Any = None) -> Any:
    if hermitian:
        return np.linalg.pinv(of_lower(a), rcond if rtol is None else rtol)
    return np.linalg.pinv(a, rcond if rtol is None else rtol)


@define(np.linalg.matrix_rank)
def matrix_rank_(A: Any, tol: Any = None, hermitian: bool = False, rtol: Any = None) -> Any:  # noqa: N803
    if rtol is None:
        return np.linalg.matrix_rank(A, tol, hermitian)
    return np.linalg.matrix_rank(A, rtol * np.max(singular_values(A), axis=-1), hermitian)


@define(np.linalg.cholesky)
def cholesky_(a: Any, upper: bool = False) -> Any:
    return adjoint(np.linalg.cholesky(adjoint(a))) if upper else np.linalg.cholesky(a)


@define(np.linalg.eig)
def eig_(a: Any) -> Any:
    if np.iscomplexobj(a):
        values, vectors = eig_parts(a)
    else:
        values, vectors = real_eig_parts(a)
    return EigResult(values, vectors)


@define(np.linalg.eigvals)
def eigvals(a: Any) -> Any:
    values, vectors = eig_(a)
    return values


@define(np.linalg.qr)
def qr_(a: Any, mode: str = "reduced") -> Any:
    if mode not in ("reduced", "r", "complete"):
        unsupported(f"np.linalg.qr with mode={mode!r}", instead="use mode='reduced'")
    q, r = qr_parts(a, mode="reduced" if mode == "r" else mode)
    return r if mode == "r" else QRResult(q, r)


@define(np.linalg.lstsq)
def lstsq_(a: Any, b: Any, rcond: Any = None) -> Any:
    solution, residuals, rank, values = lstsq_parts(a, b, rcond=rcond)
    return solution, residuals, rank, values


def singular_values(a: Any) -> Any:
    return svd_(a, compute_uv=False)


@define(np.linalg.norm)
def norm_(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    if isinstance(axis, tuple) and len(axis) == 1:
        axis = axis[0]
    if ord is None:
        return vector_norm(x, axis=axis, keepdims=keepdims)
    if axis is None and np.ndim(x) == 1:
        return vector_norm(x, ord=ord, keepdims=keepdims)
    if isinstance(axis, int):
        return vector_norm(x, ord=ord, axis=axis, keepdims=keepdims)
    return matrix_norm(x, ord, axis if axis is not None else (0, 1), keepdims)


@REGISTRY.compute
def known_order(ord: Any) -> Any:
    """The order of a norm, which has to be known."""
    return ord


def matrix_norm(x: Any, ord: Any, axis: tuple[int, int], keepdims: bool) -> Any:
    """The norm of a matrix that np.linalg.norm gives for two axes."""
    ord = known_order(ord)
    rows, columns = axis[0] % np.ndim(x), axis[1] % np.ndim(x)
    if ord == "fro":
        return vector_norm(x, axis=axis, keepdims=keepdims)
    if ord in (1, -1, np.inf, -np.inf):
        first, second = (rows, columns) if abs(ord) == 1 else (columns, rows)
        sums = np.sum(np.abs(x), axis=first, keepdims=True)
        if ord > 0:
            found = vector_norm(sums, ord=np.inf, axis=second, keepdims=True)
        else:
            found = np.min(sums, axis=second, keepdims=True)
        return found if keepdims else np.squeeze(found, axis=(rows, columns))[()]
    values = singular_values(np.moveaxis(x, (rows, columns), (-2, -1)))
    if ord == 2:
        found = np.sum(values[..., :1], axis=-1)  # zero of an empty matrix
    elif ord == -2:
        found = values[..., -1][()]
    elif ord == "nuc":
        found = np.sum(values, axis=-1)
    else:
        raise ValueError("Invalid norm order for matrices.")
    return np.expand_dims(found, (rows, columns)) if keepdims else found


@define(np.linalg.cond)
def cond(x: Any, p: Any = None) -> Any:
    p = known_order(p)
    if p is None or p in (2, -2):
        values = singular_values(x)
        return values[..., -1] / values[..., 0] if p == -2 else condition_of(values)
    return norm_(x, p, (-2, -1)) * norm_(np.linalg.inv(x), p, (-2, -1))


@define(np.linalg.matrix_power)
def matrix_power(a: Any, n: int) -> Any:
    if n == 0:
        return np.zeros_like(a) + np.eye(a.shape[-1], dtype=a.dtype)
    base = np.linalg.inv(a) if n < 0 else a
    return reduce(lambda found, odd: found @ found @ base if odd else found @ found, later_digits(abs(n)), base)


@REGISTRY.compute
def later_digits(n: int) -> tuple[bool, ...]:
    """The binary digits of n after the first.

    >>> later_digits(6)
    (True, False)
    """
    return tuple(d == "1" for d in f"{n:b}"[1:])


@define(np.linalg.tensorsolve)
def tensorsolve(a: Any, b: Any, axes: Any = None) -> Any:
    if axes is not None:
        a = np.moveaxis(a, axes, tuple(range(-len(axes), 0)))
    return np.reshape(np.linalg.solve(np.reshape(a, (np.size(b), np.size(b))), np.ravel(b)), a.shape[np.ndim(b) :])


@define(np.linalg.tensorinv)
def tensorinv(a: Any, ind: int = 2) -> Any:
    rows = 1
    for n in a.shape[:ind]:
        rows = rows * n
    return np.reshape(np.linalg.inv(np.reshape(a, (rows, -1))), (*a.shape[ind:], *a.shape[:ind]))


def last_trace(x: Any, offset: int = 0, dtype: Any = None) -> Any:
    return np.trace(x, offset, -2, -1, dtype)


def last_diagonal(x: Any, offset: int = 0) -> Any:
    return np.diagonal(x, offset, -2, -1)


def matrix_transpose(x: Any) -> Any:
    return np.swapaxes(x, -1, -2)


def vector_norm_(x: Any, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Any:
    if isinstance(axis, int):
        return vector_norm(x, ord=ord, axis=axis, keepdims=keepdims)
    if axis is None:
        found = vector_norm(np.ravel(x), ord=ord)
        return np.reshape(found, (1,) * np.ndim(x)) if keepdims else found
    rank = np.ndim(x)
    over = tuple([k % rank for k in axis])
    last = np.moveaxis(x, over, tuple(range(-len(over), 0)))
    count = reduce(lambda product, k: product * np.shape(x)[k], over[1:], np.shape(x)[over[0]])
    found = vector_norm(np.reshape(last, (*last.shape[: rank - len(over)], count)), ord=ord, axis=-1)
    return np.expand_dims(found, over) if keepdims else found


def matrix_norm_(x: Any, keepdims: bool = False, ord: Any = "fro") -> Any:
    return matrix_norm(x, ord, (-2, -1), keepdims)


for room, name, function in (
    (np.linalg, "trace", last_trace), (np.linalg, "diagonal", last_diagonal), (np.linalg, "svdvals", singular_values),
    (np.linalg, "matrix_transpose", matrix_transpose), (np, "matrix_transpose", matrix_transpose),
    (np.linalg, "vector_norm", vector_norm_), (np.linalg, "matrix_norm", matrix_norm_),
):  # fmt: skip
    if hasattr(room, name):
        define(getattr(room, name))(function)
