"""The distributions of ``scipy.stats`` in standard form: location 0, scale 1.

A class for each, with what has a closed form; ``scipy_stats`` puts location, scale and support around it, makes the
densities of their logarithms, and takes what is not here from SciPy's own source. The formulas are those of the
documentation of ``scipy.stats`` (Johnson, Kotz and Balakrishnan, "Continuous Univariate Distributions", 1994; DLMF 8.17
for incomplete beta functions, 8.2 for incomplete gamma functions). They are smooth where the density is: no ``abs``
where a symmetric function has a derivative at 0 to second order.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.special as sc
import scipy.special._ufuncs as compiled
import scipy.stats as st

from s2sad.libraries.scipy_special_rarer import kolmogorov_slope

FORMS: dict[type, type] = {}
"""Closed forms, by the class of the distribution."""

SEARCHED: dict[tuple[type, str, str], Callable[..., Any]] = {}
"""Methods that call SciPy and have a rule, by class and name of the distribution: see ``scipy_stats_searched``."""


def form_of(distribution: Any) -> Callable[[type], type]:
    """Declare closed forms of a distribution: static methods of the standard variable and the shape parameters."""

    def enter(forms: type) -> type:
        for name, function in list(vars(forms).items()):
            if not name.startswith("_"):
                setattr(forms, name, staticmethod(function))
        FORMS[type(distribution)] = forms
        return forms

    return enter


@form_of(st.norm)
class _Normal:
    def logpdf(y): return -y**2 / 2.0 - 0.5 * math.log(2.0 * math.pi)
    def pdf(y): return np.exp(-y**2 / 2.0) / math.sqrt(2.0 * math.pi)
    def cdf(y): return sc.ndtr(y)
    def logcdf(y): return sc.log_ndtr(y)
    def sf(y): return sc.ndtr(-y)
    def logsf(y): return sc.log_ndtr(-y)
    def ppf(q): return sc.ndtri(q)
    def isf(q): return -sc.ndtri(q)


@form_of(st.t)
class _Student:
    def logpdf(y, df):
        half = 0.5 * (df + 1.0)
        return sc.gammaln(half) - sc.gammaln(0.5 * df) - 0.5 * np.log(np.pi * df) - half * np.log1p(y**2 / df)

    def cdf(y, df): return sc.stdtr(df, y)
    def sf(y, df): return sc.stdtr(df, -y)
    def ppf(q, df): return np.where(q == 0, -np.inf, np.where(q == 1, np.inf, sc.stdtrit(df, q)))[()]
    def isf(q, df): return np.where(q == 0, np.inf, np.where(q == 1, -np.inf, -sc.stdtrit(df, q)))[()]


@form_of(st.beta)
class _Beta:
    def logpdf(y, a, b): return sc.xlogy(a - 1.0, y) + sc.xlog1py(b - 1.0, -y) - sc.betaln(a, b)
    def cdf(y, a, b): return sc.betainc(a, b, y)
    def sf(y, a, b): return sc.betaincc(a, b, y)
    def ppf(q, a, b): return sc.betaincinv(a, b, q)
    def isf(q, a, b): return sc.betainccinv(a, b, q)


@form_of(st.gamma)
class _Gamma:
    def logpdf(y, a): return sc.xlogy(a - 1.0, y) - y - sc.gammaln(a)
    def cdf(y, a): return sc.gammainc(a, y)
    def sf(y, a): return sc.gammaincc(a, y)
    def ppf(q, a): return sc.gammaincinv(a, q)
    def isf(q, a): return sc.gammainccinv(a, q)


@form_of(st.chi2)
class _ChiSquared:
    def logpdf(y, df):
        return sc.xlogy(0.5 * df - 1.0, y) - 0.5 * y - sc.gammaln(0.5 * df) - 0.5 * math.log(2.0) * df

    def cdf(y, df): return sc.gammainc(0.5 * df, 0.5 * y)
    def sf(y, df): return sc.gammaincc(0.5 * df, 0.5 * y)
    def ppf(q, df): return 2.0 * sc.gammaincinv(0.5 * df, q)
    def isf(q, df): return 2.0 * sc.gammainccinv(0.5 * df, q)


@form_of(st.expon)
class _Exponential:
    def logpdf(y): return -y
    def cdf(y): return -np.expm1(-y)
    def sf(y): return np.exp(-y)
    def logsf(y): return -y
    def ppf(q): return -np.log1p(-q)
    def isf(q): return -np.log(q)


@form_of(st.laplace)
class _Laplace:
    def logpdf(y): return -np.abs(y) - math.log(2.0)
    def cdf(y): return np.where(y > 0, 1.0 - 0.5 * np.exp(-y), 0.5 * np.exp(y))
    def sf(y): return np.where(y > 0, 0.5 * np.exp(-y), 1.0 - 0.5 * np.exp(y))
    def ppf(q): return np.where(q > 0.5, -np.log(2.0 * (1.0 - q)), np.log(2.0 * q))
    def isf(q): return np.where(q > 0.5, np.log(2.0 * (1.0 - q)), -np.log(2.0 * q))


@form_of(st.logistic)
class _Logistic:
    def logpdf(y): return sc.log_expit(y) + sc.log_expit(-y)
    def cdf(y): return sc.expit(y)
    def logcdf(y): return sc.log_expit(y)
    def sf(y): return sc.expit(-y)
    def logsf(y): return sc.log_expit(-y)
    def ppf(q): return sc.logit(q)
    def isf(q): return -sc.logit(q)


@form_of(st.lognorm)
class _LogNormal:
    def logpdf(y, s): return -np.log(y)**2 / (2.0 * s**2) - np.log(s * y) - 0.5 * math.log(2.0 * math.pi)
    def cdf(y, s): return sc.ndtr(np.log(y) / s)
    def logcdf(y, s): return sc.log_ndtr(np.log(y) / s)
    def sf(y, s): return sc.ndtr(-np.log(y) / s)
    def logsf(y, s): return sc.log_ndtr(-np.log(y) / s)
    def ppf(q, s): return np.exp(s * sc.ndtri(q))
    def isf(q, s): return np.exp(-s * sc.ndtri(q))


@form_of(st.uniform)
class _Uniform:
    def logpdf(y): return np.zeros(np.shape(y))
    def cdf(y): return y
    def sf(y): return 1.0 - y
    def ppf(q): return q
    def isf(q): return 1.0 - q


def cotangent(q):
    """cot(πq), as a quotient: 1 / tan has an infinite denominator in the middle."""
    return np.cos(np.pi * q) / np.sin(np.pi * q)


@form_of(st.cauchy)
class _Cauchy:
    def logpdf(y): return -math.log(math.pi) - np.log1p(y**2)
    def cdf(y): return np.arctan2(1.0, -y) / np.pi
    def sf(y): return np.arctan2(1.0, y) / np.pi
    def ppf(q): return np.where(q > 0.5, 1.0, -1.0) * cotangent(np.where(q > 0.5, 1.0 - q, q))
    def isf(q): return np.where(q > 0.5, -1.0, 1.0) * cotangent(np.where(q > 0.5, 1.0 - q, q))


@form_of(st.pareto)
class _Pareto:
    def logpdf(y, b): return np.log(b) - (b + 1.0) * np.log(y)
    def cdf(y, b): return 1.0 - y**-b
    def sf(y, b): return y**-b
    def logsf(y, b): return -b * np.log(y)
    def ppf(q, b): return (1.0 - q) ** (-1.0 / b)
    def isf(q, b): return q ** (-1.0 / b)


@form_of(st.weibull_min)
class _Weibull:
    def logpdf(y, c): return np.log(c) + sc.xlogy(c - 1.0, y) - y**c
    def cdf(y, c): return -np.expm1(-(y**c))
    def sf(y, c): return np.exp(-(y**c))
    def logsf(y, c): return -(y**c)
    def ppf(q, c): return (-np.log1p(-q)) ** (1.0 / c)
    def isf(q, c): return (-np.log(q)) ** (1.0 / c)


@form_of(st.gumbel_r)
class _GumbelRight:
    def logpdf(y): return -y - np.exp(-y)
    def cdf(y): return np.exp(-np.exp(-y))
    def logcdf(y): return -np.exp(-y)
    def sf(y): return -np.expm1(-np.exp(-y))
    def ppf(q): return -np.log(-np.log(q))
    def isf(q): return -np.log(-np.log1p(-q))


@form_of(st.gumbel_l)
class _GumbelLeft:
    def logpdf(y): return y - np.exp(y)
    def cdf(y): return -np.expm1(-np.exp(y))
    def sf(y): return np.exp(-np.exp(y))
    def logsf(y): return -np.exp(y)
    def ppf(q): return np.log(-np.log1p(-q))
    def isf(q): return np.log(-np.log(q))


@form_of(st.f)
class _Fisher:
    def logpdf(y, dfn, dfd):
        m, n = 0.5 * dfn, 0.5 * dfd
        powers = sc.xlogy(m - 1.0, y) - (m + n) * np.log(dfd + dfn * y)
        return m * np.log(dfn) + n * np.log(dfd) + powers - sc.betaln(m, n)

    def cdf(y, dfn, dfd): return sc.fdtr(dfn, dfd, y)
    def sf(y, dfn, dfd): return sc.fdtrc(dfn, dfd, y)

    def ppf(q, dfn, dfd):
        w = sc.betaincinv(0.5 * dfn, 0.5 * dfd, q)
        return dfd * w / (dfn * (1.0 - w))

    def isf(q, dfn, dfd):
        w = sc.betaincinv(0.5 * dfd, 0.5 * dfn, q)
        return dfd * (1.0 - w) / (dfn * w)


@form_of(st.invgamma)
class _InverseGamma:
    def logpdf(y, a): return -(a + 1.0) * np.log(y) - sc.gammaln(a) - 1.0 / y
    def cdf(y, a): return sc.gammaincc(a, 1.0 / y)
    def sf(y, a): return sc.gammainc(a, 1.0 / y)
    def ppf(q, a): return 1.0 / sc.gammainccinv(a, q)
    def isf(q, a): return 1.0 / sc.gammaincinv(a, q)


@form_of(st.halfnorm)
class _HalfNormal:
    def logpdf(y): return 0.5 * math.log(2.0 / math.pi) - y**2 / 2.0
    def cdf(y): return sc.erf(y / math.sqrt(2.0))
    def sf(y): return sc.erfc(y / math.sqrt(2.0))
    def logsf(y): return math.log(2.0) + sc.log_ndtr(-y)
    def ppf(q): return sc.ndtri(0.5 * (1.0 + q))
    def isf(q): return -sc.ndtri(0.5 * q)


def log_mass(a, b):
    """Logarithm of the mass of the normal distribution between two ends, from the side where it is small."""
    low, high = np.where(a > 0, -b, a), np.where(a > 0, -a, b)
    log_high = sc.log_ndtr(high)
    return log_high + np.log1p(-np.exp(sc.log_ndtr(low) - log_high))


@form_of(st.truncnorm)
class _TruncatedNormal:
    def logpdf(y, a, b): return -y**2 / 2.0 - 0.5 * math.log(2.0 * math.pi) - log_mass(a, b)
    def logcdf(y, a, b): return log_mass(a, y) - log_mass(a, b)
    def cdf(y, a, b): return np.exp(log_mass(a, y) - log_mass(a, b))
    def logsf(y, a, b): return log_mass(y, b) - log_mass(a, b)
    def sf(y, a, b): return np.exp(log_mass(y, b) - log_mass(a, b))

    def ppf(q, a, b):
        left = sc.ndtri(sc.ndtr(a) + q * (sc.ndtr(b) - sc.ndtr(a)))
        return np.where(a > 0, -sc.ndtri(sc.ndtr(-a) - q * (sc.ndtr(-a) - sc.ndtr(-b))), left)


@form_of(st.vonmises)
class _VonMises:
    def logpdf(y, kappa): return kappa * sc.cosm1(y) - math.log(2.0 * math.pi) - np.log(sc.i0e(kappa))


def log1p_over(c, y):
    """log(1 + c y) / c, and its limit where c is 0, also to higher orders: the series where c y is small."""
    z = c * y
    near = np.abs(z) < 1e-2
    series = 0.0
    for k in range(9, 0, -1):
        series = 1.0 / k - z * series
    return np.where(near, y * series, np.log1p(z) / np.where(near, 1.0, c))


@form_of(st.genextreme)
class _ExtremeValue:
    def logpdf(y, c):
        rate = -log1p_over(-c, y)
        return np.where(rate == np.inf, -np.inf, (1.0 - c) * rate - np.exp(rate))[()]

    def cdf(y, c): return np.exp(-np.exp(-log1p_over(-c, y)))
    def logcdf(y, c): return -np.exp(-log1p_over(-c, y))
    def sf(y, c): return -np.expm1(-np.exp(-log1p_over(-c, y)))
    def ppf(q, c): return -sc.boxcox(-np.log(q), c)
    def isf(q, c): return -sc.boxcox(-np.log1p(-q), c)


@form_of(st.genpareto)
class _GeneralPareto:
    def logpdf(y, c): return -(c + 1.0) * log1p_over(c, y)
    def cdf(y, c): return -np.expm1(-log1p_over(c, y))
    def sf(y, c): return np.exp(-log1p_over(c, y))
    def logsf(y, c): return -log1p_over(c, y)
    def ppf(q, c): return -sc.boxcox(1.0 - q, -c)
    def isf(q, c): return -sc.boxcox(q, -c)


@form_of(st.kappa4)
class _Kappa4:
    def logpdf(y, h, k):
        rate = log1p_over(-k, y)
        return (k - 1.0) * rate + (h - 1.0) * log1p_over(-h, np.exp(-rate))

    def logcdf(y, h, k): return -log1p_over(-h, np.exp(-log1p_over(-k, y)))
    def cdf(y, h, k): return np.exp(-log1p_over(-h, np.exp(-log1p_over(-k, y))))
    def sf(y, h, k): return -np.expm1(-log1p_over(-h, np.exp(-log1p_over(-k, y))))
    def ppf(q, h, k): return -sc.boxcox(-sc.boxcox(q, h), k)
    def isf(q, h, k): return -sc.boxcox(-sc.boxcox(1.0 - q, h), k)


@form_of(st.skewnorm)
class _SkewNormal:
    def logpdf(y, a): return math.log(2.0) - y**2 / 2.0 - 0.5 * math.log(2.0 * math.pi) + sc.log_ndtr(a * y)
    def cdf(y, a): return sc.ndtr(y) - 2.0 * sc.owens_t(y, a)
    def sf(y, a): return sc.ndtr(-y) + 2.0 * sc.owens_t(y, a)


def mass_from_middle(y, beta):
    """The mass of the generalized normal distribution between 0 and y; close to 0 its density times y."""
    middle = y == 0
    away = np.where(middle, 1.0, y)
    mass = 0.5 * np.sign(y) * sc.gammainc(1.0 / beta, np.abs(away) ** beta)
    return np.where(middle, 0.5 * beta / sc.gamma(1.0 / beta) * y, mass)


@form_of(st.gennorm)
class _GeneralNormal:
    def logpdf(y, beta): return np.log(0.5 * beta) - sc.gammaln(1.0 / beta) - np.abs(y) ** beta
    def cdf(y, beta): return 0.5 + mass_from_middle(y, beta)
    def sf(y, beta): return 0.5 - mass_from_middle(y, beta)


@form_of(st.loggamma)
class _LogGamma:
    def logpdf(y, c): return c * y - np.exp(y) - sc.gammaln(c)
    def cdf(y, c): return sc.gammainc(c, np.exp(y))
    def sf(y, c): return sc.gammaincc(c, np.exp(y))
    def ppf(q, c): return np.log(sc.gammaincinv(c, q))
    def isf(q, c): return np.log(sc.gammainccinv(c, q))


@form_of(st.rayleigh)
class _Rayleigh:
    def logpdf(y): return np.log(y) - y**2 / 2.0
    def cdf(y): return -np.expm1(-(y**2) / 2.0)
    def sf(y): return np.exp(-(y**2) / 2.0)
    def logsf(y): return -(y**2) / 2.0
    def ppf(q): return np.sqrt(-2.0 * np.log1p(-q))
    def isf(q): return np.sqrt(-2.0 * np.log(q))


@form_of(st.maxwell)
class _Maxwell:
    def logpdf(y): return 0.5 * math.log(2.0 / math.pi) + 2.0 * np.log(y) - y**2 / 2.0
    def cdf(y): return sc.gammainc(1.5, y**2 / 2.0)
    def sf(y): return sc.gammaincc(1.5, y**2 / 2.0)
    def ppf(q): return np.sqrt(2.0 * sc.gammaincinv(1.5, q))
    def isf(q): return np.sqrt(2.0 * sc.gammainccinv(1.5, q))


@form_of(st.invgauss)
class _InverseGaussian:
    def logpdf(y, mu): return -0.5 * math.log(2.0 * math.pi) - 1.5 * np.log(y) - (y / mu - 1.0) ** 2 / (2.0 * y)

    def cdf(y, mu):
        rate = 1.0 / np.sqrt(y)
        mirror = np.exp(2.0 / mu + sc.log_ndtr(-rate * (y / mu + 1.0)))
        return sc.ndtr(rate * (y / mu - 1.0)) + mirror

    def sf(y, mu):
        rate = 1.0 / np.sqrt(y)
        mirror = np.exp(2.0 / mu + sc.log_ndtr(-rate * (y / mu + 1.0)))
        return sc.ndtr(-rate * (y / mu - 1.0)) - mirror


@form_of(st.triang)
class _Triangular:
    def pdf(y, c): return np.where(y < c, 2.0 * y / c, 2.0 * (1.0 - y) / (1.0 - c))
    def logpdf(y, c): return math.log(2.0) + np.where(y < c, np.log(y / c), np.log((1.0 - y) / (1.0 - c)))
    def cdf(y, c): return np.where(y < c, y**2 / c, 1.0 - (1.0 - y) ** 2 / (1.0 - c))
    def sf(y, c): return np.where(y < c, 1.0 - y**2 / c, (1.0 - y) ** 2 / (1.0 - c))
    def ppf(q, c): return np.where(q < c, np.sqrt(c * q), 1.0 - np.sqrt((1.0 - c) * (1.0 - q)))


@form_of(st.cosine)
class _RaisedCosine:
    def logpdf(y): return np.log1p(np.cos(y)) - math.log(2.0 * math.pi)
    def pdf(y): return (1.0 + np.cos(y)) / (2.0 * math.pi)
    def cdf(y): return 0.5 + (y + np.sin(y)) / (2.0 * math.pi)
    def sf(y): return 0.5 - (y + np.sin(y)) / (2.0 * math.pi)


@form_of(st.betaprime)
class _BetaPrime:
    def logpdf(y, a, b): return sc.xlogy(a - 1.0, y) - sc.xlog1py(a + b, y) - sc.betaln(a, b)
    def cdf(y, a, b): return sc.betaincc(b, a, 1.0 / (1.0 + y))
    def sf(y, a, b): return sc.betainc(b, a, 1.0 / (1.0 + y))

    def ppf(q, a, b):
        p = sc.betaincinv(a, b, q)
        return p / (1.0 - p)

    def isf(q, a, b):
        p = sc.betaincinv(b, a, q)
        return (1.0 - p) / p


@form_of(st.rdist)
class _Symmetric:
    """Symmetric beta distributions on (-1, 1)."""

    def logpdf(y, c): return sc.xlog1py(0.5 * c - 1.0, -(y**2)) - sc.betaln(0.5, 0.5 * c)
    def cdf(y, c): return sc.betainc(0.5 * c, 0.5 * c, 0.5 * (1.0 + y))
    def sf(y, c): return sc.betainc(0.5 * c, 0.5 * c, 0.5 * (1.0 - y))
    def ppf(q, c): return 2.0 * sc.betaincinv(0.5 * c, 0.5 * c, q) - 1.0
    def isf(q, c): return 1.0 - 2.0 * sc.betaincinv(0.5 * c, 0.5 * c, q)


@form_of(st.semicircular)
class _Semicircle:
    def logpdf(y): return math.log(2.0 / math.pi) + 0.5 * np.log1p(-(y**2))
    def cdf(y): return 0.5 + (y * np.sqrt(1.0 - y**2) + np.arcsin(y)) / math.pi
    def sf(y): return 0.5 - (y * np.sqrt(1.0 - y**2) + np.arcsin(y)) / math.pi
    def ppf(q): return 2.0 * sc.betaincinv(1.5, 1.5, q) - 1.0
    def isf(q): return 1.0 - 2.0 * sc.betaincinv(1.5, 1.5, q)


@form_of(st.kappa3)
class _Kappa3:
    def logpdf(y, a): return np.log(a) - (1.0 + 1.0 / a) * np.log(a + y**a)
    def cdf(y, a): return y * (a + y**a) ** (-1.0 / a)
    def sf(y, a): return -np.expm1(-np.log1p(a * y**-a) / a)
    def ppf(q, a): return (a / (q**-a - 1.0)) ** (1.0 / a)
    def isf(q, a): return (a / np.expm1(-a * np.log1p(-q))) ** (1.0 / a)


@form_of(st.geninvgauss)
class _GeneralInverseGaussian:
    def logpdf(y, p, b): return (p - 1.0) * np.log(y) - 0.5 * b * (y - 1.0) ** 2 / y - np.log(2.0 * sc.kve(p, b))


@form_of(st.genhyperbolic)
class _GeneralHyperbolic:
    def logpdf(y, p, a, b):
        rate, away = np.sqrt(a**2 - b**2), np.sqrt(1.0 + y**2)
        scale = p * np.log(rate) - (p - 0.5) * np.log(a) - 0.5 * math.log(2.0 * math.pi) - np.log(sc.kve(p, rate))
        return scale + rate + b * y - a * away + np.log(sc.kve(p - 0.5, a * away)) + (p - 0.5) * np.log(away)


@form_of(st.ncx2)
class _NoncentralChiSquared:
    def logpdf(y, df, nc):
        half, apart = 0.5 * df - 1.0, np.sqrt(y) - np.sqrt(nc)
        return -math.log(2.0) + 0.5 * half * np.log(y / nc) - 0.5 * apart**2 + np.log(sc.ive(half, np.sqrt(nc * y)))

    def cdf(y, df, nc): return sc.chndtr(y, df, nc)
    def sf(y, df, nc): return 1.0 - sc.chndtr(y, df, nc)


# -- of whole numbers -------------------------------------------------------------------------------------------------


@form_of(st.bernoulli)
class _Bernoulli:
    def logpmf(k, p): return sc.xlogy(k, p) + sc.xlog1py(1 - k, -p)
    def cdf(k, p): return 1.0 - p
    def sf(k, p): return p


@form_of(st.binom)
class _Binomial:
    def logpmf(k, n, p):
        ways = sc.gammaln(n + 1.0) - sc.gammaln(k + 1.0) - sc.gammaln(n - k + 1.0)
        return ways + sc.xlogy(k, p) + sc.xlog1py(n - k, -p)

    def cdf(k, n, p): return sc.betainc(n - k, k + 1.0, 1.0 - p)
    def sf(k, n, p): return sc.betainc(k + 1.0, n - k, p)


@form_of(st.poisson)
class _Poisson:
    def logpmf(k, mu): return sc.xlogy(k, mu) - sc.gammaln(k + 1.0) - mu
    def cdf(k, mu): return sc.gammaincc(k + 1.0, mu)
    def sf(k, mu): return sc.gammainc(k + 1.0, mu)


@form_of(st.nbinom)
class _NegativeBinomial:
    def logpmf(k, n, p):
        ways = sc.gammaln(n + k) - sc.gammaln(k + 1.0) - sc.gammaln(n)
        return ways + n * np.log(p) + sc.xlog1py(k, -p)

    def cdf(k, n, p): return sc.betainc(n, k + 1.0, p)
    def sf(k, n, p): return sc.betaincc(n, k + 1.0, p)

    def moments(n, p):
        q = 1.0 - p
        return n * q / p, n * q / p**2, (1.0 + q) / np.sqrt(n * q), 6.0 / n + p**2 / (n * q)


@form_of(st.hypergeom)
class _Hypergeometric:
    def logpmf(k, M, n, N):
        bad = M - n
        ways = sc.betaln(M - N + 1.0, N + 1.0) - sc.betaln(M + 1.0, 1.0)
        ways = ways + sc.betaln(n + 1.0, 1.0) - sc.betaln(k + 1.0, n - k + 1.0)
        return ways + sc.betaln(bad + 1.0, 1.0) - sc.betaln(N - k + 1.0, bad - N + k + 1.0)

    def moments(M, n, N):
        bad, left = M - n, M - N
        variance = N * n * bad * left / (M**2 * (M - 1.0))
        skewness = (bad - n) * np.sqrt(M - 1.0) * (left - N) / (np.sqrt(1.0 * N * n * bad * left) * (M - 2.0))
        fourth = (M - 1.0) * M**2 * (M * (M + 1.0) - 6.0 * N * left - 6.0 * n * bad)
        fourth = fourth + 6.0 * N * n * bad * left * (5.0 * M - 6.0)
        return N * n / M, variance, skewness, fourth / (N * n * bad * left * (M - 2.0) * (M - 3.0))


@form_of(st.geom)
class _Geometric:
    def logpmf(k, p): return sc.xlog1py(k - 1.0, -p) + np.log(p)
    def cdf(k, p): return -np.expm1(k * np.log1p(-p))
    def sf(k, p): return np.exp(k * np.log1p(-p))
    def logsf(k, p): return k * np.log1p(-p)


@form_of(st.zipf)
class _Zipf:
    def logpmf(k, a): return -a * np.log(k) - np.log(sc.zeta(a))


@form_of(st.kstwobign)
class _Kolmogorov:
    def pdf(y): return -kolmogorov_slope(y)
    def logpdf(y): return np.log(-kolmogorov_slope(y))

    def cdf(y):
        """By theta functions where it is small (DLMF 20.7.32)."""
        small, odd = np.clip(y, 0.05, 1.0)[()], np.arange(1.0, 9.0, 2.0) * math.pi
        terms = np.exp(-(odd**2) / (8.0 * np.asarray(small)[..., None] ** 2))
        return np.where(y < 1.0, np.sum(terms, axis=-1) * math.sqrt(2.0 * math.pi) / small, 1.0 - sc.kolmogorov(y))[()]

    def sf(y): return sc.kolmogorov(y)
    def ppf(q): return compiled._kolmogci(q)
    def isf(q): return sc.kolmogi(q)


def nearly_normal(skew):
    """Where SciPy takes the normal distribution for Pearson's of type III; its slopes are by series in the skewness."""
    return np.where(np.abs(skew) < 1.6e-5, skew, 0.0)


