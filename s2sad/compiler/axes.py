"""Which axis of each argument and result a batch is mapped over: ``in_axes`` and ``out_axes`` as users give them.

They are trees, coarser than what they speak of: an int, or None, at any place holds for everything below it. A node is
a ``Node`` of the ways to its items, as ``pytrees.children`` writes them, so that trees are hashable, and a tuple and a
list of axes mean the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from inspect import _ParameterKind as Kind
from typing import Any

import numpy as np

from s2sad import pytrees, transforms
from s2sad.compiler.parameters import Parameters
from s2sad.errors import InputError
from s2sad.front.program import UNKNOWN, Guard, Leaf, Record
from s2sad.ir.core import Pack, Trace
from s2sad.ir.types import Array, Axis, Type, of


@dataclass(frozen=True, slots=True)
class Node:
    """A container of axes: the way to each item, and the axes there."""

    items: tuple[tuple[str, Axes], ...]
    positional: bool = False

    def check(self, function: str, given: int) -> None:
        """InputError where more arguments are given by position than there are entries."""
        if self.positional and given > len(self.items):
            count = len(self.items)
            raise InputError(
                f"in_axes of {function} has {count} entr{'y' if count == 1 else 'ies'}, and {given} arguments are "
                "given by position",
                instead="give one entry for each argument",
            )


Axes = int | None | Node


def frozen(axes: Any, what: str) -> Axes:
    """Axes as a user gives them; InputError for what are none.

    >>> frozen({"w": 0, "b": None}, "in_axes")
    Node(items=(("['w']", 0), ("['b']", None)), positional=False)
    """
    if axes is None or isinstance(axes, int) and not isinstance(axes, bool):
        return axes
    if not pytrees.is_container(axes):
        raise InputError(
            f"{what} holds {axes!r}, which is no axis", instead="give an int, None, or a container of them"
        )
    items = tuple((suffix, frozen(item, what)) for suffix, item in pytrees.children(axes))
    return Node(items, isinstance(axes, tuple | list))


def of_parameters(axes: Axes, parameters: Parameters, values: Sequence[Any], defaulted: Sequence[bool]) -> list[Any]:
    """The axes of each canonical argument: of ``*args`` a tuple of them, of ``**kwargs`` a dict.

    Axes in a tuple are those of the parameters in order; what is not among them, such as a parameter that only has a
    name, is mapped over axis 0, as in JAX. Axes in a dict are those of parameters by name; others are not mapped. What
    is left at its default is not mapped.
    """
    named = isinstance(axes, Node) and not axes.positional
    entries = list(axes.items) if isinstance(axes, Node) else []
    by_name = {suffix[2:-2]: item for suffix, item in entries}
    used: set[str] = set()
    position = 0

    def place(name: str, by_position: bool) -> Axes:
        nonlocal position
        if not isinstance(axes, Node):
            return axes
        if named:
            used.add(name)
            return by_name.get(name)
        position += by_position
        return entries[position - 1][1] if by_position and position <= len(entries) else 0

    out: list[Any] = []
    for name, kind, value, default in zip(parameters.names, parameters.kinds, values, defaulted, strict=True):
        match kind:
            case Kind.VAR_POSITIONAL:
                out.append(tuple(place(name, True) for _ in value))
            case Kind.VAR_KEYWORD:
                out.append({key: place(key, False) for key in value})
            case _:
                chosen = place(name, kind is not Kind.KEYWORD_ONLY)
                out.append(None if default else chosen)
    if not named and position < len(entries) or named and not used >= by_name.keys():
        arguments = f"{position} argument{'s' * (position != 1)}"
        many = "names an argument that it does not have" if named else f"has {len(entries)} entries for {arguments}"
        raise InputError(
            f"in_axes of {parameters.function} {many}",
            instead="give one entry for each argument; for one argument that is a tuple, write in_axes=((0, None),)",
        )
    return out


def children(spec: Any) -> list[tuple[str, Any]] | None:
    """The items of a specification or structure with the ways to them; None for a leaf."""
    match spec:
        case Record(fields=fields):
            return [(f".{k}", v) for k, v in fields.items()]
        case Pack(kind="dict", items=items, keys=keys):
            return [(f"[{k!r}]", v) for k, v in zip(keys, items, strict=True)]
        case Pack(kind="record", items=items, keys=keys):
            return [(f".{k}", v) for k, v in zip(keys, items, strict=True)]
        case Pack(items=items):
            return [(f"[{k}]", v) for k, v in enumerate(items)]
        case dict() | tuple() | list():
            return pytrees.children(spec)
        case _:
            return None


def below(axes: Axes, suffixes: Sequence[str] | None, where: str, what: str) -> list[Axes]:
    """The axes of each item of a container; ``suffixes`` is None for a leaf, which has none.

    Raises
    ------
    InputError
        Where the axes have a structure that this has not.
    """
    if not isinstance(axes, Node):
        return [axes] * len(suffixes or ())
    given = dict(axes.items)
    if suffixes is None or set(given) != set(suffixes):
        has = "has no parts" if suffixes is None else f"has the parts {', '.join(where + s for s in suffixes)}"
        raise InputError(
            f"{what} gives axes for {', '.join(where + s for s in given) or 'no part'} of {where}, which {has}",
            instead="give one axis for all of it, or axes in the structure that it has",
        )
    return [given[suffix] for suffix in suffixes]


def of_leaves(axes: Axes, spec: Any, where: str, what: str) -> list[tuple[str, Any, int | None]]:
    """Each leaf of a specification or of a result, with where it is and its axis. See ``below`` for errors."""
    own = children(spec)
    if own is None:
        below(axes, None, where, what)
        assert not isinstance(axes, Node)
        return [(where, spec, axes)]
    items = zip(own, below(axes, [suffix for suffix, _ in own], where, what), strict=True)
    return [leaf for (suffix, item), axis in items for leaf in of_leaves(axis, item, where + suffix, what)]


def normal(axis: int, t: Type, where: str, extra: int = 0) -> int:
    """An axis of a value of this type (with so many more axes), counted from the front; InputError if it has none."""
    count = len(t.axes) + extra if isinstance(t, Array) and t.axes is not None else extra
    if isinstance(t, Array) and t.axes is None:
        raise InputError(f"{where} is an array of unknown rank: axis {axis} of it cannot be told")
    if -count <= axis < count:
        return axis % count
    has = "it is a number" if not count else f"it has {count} ax{'i' if count == 1 else 'e'}s"
    raise InputError(
        f"{where} has no axis {axis} to map: {has}",
        why="vmap takes each row of an argument along the axis that in_axes names",
        instead="name an axis that it has, or None for an argument that is the same in every row",
    )


def row_type(t: Type, axis: int) -> Type:
    """The type of one row of an array."""
    assert isinstance(t, Array) and t.axes is not None
    return of(t.dtype, t.axes[:axis] + t.axes[axis + 1 :])


@dataclass(frozen=True, slots=True)
class Mapped:
    """One leaf of the arguments that rows are taken of."""

    where: str
    axis: int
    type: Array


def rows_of(axes: Axes, parameters: Parameters, specs: Sequence[Any]) -> tuple[list[Any], list[Mapped]]:
    """Canonical specifications as one row has them, and the leaves that are mapped."""
    found: list[Mapped] = []
    empty = parameters.own.empty
    both = zip(specs, parameters.defaulted, strict=True)
    defaulted = [d is not empty and is_default(spec, d) for spec, d in both]
    chosen = of_parameters(axes, parameters, specs, defaulted)
    out: list[Any] = []
    for name, kind, spec, axis in zip(parameters.names, parameters.kinds, specs, chosen, strict=True):
        if kind is Kind.VAR_POSITIONAL:
            pairs = enumerate(zip(spec, axis, strict=True))
            out.append(tuple(row_spec(s, a, f"{name}[{k}]", found) for k, (s, a) in pairs))
        elif kind is Kind.VAR_KEYWORD:
            out.append({k: row_spec(s, axis[k], k, found) for k, s in spec.items()})
        else:
            out.append(row_spec(spec, axis, name, found))
    return out, found


def is_default(spec: Any, default: Any) -> bool:
    """Whether a specification is that of a parameter's default: of that very object."""
    own = children(spec)
    if own is None:
        return getattr(spec, "value", None) is default
    if not pytrees.is_container(default):
        return False
    theirs = pytrees.children(default)
    return len(own) == len(theirs) and all(is_default(s, d) for (_, s), (_, d) in zip(own, theirs, strict=True))


