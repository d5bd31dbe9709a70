"""``scipy.stats``: measures of samples (means, moments, correlation), written out in NumPy.

SciPy's own functions stand behind decorators that look at axes, NaN policies and array libraries at run time. These are
the same formulas for what is usual: ``nan_policy="propagate"``, any axis, ``keepdims``. Other options are refused.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import numpy as np
import scipy.special as sc
import scipy.stats as st

from s2sad.prims.primitive import REGISTRY, unsupported

define = REGISTRY.define

NORMAL = 0.6744897501960817  # the median distance of a normal distribution from its middle


def sample(a):
    return np.array(a) if isinstance(a, (list, tuple)) else a


def flat(a, axis):
    """The sample and its axis: all of it where there is none."""
    a = sample(a)
    return (np.ravel(a), 0) if axis is None else (a, axis)


def present(name, a, axis, nan_policy, keepdims=False):
    """The sample and its axis, without what is no number where that is to be left out."""
    a, axis = (sample(a), axis) if keepdims and nan_policy != "omit" else flat(a, axis)
    if nan_policy == "omit":
        if np.ndim(a) != 1:
            unsupported(f"scipy.stats.{name} of rows with nan_policy='omit'", instead="a loop over the rows")
        return a[~np.isnan(a)], axis
    plain(name, nan_policy)
    return a, axis


def plain(name, nan_policy):
    if nan_policy != "propagate":
        unsupported(f"scipy.stats.{name} with nan_policy={nan_policy!r}", instead="take the NaNs out before")


# -- means ------------------------------------------------------------------------------------------------------------


def weighted_mean(a, axis, weights, keepdims):
    if weights is None:
        return np.mean(a, axis=axis, keepdims=keepdims)
    weights = sample(weights)
    return np.sum(a * weights, axis=axis, keepdims=keepdims) / np.sum(weights + 0.0 * a, axis=axis, keepdims=keepdims)


def kept_with(name, a, axis, weights, nan_policy):
    """A sample that may have weights, without what is no number where that is to be left out."""
    if nan_policy == "omit" and weights is None:
        return present(name, a, axis, nan_policy)[0]
    plain(name, nan_policy)
    return sample(a)


@define(st.gmean)
def gmean(a, axis=0, dtype=None, weights=None, *, nan_policy="propagate", keepdims=False):
    a = kept_with("gmean", a, axis, weights, nan_policy)
    return np.exp(weighted_mean(np.log(a), axis, weights, keepdims))


@define(st.hmean)
def hmean(a, axis=0, dtype=None, *, weights=None, nan_policy="propagate", keepdims=False):
    a = kept_with("hmean", a, axis, weights, nan_policy)
    return 1.0 / weighted_mean(1.0 / a, axis, weights, keepdims)


@define(st.pmean)
def pmean(a, p, *, axis=0, dtype=None, weights=None, nan_policy="propagate", keepdims=False):
    a = kept_with("pmean", a, axis, weights, nan_policy)
    return weighted_mean(a**p, axis, weights, keepdims) ** (1.0 / p)


# -- moments ----------------------------------------------------------------------------------------------------------


def central(a, axis, order, keepdims=False, center=None):
    apart = a - (np.mean(a, axis=axis, keepdims=True) if center is None else center)
    return np.mean(powers(apart, order), axis=axis, keepdims=keepdims)


def powers(x, order):
    """By squares, as SciPy has them: ``x**3`` of a negative number takes a hundred times as long as two products."""
    if order == 3:
        return x**2 * x
    return (x**2) ** 2 if order == 4 else x**order


def first_moments(a, order, axis, keepdims):
    """Of order 0 and 1, which are 1 and 0 whatever the sample is."""
    mean = np.mean(a, axis=axis, keepdims=keepdims)
    return np.ones(np.shape(mean))[()] if order == 0 else np.zeros(np.shape(mean))[()]


@define(st.moment)
def moment(a, order=1, axis=0, nan_policy="propagate", *, center=None, keepdims=False):
    a, axis = present("moment", a, axis, nan_policy)
    if isinstance(order, (list, tuple)):
        return np.stack([moment(a, k, axis, center=center, keepdims=keepdims) for k in order])
    if order == 0 or order == 1 and center is None:
        return first_moments(a, order, axis, keepdims)
    return central(a, axis, order, keepdims, center)


@define(st.skew)
def skew(a, axis=0, bias=True, nan_policy="propagate", *, keepdims=False, _no_deco=False):
    a, axis = present("skew", a, axis, nan_policy)
    second, third = central(a, axis, 2, keepdims), central(a, axis, 3, keepdims)
    out = third / second**1.5
    if bias:
        return out
    n = np.shape(a)[axis]
    return ((n - 1.0) * n) ** 0.5 / (n - 2.0) * out if n > 2 else out


@define(st.kurtosis)
def kurtosis(a, axis=0, fisher=True, bias=True, nan_policy="propagate", *, keepdims=False, _no_deco=False):
    a, axis = present("kurtosis", a, axis, nan_policy)
    second, fourth = central(a, axis, 2, keepdims), central(a, axis, 4, keepdims)
    out = fourth / second**2
    if not bias:
        n = np.shape(a)[axis]
        if n > 3:
            out = 1.0 / (n - 2) / (n - 3) * ((n**2 - 1.0) * out - 3.0 * (n - 1) ** 2.0) + 3.0
    return out - 3.0 if fisher else out


@define(st.variation)
def variation(a, axis=0, nan_policy="propagate", ddof=0, *, keepdims=False):
    a, axis = present("variation", a, axis, nan_policy)
    return np.std(a, axis=axis, ddof=ddof, keepdims=keepdims) / np.mean(a, axis=axis, keepdims=keepdims)


@define(st.sem)
def sem(a, axis=0, ddof=1, nan_policy="propagate", *, keepdims=False):
    a, axis = present("sem", a, axis, nan_policy)
    spread = np.std(a, axis=axis, ddof=ddof, keepdims=keepdims)
    return spread / (np.size(a) / np.size(spread)) ** 0.5


@define(st.zscore)
def zscore(a, axis=0, ddof=0, nan_policy="propagate"):
    a = sample(a)
    if nan_policy == "omit":
        middle, spread = np.nanmean(a, axis=axis, keepdims=True), np.nanstd(a, axis=axis, ddof=ddof, keepdims=True)
        return (a - middle) / spread
    plain("zscore", nan_policy)
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
    if nan_policy == "omit":
        x, axis = present("iqr", x, axis, nan_policy)
    else:
        plain("iqr", nan_policy)
    scale, x = 2.0 * NORMAL if scale == "normal" else scale, sample(x)
    low = np.percentile(x, rng[0], axis=axis, method=interpolation, keepdims=keepdims)
    return (np.percentile(x, rng[1], axis=axis, method=interpolation, keepdims=keepdims) - low) / scale


@define(st.trim_mean)
def trim_mean(a, proportiontocut, axis=0, *, nan_policy="propagate", keepdims=False):
    a, axis = present("trim_mean", a, axis, nan_policy)
    n = np.shape(a)[axis]
    cut = int(proportiontocut * n)
    inner = np.moveaxis(np.sort(a, axis=axis), axis, 0)[cut : n - cut]
    return np.expand_dims(np.mean(inner, axis=0), axis) if keepdims else np.mean(inner, axis=0)


@define(st.median_abs_deviation)
def median_abs_deviation(x, axis=0, center=np.median, scale=1.0, nan_policy="propagate", *, keepdims=False):
    x, axis = present("median_abs_deviation", x, axis, nan_policy)
    middle = np.expand_dims(center(x, axis=axis), axis)
    scale = NORMAL if scale == "normal" else scale
    return np.median(np.abs(x - middle), axis=axis, keepdims=keepdims) / scale


# -- information and distances ----------------------------------------------------------------------------------------


@define(st.entropy)
def entropy(pk, qk=None, base=None, axis=0, *, nan_policy="propagate", keepdims=False):
    pk = present("entropy", pk, axis, nan_policy)[0] if nan_policy == "omit" and qk is None else sample(pk)
    if nan_policy != "omit" or qk is not None:
        plain("entropy", nan_policy)
    pk = pk / np.sum(pk, axis=axis, keepdims=True)
    if qk is None:
        terms = np.where(pk == 0, 0.0, -pk * np.log(pk))
    else:
        qk = sample(qk)
        qk = qk / np.sum(qk, axis=axis, keepdims=True)
        terms = np.where(pk == 0, 0.0, pk * np.log(pk / qk))
    out = np.sum(terms, axis=axis, keepdims=keepdims)
    return out if base is None else out / np.log(np.asarray(base, dtype=np.result_type(out)))[()]


# -- two samples ------------------------------------------------------------------------------------------------------


def of_one_kind(x, y):
    """A sample in the precision of it and another."""
    return x if np.result_type(x) == np.result_type(x, y) else x.astype(np.result_type(x, y))


def correlation(x, y, axis):
    x, y = x - np.mean(x, axis=axis, keepdims=True), y - np.mean(y, axis=axis, keepdims=True)
    return np.sum(x * y, axis=axis) / np.sqrt(np.sum(x**2, axis=axis) * np.sum(y**2, axis=axis))


class Correlation:
    """What ``pearsonr`` gives: a pair, with the names of its items."""

    def __init__(self, statistic, pvalue, n, alternative):
        self.statistic, self.pvalue, self.n, self.alternative = statistic, pvalue, n, alternative

    @property
    def correlation(self):
        return self.statistic

    def confidence_interval(self, confidence_level=0.95):
        """By Fisher's transformation."""
        middle, spread = np.arctanh(self.statistic), 1.0 / np.sqrt(self.n - 3.0)
        return interval(middle, spread, st.norm.ppf, confidence_level, self.alternative, np.tanh, 1.0)

    def __iter__(self):
        return iter((self.statistic, self.pvalue))

    def __getitem__(self, k):
        return (self.statistic, self.pvalue)[k]


