"""Operations that say something to the transforms alone, and are not written: what they give is what they are given."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from s2sad.ir.core import Arg, Call, For, If, Op, Region, Trace, Value, While, atoms_of, operands, regions, values_of
from s2sad.ir.walk import all_ops, map_arg, substitute

UNWRITTEN = "unwritten"
HOOK = "insert_cotangent"
EMPTY = Region((), (), ())


def is_transparent(op: Op) -> bool:
    """Whether an operation hands on its first operands as its results, and has no text."""
    return isinstance(op, Call) and op.prim.spelling.style == "special" and op.prim.spelling.text == UNWRITTEN


def is_hook(op: Op) -> bool:
    """Whether an operation puts code into the reverse sweep, and does nothing else."""
    return is_transparent(op) and isinstance(op, Call) and op.prim.name == HOOK


def without_transparent(trace: Trace, unwanted: Callable[[Op], bool] = is_transparent) -> Trace:
    """The trace as it is written; or without some of these operations, and what only they have read."""
    gone = [op for op in all_ops(trace.body.ops) if unwanted(op)]
    if not gone:
        return trace
    out = without(trace, set(gone))
    asked = {v for op in gone if isinstance(op, Call) for v in values_of(*op.args, *dict(op.kwargs).values())}
    while True:
        needed = set(values_of(out.result))
        for op in all_ops(out.body.ops):
            needed |= {*operands(op), *(v for r in regions(op) for v in values_of(*r.yields))}
        unread: set[Op] = set()
        for op in all_ops(out.body.ops):
            if isinstance(op, Call) and op.results and asked.issuperset(op.results) and not op.prim.effect:
                unread |= {op} if needed.isdisjoint(op.results) else set()
        if not unread:
            return out
        asked |= {v for op in unread for v in operands(op)}
        out = without(out, unread)


def without(trace: Trace, gone: set[Op]) -> Trace:
    """The trace without some calls, each of which stands for its first operands."""
    mapping: dict[Value, Arg] = {}

    def swap(atom: Arg) -> Arg:
        return mapping.get(atom, atom) if isinstance(atom, Value) else atom

    def region(old: Region) -> Region:
        ops = walk(old.ops)
        yields = tuple(a for y in old.yields for a in atoms_of(swap(y)))
        return Region(old.params, ops, yields)

    def walk(ops: Iterable[Op]) -> tuple[Op, ...]:
        out: list[Op] = []
        for op in ops:
            if op in gone:
                assert isinstance(op, Call)
                mapping.update(zip(op.results, (swap(a) for arg in op.args for a in atoms_of(arg)), strict=False))
                continue
            match op:
                case If(then=then, orelse=orelse):
                    bare = substitute(replace(op, then=EMPTY, orelse=EMPTY), mapping)
                    assert isinstance(bare, If)
                    out.append(replace(bare, then=region(then), orelse=region(orelse)))
                case For(body=body):
                    bare = substitute(replace(op, body=EMPTY), mapping)
                    assert isinstance(bare, For)
                    out.append(replace(bare, body=region(body)))
                case While(cond=cond, body=body):
                    bare = substitute(replace(op, cond=EMPTY, body=EMPTY), mapping)
                    assert isinstance(bare, While)
                    out.append(replace(bare, cond=region(cond), body=region(body)))
                case _:
                    out.append(substitute(op, mapping))
        return tuple(out)

    ops = walk(trace.body.ops)
    return trace.with_body(ops, map_arg(trace.result, lambda a: swap(a)))
