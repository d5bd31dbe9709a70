"""Generator functions, read by loops, folds and unpacking; context managers made of them."""

import contextlib
import math

import numpy as np

from tests.programs import program


def halves(x, n):
    for k in range(n):
        x = x * 0.5
        yield x


@program(1.5)
def a_loop_over_one(x):
    total = 0.0
    for h in halves(x, 5):
        total += h * h
    return total


@program(1.5)
@program(0.3, name="enumerated_and_left_2")
def enumerated_and_left(x):
    def gen(y):
        while y > 0.1:
            yield y
            y = y * 0.7

    s = 0.0
    for k, v in enumerate(gen(x)):
        if k == 3:
            break
        s += v * (k + 1)
    else:
        s = -s
    return s


@program(1.5)
def folds(x):
    return sum(halves(x, 4)) + sum(v * v for v in halves(x, 3)) + max(halves(x, 3))


@program(1.5)
def listed(x):
    xs = list(halves(x, 6))
    return xs[0] * xs[-1] + len(xs)


def series(x):
    term = 1.0
    k = 0
    while True:
        yield term
        k += 1
        term = term * x / k


@program(1.5)
def a_series_until_it_is_small(x):
    total = 0.0
    for t in series(x):
        total += t
        if abs(t) < 1e-12:
            break
    return total


@program(1.5)
def returning_from_an_endless_one(x):
    total = 0.0
    for t in series(x):
        if t < 1e-8:
            return total * 2
        total += t


def pairs(xs):
    it = None
    for i in range(len(xs) - 1):
        yield xs[i], xs[i + 1]


@program(np.array([1.0, 2.0, 5.0]))
def pairs_of_items(x):
    s = 0.0
    for a, b in pairs(x):
        s += (a - b) ** 2
    return s


def tree(x, depth):
    if depth == 0:
        yield x
    else:
        yield from tree(x * 0.5, depth - 1)
        yield from tree(x * 2.0, depth - 1)


@program(1.5)
def a_tree(x):
    return sum(v * v for v in tree(x, 3))


def chunks(xs, n):
    for i in range(0, len(xs), n):
        yield xs[i : i + n]


@program(np.array([1.0, 2.0, 5.0, 3.0, 4.0]))
def chunks_of_an_array(x):
    s = 0.0
    for c in chunks(x, 2):
        if c[0] > 100:
            continue
        s += np.sum(c) ** 2
    return s


@program(1.5)
def zipped(x):
    s = 0.0
    for a, b in zip([1.0, 2.0, 3.0], series(x)):
        s += a * b
    for b, a in zip(series(x), np.arange(4.0)):
        s += a * b
    return s


@program(1.5)
def unpacked(x):
    a, b = halves(x, 2)
    return a * b


@contextlib.contextmanager
def scaled(x, k):
    y = x * k
    yield y
    y = None


@program(1.5)
def two_managers(x):
    with scaled(x, 3.0) as y, scaled(y, 2.0) as z:
        r = y * z
    return r


@contextlib.contextmanager
def safe(default):
    box = [default]
    try:
        yield box
    except ZeroDivisionError:
        box[0] = -1.0
    finally:
        box.append(1.0)


@program(1.5)
def a_manager_that_catches(x):
    with safe(x) as box:
        box[0] = 1.0 / (x - 1.0)
        box[0] = box[0] * 2
    return box[0] * x + len(box)


@program(1.5)
@program(0.5, name="returning_from_a_managed_block_2")
def returning_from_a_managed_block(x):
    with scaled(x, 3.0) as y:
        if x > 1:
            return y * y
        y = y + 1
    return y


@program(1.5)
def a_manager_that_changes_a_variable(x):
    @contextlib.contextmanager
    def ctx():
        nonlocal x
        x = x * 2
        try:
            yield
        finally:
            x = x + 1

    with ctx():
        z = x * x
    return z * x


class Grid:
    def __init__(self, h, n):
        self.h = h
        self.n = n

    def __iter__(self):
        for i in range(self.n):
            yield self.h * i


@program(1.5)
def iter_of_a_class(x):
    return sum(p * p for p in Grid(x, 5))


@program(1.5)
def the_result_of_yield_from(x):
    def inner():
        for i in range(3):
            yield x * i
        return x * 10

    def outer():
        r = yield from inner()
        yield r

    return sum(v * v for v in outer())


@program(1.5)
def raising_out_of_the_loop(x):
    s = 0.0
    try:
        for v in halves(x, 10):
            if v < 0.1:
                raise ValueError(v)
            s += v
    except ValueError as e:
        s = s * 2 + e.args[0]
    return s


@program(np.array([1.0, -2.0, 5.0]))
def filtering(xs):
    def positive(vals):
        for v in vals:
            if v > 0:
                yield v

    return sum(math.sqrt(v) for v in positive(xs)) + len(list(positive(xs)))


@program(1.1)
def left_early_with_finally(x):
    def rungs(y):
        try:
            for k in range(5):
                yield y * k
        finally:
            y = 0.0

    s = 0.0
    for r in rungs(x):
        if r > 2.5:
            break
        s += r
    return s


@program(1.5)
def in_dicts_and_arrays(x):
    d = dict((k, v) for k, v in enumerate(halves(x, 3)))
    z = np.array(list(halves(x, 3)))
    w = np.array([h * 2 for h in halves(x, 3)])
    return d[1] + np.sum(z * w) + sorted(halves(x, 3))[0] + any(v > 1 for v in halves(x, 3))


class Doubled:
    def __init__(self, items):
        self.items = items

    def __iter__(self):
        for item in self.items:
            yield item * 2.0


@program(np.array([1.1, 0.4, 0.7]))
def objects_that_iterate_in_enumerate_and_zip(x):
    first = sum(k * v**2 for k, v in enumerate(Doubled(x)))
    for v, w in zip(Doubled(x), x, strict=False):
        first = first + np.sin(v) * w
    return first
