"""Random nests of loops that read and store array elements at affine indices: what index analysis has to get right."""

from __future__ import annotations

import random

HEAD = """\
def f(x, y):
    n = len(x)
    a = x.copy()
    b = np.zeros((n, n))
    b[0] = y
    b[:, 1] = x * y
    c = y * 0.5
    s = 0.3
"""
TAIL = "    return np.sum(a * a) + np.sum(np.sin(b)) + c @ x + s * s\n"
RANGES = ("2, n - 2", "2, n - 2", "n - 3, 1, -1", "2, 5")


class Writer:
    """Writes one program from the choices of a seeded generator; every index stays inside arrays of seven."""

    def __init__(self, seed: int) -> None:
        self.choices = random.Random(seed)
        self.lines: list[str] = []

    def pick(self, *options: str) -> str:
        return self.choices.choice(options)

    def chance(self, p: float) -> bool:
        return self.choices.random() < p

    def index(self, around: list[str]) -> str:
        if not around:
            return self.pick("0", "1", "2", "-1", "-2")
        v = self.pick(*around)
        return self.pick(v, v, v, f"{v} - 1", f"{v} + 1", f"{v} - 2", f"n - 1 - {v}", f"{v} + 2 - 2")

    def slice(self, around: list[str]) -> str:
        if around and self.chance(0.6):
            v = self.pick(*around)
            return self.pick(f"{v}:", f":{v}", f"{v}:{v} + 2", f"{v} - 1:{v} + 1")
        return self.pick("1:-1", "2:", ":-2", ":")

    def expression(self, around: list[str]) -> str:
        match self.choices.randrange(9):
            case 0:
                return f"a[{self.index(around)}]"
            case 1:
                return f"b[{self.index(around)}, {self.index(around)}]"
            case 2:
                return f"c[{self.index(around)}]"
            case 3:
                return "s"
            case 4:
                return f"np.sin({self.expression(around)})"
            case 5:
                return f"{self.expression(around)} * {self.expression(around)}"
            case 6:
                return f"(0.5 * {self.expression(around)} - {self.expression(around)})"
            case 7:
                return f"np.tanh({self.expression(around)} + a[{self.index(around)}])"
            case _:
                return f"np.sum(np.cos(a[{self.slice(around)}]) * 0.3)"

    def store(self, around: list[str]) -> str:
        value, where = self.expression(around), self.index(around)
        match self.choices.randrange(6):
            case 0:
                return f"b[{where}, {self.index(around)}] = {value}"
            case 1:
                return f"c[{where}] {self.pick('+', '-', '*')}= {value}"
            case 2:
                return f"a[{where}] {self.pick('+', '-', '*')}= {value}"
            case 3:
                return f"b[{where}] = np.sin(b[{self.index(around)}]) * {value}"
            case 4:
                part = self.slice(around)
                return f"a[{part}] = np.tanh(a[{part}]) * {value}"
            case _:
                return f"a[{where}] = {value}"

    def statement(self, indent: str, around: list[str], depth: int) -> None:
        kind = self.choices.randrange(12)
        if kind < 6 or depth >= 3:
            self.lines.append(indent + self.store(around))
        elif kind == 6:
            term = self.expression(around)
            self.lines.append(indent + self.pick("a, c = c, a", "c = a * 0.7", f"s = s * 0.9 + {term}"))
        elif kind == 7:
            test = self.pick(*around) + self.pick(" > 2", " % 2 == 0", " < n - 3") if around else "s > 0"
            self.lines.append(f"{indent}if {test}:")
            self.statement(indent + "    ", around, depth + 1)
            if self.chance(0.5):
                self.lines.append(f"{indent}else:")
                self.statement(indent + "    ", around, depth + 1)
        else:
            v = "ijk"[len(around)]
            inner = (f"{around[-1]}, n - 2", f"2, {around[-1]}") if around else ()
            self.lines.append(f"{indent}for {v} in range({self.pick(*RANGES, *inner)}):")
            for _ in range(self.choices.randrange(1, 4)):
                self.statement(indent + "    ", [*around, v], depth + 1)
            if self.chance(0.15):
                self.lines += [f"{indent}    if s > 1.5:", f"{indent}        break"]

    def program(self) -> str:
        for _ in range(self.choices.randrange(2, 6)):
            self.statement("    ", [], 0)
        return HEAD + "\n".join(self.lines) + "\n" + TAIL
