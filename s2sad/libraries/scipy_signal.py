"""``scipy.signal``: trends, analytic signals, frequency responses, smoothing; designs of filters that are constants."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import math

import numpy as np
import scipy.ndimage
import scipy.signal as sg

from s2sad.libraries.known import constants_where_known
from s2sad.libraries.scipy_convolution import as_array, in_precision_of
from s2sad.libraries.scipy_filters import lfilter_of
from s2sad.prims.primitive import REGISTRY, unsupported

define = REGISTRY.define


@define(sg.detrend)
def detrend(data, axis=-1, type="linear", bp=0, overwrite_data=False):  # noqa: A002
    data = as_array(data)
    if type in ("constant", "c"):
        return data - np.mean(data, axis=axis, keepdims=True)
    x = np.moveaxis(data, axis, -1)
    if not isinstance(bp, int) or bp != 0:
        if isinstance(bp, np.ndarray):
            unsupported("scipy.signal.detrend with an array as bp=", instead="a list of numbers, in order")
        starts = [0] + [k for k in (bp if isinstance(bp, (list, tuple)) else [bp]) if k != 0]
        parts = [
            detrend(x[..., k : starts[j + 1] if j + 1 < len(starts) else None]) for j, k in enumerate(starts)
        ]  # fmt: skip
        return np.moveaxis(np.concatenate(parts, axis=-1), -1, axis)
    x = x - np.mean(x, axis=-1, keepdims=True)
    t = np.arange(np.shape(x)[-1]) - 0.5 * (np.shape(x)[-1] - 1)
    slope = np.sum(x * t, axis=-1, keepdims=True) / np.maximum(np.sum(t**2), 0.5)  # of two items; one has no slope
    return np.moveaxis(in_precision_of(x - slope * t, data), -1, axis)


@define(sg.hilbert)
def hilbert(x, N=None, axis=-1):  # noqa: N803
    """The analytic signal: the positive frequencies twice, the negative not at all."""
    x = np.moveaxis(as_array(x), axis, -1)
    n = np.shape(x)[-1] if N is None else N
    frequency = np.arange(n)
    once = (frequency == 0) | (2 * frequency == n)
    weight = np.where(once, 1.0, np.where(2 * frequency < n, 2.0, 0.0))
    return np.moveaxis(np.fft.ifft(in_precision_of(np.fft.fft(x, N) * weight, x)), -1, axis)


@define(sg.freqz)
def freqz(b, a=1, worN=512, whole=False, plot=None, fs=2 * np.pi, include_nyquist=False):  # noqa: N803
    b, a = np.atleast_1d(as_array(b)), np.atleast_1d(as_array(a))
    worN = 512 if worN is None else worN  # noqa: N806
    if isinstance(worN, int):
        steps = worN - 1 if include_nyquist and not whole else worN
        w = np.arange(worN) * ((2.0 if whole else 1.0) * np.pi / steps)
    else:
        w = np.atleast_1d(as_array(worN)) * (2.0 * np.pi / fs)
    return w * (fs / (2.0 * np.pi)), response(b, w) / response(a, w)


def response(b, w):
    """A polynomial in exp(-i w)."""
    return np.exp(-1j * (w[:, None] * np.arange(len(b)))) @ b


@define(sg.sosfreqz, *([sg.freqz_sos] if hasattr(sg, "freqz_sos") else []))
def sosfreqz(sos, worN=512, whole=False, fs=2 * np.pi):  # noqa: N803
    sos = as_array(sos)
    w, out = freqz(sos[0, :3], sos[0, 3:], worN, whole, None, fs)
    for k in range(1, len(sos)):
        out = out * freqz(sos[k, :3], sos[k, 3:], worN, whole, None, fs)[1]
    return w, out


# -- smoothing --------------------------------------------------------------------------------------------------------


@REGISTRY.compute
def smoothing_matrices(window, order, deriv):
    """What ``savgol_filter`` multiplies the windows at the start, inside and at the end with, as tuples.

    Inside it is the polynomial in the middle of the window, which is between two places where the window is even.
    """
    t, half = np.arange(window), window // 2
    centred = t - (window - 1) / 2.0
    powers = np.linalg.pinv(np.vander(centred, order + 1, increasing=True))

    def at(place):
        row = np.zeros(window)
        for k in range(deriv, order + 1):
            row += math.perm(k, deriv) * place ** (k - deriv) * powers[k]
        return tuple(row.tolist())

    return tuple(map(at, centred[:half])), at(0.0), tuple(map(at, centred[window - half :]))


@define(sg.savgol_filter)
def savgol_filter(x, window_length, polyorder, deriv=0, delta=1.0, axis=-1, mode="interp", cval=0.0):
    """Polynomials fitted to windows (Savitzky and Golay, 1964)."""
    rows, inner, last_rows = smoothing_matrices(window_length, polyorder, deriv)
    x = as_array(x)
    weights = np.flip(np.array(inner)) if deriv == 0 else np.flip(np.array(inner)) / delta**deriv
    if mode != "interp":
        return single_where(x, scipy.ndimage.convolve1d(x, weights, axis, None, mode, cval))
    rows, last_rows = np.array(rows), np.array(last_rows)
    if deriv > 0:
        rows, last_rows = rows / delta**deriv, last_rows / delta**deriv
    signals = np.moveaxis(x, axis, -1)
    n, spare = np.shape(signals)[-1], 1 - window_length % 2
    inside = lfilter_of(weights, 1.0, signals, -1)[..., window_length - 1 + spare :]
    parts = [inside]
    if window_length > 1:
        start = signals[..., :window_length] @ rows.T
        parts = [start, inside, signals[..., n - window_length :] @ last_rows.T]
    return single_where(x, np.moveaxis(np.concatenate(parts, axis=-1), -1, axis))


def single_where(x, out):
    """A result in single precision, where the signal is."""
    return out.astype(np.float32) if np.result_type(x) == np.float32 else out


# -- filters that are designed while tracing --------------------------------------------------------------------------


constants_where_known(
    sg, "butter cheby1 cheby2 ellip bessel iirnotch iirpeak firwin firwin2 remez savgol_coeffs unit_impulse max_len_seq"
)
constants_where_known(sg.windows, "dpss")
