"""``scipy.ndimage``: filters of images, and values between their pixels.

A correlation with a kernel is a weighted sum of shifted images, taken from an image with a frame as the boundary mode
has it. Values between pixels are sums over the neighbours with weights that hang on the coordinates:
derivatives in both.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.ndimage as nd

from s2sad.ir.core import Arg
from s2sad.ir.types import Array, Axis, Type, axes
from s2sad.prims.inference import number, option
from s2sad.prims.primitive import REGISTRY, primitive, unsupported
from s2sad.rules.batching import batches
from s2sad.rules.batching_reductions import line
from s2sad.rules.book import bilinear, linear

define = REGISTRY.define


def as_array(x):
    return np.array(x) if isinstance(x, (list, tuple)) else x


def new_result(output, name):
    if output is not None:
        unsupported(f"scipy.ndimage.{name} with output=", instead="assign its result")


# -- correlation along one axis ---------------------------------------------------------------------------------------


def framed(x, before, after, axis=-1, mode="reflect"):
    """An array with more places at both ends of an axis, as a boundary mode of scipy.ndimage has them."""
    name = {"reflect": "symmetric", "grid-mirror": "symmetric", "mirror": "reflect", "nearest": "edge",
            "wrap": "wrap", "grid-wrap": "wrap"}.get(mode, "constant")  # fmt: skip
    widths = [(0, 0)] * x.ndim
    widths[axis] = (before, after)
    return np.pad(x, widths, mode=name)


def unframed(g, size, before, after, axis=-1, mode="reflect"):
    """The transpose of framed: what falls on the frame is added to the places that it was copied from."""
    name = {"reflect": "symmetric", "grid-mirror": "symmetric", "mirror": "reflect", "nearest": "edge",
            "wrap": "wrap", "grid-wrap": "wrap"}.get(mode)  # fmt: skip
    g = np.moveaxis(g, axis, 0)
    out = g[before : before + size].copy()
    if name is not None:
        place = np.pad(np.arange(size), (before, after), mode=name)
        np.add.at(out, place[:before], g[:before])
        np.add.at(out, place[before + size :], g[before + size :])
    return np.moveaxis(out, 0, axis)


def _along(x: Arg, axis: Any) -> Type:
    t = number(x)
    shape: list[Axis] = list(axes(t) or ())
    shape[option(axis)] = "?"
    return Array(t.dtype if t.dtype[0] in "fc" else "f64", tuple(shape))


def _framed(x: Arg, before: Arg, after: Arg, axis: Any = -1, mode: Any = "reflect") -> Type:
    return _along(x, axis)


def _unframed(g: Arg, size: Arg, before: Arg, after: Arg, axis: Any = -1, mode: Any = "reflect") -> Type:
    return _along(g, axis)


primitive("framed", framed, _framed, style="helper")
primitive("unframed", unframed, _unframed, style="helper")


@linear("framed", wrt="x")
def framed_(ans_bar, x, before, after, axis, mode):
    return unframed(ans_bar, np.shape(x)[axis], before, after, axis, mode)


@linear("unframed", wrt="g")
def unframed_(ans_bar, before, after, axis, mode):
    return framed(ans_bar, before, after, axis, mode)


def with_frame(x, before, after, axis, mode, cval):
    if mode in ("constant", "grid-constant"):
        if not isinstance(cval, (int, float)) or cval != 0:
            return framed(x - cval, before, after, axis, "constant") + cval
    elif mode not in ("reflect", "grid-mirror", "mirror", "nearest", "wrap", "grid-wrap"):
        unsupported(f"the boundary mode {mode!r}", instead="reflect, mirror, nearest, wrap or constant")
    return framed(x, before, after, axis, mode)


def correlated(x, weights, axis=-1):
    """The sums over k of weights[k] x[n + k], for all n that have them."""
    size = x.shape[axis] - len(weights) + 1
    x = np.moveaxis(x, axis, -1)
    return np.moveaxis(sum(w * x[..., k : k + size] for k, w in enumerate(weights)), -1, axis)


def correlations(x, g, count, axis=-1):
    """The sums over n of g[n] x[n + k], for k below count."""
    size = g.shape[axis]
    x, g = np.moveaxis(x, axis, -1), np.moveaxis(g, axis, -1)
    return np.array([np.sum(g * x[..., k : k + size]) for k in range(count)])


def spread(g, weights, axis=-1):
    """The transpose of ``correlated`` in x."""
    g = np.moveaxis(g, axis, -1)
    out = np.zeros(g.shape[:-1] + (g.shape[-1] + len(weights) - 1,))
    for k, w in enumerate(weights):
        out[..., k : k + g.shape[-1]] += w * g
    return np.moveaxis(out, -1, axis)


primitive("correlated", correlated, lambda x, weights, axis=-1: _along(x, axis), style="helper")
primitive("spread", spread, lambda g, weights, axis=-1: _along(g, axis), style="helper")
primitive("correlations", correlations, lambda x, g, count, axis=-1: Array("f64", ("?",)), style="helper")
batches("framed", "unframed", "correlated", "spread", way="axis moves")(line)


@bilinear("correlated", wrt=("x", "weights"))
def correlated_(ans_bar, x, weights, axis):
    return spread(ans_bar, weights, axis), correlations(x, ans_bar, np.size(weights), axis)


@bilinear("spread", wrt=("g", "weights"))
def spread_(ans_bar, g, weights, axis):
    return correlated(ans_bar, weights, axis), correlations(ans_bar, g, np.size(weights), axis)


@bilinear("correlations", wrt=("x", "g"))
def correlations_(ans_bar, x, g, axis):
    return spread(g, ans_bar, axis), correlated(x, ans_bar, axis)


@define(nd.correlate1d)
def correlate1d(input, weights, axis=-1, output=None, mode="reflect", cval=0.0, origin=0):  # noqa: A002
    new_result(output, "correlate1d")
    x, weights = as_array(input), as_array(weights)
    before = np.size(weights) // 2 + origin
    return correlated(with_frame(x, before, np.size(weights) - 1 - before, axis, mode, cval), weights, axis)


@define(nd.convolve1d)
def convolve1d(input, weights, axis=-1, output=None, mode="reflect", cval=0.0, origin=0):  # noqa: A002
    new_result(output, "convolve1d")
    x, weights = as_array(input), np.flip(as_array(weights))
    before = (np.size(weights) - 1) // 2 - origin
    after = np.size(weights) - 1 - before
    return correlated(with_frame(x, before, after, axis, mode, cval), weights, axis)


def gaussian(sigma, order, radius):
    """The weights of a Gaussian and its derivatives, as ``scipy.ndimage`` has them."""
    t = np.arange(-radius, radius + 1)
    weights = np.exp(-0.5 / sigma**2 * t**2)
    weights = weights / np.sum(weights)
    if order == 0:
        return weights
    u = t / sigma
    if order == 1:
        return -u / sigma * weights
    if order == 2:
        return (u**2 - 1.0) / sigma**2 * weights
    if order == 3:
        return (3.0 * u - u**3) / sigma**3 * weights
    unsupported(f"scipy.ndimage.gaussian_filter of order {order}", instead="filter twice")


@define(nd.gaussian_filter1d)
def gaussian_filter1d(
    input, sigma, axis=-1, order=0, output=None, mode="reflect", cval=0.0, truncate=4.0, *, radius=None,  # noqa: A002
):  # fmt: skip
    new_result(output, "gaussian_filter1d")
    reach = int(truncate * sigma + 0.5) if radius is None else radius
    return correlate1d(input, gaussian(sigma, order, reach)[::-1], axis, None, mode, cval)


def per_axis(value, rank):
    return value if isinstance(value, (tuple, list)) else (value,) * rank


@define(nd.gaussian_filter)
def gaussian_filter(
    input, sigma, order=0, output=None, mode="reflect", cval=0.0, truncate=4.0, *, radius=None, axes=None,  # noqa: A002
):  # fmt: skip
    new_result(output, "gaussian_filter")
    if axes is not None:
        unsupported("scipy.ndimage.gaussian_filter with axes=", instead="gaussian_filter1d for each axis")
    x = as_array(input)
    rank = np.ndim(x)
    sigmas, orders, modes, radii = (per_axis(v, rank) for v in (sigma, order, mode, radius))
    for axis in range(rank):
        reach = radii[axis]
        x = gaussian_filter1d(x, sigmas[axis], axis, orders[axis], None, modes[axis], cval, truncate, radius=reach)
    return x


@define(nd.uniform_filter1d)
def uniform_filter1d(input, size, axis=-1, output=None, mode="reflect", cval=0.0, origin=0):  # noqa: A002
    new_result(output, "uniform_filter1d")
    return correlate1d(input, np.full(size, 1.0 / size), axis, None, mode, cval, origin)


@define(nd.uniform_filter)
def uniform_filter(input, size=3, output=None, mode="reflect", cval=0.0, origin=0, *, axes=None):  # noqa: A002
    new_result(output, "uniform_filter")
    if axes is not None:
        unsupported("scipy.ndimage.uniform_filter with axes=", instead="uniform_filter1d for each axis")
    x = as_array(input)
    sizes, modes, origins = (per_axis(v, np.ndim(x)) for v in (size, mode, origin))
    for axis in range(np.ndim(x)):
        x = uniform_filter1d(x, sizes[axis], axis, None, modes[axis], cval, origins[axis])
    return x


def crossed(x, axis, mode, cval, smoothing):
    """The difference along one axis, smoothed along the others."""
    x = as_array(x)
    out = correlate1d(x, np.array([-1.0, 0.0, 1.0]), axis, None, mode, cval)
    for k in range(np.ndim(x)):
        if k != axis % np.ndim(x):
            out = correlate1d(out, np.array(smoothing), k, None, mode, cval)
    return out


@define(nd.sobel)
def sobel(input, axis=-1, output=None, mode="reflect", cval=0.0):  # noqa: A002
    new_result(output, "sobel")
    return crossed(input, axis, mode, cval, [1.0, 2.0, 1.0])


@define(nd.prewitt)
def prewitt(input, axis=-1, output=None, mode="reflect", cval=0.0):  # noqa: A002
    new_result(output, "prewitt")
    return crossed(input, axis, mode, cval, [1.0, 1.0, 1.0])


@define(nd.laplace)
def laplace(input, output=None, mode="reflect", cval=0.0, *, axes=None):  # noqa: A002
    new_result(output, "laplace")
    if axes is not None:
        unsupported("scipy.ndimage.laplace with axes=", instead="correlate1d for each axis")
    x = as_array(input)
    out = correlate1d(x, np.array([1.0, -2.0, 1.0]), 0, None, mode, cval)
    for axis in range(1, np.ndim(x)):
        out = out + correlate1d(x, np.array([1.0, -2.0, 1.0]), axis, None, mode, cval)
    return out


# -- values between pixels, along straight lines ----------------------------------------------------------------------


def inside_of(position, size, mode):
    """A coordinate where the mode has it."""
    if mode == "nearest":
        return np.clip(position, 0, size - 1)
    return position


@define(nd.map_coordinates)
def map_coordinates(input, coordinates, output=None, order=3, mode="constant", cval=0.0, prefilter=True):  # noqa: A002
    """Of order 0 and 1, for images of one and two axes."""
    new_result(output, "map_coordinates")
    x, where = as_array(input), as_array(coordinates)
    if order > 1 or mode not in ("constant", "nearest") or np.ndim(x) > 2:
        unsupported(
            "scipy.ndimage.map_coordinates but of order 0 or 1, mode 'constant' or 'nearest', of one or two axes",
            instead="order=1, or scipy.interpolate.RectBivariateSpline",
        )  # fmt: skip
    return linear_1d(x, where[0], order, mode, cval) if np.ndim(x) == 1 else linear_2d(x, where, order, mode, cval)


def neighbours(position, size, order, mode):
    """The pixel below a coordinate, the one above, the fraction between, and whether it is in the image."""
    position = inside_of(position, size, mode)
    valid = (position >= 0) & (position <= size - 1)
    floor = np.floor(position) if order == 1 else np.floor(position + 0.5)
    low = np.clip(floor.astype(int), 0, size - 1)
    return low, np.minimum(low + 1, size - 1), position - floor if order == 1 else 0.0 * floor, valid


def linear_1d(x, position, order, mode, cval):
    low, high, part, valid = neighbours(position, np.shape(x)[0], order, mode)
    return np.where(valid, (1.0 - part) * x[low] + part * x[high], cval)


def linear_2d(x, where, order, mode, cval):
    low0, high0, part0, valid0 = neighbours(where[0], np.shape(x)[0], order, mode)
    low1, high1, part1, valid1 = neighbours(where[1], np.shape(x)[1], order, mode)
    above = (1.0 - part1) * x[low0, low1] + part1 * x[low0, high1]
    below = (1.0 - part1) * x[high0, low1] + part1 * x[high0, high1]
    return np.where(valid0 & valid1, (1.0 - part0) * above + part0 * below, cval)

