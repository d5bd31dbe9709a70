"""``scipy.special``: functions that are met less often: Airy and Kelvin functions, integrals of Bessel functions,
Legendre functions, scaled functions, distribution functions and their inverses.

Formulas: DLMF, by section, as in ``scipy_special``. What is a second derivative follows from the differential equation.
"""

# Rules are named after their function, and a formula reads best on one line.
# ruff: noqa: E302, E305, E704
# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import math

import numpy as np
import scipy.special
import scipy.special as sc
import scipy.special._ufuncs as compiled

import s2sad.libraries.scipy_special_distributions
import s2sad.libraries.scipy_special_elliptic
import s2sad.libraries.scipy_special_incomplete  # noqa: F401  (whose rules these refer to)
from s2sad.libraries.declaring import as_computed, composed, of_complex, ufuncs
from s2sad.libraries.known import constants_where_known
from s2sad.libraries.scipy_special import ROOT_PI, weighted
from s2sad.libraries.scipy_special_functions import zeta_slope
from s2sad.libraries.scipy_special_scaled import far_airy
from s2sad.libraries.solutions import refused
from s2sad.prims.primitive import REGISTRY, primitive, unsupported
from s2sad.rules.book import constant, partials, pullback

define = REGISTRY.define
HALF_TURN = math.pi / 180.0

# Scaled Bessel functions (DLMF 10.6): the scale is 1 for real arguments, but for those of the third kind

ufuncs(sc, "jve yve hankel1e hankel2e", "v z")

@partials(sc.jve, wrt="z", unknown="v", guarded=True)
def jve(v, z): return 0.5 * (sc.jve(v - 1, z) - sc.jve(v + 1, z))
@partials(sc.yve, wrt="z", unknown="v", guarded=True)
def yve(v, z): return 0.5 * (sc.yve(v - 1, z) - sc.yve(v + 1, z))
@pullback(sc.jve, wrt="z", unknown="v", numbers="complex")
def jve_bar(ans_bar, v, z, ans):
    """The scale exp(-|Im z|) is not analytic."""
    unscaled = 0.5 * (sc.jve(v - 1, z) - sc.jve(v + 1, z))
    return ans_bar * unscaled + 1j * np.sign(np.imag(z)) * np.real(ans_bar * ans)
@pullback(sc.yve, wrt="z", unknown="v", numbers="complex")
def yve_bar(ans_bar, v, z, ans):
    """The scale exp(-|Im z|) is not analytic."""
    unscaled = 0.5 * (sc.yve(v - 1, z) - sc.yve(v + 1, z))
    return ans_bar * unscaled + 1j * np.sign(np.imag(z)) * np.real(ans_bar * ans)
@partials(sc.hankel1e, wrt="z", unknown="v", guarded=True)
def hankel1e(v, z, ans): return 0.5 * (sc.hankel1e(v - 1, z) - sc.hankel1e(v + 1, z)) - 1j * ans
@partials(sc.hankel2e, wrt="z", unknown="v", guarded=True)
def hankel2e(v, z, ans): return 0.5 * (sc.hankel2e(v - 1, z) - sc.hankel2e(v + 1, z)) + 1j * ans

# Kelvin functions (DLMF 10.61): ber + i bei solves x² w″ + x w′ = i x² w, so does ker + i kei

ufuncs(sc, "ber bei ker kei berp beip kerp keip kelvin")

@partials(sc.ber, guarded=True)
def ber(x): return sc.berp(x)
@partials(sc.bei, guarded=True)
def bei(x): return sc.beip(x)
@partials(sc.ker, guarded=True)
def ker(x): return sc.kerp(x)
@partials(sc.kei, guarded=True)
def kei(x): return sc.keip(x)
@partials(sc.berp, guarded=True)
def berp(x, ans): return -sc.bei(x) - ans / x
@partials(sc.beip, guarded=True)
def beip(x, ans): return sc.ber(x) - ans / x
@partials(sc.kerp, guarded=True)
def kerp(x, ans): return -sc.kei(x) - ans / x
@partials(sc.keip, guarded=True)
def keip(x, ans): return sc.ker(x) - ans / x
@pullback(sc.kelvin)
def kelvin(ans_bar, ans, x):
    return weighted(ans_bar, (ans[2], ans[3], 1j * ans[0] - ans[2] / x, 1j * ans[1] - ans[3] / x))

