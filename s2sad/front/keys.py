"""Keys of dicts that only run time knows, where they can be but few things: ``count[i % 2] += 1``, ``side[x > 0]``.

A dict has known keys, so an item under another key is one of its items: which one, a chain of tests says. A store
needs to be sure that the key is there, since it would be a new one otherwise: that follows from what the key is made of
(``i % 2``, a bool), or from the same item having been read before, which raises KeyError where there is none. A
``defaultdict`` is made with all keys that it may come to hold; whatever would show which it really holds is refused.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from s2sad.front.expressions import Expressions
from s2sad.front.machine import Restart, Unreachable
from s2sad.front.texts import is_traced_text
from s2sad.front.values import Abstract, Choice, DictOf, Known
from s2sad.ir.core import Call, If, Literal, Value
from s2sad.ir.types import Scalar

MOST = 16  # keys that a chain of tests tells apart


class Keys(Expressions):
    """Items of dicts under keys that are not known."""

    at_key = False  # whether an item is read or stored, and not the dict as a whole

    def content(self, cell: Any) -> Any:
        if isinstance(cell, DictOf) and cell.maybe and not self.at_key:
            self.refuse(
                "which keys a defaultdict holds, where they are computed from what is not known",
                why="only run time knows which of them were used",
                instead="read it by its keys, or make a dict with all of them first",
            )
        return super().content(cell)

    def by_item(self, job: Callable[[], Any]) -> Any:
        before, self.at_key = self.at_key, True
        try:
            return job()
        finally:
            self.at_key = before

    def subscript(self, base: Abstract, index: Abstract) -> Abstract:
        if isinstance(base, DictOf) and base.maybe and isinstance(index, Known):
            return self.by_item(lambda: super(Keys, self).subscript(base, index))  # type: ignore[no-any-return]
        if not self.unknown_key(base, index):
            return super().subscript(base, index)
        assert isinstance(index, Value)
        keys, complete = self.candidates(base, index)

        def one(k: int) -> Abstract:
            if k == len(keys):
                self.emit_raise(KeyError, (index,))
            if complete and k == len(keys) - 1:
                return self.subscript(base, Known(keys[k]))
            truth = self.is_key(index, keys[k])
            if isinstance(truth, bool):
                return self.subscript(base, Known(keys[k])) if truth else one(k + 1)
            return self.choose(truth, lambda: self.subscript(base, Known(keys[k])), lambda: one(k + 1))

        out = one(0)
        self.state.write(self.passed, ("key", base, index), True)
        return out

    def store_item(self, base: Abstract, index: Abstract, value: Abstract) -> None:
        if isinstance(base, DictOf) and self.decided_late(base, index):
            self.at_each(base, index, lambda key: self.store_item(base, key, value))
        elif isinstance(base, DictOf) and base.maybe:
            self.by_item(lambda: super(Keys, self).store_item(base, index, value))
        else:
            super().store_item(base, index, value)

    def decided_late(self, base: Abstract, index: Abstract) -> bool:
        """Whether a store has to ask which key it is."""
        return isinstance(base, DictOf) and (isinstance(index, Choice) or self.unknown_key(base, index))

    def at_each(self, base: DictOf, index: Abstract, act: Callable[[Known], None]) -> None:
        """Do something under the key that it is, on a path of its own for each."""
        names = self.frame.code.names
        if isinstance(index, Choice):
            a, b = (self.branch(lambda x=x: act(x)) for x in (index.a, index.b))  # type: ignore[misc]
            self.merge(index.first, a, b, names)
            return
        assert isinstance(index, Value)
        keys, complete = self.candidates(base, index)
        if not complete and ("key", base, index) not in self.passed:
            self.dict_key(index)  # it may be a new key: refused

        def one(k: int) -> None:
            truth = True if k == len(keys) - 1 else self.is_key(index, keys[k])
            if isinstance(truth, bool):
                if truth:
                    act(Known(keys[k]))
                else:
                    one(k + 1)
                return
            a, b = self.branch(lambda: act(Known(keys[k]))), self.branch(lambda: one(k + 1))
            self.merge(truth, a, b, names)
            if a.dead and b.dead:
                raise Unreachable

        one(0)

    def unknown_key(self, base: Abstract, index: Abstract) -> bool:
        """Whether this reads or stores an item of a dict under a key that cannot be made known."""
        mapping = isinstance(base, DictOf) or isinstance(base, Known) and isinstance(base.value, Mapping)
        if not mapping or not isinstance(index, Value):
            return False
        whole = isinstance(index.type, Scalar) and index.type.dtype[0] in "iub"
        if not whole and not is_traced_text(index):
            return False
        self.demand_all((index,))
        return True

    def keys_of(self, base: Abstract) -> Sequence[Any]:
        if isinstance(base, DictOf):
            return list(self.by_item(lambda: self.content(base)))
        assert isinstance(base, Known)
        return list(base.value)

    def candidates(self, base: Abstract, index: Value) -> tuple[list[Any], bool]:
        """The keys that it may be, and whether it is sure to be one of them."""
        kind = str if is_traced_text(index) else int
        held = [k for k in self.keys_of(base) if isinstance(k, kind)]
        possible = self.possible(index)
        missing = [] if possible is None else [k for k in possible if k not in held]
        if possible is not None and missing and isinstance(base, DictOf) and base.default is not None and base.site:
            raise Restart(loop=("keys", base.site, tuple(possible)))
        keys = held if possible is None else [k for k in possible if k in held]
        if not keys or len(keys) > MOST:
            self.dict_key(index)
        return keys, possible is not None and not missing

    def is_key(self, index: Value, key: Any) -> Any:
        if isinstance(index.type, Scalar) and index.type.dtype == "bool":
            return self.truth(index if key else self.negation(index))
        return self.truth(self.compare(ast.Eq(), index, Known(key)))

    def possible(self, index: Value) -> list[Any] | None:
        """All that this number can be, where that follows from how it was made."""
        if isinstance(index.type, Scalar) and index.type.dtype == "bool":
            return [True, False]
        match self.producers().get(index):
            case Call(prim=prim, args=(Value(type=Scalar(dtype=d)), Literal(value=int(m)))) if d[0] in "iu":
                bound = m if prim.name == "mod" else m + 1 if prim.name == "and_" else 0
                return list(range(bound)) if 0 < bound <= MOST else None
            case Call(prim=prim, args=(Value(type=Scalar(dtype="bool")),)) if prim.name == "int":
                return [1, 0]
            case If(results=results, then=then, orelse=orelse):
                k = results.index(index)
                both = then.yields[k], orelse.yields[k]
                values = [y.value for y in both if isinstance(y, Literal) and isinstance(y.value, int | str)]
                return values if len(values) == 2 else None
        return None

    def made_dict(self, cls: Any, args: tuple[Abstract, ...], kwargs: dict[str, Abstract]) -> Abstract:
        out = super().made_dict(cls, args, kwargs)
        if not isinstance(out, DictOf) or out.default is None:
            return out
        out.site = id(self.node), tuple(self.calls)
        for entry in self.session.unrolled:
            if isinstance(entry, tuple) and entry[:2] == ("keys", out.site):
                for key in entry[2]:
                    self.dict_item(out, Known(key))
                out.maybe = True
        return out


__all__ = ["Keys"]
