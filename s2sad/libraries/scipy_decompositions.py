"""``scipy.linalg``: decompositions beside those of NumPy: Schur, Hessenberg, LDL, bases of ranges and null spaces.

Schur: A = Z T Zᴴ moves by dZ = Z Ω with dT = E + T Ω - Ω T, where E = Zᴴ dA Z. What is below the diagonal of T, and
below the blocks on it, stays zero: with the eigenvectors U of T an equation for each element of U⁻¹ Ω U below.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg
import scipy.linalg as sl

import s2sad.libraries.scipy_linalg_functions  # noqa: F401  (whose rules these refer to)
from s2sad.ir.core import Arg
from s2sad.ir.types import INT, Array, Type, axes
from s2sad.libraries.scipy_eigenvalues import unturned
from s2sad.libraries.scipy_linalg import one_half
from s2sad.libraries.scipy_linalg_functions import exponential_of, only_found, pivots_of
from s2sad.prims.inference import number
from s2sad.prims.linalg import matrix, square
from s2sad.prims.matrices import eig_, svd_
from s2sad.prims.matrices import eigvals as eigvals_
from s2sad.prims.primitive import REGISTRY, primitive
from s2sad.prims.products import conj
from s2sad.prims.spectra import complex_of, inverse_gaps
from s2sad.rules.book import constant, pullback, pushforward
from s2sad.rules.linalg import H

define = REGISTRY.define


def as_complex(a):
    return a if np.iscomplexobj(a) else a + 0j


# -- Schur ------------------------------------------------------------------------------------------------------------


def schur_parts(a, sort=None):
    """The factors of a = z @ t @ zᴴ, and how many eigenvalues were sorted to the front."""
    found = scipy.linalg.schur(a, "real" if a.dtype.kind != "c" else "complex", sort=sort)
    return found if sort is not None else (*found, len(a))


def triangle_parts(t):
    """Eigenvalues and eigenvectors of a triangular matrix, in its order, also of one with blocks for complex pairs."""
    upper, basis = t, np.eye(len(t), dtype=t.dtype)
    if not np.iscomplexobj(t):
        upper, basis = scipy.linalg.rsf2csf(t, basis)
    vectors = basis.copy()
    for k in range(1, len(t)):
        shifted = upper[:k, :k] - upper[k, k] * np.eye(k, dtype=upper.dtype)
        if not shifted.diagonal().all():
            raise np.linalg.LinAlgError("Schur vectors that belong to equal eigenvalues have no derivative")
        vectors[:, k] -= basis[:, :k] @ scipy.linalg.solve_triangular(shifted, upper[:k, k])
    return upper.diagonal().copy(), vectors


def below_blocks(x, t):
    """What is below the diagonal of a matrix, and below the blocks on the diagonal of t."""
    below = np.tril(x, -1)
    k = np.flatnonzero(t.diagonal(-1))
    below[k + 1, k] = 0.0
    return below


def inverse_sums(t):
    """Return 1 / (t[k, k + 1] + t[k + 1, k]) in the blocks on the diagonal, 0 between them."""
    blocks = t.diagonal(-1) != 0.0
    sums = t.diagonal(1) + t.diagonal(-1)
    if not sums[blocks].all():
        raise np.linalg.LinAlgError("the Schur form of a turning block has no derivative: its vectors turn freely")
    return blocks / np.where(blocks, sums, 1.0)


def _inverse_sums(t: Arg) -> Type:
    return Array(number(t).dtype, ("?",))


def _schur(a: Arg, sort: Any = None) -> tuple[Type, ...]:
    dtype, known = square(a)
    return Array(dtype, known or ("?", "?")), Array(dtype, known or ("?", "?")), INT


def _triangle(t: Arg) -> tuple[Type, ...]:
    dtype, known = square(t)
    known = known or ("?", "?")
    return Array(complex_of(dtype), known[:1]), Array(complex_of(dtype), known)


primitive("schur_parts", schur_parts, _schur, style="helper")
primitive("triangle_parts", triangle_parts, _triangle, style="helper")
primitive("below_blocks", below_blocks, lambda x, t: number(x), style="helper")


primitive("inverse_sums", inverse_sums, _inverse_sums, style="helper")


@pushforward("inverse_sums", wrt="t")
def inverse_sums_dot(t_dot, ans):
    return -(np.diagonal(t_dot, 1) + np.diagonal(t_dot, -1)) * ans**2


@pushforward("triangle_parts")
def triangle_dot(t_dot, ans):
    values, vectors = ans
    turn = np.linalg.solve(vectors, t_dot @ vectors)
    return np.diagonal(turn), vectors @ (turn * inverse_gaps(values, np.ones(np.shape(t_dot))))


@pullback("below_blocks", wrt="x")
def below_blocks_bar(ans_bar, t):
    return below_blocks(ans_bar, t)


@pushforward("schur_parts", wrt="a")
def schur_dot(a_dot, ans):
    t, z, _ = ans
    inner = H(z) @ a_dot @ z
    values, vectors = triangle_parts(t)
    moved = below_blocks(np.linalg.solve(vectors, inner @ vectors), t)
    lower = vectors @ (moved * inverse_gaps(values, below_blocks(np.ones(np.shape(t)), t))) @ np.linalg.inv(vectors)
    if np.iscomplexobj(t):
        lower = below_blocks(lower, t)
        turn = of_any_phase(lower - H(lower))
        return inner + t @ turn - turn @ t, z @ turn, None
    lower = below_blocks(np.real(lower), t)
    turn = lower - lower.T  # and where a block has a pair of complex eigenvalues, its diagonal has one number twice
    so_far = np.diagonal(inner + t @ turn - turn @ t)
    rate = (so_far[1:] - so_far[:-1]) / 2.0 * inverse_sums(t)
    turn = turn + np.diag(rate, -1) - np.diag(rate, 1)
    return inner + t @ turn - turn @ t, z @ turn, None


def of_any_phase(turn):
    """A turn of vectors, of which it is not known how their phases turn."""
    return turn


primitive("of_any_phase", of_any_phase, lambda turn: number(turn), style="helper", alias="maybe")


@pullback("of_any_phase", wrt="turn")
def of_any_phase_bar(ans_bar):
    return unturned(ans_bar, np.eye(np.shape(ans_bar)[-1]))


@define(sl.schur)
def schur(a, output="real", lwork=None, overwrite_a=False, sort=None, check_finite=True):
    t, z, count = schur_parts(as_complex(a) if output in ("complex", "c") else a, sort)
    return (t, z) if sort is None else (t, z, count)


@define(sl.rsf2csf)
def rsf2csf(T, Z, check_finite=True):  # noqa: N803
    """Each block on the diagonal is made triangular by a turn of its two columns."""
    form, basis = np.array(as_complex(T)), np.array(as_complex(Z))
    for m in range(np.shape(T)[0] - 1, 0, -1):
        block = slice(m - 1, m + 1)
        size = np.abs(form[m - 1, m - 1]) + np.abs(form[m, m])
        if np.abs(form[m, m - 1]) > np.finfo(form.dtype).eps * size:
            across = eigvals_(form[block, block])[0] - form[m, m]
            length = np.hypot(np.abs(across), np.abs(form[m, m - 1]))
            c, s = across / length, form[m, m - 1] / length
            turn = np.array([[conj(c), s], [-s, c]])
            form[block, m - 1 :] = turn @ form[block, m - 1 :]
            form[: m + 1, block] = form[: m + 1, block] @ H(turn)
            basis[:, block] = basis[:, block] @ H(turn)
        form[m, m - 1] = 0.0
    return form, basis


def first_of_pairs(w):
    """Where in a vector of eigenvalues the first one of a conjugate pair stands."""
    first = np.zeros(len(w), dtype=bool)
    for k in np.flatnonzero(w.imag):
        first[k] = k == 0 or not first[k - 1]
    return first


constant(primitive("first_of_pairs", first_of_pairs, lambda w: Array("bool", axes(number(w))), style="helper"))


@define(sl.cdf2rdf)
def cdf2rdf(w, v):
    """Of a pair, with vectors x + iy and x - iy: the block [[p, q], [-q, p]] for p + iq, and vectors -y and x."""
    first = first_of_pairs(as_complex(w))
    imaginary = np.imag(w)
    above, below = (first * imaginary)[:-1], (first[:-1] * imaginary[1:])
    blocks = np.diag(np.real(w)) + np.diag(above, 1) + np.diag(below, -1)
    after, before = np.roll(v, -1, axis=1), np.roll(v, 1, axis=1)
    second = np.roll(first, 1)
    of_first = np.imag(after - v) / 2.0
    return blocks, np.where(first, of_first, np.real(np.where(second, (before + v) / 2.0, v)))


# -- functions by eigenvectors ----------------------------------------------------------------------------------------


def real_part(f):
    """A function of a real matrix as real numbers; LinAlgError where it is complex."""
    if np.any(np.abs(f.imag) > 1e6 * np.finfo(f.dtype).eps * np.max(np.abs(f), initial=0.0)):
        raise np.linalg.LinAlgError("this function of a real matrix is complex: pass it as complex numbers, a + 0j")
    return f.real.copy()


def _real_part(f: Arg) -> Type:
    return Array({"c64": "f32", "c128": "f64"}[number(f).dtype], axes(number(f)))


primitive("real_part", real_part, _real_part, style="helper")


@pushforward("real_part", wrt="f")
def real_part_dot(f_dot):
    return np.real(f_dot)


@define(sl.funm)
def funm(A, func, disp=True):  # noqa: N803
    only_found("funm", disp)
    values, vectors = eig_(A)
    found = (vectors * func(values)) @ np.linalg.inv(vectors)
    return found if np.iscomplexobj(A) else real_part(found)


@define(sl.expm_cond)
def expm_cond(A, check_finite=True):  # noqa: N803
    """The exponential's derivative in all directions, as a matrix."""
    n = np.shape(A)[0]
    directions = np.reshape(np.eye(n * n), (n * n, n, n))
    whole = A + np.zeros_like(directions)
    above = np.concatenate([whole, directions], axis=-1)
    below = np.concatenate([np.zeros_like(whole), whole], axis=-1)
    moved = exponential_of(np.concatenate([above, below], axis=-2))[:, :n, n:]
    steepest = np.linalg.norm(np.reshape(moved, (n * n, n * n)), 2)
    return steepest * np.linalg.norm(A) / np.linalg.norm(exponential_of(A))


