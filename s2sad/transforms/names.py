"""What derivatives are called after: the name of the primal with an ending."""

from __future__ import annotations

from s2sad.ir.core import Arg, Call, Op, Value, values_of
from s2sad.prims import structure

WORDS = {
    "mul": "product", "matmul": "product", "add": "sum", "sub": "difference", "div": "quotient", "pow": "power",
    "neg": "negative", "eq": "test", "ne": "test", "lt": "test", "le": "test", "gt": "test", "ge": "test",
}  # fmt: skip
"""What a tape of unnamed results of an operation is called."""


def bar_name(arg: Arg) -> str | None:
    """What a cotangent is called. The cotangent of a cotangent is a tangent."""
    if not isinstance(arg, Value) or not arg.name:
        return None
    primal = arg.name.removesuffix("_bar")
    return f"{primal}_bar" if primal == arg.name else f"{primal}_dot"


def called(v: Value, maker: Op | None) -> str:
    """The user's name for a value, else a word for the operation that makes it."""
    if v.name is not None:
        return v.name
    if not isinstance(maker, Call):
        return "value"
    if maker.prim in (structure.getitem, structure.gather, structure.list_get):
        (array, *_) = values_of(maker.args[0])
        return array.name or "item"
    word = maker.prim.name.rpartition(".")[2]
    return WORDS.get(word, word)
