"""A helper that another module names alike."""

SCALE = 5.0


def helper(x):
    return SCALE * x**2
