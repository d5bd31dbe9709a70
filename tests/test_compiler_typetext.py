"""Types written as text, and the signatures that are tried for a function."""

from __future__ import annotations

import numpy as np
import pytest

from s2sad.compiler.parameters import Parameters
from s2sad.compiler.typetext import describe, parse_type, parse_types, sample, signatures
from s2sad.errors import InputError
from s2sad.front.program import Leaf, Static
from s2sad.ir.types import FLOAT, INT, Array, Scalar

TYPES = [
    ("f64", FLOAT), ("float", FLOAT), ("i64", INT), ("f32", Scalar("f32")), ("f64[n]", Array("f64", ("n",))),
    ("float[n, m]", Array("f64", ("n", "n"))), ("f32[1,?,3]", Array("f32", ("1", "?", "n"))),
    ("i32[...]", Array("i32", None)), ("bool[n]", Array("bool", ("n",))), ("f64[]", Array("f64", ())),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), TYPES)
def test_leaves(text, expected):
    spec = parse_type(text)
    assert isinstance(spec, Leaf) and spec.type == expected


@pytest.mark.parametrize(
    "text", ["f64", "f64[n,1,?]", "f32[...]", "(f64, i64)", "(f64,)", "[f64[n], f32]", "{'w': f64[n], 'b': (f64,)}"]
)
def test_text_and_back(text):
    assert describe(parse_type(text)) == text


def test_constants():
    spec = parse_types("mode: 'a, b', flag: True, nothing: None, k: 3, t: -1.5e-3")
    assert isinstance(spec["mode"], Static) and spec["mode"].value == "a, b"
    assert spec["flag"].value is True and spec["nothing"].value is None
    assert isinstance(spec["k"], Leaf) and spec["k"].value == 3 and spec["t"].value == -0.0015


@pytest.mark.parametrize(
    ("text", "where"),
    [("x", "':' expected at column 2"), ("x: f65", "no type 'f65' at column 4"), ("x: f64[n", "',' expected"),
     ("x: f64 y: f64", "',' expected at column 8"), ("x: f64, x: f64", "'x' is given twice"),
     ("3: f64", "name expected"), ("x: 'a", "a constant expected"), ("x:", "a type expected"),
     ("x: f64[a-b]", "',' expected"), ("x: (f64", "expected")],
)  # fmt: skip
def test_errors_say_where(text, where):
    with pytest.raises(InputError, match="types ") as caught:
        parse_types(text)
    assert where in str(caught.value)


def shown(fn, **given):
    parameters = Parameters.of(fn)
    return [", ".join(map(describe, specs)) for specs in signatures(fn, parameters, given)]


def test_what_is_given_then_annotations_then_defaults():
    def f(x: np.ndarray, y: float, z=2, mode="a", w: "f64[n]" = None, *rest, **options): ...  # noqa: F821, UP037

    assert shown(f) == ["f64[...], f64, i64, 'a', f64[n], (), {}"]
    assert shown(f, x=parse_type("f64[n]"), mode=parse_type("'b'")) == ["f64[n], f64, i64, 'b', f64[n], (), {}"]
    with pytest.raises(InputError, match="f has no parameter 'q'"):
        shown(f, q=parse_type("f64"))


def test_guesses():
    assert shown(lambda x: x) == ["f64", "f64[...]", "f64[n]", "f64[n,n]"]
    assert shown(lambda x, y: x) == [
        "f64, f64", "f64[...], f64[...]", "f64[n], f64[n]", "f64[n,n], f64[n,n]", "f64[n], f64", "f64, f64[n]",
        "f64[n,n], f64", "f64, f64[n,n]",
    ]  # fmt: skip


def test_samples():
    assert sample(parse_type("(f64, 'a', [i64])")) == (1.0, "a", [3])
    assert sample(parse_type("f32[n,1]")).tolist() == [[1.0], [1.5], [2.0]]
    assert sample(parse_type("f32[n,1]")).dtype == np.float32
    assert sample(parse_type("k: 4"[3:])) == 4
