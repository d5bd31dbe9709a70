"""Linear maps: the derivative at a point as a program of its own, and whether a program is linear.

The program of value and tangent is cut in two, what hangs on the tangents and what does not (``unzip``). Where a
recursive function gives both at once, the tangent is the transpose of the pullback: a cotangent goes through the
adjoint sweep linearly, so the adjoint of that sweep maps tangents of the arguments to tangents of the result.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from s2sad import passes
from s2sad.ir.core import Apply, Atom, Call, For, If, Literal, Op, Pack, Param, Trace, Value, While, atoms_of, values_of
from s2sad.ir.types import Scalar, is_inexact
from s2sad.ir.walk import map_arg, reads, substitute
from s2sad.transforms.forward import pushforward
from s2sad.transforms.pullback import mark, pullback
from s2sad.transforms.rules import zero_literal
from s2sad.transforms.unzip import Entangled, unzip

SHAPE_ONLY = frozenset({
    "dim", "len", "shape", "zero_of", "np.size", "np.ndim", "np.zeros_like", "np.ones_like", "np.empty_like", "section",
})  # fmt: skip
"""What asks of an array only how large it is."""


def linearized(trace: Trace, wrt: Iterable[Value], nan_safe: bool = True) -> Trace:
    """The trace of (result, tangent of the result), for ``split``: the tangent's operations stand behind the others.

    The tangents of ``wrt`` are parameters of kind 'seed', in their order.
    """
    wrt = tuple(wrt)
    both = passes.dce(passes.cse(pushforward(trace, wrt, nan_safe=nan_safe)))
    seeds = [replace(p, path=f"result[{k}]") for k, p in enumerate(p for p in both.params if p.kind == "seed")]
    hang = {p.value for p in seeds}
    spread(both.body.ops, hang, frozenset())
    assert isinstance(both.result, Pack)
    if any(v in hang for v in values_of(both.result.items[0])):
        return transposed(trace, wrt, nan_safe)
    try:
        halves = unzip(both.body.ops, hang)
    except Entangled:
        return transposed(trace, wrt, nan_safe)
    return replace(
        both.with_body((mark("primal"), *halves.known, mark("adjoint"), *halves.rest)),
        name=f"{trace.name}_linearize",
        params=(*(p for p in both.params if p.kind != "seed"), *seeds),
    )


def transposed(trace: Trace, wrt: Sequence[Value], nan_safe: bool) -> Trace:
    """The same by way of the pullback."""
    back = pullback(trace, wrt, value=True, nan_safe=nan_safe)
    back = passes.dce(passes.cse(back))
    assert isinstance(back.result, Pack)
    value, bars = back.result.items
    sown = [p for p in back.params if p.kind == "seed"]
    asked = replace(
        back, result=bars, params=tuple(replace(p, kind="argument") if p in sown else p for p in back.params)
    )
    twice = pullback(asked, [p.value for p in sown], nan_safe=nan_safe)
    assert isinstance(twice.result, Pack)
    leaves = [a for a in atoms_of(value) if is_inexact(a.type)]
    stands: dict[Value, Atom] = dict(zip((p.value for p in sown), leaves, strict=True))  # for its shape is asked
    seeds: list[Param] = []
    for p in twice.params:
        if p.kind == "seed":
            of = wrt[int(p.path.removeprefix("result[").removesuffix("]"))]
            stands[p.value] = new = Value(p.value.type, f"{of.name or 'x'}_dot")
            seeds.append(replace(p, value=new, like=of))
    dots = iter(twice.result.items)
    each = [next(dots) if is_inexact(a.type) else zero(a) for a in atoms_of(value)]
    tangents = iter([stands.get(d, d) if isinstance(d, Value) else d for d in each])
    return replace(
        twice.with_body(tuple(substitute(op, stands) for op in twice.body.ops)),
        name=f"{trace.name}_linearize",
        params=(*(p for p in trace.params if p.kind != "seed"), *seeds),
        result=Pack("tuple", (value, map_arg(value, lambda _: next(tangents)))),
    )


def zero(a: Atom) -> Atom:
    """The tangent of what does not move: an int, a string."""
    return zero_literal(a.type) if isinstance(a.type, Scalar) else Literal(None)


def reads_values(trace: Trace, wrt: Sequence[Value], result: Iterable[Value]) -> bool:
    """Whether any of ``result`` hangs on the numbers in ``wrt``, and not only on their shapes."""
    hang = set(wrt)
    spread(trace.body.ops, hang)
    return any(v in hang for v in result)


def spread(ops: Iterable[Op], hang: set[Value], asks: frozenset[str] = SHAPE_ONLY) -> None:
    """Add to ``hang`` what hangs on its values. A result of ``asks`` does not hang on the numbers that it is given."""
    for op in ops:
        match op:
            case Call():
                read = values_of(*op.args, *(v for _, v in op.kwargs))
                if op.prim.name not in asks and not hang.isdisjoint(read):
                    hang.update(op.results)
            case If(pred=pred, then=then, orelse=orelse):
                spread(then.ops, hang, asks)
                spread(orelse.ops, hang, asks)
                for r, a, b in zip(op.results, then.yields, orelse.yields, strict=True):
                    if not hang.isdisjoint(values_of(pred, a, b)):
                        hang.add(r)
            case For() | While():
                spread_loop(op, hang, asks)
            case Apply():
                if not hang.isdisjoint(reads(op)):
                    hang.update(op.results)


def spread_loop(op: For | While, hang: set[Value], asks: frozenset[str]) -> None:
    """A loop, until nothing more hangs on the numbers."""
    own: list[tuple[Value, ...]] = [op.body.params[1:] if isinstance(op, For) else op.body.params, op.results]
    if isinstance(op, While):
        own.append(op.cond.params)
    while True:
        before = len(hang)
        for k, init in enumerate(op.inits):
            if not hang.isdisjoint((*values_of(init, op.body.yields[k]), *(group[k] for group in own))):
                hang.update(group[k] for group in own)
        spread(op.body.ops, hang, asks)
        ways = op.body.yields[len(op.inits) :]
        if isinstance(op, While):
            spread(op.cond.ops, hang, asks)
            ways = (*ways, *op.cond.yields)
        else:
            ways = (*ways, op.start, op.stop, op.step)
        if not hang.isdisjoint(values_of(*ways)):
            hang.update(op.results)
        if len(hang) == before:
            return

