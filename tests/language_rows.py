"""The rows of docs/language.md: what each program does today. ``python -m tests.language_rows`` writes them anew."""

from __future__ import annotations

import dataclasses
import itertools
import linecache
import math
import re
import sys
import types
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import s2sad

PAGE = Path(__file__).parent.parent / "docs" / "language.md"
X, P = 0.7, np.array([0.5, 1.2, 0.8])
ACCEPTED = "accepted"
NUMBERS = itertools.count()


@dataclass(frozen=True)
class Row:
    """One row: a name, a program, what comes of it, and the way out where it is refused."""

    name: str
    code: tuple[str, ...]
    outcome: str
    instead: str

    def __str__(self) -> str:
        code = "<br>".join(f"`{line}`" for line in self.code)
        return f"| {self.name} | {code} | {self.outcome} | {self.instead} |"


def row(line: str) -> Row | None:
    cells = [c.strip() for c in re.split(r"(?<!\\)\|", line)[1:-1]]
    if len(cells) != 4 or "`" not in cells[1]:
        return None
    return Row(cells[0], tuple(re.findall(r"`([^`]*)`", cells[1])), cells[2], cells[3])


def rows() -> Iterator[Row]:
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith("|") and (found := row(line)) is not None:
            yield found


def function(code: tuple[str, ...]) -> Any:
    """The function of a row: the whole program where it has a ``def f``, else the body of ``f(x, p)``."""
    text = "\n".join(code) + "\n"
    if not any(line.startswith("def f(") for line in code):
        text = "def f(x, p):\n" + "".join(f"    {line}\n" for line in code)
    file = f"language_{next(NUMBERS)}.py"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    module = types.ModuleType(file.removesuffix(".py"))
    sys.modules[module.__name__] = module  # globals are stored on the module
    scope = vars(module)
    scope.update({"np": np, "math": math, "s2sad": s2sad, "dataclass": dataclass, "dataclasses": dataclasses})
    exec(compile(text, file, "exec", dont_inherit=True), scope)
    return scope["f"]


def today(old: Row) -> Row:
    """The row with what the program comes to now."""
    try:
        s2sad.grad(function(old.code), argnums=(0, 1))(X, P.copy())
    except s2sad.Error as error:
        what = error.what.replace("|", "\\|").replace("\n", " ")
        return Row(old.name, old.code, f"refused: {what}", error.instead.replace("|", "\\|"))
    except Exception as error:  # the program's own: no row of this page
        return Row(old.name, old.code, f"raises {type(error).__name__}: {error}", "")
    return Row(old.name, old.code, ACCEPTED, "")


if __name__ == "__main__":
    lines = []
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        found = row(line) if line.startswith("|") else None
        lines.append(line if found is None else str(today(found)))
    PAGE.write_text("\n".join(lines) + "\n", encoding="utf-8")
