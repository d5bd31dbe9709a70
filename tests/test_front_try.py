"""``try``, ``with`` and imports: the path that Python takes is the one that is differentiated, or it is refused."""

from __future__ import annotations

import contextlib
import math
import warnings

import numpy as np
import pytest

import s2sad
from s2sad.errors import UnsupportedError
from tests.tracing import check, trace

X = np.array([0.5, 1.2, 0.8])


def quotient(x, y):
    try:
        z = x / y
    except ZeroDivisionError:
        z = 3.0 * x
    return z * x


def rest_and_else(x, y):
    total = x
    try:
        total = total + 1.0
        q = total / (y - 1.0)
        total = total * q
    except ZeroDivisionError:
        total = -total
    else:
        total = total + 10.0 * x
    finally:
        total = total * x
    return total


def returns(x, y):
    try:
        return x / y
    except ZeroDivisionError:
        return x * x


def logarithm(x, y):
    try:
        z = math.log(x * y)
    except ValueError:
        z = -100.0 * x
    return z + x


def exponential(x, y):
    try:
        z = math.exp(x * y)
    except OverflowError:
        z = y * x
    return z * y


def broad(x, y):
    try:
        z = math.sqrt(x) / y
    except Exception:
        z = x * x
    return z


def named(x, y):
    try:
        z = x / y
    except (ValueError, ZeroDivisionError) as error:
        z = x
        del error
    return z * y + x


def in_a_helper(x, y):
    return quotient(x, y) + returns(x, y - 2.0)


def in_a_loop(x, y):
    total = 0.0
    for k in range(3):
        try:
            total += x / (y - k)
        except ZeroDivisionError:
            total += x * x
    return total


def under_a_test(x, y):
    try:
        if x > 1.0:
            raise ValueError("large")
        z = x * y
    except ValueError:
        z = x * x * x
    return z + y


def in_both_branches(x, y):
    try:
        if x > 1.0:
            z = x / y
        else:
            z = y * x
        z = z + x
    except ZeroDivisionError:
        z = 7.0 * x
    return z


def reraises(x, y):
    try:
        z = x / y
    except ZeroDivisionError:
        raise
    return z


def suppressed(x, y):
    z = x
    with contextlib.suppress(ZeroDivisionError):
        z = x / y
        z = z * x
    return z


def two_tries(x, y):
    try:
        a = x / y
    except ZeroDivisionError:
        a = 1.0
    try:
        b = math.log(x - y)
    except ValueError:
        b = x
    return a * b + x


@pytest.mark.parametrize(
    "function",
    [quotient, rest_and_else, returns, logarithm, exponential, broad, named, in_a_helper, in_a_loop, under_a_test,
     in_both_branches, suppressed, two_tries],
)  # fmt: skip
@pytest.mark.parametrize("at", [(2.0, 0.5), (2.0, 0.0), (0.5, 1.0), (0.5, 0.0), (-1.0, 2.0), (40.0, 30.0)])
def test_the_path_that_runs_is_differentiated(function, at):
    try:
        want = function(*at)
    except ZeroDivisionError:
        return
    check(function, *at)
    value, (dx, dy) = s2sad.value_and_grad(function, argnums=(0, 1))(*at)
    assert value == want
    assert s2sad.grad(function)(*at) == pytest.approx(dx)
    h = 1e-6
    near = (function(at[0] + h, at[1]) - function(at[0] - h, at[1])) / (2 * h)
    assert dx == pytest.approx(near, rel=1e-5, abs=1e-6)
    assert isinstance(dy, float)


def test_one_compiled_derivative_serves_both_paths():
    derivative = s2sad.grad(quotient)
    assert derivative(2.0, 0.5) == 8.0
    assert derivative(2.0, 0.0) == 12.0


def test_numpy_numbers_do_not_raise():
    with np.errstate(divide="ignore"):
        assert np.isinf(s2sad.grad(quotient)(np.float64(2.0), np.float64(0.0)))


def test_an_exception_that_goes_on():
    assert s2sad.grad(reraises)(1.0, 2.0) == 0.5
    with pytest.raises(ZeroDivisionError):
        s2sad.value_and_grad(reraises)(1.0, 0)


def known_key(x, table):
    try:
        k = table["missing"]
    except KeyError:
        k = 3.0
    return k * np.sum(x * x)


def missing_module(x):
    try:
        from s2sad_no_such_module import fast
    except ImportError:
        fast = None
    return np.sum(x) if fast is None else fast(x)


def missing_attribute(x):
    try:
        n = x.nonsense
    except AttributeError:
        n = 2.0
    return n * np.sum(x)


def from_a_helper(x, mode):
    def scale(mode):
        if mode == "double":
            return 2.0
        raise ValueError(f"unknown mode {mode}")

    try:
        k = scale(mode)
    except ValueError:
        k = 5.0
    finally:
        x = x * 2.0
    return k * np.sum(x)


def translated(x, table):
    try:
        return table["scale"] * np.sum(x)
    except KeyError as error:
        raise ValueError("no scale") from error


def test_an_exception_made_of_another():
    np.testing.assert_allclose(s2sad.grad(translated)(X, {"scale": 2.0}), 2.0)
    with pytest.raises(ValueError, match="no scale"):
        s2sad.grad(translated)(X, {})


def not_needed(x):
    try:
        return np.sum(x) * float("3")
    except ValueError:
        return 0.0


