"""How a call on a batch is made of the call on one row: the book that ``transforms.batch`` reads.

A *row* is what the function sees; a value that *varies* is another one in every row, and stands for all of them in one
array with the batch axis in front. What does not vary is left as it is: no copies of it are made.

A rule is a function ``rule(b, call, moved)`` of the ``Batch``, the call as it is on one row, and the names of the
parameters that vary. It appends operations and gives the result for all rows, batch axis in front (a tuple where the
call has several results). A rule that knows no way for this call raises ``RowByRow``: then, and without a rule, the
rows are taken one by one. Elementwise primitives need no rule: their operands broadcast.

    @batches(np.cross)
    def cross(b, call, moved): ...
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from typing import Literal as Choice

from s2sad.front import inline
from s2sad.ir.build import Builder, index_value
from s2sad.ir.core import Arg, Atom, Call, Literal, Pack, Ref, Value, atoms_of
from s2sad.ir.primitive import Primitive
from s2sad.ir.types import BOTTOM, Array, Axis, List, Scalar, Struct, Type, np_dtype, rank
from s2sad.ir.walk import map_arg
from s2sad.prims import structure
from s2sad.prims.primitive import constant_of, is_constant
from s2sad.rules.book import BOOK, Ruled

COLON = Pack("slice", (Literal(None), Literal(None), Literal(None)))
Way = Choice["elementwise", "leading axes", "axis moves", "rewritten", "same", "loop"]
"""How a call for all rows is made of the call on one: by broadcasting alone; with the batch in front of the axes of
every operand (and of a shape); with options that name axes moved by one, too; of other operations; its result is the
same in every row; the rows one by one."""


class RowByRow(Exception):
    """Raised by a rule that knows no way for a call: its rows are taken one by one."""


Result = Arg | tuple[Arg, ...]
BatchRule = Callable[["Batch", Call, set[str]], Result]
R = TypeVar("R", bound=BatchRule)
RULES: dict[Primitive, BatchRule] = {}
WAYS: dict[Primitive, Way] = {}


def batches(*targets: Any, way: Way = "rewritten") -> Callable[[R], R]:
    """Declare how calls of these primitives (or names of them, or functions that mean them) batch."""

    def enter(rule: R) -> R:
        for target in targets:
            prim = BOOK.resolve(target)
            RULES[prim], WAYS[prim] = rule, way
        return rule

    return enter


def way_of(prim: Primitive) -> Way:
    """How a primitive batches, where there is a way for all rows.

    >>> way_of(BOOK.resolve("np.sin")), way_of(BOOK.resolve("np.roots"))
    ('elementwise', 'loop')
    """
    if prim in WAYS:
        return WAYS[prim]
    own = isinstance(prim, Ruled)  # its rules were traced for one row
    return "elementwise" if prim.elementwise and not own and not of_numbers(prim) else "loop"


def of_numbers(prim: Primitive) -> bool:
    """Whether a primitive takes numbers only, and no arrays of them."""
    return prim.spelling.text.startswith(("math.", "cmath."))


def batched_type(t: Type, axis: Axis) -> Type:
    """The type of all rows of a value that varies."""
    match t:
        case Scalar(dtype=dtype):
            return Array(dtype, (axis,))
        case Array(dtype=dtype, axes=shape):
            return Array(dtype, None if shape is None else (axis, *shape))
        case Struct(kind, keys, items, cls):
            return Struct(kind, keys, tuple(batched_type(i, axis) for i in items), cls)
        case List(item=item):
            return List(batched_type(item, axis))
        case _:
            return t


@dataclass
class Batch:
    """Where rules write to. ``size`` is the number of rows; ``rows`` has, for a value that varies, all its rows,
    ``same`` what stands for one that does not, where it is computed in another way (the size of what varies)."""

    builder: Builder
    size: Atom
    axis: Axis
    rows: dict[Value, Atom] = field(default_factory=dict)
    same: dict[Value, Arg] = field(default_factory=dict)
    made: dict[Value, Call] = field(default_factory=dict)  # calls that gave what does not vary
    lined: set[Value] = field(default_factory=set)  # what masks pick of all rows, in one line (``analysis.masked``)
    needs_rows: bool = False  # whether what was written fails where there is no row at all

    # -- asking -----------------------------------------------------------------------------------------------------

    def varies(self, arg: Arg) -> bool:
        """Whether something in an argument of a row's call is another one in every row."""
        return any(isinstance(a, Value) and a in self.rows for a in atoms_of(arg))

    def of(self, arg: Arg) -> Arg:
        """An argument with all rows in place of one: what does not vary stays."""
        return map_arg(arg, lambda a: self.rows.get(a) or self.same.get(a, a) if isinstance(a, Value) else a)

    def atom(self, arg: Arg) -> Atom:
        """``of`` for what is no structure."""
        out = self.of(arg)
        assert not isinstance(out, Pack)
        return out

    def ndim(self, arg: Arg) -> int:
        """The number of axes that a row has."""
        found = rank(arg.type)
        if found is None or isinstance(arg, Pack):
            raise RowByRow
        return found

    def bound(self, call: Call) -> dict[str, Arg]:
        """The arguments of a row's call by parameter, defaults among them."""
        return call.prim.bind(call.args, call.kwargs)

    def option(self, call: Call, name: str) -> Any:
        """A known option, such as ``axis``, of a row's call."""
        arg = self.bound(call).get(name, Literal(None))
        if not is_constant(arg):
            raise RowByRow
        return constant_of(arg)

    # -- writing ----------------------------------------------------------------------------------------------------

    def call(self, target: Any, *args: Any, **kwargs: Any) -> Value:
        """A call of a primitive with one result (itself, its name, or a function that means it), on values for all
        rows (``of``)."""
        (value,) = self.calls(target, *args, **kwargs)
        return value

    def calls(self, target: Any, *args: Any, **kwargs: Any) -> tuple[Value, ...]:
        """``call`` for any number of results."""
        return self.builder.apply(BOOK.resolve(target), args, kwargs)

    def inline(self, function: Callable[..., Any], **arguments: Arg) -> Arg:
        """The body of a plain function over values for all rows, as rules of derivatives are written."""
        return inline(self.builder, function, arguments)

    def again(self, call: Call, replaced: Mapping[str, Any] | None = None) -> tuple[Value, ...]:
        """The same call on all rows; parameters in ``replaced`` are given, the others are taken ``of`` the row's.

        A parameter that is given as what it is by default is left out.
        """
        prim = call.prim
        out = {name: self.of(arg) for name, arg in self.bound(call).items()} | dict(replaced or {})
        args: list[Any] = []
        kwargs: dict[str, Any] = {}
        for name, default in prim.defaults:
            if name not in out:
                continue
            if default is None:
                args.append(out[name])
            elif out[name] != default and not (isinstance(default, Literal) and out[name] is default.value):
                kwargs[name] = out[name]
        if prim.variadic is not None:
            many = out[prim.variadic[0]]
            args[prim.variadic[1] : prim.variadic[1]] = many.items if isinstance(many, Pack) else many
        return self.builder.apply(prim, args, kwargs, tuple(r.name for r in call.results))

    def front(self, arg: Arg) -> Atom:
        """All rows of a value, also of one that does not vary: then it is repeated."""
        if isinstance(arg, Pack):
            raise RowByRow
        if isinstance(arg, Value) and arg in self.rows:
            return self.rows[arg]
        return self.repeated(self.atom(arg))

    def repeated(self, atom: Atom) -> Atom:
        """A value that is the same in every row, for all rows."""
        t = atom.type
        made = self.made.get(atom) if isinstance(atom, Value) else None
        if made is not None and made.prim is structure.zero_of and isinstance(t, Array) and t.axes is not None:
            sizes = tuple(self.builder.call(structure.dim, atom, k) for k in range(len(t.axes)))
            options = {} if t.dtype == "f64" else {"dtype": dtype_ref(t.dtype)}
            return self.call("np.zeros", (self.size, *sizes), **options)
        if made is not None and made.prim.name in ("np.zeros", "np.ones", "np.empty", "np.full"):
            given = made.args[0]
            extents = given.items if isinstance(given, Pack) else (given,)
            if all(isinstance(s.type, Scalar) for s in extents):
                return self.calls(made.prim, (self.size, *extents), *made.args[1:], **dict(made.kwargs))[0]
        match t:
            case Scalar(dtype=dtype):
                return self.filled(atom, dtype)
            case Array(axes=None):
                raise RowByRow
            case Struct():
                parts = tuple(
                    self.repeated(self.builder.call(structure.item, atom, key)) if isinstance(i, Scalar | Array | List)
                    else self.builder.call(structure.item, atom, key)
                    for key, i in zip(t.keys, t.items, strict=True)
                )  # fmt: skip
                kind = "record" if t.kind in ("namedtuple", "dataclass") else t.kind
                keys = t.keys if kind in ("dict", "record") else ()
                return self.builder.call(structure.build, Pack(kind, parts, keys, t.cls))
            case List():
                return self.repeated_list(atom, made)
            case Array(axes=known) if known is not None:
                sizes = tuple(self.builder.call(structure.dim, atom, k) for k in range(len(known)))
                return self.call("np.broadcast_to", atom, Pack("tuple", (self.size, *sizes)))
            case _:
                raise RowByRow

    def repeated_arg(self, arg: Arg) -> Arg:
        return map_arg(arg, lambda a: self.repeated(a) if isinstance(a.type, Scalar | Array | List | Struct) else a)

    def repeated_list(self, atom: Atom, made: Call | None) -> Value:
        """A list that is the same in every row: a list of its items for all rows."""
        if made is not None and made.prim is structure.list_new:
            return self.builder.call(structure.list_new, *map(self.repeated_arg, made.args))
        if made is not None and made.prim is structure.list_repeat:
            return self.builder.call(structure.list_repeat, self.repeated_arg(made.args[0]), made.args[1])
        assert isinstance(atom.type, List)
        if atom.type.item == BOTTOM:  # nothing was put in yet
            return self.builder.call(structure.list_new)
        item = batched_type(atom.type.item, self.axis)
        outer, k = self.builder, index_value("k")
        carried = Value(List(item))
        self.builder = outer.nested()
        grown = self.builder.call(
            structure.list_append, carried, self.repeated(self.builder.call(structure.list_get, atom, k))
        )
        body = self.builder.region((k, carried), (grown,))
        self.builder = outer
        empty = Value(List(item))
        outer.emit(Call(structure.list_new, (), (empty,), (), outer.loc))
        length = outer.call(structure.list_len, atom)
        (out,) = outer.for_(Literal(0), length, Literal(1), (empty,), body)
        return out

    def filled(self, number: Atom, dtype: str) -> Atom:
        """A number for every row."""
        named = dtype_ref(dtype)
        zero = isinstance(number, Literal) and number.value == 0 and str(number.value)[0] != "-"
        one = isinstance(number, Literal) and number.value == 1
        if zero or one:
            options = {} if dtype == "f64" else {"dtype": named}
            return self.call("np.zeros" if zero else "np.ones", self.size, **options)
        return self.call("np.full", self.size, number, **({} if isinstance(number.type, Scalar) and
                         not number.type.weak or dtype in ("f64", "i64", "c128", "bool") else {"dtype": named}))

    def aligned(self, arg: Arg, axes_of_row: int) -> Atom:
        """All rows of a value, with so many axes behind that of the batch: further ones of length one come first."""
        atom = self.atom(arg)
        if not self.varies(arg):
            return atom
        missing = axes_of_row - self.ndim(arg)
        if missing <= 0:
            return atom
        return self.call("getitem", atom, Pack("tuple", (COLON, *(Literal(None),) * missing)))

    def where_rows(self, arg: Arg) -> Value:
        """0, 1 … up to the number of rows, as long as there are rows."""
        return self.call("np.arange", self.size)

    def to_front(self, atom: Atom, axis: int) -> Atom:
        """An array with one of its axes moved to the front."""
        if axis == 0:
            return atom
        if rank(atom.type) == 2:
            return self.call("ndarray.T", atom)
        return self.call("np.moveaxis", atom, axis, 0)

    def to_place(self, atom: Atom, axis: int) -> Atom:
        """An array with its first axis moved to another place."""
        if axis == 0:
            return atom
        if rank(atom.type) == 2:
            return self.call("ndarray.T", atom)
        return self.call("np.moveaxis", atom, 0, axis)


