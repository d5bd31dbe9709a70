"""Which iterators a function that is traced apart may have been handed: those that the program around still holds."""

from __future__ import annotations

from typing import Any

from s2sad.front.calls import Calls
from s2sad.front.state import Frame
from s2sad.front.values import Cell, Choice, Closure, Generator, Lazy, Optional, Partial, Transformed, TupleOf, Wrapped

ITERATORS = (Wrapped, Generator, Lazy)


def held_outside(machine: Calls, function: Any = None) -> set[Any]:
    """The iterators that live frames and a function lead to; what was made in a call that is over is not among them."""
    found: set[Any] = set()
    seen: set[int] = set()
    pending: list[Any] = [function, *machine.frames]
    heap = machine.state.heap
    while pending:
        value = pending.pop()
        if value is None or id(value) in seen:
            continue
        seen.add(id(value))
        match value:
            case Frame():
                pending.extend([*value.variables.values(), value.outer])
            case TupleOf(items=items):
                pending.extend(items)
            case Closure(frame=frame, defaults=defaults, kwdefaults=named):
                pending.extend([frame, *defaults, *named.values()])
            case Partial(function=inner, args=args, kwargs=named):
                pending.extend([inner, *args, *named.values()])
            case Optional(value=inner) | Transformed(function=inner):
                pending.append(inner)
            case Choice(a=a, b=b):
                pending.extend([a, b])
            case Wrapped(parts=parts):
                found.add(value)
                pending.extend(parts)
            case Generator(frame=frame, first=first):
                found.add(value)
                pending.extend([frame, first])
            case Lazy(outer=outer, variables=variables):
                found.add(value)
                pending.extend([outer, *variables.values()])
            case Cell():
                found.add(value)
                content = heap.get(value)
                pending.extend(content.values() if isinstance(content, dict) else
                               content if isinstance(content, tuple) else ())
            case tuple() | list():
                pending.extend(value)
    return found


__all__ = ["ITERATORS", "held_outside"]
