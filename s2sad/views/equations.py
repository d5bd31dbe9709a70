"""Operations as equations: one operation each, or a whole derivative nested into one expression."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from s2sad.ir.core import Arg, Call, Op, Value
from s2sad.ir.core import Literal as Constant
from s2sad.ir.show import INFIX, UNARY, arg_text, call_text, index_text

SIGN = 11  # precedence of unary minus
ATOM = 20
SENTENCE = 0.5
STORES = {"store": "=", "accumulate": "+=", "scatter_add": "+="}


def right_side(op: Call, name: Callable[[Value], str]) -> str:
    """The right-hand side of one operation.

    >>> from s2sad.prims.python import mul
    >>> from s2sad.ir.types import FLOAT
    >>> right_side(Call(mul, (Value(FLOAT, "v1"), Constant(2.0)), ()), lambda v: v.name or "?")
    'v1 * 2.0'
    """
    if op.prim.name in STORES:
        return _stored(op, {}, name)[0]
    return call_text(op, name)


def nested(arg: Arg, ops: Sequence[Op], name: Callable[[Value], str]) -> str | None:
    """An argument as one expression in terms of what ``ops`` do not compute; None where it is not one (a loop)."""
    born: dict[Value, Call] = {}
    for op in ops:
        if not isinstance(op, Call):
            return None
        for value in op.results:
            born[value] = op
    return _text(arg, born, name)[0]


def _text(arg: Arg, born: Mapping[Value, Call], name: Callable[[Value], str]) -> tuple[str, float]:
    """The text of an argument, and how tightly it binds."""
    if isinstance(arg, Constant) and isinstance(arg.value, int | float) and str(arg.value).startswith("-"):
        return str(arg.value), SIGN
    if isinstance(arg, Value) and arg not in born:
        return name(arg), ATOM
    if not isinstance(arg, Value):
        return arg_text(arg, lambda v: _text(v, born, name)[0]), ATOM
    op = born[arg]
    if op.prim.name in STORES:
        return _stored(op, born, name)
    spelling = op.prim.spelling
    if spelling.style == "operator" and spelling.text in INFIX and len(op.args) == 2:
        level = INFIX[spelling.text]
        left, right = (_text(a, born, name) for a in op.args)
        tight = spelling.text == "**"
        first = _wrapped(left, level + tight)
        second = _wrapped(right, level + (not tight))
        return f"{first} {spelling.text} {second}", level
    if spelling.style == "operator" and len(op.args) == 1:
        sign = UNARY.get(op.prim.name) or UNARY.get(spelling.text) or spelling.text
        return sign + _wrapped(_text(op.args[0], born, name), SIGN), SIGN
    bracketed = spelling.style in ("method", "attribute", "special")
    return call_text(op, lambda v: _wrapped(_text(v, born, name), ATOM if bracketed else 0)), ATOM


def _stored(op: Call, born: Mapping[Value, Call], name: Callable[[Value], str]) -> tuple[str, float]:
    """A store as a sentence: an array with one place changed; zeros but for one place."""
    array, index, value = op.args
    base = born.get(array) if isinstance(array, Value) else None
    where = index_text(index, lambda v: _text(v, born, name)[0])
    if base is not None and base.prim.name == "zero_of":
        return f"{_wrapped(_text(value, born, name), SIGN)} at [{where}]", SENTENCE
    old, new = (_text(a, born, name)[0] for a in (array, value))
    return f"{old} with [{where}] {STORES[op.prim.name]} {new}", SENTENCE


def _wrapped(part: tuple[str, float], level: float) -> str:
    text, own = part
    return f"({text})" if own < level else text
