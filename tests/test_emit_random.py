"""Random traces: the emitted function gives what the trace gives, and leaves the caller's arguments alone."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

from s2sad.emit import emit
from tests.emit_programs import Program
from tests.interpreter import call


def arguments() -> list[Any]:
    return [
        0.7, -0.4, np.array([1.0, -2.0, 0.5, 3.0]), np.array([0.1, 0.2, -0.3, 0.4]), [0.3, -0.6, 1.1],
        [np.array([1.0, 2.0, 3.0, 4.0]), np.array([-1.0, 0.0, 1.0, 0.5])],
        [[0.2, -0.5], [0.8, 1.2, -0.1]],
        [[np.array([0.5, 1.5, -0.5, 1.0])], [np.array([0.0, 0.3, 0.6, 0.9]), np.array([2.0, -0.2, 0.4, 0.1])]],
        [(0.2, np.array([0.5, 1.5, -0.5, 1.0])), (-0.3, np.array([2.0, -0.2, 0.4, 0.1]))],
    ]  # fmt: skip


def run(source: str, args: list[Any]) -> Any:
    namespace: dict[str, Any] = {}
    exec(compile(source, "<emitted>", "exec"), namespace)
    with np.errstate(all="ignore"):
        return namespace["program"](*args)


def same(a: Any, b: Any) -> bool:
    if isinstance(a, list | tuple):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    return bool(np.array_equal(a, b, equal_nan=True))


def buffers(x: Any) -> list[np.ndarray]:
    if isinstance(x, list | tuple):
        return [part for item in x for part in buffers(item)]
    return [x] if isinstance(x, np.ndarray) else []


@pytest.mark.parametrize("block", range(20))
def test_emitted_code_means_what_the_trace_means(block: int) -> None:
    for seed in range(block * 10, block * 10 + 10):
        trace = Program(seed).trace()
        source = emit(trace)
        assert emit(trace) == source
        args = arguments()
        kept = copy.deepcopy(args)
        with np.errstate(all="ignore"):
            expected = call(trace, *arguments())
        result = run(source, args)
        assert same(result, expected), f"seed {seed}\n{source}"
        assert same(args, kept), f"seed {seed} changes an argument\n{source}"
        if trace.origin:
            parts = [buffers(part) for part in result]
            for k, part in enumerate(parts):
                for other in (buffers(args), *parts[k + 1 :]):
                    assert not any(np.shares_memory(x, y) for x in part for y in other), f"seed {seed}\n{source}"
