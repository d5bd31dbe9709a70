"""Abstract types of traced values.

    Type   ::= Scalar(dtype, weak, size) | Array(dtype, axes) | Struct(kind, keys, items) | List(item) | Object
    dtype  ::= 'bool' | 'i8' … 'i64' | 'u8' … 'u64' | 'f16' | 'f32' | 'f64' | 'f128' | 'c64' | 'c128' | 'c256'
    axes   ::= None (rank unknown) | tuple of Axis
    Axis   ::= '1' (exactly one) | 'n' (not one) | '?' (not known)

A *weak* scalar is a Python number, whose dtype yields to NumPy's in mixed arithmetic (NEP 50: float32 array times
Python float is float32). A strong one is a NumPy scalar. The three-point lattice of an axis is just what broadcasting
needs: it decides whether an adjoint has to be summed back to the shape of its operand.

``Struct`` is a container whose structure is known (tuple, list, dict, namedtuple, dataclass). ``List`` is a list whose
items have one type and whose length is only known at run time; tapes are such lists. ``Object`` is any value without
numeric content (``None``, a string, a function).

``BOTTOM`` is the type of ``UNDEFINED``: a name with no value on this path. It yields to everything in a join.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Axis = str


@dataclass(frozen=True, slots=True)
class Scalar:
    """``size`` says more of an int that is the length of an axis: which, so that ``np.zeros(x.shape)`` has x's axes."""

    dtype: str
    weak: bool = False
    size: Axis = "?"

    def __str__(self) -> str:
        return self.dtype


@dataclass(frozen=True, slots=True)
class Array:
    dtype: str
    axes: tuple[Axis, ...] | None

    @property
    def rank(self) -> int | None:
        return None if self.axes is None else len(self.axes)

    def __str__(self) -> str:
        return f"{self.dtype}[{'...' if self.axes is None else ','.join(self.axes)}]"


@dataclass(frozen=True, slots=True)
class Struct:
    """``keys``: positions in tuples and lists, keys of a dict, field names of a record; ``cls`` of a record only."""

    kind: str  # 'tuple' | 'list' | 'dict' | 'namedtuple' | 'dataclass'
    keys: tuple[Any, ...]
    items: tuple[Type, ...]
    cls: type | None = None

    def __str__(self) -> str:
        match self.kind:
            case "tuple":
                return f"({', '.join(map(str, self.items))}{',' if len(self.items) == 1 else ''})"
            case "list":
                return f"[{', '.join(map(str, self.items))}]"
            case "dict":
                return "{" + ", ".join(f"{k!r}: {t}" for k, t in zip(self.keys, self.items, strict=True)) + "}"
            case _:
                name = self.cls.__name__ if self.cls else self.kind
                return f"{name}({', '.join(f'{k}: {t}' for k, t in zip(self.keys, self.items, strict=True))})"


@dataclass(frozen=True, slots=True)
class List:
    item: Type

    def __str__(self) -> str:
        return f"list[{self.item}]"


@dataclass(frozen=True, slots=True)
class Object:
    """A value without numeric content; ``name`` is for people (``'None'``, ``'str'``)."""

    name: str = "object"

    def __str__(self) -> str:
        return self.name


Type = Scalar | Array | Struct | List | Object
BOTTOM = Object("undefined")

FLOAT = Scalar("f64", weak=True)  # a Python float
INT = Scalar("i64", weak=True)  # a Python int
BOOL = Scalar("bool", weak=True)
COMPLEX = Scalar("c128", weak=True)

_DTYPES = {
    "bool": np.bool_, "i8": np.int8, "i16": np.int16, "i32": np.int32, "i64": np.int64,
    "u8": np.uint8, "u16": np.uint16, "u32": np.uint32, "u64": np.uint64,
    "f16": np.float16, "f32": np.float32, "f64": np.float64, "f128": np.longdouble,
    "c64": np.complex64, "c128": np.complex128, "c256": np.clongdouble,
}  # fmt: skip
_NAMES: dict[np.dtype[Any], str] = {np.dtype(v): k for k, v in reversed(_DTYPES.items())}
_PARTS = {"c64": "f32", "c128": "f64", "c256": "f128"}


def dtype_name(dtype: Any) -> str | None:
    """``'f64'`` for ``np.float64``, ``float``, ``np.dtype('float64')`` …; None for a dtype that is not numeric."""
    return _NAMES.get(as_dtype(dtype))


def as_dtype(dtype: Any) -> np.dtype[Any]:
    """The dtype that is meant by one, its name, a type of numbers, or its class (``type(x.dtype)``)."""
    is_class = isinstance(dtype, type) and issubclass(dtype, np.dtype) and dtype is not np.dtype
    found: np.dtype[Any] = np.dtype(dtype() if is_class else dtype)
    return found


