"""What whole Jacobians and products with a Hessian cost: ``python benchmarks/transforms.py``.

The Jacobian of a function of 1,000 results in one batched sweep against a loop over its rows, each by one call of a
compiled pullback; a product with the Hessian against the gradient. They take turns, and the medians of the turns count.

One sweep is taken for few arguments, a few directions where most of the matrix is zero; diagonals are vectors as long
as nothing mixes their rows. What is left is bound by memory: every operation walks through 8 MB, which a loop over rows
keeps in the cache. These are printed without a limit.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import s2sad
from benchmarks.timing import interleaved, shown
from tests.programs.whole import WHOLE

FASTER = 10.0  # a sweep of 1,000 rows against a loop over them, at least
PRODUCT = 4.0  # a product with the Hessian against the gradient, at most


def residuals(p: Any, t: Any) -> Any:
    """A model with five parameters against 1,000 measurements."""
    return p[0] * np.exp(-p[1] * t) * np.cos(p[2] * t + p[3]) + p[4]


def coupled(x: Any) -> Any:
    """A system of equations: each is an interaction of neighbours."""
    y = np.sin(x) * np.roll(x, 1)
    return y + 0.1 * np.roll(x, -1) ** 2


def scaled(x: Any) -> Any:
    """Every result hangs on every argument."""
    return x / np.sqrt(np.sum(x ** 2))


def softmax(x: Any) -> Any:
    e = np.exp(x - np.max(x))
    return e / np.sum(e)


def relaxed(u: Any) -> Any:
    """A loop of stencil sweeps with stores."""
    for _ in range(5):
        v = u.copy()
        v[1:-1] = u[1:-1] + 0.1 * (u[2:] - 2.0 * u[1:-1] + u[:-2]) - 0.01 * u[1:-1] ** 3
        u = v
    return u


def rosenbrock(x: Any) -> Any:
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def regression(w: Any, x: Any, y: Any) -> Any:
    """The loss of a logistic regression."""
    z = x @ w
    return np.mean(np.logaddexp(0.0, z) - y * z) + 0.01 * (w @ w)


def integrated(p: Any) -> Any:
    """A pendulum, step by step: scalar code in a loop."""
    angle, speed, total = 1.0, 0.0, 0.0
    for _ in range(200):
        speed = speed - 0.01 * (p[0] * np.sin(angle) + p[1] * speed)
        angle = angle + 0.01 * speed
        total = total + angle * angle
    return total


def rows(f: Callable[..., Any], *args: Any) -> Callable[[], Any]:
    """The Jacobian row by row: the pullback for each unit vector."""

    def call() -> Any:
        value, pullback = s2sad.vjp(f, *args)
        return np.array([pullback(unit)[0] for unit in np.eye(value.size)])

    return call


def jacobians() -> list[tuple[str, Callable[[], Any], Callable[[], Any], float]]:
    """Name, the Jacobian in one sweep, the Jacobian in a loop over rows, and how much faster it has to be."""
    rng = np.random.default_rng(0)
    p, t = np.array([1.0, 0.5, 3.0, 0.1, 0.2]), np.linspace(0.0, 4.0, 1000)
    x = rng.normal(size=1000)
    by_p = s2sad.jacobian(residuals)
    both = [("residuals of a fit", lambda: by_p(p, t), rows(lambda q: residuals(q, t), p), FASTER)]
    for name, f in (("coupled equations", coupled), ("stencil sweeps", relaxed)):
        for mode in ("auto", "forward", "reverse"):
            jacobian = s2sad.jacobian(f, mode=mode)
            both.append((f"{name}, {mode}", lambda jacobian=jacobian: jacobian(x), rows(f, x), FASTER))
    for name, f, limit in (("a product with a sum", scaled, FASTER), ("softmax", softmax, 0.0)):
        jacobian = s2sad.jacobian(f)
        both.append((name, lambda jacobian=jacobian: jacobian(x), rows(f, x), limit))
    return both


def overflowless(x: Any) -> Any:
    """The logarithm of a sum of exponentials."""
    largest = np.max(x)
    return largest + np.log(np.sum(np.exp(x - largest)))


def of_whole_programs() -> Iterator[tuple[str, Callable[[], Any], Callable[[], Any]]]:
    """The whole programs of the tests, on their larger data, in a random direction."""
    rng = np.random.default_rng(2)
    for whole in WHOLE:
        args, places = whole.data(whole.large), whole.argnums
        v = tuple(rng.normal(size=np.shape(args[k])) if np.ndim(args[k]) else float(rng.normal()) for k in places)
        product, gradient = s2sad.hvp(whole.function, argnums=places), s2sad.grad(whole.function, argnums=places)
        yield (
            f"{whole.name}, hvp", lambda product=product, a=args, v=v: product(*a, v),
            lambda gradient=gradient, a=args: gradient(*a),
        )  # fmt: skip


def products() -> list[tuple[str, Callable[[], Any], Callable[[], Any]]]:
    """Name, the product with the Hessian, the gradient."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=10_000)
    w, data, y = rng.normal(size=50), rng.normal(size=(2000, 50)), (rng.random(2000) > 0.5).astype(float)
    p = np.array([9.81, 0.1])
    cases: list[tuple[str, Callable[..., Any], tuple[Any, ...]]] = [
        ("Rosenbrock's function", rosenbrock, (x,)), ("logistic regression", regression, (w, data, y)),
        ("a pendulum in a loop", integrated, (p,)), ("logarithm of a sum of exponentials", overflowless, (x,)),
        ("the same, of 100,000 numbers", overflowless, (rng.normal(size=100_000),)),
    ]  # fmt: skip
    out = []
    for name, f, args in cases:
        gradient, v = s2sad.grad(f), rng.normal(size=args[0].shape)
        for maker in (s2sad.hvp, s2sad.vhp):
            product = maker(f)
            label = f"{name}, {maker.__name__}"
            out.append((label, lambda product=product, a=args, v=v: product(*a, v), lambda g=gradient, a=args: g(*a)))
    return [*out, *of_whole_programs()]


def main() -> None:
    """Print one line per case; exit with 1 where one misses its limit."""
    missed = False
    for name, sweep, loop, limit in jacobians():
        np.testing.assert_allclose(sweep(), loop(), rtol=1e-9, atol=1e-12)
        times = interleaved({"sweep": sweep, "loop": loop}, rounds=5)
        ratio = times["loop"] / times["sweep"]
        missed |= ratio < limit
        asked = f" (at least {limit:.0f})" if limit else ""
        print(f"Jacobian of {name}: {shown(times['sweep'])}, row by row {ratio:.1f} times that{asked}")
    for name, product, gradient in products():
        times = interleaved({"product": product, "gradient": gradient}, rounds=15)
        ratio = times["product"] / times["gradient"]
        missed |= ratio > PRODUCT
        print(f"Hessian times vector, {name}: {shown(times['product'])}, {ratio:.2f} gradients (at most {PRODUCT})")
    sys.exit(missed)


if __name__ == "__main__":
    main()
