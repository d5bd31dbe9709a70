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
from s2sad.prims.primitive import REGISTRY, primitive, unsupported
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


def peak_bases(x, peaks, wlen=None):
    """The lowest places to the left and to the right of peaks, up to where the signal is higher than they are."""
    return scipy.signal.peak_prominences(x, peaks, wlen)[1:]


def _bases(x: Arg, peaks: Arg, wlen=None) -> tuple[Type, ...]:
    return Array("i64", ("n",)), Array("i64", ("n",))


constant(primitive("peak_bases", peak_bases, _bases, style="helper"))


@define(sg.peak_prominences)
def peak_prominences(x, peaks, wlen=None):
    x = as_array(x)
    left, right = peak_bases(x, peaks, wlen)
    return x[peaks] - np.maximum(x[left], x[right]), left, right


class Properties:
    """What ``find_peaks`` says of peaks beside their places."""

    def __init__(self, x, peaks, wlen):
        self.x, self.peaks, self.wlen = x, peaks, wlen

    def __getitem__(self, name):
        if name == "peak_heights":
            return self.x[self.peaks]
        if name in ("prominences", "left_bases", "right_bases"):
            found = peak_prominences(self.x, self.peaks, self.wlen)
            return found[("prominences", "left_bases", "right_bases").index(name)]
        if name == "left_thresholds":
            return self.x[self.peaks] - self.x[self.peaks - 1]
        if name == "right_thresholds":
            return self.x[self.peaks] - self.x[self.peaks + 1]
        unsupported(f"the {name} of peaks", instead="compute them from the places of the peaks")


@define(sg.find_peaks)
def find_peaks(
    x, height=None, threshold=None, distance=None, prominence=None, width=None, wlen=None, rel_height=0.5,
    plateau_size=None,
):  # fmt: skip
    given = {"height": height, "threshold": threshold, "distance": distance, "prominence": prominence, "width": width,
             "wlen": wlen, "plateau_size": plateau_size}  # fmt: skip
    kept = {k: v for k, v in given.items() if v is not None}
    places = peak_places(as_array(x), rel_height=rel_height, **kept)
    return places, Properties(as_array(x), places, wlen)
