"""Where things happen: every operation of a trace gets a position on one line, every value its birth and its uses.

Positions grow in the order in which the emitted statements stand. One simple operation takes four of them, so that
what happens inside a statement keeps its order::

    t      operands are read
    t + 1  results are written (for a loop: carried variables get their initial values)
    t + 2  a loop reads the bounds of its range
    t + 3  a loop writes its index

At the end ``e`` of a region its yields are read at ``e``, written to the variables that carry them at ``e + 1``; a
loop's exit flag is read at ``e + 2``.

A value that is written *into* the expression of its only use (``inline``) has no variable: its operands are read where
that use stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from s2sad.ir.core import Apply, Arg, Call, For, If, Op, Region, Trace, Value, While, values_of

STEP = 4


@dataclass(eq=False, slots=True)
class Scope:
    """One region: the operation it belongs to, which of its regions it is, and the positions it spans."""

    parent: Scope | None
    op: Op | None
    branch: int
    depth: int
    start: int
    end: int = 0

    @property
    def is_loop(self) -> bool:
        return isinstance(self.op, For | While)


@dataclass(eq=False, slots=True)
class Places:
    root: Scope
    start: dict[Op, int] = field(default_factory=dict)
    end: dict[Op, int] = field(default_factory=dict)
    scope: dict[Op, Scope] = field(default_factory=dict)  # in which an operation stands
    inner: dict[Op, tuple[Scope, ...]] = field(default_factory=dict)  # of its regions
    birth: dict[Value, tuple[int, Scope]] = field(default_factory=dict)
    uses: dict[Value, list[tuple[int, Scope]]] = field(default_factory=dict)
    loop_reads: dict[Op, dict[Value, None]] = field(default_factory=dict)  # from around a loop, by anything in it


def locate(trace: Trace, inline: Mapping[Value, Call] | None = None) -> Places:
    """Positions, births and uses of a trace."""
    walker = _Walker(inline or {})
    places = walker.places
    for param in trace.params:
        places.birth[param.value] = (0, places.root)
    end = walker.region(trace.body, places.root, 1)
    walker.use((trace.result,), end, places.root)
    places.root.end = end
    _find_loop_reads(places)
    return places


class _Walker:
    def __init__(self, inline: Mapping[Value, Call]) -> None:
        self.inline = inline
        self.places = Places(Scope(None, None, 0, 0, 0))

    def use(self, args: Iterable[Arg], position: int, scope: Scope) -> None:
        stack = list(values_of(*args))
        while stack:
            value = stack.pop()
            if (op := self.inline.get(value)) is not None:
                stack.extend(values_of(*op.args, *(v for _, v in op.kwargs)))
            else:
                self.places.uses.setdefault(value, []).append((position, scope))

    def bear(self, values: Iterable[Value], position: int, scope: Scope) -> None:
        for value in values:
            self.places.birth[value] = (position, scope)

    def enter(self, op: Op, branch: int, parent: Scope, region: Region, at: int) -> tuple[Scope, int]:
        scope = Scope(parent, op, branch, parent.depth + 1, at)
        scope.end = self.region(region, scope, at + 1)
        yields = region.yields
        if isinstance(op, For | While) and op.exits and region is op.body:
            self.use(yields[-1:], scope.end + 2, scope)
            yields = yields[:-1]
        self.use(yields, scope.end, scope)
        return scope, scope.end

    def region(self, region: Region, scope: Scope, at: int) -> int:
        """Positions of the operations of a region, from ``at`` on; the position after the last."""
        places = self.places
        for op in region.ops:
            places.start[op], places.scope[op] = at, scope
            match op:
                case Call(args=args, kwargs=kwargs):
                    if not (op.results and op.results[0] in self.inline):
                        self.use((*args, *(v for _, v in kwargs)), at, scope)
                    end = at
                case Apply(args=args):
                    self.use(args, at, scope)
                    end = at
                case If():
                    self.use((op.pred,), at, scope)
                    then, end = self.enter(op, 0, scope, op.then, at + STEP)
                    orelse, end = self.enter(op, 1, scope, op.orelse, end + STEP)
                    places.inner[op] = (then, orelse)
                    end += STEP
                case For():
                    self.use(op.inits, at, scope)
                    self.use((op.start, op.stop, op.step), at + 2, scope)
                    body, end = self.enter(op, 0, scope, op.body, at + 3)
                    places.inner[op] = (body,)
                    self.bear(op.body.params[1:], at + 1, body)
                    self.bear(op.body.params[:1], at + 3, body)
                    end += STEP
                case While():
                    self.use(op.inits, at, scope)
                    cond, end = self.enter(op, 0, scope, op.cond, at + 3)
                    self.bear(op.cond.params, at + 1, cond)
                    self.use(op.cond.params, cond.end, cond)  # they flow on, to the body and to the results
                    body, end = self.enter(op, 1, scope, op.body, end + STEP)
                    self.bear(op.body.params, body.start, body)
                    places.inner[op] = (cond, body)
                    end += STEP
            places.end[op] = end
            self.bear(op.results, end + 1, scope)
            at = end + STEP
        return at


def _find_loop_reads(places: Places) -> None:
    for value, uses in places.uses.items():
        _, home = places.birth[value]
        for _, scope in uses:
            at: Scope | None = scope
            while at is not None and at is not home:
                if at.is_loop and at.op is not None:
                    reads = places.loop_reads.setdefault(at.op, {})
                    if value in reads:
                        break
                    reads[value] = None
                at = at.parent


def reaches(position: int, scope: Scope, use: tuple[int, Scope], home: Scope) -> bool:
    """Whether control can get from just after ``position`` (in ``scope``) to a use of one and the same value.

    ``home`` is the scope where that value is born. Later in the text counts as reachable, unless the two stand in
    different branches of one ``if``; earlier in the text is reached only through a loop that the value outlives.
    """
    use_at, use_scope = use
    a, b = scope, use_scope
    below_a = below_b = None
    while a is not b:
        if a.depth >= b.depth:
            below_a, a = a, a.parent  # type: ignore[assignment]
        else:
            below_b, b = b, b.parent  # type: ignore[assignment]
    apart = below_a is not None and below_b is not None and below_a.op is below_b.op
    if apart and below_a is not None and below_a.is_loop:  # condition and body of one while
        if home.depth <= a.depth:
            return True
        apart = False
    if use_at > position and not apart:
        return True
    around: Scope | None = a
    while around is not None and around.depth > home.depth:
        if around.is_loop:
            return True
        around = around.parent
    return False


Segments = list[tuple[int, int]]


def lifetimes(trace: Trace, places: Places) -> dict[Value, Segments]:
    """When each value needs its variable: closed intervals of positions, ascending, holes where it is dead.

    A value used in one branch only is dead in the other; one from outside a loop lives through all of it.
    """
    return _Lifetimes(places).run(trace)


class _Lifetimes:
    def __init__(self, places: Places) -> None:
        self.places = places
        self.open: dict[Value, int] = {}
        self.out: dict[Value, Segments] = {}
        self.journal: list[list[Value]] = []
        self.by_position: dict[int, list[Value]] = {}
        for value, uses in places.uses.items():
            for position, _ in uses:
                self.by_position.setdefault(position, []).append(value)

    def run(self, trace: Trace) -> dict[Value, Segments]:
        self.use_at(self.places.root.end)
        self.walk(trace.body)
        for param in trace.params:
            self.close(param.value, 0)
        for segments in self.out.values():
            segments.reverse()
        return self.out

    def use(self, value: Value, position: int) -> None:
        if value not in self.open:
            self.open[value] = position
            if self.journal:
                self.journal[-1].append(value)

    def use_at(self, position: int) -> None:
        for value in self.by_position.get(position, ()):
            self.use(value, position)

    def close(self, value: Value, birth: int, at_least: int = 0) -> None:
        end = max(self.open.pop(value, birth), birth, at_least)
        self.out.setdefault(value, []).append((birth, end))

    def walk(self, region: Region) -> None:
        places = self.places
        for op in reversed(region.ops):
            start, end = places.start[op], places.end[op]
            for result in op.results:
                self.close(result, end + 1)
            match op:
                case Call() | Apply():
                    self.use_at(start)
                case If():
                    pending: list[Value] = []
                    for inner, scope in zip((op.orelse, op.then), reversed(places.inner[op]), strict=True):
                        self.journal.append([])
                        self.use_at(scope.end)
                        self.walk(inner)
                        for value in self.journal.pop():
                            if value in self.open:
                                self.close(value, scope.start)
                                pending.append(value)
                    for value in pending:
                        self.use(value, start)
                    self.use_at(start)
                case For():
                    for value in places.loop_reads.get(op, ()):
                        self.use(value, end)
                    (scope,) = places.inner[op]
                    self.use_at(scope.end + 2)
                    self.use_at(scope.end)
                    self.walk(op.body)
                    self.close(op.body.params[0], start + 3)
                    for value in op.body.params[1:]:
                        self.close(value, start + 1)
                    self.use_at(start + 2)
                    self.use_at(start)
                case While():
                    for value in places.loop_reads.get(op, ()):
                        self.use(value, end)
                    cond, body = places.inner[op]
                    self.use_at(body.end + 2)
                    self.use_at(body.end)
                    self.walk(op.body)
                    for value in op.body.params:
                        self.close(value, body.start)
                    self.use_at(cond.end)
                    self.walk(op.cond)
                    for value in op.cond.params:
                        self.close(value, start + 1, cond.end)
                    self.use_at(start)
