"""Helpers, with every kind of argument; recursion, closures, globals, methods, callables."""

import dataclasses
import functools
import math
from collections import namedtuple

import numpy as np

from tests.programs import program

GAIN = 2.5
TABLE = np.array([1.0, -2.0, 0.5])
SETTINGS = {"scale": 1.5, "steps": 3}
X = np.array([0.5, -1.2, 0.8])


def poly(x, a, b=2.0, *rest, c=3.0, **more):
    total = a + b * x + c * x * x
    for k, r in enumerate(rest):
        total += r * x ** (3 + k)
    for value in more.values():
        total *= value
    return total


@program(0.7, 1.3, analytic=True)
def every_kind_of_argument(x, y):
    r = poly(x, y)
    r += poly(x, 1.0, y, c=x)
    r += poly(y, x, 1.0, y, x * y)
    r += poly(x=y, a=1.0, c=y, d=x, e=2.0)
    return r


@program(0.7, 1.3)
def spread_arguments(x, y):
    args = (x, y)
    options = {"c": x * y, "scale": 0.5}
    return poly(*args, **options) + poly(*[x, 1.0], 2.0, **{"c": y})


@program(0.4, 0.6, 0.9)
def star_parameter(*xs):
    total = 0.0
    for x in xs:
        total += x * xs[0]
    return total + len(xs) * xs[-1]


@program(0.4, 0.6)
def forwards_everything(*args):
    def inner(*args, **kwargs):
        return poly(*args, **kwargs)

    return inner(*args, c=args[1])


def fact(x, n):
    if n == 0:
        return 1.0
    return x * fact(x, n - 1)


@program(1.2, 4)
def recursion_on_an_integer(x, n):
    return fact(x, n) + fact(x, 2)


def halve(x):
    if x < 0.5:
        return x * x
    return 3.0 * halve(x / 2.0) + math.sin(x)


@program(3.1)
def recursion_on_a_float(x):
    return halve(x)


def is_even(x, n):
    return x if n == 0 else is_odd(x * 1.1, n - 1)


def is_odd(x, n):
    return -x if n == 0 else is_even(x * x, n - 1)


@program(0.9, 3)
def mutual_recursion(x, n):
    return is_even(x, n)


def tree_sum(x):
    if len(x) == 1:
        return x[0] ** 2
    mid = len(x) // 2
    return tree_sum(x[:mid]) * 0.5 + tree_sum(x[mid:])


@program(np.array([0.3, 1.4, -0.2, 0.8]))
def divide_and_conquer(x):
    return tree_sum(x)


@program(0.7)
def closure_over_a_local(x):
    y = x * x

    def inner(z):
        return y * z + x

    return inner(x) * inner(2.0)


@program(0.7)
def closure_sees_rebinding(x):
    y = x

    def inner():
        return y * 2.0

    first = inner()
    y = x * x * x
    return first * inner()


@program(0.7)
def nonlocal_counter(x):
    total = 0.0

    def add(v):
        nonlocal total
        total += v * v

    for k in range(3):
        add(x * k)
    add(x)
    return total


def make_scaler(factor):
    def scale(v):
        return v * factor

    return scale


@program(0.7, 1.9)
def function_returned_by_a_function(x, y):
    return make_scaler(x)(y) + make_scaler(y)(2.0)


@program(X)
def lambdas(x):
    square = lambda v: v * v  # noqa: E731
    add, sub = lambda a, b: a + b, lambda a, b: a - b
    return add(square(x[0]), sub(x[1], x[2]))


@program(X)
def functions_as_values(x):
    table = {"sin": np.sin, "cube": lambda v: v**3}
    total = 0.0
    for name in ("sin", "cube"):
        total += np.sum(table[name](x))
    for f in (np.exp, math.cos):
        total += f(x[0])
    return total


@program(X, np.tanh)
@program(X, np.exp, name="activation_as_an_argument_2")
def activation_as_an_argument(x, activation):
    return np.sum(activation(x) * x)


@program(X)
def reads_globals(x):
    return GAIN * np.sum(TABLE * x) ** 2 / SETTINGS["scale"] + SETTINGS["steps"] * x[0]


@program(X)
def partial_application(x):
    f = functools.partial(poly, a=1.0, c=GAIN)
    return f(x[0]) + f(x[1], b=x[2])


@program(X)
def mapped(x):
    squares = list(map(lambda v: v * v, x))
    return sum(squares) * squares[0] + sum(map(lambda a, b: a * b, x, TABLE))


@program(X)
def reduced(x):
    return functools.reduce(lambda a, b: a * b + 1.0, x, 1.0)


class Layer:
    """A dense layer, with weights as attributes."""

    slope = 0.1

    def __init__(self, w, b):
        self.w = w
        self.b = b
        self.calls = 0

    def act(self, z):
        return np.where(z > 0, z, self.slope * z)

    def __call__(self, x):
        return self.act(self.w @ x + self.b)

    def loss(self, x, target):
        r = self(x) - target
        return 0.5 * np.sum(r * r)

    @property
    def size(self):
        return self.w.size

    @staticmethod
    def norm(v):
        return np.sqrt(np.sum(v**2))

    @classmethod
    def unit(cls, n):
        return cls(np.eye(n), np.zeros(n))


