"""``scipy.special``: functions whose derivatives are elementary, or special functions again.

Formulas: NIST Digital Library of Mathematical Functions (DLMF, https://dlmf.nist.gov), by section. The derivative with
respect to the order of a Bessel function, the shape of an incomplete gamma or beta function and the parameters of a
hypergeometric function is not known here: it is refused, by name.
"""

# Rules are named after their function, and a formula reads best on one line.
# ruff: noqa: E302, E305, E704
# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import math

import numpy as np
import scipy.special as sc

from s2sad.libraries.declaring import as_computed, elementwise, ufuncs
from s2sad.libraries.scipy_special_digamma import psi_rise
from s2sad.libraries.scipy_special_scaled import far_out
from s2sad.rules.book import constant, partials, pullback

ROOT_PI = math.sqrt(math.pi)
ROOT_2PI = math.sqrt(2.0 * math.pi)

# Gamma and its kin (DLMF 5)

ufuncs(sc, "gamma gammaln loggamma rgamma psi gammasgn")
ufuncs(sc, "poch", "z m")
ufuncs(sc, "binom", "n k")
ufuncs(sc, "beta betaln", "a b")
ufuncs(sc, "gammainc gammaincc", "a x")
ufuncs(sc, "gammaincinv gammainccinv", "a y")
ufuncs(sc, "betainc betaincc", "a b x")
ufuncs(sc, "betaincinv betainccinv", "a b y")
elementwise("scipy.special.polygamma", sc.polygamma, as_computed(sc.polygamma, "n x", arrays=True))
constant(sc.gammasgn)

@partials(sc.gamma, guarded=True)
def gamma(x, ans): return ans * sc.psi(x)
def slope_of_rgamma(x, ans, lower):
    """To the left by reflection, which has no poles there (DLMF 5.5.3)."""
    left, right = np.where(lower, x, 0.5), np.where(lower, 0.5, x)
    turning = np.cos(math.pi * left) - np.sin(math.pi * left) / math.pi * sc.psi(1.0 - left)
    return np.where(lower, sc.gamma(1.0 - left) * turning, -ans * sc.psi(right))

@partials(sc.rgamma, guarded=True)
def rgamma(x, ans): return slope_of_rgamma(x, ans, x < 0.5)
@pullback(sc.rgamma, numbers="complex")
def rgamma_of_complex(ans_bar, ans, x): return ans_bar * slope_of_rgamma(x, ans, np.real(x) < 0.5)
@partials(sc.gammaln, guarded=True)
def gammaln(x): return sc.psi(x)
@partials(sc.loggamma, guarded=True)
def loggamma(x): return sc.psi(x)
@partials(sc.psi, guarded=True)
def psi(x): return sc.polygamma(1, x)
@partials(sc.polygamma, wrt="x", guarded=True)
def polygamma(n, x): return sc.polygamma(n + 1, x)
@partials(sc.poch, guarded=True)
def poch(z, m, ans):
    """At a pole of Γ(z) by the slope of 1 / Γ."""
    both, below = sc.psi(z + m), sc.rgamma(z)
    at_pole = sc.gamma(z + m) * (both * below + slope_of_rgamma(z, below, z < 0.5))
    return np.where((ans == 0) & (z <= 0), at_pole, ans * psi_rise(z, m, 0)), ans * both
@partials(sc.binom, guarded=True)
def binom(n, k, ans):
    """Where k or n - k is a negative whole number, a pole, by the slope of 1 / Γ."""
    none, rest = ans == 0, n - k + 1.0
    one, other, whole = sc.rgamma(k + 1.0), sc.rgamma(rest), sc.gamma(n + 1.0)
    of_rest = one * slope_of_rgamma(rest, other, rest < 0.5)
    of_k = other * slope_of_rgamma(k + 1.0, one, k < -0.5)
    from_n = np.where(none, whole * (sc.psi(n + 1.0) * one * other + of_rest), ans * psi_rise(rest, k, 0))
    return from_n, np.where(none, whole * (of_k - of_rest), ans * psi_rise(k + 1.0, n - 2.0 * k, 0))
@partials(sc.beta, guarded=True)
def beta(a, b, ans): return -ans * psi_rise(a, b, 0), -ans * psi_rise(b, a, 0)
@partials(sc.betaln, guarded=True)
def betaln(a, b): return -psi_rise(a, b, 0), -psi_rise(b, a, 0)

# Error functions and the normal distribution (DLMF 7)

ufuncs(sc, "erf erfc erfcx erfi dawsn wofz erfinv erfcinv ndtr log_ndtr ndtri ndtri_exp")
ufuncs(sc, "owens_t", "h a")

