"""``scipy.signal``: signals at other rates."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import math

import numpy as np
import scipy.signal as sg

from s2sad.libraries.scipy_convolution import as_array, convolve_of
from s2sad.libraries.scipy_filters import lfilter_of
from s2sad.libraries.scipy_spectra import window_at
from s2sad.prims.primitive import REGISTRY, unsupported
from s2sad.prims.runtime import fitted

define = REGISTRY.define


@define(sg.upfirdn)
def upfirdn(h, x, up=1, down=1, axis=-1, mode="constant", cval=0):
    h, x = as_array(h), np.moveaxis(as_array(x), axis, -1)
    if mode != "constant" or not isinstance(cval, (int, float)) or cval != 0:
        unsupported("scipy.signal.upfirdn with mode= or cval=", instead="pad before")
    n = np.shape(x)[-1]
    apart = np.zeros(np.shape(x)[:-1] + ((n - 1) * up + 1,))
    apart[..., ::up] = x
    if np.ndim(x) == 1:
        return convolve_of(apart, h)[::down]
    full = lfilter_of(h, 1.0, fitted(apart, (n - 1) * up + np.size(h), -1), -1)
    return np.moveaxis(full[..., ::down], -1, axis)


@REGISTRY.compute
def lowest_terms(up, down):
    """A fraction of whole numbers that are known."""
    return up // math.gcd(up, down), down // math.gcd(up, down)


LEVELS = {"mean": np.mean, "median": np.median, "maximum": np.max, "minimum": np.min}


@define(sg.resample_poly)
def resample_poly(x, up, down, axis=0, window=("kaiser", 5.0), padtype="constant", cval=None):
    if padtype != "constant" and padtype not in LEVELS or cval is not None:
        unsupported("scipy.signal.resample_poly with this padtype= or cval=", instead="subtract the level before")
    x = np.moveaxis(as_array(x), axis, -1)
    up, down = lowest_terms(up, down)
    if up == down:
        return np.moveaxis(x * 1.0, -1, axis)
    if padtype != "constant":
        level = LEVELS[padtype](x, axis=-1, keepdims=True)
        return np.moveaxis(resample_poly(x - level, up, down, -1, window) + level, -1, axis)
    if isinstance(window, (str, tuple)):
        half = 10 * max(up, down)
        h = sg.firwin(2 * half + 1, 1.0 / max(up, down), window=window) * up
    else:
        h = as_array(window) * up
        half = (len(h) - 1) // 2
    before = down - half % down
    first, length = (half + before) // down, -(-np.shape(x)[-1] * up // down)
    out = upfirdn(np.concatenate([np.zeros(before), h]), x, up, down)
    return np.moveaxis(fitted(out, first + length, -1)[..., first:], -1, axis)


def spectral_weights(window, n):
    """What a window does to the spectrum of a real signal: the mean of its values at a frequency and its negative."""
    if isinstance(window, np.ndarray):
        weights = window
    elif callable(window):
        weights = window(np.fft.fftfreq(n))
    else:
        weights = np.fft.ifftshift(window_at(window, n))
    mirrored = np.concatenate([weights[:1], np.flip(weights[1:])])
    return (0.5 * (weights + mirrored))[: n // 2 + 1]


@define(sg.resample)
def resample(x, num, t=None, axis=0, window=None, domain="time"):
    if domain != "time":
        unsupported("scipy.signal.resample with domain=", instead="transform back with np.fft.ifft before")
    x = np.moveaxis(as_array(x), axis, -1)
    n = np.shape(x)[-1]
    spectrum = np.fft.rfft(x)
    if window is not None:
        spectrum = spectrum * spectral_weights(window, n)
    short = min(num, n)
    frequency = np.arange(short // 2 + 1)
    half = (2 * frequency == short) & (num != n)
    weight = np.where(half, 2.0 if num < n else 0.5, 1.0)
    out = np.moveaxis(np.fft.irfft(spectrum[..., : short // 2 + 1] * weight, num) * (num / n), -1, axis)
    return out if t is None else (out, np.arange(num) * ((t[1] - t[0]) * n / num) + t[0])
