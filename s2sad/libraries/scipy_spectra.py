"""``scipy.signal``: spectra of signals, whole and in segments, in terms of ``np.fft``."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import numpy as np
import scipy.signal as sg

from s2sad.ir.core import Arg
from s2sad.ir.types import Array, Type
from s2sad.libraries.scipy_convolution import as_array, in_precision_of
from s2sad.libraries.scipy_filters import extension
from s2sad.libraries.scipy_signal import detrend
from s2sad.prims.inference import option
from s2sad.prims.primitive import REGISTRY, primitive
from s2sad.rules.book import constant

define = REGISTRY.define


def _window(window: Arg, Nx: Arg) -> Type:  # noqa: N803
    option(window)
    return Array("f64", ("n",))


named_window = primitive("scipy.signal.get_window", sg.get_window, _window, calls=())
constant(named_window)
window_at = REGISTRY.word(named_window)


def window_of(window, nperseg):
    return window_at(window, nperseg) if isinstance(window, (str, tuple)) else as_array(window)


def segments(x, nperseg, noverlap, detrended):
    step = nperseg - noverlap
    starts = step * np.arange((np.shape(x)[-1] - noverlap) // step)
    parts = x[..., starts[:, None] + np.arange(nperseg)]
    if isinstance(detrended, bool):
        return parts
    return detrend(parts, -1, detrended)


def spectral(name, x, y, fs, window, nperseg, noverlap, nfft, detrended, onesided, scaling, axis):
    """Frequencies, and the products of spectra of overlapping segments, a row for each; squares where y is None."""
    x = np.moveaxis(as_array(x), axis, -1)
    onesided = onesided and not np.iscomplexobj(x) and (y is None or not np.iscomplexobj(as_array(y)))
    transform = np.fft.rfft if onesided else np.fft.fft
    if nperseg is None:
        size = np.shape(window)[0] if not isinstance(window, (str, tuple)) else min(256, np.shape(x)[-1])
    else:
        size = min(nperseg, np.shape(x)[-1])
    weights = window_of(window, size)
    overlap = size // 2 if noverlap is None else noverlap
    length = size if nfft is None else nfft
    scale = 1.0 / (fs * np.sum(weights**2)) if scaling == "density" else 1.0 / np.sum(weights) ** 2
    first = transform(segments(x, size, overlap, detrended) * weights, nfft)
    if y is None:
        products = np.real(first) ** 2 + np.imag(first) ** 2
    else:
        y = np.moveaxis(as_array(y), axis, -1)
        products = np.conjugate(first) * transform(segments(y, size, overlap, detrended) * weights, nfft)
    both = (x,) if y is None else (x, y)
    if not onesided:
        return np.fft.fftfreq(length, 1.0 / fs), in_precision_of(products * scale, *both)
    frequency = np.arange(length // 2 + 1)
    once = (frequency == 0) | (2 * frequency == length)
    return frequency * (fs / length), in_precision_of(products * (scale * np.where(once, 1.0, 2.0)), *both)


@define(sg.csd)
def csd(
    x, y, fs=1.0, window="hann", nperseg=None, noverlap=None, nfft=None, detrend="constant", return_onesided=True,
    scaling="density", axis=-1, average="mean",
):  # fmt: skip
    f, out = spectral("csd", x, y, fs, window, nperseg, noverlap, nfft, detrend, return_onesided, scaling, axis)
    return f, np.moveaxis(averaged(out, average), -1, axis)


@define(sg.welch)
def welch(
    x, fs=1.0, window="hann", nperseg=None, noverlap=None, nfft=None, detrend="constant", return_onesided=True,
    scaling="density", axis=-1, average="mean",
):  # fmt: skip
    f, out = spectral("welch", x, None, fs, window, nperseg, noverlap, nfft, detrend, return_onesided, scaling, axis)
    return f, np.moveaxis(averaged(out, average), -1, axis)


def averaged(out, average):
    """Over the segments; a median is divided by its bias (Allen et al., 2012)."""
    if average == "mean":
        return np.mean(out, axis=-2)
    even = 2.0 * np.arange(1, (np.shape(out)[-2] - 1) // 2 + 1)
    bias = 1.0 + float(np.sum(1.0 / (even + 1.0) - 1.0 / even))
    if np.iscomplexobj(out):
        return (np.median(np.real(out), axis=-2) + 1j * np.median(np.imag(out), axis=-2)) / bias
    return np.median(out, axis=-2) / bias


@define(sg.periodogram)
def periodogram(
    x, fs=1.0, window="boxcar", nfft=None, detrend="constant", return_onesided=True, scaling="density", axis=-1,
):  # fmt: skip
    x = as_array(x)
    n = np.shape(x)[axis]
    f, out = spectral("periodogram", x, None, fs, window, n, 0, nfft, detrend, return_onesided, scaling, axis)
    return f, np.moveaxis(np.mean(out, axis=-2), -1, axis)


def short_time(x, fs, window, size, overlap, nfft, detrended, onesided, scale):
    """Frequencies, and the spectra of overlapping segments along the last axis: times stand last."""
    onesided = onesided and not np.iscomplexobj(x)
    weights = window_of(window, size)
    parts = segments(x, size, overlap, detrended) * weights
    out = np.fft.rfft(parts, nfft) if onesided else np.fft.fft(parts, nfft)
    norm = np.sum(weights) if scale == "spectrum" else np.sqrt(fs * np.sum(weights**2))
    length = size if nfft is None else nfft
    f = np.arange(length // 2 + 1) * (fs / length) if onesided else np.fft.fftfreq(length, 1.0 / fs)
    return f, np.swapaxes(in_precision_of(out / norm, x), -1, -2)


def with_boundary(x, edge, boundary):
    if boundary is None:
        return x
    if boundary == "zeros":
        nothing = np.zeros(np.shape(x)[:-1] + (edge,), dtype=x.dtype)
        return np.concatenate([nothing, x, nothing], axis=-1)
    return extension(x, edge, -1, boundary)


def frequencies_at(out, axis):
    """The frequencies, which stand before the times, where the axis of the signal was."""
    return out if axis == -1 else np.moveaxis(out, -2, axis if axis >= 0 else axis - 1)


@define(sg.stft)
def stft(
    x, fs=1.0, window="hann", nperseg=256, noverlap=None, nfft=None, detrend=False, return_onesided=True,
    boundary="zeros", padded=True, axis=-1, scaling="spectrum",
):  # fmt: skip
    x = np.moveaxis(as_array(x), axis, -1)
    size = min(nperseg, np.shape(x)[-1])
    overlap = size // 2 if noverlap is None else noverlap
    longer = with_boundary(x, size // 2, boundary)
    if padded:
        rest = (-(np.shape(longer)[-1] - size) % (size - overlap)) % size
        longer = np.concatenate([longer, np.zeros(np.shape(x)[:-1] + (rest,), dtype=x.dtype)], axis=-1)
    scale = "spectrum" if scaling == "spectrum" else "density"
    f, out = short_time(longer, fs, window, size, overlap, nfft, detrend, return_onesided, scale)
    t = np.arange(np.shape(out)[-1]) * ((size - overlap) / fs)
    return f, t + (size / 2 / fs if boundary is None else 0.0), frequencies_at(out, axis)


@define(sg.spectrogram)
def spectrogram(
    x, fs=1.0, window=("tukey", 0.25), nperseg=None, noverlap=None, nfft=None, detrend="constant",
    return_onesided=True, scaling="density", axis=-1, mode="psd",
):  # fmt: skip
    x = as_array(x)
    if nperseg is None:
        size = np.shape(window)[0] if not isinstance(window, (str, tuple)) else min(256, np.shape(x)[axis])
    else:
        size = min(nperseg, np.shape(x)[axis])
    overlap = size // 8 if noverlap is None else noverlap
    if mode == "psd":
        f, out = spectral(
            "spectrogram", x, None, fs, window, size, overlap, nfft, detrend, return_onesided, scaling, axis
        )
        out = np.swapaxes(out, -1, -2)
    else:
        x = np.moveaxis(x, axis, -1)
        f, out = short_time(x, fs, window, size, overlap, nfft, detrend, return_onesided, scaling)
        if mode == "magnitude":
            out = np.abs(out)
        elif mode in ("angle", "phase"):
            out = np.angle(out)
            out = np.unwrap(out, axis=-2) if mode == "phase" else out
    t = (np.arange(np.shape(out)[-1]) * (size - overlap) + size / 2) / fs
    return f, t, frequencies_at(out, axis)


def chirped(x, m, start, turns):
    """The z-transform at m points of a spiral, by Bluestein's algorithm: ``turns`` are the halves of its squares."""
    n = np.shape(x)[-1]
    length = n + m - 1
    kernel = 1.0 / np.concatenate([np.flip(turns[1:n]), turns[:m]])
    spectrum = np.fft.fft(kernel, length) * np.fft.fft(x * (start * turns[:n]), length)
    return np.fft.ifft(spectrum)[..., n - 1 : n + m - 1] * turns[:m]


