"""Dicts whose keys are computed at run time, where they can be but few things."""

from collections import defaultdict

import numpy as np

from tests.programs import program

V = np.array([0.31, -0.42, 0.73, 0.88, -0.15])
TABLE = {0: 1.5, 1: 2.5, 2: 7.0}
PRICES = {"small": 1.2, "large": 3.4}


@program(V)
def sums_by_parity(v):
    sums = defaultdict(float)
    for i in range(len(v)):
        sums[i % 2] += v[i] ** 2
    return sums[0] * sums[1]


@program(V)
def sums_by_sign(v):
    sums = {True: 0.0, False: 0.0}
    for x in v:
        sums[x > 0] += x**2
    return sums[True] - sums[False] ** 2


@program(V)
def sums_by_name(v):
    sums = {"gain": 0.0, "loss": 0.0, "other": 1.0}
    for x in v:
        sums["gain" if x > 0 else "loss"] += x**2 * sums["other"]
    return sums["gain"] - sums["loss"] ** 2


@program(V)
def a_table_outside(v):
    total = 0.0
    for i in range(len(v)):
        total += TABLE[i % 3] * v[i] ** 2
    return total


@program(V)
def latest_by_class(v):
    latest = {0: 0.0, 1: 0.0}
    for x in v:
        k = int(abs(x) * 10)
        latest[k % 2] = x * x
        if x > 0.5:
            latest[k & 1] *= 2
    return latest[0] * 3 + latest[1]


@program(V)
def one_reads_another(v):
    state = {3: 0.5, 5: 1.0}
    for i in range(len(v)):
        state[3 + 2 * (i % 2)] += v[i] * state[3]
    return state[3] * state[5]


@program(V)
def a_name_kept_for_later(v):
    cost = 0.0
    for x in v:
        size = "large" if x * x > 0.2 else "small"
        cost += PRICES[size] * x**3
    return cost


@program(V)
def the_key_may_be_missing(v):
    rates = {1: 2.0, 2: 3.0}
    total = 0.0
    for i in range(len(v)):
        try:
            total += rates[i] * v[i] ** 2
        except KeyError:
            total -= v[i]
    return total