FAR = 12.0  # where some terms of an asymptotic series do, and the difference of the usual form cancels

def asymptotic(u):
    """The series of 1 - 2 x D(x), times 2, in u = 1 / x² (DLMF 7.12.1)."""
    series = 1.0
    for k in range(10, 1, -1):
        series = 1.0 + (k - 0.5) * u * series
    return -u * series

@partials(sc.erf)
def erf(x): return 2.0 / ROOT_PI * np.exp(-(x**2))
@partials(sc.erfc)
def erfc(x): return -2.0 / ROOT_PI * np.exp(-(x**2))
@partials(sc.erfcx, guarded=True)
def erfcx(x, ans):
    far = np.where(x > FAR, x, 1.0)
    return np.where(x > FAR, -asymptotic(-(far**-2.0)) / ROOT_PI, 2.0 * x * ans - 2.0 / ROOT_PI)
@pullback(sc.erfcx, numbers="complex")
def erfcx_of_complex(ans_bar, ans, x):
    far = np.where(np.real(x) > FAR, x, 1.0)
    slope = np.where(np.real(x) > FAR, -asymptotic(-(far**-2.0)) / ROOT_PI, 2.0 * x * ans - 2.0 / ROOT_PI)
    return ans_bar * slope
@partials(sc.erfi, guarded=True)
def erfi(x): return 2.0 / ROOT_PI * np.exp(x**2)
@partials(sc.dawsn)
def dawsn(x, ans):
    far = np.where(np.abs(x) > FAR, x, 1.0)
    return np.where(np.abs(x) > FAR, 0.5 * asymptotic(far**-2.0), 1.0 - 2.0 * x * ans)
@partials(sc.wofz)
def wofz(x, ans):
    """Far out in the upper half plane by the asymptotic series (DLMF 7.12.1), elsewhere DLMF 7.10.1."""
    far = (np.abs(x) > 12.0) & (np.imag(x) >= 0.0)
    u = np.where(far, x, 12.0) ** -2
    series = 0.0
    for k in range(8, 0, -1):
        series = (k - 0.5) * u * (1.0 + series)
    return np.where(far, -2j / ROOT_PI * series, 2j / ROOT_PI - 2.0 * x * ans)
@partials(sc.erfinv, guarded=True)
def erfinv(ans): return ROOT_PI / 2.0 * np.exp(ans**2)
@partials(sc.erfcinv, guarded=True)
def erfcinv(ans): return -ROOT_PI / 2.0 * np.exp(ans**2)
@partials(sc.ndtr)
def ndtr(x): return np.exp(-0.5 * x**2) / ROOT_2PI
@partials(sc.log_ndtr)
def log_ndtr(x): return math.sqrt(2.0 / math.pi) / sc.erfcx(-x / math.sqrt(2.0))
@pullback(sc.log_ndtr, numbers="complex")
def log_ndtr_of_complex(ans_bar, ans, x):
    """To the right erfcx overflows, which has no sign there; the density does not."""
    left = np.real(x) < 0.0
    ratio = math.sqrt(2.0 / math.pi) / sc.erfcx(np.where(left, x, 0.0) / -math.sqrt(2.0))
    return ans_bar * np.where(left, ratio, np.exp(-0.5 * np.where(left, 0.0, x) ** 2 - ans) / ROOT_2PI)
@partials(sc.ndtri, guarded=True)
def ndtri(ans): return ROOT_2PI * np.exp(0.5 * ans**2)
@partials(sc.owens_t)
def owens_t(h, a):
    from_h = -np.exp(-0.5 * h**2) * sc.erf(a * h / math.sqrt(2.0)) / (2.0 * ROOT_2PI)
    return from_h, np.exp(-0.5 * h**2 * (1.0 + a**2)) / (2.0 * math.pi * (1.0 + a**2))
if hasattr(sc, "ndtri_exp"):
    @partials(sc.ndtri_exp, guarded=True)
    def ndtri_exp(x, ans): return ROOT_2PI * np.exp(x + 0.5 * ans**2)

# Bessel functions (DLMF 10)

ufuncs(sc, "j0 j1 y0 y1 i0 i1 i0e i1e k0 k1 k0e k1e")
ufuncs(sc, "jv yv iv ive kv kve hankel1 hankel2", "v z")
ufuncs(sc, "yn kn", "n x")
ufuncs(sc, "struve modstruve", "v x")

