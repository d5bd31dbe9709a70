"""Random traces: every pass, alone and together, leaves a trace that verifies and means the same to the last bit.

Values are small integers as floats, so that the few rules that may round differently (``x * (1 / y)``) are exact too.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from s2sad.ir.build import Builder, index_value
from s2sad.ir.core import Atom, Literal, Pack, Param, Region, Trace, Value
from s2sad.ir.types import FLOAT, Array, Scalar
from s2sad.ir.verify import verify
from s2sad.passes import cse, dce, optimise, simplify
from s2sad.prims.broadcasting import expand_reduced, unbroadcast
from s2sad.prims.python import add, lt, mul, neg, sub
from s2sad.prims.structure import accumulate, dim, getitem, store, zero_of
from tests.interpreter import evaluate

VECTOR = Array("f64", ("n",))
STRONG = Scalar("f64")
LENGTH = 3


class Writer:
    """Writes a random trace: keeps the numbers and the vectors that can be seen."""

    def __init__(self, draw, builder: Builder, numbers: list[Atom], vectors: list[Value]) -> None:
        self.draw, self.b, self.numbers, self.vectors = draw, builder, list(numbers), list(vectors)

    def pick(self, choices):
        return choices[self.draw(st.integers(0, len(choices) - 1))]

    def number(self) -> Atom:
        return Literal(float(self.draw(st.integers(-2, 2)))) if self.draw(st.booleans()) else self.pick(self.numbers)

    def cell(self) -> Literal:
        return Literal(self.draw(st.integers(0, LENGTH - 1)))

    def statement(self, depth: int) -> None:
        kinds = ["arithmetic", "negative", "vector", "read", "store", "spread", "sum"]
        if depth < 2:
            kinds += ["if", "for"]
        getattr(self, "_" + self.pick(kinds))(depth)

    def _arithmetic(self, depth):
        self.numbers.append(self.b.call(self.pick((add, sub, mul)), self.number(), self.number()))

    def _negative(self, depth):
        self.numbers.append(self.b.call(neg, self.number()))

    def _vector(self, depth):
        other = self.pick([self.number(), self.pick(self.vectors)])
        pair = [self.pick(self.vectors), other]
        if self.draw(st.booleans()):
            pair.reverse()
        self.vectors.append(self.b.call(self.pick((add, sub, mul)), *pair))

    def _read(self, depth):
        self.numbers.append(self.b.call(getitem, self.pick(self.vectors), self.cell()))

    def _store(self, depth):
        base = self.pick(self.vectors)
        if self.draw(st.booleans()):
            base = self.b.call(zero_of, base)
        self.vectors.append(self.b.call(self.pick((store, accumulate)), base, self.cell(), self.number()))

    def _spread(self, depth):
        shape = (self.b.call(dim, self.pick(self.vectors), 0),)
        self.vectors.append(self.b.call(expand_reduced, self.number(), shape))

    def _sum(self, depth):
        shape = (self.b.call(dim, self.pick(self.vectors), 0),)
        self.vectors.append(self.b.call(unbroadcast, self.pick(self.vectors), shape))

    def _if(self, depth):
        pred = self.b.call(lt, self.number(), self.number())
        parts = []
        for _ in range(2):
            inner = Writer(self.draw, self.b.nested(), self.numbers, self.vectors)
            for _ in range(self.draw(st.integers(0, 3))):
                inner.statement(depth + 1)
            parts.append(inner.b.region((), (inner.number(), inner.pick(inner.vectors))))
        number, vector = self.b.if_(pred, *parts, (STRONG, Array("f64", ("?",))))
        self.numbers.append(number)
        self.vectors.append(vector)

    def _for(self, depth):
        stop = self.pick([Literal(self.draw(st.integers(0, LENGTH))), self.b.call(dim, self.pick(self.vectors), 0)])
        i, s, v = index_value(), Value(STRONG, "s"), Value(Array("f64", ("?",)), "v")
        inner = Writer(self.draw, self.b.nested(), [*self.numbers, s], [*self.vectors, v])
        inner.numbers.append(inner.b.call(getitem, v, i))
        for _ in range(self.draw(st.integers(0, 3))):
            inner.statement(depth + 1)
        inits = (self.number(), self.pick(self.vectors))
        body = inner.b.region((i, s, v), (inner.number(), inner.pick(inner.vectors)))
        number, vector = self.b.for_(Literal(0), stop, Literal(1), inits, body)
        self.numbers.append(number)
        self.vectors.append(vector)


@st.composite
def traces(draw) -> Trace:
    x, y, a, b = Value(VECTOR, "x"), Value(VECTOR, "y"), Value(FLOAT, "a"), Value(FLOAT, "b")
    writer = Writer(draw, Builder(), [a, b], [x, y])
    for _ in range(draw(st.integers(1, 8))):
        writer.statement(0)
    result = Pack("tuple", (writer.number(), writer.pick(writer.vectors), writer.pick(writer.vectors)))
    return Trace("f", tuple(Param(p, p.name) for p in (x, y, a, b)), Region((), tuple(writer.b.ops), ()), result)


VALUES = {"x": np.array([1.0, -2.0, 3.0]), "y": np.array([0.0, 4.0, -1.0]), "a": 2.0, "b": -3.0}


def same(a, b) -> None:
    assert type(a) is type(b)
    if isinstance(a, tuple):
        for left, right in zip(a, b, strict=True):
            same(left, right)
    else:
        assert np.shape(a) == np.shape(b)
        assert np.array_equal(a, b, equal_nan=True)


@pytest.mark.parametrize("run", [simplify, cse, dce, optimise], ids=lambda f: f.__name__)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(trace=traces())
def test_meaning_stays(run, trace):
    after = verify(run(trace))
    same(evaluate(after, VALUES), evaluate(trace, VALUES))


@settings(max_examples=30, deadline=None)
@given(trace=traces())
def test_optimise_reaches_a_fixed_point(trace):
    once = optimise(trace)
    assert optimise(once) is once
