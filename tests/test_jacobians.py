"""Jacobians, Hessians and their products: against differences, column by column, and against each other."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import numpy as np
import pytest

import s2sad
from s2sad import curl, divergence, grad, hessian, hvp, jacfwd, jacobian, jacrev, jvp, laplacian, vhp, vmap
from s2sad.errors import InputError
from tests.oracles import Unchanged, assert_same, children, flat, is_float, leaves, rebuild, tangent
from tests.programs.whole import WHOLE, Whole

Pair = namedtuple("Pair", "slope offset")
RNG = np.random.default_rng(7)
X, Y, W, A = RNG.normal(size=3), RNG.normal(size=3), RNG.normal(size=(2, 3)), RNG.normal(size=(3, 3))


def layer(params, x):
    return {"out": np.tanh(params["w"] @ x + params["b"]), "size": np.sum(params["w"] ** 2), "n": 3, "note": "a"}


def nested(x, y):
    return x * y, (y, [x + y, 2.0])


def recurrence(x):
    y = np.zeros_like(x)
    y[0] = x[0]
    for i in range(1, len(x)):
        y[i] = y[i - 1] * x[i] + np.sin(x[i])
    return y


def branched(x):
    if x[0] > 0.0:
        return np.exp(x)
    return x * 2.0


def grown(x):
    k = 0
    while np.sum(x) < 10.0:
        x = x * 1.5 + 1.0
        k += 1
    return x, k


def stored(x):
    y = x.copy()
    y[1:] += x[:-1]
    y[0] *= 2.0
    y *= y
    return y[::-1], np.outer(x, y)


def solved(a, b):
    return np.linalg.solve(a + 5.0 * np.eye(3), b), np.linalg.inv(a + 5.0 * np.eye(3))


def picked(x):
    return np.max(x), np.sort(x), x[[0, 0, 1]], np.where(x > 0.0, x, x * x)[None, :] * x[:, None]


def line(p, t):
    return p.slope * t + p.offset


def constant(x):
    return np.array([1.0, 2.0]), 3


CASES = {
    "scalar": (lambda t: t**3, (0.7,), 0),
    "curve": (lambda t: np.array([np.cos(t), np.sin(t)]), (0.7,), 0),
    "two numbers": (lambda x, y: x * y * y, (2.0, 3.0), (1, 0)),
    "number and array": (lambda x, y: x * y + np.sum(y), (2.0, X), (0, 1)),
    "one array": (lambda x: np.sin(x) * x[::-1], (X,), 0),
    "one number of an array": (lambda x: x @ x, (X,), 0),
    "arrays of one element": (lambda x: x * x, (X[:1],), 0),
    "matrix": (lambda a: a @ a.T, (W,), 0),
    "by name": (lambda x, k: x * k, (X, Y), ("k",)),
    "params": (layer, ({"w": W, "b": np.ones(2), "name": "first"}, X), 0),
    "params and data": (layer, ({"w": W, "b": np.ones(2)}, X), (0, 1)),
    "namedtuple": (line, (Pair(2.0, Y), X), (0, 1)),
    "nested result": (nested, (1.5, X), (0, 1)),
    "stores in a loop": (recurrence, (X,), 0),
    "branch": (branched, (np.abs(X),), 0),
    "while": (grown, (np.abs(X),), 0),
    "views and stores": (stored, (X,), 0),
    "linear algebra": (solved, (A, Y), (0, 1)),
    "picked": (picked, (X,), 0),
    "constant": (constant, (X,), 0),
    "float32": (lambda x: x * x[::-1], (X.astype(np.float32),), 0),
}


def chosen_of(f: Any, args: tuple[Any, ...], argnums: Any) -> Any:
    """What is differentiated, and the function of it alone."""
    places = [1 if k == "k" else k for k in (argnums if isinstance(argnums, tuple) else (argnums,))]

    def alone(*values: Any) -> Any:
        full = list(args)
        for place, value in zip(places, values, strict=True):
            full[place] = value
        return f(*full)

    picked = tuple(args[k] for k in places)
    return (picked if isinstance(argnums, tuple) else picked[0]), picked, alone


def matrix(jac: Any, out: Any, chosen: Any) -> np.ndarray:
    """A Jacobian as one matrix; that its structure and the shapes of its blocks are as promised."""
    rows: list[np.ndarray] = []

    def inside(block: Any, arg: Any, leaf: Any, into: list[np.ndarray]) -> None:
        parts = children(arg)
        if parts is not None:
            assert type(block) is type(arg)
            for (_, b), (_, a) in zip(children(block) or [], parts, strict=True):
                inside(b, a, leaf, into)
        elif is_float(arg):
            assert np.shape(block) == np.shape(leaf) + np.shape(arg)
            into.append(np.reshape(block, (np.size(leaf), np.size(arg))))
        else:
            assert block is None

    def outside(jac: Any, out: Any) -> None:
        parts = children(out)
        if parts is not None:
            assert type(jac) is type(out)
            for (_, j), (_, o) in zip(children(jac) or [], parts, strict=True):
                outside(j, o)
        elif isinstance(out, str):
            assert jac is None
        else:
            blocks: list[np.ndarray] = []
            inside(jac, chosen, out, blocks)
            if is_float(out):
                rows.append(np.concatenate(blocks, axis=1))
            else:
                assert not np.any(np.concatenate(blocks, axis=1))

    outside(jac, out)
    return np.concatenate(rows, axis=0)


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
@pytest.mark.parametrize("name", CASES)
def test_jacobians_against_differences(name: str) -> None:
    f, args, argnums = CASES[name]
    chosen, picked, alone = chosen_of(f, args, argnums)
    single = rebuild(picked, flat(picked).astype(np.float64), np.float64)  # differences in double precision
    want = np.array([tangent(alone, single, e, 1e-2) for e in np.eye(flat(picked).size)]).T
    tolerance = 1e-5 if name == "float32" else 1e-8
    out = f(*args)
    for maker in (jacfwd, jacrev, jacobian):
        for optimise in (True, False):
            with Unchanged(args, name):
                got = maker(f, argnums, optimise=optimise)(*args)
            assert_same(matrix(got, out, chosen), want, tolerance, tolerance, f"{name}, {maker.__name__}")
            for (_, block), dtype in zip(leaves(got), [X.astype(np.float32).dtype] * (name == "float32"), strict=False):
                assert block.dtype == dtype
    value, got = s2sad.value_and_jacobian(f, argnums)(*args)
    assert_same(flat(value), flat(out), 1e-13, 1e-13, "value")
    assert_same(matrix(got, out, chosen), want, tolerance, tolerance, name)


SCALARS = {
    "rosenbrock": (lambda x: np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2), (X,), 0),
    "loop": (lambda x: np.sum(recurrence(x) ** 2), (X,), 0),
    "params": (lambda p, x: np.sum(layer(p, x)["out"] ** 3), ({"w": W, "b": np.ones(2)}, X), (0, 1)),
    "numbers": (lambda x, y: np.exp(x * y) / y, (0.5, 1.5), (0, 1)),
    "number": (lambda t: t**5, (2.0,), 0),
}


@pytest.mark.parametrize("name", SCALARS)
def test_hessians_and_products(name: str) -> None:
    f, args, argnums = SCALARS[name]
    chosen, picked, alone = chosen_of(f, args, argnums)
    g = grad(f, argnums=argnums if isinstance(argnums, tuple) else (argnums,))

    def gradient(*values):
        return g(*values)

    eye = np.eye(flat(picked).size)
    want = np.array([tangent(gradient, picked, e, 1e-2) for e in eye])
    with Unchanged(args, name):
        got = hessian(f, argnums)(*args)
    assert_same(matrix(got, chosen, chosen), want, 1e-8, 1e-8, "hessian")
    value, again = s2sad.value_and_hessian(f, argnums)(*args)
    assert value == f(*args)
    assert_same(matrix(again, chosen, chosen), want, 1e-8, 1e-8, "value_and_hessian")
    for maker in (jacfwd, jacrev):  # any order: forward over forward, reverse over reverse
        assert_same(matrix(maker(jacrev(f, argnums), argnums)(*args), chosen, chosen), want, 1e-8, 1e-8, "composed")
        assert_same(matrix(maker(jacfwd(f, argnums), argnums)(*args), chosen, chosen), want, 1e-8, 1e-8, "composed")
    for maker in (hvp, vhp):
        for e, row in zip(eye, want, strict=True):
            v = rebuild(picked, e)
            v = v if isinstance(argnums, tuple) else v[0]
            with Unchanged((args, v), name):
                assert_same(flat(maker(f, argnums=argnums)(*args, v)), row, 1e-8, 1e-8, maker.__name__)
            assert_same(flat(maker(f, *args, v, argnums=argnums)), row, 1e-8, 1e-8, maker.__name__)
    trace = np.array([laplacian(f, argnums)(*args)])
    assert_same(trace, np.array([np.trace(want)]), 1e-8, 1e-8, "laplacian")


def test_inside_functions_that_are_transformed() -> None:
    """Each member in a function that is differentiated or vectorised, against what the others say."""
    f = SCALARS["rosenbrock"][0]
    field = CASES["one array"][0]
    third = jacobian(hessian(f))(X)
    assert third.shape == (3, 3, 3)
    for e in np.eye(3):
        np.testing.assert_allclose(jvp(hessian(f), (X,), (e,))[1], third @ e, rtol=1e-9, atol=1e-9)
        inside = grad(lambda x, e=e: e @ (hessian(f)(x) @ Y))(X)
        np.testing.assert_allclose(inside, np.einsum("ijk,i,j->k", third, e, Y), rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(grad(lambda x, e=e: e @ hvp(f, x, Y))(X), inside, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(jvp(vhp(f), (X, Y), (e, None))[1], (third @ e) @ Y, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(jvp(hvp(f), (X, Y), (None, e))[1], hvp(f, X, e), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(grad(lambda x: laplacian(f)(x))(X), np.einsum("iij->j", third), rtol=1e-9)
    np.testing.assert_allclose(grad(divergence(field))(X), np.einsum("iij->j", jacfwd(jacrev(field))(X)), rtol=1e-9)
    points = np.stack([X, Y, X - Y])
    for made in (jacfwd(field), jacrev(field), jacobian(field), hessian(f), laplacian(f), divergence(field)):
        np.testing.assert_allclose(vmap(made)(points), np.stack([made(p) for p in points]), rtol=1e-10, atol=1e-12)
    batched = vmap(hvp(f))(points, points[::-1])
    np.testing.assert_allclose(batched, np.stack([hvp(f, p, v) for p, v in zip(points, points[::-1], strict=True)]))
    of_batch = jacobian(vmap(field))(points)
    np.testing.assert_allclose(np.einsum("ijik->ijk", of_batch), vmap(jacobian(field))(points), rtol=1e-12)


def test_argnums_has_aux_keywords_methods_and_decorators() -> None:
    @jacobian(argnums=("k", 0), has_aux=True)
    def scaled(x, *, k=2.0):
        return k * x, {"norm": x @ x}

    (by_k, by_x), aux = scaled(X, k=3.0)
    np.testing.assert_array_equal(by_k, X)
    np.testing.assert_array_equal(by_x, 3.0 * np.eye(3))
    assert aux == {"norm": X @ X}
    (value, aux), (by_x,) = s2sad.value_and_jacobian(lambda x: (x * x, 5), argnums=(0,), has_aux=True)(X)
    np.testing.assert_array_equal(by_x, np.diag(2.0 * X))
    assert aux == 5 and np.array_equal(value, X * X)
    product, aux = hvp(lambda x: (x @ x * x[0], "aux"), has_aux=True)(X, Y)
    np.testing.assert_allclose(product, hvp(lambda x: x @ x * x[0], X, Y))
    assert aux == "aux"

    class Model:
        def __init__(self, w):
            self.w = w

        @s2sad.hessian(argnums="x")
        def energy(self, x):
            return self.w * (x @ x) ** 2

        @s2sad.hvp(argnums="x")
        def bent(self, x, power=2):
            return self.w * (x @ x) ** power

    model = Model(3.0)
    np.testing.assert_allclose(model.energy(X) @ Y, model.bent(X, Y), rtol=1e-12)
    np.testing.assert_allclose(model.bent(X, Y, power=3), hvp(lambda x: 3.0 * (x @ x) ** 3, X, Y), rtol=1e-12)


def test_complex_jacobians() -> None:
    z = RNG.normal(size=3) + 1j * RNG.normal(size=3)

    def analytic(z):
        return z * z[::-1] * 1j

    forward, reverse = jacfwd(analytic, holomorphic=True)(z), jacrev(analytic, holomorphic=True)(z)
    want = 1j * (np.diag(z[::-1]) + np.diag(z)[:, ::-1])
    np.testing.assert_allclose(forward, want, atol=1e-14)
    np.testing.assert_allclose(reverse, want, atol=1e-14)
    np.testing.assert_allclose(jacfwd(lambda x: x * 1j)(X), 1j * np.eye(3))  # real arguments move in one direction
    np.testing.assert_allclose(jacobian(lambda x: x * 1j)(X), 1j * np.eye(3))
    rows = jacrev(lambda z: np.abs(z) ** 2)(z)  # as grad has it: d/dx - i d/dy
    np.testing.assert_allclose(rows, np.diag(2.0 * z.conj()), atol=1e-14)
    with pytest.raises(InputError, match="whose arguments are complex"):
        jacfwd(lambda z: np.abs(z))(z)


def test_the_mode_goes_with_the_sizes() -> None:
    def layers(a, b, c, x):
        return np.tanh(a @ np.tanh(b @ np.tanh(c @ x)))

    j = jacobian(layers, argnums=3)
    square, tall = RNG.normal(size=(40, 40)), RNG.normal(size=(40, 3))
    wide = tall.T, square, square, np.ones(40)
    j(*wide)
    assert "layers_jacrev" in j.source
    j(square, square, tall, np.ones(3))
    assert "layers_jacfwd" in j.source
    counts = j.explain(*wide)
    j(*wide)
    assert str(j.explain()) == str(counts)
    assert "forward:" in str(counts) and "reverse:" in str(counts)
    assert counts.chosen == "jacrev" and counts.costs["jacrev"].operations * 4 < counts.costs["jacfwd"].operations
    assert j.explain(square, square, tall, np.ones(3)).chosen == "jacfwd"
    for a, b, c in (wide[:3], (square, square, tall)):
        x = RNG.normal(size=c.shape[1])
        inner = np.tanh(c @ x)
        outer = np.tanh(b @ inner)
        first, second, third = (1.0 - y[:, None] ** 2 for y in (np.tanh(a @ outer), outer, inner))
        np.testing.assert_allclose(j(a, b, c, x), first * a @ (second * b @ (third * c)), rtol=1e-9, atol=1e-12)


def test_the_primal_runs_once() -> None:
    calls = []

    def f(x):
        calls.append(len(calls))
        return np.exp(x) * x[0]

    for maker in (jacfwd, jacrev, s2sad.value_and_jacobian):
        calls.clear()
        maker(f)(X)
        assert len(calls) == 1


def test_one_sweep_without_a_loop() -> None:
    """The source of a Jacobian of array code is array code."""
    for maker in (jacfwd, jacrev, hessian):
        f = SCALARS["rosenbrock"][0] if maker is hessian else CASES["one array"][0]
        assert "for " not in str(maker(f).source_for(X)).split('"""')[2]


