"""``s2sad.testing.check_rule``: it passes what is right, and says what is wrong with what is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from s2sad import partials, primitive, pullback
from s2sad.errors import InputError, UnsupportedError
from s2sad.ir.types import Type
from s2sad.prims.inference import number
from s2sad.prims.primitive import REGISTRY
from s2sad.rules.book import BOOK, RuleBook
from s2sad.testing import check_rule
from tests.primitive_table import TABLE, Row, Sample, samples
from tests.primitive_table_b import TABLE as TABLE_B

A = np.array


@pytest.mark.parametrize("target, args, kwargs", [
    (np.sqrt, (A([0.3, 2.0]),), {}),
    (np.sqrt, (2.0,), {}),
    (np.hypot, (A([[0.4], [1.6]]), A([0.7, 1.1])), {}),
    (np.sum, (A([[0.4, 1.6]]),), {"axis": 1, "keepdims": True}),
    (np.concatenate, ([A([1.0, 2.0]), A([3.0])],), {}),
    (np.linalg.solve, (A([[2.0, 1.0], [0.5, 3.0]]), A([1.0, -1.0])), {}),
    ("mul", (A([2.0, 1.0]), 3.0), {}),
    ("log_of_base", (A([2.0, 1.5]),), {}),
    (np.vstack, ((A([2.0, 1.0]), A([1.0, 3.0])),), {}),
    (lambda x, n: x**n, (A([2.0, 1.0]), 3), {}),
    (np.linalg.slogdet, (A([[2.0, 1.0], [0.5, 3.0]]),), {}),
])  # fmt: skip
def test_what_is_right_passes(target: Any, args: Any, kwargs: Any) -> None:
    check_rule(target, *args, **kwargs)


@pytest.mark.parametrize("target, args", [
    (np.exp, (A([0.3, -2.0]),)), (np.multiply, (A([0.3, -2.0]), 1.5)), (np.abs, (A([0.3, -2.0]),)),
    (np.linalg.inv, (A([[2.0, 1.0], [0.5, 3.0]]),)), (np.fft.fft, (A([1.0, 2.0, -1.0]),)),
    (np.conjugate, (A([0.3, -2.0]),)),
])  # fmt: skip
def test_over_complex_numbers(target: Any, args: Any) -> None:
    check_rule(target, *args, dtypes=("float64", "complex128", "complex64"))


@pytest.fixture
def cubed() -> Iterator[Callable[[Any], Any]]:
    """A primitive of our own, without a rule."""

    def cube(x):
        return np.asarray(x) ** 3

    def infer(x: Any) -> Type:
        return number(x)

    prim = primitive("tests.cube", cube, infer, elementwise=True)
    try:
        yield cube
    finally:
        for table in (BOOK.forward, BOOK.reverse):
            table.pop(prim, None)
        del REGISTRY.by_name["tests.cube"], REGISTRY.by_object[id(cube)]


X = A([0.5, -1.5])


def test_a_users_rule(cubed: Any) -> None:
    partials(cubed)(lambda x: 3.0 * x**2)
    check_rule(cubed, X)
    check_rule("tests.cube", X)


def test_no_rule(cubed: Any) -> None:
    with pytest.raises(UnsupportedError, match=r"tests\.cube has no derivative rule"):
        check_rule(cubed, X)


def test_a_wrong_slope(cubed: Any) -> None:
    partials(cubed)(lambda x: 2.0 * x**2)
    with pytest.raises(AssertionError, match=r"forward mode is wrong for tests\.cube, order 1"):
        check_rule(cubed, X)


def test_a_wrong_slope_of_the_slope(cubed: Any) -> None:
    def slope(x):
        return 3.0 * np.where(x > 9.0, 0.0, constant_square(x))

    def constant_square(x):
        return np.floor(x * 2.0) ** 2 / 4.0  # right at the sample, and constant around it

    partials(cubed)(slope)
    with pytest.raises(AssertionError, match="order 2"):
        check_rule(cubed, X + 1e-9)


def test_modes_that_disagree(cubed: Any) -> None:
    partials(cubed)(lambda x: 3.0 * x**2)
    pullback(cubed)(lambda ans_bar, x: ans_bar * 3.0000001 * x**2)
    with pytest.raises(AssertionError, match="the modes disagree"):
        check_rule(cubed, X)


def test_a_wrong_shape(cubed: Any) -> None:
    pullback(cubed)(lambda ans_bar, x: (ans_bar * 3.0 * x**2).sum())
    with pytest.raises(Exception, match="wrong"):
        check_rule(cubed, A([2.0, 2.0]))


def test_what_to_differentiate() -> None:
    check_rule(np.power, A([0.0, -1.0]), 2.0, wrt=0)
    check_rule(np.power, A([0.0, -1.0]), 2.0, wrt="x1")
    with pytest.raises(InputError, match="nothing to differentiate"):
        check_rule(np.sqrt, 2)
    with pytest.raises(InputError, match="no dtypes"):
        check_rule(np.sqrt, 2.0, dtypes=("float16",))


def test_it_does_not_touch_the_book() -> None:
    before = (len(BOOK.forward), len(REGISTRY.by_name))
    check_rule(np.tanh, X)
    assert (len(BOOK.forward), len(REGISTRY.by_name)) == before
    assert RuleBook(REGISTRY).find is not None


REAL = [r for r in (*TABLE, *TABLE_B) if not BOOK.is_constant(REGISTRY.by_name[r.name])]
ONE_EACH = [Row(r.name, r.calls[:1], r.order) for r in REAL if REGISTRY.by_name[r.name].elementwise]


@pytest.mark.parametrize("row, sample", samples([r for r in ONE_EACH if r.name not in ("pow", "np.float_power")]))
def test_the_elementwise_table(row: Row, sample: Sample) -> None:
    check_rule(row.name, *sample.args, to_order=row.order, **sample.kwargs)
