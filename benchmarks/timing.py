"""Timing that survives a busy machine: candidates take turns, and the median of the turns counts."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any


def seconds(call: Callable[[], Any], loops: int) -> float:
    """Seconds per call, over ``loops`` calls."""
    start = time.perf_counter()
    for _ in range(loops):
        call()
    return (time.perf_counter() - start) / loops


def interleaved(calls: Mapping[str, Callable[[], Any]], rounds: int = 15, budget: float = 0.02) -> dict[str, float]:
    """Median seconds per call of each candidate; every round runs each of them for about ``budget`` seconds."""
    loops = {}
    for name, call in calls.items():
        call()
        loops[name] = max(1, int(budget / max(seconds(call, 1), 1e-9)))
    turns: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            turns[name].append(seconds(call, loops[name]))
    return {name: statistics.median(values) for name, values in turns.items()}


def shown(value: float) -> str:
    """A duration for people."""
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if value >= scale:
            return f"{value / scale:.3g} {unit}"
    return f"{value / 1e-9:.3g} ns"