class Interval:
    """A confidence interval: a pair, with the names of its items."""

    def __init__(self, low, high):
        self.low, self.high = low, high

    def __iter__(self):
        return iter((self.low, self.high))

    def __getitem__(self, k):
        return (self.low, self.high)[k]


def interval(middle, spread, quantile, level, alternative, back, end):
    """What is likely, between the ends where one side alone is asked."""
    if alternative == "less":
        return Interval(-end, back(middle + spread * quantile(level)))
    if alternative == "greater":
        return Interval(back(middle - spread * quantile(level)), end)
    reach = spread * quantile(0.5 * (1.0 + level))
    return Interval(back(middle - reach), back(middle + reach))


@define(st.pearsonr)
def pearsonr(x, y, *, alternative="two-sided", method=None, axis=0):
    if method is not None:
        unsupported("scipy.stats.pearsonr with method=", instead="leave it out")
    (x, axis), y = flat(x, axis), flat(y, axis)[0]
    x, y = of_one_kind(x, y), of_one_kind(y, x)
    n = np.shape(x)[axis]
    r, half = correlation(x, y, axis), 0.5 * n - 1.0
    if alternative == "two-sided":
        p = 2.0 * sc.betainc(half, half, 0.5 * (1.0 - np.abs(r)))
    else:
        p = sc.betainc(half, half, 0.5 * (1.0 + r if alternative == "less" else 1.0 - r))
    return Correlation(r, p, n, alternative)


