"""How every primitive batches: the batched call against the calls on the rows, for each choice of what varies.

The trace of one call is batched, written as source and run on rows; the primitive itself is run on the rows one by one.
What a primitive is said to do (``way_of``) has to be what it does.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
import pytest

from s2sad.compiler.load import load
from s2sad.emit import emit
from s2sad.ir.build import as_arg
from s2sad.ir.core import Arg, Call, Literal, Pack, Param, Ref, Region, Trace, Value
from s2sad.ir.primitive import Primitive
from s2sad.ir.types import Array, type_of
from s2sad.ir.verify import verify
from s2sad.ir.walk import all_ops
from s2sad.prims import structure
from s2sad.prims.primitive import REGISTRY
from s2sad.rules.batching import Way, way_of
from s2sad.transforms.batch import batch
from tests.primitive_table import TABLE, call, row
from tests.primitive_table_b import EINSUM, SEVERAL
from tests.primitive_table_b import TABLE as TABLE_B

ROWS = 3
SCALE = np.array([1.0, 1.06, 0.94])
AROUND = {"getitem", "dim", "np.broadcast_to", "np.reshape", "np.full", "np.zeros", "np.ones", "np.arange", "astype"}
"""What may stand around a call that is the same for all rows: its operands made ready."""


def rows_of(value: Any) -> np.ndarray:
    """Rows like this one, all different."""
    a = np.asarray(value)
    if a.dtype.kind in "fc":
        return (a * SCALE.reshape((ROWS,) + (1,) * a.ndim)).astype(a.dtype)
    if a.dtype.kind == "b":
        return np.stack([a, ~a, a])
    return np.stack([a, a[::-1] if a.ndim else np.asarray(abs(int(a)) - 1), a])


@dataclass
class Sample:
    """A call of a primitive; ``operands`` are the values in it that may vary."""

    call: Call
    operands: dict[Value, Any]


def sample(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Sample:
    prim, operands = REGISTRY.by_name[name], dict[Value, Any]()

    def lifted(value: Any) -> Arg:
        if isinstance(value, float) and np.isfinite(value) or isinstance(value, np.ndarray | np.generic):
            operands[made := Value(type_of(value), f"x{len(operands)}")] = value
            return made
        if isinstance(value, tuple | list):
            return Pack("tuple" if isinstance(value, tuple) else "list", tuple(map(lifted, value)))
        if isinstance(value, type):
            return Ref(value, "float" if value is float else f"np.{value.__name__}")
        return as_arg(value)

    options = ("ord", "rcond")
    given = {n: Literal(v) if n in options else lifted(v) for n, v in kwargs.items()}
    bound = prim.bind(tuple(map(lifted, args)), given)
    arguments = [bound[n] for n, default in prim.defaults if default is None]
    if prim.variadic is not None:
        arguments += bound[prim.variadic[0]].items  # type: ignore[union-attr]
    kept = {n: bound[n] for n, default in prim.defaults if default is not None and bound[n] != default}
    types = prim.infer(*arguments, **kept)
    results = tuple(map(Value, types if isinstance(types, tuple) else (types,)))
    return Sample(Call(prim, tuple(arguments), results, tuple(kept.items())), operands)


def at_run_time(arg: Arg, values: dict[Value, Any]) -> Any:
    match arg:
        case Value():
            return values[arg]
        case Pack(kind="slice", items=items):
            return slice(*(at_run_time(i, values) for i in items))
        case Pack(kind=kind, items=items):
            return (tuple if kind == "tuple" else list)(at_run_time(i, values) for i in items)
        case _:
            return arg.value


def one_by_one(s: Sample, rows: dict[Value, np.ndarray]) -> list[np.ndarray] | None:
    """The results of the rows, stacked; None where they are not of one shape, or a row is no operand."""
    out = []
    for k in range(ROWS):
        values = {v: rows[v][k] if v in rows else whole for v, whole in s.operands.items()}
        args = [at_run_time(a, values) for a in s.call.args]
        try:
            result = s.call.prim.run(*args, **{n: at_run_time(a, values) for n, a in s.call.kwargs})
        except (ValueError, IndexError):
            return None
        out.append(result if len(s.call.results) > 1 else (result,))
    parts = [list(map(np.asarray, column)) for column in zip(*out, strict=True)]
    return [np.stack(p) for p in parts] if all(len({a.shape for a in p}) == 1 for p in parts) else None


def batched(s: Sample, varying: tuple[Value, ...]) -> Trace:
    params = tuple(Param(v, v.name or "") for v in s.operands)
    result = Pack("tuple", s.call.results)
    arguments = tuple((p.path, p.value) for p in params)
    trace = Trace("f", params, Region((), (s.call,), ()), result, arguments)
    out = batch(trace, dict.fromkeys(varying, 0), extent="n")
    verify(out)
    return out


def choices(s: Sample) -> Iterator[tuple[Value, ...]]:
    """All operands, and each one alone."""
    every = tuple(s.operands)
    if every:
        yield every
    if len(every) > 1:
        yield from ((v,) for v in every)


def holds(s: Sample, varying: tuple[Value, ...]) -> bool | None:
    """Compare; and whether the primitive's way was gone, where rows can be put together."""
    rows = {v: rows_of(s.operands[v]) for v in varying}
    want = one_by_one(s, rows)
    if want is None:
        return None
    trace = batched(s, varying)
    source = emit(trace)
    got = load(source, trace.name)(*(rows.get(v, whole) for v, whole in s.operands.items()))
    assert isinstance(trace.result, Pack)
    for mine, theirs, atom in zip(got, want, trace.result.items, strict=True):
        assert np.shape(mine) == theirs.shape, source
        assert np.asarray(mine).dtype == theirs.dtype, source
        single = theirs.dtype in (np.float32, np.complex64)
        np.testing.assert_allclose(mine, theirs, rtol=1e-5 if single else 1e-12, atol=1e-12, err_msg=source)
        if isinstance(atom.type, Array) and atom.type.axes is not None:  # and what is known of it is true
            assert all(a == "?" or (a == "1") == (n == 1) for a, n in zip(atom.type.axes, theirs.shape, strict=True))
    return follows(s.call.prim, trace)


