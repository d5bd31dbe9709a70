"""Counters of loops: ``k = 0`` before a loop and ``k += 1`` in it is where the loop stands, and nothing to be kept.

An induction variable of the textbooks (Aho, Lam, Sethi & Ullman, "Compilers", section 9.8): an int that a ``for`` loop
carries and adds a constant to in every turn. What it is in a turn follows from the index; so an adjoint that needs it
reads it off its own index, where it would pop it from a tape. A ``while`` loop that ends when such a counter comes to
a bound which stays what it is (``while i < len(x)``) is a ``for`` loop.
"""

from __future__ import annotations

from dataclasses import replace

from s2sad.ir.build import Builder
from s2sad.ir.core import Atom, Call, For, If, Literal, Op, Pack, Region, Trace, Value, While
from s2sad.ir.types import Scalar
from s2sad.ir.walk import reads, result_values
from s2sad.passes.facts import count_uses
from s2sad.passes.rewriter import Rewriter, is_literal
from s2sad.prims.primitive import REGISTRY
from s2sad.prims.python import add, mul, sub

most = REGISTRY.by_name["max"]
ENDS = {"lt": (1, 0), "le": (1, 1), "gt": (-1, 0), "ge": (-1, -1)}  # the step towards such a bound; how far beyond it


def without_counters(trace: Trace) -> Trace:
    """The trace with counters of ``for`` loops computed from the index."""
    return _Counters(trace).trace(trace)


class _Counters(Rewriter):
    def __init__(self, trace: Trace) -> None:
        super().__init__()
        self.uses = count_uses(trace.body.ops, result_values(trace))

    def before(self, op: If | For | While) -> Op | None:
        if isinstance(op, While):
            op = self.counted(op) or op
        if not isinstance(op, For) or op.backwards or op.snapshots is not None or not is_literal(op.step, 1):
            return op
        steps = {k: d for k in range(len(op.results)) if (d := self.step(op, k)) is not None}
        if not steps:
            return op
        top, below = Builder(), Builder()
        index = op.body.params[0]
        done = index if is_literal(op.start, 0) else top.call(sub, index, op.start)
        turns = below.call(most, op.stop if is_literal(op.start, 0) else below.call(sub, op.stop, op.start), 0)
        for k, d in steps.items():
            self.bind(op.body.params[k + 1], after(top, op.inits[k], d, done))
            self.bind(op.results[k], after(below, op.inits[k], d, turns))
        for made in below.ops:
            self.op(made)
        kept = [k for k in range(len(op.results)) if k not in steps]
        params = op.body.params[1:]
        names = [params[k].name for k in steps if self.mapping[params[k]] is index]
        if index.name is None and any(names):
            index = Value(index.type, next(filter(None, names)))
            former = op.body.params[0]
            for known in (former, *(params[k] for k in steps if self.mapping[params[k]] is former)):
                self.bind(known, index)
        body = Region(
            (index, *(params[k] for k in kept)), (*top.ops, *op.body.ops),
            (*(op.body.yields[k] for k in kept), *op.body.yields[len(op.results) :]),
        )  # fmt: skip
        inits, results = tuple(op.inits[k] for k in kept), tuple(op.results[k] for k in kept)
        return replace(op, inits=inits, results=results, body=body)

    def counted(self, op: While) -> For | None:
        """A ``while`` loop as the ``for`` loop that it is."""
        test = op.cond.ops[-1] if op.cond.ops else None
        if op.exits or not isinstance(test, Call) or test.prim.name not in ENDS or op.cond.yields != (test.result,):
            return None
        up, reach = ENDS[test.prim.name]
        count, bound = test.args
        if not isinstance(count, Value) or isinstance(bound, Pack) or not is_int(count) or not is_int(bound):
            return None
        if count not in op.cond.params:
            return None
        k = op.cond.params.index(count)
        if self.added(op.body.params[k], op.body.yields[k], op.body.ops) != up or not is_int(op.inits[k]):
            return None
        if any(v in op.cond.params for each in op.cond.ops[:-1] for v in reads(each)) or bound in op.cond.params:
            return None
        if not all(isinstance(each, Call) and each.prim.cost == "free" for each in op.cond.ops[:-1]):
            return None
        made = Builder()
        stop = made.call(add, bound, reach) if reach else bound
        end = made.call(REGISTRY.by_name["max" if up > 0 else "min"], op.inits[k], stop)
        for each in (*op.cond.ops[:-1], *made.ops):
            self.op(each)
        self.bind(op.results[k], end)
        others = [j for j in range(len(op.results)) if j != k]
        params, yields = op.body.params, op.body.yields
        body = Region((params[k], *(params[j] for j in others)), op.body.ops, tuple(yields[j] for j in others))
        inits = tuple(op.inits[j] for j in others)
        results = tuple(op.results[j] for j in others)
        return For(op.inits[k], stop, Literal(up), inits, body, results, loc=op.loc)

    def step(self, op: For, k: int) -> int | None:
        """What a carried int is added in every turn; None where it is no counter."""
        param, end = op.body.params[k + 1], op.body.yields[k]
        if not is_int(param) or not is_int(op.inits[k]) or (op.exits and self.uses[op.results[k]]):
            return None
        return self.added(param, end, op.body.ops)

    def added(self, param: Value, end: Atom, ops: tuple[Op, ...]) -> int | None:
        """The constant that ``end`` is more than ``param``; None where it is not that."""
        made = next((o for o in ops if isinstance(end, Value) and end in o.results), None)
        if not isinstance(made, Call) or made.prim not in (add, sub) or made.args[0] is not param:
            return None
        d = made.args[1]
        if not isinstance(d, Literal) or type(d.value) is not int:
            return None
        return d.value if made.prim is add else -d.value


def is_int(a: Atom) -> bool:
    return isinstance(a.type, Scalar) and a.type.dtype == "i64" and a.type.weak


def after(b: Builder, init: Atom, d: int, turns: Atom) -> Atom:
    """``init + d * turns``, written as plainly as it can be."""
    out = turns if d == 1 else b.call(mul, turns, d)
    return out if is_literal(init, 0) else b.call(add, out, init)
