"""What a function that has rules gives: found by reading it, or as its declaration or annotation says."""

from __future__ import annotations

import inspect
import types
from collections.abc import Mapping
from typing import Any

import numpy as np

from s2sad.analysis.affine import Affine
from s2sad.analysis.sizes import Sizes
from s2sad.compiler.annotations import spec_of_annotation
from s2sad.compiler.apart import traced_apart
from s2sad.compiler.declared import NOTHING, Custom
from s2sad.compiler.operands import Operands
from s2sad.compiler.signature import spec_of as spec_of_value
from s2sad.compiler.typetext import parse_type
from s2sad.errors import Error, RuleError, TraceError
from s2sad.front import trace_call
from s2sad.front.calls import Calls
from s2sad.front.derivatives import spec_of
from s2sad.front.program import Leaf, Record, Static
from s2sad.front.values import Known
from s2sad.ir.core import Arg, Call, Literal, Pack, Trace, Value, atoms_of, values_of
from s2sad.ir.types import Array, Object, Scalar, Struct
from s2sad.ir.walk import map_arg
from s2sad.passes.dce import dce
from s2sad.prims.inference import broadcast
from s2sad.transforms.bodies import linked


def result_of(machine: Calls, custom: Custom, operands: Operands) -> tuple[Arg, bool, Any, Trace | None]:
    """What a call gives, as a structure of new values; whether it may share memory with an argument; its extent; the
    function itself, where it was read, and is the same for all arguments like these.
    """
    if custom.returns is not None:
        return returned(machine, custom, operands), False, None, None
    refusal: Error | None = None
    if isinstance(custom.function, types.FunctionType):
        specs = [Static(v.value) if isinstance(v, Known) and isinstance(a, Value) else spec_of(machine, a)
                 for v, a in zip(operands.values, operands.args, strict=True)]
        given = dict(zip(operands.names, specs, strict=True))
        positional = [given[n] for n, k in zip(operands.names, operands.kinds, strict=True) if k == "positional"]
        for name, kind in zip(operands.names, operands.kinds, strict=True):
            if kind == "spread":
                positional.extend(given[name])  # type: ignore[arg-type]
        named = {n: given[n] for n, k in zip(operands.names, operands.kinds, strict=True) if k == "keyword"}
        try:
            program = trace_call(undecided(custom), positional, named)
        except Error as error:
            refusal = error
        else:
            trace = program.trace
            general = not custom.opaque and not program.captures and not program.statics
            made = fresh(machine, custom, trace.result)
            return made, shares(trace), extent_of(trace), dce(trace) if general else None
    said = annotated(custom.function)
    if said is not None:
        return fresh(machine, custom, said), False, None, None
    if any(r.form == "partials" for r in custom.rules.values()):
        atoms = [v for a in operands.args for v in atoms_of(a) if isinstance(v.type, Scalar | Array)]
        kinds = [a.type for a in atoms]
        strong = next((t.dtype for t in kinds if isinstance(t, Array | Scalar) and t.dtype[0] in "fc"), "f64")
        where = broadcast(*kinds) if kinds else ()
        single = where == () and not isinstance(custom.function, np.vectorize)  # which gives arrays without axes
        return Value(Scalar("f64") if single else Array(strong, where)), False, None, None
    machine.refuse(
        f"{custom.name}, of which it is not known what it gives",
        why=f"it cannot be read: {refusal.what}" if refusal is not None else "it has no Python source",
        instead="say it where its rule is declared: returns=float, returns=\"f64[n]\", or, like an argument, "
        "returns=lambda x, y: y",
    )


def undecided(custom: Custom) -> Any:
    """The function itself, without its rules: a twin, so that tracing goes into it."""
    f = custom.function
    twin = types.FunctionType(f.__code__, f.__globals__, f.__name__, f.__defaults__, f.__closure__)
    twin.__kwdefaults__, twin.__qualname__, twin.__module__ = f.__kwdefaults__, f.__qualname__, f.__module__
    return twin


def fresh(machine: Calls, custom: Custom, result: Arg) -> Arg:
    """A result as a structure of new values; numbers and arrays, and containers of them."""
    def new(atom: Any) -> Value:
        if not isinstance(atom.type, Object):
            return Value(atom.type, None)
        machine.refuse(
            f"{custom.name} gives {atom.type.name if isinstance(atom, Value) else repr(getattr(atom, 'value', atom))}",
            why="a function that has a rule gives numbers and arrays, and tuples, lists, dicts and dataclasses of them",
            instead="give those alone",
        )

    return map_arg(result, new)


