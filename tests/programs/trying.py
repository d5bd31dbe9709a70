"""``try``: operations that raise at run time, exceptions of the program's own, ``else``, ``finally``, retries."""

import contextlib
import math

import numpy as np

from tests.programs import program


@program(2.0, 0.5)
def two_divisions_one_handler(x, y):  # two failures, one handler
    try:
        a = 1.0 / x
        b = 1.0 / y
        r = a * b
    except ZeroDivisionError:
        r = x + 2 * y
    return r * 2


@program(1.3)
@program(-1.3, name="a_handler_each_2")
def a_handler_each(x):  # different handlers
    try:
        y = math.log(x) / (x - 2.0)
    except ZeroDivisionError:
        y = 5.0 * x
    except ValueError:
        y = -x * x
    else:
        y = y + 1.0
    finally:
        z = 3.0 * x
    return y * z


@program(1.3)
@program(-1.3, name="nested_try_2")
def nested_try(x):  # nested
    try:
        try:
            y = math.sqrt(x)
        except ZeroDivisionError:
            y = 1.0
        y = y * 2
    except ValueError:
        y = x * x
    return y


@program(1.3)
@program(0.3, name="return_before_finally_2")
def return_before_finally(x):  # return in finally
    try:
        if x > 1:
            return x * x
        y = x * 3
    finally:
        x = x + 1
    return y * x


@program(0.5)
@program(1.5, name="leaving_a_loop_from_try_2")
@program(0.05, name="leaving_a_loop_from_try_3")
def leaving_a_loop_from_try(x):
    for i in range(4):
        try:
            if i == 2:
                continue
            if x * i > 2.0:
                break
            x = x + math.sqrt(x - 0.1 * i)
        except ValueError:
            x = x * 2.0
            continue
        finally:
            x = x * 1.01
    else:
        x = x - 100.0
    return x


class Base(Exception):
    pass


class A1(Base):
    pass


class B1(Base):
    def __init__(self, msg, v):
        super().__init__(msg)
        self.v = v


def thrower(x):
    if x < 0:
        raise A1("neg")
    if x > 2:
        raise B1("big", x * 3)
    return x * x


@program(-1.0)
@program(1.0, name="a_hierarchy_of_exceptions_2")
@program(3.0, name="a_hierarchy_of_exceptions_3")
def a_hierarchy_of_exceptions(x):
    try:
        return thrower(x) + 1.0
    except A1:
        return -x
    except B1 as e:
        return e.v


@program(-1.0)
@program(1.0, name="caught_by_the_base_class_2")
@program(3.0, name="caught_by_the_base_class_3")
def caught_by_the_base_class(x):
    try:
        return thrower(x) + 1.0
    except Base:
        return x * 7


@program(1.0)
def raised_anew_with_its_message(x):
    try:
        return thrower(x)
    except Exception as e:
        raise RuntimeError(f"failed: {e}") from e


@program(0.6, 10)
@program(-0.6, 10, name="until_it_raises_2")
def until_it_raises(x, n):
    s = 0.0
    k = 0
    while True:
        try:
            k += 1
            s += thrower(x * k)
        except B1:
            break
        except A1:
            s = s * 0.5
            break
        if k >= n:
            raise StopIteration
    return s


@program(2.0)
@program(0.1, name="suppressed_2")
def suppressed(x):
    with contextlib.suppress(ZeroDivisionError, ValueError):
        x = x * 3
        x = x + math.log(x - 1.0)
        x = x * 5
    return x


@program(np.array([[2.0, 1.0], [1.0, 3.0]]), np.array([1.0, 2.0]))
@program(-np.array([[2.0, 1.0], [1.0, 3.0]]), np.array([1.0, 2.0]), name="factor_or_fall_back_2")
def factor_or_fall_back(A, b):
    try:
        L = np.linalg.cholesky(A)
        z = np.linalg.solve(L, b)
    except np.linalg.LinAlgError:
        z = b * 0.0 + 1.0
    return float(z @ z)


