"""``scipy.linalg``: systems of equations, triangular and banded ones, factorizations.

What SciPy shares with NumPy is defined by NumPy's functions. A factorization that the forward sweep makes is used again
by the reverse sweep, and by second derivatives: see ``scipy_factors``.

Keywords that change only how a result is computed (``overwrite_a``, ``check_finite``, ``lapack_driver`` …) are ignored.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import numpy as np
import scipy.linalg
import scipy.linalg as sl

from s2sad.ir.core import Arg
from s2sad.ir.types import Array, Type, axes
from s2sad.libraries.scipy_factors import lu_of, solved_by
from s2sad.libraries.scipy_triangular import cho_solve, cholesky, solve_triangular
from s2sad.prims.inference import number
from s2sad.prims.linalg import float_dtype
from s2sad.prims.primitive import REGISTRY, primitive, unsupported
from s2sad.prims.products import conj
from s2sad.rules.book import bilinear, pullback
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


def working(x, other):
    """An operand in the dtype that LAPACK works in."""
    dtype = np.result_type(x, other)
    dtype = dtype if dtype.kind in "fc" else np.result_type(float)
    return x if x.dtype == dtype else x.astype(dtype)


def general_solve(a, b, transposed=False):
    if np.ndim(a) > 2 or np.ndim(b) > 2:
        return np.linalg.solve(mT(a) if transposed else a, b)
    lu, pivots = lu_of(working(a, b))
    return solved_by(lu, pivots, working(b, a), 1 if transposed else 0, a=a)


def one_half(a, lower, sign):
    """The symmetric (``sign`` 's') or Hermitian matrix of which one triangle is read."""
    half = np.tril(a, -1) if lower else np.triu(a, 1)
    whole = np.diagonal(a, 0, -2, -1)
    other = mT(half) if sign == "s" else H(half)
    whole = np.expand_dims(whole if sign == "s" else np.real(whole), -1)
    return half + other + whole * np.eye(np.shape(a)[-1], dtype=a.dtype)


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
        return cho_solve((cholesky(a, lower), lower), b)
    if assume_a == "upper triangular":
        return solve_triangular(a, b, trans=1 if transposed else 0)
    if assume_a == "lower triangular":
        return solve_triangular(a, b, trans=1 if transposed else 0, lower=True)
    if assume_a == "diagonal":
        whole = np.diagonal(a, 0, -2, -1)
        return b / (whole if np.ndim(b) == 1 else np.expand_dims(whole, -1))
    if assume_a == "tridiagonal":
        return general_solve(np.tril(np.triu(a, -1), 1), b, transposed)
    unsupported(f"scipy.linalg.solve with assume_a={assume_a!r}", instead="leave it out")


@define(sl.inv)
def inv(a, overwrite_a=False, check_finite=True, *, assume_a=None, lower=False):
    if assume_a in ("sym", "symmetric"):
        return np.linalg.inv(one_half(a, lower, "s"))
    if assume_a in ("her", "hermitian", "pos", "positive definite"):
        return np.linalg.inv(one_half(a, lower, "h"))
    if assume_a == "upper triangular":
        return np.linalg.inv(np.triu(a))
    if assume_a == "lower triangular":
        return np.linalg.inv(np.tril(a))
    if assume_a == "diagonal":
        return np.expand_dims(1.0 / np.diagonal(a, 0, -2, -1), -1) * np.eye(np.shape(a)[-1], dtype=a.dtype)
    if assume_a not in (None, "gen", "general"):
        unsupported(f"scipy.linalg.inv with assume_a={assume_a!r}", instead="leave it out")
    return np.linalg.inv(a)


def doubled(x):
    """An operand in double precision, in which some of SciPy's functions always compute."""
    if x.dtype == np.float32 or x.dtype == np.complex64:
        return x.astype(complex if np.iscomplexobj(x) else float)
    return x


@define(sl.det)
def det(a, overwrite_a=False, check_finite=True):
    return np.linalg.det(doubled(a))


@define(sl.norm)
def norm(a, ord=None, axis=None, keepdims=False, check_finite=True):
    return np.linalg.norm(a, ord, axis, keepdims)


@define(sl.pinv)
def pinv(a, *, atol=None, rtol=None, return_rank=False, check_finite=True):
    if rtol is None:
        rtol = max(np.shape(a)[-2:]) * np.finfo(a.dtype if a.dtype.kind in "fc" else float).eps
    if atol is None and not return_rank:
        return np.linalg.pinv(a, rtol)
    top = np.linalg.norm(a, 2, (-2, -1))
    cutoff = (0.0 if atol is None else atol) + rtol * top
    inverse = np.linalg.pinv(a, cutoff / top)
    return (inverse, np.linalg.matrix_rank(a, cutoff)) if return_rank else inverse


@define(sl.pinvh)
def pinvh(a, atol=None, rtol=None, lower=True, return_rank=False, check_finite=True):
    return pinv(one_half(a, lower, "h"), atol=atol, rtol=rtol, return_rank=return_rank)


@define(sl.lstsq)
def lstsq(a, b, cond=None, overwrite_a=False, overwrite_b=False, check_finite=True, lapack_driver=None):
    x, residuals, rank, values = np.linalg.lstsq(a, b, rcond=np.finfo(float).eps if cond is None else cond)
    if np.ndim(b) == 1:
        residuals = np.sum(residuals)  # one number; SciPy has an empty array where there is none
    return x, residuals, rank, values


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
    if lower:
        return factor + (ab - transposed_bands(transposed_bands(ab, count, 0), 0, count))  # with what is not read
    return conj(transposed_bands(factor, count, 0)) + (ab - conj(transposed_bands(below, count, 0)))


@define(sl.cho_solve_banded)
def cho_solve_banded(cb_and_lower, b, overwrite_b=False, check_finite=True):
    cb, lower = cb_and_lower
    count = np.shape(cb)[0] - 1
    other = conj(transposed_bands(cb, count, 0) if lower else transposed_bands(cb, 0, count))
    if lower:
        return solved_bands(other, solved_bands(cb, b, count, 0), 0, count)
    return solved_bands(cb, solved_bands(other, b, count, 0), 0, count)
