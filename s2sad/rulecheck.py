"""``check_rule``: one primitive's rule, or one function's, against what does not depend on it."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from s2sad import pytrees
from s2sad.api import jvp, vjp
from s2sad.compiler.load import load
from s2sad.errors import InputError
from s2sad.ir.primitive import Primitive
from s2sad.prims.primitive import REGISTRY
from s2sad.rules.book import BOOK

Check = Callable[..., None]
DOUBLE, SINGLE = ("float64", "complex128"), ("float32", "complex64")
PRECISIONS = dict.fromkeys(DOUBLE, DOUBLE) | dict.fromkeys(SINGLE, SINGLE)


class Call:
    """A call of a function with some of its floats as variables: ``function(*values)`` makes it."""

    def __init__(
        self, target: Any, args: Sequence[Any], kwargs: Mapping[str, Any],
        wrt: Sequence[str | int] | str | int | None,
    ) -> None:
        prim = target if isinstance(target, Primitive) else None
        if prim is None:
            prim = BOOK.resolve(target) if isinstance(target, str) else REGISTRY.lookup(target)
        self.name = prim.name if prim is not None else getattr(target, "__name__", "function")
        called = target if callable(target) else REGISTRY.word(BOOK.resolve(target))
        self.values: list[Any] = []
        self.constants: dict[str, Any] = {}
        names = _names(prim, called, args, kwargs)
        active = _active(prim, names, wrt)
        texts = [self.written(value, name in active) for name, value in zip(names, args, strict=False)]
        texts += [f"{name}={self.written(value, name in active)}" for name, value in kwargs.items()]
        parameters = ", ".join(f"x{k}" for k in range(len(self.values)))
        self.text = f"def called({parameters}):\n    return target({', '.join(texts)})\n"
        self.target = called

    def written(self, value: Any, active: bool) -> str:
        """An argument as an expression: its floats are variables, what is no literal is a constant."""
        if active and _is_number(value):
            self.values.append(value)
            return f"x{len(self.values) - 1}"
        if isinstance(value, list | tuple) and type(value) in (list, tuple):
            inner = "".join(f"{self.written(v, active)}, " for v in value)
            return f"[{inner}]" if isinstance(value, list) else f"({inner})"
        if value is None or type(value) in (bool, int, float, str):
            return repr(value) if value == value and value not in (np.inf, -np.inf) else self.constant(value)
        return self.constant(value)

    def constant(self, value: Any) -> str:
        """The name of a value that is not differentiated."""
        name = f"k{len(self.constants)}"
        self.constants[name] = value
        return name

    def function(self, dtype: str) -> Callable[..., Any]:
        """The call as a function of its variables, with its constants in this precision."""
        constants = {k: _as(dtype, v, exact=True) for k, v in self.constants.items()}
        made = load(self.text, "called", {"target": self.target, **constants})
        made.__name__ = self.name
        return made


def _names(prim: Primitive | None, called: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> list[str]:
    """The parameter that each positional argument belongs to."""
    try:
        parameters = list((prim.signature if prim is not None else inspect.signature(called)).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    names = []
    for k in range(len(args)):
        p = parameters[min(k, len(parameters) - 1)] if parameters else None
        names.append(p.name if p is not None and (k < len(parameters) or p.kind is p.VAR_POSITIONAL) else f"{k}")
    unknown = set(kwargs) & set(names)
    if unknown:
        raise InputError(f"{prim or called} gets {min(unknown)} twice", instead="give it by position or by name")
    return names


def _active(prim: Primitive | None, names: list[str], wrt: Sequence[str | int] | str | int | None) -> Any:
    """Which parameters are differentiated: those asked for, else those that the rule differentiates, else all."""
    if wrt is not None:
        chosen = (wrt,) if isinstance(wrt, str | int) else wrt
        return {names[w] if isinstance(w, int) else w for w in chosen}
    rule = None if prim is None else BOOK.forward.get(prim)
    return _Everything() if rule is None or not rule.wrt else set(rule.wrt)


class _Everything:
    def __contains__(self, name: object) -> bool:
        return True


def _is_number(value: Any) -> bool:
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "fc"
    return isinstance(value, float | complex | np.inexact) and not isinstance(value, bool)


def _as(dtype: str, value: Any, exact: bool = False) -> Any:
    """Floats in another precision: arrays and NumPy's numbers. Complex ones get an imaginary part, unless ``exact``."""
    real, wide = PRECISIONS[dtype]
    grows = dtype == wide and not exact
    if isinstance(value, list | tuple) and exact:
        return type(value)(_as(dtype, v, exact) for v in value)
    if not isinstance(value, np.ndarray | np.inexact):
        return complex(value, 0.25) if grows and type(value) is float else value
    if value.dtype.kind not in "fc":
        return value
    if value.dtype.kind == "c" or not grows:
        return value.astype(wide if value.dtype.kind == "c" else real)
    parts = np.linspace(0.2, 0.4, max(value.size, 1))[: value.size].reshape(value.shape)
    return (value + 1j * parts).astype(wide)[()]


def checked_at(call: Call, dtype: str, to_order: int, check: Check) -> None:
    """Compare the derivatives of a call at its sample, with floats of this dtype."""
    single = PRECISIONS[dtype][0] == "float32"
    f, values = call.function(dtype), [_as(dtype, v) for v in call.values]
    kept = copy.deepcopy(values)
    check(f, values, order=1 if single else to_order)
    result = f(*values)
    ones = pytrees.tree_map(lambda x: np.ones_like(x) if isinstance(x, np.ndarray) else type(x)(1), tuple(values))
    value, dot = jvp(f, tuple(values), ones)
    again, pull = vjp(f, *values)
    where = f"{call.name} of {dtype}"
    for out, what in ((value, "the value of jvp"), (dot, "the tangent"), (again, "the value of vjp")):
        _alike(out, result, f"{what} of {where}")
    bars = pull(pytrees.tree_map(_one_like, again))
    for k, (bar, operand) in enumerate(zip(bars, values, strict=True)):
        if np.shape(bar) != np.shape(operand):
            raise AssertionError(f"cotangent {k} of {where} has shape {np.shape(bar)}, its operand {np.shape(operand)}")
        if isinstance(operand, np.ndarray) and bar.dtype != operand.dtype:
            raise AssertionError(f"cotangent {k} of {where} has dtype {bar.dtype}, its operand {operand.dtype}")
    for k, (now, before) in enumerate(zip(values, kept, strict=True)):
        if not np.array_equal(now, before, equal_nan=True):
            raise AssertionError(f"a derivative of {where} has changed its argument {k}")


def _one_like(leaf: Any) -> Any:
    if not _is_number(leaf):
        return None
    return np.ones_like(leaf) if isinstance(leaf, np.ndarray) else type(leaf)(1)


def _alike(got: Any, want: Any, what: str) -> None:
    """AssertionError where floats have another shape or dtype than those of the function's own result."""
    for a, b in zip(pytrees.leaves(got), pytrees.leaves(want), strict=True):
        if not _is_number(b):
            continue
        have, wanted = (np.shape(a), np.asarray(a).dtype), (np.shape(b), np.asarray(b).dtype)
        if have != wanted and (have[0] != wanted[0] or type(a) is not float):  # a zero is a number as Python has it
            raise AssertionError(f"{what} has shape and dtype {have}, the function itself {wanted}")
