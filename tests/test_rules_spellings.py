"""The many ways to spell a call: aliases, methods, keywords, definitions; each differentiated and checked."""

from __future__ import annotations

import itertools
import linecache
import math
import operator
from typing import Any

import numpy as np
import pytest

from s2sad import vjp
from s2sad.errors import UnsupportedError
from s2sad.testing import check_grads

_COUNT = itertools.count()
RNG = np.random.default_rng(3)
V = RNG.uniform(0.5, 1.5, 5)
M = RNG.uniform(0.5, 1.5, (3, 4))
SCOPE = {
    "np": np, "math": math, "operator": operator, "HOLES": np.where(M > 1.2, np.nan, 0.0),
    "GRID": np.array([0.0, 0.7, 1.1, 1.6, 2.0]), "WEIGHTS": np.array([0.3, 0.5, 0.9, 0.1]),
}  # fmt: skip


def function(expression: str) -> Any:
    """``lambda x: expression`` as a function with source."""
    text = f"def f(x):\n    return {expression}\n"
    file = f"<spelling {next(_COUNT)}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    scope = dict(SCOPE)
    exec(compile(text, file, "exec"), scope)
    return scope["f"]


MATRIX = """
np.sum(x, 0)
np.sum(x, axis=(0, 1))
x.sum()
x.sum(1)
x.sum(axis=0, keepdims=True)
x.mean(axis=1, keepdims=True) * x
x.std(ddof=1)
x.var(axis=0)
x.prod(axis=1)
x.max(axis=0)
x.min()
np.amax(x, 1)
np.amin(x, axis=0, keepdims=True)
x.cumsum(axis=1)
np.cumsum(x)
np.cumprod(x, 1)
x.cumprod()
x.clip(0.7, 1.2)
np.clip(x, a_min=0.7, a_max=None)
np.clip(x, 0.7, 1.2)
x.round(1) * x
np.ptp(x, axis=1)
np.average(x, axis=0)
np.average(x, axis=1, weights=WEIGHTS)
np.nansum(x + HOLES, axis=0)
np.nanmean(x + HOLES)
np.nanmax(x + HOLES, axis=1)
np.nanvar(x + HOLES)
np.nanstd(x + HOLES, axis=0, ddof=1)
np.nanprod(x + HOLES, axis=1)
np.median(x)
np.median(x, axis=1)
np.quantile(x, 0.3)
np.percentile(x, 35.0, axis=0)
np.cov(x)
np.corrcoef(x)
np.trapezoid(x, dx=0.5)
np.add(x, 2.0) * np.multiply(x, x) - np.subtract(1.0, x)
np.divide(1.0, x) + np.true_divide(x, 3.0) + np.negative(x) + np.positive(x)
np.power(x, 3) + np.power(2.0, x) + np.float_power(x, 1.5)
np.absolute(x - 1.0) + np.abs(1.0 - x) + np.fabs(x)
np.mod(x, 0.3) + np.remainder(x, 0.3) + np.fmod(x, 0.3)
np.square(x) + np.sqrt(x) + np.cbrt(x) + np.reciprocal(x)
np.logaddexp(x, 0.0) + np.logaddexp2(x, 1.0) + np.log1p(x) + np.expm1(x)
np.where(x > 1.0, x**2, x)
np.where(x > 1.0, 0.0, x) * x
np.select([x > 1.2, x > 0.8], [x**2, x**3], default=0.5)
np.maximum(x, 1.0) + np.minimum(x, 1.0) * x + np.fmax(x, 0.9) + np.fmin(x, 1.1)
np.copysign(x, -1.0) + np.heaviside(x - 1.0, 0.5) * x
np.zeros_like(x) + np.ones_like(x) * x + np.full_like(x, 2.0) * x
np.zeros(x.shape) + x * np.ones(x.shape[1]) + np.full(4, 2.0) * x
np.array(x) * np.copy(x) + x.copy() + np.asarray(x)
np.asarray(x, dtype=float) * x.astype(float) + x.astype(np.float64, copy=False)
np.array(x, copy=False) + np.array(x, copy=None, ndmin=2) * np.add.reduce(x, dtype=np.float64)
np.array([x[0], x[1] * 2.0])
np.array([[x[0, 0], x[1, 1]], [x[0, 1] ** 2, 1.0]])
np.array([x[0].sum(), 2, x[1, 2]])
np.stack([x, x**2]).sum(axis=0)
np.linspace(x[0, 0], x[1, 1], 5)
np.linspace(0.0, x[0], num=3)
np.eye(3) @ x + np.identity(3) @ x
np.arange(3.0)[:, None] * x
np.argmax(x) * x + np.argmin(x, axis=0) + np.count_nonzero(x > 1.0) * x
(x > 1.0) * x + np.any(x > 1.0) * x + np.all(x > 0.0)
np.logical_and(x > 0.8, x < 1.2) * x + np.isfinite(x) * x
np.nan_to_num(x) + np.deg2rad(x) + np.degrees(x)
-x + +x - (x - 1.0) ** 2 / (x + 2.0) // 1.0 * x
abs(x - 1.0) + pow(x, 2.0) + operator.add(x, 1.0) * operator.mul(x, 2.0)
divmod(x, 0.3)[1]
np.modf(x)[0]
np.ldexp(x, 2)
np.frexp(x)[0] * x + np.nextafter(x, 5.0)
np.sinh(x) * np.cosh(x) + np.tanh(x) + np.arctan2(x, 2.0) + np.hypot(x, 1.0)
x.sum(axis=0).max() + x.T.mean()
sum(x[0]) + max(x[1, 0], x[1, 1], x[1, 2]) - min(x[2, 0], x[2, 1])
max(x[0]) + min(x[1]) + sum([x[0, 0], x[0, 1]], 1.0)
float(x[0, 0]) * x[1, 1] + x[0, 0].item() ** 2 + x.max().item()
len(x) * x + np.size(x) * x + np.ndim(x) * x
np.float64(x[0, 0]) ** 2 + np.float64(2.0) * x[0, 1]
np.polyval(x[0], 0.7) + np.polyval([1.0, 2.0], x[0, 0])
np.interp(x, GRID, GRID**2)
np.interp(0.9, GRID, x[0, 0] * GRID)
np.logspace(0.0, x[0, 0], 3) + np.geomspace(1.0, x[0, 1], 3)
np.mean(x, dtype=np.float64) + np.sum(x, dtype=float)
np.mean((x - np.mean(x, axis=0)) ** 2, axis=0)
x / np.sum(x, axis=1, keepdims=True)
np.where(x > 1.0)[0].sum() * x
np.sum(x, where=x > 0.9) * x + np.sum(x, 0, None, None, True)
x.sum(axis=1, where=x > 0.9, keepdims=True) * x
np.prod(x, axis=0, where=x > 0.9, initial=2.0)
np.mean(x, where=x > 0.6) + np.var(x, where=x > 0.6) * np.std(x, axis=1, where=x > 0.6)
np.max(x, initial=1.3) + np.min(x, axis=0, initial=0.6) + np.max(x, axis=0, where=x > 0.9, initial=0.0)
np.std(x, correction=1) + np.var(x, axis=0, correction=1)
np.add.reduce(x, axis=1) + np.multiply.reduce(x, 1) * np.maximum.reduce(x, axis=1) + np.minimum.reduce(x, axis=-1)
np.add.reduce(x) * np.add.accumulate(x) + np.multiply.accumulate(x, axis=1)
np.add.outer(x[0], x[1]) + np.subtract.outer(x[1], x[2]) * np.multiply.outer(x[0], x[0])
np.array(x, ndmin=3) * x
np.real(x) + x.real + np.conj(x) * x.conj() + np.imag(x) + x.imag
np.exp(x - np.max(x, axis=1, keepdims=True)) / np.sum(np.exp(x), axis=1)[:, None]
""".strip().splitlines()


