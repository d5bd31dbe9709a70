import numpy as np


def from_diagonal(g, shape, offset=0, axis1=0, axis2=1):
    """Zeros of this shape, with g on the diagonal that np.diagonal(a, offset, axis1, axis2) reads."""
    out = np.zeros(shape, g.dtype)
    last = np.moveaxis(out, (axis1, axis2), (-2, -1))
    k = np.arange(g.shape[-1])
    last[..., k - min(offset, 0), k + max(offset, 0)] = g
    return out


def log_likelihood_grad(covariance, x):
    """Gradient of log_likelihood with respect to covariance, x (reverse mode)."""
    # primal
    factor = covariance.copy()
    n = len(covariance)
    for j in range(n):
        v1 = factor[j, :j]
        factor[j, j] = np.sqrt(factor[j, j] - v1 @ v1)
        for i in range(j + 1, n):
            v2 = factor[i, :j] @ factor[j, :j]
            factor[i, j] = (factor[i, j] - v2) / factor[j, j]
    n1 = len(x)
    z = np.zeros(n1)
    for i in range(n1):
        v3 = x[i] - factor[i, :i] @ z[:i]
        z[i] = v3 / factor[i, i]
    v4 = -0.5 * z
    v5 = np.diag(factor)
    # adjoint
    # return -0.5 * z @ z - np.sum(np.log(np.diag(factor))) - 0.5 * n * np.log(2 * np.pi)
    factor_bar = from_diagonal(-1.0 / v5, (n, covariance.shape[1]))
    z_bar = v4 - z * 0.5
    x_bar = np.zeros_like(x)
    for i in range(n1 - 1, -1, -1):
        v6 = z_bar[i]  # z[i] = (x[i] - factor[i, :i] @ z[:i]) / factor[i, i]
        v7 = factor[i, i]
        v8 = v6 / v7
        factor_bar[i, i] -= v6 * (z[i] / v7)
        v9 = -v8
        z_bar[i] = 0.0
        z_bar[:i] += v9 * factor[i, :i]
        factor_bar[i, :i] += v9 * z[:i]
        x_bar[i] += v8
    for j in range(n - 1, -1, -1):
        for i in range(n - 1, j, -1):
            v10 = factor_bar[i, j]  # a[i, j] = (a[i, j] - a[i, :j] @ a[j, :j]) / a[j, j]
            v11 = factor[j, j]
            v12 = v10 / v11
            factor_bar[i, j] = 0.0
            factor_bar[j, j] -= v10 * (factor[i, j] / v11)
            v13 = -v12
            factor_bar[j, :j] += v13 * factor[i, :j]
            factor_bar[i, :j] += v13 * factor[j, :j]
            factor_bar[i, j] += v12
        # a[j, j] = np.sqrt(a[j, j] - a[j, :j] @ a[j, :j])
        v14 = factor_bar[j, j] * (0.5 / factor[j, j])
        factor_bar[j, j] = 0.0
        factor_bar[j, :j] += 2.0 * (-v14 * factor[j, :j])
        factor_bar[j, j] += v14
    return factor_bar, x_bar
