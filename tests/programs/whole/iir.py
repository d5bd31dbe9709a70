"""A recursive digital filter in direct form, and the error of its output."""

import numpy as np


def filtered(b, a, x):
    """y with a[0] y[n] = Σ b[k] x[n-k] − Σ a[k] y[n-k]."""
    y = np.zeros(len(x))
    for n in range(len(x)):
        acc = 0.0
        for k in range(len(b)):
            if n - k >= 0:
                acc += b[k] * x[n - k]
        for k in range(1, len(a)):
            if n - k >= 0:
                acc -= a[k] * y[n - k]
        y[n] = acc / a[0]
    return y


def error(b, a, x, wanted):
    """Mean squared error of the filtered signal."""
    return np.mean((filtered(b, a, x) - wanted) ** 2)
