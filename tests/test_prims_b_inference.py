"""Types of shaping, products and linear algebra are those of what NumPy gives; open axes stay right."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from s2sad.errors import Error
from s2sad.ir.core import Literal, Pack, Value
from s2sad.ir.types import INT, Array, Scalar, type_of
from s2sad.prims.primitive import REGISTRY
from tests.primitive_table import samples
from tests.primitive_table_b import EINSUM, SEVERAL, TABLE
from tests.test_prims_inference import atom, check, covers


def opened(arg: Any) -> Any:
    """The argument with nothing known of its axes but their number."""
    if isinstance(arg, Value) and isinstance(arg.type, Array) and arg.type.axes is not None:
        return Value(Array(arg.type.dtype, ("?",) * len(arg.type.axes)))
    return arg


def unranked(arg: Any) -> Any:
    if isinstance(arg, Value) and isinstance(arg.type, Array):
        return Value(Array(arg.type.dtype, None))
    return arg


def options(kwargs: dict[str, Any]) -> dict[str, Any]:
    return {k: Literal(v) if isinstance(v, float) else atom(v) for k, v in kwargs.items()}


@pytest.mark.parametrize("row, sample", list(samples([*TABLE, *SEVERAL])))
def test_the_type_of_a_sample_call(row: Any, sample: Any) -> None:
    assert check(row.name, sample.args, sample.kwargs)
    assert check(row.name, sample.args, sample.kwargs, tuple(opened(atom(a)) for a in sample.args))


@pytest.mark.parametrize("row, sample", list(samples([*TABLE, *SEVERAL])))
def test_the_type_where_no_rank_is_known(row: Any, sample: Any) -> None:
    """Either it says nothing of the rank, or it is right."""
    prim = REGISTRY.by_name[row.name]
    result = prim.run(*sample.args, **sample.kwargs)
    inferred = prim.infer(*(unranked(atom(a)) for a in sample.args), **options(sample.kwargs))
    for t, r in zip(inferred, result, strict=True) if isinstance(inferred, tuple) else [(inferred, result)]:
        assert t.dtype == type_of(r).dtype
        assert isinstance(t, Array) and t.axes is None or covers(t, type_of(r))


@pytest.mark.parametrize("operands", EINSUM, ids=lambda o: o[0])
def test_the_type_of_an_einsum(operands: Any) -> None:
    assert check("np.einsum", operands, {})


@pytest.mark.parametrize("name, args, kwargs", [
    ("np.dot", (np.ones(2, np.int8), np.ones(2, np.float32)), {}),
    ("np.dot", (np.ones(2, np.float32), np.ones(2, np.float32)), {}),
    ("np.vdot", (np.ones(2, np.float32), np.ones(2)), {}),
    ("np.outer", (np.ones(2, np.int64), 2.0), {}),
    ("np.tensordot", (np.ones((2, 2), np.float32), np.ones((2, 2), np.int64)), {}),
    ("np.einsum", ("i,i", np.ones(2, np.float32), np.ones(2, np.int8)), {}),
    ("np.concatenate", ((np.ones(2, np.int8), np.ones(2, np.float32)),), {}),
    ("np.stack", ((1, np.float32(2)),), {}),
    ("np.linalg.solve", (np.eye(2, dtype=np.float32), np.ones(2, int)), {}),
    ("np.linalg.inv", (np.eye(2, dtype=int),), {}),
    ("np.linalg.det", (np.eye(2, dtype=np.float32),), {}),
    ("vector_norm", (np.arange(3),), {}),
    ("vector_norm", (np.ones(3, np.float32),), {"axis": 0}),
    ("np.trace", (np.ones((2, 2), bool),), {}),
    ("np.trace", (np.ones((2, 2), np.uint8),), {}),
    ("np.trace", (np.ones((2, 2), np.float32),), {}),
    ("np.diff", (np.ones(3, int),), {}),
    ("np.reshape", (np.ones((0, 3)), (0, 1)), {}),
    ("np.repeat", (np.ones(1), 0), {}),
    ("np.diag", (np.ones(0),), {"k": 1}),
    ("np.concatenate", ((np.ones(0), np.ones(1)),), {}),
    ("np.reshape", (np.float32(2.0), (1,)), {}),
    ("np.transpose", (2.0,), {}),
    ("np.squeeze", (2.0,), {}),
    ("np.flip", (2.0,), {}),
], ids=str)  # fmt: skip
def test_the_type_of_mixed_operands(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    assert check(name, args, kwargs)


def test_a_size_remembers_its_axis() -> None:
    a = Value(Array("f64", ("n", "1")))
    sizes = [Value(REGISTRY.by_name["dim"].infer(a, Literal(k))) for k in (0, 1)]
    assert [s.type for s in sizes] == [Scalar("i64", True, "n"), Scalar("i64", True, "1")]
    assert REGISTRY.by_name["np.reshape"].infer(a, Pack("tuple", tuple(sizes))).axes == ("n", "1")
    assert REGISTRY.by_name["np.reshape"].infer(a, Pack("tuple", (Value(INT),))).axes == ("?",)


@pytest.mark.parametrize("name, args, kwargs", [
    ("np.transpose", (np.ones((2, 3)),), {"axes": (0, 0)}),
    ("np.transpose", (np.ones((2, 3)),), {"axes": (0,)}),
    ("np.reshape", (np.ones(4), 4), {"order": "A"}),
    ("np.squeeze", (np.ones((2, 1)),), {"axis": 0}),
    ("np.concatenate", ((np.ones(2), np.ones((2, 2))),), {}),
    ("np.concatenate", ((1.0, 2.0),), {}),
    ("np.pad", (np.ones(3), 1), {"mode": "mean"}),
    ("np.einsum", ("ij", np.ones(3)), {}),
    ("np.linalg.inv", (np.ones(3),), {}),
    ("np.linalg.inv", (np.ones((3, 3), np.float16),), {}),
    ("vector_norm", (np.ones((3, 3)),), {"ord": "nuc"}),
])  # fmt: skip
def test_what_is_not_taken_is_refused(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    with pytest.raises(Error):
        REGISTRY.by_name[name].infer(*map(atom, args), **{k: atom(v) for k, v in kwargs.items()})


def test_covers_can_fail() -> None:
    assert not covers(type_of(np.ones(3)), type_of(np.ones(1)))
