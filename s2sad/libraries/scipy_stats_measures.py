"""``scipy.stats``: measures of samples (means, moments, correlation), written out in NumPy.

SciPy's own functions stand behind decorators that look at axes, NaN policies and array libraries at run time. These are
the same formulas for what is usual: ``nan_policy="propagate"``, any axis, ``keepdims``. Other options are refused.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import numpy as np
import scipy.stats as st

from s2sad.prims.primitive import REGISTRY, unsupported

define = REGISTRY.define


def sample(a):
    return np.array(a) if isinstance(a, (list, tuple)) else a


def flat(a, axis):
    """The sample and its axis: all of it where there is none."""
    a = sample(a)
    return (np.ravel(a), 0) if axis is None else (a, axis)


def plain(name, nan_policy):
    if nan_policy != "propagate":
        unsupported(f"scipy.stats.{name} with nan_policy={nan_policy!r}", instead="take the NaNs out before")


# -- means ------------------------------------------------------------------------------------------------------------


def weighted_mean(a, axis, weights, keepdims):
    if weights is None:
        return np.mean(a, axis=axis, keepdims=keepdims)
    weights = sample(weights)
    return np.sum(a * weights, axis=axis, keepdims=keepdims) / np.sum(weights + 0.0 * a, axis=axis, keepdims=keepdims)


@define(st.gmean)
def gmean(a, axis=0, dtype=None, weights=None, *, nan_policy="propagate", keepdims=False):
    plain("gmean", nan_policy)
    return np.exp(weighted_mean(np.log(sample(a)), axis, weights, keepdims))


@define(st.hmean)
def hmean(a, axis=0, dtype=None, *, weights=None, nan_policy="propagate", keepdims=False):
    plain("hmean", nan_policy)
    return 1.0 / weighted_mean(1.0 / sample(a), axis, weights, keepdims)


@define(st.pmean)
def pmean(a, p, *, axis=0, dtype=None, weights=None, nan_policy="propagate", keepdims=False):
    plain("pmean", nan_policy)
    return weighted_mean(sample(a) ** p, axis, weights, keepdims) ** (1.0 / p)


@define(st.tmean)
def tmean(a, limits=None, inclusive=(True, True), axis=None, *, nan_policy="propagate", keepdims=False):
    plain("tmean", nan_policy)
    if limits is not None:
        unsupported("scipy.stats.tmean with limits", instead="take the mean of those between the limits")
    return np.mean(sample(a), axis=axis, keepdims=keepdims)


# -- moments ----------------------------------------------------------------------------------------------------------


def central(a, axis, order, keepdims=False, center=None):
    about = np.mean(a, axis=axis, keepdims=True) if center is None else center
    return np.mean((a - about) ** order, axis=axis, keepdims=keepdims)


def first_moments(a, order, axis, keepdims):
    """Of order 0 and 1, which are 1 and 0 whatever the sample is."""
    mean = np.mean(a, axis=axis, keepdims=keepdims)
    return np.ones(np.shape(mean))[()] if order == 0 else np.zeros(np.shape(mean))[()]


@define(st.moment)
def moment(a, order=1, axis=0, nan_policy="propagate", *, center=None, keepdims=False):
    plain("moment", nan_policy)
    a, axis = flat(a, axis)
    if isinstance(order, (list, tuple)):
        unsupported("scipy.stats.moment of several orders", instead="call it for each order")
    if order == 0 or order == 1 and center is None:
        return first_moments(a, order, axis, keepdims)
    return central(a, axis, order, keepdims, center)


@define(st.skew)
def skew(a, axis=0, bias=True, nan_policy="propagate", *, keepdims=False):
    plain("skew", nan_policy)
    a, axis = flat(a, axis)
    second, third = central(a, axis, 2, keepdims), central(a, axis, 3, keepdims)
    out = third / second**1.5
    if bias:
        return out
    n = np.shape(a)[axis]
    return np.sqrt((n - 1.0) * n) / (n - 2.0) * out if n > 2 else out


@define(st.kurtosis)
def kurtosis(a, axis=0, fisher=True, bias=True, nan_policy="propagate", *, keepdims=False):
    plain("kurtosis", nan_policy)
    a, axis = flat(a, axis)
    second, fourth = central(a, axis, 2, keepdims), central(a, axis, 4, keepdims)
    out = fourth / second**2
    if not bias:
        n = np.shape(a)[axis]
        if n > 3:
            out = 1.0 / (n - 2) / (n - 3) * ((n**2 - 1.0) * out - 3.0 * (n - 1) ** 2.0) + 3.0
    return out - 3.0 if fisher else out


@define(st.variation)
def variation(a, axis=0, nan_policy="propagate", ddof=0, *, keepdims=False):
    plain("variation", nan_policy)
    a, axis = flat(a, axis)
    return np.std(a, axis=axis, ddof=ddof, keepdims=keepdims) / np.mean(a, axis=axis, keepdims=keepdims)


@define(st.sem)
def sem(a, axis=0, ddof=1, nan_policy="propagate", *, keepdims=False):
    plain("sem", nan_policy)
    a, axis = flat(a, axis)
    return np.std(a, axis=axis, ddof=ddof, keepdims=keepdims) / np.sqrt(np.shape(a)[axis])


@define(st.zscore)
def zscore(a, axis=0, ddof=0, nan_policy="propagate"):
    plain("zscore", nan_policy)
    a = sample(a)
    return (a - np.mean(a, axis=axis, keepdims=True)) / np.std(a, axis=axis, ddof=ddof, keepdims=True)


@define(st.zmap)
def zmap(scores, compare, axis=0, ddof=0, nan_policy="propagate"):
    plain("zmap", nan_policy)
    scores, compare = sample(scores), sample(compare)
    return (scores - np.mean(compare, axis=axis, keepdims=True)) / np.std(compare, axis=axis, ddof=ddof, keepdims=True)


@define(st.gzscore)
def gzscore(a, *, axis=0, ddof=0, nan_policy="propagate"):
    return zscore(np.log(sample(a)), axis, ddof, nan_policy)


@define(st.gstd)
def gstd(a, axis=0, ddof=1, *, keepdims=False, nan_policy="propagate"):
    plain("gstd", nan_policy)
    return np.exp(np.std(np.log(sample(a)), axis=axis, ddof=ddof, keepdims=keepdims))


# -- order statistics -------------------------------------------------------------------------------------------------


@define(st.iqr)
def iqr(
    x, axis=None, rng=(25, 75), scale=1.0, nan_policy="propagate", interpolation="linear", keepdims=False,
):  # fmt: skip
    plain("iqr", nan_policy)
    if isinstance(scale, str):
        unsupported("scipy.stats.iqr with the name of a scale", instead="divide by the scale")
    x = sample(x)
    low = np.percentile(x, rng[0], axis=axis, method=interpolation, keepdims=keepdims)
    return (np.percentile(x, rng[1], axis=axis, method=interpolation, keepdims=keepdims) - low) / scale


@define(st.trim_mean)
def trim_mean(a, proportiontocut, axis=0):
    a, axis = flat(a, axis)
    n = np.shape(a)[axis]
    cut = int(proportiontocut * n)
    inner = np.moveaxis(np.sort(a, axis=axis), axis, 0)[cut : n - cut]
    return np.mean(inner, axis=0)


@define(st.median_abs_deviation)
def median_abs_deviation(x, axis=0, center=np.median, scale=1.0, nan_policy="propagate", *, keepdims=False):
    plain("median_abs_deviation", nan_policy)
    if isinstance(scale, str) or center is not np.median:
        unsupported("scipy.stats.median_abs_deviation with a center or the name of a scale", instead="write it out")
    x, axis = flat(x, axis)
    return np.median(np.abs(x - np.median(x, axis=axis, keepdims=True)), axis=axis, keepdims=keepdims) / scale


# -- information and distances ----------------------------------------------------------------------------------------


@define(st.entropy)
def entropy(pk, qk=None, base=None, axis=0, *, nan_policy="propagate", keepdims=False):
    plain("entropy", nan_policy)
    pk = sample(pk)
    pk = pk / np.sum(pk, axis=axis, keepdims=True)
    if qk is None:
        terms = np.where(pk == 0, 0.0, -pk * np.log(pk))
    else:
        qk = sample(qk)
        qk = qk / np.sum(qk, axis=axis, keepdims=True)
        terms = np.where(pk == 0, 0.0, pk * np.log(pk / qk))
    out = np.sum(terms, axis=axis, keepdims=keepdims)
    return out if base is None else out / np.log(base)


def distribution_steps(u, v):
    """The points of two samples in order, the gaps between them, and the two distribution functions in the gaps."""
    both = np.sort(np.concatenate([u, v]))
    below_u = np.searchsorted(np.sort(u), both[:-1], "right") / len(u)
    below_v = np.searchsorted(np.sort(v), both[:-1], "right") / len(v)
    return np.diff(both), below_u - below_v


@define(st.wasserstein_distance)
def wasserstein_distance(u_values, v_values, u_weights=None, v_weights=None):
    if u_weights is not None or v_weights is not None:
        unsupported("scipy.stats.wasserstein_distance with weights", instead="write it out with np.cumsum")
    gaps, between = distribution_steps(sample(u_values), sample(v_values))
    return np.sum(np.abs(between) * gaps)


@define(st.energy_distance)
def energy_distance(u_values, v_values, u_weights=None, v_weights=None):
    if u_weights is not None or v_weights is not None:
        unsupported("scipy.stats.energy_distance with weights", instead="write it out with np.cumsum")
    gaps, between = distribution_steps(sample(u_values), sample(v_values))
    return np.sqrt(2.0 * np.sum(between**2 * gaps))


# -- two samples ------------------------------------------------------------------------------------------------------


def correlation(x, y):
    x, y = x - np.mean(x), y - np.mean(y)
    return np.sum(x * y) / np.sqrt(np.sum(x**2) * np.sum(y**2))


class Correlation:
    """What ``pearsonr`` gives: a pair, with the names of its items."""

    def __init__(self, statistic, pvalue):
        self.statistic, self.pvalue = statistic, pvalue

    @property
    def correlation(self):
        return self.statistic

    def __iter__(self):
        return iter((self.statistic, self.pvalue))

    def __getitem__(self, k):
        return (self.statistic, self.pvalue)[k]


@define(st.pearsonr)
def pearsonr(x, y, *, alternative="two-sided", method=None, axis=0):
    x, y = sample(x), sample(y)
    if np.ndim(x) != 1 or alternative != "two-sided" or method is not None:
        unsupported("scipy.stats.pearsonr of more than vectors, or with options", instead="compute the correlation")
    r = correlation(x, y)
    half = 0.5 * len(x) - 1.0
    return Correlation(r, 2.0 * st.beta.sf(np.abs(r), half, half, loc=-1.0, scale=2.0))


@define(st.linregress)
def linregress(x, y, alternative="two-sided", *, axis=0, nan_policy="propagate", keepdims=False):
    plain("linregress", nan_policy)
    x, y = sample(x), sample(y)
    if np.ndim(x) != 1 or alternative != "two-sided":
        unsupported("scipy.stats.linregress of more than vectors, or one-sided", instead="write out the regression")
    mean_x, mean_y = np.mean(x), np.mean(y)
    xx, xy, yy = np.mean((x - mean_x) ** 2), np.mean((x - mean_x) * (y - mean_y)), np.mean((y - mean_y) ** 2)
    r, slope, freedom = xy / np.sqrt(xx * yy), xy / xx, len(x) - 2
    intercept = mean_y - slope * mean_x
    slope_error = np.sqrt((1.0 - r**2) * yy / xx / freedom)
    p = 2.0 * st.t.sf(np.abs(r * np.sqrt(freedom / ((1.0 - r) * (1.0 + r)))), freedom)
    return Regression(slope, intercept, r, p, slope_error, slope_error * np.sqrt(xx + mean_x**2))


class Regression:
    """What ``linregress`` gives: five items, and a sixth by name."""

    def __init__(self, slope, intercept, rvalue, pvalue, stderr, intercept_stderr):
        self.slope, self.intercept, self.rvalue = slope, intercept, rvalue
        self.pvalue, self.stderr, self.intercept_stderr = pvalue, stderr, intercept_stderr

    def items(self):
        return self.slope, self.intercept, self.rvalue, self.pvalue, self.stderr

    def __iter__(self):
        return iter(self.items())

    def __getitem__(self, k):
        return self.items()[k]


class TestResult:
    """The statistic of a test, and its p-value."""

    def __init__(self, statistic, pvalue, df):
        self.statistic, self.pvalue, self.df = statistic, pvalue, df

    def __iter__(self):
        return iter((self.statistic, self.pvalue))

    def __getitem__(self, k):
        return (self.statistic, self.pvalue)[k]


def of_student(name, t, df, alternative):
    if alternative == "two-sided":
        return TestResult(t, 2.0 * st.t.sf(np.abs(t), df), df)
    if alternative not in ("less", "greater"):
        unsupported(f"scipy.stats.{name} with alternative={alternative!r}", instead="less, greater or two-sided")
    return TestResult(t, st.t.cdf(t, df) if alternative == "less" else st.t.sf(t, df), df)


@define(st.ttest_1samp)
def ttest_1samp(a, popmean, axis=0, nan_policy="propagate", alternative="two-sided", *, keepdims=False):
    plain("ttest_1samp", nan_policy)
    a, axis = flat(a, axis)
    n = np.shape(a)[axis]
    mean = np.mean(a, axis=axis, keepdims=keepdims)
    t = (mean - popmean) / np.sqrt(np.var(a, axis=axis, ddof=1, keepdims=keepdims) / n)
    return of_student("ttest_1samp", t, n - 1, alternative)


@define(st.ttest_rel)
def ttest_rel(a, b, axis=0, nan_policy="propagate", alternative="two-sided", *, keepdims=False):
    return ttest_1samp(sample(a) - sample(b), 0.0, axis, nan_policy, alternative, keepdims=keepdims)


@define(st.ttest_ind)
def ttest_ind(
    a, b, *, axis=0, equal_var=True, nan_policy="propagate", alternative="two-sided", trim=0, method=None,
    keepdims=False,
):  # fmt: skip
    plain("ttest_ind", nan_policy)
    if trim != 0 or method is not None:
        unsupported("scipy.stats.ttest_ind with trim= or method=", instead="leave them out")
    (a, k), (b, j) = flat(a, axis), flat(b, axis)
    n, m = np.shape(a)[k], np.shape(b)[j]
    v, w = np.var(a, axis=k, ddof=1, keepdims=keepdims), np.var(b, axis=j, ddof=1, keepdims=keepdims)
    if equal_var:
        df = n + m - 2
        spread = np.sqrt(((n - 1) * v + (m - 1) * w) / df * (1.0 / n + 1.0 / m))
    else:
        v, w = v / n, w / m
        df = (v + w) ** 2 / (v**2 / (n - 1) + w**2 / (m - 1))
        spread = np.sqrt(v + w)
    t = (np.mean(a, axis=k, keepdims=keepdims) - np.mean(b, axis=j, keepdims=keepdims)) / spread
    return of_student("ttest_ind", t, df, alternative)


# -- densities of samples ---------------------------------------------------------------------------------------------


def density_at(self, points):
    """A sum of normal densities around the points of the data set."""
    points = sample(points)
    shape = np.shape(points) if np.ndim(points) == 2 else (1, -1) if self.d == 1 else (-1, 1)
    rows = np.reshape(points, shape)
    root = np.linalg.cholesky(self.covariance)
    apart = np.linalg.solve(root, np.reshape(rows[:, :, None] - self.dataset[:, None, :], (len(self.dataset), -1)))
    kernels = np.exp(-0.5 * np.reshape(np.sum(apart**2, axis=0), (-1, np.shape(self.dataset)[1])))
    return kernels @ self.weights / (np.prod(np.diag(root)) * (2.0 * np.pi) ** (0.5 * self.d))


@define(st.gaussian_kde)
def gaussian_kde(dataset, bw_method=None, weights=None):
    """The bandwidth by Scott's or Silverman's rule, or a number times the standard deviation."""
    dataset = sample(dataset)
    dataset = np.reshape(dataset, (1, -1)) if np.ndim(dataset) == 1 else dataset
    d, n = np.shape(dataset)
    kde = object.__new__(st.gaussian_kde)
    weights = np.ones(n) / n if weights is None else sample(weights) / np.sum(weights)
    effective = 1.0 / np.sum(weights**2)
    if bw_method is None or isinstance(bw_method, str) and bw_method == "scott":
        factor = effective ** (-1.0 / (d + 4))
    elif isinstance(bw_method, str):
        factor = (effective * (d + 2) / 4.0) ** (-1.0 / (d + 4))
    else:
        factor = bw_method
    mean = dataset @ weights
    apart = dataset - mean[:, None]
    covariance = (apart * weights) @ apart.T / (1.0 - np.sum(weights**2)) * factor**2
    kde.dataset, kde.d, kde.n, kde.factor = dataset, d, n, factor
    kde._weights, kde.covariance = weights, covariance
    return kde


@define(st.gaussian_kde.evaluate, st.gaussian_kde.__call__, st.gaussian_kde.pdf)
def evaluate(self, points):
    return density_at(self, points)


@define(st.gaussian_kde.logpdf)
def logpdf(self, x):
    return np.log(density_at(self, x))
