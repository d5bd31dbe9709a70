"""Which values of a trace are another one in every row of a batch.

Everything computed from what varies does, but for sizes (rows have one shape) and the structure of containers; and what
an operation gives whose way hangs on something that varies: a branch, the bounds of a loop, its end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from s2sad.analysis.activity import reachable
from s2sad.ir.core import (
    UNDEFINED,
    Apply,
    Arg,
    Call,
    For,
    Function,
    If,
    Literal,
    Op,
    Pack,
    Value,
    While,
    atoms_of,
    values_of,
)
from s2sad.ir.types import Array, List, Scalar, Struct, Type
from s2sad.ir.walk import all_ops, is_recursive
from s2sad.prims import structure

SAME = frozenset({structure.dim, structure.shape, structure.ndim, structure.size, structure.list_len})
"""What these give is the same in every row, whatever they are asked of."""
LENGTHS = frozenset({structure.list_slice, structure.list_repeat})
"""The length of what these give hangs on their second argument."""


def varying(ops: Sequence[Op], start: Iterable[Value]) -> set[Value]:
    """The values that vary where those of ``start`` do, and what is drawn, or asked outside, for every row anew.

    Sizes vary where an array has another shape in every row, or a list another length.
    """
    edges = dependences(ops)
    shapes = {v: [w for w in after if not isinstance(w.type, Scalar)] for v, after in edges.items()}
    drawn = [r for op in all_ops(ops) if isinstance(op, Call) and op.prim.effect for r in op.results]
    varies = reachable([*start, *drawn], edges)
    while True:
        ragged = reachable([r for op in all_ops(ops) for r in reshaped(op, varies)], shapes)
        sizes = {r for op in all_ops(ops) if isinstance(op, Call) and op.prim in SAME
                 and any(v in ragged for v in values_of(*op.args)) for r in op.results}  # fmt: skip
        if sizes <= varies:
            return varies
        varies = reachable(varies | sizes, edges)


def reshaped(op: Op, varies: set[Value]) -> Iterator[Value]:
    """The results whose shape, or length, may hang on something that varies.

    A call's does on integers or booleans; that of a list on the way that the program takes.
    """
    match op:
        case Call():
            given = (*op.args, *(a for _, a in op.kwargs))
            found = [v for v in values_of(*given) if v in varies]
            if op.prim in LENGTHS:
                index = op.args[1]
                yield from (r for r in op.results if any(v in varies for v in values_of(index)))
            if op.prim.elementwise or op.prim in (structure.store, structure.accumulate, structure.scatter_add):
                return
            whole = op.prim.name in ("np.nonzero", "np.flatnonzero", "np.unique")
            if whole and found or any(is_discrete(v.type) for v in found):
                for r in op.results:
                    if isinstance(r.type, Array) and (r.type.axes is None or "?" in r.type.axes):
                        yield r
        case If():
            if op.pred in varies:
                yield from lists(op.results)
        case For():
            bounds = (op.start, op.stop, op.step, *(op.body.yields[-1:] if op.exits else ()))
            if any(isinstance(a, Value) and a in varies for a in bounds):
                yield from lists((*op.body.params, *op.results))
        case While():
            enders = (*op.cond.yields, *op.body.yields[len(op.results) :])
            if any(isinstance(a, Value) and a in varies for a in enders):
                yield from lists((*op.cond.params, *op.body.params, *op.results))
        case Apply():
            yield from lists(op.results)


def lists(values: Iterable[Value]) -> Iterator[Value]:
    return (v for v in values if isinstance(v.type, List | Struct))


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
                for leaf, after in zip(leaves(op), influence(op.callee), strict=True):
                    edge((leaf,), (op.results[k] for k in after))
    return edges


def leaves(op: Apply) -> list[Arg]:
    """The arguments of a call, one for each parameter of its callee."""
    return [a for arg in op.args for a in atoms_of(arg)]


def influence(callee: Function) -> list[tuple[int, ...]]:
    """For each parameter of a function, which of its results hang on it. All of them, where it calls itself."""
    trace = callee.trace
    assert trace is not None
    results = list(atoms_of(trace.result))
    if is_recursive(callee):
        return [tuple(range(len(results)))] * len(trace.params)
    edges = dependences(trace.body.ops)
    found = [reachable([p.value], edges) for p in trace.params]
    return [tuple(k for k, r in enumerate(results) if isinstance(r, Value) and r in hang) for hang in found]

def alike(a: Arg, b: Arg) -> bool:
    """Whether both sides of a branch give the same, or one of them never does."""
    undefined = any(isinstance(x, Literal) and x.value is UNDEFINED for x in (a, b))
    return undefined or isinstance(a, Literal) and a == b


def stand_ins(ops: Iterable[Op]) -> set[Value]:
    """Arrays that stand, in a derivative, where a path has no value: of one item, for any shape, not to be read."""
    out = set()
    for op in all_ops(ops):
        if isinstance(op, Call) and op.prim.name in ("np.full", "np.zeros") and isinstance(op.args[0], Pack):
            t = op.results[0].type
            ones = all(isinstance(n, Literal) and n.value == 1 for n in op.args[0].items)
            if ones and isinstance(t, Array) and t.axes and set(t.axes) == {"?"}:
                out.add(op.results[0])
    return out


def unsure(ops: Sequence[Op]) -> set[Value]:
    """Values that a path of the program leaves without a value."""
    edges: dict[Value, list[Value]] = {}
    start: list[Value] = list(stand_ins(ops))

    def edge(source: Arg, *targets: Value) -> None:
        if isinstance(source, Value):
            edges.setdefault(source, []).extend(targets)
        elif isinstance(source, Literal) and source.value is UNDEFINED:
            start.extend(targets)

    for op in all_ops(ops):
        match op:
            case If():
                for r, a, b in zip(op.results, op.then.yields, op.orelse.yields, strict=True):
                    edge(a, r)
                    edge(b, r)
            case For():
                for r, p, i, y in zip(op.results, op.body.params[1:], op.inits, op.body.yields, strict=False):
                    edge(i, p, r)
                    edge(y, p, r)
            case While():
                for k, r in enumerate(op.results):
                    edge(op.inits[k], op.cond.params[k], op.body.params[k], r)
                    edge(op.body.yields[k], op.cond.params[k], op.body.params[k], r)
            case Call() | Apply():
                pass
    return reachable(start, edges)


def is_discrete(t: Type) -> bool:
    """Whether a value of this type may be a length, a place or a choice."""
    return isinstance(t, Scalar | Array) and t.dtype[0] in "iub"
