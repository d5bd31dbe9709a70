"""Lists, dicts and iterators: what is refused of them, with the exact text."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import s2sad
from s2sad.errors import Error

X = np.array([0.5, -1.2, 0.8, 1.7])


def one_row_many_times(x):
    row = [0.0, 0.0]
    rows = []
    for v in x:
        row[0] += v
        rows.append(row)
    return rows[0][0]


def row_in_two_places(x):
    rows = [[v, 1.0] for v in x]
    rows[0] = rows[1]
    rows[0][0] = x[2]
    return rows[1][0]


def longer_list_of_two(x):
    a = list(x)
    b = [1.0 for v in x]
    c = a if x[0] > 0 else b
    c.append(5.0)
    return sum(a)


def key_of_array_data(x):
    d = {}
    for v in x:
        d[int(v)] = v
    return sum(d.values())


def combinations_of_many(x):
    return sum(a * b * c * d for a, b, c, d in itertools.combinations(x, 4))


@pytest.mark.parametrize(
    ("program", "text"),
    [
        (row_in_two_places, "a store into an item of a list that may have one object in two places"),
        (key_of_array_data, "the key of a dict has to be known when the derivative is made"),
        (combinations_of_many, "itertools.combinations of something whose length is not known"),
    ],
)
def test_refused(program, text):
    with pytest.raises(Error) as caught:
        s2sad.grad(program)(X)
    assert text in str(caught.value)
    assert "instead: " in str(caught.value)


@pytest.mark.parametrize("program", [one_row_many_times, longer_list_of_two])
def test_aliases_that_cannot_be_followed_are_refused(program):
    with pytest.raises(Error):
        s2sad.grad(program)(X)


def test_a_row_is_changed_in_constant_time():
    """A store into one cell of a table of lists saves and clears one cell, not a row."""

    def table(x):
        n = len(x)
        rows = [[0.0] * n for _ in range(n)]
        for i in range(n):
            for j in range(n):
                rows[i][j] = x[i] * x[j]
        return rows[1][2]

    text = str(s2sad.grad(table).source_for(X))
    assert "rows_bar[i][j] = 0.0" in text
    assert ".copy()" not in text


def test_a_list_of_unknown_length_is_not_copied_where_it_changes():
    def recurrence(x):
        ys = [x[0]]
        for k in range(1, len(x)):
            ys.append(ys[-1] * x[k])
        return ys[-1]

    assert ".copy()" not in str(s2sad.grad(recurrence).source_for(X))
    np.testing.assert_allclose(s2sad.grad(recurrence)(X), np.prod(X) / X)


def test_an_item_taken_out_of_a_list_is_still_what_others_have():
    def f(x, held):
        rows = [x * k for k in range(2, 6)]
        kept = rows[-1] if held else None
        last = rows.pop()
        last *= x
        return np.sum(last) + np.sum(rows[-1]) + (np.sum(kept) if held else 0.0)

    for held, copies in ((False, 1), (True, 2)):
        np.testing.assert_allclose(s2sad.grad(f)(X, held), copies * 10.0 * X + 4.0)


def test_what_was_last_in_a_list_is_not_the_last_after_a_loop_that_appends():
    def appended(x, n):
        rows = [x * k for k in range(n)]
        last = x * 7.0
        rows.append(last)
        for k in range(n):
            rows.append(x * k)
        return np.sum(rows[-1]) + 3.0 * np.sum(rows[n]) + 5.0 * np.sum(last)

    def joined(x, n):
        rows = [[x * k for k in range(n)], [x, x * 7.0], [x * 0.5 * k for k in range(n)]]
        flat = [item for row in rows for item in row]
        return np.sum(flat[-1])

    def lists(x, n):
        rows = [[x[0]] for k in range(n)]
        rows.append([x[1]])
        k = 0
        while k < n:
            rows.append([x[2] * k])
            k += 1
        return rows[-1][0]

    for f in (appended, joined, lists):
        value, slope = s2sad.value_and_grad(f)(X, 3)
        assert value == f(X, 3)
        np.testing.assert_allclose(slope @ X, value)


def test_places_in_tuples_and_ranges():
    names = ("mass", "length")

    def f(x, n):
        steps = range(2, n + 5)
        mixed = (x[0], "radius", x[1])
        place = mixed.index("radius") + names.index("length") + steps.index(3) + steps.count(4) + mixed.index(x[1])
        return x[0] ** place * steps.start + x[1] * steps.stop * steps.step + mixed.count(x[2])

    np.testing.assert_allclose(s2sad.grad(f)(X, 3), [2 * 6 * X[0] ** 5, 8.0, 0.0, 0.0])
    assert s2sad.jvp(lambda x: f(x, 3), (X,), (X,))[1] == pytest.approx(12 * X[0] ** 6 + 8 * X[1])
    with pytest.raises(ValueError, match="is not in"):
        s2sad.grad(lambda x: x[range(3).index(7)])(X)
