"""What kind of number goes in and comes out: Python's, NumPy's of each precision, complex ones."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import s2sad

A = np.array
SINGLE = A([0.9, 1.3, 2.2], np.float32)
LONG = A([0.7, 1.3, 0.4], np.longdouble) + np.longdouble("1e-19")

OF_PYTHON = {
    "divide": (lambda x: np.divide(x, 0.0), 1.5), "a quotient by abs": (lambda x: 1 / np.abs(x), 0.0),
    "power": (lambda x: np.power(x, 0.5), -1.3), "power of zero": (lambda x: np.power(x, -1.0), 0.0),
    "mod": (lambda x: np.mod(x, 0.0), 1.5), "add": (lambda x: np.add(x, 1.0) / 0.0, 1.0),
    "negative": (lambda x: np.negative(x) ** 0.5, 0.5), "methods": (lambda x: np.abs(x).sum(), -0.5),
    "attributes": (lambda x: np.multiply(x, 2.0).dtype.itemsize * x, -0.5),
    "single": (lambda x: np.float32(2.0) * np.abs(x), -0.1),
    "not": (lambda x: x if ~np.greater(x, 0.0) else -x, 0.5), "complex": (lambda x: np.abs(np.negative(x * 1j)), 0.5),
}  # fmt: skip


@pytest.mark.parametrize("name", OF_PYTHON)
def test_a_ufunc_gives_numbers_of_numpy(name):
    """Also of Python floats, and also where it is written as an operator."""
    f, x = OF_PYTHON[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        want = f(x)
        value, _ = s2sad.value_and_grad(f)(x)
        again, _ = s2sad.jvp(f, (x,), (1.0,))
    for got in (value, again):
        np.testing.assert_array_equal(got, want)
        assert type(got) is type(want)


KINDS = {
    "a float beside float32": (lambda x, v: np.sum(v * x), (2.0, SINGLE), (float, np.ndarray)),
    "a float that is rounded": (lambda x: np.sum(np.float32(x) * SINGLE), (2.1,), (float,)),
    "float32 that is not read": (lambda x, v: np.sum(v), (np.float32(2.0), SINGLE), (np.float32, np.ndarray)),
    "longdouble that is not read": (lambda x, v: np.sum(v), (np.longdouble(2.0), SINGLE), (np.longdouble, np.ndarray)),
    "float32 beside float64": (lambda x, y: x * y, (np.float32(2.0), np.float64(1.1)), (np.float32, np.float64)),
    "the real part": (lambda z: np.real(z), (2.0 + 1j,), (complex,)),
    "complex beside float32": (lambda z, v: np.sum(np.real(z * v)), (2.0 + 1j, SINGLE), (complex, np.ndarray)),
    "item": (lambda v: v.item() ** 2, (A([1.5], np.float32),), (np.ndarray,)),
    "longdouble": (lambda x: np.longdouble(x) ** 2, (2.1,), (float,)),
    "float of longdouble": (lambda x: float(x) ** 2, (np.longdouble(2.1),), (np.longdouble,)),
    "clongdouble": (lambda v: np.sum(np.abs(v * (1 + 2j)) ** 2), (LONG,), (np.ndarray,)),
    "fft of longdouble": (lambda v: np.sum(np.abs(np.fft.fft(v)) ** 4), (LONG,), (np.ndarray,)),
    "irfft of longdouble": (lambda v: np.sum(np.fft.irfft(np.fft.rfft(v) * 2j) ** 3), (LONG,), (np.ndarray,)),
}  # fmt: skip


@pytest.mark.parametrize("name", KINDS)
def test_a_gradient_is_of_the_kind_of_its_argument(name):
    f, args, kinds = KINDS[name]
    value, bars = s2sad.value_and_grad(f, argnums=tuple(range(len(args))))(*args)
    want = f(*args)
    assert value == want
    assert type(value) is type(want)
    for bar, arg, kind in zip(bars, args, kinds, strict=True):
        assert isinstance(bar, kind)
        assert np.shape(bar) == np.shape(arg)
        assert np.asarray(bar).dtype == np.asarray(arg).dtype
    tangent = s2sad.jvp(f, args, tuple(np.ones_like(a)[()] if isinstance(a, np.generic) else a for a in args))[1]
    assert np.asarray(tangent).dtype == np.asarray(want).dtype


def test_longdouble_constants_keep_their_digits():
    third = np.longdouble(1) / 3
    grad = s2sad.grad(lambda x: x * third)
    assert grad(np.longdouble(2)) == third
    assert "longdouble" in grad.source or "third" in grad.source


def test_nothing_is_left_of_a_constant():
    """``np.polyder`` gives no coefficients then, where ``poly1d`` has a zero."""
    for order in (1, 2):
        value, tangent = s2sad.jvp(lambda c: np.polyder(c, order), (A([1.5]),), (A([1.0]),))  # noqa: B023
        assert value.shape == tangent.shape == np.polyder(A([1.5]), order).shape
    for size in (0, 1, 2):
        assert s2sad.grad(lambda v: np.sum(np.diff(v, 2) ** 2))(np.ones(size)).shape == (size,)
        grad = s2sad.grad(lambda m: np.sum(np.max(m, axis=1, initial=0.5) ** 2))
        assert grad(np.ones((3, size))).shape == (3, size)


SUMS = {
    "sum": lambda v, out: np.sum(v, axis=0, out=out), "mean": lambda v, out: np.mean(v, 0, None, out),
    "method": lambda v, out: v.sum(axis=0, out=out), "cumsum": lambda v, out: np.cumsum(v[:, 0], out=out),
    "accumulate": lambda v, out: np.add.accumulate(v[:, 0], 0, None, out),
    "nansum": lambda v, out: np.nansum(v, 0, out=out),
    "logaddexp": lambda v, out: np.logaddexp.reduce(v, out=out), "prod": lambda v, out: np.prod(v, 0, out=out),
}  # fmt: skip


@pytest.mark.parametrize("name", SUMS)
def test_a_sum_is_taken_in_the_dtype_of_its_out(name):
    call = SUMS[name]

    def f(v):
        out = np.zeros(3)
        call(v, out)
        return out

    v = A([[0.1, 1.7, 0.3], [0.2, 1.1, 0.9], [0.7, 0.6, 1.3]], np.float32)
    value, tangent = s2sad.jvp(f, (v,), (np.ones_like(v),))
    np.testing.assert_allclose(value, f(v), rtol=1e-15)
    exact = s2sad.jvp(f, (v.astype(float),), (np.ones((3, 3)),))[1]
    np.testing.assert_allclose(tangent, exact, rtol=1e-6)
    (bar,) = s2sad.vjp(f, v)[1](np.ones(3))
    assert bar.dtype == np.float32
    np.testing.assert_allclose(np.sum(bar), np.sum(tangent), rtol=1e-6)
