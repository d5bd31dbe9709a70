"""Derivatives inside a function that is traced: ``grad(f)(x)`` where ``f`` is any function of that program.

The function is traced on the spot, by the machine that met the call, into a trace of its own: what is differentiated
becomes new parameters, and everything else that it reads, closed-over variables of the functions around it among them,
stays what it is: values of the trace around. These are further parameters (lambda lifting), the trace is transformed
as any other, and the operations of the derivative are put where the call stands, with the values around passed for the
parameters. They are ordinary operations, so whatever transforms the trace around transforms them too. The new
parameters are nobody else's, so that two derivatives never mistake one's variable for the other's (no perturbation
confusion: the derivative of ``x * grad(lambda y: x + y)(x)`` is 1).

What the function changes outside of itself (``calls += 1``) is a further result of its trace.
"""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from s2sad import passes
from s2sad.compiler.abstract_functions import bound, name_of, parameters_of
from s2sad.compiler.lifting import lifted, put_here
from s2sad.compiler.outside import Outside, with_more, without_more
from s2sad.compiler.parameters import Parameters, Place
from s2sad.compiler.pipeline import SPLIT, Transform, transformed
from s2sad.compiler.signature import active_spec
from s2sad.compiler.traced_halves import pulled
from s2sad.errors import Error
from s2sad.front.calls import Calls
from s2sad.front.conversions import number_like
from s2sad.front.derivatives import as_type, atom_of, leaves_like, spec_of
from s2sad.front.machine import Unreachable
from s2sad.front.storage import relate
from s2sad.front.values import (
    Abstract,
    Cell,
    Choice,
    DictOf,
    Known,
    ListOf,
    Optional,
    Record,
    Storage,
    Transformed,
    TupleOf,
    View,
)
from s2sad.ir.build import Builder
from s2sad.ir.core import Arg, Atom, Pack, Trace, Value
from s2sad.ir.types import FLOAT, Array, Scalar
from s2sad.ir.walk import copy_ops

_Kind = inspect._ParameterKind


@dataclass(eq=False)
class Entry:
    """The arguments of a function that is differentiated, while its trace is made.

    ``given`` and ``inner`` are leaves of what is differentiated, outside and as parameters; ``copies`` the memory of
    arrays that the function gets copies of, with the memory that they were copied from.
    """

    given: list[Atom] = field(default_factory=list)
    inner: list[Value] = field(default_factory=list)
    copies: dict[Storage, Storage] = field(default_factory=dict)
    seen: dict[Cell, None] = field(default_factory=dict)


def call_nested(
    machine: Calls, made: Transformed, args: Sequence[Abstract], kwargs: Mapping[str, Abstract],
    directions: Sequence[tuple[Abstract, str]] = (),
) -> Abstract:
    """The result of a derivative on abstract arguments; ``directions`` are the tangents of a ``jvp``."""
    function = made.function
    if machine.tries:
        machine.refuse(f"the derivative {name_of(function)} in a try", why="what it may raise is not known")
    while isinstance(function, Optional):
        function = function.value
    if isinstance(function, Choice):
        return machine.either_of(
            function, lambda f: call_nested(machine, replace(made, function=f), args, kwargs, directions)
        )
    transform: Transform = made.transform
    try:
        parameters = parameters_of(machine, function)
        values = bound(machine, function, parameters, args, kwargs)
        places = parameters.places(transform.argnums, values)
        tangents = [(machine.to_arg(direction), what) for direction, what in directions]
        return differentiated(machine, function, transform, parameters, values, places, tangents)
    except Error as error:
        raise machine.placed(error) from None


def call_apart(
    machine: Calls, function: Abstract, args: Sequence[Abstract], kwargs: Mapping[str, Abstract], mark: int, serial: int
) -> tuple[Builder, Arg | None, Outside]:
    """A call followed in a region of its own, and taken back to ``mark``: its operations, its result (None where it
    raises whatever comes), and what it changed of what was there.
    """
    outer = machine.builder
    machine.builder = inner = machine.open_builder()
    outside = Outside(machine, function)
    result: Arg | None = None
    try:
        value = machine.call(function, args, kwargs)
        if isinstance(value, Optional):
            machine.not_none(value)
        result = machine.to_arg(value)
        outside.note(machine.state.peek(mark), serial)
    except Unreachable:
        result = None
    finally:
        machine.builder = outer
        machine.open.pop()
        machine.state.undo(mark)
    return inner, result, outside


