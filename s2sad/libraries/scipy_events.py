"""``events=`` of ``scipy.integrate.solve_ivp``: when they happen, differentiated by the implicit-function theorem.

An event happens where g(t, y(t), θ) = 0, and y(t) is the dense solution, which is a function of t, of where it starts
and of θ (``scipy_ode.py``). So the time is a root like any other (``s2sad.custom_root``), which SciPy has found.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from s2sad.compiler.abstract_functions import items
from s2sad.compiler.callbacks import Handed
from s2sad.front.calls import Calls
from s2sad.front.values import Abstract, Known, pack
from s2sad.implicit import custom_root
from s2sad.ir.core import Value
from s2sad.ir.types import FLOAT, INT, Array, Object
from s2sad.libraries.solutions import TOLD
from s2sad.prims.primitive import primitive
from s2sad.rules.book import constant


def solver_event(function, terminal, direction):
    """A function that says by its sign when an event happens, with what solve_ivp asks of it."""

    def event(t, y, *args):
        return function(t, y, *args)

    event.terminal, event.direction = terminal, direction
    return event


event_ = primitive(
    "solver_event", solver_event, lambda function, terminal, direction: Object("function"), style="helper"
)  # fmt: skip


def event_times(sol, k):
    """When an event happened."""
    return np.asarray(sol.t_events[k], dtype=float)


def _times(sol: Any, k: Any) -> Any:
    return Array("f64", ("?",))


times_ = primitive("event_times", event_times, _times, style="helper")


def last_time(sol):
    """Where a solution ends."""
    return float(sol.t[-1])


def times_reached(sol):
    """At how many times there is a solution."""
    return len(sol.t)


last_ = primitive("last_time", last_time, lambda sol: FLOAT, style="helper")
many_ = primitive("times_reached", times_reached, lambda sol: INT, style="helper")
constant(event_, times_, last_, many_)


def attributes(event):
    """Whether an event ends the solution, and in which direction its function goes through zero."""
    return getattr(event, "terminal", None) or False, getattr(event, "direction", 0.0)


def times_of(event, path, found, args):
    """When an event happened, as a function of everything."""
    out = np.empty(len(found))
    for k in range(len(found)):
        out[k] = custom_root(lambda t: event(t, path(t), *args), found[k], lambda f, t: t)  # noqa: PLW0108
    return out


def states_at(path, times, size):
    """The solution at some times (in rows)."""
    return path(times).T if len(times) > 0 else np.empty((0, size))


def end_of(sol_status, last, stop, of_events):
    """Where a solution ends: at an event, or as it was to."""
    end = stop * 1.0
    if sol_status == 1:
        for times in of_events:
            if len(times) > 0 and times[-1] == last:
                end = times[-1]
    return end


def reached(times, count):
    """Those of some times that the solution came to."""
    return times[:count]


def listed(events):
    """Events in a list, where one alone may be given."""
    return list(events) if isinstance(events, (list, tuple)) else [events]


# -- in a call of solve_ivp -------------------------------------------------------------------------------------------


def announced(machine: Calls, sign: Handed, event: Abstract) -> Value:
    """An event as the solver takes it."""
    terminal, direction = items(machine, machine.call(Known(attributes), (event,), {}))
    return machine.emit(event_, sign.function, machine.to_arg(terminal), machine.to_arg(direction))


class Happened:
    """When events happened, and the solution then."""

    def __init__(
        self, machine: Calls, sol: Value, signs: Sequence[Handed], f: Handed, path: Any, start: Value
    ) -> None:
        given = pack(tuple(machine.wrap(v) for v in f.captured))
        size = machine.call(Known(len), (machine.lift(start),), {})
        self.machine, self.sol = machine, sol
        self.times: list[Abstract] = []
        self.states: list[Abstract] = []
        for k, sign in enumerate(signs):
            found = machine.wrap(machine.emit(times_, sol, k))
            todo = Known(sign.function.value), Known(path), found, given
            self.times.append(machine.call(Known(times_of), todo, {}))
            self.states.append(machine.call(Known(states_at), (Known(path), self.times[-1], size), {}))

    def end(self, stop: Abstract) -> Abstract:
        """Where the solution ends."""
        machine = self.machine
        told = [machine.wrap(machine.emit(prim, self.sol)) for prim in (TOLD["status"], last_)]
        return machine.call(Known(end_of), (*told, stop, machine.new_list(self.times)), {})

    def reached(self, times: Abstract) -> Abstract:
        """Those of the times asked for that the solution came to."""
        count = self.machine.wrap(self.machine.emit(many_, self.sol))
        return self.machine.call(Known(reached), (times, count), {})
