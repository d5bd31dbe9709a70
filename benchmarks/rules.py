"""What the gradient of one primitive costs: ``python benchmarks/rules.py [NAME ...]``.

A program of one call and its gradient take turns; the table gives the medians and their ratio, the worst first.
"""

from __future__ import annotations

import argparse
import functools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import s2sad
from benchmarks.timing import interleaved, shown

R = np.random.default_rng(0)
V, W = R.uniform(0.5, 1.5, 10_000), R.uniform(0.5, 1.5, 10_000)
M = R.uniform(0.5, 1.5, (100, 100))
SPD = M @ M.T + 100.0 * np.eye(100)
INDEX = R.integers(0, 10_000, 10_000)
MASK = V > 1.0


def add(x, w):
    return np.sum(x + w)


def multiply(x, w):
    return np.sum(x * w)


def divide(x, w):
    return np.sum(x / w)


def power(x, w):
    return np.sum(x**3 * w)


def exp(x, w):
    return np.sum(np.exp(x) * w)


def tanh(x, w):
    return np.sum(np.tanh(x) * w)


def where(x, w):
    return np.sum(np.where(x > w, x, 0.5 * x))


def total(x, w):
    return np.sum(x) * np.sum(w)


def mean_square(x, w):
    return np.mean((x - w) ** 2)


def largest(x, w):
    return np.max(x) * w[0]


def spread(x, w):
    return np.std(x) * w[0]


def product(x, w):
    return np.prod(x / x[0]) * w[0]


def scan(x, w):
    return np.sum(np.cumsum(x) * w)


def inner(x, w):
    return x @ w


def one_item(x, w):
    return x[3] * w[2]


def slices(x, w):
    return np.sum(x[1:] * w[:-1])


def differences(x, w):
    return np.sum(np.diff(x) ** 2)


def gather(x, w):
    return np.sum(x[INDEX] * w)


def mask(x, w):
    return np.sum(x[MASK])


def ordered(x, w):
    return np.sum(np.sort(x) * w)


def joined(x, w):
    return np.sum(np.concatenate([x, w]) ** 2)


def norm(x, w):
    return np.linalg.norm(x) * w[0]


def fourier(x, w):
    return np.sum(np.abs(np.fft.rfft(x)) ** 2) * w[0]


def matmul(a, b):
    return np.sum((a @ b) ** 2)


def rows(a, b):
    return np.sum(np.sum(a, axis=1) ** 2) + np.sum(a + b[0])


def einsum(a, b):
    return np.sum(np.einsum("ij,jk->ik", a, b) ** 2)


def solve(a, b):
    return np.sum(np.linalg.solve(a, b[0]) ** 2)


def inverse(a, b):
    return np.sum(np.linalg.inv(a) * b)


def log_determinant(a, b):
    return np.linalg.slogdet(a)[1] * b[0, 0]


def cholesky(a, b):
    return np.sum(np.linalg.cholesky(a) * b)


VECTORS: tuple[Callable[..., Any], ...] = (
    add, multiply, divide, power, exp, tanh, where, total, mean_square, largest, spread, product, scan, inner, one_item,
    slices, differences, gather, mask, ordered, joined, norm, fourier,
)  # fmt: skip
MATRICES: tuple[Callable[..., Any], ...] = (
    matmul, rows, einsum, solve, inverse, log_determinant, cholesky,
)  # fmt: skip


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="programs to measure (all)")
    parser.add_argument("--rounds", type=int, default=11, help="turns per candidate (11)")
    options = parser.parse_args()
    found = []
    for program, args in [(p, (V, W)) for p in VECTORS] + [(p, (SPD, M)) for p in MATRICES]:
        if options.names and program.__name__ not in options.names:
            continue
        gradient = s2sad.grad(program, argnums=(0, 1))
        calls = {"program": functools.partial(program, *args), "gradient": functools.partial(gradient, *args)}
        t = interleaved(calls, options.rounds, budget=0.003)
        found.append((t["gradient"] / t["program"], program.__name__, t))
    table = Table("program", "program", "gradient", "ratio")
    for ratio, name, t in sorted(found, reverse=True):
        table.add_row(name, shown(t["program"]), shown(t["gradient"]), f"{ratio:.2f}")
    Console().print(table)


if __name__ == "__main__":
    main()
