"""Programs and what is made of them other than a gradient: whose generated source is kept beside the gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import s2sad
from s2sad.compiler.cache import CACHE
from s2sad.compiler.pipeline import Transform


def relaxed(u):
    """A membrane that comes to rest: a loop of stencil sweeps with stores."""
    for _ in range(5):
        v = u.copy()
        v[1:-1] = u[1:-1] + 0.1 * (u[2:] - 2.0 * u[1:-1] + u[:-2]) - 0.01 * u[1:-1] ** 3
        u = v
    return u


def pendulum(angle, speed, gravity):
    """A pendulum, step by step."""
    for _ in range(100):
        speed = speed - 0.01 * gravity * np.sin(angle)
        angle = angle + 0.01 * speed
    return angle, speed


def simulated(amplitude):
    """A long simulation of which a reverse sweep keeps five states."""
    u = amplitude * np.sin(np.linspace(0.0, np.pi, 20))
    for _ in s2sad.checkpointed(range(1000), snapshots=5):
        v = u.copy()
        v[1:-1] = u[1:-1] + 0.1 * (u[2:] - 2.0 * u[1:-1] + u[:-2])
        u = v
    return np.sum(u**2)


def solved(a, b):
    """A linear system, solved by code that is not read."""
    return np.linalg.solve(a, b)


@s2sad.pullback(solved)
def solved_bar(a, ans, ans_bar):
    b_bar = solved(a.T, ans_bar)
    return -np.outer(b_bar, ans), b_bar


def compliance(stiffness, load):
    """How far a structure gives way under a load."""
    return load @ solved(stiffness, load)


def taylor_source() -> str:
    """Coefficients to order 2 of a curve through a loop."""
    made = CACHE.dispatcher(
        pendulum, Transform("jet", (0, 1), order=2, given=1)
    )
    return made.compiled_for((0.5, 0.0, 9.81), {}).source


def compressed_source() -> str:
    """The sweeps of a sparse Jacobian."""
    made = s2sad.sparse_jacobian(relaxed)
    made(np.linspace(0.0, 1.0, 30))
    return str(made.source)


TRANSFORMED: dict[str, Callable[[], Any]] = {
    "checkpointed_simulation": lambda: s2sad.grad(simulated).source_for(0.5),
    "custom_solve": lambda: s2sad.grad(compliance, argnums=(0, 1)).source_for(np.eye(3), np.ones(3)),
    "jacobian_relaxed": lambda: s2sad.jacrev(relaxed).source_for(np.ones(5)),
    "linearized_pendulum": lambda: s2sad.linearize(pendulum, 0.5, 0.0, 9.81)[1].source,
    "sparse_relaxed": compressed_source,
    "taylor_pendulum": taylor_source,
}
