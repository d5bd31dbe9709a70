"""vmap: what it gives is what a loop over the rows gives; what it writes is what is written by hand."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

import s2sad
from s2sad import grad, jvp, pytrees, vjp, vmap
from tests import random_programs
from tests.oracles import Unchanged, flat, leaves, rebuild
from tests.test_corpus import CORPUS, scalar

DRAW = np.random.default_rng(5)
X = DRAW.normal(size=(5, 4))
S = DRAW.normal(size=5)
K = np.array([3, 0, 4, 1, 2])
W = DRAW.normal(size=(3, 4))
A = DRAW.normal(size=(5, 4, 4)) + 3.0 * np.eye(4)


def row(tree: Any, k: int) -> Any:
    return pytrees.tree_map(lambda leaf: copy.copy(leaf[k]) if isinstance(leaf, np.ndarray) else leaf, tree)


def stacked(rows: list[Any]) -> Any:
    def together(*parts: Any) -> Any:
        plain = parts[0] is None or isinstance(parts[0], str | bool)
        return parts[0] if plain else np.stack([np.asarray(p) for p in parts])

    return pytrees.tree_map(together, rows[0], *rows[1:])


def agrees(f: Callable[..., Any], *args: Any, rtol: float = 1e-11) -> Any:
    """The mapped function against the loop over rows: values, shapes, dtypes; arguments unchanged."""
    count = next(np.shape(leaf)[0] for _, leaf in leaves(args) if isinstance(leaf, np.ndarray))
    want = stacked([f(*row(args, k)) for k in range(count)])
    mapped = vmap(f)
    with Unchanged(args, "vmap"):
        got = mapped(*args)
    same(got, want, rtol)
    return mapped


def same(got: Any, want: Any, rtol: float = 1e-11) -> None:
    one, other = dict(leaves(got)), dict(leaves(want))
    assert one.keys() == other.keys()
    for path, leaf in other.items():
        if leaf is None or isinstance(leaf, str | bool):
            assert one[path] == leaf
            continue
        assert np.shape(one[path]) == np.shape(leaf), path
        assert np.asarray(one[path]).dtype == np.asarray(leaf).dtype, path
        loose = 1e-4 if np.asarray(leaf).dtype == np.float32 else rtol
        np.testing.assert_allclose(one[path], leaf, rtol=loose, atol=loose, err_msg=path)


# -- everyday programs, random programs ------------------------------------------------------------------------------


def batch_of(args: Any, program: Any = lambda *row: None) -> Any:
    """Three sets of arguments like these, stacked: of those that the program takes."""
    base, draw = flat(args), np.random.default_rng(1)
    rows = [rebuild(args, base)]
    while len(rows) < 3:
        row = rebuild(args, base * (1 + 0.3 * draw.uniform(-1, 1, base.size)))
        with contextlib.suppress(ValueError):
            program(*copy.deepcopy(row))
            rows.append(row)

    def together(*parts: Any) -> Any:
        kinds = int | float | complex | np.ndarray | np.generic
        number = isinstance(parts[0], kinds) and not isinstance(parts[0], bool)
        return np.stack([np.asarray(p) for p in parts]) if number else parts[0]

    return pytrees.tree_map(together, rows[0], *rows[1:])


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("program", CORPUS[3::9], ids=lambda p: p.name)
def test_a_program_of_the_corpus(program: Any) -> None:
    f, args = program.of_active()
    agrees(f, *batch_of(args), rtol=1e-9)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("program", CORPUS[7::40], ids=lambda p: p.name)
def test_gradients_of_programs_of_the_corpus(program: Any) -> None:
    f, args = program.of_active()
    agrees(grad(scalar(f, args, program.name), argnums=tuple(range(len(args)))), *batch_of(args, f), rtol=1e-8)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("seed", range(0, 60, 3))
def test_a_random_program(seed: int) -> None:
    x, s = random_programs.POINT
    draw = np.random.default_rng(seed)
    xs = x * (1 + 0.4 * draw.uniform(-1, 1, (4, 4)))
    ss = s + 0.5 * draw.uniform(-1, 1, 4)
    f = random_programs.load(random_programs.write(random_programs.Seeded(seed)), f"batch of a random program {seed}")
    try:
        agrees(f, xs, ss, rtol=1e-9)
    except s2sad.UnsupportedError:
        with pytest.raises(s2sad.UnsupportedError):  # what one row is refused for
            grad(f, argnums=(0, 1))(x, s)


# -- control flow ----------------------------------------------------------------------------------------------------


def early(x):
    if x > 0:
        return np.sqrt(x)
    return x * 2


def broken_off(x):
    for _ in range(10):
        x = x / 2
        if abs(x) < 0.1:
            break
    return x


def newton(a):
    x = 1.0
    while abs(x * x - abs(a) - 0.1) > 1e-10:
        x = x - (x * x - abs(a) - 0.1) / (2 * x)
    return x


def found(x):
    n = 0
    while abs(x) > 0.01 and n < 100:
        x = x / 2
        n += 1
        if abs(x) < 0.02:
            return x
    return x * n


def up_to(x, k):
    s = 0.0
    for i in range(k):
        s += np.exp(x[i]) * i
    return s


def down_from(x, k):
    s = 0.0
    for i in range(k, -1, -1):
        if i < 4 and x[i] > 0:
            s += x[i]
            if s > 1:
                break
    return s


def stores(x, s):
    out = np.zeros(4)
    for i in range(3):
        if x[i] > s:
            out[i] = np.log(x[i] - s)
        else:
            out[i] = s
        if x[i] < 0:
            out[i + 1] += x[i] ** 2
    return out


def picked(x, k):
    out = x.copy()
    if x[0] > 0:
        out[k - 1] = 5.0
        out[1:3] = x[:2]
    else:
        out[2] *= np.exp(x[2])
    return out, x[k - 1], x[: k - 4].sum(), len(x[x > 0])


def listed(x):
    out = []
    while x > -1.0:
        out.append(x * x)
        x = x - 0.5
    return sum(out), len(out)


def several(x, s):
    if s > 0:
        y = x / s
    elif s > -0.5:
        y = x[::-1] * 2
    else:
        y = np.exp(x)
    return {"y": y, "n": len(y), "kind": "row"}


def factorial_like(x, n):
    return x if n <= 0 else x * factorial_like(x + 1.0, n - 1)


FLOW = [
    (early, (S,)), (broken_off, (S,)), (newton, (S,)), (found, (S,)), (up_to, (X, K)), (down_from, (X, K)),
    (stores, (X, S)), (picked, (X, K)), (listed, (S,)), (several, (X, S)), (factorial_like, (S, K)),
]  # fmt: skip


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("f, args", FLOW, ids=lambda v: getattr(v, "__name__", ""))
def test_every_row_goes_its_own_way(f: Callable[..., Any], args: tuple[Any, ...]) -> None:
    agrees(f, *args)
    for few in (0, 1):
        agrees(f, *(a[: few or 1] for a in args))
    if f in (early, broken_off, newton, found, up_to, down_from):
        agrees(grad(f), *args)
        whole = grad(lambda x, *rest: np.sum(vmap(f)(x, *rest)))(*args)
        np.testing.assert_allclose(whole, [grad(f)(*row(args, k)) for k in range(5)], rtol=1e-9, atol=1e-12)


def aligned(a, b):
    n, m = len(a), len(b)
    t = np.zeros((n + 1, m + 1))
    for i in range(n):
        for j in range(m):
            if abs(a[i] - b[j]) < 0.5:
                t[i + 1, j + 1] = t[i, j] + 1.0 - abs(a[i] - b[j])
            else:
                t[i + 1, j + 1] = max(t[i, j + 1], t[i + 1, j])
    return t[n, m]


def counters(x):
    t = np.zeros(len(x) + 1)
    k = 0
    for v in x:
        if v > 0:
            t[k] = v * v
            k += 1
        else:
            t[k] += v
    return np.sum(t * np.arange(len(t)))


def packed(value, weight):
    t = np.zeros((len(value) + 1, 9))
    for i in range(len(value)):
        for room in range(9):
            t[i + 1, room] = t[i, room]
            if weight[i] <= room and t[i, room - 1] + value[i] > t[i, room]:
                t[i + 1, room] = t[i, room - 1] + value[i]
    return t[-1, 8]


@pytest.mark.parametrize("f", [aligned, counters, packed])
def test_a_table_is_filled_for_all_rows_at_once(f: Callable[..., Any]) -> None:
    rng = np.random.default_rng(3)
    given = {aligned: (rng.normal(size=(4, 5)), rng.normal(size=(4, 6))), counters: (rng.normal(size=(4, 5)),),
             packed: (rng.random((4, 5)), rng.integers(1, 5, (4, 5)).astype(float))}[f]  # fmt: skip
    agrees(f, *given)
    agrees(grad(f), *given)
    assert "np.stack" not in vmap(f).source_for(*given)


def few(x):
    return np.convolve(x, W[0], "same") if x[0] > 9.0 else x * 2.0


def counted(x):
    places = np.digitize(x, [-1.0, 0.0, 1.0])
    return np.histogram(x, bins=4, range=(-3, 3))[0], np.bincount(places, weights=x, minlength=4)


def filtered(x):
    return np.convolve(x, W[1]), np.correlate(x, W[2, :2], "full"), np.convolve(x, W[0], "valid")


@pytest.mark.parametrize("f", [few, counted, filtered])
def test_rows_in_one_line(f: Callable[..., Any]) -> None:
    mapped = agrees(f, X)
    assert "append" not in mapped.source or f is few
    agrees(s2sad.jacfwd(f), X)
    agrees(s2sad.jacrev(f), X)


def test_counts_of_rows_are_those_of_bincount() -> None:
    with pytest.raises(ValueError, match="negative"):
        vmap(lambda x: np.bincount(x, minlength=3))(np.array([[0, 1], [-1, 2]]))
    with pytest.raises(ValueError, match="unlike lengths"):
        vmap(lambda x: np.bincount(x))(np.array([[0, 1], [1, 2]]))
    assert vmap(vmap(lambda x: np.bincount(x, minlength=3)))(np.array([[[0, 1], [1, 2]]])).tolist() == [
        [[1, 1, 0], [0, 1, 1]]
    ]


def test_no_rows_at_all() -> None:
    none = np.zeros((0, 4))
    assert vmap(early)(none[:, 0]).shape == vmap(newton)(none[:, 0]).shape == (0,)
    assert vmap(lambda x: W @ x)(none).shape == (0, 3)
    assert vmap(up_to)(none, np.zeros(0, int)).shape == (0,)


def test_a_check_raises_what_the_first_row_raises() -> None:
    def f(x):
        if x < 0:
            raise ValueError(f"{x} is below zero")
        return np.sqrt(x)

    assert vmap(f)(np.array([1.0, 4.0])).tolist() == [1.0, 2.0]
    with pytest.raises(ValueError, match=r"-2\.0 is below zero"):
        vmap(f)(np.array([1.0, -2.0, -3.0]))


def test_effects_happen_once_for_every_row_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    def f(x):
        print("in", x)
        y = x * 2
        print("out", y)
        return y

    vmap(f)(np.array([1.0, 2.0]))
    assert capsys.readouterr().out.split("\n")[:4] == ["in 1.0", "out 2.0", "in 2.0", "out 4.0"]


def test_every_row_draws_for_itself() -> None:
    generator = np.random.default_rng(3)

    def f(x):
        return x + generator.normal()

    got = vmap(f)(np.zeros(3))
    generator = np.random.default_rng(3)
    assert got.tolist() == [f(0.0) for _ in range(3)]


# -- axes ------------------------------------------------------------------------------------------------------------


class Pair(NamedTuple):
    w: Any
    b: Any


@dataclasses.dataclass
class Layer:
    w: Any
    b: Any
    kind: str = "tanh"


def test_axes_of_arguments_and_results() -> None:
    def f(x, w):
        return w @ x, np.sum(x)

    want = np.stack([W @ x for x in X])
    same(vmap(f, in_axes=(0, None))(X, W), (want, X.sum(1)))
    same(vmap(f, in_axes=(-1, None), out_axes=(1, 0))(X.T, W), (want.T, X.sum(1)))
    same(vmap(f, in_axes={"x": 1})(X.T, w=W), (want, X.sum(1)))
    stack = np.stack([W, 2 * W], axis=2)
    same(vmap(f, in_axes=(None, 2), out_axes=-1)(X[0], stack)[0], np.stack([W @ X[0], 2 * W @ X[0]], axis=1))
    same(vmap(f, in_axes=(None, 2), out_axes=(0, None))(X[0], stack)[1], X[0].sum())
    same(vmap(lambda x: 3.0)(S), np.full(5, 3.0))
    same(vmap(lambda: W[0], in_axes=None, axis_size=2)(), np.stack([W[0], W[0]]))


def test_axes_in_containers() -> None:
    def f(p, x):
        return p["w"] @ x + p["b"]

    both = np.stack([W, W + 1])
    same(vmap(f, in_axes=({"w": 0, "b": None}, None))({"w": both, "b": 2.0}, X[0]), both @ X[0] + 2.0)
    same(vmap(lambda p: p.w * p.b, in_axes=(Pair(0, None),))(Pair(S, 2.0)), S * 2.0)
    same(vmap(lambda p: p.w * p.b, in_axes=(Layer(0, None, None),))(Layer(S, 2.0)), S * 2.0)
    out = vmap(lambda layers: [Pair(p.w * 2, p.b) for p in layers])([Pair(S, X), Pair(X, S)])
    assert isinstance(out[0], Pair)
    same(out[1].w, X * 2)


def test_arguments_by_name_and_defaults() -> None:
    @vmap(in_axes=(0, None))
    def f(x, c=2.0, *rest, scale=1.0, **more):
        return x * c * scale + sum(rest) + sum(more.values())

    same(f(S), S * 2.0)
    same(f(S, 3.0, scale=S), S * 3.0 * S)
    same(vmap(lambda *xs, **named: xs[0] * xs[1] + named["b"])(S, S, b=S), S * S + S)


class Model:
    """A method is mapped like a function; what it reads of its object is the same in every row."""

    def __init__(self) -> None:
        self.w = W

    @vmap
    def __call__(self, x):  # noqa: D102
        return self.w @ x


def test_a_method_is_mapped() -> None:
    model = Model()
    same(vmap(lambda x: model.w @ x)(X), X @ W.T)


def test_float32_and_complex() -> None:
    assert vmap(lambda x: x * 2.0 + float(x[0]))(X.astype(np.float32)).dtype == np.float32
    agrees(lambda z: np.abs(z) ** 2 + z.real if z.imag > 0 else z.conj().real, X[:, 0] + 1j * X[:, 1])


def test_nothing_is_shared_that_a_row_does_not_share() -> None:
    kept = X.copy()
    out = vmap(lambda x, w: (x * 1.0, w), in_axes=(0, None))(X, W)
    out[0][:], out[1][:] = 0.0, 0.0
    assert np.array_equal(kept, X) and W.any()


# -- in any mix ------------------------------------------------------------------------------------------------------


def energy(x, w):
    return np.sum(np.tanh(w @ x) ** 2)


def test_transforms_in_any_order_and_depth() -> None:
    g = grad(energy)
    rows = np.stack([g(x, W) for x in X])
    same(vmap(g, in_axes=(0, None))(X, W), rows)
    same(grad(lambda x, w: np.sum(vmap(energy, in_axes=(0, None))(x, w)))(X, W), rows)
    same(grad(lambda x: vmap(energy, (0, None))(x, W).sum())(X), rows)
    value, dot = jvp(vmap(energy, in_axes=(0, None)), (X, W), (X, None))
    same((value, dot), (np.array([energy(x, W) for x in X]), np.sum(rows * X, axis=1)))
    _, back = vjp(lambda x: vmap(energy, in_axes=(0, None))(x, W), X)
    same(back(S)[0], rows * S[:, None])
    same(vmap(lambda x, v: jvp(lambda y: energy(y, W), (x,), (v,))[1])(X, X), dot)
    outer = vmap(vmap(lambda a, b: a * b, in_axes=(0, None)), in_axes=(None, 0))
    same(outer(S, X[:, 0]), np.outer(X[:, 0], S))
    hessian_rows = vmap(lambda x: vmap(lambda v: jvp(grad(lambda y: energy(y, W)), (x,), (v,))[1])(np.eye(4)))
    step = 1e-5
    differences = [[(g(x + step * e, W) - g(x - step * e, W)) / (2 * step) for e in np.eye(4)] for x in X]
    np.testing.assert_allclose(hessian_rows(X), differences, rtol=1e-6, atol=1e-8)
    third = grad(lambda x: np.sum(vmap(grad(lambda y: np.sum(np.sin(y) ** 2)))(x) ** 2))
    np.testing.assert_allclose(third(X), 2 * np.sin(2 * X) * 2 * np.cos(2 * X), rtol=1e-10, atol=1e-12)


# -- how it reads ----------------------------------------------------------------------------------------------------


def last_line(f: Callable[..., Any], *args: Any, **options: Any) -> str:
    mapped = vmap(f, **options)
    mapped(*args)
    return str(mapped.source).rstrip().rpartition("\n")[2].strip()


def test_generated_code_is_what_is_written_by_hand() -> None:
    assert last_line(lambda x, w: np.tanh(w @ x), X, W, in_axes=(0, None)) == "return np.tanh(x @ w.T)"
    assert last_line(lambda x: x / np.linalg.norm(x), X) == "return x / np.linalg.norm(x, axis=1)[:, None]"
    assert last_line(lambda x: x if x > 0 else 0.1 * x, S) == "return np.where(x > 0, x, 0.1 * x)"
    assert last_line(lambda x, k: x[k - 1], X, K) == "return x[np.arange(len(x)), k - 1]"
    assert last_line(grad(lambda x: np.sum(np.sin(x) * x)), X) in ("x_bar = np.sin(x) + x * np.cos(x)", "return x_bar")
    for f, args in ((np.linalg.solve, (A, X)), (lambda x: np.exp(x - x.max()) / np.sum(np.exp(x - x.max())), (X,))):
        mapped = agrees(f, *args)
        assert "for " not in str(mapped.source).split("def ", 1)[1].replace("for every row", "")