def real_dtype(name: str) -> str:
    """The dtype of the real and imaginary parts of numbers of a dtype: of real ones their own.

    >>> real_dtype("c64"), real_dtype("f64")
    ('f32', 'f64')
    """
    return _PARTS.get(name, name)


def np_dtype(name: str) -> np.dtype[Any]:
    """The NumPy dtype of an abstract dtype name."""
    return np.dtype(_DTYPES[name])


def is_numeric(t: Type) -> bool:
    return isinstance(t, Scalar | Array)


def is_inexact(t: Type) -> bool:
    """Whether values of this type can carry a derivative (float or complex; a container: whether any item can)."""
    match t:
        case Scalar(dtype=d) | Array(dtype=d):
            return d[0] in "fc"
        case Struct(items=items):
            return any(map(is_inexact, items))
        case List(item=item):
            return is_inexact(item)
        case Object():
            return False


def is_complex(t: Type) -> bool:
    """Whether a value of this type is a complex number, or holds one."""
    match t:
        case Scalar(dtype=dtype) | Array(dtype=dtype):
            return dtype[0] == "c"
        case Struct(items=items):
            return any(map(is_complex, items))
        case List(item=item):
            return is_complex(item)
        case Object():
            return False


def has_length(t: Type) -> bool:
    """Whether values of this type may have unlike sizes: lists, and what holds them."""
    return isinstance(t, List) or isinstance(t, Struct) and any(map(has_length, t.items))


def rank(t: Type) -> int | None:
    """Number of axes; 0 for a scalar, None where it is not known."""
    return t.rank if isinstance(t, Array) else 0


def axes(t: Type) -> tuple[Axis, ...] | None:
    return t.axes if isinstance(t, Array) else ()


def type_of(value: Any) -> Type:
    """The abstract type of a run-time value.

    >>> str(type_of(2.0)), str(type_of(np.ones((3, 1)))), str(type_of((1, [2.0])))
    ('f64', 'f64[n,1]', '(i64, [f64])')
    """
    match value:
        case bool():
            return BOOL
        case np.generic():
            name = _NAMES.get(value.dtype)
            return Scalar(name) if name else Object(type(value).__name__)
        case int():
            return INT
        case float():
            return FLOAT
        case complex():
            return COMPLEX
        case np.ndarray():
            name = _NAMES.get(value.dtype)
            if name is None:
                return Object(f"ndarray of {value.dtype}")
            return Array(name, tuple("1" if n == 1 else "n" for n in value.shape))
        case tuple() if hasattr(value, "_fields"):
            return Struct("namedtuple", tuple(value._fields), tuple(map(type_of, value)), type(value))
        case tuple() | list():
            kind = "tuple" if isinstance(value, tuple) else "list"
            return Struct(kind, tuple(range(len(value))), tuple(map(type_of, value)))
        case dict():
            return Struct("dict", tuple(value), tuple(map(type_of, value.values())))
        case _ if hasattr(type(value), "__dataclass_fields__"):
            names = tuple(type(value).__dataclass_fields__)
            return Struct("dataclass", names, tuple(type_of(getattr(value, n)) for n in names), type(value))
        case None:
            return Object("None")
        case _:
            return Object(type(value).__name__)


def promote(*types: Type) -> tuple[str, bool]:
    """dtype and weakness of arithmetic between numbers of these types (NEP 50).

    >>> promote(Array('f32', ('n',)), FLOAT), promote(INT, FLOAT), promote(Scalar('f64'), FLOAT)
    (('f32', False), ('f64', True), ('f64', False))
    """
    strong = [t.dtype for t in types if isinstance(t, Array | Scalar) and not (isinstance(t, Scalar) and t.weak)]
    weak = [t.dtype for t in types if isinstance(t, Scalar) and t.weak]
    if not strong:
        order = ("bool", "i64", "f64", "c128")
        return order[max(map(order.index, weak))], True
    result = np.result_type(*(np_dtype(d) for d in strong))
    for d in weak:
        sample: Any = {"bool": False, "i64": 0, "f64": 0.0, "c128": 0j}[d]
        result = _weak_promote(result, sample)
    return _NAMES[np.dtype(result)], False


def _weak_promote(dtype: np.dtype[Any], sample: bool | int | float | complex) -> np.dtype[Any]:
    kinds = "biufc"
    kind = {bool: "b", int: "i", float: "f", complex: "c"}[type(sample)]
    if kinds.index(kind) <= kinds.index(dtype.kind):
        return dtype
    if kind == "i":
        return np.dtype(np.int64)
    if kind == "f":
        return np.dtype(np.float64)
    return np.result_type(dtype if dtype.kind == "f" else np.float64, np.complex64)


