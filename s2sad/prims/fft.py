"""Primitives of ``np.fft``.

The one-dimensional transforms and ``fftn``, ``ifftn`` (over given axes) are primitives; the others are defined in terms
of them. ``n`` and ``axis``, ``s`` and ``axes`` are as NumPy has them; ``norm`` is a string or None.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad.errors import InputError
from s2sad.ir.core import Arg
from s2sad.ir.types import Array, Axis, Scalar, Type, axes, real_dtype
from s2sad.prims import runtime
from s2sad.prims.inference import number
from s2sad.prims.inference import option as known
from s2sad.prims.primitive import REGISTRY, primitive

define = REGISTRY.define
_SPECTRA = {"f16": "c64", "f32": "c64", "c64": "c64", "f128": "c256", "c256": "c256"}


def _spectrum(t: Scalar | Array) -> str:
    return _SPECTRA.get(t.dtype, "c128")


def _signal(t: Scalar | Array) -> str:
    return "f16" if t.dtype == "f16" else real_dtype(_spectrum(t))


def _length(n: Any, otherwise: Axis) -> Axis:
    """Axis of a transform of length n; a length that only the run knows may be anything."""
    if n is None:
        return otherwise
    try:
        size = known(n)
    except LookupError:
        return "?"
    return otherwise if size is None else "1" if size == 1 else "n"


def _along(a: Arg, axis: Any, change: Any) -> tuple[Axis, ...] | None:
    """The axes of ``a`` with that of the transform changed."""
    shape = axes(number(a))
    if shape is None:
        return None
    k = known(axis)
    if not shape or not -len(shape) <= k < len(shape):
        raise InputError(f"axis {k} is out of bounds for an array of {len(shape)} axes")
    out = list(shape)
    out[k] = change(out[k])
    return tuple(out)


def _fft(a: Arg, n: Any = None, axis: Any = -1, norm: Any = None) -> Type:
    return Array(_spectrum(number(a)), _along(a, axis, lambda own: _length(n, own)))


def _rfft(a: Arg, n: Any = None, axis: Any = -1, norm: Any = None) -> Type:
    if number(a).dtype[0] == "c":
        raise InputError("np.fft.rfft takes real numbers", instead="use np.fft.fft")
    return Array(_spectrum(number(a)), _along(a, axis, lambda own: "1" if _length(n, own) == "1" else "?"))


def _irfft(a: Arg, n: Any = None, axis: Any = -1, norm: Any = None) -> Type:
    return Array(_signal(number(a)), _along(a, axis, lambda own: _length(n, "?")))


def _fitted(x: Arg, size: Arg, axis: Any = -1) -> Type:
    return Array(number(x).dtype, _along(x, axis, lambda own: _length(size, own)))


fitted = primitive("fitted", runtime.fitted, _fitted, style="helper", alias="maybe", cost="cheap")
fft = primitive("np.fft.fft", np.fft.fft, _fft)
ifft = primitive("np.fft.ifft", np.fft.ifft, _fft)
rfft = primitive("np.fft.rfft", np.fft.rfft, _rfft)
irfft = primitive("np.fft.irfft", np.fft.irfft, _irfft)


def _along_many(a: Arg, s: Any, where: Any) -> tuple[Axis, ...] | None:
    shape = axes(number(a))
    if shape is None:
        return None
    chosen = known(where)
    lengths = _lengths(s)
    if chosen is None:
        chosen = range(-len(shape if lengths is None else lengths), 0)
    out = list(shape)
    for count, k in enumerate(chosen):
        if lengths is not None:
            out[k] = _length(lengths[count], out[k])
    return tuple(out)


def _lengths(s: Any) -> tuple[Any, ...] | None:
    if s is None or getattr(s, "value", s) is None:
        return None
    items = getattr(s, "items", s)
    return tuple(items) if isinstance(items, tuple | list) else tuple(known(s))


def _fftn(a: Arg, s: Any = None, axes: Any = None, norm: Any = None) -> Type:
    return Array(_spectrum(number(a)), _along_many(a, s, axes))


fftn = primitive("np.fft.fftn", np.fft.fftn, _fftn)
ifftn = primitive("np.fft.ifftn", np.fft.ifftn, _fftn)


@define(np.fft.fft2)
def fft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None) -> Any:
    return np.fft.fftn(a, s=s, axes=axes, norm=norm)


@define(np.fft.ifft2)
def ifft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None) -> Any:
    return np.fft.ifftn(a, s=s, axes=axes, norm=norm)


@REGISTRY.compute
def transformed_axes(rank: int, count: int | None, chosen: Any) -> tuple[int, ...]:
    """The axes that a transform of several dimensions goes over, counted from the end.

    >>> transformed_axes(3, None, None), transformed_axes(3, 2, None), transformed_axes(3, None, (0, 1))
    ((-3, -2, -1), (-2, -1), (-3, -2))
    """
    if chosen is None:
        return tuple(range(-(rank if count is None else count), 0))
    return tuple(k % rank - rank for k in chosen)


@define(np.fft.rfftn)
def rfftn(a: Any, s: Any = None, axes: Any = None, norm: Any = None) -> Any:
    where = transformed_axes(np.ndim(a), None if s is None else len(s), axes)
    sizes = whole_lengths(np.shape(a), s, where)
    out = np.fft.rfft(a, None if sizes is None else sizes[-1], where[-1], norm)
    for k in range(len(where) - 2, -1, -1):
        out = np.fft.fft(out, None if sizes is None else sizes[k], where[k], norm)
    return out


@REGISTRY.compute
def twice(where: tuple[int, ...]) -> bool:
    """Whether an axis is transformed again."""
    return len(set(where)) < len(where)


def whole_lengths(shape: Any, s: Any, where: Any) -> Any:
    """The lengths of transforms: -1 stands for that of the array; None where it has them all."""
    if s is None:
        return [shape[k] for k in where] if twice(where) else None
    return [shape[k] if known_as(size, -1) else size for size, k in zip(s, where, strict=True)]


def known_as(size: Any, n: int) -> bool:
    """Whether a length is known, and is n."""
    return isinstance(size, int) and size == n


@define(np.fft.irfftn)
def irfftn(a: Any, s: Any = None, axes: Any = None, norm: Any = None) -> Any:
    where = transformed_axes(np.ndim(a), None if s is None else len(s), axes)
    sizes = None if s is None else whole_lengths(np.shape(a), s, where)
    for k in range(len(where) - 1):
        a = np.fft.ifft(a, None if sizes is None else sizes[k], where[k], norm)
    return np.fft.irfft(a, None if sizes is None else sizes[-1], where[-1], norm)


@define(np.fft.rfft2)
def rfft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None) -> Any:
    return rfftn(a, s, axes, norm)


@define(np.fft.irfft2)
def irfft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None) -> Any:
    return irfftn(a, s, axes, norm)


@REGISTRY.compute
def other_norm(norm: Any) -> Any:
    """The normalisation of the inverse transform that scales as this one does forwards.

    >>> other_norm(None), other_norm('ortho'), other_norm('forward')
    ('forward', 'ortho', 'backward')
    """
    return {None: "forward", "backward": "forward", "ortho": "ortho", "forward": "backward"}[norm]


@define(np.fft.hfft)
def hfft(a: Any, n: Any = None, axis: Any = -1, norm: Any = None) -> Any:
    return np.fft.irfft(np.conjugate(a), n, axis, other_norm(norm))


@define(np.fft.ihfft)
def ihfft(a: Any, n: Any = None, axis: Any = -1, norm: Any = None) -> Any:
    return np.conjugate(np.fft.rfft(a, n, axis, other_norm(norm)))


@define(np.fft.fftshift)
def fftshift(x: Any, axes: Any = None) -> Any:
    over = shifted_axes(np.ndim(x), axes)
    return np.roll(x, tuple([x.shape[k] // 2 for k in over]), over)


@define(np.fft.ifftshift)
def ifftshift(x: Any, axes: Any = None) -> Any:
    over = shifted_axes(np.ndim(x), axes)
    return np.roll(x, tuple([-(x.shape[k] // 2) for k in over]), over)


@REGISTRY.compute
def shifted_axes(rank: int, axes: Any) -> tuple[int, ...]:
    """The axes that ``fftshift`` goes over."""
    return tuple(range(rank)) if axes is None else (axes,) if isinstance(axes, int) else tuple(axes)


@define(np.fft.fftfreq)
def fftfreq(n: Any, d: Any = 1.0, device: Any = None) -> Any:
    positive = np.arange((n - 1) // 2 + 1)
    return np.concatenate([positive, np.arange(-(n // 2), 0)]) / (n * d)


@define(np.fft.rfftfreq)
def rfftfreq(n: Any, d: Any = 1.0, device: Any = None) -> Any:
    return np.arange(n // 2 + 1) / (n * d)
