"""The helpers of generated code. Their source is written into the generated module, so that it needs NumPy alone:
each is self-contained, uses ``np`` and nothing else, and has a docstring of one line.

They take shapes and not arrays, so that a derivative that needs only a shape does not keep an array alive.
"""

import numpy as np


def unbroadcast(x, shape):
    """Sum x over the axes along which an array of this shape was broadcast to the shape of x."""
    extra = np.ndim(x) - len(shape)
    if extra < 0:
        return np.broadcast_to(x, shape)
    spread = tuple(range(extra)) + tuple(k + extra for k, n in enumerate(shape) if n == 1 != x.shape[k + extra])
    if not spread:
        return x
    return np.add.reduce(x, spread).reshape(shape) if shape else np.add.reduce(x, spread)


def expand_reduced(g, shape, axis=None, keepdims=False):
    """Repeat the result g of a reduction over axis, to the shape of what was reduced."""
    if axis is not None and not keepdims:
        g = np.expand_dims(g, axis)
    return np.broadcast_to(g, shape) if shape else g


def log_of_base(x):
    """Logarithm of the base of a power, with 0 where the base is 0."""
    return np.log(np.where(x == 0, 1.0, x))[()]