@define(st.linregress)
def linregress(x, y, alternative="two-sided", *, axis=0, nan_policy="propagate", keepdims=False):
    plain("linregress", nan_policy)
    x, y = np.asarray(sample(x), dtype=float), np.asarray(sample(y), dtype=float)
    if np.ndim(x) != 1 or keepdims:
        unsupported("scipy.stats.linregress of more than vectors", instead="write out the regression")
    mean_x, mean_y = np.mean(x), np.mean(y)
    xx, xy, yy = np.mean((x - mean_x) ** 2), np.mean((x - mean_x) * (y - mean_y)), np.mean((y - mean_y) ** 2)
    r, slope, freedom = xy / np.sqrt(xx * yy), xy / xx, len(x) - 2
    intercept = mean_y - slope * mean_x
    slope_error = np.sqrt((1.0 - r**2) * yy / xx / freedom)
    p = student_p("linregress", r * np.sqrt(freedom / ((1.0 - r) * (1.0 + r))), freedom, alternative)
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

    def __init__(self, statistic, pvalue, df, alternative, middle, spread):
        self.statistic, self.pvalue, self.df = statistic, pvalue, df
        self.alternative, self.middle, self.spread = alternative, middle, spread

    def confidence_interval(self, confidence_level=0.95):
        def quantile(p):
            return st.t.ppf(p, self.df).astype(np.result_type(self.spread))

        return interval(self.middle, self.spread, quantile, confidence_level, self.alternative, lambda x: x, np.inf)

    def __iter__(self):
        return iter((self.statistic, self.pvalue))

    def __getitem__(self, k):
        return (self.statistic, self.pvalue)[k]


