"""Which variables have to be None on a path that gives them no value.

A name that is bound on some paths only (``UNDEFINED`` on the others) is read by the program only where it has a value.
A derivative may also hand it on without looking at it: as a residual, on a tape, or under another name after a branch.
Then it must be bound on every path.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from s2sad.ir.core import UNDEFINED, Atom, Call, For, If, Literal, Op, Region, Trace, Value, While, values_of
from s2sad.ir.walk import all_ops


def handed_on(trace: Trace, name: Callable[[Value], str]) -> frozenset[Value]:
    """Values that are None where they have none, for someone takes them over unread."""
    sources: dict[Value, list[Value]] = {}
    maybe: set[Value] = set()
    moved: list[tuple[Value, Value]] = []
    for target, source in _moves(trace):
        if isinstance(source, Literal) and source.value is UNDEFINED:
            maybe.add(target)
        elif isinstance(source, Value):
            sources.setdefault(target, []).append(source)
            moved.append((target, source))
    if not maybe:
        return frozenset()
    readers: dict[Value, list[Value]] = {}
    for target, source in moved:
        readers.setdefault(source, []).append(target)
    pending = list(maybe)
    while pending:
        for target in readers.get(pending.pop(), ()):
            if target not in maybe:
                maybe.add(target)
                pending.append(target)
    out = {v for v in values_of(trace.result) if v in maybe}
    appends = (op for op in all_ops(trace.body.ops) if isinstance(op, Call) and op.prim.name.startswith("list_append"))
    out.update(v for op in appends for v in values_of(op.args[-1]) if v in maybe)
    out.update(source for target, source in moved if source in maybe and name(target) != name(source))
    pending = list(out)
    while pending:
        for source in sources.get(pending.pop(), ()):
            if source in maybe and source not in out:
                out.add(source)
                pending.append(source)
    return frozenset(out)


def _moves(trace: Trace) -> Iterator[tuple[Value, Atom]]:
    """What is handed from one variable to another where control flow meets."""
    for op in all_ops(trace.body.ops):
        match op:
            case If(then=then, orelse=orelse, results=results):
                for region in (then, orelse):
                    if not _raises(region):
                        yield from zip(results, region.yields, strict=False)
            case For(body=body, inits=inits, results=results):
                yield from _carried(body.params[1:], body, inits, results)
            case While(body=body, inits=inits, results=results):
                yield from _carried(body.params, body, inits, results)


def _carried(
    params: tuple[Value, ...], body: Region, inits: tuple[Atom, ...], results: tuple[Value, ...]
) -> Iterator[tuple[Value, Atom]]:
    yield from zip(params, inits, strict=False)
    yield from zip(params, body.yields, strict=False)
    yield from zip(results, params, strict=False)
    yield from zip(params, results, strict=False)  # one variable


def _raises(region: Region) -> bool:
    """Whether a region surely raises."""
    last: Op | None = region.ops[-1] if region.ops else None
    return isinstance(last, Call) and last.prim.name == "raise"
