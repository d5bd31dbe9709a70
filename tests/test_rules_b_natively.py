"""Rules of shaping, products and linear algebra, called as plain Python, against differences and their transposes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from s2sad.prims.primitive import REGISTRY
from s2sad.rules.book import BOOK
from tests import test_rules_natively as natively
from tests.primitive_table import Row, Sample, samples
from tests.primitive_table_b import EINSUM, SEVERAL, TABLE
from tests.test_rules_natively import body, pairing, random_like

STEP = 1e-6


def in_doubles(sample: Sample) -> bool:
    """Differences of single precision say nothing."""
    return not any(getattr(a, "dtype", None) == np.float32 for arg in sample.args for a in (arg if isinstance(arg, tuple) else (arg,)))  # noqa: E501


ROWS = [p for p in samples(TABLE) if in_doubles(p.values[1])]


@pytest.mark.parametrize("row, sample", ROWS)
def test_a_rule_agrees(row: Row, sample: Sample) -> None:
    natively.test_a_rule_agrees_with_differences(row, sample)


@pytest.mark.parametrize("row, sample", ROWS)
def test_a_transpose_pairs(row: Row, sample: Sample) -> None:
    natively.test_a_transpose_pairs_as_the_map_does(row, sample)


@pytest.mark.parametrize("operands", EINSUM, ids=lambda o: o[0])
def test_the_cotangents_of_an_einsum(operands: Any) -> None:
    subscripts, *arrays = operands
    rule = BOOK.reverse[REGISTRY.by_name["np.einsum"]]
    ans = np.einsum(subscripts, *arrays)
    ans_bar = random_like(ans)
    bars = body(rule, {"subscripts": subscripts, "operands": tuple(arrays), "optimize": False}, ans_bar=ans_bar)
    for k, bar in enumerate(bars):
        direction = random_like(arrays[k])
        tangent = np.einsum(subscripts, *arrays[:k], direction, *arrays[k + 1 :])
        assert pairing([ans_bar], [tangent]) == pytest.approx(pairing([bar], [direction]), rel=1e-10)


def parts(x: Any) -> list[Any]:
    return list(x) if isinstance(x, tuple) else [x]


@pytest.mark.parametrize("row, sample", list(samples(SEVERAL)))
def test_the_cotangent_of_a_decomposition(row: Row, sample: Sample) -> None:
    """For each result alone and for all together; of symmetric matrices too along any direction."""
    prim = REGISTRY.by_name[row.name]
    rule = BOOK.reverse[prim]
    (a,) = sample.args
    direction = random_like(a)
    ans = prim.run(a, **sample.kwargs)
    ahead, behind = (parts(prim.run(a + s * direction, **sample.kwargs)) for s in (STEP, -STEP))
    tangents = [(x - y) / (2 * STEP) for x, y in zip(ahead, behind, strict=True)]
    full = row.name == "np.linalg.svd" and not sample.kwargs
    count = len(tangents)
    for chosen in [range(count), *([k] for k in range(count))]:
        if row.name == "np.linalg.slogdet" and 1 not in chosen or full and list(chosen) != [1]:
            continue
        bars = [random_like(t) if k in chosen else None for k, t in enumerate(tangents)]
        ans_bar = tuple(bars) if isinstance(ans, tuple) else bars[0]
        arguments = {"a": a, "full_matrices": True, "UPLO": "L", "mode": "reduced", **sample.kwargs}
        a_bar = body(rule, arguments, ans=ans, ans_bar=ans_bar)
        left = sum(pairing([b], [t]) for b, t in zip(bars, tangents, strict=True) if b is not None)
        assert left == pytest.approx(pairing([a_bar], [direction]), rel=1e-5, abs=1e-6)


def test_the_norm_at_zero_has_a_finite_cotangent() -> None:
    rule = BOOK.reverse[REGISTRY.by_name["vector_norm"]]
    for order in (None, 2, 3):
        x = np.zeros(3)
        found = body(rule, {"x": x, "ord": order, "axis": None, "keepdims": False}, ans=0.0, ans_bar=1.0)
        np.testing.assert_array_equal(found, np.zeros(3))
