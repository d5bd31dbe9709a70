"""NumPy's functions of objects that are no arrays: ``np.sum(a)`` is ``a.sum()``, ``np.sin(a)`` is ``a.sin()`` and
``np.multiply(a, 2)`` is ``a * 2``, as NumPy has it for whatever it cannot make an array of."""

from __future__ import annotations

import inspect
import operator
import types
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from s2sad.front.conversions import number_like
from s2sad.front.values import Abstract, Known, Record
from s2sad.ir.types import axes
from s2sad.prims.inference import number

if TYPE_CHECKING:
    from s2sad.front.calls import Calls


def squared(a: Any) -> Any:
    """What ``np.square`` makes of an object."""
    return a * a


METHODS: dict[Any, str] = {
    getattr(np, name): name for name in "sum prod max min mean std var transpose cumsum nonzero squeeze".split()  # noqa: SIM905
}
OPERATORS: dict[Any, Callable[..., Any]] = {
    np.absolute: abs, np.negative: operator.neg, np.positive: operator.pos, np.add: operator.add,
    np.subtract: operator.sub, np.multiply: operator.mul, np.true_divide: operator.truediv, np.power: operator.pow,
    np.greater: operator.gt, np.greater_equal: operator.ge, np.less: operator.lt, np.less_equal: operator.le,
    np.square: squared,
}  # fmt: skip


def by_method(machine: Calls, f: Any, args: tuple[Abstract, ...], kwargs: Mapping[str, Abstract]) -> Abstract | None:
    """The call of a method of the first operand that a call of NumPy's stands for; None where it stands for none."""
    first = args[0]
    if not isinstance(first, Record) or not isinstance(f, types.FunctionType | np.ufunc | type(np.sum)):
        return None
    if (name := METHODS.get(f)) is not None and has(first.cls, name):
        return machine.call(machine.attribute(first, name), args[1:], dict(kwargs))
    if not isinstance(f, np.ufunc) or kwargs or has(first.cls, "__array__") or has(first.cls, "__array_ufunc__"):
        return None
    if f in OPERATORS:
        alone = all(isinstance(a, Record) or number_like(a) and axes(number(machine.to_arg(a))) == () for a in args[1:])
        return machine.call(Known(OPERATORS[f]), args, {}) if alone else None
    if f.nin == 1 and has(first.cls, f.__name__):
        return machine.call(machine.attribute(first, f.__name__), (), {})
    return None


def has(cls: type, name: str) -> bool:
    """Whether a class has a method of this name."""
    return inspect.isfunction(inspect.getattr_static(cls, name, None))
