"""The copies that ``ownership`` asks for, put into the trace; after them every store is written in place."""

from __future__ import annotations

from dataclasses import replace

from s2sad.emit.mutation import (
    COPY,
    DEEP_COPY,
    IN_PLACE,
    INNER,
    fits_in_place,
    has_buffer,
    is_flat,
    version,
)
from s2sad.emit.ownership import Decisions, decided, returns_fresh
from s2sad.emit.within import within
from s2sad.ir.core import Apply, Arg, Atom, Call, For, If, Op, Region, Trace, Value, While, values_of
from s2sad.ir.types import Array
from s2sad.ir.walk import all_ops, map_arg


def insert_copies(trace: Trace) -> Trace:
    """The trace with copies in it, after which every ``store`` and the like may be written in place."""
    changes = any(isinstance(op, Call) and (version(op) or fits_in_place(op)) for op in all_ops(trace.body.ops))
    if not changes and not (returns_fresh(trace) and any(has_buffer(v.type) for v in values_of(trace.result))):
        return trace
    trace, decisions = _decided(trace)
    if not (decisions.before or decisions.views or decisions.results or decisions.in_place):
        return trace
    return _Rewriter(decisions).trace(trace)


def _decided(trace: Trace) -> tuple[Trace, Decisions]:
    """Where copies go. What would need a copy of a whole list to be changed within it is copied alone."""
    apart: list[Value] = []
    while True:
        joined = within(trace, apart)
        decisions = decided(joined)
        copied = [op for op, edge, k in decisions.before if (edge, k) == ("argument", 0) and isinstance(op, Call)]
        later = [change[1] for op in copied if op.prim.name in INNER and (change := version(op)) is not None]
        if not later:
            return joined, decisions
        apart += later


class _Rewriter:
    def __init__(self, decisions: Decisions) -> None:
        self.decided = decisions

    def copy(self, atom: Atom, out: list[Op], op: Op | None, deep: bool, name: str | None = None) -> Atom:
        if not isinstance(atom, Value):
            return atom
        new = Value(atom.type, name or atom.name)
        prim = DEEP_COPY if deep and not isinstance(atom.type, Array) and not is_flat(atom.type) else COPY
        out.append(Call(prim, (atom,), (new,), (), op.loc if op is not None else None))
        return new

    def edge(self, op: Op, edge: str, atoms: tuple[Atom, ...], out: list[Op]) -> tuple[Atom, ...]:
        before = self.decided.before
        called: list[str | None] = [None] * len(atoms)
        if isinstance(op, For | While):  # it becomes what the loop carries
            params = op.body.params[isinstance(op, For) :]
            called[: len(params)] = [p.name for p in params]
        return tuple(
            self.copy(a, out, op, before[(op, edge, k)], called[k]) if (op, edge, k) in before else a
            for k, a in enumerate(atoms)
        )

    def region(self, region: Region, loop: Op | None = None) -> Region:
        out: list[Op] = []
        for op in region.ops:
            match op:
                case Call():
                    out.append(self.call(op, out))
                case If():
                    out.append(replace(op, then=self.region(op.then), orelse=self.region(op.orelse)))
                case For():
                    inits = self.edge(op, "init", op.inits, out)
                    out.append(replace(op, inits=inits, body=self.region(op.body, op)))
                case While():
                    inits = self.edge(op, "init", op.inits, out)
                    out.append(replace(op, inits=inits, cond=self.region(op.cond), body=self.region(op.body, op)))
                case Apply():
                    out.append(op)
        yields = self.edge(loop, "yield", region.yields, out) if loop is not None else region.yields
        return Region(region.params, tuple(out), yields)

    def call(self, op: Call, out: list[Op]) -> Op:
        copied = [k for k in range(len(op.args)) if (op, "argument", k) in self.decided.before]
        if copied:
            args = list(op.args)
            for k in copied:
                argument = args[k]
                assert isinstance(argument, Value)
                args[k] = self.copy(argument, out, op, self.decided.before[(op, "argument", k)])
            return replace(op, args=tuple(args))
        if op in self.decided.in_place:
            return replace(op, prim=IN_PLACE[op.prim.name])
        (view,) = op.results if len(op.results) == 1 else (None,)
        if view is not None and view in self.decided.views:
            raw = Value(view.type)
            out.append(replace(op, results=(raw,)))
            return Call(COPY, (raw,), (view,), (), op.loc)
        return op

    def trace(self, trace: Trace) -> Trace:
        body = self.region(trace.body)
        out = list(body.ops)
        place = iter(range(len(list(values_of(trace.result)))))

        def fresh(atom: Atom) -> Arg:
            if isinstance(atom, Value) and next(place) in self.decided.results:
                return self.copy(atom, out, None, True)
            return atom

        result = map_arg(trace.result, fresh)
        return trace.with_body(tuple(out), result)