@partials(sc.j0)
def j0(x): return -sc.j1(x)
@partials(sc.j1)
def j1(x): return 0.5 * (sc.j0(x) - sc.jv(2, x))
@partials(sc.jv, wrt="z", unknown="v")
def jv(v, z): return 0.5 * (sc.jv(v - 1, z) - sc.jv(v + 1, z))
@partials(sc.y0, guarded=True)
def y0(x): return -sc.y1(x)
@partials(sc.y1, guarded=True)
def y1(x): return 0.5 * (sc.y0(x) - sc.yn(2, x))
@partials(sc.yn, wrt="x", guarded=True)
def yn(n, x): return 0.5 * (sc.yv(whole(n) - 1, x) - sc.yv(whole(n) + 1, x))
@partials(sc.yv, wrt="z", unknown="v", guarded=True)
def yv(v, z): return 0.5 * (sc.yv(v - 1, z) - sc.yv(v + 1, z))
@partials(sc.hankel1, wrt="z", unknown="v", guarded=True)
def hankel1(v, z): return 0.5 * (sc.hankel1(v - 1, z) - sc.hankel1(v + 1, z))
@partials(sc.hankel2, wrt="z", unknown="v", guarded=True)
def hankel2(v, z): return 0.5 * (sc.hankel2(v - 1, z) - sc.hankel2(v + 1, z))
@partials(sc.i0, guarded=True)
def i0(x): return sc.i1(x)
@partials(sc.i1, guarded=True)
def i1(x): return 0.5 * (sc.i0(x) + sc.iv(2, x))
@partials(sc.iv, wrt="z", unknown="v", guarded=True)
def iv(v, z): return 0.5 * (sc.iv(v - 1, z) + sc.iv(v + 1, z))
@partials(sc.i0e)
def i0e(x, ans): return far_out(x, 0, -1, ans, sc.i1e(x) - np.sign(x) * ans)
@partials(sc.i1e)
def i1e(x, ans): return far_out(x, 1, -1, ans, 0.5 * (sc.i0e(x) + sc.ive(2, x)) - np.sign(x) * ans)
@partials(sc.ive, wrt="z", unknown="v", guarded=True)
def ive(v, z, ans):
    return far_out(z, v, -1, ans, 0.5 * (sc.ive(v - 1, z) + sc.ive(v + 1, z)) - np.sign(z) * ans)
@pullback(sc.ive, wrt="z", unknown="v", numbers="complex")
def ive_bar(ans_bar, v, z, ans):
    """The scale exp(-|Re z|) is not analytic."""
    unscaled = 0.5 * (sc.ive(v - 1, z) + sc.ive(v + 1, z))
    return ans_bar * unscaled - np.sign(np.real(z)) * np.real(ans_bar * ans)
@partials(sc.k0, guarded=True)
def k0(x): return -sc.k1(x)
@partials(sc.k1, guarded=True)
def k1(x): return -0.5 * (sc.k0(x) + sc.kv(2, x))
@partials(sc.kn, wrt="x", guarded=True)
def kn(n, x): return -0.5 * (sc.kv(whole(n) - 1, x) + sc.kv(whole(n) + 1, x))
@partials(sc.kv, wrt="z", unknown="v", guarded=True)
def kv(v, z): return -0.5 * (sc.kv(v - 1, z) + sc.kv(v + 1, z))
@partials(sc.k0e, guarded=True)
def k0e(x, ans): return far_out(x, 0, 1, ans, ans - sc.k1e(x))
@partials(sc.k1e, guarded=True)
def k1e(x, ans): return far_out(x, 1, 1, ans, ans - 0.5 * (sc.k0e(x) + sc.kve(2, x)))
@partials(sc.kve, wrt="z", unknown="v", guarded=True)
def kve(v, z, ans): return far_out(z, v, 1, ans, ans - 0.5 * (sc.kve(v - 1, z) + sc.kve(v + 1, z)))
@pullback(sc.kve, wrt="z", unknown="v", numbers="complex")
def kve_bar(ans_bar, v, z, ans): return ans_bar * (ans - 0.5 * (sc.kve(v - 1, z) + sc.kve(v + 1, z)))
@partials(sc.struve, wrt="x", unknown="v", guarded=True)
def struve(v, x): return 0.5 * (sc.struve(v - 1, x) - sc.struve(v + 1, x) + first_term(v, x))
@partials(sc.modstruve, wrt="x", unknown="v", guarded=True)
def modstruve(v, x): return 0.5 * (sc.modstruve(v - 1, x) + sc.modstruve(v + 1, x) + first_term(v, x))

def first_term(v, x): return (0.5 * x) ** v * sc.rgamma(v + 1.5) / ROOT_PI

def whole(n):
    """An order of a function of whole orders, as SciPy takes it: of a float what stands before the point."""
    return n if np.result_type(n).kind in "iub" else np.trunc(n)

