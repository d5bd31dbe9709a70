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
