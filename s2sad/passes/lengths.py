"""``abs(z)**2``, ``norm(x)**2`` and ``hypot(x, y)**2`` as one operation each while a program is differentiated.

Their derivative is twice what they are of, also where that is zero and the length itself has a kink; by the chain rule
it would be by way of the length's own.
"""

from __future__ import annotations

from dataclasses import replace

from s2sad.ir.core import Arg, Call, Literal, Op, Trace, Value
from s2sad.ir.primitive import Primitive
from s2sad.ir.walk import all_ops
from s2sad.passes.cse import cse
from s2sad.passes.rewriter import Rewriter
from s2sad.prims.inference import option
from s2sad.prims.lengths import LENGTHS, SQUARES
from s2sad.prims.primitive import REGISTRY


def with_squared_lengths(trace: Trace) -> Trace:
    """The program with squares of lengths as one operation each."""
    return _Joined().trace(trace) if any(square_of(op) for op in all_ops(trace.body.ops)) else trace


def written_lengths(trace: Trace) -> Trace:
    """The same as squares of lengths again."""
    if not any(isinstance(op, Call) and op.prim in LENGTHS for op in all_ops(trace.body.ops)):
        return trace
    return cse(_Parted().trace(trace))


def square_of(op: Op) -> Primitive | None:
    """What squares the result of an operation, if that is the length of something."""
    if not isinstance(op, Call):
        return None
    if "ord" in dict(op.kwargs) and option(dict(op.kwargs)["ord"]) not in (None, 2):
        return None
    return SQUARES.get(op.prim.name)


class _Joined(Rewriter):
    def __init__(self) -> None:
        super().__init__()
        self.lengths: dict[Arg, Call] = {}

    def call(self, op: Call) -> None:
        if square_of(op) is not None:
            self.lengths[op.result] = op
        length = self.lengths.get(op.args[0]) if op.args and isinstance(op.args[0], Value) else None
        if length is not None and not op.kwargs and squares(op) and length.result.type == op.result.type:
            self.changed = True
            op = self.squared(length, op)
        self.emit(op)

    def squared(self, length: Call, op: Call) -> Call:
        """The square of a length, for the result of ``op``: of more than two numbers, the sum of theirs."""
        square = square_of(length)
        assert square is not None
        inner = self.lengths.get(length.args[0])
        if inner is None or len(length.args) != 2 or inner.result.type != op.result.type:
            kept = tuple((name, value) for name, value in length.kwargs if name != "ord")
            return Call(square, length.args, op.results, kept, op.loc)
        rest = self.squared(inner, replace(op, results=(Value(op.result.type),)))
        side = length.args[1]
        last = Call(REGISTRY.by_name["mul"], (side, side), (Value(side.type),), (), op.loc)
        self.emit(rest)
        self.emit(last)
        return Call(REGISTRY.by_name["add"], (rest.result, last.result), op.results, (), op.loc)


def squares(op: Call) -> bool:
    """Whether a call is the square of its first operand."""
    match op.prim.name:
        case "pow":
            return isinstance(op.args[1], Literal) and type(op.args[1].value) in (int, float) and op.args[1].value == 2
        case "mul":
            return op.args[1] is op.args[0]
        case name:
            return name == "np.square"


class _Parted(Rewriter):
    def call(self, op: Call) -> None:
        if op.prim not in LENGTHS:
            self.emit(op)
            return
        length = REGISTRY.by_name[LENGTHS[op.prim]]
        t = length.infer(*op.args, **dict(op.kwargs))
        assert not isinstance(t, tuple)
        root = Value(t)
        self.emit(Call(length, op.args, (root,), op.kwargs, op.loc))
        self.emit(Call(REGISTRY.by_name["pow"], (root, Literal(2)), op.results, (), op.loc))
        self.changed = True
