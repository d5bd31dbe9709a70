"""Rules of users for functions of their own, hooks, differences, roots: against derivatives written by hand."""

from __future__ import annotations

import ctypes
import dataclasses
import math

import numpy as np
import pytest

import s2sad
from s2sad import grad, jvp, vmap
from s2sad.testing import check_grads

A = np.array([[3.0, 1.0], [0.5, 2.0]])
B = np.array([1.0, 2.0])
SPACE: dict = {"np": np}
exec(  # what has no source to read
    "def solve(A, b):\n    return np.linalg.solve(A, b)\n"
    "def pair(x, y):\n    return x * y, np.sin(x)\n"
    "def summary(x):\n    return {'double': 2.0 * x, 'sum': x.sum()}\n"
    "def sine(x):\n    return np.sin(x)\n",
    SPACE,
)
solve, pair, summary, sine = (SPACE[n] for n in ("solve", "pair", "summary", "sine"))


@s2sad.pullback(solve, returns=lambda b: b)
def solve_bar(A, ans, ans_bar):
    b_bar = solve(A.T, ans_bar)
    return -np.outer(b_bar, ans), b_bar


@s2sad.pushforward(pair, returns="(f64, f64)")
def pair_dot(x, y, x_dot, y_dot):
    return x_dot * y + x * y_dot, np.cos(x) * x_dot


@s2sad.pullback(summary, returns=lambda x: {"double": x, "sum": 0.0})
def summary_bar(ans_bar):
    return 2.0 * ans_bar["double"] + ans_bar["sum"]


@s2sad.partials(sine)
def sine_slope(x):
    return np.cos(x)


