"""Functions declared together with their derivatives, by places: against the same functions without rules."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import pytest

import s2sad
from s2sad import checkpoint, checkpointed, custom_jvp, custom_vjp, grad, jvp, vmap
from tests.test_custom_rules import agrees

X, Y = np.array([0.3, 0.8]), np.array([1.3, 0.4])


@custom_jvp
def wave(x, y):
    return np.sin(x) * y


@wave.defjvp
def wave_jvp(primals, tangents):
    (x, y), (x_dot, y_dot) = primals, tangents
    return wave(x, y), np.cos(x) * x_dot * y + np.sin(x) * y_dot


@custom_vjp
def wave2(x, y):
    return np.sin(x) * y


def wave2_fwd(x, y):
    return wave2(x, y), (np.cos(x), np.sin(x), y)


def wave2_bwd(res, g):
    c, s, y = res
    return c * g * y, s * g


wave2.defvjp(wave2_fwd, wave2_bwd)


@pytest.mark.parametrize("f", [wave, wave2])
def test_both_spellings(f):
    agrees(lambda x, y: (f(x, y) ** 2).sum(), lambda x, y: ((np.sin(x) * y) ** 2).sum(), X, Y)

    def program(x, f):
        for i in range(3):
            x = f(x, y=x + 1) + i if x < 2 else checkpoint(f)(x, 1.0)
        for _ in checkpointed(range(3), snapshots=1):
            x = f(x, x)
        return x

    agrees(lambda x: program(x, f), lambda x: program(x, lambda x, y: np.sin(x) * y), 0.3)
    np.testing.assert_allclose(vmap(grad(f))(X, Y), np.cos(X) * Y)
    assert s2sad.jacobian(f)(X, Y).tolist() == np.diag(np.cos(X) * Y).tolist()
    assert grad(lambda x: f(x, x) ** 2).source_for(0.3).count(f"{f.__name__}(x, x)") == 1


def test_operands_that_are_not_differentiated():
    @partial(custom_vjp, nondiff_argnums=(0, "n"))
    def power_of(f, x, n):
        return f(x) ** n

    power_of.defvjp(
        lambda f, x, n: (power_of(f, x, n), x), lambda f, n, x, g: (n * f(x) ** (n - 1) * grad(f)(x) * g,)
    )
    agrees(lambda x: power_of(np.sin, x, 3) + power_of(np.exp, x, 2), lambda x: np.sin(x) ** 3 + np.exp(x) ** 2, 0.3)

    @custom_jvp(nondiff_argnums=1)
    def scaled(x, n, *, scale=1.0):
        return scale * x**n

    @scaled.defjvp
    def scaled_jvp(n, primals, tangents, *, scale):
        return scaled(*primals, n), scale * n * primals[0] ** (n - 1) * tangents[0]

    agrees(lambda x: scaled(x, 3) * scaled(x, 2, scale=2.0), lambda x: 2.0 * x**5, 0.7)

    class Spring:
        def __init__(self, k):
            self.k = k

        @custom_vjp
        def energy(self, x):
            return self.k * x**2

        energy.defvjp(lambda self, x: (self.energy(x), x), lambda self, x, g: (2 * self.k * x * g,))

    spring = Spring(3.0)
    agrees(lambda x: spring.energy(x) * spring.energy(x + 1), lambda x: 9.0 * x**2 * (x + 1) ** 2, 0.3)


def test_partials_of_any_number_of_operands():
    @s2sad.primitive(returns=float)
    def total(*numbers):
        return float(np.sum(np.square(numbers)))

    @s2sad.partials(total)
    def rule(numbers):
        return tuple(2.0 * number for number in numbers)

    def f(a):
        return a * total(a, 2.0 * a, 3.0)

    assert s2sad.grad(f)(1.5) == s2sad.jvp(f, (1.5,), (1.0,))[1] == 15.0 * 1.5**2 + 9.0
    assert s2sad.hessian(f)(1.5) == 45.0


def test_containers_several_operands_and_compiled_code():
    @custom_vjp
    def layer(p, x):
        return np.tanh(p["w"] @ x + p["b"])

    def layer_fwd(p, x):
        y = layer(p, x)
        return y, (p, x, y)

    def layer_bwd(res, g):
        p, x, y = res
        d = g * (1 - y**2)
        return {"b": d, "w": np.outer(d, x)}, p["w"].T @ d

    layer.defvjp(layer_fwd, layer_bwd)
    agrees(
        lambda w, b, x: (layer({"w": w, "b": b}, x) ** 2).sum(),
        lambda w, b, x: (np.tanh(w @ x + b) ** 2).sum(), np.outer(X, Y), X, Y,
    )

    @custom_vjp
    def product(*xs):
        return sum(xs) * xs[0]

    product.defvjp(
        lambda *xs: (product(*xs), xs),
        lambda xs, g: tuple([g * xs[0] + (g * sum(xs) if k == 0 else 0.0) for k in range(len(xs))]),
    )
    agrees(lambda x, y: product(x, y, x * y), lambda x, y: (x + y + x * y) * x, 0.3, 0.8)
    erf = custom_jvp(math.erf, returns=float)
    erf.defjvps(lambda x_dot, ans, x: 2 / math.sqrt(math.pi) * np.exp(-x * x) * x_dot)
    agrees(lambda x: erf(x) * x, lambda x: math.erf(x) * x, 0.3)
    assert erf(0.3) == math.erf(0.3)
    slope = s2sad.grad(lambda x: erf(x))
    assert slope(0.3) != 7.0
    erf.defjvps(lambda x_dot, ans, x: 7.0 * x_dot)
    assert s2sad.grad(erf)(0.3) == slope(0.3) == 7.0
    assert s2sad.grad(lambda x: math.erf(x))(0.3) == 2.0 / math.sqrt(math.pi) * math.exp(-0.09)


def test_the_same_rule_in_forward_mode_has_to_be_linear_and_may_be_declared_anew():
    @custom_vjp
    def clipped(x):
        return x

    clipped.defvjp(lambda x: (x, None), lambda _, g: (np.clip(g, -1.0, 1.0),))
    assert grad(lambda x: clipped(x) ** 2)(3.0) == 1.0
    with pytest.raises(s2sad.RuleError, match="not linear"):
        jvp(lambda x: clipped(x) ** 2, (3.0,), (1.0,))
    clipped.defvjp(lambda x: (x, None), lambda _, g: (g,))
    assert jvp(lambda x: clipped(x) ** 2, (3.0,), (1.0,)) == (9.0, 6.0)


def test_tangents_that_are_containers():
    def both(x, scale=1.0):
        return {"s": np.sin(x) * scale, "c": (np.cos(x), x)}

    @s2sad.pushforward(both)
    def both_dot(x, scale, x_dot):
        return {"c": (-np.sin(x) * x_dot, None), "s": scale * np.cos(x) * x_dot}

    def f(x, both):
        return (both(x)["s"] * both(x, 2.0)["c"][0]).sum()

    agrees(lambda x: f(x, both), lambda x: (np.sin(x) * np.cos(x)).sum(), X)
    agrees(lambda x: both(x)["s"] ** 2, lambda x: np.sin(x) ** 2, 0.3)


def wrong():
    f = custom_vjp(lambda x, y: x * y)
    yield "no derivative rule", lambda: grad(f)(1.0, 2.0)
    yield "cannot be called as", lambda: f.defvjp(lambda x, y: (x, y), lambda g: (g, g))
    f.defvjp(lambda x, y: (x * y, y), lambda y, g: (g * y,))
    yield "gives 1 results for 2 operands", lambda: grad(f)(1.0, 2.0)
    f.defvjp(lambda x, y: x * y, lambda y, g: (g, g))
    yield "gives a number", lambda: grad(f)(1.0, 2.0)
    f.defvjp(lambda x, y: (x * y, None), lambda y, g: (g, np.ones(2)))
    yield "of type f64", lambda: grad(f, 1)(1.0, 2.0)
    h = custom_jvp(lambda x: 2.0 * x)
    h.defjvp(lambda primals, tangents: tangents[0])
    yield "gives a number", lambda: jvp(h, (1.0,), (1.0,))
    h.defjvp(lambda primals, tangents: (0.0, (tangents[0], tangents[0])))
    yield "for ans_dot, which is of type f64", lambda: jvp(h, (1.0,), (1.0,))
    yield "got 0 terms for 1 operands", lambda: h.defjvps()
    yield "nondiff_argnums", lambda: custom_jvp(lambda x: x, nondiff_argnums=4)
    yield r"takes \*\*more", lambda: custom_jvp(lambda x, **more: x)
    yield "needs a function", lambda: custom_jvp(3)


def test_wrong_rules_are_named():
    for text, call in wrong():
        with pytest.raises(s2sad.Error, match=text):
            call()
