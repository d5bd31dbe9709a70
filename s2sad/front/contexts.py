"""``with``: what a context manager does on entry and on exit is part of the program."""

from __future__ import annotations

import ast
import contextlib
import types
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from s2sad.front.derivatives import CONTEXTS
from s2sad.front.machine import FLAGS, Unreachable
from s2sad.front.protection import Protected
from s2sad.front.statements import RUN
from s2sad.front.trying import Trying
from s2sad.front.values import FALSE, NONE, UNBOUND, Abstract, Known, Partial, Record, TupleOf
from s2sad.ir.core import Value


class Contexts(Trying):
    """Running ``with``."""

    caught_warnings = 0  # ``with warnings.catch_warnings()`` around the present statement

    def run_with(self, node: ast.With) -> None:
        self.enter_with(node, 0)

    def enter_with(self, node: ast.With, k: int) -> None:
        if k == len(node.items):
            self.run_block(node.body)
            return
        item = node.items[k]

        def rest() -> None:
            self.enter_with(node, k + 1)

        if isinstance(item.context_expr, ast.Call):
            known = self.well_known(item.context_expr, item.optional_vars, rest, node)
            if known:
                return
        manager = self.evaluate(item.context_expr)
        self.node = item.context_expr
        self.with_manager(manager, item.optional_vars, rest, item.context_expr)

    def well_known(self, context: ast.Call, target: ast.expr | None, rest: Callable[[], None], node: ast.With) -> bool:
        """The context managers of the standard library and of NumPy whose meaning is known."""
        function = self.evaluate(context.func)
        kind = function.value if isinstance(function, Known) else None
        if isinstance(kind, types.FunctionType) and (meaning := CONTEXTS.get(kind)) is not None:
            meaning(self, context, target, rest, node)
            return True
        if kind is np.printoptions and target is None:
            rest()
            return True
        if kind is warnings.catch_warnings and target is None:
            self.caught_warnings += 1
            rest()
            self.caught_warnings -= 1
            return True
        if kind is contextlib.suppress:
            if context.keywords:
                self.node = context
                self.refuse(
                    "contextlib.suppress with keyword arguments", why="it takes classes of exceptions only",
                    instead="write them one by one: suppress(KeyError, IndexError)",
                )  # fmt: skip
            classes = TupleOf(tuple(self.elements(context.args)))
            handlers = [(self.classes_of(classes, context), None)]
            self.attempt(handlers, rest, lambda: None, self.handle, self.alive_after(node))
            return True
        if kind is contextlib.nullcontext:
            values = self.elements(context.args) if context.args else [NONE]
            if context.keywords:
                values = [self.evaluate(context.keywords[0].value)]
            if target is not None:
                self.assign(target, values[0])
            rest()
            return True
        return False

    def alive_after(self, node: ast.stmt) -> Any:
        return self.frame.code.names if self.tries else self.frame.code.after(node)

    def with_manager(self, manager: Abstract, target: ast.expr | None, rest: Callable[[], None], node: ast.expr) -> None:  # noqa: E501
        """A context manager of the program's own."""
        enter, leave = self.user_method(manager, "__enter__"), self.user_method(manager, "__exit__")
        if enter is None or leave is None:
            self.refuse(
                f"with {self.describe(manager)}", why="what it does on entry and on exit is not part of the trace",
                instead="write the body without it, or put it around the call of the derivative",
            )  # fmt: skip
        value = self.call(enter, ())
        if target is not None:
            self.assign(target, value)

        def exits(exception: Record | None) -> Abstract:
            self.node = node
            arguments: Sequence[Abstract] = (NONE, NONE, NONE)
            if exception is not None:
                arguments = Known(exception.cls), exception, NONE
            return self.call(leave, arguments)

        self.managed(rest, exits, self.swallows(leave))

    def managed(self, body: Callable[[], None], exits: Callable[[Record | None], Abstract], swallows: bool) -> None:
        """Run a body, then the exit of its manager, with the exception in flight where there is one."""
        entry = Protected([((BaseException,), None)], self.frame, explicit=not swallows)
        base = len(self.splits)
        self.tries.append(entry)
        try:
            self.close(base, self.protect(body))
        finally:
            self.tries.pop()
        variables = self.frame.variables
        flag = variables["$raised"]

        def fine() -> None:
            kept = self.put_aside()
            exits(None)
            self.put_back_flags(kept)

        def caught() -> None:
            self.in_flight({})
            self.dispatch(entry, lambda _, exception, which: self.exit_with(exception, exits))

        if isinstance(flag, Known):
            (caught if flag.value else fine)()
            return
        assert isinstance(flag, Value)

        def not_raised() -> None:
            self.not_raised(flag)
            fine()

        a, b = self.branch(caught), self.branch(not_raised)
        self.merge(flag, a, b, self.frame.code.names)
        if a.dead and b.dead:
            raise Unreachable

    def exit_with(self, exception: Record, exits: Callable[[Record | None], Abstract]) -> None:
        """``__exit__`` gets an exception; it goes on unless that says true."""
        truth = self.truth(exits(exception))
        if truth is True:
            return
        if truth is False:
            self.raise_again(exception)
            return
        a = self.branch(lambda: None)
        b = self.branch(lambda: self.raise_again(exception))
        self.merge(truth, a, b, self.frame.code.names)

    def put_aside(self) -> dict[str, Abstract]:
        """Take the flags of a block that was left off, so that something else can be run first."""
        variables = self.frame.variables
        kept = {n: variables[n] for n in (*FLAGS, "$result") if n in variables}
        for name in FLAGS:
            if name in kept:
                self.state.write(variables, name, FALSE)
        return kept

    def put_back_flags(self, kept: dict[str, Abstract]) -> None:
        for name, value in kept.items():
            self.state.write(self.frame.variables, name, value)

    def swallows(self, leave: Abstract) -> bool:
        """Whether an ``__exit__`` may say that the exception is dealt with."""
        function = leave.function.value if isinstance(leave, Partial) and isinstance(leave.function, Known) else None
        if not isinstance(function, types.FunctionType):
            return True
        from_source = self.code_of(function)
        returns = [n for s in from_source.body for n in ast.walk(s) if isinstance(n, ast.Return)]
        return any(
            r.value is not None and not (isinstance(r.value, ast.Constant) and not r.value.value) for r in returns
        )


RUN[ast.With] = Contexts.run_with

__all__ = ["UNBOUND", "Contexts"]
