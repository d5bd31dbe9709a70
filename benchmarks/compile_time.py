"""How long s2sad itself takes: from a function to its loaded gradient, ``python benchmarks/compile_time.py``."""

from __future__ import annotations

import itertools
import linecache
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ["S2SAD_CACHE"] = "0"

import numpy as np

import s2sad
from benchmarks.timing import shown

NUMBERS = itertools.count()

TEN_LINES = """\
def f(x, y):
    a = x * y + {k}.0
    b = np.sin(a) * x
    if b > 0.0:
        c = b * b
    else:
        c = -b
    for i in range(3):
        c = c * a + np.exp(-c)
    d = np.sqrt(c * c + 1.0)
    return d * a
"""


def straight(statements: int, k: int) -> str:
    """A function of so many statements, each needing the two before."""
    lines = ["def f(x, y):", f"    a = x * {k}.0", "    b = y"]
    for n in range(statements - 3):
        lines.append(("    a = a * b + x", "    b = np.sin(a) - b * y")[n % 2])
    return "\n".join([*lines, "    return a + b"]) + "\n"


def defined(text: str) -> Callable[..., Any]:
    """The function that a text defines, with its source where ``inspect`` finds it; never seen before by any cache."""
    file = f"<benchmark {next(NUMBERS)}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    scope: dict[str, Any] = {"np": np}
    exec(compile(text, file, "exec"), scope)
    return scope["f"]


def compile_seconds(text: Callable[[int], str], rounds: int) -> float:
    """Median seconds of the first call of a gradient."""
    turns = []
    for k in range(rounds + 1):
        f = defined(text(k + 1))
        start = time.perf_counter()
        s2sad.grad(f, argnums=(0, 1))(0.7, 0.4)
        turns.append(time.perf_counter() - start)
    return statistics.median(turns[1:])


def main() -> None:
    """Print one line per size."""
    print(f"ten lines:        {shown(compile_seconds(lambda k: TEN_LINES.format(k=k), 15))} (limit 20 ms)")
    for size, rounds in ((100, 5), (1000, 2)):
        print(f"{size:5} statements: {shown(compile_seconds(lambda k, size=size: straight(size, k), rounds))}")


if __name__ == "__main__":
    main()