def test_vector_fields() -> None:
    def wind(r):
        return np.array([r[1] * r[2], np.sin(r[0]), r[0] * r[1] ** 2])

    j = jacrev(wind)(X)
    np.testing.assert_allclose(divergence(wind)(X), np.trace(j), atol=1e-14)
    np.testing.assert_allclose(curl(wind)(X), [j[2, 1] - j[1, 2], j[0, 2] - j[2, 0], j[1, 0] - j[0, 1]], atol=1e-14)
    np.testing.assert_allclose(divergence(curl(wind))(X), 0.0, atol=1e-14)
    np.testing.assert_allclose(curl(grad(lambda r: r[0] * np.sin(r[1]) * r[2]))(X), 0.0, atol=1e-14)
    np.testing.assert_allclose(laplacian(wind)(X), [0.0, -np.sin(X[0]), 2.0 * X[0]], atol=1e-14)
    matrix_field = divergence(lambda a: a @ a)
    np.testing.assert_allclose(matrix_field(A), np.einsum("ijij", jacfwd(lambda a: a @ a)(A)), rtol=1e-12)


FLAT = ("diffusion", "dtw", "kmeans")  # quadratic, or linear, in pieces: what is third order is zero


@pytest.mark.parametrize("whole", WHOLE, ids=lambda w: w.name)
def test_second_and_third_order_on_whole_programs(whole: Whole) -> None:
    """Products with the Hessian in both ways, and a third derivative as the slope of these: against differences of the
    order below, and against the Taylor coefficients, which are computed in another way.
    """
    args = whole.data(whole.small)
    chosen = tuple(args[k] for k in whole.argnums)
    v = rebuild(chosen, np.random.default_rng(3).uniform(-1.0, 1.0, flat(chosen).size))
    g = grad(whole.function, argnums=whole.argnums)
    product, transposed = hvp(whole.function, argnums=whole.argnums), vhp(whole.function, argnums=whole.argnums)

    def at(derivative: Any, *more: Any) -> Any:
        def moved(*values: Any) -> Any:
            full = list(args)
            for place, value in zip(whole.argnums, values, strict=True):
                full[place] = value
            return derivative(*full, *more)

        return moved

    with Unchanged((args, v), whole.name):
        second = flat(product(*args, v))
        third = flat(jvp(at(product, v), chosen, v)[1])
    assert_same(second, tangent(at(g), chosen, flat(v), 1e-2), 1e-7, 1e-8, "hvp")
    assert_same(flat(transposed(*args, v)), second, 1e-9, 1e-10, "vhp")
    assert_same(third, tangent(at(product, v), chosen, flat(v), 1e-2), 1e-6, 1e-7, "third order")
    assert np.any(third) == (whole.name not in FLAT)
    still = rebuild(chosen, np.zeros(flat(v).size))
    _, terms = s2sad.jet(at(whole.function), chosen, [(one, none, none) for one, none in zip(v, still, strict=True)])
    along = np.array([flat(g(*args)) @ flat(v), second @ flat(v), third @ flat(v)])
    assert_same(np.ravel(terms) * [1.0, 2.0, 6.0], along, 1e-9, 1e-10, "Taylor coefficients")


