"""Functions as values: closures, tables of functions, functions chosen when the program runs, functions of functions."""

import functools
import math
import operator
from operator import attrgetter, itemgetter, methodcaller

import numpy as np

from tests.programs import program

V = np.array([0.5, 1.2, -0.7])


def scaled(c):
    def f(y):
        return c * y

    return f


@program(1.3)
def bound_late(x):
    fs = []
    for k in range(3):
        fs.append(lambda y: y * (k + 1) * x)  # noqa: B023  all of them see the last k
    return sum(f(x) for f in fs)


@program(1.3)
def bound_early(x):
    fs = [lambda y, k=k: y * (k + 1) * x for k in range(3)]
    return sum(f(x) for f in fs)


@program(1.3)
def names_of_the_function_around_a_loop(x):
    total, last = x * 1.0, 0.0

    def run(n):
        nonlocal total, last
        for k in range(n):
            last = total
            total = total * x + k
        return total

    return run(3) + total * last


@program(1.3, 0.6)
def outlives_its_turn(x, y):
    fs = []
    for c in (x, y, x * y):
        fs.append(scaled(c))
    return sum(f(x) for f in fs)


@program(1.3)
def chosen_of_two(x):
    def g(y):
        return x * y

    def h(y):
        return x + y * y

    f = g if x > 0 else h
    return f(x)


@program(-1.3)
def closes_over_what_a_branch_made(x):
    if x > 0:
        c = x * 2
        f = lambda y: y * c  # noqa: E731
    else:
        c = x * x
        f = lambda y: y - c  # noqa: E731
    return f(x)


@program(1.3)
def one_maker_two_closures(x):
    f = scaled(x) if x > 0 else scaled(x * x)
    return f(x) * f(2.0)


@program(1.3)
def of_one_path_only(x):
    if x > 0:
        f = scaled(x * 2)
    else:
        return x * x
    return f(x)


@program(1.3)
def replaced_in_a_loop(x):
    f = scaled(x)
    for i in range(3):
        if x * i > 1.0:
            f = scaled(x * i)
    return f(x)


@program(V)
def carried_through_a_loop(v):
    f = scaled(v[0])
    total = 0.0
    for item in v:
        total = total + f(item)
        f = scaled(item * 2)
    return total + f(2.0)


@program(1.3)
def made_in_a_while(x):
    f = lambda y: y  # noqa: E731
    while x < 10:
        x = x * 1.7
        f = scaled(x)
    return f(x)


@program(1.3, 2)
def one_of_three(x, kind):
    if x > kind:
        f = scaled(x)
    elif x > 1:
        f = scaled(x * x)
    else:
        f = math.sin
    return f(x)


@program(1.3)
def lists_of_functions_on_two_paths(x):
    fs = [scaled(x), scaled(x * x)] if x > 1 else [math.sin, math.cos]
    return fs[0](x) + fs[1](x)


@program(1.3)
def replaced_in_a_dict(x):
    table = {"a": scaled(x)}
    if x > 1:
        table["a"] = scaled(x * 3)
    return table["a"](x)


@program(1.3)
def callback_or_none(x):
    callback = None
    if x > 1:
        callback = scaled(x)
    if callback is not None:
        return callback(x) * x
    return x


@program(1.3)
def closes_over_itself(x):
    def maker(c):
        def factorial(n):
            return c if n == 0 else n * factorial(n - 1)

        return factorial

    f = maker(x) if x > 1 else maker(x * x)
    return f(3)


@program(1.3)
def counters_of_their_own(x):
    def counter():
        n = 0

        def count():
            nonlocal n
            n += 1
            return n

        return count

    a, b = counter(), counter()
    a()
    b()
    return x ** a() + b() * x


@program(1.3)
def state_of_the_chosen_one(x):
    def adder(total):
        def add(y):
            nonlocal total
            total = total + y
            return total

        return add

    a, b = adder(x), adder(x * x)
    chosen = a if x > 1 else b
    chosen(x)
    return a(x) * 2 + b(x)


@program(V)
def closes_over_an_array_that_changes(v):
    w = v * 2
    f = (lambda t: np.sum(t * w)) if v[0] > 0 else (lambda t: np.sum(t) + w[0])
    w[0] = 5.0 * v[1]
    return f(v)


@program(V)
def methods_as_functions(v):
    f = v.sum if v[0] > 0 else v.mean
    return f() * 2


@program(1.3)
def a_table_of_lambdas(x):
    table = {"mul": lambda a, b: a * b, "sub": lambda a, b: a - b, "pow": pow, "mod": operator.mul, "max": max}
    out = x
    for name in ("mul", "sub", "pow", "mod", "max"):
        out = table[name](out, x + 0.1)
    return out


