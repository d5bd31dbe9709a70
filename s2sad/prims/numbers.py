"""Methods of Python's numbers, ``bisect``, and the functions of ``statistics``."""

from __future__ import annotations

import bisect
import math
import statistics
from typing import Any

from s2sad.errors import InputError, TraceError
from s2sad.ir.core import Arg, Pack
from s2sad.ir.types import BOOL, FLOAT, INT, Array, List, Scalar, Type
from s2sad.prims import runtime
from s2sad.prims.inference import number
from s2sad.prims.primitive import REGISTRY, primitive


def _whole(x: Arg) -> Type:
    if not isinstance(x.type, Scalar) or x.type.dtype[0] not in "iub":
        raise InputError(
            f"a method of integers on a value of type {x.type}", why="an array, or what may be one, does not have it",
            instead="make it a number on every path, with int(...)",
        )  # fmt: skip
    return INT


def _is_integer(x: Arg) -> Type:
    if not isinstance(x.type, Scalar):
        raise InputError(
            f"is_integer of a value of type {x.type}", why="an array, or what may be one, does not have it",
            instead="make it a number on every path, or compare with np.floor: x == np.floor(x)",
        )  # fmt: skip
    return BOOL


def _called(name: str) -> Any:
    return lambda x: getattr(x, name)()


for _name in ("bit_length", "bit_count"):
    primitive(f"int.{_name}", _called(_name), _whole, style="method", text=_name, cost="cheap", calls=(), method=_name)
primitive(
    "float.is_integer", _called("is_integer"), _is_integer, style="method", text="is_integer", cost="cheap", calls=(),
    method="is_integer",
)  # fmt: skip


def _bisected(a: Arg, x: Arg, lo: Any = 0, hi: Any = None) -> Type:
    number(x)
    if not isinstance(a, Pack) and not isinstance(a.type, List | Array):
        raise TraceError(f"bisection of a value of type {a.type}")
    return INT


for _name in ("bisect_left", "bisect_right"):
    primitive(f"bisect.{_name}", getattr(bisect, _name), _bisected)


@REGISTRY.define(statistics.mean, statistics.fmean)
def mean(data, weights=None):  # type: ignore[no-untyped-def]
    """The arithmetic mean."""
    items = list(data)
    if len(items) < 1:
        raise statistics.StatisticsError("mean requires at least one data point")
    if weights is None:
        return sum(items) / len(items)
    w = list(weights)
    return sum([a * b for a, b in zip(items, w, strict=True)]) / sum(w)


@REGISTRY.define(statistics.geometric_mean)
def geometric_mean(data):  # type: ignore[no-untyped-def]
    """The mean of the logarithms, raised again."""
    items = list(data)
    return math.exp(sum([math.log(x) for x in items]) / len(items))


@REGISTRY.define(statistics.harmonic_mean)
def harmonic_mean(data, weights=None):  # type: ignore[no-untyped-def]
    """The reciprocal of the mean of the reciprocals."""
    items = list(data)
    w = [1] * len(items) if weights is None else list(weights)
    return sum(w) / sum([b / a for a, b in zip(items, w, strict=True)])


def deviations(data, center):  # type: ignore[no-untyped-def]
    """Sum of the squared distances from the mean, or from ``center``."""
    items = list(data)
    middle = sum(items) / len(items) if center is None else center
    return sum([(x - middle) * (x - middle) for x in items]), len(items)


@REGISTRY.define(statistics.pvariance)
def pvariance(data, mu=None):  # type: ignore[no-untyped-def]
    """The mean of the squared distances."""
    total, n = deviations(data, mu)  # type: ignore[no-untyped-call]
    return total / n


@REGISTRY.define(statistics.variance)
def variance(data, xbar=None):  # type: ignore[no-untyped-def]
    """The same, of a sample."""
    total, n = deviations(data, xbar)  # type: ignore[no-untyped-call]
    if n < 2:
        raise statistics.StatisticsError("variance requires at least two data points")
    return total / (n - 1)


@REGISTRY.define(statistics.pstdev)
def pstdev(data, mu=None):  # type: ignore[no-untyped-def]
    """Root of the variance."""
    return math.sqrt(pvariance(data, mu))  # type: ignore[no-untyped-call]


@REGISTRY.define(statistics.stdev)
def stdev(data, xbar=None):  # type: ignore[no-untyped-def]
    """Root of the variance of a sample."""
    return math.sqrt(variance(data, xbar))  # type: ignore[no-untyped-call]


if hasattr(statistics, "_mean_stdev"):  # which NormalDist.from_samples asks for

    @REGISTRY.define(statistics._mean_stdev)
    def mean_stdev(data):  # type: ignore[no-untyped-def]
        """Mean and standard deviation of a sample."""
        middle = mean(data)  # type: ignore[no-untyped-call]
        return middle, stdev(data, middle)  # type: ignore[no-untyped-call]


def _quantile(p: Arg) -> Type:
    number(p)
    return FLOAT


normal_quantile = REGISTRY.word(
    primitive("normal_quantile", runtime.normal_quantile, _quantile, style="helper", elementwise=True)
)


if hasattr(statistics, "_normal_dist_inv_cdf"):

    @REGISTRY.define(statistics._normal_dist_inv_cdf)
    def inv_cdf(p, mu, sigma):  # type: ignore[no-untyped-def]
        """The quantile of a normal distribution."""
        return mu + sigma * normal_quantile(p)


@REGISTRY.define(statistics.median)
def median(data):  # type: ignore[no-untyped-def]
    """The middle one of the sorted items, or the mean of the two in the middle."""
    items = sorted(data)
    n = len(items)
    if n % 2 == 1:
        return items[n // 2]
    return (items[n // 2 - 1] + items[n // 2]) / 2


__all__ = ["geometric_mean", "harmonic_mean", "mean", "median", "pstdev", "pvariance", "stdev", "variance"]
