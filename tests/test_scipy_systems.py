"""``scipy.signal``: transfer functions, and designs whose cut-off is differentiated, in both modes."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.signal as sg

import s2sad
from s2sad.testing import check_grads

NUM, DEN, T = np.array([0.5, 1.5]), np.array([1.0, 0.7, 2.0]), np.linspace(0.0, 3.0, 8)
X = np.random.default_rng(3).normal(size=24)
TABLE = X.reshape(3, 8)


def agrees(f, *args, order=1):
    values, expected = s2sad.vjp(f, *args)[0], f(*args)
    if not isinstance(expected, tuple):
        values, expected = (values,), (expected,)
    for value, other in zip(values, expected, strict=True):
        np.testing.assert_allclose(value, other, rtol=1e-9, atol=1e-11)
    check_grads(f, args, order=order)


def test_responses():
    agrees(lambda num, den: sg.step((num, den), T=T)[1] + sg.impulse(sg.TransferFunction(num, den), T=T)[1], NUM, DEN)
    agrees(lambda num, den: sg.lsim((num, den), np.sin(T), T)[1], NUM[:1], DEN)
    agrees(lambda k, tau: sg.step(([k], [tau, 1.0]), T=T)[1], 1.5, 0.7)
    agrees(lambda num, den: sg.bode((num, den), w=[0.1, 1.0])[1:], NUM, DEN)
    agrees(lambda a: np.abs(sg.freqresp((a, np.eye(2)[:, :1], np.ones((1, 2)), np.zeros((1, 1))), w=T[1:])[1]),
           np.array([[0.0, 1.0], [-2.0, -0.7]]))  # fmt: skip
    agrees(lambda p, k: sg.step(([], [p, -2.0], k), T=T)[1], -1.0, 2.0)
    agrees(lambda b, a: np.abs(sg.freqz(b, a, 5, whole=True)[1]) + sg.group_delay((b, a), 5)[1], NUM, DEN)


def test_discrete_systems():
    def sampled(num, den):
        b, a, dt = sg.cont2discrete((num, den), 0.1)
        out = sg.dlsim((b[0], a, dt), np.sin(T))[1][:, 0], sg.dstep((b[0], a, dt), n=6)[1][0]
        return *out, *sg.bilinear(num, den, 2.0)

    agrees(sampled, NUM, DEN)
    double = np.array([1.0, 0.0, 0.0])  # whose poles coincide
    agrees(lambda k, den: sg.cont2discrete(([k], den), 0.1)[0], 2.0, double)


DESIGNS = {
    "butter": lambda w: sg.butter(3, w), "a band": lambda w: sg.butter(2, [w, 0.6], "band"),
    "cheby1": lambda w: sg.cheby1(3, 1.0, w, "high"), "ellip": lambda w: sg.ellip(2, 1.0, 30.0, w * 10.0, fs=20.0),
    "bessel": lambda w: sg.bessel(2, w), "notch": lambda w: sg.iirnotch(w, 10.0),
    "firwin": lambda w: (sg.firwin(5, w),),
}  # fmt: skip


@pytest.mark.parametrize("name", DESIGNS)
def test_designs(name):
    agrees(DESIGNS[name], 0.3)


def test_designs_that_are_used():
    agrees(lambda w, x: sg.lfilter(*sg.butter(2, w), x), 0.3, X, order=2)
    agrees(lambda w, x: sg.sosfilt(sg.butter(3, w, output="sos"), x), 0.3, X)
    agrees(lambda w: sg.filtfilt(*sg.butter(2, [w, 0.7], "bandstop"), X), 0.3)
    agrees(lambda b: sg.sosfilt(sg.tf2sos(b, [1.0, -0.4, 0.3]), X), DEN)
    agrees(lambda b, x: sg.filtfilt(b, [1.0, -0.4, 0.3], x, method="gust"), np.array([0.2, 0.5, 0.3]), X)
    rows = np.array([0.2, 0.3])
    batch = s2sad.vmap(lambda w: sg.lfilter(*sg.butter(2, w), X))(rows)
    np.testing.assert_allclose(batch, [sg.lfilter(*sg.butter(2, w), X) for w in rows])


PLANT, INPUT = np.array([[0.1, 1.0, 0.3], [-2.0, -0.7, 0.2], [0.5, 0.4, -1.0]]), np.array([[0.2], [1.0], [0.5]])


def test_state_space():
    agrees(lambda a, b, p: sg.place_poles(a, b, [p, -2.0, -3.0]).gain_matrix, PLANT, INPUT, -1.0, order=2)
    agrees(lambda a: sg.place_poles(a, INPUT, [-1.0 + 1j, -1.0 - 1j, -3.0]).gain_matrix, PLANT)
    with pytest.raises(np.linalg.LinAlgError, match="one input"):
        s2sad.grad(lambda a: np.sum(sg.place_poles(a, np.eye(3)[:, :2], [-1.0, -2.0, -3.0]).gain_matrix))(PLANT)
    two = np.eye(3)[:, :2]
    agrees(lambda a: np.stack(sg.dstep((a, two, two.T, np.eye(2), 0.1), n=4)[1]), 0.3 * PLANT)
    agrees(lambda b: sg.dimpulse(sg.StateSpace(0.3 * PLANT, b, two.T, np.zeros((2, 1)), dt=0.1), n=4)[1][0], INPUT)
    row = INPUT.T
    agrees(lambda a: (t := sg.StateSpace(a, INPUT, row, np.eye(1)).to_tf()) and (t.num, t.den), PLANT)
    agrees(lambda p: sg.cont2discrete(([], [p, -2.0], 1.5), 0.1, "bilinear")[2], -0.3)


def test_placed_poles_are_in_the_order_of_scipy():
    """The real ones first, then the pairs."""
    def slowest(a, p):
        found = sg.place_poles(a, INPUT, [-1.0 + 1j, p, -1.0 - 1j])
        first, _, last = found.computed_poles
        return np.real(first) + np.imag(last) * p + np.abs(found.requested_poles[0])

    value, (_, by_pole) = s2sad.value_and_grad(slowest, (0, 1))(PLANT, -0.5)
    assert value == pytest.approx(slowest(PLANT, -0.5), rel=1e-9)
    assert by_pole == pytest.approx(1.0, rel=1e-9)



OUTSIDE = sg.ShortTimeFFT(sg.windows.hann(8), 3, 2.0)


def test_short_time_transforms():
    agrees(lambda x: OUTSIDE.spectrogram(OUTSIDE.istft(2.0 * OUTSIDE.stft(x), k1=24), detr="linear"), X, order=2)
    agrees(lambda x: np.abs(OUTSIDE.stft_detrend(x, lambda part: part - np.mean(part), 0, 5, padding="even")), X)
    agrees(lambda x: np.abs(OUTSIDE.stft(x, axis=0, padding="edge")) * OUTSIDE.delta_t, TABLE.T)

    def made(x, window):
        one = sg.ShortTimeFFT(window, 2, 2.0, mfft=9, scale_to="psd", fft_mode="onesided2X", phase_shift=1)
        two = sg.ShortTimeFFT(window, 3, 2.0, fft_mode="centered", phase_shift=None)
        cross = one.spectrogram(x, x[:, ::-1] * window[0])
        return np.real(two.istft(two.stft(x), k1=8)), np.abs(cross), one.istft(one.stft(x[0]), 1, 7) * one.t(6)

    agrees(made, TABLE[:2], sg.windows.gaussian(6, 1.5))
    agrees(lambda x: np.abs(sg.ShortTimeFFT.from_window("hann", 2.0, 8, 4, scale_to="magnitude").stft(x)), X)
    agrees(lambda x: np.abs(sg.ZoomFFT(24, [0.1, 0.6], 5)(x)) + np.abs(sg.CZT(24, 5)(x)), X)


def test_signals():
    def spectra(x):
        f, t, z = sg.stft(x, nperseg=4, boundary="even", scaling="psd")
        turned = sg.spectrogram(x, nperseg=4, mode="magnitude")[2], sg.welch(x, nperseg=4, return_onesided=False)[1]
        return np.abs(z), *turned, np.abs(sg.czt(x, 5)), np.abs(sg.zoom_fft(x, [0.1, 0.5], 5))

    agrees(spectra, TABLE)
    agrees(lambda x, h: sg.fftconvolve(x, h, "same", axes=1), TABLE, TABLE[:, :3])
    agrees(lambda x, h: sg.oaconvolve(x, h, "valid", axes=[1]), TABLE, TABLE[:, :3])
    agrees(lambda x: (sg.resample(x, 10, window="hann"), sg.resample_poly(x, 3, 2, padtype="mean")), X)
    agrees(lambda x: sg.find_peaks(x, height=0.1)[1]["peak_heights"], X)
    agrees(lambda x: sg.peak_widths(x, sg.find_peaks(x)[0], 0.8), X)
    agrees(lambda x: sg.find_peaks(x, prominence=0.2, width=0.5)[1]["left_ips"], X)
    level = np.repeat(X, 2)  # with plateaus, which differences would tear apart
    options = {"height": -9.0, "threshold": (None, 9.0), "prominence": 0.1, "width": 0.2, "plateau_size": 1, "wlen": 9}
    value, _ = s2sad.vjp(lambda x: sg.find_peaks(np.repeat(x, 2), **options)[1], X)
    want = sg.find_peaks(level, **options)[1]
    assert list(value) == list(want)
    for name in want:
        np.testing.assert_allclose(value[name], want[name], err_msg=name)
