"""Functions that leave something outside, in batches: rows find what the rows before them have left."""

from __future__ import annotations

import statistics
from typing import Any

import numpy as np
import pytest

from s2sad import checkpointed, grad, value_and_grad, vmap

X = np.arange(12.0).reshape(4, 3)
COUNT = 0


class Meter:
    def __init__(self) -> None:
        self.calls, self.mean, self.first, self.last, self.seen = 0, 0.0, True, None, []
        self.table = {"n": {"m": 2.0}}

    def counted(self, x: Any) -> Any:
        if x.sum() > 10:
            self.calls += 1
        return x.sum() * self.calls

    def averaged(self, x: Any) -> Any:
        self.mean = 0.9 * self.mean + 0.1 * x.sum()
        return x.sum() * self.mean

    def started(self, x: Any) -> Any:
        if self.first:
            self.first = False
            return (2.0 * x).sum()
        return x.sum()

    def grown(self, x: Any) -> Any:
        self.table["n"]["m"] *= 2.0
        return x.sum() * self.table["n"]["m"]

    def noted(self, x: Any) -> Any:
        self.last = x.sum()
        self.seen.append(self.last)
        return x.sum() * 2.0


@pytest.mark.parametrize("name", ["counted", "averaged", "started", "grown", "noted"])
def test_rows_find_what_those_before_have_left(name):
    one, others = Meter(), [Meter(), Meter()]
    rows = [getattr(one, name)(x.copy()) for x in X]
    np.testing.assert_allclose(vmap(getattr(others[0], name))(X), rows)
    total, slope = value_and_grad(lambda X: vmap(getattr(others[1], name))(X).sum())(X)
    assert total == pytest.approx(sum(rows))
    for other in others:
        assert repr(vars(other)) == repr(vars(one))

    def by_hand(X):
        return sum(getattr(fresh, name)(x) for x in X)

    for place in ((0, 0), (2, 1)):
        step = 1e-6 * (np.indices(X.shape) == np.reshape(place, (2, 1, 1))).all(0)
        totals = []
        for sign in (1.0, -1.0):
            fresh = Meter()
            totals.append(by_hand(X + sign * step))
        assert slope[place] == pytest.approx((totals[0] - totals[1]) / 2e-6, rel=1e-6)


def test_a_counter_of_the_module():
    def f(x):
        global COUNT
        COUNT += 1
        return (x * x).sum()

    before = COUNT
    vmap(f)(X), vmap(grad(f))(X), grad(lambda X: vmap(f)(X).sum())(X)
    assert before + 12 == COUNT


def test_iterators_of_a_row_are_its_own():
    def rows(X):
        return vmap(lambda a, b: statistics.covariance(list(a), list(b)))(X, X * X).sum()

    def chained(x):
        s = 0.0
        for k, (a, b) in checkpointed(enumerate(zip(x, x[::-1], strict=True)), snapshots=2):
            s = np.sin(s + a * b) + k
        return s

    Y = np.sin(X)
    expected = [statistics.covariance(list(y), list(y * y)) for y in Y]
    assert rows(Y) == pytest.approx(sum(expected))
    assert "range(len(X))" not in grad(rows).source_for(Y)
    np.testing.assert_allclose(
        grad(lambda X: vmap(chained)(X).sum())(Y), np.stack([grad(chained)(y) for y in Y]), rtol=1e-12
    )
