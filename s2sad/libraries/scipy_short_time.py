"""``scipy.signal.ShortTimeFFT``: SciPy's own source, but for what it keeps between calls, and with all slices at once.

Which slices of a window touch a signal hangs on where the window is zero: SciPy is asked when the derivative runs.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.signal
import scipy.signal as sg
import scipy.signal._short_time_fft as source

from s2sad.front.objects import underlying
from s2sad.ir.core import Arg
from s2sad.ir.types import INT, Type
from s2sad.libraries.scipy_signal import detrend as without_trend
from s2sad.prims.inference import number
from s2sad.prims.primitive import REGISTRY, primitive
from s2sad.prims.runtime import fitted
from s2sad.rules.book import constant

define = REGISTRY.define
STFT = sg.ShortTimeFFT


def first_slice(win, hop):
    """The first sample and the number of the first slice that touches a signal."""
    slices = scipy.signal.ShortTimeFFT(np.array(win), hop, 1.0)
    return slices.k_min, slices.p_min


def last_slice(win, hop, n):
    """The end of the last slice that touches a signal of n samples, and its number plus one."""
    slices = scipy.signal.ShortTimeFFT(np.array(win), hop, 1.0)
    return slices.k_max(n), slices.p_max(n)


def first_cut(win, hop, n):
    """The first sample and the number of the first slice that sticks out of a signal at its end."""
    return scipy.signal.ShortTimeFFT(np.array(win), hop, 1.0).upper_border_begin(n)


def _borders(win: Arg, hop: Any, n: Any = None) -> tuple[Type, ...]:
    number(win)
    return INT, INT


for _borders_of in (first_slice, last_slice, first_cut):
    constant(primitive(_borders_of.__name__, _borders_of, _borders, style="helper"))


@define(STFT.k_min.fget)
def least_sample(self):
    return first_slice(self._win, self._hop)[0]


@define(STFT.p_min.fget)
def least_slice(self):
    return first_slice(self._win, self._hop)[1]


@define(STFT.k_max)
def end_of_samples(self, n):
    return last_slice(self._win, self._hop, n)[0]


@define(STFT.p_max)
def end_of_slices(self, n):
    return last_slice(self._win, self._hop, n)[1]


@define(underlying(STFT.upper_border_begin))
def upper_border_begin(self, n):
    return first_cut(self._win, self._hop, n)


@define(underlying(STFT.t))
def times(self, n, p0=None, p1=None, k_offset=0):
    p0, p1 = self.p_range(n, p0, p1)
    return np.arange(p0, p1) * self.delta_t + k_offset * self.T


@define(STFT.f.fget)
def frequencies(self):
    if self.fft_mode in ("onesided", "onesided2X"):
        return np.fft.rfftfreq(self.mfft, self.T)
    whole = np.fft.fftfreq(self.mfft, self.T)
    return np.fft.fftshift(whole) if self.fft_mode == "centered" else whole


@define(STFT.fac_magnitude.fget)
def magnitude_factor(self):
    return 1 if self.scaling == "magnitude" else 1.0 / np.abs(np.sum(self._win))


@define(STFT.fac_psd.fget)
def density_factor(self):
    return 1 if self.scaling == "psd" else 1.0 / np.sqrt(np.sum(np.abs(self._win) ** 2) / self.T)


@define(source._calc_dual_canonical_window)
def canonical_dual(win, hop):
    """The window over the sum of the squares of all slices that fall on a sample (the "painless" case of frames)."""
    if hop > len(win):
        raise ValueError("hop is larger than the window: the short-time Fourier transform is not invertible")
    squares = np.real(win) ** 2 + np.imag(win) ** 2
    rows = np.reshape(fitted(squares, len(win) + -len(win) % hop), (-1, hop))
    sums = np.sum(rows, axis=0)[np.arange(len(win)) % hop]
    if not np.all(sums >= np.finfo(win.dtype).resolution * np.max(sums)):
        raise ValueError("Short-time Fourier Transform not invertible!")
    return win / sums


@define(STFT.dual_win.fget)
def dual_window(self):
    return canonical_dual(self._win, self._hop) if self._dual_win is None else self._dual_win


PADDED = {
    "zeros": {"mode": "constant"}, "edge": {"mode": "edge"},
    "even": {"mode": "reflect", "reflect_type": "even"}, "odd": {"mode": "reflect", "reflect_type": "odd"},
}  # fmt: skip


def transformed(self, x):
    """The spectra of windowed slices, which are rows, with the phase that the object asks for."""
    if self.phase_shift is not None:
        if np.shape(x)[-1] < self.mfft:
            x = fitted(x, self.mfft)
        x = np.roll(x, -((self.phase_shift + self.m_num_mid) % self.m_num), axis=-1)
    if self.fft_mode == "twosided":
        return np.fft.fft(x, self.mfft)
    if self.fft_mode == "centered":
        return np.fft.fftshift(np.fft.fft(x, self.mfft), axes=-1)
    spectrum = np.fft.rfft(x, self.mfft)
    return spectrum if self.fft_mode == "onesided" else spectrum * doubling(self)


def doubling(self):
    """What one side of a spectrum is multiplied by, where it stands for both sides."""
    factor = np.sqrt(2.0) if self.scaling == "psd" else 2.0
    where = np.arange(self.f_pts)
    return np.where((where == 0) | (2 * where == self.mfft), 1.0, factor)


def signal_slices(self, spectra):
    """The slices of a signal that have these spectra, which are rows."""
    if self.fft_mode == "twosided":
        x = np.fft.ifft(spectra, self.mfft)
    elif self.fft_mode == "centered":
        x = np.fft.ifft(np.fft.ifftshift(spectra, axes=-1), self.mfft)
    else:
        x = np.fft.irfft(spectra if self.fft_mode == "onesided" else spectra / doubling(self), self.mfft)
    if self.phase_shift is not None:
        x = np.roll(x, (self.phase_shift + self.m_num_mid) % self.m_num, axis=-1)
    return x[..., : self.m_num]


@define(STFT.stft_detrend)
def stft_detrend(self, x, detr, p0=None, p1=None, *, k_offset=0, padding="zeros", axis=-1):
    if self.onesided_fft and np.iscomplexobj(x):
        raise ValueError("Complex-valued `x` not allowed for a onesided fft_mode: set it to 'twosided' or 'centered'")
    x = np.moveaxis(x, axis, -1)
    n = np.shape(x)[-1]
    if n < self.m_num - self.m_num_mid:
        raise ValueError("the signal is shorter than half of the window")
    if padding not in PADDED:
        raise ValueError("padding has to be one of 'zeros', 'edge', 'even', 'odd'")
    p0, p1 = self.p_range(n, p0, p1)
    first = p0 * self.hop - self.m_num_mid + k_offset
    last = first + (p1 - p0) * self.hop + self.m_num
    wide = [(0, 0)] * (np.ndim(x) - 1) + [(-min(first, 0), max(last - n, 0))]
    longer = np.pad(x[..., max(first, 0) : min(last, n)], wide, **PADDED[padding])
    slices = longer[..., self.hop * np.arange(p1 - p0)[:, None] + np.arange(self.m_num)]
    if isinstance(detr, str):
        slices = without_trend(slices, -1, detr)
    elif detr is not None:
        slices = np.stack([detr(slices[..., k, :]) for k in range(p1 - p0)], axis=-2)
    spectra = np.swapaxes(transformed(self, slices * np.conj(self._win)), -1, -2)
    return np.moveaxis(spectra, -2, axis if axis >= 0 else axis - 1) if np.ndim(x) > 1 else spectra


@define(STFT.stft)
def stft(self, x, p0=None, p1=None, *, k_offset=0, padding="zeros", axis=-1):
    return stft_detrend(self, x, None, p0, p1, k_offset=k_offset, padding=padding, axis=axis)


@define(STFT.istft)
def istft(self, S, k0=0, k1=None, *, f_axis=-2, t_axis=-1):  # noqa: N803
    """The slices, weighted by the dual window, added up where they overlap."""
    if f_axis == t_axis:
        raise ValueError("`f_axis` may not be equal to `t_axis`!")
    if np.shape(S)[f_axis] != self.f_pts:
        raise ValueError("S has another number of frequencies than this transform has along f_axis")
    least = self.m_num - self.m_num_mid
    if np.shape(S)[t_axis] < self.p_num(least):
        raise ValueError("S has fewer slices than a signal of half of the window has")
    spectra = np.moveaxis(S, (f_axis, t_axis), (-1, -2))
    stop = np.shape(spectra)[-2] + self.p_min
    most = (stop - 1) * self.hop + self.m_num - self.m_num_mid
    k1 = most if k1 is None else k1
    if not (self.k_min <= k0 < k1 <= most) or k1 - k0 < least:
        raise ValueError("k0 and k1 are no range of samples that the slices cover")
    p0 = k0 // self.hop + (self.p_min if k0 >= 0 else 0)
    count = min(self.p_max(k1), stop) - p0
    slices = signal_slices(self, spectra[..., p0 - self.p_min : p0 - self.p_min + count, :]) * self.dual_win
    start = k0 - (p0 * self.hop - self.m_num_mid)
    size = max((count - 1) * self.hop + self.m_num, start + k1 - k0)
    x = np.zeros(np.shape(slices)[:-2] + (size,), dtype=np.result_type(slices))
    for k in range(count):
        x[..., k * self.hop : k * self.hop + self.m_num] += slices[..., k, :]
    x = x[..., start : start + k1 - k0]
    f_axis, t_axis = f_axis % np.ndim(S), t_axis % np.ndim(S)
    return np.moveaxis(x, -1, f_axis if f_axis < np.ndim(x) else t_axis) if np.ndim(x) > 1 else x
