"""What factors that are used again are worth: ``python benchmarks/factors.py``.

Gradients of programs that solve systems, once as a program that uses NumPy alone, where every system is factored anew,
and once as one that uses SciPy, too, whose derivative keeps LU factors.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import scipy.linalg
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import s2sad
from benchmarks.timing import interleaved, shown

SIZES = (3, 50, 200)


def one_system(a, b):
    return np.sum(np.linalg.solve(a, b) ** 2)


def implicit_euler(a, b):
    u = b
    for _ in range(100):
        u = np.linalg.solve(np.eye(len(b)) + 0.01 * a, u)
    return np.sum(u**2)


def likelihood(a, b):
    return b @ np.linalg.solve(a, b) + np.linalg.slogdet(a)[1]


def with_names(f: Callable[..., Any], **names: Any) -> Callable[..., Any]:
    """The function as it would be in a module with these names only."""
    return types.FunctionType(f.__code__, {"np": np, **names}, f.__name__)


def main() -> None:
    random = np.random.default_rng(0)
    table = Table("gradient of", "size", "NumPy alone", "with SciPy", "ratio")
    for f in (one_system, implicit_euler, likelihood):
        for n in SIZES:
            a, b = random.normal(size=(n, n)) + n * np.eye(n), random.normal(size=n)
            plain = s2sad.grad(with_names(f), argnums=(0, 1))
            kept = s2sad.grad(with_names(f, scipy=scipy), argnums=(0, 1))
            for one, other in zip(plain(a, b), kept(a, b), strict=True):
                np.testing.assert_allclose(one, other, rtol=1e-8, atol=1e-12)
            t = interleaved({"plain": partial(plain, a, b), "kept": partial(kept, a, b)})
            ratio = f"{t['plain'] / t['kept']:.2f}"
            table.add_row(f.__name__, str(n), shown(t["plain"]), shown(t["kept"]), ratio)
    Console().print(table)


if __name__ == "__main__":
    main()
