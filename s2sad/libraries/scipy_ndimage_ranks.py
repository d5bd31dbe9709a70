"""``scipy.ndimage``: filters by rank (maximum, minimum, median, percentile), grey morphology, measures of regions, and
what has no derivative: labels, distances, binary morphology.

A filter by rank picks one of the pixels in a window: the derivative goes there.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import inspect

import numpy as np
import scipy.ndimage as nd
import scipy.signal as sg

import s2sad.libraries.scipy_images  # noqa: F401  (what else there is in scipy.ndimage)
from s2sad.ir.types import INT, Array, axes
from s2sad.libraries.scipy_ndimage import as_array, every_axis, new_result, per_axis, with_frame
from s2sad.prims.inference import number
from s2sad.prims.primitive import REGISTRY, primitive, unsupported
from s2sad.rules.book import constant

define = REGISTRY.define


# -- windows ----------------------------------------------------------------------------------------------------------


def shape_of(size, footprint, rank):
    """The shape of a window."""
    return tuple(per_axis(size, rank)) if footprint is None else np.shape(footprint)


def windows(x, shape, footprint, mode, cval, origin):
    """The pixels in the window around each pixel, along a last axis."""
    rank, sizes = np.ndim(x), np.shape(x)
    modes, origins = per_axis(mode, rank), per_axis(origin, rank)
    for axis, size in enumerate(shape):
        before = size // 2 + origins[axis]
        x = with_frame(x, before, size - 1 - before, axis, modes[axis], cval)
    if footprint is None:
        seen = np.lib.stride_tricks.sliding_window_view(x, shape)
        return np.reshape(seen, np.shape(seen)[:rank] + (-1,))
    offsets = np.nonzero(footprint)
    return x[tuple([np.reshape(np.arange(sizes[k]), (-1,) + (1,) * (rank - k)) + offsets[k] for k in range(rank)])]


def around(name, input, size, footprint, output, mode, cval, origin, axes):  # noqa: A002
    new_result(output, name)
    every_axis(axes, name)
    x = as_array(input)
    footprint = None if footprint is None else np.asarray(footprint)
    return windows(x, shape_of(size, footprint, np.ndim(x)), footprint, mode, cval, origin)


@define(nd.maximum_filter)
def maximum_filter(
    input, size=None, footprint=None, output=None, mode="reflect", cval=0.0, origin=0, *, axes=None,  # noqa: A002
):  # fmt: skip
    return np.max(around("maximum_filter", input, size, footprint, output, mode, cval, origin, axes), axis=-1)


@define(nd.minimum_filter)
def minimum_filter(
    input, size=None, footprint=None, output=None, mode="reflect", cval=0.0, origin=0, *, axes=None,  # noqa: A002
):  # fmt: skip
    return np.min(around("minimum_filter", input, size, footprint, output, mode, cval, origin, axes), axis=-1)


def ranked(rows, rank):
    place = np.argsort(rows, axis=-1)[..., rank]
    return np.take_along_axis(rows, place[..., None], axis=-1)[..., 0]


@define(nd.rank_filter)
def rank_filter(
    input, rank, size=None, footprint=None, output=None, mode="reflect", cval=0.0, origin=0, *, axes=None,  # noqa: A002
):  # fmt: skip
    return ranked(around("rank_filter", input, size, footprint, output, mode, cval, origin, axes), rank)


@define(nd.median_filter)
def median_filter(
    input, size=None, footprint=None, output=None, mode="reflect", cval=0.0, origin=0, *, axes=None,  # noqa: A002
):  # fmt: skip
    rows = around("median_filter", input, size, footprint, output, mode, cval, origin, axes)
    return ranked(rows, np.shape(rows)[-1] // 2)


@define(nd.percentile_filter)
def percentile_filter(
    input, percentile, size=None, footprint=None, output=None, mode="reflect", cval=0.0, origin=0, *,  # noqa: A002
    axes=None,
):  # fmt: skip
    rows = around("percentile_filter", input, size, footprint, output, mode, cval, origin, axes)
    share = percentile + 100 if percentile < 0 else percentile
    return ranked(rows, -1 if share == 100 else int(np.shape(rows)[-1] * share / 100.0))


def along_one(input, size, axis, mode, cval, origin):  # noqa: A002
    x = np.moveaxis(as_array(input), axis, -1)
    before = size // 2 + origin
    return np.lib.stride_tricks.sliding_window_view(with_frame(x, before, size - 1 - before, -1, mode, cval), size, -1)


@define(nd.maximum_filter1d)
def maximum_filter1d(input, size, axis=-1, output=None, mode="reflect", cval=0.0, origin=0):  # noqa: A002
    new_result(output, "maximum_filter1d")
    return np.moveaxis(np.max(along_one(input, size, axis, mode, cval, origin), axis=-1), -1, axis)


@define(nd.minimum_filter1d)
def minimum_filter1d(input, size, axis=-1, output=None, mode="reflect", cval=0.0, origin=0):  # noqa: A002
    new_result(output, "minimum_filter1d")
    return np.moveaxis(np.min(along_one(input, size, axis, mode, cval, origin), axis=-1), -1, axis)


# -- grey morphology --------------------------------------------------------------------------------------------------


def flat_structure(name, structure):
    if structure is not None:
        unsupported(f"scipy.ndimage.{name} with structure=", instead="size= or footprint=")


def mirrored(shape, origin):
    """The origin of a window that is turned round."""
    return tuple([-o - (n % 2 == 0) for o, n in zip(per_axis(origin, len(shape)), shape, strict=True)])


@define(nd.grey_erosion)
def grey_erosion(
    input, size=None, footprint=None, structure=None, output=None, mode="reflect", cval=0.0, origin=0, *,  # noqa: A002
    axes=None,
):  # fmt: skip
    flat_structure("grey_erosion", structure)
    return minimum_filter(input, size, footprint, output, mode, cval, origin, axes=axes)


@define(nd.grey_dilation)
def grey_dilation(
    input, size=None, footprint=None, structure=None, output=None, mode="reflect", cval=0.0, origin=0, *,  # noqa: A002
    axes=None,
):  # fmt: skip
    flat_structure("grey_dilation", structure)
    origins = mirrored(shape_of(size, footprint, np.ndim(as_array(input))), origin)
    turned = None if footprint is None else np.flip(np.asarray(footprint))
    return maximum_filter(input, size, turned, output, mode, cval, origins, axes=axes)


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
    high = grey_dilation(input, size, footprint, structure, output, mode, cval, origin, axes=axes)
    return high - grey_erosion(input, size, footprint, structure, None, mode, cval, origin, axes=axes)


@define(nd.morphological_laplace)
def morphological_laplace(
    input, size=None, footprint=None, structure=None, output=None, mode="reflect", cval=0.0, origin=0, *,  # noqa: A002
    axes=None,
):  # fmt: skip
    high = grey_dilation(input, size, footprint, structure, output, mode, cval, origin, axes=axes)
    low = grey_erosion(input, size, footprint, structure, None, mode, cval, origin, axes=axes)
    return high + low - 2.0 * as_array(input)


@define(nd.white_tophat)
def white_tophat(
    input, size=None, footprint=None, structure=None, output=None, mode="reflect", cval=0.0, origin=0, *,  # noqa: A002
    axes=None,
):  # fmt: skip
    return as_array(input) - grey_opening(input, size, footprint, structure, output, mode, cval, origin, axes=axes)


@define(nd.black_tophat)
def black_tophat(
    input, size=None, footprint=None, structure=None, output=None, mode="reflect", cval=0.0, origin=0, *,  # noqa: A002
    axes=None,
):  # fmt: skip
    return grey_closing(input, size, footprint, structure, output, mode, cval, origin, axes=axes) - as_array(input)


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


# -- what has no derivative -------------------------------------------------------------------------------------------


def without_derivative(name, infer):
    function = getattr(nd, name)
    infer.__signature__ = inspect.signature(function)
    constant(primitive(f"scipy.ndimage.{name}", function, infer))


def _same_axes(kind):
    return lambda input, *args, **options: Array(kind, axes(number(input)))  # noqa: A006


for morphology in "erosion dilation opening closing fill_holes propagation hit_or_miss".split():  # noqa: SIM905
    without_derivative(f"binary_{morphology}", _same_axes("bool"))
without_derivative("distance_transform_edt", _same_axes("f64"))
without_derivative("distance_transform_cdt", _same_axes("i32"))
without_derivative("distance_transform_bf", _same_axes("f64"))
without_derivative("label", lambda input, structure=None, output=None: (Array("i32", axes(number(input))), INT))
