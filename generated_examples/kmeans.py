import numpy as np


def cost_grad(centers, points):
    """Gradient of cost with respect to centers (reverse mode)."""
    # primal
    v1 = points[:, None, :] - centers[None, :, :]
    d2 = np.sum(v1 ** 2, axis=-1)
    v2 = np.min(d2, axis=1)
    # adjoint
    attained = d2 == np.expand_dims(v2, 1)  # return np.sum(np.min(d2, axis=1))
    count = np.sum(attained, axis=1, keepdims=True)
    # d2 = np.sum((points[:, None, :] - centers[None, :, :]) ** 2, axis=-1)
    centers_bar = np.sum(np.expand_dims(attained / count, -1) * (-2 * v1), axis=0)
    return centers_bar,
