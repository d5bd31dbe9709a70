"""Taylor coefficients: closed forms, derivatives of derivatives, and what they cost."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import s2sad
from s2sad.compiler.parameters import Parameters
from s2sad.compiler.pipeline import Transform, derive
from s2sad.front.program import Leaf
from s2sad.ir.types import FLOAT
from tests.oracles import Unchanged

ORDER = 10


def falling(a: float, k: int) -> float:
    return math.prod(a - j for j in range(k))


CLOSED: dict[str, tuple[Callable[[Any], Any], Callable[[int, float], float]]] = {
    "exp": (np.exp, lambda k, x: math.exp(x)),
    "sin": (np.sin, lambda k, x: math.sin(x + k * math.pi / 2)),
    "math.cos": (math.cos, lambda k, x: math.cos(x + k * math.pi / 2)),
    "log": (np.log, lambda k, x: (-1) ** (k - 1) * math.factorial(k - 1) / x**k),
    "quotient": (lambda x: (1.0 + x) / (2.0 - x), lambda k, x: 3 * math.factorial(k) / (2 - x) ** (k + 1)),
    "sqrt": (np.sqrt, lambda k, x: falling(0.5, k) * x ** (0.5 - k)),
    "power": (lambda x: x**2.5, lambda k, x: falling(2.5, k) * x ** (2.5 - k)),
    "negative power": (lambda x: x**-3, lambda k, x: falling(-3, k) * x ** (-3.0 - k)),
    "power of an int": (lambda x: x**7, lambda k, x: falling(7, k) * x ** (7.0 - k)),
    "exponent": (lambda x: 2.0**x, lambda k, x: math.log(2.0) ** k * 2.0**x),
    "sinh": (np.sinh, lambda k, x: math.sinh(x) if k % 2 == 0 else math.cosh(x)),
    "product": (lambda x: x * np.exp(x), lambda k, x: (x + k) * math.exp(x)),
}


@pytest.mark.parametrize("name", CLOSED)
def test_derivatives_to_order_ten(name: str) -> None:
    f, derivative = CLOSED[name]
    value, found = s2sad.taylor(f, 0.7, 1.0, ORDER)
    assert value == f(0.7)
    got = [math.factorial(k) * c for k, c in enumerate(found, 1)]
    np.testing.assert_allclose(got, [derivative(k, 0.7) for k in range(1, ORDER + 1)], rtol=1e-10)


@pytest.mark.parametrize(
    "f, inverse",
    [(np.tan, np.arctan), (np.tanh, np.arctanh), (np.sin, np.arcsin), (np.cosh, np.arccosh), (np.expm1, np.log1p)],
    ids=lambda f: f.__name__,
)
def test_a_function_and_its_inverse(f: Any, inverse: Any) -> None:
    """Their composition is the identity, whose series is t."""
    _, found = s2sad.taylor(lambda x: inverse(f(x)), 0.7, 1.0, ORDER)
    np.testing.assert_allclose(found, [1.0] + [0.0] * (ORDER - 1), atol=1e-8)


# -- programs, against derivatives of derivatives ------------------------------------------------------------------


def loops(x: Any) -> Any:
    """Loops of both kinds, an early exit, branches, stores, lists, a view."""
    y, out, log = x.copy(), np.zeros(4), [x[0]]
    for i in range(4):
        if i % 2:
            y = y + 0.1 * np.sin(y) * x[::-1]
        elif y[0] > 0.2:
            y[0] *= x[1]
        out[i] = y[i % 3]
        log.append(log[-1] * y[1])
        if log[-1] > 50.0:
            break
    z = x[2]
    while z < 2.0:
        z = z * 1.3 + log[1] * 0.1
    tail = out[2:]
    tail *= z
    return np.sum(out**3) + z * sum(log)


def arrays(x: Any) -> Any:
    """What is linear, bilinear, elementwise with broadcasting, a selection, a reduction."""
    m = np.outer(x, x) + np.eye(3)
    y = np.concatenate([np.cumsum(x), np.cumprod(x)]).reshape(2, 3)
    w = np.where(y > 0.6, np.log(np.abs(y) + 1.0), y**2)
    form = np.einsum("i,ij,j->", x, m, x)
    return form * np.std(w) + np.max(m @ x) + np.prod(x) / np.hypot(x[0], 2.0) + np.mean(w @ m)


def linear_algebra(x: Any) -> Any:
    """Rules that are pushforwards, and rules that are pullbacks."""
    m = np.outer(x, np.sin(x)) + 2.0 * np.eye(3)
    s = m @ m.T
    solved = np.linalg.solve(m, x)
    return np.sum(np.linalg.cholesky(s)) * np.linalg.slogdet(m)[1] + solved[0] + np.sum(np.linalg.eigh(s)[0] ** 2)


def calls(x: Any) -> Any:
    """A recursion that stays one, a complex number, a derivative inside, a checkpointed loop."""

    def until(v: Any, k: int) -> Any:
        return v * k if v > 5.0 else until(v * v + 0.3 * v, k + 1)

    z = x[0] + 1j * x[1]
    for _ in s2sad.checkpointed(range(3), snapshots=1):
        z = z * z * 0.5 + np.exp(z)
    slope = s2sad.grad(lambda v: np.sin(v * x[0]) * v)(x[2])
    return until(x[1] + 1.0, 1) + (z * np.conj(z)).real + slope


@pytest.mark.parametrize("f", [loops, arrays, linear_algebra, calls], ids=lambda f: f.__name__)
def test_coefficients_are_derivatives_of_derivatives(f: Callable[..., Any]) -> None:
    x, first, second = np.array([0.5, 0.4, 0.9]), np.array([0.3, -0.5, 0.2]), np.array([-0.1, 0.4, 0.7])

    def curve(t: float) -> Any:
        return f(x + t * first + t**2 * second)

    def slope(t: float) -> Any:
        return s2sad.jvp(curve, (t,), (1.0,))[1]

    def bend(t: float) -> Any:
        return s2sad.jvp(slope, (t,), (1.0,))[1]

    series = (first, second, np.zeros(3), np.zeros(3))
    with Unchanged((x, series), f.__name__):
        value, found = s2sad.jet(f, (x,), (series,))
        plain = s2sad.jet(f, (x,), (series,), optimise=False)[1]
    assert value == f(x)
    np.testing.assert_allclose(found[:2], [slope(0.0), bend(0.0) / 2], rtol=1e-9)
    bends = [bend(k * 1e-3) for k in (-2, -1, 0, 1, 2)]
    third = (8 * (bends[3] - bends[1]) - (bends[4] - bends[0])) / 12e-3
    fourth = (16 * (bends[3] + bends[1]) - (bends[4] + bends[0]) - 30 * bends[2]) / 12e-6
    np.testing.assert_allclose(found[2:], [third / 6, fourth / 24], rtol=2e-5, atol=1e-5)
    np.testing.assert_allclose(plain, found, rtol=1e-9)


# -- structure, composition, cost ----------------------------------------------------------------------------------


def test_structure() -> None:
    def f(p: Any, c: float) -> Any:
        return {"a": p["w"] * p["b"] * c, "b": [p["w"] ** 2]}

    point = {"w": np.ones(2), "b": 2.0}
    moved = {"w": np.array([1.0, 3.0]), "b": 1.0}, {"w": np.zeros(2), "b": 0.5}
    value, (one, two) = s2sad.jet(f, (point, 3.0), (moved, None))
    np.testing.assert_array_equal(value["a"], [6.0, 6.0])
    np.testing.assert_array_equal(one["a"], [9.0, 21.0])
    np.testing.assert_array_equal(two["a"], [4.5, 10.5])
    np.testing.assert_array_equal(two["b"][0], [1.0, 9.0])
    assert s2sad.jet(lambda x: (x * x, "aux"), (3.0,), ((1.0, 0.0),), has_aux=True) == (9.0, (6.0, 1.0), "aux")
    assert s2sad.jet(lambda x, y: x * y, (3.0, 2), ((1.0,), (2.0,))) == (6.0, (8.0,))


def test_composition() -> None:
    x, v = np.array([0.5, 0.4, 0.9]), np.array([0.3, -0.5, 0.2])

    def third(y: Any) -> Any:
        return s2sad.taylor(loops, y, v, 3)[1][2]

    def other(y: Any) -> Any:
        return s2sad.jet(lambda z, c: loops(z * c), (y, 1.0), ((v, v * 0.0, v * 0.0), None))[1][2]

    shifted = [s2sad.taylor(loops, x + k * 1e-3 * v, v, 3)[1][2] for k in (-2, -1, 1, 2)]
    along = (8 * (shifted[2] - shifted[1]) - (shifted[3] - shifted[0])) / 12e-3
    fourth = 4 * s2sad.taylor(loops, x, v, 4)[1][3]
    np.testing.assert_allclose(along, fourth, rtol=1e-6)
    np.testing.assert_allclose(s2sad.jvp(third, (x,), (v,))[1], fourth, rtol=1e-9)
    np.testing.assert_allclose(s2sad.grad(third)(x) @ v, fourth, rtol=1e-9)
    np.testing.assert_allclose(s2sad.grad(other)(x), s2sad.grad(third)(x), rtol=1e-9)
    rows = np.stack([x, x + 0.1])
    np.testing.assert_allclose(s2sad.vmap(third)(rows), [third(row) for row in rows], rtol=1e-12)
    of_gradient = s2sad.taylor(s2sad.grad(loops), x, v, 2)[1]
    np.testing.assert_allclose(of_gradient[1] @ v, 3 * third(x), rtol=1e-9)


@pytest.mark.parametrize(
    "f", [lambda x: np.exp(np.sin(x)) / (1.0 + x * x), lambda x: np.tanh(np.log(x)) * np.sqrt(x), lambda x: x**7]
)
def test_the_cost_grows_with_the_square_of_the_order(f: Callable[[Any], Any]) -> None:
    def operations(order: int) -> int:
        transform = Transform("jet", order=order, given=order)
        return len(derive(f, Parameters.of(f), [Leaf(FLOAT)], transform).program.trace.body.ops)

    assert operations(16) < 4.2 * operations(8)
    assert operations(8) < 60 * operations(1)
