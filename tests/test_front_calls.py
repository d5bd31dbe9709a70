"""Calls: binding, closures, classes, recursion, captures, containers; and what is refused, with its place."""

from __future__ import annotations

import dataclasses
import functools
import math
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pytest

from s2sad.errors import Error, InputError, SourceError, UnsupportedError
from s2sad.front import Leaf, Static, inline, trace_call
from s2sad.ir.build import Builder
from s2sad.ir.core import Apply, For, Literal, Pack, Value
from s2sad.ir.types import FLOAT, Array, Scalar
from s2sad.ir.walk import all_ops
from tests.tracing import check, result, trace

X = np.array([0.5, -1.2, 0.8, 1.7])
RATE = 0.5
TABLE = np.array([1.0, 2.0, 3.0, 4.0])
CONFIG = {"depth": 2, "scales": [2.0, 3.0], "mode": "sum"}


def every_kind_of_argument(x):
    def g(a, /, b, c=2.0, *rest, d, e=5.0, **named):
        return a + 2 * b + 3 * c + 4 * sum(rest) + 5 * d + 6 * e + 7 * named.get("z", 0.0)

    more, options = (1.0, x), {"d": x, "z": 2.0}
    return g(x, 1.0, d=x), g(x, x, x, x, *more, **options), g(1.0, c=x, b=x, d=0.0, e=x)


def closures(x):
    total = 0.0

    def add(v):
        nonlocal total
        total += v
        return total

    def compose(f, g):
        return lambda v: f(g(v))

    add(x)
    add(compose(math.sin, lambda v: v * x)(2.0))
    scale = functools.partial(lambda k, v, shift=0.0: k * v + shift, 3.0, shift=x)
    return total, scale(x)


def generated(x):
    powers = [lambda v, k=k: v**k for k in range(1, 4)]
    return sum(p(x) for p in powers), max(x, 1.0, x * x), min([x, 2.0]), [f(x) for f in powers]


def decorated(x):
    def twice(f):
        @functools.wraps(f)
        def wrapper(*args, **kwargs):
            return 2.0 * f(*args, **kwargs)

        return wrapper

    @twice
    @twice
    def g(v, k=1.0):
        return v * k

    return g(x, k=3.0)


class Point(NamedTuple):
    a: Any
    b: Any

    def norm(self):
        return math.sqrt(self.a**2 + self.b**2)


@dataclasses.dataclass
class Layer:
    w: Any
    b: Any = 0.5

    def __call__(self, x):
        return self.w * x + self.b

    @property
    def size(self):
        return self.w * 2.0


class Counter:
    step = 2.0

    def __init__(self, start):
        self.total = start

    def add(self, v):
        self.total += v * self.step
        return self

    def __mul__(self, other):
        return Counter(self.total * other)

    def __getitem__(self, k):
        return self.total + k

    def __len__(self):
        return 3


def classes(x):
    p = Point(x, b=2.0)
    c = Counter(x).add(1.0).add(x) * 2.0
    layer = Layer(x)
    layer.b = layer.size
    q = p._replace(a=1.0)
    return p.norm() + q.a, c.total, c[1], len(c), layer(3.0), dataclasses.replace(layer, w=1.0)(x)


def structures(x):
    d = {"a": x, "b": [x * 2.0, {"c": (x, 1.0)}]}
    d["e"] = d["b"][1]["c"][0] + d.get("nothing", 4.0)
    total = 0.0
    for k, v in d.items():
        if k != "b":
            total += v
    first, *middle, last = [x, x * 2, x * 3, 4.0]
    rows = [[x * i + j for j in range(2)] for i in range(2)]
    return d, total, first + middle[1] * last, np.array(rows), list(zip(*rows, strict=True)), {**d, "f": total}["f"]


def unknown_lengths(x):
    squares = [v * v for v in x if v > 0]
    pairs = []
    for i, v in enumerate(x):
        pairs.append((i, v))
    index, value = pairs[-1]
    squares.extend(list(x[1:3]))
    last = squares.pop()
    return np.array(squares), index + value, last, len(squares), sum(squares), any(v > 1 for v in x), max(v * v for v in x)  # noqa: E501


