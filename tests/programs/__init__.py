"""The corpus: small functions as users write them, one language feature or habit each, with sample arguments.

A program registers itself with ``@program(...)``; ``tests/test_corpus.py`` differentiates every one in every mode. Sample
points keep away from kinks, so that differences exist there.
"""

from __future__ import annotations

import copy
import functools
import importlib
import inspect
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Program:
    """One function of the corpus.

    Parameters
    ----------
    args : sample arguments; copied for every use.
    wrt : positions of the arguments to differentiate.
    analytic : runs on complex numbers too, so that the complex step applies.
    gradient : its gradient by hand, where there is one: called like the function, a tuple in the order of ``wrt``.
    """

    name: str
    function: Callable[..., Any]
    args: tuple[Any, ...]
    wrt: tuple[int, ...]
    analytic: bool = False
    gradient: Callable[..., tuple[Any, ...]] | None = None

    def sample(self) -> tuple[Any, ...]:
        """Fresh arguments."""
        return copy.deepcopy(self.args)

    def of_active(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """The function of the differentiated arguments alone, and those arguments. The others are bound by name."""
        names = list(inspect.signature(self.function).parameters)
        args = self.sample()
        if len(self.wrt) == len(args):
            return self.function, args
        if self.wrt != tuple(range(len(self.wrt))):
            raise ValueError(f"{self.name}: differentiated arguments come first in the corpus")
        fixed = {names[k]: args[k] for k in range(len(args)) if k not in self.wrt}
        return functools.partial(self.function, **fixed), tuple(args[k] for k in self.wrt)


PROGRAMS: list[Program] = []


def differentiable(tree: Any) -> bool:
    """Whether every leaf is a float or an array of floats, and there is one."""
    if isinstance(tree, dict):
        tree = tuple(tree.values())
    if hasattr(tree, "__dataclass_fields__"):
        tree = tuple(getattr(tree, name) for name in tree.__dataclass_fields__)
    if isinstance(tree, tuple | list):
        return bool(tree) and all(map(differentiable, tree))
    return isinstance(tree, float | np.floating) or (isinstance(tree, np.ndarray) and tree.dtype.kind == "f")


def program(
    *args: Any, wrt: tuple[int, ...] | None = None, name: str = "", analytic: bool = False,
    gradient: Callable[..., tuple[Any, ...]] | None = None,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:  # fmt: skip
    """Enter the function below into the corpus, with these sample arguments."""

    def enter(function: Callable[..., Any]) -> Callable[..., Any]:
        module = inspect.getmodule(function) or inspect.getmodule(inspect.unwrap(function))
        room = module.__name__.rsplit(".", 1)[-1] if module else "program"
        title = f"{room}.{name or function.__name__}"
        if any(p.name == title for p in PROGRAMS):
            raise ValueError(f"two programs named {title}")
        chosen = wrt if wrt is not None else tuple(k for k, a in enumerate(args) if differentiable(a))
        PROGRAMS.append(Program(title, function, args, chosen, analytic, gradient))
        return function

    return enter


def load() -> list[Program]:
    """Every program of this package, in a fixed order."""
    for module in sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.ispkg):
        importlib.import_module(f"{__name__}.{module}")
    return PROGRAMS
