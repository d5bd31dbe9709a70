"""The corpus through the interpreter: a trace means what the function does, and so it does after every pass.

Derivatives too: what ``optimise`` makes of a pullback or pushforward verifies, and gives the same numbers.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import s2sad
from s2sad.compiler.cache import CACHE
from s2sad.compiler.pipeline import Transform
from s2sad.ir.evaluate import evaluate
from s2sad.ir.types import is_inexact
from s2sad.ir.verify import verify
from s2sad.passes import cse, dce, optimise, simplify
from s2sad.transforms import pullback, pushforward
from s2sad.views import EvaluationTrace, viewed
from tests.programs import Program, load

every_program = pytest.mark.parametrize("program", load(), ids=lambda p: p.name)


def traced(program: Program) -> EvaluationTrace:
    """As it comes from the front end."""
    dispatcher = CACHE.dispatcher(program.function, Transform("primal"))
    found = dispatcher.derive(dispatcher.specs_of(program.sample(), {})).program
    return viewed(found.trace, {c.path: c.read for c in found.captures}, bind=dispatcher.parameters.by_name)


def leaves(result: Any) -> list[Any]:
    if isinstance(result, dict):
        result = list(result.values())
    if hasattr(result, "__dataclass_fields__"):
        result = [getattr(result, name) for name in result.__dataclass_fields__]
    if isinstance(result, tuple | list):
        return [leaf for item in result for leaf in leaves(item)]
    return [result]


def same(found: Any, wanted: Any, rtol: float) -> None:
    a, b = leaves(found), leaves(wanted)
    assert len(a) == len(b)
    for x, y in zip(a, b, strict=True):
        if isinstance(y, float | int | np.number | np.ndarray):
            assert np.shape(x) == np.shape(y)
            np.testing.assert_allclose(x, y, rtol=rtol, atol=rtol)
        else:
            assert x == y


@every_program
def test_the_trace_and_its_simpler_forms_mean_what_the_function_does(program: Program) -> None:
    trace = traced(program)
    values = trace.values(program.sample())
    wanted = program.function(*program.sample())
    same(evaluate(verify(trace), values), wanted, 1e-15)
    for run in (dce, cse, simplify, optimise):
        same(evaluate(verify(run(trace)), values), wanted, 1e-13)


@every_program
def test_derivatives_keep_their_numbers(program: Program) -> None:
    trace = traced(program)
    values = trace.values(program.sample())
    wrt = [p.value for p in trace.params if p.kind == "argument" and is_inexact(p.value.type)]
    derivatives = [pushforward(trace, wrt), pullback(trace, wrt)]
    result = evaluate(trace, values)
    for derivative in derivatives:
        seeds = {}
        own = [p.value for p in derivative.params if p.kind == "seed"]
        likes = [values[v] for v in wrt] if derivative is derivatives[0] else [
            leaf for leaf in leaves(result) if isinstance(leaf, float | np.floating | np.ndarray)
        ]  # fmt: skip
        for k, (seed, like) in enumerate(zip(own, likes, strict=True)):
            seeds[seed] = s2sad.pytrees.tree_map(lambda x, k=k: np.cos(1.0 + k) * np.ones_like(x)[()], like)
        plain = evaluate(verify(derivative), {**values, **seeds})
        same(evaluate(verify(optimise(derivative)), {**values, **seeds}), plain, 1e-11)
