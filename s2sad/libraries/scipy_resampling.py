"""``scipy.signal``: signals at other rates.

``upfirdn`` puts zeros between the samples, convolves, and leaves samples out: its adjoint does the same with the
reversed filter, the two rates changed (Crochiere and Rabiner, "Multirate Digital Signal Processing", section 3.3).
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import math

import numpy as np
import scipy.signal as sg

from s2sad.ir.core import Arg
from s2sad.ir.types import Array, Axis, Type, axes
from s2sad.libraries.scipy_convolution import _float, as_array, in_precision_of
from s2sad.libraries.scipy_filters import filtered_rows, lagged_sums
from s2sad.libraries.scipy_spectra import window_at
from s2sad.prims.inference import number, option
from s2sad.prims.primitive import REGISTRY, primitive, unsupported
from s2sad.prims.runtime import fitted
from s2sad.rules.batching import batches
from s2sad.rules.book import bilinear

define = REGISTRY.define


def _resampled(h: Arg, x: Arg, up=1, down=1, axis=-1) -> Type:
    shape: list[Axis] = list(axes(number(x)) or ())
    shape[option(axis)] = "?"
    return Array(_float(h, x), tuple(shape))


def run_upfirdn(h, x, up=1, down=1, axis=-1):
    return sg.upfirdn(h, x, up, down, axis)


resampled = primitive("scipy.signal.upfirdn", run_upfirdn, _resampled, calls=())
batches(resampled, way="axis moves")(filtered_rows)
upfirdn_of = REGISTRY.word(resampled)


def with_zeros(x, up, size):
    """Zeros between the values along the last axis, as many in all as asked for."""
    out = np.zeros(np.shape(x)[:-1] + (np.shape(x)[-1] * up,), np.result_type(x))
    out[..., ::up] = x
    return fitted(out, size, -1)


@bilinear(resampled, wrt=("h", "x"))
def upfirdn_(ans_bar, h, x, up, down, axis):
    size, count = np.size(h), np.shape(x)[axis]
    ahead = (1 - size) % up
    turned = np.concatenate([np.zeros(ahead, h.dtype), np.flip(h)]) if up > 1 else np.flip(h)
    first = (size - 1 + ahead) // up
    x_bar = np.moveaxis(fitted(upfirdn_of(turned, ans_bar, down, up, axis), first + count, axis), axis, -1)[..., first:]
    length = (count - 1) * up + size
    sums = lagged_sums(
        with_zeros(np.moveaxis(ans_bar, axis, -1), down, length), with_zeros(np.moveaxis(x, axis, -1), up, length), size
    )
    return sums, np.moveaxis(x_bar, -1, axis)


PADS = {"symmetric": "symmetric", "edge": "edge", "reflect": "reflect", "wrap": "wrap"}


def continued(x, before, after, mode, cval):
    """Signals along the last axis with more samples at both ends, as ``upfirdn`` continues them."""
    n = np.shape(x)[-1]
    if mode in PADS:
        return np.pad(x, [(0, 0)] * (np.ndim(x) - 1) + [(before, after)], mode=PADS[mode])
    if mode == "constant":
        out = np.zeros(np.shape(x)[:-1] + (before + n + after,), np.result_type(x, cval, np.float32)) + cval
        out[..., before : before + n] = x
        return out
    place = np.arange(-before, n + after)
    if mode == "antisymmetric":
        place = place % (2 * n)
        return np.where(place < n, 1.0, -1.0) * x[..., np.where(place < n, place, 2 * n - 1 - place)]
    first, end = x[..., :1], x[..., -1:]
    if mode == "antireflect":
        turns, place = place // (2 * n - 2), place % (2 * n - 2)
        back = place >= n
        there = x[..., np.where(back, 2 * n - 2 - place, place)]
        return 2.0 * (end - first) * turns + np.where(back, 2.0 * end - there, there)
    left, right = np.arange(-before, 0), np.arange(1, after + 1)
    if mode == "line":
        slope = (end - first) / max(n - 1, 1)
        return np.concatenate([first + slope * left, x, end + slope * right], axis=-1)
    if mode == "smooth":
        rise, fall = x[..., 1:2] - first, end - x[..., -2:-1]
        return np.concatenate([first + rise * left, x, end + fall * right], axis=-1)
    raise ValueError(f"Unknown mode: {mode}")


def at_rate(h, x, up, down, mode, cval, first, count):
    """Samples of a signal along the last axis at another rate, continued at its ends."""
    if mode == "constant" and isinstance(cval, (int, float)) and cval == 0:
        return fitted(upfirdn_of(h, x, up, down), first + count, -1)[..., first:]
    n = np.shape(x)[-1]
    before = down * -(-(np.size(h) // up + 1) // down)
    after = max(0, (first + count - 1) * down // up - n + 1)
    start = before * up // down + first
    return fitted(upfirdn_of(h, continued(x, before, after, mode, cval), up, down), start + count, -1)[..., start:]


@define(sg.upfirdn)
def upfirdn(h, x, up=1, down=1, axis=-1, mode="constant", cval=0):
    h, x = as_array(h), as_array(x)
    if mode == "constant" and isinstance(cval, (int, float)) and cval == 0:
        return upfirdn_of(h, x, up, down, axis)
    x = np.moveaxis(x, axis, -1)
    count = ((np.shape(x)[-1] - 1) * up + np.size(h) - 1) // down + 1
    return np.moveaxis(at_rate(h, x, up, down, mode, cval, 0, count), -1, axis)


@REGISTRY.compute
def lowest_terms(up, down):
    """A fraction of whole numbers that are known."""
    return up // math.gcd(up, down), down // math.gcd(up, down)


LEVELS = {"mean": np.mean, "median": np.median, "maximum": np.max, "minimum": np.min}


@define(sg.resample_poly)
def resample_poly(x, up, down, axis=0, window=("kaiser", 5.0), padtype="constant", cval=None):
    x = np.moveaxis(as_array(x), axis, -1)
    up, down = lowest_terms(up, down)
    if up == down:
        return np.moveaxis(x * 1.0, -1, axis)
    if padtype in LEVELS:
        level = LEVELS[padtype](x, axis=-1, keepdims=True)
        return np.moveaxis(resample_poly(x - level, up, down, -1, window) + level, -1, axis)
    if isinstance(window, (str, tuple)):
        half = 10 * max(up, down)
        h = sg.firwin(2 * half + 1, 1.0 / max(up, down), window=window)
        h = (h.astype(np.float32) if np.result_type(x) == np.float32 else h) * up
    else:
        h = as_array(window) * up
        half = (len(h) - 1) // 2
    before = down - half % down
    first, length = (half + before) // down, -(-np.shape(x)[-1] * up // down)
    level = 0 if cval is None else cval
    longer = np.concatenate([np.zeros(before, h.dtype), h])
    return np.moveaxis(at_rate(longer, x, up, down, padtype, level, first, length), -1, axis)


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
    kept = in_precision_of(spectrum[..., : short // 2 + 1] * weight, x)
    out = np.moveaxis(np.fft.irfft(kept, num) * (num / n), -1, axis)
    return out if t is None else (out, np.arange(num) * ((t[1] - t[0]) * n / num) + t[0])
