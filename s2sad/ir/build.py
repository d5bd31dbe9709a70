"""Making traces: a builder that appends operations and infers the types of their results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from s2sad.errors import Error, Location
from s2sad.ir.core import Arg, Atom, Call, For, If, Literal, Op, Pack, Ref, Region, Value, While
from s2sad.ir.primitive import Primitive
from s2sad.ir.types import INT, Type


def as_arg(value: Any) -> Arg:
    """A Python value as an argument: atoms stay, tuples, lists and slices become Packs, the rest literals."""
    match value:
        case Value() | Literal() | Ref() | Pack():
            return value
        case tuple():
            return Pack("tuple", tuple(map(as_arg, value)))
        case list():
            return Pack("list", tuple(map(as_arg, value)))
        case slice():
            return Pack("slice", (as_arg(value.start), as_arg(value.stop), as_arg(value.step)))
        case _:
            return Literal(value)


@dataclass
class Builder:
    """Appends to ``ops``. ``loc`` is given to every operation made while it is set."""

    ops: list[Op] = field(default_factory=list)
    loc: Location | None = None
    noted: int = 0  # operations that an analysis following the builder has seen

    def nested(self) -> Builder:
        """A builder for a region inside this one."""
        return Builder(loc=self.loc)

    def region(self, params: tuple[Value, ...] = (), yields: tuple[Atom, ...] = ()) -> Region:
        return Region(params, tuple(self.ops), yields)

    def emit(self, op: Op) -> Op:
        self.ops.append(op)
        return op

    def calls(
        self, prim: Primitive, *args: Any, names: tuple[str | None, ...] = (), **kwargs: Any
    ) -> tuple[Value, ...]:
        """Append a call; the results, typed by inference. Arguments may be plain Python values (see ``as_arg``)."""
        return self.apply(prim, args, kwargs, names)

    def apply(
        self, prim: Primitive, args: Sequence[Any], kwargs: Mapping[str, Any], names: tuple[str | None, ...] = ()
    ) -> tuple[Value, ...]:
        """``calls``, with the arguments as a sequence and a mapping."""
        arguments = tuple(map(as_arg, args))
        keywords = {k: as_arg(v) for k, v in kwargs.items()}
        try:
            types = prim.infer(*arguments, **keywords)
        except Error as error:
            raise error.at(self.loc) from None
        if not isinstance(types, tuple):
            types = (types,)
        results = tuple(Value(t, names[k] if k < len(names) else None) for k, t in enumerate(types))
        self.emit(Call(prim, arguments, results, tuple(keywords.items()), self.loc))
        return results

    def call(self, prim: Primitive, *args: Any, name: str | None = None, **kwargs: Any) -> Value:
        """Append a call with exactly one result."""
        (value,) = self.calls(prim, *args, names=(name,), **kwargs)
        return value

    def if_(self, pred: Atom, then: Region, orelse: Region, types: tuple[Type, ...], names: tuple[str | None, ...] = ()) -> tuple[Value, ...]:  # noqa: E501
        results = tuple(Value(t, names[k] if k < len(names) else None) for k, t in enumerate(types))
        self.emit(If(pred, then, orelse, results, self.loc))
        return results

    def for_(self, start: Atom, stop: Atom, step: Atom, inits: tuple[Atom, ...], body: Region, exits: bool = False) -> tuple[Value, ...]:  # noqa: E501
        """Results take the types and names of the carried parameters."""
        results = tuple(Value(p.type, p.name) for p in body.params[1:])
        self.emit(For(start, stop, step, inits, body, results, exits, self.loc))
        return results

    def while_(self, inits: tuple[Atom, ...], cond: Region, body: Region, exits: bool = False) -> tuple[Value, ...]:
        results = tuple(Value(p.type, p.name) for p in body.params)
        self.emit(While(inits, cond, body, results, exits, self.loc))
        return results


def index_value(name: str | None = "i") -> Value:
    """A fresh induction variable."""
    return Value(INT, name)
