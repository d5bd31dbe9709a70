"""Context managers, broad handlers, floating point errors, ``next``."""

import contextlib
import math

import numpy as np

from tests.programs import program


@program(np.array([1.0, 2.0, 3.0]))
def a_broad_handler(x):  # broad handler
    try:
        y = np.exp(x) * x
        z = np.sum(y / (1.0 + x))
    except Exception:
        z = 0.0
    return z


@program(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 3.0]) + 1.0)
@program(np.array([1.0, 2.0, 3.0]), np.ones(4), name="shapes_that_do_not_fit_2")
def shapes_that_do_not_fit(x, w):
    try:
        return float(x @ w)
    except ValueError:
        return float(np.sum(x))


@program(np.array([1.0, 2.0, 3.0]))
@program(-1.0 * np.array([1.0, 2.0, 3.0]), name="errstate_all_2")
def errstate_all(x):
    with np.errstate(all="raise"):
        try:
            y = np.log(x)
        except FloatingPointError:
            y = np.zeros_like(x)
    return np.sum(y)


@program(0.1 * np.array([1.0, 2.0, 3.0]))
@program(100.0 * np.array([1.0, 2.0, 3.0]), name="errstate_over_2")
def errstate_over(x):
    with np.errstate(over="raise"):
        try:
            y = np.exp(x * 20.0)
        except FloatingPointError:
            y = x * 3
    return np.sum(y)


class Res:
    def __init__(self, v):
        self.v = v
        self.closed = 0

    def __enter__(self):
        return self

    def __exit__(self, et, e, tb):
        self.closed += 1
        if et is ValueError:
            self.v = self.v * 10
            return True
        return False

    def close(self):
        self.closed = 5


@program(1.5)
@program(0.2, name="an_exit_that_swallows_2")
def an_exit_that_swallows(x):
    r = Res(x)
    with r as s:
        s.v = s.v * 2
        if s.v > 1:
            raise ValueError("x")
        s.v = s.v + 1
    return r.v * r.closed


@program(1.5)
def closing(x):
    with contextlib.closing(Res(x)) as r:
        y = r.v * 2
    return y * r.closed


@program(1.5)
def exit_stack(x):
    with contextlib.ExitStack() as stack:
        r = stack.enter_context(Res(x))
        stack.callback(lambda: None)
        y = r.v * x
    return y * r.closed


@program(1.5)
def next_of_an_expression(x):
    g = (v * x for v in [1.0, 2.0, 3.0])
    a = next(g)
    return a * x


@program(1.5)
def next_by_name(x):
    def gen():
        yield x
        yield x * 2

    g = gen()
    a = next(g)
    b = next(g)
    c = next(g, 5.0)
    return a * b + c


@program(np.array([1.0, 2.0, 3.0]))
def the_first_that_fits(xs):
    first = next((v for v in xs if v > 1.5), -1.0)
    return first * first


@program(1.5)
def numbers_from_text(x):
    try:
        v = float("abc")
    except ValueError:
        v = x * 2
    try:
        w = int("12") * x
    except ValueError:
        w = 0.0
    return v * w


@program(1.5)
def known_exceptions(x):
    try:
        n = [1, 2, 3].index(7)
    except ValueError:
        n = 4
    try:
        m = {"a": 1}["b"]
    except (KeyError, IndexError) as e:
        m = len(e.args)
    return x * n * m


@program(1.5)
def all_clauses_in_a_loop(x):
    r = 1.0
    for k in range(1, 6):
        try:
            if k == 3:
                raise StopIteration
            r = r * x / (k - 2)
        except ZeroDivisionError:
            r = r + x
            continue
        except StopIteration:
            break
        else:
            r = r + 0.5
        finally:
            r = r * 1.5
    return r


@program(1.5)
def recursion_that_retries(x):
    def solve(A, b, depth=0):
        try:
            return np.linalg.solve(A, b)
        except np.linalg.LinAlgError as err:
            if depth > 3:
                raise RuntimeError("give up") from err
            return solve(A + 0.5 * np.eye(2), b, depth + 1)

    A = np.array([[x, x], [x, x]])
    return np.sum(solve(A, np.array([1.0, 2.0])))


@program(1.5)
def messages_collected(x):
    errors = []
    out = 0.0
    for v in (x, -x, 2 * x):
        try:
            out += math.sqrt(v)
        except ValueError as e:
            errors.append(str(e))
            out += abs(v)
    return out * (1 + len(errors))


def _q16(x):
    if x > 2:
        raise TypeError(f"x={x:.2f}")
    elif x > 1:
        raise KeyError("k")
    return x * x


@program(2.5)
@program(0.5, name="a_tuple_of_classes_2")
def a_tuple_of_classes(x):
    try:
        return _q16(x)
    except (TypeError, ValueError):
        return x


@program(1.5)
def finally_inside_try(x):
    try:
        try:
            r = 1 / x
        finally:
            x = x * 2
    except ZeroDivisionError:
        r = 7.0
    return r + x


@program(1.5)
def a_loop_left_by_a_handler(x):
    for attempt in range(4):
        try:
            y = math.log(x - attempt * 1.0)
        except ValueError:
            y = x * attempt
            break
    return y


@program(1.5)
def a_handler_that_passes(x):
    k = 0
    while k < 5:
        k += 1
        try:
            x = x / (k - 3)
        except ZeroDivisionError:
            pass
    return x


@program(np.array([[2.0, 1.0], [1.0, 3.0]]))
def eigenvalues_or_trace(A):
    try:
        w, V = np.linalg.eigh(A)
        return np.sum(np.sqrt(w))
    except np.linalg.LinAlgError:
        return np.trace(A)


@program(np.array([[2.0, 1.0], [1.0, 3.0]]), np.array([1.0, 2.0]))
def inverse_or_pseudo_inverse(A, b):
    try:
        x = np.linalg.inv(A) @ b
    except np.linalg.LinAlgError:
        x = np.linalg.pinv(A) @ b
    return x @ x


@program(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 3.0]) + 1.0)
def a_message_about_shapes(x, y):
    try:
        z = x + y
    except ValueError as e:
        raise ValueError(f"shapes {x.shape} and {y.shape} differ") from e
    return np.sum(z * z)
