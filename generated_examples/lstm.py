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


def loss_grad(weights, bias, inputs, target):
    """Gradient of loss with respect to weights, bias (reverse mode)."""
    # primal
    steps = len(inputs)
    batch = inputs.shape[1]
    size = target.shape[1]
    h = np.zeros((batch, size))
    c = np.zeros((batch, size))
    c_tape = []
    v_tape = []
    v_tape1 = []
    v_tape2 = []
    i_tape = []
    v_tape3 = []
    v_tape4 = []
    f_tape = []
    v_tape5 = []
    v_tape6 = []
    o_tape = []
    g_tape = []
    v_tape7 = []
    v_tape8 = []
    v_tape9 = []
    v_tape10 = []
    v_tape11 = []
    v_tape12 = []
    h_tape = []
    gates_tape = [].copy()
    v_tape13 = [].copy()
    for t in range(steps):
        c_tape = c_tape.copy()
        c_tape.append(c)
        h_tape = h_tape.copy()
        h_tape.append(h)
        v1 = np.concatenate([inputs[t], h], axis=1)
        v_tape.append(v1)
        gates = v1 @ weights + bias
        gates_tape = gates_tape.copy()
        gates_tape.append(gates)
        v2 = -gates[:, :size]
        v_tape12.append(v2)
        v3 = np.exp(v2)
        v_tape1.append(v3)
        v4 = 1.0 + v3
        v_tape2.append(v4)
        i = 1.0 / v4
        i_tape.append(i)
        v5 = 2 * size
        v6 = gates[:, size:v5] + 1.0
        v_tape13 = v_tape13.copy()
        v_tape13.append(v6)
        v7 = -v6
        v_tape11.append(v7)
        v8 = np.exp(v7)
        v_tape3.append(v8)
        v9 = 1.0 + v8
        v_tape4.append(v9)
        f = 1.0 / v9
        f_tape.append(f)
        v10 = 3 * size
        v11 = -gates[:, v5:v10]
        v_tape10.append(v11)
        v12 = np.exp(v11)
        v_tape5.append(v12)
        v13 = 1.0 + v12
        v_tape6.append(v13)
        o = 1.0 / v13
        o_tape.append(o)
        v14 = gates[:, v10:]
        v_tape9 = v_tape9.copy()
        v_tape9.append(v14)
        g = np.tanh(v14)
        g_tape.append(g)
        v15 = i * g
        v_tape8.append(v15)
        c = f * c + v15
        v16 = np.tanh(c)
        v_tape7.append(v16)
        h = o * v16
        v_tape9 = v_tape9.copy()
        gates_tape = gates_tape.copy()
    v17 = h - target
    # adjoint
    h_bar = 0.5 * (2 * v17)  # return 0.5 * np.sum((h - target) ** 2)
    c_bar = np.zeros_like(c)  # for t in range(steps):
    weights_bar = np.zeros_like(weights)
    bias_bar = np.zeros_like(bias)
    v_tape9 = v_tape9.copy()
    gates_tape = gates_tape.copy()
    v_tape13 = v_tape13.copy()
    for _ in range(steps - 1, -1, -1):
        v18 = v_tape7.pop()
        o = o_tape.pop()
        v19 = v_tape8.pop()
        g = g_tape.pop()
        i = i_tape.pop()
        c = c_tape.pop()
        f = f_tape.pop()
        v_tape9 = v_tape9.copy()
        v20 = v_tape9.pop()
        gates_tape = gates_tape.copy()
        gates = gates_tape.pop()
        v21 = v_tape6.pop()
        v22 = v_tape5.pop()
        v23 = v_tape10.pop()
        v24 = v_tape4.pop()
        v25 = v_tape3.pop()
        v26 = v_tape11.pop()
        v_tape13 = v_tape13.copy()
        v27 = v_tape13.pop()
        v28 = v_tape2.pop()
        v29 = v_tape1.pop()
        v30 = v_tape12.pop()
        v31 = v_tape.pop()
        h = h_tape.pop()
        o_bar = unbroadcast(h_bar * v18, o.shape)  # h = o * np.tanh(c)
        c_bar = c_bar + h_bar * o * (1.0 - v18 ** 2)
        v32 = unbroadcast(c_bar, v19.shape)  # c = f * c + i * g
        i_bar = unbroadcast(v32 * g, i.shape)
        g_bar = unbroadcast(v32 * i, g.shape)
        f_bar = unbroadcast(c_bar * c, f.shape)
        c_bar = c_bar * f
        v33 = unbroadcast(g_bar * (1.0 - g ** 2), v20.shape)  # g = np.tanh(gates[:, 3 * size :])
        gates_bar = np.zeros_like(gates)
        v34 = 3 * size  # o = sigmoid(gates[:, 2 * size : 3 * size])
        gates_bar[:, v34:] = v33  # g = np.tanh(gates[:, 3 * size :])
        v35 = unbroadcast(-(o_bar * (o / v21)), v21.shape)  # return 1.0 / (1.0 + np.exp(-z))
        v36 = unbroadcast(v35, v22.shape) * v22
        v37 = -unbroadcast(v36, v23.shape)
        v38 = 2 * size  # f = sigmoid(gates[:, size : 2 * size] + 1.0)
        # return 1.0 / (1.0 + np.exp(-z))
        v39 = unbroadcast(v37, (len(gates), gates[:, v38:v34].shape[1]))
        gates_bar[:, v38:v34] += v39  # o = sigmoid(gates[:, 2 * size : 3 * size])
        v40 = unbroadcast(-(f_bar * (f / v24)), v24.shape)  # return 1.0 / (1.0 + np.exp(-z))
        v41 = unbroadcast(v40, v25.shape) * v25
        v42 = -unbroadcast(v41, v26.shape)
        v43 = unbroadcast(v42, v27.shape)
        # f = sigmoid(gates[:, size : 2 * size] + 1.0)
        v44 = unbroadcast(v43, (len(gates), gates[:, size:v38].shape[1]))
        gates_bar[:, size:v38] += v44
        v45 = unbroadcast(-(i_bar * (i / v28)), v28.shape)  # return 1.0 / (1.0 + np.exp(-z))
        v46 = unbroadcast(v45, v29.shape) * v29
        v47 = -unbroadcast(v46, v30.shape)
        v48 = unbroadcast(v47, (len(gates), gates[:, :size].shape[1]))
        gates_bar[:, :size] += v48  # i = sigmoid(gates[:, :size])
        # gates = np.concatenate([inputs[t], h], axis=1) @ weights + bias
        bias_bar += np.sum(gates_bar, axis=0)
        v49 = gates_bar @ weights.T
        weights_bar += v31.T @ gates_bar
        start = 0 + inputs.shape[2]
        h_bar = v49[:, start:start + h.shape[1]]
        v_tape9 = v_tape9.copy()  # for t in range(steps):
        gates_tape = gates_tape.copy()
    return weights_bar, bias_bar
