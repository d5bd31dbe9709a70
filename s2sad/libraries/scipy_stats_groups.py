"""``scipy.stats``: tests of several samples, and robust lines, written out in NumPy."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import numpy as np
import scipy.special as sc
import scipy.stats as st

from s2sad.libraries.scipy_stats_measures import chi_squared_p, flat, pearsonr, plain, sample
from s2sad.libraries.scipy_stats_samples import Line, Statistic, in_precision_of, ks_1samp, only
from s2sad.prims.primitive import REGISTRY, unsupported

define = REGISTRY.define


def welch(groups, sizes, means):
    """Welch, "On the comparison of several mean values", 1951: the ratio and its degrees of freedom."""
    weights = [n / np.var(a, axis=k, ddof=1) for n, (a, k) in zip(sizes, groups, strict=True)]
    total, m = sum(weights), len(groups)
    middle = sum([w * mean for w, mean in zip(weights, means, strict=True)]) / total
    apart = sum([w * (mean - middle) ** 2 for w, mean in zip(weights, means, strict=True)])
    uneven = sum([(1.0 - w / total) ** 2 / (n - 1.0) for w, n in zip(weights, sizes, strict=True)])
    ratio = apart / (m - 1.0) / (1.0 + 2.0 * (m - 2.0) / (m**2 - 1.0) * uneven)
    return ratio, m - 1, (m**2 - 1.0) / (3.0 * uneven)


@define(st.f_oneway)
def f_oneway(*samples, axis=0, equal_var=True, nan_policy="propagate", keepdims=False):
    plain("f_oneway", nan_policy)
    only("f_oneway", not keepdims)
    groups = [flat(a, axis) for a in samples]
    sizes = [np.shape(a)[k] for a, k in groups]
    means = [np.mean(a, axis=k) for a, k in groups]
    if not equal_var:
        ratio, dfn, dfd = welch(groups, sizes, means)
        return Statistic("f_oneway", ratio, sc.fdtrc(dfn, dfd, ratio))
    n, m = sum(sizes), len(groups)
    middle = sum([size * mean for size, mean in zip(sizes, means, strict=True)]) / n
    between = sum([size * (mean - middle) ** 2 for size, mean in zip(sizes, means, strict=True)])
    within = sum([size * np.var(a, axis=k) for size, (a, k) in zip(sizes, groups, strict=True)])
    ratio = between / (m - 1) / (within / (n - m))
    return Statistic("f_oneway", ratio, sc.fdtrc(m - 1, n - m, ratio))


@define(st.alexandergovern)
def alexandergovern(*samples, nan_policy="propagate", axis=0, keepdims=False):
    """Alexander & Govern, "A new and simpler approximation for ANOVA under variance heterogeneity", 1994."""
    plain("alexandergovern", nan_policy)
    only("alexandergovern", not keepdims)
    groups = [flat(a, axis) for a in samples]
    means = [np.mean(a, axis=k) for a, k in groups]
    errors = [np.var(a, axis=k, ddof=1) / np.shape(a)[k] for a, k in groups]
    total = sum([1.0 / e for e in errors])
    middle = sum([mean / e for mean, e in zip(means, errors, strict=True)]) / total
    out = 0.0
    for (a, k), mean, error in zip(groups, means, errors, strict=True):
        v = np.shape(a)[k] - 1.0
        b = 48.0 * (v - 0.5) ** 2
        square = (v - 0.5) * np.log1p((mean - middle) ** 2 / error / v)  # c²; z² is a function of it alone
        rest = 4.0 * square**3 + 33.0 * square**2 + 240.0 * square + 855.0
        out = out + square * (1.0 + (square + 3.0) / b - rest / (10.0 * b**2 + 8.0 * b * square**2 + 1000.0 * b)) ** 2
    return Statistic("alexandergovern", out, chi_squared_p(out, len(samples) - 1))


class Differences:
    """What ``tukey_hsd`` gives."""

    def __init__(self, statistic):
        self.statistic = statistic

    def __getattr__(self, name):
        unsupported(f"the field {name} of scipy.stats.tukey_hsd", instead="differentiate its statistic")


@define(st.tukey_hsd)
def tukey_hsd(*args, equal_var=True):
    means = np.stack([np.mean(sample(a)) for a in args])
    return Differences(means[:, None] - means)


@define(st.obrientransform)
def obrientransform(*samples):
    """O'Brien, "A simple test for variance effects in experimental designs", 1981."""
    out = []
    for a in samples:
        a = sample(a)
        n, squares = np.size(a), (a - np.mean(a)) ** 2
        out.append(((n - 1.5) * n * squares - 0.5 * np.sum(squares)) / ((n - 1.0) * (n - 2.0)))
    return np.stack(out)


