"""What users declare of functions: their rules, by mode, and what is known of what they give."""

from __future__ import annotations

import inspect
import types
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from s2sad.errors import Location
from s2sad.rules.book import BOOK, Form, Mode

NOTHING = inspect.Parameter.empty
MODES: dict[Form, tuple[Mode, ...]] = {"pushforward": ("forward",), "pullback": ("reverse",)}


@dataclass(frozen=True, eq=False)
class Declared:
    """A rule as the user declared it: ``wrt`` are the parameters that it has derivatives for."""

    form: Form
    wrt: tuple[str, ...]
    body: Callable[..., Any] | None
    names: tuple[str, ...] = ()

    @property
    def place(self) -> Location | None:
        """Where its body is written."""
        code = getattr(self.body, "__code__", None)
        return None if code is None else Location(code.co_filename, code.co_firstlineno, function=code.co_name)


@dataclass(frozen=True, eq=False)
class BatchRule:
    """How a function is computed for all rows at once, as the user declared it."""

    body: Callable[..., Any]
    names: tuple[str, ...]


@dataclass(eq=False)
class Custom:
    """A function of a user's that is called as it stands, with its rules by mode."""

    function: Any
    name: str
    signature: inspect.Signature
    returns: Any = None
    rules: dict[Mode, Declared] = field(default_factory=dict)
    elementwise: bool = False  # whether it takes arrays of any shapes that broadcast, element by element
    opaque: bool = False  # whether it is not to be read
    rows: BatchRule | None = None

    def declare(self, rule: Declared) -> None:
        """Enter a rule; one for a single mode does not displace the other's, unless it is of the same form."""
        for mode in MODES.get(rule.form, ("forward", "reverse")):
            self.rules[mode] = rule
        other: Mode = "reverse" if rule.form == "pushforward" else "forward"
        if other not in self.rules or self.rules[other].form == rule.form:
            self.rules[other] = rule


_ATTRIBUTE = "__s2sad_rules__"


def custom_of(fn: Any) -> Custom | None:
    """What is declared of a callable, or None."""
    if isinstance(fn, types.FunctionType):
        owner, made = fn.__dict__.get(_ATTRIBUTE, (None, None))
        return made if owner is not None and owner() is fn else None  # functools.wraps copies attributes
    entry = _OTHERS.get(id(fn))
    return None if entry is None else entry[1]


_OTHERS: dict[int, tuple[Any, Custom]] = {}  # callables other than Python functions


def enter(fn: Any, made: Custom) -> None:
    """From now on calls of ``fn`` mean this."""
    if isinstance(fn, types.FunctionType):
        fn.__dict__[_ATTRIBUTE] = (weakref.ref(fn), made)
    else:
        _OTHERS[id(fn)] = (fn, made)
    BOOK.changed()
