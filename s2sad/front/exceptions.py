"""Exceptions as values: made, raised, raised again, asked for their message.

An exception is a ``Record`` of its class. Its content has ``args`` and what an ``__init__`` of the user's stores;
``$made`` are the arguments it was constructed with, from which generated code makes it anew.
"""

from __future__ import annotations

import ast
import functools
import inspect
import math
import types
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from s2sad.front.externals import plain_function
from s2sad.front.statements import RUN, Statements
from s2sad.front.values import NONE, Abstract, Known, Method, Partial, Poison, Record, Text, TupleOf, pack
from s2sad.ir.core import Arg, Value
from s2sad.ir.primitive import Primitive
from s2sad.ir.types import Scalar

UNKNOWN_MESSAGE = Poison(
    "the message of an exception that an operation raised",
    "it is made by Python or NumPy at run time, and may hold values",
    "write a message of your own",
)


class Exceptions(Statements):
    """Making and raising exceptions."""

    def new_exception(self, cls: type, args: tuple[Abstract, ...], kwargs: dict[str, Abstract]) -> Record:
        """``cls(*args, **kwargs)`` of an exception class."""
        record = Record(cls)
        init: Any = inspect.getattr_static(cls, "__init__")
        own = plain_function(init)
        if kwargs and not own:
            self.refuse("an exception with keyword arguments is not supported", instead="pass them by position")
        named = pack([pack((Known(k), v)) for k, v in kwargs.items()])
        self.state.write(self.state.heap, record, {"args": pack(args), "$made": pack(args), "$named": named})
        if own:
            self.call(Known(init), (record, *args), kwargs)
        return record

    def set_message(self, record: Abstract, args: tuple[Abstract, ...]) -> Abstract:
        """``super().__init__(*args)`` in the ``__init__`` of an exception class."""
        if isinstance(record, Record):
            self.state.write(self.state.heap, record, {**self.content(record), "args": pack(args)})
        return NONE

    def super_attribute(self, owner: Abstract, start: int, name: str) -> Abstract:
        if name == "__init__" and isinstance(owner, Record) and issubclass(owner.cls, BaseException):
            found = next((vars(c)[name] for c in owner.cls.__mro__[start:] if name in vars(c)), None)
            if not isinstance(found, types.FunctionType):
                return Method(owner, "$message")
        return super().super_attribute(owner, start, name)

    def call_method(self, owner: Abstract, name: str, args: tuple[Abstract, ...], kwargs: dict[str, Abstract]) -> Abstract:  # noqa: E501
        if name == "$message":
            return self.set_message(owner, args)
        return super().call_method(owner, name, args, kwargs)

    def message(self, record: Record) -> Abstract:
        """``str(exception)``."""
        found = self.special_method(record, "__str__")
        if isinstance(found, Partial) and isinstance(found.function, Known) and plain_function(found.function.value):
            return self.call(found, ())
        args = self.record_attribute(record, "args")
        if not isinstance(args, TupleOf):
            self.refuse(
                "the message of an exception whose args are not a tuple here",
                why="the text is made of the args, and another value was stored there",
                instead="make an exception with the args that it is to have",
            )
        if issubclass(record.cls, KeyError) and len(args.items) == 1:
            return self.call(Known(repr), args.items) if isinstance(args.items[0], Known) else Text("{!r}", args.items)
        if not args.items:
            return Known("")
        if len(args.items) == 1:
            only = args.items[0]
            return only if isinstance(only, Text) or isinstance(only, Known) and isinstance(only.value, str) else Text("{}", (only,))  # noqa: E501
        return Text("{}", (args,))

    def to_arg(self, value: Abstract) -> Arg:
        if isinstance(value, Record) and issubclass(value.cls, BaseException):
            return self.to_arg(self.message(value))  # in a text, or printed
        return super().to_arg(value)

    def record_attribute(self, owner: Record, name: str) -> Abstract:
        out = super().record_attribute(owner, name)
        if isinstance(out, Poison):
            self.refuse(out.what, out.why, out.instead)
        return out

    # -- raising ---------------------------------------------------------------------------------------------------

    def run_raise(self, node: ast.Raise) -> None:
        self.node = node
        if node.exc is None:
            if not self.handled:
                self.refuse("raise without an exception")
            self.raise_again(self.handled[-1])
        exception = self.evaluate(node.exc)  # type: ignore[arg-type]
        cause = NONE if node.cause is None else self.evaluate(node.cause)
        self.node = node
        if isinstance(exception, Known) and isinstance(exception.value, type):
            if not issubclass(exception.value, BaseException):
                self.wrong(
                    "raise of a class that is no exception", why="Python would raise TypeError",
                    instead="raise a class of exceptions: raise ValueError(...)",
                )  # fmt: skip
            exception = self.call(exception, ())
        if isinstance(exception, Known) and isinstance(exception.value, BaseException):
            exception = self.new_exception(type(exception.value), tuple(map(Known, exception.value.args)), {})
        if not isinstance(exception, Record) or not issubclass(exception.cls, BaseException):
            self.refuse(f"raise of {self.describe(exception)}", instead="raise an exception class or instance")
        if node.cause is not None:
            self.state.write(self.state.heap, exception, {**self.content(exception), "__cause__": cause})
        self.raise_again(exception)

    def raise_again(self, exception: Record) -> None:
        """Raise an exception that was made."""
        content = self.content(exception)
        again = content.get("$again")
        made = content.get("$made")
        if again is not None:
            self.raise_unmade(exception, again)
        if isinstance(content.get("$named"), TupleOf) and content["$named"].items:
            made = self.by_position(exception, content)
        assert isinstance(made, TupleOf)
        self.raise_record(exception, made.items)

    def by_position(self, exception: Record, content: dict[str, Any]) -> TupleOf:
        """The arguments of a constructor, those given by keyword put in their places."""
        init: Any = inspect.getattr_static(exception.cls, "__init__")
        code = self.code_of(init)
        named = {k.value: v for k, v in (pair.items for pair in content["$named"].items)}
        given = self.bind(code, (NONE, *content["$made"].items), named, tuple(map(Known, init.__defaults__ or ())), {})
        spec = code.node.args
        if spec.kwonlyargs or spec.kwarg or spec.vararg:
            self.refuse("an exception with keyword arguments is not supported", instead="pass them by position")
        return pack([given[p.arg] for p in (*spec.posonlyargs, *spec.args)[1:]])

    def raise_unmade(self, exception: Record, again: Any) -> None:
        """Raise again what an operation raised."""
        self.refuse(
            f"a {exception.cls.__name__} that an operation raised, and that is raised again",
            why="its message is made at run time", instead="raise an exception with a message of your own",
        )

    def raise_record(self, exception: Record, made: Sequence[Abstract]) -> None:
        """Raise an exception whose constructor has these arguments."""
        self.emit_raise(exception.cls, made)


