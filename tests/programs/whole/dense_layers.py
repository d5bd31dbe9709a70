"""A small network put together from closures: each layer is a function over its weights."""

import numpy as np


def dense(w, activation):
    def layer(h):
        return activation(w @ h)

    return layer


def network_energy(w1, w2, w3, x, leak):
    """Squared norm of what the network gives for ``x``; negative values leak through by a factor ``leak``."""

    def leaky(h):
        return np.where(h > 0, h, leak * h)

    for layer in (dense(w1, leaky), dense(w2, leaky), dense(w3, np.tanh)):
        x = layer(x)
    return np.sum(x**2)
