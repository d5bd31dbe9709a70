"""The text form of a trace, character by character."""

from __future__ import annotations

from s2sad.ir.build import Builder, index_value
from s2sad.ir.core import Literal, Param, Region, Trace, Value
from s2sad.ir.types import BOOL, Array
from s2sad.prims.structure import dim, getitem, not_, store, zero_of
from tests.interpreter import call

VECTOR = Array("f64", ("n",))


def test_loop_and_branch():
    x, p = Value(VECTOR, "x"), Value(BOOL, "p")
    i, before, b = index_value(), Value(VECTOR, "A"), Builder()
    zeros, n, flipped = b.call(zero_of, x, name="A"), b.call(dim, x, 0), b.call(not_, p)
    inner = b.nested()
    after = inner.call(store, before, i, inner.call(getitem, x, i), name="A")
    (out,) = b.for_(Literal(0), n, Literal(1), (zeros,), inner.region((i, before), (after,)))
    (last,) = b.if_(flipped, Region((), (), (x,)), Region((), (), (out,)), (VECTOR,))
    params = (Param(x, "x"), Param(p, "closure:p", "capture"))
    trace = Trace("f", params, Region((), tuple(b.ops), ()), last, (("x", x),), origin="by hand")
    assert str(trace) == """\
f(x: f64[n], capture p: bool <closure:p>):  # by hand
    A: f64[n] = zero_of(x)
    v1: i64 = x.shape[0]
    v2: bool = not p
    A.2: f64[n] = for i in range(v1) with A.3: f64[n] = A:
        v3: f64 = x[i]
        A.4: f64[n] = store(A.3, i, v3)
        yield A.4
    v4: f64[n] = if v2:
        yield x
    else:
        yield A.2
    return v4"""
    assert call(trace, [1.0, 2.0], **{"closure:p": False}) == [1.0, 2.0]
