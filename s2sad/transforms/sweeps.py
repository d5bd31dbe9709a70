"""Both sweeps of reverse mode, with every primal value that the adjoint asks for there."""

from __future__ import annotations

from collections.abc import Iterable

from s2sad.analysis.dependence import Dependence
from s2sad.analysis.places import places, shape_classes
from s2sad.analysis.sizes import Sizes
from s2sad.ir.core import Atom, For, Op, Trace, Value, While, values_of
from s2sad.transforms.adjoint import AdjointWriter, Frame
from s2sad.transforms.residuals import Planner
from s2sad.transforms.rewind import RewoundTooFar


def with_residuals(
    trace: Trace, adjoint: tuple[Op, ...], bars: tuple[Atom, ...], counts: dict[For | While, Value], sizes: Sizes,
    defined: Iterable[Value] = (),
) -> tuple[tuple[Op, ...], tuple[Op, ...], tuple[Atom, ...]]:
    """Both sweeps, with every primal value that the adjoint asks for there, and the cotangents at their end."""
    taped: frozenset[Value] = frozenset()
    while True:
        where, shapes = places(trace), shape_classes(trace)
        planner = Planner(where, shapes, sizes, Dependence(where, sizes), counts, taped=taped)
        planner.defined.update(defined)
        planner.plan(adjoint)
        writer, frame = AdjointWriter(planner), Frame(where.root, None, versions=planner.finals())
        try:
            writer.rewrite(adjoint, frame)
            writer.ensure_all((v for v in values_of(*bars) if v in where.home), frame)
        except RewoundTooFar as late:
            taped |= {late.value}
            continue
        ends = tuple(writer.there(b, frame) for b in bars)
        return writer.sweep().rebuild(trace.body.ops), (*frame.pops, *frame.builder.ops), ends