def fact(n, x):
    return 1.0 if n == 0 else x * fact(n - 1, x)


def halves(x):
    if x < 0.5:
        return x * RATE
    return halves(x / 2.0) + 1.0


def tree(x, depth):
    if len(x) == 1:
        return x[0] * depth, 1
    middle = len(x) // 2
    left, n = tree(x[:middle], depth + 1)
    right, m = tree(x[middle:], depth + 1)
    return left * right, n + m


@pytest.mark.parametrize("program", [every_kind_of_argument, closures, generated, decorated, classes, structures], ids=lambda f: f.__name__)  # noqa: E501
def test_programs(program):
    check(program, 1.3)


def test_lists_of_unknown_length():
    check(unknown_lengths, X)


def test_known_recursion_is_unrolled():
    program = check(lambda x: fact(5, x), 1.1)
    assert not any(isinstance(op, Apply) for op in all_ops(program.trace.body.ops))


@pytest.mark.parametrize(("program", "args"), [(fact, (4, 1.1)), (halves, (3.0,)), (tree, (X, 0))])
def test_other_recursion_is_kept(program, args):
    made = check(program, *args)
    assert any(isinstance(op, Apply) for op in all_ops(made.trace.body.ops))


def test_arguments_with_structure():
    def f(params, point, layer, n=2):
        return {"r": params["w"][0] * point.a + layer(point.norm()) * n, "t": (params["w"][1], None, "s")}

    check(f, {"w": [X, 2.0]}, Point(1.0, 2.0), Layer(3.0, 4.0))


def test_captures_are_read_at_every_call():
    weight = SimpleNamespace(k=2.0, inner=SimpleNamespace(v=np.ones(4)))
    scale = 3.0

    def f(x):
        return np.sum(x * TABLE * weight.k * weight.inner.v) * RATE * scale + CONFIG["scales"][1] * np.pi

    program = check(f, X)
    assert {c.path for c in program.captures} == {
        "global:TABLE", "closure:weight.k", "closure:weight.inner.v", "global:RATE", "closure:scale",
        "global:CONFIG['scales'][1]", "global:CONFIG['scales'][0]",
    }  # fmt: skip
    weight.k, scale = 5.0, 7.0
    np.testing.assert_allclose(result(program, f, X), f(X))


def test_flags_from_outside_are_guarded():
    class Model:
        training = True
        rate = 0.1

        def forward(self, x):
            return x * self.rate if self.training else x

    program = check(Model().forward, 2.0)
    assert [(g.path, g.value) for g in program.statics if "training" in g.path][0][1] is True


def test_two_globals_of_one_name():
    space: dict[str, Any] = {"RATE": 11.0, "np": np}
    import linecache

    text = "def other(x):\n    return x * RATE\n"
    linecache.cache["<other>"] = (len(text), None, text.splitlines(True), "<other>")
    exec(compile(text, "<other>", "exec"), space)
    other = space["other"]
    program = check(lambda x: other(x) + RATE, 2.0)
    assert len({c.path for c in program.captures}) == 2


