"""Simplification: what each rule makes of a small trace, what it leaves alone, and that the meaning stays."""

from __future__ import annotations

import math

import numpy as np
import pytest

import s2sad
from s2sad.ir.build import Builder, index_value
from s2sad.ir.core import For, Literal, Pack, Param, Ref, Region, Trace, Value
from s2sad.ir.types import BOOL, FLOAT, INT, Array, Scalar
from s2sad.ir.verify import verify
from s2sad.passes import dce, optimise, simplify
from s2sad.prims.broadcasting import expand_reduced, unbroadcast
from s2sad.prims.creation import astype, zeros
from s2sad.prims.python import add, div, mul, neg, pow_, sub
from s2sad.prims.reductions import sum_
from s2sad.prims.shaping import expand_dims
from s2sad.prims.structure import accumulate, dim, getitem, store, zero_of
from s2sad.prims.structure import shape as shape_of
from tests.interpreter import call

VECTOR = Array("f64", ("n",))
MATRIX = Array("f64", ("n", "n"))
SOME = np.array([0.5, -2.0, math.pi])
GRID = np.arange(6.0).reshape(3, 2) - 2.5


def trace_of(b: Builder, result, *params: Value) -> Trace:
    arguments = tuple((p.name, p) for p in params)
    return Trace("f", tuple(Param(p, p.name) for p in params), Region((), tuple(b.ops), ()), result, arguments)


def body(trace: Trace) -> str:
    """The text of a trace without its head, types and unnamed values' numbers."""
    lines = str(trace).splitlines()[1:]
    return "; ".join(line.strip().replace("return ", "") for line in lines)


def scalars(make, count=3):
    values = [Value(FLOAT, name) for name in "abc"[:count]]
    b = Builder()
    return trace_of(b, make(b, *values), *values)


ARITHMETIC = [
    (lambda b, x, y, z: b.call(mul, x, 1.0), "a"),
    (lambda b, x, y, z: b.call(div, b.call(mul, 1, x), 1), "a"),
    (lambda b, x, y, z: b.call(mul, x, -1.0), "v1: f64 = -a; v1"),
    (lambda b, x, y, z: b.call(neg, b.call(neg, x)), "a"),
    (lambda b, x, y, z: b.call(sub, x, b.call(neg, y)), "v1: f64 = a + b; v1"),
    (lambda b, x, y, z: b.call(add, x, b.call(neg, y)), "v1: f64 = a - b; v1"),
    (lambda b, x, y, z: b.call(add, b.call(mul, b.call(neg, x), y), z), "v1: f64 = a * b; v2: f64 = c - v1; v2"),
    (lambda b, x, y, z: b.call(mul, x, b.call(neg, y)), "v1: f64 = a * b; v2: f64 = -v1; v2"),
    (lambda b, x, y, z: b.call(mul, x, b.call(div, 1.0, y)), "v1: f64 = a / b; v1"),
    (lambda b, x, y, z: b.call(mul, b.call(div, 0.5, x), b.call(mul, 2, y)), "v1: f64 = b / a; v1"),
    (lambda b, x, y, z: b.call(mul, 2.0, b.call(mul, b.call(div, 0.5, x), y)), "v1: f64 = b / a; v1"),
    (lambda b, x, y, z: b.call(mul, 4.0, b.call(div, 0.1, x)), "v1: f64 = 0.4 / a; v1"),
    (lambda b, x, y, z: b.call(mul, 2.0, b.call(mul, 0.5, x)), "a"),
    (lambda b, x, y, z: b.call(pow_, x, 1), "a"),
    (lambda b, x, y, z: b.call(pow_, x, b.call(sub, 2, 1)), "a"),
    (lambda b, x, y, z: b.call(neg, b.call(mul, 2.0, x)), "v1: f64 = (-2.0) * a; v1"),
    (lambda b, x, y, z: b.call(add, x, b.call(mul, -2.0, y)), "v1: f64 = 2.0 * b; v2: f64 = a - v1; v2"),
    (lambda b, x, y, z: b.call(mul, b.call(mul, 2.0, 3.0), x), "v1: f64 = 6.0 * a; v1"),
    (lambda b, x, y, z: b.call(sub, x, 0.0), "a"),
    (lambda b, x, y, z: b.call(mul, 0.5, b.call(mul, x, 3)), "v1: f64 = 1.5 * a; v1"),
    (lambda b, x, y, z: b.call(neg, b.call(mul, x, b.call(mul, 2, y))), "v1: f64 = (-2) * b; v2: f64 = a * v1; v2"),
    (lambda b, x, y, z: b.call(sub, b.call(neg, x), y), "v1: f64 = a + b; v2: f64 = -v1; v2"),
    (lambda b, x, y, z: b.call(add, b.call(mul, x, y), b.call(mul, x, y)), "v1: f64 = a * b; v2: f64 = 2.0 * v1; v2"),
]


