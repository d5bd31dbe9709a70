"""Functions of users traced into operations of their own, in a program that is being traced."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from s2sad import passes
from s2sad.compiler.abstract_functions import name_of
from s2sad.compiler.callbacks import Callback
from s2sad.compiler.lifting import lifted
from s2sad.compiler.operands import Seen
from s2sad.compiler.outside import Outside
from s2sad.errors import UnsupportedError
from s2sad.front.calls import Calls
from s2sad.front.machine import Unreachable
from s2sad.front.values import Abstract, Known
from s2sad.ir.core import Arg, Region, Value, atoms_of
from s2sad.ir.walk import free_values


def traced_apart(
    machine: Calls, fn: Callable[..., Any], seen: Mapping[str, Seen], inner: Sequence[Value]
) -> tuple[Arg, list[Any], tuple[Value, ...]]:
    """A function traced into operations of its own: its result, the operations, and what they read from around."""
    mark, serial, outer = machine.state.mark(), machine.serial, machine.builder
    machine.builder = builder = machine.open_builder()
    outside = Outside(machine)
    try:
        named = {name: machine.lift(arg) if known is None else known for name, (arg, known) in seen.items()}
        value = machine.call(Known(fn), (), named)
        result = machine.to_arg(value)
        outside.note(machine.state.peek(mark), serial)
    finally:
        machine.builder = outer
        machine.open.pop()
        machine.state.undo(mark)
    if outside.told or outside.changes_anything:
        raise UnsupportedError(
            f"the rule {getattr(fn, '__name__', 'function')} changes what is outside of it",
            why="how often it is used, and in which order, is not known", instead="return what it finds",
        )
    ops = list(builder.ops)
    free = free_values(Region(tuple(inner), tuple(ops), tuple(atoms_of(result))))
    return result, ops, tuple(free)


def function_apart(
    machine: Calls, f: Abstract, x: Arg, args: Sequence[Abstract]
) -> tuple[Callback, tuple[Value, ...]]:
    """A function of the program as one of the generated module, of the values of its first argument and of what it
    reads from around it, which is given too.
    """
    inner = [v for v in atoms_of(x) if isinstance(v, Value)]
    mark, serial, outer = machine.state.mark(), machine.serial, machine.builder
    machine.builder = builder = machine.open_builder()
    outside = Outside(machine)
    try:
        result = machine.to_arg(machine.call(f, (machine.lift(x), *args), {}))
        outside.note(machine.state.peek(mark), serial)
    except Unreachable:
        machine.refuse(
            f"{name_of(f)}, which raises whatever it is called with, as a function that a solver calls",
            why="there is no value to differentiate", instead="raise before the solver is called",
        )
    finally:
        machine.builder = outer
        machine.open.pop()
        machine.state.undo(mark)
    if outside.told or outside.changes_anything:
        machine.refuse(
            f"{name_of(f)}, which changes what is outside of it, as a function that a solver calls",
            why="how often it is called is not known", instead="return what it finds",
        )
    trace = passes.optimise(lifted(machine, name_of(f), inner, tuple(builder.ops), result))
    return Callback(trace.name, trace), tuple(p.value for p in trace.params[len(inner) :])
