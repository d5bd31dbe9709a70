"""Orthonormal columns by the modified Gram-Schmidt process."""

import numpy as np


def orthonormalise(a):
    """Q with the span of the columns of ``a``."""
    q = a.copy()
    n = q.shape[1]
    for j in range(n):
        for k in range(j):
            q[:, j] -= (q[:, k] @ q[:, j]) * q[:, k]
        q[:, j] /= np.linalg.norm(q[:, j])
    return q


def captured_variance(a, data):
    """How much of ``data`` lies in the span of the columns of ``a``, weighted by column."""
    scores = data @ orthonormalise(a)
    weights = 1.0 / np.arange(1, a.shape[1] + 1)
    return np.sum(scores**2 * weights)
