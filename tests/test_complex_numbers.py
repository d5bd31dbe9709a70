"""Complex numbers and Fourier transforms: both modes against differences and each other, to second order."""

from __future__ import annotations

import cmath
from typing import Any

import numpy as np
import pytest

import s2sad
from s2sad.testing import check_grads

R = np.random.default_rng(5)
X, Y, EVEN = R.normal(size=5), R.normal(size=5), R.normal(size=6)
Z = R.normal(size=5) + 1j * R.normal(size=5)
M = R.normal(size=(3, 4))
C = M + 1j * R.normal(size=(3, 4))
W = 0.7 + 0.4j
fft = np.fft


def stored(x):
    out = np.zeros(len(x), dtype=complex)
    for i in range(len(x)):
        out[i] = x[i] * np.exp(1j * x[i - 1])
    out[1] += 2 * x[0]
    return np.sum(np.abs(out) ** 2) + np.sum(out.real)


def iterated(c):
    z = 0.0
    for _ in range(4):
        z = 0.4 * z * z + c
    return z


def by_branch(x):
    if x > 0:
        z = x * 1j
    else:
        z = x
    return abs(z * z + 1)


def transfer(k, m, c):
    """|H(i w)| of a damped oscillator."""
    s = 2j
    return abs(1.0 / (m * s**2 + c * s + k))


def impedance(r, inductance, capacitance):
    """Phase of a series circuit at 100 rad/s."""
    total = complex(r, 0.0) + 1j * 100.0 * inductance + 1.0 / (1j * 100.0 * capacitance)
    return cmath.phase(total) + np.angle(total, deg=True)


def spectral_derivative(u):
    k = 2 * np.pi * fft.rfftfreq(len(u), 0.1)
    return np.sum(fft.irfft(1j * k * fft.rfft(u), len(u)) ** 2 * u)


def periodogram(x):
    spectrum = fft.rfft(x * np.hanning(len(x)))
    return np.log(np.abs(spectrum) ** 2 + 1e-3)


def convolved(x, h):
    n = len(x) + len(h) - 1
    return fft.irfft(fft.rfft(x, n) * fft.rfft(h, n), n)


def schroedinger(psi, v):
    """One split step of the Schroedinger equation."""
    k = 2 * np.pi * fft.fftfreq(len(psi))
    psi = np.exp(-0.05j * v) * psi
    psi = fft.ifft(np.exp(-0.1j * k**2) * fft.fft(psi))
    return np.abs(np.exp(-0.05j * v) * psi) ** 2


