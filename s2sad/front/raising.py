"""Which exceptions an operation may raise at run time, and the condition under which it does, where that is simple."""

from __future__ import annotations

import ast
import math
import operator
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from s2sad.ir.core import Arg, Literal, Pack, Ref, Value
from s2sad.ir.primitive import Primitive
from s2sad.ir.types import Array, List, Scalar

Test = tuple[type[ast.cmpop], float]
Guard = tuple[tuple[Test, ...], bool, int]
INDEX: Guard = ((), False, -1)  # an index that lies outside
"""Comparisons that all have to hold, whether of the absolute value, and of which argument."""
Possible = tuple[type[BaseException], Guard | None]

_QUIET = frozenset(
    """
    dim shape np.ndim np.size zero_of list_new list_append list_len build item print set_attribute str.format section
    not len bool range_between np.copy ndarray.copy np.ravel ndarray.flatten ndarray.T np.ascontiguousarray
    np.zeros_like np.ones_like np.empty_like np.full_like np.sum np.prod np.mean np.any np.all np.count_nonzero
    math.atan math.tanh math.asinh math.erf math.erfc math.fabs math.degrees math.radians math.isnan math.isinf
    math.isfinite math.atan2 math.copysign math.cbrt math.hypot math.isclose math.nextafter math.ulp normal_quantile
    """.split()  # noqa: SIM905
)
_OPERATORS = frozenset("add sub mul neg pos abs eq ne lt le gt ge and_ or_ xor invert min max float".split())  # noqa: SIM905
_INF = math.inf


def largest(f: Callable[[float], object]) -> float:
    """The largest float of which ``f``, which grows, can be computed without OverflowError."""
    low, high = 0.0, sys.float_info.max
    if _fits(f, high):
        return high
    while True:
        middle = low + (high - low) / 2
        if middle in (low, high):
            return low
        low, high = (middle, high) if _fits(f, middle) else (low, middle)


def _fits(f: Callable[[float], object], x: float) -> bool:
    try:
        f(x)
    except OverflowError:
        return False
    return True


def _overflow(f: Callable[[float], object], absolute: bool) -> Possible:
    return OverflowError, (((ast.Gt, largest(f)), (ast.Lt, _INF)), absolute, 0)


def _value(absolute: bool, *tests: Test) -> Possible:
    return ValueError, (tests, absolute, 0)


_MATH: dict[str, Possible] = {
    "log": _value(False, (ast.LtE, 0.0)), "log2": _value(False, (ast.LtE, 0.0)), "log10": _value(False, (ast.LtE, 0.0)),
    "log1p": _value(False, (ast.LtE, -1.0)), "sqrt": _value(False, (ast.Lt, 0.0)),
    "acosh": _value(False, (ast.Lt, 1.0)),
    "asin": _value(True, (ast.Gt, 1.0)), "acos": _value(True, (ast.Gt, 1.0)), "atanh": _value(True, (ast.GtE, 1.0)),
    "sin": _value(True, (ast.Eq, _INF)), "cos": _value(True, (ast.Eq, _INF)), "tan": _value(True, (ast.Eq, _INF)),
    "exp": _overflow(math.exp, False), "expm1": _overflow(math.expm1, False),
    "sinh": _overflow(math.sinh, True), "cosh": _overflow(math.cosh, True),
}  # fmt: skip


def possible(prim: Primitive, args: Sequence[Any]) -> tuple[Possible, ...]:
    """What this operation may raise, with the condition on its arguments or None where there is no simple one."""
    name = prim.name
    arrays = [a for a in args if isinstance(a, Pack) or isinstance(type_or_none(a), Array | List)]
    if name in _QUIET:
        return ()
    if name.startswith("math."):
        known = _MATH.get(name[5:])
        if known is not None and len(args) == 1:
            return (known,)
        return (ValueError, None), (OverflowError, None), (ZeroDivisionError, None)
    if name in _OPERATORS and not arrays:
        return ()
    if name in ("div", "floordiv", "mod", "pow") and not arrays:
        return () if not all(map(weak, args)) else _power(args) if name == "pow" else _division(args)
    if name in ("getitem", "gather"):
        return () if sliced(args[1]) else ((IndexError, None if integer_items(args) is None else INDEX),)
    if name in ("store", "accumulate"):
        out: list[Possible] = [] if sliced(args[1]) else [(IndexError, None if integer_items(args) is None else INDEX)]
        return tuple(out) if isinstance(type_or_none(args[2]), Scalar) else (*out, (ValueError, None))
    if name in ("list_get", "list_set", "list_accumulate"):
        return ((IndexError, INDEX),)
    if name == "list_pop":
        return ((IndexError, None),)
    if name.startswith("np.linalg."):
        return (np.linalg.LinAlgError, None), (ValueError, None)
    if prim.elementwise and (name.startswith("np.") or name in _OPERATORS or name in ("div", "pow", "mod", "floordiv", "astype")):  # noqa: E501
        return () if len(arrays) <= 1 else ((ValueError, None),)
    if name in ("np.array", "np.zeros", "np.ones", "np.full") and all(isinstance(type_or_none(a), Scalar) for a in leaves(args[0])):  # noqa: E501
        return () if name == "np.array" or isinstance(args[0], Literal) else ((ValueError, None),)
    return ((ValueError, None),)


