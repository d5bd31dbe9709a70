"""An integrator that is given its right-hand side as a function; which one is chosen when the program runs."""

import numpy as np


def midpoint(f, y, t, h):
    return y + h * f(y + 0.5 * h * f(y, t), t + 0.5 * h)


def decayed(y, k, times, order=1.0):
    """What is left of ``y`` at the last of ``times``, of a decay of first or of third order."""

    def first(y, t):
        return np.sin(t) - k * y

    def third(y, t):
        return -k * y**3

    f = third if order > 2.0 else first
    for i in range(len(times) - 1):
        y = midpoint(f, y, times[i], times[i + 1] - times[i])
    return y
