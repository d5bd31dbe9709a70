"""Types written as text, and the signatures to try for a function ahead of any call.

::

    types   ::= name ":" type ("," name ":" type)*
    type    ::= dtype | dtype "[" axes "]" | "(" type,* ")" | "[" type,* "]" | "{" 'key': type,* "}" | literal
    dtype   ::= f64 f32 f16 i64 … u8 bool c128 c64 | float | int | complex
    axes    ::= "..." | axis ("," axis)*       # ... : rank not known
    axis    ::= 1 | n | ?                      # exactly one | any other number or name: not one | not known
    literal ::= 3 | 0.5 | 'text' | True | None # an argument that is known

``f64`` is a Python float, ``f32`` (which Python does not have) a NumPy scalar, ``f64[]`` an array without axes.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from s2sad.compiler.annotations import spec_of_annotation
from s2sad.compiler.parameters import Parameters
from s2sad.compiler.signature import spec_of
from s2sad.errors import InputError, TraceError
from s2sad.front.program import Leaf, Static
from s2sad.ir.types import BOOL, COMPLEX, FLOAT, INT, Array, Scalar, Type, np_dtype, type_of

PYTHON: dict[str, Type] = {
    "float": FLOAT, "int": INT, "bool": BOOL, "complex": COMPLEX, "f64": FLOAT, "i64": INT, "c128": COMPLEX,
}  # fmt: skip
DTYPES = frozenset((
    "bool", "i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "f16", "f32", "f64", "f128", "c64", "c128", "c256",
))  # fmt: skip
MOST_GUESSED = 6  # parameters of which one at a time is taken for another kind than the rest


def parse_types(text: str) -> dict[str, Any]:
    """Specifications by parameter name.

    >>> {k: str(v.type) for k, v in parse_types("x: f64[n,1], a: f64").items()}
    {'x': 'f64[n,1]', 'a': 'f64'}

    Raises
    ------
    InputError
        The text is not in the language above.
    """
    return _Reader(text).types()


def parse_type(text: str) -> Any:
    """The specification that one type stands for.

    >>> str(parse_type("f32[...]").type), parse_type("'relu'").value, str(parse_type("(f64, [i64])")[1][0].type)
    ('f32[...]', 'relu', 'i64')
    """
    reader = _Reader(text)
    out = reader.type()
    reader.end()
    return out


class _Reader:
    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    def fail(self, what: str) -> InputError:
        return InputError(
            f"types {self.text!r}: {what} at column {self.at + 1}",
            why="a type is a dtype, with its axes in brackets for an array (1, n or ?), or a constant",
            instead="for instance \"x: f64[n], k: i64, mode: 'a'\"",
        )

    def peek(self) -> str:
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1
        return self.text[self.at] if self.at < len(self.text) else ""

    def take(self, symbol: str) -> bool:
        if self.peek() and self.text.startswith(symbol, self.at):
            self.at += len(symbol)
            return True
        return False

    def need(self, symbol: str) -> None:
        if not self.take(symbol):
            raise self.fail(f"{symbol!r} expected")

    def end(self) -> None:
        if self.peek():
            raise self.fail("nothing more expected")

    def word(self) -> str:
        self.peek()
        start = self.at
        while self.at < len(self.text) and (self.text[self.at].isalnum() or self.text[self.at] in "_."):
            self.at += 1
        return self.text[start : self.at]

    def types(self) -> dict[str, Any]:
        out: dict[str, Any] = {}
        while self.peek():
            name = self.word()
            if not name.isidentifier():
                raise self.fail("a parameter's name expected")
            if name in out:
                raise self.fail(f"{name!r} is given twice, the second time")
            self.need(":")
            out[name] = self.type()
            if self.peek():
                self.need(",")
        return out

    def sequence(self, closing: str) -> list[Any]:
        out: list[Any] = []
        while not self.take(closing):
            out.append(self.type())
            if self.peek() != closing:
                self.need(",")
        return out

    def type(self) -> Any:
        if self.take("("):
            return tuple(self.sequence(")"))
        if self.take("["):
            return self.sequence("]")
        if self.take("{"):
            return dict(self.items())
        start = self.peek()
        if start in ("'", '"', "-", "+") or start.isdigit():
            return self.literal()
        begin = self.at
        name = self.word()
        if name in ("True", "False", "None"):
            return Static(ast.literal_eval(name))
        array = bool(name) and self.take("[")
        if name in PYTHON and not array:
            return Leaf(PYTHON[name])
        dtype = {"float": "f64", "int": "i64", "complex": "c128"}.get(name, name)
        if dtype not in DTYPES:
            self.at = begin
            raise self.fail(f"no type {name!r}" if name else "a type expected")
        return Leaf(Array(dtype, self.axes()) if array else Scalar(dtype))

    def items(self) -> Iterator[tuple[Any, Any]]:
        while not self.take("}"):
            key = self.literal().value
            self.need(":")
            yield key, self.type()
            if self.peek() != "}":
                self.need(",")

    def axes(self) -> tuple[str, ...] | None:
        if self.take("..."):
            self.need("]")
            return None
        out: list[str] = []
        while not self.take("]"):
            if self.take("?"):
                out.append("?")
            else:
                axis = self.word()
                if not axis or not axis.isalnum():
                    raise self.fail("an axis (1, n or ?) expected")
                out.append("1" if axis == "1" else "n")
            if self.peek() != "]":
                self.need(",")
        return tuple(out)

    def literal(self) -> Any:
        quote = self.peek()
        start = self.at
        if quote in ("'", '"'):
            self.at += 1
            while self.at < len(self.text) and self.text[self.at] != quote:
                self.at += 2 if self.text[self.at] == "\\" else 1
            self.at += 1
        else:
            self.at += 1
            while self.at < len(self.text) and (self.text[self.at].isalnum() or self.text[self.at] in "._"):
                self.at += 2 if self.text[self.at] in "eE" and self.text[self.at + 1 : self.at + 2] in ("-", "+") else 1
        try:
            value = ast.literal_eval(self.text[start : self.at])
        except (ValueError, SyntaxError):
            self.at = start
            raise self.fail("a constant expected") from None
        return Static(value) if isinstance(value, str) else Leaf(type_of(value), value)


def signatures(fn: Any, parameters: Parameters, given: Mapping[str, Any]) -> Iterator[list[Any]]:
    """Canonical specifications to try for a function, most likely first: what is given, annotations, defaults, guesses.

    Parameters of which nothing is known are taken for floats; else for arrays of unknown rank, of rank one, of rank
    two; else one for an array and the others for floats, and the other way round.

    Raises
    ------
    InputError
        A type is given for what is no parameter.
    """
    for name in given:
        if name not in parameters.names:
            raise InputError(
                f"{parameters.function} has no parameter {name!r}",
                instead=f"choose from {', '.join(parameters.names) or 'none: it has no parameters'}",
            )
    known: dict[str, Any] = {}
    space = getattr(getattr(fn, "__func__", fn), "__globals__", {})
    for name, parameter in parameters.own.parameters.items():
        spec = given[name] if name in given else known_ahead(parameter, space)
        if spec is not None:
            known[name] = spec
    unknown = [name for name in parameters.names if name not in known]
    for guess in guesses(unknown):
        yield [{**known, **guess}[name] for name in parameters.names]


def known_ahead(parameter: inspect.Parameter, space: Mapping[str, Any]) -> Any:
    """What an annotation or a default says of a parameter; None where it is nothing.

    ``space`` is where annotations that are text (``from __future__ import annotations``) are evaluated.
    """
    if parameter.kind is parameter.VAR_POSITIONAL:
        return ()
    if parameter.kind is parameter.VAR_KEYWORD:
        return {}
    annotation = evaluated(parameter.annotation, space)
    default = parameter.default
    try:
        spec = None
        if isinstance(annotation, str):
            spec = parse_type(annotation)
        elif annotation is not parameter.empty:
            spec = spec_of_annotation(annotation, parameter.name)
        if isinstance(spec, Leaf) and type(default) in (int, float):
            return Leaf(spec.type, default)
        if spec is not None:
            return spec
    except InputError:
        pass  # it says something else, or nothing
    return None if default is parameter.empty else spec_of(default, parameter.name)


def evaluated(annotation: Any, space: Mapping[str, Any]) -> Any:
    """An annotation that was left as text, as the object that it means; the text itself where it means none."""
    if not isinstance(annotation, str):
        return annotation
    try:
        return eval(annotation, dict(space))  # as typing.get_type_hints does
    except Exception:  # a name for type checkers only, or a type in our own language
        return annotation


def guesses(unknown: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Types for parameters of which nothing is known."""
    number, *arrays = Leaf(FLOAT), *(Leaf(Array("f64", axes)) for axes in (None, ("n",), ("n", "n")))
    yield dict.fromkeys(unknown, number)
    if not unknown:
        return
    for array in arrays:
        yield dict.fromkeys(unknown, array)
    if not 1 < len(unknown) <= MOST_GUESSED:
        return
    for array in arrays[1:]:
        for one in unknown:
            yield {**dict.fromkeys(unknown, number), one: array}
            if len(unknown) > 2:
                yield {**dict.fromkeys(unknown, array), one: number}


