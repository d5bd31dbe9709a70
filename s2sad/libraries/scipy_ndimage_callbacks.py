"""``scipy.ndimage``: what is handed a function, which is called for each pixel or line in turn, as SciPy does."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import numpy as np
import scipy.ndimage as nd

from s2sad.libraries.scipy_images import at_coordinates
from s2sad.libraries.scipy_ndimage import as_array, delivered, filtered_axes, per_axis, with_frame
from s2sad.libraries.scipy_ndimage_windows import around
from s2sad.prims.primitive import REGISTRY

define = REGISTRY.define


@define(nd.generic_filter)
def generic_filter(
    input, function, size=None, footprint=None, output=None, mode="reflect", cval=0.0, origin=0,  # noqa: A002
    extra_arguments=(), extra_keywords=None, *, axes=None,
):  # fmt: skip
    x, keywords = as_array(input), {} if extra_keywords is None else extra_keywords
    seen = around(x, size, footprint, mode, cval, origin, axes)
    rows = np.reshape(seen, (-1, np.shape(seen)[-1]))
    values = np.array([float(function(row, *extra_arguments, **keywords)) for row in rows])
    return delivered(x, output, np.reshape(values, np.shape(x)))


@define(nd.generic_filter1d)
def generic_filter1d(
    input, function, filter_size, axis=-1, output=None, mode="reflect", cval=0.0, origin=0,  # noqa: A002
    extra_arguments=(), extra_keywords=None,
):  # fmt: skip
    x, keywords = as_array(input), {} if extra_keywords is None else extra_keywords
    before = filter_size // 2 + origin
    longer = np.moveaxis(with_frame(x, before, filter_size - 1 - before, axis, mode, cval), axis, -1)
    lines = np.reshape(longer, (-1, np.shape(longer)[-1])) * 1.0
    out = np.zeros((np.shape(lines)[0], np.shape(x)[axis]))
    for k in range(len(lines)):
        function(lines[k], out[k], *extra_arguments, **keywords)
    shape = np.shape(np.moveaxis(x, axis, -1))
    return delivered(x, output, np.moveaxis(np.reshape(out, shape), -1, axis))


@define(nd.geometric_transform)
def geometric_transform(
    input, mapping, output_shape=None, output=None, order=3, mode="constant", cval=0.0, prefilter=True,  # noqa: A002
    extra_arguments=(), extra_keywords=None,
):  # fmt: skip
    x, keywords = as_array(input), {} if extra_keywords is None else extra_keywords
    shape = np.shape(x) if output_shape is None else tuple(output_shape)
    if output_shape is None and isinstance(output, np.ndarray):
        shape = np.shape(output)
    places = np.array([mapping(index, *extra_arguments, **keywords) for index in np.ndindex(*shape)])
    where = [np.reshape(places[:, k], shape) for k in range(np.ndim(x))]
    return delivered(x, output, at_coordinates(x, where, order, mode, cval, prefilter))


@define(nd.generic_laplace)
def generic_laplace(
    input, derivative2, output=None, mode="reflect", cval=0.0, extra_arguments=(), extra_keywords=None, *,  # noqa: A002
    axes=None,
):  # fmt: skip
    x = as_array(input)
    slopes = along_axes(x, derivative2, axes, mode, cval, extra_arguments, extra_keywords)
    return delivered(x, output, sum(slopes, 0.0))


@define(nd.generic_gradient_magnitude)
def generic_gradient_magnitude(
    input, derivative, output=None, mode="reflect", cval=0.0, extra_arguments=(), extra_keywords=None, *,  # noqa: A002
    axes=None,
):  # fmt: skip
    x = as_array(input)
    slopes = along_axes(x, derivative, axes, mode, cval, extra_arguments, extra_keywords)
    return delivered(x, output, np.sqrt(sum([slope**2 for slope in slopes], 0.0)))


def along_axes(x, derivative, axes, mode, cval, arguments, keywords):
    """What a function of an image, an axis, an output array and a mode stores in the array, for each axis."""
    over, out = filtered_axes(np.ndim(x), axes), []
    modes = per_axis(mode, len(over))
    for k in range(len(over)):
        slope = np.zeros(np.shape(x))
        derivative(x, over[k], slope, modes[k], cval, *arguments, **({} if keywords is None else keywords))
        out.append(slope)
    return out