def differentiated(
    machine: Calls, function: Abstract, transform: Transform, parameters: Parameters, values: list[Any],
    places: tuple[Place, ...], directions: Sequence[tuple[Arg, str]],
) -> Abstract:
    """Trace the function, transform its trace, and put the derivative's operations here."""
    mark, serial, outer = machine.state.mark(), machine.serial, machine.builder
    entry = Entry()
    chosen: list[Arg] = []
    active: dict[Place, Abstract] = {}
    for place in places:
        index, key = place
        value = values[index] if key is None else values[index][key]
        active[place], arg = entered(machine, entry, value, parameters.label(place))
        chosen.append(arg)
    inside: list[Any] = []
    for index, (kind, value) in enumerate(zip(parameters.kinds, values, strict=True)):
        if kind is _Kind.VAR_POSITIONAL:
            inside.append(tuple(active.get((index, k)) or copied(machine, entry, v) for k, v in enumerate(value)))
        elif kind is _Kind.VAR_KEYWORD:
            inside.append({k: active.get((index, k)) or copied(machine, entry, v) for k, v in value.items()})
        else:
            inside.append(active.get((index, None)) or copied(machine, entry, value))
    for root, origin in entry.copies.items():
        for other in (origin, *origin.may, *(r for r, o in entry.copies.items() if o is origin or o in origin.may)):
            relate(root, other)
    pairs = zip(itertools.cycle(chosen), directions, strict=False)  # a jet has several for each
    tangents = [leaf for like, (arg, what) in pairs for leaf in leaves_like(machine, like, arg, what)]

    try:
        inner, result, outside = call_apart(machine, function, *parameters.unbind(inside), mark, serial)
    finally:
        for root, origin in entry.copies.items():
            if root in machine.written:  # the trace around holds only while its arrays share memory as they do today
                machine.written[origin] = None
            for other in root.may:
                other.may.pop(root, None)
    mapping: dict[Value, Arg] = dict(zip(entry.inner, entry.given, strict=True))
    if result is None:  # the program raises here
        outer.ops.extend(copy_ops(inner.ops, mapping))
        raise Unreachable
    primal = lifted(machine, parameters.function, entry.inner, tuple(inner.ops), result)
    primal = replace(primal, arguments=tuple((parameters.label(p), a) for p, a in zip(places, chosen, strict=True)))
    primal, transform, hidden = with_more(primal, transform, outside.told)
    derived = derivative_of(primal, chosen, transform)
    if transform.mode in SPLIT:
        return pulled(machine, derived, transform, chosen, mapping, outside, hidden)
    derived_seeds = [p.value for p in derived.params if p.kind == "seed"]
    for v, seed in zip(derived_seeds, tangents, strict=True):
        mapping[v] = as_type(machine, atom_of(machine, seed), v.type)
    out = put_here(machine, derived, mapping)
    out, told = without_more(out, transform, outside.told, hidden)
    outside.restore(told)
    return machine.lift(out)


def derivative_of(primal: Trace, chosen: Sequence[Arg], transform: Transform) -> Trace:
    """The transformed trace."""
    if transform.optimise:
        primal = passes.prepared(primal)
    derived = transformed(primal, chosen, transform)
    return passes.optimise(derived) if transform.optimise else derived


