"""``vmap`` inside a function that is traced: ``vmap(f)(x)`` where ``f`` is any function of that program.

As with derivatives (``nested``), the function is traced on the spot, into a trace of one row; what else it reads are
values of the trace around, the same in every row. The trace for all rows is put where the call stands.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from inspect import _ParameterKind as Kind
from typing import Any

from s2sad import passes
from s2sad.compiler.abstract_functions import bound, callable_like, flag, name_of, parameters_of
from s2sad.compiler.axes import Axes, Mapped, Node, below, extent, frozen, normal, of_parameters, row_type, vectorized
from s2sad.compiler.lifting import lifted, put_here
from s2sad.compiler.nested import Entry, call_apart, copied, once
from s2sad.compiler.nested_rows import row_at, rows_in_turn
from s2sad.compiler.parameters import Parameters
from s2sad.compiler.pipeline import Transform
from s2sad.compiler.stateful import IN_TURN
from s2sad.errors import Error
from s2sad.front.calls import Calls
from s2sad.front.derivatives import known_value
from s2sad.front.machine import Unreachable
from s2sad.front.values import (
    Abstract,
    Choice,
    DictOf,
    Known,
    ListOf,
    Optional,
    Record,
    Transformed,
    TupleOf,
    View,
)
from s2sad.ir.core import Arg, Atom, Pack, Trace, Value
from s2sad.ir.core import Literal as Constant
from s2sad.ir.types import Array
from s2sad.ir.walk import copy_ops
from s2sad.prims import structure

Leaf = Callable[[Abstract, int, str], Abstract]
"""One row of an array along an axis; the text says where it is found."""


@dataclass(frozen=True)
class TracedVmap:
    """What ``vmap`` means in a function that is traced, some of its options given already."""

    options: Mapping[str, Abstract] = field(default_factory=dict)

    def __call__(
        self, machine: Calls, f: Abstract | None = None, in_axes: Abstract | None = None,
        out_axes: Abstract | None = None, *, axis_size: Abstract | None = None, optimise: Abstract | None = None,
    ) -> Abstract:
        named = {"in_axes": in_axes, "out_axes": out_axes, "axis_size": axis_size, "optimise": optimise}
        options = {**self.options, **{k: v for k, v in named.items() if v is not None}}
        if f is None or isinstance(f, Known) and f.value is None:
            return Known(TracedVmap(options))
        if not callable_like(machine, f):
            machine.wrong(f"vmap needs a function, not {machine.describe(f)}")
        chosen = [frozen(known_axes(machine, options.get(k), 0), k) for k in ("in_axes", "out_axes")]
        size = known_axes(machine, options.get("axis_size"), None)
        made = Transform("vmap", (), optimise=flag(options.get("optimise"), True), in_axes=chosen[0],
                         out_axes=chosen[1], axis_size=size)  # fmt: skip
        return Transformed(f, made, call_mapped)

    def __s2sad_call__(self, machine: Calls, args: Sequence[Abstract], kwargs: Mapping[str, Abstract]) -> Abstract:
        return self(machine, *args, **kwargs)


def traced_vmap(machine: Calls, f: Abstract | None = None, *args: Abstract, **options: Abstract) -> Abstract:
    """``s2sad.vmap`` on abstract arguments."""
    return TracedVmap()(machine, f, *args, **options)


def mapped_in_turn(
    machine: Calls, function: Abstract, made: Transform, args: Sequence[Abstract], kwargs: Mapping[str, Abstract]
) -> Abstract:
    """A call of a mapped function that is the whole program."""
    return call_mapped(machine, Transformed(function, made, call_mapped), args, kwargs)


IN_TURN.append(mapped_in_turn)


def known_axes(machine: Calls, value: Abstract | None, default: int | None) -> Any:
    """An option of ``vmap`` as Python has it."""
    match value:
        case None:
            return default
        case ListOf() if isinstance(machine.content(value), tuple):
            return [known_axes(machine, item, default) for item in machine.content(value)]
        case DictOf() if isinstance(machine.content(value), dict):
            return {k: known_axes(machine, item, default) for k, item in machine.content(value).items()}
        case TupleOf(items=items, cls=cls):
            parts = [known_axes(machine, item, default) for item in items]
            return tuple(parts) if cls is None else cls(*parts)
        case _:
            return known_value(machine, "vmap", value)


def call_mapped(
    machine: Calls, made: Transformed, args: Sequence[Abstract], kwargs: Mapping[str, Abstract]
) -> Abstract:
    """The result of a mapped function on abstract arguments."""
    function = made.function
    if machine.tries:
        machine.refuse(f"the mapped {name_of(function)} in a try", why="what it may raise is not known")
    while isinstance(function, Optional):
        function = function.value
    if isinstance(function, Choice):
        return machine.either_of(function, lambda f: call_mapped(machine, replace(made, function=f), args, kwargs))
    transform: Transform = made.transform
    try:
        parameters = parameters_of(machine, function)
        values = bound(machine, function, parameters, args, kwargs)
        given = parameters.own.bind(*args, **kwargs).arguments
        axes = transform.in_axes
        if isinstance(axes, Node):
            axes.check(parameters.function, len(args))
        chosen = of_parameters(axes, parameters, values, [name not in given for name in parameters.names])
        return over_rows(machine, function, transform, parameters, values, chosen)
    except Error as error:
        raise machine.placed(error) from None


def over_rows(
    machine: Calls, function: Abstract, transform: Transform, parameters: Parameters, values: list[Any],
    axes: list[Any],
) -> Abstract:  # fmt: skip
    """Trace the function on one row, and put the operations for all rows here."""
    mark, serial, outer = machine.state.mark(), machine.serial, machine.builder
    entry = Entry()
    mapped: list[Mapped] = []

    def parameter(value: Abstract, axis: int, where: str) -> Abstract:
        return entered(machine, entry, mapped, value, axis, where)

    inside = rows_of(machine, entry, parameters, values, axes, parameter)
    extent(mapped, transform.axis_size)
    count = same_lengths(machine, entry, mapped, transform.axis_size)
    inner, result, outside = call_apart(machine, function, *parameters.unbind(inside), mark, serial)
    if outside.changes_anything:  # what a row finds there is what the rows before it have left
        return one_by_one(machine, function, transform, parameters, values, axes, count)
    if result is None:  # every row raises
        first = {
            v: machine.emit(structure.getitem, atom, index(m.axis))
            for v, atom, m in zip(entry.inner, entry.given, mapped, strict=True)
        }  # fmt: skip
        outer.ops.extend(copy_ops(inner.ops, dict(first)))
        raise Unreachable
    row = lifted(machine, parameters.function, entry.inner, tuple(inner.ops), result)
    paths = {p.value: p.path for p in row.params}
    leaves = [replace(m, where=paths[v]) for v, m in zip(entry.inner, mapped, strict=True)]
    if transform.optimise:
        row = passes.dce(passes.cse(row))
    whole = vectorized(row, leaves, transform.out_axes, transform.axis_size)
    if transform.optimise:
        whole = passes.optimise(whole)
    return machine.lift(put_here(machine, whole, handed(whole, row, entry)))


def handed(whole: Trace, row: Trace, entry: Entry) -> dict[Value, Arg]:
    """The arrays around for the parameters of the trace of all rows."""
    given = dict(zip(entry.inner, entry.given, strict=True))
    return {p.value: given[old.value] for p, old in zip(whole.params, row.params, strict=True) if old.value in given}


def index(axis: int) -> Any:
    """The first row along an axis."""
    return (*(slice(None),) * axis, 0)


def same_lengths(machine: Calls, entry: Entry, mapped: Sequence[Mapped], size: int | None) -> Atom:
    """How many rows there are, with a check, when the program runs, that all arguments have as many."""
    lengths = [machine.emit(structure.dim, atom, m.axis) for atom, m in zip(entry.given, mapped, strict=True)]
    whole: Atom = Constant(size) if size is not None else lengths.pop(0)
    seen = {(a, m.axis) for a, m in list(zip(entry.given, mapped, strict=True))[: size is None]}
    pairs = list(zip(lengths, list(zip(entry.given, mapped, strict=True))[size is None :], strict=True))
    for length, (atom, m) in pairs:
        if (atom, m.axis) in seen:
            continue
        seen.add((atom, m.axis))
        same = machine.emit(machine.prim("eq"), length, whole)
        machine.require(machine.truth(machine.lift(same)), ValueError, "vmap got unlike numbers of rows")
    return whole


def rows_of(
    machine: Calls, entry: Entry, parameters: Parameters, values: list[Any], axes: list[Any], leaf: Leaf
) -> list[Any]:
    """The arguments as the function of one row sees them."""
    out: list[Any] = []
    for name, kind, value, axis in zip(parameters.names, parameters.kinds, values, axes, strict=True):
        if kind is Kind.VAR_POSITIONAL:
            pairs = enumerate(zip(value, axis, strict=True))
            out.append(tuple(row_of(machine, entry, leaf, v, a, f"{name}[{k}]") for k, (v, a) in pairs))
        elif kind is Kind.VAR_KEYWORD:
            out.append({k: row_of(machine, entry, leaf, v, axis[k], k) for k, v in value.items()})
        else:
            out.append(row_of(machine, entry, leaf, value, axis, name))
    return out


def row_of(machine: Calls, entry: Entry, leaf: Leaf, value: Abstract, axes: Axes, where: str) -> Abstract:
    """An argument as the function of one row sees it."""

    def enter(value: Abstract, axes: Axes, where: str) -> Abstract:
        match value:
            case Optional(value=inner):
                return enter(inner, axes, where)
            case TupleOf(items=parts, cls=cls):
                fields: Sequence[str] | None = cls._fields if cls else None  # type: ignore[attr-defined]
                suffixes = [f".{f}" for f in fields] if fields else [f"[{k}]" for k in range(len(parts))]
                chosen = below(axes, suffixes, where, "in_axes")
                return TupleOf(tuple(enter(p, a, where + s) for p, a, s in zip(parts, chosen, suffixes, strict=True)),
                               cls)  # fmt: skip
            case ListOf() if isinstance(machine.content(value), tuple):
                once(machine, entry, value)
                parts = machine.content(value)
                suffixes = [f"[{k}]" for k in range(len(parts))]
                chosen = below(axes, suffixes, where, "in_axes")
                return machine.new_list(
                    [enter(p, a, where + s) for p, a, s in zip(parts, chosen, suffixes, strict=True)]
                )
            case DictOf() | Record():
                once(machine, entry, value)
                content = machine.content(value)
                plain = isinstance(value, DictOf)
                suffixes = [f"[{k!r}]" if plain else f".{k}" for k in content]
                chosen = below(axes, suffixes, where, "in_axes")
                pairs = zip(content.values(), chosen, suffixes, strict=True)
                held = [enter(p, a, where + s) for p, a, s in pairs]
                kind = "dict" if plain else "dataclass"
                return machine.container(kind, tuple(content), held, None if plain else value.cls)
        below(axes, None, where, "in_axes")
        if axes is None or isinstance(axes, Node) or isinstance(value, Known) and not is_number(value.value):
            return copied(machine, entry, value)
        return leaf(value, axes, where)

    return enter(value, axes, where)


def entered(
    machine: Calls, entry: Entry, mapped: list[Mapped], value: Abstract, axis: int, where: str
) -> Abstract:
    """One row of an array, as a parameter of the trace of a row."""
    atom, place = placed(machine, value, axis, where)
    assert isinstance(atom.type, Array)
    mapped.append(Mapped(where, place, atom.type))
    entry.given.append(atom)
    inner = Value(row_type(atom.type, place), where.partition("[")[0].partition(".")[0])
    entry.inner.append(inner)
    if not isinstance(inner.type, Array):
        return machine.wrap(inner)
    contiguous = True if isinstance(value, View) and value.contiguous and place == 0 else None
    return machine.array(inner, contiguous)


def placed(machine: Calls, value: Abstract, axis: int, where: str) -> tuple[Atom, int]:
    """An array that is mapped, and the axis, counted from the front."""
    atom = machine.read(value) if isinstance(value, View) else machine.to_arg(value)
    assert not isinstance(atom, Pack)
    return atom, normal(axis, atom.type, where)


def one_by_one(
    machine: Calls, function: Abstract, transform: Transform, parameters: Parameters, values: list[Any],
    axes: list[Any], count: Atom,
) -> Abstract:  # fmt: skip
    """The rows one after the other."""

    def call(k: Abstract) -> Abstract:
        def row(value: Abstract, axis: int, where: str) -> Abstract:
            return row_at(machine, value, k, placed(machine, value, axis, where)[1])

        args, kwargs = parameters.unbind(rows_of(machine, Entry(), parameters, values, axes, row))
        return machine.call(function, args, kwargs)

    return rows_in_turn(machine, call, count, transform.out_axes)


def is_number(value: Any) -> bool:
    return isinstance(value, int | float | complex) and not isinstance(value, bool)


__all__ = ["TracedVmap", "call_mapped", "traced_vmap"]