def chi_squared_p(x, df):
    """How likely a statistic of that distribution is as great."""
    return sc.chdtrc(df, np.maximum(x, 0.0))


def student_p(name, t, df, alternative):
    """How likely a statistic of Student's distribution is as far out, on the side that is asked."""
    if alternative == "two-sided":
        return 2.0 * sc.stdtr(df, -np.abs(t))
    if alternative not in ("less", "greater"):
        unsupported(f"scipy.stats.{name} with alternative={alternative!r}", instead="less, greater or two-sided")
    return sc.stdtr(df, t if alternative == "less" else -t)


def of_student(name, apart, spread, df, alternative, origin=0.0):
    """The result of a test of how far something is apart, given the spread of that."""
    t = apart / spread
    return TestResult(t, student_p(name, t, df, alternative), df, alternative, apart + origin, spread)


@define(st.ttest_1samp)
def ttest_1samp(a, popmean, axis=0, nan_policy="propagate", alternative="two-sided", *, keepdims=False):
    a, axis = present("ttest_1samp", a, axis, nan_policy)
    n = np.shape(a)[axis]
    mean = np.mean(a, axis=axis, keepdims=keepdims)
    spread = np.sqrt(np.var(a, axis=axis, ddof=1, keepdims=keepdims) / n)
    return of_student("ttest_1samp", mean - popmean, spread, n - 1, alternative, popmean)


@define(st.ttest_rel)
def ttest_rel(a, b, axis=0, nan_policy="propagate", alternative="two-sided", *, keepdims=False):
    return ttest_1samp(sample(a) - sample(b), 0.0, axis, nan_policy, alternative, keepdims=keepdims)


def moments_of(a, axis, trim, keepdims):
    """How many items count, their mean and the sum of squares around it (Yuen, "The two-sample trimmed t", 1974)."""
    n = np.shape(a)[axis]
    if isinstance(trim, (int, float)) and trim == 0:
        return n, np.mean(a, axis=axis, keepdims=keepdims), n * np.var(a, axis=axis, keepdims=keepdims)
    cut = int(n * trim)
    inner = np.moveaxis(np.sort(a, axis=axis), axis, 0)[cut : n - cut]
    mean = np.mean(inner, axis=0)
    ends = inner[0], inner[-1]
    middle = (np.sum(inner, axis=0) + cut * (ends[0] + ends[1])) / n
    squares = np.sum((inner - middle) ** 2, axis=0) + cut * ((ends[0] - middle) ** 2 + (ends[1] - middle) ** 2)
    if keepdims:
        mean, squares = np.expand_dims(mean, axis), np.expand_dims(squares, axis)
    return n - 2 * cut, mean, squares


@define(st.ttest_ind)
def ttest_ind(
    a, b, *, axis=0, equal_var=True, nan_policy="propagate", alternative="two-sided", trim=0, method=None,
    keepdims=False,
):  # fmt: skip
    if method is not None:
        unsupported("scipy.stats.ttest_ind with method=", instead="leave it out")
    (a, k), (b, j) = present("ttest_ind", a, axis, nan_policy), present("ttest_ind", b, axis, nan_policy)
    (n, first, v), (m, second, w) = moments_of(a, k, trim, keepdims), moments_of(b, j, trim, keepdims)
    if equal_var:
        df = n + m - 2
        spread = np.sqrt((v + w) / df * (1.0 / n + 1.0 / m))
    else:
        v, w = v / (n * (n - 1.0)), w / (m * (m - 1.0))
        df = (v + w) ** 2 / (v**2 / (n - 1) + w**2 / (m - 1))
        spread = np.sqrt(v + w)
    return of_student("ttest_ind", first - second, spread, df, alternative)
