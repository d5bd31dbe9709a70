import numpy as np


def expand_reduced(g, shape, axis=None, keepdims=False):
    """Repeat the result g of a reduction over axis, to the shape of what was reduced."""
    if axis is not None and not keepdims:
        g = np.expand_dims(g, axis)
    return np.broadcast_to(g, shape) if shape else g


def unbroadcast(x, shape):
    """Sum x over the axes along which an array of this shape was broadcast to the shape of x."""
    extra = np.ndim(x) - len(shape)
    if extra < 0:
        return np.broadcast_to(x, shape)
    spread = tuple(range(extra)) + tuple(k + extra for k, n in enumerate(shape) if n == 1 != x.shape[k + extra])
    if not spread:
        return x
    return np.add.reduce(x, spread).reshape(shape) if shape else np.add.reduce(x, spread)


def diffuse_grad(u, steps):
    """Gradient of diffuse with respect to u (reverse mode)."""
    # primal
    u1 = u.copy()
    v_tape = []
    v_tape1 = []
    v_tape2 = []
    v_tape3 = []
    v_tape4 = []
    v_tape5 = [].copy()
    v_tape6 = [].copy()
    v_tape7 = [].copy()
    v_tape8 = [].copy()
    v_tape9 = [].copy()
    for _ in range(steps):
        v1 = u1[1:-1, 1:-1]
        v_tape8 = v_tape8.copy()
        v_tape8.append(v1)
        v2 = u1[2:, 1:-1]
        v_tape9 = v_tape9.copy()
        v_tape9.append(v2)
        v3 = v1 + v2
        v_tape4.append(v3)
        v4 = u1[:-2, 1:-1]
        v_tape7 = v_tape7.copy()
        v_tape7.append(v4)
        v5 = v3 + v4
        v_tape3.append(v5)
        v6 = u1[1:-1, 2:]
        v_tape6 = v_tape6.copy()
        v_tape6.append(v6)
        v7 = v5 + v6
        v_tape2.append(v7)
        v8 = u1[1:-1, :-2]
        v_tape5 = v_tape5.copy()
        v_tape5.append(v8)
        v9 = v7 + v8
        v_tape1.append(v9)
        v10 = 0.2 * v9
        v_tape = v_tape.copy()
        v_tape.append(v10)
        u1 = u1.copy()
        u1[1:-1, 1:-1] = v10
        u1 = u1.copy()
        v_tape = v_tape.copy()
        v_tape5 = v_tape5.copy()
        v_tape6 = v_tape6.copy()
        v_tape7 = v_tape7.copy()
        v_tape8 = v_tape8.copy()
    # adjoint
    u_bar = expand_reduced(1.0, u.shape)  # return np.sum(u)
    u_bar = u_bar.copy()  # for t in range(steps):
    v_tape = v_tape.copy()
    v_tape5 = v_tape5.copy()
    v_tape6 = v_tape6.copy()
    v_tape7 = v_tape7.copy()
    v_tape8 = v_tape8.copy()
    v_tape9 = v_tape9.copy()
    for _ in range(steps - 1, -1, -1):
        v_tape = v_tape.copy()
        v11 = v_tape.pop()
        v12 = v_tape1.pop()
        v13 = v_tape2.pop()
        v_tape5 = v_tape5.copy()
        v14 = v_tape5.pop()
        v15 = v_tape3.pop()
        v_tape6 = v_tape6.copy()
        v16 = v_tape6.pop()
        v17 = v_tape4.pop()
        v_tape7 = v_tape7.copy()
        v18 = v_tape7.pop()
        v_tape8 = v_tape8.copy()
        v19 = v_tape8.pop()
        v_tape9 = v_tape9.copy()
        v20 = v_tape9.pop()
        v21 = u_bar[1:-1, 1:-1]
        v22 = unbroadcast(v21, v11.shape) * 0.2
        v23 = unbroadcast(v22, v12.shape)
        v24 = unbroadcast(v23, v13.shape)
        v25 = unbroadcast(v23, v14.shape)
        u_bar[1:-1, 1:-1] = 0.0
        u_bar[1:-1, :-2] += v25
        v26 = unbroadcast(v24, v15.shape)
        u_bar[1:-1, 2:] += unbroadcast(v24, v16.shape)
        v27 = unbroadcast(v26, v17.shape)
        u_bar[:-2, 1:-1] += unbroadcast(v26, v18.shape)
        v28 = unbroadcast(v27, v19.shape)
        u_bar[2:, 1:-1] += unbroadcast(v27, v20.shape)
        u_bar[1:-1, 1:-1] += v28
        v_tape = v_tape.copy()  # for t in range(steps):
        v_tape5 = v_tape5.copy()
        v_tape6 = v_tape6.copy()
        v_tape7 = v_tape7.copy()
        v_tape8 = v_tape8.copy()
    return u_bar,
