import numpy as np


def energy_grad(positions, velocities, masses, softening=0.01):
    """Gradient of energy with respect to positions, velocities, masses (reverse mode)."""
    # primal
    n = len(masses)
    sum_tape = []
    d_tape = []
    sqrt_tape = []
    for i in range(n):
        sum_tape.append(np.sum(velocities[i] ** 2))
        for j in range(i):
            d = positions[i] - positions[j]
            d_tape.append(d)
            sqrt_tape.append(np.sqrt(d @ d + softening ** 2))
    # adjoint
    masses_bar = np.zeros_like(masses)
    velocities_bar = np.zeros_like(velocities)
    positions_bar = np.zeros_like(positions)
    kinetic_bar = 1.0
    potential_bar = 1.0
    for i in range(n - 1, -1, -1):
        v1 = sum_tape.pop()
        v2 = masses[i]  # kinetic += 0.5 * masses[i] * np.sum(velocities[i] ** 2)
        v3 = 0.0
        for j in range(i - 1, -1, -1):
            v4 = sqrt_tape.pop()
            d = d_tape.pop()
            # potential -= masses[i] * masses[j] / np.sqrt(d @ d + softening**2)
            v5 = -potential_bar
            v6 = masses[j]
            v7 = v5 / v4
            d_bar = 2.0 * (-(v5 * (v2 * v6 / v4 / v4) * (0.5 / v4)) * d)
            v3 += v7 * v6
            masses_bar[j] += v7 * v2
            positions_bar[j] -= d_bar  # d = positions[i] - positions[j]
            positions_bar[i] += d_bar
        # kinetic += 0.5 * masses[i] * np.sum(velocities[i] ** 2)
        velocities_bar[i] += kinetic_bar * (0.5 * v2) * (2 * velocities[i])
        masses_bar[i] += v3 + kinetic_bar * v1 * 0.5
    return positions_bar, velocities_bar, masses_bar
