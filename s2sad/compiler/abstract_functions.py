"""What is asked of an abstract function before it is differentiated: its name, its parameters, its options."""

from __future__ import annotations

import inspect
import types
from collections.abc import Mapping, Sequence
from typing import Any

from s2sad.compiler.parameters import Parameters, followed_by
from s2sad.compiler.pipeline import DIRECTIONAL
from s2sad.errors import Error, TraceError
from s2sad.front.calls import Calls
from s2sad.front.codes import code_of_function
from s2sad.front.derivatives import default, known_value
from s2sad.front.externals import plain_function
from s2sad.front.values import (
    Abstract,
    Closure,
    DictOf,
    Known,
    ListOf,
    Optional,
    Partial,
    Record,
    Transformed,
    TupleOf,
    View,
)
from s2sad.ir.core import Value

EMPTY = inspect.Parameter.empty
_Kind = inspect._ParameterKind


def callable_like(machine: Calls, f: Abstract) -> bool:
    """Whether an abstract value may be called."""
    match f:
        case Known(value=value):
            return callable(value)
        case Record() | TupleOf():
            return machine.special_method(f, "__call__") is not None
        case Value() | View() | ListOf() | DictOf():
            return False
        case _:
            return True


def name_of(f: Abstract) -> str:
    match f:
        case Closure(code=code):
            return code.name
        case Partial(function=inner) | Transformed(function=inner):
            return name_of(inner)
        case Known(value=value):
            return getattr(value, "__name__", None) or type(value).__name__
        case Record(cls=cls):
            return cls.__name__
        case _:
            return "f"


def parameters_of(machine: Calls, f: Abstract) -> Parameters:
    """The parameters of an abstract function; defaults are abstract, or Python's own."""
    if isinstance(f, Transformed) and f.transform.mode in DIRECTIONAL:
        return parameters_of(machine, f.function).with_direction()
    signature = signature_of(machine, f)
    kinds = tuple(p.kind for p in signature.parameters.values())
    return Parameters(name_of(f), signature, signature, tuple(signature.parameters), kinds, {})


def signature_of(machine: Calls, f: Abstract) -> inspect.Signature:
    """The signature that an abstract function is called by."""
    match f:
        case Closure(code=code, defaults=defaults, kwdefaults=kwdefaults):
            spec = code.node.args
            plain_names = [*spec.posonlyargs, *spec.args]
            first = len(plain_names) - len(defaults)
            parameters = [
                inspect.Parameter(
                    p.arg, _Kind.POSITIONAL_ONLY if k < len(spec.posonlyargs) else _Kind.POSITIONAL_OR_KEYWORD,
                    default=defaults[k - first] if k >= first else EMPTY,
                )
                for k, p in enumerate(plain_names)
            ]  # fmt: skip
            if spec.vararg is not None:
                parameters.append(inspect.Parameter(spec.vararg.arg, _Kind.VAR_POSITIONAL))
            for p in spec.kwonlyargs:
                parameters.append(inspect.Parameter(p.arg, _Kind.KEYWORD_ONLY, default=kwdefaults.get(p.arg, EMPTY)))
            if spec.kwarg is not None:
                parameters.append(inspect.Parameter(spec.kwarg.arg, _Kind.VAR_KEYWORD))
            return inspect.Signature(parameters)
        case Partial(function=inner, args=args, kwargs=kwargs):
            return after_partial(signature_of(machine, inner), len(args), kwargs)
        case Transformed(function=inner, transform=made):
            signature = signature_of(machine, inner)
            return followed_by(signature, "v") if made.mode in DIRECTIONAL else signature
        case Optional(value=inner):
            return signature_of(machine, inner)
        case Known(value=value):
            try:
                return Parameters.of(value).own
            except Error as error:
                raise machine.placed(error) from None
        case Record() | TupleOf():
            method = machine.special_method(f, "__call__")
            if method is not None:
                return signature_of(machine, method)
    raise TraceError(f"the parameters of {machine.describe(f)} are not known", location=machine.here())


def after_partial(signature: inspect.Signature, given: int, named: Mapping[str, Abstract]) -> inspect.Signature:
    """What is left of a signature when some arguments are given already."""
    left: list[inspect.Parameter] = []
    by_name = False
    for p in signature.parameters.values():
        if p.kind in (_Kind.POSITIONAL_ONLY, _Kind.POSITIONAL_OR_KEYWORD):
            if given:
                given -= 1
                continue
            if p.name in named:
                by_name = True
                p = p.replace(default=named[p.name])
            if by_name:
                p = p.replace(kind=_Kind.KEYWORD_ONLY)
        elif p.kind is _Kind.VAR_POSITIONAL and by_name:
            continue
        elif p.kind is _Kind.KEYWORD_ONLY and p.name in named:
            p = p.replace(default=named[p.name])
        left.append(p)
    return inspect.Signature(left)


def bound(
    machine: Calls, f: Abstract, parameters: Parameters, args: Sequence[Abstract], kwargs: Mapping[str, Abstract]
) -> list[Any]:
    """The arguments in canonical form: defaults filled in, ``*args`` one tuple, ``**kwargs`` one dict."""
    try:
        values = list(parameters.bind(tuple(args), kwargs))
    except TypeError as error:
        machine.wrong(str(error), why="Python would raise TypeError")
    for k, (name, kind, value) in enumerate(zip(parameters.names, parameters.kinds, values, strict=True)):
        if kind not in (_Kind.VAR_POSITIONAL, _Kind.VAR_KEYWORD) and not isinstance(value, Abstract):
            values[k] = outside_default(machine, f, name, value)
    return values


def outside_default(machine: Calls, f: Abstract, name: str, value: Any) -> Abstract:
    """A default of a function from outside."""
    while isinstance(f, Partial | Transformed):
        f = f.function
    if isinstance(f, Known) and isinstance(f.value, types.FunctionType) and plain_function(f.value):
        source = code_of_function(f.value).source
        return machine.default(value, f.value, name, source)
    return default(machine, f.value if isinstance(f, Known) else f, name, value)


def items(machine: Calls, value: Abstract, what: str = "") -> tuple[Abstract, ...]:
    """The items of a tuple or list of known structure."""
    if isinstance(value, ListOf):
        value = TupleOf(tuple(machine.content(value)))
    if not isinstance(value, TupleOf):
        if what:
            machine.wrong(f"{what} is no tuple", why="argnums is a sequence", instead="give a part for each argument")
        machine.wrong("jvp takes its primals and tangents as tuples", instead="write jvp(f, (x,), (x_dot,))")
    return value.items


def flag(value: Abstract | None, default: bool) -> bool:
    return bool(value.value) if isinstance(value, Known) else default


def known_argnums(machine: Calls, mode: str, value: Abstract) -> Any:
    """``argnums`` as Python has it."""
    if isinstance(value, ListOf):
        content = machine.content(value)
        if not isinstance(content, tuple):
            machine.refuse(
                f"argnums of s2sad.{mode}, a list whose length is not known",
                why="the options decide what the derivative is", instead="write it as a tuple of constants",
            )
        return tuple(known_value(machine, mode, item) for item in content)
    return known_value(machine, mode, value)