def imports(x):
    import math as m
    from math import pi as circle

    import numpy.linalg

    return m.sin(x) * circle + numpy.linalg.norm(np.array([x, 2.0]))


@pytest.mark.parametrize(
    ("function", "rest", "scalar"),
    [(known_key, ({"a": 1.0},), False), (missing_module, (), False), (missing_attribute, (), False),
     (from_a_helper, ("double",), False), (from_a_helper, ("other",), False), (not_needed, (), False),
     (imports, (), True)],
)  # fmt: skip
def test_known_exceptions_and_imports(function, rest, scalar):
    x = 0.7 if scalar else X
    check(function, x, *rest)
    s2sad.grad(function)(x, *rest)


class Scale:
    def __init__(self, k):
        self.k = k
        self.open = False

    def __enter__(self):
        self.open = True
        return self.k

    def __exit__(self, kind, error, trace):
        self.open = False


class Swallows(Scale):
    def __exit__(self, kind, error, trace):
        return kind is not None


def managed(x, k):
    scale = Scale(k)
    with scale as factor, np.errstate(divide="ignore"):
        y = factor * x if scale.open else x
    return np.sum(y * y) + (0.0 if scale.open else 1.0)


def leaves_managed(x, k):
    with Scale(k) as factor:
        return np.sum(factor * x * x)


def quiet(x, k):
    with warnings.catch_warnings(), contextlib.nullcontext(k) as factor:
        y = factor * x
    return np.sum(y * x)


@pytest.mark.parametrize("function", [managed, leaves_managed, quiet])
def test_with_runs_its_body(function):
    check(function, X, 3.0)
    dx, dk = s2sad.grad(function, argnums=(0, 1))(X, 3.0)
    h = 1e-6
    np.testing.assert_allclose(dk, (function(X, 3.0 + h) - function(X, 3.0 - h)) / (2 * h), rtol=1e-6)
    np.testing.assert_allclose(np.sum(dx), (function(X + h, 3.0) - function(X - h, 3.0)) / (2 * h), rtol=1e-6)


def swallowed(x):
    out = x[0]
    with Swallows(2.0) as k:
        out *= k
        out *= x[5]
    return out


@pytest.mark.parametrize(("x", "want"), [(X, 2.0), (np.arange(7.0), 10.0)])
def test_what_an_exit_swallows(x, want):
    check(swallowed, x)
    assert s2sad.grad(swallowed)(x)[0] == want


def index(x):
    try:
        return x[7]
    except IndexError:
        return 0.0


def singular(x):
    try:
        return np.linalg.solve(x, x[0])
    except np.linalg.LinAlgError:
        return x[0]


def unknown_function(x):
    try:
        return np.frompyfunc(abs, 1, 1)(x)
    except Exception:
        return np.sum(x)


def deep(x):
    total = 0.0
    try:
        for k in range(len(x)):
            if x[k] > 1.0:
                raise ValueError("large")
            total += x[k]
    except ValueError:
        total = 0.0
    return total


def errstate(x):
    with np.errstate(all="raise"):
        return np.sum(1.0 / x)


def test_errstate_that_raises():
    np.testing.assert_allclose(s2sad.grad(errstate)(X), -1.0 / X**2)
    with pytest.raises(FloatingPointError, match="divide by zero encountered in divide"):
        s2sad.grad(errstate)(0.0 * X)


def star(x):
    try:
        return x
    except* ValueError:
        pass


def half_done(x):
    w = 1.0
    try:
        z = (w := 3.0 * x) / (x - 2.0)
    except ZeroDivisionError:
        z = w
    return z


def half_appended(x):
    done = []

    def step(x):
        done.append(x)
        return 1.0 / x

    try:
        z = step(x)
    except ZeroDivisionError:
        z = 1.0
    return z + sum(done)


@pytest.mark.parametrize(
    ("function", "argument"),
    [(index, X), (index, np.arange(9.0)), (singular, np.eye(2)), (singular, np.ones((2, 2))), (deep, X),
     (deep, X - 1.0), (half_done, 3.0), (half_done, 2.0), (half_appended, 2.0), (half_appended, 0.0)],
)  # fmt: skip
def test_a_handler_sees_what_was_stored_before(function, argument):
    check(function, argument)


def test_the_value_of_the_handler_is_differentiated():
    assert s2sad.grad(half_done)(2.0) == 3.0
    assert s2sad.grad(half_appended)(0.0) == 1.0
    np.testing.assert_array_equal(s2sad.grad(deep)(X), 0.0)
    np.testing.assert_array_equal(s2sad.grad(deep)(X - 1.0), 1.0)


@pytest.mark.parametrize(
    ("function", "argument", "what"),
    [(star, X, "except\\*"), (unknown_function, X, "frompyfunc")],
)
def test_what_a_value_decides_is_refused_and_never_swallowed(function, argument, what):
    with pytest.raises(UnsupportedError, match=what) as caught:
        trace(function, argument)
    assert type(caught.value) is UnsupportedError
    assert caught.value.location is not None and caught.value.location.file == __file__


def never_so(x, table):
    if x > 100.0:
        return table["missing"] * x
    for _ in range(int(x > 50.0)):
        x = x * {}["a"]
    return x * x


def test_what_raises_on_a_path_that_is_not_taken_does_no_harm():
    assert s2sad.grad(never_so)(3.0, {"a": 1.0}) == 6.0
    with pytest.raises(KeyError, match="missing"):
        s2sad.value_and_grad(never_so)(101.0, {"a": 1.0})
