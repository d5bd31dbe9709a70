"""``scipy.signal``: linear filters.

The adjoint of a filter B(z)/A(z) is the same filter run backwards in time; of its coefficients, the correlation of the
signal, and of the result, with the adjoint of the input of 1/A(z) (Oppenheim and Schafer, "Discrete-Time Signal
Processing", chapter 6).
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import numpy as np
import scipy.signal
import scipy.signal as sg

from s2sad.ir.core import Arg, Call
from s2sad.ir.types import Array, Type, axes
from s2sad.libraries.scipy_convolution import _float, as_array, convolve_of, in_precision_of
from s2sad.prims.inference import number, option
from s2sad.prims.primitive import REGISTRY, primitive
from s2sad.prims.runtime import fitted, unbroadcast
from s2sad.rules.batching import Batch, Result, RowByRow, batches, literal
from s2sad.rules.batching_reductions import behind
from s2sad.rules.book import bilinear, pullback

define = REGISTRY.define


def _filtered(b: Arg, a: Arg, x: Arg, axis=-1) -> Type:
    return Array(_float(b, a, x), axes(number(x)))


def run_lfilter(b, a, x, axis=-1):
    return sg.lfilter(b, a, x, axis)


filtered = primitive("scipy.signal.lfilter", run_lfilter, _filtered, calls=())


@batches(filtered, way="axis moves")
def filtered_rows(b: Batch, call: Call, moved: set[str]) -> Result:
    if moved != {"x"}:
        raise RowByRow
    return b.again(call, {"axis": literal(behind(b.option(call, "axis"), b.ndim(b.bound(call)["x"])))})


lfilter_of = REGISTRY.word(filtered)


def lagged_sums(v, x, count, axis=-1):
    """Sums over n of v[n] x[n - k], for lags k below count, along an axis and over the others."""
    n = x.shape[axis]
    v, x = np.moveaxis(v, axis, -1).reshape(-1, n), np.moveaxis(x, axis, -1).reshape(-1, n)
    if count < 50:
        return np.array([np.sum(v[:, None, k:] @ x[:, : max(n - k, 0), None]) for k in range(count)])
    v, x = (np.pad(a, [(0, 0), (0, count - n % count)]).reshape(len(a), -1, count) for a in (v, x))
    ends = np.concatenate([v[:, 1:], np.zeros_like(v[:, :1])], axis=1)  # a lag goes no further than the next block
    products = np.tensordot(x, np.concatenate([v, ends], axis=2), ((0, 1), (0, 1)))
    skewed = np.append(products, np.zeros_like(products[:1, :count])).reshape(count, -1)
    return np.sum(skewed[:, :count], axis=0)


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
def lfilter_bar(ans_bar, ans, b, a, x, axis, wanted):
    """In its signal the transpose of a filter is the filter backwards; coefficients weight the lags of two signals."""
    if not (wanted[0] or wanted[1]):
        return None, None, backwards(b, a, ans_bar, axis)
    v = backwards(1.0, a, ans_bar, axis)
    b_bar, a_bar = lagged_sums(v, x, np.size(b), axis), -lagged_sums(v, ans, np.size(a), axis)
    b_bar = b_bar[0] if np.ndim(b) == 0 else b_bar
    a_bar = a_bar[0] if np.ndim(a) == 0 else a_bar
    return b_bar, a_bar, backwards(b, 1.0, v, axis)


def lfilter_from(b, a, x, state):
    """Filter along the last axis from a state, which is what is still to come of it; a[0] is 1."""
    state = np.broadcast_to(state, (*x.shape[:-1], state.shape[-1]))
    return scipy.signal.lfilter(b, a, x, zi=state)[0]


def _from(b: Arg, a: Arg, x: Arg, state: Arg) -> Type:
    return Array(_float(b, a, x, state), axes(number(x)))


going_on = primitive("lfilter_from", lfilter_from, _from, style="helper")
lfilter_from_state = REGISTRY.word(going_on)


@batches(going_on, way="leading axes")
def lfilter_from_rows(b: Batch, call: Call, moved: set[str]) -> Result:
    if not moved <= {"x", "state"} or "x" not in moved:
        raise RowByRow
    bound = b.bound(call)
    return b.again(call, {"state": b.aligned(bound["state"], b.ndim(bound["x"]))})


@pullback(going_on, wrt=("b", "a", "x", "state"))
def lfilter_from_bar(ans_bar, ans, b, a, x, state, wanted):
    """A state is added to the first inputs of 1/A(z)."""
    v = backwards(1.0, a, ans_bar, -1)
    b_bar = lagged_sums(v, x, np.size(b)) if wanted[0] else None
    a_bar = -lagged_sums(v, ans, np.size(a)) if wanted[1] else None
    x_bar = backwards(b, 1.0, v, -1) if wanted[2] else None
    return b_bar, a_bar, x_bar, unbroadcast(fitted(v, np.shape(state)[-1], -1), np.shape(state))


@define(sg.lfilter)
def lfilter(b, a, x, axis=-1, zi=None):
    b, a, x = as_array(b), as_array(a), as_array(x)
    if zi is None:
        return lfilter_of(b, a, x, axis)
    x, zi = np.moveaxis(x, axis, -1), np.moveaxis(as_array(zi), axis, -1)
    out, state = from_state(np.atleast_1d(b), np.atleast_1d(a), x, zi)
    out, state = in_precision_of(out, b, a, x, zi), in_precision_of(state, b, a, x, zi)
    return np.moveaxis(out, -1, axis), np.moveaxis(state, -1, axis)


def from_state(b, a, x, zi):
    """Filter along the last axis from a state; the state at the end too."""
    b, a = b / a[0], a / a[0]
    n, size = np.shape(x)[-1], np.shape(zi)[-1]
    out = lfilter_from_state(b, a, x, zi)
    coming = last(x, size) @ lagged(b, size).T - last(out, size) @ lagged(a, size).T
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
        x = lfilter_from_state(b, a, x, zi[k] * first)
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


def lagged(b, size):
    """The matrix that makes of the last values of a signal, the last one first, what is still to come of it."""
    lags = np.arange(1, size + 1)[:, None] + np.arange(size)
    return fitted(b, 2 * size + 1, 0)[lags]


@define(sg.lfiltic)
def lfiltic(b, a, y, x=None):
    """The state after an input and an output that end with these values, the last one first."""
    b, a, y = np.atleast_1d(as_array(b)), np.atleast_1d(as_array(a)), np.atleast_1d(as_array(y))
    b, a = b / a[0], a / a[0]
    size = max(len(a), len(b)) - 1
    state = -(lagged(a, size) @ fitted(y, size, 0))
    return state if x is None else state + lagged(b, size) @ fitted(np.atleast_1d(as_array(x)), size, 0)


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
    return lfilter_from_state(b / a[0], a / a[0], x, state * x[..., :1])


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
    return in_precision_of(np.moveaxis(again[..., edge : edge + np.shape(x)[axis]], -1, axis), b, a, x)


@define(sg.deconvolve)
def deconvolve(signal, divisor):
    num, den = np.atleast_1d(as_array(signal)) * 1.0, np.atleast_1d(as_array(divisor))
    if len(den) > len(num):
        return np.zeros(0), num
    start = np.zeros(len(num) - len(den) + 1)
    start[0] = 1.0
    quotient = lfilter_of(num, den, start, -1)
    return quotient, num - convolve_of(den, quotient)
