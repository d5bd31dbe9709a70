"""A driven, damped Duffing oscillator, integrated with the classical Runge-Kutta method."""

import numpy as np


def acceleration(t, x, v, damping, stiffness, cubic):
    return 0.3 * np.cos(1.2 * t) - damping * v - stiffness * x - cubic * x**3


def final_position(x0, damping, stiffness, cubic, steps=200, dt=0.05):
    """Where the oscillator is after ``steps`` steps, released at ``x0`` at rest."""
    x, v = x0, 0.0
    for n in range(steps):
        t = n * dt
        k1x = v
        k1v = acceleration(t, x, v, damping, stiffness, cubic)
        k2x = v + 0.5 * dt * k1v
        k2v = acceleration(t + 0.5 * dt, x + 0.5 * dt * k1x, v + 0.5 * dt * k1v, damping, stiffness, cubic)
        k3x = v + 0.5 * dt * k2v
        k3v = acceleration(t + 0.5 * dt, x + 0.5 * dt * k2x, v + 0.5 * dt * k2v, damping, stiffness, cubic)
        k4x = v + dt * k3v
        k4v = acceleration(t + dt, x + dt * k3x, v + dt * k3v, damping, stiffness, cubic)
        x = x + dt / 6 * (k1x + 2 * k2x + 2 * k3x + k4x)
        v = v + dt / 6 * (k1v + 2 * k2v + 2 * k3v + k4v)
    return x
