"""Factorizations used again: in both sweeps, by several systems, by all steps of a loop, in programs that use SciPy."""

from __future__ import annotations

import re
import types

import numpy as np
import pytest
import scipy
import scipy.linalg as sl

import s2sad
from s2sad.testing import check_grads

RANDOM = np.random.default_rng(5)
A = RANDOM.normal(size=(3, 3)) + 4.0 * np.eye(3)
COMPLEX = A + 1j * RANDOM.normal(size=(3, 3))
B, COLUMNS = RANDOM.normal(size=3), RANDOM.normal(size=(3, 2))
S = A @ A.T


def score(z):
    """A real function of all numbers in an array, real and imaginary parts."""
    k = np.arange(z.size).reshape(z.shape)
    return np.sum(np.real(z) * np.cos(k) + np.imag(z) * np.sin(1 + k))


def solve(a, b):
    return score(np.linalg.solve(a, b))


def both_sides(a, b):
    return score(np.linalg.solve(a.T, np.linalg.solve(a, b)))


def everything(a, b):
    sign, logarithm = np.linalg.slogdet(a)
    return score(np.linalg.inv(a) @ b) + np.real(sign * (1.0 + 2.0j)) + logarithm * np.real(np.linalg.det(a))


def given_lu(a, b):
    lu = sl.lu_factor(a)
    return score(sl.lu_solve(lu, b) + sl.lu_solve(lu, b, trans=1))


def given_lu_adjoint(a, b):
    return score(sl.lu_solve(sl.lu_factor(a), b, trans=2))


def changed_lu(a, b):
    lu, pivots = sl.lu_factor(a)
    return score(sl.lu_solve((2.0 * lu, pivots), b)) + score(sl.lu_solve((2.0 * lu, pivots), b, trans=1))


def given_cholesky(a, b):
    return score(sl.cho_solve(sl.cho_factor(a), b)) + score(sl.cho_solve((sl.cholesky(a, lower=True), True), b))


def changed_cholesky(a, b):
    c, d = sl.cholesky(a), np.linalg.cholesky(a)
    return score(sl.cho_solve((1.5 * c, False), b)) + score(sl.cho_solve((1.5 * d, True), b))


def euler(k, u, steps):
    for _ in range(steps):
        u = np.linalg.solve(np.eye(len(u)) + 0.1 * k, u)
    return score(u)


def nested_loops(k, u, steps):
    time = 0.0
    while time < 0.5:
        for _ in range(steps):
            u = np.linalg.solve(2.0 * np.eye(3) + k, u + time)
        time += 0.2
    return score(u)


def body(source):
    """The generated function, without its helpers and comments."""
    return re.sub("#.*", "", source[source.rindex("\ndef ") :])


@pytest.mark.parametrize("f", [solve, both_sides, everything, given_lu, given_lu_adjoint, changed_lu])
def test_systems(f):
    check_grads(f, (A, B), order=2)
    check_grads(f, (A, COLUMNS), order=1)
    check_grads(f, (COMPLEX, B + 1j), order=2 if f is everything else 1)


@pytest.mark.parametrize("f", [given_cholesky, changed_cholesky])
def test_cholesky_factors(f):
    check_grads(f, (S, B), order=2)
    check_grads(f, (S, COLUMNS), order=1)
    check_grads(lambda a, b: f(a @ np.conj(a.T), b), (COMPLEX, B + 1j), order=1)


@pytest.mark.parametrize("f", [euler, nested_loops])
def test_factors_of_a_constant_matrix_are_made_before_the_loop(f):
    check_grads(lambda k, u: f(k, u, 2), (A, B), order=2)
    g = s2sad.grad(f, argnums=(0, 1))
    g(A, B, 2)
    text = body(g.source)
    assert text.index("lu_of(") < text.index("for _") and text.count("lu_of(") == 1 and "lu_tape" not in text
    np.testing.assert_array_equal(g(np.zeros((3, 3)), B, 0)[1], s2sad.grad(score)(B) if f is euler else g(A, B, 0)[1])


def test_a_singular_matrix_is_an_error_when_it_is_used():
    g = s2sad.grad(euler)
    np.testing.assert_array_equal(g(-10.0 * np.eye(3), B, 0), np.zeros((3, 3)))
    with pytest.raises(np.linalg.LinAlgError, match="Singular"):
        g(-10.0 * np.eye(3), B, 1)


def test_a_matrix_that_changes_stays_in_the_loop():
    def f(a, b):
        for k in range(3):
            b = np.linalg.solve(a + k * np.eye(3), b)
        return score(b)

    check_grads(f, (A, B), order=2)


