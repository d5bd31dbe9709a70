"""What a program does to objects outside of it: done once per evaluation, or refused by name, never dropped."""

from __future__ import annotations

import copy
import math
import warnings
from collections import deque
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import s2sad
from s2sad.errors import UnsupportedError
from s2sad.testing import check_grads

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


class Logged:
    """What programs do to lists, dicts, sets and arrays that they find outside."""

    def __init__(self) -> None:
        self.history: list[Any] = []
        self.table = {"n": 0, "m": 1.0}
        self.cache: dict[Any, Any] = {}
        self.buffer = np.zeros(3)
        self.rows = [[0.0, 0.0], [1.0, 2.0]]
        self.seen: set[Any] = set()
        self.window: deque[float] = deque([1.0], maxlen=3)
        self.last: Any = None

    def appended(self, x):
        self.history.append(x)
        self.history.append((x, "twice"))
        return x * x

    def appended_in_a_loop(self, x):
        for i in range(30):
            self.history.append(x * i)
            x = x * 1.01
        return x * x

    def appended_on_a_path(self, x):
        if x > 1:
            self.history.append(x)
        else:
            self.history.extend([1.0, 2.0])
        return x**3

    def appended_and_read(self, x):
        self.history.append(x)
        self.history.append(2.0)
        return x * x * len(self.history) + self.history[-2] + self.history[0]

    def popped(self, x):
        self.history.append(x)
        self.history.insert(0, 2.0 * x)
        return self.history.pop() * x

    def counted_in_a_table(self, x):
        self.table["n"] += 1
        self.table["m"] *= 1.5
        return x * x * self.table["m"]

    def table_in_a_loop(self, x):
        for _ in range(20):
            self.table["n"] += 1
            if x > 1.5:
                self.table["m"] = x
            x = x * 1.03
        return x * self.table["m"]

    def moving_average(self, x):
        table = self.table
        table["m"] = 0.9 * table["m"] + 0.1 * x**2
        return x / math.sqrt(table["m"])

    def memo(self, x):
        key = "scale"
        if key not in self.cache:
            self.cache[key] = 3.0 * self.table["m"]
        return self.cache[key] * x**2

    def counted_with_get(self, x):
        self.cache["calls"] = self.cache.get("calls", 0) + 1
        return x * self.cache["calls"]

    def updated(self, x):
        self.cache.update(a=x, b=[x, 1.0])
        n = len(self.cache)
        self.cache.pop("b")
        return x * n

    def cleared(self, x):
        self.history.extend([x, 1.0])
        n = len(self.history)
        self.history.clear()
        return x * n

    def one_cell(self, x):
        self.buffer[0] = x
        self.buffer[1] += x * x
        return self.buffer[0] * self.buffer[1] + self.buffer.sum()

    def buffer_in_a_loop(self, x):
        for i in range(3):
            self.buffer[i] = x * i + self.buffer[i - 1]
        return self.buffer @ self.buffer

    def out(self, x):
        np.multiply(self.buffer, x, out=self.buffer)
        self.buffer += 1.0
        return np.sum(self.buffer * x)

    def rows_of_lists(self, x):
        self.rows[0][1] += x
        self.rows[1] = [x, x]
        return x * self.rows[0][1]

    def sets_and_deques(self, x):
        self.seen.add("k")
        self.window.append(x)
        return x * x

    def list_made_anew(self, x):
        self.history = [x]
        for _ in range(20):
            self.history.append(self.history[-1] * 1.1)
        return self.history[-1] ** 2

    def containers(self, x):
        self.last = {"x": x, "rows": [x, (2.0 * x, "text", None)]}
        return self.last["x"] * x

    def arrays(self, x):
        y = np.array([x, 2 * x])
        self.history.append(y)
        self.last = [y, x]
        return np.sum(y * y)


METHODS = [name for name in vars(Logged) if not name.startswith("_")]


def plain(value: Any) -> Any:
    return list(value) if isinstance(value, deque) else value


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("mode", ["grad", "jvp", "value_and_grad of value_and_grad"])
def test_containers_outside_end_as_the_program_leaves_them(name, mode):
    program, model = Logged(), Logged()
    method = getattr(model, name)
    x, h = 1.3, 1e-6
    for _ in range(3):
        above, below = copy.deepcopy(program), copy.deepcopy(program)
        slope = (getattr(above, name)(x + h) - getattr(below, name)(x - h)) / (2 * h)
        value = getattr(program, name)(x)
        if mode == "grad":
            np.testing.assert_allclose(s2sad.grad(method)(x), slope, rtol=1e-5)
        elif mode == "jvp":
            np.testing.assert_allclose(s2sad.jvp(method, (x,), (1.0,)), (value, slope), rtol=1e-5)
        else:
            inner = s2sad.grad(method)
            np.testing.assert_allclose(s2sad.value_and_grad(inner)(x)[0], slope, rtol=1e-5)
        for key, held in vars(program).items():
            np.testing.assert_equal(plain(vars(model)[key]), plain(held), err_msg=key)


def test_a_log_that_is_only_appended_to_is_not_compiled_for_its_length():
    model = Logged()
    gradient = s2sad.grad(model.appended)
    gradient(1.0)
    source = gradient.source
    for k in range(5):
        gradient(1.0 + k)
    assert "history.append(x)" in source and "len(" not in source
    assert len(model.history) == 12
    assert gradient.dispatcher.last is not None
    assert sum(len(v) for v in gradient.dispatcher._entries.values()) == 1


