"""``scipy.fft`` and ``scipy.spatial.distance``: in both modes, against differences and each other, to second order."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.fft as sf
import scipy.spatial as sp
import scipy.spatial.distance as sd

import s2sad
from s2sad.testing import check_grads

RNG = np.random.default_rng(5)
X, M = RNG.normal(size=6), RNG.normal(size=(5, 4))
U, V = np.abs(RNG.normal(size=6)) + 0.1, np.abs(RNG.normal(size=6)) + 0.2


def agrees(f, *args, order=2):
    np.testing.assert_allclose(s2sad.vjp(f, *args)[0], f(*args), rtol=1e-10, atol=1e-12)
    check_grads(f, args, order=order)


@pytest.mark.parametrize("norm", [None, "backward", "ortho", "forward"])
@pytest.mark.parametrize("kind", [1, 2, 3, 4])
def test_cosines_and_sines(kind, norm):
    def f(x):
        return sf.dct(x, kind, norm=norm) + 0.3 * sf.idct(x, kind, norm=norm) * sf.dst(x, kind, norm=norm)

    agrees(f, X)
    agrees(lambda x: sf.idst(x, kind, norm=norm) + sf.dct(x, kind, axis=0, norm=norm), M)


@pytest.mark.parametrize("kind", [1, 2, 3, 4])
def test_cosines_and_sines_orthogonal_at_their_ends_or_not(kind):
    def f(x, m):
        one = sf.dct(x, kind, orthogonalize=True) * sf.idst(x, kind, norm="ortho", orthogonalize=False)
        two = sf.dst(m, kind, norm="forward", orthogonalize=True, axis=0)
        return one, two * sf.idctn(m, kind, norm="ortho", orthogonalize=False, axes=[1]) ** 2

    for got, want in zip(s2sad.vjp(f, X, M)[0], f(X, M), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-10, atol=1e-12)
    check_grads(f, (X, M), order=1)


def in_place(m):
    """NumPy 2.4 writes nothing into ``out`` of ``irfft2``: so does the derivative."""
    out, real = np.zeros((5, 4), complex), np.zeros((5, 4))
    np.fft.fft(m, None, 0, None, out)
    np.fft.irfft2(out[:, :3], (5, 4), out=real)
    return np.abs(out) + real


HALF, VOLUME = X[:4] + 1j * X[1:5], (M[:, :, None] + 1j * X[:3]) ** 2
FOURIER = {
    "of given sizes": (lambda m: sf.dctn(m, s=(4, -1)) + sf.dstn(m, s=(4,), axes=(0,)) * sf.idstn(m, s=4, axes=0), M),
    "of whole axes": (lambda m: np.fft.irfftn(np.fft.rfftn(m, (-1, 6), (0, 1)), (-1, 4), (0, 1)), M),
    "of an axis twice": (lambda m: np.abs(np.fft.rfftn(m, axes=(1, 1))), M),
    "into an array": (in_place, M),
    "hfft": (lambda z: sf.hfft(z, norm="ortho") * np.fft.hfft(z, 6)[0], HALF),
    "hfftn": (lambda z: sf.hfftn(z, axes=(0, 2)), VOLUME),
    "ihfft2": (lambda m: sf.ihfft2(m, norm="forward"), M),
    "of a fast length": (lambda x: sf.irfft(sf.rfft(x, sf.next_fast_len(len(x) + 1)) ** 2)[:6], X),
    "of another length": (lambda x: sf.dct(x, n=8)[:4] + sf.dct(x, n=4), X),
    "over axes": (lambda m: sf.dctn(m) + sf.idctn(m, axes=(1,)) + sf.dstn(m, norm="ortho"), M),
    "fft": (lambda x: np.abs(sf.fft(x)) + np.real(sf.ifft(x, norm="ortho")), X),
    "rfft": (lambda x: sf.irfft(sf.rfft(x) * 2.0) ** 2, X),
    "of planes": (lambda m: np.abs(sf.rfft2(m)) + np.real(sf.fftn(m))[:, :3], M),
    "shifted": (lambda x: sf.fftshift(x) * sf.fftfreq(6), X),
}


@pytest.mark.parametrize("name", FOURIER)
def test_fourier_transforms(name):
    agrees(*FOURIER[name])


def test_hankel_transforms():
    def f(x, d, k, b):
        return sf.fht(x, d, k, offset=0.1, bias=b) + sf.ifht(x, d, 0.0, offset=sf.fhtoffset(d, 0.0))

    np.testing.assert_allclose(s2sad.vjp(f, X, 0.1, 0.5, 0.2)[0], f(X, 0.1, 0.5, 0.2), rtol=1e-10, atol=1e-12)
    check_grads(f, (X, 0.1, 0.5, 0.2), order=1)
    check_grads(lambda x: f(x, 0.1, 0.5, 0.2) ** 2, (X,), order=2)


METRICS = (
    "euclidean", "sqeuclidean", "cityblock", "chebyshev", "cosine", "canberra", "braycurtis", "correlation",
    "minkowski",
)  # fmt: skip


@pytest.mark.parametrize("metric", METRICS)
def test_distances(metric):
    agrees(getattr(sd, metric), U, V)
    agrees(lambda a, b: sd.cdist(a, b, metric), M, 0.7 * M[:3] + 0.1)
    agrees(lambda a: sd.pdist(a, metric), M, order=1)


def test_distances_with_parameters():
    agrees(lambda u, v, r: sd.mahalanobis(u, v, r @ r.T + np.eye(6)), U, V, np.eye(6) + 0.1)
    agrees(lambda u, v, s: sd.seuclidean(u, v, s), U, V, U + V)
    agrees(lambda m: sd.cdist(m, m[:2] + 1.0, "minkowski", p=3), M)
    agrees(lambda u, v: sd.jensenshannon(u, v), U, V)
    agrees(lambda m: sd.squareform(sd.pdist(m)), M)
    agrees(lambda m: m[0] * sd.directed_hausdorff(m, m[:2] + 0.3)[0] * sd.is_valid_y(sd.pdist(m)), M, order=1)


@pytest.mark.parametrize("metric", METRICS)
def test_weighted_distances(metric):
    weights = np.arange(1.0, 1.0 + M.shape[1])
    agrees(lambda w: sd.pdist(M, metric, w=w), weights)
    agrees(lambda a: sd.cdist(a, 0.7 * M[:3] + 0.1, metric, w=weights), M, order=1)


def test_distances_of_any_kind():
    agrees(lambda a: sd.cdist(a, 2.0 * a[:2] + 0.1, lambda u, v: np.sum((u - v) ** 4)), M[:3])
    agrees(lambda a: sd.pdist(a, "seuclidean"), M)
    agrees(lambda a: sd.jensenshannon(a**2, 1.0 + a**4, axis=1), M)
    agrees(lambda p, t: sp.geometric_slerp(p / np.linalg.norm(p), np.array([0.0, 0.6, 0.8]), t), M[0, :3], 0.3)


def test_a_kernel_of_points_with_themselves():
    def f(m, length):
        return np.sum(np.exp(-sd.cdist(m, m, "sqeuclidean") / (2.0 * length**2)))

    agrees(f, M, 1.3)
    found = s2sad.grad(lambda m: np.sum(sd.cdist(m, m)))(M)
    apart = M[:, None] - M
    length = sd.cdist(M, M) + np.eye(len(M))
    np.testing.assert_allclose(found, 2.0 * np.sum(apart / length[..., None], axis=1))


def test_scipys_own_backend_is_the_one_that_is_differentiated():
    def spectrum(x):
        sf.set_global_backend("scipy")
        with sf.set_backend("scipy"), sf.set_workers(1):
            return np.sum(np.abs(sf.fft(x)) ** 2)

    np.testing.assert_allclose(s2sad.grad(spectrum)(U), 2.0 * U.size * U)
    for chosen in (lambda: sf.set_global_backend("other"), lambda: sf.skip_backend("scipy")):
        with pytest.raises(s2sad.UnsupportedError, match="backend"):
            s2sad.grad(lambda x: (chosen(), np.sum(x))[1])(U)  # noqa: B023


def test_refusals():
    with pytest.raises(s2sad.UnsupportedError, match="metric='hamming'"):
        s2sad.grad(lambda m: np.sum(sd.cdist(m, m, "hamming")))(M)
