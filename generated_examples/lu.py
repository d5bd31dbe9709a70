import numpy as np


def log_determinant_grad(matrix):
    """Gradient of log_determinant with respect to matrix (reverse mode)."""
    # primal
    a = matrix.copy()
    n = len(matrix)
    for k in range(n - 1):
        for i in range(k + 1, n):
            a[i, k] = a[i, k] / a[k, k]
            for j in range(k + 1, n):
                a[i, j] -= a[i, k] * a[k, j]
    # adjoint
    a_bar = np.zeros_like(matrix)
    total_bar = 1.0
    for k in range(n - 1, -1, -1):
        v1 = a[k, k]  # total += np.log(abs(a[k, k]))
        a_bar[k, k] += total_bar / abs(v1) * np.sign(v1)
    for k in range(n - 2, -1, -1):
        for i in range(n - 1, k, -1):
            for j in range(n - 1, k, -1):
                v2 = -a_bar[i, j]  # a[i, j] -= a[i, k] * a[k, j]
                a_bar[k, j] += v2 * a[i, k]
                a_bar[i, k] += v2 * a[k, j]
            v3 = a_bar[i, k]  # a[i, k] /= a[k, k]
            v4 = a[k, k]
            a_bar[i, k] = v3 / v4
            a_bar[k, k] -= v3 * (a[i, k] / v4)
    return a_bar,