def test_a_division_leaves_a_loop_that_certainly_has_a_round():
    def f(a, b, h, steps):
        for _ in range(steps):
            b = np.linalg.solve(np.eye(3) + a / h, b)
        return score(b)

    def g(a, b, h):
        for _ in range(3):
            b = np.linalg.solve(np.eye(3) + a / h**2, b)
        return score(b)

    np.testing.assert_array_equal(s2sad.grad(f)(A, B, 0.0, 0), np.zeros((3, 3)))
    check_grads(lambda a, b, h: f(a, b, h, 2), (A, B, 0.5))
    check_grads(g, (A, B, 0.5))
    once = s2sad.grad(g)
    once(A, B, 0.5)
    assert "lu_tape" not in once.source


def counts(f, *args):
    g = s2sad.grad(f)
    g(*args)
    text = body(g.source)
    return [text.count(name) for name in ("lu_of(", "lu_factor(", "np.linalg.")]


def test_one_factorization_for_each_matrix():
    assert counts(solve, A, B) == [1, 0, 0]
    assert counts(both_sides, A, B) == [1, 0, 0]
    assert counts(everything, A, B)[0] == 1
    assert counts(given_lu, A, B) == [0, 1, 0]
    assert counts(lambda b, a: score(np.linalg.solve(a, b)), B, A) == [0, 0, 1]  # of one system NumPy's is plainer


def test_a_program_that_uses_numpy_alone_gets_numpy_alone():
    alone = types.FunctionType(solve.__code__, {"np": np, "score": types.FunctionType(score.__code__, {"np": np})})
    g = s2sad.grad(alone)
    np.testing.assert_allclose(g(A, B), s2sad.grad(solve)(A, B), rtol=1e-12)
    assert "scipy" not in g.source
    using = types.FunctionType(solve.__code__, {"np": np, "score": score, "scipy": scipy})
    h = s2sad.grad(using)
    h(A, B)
    assert "scipy.linalg.lapack" in h.source


def test_rows_and_other_dtypes():
    rows = np.stack([B, 2.0 * B, B - 1.0])
    stack = np.stack([A, A.T, A + 1.0])
    for f in (solve, everything, given_lu, given_cholesky):
        one = s2sad.grad(f, argnums=(0, 1))
        matrices = stack if f is not given_cholesky else np.stack([S, 2.0 * S, S + np.eye(3)])
        each = s2sad.vmap(one)(matrices, rows)
        shared = s2sad.vmap(one, in_axes=(None, 0))(matrices[0], rows)
        for k in range(3):
            alone = (*one(matrices[k], rows[k]), *one(matrices[0], rows[k]))
            for got, wanted in zip((*each, *shared), alone, strict=True):
                np.testing.assert_allclose(got[k], wanted, rtol=1e-9, atol=1e-12)
    single = s2sad.grad(lambda a, b: np.sum(np.linalg.solve(a, b) ** 2), argnums=(0, 1))
    assert [g.dtype for g in single(A.astype(np.float32), B.astype(np.float32))] == [np.float32, np.float32]
    assert single(np.zeros((0, 0)), np.zeros(0))[0].shape == (0, 0)
    whole = s2sad.grad(lambda b: np.sum(sl.solve(np.array([[2, 1], [1, 3]]), b)))
    np.testing.assert_allclose(whole(np.ones(2)), [0.4, 0.2])


def test_a_handler_of_singular_matrices():
    def f(a, b):
        try:
            x = np.linalg.solve(a, b)
        except np.linalg.LinAlgError:
            x = 2.0 * b
        return np.sum(x)

    np.testing.assert_array_equal(s2sad.grad(f, argnums=1)(np.zeros((3, 3)), B), np.full(3, 2.0))
    np.testing.assert_allclose(s2sad.grad(f, argnums=1)(A, B), np.linalg.solve(A.T, np.ones(3)))


def implicit_steps(a, b, h, steps):
    x = np.zeros(3)
    for _ in range(steps):
        factors = sl.lu_factor(np.eye(3) - h * a)
        x = sl.lu_solve(factors, x + b)
    return np.sum(x**2)


def test_factors_of_the_program_are_made_before_its_loop():
    def four(a, b, h):
        return implicit_steps(a, b, h, 4)

    check_grads(four, (A, B, 0.03), order=2)
    g = s2sad.grad(four)
    g(A, B, 0.03)
    before, _, _ = g.source.partition("for ")
    assert before.count("scipy.linalg.lu_factor(") == g.source.count("scipy.linalg.lu_factor(") == 1
    may_be_left_at_once = s2sad.grad(implicit_steps)
    assert not np.any(may_be_left_at_once(np.full((3, 3), np.nan), B, 1.0, 0))
