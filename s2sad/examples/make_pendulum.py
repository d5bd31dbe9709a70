"""How ``pendulum.csv`` was made: the model of ``models.py`` with known parameters, and seeded noise.

Frequency 2.2 1/s, damping 0.15 1/s, first angle 2.0 rad; 0.02 rad of Gaussian noise on each reading. Run as
``python -m s2sad.examples.make_pendulum > pendulum.csv``.
"""

from __future__ import annotations

import numpy as np

from s2sad.examples.models import pendulum

TRUTH = np.array([2.2, 0.15, 2.0])
NOISE = 0.02


def main() -> None:
    """Print the file."""
    times = np.linspace(0.0, 12.0, 121)
    angles = pendulum(TRUTH, times) + np.random.default_rng(1687).normal(0.0, NOISE, len(times))
    print("# Angle of a damped pendulum (rad) by time (s): synthetic, made by s2sad/examples/make_pendulum.py.")
    print("time,angle")
    for t, angle in zip(times, angles, strict=True):
        print(f"{t:.1f},{angle:.4f}")


if __name__ == "__main__":
    main()
