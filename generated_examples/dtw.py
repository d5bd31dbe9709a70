import numpy as np


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
            x1 = d[i, j - 1]
            x2 = d[i - 1, j - 1]
            d[i, j] = cost + min(d[i - 1, j], x1, x2)
    # adjoint
    d_bar = np.zeros_like(d)  # return d[n, m]
    d_bar[n, m] = 1.0
    x_bar = np.zeros_like(x)
    y_bar = np.zeros_like(y)
    for i in range(n, 0, -1):
        for j in range(m, 0, -1):
            v1 = d_bar[i, j]  # d[i, j] = cost + min(d[i - 1, j], d[i, j - 1], d[i - 1, j - 1])
            x1 = d[i - 1, j]
            x2 = d[i, j - 1]
            x3 = d[i - 1, j - 1]
            v2 = min(x1, x2, x3)
            v3 = 1.0 if x1 == v2 else 0.0
            v4 = 1.0 if x2 == v2 else 0.0
            v5 = 1.0 if x3 == v2 else 0.0
            ties = v3 + v4 + v5
            if not ties > 0.0:
                ties = 1.0
            d_bar[i, j] = 0.0
            d_bar[i - 1, j - 1] += v1 * (v5 / ties)
            d_bar[i, j - 1] += v1 * (v4 / ties)
            d_bar[i - 1, j] += v1 * (v3 / ties)
            v6 = v1 * (2 * (x[i - 1] - y[j - 1]))  # cost = (x[i - 1] - y[j - 1]) ** 2
            y_bar[j - 1] -= v6
            x_bar[i - 1] += v6
    return x_bar, y_bar