@program(1.3, 0.6)
def partials(x, y):
    f = functools.partial(lambda a, b, c: a * b + c, x, c=y)
    g = functools.partial(f, y)
    return f(y) * g()


@program(1.3, 0.6)
def curried(x, y):
    return (lambda a: lambda b: lambda c: a * b + c)(x)(y)(x)


def composed(*fs):
    def composition(x):
        for f in reversed(fs):
            x = f(x)
        return x

    return composition


@program(1.3)
def composition(x):
    return composed(np.sin, lambda t: t * x, math.exp)(x)


@program(1.3)
def decorated(x):
    def times(c):
        def decorator(f):
            @functools.wraps(f)
            def wrapper(*args):
                return c * f(*args)

            return wrapper

        return decorator

    @times(x)
    @times(2.0)
    def f(y):
        return y * y

    return f(x)


@program(1.3)
def a_decorator_with_state(x):
    calls = [0]

    def counted(f):
        def wrapper(*args):
            calls[0] += 1
            return f(*args) * calls[0]

        return wrapper

    @counted
    def f(y):
        return y * x

    return f(x) + f(x)


@program(1.3)
def memoised_by_hand(x):
    known = {}

    def f(n):
        if n in known:
            return known[n]
        out = x if n < 2 else f(n - 1) + x * f(n - 2)
        known[n] = out
        return out

    return f(6)


@program(1.3)
def memoised_by_functools(x):
    @functools.lru_cache(None)
    def f(n):
        return 1.0 if n == 0 else x * f(n - 1) + n

    return f(4)


class Jitted:
    """What a compiler such as Numba makes of a function: the source is that of ``py_func``."""

    def __init__(self, py_func):
        self.py_func = py_func
        self.__name__ = py_func.__name__

    def __call__(self, *args):
        return self.py_func(*args)


@Jitted
def power_sum(x, y):
    total = 0.0
    for i in range(3):
        total += x * y**i
    return total


@program(1.3)
def calls_a_jitted_function(x):
    return power_sum(x, x)


@program(1.3)
def recursion_on_what_is_known(x):
    def power(n):
        return 1.0 if n == 0 else x * power(n - 1)

    return power(5)


@program(1.3)
def recursion_until_it_is_large(x):
    def grow(t):
        return t if t > 10.0 else grow(t * x)

    return grow(x)


@program(1.3)
def defaults_of_functions_made_here(x):
    def f(y, z=x * 2, *, w=x):
        return y * z + w

    def gathered(y, seen=[]):  # noqa: B006  it is meant to be one list
        seen.append(y)
        return sum(seen)

    return f(x) + f(x, 1.0) + f(x, w=2.0) + gathered(x) + gathered(x * x)


def integrate(f, y, times, args=()):
    path = [y]
    for i in range(len(times) - 1):
        h = times[i + 1] - times[i]
        slope = f(y, times[i], *args)
        y = y + h * f(y + h / 2 * slope, times[i] + h / 2, *args)
        path.append(y)
    return np.array(path)


@program(V, 0.7)
def an_integrator_takes_f_and_args(y, k):
    return np.sum(integrate(lambda y, t, k: -k * y + np.sin(t), y, np.linspace(0, 1, 5), args=(k,)) ** 2)


class Squared:
    def __init__(self, w):
        self.w = w

    def __call__(self, x):
        return self.w * x**2


SQUARED = Squared(3.0)


@program(1.3)
def instances_as_functions(x):
    fs = [SQUARED, Squared(x), Squared(2.0)]
    return sum(f(x) for f in fs) + sum(map(Squared(x), [1.0, x]))


@program(1.3, 0.6)
def reduced_and_mapped(x, y):
    total = functools.reduce(lambda a, b: a * b + x, [x, y, 2.0, x]) + functools.reduce(operator.mul, (x, y, x), 1.0)
    return total + sum(map(lambda a, b: a * b, (x, y), (y, y))) + sum(map(math.sin, [x, y]))


@program(V)
def filtered(v):
    kept = list(filter(lambda t: t > 0.2, [v[0], v[1], -v[0], v[0] * v[1]]))
    return sum(kept) + sum(t * t for t in filter(lambda t: t > 0.2, v)) + sum(filter(None, [v[0], 0.0, v[1]]))


