"""Functions that are handed to a library: ``quad(f, 0, 1)``, ``brentq(f, a, b)``, where the library calls ``f``.

The function is traced on the spot, for arguments of the types that the library will pass, into a trace of its own that
stays a function of the generated module (``ir.core.Function``). What it closes over become further parameters, which
the library passes on as ``args=``: so the call is an operation on explicit values, and its rule says how it depends on
them. In a rule the function is a value that can be called and differentiated as any other: its trace is put where it is
called.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from s2sad import passes
from s2sad.compiler.abstract_functions import items, name_of
from s2sad.compiler.lifting import lifted
from s2sad.compiler.outside import Outside
from s2sad.compiler.pipeline import plain
from s2sad.errors import TraceError
from s2sad.front.calls import Calls
from s2sad.front.derivatives import as_type
from s2sad.front.machine import Unreachable
from s2sad.front.values import Abstract, Known, ListOf, TupleOf, pack
from s2sad.ir.core import Arg, Atom, Function, Pack, Param, Ref, Value, atoms_of
from s2sad.ir.types import FLOAT, Array, Scalar, Type
from s2sad.ir.walk import copy_ops, map_arg


class Callback(Function):
    """A traced function as a value. Calling it in a traced function (the body of a rule) puts its operations there."""

    @property
    def __signature__(self) -> inspect.Signature:
        assert self.trace is not None
        kind = inspect.Parameter.POSITIONAL_ONLY
        return inspect.Signature([inspect.Parameter(p.path, kind) for p in self.trace.params])

    def __call__(self, *args: Any) -> Any:
        raise TypeError(f"{self.name} is a function of a trace, and is called in traced functions")

    def __s2sad_call__(self, machine: Calls, args: Sequence[Abstract], kwargs: Mapping[str, Abstract]) -> Abstract:
        trace = self.trace
        assert trace is not None and not kwargs
        given = [atom for value in args for atom in atoms_of(machine.to_arg(value))]
        if len(given) != len(trace.params):
            raise TraceError(f"{self.name} takes {len(trace.params)} values, and got {len(given)}")
        mapping: dict[Value, Arg] = {
            p.value: as_passed(machine, atom, p.value.type) for p, atom in zip(trace.params, given, strict=True)
        }
        machine.builder.ops.extend(copy_ops(trace.body.ops, mapping))
        return machine.lift(map_arg(trace.result, lambda a: mapping.get(a, a) if isinstance(a, Value) else a))


def as_passed(machine: Calls, atom: Atom, t: Type) -> Arg:
    """A number as the function was traced for it: what is written for Python's numbers (truth values that are
    subtracted) is not always right for NumPy's."""
    if t == FLOAT and isinstance(atom.type, Scalar) and atom.type.dtype == "f64" and not atom.type.weak:
        return machine.emit(machine.prim("float"), atom)
    return as_type(machine, atom, t)


@dataclass(frozen=True)
class Handed:
    """A function argument as an operation takes it: the function, and the values that it closes over."""

    function: Ref
    captured: tuple[Value, ...]
    result: Arg

    @property
    def args(self) -> Pack:
        """``args=`` of the library's function."""
        return Pack("tuple", self.captured)


