import numpy as np


def validation_loss_grad(decay, rate, x, y, x_other, y_other, steps=5):
    """Gradient of validation_loss with respect to decay, rate (reverse mode)."""
    # primal
    w = np.zeros(x.shape[1])
    w_tape = []
    w_bar_tape = []
    for _ in range(steps):
        w_tape.append(w)
        w_bar = 2.0 * (decay * w) + x.T @ (2 * (x @ w - y) / len(x))
        w_bar_tape.append(w_bar)
        w = w - rate * w_bar
    v1 = x_other @ w - y_other
    # adjoint
    w_bar = x_other.T @ (2 * v1 / len(x_other))  # return np.mean((x_other @ w - y_other) ** 2)
    decay_bar = 0.0
    rate_bar = 0.0
    for _ in range(steps - 1, -1, -1):
        w_bar1 = w_bar_tape.pop()
        w = w_tape.pop()
        v2 = -w_bar  # w = w - rate * grad(loss)(w)
        rate_bar += np.sum(v2 * w_bar1)
        w_dot = v2 * rate
        w_dot1 = w_dot * 2.0  # return np.mean((x @ w - y) ** 2) + decay * np.sum(w * w)
        decay_bar += np.sum(w_dot1 * w)
        w_bar += w_dot1 * decay
        w_bar += x.T @ (x @ w_dot / len(x) * 2)
    return decay_bar, rate_bar
