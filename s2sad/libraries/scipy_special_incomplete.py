"""``scipy.special``: incomplete gamma and beta functions in their shape parameters.

Under the integral a derivative in a shape multiplies the density by a polynomial of log t and polygamma functions: the
complete Bell polynomial of the derivatives of the logarithm of the density (DLMF 1.15.22 for the recurrence). In
u = log t, or log t / (1 - t), the integrand is smooth and falls off exponentially; it is integrated over the tail on
the side of x, by the double exponential formula of Takahasi and Mori (1974). Over the whole line the integral is 0, so
either tail will do.
"""

# Rules are named after their function, and a formula reads best on one line.
# ruff: noqa: E302, E305, E704
# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.special
import scipy.special as sc

import s2sad.libraries.scipy_special  # noqa: F401  (which declares the functions)
from s2sad.ir.core import Arg
from s2sad.ir.types import Array, Type
from s2sad.libraries.declaring import of_double
from s2sad.prims.inference import option
from s2sad.prims.primitive import primitive
from s2sad.rules.book import partials


def half_line():
    """Nodes and weights for integrals over s > 0 of what falls off as exp(-s)."""
    tau = np.arange(-4.5, 4.4, 0.0625)
    s = np.exp(tau - np.exp(-tau))
    return s, 0.0625 * s * (1.0 + np.exp(-tau))


def log_derivatives(first, a, order):
    """Derivatives in a, to an order, of a density whose logarithm has the first derivative ``first - psi(a)``."""
    out = [1.0]
    cumulants = [first - scipy.special.psi(a)] + [-scipy.special.polygamma(k, a) for k in range(1, order)]
    for n in range(order):
        out.append(sum(math.comb(n, k) * out[n - k] * cumulants[k] for k in range(n + 1)))
    return out[order]


def log_derivatives_2(log, log1m, a, b, i, j):
    """Derivatives of order i in a and j in b of t ** a (1 - t) ** b / B(a, b), divided by it."""
    def cumulant(k, m):
        both = scipy.special.polygamma(k + m - 1, a + b)
        if k == 0:
            return both - scipy.special.polygamma(m - 1, b) + (log1m if m == 1 else 0.0)
        if m == 0:
            return both - scipy.special.polygamma(k - 1, a) + (log if k == 1 else 0.0)
        return both

    out = {(0, 0): 1.0}
    for k in range(i + 1):
        for m in range(j + 1):
            if k + m == 0:
                continue
            total = 0.0
            for p in range(k if k else 1):
                for q in range(m + 1 if k else m):
                    ways = math.comb(k - 1, p) * math.comb(m, q) if k else math.comb(m - 1, q)
                    of = cumulant(p + 1, q) if k else cumulant(0, q + 1)
                    rest = (k - 1 - p, m - q) if k else (0, m - 1 - q)
                    total = total + ways * of * out[rest]
            out[k, m] = total
    return out[i, j]


def gammainc_slope(a, x, order):
    """The derivative of an order in a of the incomplete gamma function P(a, x)."""
    a, x = np.broadcast_arrays(np.asarray(a, float)[..., None], np.asarray(x, float)[..., None])
    s, weight = half_line()
    lower = x <= np.maximum(a, 0.1)
    away = np.abs(a - x) + np.sqrt(x)
    scale = 1.0 / np.where(lower, np.minimum(a, away), away)
    s, weight = s * scale, weight * scale
    sign = np.where(lower, 1.0, -1.0)
    with np.errstate(all="ignore"):
        density = np.exp(-sign * a * s - x * np.expm1(-sign * s)) * weight
        terms = density * log_derivatives(np.log(x) - sign * s, a, order)
        height = np.exp(scipy.special.xlogy(a, x) - x - scipy.special.gammaln(a))
        out = sign[..., 0] * height[..., 0] * np.sum(np.where(density > 0, terms, 0.0), axis=-1)
    return np.where((x[..., 0] > 0) & np.isfinite(x[..., 0]), out, 0.0 * a[..., 0])[()]