def dtype_ref(dtype: str) -> Ref:
    """A dtype as generated code writes it."""
    if dtype in ("bool", "i64"):
        return Ref(bool, "bool") if dtype == "bool" else Ref(int, "int")
    cls = np_dtype(dtype).type
    return Ref(cls, f"np.{cls.__name__}")


# -- without a rule --------------------------------------------------------------------------------------------------


def usual(b: Batch, call: Call, moved: set[str]) -> Result:
    """The way of a primitive without a rule of its own."""
    if way_of(call.prim) == "loop":
        raise RowByRow
    return elementwise(b, call, moved)


def elementwise(b: Batch, call: Call, moved: set[str]) -> Result:
    """By broadcasting: operands of rows with fewer axes than others get axes of length one behind the batch axis."""
    if call.results[0] in b.lined:
        return b.again(call)
    bound = b.bound(call)
    numbers = [a for arg in bound.values() for a in atoms_of(arg) if isinstance(a.type, Scalar | Array)]
    most = max(b.ndim(a) for a in numbers)
    operands = {n: b.aligned(a, most) if not isinstance(a, Pack) and a.type in [x.type for x in numbers] else b.of(a)
                for n, a in bound.items()}  # fmt: skip
    operands = {n: strengthened(b, a, bound[n], call) for n, a in operands.items()}
    return b.again(call, operands)


