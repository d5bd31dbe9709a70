"""Signatures ahead of any call: from a function's annotations to specifications without values."""

from __future__ import annotations

import inspect
import itertools
import typing
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from s2sad.compiler.parameters import Parameters
from s2sad.compiler.signature import spec_of
from s2sad.errors import InputError
from s2sad.front.program import Leaf, Record
from s2sad.ir.types import BOOL, COMPLEX, FLOAT, INT, Array, Axis, Scalar, Type, dtype_name

VECTOR, MATRIX = Array("f64", ("n",)), Array("f64", ("n", "n"))
_SCALARS: dict[Any, Type] = {float: FLOAT, int: INT, bool: BOOL, complex: COMPLEX}


def specs_ahead(fn: Callable[..., Any], parameters: Parameters) -> Iterator[Sequence[Any]]:
    """Canonical specifications to try, best first, without any call.

    An annotated parameter has the type that it says, one with a default that of its default. The others are taken as
    Python floats; where that does not fit the program, as vectors or matrices (the latter first where the name has a
    capital), or else as arrays of unknown rank.

    Raises
    ------
    InputError
        For ``*args``, ``**kwargs``, and annotations that do not tell a type.
    """
    hints = _hints(fn, parameters)
    fixed: list[Any] = []
    open_places: list[int] = []
    for k, (name, parameter) in enumerate(parameters.own.parameters.items()):
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            raise InputError(
                f"the arguments of {parameters.function} are not known before a call",
                instead="call it once, or give arguments to source_for",
            )
        if name in hints:
            fixed.append(_said(hints[name], parameter, name))
        elif parameter.default is not parameter.empty:
            fixed.append(spec_of(parameter.default, name))
        else:
            open_places.append(k)
            fixed.append(None)
    for _ in parameters.directions:
        open_places.append(len(fixed))
        fixed.append(None)
    guesses = [_guesses(parameters.names[k]) for k in open_places]
    combinations: Any = itertools.product(*guesses) if len(open_places) <= 3 else zip(*guesses, strict=True)
    for combination in combinations:
        specs = list(fixed)
        for k, t in zip(open_places, combination, strict=True):
            specs[k] = Leaf(t)
        yield specs


def _guesses(name: str) -> tuple[Type, ...]:
    """What a parameter without annotation may be, likelier first: a capital letter is rather a matrix than a vector."""
    ranks = (MATRIX, VECTOR) if name[:1].isupper() else (VECTOR, MATRIX)
    return (FLOAT, *ranks, Array("f64", None))


def _said(annotation: Any, parameter: inspect.Parameter, name: str) -> Any:
    """What an annotation says, or the default where it says nothing of the type: ``mode: str = "a"``."""
    try:
        return spec_of_annotation(annotation, name)
    except InputError:
        if parameter.default is parameter.empty:
            raise
        return spec_of(parameter.default, name)


def _hints(fn: Any, parameters: Parameters) -> dict[str, Any]:
    """Annotations by parameter, strings evaluated where they can be."""
    try:
        signature = inspect.signature(fn, follow_wrapped=False, eval_str=True)
    except Exception:  # a name that exists for type checkers only: whatever evaluating it raises
        signature = parameters.own
    found = {n: p.annotation for n, p in signature.parameters.items()}
    return {n: a for n, a in found.items() if a is not inspect.Parameter.empty and a is not Any}


def spec_of_annotation(annotation: Any, name: str) -> Any:
    """The specification that an annotation says.

    Understood are ``float``, ``int``, ``bool``, ``complex``, NumPy scalar types, ``np.ndarray``, ``NDArray[dtype]``,
    ``tuple[...]``, namedtuples and dataclasses of these, ``Annotated``, and annotations as jaxtyping writes them, such
    as ``Float[np.ndarray, "n 1"]``.

    >>> str(spec_of_annotation(np.ndarray, "x").type)
    'f64[...]'
    """
    t = _type_of_annotation(annotation)
    if t is not None:
        return Leaf(t)
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is tuple and Ellipsis not in arguments:
        return tuple(spec_of_annotation(a, f"{name}[{k}]") for k, a in enumerate(arguments))
    if isinstance(annotation, type) and (fields := _fields(annotation)):
        specs = {field: spec_of_annotation(a, f"{name}.{field}") for field, a in fields.items()}
        if issubclass(annotation, tuple):
            return annotation(*specs.values())
        return Record(_blank(annotation), specs)
    raise InputError(
        f"the annotation of {name}, {annotation!r}, does not tell its type",
        instead="call the derivative once, or give arguments to source_for",
    )


def _fields(cls: type) -> dict[str, Any]:
    """The annotations of all fields of a namedtuple or dataclass; nothing where one of them has none."""
    names = list(getattr(cls, "_fields", None) or getattr(cls, "__dataclass_fields__", {}))
    try:
        hints = typing.get_type_hints(cls)
    except Exception:  # as for parameters
        hints = {n: a for c in reversed(cls.__mro__) for n, a in getattr(c, "__annotations__", {}).items()}
    return {n: hints[n] for n in names} if all(n in hints for n in names) else {}


def _blank(cls: type) -> Any:
    """An instance without values: there for its methods."""
    return object.__new__(cls)


def _type_of_annotation(annotation: Any) -> Type | None:
    if annotation in _SCALARS:
        return _SCALARS[annotation]
    if isinstance(annotation, type) and issubclass(annotation, np.generic):
        dtype = dtype_name(annotation)
        return Scalar(dtype) if dtype is not None else None
    if annotation is np.ndarray:
        return Array("f64", None)
    if hasattr(annotation, "dim_str") and hasattr(annotation, "dtypes"):
        return _jaxtyping(annotation.dim_str, annotation.dtypes)
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return _type_of_annotation(arguments[0])
    if origin is np.ndarray:
        return _ndarray(*arguments)
    return None


def _ndarray(shape: Any, dtype: Any) -> Type | None:
    """``np.ndarray[shape, np.dtype[scalar]]``, which is what ``NDArray[scalar]`` stands for."""
    scalars = typing.get_args(dtype)
    name = "f64"
    if scalars and isinstance(scalars[0], type) and issubclass(scalars[0], np.generic):
        concrete = scalars[0] not in (np.floating, np.number, np.inexact, np.generic)
        found = dtype_name(scalars[0]) if concrete else "f64"
        if found is None:
            return None
        name = found
    axes = typing.get_args(shape)
    return Array(name, None if not axes or Ellipsis in axes else tuple("?" for _ in axes))


def _jaxtyping(dims: str, dtypes: Any) -> Type:
    """Axes of jaxtyping's shape strings: ``n`` and ``3`` are axes, ``1`` one of size one, ``...`` any number."""
    names = dtypes if isinstance(dtypes, list | tuple) else [str(dtypes)]
    short = {"float32": "f32", "float16": "f16", "complex64": "c64", "complex128": "c128", "bool": "bool"}
    preferred = "f64" if any("float64" in str(n) for n in names) else short.get(str(names[0]), "f64")
    if all("int" in str(n) for n in names):
        preferred = "i64"
    axes: list[Axis] = []
    for dim in dims.split():
        if dim.startswith(("*", "...")):
            return Array(preferred, None)
        axes.append("1" if dim == "1" else "?" if dim.startswith(("#", "_")) else "n")
    return Array(preferred, tuple(axes))
