"""Rules of ``np.linalg``.

M. Giles, "Collected matrix derivative results for forward and reverse mode algorithmic differentiation" (2008);
I. Murray, "Differentiation of the Cholesky decomposition" (arXiv:1602.07527); J. Townsend, "Differentiating the
singular value decomposition" (2016); G. Golub and V. Pereyra, "The differentiation of pseudo-inverses" (SIAM J. Numer.
Anal. 10, 1973); S. Walter and L. Lehmann, "Algorithmic differentiation of linear algebra functions" (2010) for QR.

Functions of symmetric matrices (``cholesky``, ``eigh``) read one triangle, and so their cotangent has one triangle:
what NumPy does not read has no derivative. Where eigenvalues or singular values coincide, their vectors have no
derivative: the result is not a finite number there, while the derivative of the values alone is as it should be.
``det`` wants a regular matrix.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import numpy as np

from s2sad.prims import linalg as prims
from s2sad.prims.runtime import unbroadcast
from s2sad.rules.book import constant, pullback


def mT(x):
    """The transpose of a matrix, or of each of a stack."""
    return x.T if np.ndim(x) == 2 else np.swapaxes(x, -1, -2)


# -- solving ----------------------------------------------------------------------------------------------------------


@pullback(np.linalg.solve)
def solve(ans_bar, ans, a, b):
    if np.ndim(a) == 2 and np.ndim(b) == 1:
        b_bar = np.linalg.solve(a.T, ans_bar)
        return -np.outer(b_bar, ans), b_bar
    if np.ndim(b) == 1:
        columns = np.linalg.solve(mT(a), np.expand_dims(ans_bar, -1))
        return -columns * np.expand_dims(ans, -2), unbroadcast(columns[..., 0], b.shape)
    b_bar = np.linalg.solve(mT(a), ans_bar)
    return unbroadcast(-b_bar @ mT(ans), a.shape), unbroadcast(b_bar, b.shape)


@pullback(np.linalg.inv)
def inv(ans_bar, ans):
    return -mT(ans) @ ans_bar @ mT(ans)


@pullback(np.linalg.det)
def det(ans_bar, ans, a):
    if np.ndim(a) == 2:
        return ans_bar * ans * np.linalg.inv(a).T
    return np.expand_dims(ans_bar * ans, (-2, -1)) * mT(np.linalg.inv(a))


@pullback(prims.slogdet)
def slogdet(ans_bar, a):
    logabsdet_bar = ans_bar[1]
    if logabsdet_bar is None:
        return None
    if np.ndim(a) == 2:
        return logabsdet_bar * np.linalg.inv(a).T
    return np.expand_dims(logabsdet_bar, (-2, -1)) * mT(np.linalg.inv(a))


@pullback(np.linalg.pinv)
def pinv(ans_bar, ans, a):
    rows, columns = a.shape[-2], a.shape[-1]
    outside = np.eye(rows) - a @ ans  # the projections on what a leaves out
    inside = np.eye(columns) - ans @ a
    a_bar = mT(ans @ (mT(ans) @ (ans_bar @ outside))) + mT(((inside @ ans_bar) @ mT(ans)) @ ans)
    return a_bar - mT(ans) @ ans_bar @ mT(ans)


@pullback(prims.lstsq)
def lstsq(ans_bar, ans, a, b):
    x, x_bar = ans[0], ans_bar[0]
    if x_bar is None or ans_bar[1] is not None or ans_bar[3] is not None:
        raise NotImplementedError("only the solution of np.linalg.lstsq can be differentiated, not what else it gives")
    p = np.linalg.pinv(a)
    b_bar = p.T @ x_bar
    if np.ndim(b) == 1:
        within = np.outer(p.T @ x, x_bar - p @ (a @ x_bar))
        return np.outer(b - a @ x, p @ b_bar) - np.outer(b_bar, x) + within, b_bar
    within = (p.T @ x) @ (x_bar - p @ (a @ x_bar)).T
    return (b - a @ x) @ (p @ b_bar).T - b_bar @ x.T + within, b_bar


constant(np.linalg.matrix_rank)


# -- decompositions ---------------------------------------------------------------------------------------------------


@pullback(np.linalg.cholesky)
def cholesky(ans_bar, ans, a):
    half = half_lower(mT(ans) @ ans_bar)
    right = mT(np.linalg.solve(mT(ans), mT(half)))
    a_bar = np.linalg.solve(mT(ans), right)
    return half_lower(a_bar + mT(a_bar))


def half_lower(x):
    """The lower triangle, with half of the diagonal."""
    return np.tril(x) * (1 - np.eye(x.shape[-1]) / 2)


@pullback(prims.eigh)
def eigh(ans_bar, ans, a, UPLO):
    values_bar, vectors_bar = ans_bar
    values, vectors = ans
    if vectors_bar is None:
        a_bar = (vectors * np.expand_dims(values_bar, -2)) @ mT(vectors)
        return half_lower(a_bar + mT(a_bar)) if UPLO in ("L", "l") else mT(half_lower(a_bar + mT(a_bar)))
    inner = (mT(vectors) @ vectors_bar) * inverse_gaps(values)
    if values_bar is not None:
        inner = inner + np.expand_dims(values_bar, -2) * np.eye(a.shape[-1])
    a_bar = vectors @ inner @ mT(vectors)
    return half_lower(a_bar + mT(a_bar)) if UPLO in ("L", "l") else mT(half_lower(a_bar + mT(a_bar)))


def inverse_gaps(values):
    """1 / (values[j] - values[i]), with zeros on the diagonal."""
    same = np.eye(values.shape[-1])
    return (1 - same) / (np.expand_dims(values, -2) - np.expand_dims(values, -1) + same)


@pullback(prims.svd)
def svd(ans_bar, ans, a, full_matrices):
    u_bar, s_bar, vh_bar = ans_bar
    u, s, vh = ans
    if u_bar is None and vh_bar is None:
        if full_matrices:
            u, s, vh = np.linalg.svd(a, full_matrices=False)
        return (u * np.expand_dims(s_bar, -2)) @ vh
    if full_matrices:
        raise NotImplementedError("the derivative of the vectors of np.linalg.svd wants full_matrices=False")
    gaps = inverse_gaps(s * s)
    row, column = np.expand_dims(s, -2), np.expand_dims(s, -1)
    from_u, from_s, from_vh = None, None, None
    if u_bar is not None:
        turn = mT(u) @ u_bar
        from_u = (u @ ((turn - mT(turn)) * gaps * row) + (u_bar - u @ turn) / row) @ vh
    if s_bar is not None:
        from_s = (u * np.expand_dims(s_bar, -2)) @ vh
    if vh_bar is not None:
        turn = vh @ mT(vh_bar)
        from_vh = u @ ((column * ((turn - mT(turn)) * gaps)) @ vh + (vh_bar - mT(turn) @ vh) / column)
    return total(from_u, from_s, from_vh)


def total(*terms):
    """The sum of those that are there."""
    out = None
    for term in terms:
        if term is not None:
            out = term if out is None else out + term
    return out


@pullback(prims.qr)
def qr(ans_bar, ans, a):
    q_bar, r_bar = ans_bar
    q, r = ans
    # The first columns are decomposed; those beyond the rank of q, if there are any, are only turned by it.
    k = q.shape[-1]
    square, rest = r[..., :k], a[..., k:]
    if r_bar is None:
        turned, inner, rest_bar = q_bar, -mT(q_bar) @ q, np.zeros_like(rest)
    else:
        turned = total(q_bar, rest @ mT(r_bar[..., k:]))
        inner = square @ mT(r_bar[..., :k]) - mT(turned) @ q
        rest_bar = q @ r_bar[..., k:]
    symmetric = np.tril(inner) + mT(np.tril(inner, -1))
    first = mT(np.linalg.solve(square, mT(turned + q @ symmetric)))
    return np.concatenate([first, rest_bar], axis=-1)


# -- norms ------------------------------------------------------------------------------------------------------------


@pullback(prims.norm)
def norm(ans_bar, ans, x, ord, axis, keepdims):
    if axis is not None and not keepdims:
        ans, ans_bar = np.expand_dims(ans, axis), np.expand_dims(ans_bar, axis)
    if ord is None or ord == 2:
        return x * (ans_bar / nonzero(ans))
    if ord == 0:
        return None
    if ord == 1:
        return ans_bar * np.sign(x)
    if abs(ord) == np.inf:
        reached = np.abs(x) == ans
        return np.sign(x) * (reached * (ans_bar / np.sum(reached, axis=axis, keepdims=axis is not None)))
    return np.sign(x) * (ans_bar * (np.abs(x) / nonzero(ans)) ** (ord - 1))


def nonzero(x):
    """x, with ones for zeros."""
    return x + (x == 0)
