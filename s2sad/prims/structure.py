"""Primitives of the language itself: indexing and stores, sizes, lists and tapes, structures, effects.

Indexing comes in two kinds, told apart by the index: *basic* (integers, slices, None, Ellipsis), whose result is a
view, and *advanced* (an integer or boolean array, or a list), whose result is a copy and may read one cell twice.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from s2sad.errors import InputError, TraceError, UnsupportedError
from s2sad.ir.core import Arg, Atom, Pack, Value
from s2sad.ir.core import Literal as Constant
from s2sad.ir.types import (
    BOOL,
    INT,
    Array,
    Axis,
    List,
    NoJoin,
    Object,
    Scalar,
    Struct,
    Type,
    axes,
    broadcast_axes,
    join,
    join_all,
    of,
    tangent_type,
)
from s2sad.prims import runtime
from s2sad.prims.inference import ARRAYS_OF_ONE, NotANumber
from s2sad.prims.primitive import primitive


def index_items(index: Arg) -> tuple[Arg, ...]:
    """The entries of an index, one per subscript."""
    return index.items if isinstance(index, Pack) and index.kind == "tuple" else (index,)


def is_basic(index: Arg) -> bool:
    """Whether this index gives a view: integers, slices, None and Ellipsis only."""
    return all(_is_basic_item(item) for item in index_items(index))


EVERY: Arg = Pack("slice", (Constant(None),) * 3)


def by_axis(index: Arg, rank: int) -> list[Arg] | None:
    """A basic index as an entry for each axis of an array; None where it adds axes."""
    items = list(index_items(index))
    if not is_basic(index) or any(isinstance(i, Constant) and i.value is None for i in items):
        return None
    open_ends = [k for k, i in enumerate(items) if isinstance(i, Constant) and i.value is Ellipsis]
    k = open_ends[0] if open_ends else len(items)
    return [*items[:k], *[EVERY] * (rank - len(items) + len(open_ends)), *items[k + 1 :]]


def part_of_part(t: Array, outer: Arg, inner: Arg) -> Arg | None:
    """The one index for ``a[outer][inner]`` of an array of this type, where each axis is cut by one of them at most."""
    path = by_axis(outer, len(t.axes)) if t.axes is not None else None
    left = [k for k, item in enumerate(path or ()) if isinstance(item, Pack)]
    rest = None if path is None else by_axis(inner, len(left))
    if path is None or rest is None:
        return None
    for k, item in zip(left, rest, strict=True):
        if path[k] != EVERY and item != EVERY:
            return None
        path[k] = item if path[k] == EVERY else path[k]
    while len(path) > 1 and path[-1] == EVERY:
        path.pop()
    return Pack("tuple", tuple(path))


def _is_basic_item(item: Arg) -> bool:
    if isinstance(item, Pack):
        return item.kind == "slice"
    if isinstance(item, Constant):
        return (
            item.value is None
            or item.value is Ellipsis
            or (isinstance(item.value, int | np.integer) and not isinstance(item.value, bool))
        )  # noqa: E501
    return isinstance(item.type, Scalar) and item.type.dtype not in ("bool", "f64", "f32")


def _is_full_slice(item: Arg) -> bool:
    return (
        isinstance(item, Pack)
        and item.kind == "slice"
        and all(isinstance(i, Constant) and i.value is None for i in item.items[:2])
        and isinstance(item.items[2], Constant)
        and item.items[2].value in (None, 1, -1)
    )


def indexed_axes(a: tuple[Axis, ...] | None, index: Arg) -> tuple[Axis, ...] | None:
    """Axes of ``x[index]`` for an ``x`` with axes ``a``."""
    items = index_items(index)
    if a is None:
        return None
    consumed = 0
    for item in items:
        if isinstance(item, Constant) and (item.value is None or item.value is Ellipsis):
            continue
        t = item.type
        consumed += len(t.axes or ()) if isinstance(t, Array) and t.dtype == "bool" else 1
    if consumed > len(a):
        raise InputError(f"too many indices: the array has {len(a)} axes, the index takes {consumed}")
    if not any(isinstance(i, Constant) and i.value is Ellipsis for i in items):
        items = (*items, Constant(Ellipsis))
    rest = len(a) - consumed
    out: list[Axis] = []
    advanced: list[tuple[Axis, ...] | None] = []
    place, pending, separated = -1, 0, False  # where the broadcast axes of the advanced indices go
    position = 0
    for item in items:
        t = item.type
        if isinstance(item, Constant) and item.value is Ellipsis:
            out.extend(a[position : position + rest])
            position += rest
            pending += rest
        elif isinstance(item, Constant) and item.value is None:
            out.append("1")
            pending += 1
        elif isinstance(item, Pack) and item.kind == "slice":
            out.append(a[position] if _is_full_slice(item) else "?")
            position += 1
            pending += 1
        elif _is_basic_item(item) and is_basic(index):
            position += 1
        else:
            if place < 0:
                place = len(out)
            elif pending:
                separated = True
            pending = 0
            if isinstance(t, Array) and t.dtype == "bool":
                advanced.append(("?",))
                position += len(t.axes or ())
            else:
                advanced.append(_advanced_axes(item))
                position += 1
    if advanced:
        shape = broadcast_axes(*advanced)
        if shape is None:
            return None
        where = 0 if separated else place
        out[where:where] = shape
    return tuple(out)


def _advanced_axes(item: Arg) -> tuple[Axis, ...] | None:
    if isinstance(item, Pack):
        return ("1" if len(item.items) == 1 else "n",)
    if isinstance(item.type, List):
        return ("?",)
    return axes(item.type)


def _getitem(a: Arg, index: Arg) -> Type:
    t = a.type
    if not isinstance(t, Array):
        raise TraceError(f"a value of type {t} is indexed")
    return of(t.dtype, indexed_axes(t.axes, index))


def _store(a: Arg, index: Arg, value: Arg) -> Type:
    if not isinstance(a.type, Array):
        raise TraceError(f"an item of a value of type {a.type} is assigned")
    into = indexed_axes(a.type.axes, index)
    if into == () and isinstance(value.type, Array) and value.type.axes and not ARRAYS_OF_ONE:
        raise NotANumber(value, "one item of an array")
    return a.type


def run_index(index: Any) -> Any:
    """An index as NumPy takes it."""
    return index


def run_store(a: Any, index: Any, value: Any) -> Any:
    out = np.array(a, copy=True)
    out[index] = value
    return out


def run_accumulate(a: Any, index: Any, value: Any) -> Any:
    out = np.array(a, copy=True)
    out[index] += value
    return out


def _scatter_add(a: Arg, index: Arg, value: Arg, counted: Any = False) -> Type:
    """``counted``: written number by number, for which ``np.add.at`` is faster than for rows."""
    return _store(a, index, value)


def counts_rows(a: Value, index: Arg, value: Atom) -> bool:
    """Whether adding at these places may be written number by number, and gains by it: float rows or cells."""
    items = index_items(index)
    integers = all(isinstance(i, Value) and isinstance(i.type, Array) and i.type.dtype[0] in "iu" for i in items)
    if not integers or not isinstance(a.type, Array) or a.type.axes is None or len(a.type.axes) < max(2, len(items)):
        return False
    return a.type.dtype == "f64" and isinstance(value.type, Array) and value.type.dtype == "f64"


def tabulates(a: Value, index: Arg, value: Atom) -> bool:
    """Whether a vector is read at a table of places, of more axes than one, of which there is a value for each."""
    items = index_items(index)
    places = items[0].type if len(items) == 1 and isinstance(items[0], Value) else None
    if not isinstance(places, Array) or places.dtype[0] not in "iu" or len(axes(a.type) or ()) != 1:
        return False
    return 1 < len(places.axes or ()) == len(axes(value.type) or ())


def run_scatter_add(a: Any, index: Any, value: Any, counted: bool = False) -> Any:
    out = np.array(a, copy=True)
    np.add.at(out, index, value)
    return out


getitem = primitive(
    "getitem", lambda a, index: a[index], _getitem, style="special", alias="view", cost="free", calls=()
)
gather = primitive("gather", lambda a, index: a[index], _getitem, style="special", cost="cheap", calls=())
store = primitive("store", run_store, _store, style="special", cost="cheap", calls=())
accumulate = primitive("accumulate", run_accumulate, _store, style="special", cost="cheap", calls=())
scatter_add = primitive("scatter_add", run_scatter_add, _scatter_add, style="special", cost="costly", calls=())


def _dim(a: Arg, axis: Arg) -> Type:
    sizes = axes(a.type)
    if sizes is None or not isinstance(axis, Constant) or not -len(sizes) <= axis.value < len(sizes):
        return INT
    return Scalar("i64", weak=True, size=sizes[axis.value])


dim = primitive("dim", lambda a, axis: np.shape(a)[axis], _dim, style="special", cost="free", calls=())
shape = primitive("shape", np.shape, lambda a: Object("shape"), style="special", cost="free", calls=())
"""The whole shape as one value, for arrays of unknown rank only; else the front end makes a Pack of ``dim``."""
ndim = primitive("np.ndim", np.ndim, lambda a: INT, cost="free", calls=())
size = primitive("np.size", np.size, lambda a: INT, cost="free", calls=())
"""Likewise: of an array of known rank ``ndim`` is known, and the size a product of ``dim``."""


def _zeros_like(a: Arg) -> Type:
    return tangent_type(a.type)


def run_zeros(a: Any) -> Any:
    """Zero of the tangent space of ``a``: float zeros for an int array, zeros item by item for containers."""
    match a:
        case tuple() if hasattr(a, "_fields"):
            return type(a)(*map(run_zeros, a))
        case tuple():
            return tuple(map(run_zeros, a))
        case list():
            return [run_zeros(x) for x in a]
        case dict():
            return {k: run_zeros(v) for k, v in a.items()}
        case np.ndarray():
            return np.zeros(a.shape, a.dtype if a.dtype.kind in "fc" else float)
        case np.generic():
            return a.dtype.type(0) if a.dtype.kind in "fc" else 0.0
        case complex():
            return 0j
        case _:
            return 0.0


zero_of = primitive("zero_of", run_zeros, _zeros_like, style="special", cost="cheap", calls=())
"""The zero cotangent of a value of any numeric or container type; reads only its shape."""


def _list_new(*items: Arg) -> Type:
    try:
        return List(join_all(i.type for i in items))
    except NoJoin as error:
        raise UnsupportedError(
            f"a list whose items have unlike types ({error})",
            why="how long the list is, or which one it is, is not known here, and then its items are of one type",
            instead="keep them apart: one list for each type, or a tuple",
        ) from None


def _list_item(a: Arg) -> Type:
    if not isinstance(a.type, List):
        raise TraceError(f"a value of type {a.type} is not a list")
    return a.type.item


def _list_append(a: Arg, value: Arg) -> Type:
    return List(join(_list_item(a), value.type))


def is_path(index: Arg) -> bool:
    """Whether an index into a list leads through lists in lists: ``rows[i][j]``."""
    return isinstance(index, Pack) and index.kind == "tuple"


def item_at(t: Type, steps: Sequence[Arg]) -> Type:
    """Type of what is reached by these steps into a list of lists."""
    for step in steps:
        match t:
            case List(item=inner):
                t = inner
            case Struct(keys=keys, items=items) if isinstance(step, Constant) and step.value in keys:
                t = items[keys.index(step.value)]
            case Struct(items=items):
                t = join_all(items)
            case _:
                raise TraceError(f"a value of type {t} is not a list")
    return t


def _with_item(t: Type, steps: Sequence[Arg], value: Type) -> Type:
    if not steps:
        return join(t, value)
    if isinstance(t, Struct):
        step = steps[0]
        if isinstance(step, Constant) and step.value in t.keys:
            k = t.keys.index(step.value)
            changed = _with_item(t.items[k], steps[1:], value)
            return Struct(t.kind, t.keys, (*t.items[:k], changed, *t.items[k + 1 :]), t.cls)
        return List(join_all(_with_item(i, steps[1:], value) for i in t.items))
    if not isinstance(t, List):
        raise TraceError(f"a value of type {t} is not a list")
    return List(_with_item(t.item, steps[1:], value))


def _list_get(a: Arg, index: Arg) -> Type:
    return item_at(a.type, index_items(index))


def _list_set(a: Arg, index: Arg, value: Arg) -> Type:
    if isinstance(index, Pack) and index.kind == "slice":  # takes a list of that length
        return join(a.type, value.type)
    return _with_item(a.type, index_items(index), value.type)


def _reached(items: Any, index: Any) -> Any:
    for step in index if isinstance(index, tuple) else (index,):
        items = items[step]
    return items


def _replaced(items: Sequence[Any], index: Any, value: Any) -> list[Any]:
    out = list(items)
    if isinstance(index, tuple) and len(index) > 1:
        value, index = _replaced(items[index[0]], index[1:], value), index[0]
    out[index[0] if isinstance(index, tuple) else index] = value
    return out


list_new = primitive("list_new", lambda *items: list(items), _list_new, style="special", cost="free", calls=())
list_repeat = primitive(
    "list_repeat", lambda item, n: [item] * n, lambda item, n: List(item.type), style="special", cost="cheap", calls=()
)
list_append = primitive(
    "list_append", lambda a, value: [*a, value], _list_append, style="special", cost="free", calls=()
)
list_pop = primitive(
    "list_pop",
    lambda a: (a[-1], list(a[:-1])),
    lambda a: (_list_item(a), a.type),
    style="special",
    cost="free",
    calls=(),
)
list_get = primitive(
    "list_get",
    _reached,
    _list_get,
    style="special",
    alias="view",
    cost="free",
    calls=(),
)
list_slice = primitive(
    "list_slice", lambda a, index: a[index], lambda a, index: a.type, style="special", cost="cheap", calls=()
)
list_set = primitive(
    "list_set", _replaced, _list_set, style="special", cost="free", calls=()
)
list_accumulate = primitive(
    "list_accumulate", lambda a, index, value: _replaced(a, index, runtime.added(_reached(a, index), value)),  # type: ignore[no-untyped-call]
    _list_set, style="special", cost="cheap", calls=(),
)  # fmt: skip
list_len = primitive("list_len", len, lambda a: INT, style="function", text="len", cost="free", calls=())
list_concat = primitive(
    "list_concat",
    lambda a, b: list(a) + list(b),
    lambda a, b: join(a.type, b.type),
    style="operator",
    text="+",
    cost="cheap",
    calls=(),
)
list_add = primitive(
    "list_add",
    runtime.added,
    lambda a, b: join(a.type, b.type),
    style="special",
    cost="cheap",
    calls=(),
)
"""Sum of two containers item by item: how cotangents of lists and of what they hold are added."""


def _item(a: Arg, key: Arg) -> Type:
    t = a.type
    if isinstance(t, Struct) and isinstance(key, Constant) and key.value in t.keys:
        return t.items[t.keys.index(key.value)]
    raise TraceError(f"a value of type {t} has no item {key}")


def run_item(a: Any, key: Any) -> Any:
    return getattr(a, key) if isinstance(key, str) and not isinstance(a, dict) else a[key]


build = primitive(
    "build", lambda structure: structure, lambda structure: structure.type, style="special", cost="free", calls=()
)
"""A Pack as one value, where a container of known structure has to exist (an item of a List, for instance)."""
item = primitive("item", run_item, _item, style="special", alias="view", cost="free", calls=())


def run_raise(exception: Any, *args: Any) -> None:
    raise exception(*args) if isinstance(exception, type) else exception


def _print(*args: Arg, sep: Any = " ", end: Any = "\n") -> tuple[Type, ...]:
    return ()


raise_ = primitive("raise", run_raise, lambda exception, *args: (), style="special", effect=True, cost="free", calls=())
"""``raise exception(*args)``: ends its region."""
set_attribute = primitive(
    "set_attribute", lambda owner, name, value: setattr(owner, name, runtime.kept(value)),  # type: ignore[no-untyped-call]
    lambda owner, name, value: (), style="special", effect=True, cost="cheap", calls=(),
)  # fmt: skip
"""``owner.name = value`` of an object that lives outside of the trace; an array is copied."""
raises = primitive(
    "raises", runtime.raises, lambda error, function, *args, **options: BOOL, style="helper", cost="costly", calls=(),
)  # fmt: skip
"""Whether calling a function raises an exception of this class."""
traps = primitive(
    "traps", runtime.traps, lambda modes, function, *args, **options: BOOL, style="helper", cost="costly", calls=(),
)  # fmt: skip
"""Whether calling a function raises FloatingPointError, with this ``np.errstate``."""
trap = primitive(
    "trap", runtime.trap, lambda modes, function, *args, **options: (), style="helper", effect=True, calls=(),
)  # fmt: skip
"""Raises what calling a function with this ``np.errstate`` raises; does nothing else."""
print_ = primitive("print", print, _print, effect=True, cost="cheap")
breakpoint_ = primitive(
    "breakpoint", breakpoint, lambda seen=None: (), effect=True, cost="cheap", hidden=("seen",)
)
"""A stop for the debugger; ``seen`` is there to be looked at."""
warn = primitive(
    "warnings.warn", warnings.warn, lambda message, category=None, stacklevel=1, source=None: (), effect=True,
    cost="cheap",
)  # fmt: skip
undo = primitive("undo", lambda a: None, lambda a: (), style="special", effect=True, cost="free", calls=())
"""In an adjoint being written: here the store that made ``a`` is undone. It never leaves the transform."""
section = primitive(
    "section", lambda title: None, lambda title: (), style="special", effect=True, cost="free", calls=()
)
"""A mark between parts of a sweep (``'primal'``, ``'adjoint'``): a comment in the generated code, no more."""
checkpoint = primitive(
    "checkpoint", lambda title: None, lambda title: (), style="special", effect=True, cost="free", calls=()
)
"""Where a call begins (with the name of its callee) and ends (without one) that a reverse sweep runs again, keeping
nothing of it but what goes in and comes out. Nothing is written for it in generated code."""
text = primitive(
    "str.format", str.format, lambda template, *args: Object("str"),
    style="method", text="format", cost="cheap", calls=(),
)  # fmt: skip
"""A string with traced values in it, for printing and for the message of an exception."""
not_ = primitive("not", lambda x: not x, lambda x: BOOL, style="operator", text="not", cost="free", calls=())


def is_known(x: Any) -> bool:
    """Whether a number, or every item of a tuple or list, is known when the trace is made: for definitions to ask."""
    return True


def loop_dtype(ufunc: Any, *operands: Any) -> Any:
    """The dtype of what a ufunc gives of such operands: for definitions of ufuncs by other functions."""
    return np.asarray(ufunc(*operands)).dtype


def may_be_number(x: Any) -> bool:
    """Whether this may be a number, or an array, which only the run can tell: for definitions to ask."""
    return False


def is_written_out(x: Any) -> bool:
    """Whether a tuple or list has a length that is known when the trace is made: for bodies of rules to ask."""
    return isinstance(x, tuple | list)


def known_length(x: Any, axis: int) -> int | None:
    """How long an axis is, where that is plain, and None where not: for definitions to ask what a rank hangs on."""
    return int(x.shape[axis])


def single_axes(x: Any) -> tuple[bool, ...]:
    """Which axes have certainly length one: for bodies of rules to ask."""
    return tuple(n == 1 for n in np.shape(x))


def open_axes(x: Any) -> tuple[bool, ...]:
    """Which axes may have length one, and may have another: for bodies of rules to ask."""
    return tuple(n == 1 for n in np.shape(x))
