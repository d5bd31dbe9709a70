"""Exceptions with state: objects, containers and arrays that a handler sees half done."""

import contextlib
import math
from dataclasses import dataclass

import numpy as np

from tests.programs import program


class Solver:
    def __init__(self, x):
        self.x = x
        self.hist = []
        self.fails = 0

    def step(self, h):
        if h > 0.5:
            raise ArithmeticError("step too large")
        self.x = self.x * (1 - h)
        self.hist.append(self.x)
        return self.x

    def run(self, hs):
        for h in hs:
            try:
                self.step(h)
            except ArithmeticError:
                self.fails += 1
                self.x = self.x * 0.9
        return self.x


@program(1.2)
def steps_that_fail(x):
    s = Solver(x)
    y = s.run([0.1, 0.7, 0.2])
    return y * s.fails + sum(s.hist)


@program(1.2)
@program(2.0, name="steps_that_may_fail_2")
def steps_that_may_fail(x):  # unknown h
    s = Solver(x)
    s.run([x * 0.3, x * 0.5, 0.1 * x])
    return s.x * (1 + s.fails) + len(s.hist)


@program(1.2)
def a_dict_half_filled(x):
    d = {"a": x}
    try:
        d["a"] = d["a"] * 2
        d["b"] = 1.0 / (x - 1.5)
        d["a"] = d["a"] * 2
    except ZeroDivisionError:
        d["b"] = 3.0 * x
    return d["a"] * d["b"]


@program(1.2)
def an_array_filled_to_its_end(x):
    out = np.zeros(4)
    k = 0
    try:
        while True:
            out[k] = x ** (k + 1)
            k += 1
    except IndexError:
        pass
    return np.sum(out) + k


@program(1.2)
def out_of_two_loops(x):
    total = 0.0
    try:
        for i in range(3):
            for j in range(3):
                if i * j == 2 and x > 0:
                    raise StopIteration
                total += x * (i + 1) * (j + 1)
    except StopIteration:
        total *= 2
    return total


@program(3.0, 2.0)
@program(1.0, 2.0, name="raise_in_a_handler_2")
def raise_in_a_handler(x, y):
    try:
        try:
            z = x / y
        except ZeroDivisionError:
            z = math.log(x)
            raise ValueError("again")
        else:
            z = z + math.sqrt(x - 2)
    except ValueError:
        z = -x
    return z


@program(np.array([1.5, -1.0, 2.5, 4.0]))
def the_best_that_exists(xs):
    best, arg = None, None
    for i, v in enumerate(xs):
        try:
            s = math.log(v) * math.sqrt(3 - v)
        except ValueError:
            continue
        if best is None or s > best:
            best, arg = s, i
    if best is None:
        raise RuntimeError("none")
    return best * (arg + 1)


@dataclass
class State:
    t: float
    y: float


class StepError(Exception):
    def __init__(self, state, msg=""):
        super().__init__(msg)
        self.state = state


def integrate(y0, h, tol):
    st = State(0.0, y0)
    while st.t < 1.0:
        try:
            st = advance(st, h, tol)
        except StepError as e:
            h = h / 2
            st = e.state
            if h < 1e-3:
                raise
    return st.y


def advance(st, h, tol):
    k = -st.y * st.y
    new = st.y + h * k
    if abs(h * k) > tol:
        raise StepError(State(st.t, st.y), "too large")
    return State(st.t + h, new)


@program(1.2)
def smaller_steps_after_an_error(x):
    return integrate(x, 0.5, 0.2)


@program(1.2)
@program(0.3, name="for_else_with_a_handler_2")
def for_else_with_a_handler(x):
    def f(v):
        if v > 2:
            raise OverflowError("v")
        return v * v

    vals = []
    for k in range(4):
        try:
            v = f(x * k)
        except OverflowError:
            vals.append(0.5 * x)
            break
        vals.append(v)
    else:
        vals.append(100.0)
    return sum(vals)


@program(1.2)
@program(3.2, name="a_question_about_the_message_2")
def a_question_about_the_message(x):
    try:
        return [math.sqrt(v) for v in (x, x - 1, x - 2)][-1]
    except ValueError as e:
        if "math domain" in str(e) or True:
            return x * 3


@program(1.2)
def retry_with_continue_and_finally(x):
    it = 0
    err = None
    while it < 5:
        it += 1
        try:
            if it < 3:
                raise RuntimeError("retry")
            y = x * it
        except RuntimeError as e:
            err = e
            continue
        else:
            break
        finally:
            x = x + 0.1
    return y * (1 if err is not None else 2)


@program(np.array([[2.0, 1.0], [1.0, 3.0]]), np.array([1.0, 2.0]))
@program(-np.array([[2.0, 1.0], [1.0, 3.0]]), np.array([1.0, 2.0]), name="one_solver_after_another_2")
def one_solver_after_another(A, b):
    for solver in (np.linalg.cholesky, np.linalg.inv):
        try:
            M = solver(A)
        except np.linalg.LinAlgError:
            continue
        return np.sum(M @ b)
    return np.sum(b)


@program(np.array([1.0, 2.0, 3.0]))
@program(np.arange(12.0), name="indices_that_may_miss_2")
def indices_that_may_miss(x):
    try:
        v = x[3]
    except (IndexError, TypeError):
        v = x[-1]
    try:
        w = x[10] / 2
    except LookupError:
        w = 0.0
    return v * w + x[0] * v


@program(np.ones(3), 3)
@program(np.ones(3), 0, name="a_count_of_zero_2")
def a_count_of_zero(x, n):
    try:
        if n == 0:
            raise ZeroDivisionError("n")
        avg = np.sum(x) / n
    except ZeroDivisionError:
        return float("nan") * 0 if n < 0 else np.sum(x)
    return avg


@program(3.3)
def a_generator_that_ends_in_a_handler(x):
    def gen():
        for k in range(6):
            try:
                yield math.sqrt(x - k)
            except ValueError:
                return

    return sum(gen())


@program(1.7)
def suppress_in_suppress(x):
    y = x
    with contextlib.suppress(ValueError):
        with contextlib.suppress(ZeroDivisionError):
            y = y * 2
            y = y + 1 / (x - 1.5)
            y = y + math.log(-x)
        y = y * 3
    return y


@program(1.3)
def try_in_a_case(x):
    total = 0.0
    for v in (x, -x):
        match v:
            case float(t) if t > 0:
                try:
                    total += math.log(t)
                except ValueError:
                    total -= 1
            case _:
                try:
                    total += math.log(v)
                except ValueError:
                    total += v * v
    return total
