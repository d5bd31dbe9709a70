"""Leaving SSA: which values share a variable, and what the variables are called.

Values are put into one variable when they are never needed at the same time: first the old and the new version of an
array that is changed in place, then what a loop carries (its initial value, the value in each round, the next one,
the final one), then the results of branches, then values to which the user gave one name. Where two of a loop's or a
branch's values cannot share, a move is written.
"""

from __future__ import annotations

import builtins
import inspect
import keyword
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Mapping

from s2sad.emit.mutation import COPY, version
from s2sad.emit.places import Places, Segments, lifetimes
from s2sad.ir.core import Atom, Call, For, If, Trace, Value, While
from s2sad.ir.walk import all_ops
from s2sad.prims import runtime


class Variables:
    """The variable of each value, by representative."""

    def __init__(self, trace: Trace, places: Places, inline: Mapping[Value, Call]) -> None:
        self.inline = inline
        self.parent: dict[Value, Value] = {}
        self.segments: dict[Value, Segments] = lifetimes(trace, places)
        self.params = {p.value for p in trace.params}
        self.places = places
        self.order: list[Value] = [v for v in self.segments if v not in inline]
        self._slots(trace)
        self._coalesce(trace)

    def find(self, value: Value) -> Value:
        while (up := self.parent.get(value, value)) is not value:
            self.parent[value] = value = self.parent.get(up, up)
        return value

    def _slots(self, trace: Trace) -> None:
        """A loop's carried parameters and its result are one variable from the start: they cannot overlap."""
        for op in all_ops(trace.body.ops):
            if isinstance(op, For):
                for p, result in zip(op.body.params[1:], op.results, strict=True):
                    self._unite(self.find(p), self.find(result))
                    self._written_at_the_end(op, result)
            elif isinstance(op, While):
                for p, q, result in zip(op.cond.params, op.body.params, op.results, strict=True):
                    self._unite(self.find(p), self.find(q))
                    self._unite(self.find(p), self.find(result))
                    self._written_at_the_end(op, result)

    def _written_at_the_end(self, op: For | While, result: Value) -> None:
        """A carried variable gets its next value before the exit flag is read."""
        if op.exits:
            insort(self.segments[self.find(result)], self._edge(op))

    def _edge(self, op: For | While) -> tuple[int, int]:
        end = self.places.inner[op][-1].end
        return end + 1, end + 2

    def _coalesce(self, trace: Trace) -> None:
        ops = list(all_ops(trace.body.ops))
        for op in reversed(ops):  # inner loops before outer ones: a move saved there counts for more
            if isinstance(op, Call) and (change := version(op)) is not None and not self.join(*change):
                at = self.places.start[op]  # the new name is written before the other operands are read
                insort(self.segments.setdefault(self.find(change[1]), []), (at, at))
        for op in reversed(ops):
            if isinstance(op, For | While):
                for y, result in zip(op.body.yields, op.results, strict=False):
                    if not op.exits:
                        self.share(y, result)
                        continue
                    segments = self.segments[self.find(result)]  # what is written there is y itself
                    segments.remove(self._edge(op))
                    self.share(y, result)
                    insort(self.segments[self.find(result)], self._edge(op))
        for op in reversed(ops):
            match op:
                case For() | While():
                    for init, result in zip(op.inits, op.results, strict=True):
                        self.share(init, result)
                case If():
                    for k, result in enumerate(op.results):
                        self.share(op.then.yields[k], result)
                        self.share(op.orelse.yields[k], result)
                case _:
                    pass
        for op in ops:
            if isinstance(op, Call) and op.prim is COPY and op.results[0].name is not None:
                self.join(op.args[0], op.results[0])  # type: ignore[arg-type]
        named: dict[str, list[Value]] = {}
        for value in sorted(self.order, key=lambda v: self.segments[self.find(v)][0] if self.find(v) in self.segments else (0, 0)):  # noqa: E501
            if value.name is None:
                continue
            group = named.setdefault(value.name, [])
            for other in group[-4:]:
                if self.find(other) is self.find(value) or self.join(other, value):
                    break
            else:
                group.append(value)

    def share(self, a: Atom, b: Value) -> None:
        """Join two values of a flow, unless they are different variables to the reader: then a move is plainer."""
        if isinstance(a, Value) and (a.name is None or b.name is None or a.name == b.name):
            self.join(a, b)

    def join(self, a: Atom, b: Atom) -> bool:
        """Put two values into one variable if they are never needed at once."""
        if not isinstance(a, Value) or not isinstance(b, Value) or a in self.inline or b in self.inline:
            return False
        x, y = self.find(a), self.find(b)
        if x is y:
            return True
        if x in self.params and y in self.params:
            return False
        left, right = self.segments.get(x, []), self.segments.get(y, [])
        if len(left) < len(right):
            left, right = right, left
        for low, high in right:
            k = bisect_left(left, (low, low))
            if k < len(left) and left[k][0] <= high or k > 0 and left[k - 1][1] >= low:
                return False
        self._unite(x, y)
        return True

    def _unite(self, x: Value, y: Value) -> None:
        if x is y:
            return
        if x in self.params:
            x, y = y, x  # parameters stay representatives
        left, right = self.segments.pop(x, []), self.segments.pop(y, [])
        if len(left) < len(right):
            left, right = right, left
        for segment in right:
            insort(left, segment)
        self.segments[y] = left
        self.parent[x] = y


