"""Cholesky factorisation in place, and a Gaussian log-likelihood with it."""

import numpy as np


def factorise(a):
    """Overwrite the lower triangle of ``a`` with its Cholesky factor, column by column."""
    n = len(a)
    for j in range(n):
        a[j, j] = np.sqrt(a[j, j] - a[j, :j] @ a[j, :j])
        for i in range(j + 1, n):
            a[i, j] = (a[i, j] - a[i, :j] @ a[j, :j]) / a[j, j]


def log_likelihood(covariance, x):
    """Log-density of a centred Gaussian at ``x``."""
    factor = covariance.copy()
    factorise(factor)
    n = len(x)
    z = np.zeros(n)
    for i in range(n):
        z[i] = (x[i] - factor[i, :i] @ z[:i]) / factor[i, i]
    return -0.5 * z @ z - np.sum(np.log(np.diag(factor))) - 0.5 * n * np.log(2 * np.pi)
