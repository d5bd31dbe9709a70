"""``scipy.signal``: peaks. Where they are has no derivative; how high they are has one."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import inspect

import numpy as np
import scipy.signal
import scipy.signal as sg

from s2sad.ir.core import Arg
from s2sad.ir.types import Array, Type
from s2sad.libraries.scipy_convolution import as_array
from s2sad.prims.primitive import REGISTRY, primitive
from s2sad.rules.book import constant

define = REGISTRY.define


def _places(x: Arg, **options: Arg) -> Type:
    return Array("i64", ("n",))


def peak_places(
    x, height=None, threshold=None, distance=None, prominence=None, width=None, wlen=None, rel_height=0.5,
    plateau_size=None,
):  # fmt: skip
    """Where the peaks of a signal are."""
    return scipy.signal.find_peaks(
        x, height, threshold, distance, prominence, width, wlen, rel_height, plateau_size
    )[0]


_places.__signature__ = inspect.signature(peak_places)  # type: ignore[attr-defined]
constant(primitive("peak_places", peak_places, _places, style="helper"))


def _ridges(
    vector: Arg, widths: Arg, wavelet=None, max_distances=None, gap_thresh=None, min_length=None, min_snr=1,
    noise_perc=10, window_size=None,
) -> Type:  # fmt: skip
    return Array("i64", ("?",))


constant(primitive("scipy.signal.find_peaks_cwt", sg.find_peaks_cwt, _ridges))


def doubles(x):
    """A signal as SciPy looks for peaks in it."""
    x = np.asarray(x)
    return x if np.result_type(x) == np.float64 else x.astype(float)


def peak_bases(x, peaks, wlen=None):
    """The lowest places to the left and to the right of peaks, up to where the signal is higher than they are."""
    return scipy.signal.peak_prominences(x, peaks, wlen)[1:]


def _bases(x: Arg, peaks: Arg, wlen=None) -> tuple[Type, ...]:
    return Array("i64", ("n",)), Array("i64", ("n",))


constant(primitive("peak_bases", peak_bases, _bases, style="helper"))


@define(sg.peak_prominences)
def peak_prominences(x, peaks, wlen=None):
    x = doubles(x)
    left, right = peak_bases(x, peaks, wlen)
    return x[peaks] - np.maximum(x[left], x[right]), left, right


def level_places(x, peaks, levels, left, right):
    """The first places to the left and to the right of peaks that are not above a level, up to their bases."""
    out = np.empty((2, len(peaks)), dtype=np.intp)
    for k, (peak, level) in enumerate(zip(peaks, levels, strict=True)):
        before, after = x[left[k] : peak + 1] <= level, x[peak : right[k] + 1] <= level
        out[0, k] = peak - np.argmax(before[::-1]) if before.any() else left[k]
        out[1, k] = peak + np.argmax(after) if after.any() else right[k]
    return out[0], out[1]


def _level_places(x: Arg, peaks: Arg, levels: Arg, left: Arg, right: Arg) -> tuple[Type, ...]:
    return Array("i64", ("n",)), Array("i64", ("n",))


constant(primitive("level_places", level_places, _level_places, style="helper"))


def part_of_step(x, places, level, side):
    """How far from places, towards their neighbours on a side, the signal crosses a level that is above it there."""
    below = x[places] < level
    step = np.where(below, x[np.clip(places + side, 0, len(x) - 1)] - x[places], 1.0)
    return np.where(below, (level - x[places]) / step, 0.0)


@define(sg.peak_widths)
def peak_widths(x, peaks, rel_height=0.5, prominence_data=None, wlen=None):
    x, peaks = doubles(x), np.asarray(peaks)
    prominences, left, right = peak_prominences(x, peaks, wlen) if prominence_data is None else prominence_data
    level = x[peaks] - prominences * rel_height
    left, right = level_places(x, peaks, level, left, right)
    left, right = left + part_of_step(x, left, level, 1), right - part_of_step(x, right, level, -1)
    return right - left, level, left, right


def plateau_edges(x, places):
    """The first and the last place of the plateau that each peak is in the middle of."""
    every, found = scipy.signal.find_peaks(x, plateau_size=0)
    which = np.searchsorted(every, places)
    return found["left_edges"][which], found["right_edges"][which]


def _edges(x: Arg, places: Arg) -> tuple[Type, ...]:
    return Array("i64", ("n",)), Array("i64", ("n",))


constant(primitive("plateau_edges", plateau_edges, _edges, style="helper"))


@define(sg.find_peaks)
def find_peaks(
    x, height=None, threshold=None, distance=None, prominence=None, width=None, wlen=None, rel_height=0.5,
    plateau_size=None,
):  # fmt: skip
    given = {"height": height, "threshold": threshold, "distance": distance, "prominence": prominence, "width": width,
             "wlen": wlen, "plateau_size": plateau_size}  # fmt: skip
    kept = {k: v for k, v in given.items() if v is not None}
    places = peak_places(as_array(x), rel_height=rel_height, **kept)
    return places, properties(doubles(x), places, kept, wlen, rel_height)


def properties(x, places, asked, wlen, rel_height):
    """What ``find_peaks`` says of peaks beside their places: of what it was asked about."""
    found = {}
    if "plateau_size" in asked:
        left, right = plateau_edges(x, places)
        found["plateau_sizes"], found["left_edges"], found["right_edges"] = right - left + 1, left, right
    if "height" in asked:
        found["peak_heights"] = x[places]
    if "threshold" in asked:
        found["left_thresholds"], found["right_thresholds"] = x[places] - x[places - 1], x[places] - x[places + 1]
    if "prominence" in asked or "width" in asked:
        data = peak_prominences(x, places, wlen)
        found["prominences"], found["left_bases"], found["right_bases"] = data
        if "width" in asked:
            widths = peak_widths(x, places, rel_height, data, wlen)
            found["widths"], found["width_heights"], found["left_ips"], found["right_ips"] = widths
    return found