ARITHMETIC = frozenset({"add", "sub", "mul", "floordiv", "mod", "pow", "neg", "pos", "invert", "lshift", "rshift"})
"""Operators for which Python's truth values are the numbers 0 and 1, and NumPy's are not."""


def is_truth(arg: Arg) -> bool:
    return isinstance(arg.type, Scalar) and arg.type.dtype == "bool"


def strengthened(b: Batch, rows: Arg, row: Arg, call: Call) -> Arg:
    """Python numbers of all rows in the dtype of arithmetic on one row: ``float(x) * y`` of float32 is float32, and
    ``(a > 0) + (b > 0)`` of Python's numbers is an integer."""
    t, out = row.type, call.results[0].type
    if call.prim.name in ARITHMETIC and is_truth(row) and isinstance(out, Scalar) and out.weak and out.dtype == "i64":
        given = (*call.args, *(a for _, a in call.kwargs))
        return b.call("astype", rows, dtype_ref("i64")) if b.varies(row) and all(map(is_truth, given)) else rows
    if not b.varies(row) or not isinstance(t, Scalar) or not t.weak or isinstance(rows, Pack):
        return rows
    if not isinstance(out, Scalar | Array) or isinstance(out, Scalar) and out.weak or out.dtype == "bool":
        return rows
    if out.dtype == t.dtype or np_dtype(out.dtype).itemsize >= np_dtype(t.dtype).itemsize:
        return rows
    return b.call("astype", rows, dtype_ref(out.dtype))


def literal(value: Any) -> Arg:
    """A known option."""
    return Pack("tuple", tuple(map(Literal, value))) if isinstance(value, tuple) else Literal(value)
