"""Numbers that are still to be repeated after all else: an array filled with them.

``expand_reduced(g, x.shape)`` is what the adjoint of a sum asks for. Where no consumer broadcasts it away, and ``g`` is
a number, ``np.full(x.shape, g)`` says the same, is the function's own memory, and needs no helper.
"""

from __future__ import annotations

from s2sad.ir.core import Call, Trace
from s2sad.ir.core import Literal as Constant
from s2sad.ir.types import Scalar
from s2sad.passes.rewriter import Rewriter
from s2sad.prims.broadcasting import expand_reduced
from s2sad.prims.primitive import REGISTRY


def fill(trace: Trace) -> Trace:
    """The trace with repeated numbers written as filled arrays.

    >>> from s2sad.ir.build import Builder, Literal
    >>> from s2sad.ir.core import Region
    >>> b = Builder()
    >>> g = b.call(expand_reduced, 1.0, (3,), name="g")
    >>> print(fill(Trace("f", (), Region((), tuple(b.ops), ()), g)))
    f():
        g: f64[n] = np.ones((3,))
        return g
    """
    return _Fill().trace(trace)


class _Fill(Rewriter):
    def call(self, op: Call) -> None:
        if op.prim is expand_reduced and isinstance(op.args[0].type, Scalar) and not op.kwargs:
            g, shape = op.args
            one = g == Constant(1.0)
            prim = REGISTRY.by_name["np.ones" if one else "np.full"]
            args = (shape,) if one else (shape, g)
            if prim.infer(*args) == op.result.type:
                self.changed = True
                op = Call(prim, args, op.results, (), op.loc)
        self.emit(op)
