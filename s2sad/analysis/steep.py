"""Bounds at which a slope is infinite, and that are chosen: ``np.sqrt(np.maximum(x, 0))``, ``math.acos(min(x, 1.0))``.

Where the bound is chosen the result is constant, and its derivative zero: zero (of what was not chosen) times infinity
(of the slope at the bound) has to be zero in both modes. At the bound itself the slope is infinite on one side and zero
on the other, and zero is taken. This is for bounds that are written out; where a bound is another one (``np.maximum(x,
1e-12)``) no slope is infinite, and nothing is done.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from s2sad.analysis.selection import ELEMENTWISE
from s2sad.ir.core import Arg, Call, Literal, Op, Value
from s2sad.ir.walk import all_ops
from s2sad.prims import structure

ZERO, ENDS = (0.0,), (-1.0, 1.0)
SLOPES: Mapping[str, tuple[float, ...]] = {
    "np.sqrt": ZERO, "np.cbrt": ZERO, "np.log": ZERO, "np.log2": ZERO, "np.log10": ZERO, "np.reciprocal": ZERO,
    "pow": ZERO, "np.power": ZERO, "np.float_power": ZERO, "div": ZERO, "np.log1p": (-1.0,),
    "np.arccos": ENDS, "np.arcsin": ENDS, "np.arctanh": ENDS, "np.arccosh": (1.0,),
    "math.sqrt": ZERO, "math.cbrt": ZERO, "math.log": ZERO, "math.log2": ZERO, "math.log10": ZERO,
    "math.log1p": (-1.0,), "math.acos": ENDS, "math.asin": ENDS, "math.atanh": ENDS, "math.acosh": (1.0,),
}  # fmt: skip
"""Where functions of one operand (of a quotient: its divisor) have an infinite slope."""
EXTREMES = ELEMENTWISE | {"max", "min"}
FACTORS = ("mul", "div", "neg", "pos")
DEPTH = 4


class Steep:
    """``chosen``: results of functions that choose such a bound; ``operands``: what goes into an infinite slope."""

    def __init__(self, ops: Iterable[Op] = ()) -> None:
        self.chosen: set[Value] = set()
        self.operands: set[Value] = set()
        calls = [op for op in all_ops(ops) if isinstance(op, Call)]
        makers = {r: op for op in calls for r in op.results}
        for op in calls:
            places = SLOPES.get(op.prim.name)
            at = op.args[1 if op.prim.name == "div" else 0] if places else None
            if places is None or not isinstance(at, Value) or is_smooth_power(op):
                continue
            found = [c for c in choices(at, makers, DEPTH if places == ZERO else 0) if bounds(c) & set(places)]
            if found:
                self.operands.add(at)
                self.chosen.update(c.result for c in found if c.prim.name in EXTREMES and is_plain(c))


def is_plain(op: Call) -> bool:
    """Whether it chooses between one operand and what is written out."""
    if op.kwargs or op.prim.name == "np.nan_to_num":
        return False
    if op.prim.name == "np.clip":
        return all(isinstance(a, Literal) for a in op.args[1:])
    return len(op.args) == 2 and any(isinstance(a, Literal) for a in op.args)


def is_smooth_power(op: Call) -> bool:
    exponent = op.args[1] if len(op.args) > 1 and op.prim.name != "div" else None
    return isinstance(exponent, Literal) and isinstance(exponent.value, int | float) and exponent.value >= 1


def choices(at: Arg, makers: Mapping[Value, Call], depth: int) -> Iterator[Call]:
    """What chooses a value, or a factor of it."""
    op = makers.get(at) if isinstance(at, Value) else None
    if op is None:
        return
    if op.prim.name in EXTREMES:
        yield op
        for operand in op.args:
            yield from choices(operand, makers, depth)
    elif op.prim.name == "np.where" or op.prim is structure.store:
        yield op
    elif op.prim.name in FACTORS and depth:
        for factor in op.args[: 1 if op.prim.name == "div" else 2]:
            yield from choices(factor, makers, depth - 1)


def bounds(op: Call) -> set[float]:
    """The numbers written out that a call may choose."""
    given = op.args[2:] if op.prim is structure.store else op.args[1:] if op.prim.name == "np.where" else op.args
    return {float(a.value) for a in given if isinstance(a, Literal) and type(a.value) in (int, float)}
