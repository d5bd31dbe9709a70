"""The functions of ``statistics``, as plain sums of floats: the module's own way goes by fractions.

What a version of Python does not have yet is left out. The standard deviation of a sample without any spread is 0 with
the derivative 0, as NumPy's is here.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import math
import statistics
import sys
from bisect import bisect_left, bisect_right

from s2sad.ir.core import Arg
from s2sad.ir.types import FLOAT, Type
from s2sad.prims import runtime
from s2sad.prims.inference import number
from s2sad.prims.primitive import REGISTRY, primitive

ZERO_IS_ALLOWED = sys.version_info >= (3, 13)  # in a geometric mean
StatisticsError, define = statistics.StatisticsError, REGISTRY.define


# -- means ------------------------------------------------------------------------------------------------------------


@define(statistics.mean)
def mean(data):
    """The arithmetic mean."""
    items = list(data)
    if len(items) < 1:
        raise StatisticsError("mean requires at least one data point")
    return sum(items) / len(items)


@define(statistics.fmean)
def fmean(data, weights=None):
    """The arithmetic mean, which may be weighted."""
    items = list(data)
    if weights is None:
        if len(items) < 1:
            raise StatisticsError("fmean requires at least one data point")
        return sum(items) / len(items)
    w = list(weights)
    if len(w) != len(items):
        raise StatisticsError("data and weights must be the same length")
    total = sum(w)
    if total == 0:
        raise StatisticsError("sum of weights must be non-zero")
    return sum([a * b for a, b in zip(items, w, strict=True)]) / total


@define(statistics.geometric_mean)
def geometric_mean(data):
    """The mean of the logarithms, raised again."""
    items = list(data)
    if len(items) < 1:
        raise StatisticsError("Must have a non-empty dataset")
    least = min(items)
    if least < 0.0 if ZERO_IS_ALLOWED else least <= 0.0:
        raise StatisticsError("geometric mean requires a non-empty dataset containing positive numbers")
    if ZERO_IS_ALLOWED and least == 0.0:
        return 0.0
    return math.exp(sum([math.log(x) for x in items]) / len(items))


@define(statistics.harmonic_mean)
def harmonic_mean(data, weights=None):
    """The reciprocal of the mean of the reciprocals."""
    items = list(data)
    if len(items) < 1:
        raise StatisticsError("harmonic_mean requires at least one data point")
    least = min(items)
    if least < 0:
        raise StatisticsError("harmonic mean does not support negative values")
    w = [1] * len(items) if weights is None else list(weights)
    if len(w) != len(items):
        raise StatisticsError("Number of weights does not match data size")
    if least == 0:
        return 0.0
    return sum(w) / sum([b / a for a, b in zip(items, w, strict=True)])


# -- spread -----------------------------------------------------------------------------------------------------------


def deviations(items, center):
    """Sum of the squared distances from the mean, or from ``center``."""
    middle = sum(items) / len(items) if center is None else center
    return sum([(x - middle) * (x - middle) for x in items])


def root(variance):
    """The square root, whose derivative where there is no spread is taken as 0."""
    return 0.0 if variance == 0.0 else math.sqrt(variance)


@define(statistics.pvariance)
def pvariance(data, mu=None):
    """The mean of the squared distances."""
    items = list(data)
    if len(items) < 1:
        raise StatisticsError("pvariance requires at least one data point")
    return deviations(items, mu) / len(items)


@define(statistics.variance)
def variance(data, xbar=None):
    """The same, of a sample."""
    items = list(data)
    if len(items) < 2:
        raise StatisticsError("variance requires at least two data points")
    return deviations(items, xbar) / (len(items) - 1)


@define(statistics.pstdev)
def pstdev(data, mu=None):
    """Root of the variance."""
    return root(pvariance(list(data), mu))


@define(statistics.stdev)
def stdev(data, xbar=None):
    """Root of the variance of a sample."""
    return root(variance(list(data), xbar))


if hasattr(statistics, "_mean_stdev"):  # which NormalDist.from_samples asks for

    @define(statistics._mean_stdev)
    def mean_stdev(data):
        """Mean and standard deviation of a sample."""
        items = list(data)
        middle = mean(items)
        return middle, stdev(items, middle)


# -- order ------------------------------------------------------------------------------------------------------------


def _quantile(p: Arg) -> Type:
    number(p)
    return FLOAT


normal_quantile = REGISTRY.word(
    primitive("normal_quantile", runtime.normal_quantile, _quantile, style="helper", elementwise=True)
)


if hasattr(statistics, "_normal_dist_inv_cdf"):

    @define(statistics._normal_dist_inv_cdf)
    def inv_cdf(p, mu, sigma):
        """The quantile of a normal distribution."""
        return mu + sigma * normal_quantile(p)


@define(statistics.median)
def median(data):
    """The middle one of the sorted items, or the mean of the two in the middle."""
    items = sorted(data)
    n = len(items)
    if n == 0:
        raise StatisticsError("no median for empty data")
    if n % 2 == 1:
        return items[n // 2]
    return (items[n // 2 - 1] + items[n // 2]) / 2


def frequencies(items):
    """How often each item is there."""
    return [sum([1 for other in items if other == x]) for x in items]


@define(statistics.mode)
def mode(data):
    """The first of the items that are there most often."""
    items = list(data)
    if len(items) < 1:
        raise StatisticsError("no mode for empty data")
    counts = frequencies(items)
    return items[counts.index(max(counts))]


@define(statistics.multimode)
def multimode(data):
    """All of the items that are there most often, each once."""
    items = list(data)
    counts = frequencies(items)
    most = max(counts, default=0)
    return [x for k, x in enumerate(items) if counts[k] == most and x not in items[:k]]


# -- two samples ------------------------------------------------------------------------------------------------------


def ranks(items):
    """The rank of each item, the mean of them for equal ones."""
    order = sorted(items)
    return [0.5 * (bisect_left(order, x) + bisect_right(order, x) + 1) for x in items]


@define(statistics.correlation)
def correlation(x, y, /, *, method="linear"):
    """Pearson's coefficient, or Spearman's, which does not change with its numbers but where they change places."""
    n = len(x)
    if len(y) != n:
        raise StatisticsError("correlation requires that both inputs have same number of data points")
    if n < 2:
        raise StatisticsError("correlation requires at least two data points")
    if method not in ("linear", "ranked"):
        raise ValueError(f"Unknown method: {method!r}")
    if method == "ranked":
        x, y = ranks(x), ranks(y)
    middle_x, middle_y = sum(x) / n, sum(y) / n
    xy = sum([(a - middle_x) * (b - middle_y) for a, b in zip(x, y, strict=True)])
    xx, yy = deviations(x, middle_x), deviations(y, middle_y)
    if xx * yy == 0.0:
        raise StatisticsError("at least one of the inputs is constant")
    return xy / math.sqrt(xx * yy)


@define(statistics.linear_regression)
def linear_regression(x, y, /, *, proportional=False):
    """The line of least squares."""
    n = len(x)
    if len(y) != n:
        raise StatisticsError("linear regression requires that both inputs have same number of data points")
    if n < 2:
        raise StatisticsError("linear regression requires at least two data points")
    middle_x, middle_y = (0.0, 0.0) if proportional else (sum(x) / n, sum(y) / n)
    xy = sum([(a - middle_x) * (b - middle_y) for a, b in zip(x, y, strict=True)])
    xx = deviations(x, middle_x)
    if xx == 0.0:
        raise StatisticsError("x is constant")
    slope = xy / xx
    return statistics.LinearRegression(slope, 0.0 if proportional else middle_y - slope * middle_x)


# -- densities --------------------------------------------------------------------------------------------------------


def kernel_of(name):
    """A kernel, its integral from below, and whether it ends at -1 and 1."""
    match name:
        case "normal" | "gauss":
            return (
                lambda t: math.exp(-0.5 * t * t) / math.sqrt(2.0 * math.pi),
                lambda t: 0.5 * (1.0 + math.erf(t / math.sqrt(2.0))), False,
            )  # fmt: skip
        case "logistic":
            return lambda t: 0.5 / (1.0 + math.cosh(t)), lambda t: 1.0 - 1.0 / (math.exp(t) + 1.0), False
        case "sigmoid":
            return lambda t: 1.0 / (math.pi * math.cosh(t)), lambda t: 2.0 / math.pi * math.atan(math.exp(t)), False
        case "rectangular" | "uniform":
            return lambda t: 0.5, lambda t: 0.5 * t + 0.5, True
        case "triangular":
            return lambda t: 1.0 - abs(t), lambda t: t * t * (0.5 if t < 0.0 else -0.5) + t + 0.5, True
        case "parabolic" | "epanechnikov":
            return lambda t: 0.75 * (1.0 - t * t), lambda t: -0.25 * t**3 + 0.75 * t + 0.5, True
        case "quartic" | "biweight":
            return (
                lambda t: 15 / 16 * (1.0 - t * t) ** 2,
                lambda t: 3 / 16 * t**5 - 0.625 * t**3 + 15 / 16 * t + 0.5, True,
            )  # fmt: skip
        case "triweight":
            return (
                lambda t: 35 / 32 * (1.0 - t * t) ** 3,
                lambda t: 35 / 32 * (-1 / 7 * t**7 + 0.6 * t**5 - t**3 + t) + 0.5, True,
            )  # fmt: skip
        case "cosine":
            return (
                lambda t: 0.25 * math.pi * math.cos(0.5 * math.pi * t),
                lambda t: 0.5 * math.sin(0.5 * math.pi * t) + 0.5, True,
            )  # fmt: skip
    raise StatisticsError(f"Unknown kernel name: {name!r}")


def of_kernel(function, t, ends, beyond):
    """A kernel at t, or its integral: 0 and ``beyond`` where the kernel has ended."""
    if ends and t < -1.0:
        return 0.0
    return beyond if ends and t > 1.0 else function(t)


if hasattr(statistics, "kde"):

    @define(statistics.kde)
    def kde(data, h, kernel="normal", *, cumulative=False):
        """A mean of kernels around the items, as a function."""
        n = len(data)
        if n == 0:
            raise StatisticsError("Empty data sequence")
        if h <= 0.0:
            raise StatisticsError("Bandwidth h must be positive")
        density, distribution, ends = kernel_of(kernel)
        if cumulative:
            return lambda x: sum([of_kernel(distribution, (x - a) / h, ends, 1.0) for a in data]) / n
        return lambda x: sum([of_kernel(density, (x - a) / h, ends, 0.0) for a in data]) / (n * h)


__all__ = ["geometric_mean", "harmonic_mean", "mean", "median", "pstdev", "pvariance", "stdev", "variance"]
