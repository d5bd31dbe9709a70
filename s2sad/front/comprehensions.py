"""Comprehensions, generator expressions, and Python's folds over iterables: loops that have no statement."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from s2sad.front.conversions import number_like
from s2sad.front.expressions import EVALUATE
from s2sad.front.externals import OURS
from s2sad.front.loops import Loops
from s2sad.front.machine import Unreachable
from s2sad.front.scope import Code, writes
from s2sad.front.state import Frame
from s2sad.front.values import (
    FALSE,
    TRUE,
    UNBOUND,
    Abstract,
    Generator,
    Known,
    ListOf,
    RangeOf,
    Undefined,
    View,
    known,
)

UNROLLED = 8
IN_MEANINGS = 256  # of our own definitions and rules, whose lists of known length stand for parts of operands
NOTHING: frozenset[str] = frozenset()


class Comprehensions(Loops):
    """Loops written as expressions."""

    def child_frame(self, node: ast.AST, generators: Sequence[ast.comprehension], outer: Frame) -> Frame:
        """A frame of its own for the targets of a comprehension."""
        code = outer.code
        own = code.inner.get(node)
        if own is None:
            names = frozenset(writes([g.target for g in generators]))
            own = code.inner[node] = Code(code.node, code.source, code.name, (), names, NOTHING, code)
        return self.activation(own, {"$returned": FALSE, "$raised": FALSE}, outer, None)

    def generate(self, node: ast.AST, generators: Sequence[ast.comprehension], k: int, produce: Callable[[], None], grows: frozenset[str], unrolled: int) -> None:  # noqa: E501
        """Run ``produce`` for every item that the generators give."""
        generator = generators[k]
        given = self.frame.variables.pop("$iterable", None) if k == 0 else None
        iterable = self.evaluate(generator.iter) if given is None else given
        self.node = generator.iter

        def tests(conditions: Sequence[ast.expr]) -> None:
            for i, condition in enumerate(conditions):
                truth = self.truth(self.evaluate(condition))
                if truth is False:
                    return
                if truth is not True:
                    rest = conditions[i + 1 :]
                    a, b = self.branch(lambda rest=rest: tests(rest)), self.branch(lambda: None)  # type: ignore[misc]
                    self.node = condition
                    self.merge(truth, a, b, NOTHING)
                    return
            if k + 1 < len(generators):
                self.generate(node, generators, k + 1, produce, grows, unrolled)
            else:
                produce()

        def body(item: Abstract) -> None:
            self.assign(generator.target, item)
            tests(generator.ifs)

        counted = isinstance(iterable, RangeOf) and known(iterable.start, iterable.stop, iterable.step)
        if counted and isinstance(iterable, RangeOf) and self.range_size(iterable) <= unrolled:
            self.unroll(self.known_items(iterable, "a comprehension"), 0, body, NOTHING)
            return
        names = writes([generator.target])
        self.over(generator, iterable, body, names, NOTHING, NOTHING, grows=grows, tag=str(k))

    def comprehension(self, node: Any, element: ast.expr, first: Abstract | None = None) -> ListOf:
        frame = self.child_frame(node, node.generators, self.frame)
        if first is not None:
            frame.variables["$iterable"] = first
        frame.variables["$list"] = self.new_list([])
        self.frames.append(frame)

        def produce() -> None:
            value = self.evaluate(element)
            self.node = element
            target = frame.variables["$list"]
            assert isinstance(target, ListOf)
            self.list_method(target, "append", (value,), {})

        try:
            ours = frame.code.source.file.startswith(OURS)
            self.generate(node, node.generators, 0, produce, frozenset(("$list",)), IN_MEANINGS if ours else UNROLLED)
        finally:
            self.frames.pop()
        self.left(frame)
        out = frame.variables["$list"]
        assert isinstance(out, ListOf)
        return out

    def eval_dict_comp(self, node: ast.DictComp) -> Abstract:
        pair = ast.copy_location(ast.Tuple([node.key, node.value], ast.Load()), node)
        content: dict[Any, Abstract] = {}
        for item in self.known_items(self.comprehension(node, pair), "a dict comprehension"):
            key, value = self.known_items(item, "a dict comprehension")
            content[self.dict_key(key)] = value
        return self.container("dict", tuple(content), list(content.values()), None)

    def short(self, generator: Generator) -> bool:
        """Whether a generator runs over things of known structure, so that it may as well be written out."""
        value = generator.first
        if isinstance(value, View | RangeOf | Generator):
            return False
        items = self.items_if_known(value)
        return items is not None and len(items) <= UNROLLED and len(generator.node.generators) == 1

    # -- folds -----------------------------------------------------------------------------------------------------

    def fold_loop(self, name: str, value: Abstract, start: Abstract | None) -> Abstract:
        """``sum``, ``max``, ``min``, ``any`` or ``all`` of things whose number is not known."""
        if isinstance(value, View):
            return self.fold_array(name, value, start)
        outer = value.frame if isinstance(value, Generator) else self.frame
        here = self.node
        assert here is not None
        node: Any = value.node if isinstance(value, Generator) else here
        generators = value.node.generators if isinstance(value, Generator) else []
        frame = self.child_frame(node, generators, outer)
        variables = frame.variables
        variables["$fold"] = UNBOUND if start is None else start
        variables["$first"] = TRUE if start is None else FALSE
        if isinstance(value, Generator):
            variables["$iterable"] = value.first
        self.frames.append(frame)

        def step(item: Abstract) -> None:
            self.state.write(variables, "$fold", self.fold_step(name, variables, item))
            if start is None:
                self.state.write(variables, "$first", FALSE)

        def leave(value: Known) -> None:
            self.state.write(variables, "$fold", value)
            self.state.write(variables, "$break", TRUE)

        def step_or_leave(item: Abstract) -> None:
            if name not in ("any", "all"):
                step(item)
                return
            truth = self.truth(item)
            decided = name == "any"
            if isinstance(truth, bool):
                if truth is decided:
                    leave(Known(decided))
                return
            a = self.branch(lambda: leave(Known(decided)))
            b = self.branch(lambda: None)
            self.merge(truth, *((a, b) if decided else (b, a)), NOTHING)

        names = ("$fold", "$first") if start is None else ("$fold",)
        try:
            if isinstance(value, Generator):
                self.generate_fold(value.node, 0, step_or_leave, names)
            else:
                self.over(node, value, step_or_leave, names, NOTHING, NOTHING, tag=name)
        finally:
            self.frames.pop()
            self.node = here
        self.left(frame)
        out: Abstract = variables["$fold"]
        return out

    def generate_fold(self, node: ast.GeneratorExp, k: int, step: Callable[[Abstract], None], names: tuple[str, ...]) -> None:  # noqa: E501
        def produce() -> None:
            step(self.evaluate(node.elt))

        self.generate(node, node.generators, 0, produce, NOTHING, 1)

    def fold_step(self, name: str, variables: dict[str, Abstract], item: Abstract) -> Abstract:
        total = variables["$fold"]
        if name == "sum":
            return self.binary(ast.Add, total, item)
        if self.truth(variables["$first"]) is True:
            return item

        def better() -> Abstract:
            if isinstance(total, Undefined):
                self.missed = True
                raise Unreachable
            if number_like(total) and number_like(item) and not (isinstance(total, View) or isinstance(item, View)):
                return self.wrap(self.emit(self.prim(name), self.to_arg(total), self.to_arg(item)))
            truth = self.truth(self.compare(ast.Gt() if name == "max" else ast.Lt(), item, total))
            if isinstance(truth, bool):
                return item if truth else total
            return self.choose(truth, lambda: item, lambda: total)

        first = self.truth(variables["$first"])
        return better() if isinstance(first, bool) else self.choose(first, lambda: item, better)

    def reduce_loop(self, function: Abstract, value: Abstract, start: Abstract) -> Abstract:
        """``functools.reduce`` over something whose length is not known."""
        here = self.node
        assert here is not None
        frame = self.child_frame(here, (), self.frame)
        frame.variables["$fold"] = start
        self.frames.append(frame)

        def body(item: Abstract) -> None:
            self.state.write(frame.variables, "$fold", self.call(function, (frame.variables["$fold"], item)))

        try:
            self.over(here, value, body, ("$fold",), NOTHING, NOTHING, tag="reduce")
        finally:
            self.frames.pop()
        self.left(frame)
        result: Abstract = frame.variables["$fold"]
        return result

    def fold_array(self, name: str, value: View, start: Abstract | None) -> Abstract:
        one = len(getattr(self.type_of(value), "axes", None) or ())
        if name == "sum":
            total = self.call(Known(np.sum), (value,), {"axis": Known(0)})
            plain = isinstance(start, Known) and start.value == 0
            return total if plain or start is None else self.binary(ast.Add, start, total)
        if one != 1:
            self.refuse(f"{name} over the rows of an array", instead=f"use np.{name} with an axis")
        return self.call(Known(getattr(np, name)), (value,))

    # -- lists from iterables --------------------------------------------------------------------------------------

    def collect(self, value: Abstract) -> Abstract:
        """``list(value)`` of something whose length is not known."""
        return self.build_list(value, lambda item: item, "list")

    def map_loop(self, function: Abstract, value: Abstract, spread: bool) -> Abstract:
        def apply(item: Abstract) -> Abstract:
            return self.call(function, self.known_items(item, "map") if spread else (item,))

        return self.build_list(value, apply, "map")

    def build_list(self, value: Abstract, make: Callable[[Abstract], Abstract], tag: str) -> Abstract:
        node = self.node
        assert node is not None
        frame = self.child_frame(node, (), self.frame)
        frame.variables["$list"] = self.new_list([])
        self.frames.append(frame)

        def body(item: Abstract) -> None:
            target = frame.variables["$list"]
            assert isinstance(target, ListOf)
            self.list_method(target, "append", (make(item),), {})

        try:
            self.over(node, value, body, (), NOTHING, NOTHING, grows=frozenset(("$list",)), tag=tag)
        finally:
            self.frames.pop()
        self.left(frame)
        out: Abstract = frame.variables["$list"]
        return out


EVALUATE[ast.DictComp] = Comprehensions.eval_dict_comp
