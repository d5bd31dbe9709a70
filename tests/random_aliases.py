"""Random programs about memory: names that part on one path, swaps, views, stores, helpers that store into arguments.

A program takes an array ``x`` of four floats, a matrix ``m`` of three rows of four, and a float ``s``. ``a``, ``b``,
``c`` are arrays of four, ``r`` is an array of four that is mostly a row, ``v`` has length two, ``A`` and ``B`` are
matrices. The grammar uses the writer of ``random_programs`` with tables of its own.
"""

from __future__ import annotations

import numpy as np

from tests import random_programs
from tests.random_programs import Seeded, Source, load

HELPERS = """\
import numpy as np


def bump(t, k):
    t[1] += k * t[0]
    t[2:] *= 0.5


def maybe(t, k):
    return t if k > 0.1 else t.copy()


def pick(t, u, k):
    if k > 0:
        return t
    return u


def traded(t, u):
    t[0], u[1] = u[0], t[1]
    return u, t


"""

ARRAYS = ("a", "b", "c", "r")
TESTS = ("a[0] > 0.1", "b[1] > c[2]", "s > 0.2", "p > 0.1", "r[0] < 0.3", "np.sum(b) > 0.4", "x[1] < 0", "v[0] > 0")
SCALARS = ("p", "s", "{N}[{I}]", "0.5 * {N}[{I}]", "np.sin({N}[{I}])", "v[1]", "0.3", "{D}[{J}, {I}]", "p * s")
ROWS = ("{N}", "x", "{D}[{J}]", "{D}[{J}]", "{N}.copy()", "{N} * {S}", "np.sin({N})", "m[{J}]", "{D}[{J}, ::-1]")
STATEMENTS = (
    "{N} = {R}", "{N} = {R}", "{N} = {N} if {T} else {R}", "{N} = {R} if {T} else {R}", "r = {D}[{J}]",
    "r = {D}[{J}] if {T} else {D}[{J}]", "r = {D}[{J}] if {T} else {N}", "{N}[{I}] = {S}", "{N}[{I}] += {S}",
    "{N} *= 0.7", "{N} += {S}", "{N} -= 0.2 * {R}", "{N}[:2] = v", "v = {N}[{H}]", "v = {N}[{H}] if {T} else {N}[{H}]",
    "v *= 0.8", "v[0] = {S}", "v += {S}", "{D}[{J}] = {R}", "{D}[{J}] *= 0.9", "{D}[{J}, {I}] += {S}",
    "{D}[:, 1] = 0.1",
    "A, B = B, A", "A = B", "A = A if {T} else B", "A = A.copy()", "a, b = b, a", "a, b, c = b, c, a",
    "{N}, {N} = {R}, {R}",
    "{D}[[0, 2]] = {D}[[2, 0]]", "{D}[0], {D}[1] = {D}[1].copy(), {D}[0].copy()", "{D}[0], {D}[1] = {D}[1], {D}[0]",
    "bump({N}, {S})", "bump({D}[{J}], {S})", "{N} = maybe({N}, {S})", "{N} = pick({N}, {R}, {S})",
    "a, c = traded({N}, {N})",
    "p = {S}", "p += {S}", "np.add({N}, {R}, out={N})", "np.multiply({D}[{J}], 0.5, out={D}[{J}])", "old = {N}",
    "old[{I}] = {S}", "{N} = old", "box[{K}] = {N}", "{N} = box[{K}]", "box[{K}][{I}] = {S}",
    "box[0], box[1] = box[1], box[0]",
    "d['u'] = {N}", "d['u'] += {S}", "{N} = d['u']", "box = [{N}, {N}]", "t = box", "t[{K}] = {R}",
    "best, e = ({N}, {S}) if {S} < e else (best, e)", "best[{I}] = {S}",
)  # fmt: skip
CHOICES = {
    "N": ARRAYS, "T": TESTS, "D": ("A", "B"), "J": ("0", "1", "2"), "I": ("0", "1", "2", "-1"),
    "H": (":2", "1:3", "::2"), "K": ("0", "1"), "G": ("range(3)", "range(2)", "range(len(m))", "range(k)"),
}  # fmt: skip