LAYER = Layer(np.array([[0.2, -0.5, 0.1], [0.4, 0.3, -0.7]]), np.array([0.05, -0.1]))
program(X, np.array([0.3, -0.2]), name="bound_method")(LAYER.loss)
program(X, name="callable_object")(LAYER)


@program(X)
def methods_of_a_global_object(x):
    return LAYER.loss(x, 0.5) * LAYER.size + LAYER.norm(x)


@program(np.array([[0.2, -0.5, 0.1], [0.4, 0.3, -0.7]]), X)
def object_made_inside(w, x):
    layer = Layer(w, np.zeros(2))
    other = Layer.unit(3)
    return layer.loss(other(x), 1.0)


class Counting:
    """A benchmark objective that counts its calls, as test-function collections do."""

    def __init__(self):
        self.nfev = 0

    def fun(self, x, *args):
        self.nfev += 1
        return sum(100.0 * (x[1:] - x[:-1] ** 2.0) ** 2.0 + (1 - x[:-1]) ** 2.0)


program(np.array([0.8, 1.2, 0.7, 1.1]), name="counting_method")(Counting().fun)


class Base:
    offset = 0.25

    def value(self, x):
        return x * x + self.offset


class Derived(Base):
    def value(self, x):
        return super().value(x) * x


program(1.3, name="super_call")(Derived().value)

Point = namedtuple("Point", "x y")


@dataclasses.dataclass
class Params:
    rate: float
    weights: np.ndarray


@program(Point(0.5, 1.5))
def namedtuple_argument(p):
    q = Point(p.y, y=p.x * p.y)
    return Point(q.x * q.y, p[0] + q[1])


@program(Params(0.3, np.array([1.0, 2.0])))
def dataclass_argument(p):
    q = Params(p.rate * 2.0, p.weights * p.rate)
    return np.sum(q.weights**2) + q.rate


@program({"w": np.array([[0.1, 0.2], [0.3, 0.4]]), "b": [np.array([0.5, -0.5]), 0.25]}, np.array([1.0, 2.0]))
def nested_parameters(params, x):
    h = np.tanh(params["w"] @ x + params["b"][0])
    return {"loss": np.sum(h) * params["b"][1], "h": (h, x[0])}


def helper_that_returns_three(x):
    return x, x * x, {"cube": x**3}


@program(0.6)
def several_results(x):
    a, b, c = helper_that_returns_three(x)
    _, d, _ = helper_that_returns_three(b)
    return a + b * c["cube"] + d


@program(0.6)
def decorated_helper(x):
    @functools.wraps(math.sin)
    def wrapper(v):
        return twice(v) + 1.0

    return wrapper(x) * cached(3)


def doubling(f):
    @functools.wraps(f)
    def run(*args, **kwargs):
        return 2.0 * f(*args, **kwargs)

    return run


@doubling
def twice(v):
    return v * v


@functools.lru_cache
def cached(n):
    return n * 1.5


@program(0.6)
@doubling
def decorated(x):
    return math.exp(x) * x


def default_made_once(x, scale=GAIN * 2, *, shift=TABLE[2]):
    return x * scale + shift


@program(0.6)
def defaults(x):
    return default_made_once(x) * default_made_once(x, shift=x)


@program(0.6)
def prints_on_the_way(x):
    y = x * x
    print("y is", y, end="")
    print(f" and x is {x:.3f}")
    return y * x


def decay(t, height, rate, floor):
    return height * np.exp(-rate * t) + floor


@program(np.array([2.0, 0.7, 0.1]), np.array([0.0, 0.5, 1.3]))
def model_of_starred_parameters(p, t):
    return np.sum(decay(t, *p) ** 2)


@program(np.array([0.3, 1.1, 0.4, 0.2]), np.array([0.0, 0.5, 1.3]))
def model_of_a_starred_slice(p, t):
    q = np.exp(p)
    return np.sum(decay(t, *q[1:]) * q[0]) + max(*p) * np.hypot(*p[:2])


@program(np.array([[0.3, 1.1], [0.4, 0.2]]))
def columns_by_zip(a):
    return sum(x * y for x, y in zip(*a))  # noqa: B905


@program(1.3, 0.8)
def bushy_recursion(a, b):
    def f(x):
        return math.exp(-x * x) * math.sin(b * x)

    def rule(left, right):
        return (right - left) / 6 * (f(left) + 4 * f((left + right) / 2) + f(right))

    def adapted(left, right, tolerance, depth):
        middle = (left + right) / 2
        whole, halves = rule(left, right), rule(left, middle) + rule(middle, right)
        if depth == 0 or abs(halves - whole) < 15 * tolerance:
            return halves
        return adapted(left, middle, tolerance / 2, depth - 1) + adapted(middle, right, tolerance / 2, depth - 1)

    return adapted(0.0, a, 1e-4, 7)
