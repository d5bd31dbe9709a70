"""Declaring the functions of a library as primitives."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from s2sad.errors import InputError
from s2sad.ir.core import Arg
from s2sad.ir.primitive import Cost, Primitive
from s2sad.ir.types import Array, Scalar, Type, dtype_name, np_dtype, of
from s2sad.prims.inference import broadcast, number, ufunc_dtypes
from s2sad.prims.primitive import REGISTRY, primitive
from s2sad.prims.structure import loop_dtype


def named(infer: Callable[..., Any], parameters: str) -> Callable[..., Any]:
    """An inference function under parameters of these names."""
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    infer.__signature__ = inspect.Signature([inspect.Parameter(p, kind) for p in parameters.split()])  # type: ignore[attr-defined]
    return infer


def inference_of(ufunc: Any, parameters: str) -> Callable[..., Any]:
    """Inference of a ufunc: dtypes as its loops have them, axes of the broadcast."""

    def infer(*operands: Arg) -> Type | tuple[Type, ...]:
        types = tuple(map(number, operands))
        where = broadcast(*types)
        out = tuple(of(dtype, where) for dtype in ufunc_dtypes(ufunc, *types))
        return out[0] if len(out) == 1 else out

    return named(infer, parameters)


def ufuncs(library: Any, names: str, parameters: str = "x", cost: Cost = "costly") -> None:
    """Declare ufuncs of a library, where its version has them, under parameters of these names."""
    for name in names.split():
        ufunc = getattr(library, name, None)
        if ufunc is not None:
            elementwise(f"{library.__name__}.{name}", ufunc, inference_of(ufunc, parameters), cost)


def elementwise(name: str, function: Any, infer: Callable[..., Any], cost: Cost = "costly") -> Primitive:
    """Declare one elementwise function, unless another library has declared it already."""
    known = REGISTRY.by_object.get(id(function))
    return known or primitive(name, function, infer, elementwise=True, cost=cost)


def composed(ufunc: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Define a ufunc by others: lists are arrays to it, and its result has the dtype that its own loops give."""

    def enter(body: Callable[..., Any]) -> Callable[..., Any]:
        @REGISTRY.define(ufunc)
        def meaning(*operands: Any) -> Any:
            arrays = [np.asarray(x) if isinstance(x, (list, tuple)) else x for x in operands]
            out, dtype = body(*arrays), loop_dtype(ufunc, *arrays)
            return out if np.result_type(out) == dtype else out.astype(dtype)

        meaning.__wrapped__ = body  # type: ignore[attr-defined]  # what the page of primitives shows
        return body

    return enter


def of_either(function: Callable[..., Any], parameters: str) -> Callable[..., Any]:
    """Inference of a Python function that is elementwise, and complex where an operand is."""
    real, complex_ = as_computed(function, parameters), of_complex(parameters)

    def infer(*operands: Arg) -> Type:
        return (complex_ if any(number(a).dtype[0] == "c" for a in operands) else real)(*operands)  # type: ignore[no-any-return]

    return named(infer, parameters)


def as_computed(function: Callable[..., Any], parameters: str, arrays: bool = False) -> Callable[..., Any]:
    """Inference of a Python function that is elementwise: numbers of the kind that it gives of ones.

    ``arrays``: it gives arrays without axes of numbers.
    """

    def infer(*operands: Arg) -> Type:
        types = tuple(map(number, operands))
        if any(t.dtype[0] == "c" for t in types):
            raise InputError(
                "a complex argument of a function that is known for real ones only", instead="pass its real part"
            )
        kinds = tuple((t.dtype, isinstance(t, Scalar) and t.weak, isinstance(t, Scalar)) for t in types)
        dtype, where = _of_ones(function, kinds), broadcast(*types)
        return Array(dtype, where) if arrays else of(dtype, where)

    return named(infer, parameters)


@cache
def _of_ones(function: Callable[..., Any], kinds: tuple[tuple[str, bool, bool], ...]) -> str:
    ones: list[Any] = []
    for dtype, weak, scalar in kinds:
        one = np.ones(() if scalar else (1,), np_dtype(dtype))
        ones.append(one.item() if weak else one[()])
    with np.errstate(all="ignore"):
        found = dtype_name(np.asarray(function(*ones)).dtype)
    assert found is not None
    return found


def of_double(parameters: str) -> Callable[..., Any]:
    """Inference of a function that is elementwise and computes in double precision, whatever it is given."""
    return named(lambda *operands: of("f64", broadcast(*map(number, operands))), parameters)


def of_complex(parameters: str) -> Callable[..., Any]:
    """Inference of a Python function that is elementwise and gives complex numbers."""
    return named(lambda *operands: of("c128", broadcast(*map(number, operands))), parameters)
