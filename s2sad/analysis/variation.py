"""Which values of a trace are another one in every row of a batch.

Everything computed from what varies does, but for sizes (rows have one shape) and the structure of containers; and what
an operation gives whose way hangs on something that varies: a branch, the bounds of a loop, its end.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from s2sad.analysis.activity import reachable
from s2sad.ir.core import UNDEFINED, Apply, Arg, Call, For, If, Literal, Op, Value, While, values_of
from s2sad.ir.types import Array, Scalar, Type
from s2sad.ir.walk import all_ops
from s2sad.prims import structure

SAME = frozenset({structure.dim, structure.shape, structure.ndim, structure.size, structure.list_len})
"""What these give is the same in every row, whatever they are asked of."""


def varying(ops: Sequence[Op], start: Iterable[Value]) -> set[Value]:
    """The values that vary where those of ``start`` do. Sizes vary where an array has another shape in every row."""
    edges = dependences(ops)
    shapes = {v: [w for w in after if not isinstance(w.type, Scalar)] for v, after in edges.items()}
    varies = reachable(start, edges)
    while True:
        sources = [r for op in all_ops(ops) if isinstance(op, Call) and reshapes(op, varies) for r in op.results]
        ragged = reachable(sources, shapes)
        sizes = {r for op in all_ops(ops) if isinstance(op, Call) and op.prim in SAME
                 and any(v in ragged for v in values_of(*op.args)) for r in op.results}  # fmt: skip
        if sizes <= varies:
            return varies
        varies = reachable(varies | sizes, edges)


def reshapes(call: Call, varies: set[Value]) -> bool:
    """Whether the shape of a result may hang on something that varies: on integers or booleans, then."""
    if call.prim.elementwise or call.prim in (structure.store, structure.accumulate, structure.scatter_add):
        return False
    if not any(isinstance(r.type, Array) and (r.type.axes is None or "?" in r.type.axes) for r in call.results):
        return False
    given = (*call.args, *(a for _, a in call.kwargs))
    whole = call.prim.name in ("np.nonzero", "np.flatnonzero", "np.unique")
    return any(v in varies and (whole or is_discrete(v.type)) for v in values_of(*given))


def is_discrete(t: Type) -> bool:
    return isinstance(t, Scalar | Array) and t.dtype[0] in "iub"


def dependences(ops: Iterable[Op]) -> dict[Value, list[Value]]:
    """For each value, those that vary directly with it."""
    edges: dict[Value, list[Value]] = {}

    def edge(sources: Iterable[Arg], targets: Iterable[Value]) -> None:
        into = list(targets)
        for v in values_of(*sources):
            edges.setdefault(v, []).extend(into)

    for op in all_ops(ops):
        match op:
            case Call():
                if op.prim not in SAME:
                    edge((*op.args, *(a for _, a in op.kwargs)), op.results)
            case If():
                edge((op.pred,), [r for r, a, b in zip(op.results, op.then.yields, op.orelse.yields, strict=True)
                                  if a is not b and not alike(a, b)])  # fmt: skip
                for r, a, b in zip(op.results, op.then.yields, op.orelse.yields, strict=True):
                    edge((a, b), (r,))
            case For():
                carried = op.body.params[1:]
                edge((op.start, op.stop, op.step), (*op.body.params, *op.results))
                if op.exits:
                    edge((op.body.yields[-1],), (*carried, *op.results))
                for k, r in enumerate(op.results):
                    edge((op.inits[k], op.body.yields[k]), (carried[k], r))
            case While():
                enders = (*op.cond.yields, *op.body.yields[len(op.results) :])
                edge(enders, (*op.cond.params, *op.body.params, *op.results))
                for k, r in enumerate(op.results):
                    edge((op.inits[k], op.body.yields[k]), (op.cond.params[k], op.body.params[k], r))
            case Apply():
                edge(op.args, op.results)
    return edges



def alike(a: Arg, b: Arg) -> bool:
    """Whether both sides of a branch give the same, or one of them never does."""
    undefined = any(isinstance(x, Literal) and x.value is UNDEFINED for x in (a, b))
    return undefined or isinstance(a, Literal) and a == b
