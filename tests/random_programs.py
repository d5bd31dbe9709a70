"""Random programs: loops, branches, stores, views, aliases, calls, lists, in a grammar that keeps values small.

A program is a text. It takes an array ``x`` of four floats and a float ``s``, and returns a float. Arrays have length
four (``a``, ``b``, ``c``), views have length two (``v``), scalars are ``p``, ``q``; all are born at the top so that
every statement is well-defined. What is chosen comes from a ``Source``, which is Hypothesis in the tests and a seeded
generator elsewhere. The grammar is in the tables: ``{S}`` stands for a scalar expression, ``{V}`` for an array, and so
on (``Writer.fill``).
"""

from __future__ import annotations

import linecache
import random
import re
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

SCALAR_LEAVES = ("p", "q", "s", "{K}", "{A}[{I}]", "v[0]")
SCALARS = (
    "({S} + {S})", "({S} - {S})", "{S} * {S}", "np.sin({S})", "np.tanh({S} * 2.0)", "np.sum({A})", "0.3 * {A} @ {A}",
    "({S}) ** 2", "({S} if {T} else {S})", "max({S}, {S})", "np.sqrt(1.0 + ({S}) ** 2)", "mixed({A}, {S})",
    "mixed({A}, scale={S})", "{S} / (1.5 + {R} * {R})", "math.cos({S})", "sum([{S}, {S}])", "float({S})", "abs({S})",
    "np.mean({V})", "np.max({A})", "min({S}, {S}, 0.5)",
)  # fmt: skip
ARRAYS = (
    "({V} + {V})", "{V} * {V}", "({V} - {R})", "np.sin({V})", "{R} * {V}", "{A}[::-1]", "{A}.copy()", "np.tanh({V})",
    "np.where({V} > 0.05, {V}, 0.5)", "np.concatenate([{A}[1:], v[:1]])", "np.array([{R}, p, {R}, q])", "-{A}",
    "{A}.reshape(2, 2).T.ravel()", "{A}[[0, 2, 2, 1]]", "np.cumsum({V}) * 0.5", "turned({A}, {N})", "np.roll({A}, 1)",
    "np.maximum({V}, {V})", "{V} / (1.5 + {A} ** 2)", "np.outer(v, v).ravel()", "{A}[2:].repeat(2)",
    "np.clip({V}, -0.6, 0.7)",
)  # fmt: skip
TESTS = (
    "{E} > 0.05", "{E} < {L}", "-0.4 < {E} <= 0.6", "{E} > 0 and {L} < 0.7", "not {E} > -0.2", "np.sum({A}) > 0.3",
    "({E} < 0 or {L} > 0.2)", "np.any({A} > 0.9)",
)  # fmt: skip
STATEMENTS = (
    "{P} = {S}", "{P} {O} {R}", "{X} = {V}", "{X} = np.tanh({V})", "{X}[{I}] = {R}", "{X}[{I}] {O} {R}",
    "{X}[1:] = ({V})[:-1]", "{X}[{H}] = {R}", "{X}[{H}] {O} {R}", "{X}[{H}] = v", "{X}[{H}] += v", "{X} {O} {A}",
    "{X} {O} {R}", "{X}[{X} > {K}] = {L}", "{X}[{A} > {K}] *= {L}", "{X}[[0, 2]] = v", "{X}[[0, 2]] += {L}",
    "v = {X}[{H}]", "v = head({X})", "v = {X}.reshape(2, 2)[0]", "v = {X}.reshape(2, 2)[:, 1]", "v {O} {R}",
    "v[{B}] = {R}", "v[{B}] {O} {L}", "{X} = {Y}", "{X}, {Y} = {Y}, {X}", "{X}[0], {X}[2] = {X}[2], {X}[0]",
    "bump({X}, {L})", "items.append({R})", "{P} = items[-1] * items[0]", "{P} = {L} + sum(0.1 * t for t in {A})",
    "{X}[::-1][1] = {R}", "{X}.reshape(2, 2).T[0] = v", "np.add.at({X}, [1, 1, 3], {L})", "p, q = q, {S}",
)  # fmt: skip
CHOICES = {
    "X": ("a", "b", "c"), "Y": ("a", "b", "c"), "A": ("a", "b", "c", "x"), "P": ("p", "q"), "B": ("0", "1"),
    "O": ("+=", "*=", "-="), "H": (":2", "1:3", "::2", "2:"), "N": ("0", "1", "2"),
    "G": ("range(4)", "range(1, 4)", "range(3, -1, -1)", "range(0, 4, 2)", "range(2)"),
    "W": ("p < 1.0", "q > -1.0", "np.sum(a) < 5.0"),
    "J": ("break", "continue", "return {R}"),
    "F": ("for {Z} in {A}:", "for k{Z}, {Z} in enumerate({A}):", "for {Z}, u{Z} in zip({A}, {A}):",
          "for {Z} in reversed({A}):"),
}  # fmt: skip

