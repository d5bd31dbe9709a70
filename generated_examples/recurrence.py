import numpy as np


def last_grad(a, x):
    """Gradient of last with respect to a, x (reverse mode)."""
    # primal
    y = np.zeros(len(x))
    for i in range(1, len(x)):
        y[i] = np.tanh(a * y[i - 1] + x[i])
    # adjoint
    y_bar = np.zeros_like(x)  # return y[-1]
    y_bar[-1] = 1.0
    x_bar = np.zeros_like(x)
    a_bar = 0.0
    for i in range(len(x) - 1, 0, -1):
        v1 = y_bar[i] * (1.0 - y[i] ** 2)  # y[i] = np.tanh(a * y[i - 1] + x[i])
        x_bar[i] += v1
        a_bar += v1 * y[i - 1]
        y_bar[i] = 0.0
        y_bar[i - 1] += v1 * a
    return a_bar, x_bar