def returned(machine: Calls, custom: Custom, operands: Operands) -> Arg:
    """What ``returns=`` says."""
    said = custom.returns
    if isinstance(said, str):
        return fresh(machine, custom, structure(parse_type(said)))
    if isinstance(said, types.FunctionType):
        asked = inspect.signature(said).parameters
        every = operands.seen()
        if missing := [n for n in asked if n not in every]:
            raise RuleError(
                f"returns= of {custom.name} names {missing[0]!r}, which it does not have",
                why="its parameters are bound by name", instead=f"use some of {', '.join(every)}",
            )
        result, _, _ = traced_apart(machine, said, {n: every[n] for n in asked}, ())
        return fresh(machine, custom, result)
    try:
        return fresh(machine, custom, structure(spec_of_annotation(said, "returns=")))
    except Error:
        return fresh(machine, custom, structure(spec_of_value(said, "returns=")))


def structure(spec: Any) -> Arg:
    """A specification as a structure of values."""
    match spec:
        case Leaf(type=t):
            return Value(t)
        case Static(value=value):
            return Literal(value)
        case Record(value=value, fields=fields):
            return Pack("record", tuple(map(structure, fields.values())), tuple(fields), type(value))
        case tuple() if hasattr(spec, "_fields"):
            return Pack("record", tuple(map(structure, spec)), tuple(spec._fields), type(spec))
        case tuple() | list():
            return Pack("tuple" if isinstance(spec, tuple) else "list", tuple(map(structure, spec)))
        case dict():
            return Pack("dict", tuple(map(structure, spec.values())), tuple(spec))
    raise TraceError(f"a specification {spec!r}")


def annotated(function: Any) -> Arg | None:
    """What the annotation of the result says, where there is one."""
    try:
        said = inspect.signature(function, eval_str=True).return_annotation
    except Exception:  # no signature; a name that exists for type checkers only: whatever evaluating it raises
        return None
    if said is NOTHING or said is None:
        return None
    try:
        return structure(spec_of_annotation(said, "the result"))
    except Error:
        return None


def shares(trace: Trace) -> bool:
    """Whether a result of a trace may share memory with a parameter."""
    makers = {r: op for op in trace.body.ops for r in op.results}
    given = {p.value for p in trace.params}
    pending = [v for v in values_of(trace.result) if not isinstance(v.type, Scalar)]
    seen: set[Value] = set()
    while pending:
        v = pending.pop()
        if v in seen:
            continue
        seen.add(v)
        if v in given:
            return True
        match makers.get(v):
            case Call(prim=prim, args=args) if prim.alias == "fresh":
                pending.extend(x for a in args for x in values_of(a) if isinstance(v.type, Struct))
            case Call(args=args):
                pending.extend(values_of(*args))
            case _:
                return True
    return False


def extent_of(trace: Trace) -> Any:
    """How long the axes of a result are in terms of the operands', as far as the trace of the function tells."""
    sizes = Sizes()
    sizes.note(trace.body.ops)
    shape = sizes.shape(trace.result) if isinstance(trace.result, Value) else None
    if not shape:
        return None
    inner = dict(trace.arguments)

    def extent(known: Sizes, op: Call) -> Any:
        bound = op.prim.bind(op.args, op.kwargs)
        given: dict[Value, Arg] = {}
        for name, arg in inner.items():
            if name in bound:
                given.update(linked(arg, bound[name]))
        return [resized(known, size, given) for size in shape]

    return extent


def resized(sizes: Sizes, size: Affine, given: Mapping[Value, Arg]) -> Affine | None:
    """A size over what the arguments are outside."""
    out = Affine(size.constant)
    for symbol, factor in size.terms.items():
        found: Affine | None = None
        if isinstance(symbol, tuple) and symbol[0] == "axis" and (arg := given.get(symbol[1])) is not None:
            known = None if isinstance(arg, Pack) else sizes.shape(arg)
            found = None if known is None else known[symbol[2]]
        elif isinstance(symbol, Value) and symbol in given:
            found = sizes.integer(given[symbol])
        if found is None:
            return None
        out = out + found * factor
    return out
