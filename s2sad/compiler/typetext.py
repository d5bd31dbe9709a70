"""Types written as text, and types read from annotations: signatures ahead of any call.

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
import typing
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from s2sad.errors import InputError
from s2sad.front.program import Leaf, Static
from s2sad.ir.types import BOOL, COMPLEX, FLOAT, INT, Array, Scalar, Type, dtype_name, np_dtype, type_of

PYTHON: dict[str, Type] = {
    "float": FLOAT, "int": INT, "bool": BOOL, "complex": COMPLEX, "f64": FLOAT, "i64": INT, "c128": COMPLEX,
}  # fmt: skip
DTYPES = frozenset((
    "bool", "i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "f16", "f32", "f64", "f128", "c64", "c128",
))  # fmt: skip
JAXTYPING = {"Float": "f64", "Float64": "f64", "Float32": "f32", "Int": "i64", "Complex": "c128", "Num": "f64"}


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


def annotated(fn: Callable[..., Any]) -> dict[str, Any]:
    """Specifications of the parameters whose annotation or default says what they are."""
    try:
        hints = typing.get_type_hints(fn)
    except Exception:  # noqa: BLE001  # an annotation may name anything, also what cannot be imported here
        hints = dict(getattr(fn, "__annotations__", {}))
    out: dict[str, Any] = {}
    for name, parameter in inspect.signature(fn).parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            out[name] = () if parameter.kind is parameter.VAR_POSITIONAL else {}
            continue
        spec = of_annotation(hints[name]) if name in hints else None
        if spec is None and parameter.default is not parameter.empty:
            spec = of_default(parameter.default)
        if spec is not None:
            out[name] = spec
    return out


def of_default(value: Any) -> Any:
    """The specification of an argument that is left at its default."""
    if isinstance(value, float | int) and not isinstance(value, bool):
        return Leaf(type_of(value), value)
    if isinstance(value, np.ndarray | np.generic):
        return Leaf(type_of(value), value)
    if isinstance(value, tuple) and not hasattr(value, "_fields"):
        return tuple(map(of_default, value))
    return Static(value)


def of_annotation(hint: Any) -> Any:
    """The specification that an annotation says: ``float``, ``np.ndarray``, ``NDArray[np.float32]``, a type as text,
    jaxtyping's ``Float[Array, "n m"]``, tuples of such. None where it says nothing of use.

    >>> str(of_annotation(np.ndarray).type), str(of_annotation(tuple[float, int])[1].type), of_annotation(object)
    ('f64[...]', 'i64', None)
    """
    if isinstance(hint, str):
        try:
            return parse_type(hint)
        except InputError:
            return None
    if hint in (float, int, bool, complex):
        return Leaf(PYTHON[hint.__name__])
    if isinstance(hint, type) and issubclass(hint, np.generic):
        name = dtype_name(hint)
        return None if name is None else Leaf(Scalar(name))
    if hint is np.ndarray:
        return Leaf(Array("f64", None))
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if origin is np.ndarray:
        inner = typing.get_args(parts[1]) if len(parts) > 1 else ()
        name = dtype_name(inner[0]) if inner and isinstance(inner[0], type) and inner[0] is not np.generic else "f64"
        return Leaf(Array(name or "f64", None))
    if origin is tuple and Ellipsis not in parts:
        items = tuple(map(of_annotation, parts))
        return None if None in items else items
    if origin is typing.Annotated:
        return next((s for s in map(of_annotation, parts[1:]) if s is not None), of_annotation(parts[0]))
    dims = getattr(hint, "dim_str", None)  # jaxtyping
    if isinstance(dims, str):
        dtype = JAXTYPING.get(hint.__name__.split("[")[0], "f64")
        if "..." in dims or "*" in dims:
            return Leaf(Array(dtype, None))
        return Leaf(Array(dtype, tuple("1" if axis == "1" else "n" for axis in dims.split())))
    return None


def signatures(fn: Callable[..., Any], given: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Specifications to try for a function, most likely first: what is given, then annotations, then guesses.

    A parameter of which nothing is known is taken for a float, else for an array of unknown rank, then for arrays of
    rank one and two; then one parameter is an array and the others floats, and the other way round.
    """
    known = {**annotated(fn), **given}
    unknown = [name for name in inspect.signature(fn).parameters if name not in known]
    number = Leaf(FLOAT)
    arrays = [Leaf(Array("f64", axes)) for axes in (None, ("n",), ("n", "n"))]
    yield {**known, **dict.fromkeys(unknown, number)}
    if not unknown:
        return
    for array in arrays:
        yield {**known, **dict.fromkeys(unknown, array)}
    if 1 < len(unknown) <= 6:
        for array in arrays[1:]:
            for one in unknown:
                yield {**known, **dict.fromkeys(unknown, number), one: array}
        if len(unknown) > 2:
            for array in arrays[1:]:
                for one in unknown:
                    yield {**known, **dict.fromkeys(unknown, array), one: number}


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
            raise InputError(f"no sample argument for {describe(spec)}")
