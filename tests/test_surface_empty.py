"""Of no items NumPy gives nan, zeros or nothing: so does a derivative's primal, and its gradient has the shape and
dtype of the argument. What adds at places that differ is written as a plain store.
"""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
import scipy.integrate as si
import scipy.optimize as so

import s2sad

NONE, ROWS, COLUMNS = np.zeros(0), np.zeros((0, 3)), np.zeros((3, 0))
EMPTY = (
    (lambda x: np.median(x), NONE), (lambda x: np.median(x, axis=0), ROWS),
    (lambda x: np.median(x, axis=1, keepdims=True), COLUMNS), (lambda x: np.nanmedian(x, axis=0), ROWS),
    (lambda x: np.nanquantile(x, 0.3), NONE), (lambda x: np.quantile(x, [0.2, 0.3], axis=1), ROWS),
    (lambda x: np.resize(x, (2, 3)), NONE), (lambda x: np.polymul(x, [1.0, 2.0]), NONE),
    (lambda x: np.histogram(x, 3)[1], NONE), (lambda x: tuple(np.linalg.svd(x)), ROWS),
    (lambda x: tuple(np.linalg.svd(x)), COLUMNS),
    (lambda x: np.cov(x), NONE), (lambda x: np.var(x), NONE.astype(np.float32)),
    (lambda x: np.var(x, ddof=1), np.ones(1, np.float32)), (lambda x: np.median(x), NONE.astype(np.float32)),
)  # fmt: skip


@pytest.mark.parametrize("case", range(len(EMPTY)))
def test_of_no_items_a_derivative_gives_what_numpy_gives(case):
    f, x = EMPTY[case]
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        expected = f(x)
        value, pullback = s2sad.vjp(f, x)
        (bar,) = pullback(tuple(map(np.ones_like, value)) if isinstance(value, tuple) else np.ones_like(value)[()])
        (second,) = s2sad.vjp(s2sad.grad(lambda x: sum(np.sum(leaf) for leaf in as_tuple(f(x)))), x)[1](np.ones_like(x))
    for found, wanted in zip(as_tuple(value), as_tuple(expected), strict=True):
        np.testing.assert_array_equal(found, wanted)
        assert (np.shape(found), np.asarray(found).dtype) == (np.shape(wanted), np.asarray(wanted).dtype)
    for cotangent in (bar, second):
        assert (cotangent.shape, cotangent.dtype) == (x.shape, x.dtype)


DISTINCT = {"return_index": True, "return_inverse": True, "return_counts": True}


def test_rows_without_columns_are_one():
    def f(x):
        rows, first, inverse, counts = np.unique(np.reshape(x[:0], (4, 0)), axis=0, **DISTINCT)
        return np.sum(x**2) * len(rows) + first[0] + np.sum(inverse) + counts[0]

    x = np.array([1.0, 2.0])
    np.testing.assert_array_equal(s2sad.value_and_grad(f)(x)[1], 2 * x)
    assert s2sad.value_and_grad(f)(x)[0] == f(x) == 9.0
    assert s2sad.jvp(f, (x,), (x,))[1] == 10.0


def test_systems_without_unknowns():
    def f(x):
        found = so.root(lambda y, x: y * x[0], np.zeros(0), args=(x,)).x
        return np.sum(found) + np.sum(so.fixed_point(lambda y, x: y * x[0], np.zeros(0), args=(x,))) + x @ x

    x = np.array([1.0, 2.0])
    np.testing.assert_array_equal(s2sad.grad(f)(x), 2 * x)
    np.testing.assert_array_equal(s2sad.jvp(s2sad.grad(f), (x,), (x,))[1], 2 * x)
    assert s2sad.jvp(f, (x,), (x,))[1] == 10.0


def test_an_equation_without_times():
    with pytest.raises(ValueError, match="odeint without times"):
        s2sad.grad(lambda a: np.sum(si.odeint(lambda y, t: -a * y, a, np.zeros(0))))(1.0)


def test_a_histogram_of_nothing_has_floats():
    for bins in (3, [0.0, 1.0, 2.0]):
        f = lambda w, b=bins: np.histogram(w, b, weights=w)[0]  # noqa: E731
        for found in s2sad.jvp(f, (NONE,), (NONE,)):
            np.testing.assert_array_equal(found, np.zeros(np.size(f(NONE))))
            assert found.dtype == f(NONE).dtype == float


ONE_ITEM = {
    "float": lambda x: float(x[:1] ** 2),
    "float of a product": lambda x: float(x[None] @ x[:, None]),
    "complex": lambda x: complex(x[:1], x[1:]).imag ** 2,
    "int": lambda x: int(x[1:]) * x[0] ** 2,
    "math": lambda x: math.sin(x[:1] * x[1]),
    "math of two": lambda x: math.hypot(x[:1], x[1]),
    "an item": lambda x: stored(x[:1] ** 2),
}


def stored(value):
    out = np.zeros(2)
    out[1] = value
    return out[1]


