"""Loops: every header, break, continue, else, early return, nesting, state carried round."""

import itertools
import math

import numpy as np

from tests.programs import program

X = np.array([0.5, -1.2, 0.8, 1.7])


@program(1.1, 5, analytic=True)
def power_by_loop(x, n):
    y = 1.0
    for _ in range(n):
        y *= x
    return y


@program(X)
def range_start_stop(x):
    total = 0.0
    for i in range(1, len(x)):
        total += x[i] * x[i - 1]
    return total


@program(X)
def range_negative_step(x):
    total = 1.0
    for i in range(len(x) - 1, -1, -2):
        total = np.sin(total * x[i])
    return total


@program(X, 0, 4, 3)
@program(X, 3, -1, -1, name="range_any_step_backwards")
@program(X, 2, 2, 1, name="range_empty")
def range_any_step(x, start, stop, step):
    total = 0.1
    for i in range(start, stop, step):
        total = total * x[i] + math.cos(total)
    return total


@program(X)
def over_an_array(x):
    total = 0.0
    for v in x:
        total += np.exp(v) * total + v
    return total


@program(np.array([[1.0, 2.0], [0.5, -1.0], [0.3, 0.7]]))
def over_rows(a):
    total = np.zeros(2)
    for row in a:
        total = total * row + np.sin(row)
    return total


@program(np.array([[1.0, 2.0], [0.5, -1.0], [0.3, 0.7]]))
def over_columns(a):
    best = 0.0
    for column in a.T:
        best += column[0] * column @ column
    return best


@program((0.5, 1.5, 2.5))
def over_a_tuple(p):
    total = 0.0
    for v in p:
        total += v * v
    for k in (1, 2, 3):
        total *= k * p[k - 1]
    for label in ["a", "b"]:
        total += p[0] if label == "a" else p[1] ** 2
    return total


@program(X)
def enumerated(x):
    total = 0.0
    for i, v in enumerate(x):
        total += v**2 * (i + 1)
    for i, v in enumerate(x[1:], start=1):
        total -= v * x[i - 1] * i
    return total


@program(X, np.array([0.1, 0.2, 0.3, 0.4]))
def zipped(x, y):
    total = 0.0
    for a, b in zip(x, y):
        total += np.sin(a) * b
    for i, (a, b) in enumerate(zip(x[1:], y)):
        total += a * b**i
    for p, q in zip(x[:-1], x[1:], strict=True):
        total += (q - p) ** 2
    return total


@program(X)
def reversed_order(x):
    h = 0.0
    for v in reversed(x):
        h = h * 0.5 + v
    for i in reversed(range(len(x))):
        h = np.tanh(h + i * x[i])
    return h


@program(0.4, 2.0)
def while_loop(x, limit):
    n = 0
    while x < limit:
        x = x * 1.5
        n += 1
    return x * n


@program(2.7)
def newton_square_root(a):
    x = a
    for _ in range(100):
        step = 0.5 * (x - a / x)
        x = x - step
        if abs(step) < 1e-14:
            break
    return x


@program(2.7)
def newton_with_while_true(a):
    x = 1.0
    iterations = 0
    while True:
        new = 0.5 * (x + a / x)
        iterations += 1
        if iterations >= 8:
            return new
        x = new


@program(X)
def break_and_continue(x):
    total = 0.0
    for i, v in enumerate(x):
        if v < 0:
            continue
        total += v * v
        if total > 0.5:
            total *= v
            break
        total += 1.0 * i
    return total


@program(X)
@program(-X, name="loop_else_2")
def loop_else(x):
    for v in x:
        if v > 1.5:
            found = v * v
            break
    else:
        found = np.sum(x)
    n = 3
    while n > 0:
        n -= 1
        if n == 10:
            break
    else:
        found = found * 2.0
    return found * x[0]


@program(X)
@program(X - 3.0, name="return_from_a_loop_2")
def return_from_a_loop(x):
    total = 0.0
    for i in range(len(x)):
        for j in range(i):
            total += x[i] * x[j]
            if total > 0.3:
                return total * x[i]
    return total - 1.0


@program(np.array([[1.0, 2.0, 0.2], [0.5, -1.0, 0.9]]))
def nested_loops(a):
    n, m = a.shape
    total = 0.0
    for i in range(n):
        row = 0.0
        for j in range(m):
            row += a[i, j] ** 2
        total += np.sqrt(row) * (i + 1)
    return total


@program(np.array([[1.0, 2.0, 0.2], [0.5, -1.0, 0.9], [0.1, 0.2, 0.3]]))
def triangular_loops(a):
    n = len(a)
    total = 0.0
    for i in range(n):
        for j in range(i + 1):
            for k in range(j, i + 1):
                total += a[i, j] * a[k, i]
    return total