def weighed(x, w):
    """Each result hangs on three numbers, a few stores later."""
    y = w * np.sin(x)
    y[1:-1] += x[2:] * x[:-2]
    return y


def test_what_is_mostly_zero_is_computed_in_a_few_sweeps() -> None:
    x, w = np.random.default_rng(5).normal(size=(2, 600))
    made = jacobian(weighed, argnums=(0, 1))
    want = jacfwd(weighed, argnums=(0, 1))(x, w)
    for got, block in zip(made(x, w), want, strict=True):
        np.testing.assert_allclose(got, block, rtol=1e-14, atol=1e-15)
    counts = made.explain(x, w)
    assert counts.chosen == "compressed" and "3 sweeps of reverse mode  <- taken" in str(counts)
    assert "weighed_cotangents" in made.source and made.source_for(x, w) == made.source
    assert made.explain(x[:20], w[:20]).chosen != "compressed"
    calls = []

    def told(x):
        calls.append(len(calls))
        return x[:, None] ** 3 * np.ones((1, 2)), {"most": np.max(x)}

    (value, aux), block = s2sad.value_and_jacobian(told, has_aux=True)(x)
    assert calls == [0] and aux == {"most": np.max(x)} and np.array_equal(value, told(x)[0])
    np.testing.assert_allclose(block, jacrev(told, has_aux=True)(x)[0], rtol=1e-14)
    mixed = jacobian(lambda x: SCALE[0] @ x)  # what it reads decides where zeros are
    for SCALE[0] in (np.diag(w), np.outer(w, w), np.diag(x)):
        np.testing.assert_allclose(mixed(x), SCALE[0], rtol=1e-14)
    full = jacobian(lambda x: np.cumsum(np.sin(x)) * np.sum(x))
    assert full.explain(x).chosen != "compressed"


