"""``scipy.fft`` and ``scipy.spatial.distance``: in both modes, against differences and each other, to second order."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.fft as sf
import scipy.spatial.distance as sd

import s2sad
from s2sad.testing import check_grads

RNG = np.random.default_rng(5)
X, M = RNG.normal(size=6), RNG.normal(size=(5, 4))
U, V = np.abs(RNG.normal(size=6)) + 0.1, np.abs(RNG.normal(size=6)) + 0.2


def agrees(f, *args):
    np.testing.assert_allclose(s2sad.vjp(f, *args)[0], f(*args), rtol=1e-10, atol=1e-12)
    check_grads(f, args, order=2)


@pytest.mark.parametrize("norm", [None, "backward", "ortho", "forward"])
@pytest.mark.parametrize("kind", [1, 2, 3, 4])
def test_cosines_and_sines(kind, norm):
    def f(x):
        return sf.dct(x, kind, norm=norm) + 0.3 * sf.idct(x, kind, norm=norm) * sf.dst(x, kind, norm=norm)

    agrees(f, X)
    agrees(lambda x: sf.idst(x, kind, norm=norm) + sf.dct(x, kind, axis=0, norm=norm), M)


FOURIER = {
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


METRICS = (
    "euclidean", "sqeuclidean", "cityblock", "chebyshev", "cosine", "canberra", "braycurtis", "correlation",
    "minkowski",
)  # fmt: skip


@pytest.mark.parametrize("metric", METRICS)
def test_distances(metric):
    agrees(getattr(sd, metric), U, V)
    agrees(lambda a, b: sd.cdist(a, b, metric), M, 0.7 * M[:3] + 0.1)
    agrees(lambda a: sd.pdist(a, metric), M)


def test_distances_with_parameters():
    agrees(lambda u, v, r: sd.mahalanobis(u, v, r @ r.T + np.eye(6)), U, V, np.eye(6) + 0.1)
    agrees(lambda u, v, s: sd.seuclidean(u, v, s), U, V, U + V)
    agrees(lambda m: sd.cdist(m, m[:2] + 1.0, "minkowski", p=3), M)
    agrees(lambda u, v: sd.jensenshannon(u, v), U, V)
    agrees(lambda m: sd.squareform(sd.pdist(m)), M)


def test_a_kernel_of_points_with_themselves():
    def f(m, length):
        return np.sum(np.exp(-sd.cdist(m, m, "sqeuclidean") / (2.0 * length**2)))

    agrees(f, M, 1.3)
    found = s2sad.grad(lambda m: np.sum(sd.cdist(m, m)))(M)
    apart = M[:, None] - M
    length = sd.cdist(M, M) + np.eye(len(M))
    np.testing.assert_allclose(found, 2.0 * np.sum(apart / length[..., None], axis=1))


def test_refusals():
    with pytest.raises(s2sad.UnsupportedError, match="metric='hamming'"):
        s2sad.grad(lambda m: np.sum(sd.cdist(m, m, "hamming")))(M)
    with pytest.raises(s2sad.UnsupportedError, match="orthogonalize"):
        s2sad.grad(lambda x: np.sum(sf.dct(x, orthogonalize=True)))(X)
