"""``scipy.ndimage``: images between their pixels, moved, stretched and turned.

A value between pixels is a sum over the neighbours of coefficients times B-splines of the coordinates: differentiated
in both. The coefficients of orders above 1 are a linear filter of the pixels (Unser, "Splines: a perfect fit for signal
and image processing", 1999).
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import numpy as np
import scipy.ndimage
import scipy.ndimage as nd

from s2sad.ir.core import Arg
from s2sad.ir.types import Array, Type, axes, is_complex
from s2sad.libraries.scipy_ndimage import as_array, delivered, per_axis
from s2sad.prims.inference import number
from s2sad.prims.primitive import REGISTRY, primitive, unsupported
from s2sad.rules.book import linear

define = REGISTRY.define


def spline_image(x, order, mode):
    """The coefficients of the spline through the pixels of an image."""
    return scipy.ndimage.spline_filter(x, order, np.result_type(x, float), mode)


def spline_image_transposed(g, order, mode):
    """The transpose of spline_image: axis by axis, with the matrix of the filter of one line."""
    for axis in range(g.ndim):
        size = g.shape[axis]
        if size > 1:
            matrix = scipy.ndimage.spline_filter1d(np.eye(size), order, axis=0, mode=mode)
            g = np.moveaxis(np.tensordot(matrix, g, ((0,), (axis,))), 0, axis)
    return g


def _image(x: Arg, order: Arg, mode: Arg) -> Type:
    return Array("c128" if is_complex(number(x)) else "f64", axes(number(x)))


primitive("spline_image", spline_image, lambda x, order, mode: _image(x, order, mode), style="helper")
primitive(
    "spline_image_transposed", spline_image_transposed, lambda g, order, mode: _image(g, order, mode), style="helper",
    alias="maybe",
)


@linear("spline_image", wrt="x")
def spline_image_(ans_bar, order, mode):
    return spline_image_transposed(ans_bar, order, mode)


@linear("spline_image_transposed", wrt="g")
def spline_image_transposed_(ans_bar, order, mode):
    return spline_image(ans_bar, order, mode)


def spline_lines(x, order, axis, mode):
    """The coefficients of the splines through the values along one axis."""
    return scipy.ndimage.spline_filter1d(x, order, axis, np.result_type(x, float), mode)


def spline_lines_transposed(g, order, axis, mode):
    """The transpose of spline_lines, with the matrix of the filter of one line."""
    matrix = scipy.ndimage.spline_filter1d(np.eye(g.shape[axis]), order, axis=0, mode=mode)
    return np.moveaxis(np.tensordot(matrix, g, ((0,), (axis,))), 0, axis)


primitive("spline_lines", spline_lines, lambda x, order, axis, mode: _image(x, order, mode), style="helper")
primitive(
    "spline_lines_transposed", spline_lines_transposed, lambda g, order, axis, mode: _image(g, order, mode),
    style="helper",
)  # fmt: skip


@linear("spline_lines", wrt="x")
def spline_lines_(ans_bar, order, axis, mode):
    return spline_lines_transposed(ans_bar, order, axis, mode)


@linear("spline_lines_transposed", wrt="g")
def spline_lines_transposed_(ans_bar, order, axis, mode):
    return spline_lines(ans_bar, order, axis, mode)


MODES = ("constant", "grid-constant", "nearest", "mirror", "reflect", "wrap", "grid-wrap")
PADDED = 12  # how far scipy.ndimage continues an image for the splines of modes "nearest" and "grid-constant"


@REGISTRY.compute
def settled(order):
    """The order of a spline, which has to be known."""
    return int(order)


def spline_coefficients(x, order, mode, cval, prefilter):
    """The image whose sums of B-splines go through the pixels, and how much wider it is at each end."""
    if order < 2 or not prefilter:
        return x, 0
    if mode == "nearest":
        return spline_image(np.pad(x, PADDED, mode="edge"), order, mode), PADDED
    if mode == "grid-constant":
        return spline_image(np.pad(x, PADDED, constant_values=cval), order, mode), PADDED
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
    if order == 3:
        first = np.floor(position)
        t = position - first
        z = 1.0 - t
        middle = (3.0 * t**2 * (t - 2.0) + 4.0) / 6.0
        return first - 1.0, [z**3 / 6.0, middle, (3.0 * z**2 * (z - 2.0) + 4.0) / 6.0, t**3 / 6.0]
    if order == 4:
        middle = np.floor(position + 0.5)
        t = position - middle
        inner = t**4 / 4.0 - 0.625 * t**2 + 115.0 / 192.0
        return middle - 2.0, [(0.5 - t) ** 4 / 24.0, quartic(1.0 + t), inner, quartic(1.0 - t), (0.5 + t) ** 4 / 24.0]
    first = np.floor(position)
    t = position - first
    z = 1.0 - t
    parts = [z**5 / 120.0, quintic_slope(1.0 + t), quintic(t), quintic(z), quintic_slope(1.0 + z), t**5 / 120.0]
    return first - 2.0, parts


def quartic(d):
    """The B-spline of order 4 between 1/2 and 3/2 from its middle (Unser, 1999, equation 14)."""
    return -(d**4) / 6.0 + 5.0 * d**3 / 6.0 - 1.25 * d**2 + 5.0 * d / 24.0 + 55.0 / 96.0


def quintic(d):
    """The B-spline of order 5 up to 1 from its middle."""
    return 0.55 - 0.5 * d**2 + 0.25 * d**4 - d**5 / 12.0


def quintic_slope(d):
    """The B-spline of order 5 between 1 and 2 from its middle."""
    return 0.425 + 0.625 * d - 1.75 * d**2 + 1.25 * d**3 - 0.375 * d**4 + d**5 / 24.0


def pixels(place, size, mode):
    """Which pixels stand at whole places, as the mode continues an image."""
    if mode in ("nearest", "grid-constant"):
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
    if mode not in MODES or order > 5:
        unsupported(
            f"splines of images of order {order} with the mode {mode!r}",
            instead=f"an order up to 5, and one of the modes {', '.join(MODES)}",
        )  # fmt: skip
    c, wider = spline_coefficients(x * 1.0, order, mode, cval, prefilter)
    rank, valid, here, places, weights = np.ndim(x), None, None, [], []
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
        elif mode == "grid-constant":
            position = position + wider
        first, parts = neighbour_weights(position, order)
        steps = np.reshape(np.arange(order + 1), (-1,) + (1,) * np.ndim(first))
        place = first.astype(int) + steps
        shape = (1,) * axis + (order + 1,) + (1,) * (rank - 1 - axis) + np.shape(first)
        if mode == "grid-constant":
            within = np.reshape((place >= 0) & (place < size), shape)
            here = within if here is None else here & within
        places.append(np.reshape(pixels(place, size, mode), shape))
        weights.append(np.stack(parts))
    cells = places[0]
    for axis in range(1, rank):
        cells = cells * np.shape(c)[axis] + places[axis]
    out = np.ravel(c)[cells]
    out = out if here is None else np.where(here, out, cval)
    for axis in range(rank - 1, -1, -1):
        out = np.sum(weights[axis] * out, axis=axis)
    return out if valid is None else np.where(valid, out, cval)


@define(nd.spline_filter)
def spline_filter(input, order=3, output=np.float64, mode="mirror"):  # noqa: A002
    x = as_array(input)
    return delivered(x, output, spline_image(x * 1.0, order, mode))


@define(nd.spline_filter1d)
def spline_filter1d(input, order=3, axis=-1, output=np.float64, mode="mirror"):  # noqa: A002
    x = as_array(input)
    return delivered(x, output, x * 1.0 if order < 2 else spline_lines(x * 1.0, order, axis, mode))


@define(nd.map_coordinates)
def map_coordinates(input, coordinates, output=None, order=3, mode="constant", cval=0.0, prefilter=True):  # noqa: A002
    x = as_array(input)
    where = coordinates if isinstance(coordinates, (list, tuple)) else as_array(coordinates)
    places = [as_array(where[k]) for k in range(np.ndim(x))]
    return delivered(x, output, at_coordinates(x, places, order, mode, cval, prefilter))


def places_of(shape):
    """The coordinates of all pixels of a new image."""
    rank = len(shape)
    return [np.reshape(np.arange(n) * 1.0, (1,) * k + (-1,) + (1,) * (rank - 1 - k)) for k, n in enumerate(shape)]


def at_grid(x, coordinates, shape, order, mode, cval, prefilter):
    return at_coordinates(x, [np.broadcast_to(p, shape) for p in coordinates], order, mode, cval, prefilter)


@define(nd.shift)
def shift(input, shift, output=None, order=3, mode="constant", cval=0.0, prefilter=True):  # noqa: A002
    x = as_array(input)
    by = shift if isinstance(shift, (list, tuple)) else np.broadcast_to(shift, (np.ndim(x),))
    places = [p - by[k] for k, p in enumerate(places_of(np.shape(x)))]
    return delivered(x, output, at_grid(x, places, np.shape(x), order, mode, cval, prefilter))


@define(nd.zoom)
def zoom(
    input, zoom, output=None, order=3, mode="constant", cval=0.0, prefilter=True, *, grid_mode=False,  # noqa: A002
):  # fmt: skip
    x = as_array(input)
    factors = per_axis(zoom, np.ndim(x))
    shape = tuple([round_to_int(n * f) for n, f in zip(np.shape(x), factors, strict=True)])
    if grid_mode:
        steps = [n / m for n, m in zip(np.shape(x), shape, strict=True)]
        places = [(p + 0.5) * step - 0.5 for p, step in zip(places_of(shape), steps, strict=True)]
    else:
        steps = [(n - 1) / np.maximum(m - 1, 1) for n, m in zip(np.shape(x), shape, strict=True)]
        places = [p * step for p, step in zip(places_of(shape), steps, strict=True)]
    return delivered(x, output, at_grid(x, places, shape, order, mode, cval, prefilter))


def round_to_int(x):
    return int(round(x))


@define(nd.affine_transform)
def affine_transform(
    input, matrix, offset=0.0, output_shape=None, output=None, order=3, mode="constant", cval=0.0,  # noqa: A002
    prefilter=True,
):  # fmt: skip
    x, matrix = as_array(input), as_array(matrix)
    rank = np.ndim(x)
    shape = tuple(output_shape) if output_shape is not None else np.shape(x)
    if output_shape is None and isinstance(output, np.ndarray):
        shape = np.shape(output)
    by = as_array(offset) if np.ndim(offset) else np.broadcast_to(offset, (rank,))
    places = places_of(shape)
    if np.ndim(matrix) == 1:
        moved = [matrix[k] * p + by[k] for k, p in enumerate(places)]
    else:
        if np.shape(matrix)[1] == rank + 1:
            by, matrix = matrix[:rank, rank], matrix[:rank, :rank]
        moved = [sum([matrix[k, j] * p for j, p in enumerate(places)]) + by[k] for k in range(rank)]
    return delivered(x, output, at_grid(x, moved, shape, order, mode, cval, prefilter))


def turned(x, c, s, shape, order, mode, cval, prefilter):
    """An image turned about its middle."""
    m, n = np.shape(x)
    i, j = places_of(shape)
    i, j = i - (shape[0] - 1) / 2.0, j - (shape[1] - 1) / 2.0
    places = [c * i + s * j + (m - 1) / 2.0, c * j - s * i + (n - 1) / 2.0]
    return at_grid(x, places, shape, order, mode, cval, prefilter)


@REGISTRY.compute
def in_order(axes, rank):
    return tuple(sorted(k % rank for k in axes))


@define(nd.rotate)
def rotate(
    input, angle, axes=(1, 0), reshape=True, output=None, order=3, mode="constant", cval=0.0,  # noqa: A002
    prefilter=True,
):  # fmt: skip
    x = as_array(input)
    rank = np.ndim(x)
    plane = in_order(axes, rank)
    turn = np.deg2rad(angle)
    c, s = np.cos(turn), np.sin(turn)
    shape = m, n = np.shape(x)[plane[0]], np.shape(x)[plane[1]]
    if reshape:
        rows, columns = np.abs(c) * m + np.abs(s) * n, np.abs(s) * m + np.abs(c) * n
        shape = (int(rows + 0.5), int(columns + 0.5))
    if rank == 2:
        return delivered(x, output, turned(x, c, s, shape, order, mode, cval, prefilter))
    behind = np.moveaxis(x, plane, (-2, -1))
    planes = np.reshape(behind, (-1, m, n))
    out = np.stack([turned(image, c, s, shape, order, mode, cval, prefilter) for image in planes])
    out = np.moveaxis(np.reshape(out, np.shape(behind)[:-2] + shape), (-2, -1), plane)
    return delivered(x, output, out)