SCALE = [np.zeros((0, 0))]


def test_unit_vectors_are_not_multiplied_by_matrices():
    def layers(w1, w2, x):
        return np.tanh(w2 @ np.sin(w1 @ x)) / 3.0

    r = np.random.default_rng(0)
    args = r.normal(size=(4, 3)), r.normal(size=(5, 4)), r.normal(size=3)
    forward, reverse = (transform(layers, argnums=2) for transform in (s2sad.jacfwd, s2sad.jacrev))
    np.testing.assert_allclose(forward(*args), reverse(*args), rtol=1e-13)
    v = r.normal(size=3)
    np.testing.assert_allclose(forward(*args) @ v, s2sad.jvp(layers, args, (None, None, v))[1], rtol=1e-13)
    assert "np.eye" not in forward.source and "np.eye" not in reverse.source


def test_lists_that_grow_hold_all_directions() -> None:
    def neighbours(x):
        out = []
        for i in range(len(x) - 1):
            out.append(x[i] * x[i + 1])
        return np.array(out)

    x = np.array([1.0, 2.0, 3.0, 4.0])
    forward = jacfwd(neighbours)
    np.testing.assert_allclose(forward(x), [[2, 1, 0, 0], [0, 3, 2, 0], [0, 0, 4, 3]])
    np.testing.assert_allclose(jacrev(neighbours)(x), forward(x))
    second = hessian(lambda x: np.sum(neighbours(x) ** 2))
    np.testing.assert_allclose(second(x), jacfwd(s2sad.grad(lambda x: np.sum(neighbours(x) ** 2)))(x))
    assert forward.source.count("for ") == 1, "no loop over the directions"


