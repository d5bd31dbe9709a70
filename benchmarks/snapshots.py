"""What a checkpointed loop costs: peak memory and time of a gradient of a long simulation, by the number of snapshots.

``python benchmarks/snapshots.py [STEPS]``: memory is counted in states, by ``tracemalloc``, which slows the runs down;
time is measured without it, against the program itself.
"""

from __future__ import annotations

import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import s2sad
from benchmarks.timing import seconds, shown

SIZE = 64


def simulation(x: Any, steps: int, snapshots: int | None) -> Any:
    """Coupled oscillators."""
    v = np.zeros(len(x))
    for _ in s2sad.checkpointed(range(steps), snapshots) if snapshots else range(steps):
        v = v - 0.001 * (np.sin(x) + x[::-1])
        x = x + 0.001 * v
    return np.sum(x * x)


def peak(call: Callable[[], Any]) -> int:
    """Bytes that a call holds at most."""
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def main() -> None:
    steps = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    x = np.random.default_rng(0).normal(size=SIZE)
    gradient = s2sad.grad(simulation)
    table = Table("snapshots", "peak memory", "in states", "time", "of the program's", title=f"{steps} steps")
    alone = seconds(lambda: simulation(x, steps, None), 1)
    want = None
    for snapshots in (None, 5, 10, 20, 50):
        gradient(x, 2, snapshots)
        start = time.perf_counter()
        got = gradient(x, steps, snapshots)
        took = time.perf_counter() - start
        want = got if want is None else want
        np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-12)
        memory = peak(lambda k=snapshots: gradient(x, steps, k))  # type: ignore[misc]
        name = "all taped" if snapshots is None else str(snapshots)
        state = memory / (2 * x.nbytes)
        table.add_row(name, f"{memory / 1024:,.0f} KiB", f"{state:,.0f}", shown(took), f"{took / alone:.1f}")
    Console().print(table)


if __name__ == "__main__":
    main()
