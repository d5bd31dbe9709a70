"""Calling a class: what making an instance of it means."""

from __future__ import annotations

import argparse
import dataclasses as dc
import inspect
import sys
import types
import typing
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import numpy as np

from s2sad.front.externals import is_library, plain_function
from s2sad.front.keys import Keys
from s2sad.front.values import Abstract, Known, Record, TupleOf

NAMESPACES = (types.SimpleNamespace, argparse.Namespace)
CONSTANTS = ("numpy", "fractions", "decimal", "datetime")
"""Modules whose objects do not change: what is made of known things is made while tracing."""
CALLED_WHEN_KNOWN = ("builtins", "numpy", "fractions", "decimal", "types", "collections", "datetime")


def all_known(args: Sequence[Abstract], kwargs: Mapping[str, Abstract]) -> bool:
    return all(isinstance(a, Known) for a in (*args, *kwargs.values()))


HEAP_TYPE = 1 << 9  # of ``type.__flags__``: not one of the static types of C


def written_in_python(cls: type) -> bool:
    """Whether making an instance runs Python alone: a class of the user's, or one of a library with no base in C."""
    if not is_library(cls.__module__):
        return True
    return all(
        base is object
        or base.__flags__ & HEAP_TYPE and str(getattr(sys.modules.get(base.__module__), "__file__", "")).endswith(".py")
        for base in cls.__mro__
    )


