"""Linear maps: a function linearized at a point against jvp, the transpose of a linear one against its matrix."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import s2sad
from s2sad import grad, jacobian, jvp, linear_transpose, linearize
from s2sad.errors import InputError
from tests.oracles import Unchanged, assert_same, flat, rebuild
from tests.programs import Program
from tests.test_corpus import CORPUS, random_like
from tests.test_jacobians import CASES, A, X

LINEARIZED = [n for n in CASES if n not in ("by name", "constant", "namedtuple", "params", "float32")]


@pytest.mark.parametrize("name", LINEARIZED)
def test_a_linear_map_is_the_jvp(name: str) -> None:
    f, args, _ = CASES[name]
    rng = np.random.default_rng(11)
    with Unchanged(args, name):
        value, linear_map = linearize(f, *args)
    for _ in range(2):
        v = rebuild(args, rng.normal(size=flat(args).size))
        out, want = jvp(f, args, v)
        with Unchanged((args, v), name):
            assert_same(flat(linear_map(*v)), flat(want), 1e-12, 1e-13, name)
        assert_same(flat(value), flat(out), 1e-13, 1e-13, name)
    inside = jvp(lambda *a: linearize(f, *a)[1](*v), args, v)[1]
    assert_same(flat(inside), flat(jvp(lambda *a: jvp(f, a, v)[1], args, v)[1]), 1e-11, 1e-12, "inside")


def test_the_function_runs_once() -> None:
    calls: list[float] = []

    def f(x):
        calls.append(1.0)
        return np.exp(x) * x

    value, linear_map, aux = linearize(lambda x: (f(x), "aux"), X, has_aux=True)
    first, again = linear_map(X), linear_map(X)
    assert calls == [1.0] and aux == "aux"
    np.testing.assert_array_equal(first, again)
    np.testing.assert_allclose(value, np.exp(X) * X)
    second = linear_map.source.split("_linear(")[1].splitlines()
    assert "np.exp(" not in "".join(line.partition("#")[0] for line in second)
    assert repr(linear_map) == "<linear map of f>"
    both = linearize(lambda x, y: x * y, 3.0, 2.0)[1]
    assert both(1.0, None) == 2.0
    with pytest.raises(InputError, match="takes 2 tangents, and got 1"):
        both(1.0)


def heat(u):
    for _ in range(4):
        n = u.copy()
        n[1:-1] = u[1:-1] + 0.1 * (u[2:] - 2.0 * u[1:-1] + u[:-2])
        u = n
    return u


def mixed(p, y):
    if y.ndim == 1:
        y = y[:, None]
    return {"a": A @ p["x"] + y[:3, 0], "b": 2.0 * p["t"] - np.sum(p["x"])}


LINEAR: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "heat": (heat, (np.ones(6),)),
    "mixed": (mixed, ({"x": np.ones(3), "t": 1.0}, np.ones(5))),
    "cumsum": (np.cumsum, (np.ones(4),)),
    "number": (lambda t: 3.0 * t, (2.0,)),
    "padded": (lambda x: np.concatenate([x[::-1], np.zeros(2)]), (np.ones(3),)),
}


@pytest.mark.parametrize("name", LINEAR)
def test_the_transpose_of_a_linear_function(name: str) -> None:
    f, example = LINEAR[name]
    transposed = linear_transpose(f, *example)
    rng = np.random.default_rng(5)
    x = rebuild(example, rng.normal(size=flat(example).size))
    y = rebuild(f(*example), rng.normal(size=flat(f(*example)).size))
    bars = transposed(y)
    assert_same(np.array([flat(bars) @ flat(x)]), np.array([flat(y) @ flat(f(*x))]), 1e-12, 1e-13, name)
    seen = np.array([flat(transposed(rebuild(y, e))) for e in np.eye(flat(y).size)])
    want = np.array([flat(f(*rebuild(example, e))) for e in np.eye(flat(example).size)]).T
    assert_same(seen, want, 1e-13, 1e-14, "its matrix")


def test_what_is_not_linear_is_refused() -> None:
    for f in (lambda x: x * x, np.abs, lambda x: np.where(x > 0.0, x, 2.0 * x), lambda x: x / (1.0 + x[0])):
        with pytest.raises(InputError, match="is not linear"):
            linear_transpose(f, np.ones(3))
    with pytest.raises(InputError, match="at zero it is not zero"):
        linear_transpose(lambda x: x + 1.0, np.ones(3))
    scaled = grad(lambda x: linear_transpose(lambda y: y * x, X)(x)[0].sum())(X)
    np.testing.assert_allclose(scaled, 2.0 * X)
    with pytest.raises(InputError, match="is not linear"):
        grad(lambda x: linear_transpose(lambda y: y * y, x)(x)[0].sum())(X)


def test_the_linear_map_of_a_jacobian() -> None:
    f = CASES["one array"][0]
    _, linear_map = linearize(jacobian(f), X)
    for e in np.eye(3):
        np.testing.assert_allclose(linear_map(e), s2sad.jacfwd(jacobian(f))(X) @ e, rtol=1e-12)


def test_an_array_that_is_asked_for_its_size_is_not_handed_over() -> None:
    def f(x, y):
        w = np.tanh(y)
        return np.sum(x, axis=0) + w[1:3], np.concatenate([x[0], w])

    x, y = np.arange(6.0).reshape(3, 2), np.linspace(0.0, 1.0, 4)
    _, pullback = s2sad.vjp(f, x, y)
    plain = s2sad.vjp(f, x, y, optimise=False)[1]
    bars = (np.array([1.0, 2.0]), np.arange(6.0))
    assert_same(flat(pullback(bars)), flat(plain(bars)), 0.0, 0.0, "sizes")
    first = pullback.source.split("def f_pullback")[0]
    assert "x.copy()" not in first and "y.copy()" not in first


@pytest.mark.parametrize("program", [p for p in CORPUS if p.name.split(".")[0] in ("loops", "control", "generators", "trying")], ids=lambda p: p.name)  # noqa: E501
def test_loops_and_branches_are_cut_in_two(program: Program) -> None:
    f, args = program.of_active()
    v = random_like(args, 1)
    out, want = jvp(f, args, v)
    value, linear_map = linearize(f, *args)
    for _ in range(2):
        assert_same(flat(linear_map(*v)), flat(want), 1e-12, 1e-13, program.name)
    assert_same(flat(value), flat(out), 0.0, 0.0, program.name)


def test_two_tangents_of_a_jacobian_start_from_one_zero():
    """Both sweeps store into arrays that begin as the same zeros: neither goes back through the other's stores."""

    def products(x):
        y = x.copy()
        for i in range(3):
            y[i] = np.sin(y[i]) * y[(i + 1) % 3]
        return y

    v = np.array([1.0, 2.0, 3.0])

    def f(x):
        _, tangent = s2sad.linearize(lambda x: s2sad.jacfwd(products)(x), x)
        return np.sum(tangent(v) - tangent(x))

    x = np.array([0.9, 0.3, 0.6])
    slopes = [s2sad.jvp(f, (x,), (e,))[1] for e in np.eye(3)]
    np.testing.assert_allclose(s2sad.grad(f)(x), slopes, rtol=1e-12)


def rows_of_sines(x):
    rows = []
    for i in range(3):
        w = x[0]
        row = []
        for _ in range(4):
            row.append(w)
            w = np.sin(w * x[1]) + i
        rows.append(row)
    return rows


def test_lists_that_inner_loops_make_are_copied_nowhere() -> None:
    """Neither those of the function nor what is kept for each turn: a copy in every turn would be a loop in a loop."""
    x, v = np.array([0.4, 1.3]), np.array([0.7, -0.2])
    value, linear_map = linearize(rows_of_sines, x)
    rows, dots = jvp(rows_of_sines, (x,), (v,))
    assert_same(flat(value), flat(rows), 0.0, 0.0, "rows")
    assert_same(flat(linear_map(v)), flat(dots), 1e-14, 1e-15, "rows")
    assert "copy" not in linear_map.source
    gradient = grad(lambda x: rows_of_sines(x)[-1][3] * rows_of_sines(x)[0][2])
    slope = gradient(x) @ v
    assert abs(slope - dots[-1][3] * rows[0][2] - rows[-1][3] * dots[0][2]) < 1e-13
    assert "copy" not in gradient.source
