import numpy as np


def error_grad(b, a, x, wanted):
    """Gradient of error with respect to b, a (reverse mode)."""
    # primal
    y = np.zeros(len(x))
    for n in range(len(x)):
        acc = 0.0
        for k in range(len(b)):
            v1 = n - k
            if v1 >= 0:
                acc += b[k] * x[v1]
        for k in range(1, len(a)):
            v2 = n - k
            if v2 >= 0:
                acc -= a[k] * y[v2]
        y[n] = acc / a[0]
    v3 = y - wanted
    # adjoint
    y_bar = 2 * v3 / len(x)  # return np.mean((filtered(b, a, x) - wanted) ** 2)
    b_bar = np.zeros_like(b)
    a_bar = np.zeros_like(a)
    for n in range(len(x) - 1, -1, -1):
        v4 = y_bar[n]  # y[n] = acc / a[0]
        v5 = a[0]
        acc_bar = v4 / v5
        a_bar[0] -= v4 * (y[n] / v5)
        y_bar[n] = 0.0
        for k in range(len(a) - 1, 0, -1):
            v6 = n - k
            if v6 >= 0:
                v7 = -acc_bar  # acc -= a[k] * y[n - k]
                y_bar[v6] += v7 * a[k]
                a_bar[k] += v7 * y[v6]
        for k in range(len(b) - 1, -1, -1):
            v8 = n - k
            if v8 >= 0:
                b_bar[k] += acc_bar * x[v8]  # acc += b[k] * x[n - k]
    return b_bar, a_bar
