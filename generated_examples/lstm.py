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
    concatenate_tape = []
    exp_tape = []
    sum_tape = []
    i_tape = []
    exp_tape1 = []
    sum_tape1 = []
    f_tape = []
    exp_tape2 = []
    sum_tape2 = []
    o_tape = []
    g_tape = []
    tanh_tape = []
    product_tape = []
    gates_tape = []
    for t in range(steps):
        c_tape.append(c)
        v1 = np.concatenate([inputs[t], h], axis=1)
        concatenate_tape.append(v1)
        gates = v1 @ weights + bias
        gates_tape.append(gates)
        v2 = np.exp(-gates[:, :size])
        exp_tape.append(v2)
        v3 = 1.0 + v2
        sum_tape.append(v3)
        i = 1.0 / v3
        i_tape.append(i)
        v4 = 2 * size
        v5 = np.exp(-(gates[:, size:v4] + 1.0))
        exp_tape1.append(v5)
        v6 = 1.0 + v5
        sum_tape1.append(v6)
        f = 1.0 / v6
        f_tape.append(f)
        v7 = 3 * size
        v8 = np.exp(-gates[:, v4:v7])
        exp_tape2.append(v8)
        v9 = 1.0 + v8
        sum_tape2.append(v9)
        o = 1.0 / v9
        o_tape.append(o)
        g = np.tanh(gates[:, v7:])
        g_tape.append(g)
        v10 = i * g
        product_tape.append(v10)
        c = f * c + v10
        v11 = np.tanh(c)
        tanh_tape.append(v11)
        h = o * v11
    v12 = h - target
    # adjoint
    h_bar = 0.5 * (2 * v12)  # return 0.5 * np.sum((h - target) ** 2)
    c_bar = np.zeros_like(c)
    weights_bar = np.zeros_like(weights)
    bias_bar = np.zeros_like(bias)
    for _ in range(steps - 1, -1, -1):
        v13 = tanh_tape.pop()
        o = o_tape.pop()
        v14 = product_tape.pop()
        g = g_tape.pop()
        i = i_tape.pop()
        c = c_tape.pop()
        f = f_tape.pop()
        gates = gates_tape.pop()
        v15 = sum_tape2.pop()
        v16 = exp_tape2.pop()
        v17 = sum_tape1.pop()
        v18 = exp_tape1.pop()
        v19 = sum_tape.pop()
        v20 = exp_tape.pop()
        v21 = concatenate_tape.pop()
        o_bar = unbroadcast(h_bar * v13, (batch, o.shape[1]))  # h = o * np.tanh(c)
        c_bar = c_bar + h_bar * o * (1.0 - v13 ** 2)
        v22 = unbroadcast(c_bar, (batch, v14.shape[1]))  # c = f * c + i * g
        i_bar = unbroadcast(v22 * g, (batch, i.shape[1]))
        g_bar = unbroadcast(v22 * i, (batch, g.shape[1]))
        f_bar = unbroadcast(c_bar * c, (batch, f.shape[1]))
        c_bar = c_bar * f
        gates_bar = np.zeros_like(gates)  # g = np.tanh(gates[:, 3 * size :])
        v23 = 3 * size  # o = sigmoid(gates[:, 2 * size : 3 * size])
        gates_bar[:, v23:] = g_bar * (1.0 - g ** 2)  # g = np.tanh(gates[:, 3 * size :])
        v24 = 2 * size  # f = sigmoid(gates[:, size : 2 * size] + 1.0)
        # o = sigmoid(gates[:, 2 * size : 3 * size])
        gates_bar[:, v24:v23] += o_bar * (o / v15) * v16
        # f = sigmoid(gates[:, size : 2 * size] + 1.0)
        gates_bar[:, size:v24] += f_bar * (f / v17) * v18
        gates_bar[:, :size] += i_bar * (i / v19) * v20  # i = sigmoid(gates[:, :size])
        # gates = np.concatenate([inputs[t], h], axis=1) @ weights + bias
        bias_bar += np.sum(gates_bar, axis=0)
        weights_bar += v21.T @ gates_bar
        size1 = inputs.shape[2]
        h_bar = (gates_bar @ weights.T)[:, size1:]
    return weights_bar, bias_bar