@define(st.epps_singleton_2samp)
def epps_singleton_2samp(x, y, t=(0.4, 0.8), *, axis=0, nan_policy="propagate", keepdims=False):
    """Epps & Singleton, "An omnibus test for the two-sample problem", 1986."""
    plain("epps_singleton_2samp", nan_policy)
    x, y, t = sample(x), sample(y), sample(t)
    only("epps_singleton_2samp", np.ndim(x) == 1 and not keepdims)
    t = t / (0.5 * st.iqr(np.concatenate([x, y])))
    n, m = len(x), len(y)
    waves = [np.concatenate([np.cos(t[:, None] * a), np.sin(t[:, None] * a)]) for a in (x, y)]
    means = [np.mean(w, axis=1, keepdims=True) for w in waves]
    spreads = [(w - mean) @ (w - mean).T / np.shape(w)[1] ** 2 for w, mean in zip(waves, means, strict=True)]
    spread, apart = (n + m) * (spreads[0] + spreads[1]), (means[0] - means[1])[:, 0]
    out = (n + m) * (apart @ np.linalg.pinv(spread) @ apart)
    if max(n, m) < 25:
        out = out / (1.0 + (n + m) ** -0.45 + 10.1 * (n**-1.7 + m**-1.7))
    return Statistic("epps_singleton_2samp", out, chi_squared_p(out, np.linalg.matrix_rank(spread)))


@define(st.pointbiserialr)
def pointbiserialr(x, y, *, axis=0, nan_policy="propagate", keepdims=False):
    plain("pointbiserialr", nan_policy)
    only("pointbiserialr", not keepdims)
    found = pearsonr(sample(x) * 1.0, y, axis=axis)
    return Statistic("pointbiserialr", found.statistic, found.pvalue)


@define(st.kstest)
def kstest(rvs, cdf, args=(), N=20, alternative="two-sided", method="auto", **options):  # noqa: N803
    if isinstance(rvs, str) or callable(rvs) or not (isinstance(cdf, str) or callable(cdf)):
        unsupported("scipy.stats.kstest, other than of a sample and a distribution", instead="ks_2samp")
    return ks_1samp(rvs, getattr(st, cdf).cdf if isinstance(cdf, str) else cdf, args, alternative, method, **options)


# -- lines and angles -------------------------------------------------------------------------------------------------


@define(st.siegelslopes)
def siegelslopes(y, x=None, method="hierarchical", **options):
    y = in_precision_of(st.siegelslopes, np.ravel(sample(y)))
    x = np.arange(len(y), dtype=np.result_type(y)) if x is None else np.ravel(sample(x))
    x = in_precision_of(st.siegelslopes, x)
    apart = x[:, None] - x
    beside = apart != 0
    run = np.where(beside, apart, 1.0)
    slope = np.median(np.nanmedian(np.where(beside, (y[:, None] - y) / run, np.nan), axis=1))
    if method == "hierarchical":
        return Line(slope, np.median(y - slope * x))
    heights = np.where(beside, (y * x[:, None] - y[:, None] * x) / run, np.nan)
    return Line(slope, np.median(np.nanmedian(heights, axis=1)))


def around(name, samples, period, axis, nan_policy, keepdims):
    """The means of the sines and cosines of angles."""
    plain(name, nan_policy)
    angles = sample(samples) * (2.0 * np.pi / period)
    return np.mean(np.sin(angles), axis=axis, keepdims=keepdims), np.mean(np.cos(angles), axis=axis, keepdims=keepdims)


@define(st.circmean)
def circmean(samples, high=2 * np.pi, low=0, axis=None, nan_policy="propagate", *, keepdims=False):
    period = high - low
    sines, cosines = around("circmean", samples, period, axis, nan_policy, keepdims)
    return (np.arctan2(sines, cosines) * (period / (2.0 * np.pi)) - low) % period + low


@define(st.circvar)
def circvar(samples, high=2 * np.pi, low=0, axis=None, nan_policy="propagate", *, keepdims=False):
    return 1.0 - np.minimum(np.hypot(*around("circvar", samples, high - low, axis, nan_policy, keepdims)), 1.0)


@define(st.circstd)
def circstd(
    samples, high=2 * np.pi, low=0, axis=None, nan_policy="propagate", *, normalize=False, keepdims=False,
):  # fmt: skip
    length = np.minimum(np.hypot(*around("circstd", samples, high - low, axis, nan_policy, keepdims)), 1.0)
    out = np.sqrt(-2.0 * np.log(length))
    return out if normalize else out * ((high - low) / (2.0 * np.pi))
