"""Branches, conditional expressions, boolean logic."""

import math

import numpy as np

from tests.programs import program


@program(1.4)
@program(-0.6, name="if_elif_else_2")
@program(0.3, name="if_elif_else_3")
def if_elif_else(x):
    if x < -0.5:
        y = x * x * x
    elif x > 1.0:
        y = np.log(x)
        y = y * y
    elif 0.1 < x < 0.2:
        y = 5.0
    else:
        y = np.exp(x)
    return y * x


@program(0.8, 0.3, analytic=False)
def conditional_expression(x, y):
    big = x if x > y else y
    sign = 1.0 if x - y > 0 else -1.0 if x - y < 0 else 0.0
    return sign * big * (x * y if big > 0.5 else x + y)


@program(0.8, 0.3, -1.2)
def short_circuit(x, y, z):
    r = 0.0
    if x > 0 and y > 0 and not z > 0:
        r += x * y
    if x < 0 or (y < 1 and z < 0):
        r += y * z
    if not (x > 0 and z > 0):
        r *= 2.0 + x
    ok = x > 0.5 and y
    either = y or x
    return r + ok * either


@program(0.45)
def chained_comparison(x):
    r = x
    if 0.0 < x <= 0.5 < 1.0:
        r = x * x
    if not 0.5 < x < 0.7:
        r = r + np.sin(x)
    if 1 < 2 < 3 != 4:
        r = r * 2
    return r


@program(0.5)
@program(2.5, name="early_return_2")
@program(-1.5, name="early_return_3")
def early_return(x):
    if x < 0:
        return np.exp(x)
    y = x * x
    if x > 2:
        y = y + 1.0
        return np.sqrt(y)
    if x > 100:
        raise ValueError("too large")
    return y * x


@program(np.array([0.3, -0.8, 1.2]), "tanh")
@program(np.array([0.3, -0.8, 1.2]), "relu", name="option_relu")
@program(np.array([0.3, -0.8, 1.2]), "softplus", name="option_softplus")
def option(x, kind):
    if kind == "tanh":
        y = np.tanh(x)
    elif kind in ("relu", "rectifier"):
        y = np.maximum(x, 0)
    elif kind == "softplus":
        y = np.logaddexp(0.0, x)
    else:
        raise ValueError(f"unknown activation {kind!r}")
    return np.sum(y * y)


@program(np.array([0.3, -0.8, 1.2]), None)
@program(np.array([0.3, -0.8, 1.2]), np.array([1.0, 2.0, 0.5]), wrt=(0,), name="optional_given")
@program(np.array([0.3, -0.8, 1.2]), np.array([1.0, 2.0, 0.5]), name="optional_active")
def optional(x, weights=None):
    if weights is None:
        weights = np.ones_like(x)
    elif weights.ndim != 1:
        raise ValueError("weights must be one-dimensional")
    return np.sum(weights * x**2) / np.sum(weights)


@program(0.7, -0.2)
def nested_branches_with_different_names(x, y):
    if x > 0:
        if y > 0:
            a = x
            b = y
        else:
            b = x * y
            a = b + y
            c = a * b
            b = b - c
    else:
        a = b = 0.0
    return a * b


@program(np.array([0.2, 0.9, -0.4]))
def branch_on_an_array_property(x):
    if x.ndim == 1 and len(x) > 2 and x.shape[0] % 2 == 1:
        return x[len(x) // 2] * np.sum(x)
    return np.sum(x)


@program(np.array([0.2, 0.9, -0.4]))
def branch_on_reductions(x):
    if np.all(np.isfinite(x)) and np.any(x < 0):
        y = x - x.min()
    else:
        y = x
    if np.linalg.norm(y) > 0.5:
        y = y / np.linalg.norm(y)
    return y[1] * y[2] + y @ y


@program(0.4, 1.6)
def asserts_and_guards(x, y):
    assert x > 0, f"x must be positive, not {x}"
    if y <= 0:
        raise ValueError("y = %g" % y)
    assert isinstance(x, float)
    if not np.isfinite(x * y):
        raise OverflowError
    return math.log(x) * math.sqrt(y)


@program(0.4, 1.6)
def piecewise_with_state(x, y):
    state = 0
    if x < y:
        state = 1
    if y < 2:
        state += 2
    if state == 3:
        r = x**y
    elif state & 1:
        r = x
    else:
        r = y
    return r


@program(np.array([-1.5, 0.5, 2.5]))
def where_with_a_guarded_branch(x):
    safe = np.where(x > 1.0, x - 1.0, 1.0)
    return np.sum(np.where(x > 1.0, np.sqrt(safe), x * x))


@program(-0.5, 0.25)
def min_max_clip(x, y):
    return min(x, y, 3.0) * max(x * x, y * y) + np.clip(y, 0.0, 1.0) * np.minimum(x, y) + abs(x) * np.fmax(x, y)


@program(0.37)
def boolean_arithmetic(x):
    n = (x > 0.1) + (x > 0.2) + (x > 0.5)
    return x**n * (x < 1) + (not n) * 100.0


@program(0.9, True)
@program(0.9, False, name="flag_off")
def flag(x, smooth):
    y = x * x if smooth else abs(x)
    if not smooth:
        return y * 3.0
    return y * math.erf(x)


@program(np.array([[1.0, 2.0], [3.0, 4.0]]), 1)
def select_by_integer(a, axis):
    if axis == 0:
        return a[0] @ a[1]
    elif axis == 1:
        return a[:, 0] @ a[:, 1]
    return np.sum(a)


@program(np.array([-1.0, -2.0]))
@program(np.array([0.7, 0.4]), name="a_branch_outside_of_whose_domain_2")
def a_branch_outside_of_whose_domain(x):
    if x[0] > 0.0:
        y = np.log(x)
    else:
        y = 3.0 * x * x
    return np.sum(y * y)
