"""Slopes of scaled Bessel and Airy functions far out, where the scale cancels all but the last digits of the usual
form.

Hankel's expansion (DLMF 10.40) of exp(-x) I and exp(x) K is x^(-1/2) times a series in 1 / x, which hangs on the order
of the function alone; so does the derivative of its logarithm.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import numpy as np

from s2sad.libraries.declaring import as_computed
from s2sad.prims.primitive import primitive
from s2sad.rules.book import partials


def scaled_slope(x, v, sign, order):
    """A derivative (order 0 is the slope) of the logarithm of exp(-x) I (sign -1) or exp(x) K (sign 1) of order v."""
    series, slopes = [1.0], [0.5]
    for k in range(1, 8):
        series.append(series[-1] * sign * (4.0 * v**2 - (2 * k - 1) ** 2) / (8.0 * k))
        known = sum(slope * other for slope, other in zip(slopes[1:], series[k - 1 : 0 : -1], strict=True))
        slopes.append(k * series[k] - known)
    total = 0.0
    for k in range(7, -1, -1):
        rising = 1.0
        for j in range(k + 1, k + 1 + order):
            rising = -rising * j
        total = total + slopes[k] * rising * x ** -float(k + 1 + order)
    return -total


_slope = as_computed(lambda x, v: scaled_slope(x, v, 1.0, 0), "x v")
slope_of = primitive(
    "scaled_slope", scaled_slope, lambda x, v, sign, order: _slope(x, v), style="helper", elementwise=True
)  # fmt: skip


@partials(slope_of, wrt="x")
def next_slope(x, v, sign, order):
    return scaled_slope(x, v, sign, order + 1)


def far_out(x, v, sign, ans, usual):
    """The slope of a scaled Bessel function: the usual form, or by the expansion where |x| is far greater than v²."""
    far = np.abs(x) > 300.0 + 25.0 * v**2
    return np.where(far, np.sign(x) * ans * scaled_slope(np.where(far, np.abs(x), 1.0), v, sign, 0), usual)


def far_airy(x, ans, usual):
    """Slopes of Ai, Ai', Bi and Bi' without their exponential factor: they are K and I of 2/3 x^(3/2) (DLMF 9.6)."""
    far = x > 60.0
    x = np.where(far, x, 1.0)
    z = 2.0 / 3.0 * x**1.5
    places = ((1.0 / 3.0, 1.0, 0.5), (2.0 / 3.0, 1.0, 1.0), (1.0 / 3.0, -1.0, 0.5), (2.0 / 3.0, -1.0, 1.0))
    out = []
    for value, form, (v, sign, power) in zip(ans, usual, places, strict=True):
        out.append(np.where(far, value * (power / x + np.sqrt(x) * scaled_slope(z, v, sign, 0)), form))
    return out