REFUSED = {
    "generator": ("yield x", UnsupportedError), "undefined": ("return nonsense", InputError),
    "attribute": ("return x.nonsense", InputError), "c function": ("return np.from_dlpack(x)", UnsupportedError),
    "option": ("return np.sum(x, nonsense=3)", Error), "unbound": ("y = y + 1.0", InputError),
    "truth": ("if x: pass", InputError), "static": ("return np.sum(x, axis=x[0])", Error),
    "kinds": ("y = 1.0 if x[0] > 0 else 'a'\n    return y * 2", UnsupportedError),
    "float index": ("return x[x[0]]", InputError),
    "too many": ("return (lambda a: a)(x, x)", InputError), "await": ("async def g(): pass", UnsupportedError),
    "in place": ("n = np.zeros(4, int)\n    n += 0.5", InputError), "global": ("global RATE; RATE = 2", UnsupportedError),  # noqa: E501
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refusals_say_where(name):
    import linecache

    body, kind = REFUSED[name]
    text = f"def f(x):\n    {body}\n"
    file = f"<refused {name}>"
    linecache.cache[file] = (len(text), None, text.splitlines(True), file)
    space: dict[str, Any] = {"np": np, "RATE": 1.0}
    exec(compile(text, file, "exec"), space)
    with pytest.raises(kind) as caught:
        trace(space["f"], X)
    assert caught.value.location is not None
    assert caught.value.location.file == file


def test_a_refusal_shows_the_chain_of_calls():
    def inner(v):
        return np.from_dlpack(v) * v

    def outer(v):
        return inner(v)

    with pytest.raises(UnsupportedError) as caught:
        trace(outer, 1.0)
    error = caught.value
    assert [c.function for c in error.calls] == ["outer"]
    assert error.location is not None and error.location.function == "inner"
    assert "np.from_dlpack(v)" in str(error) and "^" in str(error)


def test_exceptions_of_the_program_come_through():
    def f(x, mode="bad"):
        if mode not in ("a", "b"):
            raise ValueError(f"unknown mode {mode}")
        return x

    with pytest.raises(ValueError, match="unknown mode bad"):
        trace(f, 1.0)
    with pytest.raises(ValueError, match="unpack"):
        trace(lambda x: [a for a, b, c in [(x, x)]], 1.0)


def test_functions_without_source():
    with pytest.raises((SourceError, UnsupportedError)):
        trace_call(eval("lambda x: x"), [Leaf(FLOAT, 1.0)])


def test_arrays_of_unknown_rank():
    def f(x):
        y = x * 2.0
        v = y[1:]
        v += 1.0
        return np.sum(y) + x.shape[0] + x.ndim

    program = trace_call(f, [Leaf(Array("f64", None))])
    np.testing.assert_allclose(result(program, f, X), f(X))


def test_functions_as_arguments():
    def apply(f, x, mode):
        return f(x) if mode == "one" else f(f(x))

    program = trace_call(apply, [Static(np.sin), Leaf(FLOAT, 1.0), Static("two")])
    assert [p.path for p in program.trace.params] == ["x"]


# -- inlining --------------------------------------------------------------------------------------------------------


def test_inline_appends_and_returns_packs():
    def rule(x1, x2, axis=None):
        if axis is None:
            return x2 * np.cos(x1), None
        return None

    builder, x, y = Builder(), Value(FLOAT, "x"), Value(Scalar("f64"), "y")
    out = inline(builder, rule, {"x1": x, "x2": y})
    assert isinstance(out, Pack) and out.items[1] == Literal(None)
    assert len(builder.ops) == 2
    assert inline(builder, rule, {"x1": x, "x2": y, "axis": Literal(0)}) == Literal(None)


def test_inline_keeps_loops_and_shapes():
    def rule(a, g):
        out = np.zeros(a.shape)
        for i in range(a.shape[0]):
            out[i] = g[i] * a[i]
        return out

    builder = Builder()
    a, g = Value(Array("f64", ("n",)), "a"), Value(Array("f64", ("n",)), "g")
    out = inline(builder, rule, {"a": a, "g": g})
    assert isinstance(out, Value) and out.type == Array("f64", ("n",))
    assert sum(isinstance(op, For) for op in builder.ops) == 1


class Accumulator:
    def __init__(self):
        self.total = 1.0
        self.__hidden = 2.0

    def add(self, x):
        for v in x:
            self.total = self.total + v * self.__hidden
            self.last = v
        if x[0] > 0:
            self.total += 1.0
        return self.total


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_attributes_of_an_object_from_outside(sign):
    accumulator = Accumulator()

    def f(x):
        return accumulator.add(x) + accumulator.last

    program = trace(f, X * sign)
    got = result(program, f, X * sign)
    assert accumulator.total == 1.0  # the object itself is left alone
    np.testing.assert_allclose(got, f(X * sign))


class Dual:
    def __init__(self, value, slope):
        self.value, self.slope = value, slope

    def sin(self):
        return Dual(np.sin(self.value), np.cos(self.value) * self.slope)

    def __mul__(self, other):
        return Dual(self.value * other, self.slope * other)

    def sum(self, axis=None, out=None):
        return self.value + self.slope


def test_functions_of_numpy_are_methods_of_objects():
    def f(x):
        return np.sum(np.multiply(np.sin(Dual(x, 1.0)), 3.0))

    check(f, 0.4)
