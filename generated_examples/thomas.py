import numpy as np


def energy_grad(lower, diagonal, upper, rhs):
    """Gradient of energy with respect to lower, diagonal, upper, rhs (reverse mode)."""
    # primal
    n = len(diagonal)
    c = np.zeros(n)
    d = np.zeros(n)
    v1 = diagonal[0]
    v2 = upper[0] / v1
    c[0] = v2
    v3 = rhs[0] / v1
    d[0] = v3
    for i in range(1, n):
        v4 = lower[i]
        pivot = diagonal[i] - v4 * c[i - 1]
        c[i] = upper[i] / pivot
        d[i] = (rhs[i] - v4 * d[i - 1]) / pivot
    x = np.zeros(n)
    x[-1] = d[-1]
    for i in range(n - 2, -1, -1):
        x[i] = d[i] - c[i] * x[i + 1]
    rhs_bar = 0.5 * x
    # adjoint
    x_bar = rhs * 0.5  # return 0.5 * solve(lower, diagonal, upper, rhs) @ rhs
    d_bar = np.zeros_like(diagonal)
    c_bar = np.zeros_like(diagonal)
    for i in range(n - 1):
        v5 = x_bar[i]  # x[i] = d[i] - c[i] * x[i + 1]
        v6 = -v5
        x_bar[i] = 0.0
        x_bar[i + 1] += v6 * c[i]
        c_bar[i] += v6 * x[i + 1]
        d_bar[i] += v5
    d_bar[-1] += x_bar[-1]  # x[-1] = d[-1]
    diagonal_bar = np.zeros_like(diagonal)
    lower_bar = np.zeros_like(lower)
    upper_bar = np.zeros_like(upper)
    for i in range(n - 1, 0, -1):
        v7 = d_bar[i]  # d[i] = (rhs[i] - lower[i] * d[i - 1]) / pivot
        v8 = lower[i]  # pivot = diagonal[i] - lower[i] * c[i - 1]
        v9 = c[i - 1]
        pivot = diagonal[i] - v8 * v9
        v10 = d[i - 1]  # d[i] = (rhs[i] - lower[i] * d[i - 1]) / pivot
        v11 = v7 / pivot
        v12 = v7 * ((rhs[i] - v8 * v10) / pivot / pivot)
        v13 = -v11
        d_bar[i] = 0.0
        d_bar[i - 1] += v13 * v8
        rhs_bar[i] += v11
        v14 = c_bar[i]  # c[i] = upper[i] / pivot
        v15 = v12 + v14 * (upper[i] / pivot / pivot)
        upper_bar[i] += v14 / pivot
        c_bar[i] = 0.0
        c_bar[i - 1] += v15 * v8  # pivot = diagonal[i] - lower[i] * c[i - 1]
        lower_bar[i] += v13 * v10 + v15 * v9
        diagonal_bar[i] -= v15
    v16 = d_bar[0]  # d[0] = rhs[0] / diagonal[0]
    rhs_bar[0] += v16 / v1
    v17 = c_bar[0]  # c[0] = upper[0] / diagonal[0]
    diagonal_bar[0] -= v16 * (v3 / v1) + v17 * (v2 / v1)
    upper_bar[0] += v17 / v1
    return lower_bar, diagonal_bar, upper_bar, rhs_bar
