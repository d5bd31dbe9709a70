"""Tangents and cotangents as users pass them, brought to the structure, shapes and dtypes of what they belong to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from s2sad import pytrees
from s2sad.errors import InputError
from s2sad.ir.core import Arg, Atom, Pack
from s2sad.ir.types import List, Scalar, Type, is_complex, is_inexact


def seeds_like(arg: Arg, primal: Any, given: Any, where: str) -> Iterator[tuple[Atom, Any]]:
    """Each atom of a structure with its part of ``given``, checked against the primal's value.

    Raises
    ------
    InputError
        A tangent or cotangent of another structure or shape than the primal.
    """
    if not isinstance(arg, Pack):
        yield arg, _leaf(arg.type, primal, given, where)
        return
    parts = pytrees.children(primal)
    try:
        pairs = pytrees.children(given) if pytrees.is_container(given) else None
        if isinstance(given, dict) and isinstance(primal, dict) and given.keys() == primal.keys():
            pairs = [(name, given[key]) for (name, _), key in zip(parts, primal, strict=True)]
    except AttributeError:
        pairs = None
    if pairs is None or type(given) is not type(primal) or [n for n, _ in pairs] != [n for n, _ in parts]:
        raise InputError(
            f"{where} is {pytrees.describe(given)}, but the value it belongs to is {pytrees.describe(primal)}",
            instead="give it the same structure",
        )
    for item, (suffix, value), (_, part) in zip(arg.items, parts, pairs, strict=True):
        yield from seeds_like(item, value, part, where + suffix)


def is_like(primal: Any, given: Any) -> bool:
    """Whether what was given may be taken as it is: a float for a float, an array of floats for one like it."""
    if type(given) is not type(primal):
        return False
    if type(primal) is np.ndarray:
        return bool(given.shape == primal.shape and given.dtype == primal.dtype and primal.dtype.kind in "fc")
    return type(primal) is float


def _leaf(t: Type, primal: Any, given: Any, where: str) -> Any:
    if is_like(primal, given) and is_inexact(t):
        return given
    match t:
        case List(item=item):
            if not isinstance(given, list | tuple) or len(given) != len(primal):
                raise InputError(
                    f"{where} is {pytrees.describe(given)}, not a list of {len(primal)}",
                    why="it has a part for each item of the list that it belongs to", instead="give it as a list",
                )  # fmt: skip
            triples = enumerate(zip(primal, given, strict=True))
            return [_leaf(item, value, part, f"{where}[{k}]") for k, (value, part) in triples]
        case _ if not is_inexact(t):
            return None  # nothing to differentiate here, whatever was given
    array = np.asarray(given)
    kinds = "fiubc" if is_complex(t) else "fiub"
    if array.dtype.kind not in kinds:
        what = f"of dtype {array.dtype}" if array.dtype.kind != "O" else pytrees.describe(given)
        wanted = "numbers" if "c" in kinds else "real numbers"
        raise InputError(f"{where} is {what}, not {wanted}", instead="pass floats")
    if array.shape != np.shape(primal):
        raise InputError(
            f"{where} has shape {array.shape}, but the value it belongs to has shape {np.shape(primal)}",
            instead="give it that shape",
        )
    if isinstance(primal, np.ndarray):
        return array.astype(primal.dtype, copy=False)
    if isinstance(primal, np.inexact):
        return primal.dtype.type(given)
    weak = isinstance(t, Scalar) and t.weak
    if is_complex(t):
        return complex(given) if weak else np.complex128(given)
    return float(given) if weak else np.float64(given)
