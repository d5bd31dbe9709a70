"""Helpers of generated code for derivatives of decompositions, and primitives of eigenvalues of general matrices.

Where eigenvalues or singular values coincide, single vectors have no derivative: they may turn into each other.
The helpers divide by differences of values only for vectors that turn (in forward mode) or matter (in reverse mode),
and raise ``numpy.linalg.LinAlgError`` where such a difference is nothing but rounding, instead of dividing by it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad.ir.core import Arg
from s2sad.ir.types import Array, Type, axes, np_dtype, of
from s2sad.ir.types import dtype_name as name_of
from s2sad.prims.inference import number
from s2sad.prims.linalg import Axes, square
from s2sad.prims.primitive import primitive

# mypy: disable-error-code="no-untyped-def,no-untyped-call"


def inverse_gaps(values, turn):
    """Return 1 / (values[j] - values[i]), and 0 for equal ones; LinAlgError where turn[i, j] needs one of these."""
    gaps = values[..., None, :] - values[..., :, None]
    if values.shape[-1] == 0:
        return gaps
    rounding = values.shape[-1] * np.finfo(gaps.dtype).eps
    equal = np.abs(gaps) <= rounding * np.max(np.abs(values), axis=-1, keepdims=True)[..., None]
    turns = np.abs(turn) > rounding * np.max(np.abs(turn), axis=(-2, -1), keepdims=True)
    if np.any(equal & turns & ~np.eye(values.shape[-1], dtype=bool)):
        raise np.linalg.LinAlgError("vectors that belong to equal eigenvalues or singular values have no derivative")
    return ~equal / (gaps + equal)


def inverse_values(values, part):
    """Return 1 / values, and 0 for values of 0; LinAlgError where the part of a vector needs one of these."""
    if values.shape[-1] == 0:
        return values
    rounding = values.shape[-1] * np.finfo(values.dtype).eps
    zero = np.abs(values) <= rounding * np.max(np.abs(values), axis=-1, keepdims=True)
    if np.any(zero & (part > rounding * np.max(part, axis=-1, keepdims=True))):
        raise np.linalg.LinAlgError("the vectors that belong to singular values of zero have no derivative")
    return ~zero / (values + zero)


def known_columns(g, count):
    """Return the first columns of a cotangent; LinAlgError where the others, which may turn freely, have one."""
    if count > 0 and np.any(g[..., count:]):  # an empty matrix does not move
        raise np.linalg.LinAlgError("the vectors that fill up a basis, with full matrices, have no derivative")
    return g[..., :count]


def unknown_columns(g, count):
    """Fill a matrix up to a number of columns with nan: the tangents of vectors that may turn freely."""
    rest = np.full((*g.shape[:-1], count - g.shape[-1]), np.nan if g.shape[-1] else 0.0, g.dtype)
    return np.concatenate([g, rest], axis=-1)


def without_phase(turn):
    """Make the diagonal of a matrix real; LinAlgError where it is not small: results that hang on vectors' phases."""
    phase = np.imag(np.diagonal(turn, axis1=-2, axis2=-1))
    scale = np.max(np.abs(turn), axis=(-2, -1), initial=0.0)
    if np.any(np.max(np.abs(phase), axis=-1, initial=0.0) > np.sqrt(np.finfo(phase.dtype).eps) * scale):
        raise np.linalg.LinAlgError("a result that hangs on the phases of complex vectors has no derivative")
    return turn - 1j * phase[..., None] * np.eye(turn.shape[-1], dtype=phase.dtype)


def independent(r):
    """The square factor of a QR decomposition; LinAlgError where columns depend on each other."""
    diagonal = np.abs(np.diagonal(r, axis1=-2, axis2=-1))
    largest = np.max(np.abs(r), axis=(-2, -1), initial=0.0)[..., None]
    if np.any(diagonal <= r.shape[-1] * np.finfo(r.dtype).eps * largest):
        raise np.linalg.LinAlgError("the QR decomposition of columns that depend on each other has no derivative")
    return r


def condition(values):
    """The ratio of the largest and the smallest singular value."""
    if values.shape[-1] == 0:
        raise np.linalg.LinAlgError("cond is not defined on empty arrays")
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = values[..., 0] / values[..., -1]
    return np.where(values[..., -1] == 0, np.inf, ratio)[()]


