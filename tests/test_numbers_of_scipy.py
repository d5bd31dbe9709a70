"""SciPy's functions of single precision, of complex numbers in Python, and where a formula changes to another."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.signal as sg
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
