"""The arguments of one call of a function that has rules: as the program has them, and as a rule's body sees them."""

from __future__ import annotations

import functools
import inspect
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from s2sad.compiler.declared import NOTHING, Custom
from s2sad.front.calls import Calls
from s2sad.front.conversions import number_like
from s2sad.front.externals import PLAIN
from s2sad.front.machine import NUMBER
from s2sad.front.values import Abstract, Known, Source, pack
from s2sad.ir.core import Arg, Literal, Pack, Value
from s2sad.ir.walk import map_arg

_Kind = inspect._ParameterKind
Seen = tuple[Arg, Abstract | None]  # a structure over values of the body's own, or what is known anyway


@dataclass(eq=False)
class Operands:
    """The arguments of a call by parameter: as the program has them, as operands, and as a rule's body sees them.

    ``kinds``: how each is written. ``defaults`` are the parameters that this call leaves to the function.
    """

    names: list[str] = field(default_factory=list)
    values: list[Abstract] = field(default_factory=list)
    args: list[Arg] = field(default_factory=list)
    inner: list[Arg] = field(default_factory=list)
    shown: list[Abstract | None] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    defaults: dict[str, Abstract] = field(default_factory=dict)

    @classmethod
    def of(cls, machine: Calls, custom: Custom, args: Sequence[Abstract], kwargs: Mapping[str, Abstract]) -> Operands:
        try:
            bound = custom.signature.bind(*args, **kwargs).arguments
        except TypeError as error:
            machine.wrong(f"{custom.name}() {error}", why="Python would raise TypeError")
        out = cls()
        spread = any(p.kind is _Kind.VAR_POSITIONAL and bound.get(n) for n, p in custom.signature.parameters.items())
        for name, p in custom.signature.parameters.items():
            if name not in bound:
                if p.default is not NOTHING:
                    out.defaults[name] = default_of(machine, custom, p)
                    if spread and p.kind is not _Kind.KEYWORD_ONLY:
                        out.add(machine, name, out.defaults.pop(name), "positional")
                elif p.kind is _Kind.VAR_POSITIONAL:
                    out.defaults[name] = pack(())
                continue
            match p.kind:
                case _Kind.VAR_POSITIONAL:
                    out.add(machine, name, pack(tuple(bound[name])), "spread")
                case _Kind.VAR_KEYWORD:
                    for key, value in bound[name].items():
                        out.add(machine, key, value, "keyword")
                case _:
                    by_place = p.default is NOTHING or bool(spread) or p.kind is _Kind.POSITIONAL_ONLY
                    by_place = by_place and p.kind is not _Kind.KEYWORD_ONLY
                    out.add(machine, name, bound[name], "positional" if by_place else "keyword")
        return out

    def add(self, machine: Calls, name: str, value: Abstract, kind: str) -> None:
        arg, inner, shown = operand(machine, value, name)
        self.names.append(name)
        self.values.append(value)
        self.args.append(arg)
        self.inner.append(inner)
        self.shown.append(shown)
        self.kinds.append(kind)

    def written(self) -> tuple[list[Arg], dict[str, Arg]]:
        """Positional and keyword operands."""
        positional: list[Arg] = []
        keywords: dict[str, Arg] = {}
        for name, arg, kind in zip(self.names, self.args, self.kinds, strict=True):
            if kind == "positional":
                positional.append(arg)
            elif kind == "spread":
                assert isinstance(arg, Pack)
                positional.extend(arg.items)
            else:
                keywords[name] = arg
        return positional, keywords

    def seen(self) -> dict[str, Seen]:
        """What the body of a rule sees by each name."""
        given = zip(self.names, self.inner, self.shown, strict=True)
        return {n: (Literal(None), v) for n, v in self.defaults.items()} | {n: (a, v) for n, a, v in given}

    def key(self) -> tuple[Any, ...]:
        """Equal for calls that have the same rules."""
        parts = zip(self.names, self.inner, self.values, self.kinds, strict=True)
        return tuple((n, likeness(a), id(v.value) if isinstance(v, Known) else 0, k) for n, a, v, k in parts)

    def parameters(self, hidden: Sequence[str]) -> inspect.Signature:
        """The signature of the operation."""
        kinds = {"spread": _Kind.VAR_POSITIONAL, "keyword": _Kind.KEYWORD_ONLY}
        made = [
            inspect.Parameter(n, kinds.get(k, _Kind.POSITIONAL_OR_KEYWORD), default=None if k == "keyword" else NOTHING)
            for n, k in zip(self.names, self.kinds, strict=True)
        ]
        made.sort(key=lambda p: p.kind)
        return inspect.Signature([*made, *(inspect.Parameter(h, _Kind.KEYWORD_ONLY, default=None) for h in hidden)])


def default_of(machine: Calls, custom: Custom, p: inspect.Parameter) -> Abstract:
    """A default of the function's: numbers are constants of the program, arrays captures."""
    if p.default is None or isinstance(p.default, NUMBER | str | bool):
        return Known(p.default)
    source = Source(f"default:{custom.name}.{p.name}", functools.partial(getattr, p, "default"))
    return machine.external(p.default, source)


def operand(machine: Calls, value: Abstract, name: str) -> tuple[Arg, Arg, Abstract | None]:
    """An argument as an operand, as a structure of new values, and what of it the body of a rule sees as it is."""
    if isinstance(value, Known) and not number_like(value) and value.value is not None:
        known = value.value
        if not isinstance(known, (str, bytes, bool, tuple, slice, np.dtype, *PLAIN)) and known is not Ellipsis:
            if not machine.located:
                machine.refuse(
                    f"an object ({type(known).__name__}) handed to a function that has a rule, in a rule",
                    why="the rule is put into many derivatives, and none of them has the object",
                    instead="make it an argument of the function that the rule is for",
                )
            return machine.owner_parameter(value), Literal(None), value
        return machine.to_arg(value), Literal(None), value
    arg = machine.to_arg(value)
    if isinstance(arg, Pack) and any(isinstance(p, Pack) and p.kind == "record" and p.cls is not None and not (
        hasattr(p.cls, "__dataclass_fields__") or hasattr(p.cls, "_fields")
    ) for p in packs_of(arg)):
        machine.refuse(
            f"an object of the program ({name}) handed to a function that has a rule",
            why="only dataclasses and named tuples are made again for it", instead="hand on its attributes",
        )
    inner = map_arg(arg, lambda a: Value(a.type, a.name or name) if isinstance(a, Value) else a)
    return arg, inner, None


def packs_of(arg: Arg) -> list[Pack]:
    """A structure, and those in it."""
    return [arg, *itertools.chain.from_iterable(map(packs_of, arg.items))] if isinstance(arg, Pack) else []


def likeness(arg: Arg) -> Any:
    """What two structures of values have in common when the same rules serve both."""
    match arg:
        case Pack(kind=kind, items=items, keys=keys, cls=cls):
            return kind, tuple(map(likeness, items)), keys, cls
        case Value(type=t):
            return t
        case _:
            return repr(arg)
