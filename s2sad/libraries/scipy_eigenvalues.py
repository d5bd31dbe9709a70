"""``scipy.linalg``: eigenvalue problems, of pairs of matrices and of banded ones too.

Eigenvectors of pairs: with B⁻¹ A = V Λ V⁻¹, dΛ and the turn of V are those of V⁻¹ B⁻¹ (dA V - dB V Λ). Left ones are
right ones of the adjoint, with conjugate values.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import numpy as np
import scipy.linalg
import scipy.linalg as sl

import s2sad.libraries.scipy_linalg  # noqa: F401  (whose rules these refer to)
from s2sad.ir.core import Arg
from s2sad.ir.types import Array, Type
from s2sad.libraries.scipy_linalg import dense_of, one_half, transposed_bands
from s2sad.libraries.scipy_triangular import solve_triangular
from s2sad.prims.inference import number
from s2sad.prims.linalg import float_dtype, square
from s2sad.prims.primitive import REGISTRY, primitive, unsupported
from s2sad.prims.products import conj
from s2sad.prims.spectra import complex_of, inverse_gaps
from s2sad.rules.book import pullback, pushforward
from s2sad.rules.decompositions import eig_bar, eig_dot
from s2sad.rules.linalg import H

define = REGISTRY.define


# -- symmetric matrices -----------------------------------------------------------------------------------------------


def chosen(values, vectors, first_and_last=None, above_and_up_to=None):
    """Some of the eigenvalues, by their places or by their values, and the vectors that belong to them."""
    if first_and_last is not None:
        first, last = first_and_last
        return values[..., first : last + 1], vectors[..., first : last + 1]
    if above_and_up_to is not None:
        if np.ndim(values) > 1:
            unsupported("eigenvalues of a stack of matrices by their values", instead="take the matrices one by one")
        above, up_to = above_and_up_to
        within = (values > above) & (values <= up_to)
        return values[within], vectors[:, within]
    return values, vectors


@define(sl.eigh)
def eigh(
    a, b=None, *, lower=True, eigvals_only=False, overwrite_a=False, overwrite_b=False, type=1, check_finite=True,
    subset_by_index=None, subset_by_value=None, driver=None,
):  # fmt: skip
    if b is not None:
        factor = np.linalg.cholesky(one_half(b, lower, "h"))
        whole = one_half(a, lower, "h")
        if type == 1:
            left = solve_triangular(factor, whole, lower=True)
            a = H(solve_triangular(factor, H(left), lower=True))
        else:
            a = H(factor) @ whole @ factor
    values, vectors = np.linalg.eigh(a, "L" if lower or b is not None else "U")
    if b is not None:
        vectors = factor @ vectors if type == 3 else solve_triangular(factor, vectors, trans=2, lower=True)
    values, vectors = chosen(values, vectors, subset_by_index, subset_by_value)
    return values if eigvals_only else (values, vectors)


@define(sl.eigvalsh)
def eigvalsh(
    a, b=None, *, lower=True, overwrite_a=False, overwrite_b=False, type=1, check_finite=True, subset_by_index=None,
    subset_by_value=None, driver=None,
):  # fmt: skip
    return eigh(
        a, b, lower=lower, eigvals_only=True, type=type, subset_by_index=subset_by_index,
        subset_by_value=subset_by_value,
    )  # fmt: skip


def selected(values, vectors, eigvals_only, select, select_range):
    """What older functions of SciPy choose: all, by value, by index."""
    if select in ("v", "value", 1):
        values, vectors = chosen(values, vectors, above_and_up_to=select_range)
    elif select in ("i", "index", 2):
        values, vectors = chosen(values, vectors, first_and_last=select_range)
    return values if eigvals_only else (values, vectors)


@define(sl.eigh_tridiagonal)
def eigh_tridiagonal(
    d, e, eigvals_only=False, select="a", select_range=None, check_finite=True, tol=0.0, lapack_driver="auto"
):
    values, vectors = np.linalg.eigh(np.diag(d) + np.diag(e, -1))
    return selected(values, vectors, eigvals_only, select, select_range)


@define(sl.eigvalsh_tridiagonal)
def eigvalsh_tridiagonal(d, e, select="a", select_range=None, check_finite=True, tol=0.0, lapack_driver="auto"):
    return eigh_tridiagonal(d, e, True, select, select_range)


@define(sl.eig_banded)
def eig_banded(
    a_band, lower=False, eigvals_only=False, overwrite_a_band=False, select="a", select_range=None, max_ev=0,
    check_finite=True,
):  # fmt: skip
    count = np.shape(a_band)[0] - 1
    below = a_band if lower else conj(transposed_bands(a_band, 0, count))
    values, vectors = np.linalg.eigh(dense_of(below, count))
    return selected(values, vectors, eigvals_only, select, select_range)


@define(sl.eigvals_banded)
def eigvals_banded(a_band, lower=False, overwrite_a_band=False, select="a", select_range=None, check_finite=True):
    return eig_banded(a_band, lower, True, select=select, select_range=select_range)


# -- general matrices -------------------------------------------------------------------------------------------------


def pencil_parts(a, b):
    """Eigenvalues and eigenvectors of a pair of matrices, as complex numbers."""
    values, vectors = scipy.linalg.eig(a, b)
    return values.astype(np.result_type(values, 1j)), vectors.astype(np.result_type(vectors, 1j))


def right_parts(a):
    """Eigenvalues and eigenvectors, as complex numbers."""
    values, vectors = scipy.linalg.eig(a)
    return values.astype(np.result_type(values, 1j)), vectors.astype(np.result_type(vectors, 1j))


def left_parts(a, b=None):
    """Eigenvalues and left eigenvectors, as complex numbers."""
    values, vectors, _ = scipy.linalg.eig(a, b, left=True, right=True)
    return values.astype(np.result_type(values, 1j)), vectors.astype(np.result_type(vectors, 1j))


def turning(moved, vectors):
    """How vectors move, but for their phases, of which it is not known how they turn."""
    return moved


def unturned(bar, vectors):
    """The cotangent of vectors; LinAlgError where it hangs on their phases."""
    phase = np.abs(np.imag(np.sum(vectors * bar, axis=-2)))
    if np.any(phase > np.sqrt(np.finfo(phase.dtype).eps) * np.max(np.abs(bar), initial=0.0)):
        raise np.linalg.LinAlgError("a result that hangs on the phases of complex vectors has no derivative")
    return bar


def _pencil(a: Arg, b: Arg) -> tuple[Type, ...]:
    _, known = square(a)
    dtype = complex_of(float_dtype(number(a).dtype, number(b).dtype))
    return Array(dtype, None if known is None else known[:-1]), Array(dtype, known)


def _left(a: Arg) -> tuple[Type, ...]:
    return _pencil(a, a)


primitive("pencil_parts", pencil_parts, _pencil, style="helper")
left_pencil_parts = REGISTRY.word(
    primitive("left_pencil_parts", left_parts, _pencil, style="helper", text="left_parts", calls=())
)
primitive("left_parts", left_parts, _left, style="helper")
right_ = primitive("right_parts", right_parts, _left, style="helper")  # whose signs need not be those of NumPy's
pushforward(right_)(eig_dot)
pullback(right_)(eig_bar)
right_parts_of = REGISTRY.word(right_)
primitive("turning", turning, lambda moved, vectors: number(moved), style="helper", alias="maybe")
primitive("unturned", unturned, lambda bar, vectors: number(bar), style="helper", alias="maybe")


@pushforward("left_parts")
def left_dot(a_dot, ans):
    values_dot, vectors_dot = eig_dot(H(a_dot), (conj(ans[0]), ans[1]))
    return conj(values_dot), vectors_dot


@pullback("left_parts")
def left_bar(ans_bar, ans):
    values_bar = None if ans_bar[0] is None else conj(ans_bar[0])
    return H(eig_bar((values_bar, ans_bar[1]), (conj(ans[0]), ans[1])))


@pushforward("pencil_parts")
def pencil_dot(a_dot, b_dot, ans, b):
    return turned_pencil(a_dot, b_dot, *ans, b)


@pushforward("left_pencil_parts")
def left_pencil_dot(a_dot, b_dot, ans, b):
    values_dot, vectors_dot = turned_pencil(
        None if a_dot is None else H(a_dot), None if b_dot is None else H(b_dot), conj(ans[0]), ans[1], H(b)
    )
    return conj(values_dot), vectors_dot


def turned_pencil(a_dot, b_dot, values, vectors, b):
    moved = 0.0 if a_dot is None else a_dot @ vectors
    if b_dot is not None:
        moved = moved - (b_dot @ vectors) * values
    turn = np.linalg.solve(b @ vectors, moved)
    free = vectors @ (turn * inverse_gaps(values, np.ones(np.shape(b))))
    along = np.sum(np.real(conj(vectors) * free), axis=-2, keepdims=True)
    return np.diagonal(turn, 0, -2, -1), turning(free - vectors * along, vectors)


@pullback("turning", wrt="moved")
def turning_bar(ans_bar, vectors):
    return unturned(ans_bar, vectors)


@pushforward("unturned", wrt="bar")
def unturned_dot(bar_dot):
    return bar_dot


@define(sl.eig)
def eig(
    a, b=None, left=False, right=True, overwrite_a=False, overwrite_b=False, check_finite=True,
    homogeneous_eigvals=False,
):  # fmt: skip
    if homogeneous_eigvals and b is not None:
        unsupported("scipy.linalg.eig with b= and homogeneous_eigvals=True", instead="leave it out")
    if left and not right and b is not None:
        unsupported("scipy.linalg.eig with b= and left vectors alone", instead="ask for right=True too")
    if b is None:
        values, vectors = right_parts_of(a)
        values = np.stack([values, np.ones_like(values)]) if homogeneous_eigvals else values
    else:
        values, vectors = pencil_parts(a, b)
    if not left:
        return (values, vectors) if right else values
    left_vectors = (left_parts(a) if b is None else left_pencil_parts(a, b))[1]
    return (values, left_vectors, vectors) if right else (values, left_vectors)


@define(sl.eigvals)
def eigvals(a, b=None, overwrite_a=False, check_finite=True, homogeneous_eigvals=False):
    return eig(a, b, False, False, homogeneous_eigvals=homogeneous_eigvals)


