"""How shaping and making arrays batch: the same with the axis of the rows before all others."""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad.ir.core import Arg, Atom, Call, Literal, Pack
from s2sad.ir.types import Array, List, Scalar, axes
from s2sad.prims.primitive import constant_of, is_constant
from s2sad.rules.batching import Batch, Result, RowByRow, batches, dtype_ref, literal
from s2sad.rules.batching_reductions import alone, behind, completed, flat, in_one_line, inserted, with_rows

# -- one array, another shape -----------------------------------------------------------------------------------------


@batches("np.reshape", way="leading axes")
def reshape(b: Batch, call: Call, moved: set[str]) -> Result:
    alone(call, moved)
    bound = b.bound(call)
    shape = completed(b, b.atom(bound["a"]), with_rows(b, bound["shape"]))
    if b.option(call, "order") == "C" or b.ndim(bound["a"]) < 2 and len(shape.items) == 2:
        return b.again(call, {"shape": shape, "order": Literal("C")})
    turned = Pack("tuple", (b.size, *shape.items[:0:-1]))
    return reversed_axes(b, b.call("np.reshape", reversed_axes(b, b.atom(bound["a"])), turned))


@batches("np.ravel", "ndarray.flatten")
def ravel(b: Batch, call: Call, moved: set[str]) -> Result:
    row = b.bound(call)["a"]
    rows = b.atom(row)
    if b.option(call, "order") != "C":
        rows = reversed_axes(b, rows)
    if b.ndim(row) == 0:
        out = inserted(b, rows, 1)
    else:
        out = rows if b.ndim(row) == 1 else in_one_line(b, rows)
    if call.prim.name == "ndarray.flatten":
        return b.call("ndarray.copy", out)
    return out


def reversed_axes(b: Batch, rows: Atom) -> Atom:
    """The axes of every row in the opposite order."""
    rank = len(axes(rows.type) or ())
    if rank < 3:
        return rows
    if rank == 3:
        return b.call("np.swapaxes", rows, 1, 2)
    return b.call("np.transpose", rows, axes=literal((0, *range(rank - 1, 0, -1))))


@batches("np.transpose", way="axis moves")
def transpose(b: Batch, call: Call, moved: set[str]) -> Result:
    row = b.bound(call)["a"]
    order, rank = b.option(call, "axes"), b.ndim(row)
    if order is None:
        return reversed_axes(b, b.atom(row))
    return b.again(call, {"axes": literal((0, *(k % rank + 1 for k in order)))})


@batches("ndarray.T")
def T(b: Batch, call: Call, moved: set[str]) -> Result:
    return reversed_axes(b, b.atom(call.args[0]))


@batches("np.swapaxes", way="axis moves")
def swapaxes(b: Batch, call: Call, moved: set[str]) -> Result:
    rank = b.ndim(call.args[0])
    return b.again(call, {n: literal(behind(b.option(call, n), rank)) for n in ("axis1", "axis2")})


@batches("np.moveaxis", way="axis moves")
def moveaxis(b: Batch, call: Call, moved: set[str]) -> Result:
    rank = b.ndim(call.args[0])
    return b.again(call, {n: literal(behind(b.option(call, n), rank)) for n in ("source", "destination")})


@batches("np.expand_dims", way="axis moves")
def expand_dims(b: Batch, call: Call, moved: set[str]) -> Result:
    axis = b.option(call, "axis")
    count = len(axis) if isinstance(axis, tuple | list) else 1
    return b.again(call, {"axis": literal(behind(axis, b.ndim(call.args[0]) + count))})


@batches("np.squeeze", way="axis moves")
def squeeze(b: Batch, call: Call, moved: set[str]) -> Result:
    row = call.args[0]
    axis, known = b.option(call, "axis"), axes(row.type)
    if axis is None:
        if known is None or "?" in known:
            raise RowByRow
        axis = tuple(k for k, n in enumerate(known) if n == "1")
        if not axis:
            return b.atom(row)
        axis = axis[0] if len(axis) == 1 else axis
    return b.again(call, {"axis": literal(behind(axis, b.ndim(row)))})


@batches("np.broadcast_to", way="leading axes")
def broadcast_to(b: Batch, call: Call, moved: set[str]) -> Result:
    bound = b.bound(call)
    shape = with_rows(b, bound["shape"])
    return b.call("np.broadcast_to", b.aligned(bound["array"], len(shape.items) - 1), shape)


# -- joining ----------------------------------------------------------------------------------------------------------


def parts(b: Batch, arrays: Arg) -> tuple[Arg, ...]:
    """The arrays that are joined, where they are written out."""
    if isinstance(arrays, Pack) and arrays.kind in ("tuple", "list"):
        return arrays.items
    raise RowByRow


