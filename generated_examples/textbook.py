import numpy as np


def f_grad(x1, x2):
    """Gradient of f with respect to x1, x2 (reverse mode)."""
    # primal
    v1 = np.exp(x1 * x2)
    # adjoint
    v2 = 1.0 + v1  # return x1 * x2 + np.exp(x1 * x2) - np.sin(x2)
    x1_bar = v2 * x2
    x2_bar = v2 * x1 - np.cos(x2)
    return x1_bar, x2_bar
