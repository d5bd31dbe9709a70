"""Programs of the whole surface that were once wrong or refused: values and derivatives, against differences."""

from __future__ import annotations

import math

import numpy as np

import s2sad
from s2sad.testing import check_grads

C = np.array([1.2, 0.7, 1.9, 0.6, 1.5])
A = np.random.default_rng(0).uniform(0.5, 2.0, (3, 4))


def agrees(f, *args, order=2):
    values, expected = s2sad.vjp(f, *args)[0], f(*args)
    if not isinstance(expected, tuple):
        values, expected = (values,), (expected,)
    for value, other in zip(values, expected, strict=True):
        np.testing.assert_allclose(value, other, rtol=1e-10, atol=1e-12)
    check_grads(f, args, order=order)


def test_roots_of_real_numbers_come_in_the_order_of_numpy():
    agrees(lambda a: (np.roots(a), np.poly1d(a).r, np.polynomial.Polynomial(a).roots()), C)
    agrees(lambda a: (np.polynomial.Laguerre(a).roots(), np.polynomial.hermite_e.hermeroots(a).real), C)
    agrees(lambda a: np.roots(a + 1j), C)
    agrees(lambda a: (np.roots([1.0, a, 0.3, 0.0, 0.0])[:2], np.roots([0.0, 0.0, 1.0, a, 0.2])), 0.2)
    assert s2sad.grad(lambda a: np.roots(a).sum().real)(C.astype(np.float32)).dtype == np.float32


def test_powers():
    for count in (None, 0, 1, 4):
        for increasing in (False, True):
            agrees(lambda a, n=count, up=increasing: np.vander(a, n, increasing=up), C)
    agrees(lambda a: np.vander(a + 1j, 3), C)
    agrees(lambda a: np.vander([a, 2.0 * a], 3), 0.7)
    np.testing.assert_array_equal(
        s2sad.vmap(lambda a: np.vander(a, 3))(A), np.stack([np.vander(row, 3) for row in A])
    )
    dense = s2sad.jacobian(lambda a: np.vander(a, 3).ravel())(C)
    found = s2sad.sparse_jacobian(lambda a: np.vander(a, 3).ravel())(C)
    np.testing.assert_array_equal(found.toarray(), dense)
    assert found.nnz == 10
    assert "np.cumprod" not in s2sad.grad(lambda a: np.sum(np.vander(a, 3) ** 2)).source_for(C)


def test_einsum_broadcasts_a_label_that_is_summed_over():
    def f(a, b):
        return np.einsum("ij,kj->ik", a[:, :1], b), np.einsum("ij,jk,k->i", a, b[:1].T, b[:, 0][:1])

    agrees(f, A, A * 2.0)
    gradient = s2sad.grad(lambda a, b: np.sum(np.einsum("ij,kj->ik", a[:, :1], b)), argnums=1)(A, A)
    np.testing.assert_allclose(gradient, np.full((3, 4), A[:, 0].sum()))


def test_copyto_by_keywords():
    def f(a, v):
        b = a * 1.0
        np.copyto(dst=b[0], src=v[0])
        np.copyto(b[1], v[1], "same_kind", True)
        np.copyto(b[2], v, "unsafe", a[2] > 1.0)
        return b * b

    agrees(f, A, C[:4])


def test_a_length_written_out_has_a_square_without_a_kink():
    def well(q):
        return 1.5 * np.sqrt(q[0] ** 2 + q[1] ** 2) ** 2

    def wells(q):
        r = math.sqrt(q[0] * q[0] + q[1] * q[1])
        return r * r + np.sqrt(q @ q) ** 2 + np.sum(np.sqrt(np.sum(q[:, None] ** 2, axis=1)) ** 2)

    origin = np.zeros(2)
    for f, slope in ((well, 3.0), (wells, 6.0)):
        np.testing.assert_array_equal(s2sad.grad(f)(origin), origin)
        np.testing.assert_array_equal(s2sad.hessian(f)(origin), slope * np.eye(2))
        np.testing.assert_array_equal(s2sad.vmap(s2sad.grad(f))(np.zeros((3, 2))), np.zeros((3, 2)))
        agrees(f, np.array([1.2, 0.3]))
    with np.errstate(invalid="ignore"):
        assert np.isnan(s2sad.grad(lambda x: np.sqrt(x) ** 2)(-1.0))  # what is no number has no slope


