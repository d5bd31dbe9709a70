"""Rules of decompositions: ``cholesky``, ``eigh``, ``eig``, ``svd``, ``qr``, of real and of complex matrices.

Sources as in ``rules.linalg``; for complex matrices Z.-Q. Wan and S.-X. Zhang, "Automatic differentiation for complex
valued SVD" (arXiv:1909.02659), and C. Boeddeker et al., "On the computation of complex-valued gradients" (2017).
Rules of reverse mode are written with the conjugate of ``ans_bar``, for which they read as in the literature, with
adjoints where real matrices have transposes.

Functions of symmetric matrices read one triangle, and so their cotangent has one triangle: what NumPy does not read has
no derivative. What hangs on how vectors of equal values turn, or on phases of complex vectors, is refused when it runs
(``prims.spectra``).
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import numpy as np

from s2sad.prims import linalg as prims
from s2sad.prims import spectra
from s2sad.prims.products import conj
from s2sad.prims.runtime import fitted
from s2sad.prims.spectra import (
    independent,
    inverse_gaps,
    inverse_of_lower,
    inverse_values,
    known_columns,
    unknown_columns,
    without_phase,
)
from s2sad.rules.book import linear, partials, pullback, pushforward
from s2sad.rules.linalg import H, mT, total

# -- helpers ----------------------------------------------------------------------------------------------------------


@pushforward("inverse_gaps", wrt="values")
def inverse_gaps_dot(values_dot, ans):
    return (np.expand_dims(values_dot, -1) - np.expand_dims(values_dot, -2)) * ans**2


@partials("inverse_values", wrt="values")
def inverse_values_slope(ans):
    return -(ans**2)


@pushforward("independent", wrt="r")
def independent_dot(r_dot):
    return r_dot


@pushforward("regular_root", wrt="root")
def regular_root_dot(root_dot):
    return root_dot


@pushforward("regular", wrt="a")
def regular_dot(a_dot):
    return a_dot


@linear("known_columns", wrt="g")
def known_columns_bar(ans_bar, g):
    return unknown_columns(ans_bar, np.shape(g)[-1])


@linear("unknown_columns", wrt="g")
def unknown_columns_bar(ans_bar, g):
    return known_columns(ans_bar, np.shape(g)[-1])


@linear("without_phase", wrt="turn")
def without_phase_bar(ans_bar):
    """The cotangent pairs without conjugation, so that its imaginary part is that of the conjugate."""
    return ans_bar - 1j * np.imag(ans_bar) * np.eye(np.shape(ans_bar)[-1])


# -- symmetric matrices -----------------------------------------------------------------------------------------------


@pullback(np.linalg.cholesky)
def cholesky(ans_bar, ans):
    inverse = inverse_of_lower(ans)
    half = half_lower(H(ans) @ conj(ans_bar))
    return one_triangle(H(inverse) @ (half @ inverse), "L")


@pushforward("inverse_of_lower")
def inverse_of_lower_dot(a_dot, ans):
    return -ans @ a_dot @ ans


@pullback("inverse_of_lower")
def inverse_of_lower_bar(ans_bar, ans):
    return np.tril(-mT(ans) @ ans_bar @ mT(ans))


def half_lower(x):
    """The lower triangle, with half of the diagonal."""
    return np.tril(x) * (1 - np.eye(x.shape[-1]) / 2)


def one_triangle(a_bar, UPLO):  # noqa: N803
    """The cotangent of the triangle that is read, from that of the whole symmetric matrix."""
    lower = half_lower(a_bar + H(a_bar))
    return conj(lower) if UPLO in ("L", "l") else conj(H(lower))


def both_triangles(a, UPLO):  # noqa: N803
    """The symmetric matrix of which one triangle is read."""
    lower = half_lower(a if UPLO in ("L", "l") else H(a))
    return lower + H(lower)


@pushforward(prims.eigh, wrt="a")
def eigh_dot(a_dot, ans, UPLO):  # noqa: N803
    values, vectors = ans
    turn = H(vectors) @ both_triangles(a_dot, UPLO) @ vectors
    return np.real(np.diagonal(turn, 0, -2, -1)), vectors @ (turn * inverse_gaps(values, turn))


@pullback(prims.eigh, wrt="a")
def eigh(ans_bar, ans, UPLO):  # noqa: N803
    values_bar, vectors_bar = ans_bar
    values, vectors = ans
    if vectors_bar is None:
        return one_triangle((vectors * np.expand_dims(values_bar, -2)) @ H(vectors), UPLO)
    turn = H(vectors) @ conj(vectors_bar)
    if np.iscomplexobj(turn):
        turn = without_phase(turn)
    weights = np.sum(np.abs(vectors_bar), axis=-2)
    if values_bar is not None:
        weights = weights + np.abs(values_bar)
    inner = turn * inverse_gaps(values, np.expand_dims(weights, -1) + np.expand_dims(weights, -2))
    if values_bar is not None:
        inner = inner + np.expand_dims(values_bar, -2) * np.eye(values.shape[-1])
    return one_triangle(vectors @ inner @ H(vectors), UPLO)


# -- eigenvalues of general matrices ----------------------------------------------------------------------------------


def places_of_largest(vectors):
    """Where the largest item of each column is; of no items, nowhere."""
    return np.argsort(-np.abs(vectors), axis=-2)[..., :1, :]


def eig_dot(a_dot, ans):
    """LAPACK scales vectors to length 1, and turns them so that the largest item is real."""
    values, vectors = ans
    turn = np.linalg.solve(vectors, a_dot @ vectors)
    free = vectors @ (turn * inverse_gaps(values, turn))
    along = np.sum(np.real(conj(vectors) * free), axis=-2, keepdims=True)
    top = places_of_largest(vectors)
    item, item_dot = np.take_along_axis(vectors, top, axis=-2), np.take_along_axis(free, top, axis=-2)
    return np.diagonal(turn, 0, -2, -1), free - vectors * (along + 1j * np.imag(item_dot / item))


def eig_bar(ans_bar, ans):
    values_bar, vectors_bar = ans_bar
    values, vectors = ans
    if vectors_bar is None:
        return np.linalg.solve(mT(vectors), np.expand_dims(values_bar, -1) * mT(vectors))
    # the transposes of the steps of eig_dot
    along_bar = np.sum(np.real(vectors * vectors_bar), axis=-2, keepdims=True)
    phase_bar = np.sum(np.imag(vectors * vectors_bar), axis=-2, keepdims=True)
    top = places_of_largest(vectors)
    at_top = np.expand_dims(np.arange(np.shape(vectors)[-2]), -1) == top
    item = np.take_along_axis(vectors, top, axis=-2)
    free_bar = vectors_bar - conj(vectors) * along_bar - at_top * (1j * phase_bar / item)
    inner_bar = mT(vectors) @ free_bar
    weights = np.sum(np.abs(vectors_bar), axis=-2)
    if values_bar is not None:
        weights = weights + np.abs(values_bar)
    inner_bar = inner_bar * inverse_gaps(values, np.expand_dims(weights, -1) + np.expand_dims(weights, -2))
    if values_bar is not None:
        inner_bar = inner_bar + np.expand_dims(values_bar, -2) * np.eye(np.shape(vectors)[-1])
    return np.linalg.solve(mT(vectors), inner_bar @ mT(vectors))


for general in (spectra.eig, spectra.eig_of_real):
    pushforward(general)(eig_dot)
    pullback(general)(eig_bar)


# -- singular values --------------------------------------------------------------------------------------------------


def lengths(x):
    return np.sum(np.abs(x), axis=-2)


def phase_of(turn):
    """The imaginary parts of the diagonal, as a diagonal matrix."""
    return 1j * np.expand_dims(np.imag(np.diagonal(turn, 0, -2, -1)), -1) * np.eye(np.shape(turn)[-1])


@pushforward(prims.svd, wrt="a")
def svd_dot(a_dot, ans, full_matrices):
    u, s, vh = ans
    k = np.shape(s)[-1]
    rows, columns = np.shape(u)[-2], np.shape(vh)[-1]
    if full_matrices:
        u, vh = u[..., :k], vh[..., :k, :]
    turn = H(u) @ a_dot @ H(vh)
    row, column = np.expand_dims(s, -2), np.expand_dims(s, -1)
    left, right = turn * row, column * turn
    left, right = left + H(left), right + H(right)
    sums = row + column
    sums = sums + (sums == 0)
    u_turn, v_turn = left * inverse_gaps(s, left) / sums, right * inverse_gaps(s, right) / sums
    beyond_u = (a_dot @ H(vh) - u @ turn) * (rows > k)
    beyond_v = (H(a_dot) @ u - H(vh) @ H(turn)) * (columns > k)
    if np.iscomplexobj(turn):
        phase = phase_of(turn)
        phase = phase * np.expand_dims(inverse_values(s, lengths(phase)), -1) / 2
        u_turn, v_turn = u_turn + phase, v_turn - phase
    u_dot = u @ u_turn + beyond_u * np.expand_dims(inverse_values(s, lengths(beyond_u)), -2)
    v_dot = H(vh) @ v_turn + beyond_v * np.expand_dims(inverse_values(s, lengths(beyond_v)), -2)
    if full_matrices:
        u_dot, v_dot = unknown_columns(u_dot, rows), unknown_columns(v_dot, columns)
    return u_dot, np.real(np.diagonal(turn, 0, -2, -1)), H(v_dot)


@pullback(prims.svd, wrt="a")
def svd(ans_bar, ans, full_matrices):
    u_bar, s_bar, vh_bar = ans_bar
    u, s, vh = ans
    k = np.shape(s)[-1]
    rows, columns = np.shape(u)[-2], np.shape(vh)[-1]
    if full_matrices:
        u, vh = u[..., :k], vh[..., :k, :]
    if u_bar is None and vh_bar is None:
        return conj((u * np.expand_dims(s_bar, -2)) @ vh)
    v = H(vh)
    row, column = np.expand_dims(s, -2), np.expand_dims(s, -1)
    weights = None if s_bar is None else np.abs(s_bar)
    if u_bar is not None:
        u_bar = conj(known_columns(u_bar, k) if full_matrices else u_bar)
        weights = total(weights, lengths(u_bar))
    if vh_bar is not None:
        v_bar = mT(vh_bar)
        v_bar = known_columns(v_bar, k) if full_matrices else v_bar
        weights = total(weights, lengths(v_bar))
    sums = row + column
    gaps = inverse_gaps(s, np.expand_dims(weights, -1) + np.expand_dims(weights, -2)) / (sums + (sums == 0))
    inner, of_u, of_v = None, None, None
    u_turn = None if u_bar is None else H(u) @ u_bar
    v_turn = None if vh_bar is None else vh @ v_bar
    if np.iscomplexobj(u):  # together they do not hang on phases
        if u_turn is None:
            v_turn = without_phase(v_turn)
        else:
            u_turn = without_phase(u_turn) if v_turn is None else without_phase(u_turn + v_turn) - v_turn
    if u_bar is not None:
        inner = (u_turn - H(u_turn)) * gaps * row
        beyond = (u_bar - u @ u_turn) * (rows > k)
        of_u = (beyond * np.expand_dims(inverse_values(s, lengths(beyond)), -2)) @ vh
    if vh_bar is not None:
        inner = total(inner, column * ((v_turn - H(v_turn)) * gaps))
        beyond = (v_bar - v @ v_turn) * (columns > k)
        of_v = u @ H(beyond * np.expand_dims(inverse_values(s, lengths(beyond)), -2))
    if np.iscomplexobj(u) and u_turn is not None and v_turn is not None:
        phase = phase_of(u_turn)
        inner = inner + phase * np.expand_dims(inverse_values(s, lengths(phase)), -1)
    if s_bar is not None:
        inner = inner + np.expand_dims(s_bar, -2) * np.eye(k)
    return conj(total(u @ inner @ vh, of_u, of_v))


# -- QR ---------------------------------------------------------------------------------------------------------------


@pullback(prims.qr, wrt="a")
def qr(ans_bar, ans, a, mode):
    q_bar, r_bar = ans_bar
    q, r = ans
    # The first columns are decomposed; those beyond the rank of q, if there are any, are only turned by it.
    if mode == "complete":
        k = min(a.shape[-2], a.shape[-1])
        q, r = q[..., :k], r[..., :k, :]
        q_bar = None if q_bar is None else known_columns(q_bar, k)
        r_bar = None if r_bar is None else r_bar[..., :k, :]
    k = q.shape[-1]
    square, rest = r[..., :k], a[..., k:]
    q_bar, r_bar = None if q_bar is None else conj(q_bar), None if r_bar is None else conj(r_bar)
    if r_bar is None:
        turned, inner, rest_bar = q_bar, -H(q_bar) @ q, np.zeros_like(rest)
    else:
        turned = total(q_bar, rest @ H(r_bar[..., k:]))
        inner = square @ H(r_bar[..., :k]) - H(turned) @ q
        rest_bar = q @ r_bar[..., k:]
    first = H(np.linalg.solve(independent(square), H(turned + q @ mirrored(inner))))
    return conj(np.concatenate([first, rest_bar], axis=-1))


@pushforward(prims.qr, wrt="a")
def qr_dot(a_dot, ans, a, mode):
    q, r = ans
    k = min(a.shape[-2], a.shape[-1])
    rows = np.shape(a)[-2]
    if mode == "complete":
        q, r = q[..., :k], r[..., :k, :]
    square, rest = r[..., :k], r[..., k:]
    moved = H(np.linalg.solve(H(independent(square)), H(a_dot[..., :k])))
    inner = H(q) @ moved
    upper = inner - np.tril(inner, -1) + H(np.tril(inner, -1))
    if np.iscomplexobj(inner):
        upper = upper - phase_of(inner)
    q_dot = moved - q @ upper
    r_dot = np.concatenate([upper @ square, H(q) @ (a_dot[..., k:] - q_dot @ rest)], axis=-1)
    if mode == "complete":
        return unknown_columns(q_dot, rows), mT(fitted(mT(r_dot), rows))
    return q_dot, r_dot


def mirrored(x):
    """The symmetric matrix of a lower triangle."""
    if np.iscomplexobj(x):
        half = half_lower(x)
        return half + H(half)
    return np.tril(x) + mT(np.tril(x, -1))
