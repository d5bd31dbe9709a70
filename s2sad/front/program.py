"""What goes into tracing and what comes out: specifications of arguments, and the program that was traced.

A *specification* says what is known of an argument:

    Spec ::= Leaf(type, value) | Static(value) | tuple of Spec (also a namedtuple) | list of Spec | dict of Spec
           | Record(instance, fields: dict of Spec)                    # a dataclass instance
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import CodeType
from typing import Any, Final, Protocol, runtime_checkable

from s2sad.ir.core import Trace
from s2sad.ir.types import Type


class _Unknown:
    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = _Unknown()


@dataclass(frozen=True, slots=True, eq=False)
class Leaf:
    """A number or array: its type, and its value now (UNKNOWN when tracing ahead of a call).

    The value is looked at only when the trace has to know it; then a ``Guard`` says so. One that is ``active`` is
    differentiated, and stays a variable.
    """

    type: Type
    value: Any = UNKNOWN
    active: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Static:
    """An argument that is known: None, a string, a bool, a function, an object. It is no parameter of the trace."""

    value: Any


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """A dataclass instance: the specifications of its fields; the instance itself is there for its methods."""

    value: Any
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Capture:
    """Something numeric that the function reads from outside: where, and how to read today's value."""

    path: str
    read: Callable[[], Any]


@dataclass(frozen=True, slots=True, eq=False)
class Guard:
    """The program holds only while this is so: an argument, at ``path``, or something outside (``read``), has a value.

    ``value`` is an int, bool, string, float or tuple of them (compared with its type), or any object (by identity).

    With ``other``, ``value`` says whether two arrays, found in these places, may share memory.
    """

    path: str
    value: Any
    read: Callable[[], Any] | None = None
    other: tuple[str, Callable[[], Any] | None] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """A traced function. ``captures`` correspond to the trace's parameters of kind 'capture', in order.

    ``distinct``: it holds only where no list, dict or object is found in two places of the arguments, since it stores
    into one, or asks whether two are one. ``misfit``: on some path it asks something of a value that its type cannot
    do, and raises there.
    """

    trace: Trace
    captures: tuple[Capture, ...] = ()
    statics: tuple[Guard, ...] = ()
    functions: tuple[CodeType, ...] = ()
    distinct: bool = True
    misfit: bool = False


@runtime_checkable
class Traceable(Protocol):
    """A callable that knows its own trace: a derivative, of which another derivative is taken, or that is called."""

    def __s2sad_program__(self, specs: Sequence[Any], kwspecs: Mapping[str, Any]) -> Program:
        """The program for a call with arguments of these specifications (see ``trace_call``)."""
        ...
