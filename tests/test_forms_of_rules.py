"""Rules that are written in a fast form: segments, borders, running products, triangular inverses, sums at places."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import s2sad
from s2sad.prims.runtime import add_at, linear_scan, sum_padding
from s2sad.prims.spectra import inverse_of_lower
from s2sad.testing import check_grads

RNG = np.random.default_rng(5)
V, M = RNG.normal(size=9), RNG.normal(size=(5, 4))


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (lambda v: np.add.reduceat(v, [0, 2, 5]), V),
        (lambda v: np.add.reduceat(v, [2, 8]), V),
        (lambda v: np.add.reduceat(v, [3, 3, 1, 7, 2]), V),
        (lambda m: np.add.reduceat(m, [0, 2, 1], axis=1), M),
        (lambda m: np.add.reduceat(m, np.array([1, 1, 0])), M[:, ::2]),
        (lambda v: np.multiply.reduceat(v, [0, 2, 5]), np.where(np.arange(9) % 4 == 2, 0.0, V)),
        (lambda v: np.multiply.reduceat(v, [1, 3, 8]), np.where(np.arange(9) % 4 < 2, 0.0, V)),
        (lambda m: np.multiply.reduceat(m, [1, 3], axis=1), M * (M > -1.0)),
    ],
)
def test_sums_and_products_of_segments(f: Callable[..., Any], x: np.ndarray) -> None:
    check_grads(lambda a: f(a) ** 2, (x,), order=2)
    rows = np.stack([x, 2 * x])
    gradient = s2sad.grad(lambda a: np.sum(f(a) ** 3))
    np.testing.assert_allclose(s2sad.vmap(gradient)(rows)[1], gradient(rows[1]))
    exact = s2sad.jacobian(f)(x)
    if x.ndim == 1:
        np.testing.assert_allclose(s2sad.sparse_jacobian(f)(x).toarray(), exact)


@pytest.mark.parametrize("mode", ["constant", "edge", "wrap", "symmetric", "reflect"])
@pytest.mark.parametrize("n", [1, 2, 3, 8])
def test_borders_are_added_to_where_they_were_copied_from(mode: str, n: int) -> None:
    for before in (0, 1, 2, 9, 17):
        for after in (0, 2, 7, 16):
            for shape, widths in (((n,), (before, after)), ((3, n), ((1, 0), (before, after)))):
                places = np.pad(np.arange(1, np.prod(shape) + 1).reshape(shape), widths, mode)  # type: ignore[call-overload]
                g = RNG.normal(size=places.shape)
                wanted = np.bincount(places.ravel(), g.ravel(), int(np.prod(shape)) + 1)[1:].reshape(shape)
                np.testing.assert_allclose(sum_padding(g, widths, mode, shape), wanted, atol=1e-12)


@pytest.mark.parametrize("n", [0, 1, 2, 16, 17, 18, 33, 34, 35, 67, 200])
@pytest.mark.parametrize("reverse", [False, True])
def test_recurrences_are_those_step_by_step(n: int, reverse: bool) -> None:
    a, b = RNG.normal(size=(2, n, 3))
    a[n // 2 :: 5] = 0.0
    y = np.zeros((n, 3))
    for k in reversed(range(n)) if reverse else range(n):
        last = (k == n - 1) if reverse else k == 0
        y[k] = b[k] if last else a[k + 1] * y[k + 1] + b[k] if reverse else a[k] * y[k - 1] + b[k]
    np.testing.assert_allclose(linear_scan(a, b, 0, reverse), y, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(linear_scan(a.T, b.T, -1, reverse), y.T, rtol=1e-10, atol=1e-12)


def test_a_recurrence_whose_factors_overflow_together() -> None:
    assert not linear_scan(np.full(3000, 2.0), np.zeros(3000)).any()
    with np.errstate(over="ignore"):
        y = linear_scan(np.full(4, 1e200), np.ones(4))
    assert y[1] == 1e200 and np.isinf(y[3])


def test_products_of_many_segments() -> None:
    rng = np.random.default_rng(8)
    x = rng.normal(size=400) * (rng.random(400) > 0.02)
    starts = np.append(3, np.sort(rng.choice(np.arange(4, 400), 40, replace=False)))
    others = np.zeros(400)
    for start, end in pairwise([*starts, 400]):
        others[start:end] = [np.prod(np.delete(x[start:end], k)) for k in range(end - start)]
    gradient = s2sad.grad(lambda x: np.sum(np.multiply.reduceat(x, starts)))
    np.testing.assert_allclose(gradient(x), others, rtol=1e-12)
    assert gradient(x.astype(np.float32)).dtype == np.float32
    y = np.where(x == 0.0, 1e-300, x)  # no zeros, but what underflows on the way
    there = [np.prod(np.delete(y[s:e], k)) for s, e in pairwise([*starts, 400]) for k in range(e - s)]
    np.testing.assert_allclose(gradient(y)[3:], there, rtol=1e-12)
    with np.errstate(over="ignore"):  # what overflows in one segment leaves the others alone
        x[: starts[1]] = 1e200
        np.testing.assert_allclose(gradient(x)[starts[1] :], others[starts[1] :], rtol=1e-12)
    x[starts[1]] = np.nan
    assert np.isnan(gradient(x)).sum() == starts[2] - starts[1] - 1
    products = s2sad.grad(lambda z: np.sum(np.multiply.reduceat(z, [0, 3])), holomorphic=True)
    z = V[:5] + 1j * V[4:]
    np.testing.assert_allclose(products(z), [z[1] * z[2], z[0] * z[2], z[0] * z[1], z[4], z[3]])


def test_running_products_with_zeros_and_underflow() -> None:
    x = np.linspace(0.3, 1.2, 60)
    x[[20, 21, 40]] = 0.0
    check_grads(lambda a: np.cumprod(a), (x,), order=2)
    small = np.full(1000, 0.1)
    wanted = np.cumprod(small) / small * 10 / 9  # the sum of a geometric series
    np.testing.assert_allclose(s2sad.grad(lambda a: np.sum(np.cumprod(a)))(small)[:250], wanted[:250])


def test_inverses_by_halves() -> None:
    a = RNG.normal(size=(2, 50, 50)) + 1j * RNG.normal(size=(2, 50, 50))
    lower = np.linalg.cholesky(a @ np.conj(np.swapaxes(a, 1, 2)) + 50 * np.eye(50))
    np.testing.assert_allclose(inverse_of_lower(lower) @ lower, np.broadcast_to(np.eye(50), (2, 50, 50)), atol=1e-12)
    assert inverse_of_lower(lower.real.astype("f4")).dtype == "f4"
    x = RNG.normal(size=(33, 1))
    check_grads(lambda x: np.linalg.cholesky(x @ x.T + 9 * np.eye(33)), (x,), order=2)


@pytest.mark.parametrize("order", ["C", "F"])
def test_sums_at_rows(order: Any) -> None:
    for index in (RNG.integers(-7, 7, 20), (RNG.integers(-7, 7, (4, 5)), RNG.integers(0, 3, 5))):
        a = np.asarray(RNG.normal(size=(7, 3, 2)), order=order)
        wanted, values = a.copy(), RNG.normal(size=a[index].shape)
        np.add.at(wanted, index, values)
        add_at(a, index, values)
        np.testing.assert_allclose(a, wanted)


def test_orders_and_differences() -> None:
    for f, x in (
        (np.sort, V), (lambda m: np.sort(m, axis=0), M), (lambda m: np.sort(m, axis=None), M),
        (np.diff, V), (lambda m: np.diff(m, axis=0), M), (lambda m: np.diff(m, axis=-1), M), (np.diff, V[:1]),
    ):  # fmt: skip
        check_grads(lambda a, f=f: f(a) ** 2, (x,), order=2)  # type: ignore[misc]
    assert s2sad.grad(lambda a: np.sum(np.diff(a)))(V[:0]).shape == (0,)
    assert s2sad.grad(lambda a: np.sum(np.diff(a) ** 2))(V.astype("f4")).dtype == "f4"


def test_parts_of_parts_are_added_to_where_they_are() -> None:
    """A part of a row, or of a block, has no array of its own in the adjoint; nor is kept what only a shape is of."""

    def cells(x: np.ndarray) -> Any:
        total = 0.0
        for i in range(len(x)):
            total += x[i][2] ** 3
        return total

    def columns(x: np.ndarray) -> Any:
        block = x[..., :4, :]
        block = block * 2.0
        total = 0.0
        for i in range(block.shape[1]):
            total += np.sum(block[:3, :][..., i] ** 3)
        return total

    x = RNG.normal(size=(5, 4))
    for f, place in ((cells, "x_bar[i, 2] += "), (columns, "block_bar[:3, i] += ")):
        check_grads(f, (x,), order=2)
        gradient = s2sad.grad(f)
        gradient(x)
        assert place in gradient.source and "zeros_like(v" not in gradient.source and "tape" not in gradient.source
