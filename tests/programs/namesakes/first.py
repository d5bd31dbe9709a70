"""A helper that another module names alike."""

SCALE = 2.0


def helper(x):
    return SCALE * x