# Airy functions (DLMF 9) and integrals with two results

ufuncs(sc, "airy fresnel sici shichi")

@pullback(sc.airy)
def airy(ans_bar, ans, x):
    """Ai, Ai′, Bi, Bi′, of which the second derivatives are x Ai and x Bi."""
    partial = (ans[1], x * ans[0], ans[3], x * ans[2])
    return weighted(ans_bar, partial)
@pullback(sc.fresnel)
def fresnel(ans_bar, x): return weighted(ans_bar, (np.sin(0.5 * math.pi * x**2), np.cos(0.5 * math.pi * x**2)))
@pullback(sc.sici)
def sici(ans_bar, x): return weighted(ans_bar, (np.sinc(x / math.pi), np.cos(x) / x))
@pullback(sc.shichi)
def shichi(ans_bar, x): return weighted(ans_bar, (0.5 * (sc.exprel(x) + sc.exprel(-x)), np.cosh(x) / x))

def weighted(bars, partial):
    """The sum of cotangents times slopes, of those results that have a cotangent."""
    out = None
    for bar, slope in zip(bars, partial, strict=True):
        if bar is not None:
            out = bar * slope if out is None else out + bar * slope
    return out

# Exponential integrals, logistic and information functions (DLMF 6)

ufuncs(sc, "expi exp1 spence exprel expit logit log_expit entr cosm1")
ufuncs(sc, "expn", "n x")
ufuncs(sc, "xlogy xlog1py rel_entr kl_div powm1", "x y")
ufuncs(sc, "huber pseudo_huber", "delta r")
ufuncs(sc, "boxcox boxcox1p", "x lmbda")
ufuncs(sc, "inv_boxcox inv_boxcox1p", "y lmbda")

@partials(sc.expi, guarded=True)
def expi(x): return np.exp(x) / x
@partials(sc.exp1, guarded=True)
def exp1(x): return -np.exp(-x) / x
@partials(sc.expn, wrt="x", guarded=True)
def expn(n, x):
    n = whole(n)
    return -np.where(n > 0, sc.expn(np.maximum(n - 1, 0), x), np.exp(-x) * (x + 1.0) / x**2)
@partials(sc.spence, guarded=True)
def spence(x):
    """log(x) / (1 - x), around 1 as a hypergeometric function (DLMF 15.4.1)."""
    near = np.abs(x) > 0.5
    apart = np.where(near, 0.5, x)
    return np.where(near, -sc.hyp2f1(1.0, 1.0, 2.0, 1.0 - np.where(near, x, 1.0)), np.log(apart) / (1.0 - apart))
@partials(sc.exprel, guarded=True)
def exprel(x): return 0.5 * sc.hyp1f1(2.0, 3.0, x)
@partials(sc.cosm1)
def cosm1(x): return -np.sin(x)
@partials(sc.expit)
def expit(x, ans): return ans * sc.expit(-x)
@partials(sc.logit, guarded=True)
def logit(x): return 1.0 / (x * (1.0 - x))
@partials(sc.log_expit)
def log_expit(x): return sc.expit(-x)
@partials(sc.entr, guarded=True)
def entr(x): return -np.log(x) - 1.0
@partials(sc.xlogy, guarded=True)
def xlogy(x, y): return np.log(y), x / (y + ((x == 0) & (y == 0)))
@partials(sc.xlog1py, guarded=True)
def xlog1py(x, y): return np.log1p(y), x / (1.0 + y + ((x == 0) & (y == -1)))
@partials(sc.rel_entr, guarded=True)
def rel_entr(x, y): return np.log(x / y) + 1.0, -x / (y + ((x == 0) & (y == 0)))
@partials(sc.kl_div, guarded=True)
def kl_div(x, y): return np.log(x / y), 1.0 - x / (y + ((x == 0) & (y == 0)))
@partials(sc.powm1, guarded=True)
def powm1(x, y, ans): return y * x ** (y - 1.0), (ans + 1.0) * np.log(x)
@partials(sc.huber, guarded=True)
def huber(delta, r):
    inside = np.abs(r) <= delta
    return np.where(inside, 0.0, np.abs(r) - delta), np.where(inside, r, delta * np.sign(r))
@partials(sc.pseudo_huber, guarded=True)
def pseudo_huber(delta, r, ans):
    root = np.sqrt(1.0 + (r / delta) ** 2)
    return ans**2 / (delta**3 * root), r / root
