"""Where a program selects: which cotangents may be zero because something was not chosen, which values may be infinite.

A cotangent that is zero because its value was not selected has to stay zero, also where the slope is infinite:
``y = np.sqrt(x); y[x == 0] = 0`` has derivative 0 at 0, and 0 times infinity is not 0. A value is not selected by
``where`` and the like, by an index that leaves it out, and by a store that overwrites it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from s2sad.analysis.activity import bind, dependences, differentiable, reachable
from s2sad.ir.core import Arg, Atom, Call, For, If, Literal, Op, Pack, Region, Value, While, regions, values_of
from s2sad.ir.types import Array, Scalar
from s2sad.ir.walk import all_ops
from s2sad.prims import structure
from s2sad.rules.book import BOOK, RuleBook

ELEMENTWISE = frozenset(
    ("np.maximum", "np.minimum", "np.fmax", "np.fmin", "np.clip", "np.nan_to_num")
)
"""Functions whose slope in an operand is zero where they do not choose it."""
SELECTING = ELEMENTWISE | {"np.where", "masked_product", "settled"}
"""``np.max``, ``np.min`` and basic indices choose too, but not where the array is made in a loop, nor where slices of
it reach both of its ends: all that goes into a softmax or a stencil would have its products masked."""
EXTREMES = frozenset(("np.max", "np.min"))


EVERYWHERE = frozenset(
    "np.sum np.mean matmul np.transpose ndarray.T np.reshape np.ravel np.squeeze np.expand_dims".split()  # noqa: SIM905
)
"""Functions, besides elementwise ones, of whose operands every item counts."""
ROUNDS = 4  # over the whole program; where that is not enough, a few products too many are masked


def masked(ops: Iterable[Op], results: Iterable[Value], book: RuleBook = BOOK) -> set[Value]:
    """Values whose cotangents may be zero because they were not selected, or computed from such values.

    What is selected from, and also used as a whole, has a cotangent that is zero nowhere for want of being selected.
    """
    ops = list(ops)
    makers = {r: op for op in all_ops(ops) for r in op.results}
    looped = {id(op) for loop in all_ops(ops) if isinstance(loop, For | While) for op in all_ops(loop.body.ops)}
    calls = [op for op in all_ops(ops) if isinstance(op, Call)]
    readers = Counter(v for op in calls for v in values_of(*op.args, *dict(op.kwargs).values()))
    starts = {carried(op, k): a for op in all_ops(ops) if isinstance(op, For | While) for k, a in enumerate(op.inits)}
    chosen: list[Value] = []
    picked: dict[Value, list[Call]] = {}  # what is also read elsewhere, or in a loop
    lost: list[Value] = []  # what a loop stores into
    for op in calls:
        if op.prim is structure.getitem or op.prim.name in EXTREMES:
            read = op.args[0]
            if isinstance(read, Value) and readers[read] == 1 and id(op) not in looped:
                chosen.append(read)
            elif isinstance(read, Value):
                picked.setdefault(read, []).append(op)
            continue
        if op.prim.name in SELECTING:
            chosen.extend(differentiable(op, book))
        elif op.prim is structure.gather:
            chosen.extend(values_of(op.args[0]))
        elif op.prim is structure.store:
            base = overwritten(op, makers)
            computed = base is not None and not is_buffer(makers.get(base))
            if base is not None and computed and (id(op) not in looped or not structure.is_basic(op.args[1])):
                chosen.append(base)
            elif id(op) in looped and (start := before_the_loop(op, makers, starts)) is not None:
                lost.append(start)
    if not chosen and not picked and not lost:
        return set()
    back = dependences(ops, book).predecessors
    out, useful = reachable(chosen, back), reachable(results, back)
    inside = made_in_loops(ops) if picked or lost else set()
    if picked:
        outer = [v for v in picked if v not in inside and not is_buffer(makers.get(v))]
        reads = {v: [op for op in picked[v] if op.results[0] in useful] for v in outer}
        out |= reachable([v for v in reads if not reach_both_ends(reads[v])], back) - inside
    return _taken_out(ops, out, useful, book) | (reachable(lost, back) - inside)


def _taken_out(ops: Iterable[Op], hidden: set[Value], useful: set[Value], book: RuleBook) -> set[Value]:
    """Without what is used as a whole wherever it exists, where the cotangent of what it is used for is not hidden.

    Of a loop it is assumed that what it carries is not hidden at the end of a round if it is not after the last one,
    and an assumption is given up where it is not so at the beginning of a round.
    """
    home: dict[Value, Region] = {}
    all_regions = [Region((), tuple(ops), ())]
    for region in all_regions:  # which grows
        home.update((v, region) for v in (*region.params, *(r for op in region.ops for r in op.results)))
        all_regions.extend(inner for op in region.ops for inner in regions(op))
    doubtful: set[Value] = set()
    for _ in range(ROUNDS):
        left = set(hidden)

        def known(*values: Value) -> bool:
            return all(v in useful and v not in left for v in values)  # noqa: B023

        def take(region: Region, atoms: Iterable[Arg]) -> None:
            left.difference_update(v for v in values_of(*atoms) if home.get(v) is region)  # noqa: B023

        for _ in range(ROUNDS):
            before = len(left)
            for region in all_regions:
                for op in reversed(region.ops):
                    if isinstance(op, Call) and uses_whole(op) and known(*op.results):
                        take(region, differentiable(op, book))
                    for k, result in enumerate(op.results):
                        if isinstance(op, If) and known(result):
                            take(op.then, op.then.yields[k : k + 1])
                            take(op.orelse, op.orelse.yields[k : k + 1])
                        elif isinstance(op, For | While) and known(result) and result not in doubtful:
                            take(op.body, op.body.yields[k : k + 1])
                            if known(carried(op, k)):
                                take(region, op.inits[k : k + 1])
            if len(left) == before:
                break
        loops = (op for region in all_regions for op in region.ops if isinstance(op, For | While))
        wrong = {r for op in loops for k, r in enumerate(op.results) if known(r) and not known(carried(op, k))}
        if wrong <= doubtful:
            return left
        doubtful |= wrong
    return hidden


def carried(op: For | While, k: int) -> Value:
    """The parameter of a loop's body that result ``k`` is of."""
    return op.body.params[k + 1] if isinstance(op, For) else op.body.params[k]


