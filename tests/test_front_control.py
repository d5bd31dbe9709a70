"""Branches, loops and the ways out of them."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

import s2sad
from s2sad.errors import UnsupportedError
from s2sad.front import Leaf, trace_call
from s2sad.ir.core import For, If, While
from s2sad.ir.types import FLOAT
from s2sad.ir.walk import all_ops
from s2sad.testing import check_grads
from tests.tracing import check, trace

X = np.array([0.5, -1.2, 0.8, 1.7])


def early_returns(x):
    if x > 2:
        return x * x
    if x > 1:
        y = x + 1.0
        if y > 2.5:
            return y * 3.0
        y = y * 2.0
    elif x < -1:
        return -x
    else:
        y = 7.0
    return y + x


def return_in_nested_loops(x):
    for i in range(4):
        for j in range(i):
            if x[i] * x[j] < -0.5:
                return x[i] + j
        if x[i] > 1.6:
            return 10.0 * i
    return -1.0


def breaks_and_else(x):
    total = 0.0
    for i in range(4):
        if x[i] > 1.0:
            total += 1.0
            break
        if x[i] < 0:
            continue
        total += x[i]
    else:
        total = -total
    k = 0
    while k < 10:
        k += 1
        if total + k > 4.0:
            break
        if k % 2:
            continue
        total += 0.5
    else:
        total += 100.0
    return total, k


def loop_variable_survives(x):
    for i in range(4):
        last = x[i] * i
    return i, last


def types_widen(x):
    s, best = 0, None
    for v in x:
        s += v
        if best is None or v > best:
            best = v
    return s + best


def bound_on_some_paths(x):
    if x > 0:
        y = 1.0
    for i in range(3):
        if i > 0:
            y = y + i if i > 1 else x
    return y


def while_true(x):
    n = 0
    while True:
        n += 1
        if x < 1.0:
            return x + n
        x = x / 2.0


def counting_down(x):
    s = 0.0
    for i in range(3, -1, -1):
        for j in range(i, 4, 2):
            s = s * 0.9 + x[j] * i
    return s


def empty_loop(x):
    y = 5.0
    for _ in range(0):
        y = x
    for i in range(3, 3):
        y = x * i
    return y


def conditions(x, y):
    a = 1.0 if 0 < x < y <= 3 else 2.0
    b = x and y
    c = 0.0 or x
    d = not (x > 0 and y > 0 or x * y > 1)
    e = x if not d else -x
    return a, b, c, d, e


def short_circuit(x):
    n = 0
    i = 0
    while i < len(x) and x[i] < 1.0:
        i += 1
        n += 1
    return n, i


def walrus(x):
    n = 0.0
    while (n := n + x) < 3.0:
        pass
    if (m := n * 2.0) > 1:
        return m
    return n


def raises_on_a_path(x):
    if x < -100:
        raise ValueError("too small")
    if x > 0:
        y = math.sqrt(x)
    else:
        y = 0.0
    assert y >= 0, f"negative {y}"
    return y


def optional_value(x):
    y = None
    if x > 0:
        y = x * 2.0
    if y is None:
        return 1.0
    return y * 3.0


def chosen_function(x):
    f = np.sin if x > 0 else np.cos
    mode = "up" if x > 1 else "down"
    return f(x) if mode == "up" else f(x) + 1.0


def scratch_of_two_kinds(x):
    if x[0] > 0:
        t = x * 2.0
        s = t.sum()
    else:
        t = 3.0
        s = t
    for i in range(2):
        t = x if i else 1.0
        s = s + np.sum(t)
    return s


def deep(x):
    s = 0.0
    for a in range(2):
        for b in range(2):
            for c in range(2):
                for d in range(2):
                    for e in range(2):
                        s = s + x * (a + b) - c * d
                        if s > e:
                            x = x * 0.9
    return s


def zipped(x, y):
    s = 0.0
    for i, (p, q) in enumerate(zip(x, y)):  # noqa: B905
        s += i * p * q
    for v in reversed(x):
        s = s * 0.5 + v
    for k in reversed(range(1, 4)):
        s -= x[k] * k
    return s


def over_literals(x):
    s = 0.0
    for w, f in ((1.0, np.sin), (2.0, np.cos)):
        s += w * f(x)
    for name in ("a", "b"):
        s += {"a": x, "b": x * x}[name]
    return s


SCALARS = [
    early_returns, bound_on_some_paths, while_true, empty_loop, walrus, raises_on_a_path, optional_value, chosen_function,  # noqa: E501
    deep, over_literals,
]  # fmt: skip
VECTORS = [
    return_in_nested_loops, breaks_and_else, loop_variable_survives, types_widen, counting_down, short_circuit,
    scratch_of_two_kinds,
]  # fmt: skip


@pytest.mark.parametrize("x", [0.4, 1.2, 1.7, 2.5, 30.0])
@pytest.mark.parametrize("program", SCALARS, ids=lambda f: f.__name__)
def test_of_a_number(program, x):
    check(program, x)


@pytest.mark.parametrize("x", [-0.4, -1.2])
@pytest.mark.parametrize("program", [early_returns, raises_on_a_path, optional_value, chosen_function], ids=lambda f: f.__name__)  # noqa: E501
def test_of_a_negative_number(program, x):
    check(program, x)


@pytest.mark.parametrize("x", [X, -X, np.abs(X) * 0.3, X[::-1] * 2.0], ids=str)
@pytest.mark.parametrize("program", VECTORS, ids=lambda f: f.__name__)
def test_of_a_vector(program, x):
    check(program, x)


@pytest.mark.parametrize(("x", "y"), [(1.0, 2.0), (-1.0, 2.0), (2.0, 1.0), (0.0, 0.0), (5.0, 9.0)])
def test_conditions(x, y):
    check(conditions, x, y)


def test_loops_over_several():
    check(zipped, X, X * X + 1.0)


def ops_of(program, kind):
    return [op for op in all_ops(program.trace.body.ops) if isinstance(op, kind)]


def test_loops_stay_loops():
    program = trace(counting_down, X)
    assert len(ops_of(program, For)) == 2
    assert not ops_of(program, If)


def test_scratch_names_are_not_carried():
    def f(x):
        s = 0.0
        for i in range(4):
            t = x[i] * 2.0
            s += t
        return s

    (loop,) = ops_of(trace(f, X), For)
    assert [v.name for v in loop.results] == ["s"]


def test_return_in_branches_needs_no_flags():
    def f(x):
        if x > 1:
            return x * 2.0
        if x > 0:
            return x
        return -x

    (outer, inner) = ops_of(trace(f, 0.5), If)
    assert len(outer.results) == len(inner.results) == 1


def test_a_constant_test_makes_no_branch():
    def f(x, n=2):
        return np.sum(x) if x.ndim == 1 and n == 2 else x

    assert not ops_of(trace(f, X), If)


def test_an_index_into_unlike_things_unrolls_the_loop():
    def f(x):
        weights = (x, 2.0, "not a number", x[0])
        s = 0.0
        for i in (0, 1, 3):
            s = s + np.sum(weights[i])
        k = 0
        while k < 2:
            s = s + np.sum(weights[k])
            k += 1
        return s

    assert not ops_of(check(f, X), While)


def test_an_argument_becomes_static_where_it_has_to_be_known():
    def f(a, axis, n):
        s = a.sum(axis=axis)
        for i in range(n):
            s = s + i
        return s

    program = check(f, np.ones((2, 3)), 1, 4)
    assert [(g.path, g.value) for g in program.statics] == [("axis", 1)]
    assert [p.path for p in program.trace.params] == ["a", "n"]


def test_a_thousand_statements(tmp_path: Path):
    lines = ["import numpy as np", "def f(x):"]
    for k in range(1000):
        lines.append(f"    x = np.sin(x) * {k}.5 + x" if k % 10 else f"    if x > {k}: x = x * 0.5")
    path = tmp_path / "long.py"
    path.write_text("\n".join([*lines, "    return x", ""]))
    space: dict[str, object] = {}
    exec(compile(path.read_text(), str(path), "exec"), space)
    program = trace_call(space["f"], [Leaf(FLOAT, 1.0)])  # type: ignore[arg-type]
    assert len(program.trace.body.ops) > 1000


# -- iterators -------------------------------------------------------------------------------------------------------


def late_and_early(x):
    g = (v * k for v in x)  # noqa: F821
    x = x * 100.0
    k = 2.0  # noqa: F841
    return sum(g) + x[0]


def stores_while_looping(x):
    items = [x[0], x[1], x[2]]
    for i, v in enumerate(items):
        if i < 2:
            items[i + 1] += v
    a = x.copy()
    for i, row in enumerate(a):
        if i < 3:
            a[i + 1] += row
    return items, a


def mapped(x):
    m = map(lambda v: v * 2.0, x)  # noqa: C417
    f = filter(None, (1.0, 0.0, 2.0))
    total = 0.0
    for v in m:
        total += v
    return total, list(f), max(map(abs, x))


@pytest.mark.parametrize("program", [late_and_early, stores_while_looping, mapped], ids=lambda f: f.__name__)
def test_iterators(program):
    check(program, X)


def used_twice(x):
    g = (v for v in x)
    return sum(g) + sum(g)


def used_in_every_turn(x):
    z = zip(x, x)  # noqa: B905
    s = 0.0
    for _ in range(2):
        for a, b in z:
            s += a * b
    return s


def grows_while_looping(x):
    items = [x[0], x[1]]
    for v in items:
        if len(items) < 5:
            items.append(v * 2.0)
    return sum(items)


@pytest.mark.parametrize("program", [used_twice, used_in_every_turn, grows_while_looping], ids=lambda f: f.__name__)
def test_iterators_that_are_refused(program):
    with pytest.raises(UnsupportedError):
        trace(program, X)


def test_the_else_of_a_loop_reads_its_variable():
    def f(x):
        s = 0.0
        for i in range(2):
            last = x[i] * 2.0
        else:
            s = x[i + 1] + last
        return s

    check(f, X)


def test_a_number_that_becomes_an_array_in_a_loop_without_a_turn():
    """It stays the number where nobody asks for its axes, and is refused by the derivative itself where they count."""

    def squares(x, rows):
        s = 0.0
        for row in rows:
            s = s + row * x
        return np.sum(s * s)

    def product(x, rows):
        s = 0.0
        for row in rows:
            s = s + row * x
        return s @ x

    x, rows = np.array([1.0, 2.0]), np.array([[1.0, 0.5], [2.0, -1.0]])
    np.testing.assert_array_equal(s2sad.grad(squares)(x, rows), 2.0 * rows.sum(0) ** 2 * x)
    np.testing.assert_array_equal(s2sad.grad(squares)(x, rows[:0]), np.zeros(2))
    np.testing.assert_array_equal(s2sad.grad(product)(x, rows), 2.0 * rows.sum(0) * x)
    assert "tape" not in s2sad.grad(product).source
    rowwise = s2sad.jacrev(lambda x, rows: sum(row * x for row in rows))
    np.testing.assert_array_equal(rowwise(x, rows), np.diag(rows.sum(0)))
    with pytest.raises(ValueError, match="needs a turn"):
        s2sad.grad(product)(x, rows[:0])


def test_a_first_turn_is_not_taken_for_granted_where_the_program_catches_errors():
    """The test for a turn would raise what the program catches, and its handler would run where it does not."""

    def product(x, rows):
        s = 0.0
        try:
            for row in rows:
                s = s + row * x
            return np.sum(np.dot(s, x))
        except ValueError:
            return 5.0

    x = np.array([1.0, 2.0])
    try:
        slope = s2sad.grad(product)(x, np.ones((0, 2)))
    except s2sad.UnsupportedError:
        return
    np.testing.assert_array_equal(slope, np.zeros(2))



def test_numbers_that_become_arrays_in_loops_over_as_many_rows_as_there_are():
    def f(x, rows):
        s = moment = 0
        for row in rows:
            s = s + row * np.sin(x)
            moment = moment + np.outer(row, x)
        for k in range(len(x)):
            s += rows[k] * x[k]
        pairs = sum(a * b for a, b in zip(rows, rows[::-1], strict=True))
        return np.linalg.solve(moment @ moment.T + np.eye(3), s) @ x + pairs @ x

    check_grads(f, (np.array([0.5, -1.2, 0.8]), np.sin(np.arange(12.0)).reshape(4, 3)), order=2)
