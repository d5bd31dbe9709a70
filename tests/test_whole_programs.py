"""Whole programs: the gradient against differences and by hand, and in every other mode."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import s2sad
from tests.oracles import Unchanged, assert_alike, assert_same, flat, gradient, rebuild, tangent
from tests.programs.whole import WHOLE, Whole, textbook, thomas

every = pytest.mark.parametrize("whole", WHOLE, ids=lambda w: w.name)


def active(whole: Whole, args: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...]]:
    """The program as a function of its differentiated arguments alone, for the oracles."""

    def f(*chosen: Any) -> Any:
        full = list(args)
        for position, value in zip(whole.argnums, chosen, strict=True):
            full[position] = value
        return whole.function(*full)

    return f, tuple(args[k] for k in whole.argnums)


@every
def test_gradient(whole: Whole) -> None:
    args = whole.data(whole.small)
    f, chosen = active(whole, args)
    with Unchanged(args, whole.name):
        value, got = s2sad.value_and_grad(whole.function, argnums=whole.argnums)(*args)
    np.testing.assert_allclose(value, whole.function(*args), rtol=1e-14)
    assert_alike(got, chosen, "gradient")
    assert_same(flat(got), gradient(f, chosen, np.ones(1), 1e-2), 1e-8, 1e-9, "gradient")
    plain = s2sad.grad(whole.function, argnums=whole.argnums, optimise=False)(*args)
    assert_same(flat(plain), flat(got), 1e-12, 1e-13, "without passes")


@every
def test_gradient_at_another_size(whole: Whole) -> None:
    """The same compiled program on larger data: ⟨∇f, v⟩ against one difference along v."""
    g = s2sad.grad(whole.function, argnums=whole.argnums)
    g(*whole.data(whole.small))
    args = whole.data(whole.small + 3)
    f, chosen = active(whole, args)
    direction = np.random.default_rng(1).uniform(-1, 1, flat(chosen).size)
    with Unchanged(args, whole.name):
        got = flat(g(*args))
    assert_same(np.array([got @ direction]), tangent(f, chosen, direction, 5e-3), 1e-8, 1e-9, "slope")


@every
def test_hessian(whole: Whole) -> None:
    """Forward over reverse and reverse over reverse, against differences of the gradient."""
    args = whole.data(whole.small)
    _, chosen = active(whole, args)
    g = s2sad.grad(whole.function, argnums=whole.argnums)

    def slope(*values: Any) -> Any:
        full = list(args)
        for position, value in zip(whole.argnums, values, strict=True):
            full[position] = value
        return g(*full)

    direction = rebuild(chosen, np.random.default_rng(2).uniform(-1, 1, flat(chosen).size))
    want = tangent(slope, chosen, flat(direction), 1e-2)
    with Unchanged((args, direction), whole.name):
        _, got = s2sad.jvp(slope, chosen, direction)
    assert_same(flat(got), want, 1e-7, 1e-8, "forward over reverse")

    def along(*values: Any) -> Any:
        total = 0.0
        for part, weight in zip(slope(*values), direction, strict=True):
            total = total + np.sum(part * weight)
        return total

    with Unchanged((args, direction), whole.name):
        got = s2sad.grad(along, argnums=tuple(range(len(chosen))))(*chosen)
    assert_same(flat(got), want, 1e-7, 1e-8, "reverse over reverse")


def test_log_determinant_by_hand() -> None:
    """d log |det A| = A⁻ᵀ."""
    whole = next(w for w in WHOLE if w.name == "lu")
    (a,) = whole.data(6)
    np.testing.assert_allclose(s2sad.grad(whole.function)(a), np.linalg.inv(a).T, rtol=1e-11, atol=1e-14)


def test_cholesky_likelihood_by_hand() -> None:
    """∂/∂Σ of a Gaussian log-density, through the lower triangle that the program reads; −Σ⁻¹ x for the point."""
    whole = next(w for w in WHOLE if w.name == "cholesky")
    covariance, x = whole.data(5)
    inverse = np.linalg.inv(covariance)
    full = 0.5 * (inverse @ np.outer(x, x) @ inverse - inverse)
    by_hand = 2.0 * np.tril(full, -1) + np.diag(np.diag(full))
    got, got_x = s2sad.grad(whole.function, argnums=(0, 1))(covariance, x)
    np.testing.assert_allclose(got, by_hand, rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(got_x, -inverse @ x, rtol=1e-11)


def test_thomas_by_hand() -> None:
    """The adjoint of a linear solve is a solve with the transposed matrix: T̄ = −λ xᵀ, with Tᵀ λ = x̄."""
    lower, diagonal, upper, rhs = next(w for w in WHOLE if w.name == "thomas").data(7)
    n = len(rhs)
    matrix = np.diag(diagonal) + np.diag(lower[1:], -1) + np.diag(upper[:-1], 1)
    x_bar = np.arange(1.0, n + 1)
    x = np.linalg.solve(matrix, rhs)
    lam = np.linalg.solve(matrix.T, x_bar)
    matrix_bar = -np.outer(lam, x)
    _, pullback = s2sad.vjp(thomas.solve, lower, diagonal, upper, rhs)
    lower_bar, diagonal_bar, upper_bar, rhs_bar = pullback(x_bar)
    np.testing.assert_allclose(lower_bar, np.concatenate([[0.0], np.diag(matrix_bar, -1)]), rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(diagonal_bar, np.diag(matrix_bar), rtol=1e-11)
    np.testing.assert_allclose(upper_bar, np.concatenate([np.diag(matrix_bar, 1), [0.0]]), rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(rhs_bar, lam, rtol=1e-11)


def test_third_order() -> None:
    """Order three through a loop with stores: the recurrence, against differences of its second derivative."""
    x = np.array([0.3, -0.4, 0.5, 0.2])
    first = s2sad.grad(textbook.last)
    second = s2sad.grad(lambda a: first(a, x))
    third = s2sad.grad(lambda a: second(a))
    assert_same(np.array([third(0.7)]), tangent(second, (0.7,), np.ones(1)), 1e-8, 1e-9, "third derivative")
