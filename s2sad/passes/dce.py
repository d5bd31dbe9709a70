"""Dead code: what no result and no effect depends on.

One mark and one sweep, both linear. A value is marked with all that it depends on; a slot of a loop (a carried value)
is marked as a whole: its initial value, what it is in the body, and what the body yields for it. So a carried value
that only feeds itself is never reached, and goes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar, assert_never

from s2sad.ir.core import (
    Apply,
    Atom,
    Call,
    For,
    Function,
    If,
    Op,
    Region,
    Trace,
    Value,
    While,
    operands,
    regions,
    values_of,
)
from s2sad.ir.primitive import Primitive
from s2sad.ir.walk import all_ops, result_values

T = TypeVar("T")


def dce(trace: Trace) -> Trace:
    """The trace without operations, branches' results and loops' carried values that nothing needs.

    >>> from s2sad.ir.build import Builder, Literal
    >>> from s2sad.ir.core import Param
    >>> from s2sad.ir.types import BOOL
    >>> from s2sad.prims.structure import not_
    >>> x, b = Value(BOOL, "x"), Builder()
    >>> unused, y = b.call(not_, x), b.call(not_, x, name="y")
    >>> before = Trace("f", (Param(x, "x"),), Region((), tuple(b.ops), ()), y)
    >>> print(before)
    f(x: bool):
        v1: bool = not x
        y: bool = not x
        return y
    >>> print(dce(before))
    f(x: bool):
        y: bool = not x
        return y
    """
    ops = dce_ops(trace.body.ops, result_values(trace))
    return trace if ops is trace.body.ops else trace.with_body(ops)


def dce_ops(ops: Sequence[Op], live: Iterable[Value]) -> tuple[Op, ...]:
    """The operations that ``live`` values and effects need, in order. The same tuple where that is all of them."""
    mark = _Mark()
    mark.enter(ops)
    for value in live:
        mark.want(value)
    mark.run()
    return _sweep(tuple(ops), mark)


def has_effect(function: Function, apart: tuple[Primitive, ...] = ()) -> bool:
    """Whether running a function may do more than give its result. One that is still being traced may.

    ``apart``: operations that are not meant.
    """
    seen: set[Function] = set()
    pending = [function]
    while pending:
        f = pending.pop()
        if f in seen:
            continue
        seen.add(f)
        if f.trace is None:
            return True
        for op in all_ops(f.trace.body.ops):
            if isinstance(op, Call) and op.prim.effect and op.prim.name != "section" and op.prim not in apart:
                return True
            if isinstance(op, Apply):
                pending.append(op.callee)
    return False


@dataclass
class _Mark:
    """What is needed. ``born`` says for each value which operation gives it, and in which slot it stands."""

    born: dict[Value, tuple[Op, int]] = field(default_factory=dict)
    owner: dict[Op, Op | None] = field(default_factory=dict)  # the If, For or While around an operation
    needed: set[Value] = field(default_factory=set)
    slots: set[tuple[Op, int]] = field(default_factory=set)
    alive: set[Op] = field(default_factory=set)
    pending: list[Value] = field(default_factory=list)

    def enter(self, ops: Iterable[Op]) -> None:
        """Note where everything is born, and wake the operations with an effect."""
        stack: list[tuple[Iterable[Op], Op | None]] = [(ops, None)]
        effects: list[Op] = []
        while stack:
            inside, around = stack.pop()
            for op in inside:
                self.owner[op] = around
                for k, value in enumerate(op.results):
                    self.born[value] = op, k
                match op:
                    case Call(prim=prim):
                        if prim.effect:
                            effects.append(op)
                    case Apply(callee=callee):
                        if has_effect(callee):
                            effects.append(op)
                    case If():
                        pass
                    case For(body=body):
                        self.born[body.params[0]] = op, -1
                        for k, value in enumerate(body.params[1:]):
                            self.born[value] = op, k
                    case While(cond=cond, body=body):
                        for params in (cond.params, body.params):
                            for k, value in enumerate(params):
                                self.born[value] = op, k
                    case _:
                        assert_never(op)
                stack.extend((region.ops, op) for region in regions(op))
        for op in effects:
            self.wake(op)

    def want(self, value: Value) -> None:
        if value not in self.needed:
            self.needed.add(value)
            self.pending.append(value)

    def run(self) -> None:
        while self.pending:
            source = self.born.get(self.pending.pop())
            if source is None:
                continue  # from around these operations
            op, k = source
            self.wake(op)
            if not isinstance(op, Call | Apply):
                self.slot(op, k)

    def slot(self, op: If | For | While, k: int) -> None:
        """Result ``k`` of a branch, or carried value ``k`` of a loop, is needed, in all its appearances."""
        if k < 0 or (op, k) in self.slots:
            return
        self.slots.add((op, k))
        match op:
            case If(then=then, orelse=orelse):
                atoms: tuple[Atom, ...] = (then.yields[k], orelse.yields[k])
            case For(inits=inits, body=body) | While(inits=inits, body=body):
                atoms = (inits[k], body.yields[k])
            case _:
                assert_never(op)
        for value in values_of(*atoms):
            self.want(value)

    def wake(self, op: Op) -> None:
        """The operation runs: so does what is around it, and what decides whether and how often it runs is needed."""
        around: Op | None = op
        while around is not None and around not in self.alive:
            self.alive.add(around)
            match around:
                case Call() | Apply():
                    control: Iterable[Value] = operands(around)
                case If(pred=pred):
                    control = values_of(pred)
                case For(start=start, stop=stop, step=step):
                    control = values_of(start, stop, step, *_exit(around))
                case While(cond=cond):
                    control = values_of(*cond.yields, *_exit(around))
                case _:
                    assert_never(around)
            for value in control:
                self.want(value)
            around = self.owner[around]


def _exit(op: For | While) -> tuple[Atom, ...]:
    return op.body.yields[len(op.inits) :]


def _sweep(ops: tuple[Op, ...], mark: _Mark) -> tuple[Op, ...]:
    out = [_kept(op, mark) for op in ops if op in mark.alive]
    return ops if len(out) == len(ops) and all(a is b for a, b in zip(out, ops, strict=True)) else tuple(out)


def _kept(op: Op, mark: _Mark) -> Op:
    """The operation with the slots that are needed."""
    if isinstance(op, Call | Apply):
        return op
    n = len(op.results)
    keep = [k for k in range(n) if (op, k) in mark.slots]
    match op:
        case If():
            then, orelse = (_region(r, mark, keep, n, 0) for r in (op.then, op.orelse))
            if then is op.then and orelse is op.orelse:
                return op
            return replace(op, then=then, orelse=orelse, results=_pick(op.results, keep))
        case For():
            body = _region(op.body, mark, keep, n, 1)
            if body is op.body:
                return op
            return replace(op, body=body, inits=_pick(op.inits, keep), results=_pick(op.results, keep))
        case While():
            cond = Region(_pick(op.cond.params, keep), _sweep(op.cond.ops, mark), op.cond.yields)
            body = _region(op.body, mark, keep, n, 0)
            if cond.ops is op.cond.ops and body is op.body:
                return op
            inits, results = _pick(op.inits, keep), _pick(op.results, keep)
            return replace(op, cond=cond, body=body, inits=inits, results=results)
        case _:
            assert_never(op)


def _region(region: Region, mark: _Mark, keep: list[int], slots: int, first: int) -> Region:
    """The region with the slots ``keep``; the ``first`` parameters before them stay, and the exit flag behind them."""
    ops = _sweep(region.ops, mark)
    if ops is region.ops and len(keep) == slots:
        return region
    params = (*region.params[:first], *_pick(region.params[first:], keep)) if region.params else ()
    return Region(params, ops, (*_pick(region.yields, keep), *region.yields[slots:]))


def _pick(items: Sequence[T], keep: list[int]) -> tuple[T, ...]:
    return tuple(items[k] for k in keep)
