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
        (lambda m: nd.map_coordinates(m, PLACES, order=4), "splines of images of order 4"),
        (lambda m: nd.zoom(m, 2, grid_mode=True), "scipy.ndimage.zoom with grid_mode=True"),
        (lambda m: nd.convolve(m, np.ones(3), axes=(0,)), "scipy.ndimage.convolve with axes="),
        (lambda m: nd.sobel(m, output=np.zeros((6, 5))), "scipy.ndimage.sobel with output="),
        (lambda m: nd.gaussian_filter1d(m, 1.0, mode="other"), "the boundary mode 'other'"),
    ],
)
def test_refusals(f, text):
    with pytest.raises(s2sad.UnsupportedError, match=text):
        s2sad.grad(lambda m: np.sum(f(m)))(M)


@pytest.mark.parametrize("order", [0, 1, 2, 3])
@pytest.mark.parametrize("mode", ["constant", "nearest", "mirror", "reflect", "wrap", "grid-wrap"])
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