@batches("np.concatenate", way="axis moves")
def concatenate(b: Batch, call: Call, moved: set[str]) -> Result:
    arrays, axis = b.bound(call)["arrays"], b.option(call, "axis")
    if isinstance(arrays, Pack):
        items = parts(b, arrays)
        if axis is None:
            joined = tuple(flat(b, item) for item in items)
            return b.again(call, {"arrays": Pack(arrays.kind, joined), "axis": Literal(1)})
        rows = Pack(arrays.kind, tuple(map(b.front, items)))
        return b.again(call, {"arrays": rows, "axis": literal(behind(axis, b.ndim(items[0])))})
    if isinstance(arrays.type, List) and axis is not None:
        rank = len(axes(arrays.type.item) or ())
        if not rank:
            raise RowByRow
        return b.again(call, {"axis": literal(behind(axis, rank))})
    raise RowByRow


@batches("np.stack", way="axis moves")
def stack(b: Batch, call: Call, moved: set[str]) -> Result:
    arrays, axis = b.bound(call)["arrays"], b.option(call, "axis")
    if isinstance(arrays, Pack):
        items = parts(b, arrays)
        rows = Pack(arrays.kind, tuple(map(b.front, items)))
        return b.again(call, {"arrays": rows, "axis": literal(behind(axis, b.ndim(items[0]) + 1))})
    if isinstance(arrays.type, List):
        known = axes(arrays.type.item)
        if known is None:
            raise RowByRow
        return b.again(call, {"axis": literal(behind(axis, len(known) + 1))})
    rank = b.ndim(arrays)
    return b.call("np.moveaxis", b.atom(arrays), 1, behind(axis, rank)) if axis % rank else b.atom(arrays)


@batches("np.array")
def array(b: Batch, call: Call, moved: set[str]) -> Result:
    bound = b.bound(call)
    given, dtype = bound["object"], bound["dtype"]
    plain = isinstance(dtype, Literal) and dtype.value is None
    if isinstance(given, Pack) and given.kind in ("tuple", "list"):
        made = stacked(b, given)
        want = call.results[0].type
        if isinstance(want, Array) and isinstance(made.type, Array) and made.type.dtype != want.dtype:
            return b.call("np.array", made, dtype=dtype) if not plain else as_dtype(b, made, want.dtype)
        return made
    if isinstance(given.type, List):
        known = axes(given.type.item)
        if known is None or not plain:
            raise RowByRow
        return b.call("np.stack", b.of(given), axis=Literal(1))
    return b.again(call)


def as_dtype(b: Batch, atom: Atom, dtype: str) -> Atom:
    return b.call("astype", atom, dtype_ref(dtype))


def stacked(b: Batch, given: Arg) -> Atom:
    """``np.array`` of nested lists, for all rows."""
    if not isinstance(given, Pack):
        return b.front(given)
    if not b.varies(given):
        return b.repeated(b.call("np.array", b.of(given)))
    items = tuple(stacked(b, item) for item in given.items)
    return b.call("np.stack", Pack("list", items), axis=Literal(1))


# -- repeating, turning, rolling --------------------------------------------------------------------------------------


@batches("np.repeat", way="axis moves")
def repeat(b: Batch, call: Call, moved: set[str]) -> Result:
    alone(call, moved)
    row, axis = b.bound(call)["a"], b.option(call, "axis")
    if axis is None:
        return b.again(call, {"a": flat(b, row), "axis": Literal(1)})
    return b.again(call, {"axis": literal(behind(axis, b.ndim(row)))})


@batches("sum_repeats", way="axis moves")
def sum_repeats(b: Batch, call: Call, moved: set[str]) -> Result:
    alone(call, moved)
    axis, shape = b.option(call, "axis"), with_rows(b, b.bound(call)["shape"])
    rank = len(shape.items) - 1
    if axis is None:
        if rank != 1:
            raise RowByRow
        axis = 0
    return b.again(call, {"shape": shape, "axis": literal(behind(axis, rank))})


SEGMENTS = ("np.add.reduceat", "np.multiply.reduceat", "np.maximum.reduceat", "np.minimum.reduceat", "spread_segments",
            "others_in_segments")  # fmt: skip


@batches(*SEGMENTS, way="axis moves")
def segments(b: Batch, call: Call, moved: set[str]) -> Result:
    alone(call, moved)
    bound, axis = b.bound(call), b.option(call, "axis")
    given = next(bound[name] for name in ("array", "g", "a") if name in bound)
    shape = {"shape": with_rows(b, bound["shape"])} if "shape" in bound else {}
    return b.again(call, {**shape, "axis": literal(behind(axis, b.ndim(given)))})


