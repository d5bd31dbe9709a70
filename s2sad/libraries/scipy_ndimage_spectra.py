"""``scipy.ndimage``: filters of spectra, which multiply the transform of an image."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import numpy as np
import scipy.ndimage as nd
import scipy.special as sc

from s2sad.libraries.scipy_ndimage import as_array, delivered, per_axis
from s2sad.prims.primitive import REGISTRY, unsupported

define = REGISTRY.define


def frequencies(x, n, axis):
    """The frequencies of a spectrum along each axis; along ``axis`` half of them, of a real signal of length ``n``."""
    rank, out = np.ndim(x), []
    for k in range(rank):
        size = np.shape(x)[k]
        along = np.arange(size) / n if n >= 0 and k == axis % rank else np.fft.fftfreq(size)
        out.append(np.reshape(along, (-1,) + (1,) * (rank - 1 - k)))
    return out


def given(value, rank):
    return value if isinstance(value, np.ndarray) and np.ndim(value) == 1 else per_axis(value, rank)


def of_spectrum(x, output, out):
    """A result in double precision, or in single where the spectrum is."""
    if output is None and np.result_type(x) == np.complex64:
        return out.astype(np.complex64)
    return delivered(x, output, out)


def separable(x, parameter, n, axis, output, weights):
    """A spectrum times weights along each axis, which are of its parameter and frequencies."""
    out, each = x, given(parameter, np.ndim(x))
    for k, f in enumerate(frequencies(x, n, axis)):
        out = out * weights(each[k], f)
    return of_spectrum(x, output, out)


@define(nd.fourier_gaussian)
def fourier_gaussian(input, sigma, n=-1, axis=-1, output=None):  # noqa: A002
    bell = lambda width, f: np.exp(-2.0 * (np.pi * width * f) ** 2)  # noqa: E731
    return separable(as_array(input), sigma, n, axis, output, bell)


@define(nd.fourier_uniform)
def fourier_uniform(input, size, n=-1, axis=-1, output=None):  # noqa: A002
    return separable(as_array(input), size, n, axis, output, lambda size, f: np.sinc(size * f))


@define(nd.fourier_shift)
def fourier_shift(input, shift, n=-1, axis=-1, output=None):  # noqa: A002
    x = as_array(input)
    turns, by = 0.0, given(shift, np.ndim(x))
    for k, f in enumerate(frequencies(x, n, axis)):
        turns = turns + by[k] * f
    return of_spectrum(x, output, x * np.exp(-2j * np.pi * turns))


@define(nd.fourier_ellipsoid)
def fourier_ellipsoid(input, size, n=-1, axis=-1, output=None):  # noqa: A002
    """The transform of an interval, a disc or a ball (Bracewell, "The Fourier Transform", table of transforms)."""
    x = as_array(input)
    rank = np.ndim(x)
    if rank > 3:
        unsupported("scipy.ndimage.fourier_ellipsoid of more than three axes", instead="three axes")
    squares, sizes = 0.0, given(size, rank)
    for k, f in enumerate(frequencies(x, n, axis)):
        squares = squares + (np.pi * sizes[k] * f) ** 2
    middle = squares == 0.0
    t = np.sqrt(np.where(middle, 1.0, squares))
    if rank == 1:
        weights = np.sin(t) / t
    elif rank == 2:
        weights = 2.0 * sc.j1(t) / t
    else:
        weights = 3.0 * (np.sin(t) - t * np.cos(t)) / t**3
    return of_spectrum(x, output, x * np.where(middle, 1.0, weights))
