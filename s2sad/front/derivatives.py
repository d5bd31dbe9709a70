"""Calls of derivatives inside a function that is traced: the derivative's own trace is put in the place of the call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar
from typing import Literal as Word

from s2sad.front.program import Leaf, Program, Record, Static
from s2sad.front.source import call_signature
from s2sad.front.values import Abstract, Known, Source, TupleOf
from s2sad.ir.core import Arg, Atom, Call, Literal, Pack, Ref, Trace, Value
from s2sad.ir.types import Array, Object, Scalar, Type, axes
from s2sad.ir.walk import copy_ops, map_arg
from s2sad.prims import structure

if TYPE_CHECKING:
    from s2sad.front.calls import Calls

NUMERIC = Scalar | Array
F = TypeVar("F", bound=Callable[..., Any])

TRANSFORMS: dict[Callable[..., Any], Callable[..., Any] | None] = {}
"""Functions that make derivatives, and what a call of each means inside a traced function; None: it is refused.

For one that takes a function and gives a function (``grad``) that is the function itself, run while tracing. For one
that takes arguments along (``jvp``, ``vjp``) it is a function of the machine and the abstract arguments.
"""


def transform(traced: Callable[..., Any] | Word["now"] | None) -> Callable[[F], F]:
    """Declare a function that makes derivatives: it is never traced into."""

    def enter(fn: F) -> F:
        TRANSFORMS[fn] = fn if traced == "now" else traced
        return fn

    return enter


def call_transform(machine: Calls, fn: Any, args: Sequence[Abstract], kwargs: Mapping[str, Abstract]) -> Abstract:
    """A call such as ``grad(f)`` or ``jvp(f, …)`` inside a function that is traced."""
    meaning = TRANSFORMS[fn]
    if meaning is None:
        machine.refuse(
            f"a call of s2sad.{fn.__name__} inside a function that is differentiated",
            instead="call a derivative made with grad, value_and_grad, jvp or vjp, which is traced",
        )
    if meaning is not fn:
        out: Abstract = meaning(machine, *args, **kwargs)
        return out
    positional = [known_value(machine, fn.__name__, value) for value in args]
    return Known(fn(*positional, **{key: known_value(machine, fn.__name__, value) for key, value in kwargs.items()}))


def known_value(machine: Calls, name: str, value: Abstract) -> Any:
    """An argument of a transform, which has to be known."""
    match value:
        case Known(value=found):
            return found
        case TupleOf(items=items, cls=None):
            return tuple(known_value(machine, name, item) for item in items)
        case _:
            machine.refuse(
                f"s2sad.{name} of {machine.describe(value)} that is made inside a differentiated function",
                instead="define the function outside, with what it needs as arguments",
            )


def is_traceable(fn: Any) -> bool:
    """Whether a callable is a ``Traceable``: cheap, and deaf to objects that answer to every name."""
    return hasattr(type(fn), "__s2sad_program__")


def call_derivative(machine: Calls, fn: Any, args: Sequence[Abstract], kwargs: Mapping[str, Abstract]) -> Abstract:
    """The result of a derivative on abstract arguments."""
    given, specs, kwspecs = bound(machine, fn, args, kwargs)
    program: Program = fn.__s2sad_program__(specs, kwspecs)
    return machine.lift(inlined(machine, program, given))


def bound(
    machine: Calls, fn: Any, args: Sequence[Abstract], kwargs: Mapping[str, Abstract]
) -> tuple[dict[str, Arg], list[Any], dict[str, Any]]:
    """The arguments of a call by the names that a trace gives them, and their specifications."""
    signature = call_signature(fn)
    try:
        binding = signature.bind(*map(machine.to_arg, args), **{k: machine.to_arg(v) for k, v in kwargs.items()})
    except TypeError as error:
        machine.wrong(f"{getattr(fn, '__name__', 'the function')}() {error}", why="Python would raise TypeError")
    given = dict(binding.arguments)
    binding.apply_defaults()
    for name, value in binding.arguments.items():
        kind = signature.parameters[name].kind
        if kind is signature.parameters[name].VAR_POSITIONAL:
            given[name] = Pack("tuple", tuple(value))
        elif kind is signature.parameters[name].VAR_KEYWORD:
            given.update(value)
        elif name not in given:
            binding.arguments[name] = given[name] = machine.to_arg(default(machine, fn, name, value))
    specs = [spec_of(machine, a) for a in binding.args]
    return given, specs, {k: spec_of(machine, a) for k, a in binding.kwargs.items()}


def default(machine: Calls, fn: Any, name: str, value: Any) -> Abstract:
    """A default of the derivative's, as something from outside."""
    if isinstance(value, int | float):
        return Known(value)
    return machine.external(value, machine.root(f"global:{name}", id(value), machine.frame.code, lambda: value))


def spec_of(machine: Calls, arg: Arg) -> Any:
    """What is known of an argument."""
    match arg:
        case Value(type=t):
            origin = machine.origins.get(arg)
            sample = machine.samples.get(origin) if isinstance(origin, str) else None
            return Leaf(t) if sample is None else Leaf(t, sample)
        case Literal(value=value) | Ref(value=value):
            return Leaf(arg.type, value) if isinstance(arg.type, NUMERIC) and type(value) is not bool else Static(value)
        case Pack(kind="dict", items=items, keys=keys):
            return {k: spec_of(machine, i) for k, i in zip(keys, items, strict=True)}
        case Pack(kind="record", items=items, keys=keys, cls=cls):
            assert cls is not None
            fields = {k: spec_of(machine, i) for k, i in zip(keys, items, strict=True)}
            return cls(**fields) if issubclass(cls, tuple) else Record(object.__new__(cls), fields)
        case Pack(kind="list", items=items):
            return [spec_of(machine, i) for i in items]
        case Pack(items=items):
            return tuple(spec_of(machine, i) for i in items)


