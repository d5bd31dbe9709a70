"""Which cells of an array are still what they were: index sets of reads and stores, and proofs that they are apart.

A read of ``A[i - 1]`` inside a loop can be repeated after the loop, on the array as it is then, if no store that runs
after the read can touch that cell. Subscripts are affine in induction variables and sizes; a store of the same nest
that runs later has, at some level, a later iteration: each level is a small system of inequalities (see
``analysis.affine``).
(Allen & Kennedy, "Optimizing Compilers for Modern Architectures", Morgan Kaufmann 2001, chapters 2 and 3.)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from s2sad.analysis.affine import Affine, Symbol, proves
from s2sad.analysis.places import CHAINED, Place, Places
from s2sad.analysis.sizes import Sizes, values_in
from s2sad.ir.core import Arg, Atom, Call, For, If, Literal, Op, Pack, Value, While, regions, values_of
from s2sad.ir.types import Array, List
from s2sad.prims import structure

Interval = tuple[Affine, Affine] | None  # [low, high) along one axis; None: anything
OPPOSITE = {"lt": "ge", "ge": "lt", "le": "gt", "gt": "le", "eq": "ne", "ne": "eq"}
Cells = tuple[Interval, ...]  # one interval per axis


@dataclass
class Dependence:
    """Questions about one trace."""

    places: Places
    sizes: Sizes
    chained: dict[Value, list[Op]] = field(default_factory=dict)  # value -> operations that make its next version
    chains: dict[Value, Value] = field(default_factory=dict)  # union-find over versions of one array

    def __post_init__(self) -> None:
        self.unite_versions()
        for op in self.places.of_op:
            if isinstance(op, Call) and is_store(op):
                for v in values_of(op.args[0]):
                    self.chained.setdefault(v, []).append(op)
            elif isinstance(op, For | While):
                for v in values_of(*op.inits):
                    if isinstance(v.type, Array | List):
                        self.chained.setdefault(v, []).append(op)

    def unite_versions(self) -> None:
        """Put all values that may be versions of one array into one class."""
        for op in self.places.of_op:
            match op:
                case Call() if is_store(op):
                    self.unite(op.results[0], op.args[0])
                case If(then=then, orelse=orelse):
                    for r, a, b in zip(op.results, then.yields, orelse.yields, strict=True):
                        self.unite(r, a)
                        self.unite(r, b)
                case For() | While():
                    first = 1 if isinstance(op, For) else 0
                    for k, r in enumerate(op.results):
                        self.unite(r, op.inits[k])
                        self.unite(r, op.body.params[first + k])
                        self.unite(r, op.body.yields[k])
                case _:
                    pass

    @cached_property
    def stored(self) -> set[Value]:
        """The chains that are stored into."""
        return {self.chain(op.results[0]) for op in self.places.of_op if isinstance(op, Call) and is_store(op)}

    @cached_property
    def going_on(self) -> set[Value]:
        """Versions of arrays whose memory may be stored into later on, by a store or after control flow."""
        before: dict[Value, list[Value]] = {}
        work: list[Value] = []
        for op in self.places.of_op:
            match op:
                case Call() if is_store(op):
                    work.extend(values_of(op.args[0]))
                case If(then=then, orelse=orelse):
                    for r, a, b in zip(op.results, then.yields, orelse.yields, strict=True):
                        before.setdefault(r, []).extend(values_of(a, b))
                case For() | While():
                    first = 1 if isinstance(op, For) else 0
                    for k, r in enumerate(op.results):
                        ways = list(values_of(op.inits[k], op.body.yields[k]))
                        before.setdefault(r, []).extend(ways)
                        before.setdefault(op.body.params[first + k], []).extend(ways)
                case _:
                    pass
        out: set[Value] = set()
        while work:
            v = work.pop()
            if v not in out:
                out.add(v)
                work.extend(before.get(v, ()))
        return out

    def unite(self, a: Arg, b: Arg) -> None:
        if isinstance(a, Value) and isinstance(b, Value) and isinstance(a.type, Array | List):
            self.chains[self.chain(a)] = self.chain(b)

    def chain(self, v: Value) -> Value:
        """The representative of all versions of the array that ``v`` is a version of."""
        while v in self.chains and self.chains[v] is not v:
            above = self.chains[v]
            self.chains[v] = self.chains.get(above, above)
            v = above
        return v

    # -- expressions ------------------------------------------------------------------------------------------------

    def size(self, array: Value, axis: int) -> Affine:
        shape = self.sizes.shape(array)
        return Affine.of(("axis", array, axis)) if shape is None else shape[axis]

    def facts(self, place: Place) -> Iterator[Affine]:
        """What holds of integers at a place: induction variables are inside their ranges, and tests came out so."""
        for p in place.chain():
            if isinstance(p.op, If):
                yield from self.tested(p.op.pred, p.slot == "then")
            if isinstance(p.op, For):
                step = p.op.step
                index = Affine.of(p.region.params[0])
                start, stop = self.sizes.integer(p.op.start), self.sizes.integer(p.op.stop)
                if not isinstance(step, Literal) or start is None or stop is None:
                    continue
                if step.value > 0:
                    yield index - start
                    yield stop - 1 - index
                elif step.value < 0:
                    yield start - index
                    yield index - stop - 1

    def tested(self, pred: Atom, true: bool) -> Iterator[Affine]:
        """What a comparison of integers says when it came out so."""
        op = self.places.maker.get(pred) if isinstance(pred, Value) else None
        if not isinstance(op, Call) or len(op.args) != 2 or op.prim.name not in OPPOSITE:
            return
        a, b = self.sizes.integer(op.args[0]), self.sizes.integer(op.args[1])
        if a is None or b is None:
            return
        match op.prim.name if true else OPPOSITE[op.prim.name]:
            case "lt":
                yield b - a - 1
            case "le":
                yield b - a
            case "gt":
                yield a - b - 1
            case "ge":
                yield a - b
            case "eq":
                yield a - b
                yield b - a

    # -- index sets -------------------------------------------------------------------------------------------------

    def cells(self, array: Value, index: Arg, place: Place) -> Cells:
        """Bounds of the cells that ``array[index]`` names, axis by axis, as far as they are affine and not negative."""
        rank = len(array.type.axes or ()) if isinstance(array.type, Array) else 1
        items = structure.index_items(index)
        items = tuple(i for i in items if not (isinstance(i, Literal) and i.value is None))
        dots = [k for k, i in enumerate(items) if isinstance(i, Literal) and i.value is Ellipsis]
        full: Interval = None
        facts = list(self.facts(place))
        entries = [i for k, i in enumerate(items) if k not in dots]
        if any(isinstance(i.type, Array | List) or isinstance(i, Pack) and i.kind != "slice" for i in entries):
            return (full,) * rank
        cut = dots[0] if dots else len(entries)
        spans = [None] * rank
        out: list[Interval] = list(spans)
        for k, item in enumerate(entries):
            axis = k if k < cut else rank - (len(entries) - k)
            if 0 <= axis < rank:
                out[axis] = self.interval(array, axis, item, facts)
        return tuple(out)

    def interval(self, array: Value, axis: int, item: Arg, facts: list[Affine]) -> Interval:
        sized = isinstance(array.type, Array)
        if isinstance(item, Pack):
            start, stop, step = item.items
            if not isinstance(step, Literal) or step.value is not None and step.value < 0:
                return None
            low = self.bound(array, axis, start, Affine(0), facts, sized)
            end = self.size(array, axis) if sized else None
            high = self.bound(array, axis, stop, end, facts, sized)
            return None if low is None or high is None else (low, high)
        low = self.bound(array, axis, item, None, facts, sized)
        return None if low is None else (low, low + 1)

    def bound(
        self, array: Value, axis: int, a: Arg, default: Affine | None, facts: list[Affine], sized: bool
    ) -> Affine | None:
        if isinstance(a, Literal) and a.value is None:
            return default
        if isinstance(a, Pack) or (value := self.sizes.integer(a)) is None:
            return None
        if not value.terms and value.constant < 0:
            return self.size(array, axis) + value if sized else None
        return value if proves(facts, value) else None

    # -- stores that run later --------------------------------------------------------------------------------------

    def settled(self, version: Value, index: Arg, place: Place) -> Value | None:
        """A later version of ``version``, born further out, with the same in the cells ``index`` (seen from ``place``).

        None where that cannot be shown for even the innermost loop. The version returned is the one of the outermost
        place that could be shown.
        """
        cells = self.cells(version, index, place)
        current, where = version, self.places.home[version]
        best: Value | None = None
        while True:
            step = self.next_version(current, where)
            if step is None:
                break
            if isinstance(step, Value):  # the region ends; the version goes on outside it
                op = where.op
                if isinstance(op, For | While) and not self.later_iterations_apart(op, step, cells, place):
                    break
                current, where = step, self.places.home[step]
                best = current
                continue
            if not self.apart_from(step, version, cells, place):
                break
            following = self.result_of(step, current)
            if following is None:
                break
            current = following
            if where.parent is None:
                best = current
        if best is None and self.places.home[version].parent is None:
            return version
        return best

    def next_version(self, current: Value, where: Place) -> Op | Value | None:
        """The operation here that makes the next version, else what ``current`` becomes outside, else None."""
        ops = [op for op in self.chained.get(current, ()) if op in self.places.of_op]
        here = [op for op in ops if self.places.of_op[op] is where]
        deeper = [op for op in ops if self.places.of_op[op] is not where]
        branch = {self.enclosing(op, where) for op in deeper}
        candidates = [*here, *(op for op in branch if op is not None)]
        if len(candidates) > 1:
            return None
        if candidates:
            return candidates[0]
        op = where.op
        if op is None or where.slot == "cond":
            return None
        if current not in where.region.yields:
            return None
        k = where.region.yields.index(current)
        return op.results[k] if k < len(op.results) else None

    def enclosing(self, op: Op, where: Place) -> Op | None:
        """The operation of region ``where`` in which ``op`` is nested."""
        place = self.places.of_op[op]
        while place.parent is not None and place.parent is not where:
            place = place.parent
        return place.op

    def result_of(self, op: Op, current: Value) -> Value | None:
        """The version that ``op`` makes of ``current``."""
        if isinstance(op, Call):
            return op.results[0]
        if isinstance(op, For | While):
            k = op.inits.index(current) if current in op.inits else None
            return op.results[k] if k is not None and self.carries(op, k) else None
        if isinstance(op, If):
            for k, r in enumerate(op.results):
                if type(r.type) is type(current.type) and all(
                    y is current or isinstance(y, Value) and self.descends(y, current)
                    for y in (op.then.yields[k], op.orelse.yields[k])
                ):
                    return r
        return None

    def descends(self, version: Atom, ancestor: Value) -> bool:
        """Whether ``version`` was made from ``ancestor`` by stores, on every path."""
        stack, seen = [version], set()
        while stack:
            v = stack.pop()
            if v is ancestor or v in seen:
                continue
            op = self.places.maker.get(v) if isinstance(v, Value) else None
            seen.add(v)
            match op:
                case Call() if is_store(op) and isinstance(op.args[0], Value):
                    stack.append(op.args[0])
                case For() | While() if isinstance(v, Value):
                    k = op.results.index(v)
                    if not self.carries(op, k):
                        return False
                    stack.append(op.inits[k])
                case If() if isinstance(v, Value):
                    k = op.results.index(v)
                    stack += [op.then.yields[k], op.orelse.yields[k]]
                case _:
                    return False
        return True

    def carries(self, loop: For | While, k: int) -> bool:
        """Whether an iteration gives on the very array that it got (with stores to it), not another one."""
        first = 1 if isinstance(loop, For) else 0
        return self.descends(loop.body.yields[k], loop.body.params[first + k])

    def stores_in(self, op: Op) -> Iterator[tuple[Call, Place]]:
        """Stores nested in ``op`` (or ``op`` itself)."""
        stack: list[Op] = [op]
        while stack:
            o = stack.pop()
            if isinstance(o, Call):
                if is_store(o):
                    yield o, self.places.of_op[o]
            else:
                for region in regions(o):
                    stack.extend(region.ops)

    def apart_from(self, op: Op, array: Value, cells: Cells, place: Place) -> bool:
        """Whether all stores of ``op``, in the same iteration of the loops around it, leave the cells alone.

        The read may stand inside ``op`` itself; then every iteration of ``op`` counts, also those before it.
        """
        return all(
            self.apart(cells, place, store, at, op, None)
            for store, at in self.stores_in(op)
            if self.on_chain(store, array)
        )

    def later_iterations_apart(self, loop: For | While, result: Value, cells: Cells, place: Place) -> bool:
        """Whether the loop's stores to this chain, in iterations after the one at hand, leave the cells alone."""
        if not self.carries(loop, loop.results.index(result)):
            return False
        return all(
            self.apart(cells, place, store, at, loop, loop)
            for op in loop.body.ops
            for store, at in self.stores_in(op)
            if self.on_chain(store, result)
        )

    def on_chain(self, store: Call, array: Value) -> bool:
        """Whether a store may write a version of this array."""
        first = next(iter(values_of(store.args[0])), None)
        return first is not None and self.chain(first) is self.chain(array)

    def apart(
        self, cells: Cells, place: Place, store: Call, at: Place, owner: Op, later: For | While | None
    ) -> bool:
        """Whether a read at ``place`` and a store at ``at`` name different cells.

        Loops around ``owner`` are in the same iteration for both. ``owner`` is what the stores belong to: ``later``,
        the loop of which the store runs in a later iteration, or (with ``later`` None) any operation, as a whole.
        """
        array = values_of(store.args[0])[0]
        theirs = self.cells(array, store.args[1], at)
        if len(theirs) != len(cells):
            return False
        same = set(self.places.of_op[owner].chain())
        fixed = [p for p in place.chain() if p in same]
        shared: set[Symbol] = {v for p in fixed if isinstance(p.op, For) for v in p.region.params[:1]}
        rename = self.primed(theirs, at, fixed, shared)
        facts = [*self.facts(place), *(f.renamed(rename) for f in self.facts(at))]
        if isinstance(later, For) and isinstance(later.step, Literal):
            i = later.body.params[0]
            forward = (later.step.value > 0) != later.backwards
            gap = Affine.of(rename.get(i, i)) - Affine.of(i)
            facts.append((gap if forward else -gap) - 1)
        for mine, other in zip(cells, theirs, strict=True):
            if mine is None or other is None:
                continue
            low, high = other[0].renamed(rename), other[1].renamed(rename)
            if proves(facts, low - mine[1]) or proves(facts, mine[0] - high):
                return True
        return False

    def primed(self, cells: Cells, at: Place, fixed: list[Place], shared: set[Symbol]) -> dict[Symbol, Symbol]:
        """New names for what differs between the two iterations: every symbol born inside a loop that is not shared."""
        outside = set(fixed)
        mapping: dict[Symbol, Symbol] = {}
        symbols: set[Symbol] = {s for i in cells if i is not None for e in i for s in e.terms}
        symbols |= {s for f in self.facts(at) for s in f.terms}
        for s in symbols:
            homes = [self.places.home[v] for v in values_in(s) if v in self.places.home]
            if s not in shared and any(h.parent is not None and h not in outside for h in homes):
                mapping[s] = ("later", s)
        return mapping


def is_store(op: Call) -> bool:
    return op.prim in CHAINED