def tail_of_beta(a, b, p, q, i, j):
    """As ``betainc_slope``, of x = p = 1 - q, integrated below x."""
    s, weight = half_line()
    away = np.abs(a * q - b * p) + np.sqrt((a + b) * p * q)
    scale = 1.0 / np.minimum(a, away)
    s, weight = s * scale, weight * scale
    rest = np.log1p(p * np.expm1(-s))
    density = np.exp(-a * s - (a + b) * rest) * weight
    terms = density * log_derivatives_2(np.log(p) - s - rest, np.log(q) - rest, a, b, i, j)
    height = np.exp(a * np.log(p) + b * np.log(q) - scipy.special.betaln(a, b))
    return height[..., 0] * np.sum(np.where(density > 0, terms, 0.0), axis=-1)


def betainc_slope(a, b, x, i, j, y=None):
    """The derivative of order i in a and j in b of the incomplete beta function I_x(a, b); y is 1 - x."""
    a, b, x, y = np.broadcast_arrays(
        *[np.asarray(z, float)[..., None] for z in (a, b, x, 1.0 - x if y is None else y)]
    )
    with np.errstate(all="ignore"):
        below = x * np.maximum(b, 0.1) <= np.maximum(a, 0.1) * y
        first, second = np.where(below, a, b), np.where(below, b, a)
        p, q = np.where(below, x, y), np.where(below, y, x)
        lower, upper = (tail_of_beta(first, second, p, q, n, m) for n, m in ((i, j), (j, i)))
    out = np.where(below[..., 0], lower, -upper)
    return np.where((x[..., 0] > 0) & (y[..., 0] > 0), out, 0.0 * (a + b)[..., 0])[()]


def student_slope(b, w, order):
    """The derivative of an order in b of the integral of (1 + v ** 2) ** (-b - 1/2) / B(1/2, b) over 0 < v < w."""
    b, w = np.asarray(b, float), np.asarray(w, float)
    square = w * w
    return 0.5 * np.sign(w) * betainc_slope(0.5, b, square / (1.0 + square), 0, order, 1.0 / (1.0 + square))


# -- rules ------------------------------------------------------------------------------------------------------------


REAL_GAMMA, REAL_BETA, REAL_STUDENT = of_double("a x"), of_double("a b x"), of_double("b w")


def _gamma_slope(a: Arg, x: Arg, order: Arg) -> Type:
    option(order)
    return REAL_GAMMA(a, x)  # type: ignore[no-any-return]


def _beta_slope(a: Arg, b: Arg, x: Arg, i: Arg, j: Arg, y: Any = None) -> Type:
    option(i)
    option(j)
    return REAL_BETA(a, b, x)  # type: ignore[no-any-return]


def _student_slope(b: Arg, w: Arg, order: Arg) -> Type:
    option(order)
    return REAL_STUDENT(b, w)  # type: ignore[no-any-return]


primitive("gammainc_slope", gammainc_slope, _gamma_slope, style="helper", elementwise=True)
primitive("betainc_slope", betainc_slope, _beta_slope, style="helper", elementwise=True)
primitive("student_slope", student_slope, _student_slope, style="helper", elementwise=True)
for function in (half_line, log_derivatives, log_derivatives_2, tail_of_beta):
    primitive(function.__name__, function, lambda *args: Array("f64", None), style="helper", calls=())


def gamma_density(a, x): return np.exp(sc.xlogy(a - 1.0, x) - x - sc.gammaln(a))
def beta_density(a, b, x, y=None):
    above = sc.xlog1py(b - 1.0, -x) if y is None else sc.xlogy(b - 1.0, y)
    return np.exp(sc.xlogy(a - 1.0, x) + above - sc.betaln(a, b))

