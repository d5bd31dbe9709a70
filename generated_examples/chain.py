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


def unbroadcast(x, shape):
    """Sum x over the axes along which an array of this shape was broadcast to the shape of x."""
    extra = np.ndim(x) - len(shape)
    if extra < 0:
        return np.broadcast_to(x, shape)
    spread = tuple(range(extra)) + tuple(k + extra for k, n in enumerate(shape) if n == 1 != x.shape[k + extra])
    if not spread:
        return x
    return np.add.reduce(x, spread).reshape(shape) if shape else np.add.reduce(x, spread)


def step(n, v, x, stiffness, dt):
    stretch = x[1:] - x[:-1]
    pull = stiffness * stretch + stretch ** 3
    force = np.zeros(len(x))
    force[:-1] += pull
    force[1:] -= pull
    force[0] += np.sin(0.3 * n)
    v = v + dt * force
    return v, x + dt * v


def distance_grad(stiffness, target, steps=40, dt=0.05):
    """Gradient of distance with respect to stiffness, target (reverse mode)."""
    # primal
    x = np.zeros(len(target))
    v = np.zeros(len(target))
    last = steps - 1
    places = []
    v_kept = []
    x_kept = []
    keep = 0
    for n in range(steps):
        if n == keep:
            places.append(n)
            v_kept.append(v)
            x_kept.append(x)
            keep = revolve(n, last, 8 - len(places))
        stretch = x[1:] - x[:-1]
        pull = stiffness * stretch + stretch ** 3
        force = np.zeros(len(x))
        force[:-1] += pull
        force[1:] -= pull
        force[0] += np.sin(0.3 * n)
        v = v + dt * force
        x = x + dt * v
    v1 = x - target
    # adjoint
    x_bar = 2 * v1  # return np.sum((x - target) ** 2)
    target_bar = -2 * v1
    v_bar = np.zeros_like(target)
    stiffness_bar = np.zeros_like(stiffness)
    for n in range(steps - 1, -1, -1):
        here = places[-1]
        v = v_kept[-1]
        x = x_kept[-1]
        keep = revolve(here, n, 8 - len(places))
        for j in range(here, n):
            v, x = step(j, v, x, stiffness, dt)
            if j + 1 == keep:
                places.append(j + 1)
                v_kept.append(v)
                x_kept.append(x)
                keep = revolve(j + 1, n, 8 - len(places))
        places.pop()
        v_kept.pop()
        x = x_kept.pop()
        stretch = x[1:] - x[:-1]  # stretch = x[1:] - x[:-1]
        v_bar += x_bar * dt  # x = x + dt * v
        force_bar = v_bar * dt  # v = v + dt * force
        pull_bar = force_bar[:-1]  # force[:-1] += pull
        pull_bar = pull_bar - force_bar[1:]
        v2 = unbroadcast(pull_bar, (stretch ** 3).shape)  # pull = stiffness * stretch + stretch**3
        stiffness_bar += pull_bar * stretch
        v3 = unbroadcast(pull_bar * stiffness, stretch.shape)
        stretch_bar = v2 * (3 * stretch ** 2) + v3
        x_bar[:-1] -= stretch_bar  # stretch = x[1:] - x[:-1]
        x_bar[1:] += stretch_bar
    return stiffness_bar, target_bar
