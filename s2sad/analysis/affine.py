"""Affine integer expressions, and proofs about them.

An expression is a constant plus integer multiples of symbols (induction variables, sizes, other integers). Whether a
system of inequalities between such expressions has no solution is decided over the rationals by Fourier-Motzkin
elimination (Schrijver, "Theory of Linear and Integer Programming", Wiley 1986, section 12.2): sound for integers, and
small systems are all that index analysis asks about.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field

Symbol = Hashable
MOST_ROWS = 200  # elimination gives up (proves nothing) beyond this many inequalities


@dataclass(frozen=True)
class Affine:
    """``constant + sum(factor * symbol)``.

    >>> i = Affine.of("i"); str((i + 1) - i)
    '1'
    """

    constant: int = 0
    terms: Mapping[Symbol, int] = field(default_factory=dict)

    @staticmethod
    def of(symbol: Symbol) -> Affine:
        return Affine(0, {symbol: 1})

    def __add__(self, other: Affine | int) -> Affine:
        if isinstance(other, int):
            return Affine(self.constant + other, self.terms)
        terms = dict(self.terms)
        for s, c in other.terms.items():
            terms[s] = terms.get(s, 0) + c
        return Affine(self.constant + other.constant, {s: c for s, c in terms.items() if c})

    def __mul__(self, factor: int) -> Affine:
        return Affine(self.constant * factor, {s: c * factor for s, c in self.terms.items()} if factor else {})

    def __neg__(self) -> Affine:
        return self * -1

    def __sub__(self, other: Affine | int) -> Affine:
        return self + (-other)

    def renamed(self, mapping: Mapping[Symbol, Symbol]) -> Affine:
        return Affine(self.constant, {mapping.get(s, s): c for s, c in self.terms.items()})

    def __str__(self) -> str:
        parts = [f"{c}*{s}" for s, c in self.terms.items()]
        return " + ".join([*parts, str(self.constant)] if self.constant or not parts else parts)


def infeasible(rows: Iterable[Affine]) -> bool:
    """Whether no rational assignment makes every row at least zero.

    >>> i = Affine.of("i"); infeasible([i - 3, Affine(2) - i])   # i >= 3 and i <= 2
    True
    """
    system = list({(r.constant, tuple(sorted(r.terms.items(), key=lambda t: str(t[0])))): r for r in rows}.values())
    while True:
        if any(r.constant < 0 and not r.terms for r in system):
            return True
        counts: dict[Symbol, tuple[int, int]] = {}
        for r in system:
            for s, c in r.terms.items():
                up, down = counts.get(s, (0, 0))
                counts[s] = (up + (c > 0), down + (c < 0))
        if not counts:
            return False
        symbol = min(counts, key=lambda s: counts[s][0] * counts[s][1])
        lower = [r for r in system if r.terms.get(symbol, 0) > 0]
        upper = [r for r in system if r.terms.get(symbol, 0) < 0]
        system = [r for r in system if symbol not in r.terms]
        system += [low * -up.terms[symbol] + up * low.terms[symbol] for low in lower for up in upper]
        if len(system) > MOST_ROWS:
            return False


def proves(facts: Iterable[Affine], claim: Affine) -> bool:
    """Whether ``claim >= 0`` follows from ``fact >= 0`` for every fact, over the integers."""
    return infeasible([*facts, -claim - 1])
