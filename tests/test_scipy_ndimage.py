"""``scipy.ndimage``: each function in both modes, against SciPy, differences and each other, to second order."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.ndimage as nd

import s2sad
from s2sad.testing import check_grads

RNG = np.random.default_rng(9)
X, M, W, EVEN = RNG.normal(size=9), RNG.normal(size=(6, 5)), RNG.normal(size=3), RNG.normal(size=4)
PLACES = np.array([[0.3, 4.7, -1.2, 2.3], [0.2, 1.7, 2.1, 3.3]])


def agrees(f, *args):
    np.testing.assert_allclose(s2sad.vjp(f, *args)[0], f(*args), rtol=1e-10, atol=1e-12)
    check_grads(f, args, order=2)


@pytest.mark.parametrize("mode", ["reflect", "constant", "nearest", "mirror", "wrap"])
def test_correlation_with_every_boundary(mode):
    def f(x, w, v):
        out = nd.correlate1d(x, w, mode=mode, cval=1.5) + nd.convolve1d(x, v, mode=mode, origin=1)
        return out + nd.correlate1d(x, v, mode=mode, origin=-1) * nd.convolve1d(x, v, mode=mode)

    agrees(f, X, W, EVEN)


ROWS = {
    "gaussian_filter1d": (lambda x: nd.gaussian_filter1d(x, 1.2) + nd.gaussian_filter1d(x, 0.8, order=1), X),
    "gaussian_filter1d (order 2)": (lambda x: nd.gaussian_filter1d(x, 0.9, order=2), X),
    "gaussian_filter1d (order 3)": (lambda x: nd.gaussian_filter1d(x, 0.9, order=3), X),
    "gaussian_filter1d (in sigma)": (lambda x, s: nd.gaussian_filter1d(x, s, radius=3), X, 1.1),
    "gaussian_filter": (lambda m: nd.gaussian_filter(m, (0.5, 0.7), mode="wrap"), M),
    "uniform_filter": (lambda m: nd.uniform_filter(m, 3) + nd.uniform_filter1d(m, 2, axis=0), M),
    "sobel": (lambda m: nd.sobel(m, 0) + nd.laplace(m) + nd.prewitt(m), M),
    "map_coordinates (line)": (lambda x, p: nd.map_coordinates(x, [p], order=1), X, np.array([0.3, 4.7, -1.2, 9.3])),
    "map_coordinates (plane)": (lambda m, p: nd.map_coordinates(m, p, order=1, cval=0.5), M, PLACES),
    "map_coordinates (nearest)": (lambda m, p: nd.map_coordinates(m, p, order=1, mode="nearest"), M, PLACES),
}


@pytest.mark.parametrize("name", ROWS)
def test_functions(name):
    agrees(*ROWS[name])


@pytest.mark.parametrize(
    ("f", "text"),
    [
        (lambda m: nd.gaussian_filter1d(m, 1.0, mode="other"), "the boundary mode 'other'"),
        (lambda m: nd.map_coordinates(m, PLACES, order=6), "splines of images of order 6"),
    ],
)
def test_refusals(f, text):
    with pytest.raises(s2sad.UnsupportedError, match=text):
        s2sad.grad(lambda m: np.sum(f(m)))(M)


@pytest.mark.parametrize("order", [0, 1, 2, 3, 4, 5])
@pytest.mark.parametrize("mode", ["constant", "nearest", "mirror", "reflect", "wrap", "grid-wrap", "grid-constant"])
def test_splines_between_pixels(mode, order):
    def f(m, p):
        return nd.map_coordinates(m, p, order=order, mode=mode, cval=0.5)

    np.testing.assert_allclose(s2sad.vjp(f, M, PLACES)[0], f(M, PLACES), rtol=1e-10, atol=1e-12)
    check_grads(f, (M, PLACES), order=2 if (mode, order) in (("mirror", 3), ("constant", 2)) else 1)


KERNEL, VOLUME = RNG.normal(size=(3, 2)), RNG.normal(size=(4, 3, 3))
MOVED = {
    "convolve": (lambda m, k: nd.convolve(m, k, mode="constant", cval=0.5) * nd.convolve(m, k, origin=(1, 0)), M,
                 KERNEL),
    "correlate": (lambda m, k: nd.correlate(m, k, mode="mirror"), M, KERNEL),
    "convolve of three axes": (lambda m, k: nd.convolve(m, k[:, :, None]), VOLUME, KERNEL),
    "gaussian_laplace": (lambda m: nd.gaussian_laplace(m, 0.8), M),
    "gaussian_gradient_magnitude": (lambda m: nd.gaussian_gradient_magnitude(m, 0.8), M),
    "shift": (lambda m, s: nd.shift(m, s), M, np.array([0.3, 0.4])),
    "zoom": (lambda m: nd.zoom(m, (2, 1.5)), M),
    "affine_transform": (lambda m, a, b: nd.affine_transform(m, a, b), M, np.array([[1, 0.2], [0.1, 0.9]]),
                         np.array([0.1, 0.23])),
    "affine_transform along axes": (lambda m, a: nd.affine_transform(m, a, order=1), M, np.array([0.7, 0.91])),
    "rotate": (lambda m, a: nd.rotate(m, a), M, 30.0),
    "rotate in place": (lambda m, a: nd.rotate(m, a, reshape=False, order=1, mode="nearest"), M, 37.0),
    "a volume": (lambda m, p: nd.map_coordinates(m, [p[0], p[1], p[0] * 0.3], order=2, mode="reflect"), VOLUME, PLACES),
}  # fmt: skip


@pytest.mark.parametrize("name", MOVED)
def test_images_filtered_and_moved(name):
    f, *args = MOVED[name]
    np.testing.assert_allclose(s2sad.vjp(f, *args)[0], f(*args), rtol=1e-9, atol=1e-11)
    check_grads(f, args, order=1)


def into(m):
    out = np.zeros((6, 5))
    nd.gaussian_filter(m, 0.7, output=out)
    return out * nd.sobel(m, 0, out, "wrap") + nd.correlate1d(m, [1.0, 2.0], 0, np.float64)


def power_mean(w, p):
    return np.sum(w**p) ** (1.0 / p)


def smoothed(line, out, a):
    out[...] = line[:-2] + a * line[1:-1] ** 2 + line[2:]


HEIGHTS = np.array([[0.1, 0.2, 0.3], [0.4, 0.9, 0.25]])
LABELS = np.reshape([1, 1, 0, 2, 2, 1, 0, 0, 2, 3, 0, 4, 4, 0, 3, 4, 4, 0, 5, 3, 4, 0, 5, 5, 3, 0, 0, 5, 5, 0], (6, 5))
AXES = {
    "gaussian_filter": (
        lambda v, s: nd.gaussian_filter(v, (s, 0.0), order=(4, 1), radius=2, axes=(0, -1)), VOLUME, 1.2),
    "uniform_filter": (
        lambda v: nd.uniform_filter(v, (2, 3), axes=(2, 0), mode=("wrap", "mirror"), origin=(0, 1)), VOLUME),
    "convolve": (lambda v, k: nd.convolve(v, k, axes=(0, 2), mode="constant", cval=0.4), VOLUME, KERNEL),
    "laplace": (lambda v: nd.laplace(v, axes=(1,)) * nd.gaussian_laplace(v, 0.6, axes=(0, 1)), VOLUME),
    "gradient": (lambda v: nd.gaussian_gradient_magnitude(v, 0.6, axes=(0, 1), mode=("wrap", "nearest")), VOLUME),
    "ranks": (lambda v: nd.median_filter(v, 3, axes=(0, 2)) * nd.maximum_filter(v, 2, axes=1, origin=-1), VOLUME),
    "morphology": (lambda v: nd.grey_closing(v, (2, 3), axes=(2, 0)) * nd.white_tophat(v, 2, axes=0), VOLUME),
    "outputs": (into, M),
    "heights": (
        lambda m, s: nd.grey_erosion(m, structure=s) * nd.grey_dilation(m, structure=s, mode="mirror"), M, HEIGHTS),
    "generic_filter": (lambda m, p: nd.generic_filter(m**2 + 0.1, power_mean, (2, 3), extra_arguments=(p,)), M, 2.3),
    "generic_filter1d": (lambda m, a: nd.generic_filter1d(m, smoothed, 3, 0, extra_keywords={"a": a}), M, 0.3),
    "geometric_transform": (
        lambda m, a: nd.geometric_transform(m, lambda c: (c[0] * a + 0.13, c[1] - 0.3 * a), (3, 4), mode="nearest"),
        M, 0.7),
    "derivatives": (lambda m: nd.generic_gradient_magnitude(m, nd.prewitt) + nd.generic_laplace(
        m, lambda x, axis, out, mode, cval: nd.correlate1d(x, [1.0, -2.0, 1.0], axis, out, mode, cval)), M),
    "fourier": (
        lambda m, s: np.abs(nd.fourier_shift(nd.fourier_gaussian(np.fft.fft2(m), s), s) + np.fft.fft2(m)), M, 0.7),
    "fourier of half": (lambda m, s: np.abs(nd.fourier_uniform(np.fft.rfft2(m), (s, 2.0 * s), n=5)), M, 0.7),
    "fourier_ellipsoid": (lambda v, s: np.abs(nd.fourier_ellipsoid(np.fft.fftn(v), s)), VOLUME, 1.7),
    "fourier_ellipsoid of a line": (lambda m, s: nd.fourier_ellipsoid(m[0], s) + nd.fourier_ellipsoid(m, s)[0], M, 1.7),
    "rotate of a volume": (lambda v, a: nd.rotate(v, a, (2, 0), reshape=False, order=1, mode="reflect"), VOLUME, 25.0),
    "zoom by pixels": (lambda m: nd.zoom(m, 1.6, mode="grid-constant", grid_mode=True, cval=0.3), M),
    "splines of lines": (lambda v: nd.spline_filter1d(v, 4, axis=1, mode="grid-wrap"), VOLUME),
    "labels": (lambda m: nd.sum_labels(m, LABELS, range(1, 6)) * nd.variance(m, LABELS, np.arange(1, 6)), M),
    "positions": (lambda m: m[nd.maximum_position(m, LABELS, [2, 3])[1]] * m[nd.extrema(m)[2]] + m[0, 0], M),
    "distances": (lambda m, s: m * nd.distance_transform_edt(LABELS > 0, sampling=(s, 0.7)), M, 1.3),
}  # fmt: skip


@pytest.mark.parametrize("name", AXES)
def test_some_axes_outputs_and_callbacks(name):
    f, *args = AXES[name]
    np.testing.assert_allclose(s2sad.vjp(f, *args)[0], f(*args), rtol=1e-9, atol=1e-11)
    check_grads(f, args, order=1)


def test_single_precision_and_complex_images():
    single = M.astype(np.float32)
    moved = lambda m: nd.map_coordinates(m, PLACES)  # noqa: E731
    for f in (lambda m: nd.gaussian_filter(m, 0.8), moved, lambda m: nd.convolve(m, KERNEL)):
        assert s2sad.vjp(f, single)[0].dtype == f(single).dtype == np.float32
        check_grads(f, (single,), order=1)
    complex_image = M + 1j * M[::-1]
    check_grads(lambda z: nd.gaussian_filter(z, 0.8) * nd.laplace(z), (complex_image,), order=1)
    for f in (moved, lambda z: nd.shift(z, 0.3), lambda z: nd.zoom(z, 1.5), lambda z: nd.rotate(z, 20.0)):
        check_grads(f, (complex_image,), order=1)
        assert s2sad.vjp(f, complex_image.astype(np.complex64))[0].dtype == np.complex64
