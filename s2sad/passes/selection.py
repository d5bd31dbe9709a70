"""Rewriting of choices: what is multiplied by a selected one or zero is selected itself.

``np.where(c, 1.0, 0.0) * x`` stays (a NaN in ``x`` would be lost), but ``masked_product`` of the two, which is zero
where the choice is, is ``np.where(c, x, 0.0)``.
"""

from __future__ import annotations

from collections.abc import Mapping

from s2sad.ir.core import Arg, Atom, Call
from s2sad.ir.core import Literal as Constant
from s2sad.passes.context import Context, Rule
from s2sad.passes.facts import fits
from s2sad.passes.rewriter import is_literal
from s2sad.prims.broadcasting import masked_product
from s2sad.prims.python import add, mul
from s2sad.prims.ufuncs import where


def _float(arg: Arg) -> float | None:
    return arg.value if isinstance(arg, Constant) and type(arg.value) is float else None


def _chosen(context: Context, arg: Arg) -> Call | None:
    """The ``where`` between two written numbers, one of them zero, that gives this value to nobody else."""
    op = context.facts.definition(arg, where.name)
    if op is None or not context.facts.single(arg):
        return None
    numbers = _float(op.args[1]), _float(op.args[2])
    return op if None not in numbers and (is_literal(op.args[1], 0) != is_literal(op.args[2], 0)) else None


def _masked_product(context: Context, op: Call) -> Atom | Call | None:
    g, x = op.args
    number = _float(g)
    if number == 1.0 and fits(x, op.result.type):
        return x  # type: ignore[return-value]
    if number is not None and number != 0.0:
        return context.again(op, mul, g, x)
    choice = _chosen(context, g)
    if choice is None:
        return None
    sides: list[Arg] = []
    for side in choice.args[1:]:
        if is_literal(side, 0) or is_literal(side, 1):
            sides.append(x if is_literal(side, 1) else side)
            continue
        product = context.part(op, mul, side, x)
        if product is None:
            return None
        sides.append(product)
    return context.again(op, where, choice.args[0], *sides)


def _mul(context: Context, op: Call) -> Atom | Call | None:
    """``np.where(c, 1.0, 0.0) * 0.5 -> np.where(c, 0.5, 0.0)``: exact, for one and zero."""
    for factor, other in (op.args, op.args[::-1]):
        number, choice = _float(other), _chosen(context, factor)
        if number is None or choice is None or number - number != 0.0:
            continue
        sides = choice.args[1:]
        if all(is_literal(side, 0) or is_literal(side, 1) for side in sides):
            scaled = (0.0 * abs(number) if is_literal(side, 0) else number for side in sides)
            return context.again(op, where, choice.args[0], *scaled)
    return None


def _add(context: Context, op: Call) -> Atom | Call | None:
    """``np.where(c, a, 0.0) + np.where(c, 0.0, b) -> np.where(c, a, b)``, of floats."""
    one, other = (context.facts.definition(arg, where.name) for arg in op.args)
    if one is None or other is None or one.args[0] is not other.args[0]:
        return None
    if not all(map(context.facts.single, op.args)):
        return None
    for first, second in ((one, other), (other, one)):
        if is_literal(first.args[2], 0) and is_literal(second.args[1], 0):
            return context.again(op, where, first.args[0], first.args[1], second.args[2])
    return None


SELECTION: Mapping[str, tuple[Rule, ...]] = {
    masked_product.name: (_masked_product,), mul.name: (_mul,), add.name: (_add,)
}  # fmt: skip
