"""Types that primitives infer are those of what NumPy gives, over a grid of operands."""

from __future__ import annotations

import itertools
import warnings
from typing import Any

import numpy as np
import pytest

import s2sad.prims  # noqa: F401
from s2sad.errors import Error
from s2sad.ir.build import as_arg
from s2sad.ir.core import Arg, Pack, Ref, Value
from s2sad.ir.types import Array, List, Scalar, Struct, Type, type_of
from s2sad.prims.creation import FLOATS, INTEGERS
from s2sad.prims.primitive import REGISTRY
from tests.primitive_table import TABLE, samples

WEAK = [2.0, 3, True]
STRONG = [np.float64(0.5), np.float32(0.5), np.int64(3), np.int8(3), np.bool_(True), np.complex64(1 + 1j)]
ARRAYS = [
    np.array([0.5, 0.25, 0.75]), np.array([0.5], np.float32), np.array([[0.5], [0.25]]),
    np.full((2, 3), 0.5, np.float32), np.array([1, 2, 3]), np.array([1, 2, 3], np.int8),
    np.array([True, False, True]), np.array(0.5), np.array([1 + 1j]),
    np.array([1, 2, 3], np.uint8), np.array(3, np.int8), np.zeros((0,)),
]  # fmt: skip
OPERANDS = [*WEAK, *STRONG, *ARRAYS]


def operands(name: str) -> list[Any]:
    """What is tried on a primitive: the ``math`` module takes real numbers."""
    of_numbers = name.startswith("math") or name in ("squared_hypotenuse", "squared_root_of_number")
    return [x for x in OPERANDS if not (of_numbers and (np.iscomplexobj(x) or np.ndim(x)))]


def atom(value: Any) -> Arg:
    """A run-time value as an argument of which only the type is known; options and structure stay known."""
    match value:
        case np.ndarray() | np.generic() | float() | complex():
            return Value(type_of(value))
        case list() | tuple():
            return Pack("list" if isinstance(value, list) else "tuple", tuple(map(atom, value)))
        case type() | np.dtype():
            return Ref(value, "np.dtype")
        case _:
            return as_arg(value)


def covers(inferred: Type, actual: Type) -> bool:
    """Whether the inferred type says the same as the actual one, but for axes that it leaves open."""
    match inferred, actual:
        case Scalar(), Scalar():
            return inferred == actual
        case Array(), Array():
            if inferred.axes is None:
                return inferred.dtype == actual.dtype
            same = len(inferred.axes) == len(actual.axes or ()) and all(
                a in ("?", b) for a, b in zip(inferred.axes, actual.axes or (), strict=True)
            )
            return inferred.dtype == actual.dtype and same
        case Struct(), Struct():
            return all(map(covers, inferred.items, actual.items))
        case List(), Struct():
            return all(covers(inferred.item, i) for i in actual.items)
        case _:
            return inferred == actual


def check(name: str, args: tuple[Any, ...], kwargs: dict[str, Any], atoms: tuple[Arg, ...] | None = None) -> bool:
    """Compare inference with what running gives; False where NumPy itself refuses the operands."""
    prim = REGISTRY.by_name[name]
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            result = prim.run(*args, **kwargs)
    except (TypeError, ValueError, OverflowError, ZeroDivisionError, IndexError):
        return False
    options = {k: as_arg(v) if isinstance(v, float) else atom(v) for k, v in kwargs.items()}
    inferred = prim.infer(*(atoms or tuple(map(atom, args))), **options)
    results = result if isinstance(inferred, tuple) else (result,)
    for t, r in zip(inferred if isinstance(inferred, tuple) else (inferred,), results, strict=True):
        assert covers(t, type_of(r)), f"{name}{tuple(map(type_of, args))} is {type_of(r)}, inferred {t}"
        assert prim.alias != "fresh" or not shared(r, args), f"{name} gives the memory of an operand"
    return True


def shared(result: Any, operands: Any) -> bool:
    """Whether an array lies in the memory of an operand."""
    arrays = [a for a in operands if isinstance(a, np.ndarray)]
    return isinstance(result, np.ndarray) and any(np.shares_memory(result, a) for a in arrays)


@pytest.mark.parametrize("row, sample", samples(TABLE))
def test_the_type_of_a_sample_call(row: Any, sample: Any) -> None:
    assert check(row.name, sample.args, sample.kwargs)


UNARY = [n for n, p in REGISTRY.by_name.items() if p.elementwise and list(p.signature.parameters) == ["x"]]
BINARY = [n for n, p in REGISTRY.by_name.items() if p.elementwise and list(p.signature.parameters) == ["x1", "x2"]]


@pytest.mark.parametrize("name", UNARY)
def test_the_type_of_an_elementwise_function(name: str) -> None:
    checked = sum(check(name, (x,), {}, (Value(type_of(x)),)) for x in operands(name))
    assert checked > 1


@pytest.mark.parametrize("name", [*BINARY, "min", "max"])
def test_the_type_of_an_elementwise_function_of_two(name: str) -> None:
    pairs = itertools.product(operands(name), operands(name))
    if name in ("min", "max"):  # these give either operand: the type is that of both only where they agree
        pairs = ((x, x) for x in [*WEAK, *STRONG] if not np.iscomplexobj(x))
    checked = sum(check(name, (x, y), {}, (Value(type_of(x)), Value(type_of(y)))) for x, y in pairs)
    assert checked > 1


