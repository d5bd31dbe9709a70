"""Energy of a system of gravitating bodies."""

import numpy as np


def energy(positions, velocities, masses, softening=1e-2):
    """Kinetic plus potential energy, pair by pair."""
    n = len(masses)
    kinetic = 0.0
    potential = 0.0
    for i in range(n):
        kinetic += 0.5 * masses[i] * np.sum(velocities[i] ** 2)
        for j in range(i):
            d = positions[i] - positions[j]
            potential -= masses[i] * masses[j] / np.sqrt(d @ d + softening**2)
    return kinetic + potential
