"""``abs(z)**2``, ``norm(x)**2``, ``hypot(x, y)**2`` and ``sqrt(x * x + y * y)**2`` as one operation each.

They are that while a program is differentiated.
Their derivative is twice what they are of, also where that is zero and the length itself has a kink; by the chain rule
it would be by way of the length's own.
"""

from __future__ import annotations

from dataclasses import replace

from s2sad.ir.core import Arg, Call, Literal, Op, Trace, Value
from s2sad.ir.primitive import Primitive
from s2sad.ir.types import Array, Scalar, axes
from s2sad.ir.walk import all_ops
from s2sad.passes.cse import cse
from s2sad.passes.rewriter import Rewriter
from s2sad.prims.inference import option
from s2sad.prims.lengths import LENGTHS, SQUARES
from s2sad.prims.primitive import REGISTRY

ROOTS = ("np.sqrt", "math.sqrt")  # lengths only of what is not negative


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


def is_real(a: Arg) -> bool:
    return isinstance(a.type, Array | Scalar) and a.type.dtype[0] in "fi"


class _Joined(Rewriter):
    def __init__(self) -> None:
        super().__init__()
        self.lengths: dict[Arg, Call] = {}
        self.squares: set[Arg] = set()  # what is not negative: squares, and sums of them

    def call(self, op: Call) -> None:
        if len(op.results) == 1 and is_real(op.result) and self.is_not_negative(op):
            self.squares.add(op.result)
        if square_of(op) is not None and (op.prim.name not in ROOTS or op.args[0] in self.squares):
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


    def is_not_negative(self, op: Call) -> bool:
        """Whether a result is a sum of squares, or another number that cannot be negative."""
        match op.prim.name:
            case "abs" | "np.exp" | "np.square" | "math.exp":
                return is_real(op.args[0])
            case "pow" | "mul" if squares(op):
                return is_real(op.args[0])
            case "add" | "mul" | "np.maximum":
                return all(self.is_square(a) for a in op.args)
            case "np.sum" | "np.mean":
                return self.is_square(op.args[0])
            case "matmul" | "np.dot" | "np.inner" | "np.vdot":
                return op.args[0] is op.args[1] and axes(op.args[0].type) == ("n",) and is_real(op.args[0])
        return False

    def is_square(self, a: Arg) -> bool:
        if isinstance(a, Literal):
            return type(a.value) in (int, float) and a.value >= 0
        return a in self.squares


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
