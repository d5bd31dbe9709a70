"""Functions that look at objects: ``vars``, ``copy``, the functions of ``dataclasses``, conversions of user classes."""

from __future__ import annotations

import dataclasses
import decimal
import fractions
import math
import operator
from collections.abc import Callable
from typing import Any

from s2sad.front.attributes import new_instance
from s2sad.front.conversions import number_like
from s2sad.front.copies import Copies
from s2sad.front.externals import change_outside, make_namedtuple
from s2sad.front.values import NONE, Abstract, DictOf, Known, ListOf, Record, TupleOf

Args = tuple[Abstract, ...]
Kwargs = dict[str, Abstract]


class Reflection(Copies):
    """Handlers of the table below; one answers None where the ordinary way of calling does."""

    def call_vars(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        if len(args) == 1 and isinstance(args[0], Record):
            return args[0].attributes
        return self.attribute(args[0], "__dict__") if len(args) == 1 else None

    def call_change_outside(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        owner, name, *given = args
        assert isinstance(owner, Known) and isinstance(name, Known)
        if kwargs:
            self.refuse(f"{name.value} with keyword arguments")
        return self.call_change(owner, name.value, given)

    def call_make_namedtuple(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        cls, items = args
        assert isinstance(cls, Known)
        return self.construct_namedtuple(cls.value, tuple(self.known_items(items, "_make")), kwargs)

    def call_new_instance(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        cls = args[0]
        if not isinstance(cls, Known) or not isinstance(cls.value, type):
            self.refuse("__new__ of a class that is not known")
        if issubclass(cls.value, tuple) and hasattr(cls.value, "_fields"):
            return self.construct_namedtuple(cls.value, args[1:], kwargs)
        if issubclass(cls.value, list | dict | tuple | set | float | int | str):
            self.refuse(f"__new__ of {cls.value.__name__}", instead="hold the value as an attribute")
        return self.bare(cls.value)

    def call_set_attribute(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        """``object.__setattr__(owner, name, value)``."""
        owner, name, value = args
        if not isinstance(name, Known):
            self.refuse("a store of an attribute whose name is not known")
        if isinstance(owner, Record):
            self.set_record_attribute(owner, name.value, value, raw=True)
        else:
            self.set_attribute(owner, name.value, value)
        return NONE

    def call_get_attribute(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        return self.call(Known(getattr), args)

    def call_delattr(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        owner, name = args
        if not isinstance(name, Known):
            self.refuse("delattr with a name that is not known")
        self.delete_attribute(owner, name.value)
        return NONE

    # -- dataclasses -----------------------------------------------------------------------------------------------

    def call_replace(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        owner = args[0]
        if isinstance(owner, TupleOf):
            return self.call_method(owner, "_replace", (), kwargs)
        cls = owner.cls if isinstance(owner, Record) else type(owner.value) if isinstance(owner, Known) else None
        if cls is None or not dataclasses.is_dataclass(cls):
            self.wrong(f"dataclasses.replace of {self.describe(owner)}", why="Python would raise TypeError")
        given = dict(kwargs)
        for f in dataclasses.fields(cls):
            if not f.init:
                if f.name in kwargs:
                    raise ValueError(f"field {f.name} is declared with init=False, it cannot be specified with replace()")  # noqa: E501
            elif f.name not in given:
                given[f.name] = self.attribute(owner, f.name)
        return self.construct(cls, (), given)

    def call_fields(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        cls = self.kind_of(args[0])
        found = dataclasses.fields(args[0].value if isinstance(args[0], Known) else cls)
        return TupleOf(tuple(Known(f) for f in found))

    def call_is_dataclass(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        value = args[0]
        return Known(dataclasses.is_dataclass(value.value if isinstance(value, Known) else self.kind_of(value)))

    def call_asdict(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        return self.as_plain(args[0], "dict", kwargs)

    def call_astuple(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        return self.as_plain(args[0], "tuple", kwargs)

    def as_plain(self, value: Abstract, kind: str, kwargs: Kwargs) -> Abstract:
        """``dataclasses.asdict`` and ``astuple``: containers are made anew, the rest is copied."""
        if kwargs:
            self.refuse(f"dataclasses.as{kind} with a factory", instead="call it on the result")
        cls = value.cls if isinstance(value, Record) else type(value.value) if isinstance(value, Known) else type(None)
        if dataclasses.is_dataclass(cls):
            names = [f.name for f in dataclasses.fields(cls)]
            parts = [self.as_plain(self.attribute(value, n), kind, {}) for n in names]
            return self.container(kind, tuple(names), parts, None)
        match value:
            case TupleOf(items=items, cls=named):
                return TupleOf(tuple(self.as_plain(i, kind, {}) for i in items), named)
            case ListOf() if isinstance(content := self.content(value), tuple):
                return self.new_list([self.as_plain(i, kind, {}) for i in content])
            case DictOf():
                held = self.content(value)
                return self.container("dict", tuple(held), [self.as_plain(v, kind, {}) for v in held.values()], None)
        return self.duplicate(value, deep=True)

    # -- conversions of user classes -------------------------------------------------------------------------------

    def converted(self, name: str, args: Args, kwargs: Kwargs) -> Abstract | None:
        """``abs(v)``, ``float(v)`` … of an object whose class says what that means."""
        if not args or number_like(args[0]):
            return None
        found = self.special_method(args[0], name)
        return None if found is None else self.call(found, args[1:], kwargs)

    def call_abs(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        return self.converted("__abs__", args, kwargs)

    def call_float(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        if args and isinstance(args[0], Known) and isinstance(args[0].value, fractions.Fraction | decimal.Decimal):
            return Known(float(args[0].value))
        return self.converted("__float__", args, kwargs)

    def call_int(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        return self.converted("__int__", args, kwargs)

    def call_complex(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        return self.converted("__complex__", args, kwargs)

    def call_round(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        return self.converted("__round__", args, kwargs)

    def call_floor(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        return self.converted("__floor__", args, kwargs)

    def call_ceil(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        return self.converted("__ceil__", args, kwargs)

    # -- rooms around ----------------------------------------------------------------------------------------------

    def kind_of(self, value: Abstract) -> type:
        raise NotImplementedError


REFLECTION: dict[Callable[..., Any], str] = {
    vars: "call_vars", new_instance: "call_new_instance", object.__new__: "call_new_instance",
    object.__setattr__: "call_set_attribute", object.__getattribute__: "call_get_attribute", delattr: "call_delattr",
    dataclasses.replace: "call_replace", dataclasses.fields: "call_fields", dataclasses.asdict: "call_asdict",
    dataclasses.astuple: "call_astuple", dataclasses.is_dataclass: "call_is_dataclass",
    change_outside: "call_change_outside", make_namedtuple: "call_make_namedtuple",
    abs: "call_abs", operator.abs: "call_abs", float: "call_float", int: "call_int", complex: "call_complex",
    round: "call_round", math.floor: "call_floor", math.ceil: "call_ceil",
}  # fmt: skip

__all__ = ["REFLECTION", "Reflection"]
