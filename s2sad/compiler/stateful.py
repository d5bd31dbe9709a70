"""Programs that leave something outside for their next call to find: a counter, a running mean, a flag.


Each row of a batch finds what the rows before it have left, so such a program is taken row after row (``InTurn``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from s2sad.front import Program
from s2sad.front.calls import Calls
from s2sad.front.externals import PLAIN
from s2sad.front.program import Traceable
from s2sad.front.values import Abstract, Known, Source
from s2sad.ir.core import Call, Literal, Value, values_of
from s2sad.ir.types import Object
from s2sad.ir.walk import all_ops, reads
from s2sad.prims.outside import EFFECTS
from s2sad.prims.structure import set_attribute

Meaning = Callable[[Calls, Abstract, Any, Sequence[Abstract], Mapping[str, Abstract]], Abstract]
IN_TURN: list[Meaning] = []
"""What a call of a mapped function means in a function that is traced (``nested_batch``)."""


def finds_what_it_left(program: Program) -> bool:
    """Whether something that a program reads outside may be what it has stored there."""
    effects = [op for op in all_ops(program.trace.body.ops) if isinstance(op, Call) and op.prim in EFFECTS]
    if not effects:
        return False
    paths = list(read_outside(program))
    owners = {p.value: p.path.rstrip("_") for p in program.trace.params if p.kind == "capture"}
    return any(touches(op, path, owners) for op in effects for path in paths)


def read_outside(program: Program) -> Iterator[str]:
    """The places outside whose values the program reads, or holds only as long as they stay what they are."""
    trace = program.trace
    needed = {v for op in all_ops(trace.body.ops) for v in reads(op)} | set(values_of(trace.result))
    for param in trace.params:
        if param.kind == "capture" and param.value in needed and not isinstance(param.value.type, Object):
            yield param.path
    yield from (guard.path for guard in program.statics if guard.read is not None)


def touches(effect: Call, path: str, owners: Mapping[Value, str]) -> bool:
    """Whether an effect may change what is found in a place."""
    owner, *rest = effect.args
    base = owners.get(owner, "") if isinstance(owner, Value) else ""
    if effect.prim is set_attribute:
        name = rest[0]
        return isinstance(name, Literal) and re.search(rf"[.:]{re.escape(str(name.value))}(?!\w)", path) is not None
    key = rest[1] if len(rest) > 1 else None
    if isinstance(key, Literal) and isinstance(key.value, str | int) and f"[{key.value!r}]" in path:
        return True
    return bool(base) and re.search(rf"{re.escape(base)}(?!\w)", path) is not None


class InTurn:
    """A mapped function, traced as a program of all rows that calls it."""

    def __init__(self, function: Callable[..., Any], transform: Any, name: str) -> None:
        self.__wrapped__, self._transform, self.__name__ = function, transform, f"{name}_vmap"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError(f"{self.__name__} is there to be traced")

    def __s2sad_call__(self, machine: Calls, args: Sequence[Abstract], kwargs: Mapping[str, Abstract]) -> Abstract:
        function = self.__wrapped__
        plain = isinstance(function, (*PLAIN, Traceable))
        known = Known(function, None if plain else Source("self", lambda: function))
        return IN_TURN[0](machine, known, self._transform, args, kwargs)


__all__ = ["IN_TURN", "InTurn", "finds_what_it_left"]
