"""The root of an equation, found by Newton's method with the derivative of the residual taken on the spot."""

from s2sad import grad


def newton(f, y, steps):
    slope = grad(f)
    for _ in range(steps):
        y = y - f(y) / slope(y)
    return y


def cubic_root(a, b, steps=8):
    """The real root of ``y³ + a y = b``."""
    return newton(lambda y: y**3 + a * y - b, 1.0, steps)
