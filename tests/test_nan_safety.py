"""What a program did not select has derivative zero, also where its slope is infinite or not a number.

Each program is differentiated at a point where something infinite is left out, in every mode and to second order, and
compared with the same program that never computes what it leaves out. ``nan_safe=False`` writes the plain product.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import s2sad
from s2sad import grad, jvp, value_and_grad, vjp

X = np.array([0.0, 0.3, -1.0, 2.0, 0.0])


@dataclass(frozen=True)
class Case:
    """A program, and its first and second derivative elementwise as somebody would write them down."""

    function: Callable[..., Any]
    at: np.ndarray
    first: np.ndarray
    second: np.ndarray


def chosen(x, mask, formula):
    """A formula where a mask says so, zero elsewhere."""
    out = np.zeros(x.shape)
    out[mask] = formula(x[mask])
    return out


def root(x):
    return np.sum(np.where(x > 0, np.sqrt(x), 0.0))


def logarithm(x):
    return np.sum(np.where(x > 0, np.log(x), 0.0))


def quotient(x):
    return np.sum(np.where(x != 0, 1.0 / x, 0.0))


def sine_over(x):
    return np.sum(np.where(x == 0, 1.0, np.sin(x) / x))


def power(x):
    return np.sum(np.where(x > 0, x**0.3, 0.0))


def negative_power(x):
    return np.sum(np.where(x > 0, x**-1.5, 0.0))


def steep_power(x):
    return np.sum(np.where(x > 0, x**2.5, 0.0))


def entropy(x):
    return np.sum(np.where(x > 0, -x * np.log(x), 0.0))


def arc_cosine(x):
    return np.sum(np.where(np.abs(x) < 1, np.arccos(x), 0.0))


def arc_sine(x):
    return np.sum(np.where(np.abs(x) < 1, np.arcsin(x), 0.0))


def nested_choice(x):
    inner = np.where(x > 0, np.log(x), -1.0)
    return np.sum(np.where(x > 0.1, inner * inner, 0.0))


def chain(x):
    return np.sum(np.where(x > 0, np.exp(np.sqrt(x)) * np.sqrt(x), 0.0))


def masked_store(x):
    y = np.sqrt(x)
    y[x <= 0] = 0.0
    return np.sum(y)


def masked_store_of_log(x):
    y = np.log(x)
    y[~(x > 0)] = 2.0
    return np.sum(y * 1.5)


def filled_by_mask(x):
    y = np.zeros(len(x))
    y[x > 0] = np.sqrt(x[x > 0])
    return np.sum(y)


def picked(x):
    y = np.sqrt(x)
    return np.sum(y[x > 0])


def clipped(x):
    return np.sum(np.maximum(np.log(x), -1.0))


def put_over(x):
    y = np.log(x)
    np.putmask(y, x <= 0, 0.0)
    return np.sum(y)


def copied_over(x):
    y = 1.0 / x
    np.copyto(y, 0.0, where=x == 0)
    return np.sum(y)


def rest(x):
    return np.sum(np.sqrt(x)[1:-1])


def sorted_rest(x):
    return np.sum(np.sort(np.log(x))[2:])


def items_in_a_loop(x):
    y = np.sqrt(x)
    total = 0.0
    for i in range(len(x)):
        if x[i] > 0:
            total += y[i]
    return total


def slices_and_an_item(x):
    y = np.log(x)
    return np.sum(y[1:3]) + np.sum(y[1:2]) + y[2] * 3.0


def cleared_in_a_loop(x):
    y = np.log(x)
    for i in range(len(x)):
        if x[i] <= 0.0:
            y[i] = 0.0
    return np.sum(y)


def greatest(x):
    return np.max(np.log(x)) * 2.0


POSITIVE = X[X >= 0]
P = POSITIVE
CASES = [
    Case(root, P, chosen(P, P > 0, lambda x: 0.5 * x**-0.5), chosen(P, P > 0, lambda x: -0.25 * x**-1.5)),
    Case(logarithm, P, chosen(P, P > 0, lambda x: 1 / x), chosen(P, P > 0, lambda x: -1 / x**2)),
    Case(quotient, X, chosen(X, X != 0, lambda x: -1 / x**2), chosen(X, X != 0, lambda x: 2 / x**3)),
    Case(sine_over, X, chosen(X, X != 0, lambda x: np.cos(x) / x - np.sin(x) / x**2),
         chosen(X, X != 0, lambda x: -np.sin(x) / x - 2 * np.cos(x) / x**2 + 2 * np.sin(x) / x**3)),
    Case(power, P, chosen(P, P > 0, lambda x: 0.3 * x**-0.7), chosen(P, P > 0, lambda x: -0.21 * x**-1.7)),
    Case(negative_power, P, chosen(P, P > 0, lambda x: -1.5 * x**-2.5), chosen(P, P > 0, lambda x: 3.75 * x**-3.5)),
    Case(steep_power, X, chosen(X, X > 0, lambda x: 2.5 * x**1.5), chosen(X, X > 0, lambda x: 3.75 * x**0.5)),
    Case(entropy, P, chosen(P, P > 0, lambda x: -np.log(x) - 1), chosen(P, P > 0, lambda x: -1 / x)),
    Case(arc_cosine, X, chosen(X, np.abs(X) < 1, lambda x: -((1 - x**2) ** -0.5)),
         chosen(X, np.abs(X) < 1, lambda x: -x * (1 - x**2) ** -1.5)),
    Case(arc_sine, X, chosen(X, np.abs(X) < 1, lambda x: (1 - x**2) ** -0.5),
         chosen(X, np.abs(X) < 1, lambda x: x * (1 - x**2) ** -1.5)),
    Case(nested_choice, P, chosen(P, P > 0.1, lambda x: 2 * np.log(x) / x),
         chosen(P, P > 0.1, lambda x: (2 - 2 * np.log(x)) / x**2)),
    Case(chain, P, chosen(P, P > 0, lambda x: np.exp(np.sqrt(x)) * (1 + np.sqrt(x)) / (2 * np.sqrt(x))),
         chosen(P, P > 0, lambda x: np.exp(np.sqrt(x)) * (x + np.sqrt(x) - 1) / (4 * x**1.5))),
    Case(masked_store, P, chosen(P, P > 0, lambda x: 0.5 * x**-0.5), chosen(P, P > 0, lambda x: -0.25 * x**-1.5)),
    Case(masked_store_of_log, P, chosen(P, P > 0, lambda x: 1.5 / x), chosen(P, P > 0, lambda x: -1.5 / x**2)),
    Case(filled_by_mask, P, chosen(P, P > 0, lambda x: 0.5 * x**-0.5), chosen(P, P > 0, lambda x: -0.25 * x**-1.5)),
    Case(picked, P, chosen(P, P > 0, lambda x: 0.5 * x**-0.5), chosen(P, P > 0, lambda x: -0.25 * x**-1.5)),
    Case(clipped, P, chosen(P, P > 0.37, lambda x: 1 / x), chosen(P, P > 0.37, lambda x: -1 / x**2)),
    Case(put_over, P, chosen(P, P > 0, lambda x: 1 / x), chosen(P, P > 0, lambda x: -1 / x**2)),
    Case(rest, P, chosen(P, P > 0, lambda x: 0.5 * x**-0.5), chosen(P, P > 0, lambda x: -0.25 * x**-1.5)),
    Case(sorted_rest, P, chosen(P, P > 0, lambda x: 1 / x), chosen(P, P > 0, lambda x: -1 / x**2)),
    Case(items_in_a_loop, P, chosen(P, P > 0, lambda x: 0.5 * x**-0.5), chosen(P, P > 0, lambda x: -0.25 * x**-1.5)),
    Case(slices_and_an_item, P, chosen(P, P > 0, lambda x: np.array([2.0, 4.0]) / x),
         chosen(P, P > 0, lambda x: np.array([-2.0, -4.0]) / x**2)),
    Case(cleared_in_a_loop, P, chosen(P, P > 0, lambda x: 1 / x), chosen(P, P > 0, lambda x: -1 / x**2)),
    Case(greatest, P, chosen(P, P > 1, lambda x: 2 / x), chosen(P, P > 1, lambda x: -2 / x**2)),
    Case(copied_over, X, chosen(X, X != 0, lambda x: -1 / x**2), chosen(X, X != 0, lambda x: 2 / x**3)),
]  # fmt: skip
every = pytest.mark.parametrize("case", CASES, ids=lambda c: c.function.__name__)


@pytest.fixture(autouse=True)
def quietly() -> Any:
    """What is left out divides by zero, as the program itself does."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        yield


