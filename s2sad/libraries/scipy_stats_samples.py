"""``scipy.stats``: tests of samples, power transforms and distances with weights, written out in NumPy.

As in ``scipy_stats_measures``, SciPy's functions stand behind decorators that look at axes and NaN policies when run.
Where the function behind the decorator can be traced, it is that one, of samples that are vectors. A p-value that SciPy
takes from a table or an exact distribution is refused where it is read; the statistic is differentiated.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from functools import cache

import numpy as np
import scipy.optimize
import scipy.special as sc
import scipy.stats as st

from s2sad.libraries.scipy_stats_measures import chi_squared_p, flat, plain, sample, student_p
from s2sad.libraries.solutions import refused
from s2sad.prims.primitive import REGISTRY, unsupported

define = REGISTRY.define


class Statistic:
    """The statistic of a test, and its p-value where there is a formula."""

    def __init__(self, name, statistic, p):
        self.name, self.statistic, self.p = name, statistic, p

    @property
    def correlation(self):
        return self.statistic

    @property
    def pvalue(self):
        if self.p is None:
            unsupported(f"the p-value of scipy.stats.{self.name}", instead="differentiate its statistic")
        return self.p

    def __iter__(self):
        return iter((self.statistic, self.pvalue))

    def __getitem__(self, k):
        return (self.statistic, self.pvalue)[k] if isinstance(k, slice) else self.statistic if k == 0 else self.pvalue


def only(name, usual):
    """Refuse what is not usual."""
    if not usual:
        unsupported(
            f"scipy.stats.{name} of more than vectors, or with these options",
            instead="a loop over the rows, no options",
        )


# -- as SciPy has them, behind the decorator --------------------------------------------------------------------------


def behind(name):
    """A function of one or several samples, by what its decorator wraps."""
    function = getattr(st, name)
    inner = function.__wrapped__

    def meaning(*args, nan_policy="propagate", keepdims=False, _no_deco=False, **options):
        plain(name, nan_policy)
        args = [sample(a) for a in args]
        for a in args:
            only(name, np.ndim(a) <= 1 and not keepdims)
        return inner(*args, **options)

    define(function)(meaning)


for _name in (
    "levene", "kruskal", "skewtest", "kurtosistest", "normaltest", "differential_entropy",
):  # fmt: skip
    if hasattr(getattr(st, _name), "__wrapped__"):
        behind(_name)


# -- tests ------------------------------------------------------------------------------------------------------------


@define(st.bartlett)
def bartlett(*samples, axis=0, nan_policy="propagate", keepdims=False):
    plain("bartlett", nan_policy)
    only("bartlett", not keepdims)
    groups = [flat(a, axis) for a in samples]
    free = [np.shape(a)[k] - 1.0 for a, k in groups]
    spreads = [np.var(a, axis=k, ddof=1) for a, k in groups]
    total = sum(free)
    pooled = sum([f * v for f, v in zip(free, spreads, strict=True)]) / total
    apart = total * np.log(pooled) - sum([f * np.log(v) for f, v in zip(free, spreads, strict=True)])
    m = len(groups)
    out = apart / (1.0 + (sum([1.0 / f for f in free]) - 1.0 / total) / (3.0 * (m - 1)))
    return Statistic("bartlett", out, chi_squared_p(out, m - 1))


@define(st.jarque_bera)
def jarque_bera(x, *, axis=None, nan_policy="propagate", keepdims=False):
    plain("jarque_bera", nan_policy)
    x, axis = flat(x, axis)
    n = np.shape(x)[axis]
    out = n / 6.0 * (st.skew(x, axis) ** 2 + st.kurtosis(x, axis) ** 2 / 4.0)
    return Statistic("jarque_bera", out, chi_squared_p(out, 2))


POWERS = {
    "pearson": 1, "log-likelihood": 0, "freeman-tukey": -0.5, "mod-log-likelihood": -1, "neyman": -2,
    "cressie-read": 2 / 3,
}  # fmt: skip


@define(st.power_divergence)
def power_divergence(
    f_obs, f_exp=None, ddof=0, axis=0, lambda_=None, *, keepdims=False, nan_policy="propagate", sum_check=True,
):  # fmt: skip
    plain("power_divergence", nan_policy)
    only("power_divergence", not keepdims)
    power = 1 if lambda_ is None else POWERS[lambda_] if isinstance(lambda_, str) else lambda_
    e = None if f_exp is None else flat(f_exp, axis)[0]
    o, axis = flat(f_obs, axis)
    if e is None:
        e = np.mean(o, axis=axis, keepdims=True)
    if f_exp is not None and sum_check:
        total, expected = np.sum(o, axis=axis), np.sum(e, axis=axis)
        if np.any(np.abs(total - expected) > 1.5e-8 * np.minimum(total, expected)):
            raise ValueError("the sums of the observed and the expected frequencies differ")
    if power == 1:
        terms = (o - e) ** 2 / e
    elif power == 0:
        terms = 2.0 * sc.xlogy(o, o / e)
    elif power == -1:
        terms = 2.0 * sc.xlogy(e, e / o)
    else:
        terms = o * ((o / e) ** power - 1.0) / (0.5 * power * (power + 1.0))
    out = np.sum(terms, axis=axis)
    return Statistic("power_divergence", out, chi_squared_p(out, np.shape(o)[axis] - 1 - ddof))


@define(st.chisquare)
def chisquare(f_obs, f_exp=None, ddof=0, axis=0, *, sum_check=True, **options):
    return power_divergence(f_obs, f_exp, ddof, axis, "pearson", sum_check=sum_check, **options)


@define(st.ks_1samp)
def ks_1samp(x, cdf, args=(), alternative="two-sided", method="auto", *, nan_policy="propagate", **options):
    """The greatest distance between the distribution functions of a sample and of a distribution."""
    plain("ks_1samp", nan_policy)
    x = np.sort(sample(x))
    n, values = len(x), cdf(x, *args)
    above, below = np.max(np.arange(1.0, n + 1.0) / n - values), np.max(values - np.arange(0.0, n) / n)
    if alternative == "greater":
        return Statistic("ks_1samp", above, None)
    return Statistic("ks_1samp", below if alternative == "less" else np.maximum(above, below), None)


@define(st.cramervonmises)
def cramervonmises(rvs, cdf, args=(), **options):
    """The mean squared distance between the distribution functions of a sample and of a distribution."""
    if isinstance(cdf, str):
        cdf = getattr(st, cdf).cdf
    x = np.sort(sample(rvs))
    n = len(x)
    between = (np.arange(1.0, 2.0 * n, 2.0) / (2.0 * n) - cdf(x, *args)) ** 2
    return Statistic("cramervonmises", 1.0 / (12.0 * n) + np.sum(between), None)


@define(st.spearmanr)
def spearmanr(a, b=None, axis=0, nan_policy="propagate", alternative="two-sided"):
    """The correlation of ranks, which is constant but where items change places."""
    plain("spearmanr", nan_policy)
    only("spearmanr", b is not None and np.ndim(a) == 1)
    x, y = st.rankdata(sample(a)), st.rankdata(sample(b))
    x, y = x - np.mean(x), y - np.mean(y)
    r, free = np.sum(x * y) / np.sqrt(np.sum(x**2) * np.sum(y**2)), len(x) - 2
    p = student_p("spearmanr", r * np.sqrt(free / ((r + 1.0) * (1.0 - r))), free, alternative)
    return Statistic("spearmanr", r, p)


@define(st.mode)
def mode(a, axis=0, nan_policy="propagate", keepdims=False):
    """The least of the values that are there most often."""
    plain("mode", nan_policy)
    a, axis = flat(a, axis)
    only("mode", np.ndim(a) == 1 and not keepdims)
    values, counts = np.unique(a, return_counts=True)
    return ModeResult(values[np.argmax(counts)], np.max(counts))


ModeResult = st._stats_py.ModeResult


class Line:
    """What ``theilslopes`` and ``siegelslopes`` give."""

    def __init__(self, slope, intercept):
        self.slope, self.intercept = slope, intercept

    def __getitem__(self, k):
        if isinstance(k, slice):
            return (self.slope, self.intercept)[k]
        if k > 1:
            unsupported("the confidence interval of scipy.stats.theilslopes", instead="read slope and intercept")
        return self.slope if k == 0 else self.intercept


@REGISTRY.compute
@cache
def precision_of(function, dtype):
    """The dtype of the line that SciPy finds, which its version says."""
    return np.asarray(function(np.arange(3, dtype=dtype)).slope).dtype


def in_precision_of(function, x):
    """The coordinates of points in the precision in which SciPy finds a line through them."""
    dtype = precision_of(function, np.result_type(x))
    return x if np.result_type(x) == dtype else x.astype(dtype)


@define(st.theilslopes)
def theilslopes(y, x=None, alpha=0.95, method="separate", **options):
    y = in_precision_of(st.theilslopes, sample(y))
    x = np.arange(len(y), dtype=np.result_type(y)) if x is None else in_precision_of(st.theilslopes, sample(x))
    apart_x, apart_y = x[:, None] - x, y[:, None] - y
    rising = apart_x > 0
    slope = np.median(apart_y[rising] / apart_x[rising])
    if method == "joint":
        return Line(slope, np.median(y - slope * x))
    return Line(slope, np.median(y) - slope * np.median(x))


# -- transforms and distances -----------------------------------------------------------------------------------------


@define(st.boxcox_llf)
def boxcox_llf(lmb, data, *, axis=0, keepdims=False, nan_policy="propagate"):
    plain("boxcox_llf", nan_policy)
    only("boxcox_llf", not keepdims)
    x, axis = flat(data, axis)
    spread = np.var(st.boxcox(x, lmb), axis=axis)
    return (lmb - 1.0) * np.sum(np.log(x), axis=axis) - 0.5 * np.shape(x)[axis] * np.log(spread)


@define(st.yeojohnson_llf)
def yeojohnson_llf(lmb, data, *, axis=0, nan_policy="propagate", keepdims=False):
    plain("yeojohnson_llf", nan_policy)
    x, axis = flat(data, axis)
    only("yeojohnson_llf", np.ndim(x) == 1 and not keepdims)
    spread = np.var(st.yeojohnson(x, lmb))
    return (lmb - 1.0) * np.sum(np.sign(x) * np.log1p(np.abs(x))) - 0.5 * len(x) * np.log(spread)


def most_likely(llf, x):
    """The exponent of greatest likelihood."""
    return scipy.optimize.minimize_scalar(lambda lmb: -llf(lmb, x), bracket=(-2.0, 2.0), options={"xtol": 1e-10}).x


@define(st.boxcox_normmax)
def boxcox_normmax(x, brack=None, method="pearsonr", optimizer=None, *, ymax=None):
    only("boxcox_normmax", method == "mle" and optimizer is None)
    return most_likely(st.boxcox_llf, sample(x))


@define(st.boxcox)
def boxcox(x, lmbda=None, alpha=None, optimizer=None):
    x = sample(x)
    only("boxcox", alpha is None and optimizer is None)
    if lmbda is not None:
        return sc.boxcox(x, lmbda)
    exponent = most_likely(st.boxcox_llf, x)
    return sc.boxcox(x, exponent), exponent


@define(st.yeojohnson)
def yeojohnson(x, lmbda=None):
    x = sample(x)
    if lmbda is not None:
        return st._morestats._yeojohnson_transform(x, lmbda)
    exponent = most_likely(st.yeojohnson_llf, x)
    return st._morestats._yeojohnson_transform(x, exponent), exponent


# -- distances of samples with weights --------------------------------------------------------------------------------


def mass_below(values, weights, points):
    """How much of a sample is at or below each point."""
    values = sample(values)
    if weights is None:
        return np.searchsorted(np.sort(values), points, "right") / len(values)
    order = np.argsort(values)
    mass = np.concatenate([np.zeros(1), np.cumsum(sample(weights)[order])])
    return mass[np.searchsorted(values[order], points, "right")] / mass[-1]


def distribution_steps(u, v, u_weights, v_weights):
    """The gaps between the points of two samples in order, and how far apart their distribution functions are there."""
    both = np.sort(np.concatenate([sample(u), sample(v)]))
    return np.diff(both), mass_below(u, u_weights, both[:-1]) - mass_below(v, v_weights, both[:-1])


@define(st.wasserstein_distance)
def wasserstein_distance(u_values, v_values, u_weights=None, v_weights=None):
    gaps, between = distribution_steps(u_values, v_values, u_weights, v_weights)
    return np.sum(np.abs(between) * gaps)


@define(st.energy_distance)
def energy_distance(u_values, v_values, u_weights=None, v_weights=None):
    gaps, between = distribution_steps(u_values, v_values, u_weights, v_weights)
    return np.sqrt(2.0 * np.sum(between**2 * gaps))


refused(st, "anderson bws_test shapiro", "write out the statistic")
