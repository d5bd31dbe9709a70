"""Where two paths meet with different functions under one name: ``f = g if x > 0 else h``, ``f = scaled(2.0)``.

Two closures of the same code are one closure over the joined values of what they close over. Other pairs are a
``Choice``, and a call of it a branch. A closure over variables that a path made itself takes their values along.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from s2sad.front.conversions import same_known
from s2sad.front.state import Frame, Variables, born_after
from s2sad.front.values import UNBOUND, Choice, Closure, Known, Method, Partial, Poison, Transformed

if TYPE_CHECKING:
    from s2sad.front.planning import Plan, Planning, Side

Finish = Callable[[], Any]


@dataclass(eq=False)
class JoinedFrame:
    """The variables of two activations that have ended, as closures of theirs see them after a join."""

    frame: Frame
    parts: dict[str, Finish] = field(default_factory=dict)
    outer: JoinedFrame | None = None
    busy: bool = False

    def filled(self, machine: Planning) -> Frame:
        """The frame with its variables as they are now."""
        if not self.busy:  # a function may close over itself
            self.busy = True
            if self.outer is not None:
                self.outer.filled(machine)
            for name, finish in self.parts.items():
                machine.state.write(self.frame.variables, name, finish())
            self.busy = False
        return self.frame


def is_function(v: Any) -> bool:
    """Whether an abstract value is a function that can be kept under a choice."""
    if isinstance(v, Known):
        return callable(v.value)
    return isinstance(v, Closure | Partial | Method | Transformed | Choice)


def same_function(a: Any, b: Any) -> bool:
    """Whether two functions are one."""
    match a, b:
        case Closure(), Closure():
            return a.code.node is b.code.node and a.frame is b.frame and not (a.defaults or a.kwdefaults)
        case Transformed(), Transformed():
            return bool(a.transform == b.transform) and same_function(a.function, b.function)
        case _:
            return a is b or same_known(a, b)


def plan_functions(machine: Planning, p: Plan, a: Any, b: Any, name: str | None) -> Finish | None:
    """How to make one function of two; None where these are no two functions."""
    if same_function(a, b):
        return lambda: a
    for function, other, first in ((a, b, True), (b, a, False)):
        if isinstance(other, Known) and other.value is None and is_function(function):
            flag = p.slot(Known(first), Known(not first), None, flag=True)
            inner = machine.one_sided(p, function, name, first)
            return lambda: machine.optional(flag().value, inner())
    if not is_function(a) or not is_function(b):
        return None
    match a, b:
        case Choice(), Choice() if same_function(a.a, b.a) and same_function(a.b, b.b):
            flag = p.slot(a.first, b.first, None)
            return lambda: machine.choice(flag().value, a.a, a.b)
        case Choice(), _ if same_function(a.a, b) or same_function(a.b, b):
            flag = p.slot(a.first, Known(same_function(a.a, b)), None)
            return lambda: machine.choice(flag().value, a.a, a.b)
        case _, Choice() if same_function(b.a, a) or same_function(b.b, a):
            flag = p.slot(Known(same_function(b.a, a)), b.first, None)
            return lambda: machine.choice(flag().value, b.a, b.b)
        case Transformed(), Transformed() if a.transform == b.transform:
            inner = machine.plan(p, a.function, b.function, name)
            return lambda: transformed(inner(), a)
        case Closure(), Closure() if a.code.node is b.code.node and len(a.defaults) == len(b.defaults):
            joined = joined_frame(machine, p, a.frame, b.frame)
            if joined is not None:
                return plan_closure(machine, p, a, b, joined)
    machine.unroll_for(p.loop)  # its turns have one function each
    flag = p.slot(Known(True), Known(False), None, flag=True)
    x, y = machine.one_sided(p, a, name, True), machine.one_sided(p, b, name, False)
    return lambda: either(machine, flag().value, x(), y())


def either(machine: Planning, first: Any, a: Any, b: Any) -> Any:
    poison = next((v for v in (a, b) if isinstance(v, Poison)), None)
    return machine.choice(first, a, b) if poison is None else poison


def transformed(function: Any, made: Transformed) -> Any:
    """The same derivative, of another function."""
    return function if isinstance(function, Poison) else Transformed(function, made.transform, made.apply)


def plan_closure(machine: Planning, p: Plan, a: Closure, b: Closure, joined: JoinedFrame) -> Finish:
    """One closure over joined variables, with joined defaults."""
    defaults = [machine.plan(p, x, y, None) for x, y in zip(a.defaults, b.defaults, strict=True)]
    named = {k: machine.plan(p, a.kwdefaults[k], b.kwdefaults[k], k) for k in a.kwdefaults}
    return lambda: Closure(
        a.code, joined.filled(machine), tuple(f() for f in defaults), {k: f() for k, f in named.items()}, a.attributes
    )


def one_sided_function(machine: Planning, p: Plan, v: Any, name: str | None, first: bool) -> Finish:
    """A function that one path alone has."""
    match v:
        case Closure():
            defaults = [machine.one_sided(p, x, None, first) for x in v.defaults]
            named = {k: machine.one_sided(p, x, k, first) for k, x in v.kwdefaults.items()}
            frame: Callable[[], Frame] = lambda: v.frame  # noqa: E731
            if is_born(machine, p.a if first else p.b, v.frame):
                joined = joined_frame(machine, p, v.frame if first else None, None if first else v.frame)
                if joined is None:
                    poison = Poison(
                        f"{name or v.code.name} shares variables with other functions, which change them",
                        "the path that made them has ended",
                        "make the functions before the paths part",
                    )
                    return lambda: poison
                frame = lambda: joined.filled(machine)  # noqa: E731
            return lambda: Closure(
                v.code, frame(), tuple(f() for f in defaults), {k: f() for k, f in named.items()}, v.attributes
            )
        case Method():
            owner = machine.one_sided(p, v.owner, name, first)
            return lambda: Method(owner(), v.name)
        case Transformed():
            inner = machine.one_sided(p, v.function, name, first)
            return lambda: transformed(inner(), v)
        case Choice():
            flag = machine.one_sided(p, v.first, None, first)
            x, y = machine.one_sided(p, v.a, name, first), machine.one_sided(p, v.b, name, first)
            return lambda: either(machine, flag(), x(), y())
    return lambda: v


def is_born(machine: Planning, side: Side, frame: Frame | None) -> bool:
    """Whether a path made this activation, or one that it stands in."""
    while frame is not None:
        if born_after(frame.variables, side.serial) and frame not in machine.frames:
            return True
        frame = frame.outer
    return False


def joined_frame(machine: Planning, p: Plan, a: Frame | None, b: Frame | None) -> JoinedFrame | None:
    """The variables of two activations as one; None where one of them goes on, or its variables still change."""
    given = a if a is not None else b
    if given is None:
        return None
    if a is b:
        return JoinedFrame(given)
    if not is_born(machine, p.a if a is not None else p.b, given) and (a is None or b is None):
        return JoinedFrame(given)
    found = p.frames.get((id(a), id(b)))
    if found is not None:
        return found
    if any(f is not None and (f in machine.frames or changes_later(f)) for f in (a, b)):
        return None
    outer: JoinedFrame | None = None
    if given.outer is not None:
        outer = joined_frame(machine, p, a.outer if a is not None else None, b.outer if b is not None else None)
        if outer is None:
            return None
    machine.serial += 1
    frame = Frame(given.code, Variables({}, machine.serial), None, given.call, len(machine.open))
    frame.outer = None if outer is None else outer.frame
    joined = p.frames[id(a), id(b)] = JoinedFrame(frame, {}, outer)
    for name in sorted(given.code.captured):
        x = UNBOUND if a is None else p.variable(a, name, p.a)
        y = UNBOUND if b is None else p.variable(b, name, p.b)
        joined.parts[name] = machine.plan(p, x, y, name)
    return joined


def changes_later(frame: Frame) -> bool:
    """Whether functions made in an activation assign to its variables."""
    nodes = (n for n in ast.walk(frame.code.node) if isinstance(n, ast.Nonlocal))
    return any(name in frame.code.captured for n in nodes for name in n.names)