# -- LDL, Hessenberg, balance -----------------------------------------------------------------------------------------


def ldl_parts(a, lower=True, hermitian=True):
    """Rows that make the triangular factor so, that factor, and the matrix of blocks."""
    factor, blocks, order = scipy.linalg.ldl(a, lower, hermitian)
    return order, factor[order], blocks


def _ldl(a: Arg, lower: Any = True, hermitian: Any = True) -> tuple[Type, ...]:
    dtype, known = square(a)
    known = known or ("?", "?")
    return Array("i64", known[:1]), Array(dtype, known), Array(dtype, known)


primitive("ldl_parts", ldl_parts, _ldl, style="helper")


@pushforward("ldl_parts", wrt="a")
def ldl_dot(a_dot, ans, lower, hermitian):
    """L⁻¹ dA L⁻ᴴ = X D + dD + D Xᴴ, with X = L⁻¹ dL below the blocks."""
    order, factor, blocks = ans
    moved = a_dot[order][:, order]
    half = np.linalg.solve(factor, moved)
    inner = np.linalg.solve(factor, H(half) if hermitian else half.T)
    inner = H(inner) if hermitian else inner.T
    inside = (np.abs(blocks) > 0) | (np.eye(np.shape(blocks)[0]) > 0)
    beside = np.where(inside, 0.0, np.tril(inner) if lower else np.triu(inner))
    return None, factor @ np.linalg.solve(blocks.T, beside.T).T, np.where(inside, inner, 0.0)


