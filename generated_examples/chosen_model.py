import numpy as np


def decayed_grad(y, k, times, order=1.0):
    """Gradient of decayed with respect to y, k (reverse mode)."""
    # primal
    v1 = order > 2.0
    v2 = len(times) - 1
    y_tape = []
    sum_tape = []
    for i in range(v2):
        y_tape.append(y)
        v3 = times[i]
        v4 = times[i + 1] - v3
        v5 = 0.5 * v4
        v6 = -(k * y ** 3) if v1 else np.sin(v3) - k * y
        v7 = y + v5 * v6
        sum_tape.append(v7)
        v8 = v3 + v5
        v9 = -(k * v7 ** 3) if v1 else np.sin(v8) - k * v7
        y += v4 * v9
    # adjoint
    y_bar = 1.0
    k_bar = 0.0
    for i in range(v2 - 1, -1, -1):
        v10 = sum_tape.pop()
        y = y_tape.pop()
        v11 = times[i + 1] - times[i]  # y = midpoint(f, y, times[i], times[i + 1] - times[i])
        v12 = y_bar * v11  # return y + h * f(y + 0.5 * h * f(y, t), t + 0.5 * h)
        if v1:
            v13 = v12 * k * (-3 * v10 ** 2)  # return -k * y**3
            k_bar -= v12 * v10 ** 3
        else:
            v14 = -v12  # return np.sin(t) - k * y
            k_bar += v14 * v10
            v13 = v14 * k
        y_bar += v13  # return y + h * f(y + 0.5 * h * f(y, t), t + 0.5 * h)
        v15 = v13 * (0.5 * v11)
        if v1:
            y_bar += v15 * k * (-3 * y ** 2)  # return -k * y**3
            k_bar -= v15 * y ** 3
        else:
            v16 = -v15  # return np.sin(t) - k * y
            k_bar += v16 * y
            y_bar += v16 * k
    return y_bar, k_bar