# Airy functions (DLMF 9) without their exponential factor, which is 1 for Bi at negative arguments

ufuncs(sc, "airye itairy")

@pullback(sc.airye)
def airye(ans_bar, ans, x):
    if np.iscomplexobj(x):
        unsupported("scipy.special.airye of complex numbers", instead="scipy.special.airy times its factors")
    root = np.sqrt(np.maximum(x, 0.0))
    partial = (ans[1] + root * ans[0], x * ans[0] + root * ans[1], ans[3] - root * ans[2], x * ans[2] - root * ans[3])
    return weighted(ans_bar, far_airy(x, ans, partial))
@pullback(sc.itairy)
def itairy(ans_bar, x):
    here, there = sc.airy(x), sc.airy(-x)
    return weighted(ans_bar, (here[0], here[2], there[0], there[2]))

# Integrals of Bessel and Struve functions

ufuncs(sc, "iti0k0 itj0y0 it2i0k0 it2j0y0 itstruve0 it2struve0 itmodstruve0 modfresnelp modfresnelm")

@pullback(sc.iti0k0)
def iti0k0(ans_bar, x): return weighted(ans_bar, (sc.i0(x), sc.k0(x)))
@pullback(sc.itj0y0)
def itj0y0(ans_bar, x): return weighted(ans_bar, (sc.j0(x), sc.y0(x)))
@pullback(sc.it2i0k0)
def it2i0k0(ans_bar, x): return weighted(ans_bar, ((sc.i0(x) - 1.0) / x, -sc.k0(x) / x))
@pullback(sc.it2j0y0)
def it2j0y0(ans_bar, x): return weighted(ans_bar, ((1.0 - sc.j0(x)) / x, -sc.y0(x) / x))
@partials(sc.itstruve0, guarded=True)
def itstruve0(x): return sc.struve(0, x)
@partials(sc.it2struve0, guarded=True)
def it2struve0(x): return -sc.struve(0, x) / x
@partials(sc.itmodstruve0, guarded=True)
def itmodstruve0(x): return sc.modstruve(0, x)
@pullback(sc.modfresnelp)
def modfresnelp(ans_bar, ans, x):
    turn = np.exp(-0.25j * math.pi) / math.sqrt(math.pi)
    return weighted(ans_bar, (-np.exp(1j * x**2), -turn - 2j * x * ans[1]))
@pullback(sc.modfresnelm)
def modfresnelm(ans_bar, ans, x):
    turn = np.exp(0.25j * math.pi) / math.sqrt(math.pi)
    return weighted(ans_bar, (-np.exp(-1j * x**2), -turn + 2j * x * ans[1]))

# Parabolic cylinder functions (DLMF 12.2) and Mathieu functions (DLMF 28.2, of degrees), with their slopes

ufuncs(sc, "pbdv pbvv", "v x")
ufuncs(sc, "pbwa", "a x")
ufuncs(sc, "mathieu_cem mathieu_sem", "m q x")
ufuncs(sc, "mathieu_a mathieu_b", "m q")

@pullback(sc.pbdv, wrt="x", unknown="v")
def pbdv(ans_bar, ans, v, x): return weighted(ans_bar, (ans[1], (0.25 * x**2 - v - 0.5) * ans[0]))
@pullback(sc.pbvv, wrt="x", unknown="v")
def pbvv(ans_bar, ans, v, x): return weighted(ans_bar, (ans[1], (0.25 * x**2 - v - 0.5) * ans[0]))
@pullback(sc.pbwa, wrt="x", unknown="a")
def pbwa(ans_bar, ans, a, x): return weighted(ans_bar, (ans[1], (a - 0.25 * x**2) * ans[0]))
@pullback(sc.mathieu_cem, wrt="x", unknown="q")
def mathieu_cem(ans_bar, ans, m, q, x):
    bend = (2.0 * q * np.cos(2.0 * HALF_TURN * x) - sc.mathieu_a(m, q)) * ans[0]
    return weighted(ans_bar, (HALF_TURN * ans[1], HALF_TURN * bend))
