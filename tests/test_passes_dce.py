"""Dead code goes, whatever holds it: operations, branches' results, carried values. Effects stay, in order."""

from __future__ import annotations

import pytest

from s2sad.ir.build import Builder, index_value
from s2sad.ir.core import Call, For, If, Literal, Param, Region, Trace, Value, While
from s2sad.ir.types import BOOL, INT, Array
from s2sad.ir.verify import verify
from s2sad.passes import cse, dce
from s2sad.prims.structure import dim, getitem, not_, print_, store, zero_of
from tests.interpreter import call

VECTOR = Array("f64", ("n",))
NOTHING = Region((), (), ())


def trace_of(b: Builder, result, *params: Value) -> Trace:
    arguments = tuple((p.name, p) for p in params)
    return Trace("f", tuple(Param(p, p.name) for p in params), Region((), tuple(b.ops), ()), result, arguments)


def names(trace: Trace) -> list[str]:
    return [op.prim.name if isinstance(op, Call) else type(op).__name__ for op in trace.body.ops]


def test_carried_values_that_only_feed_themselves_go():
    p, n = Value(BOOL, "p"), Value(INT, "n")
    a, c, i, b = Value(BOOL, "a"), Value(BOOL, "c"), index_value(), Builder()
    inner = b.nested()
    a2, c2 = inner.call(not_, a), inner.call(not_, c)
    first, _ = b.for_(Literal(0), n, Literal(1), (p, p), inner.region((i, a, c), (a2, c2)))
    before = trace_of(b, first, p, n)
    after = verify(dce(before))
    (loop,) = after.body.ops
    assert isinstance(loop, For)
    assert len(loop.inits) == len(loop.results) == len(loop.body.ops) == 1
    assert call(after, True, 3) == call(before, True, 3) is False


def test_slots_that_need_each_other_stay():
    p, n = Value(BOOL, "p"), Value(INT, "n")
    a, c, i, b = Value(BOOL, "a"), Value(BOOL, "c"), index_value(), Builder()
    first, _ = b.for_(Literal(0), n, Literal(1), (p, Literal(False)), Region((i, a, c), (), (c, a)))
    trace = trace_of(b, first, p, n)
    assert dce(trace) is trace


def test_loops_and_branches_that_feed_nothing_go():
    p, x = Value(BOOL, "p"), Value(VECTOR, "x")
    b = Builder()
    i, before = index_value(), Value(VECTOR, "A")
    zeros, n = b.call(zero_of, x), b.call(dim, x, 0)
    inner = b.nested()
    stored = inner.call(store, before, i, inner.call(getitem, x, i))
    b.for_(Literal(0), n, Literal(1), (zeros,), inner.region((i, before), (stored,)))
    b.if_(p, Region((), (), (x,)), Region((), (), (zeros,)), (VECTOR,))
    assert dce(trace_of(b, p, p, x)).body.ops == ()


def test_effects_keep_what_decides_them():
    p, x, b = Value(BOOL, "p"), Value(VECTOR, "x"), Builder()
    flipped = b.call(not_, p)
    inner = b.nested()
    inner.calls(print_, "seen")
    inner.call(dim, x, 0)
    b.if_(flipped, inner.region((), (x,)), Region((), (), (x,)), (VECTOR,))
    after = verify(dce(trace_of(b, x, p, x)))
    assert names(after) == ["not", "If"]
    branch = after.body.ops[1]
    assert isinstance(branch, If)
    assert branch.results == () and len(branch.then.ops) == 1


@pytest.mark.parametrize("exits", [False, True])
def test_while_keeps_its_predicate_and_exit(exits):
    p, q = Value(BOOL, "p"), Value(BOOL, "q")
    b = Builder()
    c1, c2, d1, d2 = (Value(BOOL, name) for name in "cdcd")
    inner = b.nested()
    flip = inner.call(not_, d1)
    yields = (flip, d2, Literal(True)) if exits else (flip, d2)
    first, _ = b.while_((p, q), Region((c1, c2), (), (c1,)), inner.region((d1, d2), yields), exits)
    before = trace_of(b, first, p, q)
    after = verify(dce(before))
    (loop,) = after.body.ops
    assert isinstance(loop, While) and len(loop.results) == 1
    assert call(after, True, True) is call(before, True, True) is False


def test_common_subexpressions_reach_into_regions_and_not_out_of_them():
    p, x, b = Value(BOOL, "p"), Value(VECTOR, "x"), Builder()
    outer = b.call(dim, x, 0)
    then, other = b.nested(), b.nested()
    m = then.call(dim, x, 0)
    k = other.call(getitem, x, 0)
    (n,) = b.if_(p, then.region((), (m,)), other.region((), (outer,)), (INT,))
    again = b.call(getitem, x, 0)
    before = trace_of(b, again, p, x)
    after = verify(cse(before))
    branch = after.body.ops[1]
    assert isinstance(branch, If) and branch.then.ops == () and branch.then.yields == (outer,)
    assert names(after) == ["dim", "If", "getitem"]
    assert k.type == again.type and n.type == INT


def test_buffers_are_not_shared():
    x, b = Value(VECTOR, "x"), Builder()
    first, second = b.call(zero_of, x), b.call(zero_of, x)
    stored = b.call(store, first, 0, 1.0)
    trace = trace_of(b, stored, x)
    assert cse(trace) is trace
    assert names(dce(trace)) == ["zero_of", "store"]
    assert second.type == first.type
