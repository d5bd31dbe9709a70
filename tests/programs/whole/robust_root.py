"""Newton's method that falls back to bisection where the slope vanishes."""

import math


def pressure(volume, a, b):
    """Van der Waals' reduced equation of state at temperature one."""
    return 1.0 / (volume - b) - a / volume**2


def molar_volume(p, a, b, tolerance=1e-12):
    """The volume at which the pressure is ``p``."""
    low, high = b + 1e-3, 100.0
    volume = 1.0
    for _ in range(200):
        residual = pressure(volume, a, b) - p
        if abs(residual) < tolerance:
            break
        if residual > 0.0:
            low = volume
        else:
            high = volume
        slope = 2.0 * a / volume**3 - 1.0 / (volume - b) ** 2
        try:
            volume = volume - residual / slope
        except ZeroDivisionError:
            volume = math.sqrt(low * high)
        if not low < volume < high:
            volume = 0.5 * (low + high)
    return volume
