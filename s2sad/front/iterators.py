"""``next``: the first item of something, or the items of an iterator one by one.

``next(v for v in xs if test(v))`` is a loop that is left at its first item. An iterator with a name is taken to pieces
at its first ``next``, which is the same as taking items one by one as long as nothing that it may read is changed
meanwhile; where something is, the next ``next`` is refused.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any

from s2sad.front.calls import is_false
from s2sad.front.expressions import EVALUATE
from s2sad.front.generators import Generators
from s2sad.front.state import ABSENT, Variables
from s2sad.front.values import (
    FALSE,
    TRUE,
    UNBOUND,
    Abstract,
    Generator,
    Known,
    Lazy,
    Undefined,
    Wrapped,
)

NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, eq=False)
class Rest:
    """What is left of an iterator. ``mark``: where the journal stood when its items were computed."""

    items: tuple[Abstract, ...]
    mark: int


class Iterators(Generators):
    """Running ``next``."""

    def eval_call(self, node: ast.Call) -> Abstract:
        if not (isinstance(node.func, ast.Name) and node.func.id == "next") or not node.args or node.keywords:
            return super().eval_call(node)
        function = self.evaluate(node.func)
        if not isinstance(function, Known) or function.value is not next:
            return super().eval_call(node)
        first = node.args[0]
        value = self.lookup(first.id, first) if isinstance(first, ast.Name) else self.evaluate(first)
        default = self.evaluate(node.args[1]) if len(node.args) > 1 else None
        self.node = node
        if isinstance(first, ast.Name) and isinstance(value, Lazy | Wrapped | Generator):
            return self.next_of(value, first, default)
        if not isinstance(value, Lazy | Wrapped | Generator):
            method = self.user_method(value, "__next__")
            if method is None:
                return self.call(function, (value,) if default is None else (value, default))
            if default is not None:
                self.refuse(
                    "next of this object with a default", why="its __next__ says by an exception that it has ended",
                    instead="call next without a default, and catch StopIteration",
                )  # fmt: skip
            return self.call(method, ())
        return self.first_of(value, default)

    def eval_name(self, node: ast.Name) -> Abstract:
        if self.remaining:
            value = self.lookup(node.id, node)
            if isinstance(value, Lazy | Wrapped | Generator) and value in self.remaining:
                rest = self.remaining[value]
                self.check_rest(value, rest, node)
                self.state.write(self.remaining, value, Rest((), rest.mark))
                return Wrapped("iter", (self.new_list(list(rest.items)),), None, len(self.loops))
        return super().eval_name(node)

    def next_of(self, value: Lazy | Wrapped | Generator, node: ast.Name, default: Abstract | None) -> Abstract:
        rest = self.remaining.get(value)
        if rest is None:
            self.use(value, node)
            self.node = node
            items = tuple(self.known_items(value, "next"))
            rest = Rest(items, self.state.mark())
        self.check_rest(value, rest, node)
        self.state.write(self.remaining, value, Rest(rest.items[1:], rest.mark))
        if rest.items:
            return rest.items[0]
        if default is None:
            raise StopIteration
        return default

    def check_rest(self, value: Lazy | Wrapped | Generator, rest: Any, node: ast.Name) -> None:
        """The items were computed at once: nothing that they were made of may have changed since."""
        if not isinstance(rest, Rest) or value.depth < len(self.loops):
            self.node = node
            self.refuse(
                f"{node.id} is an iterator that is advanced on some paths, or in a loop",
                why="which of its items comes next is not known", instead="use an index",
            )  # fmt: skip
        here = self.frame.variables
        for table, key, old in self.state.log[rest.mark :]:
            changed = table is self.state.heap and old is not ABSENT
            around = isinstance(table, Variables) and table is not here and table.serial <= here.serial
            rebound = table is here and isinstance(key, str) and key in self.frame.code.captured
            if changed or (around and not str(key).startswith("$")) or (rebound and not isinstance(old, Undefined)):
                self.node = node
                self.refuse(
                    f"an item of {node.id} after something was changed that it may read",
                    why="its items were computed at its first next", instead="make a list of it first",
                )  # fmt: skip

    def first_of(self, value: Abstract, default: Abstract | None) -> Abstract:
        """The first item of an iterator that has no name."""
        here = self.node
        assert here is not None
        outer = value.frame if isinstance(value, Generator) else self.frame
        node: Any = value.node if isinstance(value, Generator) else here
        frame = self.child_frame(node, value.node.generators if isinstance(value, Generator) else [], outer)
        variables = frame.variables
        variables["$fold"] = UNBOUND if default is None else default
        variables["$first"] = FALSE
        if isinstance(value, Generator):
            variables["$iterable"] = value.first
        self.frames.append(frame)

        def take(item: Abstract) -> None:
            self.state.write(variables, "$fold", item)
            self.state.write(variables, "$first", TRUE)
            self.state.write(variables, "$break", TRUE)

        try:
            if isinstance(value, Generator):
                self.generate_fold(value.node, 0, take, ("$fold", "$first"))
            else:
                self.over(node, value, take, ("$fold", "$first"), NOTHING, NOTHING, tag="next")
        finally:
            self.frames.pop()
            self.node = here
        self.left(frame)
        if default is None and not is_true(variables["$first"]):
            if is_false(variables["$first"]):
                raise StopIteration
            self.check(self.truth(variables["$first"]), lambda: self.emit_raise(StopIteration, ()))
        out: Abstract = variables["$fold"]
        return out


def is_true(value: Abstract) -> bool:
    return isinstance(value, Known) and value.value is True


EVALUATE[ast.Call] = Iterators.eval_call
EVALUATE[ast.Name] = Iterators.eval_name
