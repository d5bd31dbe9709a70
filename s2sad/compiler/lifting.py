"""Lambda lifting: operations of the trace around as a trace of their own, and the operations of a trace put here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from s2sad.compiler.pipeline import plain
from s2sad.front.calls import Calls
from s2sad.ir.core import Arg, Call, Op, Param, Region, Trace, Value, atoms_of
from s2sad.ir.walk import copy_ops, free_values, map_arg
from s2sad.prims import structure


def lifted(machine: Calls, name: str, inner: Sequence[Value], ops: tuple[Op, ...], result: Arg) -> Trace:
    """A trace of its own: what it reads of the trace around becomes parameters, after those that are differentiated."""
    free = free_values(Region(tuple(inner), ops, tuple(atoms_of(result))))
    params: list[Param] = []
    taken: dict[str, int] = {}
    for v in (*inner, *free):
        base = v.name or "v"
        taken[base] = count = taken.get(base, 0) + 1
        path = base if count == 1 else f"{base}_{count}"
        params.append(Param(v, path, "argument" if len(params) < len(inner) else "capture"))
    trace = Trace(name, tuple(params), Region((), ops, ()), result, (), "", machine.here())
    return plain(replace(trace, libraries=machine.libraries()), "f")


def put_here(machine: Calls, trace: Trace, mapping: dict[Value, Arg]) -> Arg:
    """The operations of a trace, appended; its result over the values of the machine."""
    ops = (op for op in trace.body.ops if not (isinstance(op, Call) and op.prim is structure.section))
    machine.builder.ops.extend(copy_ops(ops, mapping))
    return map_arg(trace.result, lambda a: mapping.get(a, a) if isinstance(a, Value) else a)