def counts(reps: Arg) -> tuple[Arg, ...]:
    """How often each axis is repeated."""
    if isinstance(reps, Pack):
        return reps.items
    if is_constant(reps):
        value = constant_of(reps)
        return tuple(map(Literal, value)) if isinstance(value, tuple | list) else (Literal(value),)
    if isinstance(reps.type, Scalar):
        return (reps,)
    raise RowByRow


@batches("np.tile", way="leading axes")
def tile(b: Batch, call: Call, moved: set[str]) -> Result:
    alone(call, moved)
    bound = b.bound(call)
    times, rank = counts(b.of(bound["reps"])), b.ndim(bound["A"])
    rank = max(rank, len(times))
    ones = (Literal(1),) * (rank - len(times) + 1)
    return b.again(call, {"A": b.aligned(bound["A"], rank), "reps": Pack("tuple", (*ones, *times))})


@batches("sum_tiles", way="leading axes")
def sum_tiles(b: Batch, call: Call, moved: set[str]) -> Result:
    alone(call, moved)
    bound = b.bound(call)
    times, shape = counts(b.of(bound["reps"])), with_rows(b, bound["shape"])
    rank = len(shape.items) - 1
    if len(times) > rank:
        ones = (Literal(1),) * (len(times) - rank)
        shape = Pack("tuple", (shape.items[0], *ones, *shape.items[1:]))
    times = ((Literal(1),) * (len(shape.items) - len(times)) + times)
    (out,) = b.again(call, {"reps": Pack("tuple", times), "shape": shape})
    return out if len(shape.items) == rank + 1 else b.call("np.reshape", out, with_rows(b, bound["shape"]))


@batches("np.flip", way="axis moves")
def flip(b: Batch, call: Call, moved: set[str]) -> Result:
    row = b.bound(call)["m"]
    axis, rank = b.option(call, "axis"), b.ndim(row)
    if axis is None:
        axis = tuple(range(rank)) if rank > 1 else 0
        if not rank:
            return b.atom(row)
    return b.again(call, {"axis": literal(behind(axis, rank))})


@batches("np.roll", way="axis moves")
def roll(b: Batch, call: Call, moved: set[str]) -> Result:
    alone(call, moved)
    row = b.bound(call)["a"]
    axis, rank = b.option(call, "axis"), b.ndim(row)
    if axis is not None:
        return b.again(call, {"axis": literal(behind(axis, rank))})
    if rank == 1:
        return b.again(call, {"axis": Literal(1)})
    if rank == 0:
        return b.atom(row)
    (rolled,) = b.again(call, {"a": flat(b, row), "axis": Literal(1)})
    rows = b.atom(row)
    return b.call("np.reshape", rolled, tuple(b.call("dim", rows, k) for k in range(rank + 1)))


# -- diagonals and triangles ------------------------------------------------------------------------------------------


@batches("np.diagonal", "np.trace", way="axis moves")
def diagonal(b: Batch, call: Call, moved: set[str]) -> Result:
    rank = b.ndim(call.args[0])
    return b.again(call, {n: literal(behind(b.option(call, n), rank)) for n in ("axis1", "axis2")})


@batches("np.diag")
def diag(b: Batch, call: Call, moved: set[str]) -> Result:
    row, k = b.bound(call)["v"], b.option(call, "k")
    where = {"offset": Literal(k)} if k else {}
    where |= {"axis1": Literal(1), "axis2": Literal(2)}
    if b.ndim(row) == 2:
        return b.call("np.copy", b.call("np.diagonal", b.atom(row), **where))
    rows = b.atom(row)
    size = b.call("dim", rows, 1)
    side = b.call("add", size, abs(k)) if k else size
    return b.call("from_diagonal", rows, (b.size, side, side), **where)


@batches("from_diagonal", way="axis moves")
def from_diagonal(b: Batch, call: Call, moved: set[str]) -> Result:
    alone(call, moved)
    shape = with_rows(b, b.bound(call)["shape"])
    rank = len(shape.items) - 1
    return b.again(call, {"shape": shape} | {n: literal(behind(b.option(call, n), rank)) for n in ("axis1", "axis2")})


@batches("np.tril", "np.triu", way="leading axes")
def triangle(b: Batch, call: Call, moved: set[str]) -> Result:
    row = b.bound(call)["m"]
    if b.ndim(row) > 1:
        return b.again(call)
    rows = b.atom(row)
    size = b.call("dim", rows, 1)
    return b.again(call, {"m": b.call("np.broadcast_to", b.aligned(row, 2), (b.size, size, size))})


# -- borders and windows ----------------------------------------------------------------------------------------------


def widths_behind(pad_width: Any, rank: int) -> Arg:
    """The widths of the borders around all rows: none before and after the rows themselves."""
    widths = np.broadcast_to(np.asarray(pad_width), (rank, 2)).tolist()
    return Pack("tuple", (literal((0, 0)), *(literal(tuple(w)) for w in widths)))


