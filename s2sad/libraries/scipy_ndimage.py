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
from s2sad.libraries.scipy_convolution import _float, convolve_of, in_precision_of
from s2sad.prims.inference import number, option
from s2sad.prims.primitive import REGISTRY, primitive, unsupported
from s2sad.rules.batching import batches
from s2sad.rules.batching_reductions import line
from s2sad.rules.book import bilinear, linear

define = REGISTRY.define


def as_array(x):
    return np.array(x) if isinstance(x, (list, tuple)) else x


def delivered(x, output, out):
    """A result in the type that is asked for, by default that of the image, or in the array that is to hold it."""
    if isinstance(output, np.ndarray):
        output[...] = out
        return output
    if output is not None:
        return out.astype(np.result_type(output, np.complex64) if np.iscomplexobj(out) else output)
    return in_precision_of(out, x)


@REGISTRY.compute
def filtered_axes(rank, axes):
    """The axes that a filter goes over, counted from the front."""
    return tuple(range(rank)) if axes is None else tuple(k % rank for k in ((axes,) if isinstance(axes, int) else axes))


def per_axis(value, rank):
    return value if isinstance(value, (tuple, list)) else (value,) * rank


def along_all(value, rank, axes, other):
    """What is said of the axes that a filter goes over, for all axes; of the others it is ``other``."""
    over = filtered_axes(rank, axes)
    values = per_axis(value, len(over))
    return tuple([values[over.index(k)] if k in over else other for k in range(rank)])


def with_axes(weights, rank, axes):
    """A kernel over some axes of an image, as one over all of them."""
    if axes is None:
        return weights
    over = filtered_axes(rank, axes)
    return np.expand_dims(weights, tuple([k for k in range(rank) if k not in over]))


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
    size, before = x.shape[axis] - len(weights) + 1, len(weights) // 2
    dtype = np.result_type(x, weights)
    out = scipy.ndimage.correlate1d(x, np.conj(weights), axis, dtype, "constant")  # which conjugates them again
    return out[(*(slice(None),) * (axis % x.ndim), slice(before, before + size))]


def correlations(x, g, count, axis=-1):
    """The sums over n of g[n] x[n + k], for k below count."""
    size, whole = g.shape[axis], (slice(None),) * (axis % x.ndim)
    return np.array([g.ravel() @ x[(*whole, slice(k, k + size))].ravel() for k in range(count)])


def spread(g, weights, axis=-1):
    """The transpose of ``correlated`` in x."""
    widths = [(0, 0)] * g.ndim
    widths[axis] = (len(weights) - 1,) * 2
    return correlated(np.pad(g, widths), weights[::-1], axis)


def _weighted(x: Arg, weights: Arg, axis: Any = -1) -> Type:
    t = _along(x, axis)
    assert isinstance(t, Array)
    return Array(_float(x, weights), t.axes)


primitive("correlated", correlated, _weighted, style="helper")
primitive("spread", spread, lambda g, weights, axis=-1: _weighted(g, weights, axis), style="helper")
primitive("correlations", correlations, lambda x, g, count, axis=-1: Array(_float(x, g), ("?",)), style="helper")
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
    x, weights = as_array(input), as_array(weights)
    before = np.size(weights) // 2 + origin
    longer = with_frame(x, before, np.size(weights) - 1 - before, axis, mode, cval)
    return delivered(x, output, correlated(longer, weights, axis))


@define(nd.convolve1d)
def convolve1d(input, weights, axis=-1, output=None, mode="reflect", cval=0.0, origin=0):  # noqa: A002
    x, weights = as_array(input), np.flip(as_array(weights))
    before = (np.size(weights) - 1) // 2 - origin
    after = np.size(weights) - 1 - before
    return delivered(x, output, correlated(with_frame(x, before, after, axis, mode, cval), weights, axis))


def gaussian(sigma, order, radius):
    """The weights of a Gaussian and its derivatives (by Hermite's polynomials), as ``scipy.ndimage`` has them."""
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
    before, hermite = u, u**2 - 1.0
    for k in range(2, order):
        before, hermite = hermite, u * hermite - k * before
    return hermite / (-sigma) ** order * weights


@define(nd.gaussian_filter1d)
def gaussian_filter1d(
    input, sigma, axis=-1, order=0, output=None, mode="reflect", cval=0.0, truncate=4.0, *, radius=None,  # noqa: A002
):  # fmt: skip
    reach = int(truncate * sigma + 0.5) if radius is None else radius
    return correlate1d(input, gaussian(sigma, order, reach)[::-1], axis, output, mode, cval)


@define(nd.gaussian_filter)
def gaussian_filter(
    input, sigma, order=0, output=None, mode="reflect", cval=0.0, truncate=4.0, *, radius=None, axes=None,  # noqa: A002
):  # fmt: skip
    x = out = as_array(input)
    over = filtered_axes(np.ndim(x), axes)
    sigmas = sigma if isinstance(sigma, np.ndarray) and np.ndim(sigma) == 1 else per_axis(sigma, len(over))
    orders, modes, radii = (per_axis(v, len(over)) for v in (order, mode, radius))
    for k in range(len(over)):
        if not no_width(sigmas[k]):
            out = gaussian_filter1d(out, sigmas[k], over[k], orders[k], None, modes[k], cval, truncate, radius=radii[k])
    return delivered(x, output, out)


def no_width(sigma):
    """Whether a Gaussian is known to be so narrow that SciPy leaves it out."""
    return isinstance(sigma, (int, float)) and sigma <= 1e-15


