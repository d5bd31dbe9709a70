"""Functions that compute in one precision and answer in another: value, tangent and cotangent are of NumPy's dtype."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import scipy.optimize as so

import s2sad

A = np.array
V = A([0.9, -1.3, 2.2, 0.4])
MASK = A([True, False, True, True])

FUNCTIONS = {
    "mean where": lambda v: np.mean(v, where=MASK),
    "var where": lambda v: np.var(v * np.ones((2, 4), v.dtype), axis=1, where=MASK),
    "var mean": lambda v: np.var(v, mean=np.mean(v, keepdims=True)),
    "std where": lambda v: np.std(v, where=MASK, ddof=1),
    "nanmean": lambda v: np.nanmean(v),
    "nanvar": lambda v: np.nanvar(v, ddof=1),
    "nanstd": lambda v: np.nanstd(v * np.ones((2, 4), v.dtype), axis=1),
    "averaged quantile": lambda v: np.percentile(v, 35, method="averaged_inverted_cdf"),
    "weighted histogram": lambda v: np.histogram(v, [-2.0, 0.0, 1.0, 3.0], weights=v * v)[0],
    "ends of ediff1d": lambda v: np.ediff1d(v, to_end=[1.0, 2.0], to_begin=3),
    "interp of values": lambda v: np.interp(v, A([-2.0, 0.0, 3.0]), A([1.0, 2.0, 0.0])),
    "interp of points": lambda v: np.interp(0.5, np.sort(v), v),
    "geomspace": lambda v: np.geomspace(v[0], v[2], 3),
    "r_ with numbers": lambda v: np.r_[v, 1.0, 2],
    "r_ of numbers": lambda v: np.r_[v[0], 1.0],
    "r_ with a list": lambda v: np.r_[0.5, [1, 2], v],
    "c_": lambda v: np.c_[v, v * 2],
}


CASES = [
    (name, dtype) for name in FUNCTIONS for dtype in (np.float32, np.float16, np.longdouble)
    if dtype is not np.longdouble or "histogram" not in name and "interp" not in name  # these know doubles alone
]  # fmt: skip


@pytest.mark.parametrize(("name", "dtype"), CASES)
def test_dtypes(name, dtype):
    f, v = FUNCTIONS[name], V.astype(dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        want = f(v)
        value, tangent = s2sad.jvp(f, (v,), (np.ones_like(v),))
        out, pullback = s2sad.vjp(f, v)
        (bar,) = pullback(np.ones_like(out) if isinstance(out, np.ndarray) else type(out)(1.0))
        exact = s2sad.jvp(f, (V,), (np.ones_like(V),))[1]
    assert np.asarray(value).dtype == np.asarray(tangent).dtype == np.asarray(want).dtype
    assert bar.dtype == dtype
    tolerance = 3e-2 if dtype is np.float16 else 1e-3
    np.testing.assert_allclose(np.asarray(value, float), np.asarray(want, float), rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(np.asarray(tangent, float), exact, rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(np.sum(bar, dtype=float), np.sum(exact), rtol=tolerance, atol=10 * tolerance)


def test_cotangents_of_a_list_have_the_dtype_of_its_items():
    """Where an array of another dtype is made of it."""

    def doubles(x):
        items = []
        while x < 10:
            items.append(x)
            x = x * 2
        return np.sum(np.array(items, dtype=float) ** 2)

    found = s2sad.grad(doubles)(np.float32(2.0))
    assert found == 84.0 and found.dtype == np.float32


def test_cotangents_go_into_nested_derivatives_in_the_precision_of_results():
    """The rule of a root hands a double to the derivative of the equation, which is of singles."""
    found = s2sad.grad(lambda a: so.brentq(lambda x: x**3 - a, 0.0, 3.0))(np.float32(8.0))
    assert isinstance(found, np.float32) and abs(found - 1.0 / 12.0) < 1e-7