@program(V)
def sorted_by_a_key(v):
    numbers = sorted([v[0], -v[1], v[0] * v[1]], key=abs, reverse=True)
    falling = sorted(v, key=lambda t: -t)
    order = sorted(range(3), key=v.__getitem__)
    return numbers[0] + 2 * numbers[1] + falling[0] * 3 + falling[1] + v[order[0]] * v[order[2]]


@program(1.3, 0.6)
def sorted_tuples(x, y):
    pairs = sorted([(x, y), (y, x), (x * y, 1.0)], key=lambda t: t[0])
    named = sorted([("b", x), ("a", y), ("b", x * y)])
    ties = sorted([(1, x), (0, y), (1, x * y)], reverse=True)
    first = sorted({"b": x, "a": y}.items(), key=itemgetter(1), reverse=True)[0]
    score = named[0][1] * 2 + named[1][1] * 3 + ties[0][1] + 2 * ties[1][1]
    return pairs[0][0] * pairs[1][1] + pairs[2][0] ** 2 + score + first[1]


@program(V)
def largest_by_a_key(v):
    x, y = v[0], v[1]
    of_few = max([x, -y, x * y], key=abs) * min(x, y, key=lambda t: (t - 1) ** 2)
    return of_few + max(v, key=lambda t: -abs(t - 0.4)) * min(v, key=abs) + v[max(range(len(v)), key=lambda k: v[k])]


class Point:
    def __init__(self, a, b):
        self.a, self.b = a, b

    def line(self, k):
        return self.a * k + self.b

    twice = functools.partialmethod(line, 2.0)


ENDS, SHAPE, DOT = itemgetter(0, 2), attrgetter("size", "T"), methodcaller("dot", np.array([1.0, 2.0, 3.0]))


@program(V)
def getters(v):
    p = Point(v[0], v[1])
    first, last = ENDS(v)
    size, transposed = SHAPE(v)
    a, b = itemgetter("a", "b")({"a": v[0], "b": v[1]})
    members = attrgetter("a")(p) * attrgetter("b")(p) + methodcaller("line", v[2])(p) + p.twice()
    return first * last * size + np.sum(transposed) * DOT(v) + a * b + members


@program(1.3, 0.6)
def operators_as_functions(x, y):
    total = 0.0
    for f in (operator.add, operator.sub, operator.mul, operator.truediv, operator.pow):
        total += f(x, y)
    items = functools.reduce(operator.add, [[x], [y, x], [x * y]])
    return total * operator.getitem(items, 1) if operator.lt(y, x) else total


@functools.singledispatch
def area(shape):
    raise NotImplementedError


@area.register
def _(shape: float):
    return shape * shape


@area.register
def _(shape: tuple):
    return shape[0] * shape[1]


@program(1.3, 0.6)
def dispatched_by_type(x, y):
    return area(x) + area((x, y))


@np.vectorize
def kinked(t, k=2.0):
    return k * math.sin(t) if t > 0.3 else t * k


@functools.partial(np.vectorize, otypes=[float], excluded=["p"])
def ramp(t, p):
    return p[0] * t + p[1] if t > 0 else 0


@program(V)
def vectorised(v):
    squares = np.vectorize(lambda t: t * t if t > 0 else math.exp(t))
    return np.sum(squares(v) * v) + np.sum(kinked(v, v[::-1]) ** 2) + np.sum(ramp(v, p=[v[0], v[1]]))


@program(np.arange(6.0).reshape(2, 3) / 4 + 0.3, V)
def vectorised_over_two_arrays(m, v):
    products, differences = np.vectorize(lambda a, b: (a * b, a - b))(m, v)
    return np.sum(products * products + differences)


@program(np.arange(6.0).reshape(2, 3) / 4 + 0.3, 0.7)
def along_an_axis(m, k):
    def walked(row, a, b=1.0):
        return np.cumsum(row) * a + b

    scores = np.apply_along_axis(lambda r: np.sum(r**2) * r[0], 1, m)
    unit = np.apply_along_axis(lambda r: r / np.sum(r * r), 0, m)
    return np.sum(scores) * np.sum(unit * m**2) + np.sum(np.apply_along_axis(walked, -1, m, k, b=k * 2) ** 2)


@program(V)
def arrays_from_functions(v):
    squares = np.fromiter((t * t for t in v), dtype=float)
    grid = np.fromfunction(lambda i, j: v[0] * i + j * v[1] ** 2, (3, 2))
    parts = np.piecewise(v, [v < 0, v >= 0.8], [lambda t: t * t, lambda t: 3 * t, 1.0])
    return np.sum(squares**2) + np.sum(grid**2) + np.sum(parts * v) + np.sum(np.apply_over_axes(np.sum, grid, [0, 1]))
