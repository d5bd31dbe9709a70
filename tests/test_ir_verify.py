"""The verifier refuses every broken invariant of the trace, and lets a good trace pass."""

from __future__ import annotations

from dataclasses import replace

import pytest

from s2sad.errors import TraceError
from s2sad.ir.build import Builder, index_value
from s2sad.ir.core import UNDEFINED, For, If, Literal, Op, Param, Region, Trace, Value
from s2sad.ir.types import BOOL, FLOAT, INT, Array, List
from s2sad.ir.verify import agrees, covers, verify
from s2sad.prims.structure import dim, getitem, not_, print_, raise_, store, zero_of

VECTOR = Array("f64", ("n",))


def trace_of(ops: list[Op], result: Value, *params: Value) -> Trace:
    return Trace("f", tuple(Param(p, p.name or "p") for p in params), Region((), tuple(ops), ()), result)


def copy_loop() -> tuple[Trace, For]:
    """``for i in range(len(x)): A[i] = x[i]``."""
    x, i, before = Value(VECTOR, "x"), index_value(), Value(VECTOR, "A")
    b = Builder()
    zeros, n = b.call(zero_of, x, name="A"), b.call(dim, x, 0)
    inner = b.nested()
    after = inner.call(store, before, i, inner.call(getitem, x, i), name="A")
    (out,) = b.for_(Literal(0), n, Literal(1), (zeros,), inner.region((i, before), (after,)))
    loop = b.ops[-1]
    assert isinstance(loop, For)
    return trace_of(b.ops, out, x), loop


def swap_last(trace: Trace, op: Op) -> Trace:
    return trace.with_body((*trace.body.ops[:-1], op))


def test_good_trace_passes():
    trace, _ = copy_loop()
    assert verify(trace) is trace


def test_value_of_a_region_does_not_leave_it():
    trace, loop = copy_loop()
    inner = loop.body.ops[0].results[0]
    with pytest.raises(TraceError, match="out of the region"):
        verify(trace.with_body(trace.body.ops, inner))


def test_use_before_birth():
    trace, _ = copy_loop()
    first, second, loop = trace.body.ops
    with pytest.raises(TraceError, match="not born here"):
        verify(trace.with_body((loop, first, second)))


def test_born_twice():
    trace, _ = copy_loop()
    with pytest.raises(TraceError, match="born twice"):
        verify(trace.with_body((trace.body.ops[0], *trace.body.ops)))


@pytest.mark.parametrize(
    "change",
    [
        lambda op: replace(op, inits=()),
        lambda op: replace(op, exits=True),
        lambda op: replace(op, body=replace(op.body, params=op.body.params[:1])),
        lambda op: replace(op, body=replace(op.body, yields=())),
        lambda op: replace(op, inits=(Literal("text"),)),
        lambda op: replace(op, body=replace(op.body, yields=(Literal(1.0),))),
    ],
)
def test_broken_loops(change):
    trace, loop = copy_loop()
    with pytest.raises(TraceError):
        verify(swap_last(trace, change(loop)))


def test_branches_must_agree_with_results():
    p, x = Value(BOOL, "p"), Value(VECTOR, "x")
    result = Value(VECTOR)
    good = If(p, Region((), (), (x,)), Region((), (), (x,)), (result,))
    verify(trace_of([good], result, p, x))
    with pytest.raises(TraceError, match="yields"):
        verify(trace_of([replace(good, orelse=Region((), (), ()))], result, p, x))
    with pytest.raises(TraceError, match="of type bool"):
        verify(trace_of([replace(good, orelse=Region((), (), (p,)))], result, p, x))
    verify(trace_of([replace(good, orelse=Region((), (), (Literal(UNDEFINED),)))], result, p, x))


def test_types_of_results_are_inferred_again():
    x = Value(VECTOR, "x")
    b = Builder()
    b.call(dim, x, 0)
    call = replace(b.ops[0], results=(Value(BOOL),))
    with pytest.raises(TraceError, match="is of type i64, said to be bool"):
        verify(trace_of([call], call.results[0], x))


def test_calls_are_canonical():
    x = Value(BOOL, "x")
    b = Builder()
    b.calls(print_, x, end=";")
    verify(trace_of(b.ops, x, x))
    b.calls(print_, x, end="\n")
    with pytest.raises(TraceError, match="which is the default"):
        verify(trace_of(b.ops, x, x))
    short = Builder()
    y = short.call(not_, x)
    call = replace(short.ops[0], args=(), kwargs=(("x", x),))
    with pytest.raises(TraceError, match="takes 1 operands"):
        verify(trace_of([call], y, x))


def test_nothing_stands_behind_a_raise():
    p, x = Value(BOOL, "p"), Value(VECTOR, "x")
    inner = Builder()
    inner.calls(raise_, "no")
    result = Value(VECTOR)
    bad = If(p, inner.region((), (x,)), Region((), (), (x,)), (result,))
    with pytest.raises(TraceError, match="ends in a raise"):
        verify(trace_of([bad], result, p, x))
    verify(trace_of([replace(bad, then=inner.region((), (Literal(UNDEFINED),)))], result, p, x))


def test_covers():
    assert covers(Array("f64", ("?",)), VECTOR)
    assert not covers(VECTOR, Array("f64", ("?",)))
    assert covers(FLOAT, INT) and not covers(INT, FLOAT)


def test_types_may_say_more_of_axes_and_nothing_else():
    assert agrees(VECTOR, Array("f64", ("?",))) and agrees(VECTOR, Array("f64", None))
    assert not agrees(VECTOR, Array("f64", ("1",))) and not agrees(VECTOR, Array("f64", ("n", "n")))
    assert not agrees(Array("f32", ("n",)), VECTOR) and not agrees(FLOAT, VECTOR)
    assert agrees(List(VECTOR), List(Array("f64", ("?",)))) and not agrees(List(FLOAT), List(VECTOR))
