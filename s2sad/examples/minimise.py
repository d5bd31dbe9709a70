"""The BFGS method with backtracking (Nocedal & Wright, Numerical Optimization, algorithms 3.1 and 6.1)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Iterate:
    """A point on the way, its value, and the largest component of its gradient."""

    x: Floats
    value: float
    slope: float


def bfgs(value_and_grad: Callable[[Floats], tuple[float, Floats]], x: Floats, steps: int = 100, tolerance: float = 1e-7) -> Iterator[Iterate]:  # noqa: E501
    """Yield iterates until the gradient is below ``tolerance`` or no step lowers the value any more."""
    value, slope = value_and_grad(x)
    inverse_hessian = np.eye(len(x)) / max(1.0, float(np.linalg.norm(slope)))
    for _ in range(steps):
        yield Iterate(x, value, float(np.max(np.abs(slope))))
        if np.max(np.abs(slope)) < tolerance:
            return
        direction = -inverse_hessian @ slope
        length = 1.0
        while True:
            new_x = x + length * direction
            new_value, new_slope = value_and_grad(new_x)
            if new_value <= value + 1e-4 * length * (direction @ slope):
                break
            length *= 0.5
            if length < 1e-12:
                return
        s, y = new_x - x, new_slope - slope
        if s @ y > 1e-12:
            rho = 1.0 / (s @ y)
            left = np.eye(len(x)) - rho * np.outer(s, y)
            inverse_hessian = left @ inverse_hessian @ left.T + rho * np.outer(s, s)
        x, value, slope = new_x, new_value, new_slope