@batches("np.pad", way="leading axes")
def pad(b: Batch, call: Call, moved: set[str]) -> Result:
    alone(call, moved)
    if np.ndim(b.option(call, "constant_values")):
        raise RowByRow
    return b.again(call, {"pad_width": widths_behind(b.option(call, "pad_width"), b.ndim(call.args[0]))})


@batches("sum_padding", way="leading axes")
def sum_padding(b: Batch, call: Call, moved: set[str]) -> Result:
    alone(call, moved)
    shape = with_rows(b, b.bound(call)["shape"])
    width = widths_behind(b.option(call, "pad_width"), len(shape.items) - 1)
    return b.again(call, {"pad_width": width, "shape": shape})


@batches("np.lib.stride_tricks.sliding_window_view", way="axis moves")
def windows(b: Batch, call: Call, moved: set[str]) -> Result:
    alone(call, moved)
    axis, rank = b.option(call, "axis"), b.ndim(call.args[0])
    if axis is None:
        axis = tuple(range(rank)) if isinstance(b.option(call, "window_shape"), tuple | list) else 0
    return b.again(call, {"axis": literal(behind(axis, rank))})


@batches("sum_windows", way="axis moves")
def sum_windows(b: Batch, call: Call, moved: set[str]) -> Result:
    alone(call, moved)
    axis, shape = b.option(call, "axis"), with_rows(b, b.bound(call)["shape"])
    rank = len(shape.items) - 1
    if axis is None:
        axis = tuple(range(rank)) if isinstance(b.option(call, "window_shape"), tuple | list) else 0
    return b.again(call, {"shape": shape, "axis": literal(behind(axis, rank))})


# -- making arrays ----------------------------------------------------------------------------------------------------


@batches("np.full", way="leading axes")
def full(b: Batch, call: Call, moved: set[str]) -> Result:
    bound = b.bound(call)
    shape = with_rows(b, bound["shape"])
    return b.again(call, {"shape": shape, "fill_value": b.aligned(bound["fill_value"], len(shape.items) - 1)})


@batches("np.zeros_like", "np.ones_like", "np.empty_like", "np.full_like", way="leading axes")
def like(b: Batch, call: Call, moved: set[str]) -> Result:
    bound = b.bound(call)
    shaped = not (isinstance(bound["shape"], Literal) and bound["shape"].value is None)
    row = bound["a"]
    more: dict[str, Arg] = {}
    if shaped:
        more["shape"] = with_rows(b, bound["shape"])
    rank = len(more["shape"].items) - 1 if shaped else b.ndim(row)  # type: ignore[union-attr]
    if not shaped and not b.varies(row):
        sizes = tuple(b.call("dim", b.atom(row), k) for k in range(rank))
        more["shape"] = Pack("tuple", (b.size, *sizes))
    if "fill_value" in bound:
        more["fill_value"] = b.aligned(bound["fill_value"], rank)
    return b.again(call, more)


@batches("np.linspace")
def linspace(b: Batch, call: Call, moved: set[str]) -> Result:
    bound = b.bound(call)
    if not moved <= {"start", "stop"}:
        raise RowByRow
    rank = max(b.ndim(bound[n]) for n in ("start", "stop"))
    (points,) = b.again(call, {n: b.aligned(bound[n], rank) for n in ("start", "stop")})
    return b.to_front(points, 1)


@batches("np.copy", "ndarray.copy", "np.ascontiguousarray", "np.asfortranarray", way="leading axes")
def copy(b: Batch, call: Call, moved: set[str]) -> Result:
    (result,) = call.results
    if isinstance(call.args[0].type, Scalar) and axes(result.type) == ("1",):
        return b.again(call, {"a": inserted(b, b.atom(call.args[0]), 1)})
    return b.again(call)


@batches("ndarray.item")
def item(b: Batch, call: Call, moved: set[str]) -> Result:
    rows = b.atom(call.args[0])
    return rows if b.ndim(call.args[0]) == 0 else b.call("np.reshape", rows, b.size)


@batches("np.unravel_index", way="leading axes")
def unravel_index(b: Batch, call: Call, moved: set[str]) -> Result:
    alone(call, moved)
    return b.again(call)


@batches("np.ravel_multi_index", way="leading axes")
def ravel_multi_index(b: Batch, call: Call, moved: set[str]) -> Result:
    places = b.bound(call)["multi_index"]
    if moved != {"multi_index"} or not isinstance(places, Pack) or any(isinstance(p, Pack) for p in places.items):
        raise RowByRow
    rank = max(map(b.ndim, places.items))
    rows = tuple(b.aligned(p, rank) for p in places.items)
    return b.again(call, {"multi_index": Pack(places.kind, rows)})
