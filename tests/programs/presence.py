"""Values that are None on some paths: tested in many ways, used where a test said that they are there."""

import math

import numpy as np

from tests.programs import program


@program(0.6)
@program(1.2, name="tested_together_with_a_bound_2")
@program(2.6, name="tested_together_with_a_bound_3")
def tested_together_with_a_bound(x):
    z = None
    if x > 1:
        z = x * x
    if z is not None and z > 2:
        return z * x
    return 3 * x


@program(0.6)
@program(1.7, name="a_test_kept_in_a_name_2")
def a_test_kept_in_a_name(x):
    z = None
    if x > 1:
        z = math.exp(x)
    there = z is not None
    return z * 2 if there else x * 3


@program(0.6)
@program(1.2, name="none_or_small_2")
@program(2.6, name="none_or_small_3")
def none_or_small(x):
    z = x * x if x > 1 else None
    if z is None or z < 2:
        return math.sin(x)
    return z * x


@program(0.6)
@program(1.6, name="the_failure_is_caught_2")
def the_failure_is_caught(x):
    pair = None
    if x > 1:
        pair = [x, x * x]
    try:
        return pair[0] * pair[1]
    except TypeError:
        return 3 * x


@program(0.6)
@program(1.7, name="largest_with_none_2")
def largest_with_none(x):
    best = None
    for k in range(4):
        v = (x - k) ** 2 + x
        if best is None or v > best:
            best = v
    return best


@program(0.6)
def found_in_a_loop(x):
    found = None
    for v in np.arange(3.0):
        if found is None and v > x:
            found = v * x
    return math.exp(found)


@program(1.4)
def while_there_is_one(x):
    left = x
    total = 0.0
    while left is not None:
        total = total + left * left
        left = left - 0.5 if left > 0.5 else None
    return total


def dryness(x, y):
    term = math.exp(-x * (1.0 - y))
    if (1.0 - y * term) == 0.0:
        return x / (1.0 + x)
    return (1.0 - term) / (1.0 - y * term)


@program(0.5, 0.33)
def a_secant_that_may_fail(p, r):
    try:
        p0, p1 = 2.0, 2.02
        q0, q1 = dryness(p0, r) - p, dryness(p1, r) - p
        for _ in range(20):
            if q1 == q0:
                break
            p0, p1 = p1, p1 - q1 * (p1 - p0) / (q1 - q0)
            if abs(p1 - p0) < 1e-13:
                return p1
            q0, q1 = q1, dryness(p1, r) - p
    except ArithmeticError:
        pass
    return p