class Instances(Keys):
    """Construction of exceptions, namedtuples, dataclasses and plain classes."""

    def construct(self, cls: type, args: tuple[Abstract, ...], kwargs: dict[str, Abstract]) -> Abstract:
        if issubclass(cls, BaseException):
            return self.new_exception(cls, args, kwargs)
        if cls.__module__ in CONSTANTS and all_known(args, kwargs):
            return self.run_now(cls, args, kwargs)
        maker = inspect.getattr_static(cls, "__new__", None)
        maker = maker.__func__ if isinstance(maker, staticmethod) else maker
        if plain_function(maker) and written_in_python(cls):
            return self.made_by_new(cls, maker, args, kwargs)
        return self.construct_plainly(cls, args, kwargs)

    def new_exception(self, cls: type, args: tuple[Abstract, ...], kwargs: dict[str, Abstract]) -> Abstract:
        raise NotImplementedError

    def made_by_new(self, cls: type, maker: Any, args: tuple[Abstract, ...], kwargs: dict[str, Abstract]) -> Abstract:
        """A class with ``__new__`` of its own, which gets its instance from ``super().__new__``."""
        made = self.call(Known(maker), (Known(cls), *args), kwargs)
        if isinstance(made, Record) and issubclass(made.cls, cls) and plain_function(made.cls.__init__):
            self.call(Known(made.cls.__init__), (made, *args), kwargs)
        return made

    def bare(self, cls: type, content: dict[str, Abstract] | None = None) -> Record:
        """An instance without or with attributes, its ``__init__`` not run."""
        record = Record(cls)
        self.state.write(self.state.heap, record, {} if content is None else content)
        return record

    def construct_plainly(self, cls: Any, args: tuple[Abstract, ...], kwargs: dict[str, Abstract]) -> Abstract:
        if issubclass(cls, tuple) and hasattr(cls, "_fields"):
            return self.construct_namedtuple(cls, args, kwargs)
        if typing.is_typeddict(cls):
            return self.call(Known(dict), args, kwargs)
        if cls in NAMESPACES:
            if args:
                self.refuse(f"{cls.__name__} with positional arguments", instead="pass keywords")
            return self.bare(cls, dict(kwargs))
        if inspect.isabstract(cls):
            names = ", ".join(sorted(cls.__abstractmethods__))
            raise TypeError(f"Can't instantiate abstract class {cls.__name__} with abstract methods {names}")
        if issubclass(cls, list | dict | set | tuple | float | int | str | complex | np.ndarray) and not is_library(cls.__module__):  # noqa: E501
            base = next(b for b in cls.__mro__ if is_library(b.__module__))
            if not all_known(args, kwargs) or plain_function(cls.__init__):
                self.refuse(
                    f"an object of class {cls.__name__}, which is a {base.__name__}, made of traced values",
                    why="what the base class does with its own memory is not modelled",
                    instead=f"hold the {base.__name__} as an attribute",
                )
        if hasattr(cls, "__dataclass_fields__") and not plain_function(cls.__init__):
            return self.construct_dataclass(cls, args, kwargs)
        if plain_function(cls.__init__) and written_in_python(cls):
            record = self.bare(cls)
            self.call(Known(cls.__init__), (record, *args), kwargs)
            return record
        if all_known(args, kwargs) and (cls.__module__ in CALLED_WHEN_KNOWN or hasattr(cls, "__members__")):
            return self.run_now(cls, args, kwargs)
        if cls.__init__ is object.__init__ and written_in_python(cls):
            if args or kwargs:
                raise TypeError(f"{cls.__name__}() takes no arguments")
            return self.bare(cls)
        if issubclass(cls, type(None) | np.generic):
            self.unknown_function(cls)
        self.refuse(f"an object of class {cls.__name__} made of traced values", instead="use a tuple, a dict or a dataclass")  # noqa: E501

    def construct_namedtuple(self, cls: Any, args: tuple[Abstract, ...], kwargs: dict[str, Abstract]) -> Abstract:
        fields = list(cls._fields)
        if [*inspect.signature(cls.__new__).parameters][1:] != fields:
            if all_known(args, kwargs):
                return self.run_now(cls, args, kwargs)
            self.refuse(
                f"an object of class {cls.__name__}, which makes its instances in a way of its own",
                why="there is no source of it to trace into",
                instead="use collections.namedtuple or a dataclass",
            )
        if len(args) > len(fields):
            raise TypeError(f"{cls.__name__}.__new__() takes {len(fields) + 1} positional arguments but {len(args) + 1} were given")  # noqa: E501
        given = dict(zip(fields, args, strict=False))
        for name, value in kwargs.items():
            if name in given or name not in fields:
                problem = "multiple values for" if name in given else "an unexpected keyword"
                raise TypeError(f"{cls.__name__}.__new__() got {problem} argument {name!r}")
            given[name] = value
        defaults = cls._field_defaults
        absent = [f for f in fields if f not in given and f not in defaults]
        if absent:
            raise TypeError(f"{cls.__name__}.__new__() missing required argument: {absent[0]!r}")
        items = [given[f] if f in given else self.constant_container(defaults[f]) for f in fields]
        return TupleOf(tuple(items), cls)

    def construct_dataclass(self, cls: Any, args: tuple[Abstract, ...], kwargs: dict[str, Abstract]) -> Abstract:
        parameters = list(inspect.signature(cls.__init__).parameters.values())[1:]
        places = [p.name for p in parameters if p.kind is not p.KEYWORD_ONLY]
        names = {p.name for p in parameters}
        if len(args) > len(places):
            raise TypeError(f"{cls.__name__}.__init__() takes {len(places) + 1} positional arguments but {len(args) + 1} were given")  # noqa: E501
        given: dict[str, Abstract] = dict(zip(places, args, strict=False))
        for name, value in kwargs.items():
            if name in given or name not in names:
                problem = "multiple values for" if name in given else "an unexpected keyword"
                raise TypeError(f"{cls.__name__}.__init__() got {problem} argument {name!r}")
            given[name] = value
        fields = {f.name: f for f in dc.fields(cls)}
        content: dict[str, Abstract] = {}
        for f in fields.values():
            if f.init and f.name in given:
                content[f.name] = given[f.name]
            elif f.default is not dc.MISSING:
                content[f.name] = self.constant_container(f.default)
            elif f.default_factory is not dc.MISSING:
                content[f.name] = self.call(Known(f.default_factory), ())
            elif f.init:
                self.wrong(f"{cls.__name__} needs an argument {f.name!r}", why="Python would raise TypeError")
        record = self.bare(cls)
        for name, value in content.items():  # as the generated __init__ does: properties and descriptors see it
            self.set_record_attribute(record, name, value, raw=cls.__dataclass_params__.frozen)
        after = inspect.getattr_static(cls, "__post_init__", None)
        if after is not None:
            variables = [p for p in parameters if p.name not in fields]  # InitVar: handed on, not kept
            handed = [given[p.name] if p.name in given else self.constant_container(p.default) for p in variables]
            self.call(Known(after), (record, *handed))
        return record

    def run_now(self, f: Any, args: tuple[Abstract, ...], kwargs: dict[str, Abstract]) -> Abstract:
        raise NotImplementedError

    def unknown_function(self, f: Any) -> NoReturn:
        raise NotImplementedError
