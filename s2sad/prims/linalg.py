"""Primitives of ``np.linalg``: solvers and decompositions, over stacks of matrices as NumPy has them.

Functions with several results are primitives of their own (``s2sad.prims.linalg.svd`` …); NumPy's functions, which give
named tuples of these, are defined in terms of them in ``prims.matrices``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad.errors import InputError, UnsupportedError
from s2sad.ir.core import Arg
from s2sad.ir.types import INT, Array, Axis, Type, axes, broadcast_axes, np_dtype, of, real_dtype
from s2sad.ir.types import dtype_name as name_of
from s2sad.prims.inference import number, reduced
from s2sad.prims.primitive import option, primitive
from s2sad.prims.shaping import merged

Axes = tuple[Axis, ...]


def float_dtype(*dtypes: str) -> str:
    """The dtype that LAPACK works in for operands of these dtypes; integers are taken as doubles."""
    if any(d in ("f16", "f128", "c256") for d in dtypes):
        raise InputError(f"np.linalg does not take {' and '.join(dtypes)}", instead="convert with astype(float)")
    return str(name_of(np.result_type(*(np_dtype(d if d[0] in "fc" else "f64") for d in dtypes))))


def matrix(a: Arg) -> tuple[str, Axes | None]:
    """dtype, and axes where the rank is known, of an operand that is a matrix or a stack of them."""
    t = number(a)
    known = axes(t)
    if known is not None and len(known) < 2:
        raise InputError(f"an array of {len(known)} axes where a matrix is needed")
    return float_dtype(t.dtype), known


def square(a: Arg) -> tuple[str, Axes | None]:
    """The same for a square matrix: its two axes are one."""
    dtype, known = matrix(a)
    if known is None:
        return dtype, None
    side = merged(known[-2:])
    return dtype, (*known[:-2], side, side)


def real(dtype: str) -> str:
    return real_dtype(dtype)


# -- solving ----------------------------------------------------------------------------------------------------------


def _solve(a: Arg, b: Arg) -> Type:
    _, left = square(a)
    right = number(b)
    dtype = float_dtype(number(a).dtype, right.dtype)
    known = axes(right)
    if left is None or known is None:
        return Array(dtype, None)
    if not known:
        raise InputError("np.linalg.solve with a number on the right")
    if len(known) == 1:
        return Array(dtype, (*left[:-2], merged((left[-1], known[0]))))
    if len(known) == len(left) - 1 and np.lib.NumpyVersion(np.__version__) < "2.0.0b1":
        raise UnsupportedError("np.linalg.solve with a stack of vectors", instead="give it columns: b[..., None]")
    stack = broadcast_axes(left[:-2], known[:-2])
    assert stack is not None
    return Array(dtype, (*stack, merged((left[-1], known[-2])), known[-1]))


def _inv(a: Arg) -> Type:
    return Array(*square(a))


def _det(a: Arg) -> Type:
    dtype, known = square(a)
    return Array(dtype, None) if known is None else of(dtype, known[:-2])


def _slogdet(a: Arg) -> tuple[Type, ...]:
    dtype, known = square(a)
    stack = None if known is None else known[:-2]
    return of(dtype, stack), of(real(dtype), stack)


def run_slogdet(a: Any) -> Any:
    return tuple(np.linalg.slogdet(a))


solve = primitive("np.linalg.solve", np.linalg.solve, _solve)
inv = primitive("np.linalg.inv", np.linalg.inv, _inv)
det = primitive("np.linalg.det", np.linalg.det, _det)
slogdet = primitive("np.linalg.slogdet", run_slogdet, _slogdet)


def _pinv(a: Arg, rcond: Any = None) -> Type:
    dtype, known = matrix(a)
    return Array(dtype, None if known is None else (*known[:-2], known[-1], known[-2]))


pinv = primitive("np.linalg.pinv", np.linalg.pinv, _pinv)


def _lstsq(a: Arg, b: Arg, rcond: Any = None) -> tuple[Type, ...]:
    dtype, left = matrix(a)
    right = number(b)
    dtype, known = float_dtype(dtype, right.dtype), axes(right)
    solution = None if left is None or known is None else (left[1], *known[1:])
    return Array(dtype, solution), Array(real(dtype), ("?",)), INT, Array(real(dtype), ("?",))


lstsq = primitive("np.linalg.lstsq", lambda a, b, rcond=None: np.linalg.lstsq(a, b, rcond=rcond), _lstsq)


def _matrix_rank(A: Arg, tol: Any = None, hermitian: Any = False) -> Type:
    _, known = matrix(A)
    return Array("i64", None) if known is None else of("i64", known[:-2])


matrix_rank = primitive("np.linalg.matrix_rank", np.linalg.matrix_rank, _matrix_rank)


# -- decompositions ---------------------------------------------------------------------------------------------------


def _cholesky(a: Arg) -> Type:
    return Array(*square(a))


cholesky = primitive("np.linalg.cholesky", np.linalg.cholesky, _cholesky)


def _eigh(a: Arg, UPLO: Any = "L") -> tuple[Type, ...]:
    dtype, known = square(a)
    option("UPLO", UPLO)
    return Array(real(dtype), None if known is None else known[:-1]), Array(dtype, known)


def run_eigh(a: Any, UPLO: Any = "L") -> Any:
    return tuple(np.linalg.eigh(a, UPLO))


eigh = primitive("np.linalg.eigh", run_eigh, _eigh)


def shorter(rows: Axis, columns: Axis) -> Axis:
    """The axis of min(rows, columns): one if both are; not one if neither is."""
    if rows == columns:
        return rows
    return "?"


def _svd(a: Arg, full_matrices: Any = True) -> tuple[Type, ...]:
    dtype, known = matrix(a)
    full = option("full_matrices", full_matrices)
    if known is None:
        return Array(dtype, None), Array(real(dtype), None), Array(dtype, None)
    *stack, rows, columns = known
    k = shorter(rows, columns)
    return (
        Array(dtype, (*stack, rows, rows if full else k)),
        Array(real(dtype), (*stack, k)),
        Array(dtype, (*stack, columns if full else k, columns)),
    )


def run_svd(a: Any, full_matrices: bool = True) -> Any:
    return tuple(np.linalg.svd(a, full_matrices))


svd = primitive("np.linalg.svd", run_svd, _svd)


def _qr(a: Arg, mode: Any = "reduced") -> tuple[Type, ...]:
    dtype, known = matrix(a)
    complete = option("mode", mode) == "complete"
    if known is None:
        return Array(dtype, None), Array(dtype, None)
    *stack, rows, columns = known
    k = rows if complete else shorter(rows, columns)
    return Array(dtype, (*stack, rows, k)), Array(dtype, (*stack, k, columns))


def run_qr(a: Any, mode: str = "reduced") -> Any:
    return tuple(np.linalg.qr(a, mode))  # type: ignore[call-overload]


qr = primitive("np.linalg.qr", run_qr, _qr)


# -- norms ------------------------------------------------------------------------------------------------------------


def _norm(x: Arg, ord: Any = None, axis: Any = None, keepdims: Any = False) -> Type:
    t = number(x)
    order = option("ord", ord)
    if order is not None and not isinstance(order, int | float):
        raise UnsupportedError(f"np.linalg.norm with ord={order!r} of vectors")
    dtype = real(t.dtype) if t.dtype[0] in "fc" else "f64"
    where = reduced(t, axis, keepdims)
    return Array(dtype, None) if where is None else of(dtype, where)


norm = primitive("vector_norm", np.linalg.norm, _norm, text="np.linalg.norm", calls=())
"""The norm of vectors, or of all items (``ord=None``); norms of matrices are defined in ``prims.matrices``."""
