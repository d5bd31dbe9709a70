"""What derivatives are where they are not defined, and where a formula has to be written with care to be right."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import s2sad
from s2sad import grad, jvp, sparse_hessian, value_and_grad, vjp, vmap


def second(f: Callable[..., Any]) -> Callable[..., Any]:
    def slope_sum(x: Any) -> Any:
        return np.sum(grad(f)(x))

    return grad(slope_sum)


def scalar_abs(x):
    return abs(x)


def array_abs(x):
    return np.sum(np.abs(x))


def test_abs_has_slope_zero_at_zero() -> None:
    assert grad(scalar_abs)(0.0) == 0.0
    assert grad(scalar_abs)(-2.0) == -1.0
    np.testing.assert_array_equal(grad(array_abs)(np.array([0.0, -3.0, 2.0])), [0.0, -1.0, 1.0])


def larger(x, y):
    return max(x, y)


def largest_of_three(x, y, z):
    return max(x, y, z)


def elementwise_smaller(x, y):
    return np.sum(np.minimum(x, y))


def biggest(x):
    return np.max(x)


def row_biggest(x):
    return np.sum(np.max(x, axis=1))


def biggest_of_a_list(x):
    return max(list(x))


def least_square(x):
    return min(v * v for v in x)


def test_ties_share_equally() -> None:
    assert grad(larger, (0, 1))(1.0, 1.0) == (0.5, 0.5)
    assert grad(larger, (0, 1))(1.0, 2.0) == (0.0, 1.0)
    assert grad(largest_of_three, (0, 1, 2))(2.0, 2.0, 2.0) == (1 / 3, 1 / 3, 1 / 3)
    assert grad(largest_of_three, (0, 1, 2))(2.0, 3.0, 1.0) == (0.0, 1.0, 0.0)
    np.testing.assert_array_equal(grad(biggest_of_a_list)(np.array([2.0, 1.0, 2.0])), [0.5, 0.0, 0.5])
    np.testing.assert_array_equal(grad(least_square)(np.array([-1.0, 3.0, 1.0])), [-1.0, 0.0, 1.0])
    a, b = grad(elementwise_smaller, (0, 1))(np.array([1.0, 2.0]), np.array([1.0, 3.0]))
    np.testing.assert_array_equal(a, [0.5, 1.0])
    np.testing.assert_array_equal(b, [0.5, 0.0])
    np.testing.assert_array_equal(grad(biggest)(np.array([1.0, 3.0, 3.0, 0.0])), [0.0, 0.5, 0.5, 0.0])
    x = np.array([[2.0, 2.0, 1.0], [0.0, 5.0, 1.0]])
    np.testing.assert_array_equal(grad(row_biggest)(x), [[0.5, 0.5, 0.0], [0.0, 1.0, 0.0]])
    assert jvp(biggest, (np.array([3.0, 3.0]),), (np.array([1.0, 3.0]),))[1] == 2.0


@pytest.mark.parametrize("n", [3, 5, 8, 9])
def test_several_numbers_that_tie_share_equally(n: int) -> None:
    def smallest(x):
        return min(x)

    tied = [2.0] * (n - 1) + [3.0]
    np.testing.assert_allclose(grad(smallest)(tied), [1.0 / (n - 1)] * (n - 1) + [0.0], rtol=1e-15)
    assert jvp(smallest, (tied,), ([1.0] + [0.0] * (n - 1),))[1] == pytest.approx(1.0 / (n - 1), rel=1e-15)


@pytest.mark.parametrize("n", [2, 3, 9])
@pytest.mark.parametrize("place", [0, -1])
def test_a_nan_among_several_numbers_is_the_greatest_where_it_is_the_first_as_in_python(n: int, place: int) -> None:
    numbers = [float(k) for k in range(n)]
    numbers[place] = np.nan

    def greatest(*numbers):
        return max(*numbers)

    def least(*numbers):
        return min(*numbers)

    for f in (greatest, least):
        value, slopes = s2sad.value_and_grad(f, tuple(range(n)))(*numbers)
        np.testing.assert_equal(value, f(*numbers))
        if place == -1:
            np.testing.assert_array_equal(slopes, [1.0 if x == value else 0.0 for x in numbers])
        rows = [numbers, numbers[::-1]]
        np.testing.assert_array_equal(s2sad.vmap(f)(*np.transpose(rows)), [f(*row) for row in rows])


def test_the_largest_of_three_to_second_order_and_in_batches() -> None:
    def squares(x):
        return max(x[0] ** 2, x[1] ** 2, 1.0, x[2])

    bends = s2sad.hessian(squares)(np.array([1.0, 1.0, 0.0]))
    np.testing.assert_allclose(bends, np.diag([2 / 3, 2 / 3, 0]), rtol=1e-15)
    found = vmap(grad(largest_of_three, (0, 1, 2)))(np.array([1.0, 2.0, 0.0]), np.array([1.0, 0.0, 3.0]), np.ones(3))
    np.testing.assert_allclose(found, [[1 / 3, 1.0, 0.0], [1 / 3, 0.0, 1.0], [1 / 3, 0.0, 0.0]], rtol=1e-15)
    assert grad(largest_of_three, (0, 1, 2))(math.nan, 1.0, 2.0) == (0.0, 0.0, 0.0)


def power_zero(x):
    return x**0


def power_zero_float(x):
    return x**0.0


def square(x):
    return x**2


def cube(x):
    return x**3.0


def to_the(x, y):
    return x**y


def array_to_the(x, y):
    return np.sum(x**y)


@pytest.mark.parametrize("f, first, again", [
    (power_zero, 0.0, 0.0), (power_zero_float, 0.0, 0.0), (square, 0.0, 2.0), (cube, 0.0, 0.0),
])  # fmt: skip
def test_powers_at_zero(f: Callable[..., Any], first: float, again: float) -> None:
    assert grad(f)(0.0) == first
    assert grad(grad(f))(0.0) == again
    assert grad(f)(np.float64(0.0)) == first
    assert grad(grad(f))(np.float64(0.0)) == again


def test_powers_of_zero_and_of_negative_numbers() -> None:
    assert grad(to_the, (0, 1))(0.0, 2.0) == (0.0, 0.0)
    assert grad(to_the, 0)(-2.0, 3.0) == 12.0
    assert grad(to_the, 0)(-2.0, 3) == 12.0
    x, y = np.array([0.0, 0.0, 2.0, -1.5]), np.array([2.0, 0.0, 0.0, 2.0])
    np.testing.assert_allclose(grad(array_to_the, 0)(x, y), [0.0, 0.0, 0.0, -3.0])
    np.testing.assert_allclose(grad(array_to_the, 1)(x[:3], y[:3]), [0.0, 0.0, math.log(2.0)])
    np.testing.assert_allclose(grad(array_to_the, 0)(x, 3), [0.0, 0.0, 12.0, 6.75])


def spread_of(x):
    return np.std(x)


def row_spread(x):
    return np.sum(np.std(x, axis=1))


def test_the_spread_of_equal_numbers_has_slope_zero() -> None:
    np.testing.assert_array_equal(grad(spread_of)(np.array([2.0])), [0.0])
    np.testing.assert_array_equal(grad(spread_of)(np.array([2.0, 2.0, 2.0])), [0.0, 0.0, 0.0])
    np.testing.assert_array_equal(second(spread_of)(np.array([2.0])), [0.0])
    found = grad(row_spread)(np.array([[1.0, 1.0], [1.0, 3.0]]))
    np.testing.assert_allclose(found, [[0.0, 0.0], [-0.5, 0.5]])


def product(x):
    return np.prod(x)


def product_of_rows(x):
    return np.sum(np.prod(x, axis=1))


def running_product(x):
    return np.sum(np.cumprod(x) * np.array([1.0, 2.0, 3.0]))


def hessian(f: Callable[..., Any], x: Any) -> Any:
    rows = [jvp(grad(f), (x,), (e,))[1] for e in np.eye(len(x))]
    return np.array(rows)


def test_products_with_zero_factors() -> None:
    np.testing.assert_array_equal(grad(product)(np.array([2.0, 0.0, 3.0])), [0.0, 6.0, 0.0])
    np.testing.assert_array_equal(grad(product)(np.array([0.0, 0.0, 3.0])), [0.0, 0.0, 0.0])
    np.testing.assert_array_equal(
        hessian(product, np.array([0.0, 0.0, 3.0])), [[0.0, 3.0, 0.0], [3.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
    )
    x = np.array([[2.0, 0.0, 3.0], [1.0, 4.0, 5.0]])
    np.testing.assert_array_equal(grad(product_of_rows)(x), [[0.0, 6.0, 0.0], [20.0, 5.0, 4.0]])


def test_running_products_with_zero_factors() -> None:
    x = np.array([0.0, 2.0, 5.0])  # x0 + 2 x0 x1 + 3 x0 x1 x2
    np.testing.assert_array_equal(grad(running_product)(x), [1.0 + 4.0 + 30.0, 0.0, 0.0])
    np.testing.assert_array_equal(
        hessian(running_product, x), [[0.0, 17.0, 6.0], [17.0, 0.0, 0.0], [6.0, 0.0, 0.0]]
    )


def diagonal_length(x):
    return np.hypot(x, x)


def scalar_diagonal_length(x):
    return math.hypot(x, x)


def test_hypot_at_zero_has_slope_zero_as_the_norm_has() -> None:
    for f in (diagonal_length, scalar_diagonal_length):
        assert grad(f)(0.0) == grad(grad(f))(0.0) == 0.0
        assert jvp(f, (0.0,), (1.0,))[1] == 0.0


def test_hypot_of_equal_arguments_to_second_order() -> None:
    for f in (diagonal_length, scalar_diagonal_length):
        assert grad(f)(3.0) == pytest.approx(math.sqrt(2.0))
        assert grad(grad(f))(3.0) == pytest.approx(0.0, abs=1e-15)


def masked_root(x):
    return np.sum(np.where(x > 0.5, np.sqrt(x - 0.5), 0.0))


def masked_log(x):
    return np.sum(np.where(x > 0.0, np.log(x), 0.0))


def masked_quotient(x):
    return np.sum(np.where(x != 0.0, 1.0 / x, 0.0))


pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def test_what_was_not_selected_stays_out() -> None:
    np.testing.assert_allclose(grad(masked_root)(np.array([0.5, 0.75, 0.2])), [0.0, 1.0, 0.0])
    np.testing.assert_allclose(grad(masked_log)(np.array([0.0, 2.0])), [0.0, 0.5])
    np.testing.assert_allclose(grad(masked_quotient)(np.array([0.0, 2.0])), [0.0, -0.25])
    np.testing.assert_allclose(second(masked_log)(np.array([0.0, 2.0])), [0.0, -0.25])


def elu(x):
    return np.sum(np.where(x > 0.0, x, np.exp(x) - 1.0))


def softplus(x):
    return np.sum(np.where(x > 20.0, x, np.log1p(np.exp(x))))


def swollen(x):
    y = np.exp(x)
    return np.sum(np.where(x < 20.0, y * np.sin(y) / 2.0, 1.0 / x**2))


def huber(x):
    return np.sum(np.where(np.abs(x) < 1.0, 0.5 * x**2, np.abs(x) - 0.5))


def test_what_overflows_and_is_not_selected_stays_out() -> None:
    np.testing.assert_allclose(grad(elu)(np.array([1000.0, 2.0, -1.0])), [1.0, 1.0, math.exp(-1.0)])
    np.testing.assert_allclose(grad(softplus)(np.array([1000.0, 0.0])), [1.0, 0.5])
    np.testing.assert_allclose(second(softplus)(np.array([1000.0, 0.0])), [0.0, 0.25])
    found = grad(swollen)(np.array([1000.0, 0.0]))
    np.testing.assert_allclose(found, [-2e-9, 0.5 * (math.sin(1.0) + math.cos(1.0))])


def test_where_there_is_nothing_to_keep_out_no_helper_is_called() -> None:
    derivative = grad(huber)
    np.testing.assert_allclose(derivative(np.array([-3.0, 0.5])), [-1.0, 0.5])
    assert "masked_product" not in derivative.source


def test_a_masked_slope_is_selected() -> None:
    derivative = grad(masked_root)
    np.testing.assert_allclose(derivative(np.array([0.75, 0.2])), [1.0, 0.0])
    assert "masked_product" not in derivative.source
    assert derivative.source.count("np.where(") == 1


def cardinal_sine(x):
    return np.sinc(x)


def test_sinc_at_zero() -> None:
    assert grad(cardinal_sine)(0.0) == 0.0
    assert grad(grad(cardinal_sine))(0.0) == pytest.approx(-(math.pi**2) / 3.0)
    assert grad(grad(grad(grad(cardinal_sine))))(0.0) == pytest.approx(math.pi**4 / 5.0)


def remainder(x, y):
    return x % y


def quotient_and_rest(x, y):
    q, r = divmod(x, y)
    return 10.0 * q + r


def test_remainders() -> None:
    assert grad(remainder, (0, 1))(7.5, 2.0) == (1.0, -3.0)
    assert grad(remainder, (0, 1))(-7.5, 2.0) == (1.0, 4.0)
    assert grad(quotient_and_rest, (0, 1))(7.5, 2.0) == (1.0, -3.0)


def steps(x):
    return np.floor(x) + np.sign(x) + round(x) + (x > 0.0) + int(x) + x // 2.0


def test_step_functions_have_slope_zero() -> None:
    assert grad(steps)(1.3) == 0.0


def clipped(x):
    return np.sum(np.clip(x, 0.0, 1.0))


def clipped_below(x):
    return np.sum(x.clip(min=0.0))


def test_clip() -> None:
    np.testing.assert_array_equal(grad(clipped)(np.array([-1.0, 0.5, 2.0])), [0.0, 1.0, 0.0])
    np.testing.assert_array_equal(grad(clipped_below)(np.array([-1.0, 0.5, 2.0])), [0.0, 1.0, 1.0])


def in_single(x):
    return np.float32(x) * 3.0


def in_half(x):
    return np.float16(x) * 3.0


def test_rounding_to_fewer_digits_has_slope_one() -> None:
    for f in (in_single, in_half):
        assert grad(f)(0.5) == 3.0
        assert jvp(f, (0.5,), (2.0,))[1] == 6.0


def choice(x):
    return np.where(x > 0.0, x, 0.0)


@pytest.mark.parametrize("kind", [float, np.float64])
def test_the_slope_of_a_choice_between_numbers_is_a_number(kind: Callable[[float], Any]) -> None:
    slope = grad(choice)(kind(2.0))
    assert slope == 1.0
    assert not isinstance(slope, np.ndarray)


LENGTHS = {
    "abs": lambda x: np.sum(abs(x) ** 2),
    "norm": lambda x: np.linalg.norm(x) ** 2,
    "norms of rows": lambda x: np.sum(np.square(np.linalg.norm(x, ord=2, axis=1, keepdims=True))),
    "hypot": lambda x: np.sum(np.hypot(x[:, 0], x[:, 1]) ** 2),
    "of numbers": lambda x: sum(math.hypot(row[0], row[1]) ** 2 for row in x),
    "of three numbers": lambda x: sum(math.hypot(row[0], row[1], 0.0) ** 2 for row in x),
}


@pytest.mark.parametrize("name", LENGTHS)
def test_the_square_of_a_length_has_no_kink(name: str) -> None:
    """Its Hessian is 2 * eye, at 0 as elsewhere, and no root is left in its gradient."""
    f, x = LENGTHS[name], np.array([[0.0, 0.0], [3.0, -4.0]])
    slope = value_and_grad(f)
    value, x_bar = slope(x)
    assert value == f(x)
    np.testing.assert_array_equal(x_bar, 2.0 * x)
    np.testing.assert_array_equal(np.reshape(s2sad.hessian(f)(x), (4, 4)), 2.0 * np.eye(4))
    np.testing.assert_array_equal(vmap(slope)(np.stack([x, 2.0 * x]))[1], [2.0 * x, 4.0 * x])
    assert "reciprocal" not in slope.source and "sign" not in slope.source
    assert sparse_hessian(f)(x).nnz == 4


def test_an_array_without_axes_keeps_its_shape_and_its_value():
    y = np.array(-1.3)
    for f in (
        lambda y: np.sum(y[None] ** 2), lambda y: np.sum(y[..., None] ** 2), lambda y: np.sum(y[y < 0] ** 2),
        lambda y: np.piecewise(y, [y < 0, y >= 0], [lambda a: a * a, lambda a: a]),
    ):  # fmt: skip
        out, pullback = vjp(f, y)
        (bar,) = pullback(np.ones_like(out) if isinstance(out, np.ndarray) else 1.0)
        assert isinstance(bar, np.ndarray) and bar.shape == ()
        np.testing.assert_allclose(bar, 2 * y)
        np.testing.assert_allclose(grad(f)(np.float64(-1.3)), 2 * y)
    lgamma = grad(lambda y: math.lgamma(y))
    first, second = lgamma(y), lgamma(y)
    assert first == second and y == -1.3
