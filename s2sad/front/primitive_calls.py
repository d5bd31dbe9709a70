"""Calls of primitives: their arguments in place, folded where all are known, ``out=`` stored into."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from s2sad.front.fitting import EMPTY, is_default, parameters_of
from s2sad.front.instances import Instances
from s2sad.front.machine import NUMBER
from s2sad.front.values import (
    NONE,
    Abstract,
    Known,
    ListOf,
    RangeOf,
    Record,
    TupleOf,
    View,
    is_none,
    pack,
)
from s2sad.ir.core import Literal, Ref, Value
from s2sad.ir.primitive import Primitive
from s2sad.ir.types import List, Struct


class Primitives(Instances):
    """Calling primitives."""

    def apply(self, prim: Primitive, args: tuple[Abstract, ...], kwargs: dict[str, Abstract]) -> Abstract:  # type: ignore[override]
        """A call of a primitive, in canonical form."""
        out = kwargs.pop("out", None) if "out" in kwargs and "out" not in prim.signature.parameters else None
        if prim.name == "np.array" and args and isinstance(args[0], ListOf) and self.holds_rows(args[0]):
            args = (self.call(Known(arrays_of), (args[0],)), *args[1:])
        if any(isinstance(a, Record) for a in args) and prim.spelling.style == "function":
            args = tuple(map(self.array_of_record, args))
        args = tuple(self.array_of_range(a) if isinstance(a, RangeOf) else a for a in args)
        positional, options = self.arrange(prim, args, kwargs)
        values = (*positional, *options.values())
        if all(isinstance(v, Known) for v in values) and not prim.effect:
            folded = self.fold_call(prim, positional, options)
            if folded is not None:
                return folded
        arguments = tuple(map(self.to_arg, positional))
        keywords = {k: self.to_arg(v) for k, v in options.items()}
        results = self.emits(prim, *arguments, **keywords)
        if not results:
            return NONE
        if len(results) > 1:
            several = pack([self.wrap(r) for r in results])
            return several if out is None else self.store_out(out, several)
        first = positional[0] if positional else None
        if prim.alias == "same" and isinstance(first, View) and results[0].type == self.read(first).type:
            return first
        result = self.result(prim, results[0], first, arguments, keywords, positional)
        return result if out is None else self.store_out(out, result)

    def array_of_range(self, numbers: RangeOf) -> Abstract:
        """A range as the array that NumPy makes of it."""
        return self.call(Known(np.arange), (numbers.start, numbers.stop, numbers.step))

    def array_of_record(self, value: Abstract) -> Abstract:
        """What NumPy makes of an object that says how by ``__array__``; the object itself where it does not."""
        found = self.special_method(value, "__array__") if isinstance(value, Record) else None
        return value if found is None else self.call(found, ())

    def holds_rows(self, value: ListOf) -> bool:
        """Whether it is a list of unknown length of tuples or lists."""
        content = self.content(value)
        t = content.type if isinstance(content, Value) else None
        return isinstance(t, List) and isinstance(t.item, List | Struct) and getattr(t.item, "kind", "list") in ("list", "tuple")  # noqa: E501

    def store_out(self, out: Abstract, result: Abstract) -> Abstract:
        """The result of a call with ``out=``, stored there; None stands for a new array."""
        if isinstance(out, TupleOf) and isinstance(result, TupleOf) and len(out.items) == len(result.items):
            return pack([self.store_out(o, r) for o, r in zip(out.items, result.items, strict=True)])
        if isinstance(out, TupleOf) and len(out.items) == 1:
            out = out.items[0]
        if is_none(out):
            return result
        if not isinstance(out, View):
            self.refuse(f"out={self.describe(out)}")
        value = self.to_arg(result)
        assert isinstance(value, Value | Literal | Ref)
        self.update(out, value)
        return out

    def arrange(self, prim: Primitive, args: tuple[Abstract, ...], kwargs: dict[str, Abstract]) -> tuple[tuple[Abstract, ...], dict[str, Abstract]]:  # noqa: E501
        """Required parameters positionally, the rest by keyword and only where it differs from the default."""
        positional: list[Abstract] = []
        options: dict[str, Abstract] = {}
        rest = list(args)
        named = dict(kwargs)
        for name, kind, default in parameters_of(prim):
            if kind is inspect.Parameter.VAR_POSITIONAL:
                positional.extend(rest)
                rest = []
                continue
            if kind is inspect.Parameter.VAR_KEYWORD:
                options.update(named)
                named = {}
                continue
            if rest and kind is not inspect.Parameter.KEYWORD_ONLY:
                value = rest.pop(0)
            elif name in named:
                value = named.pop(name)
            elif default is not EMPTY:
                continue
            else:
                self.wrong(f"{prim.name} needs an argument {name!r}", why="Python would raise TypeError")
            if default is EMPTY:
                positional.append(value)
            elif not is_default(value, default):
                options[name] = value
        for name, value in list(named.items()):
            if name == "dtype" and isinstance(value, Known) and value.value is None:
                del named[name]
        if rest or named:
            extra = ", ".join(f"{n}=" for n in named) or "so many arguments"
            self.refuse(
                f"{prim.name} with {extra}",
                why="this form of the call is not modelled",
                instead="leave the argument out, or compute the same with other operations",
            )
        return tuple(positional), options

    def fold_call(self, prim: Primitive, args: tuple[Abstract, ...], options: dict[str, Abstract]) -> Abstract | None:
        """A function of known numbers, computed now; None where it makes an array, or raises."""
        if not args or not all(isinstance(a.value, NUMBER) for a in args if isinstance(a, Known)):
            return None
        if prim.spelling.style == "special":
            return None
        values = [a.value for a in args if isinstance(a, Known)]
        named = {k: v.value for k, v in options.items() if isinstance(v, Known)}
        try:
            with np.errstate(all="ignore"):
                out = prim.run(*values, **named)
        except Exception:  # it raises at run time as well
            return None
        if not isinstance(out, NUMBER):
            return None
        if isinstance(out, bool | int) or options:
            return Known(out) if isinstance(out, bool | int) else None
        return Known(out, expression=(prim, args))


def arrays_of(rows: Any) -> Any:
    """An array for each item."""
    return [np.array(row) for row in rows]
