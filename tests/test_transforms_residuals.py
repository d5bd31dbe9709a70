"""What the adjoint has of the primal: which programs need a tape, which rewind, and which keep nothing at all."""

from __future__ import annotations

import numpy as np
import pytest

import s2sad
from s2sad.analysis.affine import Affine, infeasible, proves
from s2sad.testing import check_grads


def recurrence(a, x):
    y = np.zeros(len(x))
    for i in range(1, len(x)):
        y[i] = np.tanh(a * y[i - 1] + x[i])
    return y[-1]


def lu(a):
    a = a.copy()
    n = len(a)
    for k in range(n):
        for i in range(k + 1, n):
            a[i, k] /= a[k, k]
            for j in range(k + 1, n):
                a[i, j] -= a[i, k] * a[k, j]
    return np.sum(a * a)


def lu_by_rows(a):
    a = a.copy()
    n = len(a)
    for k in range(n - 1):
        for i in range(k + 1, n):
            a[i, k] /= a[k, k]
            a[i, k + 1 :] -= a[i, k] * a[k, k + 1 :]
    return np.sum(a * a)


def lu_by_blocks(a):
    a = a.copy()
    n = len(a)
    for k in range(n - 1):
        a[k + 1 :, k] /= a[k, k]
        a[k + 1 :, k + 1 :] -= np.outer(a[k + 1 :, k], a[k, k + 1 :])
    return np.sum(a * a)


def gauss_seidel(u):
    u = u.copy()
    for _ in range(3):
        for i in range(1, len(u) - 1):
            u[i] = np.sin(u[i - 1] * u[i + 1])
    return np.sum(u)


def one_cell_of_a_state(u):
    u = u.copy()
    for t in range(len(u)):
        u[t] = np.cos(np.sum(u * u))
    return np.sum(u**3)


def guarded_filter(a, x):
    y = np.zeros(len(x))
    for n in range(len(x)):
        total = x[n]
        for k in range(1, len(a)):
            if n - k >= 0:
                total -= a[k] * y[n - k]
        y[n] = total / a[0]
    return np.sum(y * y)


def linear_stencil(u):
    u = u.copy()
    for _ in range(4):
        u[1:-1] = 0.5 * (u[2:] + u[:-2])
    return np.sum(u)


MATRIX = np.random.default_rng(0).normal(size=(5, 5)) + 5 * np.eye(5)
VECTOR = np.random.default_rng(1).normal(size=6)


@pytest.mark.parametrize(
    ("f", "args", "wrt", "loops"),
    [
        (recurrence, (0.5, VECTOR), (0, 1), 2),
        (lu, (MATRIX,), (0,), 6),
        (lu_by_rows, (MATRIX,), (0,), 4),
        (lu_by_blocks, (MATRIX,), (0,), 2),
        (guarded_filter, (VECTOR[:3] + 3, VECTOR), (0, 1), 4),
        (linear_stencil, (VECTOR,), (0,), 1),
    ],
)
def test_nothing_is_kept_where_the_array_still_holds_it(f, args, wrt, loops):
    """Neither tapes nor saved cells: what the adjoint reads is proved to be still there."""
    source = s2sad.grad(f, argnums=wrt).source_for(*args)
    assert "append" not in source and "pop" not in source
    assert source.count("for ") - source.count("# for ") == loops, source
    check_grads(f, args)


def test_cells_are_saved_where_fewer_than_what_is_read():
    """Two cells are read for each that is overwritten: one is saved, and put back."""
    source = s2sad.grad(gauss_seidel).source_for(VECTOR)
    assert source.count(".append(") == 1 and "saved" in source
    check_grads(gauss_seidel, (VECTOR,))


def test_one_cell_is_saved_for_an_array_that_is_read_whole():
    source = s2sad.grad(one_cell_of_a_state).source_for(VECTOR)
    assert "saved" in source
    assert "u.copy())" not in source.replace(" ", "")
    check_grads(one_cell_of_a_state, (VECTOR,))


def test_a_read_that_a_later_store_may_touch_is_not_repeated():
    def shifted(x):
        y = x.copy()
        for i in range(len(x) - 1):
            y[i + 1] = y[i + 1] * y[i] * y[i]
        for i in range(len(x) - 1):
            y[i] = y[i] * y[i + 1]
        return np.sum(y)

    check_grads(shifted, (VECTOR,))


