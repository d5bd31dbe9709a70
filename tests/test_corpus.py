"""Every program of the corpus, in every combination of modes, optimised and plain, against the oracles."""

from __future__ import annotations

import functools
import itertools
import linecache
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import s2sad
from tests.oracles import (
    Unchanged,
    assert_alike,
    assert_result,
    assert_same,
    complex_step,
    flat,
    gradient,
    is_float,
    leaves,
    rebuild,
    tangent,
)
from tests.programs import Program, load

CORPUS = load()
OPTIONS: dict[str, dict[str, Any]] = {"optimised": {}, "plain": {"optimise": False}}

every_program = pytest.mark.parametrize("program", CORPUS, ids=lambda p: p.name)
every_option = pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS.keys())


SECOND = [(p, name) for k, p in enumerate(CORPUS) for name in OPTIONS if name == "optimised" or k % 4 == 0]
every_second = pytest.mark.parametrize(("program", "option"), SECOND, ids=lambda x: x if isinstance(x, str) else x.name)
"""The plain forms to second order of every fourth program: they are those of first order, transformed once more."""


def is_scalar(result: Any) -> bool:
    return is_float(result) and np.ndim(result) == 0


SCALARS = [p for p in CORPUS if is_scalar(p.function(*p.sample()))]
every_scalar = pytest.mark.parametrize("program", SCALARS, ids=lambda p: p.name)


def random_like(tree: Any, seed: int) -> Any:
    """A tree of the same structure with random floats, and None where there is nothing to differentiate."""
    size = flat(tree).size
    return rebuild(tree, np.random.default_rng(seed).uniform(-1.0, 1.0, size))


def tolerance(args: Any, second: bool = False) -> dict[str, float]:
    """Single precision knows six digits; differences of doubles know ten, of which one is left as a margin."""
    if any(np.asarray(leaf).dtype == np.float32 for _, leaf in leaves(args) if is_float(leaf)):
        return {"rtol": 2e-3 if second else 5e-4, "atol": 1e-4}
    return {"rtol": 1e-7, "atol": 1e-8} if second else {"rtol": 1e-8, "atol": 1e-9}


def doubled(tree: Any) -> Any:
    """The same arguments in double precision: differences of single precision would know nothing."""
    if isinstance(tree, np.ndarray) and tree.dtype == np.float32:
        return tree.astype(np.float64)
    if isinstance(tree, np.float32):
        return np.float64(tree)
    return tuple(map(doubled, tree)) if type(tree) is tuple else tree


def contraction(f: Callable[..., Any], like: Any, weights: Any, name: str) -> Callable[..., Any]:
    """⟨weights, f(*args)⟩ as a function with source, written out leaf by leaf."""
    given = dict(leaves(weights))
    namespace: dict[str, Any] = {"np": np, "f": f}
    terms = []
    for k, (path, leaf) in enumerate(leaves(like)):
        if is_float(leaf):
            namespace[f"w{k}"] = given[path]
            terms.append(f"np.sum(out{path} * w{k})")
    text = f"def loss(*args):\n    out = f(*args)\n    return {' + '.join(terms)}\n"
    file = f"<{name}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    exec(compile(text, file, "exec"), namespace)
    return namespace["loss"]


def scalar(f: Callable[..., Any], args: tuple[Any, ...], name: str) -> Callable[..., Any]:
    """The function itself where its result is one number, else a weighted sum of its results."""
    out = f(*rebuild(args, flat(args)))
    if is_scalar(out):
        return f
    return contraction(f, out, random_like(out, 11), name)


@functools.cache
def second_order(name: str) -> np.ndarray:
    """The Hessian of the scalar program times the direction of seed 5, by differences of the plain reverse gradient."""
    f, args = next(p for p in CORPUS if p.name == name).of_active()
    g = s2sad.grad(scalar(f, args, name), argnums=tuple(range(len(args))), optimise=False)
    return tangent(g, args, flat(random_like(args, 5)))


@functools.cache
def differences(name: str) -> np.ndarray:
    """The tangent of the program along the direction of seed 3."""
    f, args = next(p for p in CORPUS if p.name == name).of_active()
    return tangent(f, doubled(args), flat(random_like(args, 3)))


@functools.cache
def weighted_differences(name: str) -> np.ndarray:
    """The cotangent of the program for that of its result of seed 7."""
    f, args = next(p for p in CORPUS if p.name == name).of_active()
    want = f(*rebuild(args, flat(args)))
    return gradient(f, doubled(args), flat(random_like(want, 7)))


@every_option
@every_program
def test_forward(program: Program, options: dict[str, Any]) -> None:
    f, args = program.of_active()
    want = f(*rebuild(args, flat(args)))
    direction = random_like(args, 3)
    with Unchanged((args, direction), program.name):
        out, dot = s2sad.jvp(f, args, direction, **options)
    assert_result(out, want, "result")
    got = dict(leaves(dot))
    tangents = [got[path] for path, leaf in leaves(want) if is_float(leaf)]
    for (path, leaf), t in zip([(p, x) for p, x in leaves(want) if is_float(leaf := x)], tangents, strict=True):
        assert_alike(t, leaf, f"tangent of result{path}")
    assert_same(flat(tangents), differences(program.name), what="tangent", **tolerance(args))
    if program.analytic:
        assert_same(flat(tangents), complex_step(f, args, flat(direction)), 1e-13, 1e-14, "complex step")


