"""``scipy.special``: functions seldom met, shape parameters, and places where the usual formula fails; both modes, to
second order.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.special as sc

import s2sad
from s2sad.testing import check_grads

A = np.array
P, S, U, M = A([0.4, 1.3, 2.6]), A([-1.4, 0.3, 2.1]), A([0.15, 0.5, 0.8]), A([-0.6, 0.1, 0.7])
C = A([[0.7], [1.9]])
T = A([0.6, 2.1])

ROWS: dict[str, tuple[Any, ...]] = {
    # arguments that are differentiated are floats and arrays; tuples hold what stays fixed
    "gammainc": (A([1.3, 0.05, 9.0]), P), "gammaincc": (A([1.3, 0.05, 9.0]), P), "gammaincinv": (A([1.3, 4.0]), T / 3),
    "gammainccinv": (A([1.3, 4.0]), T / 3), "betainc": (A([1.3, 0.4, 5.0]), 2.3, U),
    "betaincc": (A([1.3, 0.4, 5.0]), 2.3, U), "betaincinv": (T, 2.3, 0.4), "betainccinv": (T, 2.3, 0.4),
    "stdtr": (A([1.3, 4.0, 30.0]), A([0.3, 0.0, -3.0])), "stdtrit": (T, 0.3), "fdtr": (3.0, 5.0, T),
    "fdtrc": (3.0, 5.0, T), "fdtri": (3.0, 5.0, 0.4), "gdtr": (1.3, 2.0, T), "gdtrix": (1.3, 2.0, 0.4),
    "chdtr": (3.0, T), "chdtri": (3.0, 0.4), "nbdtrc": (2, 5, U), "nbdtri": (2, 5, U), "bdtri": (2, 5, U),
    "pdtri": (3, U), "nrdtrimn": (0.3, 1.3, 0.4), "nrdtrisd": (0.2, 0.3, 1.0), "chndtr": (P, 3, C),
    "chndtrix": (U, 3, C),
    "tklmbda": (S * 0.4, C), "kolmogorov": (P,), "kolmogi": (U,),
    "agm": (T, C), "ellipkinc": (A([[0.7], [-5.0]]), A([0.0, 1e-3, -2.0, 0.8])),
    "ellipeinc": (A([[0.7], [-5.0]]), A([0.0, 1e-3, -2.0, 0.8])), "ellipkm1": (A([0.05, 0.5, 1.0]),),
    "elliprf": (1.2, 0.7, 0.3), "elliprd": (1.2, 0.7, 0.3), "elliprg": (1.2, 0.7, 0.3), "elliprj": (1.2, 0.7, 0.3, 2.0),
    "elliprc": (A([0.3, 2.0]), A([1.0, 0.4])),
    "jve": (2, T), "yve": (1, T), "hankel1e": (1, A([0.7 + 0.1j, 2.0])), "hankel2e": (1, A([0.7 + 0.1j, 2.0])),
    "ber": (T,), "bei": (T,), "ker": (T,), "kei": (T,), "berp": (T,), "beip": (T,), "kerp": (T,), "keip": (T,),
    "kelvin": (T,), "airye": (T,), "iti0k0": (T,), "itj0y0": (T,), "it2i0k0": (T,), "it2j0y0": (T,), "itstruve0": (T,),
    "it2struve0": (T,), "itmodstruve0": (T,), "modfresnelp": (T,), "modfresnelm": (T,), "pbdv": ((1.5,), T),
    "pbvv": ((1.5,), T), "pbwa": ((1.5,), T), "mathieu_cem": (1, (0.5,), A([20.0, 50.0])),
    "mathieu_sem": (1, (0.5,), A([20.0, 50.0])), "hyperu": (1, (2.5,), T), "wright_bessel": (1, 2, T),
    "wrightomega": (S,), "lpmv": (1, 2, M), "eval_chebyc": (3, M), "eval_chebys": (3, M), "eval_sh_chebyt": (3, U),
    "eval_sh_chebyu": (3, U), "eval_sh_legendre": (3, U), "eval_sh_jacobi": (2, 3, 2, U),
    "zetac": (A([1.4, 6.0]),), "zeta": (A([-3.3, -0.5, 0.5]),), "sindg": (S,), "cosdg": (S,), "tandg": (S,),
    "cotdg": (S,), "radian": (1.0, 2.0, 3.0), "diric": (A([-1.4, 0.3]), 3), "jvp": (1, T), "yvp": (1, T, 2),
    "ivp": (1, T), "kvp": (1, T), "h1vp": (1, T), "h2vp": (1, T), "spherical_jn": (0, A([0.0, 1.3])),
    "spherical_yn": (1, T), "spherical_in": (2, A([0.0, 1.3])), "spherical_kn": (2, T), "struve": (2, A([0.0, 1.3])),
    "exprel": (A([-2.0, 0.0, 1e-6, 1.0]),), "spence": (A([0.3, 1.0, 2.0]),), "rgamma": (A([-2.0, 0.0, 0.3, 3.0]),),
    "boxcox": (P, A([[0.0], [1e-9], [0.7]])), "inv_boxcox": (P, A([[0.0], [1e-9], [0.7]])),
    "boxcox1p": (P, A([[0.0], [1e-9], [0.7]])), "inv_boxcox1p": (P, A([[0.0], [1e-9], [0.7]])),
    "pseudo_huber": (C, P), "erfcx": (A([-1.0, 2.0, 60.0]),), "dawsn": (A([-1.0, 2.0, 60.0]),),
    "shichi": (A([-0.7, 1.3]),), "sici": (A([-0.7, 1.3]) ** 2,),
}  # fmt: skip
for name, args in {
    "softplus": (S,), "log_wright_bessel": (1, 2, T), "sph_harm_y": (2, 1, A([0.3, 1.2]), C), "legendre_p": (3, M),
    "assoc_legendre_p": (2, 1, M), "sph_legendre_p": (2, 1, T),
}.items():  # fmt: skip
    if hasattr(sc, name):  # in SciPy since 1.15
        ROWS[name] = args


@pytest.mark.parametrize("name", ROWS)
def test_functions(name):
    function, args = getattr(sc, name), ROWS[name]
    active = [k for k, a in enumerate(args) if isinstance(a, float | np.ndarray)]
    fixed = [a[0] if isinstance(a, tuple) else a for a in args]

    def f(*given):
        full = list(fixed)
        for k, x in zip(active, given, strict=True):
            full[k] = x
        return function(*full)

    check_grads(f, [args[k] for k in active], order=2)


@pytest.mark.parametrize(
    ("f", "x", "slopes"),
    [  # the first and second derivative, of mpmath
        (lambda x: sc.gammainc(x, 300.0), 300.0, (-0.02303934293086865, 2.134451446e-08)),
        (lambda x: sc.gammaincc(x, 0.01), 1e-3, (4.023271651801227, None)),
        (lambda x: sc.dawsn(x), 1e6, (-5.0000000000075e-13, 1.00000000000300e-18)),
        (lambda x: sc.ellipk(x), 0.0, (0.39269908169872414, 0.44178646691106466)),
        (lambda x: sc.sici(x)[0], 0.0, (1.0, 0.0)),
        (lambda x: sc.zeta(x), -8.0, (0.00831616198560225, None)),
        (lambda x: sc.itairy(x)[0], 0.4, (0.25474235429567634, -0.2358320344192082)),
        (lambda x: sc.diric(x, 3), 0.0, (0.0, -2.0 / 3.0)),
        (lambda x: sc.diric(x, 10001), 1e-4, (-812.843596893559, -7718996.04969095)),
        (lambda x: sc.voigt_profile(50.0, x, 0.1), 1.0, (3.068008503746411e-08, 3.092660846063125e-08)),
        (lambda x: sc.rgamma(x), 0.5, (1.107791903872871, -0.609003488416111)),
        (lambda x: sc.betaln(x, 1.0), 1e10, (-1e-10, 1e-20)), (lambda x: sc.poch(x, 3.0), -2.0, (2.0, -6.0)),
        (lambda x: sc.poch(x, 2.0), -3.0, (-5.0, None)), (lambda x: sc.binom(x, 3.0), 1.0, (-1 / 6, 0.0)),
        (lambda x: sc.binom(3.0, x), 5.0, (0.05, -0.12833333333333333)),
        (lambda x: 1e6 * sc.erfcx(x), 40.0, (-352.28842528748392, 17.597943756913901)),
        (lambda x: 1e6 * sc.dawsn(x), 30.0, (-556.48406355054791, 37.161010914522772)),
        (lambda x: sc.spence(x), 1e-8, (-18.420680928159175, 99999982.579318896)),
        (lambda x: sc.ellipe(x), 1.0 - 2.0**-46, (-8.1643397569994016, None)),
        (lambda x: sc.expit(x), 20.0, (2.061153613941849e-09, -2.061153605445141e-09)),
        (lambda x: sc.comb(x, 3.0) + sc.comb(1.0, x), 2.0, (0.0, 0.0)),
    ],
)  # fmt: skip
def test_where_differences_tell_little(f, x, slopes):
    for order, slope in enumerate(slopes):
        g = s2sad.grad(f) if order == 0 else s2sad.grad(s2sad.grad(f))
        if slope is not None:
            np.testing.assert_allclose(g(x), slope, rtol=1e-9, atol=1e-14)


X, WEIGHTS = A([[0.3, -1.0, 2.0], [0.5, 0.1, -0.4]]), A([1.0, 0.5, 2.0])
SUMS: dict[str, tuple[Any, ...]] = {
    "all": (lambda x: sc.logsumexp(x), X),
    "axis": (lambda x: sc.logsumexp(x, axis=1, keepdims=True) + sc.logsumexp(x, axis=(0, 1)), X),
    "weights": (lambda x, b: sc.logsumexp(x, b=b, axis=1), X, WEIGHTS),
    "weights (of the shape of all)": (lambda b: sc.logsumexp(0.3, b=b), WEIGHTS),
    "sign": (lambda x: sc.logsumexp(x, b=-WEIGHTS, axis=1, return_sign=True), X),
    "reduce": (lambda x: np.logaddexp.reduce(x, axis=1) + np.logaddexp2.reduce(x[0]), X),
    "reduce with where": (lambda x: np.logaddexp.reduce(x, axis=1, where=A([True, False, True]), initial=0.2), X),
}


@pytest.mark.parametrize("name", SUMS)
def test_logarithms_of_sums(name):
    f, *args = SUMS[name]
    check_grads(f, args, order=2)


def test_logarithms_of_sums_of_nothing_and_of_large_numbers():
    x = A([[-np.inf, -np.inf], [1000.0, -np.inf], [-1000.0, -1001.0]])
    share = np.exp(-1.0) / (1.0 + np.exp(-1.0))
    wanted = A([[0.0, 0.0], [1.0, 0.0], [1.0 - share, share]])
    for f in (
        lambda x: np.sum(sc.logsumexp(x, axis=1)), lambda x: np.sum(np.logaddexp.reduce(x, axis=1)),
        lambda x: np.sum(np.logaddexp(x[:, 0], x[:, 1])),
    ):  # fmt: skip
        np.testing.assert_allclose(s2sad.grad(f)(x), wanted, atol=1e-12)
    g = s2sad.grad(lambda x: np.logaddexp.reduce(x))
    np.testing.assert_allclose(g(x[1]), [1.0, 0.0])
    assert "np.exp(x - " in g.source


def test_numbers_that_hang_on_whole_numbers_alone_are_constants():
    def f(x):
        nodes, weights = sc.roots_legendre(4)
        return np.sum(weights * np.exp(x * nodes)) + x * sc.comb(5, 2, exact=True) + x * sc.jn_zeros(0, 2)[1]

    check_grads(f, (0.3,))


@pytest.mark.parametrize("f, power, first", [
    (sc.i0e, -0.5, 0.3989423), (lambda x: sc.ive(2.5, x), -0.5, 0.3989423), (sc.k1e, -0.5, 1.2533141),
    (lambda x: sc.airye(x)[0], -0.25, 0.2820948), (lambda x: sc.airye(x)[3], 0.25, 0.5641896),
], ids=["i0e", "ive", "k1e", "airye Ai", "airye Bi'"])  # fmt: skip
def test_scaled_functions_far_out_are_powers(f, power, first):
    """Where exp(x) and the function cancel all digits but the last."""
    x = 1e6
    slope, bend = s2sad.grad(f)(x), s2sad.grad(s2sad.grad(f))(x)
    np.testing.assert_allclose(slope, power * first * x ** (power - 1.0), rtol=2e-5)
    np.testing.assert_allclose(bend, power * (power - 1.0) * first * x ** (power - 2.0), rtol=2e-5)


def test_elliptic_integrals_at_one():
    """F(phi, 1) is the inverse of Gudermann's function, and its slope in m an elementary one (DLMF 19.6.8)."""
    phi, m = 0.7, 1.0
    secants = np.sin(phi) / np.cos(phi) ** 2
    want = 0.25 * (secants - np.arctanh(np.sin(phi)))
    np.testing.assert_allclose(s2sad.grad(sc.ellipkinc, 1)(phi, m), want, rtol=1e-14)
    np.testing.assert_allclose(s2sad.grad(sc.ellipkinc, 1)(phi, m - 1e-9), want, rtol=1e-8)


def test_functions_that_others_define_by_themselves():
    np.testing.assert_allclose(s2sad.grad(sc.chdtr, 1)(2.0, 3.0), 0.5 * np.exp(-1.5), rtol=1e-14)
    value, pull = s2sad.vjp(lambda p: sc.nbdtr(np.array([1, 2]), 3, p), np.float32(0.4))
    assert value.dtype == np.float64 and pull(np.ones(2))[0].dtype == np.float32