def test_a_store_that_may_not_run_says_nothing_of_sizes():
    """``u[1:-1]`` has one element here and is stretched, which only the branch that is not taken would not allow."""

    def f(u, w, t):
        u = u.copy()
        v = u[1:-1] * w[1:-1]
        if t > 0:
            u[1:-1] += v
        return np.sum(np.sin(v)) + np.sum(u)

    u, w = np.array([1.0, 2.0, 3.0]), np.arange(1.0, 8.0)
    u_bar, w_bar = s2sad.grad(f, argnums=(0, 1))(u, w, -1.0)
    np.testing.assert_allclose(u_bar, [1.0, 1.0 + np.cos(2.0 * w[1:-1]) @ w[1:-1], 1.0], rtol=1e-14)
    np.testing.assert_allclose(w_bar[1:-1], 2.0 * np.cos(2.0 * w[1:-1]), rtol=1e-14)
    stored, _ = s2sad.grad(f, argnums=(0, 1))(w, w, 1.0)
    assert stored.shape == w.shape


def test_what_is_computed_once_before_a_loop_cannot_fail_there():
    """The product is invariant, but its operands fit each other only where its branch is taken."""

    def f(a, b, s, steps, t):
        total = s
        for _ in range(steps):
            if t > 0:
                total = total * np.sum(np.sin(a * b) * total)
            else:
                total = total * total
        return total

    a, b = np.array([1.0, 2.0]), np.array([1.0, 2.0, 3.0])
    a_bar, b_bar, s_bar = s2sad.grad(f, argnums=(0, 1, 2))(a, b, 0.9, 2, -1.0)
    assert not a_bar.any() and not b_bar.any()
    np.testing.assert_allclose(s_bar, 4 * 0.9**3, rtol=1e-14)
    check_grads(lambda a, b, s: f(a, b, s, 2, 1.0), (a, b[:2], 0.9))


def test_affine_proofs():
    i, j, n = Affine.of("i"), Affine.of("j"), Affine.of("n")
    facts = [i, n - 1 - i, j - i - 1, n - 1 - j]  # 0 <= i < j < n
    assert proves(facts, j - i - 1)
    assert proves(facts, n - i - 2)
    assert not proves(facts, j - i - 2)
    assert infeasible([i - 3, Affine(2) - i])
    assert not infeasible(facts)


def laplace_transform(x, s):
    out = np.zeros(len(s))
    for i in range(len(s)):
        out[i] = np.sum(x * np.exp(-s[i] * np.arange(len(x))))
    return np.sum(out**2)


def test_what_is_made_of_sizes_alone_is_made_once_again_and_not_taped():
    gradient = s2sad.grad(laplace_transform, argnums=(0, 1))
    x, s = np.array([1.0, 2.0, 4.0]), np.array([0.3, 0.7])
    gradient(x, s)
    assert gradient.source.count("_tape = []") == 1, "only what exp gave is kept"
    check_grads(laplace_transform, (x, s), order=2)


def settled(w, x):
    for _ in range(6):
        x = np.tanh(w @ x)
    return np.sum(x)


def fibonacci(x, y):
    a, b = x, y
    for _ in range(5):
        a, b = b, np.sin(a * b)
    return a * b


def left_early(x):
    while True:
        y = x
        x = np.exp(np.sin(x)) * x
        if x > 3.0:
            break
    return x * y


def inner_states(x):
    total = 0.0
    for i in range(3):
        for _ in range(4):
            x = np.exp(-x * x) * (1 + 0.1 * i)
        total += x * i
    return total


@pytest.mark.parametrize(("f", "args", "states"), [
    (settled, (0.5 * np.eye(3) + 0.1, np.array([0.3, -0.2, 0.5])), ["x_tape"]), (fibonacci, (0.4, 0.9), ["a_tape"]),
    (left_early, (0.9,), ["x_tape"]), (inner_states, (0.4,), ["x_tape"]),
])  # fmt: skip
def test_a_state_is_kept_once_though_it_is_read_before_and_after_each_turn(f, args, states):
    check_grads(f, args, order=2)
    source = s2sad.grad(f).source_for(*args)
    made = [line.split()[0] for line in source.splitlines() if line.endswith("_tape = []")]
    assert [tape for tape in made if tape[0] in "abxy"] == states


def test_what_is_kept_anyway_serves_for_the_shape_of_what_is_as_long():
    def f(u):
        s = 0.0
        for k in range(3):
            u = np.sin(u)
            s += np.sum(u[1:] * u[:-1]) * k
        return s

    u = np.array([0.3, 0.5, -0.2, 0.9])
    check_grads(f, (u,), order=2)
    assert s2sad.grad(f).source_for(u).count(".append(") == 1
