"""``try``: handlers, ``else``, ``finally``. How a path comes to raise is said in ``protection``."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from s2sad.errors import Error
from s2sad.front.calls import is_false
from s2sad.front.machine import FLAGS, Unreachable
from s2sad.front.protection import Protected, Protection, Raised
from s2sad.front.scope import Code
from s2sad.front.state import Frame
from s2sad.front.statements import RUN
from s2sad.front.values import FALSE, TRUE, UNBOUND, Abstract, Known, Record, TupleOf, Undefined
from s2sad.ir.core import Atom, Value

Handlers = Sequence[tuple[tuple[type, ...], ast.ExceptHandler | None]]
Alternatives = list[tuple[int, Record]]


class Trying(Protection):
    """Running ``try``."""

    def run_kept(self, code: Code, outer: Frame | None, variables: dict[str, Abstract]) -> Abstract:
        if any(not entry.explicit for entry in self.tries):
            self.refuse(
                f"the recursive function {code.name} in a try", why="what it may raise is not known",
                instead="call it outside of try",
            )  # fmt: skip
        return super().run_kept(code, outer, variables)

    def run_try(self, node: ast.Try) -> None:
        handlers = [(self.caught_classes(h), h) for h in node.handlers]
        live = self.frame.code.names if node.finalbody or self.tries else self.frame.code.after(node)

        def job() -> None:
            self.attempt(
                handlers, lambda: self.run_block(node.body),
                lambda: self.run_block(node.orelse), self.handle, live,
            )  # fmt: skip

        if node.finalbody:
            self.finally_(job, lambda: self.run_block(node.finalbody))
        else:
            job()

    def caught_classes(self, handler: ast.ExceptHandler) -> tuple[type, ...]:
        if handler.type is None:
            return (BaseException,)
        return self.classes_of(self.evaluate(handler.type), handler.type)

    def classes_of(self, found: Abstract, node: ast.AST) -> tuple[type, ...]:
        self.node = node
        items: list[Abstract] = []
        pending = [found]
        while pending:
            item = pending.pop(0)
            if isinstance(item, TupleOf):
                pending[:0] = item.items
            elif isinstance(item, Known) and isinstance(item.value, tuple):
                pending[:0] = map(Known, item.value)
            else:
                items.append(item)
        out = tuple(i.value for i in items if isinstance(i, Known) and isinstance(i.value, type))
        if len(out) != len(items) or not all(issubclass(c, BaseException) for c in out):
            self.refuse("an except clause whose classes are not known")
        if any(issubclass(c, Error) for c in out):
            self.refuse("catching s2sad's own refusals", instead="catch them around the call of the derivative")
        return out

    def attempt(
        self, handlers: Handlers, body: Callable[[], None], orelse: Callable[[], None],
        handle: Callable[[Protected, Record, int], None], live: Any, explicit: bool = False,
    ) -> None:  # fmt: skip
        """Run a protected body, and its handlers on the paths that raise."""
        entry = Protected(handlers, self.frame, explicit)
        base = len(self.splits)
        self.tries.append(entry)
        variables = self.frame.variables
        try:
            dead = self.protect(body)
            one = len(self.splits) == base + 1 and is_false(variables["$raised"])
            if not one:
                self.close(base, dead)
        finally:
            self.tries.pop()
        here = self.node
        if one:  # the rest goes on in the region of what did not raise, and the handler is the other path
            split = self.splits[-1]
            first = split.bad

            def bad() -> None:
                first()
                self.dispatch(entry, handle)

            split.bad, split.live = bad, live
            if not dead:
                dead = self.protect(lambda: self.unless_left(orelse))
            self.close(base, dead)
            if self.tries:
                self.go_on_unless_raised()
            return
        flag = variables["$raised"]
        if isinstance(flag, Known):
            if flag.value:
                self.dispatch(entry, handle)
            else:
                self.unless_left(orelse)
            return
        assert isinstance(flag, Value)

        def fine() -> None:
            self.not_raised(flag)
            self.unless_left(orelse)

        def caught() -> None:
            self.in_flight({})
            self.dispatch(entry, handle)

        a, b = self.branch(caught), self.branch(fine)
        self.node = here
        self.merge(flag, a, b, live)
        if a.dead and b.dead:
            raise Unreachable

    def unless_left(self, job: Callable[[], None]) -> None:
        """Run what follows a block on the paths that did not leave it."""
        stop = self.stopped()
        if stop is True:
            return
        if stop is False:
            job()
            return
        a = self.branch(lambda: self.know_flags(stop, True))
        b = self.branch(lambda: self.go_on_with(stop, job))
        self.merge(stop, a, b, self.frame.code.names)

    def go_on_with(self, stop: Atom, job: Callable[[], None]) -> None:
        self.know_flags(stop, False)
        job()

    # -- what was caught -------------------------------------------------------------------------------------------

    def in_hand(self) -> Alternatives:
        """The exceptions that may be in flight here: a number for the class of each, and the exception."""
        variables = self.frame.variables
        code = variables.get("$code")
        found = [
            (int(name[4:]), value) for name, value in variables.items()
            if name.startswith("$exc") and isinstance(value, Record)
        ]  # fmt: skip
        if isinstance(code, Known):
            return [(k, v) for k, v in found if k == code.value]
        return sorted(found, key=lambda pair: pair[0])

    def dispatch(self, entry: Protected, handle: Callable[[Protected, Record, int], None]) -> None:
        """Give the exception in flight to the handler that takes its class; or let it go on."""
        alternatives = self.in_hand()
        if len(alternatives) == 1:
            self.deliver(entry, handle, *alternatives[0])
            return
        code = self.frame.variables["$code"]
        assert alternatives and isinstance(code, Value)
        first, rest = alternatives[0], alternatives[1:]
        pred = self.truth(self.compare(ast.Eq(), code, Known(first[0])))
        assert isinstance(pred, Value)

        def others() -> None:
            for name in (f"$exc{first[0]}",):
                self.state.write(self.frame.variables, name, UNBOUND)
            if len(rest) == 1:
                self.state.write(self.frame.variables, "$code", Known(rest[0][0]))
            self.dispatch(entry, handle)

        a = self.branch(lambda: self.deliver(entry, handle, *first))
        b = self.branch(others)
        self.merge(pred, a, b, self.frame.code.names)
        if a.dead and b.dead:
            raise Unreachable

    def deliver(self, entry: Protected, handle: Callable[[Protected, Record, int], None], code: int, exception: Record) -> None:  # noqa: E501
        which = entry.handler(exception.cls)
        if which is None:
            self.state.write(self.frame.variables, "$code", Known(code))
            if self.caught_by(exception.cls) is None:
                self.raise_again(exception)
            return
        self.landed()
        handle(entry, exception, which)

    def handle(self, entry: Protected, exception: Record, which: int) -> None:
        """Run a handler."""
        handler = entry.handlers[which][1]
        if handler is None:
            return
        variables = self.frame.variables
        if handler.name is not None:
            self.state.write(variables, handler.name, exception)
        self.handled.append(exception)
        try:
            self.run_block(handler.body)
        finally:
            self.handled.pop()
        if handler.name is not None:
            self.state.write(variables, handler.name, UNBOUND)

    # -- finally ---------------------------------------------------------------------------------------------------

    def finally_(self, job: Callable[[], None], last: Callable[[], None]) -> None:
        """Run ``last`` after ``job``, however that left the block."""
        self.attempt_all(job)
        variables = self.frame.variables
        kept = {n: v for n, v in variables.items() if n in (*FLAGS, "$raised", "$result", "$code") or n.startswith("$exc")}  # noqa: E501
        for name in (*FLAGS, "$raised"):
            if name in kept:
                self.state.write(variables, name, FALSE)
        last()
        stop = self.stopped()
        if stop is True:
            return  # what leaves the block here overrides what left it before

        def restore() -> None:
            for name, value in kept.items():
                self.state.write(variables, name, value)
            self.go_on_in_flight()

        if stop is False:
            restore()
            return
        a, b = self.branch(lambda: None), self.branch(restore)
        self.merge(stop, a, b, self.frame.code.names)

    def attempt_all(self, job: Callable[[], None]) -> None:
        """Run a block with every exception that it raises by name kept in flight at its end."""
        entry = Protected([((BaseException,), None)], self.frame, explicit=True)
        base = len(self.splits)
        self.tries.append(entry)
        try:
            self.close(base, self.protect(job))
        finally:
            self.tries.pop()

    def go_on_in_flight(self) -> None:
        """An exception that nothing has dealt with goes on: to a ``try`` further out, or out of the program."""
        flag = self.frame.variables.get("$raised", FALSE)
        if isinstance(flag, Known):
            if flag.value:
                self.let_go()
            return
        assert isinstance(flag, Value)

        def caught() -> None:
            self.in_flight({})
            self.let_go()

        a, b = self.branch(caught), self.branch(lambda: self.not_raised(flag))
        self.merge(flag, a, b, self.frame.code.names)
        if a.dead and b.dead:
            raise Unreachable

    def let_go(self) -> None:
        """Raise what is in flight where nothing around catches it."""
        none = Protected([], self.frame)
        self.dispatch(none, lambda *_: None)


RUN[ast.Try] = Trying.run_try

__all__ = ["TRUE", "Protected", "Raised", "Trying", "Undefined"]
