"""Strings that hang on values; what a path would raise; warnings; results that are None; slopes that are infinite."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest

import s2sad
from tests.programs import dispatch


def test_a_path_that_would_fail_raises_what_python_raises():
    def f(x, y=None):
        if x > 2.0:
            return x * x
        return x / y

    assert s2sad.grad(f)(3.0) == 6.0
    with pytest.raises(TypeError, match="unsupported operand types.*None"):
        s2sad.grad(f)(1.0)

    def g(x, o=None):
        return x * x if x > 2.0 else o.slope * x

    assert s2sad.grad(g)(3.0) == 6.0
    with pytest.raises(AttributeError, match="slope"):
        s2sad.grad(g)(1.0)


def test_what_surely_fails_is_refused_with_its_place():
    def f(x, y=None):
        return x / y

    with pytest.raises(s2sad.InputError, match="unsupported operand types for .: a number .f64. and None") as caught:
        s2sad.grad(f)(1.0)
    assert caught.value.location is not None


def test_an_exception_keeps_its_keyword_arguments():
    def f(x):
        if x < 0.0:
            raise dispatch.Unconverged("negative", error=x, iterations=3)
        return math.sqrt(x)

    assert s2sad.grad(f)(4.0) == 0.25
    with pytest.raises(dispatch.Unconverged, match="negative") as caught:
        s2sad.grad(f)(-1.0)
    assert (caught.value.iterations, caught.value.error) == (3, -1.0)


def test_a_result_that_is_none_raises_and_no_other():
    assert s2sad.grad(dispatch.none_where_there_is_no_root)(4.0) == 3.0
    with pytest.raises(TypeError, match="the result is None here"):
        s2sad.grad(dispatch.none_where_there_is_no_root)(-4.0)


def test_a_key_that_no_case_has_raises_key_error():
    def f(x):
        name = "low" if x < 1.0 else "middle" if x < 2.0 else "high"
        return {"low": 2.0, "high": 3.0}[name] * x

    g = s2sad.grad(f)
    assert (g(0.5), g(2.5)) == (2.0, 3.0)
    with pytest.raises(KeyError, match="middle"):
        g(1.5)


def test_a_string_that_hangs_on_values_is_a_result_too():
    def f(x):
        regime = dispatch.flow_regime(x)
        return regime, x * x

    out, dot = s2sad.jvp(f, (3000.0,), (1.0,))
    assert out == ("transition", 9e6)
    assert dot[1] == 6000.0


def test_warnings_are_given_once_and_where_the_program_gives_them():
    def f(x):
        if x > 2.0:
            warnings.warn(f"{x} is large", RuntimeWarning, stacklevel=2)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.warn("not to be seen", UserWarning, stacklevel=2)
        return x * x

    for derivative in (s2sad.grad(f), s2sad.value_and_grad(f)):
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            derivative(1.0)
            derivative(3.0)
        assert [(w.category, str(w.message)) for w in seen] == [(RuntimeWarning, "3.0 is large")]

    def g(x):
        warnings.simplefilter("ignore")
        return x

    with pytest.raises(s2sad.UnsupportedError, match="a change of the filters of warnings"):
        s2sad.grad(g)(1.0)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_an_infinite_slope_is_inf_and_not_an_exception():
    assert s2sad.grad(lambda x: math.sqrt(x))(0.0) == np.inf
    assert s2sad.grad(lambda x: x**0.5)(0.0) == np.inf

    def cut_off(t, b):
        tau = 1.0 - t if t < 1.0 else 0.0
        return b * tau**0.3 + t * t * b

    assert s2sad.grad(cut_off, argnums=(0, 1))(1.5, 2.0) == (6.0, 2.25)
    _, pullback = s2sad.vjp(lambda x: math.sqrt(x) + x, 0.0)
    assert pullback(1.0)[0] == np.inf


def test_a_draw_from_outside_happens_once_for_each_evaluation():
    generator, twin = np.random.default_rng(5), np.random.default_rng(5)

    def f(x, rng):
        return x * rng.normal() + x * x

    for _ in range(2):
        assert s2sad.grad(f)(2.0, generator) == twin.normal() + 4.0
    value, slope = s2sad.value_and_grad(f)(2.0, generator)
    z = twin.normal()
    assert (value, slope) == (2.0 * z + 4.0, z + 4.0)


def test_draws_that_are_not_modelled_are_refused():
    def shuffled(x):
        rng = np.random.default_rng(0)
        rng.shuffle(x)
        return x[0]

    def of_a_shape(x):
        return np.random.default_rng(0).gamma(x)

    with pytest.raises(s2sad.UnsupportedError, match="the draw shuffle with these arguments"):
        s2sad.grad(shuffled)(np.ones(3))
    with pytest.raises(s2sad.UnsupportedError, match="the draw gamma with parameters that may have a derivative"):
        s2sad.grad(of_a_shape)(1.5)


def of_none(x):
    z = x * x if x > 1 else None
    return z + x


def item_of_none(x):
    z = [x, x] if x > 1 else None
    return z[0]


def part_of_none(x):
    z = np.array([x, x]) if x > 1 else None
    return z.sum()


@pytest.mark.parametrize(
    ("f", "error"), [(of_none, TypeError), (item_of_none, TypeError), (part_of_none, AttributeError)]
)
def test_a_use_of_none_raises_as_in_python(f, error) -> None:
    for derivative in (s2sad.grad(f), lambda x: s2sad.jvp(f, (x,), (1.0,))):
        derivative(2.0)
        with pytest.raises(error, match="None"):
            derivative(0.5)


def shown(x):
    z = x * x if x > 1 else None
    print(z, f"{z} and {z!r}", str(z))
    return x


def test_what_may_be_none_is_printed(capsys) -> None:
    for x in (2.0, 0.5):
        shown(x)
        wanted = capsys.readouterr().out
        s2sad.grad(shown)(x)
        assert capsys.readouterr().out == wanted
