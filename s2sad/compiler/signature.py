"""What a derivative is compiled for: from run-time arguments to a key, and to the specifications that tracing wants.

The *key* of a value is cheap and hashable; two values with one key have one specification up to the values of leaves.
Sizes are no part of it, only whether an axis has exactly one element, which is what broadcasting turns on.
"""

from __future__ import annotations

import dataclasses
import enum
import weakref
from collections.abc import Callable, Hashable, Iterator
from typing import Any

import numpy as np

from s2sad import pytrees
from s2sad.errors import InputError
from s2sad.front.program import UNKNOWN, Leaf, Record, Static
from s2sad.ir.types import FLOAT, Array, Scalar, np_dtype, type_of

ATOMIC: frozenset[type] = frozenset({
    float, int, complex, np.float16, np.float32, np.float64, np.longdouble, np.complex64, np.complex128, np.clongdouble,
    np.bool_, np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64,
})  # fmt: skip
"""Types that say all there is to know of a leaf."""

_BY_VALUE: frozenset[type] = frozenset({bool, str, bytes, type(None), type(Ellipsis), range})


class Identity:
    """An object by identity. Held weakly where that is possible, so that a key keeps nothing alive."""

    __slots__ = ("_number", "_object")

    def __init__(self, value: Any) -> None:
        self._number = id(value)
        self._object: Callable[[], Any]
        try:
            self._object = weakref.ref(value)
        except TypeError:
            self._object = lambda: value

    def __hash__(self) -> int:
        return hash(self._number)

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Identity) or self._number != other._number:
            return False
        value = self._object()
        return value is not None and value is other._object()


def key_of(value: Any) -> Hashable:
    """The key of one argument.

    >>> key_of(2.0), key_of(np.ones((3, 1))), key_of([1.0, True])
    (<class 'float'>, (dtype('float64'), (False, True)), (<class 'list'>, <class 'float'>, (<class 'bool'>, True)))
    """
    cls = type(value)
    if cls in ATOMIC:
        return _hashable(cls)
    if isinstance(value, np.ndarray):
        shape = value.shape
        # A subclass has its own arithmetic; ``spec_of`` refuses it.
        plain = (value.dtype, tuple([n == 1 for n in shape]) if 1 in shape else len(shape))
        return plain if cls is np.ndarray else (cls, *plain)
    if cls in _BY_VALUE:
        return (cls, value)
    if cls is dict:
        return (dict, tuple([(type(k), k) for k in value]), *map(key_of, value.values()))
    if isinstance(value, tuple | list):
        return (cls, *map(key_of, value))
    if pytrees.is_record(value):
        return (cls, *[key_of(getattr(value, f.name)) for f in dataclasses.fields(value)])
    return Identity(value)


def _hashable(cls: type) -> Hashable:
    return cls


def spec_of(value: Any, where: str) -> Any:
    """The specification of one argument, a tree of ``Leaf``, ``Static`` and ``Record``.

    Raises
    ------
    InputError
        For an array that cannot be traced: of objects, of strings, a subclass with its own arithmetic.
    """
    if isinstance(value, enum.Enum):
        return Static(value)
    if isinstance(value, dict):
        return {k: spec_of(v, f"{where}[{k!r}]") for k, v in value.items()}
    if isinstance(value, tuple | list):
        return pytrees.rebuilt(value, [spec_of(v, where + suffix) for suffix, v in pytrees.children(value)])
    if pytrees.is_record(value):
        fields = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
        return Record(value, {k: spec_of(v, f"{where}.{k}") for k, v in fields.items()})
    if isinstance(value, np.ndarray | np.generic) or type(value) in ATOMIC:
        return Leaf(_leaf_type(value, where), value)
    return Static(value)


