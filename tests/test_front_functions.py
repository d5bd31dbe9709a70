"""Functions as values and nested derivatives: what is refused, in which words, and what happens once."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import s2sad
from s2sad import grad

X = np.array([0.5, 1.2, -0.7])


def refusal(f: Callable[..., Any], *args: Any) -> list[str]:
    """The lines of a refusal, without the place of this file."""
    with pytest.raises(s2sad.Error) as error:
        grad(f)(*args)
    return [line for line in str(error.value).splitlines() if not line.lstrip().startswith(("File", "called from"))]


# -- refusals --------------------------------------------------------------------------------------------------------


def test_frompyfunc() -> None:
    assert refusal(lambda x: np.sum(np.frompyfunc(abs, 1, 1)(x)), X) == [
        "np.frompyfunc",
        "    assert refusal(lambda x: np.sum(np.frompyfunc(abs, 1, 1)(x)), X) == [",
        "                                    ^^^^^^^^^^^^^^^^^^^^^^^^",
        "  why: it makes arrays of Python objects, which have no derivative",
        "  instead: use np.vectorize, or a loop",
    ]


square = np.frompyfunc(lambda t: t * t, 1, 1)


def test_what_frompyfunc_gave() -> None:
    assert refusal(lambda x: np.sum(square(x)), X)[0] == "np.frompyfunc"


@np.vectorize
def rectified(t: Any) -> Any:
    return 0 if t < 0 else t * t


def test_vectorize_gives_all_results_the_type_of_the_first() -> None:
    """``rectified(X[::-1])`` is an array of ints, cut off: a derivative of floats would be another function's."""
    assert refusal(lambda x: np.sum(rectified(x)), X)[-2:] == [
        "  why: NumPy gives all results the type of the first",
        "  instead: give otypes=[float], or return floats on every path",
    ]
    floats = np.vectorize(rectified.pyfunc, otypes=[float])
    assert grad(lambda x: np.sum(floats(x)))(X) == pytest.approx(np.where(X < 0, 0, 2 * X))


def test_vectorize_with_a_signature() -> None:
    dot = np.vectorize(np.dot, signature="(n),(n)->()")
    assert refusal(lambda x: dot(x, x), X)[0] == "np.vectorize with a signature"


def test_a_list_of_functions_of_unknown_length() -> None:
    def f(v: Any) -> Any:
        fs = [lambda y, c=c: c * y for c in v]
        return sum(g(v[0]) for g in fs)

    assert refusal(f, X) == [
        "a function where a number or an array is needed",
        "    fs = [lambda y, c=c: c * y for c in v]",
        "          ^^^^^^^^^^^^^^^^^^^^",
        "  why: a function is no value of the program that runs, nor an item of a list of unknown length",
        "  instead: call it here, or keep what it closes over in the list",
    ]


def test_a_map_that_is_run_after_what_it_reads_has_changed() -> None:
    def rebound(x: Any) -> Any:
        c = x
        scaled = map(lambda t: t * c, [1.0, 2.0])  # noqa: C417
        c = c * 5
        return sum(scaled)

    def appended(x: Any) -> Any:
        items = [x, 2.0]
        scaled = map(lambda t: t * x, items)  # noqa: C417
        items.append(3.0)
        return sum(scaled)

    def stored(x: Any) -> Any:
        w = x.copy()
        scaled = map(lambda i: w[i], range(3))  # noqa: C417
        w[0] = 9.0
        return sum(scaled)

    for f, at in ((rebound, 1.3), (appended, 1.3), (stored, X)):
        assert refusal(f, at) == [
            "scaled is an iterator that is run after something it reads has changed",
            "    return sum(scaled)",
            "               ^^^^^^",
            "  why: it would see the new values, and s2sad ran it when it was made",
            "  instead: make a list of it where it is made: scaled = list(...)",
        ]


def test_lambdas_in_a_generator_that_close_over_its_variable() -> None:
    """``sum(g(x) for g in gs)`` calls each lambda while ``k`` has its value; a list of them would see the last only."""

    def f(x: Any) -> Any:
        gs = (lambda y: y * k * x for k in range(3))  # noqa: B023
        return sum(g(x) for g in gs)

    assert refusal(f, 1.3) == [
        "a lambda in a generator expression that closes over k",
        "    gs = (lambda y: y * k * x for k in range(3))  # noqa: B023",
        "         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^",
        "  why: which value it sees depends on when the generator is read",
        "  instead: bind it where the lambda is made: lambda …, k=k: …",
    ]


def test_a_derivative_of_what_cannot_be_differentiated() -> None:
    def of_an_array(x: Any) -> Any:
        return np.sum(grad(lambda y: x * y)(x))

    def of_none(x: Any) -> Any:
        return grad(lambda y: x)(None)

    def of_an_int_array(x: Any) -> Any:
        return grad(lambda n: np.sum(n * x))(np.array([1, 2, 3]))[0]

    def of_no_function(x: Any) -> Any:
        return grad(x)(x)

    def of_too_few(x: Any) -> Any:
        return grad(lambda y, z: y * z)(x)

    def of_another(x: Any) -> Any:
        return grad(lambda y: y * x, argnums=1)(x)

    one_number = "grad needs a function whose result is one real number; that of f is an array of type f64[n]"
    assert refusal(of_an_array, X)[0] == one_number
    assert refusal(of_none, 1.3)[0] == "argument y is None: it cannot be differentiated"
    assert refusal(of_an_int_array, X)[0] == "argument n is an array of int64: a derivative needs floats"
    assert refusal(of_no_function, 1.3)[0] == "grad needs a function, not a number (f64)"
    assert refusal(of_too_few, 1.3)[0] == "<lambda>() missing a required argument: 'z'"
    assert refusal(of_another, 1.3)[0] == "<lambda> has 1 positional argument: argnums=1 is out of range"


