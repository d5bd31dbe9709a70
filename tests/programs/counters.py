"""Counters that programs keep by hand, and loops that end when one comes to a bound."""

import numpy as np

from tests.programs import program

X = np.array([0.3, 0.7, 1.1, 0.9])


@program(X)
def counted_by_hand(x):
    k, s = 3, 0.0
    for v in x:
        s += v * v * k
        k -= 2
    return s * k


@program(X)
def while_there_are_items(x):
    i, s = 0, 0.0
    while i < len(x):
        s += np.sin(x[i]) * i
        i += 1
    return s * i


@program(X, 4)
def downwards_beside_another_counter(x, n):
    i, j, s = n, 1, 0.0
    while i >= 1:
        i -= 1
        s += x[i] * i * j
        j += 3
    return s * j + i


@program(X, 4)
def a_bound_that_moves(x, n):
    i, s = 0, 0.0
    while i < n:
        if x[i] > 1.0:
            n = n - 1
        s = s * x[i] + i
        i += 1
    return s * i + n


@program(X)
def a_counter_of_some_turns(x):
    k, last, s = 0, 0, 0.0
    for v in x:
        if v > 0.8:
            last = k
            continue
        s += v * k
        k += 1
    for i in range(len(x)):
        if x[i] > 1.0:
            break
        s = s * x[i] + k
        k += 2
    return s * k + x[last]