@pytest.mark.parametrize(("make", "expected"), ARITHMETIC)
def test_arithmetic(make, expected):
    before = scalars(make)
    after = verify(optimise(before))
    assert body(after) == expected
    for values in ((1.5, -0.25, 3.0), (-2.0, 8.0, 0.1), (math.inf, -1.0, 2.0)):
        assert call(after, *values) == call(before, *values)


KEPT = [
    lambda b, x, y, z: b.call(mul, x, 0.0),
    lambda b, x, y, z: b.call(sub, x, x),
    lambda b, x, y, z: b.call(add, x, 0.0),
    lambda b, x, y, z: b.call(div, x, x),
    lambda b, x, y, z: b.call(div, 1.0, 3.0),
    lambda b, x, y, z: b.call(div, 1.0, 0.0),
    lambda b, x, y, z: b.call(mul, b.call(mul, x, 0.1), 3.0),
]


@pytest.mark.parametrize("make", KEPT)
def test_what_would_change_a_number_is_kept(make):
    before = scalars(make)
    assert optimise(before) is before


def test_dtype_is_kept():
    n, single, b = Value(INT, "n"), Value(Array("f32", ("n",)), "s"), Builder()
    double = b.call(mul, n, 1.0)
    wide = b.call(mul, single, Value(Scalar("f64"), "w"))
    assert optimise(trace_of(b, double, n)).body.ops
    assert wide.type.dtype == "f64"
    cast = Builder()
    same = cast.call(astype, single, Ref(np.float32, "np.float32"))
    other = cast.call(astype, single, Ref(np.float64, "np.float64"))
    assert body(optimise(trace_of(cast, Pack("tuple", (same, other)), single))) == (
        "v1: f64[n] = s.astype(np.float64); (s, v1)"
    )


def test_python_int_offsets():
    i, b = Value(INT, "i"), Builder()
    same = b.call(add, b.call(sub, i, 1), 1)
    two = b.call(add, b.call(add, i, 1), 1)
    after = optimise(trace_of(b, Pack("tuple", (same, two)), i))
    assert body(after) == "v1: i64 = i + 2; (i, v1)"


def test_zero_cotangents_drop_out_only_where_the_shape_stays():
    x, y, m, b = Value(VECTOR, "x"), Value(VECTOR, "y"), Value(MATRIX, "m"), Builder()
    same = b.call(add, b.call(zero_of, x), y)
    spread = b.call(add, b.call(zero_of, m), y)
    before = trace_of(b, Pack("tuple", (same, spread)), x, y, m)
    after = verify(optimise(before))
    assert body(after) == "v1: f64[n,n] = zero_of(m); v2: f64[n,n] = v1 + y; (y, v2)"


def test_repeated_numbers_are_left_to_broadcasting():
    x, g, b = Value(VECTOR, "x"), Value(Scalar("f64"), "g"), Builder()
    spread = b.call(expand_reduced, g, (b.call(dim, x, 0),))
    y = b.call(mul, b.call(mul, spread, 2.0), x)
    before = trace_of(b, y, x, g)
    after = verify(optimise(before))
    assert body(after) == "v1: f64 = g * 2.0; v2: f64[n] = v1 * x; v2"
    assert np.array_equal(call(after, SOME, np.float64(3.0)), call(before, SOME, np.float64(3.0)))


@pytest.mark.parametrize(
    ("axis", "g", "expected"),
    [
        (0, np.array([1.0, 2.0]), "v1: f64[n,n] = g * x; v1"),
        (1, np.array([1.0, 2.0, 3.0]), "v1: f64[n,1] = np.expand_dims(g, 1); v2: f64[n,n] = v1 * x; v2"),
    ],
)
def test_reduced_axes(axis, g, expected):
    x, cotangent, b = Value(MATRIX, "x"), Value(VECTOR, "g"), Builder()
    shape = (b.call(dim, x, 0), b.call(dim, x, 1))
    before = trace_of(b, b.call(mul, b.call(expand_reduced, cotangent, shape, axis=axis), x), x, cotangent)
    after = verify(optimise(before))
    assert body(after) == expected
    assert np.array_equal(call(after, GRID, g), call(before, GRID, g))


def test_repeated_numbers_take_more_axes():
    x, g, b = Value(MATRIX, "x"), Value(Scalar("f64"), "g"), Builder()
    spread = b.call(expand_dims, b.call(expand_reduced, g, (b.call(dim, x, 0),)), 1)
    before = trace_of(b, b.call(mul, spread, x), x, g)
    after = verify(optimise(before))
    assert body(after) == "v1: f64[n,n] = g * x; v1"
    assert np.array_equal(call(after, GRID, np.float64(3.0)), call(before, GRID, np.float64(3.0)))


