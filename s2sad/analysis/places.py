"""Where each value of a trace is born, and which values surely have the same shape."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from s2sad.ir.core import Atom, Call, For, If, Op, Region, Trace, Value, While, values_of
from s2sad.ir.types import Array, List, has_length, same_axes
from s2sad.ir.types import axes as axes_of
from s2sad.prims import structure

CHAINED = {
    structure.store,
    structure.accumulate,
    structure.scatter_add,
    structure.list_set,
    structure.list_accumulate,
}
"""Primitives whose result is a new version of their first operand, of the same shape."""

COPIES = ("np.copy", "np.zeros_like", "np.ones_like", "np.empty_like", "np.full_like", "astype")
"""Names of primitives whose result has the shape of their first operand."""


@dataclass(eq=False)
class Place:
    """A region of the primal, and the operation that it belongs to (None for the body of the trace)."""

    parent: Place | None
    op: Op | None
    region: Region
    slot: str = "body"  # 'then' | 'orelse' | 'body' | 'cond'

    @property
    def is_loop(self) -> bool:
        return isinstance(self.op, For | While)

    def chain(self) -> Iterator[Place]:
        """This place and those around it, innermost first."""
        place: Place | None = self
        while place is not None:
            yield place
            place = place.parent

    @property
    def in_loop(self) -> bool:
        return any(p.is_loop for p in self.chain())

    @property
    def depth(self) -> int:
        return sum(p.is_loop for p in self.chain())


@dataclass
class Places:
    """``home[v]`` is where ``v`` is born, ``maker[v]`` the operation, ``time[v]`` its position in program order."""

    root: Place
    home: dict[Value, Place] = field(default_factory=dict)
    maker: dict[Value, Op] = field(default_factory=dict)
    time: dict[Value, int] = field(default_factory=dict)
    inside: dict[tuple[Op, str], Place] = field(default_factory=dict)
    of_op: dict[Op, Place] = field(default_factory=dict)
    order: dict[Op, int] = field(default_factory=dict)


def places(trace: Trace) -> Places:
    """The places of a trace. Linear in its size."""
    root = Place(None, None, trace.body)
    out = Places(root)
    for k, p in enumerate(trace.params):
        out.home[p.value] = root
        out.time[p.value] = k - len(trace.params)
    clock = 0
    stack: list[tuple[Place, Iterator[Op]]] = [(root, iter(trace.body.ops))]
    while stack:
        place, ops = stack[-1]
        op = next(ops, None)
        if op is None:
            stack.pop()
            continue
        out.of_op[op] = place
        out.order[op] = clock
        for v in op.results:
            out.home[v], out.maker[v], out.time[v] = place, op, clock
        clock += 1
        for slot, region in reversed(list(slots(op))):
            inner = Place(place, op, region, slot)
            out.inside[op, slot] = inner
            for v in region.params:
                out.home[v], out.time[v] = inner, clock
            stack.append((inner, iter(region.ops)))
    return out


def slots(op: Op) -> Iterable[tuple[str, Region]]:
    match op:
        case If(then=then, orelse=orelse):
            return (("then", then), ("orelse", orelse))
        case For(body=body):
            return (("body", body),)
        case While(cond=cond, body=body):
            return (("cond", cond), ("body", body))
        case _:
            return ()


def shape_classes(trace: Trace) -> dict[Value, Value]:
    """For each array or list, a value of certainly the same shape: the first one of its class.

    ``store`` keeps the shape of its array; an elementwise result has that of an operand that is not stretched; what a
    loop carries has one shape throughout when its body gives back the shape that it got.
    """
    roots: dict[Value, Value] = {}

    def root(a: Atom) -> Value | None:
        return roots.get(a, a) if isinstance(a, Value) else None

    def visit(ops: Iterable[Op]) -> None:
        for op in ops:
            match op:
                case Call(prim=prim, args=args):
                    resized = prim is structure.list_set and has_length(args[2].type)
                    if prim in CHAINED and not resized or prim is structure.zero_of or prim.name in COPIES:
                        same = list(values_of(args[0]))
                        roots[op.results[0]] = roots.get(same[0], same[0]) if same else op.results[0]
                    elif prim.elementwise and len(op.results) == 1 and isinstance(op.results[0].type, Array):
                        for v in values_of(*args):
                            if isinstance(v.type, Array) and same_axes(axes_of(v.type), axes_of(op.results[0].type)):
                                roots[op.results[0]] = roots.get(v, v)
                                break
                case If(then=then, orelse=orelse):
                    visit(then.ops)
                    visit(orelse.ops)
                    for r, a, b in zip(op.results, then.yields, orelse.yields, strict=True):
                        one, other = root(a), root(b)
                        if one is not None and one is other:
                            roots[r] = one
                case For() | While():
                    loop(op)
                case _:
                    pass

    def loop(op: For | While) -> None:
        first = 1 if isinstance(op, For) else 0
        params = op.body.params[first:]
        kept = [
            k for k, p in enumerate(params) if isinstance(p.type, Array | List) and root(op.inits[k]) is not None
        ]
        while True:
            for k, p in enumerate(params):
                init = root(op.inits[k])
                if k in kept and init is not None:
                    roots[p] = init
                else:
                    roots.pop(p, None)
            visit(op.body.ops)
            still = [k for k in kept if root(op.body.yields[k]) is root(op.inits[k])]
            if still == kept:
                break
            kept = still
        for k in kept:
            init = root(op.inits[k])
            assert init is not None
            roots[op.results[k]] = init
            if isinstance(op, While):
                roots[op.cond.params[k]] = init

    visit(trace.body.ops)
    return roots