@define(nd.uniform_filter1d)
def uniform_filter1d(input, size, axis=-1, output=None, mode="reflect", cval=0.0, origin=0):  # noqa: A002
    return correlate1d(input, np.full(size, 1.0 / size), axis, output, mode, cval, origin)


@define(nd.uniform_filter)
def uniform_filter(input, size=3, output=None, mode="reflect", cval=0.0, origin=0, *, axes=None):  # noqa: A002
    x = out = as_array(input)
    over = filtered_axes(np.ndim(x), axes)
    sizes, modes, origins = (per_axis(v, len(over)) for v in (size, mode, origin))
    for k in range(len(over)):
        out = uniform_filter1d(out, sizes[k], over[k], None, modes[k], cval, origins[k])
    return delivered(x, output, out)


def crossed(x, axis, mode, cval, smoothing):
    """The difference along one axis, smoothed along the others."""
    x = as_array(x)
    modes = per_axis(mode, np.ndim(x))
    out = correlate1d(x, np.array([-1.0, 0.0, 1.0]), axis, None, modes[axis], cval)
    for k in range(np.ndim(x)):
        if k != axis % np.ndim(x):
            out = correlate1d(out, np.array(smoothing), k, None, modes[k], cval)
    return out


@define(nd.sobel)
def sobel(input, axis=-1, output=None, mode="reflect", cval=0.0):  # noqa: A002
    return delivered(as_array(input), output, crossed(input, axis, mode, cval, [1.0, 2.0, 1.0]))


@define(nd.prewitt)
def prewitt(input, axis=-1, output=None, mode="reflect", cval=0.0):  # noqa: A002
    return delivered(as_array(input), output, crossed(input, axis, mode, cval, [1.0, 1.0, 1.0]))


@define(nd.laplace)
def laplace(input, output=None, mode="reflect", cval=0.0, *, axes=None):  # noqa: A002
    x, out = as_array(input), 0.0
    over = filtered_axes(np.ndim(x), axes)
    modes = per_axis(mode, len(over))
    for k in range(len(over)):
        out = out + correlate1d(x, np.array([1.0, -2.0, 1.0]), over[k], None, modes[k], cval)
    return delivered(x, output, out)


# -- filters of several axes ------------------------------------------------------------------------------------------


def correlated_all(x, weights):
    """The sums over all offsets of weights[offset] x[place + offset], for all places that have them."""
    shape = tuple(n - m + 1 for n, m in zip(x.shape, weights.shape, strict=True))
    if min(shape) < 1 or np.prod(shape) > 50:
        return scipy.signal.correlate(x, weights, "valid")
    out = np.empty(shape, np.result_type(x, weights))
    for place in np.ndindex(shape):
        out[place] = np.vdot(weights, x[tuple(slice(k, k + m) for k, m in zip(place, weights.shape, strict=True))])
    return out


def _correlated_all(x: Arg, weights: Arg) -> Type:
    return Array(_float(x, weights), tuple("?" for _ in axes(number(x)) or ()))


primitive("correlated_all", correlated_all, _correlated_all, style="helper")


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
    x, weights = as_array(input), as_array(weights) * 1.0
    rank = np.ndim(x)
    weights, origins = with_axes(weights, rank, axes), along_all(origin, rank, axes, 0)
    before = [n // 2 + o for n, o in zip(np.shape(weights), origins, strict=True)]
    return delivered(x, output, filtered_all(x, weights, along_all(mode, rank, axes, "reflect"), cval, before))


@define(nd.convolve)
def convolve(input, weights, output=None, mode="reflect", cval=0.0, origin=0, *, axes=None):  # noqa: A002
    x, weights = as_array(input), np.flip(as_array(weights)) * 1.0
    rank = np.ndim(x)
    weights, origins = with_axes(weights, rank, axes), along_all(origin, rank, axes, 0)
    before = [(n - 1) // 2 - o for n, o in zip(np.shape(weights), origins, strict=True)]
    return delivered(x, output, filtered_all(x, weights, along_all(mode, rank, axes, "reflect"), cval, before))


@REGISTRY.compute
def derivative_along(k, count, order):
    """Of which order a Gaussian filter is a derivative along each axis, where it is one along a single axis."""
    return tuple(order if j == k else 0 for j in range(count))


@define(nd.gaussian_laplace)
def gaussian_laplace(input, sigma, output=None, mode="reflect", cval=0.0, *, axes=None, **kwargs):  # noqa: A002
    x, out = as_array(input), 0.0
    over = filtered_axes(np.ndim(x), axes)
    modes = per_axis(mode, len(over))
    for k in range(len(over)):
        along = derivative_along(k, len(over), 2)
        out = out + gaussian_filter(x, sigma, along, None, modes[k], cval, axes=over, **kwargs)
    return delivered(x, output, out)


@define(nd.gaussian_gradient_magnitude)
def gaussian_gradient_magnitude(input, sigma, output=None, mode="reflect", cval=0.0, *, axes=None, **kwargs):  # noqa: A002
    x, out = as_array(input), 0.0
    over = filtered_axes(np.ndim(x), axes)
    modes = per_axis(mode, len(over))
    for k in range(len(over)):
        along = derivative_along(over[k], np.ndim(x), 1)  # smoothed along the other axes, too
        out = out + gaussian_filter(x, sigma, along, None, modes[k], cval, **kwargs) ** 2
    return delivered(x, output, np.sqrt(out))