def log(x):
    LOG.append(1)
    TABLE["n"] += 1
    BUFFER[0] = 1.0
    return np.sum(x)


def test_globals():
    LOG[:], TABLE["n"], BUFFER[:] = [0], 0, 0.0
    s2sad.grad(log)(X), s2sad.grad(log)(X)
    assert (LOG, TABLE, BUFFER.tolist()) == ([0, 1, 1], {"n": 2}, [1.0, 0.0, 0.0])


class Refused(Logged):
    def changed_later(self, x):
        y = 2.0 * x
        self.last = y
        y[0] = 0.0
        return np.sum(y)

    def appended_and_changed(self, x):
        y = 2.0 * x
        self.history.append([y])
        y[0] = 0.0
        return np.sum(y)

    def sorted_outside(self, x):
        self.history.sort()
        return np.sum(x)

    def an_object(self, x):
        self.last = Pair(x)
        return np.sum(x)

    def set_read(self, x):
        self.seen.add(1)
        return np.sum(x) * len(self.seen)

    def read_after_paths(self, x):
        if x[0] > 0:
            self.history.append(1.0)
        return np.sum(x) * len(self.history)


class Pair:
    def __init__(self, x):
        self.x = x


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("changed_later", "a change of an array that was stored as Refused.last"),
        ("appended_and_changed", "a change of an array that was stored as Refused.history"),
        ("sorted_outside", "Refused.history.sort, of a list outside"),
        ("an_object", "a store of an object of class Pair in Refused.last"),
        ("set_read", "an object of type set is read after add"),
        ("read_after_paths", "what Refused.history holds after changes on some paths only"),
    ],
)
def test_what_cannot_be_done_is_refused_by_name(name, what):
    model = Refused()
    with pytest.raises(UnsupportedError) as caught:
        s2sad.grad(getattr(model, name))(X)
    assert what in str(caught.value)
    assert caught.value.location is not None and caught.value.location.file == __file__
    assert model.history == [] and model.last is None and not model.seen


def test_a_variable_of_a_closure_is_refused():
    n = 0

    def counted(x):
        nonlocal n
        n += 1
        return x * x

    with pytest.raises(UnsupportedError, match="an assignment to n"):
        s2sad.grad(counted)(3.0)


def test_what_the_program_ignores_its_derivative_ignores():
    """The derivative divides by what the program divides by, so it is as silent; each form of it."""

    def f(x):
        with np.errstate(divide="ignore", invalid="ignore"):
            root = np.where(x > 0, np.sqrt(x), 0.0)
        return np.sum(root)

    x = np.array([1.0, -2.0, 0.0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_grads(f, (np.array([1.0, -2.0]),), order=2)
        np.testing.assert_array_equal(s2sad.grad(f)(x), [0.5, 0.0, 0.0])
        _, pull = s2sad.vjp(f, x)
        np.testing.assert_array_equal(pull(1.0)[0], [0.5, 0.0, 0.0])
        outer = s2sad.grad(lambda x: s2sad.grad(f)(x)[0])
        np.testing.assert_array_equal(outer(x), [-0.25, 0.0, 0.0])
    g = s2sad.grad(f)
    g(x)
    assert "@np.errstate(divide='ignore', invalid='ignore')\ndef f_grad(x):" in g.source


class Recorder:
    def __init__(self):
        self.calls, self.seen, self.sums = 0, [], np.zeros(2)

    def root(self, a, b):
        self.calls += 1
        for k in range(2):
            print("root", k)
            self.seen.append(a + k)
        self.sums[0] += b
        self.sums[1] = self.sums[0] * a
        return math.sqrt(a) * b + self.sums[1]

    def inverse(self, a):
        self.seen.append(a)
        self.calls += 1
        return 1.0 / a


@pytest.mark.parametrize("mode", ["grad", "jvp", "value_and_grad", "vjp"])
def test_effects_happen_once_where_the_slope_is_infinite(mode, capsys):
    r = Recorder()
    ways = {
        "grad": lambda a: s2sad.grad(r.root, argnums=(0, 1))(a, 2.0),
        "jvp": lambda a: s2sad.jvp(r.root, (a, 2.0), (1.0, 0.0)),
        "value_and_grad": lambda a: s2sad.value_and_grad(r.root, argnums=(0, 1))(a, 2.0),
        "vjp": lambda a: s2sad.vjp(r.root, a, 2.0)[0],
    }
    for n, a in enumerate([1.0, 0.0, 4.0, 0.0], 1):
        ways[mode](a)
        assert r.calls == n and len(r.seen) == 2 * n and r.seen[-2:] == [a, a + 1]
        assert r.sums.tolist() == [2.0 * n, 2.0 * n * a]
        assert capsys.readouterr().out == "root 0\nroot 1\n"
    if mode == "grad":
        assert ways[mode](0.0)[0] == np.inf


def test_an_exception_of_the_program_comes_through_and_its_effects_happen_once():
    r = Recorder()
    with pytest.raises(ZeroDivisionError):
        s2sad.value_and_grad(r.inverse)(0.0)
    assert r.seen == [0.0] and r.calls == 1
