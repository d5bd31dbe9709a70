"""``copy.copy`` and ``copy.deepcopy``: what is one thing in two places stays one thing in the copy.

Two things that are one on some paths only are so in a deep copy as well: the copies of arrays are linked as the arrays
are, the copy of one object of two is one of their copies. Parts of one array become arrays of their own, as NumPy does.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad.front.aliases import link
from s2sad.front.draws import Draws
from s2sad.front.machine import NUMBER
from s2sad.front.relations import NEVER, same_exactly, same_steps
from s2sad.front.storage import relate
from s2sad.front.values import Abstract, Cell, DictOf, Known, ListOf, Optional, Record, SetOf, Storage, TupleOf, View
from s2sad.ir.core import Value
from s2sad.ir.types import Array

Made = dict[Any, Any]  # what was copied already, and so stays one, with its copy


class Copies(Draws):
    """Copies of containers and objects."""

    def duplicate(self, value: Abstract, deep: bool) -> Abstract:
        """``copy.copy(value)`` or ``copy.deepcopy(value)``."""
        made: Made = {}
        out = self.copied(value, made, deep)
        if deep:
            self.relate_copies(made)
        return out

    def copied(self, value: Abstract, made: Made, deep: bool) -> Abstract:
        match value:
            case TupleOf(items=items, cls=cls):
                return TupleOf(tuple(self.copied(i, made, True) for i in items), cls) if deep else value
            case Optional(present=present, value=held):
                return Optional(present, self.copied(held, made, deep))
            case View() | ListOf() | DictOf() | SetOf() | Record():
                key: Any = value.root if isinstance(value, View) and value.parent is None else value
                if key not in made:
                    made[key] = self.copied_once(value, key, made, deep)
                return made[key]  # type: ignore[no-any-return]
            case Known(value=v) if not isinstance(v, NUMBER | str | bytes | type(None) | type) and not callable(v):
                if value not in made:
                    made[value] = self.copied_from_outside(value, made, deep)
                return made[value]  # type: ignore[no-any-return]
        return value

    def copied_once(self, value: Any, key: Any, made: Made, deep: bool) -> Abstract:
        if isinstance(value, View):
            held = self.read(value)
            return self.call(Known(np.copy), (value,)) if isinstance(held.type, Array) else held
        if isinstance(value, Record):
            own = self.user_method(value, "__deepcopy__" if deep else "__copy__")
            if own is not None:
                return self.call(own, (self.container("dict", (), [], None),) if deep else ())
        content = self.content(value)
        out: Any = self.bare(value.cls) if isinstance(value, Record) else value.twin()
        made[key] = out
        if deep and isinstance(content, tuple):
            content = tuple(self.copied(i, made, True) for i in content)
        elif deep and isinstance(content, dict):
            content = {k: self.copied(i, made, True) for k, i in content.items()}
        elif isinstance(content, Value):
            if not deep:
                self.alike(out, value)
            else:
                out.common.update(value.common)
        self.state.write(self.state.heap, out, content)
        if deep and value in self.choices:
            pred, a, b = self.choices[value]
            self.choices[out] = pred, self.copied(a, made, True), self.copied(b, made, True)
        return out  # type: ignore[no-any-return]

    def copied_from_outside(self, value: Known, made: Made, deep: bool) -> Abstract:
        """A copy of an object from outside: an object of the function's own."""
        obj = value.value
        hooks = ("__reduce__", "__reduce_ex__", "__getstate__", "__setstate__", "__deepcopy__" if deep else "__copy__")
        if any(getattr(type(obj), h, None) is not getattr(object, h, None) for h in hooks):
            self.refuse(f"a copy of {self.describe(value)}", why="how its class copies it is not modelled")
        if getattr(type(obj), "__slots__", None) or not hasattr(obj, "__dict__") or isinstance(obj, list | dict | set):
            self.refuse(f"a copy of {self.describe(value)}", why="what it holds is not known", instead="make it anew")
        out = made[value] = self.bare(type(obj))
        named = {k: self.attribute(value, k) for k in vars(obj)}
        self.state.write(self.state.heap, out, {k: self.copied(v, made, True) if deep else v for k, v in named.items()})
        return out

    def relate_copies(self, made: Made) -> None:
        """Copies of what is one thing on some paths are one thing there."""
        parts: dict[Storage, list[View]] = {}
        for value, copy in made.items():
            if isinstance(value, View):
                parts.setdefault(value.root, []).append(value)
            if not isinstance(value, Cell):
                continue
            if isinstance(value, Storage):
                for each in value.aliases:
                    if each.whole and each.pred != NEVER and each.cell in made:
                        link_once(each.pred, copy, made[each.cell])
            for other in value.may:
                if other not in made:
                    continue
                if isinstance(value, Storage):
                    relate(copy.root, made[other].root)
                elif value in self.choices or other in self.choices:
                    relate(copy, made[other])
                else:
                    self.refuse(
                        "a deep copy of things that may be one object",
                        why="whether their copies are one object depends on the path taken",
                        instead="copy each of them where the names part",
                    )
        for views in parts.values():
            for k, v in enumerate(views):
                if any(same_steps(v, w) and same_exactly(v, w) for w in views[:k]):
                    self.refuse(
                        "a deep copy of two names for one part of an array",
                        why="whether they are one object is not known",
                        instead="copy each of them with .copy()",
                    )


def link_once(pred: Any, copy: View, other: View) -> None:
    """Link two copies, unless it was done from the other side."""
    if not any(each.cell is other.root and each.pred == pred for each in copy.root.aliases):
        link(pred, copy.root, other)


__all__ = ["Copies"]