def describe(spec: Any) -> str:
    """A specification in the language above.

    >>> describe((Leaf(FLOAT), Static("a")))
    "(f64, 'a')"
    """
    match spec:
        case Leaf(type=t):
            return str(t)
        case Static(value=value):
            return repr(value) if isinstance(value, str | bool | int | float | None) else type(value).__name__
        case tuple():
            return f"({', '.join(map(describe, spec))}{',' if len(spec) == 1 else ''})"
        case list():
            return f"[{', '.join(map(describe, spec))}]"
        case dict():
            return "{" + ", ".join(f"{k!r}: {describe(v)}" for k, v in spec.items()) + "}"
        case _:
            return type(spec).__name__


def sample(spec: Any) -> Any:
    """A plain argument of this specification, for trying a function out: ones, and arrays of three."""
    match spec:
        case Leaf(type=t, value=value):
            if isinstance(value, float | int | np.ndarray | np.generic):
                return value
            if isinstance(t, Scalar):
                return {"f": 1.0, "i": 3, "u": 3, "b": True, "c": 1 + 0j}[t.dtype[0]]
            assert isinstance(t, Array)
            shape = tuple(1 if a == "1" else 3 for a in (t.axes if t.axes is not None else ("n",)))
            return (1.0 + 0.5 * np.arange(np.prod(shape)).reshape(shape)).astype(np_dtype(t.dtype))
        case Static(value=value):
            return value
        case tuple() | list():
            return type(spec)(map(sample, spec))
        case dict():
            return {k: sample(v) for k, v in spec.items()}
        case _:
            raise TraceError(f"no sample argument for {describe(spec)}")