RESERVED = frozenset((*keyword.kwlist, *keyword.softkwlist, *dir(builtins), "np", "math"))

HELPERS = {name for name, f in vars(runtime).items() if inspect.isfunction(f)}


def helpers_of(trace: Trace) -> Iterator[str]:
    """Helpers that come with the declarations of a library, and that this trace calls."""
    for op in all_ops(trace.body.ops):
        if isinstance(op, Call) and op.prim.spelling.style == "helper":
            yield op.prim.spelling.text


class Names:
    """Legible unique names, given in order of appearance."""

    def __init__(self, variables: Variables, fixed: Mapping[Value, str], taken: Iterable[str], trace: Trace) -> None:
        self.variables = variables
        self.by_group: dict[Value, str] = {variables.find(v): n for v, n in fixed.items()}
        self.taken = set(RESERVED) | HELPERS | set(taken) | set(fixed.values()) | set(helpers_of(trace))
        self.hints: dict[Value, str] = {}
        for value in variables.order:
            if value.name:
                self.hints.setdefault(variables.find(value), value.name)
        self.avoid = set(self.hints.values()) | self.taken
        self.number = 0

    def of(self, value: Value) -> str:
        group = self.variables.find(value)
        name = self.by_group.get(group)
        if name is None:
            name = self.by_group[group] = self._new(self.hints.get(group))
        return name

    def _new(self, hint: str | None) -> str:
        if hint is None:
            while True:
                self.number += 1
                name = f"v{self.number}"
                if name not in self.avoid and name not in self.taken:
                    self.taken.add(name)
                    return name
        name = legible(hint)
        if not name.strip("_"):  # a counter that the program does not use, and its derivative does
            name = next((n for n in "ijk" if n not in self.avoid and n not in self.taken), "i")
        k = 0
        base = name
        while name in self.taken or (k > 0 and name in self.avoid):
            k += 1
            name = f"{base}{k}" if not base[-1].isdigit() else f"{base}_{k}"
        self.taken.add(name)
        return name

    def invent(self, base: str) -> str:
        """A name that nothing else has."""
        return self._new(base)


def legible(path: str) -> str:
    """An identifier made of a path or a hint.

    >>> legible('closure:w'), legible("params[0]['W']"), legible('self.k'), legible('ans_bar')
    ('w', 'params_0_W', 'self_k', 'ans_bar')
    """
    path = path.split(":", 1)[-1]
    out = "".join(c if c.isalnum() or c == "_" else " " for c in path)
    name = "_".join(part for part in out.split() if part) or "v"
    if name[0].isdigit():
        name = "v" + name
    return name
