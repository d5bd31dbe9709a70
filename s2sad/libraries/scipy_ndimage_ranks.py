"""``scipy.ndimage``: filters by rank (maximum, minimum, median, percentile), grey morphology, measures of regions, and
what has no derivative: labels, distances, binary morphology.

A filter by rank picks one of the pixels in a window: the derivative goes there.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import scipy.ndimage
import scipy.ndimage as nd
import scipy.signal as sg

import s2sad.libraries.scipy_images
import s2sad.libraries.scipy_ndimage_callbacks
import s2sad.libraries.scipy_ndimage_spectra  # noqa: F401  (what else there is in scipy.ndimage)
from s2sad.ir.core import Arg
from s2sad.ir.types import INT, Array, Type, axes
from s2sad.libraries.scipy_ndimage import as_array, delivered, filtered_axes, per_axis, with_frame
from s2sad.libraries.scipy_ndimage_windows import around
from s2sad.libraries.solutions import refused
from s2sad.prims.inference import number
from s2sad.prims.primitive import REGISTRY, primitive, unsupported
from s2sad.rules.book import constant

define = REGISTRY.define


# -- filters by rank --------------------------------------------------------------------------------------------------


@define(nd.maximum_filter)
def maximum_filter(
    input, size=None, footprint=None, output=None, mode="reflect", cval=0.0, origin=0, *, axes=None,  # noqa: A002
):  # fmt: skip
    x = as_array(input)
    return delivered(x, output, np.max(around(x, size, footprint, mode, cval, origin, axes), axis=-1))


@define(nd.minimum_filter)
def minimum_filter(
    input, size=None, footprint=None, output=None, mode="reflect", cval=0.0, origin=0, *, axes=None,  # noqa: A002
):  # fmt: skip
    x = as_array(input)
    return delivered(x, output, np.min(around(x, size, footprint, mode, cval, origin, axes), axis=-1))


def ranked(rows, rank):
    place = np.argsort(rows, axis=-1)[..., rank]
    return np.take_along_axis(rows, place[..., None], axis=-1)[..., 0]


@define(nd.rank_filter)
def rank_filter(
    input, rank, size=None, footprint=None, output=None, mode="reflect", cval=0.0, origin=0, *, axes=None,  # noqa: A002
):  # fmt: skip
    x = as_array(input)
    return delivered(x, output, ranked(around(x, size, footprint, mode, cval, origin, axes), rank))


@define(nd.median_filter)
def median_filter(
    input, size=None, footprint=None, output=None, mode="reflect", cval=0.0, origin=0, *, axes=None,  # noqa: A002
):  # fmt: skip
    x = as_array(input)
    rows = around(x, size, footprint, mode, cval, origin, axes)
    return delivered(x, output, ranked(rows, np.shape(rows)[-1] // 2))


@define(nd.percentile_filter)
def percentile_filter(
    input, percentile, size=None, footprint=None, output=None, mode="reflect", cval=0.0, origin=0, *,  # noqa: A002
    axes=None,
):  # fmt: skip
    x = as_array(input)
    rows = around(x, size, footprint, mode, cval, origin, axes)
    share = percentile + 100 if percentile < 0 else percentile
    return delivered(x, output, ranked(rows, -1 if share == 100 else int(np.shape(rows)[-1] * share / 100.0)))


def along_one(x, size, axis, mode, cval, origin):
    x = np.moveaxis(x, axis, -1)
    before = size // 2 + origin
    return np.lib.stride_tricks.sliding_window_view(with_frame(x, before, size - 1 - before, -1, mode, cval), size, -1)


@define(nd.maximum_filter1d)
def maximum_filter1d(input, size, axis=-1, output=None, mode="reflect", cval=0.0, origin=0):  # noqa: A002
    x = as_array(input)
    return delivered(x, output, np.moveaxis(np.max(along_one(x, size, axis, mode, cval, origin), axis=-1), -1, axis))


@define(nd.minimum_filter1d)
def minimum_filter1d(input, size, axis=-1, output=None, mode="reflect", cval=0.0, origin=0):  # noqa: A002
    x = as_array(input)
    return delivered(x, output, np.moveaxis(np.min(along_one(x, size, axis, mode, cval, origin), axis=-1), -1, axis))


# -- grey morphology --------------------------------------------------------------------------------------------------


def with_heights(x, size, footprint, structure, mode, cval, origin, axes):
    """The pixels around each pixel, and the heights of the structure at these places, or zero."""
    if structure is None:
        return around(x, size, footprint, mode, cval, origin, axes), 0.0
    structure = as_array(structure)
    footprint = np.ones(np.shape(structure), bool) if footprint is None else np.asarray(footprint)
    return around(x, None, footprint, mode, cval, origin, axes), structure[np.nonzero(footprint)]


@define(nd.grey_erosion)
def grey_erosion(
    input, size=None, footprint=None, structure=None, output=None, mode="reflect", cval=0.0, origin=0, *,  # noqa: A002
    axes=None,
):  # fmt: skip
    x = as_array(input)
    rows, heights = with_heights(x, size, footprint, structure, mode, cval, origin, axes)
    return delivered(x, output, np.min(rows if structure is None else rows - heights, axis=-1))


@define(nd.grey_dilation)
def grey_dilation(
    input, size=None, footprint=None, structure=None, output=None, mode="reflect", cval=0.0, origin=0, *,  # noqa: A002
    axes=None,
):  # fmt: skip
    x = as_array(input)
    footprint = None if footprint is None else np.flip(np.asarray(footprint))
    structure = None if structure is None else np.flip(as_array(structure))
    shape = np.shape(structure) if structure is not None else np.shape(footprint) if footprint is not None else size
    origins = turned_origin(shape, origin, len(filtered_axes(np.ndim(x), axes)))
    rows, heights = with_heights(x, size, footprint, structure, mode, cval, origins, axes)
    return delivered(x, output, np.max(rows if structure is None else rows + heights, axis=-1))


def turned_origin(shape, origin, count):
    """The origin of a window that is turned round."""
    return [-o - (n % 2 == 0) for n, o in zip(per_axis(shape, count), per_axis(origin, count), strict=True)]


@define(nd.grey_opening)
def grey_opening(
    input, size=None, footprint=None, structure=None, output=None, mode="reflect", cval=0.0, origin=0, *,  # noqa: A002
    axes=None,
):  # fmt: skip
    low = grey_erosion(input, size, footprint, structure, None, mode, cval, origin, axes=axes)
    return grey_dilation(low, size, footprint, structure, output, mode, cval, origin, axes=axes)


@define(nd.grey_closing)
def grey_closing(
    input, size=None, footprint=None, structure=None, output=None, mode="reflect", cval=0.0, origin=0, *,  # noqa: A002
    axes=None,
):  # fmt: skip
    high = grey_dilation(input, size, footprint, structure, None, mode, cval, origin, axes=axes)
    return grey_erosion(high, size, footprint, structure, output, mode, cval, origin, axes=axes)


@define(nd.morphological_gradient)
def morphological_gradient(
    input, size=None, footprint=None, structure=None, output=None, mode="reflect", cval=0.0, origin=0, *,  # noqa: A002
    axes=None,
):  # fmt: skip
    high = grey_dilation(input, size, footprint, structure, None, mode, cval, origin, axes=axes)
    low = grey_erosion(input, size, footprint, structure, None, mode, cval, origin, axes=axes)
    return delivered(as_array(input), output, high - low)


@define(nd.morphological_laplace)
def morphological_laplace(
    input, size=None, footprint=None, structure=None, output=None, mode="reflect", cval=0.0, origin=0, *,  # noqa: A002
    axes=None,
):  # fmt: skip
    high = grey_dilation(input, size, footprint, structure, None, mode, cval, origin, axes=axes)
    low = grey_erosion(input, size, footprint, structure, None, mode, cval, origin, axes=axes)
    return delivered(as_array(input), output, high + low - 2.0 * as_array(input))


@define(nd.white_tophat)
def white_tophat(
    input, size=None, footprint=None, structure=None, output=None, mode="reflect", cval=0.0, origin=0, *,  # noqa: A002
    axes=None,
):  # fmt: skip
    x = as_array(input)
    return delivered(x, output, x - grey_opening(x, size, footprint, structure, None, mode, cval, origin, axes=axes))


@define(nd.black_tophat)
def black_tophat(
    input, size=None, footprint=None, structure=None, output=None, mode="reflect", cval=0.0, origin=0, *,  # noqa: A002
    axes=None,
):  # fmt: skip
    x = as_array(input)
    return delivered(x, output, grey_closing(x, size, footprint, structure, None, mode, cval, origin, axes=axes) - x)


# -- the same in scipy.signal: zeros around, windows of odd length ----------------------------------------------------


@define(sg.medfilt)
def medfilt(volume, kernel_size=None):
    return median_filter(volume, 3 if kernel_size is None else kernel_size, mode="constant")


@define(sg.medfilt2d)
def medfilt2d(input, kernel_size=3):  # noqa: A002
    return median_filter(input, kernel_size, mode="constant")


@define(sg.order_filter)
def order_filter(a, domain, rank):
    return rank_filter(a, rank, None, domain, mode="constant")


# -- measures ---------------------------------------------------------------------------------------------------------


@define(nd.center_of_mass)
def center_of_mass(input, labels=None, index=None):  # noqa: A002
    x = as_array(input)
    total, moments = nd.sum(x, labels, index), []
    for axis in range(np.ndim(x)):
        place = np.reshape(np.arange(np.shape(x)[axis]), (-1,) + (1,) * (np.ndim(x) - 1 - axis))
        moments.append(nd.sum(x * place, labels, index) / total)
    if np.ndim(total) == 0:
        return tuple(moments)
    return [tuple([m[k] for m in moments]) for k in range(len(index))]


# -- distances --------------------------------------------------------------------------------------------------------


def nearest_places(mask, sampling=None):
    """Where the nearest place outside of a mask is, for each place: a row of coordinates for each axis."""
    return scipy.ndimage.distance_transform_edt(mask, sampling, return_distances=False, return_indices=True)


def distances_of(mask):
    return scipy.ndimage.distance_transform_edt(mask)


def _nearest(mask: Arg, sampling: Any = None) -> Type:
    return Array("i32", ("n", *(axes(number(mask)) or ())))


constant(primitive("nearest_places", nearest_places, _nearest, style="helper"))
constant(primitive("distances_of", distances_of, lambda mask: Array("f64", axes(number(mask))), style="helper"))


@define(nd.distance_transform_edt)
def distance_transform_edt(
    input, sampling=None, return_distances=True, return_indices=False, distances=None, indices=None,  # noqa: A002
):  # fmt: skip
    """The distance to the nearest place outside, which moves with how far apart the places are."""
    if distances is not None or indices is not None:
        unsupported("scipy.ndimage.distance_transform_edt with distances= or indices=", instead="use its result")
    mask = as_array(input)
    if not return_indices:
        return distances_to(mask, sampling, None)
    nearest = nearest_places(mask, sampling)
    return (distances_to(mask, sampling, nearest), nearest) if return_distances else nearest


def distances_to(mask, sampling, nearest):
    if sampling is None:
        return distances_of(mask)
    where = nearest_places(mask, sampling) if nearest is None else nearest
    steps = sampling if isinstance(sampling, (tuple, list)) else np.broadcast_to(sampling, (np.ndim(mask),))
    squares = 0.0
    for k in range(np.ndim(mask)):
        place = np.reshape(np.arange(np.shape(mask)[k]), (-1,) + (1,) * (np.ndim(mask) - 1 - k))
        squares = squares + (steps[k] * (where[k] - place)) ** 2
    apart = squares > 0.0
    return np.where(apart, np.sqrt(np.where(apart, squares, 1.0)), 0.0)


@define(nd.distance_transform_bf)
def distance_transform_bf(
    input, metric="euclidean", sampling=None, return_distances=True, return_indices=False, distances=None,  # noqa: A002
    indices=None,
):  # fmt: skip
    if metric != "euclidean":
        unsupported(f"scipy.ndimage.distance_transform_bf with metric={metric!r}", instead="distance_transform_cdt")
    return distance_transform_edt(input, sampling, return_distances, return_indices, distances, indices)


# -- where values are the greatest ------------------------------------------------------------------------------------


def position(x, labels, index, of):
    """The place of one value among those of a label, or of several labels, or of all that are more than 0."""
    if labels is None:
        return np.unravel_index(of(x), np.shape(x))
    if index is not None and np.ndim(index) > 0:
        return [position(x, labels, one, of) for one in index]
    inside = np.flatnonzero(as_array(labels) > 0 if index is None else as_array(labels) == index)
    return np.unravel_index(inside[of(np.ravel(x)[inside])], np.shape(x))


@define(nd.maximum_position)
def maximum_position(input, labels=None, index=None):  # noqa: A002
    return position(as_array(input), labels, index, np.argmax)


@define(nd.minimum_position)
def minimum_position(input, labels=None, index=None):  # noqa: A002
    return position(as_array(input), labels, index, np.argmin)


@define(nd.extrema)
def extrema(input, labels=None, index=None):  # noqa: A002
    x = as_array(input)
    ends = nd.minimum(x, labels, index), nd.maximum(x, labels, index)
    return (*ends, position(x, labels, index, np.argmin), position(x, labels, index, np.argmax))


# -- what has no derivative -------------------------------------------------------------------------------------------


def without_derivative(name, infer):
    function = getattr(nd, name)
    infer.__signature__ = inspect.signature(function)
    constant(primitive(f"scipy.ndimage.{name}", function, infer))


def _same_axes(kind):
    return lambda input, *args, **options: Array(kind, axes(number(input)))  # noqa: A006


for morphology in "erosion dilation opening closing fill_holes propagation hit_or_miss".split():  # noqa: SIM905
    without_derivative(f"binary_{morphology}", _same_axes("bool"))
without_derivative("distance_transform_cdt", _same_axes("i32"))
without_derivative(
    "watershed_ift", lambda input, markers, structure=None, output=None: Array("i64", axes(number(markers)))
)
without_derivative("label", lambda input, structure=None, output=None: (Array("i32", axes(number(input))), INT))
refused(nd, "find_objects value_indices", "slices and indices that are made before the call")
