"""The whole interpreter, and the two ways in: tracing a call of a user's function, and inlining a rule."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from s2sad.depth import with_room
from s2sad.errors import Error, TraceError, UnsupportedError
from s2sad.front.builtin import Builtins
from s2sad.front.codes import code_of_function
from s2sad.front.externals import PLAIN
from s2sad.front.fence import check_result
from s2sad.front.machine import Machine, Restart, Session, Unreachable
from s2sad.front.program import UNKNOWN, Capture, Guard, Leaf, Program, Static
from s2sad.front.program import Record as RecordSpec
from s2sad.front.source import call_signature, resolve
from s2sad.front.state import Frame
from s2sad.front.turns import current
from s2sad.front.values import Abstract, DictOf, Known, Lazy, ListOf, Optional, Poison, Record, Source, TupleOf, View
from s2sad.ir.build import Builder
from s2sad.ir.core import Arg, Literal, Pack, Region, Trace, Value
from s2sad.ir.types import BOOL, INT, Array, Object, Scalar, Type
from s2sad.prims.primitive import REGISTRY

Spec = Any
MAX_RESTARTS = 200


class Interpreter(Builtins):
    """An abstract interpreter of Python."""

    # -- arguments -------------------------------------------------------------------------------------------------

    def argument(self, spec: Spec, path: str, name: str | None) -> tuple[Abstract, Arg]:
        """One argument as the program sees it, and as a structure over the trace's parameters."""
        match spec:
            case Leaf(type=t, value=value, active=active):
                if active:
                    self.active[path] = None
                return self.leaf(t, value, path, name)
            case Static(value=value):
                if isinstance(value, bool | str | bytes | None):
                    self.statics[path] = Guard(path, value)
                    return Known(value), Literal(value)
                source = Source(path, lambda: value)
                if not isinstance(value, PLAIN):
                    self.statics[path] = Guard(path, value)
                    self.watch(value, source)
                    if (adopt := REGISTRY.adopter(type(value))) is not None:
                        owner = self.parameter(path, Object(type(value).__name__), value, "argument", name)
                        self.owners[id(value)] = owner
                        return adopt(self, value, source), owner
                return Known(value, source), Literal(None)
            case RecordSpec(value=instance, fields=fields):
                cls = type(instance)
                parts = {k: self.argument(s, f"{path}.{k}", k) for k, s in fields.items()}
                record = Record(cls)
                self.given[record] = None
                self.state.heap[record] = {k: a for k, (a, _) in parts.items()}
                return record, Pack("record", tuple(arg for _, arg in parts.values()), tuple(parts), cls)
            case tuple() if hasattr(spec, "_fields"):
                named = [self.argument(getattr(spec, k), f"{path}.{k}", k) for k in spec._fields]
                return (
                    TupleOf(tuple(a for a, _ in named), type(spec)),
                    Pack("record", tuple(arg for _, arg in named), tuple(spec._fields), type(spec)),
                )
            case tuple() | list():
                items = [self.argument(s, f"{path}[{k}]", name) for k, s in enumerate(spec)]
                packed = tuple(arg for _, arg in items)
                if isinstance(spec, tuple):
                    return TupleOf(tuple(a for a, _ in items)), Pack("tuple", packed)
                out = ListOf()
                self.given[out] = None
                self.state.heap[out] = tuple(a for a, _ in items)
                return out, Pack("list", packed)
            case dict():
                named = [self.argument(s, f"{path}[{k!r}]", k if isinstance(k, str) else name) for k, s in spec.items()]
                mapping = DictOf()
                self.given[mapping] = None
                self.state.heap[mapping] = {k: a for k, (a, _) in zip(spec, named, strict=True)}
                return mapping, Pack("dict", tuple(arg for _, arg in named), tuple(spec))
        raise TraceError(f"argument {path} has no specification ({type(spec).__name__})")

    def leaf(self, t: Type, value: Any, path: str, name: str | None) -> tuple[Abstract, Arg]:
        if path in self.session.statics or (t == BOOL and value is not UNKNOWN):
            self.statics[path] = Guard(path, value)
            return Known(value), Literal(value)
        if isinstance(t, Object):
            self.statics[path] = Guard(path, value)
            return Known(value), Literal(value)
        out = self.parameter(path, t, value, "argument", name)
        return self.entered(out, path, value), out

    def result_arg(self, value: Abstract) -> Arg:
        """The result of the trace."""
        if isinstance(value, Lazy):
            check_result(value.code.source)
        if isinstance(value, Poison):
            raise UnsupportedError(value.what, why=value.why, instead=value.instead)
        if isinstance(value, Optional):
            self.not_none(value)
            value = value.value
        return self.to_arg(value)


