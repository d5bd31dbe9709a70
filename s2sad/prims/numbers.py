"""Methods of Python's numbers, and ``bisect``."""

from __future__ import annotations

import bisect
from typing import Any

from s2sad.errors import InputError, TraceError
from s2sad.ir.core import Arg, Pack
from s2sad.ir.types import BOOL, INT, Array, List, Scalar, Type
from s2sad.prims.inference import number
from s2sad.prims.primitive import primitive


def _whole(x: Arg) -> Type:
    if not isinstance(x.type, Scalar) or x.type.dtype[0] not in "iub":
        raise InputError(
            f"a method of integers on a value of type {x.type}", why="an array, or what may be one, does not have it",
            instead="make it a number on every path, with int(...)",
        )  # fmt: skip
    return INT


def _is_integer(x: Arg) -> Type:
    if not isinstance(x.type, Scalar):
        raise InputError(
            f"is_integer of a value of type {x.type}", why="an array, or what may be one, does not have it",
            instead="make it a number on every path, or compare with np.floor: x == np.floor(x)",
        )  # fmt: skip
    return BOOL


def _called(name: str) -> Any:
    return lambda x: getattr(x, name)()


for _name in ("bit_length", "bit_count"):
    primitive(f"int.{_name}", _called(_name), _whole, style="method", text=_name, cost="cheap", calls=(), method=_name)
primitive(
    "float.is_integer", _called("is_integer"), _is_integer, style="method", text="is_integer", cost="cheap", calls=(),
    method="is_integer",
)  # fmt: skip


def _bisected(a: Arg, x: Arg, lo: Any = 0, hi: Any = None) -> Type:
    number(x)
    if not isinstance(a, Pack) and not isinstance(a.type, List | Array):
        raise TraceError(f"bisection of a value of type {a.type}")
    return INT


for _name in ("bisect_left", "bisect_right"):
    primitive(f"bisect.{_name}", getattr(bisect, _name), _bisected)
