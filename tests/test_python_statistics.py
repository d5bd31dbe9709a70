"""``statistics`` of the standard library as programs use it: iterators, results with names, what it raises."""

from __future__ import annotations

import math
import statistics as st
import sys
from typing import Any

import numpy as np
import pytest

import s2sad
from s2sad.testing import check_grads

DATA = [1.2, 3.4, 2.2, 5.1, 0.7]


def of_iterators(x):
    squares = st.mean(v * v for v in x) + st.variance(v * v for v in x) * st.pstdev(iter(x))
    return squares + st.geometric_mean(abs(v) for v in x) + st.fmean(map(math.sqrt, x), weights=range(1, 6))


def trimmed_and_scored(x):
    middle = st.median(x)
    spread = st.median([abs(v - middle) for v in x])
    scores = [(v - st.mean(x)) / st.stdev(x) for v in x]
    return st.fmean([min(1.0, 1.5 / (abs(v - middle) / spread + 0.1)) * v for v in x]) + sum(s**3 for s in scores)


def regressed(x):
    y = [math.log(v) + 0.3 * v for v in x]
    slope, intercept = st.linear_regression(x, y)
    through_zero = st.linear_regression(x, y, proportional=True)
    return slope * intercept + through_zero.slope + through_zero.intercept + st.correlation(x, y) * st.covariance(x, y)


def of_the_most_frequent(x):
    a, b, c, d, e = x
    return st.mode([a, b, c, b]) * sum(st.multimode([e, d, a, d, e, c])) + st.mode("aab").count("a") * c


def grouped(x):
    return st.median_grouped([1, 2, 2, 3, 4], interval=x[0]) + sum(st.quantiles(x, n=10, method="inclusive"))


def of_distributions(x):
    one, other = st.NormalDist(x[0], x[1]), st.NormalDist.from_samples(x)
    both = (one + other) * x[2] - 3.0
    return both.variance + both.mean + one.overlap(other) + other.zscore(x[3]) + one.inv_cdf(other.cdf(x[4]))


PROGRAMS = of_iterators, trimmed_and_scored, regressed, of_the_most_frequent, grouped, of_distributions


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_programs(f):
    np.testing.assert_allclose(s2sad.vjp(f, DATA)[0], f(DATA), rtol=1e-12)
    check_grads(f, (DATA,), order=2)


RAISING: dict[str, Any] = {
    "mean of nothing": lambda a: st.mean([]) * a,
    "median of nothing": lambda a: st.median([]) * a,
    "spread of one": lambda a: st.stdev([a]),
    "logarithm": lambda a: st.geometric_mean([a, -1.0]),
    "reciprocal": lambda a: st.harmonic_mean([-a, 1.0]),
    "no variation": lambda a: st.correlation([a, 1.0], [1.0, 1.0]),
    "a vertical line": lambda a: st.linear_regression([2.0, 2.0], [a, 1.0]).slope,
    "no width": lambda a: st.NormalDist(a, a - a).cdf(1.0),
    "beyond": lambda a: st.NormalDist(a, 1.0).inv_cdf(a),
}


@pytest.mark.parametrize("name", RAISING)
def test_what_raises_goes_to_its_handler(name):
    f = RAISING[name]

    def caught(a):
        try:
            return f(a)
        except st.StatisticsError:
            return 3.0 * a

    assert caught(1.2) == 3.0 * 1.2
    assert s2sad.value_and_grad(caught)(1.2) == (3.0 * 1.2, 3.0)


def test_no_spread_has_no_slope():
    assert s2sad.grad(st.pstdev)([1.3]) == [0.0]
    assert s2sad.grad(lambda x: st.stdev([x, x]))(2.0) == 0.0
    assert st.harmonic_mean([0.0, 2.0]) == s2sad.vjp(st.harmonic_mean, [0.0, 2.0])[0] == 0.0


@pytest.mark.skipif(sys.version_info < (3, 12), reason="the option came with Python 3.12")
def test_a_correlation_of_ranks_is_constant():
    def f(x):
        return st.correlation(x, [2.0, 3.0, 3.0, 9.0, 1.0], method="ranked") * x[0]

    value, gradient = s2sad.value_and_grad(f)(DATA)
    np.testing.assert_allclose([value, *gradient], [f(DATA), f(DATA) / DATA[0], 0.0, 0.0, 0.0, 0.0], rtol=1e-12)


KERNELS = "normal logistic sigmoid rectangular triangular parabolic quartic triweight cosine"


@pytest.mark.skipif(not hasattr(st, "kde"), reason="the function came with Python 3.13")
@pytest.mark.parametrize("kernel", KERNELS.split())
def test_densities(kernel):
    def f(x, at, h):
        return st.kde(x, h, kernel)(at) + at * st.kde(x, h, kernel, cumulative=True)(at)

    np.testing.assert_allclose(s2sad.vjp(f, DATA, 1.1, 1.3)[0], f(DATA, 1.1, 1.3), rtol=1e-12)
    check_grads(f, (DATA, 1.1, 1.3), order=2)