def softmax(x):
    e = np.exp(x - np.max(x))
    return e / np.sum(e)


def scaled_by_sum(x):
    return -x * np.sum(x ** 2) / 3.0 + np.where(x > 0.5, x, 0.0)


def measured(p):
    t = np.linspace(0.0, 1.0, 6)
    return p[0] * np.exp(-p[1] * t) * np.cos(p[2] * t) / 2.0




@pytest.mark.parametrize("f", [softmax, scaled_by_sum, measured])
def test_diagonals_are_computed_with_as_vectors(f) -> None:
    x = np.array([0.3, 1.2, 0.7])
    columns = np.stack([s2sad.jvp(f, (x,), (e,))[1] for e in np.eye(3)], axis=1)
    for transform in (s2sad.jacfwd, s2sad.jacrev):
        np.testing.assert_allclose(transform(f)(x), columns, rtol=1e-13, atol=1e-15)
    weighed = s2sad.hessian(lambda x: np.sum(f(x) * np.arange(len(f(x)))))
    step = 1e-5
    gradient = s2sad.grad(lambda x: np.sum(f(x) * np.arange(len(f(x)))))
    differences = [(gradient(x + step * e) - gradient(x - step * e)) / (2.0 * step) for e in np.eye(3)]
    np.testing.assert_allclose(weighed(x), differences, rtol=1e-7, atol=1e-8)