@program(0.3, 6)
def branch_inside_a_loop(x, n):
    y = x
    for i in range(n):
        if i % 2 == 0:
            y = np.sin(y) + x
        elif y > 0.5:
            y = y * y
        else:
            y = y + 0.1
    return y


@program(0.3)
def data_dependent_trip_counts(x):
    total = 0.0
    for i in range(3):
        y = x
        while y < 1.0 + i:
            y = y * 1.7 + 0.01
        total += y
    return total


@program(0.3, 4)
def several_carried_values(x, n):
    a, b = 0.0, 1.0
    history = []
    for _ in range(n):
        a, b = b, a + b * x
        history.append(a * b)
    return a + b + history[-1] * history[0]


@program(0.3)
def loop_variable_after_the_loop(x):
    for k in range(5):
        x = x * 1.1 + k * 0.01
    return x * k


@program(np.array([0.2, 0.5]), 3)
def array_carried_round(x, n):
    v = x
    for k in range(n):
        v = np.array([v[1], v[0] * x[1] + k])
    return v


@program(1.2, 0.1, 50)
def euler(y, rate, steps):
    dt = 1.0 / steps
    t = 0.0
    while t < 1.0 - 0.5 * dt:
        y += dt * rate * y * (1 - y / 3.0)
        t += dt
    return y


@program(0.6)
def continued_fraction(x):
    f = 1.0
    for k in range(12, 0, -1):
        f = 1.0 + x * k / (2 * k + 1) / f
    return 1.0 / f


@program(0.35)
def power_series_until_small(x):
    term = total = 1.0
    k = 0
    while abs(term) > 1e-13 and k < 60:
        k += 1
        term *= x / k
        total += term
    return total * x


@program(X)
def products_of_pairs(x):
    total = 0.0
    for i, j in itertools.combinations(range(4), 2):
        total += x[i] * x[j] ** 2
    return total


@program(X)
def zero_trip_loops(x):
    total = x[0]
    for i in range(0):
        total = total * x[i]
    for v in x[4:]:
        total += v
    while total > 1e9:
        total = total / 2
    return total * x[1]


@program(0.5, 1.5)
def bisection(a, b):
    lo, hi = 0.0, 4.0
    for _ in range(40):
        mid = 0.5 * (lo + hi)
        if a * mid * mid < b:
            lo = mid
        else:
            hi = mid
    root = 0.5 * (lo + hi)
    for _ in range(3):
        root = root - (a * root * root - b) / (2 * a * root)
    return root * a


@program(0.3, 0.6)
def running_extremes(x, y):
    best, worst = -1e30, 1e30
    for k in range(1, 6):
        v = math.sin(k * x) + y * k
        if v > best:
            best = v
        worst = min(worst, v * y)
    return best - worst


@program(np.array([3.0, 1.0, 2.0]), 2)
def shrinking_slices(x, n):
    while len(x) > 1:
        x = x[1:] * x[:-1]
    return x[0] * n


@program(0.4, 5)
def recurrent_map(x, n):
    y = 0.3
    for _ in range(n):
        y = 3.1 * y * (1.0 - y) * x + np.sin(y)
        if y > 0.9:
            y = y - 0.5 * y * y
    return y


@program(X)
def names_without_a_value_at_first(x):
    total = 0.0
    for i in range(len(x)):
        positive = x[i] > 0
        if i > 0:
            total += previous * x[i] * previous
        if positive:
            root = np.sin(x[i]) ** 2
        previous = np.cos(x[i])
        if positive:
            total += root**3
    return total


TABLE = np.sin(np.arange(60.0)).reshape(20, 3)
ROWS = [np.cos(np.arange(3.0) + k) for k in range(18)]


@program(np.array([0.5, -1.2, 0.8]))
def arrays_added_up_from_zero(x):
    s = 0
    for k in range(20):
        s += TABLE[k] * np.sin(x * k)
    return np.sum(sum(row * v for row, v in zip(ROWS, TABLE[:, 0])) * s)


@program(np.array([0.5, -1.2, 0.8]))
def a_first_turn_that_is_left(x):
    s = t = 0.0
    for k, row in enumerate(ROWS):
        if k > 15 or x[0] * k > 4.0:
            break
        if k % 2 == 0:
            continue
        s = s + row * x**2
        t = t * s + np.outer(row, x)
    else:
        s = s * 2.0
    for i in range(3):
        w = 1.0
        for j in range(5, 0, -1):
            w = w * np.tanh(x * j + i)
        s = s + w
    return np.sum(s * x) + np.sum(t)


@program(np.array([0.5, -1.2, 0.8]), 4)
def left_in_the_first_turn(x, n):
    out = 1.0
    for k in range(9):
        out = out * x
        if x[1] < 0.0:
            break
    total = 0
    for k in range(n):
        total = total + out * k
    return np.sum(total) + np.sum(out)
