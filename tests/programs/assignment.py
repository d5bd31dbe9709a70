"""Assignment of every kind."""

import math

import numpy as np

from tests.programs import program


@program(1.3, 0.7, analytic=True)
def chained(x, y):
    a = b = x * y
    a = a + 1.0
    return a * b


@program(1.3, 0.7, 2.1, analytic=True)
def unpacking(x, y, z):
    a, (b, c) = x, (y * z, z)
    a, b = b, a
    [d, e] = a + c, b * c
    return d * e - a


@program(np.array([0.5, 1.5, -0.3, 2.0]), analytic=True)
def starred(x):
    first, *middle, last = x
    total = first * last
    for m in middle:
        total += m * m * first
    return total


@program((0.4, 1.1, -0.6, 2.0), analytic=True)
def starred_of_a_tuple(p):
    a, *rest = p
    *most, z = rest
    return a * z + most[0] * most[1] * len(rest)


@program(0.8, 1.7)
def augmented_operators(x, y):
    r = x
    r += y
    r *= x
    r -= 0.5
    r /= y
    r **= 2
    r //= 1000.0
    r += x % y
    r += (7.5 * x) // y
    return r * x


@program(1.2)
def annotated(x: float) -> float:
    y: float = x * x
    z: "float"
    z = np.sin(y)
    w: float = z + y
    return w * y


@program(0.9, 0.2, analytic=True)
def walrus(x, y):
    if (n := x * y + 1.0) is not None:
        total = n * (m := n + x)
    return total * m + (k := y) * k


@program(0.3, 1.9)
def walrus_in_a_while(x, y):
    total = 0.0
    while (x := x + 0.35) < y:
        total += np.exp(-x)
    return total * x


@program(2.0, 3.0)
def rebinding_a_parameter(x, y):
    x = x * y
    y = x - y
    x, y = np.sqrt(x), y / x
    x = float(x)
    return x * y


@program(1.1)
def a_name_bound_on_one_path_only(x):
    if x > 1.0:
        y = x * x
        kind = "large"
    else:
        kind = "small"
    if kind == "large":
        return y * 3.0
    return x


@program(np.array([1.0, 2.0, 3.0]))
def swapped_elements(x):
    y = x * x
    y[0], y[2] = y[2], y[0]
    y[0], y[1] = y[1] * y[0], y[0] + y[1]
    return y[0] - y[1] * y[2]


@program(0.6, 1.4)
def shadowed_builtins_and_odd_names(x, lambda_):
    sum = x + lambda_  # noqa: A001
    v1 = sum * x
    x_bar = v1 - lambda_
    np_ = x_bar * v1
    ans = math.cos(np_)
    return ans * x_bar + sum


@program(1.5, 2)
def integer_power_and_division(x, n):
    h = 1 / n
    k = 7 // n
    m = n**3
    return x**n * h + k * x - m % 5 * x * x


@program(0.7)
def constants_only_matter(x):
    pi2 = 2 * math.pi
    n = len("three")
    scale = max(1, 2, n)
    unused = np.zeros(3) + x
    del unused
    return x * pi2 / scale + abs(-2.5) * x**2


@program(np.float64(0.7), np.float32(1.25))
def numpy_scalars(x, y):
    return x * x + y * np.float32(2.0) * x


@program(np.array([0.5, 1.5], dtype=np.float32))
def single_precision(x):
    y = x * 2.0 + 1
    return np.sum(y * np.tanh(x))
