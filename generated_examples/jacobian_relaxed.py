import numpy as np


def relaxed_jacrev(u):
    """Jacobian of relaxed with respect to u (reverse mode, all cotangents in one sweep)."""
    # primal
    u_tape = []
    for _ in range(5):
        v = u.copy()
        v1 = u[1:-1]
        u_tape.append(v1.copy())
        v2 = v1 + 0.1 * (u[2:] - 2.0 * v1 + u[:-2])
        v[1:-1] = v2 - 0.01 * v1 ** 3
        u = v
    u_bar = np.eye(len(u))
    # adjoint
    for _ in range(4, -1, -1):
        v3 = u_tape.pop()
        # v[1:-1] = u[1:-1] + 0.1 * (u[2:] - 2.0 * u[1:-1] + u[:-2]) - 0.01 * u[1:-1] ** 3
        v4 = u_bar[:, 1:-1]
        v5 = v4 * -0.01 * (3 * v3 ** 2) + v4
        v6 = v4 * 0.1
        u_bar1 = np.zeros((len(u), len(u)))
        u_bar1[:, :-2] += v6
        u_bar1[:, 2:] += v6
        u_bar1[:, 1:-1] += v5 - v6 * 2.0
        u_bar[:, 1:-1] = 0.0
        u_bar1 += u_bar  # v = u.copy()
        u_bar = u_bar1
    return u_bar
