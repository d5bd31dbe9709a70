"""Generator functions, run where they are read.

A call of one gives a ``Lazy``: nothing has run yet. What reads it (a ``for`` loop, ``sum``, ``list``, ``yield from`` …)
runs the generator's body, and at each ``yield`` its own body with the value that was yielded, in its own frame. Where
that leaves the loop, the generator is left as by ``return``. So a loop over a generator is the generator's loop.

``@contextlib.contextmanager`` is the same: the body of the ``with`` statement stands for the ``yield``.
"""

from __future__ import annotations

import ast
import contextlib
import types
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from s2sad.front.calls import is_false
from s2sad.front.expressions import EVALUATE
from s2sad.front.machine import SIGNALS
from s2sad.front.protection import Protected, Raised, held_in
from s2sad.front.scope import Code, writes
from s2sad.front.state import Frame
from s2sad.front.values import (
    FALSE,
    NONE,
    TRUE,
    UNBOUND,
    Abstract,
    Generator,
    Known,
    Lazy,
    ListOf,
    Partial,
    RangeOf,
    Record,
    Undefined,
    Wrapped,
    known,
    pack,
)
from s2sad.front.watching import Watching
from s2sad.ir.core import Atom, Value

MANAGER = contextlib._GeneratorContextManager
_DECORATED = contextlib.contextmanager(lambda: iter(())).__code__  # of every function that the decorator makes

ENDLESS = ("always", "counting", "round_and_round")  # of ``iterating``: to read one item too many has no effect

Stop = bool | Atom
Consume = Callable[[Abstract], Stop]
Body = Callable[[Abstract], Stop | None]


