"""How good a linear model is on other data, after it was trained by gradient descent: for its hyperparameters."""

import numpy as np

from s2sad import grad


def validation_loss(decay, rate, x, y, x_other, y_other, steps=5):
    """Mean squared error on ``x_other`` of the weights that ``steps`` of gradient descent find on ``x``."""

    def loss(w):
        return np.mean((x @ w - y) ** 2) + decay * np.sum(w * w)

    w = np.zeros(x.shape[1])
    for _ in range(steps):
        w = w - rate * grad(loss)(w)
    return np.mean((x_other @ w - y_other) ** 2)
