import numpy as np


def expand_reduced(g, shape, axis=None, keepdims=False):
    """Repeat the result g of a reduction over axis, to the shape of what was reduced."""
    if axis is not None and not keepdims:
        g = np.expand_dims(g, axis)
    return np.broadcast_to(g, shape) if shape else g


def cost_grad(centers, points):
    """Gradient of cost with respect to centers (reverse mode)."""
    # primal
    v1 = points[:, None, :] - centers[None, :, :]
    d2 = np.sum(v1 ** 2, axis=-1)
    v2 = np.min(d2, axis=1)
    # adjoint
    v3 = np.expand_dims(expand_reduced(1.0, (len(points),)), 1)  # return np.sum(np.min(d2, axis=1))
    attained = d2 == np.expand_dims(v2, 1)
    d2_bar = v3 * (attained / np.sum(attained, axis=1, keepdims=True))
    # d2 = np.sum((points[:, None, :] - centers[None, :, :]) ** 2, axis=-1)
    v4 = np.sum(np.expand_dims(d2_bar, -1) * (-2 * v1), axis=0, keepdims=True)
    centers_bar = np.zeros_like(centers)
    centers_bar[None, :, :] = v4
    return centers_bar,
