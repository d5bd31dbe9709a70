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


def misfit_grad(u0, conductivity, observed, steps=20, dt=0.1):
    """Gradient of misfit with respect to u0, conductivity (reverse mode)."""
    # primal
    u = u0.copy()
    laplacian_tape = []
    for _ in range(steps):
        v1 = u[2:, 1:-1] + u[:-2, 1:-1]
        v2 = v1 + u[1:-1, 2:] + u[1:-1, :-2]
        laplacian = v2 - 4.0 * u[1:-1, 1:-1]
        laplacian_tape.append(laplacian)
        u[1:-1, 1:-1] += dt * conductivity[1:-1, 1:-1] * laplacian
    v3 = u - observed
    # adjoint
    u_bar = 0.5 * (2 * v3)  # return 0.5 * np.sum((u - observed) ** 2)
    conductivity_bar = np.zeros_like(conductivity)
    v4 = dt * conductivity[1:-1, 1:-1]  # u[1:-1, 1:-1] += dt * conductivity[1:-1, 1:-1] * laplacian
    for _ in range(steps - 1, -1, -1):
        laplacian = laplacian_tape.pop()
        v5 = u_bar[1:-1, 1:-1]
        laplacian_bar = v5 * v4
        v6 = unbroadcast(v5 * laplacian, v4.shape) * dt
        conductivity_bar[1:-1, 1:-1] += v6
        # laplacian = u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2] - 4.0 * u[1:-1, 1:-1]
        u_bar[1:-1, 1:-1] += laplacian_bar * -4.0
        u_bar[1:-1, :-2] += laplacian_bar
        u_bar[1:-1, 2:] += laplacian_bar
        u_bar[:-2, 1:-1] += laplacian_bar
        u_bar[2:, 1:-1] += laplacian_bar
    return u_bar, conductivity_bar
