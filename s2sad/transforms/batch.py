"""A trace for many rows at once: ``vmap`` as a transform.

Every operation is followed for all rows: what varies gets one more axis, in front; what does not is left alone, once.
How a call batches is in the book (``rules.batching``). Control flow that is the same in every row stays what it is;
where the way hangs on what varies, and where a call knows no way for all rows, the rows are taken one by one in a loop.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal as Choice
from typing import assert_never, overload

from s2sad.analysis.masked import in_one_line
from s2sad.analysis.sizes import Sizes
from s2sad.analysis.variation import SAME, stand_ins, unsure, varying
from s2sad.errors import Error, InputError, RuleError, UnsupportedError
from s2sad.ir.build import Builder, index_value
from s2sad.ir.core import (
    UNDEFINED,
    Apply,
    Arg,
    Atom,
    Call,
    For,
    Function,
    If,
    Literal,
    Op,
    Pack,
    Param,
    Region,
    Trace,
    Value,
    While,
    atoms_of,
    values_of,
)
from s2sad.ir.types import Array, Axis, List, Object, Scalar, Struct, Type, rank
from s2sad.ir.walk import all_ops, all_reads, copy_ops, is_recursive, map_arg, reads, substitute
from s2sad.passes.dce import has_effect
from s2sad.prims import structure
from s2sad.rules.batching import RULES, Batch, RowByRow, batched_type, dtype_ref, usual
from s2sad.rules.book import Ruled
from s2sad.transforms import masks
from s2sad.transforms.callees import leaves_of

MARKS = (structure.section, structure.undo)
PYTHON = {"f64": "float", "i64": "int", "bool": "bool", "c128": "complex"}
"""What makes a number of Python's own of one of NumPy's."""


class OutOfLine(Exception):
    """Raised where items that masks pick stand in one line of all rows, and one row of them is asked for."""


@overload
def batch(
    trace: Trace, axes: Mapping[Value, int], *, out: Sequence[int | None] | None = ..., extent: Axis = ...,
    size: int | None = ...,
) -> Trace: ...
@overload
def batch(
    trace: Trace, axes: Mapping[Value, int], *, extent: Axis = ..., size: int | None = ..., vary_only: Choice[True],
    once: bool = ...,
) -> tuple[Trace, tuple[bool, ...]]: ...
def batch(
    trace: Trace, axes: Mapping[Value, int], *, out: Sequence[int | None] | None = None, extent: Axis = "?",
    size: int | None = None, vary_only: bool = False, lined: bool = True,
    once: bool = False,
) -> Trace | tuple[Trace, tuple[bool, ...]]:
    """The trace for a batch of rows.

    Parameters
    ----------
    trace : Trace
        Of one row.
    axes : mapping from parameter to int
        Which parameters get one more axis, and where. All of these axes have one length.
    out : sequence of int or None
        For each leaf of the result where its batch axis goes; None for a leaf that has none, since it is the same in
        every row. Left out: in front of every leaf; what is the same in every row is repeated.
    extent : '1', 'n' or '?'
        What is known of that length.
    size : int
        The number of rows, where it is known. Else it is read from the first parameter that varies, when it runs.
    vary_only : bool
        Whether leaves of the result that are the same in every row are left as they are. Then the second result says
        of each leaf whether it varies.
    once : bool
        Whether the rows are directions at one point: the effects of the program (it prints, it stores outside) happen
        once, and not once for every row.

    Raises
    ------
    UnsupportedError
        What a row gives cannot be put together with that of others (a list of another length in every row).
    InputError
        A leaf of the result that should be the same in every row is not.
    lined : bool
        Whether items that a mask picks may stand in one line of all rows (``analysis.masked``).
    """
    params = []
    builder = Builder()
    new: dict[Value, Value] = {}
    for param in trace.params:
        value = param.value
        if value in axes:
            new[value] = value = Value(inserted(value.type, axes[value], extent), value.name)
        params.append(param if value is param.value else replace(param, value=value))
    first = next((v for v in new), None)
    rows: Atom = Literal(size)
    if size is None:
        assert first is not None, "a batch needs a parameter that varies"
        rows = builder.call(structure.dim, new[first], axes[first])
    b = Batch(builder, rows, extent)
    for old, value in new.items():
        b.rows[old] = b.to_front(value, axes[old])
    ops = trace.body.ops
    sizes = Sizes()
    sizes.given(trace.params)
    sizes.note(ops)
    batcher = Batcher(
        b, varying(ops, new), unsure(ops), all_reads(trace), only_checks(ops), tries(ops), stand_ins(ops), sizes, once
    )
    if lined:
        b.lined = in_one_line(ops, batcher.varies, tuple(values_of(trace.result)))
    params = [
        replace(p, like=batched_like(old, axes, batcher.varies, new))
        for old, p in zip(trace.params, params, strict=True)
    ]
    flags = tuple(isinstance(v, Value) and v in batcher.varies for v in atoms_of(trace.result))
    try:
        batcher.run(trace.body.ops, frozenset(values_of(trace.result)))
        if vary_only:
            result = b.of(trace.result)
        else:
            places = iter([0] * len(flags) if out is None else out)
            result = map_arg(trace.result, lambda a: batcher.given(a, next(places)))
    except OutOfLine:
        return batch(trace, axes, extent=extent, vary_only=vary_only, out=out, size=size, lined=False, once=once)  # type: ignore[call-overload, no-any-return]
    except RowByRow:
        raise UnsupportedError(
            f"{trace.name} gives, for every row, something of which the others may give more, or of another kind",
            why="the results of all rows are put into one array each, and have to be of one kind and shape",
            instead="return numbers or arrays, or containers of them whose length does not hang on the row",
            location=trace.loc,
        ) from None
    made = replace(
        trace, name=f"{trace.name}_vmap", params=tuple(params), body=Region((), tuple(builder.ops), ()), result=result,
        arguments=tuple((n, map_arg(a, lambda v: new.get(v, v) if isinstance(v, Value) else v))
                        for n, a in trace.arguments),
        origin=f"{trace.name} for all rows.",
    )  # fmt: skip
    return (made, flags) if vary_only else made


def batched_like(
    param: Param, axes: Mapping[Value, int], varies: Collection[Value], new: Mapping[Value, Value]
) -> Value | None:
    """What a parameter has the shape of, behind the axis of the rows if that has none."""
    like = param.like
    if like is None:
        return None
    if param.value not in axes:  # one that does not vary has no axis for the rows of what does
        return None if like in axes or like in varies else like
    if like in axes:  # axes of its own stand between that of the rows and those that it shares
        own = rank(param.value.type) != rank(like.type)
        return new[like] if axes[like] == axes[param.value] and not own else None
    return None if like in varies or axes[param.value] != 0 else like


def inserted(t: Type, axis: int, extent: Axis) -> Type:
    """The type of a parameter with one more axis."""
    match t:
        case Scalar(dtype=dtype):
            return Array(dtype, (extent,))
        case Array(dtype=dtype, axes=shape) if shape is not None:
            return Array(dtype, (*shape[:axis], extent, *shape[axis:]))
        case _:
            return batched_type(t, extent)


@dataclass
class Batcher:
    """The walk. ``varies`` are the values that are another one in every row; ``unsure`` those that may have none,
    ``read`` those that something reads.
    """

    b: Batch
    varies: set[Value]
    unsure: set[Value]
    read: set[Value]
    checks: bool  # whether raising is all that the program does to the world
    tries: bool  # whether it asks what raises
    stand_ins: set[Value]  # what stands where a path has no value
    sizes: Sizes  # of the arrays of one row
    once: bool = False
    filled: set[Value] = field(default_factory=set)  # arrays that may have no value, and are nan then
    effectful: dict[Op, bool] = field(default_factory=dict)
    callees: dict[tuple[Function, tuple[int, ...]], tuple[Function, tuple[bool, ...]]] = field(default_factory=dict)
    depth: int = 0

    def front(self, atom: Atom) -> Atom:
        """All rows of what holds numbers; anything else as it is."""
        if isinstance(atom, Literal) and atom.value is UNDEFINED or isinstance(atom.type, Object):
            return atom
        return self.b.front(atom)

    def front_as(self, atom: Atom, t: Type) -> Atom:
        """``front``, where control flow meets in a value of type ``t``."""
        if isinstance(atom, Literal) and isinstance(t, Scalar):
            if atom.value is UNDEFINED and t.dtype[0] in "fc":
                return self.b.filled(Literal(float("nan")), t.dtype)  # rows that have no value do not read it
            if isinstance(atom.type, Scalar):
                return self.b.filled(atom, t.dtype)
        return self.front(atom)

    def given(self, atom: Atom, axis: int | None) -> Atom:
        """A leaf of the result, with the batch axis where it is asked for."""
        t = atom.type
        if isinstance(t, Object) or isinstance(atom, Literal) and not isinstance(t, Scalar):
            return atom
        if axis is None:
            if self.is_varying(atom):
                raise InputError(
                    "out_axes is None for a result that is another one in every row",
                    instead="give it an axis, or return something that does not depend on what is mapped",
                )
            return self.b.atom(atom)
        if isinstance(t, Array) and t.axes is not None and not self.is_varying(atom):
            one = self.b.call("getitem", self.b.atom(atom), Pack("tuple", (Literal(None),)))
            rows: Atom = self.b.call("np.repeat", one, self.b.size, axis=Literal(0))
        else:
            rows = self.front(atom)
        if axis == 0:
            return rows
        if not isinstance(t, Array | Scalar) or isinstance(t, Array) and t.axes is None:
            raise InputError(
                f"out_axes names axis {axis} of a result whose axes are not known", instead="use out_axes=0 for it"
            )
        count = len(t.axes or ()) if isinstance(t, Array) else 0
        if not -count - 1 <= axis <= count:
            raise InputError(
                f"out_axes names axis {axis} of a result that has {count + 1} with that of the batch",
                instead="name an axis that it has",
            )
        return self.b.to_place(rows, axis % (count + 1))

    # -- which operations go together ------------------------------------------------------------------------

    def run(self, ops: Sequence[Op], after: frozenset[Value]) -> None:
        """Follow operations; ``after`` are the values that are read behind them."""
        ops = tuple(ops)
        effects = [k for k, op in enumerate(ops) if self.in_turn(op)]
        k = 0
        while k < len(ops):
            end = effects[-1] if effects and k == effects[0] else k
            if end == k and not self.in_turn(ops[k]):
                builder, mark = self.b.builder, len(self.b.builder.ops)
                rows, same, made = dict(self.b.rows), dict(self.b.same), dict(self.b.made)
                try:
                    self.op(ops[k])
                    k += 1
                    continue
                except RowByRow:
                    self.b.builder = builder
                    del builder.ops[mark:]
                    self.b.rows, self.b.same, self.b.made = rows, same, made
            end = self.extended(ops, k, end)
            self.row_by_row(ops[k : end + 1], used(ops[end + 1 :], after))
            k = end + 1

    def extended(self, ops: Sequence[Op], first: int, last: int) -> int:
        """Up to where operations have to go together, if these do.

        A container, an array that may have another shape in every row, and what has no value in some rows do not leave
        the loop over the rows that they are born in.
        """
        k = first
        readers = {k: reads(op) for k, op in enumerate(ops[first:], first)}
        while k <= last:
            kept = {r for r in ops[k].results if self.stays(r)}
            for j in range(len(ops) - 1, last, -1):
                if not kept.isdisjoint(readers[j]):
                    last = j
                    break
            k += 1
        return last

    def stays(self, value: Value) -> bool:
        """Whether a value should not leave a loop over rows."""
        t = value.type
        if value in self.unsure or not isinstance(t, Scalar | Array):
            return True
        return isinstance(t, Array) and (t.axes is None or "?" in t.axes)

    def in_turn(self, op: Op) -> bool:
        """Whether an operation has to be done for one row before anything is done for the next."""
        if self.once:
            return False
        if op not in self.effectful:
            inside = [o for o in all_ops((op,)) if isinstance(o, Call) and o.prim.effect and o.prim not in MARKS]
            only_raises = all(o.prim is structure.raise_ for o in inside if isinstance(o, Call))
            alike = only_raises and not any(v in self.varies for v in reads(op))
            self.effectful[op] = bool(inside) and not alike and not self.checks
        return self.effectful[op]

    def refuse_effects(self, ops: Sequence[Op]) -> None:
        """Refuse what would be done once for every direction."""
        for op in all_ops(ops):
            apart = (*MARKS, structure.raise_)
            name = op.callee.name if isinstance(op, Apply) and has_effect(op.callee, apart) else ""
            if isinstance(op, Call) and op.prim.effect and op.prim not in apart:
                name = op.prim.name
            if name:
                raise UnsupportedError(
                    f"{name} among operations that are followed direction by direction",
                    why="it would be done once for every direction, and the program does it once",
                    instead="take it out of the loop or branch that it stands in",
                    location=op.loc,
                )

    # -- one operation ------------------------------------------------------------------------------------------------

    def op(self, op: Op) -> None:
        self.b.builder.loc = op.loc
        if not any(v in self.b.rows for v in reads(op)):
            new = substitute(op, self.b.same)
            self.b.builder.emit(new)
            if isinstance(new, Call) and len(op.results) == 1:
                self.b.made[op.results[0]] = new
            return
        match op:
            case Call():
                self.call(op)
            case If():
                self.branch(op)
            case For():
                self.loop(op)
            case While():
                self.repeat(op)
            case Apply():
                self.apply(op)
            case _:
                assert_never(op)

    def apply(self, op: Apply) -> None:
        """A call of a function that is kept as one: of a function for all rows, if it does not call itself."""
        callee = op.callee
        if callee.trace is None or is_recursive(callee) or has_effect(callee):
            raise RowByRow
        moved = tuple(k for k, a in enumerate(leaves_of(op)) if self.b.varies(a))
        if any(not isinstance(callee.trace.params[k].value.type, Scalar | Array) for k in moved):
            raise RowByRow
        made = self.callees.get((callee, moved))
        if made is None:
            axes = {callee.trace.params[k].value: 0 for k in moved}
            try:
                trace, flags = batch(callee.trace, axes, extent=self.b.axis, vary_only=True, once=self.once)
            except Error:
                raise RowByRow from None
            made = self.callees[callee, moved] = Function(trace.name, trace), flags
        function, flags = made
        assert function.trace is not None
        if any(flag and r not in self.varies for r, flag in zip(op.results, flags, strict=True)):
            raise RowByRow
        types = [a.type for a in atoms_of(function.trace.result)]
        results = tuple(Value(t, r.name) for r, t in zip(op.results, types, strict=True))
        self.b.builder.emit(Apply(function, tuple(self.b.of(a) for a in op.args), results, op.loc))
        for result, value, flag in zip(op.results, results, flags, strict=True):
            varies = result in self.varies
            self.define(result, self.b.front(value) if varies and not flag else value, varies)

    def call(self, op: Call) -> None:
        if op.prim in MARKS:
            return
        moved = {n for n, a in self.b.bound(op).items() if self.b.varies(a)}
        mark = len(self.b.builder.ops)
        own = op.prim.rows if isinstance(op.prim, Ruled) else None
        try:
            out = (own or RULES.get(op.prim, usual))(self.b, self.known(op), moved)
        except Error as error:
            if own is not None and isinstance(error, RuleError):
                raise
            del self.b.builder.ops[mark:]
            raise RowByRow from None
        outs = out if isinstance(out, tuple) else (out,)
        for result, value in zip(op.results, outs, strict=True):
            assert not isinstance(value, Pack)
            if len(self.b.builder.ops) > mark:
                value = named(self.b.builder, value, result.name)
            self.define(result, value, result in self.varies and op.prim not in SAME)

    def known(self, op: Call) -> Call:
        """A row's call, with what is the same in every row as it is computed for all of them."""
        new = substitute(op, self.b.same)
        assert isinstance(new, Call)
        return new

    def define(self, result: Value, value: Atom, varies: bool) -> None:
        if varies:
            self.b.rows[result] = value
        else:
            self.b.same[result] = value

    # -- control flow that is the same in every row ------------------------------------------------------------

    def inside(self, region: Region, params: tuple[Value, ...], like: Sequence[Value], exits: bool = False) -> Region:
        """A region for all rows; what it yields for each of ``like`` varies as that does."""
        outer = self.b.builder
        self.b.builder = outer.nested()
        self.depth += 1
        try:
            self.run(region.ops, frozenset(values_of(*region.yields)))
            pairs = zip(region.yields, like, strict=False)
            yields = [self.front_as(y, v.type) if v in self.varies else self.b.atom(y) for y, v in pairs]
            yields += [self.b.atom(y) for y in region.yields[len(like) :]]
            return self.b.builder.region(params, tuple(yields))
        finally:
            self.b.builder = outer
            self.depth -= 1

    def born(self, values: Iterable[Value]) -> tuple[Value, ...]:
        """Parameters of a region, or results, for all rows."""
        out = []
        for v in values:
            if v in self.varies:
                if isinstance(v.type, Object):
                    raise RowByRow
                new = Value(batched_type(v.type, self.b.axis), v.name)
                self.b.rows[v] = new
                out.append(new)
            else:
                out.append(v)
        return tuple(out)

    def branch(self, op: If) -> None:
        if self.b.varies(op.pred):
            masks.branch(self, op)
            return
        then, orelse = self.inside(op.then, (), op.results), self.inside(op.orelse, (), op.results)
        pred = self.b.atom(op.pred)
        self.b.builder.emit(replace(op, pred=pred, then=then, orelse=orelse, results=self.born(op.results)))

    def loop(self, op: For) -> None:
        bounds = (op.start, op.stop, op.step)
        if any(map(self.b.varies, bounds)) or op.exits and self.is_varying(op.body.yields[-1]):
            masks.loop(self, op)
            return
        start, stop, step = map(self.b.atom, bounds)
        inits = self.inits(op.inits, op.results)
        params = (op.body.params[0], *self.born(op.body.params[1:]))
        body = self.inside(op.body, params, op.results, op.exits)
        self.b.builder.emit(
            replace(op, start=start, stop=stop, step=step, inits=inits, body=body, results=self.born(op.results))
        )

    def varies_in_rows(self, atom: Atom) -> bool:
        """Whether an atom of a row's operation stands for another value in every row."""
        return isinstance(atom, Value) and (atom in self.b.rows or atom in self.varies)

    def is_varying(self, atom: Atom) -> bool:
        return isinstance(atom, Value) and atom in self.varies

    def inits(self, inits: Sequence[Atom], like: Sequence[Value]) -> tuple[Atom, ...]:
        pairs = zip(inits, like, strict=True)
        return tuple(self.front_as(i, v.type) if v in self.varies else self.b.atom(i) for i, v in pairs)

    def repeat(self, op: While) -> None:
        if any(map(self.is_varying, (*op.cond.yields, *op.body.yields[len(op.results) :]))):
            masks.repeat(self, op)
            return
        inits = self.inits(op.inits, op.results)
        cond = self.inside(op.cond, self.born(op.cond.params), ())
        body = self.inside(op.body, self.born(op.body.params), op.results, op.exits)
        self.b.builder.emit(replace(op, inits=inits, cond=cond, body=body, results=self.born(op.results)))

    # -- row by row --------------------------------------------------------------------------------------------

    def row_by_row(self, ops: Sequence[Op], after: frozenset[Value]) -> None:
        """Operations in a loop over the rows; what is read behind them is put together of all rows."""
        b = self.b
        inner: list[Op] = []
        late: set[Value] = set()
        for op in ops:  # what is the same in every row is done once, where it is not made of what is born in the loop
            same = not self.in_turn(op) and not any(r in self.varies for r in op.results) and late.isdisjoint(reads(op))
            if same:
                self.op(op)
            else:
                inner.append(op)
                late.update(op.results)
        if self.once:
            self.refuse_effects(inner)
        out = [r for op in inner for r in op.results if r in after]
        for r in out:
            if r in self.varies and (not isinstance(r.type, Scalar | Array) or r in self.unsure and self.depth):
                raise RowByRow
        outer, k = b.builder, index_value("k")
        inits: list[Atom] = []
        for r in out:
            if r not in self.varies:
                inits.append(Literal(UNDEFINED))
            elif isinstance(r.type, Scalar):
                options = {} if r.type.dtype == "f64" else {"dtype": dtype_ref(r.type.dtype)}
                inits.append(b.call("np.empty", b.size, **options))
            else:
                empty = Value(List(r.type))
                outer.emit(Call(structure.list_new, (), (empty,), (), outer.loc))
                inits.append(empty)
        carried = [Value(i.type if r in self.varies else r.type, r.name) for i, r in zip(inits, out, strict=True)]
        b.builder = outer.nested()
        mapping: dict[Value, Arg] = dict(b.same)
        free = dict.fromkeys(v for op in inner for v in reads(op) if v in b.rows)
        if not b.lined.isdisjoint((*free, *out)):
            raise OutOfLine
        for v in free:
            mapping[v] = self.row(v, k)
        b.builder.ops.extend(copy_ops(inner, mapping))
        new: list[Atom] = []
        for r, c in zip(out, carried, strict=True):
            row = mapping[r]
            assert not isinstance(row, Pack)
            if r not in self.varies:
                new.append(row)
            elif isinstance(r.type, Scalar):
                new.append(b.builder.call(structure.store, c, k, row))
            else:
                new.append(b.builder.call(structure.list_append, c, row))
        body = b.builder.region((k, *carried), tuple(new))
        b.builder = outer
        results = outer.for_(Literal(0), b.size, Literal(1), tuple(inits), body)
        for r, value in zip(out, results, strict=True):
            if r not in self.varies:
                b.same[r] = value
            else:
                b.rows[r] = value if isinstance(r.type, Scalar) else self.stacked(value, r)

    def row(self, value: Value, k: Value) -> Atom:
        """One row of a value that varies."""
        return self.row_of(self.b.rows[value], value.type, k)

    def row_of(self, rows: Atom, t: Type, k: Value) -> Atom:
        b = self.b
        match t:
            case Scalar(dtype=dtype, weak=True) if dtype in PYTHON:
                return b.call(PYTHON[dtype], b.call("getitem", rows, k))
            case Array(axes=()):
                return b.call("np.array", b.call("getitem", rows, k))
            case Scalar() | Array():
                return b.call("getitem", rows, k)
            case Struct():
                parts = tuple(self.row_of(b.builder.call(structure.item, rows, key), i, k)
                              for key, i in zip(t.keys, t.items, strict=True))  # fmt: skip
                kind = "record" if t.kind in ("namedtuple", "dataclass") else t.kind
                keys = t.keys if kind in ("dict", "record") else ()
                return b.builder.call(structure.build, Pack(kind, parts, keys, t.cls))
            case List(item=item):
                outer, j, carried = b.builder, index_value("j"), Value(t)
                b.builder = outer.nested()
                one = self.row_of(b.builder.call(structure.list_get, rows, j), item, k)
                grown = b.builder.call(structure.list_append, carried, one)
                body = b.builder.region((j, carried), (grown,))
                b.builder = outer
                empty = Value(t)
                outer.emit(Call(structure.list_new, (), (empty,), (), outer.loc))
                length = outer.call(structure.list_len, rows)
                (out,) = outer.for_(Literal(0), length, Literal(1), (empty,), body)
                return out
            case _:
                return rows

    def stacked(self, rows: Atom, like: Value) -> Value:
        """A list of rows as one array."""
        self.b.needs_rows = True
        out = self.b.call("np.stack", rows)
        assert isinstance(like.type, Array)
        if isinstance(out.type, Array) and out.type.axes is None and like.type.axes is not None:
            made = self.b.builder.ops.pop()
            out = Value(batched_type(like.type, self.b.axis))
            self.b.builder.emit(replace(made, results=(out,)))
        return out


def only_checks(ops: Sequence[Op]) -> bool:
    """Whether nothing that operations do is seen from outside, but that they may raise."""
    effects = [op.prim for op in all_ops(ops) if isinstance(op, Call) and op.prim.effect and op.prim not in MARKS]
    return all(prim is structure.raise_ for prim in effects)


def tries(ops: Sequence[Op]) -> bool:
    """Whether operations ask what raises: an operation that cannot work may be meant then."""
    asking = (structure.raises, structure.traps, structure.trap)
    return any(isinstance(op, Call) and op.prim in asking for op in all_ops(ops))


def used(ops: Iterable[Op], after: frozenset[Value]) -> frozenset[Value]:
    """The values that operations, or what comes behind them, read."""
    return after.union(*(reads(op) for op in ops))


def named(builder: Builder, atom: Atom, name: str | None) -> Atom:
    """Give a value that was just made, and has no name yet, its name."""
    if name is None or not isinstance(atom, Value) or atom.name is not None or not builder.ops:
        return atom
    last = builder.ops[-1]
    if atom not in last.results:
        return atom
    new = Value(atom.type, name)
    builder.ops[-1] = replace(last, results=tuple(new if r is atom else r for r in last.results))
    return new
