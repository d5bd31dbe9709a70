"""Functions of a module that are the same but for the names in them: they are written once.

Each call of a checkpointed function is cut out of its caller by itself, and so is its derivative; where two of them do
the same, a reader wants one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass

from s2sad.ir.core import Function, Literal, Ref, Trace, Value
from s2sad.ir.walk import all_ops

PASSED_OVER = frozenset({"mirror", "origin", "path", "like", "arguments", "notes"})
"""Fields that do not say what a function does."""


def first_like(function: Function, known: Iterable[Function]) -> Function | None:
    """One of the functions known that does the same, and was made of the same lines of the program."""
    trace = function.trace
    if trace is None:
        return None
    for other in known:
        if other.trace is not None and same_traces(trace, other.trace):
            return other
    return None


def firsts(functions: Mapping[Function, str]) -> Iterator[tuple[Function, str]]:
    """The functions that are written: the first of each name."""
    seen: set[str] = set()
    for function, name in functions.items():
        if name not in seen:
            seen.add(name)
            yield function, name


def same_traces(a: Trace, b: Trace) -> bool:
    """Whether two traces do the same with their parameters, in their order."""
    if sum(1 for _ in all_ops(a.body.ops)) != sum(1 for _ in all_ops(b.body.ops)):
        return False
    return _Match().traces(a, b)


@dataclass
class _Match:
    """What stands for what so far. Functions are supposed to be the same until it is found out, for recursion."""

    values: dict[Value, Value] = field(default_factory=dict)
    back: dict[Value, Value] = field(default_factory=dict)
    supposed: set[tuple[Function, Function]] = field(default_factory=set)

    def traces(self, a: Trace, b: Trace) -> bool:
        return self.same(a.params, b.params) and self.same(a.body, b.body) and self.same(a.result, b.result)

    def functions(self, a: Function, b: Function) -> bool:
        if a is b or (a, b) in self.supposed:
            return True
        if a.trace is None or b.trace is None:
            return False
        self.supposed.add((a, b))
        return _Match(supposed=self.supposed).traces(a.trace, b.trace)

    def same(self, a: object, b: object) -> bool:
        if type(a) is not type(b):
            return False
        match a, b:
            case Value(), Value():
                return a.type == b.type and self.values.setdefault(a, b) is b and self.back.setdefault(b, a) is a
            case Function(), Function():
                return self.functions(a, b)
            case tuple(), tuple():
                return len(a) == len(b) and all(map(self.same, a, b))
            case Ref(value=Function() as f), Ref(value=Function() as g):
                return self.functions(f, g)
            case (Literal(), _) | (Ref(), _):
                return a == b
            case _ if is_dataclass(a) and type(a).__module__ == Trace.__module__:
                return all(
                    self.same(getattr(a, f.name), getattr(b, f.name)) for f in fields(a) if f.name not in PASSED_OVER
                )
            case _:
                return a is b or a == b
