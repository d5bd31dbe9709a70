"""Shaping, products and linear algebra as users write them: compiled, both modes, to second order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from s2sad import grad, jvp, pytrees
from s2sad.testing import check_grads
from tests.primitive_table_b import (
    COLUMN,
    CUBE,
    ONE,
    ROW,
    SMALL,
    SPD,
    SPDS,
    SQUARE,
    STACK,
    WELL,
    WELLS,
    M,
    N,
    V,
    W,
)

LONG = np.random.default_rng(5).normal(size=12)
U, Y = np.array([0.3, -1.2, 0.8]), np.array([[0.5, -0.7, 1.1], [0.2, 0.9, -0.4]])

SHAPING: list[tuple[Callable[..., Any], Any]] = [
    (lambda x: np.reshape(x * x, (4, 3)), M),
    (lambda x: (x * x).reshape(4, 3), M),
    (lambda x: (x * x).reshape((2, -1)), M),
    (lambda x: (x * x).reshape(-1), M),
    (lambda x: (x * x).reshape(2, 6, order="F"), M),
    (lambda x: (x * x).reshape(x.shape[0] * 2, -1), M),
    (lambda x: np.ravel(x * x), CUBE),
    (lambda x: (x * x).ravel(), CUBE),
    (lambda x: (x * x).flatten(), CUBE),
    (lambda x: (x * x).T * V[:, None], M),
    (lambda x: np.transpose(x * x), CUBE),
    (lambda x: np.transpose(x * x, (1, 2, 0)), CUBE),
    (lambda x: (x * x).transpose(2, 0, 1), CUBE),
    (lambda x: (x * x).transpose((2, 0, 1)), CUBE),
    (lambda x: (x * x).transpose(), M),
    (lambda x: np.swapaxes(x * x, 0, 2), CUBE),
    (lambda x: (x * x).swapaxes(0, -1), CUBE),
    (lambda x: np.moveaxis(x * x, 0, -1), CUBE),
    (lambda x: np.moveaxis(x * x, (0, 1), (-1, 0)), CUBE),
    (lambda x: np.rollaxis(x * x, 2), CUBE),
    (lambda x: np.rollaxis(x * x, 0, 3), CUBE),
    (lambda x: np.expand_dims(x * x, 1), M),
    (lambda x: np.squeeze(x * x), COLUMN),
    (lambda x: (x * x).squeeze(axis=0), ROW),
    (lambda x: np.broadcast_to(x * x, (3, 4)) * M, V),
    (lambda x: np.broadcast_to(x * x, (3, 4)) * M, COLUMN),
    (lambda x: np.broadcast_to(x * x, (2, 2)), 1.5),
    (lambda x: np.atleast_1d(x * x), 1.5),
    (lambda x: np.atleast_2d(x * x) * 2, V),
    (lambda x: np.atleast_3d(x * x), M),
    (lambda x: np.concatenate((x * x, W, x)), V),
    (lambda x, y: np.concatenate([x * x, y * y], axis=1), M, COLUMN),
    (lambda x, y: np.concatenate([x, y * y], axis=None), M, V),
    (lambda x, y: np.stack((x * x, y * x)), V, V + 1),
    (lambda x, y: np.stack([x * x, y * x], axis=-1), M, M + 1),
    (lambda x, y: np.stack([x, x * y, y]), 1.5, 2.5),
    (lambda x, y: np.hstack((x * x, y)), V, W),
    (lambda x, y: np.hstack((x * x, y)), M, COLUMN),
    (lambda x, y: np.hstack([x, y * x]), 1.5, 2.0),
    (lambda x, y: np.vstack((x * x, y)), V, V + 1),
    (lambda x, y: np.vstack((x * x, y)), M, ROW),
    (lambda x, y: np.vstack((x * x, y)), M, V),
    (lambda x, y: np.dstack((x * x, y)), M, M + 1),
    (lambda x, y: np.column_stack((x * x, y * x)), V, V + 1),
    (lambda x, y: np.column_stack((x * x, y)), W, M),
    (lambda x, y: np.append(x * x, y), V, 2.0),
    (lambda x, y: np.append(x * x, y, axis=0), M, ROW),
    (lambda x: np.repeat(x * x, 3), V),
    (lambda x: np.repeat(x * x, 2, axis=1), M),
    (lambda x: (x * x).repeat([1, 0, 2], axis=0), M),
    (lambda x: np.tile(x * x, 3), V),
    (lambda x: np.tile(x * x, (2, 1, 3)), M),
    (lambda x: np.flip(x * x) * M, M),
    (lambda x: np.flipud(x * x) * M, M),
    (lambda x: np.fliplr(x * x) * M, M),
    (lambda x: np.rot90(x * x), M),
    (lambda x: np.rot90(x * x, 2) * M, M),
    (lambda x: np.rot90(x * x, -1), M),
    (lambda x: np.rot90(x * x, 1, (1, 2)), CUBE),
    (lambda x: np.roll(x * x, 1) * V, V),
    (lambda x: np.roll(x * x, (1, -2), axis=(0, 1)) * M, M),
    (lambda x: np.diag(x * x), V),
    (lambda x: np.diag(x * x, 1), M),
    (lambda x: np.diagflat(x * x), M),
    (lambda x: np.diagonal(x * x), M),
    (lambda x: (x * x).diagonal(1, 1, 2), CUBE),
    (lambda x: np.trace(x * x), SQUARE),
    (lambda x: (x * x).trace(), M),
    (lambda x: np.trace(x * x, 1, 1, 2), CUBE),
    (lambda x: np.tril(x * x), M),
    (lambda x: np.triu(x * x, 1), M),
    (lambda x: np.pad(x * x, 1), M),
    (lambda x: np.pad(x * x, ((1, 0), (0, 2))), M),
    (lambda x: np.pad(x * x, 2, mode="reflect"), M),
    (lambda x: np.pad(x * x, (1, 2), mode="wrap"), V),
    (lambda x: np.pad(x * x, 1, constant_values=3.0), V),
    (lambda x: np.diff(x * x), V),
    (lambda x: np.diff(x * x, n=2, axis=1), M),
    (lambda x: np.ediff1d(x * x), M),
    (lambda x: np.sort(x * x), V),
    (lambda x: np.sort(x * x, axis=0), M),
    (lambda x: (x * x)[np.argsort(x)], V),
    (lambda x: np.partition(x * x, 1)[1], V),
    (lambda x: np.take(x * x, [0, 2, 0]), V),
    (lambda x: np.take(x * x, np.array([[0, 1], [1, 1]]), axis=1), M),
    (lambda x: (x * x).take((0, 0), axis=0), M),
    (lambda x: np.take_along_axis(x * x, np.argsort(x, axis=1), axis=1), M),
    (lambda x: np.compress(np.array([True, False, True]), x * x, axis=0), M),
    (lambda x: np.extract(x > 0, x * x), M),
    (lambda x: np.split(x * x, 2)[1], V),
    (lambda x: np.split(x * x, [1, 3], axis=1)[1], M),
    (lambda x: [p * k for k, p in enumerate(np.array_split(x * x, 3))], V),
    (lambda x: np.hsplit(x * x, 2), M),
    (lambda x: np.vsplit(x * x, 3), M),
    (lambda x, y: np.meshgrid(x * x, y)[0] * np.meshgrid(x, y * y)[1], V, W),
    (lambda x, y: np.meshgrid(x * x, y, indexing="ij")[0], V, W),
]  # fmt: skip

def grown(x):
    """Lists of a length that is not known when the derivative is made."""
    rows = []
    for row in x:
        rows.append(row * row)
    return rows


SHAPING += [
    (lambda x: np.stack(grown(x)), M),
    (lambda x: np.concatenate(([0.0], x * x, [1.0])), V),
    (lambda x: np.vstack([x * x, [1.0, 2.0, 3.0, 4.0]]), V),
    (lambda x: np.hstack([x * x, 1.0]), V),
    (lambda x: (x * x).reshape(2, 6).T.ravel().reshape(-1, 3).sum(1).dot(V), M),
    (lambda x: np.stack(grown(x), axis=1), M),
    (lambda x: np.concatenate(grown(x)), M),
    (lambda x: np.concatenate(x * x), CUBE),
    (lambda x: np.concatenate(x * x, axis=1), CUBE),
    (lambda x: np.concatenate(x * x, axis=None), M),
    (lambda x: np.stack(x * x, axis=1), M),
    (lambda x: (x * x).mT, CUBE),
    (lambda x, y: np.block([[x * x, y], [y, x]]), SQUARE, SQUARE + 1),
    (lambda x, y: np.block([x * x, y]), V, W),
    (lambda x: np.delete(x * x, 1), V),
    (lambda x: np.delete(x * x, -1, axis=1), M),
    (lambda x, y: np.broadcast_arrays(x * x, y)[0] * y, V, M),
    (lambda x, y: np.broadcast_arrays(x * x, y)[0] * 2, V, COLUMN),
    (lambda x: np.bincount(np.array([0, 1, 1, 0]), weights=x * x), V),
    (lambda x: np.bincount(np.array([0, 1, 1, 0]), x * x, minlength=4), V),
]  # fmt: skip

PRODUCTS: list[tuple[Callable[..., Any], Any]] = [
    (lambda x, y: x @ y, V, V + 1),
    (lambda x, y: x @ y, M, V),
    (lambda x, y: x @ y, W, M),
    (lambda x, y: x @ y, M, N),
    (lambda x, y: x @ y, CUBE, V),
    (lambda x, y: x @ y, CUBE, N),
    (lambda x, y: x @ y, W, CUBE),
    (lambda x, y: x @ y, CUBE, STACK),
    (lambda x, y: x @ y, CUBE, SMALL),
    (lambda x, y: x @ y, M, STACK),
    (lambda x, y: x @ y, SMALL, M),
    (lambda x, y: np.matmul(x, y), M, N),
    (lambda x: x @ x.T, M),
    (lambda x, y: np.dot(x, y), V, V + 1),
    (lambda x, y: np.dot(x, y), M, V),
    (lambda x, y: x.dot(y), W, M),
    (lambda x, y: np.dot(x, y), M, N),
    (lambda x, y: np.dot(x, y), CUBE, V),
    (lambda x, y: np.dot(x, y), W, CUBE),
    (lambda x, y: np.dot(x, y), CUBE, STACK),
    (lambda x, y: np.dot(x, y), 1.5, M),
    (lambda x, y: np.dot(x, y), 1.5, 2.0),
    (lambda x, y: np.inner(x, y), V, V + 1),
    (lambda x, y: np.inner(x, y), M, M + 1),
    (lambda x, y: np.inner(x, y), CUBE, M),
    (lambda x, y: np.outer(x, y), V, W),
    (lambda x, y: np.outer(x, y), M, W),
    (lambda x, y: np.outer(x, y), 1.5, W),
    (lambda x, y: np.vdot(x, y), M, M + 1),
    (lambda x, y: np.tensordot(x, y, axes=1), M, N),
    (lambda x, y: np.tensordot(x, y), M, M + 1),
    (lambda x, y: np.tensordot(x, y, axes=0), V, W),
    (lambda x, y: np.tensordot(x, y, axes=((1, 2), (2, 1))), CUBE, STACK),
    (lambda x, y: np.tensordot(x, y, axes=([2], [1])), CUBE, STACK),
    (lambda x, y: np.einsum("ij,jk->ik", x, y), M, N),
    (lambda x, y: np.einsum("ij,jk", x, y), M, N),
    (lambda x, y: np.einsum("i,j->ij", x, y), V, W),
    (lambda x: np.einsum("ij->", x * x), M),
    (lambda x: np.einsum("ij->j", x * x), M),
    (lambda x: np.einsum("ii->i", x * x), SQUARE),
    (lambda x: np.einsum("ii", x * x), SQUARE),
    (lambda x: np.einsum("ij,ik->jk", x, x), M),
    (lambda x, y: np.einsum("...ij,...jk->...ik", x, y), CUBE, STACK),
    (lambda x, y: np.einsum("...ij,...jk->...ik", x, y), CUBE, SMALL),
    (lambda x, y, z: np.einsum("bij,bjk,k->bi", x, y, z), CUBE, STACK, W),
    (lambda x, y: np.einsum("bij,bjk->bik", x, y, optimize=True), CUBE, STACK),
    (lambda x, y: np.kron(x, y), V, W),
    (lambda x, y: np.kron(x, y), M, N),
    (lambda x, y: np.cross(x, y), U, W),
    (lambda x, y: np.cross(x, y), Y, W),
    (lambda x, y: np.cross(x, y, axis=0), Y.T, Y.T + 1),
    (lambda x, y, z: np.linalg.multi_dot([x, y, z]), M, N, np.ones((2, 3))),
    (lambda x, y, z: np.linalg.multi_dot([x, y, z]), M, N, np.ones(2)),
]  # fmt: skip

PRODUCTS += [
    (lambda x, y: np.convolve(x, y), V, W),
    (lambda x, y: np.convolve(x, y), W, V),
    (lambda x, y: np.convolve(x, y, "valid"), V, W),
    (lambda x, y: np.convolve(x, y, mode="same"), W, V),
    (lambda x, y: np.correlate(x, y), V, W),
    (lambda x, y: np.correlate(x, y, "full"), V, W),
    (lambda x, y: np.correlate(x, y, "same"), V, W),
]  # fmt: skip

LINALG: list[tuple[Callable[..., Any], Any]] = [
    (lambda a, b: np.linalg.solve(a, b), WELL, W),
    (lambda a, b: np.linalg.solve(a, b), WELL, M),
    (lambda a, b: np.linalg.solve(a, b), WELLS, Y.reshape(2, 3, 1)),
    (lambda a, b: np.linalg.solve(a, b), WELLS, M),
    (lambda a, b: np.linalg.solve(a, b), WELLS, W),
    (lambda a, b: np.linalg.solve(a, b), WELL, WELLS),
    (lambda a: np.linalg.inv(a), WELL),
    (lambda a: np.linalg.inv(a), WELLS),
    (lambda a: np.linalg.det(a), WELL),
    (lambda a: np.linalg.det(a), WELLS),
    (lambda a: np.linalg.slogdet(a)[1], WELL),
    (lambda a: np.linalg.slogdet(a).logabsdet, WELLS),
    (lambda a: np.linalg.pinv(a), M),
    (lambda a: np.linalg.pinv(a), M.T),
    (lambda a: np.linalg.cholesky(a @ a.T + np.eye(3)), SQUARE),
    (lambda a: np.linalg.cholesky((a + np.swapaxes(a, 1, 2)) / 2), SPDS),
    (lambda a: np.linalg.cholesky(a), SPDS),
    (lambda a: np.linalg.eigvalsh(a), SPD),
    (lambda a: np.linalg.eigh(a, UPLO="U")[1] ** 2, SPD),
    (lambda a: np.linalg.eigh((a + a.T) / 2)[0], SPD),
    (lambda a: np.linalg.eigvalsh((a + a.T) / 2), SPD),
    (lambda a: np.linalg.eigh((a + a.T) / 2)[1] ** 2, SPD),
    (lambda a: np.linalg.eigh((a + np.swapaxes(a, 1, 2)) / 2).eigenvalues, SPDS),
    (lambda a: np.linalg.svd(a, compute_uv=False), M),
    (lambda a: np.linalg.svd(a, full_matrices=False)[1], M),
    (lambda a: np.linalg.svd(a)[1], M),
    (lambda a: np.linalg.svd(a, full_matrices=False)[0] ** 2, M.T),
    (lambda a: np.linalg.svd(a, full_matrices=False)[2] ** 2, M),
    (lambda a: np.linalg.qr(a)[0], M.T),
    (lambda a: np.linalg.qr(a)[1], M.T),
    (lambda a: np.linalg.qr(a), M),
    (lambda a: np.linalg.qr(a, mode="r"), SQUARE),
    (lambda x: np.linalg.norm(x), V),
    (lambda x: np.linalg.norm(x), CUBE),
    (lambda x: np.linalg.norm(x, axis=1), M),
    (lambda x: np.linalg.norm(x, axis=0, keepdims=True), M),
    (lambda x: np.linalg.norm(x, 2), V),
    (lambda x: np.linalg.norm(x, 1), V),
    (lambda x: np.linalg.norm(x, np.inf), V),
    (lambda x: np.linalg.norm(x, 3, axis=1), M),
    (lambda x: np.linalg.norm(x, "fro"), M),
    (lambda x: np.linalg.norm(x, "nuc"), M),
    (lambda x: np.linalg.norm(x, 2), M),
    (lambda x: np.linalg.norm(x, -2), M),
    (lambda x: np.linalg.norm(x, 1), M),
    (lambda x: np.linalg.norm(x, np.inf), M),
    (lambda x: np.linalg.norm(x, axis=(0, 2)), CUBE),
    (lambda x: np.linalg.norm(x, 2, axis=(1, 2)), CUBE),
    (lambda a: np.linalg.cond(a), WELL),
    (lambda a: np.linalg.matrix_power(a, 5), SQUARE),
    (lambda a: np.linalg.matrix_power(a, -2), WELL),
    (lambda a: np.linalg.matrix_power(a, 0) * a, WELL),
]  # fmt: skip


LINALG += [
    (lambda a, b: np.linalg.lstsq(a, b, rcond=None)[0], M.T, V),
    (lambda a, b: np.linalg.lstsq(a, b, rcond=None)[0], M, W),
    (lambda a, b: np.linalg.lstsq(a, b, rcond=None)[0], M.T, STACK[0]),
    (lambda a: a * np.linalg.matrix_rank(a), M),
]  # fmt: skip


def range_of(row: tuple[Any, ...]) -> str:
    """The line of the source."""
    return f"line{row[0].__code__.co_firstlineno}"


def check(row: tuple[Any, ...]) -> None:
    f, *args = row
    check_grads(f, args, order=2)


@pytest.mark.parametrize("row", SHAPING, ids=range_of)
def test_shaping(row: tuple[Any, ...]) -> None:
    check(row)


@pytest.mark.parametrize("row", PRODUCTS, ids=range_of)
def test_products(row: tuple[Any, ...]) -> None:
    check(row)


@pytest.mark.parametrize("row", LINALG, ids=range_of)
def test_linear_algebra(row: tuple[Any, ...]) -> None:
    check(row)


VALUES = [(f, a) for f, *a in (*SHAPING, *PRODUCTS, *LINALG)]


@pytest.mark.parametrize("f, args", VALUES, ids=lambda f: f"line{f.__code__.co_firstlineno}" if callable(f) else "")
def test_the_value_is_that_of_numpy(f: Any, args: Any) -> None:
    """Definitions of NumPy's functions in terms of others give what NumPy gives."""
    expected, found = f(*args), jvp(f, tuple(args), tuple(args))[0]
    for x, y in zip(pytrees.leaves(expected), pytrees.leaves(found), strict=True):
        assert type(x) is type(y) or np.ndim(x) == 0
        np.testing.assert_allclose(y, x, rtol=1e-12, atol=1e-12)
        assert np.asarray(x).dtype == np.asarray(y).dtype


