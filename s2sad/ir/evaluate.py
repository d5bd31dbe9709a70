"""Running a trace on values, operation by operation: what the trace *means*, with nothing clever about it.

Emitted source has to agree with this interpreter; the tests compare the two before and after every pass. The tables
that textbooks print (``views.table``) are made from the same walk, watched.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from s2sad.errors import InputError
from s2sad.ir.core import (
    UNDEFINED,
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
    Ref,
    Region,
    Trace,
    Value,
    While,
    atoms_of,
)

Watcher = Callable[[Op, tuple[Any, ...]], None]
"""Called after each operation that ran, with the values of its results (loops and branches: after their contents)."""


def evaluate(
    trace: Trace, values: Mapping[Value, Any] | Mapping[str, Any], watch: Watcher | None = None
) -> Any:
    """The result of a trace on given values of its parameters, keyed by ``Value`` or by path.

    The arguments are copied first, so nothing of the result is shared with what was passed in.

    Raises
    ------
    InputError
        A parameter has no value.
    UnboundLocalError
        The program reads a name that has no value on the path taken.
    """
    given: dict[Any, Any] = dict(values)
    env: dict[Value, Any] = {}
    for param in trace.params:
        key = param.value if param.value in given else param.path
        if key not in given:
            raise InputError(f"no value for parameter {param.path!r} of {trace.name}")
        value = given[key]
        env[param.value] = value if value is np.random.mtrand._rand else copy.deepcopy(value)
    return _Run(env, watch).trace(trace)


def match_arguments(trace: Trace, args: Sequence[Any], kwargs: Mapping[str, Any] | None = None) -> dict[Value, Any]:
    """Values of the trace's parameters from user-level arguments, in the order of ``trace.arguments``.

    Seeds, which stand behind the arguments in a derivative, are taken from the rest of ``args``, then from ``kwargs``
    by path; captures from ``kwargs`` by path.
    """
    rest = list(args)
    named = dict(kwargs or {})
    out: dict[Value, Any] = {}
    for name, arg in trace.arguments:
        if rest:
            _match(arg, rest.pop(0), out, name)
        elif name in named:
            _match(arg, named.pop(name), out, name)
        elif any(isinstance(a, Value) for a in atoms_of(arg)):
            raise InputError(f"{trace.name} needs a value for argument {name!r}")
    for param in trace.params:
        if param.value in out:
            continue
        if param.path in named:
            out[param.value] = named.pop(param.path)
        elif rest and param.kind != "capture":
            out[param.value] = rest.pop(0)
    if rest or named:
        raise InputError(f"{trace.name} got {len(rest) + len(named)} values more than it has parameters")
    return out


def _match(arg: Arg, given: Any, out: dict[Value, Any], path: str) -> None:
    if isinstance(arg, Value):
        out[arg] = given
    elif isinstance(arg, Pack):
        if arg.kind == "record":
            items: Iterable[Any] = [getattr(given, key) for key in arg.keys]
        elif arg.kind == "dict":
            items = [given[key] for key in arg.keys]
        else:
            items = given
        for part, item in zip(arg.items, items, strict=True):
            _match(part, item, out, path)


def structure(arg: Arg, read: Callable[[Atom], Any]) -> Any:
    """The Python object that an argument stands for, its atoms given by ``read``."""
    if not isinstance(arg, Pack):
        return read(arg)
    items = [structure(item, read) for item in arg.items]
    match arg.kind:
        case "tuple":
            return tuple(items)
        case "list":
            return items
        case "slice":
            return slice(*items)
        case "dict":
            return dict(zip(arg.keys, items, strict=True))
        case _:
            assert arg.cls is not None
            return arg.cls(**dict(zip(arg.keys, items, strict=True)))


class _Run:
    """One activation: values by ``Value``. Regions share it, since a value is born once and rebound per iteration."""

    def __init__(self, env: dict[Value, Any], watch: Watcher | None) -> None:
        self.env, self.watch = env, watch

    def trace(self, trace: Trace) -> Any:
        self.run(trace.body.ops)
        return structure(trace.result, self.read)

    def carried(self, atom: Atom) -> Any:
        """An atom's value where UNDEFINED is allowed: yields and initial values."""
        match atom:
            case Value():
                return self.env[atom]
            case Ref(value=Function() as function):
                return lambda *args: self.called(function, args)
            case Literal(value=value) | Ref(value=value):
                return value

    def read(self, atom: Atom) -> Any:
        value = self.carried(atom)
        if value is UNDEFINED:
            name = (atom.name if isinstance(atom, Value) else None) or "v"
            raise UnboundLocalError(f"cannot access local variable '{name}' where it is not associated with a value")
        return value

    def bind(self, values: Sequence[Value], contents: Sequence[Any]) -> None:
        self.env.update(zip(values, contents, strict=True))

    def region(self, region: Region, contents: Sequence[Any] = ()) -> list[Any]:
        self.bind(region.params, contents)
        self.run(region.ops)
        return [self.carried(y) for y in region.yields]

    def run(self, ops: Iterable[Op]) -> None:
        for op in ops:
            results = self.step(op)
            self.bind(op.results, results)
            if self.watch is not None:
                self.watch(op, tuple(results))

    def step(self, op: Op) -> Sequence[Any]:
        match op:
            case Call(prim=prim, args=args, kwargs=kwargs):
                positional = [structure(a, self.read) for a in args]
                out = prim.run(*positional, **{k: structure(v, self.read) for k, v in kwargs})
                return () if not op.results else (out,) if len(op.results) == 1 else tuple(out)
            case If(pred=pred, then=then, orelse=orelse):
                return self.region(then if self.read(pred) else orelse)
            case For():
                return self.loop(op)
            case While():
                return self.repeat(op)
            case Apply(callee=callee, args=args):
                leaves = [self.read(atom) for arg in args for atom in atoms_of(arg)]
                inner, result = self.activation(callee, leaves)
                return [inner.read(atom) for atom in atoms_of(result)]

    def activation(self, callee: Function, leaves: Sequence[Any]) -> tuple[_Run, Arg]:
        """A callee that has run on these leaves of its arguments, and its result."""
        assert callee.trace is not None
        env = dict(zip((p.value for p in callee.trace.params), leaves, strict=True))
        inner = _Run(env, None)
        inner.run(callee.trace.body.ops)
        return inner, callee.trace.result

    def called(self, callee: Function, leaves: Sequence[Any]) -> Any:
        """What a library gets when it calls a function of the trace."""
        inner, result = self.activation(callee, copy.deepcopy(list(leaves)))
        return structure(result, inner.read)

    def loop(self, op: For) -> list[Any]:
        state = [self.carried(a) for a in op.inits]
        steps = range(self.read(op.start), self.read(op.stop), self.read(op.step))
        for index in reversed(steps) if op.backwards else steps:
            state = self.region(op.body, (index, *state))
            if op.exits and state.pop():
                break
        return state

    def repeat(self, op: While) -> list[Any]:
        state = [self.carried(a) for a in op.inits]
        while True:
            (go,) = self.region(op.cond, state)
            if not go:
                return state
            state = self.region(op.body, state)
            if op.exits and state.pop():
                return state
