"""What rewriting rules ask about the operands of a call: where they come from, how long their axes are.

Sizes are followed to their root (``analysis.sizes``), so that an array is not kept alive for its shape only: the length
of ``np.zeros(n)`` is ``n``, that of ``2.0 * x`` is that of ``x``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import cached_property

from s2sad.analysis.sizes import Shape, Sizes
from s2sad.ir.core import Arg, Atom, Call, For, Op, Pack, Value, operands, regions, values_of
from s2sad.ir.core import Literal as Constant
from s2sad.ir.types import Array, Object, Scalar, Type, axes
from s2sad.ir.verify import covers
from s2sad.prims import structure

SAME_SHAPE = frozenset(("zero_of", "store", "accumulate", "scatter_add", "astype", "np.copy", "ndarray.copy"))
LIKE = frozenset(("np.zeros_like", "np.ones_like", "np.empty_like", "np.full_like"))
TO_SHAPE = frozenset(("unbroadcast", "expand_reduced", "np.broadcast_to"))
STORES = (structure.store, structure.accumulate, structure.scatter_add)


def count_uses(ops: Iterable[Op], live: Iterable[Value] = ()) -> Counter[Value]:
    """How often each value is read."""
    uses: Counter[Value] = Counter(live)
    stack = [ops]
    while stack:
        for op in stack.pop():
            for value in operands(op):
                uses[value] += 1
            for region in regions(op):
                uses.update(values_of(*region.yields))
                stack.append(region.ops)
    return uses


def fits(atom: Arg, t: Type) -> bool:
    """Whether an atom may stand where a value of type ``t`` stood: the same kind, dtype and shape (or more exactly)."""
    if isinstance(atom, Pack):
        return False
    new = atom.type
    match new, t:
        case Scalar(), Scalar():
            same = (new.dtype, new.weak) == (t.dtype, t.weak)
            return same and (isinstance(atom, Constant) or t.size in ("?", new.size))
        case Array(), Array():
            return new.dtype == t.dtype and covers(t, new)
        case _:
            return new == t and not (isinstance(t, Object) and t.name == "object")


class Facts:
    """Definitions, uses and sizes of the values seen so far. Filled in as operations are emitted."""

    def __init__(self, uses: Counter[Value], ops: Iterable[Op] = ()) -> None:
        self.uses = uses
        self.ops = ops  # the program as it was
        self.definitions: dict[Value, Call] = {}
        self.sizes = Sizes()
        self.roots: dict[Value, Value] = {}  # an array with exactly the same shape, of any rank

    def define(self, op: Call) -> None:
        """Note a call that has been emitted."""
        self.sizes.note_call(op)
        for value in op.results:
            self.definitions[value] = op
            if isinstance(value.type, Array) and len(op.results) == 1:
                root = self._same_shape(op)
                if root is not None:
                    self.roots[value] = root

    def definition(self, arg: Arg, *names: str) -> Call | None:
        """The call that gives a value, where it is one of the primitives named (any, if none is)."""
        op = self.definitions.get(arg) if isinstance(arg, Value) else None
        return op if op is not None and (not names or op.prim.name in names) else None

    def single(self, arg: Arg) -> bool:
        """Whether a value is read once only, so that what gives it goes when its reader does."""
        return isinstance(arg, Value) and self.uses[arg] <= 1

    # shapes as a whole

    def root(self, value: Arg) -> Arg:
        """The earliest array that is known to have exactly this shape; the value itself where there is none."""
        return self.roots.get(value, value) if isinstance(value, Value) else value

    def shaped_like(self, shape: Arg) -> Arg | None:
        """The array whose whole shape an argument is (for arrays of unknown rank)."""
        op = self.definition(shape, "shape")
        return None if op is None else self.root(op.args[0])

    def _same_shape(self, op: Call) -> Value | None:
        name = op.prim.name
        if name in SAME_SHAPE or name in LIKE and not op.kwargs:
            found: Arg | None = self.root(op.args[0])
        elif name in TO_SHAPE:
            found = self.shaped_like(op.args[1])
        elif op.prim.elementwise:
            arrays = {self.root(a) for a in op.args if isinstance(a, Value) and isinstance(a.type, Array)}
            plain = all(isinstance(a.type, Array | Scalar) and isinstance(a, Value | Constant) for a in op.args)
            found = arrays.pop() if plain and len(arrays) == 1 else None
        else:
            found = None
        return found if isinstance(found, Value) else None

    # sizes

    @cached_property
    def all_sizes(self) -> Sizes:
        """The sizes of the whole program, loops followed: asked for where it matters only."""
        out = Sizes()
        out.note(self.ops)
        return out

    def count(self, value: Arg) -> int | None:
        """How many items a vector has, where that is a number."""
        for sizes in (self.sizes, self.all_sizes):
            shape = None if isinstance(value, Pack) else sizes.shape(value)
            if shape is not None and len(shape) == 1 and not shape[0].terms:
                return shape[0].constant
        return None

    def shape(self, value: Arg) -> Shape | None:
        """The sizes of an array's axes; () for a scalar, None where the rank is not known."""
        return None if isinstance(value, Pack) else self.sizes.shape(value)

    def sizes_of(self, shape: Arg) -> Shape | None:
        """The sizes in a shape argument: a Pack, one extent, or the shape of an array."""
        if not isinstance(shape, Pack) and not isinstance(shape.type, Scalar):
            return None
        found = self.sizes.sizes_of(shape)
        return None if any(s is None for s in found) else tuple(found)  # type: ignore[arg-type]

    def same_array(self, a: Value, b: Value) -> None:
        """Note that ``a`` has the shape of ``b``: a carried value, and what it starts as."""
        self.sizes.alike(a, b)


def origins(ops: Iterable[Op]) -> dict[Value, tuple[Op, int]]:
    """Where the values of one region are born: the operation, and the place among its results."""
    return {v: (op, k) for op in ops for k, v in enumerate(op.results)}


def keeps_shape(carried: Value, after: Atom, born: dict[Value, tuple[Op, int]]) -> bool:
    """Whether what a loop carries on is the value it got, stored into: an array of the same shape."""
    while isinstance(after, Value) and after is not carried and after in born:
        op, k = born[after]
        match op:
            case Call(prim=prim, args=args) if prim in STORES and not isinstance(args[0], Pack):
                after = args[0]
            case For(inits=inits, body=body):
                if not keeps_shape(body.params[1 + k], body.yields[k], origins(body.ops)):
                    return False
                after = inits[k]
            case _:
                return False
    return after is carried


def has_shape_of(facts: Facts, array: Arg, other: Arg) -> bool:
    """Whether broadcasting ``array`` with ``other`` gives the shape of ``array``, for certain."""
    if isinstance(array, Value) and facts.root(array) is facts.root(other):
        return True
    where = axes(other.type) if isinstance(other.type, Array | Scalar) else None
    return where is not None and dominates(facts, array, facts.shape(other) or (), where)


def dominates(facts: Facts, array: Arg, sizes: Shape, where: tuple[str, ...]) -> bool:
    """Whether broadcasting ``array`` with something of these sizes and axes gives the shape of ``array``."""
    own = axes(array.type) if isinstance(array.type, Array | Scalar) else None
    if own is None or len(own) < len(where):
        return False
    shape = facts.shape(array) or ()
    for k in range(1, len(where) + 1):
        if own[-k] == "n" or where[-k] == "1":
            continue
        if k > len(sizes) or k > len(shape) or shape[-k] != sizes[-k]:
            return False
    return True
