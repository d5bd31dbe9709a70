"""``scipy.signal`` and ``scipy.ndimage``: filters by rank, measures of regions, resampling, spectra; both modes,
against differences, to second order.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.ndimage as nd
import scipy.signal as sg

import s2sad
from s2sad.testing import check_grads

A = np.array
RNG = np.random.default_rng(3)
X, Y, ROWS_OF, IMAGE = RNG.normal(size=40), RNG.normal(size=40), RNG.normal(size=(2, 40)), RNG.normal(size=(5, 6))
B, DEN = A([0.2, 0.3, 0.1]), A([1.1, -0.4, 0.2])
LABELS, CROSS = A([[0, 1, 1, 2, 2, 0]] * 5), A([[0, 1, 0], [1, 1, 1], [0, 1, 0]])

ROWS: dict[str, tuple[Any, ...]] = {
    "filtfilt, even": (lambda b, a, x: sg.filtfilt(b, a, x, padtype="even"), B, DEN, X),
    "filtfilt, constant": (lambda x: sg.filtfilt(B, DEN, x, padtype="constant"), ROWS_OF),
    "sosfiltfilt, even": (lambda x: sg.sosfiltfilt(sg.butter(3, 0.2, output="sos"), x, padtype="even"), X),
    "resample_poly": (lambda x: sg.resample_poly(x, 6, 4), X[:12]),
    "resample_poly, rows": (lambda x: sg.resample_poly(x, 1, 2, axis=1, window=np.ones(5) / 5), ROWS_OF[:, :9]),
    "decimate": (lambda x: sg.decimate(x, 2, ftype="fir"), X),
    "upfirdn": (lambda h, x: sg.upfirdn(h, x, 2, 3), B, ROWS_OF[:, :8]),
    "deconvolve": (lambda s, d: np.concatenate(sg.deconvolve(s, d)), X[:8], B),
    "savgol_filter": (lambda x: sg.savgol_filter(x, 5, 2, mode="nearest"), X),
    "savgol_filter, slopes": (lambda x: sg.savgol_filter(x, 5, 2, 1, mode="wrap"), X),
    "welch": (lambda x: sg.welch(x, nperseg=8, axis=0, average="median")[1], ROWS_OF.T[:20].copy()),
    "windows by name": (
        lambda x: sg.welch(x, nperseg=8, window="flattop")[1] + sg.welch(x, nperseg=8, window=("kaiser", 4.0))[1], X),
    "csd": (lambda x, y: np.abs(sg.csd(x, y, nperseg=8, average="median")[1]), X, Y),
    "coherence": (lambda x, y: sg.coherence(x, y, nperseg=8)[1], X, Y),
    "butter": (lambda w: sg.butter(2, w)[0], 0.3),
    "zpk2tf": (lambda k: sg.zpk2tf(A([0.1]), A([0.3, 0.5]), k)[0], 2.0),
    "find_peaks": (lambda x: x[sg.find_peaks(x, height=0.1)[0]] ** 2, X),
    "medfilt": (lambda x: sg.medfilt(x, 5) ** 2, X),
    "medfilt, image": (lambda x: (sg.medfilt(x, 3) + sg.medfilt2d(x)) ** 2, IMAGE),
    "order_filter": (lambda x: sg.order_filter(x, CROSS, 1) ** 2, IMAGE),
    "median_filter": (lambda x: nd.median_filter(x, (3, 2)) ** 2, IMAGE),
    "percentile_filter": (lambda x: nd.percentile_filter(x, 30, 3, mode="wrap") ** 2, IMAGE),
    "rank_filter": (lambda x: nd.rank_filter(x, -2, footprint=CROSS, mode="nearest") ** 2, IMAGE),
    "extreme filters": (
        lambda x: nd.maximum_filter(x, 3) * nd.minimum_filter(x, footprint=CROSS, mode="mirror", origin=1), IMAGE),
    "extreme filters of lines": (lambda x: nd.maximum_filter1d(x, 4, axis=0) * nd.minimum_filter1d(x, 3), IMAGE),
    "grey morphology": (
        lambda x: nd.grey_opening(x, 2) * nd.grey_closing(x, footprint=CROSS), IMAGE),
    "morphological_laplace": (
        lambda x: nd.morphological_laplace(x, (2, 3)) * nd.morphological_gradient(x, 3), IMAGE),
    "top hats": (lambda x: nd.white_tophat(x, 3) * nd.black_tophat(x, 3), IMAGE),
    "center_of_mass": (lambda x: nd.center_of_mass(x**2), IMAGE),
    "center_of_mass of regions": (lambda x: nd.center_of_mass(x**2, LABELS, [1, 2]), IMAGE),
    "measures of regions": (
        lambda x: nd.sum_labels(x, LABELS, [1, 2]) * nd.mean(x, LABELS, 1) + nd.variance(x, LABELS, [1, 2]), IMAGE),
    "what is constant": (lambda x: x * (nd.label(x > 0)[0] + nd.distance_transform_edt(x > 0)
                                        + nd.binary_erosion(x > 0)), IMAGE),
    "spline_filter": (lambda x: nd.spline_filter(x) ** 2, IMAGE),
    "grid-mirror": (lambda x, c: nd.map_coordinates(x, c, mode="grid-mirror"), IMAGE, A([[0.3, 5.6], [-0.8, 2.2]])),
    "homogeneous matrix": (
        lambda x, m: nd.affine_transform(x, np.concatenate([m, A([[0.0, 0.0, 1.0]])]), mode="nearest"), IMAGE,
        A([[0.93, 0.11, 0.31], [-0.12, 0.82, 0.43]])),
}  # fmt: skip


@pytest.mark.parametrize("name", ROWS)
def test_functions(name):
    f, *args = ROWS[name]
    np.testing.assert_equal(np.shape(s2sad.vjp(f, *args)[0]), np.shape(f(*args)))
    check_grads(f, args, order=2)


def test_a_spectrum_is_computed_once():
    g = s2sad.grad(lambda x: np.sum(sg.welch(x, nperseg=8)[1] ** 2))
    g(X)
    assert g.source.count("np.fft.rfft(") == 1 and "scipy.signal.get_window('hann'" in g.source
