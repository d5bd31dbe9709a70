"""``raises`` and the branch on it, written as ``try``.

A trace asks whether an operation raises and then does it, on the path where it does not: ``p = raises(E, f, x)`` and
``if p: … else: y = f(x) …``. Written out, that is

    try:
        y = f(x)
    except E:
        …
    else:
        …

which runs ``f`` once. Here such pairs are found, and what stands between the two, or before ``y``, is moved away.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable
from dataclasses import dataclass, replace

from s2sad.ir.core import Arg, Call, For, If, Op, Ref, Region, Trace, Value, While
from s2sad.ir.primitive import Primitive
from s2sad.ir.walk import all_ops, free_values
from s2sad.prims import structure

OPERATORS = {
    operator.pow: "pow", operator.truediv: "div", operator.floordiv: "floordiv", operator.mod: "mod",
    operator.add: "add", operator.sub: "sub", operator.mul: "mul", operator.matmul: "matmul",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Attempt:
    """A test for an exception that is written as ``try``, and the operation that it tries."""

    test: Call
    operation: Call


def arranged(trace: Trace) -> Trace:
    """The trace with each test right before its branch, and the operation that it tries first in that."""
    if not any(isinstance(op, Call) and op.prim is structure.raises for op in all_ops(trace.body.ops)):
        return trace
    return trace.with_body(tuple(_arranged(trace.body.ops)))


def _arranged(ops: Iterable[Op]) -> list[Op]:
    out: list[Op] = [_inside(op) for op in ops]
    for k, test in enumerate(out):
        if not isinstance(test, Call) or test.prim is not structure.raises:
            continue
        place = next((j for j in range(k + 1, len(out)) if not _is_push(out[j])), len(out))
        branch = out[place] if place < len(out) else None
        if not isinstance(branch, If) or branch.pred is not test.result:
            continue
        read = {v for r in (branch.then, branch.orelse) for v in (*free_values(r), *r.yields)}
        if any(r in read for op in out[k + 1 : place] for r in op.results):
            continue
        found = next((op for op in branch.orelse.ops if _tries(test, op)), None)
        if found is None:
            continue
        rest = tuple(op for op in branch.orelse.ops if op is not found)
        branch = replace(branch, orelse=Region((), (found, *rest), branch.orelse.yields))
        out[k + 1 : place + 1] = [branch, *out[k + 1 : place]]
    return out


def _inside(op: Op) -> Op:
    match op:
        case If(then=then, orelse=orelse):
            return replace(op, then=_region(then), orelse=_region(orelse))
        case For(body=body) | While(body=body):
            return replace(op, body=_region(body))
        case _:
            return op


def _region(region: Region) -> Region:
    return Region(region.params, tuple(_arranged(region.ops)), region.yields)


def _is_push(op: Op) -> bool:
    return isinstance(op, Call) and op.prim is structure.list_append


def _tries(test: Call, op: Op) -> bool:
    """Whether an operation is the one that a test tries."""
    if not isinstance(op, Call) or not op.results or op.prim.effect:
        return False
    function, args = test.args[1], test.args[2:]
    same = _same(op.args, args) and [k for k, _ in op.kwargs] == [k for k, _ in test.kwargs]
    return same and _same([v for _, v in op.kwargs], [v for _, v in test.kwargs]) and _is(op.prim, function)


def _is(prim: Primitive, function: Arg) -> bool:
    if not isinstance(function, Ref):
        return False
    return function.path == prim.spelling.text or OPERATORS.get(function.value, "") == prim.name


def _same(a: Iterable[Arg], b: Iterable[Arg]) -> bool:
    a, b = list(a), list(b)
    return len(a) == len(b) and all(x is y or not isinstance(x, Value) and x == y for x, y in zip(a, b, strict=True))


def attempts(trace: Trace) -> dict[If, Attempt]:
    """The branches of an arranged trace that are written as ``try``."""
    out: dict[If, Attempt] = {}
    pending = [trace.body]
    while pending:
        ops = pending.pop().ops
        for k, op in enumerate(ops):
            match op:
                case If(then=then, orelse=orelse):
                    pending += [then, orelse]
                    test = ops[k - 1] if k else None
                    first = orelse.ops[0] if orelse.ops else None
                    if isinstance(test, Call) and test.prim is structure.raises and op.pred is test.result and _tries(test, first):  # type: ignore[arg-type]  # noqa: E501
                        assert isinstance(first, Call)
                        out[op] = Attempt(test, first)
                case For(body=body):
                    pending.append(body)
                case While(cond=cond, body=body):
                    pending += [cond, body]
                case _:
                    pass
    return out
