"""``scipy.special``: what is no ufunc there: functions over axes, and functions made of others.

Formulas: DLMF, by section, as in ``scipy_special``.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import math

import numpy as np
import scipy.special
import scipy.special as sc

import s2sad.libraries.scipy_special  # noqa: F401  (whose functions these rules call)
from s2sad.ir.core import Arg, Value
from s2sad.ir.types import Array, Scalar, Type, axes, of
from s2sad.libraries.declaring import as_computed, composed, elementwise, of_complex, of_double, of_either
from s2sad.libraries.scipy_special_digamma import psi_rise
from s2sad.prims.inference import broadcast, number, option, reduced, ufunc_dtypes
from s2sad.prims.primitive import REGISTRY, primitive, unsupported
from s2sad.prims.runtime import unbroadcast
from s2sad.rules.batching import batches
from s2sad.rules.batching_reductions import fold, spread_over
from s2sad.rules.book import partials, pullback
from s2sad.rules.elementwise import lifted
from s2sad.rules.reductions import along, spread

define = REGISTRY.define


# -- sums of exponentials ---------------------------------------------------------------------------------------------


def _inexact(t: Scalar | Array) -> str:
    return t.dtype if t.dtype[0] in "fc" else "f64"


def _logsumexp(a: Arg, axis=None, keepdims=False) -> Type:
    t = number(a)
    where = reduced(t, axis, keepdims)
    return Array(_inexact(t), None) if where is None else of(_inexact(t), where)


def _same(x: Arg, axis=None) -> Type:
    t = number(x)
    option(axis)
    return Array(_inexact(t), axes(t)) if axes(t) != () else of(_inexact(t), ())


log_of_sum = primitive("scipy.special.logsumexp", sc.logsumexp, _logsumexp, calls=())
softmax_ = primitive("scipy.special.softmax", sc.softmax, _same)
log_softmax_ = primitive("scipy.special.log_softmax", sc.log_softmax, _same)
batches(log_of_sum, way="axis moves")(fold)
batches(softmax_, log_softmax_, way="axis moves")(spread_over)
_logsumexp_of = REGISTRY.word(log_of_sum)


@define(sc.logsumexp)
def logsumexp(a, axis=None, b=None, keepdims=False, return_sign=False):
    if b is not None and np.ndim(b) > np.ndim(a):
        a = np.broadcast_to(a, np.shape(b))
    if return_sign:
        return _signed_of(a, 1.0 if b is None else b, axis=axis, keepdims=keepdims)
    if b is None:
        return _logsumexp_of(a, axis=axis, keepdims=keepdims)
    return _weighted_of(a, b, axis=axis, keepdims=keepdims)


@pullback(log_of_sum, wrt="a")
def logsumexp_bar(ans_bar, ans, a, axis, keepdims):
    return along(ans_bar, a, axis, keepdims) * np.exp(a - along(lifted(ans), a, axis, keepdims))


def _weighted(a: Arg, b: Arg, axis=None, keepdims=False) -> Type:
    first, second = number(a), number(b)
    (dtype,) = ufunc_dtypes(np.add, first, second)
    both = Array(dtype if dtype[0] == "f" else "f64", broadcast(first, second))
    return _logsumexp(Value(both), axis, keepdims)


def _signed(a: Arg, b: Arg, axis=None, keepdims=False) -> tuple[Type, Type]:
    return (_weighted(a, b, axis, keepdims),) * 2


def weighted_logsumexp(a, b, axis=None, keepdims=False):
    """The logarithm of a weighted sum of exponentials, which is not negative."""
    return scipy.special.logsumexp(a, axis, b, keepdims)


def signed_logsumexp(a, b, axis=None, keepdims=False):
    """The logarithm of the absolute value of a weighted sum of exponentials, and the sign of the sum."""
    return scipy.special.logsumexp(a, axis, b, keepdims, True)


_weighted_of = REGISTRY.word(primitive("weighted_logsumexp", weighted_logsumexp, _weighted, style="helper"))
_signed_of = REGISTRY.word(primitive("signed_logsumexp", signed_logsumexp, _signed, style="helper"))


@pullback("weighted_logsumexp", wrt=("a", "b"))
def weighted_logsumexp_bar(ans_bar, ans, a, b, axis, keepdims):
    b_bar = spread(ans_bar, axis, keepdims) * np.exp(a - along(lifted(ans), a, axis, keepdims))
    return unbroadcast(b * b_bar, np.shape(a)), unbroadcast(b_bar, np.shape(b))


@pullback("signed_logsumexp", wrt=("a", "b"))
def signed_logsumexp_bar(ans_bar, ans, a, b, axis, keepdims):
    if ans_bar[0] is None:
        return None, None
    signed = spread(ans_bar[0] * ans[1], axis, keepdims)
    b_bar = signed * np.exp(a - along(lifted(ans[0]), a, axis, keepdims))
    return unbroadcast(b * b_bar, np.shape(a)), unbroadcast(b_bar, np.shape(b))


@pullback(softmax_, wrt="x")
def softmax(ans_bar, ans, axis):
    return ans * (ans_bar - np.sum(ans_bar * ans, axis=axis, keepdims=True))


@pullback(log_softmax_, wrt="x")
def log_softmax(ans_bar, ans, axis):
    return ans_bar - np.exp(ans) * np.sum(ans_bar, axis=axis, keepdims=True)


# -- counting ---------------------------------------------------------------------------------------------------------


elementwise("scipy.special.comb", sc.comb, as_computed(sc.comb, "N k"))
elementwise("scipy.special.factorial", sc.factorial, as_computed(sc.factorial, "n"))


@partials("scipy.special.comb")
def comb(N, k, ans):  # noqa: N803
    """Where SciPy has 0 by definition, it is 0 around."""
    N, k = np.where(ans == 0, 1.0, N), np.where(ans == 0, 1.0, k)  # noqa: N806
    return ans * psi_rise(N - k + 1.0, k, 0), ans * psi_rise(k + 1.0, N - 2.0 * k, 0)


@partials("scipy.special.factorial")
def factorial(n, ans):
    return ans * sc.psi(np.where(ans == 0, 0.0, n) + 1.0)


@REGISTRY.compute
def exactly(function, *args):
    """A whole number that is known."""
    return function(*args, exact=True)


@define(sc.comb)
def comb_(N, k, *, exact=False, repetition=False):  # noqa: N803
    if repetition:
        return comb_(N + k - 1, k, exact=exact)
    return exactly(sc.comb, N, k) if exact else sc.comb(N, k)


@define(sc.factorial)
def factorial_(n, exact=False, extend="zero"):
    if extend != "zero":
        return sc.gamma(n + 1)
    return exactly(sc.factorial, n) if exact else sc.factorial(n)


# -- Bessel functions of spheres (DLMF 10.51) -------------------------------------------------------------------------


for kind in ("jn", "yn", "in", "kn"):
    sphere = getattr(sc, f"spherical_{kind}")
    elementwise(f"scipy.special.spherical_{kind}", sphere, of_either(sphere, "n z"))


def _spherical(kind: str, sign: float, whole: float = 1.0) -> None:
    """(2n + 1) f_n′(z) = n f_{n-1}(z) ± (n + 1) f_{n+1}(z), which has a limit at 0 where there is one."""
    function = getattr(sc, f"spherical_{kind}")
    prim = REGISTRY.by_name[f"scipy.special.spherical_{kind}"]
    value = REGISTRY.word(prim)

    @partials(prim, wrt="z")
    def slope(n, z):
        neighbours = n * value(np.maximum(n - 1, 0), z) + sign * (n + 1) * value(n + 1, z)
        return whole * neighbours / (2 * n + 1)

    @define(function)
    def meaning(n, z, derivative=False):
        return slope(n, z) if derivative else value(n, z)


_spherical("jn", -1.0)
_spherical("yn", -1.0)
_spherical("in", 1.0)
_spherical("kn", 1.0, -1.0)


# -- the zeta function (DLMF 25.2, 25.11) -----------------------------------------------------------------------------


def zeta_slope(x, order):
    """Derivative of an order of Riemann's zeta function, by the Euler-Maclaurin formula (DLMF 25.2.8).

    To the left of -1 it is Cauchy's integral over a circle, on which the function is had by reflection (DLMF 25.4.1).
    """
    x = np.asarray(x)
    x = x if np.iscomplexobj(x) else x.astype(float)
    if np.isrealobj(x) and np.any(x < -1.0):
        corner = np.exp(2j * math.pi / 32.0 * np.arange(32))
        left = np.minimum(x, -1.0)[..., None] + 0.5 * corner
        mirrored = (
            2.0 * (2.0 * math.pi) ** (left - 1.0) * np.sin(0.5 * math.pi * left) * scipy.special.gamma(1.0 - left)
        )
        values = np.mean(mirrored * zeta_slope(1.0 - left, 0) * corner**-order, axis=-1)
        return np.where(
            x < -1.0, math.factorial(order) * 2.0**order * values.real, zeta_slope(np.maximum(x, -1.0), order)
        )[()]
    terms, corrections = 20, 10
    k = np.arange(1, terms).reshape((-1,) + (1,) * x.ndim)
    total = np.sum((-np.log(k)) ** order * k**-x, axis=0)
    log = math.log(terms)

    def tail(polynomial, power):
        # d^order / dx^order of polynomial(x) * terms ** (power - x), by Leibniz' rule
        out = 0.0
        for j in range(order + 1):
            out = out + math.comb(order, j) * polynomial.deriv(j)(x) * (-log) ** (order - j)
        return out * terms ** (power - x)

    # terms ** (1 - x) / (x - 1): derivatives of 1 / (x - 1) in closed form
    for j in range(order + 1):
        inverse = (-1.0) ** j * math.factorial(j) / (x - 1.0) ** (j + 1)
        total = total + math.comb(order, j) * inverse * (-log) ** (order - j) * terms ** (1.0 - x)
    total = total + tail(np.polynomial.Polynomial([0.5]), 0.0)
    bernoulli = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798, -174611 / 330)
    rising = np.polynomial.Polynomial([0.0, 1.0])
    for j in range(1, corrections + 1):
        total = total + bernoulli[j - 1] / math.factorial(2 * j) * tail(rising, 1.0 - 2 * j)
        rising = rising * np.polynomial.Polynomial([2 * j - 1, 1.0]) * np.polynomial.Polynomial([2 * j, 1.0])
    return total[()]


_riemann, _hurwitz = as_computed(sc.zeta, "x"), as_computed(sc.zeta, "x q")
riemann = primitive("scipy.special.zeta", sc.zeta, _riemann, elementwise=True, calls=())
hurwitz = primitive("hurwitz_zeta", sc.zeta, _hurwitz, text="scipy.special.zeta", elementwise=True, calls=())
slope_of_zeta = primitive(
    "zeta_slope", zeta_slope, lambda x, order: of_double("x")(x), style="helper", elementwise=True
)  # fmt: skip
riemann_at, hurwitz_at = REGISTRY.word(riemann), REGISTRY.word(hurwitz)


@define(sc.zeta)
def zeta(x, q=None, out=None):
    if out is not None:
        unsupported("scipy.special.zeta with out=", instead="assign its result")
    return riemann_at(x) if q is None or isinstance(q, int) and q == 1 else hurwitz_at(x, q)


@partials(riemann)
def riemann_slope(x):
    return zeta_slope(x, 1)


@partials(slope_of_zeta, wrt="x")
def next_slope(x, order):
    return zeta_slope(x, order + 1)


@partials(hurwitz, wrt="q", unknown="x")
def hurwitz_slope(x, q):
    return -x * hurwitz_at(x + 1.0, q)


# -- what is made of others -------------------------------------------------------------------------------------------


@define(sc.multigammaln)
def multigammaln(a, d):
    out = d * (d - 1) * 0.25 * np.log(np.pi)  # a number of NumPy's, in double precision
    for j in range(d):
        out = out + sc.gammaln(a - 0.5 * j)
    return out


@define(sc.log1p)
def log1p(x):
    return np.log1p(x)


@define(sc.expm1)
def expm1(x):
    return np.expm1(x)


@define(sc.exp2)
def exp2(x):
    return np.exp2(x)


@composed(sc.exp10)
def exp10(x):
    return 10.0**x


@define(sc.cbrt)
def cbrt(x):
    return np.cbrt(x)


@define(sc.perm)
def perm(N, k, exact=False):  # noqa: N803
    if exact:
        return exactly(sc.perm, N, k)
    N, k = np.asarray(N), np.asarray(k)  # noqa: N806
    some = (k <= N) & (k >= 0)
    return np.where(some, sc.poch(np.where(some, N - k + 1, 1), np.where(some, k, 1)), 0.0)


@define(sc.lambertw)
def lambertw(z, k=0, tol=1e-8):
    return lambert_of(z, k, tol)


def _complex_of(z: Arg, k: Arg, tol: Arg) -> Type:
    return of("c128", broadcast(number(z), number(k)))


lambert = primitive("scipy.special.lambertw", sc.lambertw, _complex_of, elementwise=True, calls=())
lambert_of = REGISTRY.word(lambert)


@partials(lambert, wrt="z")
def lambert_slope(ans):
    """w′ = 1 / (exp(w) (1 + w)) (DLMF 4.13.4)."""
    return 1.0 / (np.exp(ans) * (1.0 + ans))


# -- polygamma functions of complex numbers (DLMF 5.15) ----------------------------------------------------------------


def complex_polygamma(n, z):
    """The n-th derivative of the digamma function (n > 0), by its asymptotic series (DLMF 5.15.8) far to the right.

    From there it goes back by recurrence (DLMF 5.15.5).
    """
    z = np.asarray(z, dtype=complex)
    steps = max(0, math.ceil(20.0 + n - np.min(z.real))) if z.size else 0
    far = z + steps
    bernoulli = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798, -174611 / 330)
    total = math.factorial(n - 1) / far**n + math.factorial(n) / (2.0 * far ** (n + 1))
    for k, b in enumerate(bernoulli, 1):
        total = total + b * math.factorial(2 * k + n - 1) / (math.factorial(2 * k) * far ** (2 * k + n))
    for k in range(steps):
        total = total + math.factorial(n) / (z + k) ** (n + 1)
    return (total if n % 2 else -total)[()]


polygamma_at = primitive(
    "complex_polygamma", complex_polygamma, lambda n, z: of_complex("z")(z), style="helper", elementwise=True
)  # fmt: skip


@pullback(sc.psi, numbers="complex")
def psi_bar(ans_bar, x):
    return ans_bar * complex_polygamma(1, x)


@partials(polygamma_at, wrt="z")
def next_polygamma(n, z):
    return complex_polygamma(n + 1, z)
