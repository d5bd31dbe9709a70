"""Programs of one row, as they are written when nobody thinks of the others: what ``vmap`` is shown on."""

from __future__ import annotations

import numpy as np


def attention(query, keys, values):
    """One query's answer: values weighted by how well their keys fit."""
    scores = keys @ query / np.sqrt(len(query))
    weights = np.exp(scores - scores.max())
    return weights / weights.sum() @ values


def huber_fit(slope, offset, x, y):
    """The loss of one fit: quadratic near the line, linear far from it."""
    total = 0.0
    for i in range(len(x)):
        r = y[i] - slope * x[i] - offset
        if abs(r) < 1.0:
            total += 0.5 * r * r
        else:
            total += abs(r) - 0.5
    return total


def kepler(mean, eccentricity):
    """The eccentric anomaly, by Newton's method until it stands still."""
    if eccentricity >= 1.0:
        raise ValueError("the orbit is not closed")
    anomaly = mean + eccentricity * np.sin(mean)
    step = 1.0
    while abs(step) > 1e-12:
        step = (anomaly - eccentricity * np.sin(anomaly) - mean) / (1.0 - eccentricity * np.cos(anomaly))
        anomaly = anomaly - step
    return anomaly


DRAW = np.random.default_rng(2)
ROWS = {
    "rows_attention": (attention, (0, None, None), (DRAW.normal(size=(6, 3)), DRAW.normal(size=(5, 3)),
                                                    DRAW.normal(size=(5, 2)))),
    "rows_huber_fit": (huber_fit, (0, 0, None, None), (DRAW.normal(size=6), DRAW.normal(size=6),
                                                       DRAW.normal(size=8), 2 * DRAW.normal(size=8))),
    "rows_kepler": (kepler, (0, 0), (DRAW.uniform(0, 6, 6), DRAW.uniform(0, 0.9, 6))),
}  # fmt: skip
"""By the name of its golden file: the function, ``in_axes``, and data."""
