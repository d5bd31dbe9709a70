"""``scipy.signal``: convolutions and linear filters as operations, the rest in terms of them and of ``np.fft``.

The adjoint of a convolution is a convolution with the reversed kernel. The adjoint of a filter B(z)/A(z) is the same
filter run backwards in time; of its coefficients, the correlation of the signal, and of the result, with the adjoint of
the input of 1/A(z) (Oppenheim and Schafer, "Discrete-Time Signal Processing", chapter 6).
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import inspect
import math

import numpy as np
import scipy.ndimage
import scipy.signal
import scipy.signal as sg

from s2sad.ir.core import Arg, Call
from s2sad.ir.types import Array, Type, axes
from s2sad.libraries.known import constants_where_known
from s2sad.prims.inference import number, option
from s2sad.prims.primitive import REGISTRY, primitive, unsupported
from s2sad.prims.runtime import fitted
from s2sad.rules.batching import Batch, Result, RowByRow, batches, literal
from s2sad.rules.batching_reductions import behind
from s2sad.rules.book import bilinear, constant, linear, pullback

define = REGISTRY.define


def as_array(x):
    return np.array(x) if isinstance(x, (list, tuple)) else x


def _float(*operands: Arg) -> str:
    kinds = {number(x).dtype for x in operands}
    if any(k[0] == "c" for k in kinds):
        return "c128"
    return "f32" if kinds == {"f32"} else "f64"


# -- convolution ------------------------------------------------------------------------------------------------------


def _convolved(in1: Arg, in2: Arg, mode="full") -> Type:
    own = axes(number(in1))
    same = option(mode) == "same"
    return Array(_float(in1, in2), own if same or own is None else tuple("?" for _ in own))


def run_convolve(in1, in2, mode="full"):
    return sg.convolve(in1, in2, mode)


def run_fftconvolve(in1, in2, mode="full"):
    return sg.fftconvolve(in1, in2, mode)


def run_oaconvolve(in1, in2, mode="full"):
    return sg.oaconvolve(in1, in2, mode)


def spread_full(g, shape1, shape2):
    """The middle part of a full convolution of arrays of these shapes, with zeros around it."""
    full = [n + m - 1 for n, m in zip(shape1, shape2, strict=True)]
    before = [(n - k) // 2 for n, k in zip(full, np.shape(g), strict=True)]
    return np.pad(g, [(b, n - k - b) for b, n, k in zip(before, full, np.shape(g), strict=True)])


def middle(g, like, shape1, shape2):
    """What ``spread_full`` put zeros around, of the shape of ``like``: its transpose."""
    full = [n + m - 1 for n, m in zip(shape1, shape2, strict=True)]
    before = [(n - k) // 2 for n, k in zip(full, like, strict=True)]
    return g[tuple([slice(b, b + k) for b, k in zip(before, like, strict=True)])]


def _spread_full(g: Arg, shape1: Arg, shape2: Arg) -> Type:
    t = number(g)
    return Array(t.dtype, tuple("?" for _ in axes(t) or ()))


def _middle(g: Arg, like: Arg, shape1: Arg, shape2: Arg) -> Type:
    t = number(g)
    return Array(t.dtype, tuple("?" for _ in axes(t) or ()))


primitive("spread_full", spread_full, _spread_full, style="helper")
primitive("middle", middle, _middle, style="helper")


@linear("spread_full", wrt="g")
def spread_full_(ans_bar, g, shape1, shape2):
    return middle(ans_bar, np.shape(g), shape1, shape2)


@linear("middle", wrt="g")
def middle_(ans_bar, shape1, shape2):
    return spread_full(ans_bar, shape1, shape2)


def convolution(name, run):
    prim = primitive(f"scipy.signal.{name}", run, _convolved, calls=())
    word = REGISTRY.word(prim)

    @bilinear(prim, wrt=("in1", "in2"))
    def transposes(ans_bar, in1, in2, mode):
        if mode != "full":
            ans_bar = spread_full(ans_bar, np.shape(in1), np.shape(in2))
        return word(ans_bar, np.flip(in2), "valid"), word(ans_bar, np.flip(in1), "valid")

    return word


convolve_of = convolution("convolve", run_convolve)
fftconvolve_of = convolution("fftconvolve", run_fftconvolve)
oaconvolve_of = convolution("oaconvolve", run_oaconvolve)


@define(sg.convolve)
def convolve(in1, in2, mode="full", method="auto"):
    return (fftconvolve_of if method == "fft" else convolve_of)(as_array(in1), as_array(in2), mode)


def convolved_along(x, y, mode, axes):
    """A convolution along some axes, by way of their spectra; along the others the operands broadcast."""
    rank = np.ndim(x)
    axes = tuple([axis % rank for axis in (axes if isinstance(axes, (list, tuple)) else (axes,))])
    sizes = [np.shape(x)[axis] + np.shape(y)[axis] - 1 for axis in axes]
    if np.iscomplexobj(x) or np.iscomplexobj(y):
        out = np.fft.ifftn(np.fft.fftn(x, sizes, axes) * np.fft.fftn(y, sizes, axes), sizes, axes)
    else:
        out = np.fft.irfftn(np.fft.rfftn(x, sizes, axes) * np.fft.rfftn(y, sizes, axes), sizes, axes)
    if mode == "full":
        return out
    for axis in axes:
        n, m = np.shape(x)[axis], np.shape(y)[axis]
        start, stop = ((m - 1) // 2, (m - 1) // 2 + n) if mode == "same" else (min(n, m) - 1, max(n, m))
        out = np.moveaxis(np.moveaxis(out, axis, 0)[start:stop], 0, axis)
    return out


@define(sg.fftconvolve)
def fftconvolve(in1, in2, mode="full", axes=None):
    if axes is not None:
        return convolved_along(as_array(in1), as_array(in2), mode, axes)
    return fftconvolve_of(as_array(in1), as_array(in2), mode)


@define(sg.oaconvolve)
def oaconvolve(in1, in2, mode="full", axes=None):
    if axes is not None:
        return convolved_along(as_array(in1), as_array(in2), mode, axes)
    return oaconvolve_of(as_array(in1), as_array(in2), mode)


@define(sg.correlate)
def correlate(in1, in2, mode="full", method="auto"):
    in1, in2 = as_array(in1), as_array(in2)
    reverse = np.flip(np.conjugate(in2) if np.iscomplexobj(in2) else in2)
    return (fftconvolve_of if method == "fft" else convolve_of)(in1, reverse, mode)


def beyond(x, width, boundary):
    """The rows of an image with ``width`` more on both sides, as the boundary has them."""
    n = np.shape(x)[0]
    place = np.arange(-width, n + width)
    if boundary in ("wrap", "circular"):
        return x[place % n]
    place = place % (2 * n)
    return x[np.where(place < n, place, 2 * n - 1 - place)]


def around(x, rows, columns, boundary, fillvalue):
    """An image with a frame as wide as a kernel reaches."""
    if boundary in ("wrap", "circular", "symm", "symmetric"):
        return np.transpose(beyond(np.transpose(beyond(x, rows, boundary)), columns, boundary))
    out = np.full((np.shape(x)[0] + 2 * rows, np.shape(x)[1] + 2 * columns), fillvalue * 1.0)
    out[rows : rows + np.shape(x)[0], columns : columns + np.shape(x)[1]] = x
    return out


def full2d(in1, in2, boundary, fillvalue):
    if boundary in ("fill", "pad") and isinstance(fillvalue, (int, float)) and fillvalue == 0:
        return convolve_of(in1, in2, "full")
    return convolve_of(around(in1, np.shape(in2)[0] - 1, np.shape(in2)[1] - 1, boundary, fillvalue), in2, "valid")


@define(sg.convolve2d)
def convolve2d(in1, in2, mode="full", boundary="fill", fillvalue=0):
    in1, in2 = as_array(in1), as_array(in2)
    plain = boundary in ("fill", "pad") and isinstance(fillvalue, (int, float)) and fillvalue == 0
    if mode == "valid" or plain:
        return convolve_of(in1, in2, mode)
    full = full2d(in1, in2, boundary, fillvalue)
    if mode == "full":
        return full
    top, left = (np.shape(in2)[0] - 1) // 2, (np.shape(in2)[1] - 1) // 2
    return full[top : top + np.shape(in1)[0], left : left + np.shape(in1)[1]]


@define(sg.correlate2d)
def correlate2d(in1, in2, mode="full", boundary="fill", fillvalue=0):
    in1, in2 = as_array(in1), as_array(in2)
    reverse = np.flip(np.conjugate(in2) if np.iscomplexobj(in2) else in2)
    if mode != "same":
        return convolve2d(in1, reverse, mode, boundary, fillvalue)
    full = full2d(in1, reverse, boundary, fillvalue)
    top, left = np.shape(in2)[0] // 2, np.shape(in2)[1] // 2
    return full[top : top + np.shape(in1)[0], left : left + np.shape(in1)[1]]


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


@define(sg.deconvolve)
def deconvolve(signal, divisor):
    num, den = np.atleast_1d(as_array(signal)) * 1.0, np.atleast_1d(as_array(divisor))
    if len(den) > len(num):
        return np.zeros(0), num
    start = np.zeros(len(num) - len(den) + 1)
    start[0] = 1.0
    quotient = lfilter_of(num, den, start, -1)
    return quotient, num - convolve_of(den, quotient)


# -- filters ----------------------------------------------------------------------------------------------------------


def _filtered(b: Arg, a: Arg, x: Arg, axis=-1) -> Type:
    return Array(_float(b, a, x), axes(number(x)))


def run_lfilter(b, a, x, axis=-1):
    return sg.lfilter(b, a, x, axis)


filtered = primitive("scipy.signal.lfilter", run_lfilter, _filtered, calls=())


@batches(filtered, way="axis moves")
def filtered_rows(b: Batch, call: Call, moved: set[str]) -> Result:
    if moved != {"x"}:
        raise RowByRow
    return b.again(call, {"axis": literal(behind(b.option(call, "axis"), b.ndim(call.args[2])))})
lfilter_of = REGISTRY.word(filtered)


def lagged_sums(v, x, count, axis=-1):
    """Sums over n of v[n] x[n - k], for lags k below count, along an axis and over the others."""
    v, x = np.moveaxis(v, axis, -1), np.moveaxis(x, axis, -1)
    n = x.shape[-1]
    return np.array([np.sum(v[..., k:] * x[..., : n - k]) if k < n else 0.0 for k in range(count)])


def _lagged(v: Arg, x: Arg, count: Arg, axis=-1) -> Type:
    option(axis)
    return Array(_float(v, x), ("?",))


primitive("lagged_sums", lagged_sums, _lagged, style="helper")


@bilinear("lagged_sums", wrt=("v", "x"))
def lagged_sums_(ans_bar, v, x, axis):
    return lfilter_of(ans_bar, 1.0, x, axis), backwards(ans_bar, 1.0, v, axis)


def backwards(b, a, x, axis):
    """The filter run backwards in time."""
    return np.flip(lfilter_of(b, a, np.flip(x, axis), axis), axis)


@pullback(filtered, wrt=("b", "a", "x"))
def lfilter_bar(ans_bar, ans, b, a, x, axis):
    v = backwards(1.0, a, ans_bar, axis)
    b_bar, a_bar = lagged_sums(v, x, np.size(b), axis), -lagged_sums(v, ans, np.size(a), axis)
    b_bar = b_bar[0] if np.ndim(b) == 0 else b_bar
    a_bar = a_bar[0] if np.ndim(a) == 0 else a_bar
    return b_bar, a_bar, backwards(b, 1.0, v, axis)


@define(sg.lfilter)
def lfilter(b, a, x, axis=-1, zi=None):
    b, a, x = as_array(b), as_array(a), as_array(x)
    if zi is None:
        return lfilter_of(b, a, x, axis)
    x, zi = np.moveaxis(x, axis, -1), np.moveaxis(as_array(zi), axis, -1)
    out, state = from_state(np.atleast_1d(b), np.atleast_1d(a), x, zi)
    return np.moveaxis(out, -1, axis), np.moveaxis(state, -1, axis)


def from_state(b, a, x, zi):
    """Filter along the last axis from a state; the state at the end too."""
    b, a = b / a[0], a / a[0]
    n, size = np.shape(x)[-1], np.shape(zi)[-1]
    out = lfilter_of(1.0, a, lfilter_of(b, 1.0, x, -1) + fitted(zi, n, -1), -1)
    lags = np.arange(1, size + 1)[:, None] + np.arange(size)
    coming = last(x, size) @ fitted(b, 2 * size + 1, 0)[lags].T - last(out, size) @ fitted(a, 2 * size + 1, 0)[lags].T
    return out, coming + fitted(zi[..., n:], size, -1)


def last(x, count):
    """The last values of signals, the last one first; zeros before their start."""
    return fitted(np.flip(x, -1), count, -1)


@define(sg.sosfilt)
def sosfilt(sos, x, axis=-1, zi=None):
    sos, out = as_array(sos), as_array(x)
    if zi is None:
        for k in range(len(sos)):
            out = lfilter_of(sos[k, :3], sos[k, 3:], out, axis)
        return out
    zi = np.asarray(zi) * 1.0
    states = []
    for k in range(len(sos)):
        out, state = lfilter(sos[k, :3], sos[k, 3:], out, axis, zi[k])
        states.append(state)
    return out, np.stack(states)


@define(sg.sosfilt_zi)
def sosfilt_zi(sos):
    """The state of each section in which a step of height 1 goes through."""
    sos = as_array(sos) * 1.0
    out, scale = np.zeros((np.shape(sos)[0], 2)), 1.0
    for k in range(len(sos)):
        out[k] = scale * lfilter_zi(sos[k, :3], sos[k, 3:])
        scale = scale * np.sum(sos[k, :3]) / np.sum(sos[k, 3:])
    return out


def through_sections(sos, x, zi):
    """Filter along the last axis from a state times the first value of each signal."""
    first = x[..., :1]
    for k in range(len(sos)):
        b, a = sos[k, :3] / sos[k, 3], sos[k, 3:] / sos[k, 3]
        x = lfilter_of(1.0, a, lfilter_of(b, 1.0, x, -1) + fitted(zi[k], np.shape(x)[-1], 0) * first, -1)
    return x


@define(sg.sosfiltfilt)
def sosfiltfilt(sos, x, axis=-1, padtype="odd", padlen=None):
    sos, x = as_array(sos) * 1.0, as_array(x) * 1.0
    edge = padlen
    if padtype is None:
        edge = 0
    elif padlen is None:
        edge = 3 * (2 * len(sos) + 1 - np.minimum(np.sum(sos[:, 2] == 0), np.sum(sos[:, 5] == 0)))
    zi = sosfilt_zi(sos)
    longer = extension(x, edge, axis, padtype)
    there = through_sections(sos, longer, zi)
    again = np.flip(through_sections(sos, np.flip(there, -1), zi), -1)
    return np.moveaxis(again[..., edge : edge + np.shape(x)[axis]], -1, axis)


@define(sg.lfilter_zi)
def lfilter_zi(b, a):
    """The state in which a step of height 1 stays one."""
    b, a = np.atleast_1d(as_array(b)), np.atleast_1d(as_array(a))
    b, a = b / a[0], a / a[0]
    size = max(len(a), len(b))
    b, a = fitted(b, size, 0), fitted(a, size, 0)
    level = np.sum(b) / np.sum(a)
    return np.flip(np.cumsum(np.flip(b - a * level)))[1:]


def extension(x, edge, axis, padtype):
    """The signal with ``edge`` more places at both ends: its point reflections, its reflections, or its ends."""
    x = np.moveaxis(x, axis, -1)
    if padtype is None:
        return x
    left, right = np.flip(x[..., 1 : edge + 1], -1), np.flip(x[..., -edge - 1 : -1], -1)
    if padtype == "odd":
        left, right = 2.0 * x[..., :1] - left, 2.0 * x[..., -1:] - right
    elif padtype == "constant":
        left, right = x[..., :1] + 0.0 * left, x[..., -1:] + 0.0 * right
    elif padtype != "even":
        raise ValueError(f"Unknown value '{padtype}' given to padtype.")
    return np.concatenate([left, x, right], axis=-1)


def with_state(b, a, x, state):
    """Filter along the last axis from a state times the first value of each signal."""
    moving = lfilter_of(b / a[0], 1.0, x, -1)
    start = fitted(state, np.shape(x)[-1], 0) * x[..., :1]
    return lfilter_of(1.0, a / a[0], moving + start, -1)


@define(sg.filtfilt)
def filtfilt(b, a, x, axis=-1, padtype="odd", padlen=None, method="pad", irlen=None):
    if method == "gust":
        return sg._signaltools._filtfilt_gust(b, a, as_array(x), axis, irlen)[0]
    b, a, x = np.atleast_1d(as_array(b)), np.atleast_1d(as_array(a)), as_array(x)
    edge = 0 if padtype is None else 3 * max(len(a), len(b)) if padlen is None else padlen
    state = lfilter_zi(b, a)
    longer = extension(x, edge, axis, padtype)
    there = with_state(b, a, longer, state)
    again = np.flip(with_state(b, a, np.flip(there, -1), state), -1)
    return np.moveaxis(again[..., edge : edge + np.shape(x)[axis]], -1, axis)


# -- shapes of signals ------------------------------------------------------------------------------------------------


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
    slope = np.sum(x * t, axis=-1, keepdims=True) / np.sum(t**2)
    return np.moveaxis(x - slope * t, -1, axis)


@define(sg.hilbert)
def hilbert(x, N=None, axis=-1):  # noqa: N803
    """The analytic signal: the positive frequencies twice, the negative not at all."""
    x = np.moveaxis(as_array(x), axis, -1)
    n = np.shape(x)[-1] if N is None else N
    frequency = np.arange(n)
    once = (frequency == 0) | (2 * frequency == n)
    weight = np.where(once, 1.0, np.where(2 * frequency < n, 2.0, 0.0))
    return np.moveaxis(np.fft.ifft(np.fft.fft(x, N) * weight), -1, axis)


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
def smoothing_matrices(window, order, deriv, delta):
    """What ``savgol_filter`` multiplies the windows at the start, inside and at the end with, as tuples."""
    t = np.arange(window)
    powers = np.linalg.pinv(np.vander(t - (window - 1) / 2.0, order + 1, increasing=True))
    slopes = []
    for place in t - (window - 1) / 2.0:
        row = np.zeros(window)
        for k in range(deriv, order + 1):
            factor = np.prod(np.arange(k - deriv + 1, k + 1)) if deriv else 1.0
            row += factor * place ** (k - deriv) * powers[k]
        slopes.append(tuple((row / delta**deriv).tolist()))
    return tuple(slopes)


@define(sg.savgol_filter)
def savgol_filter(x, window_length, polyorder, deriv=0, delta=1.0, axis=-1, mode="interp", cval=0.0):
    """Polynomials fitted to windows (Savitzky and Golay, 1964)."""
    if window_length % 2 == 0:
        unsupported("scipy.signal.savgol_filter with a window of even length", instead="a window of odd length")
    rows = np.array(smoothing_matrices(window_length, polyorder, deriv, delta))
    if mode != "interp":
        return scipy.ndimage.correlate1d(as_array(x), rows[window_length // 2], axis, None, mode, cval)
    x = np.moveaxis(as_array(x), axis, -1)
    half, n = window_length // 2, np.shape(x)[-1]
    inside = lfilter_of(np.flip(rows[half]), 1.0, x, -1)[..., window_length - 1 :]
    start = x[..., :window_length] @ rows[:half].T
    end = x[..., n - window_length :] @ rows[half + 1 :].T
    return np.moveaxis(np.concatenate([start, inside, end], axis=-1), -1, axis)


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


# -- spectra ----------------------------------------------------------------------------------------------------------


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
    if not onesided:
        return np.fft.fftfreq(length, 1.0 / fs), products * scale
    frequency = np.arange(length // 2 + 1)
    once = (frequency == 0) | (2 * frequency == length)
    return frequency * (fs / length), products * (scale * np.where(once, 1.0, 2.0))


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
    bias = 1.0 + np.sum(1.0 / (even + 1.0) - 1.0 / even)
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
    return f, np.swapaxes(out / norm, -1, -2)


def with_boundary(x, edge, boundary):
    if boundary is None:
        return x
    if boundary == "zeros":
        nothing = np.zeros(np.shape(x)[:-1] + (edge,))
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
        longer = np.concatenate([longer, np.zeros(np.shape(x)[:-1] + (rest,))], axis=-1)
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


@define(sg.zoom_fft)
def zoom_fft(x, fn, m=None, *, fs=2, endpoint=False, axis=-1):
    x = np.moveaxis(as_array(x), axis, -1)
    n = np.shape(x)[-1]
    m = n if m is None else m
    first, last_ = (0.0, fn) if np.ndim(fn) == 0 else (fn[0], fn[1])
    step = (last_ - first) / (fs * (m - 1 if endpoint else m))
    k = np.arange(max(m, n))
    turns = np.exp(-1j * np.pi * step * (k * k))
    return np.moveaxis(chirped(x, m, np.exp(-2j * np.pi * first / fs * k[:n]), turns), -1, axis)


# -- filters that are designed while tracing --------------------------------------------------------------------------


constants_where_known(
    sg, "butter cheby1 cheby2 ellip bessel iirnotch iirpeak firwin firwin2 remez savgol_coeffs unit_impulse max_len_seq"
)
constants_where_known(sg.windows, "dpss")


# -- peaks ------------------------------------------------------------------------------------------------------------


def _places(x: Arg, **options: Arg) -> Type:
    return Array("i64", ("n",))


def peak_places(
    x, height=None, threshold=None, distance=None, prominence=None, width=None, wlen=None, rel_height=0.5,
    plateau_size=None,
):  # fmt: skip
    """Where the peaks of a signal are."""
    return scipy.signal.find_peaks(
        x, height, threshold, distance, prominence, width, wlen, rel_height, plateau_size
    )[0]


_places.__signature__ = inspect.signature(peak_places)  # type: ignore[attr-defined]
constant(primitive("peak_places", peak_places, _places, style="helper"))


def peak_bases(x, peaks, wlen=None):
    """The lowest places to the left and to the right of peaks, up to where the signal is higher than they are."""
    return scipy.signal.peak_prominences(x, peaks, wlen)[1:]


def _bases(x: Arg, peaks: Arg, wlen=None) -> tuple[Type, ...]:
    return Array("i64", ("n",)), Array("i64", ("n",))


constant(primitive("peak_bases", peak_bases, _bases, style="helper"))


@define(sg.peak_prominences)
def peak_prominences(x, peaks, wlen=None):
    x = as_array(x)
    left, right = peak_bases(x, peaks, wlen)
    return x[peaks] - np.maximum(x[left], x[right]), left, right


class Properties:
    """What ``find_peaks`` says of peaks beside their places."""

    def __init__(self, x, peaks, wlen):
        self.x, self.peaks, self.wlen = x, peaks, wlen

    def __getitem__(self, name):
        if name == "peak_heights":
            return self.x[self.peaks]
        if name in ("prominences", "left_bases", "right_bases"):
            found = peak_prominences(self.x, self.peaks, self.wlen)
            return found[("prominences", "left_bases", "right_bases").index(name)]
        if name == "left_thresholds":
            return self.x[self.peaks] - self.x[self.peaks - 1]
        if name == "right_thresholds":
            return self.x[self.peaks] - self.x[self.peaks + 1]
        unsupported(f"the {name} of peaks", instead="compute them from the places of the peaks")


@define(sg.find_peaks)
def find_peaks(
    x, height=None, threshold=None, distance=None, prominence=None, width=None, wlen=None, rel_height=0.5,
    plateau_size=None,
):  # fmt: skip
    given = {"height": height, "threshold": threshold, "distance": distance, "prominence": prominence, "width": width,
             "wlen": wlen, "plateau_size": plateau_size}  # fmt: skip
    kept = {k: v for k, v in given.items() if v is not None}
    places = peak_places(as_array(x), rel_height=rel_height, **kept)
    return places, Properties(as_array(x), places, wlen)