@define(sl.ldl)
def ldl(A, lower=True, hermitian=True, overwrite_a=False, check_finite=True):  # noqa: N803
    whole = one_half(A, lower, "h" if hermitian else "s")
    order, factor, blocks = ldl_parts(whole, bool(lower), bool(hermitian))
    return factor[np.argsort(order)], blocks, order


def reflections(a):
    """The Hessenberg form of a matrix by Householder's reflections, and their product."""
    form, basis = np.array(a), np.eye(np.shape(a)[0], dtype=a.dtype)
    of_complex = np.iscomplexobj(a)  # of which the last item below the diagonal is made real, too
    columns = np.shape(a)[0] - 2
    for k in range(columns + 1 if of_complex and columns > 0 else columns):
        x = form[k + 1 :, k]
        if np.any(np.imag(x)) or np.any(x[1:]) if of_complex else np.any(x[1:]):
            first = x[0]
            length = np.sqrt(np.sum(np.abs(x) ** 2))
            beta = np.where(np.real(first) < 0, length, -length)
            v = np.concatenate([np.ones_like(x[:1]), x[1:] / (first - beta)])
            tau = (beta - first) / beta
            form[k + 1 :] = form[k + 1 :] - conj(tau) * np.outer(v, conj(v) @ form[k + 1 :])
            form[:, k + 1 :] = form[:, k + 1 :] - tau * np.outer(form[:, k + 1 :] @ v, conj(v))
            basis[:, k + 1 :] = basis[:, k + 1 :] - tau * np.outer(basis[:, k + 1 :] @ v, conj(v))
    return np.triu(form, -1), basis