@pullback(sc.mathieu_sem, wrt="x", unknown="q")
def mathieu_sem(ans_bar, ans, m, q, x):
    bend = (2.0 * q * np.cos(2.0 * HALF_TURN * x) - sc.mathieu_b(m, q)) * ans[0]
    return weighted(ans_bar, (HALF_TURN * ans[1], HALF_TURN * bend))

# Hypergeometric kin (DLMF 13.3, 10.46, 4.13)

ufuncs(sc, "hyperu", "a b x")
ufuncs(sc, "wright_bessel log_wright_bessel", "a b x")
ufuncs(sc, "wrightomega", "z")

@partials(sc.hyperu, wrt="x", unknown=("a", "b"), guarded=True)
def hyperu(a, b, x): return -a * sc.hyperu(a + 1.0, b + 1.0, x)
@partials(sc.wright_bessel, wrt="x", unknown=("a", "b"), guarded=True)
def wright_bessel(a, b, x): return sc.wright_bessel(a, a + b, x)
@partials(sc.wrightomega, guarded=True)
def wrightomega(ans): return ans / (1.0 + ans)
if hasattr(sc, "log_wright_bessel"):
    @partials(sc.log_wright_bessel, wrt="x", unknown=("a", "b"))
    def log_wright_bessel(a, b, x, ans): return np.exp(sc.log_wright_bessel(a, a + b, x) - ans)

# Voigt's profile, and distribution functions: noncentral chi-squared, Tukey's lambda, Kolmogorov's

ufuncs(sc, "voigt_profile", "x sigma gamma")
ufuncs(sc, "chndtr", "x df nc")
ufuncs(sc, "tklmbda", "x lmbda")
ufuncs(sc, "kolmogorov", "y")
ufuncs(sc, "kolmogi", "p")
ufuncs(sc, "chndtrix", "p df nc")
ufuncs(compiled, "_log1mexp")  # these for scipy.stats
ufuncs(compiled, "_kolmogci", "p")

@partials(sc.voigt_profile, guarded=True)
def voigt_profile(x, sigma, gamma):
    """By Faddeeva's function of z = (x + i gamma) / scale (DLMF 7.19), far out by its asymptotic series (DLMF 7.12.1).

    The slope in sigma is sigma times the second derivative in x: the equation of heat.
    """
    point, scale = x + 1j * gamma, math.sqrt(2.0) * sigma
    far = np.abs(point) > 12.0 * scale
    width, distance = np.where(far, 1.0, scale), np.where(far, point, 1.0)
    z = np.where(far, 0.0, point) / width
    w = sc.wofz(z)
    turn = 2j / ROOT_PI - 2.0 * z * w
    u, first, second = (scale / distance) ** 2, 1.0, 1.0
    for k in range(8, 0, -1):
        first, second = 1.0 + (k + 0.5) * u * first, 1.0 + (k + 0.5) * (k + 1) / k * u * second
    slope = np.where(far, -1j / math.pi * first / distance**2, turn / (ROOT_PI * width**2))
    bend = np.where(far, 2j / math.pi * second / distance**3, -2.0 * (w + z * turn) / (ROOT_PI * width**3))
    return np.real(slope), sigma * np.real(bend), -np.imag(slope)
@partials(sc.chndtr, wrt=("x", "nc"), unknown="df", guarded=True)
def chndtr(x, df, nc, ans):
    return chndtr_density(x, df, nc), 0.5 * (sc.chndtr(x, df + 2.0, nc) - ans)
@partials(sc.tklmbda, guarded=True)
def tklmbda(x, lmbda, ans):
    """Its inverse is (p ** lmbda - (1 - p) ** lmbda) / lmbda."""
    outside = (ans <= 0) | (ans >= 1)
    p = np.where(outside, 0.5, ans)
    low, high = p**lmbda, (1.0 - p) ** lmbda
    rate = np.where(outside, 0.0, 1.0 / (low / p + high / (1.0 - p)))
    return rate, -rate * (bend_of_power(np.log(p), lmbda) - bend_of_power(np.log1p(-p), lmbda))
@partials(sc.chndtrix, wrt=("p", "nc"), unknown="df", guarded=True)
def chndtrix(p, df, nc, ans):
    rate = chndtr_density(ans, df, nc)
    return 1.0 / rate, -0.5 * (sc.chndtr(ans, df + 2.0, nc) - p) / rate
