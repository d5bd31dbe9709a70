"""A tridiagonal system solved by the Thomas algorithm."""

import numpy as np


def solve(lower, diagonal, upper, rhs):
    """x with T x = rhs, where T has these three diagonals (``lower[0]`` and ``upper[-1]`` are not used)."""
    n = len(diagonal)
    c = np.zeros(n)
    d = np.zeros(n)
    c[0] = upper[0] / diagonal[0]
    d[0] = rhs[0] / diagonal[0]
    for i in range(1, n):
        pivot = diagonal[i] - lower[i] * c[i - 1]
        c[i] = upper[i] / pivot
        d[i] = (rhs[i] - lower[i] * d[i - 1]) / pivot
    x = np.zeros(n)
    x[-1] = d[-1]
    for i in range(n - 2, -1, -1):
        x[i] = d[i] - c[i] * x[i + 1]
    return x


def energy(lower, diagonal, upper, rhs):
    """½ xᵀ rhs for the solution x."""
    return 0.5 * solve(lower, diagonal, upper, rhs) @ rhs