@every
def test_the_gradient_is_that_of_what_was_selected(case: Case) -> None:
    np.testing.assert_allclose(grad(case.function)(case.at), case.first, rtol=1e-12)
    np.testing.assert_allclose(grad(case.function, optimise=False)(case.at), case.first, rtol=1e-12)
    np.testing.assert_allclose(value_and_grad(case.function)(case.at)[1], case.first, rtol=1e-12)
    np.testing.assert_allclose(vjp(case.function, case.at)[1](2.0)[0], 2.0 * case.first, rtol=1e-12)


@every
def test_so_are_tangents(case: Case) -> None:
    direction = np.linspace(0.5, 1.5, len(case.at))
    np.testing.assert_allclose(jvp(case.function, (case.at,), (direction,))[1], case.first @ direction, rtol=1e-12)


@every
def test_forward_over_reverse(case: Case) -> None:
    direction = np.linspace(0.5, 1.5, len(case.at))
    found = jvp(grad(case.function), (case.at,), (direction,))[1]
    np.testing.assert_allclose(found, case.second * direction, rtol=1e-12)


@every
@pytest.mark.parametrize("optimise", [True, False])
def test_reverse_over_reverse(case: Case, optimise: bool) -> None:
    f = case.function

    def along(x, direction):
        return np.sum(grad(f)(x) * direction)

    direction = np.linspace(0.5, 1.5, len(case.at))
    found = grad(along, optimise=optimise)(case.at, direction)
    np.testing.assert_allclose(found, case.second * direction, rtol=1e-12)