def agrees(f, twin, *args):
    """``f`` with its rules against ``twin``, the same without any: both modes, and the second order in every mix."""
    places = tuple(range(len(args)))
    dots = tuple(np.cos(np.arange(np.size(a)) + 1.0).reshape(np.shape(a))[()] for a in args)
    for one, other in zip(grad(f, places)(*args), grad(twin, places)(*args), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(jvp(f, args, dots), jvp(twin, args, dots), rtol=1e-9, atol=1e-12)
    second = [jvp(grad(g, places), args, dots)[1] for g in (f, twin)]
    for one, other in zip(*second, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-8, atol=1e-10)

    def along(*args):
        total = 0.0
        for g, d in zip(grad(f, places)(*args), dots, strict=True):
            total = total + np.sum(g * d)
        return total

    for one, other in zip(grad(along, places)(*args), second[1], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-8, atol=1e-10)


def test_functions_without_source():
    agrees(lambda A, b: (solve(A, b) ** 2).sum(), lambda A, b: (np.linalg.solve(A, b) ** 2).sum(), A, B)
    agrees(lambda x, y: pair(x, y)[0] * pair(y, x)[1] ** 2, lambda x, y: x * y * np.sin(y) ** 2, 1.2, 0.7)
    agrees(
        lambda x: (summary(x)["double"] ** 2).sum() * summary(x)["sum"],
        lambda x: (4.0 * x * x).sum() * x.sum(), np.array([1.0, 2.0, 0.5]),
    )

    def steps(x, s):
        y = 0.0
        for i in range(len(x)):
            y = s(x[i] + y) if x[i] > 0 else y * x[i]
        return y

    agrees(lambda x: steps(x, sine), lambda x: steps(x, np.sin), np.array([0.3, -0.4, 0.7, 0.2]))
    erf = ctypes.CDLL(None).erf
    erf.restype, erf.argtypes = ctypes.c_double, [ctypes.c_double]
    s2sad.partials(erf)(lambda x: 2.0 / math.sqrt(math.pi) * np.exp(-x * x))
    agrees(lambda x: erf(x) * x, lambda x: math.erf(x) * x, 0.3)
    assert "v1 = solve(A, b)" in grad(lambda A, b: (solve(A, b) ** 2).sum()).source_for(A, B)


def test_containers_keywords_methods_and_rules_of_themselves():
    def affine(p, x):
        return p["W"] @ x + p["b"]

    @s2sad.pullback(affine)
    def affine_bar(p, x, ans_bar):
        return {"b": ans_bar, "W": np.outer(ans_bar, x)}, p["W"].T @ ans_bar

    layer = lambda W, b, x: (affine({"W": W, "b": b}, x) ** 2).sum()  # noqa: E731
    agrees(layer, lambda W, b, x: ((W @ x + b) ** 2).sum(), A, B, 2 * B)

    @dataclasses.dataclass
    class Scaled:
        a: float
        b: np.ndarray

    def product(p):
        return p.a * p.b

    s2sad.pullback(product)(lambda p, ans_bar: Scaled((ans_bar * p.b).sum(), p.a * ans_bar))
    agrees(lambda a, b: product(Scaled(a, b)).sum() ** 2, lambda a, b: (a * b).sum() ** 2, 1.2, B)

    def power(x, *, n=2.0, negative=False):
        return -(x**n) if negative else x**n

    @s2sad.partials(power, wrt="x")
    def power_slope(x, n, negative):
        return -n * x ** (n - 1.0) if negative else n * x ** (n - 1.0)

    agrees(lambda x: power(x, n=3.0, negative=True) * power(x), lambda x: -(x**3.0) * x**2.0, 1.3)

    def total(*xs):
        return sum(xs)

    s2sad.linear(total)(lambda ans_bar, xs: tuple(ans_bar for _ in xs))
    agrees(lambda x, y: total(x, y, x * y) ** 2, lambda x, y: (x + y + x * y) ** 2, 1.2, 0.4)

    def growth(x):
        return np.exp(x)

    s2sad.partials(growth)(lambda x: growth(x))
    agrees(lambda x: growth(x * x), lambda x: np.exp(x * x), 0.3)

    class Table:
        def __init__(self, w):
            self.w = w

        def look(self, x):
            return np.interp(x, [0.0, 1.0, 2.0], self.w)

    @s2sad.partials(Table.look)
    def look_slope(self, x):
        return np.where(x < 1.0, self.w[1] - self.w[0], self.w[2] - self.w[1])

    table = Table(np.array([0.0, 2.0, 3.0]))
    slope = grad(lambda x: table.look(x) ** 2)
    assert slope(0.4) == pytest.approx(2 * 0.8 * 2.0) and "table.look(x)" in slope.source
    table.w = np.array([0.0, 1.0, 3.0])
    assert slope(0.4) == pytest.approx(2 * 0.4 * 1.0)


def test_a_rule_that_is_declared_late_is_used_at_once():
    def f(x):
        return x * x

    derivatives = [grad(f), grad(lambda x: f(x) + 1.0), vmap(grad(f))]
    assert [d(3.0) for d in derivatives[:2]] == [6.0, 6.0] and derivatives[2](B).tolist() == [2.0, 4.0]
    for slope in (100.0, 200.0):
        s2sad.partials(f)(lambda x, slope=slope: slope)
        assert [d(3.0) for d in derivatives[:2]] == [slope, slope] and derivatives[2](B).tolist() == [slope, slope]
        assert jvp(f, (3.0,), (1.0,)) == (9.0, slope)
    s2sad.constant(f)
    assert derivatives[1](3.0) == 0.0


def test_wrong_shapes_are_found_when_they_are_made():
    def product(A, b):
        return A @ b

    @s2sad.pullback(product)
    def turned(A, b, ans_bar):
        return np.outer(b, ans_bar), A.T @ ans_bar

    with pytest.raises(ValueError, match=r"A_bar in the rule of product is of shape \(2, 3\), .* \(3, 2\)"):
        grad(lambda A, b: product(A, b).sum())(np.ones((3, 2)), B)
    assert grad(lambda A, b: product(A, b).sum(), 1)(np.ones((3, 2)), B).tolist() == [3.0, 3.0]


def test_rules_in_batches():
    stack, rows = np.stack([A + k for k in range(3)]), np.arange(6.0).reshape(3, 2)
    f = lambda A, b: (solve(A, b) ** 2).sum() * sine(b[0])  # noqa: E731
    expected = [grad(f, (0, 1))(a, b) for a, b in zip(stack, rows, strict=True)]
    for got in (vmap(grad(f, (0, 1)))(stack, rows), grad(lambda A, b: vmap(f)(A, b).sum(), (0, 1))(stack, rows)):
        for one, other in zip(got, zip(*expected, strict=True), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-12)


def test_stop_gradient():
    stop = s2sad.stop_gradient
    assert grad(lambda x: x * stop(x))(3.0) == 3.0 and jvp(lambda x: x * stop(x * x), (3.0,), (1.0,)) == (27.0, 9.0)
    assert grad(grad(lambda x: x**3 * stop(x)))(3.0) == 54.0
    tree = {"a": B, "b": 3.0}
    f = lambda d: (d["a"] * stop(d)["a"]).sum() + stop([d["b"]])[0] * d["b"]  # noqa: E731
    got = grad(f)(tree)
    assert got["a"].tolist() == B.tolist() and got["b"] == 3.0 and "stop" not in grad(f).source_for(tree)
    assert stop(tree) == tree and stop(tree) is not tree


def test_code_in_the_reverse_sweep(capsys):
    def f(x):
        y = np.sin(x)
        for i in range(3):
            with s2sad.insert_cotangent(y) as y_bar:
                print("at", i)
                y_bar *= 0.5
            y = y * x
        return y.sum()

    def by_hand(x):
        states = [np.sin(x)]
        for _ in range(3):
            states.append(states[-1] * x)
        x_bar, y_bar = np.zeros_like(x), np.ones_like(x)
        for i in (2, 1, 0):
            x_bar += y_bar * states[i]
            y_bar = y_bar * x * 0.5
        return x_bar + y_bar * np.cos(x)

    assert f(B) == pytest.approx((np.sin(B) * B**3).sum()) and capsys.readouterr().out == ""
    np.testing.assert_allclose(grad(f)(B), by_hand(B))
    assert capsys.readouterr().out == "at 2\nat 1\nat 0\n"
    np.testing.assert_allclose(jvp(f, (B,), (B,))[1], (np.cos(B) * B**4 + 3 * np.sin(B) * B**3).sum())

    def twice(x):
        with s2sad.insert_cotangent(x) as x_bar:
            x_bar = x_bar * 10.0
        return (x**3).sum()

    np.testing.assert_allclose(grad(twice)(B), 30.0 * B**2)
    np.testing.assert_allclose(jvp(grad(twice), (B,), (B,))[1], 60.0 * B**2)  # every mix differentiates that gradient
    np.testing.assert_allclose(grad(lambda x: (grad(twice)(x) * B).sum())(B), 60.0 * B**2)
    clipped = lambda p: (3.0 * s2sad.insert_cotangent(p, lambda b: {"w": np.clip(b["w"], -1.0, 1.0)})["w"]).sum()  # noqa: E731
    assert grad(clipped)({"w": B})["w"].tolist() == [1.0, 1.0]
    seen = []

    def branch(x):
        if x > 0:
            with s2sad.insert_cotangent(x) as x_bar:
                seen.append(x_bar)
        return x * x

    assert [grad(branch)(-2.0), list(seen), grad(branch)(2.0), seen] == [-4.0, [], 4.0, [4.0]]


def test_a_stop_for_the_debugger(monkeypatch):
    stops = []
    monkeypatch.setattr("sys.breakpointhook", lambda: stops.append(1))

    def f(x):
        for _ in range(3):
            x = math.sin(x)
            with s2sad.insert_cotangent(x) as x_bar:
                if x_bar < 0.9:
                    breakpoint()
        return x

    assert f(0.5) == math.sin(math.sin(math.sin(0.5))) and stops == []
    assert grad(f)(0.5) == pytest.approx(math.cos(0.5) * math.cos(math.sin(0.5)) * math.cos(math.sin(math.sin(0.5))))
    assert stops == [1, 1]


def test_differences_where_they_are_asked_for():
    g = s2sad.numeric(SPACE["sine"], returns=lambda x: x)
    f = lambda x: (g(x) ** 2 * x).sum()  # noqa: E731
    slope = np.sin(B) ** 2 + 2 * np.sin(B) * np.cos(B) * B
    np.testing.assert_allclose(grad(f)(B), slope, rtol=1e-8)
    np.testing.assert_allclose(jvp(f, (B,), (B,))[1], slope @ B, rtol=1e-8)
    exact = s2sad.numeric(SPACE["sine"], method="complex", returns=lambda x: x)
    np.testing.assert_allclose(grad(lambda x: (exact(x) ** 2 * x).sum())(B), slope, rtol=1e-14)
    assert "difference_bar(sine, (x,), 0" in grad(f).source_for(B) and g(0.5) == np.sin(0.5)
    with pytest.raises(s2sad.UnsupportedError, match="derivative by differences"):
        grad(grad(s2sad.numeric(SPACE["sine"], returns=float)))(0.5)


def newton(f, x):
    """A solver that derivatives know nothing of: differences, and lists."""
    x = np.array(x, float)
    for _ in range(25):
        units = np.eye(x.size)
        columns = [np.ravel(f(x + 1e-6 * u.reshape(x.shape)) - f(x - 1e-6 * u.reshape(x.shape))) / 2e-6 for u in units]
        x = x - np.linalg.solve(np.array(columns).T, np.ravel(f(x))).reshape(x.shape)
    return x


def tree_newton(f, p):
    def equations(v):
        r = f({"s": v[2], "u": v[:2]})
        return np.array([*r["u"], r["s"]])

    v = newton(equations, [*p["u"], p["s"]])
    return {"u": v[:2], "s": v[2]}


def relaxed(matvec, b):
    """A linear solver."""
    x = np.zeros_like(b)
    for _ in range(150):
        x = x + 0.2 * (b - matvec(x))
    return x


def test_roots_and_fixed_points_of_solvers_of_users():
    def unrolled(a, b):  # the same root, by iterations that are differentiated
        x = 1.0
        for _ in range(30):
            x = x - (x**3 + b * x - a) / (3 * x**2 + b)
        return x * a

    number = lambda f, x: newton(lambda v: np.array([f(v[0])]), [x])[0]  # noqa: E731
    agrees(lambda a, b: s2sad.custom_root(lambda x: x**3 + b * x - a, 1.0, number) * a, unrolled, 2.0, 0.5)

    def system(A, b):
        x = np.zeros(2)
        for _ in range(12):
            x = x - np.linalg.solve(A + np.diag(0.3 * x**2), A @ x + 0.1 * x**3 - b)
        return (x**2).sum()

    root = lambda A, b, **how: (  # noqa: E731
        s2sad.custom_root(lambda x: A @ x + 0.1 * x**3 - b, np.zeros(2), newton, **how) ** 2
    ).sum()
    agrees(root, system, A, B)
    agrees(lambda A, b: root(A, b, linear_solve=relaxed), system, A, B)
    weights = np.array([[1.0, 2.0], [3.0, 4.0]])
    X = s2sad.custom_root(lambda X: X @ X - A, 1.5 * np.eye(2), newton)
    S = grad(lambda A: (s2sad.custom_root(lambda X: X @ X - A, 1.5 * np.eye(2), newton) * weights).sum())(A)
    np.testing.assert_allclose(X.T @ S + S @ X.T, weights, atol=1e-8)  # the adjoint of X dX + dX X = dA

    def tree(A, b):
        start = {"u": np.zeros(2), "s": 1.0}
        p = s2sad.custom_root(
            lambda p: {"u": A @ p["u"] + p["s"] * b - 1.0, "s": p["s"] ** 3 + p["u"].sum() - b[0]}, start, tree_newton
        )
        return (p["u"] ** 2).sum() * p["s"]

    def vector(A, b):
        v = np.array([0.0, 0.0, 1.0])
        for _ in range(12):
            r = np.concatenate([A @ v[:2] + v[2] * b - 1.0, [v[2] ** 3 + v[0] + v[1] - b[0]]])
            last = np.stack([1.0, 1.0, 3 * v[2] ** 2])
            v = v - np.linalg.solve(np.vstack([np.hstack([A, b[:, None]]), last[None, :]]), r)
        return (v[:2] ** 2).sum() * v[2]

    agrees(tree, vector, A, B)
    heron = lambda a: s2sad.fixed_point(lambda x: 0.5 * (x + a / x), 1.0) ** 3  # noqa: E731
    agrees(heron, lambda a: a**1.5, 3.0)
    np.testing.assert_allclose(vmap(grad(heron))(B), 1.5 * np.sqrt(B), rtol=1e-12)
    pair_of = lambda b: s2sad.fixed_point(lambda x, b: (np.tanh(x[0] * 0.3) + b * x[1], 0.5 * np.cos(x[1])), (0 * B, 0.0), b)  # noqa: E731,E501
    plain = pair_of(B)
    np.testing.assert_allclose(plain[0], np.tanh(plain[0] * 0.3) + B * plain[1], rtol=1e-11)
    got = grad(lambda b: pair_of(b)[0].sum())(B)
    np.testing.assert_allclose(got, plain[1] / (1 - 0.3 / np.cosh(0.3 * plain[0]) ** 2), rtol=1e-9)
    with pytest.raises(RuntimeError, match="has not come to rest after 5 steps"):
        grad(lambda a: s2sad.fixed_point(lambda x: 2.0 * a / x, 1.0, maxiter=5))(3.0)


def test_what_is_called_keeps_its_name_beside_functions_that_are_written() -> None:
    """The step of a checkpointed loop becomes a function called ``step``, which the program has one of, too."""

    @s2sad.primitive(returns=float)
    def step(x: float) -> float:
        return math.sin(x)

    @s2sad.partials(step)
    def slope(x: float) -> float:
        return math.cos(x)

    def run(x: float) -> float:
        for _ in s2sad.checkpointed(range(9), snapshots=2):
            x = step(x)
        return x

    assert s2sad.grad(run)(0.5) == pytest.approx((run(0.5 + 1e-6) - run(0.5 - 1e-6)) / 2e-6)


def test_a_rule_that_fills_an_array_is_transposed() -> None:
    @s2sad.primitive(returns=lambda v: v)
    def turned(v):
        return v[::-1] * 1.0

    @s2sad.pullback(turned)
    def turned_bar(v, ans_bar):
        out = np.zeros(3)
        out[0] = ans_bar[2]
        out[1:] = ans_bar[:2][::-1]
        return out

    check_grads(lambda x: np.sum(turned(x * x) ** 2 * np.arange(3)), (np.array([0.3, 0.7, 1.1]),), order=2)