@pytest.mark.parametrize("f", ONE_ITEM.values(), ids=ONE_ITEM.keys())
@pytest.mark.filterwarnings("ignore:Conversion of an array:DeprecationWarning")
def test_an_array_of_one_is_a_number_where_it_is_one_for_numpy(f):
    x = np.array([1.3, 2.7])
    try:
        f(x)
    except (TypeError, ValueError):  # since NumPy 2.4
        for of in (s2sad.grad(f), lambda x: s2sad.jvp(f, (x,), (x,))):
            with pytest.raises(s2sad.InputError, match="takes a number, and here it gets an array that has axes"):
                of(x)
    else:
        s2sad.testing.check_grads(f, (x,), order=2)


def as_tuple(value):
    return tuple(value) if isinstance(value, tuple) else (value,)


def test_scans_of_several_axes_have_to_be_told_which():
    for scan in (np.cumulative_sum, np.cumulative_prod):
        with pytest.raises(ValueError, match="axis"):
            s2sad.grad(lambda x, scan=scan: np.sum(scan(x)))(np.ones((2, 2)))


def test_weights_that_sum_to_zero_raise_as_in_numpy():
    with pytest.raises(ZeroDivisionError):
        s2sad.grad(lambda w: np.average(np.ones(2), weights=w))(np.array([1.0, -1.0]))


@pytest.mark.parametrize(
    "picked",
    [
        lambda x: x[np.argsort(x[:, 0])], lambda x: x[np.flatnonzero(x[:, 0] > 0)[::-1]], lambda x: x[[2, 0], 1],
        lambda x: x[np.nonzero(x > 0)], lambda x: x[np.triu_indices(3)], lambda x: x[np.ix_([2, 0], [1, 2])],
        lambda x: np.sort(x, axis=0)[:2], lambda x: np.partition(x, 1, axis=1), lambda x: np.median(x, axis=1),
        lambda x: x[np.argsort(x[:, 0]), np.arange(3) * 0],
    ],
)  # fmt: skip
def test_places_that_differ_are_stored_into(picked):
    x = np.array([[0.3, -1.2, 0.8], [1.1, 0.4, -0.6], [-0.9, 2.0, 0.7]])
    gradient = s2sad.grad(lambda x: np.sum(picked(x) ** 3))
    s2sad.testing.check_grads(lambda x: np.sum(picked(x) ** 3), (x,), order=1)
    gradient(x)
    assert "add.at" not in gradient.source and "add_at" not in gradient.source, gradient.source


@pytest.mark.parametrize(
    "picked",
    [
        lambda x: x[np.arange(-2, 2)], lambda x: x[[0, -3]], lambda x: x[np.arange(2), 0 * np.arange(2)[:, None]],
        lambda x: x[np.array([0, 256]).astype(np.uint8)],
    ],
)
def test_places_counted_from_both_ends_may_be_one(picked):
    x = np.array([[0.3, -1.2], [1.1, 0.4], [0.7, 2.0]])
    s2sad.testing.check_grads(lambda x: np.sum(picked(x) ** 3), (x,), order=1)
    s2sad.testing.check_grads(lambda x: np.sum(picked(x) ** 3), (x[:3] * 1.5,), order=1)


def test_equal_extremes_of_a_segment_share_its_slope():
    x = np.array([0.5, 2.0, 2.0, -1.0, 3.0, 3.0, 3.0])
    third = 1 / 3
    for starts, slopes in (
        ([0, 3], [0, 0.5, 0.5, 0, third, third, third]), ([1, 1, 4], [0, 1.5, 0.5, 0, third, third, third]),
        (np.array([1, 3]), [0, 0.5, 0.5, 0, third, third, third]),
    ):
        for ufunc, z in ((np.maximum, x), (np.minimum, -x)):
            f = lambda z, u=ufunc, s=starts: np.sum(u.reduceat(z, s))  # noqa: E731
            np.testing.assert_allclose(s2sad.grad(f)(z), slopes, rtol=1e-15)
            np.testing.assert_allclose([s2sad.jvp(f, (z,), (e,))[1] for e in np.eye(7)], slopes, rtol=1e-15)
            assert not s2sad.hessian(f)(z).any()


def test_segments_have_their_extremes_at_places_of_their_own():
    x = np.array([0.3, -1.2, 0.8, 1.1, 0.4, -0.6, -0.9])
    for ufunc in (np.maximum, np.minimum):
        for starts in ([0, 2, 5], [0, 5, 2, 3], [1, 1, 4]):  # also where segments lie in one another
            s2sad.testing.check_grads(lambda x, u=ufunc, s=starts: np.sum(u.reduceat(x, s) ** 3), (x,), order=1)
            s2sad.testing.check_grads(
                lambda x, u=ufunc, s=starts: u.reduceat(x.reshape(1, 7) * 2.0, s, axis=1), (x,), order=1, modes=("rev",)
            )
