"""What the commands find out about one function: its trace, its derivative's source, or why there is none."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from s2sad import emit, passes, transforms
from s2sad.compiler import typetext
from s2sad.compiler.parameters import Parameters
from s2sad.compiler.pipeline import Transform, argument_at, derive, restored, with_active
from s2sad.errors import Error
from s2sad.front.program import Leaf, Program
from s2sad.ir.core import Pack, values_of
from s2sad.ir.types import FLOAT, Array, np_dtype
from s2sad.passes import dce
from s2sad.views import EvaluationTrace, viewed
from s2sad.views.table import Table, number


@dataclass(frozen=True)
class Outcome:
    """One function: the trace (``error`` is None then), or the reason why there is none."""

    name: str
    types: str = ""
    trace: EvaluationTrace | None = None
    error: str | None = None
    specs: Mapping[str, Any] = field(default_factory=dict)
    extras: Mapping[str, Any] = field(default_factory=dict)


def traced(name: str, fn: Callable[..., Any], given: Mapping[str, Any]) -> Outcome:
    """Trace a function for the types given; guess the others until one guess can be traced."""
    reasons: Counter[str] = Counter()
    types = ""
    try:
        parameters = Parameters.of(fn)
        for specs in typetext.signatures(fn, parameters, given):
            types = types or shown(parameters, specs)
            try:
                program = derive(fn, parameters, specs, Transform("primal")).program
                by_name = dict(zip(parameters.names, specs, strict=True))
                return Outcome(name, shown(parameters, specs), view(program, parameters), specs=by_name)
            except Error as error:
                reasons[str(error)] += 1
    except Error as error:
        reasons[str(error)] += 1
    return Outcome(name, types, error=reasons.most_common(1)[0][0])


def view(program: Program, parameters: Parameters) -> EvaluationTrace:
    return viewed(dce(program.trace), {c.path: c.read for c in program.captures}, bind=parameters.by_name)


def shown(parameters: Parameters, specs: Sequence[Any]) -> str:
    """A signature in the language of ``--types``."""
    pairs = zip(parameters.names, specs, strict=True)
    return ", ".join(f"{name}: {typetext.describe(spec)}" for name, spec in pairs)


def tabulated(outcome: Outcome, at: Sequence[Any] | None, tangent: str | None) -> Table:
    """The table of a traced function at values, or at sample values of its types.

    Lists stand for arrays where the function takes arrays. What the function itself raises there comes through.
    """
    assert outcome.trace is not None
    bind = outcome.trace.bind
    if at is None or bind is None:
        values = {name: typetext.sample(spec) for name, spec in outcome.specs.items()}
    else:
        values = bind(tuple(at), {})
    for k, value in values.items():
        spec = outcome.specs.get(k)
        if isinstance(spec, Leaf) and isinstance(spec.type, Array) and not isinstance(value, np.ndarray):
            values[k] = np.array(value, np_dtype(spec.type.dtype))
        elif isinstance(spec, Leaf) and spec.type == FLOAT and type(value) is int:
            values[k] = float(value)
    return replace(outcome.trace, example=values).table(tangent=tangent)


def source(fn: Callable[..., Any], given: Mapping[str, Any], mode: str, wrt: Sequence[str]) -> tuple[str, str]:
    """The source of a derivative, and the signature that it is for.

    Raises
    ------
    Error
        There is none for any signature that could be meant; the error is the one met most often.
    """
    parameters = Parameters.of(fn)
    chosen: Any = tuple(wrt) if wrt else int(is_method(parameters.names))
    parameters.check(chosen)
    errors: list[Error] = []
    for specs in typetext.signatures(fn, parameters, given):
        try:
            return derivative_source(fn, parameters, specs, mode, chosen), shown(parameters, specs)
        except Error as error:
            errors.append(error)
    common = Counter(map(str, errors)).most_common(1)[0][0]
    raise next(e for e in errors if str(e) == common)


def is_method(names: Sequence[str]) -> bool:
    """Whether these are the parameters of a method, of which ``self`` comes first."""
    return len(names) > 1 and names[0] == "self"


def derivative_source(
    fn: Callable[..., Any], parameters: Parameters, specs: Sequence[Any], mode: str, chosen: Any
) -> str:
    """The source of the tangent or the cotangents; a result that is not one number takes its cotangent as argument."""
    if mode == "forward":
        trace = derive(fn, parameters, specs, Transform("jvp", chosen)).program.trace
        return emit.emit(trace, docstring=trace.origin)
    single = isinstance(chosen, int) or len(chosen) == 1
    argnums = chosen if isinstance(chosen, int) else chosen[0] if single else chosen
    try:
        trace = derive(fn, parameters, specs, Transform("grad", argnums)).program.trace
    except Error as refused:
        if "one real number" not in refused.what:
            raise
        places = parameters.places(chosen, specs)
        for place in places:
            specs = with_active(specs, place, parameters.label(place))
        primal = derive(fn, parameters, specs, Transform("primal")).program.trace
        arguments = [argument_at(primal, parameters, place) for place in places]
        pulled = transforms.pullback(primal, tuple(values_of(*arguments)))
        bars = restored(arguments, pulled.result)
        trace = passes.optimise(replace(pulled, result=bars[0] if single else Pack("tuple", bars)))
    return emit.emit(trace, docstring=trace.origin)


def as_json(table: Table) -> dict[str, Any]:
    """A table as plain data: numbers as numbers, arrays as nested lists."""
    rows = []
    for row in table.rows:
        entry = {"variable": row.variable, "equation": row.primal.equation, "value": plain(row.primal.value)}
        for kind, part in (("tangent", row.tangent), ("adjoint", row.adjoint)):
            if part is not None:
                entry[kind] = {"equation": part.equation, "value": plain(part.value)}
        rows.append(entry)
    return {"rows": rows, "value": plain(table.value), "gradient": {k: plain(v) for k, v in table.gradient.items()}}


def plain(value: Any) -> Any:
    """A number or array as JSON has it."""
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, list | tuple):
        return list(map(plain, value))
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)  # JSON has no such numbers
    return value if isinstance(value, int | float | str | bool | None) else number(value, 17)
