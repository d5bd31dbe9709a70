"""What other tools get wrong (docs: design, section 14): each program is right here, by its number, or refused."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest

import s2sad
from tests.programs.namesakes import first, second

X = np.array([0.5, 2.0, -1.0, 3.0])


def same(got, want):
    """Exactly the same shape and dtype, and the same numbers to rounding."""
    got = np.asarray(got)
    assert got.shape == np.shape(want)
    assert got.dtype == np.float64
    np.testing.assert_allclose(got, want, rtol=1e-14, atol=1e-15)


def both_modes(f, x, want):
    """The gradient of f at x in reverse mode, and in forward mode component by component."""
    before = np.copy(x)
    same(s2sad.grad(f)(x), want)
    units = np.eye(np.size(x)).reshape(-1, *np.shape(x))
    tangents = [s2sad.jvp(f, (x,), (unit if np.ndim(x) else 1.0,))[1] for unit in units]
    same(np.reshape(tangents, np.shape(x)), want)
    np.testing.assert_array_equal(x, before)


def test_a_store_through_a_view_is_seen():
    def f(x):
        y = x * x
        v = y[1:3]
        v *= 2
        return np.sum(y)

    both_modes(f, X, 2 * X * np.array([1.0, 2.0, 2.0, 1.0]))


def test_an_augmented_store_is_written_back():
    def f(x):
        c = np.zeros(2)
        for i in range(4):
            c[i % 2] += x[i] ** 2
        return c[0] * c[1]

    even, odd = X[0] ** 2 + X[2] ** 2, X[1] ** 2 + X[3] ** 2
    both_modes(f, X, 2 * X * np.array([odd, even, odd, even]))


def test_a_constant_store_kills_one_cell_only():
    def f(x):
        y = x * x
        y[0] = 5.0
        return np.sum(y)

    both_modes(f, X, 2 * X * np.array([0.0, 1.0, 1.0, 1.0]))


def test_an_active_keyword_argument_counts():
    def scaled(v, factor=1.0):
        return v * factor

    both_modes(lambda x: scaled(2.0, factor=x) * scaled(x, factor=3.0), 1.5, 18.0)


def test_the_body_of_a_with_statement_counts():
    def f(x):
        with np.errstate(invalid="ignore"):
            y = np.sqrt(x)
        return y * x

    try:
        got = s2sad.grad(f)(4.0)
    except s2sad.UnsupportedError as refusal:
        assert "with" in str(refusal)
        assert "^" in str(refusal)
    else:
        same(got, 3.0)


def test_repeated_indices_are_counted_each_time():
    both_modes(lambda x: np.sum(x[[0, 0, 1]] ** 2), X, np.array([4 * X[0], 2 * X[1], 0.0, 0.0]))

    def stored(x):
        y = np.zeros(3)
        y[[0, 0, 1]] = x[:3]
        return np.sum(y * np.array([2.0, 3.0, 5.0]))

    both_modes(stored, X, np.array([0.0, 2.0, 3.0, 0.0]))


def test_two_helpers_of_one_name_are_two():
    both_modes(lambda x: first.helper(x) * second.helper(x), 1.5, 30 * 1.5**2)


def test_an_active_exponent_counts():
    both_modes(lambda a: 2.0**a, 3.0, 8.0 * math.log(2.0))
    both_modes(lambda a: np.sum(np.power(2.0, a)), X, 2.0**X * np.log(2.0))
    both_modes(lambda a: a**a, 2.0, 4.0 * (1.0 + math.log(2.0)))


def test_math_functions_are_differentiated():
    both_modes(lambda x: math.sin(x) * math.exp(x), 0.7, math.exp(0.7) * (math.sin(0.7) + math.cos(0.7)))
    both_modes(lambda x: math.sin(x[0]) * x[1], X, np.array([math.cos(0.5) * 2.0, math.sin(0.5), 0.0, 0.0]))


def test_the_branch_not_taken_gives_no_nan():
    def f(x):
        return np.sum(np.where(x > 0.5, np.sqrt(x - 0.5), 0))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        want = np.array([0.0, 0.5 / math.sqrt(1.5), 0.0, 0.5 / math.sqrt(2.5)])
        both_modes(f, X, want)
        both_modes(lambda x: np.sum(np.where(x > 0, np.log(x), x * 2)), X, np.where(X > 0, 1 / X, 2.0))
        sinc = np.array([0.0, math.pi])
        both_modes(lambda x: np.sum(np.where(x == 0, 1.0, np.sin(x) / x)), sinc, [0.0, -1 / math.pi])


def test_times_zero_keeps_shape_and_nan():
    both_modes(lambda x: np.sum(x * 0 + 1.0), X, np.zeros(4))
    value, gradient = s2sad.value_and_grad(lambda x: np.sum(x * 0 + x))(np.array([1.0, np.nan, np.inf]))
    assert np.isnan(value)
    np.testing.assert_array_equal(gradient, [1.0, 1.0, 1.0])
    out, dot = s2sad.jvp(lambda x: x * 0, (X,), (np.ones(4),))
    assert out.shape == dot.shape == (4,)
    assert np.isnan(s2sad.jvp(lambda x: x * 0, (math.inf,), (1.0,))[0])


def test_times_one_is_a_copy():
    def f(x):
        y = x * 1.0
        y[0] = 7.0
        return np.sum(x * y)

    both_modes(f, X, np.array([7.0, *(2 * X[1:])]))
    out, pullback = s2sad.vjp(lambda x: x * 1.0, X)
    assert not np.shares_memory(out, X)
    bar = np.ones(4)
    (got,) = pullback(bar)
    same(got, bar)
    got[0] = 100.0
    np.testing.assert_array_equal(X, [0.5, 2.0, -1.0, 3.0])


@pytest.mark.parametrize(
    ("x", "want"), [([2.0, 0.0, 3.0], [0.0, 6.0, 0.0]), ([0.0, 0.0, 3.0], [0.0, 0.0, 0.0]), ([2.0, 4.0], [4.0, 2.0])]
)
def test_the_product_at_a_zero(x, want):
    both_modes(lambda x: np.prod(x), np.array(x), want)
    both_modes(lambda x: x.prod(), np.array(x), want)


def test_integer_inputs_are_not_truncated():
    got = s2sad.grad(lambda x: x**2 / 4)(3)
    assert isinstance(got, float)
    assert got == 1.5
    with pytest.raises(s2sad.InputError, match="float"):
        s2sad.grad(lambda x: np.sum(x**2) / 4)(np.array([1, 2, 3]))
    got = s2sad.grad(lambda x, k: np.sum(x * k))(X, np.array([1, 2, 3, 4]))
    same(got, [1.0, 2.0, 3.0, 4.0])