def test_repeats_that_are_needed_stay():
    x, g, b = Value(VECTOR, "x"), Value(Scalar("f64"), "g"), Builder()
    spread = b.call(expand_reduced, g, (b.call(dim, x, 0),))
    before = trace_of(b, b.call(mul, spread, 2.0), x, g)
    after = verify(optimise(before))
    assert call(after, SOME, np.float64(3.0)).shape == (3,)
    assert np.array_equal(call(after, SOME, np.float64(3.0)), call(before, SOME, np.float64(3.0)))


def test_unbroadcast_that_does_nothing():
    x, y, b = Value(VECTOR, "x"), Value(Array("f64", ("?",)), "y"), Builder()
    product = b.call(mul, x, y)
    to_x = b.call(unbroadcast, product, (b.call(dim, x, 0),))
    to_y = b.call(unbroadcast, product, (b.call(dim, y, 0),))
    before = trace_of(b, Pack("tuple", (to_x, to_y)), x, y)
    after = verify(optimise(before))
    assert body(after).count("unbroadcast") == 1
    for given in (np.array([2.0]), SOME):
        for a, c in zip(call(after, SOME, given), call(before, SOME, given), strict=True):
            assert np.array_equal(a, c)


def test_sizes_are_followed_to_their_root():
    x, n, i, b = Value(VECTOR, "x"), Value(INT, "n"), index_value(), Builder()
    work = b.call(mul, b.call(add, x, 1.0), 2.0)
    made = b.call(zeros, n)
    before_loop = Value(made.type, "A")
    inner = b.nested()
    length = inner.call(dim, before_loop, 0)
    after_store = inner.call(store, before_loop, i, inner.call(mul, length, 1.0))
    (filled,) = b.for_(Literal(0), n, Literal(1), (made,), inner.region((i, before_loop), (after_store,)))
    lengths = (b.call(dim, work, 0), b.call(dim, made, 0), b.call(dim, filled, 0))
    before = trace_of(b, Pack("tuple", (*lengths, filled)), x, n)
    after = verify(optimise(before))
    assert after.result.items[1:3] == (n, n)
    assert str(after).count(".shape") == str(after).count("x.shape[0]") == 1
    got, want = call(after, SOME, 4), call(before, SOME, 4)
    assert got[:3] == want[:3] == (3, 4, 4) and np.array_equal(got[3], want[3])


def test_stores():
    x, i, j, b = Value(VECTOR, "x"), Value(INT, "i"), Value(INT, "j"), Builder()
    v = b.call(getitem, x, j)
    cell = b.call(accumulate, b.call(zero_of, x), i, v)
    here, there = b.call(getitem, cell, i), b.call(getitem, cell, j)
    before = trace_of(b, Pack("tuple", (cell, here, there)), x, i, j)
    after = verify(optimise(before))
    assert body(after) == (
        "v1: f64 = x[j]; v2: f64[n] = zero_of(x); v3: f64[n] = store(v2, i, v1); v4: f64 = v3[j]; (v3, v1, v4)"
    )
    for a, c in zip(call(after, SOME, 0, 2), call(before, SOME, 0, 2), strict=True):
        assert np.array_equal(a, c)


def test_branches_and_loops_that_are_decided():
    p, x, y, b = Value(BOOL, "p"), Value(FLOAT, "x"), Value(FLOAT, "y"), Builder()
    then, other = b.nested(), b.nested()
    twice, thrice = then.call(mul, x, 2.0), other.call(mul, x, 3.0)
    known = b.if_(Literal(True), then.region((), (twice,)), other.region((), (thrice,)), (FLOAT,))
    left, right = b.nested(), b.nested()
    alike = b.if_(p, left.region((), (left.call(mul, x, y),)), right.region((), (right.call(mul, x, y),)), (FLOAT,))
    i, carried, fixed, inner = index_value(), Value(FLOAT, "s"), Value(FLOAT, "t"), b.nested()
    summed = inner.call(add, carried, fixed)
    loop = b.for_(Literal(0), Literal(4), Literal(1), (x, y), inner.region((i, carried, fixed), (summed, fixed)))
    never = b.for_(Literal(4), Literal(0), Literal(1), (x,), Region((index_value(), Value(FLOAT)), (), (y,)))
    before = trace_of(b, Pack("tuple", (*known, *alike, *loop, *never)), p, x, y)
    after = verify(optimise(before))
    assert call(after, True, 2.0, 5.0) == call(before, True, 2.0, 5.0) == (4.0, 10.0, 22.0, 5.0, 2.0)
    assert body(after) == (
        "v1: f64 = x * 2.0; v2: f64 = x * y; s: f64 = for i in range(4) with s.2: f64 = x:; "
        "v3: f64 = s.2 + y; yield v3; (v1, v2, s, y, x)"
    )


