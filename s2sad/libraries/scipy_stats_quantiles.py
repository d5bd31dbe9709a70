"""``scipy.stats``: statistics of a sample in order (quantiles, expectiles, L-moments), and k-statistics.

Which items a statistic reads is constant; it is differentiated as a function of these items.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import math

import numpy as np
import scipy.special as sc
import scipy.stats as st

from s2sad.libraries.scipy_stats_measures import flat, present, sample
from s2sad.libraries.scipy_stats_samples import only
from s2sad.prims.primitive import REGISTRY, unsupported

define = REGISTRY.define

# -- quantiles --------------------------------------------------------------------------------------------------------


def with_axes(a, count):
    return np.reshape(a, (1,) * (count - np.ndim(a)) + np.shape(a))


def item(y, place):
    """The items of rows in order at these places, at the ends where there are none."""
    return np.take_along_axis(y, np.clip(place, 0, np.shape(y)[-1] - 1).astype(int), axis=-1)


def by_places(y, p, n, method):
    """Between two neighbours (Hyndman & Fan, "Sample quantiles in statistical packages", 1996, equation 1)."""
    offsets = {
        "closest_observation": -0.5, "hazen": 0.5, "weibull": p, "linear": 1 - p, "median_unbiased": p / 3 + 1 / 3,
        "normal_unbiased": p / 4 + 3 / 8,
    }  # fmt: skip
    place = p * n + offsets.get(method, 0.0)
    below = np.floor(place) - 1
    part = place - (below + 1)
    if method == "inverted_cdf":
        part = np.where((part > 0) & (place >= 0), 1.0, 0.0)
    elif method == "averaged_inverted_cdf":
        part = np.where(place < 0, 0.0, np.where(part > 0, 1.0, 0.5))
    elif method == "closest_observation":
        part = np.where((part == 0) & (below % 2 == 1) | (place < 0), 0.0, 1.0)
    part = np.where(below < 0, 0.0, part).astype(np.result_type(y))
    return (1 - part) * item(y, below) + part * item(y, below + 1)


def by_weights(y, p, n):
    """A mean of all items (Harrell & Davis, "A new distribution-free quantile estimator", 1982)."""
    p = p[..., None]
    steps = np.arange(n + 1, dtype=np.result_type(y)) / n
    return np.sum(np.diff(sc.betainc(p * (n + 1), (1 - p) * (n + 1), steps)) * y[..., None, :], axis=-1)


ROUNDED = {
    "round_outward": (np.floor, np.ceil), "round_inward": (np.ceil, np.floor), "round_nearest": (np.round, np.round),
}  # fmt: skip


def quantile(x, p, *, method="linear", axis=0, nan_policy="propagate", keepdims=None, weights=None):
    only("quantile", weights is None)
    x = present("quantile", x, axis, nan_policy)[0]
    count = max(np.ndim(x), np.ndim(sample(p)))
    x, axis = flat(x, axis)
    p = flat(p, None)[0] if np.ndim(x) == 1 and count > 1 else sample(p)
    dtype = np.result_type(x, p)
    x, p = np.asarray(x, dtype=dtype), np.asarray(p, dtype=dtype)
    axes = max(np.ndim(x), np.ndim(p))
    y = np.moveaxis(np.sort(with_axes(x, axes), axis=axis), axis, -1)
    p = np.moveaxis(with_axes(p, axes), axis, -1)
    alone = np.ndim(np.squeeze(np.sum(p, axis=tuple(range(axes - 1))))) == 0  # one probability for each row
    n = np.shape(y)[-1]
    valid = (p >= 0) & (p <= 1) & ~np.isnan(y[..., -1:])
    if method == "harrell-davis":
        out = by_weights(y, p, n)
    elif method in ROUNDED:
        left, right = ROUNDED[method]
        out = item(y, np.where(p < 0.5, left(p * n), right(n * p - 1)))
    else:
        out = by_places(y, p, n, method)
    out = np.moveaxis(np.where(valid, out, np.nan), -1, axis)
    if keepdims is False and not alone:
        raise ValueError("`keepdims` may be False only if the length of `p` along `axis` is 1.")
    if alone and not keepdims:
        return np.squeeze(out, axis=axis)[()]
    return out


if hasattr(st, "quantile"):  # SciPy 1.16
    define(st.quantile)(quantile)

BETWEEN = {"fraction": "linear", "lower": "lower", "higher": "higher"}


@define(st.scoreatpercentile)
def scoreatpercentile(a, per, limit=(), interpolation_method="fraction", axis=None):
    a = np.asarray(sample(a), dtype=float)
    if limit:
        a = a[(limit[0] <= a) & (a <= limit[1])]
    return np.percentile(a, sample(per), axis=axis, method=BETWEEN[interpolation_method])


class Steps:
    """An empirical distribution function."""

    def __init__(self, quantiles, probabilities, before):
        self.quantiles, self.probabilities, self.before = quantiles, probabilities, before

    def evaluate(self, x):
        return np.concatenate([[self.before], self.probabilities])[np.searchsorted(self.quantiles, x, "right")]


class Empirical:
    """What ``ecdf`` gives."""

    def __init__(self, cdf, sf):
        self.cdf, self.sf = cdf, sf


@define(st.ecdf)
def ecdf(sample):
    if not isinstance(sample, (list, tuple, np.ndarray)):
        unsupported("scipy.stats.ecdf of censored data", instead="the product-limit formula")
    quantiles, counts = np.unique(np.asarray(sample), return_counts=True)
    below = np.cumsum(counts) / np.sum(counts)
    return Empirical(Steps(quantiles, below, 0.0), Steps(quantiles, 1.0 - below, 1.0))


@define(st.expectile)
def expectile(a, alpha=0.5, *, weights=None):
    """The mean in which what is above it counts alpha, what is below 1 - alpha (Newey & Powell 1987)."""
    a = np.ravel(sample(a))
    if np.any((np.asarray(alpha) < 0) | (np.asarray(alpha) > 1)):
        raise ValueError("The expectile level alpha must be in the range [0, 1].")
    order = np.argsort(a)
    y = a[order]
    w = np.ones(len(a)) if weights is None else np.ravel(np.broadcast_to(sample(weights), np.shape(a)))[order]
    mass, moment = np.cumsum(w), np.cumsum(w * y)
    apart = (1 - alpha) * (mass * y - moment) + alpha * ((mass[-1] - mass) * y - (moment[-1] - moment))
    w = w * np.where(apart <= 0, 1 - alpha, alpha)
    return np.sum(w * y) / np.sum(w)


# -- moments ----------------------------------------------------------------------------------------------------------


@define(st.kstat)
def kstat(data, n=2, *, axis=None, nan_policy="propagate", keepdims=False):
    """By central moments (Kenney & Keeping, "Mathematics of Statistics", 1951, section 7.5)."""
    if n not in (1, 2, 3, 4):
        raise ValueError("k-statistics only supported for 1<=n<=4")
    a, axis = present("kstat", data, axis, nan_policy, keepdims)
    count = np.size(a) / np.size(np.sum(a, axis=axis))
    mean = np.mean(a, axis=axis, keepdims=True)
    if n == 1:
        return mean if keepdims else np.mean(a, axis=axis)
    if n == 2:
        return np.var(a, axis=axis, ddof=1, keepdims=keepdims)
    if n == 3:
        third = np.mean((a - mean) ** 3, axis=axis, keepdims=keepdims)
        return count**2 / ((count - 1) * (count - 2)) * third
    second = np.mean((a - mean) ** 2, axis=axis, keepdims=keepdims)
    fourth = np.mean((a - mean) ** 4, axis=axis, keepdims=keepdims)
    scale = count**2 / ((count - 1) * (count - 2) * (count - 3))
    return scale * ((count + 1) * fourth - 3 * (count - 1) * second**2)


@define(st.kstatvar)
def kstatvar(data, n=2, *, axis=None, nan_policy="propagate", keepdims=False):
    a, axis = present("kstatvar", data, axis, nan_policy, keepdims)
    count, second = np.size(a) / np.size(np.sum(a, axis=axis)), kstat(a, 2, axis=axis, keepdims=keepdims)
    if n == 1:
        return second / count
    if n != 2:
        raise ValueError("Only n=1 or n=2 supported.")
    fourth = kstat(a, 4, axis=axis, keepdims=keepdims)
    return (2 * count * second**2 + (count - 1) * fourth) / (count * (count + 1))


def of_order(y, k):
    """The L-moment of order k + 1 of rows in order (Hosking, "L-moments", 1990, equation 2.5)."""
    n = np.shape(y)[-1]
    places = np.arange(n, dtype=np.result_type(y))
    factors = [(-1) ** (k - j) * math.comb(k, j) * math.comb(k + j, j) for j in range(k + 1)]
    shares = [c * sc.binom(places, j) / float(sc.binom(n - 1.0, j)) for j, c in enumerate(factors)]
    return np.mean(sum(shares) * y, axis=-1)


def lmoment(sample, order=None, *, axis=0, sorted=False, standardize=True, nan_policy="propagate", keepdims=False):
    a, axis = present("lmoment", sample, axis, nan_policy, keepdims)
    y = np.moveaxis(a if sorted else np.sort(a, axis=axis), axis, -1)
    second = of_order(y, 1)

    def one(k):
        out = of_order(y, k - 1) / second if standardize and k > 2 else of_order(y, k - 1)
        return np.expand_dims(out, axis) if keepdims else out

    orders = (1, 2, 3, 4) if order is None else order
    return np.stack([one(k) for k in orders]) if isinstance(orders, (list, tuple)) else one(orders)


if hasattr(st, "lmoment"):  # SciPy 1.15
    define(st.lmoment)(lmoment)
