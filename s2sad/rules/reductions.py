"""Derivatives of reductions and scans.

Where a formula divides by what may be zero it does so safely: the spread of equal numbers has derivative zero, a
product's gradient is right with any number of zero factors, also in its own derivative.
"""

import numpy as np

from s2sad.prims.runtime import (
    expand_reduced,
    linear_scan,
    others_in_segments,
    reciprocal_or_zero,
    scan_segments,
    shift,
    spread_segments,
    unbroadcast,
)
from s2sad.rules.book import constant, linear, pullback, pushforward
from s2sad.rules.elementwise import lifted

constant(np.argmax, np.argmin, np.any, np.all, np.count_nonzero)


def spread(x, axis, keepdims):
    """The result of a reduction over axis, in a form that broadcasts against what was reduced."""
    return x if axis is None or keepdims else np.expand_dims(x, axis)


def folded(a, axis):
    """How many elements a reduction over axis folds into one."""
    if axis is None:
        return np.size(a)
    if not isinstance(axis, tuple):
        return np.shape(a)[axis]
    count = 1
    for k in axis:
        count = count * np.shape(a)[k]
    return count


# Sums


def over(a, axis, keepdims):
    """The axis of a reduction; None where all of a vector becomes one number."""
    return None if np.ndim(a) == 1 and not keepdims else axis


@linear(np.sum, wrt="a")
def sum_(ans_bar, a, axis, keepdims):
    return expand_reduced(ans_bar, np.shape(a), over(a, axis, keepdims), keepdims)


def along(x, a, axis, keepdims):
    """As ``spread``; of a vector the one number."""
    return x if np.ndim(a) == 1 else spread(x, axis, keepdims)


@pullback("np.logaddexp.reduce", wrt="a")
def logaddexp_reduce(ans_bar, ans, a, axis, keepdims):
    return along(ans_bar, a, axis, keepdims) * np.exp(a - along(lifted(ans), a, axis, keepdims))


@pullback("np.logaddexp2.reduce", wrt="a")
def logaddexp2_reduce(ans_bar, ans, a, axis, keepdims):
    return along(ans_bar, a, axis, keepdims) * np.exp2(a - along(lifted(ans), a, axis, keepdims))


@linear(np.mean, wrt="a")
def mean(ans_bar, a, axis, keepdims):
    return expand_reduced(ans_bar / folded(a, axis), np.shape(a), over(a, axis, keepdims), keepdims)


@linear(np.cumsum, wrt="a")
def cumsum(ans_bar, a, axis):
    if np.ndim(a) == 1:
        return np.cumsum(ans_bar[::-1])[::-1]
    if axis is None:
        return np.reshape(np.cumsum(ans_bar[::-1])[::-1], np.shape(a))
    return np.flip(np.cumsum(np.flip(ans_bar, axis), axis), axis)


@linear("unbroadcast", wrt="x")
def unbroadcast_bar(ans_bar, x):
    if np.ndim(x) < np.ndim(ans_bar):  # a number was given axes of length 1
        return unbroadcast(ans_bar, np.shape(x))
    return np.broadcast_to(ans_bar, np.shape(x))


@linear("of_shape", wrt="x")
def of_shape(ans_bar):
    return ans_bar


@linear("expand_reduced", wrt="g")
def expanded(ans_bar, axis, keepdims):
    return np.sum(ans_bar, axis=axis, keepdims=keepdims)


# Spread


def apart(a, axis):
    """How far each element is from the mean."""
    return a - (np.mean(a) if axis is None else np.mean(a, axis=axis, keepdims=True))


@pullback(np.var, wrt="a")
def var(ans_bar, a, axis, ddof, keepdims):
    scale = 2.0 / (folded(a, axis) - ddof) * spread(ans_bar, axis, keepdims)
    return scale * apart(a, axis)


@pullback(np.std, wrt="a")
def std(ans_bar, ans, a, axis, ddof, keepdims):
    scale = spread(ans_bar * reciprocal_or_zero(ans) / (folded(a, axis) - ddof), axis, keepdims)
    return scale * apart(a, axis)


# Extremes: ties share equally


def share(a_dot, a, ans, axis, keepdims):
    """The mean of the tangents of those that attain the extreme."""
    axis = over(a, axis, keepdims)
    attained = a == spread(ans, axis, keepdims)
    total = np.sum(np.where(attained, a_dot, 0.0), axis=axis, keepdims=keepdims)
    return total / np.sum(attained, axis=axis, keepdims=keepdims)