@define(sl.hessenberg)
def hessenberg(a, calc_q=False, overwrite_a=False, check_finite=True):
    form, basis = reflections(a)
    return (form, basis) if calc_q else form


def balancing(a, permute=True, scale=True):
    """The permuted scales (powers of two) that balance a matrix."""
    return scipy.linalg.matrix_balance(a, permute, scale)[1]


def _balancing(a: Arg, permute: Any = True, scale: Any = True) -> Type:
    return Array("f64", square(a)[1])


def scales_and_order(a, permute=True, scale=True):
    """The scales (powers of two) that balance a matrix, and the order of its rows."""
    return scipy.linalg.matrix_balance(a, permute, scale, separate=True)[1]


def _scales(a: Arg, permute: Any = True, scale: Any = True) -> tuple[Type, ...]:
    _, known = square(a)
    return Array("f64", (known or ("?",))[:1]), Array("i64", (known or ("?",))[:1])


constant(primitive("balancing", balancing, _balancing, style="helper"))
constant(primitive("scales_and_order", scales_and_order, _scales, style="helper"))


@define(sl.matrix_balance)
def matrix_balance(A, permute=True, scale=True, separate=False, overwrite_a=False):  # noqa: N803
    turn = balancing(A, permute, scale)
    turn_of_kind = turn.astype(A.dtype)
    balanced = np.linalg.solve(turn_of_kind, A) @ turn_of_kind
    return balanced, (scales_and_order(A, permute, scale) if separate else turn)


# -- bases ------------------------------------------------------------------------------------------------------------


@define(sl.qr_multiply)
def qr_multiply(a, c, mode="right", pivoting=False, conjugate=False, overwrite_a=False, overwrite_c=False):
    if pivoting:
        order = pivots_of(a)
        a = a[:, order]
    q, r = np.linalg.qr(a)
    q = conj(q) if conjugate else q
    found = (q @ c if mode == "left" else c @ q), r
    return (*found, order) if pivoting else found


@define(sl.orth)
def orth(A, rcond=None):  # noqa: N803
    u, s, _ = svd_(A, full_matrices=False)
    least = max(np.shape(A)) * np.finfo(s.dtype).eps if rcond is None else rcond
    return u[:, : np.sum(s > np.max(s, initial=0.0) * least)]


def null_basis(a, rcond=None):
    """An orthonormal basis of the null space of a matrix."""
    return scipy.linalg.null_space(a, rcond)


def in_any_basis(moved, basis):
    """How a basis moves, but for turns in itself, of which it is not known how they go."""
    return moved


def of_the_space(bar, basis):
    """The cotangent of a basis; LinAlgError where it hangs on which basis of its space that is."""
    turn = basis.T @ bar
    if np.any(np.abs(turn - turn.conj().T) > np.sqrt(np.finfo(turn.dtype).eps) * np.max(np.abs(bar), initial=0.0)):
        raise np.linalg.LinAlgError("a result that hangs on which basis of a null space is taken has no derivative")
    return bar


def _null(a: Arg, rcond: Any = None) -> Type:
    dtype, known = matrix(a)
    return Array(dtype, ((known or ("?", "?"))[-1], "?"))


primitive("null_basis", null_basis, _null, style="helper")
primitive("in_any_basis", in_any_basis, lambda moved, basis: number(moved), style="helper", alias="maybe")
primitive("of_the_space", of_the_space, lambda bar, basis: number(bar), style="helper", alias="maybe")


@pushforward("null_basis", wrt="a")
def null_basis_dot(a_dot, ans, a, rcond):
    least = max(np.shape(a)) * np.finfo(a.dtype).eps if rcond is None else rcond
    return in_any_basis(-np.linalg.pinv(a, least) @ (a_dot @ ans), ans)


@pullback("in_any_basis", wrt="moved")
def in_any_basis_bar(ans_bar, basis):
    return of_the_space(ans_bar, basis)


@pushforward("of_the_space", wrt="bar")
def of_the_space_dot(bar_dot):
    return bar_dot


@define(sl.null_space)
def null_space(A, rcond=None, *, overwrite_a=False, check_finite=True, lapack_driver="gesdd"):  # noqa: N803
    return null_basis(A, rcond)
