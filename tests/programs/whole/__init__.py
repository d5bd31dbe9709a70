"""Whole programs, as scientists write them: what the gradient is checked, printed and timed on.

Each module here is plain NumPy code that knows nothing of derivatives. ``WHOLE`` says which function of each is
differentiated, with respect to what, on which data: small for tests, larger for benchmarks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.programs.whole import (
    chain,
    cholesky,
    chosen_model,
    continued_fraction,
    controller,
    dense_layers,
    dtw,
    edit_distance,
    gaussian_mixture,
    gaussian_process,
    gram_schmidt,
    heat,
    iir,
    kalman,
    kmeans,
    lstm,
    lu,
    nbody,
    oscillator,
    particles,
    robust_root,
    root_finding,
    seismic,
    shapes,
    textbook,
    thomas,
    tracker,
    weight_decay,
)


@dataclass(frozen=True)
class Whole:
    """One program: ``wrt`` are the names that it is differentiated by; ``data(size)`` makes its arguments, seeded."""

    name: str
    function: Callable[..., Any]
    wrt: tuple[str, ...]
    data: Callable[[int], tuple[Any, ...]]
    small: int
    large: int

    @property
    def argnums(self) -> tuple[int, ...]:
        code = self.function.__code__
        return tuple(code.co_varnames[: code.co_argcount].index(name) for name in self.wrt)


def random(n: int) -> np.random.Generator:
    return np.random.default_rng(20240 + n)


def spd(n: int) -> np.ndarray:
    a = random(n).normal(size=(n, n))
    return a @ a.T + n * np.eye(n)


def heat_data(n: int) -> tuple[Any, ...]:
    r = random(n)
    return r.normal(size=(n, n)), r.uniform(0.5, 1.5, size=(n, n)), r.normal(size=(n, n))


def thomas_data(n: int) -> tuple[Any, ...]:
    r = random(n)
    return r.uniform(-1, 0, n), r.uniform(2.5, 3.5, n), r.uniform(-1, 0, n), r.normal(size=n)


def lstm_data(n: int) -> tuple[Any, ...]:
    r = random(n)
    steps, batch, features = n, n, 3
    return (
        0.3 * r.normal(size=(features + n, 4 * n)), 0.1 * r.normal(size=4 * n),
        r.normal(size=(steps, batch, features)), r.normal(size=(batch, n)),
    )  # fmt: skip


def mixture_data(n: int) -> tuple[Any, ...]:
    r = random(n)
    return r.normal(size=3), r.normal(size=(3, 2)), 0.2 * r.normal(size=(3, 2)), r.normal(size=(n, 2))


def nbody_data(n: int) -> tuple[Any, ...]:
    r = random(n)
    return r.normal(size=(n, 3)), r.normal(size=(n, 3)), r.uniform(1.0, 2.0, n)


def iir_data(n: int) -> tuple[Any, ...]:
    r = random(n)
    return np.array([0.2, 0.3, 0.1]), np.array([1.1, -0.4, 0.15]), r.normal(size=n), r.normal(size=n)


def regression_data(n: int) -> tuple[Any, ...]:
    r = random(n)
    x, other, w = r.normal(size=(2 * n, n)), r.normal(size=(n, n)), r.normal(size=n)
    return 0.1, 0.1, x, x @ w + 0.1 * r.normal(size=2 * n), other, other @ w


def seismic_data(n: int) -> tuple[Any, ...]:
    r = random(n)
    source = np.exp(-((np.arange(2.0 * n) - 4.0) ** 2))
    return r.uniform(0.5, 1.5, n), source, 0.1 * r.normal(size=2 * n), n // 2


def layers_data(n: int) -> tuple[Any, ...]:
    r = random(n)
    return r.normal(size=(n, n)), r.normal(size=(n + 1, n)), r.normal(size=(2, n + 1)), r.normal(size=n), 0.1


WHOLE = (
    Whole("textbook", textbook.f, ("x1", "x2"), lambda n: (1.5, 0.5), 1, 1),
    Whole("textbook_log", textbook.griewank, ("x1", "x2"), lambda n: (2.0, 5.0), 1, 1),
    Whole("recurrence", textbook.last, ("a", "x"), lambda n: (0.7, random(n).normal(size=n)), 6, 2000),
    Whole("diffusion", textbook.diffuse, ("u",), lambda n: (random(n).normal(size=(n, n)), 20), 6, 128),
    Whole("oscillator", oscillator.final_position, ("x0", "damping", "stiffness", "cubic"),
          lambda n: (0.5, 0.1, 1.0, 0.4, n), 12, 1000),
    Whole("chain", chain.distance, ("stiffness", "target"),
          lambda n: (random(n).uniform(0.5, 1.5, n - 1), random(n).normal(size=n)), 5, 400),
    Whole("heat", heat.misfit, ("u0", "conductivity"), heat_data, 5, 128),
    Whole("lu", lu.log_determinant, ("matrix",), lambda n: (spd(n),), 4, 24),
    Whole("cholesky", cholesky.log_likelihood, ("covariance", "x"), lambda n: (spd(n), random(n).normal(size=n)), 4, 40),
    Whole("thomas", thomas.energy, ("lower", "diagonal", "upper", "rhs"), thomas_data, 5, 2000),
    Whole("gram_schmidt", gram_schmidt.captured_variance, ("a",),
          lambda n: (random(n).normal(size=(2 * n, n)), random(n + 1).normal(size=(3 * n, 2 * n))), 3, 24),
    Whole("kalman", kalman.negative_log_likelihood, ("log_noise", "initial"),
          lambda n: (np.array([-1.0, -0.5]), np.array([0.2, 1.0]), np.cumsum(random(n).normal(size=n))), 6, 300),
    Whole("lstm", lstm.loss, ("weights", "bias"), lstm_data, 3, 32),
    Whole("gaussian_mixture", gaussian_mixture.log_likelihood, ("logits", "means", "log_scales"), mixture_data, 6, 20000),
    Whole("kmeans", kmeans.cost, ("centers",),
          lambda n: (random(n).normal(size=(3, 2)), random(n + 1).normal(size=(n, 2))), 7, 20000),
    Whole("seismic", seismic.mismatch, ("speed", "source"), seismic_data, 6, 100),
    Whole("nbody", nbody.energy, ("positions", "velocities", "masses"), nbody_data, 4, 40),
    Whole("iir", iir.error, ("b", "a"), iir_data, 8, 1000),
    Whole("dtw", dtw.distance, ("x", "y"), lambda n: (random(n).normal(size=n), random(n + 1).normal(size=n + 1)), 5, 60),
    Whole("edit_distance", edit_distance.distance, ("x", "y", "gap"),
          lambda n: (random(n).normal(size=n), random(n + 1).normal(size=n + 1), 0.4), 5, 60),
    Whole("root_finding", root_finding.cubic_root, ("a", "b"), lambda n: (2.0, 3.0, n), 8, 50),
    Whole("weight_decay", weight_decay.validation_loss, ("decay", "rate"), regression_data, 4, 200),
    Whole("dense_layers", dense_layers.network_energy, ("w1", "w2", "w3", "leak"), layers_data, 3, 64),
    Whole("chosen_model", chosen_model.decayed, ("y", "k"), lambda n: (1.2, 0.7, np.linspace(0.0, 1.0, n)), 6, 1000),
    Whole("gaussian_process", gaussian_process.log_marginal_likelihood, ("length", "noise"),
          lambda n: (1.3, 1e-2, np.linspace(0.0, 5.0, n), np.sin(np.linspace(0.0, 5.0, n))), 6, 200),
    Whole("robust_root", robust_root.molar_volume, ("p", "a", "b"), lambda n: (0.2, 1.5, 0.1), 1, 1),
    Whole("continued_fraction", continued_fraction.tangent, ("x",), lambda n: (0.8,), 1, 1),
    Whole("shapes", shapes.deceleration, ("radius", "length", "density", "speed"), lambda n: (0.3, 2.0, 900.0, 50.0), 1, 1),
    Whole("tracker", tracker.log_likelihood, ("drift", "noise"),
          lambda n: (0.1, 0.4, np.cumsum(random(n).normal(size=(n, 1)), axis=0)), 6, 300),
    Whole("controller", controller.cost, ("proportional", "integral", "derivative"), lambda n: (2.0, 0.5, 0.1, n), 20, 1000),
    Whole("particles", particles.kinetic_energy, ("places", "stiffness"),
          lambda n: (1.1 * np.arange(n) + 0.1 * random(n).normal(size=n), 3.0, n), 6, 40),
)  # fmt: skip
