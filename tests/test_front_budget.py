"""Tracing ends: what would go on for ever, or for too long, on values that are known is refused at the statement."""

from __future__ import annotations

import numpy as np
import pytest

import s2sad
from s2sad.errors import InputError, UnsupportedError


def endless(x):
    k = 0
    names = {0: "a", 1: 2.0}
    while True:
        names[k % 2]
        k = 1 - k
    return x


def table_of_unlike_things(x):
    total = x
    for key in ["a", 1] * 400_000:
        if key == "b":
            total = total + 1.0
    return total


def no_end(n, x):
    return no_end(n + 1, x) * x


def known_recursion(x):
    return no_end(0, x)


def growing(v, x):
    if x > 0.0:
        return growing((v, v), x - 1.0)
    return x


def growing_argument(x):
    return growing(x, x)


def exponential(n, x):
    return x if n == 0 else exponential(n - 1, x) + exponential(n - 1, x * 0.5)


def known_exponential(x):
    return exponential(40, x)


ENDLESS = [endless, table_of_unlike_things, known_recursion, growing_argument, known_exponential]


@pytest.mark.parametrize("f", ENDLESS, ids=lambda f: f.__name__)
def test_tracing_ends(f, monkeypatch):
    monkeypatch.setattr("s2sad.front.machine.WORK", 20_000)
    with pytest.raises(UnsupportedError) as caught:
        s2sad.grad(f)(1.5)
    assert caught.value.location is not None
    assert caught.value.location.file == __file__


def long_but_finite(x):
    total = x
    for key in ["a", 1] * 500:
        if key == "a":
            total = total * 0.999
    return total


def test_what_ends_is_run():
    np.testing.assert_allclose(s2sad.grad(long_but_finite)(1.5), 0.999**500, rtol=1e-12)


def picked(a, n):
    index = []
    for k in range(n):
        index.append(k)
    return (a[tuple(index)] ** 2).sum()


def put(a, n):
    index = []
    for k in range(n):
        index.append(k)
    a[tuple(index)] = 2.0
    return a.sum()


@pytest.mark.parametrize("f", [picked, put])
def test_a_tuple_of_unknown_length_is_no_list_of_indices(f):
    with pytest.raises(UnsupportedError, match="an array indexed by a tuple whose length is not known"):
        s2sad.grad(f)(np.ones((2, 2)), 2)


def test_an_enum_member_of_numbers_is_no_container():
    import enum

    class Kind(tuple, enum.Enum):
        ONE = (1.0, 2.0)

    def f(x, kind):
        return x * 2.0 if kind is Kind.ONE else x

    assert s2sad.grad(f)(1.5, Kind.ONE) == 2.0
    with pytest.raises(InputError):
        s2sad.grad(f, argnums=1)(1.5, Kind.ONE)


@pytest.mark.parametrize("axis", [None, (0, 2), 1])
def test_a_ufunc_folds_over_all_axes_some_or_one(axis):
    a = np.arange(12.0).reshape(2, 3, 2) + 0.5
    np.testing.assert_allclose(
        s2sad.grad(lambda x: np.hypot.reduce(x, axis=axis).sum())(a),
        s2sad.grad(lambda x: np.sqrt((x * x).sum(axis=axis)).sum())(a), rtol=1e-12,
    )  # fmt: skip
