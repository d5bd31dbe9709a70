"""How a primitive says that it batches is how it batches: a call on a batch against the calls on its rows.

For each way of batching this is what a call on a batch is: ``on_batch``.
"""

from __future__ import annotations

import itertools
import warnings
from typing import Any

import numpy as np
import pytest

from s2sad.ir.primitive import Primitive
from s2sad.prims.primitive import REGISTRY
from tests.primitive_table import TABLE, Row, Sample, samples
from tests.primitive_table_b import TABLE as TABLE_B

SIZE = 3
SCALE = np.array([1.0, 1.06, 0.94])
AXES = ("axis", "axis1", "axis2", "axes", "source", "destination")


def is_operand(value: Any) -> bool:
    return isinstance(value, float | np.inexact) or isinstance(value, np.ndarray) and value.dtype.kind in "fc"


def rows_of(value: Any) -> np.ndarray:
    """A batch of operands like this one."""
    value = np.asarray(value)
    return (value * SCALE.reshape((SIZE,) + (1,) * value.ndim)).astype(value.dtype)


def aligned(batch: np.ndarray, rank: int) -> np.ndarray:
    """A batch whose rows have so many axes, the further ones of length one, in front."""
    return batch.reshape((SIZE,) + (1,) * (rank + 1 - batch.ndim) + batch.shape[1:])


def moved(axis: Any) -> Any:
    """An option that names axes of a row, for the batch: negative ones count from the end."""
    if isinstance(axis, list | tuple):
        return type(axis)(map(moved, axis))
    return axis + 1 if axis >= 0 else axis


def on_batch(prim: Primitive, arguments: dict[str, Any], batched: tuple[str, ...]) -> dict[str, Any] | None:
    """The arguments of the one call on the batch; None where the rows are taken one by one."""
    out = dict(arguments)
    ranks = {n: np.ndim(arguments[n]) for n in batched}
    operands = [n for n, v in arguments.items() if isinstance(v, np.ndarray) or is_operand(v)]
    if prim.batching in ("elementwise", "leading axes"):
        rank = max(np.ndim(arguments[n]) for n in operands)
        if prim.batching == "leading axes" and min(np.ndim(arguments[n]) for n in operands) < 2:
            return None
        out.update({n: aligned(rows_of(arguments[n]), rank) for n in batched})
        return out
    if prim.batching == "axis moves":
        options = {n: prim.signature.parameters[n].default for n in AXES if n in prim.signature.parameters}
        options.update({n: arguments[n] for n in options if n in arguments})
        if batched != tuple(operands) or len(batched) > 1 or not ranks[batched[0]]:
            return None
        (name,) = batched
        batch = rows_of(arguments[name])
        if options.get("axis", 0) is None:
            if arguments.get("keepdims") or prim.name == "np.squeeze":
                return None
            return {**out, name: batch.reshape(SIZE, -1), "axis": 1}
        if options.get("axes", 0) is None:
            axes = (0, *range(batch.ndim - 1, 0, -1))
            return {**out, name: batch, "axes": axes}
        given = {n: moved(v) for n, v in options.items()}
        if "axes" in given:
            given["axes"] = (0, *given["axes"])
        return {**out, name: batch, **given}
    return None


def call(prim: Primitive, arguments: dict[str, Any]) -> Any:
    bound = prim.signature.bind_partial()
    bound.arguments.update({n: arguments[n] for n in prim.signature.parameters if n in arguments})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return prim.run(*bound.args, **bound.kwargs)


CHOICES = [pytest.param(*s.values, id=s.id) for s in samples([*TABLE, *TABLE_B])]


@pytest.mark.parametrize("row, sample", CHOICES)
def test_a_batch_is_its_rows(row: Row, sample: Sample) -> None:
    prim = REGISTRY.by_name[row.name]
    arguments = dict(prim.signature.bind(*sample.args, **sample.kwargs).arguments)
    operands = [n for n, v in arguments.items() if is_operand(v)]
    for count in range(1, len(operands) + 1):
        for batched in itertools.combinations(operands, count):
            together = on_batch(prim, arguments, batched)
            if together is None:
                continue
            whole = call(prim, together)
            rows = [
                call(prim, {**arguments, **{n: rows_of(arguments[n])[k] for n in batched}}) for k in range(SIZE)
            ]
            for part, parts in zip(_results(whole), zip(*map(_results, rows), strict=True), strict=True):
                want = np.stack(parts)
                assert np.shape(part)[0] == SIZE
                np.testing.assert_allclose(np.reshape(part, want.shape), want, rtol=1e-6, atol=1e-12)


def _results(out: Any) -> tuple[Any, ...]:
    return out if isinstance(out, tuple) else (out,)


def test_every_primitive_says_how_it_batches() -> None:
    """What follows axes or broadcasts does not go row by row."""
    by_row = {p.name for p in REGISTRY.by_name.values() if p.batching == "loop"}
    named = {"np.sin", "mul", "np.where", "matmul", "np.sum", "np.cumsum", "np.linalg.inv", "np.fft.fft", "np.sort"}
    assert not named & by_row
    assert REGISTRY.by_name["np.linalg.inv"].batching == "leading axes"
    assert REGISTRY.by_name["np.sum"].batching == "axis moves"
    assert REGISTRY.by_name["np.sin"].batching == "elementwise"
