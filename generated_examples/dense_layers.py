import numpy as np


def network_energy_grad(w1, w2, w3, x, leak):
    """Gradient of network_energy with respect to w1, w2, w3, leak (reverse mode)."""
    # primal
    v1 = w1 @ x
    v2 = v1 > 0
    x1 = np.where(v2, v1, leak * v1)
    v3 = w2 @ x1
    v4 = v3 > 0
    x2 = np.where(v4, v3, leak * v3)
    x3 = np.tanh(w3 @ x2)
    v5 = x3 ** 2
    # adjoint
    v6 = 2 * x3 * (1.0 - v5)  # return activation(w @ h)
    x_bar = w3.T @ v6
    v7 = np.where(v4, 0.0, x_bar)  # return np.where(h > 0, h, leak * h)
    v8 = np.where(v4, x_bar, 0.0) + v7 * leak
    x_bar = w2.T @ v8  # return activation(w @ h)
    v9 = np.where(v2, 0.0, x_bar)  # return np.where(h > 0, h, leak * h)
    leak_bar = np.sum(v7 * v3) + np.sum(v9 * v1)
    v10 = np.outer(np.where(v2, x_bar, 0.0) + v9 * leak, x)  # return activation(w @ h)
    return v10, np.outer(v8, x1), np.outer(v6, x2), leak_bar
