"""``contextlib.closing`` and ``ExitStack``, and ``np.errstate`` that raises."""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Callable
from typing import Any

import numpy as np

from s2sad.front.contexts import Contexts
from s2sad.front.values import FALSE, NONE, Abstract, Known, Method, Partial, Record, TupleOf, pack

STACK = ("enter_context", "callback", "push", "pop_all", "close")


class Stacks(Contexts):
    """Context managers of the library whose exits are calls of the program's own."""

    def well_known(self, context: ast.Call, target: ast.expr | None, rest: Callable[[], None], node: ast.With) -> bool:
        function = self.evaluate(context.func)
        kind = function.value if isinstance(function, Known) else None
        if kind is np.errstate:
            return self.errstate(context, rest)
        if kind is contextlib.closing and len(context.args) == 1:
            value = self.evaluate(context.args[0])
            if target is not None:
                self.assign(target, value)

            def close(exception: Record | None) -> Abstract:
                self.node = context
                self.call(self.attribute(value, "close"), ())
                return FALSE

            self.managed(rest, close, swallows=False)
            return True
        if kind is contextlib.ExitStack and not context.args:
            stack = Record(contextlib.ExitStack)
            self.state.write(self.state.heap, stack, {"$exits": pack(())})
            if target is not None:
                self.assign(target, stack)
            self.managed(rest, lambda exception: self.unwind(stack, exception), swallows=False)
            return True
        return super().well_known(context, target, rest, node)

    # -- errstate --------------------------------------------------------------------------------------------------

    def errstate(self, context: ast.Call, rest: Callable[[], None]) -> bool:
        """What NumPy does about floating point errors: where it is to raise, every operation may."""
        self.node = context
        before = self.trapping
        modes = dict(before)
        for keyword in context.keywords:
            value = self.evaluate(keyword.value)
            kinds = ("divide", "over", "under", "invalid") if keyword.arg == "all" else (keyword.arg,)
            if not isinstance(value, Known) or value.value == "call" or keyword.arg in (None, "call"):
                self.refuse(
                    "np.errstate with these arguments", why="a function that NumPy calls cannot be followed",
                    instead="use 'ignore', 'warn' or 'raise'",
                )  # fmt: skip
            for kind in kinds:
                modes.pop(str(kind), None)
                if value.value == "raise":
                    modes[str(kind)] = "raise"
                elif value.value == "ignore":
                    self.quiet[str(kind)] = None
        self.trapping = modes
        try:
            rest()
        finally:
            self.trapping = before
        return True

    # -- stacks of exits -------------------------------------------------------------------------------------------

    def attribute(self, owner: Abstract, name: str) -> Abstract:
        if isinstance(owner, Record) and owner.cls is contextlib.ExitStack and name in STACK:
            return Method(owner, f"$stack:{name}")
        return super().attribute(owner, name)

    def call_method(self, owner: Abstract, name: str, args: tuple[Abstract, ...], kwargs: dict[str, Abstract]) -> Abstract:  # noqa: E501
        if not name.startswith("$stack:"):
            return super().call_method(owner, name, args, kwargs)
        match name[7:], args:
            case "enter_context", (manager,):
                enter, leave = self.user_method(manager, "__enter__"), self.user_method(manager, "__exit__")
                if enter is None or leave is None:
                    self.refuse(
                        f"enter_context of {self.describe(manager)}",
                        why="what it does when it is entered and left is not known",
                        instead="enter it outside of what is differentiated, or write a class with __enter__ and __exit__",  # noqa: E501
                    )  # fmt: skip
                value = self.call(enter, ())
                self.push_exit(owner, leave, "exit")
                return value
            case "push", (leave,):
                self.push_exit(owner, self.user_method(leave, "__exit__") or leave, "exit")
                return leave
            case "callback", (function, *rest):
                self.push_exit(owner, self.partial(function, tuple(rest), kwargs), "callback")
                return function
            case "close", ():
                self.unwind(owner, None)
                return NONE
        self.refuse(
            f"ExitStack.{name[7:]}", why="what it hands on is not followed",
            instead="enter the managers in a with statement, or in the stack that leaves them",
        )  # fmt: skip

    def push_exit(self, stack: Abstract, leave: Abstract, how: str) -> None:
        assert isinstance(stack, Record)
        exits = self.content(stack)["$exits"]
        if not isinstance(exits, TupleOf):
            self.refuse("an ExitStack that holds other things on other paths", why="what is run at its end is not known", instead="fill it on every path alike")  # noqa: E501
        self.state.write(self.state.heap, stack, {"$exits": pack((*exits.items, pack((Known(how), leave))))})

    def unwind(self, stack: Abstract, exception: Record | None) -> Abstract:
        """Run the exits, the last first; whether one of them dealt with the exception."""
        assert isinstance(stack, Record)
        exits = self.content(stack)["$exits"]
        if not isinstance(exits, TupleOf):
            self.refuse("an ExitStack that holds other things on other paths", why="what is run at its end is not known", instead="fill it on every path alike")  # noqa: E501
        self.state.write(self.state.heap, stack, {"$exits": pack(())})
        swallowed = False
        for entry in reversed(exits.items):
            assert isinstance(entry, TupleOf)
            how, leave = entry.items
            if isinstance(how, Known) and how.value == "callback":
                self.call(leave, ())
                continue
            given: Any = (NONE, NONE, NONE)
            if exception is not None and not swallowed:
                given = (Known(exception.cls), exception, NONE)
            truth = self.truth(self.call(leave, given))
            if exception is None or swallowed:
                continue
            if not isinstance(truth, bool):
                self.refuse(
                    "an exit of an ExitStack that deals with an exception on some paths only",
                    why="whether the exception goes on depends on what its __exit__ returns",
                    instead="use a with statement, or return a constant from __exit__",
                )
            swallowed = truth
        return Known(swallowed)

    def partial(self, function: Abstract, args: tuple[Abstract, ...], kwargs: dict[str, Abstract]) -> Abstract:
        return Partial(function, args, kwargs)