def length(x):
    return np.sqrt(np.sum(x * x))


def norm_or_zero(x):
    n = np.linalg.norm(x)
    return n if n > 0 else 0.0


def rows_of_norms(x):
    n = np.linalg.norm(x, axis=1)
    return np.sum(np.where(n > 0, n, 0.0))


def unit_rows(x):
    n = np.sqrt(np.sum(x * x, axis=1, keepdims=True))
    return np.sum(np.where(n > 0, x / n, 0.0))


def test_norms_at_zero() -> None:
    zero, some = np.zeros(3), np.array([3.0, 0.0, 4.0])
    np.testing.assert_array_equal(grad(np.linalg.norm)(zero), zero)
    np.testing.assert_array_equal(grad(norm_or_zero)(zero), zero)
    rows = np.array([zero, some])
    np.testing.assert_allclose(grad(rows_of_norms)(rows), [zero, some / 5.0])
    along = (some[None, :] * np.sum(some) / 125.0)[0]
    np.testing.assert_allclose(grad(unit_rows)(rows), [zero, 0.2 - along], rtol=1e-12)
    assert np.all(np.isfinite(jvp(grad(rows_of_norms), (rows,), (np.ones((2, 3)),))[1]))
    assert np.all(np.isfinite(jvp(grad(unit_rows), (rows,), (np.ones((2, 3)),))[1]))


def test_what_is_selected_is_not_hidden() -> None:
    """A slope that is infinite where the program does select it stays infinite; a NaN of the data stays a NaN."""
    assert np.isinf(grad(lambda x: np.sum(np.where(x >= 0, np.sqrt(x), 0.0)))(np.array([0.0]))[0])
    assert np.isnan(grad(lambda x: np.sum(np.where(x < 9, x * x, 0.0) * x))(np.array([np.nan]))[0])


def half_circle(x):
    return np.where(x < 2, 1 / np.sqrt(np.where(x < 2, x * (2 - x), 1)), 0.0)


BOUNDED: dict[Callable[..., Any], Callable[..., Any]] = {
    lambda x: np.sqrt(np.maximum(x, 0)): lambda x: 0.5 / np.sqrt(x),
    lambda x: np.sqrt(2 * np.fmax(x, 0.0) / 3): lambda x: 0.5 / np.sqrt(1.5 * x),
    lambda x: np.maximum(0.0, x) ** 0.3: lambda x: 0.3 * x**-0.7,
    lambda x: np.sqrt(-np.minimum(-x, 0)): lambda x: 0.5 / np.sqrt(x),
    lambda x: np.sqrt(np.clip(x, 0, None)): lambda x: 0.5 / np.sqrt(x),
    lambda x: np.sqrt(np.where(x > 0, x, 0)): lambda x: 0.5 / np.sqrt(x),
    lambda x: np.log(np.where(x > 0, x, 0.0)): lambda x: 1 / x,
    lambda x: np.arccos(np.clip(1 - x, -1, 1)): half_circle,
    lambda x: np.arcsin(np.minimum(1, np.maximum(x - 1, -1))): half_circle,
}


@pytest.mark.parametrize("case", range(len(BOUNDED)))
def test_a_bound_is_flat_also_where_the_slope_is_infinite_there(case: int) -> None:
    """At the bounds, and where they are chosen; in every mode, to second order, and for numbers."""
    f, slope = list(BOUNDED.items())[case]
    with np.errstate(all="ignore"):
        wanted = chosen(X, X > 0, slope)
        first = grad(lambda x: np.sum(f(x)))
        np.testing.assert_allclose(first(X), wanted, rtol=1e-12)
        np.testing.assert_allclose(jvp(f, (X,), (np.ones(5),))[1], wanted, rtol=1e-12)
        second = (slope(0.3 + 1e-6) - slope(0.3 - 1e-6)) / 2e-6
        found = grad(lambda x: first(x)[1] + np.sum(first(x)[[0, 2, 4]]))(X)
        np.testing.assert_allclose(found, [0, second, 0, 0, 0], rtol=1e-6)
        assert "masked_product" not in first.source
        np.testing.assert_allclose([grad(f)(float(v)) for v in X], wanted, rtol=1e-12)


