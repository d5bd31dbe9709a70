"""Functions that nobody wrote for s2sad: each gives a trace, or an error of s2sad, or raises what it raises anyway."""

from __future__ import annotations

import contextlib
import copy
import importlib
import inspect
import io
import signal
import types
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import s2sad
from s2sad.errors import Error, TraceError
from tests.tracing import trace

VECTOR, MATRIX = np.array([0.5, 1.2, 0.8, 1.7]), np.array([[2.0, 0.5], [0.3, 1.5]])
ARGUMENTS: list[list[Any]] = [
    [0.7, VECTOR, MATRIX, 3],
    [VECTOR, 0.7, 3, VECTOR],
    [MATRIX, 2, VECTOR, 0.5],
    [[0.5, 1.5, 2.5], [1.0, 2.0, 4.0], 0.5, 2],
    ["abc", "b", 1, "x"],
    [None, 0.5, None, VECTOR],
    [{"a": 0.5, "b": 1.5}, "a", 0.5, [1.0]],
]
MODULES = [
    "calendar", "colorsys", "configparser", "contextlib", "copy", "csv", "difflib", "email.utils", "fractions",
    "functools", "heapq", "html", "ipaddress", "json.decoder", "json.encoder", "pprint",
    "quopri", "random", "shlex", "statistics", "string", "textwrap", "tokenize", "urllib.parse", "_pytest._io.saferepr",
]  # fmt: skip
NUMPY = ["numpy.linalg", "numpy.polynomial.polynomial", "numpy.polynomial.polyutils", "numpy"]
DERIVED = [
    "colorsys", "fractions", "statistics", "numpy.polynomial.polynomial",
    "scipy.interpolate._polyint", "scipy.linalg._special_matrices", "scipy.signal.windows._windows",
]  # fmt: skip


def functions(module: types.ModuleType) -> Iterator[types.FunctionType]:
    """Functions and methods written in Python that a module holds, each once."""
    home = module.__name__.partition(".")[0]
    seen = set()
    for value in list(vars(module).values()):
        members = vars(value).values() if isinstance(value, type) and value.__module__ == module.__name__ else (value,)
        for member in members:
            inner = member.__func__ if isinstance(member, staticmethod | classmethod) else member
            function = inspect.unwrap(inner) if callable(inner) and not isinstance(inner, type) else inner
            if isinstance(function, types.FunctionType) and function.__module__.partition(".")[0] == home:
                code = function.__code__
                if code not in seen and not code.co_filename.startswith("<"):
                    seen.add(code)
                    yield function


class TooLong(BaseException):
    pass


@contextlib.contextmanager
def limited(seconds: float) -> Iterator[None]:
    def bell(*_: object) -> None:
        raise TooLong

    old = signal.signal(signal.SIGALRM, bell)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)


def own_exception(function: types.FunctionType, args: list[Any], kwargs: dict[str, Any]) -> type | None:
    """What the function itself raises on these arguments."""
    silent = io.StringIO()
    try:
        with limited(2.0), contextlib.redirect_stdout(silent), contextlib.redirect_stderr(silent):
            function(*copy.deepcopy(args), **kwargs)
    except BaseException as error:
        return type(error)
    return None


def calls(name: str, pools: list[list[Any]]) -> Iterator[tuple[types.FunctionType, list[Any], dict[str, Any]]]:
    """Functions of a module, each with some arguments of each pool."""
    for function in functions(importlib.import_module(name)):
        parameters = inspect.signature(function).parameters.values()
        count = sum(p.kind <= p.POSITIONAL_OR_KEYWORD and p.default is p.empty for p in parameters)
        kwargs = {p.name: 0.5 for p in parameters if p.kind is p.KEYWORD_ONLY and p.default is p.empty}
        for pool in pools[: len(pools) if count else 1]:
            yield function, [copy.deepcopy(pool[k % len(pool)]) for k in range(count)], kwargs


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", DERIVED)
def test_a_derivative_or_an_error_of_its_own(name):
    given = 0
    for function, args, kwargs in calls(name, ARGUMENTS[:2]):
        active = [k for k, a in enumerate(args) if isinstance(a, float | np.ndarray)]
        if not active:
            continue
        silent = io.StringIO()
        tangents = tuple(copy.deepcopy(a) if k == active[0] else None for k, a in enumerate(args))
        try:
            with limited(60.0), contextlib.redirect_stdout(silent), np.errstate(all="ignore"):
                if not kwargs:
                    s2sad.jvp(function, tuple(args), tangents)
                    given += 1
                s2sad.grad(function, argnums=active[0])(*args, **kwargs)
        except Error as error:
            assert not isinstance(error, TraceError), f"{name}.{function.__qualname__}: {error}"
        except Exception as error:
            assert not isinstance(error, SyntaxError | RecursionError), f"{name}.{function.__qualname__}: {error!r}"
            assert own_exception(function, args, kwargs) is not None, f"{name}.{function.__qualname__}: {error!r}"
    assert given or name == "fractions"


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", MODULES + NUMPY)
def test_a_trace_or_an_error_of_its_own(name):
    tried = traced = 0
    for function, args, kwargs in calls(name, ARGUMENTS):
        tried += 1
        try:
            with limited(60.0):
                trace(function, *args, **kwargs)
            traced += 1
        except Error as error:
            assert not isinstance(error, TraceError), f"{name}.{function.__qualname__}: {error}"
            assert str(error)
        except Exception as error:
            # which of two exceptions comes first may hang on values
            own = own_exception(function, args, kwargs)
            assert own is not None, f"{name}.{function.__qualname__}: {error!r}"
    assert tried
    assert traced or name not in NUMPY