PROGRAMS: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "arithmetic": (lambda z, w: z * w + z / w - 2.0 * z, (W, 0.3 - 0.8j)),
    "analytic functions": (lambda z: np.log(z) + np.sqrt(z) + np.sin(z) * np.tanh(z) + 1 / z + np.exp(z), (Z,)),
    "powers": (lambda z, x: z**x + x**z + z**2.5, (W, 0.8)),
    "a complex power": (lambda z, w: z**w, (W, 0.2 - 0.3j)),
    "modulus": (lambda z: abs(z) ** 2 + np.abs(z), (Z,)),
    "parts": (lambda z: z.real * z.imag + np.real(z) * 2 - np.imag(z) ** 2, (Z,)),
    "conjugates": (lambda z: np.conj(z) * z * z.conjugate(), (W,)),
    "angle": (lambda z: np.angle(z), (Z,)),
    "sign": (lambda z: np.sign(z) * z, (Z,)),
    "cmath": (lambda z: cmath.exp(z) + cmath.sqrt(z) * cmath.sin(z) + cmath.log(z) + abs(cmath.tanh(z)), (W,)),
    "polar": (lambda r, t: cmath.rect(r, t) ** 2, (1.3, 0.4)),
    "real to complex": (lambda x: np.exp(1j * x) * x, (X,)),
    "complex of two numbers": (lambda x, y: complex(x, y) ** 3, (0.3, 0.8)),
    "astype": (lambda x: x.astype(complex) * 1j, (X,)),
    "stores": (stored, (X,)),
    "a loop that becomes complex": (iterated, (W,)),
    "a branch that is complex": (by_branch, (0.8,)),
    "where": (lambda z: np.where(np.abs(z) > 1, z, z**2), (Z,)),
    "reductions": (lambda z: np.sum(z) + np.mean(z) * np.prod(z) + np.cumsum(z)[2] + np.cumprod(z)[3], (Z,)),
    "spread": (lambda z: np.var(z) + np.std(z), (Z,)),
    "norms": (lambda z: np.linalg.norm(z) + np.linalg.norm(z, 1) + np.linalg.norm(z, 3), (Z,)),
    "products": (lambda z, x: np.vdot(z, x + z) + np.dot(z, x) + z @ z, (Z, X)),
    "vecdot": (lambda z, x: np.vecdot(z, x), (Z, X)),
    "convolve": (lambda z, x: np.convolve(z, x[:3]) * 1j, (Z, X)),
    "correlate": (lambda z, w: np.correlate(z, w[:3], "full"), (Z, Z * 1j + 1)),
    "matrices": (lambda c, z: np.linalg.solve(c[:, :3] + 2 * np.eye(3), z[:3]) @ c, (C, Z)),
    "inverse": (lambda c: np.linalg.inv(c[:, :3] + 2 * np.eye(3)), (C,)),
    "transfer function": (transfer, (2.0, 0.5, 0.3)),
    "impedance": (impedance, (3.0, 0.02, 1e-3)),
    "spectral derivative": (spectral_derivative, (EVEN,)),
    "spectral derivative, odd": (spectral_derivative, (X,)),
    "periodogram": (periodogram, (X,)),
    "convolution by transforms": (convolved, (X, EVEN)),
    "Schroedinger": (schroedinger, (Z, X)),
}


@pytest.mark.parametrize(("f", "args"), PROGRAMS.values(), ids=PROGRAMS.keys())
def test_programs(f, args):
    check_grads(f, args, order=2)


TRANSFORMS: dict[str, tuple[Any, Any]] = {
    **{
        f"{name} n={n} norm={norm}": ((lambda a, t=t, n=n, norm=norm: t(a, n, norm=norm)), given)
        for name, t, given in [
            ("fft", fft.fft, Z), ("fft of real", fft.fft, X), ("ifft", fft.ifft, Z), ("rfft", fft.rfft, X),
            ("rfft even", fft.rfft, EVEN), ("irfft", fft.irfft, Z), ("hfft", fft.hfft, Z), ("ihfft", fft.ihfft, X),
        ]
        for n in (None, 4, 5, 7)
        for norm in (None, "ortho", "forward")
    },
    **{
        f"{name} axis={axis}": ((lambda a, t=t, axis=axis: t(a, axis=axis)), given)
        for name, t, given in [
            ("fft", fft.fft, C), ("ifft", fft.ifft, C), ("rfft", fft.rfft, M), ("irfft", fft.irfft, C),
        ]
        for axis in (0, 1, -2)
    },
    "fft2": (lambda a: fft.fft2(a), C), "ifft2 s": (lambda a: fft.ifft2(a, (2, 6)), C),
    "fftn axes": (lambda a: fft.fftn(a, axes=(0,)), C), "ifftn": (lambda a: fft.ifftn(a), C),
    "rfft2": (lambda a: fft.rfft2(a), M), "irfft2": (lambda a: fft.irfft2(a), C),
    "rfftn s": (lambda a: fft.rfftn(a, (4, 4), (0, 1)), M), "irfftn s": (lambda a: fft.irfftn(a, (4, 3), (0, 1)), C),
    "shifts": (lambda a: fft.fftshift(a) * a + fft.ifftshift(a, axes=1), C),
}  # fmt: skip


@pytest.mark.parametrize(("f", "a"), TRANSFORMS.values(), ids=TRANSFORMS.keys())
def test_transforms(f, a):
    check_grads(f, (a,), order=1)


def test_an_analytic_function_has_a_complex_derivative():
    f = s2sad.grad(lambda z: z**3 + np.exp(z), holomorphic=True)
    np.testing.assert_allclose(f(W), 3 * W**2 + cmath.exp(W), rtol=1e-14)
    second = s2sad.grad(s2sad.grad(lambda z: z**3 + np.exp(z), holomorphic=True), holomorphic=True)
    np.testing.assert_allclose(second(W), 6 * W + cmath.exp(W), rtol=1e-14)


