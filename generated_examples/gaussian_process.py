import numpy as np


def from_diagonal(g, shape, offset=0, axis1=0, axis2=1):
    """Zeros of this shape, with g on the diagonal that np.diagonal(a, offset, axis1, axis2) reads."""
    out = np.zeros(shape, g.dtype)
    last = np.moveaxis(out, (axis1, axis2), (-2, -1))
    k = np.arange(g.shape[-1])
    last[..., k - min(offset, 0), k + max(offset, 0)] = g
    return out


def inverse_of_lower(a):
    """The inverse of a lower triangular matrix: of each half, and by products of what is below."""
    half = a.shape[-1] // 2
    if half < 16:
        return np.linalg.inv(a)
    out = np.zeros_like(a)
    upper = out[..., :half, :half] = inverse_of_lower(a[..., :half, :half])
    lower = out[..., half:, half:] = inverse_of_lower(a[..., half:, half:])
    out[..., half:, :half] = -lower @ (a[..., half:, :half] @ upper)
    return out


def log_marginal_likelihood_grad(length, noise, x, y):
    """Gradient of log_marginal_likelihood with respect to length, noise (reverse mode)."""
    # primal
    distance = x[:, None] - x[None, :]
    v1 = distance / length
    v2 = np.exp(-0.5 * v1 ** 2)
    v3 = np.eye(len(x))
    kernel = v2 + noise * v3
    failed_tape = []
    factor_tape = []
    factor_tape1 = []
    factor = np.full((1, 1), np.nan)
    jitter = 1e-10
    v4 = False
    trips = 0
    for _ in range(6):
        factor_tape1.append(factor)
        try:
            factor = np.linalg.cholesky(kernel)
        except np.linalg.LinAlgError:
            failed = True
            kernel += jitter * np.eye(len(x))
            jitter *= 10.0
            v4 = False
        else:
            failed = False
            factor_tape.append(factor)
            v4 = True
        failed_tape.append(failed)
        trips += 1
        if v4:
            break
    if not v4:
        raise ValueError('the kernel is not positive definite')
    white = np.linalg.solve(factor, y)
    v5 = -0.5 * white
    v6 = np.diag(factor)
    # adjoint
    # return -0.5 * white @ white - np.sum(np.log(np.diag(factor)))
    factor_bar = from_diagonal(-1.0 / v6, factor.shape)
    white_bar = v5 - white * 0.5
    b_bar = np.linalg.solve(factor.T, white_bar)  # white = np.linalg.solve(factor, y)
    factor_bar = factor_bar - np.outer(b_bar, white)
    kernel_bar = np.zeros_like(kernel)
    for _ in range(trips - 1, -1, -1):
        factor = factor_tape1.pop()
        failed = failed_tape.pop()
        factor_bar1 = np.zeros_like(factor)  # factor = np.linalg.cholesky(kernel)
        if not failed:
            factor = factor_tape.pop()
            inverse = inverse_of_lower(factor)
            v7 = 1 - np.eye(factor_bar.shape[1]) / 2
            half = np.tril(factor.T @ factor_bar) * v7
            v8 = inverse.T @ (half @ inverse)
            lower = np.tril(v8 + v8.T) * (1 - np.eye(inverse.shape[1]) / 2)
            kernel_bar += lower
            factor_bar = factor_bar1
    # kernel = np.exp(-0.5 * (distance / length) ** 2) + noise * np.eye(len(x))
    noise_bar = np.sum(kernel_bar * v3)
    length_bar = -np.sum(kernel_bar * v2 * -0.5 * (2 * v1) * (v1 / length))
    return length_bar, noise_bar
