"""``scipy.ndimage``: the pixels around each pixel of an image."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import numpy as np

from s2sad.libraries.scipy_ndimage import along_all, with_axes, with_frame


def shape_of(size, footprint, rank, axes=None):
    """The shape of a window."""
    return tuple(along_all(size, rank, axes, 1)) if footprint is None else np.shape(footprint)


def windows(x, shape, footprint, modes, cval, origins):
    """The pixels in the window around each pixel, along a last axis."""
    rank, sizes = np.ndim(x), np.shape(x)
    for axis, size in enumerate(shape):
        before = size // 2 + origins[axis]
        x = with_frame(x, before, size - 1 - before, axis, modes[axis], cval)
    if footprint is None:
        seen = np.lib.stride_tricks.sliding_window_view(x, shape)
        return np.reshape(seen, np.shape(seen)[:rank] + (-1,))
    offsets = np.nonzero(footprint)
    return x[tuple([np.reshape(np.arange(sizes[k]), (-1,) + (1,) * (rank - k)) + offsets[k] for k in range(rank)])]


def around(x, size, footprint, mode, cval, origin, axes):
    """The pixels around each pixel of an image, along a last axis."""
    rank = np.ndim(x)
    footprint = None if footprint is None else with_axes(np.asarray(footprint), rank, axes)
    modes, origins = along_all(mode, rank, axes, "reflect"), along_all(origin, rank, axes, 0)
    return windows(x, shape_of(size, footprint, rank, axes), footprint, modes, cval, origins)
