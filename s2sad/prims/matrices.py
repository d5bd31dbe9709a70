"""What NumPy's other functions of matrices mean, written with the primitives of ``prims.linalg``."""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np

from s2sad.prims.linalg import eigh, lstsq, norm, qr, slogdet, svd
from s2sad.prims.primitive import REGISTRY

define = REGISTRY.define


def _record(function: Any, *arguments: Any) -> Any:
    """The named tuple class that a function of np.linalg gives (a plain tuple before NumPy 1.25)."""
    return type(function(*arguments))


EighResult = _record(np.linalg.eigh, np.eye(1))
SlogdetResult = _record(np.linalg.slogdet, np.eye(1))
SVDResult = _record(np.linalg.svd, np.eye(1))
QRResult = _record(np.linalg.qr, np.eye(1))


eigh_parts, slogdet_parts, svd_parts, qr_parts = map(REGISTRY.word, (eigh, slogdet, svd, qr))
vector_norm, lstsq_parts = map(REGISTRY.word, (norm, lstsq))


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
        raise NotImplementedError("np.linalg.svd with hermitian=True: use np.linalg.eigh")
    if compute_uv:
        u, s, vh = svd_parts(a, full_matrices=full_matrices)
        return SVDResult(u, s, vh)
    u, s, vh = svd_parts(a, full_matrices=False)
    return s


@define(np.linalg.qr)
def qr_(a: Any, mode: str = "reduced") -> Any:
    if mode not in ("reduced", "r"):
        raise NotImplementedError(f"np.linalg.qr with mode={mode!r}")
    q, r = qr_parts(a)
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


def matrix_norm(x: Any, ord: Any, axis: tuple[int, int], keepdims: bool) -> Any:
    """The norm of a matrix that np.linalg.norm gives for two axes."""
    rows, columns = axis[0] % np.ndim(x), axis[1] % np.ndim(x)
    if ord == "fro":
        return vector_norm(x, axis=axis, keepdims=keepdims)
    if ord in (1, -1, np.inf, -np.inf):
        first, second = (rows, columns) if abs(ord) == 1 else (columns, rows)
        sums = np.sum(np.abs(x), axis=first, keepdims=True)
        if ord > 0:
            found = np.max(sums, axis=second, keepdims=True)
        else:
            found = np.min(sums, axis=second, keepdims=True)
        return found if keepdims else np.squeeze(found, axis=(rows, columns))[()]
    values = singular_values(np.moveaxis(x, (rows, columns), (-2, -1)))
    if ord == 2:
        found = values[..., 0]
    elif ord == -2:
        found = values[..., -1]
    elif ord == "nuc":
        found = np.sum(values, axis=-1)
    else:
        raise ValueError("Invalid norm order for matrices.")
    return np.expand_dims(found, (rows, columns)) if keepdims else found


@define(np.linalg.cond)
def cond(x: Any, p: Any = None) -> Any:
    if p is None or p == 2:
        values = singular_values(x)
        return values[..., 0] / values[..., -1]
    return norm_(x, p, (-2, -1)) * norm_(np.linalg.inv(x), p, (-2, -1))


@define(np.linalg.matrix_power)
def matrix_power(a: Any, n: int) -> Any:
    if n == 0:
        return np.zeros_like(a) + np.eye(a.shape[-1])
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
def tensorsolve(a: Any, b: Any) -> Any:
    return np.reshape(np.linalg.solve(np.reshape(a, (np.size(b), -1)), np.ravel(b)), a.shape[np.ndim(b) :])


@define(np.linalg.tensorinv)
def tensorinv(a: Any, ind: int = 2) -> Any:
    rows = 1
    for n in a.shape[:ind]:
        rows = rows * n
    return np.reshape(np.linalg.inv(np.reshape(a, (rows, -1))), (*a.shape[ind:], *a.shape[:ind]))


def last_trace(x: Any, offset: int = 0) -> Any:
    return np.trace(x, offset, -2, -1)


def last_diagonal(x: Any, offset: int = 0) -> Any:
    return np.diagonal(x, offset, -2, -1)


def matrix_transpose(x: Any) -> Any:
    return np.swapaxes(x, -1, -2)


def vector_norm_(x: Any, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Any:
    if axis is None and not keepdims:
        return vector_norm(np.ravel(x), ord=ord)
    return vector_norm(x, ord=ord, axis=axis, keepdims=keepdims)


def matrix_norm_(x: Any, keepdims: bool = False, ord: Any = "fro") -> Any:
    return matrix_norm(x, ord, (-2, -1), keepdims)


for room, name, function in (
    (np.linalg, "trace", last_trace), (np.linalg, "diagonal", last_diagonal), (np.linalg, "svdvals", singular_values),
    (np.linalg, "matrix_transpose", matrix_transpose), (np, "matrix_transpose", matrix_transpose),
    (np.linalg, "vector_norm", vector_norm_), (np.linalg, "matrix_norm", matrix_norm_),
):  # fmt: skip
    if hasattr(room, name):
        define(getattr(room, name))(function)
