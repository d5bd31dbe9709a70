"""Running a derivative again without doing again what it has done to the world outside.

A derivative that raised where NumPy's numbers would not is run again (``numeric``). Its effects up to there, such as a
print or an append to a list outside, have happened. How many there were is found by a run in which they are left out;
the run on NumPy's numbers leaves out that many.
"""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import FunctionType
from typing import Any

import numpy as np

from s2sad.compiler.load import load
from s2sad.compiler.numeric import on_numpy
from s2sad.compiler.pipeline import Compiled, captures
from s2sad.compiler.signature import as_numpy
from s2sad.emit import written
from s2sad.ir.core import Call, Trace, Value
from s2sad.ir.walk import all_ops
from s2sad.prims.outside import EFFECTS
from s2sad.prims.structure import print_, warn

Due = Callable[[], bool]
RAISED = (ZeroDivisionError, OverflowError)


def has_effects(trace: Trace) -> bool:
    """Whether running this trace changes something outside, or prints."""
    return any(isinstance(op, Call) and op.prim in (*EFFECTS, print_, warn) for op in all_ops(trace.body.ops))


def owners(function: FunctionType, trace: Trace) -> frozenset[str]:
    """The parameters of generated code that are objects outside, which its effects change."""
    changed = {op.args[0] for op in all_ops(trace.body.ops) if isinstance(op, Call) and op.prim in EFFECTS}
    found = zip(keywords_of(function), captures(trace), strict=False)
    return frozenset(name for name, param in found if isinstance(param.value, Value) and param.value in changed)


def keywords_of(function: FunctionType) -> tuple[str, ...]:
    code = function.__code__
    return code.co_varnames[code.co_argcount :][: code.co_kwonlyargcount]


def run_again(made: Compiled, seeded: bool) -> Callable[[Sequence[Any], Mapping[str, Any]], Any]:
    """A function that takes the arguments of a run that raised, and runs the derivative on NumPy's numbers."""
    trace, names = made.program.trace, owners(made.run, made.program.trace)

    def again(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        stage = made.stages["primal"]
        assert isinstance(stage, Trace)
        source, known = written(stage)
        primal = load(source, stage.name, known)
        own = args[: len(trace.arguments)] if seeded else args
        given = dict(zip(keywords_of(primal), kwargs.values(), strict=True))
        try:
            guarded(primal, source, owners(primal, stage), lambda: False)(*own, **given)
        except RAISED:
            if not any(isinstance(v, np.ndarray | np.generic) for v in leaves([*args, *kwargs.values()])):
                raise  # so does the program
        performed = 0

        def counted() -> bool:
            nonlocal performed
            performed += 1
            return False

        with contextlib.suppress(*RAISED):
            guarded(made.run, made.source, names, counted)(*args, **kwargs)
        left = performed

        def due() -> bool:
            nonlocal left
            left -= 1
            return left < 0

        lenient = guarded(made.run, made.source, names, due, lambda f, text: on_numpy(f, text, trace.result))
        return lenient(*map(as_numpy, args), **{k: v if k in names else as_numpy(v) for k, v in kwargs.items()})

    return again


def leaves(values: list[Any]) -> Iterator[Any]:
    """The values in nested tuples, lists and dicts."""
    pending = values
    while pending:
        v = pending.pop()
        if isinstance(v, tuple | list):
            pending.extend(v)
        elif isinstance(v, dict):
            pending.extend(v.values())
        else:
            yield v


def guarded(
    function: FunctionType, source: str, names: frozenset[str], due: Due,
    make: Callable[[Any, str], Callable[..., Any]] | None = None,
) -> Callable[..., Any]:  # fmt: skip
    """The function of generated source text again, with each effect only where ``due`` says so."""
    tree = ast.fix_missing_locations(_Guarded(names).visit(ast.parse(source)))
    module = {**function.__globals__, "_due": due}
    exec(compile(tree, function.__code__.co_filename, "exec", dont_inherit=True), module)
    made = module[function.__name__]
    made.__defaults__, made.__kwdefaults__ = function.__defaults__, function.__kwdefaults__
    return made if make is None else make(made, ast.unparse(tree))


class _Guarded(ast.NodeTransformer):
    """Puts effects behind a test."""

    def __init__(self, names: frozenset[str]) -> None:
        self.names = names

    def visit_Expr(self, node: ast.Expr) -> ast.stmt:
        if isinstance(node.value, ast.Call):
            f = node.value.func
            plain = isinstance(f, ast.Name) and f.id == "print" or ast.unparse(f) == "warnings.warn"
            if plain or not isinstance(f, ast.Name) and root(f) in self.names:
                return behind(node)
        return node

    def visit_Assign(self, node: ast.Assign) -> ast.stmt:
        target = node.targets[0]
        return behind(node) if not isinstance(target, ast.Name) and root(target) in self.names else node

    def visit_Delete(self, node: ast.Delete) -> ast.stmt:
        target = node.targets[0]
        return behind(node) if not isinstance(target, ast.Name) and root(target) in self.names else node


def behind(node: ast.stmt) -> ast.stmt:
    return ast.copy_location(ast.If(ast.Call(ast.Name("_due", ast.Load()), [], []), [node], []), node)


def root(node: ast.expr) -> str | None:
    """The name that a chain of attributes and items starts with."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


__all__ = ["has_effects", "owners", "run_again"]
