"""A cart that a PID controller drives to its place, and what the way there costs."""

from dataclasses import dataclass


class PID:
    """A controller that remembers the error and its integral."""

    def __init__(self, proportional, integral, derivative):
        self.gains = proportional, integral, derivative
        self.total = 0.0
        self.previous = None

    def __call__(self, error, dt):
        self.total += error * dt
        slope = 0.0 if self.previous is None else (error - self.previous) / dt
        self.previous = error
        p, i, d = self.gains
        return p * error + i * self.total + d * slope


@dataclass
class Cart:
    """A mass on a rough floor."""

    x: float = 0.0
    v: float = 0.0
    friction: float = 0.5

    def step(self, force, dt):
        self.v += dt * (force - self.friction * self.v)
        self.x += dt * self.v

    @property
    def energy(self):
        return 0.5 * self.v**2


def cost(proportional, integral, derivative, steps):
    """Squared error and energy, summed over time."""
    controller, cart = PID(proportional, integral, derivative), Cart()
    total = 0.0
    for _ in range(steps):
        error = 1.0 - cart.x
        cart.step(controller(error, 0.05), 0.05)
        total += error**2 + 0.1 * cart.energy
    return total
