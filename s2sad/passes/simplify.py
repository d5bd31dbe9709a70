"""Simplification: rules of arithmetic, shape, memory and control, applied in one walk until none has anything to say.

The rules stand in tables by primitive (``algebra``, ``folding``, ``broadcasts``, ``memory``, ``diagonal``). What they
may not change is said in ``algebra``: dtype, shape, NaN. Results are immutable values, so ``x * 1.0`` may become ``x``
itself: that the caller's array is not handed back is the emitter's duty.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from s2sad.ir.core import Atom, Call, For, If, Op, Region, Trace, Value, While, values_of
from s2sad.ir.core import Literal as Constant
from s2sad.ir.types import Array, Scalar, axes
from s2sad.ir.verify import ends_in_raise
from s2sad.ir.walk import result_values
from s2sad.passes.algebra import ALGEBRA
from s2sad.passes.broadcasts import BROADCASTS, elementwise
from s2sad.passes.context import Context, Rule
from s2sad.passes.diagonal import DIAGONAL
from s2sad.passes.facts import count_uses, fits, keeps_shape, origins
from s2sad.passes.folding import FOLDING
from s2sad.passes.memory import MEMORY
from s2sad.passes.rewriter import same_arg
from s2sad.passes.selection import SELECTION
from s2sad.prims.python import add

ROUNDS = 20  # rules applied to one call, one after another, at most
ALIKE = 50  # operations in branches that are compared, at most


def simplify(trace: Trace) -> Trace:
    """The trace with simpler operations in place of operations; what they leave without readers goes with ``dce``.

    >>> from s2sad.ir.build import Builder
    >>> from s2sad.ir.core import Param
    >>> from s2sad.ir.types import FLOAT
    >>> from s2sad.passes.dce import dce
    >>> from s2sad.prims.python import add, mul, neg
    >>> x, c, b = Value(FLOAT, "x"), Value(FLOAT, "c"), Builder()
    >>> y = b.call(add, b.call(mul, b.call(neg, x), 1.0), c, name="y")
    >>> before = Trace("f", (Param(x, "x"), Param(c, "c")), Region((), tuple(b.ops), ()), y)
    >>> print(before)
    f(x: f64, c: f64):
        v1: f64 = -x
        v2: f64 = v1 * 1.0
        y: f64 = v2 + c
        return y
    >>> print(dce(simplify(before)))
    f(x: f64, c: f64):
        y: f64 = c - x
        return y
    """
    return _Simplify(trace.body.ops, result_values(trace)).trace(trace)


def simplify_ops(ops: Sequence[Op], live: Iterable[Value] = ()) -> tuple[tuple[Op, ...], Mapping[Value, Atom]]:
    """The operations made simpler, and which atom stands for each value that is gone; ``live`` are read afterwards."""
    rewriter = _Simplify(ops, live)
    return rewriter.ops(ops), rewriter.mapping


class _Simplify(Context):
    def __init__(self, ops: Iterable[Op], live: Iterable[Value]) -> None:
        super().__init__(count_uses(ops, live), ops)
        self.rounds = ROUNDS
        self.truths: dict[Value, Atom] = {}  # ``True if p else False`` -> p

    def call(self, op: Call) -> None:
        if self.rounds <= 0:  # rules that call for each other; a guard, not reached by those that stand in the tables
            self.keep(op)
            return
        self.rounds -= 1
        answer = self.answer(op)
        if answer is None:
            self.keep(op)
        elif isinstance(answer, Call):
            self.changed = True
            self.call(answer)
        else:
            self.bind(op.results[0], answer)
        self.rounds += 1

    def answer(self, op: Call) -> Atom | Call | None:
        """What the first rule that has something to say says."""
        if len(op.results) != 1 or op.prim.effect:
            return None
        for rule in RULES.get(op.prim.name, ()):
            answer = rule(self, op)
            if answer is not None:
                return answer
        return elementwise(self, op) if op.prim.elementwise else None

    def keep(self, op: Call) -> None:
        """Emit a call; where its operands have become more exactly known, so is its result."""
        if len(op.results) == 1 and loose(op.result) and any(values_of(*op.args)):  # a filler has none
            known = self.like(op, op.prim, *op.args, **dict(op.kwargs))
            if known is not None and known.result.type != op.result.type and fits(known.result, op.result.type):
                exact = Value(known.result.type, op.result.name)
                self.facts.uses[exact] = self.facts.uses[op.result]
                self.bind(op.result, exact)
                op = replace(op, results=(exact,))
        self.facts.define(op)
        self.emit(op)

    # control

    def before(self, op: If | For | While) -> Op | None:
        if isinstance(op, If) and isinstance(op.pred, Value) and op.pred in self.truths:
            op, self.changed = replace(op, pred=self.truths[op.pred]), True
        match op:
            case If(pred=Constant(value=value), then=then, orelse=orelse):
                taken = then if value else orelse
                if not ends_in_raise(taken):
                    self.inline(taken, op.results)
                    return None
            case For():
                return self.carried(op)
            case _:
                pass
        return op

    def inline(self, region: Region, results: tuple[Value, ...]) -> None:
        """The operations of a region in the place of the operation that it belonged to."""
        for op in region.ops:
            self.op(op)
        for result, atom in zip(results, region.yields, strict=True):
            self.bind(result, self.swap(atom))

    def carried(self, op: For) -> Op | None:
        """Carried values that never change are what they start as; arrays that are stored into keep their shape."""
        bounds = [a.value for a in (op.start, op.stop, op.step) if isinstance(a, Constant)]
        if len(bounds) == 3 and bounds[2] != 0 and not range(*bounds):
            for result, init in zip(op.results, op.inits, strict=True):
                self.bind(result, init)
            return None
        op = self.forwards(op)
        born = origins(op.body.ops)
        for param, result, init, after in zip(
            op.body.params[1:], op.results, op.inits, op.body.yields[: len(op.inits)], strict=True
        ):
            if after is param and fits(init, param.type):
                if self.facts.uses[param] > 1 or self.facts.uses[result]:
                    self.bind(param, init)
                    self.bind(result, init)
            elif isinstance(init, Value) and isinstance(param.type, Array) and keeps_shape(param, after, born):
                self.facts.same_array(param, init)
                self.facts.same_array(result, init)
        return op

    def forwards(self, op: For) -> For:
        """``reversed(range(a, b, -1))`` is ``range(b + 1, a + 1)``."""
        if not op.backwards or op.step != Constant(-1):
            return op
        ends = [self.part(op, add, end, 1) for end in (op.stop, op.start)]
        start, stop = ends
        if start is None or stop is None:
            return op
        self.changed = True
        return replace(op, start=start, stop=stop, step=Constant(1), backwards=False)

    def branch(self, op: If) -> None:
        for result, a, b in zip(op.results, op.then.yields, op.orelse.yields, strict=True):
            if isinstance(a, Constant) and a.value is True and isinstance(b, Constant) and b.value is False:
                self.truths[result] = op.pred
        for result, a, b in zip(op.results, op.then.yields, op.orelse.yields, strict=True):
            if same_arg(a, b) and fits(a, result.type) and self.facts.uses[result]:
                self.bind(result, a)
        if op.then.ops and op.results and alike(op.then, op.orelse):
            self.changed = True
            self.out.extend(op.then.ops)
            for result, atom in zip(op.results, op.then.yields, strict=True):
                self.bind(result, atom)
            return
        self.emit(op)


TABLES: tuple[Mapping[str, tuple[Rule, ...]], ...] = (FOLDING, ALGEBRA, SELECTION, BROADCASTS, MEMORY, DIAGONAL)
RULES: Mapping[str, tuple[Rule, ...]] = {
    name: tuple(rule for table in TABLES for rule in table.get(name, ()))
    for name in dict.fromkeys(name for table in TABLES for name in table)
}


def loose(value: Value) -> bool:
    """Whether there is more to know of the type of a value."""
    where = axes(value.type) if isinstance(value.type, Array | Scalar) else ()
    return where is None or "?" in where


def alike(a: Region, b: Region) -> bool:
    """Whether two regions without parameters do and yield the same (effects apart, and compared as far as is cheap)."""
    if len(a.ops) != len(b.ops) or len(a.ops) > ALIKE:
        return False
    names: dict[Value, Value] = {}

    def match(x: object, y: object) -> bool:
        x = names.get(x, x) if isinstance(x, Value) else x
        return x is y or (isinstance(x, Constant) and x == y)

    for x, y in zip(a.ops, b.ops, strict=True):
        if not isinstance(x, Call) or not isinstance(y, Call) or x.prim is not y.prim or x.prim.effect:
            return False
        left, right = ([*op.args, *(v for _, v in op.kwargs)] for op in (x, y))
        if [k for k, _ in x.kwargs] != [k for k, _ in y.kwargs] or len(left) != len(right):
            return False
        if not all(map(match, left, right)):
            return False
        names.update(zip(x.results, y.results, strict=True))
    return all(map(match, a.yields, b.yields))