def test_bounds_of_numbers_of_python() -> None:
    root, angle = (lambda x: math.sqrt(max(x, 0.0))), (lambda x: math.acos(min(1.0, max(-1.0, x))))
    assert [grad(root)(x) for x in (-0.3, 0.0, 0.25)] == [0.0, 0.0, 1.0]
    assert [grad(angle)(x) for x in (-2.0, -1.0, 0.0, 1.0, 1.5)] == [0.0, 0.0, -1.0, 0.0, 0.0]
    assert [jvp(angle, (x,), (2.0,))[1] for x in (-2.0, -1.0, 0.0, 1.0, 1.5)] == [0.0, 0.0, -2.0, 0.0, 0.0]


def test_the_guard_is_in_the_source_and_can_be_left_out() -> None:
    def f(x, w):
        y = np.sqrt(x)
        return np.sum(y[x > 0] * w[x > 0])

    x, w = POSITIVE, np.full(len(POSITIVE), 0.1)
    plain = grad(f, nan_safe=False)
    assert "masked_product" in grad(f).source_for(x, w)
    assert "masked_product" not in plain.source_for(x, w)
    assert np.isnan(plain(x, w)).tolist() == [True, False, False, True]
    assert np.isnan(value_and_grad(f, nan_safe=False)(x, w)[1]).any()
    assert np.isnan(vjp(f, x, w, nan_safe=False)[1](1.0)[0]).any()
    assert np.isnan(grad(lambda x: np.sum(grad(f, nan_safe=False)(x, w)))(x)).any()
    np.testing.assert_array_equal(grad(f, nan_safe=False)(x[1:3], w[1:3]), grad(f)(x[1:3], w[1:3]))
    assert grad(nan_safe=False)(f).transform == s2sad.grad(f, nan_safe=False).transform


def test_tangents_of_what_is_not_chosen() -> None:
    def f(x):
        return np.sum(np.maximum(np.log(x), -1.0))

    direction = np.array([1.0, 1.0])
    assert jvp(f, (np.array([0.0, 1.0]),), (direction,))[1] == 1.0
    assert np.isnan(jvp(f, (np.array([0.0, 1.0]),), (direction,), nan_safe=False)[1])


def log_sum_exp_of_a_chain(log_a, start):
    alpha = start
    for _ in range(3):
        top = np.max(alpha)
        alpha = np.log(np.exp(alpha - top) @ np.exp(log_a)) + top
    return np.sum(np.where(alpha > -5.0, alpha, 0.0)) + np.sum(alpha)


def test_what_is_used_as_a_whole_as_well_needs_no_mask():
    g = s2sad.grad(log_sum_exp_of_a_chain)
    g(np.array([[0.1, 0.2], [0.3, 0.4]]), np.array([0.5, 0.6]))
    assert "masked_product" not in g.source and "np.where(" in g.source


def differences(x):
    y = 1.0 / x
    return np.sum((y[1:] - y[:-1]) ** 2)


def steps(x):
    for _ in range(3):
        x = x + 0.1 / x
        x = x[1:-1]
    return np.sum(x)


@pytest.mark.parametrize("f", [differences, steps])
def test_stencils_are_not_guarded(f):
    g = s2sad.grad(f)
    g(np.linspace(1.0, 2.0, 9))
    assert "masked_product" not in g.source


@pytest.mark.parametrize("f", [
    lambda x: np.sum(np.where(x > 0, np.sqrt(x), 0.0)) + np.sum(np.sqrt(x[1:])),
    lambda x: np.sum(np.where(x > 0, np.sqrt(x), 0.0) * np.sign(np.sqrt(x) + 1.0)),
    lambda x: np.sum(np.where(x > 0, np.sqrt(x) * 2.0, 0.0)) + (np.sum(np.sqrt(x)) if x[1] < 0 else 0.0),
])  # fmt: skip
def test_a_use_of_some_items_or_of_none_is_no_use_as_a_whole(f):
    np.testing.assert_allclose(s2sad.grad(f)(np.array([0.0, 4.0])), s2sad.grad(f)(np.array([1.0, 4.0])) * [0.0, 1.0])


@pytest.mark.parametrize("of", ["var", "std", "prod"])
def test_lines_with_infinite_items_that_are_left_out(of):
    def spread(x):
        return np.sum(np.where(x > 0.0, getattr(np, of)(np.stack([x, 1.0 / x, x]), axis=0), 0.0))

    np.testing.assert_allclose(s2sad.grad(spread)(X)[X > 0], s2sad.grad(spread)(X[X > 0]))
    assert not np.any(s2sad.grad(spread)(X)[X <= 0])
