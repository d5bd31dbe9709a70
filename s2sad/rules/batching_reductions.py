"""How reductions, scans, orders and transforms along axes batch: an axis of a row is the next one of the batch.

An axis that is counted from the end stays; ``axis=None``, all axes of a row, is all but the first for all rows.
"""

from __future__ import annotations

from typing import Any

from s2sad.ir.core import Arg, Atom, Call, Literal, Pack
from s2sad.ir.types import Array, Scalar, axes
from s2sad.prims.inference import normal_axes
from s2sad.rules.batching import COLON, Batch, Result, RowByRow, batches, literal

FOLDS = ("np.sum", "np.prod", "np.mean", "np.var", "np.std", "np.max", "np.min", "np.any", "np.all", "np.count_nonzero",
         "np.logaddexp.reduce", "np.logaddexp2.reduce", "greatest", "least")  # fmt: skip
"""Reductions over any number of axes."""

SCANS = ("np.cumsum", "np.cumprod", "np.argmax", "np.argmin", "np.sort", "np.argsort", "np.argpartition")
"""What goes along one axis, or over the items in one line."""

LINES = ("np.diff", "np.fft.fft", "np.fft.ifft", "np.fft.rfft", "np.fft.irfft", "fitted", "shift", "running_place")
"""What goes along one axis, and has no ``axis=None``."""


def behind(axis: Any, rank: int) -> Any:
    """Axes of a row, given as one or several, for all rows: those that are counted from the end stay.

    >>> behind(0, 2), behind(-1, 2), behind((0, -1), 3)
    (1, -1, (1, -1))
    """
    if isinstance(axis, tuple | list):
        return tuple(behind(k, rank) for k in axis)
    normal_axes(axis, rank)
    return axis if axis < 0 else axis + 1


def all_behind(rank: int) -> int | tuple[int, ...]:
    """All axes of a row, for all rows."""
    return 1 if rank == 1 else tuple(range(1, rank + 1))


def flat(b: Batch, arg: Arg) -> Atom:
    """All rows of an array, each in one line."""
    rank = b.ndim(arg)
    rows = b.front(arg)
    if rank == 1:
        return rows
    if rank == 0:
        return inserted(b, rows, 1)
    return in_one_line(b, rows)


def in_one_line(b: Batch, rows: Atom) -> Atom:
    """Every row in one line. Its length is said: of no row at all, NumPy has no answer to -1."""
    return b.call("np.reshape", rows, (b.size, cells(b, rows)))


def cells(b: Batch, rows: Atom, count: Atom | None = None) -> Atom:
    """How many cells a row has, or so many-th part of these."""
    whole: Atom = Literal(1)
    for k in range(1, len(axes(rows.type) or ())):
        length = b.call("dim", rows, k)
        whole = length if k == 1 else b.call("mul", whole, length)
    return whole if count is None else b.call("floordiv", whole, count)


def completed(b: Batch, rows: Atom, shape: Pack) -> Pack:
    """A shape of all rows, with the length that -1 stands for."""
    first, *rest = shape.items
    if Literal(-1) not in rest or axes(rows.type) is None:
        return shape
    count: Atom | None = None
    for n in rest:
        if n not in (Literal(-1), Literal(1)) and not isinstance(n, Pack):
            count = n if count is None else b.call("mul", count, n)
    return Pack("tuple", (first, *(cells(b, rows, count) if n == Literal(-1) else n for n in rest)))


def inserted(b: Batch, rows: Atom, count: int) -> Atom:
    """All rows with so many axes of length one behind that of the batch."""
    return b.call("getitem", rows, Pack("tuple", (COLON, *(Literal(None),) * count))) if count else rows


def first_of(call: Call) -> str:
    """The parameter for the array that a function goes through."""
    return next(iter(call.prim.signature.parameters))


def alone(call: Call, moved: set[str]) -> str:
    """The array that varies, where nothing else does."""
    name = first_of(call)
    if moved != {name}:
        raise RowByRow
    return name


@batches(*FOLDS, way="axis moves")
def fold(b: Batch, call: Call, moved: set[str]) -> Result:
    name = alone(call, moved)
    row = b.bound(call)[name]
    axis, rank = b.option(call, "axis"), b.ndim(row)
    if rank == 0:
        return of_numbers(b, call, name)
    if axis is None:
        return b.again(call, {"axis": literal(all_behind(rank))})
    return b.again(call, {"axis": literal(behind(axis, rank))})


def spread_over(b: Batch, call: Call, moved: set[str]) -> Result:
    """What goes over any number of axes, and keeps them."""
    if not b.ndim(b.bound(call)[first_of(call)]):
        raise RowByRow
    return fold(b, call, moved)


