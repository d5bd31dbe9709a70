import numpy as np


def expand_reduced(g, shape, axis=None, keepdims=False):
    """Repeat the result g of a reduction over axis, to the shape of what was reduced."""
    if axis is not None and not keepdims:
        g = np.expand_dims(g, axis)
    return np.broadcast_to(g, shape) if shape else g


def captured_variance_grad(a, data):
    """Gradient of captured_variance with respect to a (reverse mode)."""
    # primal
    q = a.copy()
    n = a.shape[1]
    v_tape = []
    v_tape1 = []
    v_tape2 = []
    v_tape3 = []
    for j in range(n):
        q = q.copy()
        v_tape = v_tape.copy()
        for k in range(j):
            v1 = q[:, k]
            v2 = q[:, j]
            v_tape = v_tape.copy()
            v_tape.append(v2)
            v3 = v1 @ v2
            v_tape1.append(v3)
            q = q.copy()
            q[:, j] = v2 - v3 * v1
            q = q.copy()
            v_tape = v_tape.copy()
        v4 = q[:, j]
        v_tape2 = v_tape2.copy()
        v_tape2.append(v4)
        v5 = np.linalg.norm(v4)
        v_tape3.append(v5)
        q = q.copy()
        q[:, j] = v4 / v5
        q = q.copy()
        v_tape2 = v_tape2.copy()
    scores = data @ q
    v6 = np.arange(1, n + 1)
    # adjoint
    v7 = expand_reduced(1.0, scores.shape) / v6  # return np.sum(scores**2 * weights)
    q_bar = data.T @ (v7 * (2 * scores))  # scores = data @ orthonormalise(a)
    v_tape2 = v_tape2.copy()  # for j in range(n):
    for j in range(n - 1, -1, -1):
        v8 = v_tape3.pop()
        v_tape2 = v_tape2.copy()
        v9 = v_tape2.pop()
        v10 = q_bar[:, j]  # q[:, j] /= np.linalg.norm(q[:, j])
        v11 = v9 * (np.sum(-(v10 * (q[:, j] / v8))) / (v8 + (v8 == 0)))
        v12 = v10 / v8 + v11
        q_bar[:, j] = 0.0
        q_bar[:, j] += v12
        v_tape = v_tape.copy()  # for k in range(j):
        for k in range(j - 1, -1, -1):
            v13 = v_tape1.pop()
            v_tape = v_tape.copy()
            v14 = v_tape.pop()
            v15 = q_bar[:, j]  # q[:, j] -= (q[:, k] @ q[:, j]) * q[:, k]
            v16 = -v15
            v17 = q[:, k]
            v18 = np.sum(v16 * v17)
            v19 = v15 + v18 * v17
            q_bar[:, j] = 0.0
            q_bar[:, j] += v19
            q_bar[:, k] += v16 * v13 + v18 * v14
            v_tape = v_tape.copy()  # for k in range(j):
        v_tape2 = v_tape2.copy()  # for j in range(n):
    return q_bar,
