"""What the guard of ``nan_safe`` costs: ``python benchmarks/nan_guard.py``.

The gradient with the guard and the gradient without it take turns on programs that select; the table gives the medians
of the turns and their ratio. The first programs are those in which most people select, the last ones those in which
the guard has to be a multiplication of its own.
"""

from __future__ import annotations

import argparse
import functools
import sys
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import s2sad
from benchmarks.timing import interleaved, shown

LIMIT = 1.05


def root(x, w):
    return np.sum(np.where(x > 0.1, np.sqrt(x), 0.0) * w)


def entropy(x, w):
    return np.sum(np.where(x > 0.1, -x * np.log(x), 0.0) * w)


def huber(x, w):
    r = np.abs(x - 0.5)
    return np.sum(np.where(r < 0.3, 0.5 * r * r, 0.3 * (r - 0.15)) * w)


def leaky(x, w):
    h = np.tanh(x * w)
    return np.sum(np.where(h > 0.1, h, 0.01 * h))


def softplus(x, w):
    return np.sum(np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x))) * w)


def masked_loss(x, w):
    errors = np.log(x) - w
    return np.sum(errors[x > 0.2] ** 2)


def masked_store(x, w):
    y = np.log(x) * w
    y[x <= 0.2] = 0.0
    return np.sum(y * y)


def clipped_likelihood(x, w):
    p = np.clip(1.0 / (1.0 + np.exp(-x * w)), 0.01, 0.99)
    return -np.sum(w * np.log(p) + (1.0 - w) * np.log(1.0 - p))


PROGRAMS = (root, entropy, huber, leaky, softplus, masked_loss, masked_store, clipped_likelihood)


def main() -> int:
    """Print the table; exit 1 where the median over the programs is beyond the limit."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=25, help="turns per candidate (25)")
    parser.add_argument("--size", type=int, default=20_000, help="length of the arrays (20000)")
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    x, w = rng.uniform(0.05, 1.0, options.size), rng.uniform(0.1, 0.9, options.size)
    table = Table("program", "without", "with", "ratio")
    ratios = []
    for program in PROGRAMS:
        candidates = {"safe": s2sad.grad(program), "plain": s2sad.grad(program, nan_safe=False)}
        t = interleaved({k: functools.partial(g, x, w) for k, g in candidates.items()}, options.rounds)
        ratios.append(t["safe"] / t["plain"])
        table.add_row(program.__name__, shown(t["plain"]), shown(t["safe"]), f"{ratios[-1]:.3f}")
    Console().print(table)
    median = float(np.median(ratios))
    print(f"median ratio {median:.3f}, largest {max(ratios):.3f}, limit {LIMIT:g}")
    return int(median > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
