"""The cost of a clustering: squared distance of each point to the nearest centre."""

import numpy as np


def cost(centers, points):
    """Sum over the points of the least squared distance to a centre."""
    d2 = np.sum((points[:, None, :] - centers[None, :, :]) ** 2, axis=-1)
    return np.sum(np.min(d2, axis=1))
