"""Random programs: the derivative agrees with the oracles, or the program is refused; never anything else."""

from __future__ import annotations

import copy
import zlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import s2sad
from tests import random_programs
from tests.oracles import Unchanged, assert_alike, assert_same, flat, gradient

ARGS = random_programs.POINT
DIRECTION = (np.array([0.3, -0.8, 0.5, 0.9]), -0.4)
SEEDS = range(80)


class Drawn:
    """Choices of Hypothesis, so that a failing program shrinks."""

    def __init__(self, data: st.DataObject) -> None:
        self.data = data

    def choice(self, options: Sequence[Any]) -> Any:
        return options[self.integer(0, len(options) - 1)]

    def integer(self, low: int, high: int) -> int:
        return self.data.draw(st.integers(low, high))


def smooth_gradient(f: Callable[..., Any]) -> np.ndarray | None:
    """The gradient by differences; None where a kink is so near that two step sizes disagree."""
    coarse, fine = (gradient(f, ARGS, np.ones(1), step) for step in (1e-2, 2e-3))
    scale = max(1.0, float(np.max(np.abs(fine))))
    return fine if np.all(np.abs(coarse - fine) < 1e-7 * scale) else None


def agrees_or_is_refused(text: str, second: bool) -> bool:
    """Whether the program was differentiated; fails where it was and a number is wrong."""
    f = random_programs.load(text, f"random program {zlib.crc32(text.encode())}")
    value = f(*copy.deepcopy(ARGS))
    want = smooth_gradient(f)
    args = copy.deepcopy(ARGS)
    try:
        with Unchanged(args, text):
            out, got = s2sad.value_and_grad(f, argnums=(0, 1))(*args)
            again, dot = s2sad.jvp(f, args, DIRECTION)
    except s2sad.UnsupportedError:
        return False
    np.testing.assert_allclose([out, again], value, rtol=1e-12, atol=1e-12, err_msg=text)
    assert_alike(got, ARGS, text)
    slope = flat(got) @ flat(DIRECTION)
    np.testing.assert_allclose(slope, dot, rtol=1e-9, atol=1e-10, err_msg=f"forward, reverse\n{text}")
    if want is not None:
        assert_same(flat(got), want, 1e-6, 1e-7, text)
    if second:
        g = s2sad.grad(f, argnums=(0, 1))
        _, curvature = s2sad.jvp(g, args, DIRECTION)

        def along(x: Any, s: Any) -> Any:
            x_bar, s_bar = g(x, s)
            return np.sum(x_bar * DIRECTION[0]) + s_bar * DIRECTION[1]

        twice = s2sad.grad(along, argnums=(0, 1))(*args)
        assert_same(flat(twice), flat(curvature), 1e-8, 1e-9, f"reverse and forward over reverse\n{text}")
    return True


@pytest.mark.parametrize("seed", SEEDS)
def test_a_seeded_program(seed: int) -> None:
    agrees_or_is_refused(random_programs.write(random_programs.Seeded(seed)), second=seed % 8 == 0)


def test_few_programs_are_refused() -> None:
    """A refusal is the exception, though the grammar likes what has to be refused: aliases made on one path only."""
    refused = 0
    for seed in range(40):
        f = random_programs.load(random_programs.write(random_programs.Seeded(1000 + seed)), f"refused {seed}")
        try:
            s2sad.grad(f)(*copy.deepcopy(ARGS))
        except s2sad.UnsupportedError:
            refused += 1
    assert refused <= 6


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_a_drawn_program(data: st.DataObject) -> None:
    agrees_or_is_refused(random_programs.write(Drawn(data)), second=False)
