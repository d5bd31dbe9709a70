"""What a function is defined to mean is what NumPy computes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import s2sad.prims  # noqa: F401
from s2sad.prims.primitive import REGISTRY

RNG = np.random.default_rng(5)
X, M = RNG.normal(size=7), RNG.normal(size=(3, 4))
HOLES = np.where(M > 0.8, np.nan, M)
GRID = np.sort(RNG.normal(size=7))

CALLS: list[tuple[Any, tuple[Any, ...], dict[str, Any]]] = [
    (np.average, (X,), {}), (np.average, (M,), {"weights": M**2, "axis": 0}),
    (np.average, (M,), {"weights": np.arange(1.0, 5.0), "axis": 1}),
    (np.average, (X,), {"weights": X**2, "returned": True}),
    (np.nansum, (HOLES,), {"axis": 1}), (np.nanprod, (HOLES,), {}), (np.nancumsum, (HOLES,), {"axis": 0}),
    (np.nancumprod, (HOLES,), {}), (np.nanmean, (HOLES,), {"axis": 0}), (np.nanvar, (HOLES,), {"axis": 1, "ddof": 1}),
    (np.nanstd, (HOLES,), {"keepdims": True}), (np.nanmax, (HOLES,), {"axis": 1}), (np.nanmin, (HOLES,), {}),
    (np.median, (X,), {}), (np.median, (M,), {"axis": 1}), (np.median, (M,), {"keepdims": True}),
    (np.quantile, (X, 0.3), {}), (np.quantile, (M, np.array([0.2, 0.9])), {"axis": 1}),
    (np.quantile, (M, 0.35), {"axis": 0, "keepdims": True}), (np.percentile, (M, 40.0), {}),
    (np.cov, (M,), {}), (np.cov, (M,), {"rowvar": False, "ddof": 0}), (np.cov, (X,), {}), (np.cov, (X, GRID), {}),
    (np.corrcoef, (M,), {}),
    (np.trapezoid, (X,), {}), (np.trapezoid, (X, GRID), {}), (np.trapezoid, (M,), {"dx": 0.5, "axis": 0}),
    (np.interp, (0.1, GRID, X), {}), (np.interp, (np.linspace(-3, 3, 9), GRID, X), {}),
    (np.interp, (9.0, GRID, X, -1.0, 2.0), {}),
    (np.polyval, (X, 0.7), {}), (np.polyval, (X, M), {}),
    (np.cumulative_sum, (M,), {"axis": 1}), (np.cumulative_sum, (X,), {"include_initial": True}),
    (np.cumulative_prod, (M,), {"axis": 1, "include_initial": True}),
    (np.allclose, (M, M + 1e-12), {}), (np.allclose, (M, M + 1.0), {}), (np.array_equal, (M, M), {}),
    (np.array_equal, (M, X), {}),
    (np.logspace, (0.0, 2.0), {"num": 5}), (np.geomspace, (1.0, 9.0), {"num": 4}),
    (np.select, ([M > 1, M > 0], [M, 2.0 * M]), {}), (np.select, ([M > 1], [M], -1.0), {}),
    (np.ptp, (M,), {"axis": 1}), (np.modf, (X,), {}), (np.divmod, (X, 0.3), {}), (divmod, (7.5, 2), {}),
    (np.clip, (X, -0.5, 0.5), {}), (np.clip, (X, None, 0.5), {}), (np.arange, (4,), {}), (np.arange, (1, 4), {}),
    (np.arange, (4, 1, -1), {}), (np.arange, (4, None, 2), {}), (np.asarray, (X,), {}),
    (np.asarray, ([1.0, 2.0],), {"dtype": np.float32}),
    (np.sum, (M,), {"axis": 0, "where": M > 0}), (np.sum, (M, 0, None, None, True), {"initial": 2.0}),
    (np.mean, (M,), {"where": M > -1.0, "axis": 1}), (np.var, (M,), {"where": M > -1.0, "axis": 0, "ddof": 1}),
    (np.std, (M,), {"correction": 1}), (np.max, (M,), {"initial": 0.3, "axis": 1}), (np.array, (X,), {"ndmin": 3}),
    (np.min, (M,), {"initial": 0.3, "where": M > 0, "axis": 1}), (np.prod, (M,), {"where": M > 0, "initial": 2.0}),
    (math.log, (2.5,), {}), (math.log, (2.5, 3.0), {}), (math.hypot, (1.0, 2.0), {}), (math.hypot, (1.0, 2.0, 3.0), {}),
    (math.dist, ((1.0, 2.0), (3.0, 5.0)), {}), (math.fsum, ([0.5, 1.5, 2],), {}),
    (math.prod, ([0.5, 1.5, 2],), {"start": 2.0}),
    (math.modf, (-2.75,), {}),
]  # fmt: skip


@pytest.mark.parametrize("function, args, kwargs", CALLS, ids=lambda x: getattr(x, "__name__", ""))
def test_a_definition_computes_what_it_defines(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    definition = REGISTRY.definition(function)
    assert definition is not None
    expected, found = function(*args, **kwargs), definition(*args, **kwargs)
    if not isinstance(expected, tuple):
        expected, found = (expected,), (found,)
    for e, f in zip(expected, found, strict=True):
        assert np.shape(f) == np.shape(e)
        assert np.asarray(f).dtype == np.asarray(e).dtype
        np.testing.assert_allclose(f, e, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name, args, kwargs", [
    ("clip", (X, -0.5, 0.5), {}), ("clip", (X,), {"max": 0.1}), ("astype", (X, np.float32), {}),
    ("astype", (X, float), {"copy": False}),
], ids=str)  # fmt: skip
def test_a_method_is_defined_as_it_is(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    found = REGISTRY.method_definitions[name](*args, **kwargs)
    expected = getattr(args[0], name)(*args[1:], **kwargs)
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)
