import numpy as np


def reciprocal_or_zero(x):
    """Return 1 / x, and 0 where x is 0."""
    return (x != 0) / (x + (x == 0))


def captured_variance_grad(a, data):
    """Gradient of captured_variance with respect to a (reverse mode)."""
    # primal
    q = a.copy()
    n = a.shape[1]
    q_tape = []
    product_tape = []
    q_tape1 = []
    vector_norm_tape = []
    for j in range(n):
        for k in range(j):
            v1 = q[:, k]
            v2 = q[:, j]
            q_tape.append(v2.copy())
            v3 = v1 @ v2
            product_tape.append(v3)
            q[:, j] -= v3 * v1
        v4 = q[:, j]
        q_tape1.append(v4.copy())
        v5 = np.linalg.norm(v4)
        vector_norm_tape.append(v5)
        q[:, j] = v4 / v5
    scores = data @ q
    v6 = np.arange(1, n + 1)
    # adjoint
    scores_bar = np.ones((len(data), n)) / v6 * (2 * scores)  # return np.sum(scores**2 * weights)
    q_bar = data.T @ scores_bar  # scores = data @ orthonormalise(a)
    for j in range(n - 1, -1, -1):
        v7 = vector_norm_tape.pop()
        v8 = q_tape1.pop()
        v9 = q_bar[:, j]  # q[:, j] /= np.linalg.norm(q[:, j])
        v10 = v8 * (np.sum(v9 * (q[:, j] / v7)) * reciprocal_or_zero(v7))
        q_bar[:, j] = v9 / v7 - v10
        for k in range(j - 1, -1, -1):
            v11 = product_tape.pop()
            v12 = q_tape.pop()
            v13 = -q_bar[:, j]  # q[:, j] -= (q[:, k] @ q[:, j]) * q[:, k]
            v14 = q[:, k]
            v15 = np.sum(v13 * v14)
            q_bar[:, j] += v15 * v14
            q_bar[:, k] += v13 * v11 + v15 * v12
    return q_bar,