def build(fn: Callable[..., Any], specs: Sequence[Spec], kwspecs: Mapping[str, Spec], session: Session) -> Program:
    """One attempt at tracing; throws ``Restart`` where something more has to be known."""
    builder = Builder()
    machine = Interpreter(builder, session, located=True)
    target, names = signature_names(fn, len(specs))
    arguments: list[tuple[str, Arg]] = []
    given: list[Abstract] = []
    star: list[Arg] = []
    for k, spec in enumerate(specs):
        path = names[k]
        value, arg = machine.argument(spec, path, path.partition("[")[0])
        given.append(value)
        if "[" in path:
            star.append(arg)
            continue
        arguments.append((path, arg))
    if star:
        arguments.append((names[-1].partition("[")[0], Pack("tuple", tuple(star))))
    named: dict[str, Abstract] = {}
    for key, spec in kwspecs.items():
        named[key], arg = machine.argument(spec, key, key)
        arguments.append((key, arg))
    machine.taken = {name for name, _ in arguments}
    try:
        outcome = machine.call(target, given, named)
    except Unreachable:  # every path raises
        outcome = Known(None)
    try:
        result = machine.result_arg(outcome)
        machine.flush()
        machine.apart()
    except Error as error:
        raise error.at(machine.result_place or machine.last_place() or machine.definition()) from None
    trace = Trace(
        getattr(fn, "__name__", None) or type(fn).__name__, tuple(machine.params),
        Region((), tuple(builder.ops), ()), result, tuple(arguments), "",
        machine.result_place or machine.definition(), quiet=tuple(sorted(machine.quiet)), libraries=machine.libraries(),
    )  # fmt: skip
    captures = tuple(
        Capture(p.path, machine.sources[p.path].read) for p in machine.params if p.kind == "capture"
    )
    guards = [*machine.statics.values()]
    guards += [Guard(path, value, source.read) for path, (source, value) in machine.guards.items()]
    guards += machine.overlaps()
    return Program(trace, captures, tuple(guards), tuple(machine.codes), machine.distinct, machine.misfit)


def signature_names(fn: Callable[..., Any], count: int) -> tuple[Abstract, list[str]]:
    """The callable as a known value, and the names of the parameters that its positional arguments go to."""
    target = Known(fn, Source("self", lambda: fn) if not isinstance(fn, PLAIN) else None)
    if isinstance(fn, types.MethodType):
        target = Known(fn, None)
    names: list[str] = []
    try:
        parameters = list(call_signature(fn).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    for p in parameters:
        if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD):
            names.append(p.name)
        elif p.kind is p.VAR_POSITIONAL:
            names.extend(f"{p.name}[{k}]" for k in range(max(0, count - len(names))))
            break
    if len(names) < count:
        if parameters:
            raise TypeError(f"{getattr(fn, '__name__', 'the function')}() takes {len(names)} positional arguments but {count} were given")  # noqa: E501
        names.extend(f"arg{k}" for k in range(len(names), count))
    return target, names[:count]


def trace_call(fn: Callable[..., Any], specs: Sequence[Spec], kwspecs: Mapping[str, Spec] | None = None) -> Program:
    """Trace a call of ``fn`` on arguments of which the specifications say what is known.

    Raises
    ------
    UnsupportedError, InputError, SourceError
        With file, line and caret where the program does something that is not taken.
    Exception
        The program's own, where it surely raises one with what is known.
    """
    return with_room(lambda: traced(fn, specs, kwspecs or {}))


def traced(fn: Callable[..., Any], specs: Sequence[Spec], kwspecs: Mapping[str, Spec]) -> Program:
    """Attempts at tracing, each with more things known, until one succeeds."""
    session = Session(turns=current())
    for _ in range(MAX_RESTARTS):
        try:
            return build(fn, specs, kwspecs, session)
        except Restart as restart:
            if restart.recursive is not None:
                session.recursive[restart.recursive] = None
            elif restart.layouts:
                session.layouts = True
            elif restart.static is not None:
                session.statics[restart.static] = True
            else:
                session.unrolled[restart.loop] = None
    raise UnsupportedError(
        f"more than {MAX_RESTARTS} arguments and loops whose values have to be known",
        why="each of them starts the trace anew, with one thing more that is known",
        instead="split the function, or write the sizes and options as constants",
    )


def inline(builder: Builder, fn: Callable[..., Any], arguments: Mapping[str, Arg]) -> Arg:
    """Evaluate a plain function (the body of a rule) on arguments given by name, appending to ``builder``.

    The result is a Pack for a tuple; None stays ``Literal(None)``.
    """
    target = fn if isinstance(fn, types.FunctionType) else resolve(fn).function
    code = code_of_function(target)
    start, loc = len(builder.ops), builder.loc
    session = Session()
    while True:
        machine = Interpreter(builder, session, located=False)
        variables = {name: machine.lift(arg) for name, arg in arguments.items()}
        source = code.source
        try:
            defaults = tuple(machine.constant_container(v) for v in source.defaults)
            named = {k: machine.constant_container(v) for k, v in source.kwdefaults.items()}
            bound = machine.bind(code, (), variables, defaults, named)
            return machine.result_arg(machine.run_function(code, None, bound))
        except Restart as restart:
            if restart.recursive is not None:
                raise UnsupportedError(
                    f"the rule {fn.__name__} calls a function that calls itself",
                    why="the body of a rule is put where it is used, and a recursion on values has no end there",
                    instead="write it as a loop",
                ) from None
            if restart.loop is None:
                raise UnsupportedError(
                    f"{restart.static} has to be known when the derivative is made",
                    why="the types of what follows in the rule hang on it",
                    instead="give it as an option of the primitive, and not as an operand",
                ) from None
            session.unrolled[restart.loop] = None
            del builder.ops[start:]
            builder.loc = loc


__all__ = ["Array", "Frame", "INT", "Interpreter", "Machine", "Scalar", "Unreachable", "Value", "View", "inline", "np", "trace_call"]  # noqa: E501