def test_lengths_at_zero_have_no_slope_to_second_order():
    np.testing.assert_array_equal(s2sad.hessian(np.linalg.norm)(np.zeros(2)), np.zeros((2, 2)))
    np.testing.assert_array_equal(s2sad.grad(lambda v: math.dist(v, [1.0, 2.0]))(np.array([1.0, 2.0])), np.zeros(2))
    agrees(lambda v, w: math.dist(list(v), list(w)) + math.dist((v[0],), (w[1],)), C, A[0, 0] * C[::-1])


def test_products_with_the_identity_keep_what_is_no_number():
    W = np.array([[1.0, np.inf], [np.nan, 2.0]])
    with np.errstate(invalid="ignore"):
        for f in (lambda w: np.eye(2) @ w, lambda w: w @ np.diag(w[0] * 2.0), lambda w: (2.0 * np.eye(2)) @ w):
            np.testing.assert_array_equal(s2sad.vjp(f, W)[0], f(W))


def test_lists_in_lists_are_indices_of_more_axes():
    pairs = [[0, 1], [2, 0]]

    def read(a):
        pairs_of = []
        for i in range(2):
            pairs_of.append([i, i + 1])
        truths = [[True, False, False, True], [False] * 4, [True] * 4]
        return a[pairs], a[[[0], [1]], [[0, 1]]], a[:, pairs_of], a[truths], a.take(pairs, axis=1), np.take(a, pairs)

    def write(a):
        b = a * 1.0
        b[[[0], [1]], [[1, 3]]] = a[1:, :2] ** 2
        b[[[0, 1]], 2] *= a[2, 0]
        np.add.at(b, pairs, 2.0 * a[1])
        return b * b + a[pairs].size * a[0, 0]

    agrees(read, A)
    agrees(write, A)


def test_a_new_name_for_an_array_does_not_hide_what_is_added_to_it():
    def f(a):
        b = a.copy()
        b[[0, 1], [1, 3]] = a[1, :2] ** 2
        return np.sum(b * b * A)

    agrees(f, A)  # to second order, by pullbacks that are cut at their cotangents


def test_numbers_written_out_are_known_where_they_are_options():
    def f(a):
        total = 0.0
        for k in range(2):
            if a[0, k] > 0.0:
                total += np.linalg.norm(a, -np.inf) + np.linalg.norm(a[k], ord=1.5 + 1.5)
        return total

    agrees(f, A)


def test_where_with_out_in_a_tuple():
    def f(a):
        b = a.T.copy()
        np.multiply(b, C[:3], out=(b,), where=b > 1.0)
        return np.sum(b**2)

    agrees(f, A)
    rows = np.stack([A, 2.0 * A])
    np.testing.assert_allclose(s2sad.vmap(s2sad.grad(f))(rows), [s2sad.grad(f)(row) for row in rows])


def test_as_an_array_what_may_be_a_number():
    def f(a, x):
        try:
            root = np.linalg.cholesky(a @ a.T + np.eye(3))
        except np.linalg.LinAlgError:
            root = a @ a.T
        value = np.polyval(a[0], x)
        return np.sum(np.asarray(root) ** 2) + np.asarray(value, dtype=float).sum() + np.asarray(value, complex).real

    agrees(f, A, 0.3, order=1)


def test_rows_in_one_line_where_there_is_no_row():
    def f(a):
        if a[0, 0] > 0.0:
            return np.sum(a.ravel() ** 3)
        return np.sum(a.reshape(-1, 2)[:, 0] ** 2) + np.outer(a, a)[0, 1]

    rows = np.stack([A, 2.0 * A])
    for some in (rows, -rows):
        np.testing.assert_allclose(s2sad.vmap(s2sad.grad(f))(some), [s2sad.grad(f)(row) for row in some])
    assert s2sad.vmap(s2sad.grad(f))(rows[:0]).shape == (0, 3, 4)
    assert s2sad.vmap(lambda a: a.reshape(2, -1))(rows[:0]).shape == (0, 2, 6)
