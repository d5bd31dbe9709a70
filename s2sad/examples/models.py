"""Two models as they are written without differentiation in mind: a regression and a simulation."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def load(name: str) -> Floats:
    """The columns of one of the CSV files beside this module, a row per measurement.

    >>> load("oring.csv").shape
    (23, 2)
    """
    with files("s2sad.examples").joinpath(name).open() as file:
        lines = [line for line in file if not line.startswith("#")]
    table: Floats = np.loadtxt(lines, delimiter=",", skiprows=1)
    return table


def logistic_loss(weights: Floats, features: Floats, labels: Floats) -> Any:
    """Negative log-likelihood of 0/1 ``labels`` under a logistic regression.

    Parameters
    ----------
    weights : the intercept, then one weight per feature.
    features : shape (cases, features).
    labels : shape (cases,).
    """
    z = weights[0] + features @ weights[1:]
    return np.sum(np.logaddexp(0.0, z) - labels * z)


def pendulum(parameters: Floats, times: Floats, substeps: int = 4) -> Floats:
    """Angle of a damped pendulum, released at rest, at the given times; a classical Runge-Kutta loop.

    ``parameters`` are the angular frequency of small swings (1/s), the damping (1/s) and the first angle (rad).
    """
    frequency, damping, angle = parameters
    stiffness = frequency**2
    velocity = 0.0
    angles = np.empty(len(times))
    angles[0] = angle
    for n in range(1, len(times)):
        h = (times[n] - times[n - 1]) / substeps
        for _ in range(substeps):
            a1 = -stiffness * np.sin(angle) - damping * velocity
            v2 = velocity + 0.5 * h * a1
            a2 = -stiffness * np.sin(angle + 0.5 * h * velocity) - damping * v2
            v3 = velocity + 0.5 * h * a2
            a3 = -stiffness * np.sin(angle + 0.5 * h * v2) - damping * v3
            v4 = velocity + h * a3
            a4 = -stiffness * np.sin(angle + h * v3) - damping * v4
            angle = angle + h / 6.0 * (velocity + 2.0 * v2 + 2.0 * v3 + v4)
            velocity = velocity + h / 6.0 * (a1 + 2.0 * a2 + 2.0 * a3 + a4)
        angles[n] = angle
    return angles


def pendulum_misfit(parameters: Floats, times: Floats, observed: Floats) -> Any:
    """Sum of squared differences between the simulated and the observed angles."""
    residual = pendulum(parameters, times) - observed
    return residual @ residual