def kalman(F: Any, P: Any, x: Any) -> Any:
    for _ in range(4):
        x = F @ x
        P = F @ P @ F.T + np.eye(3)
        K = P @ np.linalg.inv(P + np.eye(3))
        x = x + K @ (W - x)
        P = (np.eye(3) - K) @ P
    return x


def likelihood(x: Any) -> Any:
    L = np.linalg.cholesky(x @ x.T + np.eye(3))
    z = np.linalg.solve(L, W)
    return z @ z + 2 * np.sum(np.log(np.diag(L)))


def joined_in_a_loop(x: Any) -> Any:
    out = np.zeros(0)
    for k in range(3):
        out = np.concatenate([out, x * x * k])
    return out


def test_whole_programs() -> None:
    check((kalman, SQUARE * 0.3, np.eye(3), W))
    check((likelihood, SQUARE))
    check((joined_in_a_loop, W))


SINGLE: list[Callable[..., Any]] = [
    lambda x: np.sum(np.linalg.solve(x @ x.T, x)),
    lambda x: np.sum(np.linalg.norm(x, axis=1)),
    lambda x: np.sum(np.concatenate([x, M]) ** 2),
    lambda x: np.sum(np.einsum("ij,ij->", x, M)),
    lambda x: np.sum(np.dot(x, 2.0)),
    lambda x: np.sum(np.sort(x, axis=0) * M),
    lambda x: np.linalg.det(x @ x.T),
    lambda x: np.sum(np.pad(x, 1, "reflect")),
    lambda x: np.sum(np.repeat(x, [1, 2, 3], axis=0) * 1),
    lambda x: np.sum(np.tile(x, 2)),
]


