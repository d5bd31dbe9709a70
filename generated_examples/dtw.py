import numpy as np


def share(x, y):
    """How much of the greater of two numbers x is: all, nothing, or half where they tie."""
    return 1.0 if x > y else 0.5 if x == y else 0.0


def distance_grad(x, y):
    """Gradient of distance with respect to x, y (reverse mode)."""
    # primal
    n = len(x)
    m = len(y)
    d = np.full((n + 1, m + 1), np.inf)
    d[0, 0] = 0.0
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            cost = (x[i - 1] - y[j - 1]) ** 2
            v1 = min(d[i - 1, j], d[i, j - 1])
            d[i, j] = cost + min(v1, d[i - 1, j - 1])
    # adjoint
    d_bar = np.zeros_like(d)  # return d[n, m]
    d_bar[n, m] = 1.0
    x_bar = np.zeros_like(x)
    y_bar = np.zeros_like(y)
    for i in range(n, 0, -1):
        for j in range(m, 0, -1):
            v2 = d_bar[i, j]  # d[i, j] = cost + min(d[i - 1, j], d[i, j - 1], d[i - 1, j - 1])
            v3 = d[i - 1, j - 1]
            v4 = d[i - 1, j]
            v5 = d[i, j - 1]
            v6 = min(v4, v5)
            v7 = v2 * share(v3, v6)
            d_bar[i, j] = 0.0
            d_bar[i - 1, j - 1] += v2 * share(v6, v3)
            d_bar[i, j - 1] += v7 * share(v4, v5)
            d_bar[i - 1, j] += v7 * share(v5, v4)
            v8 = v2 * (2 * (x[i - 1] - y[j - 1]))  # cost = (x[i - 1] - y[j - 1]) ** 2
            y_bar[j - 1] -= v8
            x_bar[i - 1] += v8
    return x_bar, y_bar
