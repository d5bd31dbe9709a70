"""An LSTM cell run over a sequence, with a squared loss on the last hidden state."""

import numpy as np


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def loss(weights, bias, inputs, target):
    """Half the squared distance of the last hidden state to ``target``.

    ``weights`` has shape (features + hidden, 4 * hidden), ``inputs`` (time, batch, features).
    """
    steps, batch, _ = inputs.shape
    size = target.shape[1]
    h = np.zeros((batch, size))
    c = np.zeros((batch, size))
    for t in range(steps):
        gates = np.concatenate([inputs[t], h], axis=1) @ weights + bias
        i = sigmoid(gates[:, :size])
        f = sigmoid(gates[:, size : 2 * size] + 1.0)
        o = sigmoid(gates[:, 2 * size : 3 * size])
        g = np.tanh(gates[:, 3 * size :])
        c = f * c + i * g
        h = o * np.tanh(c)
    return 0.5 * np.sum((h - target) ** 2)
