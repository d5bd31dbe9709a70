"""Rules as the transforms use them: each sample, in both modes, to second order, against differences."""

from __future__ import annotations

import itertools
import linecache
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import s2sad.prims
import s2sad.rules  # noqa: F401
from s2sad import jvp, pytrees, vjp
from s2sad.ir.transparent import UNWRITTEN
from s2sad.prims import runtime
from s2sad.prims.primitive import REGISTRY
from s2sad.rules.book import BOOK
from s2sad.testing import check_grads
from tests.primitive_table import TABLE, Row, Sample, samples
from tests.primitive_table_b import TABLE as TABLE_B
from tests.test_polynomial_series import MODULES as SERIES
from tests.test_polynomial_series import RULED

_COUNT = itertools.count()


def held(row: Row, name: str, arguments: dict[str, Any]) -> bool:
    """Whether an operand is kept fixed: the exponent of a base that is not positive; what has derivative zero."""
    if row.name in ("pow", "np.float_power"):
        return name == "x2" and bool(np.any(np.asarray(arguments["x1"]) <= 0))
    return False


def _has_float(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return any(map(_has_float, value))
    return isinstance(value, float | np.floating | np.ndarray) and np.asarray(value).dtype.kind == "f"


def program(row: Row, sample: Sample) -> tuple[Callable[..., Any], list[Any]]:
    """An ordinary Python function that makes one call of a primitive, and the arguments to differentiate it at."""
    prim = REGISTRY.by_name[row.name]
    rule = BOOK.forward[prim]
    bound = prim.signature.bind(*sample.args, **sample.kwargs).arguments
    values: list[Any] = []
    constants: dict[str, Any] = {}
    fresh: Iterator[int] = itertools.count()

    def written(value: Any, active: bool) -> str:
        if isinstance(value, list | tuple) and active and _has_float(value):
            inner = ", ".join(written(v, active) for v in value)
            return f"[{inner}]" if isinstance(value, list) else f"({inner},)"
        if active and _has_float(value):
            values.append(value)
            return f"x{len(values)}"
        if isinstance(value, np.ndarray):
            name = f"K{next(fresh)}"
            constants[name] = value
            return name
        if isinstance(value, type):
            return "float"
        return repr(value)

    texts = {n: written(v, n in rule.wrt and not held(row, n, bound)) for n, v in bound.items()}
    positional = [texts.pop(n) for n in list(texts) if prim.signature.parameters[n].default is prim.signature.empty]
    spelling = prim.spelling
    match spelling.style:
        case "operator" if len(positional) == 1:
            expression = {"neg": "-", "pos": "+"}[spelling.text] + positional[0]
        case "operator":
            expression = f"{positional[0]} {spelling.text} {positional[1]}"
        case "method":
            expression = f"{positional[0]}.{spelling.text}({', '.join(positional[1:])})"
        case _:
            options = [f"{n}={t}" for n, t in texts.items()]
            expression = f"{spelling.text}({', '.join(positional + options)})"
    names = ", ".join(f"x{k + 1}" for k in range(len(values)))
    text = f"def f({names}):\n    return {expression}\n"
    file = f"<call {next(_COUNT)} of {row.name}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    scope: dict[str, Any] = {"np": np, "math": math, **constants}
    scope.update({k: v for k, v in vars(runtime).items() if callable(v)})
    exec(compile(text, file, "exec"), scope)
    return scope["f"], values


@pytest.mark.parametrize("row, sample", samples([r for r in TABLE if not BOOK.is_constant(REGISTRY.by_name[r.name])]))
def test_both_modes_to_second_order(row: Row, sample: Sample) -> None:
    f, values = program(row, sample)
    check_grads(f, values, order=row.order)


def single(tree: Any) -> Any:
    """The same numbers, arrays of them in single precision."""
    if isinstance(tree, list | tuple):
        return type(tree)(map(single, tree))
    return tree.astype(np.float32) if isinstance(tree, np.ndarray) else tree


ARRAYS = [r for r in TABLE if not BOOK.is_constant(REGISTRY.by_name[r.name]) and not r.name.startswith("math.")]


@pytest.mark.parametrize("row, sample", samples(ARRAYS))
def test_single_precision_stays_single(row: Row, sample: Sample) -> None:
    f, values = program(row, sample)
    values = single(values)
    scope = f.__globals__
    scope.update({k: single(v) for k, v in scope.items() if k.startswith("K") and v.dtype.kind == "f"})
    expected = np.asarray(f(*values))
    ones = pytrees.tree_map(lambda x: np.ones_like(x) if isinstance(x, np.ndarray) else 1.0, tuple(values))
    value, dot = jvp(f, tuple(values), ones)
    result, pull = vjp(f, *values)
    for out in (value, dot, result):
        assert (np.shape(out), np.asarray(out).dtype) == (expected.shape, expected.dtype)
    bars = pull(np.ones_like(result) if isinstance(result, np.ndarray) else type(result)(1))
    for bar, operand in zip(pytrees.leaves(bars), pytrees.leaves(values), strict=True):
        assert np.shape(bar) == np.shape(operand)
        if isinstance(operand, np.ndarray):
            assert bar.dtype == np.float32


def test_every_rule_is_tried() -> None:
    """Each is a row of a table, or is spelled in a test of whole expressions.

    The helpers of generated code come with the rules that use them; libraries have tables of their own.
    """
    rows = {r.name for r in (*TABLE, *TABLE_B)}
    texts = [path.read_text() for path in sorted(Path(__file__).parent.glob("*.py"))]
    own = [p for p in BOOK.forward if p.spelling.style != "helper" and "scipy" not in p.spelling.text]
    own = [p for p in own if p.spelling.text != UNWRITTEN]  # what no program calls: roots of solvers, say
    own = [p for p in own if not p.name.startswith("refusals.")]  # what the programs of the refusals declare
    rows |= {f"np.polynomial.{name}.{prefix}{what}" for name, prefix in SERIES.items() for what in RULED}
    untried = [p for p in own if not BOOK.is_constant(p) and p.name not in rows]
    assert [p.name for p in untried if not any(p.spelling.text.split(".")[-1] in text for text in texts)] == []
    assert set(BOOK.forward) == set(BOOK.reverse)