def inlined(machine: Calls, program: Program, given: Mapping[str, Arg], seeds: Sequence[Arg] = ()) -> Arg:
    """The program's operations, appended; its result over the values of the machine."""
    trace: Trace = program.trace
    mapping: dict[Value, Arg] = {}
    seeded = [p.value for p in trace.params if p.kind == "seed"]
    for value, seed in zip(seeded, seeds, strict=True):
        mapping[value] = as_type(machine, atom_of(machine, seed), value.type)
    for name, arg in trace.arguments:
        match_arguments(machine, arg, given[name], mapping)
    for guard in program.statics:
        if guard.other is not None:
            note_overlap(machine, guard.value, given.get(guard.path), given.get(guard.other[0]))
            continue
        if guard.read is not None:
            machine.guard(Source(guard.path, guard.read), guard.value)
            continue
        atom = given.get(guard.path)
        if isinstance(atom, Value):
            machine.demand(atom, f"argument {guard.path} of {trace.name}")
    captured = [p for p in trace.params if p.kind == "capture"]
    for param, capture in zip(captured, program.captures, strict=True):
        if isinstance(param.value.type, Object):  # something outside that the program stores on
            owner = Known(capture.read(), Source(capture.path, capture.read))
            mapping[param.value] = machine.owner_parameter(owner)
        else:
            mapping[param.value] = machine.to_arg(captured_again(machine, capture.path, capture.read))
    machine.codes.update(dict.fromkeys(program.functions))
    ops = (op for op in trace.body.ops if not (isinstance(op, Call) and op.prim is structure.section))
    machine.builder.ops.extend(copy_ops(ops, mapping))
    return map_arg(trace.result, lambda a: mapping.get(a, a) if isinstance(a, Value) else a)


def note_overlap(machine: Calls, together: bool, first: Arg | None, second: Arg | None) -> None:
    """The program inlined stores into one of two arrays, and was made for ones that (do not) share memory."""
    roots = [root for root, _, _ in machine.param_arrays if machine.state.heap.get(root) in (first, second)]
    related = first is second or any(other in root.may for root in roots for other in roots)
    if related and isinstance(first, Value) and not together:
        machine.refuse(
            "arrays that share memory, given to a derivative of a function that stores into one of them",
            instead="pass a copy of one of them",
        )
    machine.written.update(dict.fromkeys(roots))  # the trace around it holds for such arrays only


def atom_of(machine: Calls, arg: Arg) -> Atom:
    """One atom: a container is built."""
    return machine.emit(structure.build, arg) if isinstance(arg, Pack) else arg


def leaves_like(machine: Calls, like: Arg, arg: Arg, what: str) -> list[Arg]:
    """The parts of a tangent or cotangent, in the order of the leaves of what it belongs to."""
    if not isinstance(like, Pack):
        known, given = like.type, arg.type
        if isinstance(known, NUMERIC) and (not isinstance(given, NUMERIC) or not fits(known, given)):
            machine.wrong(f"{what} is of type {given}, but the value it belongs to is of type {known}")
        return [arg]
    if not isinstance(arg, Pack) or (arg.kind, len(arg.items), arg.keys) != (like.kind, len(like.items), like.keys):
        unlike = f"{what} has another structure than the value it belongs to"
        machine.wrong(unlike, instead="give it the same structure")
    pairs = zip(like.items, arg.items, strict=True)
    return [leaf for a, b in pairs for leaf in leaves_like(machine, a, b, what)]


def fits(known: Type, given: Type) -> bool:
    """Whether a tangent of a type can belong to a value of a type, as far as types tell."""
    a, b = axes(known), axes(given)
    if a is None or b is None:
        return True
    return len(a) == len(b) and all("?" in pair or pair[0] == pair[1] for pair in zip(a, b, strict=True))


def captured_again(machine: Calls, path: str, read: Callable[[], Any]) -> Abstract:
    """What the derivative reads from outside, as something that the function around it reads."""
    return machine.external(read(), machine.root(path, id(read), machine.frame.code, read))


def match_arguments(machine: Calls, structure_: Arg, given: Arg, mapping: dict[Value, Arg]) -> None:
    """What each parameter of a trace stands for, from the argument in its place."""
    if isinstance(structure_, Pack):
        assert isinstance(given, Pack)
        for inner, item in zip(structure_.items, given.items, strict=True):
            match_arguments(machine, inner, item, mapping)
    elif isinstance(structure_, Value):
        assert not isinstance(given, Pack)
        mapping[structure_] = as_type(machine, given, structure_.type)


def as_type(machine: Calls, atom: Atom, t: Type) -> Arg:
    """A number as the parameter has it: an int that is differentiated is taken as a float."""
    if isinstance(t, Scalar) and t.dtype == "f64" and isinstance(atom.type, Scalar) and atom.type.dtype == "i64":
        if isinstance(atom, Literal):
            return Literal(float(atom.value))
        return machine.emit(machine.prim("float"), atom)
    return atom
