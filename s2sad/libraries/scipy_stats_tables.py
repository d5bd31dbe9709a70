"""``scipy.stats``: tables of counts, and p-values of several tests taken together."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import numpy as np
import scipy.special as sc
import scipy.stats as st
import scipy.stats.contingency as contingency

from s2sad.libraries.scipy_stats_measures import chi_squared_p, flat, plain, sample
from s2sad.libraries.scipy_stats_samples import Statistic, power_divergence
from s2sad.prims.primitive import REGISTRY, unsupported

define = REGISTRY.define


class TableTest:
    """What ``chi2_contingency`` gives: four items, with names."""

    def __init__(self, statistic, pvalue, dof, expected_freq):
        self.statistic, self.pvalue, self.dof, self.expected_freq = statistic, pvalue, dof, expected_freq

    def __iter__(self):
        return iter((self.statistic, self.pvalue, self.dof, self.expected_freq))

    def __getitem__(self, k):
        return (self.statistic, self.pvalue, self.dof, self.expected_freq)[k]


@define(contingency.expected_freq)
def expected_freq(observed):
    """The products of the sums along all axes, in the proportions of the table."""
    o = np.asarray(sample(observed), dtype=float)
    expected, total = np.sum(o), np.sum(o)
    for k, _ in enumerate(np.shape(o)):
        margin = np.sum(o, axis=tuple([j for j, _ in enumerate(np.shape(o)) if j != k]), keepdims=True)
        expected = expected * (margin / total)
    return expected


@define(st.chi2_contingency)
def chi2_contingency(observed, correction=True, lambda_=None, *, method=None):
    if method is not None:
        unsupported("scipy.stats.chi2_contingency with method=", instead="leave it out")
    o = np.asarray(sample(observed), dtype=float)
    if np.any(o < 0):
        raise ValueError("All values in `observed` must be nonnegative.")
    expected = expected_freq(o)
    if np.any(expected == 0):
        raise ValueError("The internally computed table of expected frequencies has a zero element")
    dof = np.size(o) - sum(np.shape(o)) + np.ndim(o) - 1
    if np.ndim(o) < 2:
        return TableTest(0.0, 1.0, dof, expected)
    if correction:  # Yates' correction, of tables of one degree of freedom
        apart = expected - o
        o = o + (1.0 if dof == 1 else 0.0) * np.sign(apart) * np.minimum(0.5, np.abs(apart))
    found = power_divergence(o, expected, np.size(o) - 1 - dof, None, lambda_)
    return TableTest(found.statistic, found.pvalue, dof, expected)


@define(st.combine_pvalues)
def combine_pvalues(pvalues, method="fisher", weights=None, *, axis=0, nan_policy="propagate", keepdims=False):
    plain("combine_pvalues", nan_policy)
    p, axis = flat(pvalues, axis)
    n = np.shape(p)[axis]
    logs = {"axis": axis, "keepdims": keepdims}
    if method == "fisher":
        statistic = -2.0 * np.sum(np.log(p), **logs)
        together = chi_squared_p(statistic, 2 * n)
    elif method == "pearson":
        statistic = 2.0 * np.sum(np.log1p(-p), **logs)
        together = sc.chdtr(2 * n, -statistic)
    elif method == "mudholkar_george":
        statistic = np.sum(np.log1p(-p) - np.log(p), **logs)
        freedom = 5.0 * n + 4.0
        together = sc.stdtr(freedom, -statistic * float(np.sqrt(3.0 / n * freedom / (freedom - 2.0))) / np.pi)
    elif method == "tippett":
        statistic = np.min(p, **logs)
        together = sc.betainc(1, n, statistic)
    elif method == "stouffer":
        scores = -sc.ndtri(p)
        if weights is None:
            statistic = np.sum(scores, **logs) / n**0.5
        else:
            w = sample(weights)
            statistic = np.sum(w * scores, **logs) / np.sqrt(np.sum(w**2 + 0.0 * p, **logs))
        together = sc.ndtr(-statistic)
    else:
        raise ValueError(f"Invalid method {method!r}")
    return Statistic("combine_pvalues", statistic, together)


@define(st.false_discovery_control)
def false_discovery_control(ps, *, axis=0, method="bh"):
    """Benjamini & Hochberg 1995, and Benjamini & Yekutieli 2001, as p-values."""
    ps, axis = flat(ps, axis)
    if np.any((ps < 0) | (ps > 1)):
        raise ValueError("`ps` must include only numbers between 0 and 1.")
    p = np.moveaxis(ps, axis, -1)
    places = np.arange(1.0, np.shape(p)[-1] + 1.0, dtype=np.result_type(p, np.float32))
    order = np.argsort(p, axis=-1)
    scaled = np.take_along_axis(p, order, axis=-1) * (len(places) / places)
    if method.lower() == "by":
        scaled = scaled * np.sum(1.0 / places)
    least = np.minimum.accumulate(scaled[..., ::-1], axis=-1)[..., ::-1]
    out = np.take_along_axis(least, np.argsort(order, axis=-1), axis=-1)
    return np.moveaxis(np.minimum(out, 1.0), -1, axis)


# -- counts in bins ---------------------------------------------------------------------------------------------------


class Binned:
    """What ``binned_statistic`` gives: three items, with names."""

    def __init__(self, statistic, bin_edges, binnumber):
        self.statistic, self.bin_edges, self.binnumber = statistic, bin_edges, binnumber

    def __iter__(self):
        return iter((self.statistic, self.bin_edges, self.binnumber))

    def __getitem__(self, k):
        return (self.statistic, self.bin_edges, self.binnumber)[k]


@define(st.binned_statistic)
def binned_statistic(x, values, statistic="mean", bins=10, range=None):
    x, values = np.ravel(sample(x)), sample(values)
    if statistic not in ("mean", "sum", "count", "std") or np.ndim(values) != 1:
        unsupported(
            f"scipy.stats.binned_statistic with statistic={statistic!r}, or of several sets of values",
            instead="'mean', 'sum', 'count' or 'std' of a vector; a loop over the bins",
        )
    edges = np.histogram_bin_edges(x, bins, range) if np.ndim(bins) == 0 else sample(bins)
    numbers = np.searchsorted(edges, x, "right") - (x == edges[-1])
    length = len(edges) + 1
    if statistic == "count":
        return Binned(np.bincount(numbers, minlength=length)[1:-1] * 1.0, edges, numbers)
    sums = np.bincount(numbers, weights=values, minlength=length)
    if statistic == "sum":
        return Binned(sums[1:-1], edges, numbers)
    full = np.bincount(numbers, minlength=length)
    means = sums / np.where(full == 0, np.nan, full)
    if statistic == "mean":
        return Binned(means[1:-1], edges, numbers)
    squares = np.bincount(numbers, weights=(values - means[numbers]) ** 2, minlength=length)
    return Binned(np.sqrt(squares / np.where(full == 0, np.nan, full))[1:-1], edges, numbers)


@define(st.percentileofscore)
def percentileofscore(a, score, kind="rank", nan_policy="propagate"):
    """Which share of a sample is below: a step."""
    plain("percentileofscore", nan_policy)
    a, score = sample(a), np.asarray(sample(score))[..., None]
    below, at = np.sum(a < score, axis=-1), np.sum(a <= score, axis=-1)
    if kind == "rank":
        places = below + at + (below < at)
    else:
        places = {"strict": 2 * below, "weak": 2 * at, "mean": below + at}[kind]
    return (places * (50.0 / len(a)))[()]


# -- draws without putting back ---------------------------------------------------------------------------------------


hypergeometric = type(st.multivariate_hypergeom)


def choices(n, k):
    """The logarithm of the number of ways to choose k out of n."""
    return sc.gammaln(n + 1.0) - sc.gammaln(k + 1.0) - sc.gammaln(n - k + 1.0)


def shares(m):
    m = sample(m)
    return m, np.sum(m, axis=-1, keepdims=True)


@define(hypergeometric.logpmf)
def hypergeometric_logpmf(self, x, m, n):
    x, n, (m, total) = sample(x), sample(n), shares(m)
    out = np.sum(choices(m, np.clip(x, 0, m)), axis=-1) - choices(total[..., 0], n)
    counted = np.all((x >= 0) & (x <= m), axis=-1) & (np.sum(x, axis=-1) == n)
    return np.where(counted, out, -np.inf)[()]


@define(hypergeometric.pmf)
def hypergeometric_pmf(self, x, m, n):
    return np.exp(hypergeometric_logpmf(self, x, m, n))


@define(hypergeometric.mean)
def hypergeometric_mean(self, m, n):
    m, total = shares(m)
    return sample(n) * (m / total) if np.ndim(n) == 0 else sample(n)[..., None] * (m / total)


@define(hypergeometric.cov)
def hypergeometric_cov(self, m, n):
    p, total = shares(m)[0] / shares(m)[1], shares(m)[1][..., None]
    n = np.asarray(sample(n))[..., None, None]
    apart = np.eye(np.shape(p)[-1]) * p[..., None, :] - p[..., :, None] * p[..., None, :]
    return n * (total - n) / (total - 1) * apart


@define(hypergeometric.var)
def hypergeometric_var(self, m, n):
    p, total = shares(m)[0] / shares(m)[1], shares(m)[1]
    n = np.asarray(sample(n))[..., None]
    return n * (total - n) / (total - 1) * p * (1 - p)
