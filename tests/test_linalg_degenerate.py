"""Linear algebra where matrices are singular, columns dependent, norms zero: the limit, or an error that says why."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg as sl

import s2sad

la = np.linalg
NOTHING = np.zeros(3)
DEPENDENT = np.outer([1.0, 2.0, 3.0], [1.0, 1.0, 1.0])
SINGULAR = {"zero": np.zeros((3, 3)), "diagonal": np.diag([1.0, 0.0, 2.0]), "dependent": DEPENDENT}


@pytest.mark.parametrize("order", [None, 0, 1, 2, 3, 0.5, 1.5, -1, -2, np.inf, -np.inf])
def test_norms_of_nothing_have_the_slope_zero(order):
    def norm(x):
        return la.norm(x, order)

    assert not np.any(s2sad.grad(norm)(NOTHING))
    assert s2sad.jvp(norm, (NOTHING,), (np.ones(3),))[1] == 0.0
    assert np.all(np.isfinite(s2sad.jvp(s2sad.grad(norm), (NOTHING,), (np.ones(3),))[1]))


@pytest.mark.parametrize("order", ["fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf])
def test_norms_of_a_matrix_of_nothing_are_finite(order):
    found = s2sad.grad(lambda x: la.norm(x, order))(np.zeros((2, 3)))
    assert np.all(np.isfinite(found)) and la.norm(found, 2) <= 1.0  # a subgradient: zero, or one with orthogonal rows


def test_norms_where_one_item_is_zero():
    x = np.array([0.0, 1.0, 2.0])
    np.testing.assert_allclose(s2sad.grad(lambda x: la.norm(x, -1))(x), np.zeros(3))
    np.testing.assert_allclose(s2sad.grad(lambda x: la.norm(x, 0.5))(x), [0.0, 1 + 2**0.5, 1 + 0.5**0.5])
    slope = s2sad.grad(lambda x: la.norm(x, 1.5))
    np.testing.assert_allclose(slope(x), [0.0, *slope(x[1:])])


FUNCTIONS = {
    "inv": lambda a: np.sum(la.inv(a)), "solve": lambda a: np.sum(la.solve(a, np.ones(3))),
    "scipy solve": lambda a: np.sum(sl.solve(a, np.ones(3))), "slogdet": lambda a: la.slogdet(a)[1],
    "cond": lambda a: la.cond(a), "cond 1": lambda a: la.cond(a, 1),
    "matrix_power": lambda a: np.sum(la.matrix_power(a, -2)),
    "qr": lambda a: np.sum(la.qr(a)[1]), "qr complete": lambda a: np.sum(la.qr(a, "complete")[1]),
    "sqrtm": lambda a: np.sum(sl.sqrtm(a @ a.T)), "logm": lambda a: np.sum(sl.logm(a @ a.T)),
    "polar": lambda a: np.sum(sl.polar(a)[0]), "cholesky": lambda a: np.sum(la.cholesky(a @ a.T)),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("which", ["zero", "diagonal"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_needs_a_regular_matrix_says_so(name, which):
    a = SINGULAR[which]
    with pytest.raises(la.LinAlgError):
        s2sad.grad(FUNCTIONS[name])(a)
    with pytest.raises(la.LinAlgError):
        s2sad.jvp(FUNCTIONS[name], (a,), (np.eye(3),))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["qr", "sqrtm", "logm"])
def test_singular_but_for_rounding_is_singular(name):
    with pytest.raises(la.LinAlgError):
        s2sad.grad(FUNCTIONS[name])(DEPENDENT)


def test_values_of_singular_matrices_are_as_in_numpy():
    """What has a value and no slope does no harm where no slope is asked of it."""
    a = SINGULAR["diagonal"]

    def f(x):
        return x * np.isinf(la.cond(a)) + x * np.sum(sl.sqrtm(a)) + x * np.sum(la.qr(a)[0])

    assert s2sad.grad(f)(1.0) == f(1.0)


def test_pseudoinverses_move_as_if_the_rank_stayed():
    """Golub and Pereyra: within matrices of one rank the pseudoinverse is smooth."""
    u, v = np.array([1.0, 2.0, 3.0]), np.array([1.0, -1.0])
    b = np.array([0.5, 1.0, -2.0])
    for f in (lambda a: np.sum(la.pinv(a) ** 2), lambda a: np.sum(la.lstsq(a, b, rcond=None)[0] ** 2)):
        turn = np.outer([0.3, -0.2, 0.1], v) + np.outer(u, [0.7, 0.4])
        h, du, dv = 1e-5, np.array([0.3, -0.2, 0.1]), np.array([0.7, 0.4])
        up, down = (f(np.outer(u + s * h * du, v + s * h * dv)) for s in (1, -1))
        found = np.sum(s2sad.grad(f)(np.outer(u, v)) * turn)
        np.testing.assert_allclose(found, (up - down) / (2 * h), rtol=1e-6)
    for f in (lambda a: np.sum(la.pinv(a)), lambda a: np.sum(la.lstsq(a, b, rcond=None)[0])):
        assert not np.any(s2sad.grad(f)(np.zeros((3, 2))))


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0)])
def test_nothing_at_all(shape):
    a = np.zeros(shape)
    functions = [la.norm, lambda a: np.sum(la.pinv(a)), lambda a: np.sum(la.qr(a)[1])]
    if shape[0] == shape[1]:
        functions += [la.det, lambda a: la.slogdet(a)[1], lambda a: np.sum(la.matrix_power(a, -2))]
        functions += [lambda a: np.sum(la.solve(a, a))]
    for f in functions:
        assert s2sad.grad(f)(a).shape == shape