@pytest.mark.parametrize("expression", MATRIX)
def test_a_spelling_of_arrays(expression: str) -> None:
    check_grads(function(expression), (M,), order=2)


NUMBER = """
math.sqrt(x) + math.exp(x) * math.log(x) + math.log(x, 2.0) + math.log2(x) + math.log10(x) + math.log1p(x)
math.sin(x) * math.cos(x) + math.tan(x) + math.atan(x) + math.atan2(x, 2.0) + math.atan2(1.0, x)
math.asin(x / 2.0) + math.acos(x / 2.0) + math.sinh(x) + math.cosh(x) + math.tanh(x)
math.asinh(x) + math.acosh(x + 1.0) + math.atanh(x / 2.0) + math.expm1(x)
math.pow(x, 3.0) + math.pow(2.0, x) + math.hypot(x, 1.0) + math.hypot(x, 1.0, 2.0) + math.fabs(x)
math.erf(x) + math.erfc(2.0 * x) + math.gamma(x) + math.lgamma(x)
math.fmod(x, 0.3) + math.remainder(x, 0.3) + math.copysign(x, -1.0) + math.modf(x)[0]
math.degrees(x) + math.radians(x) + math.dist((x, 1.0), (2.0, x * x)) + math.fsum([x, x * x, 1.0])
math.prod([x, x + 1.0, 2.0]) + math.floor(x) * x + math.ceil(x) + math.trunc(x) * x
math.ldexp(x, 3) + math.frexp(x)[0] + math.nextafter(x, 5.0)
x**2 + x**-1 + x**0.5 + 2.0**x + x**x
abs(x - 1.0) + max(x, 1.0) * x + min(x, 2.0) + max(x, 0.5, 0.2) + round(x, 1)
np.sin(x) + np.exp(x) * np.log(x) + np.sqrt(x) + np.maximum(x, 1.0) * x
divmod(x, 0.3)[1] + x % 0.4 + x // 0.4 * x
float(x) + int(x) * x + bool(x) * x
np.sum([x, x**2]) + np.sum(np.array([x, x**2]))
np.where(x > 1.0, x**2, x) + np.clip(x, 0.0, 1.0) * x
np.mean(x) + np.prod(x) + np.max(x) + np.cumsum(x)[0]
np.full(3, x) + np.full((2, 3), x**2)
np.arange(x, x + 2.0)[:2] * x
math.sin(x) if x > 0.3 else math.cos(x)
""".strip().splitlines()


