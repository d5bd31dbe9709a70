"""How long each axis of each array is, as an affine expression over sizes and integers of the trace.

Types only say whether an axis is one, not one, or unknown. That ``u[2:]`` and ``u[:-2]`` are equally long, or that
``A[i, k + 1:]`` is as long as ``A[k, k + 1:]``, is known here. Two arrays with equal sizes do not broadcast against
each other, so that a cotangent needs no ``unbroadcast``; and either can serve where only the shape of the other is
asked for.

A size is an ``Affine`` over symbols: ``("axis", v, k)`` is the length of axis ``k`` of ``v``, an integer ``Value``
stands for itself, ``("clamped", e)`` is ``max(e, 0)`` and ``("slice", n, start, stop, step)`` what no simpler form is
known for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from s2sad.analysis.affine import Affine, Symbol
from s2sad.analysis.extents import EXTENTS, clamped, hashable, quotient
from s2sad.analysis.places import CHAINED, COPIES
from s2sad.ir.core import UNDEFINED, Apply, Arg, Atom, Call, For, If, Literal, Op, Pack, Param, Value, While
from s2sad.ir.types import Array, Scalar
from s2sad.ir.verify import ends_in_raise
from s2sad.ir.walk import all_ops
from s2sad.prims import structure
from s2sad.rules.book import Ruled

Size = Affine
Shape = tuple[Size, ...]
DEEPEST = 40  # sums of sums are followed this far

SAME_AS_FIRST = (
    *COPIES, "zero_of", "ndarray.copy", "of_shape",
    "np.cumsum", "np.cumprod", "np.sort", "np.argsort", "np.argpartition",
)  # fmt: skip
CREATION = ("np.zeros", "np.empty", "np.ones", "np.full")
TO_SHAPE = ("expand_reduced", "np.broadcast_to", "unbroadcast")


@dataclass
class Sizes:
    """Sizes found so far. ``note`` takes operations in program order; ``shape`` and ``integer`` answer."""

    shapes: dict[Value, Shape] = field(default_factory=dict)
    makers: dict[Value, Call] = field(default_factory=dict)
    integers: dict[Value, Affine] = field(default_factory=dict)
    following: int = 0

    # -- questions --------------------------------------------------------------------------------------------------

    def shape(self, a: Atom) -> Shape | None:
        """The sizes of an array's axes; None where its rank is not known."""
        if not isinstance(a.type, Array):
            return () if isinstance(a.type, Scalar) else None
        if not isinstance(a, Value) or a.type.axes is None:
            return None
        if a not in self.shapes:
            self.shapes[a] = self.fresh(a, a.type)
        return self.shapes[a]

    def same(self, a: Atom, b: Atom) -> bool:
        """Whether two arrays certainly have the same shape."""
        one, other = self.shape(a), self.shape(b)
        return one is not None and one == other

    def integer(self, a: Arg) -> Affine | None:
        """An integer atom as an affine expression; a value that is not a sum of others is a symbol itself."""
        if isinstance(a, Literal):
            return Affine(int(a.value)) if isinstance(a.value, int) else None
        if not isinstance(a, Value) or not isinstance(a.type, Scalar) or a.type.dtype[0] not in "iu":
            return None
        if a not in self.integers:
            self.integers[a] = Affine.of(a)
            if self.following < DEEPEST:
                self.following += 1
                self.integers[a] = self.expanded(a) or Affine.of(a)
                self.following -= 1
        return self.integers[a]

    def expanded(self, a: Value) -> Affine | None:
        op = self.makers.get(a)
        if op is None:
            return None
        match op.prim.name, op.args:
            case "add", (x, y):
                return combined(self.integer(x), self.integer(y), 1)
            case "sub", (x, y):
                return combined(self.integer(x), self.integer(y), -1)
            case "neg", (x,):
                inner = self.integer(x)
                return None if inner is None else -inner
            case ("mul", (Literal(value=int() as c), x)) | ("mul", (x, Literal(value=int() as c))):
                inner = self.integer(x)
                return None if inner is None else inner * c
            case "floordiv", (x, Literal(value=int() as c)) if c > 0:
                inner = self.integer(x)
                return None if inner is None else quotient(inner, c)
            case ("dim", (Value() as array, Literal(value=int() as axis))):
                shape = self.shape(array)
                return None if shape is None or axis >= len(shape) else shape[axis]
            case ("len", (Value() as array,)):
                shape = self.shape(array)
                return shape[0] if shape else None
        return None

    # -- notes ------------------------------------------------------------------------------------------------------

    def note(self, ops: Iterable[Op], whole: bool = False) -> None:
        """Take note of these operations and of all that is nested in them.

        Of a whole program, what it raises for tells too: behind that, it is not so. (In a branch or loop it may be.)
        """
        here: set[Value] = set()  # made in this very region: where it runs to its end, all of it runs
        for op in ops:
            match op:
                case Call():
                    self.note_call(op)
                    if op.prim in (structure.store, structure.accumulate) and op.args[2] in here:
                        self.note_stored(op)
                    here.update(op.results)
                case If(then=then, orelse=orelse):
                    self.note(then.ops)
                    self.note(orelse.ops)
                    for r, a, b in zip(op.results, then.yields, orelse.yields, strict=True):
                        shape = self.shape(a) if isinstance(r.type, Array) else None
                        if shape is not None and shape == self.shape(b):
                            self.shapes[r] = shape
                    if whole and ends_in_raise(then):
                        self.note_equal(op.pred)
                case For() | While():
                    self.note_loop(op)
                case Apply():
                    pass

    def note_equal(self, unlike: Atom) -> None:
        """Behind a test that two lengths are not unlike, they are one."""
        test = self.makers.get(unlike) if isinstance(unlike, Value) else None
        if test is None or test.prim.name != "ne":
            return
        one, other = (self.makers.get(a) if isinstance(a, Value) else None for a in test.args)
        for length, known in ((one, test.args[1]), (other, test.args[0])):
            if length is None or length.prim.name not in ("dim", "len") or not isinstance(length.args[0], Value):
                continue
            array, axis = length.args[0], length.args[1] if len(length.args) > 1 else Literal(0)
            size, shape = self.integer(known), self.shape(array)
            if size is None or shape is None or not isinstance(axis, Literal) or not isinstance(axis.value, int):
                continue
            k = axis.value
            if shape[k] == Affine.of(("axis", array, k)):  # of which nothing else is known
                self.shapes[array] = (*shape[:k], size, *shape[k + 1 :])
                self.integers[length.result] = size
                return

    def note_loop(self, op: For | While) -> None:
        """What a loop carries has one shape throughout when its body gives back the shape that it got."""
        params = op.body.params[1:] if isinstance(op, For) else op.body.params
        kept = [k for k, p in enumerate(params) if isinstance(p.type, Array) and self.shape(op.inits[k]) is not None]
        while True:
            for k, p in enumerate(params):
                self.shapes.pop(p, None)
                init = self.shape(op.inits[k]) if k in kept else None
                if init is not None:
                    self.shapes[p] = init
            self.forget(op.body.ops)
            self.note(op.body.ops)
            still = [k for k in kept if self.shape(op.body.yields[k]) == self.shape(op.inits[k])]
            if still == kept:
                break
            kept = still
        unknown = [k for k, a in enumerate(op.inits) if a == Literal(UNDEFINED) and isinstance(params[k].type, Array)]
        inside = {v for o in all_ops(op.body.ops) for v in o.results} | set(op.body.params) if unknown else set()
        for k in unknown:  # undefined before the first iteration: always as the body gives it
            made = self.shape(op.body.yields[k])
            if made is not None and not any(v in inside for size in made for s in size.terms for v in values_in(s)):
                self.shapes[params[k]] = self.shapes[op.results[k]] = made
        for k in kept:
            shape = self.shape(op.inits[k])
            assert shape is not None
            self.shapes[op.results[k]] = shape
            if isinstance(op, While):
                self.shapes[op.cond.params[k]] = shape

    def forget(self, ops: Iterable[Op]) -> None:
        for op in ops:
            for r in op.results:
                self.shapes.pop(r, None)
                self.integers.pop(r, None)

    def given(self, params: Iterable[Param]) -> None:
        """Take note of parameters that have the shape of others: a tangent that of its primal."""
        for p in params:
            if p.like is not None:
                self.alike(p.value, p.like)

    def alike(self, value: Value, other: Value) -> None:
        """Say that a value has the shape of another (a cotangent that of its primal), behind axes of its own."""
        shape, own = self.shape(other), value.type
        if isinstance(own, Array) and shape is not None:
            more = max(len(own.axes or ()) - len(shape), 0)
            self.shapes[value] = (*self.fresh(value, own)[:more], *shape)

    def renamed(self, old: Value, new: Value) -> None:
        """What is known of ``old`` holds of ``new``, which takes its place."""
        if old in self.shapes:
            self.shapes[new] = self.shapes[old]
        if old in self.makers:
            self.makers[new] = self.makers[old]

    def note_call(self, op: Call) -> None:
        for r in op.results:
            self.makers[r] = op
        if len(op.results) != 1:
            return
        (result,) = op.results
        if not isinstance(result.type, Array) or result.type.axes is None:
            return
        found = self.result_shape(op, result)
        if found is not None and len(found) == len(result.type.axes):
            fresh = self.fresh(result, result.type) if any(s is None for s in found) else ()
            self.shapes[result] = tuple(fresh[k] if s is None else s for k, s in enumerate(found))

    def note_stored(self, op: Call) -> None:
        """What is stored is not larger than its place: with an operand of that very size, it is as large.

        That holds only where the store runs whenever the value is made; a value of another region may not be stored.
        """
        a, index, value = op.args
        maker = self.makers.get(value) if isinstance(value, Value) else None
        if not isinstance(a, Value) or not isinstance(value, Value) or maker is None or not maker.prim.elementwise:
            return
        place, mine = self.indexed(a, index), self.shape(value)
        if place is None or mine is None or len(place) != len(mine):
            return
        operands = [s for x in maker.args if isinstance(x, Value) and (s := self.shape(x)) is not None]
        self.shapes[value] = tuple(
            p if p is not None and any(len(s) > k and s[-1 - k] == p for s in operands) else m
            for k, (p, m) in ((len(mine) - 1 - k, pair) for k, pair in enumerate(zip(place, mine, strict=True)))
        )

    def fresh(self, v: Value, t: Array) -> Shape:
        return tuple(
            Affine(1) if axis == "1" else Affine.of(("axis", v, k)) for k, axis in enumerate(t.axes or ())
        )

    def result_shape(self, op: Call, result: Value) -> Sequence[Size | None] | None:
        """Sizes of a result; None for an axis, or for all, where nothing is known."""
        prim, args = op.prim, op.args
        if prim in CHAINED or prim.name in SAME_AS_FIRST:
            other = isinstance(args[0], Pack) or any(k == "shape" for k, _ in op.kwargs)
            return None if other else self.shape(args[0])  # type: ignore[arg-type]
        if prim in (structure.getitem, structure.gather) and isinstance(args[0], Value):
            if isinstance(args[1], Value) and isinstance(args[1].type, Array):
                return self.picked(args[0], args[1])
            return self.indexed(args[0], args[1])
        if prim.name in CREATION:
            return self.sizes_of(args[0])
        if prim.name in TO_SHAPE:
            return self.sizes_of(args[1])
        if prim.elementwise:
            return self.broadcast([a for a in args if not isinstance(a, Pack)])
        rule = prim.extent if isinstance(prim, Ruled) else EXTENTS.get(prim.name)
        return None if rule is None else rule(self, op)

    def is_measured(self, v: Value) -> bool:
        """Whether an integer was asked of an array, as the length of one of its axes."""
        op = self.makers.get(v)
        return op is not None and op.prim.name in ("dim", "len")

    def sizes_of(self, shape: Arg) -> Sequence[Size | None]:
        items = shape.items if isinstance(shape, Pack) else (shape,)
        return [self.integer(i) for i in items]

    def broadcast(self, operands: Iterable[Atom]) -> Sequence[Size | None] | None:
        shapes: list[tuple[Shape, tuple[str, ...]]] = []
        for a in operands:
            shape = self.shape(a)
            if shape is None:
                return None
            shapes.append((shape, (a.type.axes or ()) if isinstance(a.type, Array) else ()))
        out: list[Size | None] = []
        for k in range(max((len(s) for s, _ in shapes), default=0)):
            column = [(s[-1 - k], t[-1 - k]) for s, t in shapes if k < len(s)]
            long = [(s, t) for s, t in column if s != Affine(1)]
            sure = [s for s, t in long if t == "n"]
            if not long:
                out.append(Affine(1))
            elif sure:
                out.append(sure[0])
            else:
                first = long[0][0]
                out.append(first if all(s == first for s, _ in long) else None)
        return out[::-1]

    # -- indexing ---------------------------------------------------------------------------------------------------

    def indexed(self, a: Value, index: Arg) -> Sequence[Size | None] | None:
        """Sizes of ``a[index]`` for a basic index; None for an axis that an array indexes."""
        shape = self.shape(a)
        if shape is None or not structure.is_basic(index):
            return None
        items = structure.index_items(index)
        consumed = sum(not (isinstance(i, Literal) and (i.value is None or i.value is Ellipsis)) for i in items)
        if not any(isinstance(i, Literal) and i.value is Ellipsis for i in items):
            items = (*items, Literal(Ellipsis))
        out: list[Size | None] = []
        place = 0
        for item in items:
            if isinstance(item, Literal) and item.value is Ellipsis:
                rest = len(shape) - consumed
                out.extend(shape[place : place + rest])
                place += rest
            elif isinstance(item, Literal) and item.value is None:
                out.append(Affine(1))
            elif isinstance(item, Pack):
                out.append(self.sliced(shape[place], *item.items))
                place += 1
            else:
                place += 1
        return out

    def picked(self, a: Value, index: Value) -> Sequence[Size | None] | None:
        """Sizes of ``a[index]`` for one array as the index: by one mask as many items are picked of every array."""
        shape, where = self.shape(a), self.shape(index)
        if shape is None or where is None or len(where) > len(shape):
            return None
        assert isinstance(index.type, Array)
        if index.type.dtype == "bool":
            return (Affine.of(("picked", index)), *shape[len(where) :])
        return (*where, *shape[1:])

    def sliced(self, n: Size, start: Arg, stop: Arg, step: Arg) -> Size | None:
        """Length of ``x[start:stop:step]`` for an ``x`` of length ``n``."""
        stride = step.value if isinstance(step, Literal) else 0
        if stride not in (None, 1, -1):
            return self.opaque(n, start, stop, step)
        none = [isinstance(b, Literal) and b.value is None for b in (start, stop)]
        if all(none):
            return n
        if stride == -1:
            return self.opaque(n, start, stop, step)
        low = Affine(0) if none[0] else self.integer(start)
        if low is not None and not low.terms and low.constant >= 0:
            high = self.integer(stop) if not none[1] else Affine(0)
            if high is not None and not high.terms and (none[1] or high.constant < 0):
                return clamped(n - low + high)
        return self.opaque(n, start, stop, step)

    def opaque(self, n: Size, *bounds: Arg) -> Size | None:
        """A size that equals itself only: same length, same bounds."""
        known: list[Symbol] = []
        for b in bounds:
            if isinstance(b, Literal) and b.value is None:
                known.append(None)
            elif (value := self.integer(b)) is not None:
                known.append(hashable(value))
            else:
                return None
        return Affine.of(("slice", hashable(n), *known))


def values_in(symbol: Symbol) -> Iterator[Value]:
    """The values that a symbol is made of."""
    if isinstance(symbol, Value):
        yield symbol
    elif isinstance(symbol, tuple | frozenset):
        for part in symbol:
            yield from values_in(part)


def shape_key(shape: Shape) -> tuple[Symbol, ...]:
    return tuple(map(hashable, shape))


def combined(a: Affine | None, b: Affine | None, sign: int) -> Affine | None:
    return None if a is None or b is None else a + b * sign