@define(sg.czt)
def czt(x, m=None, w=None, a=1 + 0j, *, axis=-1):
    x = np.moveaxis(as_array(x), axis, -1)
    n = np.shape(x)[-1]
    m = n if m is None else m
    k = np.arange(max(m, n))
    turns = np.exp(-1j * np.pi / m * ((k * k) % (2 * m))) if w is None else w ** (0.5 * k * k)
    return np.moveaxis(chirped(x, m, a ** (-1.0 * k[:n]), turns), -1, axis)


@define(sg.CZT.__call__)
def of_chirps(self, x, *, axis=-1):
    x = np.moveaxis(as_array(x), axis, -1)
    if np.shape(x)[-1] != self.n:
        raise ValueError("this CZT is for signals of another length")
    spectrum = self._Fwk2 * np.fft.fft(x * self._Awk2, self._nfft)
    return np.moveaxis(np.fft.ifft(spectrum)[..., self._yidx] * self._wk2, -1, axis)


class Zoomed:
    """A ZoomFFT."""

    def __init__(self, n, fn, m, fs, endpoint):
        self.n, self.m, self.fs = n, n if m is None else m, fs
        self.f1, self.f2 = (0.0, fn) if np.ndim(fn) == 0 else (fn[0], fn[1])
        step = (self.f2 - self.f1) / (fs * (self.m - 1 if endpoint else self.m))
        k = np.arange(max(self.m, n))
        self.turns = np.exp(-1j * np.pi * step * (k * k))
        self.first = np.exp(-2j * np.pi * self.f1 / fs * k[:n])
        self.w, self.a = np.exp(-2j * np.pi * step), np.exp(2j * np.pi * self.f1 / fs)

    def points(self):
        return self.a * self.w ** -np.arange(self.m)

    def __call__(self, x, *, axis=-1):
        x = np.moveaxis(as_array(x), axis, -1)
        if np.shape(x)[-1] != self.n:
            raise ValueError("this ZoomFFT is for signals of another length")
        return np.moveaxis(chirped(x, self.m, self.first, self.turns), -1, axis)


@define(sg.ZoomFFT)
def zoomed(n, fn, m=None, *, fs=2, endpoint=False):
    return Zoomed(n, fn, m, fs, endpoint)


@define(sg.zoom_fft)
def zoom_fft(x, fn, m=None, *, fs=2, endpoint=False, axis=-1):
    return zoomed(np.shape(as_array(x))[axis], fn, m, fs=fs, endpoint=endpoint)(x, axis=axis)