def handed(
    machine: Calls, f: Abstract, like: Sequence[Type | Value], more: Abstract | None = None,
    adapt: Callable[[Calls, Abstract], Abstract] = lambda machine, value: value,
) -> Handed:
    """A function that a library will call with arguments like these, and then with those in ``more``.

    ``like`` are types, or values of the same type and length. ``adapt`` makes of the function's result what the
    library takes (an array of a list).

    Raises
    ------
    UnsupportedError
        The function changes what is outside of it (how often the library calls it is not known), or always raises.
    """
    mark, serial, outer = machine.state.mark(), machine.serial, machine.builder
    inner = [inside(machine, one, name) for one, name in zip(like, names_of(machine, f, len(like)), strict=True)]
    machine.builder = builder = machine.open_builder()
    outside = Outside(machine)
    try:
        further = items_of(machine, more) if more is not None else ()
        value = adapt(machine, machine.call(f, (*map(machine.wrap, inner), *further), {}))
        result = machine.to_arg(value)
        outside.note(machine.state.peek(mark), serial)
    except Unreachable:
        machine.refuse(
            f"{name_of(f)}, which raises whatever it is called with, as a function that a library calls",
            why="there is no value to differentiate", instead="raise before the library is called",
        )
    finally:
        machine.builder = outer
        machine.open.pop()
        machine.state.undo(mark)
    if outside.told or outside.changes_anything:
        machine.refuse(
            f"{name_of(f)}, which changes what is outside of it, as a function that a library calls",
            why="how often it is called is not known", instead="return what it finds",
        )
    trace = lifted(machine, name_of(f), inner, tuple(builder.ops), result)
    trace = passes.optimise(trace)
    captured = tuple(p.value for p in trace.params[len(inner) :])
    function = Callback(trace.name, trace)
    return Handed(Ref(function, trace.name), captured, result)


def items_of(machine: Calls, more: Abstract) -> tuple[Abstract, ...]:
    """What ``args=`` holds; SciPy takes what is no tuple for the one further argument."""
    if isinstance(more, Known) and isinstance(more.value, tuple):
        return tuple(map(Known, more.value))
    alone = isinstance(more, Known | ListOf) or isinstance(getattr(machine.to_arg(more), "type", None), Scalar | Array)
    return (more,) if alone else items(machine, more)


def unpacked(machine: Calls, args: Abstract | None) -> Abstract | None:
    """``args=`` of functions of SciPy that write ``f(x, *args)``, whatever holds them."""
    if args is None or isinstance(args, TupleOf):
        return args
    return pack(items(machine, machine.call(Known(in_tuple), (args,), {})))


def in_tuple(args: Any) -> Any:
    """The items of a sequence."""
    if np.ndim(args) == 0:
        raise TypeError("args= is no tuple: write (a,) for one further argument")
    return as_given(*args)


def as_given(*args: Any) -> tuple[Any, ...]:
    """The arguments."""
    return args


def inside(machine: Calls, like: Type | Value, name: str | None) -> Value:
    """A parameter of a function that a library calls."""
    if not isinstance(like, Value):
        return Value(like, name)
    made = Value(like.type, name)
    if (count := machine.lengths.get(like)) is not None:
        machine.lengths[made] = count
    return made


def together(*functions: Handed) -> tuple[Handed, ...]:
    """Functions that a library calls with the same ``args=`` (a function and its Jacobian): each takes them all."""
    captured = tuple(dict.fromkeys(v for f in functions for v in f.captured))
    out = []
    for f in functions:
        trace = f.function.value.trace
        inner = trace.params[: len(trace.params) - len(f.captured)]
        own = {p.value: p for p in trace.params[len(inner) :]}
        taken = {p.path for p in trace.params}
        params = list(inner)
        for k, v in enumerate(captured):
            name = v.name or "v"
            path = own[v].path if v in own else name if name not in taken else f"{name}_{k}"
            taken.add(path)
            params.append(Param(v, path, "capture"))
        whole = plain(replace(trace, params=tuple(params), arguments=()), "f")
        out.append(Handed(Ref(Callback(whole.name, whole), whole.name), captured, f.result))
    return tuple(out)


def as_number(machine: Calls, value: Abstract) -> Abstract:
    """What a function of numbers gives, as a float."""
    atom = machine.to_arg(value)
    return value if isinstance(atom.type, Scalar) else machine.call(Known(float), (value,), {})


def as_array(machine: Calls, value: Abstract) -> Abstract:
    """What a function of arrays gives (an array, a list of numbers), as an array."""
    return machine.call(Known(np.asarray), (value,), {})


def names_of(machine: Calls, f: Abstract, count: int) -> list[str | None]:
    """What the function calls its first parameters."""
    from_code = getattr(getattr(f, "code", None), "node", None)
    plain = [p.arg for p in (*from_code.args.posonlyargs, *from_code.args.args)] if from_code is not None else []
    return [*plain, *[None] * count][:count]
