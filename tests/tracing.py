"""Tracing a function as the compiler does, and holding the trace's meaning against the function itself."""

from __future__ import annotations

import copy
import dataclasses
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from s2sad.front import Leaf, Program, Record, Static, trace_call
from s2sad.ir.types import type_of
from s2sad.ir.verify import verify
from tests.interpreter import evaluate


def spec(value: Any) -> Any:
    """The specification of an argument, as the compiler makes it."""
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*map(spec, value))
    if isinstance(value, tuple):
        return tuple(map(spec, value))
    if isinstance(value, list):
        return [spec(v) for v in value]
    if isinstance(value, dict):
        return {k: spec(v) for k, v in value.items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return Record(value, {f.name: spec(getattr(value, f.name)) for f in dataclasses.fields(value)})
    if isinstance(value, int | float | complex | np.generic | np.ndarray) and not isinstance(value, bool):
        return Leaf(type_of(value), value)
    return Static(value)


def leaves(value: Any, path: str, out: dict[str, Any]) -> None:
    """Values of the trace's parameters by path."""
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        for k in value._fields:
            leaves(getattr(value, k), f"{path}.{k}", out)
    elif isinstance(value, tuple | list):
        for i, v in enumerate(value):
            leaves(v, f"{path}[{i}]", out)
    elif isinstance(value, dict):
        for k, v in value.items():
            leaves(v, f"{path}[{k!r}]", out)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for f in dataclasses.fields(value):
            leaves(getattr(value, f.name), f"{path}.{f.name}", out)
    else:
        out[path] = value


def trace(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Program:
    return trace_call(function, [spec(a) for a in args], {k: spec(v) for k, v in kwargs.items()})


def result(program: Program, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """What the trace gives on these arguments and today's captures."""
    env: dict[str, Any] = {}
    for name, value in inspect.signature(function).bind(*args, **kwargs).arguments.items():
        parameter = inspect.signature(function).parameters[name]
        if parameter.kind is parameter.VAR_KEYWORD:
            for k, v in value.items():
                leaves(v, k, env)
        else:
            leaves(value, name, env)
    env |= {c.path: c.read() for c in program.captures}
    return evaluate(program.trace, {p.path: env[p.path] for p in program.trace.params})


def same(got: Any, want: Any) -> None:
    if isinstance(want, dict):
        assert got.keys() == want.keys()
        for k in want:
            same(got[k], want[k])
    elif isinstance(want, tuple | list):
        assert type(got) is type(want) and len(got) == len(want)
        for a, b in zip(got, want, strict=True):
            same(a, b)
    elif dataclasses.is_dataclass(want):
        for f in dataclasses.fields(want):
            same(getattr(got, f.name), getattr(want, f.name))
    elif want is None or isinstance(want, str):
        assert got == want
    else:
        assert np.shape(got) == np.shape(want)
        assert np.asarray(got).dtype == np.asarray(want).dtype
        np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-14)


def check(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Program:
    """The trace means what the function does; the arguments are left as they were."""
    program = trace(function, *args, **kwargs)
    verify(program.trace)
    before = copy.deepcopy((args, kwargs))
    got = result(program, function, *args, **kwargs)
    same(args, before[0])
    mine, named = copy.deepcopy((args, kwargs))
    same(got, function(*mine, **named))
    return program
