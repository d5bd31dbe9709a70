"""Sizes are read from the newest version of an array, so that older ones need not be kept for them."""

from __future__ import annotations

from dataclasses import replace

from s2sad.emit.mutation import COPY, SHAPE_ONLY, version
from s2sad.ir.core import Apply, Atom, Call, For, If, Op, Region, Trace, Value, While
from s2sad.ir.types import Array
from s2sad.ir.walk import all_ops, map_regions


def follow_shapes(trace: Trace) -> Trace:
    """The trace with sizes read from the newest version of an array, so that older ones need not be kept for them.

    ``store`` does not change the shape, so ``dim(A0, k)`` after ``A1 = store(A0, …)`` is ``dim(A1, k)``.
    """
    return _Shapes().trace(trace)


class _Shapes:
    def __init__(self) -> None:
        self.of: dict[Value, Value] = {}  # representative of the values that have one shape
        self.newest: dict[Value, Value] = {}

    def trace(self, trace: Trace) -> Trace:
        stores = [op for op in all_ops(trace.body.ops) if isinstance(op, Call) and version(op) is not None]
        if not any(isinstance(op.args[0].type, Array) for op in stores):
            return trace
        self.relate(trace)
        ops = self.ops(trace.body.ops)
        return trace.with_body(ops)

    def find(self, value: Value) -> Value:
        while (up := self.of.get(value, value)) is not value:
            self.of[value] = value = self.of.get(up, up)
        return value

    def join(self, a: Atom, b: Atom) -> None:
        if isinstance(a, Value) and isinstance(b, Value) and isinstance(a.type, Array) and isinstance(b.type, Array):
            x, y = self.find(a), self.find(b)
            if x is not y:
                self.of[x] = y

    def relate(self, trace: Trace) -> None:
        carried: list[tuple[Atom, ...]] = []
        for op in all_ops(trace.body.ops):
            match op:
                case Call():
                    if (change := version(op)) is not None:
                        self.join(*change)
                    elif op.prim is COPY and isinstance(op.args[0], Value):
                        self.join(op.args[0], op.results[0])
                case For():
                    carried.extend(zip(op.body.params[1:], op.body.yields, op.inits, op.results, strict=False))
                case While():
                    for k in range(len(op.results)):
                        self.join(op.body.params[k], op.cond.params[k])
                    carried.extend(zip(op.body.params, op.body.yields, op.inits, op.results, strict=False))
                case If():
                    carried.extend(zip(op.then.yields, op.orelse.yields, op.results, op.results, strict=True))
                case Apply():
                    pass
        for a, b, init, result in reversed(carried):  # inner loops first
            if isinstance(a, Value) and isinstance(b, Value) and self.find(a) is self.find(b):
                self.join(a, init)
                self.join(a, result)

    def ops(self, ops: tuple[Op, ...]) -> tuple[Op, ...]:
        out: list[Op] = []
        for op in ops:
            match op:
                case Call():
                    first = op.args[0] if op.args else None
                    if op.prim.name in SHAPE_ONLY and isinstance(first, Value) and isinstance(first.type, Array):
                        newest = self.newest.get(self.find(first), first)
                        if newest is not first and newest.type == first.type:
                            op = replace(op, args=(newest, *op.args[1:]))
                    if (change := version(op)) is not None:
                        self.newest[self.find(change[1])] = change[1]
                case _:
                    op = map_regions(op, self.region)
            if not isinstance(op, Call):
                for result in op.results:
                    if isinstance(result.type, Array):
                        self.newest[self.find(result)] = result
            out.append(op)
        return tuple(out)

    def region(self, region: Region) -> Region:
        saved = dict(self.newest)
        for param in region.params:
            if isinstance(param.type, Array):
                self.newest[self.find(param)] = param
        ops = self.ops(region.ops)
        self.newest = saved
        # results read through yields stay as they are: they are not sizes
        return Region(region.params, ops, region.yields)
