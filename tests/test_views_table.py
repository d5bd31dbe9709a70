"""Evaluation traces as textbooks print them: two functions of the surveys digit for digit, loops, branches, stores."""

from __future__ import annotations

import math

import numpy as np
import pytest

import s2sad
from s2sad.errors import InputError
from s2sad.views.table import number


def f(x1, x2):
    return x1 * x2 + np.exp(x1 * x2) - np.sin(x2)


def g(x1, x2):
    return np.log(x1) + x1 * x2 - np.sin(x2)


SCALE = 2.0


def test_first_textbook_function():
    table = s2sad.trace(f, 1.5, 0.5).table(1.5, 0.5, tangent="x1")
    assert str(table) == """\
primal           value    tangent of x1             value   adjoint (upwards)                           value
---------------  -------  ------------------------  ------  ------------------------------------------  ------
v1 = x1          1.5      v1_dot = 1                1       v1_bar = v3_bar * v2                        1.5585
v2 = x2          0.5      v2_dot = 0                0       v2_bar = v6_bar * np.cos(v2) + v3_bar * v1  3.7979
v3 = v1 * v2     0.75     v3_dot = v1_dot * v2      0.5     v3_bar = v5_bar + v4_bar * v4               3.117
v4 = np.exp(v3)  2.117    v4_dot = v3_dot * v4      1.0585  v4_bar = v5_bar                             1
v5 = v3 + v4     2.867    v5_dot = v3_dot + v4_dot  1.5585  v5_bar = v7_bar                             1
v6 = np.sin(v2)  0.47943  v6_dot = 0                0       v6_bar = -v7_bar                            -1
v7 = v5 - v6     2.3876   v7_dot = v5_dot           1.5585  v7_bar = 1                                  1
---------------  -------  ------------------------  ------  ------------------------------------------  ------
f = v7           2.3876   f_dot                     1.5585"""


def test_second_textbook_function():
    table = s2sad.trace(g, 2.0, 5.0).table()
    assert [row.variable for row in table.rows] == [f"v{k}" for k in range(1, 8)]
    assert [row.primal.equation for row in table.rows] == [
        "v1 = x1", "v2 = x2", "v3 = np.log(v1)", "v4 = v1 * v2", "v5 = v3 + v4", "v6 = np.sin(v2)", "v7 = v5 - v6",
    ]  # fmt: skip
    assert [number(row.primal.value, 5) for row in table.rows] == [
        "2", "5", "0.69315", "10", "10.693", "-0.95892", "11.652",
    ]  # fmt: skip
    assert number(table.value, 5) == "11.652"
    assert {k: number(v, 5) for k, v in table.gradient.items()} == {"x1": "5.5", "x2": "1.7163"}
    assert table.gradient["x2"] == 2.0 - math.cos(5.0)


def test_tangents_agree_with_adjoints():
    for name, bar in s2sad.trace(g, 2.0, 5.0).table().gradient.items():
        assert s2sad.trace(g, 2.0, 5.0).table(tangent=name).tangent == pytest.approx(bar, rel=1e-15)


def test_direction():
    table = s2sad.trace(g, 2.0, 5.0).table(2.0, 5.0, tangent={"x1": 2.0, "x2": 10.0})
    assert table.tangent == pytest.approx(2.0 * 5.5 + 10.0 * (2.0 - math.cos(5.0)), rel=1e-15)
    with pytest.raises(InputError, match="no input named 'z'"):
        s2sad.trace(g, 2.0, 5.0).table(tangent="z")


def test_loops_are_unrolled_as_they_ran():
    def power(x, n):
        y = 1.0
        for _ in range(n):
            y = y * x
        return y

    table = s2sad.trace(power, 2.0, 3).table(2.0, 3)
    assert [row.primal.equation for row in table.rows] == ["v1 = x", "v2 = 1.0 * v1", "v3 = v2 * v1", "v4 = v3 * v1"]
    assert table.rows[0].adjoint is not None
    assert table.rows[0].adjoint.equation == "v1_bar = v4_bar * v3 + v3_bar * v2 + v2_bar"
    assert table.value == 8.0 and table.gradient == {"x": 12.0}