@pytest.mark.parametrize("expression", NUMBER)
@pytest.mark.parametrize("kind", [float, np.float64])
def test_a_spelling_of_numbers(expression: str, kind: Any) -> None:
    check_grads(function(expression), (kind(0.83),), order=2)


LISTS = """
np.sum([x, x**2]) + np.mean([x, 1.0]) + np.max((x, 0.2))
np.sin([x, 2.0 * x])
np.add([x, 1.0], [2.0, x])
np.interp(x, [0.0, 0.5, 1.0], [0.0, x, 2.0])
np.trapezoid([x, x**2, 1.0], [0.0, 0.5, 2.0])
np.quantile([x, 2.0 * x, 0.1], [0.2, 0.7])
np.ones(2) * [x, x**2]
np.average([x, 2.0, x * x], weights=[1.0, x, 2.0])
np.where([True, False], [x, x], 0.0)
np.array([x for k in range(3)]) * np.array([k * x for k in range(3)])
np.mean([x**k for k in range(4)])
np.prod([x + 0.1 * k for k in range(4)])
np.stack([x, 1.0, x * x, x, x, 2.0, x, x, x, x**3], axis=-1) * np.arange(10.0)
np.split(np.full(12, x) ** np.arange(12.0), 12)[7] * np.array_split(np.full(12, x), 11)[9]
""".strip().splitlines()


@pytest.mark.parametrize("expression", LISTS)
def test_a_list_where_numpy_makes_an_array(expression: str) -> None:
    check_grads(function(expression), (0.83,), order=2)


def appended(x):
    values = []
    for k in range(5):
        values.append(x * k)
    return np.sum(values) + np.std(values)


def test_a_list_that_grows() -> None:
    check_grads(appended, (0.83,), order=2)


@pytest.mark.parametrize("expression, message", [
    ("np.clip(x, 0.0, 1.0, where=x > 0)", "where="),
    ("[a * 2 for a in np.nditer(x)]", "np.nditer"),
    ("np.pad(x, 1, 'empty')", "empty"),
    ("np.lib.stride_tricks.as_strided(x)", "as_strided"),
])  # fmt: skip
def test_what_is_not_modelled_is_refused_at_the_call(expression: str, message: str) -> None:
    f = function(expression)
    with pytest.raises(UnsupportedError, match=message) as refusal:
        vjp(f, M)
    assert refusal.value.location is not None
    assert refusal.value.location.file.startswith("<spelling")
