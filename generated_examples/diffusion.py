import numpy as np


def diffuse_grad(u, steps):
    """Gradient of diffuse with respect to u (reverse mode)."""
    # adjoint
    u_bar = np.ones(u.shape)  # return np.sum(u)
    for _ in range(steps - 1, -1, -1):
        v1 = u_bar[1:-1, 1:-1] * 0.2
        u_bar[1:-1, 1:-1] = 0.0
        u_bar[1:-1, :-2] += v1
        u_bar[1:-1, 2:] += v1
        u_bar[:-2, 1:-1] += v1
        u_bar[2:, 1:-1] += v1
        u_bar[1:-1, 1:-1] += v1
    return u_bar,
