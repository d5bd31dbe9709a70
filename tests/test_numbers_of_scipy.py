"""SciPy's functions of single precision, of complex numbers in Python, and where a formula changes to another."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import scipy.interpolate as sp
import scipy.signal as sg
import scipy.spatial.distance as sd
import scipy.special as sc
import scipy.stats as st

import s2sad
from s2sad.testing import check_grads

A = np.array
SINGLE = A([0.3, 1.7, 2.2], np.float32)
UNIT = A([0.15, 0.5, 0.8], np.float32)
SIGNAL = np.sin(np.arange(24, dtype=np.float32) ** 1.3)

IN_SINGLE = {
    "digamma": (lambda x: sc.digamma(x), SINGLE), "a number": (lambda x: sc.psi(x), SINGLE[1]),
    "polygamma": (lambda x: sc.polygamma(1, x), SINGLE), "zeta": (lambda x: sc.zeta(x), SINGLE + 1),
    "factorial": (lambda x: sc.factorial(x), SINGLE), "comb": (lambda x: sc.comb(7.5, x), SINGLE),
    "spherical_jn": (lambda x: sc.spherical_jn(2, x), SINGLE), "gammainc": (lambda a: sc.gammainc(a, SINGLE), SINGLE),
    "betaincinv": (lambda a: sc.betaincinv(a, SINGLE, UNIT), SINGLE), "gdtr": (lambda x: sc.gdtr(1.3, 2, x), SINGLE),
    "chdtri": (lambda p: sc.chdtri(3, p), UNIT), "pdtr": (lambda m: sc.pdtr(3, m), UNIT),
    "voigt_profile": (lambda x: sc.voigt_profile(x, 0.8, 0.3), SINGLE),
    "radian": (lambda d: sc.radian(d, 3.0, 2), SINGLE),
    "diric": (lambda x: sc.diric(x, 5), SINGLE), "perm": (lambda x: sc.perm(x, 1.5), SINGLE),
    "nbdtr": (lambda p: sc.nbdtr(2, 5.0, p), UNIT), "nbdtri": (lambda p: sc.nbdtri(2, 5, p), UNIT),
    "nbdtrc of an array": (lambda p: sc.nbdtrc(2, A([4, 5, 6]), p), UNIT),
    "on a grid": (lambda x: sp.RegularGridInterpolator((SINGLE,), x)(SINGLE[::2]), UNIT),
    "welch, by medians": (lambda x: sg.welch(x, nperseg=8, average="median")[1], SIGNAL),
    "filtfilt": (lambda x: sg.filtfilt(x[:2], A([1.0, 0.5], np.float32), x), SIGNAL),
    "peaks": (lambda x: sg.peak_prominences(x, sg.find_peaks(x)[0])[0], SIGNAL),
    "CubicSpline": (lambda x: sp.CubicSpline(x, x**2)(UNIT), SINGLE),
    "PchipInterpolator": (lambda x: sp.PchipInterpolator(x, x**2)(UNIT), SINGLE),
    "cosine distance": (lambda x: sd.cdist(x[None], UNIT[None], "cosine"), SINGLE),
    "canberra": (lambda x: sd.canberra(x, UNIT), SINGLE),
    "f_oneway": (lambda x: st.f_oneway(x, UNIT).pvalue, SINGLE),
    "combine_pvalues": (lambda p: st.combine_pvalues(p, "stouffer").pvalue, UNIT),
    "lmoment": (lambda x: st.lmoment(x), SINGLE),
    "hilbert": (lambda x: sg.hilbert(x), SIGNAL), "detrend": (lambda x: sg.detrend(x), SIGNAL),
    "resample": (lambda x: sg.resample(x, 9), SIGNAL), "welch": (lambda x: sg.welch(x, nperseg=8)[1], SIGNAL),
    "stft": (lambda x: sg.stft(x, nperseg=8)[2], SIGNAL),
    "lfilter": (lambda x: sg.lfilter(x[:2], A([1.0, 0.5], np.float32), x, zi=x[:1])[0], SIGNAL),
    "convolve2d": (lambda x: sg.convolve2d(x[None], x[None, :3], boundary="wrap"), SIGNAL),
}  # fmt: skip


@pytest.mark.parametrize("name", IN_SINGLE)
def test_single_precision(name):
    """Values have SciPy's precision; tangents that of the value, cotangents that of the argument."""
    f, x = IN_SINGLE[name]
    want = f(x)
    value, dot = s2sad.jvp(f, (x,), (np.ones_like(x),))
    again, pull = s2sad.vjp(f, x)
    (bar,) = pull(np.ones_like(again))
    assert value.dtype == again.dtype == dot.dtype == want.dtype and bar.dtype == np.float32
    np.testing.assert_allclose(again, want, rtol=2e-5, atol=2e-6)
    # which agree with double precision
    exact, there = s2sad.jvp(f, (np.float64(x),), (np.ones_like(x, dtype=float),))
    np.testing.assert_allclose(dot, there, rtol=5e-3, atol=1e-3)
    left, right = np.sum(np.real(there)), np.sum(np.real(bar.astype(float)))
    np.testing.assert_allclose(right, left, rtol=1e-3, atol=1e-3)


