"""A derivative on NumPy's numbers, for which ``1 / 0`` is inf where Python's float raises.

The program itself may be well defined where the slope of one of its parts is infinite (``sqrt`` at 0), or overflows.
Generated code keeps to Python floats, which are several times faster; where one raises, it is run again in this form:
every float that it writes out, and every result of a function of ``math``, is a NumPy number.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable
from types import FunctionType
from typing import Any

import numpy as np

from s2sad.ir.core import Pack, Value
from s2sad.ir.types import Array, Scalar, np_dtype

_INTEGER = frozenset("floor ceil trunc isqrt factorial comb perm gcd lcm isnan isinf isfinite isclose frexp".split())  # noqa: SIM905


def on_numpy(function: Callable[..., Any], source: str, result: object = None) -> Callable[..., Any]:
    """The function of generated source text again, on NumPy's numbers; ``result`` tells the precision of what it gives.

    A Python float does not widen an array of single precision, and what stands for one here does.
    """
    name = function.__name__
    tree = _Numpy().visit(ast.parse(source))
    ast.fix_missing_locations(tree)
    assert isinstance(function, FunctionType)
    module = {**function.__globals__, "_number": _number, "_whole": _whole}
    exec(compile(tree, function.__code__.co_filename, "exec", dont_inherit=True), module)
    made: Callable[..., Any] = module[name]
    made.__defaults__ = function.__defaults__
    return made if result is None else lambda *args, **kwargs: _narrowed(made(*args, **kwargs), result)


def _narrowed(value: Any, expected: object) -> Any:
    """What was computed in double precision where single was expected, as such."""
    if isinstance(expected, Pack) and type(value) in (tuple, list) and len(value) == len(expected.items):
        return type(value)(map(_narrowed, value, expected.items))
    t = expected.type if isinstance(expected, Value) else None
    if isinstance(t, Scalar) and t.weak and t.dtype == "f64" and isinstance(value, np.float64):
        return float(value)
    if isinstance(t, Array | Scalar) and t.dtype in ("f32", "c64") and isinstance(value, np.ndarray | np.generic):
        return value.astype(np_dtype(t.dtype), copy=False) if value.dtype.kind == np_dtype(t.dtype).kind else value
    return value


def _number(value: Any) -> Any:
    return np.float64(value) if type(value) is float else value


def _whole(value: Any) -> Any:
    return bool(value) if isinstance(value, np.bool_) else value


class _Numpy(ast.NodeTransformer):
    """Wraps what makes Python floats."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        node.body = [self.visit(s) for s in node.body]  # defaults stay: they are replaced by those of today
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        if type(node.value) is float:
            return ast.copy_location(ast.Call(ast.Name("_number", ast.Load()), [node], []), node)
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        """NumPy has no difference of truth values, such as ``(x > 0) - (x < 0)``."""
        self.generic_visit(node)
        if isinstance(node.op, ast.Sub):
            whole = [ast.Call(ast.Name("_whole", ast.Load()), [side], []) for side in (node.left, node.right)]
            node.left, node.right = (ast.copy_location(side, node) for side in whole)
        return node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        match node.func:
            case ast.Attribute(value=ast.Name(id="math"), attr=attr) if hasattr(math, attr) and attr not in _INTEGER:
                return ast.copy_location(ast.Call(ast.Name("_number", ast.Load()), [node], []), node)
            case ast.Name(id="float"):
                return ast.copy_location(ast.Call(ast.Name("_number", ast.Load()), [node], []), node)
        return node
