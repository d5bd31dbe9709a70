"""A chain of masses and springs, integrated for many steps; its reverse sweep keeps few of the states."""

import numpy as np

import s2sad


def distance(stiffness, target, steps=40, dt=0.05):
    """How far from ``target`` the chain is after ``steps`` steps, its first mass driven."""
    x, v = np.zeros(len(target)), np.zeros(len(target))
    for n in s2sad.checkpointed(range(steps), snapshots=8):
        stretch = x[1:] - x[:-1]
        pull = stiffness * stretch + stretch**3
        force = np.zeros(len(x))
        force[:-1] += pull
        force[1:] -= pull
        force[0] += np.sin(0.3 * n)
        v = v + dt * force
        x = x + dt * v
    return np.sum((x - target) ** 2)