def shared(ans_bar, a, ans, axis, keepdims):
    """The cotangent of the extreme, in equal parts where a attains it."""
    axis = over(a, axis, keepdims)
    attained = a == spread(ans, axis, keepdims)
    count = np.count_nonzero(attained) if axis is None else np.sum(attained, axis=axis, keepdims=True)
    return attained * (spread(ans_bar, axis, keepdims) / count)


def attained_in_segments(array, ans, indices, axis):
    """Which items are the extreme of their segment, and how many there are in each."""
    attained = array == spread_segments(ans, indices, np.shape(array), axis)
    return attained, np.add.reduceat(np.where(attained, 1.0, 0.0), indices, axis)


def segments_dot(array_dot, ans, array, indices, axis):
    attained, count = attained_in_segments(array, ans, indices, axis)
    return np.add.reduceat(np.where(attained, array_dot, 0.0), indices, axis) / count


def segments_bar(ans_bar, ans, array, indices, axis):
    attained, count = attained_in_segments(array, ans, indices, axis)
    return attained * spread_segments(ans_bar / count, indices, np.shape(array), axis)


for name in ("np.maximum.reduceat", "np.minimum.reduceat"):
    pushforward(name, wrt="array")(segments_dot)
    pullback(name, wrt="array")(segments_bar)


@pullback(np.max, wrt="a")
def max_(ans_bar, ans, a, axis, keepdims):
    return shared(ans_bar, a, ans, axis, keepdims)


@pullback(np.min, wrt="a")
def min_(ans_bar, ans, a, axis, keepdims):
    return shared(ans_bar, a, ans, axis, keepdims)


@pushforward(np.max, wrt="a")
def max_dot(a_dot, ans, a, axis, keepdims):
    return share(a_dot, a, ans, axis, keepdims)


@pushforward(np.min, wrt="a")
def min_dot(a_dot, ans, a, axis, keepdims):
    return share(a_dot, a, ans, axis, keepdims)


@pullback("greatest", wrt="a")
def greatest(ans_bar, ans, a, axis, keepdims):
    return shared_if_any(ans_bar, a, ans, axis, keepdims)


@pullback("least", wrt="a")
def least(ans_bar, ans, a, axis, keepdims):
    return shared_if_any(ans_bar, a, ans, axis, keepdims)


def shared_if_any(ans_bar, a, ans, axis, keepdims):
    """The same where there may be none."""
    attained = a == spread(ans, axis, keepdims)
    count = np.maximum(np.sum(attained, axis=axis, keepdims=True), 1)
    return attained * (spread(ans_bar, axis, keepdims) / count)


# Products: the partial is the product of the others, from the scans of either side


def others(a, axis):
    """For each element the product of the others along one axis."""
    before = shift(np.cumprod(a, axis), axis, first=1.0)
    after = shift(np.flip(np.cumprod(np.flip(a, axis), axis), axis), axis, reverse=True, first=1.0)
    return before * after


def products_of_others(a, axis):
    """For each element the product of the others that a reduction over axis folds with it."""
    if np.ndim(a) == 1:
        return others(a, 0)
    if axis is None:
        return np.reshape(others(np.ravel(a), 0), np.shape(a))
    if not isinstance(axis, tuple):
        return others(a, axis)
    out = 1.0
    for k in axis:
        out = out * others(a, k)
        a = np.prod(a, axis=k, keepdims=True)
    return out


@pullback(np.prod, wrt="a")
def prod(ans_bar, a, axis, keepdims):
    return spread(ans_bar, axis, keepdims) * products_of_others(a, axis)


@pushforward(np.prod, wrt="a")
def prod_dot(a_dot, a, axis, keepdims):
    return np.sum(a_dot * products_of_others(a, axis), axis=axis, keepdims=keepdims)


@pullback("np.multiply.reduceat", wrt="array")
def products_of_segments(ans_bar, array, indices, axis):
    return spread_segments(ans_bar, indices, np.shape(array), axis) * others_in_segments(array, indices, axis)


@pushforward("np.multiply.reduceat", wrt="array")
def products_of_segments_dot(array_dot, array, indices, axis):
    return np.add.reduceat(array_dot * others_in_segments(array, indices, axis), indices, axis)


def products_to_both_sides(a, indices, axis):
    """For each item of a segment the products of those before it and of those behind it."""
    before = scan_segments(a, 0.0, indices, axis, first=1.0)
    return before, scan_segments(a, 0.0, indices, axis, reverse=True, first=1.0)


