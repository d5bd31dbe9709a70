"""Whether a call fits the signature of a primitive."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from s2sad.front.machine import NUMBER
from s2sad.front.values import (
    Abstract,
    Known,
)
from s2sad.ir.primitive import Primitive

_PARAMETERS: dict[Primitive, tuple[tuple[str, Any, Any], ...]] = {}
EMPTY = inspect.Parameter.empty


def parameters_of(prim: Primitive) -> tuple[tuple[str, Any, Any], ...]:
    """Name, kind and default of each parameter of a primitive."""
    found = _PARAMETERS.get(prim)
    if found is None:
        found = _PARAMETERS[prim] = tuple((p.name, p.kind, p.default) for p in prim.signature.parameters.values())
    return found


def fits(prim: Primitive, args: tuple[Abstract, ...], kwargs: Mapping[str, Abstract]) -> bool:
    """Whether the signature of a primitive takes this call (``out=`` is seen to by ``apply``)."""
    parameters = parameters_of(prim)
    if any(kind in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD) for _, kind, _ in parameters):
        return True
    places = [name for name, kind, _ in parameters if kind is not inspect.Parameter.KEYWORD_ONLY]
    given = {*places[: len(args)], *kwargs}
    required = {name for name, _, default in parameters if default is EMPTY}
    return len(args) <= len(places) and required <= given and given - {"out"} <= {name for name, _, _ in parameters}


def is_default(value: Abstract, default: Any) -> bool:
    if not isinstance(value, Known) or value.ref is not None:
        return False
    v = value.value
    return v is default or (type(v) is type(default) and isinstance(v, NUMBER | str) and v == default)
