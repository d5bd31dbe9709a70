"""Constant folding: operators on Python numbers that are known, where Python gives exactly that number.

A quotient or power whose digits would not be plainer than the expression (``1.0 / 3.0``) is left as it stands.
"""

from __future__ import annotations

from s2sad.ir.core import Atom, Call
from s2sad.ir.core import Literal as Constant
from s2sad.ir.types import Scalar, type_of
from s2sad.passes.context import Context, Rule

OPERATORS = (
    "add", "sub", "mul", "div", "floordiv", "mod", "pow", "neg", "pos", "abs", "min", "max",
    "eq", "ne", "lt", "le", "gt", "ge", "not", "int", "float", "bool",
)  # fmt: skip
LONGEST = 10  # characters of a folded float


def _fold(context: Context, op: Call) -> Atom | None:
    values = [a.value for a in op.args if isinstance(a, Constant) and type(a.value) in (bool, int, float)]
    t = op.result.type
    if len(values) < len(op.args) or op.kwargs or not isinstance(t, Scalar) or not t.weak:
        return None
    if op.prim.name == "pow" and max(map(abs, values)) > 1000:
        return None
    try:
        found = op.prim.run(*values)
    except (ArithmeticError, ValueError):
        return None  # the program's own error, raised where it stands
    plain = type(found) in (bool, int) or (type(found) is float and len(repr(found)) <= LONGEST)
    same = type_of(found)
    if plain and isinstance(same, Scalar) and (same.dtype, same.weak) == (t.dtype, t.weak) and found == found:
        return Constant(found)
    return None


FOLDING: dict[str, tuple[Rule, ...]] = dict.fromkeys(OPERATORS, (_fold,))