def broadcast_axes(*shapes: tuple[Axis, ...] | None) -> tuple[Axis, ...] | None:
    """Axes of the broadcast of these shapes; None where a rank is unknown.

    >>> broadcast_axes(('n', '1'), ('n',))
    ('n', 'n')
    """
    if any(s is None for s in shapes):
        return None
    known = [s for s in shapes if s is not None]
    out: list[Axis] = []
    for k in range(max((len(s) for s in known), default=0)):
        column = {s[-1 - k] for s in known if k < len(s)}
        out.append("n" if "n" in column else "?" if "?" in column else "1")
    return tuple(reversed(out))


def of(dtype: str, axes: tuple[Axis, ...] | None, weak: bool = False) -> Type:
    """Type of a result that NumPy gives as a scalar when it has no axes."""
    return Scalar(dtype, weak) if axes == () else Array(dtype, axes)


def elementwise(*operands: Type) -> Type:
    """Type of arithmetic between numbers: promoted dtype, broadcast axes."""
    dtype, weak = promote(*operands)
    return of(dtype, broadcast_axes(*(axes(t) for t in operands)), weak)


class NoJoin(Exception):
    """Two types that no single type covers."""


def join(a: Type, b: Type) -> Type:
    """The least type that covers both, where control flow meets.

    >>> str(join(INT, FLOAT)), str(join(Array('f64', ('1',)), Array('f64', ('n',))))
    ('f64', 'f64[?]')
    """
    if a == b or b is BOTTOM:
        return a
    if a is BOTTOM:
        return b
    match a, b:
        case Scalar(), Scalar():
            dtype, weak = promote(a, b)
            return Scalar(dtype, a.weak and b.weak)
        case Array(), Array():
            dtype, _ = promote(a, b)
            if a.axes is None or b.axes is None or len(a.axes) != len(b.axes):
                return Array(dtype, None)
            return Array(dtype, tuple(x if x == y else "?" for x, y in zip(a.axes, b.axes, strict=True)))
        case (Array() as array, Scalar() as scalar) | (Scalar() as scalar, Array() as array):
            dtype, _ = promote(array, scalar)
            return Array(dtype, () if array.axes == () else None)
        case Struct(), Struct() if (a.kind, a.keys, a.cls) == (b.kind, b.keys, b.cls):
            return Struct(a.kind, a.keys, tuple(map(join, a.items, b.items)), a.cls)
        case Struct(kind="list"), Struct(kind="list"):
            return List(join_all((*a.items, *b.items)))
        case (Struct(kind="list") as known, List() as unknown) | (List() as unknown, Struct(kind="list") as known):
            return List(join_all((unknown.item, *known.items)))
        case List(), List():
            return List(join(a.item, b.item))
        case Object(name=one), Object(name=other):
            return Object(one) if one == other else Object()
        case _:
            raise NoJoin(f"{a} and {b}")


def join_all(types: Iterable[Type]) -> Type:
    """Join of all of them; BOTTOM for none."""
    out: Type = BOTTOM
    for t in types:
        out = join(out, t)
    return out


def tangent_type(t: Type) -> Type:
    """Type of a tangent or cotangent of a value of type ``t``: same shape and float dtype, weak where it is weak."""
    match t:
        case Scalar(dtype=d, weak=w):
            return t if d[0] in "fc" else Scalar("f64", w)
        case Array(dtype=d, axes=ax):
            return t if d[0] in "fc" else Array("f64", ax)
        case Struct(kind, keys, items, cls):
            return Struct(kind, keys, tuple(map(tangent_type, items)), cls)
        case List(item=item):
            return List(tangent_type(item))
        case Object():
            return t


def carried_tangent(t: Type) -> Type:
    """Type of a tangent or cotangent where control flow meets: scalars strong, for some of what meets may be.

    >>> carried_tangent(FLOAT)
    Scalar(dtype='f64', weak=False, size='?')
    """
    match tangent_type(t):
        case Scalar(dtype=d):
            return Scalar(d)
        case Struct(kind, keys, items, cls):
            return Struct(kind, keys, tuple(map(carried_tangent, items)), cls)
        case List(item=item):
            return List(carried_tangent(item))
        case other:
            return other


def same_axes(a: Sequence[Axis] | None, b: Sequence[Axis] | None) -> bool:
    """Whether two shapes are known to broadcast without repeating anything of ``a``: no axis of ``a`` is stretched."""
    if a is None or b is None or len(a) != len(b):
        return False
    return all(x == y and x != "?" or x == "n" for x, y in zip(a, b, strict=True))
