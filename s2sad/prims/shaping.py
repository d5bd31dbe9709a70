"""Primitives that move the items of arrays about: other shapes, other orders, several arrays joined into one.

What can be said by these few, in the words that a reader would use, is a definition (``prims/arrangement.py``).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad.errors import InputError, UnsupportedError
from s2sad.ir.core import Arg, Pack, Value
from s2sad.ir.core import Literal as Constant
from s2sad.ir.types import Array, Axis, List, Scalar, Type, axes, broadcast_axes, np_dtype, of
from s2sad.ir.types import dtype_name as name_of
from s2sad.prims import runtime
from s2sad.prims.creation import axes_of_shape, axis_of_size
from s2sad.prims.inference import normal_axes, number
from s2sad.prims.primitive import is_constant, option, primitive

Axes = tuple[Axis, ...]


def order_option(order: Any) -> None:
    """Refuse memory orders that depend on how the array happens to lie in memory."""
    given = option("order", order)
    if given not in ("C", "F"):
        raise UnsupportedError(f"order={given!r}", instead="order='C' or order='F'")


def is_zero(arg: Any) -> bool:
    """Whether an option is known to be 0."""
    return not isinstance(arg, Value | Pack) and bool(option("offset", arg) == 0)


def _moved(a: Arg, move: Any) -> Type:
    """Type of a view of ``a`` whose axes are ``move`` of its own."""
    t = number(a)
    known = axes(t)
    return Array(t.dtype, None if known is None else tuple(move(known)))


def product_axis(parts: Axes) -> Axis:
    """The axis that several become when they are joined into one. A product is 1 only if all factors are."""
    return "n" if "n" in parts else "?" if "?" in parts else "1"


# -- one array, another shape ---------------------------------------------------------------------------------------


def _reshape(a: Arg, shape: Arg, order: Any = "C") -> Type:
    order_option(order)
    t, where = number(a), axes_of_shape(shape)
    if where is not None:
        where = _inferred_extent(axes(t), shape, where)
    return Array(t.dtype, where)


def _inferred_extent(old: Axes | None, shape: Arg, where: Axes) -> Axes:
    """The axes of a new shape in which -1 stands for what is left over."""
    items = shape.items if isinstance(shape, Pack) else (shape,)
    extents = [option("shape", i) if is_constant(i) else None for i in items]
    if len(items) == 1 and isinstance(extents[0], tuple):
        extents = list(extents[0])
    if -1 not in extents:
        return where
    k = extents.index(-1)
    rest = where[:k] + where[k + 1 :]
    left: Axis = "?"
    if old is not None:
        total = product_axis(old)
        if total == "1":
            left = "1"
        elif total == "n" and all(r == "1" for r in rest):
            left = "n"
    return (*where[:k], left, *where[k + 1 :])


def _ravel(a: Arg, order: Any = "C") -> Type:
    order_option(order)
    t = number(a)
    known = axes(t)
    return Array(t.dtype, ("?" if known is None else product_axis(known),))


reshape = primitive("np.reshape", np.reshape, _reshape, alias="maybe", cost="free")
ravel = primitive("np.ravel", np.ravel, _ravel, alias="maybe", cost="free", method="ravel")
flatten = primitive(
    "ndarray.flatten", lambda a, order="C": a.flatten(order), _ravel,
    style="method", text="flatten", cost="cheap", calls=(), method="flatten",
)  # fmt: skip


def _transpose(a: Arg, axes: Any = None) -> Type:
    order = option("axes", axes)
    if order is None:
        return _moved(a, lambda known: known[::-1])
    return _moved(a, lambda known: (known[k] for k in _all_axes(order, len(known))))


def _all_axes(order: Any, rank: int) -> tuple[int, ...]:
    out = normal_axes(order, rank)
    if len(out) != rank:
        raise InputError(f"axes {order} do not fit an array of {rank} axes")
    return out


transpose = primitive("np.transpose", np.transpose, _transpose, alias="view", cost="free", calls=(np.transpose, np.permute_dims) if hasattr(np, "permute_dims") else None)  # noqa: E501
T = primitive(
    "ndarray.T", np.transpose, lambda a: _transpose(a), style="attribute", text="T", alias="view", cost="free",
    calls=(), attribute="T",
)  # fmt: skip


def _swapaxes(a: Arg, axis1: Arg, axis2: Arg) -> Type:
    def swap(known: Axes) -> list[Axis]:
        (i,), (j,) = normal_axes(option("axis1", axis1), len(known)), normal_axes(option("axis2", axis2), len(known))
        out = list(known)
        out[i], out[j] = out[j], out[i]
        return out

    return _moved(a, swap)


def _moveaxis(a: Arg, source: Arg, destination: Arg) -> Type:
    def move(known: Axes) -> list[Axis]:
        return [known[k] for k in _order(len(known), option("source", source), option("destination", destination))]

    return _moved(a, move)


def _order(rank: int, source: Any, destination: Any) -> list[int]:
    """Which old axis stands at each new place."""
    come, go = normal_axes(source, rank), normal_axes(destination, rank)
    order = [k for k in range(rank) if k not in come]
    for to, k in sorted(zip(go, come, strict=True)):
        order.insert(to, k)
    return order


swapaxes = primitive(
    "np.swapaxes", np.swapaxes, _swapaxes, alias="view", cost="free", method="swapaxes"
)  # fmt: skip
moveaxis = primitive("np.moveaxis", np.moveaxis, _moveaxis, alias="view", cost="free")


def _expand_dims(a: Arg, axis: Arg) -> Type:
    def expand(known: Axes) -> list[Axis]:
        given = option("axis", axis)
        places = given if isinstance(given, tuple | list) else (given,)
        rank = len(known) + len(places)
        new, rest = normal_axes(places, rank), iter(known)
        return ["1" if k in new else next(rest) for k in range(rank)]

    return _moved(a, expand)


def _squeeze(a: Arg, axis: Any = None) -> Type:
    t, which = number(a), option("axis", axis)
    known = axes(t)
    if known is None or (which is None and "?" in known):
        return Array(t.dtype, None)
    gone = [k for k, n in enumerate(known) if n == "1"] if which is None else normal_axes(which, len(known))
    for k in gone:
        if known[k] == "n":
            raise InputError(f"squeeze of axis {k}, whose length is not one")
    return Array(t.dtype, tuple(n for k, n in enumerate(known) if k not in gone))


expand_dims = primitive("np.expand_dims", np.expand_dims, _expand_dims, alias="view", cost="free")
if hasattr(np.ndarray, "mT"):
    mT = primitive(
        "ndarray.mT", lambda a: a.mT, lambda a: _swapaxes(a, Constant(-2), Constant(-1)), style="attribute", text="mT",
        alias="view", cost="free", calls=(), attribute="mT",
    )  # fmt: skip
squeeze = primitive("np.squeeze", np.squeeze, _squeeze, alias="view", cost="free", method="squeeze")


def _broadcast_to(array: Arg, shape: Arg) -> Type:
    t, where = number(array), axes_of_shape(shape)
    old = axes(t)
    if where is not None and old is not None:  # an axis that is not one stays; one that '?' became may be known by now
        where = tuple(
            "n" if w == "?" and k >= len(where) - len(old) and old[k - len(where)] == "n" else w
            for k, w in enumerate(where)
        )
    return Array(t.dtype, where)


broadcast_to = primitive(
    "np.broadcast_to", np.broadcast_to, _broadcast_to, alias="view", elementwise=True, cost="free",
)


# -- joining --------------------------------------------------------------------------------------------------------


def parts_of(arrays: Arg, function: str) -> tuple[Arg, ...] | None:
    """The operands of a joining function; None where they are the items of a list of unknown length, or of an array."""
    if isinstance(arrays, Pack) and arrays.kind in ("tuple", "list"):
        if not arrays.items:
            raise InputError(f"{function} of nothing", instead="give it at least one array")
        return arrays.items
    if isinstance(arrays.type, List | Array):
        return None
    raise InputError(f"{function} of a value of type {arrays.type}", instead="give it a list of arrays")


def part_types(arrays: Arg, function: str) -> tuple[Scalar | Array, ...]:
    """Types of the operands of a joining function; of one of them, where their number is not known."""
    parts = parts_of(arrays, function)
    if parts is not None:
        return tuple(map(number, parts))
    t = arrays.type
    inner = t.item if isinstance(t, List) else of(t.dtype, None if t.axes is None else t.axes[1:])  # type: ignore[union-attr]
    if not isinstance(inner, Scalar | Array):
        raise UnsupportedError(f"{function} of a list whose items have type {inner}")
    return (inner,)


def joined_dtype(types: tuple[Scalar | Array, ...]) -> str:
    """dtype of arrays joined: here Python's numbers count as much as NumPy's."""
    return str(name_of(np.result_type(*(np_dtype(t.dtype) for t in types))))


def merged(columns: tuple[Axis, ...]) -> Axis:
    """One axis that several arrays agree on."""
    return "n" if "n" in columns else "1" if "1" in columns else "?"


def _same_rank(shapes: list[Axes], function: str) -> int:
    ranks = {len(s) for s in shapes}
    if len(ranks) != 1:
        raise InputError(f"{function} of arrays of {' and '.join(map(str, sorted(ranks)))} axes")
    return ranks.pop()


def _concatenate(arrays: Arg, axis: Any = 0) -> Type:
    types = part_types(arrays, "concatenate")
    several = parts_of(arrays, "concatenate") is None
    dtype, along = joined_dtype(types), option("axis", axis)
    known = [axes(t) for t in types]
    if any(k is None for k in known):
        return Array(dtype, None if along is not None else ("?",))
    shapes = [k for k in known if k is not None]
    if along is None:
        sizes = tuple(map(product_axis, shapes))
        return Array(dtype, ("?" if several else _sum_axis(sizes),))
    rank = _same_rank(shapes, "concatenate")
    if rank == 0:
        raise InputError("zero-dimensional arrays cannot be concatenated", instead="use np.array or np.stack")
    (along,) = normal_axes(along, rank)
    columns = list(zip(*shapes, strict=True))
    out = [merged(c) for c in columns]
    out[along] = "?" if several else _sum_axis(columns[along])
    return Array(dtype, tuple(out))


def _sum_axis(sizes: Axes) -> Axis:
    """The axis of several put one after the other. An 'n' may be empty."""
    if len(sizes) == 1:
        return sizes[0]
    return "n" if sizes.count("1") > 1 else "?"


def _stack(arrays: Arg, axis: Any = 0) -> Type:
    types = part_types(arrays, "stack")
    parts = parts_of(arrays, "stack")
    known = [axes(t) for t in types]
    if any(k is None for k in known):
        return Array(joined_dtype(types), None)
    shapes = [k for k in known if k is not None]
    rank = _same_rank(shapes, "stack")
    out = [merged(c) for c in zip(*shapes, strict=True)]
    (along,) = normal_axes(option("axis", axis), rank + 1)
    size: Axis = "1" if parts is not None and len(parts) == 1 else "n" if parts is not None else _count(arrays)
    return Array(joined_dtype(types), (*out[:along], size, *out[along:]))


def _count(arrays: Arg) -> Axis:
    known = axes(arrays.type) if isinstance(arrays.type, Array) else None
    return known[0] if known else "?"


concatenate = primitive(
    "np.concatenate", np.concatenate, _concatenate, cost="cheap",
    calls=(np.concatenate, np.concat) if hasattr(np, "concat") else None,
)  # fmt: skip
stack = primitive("np.stack", np.stack, _stack, cost="cheap")


# -- repeating, turning, rolling ------------------------------------------------------------------------------------


def _repeat(a: Arg, repeats: Arg, axis: Any = None) -> Type:
    t, along = number(a), option("axis", axis)
    count = axis_of_size(repeats) if isinstance(repeats.type, Scalar) else "?"
    known = axes(t)
    if along is None:
        return Array(t.dtype, ("?" if known is None else _times(product_axis(known), count),))
    if known is None:
        return Array(t.dtype, None)
    (along,) = normal_axes(along, len(known))
    return Array(t.dtype, (*known[:along], _times(known[along], count), *known[along + 1 :]))


def _times(size: Axis, count: Axis) -> Axis:
    return count if size == "1" else size if count == "1" else "n" if "n" in (size, count) else "?"


def _tile(A: Arg, reps: Arg) -> Type:
    t = number(A)
    known, counts = axes(t), axes_of_shape(reps)
    if known is None or counts is None:
        return Array(t.dtype, None)
    rank = max(len(known), len(counts))
    sizes = ("1",) * (rank - len(known)) + known
    times = ("1",) * (rank - len(counts)) + counts
    return Array(t.dtype, tuple(map(_times, sizes, times)))


def _same(a: Arg) -> Type:
    t = number(a)
    return Array(t.dtype, axes(t))


def _flip(m: Arg, axis: Any = None) -> Type:
    t, along = number(m), option("axis", axis)
    known = axes(t)
    if known is not None and along is not None:
        normal_axes(along, len(known))
    return of(t.dtype, known)


def _roll(a: Arg, shift: Arg, axis: Any = None) -> Type:
    option("axis", axis)
    return _same(a)


repeat = primitive("np.repeat", np.repeat, _repeat, cost="cheap", method="repeat")
tile = primitive("np.tile", np.tile, _tile, cost="cheap")
flip = primitive("np.flip", np.flip, _flip, alias="view", cost="free")
roll = primitive("np.roll", np.roll, _roll, cost="cheap")


def _sum_repeats(g: Arg, repeats: Arg, shape: Arg, axis: Any = None) -> Type:
    return Array(number(g).dtype, axes_of_shape(shape))


def _sum_tiles(g: Arg, reps: Arg, shape: Arg) -> Type:
    return Array(number(g).dtype, axes_of_shape(shape))


sum_repeats = primitive("sum_repeats", runtime.sum_repeats, _sum_repeats, style="helper")
sum_tiles = primitive("sum_tiles", runtime.sum_tiles, _sum_tiles, style="helper")


# -- diagonals and triangles ----------------------------------------------------------------------------------------


def _diagonal(a: Arg, offset: Any = 0, axis1: Any = 0, axis2: Any = 1) -> Type:
    t = number(a)
    known = axes(t)
    if known is None:
        return Array(t.dtype, None)
    gone = normal_axes((option("axis1", axis1), option("axis2", axis2)), len(known))
    rest = tuple(n for k, n in enumerate(known) if k not in gone)
    sides = {known[k] for k in gone}
    square: Axis = "1" if sides == {"1"} and is_zero(offset) else "?"
    return Array(t.dtype, (*rest, square))


def _diag(v: Arg, k: Any = 0) -> Type:
    t = number(v)
    known = axes(t)
    if known is not None and len(known) == 2:
        return _diagonal(v, k)
    if known is None:
        return Array(t.dtype, None)
    if len(known) != 1:
        raise InputError("np.diag of an array that has neither one axis nor two", instead="use np.diagonal")
    size: Axis = known[0] if is_zero(k) else "?"
    return Array(t.dtype, (size, size))


def _trace(a: Arg, offset: Any = 0, axis1: Any = 0, axis2: Any = 1) -> Type:
    t = number(a)
    known = axes(t)
    dtype = {"b": "i64", "i": "i64", "u": "u64"}.get(t.dtype[0], t.dtype)
    if known is None:
        return Array(dtype, None)
    gone = normal_axes((option("axis1", axis1), option("axis2", axis2)), len(known))
    return of(dtype, tuple(n for k, n in enumerate(known) if k not in gone))


def _triangle(m: Arg, k: Any = 0) -> Type:
    t = number(m)
    known = axes(t)
    if known is not None and len(known) == 0:
        raise InputError("a triangle of a number")
    return Array(t.dtype, (*known, *known) if known is not None and len(known) == 1 else known)


def _from_diagonal(g: Arg, shape: Arg, offset: Any = 0, axis1: Any = 0, axis2: Any = 1) -> Type:
    return Array(number(g).dtype, axes_of_shape(shape))


diagonal = primitive(
    "np.diagonal", np.diagonal, _diagonal, alias="view", cost="free", method="diagonal"
)  # fmt: skip
diag = primitive("np.diag", np.diag, _diag, alias="maybe", cost="cheap")
trace = primitive("np.trace", np.trace, _trace, cost="cheap", method="trace")
tril = primitive("np.tril", np.tril, _triangle, cost="cheap")
triu = primitive("np.triu", np.triu, _triangle, cost="cheap")
from_diagonal = primitive("from_diagonal", runtime.from_diagonal, _from_diagonal, style="helper", cost="cheap")


# -- borders and differences ----------------------------------------------------------------------------------------


def _pad(array: Arg, pad_width: Arg, mode: Any = "constant", constant_values: Any = 0) -> Type:
    if (how := option("mode", mode)) not in ("constant", "edge", "reflect", "symmetric", "wrap"):
        raise UnsupportedError(f"np.pad with mode={how!r}", instead="constant, edge, reflect, symmetric or wrap")
    t = number(array)
    known = axes(t)
    option("constant_values", constant_values)
    given = option("pad_width", pad_width)
    if known is None:
        return Array(t.dtype, None)
    widths = np.broadcast_to(np.asarray(given), (len(known), 2))
    return Array(t.dtype, tuple(_grown(n, int(b + e)) for n, (b, e) in zip(known, widths, strict=True)))


def _grown(size: Axis, by: int) -> Axis:
    return size if by == 0 else "n" if size == "1" or by > 1 else "?"


def _sum_padding(g: Arg, pad_width: Arg, mode: Arg, shape: Arg) -> Type:
    return Array(number(g).dtype, axes_of_shape(shape))


def _diff(a: Arg, n: Any = 1, axis: Any = -1) -> Type:
    t = number(a)
    known = axes(t)
    if option("n", n) == 0 or known is None:
        return t if known is not None else Array(t.dtype, None)
    if not known:
        raise InputError("diff of a number")
    (along,) = normal_axes(option("axis", axis), len(known))
    return Array(t.dtype, (*known[:along], "n" if known[along] == "1" else "?", *known[along + 1 :]))


pad = primitive("np.pad", np.pad, _pad, cost="cheap", calls=())
sum_padding = primitive("sum_padding", runtime.sum_padding, _sum_padding, style="helper")
diff = primitive("np.diff", np.diff, _diff, cost="cheap")


# -- orders ---------------------------------------------------------------------------------------------------------


def _sort(a: Arg, axis: Any = -1, kind: Any = None) -> Type:
    t = number(a)
    along, known = option("axis", axis), axes(t)
    if along is None:
        return Array(t.dtype, ("?" if known is None else product_axis(known),))
    return Array(t.dtype, known)


def _argsort(a: Arg, axis: Any = -1, kind: Any = None) -> Type:
    return Array("i64", axes(_sort(a, axis)))


def _argpartition(a: Arg, kth: Arg, axis: Any = -1) -> Type:
    return Array("i64", axes(_sort(a, axis)))


def _searchsorted(a: Arg, v: Arg, side: Any = "left") -> Type:
    return of("i64", axes(number(v)))


def _digitize(x: Arg, bins: Arg, right: Any = False) -> Type:
    number(bins)
    return of("i64", axes(number(x)))


def _take_along_axis(arr: Arg, indices: Arg, axis: Any) -> Type:
    t, where = number(arr), axes(number(indices))
    along, known = option("axis", axis), axes(t)
    if along is None:
        return Array(t.dtype, where)
    if known is None or where is None:
        return Array(t.dtype, None)
    (along,) = normal_axes(along, len(known))
    out = broadcast_axes(known[:along] + known[along + 1 :], where[:along] + where[along + 1 :])
    assert out is not None
    return Array(t.dtype, (*out[:along], where[along], *out[along:]))


def _add_along_axis(g: Arg, indices: Arg, shape: Arg, axis: Any = -1) -> Type:
    return Array(number(g).dtype, axes_of_shape(shape))


sort = primitive("np.sort", np.sort, _sort)
argsort = primitive("np.argsort", np.argsort, _argsort, method="argsort")
argpartition = primitive("np.argpartition", np.argpartition, _argpartition, method="argpartition")
searchsorted = primitive("np.searchsorted", np.searchsorted, _searchsorted, method="searchsorted")
digitize = primitive("np.digitize", np.digitize, _digitize)
take_along_axis = primitive("np.take_along_axis", np.take_along_axis, _take_along_axis, cost="cheap")
add_along_axis = primitive("add_along_axis", runtime.add_along_axis, _add_along_axis, style="helper")
placed_along_axis = primitive("placed_along_axis", runtime.placed_along_axis, _add_along_axis, style="helper")



def _flatnonzero(a: Arg) -> Type:
    number(a)
    return Array("i64", ("?",))


def _nonzero(a: Arg) -> tuple[Type, ...]:
    known = axes(number(a))
    if known is None or len(known) < 2:
        raise UnsupportedError("np.nonzero of an array of unknown rank, or of a number", instead="use np.flatnonzero")
    return (Array("i64", ("?",)),) * len(known)


flatnonzero = primitive("np.flatnonzero", np.flatnonzero, _flatnonzero)
nonzero = primitive("np.nonzero", np.nonzero, _nonzero, calls=())


def _bincount(x: Arg, weights: Any = None, minlength: Any = 0) -> Type:
    number(x)
    counted = weights is None or (is_constant(weights) and option("weights", weights) is None)
    return Array("i64" if counted else "f64", ("?",))


bincount = primitive("np.bincount", np.bincount, _bincount)
