"""``scipy.ndimage``: images between their pixels, moved, stretched and turned.

A value between pixels is a sum over the neighbours of coefficients times B-splines of the coordinates: differentiated
in both. The coefficients of order 2 and 3 are a linear filter of the pixels (Unser, "Splines: a perfect fit for signal
and image processing", 1999).
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import numpy as np
import scipy.ndimage
import scipy.ndimage as nd

from s2sad.ir.core import Arg
from s2sad.ir.types import Array, Type, axes
from s2sad.libraries.scipy_ndimage import as_array, new_result, per_axis
from s2sad.prims.inference import number
from s2sad.prims.primitive import REGISTRY, primitive, unsupported
from s2sad.rules.book import linear

define = REGISTRY.define


def spline_image(x, order, mode):
    """The coefficients of the spline through the pixels of an image."""
    return scipy.ndimage.spline_filter(x, order, mode=mode)


def spline_image_transposed(g, order, mode):
    """The transpose of spline_image: axis by axis, with the matrix of the filter of one line."""
    for axis in range(g.ndim):
        size = g.shape[axis]
        if size > 1:
            matrix = scipy.ndimage.spline_filter1d(np.eye(size), order, axis=0, mode=mode)
            g = np.moveaxis(np.tensordot(matrix, g, ((0,), (axis,))), 0, axis)
    return g


def _image(x: Arg, order: Arg, mode: Arg) -> Type:
    return Array("f64", axes(number(x)))


primitive("spline_image", spline_image, lambda x, order, mode: _image(x, order, mode), style="helper")
primitive(
    "spline_image_transposed", spline_image_transposed, lambda g, order, mode: _image(g, order, mode), style="helper"
)


@linear("spline_image", wrt="x")
def spline_image_(ans_bar, order, mode):
    return spline_image_transposed(ans_bar, order, mode)


@linear("spline_image_transposed", wrt="g")
def spline_image_transposed_(ans_bar, order, mode):
    return spline_image(ans_bar, order, mode)


MODES = ("constant", "nearest", "mirror", "reflect", "wrap", "grid-wrap")
PADDED = 12  # how far scipy.ndimage continues an image for the splines of mode "nearest"


@REGISTRY.compute
def settled(order):
    """The order of a spline, which has to be known."""
    return int(order)


def spline_coefficients(x, order, mode, prefilter):
    """The image whose sums of B-splines go through the pixels, and how much wider it is at each end."""
    if order < 2 or not prefilter:
        return x, 0
    if mode == "nearest":
        return spline_image(np.pad(x, PADDED, mode="edge"), order, mode), PADDED
    return spline_image(x, order, mode), 0


def neighbour_weights(position, order):
    """The first pixel that a spline reads around each position, and the weights of it and those after."""
    if order == 0:
        return np.floor(position + 0.5), [np.ones(np.shape(position))]
    if order == 1:
        first = np.floor(position)
        t = position - first
        return first, [1.0 - t, t]
    if order == 2:
        middle = np.floor(position + 0.5)
        t = position - middle
        return middle - 1.0, [0.5 * (0.5 - t) ** 2, 0.75 - t**2, 0.5 * (0.5 + t) ** 2]
    first = np.floor(position)
    t = position - first
    z = 1.0 - t
    middle = (3.0 * t**2 * (t - 2.0) + 4.0) / 6.0
    return first - 1.0, [z**3 / 6.0, middle, (3.0 * z**2 * (z - 2.0) + 4.0) / 6.0, t**3 / 6.0]


def pixels(place, size, mode):
    """Which pixels stand at whole places, as the mode continues an image."""
    if mode == "nearest":
        return np.clip(place, 0, size - 1)
    if mode == "grid-wrap":
        return place % size
    period = 2 * size if mode == "reflect" else np.maximum(2 * size - 2, 1)
    place = place % period
    return np.where(place < size, place, (2 * size - 1 if mode == "reflect" else period) - place)


def at_coordinates(x, where, order, mode, cval, prefilter):
    """The values of an image between its pixels; ``where`` has the coordinates of an axis after those of another."""
    order = settled(order)
    if mode == "grid-mirror":
        mode = "reflect"
    if mode not in MODES or order > 3:
        unsupported(
            f"splines of images of order {order} with the mode {mode!r}",
            instead=f"an order up to 3, and one of the modes {', '.join(MODES)}",
        )  # fmt: skip
    c, wider = spline_coefficients(x * 1.0, order, mode, prefilter)
    rank, valid, places, weights = np.ndim(x), None, [], []
    for axis in range(rank):
        position, size = where[axis], np.shape(x)[axis]
        if mode == "constant":
            inside = (position >= 0) & (position <= size - 1)
            valid = inside if valid is None else valid & inside
        elif mode == "wrap":
            turned = position - (size - 1) * np.floor(position / (size - 1))
            position = np.where((position < 0) | (position > size - 1), turned, position)
        size = size + 2 * wider
        if mode == "nearest":
            position = np.clip(position + wider, 0, size - 1)
        first, parts = neighbour_weights(position, order)
        steps = np.reshape(np.arange(order + 1), (-1,) + (1,) * np.ndim(first))
        place = pixels(first.astype(int) + steps, size, mode)
        shape = (1,) * axis + (order + 1,) + (1,) * (rank - 1 - axis) + np.shape(first)
        places.append(np.reshape(place, shape))
        weights.append(np.stack(parts))
    out = c[tuple(places)]
    for axis in range(rank - 1, -1, -1):
        out = np.sum(weights[axis] * out, axis=axis)
    return out if valid is None else np.where(valid, out, cval)


@define(nd.spline_filter)
def spline_filter(input, order=3, output=np.float64, mode="mirror"):  # noqa: A002
    if output is not np.float64:
        unsupported("scipy.ndimage.spline_filter with output=", instead="assign its result")
    return spline_image(as_array(input) * 1.0, order, mode)


@define(nd.spline_filter1d)
def spline_filter1d(input, order=3, axis=-1, output=np.float64, mode="mirror"):  # noqa: A002
    x = as_array(input)
    if np.ndim(x) != 1:
        unsupported("scipy.ndimage.spline_filter1d of more than one line", instead="spline_filter, or a loop")
    return spline_filter(x, order, output, mode)


@define(nd.map_coordinates)
def map_coordinates(input, coordinates, output=None, order=3, mode="constant", cval=0.0, prefilter=True):  # noqa: A002
    new_result(output, "map_coordinates")
    x = as_array(input)
    where = coordinates if isinstance(coordinates, (list, tuple)) else as_array(coordinates)
    return at_coordinates(x, [as_array(where[k]) for k in range(np.ndim(x))], order, mode, cval, prefilter)


def places_of(shape):
    """The coordinates of all pixels of a new image."""
    rank = len(shape)
    return [np.reshape(np.arange(n) * 1.0, (1,) * k + (-1,) + (1,) * (rank - 1 - k)) for k, n in enumerate(shape)]


def at_grid(x, coordinates, shape, order, mode, cval, prefilter):
    return at_coordinates(x, [np.broadcast_to(p, shape) for p in coordinates], order, mode, cval, prefilter)


@define(nd.shift)
def shift(input, shift, output=None, order=3, mode="constant", cval=0.0, prefilter=True):  # noqa: A002
    new_result(output, "shift")
    x = as_array(input)
    by = shift if isinstance(shift, (list, tuple)) else np.broadcast_to(shift, (np.ndim(x),))
    places = [p - by[k] for k, p in enumerate(places_of(np.shape(x)))]
    return at_grid(x, places, np.shape(x), order, mode, cval, prefilter)


@define(nd.zoom)
def zoom(
    input, zoom, output=None, order=3, mode="constant", cval=0.0, prefilter=True, *, grid_mode=False,  # noqa: A002
):  # fmt: skip
    new_result(output, "zoom")
    if grid_mode:
        unsupported("scipy.ndimage.zoom with grid_mode=True", instead="map_coordinates")
    x = as_array(input)
    factors = per_axis(zoom, np.ndim(x))
    shape = tuple([round_to_int(n * f) for n, f in zip(np.shape(x), factors, strict=True)])
    steps = [(n - 1) / np.maximum(m - 1, 1) for n, m in zip(np.shape(x), shape, strict=True)]
    places = [p * step for p, step in zip(places_of(shape), steps, strict=True)]
    return at_grid(x, places, shape, order, mode, cval, prefilter)


def round_to_int(x):
    return int(round(x))


@define(nd.affine_transform)
def affine_transform(
    input, matrix, offset=0.0, output_shape=None, output=None, order=3, mode="constant", cval=0.0,  # noqa: A002
    prefilter=True,
):  # fmt: skip
    new_result(output, "affine_transform")
    x, matrix = as_array(input), as_array(matrix)
    rank = np.ndim(x)
    shape = np.shape(x) if output_shape is None else tuple(output_shape)
    by = as_array(offset) if np.ndim(offset) else np.broadcast_to(offset, (rank,))
    places = places_of(shape)
    if np.ndim(matrix) == 1:
        moved = [matrix[k] * p + by[k] for k, p in enumerate(places)]
    else:
        if np.shape(matrix)[1] == rank + 1:
            by, matrix = matrix[:rank, rank], matrix[:rank, :rank]
        moved = [sum([matrix[k, j] * p for j, p in enumerate(places)]) + by[k] for k in range(rank)]
    return at_grid(x, moved, shape, order, mode, cval, prefilter)


@define(nd.rotate)
def rotate(
    input, angle, axes=(1, 0), reshape=True, output=None, order=3, mode="constant", cval=0.0,  # noqa: A002
    prefilter=True,
):  # fmt: skip
    new_result(output, "rotate")
    x = as_array(input)
    if np.ndim(x) != 2 or axes not in ((1, 0), (0, 1)):
        unsupported("scipy.ndimage.rotate of other than an image of two axes", instead="rotate each image")
    turn = np.deg2rad(angle)
    c, s = np.cos(turn), np.sin(turn)
    m, n = np.shape(x)
    if reshape:
        rows, columns = np.abs(c) * m + np.abs(s) * n, np.abs(s) * m + np.abs(c) * n
        shape = (int(rows + 0.5), int(columns + 0.5))
    else:
        shape = (m, n)
    i, j = places_of(shape)
    i, j = i - (shape[0] - 1) / 2.0, j - (shape[1] - 1) / 2.0
    places = [c * i + s * j + (m - 1) / 2.0, c * j - s * i + (n - 1) / 2.0]
    return at_grid(x, places, shape, order, mode, cval, prefilter)
