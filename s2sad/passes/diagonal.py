"""Rules about products with the identity and with diagonal matrices: what a sweep over all directions starts from.

The rows of ``np.eye(n)`` are the unit vectors, which the sweeps of a Jacobian are seeded with. ``np.eye(n) @ W`` is
``W``, and ``(np.eye(n) * d) @ W`` is ``d[:, None] * W``: a product of numbers in place of one of matrices.
"""

from __future__ import annotations

from s2sad.ir.core import Arg, Atom, Call, Pack
from s2sad.ir.core import Literal as Constant
from s2sad.ir.primitive import Primitive
from s2sad.ir.types import Array, Scalar, axes
from s2sad.passes.context import Context, Rule
from s2sad.passes.facts import fits
from s2sad.prims import structure

COLUMN = Pack("tuple", (Pack("slice", (Constant(None),) * 3), Constant(None)))  # [:, None]
LONGEST = 8  # factors of a diagonal that are looked through

Factors = list[tuple[Primitive, Atom]]


def _diagonal(context: Context, matrix: Arg) -> Factors | None:
    """The factors that the identity was multiplied or divided by column by column, the last first."""
    factors: Factors = []
    for _ in range(LONGEST):
        op = context.facts.definition(matrix, "np.eye", "np.identity", "mul", "div")
        if op is None:
            return None
        if op.prim.name in ("np.eye", "np.identity"):
            return factors if len(op.args) == 1 and not op.kwargs else None
        one, other = op.args
        if op.prim.name == "mul" and _is_column_factor(one):
            one, other = other, one
        if not _is_column_factor(other) or isinstance(other, Pack):
            return None
        matrix = one
        factors.append((op.prim, other))
    return None


def _is_column_factor(factor: Arg) -> bool:
    where = axes(factor.type) if isinstance(factor.type, Array | Scalar) else None
    return where == () or where == ("n",) and isinstance(factor.type, Array) and factor.type.dtype == "f64"


def _matmul(context: Context, op: Call) -> Atom | Call | None:
    a, b = op.args
    for diagonal, other, left in ((a, b, True), (b, a, False)):
        where = axes(other.type) if isinstance(other.type, Array) else None
        factors = _diagonal(context, diagonal) if where is not None and len(where) == 2 else None
        if factors is None or isinstance(other, Pack) or not fits(other, op.result.type):
            continue
        if not factors:
            return other
        out: Atom | None = other
        for k, (prim, factor) in enumerate(reversed(factors)):
            scale = context.part(op, structure.getitem, factor, COLUMN) if left and axes(factor.type) else factor
            if scale is None or out is None:
                return None
            operands = (scale, out) if left and prim.name == "mul" else (out, scale)
            if k == len(factors) - 1:
                return context.again(op, prim, *operands)
            out = context.part(op, prim, *operands)
    return None


DIAGONAL: dict[str, tuple[Rule, ...]] = {"matmul": (_matmul,)}
