"""``scipy.signal``: designs of filters by least squares, in bands and desired responses that may be differentiated."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import numpy as np
import scipy.linalg
import scipy.signal as sg

from s2sad.libraries.known import constant_where_known
from s2sad.libraries.scipy_convolution import as_array


def firls(numtaps, bands, desired, *, weight=None, fs=None):
    """The amplitude 2 a_0 + 2 sum a_k cos(pi k f) that is nearest to lines between the desired values in all bands.

    The normal equations have the integrals of products of cosines over the bands (Parks and Burrus, "Digital Filter
    Design", section 3.2).
    """
    if numtaps % 2 == 0 or numtaps < 1:
        raise ValueError("numtaps must be odd and >= 1")
    order = (numtaps - 1) // 2
    ends = np.reshape(as_array(bands), (-1, 2)) * (1.0 if fs is None else 2.0 / fs)
    wanted = np.reshape(as_array(desired), (-1, 2))
    weights = np.ones(len(ends)) if weight is None else as_array(weight)
    k = np.arange(numtaps)[:, None, None]
    products = weights @ np.transpose(np.diff(np.sinc(ends * k) * ends, axis=2)[:, :, 0])
    slope = np.diff(wanted) / np.diff(ends)
    lines = slope * ends + wanted[:, :1] - ends[:, :1] * slope
    k = np.arange(1, order + 1)[:, None, None]
    first = ends * lines - slope * ends**2 / 2.0
    later = ends * lines * np.sinc(ends * k) + slope * np.cos(k * np.pi * ends) / (np.pi * k) ** 2
    moments = np.diff(np.concatenate([first[None], later]), axis=2)[:, :, 0] @ weights
    row = np.arange(order + 1)
    a = scipy.linalg.solve(products[np.abs(row[:, None] - row)] + products[row[:, None] + row], moments, assume_a="pos")
    return np.concatenate([np.flip(a[1:]), 2.0 * a[:1], a[1:]])


constant_where_known(sg.firls, lambda machine, args, options: machine.call_meaning(firls, tuple(args), dict(options)))
