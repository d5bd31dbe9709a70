"""Programs of the whole surface that were once wrong or refused: values and derivatives, against differences."""

from __future__ import annotations

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