if hasattr(compiled, "_log1mexp"):
    @partials(compiled._log1mexp, guarded=True)
    def log1mexp(x): return -1.0 / np.expm1(-x)
if hasattr(compiled, "_ncx2_ppf"):  # in scipy.stats before SciPy 1.16
    @REGISTRY.define(compiled._ncx2_ppf)
    def ncx2_ppf(q, df, nc): return sc.chndtrix(q, df, nc)
@partials(sc.kolmogorov, guarded=True)
def kolmogorov(y): return kolmogorov_slope(y)
@partials(sc.kolmogi, guarded=True)
def kolmogi(ans): return 1.0 / kolmogorov_slope(ans)
@partials(compiled._kolmogci, guarded=True)
def kolmogci(ans): return -1.0 / kolmogorov_slope(ans)

def chndtr_density(x, df, nc):
    roots = np.sqrt(x) - np.sqrt(nc)
    return 0.5 * np.exp(-0.5 * roots**2) * (x / nc) ** (0.25 * df - 0.5) * sc.ive(0.5 * df - 1.0, np.sqrt(nc * x))

def bend_of_power(log, lmbda):
    """The slope of (exp(lmbda log) - 1) / lmbda in lmbda: the series where it is close to log**2 / 2."""
    z = lmbda * log
    near = np.abs(z) < 0.3
    series = 0.0
    for k in range(13, -1, -1):
        series = (k + 1.0) / math.factorial(k + 2) + np.where(near, z, 0.0) * series
    far = np.where(near, 1.0, z)
    return log**2 * np.where(near, series, (far * np.exp(far) - np.expm1(far)) / far**2)

def kolmogorov_slope(y):
    """By the series for large y, and the one for small y that theta functions give (DLMF 20.7.32)."""
    small, large = np.where(y < 1.0, y, 1.0), np.where(y < 1.0, 1.0, y)
    k, odd = np.arange(1.0, 6.0), np.arange(1.0, 9.0, 2.0) * math.pi
    far = np.sum(8.0 * (-1.0) ** k * k**2 * large[..., None] * np.exp(-2.0 * (k * large[..., None]) ** 2), axis=-1)
    exponent = odd**2 / (8.0 * small[..., None] ** 2)
    near = np.sum((1.0 - 2.0 * exponent) * np.exp(-exponent), axis=-1) * math.sqrt(2.0 * math.pi) / small**2
    return np.where(y < 1.0, near, far)

# Orthogonal polynomials by those that are there, and Legendre functions (DLMF 14.10, 18.7)

ufuncs(sc, "lpmv", "m v x")

@partials(sc.lpmv, wrt="x", unknown="v", guarded=True)
def lpmv(m, v, x, ans): return (v * x * ans - (v + m) * sc.lpmv(m, v - 1, x)) / (x**2 - 1.0)

@composed(sc.eval_chebyc)
def eval_chebyc(n, x): return 2.0 * sc.eval_chebyt(n, 0.5 * x)
@composed(sc.eval_chebys)
def eval_chebys(n, x): return sc.eval_chebyu(n, 0.5 * x)
@composed(sc.eval_sh_chebyt)
def eval_sh_chebyt(n, x): return sc.eval_chebyt(n, 2.0 * x - 1.0)
@composed(sc.eval_sh_chebyu)
def eval_sh_chebyu(n, x): return sc.eval_chebyu(n, 2.0 * x - 1.0)
@composed(sc.eval_sh_legendre)
def eval_sh_legendre(n, x): return sc.eval_legendre(n, 2.0 * x - 1.0)
@composed(sc.eval_sh_jacobi)
def eval_sh_jacobi(n, p, q, x):
    return sc.eval_jacobi(n, p - q, q - 1.0, 2.0 * x - 1.0) / sc.binom(2.0 * n + p - 1.0, n)

def associated_legendre(n, m, z):
    """The associated Legendre function, without the axis that scipy.special puts in front."""
    return scipy.special.assoc_legendre_p(n, m, z)[0]

