"""Log marginal likelihood of a Gaussian process, with jitter on the diagonal where Cholesky's factorisation fails."""

import numpy as np


def log_marginal_likelihood(length, noise, x, y):
    """Of observations ``y`` at the places ``x``, for a squared exponential kernel."""
    distance = x[:, None] - x[None, :]
    kernel = np.exp(-0.5 * (distance / length) ** 2) + noise * np.eye(len(x))
    jitter = 1e-10
    for _ in range(6):
        try:
            factor = np.linalg.cholesky(kernel)
            break
        except np.linalg.LinAlgError:
            kernel = kernel + jitter * np.eye(len(x))
            jitter *= 10.0
    else:
        raise ValueError("the kernel is not positive definite")
    white = np.linalg.solve(factor, y)
    return -0.5 * white @ white - np.sum(np.log(np.diag(factor)))