def not_zero(values):
    """The smallest singular values; LinAlgError where one is zero."""
    if not values.all():
        raise np.linalg.LinAlgError("the condition number of a singular matrix has no derivative")
    return values


def regular(a):
    """A matrix; LinAlgError where it is singular."""
    if a.size and np.min(np.linalg.matrix_rank(a)) < a.shape[-1]:
        raise np.linalg.LinAlgError("this function of a singular matrix has no derivative")
    return a


def regular_root(root):
    """A square root of a matrix; LinAlgError where the matrix is singular, of which it keeps half of the digits."""
    values = np.linalg.svd(root, compute_uv=False)
    if root.size and values[-1] <= np.sqrt(len(root) * np.finfo(root.dtype).eps) * values[0]:
        raise np.linalg.LinAlgError("the square root of a singular matrix has no derivative")
    return root


def adjugate(a):
    """det(a) * inv(a), which exists where a is singular as well."""
    try:
        return np.linalg.det(a)[..., None, None] * np.linalg.inv(a)
    except np.linalg.LinAlgError:
        u, s, vh = np.linalg.svd(a)
        others = np.where(np.eye(s.shape[-1], dtype=bool), 1.0, s[..., None, :])
        turned = u * np.prod(others, axis=-1)[..., None, :]
        sign = np.linalg.det(u) * np.linalg.det(vh)
        return sign[..., None, None] * np.conj(np.swapaxes(turned @ vh, -1, -2))


def inverse_of_lower(a):
    """The inverse of a lower triangular matrix: of each half, and by products of what is below."""
    half = a.shape[-1] // 2
    if half < 16:
        return np.linalg.inv(a)
    out = np.zeros_like(a)
    upper = out[..., :half, :half] = inverse_of_lower(a[..., :half, :half])
    lower = out[..., half:, half:] = inverse_of_lower(a[..., half:, half:])
    out[..., half:, :half] = -lower @ (a[..., half:, :half] @ upper)
    return out


def _gaps(values: Arg, turn: Arg) -> Type:
    t = number(values)
    known = axes(t)
    return Array(t.dtype, None if known is None else (*known, known[-1]))


def _same(values: Arg, part: Arg) -> Type:
    return number(values)


def _columns(g: Arg, count: Arg) -> Type:
    known = axes(number(g))
    return Array(number(g).dtype, None if known is None else (*known[:-1], "?"))


def _condition(values: Arg) -> Type:
    known = axes(number(values))
    return of(number(values).dtype, None if known is None else known[:-1])


primitive("independent", independent, lambda r: number(r), style="helper", alias="maybe")
condition_prim = primitive("condition", condition, _condition, style="helper")
primitive("not_zero", not_zero, lambda values: number(values), style="helper", alias="maybe")
primitive("regular", regular, lambda a: Array(*square(a)), style="helper", alias="maybe")
primitive("regular_root", regular_root, lambda root: Array(*square(root)), style="helper", alias="maybe")
gaps = primitive("inverse_gaps", inverse_gaps, _gaps, style="helper")
inverses = primitive("inverse_values", inverse_values, _same, style="helper")
leading = primitive("known_columns", known_columns, _columns, style="helper", alias="maybe")
filled = primitive("unknown_columns", unknown_columns, _columns, style="helper")
unphased = primitive("without_phase", without_phase, lambda turn: number(turn), style="helper")
primitive("inverse_of_lower", inverse_of_lower, lambda a: Array(*square(a)), style="helper")
cofactors = primitive("adjugate", adjugate, lambda a: Array(*square(a)), style="helper")


def complex_of(dtype: str) -> str:
    return str(name_of(np.result_type(np_dtype(dtype), np.complex64)))


def _eig(a: Arg) -> tuple[Type, ...]:
    dtype, known = square(a)
    stack: Axes | None = None if known is None else known[:-1]
    return Array(complex_of(dtype), stack), Array(complex_of(dtype), known)


def complex_eig(a):
    """Eigenvalues and eigenvectors as complex numbers, also where all of them are real."""
    values, vectors = np.linalg.eig(a)
    return values.astype(np.result_type(values, 1j)), vectors.astype(np.result_type(vectors, 1j))


def run_eig(a: Any) -> Any:
    return tuple(np.linalg.eig(a))


eig_of_real = primitive("complex_eig", complex_eig, _eig, style="helper")
eig = primitive("np.linalg.eig", run_eig, _eig)
