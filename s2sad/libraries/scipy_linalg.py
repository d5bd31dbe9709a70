"""``scipy.linalg``: systems of equations, triangular and banded ones, factorizations.

What SciPy shares with NumPy is defined by NumPy's functions. A factorization that the forward sweep makes is used again
by the reverse sweep, and by second derivatives: ``solve`` is written with ``lu_of`` and ``solved``, of which the first
has no derivative, and the second that of the solution with respect to the matrix itself (Giles 2008, 2.3.1).

LU: L. Hascoët et al. and S. Walter, "Structured higher-order algorithmic differentiation" (2012), section 3.
Keywords that change only how a result is computed (``overwrite_a``, ``check_finite``, ``lapack_driver`` …) are ignored.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg
import scipy.linalg as sl

from s2sad.ir.core import Arg
from s2sad.ir.types import Array, Type, axes
from s2sad.prims.inference import number, option
from s2sad.prims.linalg import float_dtype, matrix, shorter, square
from s2sad.prims.primitive import REGISTRY, primitive, unsupported
from s2sad.prims.products import conj
from s2sad.prims.runtime import unbroadcast
from s2sad.rules.book import bilinear, constant, pullback, pushforward
from s2sad.rules.linalg import H, mT

define = REGISTRY.define


def refuse(name: str, instead: str = "") -> None:
    """A function, where SciPy has it, that has no derivative."""
    function = getattr(sl, name, None)
    if function is not None:

        @define(function)
        def refused(*args, **options):
            unsupported(f"scipy.linalg.{name} has no derivative rule", instead=instead)


# -- solving ----------------------------------------------------------------------------------------------------------


def _solution(a: Arg, b: Arg) -> Type:
    _, left = square(a)
    right = number(b)
    known = axes(right)
    dtype = float_dtype(number(a).dtype, right.dtype)
    if left is None or known is None:
        return Array(dtype, None)
    if len(left) > 2 and len(known) != len(left):
        unsupported("stacks of matrices with a right-hand side of other axes", instead="give it as many axes")
    return Array(dtype, known)


def lu_of(a):
    """The LU factors of a regular matrix, and its pivots."""
    lu, pivots = scipy.linalg.lu_factor(a)
    if not np.all(np.diagonal(lu, axis1=-2, axis2=-1)):
        raise np.linalg.LinAlgError("A singular matrix detected.")
    return lu, pivots


def solved(a, lu, pivots, b, trans=0):
    """Solve a @ x = b, or with the transpose of a, by the LU factors of a."""
    return scipy.linalg.lu_solve((lu, pivots), b, trans)


def _lu_of(a: Arg) -> tuple[Type, ...]:
    dtype, known = square(a)
    return Array(dtype, known), Array("i32", None if known is None else known[:-1])


def _solved(a: Arg, lu: Arg, pivots: Arg, b: Arg, trans: Any = 0) -> Type:
    option(trans)
    return _solution(a, b)


constant(primitive("lu_of", lu_of, _lu_of, style="helper"))
primitive("solved", solved, _solved, style="helper")


@pullback("solved", wrt=("a", "b"))
def solved_bar(ans_bar, ans, a, lu, pivots, b, trans):
    b_bar = solved(a, lu, pivots, ans_bar, 1 - trans)
    return (-products(b_bar, ans) if trans == 0 else -products(ans, b_bar)), b_bar


@pushforward("solved", wrt=("a", "b"))
def solved_dot(a_dot, b_dot, ans, a, lu, pivots, b, trans):
    if a_dot is None:
        return solved(a, lu, pivots, b_dot, trans)
    moved = (a_dot if trans == 0 else mT(a_dot)) @ ans
    return solved(a, lu, pivots, -moved if b_dot is None else b_dot - moved, trans)


def products(x, y):
    """The matrix x yᵀ of two vectors, or of columns of vectors."""
    return np.outer(x, y) if np.ndim(x) == 1 else x @ mT(y)


def general_solve(a, b, transposed=False):
    lu, pivots = lu_of(a)
    return solved(a, lu, pivots, b, 1 if transposed else 0)


def one_half(a, lower, sign):
    """The symmetric (``sign`` 's') or Hermitian matrix of which one triangle is read."""
    half = np.tril(a, -1) if lower else np.triu(a, 1)
    whole = np.diagonal(a, 0, -2, -1)
    other = mT(half) if sign == "s" else H(half)
    return half + other + np.expand_dims(whole if sign == "s" else np.real(whole), -1) * np.eye(np.shape(a)[-1])


@define(sl.solve)
def solve(
    a, b, lower=False, overwrite_a=False, overwrite_b=False, check_finite=True, assume_a=None, transposed=False
):
    if assume_a in (None, "gen", "general", "banded"):
        return general_solve(a, b, transposed)
    if assume_a in ("sym", "symmetric"):
        return general_solve(one_half(a, lower, "s"), b, transposed)
    if assume_a in ("her", "hermitian"):
        return general_solve(one_half(a, lower, "h"), b, transposed)
    if assume_a in ("pos", "positive definite"):
        return cho_solve((np.linalg.cholesky(a, upper=not lower), lower), b)
    if assume_a == "upper triangular":
        return solve_triangular(a, b, trans=1 if transposed else 0)
    if assume_a == "lower triangular":
        return solve_triangular(a, b, trans=1 if transposed else 0, lower=True)
    if assume_a == "diagonal":
        return b / (np.diagonal(a) if np.ndim(b) == 1 else np.diagonal(a)[:, None])
    if assume_a == "tridiagonal":
        return general_solve(np.tril(np.triu(a, -1), 1), b, transposed)
    unsupported(f"scipy.linalg.solve with assume_a={assume_a!r}", instead="leave it out")


@define(sl.inv)
def inv(a, overwrite_a=False, check_finite=True, *, assume_a=None, lower=False):
    if assume_a not in (None, "gen", "general"):
        unsupported(f"scipy.linalg.inv with assume_a={assume_a!r}", instead="leave it out")
    return np.linalg.inv(a)


@define(sl.det)
def det(a, overwrite_a=False, check_finite=True):
    return np.linalg.det(a)


@define(sl.norm)
def norm(a, ord=None, axis=None, keepdims=False, check_finite=True):
    return np.linalg.norm(a, ord, axis, keepdims)


@define(sl.pinv)
def pinv(a, *, atol=None, rtol=None, return_rank=False, check_finite=True):
    if atol is not None or return_rank:
        unsupported("scipy.linalg.pinv with atol= or return_rank=", instead="use rtol=, and matrix_rank")
    return np.linalg.pinv(a, max(np.shape(a)) * np.finfo(float).eps if rtol is None else rtol)


@define(sl.pinvh)
def pinvh(a, atol=None, rtol=None, lower=True, return_rank=False, check_finite=True):
    return pinv(one_half(a, lower, "h"), atol=atol, rtol=rtol, return_rank=return_rank)


@define(sl.lstsq)
def lstsq(a, b, cond=None, overwrite_a=False, overwrite_b=False, check_finite=True, lapack_driver=None):
    x, residuals, rank, values = np.linalg.lstsq(a, b, rcond=np.finfo(float).eps if cond is None else cond)
    if np.ndim(b) == 1:
        residuals = np.sum(residuals)  # one number; SciPy has an empty array where there is none
    return x, residuals, rank, values


# -- triangular systems -----------------------------------------------------------------------------------------------


def _triangular(a: Arg, b: Arg, trans: Any = 0, lower: Any = False, unit_diagonal: Any = False) -> Type:
    for given in (trans, lower, unit_diagonal):
        option(given)
    return _solution(a, b)


triangular = primitive("scipy.linalg.solve_triangular", sl.solve_triangular, _triangular, calls=())
triangular_of = REGISTRY.word(triangular)


@define(sl.solve_triangular)
def solve_triangular(a, b, trans=0, lower=False, unit_diagonal=False, overwrite_b=False, check_finite=True):
    if trans in (2, "C"):
        return triangular_of(conj(a), b, 1, lower, unit_diagonal)
    return triangular_of(a, b, 1 if trans in (1, "T") else 0, lower, unit_diagonal)


def triangle(x, lower, unit_diagonal):
    """The part of a matrix that is read."""
    if lower:
        return np.tril(x, -1) if unit_diagonal else np.tril(x)
    return np.triu(x, 1) if unit_diagonal else np.triu(x)


@pullback(triangular, wrt=("a", "b"))
def triangular_bar(ans_bar, ans, a, trans, lower, unit_diagonal):
    b_bar = triangular_of(a, ans_bar, 1 - trans, lower, unit_diagonal)
    a_bar = -products(b_bar, ans) if trans == 0 else -products(ans, b_bar)
    if np.ndim(a) == 2 and np.ndim(ans) > 2:
        a_bar = unbroadcast(a_bar, np.shape(a))
    return triangle(a_bar, lower, unit_diagonal), b_bar


# -- Cholesky factors -------------------------------------------------------------------------------------------------


@define(sl.cholesky)
def cholesky(a, lower=False, overwrite_a=False, check_finite=True):
    return np.linalg.cholesky(a) if lower else np.linalg.cholesky(a, upper=True)


@define(sl.cho_factor)
def cho_factor(a, lower=False, overwrite_a=False, check_finite=True):
    return cholesky(a, lower), lower  # with zeros in the triangle that SciPy leaves as it is


@define(sl.cho_solve)
def cho_solve(c_and_lower, b, overwrite_b=False, check_finite=True):
    c, lower = c_and_lower
    if lower:
        return solve_triangular(c, solve_triangular(c, b, lower=True), trans=2, lower=True)
    return solve_triangular(c, solve_triangular(c, b, trans=2))


# -- LU factors -------------------------------------------------------------------------------------------------------


def lu_parts(a):
    """Rows p, and factors, such that (l @ u)[p] is a."""
    return scipy.linalg.lu(a, p_indices=True)


def order_of(pivots):
    """The order of rows that exchanging each row with that of its pivot gives."""
    order = np.arange(len(pivots))
    for k, p in enumerate(pivots):
        order[k], order[p] = order[p], order[k]
    return order


def _lu_parts(a: Arg) -> tuple[Type, ...]:
    dtype, known = matrix(a)
    if known is None or len(known) != 2:
        unsupported("LU factors of a stack of matrices", instead="take them one by one")
    rows, columns = known
    k = shorter(rows, columns)
    return Array("i64", (rows,)), Array(dtype, (rows, k)), Array(dtype, (k, columns))


def _lu_factor(a: Arg) -> tuple[Type, ...]:
    dtype, known = square(a)
    if known is None or len(known) != 2:
        unsupported("LU factors of a stack of matrices", instead="take them one by one")
    return Array(dtype, known), Array("i32", known[:1])


def run_lu_factor(a: Any) -> Any:
    return tuple(sl.lu_factor(a))


primitive("lu_parts", lu_parts, _lu_parts, style="helper")
constant(primitive("order_of", order_of, lambda pivots: Array("i64", axes(number(pivots))), style="helper"))
compact = primitive("scipy.linalg.lu_factor", run_lu_factor, _lu_factor)
compact_of = REGISTRY.word(compact)


@define(sl.lu_factor)
def lu_factor(a, overwrite_a=False, check_finite=True):
    lu, pivots = compact_of(a)
    return lu, pivots


@define(sl.lu_solve)
def lu_solve(lu_and_piv, b, trans=0, overwrite_b=False, check_finite=True):
    lu, pivots = lu_and_piv
    order = order_of(pivots)
    if trans == 0:
        return solve_triangular(lu, solve_triangular(lu, b[order], lower=True, unit_diagonal=True))
    x = solve_triangular(lu, solve_triangular(lu, b, trans=trans), trans=trans, lower=True, unit_diagonal=True)
    return x[np.argsort(order)]


@define(sl.lu)
def lu(a, permute_l=False, overwrite_a=False, check_finite=True, p_indices=False):
    p, l, u = lu_parts(a)  # noqa: E741
    if permute_l:
        return l[p], u
    return (p if p_indices else np.eye(np.shape(a)[0])[p]), l, u


@pushforward(compact, wrt="a")
def lu_factor_dot(a_dot, ans):
    lu, pivots = ans
    moved = a_dot[order_of(pivots)]
    left = triangular_of(lu, moved, 0, True, True)
    inner = mT(triangular_of(lu, mT(left), 1, False, False))  # L⁻¹ P dA U⁻¹
    lower = (np.tril(lu, -1) + np.eye(np.shape(lu)[-1])) @ np.tril(inner, -1)
    return lower + np.triu(inner) @ np.triu(lu), None


@pushforward("lu_parts", wrt="a")
def lu_parts_dot(a_dot, ans):
    p, l, u = ans  # noqa: E741
    moved = a_dot[np.argsort(p)]
    k = np.shape(l)[-1]
    l1, u1 = l[:k], u[:, :k]
    inner = triangular_of(l1, moved[:k, :k], 0, True, True)
    inner = mT(triangular_of(u1, mT(inner), 1, False, False))
    l1_dot, u1_dot = l1 @ np.tril(inner, -1), np.triu(inner) @ u1
    l2_dot = mT(triangular_of(u1, mT(moved[k:, :k] - l[k:] @ u1_dot), 1, False, False))
    u2_dot = triangular_of(l1, moved[:k, k:] - l1_dot @ u[:, k:], 0, True, True)
    return None, np.concatenate([l1_dot, l2_dot]), np.concatenate([u1_dot, u2_dot], axis=1)


# -- bands ------------------------------------------------------------------------------------------------------------


def transposed_bands(ab, below, above):
    """The diagonals of the transpose of a matrix with that many diagonals below and above the main one."""
    out = np.zeros_like(ab)
    n = ab.shape[1]
    for k in range(-below, above + 1):  # the diagonal a[i, i + k]
        row, to, m = above - k, below + k, n - abs(k)
        if m > 0:
            out[to, max(-k, 0) : max(-k, 0) + m] = ab[row, max(k, 0) : max(k, 0) + m]
    return out


def band_product(ab, x, below, above):
    """The product of a banded matrix, given by its diagonals, and x."""
    out = np.zeros(x.shape, np.result_type(ab, x))
    n = ab.shape[1]
    for k in range(-below, above + 1):
        row, first, m = above - k, max(k, 0), n - abs(k)
        if m > 0:
            band = ab[row, first : first + m]
            out[first - k : first - k + m] += (band if x.ndim == 1 else band[:, None]) * x[first : first + m]
    return out


def band_outer(y, x, below, above):
    """The diagonals of the matrix y @ x.T."""
    n = len(x)
    out = np.zeros((below + above + 1, n), np.result_type(y, x))
    for k in range(-below, above + 1):
        first, m = max(k, 0), n - abs(k)
        if m > 0:
            pairs = y[first - k : first - k + m] * x[first : first + m]
            out[above - k, first : first + m] = pairs if x.ndim == 1 else pairs.sum(axis=1)
    return out


def solved_bands(ab, b, below, above):
    """Solve a banded system, given by the diagonals of its matrix."""
    return scipy.linalg.solve_banded((below, above), ab, b)


def _joined(*operands: Arg) -> str:
    return float_dtype(*(number(x).dtype for x in operands))


primitive("transposed_bands", transposed_bands, lambda ab, below, above: number(ab), style="helper")
primitive(
    "band_product", band_product, lambda ab, x, below, above: Array(_joined(ab, x), axes(number(x))), style="helper"
)
primitive(
    "band_outer", band_outer, lambda y, x, below, above: Array(_joined(y, x), ("?", (axes(number(x)) or ("?",))[0])),
    style="helper",
)  # fmt: skip
primitive(
    "solved_bands", solved_bands, lambda ab, b, below, above: Array(_joined(ab, b), axes(number(b))), style="helper"
)


@pullback("transposed_bands", wrt="ab")
def transposed_bands_bar(ans_bar, below, above):
    return transposed_bands(ans_bar, above, below)


@bilinear("band_product", wrt=("ab", "x"))
def band_product_bar(ans_bar, ab, x, below, above):
    return band_outer(ans_bar, x, below, above), band_product(transposed_bands(ab, below, above), ans_bar, above, below)


@bilinear("band_outer", wrt=("y", "x"))
def band_outer_bar(ans_bar, y, x, below, above):
    other = transposed_bands(ans_bar, below, above)
    return band_product(ans_bar, x, below, above), band_product(other, y, above, below)


@pullback("solved_bands", wrt=("ab", "b"))
def solved_bands_bar(ans_bar, ans, ab, below, above):
    b_bar = solved_bands(transposed_bands(ab, below, above), ans_bar, above, below)
    return -band_outer(b_bar, ans, below, above), b_bar


@define(sl.solve_banded)
def solve_banded(l_and_u, ab, b, overwrite_ab=False, overwrite_b=False, check_finite=True):
    below, above = l_and_u
    return solved_bands(ab, b, below, above)


@define(sl.solveh_banded)
def solveh_banded(ab, b, overwrite_ab=False, overwrite_b=False, lower=False, check_finite=True):
    count = np.shape(ab)[0] - 1
    if lower:
        whole = np.concatenate([conj(transposed_bands(ab, count, 0))[:-1], ab])
    else:
        whole = np.concatenate([ab, conj(transposed_bands(ab, 0, count))[1:]])
    return solved_bands(whole, b, count, count)


def dense_of(ab, count):
    """The lower triangle of a matrix from its diagonals below."""
    n = ab.shape[1]
    out = np.zeros((n, n), ab.dtype)
    for k in range(count + 1):
        i = np.arange(n - k)
        out[i + k, i] = ab[k, : n - k]
    return out


def bands_of(a, count):
    """The diagonals below of a matrix, the main one first."""
    n = a.shape[1]
    out = np.zeros((count + 1, n), a.dtype)
    for k in range(count + 1):
        out[k, : n - k] = np.diagonal(a, -k)
    return out


def _dense_of(ab: Arg, count: Arg) -> Type:
    return Array(number(ab).dtype, (axes(number(ab)) or ("?", "?"))[1:] * 2)


def _bands_of(a: Arg, count: Arg) -> Type:
    return Array(number(a).dtype, ("?", (axes(number(a)) or ("?",))[0]))


primitive("dense_of", dense_of, _dense_of, style="helper")
primitive("bands_of", bands_of, _bands_of, style="helper")


@pullback("dense_of", wrt="ab")
def dense_of_bar(ans_bar, count):
    return bands_of(ans_bar, count)


@pullback("bands_of", wrt="a")
def bands_of_bar(ans_bar, count):
    return dense_of(ans_bar, count)


@define(sl.cholesky_banded)
def cholesky_banded(ab, overwrite_ab=False, lower=False, check_finite=True):
    count = np.shape(ab)[0] - 1
    below = ab if lower else conj(transposed_bands(ab, 0, count))
    factor = bands_of(np.linalg.cholesky(dense_of(below, count)), count)
    return factor if lower else conj(transposed_bands(factor, count, 0))


@define(sl.cho_solve_banded)
def cho_solve_banded(cb_and_lower, b, overwrite_b=False, check_finite=True):
    cb, lower = cb_and_lower
    count = np.shape(cb)[0] - 1
    other = conj(transposed_bands(cb, count, 0) if lower else transposed_bands(cb, 0, count))
    if lower:
        return solved_bands(other, solved_bands(cb, b, count, 0), 0, count)
    return solved_bands(cb, solved_bands(other, b, count, 0), 0, count)
