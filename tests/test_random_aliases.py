"""Random programs about memory: the derivative agrees with the oracles, or the program is refused."""

from __future__ import annotations

import copy

import numpy as np
import pytest

import s2sad
from tests import random_aliases
from tests.oracles import Unchanged, assert_same, flat, gradient

SEEDS = range(40)
ARGS = random_aliases.POINT
DIRECTION = (np.array([0.3, -0.8, 0.5, 0.9]), np.sin(np.arange(12.0)).reshape(3, 4), -0.4)


def agrees_or_is_refused(seed: int) -> bool:
    text = random_aliases.write(random_aliases.Seeded(seed))
    f = random_aliases.load(text, f"aliases {seed}")
    value = f(*copy.deepcopy(ARGS))
    args = copy.deepcopy(ARGS)
    try:
        with Unchanged(args, text):
            out, got = s2sad.value_and_grad(f, argnums=(0, 1, 2))(*args)
            again, dot = s2sad.jvp(f, args, DIRECTION)
    except s2sad.UnsupportedError:
        return False
    np.testing.assert_allclose([out, again], value, rtol=1e-12, atol=1e-12, err_msg=text)
    np.testing.assert_allclose(flat(got) @ flat(DIRECTION), dot, rtol=1e-9, atol=1e-10, err_msg=text)
    coarse, fine = (gradient(f, ARGS, np.ones(1), step) for step in (1e-2, 2e-3))
    scale = max(1.0, float(np.max(np.abs(fine))))
    if np.all(np.abs(coarse - fine) < 1e-7 * scale):  # no kink is near
        assert_same(flat(got), fine, 1e-6, 1e-7, text)
    return True


@pytest.mark.parametrize("tens", range(len(SEEDS) // 10))
def test_few_programs_are_refused_and_none_is_wrong(tens: int) -> None:
    seeds = SEEDS[10 * tens : 10 * tens + 10]
    assert sum(not agrees_or_is_refused(seed) for seed in seeds) <= 2
