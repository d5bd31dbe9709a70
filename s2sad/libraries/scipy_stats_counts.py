"""``scipy.stats``: methods of distributions of whole numbers. Their quantiles are steps, of which the slope is 0."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.stats as st

from s2sad.libraries.declaring import as_computed
from s2sad.libraries.scipy_stats_methods import (
    allowed,
    certain,
    checked,
    floats,
    form,
    no_end,
    open_to_source,
    own,
    parameters,
    standard_cdf,
    standard_logsf,
    standard_sf,
    support,
    title,
    within,
)  # fmt: skip
from s2sad.prims.primitive import REGISTRY, primitive, unsupported
from s2sad.rules.book import constant

define = REGISTRY.define
rv_discrete = st.rv_discrete

def whole(k):
    """Whole numbers, and whether they are; what they hang on does not count."""
    if isinstance(k, (list, tuple)):
        k = np.array(k)
    if np.result_type(k).kind in "iub":
        return k, True
    return np.floor(k), np.floor(k) == k


def counted(self, k, args, kwds):
    shapes, loc, _ = self._parse_args(*args, **kwds)
    shapes = tuple([floats(s) for s in shapes])
    k, exact = whole(k - loc if not isinstance(k, (list, tuple)) else np.array(k) - loc)
    valid = allowed(self, shapes, 1.0)
    return k, exact, shapes, valid


def standard_logpmf(self, k, shapes):
    f = form(self, "logpmf")
    return self._logpmf(k, *shapes) if f is None else f(k, *shapes)


def standard_pmf(self, k, shapes):
    return self._pmf(k, *shapes) if form(self, "logpmf") is None else np.exp(standard_logpmf(self, k, shapes))


def counted_within(exact, k, low, high, x, otherwise):
    """x for whole numbers in the support, ``otherwise`` elsewhere."""
    x = within(k, low, high, x, otherwise)
    return x if certain(exact) else np.where(exact | np.isnan(k), x, otherwise)[()]


@define(rv_discrete.logpmf)
def logpmf(self, k, *args, **kwds):
    k, exact, shapes, valid = counted(self, k, args, kwds)
    low, high = support(self, shapes)
    return checked(valid, counted_within(exact, k, low, high, standard_logpmf(self, k, shapes), -np.inf))


@define(rv_discrete.pmf)
def pmf(self, k, *args, **kwds):
    k, exact, shapes, valid = counted(self, k, args, kwds)
    low, high = support(self, shapes)
    return checked(valid, counted_within(exact, k, low, high, standard_pmf(self, k, shapes), 0.0))


def summed_cdf(self, k, shapes):
    """The distribution function, where SciPy has no formula by adding up what is below."""
    if form(self, "cdf") is not None or own(self, "_cdf") and form(self, "logpmf") is None:
        return standard_cdf(self, k, shapes)
    low = support(self, shapes)[0]
    if no_end(low):
        unsupported(f"{title(self)}.cdf, which SciPy adds up from minus infinity", instead="write out its formula")
    top = np.max(np.where(np.isfinite(k), k, low))
    each = np.arange(np.min(low), np.maximum(top, np.min(low)) + 1.0)
    axes = tuple([np.asarray(s)[..., None] for s in shapes])
    terms = np.where((each <= np.asarray(k)[..., None]) & (each >= np.asarray(low)[..., None]),
                     standard_pmf(self, each, axes), 0.0)
    return np.sum(terms, axis=-1)


def summed_sf(self, k, shapes):
    if form(self, "sf") is not None or form(self, "logpmf") is None and (own(self, "_cdf") or own(self, "_sf")):
        return standard_sf(self, k, shapes)
    return 1.0 - summed_cdf(self, k, shapes)


def summed_logsf(self, k, shapes):
    if form(self, "logsf") is not None or open_to_source(self, "_logsf"):
        return standard_logsf(self, k, shapes)
    return np.log(summed_sf(self, k, shapes))


def sided_counts(k, x, low, high, before, after):
    """As ``sided``: the lower end belongs to the support, at the upper one all is counted."""
    if not no_end(low):
        x = np.where(k < low, before, x)[()]
    return x if no_end(high) else np.where(k >= high, after, x)[()]


@define(rv_discrete.cdf)
def discrete_cdf(self, k, *args, **kwds):
    k, _, shapes, valid = counted(self, k, args, kwds)
    low, high = support(self, shapes)
    return checked(valid, sided_counts(k, summed_cdf(self, k, shapes), low, high, 0.0, 1.0))


@define(rv_discrete.sf)
def discrete_sf(self, k, *args, **kwds):
    k, _, shapes, valid = counted(self, k, args, kwds)
    low, high = support(self, shapes)
    return checked(valid, sided_counts(k, summed_sf(self, k, shapes), low, high, 1.0, 0.0))


@define(rv_discrete.logcdf)
def discrete_logcdf(self, k, *args, **kwds):
    k, _, shapes, valid = counted(self, k, args, kwds)
    low, high = support(self, shapes)
    return checked(valid, sided_counts(k, np.log(summed_cdf(self, k, shapes)), low, high, -np.inf, 0.0))


@define(rv_discrete.logsf)
def discrete_logsf(self, k, *args, **kwds):
    k, _, shapes, valid = counted(self, k, args, kwds)
    low, high = support(self, shapes)
    return checked(valid, sided_counts(k, summed_logsf(self, k, shapes), low, high, 0.0, -np.inf))


# -- quantiles --------------------------------------------------------------------------------------------------------


QUANTILES: dict[tuple[str, str], Any] = {}


@REGISTRY.compute
def quantile_of(dist, method):
    """What calls SciPy for a quantile."""
    return QUANTILES.get((dist.name, method))


def declared(dist: Any, method: str) -> None:
    names = " ".join(("q", *"abcd"[: dist.numargs]))
    function = getattr(dist, method)
    infer = as_computed(function, names)
    prim = primitive(f"scipy.stats.{dist.name}.{method}", function, infer, elementwise=True, calls=())
    constant(prim)
    QUANTILES[dist.name, method] = REGISTRY.word(prim)


for _dist in [d for d in vars(st).values() if isinstance(d, rv_discrete) and d.name != "poisson_binom"]:
    for _method in ("ppf", "isf"):
        declared(_dist, _method)


def counted_quantile(self, method, q, args, kwds):
    quantile = quantile_of(self, method)
    if quantile is None:
        unsupported(f"{title(self)}.{method}", instead="call it before, and pass the number")
    shapes, loc, _ = parameters(self, args, {**kwds})
    return quantile(floats(q), *shapes) + loc


@define(rv_discrete.ppf)
def discrete_ppf(self, q, *args, **kwds):
    return counted_quantile(self, "ppf", q, args, kwds)


@define(rv_discrete.isf)
def discrete_isf(self, q, *args, **kwds):
    return counted_quantile(self, "isf", q, args, kwds)
