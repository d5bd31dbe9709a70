"""Sparse Jacobians and Hessians of 10³ to 10⁵ inputs: ``python benchmarks/sparse.py [NAME ...]``.

For each problem and size: the elements that may be other than zero, the sweeps, the first call (which finds the pattern
and colours it; the derivative has been compiled for another size) and a further one. It fails where the number of
sweeps is not that of the structure, or a further call takes much more time for each element at a larger size.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import s2sad
from benchmarks.timing import shown

SIZES = (1_000, 10_000, 100_000)
GROWTH = 8.0  # of the time for an element, from the middle size to the largest: caches are left behind on the way


def band(x):
    y = x * 1.0
    y[1:-1] = np.sin(x[:-2]) * x[1:-1] + x[2:] ** 2
    return y


def band_loop(x):
    y = np.zeros(len(x))
    for i in range(1, len(x) - 1):
        y[i] = np.sin(x[i - 1]) * x[i] + x[i + 1] ** 2
    return y


def arrow(x):
    y = x * x[0]
    y[0] = np.sum(np.sin(x))
    return y


def blocks(x):
    b = x.reshape(-1, 5)
    return (b * np.sum(b * b, axis=1)[:, None]).ravel()


def rosenbrock(x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def arrow_energy(x):
    return x[0] * np.sum(x**2) + np.sum(np.sin(x))


def block_energy(x):
    return np.sum(np.sum(x.reshape(-1, 5) ** 2, axis=1) ** 2)


PROBLEMS: dict[str, tuple[Callable[..., Any], Callable[..., Any], int]] = {
    "band": (s2sad.sparse_jacobian, band, 3),
    "band_loop": (s2sad.sparse_jacobian, band_loop, 3),
    "arrow": (s2sad.sparse_jacobian, arrow, 3),
    "blocks": (s2sad.sparse_jacobian, blocks, 5),
    "rosenbrock": (s2sad.sparse_hessian, rosenbrock, 3),
    "arrow_energy": (s2sad.sparse_hessian, arrow_energy, 2),
    "block_energy": (s2sad.sparse_hessian, block_energy, 5),
}


def main() -> int:
    """Measure, print the table; 1 where something is not as it should be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*PROBLEMS, []], metavar="NAME")
    names = parser.parse_args().names or list(PROBLEMS)
    table = Table("problem", "derivative", "inputs", "elements", "sweeps", "first", "again", "again, an element")
    bad = []
    for name in names:
        make, f, sweeps = PROBLEMS[name]
        derivative, costs = make(f), []
        derivative(np.linspace(0.5, 1.5, 100))
        for size in SIZES:
            x = np.random.default_rng(0).uniform(0.5, 1.5, size)
            start = time.perf_counter()
            matrix = derivative(x)
            first = time.perf_counter() - start
            times = []
            for _ in range(5 if size < SIZES[-1] else 3):
                start = time.perf_counter()
                derivative(x)
                times.append(time.perf_counter() - start)
            again = min(times)
            costs.append(again / matrix.nnz)
            found = derivative.colors(x).sweeps
            table.add_row(
                name, make.__name__, f"{size:,}", f"{matrix.nnz:,}", str(found), shown(first), shown(again),
                shown(costs[-1]),
            )  # fmt: skip
            if found != sweeps:
                bad.append(f"{name}: {found} sweeps, not {sweeps}")
        if costs[-1] > GROWTH * costs[-2]:
            bad.append(f"{name}: {costs[-1] / costs[-2]:.1f} times the time for an element")
    Console(width=140).print(table)
    for line in bad:
        print(line)
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
