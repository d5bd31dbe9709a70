"""A derivative in a direction as a function of its arguments and the direction: its seeds become an argument."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from s2sad import pytrees
from s2sad.compiler.parameters import Parameters
from s2sad.compiler.pipeline import Transform, argument_at
from s2sad.errors import InputError
from s2sad.front.derivatives import fits
from s2sad.front.program import Leaf, Record
from s2sad.ir.build import Builder
from s2sad.ir.core import Arg, Literal, Pack, Param, Ref, Region, Trace, Value
from s2sad.ir.types import Array, Scalar, Type, is_numeric, np_dtype
from s2sad.ir.walk import map_arg, substitute
from s2sad.prims.primitive import REGISTRY


def each_direction(transform: Transform, direction: Any, what: str) -> list[tuple[Any, str]]:
    """The direction of each differentiated argument, with how an error names it."""
    if isinstance(transform.argnums, int | str):
        return [(direction, what)]
    count = len(transform.argnums)
    if not isinstance(direction, tuple | list) or len(direction) != count:
        raise InputError(
            f"{what} is {pytrees.describe(direction)}, and argnums={transform.argnums!r} chooses {count} arguments",
            instead="give a tuple with a part for each of them",
        )
    return [(part, f"{what}[{k}]") for k, part in enumerate(direction)]


def along(
    trace: Trace, parameters: Parameters, transform: Transform, specs: Sequence[Any], direction: Any, name: str
) -> Trace:
    """The trace with its seeds read from one more argument.

    Raises
    ------
    InputError
        The direction has another structure, or types that do not fit.
    """
    pending = iter(p.value for p in trace.params if p.kind == "seed")
    builder = Builder()
    params: list[Param] = []
    stands: dict[Value, Arg] = {}

    def entered(like: Arg, spec: Any, path: str, what: str) -> Arg:
        """The part of the direction for a structure of values, as an argument; its leaves take the place of seeds."""
        if isinstance(like, Pack):
            parts = parts_of(like, spec, what)
            pairs = zip(like.items, parts, strict=True)
            return replace(like, items=tuple(entered(i, part, path + s, what + s) for i, (s, part) in pairs))
        if not isinstance(like, Value):
            return Literal(None)
        seed = next(pending)
        if not isinstance(spec, Leaf) or not is_numeric(spec.type) or not fits(seed.type, spec.type):
            shown = spec.type if isinstance(spec, Leaf) else pytrees.describe(getattr(spec, "value", spec))
            raise InputError(
                f"{what} is of type {shown}, but the value it belongs to is of type {like.type}",
                instead="give it the same structure and shapes",
            )
        value = Value(spec.type, seed.name)
        params.append(Param(value, path))
        stands[seed] = converted(builder, value, seed.type)
        return value

    places = parameters.places(transform.argnums, specs)
    single = isinstance(transform.argnums, int | str)
    parts = tuple(
        entered(argument_at(trace, parameters, place), given, name if single else f"{name}[{k}]", what)
        for k, (place, (given, what)) in enumerate(
            zip(places, each_direction(transform, direction, "the direction"), strict=True)
        )
    )
    argument = parts[0] if single else Pack("list" if isinstance(direction, list) else "tuple", parts)
    ops = (*builder.ops, *(substitute(op, stands) for op in trace.body.ops))
    arguments = tuple(p for p in trace.params if p.kind == "argument")
    captures = tuple(p for p in trace.params if p.kind == "capture")
    return replace(
        trace, params=(*arguments, *params, *captures), body=Region((), ops, ()),
        result=map_arg(trace.result, lambda a: stands.get(a, a) if isinstance(a, Value) else a),
        arguments=(*trace.arguments, (name, argument)),
    )  # fmt: skip


def parts_of(like: Pack, spec: Any, what: str) -> list[tuple[str, Any]]:
    """The parts of a specification that has the structure of ``like``, each with how it is written."""
    given = spec.value if isinstance(spec, Record) else spec
    if pytrees.is_container(given):
        parts = [(s, part) for s, part in pytrees.children(spec.fields if isinstance(spec, Record) else spec)]
        if like.kind == "dict" and isinstance(spec, dict) and set(spec) == set(like.keys):
            return [(f"[{key!r}]", spec[key]) for key in like.keys]
        if like.kind == "record" and like.cls is type(given):
            return [(f".{key}", part) for key, (_, part) in zip(like.keys, parts, strict=True)]
        if like.kind in ("tuple", "list") and type(spec).__name__ == like.kind and len(parts) == len(like.items):
            return parts
    raise InputError(
        f"{what} is {pytrees.describe(getattr(given, 'value', given))}, and has another structure than the value it "
        "belongs to", instead="give it the same structure",
    )  # fmt: skip


def converted(builder: Builder, value: Value, t: Type) -> Value:
    """A number or array with the dtype of the seed that it stands for."""
    given = value.type
    assert isinstance(given, Scalar | Array) and isinstance(t, Scalar | Array)
    if given.dtype == t.dtype:
        return value
    if isinstance(given, Scalar):
        name = "complex" if t.dtype[0] == "c" else "float"
        return builder.call(REGISTRY.by_name[name], value, name=value.name)
    dtype = np_dtype(t.dtype)
    return builder.call(REGISTRY.by_name["ndarray.astype"], value, Ref(dtype.type, f"np.{dtype.name}"), name=value.name)
