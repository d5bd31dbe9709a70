"""The demonstration: two textbook functions traced and differentiated, two models fitted with generated gradients.

Run it with ``make demo``, or ``python -m s2sad.examples.demo`` where the package is installed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.syntax import Syntax
from rich.table import Table

import s2sad
from s2sad.examples.minimise import Iterate, bfgs
from s2sad.examples.models import load, logistic_loss, pendulum_misfit

Floats = NDArray[np.float64]


def f(x1: float, x2: float) -> Any:
    return x1 * x2 + np.exp(x1 * x2) - np.sin(x2)


def g(x1: float, x2: float) -> Any:
    return np.log(x1) + x1 * x2 - np.sin(x2)


def show_textbook(console: Console, function: Callable[..., Any], formula: str, point: tuple[float, float]) -> None:
    """Evaluation trace, generated gradient, and its value."""
    at = f"({point[0]:g}, {point[1]:g})"
    console.rule(f"{formula} at {at}")
    table = s2sad.trace(function, *point).table(*point, tangent="x1")
    console.print(str(table), markup=False, highlight=False, soft_wrap=True)
    gradient = s2sad.grad(function, argnums=(0, 1))
    d1, d2 = gradient(*point)
    console.print(Syntax(gradient.source, "python", background_color="default", word_wrap=True))
    console.print(f"gradient at {at}: ({d1:.6g}, {d2:.6g})\n", highlight=False)


@dataclass(frozen=True)
class Problem:
    """A model and the data to fit it to. ``meaning`` names the parameters as ``report`` gives them."""

    name: str
    loss: Callable[..., Any]
    data: tuple[Floats, ...]
    start: Floats
    meaning: tuple[str, ...]
    report: Callable[[Floats], Floats] = lambda x: x


def problems() -> list[Problem]:
    """The two fits of the demonstration."""
    launches = load("oring.csv")
    temperature, distress = launches[:, :1], launches[:, 1]
    mean, scale = temperature.mean(axis=0), temperature.std(axis=0)

    def per_degree(w: Floats) -> Floats:
        return np.concatenate([w[:1] - np.sum(w[1:] * mean / scale), w[1:] / scale])

    swings = load("pendulum.csv")
    return [
        Problem(
            "logistic regression", logistic_loss, ((temperature - mean) / scale, distress),
            np.zeros(2), ("intercept", "per degree F"), per_degree,
        ),
        Problem(
            "damped pendulum", pendulum_misfit, (swings[:, 0], swings[:, 1]),
            np.array([2.0, 0.5, 1.5]), ("frequency (1/s)", "damping (1/s)", "first angle (rad)"),
        ),
    ]  # fmt: skip


def fit(problem: Problem, step: Callable[[Iterate], None] = lambda _: None) -> Iterate:
    """The last iterate of a minimisation with the generated gradient; ``step`` is called with every iterate."""
    value_and_grad = s2sad.value_and_grad(problem.loss)
    last = None
    for last in bfgs(lambda x: value_and_grad(x, *problem.data), problem.start):
        step(last)
    assert last is not None
    return last


def gradient_error(problem: Problem, x: Floats) -> float:
    """Largest difference between the generated gradient and central differences, relative to the gradient."""
    generated = s2sad.grad(problem.loss)(x, *problem.data)
    steps = 1e-5 * np.eye(len(x))

    def loss(at: Floats) -> float:
        return float(problem.loss(at, *problem.data))

    differences = np.array([(loss(x + h) - loss(x - h)) / 2e-5 for h in steps])
    return float(np.max(np.abs(generated - differences)) / np.max(np.abs(generated)))


def main(console: Console | None = None) -> None:
    """Print the demonstration."""
    console = console or Console()
    show_textbook(console, f, "x1*x2 + exp(x1*x2) - sin(x2)", (1.5, 0.5))
    show_textbook(console, g, "ln(x1) + x1*x2 - sin(x2)", (2.0, 5.0))

    console.rule("Two models fitted with generated gradients")
    columns: list[Any] = [TextColumn("{task.description:20}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
                          TextColumn("loss {task.fields[loss]:.6f}")]  # fmt: skip
    fits = []
    with Progress(*columns, console=console) as progress:
        for problem in problems():
            task = progress.add_task(problem.name, total=None, loss=float("nan"))
            last = fit(problem, lambda at, task=task: progress.update(task, advance=1, loss=at.value))  # type: ignore[misc]
            progress.update(task, total=progress.tasks[task].completed)
            fits.append((problem, last))

    table = Table("model", "parameter", "value", "loss", "|gradient|", "gradient check")
    for problem, last in fits:
        values = problem.report(last.x)
        for k, (name, value) in enumerate(zip(problem.meaning, values, strict=True)):
            first = k == 0
            table.add_row(
                problem.name if first else "", name, f"{value:.5f}", f"{last.value:.6f}" if first else "",
                f"{last.slope:.1e}" if first else "", f"{gradient_error(problem, problem.start):.1e}" if first else "",
            )  # fmt: skip
    console.print(table)
    console.print("gradient check: largest relative difference from central differences, at the starting point")


if __name__ == "__main__":
    main()
