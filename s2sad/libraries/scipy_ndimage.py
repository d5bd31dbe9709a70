"""``scipy.ndimage``: filters of images.

A correlation with a kernel is a weighted sum of shifted images, taken from an image with a frame as the boundary mode
has it. Values between pixels are in ``scipy_images``.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.ndimage as nd
import scipy.signal

from s2sad.ir.core import Arg
from s2sad.ir.types import Array, Axis, Type, axes
from s2sad.libraries.scipy_convolution import convolve_of
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


# -- filters of several axes ------------------------------------------------------------------------------------------


def correlated_all(x, weights):
    """The sums over all offsets of weights[offset] x[place + offset], for all places that have them."""
    return scipy.signal.correlate(x, weights, "valid")


primitive(
    "correlated_all", correlated_all, lambda x, weights: Array("f64", tuple("?" for _ in axes(number(x)) or ())),
    style="helper",
)  # fmt: skip


@bilinear("correlated_all", wrt=("x", "weights"))
def correlated_all_(ans_bar, x, weights):
    return convolve_of(ans_bar, weights, "full"), correlated_all(x, ans_bar)


def filtered_all(x, weights, mode, cval, before):
    """A correlation with a kernel of as many axes, ``before`` of it before each pixel."""
    for axis in range(np.ndim(x)):
        size, mode_ = np.shape(weights)[axis], mode[axis]
        x = with_frame(x, before[axis], size - 1 - before[axis], axis, mode_, cval)
    return correlated_all(x, weights)


@define(nd.correlate)
def correlate(input, weights, output=None, mode="reflect", cval=0.0, origin=0, *, axes=None):  # noqa: A002
    new_result(output, "correlate")
    every_axis(axes, "correlate")
    x, weights = as_array(input), as_array(weights) * 1.0
    rank = np.ndim(x)
    before = [n // 2 + o for n, o in zip(np.shape(weights), per_axis(origin, rank), strict=True)]
    return filtered_all(x, weights, per_axis(mode, rank), cval, before)


@define(nd.convolve)
def convolve(input, weights, output=None, mode="reflect", cval=0.0, origin=0, *, axes=None):  # noqa: A002
    new_result(output, "convolve")
    every_axis(axes, "convolve")
    x, weights = as_array(input), np.flip(as_array(weights)) * 1.0
    rank = np.ndim(x)
    before = [(n - 1) // 2 - o for n, o in zip(np.shape(weights), per_axis(origin, rank), strict=True)]
    return filtered_all(x, weights, per_axis(mode, rank), cval, before)


def every_axis(axes, name):
    if axes is not None:
        unsupported(f"scipy.ndimage.{name} with axes=", instead="the filter of one axis, for each of them")


@REGISTRY.compute
def derivative_along(axis, rank, order):
    """Of which order a Gaussian filter is a derivative along each axis, where it is one along a single axis."""
    return tuple(order if k == axis else 0 for k in range(rank))


@define(nd.gaussian_laplace)
def gaussian_laplace(input, sigma, output=None, mode="reflect", cval=0.0, *, axes=None, **kwargs):  # noqa: A002
    new_result(output, "gaussian_laplace")
    every_axis(axes, "gaussian_laplace")
    x, out = as_array(input), 0.0
    for axis in range(np.ndim(x)):
        out = out + gaussian_filter(x, sigma, derivative_along(axis, np.ndim(x), 2), None, mode, cval, **kwargs)
    return out


@define(nd.gaussian_gradient_magnitude)
def gaussian_gradient_magnitude(input, sigma, output=None, mode="reflect", cval=0.0, *, axes=None, **kwargs):  # noqa: A002
    new_result(output, "gaussian_gradient_magnitude")
    every_axis(axes, "gaussian_gradient_magnitude")
    x, out = as_array(input), 0.0
    for axis in range(np.ndim(x)):
        out = out + gaussian_filter(x, sigma, derivative_along(axis, np.ndim(x), 1), None, mode, cval, **kwargs) ** 2
    return np.sqrt(out)
