"""``scipy.linalg``: matrices of a special form, built from few numbers, and systems of equations with such matrices."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import numpy as np
import scipy
import scipy.linalg as sl

import s2sad.libraries.scipy_decompositions
import s2sad.libraries.scipy_eigenvalues
import s2sad.libraries.scipy_linalg_functions
import s2sad.libraries.scipy_linalg_updates
import s2sad.libraries.scipy_pencils  # noqa: F401  (the rest of the library)
from s2sad.libraries.scipy_linalg import doubled, general_solve
from s2sad.libraries.scipy_linalg_stacks import on_stacks
from s2sad.prims.primitive import REGISTRY
from s2sad.prims.products import conj

define = REGISTRY.define


def shifted(n, m, sign):
    """The numbers i + sign * j."""
    return np.arange(n)[:, None] + sign * np.arange(m)


if np.lib.NumpyVersion(scipy.__version__) >= "1.17.0":  # before, SciPy flattens what is no vector
    on_stacks("toeplitz", c=1, r=1)
    on_stacks("leslie", f=1, s=1)
    on_stacks("circulant", c=1)
    for _name in ("companion", "fiedler", "fiedler_companion", "convolution_matrix"):
        on_stacks(_name, a=1)


@define(sl.toeplitz)
def toeplitz(c, r=None):
    c = np.ravel(c)
    r = conj(c) if r is None else np.ravel(r)
    return np.concatenate([r[:0:-1], c])[shifted(len(c), len(r), -1) + (len(r) - 1)]


if hasattr(sl, "kron"):  # before SciPy 1.17
    @define(sl.kron)
    def kron(a, b):
        return np.kron(a, b)


@define(sl.hankel)
def hankel(c, r=None):
    c = np.ravel(c)
    r = np.zeros_like(c) if r is None else np.ravel(r)
    return np.concatenate([c, r[1:]])[shifted(len(c), len(r), 1)]


@define(sl.circulant)
def circulant(c):
    c = np.ravel(c)
    return c[shifted(len(c), len(c), -1) % len(c)]


@define(sl.companion)
def companion(a):
    row = -a[1:] / a[0]
    return np.concatenate([row[None], np.eye(len(row) - 1, len(row), dtype=row.dtype)])


@define(sl.leslie)
def leslie(f, s):
    below = np.concatenate([np.diag(s), np.zeros((len(s), 1), dtype=s.dtype)], axis=1)
    return np.concatenate([f[None], below])


@define(sl.fiedler)
def fiedler(a):
    return np.abs(a[:, None] - a)


@define(sl.fiedler_companion)
def fiedler_companion(a):
    """Five diagonals: ones, and the coefficients over the leading one, by turns above and below the main one."""
    below = -a[1:] / a[0]
    n = len(below)
    out = np.zeros((n, n), dtype=below.dtype)
    even, odd = np.arange(0, n - 1, 2), np.arange(1, n - 1, 2)
    out[:1, 0] = below[:1]
    out[1:2, 0] = 1.0
    out[even, even + 1] = below[1::2]
    out[odd + 1, odd] = below[2::2]
    out[even[: len(odd)], even[: len(odd)] + 2] = 1.0
    out[odd[: (n - 2) // 2] + 2, odd[: (n - 2) // 2]] = 1.0
    return out


@define(sl.convolution_matrix)
def convolution_matrix(a, n, mode="full"):
    m = len(a)
    nothing = np.zeros(n - 1, dtype=a.dtype)
    whole = np.concatenate([nothing, a, nothing])[shifted(m + n - 1, n, -1) + (n - 1)]
    if mode == "full":
        return whole
    shorter, longer = min(m, n), max(m, n)
    start = (shorter - 1) // 2 if mode == "same" else shorter - 1
    return whole[start : start + (longer if mode == "same" else longer - shorter + 1)]


@define(sl.block_diag)
def block_diag(*arrs):
    deepest = max([np.ndim(a) for a in arrs])
    if deepest > 2:
        return stack_of_blocks(deepest, arrs)
    blocks = [np.atleast_2d(a) for a in arrs]
    total = sum([np.shape(a)[1] for a in blocks])
    dtype = np.result_type(*blocks)
    rows, before = [], 0
    for a in blocks:
        n, m = np.shape(a)
        rows.append(np.concatenate([np.zeros((n, before), dtype), a, np.zeros((n, total - before - m), dtype)], axis=1))
        before = before + m
    return np.concatenate(rows)


def stack_of_blocks(deepest, arrs):
    """As many matrices as there are in stacks of this many axes; others are the same in all of them."""
    count = 1
    for a in arrs:
        if np.ndim(a) == deepest:
            count = len(a)
    return np.stack([block_diag(*[a[k] if np.ndim(a) == deepest else a for a in arrs]) for k in range(count)])


@define(sl.khatri_rao)
def khatri_rao(a, b):
    return np.reshape(a[:, None, :] * b, (len(a) * len(b), np.shape(a)[1]))


def column_and_row(c_or_cr):
    if isinstance(c_or_cr, tuple):
        return c_or_cr
    return c_or_cr, conj(c_or_cr)


@define(sl.solve_toeplitz)
def solve_toeplitz(c_or_cr, b, check_finite=True):
    c, r = column_and_row(c_or_cr)
    return general_solve(doubled(toeplitz(c, r)), b)


@define(sl.matmul_toeplitz)
def matmul_toeplitz(c_or_cr, x, check_finite=False, workers=None):
    """A Toeplitz matrix is a corner of a circulant one, and that a product of spectra, as in SciPy."""
    c, r = column_and_row(c_or_cr)
    c, r, x = np.ravel(c), np.ravel(r), doubled(np.asarray(x))
    n, m = np.shape(c)[0], np.shape(r)[0]
    whole = doubled(np.concatenate([c, np.flip(r[1:])]))
    beside = (-1,) + (1,) * (np.ndim(x) - 1)
    if np.iscomplexobj(whole) or np.iscomplexobj(x):
        spectrum = np.reshape(np.fft.fft(whole), beside) * np.fft.fft(x, n + m - 1, axis=0)
        return np.fft.ifft(spectrum, axis=0)[:n]
    spectrum = np.reshape(np.fft.rfft(whole), beside) * np.fft.rfft(x, n + m - 1, axis=0)
    return np.fft.irfft(spectrum, n + m - 1, axis=0)[:n]


@define(sl.solve_circulant)
def solve_circulant(c, b, singular="raise", tol=None, caxis=-1, baxis=0, outaxis=0):
    """By the convolution theorem: a circulant matrix is diagonal in the basis of the Fourier transform."""
    real = not (np.iscomplexobj(c) or np.iscomplexobj(b))
    c = c if np.ndim(c) == 1 else np.moveaxis(np.asarray(c), caxis, -1)
    b = b if np.ndim(b) == 1 else np.moveaxis(np.asarray(b), baxis, -1)
    spectrum = np.fft.fft(c)
    sizes = np.abs(spectrum)
    if tol is None:
        tol = np.max(sizes, axis=-1, keepdims=True) * (np.shape(c)[-1] * np.finfo(np.float64).eps)
    if singular == "lstsq":
        lost = sizes <= tol
        ratio = np.where(lost, 0.0, np.fft.fft(b) / np.where(lost, 1.0, spectrum))
    else:
        if np.any(sizes <= tol):
            raise np.linalg.LinAlgError("near singular circulant matrix.")
        ratio = np.fft.fft(b) / spectrum
    found = np.fft.ifft(ratio)
    found = np.real(found) if real else found
    return found if np.ndim(found) == 1 else np.moveaxis(found, -1, outaxis)


@define(sl.bandwidth)
def bandwidth(a):
    below, above = 0, 0
    for k in range(1, np.shape(a)[0]):
        if np.any(np.diagonal(a, -k)):
            below = k
    for k in range(1, np.shape(a)[1]):
        if np.any(np.diagonal(a, k)):
            above = k
    return below, above


def equals(a, other, atol, rtol):
    """Whether matrices are the same, or nearly, where it is said how nearly."""
    if atol is None and rtol is None:
        return bool(np.all(a == other))
    return np.allclose(a, other, atol=0.0 if atol is None else atol, rtol=0.0 if rtol is None else rtol)


@define(sl.issymmetric)
def issymmetric(a, atol=None, rtol=None):
    return equals(a, a.T, atol, rtol)


@define(sl.ishermitian)
def ishermitian(a, atol=None, rtol=None):
    return equals(a, conj(a.T), atol, rtol)