def test_none_where_the_inner_function_gives_no_number() -> None:
    def f(x: Any) -> Any:
        def g(y: Any) -> Any:
            if y > 0:
                return y * y * x
            return None

        return grad(g)(x)

    assert grad(f)(1.5) == 6.0
    with pytest.raises(TypeError, match="the result is None here"):
        grad(f)(-1.5)


def test_one_list_in_two_places_of_a_nested_derivative() -> None:
    def f(x: Any) -> Any:
        p = [x, x * x]
        return grad(lambda a, b: a[0] * b[1] * x)(p, p)[0]

    assert refusal(f, 1.3)[0] == "one list, dict or dataclass in two places of a derivative's arguments"


def test_one_array_in_two_places_of_a_nested_derivative() -> None:
    def stores(a: Any, b: Any) -> Any:
        a[0] = 5.0
        return np.sum(a * b)

    def f(x: Any) -> Any:
        w = x * 2
        return np.sum(grad(stores, argnums=1)(w, w))

    assert refusal(f, X)[0].startswith("this array or list may have been changed by a store at line ")


def test_a_nested_derivative_in_a_try() -> None:
    def f(x: Any) -> Any:
        try:
            return grad(lambda y: y / x)(x)
        except ZeroDivisionError:
            return x

    assert refusal(f, 1.3)[0] == "the derivative <lambda> in a try"


def test_a_pullback_takes_one_cotangent() -> None:
    def f(x: Any) -> Any:
        value, pullback = s2sad.vjp(lambda y: y * x, x)
        return pullback(1.0, 2.0)[0] + value

    assert refusal(f, 1.3)[0] == "a pullback takes one cotangent, and got 2"


# -- what the inner function does outside of itself ------------------------------------------------------------------


def test_what_the_inner_function_changes_is_changed_once() -> None:
    """Each call of the inner derivative runs the inner function once: ``n`` is 1, 2, 3."""

    def f(x: Any) -> Any:
        n, seen = 0, []

        def g(y: Any) -> Any:
            nonlocal n
            n += 1
            seen.append(y * x)
            return y**n * x

        slopes = grad(g)(x) + grad(g)(x) * grad(g)(x)  # x + 2 x² · 3 x³
        return slopes * n + sum(seen)  # 3 (x + 6 x⁵) + 3 x²

    assert grad(f)(1.3) == pytest.approx(3 + 90 * 1.3**4 + 6 * 1.3)
    value, moved = s2sad.jvp(f, (1.3,), (2.0,))
    assert value == pytest.approx(3 * (1.3 + 6 * 1.3**5) + 3 * 1.3**2)
    assert moved == pytest.approx(2 * (3 + 90 * 1.3**4 + 6 * 1.3))
    assert grad(grad(f))(1.3) == pytest.approx(360 * 1.3**3 + 6)


class Counted:
    calls = 0

    def energy(self, q: Any) -> Any:
        self.calls += 1
        return q**3

    def force(self, q: Any) -> Any:
        return -grad(self.energy)(q)


def test_a_counter_on_an_object_outside_counts_each_evaluation() -> None:
    model = Counted()
    assert grad(model.force)(2.0) == -12.0
    assert model.calls == 1
    s2sad.value_and_grad(lambda q: model.force(q) + model.force(q * q))(2.0)
    assert model.calls == 3


def test_a_decorator_of_derivatives_with_options() -> None:
    by_second = functools.partial(grad, argnums=1)
    decorator = grad(argnums=(0, 1))

    def f(x: Any) -> Any:
        def g(a: Any, b: Any) -> Any:
            return a * b * b * x

        both = decorator(g)(x, 2.0)
        return by_second(g)(x, 2.0) + both[0] * both[1]  # 4 x² + 4 x · 4 x²

    assert grad(f)(1.3) == pytest.approx(8 * 1.3 + 48 * 1.3**2)


def test_the_callers_arguments_stay_as_they_are() -> None:
    def f(p: Any) -> Any:
        def g(q: Any) -> Any:
            q["w"] *= 2.0
            q["n"].append(1.0)
            return np.sum(q["w"] ** 2) * len(q["n"])

        return np.sum(grad(g)({"w": p["w"], "n": [p["n"]]})["w"])

    p = {"w": X.copy(), "n": 1.0}
    got = grad(f)(p)
    assert got["w"] == pytest.approx(np.full(3, 16.0)) and got["n"] == 0.0
    assert np.array_equal(p["w"], X)


SUMMARY: Callable[..., Any] = np.sum


@pytest.mark.parametrize("found", [np.mean, np.prod, np.linalg.norm, np.vectorize(abs), np.vectorize(lambda t: t * t)])
def test_a_name_that_stands_for_another_function_of_numpy(found: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    class Model:
        reduce: Any = staticmethod(np.sum)

    model, table = Model(), {"reduce": SUMMARY}

    def f(x: Any) -> Any:
        return np.sum(SUMMARY(x)) + 2.0 * np.sum(model.reduce(x)) + 3.0 * np.sum(table["reduce"](x))

    value = s2sad.value_and_grad(f)
    np.testing.assert_allclose(value(X)[0], f(X))
    monkeypatch.setattr(model, "reduce", found, raising=False)
    np.testing.assert_allclose(value(X)[0], f(X))
    table["reduce"] = found
    np.testing.assert_allclose(value(X)[0], f(X))
    monkeypatch.setitem(globals(), "SUMMARY", found)
    np.testing.assert_allclose(value(X)[0], f(X))