HELPERS = """\
import math

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

    def put(self, depth: int, template: str, **names: str) -> None:
        self.lines.append("    " * (depth + 1) + self.fill(template, 2, names))

    def fill(self, template: str, depth: int, names: dict[str, str] | None = None) -> str:
        """The template with every ``{letter}`` replaced by something of that kind."""
        chosen = dict(names or {})

        def one(match: re.Match[str]) -> str:
            letter = match[1]
            if letter in chosen:
                return chosen[letter]
            text = self.piece(letter, depth)
            if letter in "XZ":  # one statement speaks of one target
                chosen[letter] = text
            return text

        return re.sub(r"\{(\w)\}", one, template)

    def piece(self, letter: str, depth: int) -> str:
        match letter:
            case "S":
                return self.expression(SCALARS, SCALAR_LEAVES, depth)
            case "R":
                return self.expression(SCALARS, SCALAR_LEAVES, min(depth, 1))
            case "L":
                return self.expression(SCALARS, SCALAR_LEAVES, 0)
            case "V":
                return self.expression(ARRAYS, ("{A}",), depth)
            case "E":
                return self.fill(self.source.choice(("{P}", "{A}[{I}]")), 0)
            case "T":
                return self.fill(self.source.choice(TESTS), 0)
            case "K":
                return str(self.source.integer(-9, 9) / 10)
            case "I":
                options = ["0", "1", "-1", "2"]
                if self.loops:
                    options += [f"i{self.loops}", f"i{self.loops} - 1", f"(i{self.loops} + 1) % 4"]
                return self.source.choice(options)
            case _:
                return self.fill(self.source.choice(CHOICES[letter]), 0)

    def expression(self, inner: Sequence[str], leaves: Sequence[str], depth: int) -> str:
        if depth == 0 or self.source.integer(0, 2) == 0:
            return self.fill(self.source.choice(leaves), 0)
        return self.fill(self.source.choice(inner), depth - 1)

    # --- statements ---

    def block(self, depth: int, size: int) -> None:
        for _ in range(size):
            self.fuel -= 1
            if depth < 3 and self.fuel > 0 and self.source.integer(0, 3) == 0:
                self.source.choice((self.a_for, self.an_if, self.a_while, self.over_items))(depth)
            else:
                self.put(depth, self.source.choice(STATEMENTS))

    def a_for(self, depth: int) -> None:
        self.loops += 1
        self.put(depth, f"for i{self.loops} in {{G}}:")
        self.block(depth + 1, self.source.integer(1, 3))
        match self.source.integer(0, 5):
            case 0:
                self.put(depth + 1, "if {T}:")
                self.put(depth + 2, "{J}")
                self.block(depth + 1, 1)
            case 1:
                self.put(depth, "else:")
                self.block(depth + 1, 1)
        self.loops -= 1

    def an_if(self, depth: int) -> None:
        self.put(depth, "if {T}:")
        self.block(depth + 1, self.source.integer(1, 2))
        match self.source.integer(0, 4):
            case 0:
                self.put(depth, "elif {T}:")
                self.block(depth + 1, 1)
            case 1:
                self.put(depth, "else:")
                self.block(depth + 1, self.source.integer(1, 2))
            case 2:
                if self.source.integer(0, 1) == 0:
                    self.put(depth + 1, "return {R} * {A}[1]")

    def a_while(self, depth: int) -> None:
        counter = f"n{len(self.lines)}"
        self.put(depth, f"{counter} = 0")
        self.put(depth, f"while {counter} < 3 and {{W}}:")
        self.put(depth + 1, f"{counter} += 1")
        self.block(depth + 1, self.source.integer(1, 2))

    def over_items(self, depth: int) -> None:
        item = f"t{len(self.lines)}"
        self.put(depth, self.source.choice(CHOICES["F"]), Z=item)
        self.put(depth + 1, f"{{P}} += {item} * {{L}}")
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
    return HELPERS + "def f(x, s):\n" + "\n".join(writer.lines) + "\n"


def load(text: str, name: str) -> Callable[..., Any]:
    """The function ``f`` of a program's text, with its source where ``inspect`` finds it."""
    file = f"<{name}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    scope: dict[str, Any] = {"__name__": name}
    exec(compile(text, file, "exec"), scope)
    return scope["f"]


POINT = (np.array([0.31, -0.47, 0.83, 0.52]), 0.37)