def of_numbers(b: Batch, call: Call, name: str) -> Result:
    """A reduction of one number in every row: mostly that number."""
    row, (result,) = b.bound(call)[name], call.results
    rows = b.atom(row)
    same = isinstance(row.type, Scalar) and isinstance(result.type, Scalar) and row.type.dtype == result.type.dtype
    if same and call.prim.name in ("np.sum", "np.prod", "np.mean", "np.max", "np.min"):
        return rows
    options = {"keepdims": Literal(False)} if "keepdims" in call.prim.signature.parameters else {}
    return b.again(call, {name: inserted(b, rows, 1), "axis": Literal(1), **options})


@batches(*SCANS, way="axis moves")
def scan(b: Batch, call: Call, moved: set[str]) -> Result:
    name = alone(call, moved)
    row = b.bound(call)[name]
    axis, rank = b.option(call, "axis"), b.ndim(row)
    if axis is None or rank == 0:
        kept = "keepdims" in b.bound(call) and b.option(call, "keepdims")
        options = {"keepdims": Literal(False)} if kept else {}
        out = b.again(call, {name: flat(b, row), "axis": Literal(1), **options})
        return inserted(b, out[0], rank) if kept else out
    return b.again(call, {"axis": literal(behind(axis, rank))})


@batches(*LINES, way="axis moves")
def line(b: Batch, call: Call, moved: set[str]) -> Result:
    name = alone(call, moved)
    rank = b.ndim(b.bound(call)[name])
    return b.again(call, {"axis": literal(behind(b.option(call, "axis"), rank))})


@batches("vector_norm", "squared_norm", way="axis moves")
def norm(b: Batch, call: Call, moved: set[str]) -> Result:
    name = alone(call, moved)
    row = b.bound(call)[name]
    axis, rank = b.option(call, "axis"), b.ndim(row)
    if rank == 0:
        return b.call("abs" if call.prim.name == "vector_norm" else "squared_modulus", b.atom(row))
    if axis is not None:
        return b.again(call, {"axis": literal(behind(axis, rank))})
    if rank <= 2:
        return b.again(call, {"axis": literal(all_behind(rank))})
    kept = b.option(call, "keepdims")
    (out,) = b.again(call, {name: flat(b, row), "axis": Literal(1), "keepdims": Literal(False)})
    return inserted(b, out, rank) if kept else out


@batches("np.fft.fftn", "np.fft.ifftn", way="axis moves")
def transform(b: Batch, call: Call, moved: set[str]) -> Result:
    name = alone(call, moved)
    bound = b.bound(call)
    axes, rank = b.option(call, "axes"), b.ndim(bound[name])
    if axes is None:
        s = bound["s"]
        given = s.items if isinstance(s, Pack) else b.option(call, "s")
        axes = tuple(range(-(rank if given is None else len(given)), 0))
    return b.again(call, {"axes": literal(behind(tuple(axes), rank))})


@batches("linear_scan", way="axis moves")
def linear_scan(b: Batch, call: Call, moved: set[str]) -> Result:
    bound = b.bound(call)
    rank = max(b.ndim(bound["a"]), b.ndim(bound["b"]))
    axis = literal(behind(b.option(call, "axis"), rank))
    return b.again(call, {"a": b.aligned(bound["a"], rank), "b": b.aligned(bound["b"], rank), "axis": axis})


@batches("scan_segments", way="axis moves")
def scan_segments(b: Batch, call: Call, moved: set[str]) -> Result:
    if moved & {"indices", "first"}:
        raise RowByRow
    return linear_scan(b, call, moved)


@batches("np.take_along_axis", way="axis moves")
def take_along_axis(b: Batch, call: Call, moved: set[str]) -> Result:
    bound = b.bound(call)
    axis, rank = b.option(call, "axis"), b.ndim(bound["arr"])
    if axis is None:
        rows = {"arr": flat(b, bound["arr"]), "indices": in_front(b, bound["indices"])}
        return b.again(call, {**rows, "axis": Literal(1)})
    where = literal(behind(axis, rank))
    return b.again(call, {n: in_front(b, bound[n]) for n in ("arr", "indices")} | {"axis": where})


def in_front(b: Batch, arg: Arg) -> Atom:
    """All rows of an array; with a batch axis of length one where it is the same in every row."""
    if isinstance(arg, Pack):
        raise RowByRow
    if b.varies(arg):
        return b.atom(arg)
    atom = b.atom(arg)
    return b.call("getitem", atom, Literal(None)) if isinstance(arg.type, Array) else atom