def row_spec(spec: Any, axes: Axes, where: str, found: list[Mapped]) -> Any:
    """The specification of an argument as one row has it; ``found`` gets the leaves that are mapped."""
    leaves = iter(of_leaves(axes, spec, where, "in_axes"))

    def rebuilt(spec: Any) -> Any:
        if isinstance(spec, Record):
            return Record(spec.value, {k: rebuilt(v) for k, v in spec.fields.items()})
        if children(spec) is not None:
            return pytrees.rebuilt(spec, [rebuilt(item) for _, item in pytrees.children(spec)])
        path, leaf, axis = next(leaves)
        if axis is None or not isinstance(leaf, Leaf):
            return leaf
        axis = normal(axis, leaf.type, path)
        assert isinstance(leaf.type, Array)
        found.append(Mapped(path, axis, leaf.type))
        row = row_type(leaf.type, axis)
        sample: Any = UNKNOWN
        if isinstance(leaf.value, np.ndarray) and leaf.value.shape[axis] and isinstance(row, Array):
            sample = leaf.value[(slice(None),) * axis + (0,)]
        return Leaf(row, sample, active=True)

    return rebuilt(spec)


def of_rows(guard: Guard, mapped: Sequence[Mapped]) -> Guard:
    """What has to be true of a row, as it is asked of the argument that the row is of."""

    def renamed(path: str) -> str:
        for m in mapped:
            if path == m.where or path.startswith((f"{m.where}.shape", f"{m.where}.flags")):
                return f"{m.where}[{':, ' * m.axis}0]{path[len(m.where):]}"
        return path

    other = None if guard.other is None else (renamed(guard.other[0]), guard.other[1])
    return replace(guard, path=renamed(guard.path), other=other)