def test_the_gradient_of_a_real_result_is_the_conjugate_of_the_steepest_ascent():
    """f = x**2 y of z = x + i y: the gradient is 2 x y - i x**2."""
    found = s2sad.grad(lambda z: z.real**2 * z.imag)(W)
    np.testing.assert_allclose(found, 2 * W.real * W.imag - 1j * W.real**2, rtol=1e-14)


def test_a_modulus_has_derivative_zero_at_zero():
    found = s2sad.grad(lambda z: np.sum(abs(z)))(np.array([0j, 3 + 4j]))
    np.testing.assert_allclose(found, [0, 0.6 - 0.8j], rtol=1e-14)


def test_cotangents_have_the_dtype_of_what_they_belong_to():
    def f(x, z):
        return np.sum(np.abs(x * z) ** 2)

    for real, cplx in ((np.float32, np.complex64), (np.float64, np.complex128)):
        x_bar, z_bar = s2sad.grad(f, argnums=(0, 1))(X.astype(real), Z.astype(cplx))
        assert x_bar.dtype == real and z_bar.dtype == cplx
    assert isinstance(s2sad.grad(lambda x: abs(x * 1j))(2.0), float)
    assert s2sad.vjp(lambda x: fft.rfft(x), X.astype(np.float32))[1](np.ones(3, np.complex64))[0].dtype == np.float32


def test_the_frequencies_are_numpys():
    for n in (1, 4, 5):
        value, _ = s2sad.jvp(lambda x, n=n: x * fft.fftfreq(n, 0.1), (1.0,), (1.0,))
        np.testing.assert_array_equal(value, fft.fftfreq(n, 0.1))
        value, _ = s2sad.jvp(lambda x, n=n: x * fft.rfftfreq(n, 0.1), (1.0,), (1.0,))
        np.testing.assert_array_equal(value, fft.rfftfreq(n, 0.1))


@pytest.mark.parametrize(
    "square",
    [
        lambda z: np.abs(z) ** 2, lambda z: abs(z) * abs(z), lambda z: np.square(np.abs(z)),
        lambda z: (z * np.conj(z)).real,
        lambda z: z.real**2 + z.imag**2,
    ],
)  # fmt: skip
def test_a_squared_modulus_is_differentiated_without_its_root(square):
    """Its gradient is 2 * conj(z), at 0 as elsewhere, and that is what is written."""

    def f(z):
        return np.sum(square(z) * square(z))

    z = np.array([1 + 2j, 0j, 3 - 1j])
    g = s2sad.grad(lambda z: np.sum(square(z)))
    np.testing.assert_allclose(g(z), 2 * np.conj(z), rtol=1e-14)
    assert "reciprocal_or_zero" not in g.source and "astype" not in g.source
    check_grads(f, (z + 0.1,), order=2)
    np.testing.assert_array_equal(s2sad.hvp(f)(z, z)[1], 0j)
    value, slope = s2sad.value_and_grad(lambda z: np.sum(square(z)))(z)
    assert value == np.sum(square(z)) and slope[1] == 0
    np.testing.assert_allclose(s2sad.grad(lambda z: square(z))(3 - 1j), 6 + 2j, rtol=1e-14)


@pytest.mark.parametrize("part", [lambda z: z.imag, lambda z: np.imag(z), lambda z: np.complex128(z)])
def test_a_part_lies_in_the_memory_of_the_whole(part):
    """What the derivative adds up does not land in the caller's array."""

    def f(z):
        y = part(z)
        for _ in range(3):
            y = y + z.real
        return np.sum(np.real(y * y))

    z = np.array([1 + 1j, 2 - 1j, 3 + 0.5j])
    before, want = z.copy(), f(z)
    value, bar = s2sad.value_and_grad(f)(z)
    assert value == pytest.approx(want)
    np.testing.assert_array_equal(z, before)
    check_grads(f, (z,), order=2)
    assert bar.shape == z.shape
