"""A wave through a layered medium, on three buffers that change places at every step."""

import numpy as np


def seismogram(speed, source, steps, receiver, dt=0.4):
    """What a receiver records: the wave equation by leapfrog on a unit grid, with fixed ends."""
    before = np.zeros_like(speed)
    now = np.zeros_like(speed)
    after = np.zeros_like(speed)
    record = np.zeros(steps)
    for t in range(steps):
        for i in range(1, len(speed) - 1):
            curvature = now[i - 1] - 2.0 * now[i] + now[i + 1]
            after[i] = 2.0 * now[i] - before[i] + (dt * speed[i]) ** 2 * curvature
        after[1] += source[t]
        before, now, after = now, after, before
        record[t] = now[receiver]
    return record


def mismatch(speed, source, observed, receiver):
    """How far the record is from what was observed."""
    record = seismogram(speed, source, len(observed), receiver)
    return 0.5 * np.sum((record - observed) ** 2)