def extent(mapped: Sequence[Mapped], size: int | None) -> Axis:
    """What is known of the number of rows.

    Raises
    ------
    InputError
        Nothing is mapped, or arguments have unlike numbers of rows.
    """
    if not mapped and size is None:
        raise InputError(
            "vmap has nothing to map: in_axes is None for every argument",
            instead="give an axis for one of them, or the number of rows with axis_size",
        )
    found = {m.type.axes[m.axis]: m for m in mapped if m.type.axes is not None}
    if {"1", "n"} <= found.keys():
        one, more = found["1"], found["n"]
        raise InputError(
            f"vmap got unlike numbers of rows: axis {one.axis} of {one.where} has length 1, axis {more.axis} of "
            f"{more.where} has another",
            instead="repeat the one, or pass it without that axis and with None in in_axes",
        )
    if size is not None:
        return "1" if size == 1 else "n"
    return "n" if "n" in found else "1" if "1" in found else "?"


def vectorized(
    trace: Trace, mapped: Sequence[Mapped], out_axes: Axes, size: int | None = None
) -> Trace:
    """The trace of one row, for all rows, with its result in the structure and along the axes that were asked for."""
    axes = {m.where: m.axis for m in mapped}
    chosen = {p.value: axes[p.path] for p in trace.params if p.kind == "argument" and p.path in axes}
    out = [axis for _, _, axis in of_leaves(out_axes, trace.result, "result", "out_axes")]
    return transforms.batch(trace, chosen, out=out, extent=extent(mapped, size), size=size)


def told(name: str, mapped: Sequence[Mapped]) -> str:
    """What the generated function says that it is."""
    along = [f"{m.where}{f' (axis {m.axis})' if m.axis else ''}" for m in mapped]
    return f"{name} for every row of {', '.join(along)}." if along else f"{name} for a number of rows."