@functools.cache
def sample_message(name: str, kinds: tuple[str, ...]) -> tuple[Any, ...] | None:
    """The arguments of the exception that an operation on Python's numbers raises; None where they hold a value."""
    jobs: dict[str, Callable[..., Any]] = {
        "div": lambda x: x / type(x)(0), "floordiv": lambda x: x // type(x)(0), "mod": lambda x: x % type(x)(0),
        "pow": lambda x: type(x)(0) ** -1, "np.linalg.inv": lambda: np.linalg.inv(np.zeros((1, 1))),
        "np.linalg.solve": lambda: np.linalg.solve(np.zeros((1, 1)), np.zeros(1)),
        "np.linalg.cholesky": lambda: np.linalg.cholesky(-np.eye(1)),
    }  # fmt: skip
    try:
        if name.startswith("math."):
            f = getattr(math, name[5:])
            texts = [_raised(lambda bad=bad: f(bad)) for bad in (-2.5, -3.5)]  # type: ignore[misc]
            return texts[0] if texts[0] == texts[1] else None
        if name not in jobs:
            return None
        return _raised(lambda: jobs[name](*({"i": 1, "f": 1.0}[k] for k in kinds[:1])) if kinds else jobs[name]())
    except (KeyError, AttributeError, TypeError):
        return None


def _raised(job: Callable[[], Any]) -> tuple[Any, ...] | None:
    try:
        job()
    except (ArithmeticError, ValueError) as error:
        return error.args
    return None


def message_of(prim: Primitive, cls: type, args: Sequence[Any]) -> tuple[Any, ...] | None:
    """The arguments of the exception that an operation raises, where they are always the same."""
    kinds: tuple[str, ...] = ()
    if prim.name in ("div", "floordiv", "mod", "pow"):
        if issubclass(cls, OverflowError):
            return None
        numbers = [a.type for a in args if isinstance(getattr(a, "type", None), Scalar)]
        kinds = ("f" if any(t.dtype[0] == "f" for t in numbers) else "i",)
    if prim.name.startswith("math.") and issubclass(cls, OverflowError):
        return ("math range error",)
    return sample_message(prim.name, kinds)


RUN[ast.Raise] = Exceptions.run_raise

__all__ = ["Exceptions", "Value", "message_of"]
