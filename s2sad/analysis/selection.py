"""Where a program selects: which cotangents may be zero because something was not chosen, which values may be infinite.

A cotangent that is zero because its value was not selected has to stay zero, also where the slope is infinite:
``y = np.sqrt(x); y[x == 0] = 0`` has derivative 0 at 0, and 0 times infinity is not 0. A value is not selected by
``where`` and the like, by an index that leaves it out, and by a store that overwrites it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from s2sad.analysis.activity import bind, dependences, differentiable, reachable
from s2sad.ir.core import Arg, Call, For, If, Op, Value, While, values_of
from s2sad.ir.types import Array
from s2sad.ir.walk import all_ops
from s2sad.prims import structure
from s2sad.rules.book import BOOK, RuleBook

ELEMENTWISE = frozenset(
    ("np.maximum", "np.minimum", "np.fmax", "np.fmin", "np.clip", "np.nan_to_num")
)
"""Functions whose slope in an operand is zero where they do not choose it."""
SELECTING = ELEMENTWISE | {"np.where", "masked_product"}
"""Where something else reads the operand too, or a loop picks from it, ``np.max``, ``np.min`` and basic indices are not
counted: all that goes into a softmax or a stencil would have its products masked."""
EXTREMES = frozenset(("np.max", "np.min"))


def masked(ops: Iterable[Op], book: RuleBook = BOOK) -> set[Value]:
    """Values whose cotangents may be zero because they were not selected, or computed from such values."""
    ops = list(ops)
    makers = {r: op for op in all_ops(ops) for r in op.results}
    looped = {id(op) for loop in all_ops(ops) if isinstance(loop, For | While) for op in all_ops(loop.body.ops)}
    calls = [op for op in all_ops(ops) if isinstance(op, Call)]
    readers = Counter(v for op in calls for v in values_of(*op.args, *dict(op.kwargs).values()))
    chosen: list[Value] = []
    for op in calls:
        if op.prim is structure.getitem or op.prim.name in EXTREMES:  # of what nothing else reads
            read = op.args[0]
            if isinstance(read, Value) and readers[read] == 1 and id(op) not in looped:
                chosen.append(read)
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
    if not chosen:
        return set()
    return reachable(chosen, dependences(ops, book).predecessors)


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
