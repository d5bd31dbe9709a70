"""``scipy.stats``: distributions of whole numbers whose forms are finite sums, or Bessel functions.

Formulas: Skellam (1946) for the difference of two Poisson variables, and Johnson (1959) for its sums by the noncentral
chi-squared distribution; Johnson, Kemp and Kotz, "Univariate Discrete Distributions" (2005), for the others.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import numpy as np
import scipy.special as sc
import scipy.stats as st

from s2sad.ir.core import Arg
from s2sad.ir.types import Type
from s2sad.libraries.declaring import of_double
from s2sad.libraries.scipy_stats_densities import form_of
from s2sad.prims.inference import option
from s2sad.prims.primitive import primitive
from s2sad.rules.book import partials

# -- powers of the first whole numbers --------------------------------------------------------------------------------


def power_sum(n, a, order):
    """The sum of (-log k) ** order * k ** -a over 1 <= k <= n: a harmonic number, and its derivatives in a."""
    n, a = np.broadcast_arrays(n, a)
    k = np.arange(1.0, np.max(n, initial=0.0) + 1.0)
    terms = (-np.log(k)) ** order * k ** -a[..., None]
    return np.sum(np.where(k <= n[..., None], terms, 0.0), axis=-1)[()]


POWERS = of_double("n a")


def _power_sum(n: Arg, a: Arg, order: Arg) -> Type:
    option(order)
    return POWERS(n, a)  # type: ignore[no-any-return]


primitive("power_sum", power_sum, _power_sum, style="helper", elementwise=True)


@partials("power_sum", wrt="a")
def power_sum_(n, a, order):
    return power_sum(n, a, order + 1)


@form_of(st.zipfian)
class _Zipfian:
    def logpmf(k, a, n): return -a * np.log(k) - np.log(power_sum(n, a, 0))
    def cdf(k, a, n): return power_sum(k, a, 0) / power_sum(n, a, 0)
    def sf(k, a, n): return 1.0 - power_sum(k, a, 0) / power_sum(n, a, 0)

    def moments(a, n):
        total = power_sum(n, a, 0)
        first, second, third, fourth = [power_sum(n, a - j, 0) / total for j in (1.0, 2.0, 3.0, 4.0)]
        variance = second - first**2
        skewness = (third - 3.0 * first * second + 2.0 * first**3) / variance**1.5
        excess = (fourth - 4.0 * first * third + 6.0 * first**2 * second - 3.0 * first**4) / variance**2 - 3.0
        return first, variance, skewness, excess


# -- differences of Poisson variables ---------------------------------------------------------------------------------


@form_of(st.skellam)
class _Skellam:
    def logpmf(k, mu1, mu2):
        apart = (np.sqrt(mu1) - np.sqrt(mu2)) ** 2
        return 0.5 * k * np.log(mu1 / mu2) - apart + np.log(sc.ive(np.abs(k), 2.0 * np.sqrt(mu1 * mu2)))

    def cdf(k, mu1, mu2):
        below = sc.chndtr(2.0 * mu2, np.where(k < 0, -2.0 * k, 2.0), 2.0 * mu1)
        return np.where(k < 0, below, 1.0 - sc.chndtr(2.0 * mu1, np.where(k < 0, 2.0, 2.0 * k + 2.0), 2.0 * mu2))

    def sf(k, mu1, mu2):
        below = sc.chndtr(2.0 * mu2, np.where(k < 0, -2.0 * k, 2.0), 2.0 * mu1)
        return np.where(k < 0, 1.0 - below, sc.chndtr(2.0 * mu1, np.where(k < 0, 2.0, 2.0 * k + 2.0), 2.0 * mu2))


# -- draws without replacement, with odds (Fisher) --------------------------------------------------------------------


def weight_of_draw(k, M, n, N, odds):
    """The logarithm of the weight of k good ones among N drawn, of n good ones among M."""
    ways = -sc.betaln(k + 1.0, n - k + 1.0) - sc.betaln(N - k + 1.0, M - n - N + k + 1.0)
    return ways + sc.xlogy(k, odds)


def every_draw(M, n, N, odds):
    """The numbers that may be drawn, on an axis of their own, and the logarithms of their weights."""
    M, n, N, odds = [np.asarray(s)[..., None] for s in (M, n, N, odds)]
    k = np.arange(np.max(np.minimum(n, N)) + 1.0)
    possible = (k >= N - (M - n)) & (k <= np.minimum(n, N))
    inside = np.where(possible, k, np.maximum(0, N - (M - n)))
    return k, np.where(possible, weight_of_draw(inside, M, n, N, odds), -np.inf)


@form_of(st.nchypergeom_fisher)
class _FisherNoncentral:
    def logpmf(k, M, n, N, odds):
        return weight_of_draw(k, M, n, N, odds) - sc.logsumexp(every_draw(M, n, N, odds)[1], axis=-1)

    def cdf(k, M, n, N, odds):
        each, weights = every_draw(M, n, N, odds)
        return np.sum(np.where(each <= np.asarray(k)[..., None], sc.softmax(weights, axis=-1), 0.0), axis=-1)

    def sf(k, M, n, N, odds):
        each, weights = every_draw(M, n, N, odds)
        return np.sum(np.where(each > np.asarray(k)[..., None], sc.softmax(weights, axis=-1), 0.0), axis=-1)

    def moments(M, n, N, odds):
        each, weights = every_draw(M, n, N, odds)
        shares = sc.softmax(weights, axis=-1)
        mean = np.sum(shares * each, axis=-1)
        apart = each - mean[..., None]
        variance, third, fourth = [np.sum(shares * apart**j, axis=-1) for j in (2, 3, 4)]
        return mean, variance, third / variance**1.5, fourth / variance**2 - 3.0