def test_long_programs_are_linear_and_not_deep():
    x, b = Value(FLOAT, "x"), Builder()
    y = x
    for k in range(5000):
        y = b.call(add, b.call(mul, b.call(neg, y), 1.0), b.call(sub, float(k), 1.0))
    before = trace_of(b, y, x)
    after = verify(optimise(before))
    assert len(after.body.ops) == 5000  # one addition or subtraction for each step
    assert call(after, 0.5) == call(before, 0.5)


def test_simplify_alone_reaches_a_fixed_point():
    before = scalars(lambda b, x, y, z: b.call(add, b.call(mul, b.call(neg, x), y), z))
    once = dce(simplify(before))
    assert dce(simplify(once)) is once


def test_what_is_stored_into_is_a_buffer():
    x, g, b = Value(VECTOR, "x"), Value(Scalar("f64"), "g"), Builder()
    spread = b.call(expand_reduced, g, (b.call(dim, x, 0),))
    before = trace_of(b, b.call(store, spread, 1, 0.0), x, g)
    after = verify(optimise(before))
    assert body(after) == "v1: i64 = x.shape[0]; v2: f64[n] = np.full((v1,), g); v3: f64[n] = store(v2, 1, 0.0); v3"
    assert np.array_equal(call(after, SOME, np.float64(3.0)), [3.0, 0.0, 3.0])


def test_shapes_of_unknown_rank_are_followed_too():
    x, g, b = Value(Array("f64", None), "x"), Value(Scalar("f64"), "g"), Builder()
    squares = b.call(mul, x, x)
    spread = b.call(expand_reduced, g, b.call(shape_of, squares))
    before = trace_of(b, b.call(unbroadcast, b.call(mul, spread, x), b.call(shape_of, x)), x, g)
    after = verify(optimise(before))
    assert body(after) == "v1: f64[...] = g * x; v1"
    for given in (SOME, GRID, np.array([4.0])):
        assert np.array_equal(call(after, given, np.float64(3.0)), call(before, given, np.float64(3.0)))


def test_sizes_of_slices():
    u, g, b = Value(MATRIX, "u"), Value(MATRIX, "g"), Builder()
    inner = b.call(getitem, u, (slice(1, -1), slice(2, None)))
    other = b.call(getitem, u, (slice(None, -2), slice(1, -1)))
    short = b.call(getitem, u, (slice(None, -2), slice(1, 1)))
    both = b.call(mul, inner, other)
    shape = (b.call(dim, inner, 0), b.call(dim, inner, 1))
    same = b.call(unbroadcast, both, shape)
    unlike = b.call(unbroadcast, b.call(mul, inner, short), shape)
    before = trace_of(b, Pack("tuple", (same, unlike)), u, g)
    after = verify(optimise(before))
    assert str(after).count("unbroadcast") == 1


def test_sums_of_negated_items():
    x, b = Value(VECTOR, "x"), Builder()
    before = trace_of(b, b.call(sum_, b.call(neg, x)), x)
    after = verify(optimise(before))
    assert body(after) == "v1: f64 = np.sum(x); v2: f64 = -v1; v2"
    assert call(after, SOME) == call(before, SOME)


def test_loops_that_run_backwards_through_a_falling_range():
    n, x, b = Value(INT, "n"), Value(FLOAT, "x"), Builder()
    i, s = index_value(), Value(FLOAT, "s")
    inner = b.nested()
    after_one = inner.call(add, inner.call(mul, s, x), i)
    init = (Literal(0.0),)
    start = b.call(sub, n, 2)
    out = Value(FLOAT)
    region = inner.region((i, s), (after_one,))
    b.emit(For(start, Literal(-1), Literal(-1), init, region, (out,), backwards=True))
    before = trace_of(b, out, n, x)
    after = verify(optimise(before))
    assert "for i in range(v1)" in str(after) and "v1: i64 = n - 1" in str(after)
    for count in range(5):
        assert call(after, count, 1.5) == call(before, count, 1.5)


def test_methods_of_arrays_are_not_called_on_numbers():
    x, g, b = Value(VECTOR, "x"), Value(FLOAT, "g"), Builder()
    spread = b.call(expand_reduced, g, (b.call(dim, x, 0),))
    before = trace_of(b, b.call(astype, spread, Ref(np.float32, "np.float32")), x, g)
    after = verify(optimise(before))
    assert "np.full" in str(after) and "g.astype" not in str(after)
    assert call(after, np.ones(3), 2.0).dtype == np.float32


def test_the_second_slope_of_a_square_is_a_number():
    def f(x):
        return np.sum((x[1:] - x[:-1] ** 2) ** 2)

    second = s2sad.hessian(f)
    second(np.array([1.0, 2.0, 0.5]))
    assert "** 0" not in second.source and "** 1" not in second.source