def looped(trace: Trace) -> bool:
    """Whether the rows are taken one by one."""
    return any(not isinstance(op, Call) for op in trace.body.ops)


def follows(prim: Primitive, trace: Trace) -> bool:
    """Whether the operations are those that the primitive's way says."""
    calls = [op.prim for op in all_ops(trace.body.ops) if isinstance(op, Call)]
    match way_of(prim):
        case "elementwise" | "leading axes" | "axis moves":
            return calls.count(prim) == 1 and {p.name for p in calls if p is not prim} <= AROUND
        case "loop":
            return looped(trace)
        case "same" | "rewritten":
            return not looped(trace)


TABLES = [*TABLE, *TABLE_B, *SEVERAL, *(row("np.einsum", call(*args)) for args in EINSUM)]
BY_NAME: dict[str, list[Any]] = {}
for r in TABLES:
    BY_NAME.setdefault(r.name, []).extend((s.args, s.kwargs) for s in r.calls)


@pytest.mark.parametrize("name", BY_NAME)
def test_a_batch_is_its_rows(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        samples = [sample(name, args, kwargs) for args, kwargs in BY_NAME[name]]
        went = [done for s in samples for varying in choices(s) if (done := holds(s, varying)) is not None]
    assert not went or (all if way_of(REGISTRY.by_name[name]) == "loop" else any)(went), way_of(REGISTRY.by_name[name])


# -- items -------------------------------------------------------------------------------------------------------------

R = np.random.default_rng(2)
V, M, C, D = (R.normal(size=shape) for shape in ((5,), (4, 5), (4, 5, 3), (4, 5, 3, 6)))
PICK, J, II, N = np.array([0, 2, 1]), np.array([1, 2, 0]), np.array([[0, 1], [2, 2]]), np.int64(2)
ALL, FEW, EVERY = slice(None), slice(1, 3), Ellipsis
MASK, MASKS = np.array([True, False, True, True, False]), R.uniform(size=(4, 5)) > 0.4
INDICES: list[tuple[np.ndarray, Any]] = [
    (V, 2), (V, FEW), (V, (EVERY, 0)), (V, slice(None, None, -1)), (V, (None, ALL)), (V, PICK), (V, II), (V, [0, 2, 2]),
    (V, MASK), (V, EVERY), (V, N), (M, (1, 2)), (M, (ALL, 2)), (M, (ALL, None, 0)), (M, (ALL, PICK)), (M, (PICK, J)),
    (M, (II, 1)), (M, MASKS), (M, (ALL, MASK)), (M, (PICK, FEW)), (M, (EVERY, PICK)), (M, (PICK[:, None], J)),
    (M, (N, FEW)), (M, (ALL, N)), (M, (None, N)), (C, (0, ALL, PICK)), (C, (PICK, ALL, J)), (C, (ALL, PICK, J)),
    (C, (ALL, II)),
    (C, (EVERY, PICK, 0)), (C, (PICK, None, J)), (C, (MASKS, 1)), (C, MASKS), (C, (N, ALL, N)), (C, (ALL, N, PICK)),
    (D, (ALL, PICK, ALL, J)), (D, (0, FEW, PICK, ALL)), (D, (ALL, II, J[:2], slice(2, 4))),
]  # fmt: skip


@pytest.mark.parametrize("place", range(len(INDICES)))
def test_items_of_a_batch_are_those_of_its_rows(place: int) -> None:
    array, index = INDICES[place]
    read = array[index]
    basic = structure.is_basic(sample("gather", (array, index), {}).call.args[1])
    shapes = {np.shape(read), np.shape(read)[1:], ()}
    for name in ["getitem" if basic else "gather", "store", "scatter_add"] + ["accumulate"] * basic:
        values: list[tuple[Any, ...]] = [()] if name in ("getitem", "gather") else [
            (R.normal(size=shape)[()],) for shape in sorted(shapes, key=len)
            if name != "scatter_add" or shape == np.shape(read)  # np.add.at itself is wrong for some that broadcast
        ]  # fmt: skip
        for value in values:
            s = sample(name, (array, index, *value), {})
            for varying in choices(s):
                holds(s, varying)


# -- what is said ------------------------------------------------------------------------------------------------------


def test_the_book_says_how_each_primitive_batches() -> None:
    found = {p.name: way_of(p) for p in REGISTRY.by_name.values()}
    assert set(found.values()) <= set(get_args(Way))
    expected = {
        "np.sin": "elementwise", "np.sum": "axis moves", "np.linalg.inv": "leading axes", "matmul": "rewritten",
        "dim": "same", "np.roots": "loop", "math.sin": "rewritten", "math.erf": "loop", "np.fft.fft": "axis moves",
    }  # fmt: skip
    assert {n: found[n] for n in expected} == expected


def test_few_primitives_of_arrays_go_row_by_row() -> None:
    """Those of the tables for which no call is made for all rows at once."""
    slow = set()
    for name, calls in BY_NAME.items():
        s = sample(name, *calls[0])
        if s.operands and looped(batched(s, next(choices(s)))):
            slow.add(name)
    assert slow <= {"np.searchsorted", "polygamma", "range_by", "range_between", "np.arange"} | {
        name for name in slow if re.match(r"math\.(erfc?|l?gamma|remainder)$", name)
    }  # fmt: skip
