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
from s2sad.prims.products import conj
from s2sad.prims.runtime import fitted, reciprocal_or_zero, unbroadcast
from s2sad.prims.spectra import adjugate, not_zero
from s2sad.prims.structure import is_known
from s2sad.rules.book import constant, pullback, pushforward
from s2sad.rules.reductions import spread


def mT(x):
    """The transpose of a matrix, or of each of a stack."""
    return x.T if is_known(np.ndim(x)) and np.ndim(x) == 2 else np.swapaxes(x, -1, -2)


def H(x):
    """The adjoint of a matrix: of real numbers, the transpose."""
    return conj(mT(x))


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
def det(ans_bar, a):
    if np.ndim(a) == 2:
        return ans_bar * adjugate(a).T
    return np.expand_dims(ans_bar, (-2, -1)) * mT(adjugate(a))


@pushforward("adjugate")
def adjugate_dot(a_dot, a):
    """With A = U S Vᴴ, det(A + X) = det(U) det(Vᴴ) det(S + Uᴴ X V): in second order products of all of S but two."""
    u, s, vh = np.linalg.svd(a)
    turned = H(u) @ a_dot @ H(vh)
    others = np.where(all_but_two(np.shape(a)[-1]), 1.0, np.expand_dims(s, (-2, -3)))
    pairs = np.prod(others, axis=-1) * (1 - np.eye(np.shape(a)[-1]))
    diagonal = np.diagonal(turned, 0, -2, -1)
    inner = (pairs @ np.expand_dims(diagonal, -1)) * np.eye(np.shape(a)[-1]) - pairs * turned
    return np.expand_dims(np.linalg.det(u) * np.linalg.det(vh), (-2, -1)) * (H(vh) @ inner @ H(u))


def all_but_two(n):
    """Where in an array [i, j, k] k is i or j."""
    same = np.eye(n) > 0
    return np.expand_dims(same, 1) | np.expand_dims(same, 0)


@pullback(prims.slogdet)
def slogdet(ans_bar, ans, a):
    bar = log_bar(ans_bar, ans[0], a)
    if bar is None:
        return None
    if np.ndim(a) == 2:
        return bar * np.linalg.inv(a).T
    return np.expand_dims(bar, (-2, -1)) * mT(np.linalg.inv(a))


def log_bar(ans_bar, sign, a):
    """The cotangent of log(det(a)): its real part is the second result of slogdet, the imaginary one turns the sign."""
    sign_bar, bar = ans_bar
    if np.iscomplexobj(a) and sign_bar is not None:
        turn = -1j * np.real(1j * sign_bar * sign)
        bar = turn if bar is None else bar + turn
    return bar


@pullback(np.linalg.pinv, wrt="a")
def pinv(ans_bar, ans, a):
    bar = conj(ans_bar)
    rows, columns = a.shape[-2], a.shape[-1]
    outside = np.eye(rows) - a @ ans  # the projections on what a leaves out
    inside = np.eye(columns) - ans @ a
    a_bar = H(ans @ (H(ans) @ (bar @ outside))) + H(((inside @ bar) @ H(ans)) @ ans)
    return conj(a_bar - H(ans) @ bar @ H(ans))


@pullback(prims.lstsq)
def lstsq(ans_bar, ans, a, b, rcond):
    """A solution is pinv(a) @ b; residuals are the squares of b - a x, which is orthogonal to a."""
    a_bars, b_bars = [], []
    if ans_bar[0] is not None:
        of_a, of_b = of_lstsq(a, b, ans[0], conj(ans_bar[0]), rcond)
        a_bars, b_bars = [of_a], [of_b]
    if ans_bar[1] is not None:
        weights = np.sum(ans_bar[1]) if np.ndim(b) == 1 else fitted(ans_bar[1], np.shape(b)[1])
        miss_bar = 2.0 * (b - a @ ans[0]) * weights
        a_bars, b_bars = [*a_bars, -as_columns(miss_bar) @ H(as_columns(ans[0]))], [*b_bars, miss_bar]
    if ans_bar[3] is not None:
        u, s, vh = np.linalg.svd(a, full_matrices=False)
        a_bars = [*a_bars, (u * np.expand_dims(ans_bar[3], -2)) @ vh]
    return conj(total(*a_bars)) if a_bars else None, conj(total(*b_bars)) if b_bars else None


def of_lstsq(a, b, x, x_bar, rcond):
    """The singular values that count are those that count for the solution."""
    p = np.linalg.pinv(a, max(np.shape(a)) * np.finfo(a.dtype).eps if rcond is None else rcond)
    b_bar = H(p) @ x_bar
    if np.ndim(b) == 1:
        within = np.outer(H(p) @ x, conj(x_bar - p @ (a @ x_bar)))
        return np.outer(b - a @ x, conj(p @ b_bar)) - np.outer(b_bar, conj(x)) + within, b_bar
    within = (H(p) @ x) @ H(x_bar - p @ (a @ x_bar))
    return (b - a @ x) @ H(p @ b_bar) - b_bar @ H(x) + within, b_bar


def as_columns(x):
    return x if np.ndim(x) == 2 else np.expand_dims(x, -1)


def total(*terms):
    """The sum of those that are there."""
    out = None
    for term in terms:
        if term is not None:
            out = term if out is None else out + term
    return out


constant(np.linalg.matrix_rank)


@pullback("condition", wrt="values")
def condition(ans_bar, ans, values):
    smallest = not_zero(values[..., -1:])
    ratio = np.expand_dims(ans_bar, -1) / smallest
    first = ratio * (np.arange(np.shape(values)[-1]) == 0)
    return first - ratio * np.expand_dims(ans, -1) * (np.arange(np.shape(values)[-1]) == np.shape(values)[-1] - 1)


@pushforward("not_zero", wrt="values")
def not_zero_dot(values_dot):
    return values_dot


# -- norms ------------------------------------------------------------------------------------------------------------


@pullback(prims.norm)
def norm(ans_bar, ans, x, ord, axis, keepdims):
    if axis is not None and not keepdims:
        ans, ans_bar = np.expand_dims(ans, axis), np.expand_dims(ans_bar, axis)
    if ord is None or ord == 2:
        return x * (ans_bar * reciprocal_or_zero(ans))
    if ord == 0:
        return None
    if ord == 1:
        return ans_bar * np.sign(x)
    if abs(ord) == np.inf:
        reached = np.abs(x) == ans
        return np.sign(x) * (reached * (ans_bar / np.sum(reached, axis=axis, keepdims=axis is not None)))
    if ord < 0:  # where one item is zero, the norm is zero, and the others do not matter
        return np.sign(x) * (ans_bar * (ans > 0) * (nonzero(np.abs(x)) / nonzero(ans)) ** (ord - 1))
    if ord < 2:
        return np.sign(x) * (ans_bar * (nonzero(np.abs(x)) / nonzero(ans)) ** (ord - 1))
    return np.sign(x) * (ans_bar * (np.abs(x) / nonzero(ans)) ** (ord - 1))


@pullback("squared_norm", wrt="x")
def squared_norm(ans_bar, x, axis, keepdims):
    return x * (2.0 * spread(ans_bar, axis, keepdims))


def nonzero(x):
    """x, with ones for zeros."""
    return x + (x == 0)
