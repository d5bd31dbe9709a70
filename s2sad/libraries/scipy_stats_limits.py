"""``scipy.stats``: statistics of what of a sample is between limits, along any axis."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import numpy as np
import scipy.stats as st

from s2sad.libraries.scipy_stats_measures import present
from s2sad.prims.primitive import REGISTRY

define = REGISTRY.define


def inside(a, limits, inclusive):
    """Which items are between the limits; what is no number stays."""
    (low, high), (with_low, with_high) = limits, inclusive
    kept = np.ones(np.shape(a), bool)
    if low is not None:
        kept = kept & ~(a < low if with_low else a <= low)
    if high is not None:
        kept = kept & ~(a > high if with_high else a >= high)
    if not np.any(kept):
        raise ValueError("No array values within given limits")
    return kept


@define(st.tmean)
def tmean(a, limits=None, inclusive=(True, True), axis=None, *, nan_policy="propagate", keepdims=False):
    a, axis = present("tmean", a, axis, nan_policy, keepdims)
    if limits is None:
        return np.mean(a, axis=axis, keepdims=keepdims)
    return np.mean(a, axis=axis, keepdims=keepdims, where=inside(a, limits, inclusive))


@define(st.tvar)
def tvar(a, limits=None, inclusive=(True, True), axis=0, ddof=1, *, nan_policy="propagate", keepdims=False):
    a, axis = present("tvar", a, axis, nan_policy, keepdims)
    if limits is None:
        return np.var(a, axis=axis, ddof=ddof, keepdims=keepdims)
    return np.var(a, axis=axis, ddof=ddof, keepdims=keepdims, where=inside(a, limits, inclusive))


@define(st.tstd)
def tstd(a, limits=None, inclusive=(True, True), axis=0, ddof=1, *, nan_policy="propagate", keepdims=False):
    return np.sqrt(tvar(a, limits, inclusive, axis, ddof, nan_policy=nan_policy, keepdims=keepdims))


@define(st.tsem)
def tsem(a, limits=None, inclusive=(True, True), axis=0, ddof=1, *, nan_policy="propagate", keepdims=False):
    if limits is None:
        return st.sem(a, axis, ddof, nan_policy, keepdims=keepdims)
    a, axis = present("tsem", a, axis, nan_policy, keepdims)
    kept = inside(a, limits, inclusive)
    spread = np.var(a, axis=axis, ddof=ddof, keepdims=keepdims, where=kept)
    return np.sqrt(spread / np.sum(kept, axis=axis, keepdims=keepdims, dtype=np.result_type(spread)))


@define(st.tmin)
def tmin(a, lowerlimit=None, axis=0, inclusive=True, nan_policy="propagate", *, keepdims=False):
    a, axis = present("tmin", a, axis, nan_policy, keepdims)
    if lowerlimit is None:
        return np.min(a, axis=axis, keepdims=keepdims)
    kept = inside(a, (lowerlimit, None), (inclusive, True))
    least = np.min(np.where(kept, a, np.inf), axis=axis, keepdims=keepdims)
    return np.where(np.any(kept, axis=axis, keepdims=keepdims), least, np.nan)[()]


@define(st.tmax)
def tmax(a, upperlimit=None, axis=0, inclusive=True, nan_policy="propagate", *, keepdims=False):
    a, axis = present("tmax", a, axis, nan_policy, keepdims)
    if upperlimit is None:
        return np.max(a, axis=axis, keepdims=keepdims)
    kept = inside(a, (None, upperlimit), (True, inclusive))
    most = np.max(np.where(kept, a, -np.inf), axis=axis, keepdims=keepdims)
    return np.where(np.any(kept, axis=axis, keepdims=keepdims), most, np.nan)[()]
