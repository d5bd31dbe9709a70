"""LU factorisation in place, without pivoting, and the logarithm of the determinant."""

import numpy as np


def log_determinant(matrix):
    """log |det A| by Gaussian elimination on a copy."""
    a = matrix.copy()
    n = len(a)
    for k in range(n - 1):
        for i in range(k + 1, n):
            a[i, k] /= a[k, k]
            for j in range(k + 1, n):
                a[i, j] -= a[i, k] * a[k, j]
    total = 0.0
    for k in range(n):
        total += np.log(abs(a[k, k]))
    return total