@program(np.array([[2.0, 1.0], [1.0, 3.0]]), np.array([1.0, 2.0]))
def solve_with_more_and_more_damping(A, b):
    x = np.zeros_like(b)
    lam = 0.0
    for it in range(3):
        try:
            x = np.linalg.solve(A + lam * np.eye(2), b)
        except np.linalg.LinAlgError:
            lam = lam + 0.5
            continue
        break
    return np.sum(x**2)


@program(1.5)
def stores_up_to_the_end(x):
    out = np.zeros(3)
    try:
        for i in range(5):
            out[i] = x * (i + 1)
    except IndexError:
        out[0] = out[0] + x * x
    return np.sum(out)


@program(0.7)
@program(-3.0, name="appends_until_it_raises_2")
def appends_until_it_raises(x):
    vals = []
    try:
        for i in range(6):
            if x + i > 3.5:
                raise ValueError("stop")
            vals.append(x * i)
    except ValueError:
        pass
    return sum(vals)


@program(0.4)
def missing_keys(x):
    d = {"a": x, "b": 2 * x}
    t = 0.0
    for key in ("a", "c", "b"):
        try:
            t += d[key]
        except KeyError:
            t += 1.0
    return t


@program(0.4)
@program(-0.4, name="assertion_with_a_message_2")
def assertion_with_a_message(x):
    try:
        assert x > 0, f"x must be positive, got {x}"
        return math.sqrt(x)
    except AssertionError:
        return x * 2.0


@program(2.5)
@program(-1.0, name="a_function_that_guards_another_2")
def a_function_that_guards_another(x):
    def safe(f, v, default):
        try:
            return f(v)
        except (ValueError, ZeroDivisionError):
            return default

    return safe(math.log, x, -1.0) + safe(lambda t: 1 / t, x - 1.0, 3.0 * x) * x


@program(3.0)
@program(1.5, name="a_comprehension_that_may_raise_2")
def a_comprehension_that_may_raise(x):
    try:
        r = [math.sqrt(x - k) for k in range(3)]
        return sum(r)
    except ValueError:
        return x * x


@program(np.array([1.0, -2.0, 3.0]))
def a_loop_of_logarithms(x):
    total = 0.0
    for v in x:
        try:
            total += math.log(v)
        except ValueError:
            total += v * v
    return total


@program(3.3)
@program(0.5, name="a_test_that_may_raise_2")
def a_test_that_may_raise(x):
    try:
        while math.sqrt(x) > 1.0:
            x = x - 1.0
    except ValueError:
        x = x * 3
    return x * x


@program(0.7)
@program(1.7, name="a_conditional_expression_that_may_raise_2")
def a_conditional_expression_that_may_raise(x):
    try:
        y = x**0.5 if x > 1 else 1 / (x - 0.5)
    except ZeroDivisionError:
        y = 10 * x
    return y


@program(1.5)
@program(3.5, name="an_index_of_run_time_2")
def an_index_of_run_time(x):
    try:
        i = int(x)
        v = [x, x * x, x * x * x][i]
    except IndexError:
        v = x
    return v


@program(1.0)
@program(800.0, name="overflow_2")
def overflow(x):
    try:
        y = math.exp(x)
    except OverflowError:
        y = float("inf")
    if y == float("inf"):
        return x
    return y


@program(2.0)
def one_exception_made_of_another(x):
    try:
        try:
            y = 1.0 / x
        except ZeroDivisionError as e:
            raise ValueError("bad") from e
    except ValueError:
        y = 3 * x
    return y + x


@program(2.0)
@program(0.5, name="finally_after_a_handler_that_returns_2")
def finally_after_a_handler_that_returns(x):
    try:
        if x > 1:
            raise ValueError
        return x
    except ValueError:
        x = 2 * x
        return x * x
    finally:
        x = 0.0
