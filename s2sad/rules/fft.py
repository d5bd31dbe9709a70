"""Rules of ``np.fft``: linear, so that a rule is the transpose.

The matrix of a Fourier transform is symmetric, so each complex transform is its own transpose (not its inverse, since
cotangents pair without conjugation). Of a real-to-complex transform half of the spectrum is kept; its transpose is the
real part of the transform of that half. In the inverse of that each frequency counts twice, but the first, and the last
of an even length.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import numpy as np

from s2sad.prims.fft import other_norm, transformed_axes
from s2sad.prims.primitive import REGISTRY
from s2sad.prims.runtime import fitted
from s2sad.rules.book import linear


@linear("fitted", wrt="x")
def fitted_(ans_bar, x, axis):
    return fitted(ans_bar, np.shape(x)[axis], axis)


@linear(np.fft.fft, wrt="a")
def fft(ans_bar, a, n, axis, norm):
    a_bar = np.fft.fft(ans_bar, axis=axis, norm=norm)
    return a_bar if n is None else fitted(a_bar, np.shape(a)[axis], axis)


@linear(np.fft.ifft, wrt="a")
def ifft(ans_bar, a, n, axis, norm):
    a_bar = np.fft.ifft(ans_bar, axis=axis, norm=norm)
    return a_bar if n is None else fitted(a_bar, np.shape(a)[axis], axis)


@linear(np.fft.rfft, wrt="a")
def rfft(ans_bar, a, n, axis, norm):
    size = np.shape(a)[axis]
    a_bar = np.real(np.fft.fft(ans_bar, size if n is None else n, axis, norm))
    return a_bar if n is None else fitted(a_bar, size, axis)


@linear(np.fft.irfft, wrt="a")
def irfft(ans_bar, a, axis, norm):
    spectrum = np.conjugate(np.fft.rfft(ans_bar, axis=axis, norm=other_norm(norm)))
    count = np.shape(ans_bar)[axis]
    frequency = along_axis(np.arange(count // 2 + 1), np.ndim(a), axis)
    once = (frequency == 0) | (2 * frequency == count)
    return fitted(spectrum * np.where(once, 1.0, 2.0), np.shape(a)[axis], axis)


def along_axis(x, rank, axis):
    """A vector as an array of this rank, along one axis."""
    return x if rank == 1 else np.reshape(x, shape_along(rank, axis))


@REGISTRY.compute
def shape_along(rank, axis):
    """The shape, for ``reshape``, of a vector that lies along one axis."""
    return tuple(-1 if k == axis % rank else 1 for k in range(rank))


@linear(np.fft.fftn, wrt="a")
def fftn(ans_bar, a, s, axes, norm):
    where = transformed_axes(np.ndim(a), None if s is None else len(s), axes)
    a_bar = np.fft.fftn(ans_bar, axes=where, norm=norm)
    return a_bar if s is None else all_fitted(a_bar, a, where)


@linear(np.fft.ifftn, wrt="a")
def ifftn(ans_bar, a, s, axes, norm):
    where = transformed_axes(np.ndim(a), None if s is None else len(s), axes)
    a_bar = np.fft.ifftn(ans_bar, axes=where, norm=norm)
    return a_bar if s is None else all_fitted(a_bar, a, where)


def all_fitted(x, a, where):
    for axis in where:
        x = fitted(x, np.shape(a)[axis], axis)
    return x