@pushforward("others_in_segments", wrt="a")
def others_in_segments_dot(a_dot, a, indices, axis):
    before, after = products_to_both_sides(a, indices, axis)
    from_before = scan_segments(a, a_dot * before, indices, axis) * after
    return from_before + before * scan_segments(a, a_dot * after, indices, axis, reverse=True)


@pullback("others_in_segments", wrt="a")
def others_in_segments_bar(ans_bar, a, indices, axis):
    before, after = products_to_both_sides(a, indices, axis)
    to_before = scan_segments(a, ans_bar * after, indices, axis, reverse=True) * before
    return to_before + scan_segments(a, ans_bar * before, indices, axis) * after


@pushforward("scan_segments", wrt=("a", "b"))
def scan_segments_dot(a_dot, b_dot, ans, a, indices, axis, reverse):
    return scan_segments(a, b_dot + a_dot * ans, indices, axis, reverse)


@pullback("scan_segments", wrt=("a", "b"))
def scan_segments_bar(ans_bar, ans, a, b, indices, axis, reverse):
    b_bar = scan_segments(a, ans_bar, indices, axis, not reverse)
    return unbroadcast(b_bar * ans, np.shape(a)), unbroadcast(b_bar, np.shape(b))


def as_it_is_read(a, ans):
    """What is multiplied: with ``dtype=float`` the real parts of complex numbers."""
    return a if np.iscomplexobj(ans) else np.real(a)


@pullback(np.prod, wrt="a", numbers="complex")
def prod_of_complex(ans_bar, ans, a, axis, keepdims):
    a = as_it_is_read(a, ans)
    return spread(ans_bar, axis, keepdims) * products_of_others(a, axis)


@pushforward(np.prod, wrt="a", numbers="complex")
def prod_of_complex_dot(a_dot, ans, a, axis, keepdims):
    a = as_it_is_read(a, ans)
    return np.sum(a_dot * products_of_others(a, axis), axis=axis, keepdims=keepdims)


@pullback(np.cumprod, wrt="a")
def cumprod(ans_bar, ans, a, axis):
    if np.ndim(a) == 1:
        return linear_scan(a, ans_bar, reverse=True) * shift(ans, first=1.0)
    if axis is None:
        flat = linear_scan(np.ravel(a), ans_bar, 0, reverse=True) * shift(ans, 0, first=1.0)
        return np.reshape(flat, np.shape(a))
    return linear_scan(a, ans_bar, axis, reverse=True) * shift(ans, axis, first=1.0)


@pushforward(np.cumprod, wrt="a")
def cumprod_dot(a_dot, ans, a, axis):
    if np.ndim(a) == 1:
        return linear_scan(a, a_dot * shift(ans, first=1.0))
    if axis is None:
        return linear_scan(np.ravel(a), np.ravel(a_dot) * shift(ans, 0, first=1.0), 0)
    return linear_scan(a, a_dot * shift(ans, axis, first=1.0), axis)


@pullback(np.cumprod, wrt="a", numbers="complex")
def cumprod_of_complex(ans_bar, ans, a, axis):
    return cumprod(ans_bar, ans, as_it_is_read(a, ans), axis)


@pushforward(np.cumprod, wrt="a", numbers="complex")
def cumprod_of_complex_dot(a_dot, ans, a, axis):
    return cumprod_dot(np.real(a_dot) if not np.iscomplexobj(ans) else a_dot, ans, as_it_is_read(a, ans), axis)


@pushforward("linear_scan", wrt=("a", "b"))
def linear_scan_dot(a_dot, b_dot, ans, a, axis, reverse):
    if reverse:
        return linear_scan(a, b_dot + shift(a_dot * ans, axis, reverse=True), axis, reverse=True)
    return linear_scan(a, b_dot + a_dot * shift(ans, axis), axis)


@pullback("linear_scan", wrt=("a", "b"))
def linear_scan_bar(ans_bar, ans, a, b, axis, reverse):
    b_bar = linear_scan(a, ans_bar, axis, reverse=not reverse)
    a_bar = shift(b_bar, axis) * ans if reverse else b_bar * shift(ans, axis)
    return unbroadcast(a_bar, a.shape), unbroadcast(b_bar, b.shape)


@pushforward("shift", wrt="x")
def shift_dot(x_dot, axis, reverse):
    return shift(x_dot, axis, reverse)


@pullback("shift", wrt="x")
def shift_bar(ans_bar, axis, reverse):
    return shift(ans_bar, axis, reverse=not reverse)
