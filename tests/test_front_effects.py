"""What a program does to objects outside of it: done once per evaluation, or refused by name, never dropped."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import s2sad
from s2sad.errors import UnsupportedError

X = np.array([1.0, 2.0, 3.0])
CALLS = 0
LOG: list[Any] = [0]
TABLE = {"n": 0}
BUFFER = np.zeros(3)


class Model:
    count = 0

    def __init__(self) -> None:
        self.nfev = 0
        self.k = 2.0
        self.last: Any = None
        self.best: Any = None
        self._hidden = 0.0
        self.history: list[Any] = []
        self.buffer = np.zeros(3)

    @property
    def hidden(self):
        return self._hidden

    @hidden.setter
    def hidden(self, value):
        self._hidden = 2.0 * value

    def counted(self, x):
        self.nfev += 1
        return self.k * np.sum(x**3)

    def in_a_loop(self, x):
        y = x
        while y < 100.0:
            y = y * x
            self.nfev += 1
            self.last = y
        return y * self.last

    def in_a_branch(self, x):
        if x > 0:
            self.nfev += 1
            self.best = x
        return x * x

    def of_an_array(self, x):
        self.last = 2.0 * x
        return np.sum(self.last * x)

    def through_a_property(self, x):
        self.hidden = x
        return self.hidden * x

    def of_the_class(self, x):
        Model.count += 1
        return x * x

    def appended(self, x):
        self.history.append(1.0)
        return np.sum(x)

    def buffered(self, x):
        self.buffer[:] = x
        return np.sum(self.buffer * x)

    def changed_later(self, x):
        y = 2.0 * x
        self.last = y
        y[0] = 0.0
        return np.sum(y)

    def container(self, x):
        self.last = [x, x]
        return np.sum(x)


def test_a_counter_counts_every_evaluation_once():
    a, b = Model(), Model()
    for model in (a, b, a):
        np.testing.assert_allclose(s2sad.grad(model.counted)(X), 6.0 * X**2)
    assert (a.nfev, b.nfev) == (2, 1)
    s2sad.value_and_grad(a.counted)(X)
    s2sad.jvp(a.counted, (X,), (X,))
    assert a.nfev == 4
    _, back = s2sad.vjp(a.counted, X)
    back(1.0), back(2.0)
    assert a.nfev == 5


@pytest.mark.parametrize(
    ("name", "x", "derivative"),
    [
        ("in_a_loop", 3.0, 10 * 3.0**9), ("in_a_branch", 2.0, 4.0), ("in_a_branch", -2.0, -4.0),
        ("of_an_array", X, 4.0 * X), ("through_a_property", 3.0, 12.0),
    ],
)  # fmt: skip
def test_attributes_end_as_the_program_leaves_them(name, x, derivative):
    program, model = Model(), Model()
    getattr(program, name)(x)
    np.testing.assert_allclose(s2sad.grad(getattr(model, name))(x), derivative)
    for key, value in vars(program).items():
        np.testing.assert_array_equal(vars(model)[key], value)


def test_class_module_and_argument():
    model = Model()
    before = Model.count
    assert s2sad.grad(model.of_the_class)(3.0) == 6.0
    assert Model.count == before + 1

    def on_an_argument(x, box):
        box.n += 1
        return x * x

    box = SimpleNamespace(n=0)
    assert [s2sad.grad(on_an_argument)(3.0, box) for _ in range(2)] == [6.0, 6.0]
    assert box.n == 2


def test_global_names():
    before = CALLS

    def counted(x):
        global CALLS
        CALLS += 1
        return x * x * CALLS

    assert s2sad.grad(counted)(3.0) == 6.0 * (before + 1)
    assert s2sad.grad(counted)(3.0) == 6.0 * (before + 2)
    assert before + 2 == CALLS


def test_a_stored_array_is_a_copy():
    model = Model()
    s2sad.grad(model.of_an_array)(X)
    model.last[:] = 7.0
    np.testing.assert_allclose(s2sad.grad(model.of_an_array)(X), 4.0 * X)
    np.testing.assert_array_equal(model.last, 2.0 * X)


def log(x):
    LOG.append(1)
    return np.sum(x)


def table(x):
    TABLE["n"] += 1
    return np.sum(x)


def buffer(x):
    BUFFER[0] = 1.0
    return np.sum(x)


def out(x):
    np.multiply(x, 2.0, out=BUFFER)
    return np.sum(x)


@pytest.mark.parametrize(
    ("function", "what"),
    [
        (log, "LOG"), (table, "TABLE"), (buffer, "BUFFER"), (out, "BUFFER"), (Model().appended, "Model.history"),
        (Model().buffered, "Model.buffer"), (Model().changed_later, "Model.last"), (Model().container, "Model.last"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_refused_by_name(function, what):
    state = [0], {"n": 0}
    with pytest.raises(UnsupportedError, match=what) as caught:
        s2sad.grad(function)(X)
    assert caught.value.location is not None and caught.value.location.file == __file__
    assert state == (LOG, TABLE) and not BUFFER.any()


def test_a_variable_of_a_closure_is_refused():
    n = 0

    def counted(x):
        nonlocal n
        n += 1
        return x * x

    with pytest.raises(UnsupportedError, match="an assignment to n"):
        s2sad.grad(counted)(3.0)
