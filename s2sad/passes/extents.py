"""How long the axes of a result are, in terms of the operands': products, moved axes, factorizations.

One row per primitive, for those whose shape is not simply that of an operand or of an argument. With it an array is not
computed, or kept, for the sake of its shape alone: the length of ``A @ x`` is the number of rows of ``A``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from s2sad.ir.core import Call
from s2sad.ir.core import Literal as Constant
from s2sad.passes.sizes import Size
from s2sad.prims.primitive import constant_of, is_constant

if TYPE_CHECKING:
    from s2sad.passes.facts import Facts

Sizes = tuple[Size | None, ...] | None


def _matmul(facts: Facts, op: Call) -> Sizes:
    a, b = facts.shape(op.args[0]), facts.shape(op.args[1])
    if not a or not b:
        return None
    if len(a) > 2 and len(b) > 2:
        stack: tuple[Size | None, ...] = (None,) * (max(len(a), len(b)) - 2)
    else:
        stack = a[:-2] or b[:-2]
    return (*stack, *(a[-2:-1] if len(a) > 1 else ()), *(b[-1:] if len(b) > 1 else ()))


def _dot(facts: Facts, op: Call) -> Sizes:
    a, b = facts.shape(op.args[0]), facts.shape(op.args[1])
    if not a or not b:
        return None
    return a[:-1] if len(b) == 1 else (*a[:-1], *b[:-2], b[-1])


def _outer(facts: Facts, op: Call) -> Sizes:
    a, b = facts.shape(op.args[0]), facts.shape(op.args[1])
    return (a[0], b[0]) if a and b and len(a) == len(b) == 1 else None


def _swapaxes(facts: Facts, op: Call) -> Sizes:
    known = facts.shape(op.args[0])
    if not known or not all(is_constant(k) for k in op.args[1:]):
        return None
    out, i, j = list(known), constant_of(op.args[1]), constant_of(op.args[2])
    out[i], out[j] = out[j], out[i]
    return tuple(out)


def _transpose(facts: Facts, op: Call) -> Sizes:
    known, order = facts.shape(op.args[0]), _option(op, "axes")
    return None if not known else known[::-1] if order is None else tuple(known[k] for k in order)


def _expand_dims(facts: Facts, op: Call) -> Sizes:
    known = facts.shape(op.args[0])
    if known is None or not is_constant(op.args[1]):
        return None
    given = constant_of(op.args[1])
    places = given if isinstance(given, tuple | list) else (given,)
    rank = len(known) + len(places)
    new, rest = {k % rank for k in places}, iter(known)
    return tuple(Constant(1) if k in new else next(rest) for k in range(rank))


def _reduction(facts: Facts, op: Call) -> Sizes:
    known, axis = facts.shape(op.args[0]), _option(op, "axis")
    if not known or axis is None:
        return None
    gone = {k % len(known) for k in (axis if isinstance(axis, tuple | list) else (axis,))}
    if _option(op, "keepdims"):
        return tuple(Constant(1) if k in gone else size for k, size in enumerate(known))
    return tuple(size for k, size in enumerate(known) if k not in gone)


def _solve(facts: Facts, op: Call) -> Sizes:
    a, b = facts.shape(op.args[0]), facts.shape(op.args[1])
    return b if a and b and len(a) == 2 else None


def _same(facts: Facts, op: Call) -> Sizes:
    return facts.shape(op.args[0])


def _same_matrix(facts: Facts, op: Call) -> Sizes:
    known = facts.shape(op.args[0])
    return known if known and len(known) > 1 else None


def _concatenate(facts: Facts, op: Call) -> Sizes:
    axis, parts = _option(op, "axis", 0), getattr(op.args[0], "items", ())
    known = facts.shape(parts[0]) if parts else None
    if not known or axis is None:
        return None
    return tuple(None if k == axis % len(known) else size for k, size in enumerate(known))


def _option(op: Call, name: str, default: Any = None) -> Any:
    for key, value in op.kwargs:
        if key == name:
            return constant_of(value)
    return default


EXTENTS: dict[str, Callable[[Facts, Call], Sizes]] = {
    "matmul": _matmul, "np.dot": _dot, "np.outer": _outer, "np.swapaxes": _swapaxes, "np.transpose": _transpose,
    "np.expand_dims": _expand_dims, "np.linalg.solve": _solve, "np.concatenate": _concatenate,
    "np.flip": _same, "np.roll": _same, "np.linalg.inv": _same, "np.linalg.cholesky": _same,
    "np.tril": _same_matrix, "np.triu": _same_matrix, "np.sum": _reduction, "np.mean": _reduction, "np.max": _reduction,
    "np.min": _reduction, "np.prod": _reduction, "np.var": _reduction, "np.std": _reduction, "vector_norm": _reduction,
}  # fmt: skip