def before_the_loop(store: Call, makers: Mapping[Value, Op], starts: Mapping[Value, Atom]) -> Value | None:
    """The array that a loop stores into, as it was before all loops around; None for a buffer that is to be filled."""
    array = store.args[0]
    while isinstance(array, Value):
        before = makers.get(array)
        if array in starts:
            array = starts[array]
        elif isinstance(before, Call) and before.prim is structure.store:
            array = before.args[0]
        else:
            return array if isinstance(array.type, Array) and not is_buffer(before) else None
    return None


def made_in_loops(ops: Iterable[Op]) -> set[Value]:
    """All values that a loop makes anew in every round."""
    bodies = [region for op in all_ops(ops) if isinstance(op, For | While) for region in regions(op)]
    made = {v for body in bodies for op in all_ops(body.ops) for v in op.results}
    return made.union(*(body.params for body in bodies))


def reach_both_ends(reads: Iterable[Call]) -> bool:
    """Whether of the slices of an array one starts where each axis does, and one goes to its end, as in a stencil."""
    slices: list[tuple[Arg, ...]] = []
    for op in reads:
        items = structure.index_items(op.args[1]) if op.prim is structure.getitem else ()
        if items and all(isinstance(i, Pack) and i.kind == "slice" for i in items):
            slices.append(items)
    sides = [(axis, end) for axis in range(max(map(len, slices), default=0)) for end in (0, 1)]
    return len(slices) > 1 and all(
        any(len(items) <= axis or is_open(items[axis], end) for items in slices) for axis, end in sides
    )


def is_open(item: Arg, end: int) -> bool:
    """Whether a slice starts where the axis does (0), or goes to its end (1)."""
    return isinstance(item, Pack) and item.items[end] == Literal(None)


def uses_whole(op: Call) -> bool:
    """Whether every item of the operands counts for the result, as far as its slope says."""
    if not {name for name, _ in op.kwargs} <= {"axis", "keepdims"}:
        return False
    if op.prim.name not in EVERYWHERE and (not op.prim.elementwise or op.prim.name in SELECTING):
        return False
    return not any(isinstance(v.type, Array | Scalar) and v.type.dtype == "bool" for v in values_of(*op.args))


def overwritten(store: Call, makers: dict[Value, Op]) -> Value | None:
    """The array that a store changes, as it was before this store and others into cells that this one leaves alone."""
    index = store.args[1]
    base = store.args[0]
    while isinstance(base, Value) and isinstance(before := makers.get(base), Call) and before.prim is structure.store:
        if not complementary(before.args[1], index, makers):
            break
        base = before.args[0]
    return base if isinstance(base, Value) and isinstance(base.type, Array) else None


def complementary(one: Arg, other: Arg, makers: dict[Value, Op]) -> bool:
    """Whether an index is the mask that is true where another mask is false."""
    for a, b in ((one, other), (other, one)):
        op = makers.get(a) if isinstance(a, Value) else None
        if isinstance(op, Call) and op.prim.name in ("invert", "np.logical_not") and op.args[0] is b:
            return True
    return False


def is_buffer(op: Op | None) -> bool:
    """Whether nothing is lost by overwriting this: a new array of constants, or one filled cell by cell."""
    if op is None or isinstance(op, For | While | If):
        return True
    if not isinstance(op, Call):
        return False
    if op.prim.name == "np.array":
        return not isinstance(op.args[0], Value)
    return op.prim is structure.store and structure.is_basic(op.args[1]) or op.prim.name in (
        "np.zeros", "np.ones", "np.empty", "np.zeros_like", "np.ones_like", "np.empty_like", "np.full", "np.full_like",
        "zero_of",
    )  # fmt: skip


def unbounded(ops: Iterable[Op], book: RuleBook = BOOK) -> set[Value]:
    """Values that may be infinite, or not numbers, though all that the program starts from is finite."""
    ops = list(ops)
    sources: list[Value] = []
    for op in all_ops(ops):
        if isinstance(op, Call) and (rule := book.find(op, "reverse")) is not None and rule.singular(bind(op)):
            sources.extend(op.results)
    return reachable(sources, dependences(ops, book).successors)
