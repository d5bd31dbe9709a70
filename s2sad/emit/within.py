"""Changes of an item of a list where it stands: ``rows[i].append(v)``, ``rows[i][j] = v`` of an array.

In the trace that is three operations: the item is taken out, a new version of it made, and that put in its place. As
three statements the item would have to be copied first, since the list holds it still. As one it is a change of the
list, which ``ownership`` decides on.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from s2sad.emit.mutation import WITHIN
from s2sad.ir.core import Arg, Call, Op, Pack, Region, Trace, Value, atoms_of, values_of
from s2sad.ir.walk import all_ops, all_reads, map_regions, reads
from s2sad.prims import structure
from s2sad.prims.structure import index_items, is_basic

Place = tuple[Value, tuple[Arg, ...]]
"""A list, and the steps into it."""


def within(trace: Trace, apart: Iterable[Value] = ()) -> Trace:
    """The trace with such changes as one operation each, but for new versions of lists that are named in ``apart``."""
    if not any(isinstance(op, Call) and op.prim is structure.list_set for op in all_ops(trace.body.ops)):
        return trace
    joiner = _Joiner(trace, set(apart))
    out = trace.with_body(joiner.region(trace.body).ops)
    return out.with_body(without(out.body, joiner.taken - all_reads(out)).ops) if joiner.taken else out


def without(region: Region, taken: set[Value]) -> Region:
    """A region but for what takes out items that nothing reads any more."""
    dead = {op for op in region.ops if isinstance(op, Call) and op.prim is structure.list_get and op.result in taken}
    kept = (op for op in region.ops if op not in dead)
    return Region(region.params, tuple(map_regions(op, lambda r: without(r, taken)) for op in kept), region.yields)


class _Joiner:
    def __init__(self, trace: Trace, apart: set[Value]) -> None:
        self.apart = apart
        self.makers = {r: op for op in all_ops(trace.body.ops) for r in op.results}
        self.at: dict[Value, Place] = {}  # items that are known to be at a place of a list
        self.taken: set[Value] = set()  # items that are taken out of a list, and may be read by nothing any more

    def region(self, region: Region) -> Region:
        out: list[Op] = []
        here = set(region.ops)
        for op in region.ops:
            match op:
                case Call() if op.prim is structure.list_get and isinstance(op.args[0], Value):
                    self.at[op.result] = (op.args[0], index_items(op.args[1]))
                    out.append(op)
                case Call() if op.prim is structure.list_set and isinstance(item := op.args[2], Value):
                    if not self.joined(op, item, here, out):
                        out.append(op)
                    self.at[item] = (op.result, index_items(op.args[1]))
                case _:
                    out.append(map_regions(op, self.region))
        return Region(region.params, tuple(out), region.yields)

    def joined(self, op: Call, item: Value, here: set[Op], out: list[Op]) -> bool:
        """Write as one, if it can be, ``op``, which puts a new version of an item where the old was, and its maker."""
        change = self.makers.get(item)
        if op.result in self.apart or not isinstance(change, Call) or change not in here or change not in out:
            return False
        prim = WITHIN.get(change.prim.name)
        old, index = change.args[0] if change.args else None, op.args[1]
        if prim is None or not isinstance(old, Value) or isinstance(index, Pack) and index.kind == "slice":
            return False
        container, steps = self.at.get(old, (None, ()))
        if container is not op.args[0] or not same(steps, index_items(index)):
            return False
        if change.prim.name in ("store", "accumulate") and not is_basic(change.args[1]):
            return False
        path = Pack("tuple", steps)
        results = tuple(op.result if r is item else r for r in change.results)
        call = replace(change, prim=prim, args=(container, path, *change.args[1:]), results=results)
        place = out.index(change)
        following = out[place + 1 :]
        if any(not set(reads(o)).isdisjoint(change.results) for o in following):
            if any(not set(o.results).isdisjoint(values_of(*call.args)) for o in following):
                return False  # the list was made after the item had changed
            out[place : place + 1] = [call]
        else:
            out[:] = [*(o for o in out if o is not change), call]
        out.insert(out.index(call) + 1, Call(structure.list_get, (op.result, path), (item,), (), op.loc))
        self.taken |= {old, item}
        return True


def same(a: tuple[Arg, ...], b: tuple[Arg, ...]) -> bool:
    """Whether two paths are one."""
    return len(a) == len(b) and all(
        x is y or not any(isinstance(v, Value) for v in atoms_of(x)) and x == y for x, y in zip(a, b, strict=True)
    )
