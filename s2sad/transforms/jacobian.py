"""All derivatives at once: Jacobians in both modes, the Laplacian, the divergence and the curl, as traces.

A basis of directions is written into the trace, and the pushforward (or the pullback) is followed for all of them in
one sweep, batched: what does not hang on the direction, the primal sweep above all, is done once. The Jacobian has the
structure of the result with, in the place of each number or array of it, the structure of the arguments; each block is
of the shape ``result.shape + argument.shape``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from s2sad.errors import InputError, UnsupportedError
from s2sad.ir.build import Builder
from s2sad.ir.core import Arg, Atom, Literal, Op, Pack, Ref, Trace, Value, atoms_of, values_of
from s2sad.ir.types import Array, Scalar, Type, axes, is_complex, is_inexact, np_dtype, tangent_type
from s2sad.ir.walk import map_arg, reads, substitute
from s2sad.prims import structure
from s2sad.prims.primitive import REGISTRY
from s2sad.transforms.batch import batch
from s2sad.transforms.forward import pushforward
from s2sad.transforms.pullback import is_mark, pullback

Chosen = Sequence[Arg]
"""The arguments that are differentiated, each a structure over parameters of the trace."""


@dataclass(frozen=True, slots=True)
class Options:
    """``single``: a derivative is asked for one argument, not for a tuple of them; ``along``: what else the trace
    computes, and is to come with the result, as its third item; the rest as in ``grad``.
    """

    single: bool = True
    holomorphic: bool = False
    nan_safe: bool = True
    along: Arg | None = None


# -- Jacobians in the two modes ----------------------------------------------------------------------------------------


def jacfwd(trace: Trace, chosen: Chosen, options: Options, like: Sequence[Atom] = ()) -> Trace:
    """The trace of (result, Jacobian): a direction for each number in the arguments, in one forward sweep.

    ``like``: values that are known to have the shapes of the leaves of the result.
    """
    wrt = tuple(values_of(*chosen))
    refuse_complex(trace, wrt, "jacfwd", "arguments", "jacrev", options)
    swept = sweep(pushforward(trace, wrt, nan_safe=options.nan_safe), wrt, along=options.along)
    value, dots = swept.parts
    each = []
    results = tuple(atoms_of(value))
    shapes = like if [a.type for a in like] == [a.type for a in results] else results
    for result, dot in zip(shapes, atoms_of(dots), strict=True):
        if not isinstance(result.type, Scalar | Array):
            each.append(nothing(len(wrt)))
            continue
        each.append([swept.column(result, dot, v, segment) for v, segment in zip(wrt, swept.segments, strict=True)])
    return swept.trace(trace, "jacfwd", arranged(value, each, chosen, options))


def jacrev(trace: Trace, chosen: Chosen, options: Options) -> Trace:
    """The trace of (result, Jacobian): a cotangent for each number in the result, in one reverse sweep."""
    wrt = tuple(values_of(*chosen))
    leaves = tuple(atoms_of(trace.result))
    moving = tuple(a for a in leaves if is_inexact(a.type))
    refuse_complex(trace, moving, "jacrev", "result", "jacfwd", options)
    for like in moving:
        refuse_unshaped(trace, like)
    out = pullback(trace, wrt, value=True, seed=1.0 if is_number(moving) else None, nan_safe=options.nan_safe)
    swept = sweep(out, moving, along=options.along)
    value, bars = swept.parts
    segments = iter(swept.segments)
    each = []
    for result in atoms_of(value):
        if not isinstance(result.type, Scalar | Array):
            each.append(nothing(len(wrt)))
            continue
        segment = next(segments) if is_inexact(result.type) else None
        each.append([swept.row(result, bar, v, segment) for v, bar in zip(wrt, atoms_of(bars), strict=True)])
    return swept.trace(trace, "jacrev", arranged(value, each, chosen, options))


def nothing(count: int) -> list[Arg]:
    """What stands for the derivatives of a string, say."""
    return [Literal(None)] * count


def arranged(value: Arg, each: Sequence[Sequence[Arg]], chosen: Chosen, options: Options) -> Arg:
    """The blocks, given by leaf of the result and by leaf of the arguments, in the structure of both."""
    remaining = iter(each)

    def inside(blocks: Iterator[Arg], arg: Arg) -> Arg:
        if isinstance(arg, Pack):
            return replace(arg, items=tuple(inside(blocks, item) for item in arg.items))
        return next(blocks) if isinstance(arg, Value) else Literal(None)  # a string, say, among parameters

    def outside(_: Atom) -> Arg:
        row = next(remaining)
        if row and all(isinstance(b, Literal) and b.value is None for b in row):
            return Literal(None)
        blocks = iter(row)
        parts = tuple(inside(blocks, arg) for arg in chosen)
        return parts[0] if options.single else Pack("tuple", parts)

    return map_arg(value, outside)


# -- derivatives that are sums over a basis ----------------------------------------------------------------------------


def laplacian(trace: Trace, chosen: Chosen, options: Options) -> Trace:
    """The trace of (result, Laplacian): second derivatives along each direction, forward over forward, summed."""
    wrt = tuple(values_of(*chosen))
    refuse_complex(trace, wrt, "laplacian", "arguments", None, options)
    first = pushforward(trace, wrt, nan_safe=options.nan_safe)
    second = pushforward(first, wrt, nan_safe=options.nan_safe)
    assert isinstance(second.result, Pack)
    (value, _), (_, dots) = (p.items for p in second.result.items if isinstance(p, Pack))
    swept = sweep(replace(second, result=Pack("tuple", (value, dots))), (*wrt, *wrt), 2, options.along)
    value, dots = swept.parts
    pairs = zip(atoms_of(value), atoms_of(dots), strict=True)
    sums = iter([swept.summed(r, d) if isinstance(r.type, Scalar | Array) else Literal(None) for r, d in pairs])
    return swept.trace(trace, "laplacian", map_arg(value, lambda _: next(sums)))


def divergence(trace: Trace, chosen: Chosen, options: Options) -> Trace:
    """The trace of (result, divergence) of a field: the trace of its Jacobian, in one forward sweep."""
    wrt = tuple(values_of(*chosen))
    refuse_complex(trace, wrt, "divergence", "arguments", None, options)
    leaves = tuple(a for a in atoms_of(trace.result) if isinstance(a.type, Scalar | Array))
    refuse_unlike(trace, wrt, leaves, "divergence")
    swept = sweep(pushforward(trace, wrt, nan_safe=options.nan_safe), wrt, along=options.along)
    value, dots = swept.parts
    total: Atom | None = None
    pairs = [(r, d) for r, d in zip(atoms_of(value), atoms_of(dots), strict=True) if isinstance(r.type, Scalar | Array)]
    for (result, dot), v, segment in zip(pairs, wrt, swept.segments, strict=True):
        part = swept.diagonal(result, dot, v, segment)
        total = part if total is None else swept.builder.call(REGISTRY.by_name["add"], total, part)
    assert total is not None
    return swept.trace(trace, "divergence", total)


def curl(trace: Trace, chosen: Chosen, options: Options) -> Trace:
    """The trace of (result, curl) of a field in space: the antisymmetric part of its Jacobian."""
    wrt = tuple(values_of(*chosen))
    leaves = tuple(a for a in atoms_of(trace.result) if isinstance(a.type, Scalar | Array))
    refuse_unlike(trace, wrt, leaves, "curl")
    if len(wrt) != 1 or len(axes(wrt[0].type) or ()) != 1:
        raise InputError(
            f"curl needs a field in space; {trace.name} does not take one array of three numbers",
            instead="write the field as a function of one array of three coordinates, and return an array of three",
        ).at(trace.loc)
    inner = jacfwd(trace, chosen, options)
    assert isinstance(inner.result, Pack)
    value, matrix, *along = inner.result.items
    builder = Builder(list(inner.body.ops))
    from_matrix = [
        builder.call(REGISTRY.by_name["sub"], *(builder.call(structure.getitem, matrix, (i, j)) for i, j in pair))
        for pair in (((2, 1), (1, 2)), ((0, 2), (2, 0)), ((1, 0), (0, 1)))
    ]
    whole = builder.call(REGISTRY.by_name["np.array"], Pack("list", tuple(from_matrix)))
    out = inner.with_body(tuple(builder.ops), Pack("tuple", (value, whole, *along)))
    return replace(out, name=f"{trace.name}_curl")


# -- one sweep for all directions --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Segment:
    """Where in the basis the directions of one array (from ``start`` to ``stop``) or number (at ``start``) are."""

    start: Atom | None = None
    stop: Atom | None = None


@dataclass
class Swept:
    """A derivative for all directions: where its operations are, and its result.

    ``parts`` are the value and its derivatives, with all directions in front in the leaves that are in ``varies``;
    ``batched`` is False where there is but one direction, which has no axis. ``along`` is what comes with them.
    """

    derivative: Trace
    builder: Builder
    parts: tuple[Arg, Arg]
    varies: set[Atom]
    segments: tuple[Segment, ...]
    batched: bool
    along: Arg | None

    def trace(self, primal: Trace, name: str, result: Arg) -> Trace:
        """The trace of (value, result), and of what comes along."""
        along = () if self.along is None else (self.along,)
        return replace(
            self.derivative.with_body(tuple(self.builder.ops), Pack("tuple", (self.parts[0], result, *along))),
            name=f"{primal.name}_{name}", params=tuple(p for p in self.derivative.params if p.kind != "seed"),
        )  # fmt: skip

    # -- blocks -------------------------------------------------------------------------------------------------------

    def column(self, result: Atom, dot: Atom, v: Value, segment: Segment) -> Arg:
        """From the tangents of a result, its derivative with respect to ``v``."""
        if dot not in self.varies and self.batched or not isinstance(dot, Value) or not is_inexact(result.type):
            return self.zeros(result, v)
        if not self.batched:
            return self.reshaped(dot, result, v) if rank(v) else dot
        part = self.part(dot, segment)
        if rank(v) == 0:
            return part
        if rank(result):
            part = self.last(part)
        return part if rank(v) == 1 else self.reshaped(part, result, v)

    def row(self, result: Atom, bar: Atom, v: Value, segment: Segment | None) -> Arg:
        """From the cotangents of ``v``, the derivative of a result with respect to it."""
        if segment is None or bar not in self.varies and self.batched or not isinstance(bar, Value):
            return self.zeros(result, v)
        if not self.batched:
            return self.reshaped(bar, result, v) if rank(result) else bar
        part = self.part(bar, segment)
        return part if rank(result) <= 1 else self.reshaped(part, result, v)

    def summed(self, result: Atom, dot: Atom) -> Arg:
        """The sum over all directions."""
        if dot not in self.varies and self.batched or not isinstance(dot, Value):
            return self.zeros(result)
        return self.call("np.sum", dot, axis=0) if self.batched else dot

    def diagonal(self, result: Atom, dot: Atom, v: Value, segment: Segment) -> Atom:
        """The sum of the derivatives of each number of a result with respect to the same of ``v``."""
        if dot not in self.varies and self.batched or not isinstance(dot, Value):
            return Literal(0.0)
        if not self.batched:
            return self.call("np.sum", dot) if rank(result) else dot
        part = self.part(dot, segment)
        if rank(v) == 0:
            return part
        if rank(v) > 1:
            count = size_of(self.builder, v)
            part = self.call("np.reshape", part, Pack("tuple", (count, count)))
        return self.call("np.trace", part)

    def part(self, rows: Atom, segment: Segment) -> Atom:
        """The rows of one segment."""
        if segment.start is None:
            return rows
        if segment.stop is None:
            return self.builder.call(structure.getitem, rows, segment.start)
        return self.builder.call(structure.getitem, rows, slice(segment.start, segment.stop, None))

    def last(self, rows: Atom) -> Atom:
        """The first axis moved behind the others."""
        if rank(rows) == 2:
            return self.call("ndarray.T", rows)
        return self.call("np.moveaxis", rows, Literal(0), Literal(-1))

    def reshaped(self, block: Atom, result: Atom, v: Value) -> Atom:
        """A block in the shape of the result and, behind it, of the argument."""
        return self.call("np.reshape", block, Pack("tuple", (*dims(self.builder, result), *dims(self.builder, v))))

    def zeros(self, *atoms: Atom) -> Arg:
        """A block of zeros."""
        shape = tuple(d for a in atoms for d in dims(self.builder, a))
        dtype = tangent_type(atoms[0].type)
        assert isinstance(dtype, Scalar | Array)
        if not shape:
            return Literal(0j if dtype.dtype[0] == "c" else 0.0)
        return self.call("np.zeros", shape[0] if len(shape) == 1 else Pack("tuple", shape), **dtype_option(dtype))

    def call(self, name: str, *args: Arg, **kwargs: object) -> Value:
        return self.builder.call(REGISTRY.by_name[name], *args, **kwargs)  # type: ignore[arg-type]


def sweep(out: Trace, likes: Sequence[Atom], repeated: int = 1, along: Arg | None = None) -> Swept:
    """A derivative with its seeds bound to a basis of all directions.

    Parameters
    ----------
    out : a pushforward or pullback, whose result is (value, derivatives).
    likes : what the directions belong to: the seeds, in order, are tangents or cotangents of these.
    repeated : the seeds are so many times the same directions.
    along : what else is computed, and does not hang on a direction.
    """
    for like in likes:
        refuse_unshaped(out, like)
    seeds = [p.value for p in out.params if p.kind == "seed"]
    start = next((k for k, op in enumerate(out.body.ops) if is_mark(op, "adjoint")), 0)
    count = len(likes) // repeated
    if not seeds or is_number(likes[:count]):
        builder = Builder(list(out.body.ops[:start]))
        bound = {s: one_like(builder, like) for s, like in zip(seeds, likes, strict=bool(seeds))}
        return swept(out, out, builder, out.body.ops[start:], bound, set(), (Segment(),) * count, False, along)
    known = Pack("tuple", (out.result, Pack("tuple", tuple(likes)), Literal(None) if along is None else along))
    extent = "?" if any("?" in (axes(like.type) or ()) for like in likes) else "n"
    told = replace(out, result=known)
    batched, flags = batch(told, dict.fromkeys(seeds, 0), extent=extent, vary_only=True, once=True)
    assert isinstance(batched.result, Pack)
    result, kept, others = batched.result.items
    assert isinstance(result, Pack)
    varies = {a for a, varied in zip(atoms_of(batched.result), flags, strict=True) if varied}
    new = [p.value for p in batched.params if p.kind == "seed"]
    start = next((k for k, op in enumerate(batched.body.ops) if is_mark(op, "adjoint")), 0)
    before, after = parted(batched.body.ops[:start], new)
    builder = Builder(list(before))
    rows, segments = basis(builder, tuple(atoms_of(kept))[:count])
    named = [typed(builder, row, seed) for row, seed in zip(rows, new, strict=False)]
    bound = dict(zip(new, named * repeated, strict=True))
    rest = (*after, *batched.body.ops[start:])
    along = None if along is None else others
    return swept(batched, replace(batched, result=result), builder, rest, bound, varies, segments, True, along)


def swept(
    derivative: Trace, out: Trace, builder: Builder, rest: Sequence[Op], bound: Mapping[Value, Arg], varies: set[Atom],
    segments: tuple[Segment, ...], batched: bool, along: Arg | None,
) -> Swept:  # fmt: skip
    """The derivative with its seeds replaced."""
    builder.ops.extend(substitute(op, bound) for op in rest)
    assert isinstance(out.result, Pack)
    value, parts = (map_arg(i, lambda a: bound.get(a, a) if isinstance(a, Value) else a) for i in out.result.items)
    varies |= {b for a, b in bound.items() if a in varies and not isinstance(b, Pack)}
    builder.loc = None

    def once(a: Atom) -> Atom:
        """What is the same for all directions; of what was computed for each of them, the first."""
        return builder.call(structure.getitem, a, Literal(0)) if a in varies else a

    value = map_arg(value, once)
    along = None if along is None else map_arg(along, once)
    return Swept(derivative, builder, (value, parts), varies, segments, batched, along)


def parted(ops: Sequence[Op], seeds: Sequence[Value]) -> tuple[list[Op], list[Op]]:
    """Operations that do not hang on the seeds, and those that do (the number of directions is asked of one)."""
    hang = set(seeds)
    before: list[Op] = []
    after: list[Op] = []
    for op in ops:
        late = not hang.isdisjoint(reads(op))
        (after if late else before).append(op)
        if late:
            hang.update(op.results)
    return before, after


def basis(builder: Builder, likes: Sequence[Atom]) -> tuple[list[Value], tuple[Segment, ...]]:
    """All directions for each array or number: rows of one identity matrix."""
    if len(likes) == 1:
        (like,) = likes
        count = size_of(builder, like)
        return [shaped(builder, identity(builder, count, like.type), count, like)], (Segment(),)
    sizes = [Literal(1) if rank(like) == 0 else size_of(builder, like) for like in likes]
    segments: list[Segment] = []
    start: Atom = Literal(0)
    for like, count in zip(likes, sizes, strict=True):
        stop = plus(builder, start, count)
        segments.append(Segment(start, None if rank(like) == 0 else stop))
        start = stop
    total = start
    first = likes[0].type
    everything = identity(builder, total, first)
    rows: list[Value] = []
    for like, segment in zip(likes, segments, strict=True):
        index: object = segment.start if segment.stop is None else slice(segment.start, segment.stop, None)
        part = builder.call(structure.getitem, everything, (slice(None), index))
        rows.append(shaped(builder, in_dtype(builder, part, like.type), total, like))
    return rows, tuple(segments)


def identity(builder: Builder, count: Atom, t: Type) -> Value:
    """An identity matrix in the dtype of what its rows are directions of."""
    dtype = tangent_type(t)
    assert isinstance(dtype, Scalar | Array)
    (rows,) = builder.apply(REGISTRY.by_name["np.eye"], (count,), dtype_option(dtype))
    return rows


def in_dtype(builder: Builder, rows: Value, t: Type) -> Value:
    want = tangent_type(t)
    assert isinstance(want, Scalar | Array) and isinstance(rows.type, Array)
    if want.dtype == rows.type.dtype:
        return rows
    return builder.call(REGISTRY.by_name["np.astype"], rows, dtype_option(want, always=True)["dtype"])


def shaped(builder: Builder, rows: Value, count: Atom, like: Atom) -> Value:
    """Rows of the basis in the shape of what they are directions of."""
    if rank(like) <= 1:
        return rows
    return builder.call(REGISTRY.by_name["np.reshape"], rows, Pack("tuple", (count, *dims(builder, like))))


def typed(builder: Builder, row: Value, seed: Value) -> Value:
    """A value of the basis with the type and the name of the seed that it stands for."""
    new = Value(seed.type, seed.name)
    for k in range(len(builder.ops) - 1, -1, -1):
        op = builder.ops[k]
        if row in op.results:
            builder.ops[k] = replace(op, results=(new,))
            break
    return new


def one_like(builder: Builder, like: Atom) -> Arg:
    """The only direction of one number."""
    want = tangent_type(like.type)
    assert isinstance(want, Scalar | Array)
    if isinstance(want, Scalar):
        return Literal(1 + 0j if want.dtype[0] == "c" else 1.0)
    return builder.call(REGISTRY.by_name["np.ones_like"], like)


def is_number(likes: Sequence[Atom]) -> bool:
    """Whether these are one number: a scalar, or an array of one element."""
    return len(likes) == 1 and rank(likes[0]) >= 0 and all(a == "1" for a in axes(likes[0].type) or ())


def rank(a: Atom) -> int:
    """The number of axes; -1 where it is not known, and of a list."""
    known = axes(a.type) if isinstance(a.type, Scalar | Array) else None
    return -1 if known is None else len(known)


def dims(builder: Builder, a: Atom) -> tuple[Atom, ...]:
    """The lengths of the axes of an array."""
    known = axes(a.type)
    assert known is not None
    return tuple(Literal(1) if n == "1" else builder.call(structure.dim, a, Literal(k)) for k, n in enumerate(known))


def size_of(builder: Builder, a: Atom) -> Atom:
    """The number of elements of an array."""
    sizes = dims(builder, a)
    if len(sizes) == 1:
        return sizes[0]
    return builder.call(REGISTRY.by_name["np.size"], a) if sizes else Literal(1)


def plus(builder: Builder, a: Atom, b: Atom) -> Atom:
    if isinstance(a, Literal) and isinstance(b, Literal):
        return Literal(a.value + b.value)
    if a == Literal(0):
        return b
    return builder.call(REGISTRY.by_name["add"], a, b)


def dtype_option(t: Scalar | Array, always: bool = False) -> dict[str, Ref]:
    """``dtype=`` where it is not the usual one."""
    if t.dtype == "f64" and not always:
        return {}
    dtype = np_dtype(t.dtype)
    return {"dtype": Ref(dtype.type, f"np.{dtype.name}")}


# -- what is refused ---------------------------------------------------------------------------------------------------


def refuse_unshaped(trace: Trace, like: Atom) -> None:
    """A Jacobian needs to know how many axes each of its blocks has."""
    if rank(like) >= 0:
        return
    kind = "an array whose number of axes" if isinstance(like.type, Array) else "a list whose length"
    raise UnsupportedError(
        f"all derivatives of {kind} is not known when the derivative is made",
        why="each block of a Jacobian has the axes of the result and of the argument",
        instead="use an array: np.array of the list, or np.reshape(y, (n,))",
        location=trace.loc,
    )


def refuse_complex(
    trace: Trace, leaves: Sequence[Atom], mode: str, what: str, other: str | None, options: Options
) -> None:
    """Directions in the complex plane are two for each number, unless the function is analytic."""
    found = any(is_complex(a.type) for a in leaves)
    if found and not options.holomorphic:
        way = f"use {other}, or, " if other is not None else ""
        raise InputError(
            f"{mode} of {trace.name}, whose {what} {'are' if what[-1] == 's' else 'is'} complex",
            why="a complex number moves in two directions",
            instead=f"{way}if {trace.name} is analytic, give holomorphic=True",
        ).at(trace.loc)
    if options.holomorphic and leaves and not found:
        raise InputError(
            f"{mode} of {trace.name} with holomorphic=True, and its {what} {'are' if what[-1] == 's' else 'is'} real",
            instead="leave out holomorphic=True",
        ).at(trace.loc)


def refuse_unlike(trace: Trace, wrt: Sequence[Value], leaves: Sequence[Atom], mode: str) -> None:
    """A field has a component for each coordinate."""
    pairs = zip(wrt, leaves, strict=False)
    if len(wrt) != len(leaves) or any(rank(v) != rank(a) for v, a in pairs):
        shown = ", ".join(str(a.type) for a in leaves) or "nothing"
        given = ", ".join(str(v.type) for v in wrt)
        raise InputError(
            f"{mode} needs a field, with a component for each coordinate; {trace.name} takes {given} and gives {shown}",
            instead="return what has the shape of the argument",
        ).at(trace.loc)