def student_density(df, t):
    scale = np.exp(sc.gammaln(0.5 * (df + 1.0)) - sc.gammaln(0.5 * df)) / np.sqrt(df * math.pi)
    return scale * (1.0 + t**2 / df) ** (-0.5 * (df + 1.0))

@partials("gammainc_slope", wrt=("a", "x"), guarded=True)
def gammainc_slope_(a, x, order):
    return gammainc_slope(a, x, order + 1), gamma_density(a, x) * log_derivatives(np.log(x), a, order)
@partials("betainc_slope", wrt=("a", "b", "x"), guarded=True)
def betainc_slope_(a, b, x, i, j, y):
    """In x with y, which is 1 - x, following."""
    log1m = np.log1p(-x) if y is None else np.log(y)
    from_x = beta_density(a, b, x, y) * log_derivatives_2(np.log(x), log1m, a, b, i, j)
    return betainc_slope(a, b, x, i + 1, j, y), betainc_slope(a, b, x, i, j + 1, y), from_x
@partials("student_slope", wrt=("b", "w"), guarded=True)
def student_slope_(b, w, order):
    log = np.log1p(w**2)
    density = np.exp(-(b + 0.5) * log - sc.betaln(0.5, b))
    return student_slope(b, w, order + 1), density * log_derivatives_2(0.0, -log, 0.5, b, 0, order)

# Incomplete gamma and beta functions, and their inverses (DLMF 8.8, 8.17)

@partials(sc.gammainc, guarded=True)
def gammainc(a, x): return gammainc_slope(a, x, 1), gamma_density(a, x)
@partials(sc.gammaincc, guarded=True)
def gammaincc(a, x): return -gammainc_slope(a, x, 1), -gamma_density(a, x)
def ratio(slope, rate):
    """Slope over rate; 0 where the slope is, at the ends of the support."""
    return np.where(slope == 0, 0.0, slope / np.where(slope == 0, 1.0, rate))

@partials(sc.gammaincinv, guarded=True)
def gammaincinv(a, ans):
    rate = gamma_density(a, ans)
    return -ratio(gammainc_slope(a, ans, 1), rate), 1.0 / rate
@partials(sc.gammainccinv, guarded=True)
def gammainccinv(a, ans):
    rate = gamma_density(a, ans)
    return -ratio(gammainc_slope(a, ans, 1), rate), -1.0 / rate
@partials(sc.betainc, guarded=True)
def betainc(a, b, x): return betainc_slope(a, b, x, 1, 0), betainc_slope(a, b, x, 0, 1), beta_density(a, b, x)
@partials(sc.betaincinv, guarded=True)
def betaincinv(a, b, ans):
    rate = beta_density(a, b, ans)
    return -ratio(betainc_slope(a, b, ans, 1, 0), rate), -ratio(betainc_slope(a, b, ans, 0, 1), rate), 1.0 / rate
if hasattr(sc, "betaincc"):
    @partials(sc.betaincc, guarded=True)
    def betaincc(a, b, x): return -betainc_slope(a, b, x, 1, 0), -betainc_slope(a, b, x, 0, 1), -beta_density(a, b, x)
    @partials(sc.betainccinv, guarded=True)
    def betainccinv(a, b, ans):
        rate = beta_density(a, b, ans)
        return -ratio(betainc_slope(a, b, ans, 1, 0), rate), -ratio(betainc_slope(a, b, ans, 0, 1), rate), -1.0 / rate

# Student's distribution (DLMF 8.17)

@partials(sc.stdtr, guarded=True)
def stdtr(df, t):
    density = student_density(df, t)
    return 0.5 * student_slope(0.5 * df, t / np.sqrt(df), 1) - 0.5 * t / df * density, density
@partials(sc.stdtrit, guarded=True)
def stdtrit(df, ans):
    density = student_density(df, ans)
    return 0.5 * ans / df - 0.5 * student_slope(0.5 * df, ans / np.sqrt(df), 1) / density, 1.0 / density
