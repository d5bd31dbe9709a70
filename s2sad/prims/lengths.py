"""Squares of lengths (moduli, norms, roots of sums of squares) have a derivative at 0, where lengths have none."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import math
from typing import Any

import numpy as np

from s2sad.ir.core import Arg
from s2sad.ir.types import Type
from s2sad.prims.primitive import REGISTRY, primitive


def squared_modulus(z):
    """Return abs(z)**2."""
    return abs(z) ** 2


def squared_norm(x, axis=None, keepdims=False):
    """Return np.linalg.norm(x, axis=axis, keepdims=keepdims)**2 of vectors, or of all items."""
    return np.linalg.norm(x, axis=axis, keepdims=keepdims) ** 2


def squared_hypot(x1, x2):
    """Return np.hypot(x1, x2)**2."""
    return np.hypot(x1, x2) ** 2


def squared_hypotenuse(x1, x2):
    """Return math.hypot(x1, x2)**2."""
    return math.hypot(x1, x2) ** 2


def squared_root(x):
    """Return np.sqrt(x)**2 of what is not negative."""
    return np.sqrt(x) ** 2


def squared_root_of_number(x):
    """Return math.sqrt(x)**2 of what is not negative."""
    return math.sqrt(x) ** 2


def _of_root(x: Arg) -> Type:
    return _type_of("np.sqrt", x)


def _of_root_of_number(x: Arg) -> Type:
    return _type_of("math.sqrt", x)


def _of_modulus(z: Arg) -> Type:
    return _type_of("abs", z)


def _of_norm(x: Arg, axis: Any = None, keepdims: Any = False) -> Type:
    return _type_of("vector_norm", x, axis=axis, keepdims=keepdims)


def _of_hypot(x1: Arg, x2: Arg) -> Type:
    return _type_of("np.hypot", x1, x2)


def _of_hypotenuse(x1: Arg, x2: Arg) -> Type:
    return _type_of("math.hypot", x1, x2)


def _type_of(length: str, *args: Arg, **options: Any) -> Type:
    """A square has the type of its length."""
    found = REGISTRY.by_name[length].infer(*args, **options)
    assert not isinstance(found, tuple)
    return found


SQUARES = {
    "abs": primitive("squared_modulus", squared_modulus, _of_modulus, style="helper", elementwise=True, cost="cheap"),
    "vector_norm": primitive("squared_norm", squared_norm, _of_norm, style="helper"),
    "np.hypot": primitive("squared_hypot", squared_hypot, _of_hypot, style="helper", elementwise=True),
    "math.hypot": primitive("squared_hypotenuse", squared_hypotenuse, _of_hypotenuse, style="helper", elementwise=True),
    "np.sqrt": primitive("squared_root", squared_root, _of_root, style="helper", elementwise=True),
    "math.sqrt": primitive(
        "squared_root_of_number", squared_root_of_number, _of_root_of_number, style="helper", elementwise=True
    ),
}
"""The square of each length, by its name."""

LENGTHS = {square: length for length, square in SQUARES.items()}