def test_no_matrix_is_made_of_what_is_summed_at_once() -> None:
    jacobian = s2sad.jacrev(measured)
    jacobian(np.ones(3))
    assert "np.eye" not in jacobian.source and "np.diag" not in jacobian.source
    hessian = s2sad.hessian(lambda x: np.log(np.sum(np.exp(x))))
    hessian(np.ones(3))
    assert "np.eye" not in hessian.source
    regularised = s2sad.grad(lambda K, s: np.linalg.slogdet(K @ K + s * np.eye(len(K)))[1])
    regularised(np.eye(2), 1.0)
    assert "s * np.eye(len(K))" in regularised.source  # as it was written


def test_the_identity_of_one_broadcasts() -> None:
    def scaled(d, n):
        return np.sum(np.eye(n) * d ** 2)

    np.testing.assert_allclose(s2sad.grad(scaled)(np.array([1.0, 2.0, 3.0]), 1), [2.0, 4.0, 6.0])


@pytest.mark.parametrize("made", ["jacfwd", "jacrev"])
def test_explicit_modes_take_groups_of_columns_or_rows(made) -> None:
    pytest.importorskip("scipy")

    def neighbours(x):
        return np.sin(x) * np.roll(x, 1) - x[::-1]

    x = np.linspace(0.1, 2.0, 1000)
    derivative = getattr(s2sad, made)(neighbours)
    assert derivative.explain(x).chosen == "compressed"
    v = np.cos(np.arange(1000))
    np.testing.assert_allclose(derivative(x) @ v, s2sad.jvp(neighbours, (x,), (v,))[1], rtol=1e-12, atol=1e-12)
    assert np.isclose(derivative(x)[3, 2], np.sin(x[3])) and derivative.explain(x[:20]).chosen == made


