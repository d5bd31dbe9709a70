"""Particles on springs, each an object of its own."""


class Particle:
    """A mass with a place and a velocity."""

    def __init__(self, x, mass):
        self.x = x
        self.v = 0.0
        self.mass = mass

    def push(self, force, dt):
        self.v += force / self.mass * dt
        self.x += self.v * dt

    @property
    def energy(self):
        return 0.5 * self.mass * self.v**2


def kinetic_energy(places, stiffness, steps):
    """Of a chain that is let go, after some steps."""
    chain = [Particle(x, 1.0 + 0.1 * k) for k, x in enumerate(places)]
    for _ in range(steps):
        for k in range(1, len(chain)):
            left, right = chain[k - 1], chain[k]
            force = stiffness * (right.x - left.x - 1.0)
            left.push(force, 0.01)
            right.push(-force, 0.01)
    return sum(p.energy for p in chain)
