"""``scipy.signal``: splines through samples at whole numbers, which go on mirrored beyond the ends, and FIR filters.

Weights of the samples around a place are the B-splines there (Unser, "Splines: a perfect fit for signal and image
processing", 1999).
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import numpy as np
import scipy.ndimage
import scipy.signal as sg

from s2sad.libraries.known import constant_where_known
from s2sad.libraries.scipy_convolution import as_array
from s2sad.libraries.solutions import refused
from s2sad.prims.primitive import REGISTRY

define = REGISTRY.define


def mirrored(x, count):
    """Places among samples, those beyond the ends mirrored at them."""
    period = 2 * max(count - 1, 1)
    x = x - period * np.floor(x / period)
    return np.where(x > count - 1, period - x, x)


def weighted(c, first, weights):
    """A sum of samples, of which the first has this number and the ends go on."""
    last = np.shape(c)[0] - 1
    out = weights[0] * c[np.clip(first, 0, last)]
    for k, weight in enumerate(weights[1:]):
        out = out + weight * c[np.clip(first + (k + 1), 0, last)]
    return out


@define(sg.cspline1d_eval)
def cspline1d_eval(cj, newx, dx=1.0, x0=0):
    c = as_array(cj)
    x = mirrored((as_array(newx) - x0) / dx, np.shape(c)[0])
    below = np.floor(x)
    t = x - below
    weights = (1.0 - t) ** 3, (3.0 * t - 6.0) * t**2 + 4.0, ((3.0 - 3.0 * t) * t + 3.0) * t + 1.0, t**3
    out = weighted(c, below.astype(int) - 1, weights) / 6.0
    return out.astype(c.dtype) if np.result_type(c) == np.float32 else out


@define(sg.qspline1d_eval)
def qspline1d_eval(cj, newx, dx=1.0, x0=0):
    c = as_array(cj)
    x = mirrored((as_array(newx) - x0) / dx, np.shape(c)[0])
    nearest = np.floor(x + 0.5)
    t = x - nearest
    out = weighted(c, nearest.astype(int) - 1, (0.5 * (0.5 - t) ** 2, 0.75 - t**2, 0.5 * (0.5 + t) ** 2))
    return out.astype(x.dtype) if np.result_type(x) == np.float32 else out


@define(sg.sepfir2d)
def sepfir2d(input, hrow, hcol):  # noqa: A002
    rows = scipy.ndimage.convolve1d(as_array(input), as_array(hrow), axis=1)
    return scipy.ndimage.convolve1d(rows, as_array(hcol), axis=0)


constant_where_known(
    sg.remez,
    lambda machine, args, options: machine.refuse(
        "scipy.signal.remez of bands or gains that are not known when the derivative is made",
        instead="firls, which is differentiated in both",
    ),
)
refused(sg, "symiirorder1 symiirorder2 cspline2d qspline2d spline_filter", "lfilter forwards and backwards, sepfir2d")