class Writer(random_programs.Writer):
    """Writes one program about memory."""

    def piece(self, letter: str, depth: int) -> str:
        if letter == "S":
            return self.fill(self.source.choice(SCALARS), 0)
        if letter == "R":
            return self.fill(self.source.choice(ROWS), 0)
        options = list(CHOICES[letter])
        if self.loops and letter == "I":
            options += [f"i{self.loops}", f"(i{self.loops} + 1) % 4"]
        if self.loops and letter == "J":
            options += [f"i{self.loops}", f"2 - i{self.loops}"]
        if self.loops and letter == "T":
            options += [f"i{self.loops} % 2", f"i{self.loops} == 1"] * 3
        return self.fill(self.source.choice(options), 0)

    def block(self, depth: int, size: int) -> None:
        for _ in range(size):
            self.fuel -= 1
            if depth < 3 and self.fuel > 0 and self.source.integer(0, 3) == 0:
                self.source.choice((self.a_for, self.an_if, self.an_if, self.a_while, self.over_rows))(depth)
            else:
                self.put(depth, self.source.choice(STATEMENTS))

    def a_for(self, depth: int) -> None:
        self.loops += 1
        self.put(depth, f"for i{self.loops} in {{G}}:")
        self.block(depth + 1, self.source.integer(1, 3))
        if self.source.integer(0, 4) == 0:
            self.put(depth + 1, "if {T}:")
            self.put(depth + 2, self.source.choice(("break", "continue")))
            self.block(depth + 1, 1)
        self.loops -= 1

    def an_if(self, depth: int) -> None:
        self.put(depth, "if {T}:")
        self.block(depth + 1, self.source.integer(1, 2))
        if self.source.integer(0, 1):
            self.put(depth, "else:")
            self.block(depth + 1, self.source.integer(1, 2))

    def a_while(self, depth: int) -> None:
        counter = f"n{len(self.lines)}"
        self.put(depth, f"{counter} = 0")
        self.put(depth, f"while {counter} < 3 and np.sum(a) < 4.0:")
        self.put(depth + 1, f"{counter} += 1")
        self.block(depth + 1, self.source.integer(1, 2))
        if self.source.integer(0, 3) == 0:
            self.put(depth + 1, "if {T}:")
            self.put(depth + 2, "break")

    def over_rows(self, depth: int) -> None:
        self.put(depth, self.source.choice(("for r in {D}:", "for row in {D}:", "for k0, row in enumerate({D}):")))
        self.put(depth + 1, self.source.choice(("r *= 0.5", "r = r * 0.5", "p += r[0]", "a = r")))
        self.block(depth + 1, self.source.integer(0, 1))


def write(source: Source) -> str:
    """The text of a module with one program, ``f``."""
    writer = Writer(source)
    writer.put(0, source.choice(("a = x * 1.5", "a = x.copy()", "a = x")))
    writer.put(0, "b = np.sin(x)")
    writer.put(0, source.choice(("c = np.full(4, 0.3)", "c = a", "c = x + s")))
    writer.put(0, "A = m * s")
    writer.put(0, source.choice(("B = np.cos(m)", "B = A", "B = m")))
    writer.put(0, "r, old, best, e = A[1], b, b, 0.4")
    writer.put(0, "v = b[1:3]")
    writer.put(0, "p, k = s * x[0], len(x) - 1")
    writer.put(0, "box, d = [a, b], {'u': c}")
    writer.put(0, "t = box")
    writer.block(0, source.integer(3, 8))
    writer.put(0, "ends = p + np.sum(a * b) + c @ x + v[0] * v[1] + np.sum(A * B) + r @ old + best @ x")
    writer.put(0, "return ends + np.sum(box[0] * box[1]) + d['u'][1] * t[0][0] + np.sum(A * m ** 2)")
    return HELPERS + "def f(x, m, s):\n" + "\n".join(writer.lines) + "\n"


POINT = (np.array([0.31, -0.47, 0.83, 0.52]), np.cos(np.arange(12.0)).reshape(3, 4) * 0.6, 0.37)

__all__ = ["POINT", "Seeded", "load", "write"]
