"""What a gradient costs, as a multiple of the program itself: ``python benchmarks/gradient_cost.py [NAME ...]``.

Both run in turn on the larger data of each whole program; the table gives the median of the turns. Where jax
or autograd is installed, the programs that run under its ``numpy`` unchanged are timed there too (jitted under jax).
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import s2sad
from benchmarks.timing import interleaved, shown
from tests.programs.whole import WHOLE, Whole

LIMIT = 6.0
PEERS = {"jax": "jax.numpy", "autograd": "autograd.numpy"}
PEER_PROGRAMS = ("textbook", "gaussian_mixture", "kmeans", "lstm")


def under(whole: Whole, numpy: Any) -> Callable[..., Any]:
    """The same code with another module for ``np``."""
    f = whole.function
    scope = dict(f.__globals__, np=numpy)
    for name, value in list(scope.items()):
        if isinstance(value, types.FunctionType) and value.__globals__ is f.__globals__:
            scope[name] = types.FunctionType(value.__code__, scope, name, value.__defaults__)
    return types.FunctionType(f.__code__, scope, f.__name__, f.__defaults__)


def peers(whole: Whole, args: tuple[Any, ...]) -> dict[str, Callable[[], Any]]:
    """Gradients by the other tools that are installed and take this program as it stands."""
    calls: dict[str, Callable[[], Any]] = {}
    if whole.name not in PEER_PROGRAMS:
        return calls
    for tool, numpy in PEERS.items():
        try:
            module, xp = importlib.import_module(tool), importlib.import_module(numpy)
        except ImportError:
            continue
        if tool == "jax":
            module.config.update("jax_enable_x64", True)
            g = module.jit(module.grad(under(whole, xp), argnums=whole.argnums))
            calls[tool] = lambda g=g, ready=module.block_until_ready: ready(g(*args))
        else:
            g = module.grad(under(whole, xp), whole.argnums)
            calls[tool] = lambda g=g: g(*args)
    return calls


def measure(whole: Whole, rounds: int) -> dict[str, float]:
    """Median seconds of the program, its gradient, and its value with gradient."""
    args = whole.data(whole.large)
    gradient = s2sad.grad(whole.function, argnums=whole.argnums)
    both = s2sad.value_and_grad(whole.function, argnums=whole.argnums)
    calls = {
        "program": lambda: whole.function(*args),
        "gradient": lambda: gradient(*args),
        "value and gradient": lambda: both(*args),
        **peers(whole, args),
    }
    return interleaved(calls, rounds)


def main() -> int:
    """Print the table; exit 1 where a gradient costs more than the limit."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="programs to measure (all)")
    parser.add_argument("--rounds", type=int, default=15, help="turns per candidate (15)")
    options = parser.parse_args()
    tools = [tool for tool in PEERS if importlib.util.find_spec(tool)]
    table = Table("program", "size", "program", "gradient", "ratio", "value and gradient", "ratio", *tools)
    worst = 0.0
    for whole in WHOLE:
        if options.names and whole.name not in options.names:
            continue
        t = measure(whole, options.rounds)
        ratio, both = t["gradient"] / t["program"], t["value and gradient"] / t["program"]
        worst = max(worst, ratio)
        table.add_row(
            whole.name, str(whole.large), shown(t["program"]), shown(t["gradient"]), f"{ratio:.2f}",
            shown(t["value and gradient"]), f"{both:.2f}",
            *(f"{t[p] / t['program']:.2f}" if p in t else "" for p in tools),
        )  # fmt: skip
    Console().print(table)
    print(f"largest ratio {worst:.2f}, limit {LIMIT:g}")
    return int(worst > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
