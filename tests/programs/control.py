"""Annotations, imports, messages, deletions, exits of loops."""

import math
import warnings
from collections.abc import Callable
from typing import Annotated, Final, Optional, TypeVar, Union, cast

import numpy as np

from tests.programs import program

T = TypeVar("T")


@program(1.5)
def annotations(x: float, n: "int" = 3) -> "float | None":
    """Doc."""
    y: float = x * n
    z: Optional[Union[float, int]]
    z = y + 1
    w: Final[float] = cast(float, z * 2)
    names: list[str] = []
    return w * y


@program(1.5)
def imports_and_checks(x):
    import math as m
    from math import sin as s

    import numpy.linalg as la

    if not isinstance(x, (float, int)):
        raise TypeError(f"expected number, got {type(x).__name__}")
    assert x > 0, "positive, got %g" % x
    return m.exp(x) * s(x) * la.norm(np.array([x, 1.0]))


@program(1.5)
def deletions(x):
    y = x * 2
    del x
    x = y * y
    lst = [x, y, x * y]
    del lst[0]
    d = {"a": x, "b": y}
    del d["a"]
    return sum(lst) + sum(d.values())


@program(1.5)
def nonlocal_numbers(x):
    c = 0.0

    def add(v):
        nonlocal c
        c += v
        return c

    return add(x) + add(x * x) * c


@program(1.5)
def walrus_in_a_condition(x):
    n = 0
    while (y := x * 0.9**n) > 0.5 and n < 100:
        n += 1
    if 0 < y < 1 < n + 2:
        return y * n
    return y


@program(1.5)
def loops_with_else(x):
    for i in range(3):
        for j in range(4):
            if i * j == 2:
                break
            if j == 1:
                continue
            x = x + 0.1 * i * j
        else:
            x = x * 1.5
        if x > 50:
            return x
    else:
        x = x + 7
    return x


@program(np.array([[2.0, 1.0], [1.0, 3.0]]), np.array([1.0, 2.0]))
def until_the_residual_is_small(A, b):
    x = np.zeros_like(b)
    it = 0
    while np.max(np.abs(b - A @ x)) > 1e-10:
        x = x + 0.2 * (b - A @ x)
        it += 1
        if it > 500:
            raise RuntimeError(f"no convergence after {it}: {np.max(np.abs(b - A @ x)):.3e}")
    return float(x @ x)


@program(1.5)
def several_exits(x):
    k = 0
    while True:
        k += 1
        if k == 2:
            x *= 1.5
            continue
        if x > 10:
            return x
        if k > 20:
            break
        x = x * 1.1
    return -x


@program(1.5)
def short_circuit_with_effects(x, flag=None):
    calls = []

    def effect(v, r):
        calls.append(v)
        return r

    if effect(x, x > 1) and effect(2 * x, x > 2) or effect(3 * x, True):
        pass
    return sum(calls)


@program(1.5)
def nested_conditional_expressions(x):
    y = x if x > 3 else (x * 2 if x > 2 else x * 3 if x > 1 else x * 4)
    return y * (lambda t: t if t > 0 else -t)(x - 2)


@program(1.5)
def questions_about_objects(x):
    if callable(math.sin) and hasattr(x, "real") and not hasattr(x, "foo"):
        return x**2
    return x


@program(np.array([1.0, -2.0, 3.0]))
def quiet_blocks(x):
    with np.errstate(divide="ignore", invalid="ignore"):
        y = np.where(x > 0, np.log(np.abs(x)), 0.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        y = y * 2
    return np.sum(y)


@program(1.5)
def annotated_parameters(x: Annotated[float, "m"], f: Callable[[float], float] = math.sin) -> float:
    def inner(t: T) -> T:
        return t

    return f(inner(x))


@program(np.array([1.0, -2.0, 3.0]))
def best_so_far(xs):
    best = None
    for v in xs:
        if best is None or v > best:
            best = v
    return best * 2


@program(1.5)
def a_number_made_of_text(x):
    s = ""
    for k in range(3):
        s += f"{k}"
    n = int(s)
    return x * n


@program(1.5, 4)
def three_loops_deep(x, n):
    r = x
    for i in range(n):
        for j in range(n):
            for k in range(n):
                if (i + j + k) % 3 == 0:
                    continue
                r = r + 0.01 * r * (i - j)
                if r > 5:
                    break
            else:
                r = r * 1.01
                continue
            break
    return r


@program(1.5)
def arguments_of_an_exception(x):
    e = ValueError("a", x)
    try:
        raise e
    except ValueError as err:
        a, b = err.args
        return b * 2


@program(1.7)
def while_with_else(x):
    a = x
    while a > 1:
        a = a / 2
    else:
        a = a * 3
    return a
