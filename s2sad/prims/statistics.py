"""What NumPy's averages, their relatives that leave out NaN, and its tests of equality mean, in terms of primitives."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import numpy as np

from s2sad.prims.primitive import REGISTRY, unsupported

define = REGISTRY.define


@define(np.average)
def average(a, axis=None, weights=None, returned=False, *, keepdims=False):
    a = np.asarray(a)
    if weights is None:
        mean = np.mean(a, axis=axis, keepdims=keepdims)
        count = np.size(a) / np.size(mean)
        return (mean, count + np.zeros_like(mean)) if returned else mean
    weights = np.asarray(weights)
    if np.ndim(weights) != np.ndim(a):
        weights = np.moveaxis(np.broadcast_to(weights, np.shape(np.moveaxis(a, axis, -1))), -1, axis)
    total = np.sum(weights, axis=axis, keepdims=keepdims)
    mean = np.sum(a * weights, axis=axis, keepdims=keepdims) / total
    return (mean, total) if returned else mean


# Without the NaN


@define(np.nansum)
def nansum(a, axis=None, dtype=None, *, keepdims=False):
    return np.sum(np.where(np.isnan(a), 0.0, a), axis=axis, dtype=dtype, keepdims=keepdims)


@define(np.nanprod)
def nanprod(a, axis=None, dtype=None, *, keepdims=False):
    return np.prod(np.where(np.isnan(a), 1.0, a), axis=axis, dtype=dtype, keepdims=keepdims)


@define(np.nancumsum)
def nancumsum(a, axis=None, dtype=None):
    return np.cumsum(np.where(np.isnan(a), 0.0, a), axis=axis, dtype=dtype)


@define(np.nancumprod)
def nancumprod(a, axis=None, dtype=None):
    return np.cumprod(np.where(np.isnan(a), 1.0, a), axis=axis, dtype=dtype)


@define(np.nanmean)
def nanmean(a, axis=None, *, keepdims=False):
    there = ~np.isnan(a)
    count = np.sum(there, axis=axis, keepdims=keepdims)
    return np.sum(np.where(there, a, 0.0), axis=axis, keepdims=keepdims) / count


@define(np.nanvar)
def nanvar(a, axis=None, *, ddof=0, keepdims=False):
    there = ~np.isnan(a)
    known = np.where(there, a, 0.0)
    mean = np.sum(known, axis=axis, keepdims=True) / np.sum(there, axis=axis, keepdims=True)
    apart = np.where(there, known - mean, 0.0)
    return np.sum(apart * apart, axis=axis, keepdims=keepdims) / (np.sum(there, axis=axis, keepdims=keepdims) - ddof)


@define(np.nanstd)
def nanstd(a, axis=None, *, ddof=0, keepdims=False):
    return np.sqrt(nanvar(a, axis=axis, ddof=ddof, keepdims=keepdims))


@define(np.nanmax)
def nanmax(a, axis=None, *, keepdims=False):
    return np.max(np.where(np.isnan(a), -np.inf, a), axis=axis, keepdims=keepdims)


@define(np.nanmin)
def nanmin(a, axis=None, *, keepdims=False):
    return np.min(np.where(np.isnan(a), np.inf, a), axis=axis, keepdims=keepdims)


# Order statistics


@define(np.quantile)
def quantile(a, q, axis=None, *, method="linear", keepdims=False):
    if method != "linear":
        unsupported("np.quantile by another method than 'linear'")
    if isinstance(q, list | tuple):
        q = np.asarray(q)
    along = 0 if axis is None else axis
    rising = np.moveaxis(np.sort(np.ravel(a) if axis is None else a, axis=along), along, 0)
    place = q * (len(rising) - 1.0)
    below = np.asarray(np.floor(place)).astype(int)
    above = np.asarray(np.ceil(place)).astype(int)
    share = np.reshape(place - below, np.shape(q) + (1,) * (np.ndim(rising) - 1))
    out = rising[below] * (1.0 - share) + rising[above] * share
    if not keepdims:
        return out
    return np.reshape(out, np.shape(q) + (1,) * np.ndim(a)) if axis is None else np.expand_dims(out, axis)


@define(np.percentile)
def percentile(a, q, axis=None, *, method="linear", keepdims=False):
    if isinstance(q, list | tuple):
        q = np.asarray(q)
    return quantile(a, q / 100.0, axis, method=method, keepdims=keepdims)


@define(np.median)
def median(a, axis=None, *, keepdims=False):
    along = 0 if axis is None else axis
    rising = np.moveaxis(np.sort(np.ravel(a) if axis is None else a, axis=along), along, 0)
    count = len(rising)
    out = 0.5 * (rising[(count - 1) // 2] + rising[count // 2])
    if not keepdims:
        return out
    return np.reshape(out, (1,) * np.ndim(a)) if axis is None else np.expand_dims(out, axis)


@define(np.cov)
def cov(m, y=None, rowvar=True, bias=False, ddof=None):
    rows = np.atleast_2d(m) if rowvar else np.atleast_2d(m.T)
    if y is not None:
        rows = np.concatenate([rows, np.atleast_2d(y) if rowvar else np.atleast_2d(y.T)], axis=0)
    fewer = (0 if bias else 1) if ddof is None else ddof
    apart = rows - np.mean(rows, axis=1, keepdims=True)
    return np.squeeze(apart @ apart.T / (rows.shape[1] - fewer))


@define(np.corrcoef)
def corrcoef(x, y=None, rowvar=True):
    c = cov(x, y, rowvar)
    deviation = np.sqrt(np.diagonal(c))
    return c / (deviation[:, None] * deviation[None, :])


# Curves


@define(*(getattr(np, name) for name in ("trapezoid", "trapz") if hasattr(np, name)))
def trapezoid(y, x=None, dx=1.0, axis=-1):
    lines = np.moveaxis(y, axis, -1)
    if x is None:
        steps = dx
    elif np.ndim(x) == 1:
        x = np.asarray(x)
        steps = x[1:] - x[:-1]
    else:
        steps = np.diff(np.moveaxis(x, axis, -1), axis=-1)
    return np.sum(0.5 * steps * (lines[..., 1:] + lines[..., :-1]), axis=-1)


@define(np.interp)
def interp(x, xp, fp, left=None, right=None):
    xp, fp = np.asarray(xp), np.asarray(fp)
    k = np.clip(np.searchsorted(xp, x, side="right") - 1, 0, len(xp) - 2)
    slope = (fp[k + 1] - fp[k]) / (xp[k + 1] - xp[k])
    inside = fp[k] + slope * (x - xp[k])
    low = np.where(x < xp[0], fp[0] if left is None else left, inside)
    return np.where(x > xp[-1], fp[-1] if right is None else right, low)[()]


@define(np.polyval)
def polyval(p, x):
    y = 0.0 * x
    for k in range(len(p)):
        y = y * x + p[k]
    return y


# Scans in the array-API spelling


@define(*(getattr(np, name) for name in ("cumulative_sum",) if hasattr(np, name)))
def cumulative_sum(x, /, *, axis=None, dtype=None, include_initial=False):
    total = np.cumsum(x, axis=0 if axis is None else axis, dtype=dtype)
    if not include_initial:
        return total
    along = 0 if axis is None else axis
    return np.concatenate([np.zeros_like(np.take(total, [0], axis=along)), total], axis=along)


@define(*(getattr(np, name) for name in ("cumulative_prod",) if hasattr(np, name)))
def cumulative_prod(x, /, *, axis=None, dtype=None, include_initial=False):
    total = np.cumprod(x, axis=0 if axis is None else axis, dtype=dtype)
    if not include_initial:
        return total
    along = 0 if axis is None else axis
    return np.concatenate([np.ones_like(np.take(total, [0], axis=along)), total], axis=along)


# Tests


@define(np.allclose)
def allclose(a, b, rtol=1e-05, atol=1e-08, equal_nan=False):
    return bool(np.all(np.isclose(a, b, rtol=rtol, atol=atol, equal_nan=equal_nan)))


@define(np.array_equal)
def array_equal(a1, a2):
    if np.ndim(a1) != np.ndim(a2) or np.shape(a1) != np.shape(a2):
        return False
    return bool(np.all(a1 == a2))


# Grids on a logarithmic scale


@define(np.logspace)
def logspace(start, stop, num=50, endpoint=True, base=10.0):
    return base ** np.linspace(start, stop, num, endpoint)


@define(np.geomspace)
def geomspace(start, stop, num=50, endpoint=True):
    return np.exp(np.linspace(np.log(start), np.log(stop), num, endpoint))
