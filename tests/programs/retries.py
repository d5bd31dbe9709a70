"""``try`` around linear algebra and helper functions."""

import math

import numpy as np

from tests.programs import program


@program(np.array([[2.0, 1.0], [1.0, 3.0]]))
@program(np.array([[1.0, 1.5], [1.5, 1.0]]), name="cholesky_with_jitter_2")
def cholesky_with_jitter(A):
    jitter = 1e-3
    for attempt in range(5):
        try:
            L = np.linalg.cholesky(A)
            break
        except np.linalg.LinAlgError:
            A = A + jitter * np.eye(2)
            jitter *= 10
    else:
        raise RuntimeError("no")
    return np.sum(np.log(np.diag(L)))


@program(np.array([1.0, 2.0, 3.0]))
@program(np.array([1.0, 20.0, 3.0]), name="an_index_that_runs_out_2")
def an_index_that_runs_out(x):
    total = 0.0
    try:
        for i in range(10):
            total = total + x[i] * x[i]
            if total > 100.0:
                raise ValueError("big")
    except IndexError:
        total = total * 2
    except ValueError as e:
        total = total * 3
    return total


def helper(x):
    if x < 0:
        raise ValueError(f"neg {x}")
    return math.sqrt(x)


@program(2.0)
@program(0.5, name="a_helper_that_raises_2")
def a_helper_that_raises(x):
    try:
        r = helper(x) + helper(x - 1.0)
    except ValueError:
        return x * x
    return r


class Bad(Exception):
    def __init__(self, value, why):
        super().__init__(f"bad {value}")
        self.value = value
        self.why = why


def inner(x):
    if x > 1.0:
        raise Bad(x * 2, "large")
    return x * x


@program(0.6)
def an_exception_that_carries_a_value(x):
    out = 0.0
    for k in range(4):
        try:
            out += inner(x * k)
        except Bad as e:
            out += e.value * 0.5
        finally:
            out *= 1.1
    return out