COUNTS, CHANCES = [-1.0, 0.0, 1.0, 5.0, 6.0], [-0.1, 0.0, 0.3, 1.0, np.nan]
REAL, POSITIVE = [-1.0, 0.0, 0.5, 180.0, np.inf], [-1.0, 0.0, 2.0, np.inf]
EVERYWHERE = {
    "chdtr": (POSITIVE, REAL), "chdtri": (POSITIVE, CHANCES), "gdtr": (POSITIVE, POSITIVE, REAL),
    "gdtrix": (POSITIVE, POSITIVE, CHANCES), "fdtr": (POSITIVE, POSITIVE, REAL), "fdtri": (POSITIVE, POSITIVE, CHANCES),
    "pdtr": (COUNTS, REAL), "pdtri": (COUNTS, CHANCES), "bdtr": (COUNTS, COUNTS, CHANCES),
    "bdtrc": (COUNTS, COUNTS, CHANCES), "nbdtr": (COUNTS, COUNTS, CHANCES), "nbdtri": (COUNTS, COUNTS, CHANCES),
    "nrdtrimn": (CHANCES, POSITIVE, REAL), "nrdtrisd": (REAL, CHANCES, REAL), "agm": (REAL, REAL), "sindg": (REAL,),
    "voigt_profile": (REAL, POSITIVE, POSITIVE), "diric": (REAL, COUNTS), "perm": (REAL, COUNTS),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", EVERYWHERE)
def test_values_outside_of_the_domain(name):
    """What a derivative computes along the way is what SciPy gives, also where that is nan or 0 by definition."""
    function, points = getattr(sc, name), A(list(itertools.product(*EVERYWHERE[name]))).T
    np.testing.assert_allclose(s2sad.vjp(lambda *x: function(*x), *points)[0], function(*points), rtol=1e-13)


def test_the_slope_of_voigts_profile_follows_it_to_cauchys_density():
    found, unit = s2sad.grad(lambda x, s, g: sc.voigt_profile(x, s, g), argnums=(0, 1, 2)), np.pi * 0.0169
    np.testing.assert_allclose(found(0.3, 0.0, 0.2), (-0.12 / unit, 0.0, 0.05 / unit), rtol=1e-14)
    # at this place by 40 digits of mpmath
    exact = (-2.4094213689736539e-05, 2.90918892264876e-06, 7.9907965791861504e-04)
    np.testing.assert_allclose(found(20.0, 0.8, 0.3), exact, rtol=1e-13)


@pytest.mark.parametrize("name", ["rgamma", "dawsn", "erfcx", "log_ndtr"])
def test_complex_numbers_of_python(name):
    f = getattr(sc, name)
    for z in (0.3 - 0.2j, -3.0 + 2.0j, 60.0 - 0.2j):
        check_grads(lambda z: f(z), (z,))


CHANGES = {
    "rgamma": (lambda x: sc.rgamma(x), 0.5), "rgamma at its zeros": (lambda x: sc.rgamma(x), A([0.0, -1.0, -2.0, 0.5])),
    "ellipkm1": (lambda p: sc.ellipkm1(p), 0.1), "the median of cauchy": (lambda q: st.cauchy.ppf(q), A([0.5, 0.3])),
    "isf of cauchy": (lambda q: st.cauchy.isf(q), 0.5),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_where_a_formula_changes(name):
    """At the very place, to second order."""
    f, x = CHANGES[name]
    check_grads(f, (x,))


def test_a_cross_spectrum_is_single_where_both_signals_are():
    x, y = np.random.default_rng(4).normal(size=(2, 64))
    for other in (y, y.astype(np.float32)):
        found = s2sad.vjp(lambda y: sg.csd(x.astype(np.float32), y, nperseg=16)[1], other)[0]
        wanted = sg.csd(x.astype(np.float32), other, nperseg=16)[1]
        assert found.dtype == wanted.dtype
        np.testing.assert_allclose(found, wanted, rtol=64 * np.finfo(wanted.dtype).eps, atol=1e-7 * (other is not y))
