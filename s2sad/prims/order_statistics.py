"""What NumPy's medians and quantiles mean: put in order, and interpolated between the two neighbours of a place.

Hyndman and Fan, "Sample quantiles in statistical packages", The American Statistician 50 (1996), for the methods.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import numpy as np

from s2sad.prims.primitive import REGISTRY

define = REGISTRY.define
PLOTTING = {
    "hazen": (0.5, 0.5), "weibull": (0.0, 0.0), "interpolated_inverted_cdf": (0.0, 1.0),
    "median_unbiased": (1 / 3, 1 / 3), "normal_unbiased": (3 / 8, 3 / 8),
}  # fmt: skip
"""Methods by the plotting positions α and β: of n items, q is at the place n q + α + q (1 - α - β) - 1."""


def along_first(a, axis):
    """The array with the axes that are folded as one, the first."""
    if axis is None:
        return np.ravel(a)
    if not isinstance(axis, tuple | list):
        return np.moveaxis(a, axis, 0)
    if len(axis) == 1:
        return np.moveaxis(a, axis[0], 0)
    first = np.moveaxis(a, axis, tuple(range(len(axis))))
    count = 1
    for k in range(len(axis)):
        count = count * first.shape[k]
    return np.reshape(first, (count, *first.shape[len(axis) :]))


def kept(out, a, axis, before):
    """The result with the axes that were folded as axes of length one, behind the first few."""
    if axis is None:
        return np.reshape(out, np.shape(out) + (1,) * np.ndim(a))
    folded = axis if isinstance(axis, tuple | list) else (axis,)
    return np.expand_dims(out, tuple(k % np.ndim(a) + before for k in folded))


@REGISTRY.compute
def plotting(method):
    """α and β of a method that has them; None for the others."""
    return PLOTTING.get(method)


def neighbours(count, q, method):
    """Where in ``count`` sorted items the quantile lies: the places below and above it, and how far it is between."""
    if method == "linear":
        place = q * (count - 1.0)
        below = np.floor(place)
        return below, np.ceil(place), place - below
    if method in ("lower", "higher", "nearest", "midpoint"):
        place = q * (count - 1.0)
        below = np.rint(place) if method == "nearest" else np.ceil(place) if method == "higher" else np.floor(place)
        return below, np.ceil(place) if method == "midpoint" else below, 0.5
    if method == "inverted_cdf":
        below = np.maximum(np.ceil(count * q - 1.0), 0.0)
        return below, below, 0.0
    if method == "closest_observation":
        place = count * q - 1.5
        low = np.floor(place)
        below = np.maximum(np.where((place == low) & (low % 2 == 1), low, low + 1.0), 0.0)
        return below, below, 0.0
    if method == "averaged_inverted_cdf":
        place = count * q - 1.0
        low = np.floor(place)
        share = np.where(place == low, 0.5, 1.0).astype(place.dtype) if np.ndim(place) else 0.5 if place == low else 1.0
        return np.maximum(low, 0.0), np.minimum(low + 1.0, count - 1.0), share
    if plotting(method) is None:
        raise ValueError(f"{method!r} is not a valid method")
    alpha, beta = plotting(method)
    place = np.clip(count * q + (alpha + q * (1.0 - alpha - beta)) - 1.0, 0.0, count - 1.0)
    below = np.floor(place)
    return below, np.ceil(place), place - below


def between(low, high, share):
    """Interpolated between two neighbours. Where these are one, also an infinite one, it is that."""
    return low * (1.0 - share) + high * share


def checked(q):
    """The quantiles as a number or an array; ValueError where one is none."""
    if isinstance(q, list | tuple) and all(np.ndim(item) == 0 for item in q):
        for item in q:
            if not 0 <= item <= 1:
                raise ValueError("Quantiles must be in the range [0, 1]")
        return np.asarray(q)
    q = np.asarray(q)[()] if isinstance(q, np.ndarray | list | tuple) else q
    if np.ndim(q) == 0:
        if not 0 <= q <= 1:
            raise ValueError("Quantiles must be in the range [0, 1]")
    elif not np.all((q >= 0) & (q <= 1)):
        raise ValueError("Quantiles must be in the range [0, 1]")
    return q


def spoilt(out, greatest):
    """The result, NaN where there is a NaN among the items: these are sorted last."""
    return out if greatest.dtype.kind in "iub" else np.where(np.isnan(greatest), np.nan, out)[()]


def picked(lines, order, place):
    """The item at a place of the order, of each line; for many places, one for each of them."""
    if np.ndim(lines) == 1:
        return lines[order[place]]
    found = order[place]
    if np.ndim(place) == 0:
        return np.take_along_axis(lines, np.expand_dims(found, 0), axis=0)[0]
    flat = np.take_along_axis(lines, np.reshape(found, (np.size(place), *np.shape(lines)[1:])), axis=0)
    return np.reshape(flat, np.shape(found))


def several(lines, places):
    """The items at some places of each line."""
    return lines[places] if np.ndim(lines) == 1 else np.take_along_axis(lines, places, axis=0)


def fraction(q, a):
    """One quantile that is a Python number has the precision of the array, as a number in arithmetic."""
    if a.dtype.kind != "f" or a.dtype == np.float64 or isinstance(q, np.ndarray | np.generic | list | tuple):
        return q
    return np.asarray(q, dtype=a.dtype)[()]


def hundredth(q, a):
    """Percentages as fractions, a list of numbers item by item."""
    if isinstance(q, list | tuple) and all(np.ndim(item) == 0 for item in q):
        return [item / 100.0 for item in q]
    return fraction(q, a) / 100.0 if np.ndim(q) == 0 else np.asarray(q) / 100.0


@define(np.quantile)
def quantile(a, q, axis=None, *, overwrite_input=False, method="linear", keepdims=False, weights=None):
    a = np.asarray(a)
    if weights is not None:
        return weighted_quantile(a, checked(fraction(q, a)), axis, method, keepdims, weights, False)
    return quantile_of(a, checked(fraction(q, a)), axis, method, keepdims)


@define(np.percentile)
def percentile(a, q, axis=None, *, overwrite_input=False, method="linear", keepdims=False, weights=None):
    a = np.asarray(a)
    if weights is not None:
        return weighted_quantile(a, checked(hundredth(q, a)), axis, method, keepdims, weights, False)
    return quantile_of(a, checked(hundredth(q, a)), axis, method, keepdims)


def weighted_quantile(a, q, axis, method, keepdims, weights, leave_out):
    """The first item, in order, whose weight and those before it make a share of q; NaN have no weight if left out."""
    if method != "inverted_cdf":
        raise ValueError(f"Only method 'inverted_cdf' supports weights. Got: {method}.")
    weights = spread_weights(np.asarray(weights), a, axis)
    if np.any(weights < 0):
        raise ValueError("Weights must be non-negative.")
    lines, shares = along_first(a, axis), along_first(np.broadcast_to(weights, np.shape(a)), axis)
    order = np.argsort(lines, axis=0)
    rising = np.take_along_axis(lines, order, axis=0)
    heavy = np.take_along_axis(shares, order, axis=0)
    last = np.shape(rising)[0] - 1
    if leave_out:
        there = ~np.isnan(rising)
        heavy, last = np.where(there, heavy, 0), np.maximum(np.sum(there, axis=0) - 1, 0)
    total = np.cumsum(heavy, axis=0, dtype=np.float64)
    share = (total / total[-1]).astype(np.asarray(q).dtype)
    share = np.where(share == 0, -1.0, share)  # items of no weight are never found
    wanted = np.reshape(q, (-1,) + (1,) * np.ndim(rising))
    place = np.minimum(np.sum(share < wanted, axis=1), last)
    out = np.reshape(np.take_along_axis(rising, place, axis=0), np.shape(q) + np.shape(rising)[1:])[()]
    out = out if leave_out else spoilt(out, rising[-1])
    return kept(out, a, axis, np.ndim(q)) if keepdims else out


def spread_weights(weights, a, axis):
    """Weights of the items along an axis, in the shape of the array."""
    if np.shape(weights) == np.shape(a):
        return weights
    if axis is None:
        raise TypeError("Axis must be specified when shapes of a and weights differ.")
    axes = tuple(k % np.ndim(a) for k in (tuple(axis) if isinstance(axis, tuple | list) else (axis,)))
    if np.shape(weights) != tuple(np.shape(a)[k] for k in axes):
        raise ValueError("Shape of weights must be consistent with shape of a along specified axis.")
    ordered = np.transpose(weights, tuple(axes.index(k) for k in sorted(axes))) if len(axes) > 1 else weights
    return np.expand_dims(ordered, tuple(k for k in range(np.ndim(a)) if k not in axes))


def quantile_of(a, q, axis, method, keepdims):
    """``np.quantile`` of quantiles that are valid."""
    lines = along_first(a, axis)
    last = len(lines) - 1
    below, above, share = neighbours(len(lines), q, method)
    below, above = np.asarray(below).astype(int)[()], np.asarray(above).astype(int)[()]
    places = (below, above, last) if np.ndim(q) == 0 else np.concatenate((np.ravel(below), np.ravel(above), [last]))
    order = np.argpartition(lines, places, axis=0)  # type: ignore[arg-type]
    low, high = picked(lines, order, below), picked(lines, order, above)
    share = np.reshape(share, np.shape(share) + (1,) * (np.ndim(lines) - 1)) if np.ndim(share) > 0 else share
    out = spoilt(between(low, high, share), picked(lines, order, last))
    return kept(out, a, axis, np.ndim(q)) if keepdims else out


@define(np.median)
def median(a, axis=None, *, overwrite_input=False, keepdims=False):
    a = np.asarray(a)
    lines = along_first(a, axis)
    count = len(lines)
    below, above = (count - 1) // 2, count // 2
    order = np.argpartition(lines, (below, above, count - 1), axis=0)
    middle = np.mean(several(lines, order[below : above + 1]), axis=0)  # of nothing it is NaN
    greatest = several(lines, order[count - 1 :])
    out = middle if a.dtype.kind in "iub" else np.where(np.any(np.isnan(greatest), axis=0), np.nan, middle)[()]
    return kept(out, a, axis, 0) if keepdims else out


# -- without the NaN --------------------------------------------------------------------------------------------------


@define(np.nanquantile)
def nanquantile(a, q, axis=None, *, overwrite_input=False, method="linear", keepdims=False, weights=None):
    a = np.asarray(a)
    if weights is not None:
        return weighted_quantile(a, checked(fraction(q, a)), axis, method, keepdims, weights, True)
    return nanquantile_of(a, checked(fraction(q, a)), axis, method, keepdims)


@define(np.nanpercentile)
def nanpercentile(a, q, axis=None, *, overwrite_input=False, method="linear", keepdims=False, weights=None):
    a = np.asarray(a)
    if weights is not None:
        return weighted_quantile(a, checked(hundredth(q, a)), axis, method, keepdims, weights, True)
    return nanquantile_of(a, checked(hundredth(q, a)), axis, method, keepdims)


@define(np.nanmedian)
def nanmedian(a, axis=None, *, overwrite_input=False, keepdims=False):
    a = np.asarray(a)
    return nanquantile_of(a, fraction(0.5, a), axis, "linear", keepdims)


def nanquantile_of(a, q, axis, method, keepdims):
    """``np.nanquantile``: NaN are sorted last, so that each line is a shorter one. NaN where there is nothing else."""
    rising = np.sort(along_first(a, axis), axis=0)
    rest = rising.shape[1:]
    if len(rising) == 0:
        out = np.full(np.shape(q) + rest, np.nan, dtype=rising.dtype)[()]
    else:
        count = np.sum(~np.isnan(rising), axis=0, keepdims=True).astype(np.asarray(q).dtype)
        spread = np.reshape(q, (-1,) + (1,) * len(rest)) if np.ndim(q) > 0 else q
        below, above, share = neighbours(count, spread, method)
        low = np.take_along_axis(rising, np.maximum(below, 0.0).astype(int), axis=0)
        high = np.take_along_axis(rising, np.maximum(above, 0.0).astype(int), axis=0)
        out = np.reshape(between(low, high, share), np.shape(q) + rest)[()]
    return kept(out, a, axis, np.ndim(q)) if keepdims else out
