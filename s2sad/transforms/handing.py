"""What the first half of a derivative hands to the second: of an array that is only asked how large it is, its sizes.

The cotangents of ``np.sum(x)`` are as many as there are elements in ``x``, whatever they are. To hand ``x`` over for
that would cost a copy of it, and keep it alive as long as the pullback.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from s2sad.analysis.sizes import Sizes
from s2sad.ir.build import Builder
from s2sad.ir.core import (
    Arg,
    Atom,
    Call,
    For,
    If,
    Op,
    Pack,
    Param,
    Ref,
    Region,
    Trace,
    Value,
    While,
    regions,
    values_of,
)
from s2sad.ir.core import operands as read_by
from s2sad.ir.types import INT, Array, np_dtype
from s2sad.ir.walk import all_ops, map_arg, substitute
from s2sad.prims import structure
from s2sad.prims.primitive import REGISTRY, constant_of

ASKED = (structure.zero_of, structure.dim, structure.shape)
"""What asks of an array only how large it is."""


def sizes_instead(forward: Trace, backward: Trace, alike: Mapping[Value, Atom]) -> tuple[Trace, Trace]:
    """Both halves, with sizes in place of residuals that are only asked for them (see ``pullback.split``).

    ``alike`` says of each seed what in the first half has its shape.
    """
    assert isinstance(forward.result, Pack)
    result, handed = forward.result.items
    assert isinstance(handed, Pack)
    own = [p for p in backward.params if p.kind != "seed"]
    seeds = [p for p in backward.params if p.kind == "seed"]
    asked = only_asked(backward, (p.value for p in own))
    if not asked:
        return forward, backward
    sizes = Sizes()
    sizes.given(forward.params)
    sizes.note(forward.body.ops, whole=True)
    more = Builder()
    params: list[Param] = []
    given: list[Arg] = []
    donors: list[tuple[Value, Arg]] = [(p.value, alike[p.value]) for p in seeds]
    donors += [(p.value, a) for p, a in zip(own, handed.items, strict=True) if p.value not in asked]
    instead: dict[Value, Arg] = {}
    known: dict[Value, tuple[Value, ...]] = {}
    for param, atom in zip(own, handed.items, strict=True):
        kind = param.value.type
        if param.value not in asked or not isinstance(kind, Array) or isinstance(atom, Pack):
            params.append(param)
            given.append(atom)
            continue
        donor = next((v for v, a in donors if v.type == kind and not isinstance(a, Pack) and sizes.same(a, atom)), None)
        if donor is not None:
            instead[param.value] = donor
            continue
        name = param.value.name or "x"
        axes = range(len(kind.axes or ()))
        known[param.value] = tuple(Value(INT, f"{name}_len" if len(axes) == 1 else f"{name}_len{k}") for k in axes)
        params += [Param(v, "") for v in known[param.value]]
        given += [more.call(structure.dim, atom, k) for k in axes]
    kept = {p.value for p in params}
    renumbered = [replace(p, path=f"residuals[{k}]") for k, p in enumerate(params)]
    first = forward.with_body((*forward.body.ops, *more.ops), Pack("tuple", (result, Pack("tuple", tuple(given)))))
    second = replace(
        backward,
        params=(*renumbered, *(replace(p, like=None) if p.like not in kept else p for p in seeds)),
        body=Region((), answered((substitute(op, instead) for op in backward.body.ops), known, instead), ()),
        result=map_arg(backward.result, lambda a: instead.get(a, a) if isinstance(a, Value) else a),
        arguments=(("residuals", Pack("tuple", tuple(p.value for p in renumbered))),),
    )
    return first, second


def only_asked(trace: Trace, values: Iterable[Value]) -> set[Value]:
    """Those of these arrays that are read, and only for their sizes."""
    out = {v for v in values if isinstance(v.type, Array) and v.type.axes}
    read: set[Value] = set()
    for op in all_ops(trace.body.ops):
        read.update(read_by(op))
        first = op.args[0] if isinstance(op, Call) and op.prim in ASKED else None
        if isinstance(first, Value):
            rest = op.args[1:] if isinstance(op, Call) else ()
            out.difference_update(values_of(*rest))
        else:
            out.difference_update(read_by(op))
        for region in regions(op):
            out.difference_update(values_of(*region.yields))
    return (out & read) - set(values_of(trace.result))


def answered(ops: Iterable[Op], known: Mapping[Value, tuple[Value, ...]], found: dict[Value, Arg]) -> tuple[Op, ...]:
    """The operations, with what is asked of arrays of known size answered; ``found`` is extended with the answers."""
    builder = Builder()

    def region(r: Region) -> Region:
        inner = answered(r.ops, known, found)
        return Region(r.params, inner, tuple(single(found.get(y, y)) if isinstance(y, Value) else y for y in r.yields))

    for op in ops:
        asked = op.args[0] if isinstance(op, Call) and op.prim in ASKED else None
        counts = known.get(asked) if isinstance(asked, Value) else None
        if counts is None:
            match substitute(op, found):
                case If() as choice:
                    builder.emit(replace(choice, then=region(choice.then), orelse=region(choice.orelse)))
                case For() as loop:
                    builder.emit(replace(loop, body=region(loop.body)))
                case While() as loop:
                    builder.emit(replace(loop, cond=region(loop.cond), body=region(loop.body)))
                case other:
                    builder.emit(other)
            continue
        assert isinstance(op, Call)
        builder.loc = op.loc
        if op.prim is structure.dim:
            found[op.result] = counts[constant_of(op.args[1])]
        elif op.prim is structure.shape:
            found[op.result] = Pack("tuple", counts)
        else:
            found[op.result] = zeros(builder, op.result, counts)
    return tuple(builder.ops)


def zeros(builder: Builder, like: Value, counts: tuple[Value, ...]) -> Value:
    """Zeros of a type and size."""
    kind = like.type
    assert isinstance(kind, Array)
    options: dict[str, Any] = {}
    if kind.dtype != "f64":
        cls = np_dtype(kind.dtype).type
        options["dtype"] = Ref(cls, f"np.{cls.__name__}")
    builder.call(REGISTRY.by_name["np.zeros"], counts[0] if len(counts) == 1 else Pack("tuple", counts), **options)
    made = builder.ops.pop()
    assert isinstance(made, Call)
    builder.emit(replace(made, results=(like,)))
    return like


def single(arg: Arg) -> Atom:
    assert not isinstance(arg, Pack)
    return arg
