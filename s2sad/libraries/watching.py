"""``callback=`` of solvers: one that only looks on has nothing to say to a derivative, and is left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from s2sad.compiler.callbacks import handed, names_of
from s2sad.front.calls import Calls
from s2sad.front.values import Abstract, Known
from s2sad.ir.core import Value
from s2sad.ir.types import FLOAT, Type
from s2sad.libraries.solutions import Solution, absent
from s2sad.passes.dce import has_effect

LEAVE_OUT = "leave it out; to follow a search, call the solver outside of what is differentiated"


class Watcher:
    """A callback as SciPy calls it: with the point, or with a result object if it asks for ``intermediate_result``."""

    def __init__(self, callback: Abstract, by_result: bool) -> None:
        self.callback, self.by_result = callback, by_result
        self.__name__ = "callback"

    def __s2sad_call__(self, machine: Calls, args: Sequence[Abstract], kwargs: Mapping[str, Abstract]) -> Abstract:
        if self.by_result:
            result = machine.bare(Solution, {"x": args[0], "fun": args[1]})
            return machine.call(self.callback, (), {"intermediate_result": result})
        return machine.call(self.callback, args, {})


def only_watches(machine: Calls, what: str, callback: Abstract | None, point: Value, *more: Type | Value) -> None:
    """Refuse a callback that does anything (also to end the search); what only looks on is not called."""
    if callback is None or absent(callback):
        return
    by_result = names_of(machine, callback, 1)[0] == "intermediate_result"

    def nothing(machine: Calls, value: Abstract) -> Abstract:
        if not isinstance(value, Known) or value.value not in (None, False):
            machine.refuse(
                f"a callback= of scipy.{what} that returns a value", why="it may end the search", instead=LEAVE_OUT
            )
        return Known(0.0)

    like: list[Type | Value] = [point, FLOAT] if by_result else [point, *more]
    watcher = handed(machine, Known(Watcher(callback, by_result)), like, None, nothing)
    if has_effect(watcher.function.value):
        machine.refuse(f"a callback= of scipy.{what} that prints", why="it is not called", instead=LEAVE_OUT)
