"""Several sweeps in one, for directions that the caller gives: sums of columns, or of rows, of a Jacobian."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from s2sad.ir.core import Arg, Atom, Pack, Trace, Value, atoms_of
from s2sad.ir.types import is_inexact
from s2sad.transforms.batch import batch
from s2sad.transforms.forward import pushforward
from s2sad.transforms.pullback import pullback


def tangents(trace: Trace, wrt: Sequence[Value], aux: Arg | None = None, nan_safe: bool = True) -> Trace:
    """The trace of the tangents of all inexact leaves of the result, as a tuple, and of ``aux``.

    The tangents of ``wrt``, and of the result, have one more axis in front: one row for each direction.
    """
    out = pushforward(trace, wrt, nan_safe=nan_safe)
    assert isinstance(out.result, Pack)
    dots = atoms_of(out.result.items[1])
    leaves = tuple(d for a, d in zip(atoms_of(trace.result), dots, strict=True) if is_inexact(a.type))
    return _rows(replace(out, result=Pack("tuple", leaves)), trace, aux, "tangents")


def cotangents(trace: Trace, wrt: Sequence[Value], aux: Arg | None = None, nan_safe: bool = True) -> Trace:
    """The trace of the cotangents of ``wrt``, as a tuple, and of ``aux``; their axes in front are one row for each
    cotangent of the result.
    """
    return _rows(pullback(trace, wrt, nan_safe=nan_safe), trace, aux, "cotangents")


def _rows(trace: Trace, primal: Trace, aux: Arg | None, what: str) -> Trace:
    """The trace for a batch of its seeds."""
    assert isinstance(trace.result, Pack)
    count = len(tuple(atoms_of(trace.result)))
    extra: tuple[Atom, ...] = () if aux is None else tuple(atoms_of(aux))
    result = trace.result if aux is None else Pack("tuple", (trace.result, aux))
    seeds = {p.value: 0 for p in trace.params if p.kind == "seed"}
    out = batch(replace(trace, result=result), seeds, out=[0] * count + [None] * len(extra), extent="n")
    return replace(out, name=f"{primal.name}_{what}")