class Generators(Watching):
    """Running generators."""

    unrolling = False

    def run_function(self, code: Code, outer: Frame | None, variables: dict[str, Abstract]) -> Abstract:
        if code.yields:
            return Lazy(code, outer, variables, len(self.loops))
        return super().run_function(code, outer, variables)

    def eval_yield(self, node: ast.Yield) -> Abstract:
        value = NONE if node.value is None else self.evaluate(node.value)
        self.node = node
        self.give(value)
        return NONE

    def eval_yield_from(self, node: ast.YieldFrom) -> Abstract:
        iterable = self.evaluate(node.value)
        self.node = node
        names = self.frame.code.names
        self.over(node, iterable, self.give, (), names, names, tag="yield from")
        if isinstance(iterable, Lazy):
            return iterable.outcome.pop() if iterable.outcome else NONE
        return NONE

    def give(self, value: Abstract) -> None:
        """Hand a value to whoever reads the generator that is being run."""
        hook = next((h for f, h, _ in reversed(self.consumers) if f is self.frame), None)
        if hook is None:
            self.refuse("yield here", why="no one reads what it gives", instead="append to a list, return the list")
        hook(value)

    def run_lazy(self, lazy: Lazy, consume: Consume, node: ast.AST) -> None:
        """Run a generator to its end, or to where its reader stops reading."""
        consumer, below, tries = self.frame, list(self.frames), self.tries
        flags: dict[str, Abstract] = {"$returned": FALSE, "$raised": FALSE, "$result": UNBOUND}
        frame = self.activation(lazy.code, lazy.variables | flags, lazy.outer, self.here())

        def hook(value: Abstract) -> None:
            here = self.node
            frames, self.frames = self.frames, list(below)
            inner, self.tries = self.tries, tries
            stop: list[Stop] = []
            try:
                for name in SIGNALS:
                    if not is_false(consumer.variables.get(name, FALSE)):
                        self.state.write(consumer.variables, name, FALSE)
                self.as_block(lambda: stop.append(consume(value)))
                self.state.write(consumer.variables, "$continue", FALSE)
                stop.append(self.stopped())
            finally:
                self.frames, self.tries = frames, inner
            self.node = here
            self.stop_generator(frame, stop)

        self.run_generator(frame, lazy, hook, node)

    def as_block(self, job: Callable[[], Any]) -> None:
        if self.tries:
            self.raising(job)
        else:
            job()

    def stop_generator(self, frame: Frame, stops: Iterable[Stop]) -> None:
        """Leave a generator at a ``yield`` where its reader has stopped."""
        out: Stop = False
        for stop in stops:
            if out is True or stop is False:
                continue
            out = stop if out is False or stop is True else self.either(out, stop)
        if out is True:
            self.state.write(frame.variables, "$returned", TRUE)
        elif out is not False:
            self.state.write(frame.variables, "$returned", out)

    def run_generator(self, frame: Frame, lazy: Lazy, hook: Callable[[Abstract], None], node: ast.AST) -> None:
        outer = self.node
        self.frames.append(frame)
        self.calls.append(id(node))
        self.consumers.append((frame, hook, self.frames[-2]))
        try:
            self.raising_block(lazy.code.body)
        finally:
            self.consumers.pop()
            self.calls.pop()
            self.frames.pop()
            self.node = outer
        self.left(frame)
        result = frame.variables["$result"]
        lazy.outcome[:] = [NONE if isinstance(result, Undefined) else result]

    def know_flags(self, stop: Atom, left: bool) -> None:
        super().know_flags(stop, left)
        for frame, _, reader in self.consumers:
            for name in SIGNALS:
                flag = reader.variables.get(name)
                if isinstance(flag, Value) and (flag is stop if left else frame is self.frame):
                    self.state.write(reader.variables, name, TRUE if left else FALSE)

    def endless_loop_left(self) -> None:
        """``while True`` without a ``break``: a generator leaves it only because its reader stopped."""
        super().endless_loop_left()
        reader = next((c for f, _, c in reversed(self.consumers) if f is self.frame), None)
        if reader is None:
            return
        unknown = [n for n in SIGNALS if not is_false(reader.variables.get(n, FALSE)) and n != "$continue"]
        if unknown in (["$returned"], ["$break"]):
            self.state.write(reader.variables, unknown[0], TRUE)

    # -- reading ---------------------------------------------------------------------------------------------------

    def over(
        self, node: ast.AST, iterable: Abstract, body: Callable[[Abstract], None], names: Iterable[str],
        head: frozenset[str] | None, live: frozenset[str] | None, needs_broke: bool = False,
        grows: frozenset[str] = frozenset(), tag: str = "",
    ) -> Abstract:  # fmt: skip
        iterable = self.with_iterators(iterable)
        body = self.against_changes(iterable, body)
        plan = self.reading(iterable)
        if plan is None:
            return super().over(node, iterable, body, names, head, live, needs_broke, grows, tag)
        saved = self.save_flags()
        lazy, adapt = plan
        consume = adapt(body)
        key = id(self.frame.variables)
        before = self.readers.get(key)
        self.readers[key] = head, live
        try:
            if consume is not None:
                self.run_lazy(lazy, consume, node)
        finally:
            if before is None:
                del self.readers[key]
            else:
                self.readers[key] = before
        broke: Abstract = self.frame.variables["$break"]
        self.restore_flags(saved)
        return broke

    def with_iterators(self, iterable: Abstract) -> Abstract:
        """What a loop runs over, with the iterators of objects that have some, also in ``enumerate`` and ``zip``."""
        match iterable:
            case Record() if (method := self.user_method(iterable, "__iter__")) is not None:
                return self.call(method, ())
            case Wrapped(kind="enumerate" | "zip", parts=parts) if any(isinstance(p, Record) for p in parts):
                return replace(iterable, parts=tuple(map(self.with_iterators, parts)))
        return iterable

    def reading(self, iterable: Abstract) -> tuple[Lazy, Callable[[Body], Consume | None]] | None:
        """The generator in what a loop runs over, and what the loop makes of each value that it gives."""
        match iterable:
            case Lazy():
                return iterable, plainly
            case Generator():
                return self.lazily(iterable), plainly
            case Wrapped(kind="iter", parts=(part,)):
                return self.reading(part)
            case Wrapped(kind="enumerate", parts=(part,), start=start):
                inner = self.reading(part)
                if inner is None:
                    return None
                lazy, adapt = inner
                return lazy, lambda body: adapt(self.numbered(body, Known(0) if start is None else start))
            case Wrapped(kind="zip", parts=parts):
                lazies = [k for k, p in enumerate(parts) if isinstance(p, Lazy)]
                if len(lazies) != 1:
                    return None
                (k,) = lazies
                lazy_part = parts[k]
                assert isinstance(lazy_part, Lazy)
                return lazy_part, lambda body: self.beside(body, parts, k)
        return None

    def lazily(self, generator: Generator) -> Lazy:
        """A generator expression as the generator function that it is short for."""
        node, code = generator.node, generator.frame.code
        own = code.inner.get(node.elt)
        if own is None:
            body: ast.stmt = ast.copy_location(ast.Expr(ast.copy_location(ast.Yield(node.elt), node.elt)), node.elt)
            for each in reversed(node.generators):
                for test in reversed(each.ifs):
                    body = ast.copy_location(ast.If(test, [body], []), test)
                first = each is node.generators[0]
                given = ast.copy_location(ast.Name(".0", ast.Load()), each.iter) if first else each.iter
                body = ast.copy_location(ast.For(each.target, given, [body], []), each.target)
            names = frozenset(writes([g.target for g in node.generators]))
            own = Code(code.node, code.source, code.name, [body], names, frozenset(), code, yields=True)
            code.inner[node.elt] = own
        return Lazy(own, generator.frame, {".0": generator.first}, generator.depth)

    def counter(self, start: Abstract) -> tuple[dict[str, Any], str]:
        self.temporaries += 1
        variables, name = self.frame.variables, f"$count{self.temporaries}"
        self.state.write(variables, name, start)
        return variables, name

    def numbered(self, body: Body, start: Abstract) -> Body:
        """The body of a loop over ``enumerate``."""
        variables, name = self.counter(start)

        def run(value: Abstract) -> Stop | None:
            count = variables[name]
            self.state.write(variables, name, self.binary(ast.Add, count, Known(1)))
            return body(pack((count, value)))

        return run

    def beside(self, body: Callable[[Abstract], None], parts: tuple[Abstract, ...], k: int) -> Consume | None:
        """The body of a loop over ``zip`` of a generator and things with a length."""
        counts = [self.items_if_known(p) for j, p in enumerate(parts) if j != k]
        others = [None if j == k else self.frozen_sequence(p) for j, p in enumerate(parts)]
        lengths = [
            self.length(p) if items is None else Known(len(items))
            for p, items in zip([p for p in others if p is not None], counts, strict=True)
        ]  # fmt: skip
        shortest = lengths[0] if len(lengths) == 1 else self.call(Known(min), tuple(lengths))
        some = self.truth(self.compare(ast.Gt(), shortest, Known(0)))
        if some is False:
            return None
        if some is not True and (k == 0 or parts[k].code.name in ENDLESS):  # type: ignore[union-attr]
            return self.while_there(body, others, shortest)
        if some is not True:
            self.refuse(
                "zip of something that may be empty and a generator", why="the generator would have to be left unread",
                instead="put the generator first",
            )  # fmt: skip
        variables, name = self.counter(Known(0))

        def run(value: Abstract) -> Stop:
            count = variables[name]
            after = self.binary(ast.Add, count, Known(1))
            self.state.write(variables, name, after)
            body(pack([value if p is None else self.element(p, count) for p in others]))
            return self.truth(self.compare(ast.GtE(), after, shortest))

        return run

    def while_there(self, body: Callable[[Abstract], None], others: list[Abstract | None], shortest: Abstract) -> Consume:  # noqa: E501
        """The body of a loop over ``zip`` of a generator and what may end before it."""
        variables, name = self.counter(Known(0))

        def run(value: Abstract) -> Stop:
            count = variables[name]
            ended = self.truth(self.compare(ast.GtE(), count, shortest))

            def go_on() -> None:
                self.state.write(variables, name, self.binary(ast.Add, count, Known(1)))
                body(pack([value if p is None else self.element(p, count) for p in others]))

            if isinstance(ended, bool):
                if not ended:
                    go_on()
                return ended
            a, b = self.branch(lambda: None), self.branch(go_on)
            self.merge(ended, a, b, self.frame.code.names)
            return ended

        return run

    def known_items(self, value: Abstract, what: str) -> list[Abstract]:
        if not isinstance(value, Lazy | Generator):
            return super().known_items(value, what)
        before, self.unrolling = self.unrolling, True
        try:
            return super().known_items(self.listed(value) if isinstance(value, Lazy) else value, what)
        finally:
            self.unrolling = before

    def unpack(self, targets: Sequence[ast.expr], value: Abstract) -> None:
        super().unpack(targets, self.listed(value) if isinstance(value, Lazy) else value)

    def frozen_sequence(self, iterable: Abstract) -> Abstract:
        return super().frozen_sequence(self.listed(iterable) if isinstance(iterable, Lazy) else iterable)

    def items_to_unroll(self, iterable: Abstract, key: Any) -> list[Abstract] | None:
        if isinstance(iterable, Wrapped) and any(isinstance(p, Lazy) for p in iterable.parts):
            parts = tuple(self.listed(p) if isinstance(p, Lazy) else p for p in iterable.parts)
            iterable = Wrapped(iterable.kind, parts, iterable.start, iterable.depth)
        if self.unrolling and isinstance(iterable, RangeOf) and known(iterable.start, iterable.stop, iterable.step):
            return self.items_if_known(iterable)  # how many items there are has to be known
        return super().items_to_unroll(iterable, key)

    def attribute(self, owner: Abstract, name: str) -> Abstract:
        begun = isinstance(owner, Wrapped) and owner.kind == "iter"  # what is left of one after next
        if (isinstance(owner, Lazy) or begun) and hasattr(types.GeneratorType, name):
            self.refuse(
                f"{name} of a generator", why="its body is run where it is read, and hears nothing from there",
                instead="pass what it needs as arguments",
            )  # fmt: skip
        return super().attribute(owner, name)

    # -- context managers ------------------------------------------------------------------------------------------

    def call_function(self, function: Any, args: tuple[Abstract, ...], kwargs: dict[str, Abstract]) -> Abstract:
        if getattr(function, "__code__", None) is _DECORATED:
            return self.new_manager(Known(function.__wrapped__), args, kwargs)
        if function is contextlib.contextmanager:
            return Partial(Known(MANAGER), args)
        return super().call_function(function, args, kwargs)

    def construct(self, cls: type, args: tuple[Abstract, ...], kwargs: dict[str, Abstract]) -> Abstract:
        if cls is MANAGER:
            return self.new_manager(args[0], args[1:], kwargs)
        return super().construct(cls, args, kwargs)

    def new_manager(self, function: Abstract, args: tuple[Abstract, ...], kwargs: dict[str, Abstract]) -> Abstract:
        record = Record(MANAGER)
        self.state.write(self.state.heap, record, {"gen": self.call(function, args, kwargs)})
        return record

    def with_manager(self, manager: Abstract, target: ast.expr | None, rest: Callable[[], None], node: ast.expr) -> None:  # noqa: E501
        if not isinstance(manager, Record) or manager.cls is not MANAGER:
            super().with_manager(manager, target, rest, node)
            return
        lazy = self.content(manager)["gen"]
        assert isinstance(lazy, Lazy)
        consumer, below = self.frame, list(self.frames)
        flags: dict[str, Abstract] = {"$returned": FALSE, "$raised": FALSE, "$result": UNBOUND}
        frame = self.activation(lazy.code, lazy.variables | flags, lazy.outer, self.here())
        kept: list[dict[str, Abstract]] = []

        def hook(value: Abstract) -> None:
            if kept:
                self.refuse("a context manager that yields more than once", instead="yield once")
            frames, self.frames = self.frames, list(below)
            entry = Protected([((BaseException,), None)], consumer, explicit=True)
            base = len(self.splits)
            self.tries.append(entry)
            try:
                if target is not None:
                    self.assign(target, value)
                self.close(base, self.protect(rest))
                flag = consumer.variables["$raised"]
                held = held_in(consumer)
                if not is_false(flag):
                    self.landed_here(flag)
                kept.append(self.put_aside())
            finally:
                self.tries.pop()
                self.frames = frames
            self.thrown(flag, held)

        self.run_generator(frame, lazy, hook, node)
        if kept:
            self.put_back_flags(kept[0])

    def landed_here(self, flag: Abstract) -> None:
        """An exception in flight goes into the generator: the function around the ``with`` is not left by it."""
        variables = self.frame.variables
        if variables["$returned"] is flag or isinstance(flag, Known):
            self.state.write(variables, "$returned", FALSE)
        self.state.write(variables, "$raised", FALSE)

    def thrown(self, flag: Abstract, held: dict[str, Any]) -> None:
        """Raise in a generator, at its ``yield``, what is in flight in the body of the ``with``."""
        if is_false(flag):
            return
        if not self.tries:  # nothing here or further out catches it
            self.raise_held(flag, held)
            return
        if isinstance(flag, Known):
            raise Raised(held)
        assert isinstance(flag, Value)
        self.split(flag, lambda: self.in_flight(held))

    def raise_held(self, flag: Abstract, held: dict[str, Any]) -> None:
        for name, value in held.items():
            self.state.write(self.frame.variables, name, value)
        self.state.write(self.frame.variables, "$raised", flag)
        self.state.write(self.frame.variables, "$returned", flag)
        self.go_on_in_flight()


def plainly(body: Body) -> Consume:
    def run(value: Abstract) -> Stop:
        return body(value) or False

    return run


EVALUATE[ast.Yield] = Generators.eval_yield
EVALUATE[ast.YieldFrom] = Generators.eval_yield_from

__all__ = ["Generators", "ListOf"]
