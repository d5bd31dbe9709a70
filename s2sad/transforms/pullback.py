"""Reverse mode: the trace of a gradient, or of a vector-Jacobian product."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from s2sad.analysis.activity import active
from s2sad.analysis.selection import masked, unbounded
from s2sad.analysis.sizes import Sizes
from s2sad.analysis.steep import Steep
from s2sad.errors import TraceError
from s2sad.ir.build import Builder
from s2sad.ir.core import (
    UNDEFINED,
    Arg,
    Atom,
    Call,
    If,
    Literal,
    Op,
    Pack,
    Param,
    Region,
    Trace,
    Value,
    atoms_of,
    operands,
    regions,
    values_of,
)
from s2sad.ir.transparent import is_hook, without_transparent
from s2sad.ir.types import Array, Scalar, is_inexact, tangent_type
from s2sad.ir.walk import all_ops, map_arg, reads, substitute
from s2sad.passes.dce import dce_ops
from s2sad.prims import structure
from s2sad.prims.primitive import constant_of
from s2sad.rules.book import BOOK, RuleBook
from s2sad.transforms.callees import Callees
from s2sad.transforms.names import bar_name
from s2sad.transforms.recomputing import outlined, quiet
from s2sad.transforms.reverse import Reverse
from s2sad.transforms.rules import Applier, filler
from s2sad.transforms.snapshots import with_keeps
from s2sad.transforms.sweeps import with_residuals


def pullback(
    trace: Trace,
    wrt: Iterable[Value],
    value: bool = False,
    seed: float | None = None,
    book: RuleBook = BOOK,
    callees: Callees | None = None,
    nan_safe: bool = True,
) -> Trace:
    """The trace of the cotangents of the parameters ``wrt``, as a tuple in their order.

    Parameters
    ----------
    trace : the primal.
    wrt : parameters of it, floats or containers of floats.
    value : also give the primal's result: the trace's result is then (result, cotangents).
    seed : cotangent of a result of one element. Without it the cotangent of each leaf of the result is a new parameter
        of kind 'seed', named after the leaf with ``_bar``.
    nan_safe : whether a cotangent that is zero by selection stays zero also where the slope is infinite.

    Raises
    ------
    UnsupportedError : an operation on the way has no derivative rule.
    """
    wrt = tuple(wrt)
    outermost = callees is None
    trace = outlined(trace)
    live = active(trace, wrt, book)
    if callees is None:

        def again(inner: Trace, params: Iterable[Value], known: Callees) -> Trace:
            inner = inner.with_body(quiet(inner.body.ops, {}))  # it has run once already
            return pullback(inner, params, book=book, callees=known, nan_safe=nan_safe)

        callees = Callees(again, "pullback")
    sizes = Sizes()
    sizes.given(trace.params)
    sizes.note(trace.body.ops, whole=True)
    hidden = masked(trace.body.ops, values_of(trace.result), book) if nan_safe else set[Value]()
    apply = Applier(Builder(), book, hidden, sizes, unbounded(trace.body.ops, book) if hidden else set())
    if nan_safe:
        apply.steep = Steep(trace.body.ops)
    walk = Reverse(apply, live, callees=callees)
    seeds = sown(trace, seed, walk)
    walk.run(trace.body.ops)
    walk.apply.builder.loc = None
    bars = tuple(cotangent(walk, v, outermost) for v in wrt)
    adjoint = dce_ops(tuple(walk.apply.builder.ops), values_of(*bars))

    trace = with_keeps(unmarked(trace), walk.keeps)
    sweep, back, ends = with_residuals(trace, adjoint, bars, walk.counts, sizes)
    cotangents = Pack("tuple", ends)
    ops = (mark("primal"), *sweep, mark("adjoint"), *back)
    out = replace(
        trace,
        name=f"{trace.name}_{'value_and_grad' if value else 'grad'}",
        params=(*trace.params, *seeds),
        body=Region((), ops, ()),
        result=Pack("tuple", (trace.result, cotangents)) if value else cotangents,
        origin=f"Gradient of {trace.name} with respect to {', '.join(v.name or '?' for v in wrt)} (reverse mode).",
    )
    return without_transparent(out, is_hook)  # what they put into the reverse sweep is there now


def sown(trace: Trace, seed: float | None, walk: Reverse) -> tuple[Param, ...]:
    """Start the cotangents of the result; the new parameters where they are not given."""
    params: list[Param] = []
    leaves = list(atoms_of(trace.result))
    for k, leaf in enumerate(leaves):
        if not is_inexact(leaf.type):
            continue
        if seed is not None:
            walk.contribute(leaf, one_like(leaf, seed, walk.apply))
            continue
        bar = Value(tangent_type(leaf.type), bar_name(leaf) or "ans_bar")
        params.append(Param(bar, f"result[{k}]", "seed"))
        walk.contribute(leaf, bar)
    return tuple(params)


def one_like(leaf: Atom, seed: float, apply: Applier) -> Atom:
    """The seed in the shape of a result of one element."""
    match leaf.type:
        case Scalar(dtype=dtype):
            return Literal(complex(seed)) if dtype[0] == "c" else Literal(seed)
        case Array():
            return apply.prim("np.full_like", leaf, Literal(seed))
        case other:
            raise TraceError(f"the gradient of a result of type {other}")


def cotangent(walk: Reverse, v: Value, outermost: bool) -> Atom:
    bar = walk.bars.get(v)
    bar = walk.zero(v) if bar is None else bar
    return walk.apply.handed(bar, v) if outermost else bar  # type: ignore[return-value]


def mark(title: str) -> Call:
    return Call(structure.section, (Literal(title),), ())


def is_mark(op: Op, title: str | None = None) -> bool:
    return isinstance(op, Call) and op.prim is structure.section and title in (None, constant_of(op.args[0]))


def unmarked(trace: Trace) -> Trace:
    """The trace without what says where the primal and the adjoint begin."""
    return trace.with_body(tuple(op for op in trace.body.ops if not is_mark(op)))


def split(trace: Trace) -> tuple[Trace, Trace]:
    """Cut a pullback (made with ``value=True`` and without a seed) where its adjoint begins.

    Returns
    -------
    forward : gives (result, residuals), from the arguments.
    backward : gives the cotangents, from ``residuals`` and the cotangents of the result.
    """
    ops = trace.body.ops
    cut = next(k for k, op in enumerate(ops) if is_mark(op, "adjoint"))
    assert isinstance(trace.result, Pack)
    result, cotangents = trace.result.items
    before, after = ops[:cut], ops[cut:]
    seeds = tuple(p for p in trace.params if p.kind == "seed")
    given = {p.value for p in seeds}
    born = {v for op in after for v in op.results}
    used = dict.fromkeys(v for op in after for v in reads(op))
    used.update(dict.fromkeys(values_of(cotangents)))
    residuals = tuple(v for v in used if v not in given and v not in born)
    name = trace.name.removesuffix("_value_and_grad")
    sweep = filled(before, residuals, result)
    handed: list[Atom] = list(residuals)
    chosen = {r for op in sweep if isinstance(op, If) for r in op.results}
    for k, v in enumerate(residuals):
        if v in chosen:
            sweep, handed[k] = defined(sweep, v)
    forward = replace(
        trace,
        name=f"{name}_forward",
        params=tuple(p for p in trace.params if p.kind != "seed"),
        body=Region((), sweep, ()),
        result=Pack("tuple", (result, Pack("tuple", tuple(handed)))),
        origin=f"Value of {name}, and what its pullback needs.",
    )
    inside: dict[Value, Value] = {v: Value(v.type, v.name) for v in residuals}

    def swap(a: Atom) -> Arg:
        return inside.get(a, a) if isinstance(a, Value) else a

    backward = Trace(
        f"{name}_pullback",
        (
            *(Param(inside[v], f"residuals[{k}]") for k, v in enumerate(residuals)),
            *(p if p.like is None else replace(p, like=inside.get(p.like)) for p in seeds),
        ),
        Region((), tuple(substitute(op, inside) for op in after), ()),
        map_arg(cotangents, swap),
        (("residuals", Pack("tuple", tuple(inside.values()))),),
        f"Cotangents of the arguments of {name}, from the cotangent of its result.",
        trace.loc, quiet=trace.quiet,
    )
    return forward, backward


def filled(ops: tuple[Op, ...], residuals: Iterable[Value], result: Arg) -> tuple[Op, ...]:
    """The sweep with something in every residual that some path leaves undefined.

    A residual of a branch is read by the mirrored branch only; but handing it over reads it on every path. Where the
    sweep itself reads a value, to fill it would hide an error of the program: it stays undefined.
    """
    handed = set(residuals)
    kept = set(values_of(result))
    for op in all_ops(ops):
        kept.update(operands(op))
        for region in regions(op):
            for r, y in zip(op.results, region.yields, strict=False):
                if isinstance(y, Value):
                    (handed if r in handed else kept).add(y)
    return tuple(_filled(ops, {v for v in residuals if v not in kept}, kept))


def defined(ops: tuple[Op, ...], value: Value) -> tuple[tuple[Op, ...], Atom]:
    """The operations, with something that can be handed over for a value that some path leaves undefined.

    That is a further result beside the value, which the sweep itself may read, and so must stay as it is.
    """
    for k in range(len(ops) - 1, -1, -1):
        op = ops[k]
        if isinstance(op, If) and value in op.results:
            break
    else:
        return ops, value
    place = op.results.index(value)
    if not any(undefined(region, place) for region in (op.then, op.orelse)):
        return ops, value
    sides: list[Region] = []
    for region in (op.then, op.orelse):
        inner, y = region.ops, region.yields[place]
        if undefined(region, place):
            if isinstance(y, Value):
                inner, y = defined(inner, y)
            else:
                builder = Builder(loc=op.loc)
                y = filler(builder, value.type)
                inner = (*inner, *builder.ops)
        sides.append(Region((), inner, (*region.yields, y)))
    given = Value(value.type, value.name)
    made = replace(op, then=sides[0], orelse=sides[1], results=(*op.results, given))
    return (*ops[:k], made, *ops[k + 1 :]), given


def undefined(region: Region, place: int) -> bool:
    """Whether a branch may leave a result without a value, and goes on."""
    y = region.yields[place]
    if isinstance(y, Literal):
        raises = bool(region.ops) and isinstance(region.ops[-1], Call) and region.ops[-1].prim is structure.raise_
        return y.value is UNDEFINED and not raises
    for op in region.ops:
        if isinstance(op, If) and y in op.results:
            inner = op.results.index(y)
            return undefined(op.then, inner) or undefined(op.orelse, inner)
    return False


def _filled(ops: Iterable[Op], wanted: set[Value], kept: set[Value]) -> list[Op]:
    out: list[Op] = []
    for op in ops:
        if isinstance(op, If) and any(r in wanted for r in op.results):
            op = replace(op, then=_fill(op, op.then, wanted, kept), orelse=_fill(op, op.orelse, wanted, kept))
        out.append(op)
    return out


def _fill(op: If, region: Region, wanted: set[Value], kept: set[Value]) -> Region:
    builder = Builder(loc=op.loc)
    yields: list[Atom] = []
    inner: set[Value] = set()
    for r, y in zip(op.results, region.yields, strict=True):
        if r in wanted and isinstance(y, Literal) and y.value is UNDEFINED:
            y = filler(builder, r.type)
        elif r in wanted and isinstance(y, Value) and y not in kept:
            inner.add(y)
        yields.append(y)
    if region.ops and isinstance(region.ops[-1], Call) and region.ops[-1].prim is structure.raise_:
        return region
    return Region((), (*_filled(region.ops, inner, kept), *builder.ops), tuple(yields))
