"""What is written more plainly has the numbers that NumPy has: of integers that wrap around, of mixed precisions, at
the ends of the range, of complex infinities, of what is stored and read again.
"""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import s2sad

A = np.array
X = A([1.5, -2.0, 0.25])
X32 = X.astype(np.float32)
BYTES, SMALL, MASK = A([200, 100, 3], np.uint8), A([100, 64, -128], np.int8), A([True, False, True])
TENTHS = A([0.1, 0.2, 0.3], np.float32)
Z = A([np.inf + 0j, 1 + 2j, 3 - 1j])


def stored_in_single(x):
    a = np.zeros(3, np.float32)
    a[:] = x
    return np.sum(a[:] * x)


def stored_in_integers(x):
    a = np.zeros(3, int)
    a[1] = x[0]
    return a[1] * x[1]


def one_for_three(x):
    a = np.zeros((2, 3))
    a[0] = x
    return np.sum(a[0] * X) * a[0][1]


def cell_by_cell_in_single(x):
    a = np.zeros(3, np.float32)
    a[0] = x[0] / 3
    a[1] = x[1] / 3
    a[2] = x[2] / 3
    return np.sum(a * a)


PROGRAMS = [
    (lambda x: np.sum(0.25 * (2 * BYTES) * x), X),
    (lambda x: np.sum(x * (0.5 * (3 * SMALL))), X),
    (lambda x: np.sum(-((2 * BYTES) * x)), X),
    (lambda x: np.sum(-((2 * SMALL) * x)), X),
    (lambda x: np.sum(2 * ((x * 10).astype(np.int8) * 100) * 0.25 * x), X),
    (lambda x: np.sum(x - (SMALL * -2)), X),
    (lambda x: np.sum(x - (-BYTES)), X),
    (lambda x: np.sum(x * (1 / SMALL)), X32),
    (lambda x: np.sum((MASK * 1 + MASK) * x), X),
    (lambda x: np.sum(np.real(x * (Z + Z))), X),
    (lambda x: np.sum(np.where(np.broadcast_to(0.1, (3,)) < TENTHS, x, 2 * x)), X),
    (lambda x: np.sum(np.where(np.broadcast_to(0.1, (3,)) < np.float32(0.1), x, 2 * x)), X),
    (lambda x: np.sum(np.broadcast_to(x, (3,)) / 0.0), 0.7),
    (lambda x: np.sum(np.broadcast_to(x, (3,)) ** 400), 1e3),
    (lambda x: np.sum(np.where(MASK, 1, 0) * 0.5 * x), X.astype(np.float16)),
    (lambda x: np.sum(np.where(MASK, 1.0, 0.0) * np.inf * x), X),
    (lambda x: np.sum(np.where(MASK, x, 0.0) + np.where(MASK, 0.0, BYTES)), X32),
    (lambda x: np.sum(x**0 * np.nan), X),
    (lambda x: np.sum((x * 10).astype(int) * 0.5 * x), X),
    (lambda x: np.sum((np.eye(3, dtype=np.float32) * X32) @ np.outer(x, x)), X32),
    (lambda x: np.sum(np.eye(3) @ np.outer(x, x)), X32),
    (stored_in_single, X), (stored_in_integers, X), (one_for_three, X), (one_for_three, A([0.7])),
    (cell_by_cell_in_single, X),
]  # fmt: skip


@pytest.mark.parametrize("k", range(len(PROGRAMS)))
def test_the_value_is_that_of_numpy(k):
    f, x = PROGRAMS[k]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        want = f(np.copy(x) if isinstance(x, np.ndarray) else x)
        value, slope = s2sad.value_and_grad(f)(x)
        plain = s2sad.grad(f, optimise=False)(x)
    assert np.asarray(value).dtype == np.asarray(want).dtype
    np.testing.assert_allclose(value, want, rtol=1e-6, atol=0.0)
    assert np.asarray(slope).dtype == np.asarray(x).dtype
    np.testing.assert_allclose(slope, plain, rtol=1e-5, atol=0.0)
