import math


def griewank_grad(x1, x2):
    """Gradient of griewank with respect to x1, x2 (reverse mode)."""
    # adjoint
    x2_bar = x1 - math.cos(x2)  # return math.log(x1) + x1 * x2 - math.sin(x2)
    x1_bar = x2 + 1.0 / x1
    return x1_bar, x2_bar
