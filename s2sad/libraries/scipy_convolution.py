"""``scipy.signal``: convolutions and correlations; the adjoint of one is one with the reversed kernel."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import numpy as np
import scipy.signal as sg

from s2sad.ir.core import Arg
from s2sad.ir.types import Array, Type, axes
from s2sad.prims.inference import number, option
from s2sad.prims.primitive import REGISTRY, primitive
from s2sad.rules.book import bilinear, linear

define = REGISTRY.define


def in_precision_of(out, *given):
    """In single precision where all that is given is."""
    dtype = np.result_type(*given)
    if (dtype != np.float32 and dtype != np.complex64) or out.dtype == np.float32 or out.dtype == np.complex64:
        return out
    return out.astype(np.complex64 if np.iscomplexobj(out) else np.float32)


def as_array(x):
    return np.array(x) if isinstance(x, (list, tuple)) else x


def _float(*operands: Arg) -> str:
    kinds = {number(x).dtype for x in operands}
    if any(k[0] == "c" for k in kinds):
        return "c128"
    return "f32" if kinds == {"f32"} else "f64"


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
primitive("middle", middle, _middle, style="helper", alias="maybe")


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
    full = in_precision_of(full2d(in1, in2, boundary, fillvalue), in1, in2)
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
    full = in_precision_of(full2d(in1, reverse, boundary, fillvalue), in1, in2)
    top, left = np.shape(in2)[0] // 2, np.shape(in2)[1] // 2
    return full[top : top + np.shape(in1)[0], left : left + np.shape(in1)[1]]