if hasattr(sc, "sph_harm_y"):
    harmonics = primitive(
        "scipy.special.sph_harm_y", sc.sph_harm_y, of_complex("n m theta phi"), elementwise=True, calls=()
    )
    associated = primitive(
        "associated_legendre", associated_legendre, as_computed(associated_legendre, "n m z"), style="helper",
        elementwise=True,
    )
    harmonic_at, associated_at = REGISTRY.word(harmonics), REGISTRY.word(associated)

    @partials(harmonics, wrt=("theta", "phi"))
    def sph_harm_y(n, m, theta, phi, ans):
        """By the ladder operators (DLMF 14.30)."""
        up = np.sqrt((n - m) * (n + m + 1.0)) * harmonic_at(n, m + 1, theta, phi) * np.exp(-1j * phi)
        down = np.sqrt((n + m) * (n - m + 1.0)) * harmonic_at(n, m - 1, theta, phi) * np.exp(1j * phi)
        return 0.5 * (up - down), 1j * m * ans
    @partials(associated, wrt="z")
    def assoc_legendre_p(n, m, z, ans): return (n * z * ans - (n + m) * associated_at(n - 1, m, z)) / (z**2 - 1.0)

    @define(sc.sph_harm_y)
    def sph_harm_y_(n, m, theta, phi, *, diff_n=0):
        zeroth("sph_harm_y", diff_n)
        return harmonic_at(n, m, theta, phi)
    @define(sc.sph_legendre_p)
    def sph_legendre_p(n, m, theta, *, diff_n=0):
        zeroth("sph_legendre_p", diff_n)
        return np.real(np.asarray(harmonic_at(n, m, theta, 0.0 * theta)))[None]
    @define(sc.legendre_p)
    def legendre_p(n, z, *, diff_n=0):
        zeroth("legendre_p", diff_n)
        return np.asarray(sc.eval_legendre(n, z))[None]
    @define(sc.assoc_legendre_p)
    def assoc_legendre_p_(n, m, z, *, branch_cut=2, norm=False, diff_n=0):
        zeroth("assoc_legendre_p", diff_n)
        if branch_cut != 2:
            unsupported("scipy.special.assoc_legendre_p with branch_cut=3", instead="lpmv within (-1, 1)")
        values = np.asarray(associated_at(n, m, z))[None]
        return np.sqrt((n + 0.5) * sc.gamma(n - m + 1.0) / sc.gamma(n + m + 1.0)) * values if norm else values

def zeroth(name, diff_n):
    if diff_n != 0:
        unsupported(f"scipy.special.{name} with diff_n=", instead="differentiate it")

# Elementary functions

ufuncs(sc, "zetac round sindg cosdg tandg cotdg")
constant(sc.round)

@partials(sc.zetac, guarded=True)
def zetac(x): return zeta_slope(x, 1)

@partials(sc.sindg)
def sindg(x): return HALF_TURN * sc.cosdg(x)
@partials(sc.cosdg)
def cosdg(x): return -HALF_TURN * sc.sindg(x)
@partials(sc.tandg, guarded=True)
def tandg(ans): return HALF_TURN * (1.0 + ans**2)
@partials(sc.cotdg, guarded=True)
def cotdg(ans): return -HALF_TURN * (1.0 + ans**2)
@composed(sc.radian)
def radian(d, m, s): return np.deg2rad(d + m / 60.0 + s / 3600.0)
@define(sc.diric)
def diric(x, n):
    """Dirichlet's kernel, of the angle to the closest of its peaks."""
    x, n = np.asarray(x), np.asarray(n)
    turns = np.round(x / (2.0 * math.pi))
    rest = x / (2.0 * math.pi) - turns
    kernel = (-1.0) ** (turns * (n - 1)) * np.sinc(n * rest) / np.sinc(rest)
    return np.asarray(np.where((n > 0) & (n == np.floor(n)), kernel, np.nan))

if hasattr(sc, "softplus"):
    @define(sc.softplus)
    def softplus(x): return np.logaddexp(0.0, x)

# What hangs on whole numbers alone

constants_where_known(sc, " ".join(n for n in sc.__all__ if "zeros" in n or n.startswith("roots_")))
constants_where_known(sc, "bernoulli euler stirling2 factorialk")
refused(sc, """
    lmbda lqn lqmn riccati_jn riccati_yn pbdn_seq pbdv_seq pbvv_seq pro_cv_seq obl_cv_seq mathieu_even_coef
    mathieu_odd_coef ellip_harm ellip_harm_2 ellip_normal
""", "a function of scipy.special for one order: eval_legendre and the like, jv, pbdv")  # fmt: skip
