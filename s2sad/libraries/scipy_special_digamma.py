"""Differences of digamma and polygamma functions, of which quotients of gamma functions have their slopes.

Both functions are large where the difference is small. By the recurrence (DLMF 5.15.5) arguments are made large; there
each term of the asymptotic series (DLMF 5.11.2, 5.15.8) is a power, and the difference of two powers is exact by
``expm1`` and ``log1p``. Where both arguments are negative they are reflected (DLMF 5.5.4).
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import math

import numpy as np
import scipy.special

from s2sad.ir.core import Arg
from s2sad.ir.types import Type
from s2sad.libraries.declaring import inference_of
from s2sad.prims.inference import option
from s2sad.prims.primitive import primitive
from s2sad.rules.book import partials


def psi_rise(x, h, order):
    """The polygamma function of an order (0 is the digamma function) of x + h, less that of x."""
    x, h = np.broadcast_arrays(x, h)
    plain, mirrored = (x <= 0) | (x + h <= 0), (x < 0) & (x + h < 0) & (order == 0)
    y, rise = np.where(mirrored, 1.0 - x, np.where(plain, 1.0, x)), np.where(mirrored, -h, np.where(plain, 0.0, h))

    def of_power(y, m):
        return y**-m * np.expm1(-m * np.log1p(rise / y))

    sign = (-1.0) ** order
    with np.errstate(all="ignore"):
        steps = -sign * math.factorial(order) * sum(of_power(y + j, order + 1.0) for j in range(10))
        y, bernoulli = y + 10.0, (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6)
        first = np.log1p(rise / y) if order == 0 else -sign * math.factorial(order - 1) * of_power(y, order)
        series = math.factorial(order) / 2.0 * of_power(y, order + 1.0)
        for k, b in enumerate(bernoulli, 1):
            weight = b * math.factorial(2 * k + order - 1) / math.factorial(2 * k)
            series = series + weight * of_power(y, 2.0 * k + order)
        out = steps + first - sign * series
        if np.any(plain):
            turn = np.where(h == np.round(h), 0.0, np.sin(math.pi * h))
            turned = np.where(turn == 0, 0.0, math.pi * turn / np.sin(math.pi * x) / np.sin(math.pi * (x + h)))
            apart = scipy.special.polygamma(order, x + h) - scipy.special.polygamma(order, x)
            out = np.where(mirrored, out + turned, np.where(plain, apart, out))
    return out[()]


_difference = inference_of(scipy.special.beta, "x h")


def _rise(x: Arg, h: Arg, order: Arg) -> Type:
    option(order)
    return _difference(x, h)  # type: ignore[no-any-return]


primitive("psi_rise", psi_rise, _rise, style="helper", elementwise=True)


@partials("psi_rise", wrt=("x", "h"), guarded=True)
def psi_rise_(x, h, order):
    return psi_rise(x, h, order + 1), scipy.special.polygamma(order + 1, x + h)
