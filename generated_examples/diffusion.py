import numpy as np


def expand_reduced(g, shape, axis=None, keepdims=False):
    """Repeat the result g of a reduction over axis, to the shape of what was reduced."""
    if axis is not None and not keepdims:
        g = np.expand_dims(g, axis)
    return np.broadcast_to(g, shape) if shape else g


def diffuse_grad(u, steps):
    """Gradient of diffuse with respect to u (reverse mode)."""
    # adjoint
    u_bar = expand_reduced(1.0, u.shape)  # return np.sum(u)
    u_bar = u_bar.copy()
    for _ in range(steps - 1, -1, -1):
        v1 = u_bar[1:-1, 1:-1] * 0.2
        u_bar[1:-1, 1:-1] = 0.0
        u_bar[1:-1, :-2] += v1
        u_bar[1:-1, 2:] += v1
        u_bar[:-2, 1:-1] += v1
        u_bar[2:, 1:-1] += v1
        u_bar[1:-1, 1:-1] += v1
    return u_bar,
