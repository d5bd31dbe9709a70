"""What NumPy's averages, their relatives that leave out NaN, and its tests of equality mean, in terms of primitives."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import numpy as np

from s2sad.prims.primitive import REGISTRY
from s2sad.prims.products import conj
from s2sad.prims.reductions import greatest, least

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
        if axis is None:
            raise TypeError("Axis must be specified when shapes of a and weights differ.")
        axes = tuple(axis) if isinstance(axis, tuple | list) else (axis,)
        axes = tuple(k % np.ndim(a) for k in axes)
        places = tuple(sorted(axes))
        ordered = np.transpose(weights, tuple(axes.index(k) for k in places)) if len(axes) > 1 else weights
        weights = np.expand_dims(ordered, tuple(k for k in range(np.ndim(a)) if k not in axes))
    product = a * weights
    if weights.dtype != product.dtype:
        weights = weights.astype(product.dtype)
    total = np.sum(np.broadcast_to(weights, np.shape(product)), axis=axis, keepdims=keepdims)
    if np.any(total == 0.0) if np.ndim(total) > 0 else total == 0.0:
        raise ZeroDivisionError("Weights sum to zero, can't be normalized")
    mean = np.sum(product, axis=axis, keepdims=keepdims) / total
    return (mean, total) if returned else mean


def shared_out(total, count):
    """A sum divided by how many it is of, in the precision of the sum: NumPy divides in place."""
    return of_precision(total / count, total)


def of_precision(out, kept):
    """What NumPy computes into an array or number that is there, such as a sum begun from ``initial``."""
    return out if out.dtype == kept.dtype or kept.dtype.kind not in "fc" else out.astype(kept.dtype)


# Without the NaN


def present(a, where):
    """The array, and which of its elements take part: those that are not NaN, and chosen."""
    a = np.asarray(a)
    there = ~np.isnan(a)
    return a, there if where is True else there & where


@define(np.nansum)
def nansum(a, axis=None, dtype=None, *, keepdims=False, initial=0, where=True):
    a, there = present(a, where)
    total = np.sum(np.where(there, a, 0), axis=axis, dtype=dtype, keepdims=keepdims)
    return total if isinstance(initial, int) and initial == 0 else total + initial


@define(np.nanprod)
def nanprod(a, axis=None, dtype=None, *, keepdims=False, initial=1, where=True):
    a, there = present(a, where)
    product = np.prod(np.where(there, a, 1), axis=axis, dtype=dtype, keepdims=keepdims)
    return product if isinstance(initial, int) and initial == 1 else of_precision(product * initial, product)


@define(np.nancumsum)
def nancumsum(a, axis=None, dtype=None):
    return np.cumsum(np.where(np.isnan(a), 0, a), axis=axis, dtype=dtype)


@define(np.nancumprod)
def nancumprod(a, axis=None, dtype=None):
    return np.cumprod(np.where(np.isnan(a), 1, a), axis=axis, dtype=dtype)


@define(np.nanmean)
def nanmean(a, axis=None, dtype=None, *, keepdims=False, where=True):
    a, there = present(a, where)
    count = np.sum(there, axis=axis, keepdims=keepdims)
    return shared_out(np.sum(np.where(there, a, 0), axis=axis, dtype=dtype, keepdims=keepdims), count)


@define(np.nanvar)
def nanvar(a, axis=None, dtype=None, *, ddof=0, keepdims=False, where=True, mean=None, correction=None):
    a, there = present(a, where)
    known = np.where(there, a, 0)
    if mean is None:
        total = np.sum(known, axis=axis, dtype=dtype, keepdims=True)
        mean = shared_out(total, np.sum(there, axis=axis, keepdims=True))
    apart = np.where(there, known - mean, 0)
    count = np.sum(there, axis=axis, keepdims=keepdims) - (ddof if correction is None else correction)
    squares = np.sum(np.real(conj(apart) * apart), axis=axis, dtype=dtype, keepdims=keepdims)
    return shared_out(squares, np.where(count > 0, count, np.nan))


@define(np.nanstd)
def nanstd(a, axis=None, dtype=None, *, ddof=0, keepdims=False, where=True, mean=None, correction=None):
    return root(nanvar(a, axis, dtype, ddof=ddof, keepdims=keepdims, where=where, mean=mean, correction=correction))


def root(variance):
    """The square root, whose derivative where there is no spread is taken as 0."""
    none = variance == 0
    return np.where(none, 0.0, np.sqrt(np.where(none, 1.0, variance)))[()]


@define(np.nanmax)
def nanmax(a, axis=None, *, keepdims=False, initial=None, where=True):
    return extreme(np.max if initial is None else greatest, np.maximum, -np.inf, a, axis, keepdims, initial, where)


@define(np.nanmin)
def nanmin(a, axis=None, *, keepdims=False, initial=None, where=True):
    return extreme(np.min if initial is None else least, np.minimum, np.inf, a, axis, keepdims, initial, where)


def extreme(function, greater, least, a, axis, keepdims, initial, where):
    """The extreme of what takes part; NaN where nothing does."""
    a, there = present(a, where)
    if where is not True and initial is None:
        raise ValueError("a reduction without an identity needs 'initial' beside a where mask")
    found = function(np.where(there, a, least), axis=axis, keepdims=keepdims)
    if initial is not None:
        return of_precision(greater(found, initial), found)
    return np.where(np.any(there, axis=axis, keepdims=keepdims), found, np.nan)[()]


def place_of_extreme(function, least):
    """``nanargmax`` and ``nanargmin``."""

    def place(a, axis=None, *, keepdims=False):
        a = np.asarray(a)
        gone = np.isnan(a)
        if np.any(np.all(gone, axis=axis)):
            raise ValueError("All-NaN slice encountered")
        return function(np.where(gone, least, a), axis=axis, keepdims=keepdims)

    return place


define(np.nanargmax)(place_of_extreme(np.argmax, -np.inf))
define(np.nanargmin)(place_of_extreme(np.argmin, np.inf))


# Covariance


@define(np.cov)
def cov(m, y=None, rowvar=True, bias=False, ddof=None, fweights=None, aweights=None, *, dtype=None):
    m = np.asarray(m)
    y = y if y is None else np.asarray(y)
    if dtype is None:
        dtype = np.result_type(m, np.float64) if y is None else np.result_type(m, y, np.float64)
    m = np.asarray(m, dtype=dtype)
    rows = np.atleast_2d(m if rowvar or np.ndim(m) < 2 else m.T)
    if y is not None:
        y = np.asarray(y, dtype=dtype)
        rows = np.concatenate([rows, np.atleast_2d(y if rowvar or np.ndim(y) < 2 else y.T)], axis=0)
    fewer = (0 if bias else 1) if ddof is None else ddof
    if fweights is None and aweights is None:
        apart = rows - np.mean(rows, axis=1, keepdims=True)
        out = apart @ conj(apart.T) / max(rows.shape[1] - fewer, 0)
        return np.squeeze(out) if y is None else out
    weights = 1.0 if fweights is None else np.asarray(fweights)
    if aweights is not None:
        weights = weights * np.asarray(aweights)
    total = np.sum(weights)
    apart = rows - np.sum(rows * weights, axis=1, keepdims=True) / total
    lost = fewer * np.sum(weights * np.asarray(aweights)) / total if aweights is not None else fewer
    out = (apart * weights) @ conj(apart.T) / (total - lost)
    return np.squeeze(out) if y is None else out


@define(np.corrcoef)
def corrcoef(x, y=None, rowvar=True, *, dtype=None):
    c = cov(x, y, rowvar, dtype=dtype)
    if np.ndim(c) == 0:
        return c / c
    deviation = np.sqrt(np.real(np.diagonal(c)))
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
    if np.ndim(lines) == 1 and np.ndim(steps) <= 1:
        return np.sum(0.5 * steps * (lines[1:] + lines[:-1]))
    return np.sum(0.5 * steps * (lines[..., 1:] + lines[..., :-1]), axis=-1)


@define(np.interp)
def interp(x, xp, fp, left=None, right=None, period=None):
    x, xp = np.asarray(x, dtype=float)[()], np.asarray(xp, dtype=float)
    fp = np.asarray(fp, dtype=complex if np.iscomplexobj(fp) else float)
    if period is not None:
        if period == 0:
            raise ValueError("period must be a non-zero value")
        period = abs(period)
        x, xp = x % period, xp % period
        order = np.argsort(xp)
        xp, fp = xp[order], fp[order]
        xp = np.concatenate((xp[-1:] - period, xp, xp[:1] + period))
        fp = np.concatenate((fp[-1:], fp, fp[:1]))
        left, right = None, None
    k = np.clip(np.searchsorted(xp, x, side="right") - 1, 0, len(xp) - 2)
    slope = (fp[k + 1] - fp[k]) / (xp[k + 1] - xp[k])
    inside = fp[k] + slope * (x - xp[k])
    low = np.where(x < xp[0], fp[0] if left is None else left, inside)
    return np.where(x > xp[-1], fp[-1] if right is None else right, low)[()]


# Scans in the array-API spelling


def begun(total, axis):
    """One place before the first along an axis, as ``np.pad`` has it."""
    along = 0 if axis is None else axis % np.ndim(total)
    return [(1, 0) if k == along else (0, 0) for k in range(np.ndim(total))]


def only_axis(x, axis):
    """The axis of a scan, which may be left out where there is one only."""
    if axis is None and np.ndim(x) > 1:
        raise ValueError("For arrays which have more than one dimension ``axis`` argument is required.")
    return 0 if axis is None else axis


@define(*(getattr(np, name) for name in ("cumulative_sum",) if hasattr(np, name)))
def cumulative_sum(x, /, *, axis=None, dtype=None, include_initial=False):
    total = np.cumsum(x, axis=only_axis(x, axis), dtype=dtype)
    if not include_initial:
        return total
    return np.pad(total, begun(total, axis))


@define(*(getattr(np, name) for name in ("cumulative_prod",) if hasattr(np, name)))
def cumulative_prod(x, /, *, axis=None, dtype=None, include_initial=False):
    total = np.cumprod(x, axis=only_axis(x, axis), dtype=dtype)
    if not include_initial:
        return total
    return np.pad(total, begun(total, axis), constant_values=1)


# Tests


@define(np.allclose)
def allclose(a, b, rtol=1e-05, atol=1e-08, equal_nan=False):
    return bool(np.all(np.isclose(a, b, rtol=rtol, atol=atol, equal_nan=equal_nan)))


@define(np.array_equal)
def array_equal(a1, a2, equal_nan=False):
    if np.ndim(a1) != np.ndim(a2) or np.shape(a1) != np.shape(a2):
        return False
    if equal_nan:
        return bool(np.all(np.logical_or(a1 == a2, np.logical_and(np.isnan(a1), np.isnan(a2)))))
    return bool(np.all(a1 == a2))


# Grids on a logarithmic scale


def of_rank(a, rank):
    """An array with axes of length one in front."""
    return np.reshape(a, (1,) * (rank - np.ndim(a)) + np.shape(a))


@define(np.logspace)
def logspace(start, stop, num=50, endpoint=True, base=10.0, dtype=None, axis=0):
    if np.ndim(base) > 0:
        rank = max(np.ndim(start), np.ndim(stop), np.ndim(base))
        start, stop, base = of_rank(start, rank), of_rank(stop, rank), np.expand_dims(of_rank(base, rank), axis)
    points = base ** np.linspace(start, stop, num, endpoint, axis=axis)
    return points if dtype is None else points.astype(dtype)


@define(np.geomspace)
def geomspace(start, stop, num=50, endpoint=True, dtype=None, axis=0):
    kind = np.result_type(start, stop, np.float64)
    start, stop = np.asarray(start, dtype=kind)[()], np.asarray(stop, dtype=kind)[()]
    ratio = np.linspace(0.0 * start, np.log(stop / start), num, endpoint)  # both below 0, or both above
    points = start * np.exp(ratio)
    if axis != 0:
        points = np.moveaxis(points, 0, axis)
    return points if dtype is None else points.astype(dtype)