@pytest.mark.parametrize("name", ["np.real", "np.imag", *(f"np.{kind.__name__}" for kind in (*FLOATS, *INTEGERS))])
def test_the_type_of_a_part_or_another_kind_of_number(name: str) -> None:
    parts = name in ("np.real", "np.imag")
    given = [x for x in OPERANDS if isinstance(x, np.ndarray) and x.ndim and (parts or not np.iscomplexobj(x))]
    assert all(check(name, (x,), {}, (Value(type_of(x)),)) for x in given)


REDUCTIONS = [
    "np.sum", "np.prod", "np.mean", "np.var", "np.std", "np.max", "np.min", "np.any", "np.all", "np.count_nonzero"
]  # fmt: skip


@pytest.mark.parametrize("name", [*REDUCTIONS, "np.argmax", "np.argmin", "np.cumsum", "np.cumprod"])
def test_the_type_of_a_reduction(name: str) -> None:
    checked = 0
    for x in OPERANDS:
        options: list[dict[str, Any]] = [{}, {"axis": 0}, {"axis": -1}, {"axis": None}]
        if name in REDUCTIONS:
            options += [{"axis": (0,)}, {"keepdims": True}, {"axis": -1, "keepdims": True}, {"axis": (0, 1)}]
        for kwargs in options:
            if np.ndim(x) or "axis" not in kwargs:
                checked += check(name, (x,), kwargs, (Value(type_of(x)),))
    assert checked > 20


@pytest.mark.parametrize("name", ["np.sum", "np.mean", "np.var", "np.cumsum"])
def test_a_reduction_takes_a_dtype(name: str) -> None:
    assert check(name, (np.ones(3, np.float32),), {"dtype": np.float64})


@pytest.mark.parametrize("x", OPERANDS, ids=lambda x: str(type_of(x)))
def test_the_type_of_what_is_made_after_another(x: Any) -> None:
    for name in ("np.zeros_like", "np.ones_like", "np.empty_like", "np.copy", "np.array", "np.ascontiguousarray"):
        assert check(name, (x,), {}, (Value(type_of(x)),))
        if name not in ("np.copy",):
            assert check(name, (x,), {"dtype": np.float32}, (Value(type_of(x)),))
    assert check("np.full_like", (x, 1), {})
    check("np.full", ((2, 3), x), {}, (atom((2, 3)), Value(type_of(x))))


@pytest.mark.parametrize("shape", [3, 1, 0, (), (2, 1), (1, 4, 0)])
def test_the_type_of_what_is_made_of_a_shape(shape: Any) -> None:
    for name in ("np.zeros", "np.ones", "np.empty"):
        assert check(name, (shape,), {})
        assert check(name, (shape,), {"dtype": np.int32})


def test_the_type_of_ranges() -> None:
    for name, args in [
        ("np.arange", (3,)), ("np.arange", (1,)), ("range_between", (0.5, 2.5)), ("range_by", (1, 5, 2)),
        ("range_by", (0.0, 1.0, 0.25)), ("range_by", (5, 1, -1)),
    ]:  # fmt: skip
        assert check(name, args, {})
        assert check(name, args, {"dtype": float})
    for args in [(0.0, 1.0, 5), (0, 1), (0.0, np.ones(2), 1), (np.float32(0), 1.0, 3)]:
        assert check("np.linspace", args, {})
    for args in [(3,), (1,), (2, 3), (2, 3, 1)]:
        assert check("np.eye", args, {})
    assert check("np.identity", (3,), {})


@pytest.mark.parametrize("c", [True, np.array([True, False, True]), np.array([[True], [False]])], ids=str)
def test_the_type_of_where(c: Any) -> None:
    for x, y in itertools.product([*WEAK, *STRONG, *ARRAYS], repeat=2):
        check("np.where", (c, x, y), {}, (Value(type_of(c)), Value(type_of(x)), Value(type_of(y))))


@pytest.mark.parametrize("items", [
    [1.0, 2], [np.float32(1), 2.0], [np.float32(1), 2], [1, 2], [[1.0], [2.0]], [np.ones(2), np.ones(2)],
    [np.ones((1, 2))],
    [True, False], [[1, 2], np.ones(2, np.float32)], (1.0,), [],
], ids=str)  # fmt: skip
def test_the_type_of_an_array_of_parts(items: Any) -> None:
    assert check("np.array", (items,), {})


@pytest.mark.parametrize("name, args, kwargs", [
    ("np.sum", (np.ones(3),), {"axis": 1}),
    ("np.mean", (np.ones((3, 2)),), {"axis": (0, 0)}),
    ("np.sin", ([1.0, 2.0],), {}),
    ("max", (np.ones(3), np.ones(3)), {}),
    ("and_", (1.5, 2.0), {}),
    ("math.sin", (np.ones(3),), {}),
    ("float", (np.ones(3),), {}),
    ("round", (np.ones(3),), {}),
])  # fmt: skip
def test_what_is_not_taken_is_refused(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    with pytest.raises(Error):
        REGISTRY.by_name[name].infer(*map(atom, args), **{k: atom(v) for k, v in kwargs.items()})