@every_option
@every_program
def test_reverse(program: Program, options: dict[str, Any]) -> None:
    f, args = program.of_active()
    want = f(*rebuild(args, flat(args)))
    bar = random_like(want, 7)
    with Unchanged((args, bar), program.name):
        out, pullback = s2sad.vjp(f, *args, **options)
        got = pullback(bar)
        again = pullback(bar)
    assert_result(out, want, "result")
    assert_alike(got, args, "cotangent")
    assert_same(flat(again), flat(got), 0.0, 0.0, "a second call of the pullback")
    assert_same(flat(got), weighted_differences(program.name), what="cotangent", **tolerance(args))


@every_program
def test_forward_agrees_with_reverse(program: Program) -> None:
    """⟨ȳ, J ẋ⟩ = ⟨Jᵀ ȳ, ẋ⟩, exact to rounding where differences are not."""
    f, args = program.of_active()
    want = f(*rebuild(args, flat(args)))
    bar, direction = random_like(want, 7), random_like(args, 3)
    _, dot = s2sad.jvp(f, args, direction)
    _, pullback = s2sad.vjp(f, *args)
    tangents = dict(leaves(dot))
    left = flat(bar) @ flat([tangents[path] for path, leaf in leaves(want) if is_float(leaf)])
    right = flat(pullback(bar)) @ flat(direction)
    single = tolerance(args)["rtol"] > 1e-5
    np.testing.assert_allclose(left, right, rtol=1e-4 if single else 1e-10, atol=1e-5 if single else 1e-12)


@every_option
@every_scalar
def test_grad_of_a_scalar(program: Program, options: dict[str, Any]) -> None:
    """``value_and_grad`` with the program's own arguments, integers and options included."""
    args = program.sample()
    want = program.function(*program.sample())
    with Unchanged(args, program.name):
        value, got = s2sad.value_and_grad(program.function, argnums=program.wrt, **options)(*args)
    chosen = tuple(args[k] for k in program.wrt)
    assert_result(value, want, "value")
    assert_alike(got, chosen, "gradient")
    (bar,) = flat(random_like(want, 7))
    assert_same(flat(got) * bar, weighted_differences(program.name), what="gradient", **tolerance(args))
    if program.gradient is not None:
        assert_same(flat(got), flat(program.gradient(*args)), 1e-13, 1e-14, "gradient by hand")


@every_second
def test_forward_over_reverse(program: Program, option: str) -> None:
    options = OPTIONS[option]
    f, args = program.of_active()
    g = s2sad.grad(scalar(f, args, program.name), argnums=tuple(range(len(args))), **options)
    direction = random_like(args, 5)
    with Unchanged((args, direction), program.name):
        first, second = s2sad.jvp(g, args, direction, **options)
    assert_result(first, g(*args), "gradient")
    assert_alike(second, args, "second derivative")
    assert_same(flat(second), second_order(program.name), what="Hessian times vector", **tolerance(args, True))


@every_second
def test_reverse_over_reverse(program: Program, option: str) -> None:
    options = OPTIONS[option]
    f, args = program.of_active()
    every = tuple(range(len(args)))
    g = s2sad.grad(scalar(f, args, program.name), argnums=every, **options)
    along = contraction(g, args, random_like(args, 5), f"{program.name} along a direction")
    with Unchanged(args, program.name):
        got = s2sad.grad(along, argnums=every, **options)(*args)
    assert_alike(got, args, "second derivative")
    assert_same(flat(got), second_order(program.name), what="Hessian times vector", **tolerance(args, True))


THIRD = [
    "loops.power_by_loop", "loops.recurrent_map", "branches.if_elif_else", "stores.recurrence_with_a_parameter",
    "loops.while_loop", "loops.branch_inside_a_loop", "loops.continued_fraction", "calls.recursion_on_a_float",
    "containers.polynomial_coefficients", "loops.several_carried_values", "stores.power_table",
]  # fmt: skip


@every_option
@pytest.mark.parametrize("program", [p for p in CORPUS if p.name in THIRD], ids=lambda p: p.name)
def test_third_order(program: Program, options: dict[str, Any]) -> None:
    """Every mix of modes of order three, against each other and against differences of the second derivative."""
    f, (x, *rest) = program.of_active()  # the rest is held

    def g(t: Any) -> Any:
        return f(t, *rest)

    def dot(h: Callable[..., Any]) -> Callable[..., Any]:
        return lambda t: s2sad.jvp(h, (t,), (1.0,), **options)[1]

    def bar(h: Callable[..., Any]) -> Callable[..., Any]:
        return s2sad.grad(h, **options)

    want = tangent(bar(bar(g)), (x,), np.ones(1))
    for outer, middle, inner in itertools.product((dot, bar), repeat=3):
        got = outer(middle(inner(g)))(x)
        assert_same(np.array([got]), want, 1e-7, 1e-8, f"{outer.__name__}, {middle.__name__}, {inner.__name__}")
