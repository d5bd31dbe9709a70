"""Programs that are long, or nested deeply: compiled without overflow, with work that grows as they do, and right."""

from __future__ import annotations

import ast
import linecache
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import s2sad


def defined(text: str, name: str) -> Callable[..., Any]:
    """The function ``f`` that a text defines, with its source where it is found."""
    file = f"<scale {name}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    scope: dict[str, Any] = {"np": np}
    exec(compile(text, file, "exec"), scope)
    return scope["f"]


def straight(n: int) -> str:
    body = "".join(("    a = a * 0.5 * b + x\n", "    b = np.sin(a) - b * y\n")[k % 2] for k in range(n))
    return f"def f(x, y):\n    a, b = x, y\n{body}    return a + b\n"


def stores(n: int) -> str:
    body = "".join(f"    a[{k + 2}] = a[{k + 1}] * x + a[{k}] * 0.5 * y\n" for k in range(n))
    return f"def f(x, y):\n    a = np.zeros({n + 2})\n    a[0] = x\n    a[1] = y\n{body}    return a[{n + 1}]\n"


def branches(n: int) -> str:
    one = "    if a > {k}.5:\n        a = a * y\n    else:\n        a = a * 0.9 + np.cos(y)\n"
    return "def f(x, y):\n    a = x\n" + "".join(one.format(k=k % 3) for k in range(n)) + "    return a\n"


def returns(n: int) -> str:
    one = "    if a > {k}.0:\n        return a * y\n    a = a * 0.5 * y + x\n"
    return "def f(x, y):\n    a = x\n" + "".join(one.format(k=1000 + k) for k in range(n)) + "    return a\n"


def cases(n: int) -> str:
    one = "    elif x < {k}:\n        a = y * x + {k}.0\n"
    chain = "".join(one.format(k=-k) for k in range(n))
    return f"def f(x, y):\n    if x > 100.0:\n        a = y\n{chain}    else:\n        a = x * y\n    return a\n"


def helpers(n: int) -> str:
    return (
        "def g(a, b):\n    c = a * b\n    return np.sin(c) + 0.5 * a\n\n\ndef f(x, y):\n    a = x\n"
        + "    a = g(a, y)\n" * n + "    return a\n"
    )  # fmt: skip


def chain(n: int) -> str:
    text = "def g0(a, b):\n    return a * b\n"
    text += "".join(f"def g{k}(a, b):\n    c = a * b\n    return g{k - 1}(np.sin(c), b) + a\n" for k in range(1, n))
    return text + f"def f(x, y):\n    return g{n - 1}(x, y)\n"


def loops_in_calls(n: int) -> str:
    text = "def g0(a, b):\n    return a * b\n"
    one = "def g{k}(a, b):\n    for i in range(int(k{k}) + 1):\n        a = g{j}(a, b) * 0.9\n    return a\n"
    text += "".join(f"k{k} = 0.0\n" + one.format(k=k, j=k - 1) for k in range(1, n))
    return text + f"def f(x, y):\n    return g{n - 1}(x, y)\n"


def loop_body(n: int) -> str:
    body = "".join(("        a = a * 0.5 * b + x\n", "        b = np.sin(a) - b * y\n")[k % 2] for k in range(n))
    return f"def f(x, y):\n    a, b = x, y\n    for i in range(3):\n{body}    return a + b\n"


def loops(n: int) -> str:
    body = "".join(f"    for i in range({k % 5 + 3}):\n        a = a * 0.5 * y + np.sin(a)\n" for k in range(n))
    return f"def f(x, y):\n    a = x\n{body}    return a\n"


def blocks(n: int) -> str:
    """Blocks inside of each other, by turns of four kinds; at most 20 that are not ``if``, as Python takes."""
    lines = ["def f(x, y):", "    a = x"]
    heads = ("if a > -{k}.0:", "if a < {k}9.0:", "for i{k} in range(2):", "with np.errstate(all='ignore'):")
    for k in range(n):
        kind = k % 4 if k < 40 else k % 2
        pad = "    " * (k + 1)
        lines += [pad + heads[kind].format(k=k + 1), f"{pad}    a = a * 0.999 * y + 0.001 * x"]
    return "\n".join([*lines, "    return a"]) + "\n"


def terms(n: int) -> str:
    return "def f(x, y):\n    return " + " + ".join(f"x * {k}.0 * y" for k in range(n)) + "\n"


def parentheses(n: int) -> str:
    return f"def f(x, y):\n    return {'(' * n}x{' * y + 0.5)' * n}\n"


def conjunction(n: int) -> str:
    test = " and ".join(f"x < {k + 10}.0" for k in range(n))
    return f"def f(x, y):\n    if {test}:\n        return x * y\n    return y\n"


def numbers(n: int) -> str:
    items = ", ".join(f"{k % 7}.5" for k in range(n))
    return f"def f(x, y):\n    c = [{items}]\n    s = 0.0\n    for v in c:\n        s = s + v * x\n    return s * y\n"


