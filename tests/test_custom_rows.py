"""Functions with rules of users in batches: against the rows one by one, in every order of the transforms."""

from __future__ import annotations

import math

import numpy as np
import pytest

import s2sad
from s2sad import grad, jvp, vmap

A = np.array([[3.0, 1.0], [0.5, 2.0]])
STACK, X = np.stack([A + k for k in range(3)]), 0.2 * np.arange(6.0).reshape(3, 2)


def solvers():
    def read(A, b):
        return np.linalg.solve(A, b)

    def opaque(A, b):
        return np.linalg.solve(A, b)

    def ruled(A, b):
        return np.linalg.solve(A, b)

    for f in (opaque, ruled):
        s2sad.primitive(f, returns=lambda b: b)
    for f in (read, opaque, ruled):

        @s2sad.pullback(f)
        def solve_bar(A, ans, ans_bar, f=f):
            b_bar = f(A.T, ans_bar)
            return -np.outer(b_bar, ans), b_bar

    @s2sad.batched(ruled)
    def solve_rows(A, b, moved, rows):
        return np.linalg.solve(A, b.T).T if moved == ("b",) else np.linalg.solve(A, b[..., None])[..., 0]

    return read, opaque, ruled


@s2sad.elementwise
def decay(x, k):
    return np.exp(-x * k)


s2sad.partials(decay)(lambda x, k, ans: (-k * ans, -x * ans))
erf = np.vectorize(math.erf)
s2sad.partials(erf)(lambda x: 2 / np.sqrt(np.pi) * np.exp(-(x**2)))


def kinked(x):
    return x * x * x if x > 0.5 else x


s2sad.partials(kinked)(lambda x: 3 * x * x if x > 0.5 else 1.0)


def parts(p, q):
    return np.sin(p["a"]) * q, {"z": p["b"] * 2}


@s2sad.pullback(parts)
def parts_bar(p, q, ans_bar):
    return {"b": 2 * ans_bar[1]["z"], "a": np.cos(p["a"]) * q * ans_bar[0]}, (np.sin(p["a"]) * ans_bar[0]).sum()


def of_parts(a, b, q):
    u, v = parts({"a": a, "b": b}, q)
    return (u**2).sum() * v["z"].sum()


@s2sad.custom_jvp
def wave(x, y):
    return np.sin(x) * y


wave.defjvp(lambda p, t: (wave(*p), np.cos(p[0]) * t[0] * p[1] + np.sin(p[0]) * t[1]))


@s2sad.custom_vjp
def softmax_sum(x):
    return np.log(np.exp(x).sum())


softmax_sum.defvjp(lambda x: (softmax_sum(x), np.exp(x - softmax_sum(x))), lambda w, g: (w * g,))


def running(x):
    return np.cumsum(x)


s2sad.linear(running)(lambda ans_bar: np.cumsum(ans_bar[::-1])[::-1])


def outer(a, b):
    return np.outer(a, b)


s2sad.bilinear(outer)(lambda a, b, ans_bar: (ans_bar @ b, a @ ans_bar))
READ, OPAQUE, RULED = solvers()
EVERY = ((0, 0), (None, 0), (0, None))
CASES = [
    *((lambda A, b, f=f: (f(A, b) ** 2).sum(), (STACK, X), EVERY) for f in (READ, OPAQUE, RULED)),
    (lambda x, k: (decay(x, k) * x).sum(), (X, np.array([0.3, 0.5, 0.7])), EVERY),
    (lambda x, k: (decay(x, k) * erf(x)).sum(), (X, X + 1), EVERY),
    (lambda x, y: erf(x) * y * kinked(x) * kinked(y), (X[:, 0], X[:, 1]), EVERY),
    (of_parts, (X, X + 1, np.array([1.0, 2.0, 3.0])), ((0, 0, 0), (0, None, 0), (None, 0, None))),
    (lambda x, y: (wave(x, y) ** 2).sum() * softmax_sum(x * y), (X, X + 1), EVERY),
    (lambda x, y: (running(x * y) ** 2).sum() * (outer(x, y) ** 3).sum(), (X, X + 1), EVERY),
]


@pytest.mark.parametrize("case", range(len(CASES)))
def test_rules_of_users_for_all_rows(case):
    f, whole, every = CASES[case]
    places = tuple(range(len(whole)))
    for axes in every:
        args = tuple(a if axis == 0 else np.array(a[1]) for a, axis in zip(whole, axes, strict=True))
        rows = [[a[k] if axis == 0 else a for a, axis in zip(args, axes, strict=True)] for k in range(3)]
        mapped = vmap(f, in_axes=axes)
        total = lambda *args, mapped=mapped: mapped(*args).sum()  # noqa: E731
        np.testing.assert_allclose(mapped(*args), [f(*row) for row in rows], rtol=1e-12)
        slopes = [grad(f, places)(*row) for row in rows]
        got = vmap(grad(f, places), in_axes=axes)(*args)
        forward, dots = 0.0, tuple(np.cos(np.arange(np.size(a)) + 1.0).reshape(np.shape(a)) for a in args)
        for place, one, other in zip(places, got, grad(total, places)(*args), strict=True):
            expected = np.stack([np.asarray(s[place]) for s in slopes])
            np.testing.assert_allclose(one, expected, rtol=1e-10, atol=1e-14)
            expected = expected if axes[place] == 0 else expected.sum(0)
            np.testing.assert_allclose(other, expected, rtol=1e-10, atol=1e-14)
            forward += (expected * dots[place]).sum()
        assert jvp(total, args, dots)[1] == pytest.approx(forward, rel=1e-10)
        second = jvp(grad(total, places), args, dots)[1]
        up, down = (grad(total, places)(*(a + s * d for a, d in zip(args, dots, strict=True))) for s in (1e-5, -1e-5))
        for one, high, low in zip(second, up, down, strict=True):
            np.testing.assert_allclose(one, (high - low) / 2e-5, rtol=1e-4, atol=1e-7)


def test_what_is_generated():
    source = vmap(lambda A, b: READ(A, b) * decay(b, 2.0), in_axes=(None, 0)).source_for(A, X)
    assert "np.linalg.solve(A, b.T).T * " in source and "decay(b, 2.0)" in source
    assert "for k in" in vmap(OPAQUE, in_axes=(None, 0)).source_for(A, X)
    assert "for k in" not in grad(lambda b: vmap(RULED, in_axes=(None, 0))(A, b).sum()).source_for(X)


def test_a_rule_for_batches_that_is_wrong():
    def f(x):
        return 2.0 * x

    s2sad.partials(f)(lambda x: 2.0)
    with pytest.raises(s2sad.RuleError, match="names 'y'"):
        s2sad.batched(f)(lambda y: y)
    s2sad.batched(f)(lambda x: x.sum())
    with pytest.raises(s2sad.RuleError, match="for all rows of"):
        vmap(f)(X)
    s2sad.batched(f)(lambda x: (x, x))
    with pytest.raises(s2sad.RuleError, match="for all rows of"):
        vmap(f)(X)