def test_hessians_take_groups_of_columns() -> None:
    pytest.importorskip("scipy")

    def rosenbrock(x):
        return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2), x[0]

    x = np.linspace(0.1, 2.0, 1000)
    hessian = s2sad.hessian(rosenbrock, has_aux=True)
    assert hessian.explain(x).chosen == "compressed"
    matrix, first = hessian(x)
    v = np.cos(np.arange(1000))
    assert first == 0.1 and np.array_equal(matrix, matrix.T)
    np.testing.assert_allclose(matrix @ v, s2sad.hvp(lambda x: rosenbrock(x)[0], x, v), rtol=1e-11, atol=1e-9)


@pytest.mark.parametrize("optimise", [True, False])
def test_what_comes_along_is_computed_from_the_arguments(optimise) -> None:
    def f(x):
        y = np.exp(x)
        return np.sum(y ** 2), {"product": y * x, "first": x[0]}

    x, e = np.array([0.3, 0.1]), np.array([1.0, 0.0])
    want = np.diag(4.0 * np.exp(2.0 * x))
    options = {"has_aux": True, "optimise": optimise}
    for made, derivative in (
        (s2sad.hessian(f, **options)(x), want), (s2sad.hvp(f, x, e, **options), want[0]),
        (s2sad.vhp(f, x, e, **options), want[0]), (s2sad.laplacian(f, **options)(x), np.trace(want)),
        (s2sad.vmap(s2sad.hessian(f, **options), out_axes=-1)(x[None]), None),
    ):  # fmt: skip
        got, aux = made
        np.testing.assert_allclose(np.ravel(aux["product"]), x * np.exp(x), rtol=1e-14)
        assert np.all(aux["first"] == 0.3)
        np.testing.assert_allclose(np.reshape(got, np.shape(want if derivative is None else derivative)),
                                   want if derivative is None else derivative, rtol=1e-12)  # fmt: skip


def test_what_comes_along_is_of_a_call_that_is_computed_again() -> None:
    @s2sad.checkpoint
    def inner(x):
        return np.sin(x) * np.cumprod(x)

    def f(x):
        y = inner(x)
        return np.sum(y * y), y

    x = np.array([0.9, 0.3, 0.6])
    want, y = s2sad.hessian(lambda x: np.sum((np.sin(x) * np.cumprod(x)) ** 2))(x), np.sin(x) * np.cumprod(x)
    inside = s2sad.vmap(lambda x: s2sad.jacobian(s2sad.grad(f, has_aux=True), has_aux=True)(x), out_axes=-1)
    outside = s2sad.jacfwd(s2sad.grad(f, has_aux=True), has_aux=True)
    for made in (s2sad.hessian(f, has_aux=True), outside, lambda x: inside(x[None])):
        got, aux = made(x)
        np.testing.assert_allclose(np.reshape(got, (3, 3)), want, rtol=1e-12)
        np.testing.assert_allclose(np.ravel(aux), y, rtol=1e-14)
    value, second = s2sad.value_and_hessian(lambda x: f(x)[0])(x)
    assert np.isclose(value, y @ y) and np.allclose(second, want)


@pytest.mark.parametrize("first", ["jacfwd", "jacrev"])
@pytest.mark.parametrize("second", ["jacfwd", "jacrev"])
def test_second_derivatives_of_running_products(first, second) -> None:
    x = np.array([0.9, 0.3, 0.6])
    made = getattr(s2sad, second)(getattr(s2sad, first)(np.cumprod))(x)
    a, b, c = x
    want = np.zeros((3, 3, 3))
    want[1, 0, 1] = want[1, 1, 0] = 1.0
    want[2] = [[0.0, c, b], [c, 0.0, a], [b, a, 0.0]]
    np.testing.assert_allclose(made, want, rtol=1e-13, atol=1e-15)
