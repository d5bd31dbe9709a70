"""``abs(z)**2`` of complex numbers as one operation for the time that a program is differentiated.

Its derivative is 2 * conj(z), where that of the square of a modulus would be by way of the modulus' own.
"""

from __future__ import annotations

from s2sad.ir.core import Arg, Call, Literal, Op, Trace, Value
from s2sad.ir.types import Array, Scalar
from s2sad.ir.walk import all_ops
from s2sad.passes.rewriter import Rewriter
from s2sad.prims.modulus import squared
from s2sad.prims.primitive import REGISTRY
from s2sad.prims.python import abs_


def with_squared_moduli(trace: Trace) -> Trace:
    """The program with squares of moduli as one operation each."""
    return _Joined().trace(trace) if any(is_modulus(op) for op in all_ops(trace.body.ops)) else trace


def written_moduli(trace: Trace) -> Trace:
    """The same as the square of a modulus again."""
    if not any(isinstance(op, Call) and op.prim is squared for op in all_ops(trace.body.ops)):
        return trace
    return _Parted().trace(trace)


def is_modulus(op: Op) -> bool:
    """Whether an operation is the modulus of a complex number, or of an array of them."""
    t = op.args[0].type if isinstance(op, Call) and op.prim is abs_ else None
    return isinstance(t, Scalar | Array) and t.dtype[0] == "c"


class _Joined(Rewriter):
    def __init__(self) -> None:
        super().__init__()
        self.moduli: dict[Arg, Arg] = {}

    def call(self, op: Call) -> None:
        if is_modulus(op):
            self.moduli[op.result] = op.args[0]
        z = self.moduli.get(op.args[0]) if op.args and not op.kwargs and isinstance(op.args[0], Value) else None
        if z is not None and squares(op) and squared.infer(z) == op.result.type:
            op = Call(squared, (z,), op.results, (), op.loc)
            self.changed = True
        self.emit(op)


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
        if op.prim is not squared:
            self.emit(op)
            return
        t = abs_.infer(op.args[0])
        assert not isinstance(t, tuple)
        root = Value(t)
        self.emit(Call(abs_, op.args, (root,), (), op.loc))
        self.emit(Call(REGISTRY.by_name["pow"], (root, Literal(2)), op.results, (), op.loc))
        self.changed = True
