"""The whole surface of NumPy's main namespace, ``math``, ``cmath`` and ``statistics``: no name is missing, and what has
a derivative has it, in both modes and to second order.
"""

from __future__ import annotations

import cmath
import math
import statistics
import warnings

import numpy as np
import pytest

import s2sad
from s2sad.testing import check_grads
from tests.surface_keywords import KEYWORDS, keywords_used, parameters, programs
from tests.surface_names import REFUSED, SOURCE, classified
from tests.surface_numpy import SAMPLES, function_of

MODULES = (np, np.linalg, np.fft, math, cmath, statistics)


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.__name__)
def test_no_name_is_missing(module):
    assert [name for name, kind in classified(module).items() if kind is None] == []


@pytest.mark.parametrize("module", (np, math, cmath, statistics), ids=lambda m: m.__name__)
def test_what_has_a_derivative_has_a_sample(module):
    prefix = {"numpy": "np"}.get(module.__name__, module.__name__)
    text = " ".join(sample for samples in SAMPLES.values() for sample in samples)
    missing = [
        name for name, kind in classified(module).items()
        if kind in ("rule", "defined", "source") and f"{prefix}.{name}" not in text
    ]  # fmt: skip
    assert missing == []


def test_what_is_said_to_go_through_its_source_is_not_declared_too():
    for name in SOURCE["numpy"]:
        if hasattr(np, name):
            assert classified(np)[name] in ("source", "defined"), name
    assert all(REFUSED.values())


@pytest.mark.parametrize(
    ("name", "sample"), [(name, sample) for name, samples in SAMPLES.items() for sample in samples],
    ids=lambda text: text,
)  # fmt: skip
def test_derivatives(name, sample):
    f, args = function_of(sample)
    single = any(getattr(a, "dtype", None) == np.float32 for a in args) or "float32" in sample
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check_grads(f, args, order=2, **({"rtol": 2e-3, "atol": 2e-3} if single else {}))


@pytest.mark.parametrize("program", programs(), ids=lambda text: text[:60])
def test_derivatives_of_calls_with_keywords(program):
    test_derivatives("", program)


@pytest.mark.skipif(not np.__version__.startswith("2.4"), reason="functions of other versions have other keywords")
def test_every_keyword_is_used():
    """Of the functions that have a derivative."""
    used = keywords_used(sample for table in (SAMPLES, KEYWORDS) for samples in table.values() for sample in samples)
    fixed = {"array": {"ndmax"}, "row_stack": {"dtype", "casting"}}  # of objects; gone with 2.5
    missing = []
    for name, kind in classified(np).items():
        if kind in ("rule", "defined", "source"):
            other = used.get(name, set()) | fixed.get(name, set()) | {"args", "kwargs", "kw"}
            missing += [f"{name}({keyword}=)" for keyword in parameters(getattr(np, name)) if keyword not in other]
    assert missing == []


def test_what_a_reduction_begins_with_is_of_the_dtype_that_it_computes_in():
    lengths, t = np.array([3, 4]), 0.5
    value, slope = s2sad.value_and_grad(lambda t: np.hypot.reduce(lengths, initial=t))(t)
    assert value == np.hypot.reduce(lengths, initial=t)
    assert slope == pytest.approx(t / value, rel=1e-15)
    assert s2sad.value_and_grad(lambda t: np.subtract.reduce(lengths, initial=t) * t)(t) == (-3.5, -7.0)


@pytest.mark.parametrize(("axis", "error"), [(2, np.exceptions.AxisError), ((0, -2), ValueError)])
def test_gradients_along_axes_that_are_not_there(axis, error):
    x = np.arange(6.0).reshape(2, 3) ** 2
    with pytest.raises(error):
        np.gradient(x, axis=axis)
    with pytest.raises(error):
        s2sad.grad(lambda x: np.sum(np.gradient(x, axis=axis)[0]))(x)
    np.testing.assert_array_equal(s2sad.vjp(lambda x: np.gradient(x, axis=[-2]), x)[0], np.gradient(x, axis=[-2]))


def test_numbers_of_single_precision_keep_it_through_branches():
    for kind in (np.float32, np.longdouble):
        bars = s2sad.grad(lambda x, y: x if x > y else y, argnums=(0, 1))(kind(1.5), kind(2.5))
        assert [type(bar) for bar in bars] == [kind, kind] and bars == (0.0, 1.0)


@pytest.mark.parametrize("kind", [complex, np.longdouble])
def test_histograms_have_the_precision_of_their_weights(kind):
    x, w = np.arange(4.0), np.array([0.5, 2, 3, 1]).astype(kind)
    expected = np.histogram(x, 2, weights=w)[0]
    value, pullback = s2sad.vjp(lambda w: np.histogram(x, 2, weights=w)[0], w)
    np.testing.assert_array_equal(value, expected)
    (bar,) = pullback(np.array([1, 2], kind))
    assert value.dtype == expected.dtype and bar.dtype == w.dtype and bar.tolist() == [1, 1, 2, 2]


def test_lengths_that_a_program_compares_are_one():
    def weighted(a, b):
        if len(a) != len(b):
            raise ValueError("unlike lengths")
        return np.sum(a * b)

    def weighted_here(a, b, flag):
        if flag > 0 and len(a) != len(b):
            raise ValueError("unlike lengths")
        return np.sum(a * b)

    both = s2sad.grad(weighted, argnums=(0, 1))
    both(np.ones(3), np.ones(3))
    assert "unbroadcast" not in both.source
    with pytest.raises(ValueError, match="unlike"):
        both(np.ones(3), np.ones(1))
    bars = s2sad.grad(weighted_here, argnums=(0, 1))(np.ones(3), np.array([2.0]), -1.0)
    np.testing.assert_array_equal(bars[1], [3.0])


def test_a_dtype_may_be_given_by_its_class():
    x = np.array([0.3, 1.2, -0.7])
    double = s2sad.grad(lambda x: np.sum(np.subtract(x, x * x, dtype=type(np.result_type(x, 1.0)))))
    np.testing.assert_allclose(double(x), 1.0 - 2.0 * x)