def _division(args: Sequence[Any]) -> tuple[Possible, ...]:
    return ((ZeroDivisionError, (((ast.Eq, 0.0),), False, 1)),)


def _power(args: Sequence[Any]) -> tuple[Possible, ...]:
    exponent = args[1].value if isinstance(args[1], Literal) else None
    if isinstance(exponent, int | float) and exponent > 0:
        return (_overflow(lambda x: x**exponent, True),)
    if exponent == 0:
        return ()
    return (ZeroDivisionError, None), (OverflowError, None)


def integer_items(args: Sequence[Any]) -> list[tuple[int, Any]] | None:
    """Axis and integer of each integer in an index made of integers and slices; None for any other."""
    if not isinstance(type_or_none(args[0]), Array):
        return [(0, args[1])] if isinstance(type_or_none(args[1]), Scalar) else None
    items = args[1].items if isinstance(args[1], Pack) and args[1].kind == "tuple" else (args[1],)
    out, axis = [], 0
    for i in items:
        if isinstance(i, Pack) and i.kind == "slice":
            axis += 1
        elif isinstance(i, Literal) and i.value is None:
            continue
        elif isinstance(t := type_or_none(i), Scalar) and t.dtype[0] in "iu":
            out.append((axis, i))
            axis += 1
        else:
            return None
    return out


def function_of(prim: Primitive) -> Ref | None:
    """The function to try an operation with; None where there is none that generated code can name."""
    if prim.name in _FUNCTIONS:
        function = _FUNCTIONS[prim.name]
        return Ref(function, function.__name__ if isinstance(function, type) else f"operator.{function.__name__}")
    path = prim.spelling.text
    if prim.spelling.style != "function" or "." not in path:
        return None
    module, *names = path.split(".")
    found: Any = np if module == "np" else sys.modules.get(module)
    for name in names:
        found = getattr(found, name, None)
    return Ref(found, path) if callable(found) else None


_FUNCTIONS: dict[str, Any] = {
    "pow": operator.pow, "div": operator.truediv, "floordiv": operator.floordiv, "mod": operator.mod,
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "matmul": operator.matmul,
    "gather": operator.getitem, "getitem": operator.getitem, "int": int, "float": float, "list_get": operator.getitem,
}  # fmt: skip


def may_trap(prim: Primitive, args: Sequence[Any]) -> bool:
    """Whether NumPy may note a floating point error in this operation."""
    name = prim.name
    if name in _QUIET or name in _NO_TRAP or name.startswith(("np.linalg.", "math.", "list_")) or prim.effect:
        return False
    if prim.spelling.style not in ("function", "operator", "method"):
        return False
    numbers = [t for a in args for t in map(type_or_none, leaves(a)) if isinstance(t, Array | Scalar)]
    floats = [t for t in numbers if t.dtype[0] in "fc"]
    return bool(floats) and (name.startswith("np.") or any(isinstance(t, Array) or not t.weak for t in floats))


_NO_TRAP = frozenset(
    """
    neg pos abs eq ne lt le gt ge np.where np.maximum np.minimum np.fmax np.fmin np.isnan np.isfinite np.isinf np.sign
    np.floor np.ceil np.rint np.trunc np.clip np.sort np.argsort np.argmax np.argmin np.max np.min np.reshape
    np.transpose np.concatenate np.stack np.diag np.tril np.triu np.broadcast_to np.expand_dims np.squeeze np.flip
    np.roll np.repeat np.tile np.eye np.arange np.linspace np.zeros np.ones np.full np.array np.copysign np.real np.imag
    raises traps trap astype
    """.split()  # noqa: SIM905
)


def leaves(arg: Arg) -> list[Any]:
    if not isinstance(arg, Pack):
        return [arg]
    return [x for item in arg.items for x in leaves(item)]


def type_or_none(arg: Any) -> Any:
    if isinstance(arg, Value | Literal):
        return arg.type
    return None


def weak(arg: Any) -> bool:
    """Whether this is a number of Python's own, whose arithmetic raises where NumPy's warns."""
    if isinstance(arg, int | float):
        return True
    t = type_or_none(arg)
    return isinstance(t, Scalar) and t.weak


def sliced(index: Any) -> bool:
    """Whether an index has slices alone, which never miss."""
    items = index.items if isinstance(index, Pack) and index.kind == "tuple" else (index,)
    return all(
        isinstance(i, Pack) and i.kind == "slice" or isinstance(i, Literal) and i.value is Ellipsis for i in items
    )