@partials(sc.boxcox, guarded=True)
def boxcox(x, lmbda): return x ** (lmbda - 1.0), by_exponent(np.log(x), lmbda)
@partials(sc.boxcox1p, guarded=True)
def boxcox1p(x, lmbda): return np.exp((lmbda - 1.0) * np.log1p(x)), by_exponent(np.log1p(x), lmbda)
@partials(sc.inv_boxcox, guarded=True)
def inv_boxcox(y, lmbda, ans): return ans ** (1.0 - lmbda), ans * by_root(y, lmbda)
@partials(sc.inv_boxcox1p, guarded=True)
def inv_boxcox1p(y, lmbda, ans): return (1.0 + ans) ** (1.0 - lmbda), (1.0 + ans) * by_root(y, lmbda)

def by_exponent(log, lmbda):
    """Slope of (exp(lmbda log) - 1) / lmbda in lmbda, also at 0 (DLMF 13.6.2)."""
    return 0.5 * log**2 * sc.hyp1f1(2.0, 3.0, lmbda * log)

def by_root(y, lmbda):
    """Slope of log(1 + lmbda y) / lmbda in lmbda, also at 0 (DLMF 15.4.1)."""
    return -0.5 * y**2 * sc.hyp2f1(2.0, 2.0, 3.0, -lmbda * y)

# Hypergeometric functions (DLMF 13, 15, 16)

ufuncs(sc, "hyp0f1", "v z")
ufuncs(sc, "hyp1f1", "a b x")
ufuncs(sc, "hyp2f1", "a b c z")

@partials(sc.hyp0f1, wrt="z", unknown="v", guarded=True)
def hyp0f1(v, z): return sc.hyp0f1(v + 1.0, z) / v
@partials(sc.hyp1f1, wrt="x", unknown=("a", "b"), guarded=True)
def hyp1f1(a, b, x): return a / b * sc.hyp1f1(a + 1.0, b + 1.0, x)
@partials(sc.hyp2f1, wrt="z", unknown=("a", "b", "c"), guarded=True)
def hyp2f1(a, b, c, z): return a * b / c * sc.hyp2f1(a + 1.0, b + 1.0, c + 1.0, z)
# Distribution functions that are not incomplete gamma or beta functions

ufuncs(sc, "stdtr", "df t")
ufuncs(sc, "stdtrit", "df p")

# Orthogonal polynomials (DLMF 18.9); in their degree there is no such form

ufuncs(sc, "eval_legendre eval_chebyt eval_chebyu eval_hermite eval_hermitenorm eval_laguerre", "n x")
ufuncs(sc, "eval_gegenbauer eval_genlaguerre", "n alpha x")
ufuncs(sc, "eval_jacobi", "n alpha beta x")

def lower(n): return np.where(n == 0, n, n - 1)[()]

@partials(sc.eval_legendre, wrt="x", unknown="n", guarded=True)
def eval_legendre(n, x): return (n != 0) * (n + 1) / 2.0 * sc.eval_jacobi(lower(n), 1.0, 1.0, x)
@partials(sc.eval_jacobi, wrt="x", unknown=("n", "alpha", "beta"), guarded=True)
def eval_jacobi(n, alpha, beta, x):
    return (n != 0) * (n + alpha + beta + 1) / 2.0 * sc.eval_jacobi(lower(n), alpha + 1.0, beta + 1.0, x)
@partials(sc.eval_chebyt, wrt="x", unknown="n", guarded=True)
def eval_chebyt(n, x): return n * sc.eval_chebyu(lower(n), x)
@partials(sc.eval_chebyu, wrt="x", unknown="n", guarded=True)
def eval_chebyu(n, x): return 2.0 * (n != 0) * sc.eval_gegenbauer(lower(n), 2.0, x)
@partials(sc.eval_gegenbauer, wrt="x", unknown=("n", "alpha"), guarded=True)
def eval_gegenbauer(n, alpha, x): return 2.0 * (n != 0) * alpha * sc.eval_gegenbauer(lower(n), alpha + 1.0, x)
@partials(sc.eval_hermite, wrt="x", unknown="n", guarded=True)
def eval_hermite(n, x): return 2.0 * n * sc.eval_hermite(lower(n), x)
@partials(sc.eval_hermitenorm, wrt="x", unknown="n", guarded=True)
def eval_hermitenorm(n, x): return n * sc.eval_hermitenorm(lower(n), x)
@partials(sc.eval_laguerre, wrt="x", unknown="n", guarded=True)
def eval_laguerre(n, x): return (n != 0) * -1.0 * sc.eval_genlaguerre(lower(n), 1.0, x)
@partials(sc.eval_genlaguerre, wrt="x", unknown=("n", "alpha"), guarded=True)
def eval_genlaguerre(n, alpha, x): return (n != 0) * -1.0 * sc.eval_genlaguerre(lower(n), alpha + 1.0, x)
