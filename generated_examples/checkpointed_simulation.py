import math
import numpy as np


def revolve(here, end, free):
    """Where to keep the next state on the way from step here to step end, so that all of it, run backwards with so many
    free places, takes the fewest steps forward; at end, that is the state at hand.
    """
    steps, places, repeats = end - here + 1, free + 1, 1
    if free <= 0 or steps <= 2:
        return end
    while math.comb(places + repeats, places) < steps:
        repeats += 1
    most = math.comb(places + repeats - 1, places)
    return here + min(most, steps - math.comb(places + repeats - 2, places - 1))


def step(u):
    v = u.copy()
    v1 = u[1:-1]
    v[1:-1] = v1 + 0.1 * (u[2:] - 2.0 * v1 + u[:-2])
    return v


def simulated_grad(amplitude):
    """Gradient of simulated with respect to amplitude (reverse mode)."""
    # primal
    v1 = np.sin(np.linspace(0.0, np.pi, num=20))
    u = amplitude * v1
    places = []
    u_kept = []
    keep = 0
    for i in range(1000):
        if i == keep:
            places.append(i)
            u_kept.append(u.copy())
            keep = revolve(i, 999, 5 - len(places))
        v = u.copy()
        v2 = u[1:-1]
        v[1:-1] = v2 + 0.1 * (u[2:] - 2.0 * v2 + u[:-2])
        u = v
    # adjoint
    u_bar = 2 * u  # return np.sum(u**2)
    for i in range(999, -1, -1):
        here = places[-1]
        u = u_kept[-1]
        keep = revolve(here, i, 5 - len(places))
        for j in range(here, i):
            u = step(u)
            if j + 1 == keep:
                places.append(j + 1)
                u_kept.append(u)
                keep = revolve(j + 1, i, 5 - len(places))
        places.pop()
        u = u_kept.pop()
        v3 = u_bar[1:-1]  # v[1:-1] = u[1:-1] + 0.1 * (u[2:] - 2.0 * u[1:-1] + u[:-2])
        v4 = v3 * 0.1
        u_bar1 = np.zeros_like(u)
        u_bar1[:-2] = v4
        v5 = v3 - v4 * 2.0
        u_bar1[2:] += v4
        u_bar1[1:-1] += v5
        u_bar[1:-1] = 0.0
        u_bar1 += u_bar  # v = u.copy()
        u_bar = u_bar1
    amplitude_bar = np.sum(u_bar * v1)  # u = amplitude * np.sin(np.linspace(0.0, np.pi, 20))
    return amplitude_bar