@form_of(st.pearson3)
class _Pearson3:
    def logpdf(y, skew):
        """The logarithm of Edgeworth's series, to second order."""
        s, z = nearly_normal(skew), np.clip(y, -40.0, 40.0)
        bend = (9.0 * (z**4 - 6.0 * z**2 + 3.0) + 2.0 * (-9.0 * z**4 + 36.0 * z**2 - 15.0)) / 144.0
        return st.pearson3._logpdf(y, skew) + s * (z**3 - 3.0 * z) / 6.0 + s**2 * bend

    def pdf(y, skew):
        log = _Pearson3.logpdf(y, skew)
        return np.where(np.isnan(log), 0.0, np.exp(log))[()]

    def cdf(y, skew): return st.pearson3._cdf(y, skew)[()] + edgeworth(y, skew)
    def sf(y, skew): return st.pearson3._sf(y, skew)[()] - edgeworth(y, skew)
    def ppf(q, skew): return st.pearson3._ppf(q, skew)[()] + cornish_fisher(sc.ndtri(q), skew)
    def isf(q, skew): return st.pearson3._ppf(1.0 - q, skew)[()] + cornish_fisher(-sc.ndtri(q), skew)


def edgeworth(y, skew):
    s, z = nearly_normal(skew), np.clip(y, -40.0, 40.0)
    third, fifth = z**3 - 3.0 * z, z**5 - 10.0 * z**3 + 15.0 * z
    density = np.exp(-0.5 * z**2) / math.sqrt(2.0 * math.pi)
    return -density * (s * (z**2 - 1.0) / 6.0 + s**2 * (third / 16.0 + fifth / 72.0))


def cornish_fisher(y, skew):
    s, z = nearly_normal(skew), np.clip(y, -40.0, 40.0)
    return s * (z**2 - 1.0) / 6.0 + s**2 * ((z**3 - 3.0 * z) / 16.0 - (2.0 * z**3 - 5.0 * z) / 36.0)