def _leaf_type(value: Any, where: str) -> Any:
    if isinstance(value, np.ndarray) and type(value) not in (np.ndarray, np.memmap):
        raise InputError(
            f"argument {where} is a {type(value).__name__}, which has its own arithmetic",
            instead=f"pass a plain array: np.asarray({where})",
        )
    t = type_of(value)
    if not isinstance(t, Scalar | Array):
        raise InputError(
            f"argument {where} is an array of dtype {value.dtype}, which holds no numbers that can be traced",
            instead=f"pass numbers in native byte order: {where}.astype(float)",
        )
    return t


def needs_floats(value: Any) -> bool:
    """Whether ``as_floats`` would change this value: a Python int somewhere in it."""
    return any(type(leaf) is int for leaf in pytrees.leaves(value))


def as_floats(value: Any) -> Any:
    """The value with its Python ints made floats."""
    return pytrees.tree_map(lambda leaf: float(leaf) if type(leaf) is int else leaf, value)


def as_numpy(value: Any) -> Any:
    """The value with its Python floats made NumPy's, for which 1 / 0 is inf."""
    return pytrees.tree_map(lambda leaf: np.float64(leaf) if type(leaf) is float else leaf, value)


def with_floats(values: Any, key: Any) -> Any:
    """``*args`` or ``**kwargs`` with the Python ints of one item made floats."""
    if isinstance(values, dict):
        return {**values, key: as_floats(values[key])}
    return (*values[:key], as_floats(values[key]), *values[key + 1 :])


def leaves_of_spec(spec: Any) -> Iterator[Any]:
    """What the containers of a specification hold."""
    match spec:
        case dict():
            for item in spec.values():
                yield from leaves_of_spec(item)
        case tuple() | list():
            for _, item in pytrees.children(spec):
                yield from leaves_of_spec(item)
        case Record(fields=fields):
            yield from leaves_of_spec(fields)
        case _:
            yield spec


NUMBERS = int | float | complex | np.generic


def active_spec(spec: Any, where: str, inside: bool = False) -> Any:
    """The specification of an argument that a derivative is asked for: a Python int is taken as a float.

    Raises
    ------
    InputError
        Where it is something that has no derivative: an int array, None, a string. (A string, None, a bool or an
        object in a container is left alone: the derivative has None in its place.)
    """
    if not inside and isinstance(spec, dict | tuple | list | Record):
        leaves = tuple(leaves_of_spec(spec))
        if leaves and not any(isinstance(leaf, Leaf) for leaf in leaves):
            raise InputError(
                f"argument {where} holds no number: it cannot be differentiated",
                instead="choose the arguments to differentiate with argnums",
            )
    match spec:
        case dict():
            return {k: active_spec(v, f"{where}[{k!r}]", True) for k, v in spec.items()}
        case tuple() | list():
            return pytrees.rebuilt(spec, [active_spec(v, where + suffix, True) for suffix, v in pytrees.children(spec)])
        case Record(value, fields):
            return Record(value, {k: active_spec(v, f"{where}.{k}", True) for k, v in fields.items()})
        case Leaf(type=Scalar(dtype="i64", weak=True), value=value):
            return Leaf(FLOAT, value if value is UNKNOWN else float(value), active=True)
        case Leaf(type=Scalar(dtype=dtype) | Array(dtype=dtype) as t, value=value) if dtype[0] in "fc":
            return Leaf(t, value, active=True)
        case Leaf(type=Scalar(dtype=dtype) | Array(dtype=dtype) as t):
            what = "an array" if isinstance(t, Array) else "a NumPy scalar"
            raise InputError(
                f"argument {where} is {what} of {np_dtype(dtype)}: a derivative needs floats",
                why="it cannot change by a small amount",
                instead=f"pass {where}.astype(float)",
            )
        case Static(value) if inside and (isinstance(value, bool) or not isinstance(value, NUMBERS)):
            return spec  # a string in a dict of parameters has no derivative: there is None in its place
        case Static(value):
            what = repr(value) if value is None or isinstance(value, bool | str) else f"a {type(value).__name__}"
            raise InputError(
                f"argument {where} is {what}: it cannot be differentiated",
                instead="choose the arguments to differentiate with argnums, and pass floats or float arrays in them",
            )
        case _:
            return spec
