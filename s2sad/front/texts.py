"""Strings that are known only when the derivative runs, and the exceptions of paths that are not meant to be taken.

A program that names its cases (``regime = "laminar"``) and dispatches on the names has strings that hang on values.
One of two strings is a ``Choice``; one of more, or an item of a list of strings, is a traced value of type
``Object('str')``. It can be compared, looked up in a dict with known keys, formatted and returned.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterable
from typing import Any

from s2sad.errors import Error
from s2sad.front.conversions import TEXT, Conversions
from s2sad.front.values import FALSE, TRUE, Abstract, Known, Optional
from s2sad.ir.core import Atom, Literal, Ref, Value
from s2sad.ir.types import Object
from s2sad.prims import structure

WOULD_RAISE = "Python would raise "


def raised_by_python(error: Error) -> type | None:
    """The class of the exception that Python would raise where this refusal says so."""
    if not error.why.startswith(WOULD_RAISE):
        return None
    found = getattr(builtins, error.why[len(WOULD_RAISE) :].partition(":")[0], None)
    return found if isinstance(found, type) and issubclass(found, Exception) else None


def is_traced_text(value: Any) -> bool:
    return isinstance(value, Value) and value.type == TEXT


def is_object(value: Any) -> bool:
    """A traced value that is neither a number nor an array nor a list."""
    return isinstance(value, Value) and isinstance(value.type, Object) and value.type.name in ("str", "object")


class Texts(Conversions):
    """What can be done with such strings."""

    def compare(self, op: ast.cmpop, a: Abstract, b: Abstract) -> Abstract:
        raise NotImplementedError

    def choose(self, pred: Atom, then: Callable[[], Abstract], orelse: Callable[[], Abstract]) -> Abstract:
        raise NotImplementedError

    def truth(self, value: Abstract) -> bool | Atom:
        raise NotImplementedError

    def emit_raise(self, cls: type, args: Any) -> None:
        raise NotImplementedError

    def not_none(self, value: Optional) -> None:
        """Where the program's result is None, there is no derivative: raise."""
        inner = self.builder.nested()
        message = "the result is None here, which has no derivative"
        inner.calls(structure.raise_, Ref(TypeError, "TypeError"), Literal(message))
        nothing = self.builder.nested()
        self.builder.if_(self.emit(structure.not_, value.present), inner.region(), nothing.region(), ())

    def by_text(self, key: Value, keys: Iterable[Any], found: Callable[[Any], Abstract]) -> Abstract:
        """What a dict holds at a string that is not known: one branch for each key."""
        texts = [k for k in keys if isinstance(k, str)]

        def one(k: int) -> Abstract:
            if k == len(texts):
                self.emit_raise(KeyError, (key,))
            truth = self.truth(self.compare(ast.Eq(), key, Known(texts[k])))
            assert not isinstance(truth, bool)
            return self.choose(truth, lambda: found(texts[k]), lambda: one(k + 1))

        return one(0)

    def text_in(self, key: Value, keys: Iterable[Any]) -> Abstract:
        """Whether a string that is not known is among known keys."""
        out: Abstract = FALSE
        for k in keys:
            if isinstance(k, str):
                equal = self.compare(ast.Eq(), key, Known(k))
                truth = self.truth(out)
                out = equal if isinstance(truth, bool) else self.choose(truth, lambda: TRUE, lambda e=equal: e)  # type: ignore[misc]
        return out


__all__ = ["Texts", "is_object", "is_traced_text", "raised_by_python"]