def test_only_the_branch_taken_is_shown():
    def h(x):
        while x > 10.0:
            x = x / 2.0
        if x > 6.0:
            return x * x
        return x + SCALE

    trace = s2sad.trace(h, 30.0)
    assert [r.primal.equation for r in trace.table(30.0).rows] == [
        "v1 = x", "v2 = SCALE", "v3 = v1 / 2.0", "v4 = v3 / 2.0", "v5 = v4 * v4",
    ]  # fmt: skip
    assert trace.table(30.0).gradient == {"x": 3.75, "global:SCALE": 0.0}
    assert trace.table(2.0).gradient == {"x": 1.0, "global:SCALE": 1.0}


def test_stores_lists_and_structures():
    def h(p):
        y = np.zeros(2)
        y[1] = p["w"][0] * 3.0
        y[1] += p["b"]
        kept = []
        for k in range(2):
            kept.append(y[1] * y[k])
        return kept[0] + kept[1]

    values = {"w": (np.array([2.0, 5.0]),), "b": 1.0}

    def h2(p):
        return h({"w": p["w"][0], "b": p["b"]})

    table = s2sad.trace(h2, values).table(values)
    assert table.value == 49.0
    assert {k: np.asarray(v).tolist() for k, v in table.gradient.items()} == {"p['w'][0]": [42.0, 0.0], "p['b']": 14.0}
    assert any(" with [1] = " in row.primal.equation for row in table.rows)


def test_gradients_of_many_programs_are_those_of_grad():
    def rowwise(a, b):
        s = np.sum(a * b, axis=0)
        m = np.maximum(s, 0.5)
        return np.mean(np.sqrt(m) @ m.T) + a[1, 0] - np.max(b)

    a, b = np.arange(6.0).reshape(3, 2) / 3 + 0.1, np.cos(np.arange(6.0)).reshape(3, 2)
    table = s2sad.trace(rowwise, a, b).table(a, b)
    for found, want in zip(table.gradient.values(), s2sad.grad(rowwise, argnums=(0, 1))(a, b), strict=True):
        np.testing.assert_allclose(found, want, rtol=1e-14)
    assert table.value == rowwise(a, b)


def test_results_without_adjoints():
    table = s2sad.trace(lambda x: (x * 2.0, 3), 1.0).table(1.0, tangent="x")
    assert table.gradient == {} and table.value == (2.0, 3)
    assert "adjoint" not in str(table)


def test_html_has_a_row_for_each_variable():
    html = s2sad.trace(g, 2.0, 5.0).table()._repr_html_()
    assert html.count("<tr>") == 9 and "v7 = v5 - v6" in html


def test_arguments_stay_as_they_are():
    def h(x):
        x[0] = 5.0
        return np.sum(x * x)

    x = np.array([1.0, 2.0])
    assert s2sad.trace(h, x).table(x).value == 29.0
    assert x.tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    ("content", "text"),
    [(11.652071455223084, "11.652"), (np.float64(-1e-7), "-1e-07"), (3, "3"), (np.array([1.0, 0.25]), "[1, 0.25]"),
     ((1.5, [2]), "(1.5, [2])"), (True, "True"), (np.arange(20.0), "[0, 1, ..., 18, 19]")],
)  # fmt: skip
def test_numbers(content, text):
    assert number(content, 5) == text


def test_values_are_bound_as_in_a_call():
    def h(x, scale=3.0, *more):
        return x * scale + sum(more)

    trace = s2sad.trace(h, 1.0, 2.0, 0.5, 0.25)
    assert trace.table().value == 2.75
    assert trace.table(10.0, 2.0, 1.0, 2.0).gradient == {"x": 2.0, "scale": 10.0, "more[0]": 1.0, "more[1]": 1.0}
    assert s2sad.trace(h, 1.0).table(2.0).value == 6.0


def test_tangents_of_a_container_and_of_directions_that_do_not_fit():
    trace = s2sad.trace(lambda p, x: p["a"] * p["b"] * np.sum(x), {"a": 2.0, "b": 3.0}, np.ones(2))
    assert trace.table(tangent="p").tangent == 2.0 * (2.0 + 3.0)
    assert trace.table(tangent={"x": [1.0, 2.0]}).tangent == 18.0
    with pytest.raises(InputError, match=r"the tangent of x has shape \(\), but x has shape \(2,\)"):
        trace.table(tangent={"x": 1.0})
    assert repr(trace) == str(trace)
