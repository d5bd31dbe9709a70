"""Random programs: loops, branches, stores, views, aliases, calls, lists, in a grammar that keeps values small.

A program is a text. It takes an array ``x`` of four floats and a float ``s``, and returns a float. Arrays have length four
(``a``, ``b``, ``c``), views have length two (``v``), scalars are ``p``, ``q``; all are born at the top so that every
statement is well-defined. What is chosen comes from a ``Source``, which is Hypothesis in the tests and a seeded
generator elsewhere.
"""

from __future__ import annotations

import linecache
import random
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

ARRAYS = ("a", "b", "c")
SCALARS = ("p", "q")

HELPERS = """\
import numpy as np


def bump(t, k):
    t[1] += k * t[0]
    t[2:] *= 0.5


def mixed(t, k=0.5, *, scale=1.0):
    if k > 0.1:
        return scale * np.sum(t[1:] * k)
    return np.sin(k) + t[-1] * scale


def head(t):
    return t[:2]


def turned(t, n):
    if n == 0:
        return t * 0.9
    return turned(t[::-1] + 0.1, n - 1)


"""


class Source(Protocol):
    """Where choices come from."""

    def choice(self, options: Sequence[Any]) -> Any: ...
    def integer(self, low: int, high: int) -> int: ...


class Seeded:
    """Choices of a seeded generator."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def choice(self, options: Sequence[Any]) -> Any:
        return self.random.choice(options)

    def integer(self, low: int, high: int) -> int:
        return self.random.randint(low, high)


class Writer:
    """Writes one program, statement by statement."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.lines: list[str] = []
        self.loops = 0
        self.fuel = 14

    def pick(self, *options: Any) -> Any:
        return self.source.choice(options)

    def put(self, depth: int, text: str) -> None:
        self.lines.append("    " * (depth + 1) + text)

    # --- expressions ---

    def constant(self) -> str:
        return str(self.source.integer(-9, 9) / 10)

    def index(self) -> str:
        options = ["0", "1", "-1", "2"]
        if self.loops:
            options += [f"i{self.loops}", f"i{self.loops} - 1", f"(i{self.loops} + 1) % 4"]
        return self.source.choice(options)

    def array(self) -> str:
        return self.source.choice((*ARRAYS, "x"))

    def scalar(self, depth: int = 2) -> str:
        if depth == 0 or self.source.integer(0, 2) == 0:
            return self.pick("p", "q", "s", self.constant(), f"{self.array()}[{self.index()}]", "v[0]")
        a, b = self.scalar(depth - 1), self.scalar(depth - 1)
        return self.pick(
            f"({a} + {b})", f"({a} - {b})", f"{a} * {b}", f"np.sin({a})", f"np.tanh({a} * 2.0)", f"np.sum({self.array()})",
            f"0.3 * {self.array()} @ {self.array()}", f"({a}) ** 2", f"({a} if {self.test()} else {b})",
            f"max({a}, {b})", f"np.sqrt(1.0 + ({a}) ** 2)", f"mixed({self.array()}, {a})", f"mixed({self.array()}, scale={a})",
            f"{a} / (1.5 + {b} * {b})", f"math.cos({a})", f"sum([{a}, {b}])", f"float({a})",
        )  # fmt: skip

    def vector(self, depth: int = 2) -> str:
        if depth == 0 or self.source.integer(0, 2) == 0:
            return self.array()
        a, b = self.vector(depth - 1), self.vector(depth - 1)
        return self.pick(
            f"({a} + {b})", f"{a} * {b}", f"({a} - {self.scalar(1)})", f"np.sin({a})", f"{self.scalar(1)} * {a}",
            f"{self.array()}[::-1]", f"np.where({a} > 0.05, {b}, 0.5)", f"{self.array()}.copy()", f"np.tanh({a})",
            f"np.concatenate([{self.array()}[1:], v[:1]])", f"np.array([{self.scalar(1)}, p, {self.scalar(1)}, q])",
            f"{self.array()}.reshape(2, 2).T.ravel()", f"{self.array()}[[0, 2, 2, 1]]", f"np.cumsum({a}) * 0.5",
            f"turned({self.array()}, {self.source.integer(0, 2)})", f"np.maximum({a}, {b})", f"-{self.array()}",
        )  # fmt: skip

    def test(self) -> str:
        a = self.pick(*SCALARS, f"{self.array()}[{self.index()}]")
        return self.pick(f"{a} > 0.05", f"{a} < {self.scalar(0)}", f"-0.4 < {a} <= 0.6", f"{a} > 0 and {self.scalar(0)} < 0.7",
                         f"not {a} > -0.2", f"np.sum({self.array()}) > 0.3")  # fmt: skip

    # --- statements ---

    def block(self, depth: int, size: int) -> None:
        for _ in range(size):
            self.fuel -= 1
            self.statement(depth)

    def statement(self, depth: int) -> None:
        name, other, target = self.pick(*SCALARS), self.pick(*ARRAYS), self.pick(*ARRAYS)
        simple = [
            lambda: f"{name} = {self.scalar()}",
            lambda: f"{name} {self.pick('+=', '-=', '*=')} {self.scalar(1)}",
            lambda: f"{target} = {self.vector()}",
            lambda: f"{target} = np.tanh({self.vector()})",
            lambda: f"{target}[{self.index()}] = {self.scalar(1)}",
            lambda: f"{target}[{self.index()}] {self.pick('+=', '*=', '-=')} {self.scalar(1)}",
            lambda: f"{target}[1:] = ({self.vector(1)})[:-1]",
            lambda: f"{target}[{self.pick(':2', '1:3', '::2', '2:')}] {self.pick('=', '+=', '*=')} {self.scalar(1)}",
            lambda: f"{target}[{self.pick(':2', '1:3', '::2', '2:')}] {self.pick('=', '+=')} v",
            lambda: f"{target} {self.pick('+=', '*=', '-=')} {self.pick(self.array(), self.scalar(1))}",
            lambda: f"{target}[{target} > {self.constant()}] {self.pick('=', '*=')} {self.scalar(0)}",
            lambda: f"{target}[[0, 2]] {self.pick('=', '+=')} {self.pick('v', self.scalar(0))}",
            lambda: f"v = {other}[{self.pick(':2', '1:3', '::2', '2:')}]",
            lambda: f"v = head({other})",
            lambda: f"v = {other}.reshape(2, 2)[{self.pick('0', '1', ':, 0')}]",
            lambda: f"v {self.pick('*=', '+=')} {self.scalar(1)}",
            lambda: f"v[{self.pick('0', '1')}] = {self.scalar(1)}",
            lambda: f"{target} = {other}",
            lambda: f"{target}, {other} = {other}, {target}",
            lambda: f"{target}[0], {target}[2] = {target}[2], {target}[0]",
            lambda: f"bump({target}, {self.scalar(0)})",
            lambda: f"items.append({self.scalar(1)})",
            lambda: f"{name} = items[-1] * items[0]",
            lambda: f"{name} = {self.scalar(0)} + sum(0.1 * t for t in {self.array()})",
        ]
        compound = [self.a_for, self.an_if, self.a_while, self.over_items]
        if depth < 3 and self.fuel > 0 and self.source.integer(0, 3) == 0:
            self.source.choice(compound)(depth)
        else:
            self.put(depth, self.source.choice(simple)())

    def a_for(self, depth: int) -> None:
        self.loops += 1
        header = self.pick("range(4)", "range(1, 4)", "range(3, -1, -1)", "range(0, 4, 2)", "range(2)")
        self.put(depth, f"for i{self.loops} in {header}:")
        self.block(depth + 1, self.source.integer(1, 3))
        match self.source.integer(0, 5):
            case 0:
                self.put(depth + 1, f"if {self.test()}:")
                self.put(depth + 2, self.pick("break", "continue", f"return {self.scalar(1)}"))
                self.block(depth + 1, 1)
            case 1:
                self.put(depth, "else:")
                self.block(depth + 1, 1)
        self.loops -= 1

    def an_if(self, depth: int) -> None:
        self.put(depth, f"if {self.test()}:")
        self.block(depth + 1, self.source.integer(1, 2))
        match self.source.integer(0, 3):
            case 0:
                self.put(depth, f"elif {self.test()}:")
                self.block(depth + 1, 1)
            case 1:
                self.put(depth, "else:")
                self.block(depth + 1, self.source.integer(1, 2))
            case 2:
                if self.source.integer(0, 2) == 0:
                    self.put(depth + 1, f"return {self.scalar(1)} * {self.array()}[1]")

    def a_while(self, depth: int) -> None:
        name = f"n{len(self.lines)}"
        self.put(depth, f"{name} = 0")
        self.put(depth, f"while {name} < 3 and {self.pick('p < 1.0', 'q > -1.0', 'np.sum(a) < 5.0')}:")
        self.put(depth + 1, f"{name} += 1")
        self.block(depth + 1, self.source.integer(1, 2))

    def over_items(self, depth: int) -> None:
        name = f"t{len(self.lines)}"
        header = self.pick(
            f"for {name} in {self.array()}:", f"for k{name}, {name} in enumerate({self.array()}):",
            f"for {name}, u{name} in zip({self.array()}, {self.array()}):", f"for {name} in reversed({self.array()}):",
        )  # fmt: skip
        self.put(depth, header)
        self.put(depth + 1, f"{self.pick(*SCALARS)} {self.pick('+=', '=')} {name} * {self.scalar(0)}")
        self.block(depth + 1, self.source.integer(0, 1))


def write(source: Source) -> str:
    """The text of a module with one program, ``f``."""
    writer = Writer(source)
    writer.put(0, source.choice(("a = x * 1.5", "a = x.copy()", "a = np.zeros(4)", "a = x")))
    writer.put(0, "b = np.sin(x)")
    writer.put(0, source.choice(("c = np.empty(4)\n    c[:] = s", "c = np.full(4, 0.3)", "c = a")))
    writer.put(0, "v = b[1:3]")
    writer.put(0, "p, q = s, x[0] * s")
    writer.put(0, "items = [p]")
    writer.block(0, source.integer(3, 9))
    writer.put(0, "return p + 0.7 * q + np.sum(a * b) + c @ x + v[0] * v[1] + sum(items)")
    return HELPERS.replace("import numpy", "import math\n\nimport numpy") + "def f(x, s):\n" + "\n".join(writer.lines) + "\n"


def load(text: str, name: str) -> Callable[..., Any]:
    """The function ``f`` of a program's text, with its source where ``inspect`` finds it."""
    file = f"<{name}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    scope: dict[str, Any] = {"__name__": name}
    exec(compile(text, file, "exec"), scope)
    return scope["f"]


POINT = (np.array([0.31, -0.47, 0.83, 0.52]), 0.37)
