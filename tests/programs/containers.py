"""Tuples, lists, dicts, comprehensions, generator expressions."""

import numpy as np

from tests.programs import program

X = np.array([0.5, -1.2, 0.8, 1.7])
A = np.array([[1.0, 2.0, 0.2], [0.5, -1.0, 0.9]])


@program(X)
def list_appended_in_a_loop(x):
    ys = []
    for v in x:
        ys.append(v * v)
    return ys[0] * ys[-1] + sum(ys)


@program(X)
def list_that_refers_back(x):
    ys = [x[0]]
    for i in range(1, len(x)):
        ys.append(np.sin(ys[-1]) * x[i] + ys[i - 1])
    return ys[-1] * ys[1]


@program(X)
def array_made_of_a_list(x):
    ys = []
    for i in range(3):
        ys.append(x[i] * x[i + 1])
    y = np.array(ys)
    return y @ y[::-1]


@program(A)
def list_of_rows_stacked(a):
    rows = []
    total = np.zeros(3)
    for k in range(2):
        total = total + np.tanh(a[k]) * (k + 1)
        rows.append(total)
    return np.sum(np.stack(rows) * a)


@program(X)
def list_stores(x):
    ys = [0.0] * 4
    for i in range(4):
        ys[i] = x[i] * x[0]
    ys[1] += ys[2]
    ys[-1] *= 2.0
    ys[0], ys[1] = ys[1], ys[0]
    return ys[0] * ys[3] + ys[1]


@program(X)
def list_methods(x):
    ys = [x[0], x[1]]
    ys.append(x[2] * 2)
    ys.extend([x[3], x[0] * x[1]])
    ys.insert(0, x[3] ** 2)
    last = ys.pop()
    ys.reverse()
    ys += [last * 2.0]
    zs = ys + [1.0]
    return zs[0] * zs[1] + last * ys[2] + len(zs) * zs[-2]


@program(X)
def comprehension(x):
    ys = [v * v for v in x]
    zs = [a * b for a, b in zip(x, ys)]
    ws = [x[i] * zs[i] for i in range(len(x)) if i % 2 == 0]
    return sum(ys) * ws[0] + sum(zs) + ws[-1]


@program(X)
def filtered_by_value(x):
    positive = [v for v in x if v > 0]
    return sum(positive) * len(positive) + positive[0] ** 2


@program(A)
def nested_comprehension(a):
    squares = [[v * v for v in row] for row in a]
    flat = [v * k for k, row in enumerate(squares) for v in row]
    return sum(flat) + squares[0][1] * squares[1][2]


@program(X)
def generator_in_sum(x):
    s = sum(v * v for v in x)
    t = sum((x[i] * x[i + 1] for i in range(3)), 1.0)
    return s * t


@program(X)
def generator_in_max_min(x):
    return max(v * v for v in x) * min(np.exp(v) for v in x) + max([x[0], x[1]]) * min(x[2], x[3])


@program(X)
def builtins_on_sequences(x):
    ys = list(v * 2.0 for v in x)
    zs = tuple(x)
    big = sorted(ys)[-1]
    ok = all(v < 10 for v in ys) and any(v < 0 for v in zs)
    return big * zs[0] + (sum(ys) if ok else 0.0) + abs(zs[1]) + sum([])


@program(X)
def dict_of_floats(x):
    d = {"a": x[0], "b": x[1] * x[2]}
    d["c"] = d["a"] * d["b"]
    d["a"] += 1.0
    d.update(e=x[3])
    total = 0.0
    for key, value in d.items():
        total += value * (2.0 if key == "c" else 1.0)
    return total * d.get("e", 0.0) + d.get("zz", 1.0) * len(d)


@program(X)
def dict_comprehension(x):
    names = ["p", "q", "r", "s"]
    d = {n: v**2 for n, v in zip(names, x)}
    return d["p"] * d["s"] + sum(d.values()) + sum(x[k] for k in range(4) if names[k] in d)


@program(X)
def dict_with_integer_keys(x):
    memo = {0: 1.0, 1: x[0]}
    for n in range(2, 5):
        memo[n] = 2 * x[0] * memo[n - 1] - memo[n - 2] * x[1]
    return memo[4]


@program((1.0, (2.0, 3.0)), [0.5, 1.5])
def nested_arguments(t, xs):
    a, (b, c) = t
    return [a * b * xs[0], (c * xs[1], {"sum": b + c})]


@program([X[:2], X[2:]])
def list_of_arrays(xs):
    total = 0.0
    for a, b in zip(xs[0], xs[1]):
        total += a * b
    return total * np.sum(xs[0]) + np.concatenate(xs) @ X


@program(X)
def tuple_carried_round(x):
    state = (x[0], x[1])
    for k in range(3):
        a, b = state
        state = (a * b, b + x[k])
    return state[0] + state[1]


@program(X)
def matrix_of_lists(x):
    m = [[x[0], x[1]], [x[2], x[3]]]
    det = m[0][0] * m[1][1] - m[0][1] * m[1][0]
    m[0][1] = det
    return np.array(m) @ np.array([1.0, x[0]])


@program([0.5, 1.5, -0.3])
def list_argument(xs):
    total = 1.0
    for x in xs:
        total *= x + 2.0
    ys = xs[1:] + [xs[0] * 2]
    return total * ys[-1] + len(xs)


@program(X)
def stack_machine(x):
    stack = []
    for v in x:
        stack.append(v)
        if len(stack) == 2:
            b, a = stack.pop(), stack.pop()
            stack.append(a * b + 1.0)
    return stack[0]


@program(0.4)
def polynomial_coefficients(x):
    coefficients = [1.0, -0.5, 0.25, 2.0]
    value = 0.0
    for c in reversed(coefficients):
        value = value * x + c
    return value + sum(c * x**k for k, c in enumerate(coefficients))


@program(X)
def slices_of_lists(x):
    ys = [v * v for v in x]
    head, tail = ys[:2], ys[2:]
    copy = list(ys)
    copy[0] = 0.0
    return sum(head) * sum(tail) + sum(ys[::-1][:1]) + copy[1] + ys[0]


@program(A)
def unpacked_shape(a):
    n, m = a.shape
    (r, c), size = np.shape(a), a.size
    return np.sum(a**2) / (n * m) + a[n - 1, m - 1] * r * c / size + a.sum() / a.ndim


@program(X)
def list_of_pairs(x):
    pairs = []
    for i in range(len(x) - 1):
        pairs.append((x[i] * x[i + 1], {"gap": x[i + 1] - x[i], "k": i}))
    total = 0.0
    for product, extra in pairs:
        total += product * extra["gap"] + extra["k"] * product
    return total * pairs[0][0]


@program(X)
def lists_joined_and_repeated(x):
    ys, zs = [], [1.0]
    for v in x:
        ys.append(np.sin(v))
        if v > 0:
            zs.append(v * ys[0])
    both = ys + zs + ys
    tail = both[len(ys) - 1 :]
    same = [x[0] * x[1]] * len(zs)
    return sum(tail) * both[1] + tail[-1] ** 2 + sum(same) * same[1]
