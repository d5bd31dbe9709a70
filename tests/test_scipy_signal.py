"""``scipy.signal``: each function in both modes, against SciPy, differences and each other, to second order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.signal as sg

import s2sad
from s2sad.libraries.scipy_filters import lagged_sums
from s2sad.testing import check_grads

RNG = np.random.default_rng(7)
X, Y, H = RNG.normal(size=12), RNG.normal(size=12), RNG.normal(size=4)
M, K = RNG.normal(size=(5, 6)), RNG.normal(size=(3, 2))
B, A, Z = np.array([0.5, 0.2, 0.1]), np.array([1.2, -0.4, 0.1]), np.array([0.3, 0.1])
SECTIONS = np.ascontiguousarray(sg.butter(4, 0.3, output="sos")[:, [0, 1, 2, 4, 5]])


def sections(s):
    return np.concatenate([s[:, :3], np.ones((2, 1)), s[:, 3:]], axis=1)


ROWS: dict[str, tuple[Any, ...]] = {
    "convolve (swapped)": (lambda x, h: sg.convolve(h, x, "same") + sg.convolve(h, x, "valid")[0], X, H),
    "correlate2d (even)": (lambda x, h: sg.correlate2d(x, h, "same", boundary="symm"), M, RNG.normal(size=(4, 2))),
    "lfilter": (lambda b, a, x: sg.lfilter(b, a, x), B, A, X),
    "lfilter (axis)": (lambda b, a, x: sg.lfilter(b, a, x, axis=0), B[:2], A, M),
    "lfilter (of no feedback)": (lambda b, x: sg.lfilter(b, 1.0, x), B, X),
    "lfilter (lists)": (lambda x, c: sg.lfilter([c], [1.0, c - 1.0], x), X, 0.3),
    "lfilter (from a state)": (lambda b, a, x, z: sg.lfilter(b, a, x, zi=z)[0], B, A, X, Z),
    "lfilter (final state)": (lambda a, x, z: sg.lfilter(B, a, x, zi=z)[1], A, X, Z),
    "lfilter_zi": (lambda b, a: sg.lfilter_zi(b, a), B, A),
    "filtfilt": (lambda x: sg.filtfilt(B, A, x), X),
    "filtfilt (axis)": (lambda x: sg.filtfilt(B, A, x, axis=0, padlen=2), M),
    "filtfilt (designed)": (lambda x: sg.filtfilt(*sg.butter(2, 0.3), x), X),
    "sosfilt": (lambda s, x: sg.sosfilt(sections(s), x), SECTIONS, X),
    "detrend": (lambda x: sg.detrend(x) + sg.detrend(x, type="constant"), X),
    "detrend (axis)": (lambda x: sg.detrend(x, axis=0), M),
    "hilbert": (lambda x: np.abs(sg.hilbert(x)), X), "hilbert (odd)": (lambda x: np.abs(sg.hilbert(x[:-1])), X),
    "freqz": (lambda b, a: np.abs(sg.freqz(b, a, worN=8)[1]), B, A),
    "savgol_filter": (lambda x: sg.savgol_filter(x, 5, 2) + sg.savgol_filter(x, 5, 3, deriv=1, delta=0.5), X),
    "resample (fewer)": (lambda x: sg.resample(x, 6), X), "resample (more)": (lambda x: sg.resample(x, 15), X),
    "resample (odd)": (lambda x: sg.resample(x[:-1], 20)[:8] + sg.resample(x[:-1], 8), X),
    "welch": (lambda x: sg.welch(x, fs=2.0, nperseg=4)[1], X),
    "welch (options)": (
        lambda x: sg.welch(x, nperseg=6, noverlap=2, window="hamming", scaling="spectrum", detrend="linear")[1], X,
    ),
    "csd": (lambda x, y: np.abs(sg.csd(x, y, nperseg=5, nfft=8)[1]), X, Y),
    "periodogram": (lambda x: sg.periodogram(x, window="hann", detrend=False)[1], X),
    "coherence": (lambda x, y: sg.coherence(x, y, nperseg=4)[1], X, Y),
    "stft": (lambda x: np.abs(sg.stft(x, nperseg=4)[2]), X),
    "spectrogram": (lambda x: sg.spectrogram(x, nperseg=4)[2], X),
    "medfilt": (lambda x: sg.medfilt(x, 5), X), "upfirdn": (lambda h, x: sg.upfirdn(h, x, 2, 3), H, X),
    "windows": (lambda x: x * sg.get_window("hann", 12) + x * sg.windows.gaussian(12, 2.0), X),
}  # fmt: skip


def agrees(f, *args, order=2):
    np.testing.assert_allclose(s2sad.vjp(f, *args)[0], f(*args), rtol=1e-9, atol=1e-12)
    check_grads(f, args, order=order)


ONCE = {"coherence", "filtfilt (axis)", "filtfilt (designed)", "convolve (swapped)", "lfilter (final state)"}
"""To first order: others of the kind are checked to the second."""


@pytest.mark.parametrize("name", ROWS)
def test_functions(name):
    agrees(*ROWS[name], order=1 if name in ONCE else 2)


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
def test_convolutions(mode):
    agrees(lambda x, h: sg.convolve(x, h, mode) + sg.fftconvolve(x, h, mode) * sg.oaconvolve(x, h, mode), X, H)
    agrees(lambda x, h: sg.correlate(x, h, mode), X, H)
    agrees(lambda x, h: sg.convolve2d(x, h, mode) + sg.correlate2d(x, h, mode), M, K)
    agrees(lambda x, h: sg.convolve2d(x, h, mode, boundary="wrap"), M, K)
    agrees(lambda x, h: sg.convolve2d(x, h, mode, boundary="symm") + sg.convolve2d(x, h, mode, fillvalue=2.0), M, K)


def test_convolution_of_complex_signals():
    z, w = X + 1j * Y, H + 0.5j
    check_grads(lambda z, w: sg.convolve(z, w, "same") + sg.correlate(z, w, "same"), (z, w))


def test_the_adjoint_of_a_filter_is_the_filter_backwards():
    g = s2sad.grad(lambda x: np.sum(sg.lfilter(B, A, x) ** 2))
    g(X)
    assert "lagged_sums" not in g.source
    assert "np.flip" in g.source


SOS, LONG = sg.butter(3, 0.3, output="sos"), np.random.default_rng(5).normal(size=40)
STATES = {
    "lfilter": (lambda x, b, a, z: sg.lfilter(b, a, x, zi=z), LONG[:9], *sg.butter(3, 0.4), LONG[:3]),
    "lfilter of few": (lambda x, z: sg.lfilter([1.0, 0.3, 0.2, 0.1], [1.0, 0.5], x, zi=z), LONG[:2], LONG[:3]),
    "lfilter of several": (lambda x, z: sg.lfilter([1.0, 0.3], [1.0, 0.5, 0.2], x, 0, z), LONG[:24].reshape(8, 3),
                           LONG[:6].reshape(2, 3)),
    "sosfilt": (lambda x, z: sg.sosfilt(SOS, x, zi=z), LONG[:9], LONG[:4].reshape(2, 2)),
    "sosfiltfilt": (lambda x: sg.sosfiltfilt(SOS, x), LONG),
    "sosfiltfilt along an axis": (lambda x: sg.sosfiltfilt(SOS, x, axis=0, padlen=2), LONG[:24].reshape(12, 2)),
    "decimate": (lambda x: sg.decimate(x, 2), LONG),
    "detrend in parts": (lambda x: sg.detrend(x, bp=[10, 25]), LONG),
}  # fmt: skip


@pytest.mark.parametrize("name", STATES)
def test_filters_from_a_state(name):
    f, *args = STATES[name]
    for got, want in zip(s2sad.vjp(f, *args)[0], f(*args), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-12)
    s2sad.testing.check_grads(f, args, order=2 if name.startswith("lfilter") else 1)


@pytest.mark.parametrize(
    "mode", ["symmetric", "edge", "reflect", "wrap", "smooth", "line", "antisymmetric", "antireflect", "constant"]
)
def test_signals_at_other_rates_continued_at_their_ends(mode):
    agrees(lambda h, m: sg.upfirdn(h, m, 2, 3, axis=0, mode=mode), H, M, order=2 if mode == "line" else 1)
    agrees(lambda x: sg.resample_poly(x, 2, 3, padtype=mode), X, order=1)


NOTCH = np.array([1.0, 2.0, 0.5]), np.array([1.0, -1.2, 0.7, -0.1])
ORDER, RIPPLE = 3, 1.0
OTHERS = {
    "upfirdn of complex numbers": (lambda h, z: sg.upfirdn(h, z, 2, 3), H, (X + 1j * Y).reshape(3, 4)),
    "upfirdn with a level": (lambda h, x, c: sg.upfirdn(h, x, 3, 2, cval=c), H, X, 0.5),
    "resample_poly with a level": (lambda x, c: sg.resample_poly(x, 3, 2, cval=c), X, 0.3),
    "residue": (lambda b, a: sg.residue(b, a)[0] * sg.residuez(b, a)[0], *NOTCH),
    "invres": (lambda r, p, k: sg.invres(r, p, k)[0] * sg.invresz(r, p, k)[0], Z, np.array([-0.4, -0.9]), B[:1]),
    "firls": (lambda e, d, w: sg.firls(7, [0.0, e, 0.5, 1.0], [1.0, d, 0.3, 0.1], weight=w), 0.3, 0.9, B[:2]),
    "savgol_filter (even)": (lambda x, d: sg.savgol_filter(x, 6, 3, deriv=1, delta=d), X, 0.4),
    "savgol_filter (even, mirror)": (lambda m: sg.savgol_filter(m, 4, 2, axis=0, mode="mirror"), M),
    "lfiltic": (lambda b, a, y, x: sg.lfiltic(b, np.append(1.0, a), y, x) + sg.lfiltic(b, np.append(1.0, a), y),
                B, A[1:] / A[0], X[:2], Y[:2]),
    "filtfilt (gust)": (lambda b, a, x: sg.filtfilt(b, a, x, method="gust", irlen=4), B, A, X),
    "splines of samples": (lambda c, t, d: sg.cspline1d_eval(c, t, d, 0.3) + sg.qspline1d_eval(c, t),
                           X, np.array([-3.3, 0.4, 7.7, 31.2]), 0.7),
    "sepfir2d": (lambda m, h: sg.sepfir2d(m, h, np.array([0.2, 0.5, 0.3])), M, B),
    "designs": (lambda w: sg.cheby1(ORDER, RIPPLE, w)[1] + sg.ellip(ORDER, RIPPLE, 30.0, w)[0] + sg.bessel(ORDER, w)[0],
                0.3),
}  # fmt: skip


@pytest.mark.parametrize("name", OTHERS)
def test_what_goes_by_formulas_of_our_own(name):
    f, *args = OTHERS[name]
    kept = [np.copy(a) for a in args]
    np.testing.assert_allclose(s2sad.vjp(f, *kept)[0], f(*args), rtol=1e-9, atol=1e-12)
    check_grads(f, args, order=1)


def test_residues_of_poles_that_coincide_raise():
    with pytest.raises(np.linalg.LinAlgError, match="coincide"):
        s2sad.grad(lambda a: np.sum(np.real(sg.residue([1.0, 3.0], a)[0])))(np.array([1.0, 2.0, 1.0]))


@pytest.mark.parametrize("count", [3, 49, 50, 77])
def test_sums_over_lags(count):
    v, x = np.random.default_rng(4).normal(size=(2, 2, 70, 3))
    wanted = [np.sum(v[:, k:] * x[:, : 70 - k]) if k < 70 else 0.0 for k in range(count)]
    np.testing.assert_allclose(lagged_sums(v, x, count, 1), wanted, atol=1e-11)
    first, second = v[0, :, 0], x[0, :, 0]
    np.testing.assert_allclose(lagged_sums(1j * first, second, count).imag, lagged_sums(first, second, count))


def test_filters_from_a_state_in_a_batch():
    b, a = sg.butter(2, 0.3)
    x, zi = np.random.default_rng(5).normal(size=(3, 9)), np.random.default_rng(6).normal(size=(3, 2))
    filtered = lambda x, zi: sg.lfilter(b, a, x, zi=zi)[0]  # noqa: E731
    gradient = s2sad.grad(lambda x, zi: np.sum(filtered(x, zi) ** 2), argnums=(0, 1))
    for rows, row in zip(s2sad.vmap(gradient)(x, zi), gradient(x[1], zi[1]), strict=True):
        np.testing.assert_allclose(rows[1], row)