def entered(machine: Calls, entry: Entry, value: Abstract, label: str) -> tuple[Abstract, Arg]:
    """An argument that is differentiated, as the function sees it and as a structure over the new parameters."""
    active_spec(spec_of(machine, machine.to_arg(value)), label)  # refuses what cannot be differentiated
    name = label.partition("[")[0]

    def leaf(atom: Atom, name: str) -> Value:
        given = as_type(machine, atom, FLOAT) if isinstance(atom.type, Scalar) and atom.type.weak else atom
        assert not isinstance(given, Pack)
        entry.given.append(given)
        made = Value(given.type, name)
        entry.inner.append(made)
        if isinstance(given, Value):
            machine.originals[made] = given
            if (count := machine.lengths.get(given)) is not None:
                machine.lengths[made] = count
        return made

    def enter(value: Abstract, name: str) -> tuple[Abstract, Arg]:
        match value:
            case View():
                array = leaf(machine.read(value), name)
                view = machine.array(array, value.contiguous) if isinstance(array.type, Array) else machine.wrap(array)
                if isinstance(view, View):
                    entry.copies[view.root] = value.root
                return view, array
            case TupleOf(items=parts, cls=cls):
                fields = list(cls._fields) if cls else [name] * len(parts)  # type: ignore[attr-defined]
                pairs = [enter(part, field) for part, field in zip(parts, fields, strict=True)]
                packed = tuple(a for _, a in pairs)
                out = TupleOf(tuple(v for v, _ in pairs), cls)
                return out, Pack("record", packed, tuple(fields), cls) if cls else Pack("tuple", packed)
            case ListOf() if isinstance(machine.content(value), tuple):
                once(machine, entry, value)
                pairs = [enter(part, name) for part in machine.content(value)]
                return machine.new_list([v for v, _ in pairs]), Pack("list", tuple(a for _, a in pairs))
            case DictOf() | Record():
                once(machine, entry, value)
                content = machine.content(value)
                pairs = [enter(part, key if isinstance(key, str) else name) for key, part in content.items()]
                held, packed = [v for v, _ in pairs], tuple(a for _, a in pairs)
                if isinstance(value, DictOf):
                    return machine.container("dict", tuple(content), held, None), Pack("dict", packed, tuple(content))
                record = machine.container("dataclass", tuple(content), held, value.cls)
                return record, Pack("record", packed, tuple(content), value.cls)
            case Optional(value=inner):
                return enter(inner, name)
            case Known(value=known) if known is None or isinstance(known, bool) or not number_like(value):
                return value, machine.to_arg(value)
            case _:
                atom = machine.to_arg(value)
                assert not isinstance(atom, Pack)
                number = leaf(atom, name)
                return machine.wrap(number), number

    return enter(value, name)


def copied(machine: Calls, entry: Entry, value: Abstract) -> Abstract:
    """An argument that is not differentiated: what the function stores into it, nobody else sees."""
    match value:
        case View():
            content = machine.read(value)
            if not isinstance(content, Value):
                return value
            copy = machine.array(content, value.contiguous)
            entry.copies[copy.root] = value.root
            return copy
        case TupleOf(items=parts, cls=cls):
            return TupleOf(tuple(copied(machine, entry, part) for part in parts), cls)
        case ListOf():
            content = machine.content(value)
            if isinstance(content, tuple):
                once(machine, entry, value)
                return machine.new_list([copied(machine, entry, part) for part in content])
            return machine.wrap(content)
        case DictOf():
            once(machine, entry, value)
            content = machine.content(value)
            held = [copied(machine, entry, v) for v in content.values()]
            return machine.container("dict", tuple(content), held, None)
        case Record(cls=cls) if hasattr(cls, "__dataclass_fields__"):
            once(machine, entry, value)
            content = machine.content(value)
            held = [copied(machine, entry, v) for v in content.values()]
            return machine.container("dataclass", tuple(content), held, cls)
        case _:
            return value


def once(machine: Calls, entry: Entry, value: Cell) -> None:
    """Refuse a list or dict that is found in two places of the arguments."""
    if value in entry.seen and not (isinstance(value, Record) and value.cls.__dataclass_params__.frozen):  # type: ignore[attr-defined]
        machine.wrong(
            "one list, dict or dataclass in two places of a derivative's arguments",
            why="what is stored through one of them would be seen through the other",
            instead="pass a copy in one of them (copy.copy)",
        )
    entry.seen[value] = None
