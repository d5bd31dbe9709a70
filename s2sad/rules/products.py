"""Rules of products: linear in each operand, so that a rule is the two transposes.

A product sums over some labels; the cotangent of one operand is the product of ``ans_bar`` with the other operand,
summed over what the two have in common. Ranks are known when a rule is read, and each gets the plainest product for it.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import numpy as np

from s2sad.prims import products as prims
from s2sad.prims.products import conj, contracted, may_be_unlike, transposed_einsum
from s2sad.prims.runtime import unbroadcast
from s2sad.prims.structure import is_known, open_axes, single_axes
from s2sad.rules.book import bilinear


@bilinear("matmul")
def matmul(ans_bar, x1, x2):
    ranks = (np.ndim(x1), np.ndim(x2))
    if ranks == (1, 1):
        return ans_bar * x2, ans_bar * x1
    if ranks == (2, 1):
        return np.outer(ans_bar, x2), x1.T @ ans_bar
    if ranks == (1, 2):
        return x2 @ ans_bar, np.outer(x1, ans_bar)
    if ranks == (2, 2):
        return ans_bar @ x2.T, x1.T @ ans_bar
    counted = is_known(ranks[0])
    if ranks[1] == 1:
        x2_bar = over_leading(ans_bar, x1, ranks[0] - 1) if counted else np.ravel(ans_bar) @ rows(x1)
        return np.expand_dims(ans_bar, -1) * x2, x2_bar
    if ranks[1] == 2:
        return ans_bar @ x2.T, over_leading(x1, ans_bar, ranks[0] - 1) if counted else rows(x1).T @ rows(ans_bar)
    if ranks[0] == 1:
        columns = (x2 @ np.expand_dims(ans_bar, -1))[..., 0]
        return np.sum(columns, axis=tuple(range(ranks[1] - 2))), np.expand_dims(x1, 1) * np.expand_dims(ans_bar, -2)
    x1_bar = ans_bar @ np.swapaxes(x2, -1, -2)
    x2_bar = np.swapaxes(x1, -1, -2) @ ans_bar
    return unbroadcast(x1_bar, x1.shape), unbroadcast(x2_bar, x2.shape)


def over_leading(a, b, count):
    """Sum of a product over the first axes of both."""
    common = tuple(range(count))
    return np.tensordot(a, b, axes=(common, common))


def rows(a):
    """An array as a matrix, of which the columns are its last axis."""
    return np.reshape(a, (-1, a.shape[-1]))


@bilinear(np.dot)
def dot(ans_bar, a, b):
    ranks = (np.ndim(a), np.ndim(b))
    if ranks == (0, 0) or ranks == (1, 1):
        return ans_bar * b, ans_bar * a
    if ranks[0] == 0:
        return np.sum(ans_bar * b), ans_bar * a
    if ranks[1] == 0:
        return ans_bar * b, np.sum(ans_bar * a)
    if ranks == (2, 1):
        return np.outer(ans_bar, b), a.T @ ans_bar
    if ranks == (1, 2):
        return b @ ans_bar, np.outer(a, ans_bar)
    if ranks == (2, 2):
        return ans_bar @ b.T, a.T @ ans_bar
    if ranks[1] == 1:
        return np.expand_dims(ans_bar, -1) * b, over_leading(ans_bar, a, ranks[0] - 1)
    return contraction(ans_bar, a, b, (ranks[0] - 1,), (ranks[1] - 2,))


@bilinear(np.inner)
def inner(ans_bar, a, b):
    ranks = (np.ndim(a), np.ndim(b))
    if ranks == (0, 0) or ranks == (1, 1):
        return ans_bar * b, ans_bar * a
    if ranks[0] == 0:
        return np.sum(ans_bar * b), ans_bar * a
    if ranks[1] == 0:
        return ans_bar * b, np.sum(ans_bar * a)
    if ranks == (2, 2):
        return ans_bar @ b, ans_bar.T @ a
    return contraction(ans_bar, a, b, (ranks[0] - 1,), (ranks[1] - 1,))


@bilinear(np.outer)
def outer(ans_bar, a, b):
    if np.ndim(a) == 1 and np.ndim(b) == 1:
        return ans_bar @ b, a @ ans_bar
    return np.reshape(ans_bar @ np.ravel(b), np.shape(a)), np.reshape(np.ravel(a) @ ans_bar, np.shape(b))


@bilinear(np.vdot)
def vdot(ans_bar, a, b):
    if np.ndim(a) == 1 and np.ndim(b) == 1:
        return conj(ans_bar * b), ans_bar * conj(a)
    return np.reshape(conj(ans_bar * b), np.shape(a)), np.reshape(ans_bar * conj(a), np.shape(b))


@bilinear(np.tensordot)
def tensordot(ans_bar, a, b, axes):
    gone_a, gone_b = contracted(axes, np.ndim(a), np.ndim(b))
    return contraction(ans_bar, a, b, gone_a, gone_b)


def contraction(ans_bar, a, b, gone_a, gone_b):
    """The two transposes of the tensor product of a and b summed over these axes, pairwise."""
    free_a = tuple(k for k in range(np.ndim(a)) if k not in gone_a)
    free_b = tuple(k for k in range(np.ndim(b)) if k not in gone_b)
    if not free_a and not free_b and gone_a == gone_b:
        return ans_bar * b, ans_bar * a
    from_a, from_b = tuple(range(len(free_a))), tuple(range(len(free_a), len(free_a) + len(free_b)))
    a_bar = np.tensordot(ans_bar, b, axes=(from_b, free_b))  # axes: those of a that stayed, then b's that were summed
    b_bar = np.tensordot(a, ans_bar, axes=(free_a, from_a))  # a's that were summed, then those of b that stayed
    order_a = free_a + tuple(gone_a[gone_b.index(k)] for k in sorted(gone_b))
    order_b = tuple(gone_b[gone_a.index(k)] for k in sorted(gone_a)) + free_b
    return restored(a_bar, order_a), restored(b_bar, order_b)


def restored(x, places):
    """The array whose axes ``places[0]``, ``places[1]`` … are the axes of x, in this order."""
    if places == tuple(range(len(places))):
        return x
    return np.transpose(x, tuple(places.index(k) for k in range(len(places))))


@bilinear("np.einsum", wrt="operands")
def einsum(ans_bar, subscripts, operands, optimize):
    ranks = tuple(np.ndim(x) for x in operands)
    singles = tuple(single_axes(x) for x in operands)
    unlike = may_be_unlike(subscripts, ranks, tuple(open_axes(x) for x in operands))
    plans = [transposed_einsum(subscripts, ranks, k, singles) for k in range(len(ranks))]
    return [einsum_bar(ans_bar, operands, k, plan, optimize, unlike[k]) for k, plan in enumerate(plans)]


def einsum_bar(ans_bar, operands, k, plan, optimize, unlike):
    """Cotangent of the operand k: the product of ``ans_bar`` with the others, over what they share."""
    subscripts, summed, repeated = plan
    shape = np.shape(operands[k])
    ones = [np.ones(shape[axis]) for axis in summed]
    ties = [np.eye(shape[axis]) for axis in repeated]
    others = [*operands[:k], *operands[k + 1 :], *ones, *ties]
    bar = np.einsum(subscripts, ans_bar, *others, optimize=optimize)
    if unlike:
        whole = tuple(shape[axis] if axis in unlike else bar.shape[axis] for axis in range(len(shape)))
        bar = np.broadcast_to(bar, whole)
    return unbroadcast(bar, shape)


@bilinear(np.kron)
def kron(ans_bar, a, b):
    rank = max(np.ndim(a), np.ndim(b))
    shape_a = (1,) * (rank - np.ndim(a)) + np.shape(a)
    shape_b = (1,) * (rank - np.ndim(b)) + np.shape(b)
    blocks = np.reshape(ans_bar, tuple(n for pair in zip(shape_a, shape_b, strict=True) for n in pair))
    spread_a = np.reshape(a, tuple(n for size in shape_a for n in (size, 1)))
    spread_b = np.reshape(b, tuple(n for size in shape_b for n in (1, size)))
    odd, even = tuple(range(1, 2 * rank, 2)), tuple(range(0, 2 * rank, 2))
    return (
        np.reshape(np.sum(blocks * spread_b, axis=odd), np.shape(a)),
        np.reshape(np.sum(blocks * spread_a, axis=even), np.shape(b)),
    )


@bilinear(prims.cross)
def cross(ans_bar, a, b, axisa, axisb, axisc, axis):
    if axis is not None:
        axisa, axisb, axisc = axis, axis, axis
    axisa, axisb, axisc = from_end(axisa, a), from_end(axisb, b), from_end(axisc, ans_bar)
    a_bar = prims.crossed(b, ans_bar, axisa=axisb, axisb=axisc, axisc=axisa)
    b_bar = prims.crossed(ans_bar, a, axisa=axisc, axisb=axisa, axisc=axisb)
    return unbroadcast(a_bar, a.shape), unbroadcast(b_bar, b.shape)


def from_end(axis, x):
    """The same axis of x, counted from the end."""
    return axis % np.ndim(x) - np.ndim(x)


@bilinear(prims.convolve)
def convolve(ans_bar, a, v):
    return prims.short_correlation(ans_bar, conj(v)), prims.short_correlation(ans_bar, conj(a))


@bilinear(prims.correlate)
def correlate(ans_bar, a, v):
    return prims.full_convolution(ans_bar, conj(v)), conj(prims.short_correlation(a, conj(ans_bar)))
