import numpy as np


def unbroadcast(x, shape):
    """Sum x over the axes along which an array of this shape was broadcast to the shape of x."""
    extra = np.ndim(x) - len(shape)
    if extra < 0:
        return np.broadcast_to(x, shape)
    spread = tuple(range(extra)) + tuple(k + extra for k, n in enumerate(shape) if n == 1 != x.shape[k + extra])
    if not spread:
        return x
    return np.add.reduce(x, spread).reshape(shape) if shape else np.add.reduce(x, spread)


def misfit_grad(u0, conductivity, observed, steps, dt):
    """Gradient of misfit with respect to u0, conductivity (reverse mode)."""
    # primal
    u = u0.copy()
    laplacian_tape = []
    v_tape = []
    v_tape1 = []
    v_tape2 = []
    v_tape3 = []
    v_tape4 = []
    v_tape5 = []
    v_tape6 = [].copy()
    v_tape7 = [].copy()
    v_tape8 = [].copy()
    v_tape9 = [].copy()
    v_tape10 = [].copy()
    for _ in range(steps):
        v1 = u[2:, 1:-1]
        v_tape9 = v_tape9.copy()
        v_tape9.append(v1)
        v2 = u[:-2, 1:-1]
        v_tape10 = v_tape10.copy()
        v_tape10.append(v2)
        v3 = v1 + v2
        v_tape5.append(v3)
        v4 = u[1:-1, 2:]
        v_tape8 = v_tape8.copy()
        v_tape8.append(v4)
        v5 = v3 + v4
        v_tape4.append(v5)
        v6 = u[1:-1, :-2]
        v_tape7 = v_tape7.copy()
        v_tape7.append(v6)
        v7 = v5 + v6
        v_tape2.append(v7)
        v8 = u[1:-1, 1:-1]
        v_tape6 = v_tape6.copy()
        v_tape6.append(v8)
        v9 = 4.0 * v8
        v_tape3.append(v9)
        laplacian = v7 - v9
        laplacian_tape.append(laplacian)
        v10 = dt * conductivity[1:-1, 1:-1]
        v_tape.append(v10)
        v11 = v10 * laplacian
        v_tape1 = v_tape1.copy()
        v_tape1.append(v11)
        u = u.copy()
        u[1:-1, 1:-1] += v11
        u = u.copy()
        v_tape1 = v_tape1.copy()
        v_tape6 = v_tape6.copy()
        v_tape7 = v_tape7.copy()
        v_tape8 = v_tape8.copy()
        v_tape9 = v_tape9.copy()
    v12 = u - observed
    # adjoint
    u_bar = 0.5 * (2 * v12)  # return 0.5 * np.sum((u - observed) ** 2)
    conductivity_bar = np.zeros_like(conductivity)  # for _ in range(steps):
    v_tape1 = v_tape1.copy()
    v_tape6 = v_tape6.copy()
    v_tape7 = v_tape7.copy()
    v_tape8 = v_tape8.copy()
    v_tape9 = v_tape9.copy()
    v_tape10 = v_tape10.copy()
    for _ in range(steps - 1, -1, -1):
        v_tape1 = v_tape1.copy()
        v13 = v_tape1.pop()
        laplacian = laplacian_tape.pop()
        v14 = v_tape.pop()
        v15 = v_tape2.pop()
        v16 = v_tape3.pop()
        v_tape6 = v_tape6.copy()
        v17 = v_tape6.pop()
        v18 = v_tape4.pop()
        v_tape7 = v_tape7.copy()
        v19 = v_tape7.pop()
        v20 = v_tape5.pop()
        v_tape8 = v_tape8.copy()
        v21 = v_tape8.pop()
        v_tape9 = v_tape9.copy()
        v22 = v_tape9.pop()
        v_tape10 = v_tape10.copy()
        v23 = v_tape10.pop()
        v24 = u_bar[1:-1, 1:-1]  # u[1:-1, 1:-1] += dt * conductivity[1:-1, 1:-1] * laplacian
        v25 = unbroadcast(v24, v13.shape)
        v26 = laplacian.shape[1]
        laplacian_bar = unbroadcast(v25 * v14, (len(laplacian), v26))
        v27 = unbroadcast(v25 * laplacian, v14.shape) * dt
        v28 = conductivity[1:-1, 1:-1]
        v29 = unbroadcast(v27, v28.shape)
        conductivity_bar[1:-1, 1:-1] += v29
        # laplacian = u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2] - 4.0 * u[1:-1, 1:-1]
        v30 = unbroadcast(laplacian_bar, v15.shape)
        v31 = unbroadcast(-laplacian_bar, v16.shape) * 4.0
        u_bar[1:-1, 1:-1] += unbroadcast(v31, v17.shape)
        v32 = unbroadcast(v30, v18.shape)
        u_bar[1:-1, :-2] += unbroadcast(v30, v19.shape)
        v33 = unbroadcast(v32, v20.shape)
        u_bar[1:-1, 2:] += unbroadcast(v32, v21.shape)
        v34 = unbroadcast(v33, v22.shape)
        u_bar[:-2, 1:-1] += unbroadcast(v33, v23.shape)
        u_bar[2:, 1:-1] += v34
        v_tape1 = v_tape1.copy()  # for _ in range(steps):
        v_tape6 = v_tape6.copy()
        v_tape7 = v_tape7.copy()
        v_tape8 = v_tape8.copy()
        v_tape9 = v_tape9.copy()
    return u_bar, conductivity_bar