@pytest.mark.parametrize("f", SINGLE, ids=lambda f: f"line{f.__code__.co_firstlineno}")
def test_the_gradient_has_the_precision_of_its_argument(f: Any) -> None:
    x = M.astype(np.float32)
    found = grad(f)(x)
    assert found.dtype == np.float32
    assert found.shape == x.shape


def test_of_an_array_of_one_element() -> None:
    check((lambda x: np.tile(np.repeat(x * x, 2), 3), ONE))
    check((lambda x: np.squeeze(x * x) * 2, ONE))


ROWS = np.array([0, 2, 2, -1])
COLUMNS = np.array([1, 1, 1, 2])


@pytest.mark.parametrize("f", [
    lambda a: np.sin(a[ROWS]), lambda a: np.sin(a[ROWS, COLUMNS]), lambda a: np.sin(a[ROWS[:, None], COLUMNS[:2]]),
    lambda a: np.sin(a[np.array([[0, 1], [1, 1]])]), lambda a: np.sin(a[ROWS[:0]]), lambda a: a[ROWS] * a[COLUMNS],
])  # fmt: skip
def test_rows_that_are_read_more_than_once_are_counted_as_often(f):
    a = np.arange(12.0).reshape(4, 3) / 7.0

    def total(a):
        return np.sum(f(a) ** 2)

    check_grads(total, (a,), order=2)
    many = np.vstack([a] * 30)  # few of many cells are read: they are added one by one
    check_grads(total, (many,))
    assert "add_at(" in grad(total).source_for(a)


@pytest.mark.parametrize("index", [np.array([0, 7]), np.array([-5, 1, 1])])
def test_rows_that_are_not_there_are_an_error_also_where_nothing_reads_them(index):
    a = np.arange(12.0).reshape(4, 3)
    for f in (lambda a: np.sum(a[index]), lambda a: np.sum(a[index, index % 3])):
        with pytest.raises(IndexError):
            f(a)
        with pytest.raises(IndexError):
            grad(f)(a)
