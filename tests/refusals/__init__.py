"""Every refusal with its exact text: programs and what is said of them, as files to be read.

A file holds cases. A case is a name, a program, the expression that is refused, and the text of the refusal::

    ==== print to a file
    def f(x):
        ...
    ---- s2sad.grad(f)(1.5)
    UnsupportedError: ...

``python -m tests.refusals`` writes the texts anew; the difference is there to be read.
"""

from __future__ import annotations

import ast
import itertools
import linecache
import math
import re
import sys
import types
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import s2sad

HERE = Path(__file__).parent
ROOT = Path(s2sad.__file__).parent


@dataclass(frozen=True)
class Case:
    """One program, and the expression in it that is refused."""

    file: str
    name: str
    program: str
    call: str
    text: str

    @property
    def what(self) -> str:
        """The first sentence, without the class of the exception."""
        return self.text.split("\n", 1)[0].partition(": ")[2]


def cases(path: Path) -> Iterator[Case]:
    for block in re.split(r"(?m)^==== ", path.read_text(encoding="utf-8"))[1:]:
        name, _, rest = block.partition("\n")
        program, _, rest = rest.partition("---- ")
        call, _, text = rest.partition("\n")
        yield Case(path.stem, name.strip(), program, call.strip(), text.strip("\n"))


def every_case() -> list[Case]:
    return [case for path in sorted(HERE.glob("*.txt")) for case in cases(path)]


NUMBERS = itertools.count()


def refusal(case: Case) -> str:
    """What s2sad says of the program today."""
    file = f"{case.file}_{next(NUMBERS)}.py"
    linecache.cache[file] = (len(case.program), None, case.program.splitlines(keepends=True), file)
    module = types.ModuleType("program")
    sys.modules["program"] = module  # globals are stored on the module
    scope = vars(module)
    scope.update({"np": np, "math": math, "s2sad": s2sad})
    try:
        exec(compile(case.program, file, "exec", dont_inherit=True), scope)
        eval(compile(case.call, "<call>", "eval"), scope)
    except s2sad.Error as error:
        text = f"{type(error).__name__}: {error}"
        text = text.replace(file, "program.py").replace(f"{ROOT.parent}/", "")
        return re.sub(r"0x[0-9a-f]{6,}", "0x…", text)
    except Exception as error:  # to be seen in the file, never to be kept there
        return f"not refused: {type(error).__name__}: {error}"
    finally:
        del linecache.cache[file], sys.modules["program"]
    return "not refused"


def write(path: Path) -> None:
    """The file with the texts of today; without, and naming, what is not refused any more."""
    blocks = []
    for case in cases(path):
        text = refusal(case)
        if text.startswith("not refused"):
            print(f"{path.name}: {case.name}: {text}")
        else:
            blocks.append(f"==== {case.name}\n{case.program}---- {case.call}\n{text}\n")
    path.write_text("\n".join(blocks), encoding="utf-8")


@dataclass(frozen=True)
class Site:
    """A place in the source that refuses something, and a pattern of what it says."""

    place: str
    pattern: re.Pattern[str]


REFUSING = {"refuse", "wrong", "refuse_here", "UnsupportedError", "InputError", "SourceError", "RuleError", "Refusal", "unsupported"}  # noqa: E501


def sites() -> list[Site]:
    """Every place that raises an error of s2sad whose text is written there."""
    out: list[Site] = []
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called not in REFUSING:
                continue
            for text in templates(node.args[0]):
                out.append(Site(f"{path.relative_to(ROOT)}: {text[1]}", re.compile(text[0], re.DOTALL)))
    return out


def templates(node: ast.expr) -> Iterator[tuple[str, str]]:
    """The patterns, and readable forms, of a text; none where it comes from elsewhere."""
    match node:
        case ast.Constant(value=str(value)):
            yield re.escape(value), value
        case ast.JoinedStr(values=values):
            parts = [v.value if isinstance(v, ast.Constant) else None for v in values]
            if any(p is not None and p.strip() for p in parts):
                pattern = "".join(".+" if p is None else re.escape(p) for p in parts)
                yield pattern, "".join("{}" if p is None else p for p in parts)
        case ast.IfExp(body=body, orelse=orelse):
            yield from templates(body)
            yield from templates(orelse)
