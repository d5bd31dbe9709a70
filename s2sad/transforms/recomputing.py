"""Calls that a reverse sweep runs again, where the program asks for it (``s2sad.checkpoint``).

Such a call stands between two marks of the trace. Before a reverse sweep is made, what is between them becomes a
function (``outlined``); the adjoint of a call of a function runs that function again, so nothing but its arguments is
kept. What happens once in a program (printing, what is stored outside) is left out where a part of it is run again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from s2sad.errors import Location, UnsupportedError
from s2sad.ir.core import (
    Apply,
    Arg,
    Atom,
    Call,
    For,
    Function,
    If,
    Literal,
    Op,
    Pack,
    Param,
    Region,
    Trace,
    Value,
    While,
    values_of,
)
from s2sad.ir.walk import copy_ops, free_values, map_arg, reads
from s2sad.passes.dce import dce_ops, has_effect
from s2sad.prims import structure


def outlined(trace: Trace) -> Trace:
    """The trace with every checkpointed call as a call of a function of its own."""
    ops = outlined_ops(trace.body.ops, set(values_of(trace.result)))
    return trace if ops is trace.body.ops else trace.with_body(ops)


def outlined_ops(ops: tuple[Op, ...], after: set[Value]) -> tuple[Op, ...]:
    """The operations of one region; ``after`` are values that are read when it is over. The same where none is."""
    out: list[Op] = []
    begun: list[int] = []  # where in ``out`` the calls begin that have not ended yet
    wanted = [set[Value]() for _ in ops]  # what is read from each place on
    later = set(after)
    marked = False
    for k in range(len(ops) - 1, -1, -1):
        marked = marked or is_mark(ops[k])
        wanted[k] = set(later) if is_mark(ops[k]) else later
        later.update(reads(ops[k]))
    for k, op in enumerate(ops):
        if is_mark(op) and is_end(op):
            if begun:
                start = begun.pop()
                inside = tuple(out[start + 1 :])
                results = tuple(r for o in inside for r in o.results if r in wanted[k])
                name = out[start]
                assert isinstance(name, Call)
                out[start:] = called(inside, results, name)
            continue
        if is_mark(op):
            begun.append(len(out))
        out.append(inner(op))
    changed = marked or any(a is not b for a, b in zip(out, ops, strict=False))
    return tuple(op for op in out if not is_mark(op)) if changed else ops


def inner(op: Op) -> Op:
    """An operation with the calls in its regions outlined."""

    def region(r: Region) -> Region:
        ops = outlined_ops(r.ops, set(values_of(*r.yields)))
        return r if ops is r.ops else replace(r, ops=ops)

    match op:
        case If():
            then, orelse = region(op.then), region(op.orelse)
            return op if then is op.then and orelse is op.orelse else replace(op, then=then, orelse=orelse)
        case For():
            body = region(op.body)
            return op if body is op.body else replace(op, body=body)
        case While():
            cond, body = region(op.cond), region(op.body)
            return op if cond is op.cond and body is op.body else replace(op, cond=cond, body=body)
        case _:
            return op


def is_mark(op: Op) -> bool:
    return isinstance(op, Call) and op.prim is structure.checkpoint


def is_end(op: Op) -> bool:
    return isinstance(op, Call) and op.args == (Literal(None),)


def called(ops: tuple[Op, ...], results: tuple[Value, ...], mark: Call) -> list[Op]:
    """These operations as a function, and a call of it."""
    if not results and not any(may_do_more(op) for op in ops):
        return list(ops)
    title = mark.args[0]
    assert isinstance(title, Literal)
    function, args = as_function(str(title.value), ops, results, mark.loc)
    return [Apply(function, args, results, mark.loc)]


def may_do_more(op: Op) -> bool:
    return bool(dce_ops((op,), ()))


def as_function(
    name: str, ops: Sequence[Op], results: Sequence[Atom], loc: Location | None, first: Iterable[Value] = ()
) -> tuple[Function, tuple[Value, ...]]:
    """A function that runs these operations and gives these results, and what it is to be called with.

    Its parameters stand for ``first``, then for what else the operations read.
    """
    given = tuple(dict.fromkeys((*first, *free_values(Region((), tuple(ops), tuple(results))))))
    mapping: dict[Value, Arg] = {v: Value(v.type, v.name) for v in given}
    params = []
    names: dict[str, int] = {}
    for v in given:
        base = v.name or "v"
        names[base] = count = names.get(base, 0) + 1
        param = mapping[v]
        assert isinstance(param, Value)
        params.append(Param(param, base if count == 1 else f"{base}_{count}"))
    body = copy_ops(ops, mapping)
    out = map_arg(Pack("tuple", tuple(results)), lambda a: mapping.get(a, a) if isinstance(a, Value) else a)
    arguments = tuple((p.path, p.value) for p in params)
    trace = Trace(name, tuple(params), Region((), body, ()), out, arguments, "", loc)
    return Function(name, trace), given


def quiet(ops: Iterable[Op], done: dict[Function, Function]) -> tuple[Op, ...]:
    """The operations without what happens once: printing, what is stored outside. ``done`` are functions made so."""
    out: list[Op] = []
    for op in ops:
        match op:
            case Call(prim=prim) if prim.effect and prim is not structure.checkpoint:
                if op.results:
                    raise UnsupportedError(
                        f"{prim.name} where the program is run again for its derivative",
                        why="what is checkpointed runs again in the reverse sweep, and this gives another value then",
                        instead="draw or read it before the loop or call, and pass it in",
                        location=op.loc,
                    )
            case Apply(callee=callee) if has_effect(callee):
                out.append(replace(op, callee=quiet_function(callee, done)))
            case If():
                then, orelse = (replace(r, ops=quiet(r.ops, done)) for r in (op.then, op.orelse))
                out.append(replace(op, then=then, orelse=orelse))
            case For() | While():
                out.append(replace(op, body=replace(op.body, ops=quiet(op.body.ops, done))))
            case _:
                out.append(op)
    return tuple(out)


def quiet_function(function: Function, done: dict[Function, Function]) -> Function:
    """A function without what happens once."""
    if function not in done:
        done[function] = made = Function(f"{function.name}_again")
        assert function.trace is not None
        made.trace = function.trace.with_body(quiet(function.trace.body.ops, done))
    return done[function]