@batches("add_along_axis", "placed_along_axis", way="axis moves")
def add_along_axis(b: Batch, call: Call, moved: set[str]) -> Result:
    bound = b.bound(call)
    axis, shape = b.option(call, "axis"), with_rows(b, bound["shape"])
    if axis is None:
        raise RowByRow
    where = literal(behind(axis, len(shape.items) - 1))
    rows = {"g": b.front(bound["g"]), "indices": in_front(b, bound["indices"])}
    return b.again(call, {**rows, "shape": shape, "axis": where})


def with_rows(b: Batch, shape: Arg) -> Pack:
    """The shape of all rows of an array whose rows have this shape."""
    if b.varies(shape):
        raise RowByRow
    shape = b.of(shape)
    if isinstance(shape, Pack):
        return Pack("tuple", (b.size, *shape.items))
    if isinstance(shape, Literal) and isinstance(shape.value, tuple | list):
        return Pack("tuple", (b.size, *map(Literal, shape.value)))
    if isinstance(shape.type, Scalar):
        return Pack("tuple", (b.size, shape))
    raise RowByRow


@batches("np.lexsort", way="axis moves")
def lexsort(b: Batch, call: Call, moved: set[str]) -> Result:
    keys = b.bound(call)["keys"]
    if not isinstance(keys, Pack):
        raise RowByRow
    rank = b.ndim(keys.items[0])
    rows = Pack(keys.kind, tuple(map(b.front, keys.items)))
    return b.again(call, {"keys": rows, "axis": literal(behind(b.option(call, "axis"), rank))})


@batches("np.searchsorted", "np.digitize", way="leading axes")
def searchsorted(b: Batch, call: Call, moved: set[str]) -> Result:
    if moved != {"v"} and moved != {"x"}:
        raise RowByRow
    return b.again(call)


@batches("np.bincount", "weighted_counts")
def bincount(b: Batch, call: Call, moved: set[str]) -> Result:
    bound = b.bound(call)
    if b.ndim(bound["x"]) != 1 or "minlength" in moved:
        raise RowByRow
    weights = {} if is_none(bound["weights"]) else {"weights": b.front(bound["weights"])}
    return b.call("bincounts", b.front(bound["x"]), **weights, minlength=b.of(bound["minlength"]))


@batches("bincounts")
def bincounts(b: Batch, call: Call, moved: set[str]) -> Result:
    bound = b.bound(call)
    if "minlength" in moved:
        raise RowByRow
    rows = b.front(bound["x"])
    extents = [b.call("dim", rows, k) for k in range(3)]
    line = Pack("tuple", (b.call("mul", extents[0], extents[1]), extents[2]))
    given = bound["weights"]
    weights = {} if is_none(given) else {"weights": b.call("np.reshape", b.front(given), line)}
    out = b.call("bincounts", b.call("np.reshape", rows, line), **weights, minlength=b.of(bound["minlength"]))
    return b.call("np.reshape", out, Pack("tuple", (*extents[:2], Literal(-1))))


def is_none(arg: Arg) -> bool:
    return isinstance(arg, Literal) and arg.value is None


# -- what derivatives ask for -----------------------------------------------------------------------------------------


@batches("unbroadcast", way="axis moves")
def unbroadcast(b: Batch, call: Call, moved: set[str]) -> Result:
    row, shape = (b.bound(call)[n] for n in ("x", "shape"))
    wanted = with_rows(b, shape)
    extra, rows = b.ndim(row) - (len(wanted.items) - 1), b.atom(row)
    if extra > 0:
        rows = b.call("np.sum", rows, axis=literal(all_behind(extra)))
        if len(wanted.items) == 1:
            return rows
    elif extra < 0:
        rows = b.aligned(row, len(wanted.items) - 1)
        return b.call("np.broadcast_to", rows, wanted)
    return b.again(call, {"x": rows, "shape": wanted})


@batches("expand_reduced", way="axis moves")
def expand_reduced(b: Batch, call: Call, moved: set[str]) -> Result:
    bound = b.bound(call)
    row, shape, axis = bound["g"], with_rows(b, bound["shape"]), b.option(call, "axis")
    count = len(shape.items) - 1
    if axis is None or b.option(call, "keepdims"):
        return b.call("np.broadcast_to", b.aligned(row, count), shape) if count else b.atom(row)
    given = axis if isinstance(axis, tuple | list) else (axis,)
    gone = {k % count for k in given}
    if gone == set(range(len(gone))):  # those in front: broadcasting puts them back
        return b.call("np.broadcast_to", b.aligned(row, count), shape)
    where: Any = tuple(sorted(k + 1 for k in gone))
    return b.again(call, {"g": b.front(row), "shape": shape, "axis": literal(where[0] if len(where) == 1 else where)})