def traced_items(n: int) -> str:
    items = ", ".join(f"x * {k % 7}.5" for k in range(n))
    return f"def f(x, y):\n    c = [{items}]\n    return sum(c) * y\n"


PROGRAMS: dict[str, tuple[Callable[[int], str], int]] = {
    "straight": (straight, 500), "stores": (stores, 200), "branches": (branches, 150), "returns": (returns, 110),
    "cases": (cases, 150), "helpers": (helpers, 250), "chain": (chain, 260), "loops in calls": (loops_in_calls, 26),
    "loop body": (loop_body, 250), "loops": (loops, 100), "blocks": (blocks, 50), "terms": (terms, 500),
    "parentheses": (parentheses, 90), "conjunction": (conjunction, 400), "numbers": (numbers, 3000),
    "traced items": (traced_items, 500),
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_large_program_has_a_right_gradient(name):
    write, n = PROGRAMS[name]
    f = defined(write(n), name)
    limit = sys.getrecursionlimit()
    x, y, h = 0.37, 0.81, 1e-6
    got = s2sad.grad(f, argnums=(0, 1))(x, y)
    assert sys.getrecursionlimit() == limit
    want = (f(x + h, y) - f(x - h, y)) / (2 * h), (f(x, y + h) - f(x, y - h)) / (2 * h)
    np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("name", ["blocks", "chain", "loops in calls", "conjunction", "cases"])
def test_a_nested_program_in_forward_mode_and_twice(name):
    write, n = PROGRAMS[name]
    n = min(n, 60)
    f = defined(write(n), f"{name} {n}")
    x, y = 0.37, 0.81
    gx, gy = s2sad.grad(f, argnums=(0, 1))(x, y)
    value, tangent = s2sad.jvp(f, (x, y), (1.0, 0.5))
    np.testing.assert_allclose((value, tangent), (f(x, y), gx + 0.5 * gy), rtol=1e-11)
    h = 1e-5
    derivative = s2sad.grad(f)
    want = (derivative(x + h, y) - derivative(x - h, y)) / (2 * h)
    np.testing.assert_allclose(s2sad.grad(s2sad.grad(f))(x, y), want, rtol=1e-4, atol=1e-6)


def test_five_thousand_statements():
    f = defined(straight(5000), "five thousand")
    x, y, h = 0.37, 0.81, 1e-6
    value, tangent = s2sad.jvp(f, (x, y), (1.0, 0.5))
    assert value == f(x, y)
    np.testing.assert_allclose(tangent, (f(x + h, y + h / 2) - f(x - h, y - h / 2)) / (2 * h), rtol=1e-5)


def test_two_thousand_terms_and_three_thousand_items():
    for write, n in ((terms, 2000), (numbers, 3000), (conjunction, 2000)):
        f = defined(write(n), f"{write.__name__} {n}")
        value, tangent = s2sad.jvp(f, (0.37, 0.81), (1.0, 0.5))
        h = 1e-6
        want = (f(0.37 + h, 0.81 + h / 2) - f(0.37 - h, 0.81 - h / 2)) / (2 * h)
        np.testing.assert_allclose((value, tangent), (f(0.37, 0.81), want), rtol=1e-6)


def deepest(source: str) -> tuple[int, int]:
    """Levels of indentation, and loops inside of each other."""
    levels = max((len(line) - len(line.lstrip())) // 4 for line in source.splitlines() if line.strip())
    most, stack = 0, [(node, 0) for node in ast.parse(source).body]
    while stack:
        node, depth = stack.pop()
        depth += isinstance(node, ast.For | ast.While)
        most = max(most, depth)
        stack.extend((child, depth) for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt))
    return levels, most


def test_what_stands_too_deep_becomes_a_function():
    write, n = PROGRAMS["loops in calls"]
    f = defined(write(n), "parts")
    derivative = s2sad.grad(f)
    derivative(0.37, 0.81)
    assert "def f_grad_part(" in derivative.source
    assert deepest(derivative.source)[1] <= 20


def test_a_chain_of_cases_stays_one():
    f = defined(cases(60), "chain of cases")
    derivative = s2sad.grad(f)
    derivative(0.37, 0.81)
    assert derivative.source.count("elif ") == 60
    assert deepest(derivative.source)[0] < 10


def work(function: Callable[[], object]) -> int:
    """Calls of Python functions that are made: a measure of work that does not depend on the machine."""
    count = 0

    def note(_frame: object, event: str, _arg: object) -> None:
        nonlocal count
        count += event == "call"

    old = sys.getprofile()
    sys.setprofile(note)
    try:
        function()
    finally:
        sys.setprofile(old)
    return count


@pytest.mark.parametrize("name", ["straight", "stores", "branches", "helpers", "loops", "terms"])
def test_work_is_linear_in_the_length_of_the_program(name):
    write, _ = PROGRAMS[name]

    def compiling(n: int) -> int:
        f = defined(write(n), f"{name} {n}")
        return work(lambda: s2sad.grad(f)(0.37, 0.81))

    small, large = compiling(30), compiling(120)
    assert large < 4.6 * small
