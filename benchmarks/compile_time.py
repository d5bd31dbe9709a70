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


def nested_calls(count: int, k: int) -> str:
    """A chain of so many functions, each of which calls the one before."""
    lines = [f"def g0(a, b):\n    return a * b + {k}.0\n"]
    lines += [f"def g{n}(a, b):\n    c = a * b\n    return g{n - 1}(np.sin(c), b) + a\n" for n in range(1, count)]
    return "\n".join([*lines, f"def f(x, y):\n    return g{count - 1}(x, y)\n"])


def branches(count: int, k: int) -> str:
    """So many ``if`` statements in a row."""
    one = "    if a > {n}.5:\n        a = a * y\n    else:\n        a = a * 0.9 + np.cos(y)\n"
    return f"def f(x, y):\n    a = x * {k}.0\n" + "".join(one.format(n=n % 3) for n in range(count)) + "    return a\n"


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
    print("linear in the size of the program, microseconds per statement:")
    for name, text, sizes in (
        ("statements", straight, (500, 1000, 2000, 4000)), ("branches", branches, (100, 200, 400, 800)),
        ("calls, each in the one before", nested_calls, (50, 100, 200)),
    ):  # fmt: skip
        each = [compile_seconds(lambda k, size=size, text=text: text(size, k), 1) / size * 1e6 for size in sizes]
        print(f"  {name}: " + ", ".join(f"{size}: {cost:.0f}" for size, cost in zip(sizes, each, strict=True)))


if __name__ == "__main__":
    main()
