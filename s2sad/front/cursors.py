"""``next``: an iterator that is read step by step."""

from __future__ import annotations

import ast
from typing import Any

from s2sad.front.iterating import Iterating
from s2sad.front.values import Abstract, CursorOf, Known, ListOf

Args = tuple[Abstract, ...]
Kwargs = dict[str, Abstract]


def first_of(items: Any, default: Any) -> Any:
    for item in items:
        return item
    return default


def first_or_stop(items: Any) -> Any:
    for item in items:
        return item
    raise StopIteration


class Cursors(Iterating):
    """``iter`` of something with items makes a list that ``next`` takes the first item of."""

    def call_iter(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        if len(args) != 1:
            self.refuse("iter with a sentinel", instead="write it with `while`")
        if isinstance(args[0], CursorOf) or self.iterable(args[0]):
            return args[0]
        held = self.listed(args[0])
        assert isinstance(held, ListOf)
        out = CursorOf(len(self.loops))
        self.state.write(self.state.heap, out, self.content(held))
        self.alike(out, held)
        if isinstance(args[0], ListOf):
            self.remember_sources(out, args[0])
        return out

    def call_next(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        source, *default = args
        if not isinstance(source, CursorOf):
            if not self.iterable(source):
                raise TypeError(f"{self.describe(source)} is not an iterator")
            return self.call_function(first_of if default else first_or_stop, args, {})
        self.against_changes(source, lambda item: None)
        if isinstance(self.content(source), tuple):
            if self.content(source):
                return self.list_method(source, "pop", (Known(0),), {})
            if default:
                return default[0]
            raise StopIteration
        there = self.truth(self.compare(ast.Gt(), self.length(source), Known(0)))
        if isinstance(there, bool):
            raise StopIteration
        if default:
            return self.choose(there, lambda: self.list_method(source, "pop", (Known(0),), {}), lambda: default[0])
        self.require(there, StopIteration, "")
        return self.list_method(source, "pop", (Known(0),), {})


__all__ = ["Cursors"]
