"""The evaluation trace as textbooks print it: a row per variable, with its tangent and its adjoint beside it.

The layout is that of tables 2 and 3 of Baydin, Pearlmutter, Radul & Siskind ("Automatic differentiation in machine
learning: a survey", JMLR 18, 2018): the primal trace is read downwards, the adjoints upwards. Derivatives of a row are
those that the rule book gives for its one operation, so that the table shows what the compiler knows, term by term.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

import numpy as np

from s2sad.errors import Error, InputError
from s2sad.ir.core import Arg, Call, Pack, Param, Region, Trace, Value, atoms_of, values_of
from s2sad.ir.evaluate import evaluate
from s2sad.ir.show import arg_text
from s2sad.ir.types import is_inexact
from s2sad.passes import cse, dce, optimise
from s2sad.transforms import pullback, pushforward
from s2sad.views.equations import nested, right_side
from s2sad.views.unrolled import Evaluation, Step, evaluation, is_number

DIGITS = 5


@dataclass(frozen=True)
class Entry:
    """An equation (``v3_bar = v5_bar * v2``), and the number that it gives."""

    equation: str
    value: Any


@dataclass(frozen=True)
class Row:
    """One variable: what it is, its tangent (where one was asked for) and its adjoint."""

    variable: str
    primal: Entry
    tangent: Entry | None = None
    adjoint: Entry | None = None


@dataclass(frozen=True)
class Table:
    """The table of one evaluation; ``str()`` prints it, a notebook shows it.

    Attributes
    ----------
    rows : in order of evaluation.
    value : what the function returned.
    gradient : the adjoint of each input, by its path; empty where there are none.
    tangent : the tangent of the result; None where none was asked for.
    """

    name: str
    rows: tuple[Row, ...]
    result: str
    value: Any
    gradient: Mapping[str, Any] = field(default_factory=dict)
    tangent: Any = None
    direction: str = ""
    digits: int = DIGITS

    def columns(self) -> list[str]:
        heads = ["primal", "value"]
        if self.direction:
            heads += [f"tangent of {self.direction}", "value"]
        return heads + (["adjoint (upwards)", "value"] if self.gradient else [])

    def cells(self) -> list[list[str]]:
        """The table as text, row by row; the last row is the result."""
        out = []
        for row in self.rows:
            entries: list[Entry | None] = [row.primal]
            entries += [row.tangent] if self.direction else []
            entries += [row.adjoint] if self.gradient else []
            out.append([text for entry in entries for text in self.pair(entry)])
        end = [f"{self.name} = {self.result}", number(self.value, self.digits)]
        if self.direction:
            end += [f"{self.name}_dot", number(self.tangent, self.digits)]
        return [*out, end + [""] * (len(self.columns()) - len(end))]

    def pair(self, entry: Entry | None) -> tuple[str, str]:
        return ("", "") if entry is None else (entry.equation, number(entry.value, self.digits))

    def __str__(self) -> str:
        lines = [self.columns(), *self.cells()]
        widths = [max(len(line[k]) for line in lines) for k in range(len(lines[0]))]
        rule = "  ".join("-" * w for w in widths)
        text = ["  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip() for line in lines]
        return "\n".join([text[0], rule, *text[1:-1], rule, text[-1]])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        def line(cells: Sequence[str], tag: str) -> str:
            return "<tr>" + "".join(f"<{tag} style='text-align:left'>{escape(c)}</{tag}>" for c in cells) + "</tr>"

        body = "".join(line(cells, "td") for cells in self.cells())
        return f"<table><thead>{line(self.columns(), 'th')}</thead><tbody>{body}</tbody></table>"


def table(
    trace: Trace,
    values: Mapping[Value, Any],
    tangent: str | Mapping[str, Any] | None = None,
    adjoint: bool = True,
    digits: int = DIGITS,
) -> Table:
    """The evaluation of a trace as a table.

    Parameters
    ----------
    trace : the function.
    values : of its parameters.
    tangent : the input along which tangents are shown (arrays: along all ones; a container: along all of it),
        or a direction for each of some.
    adjoint : show adjoints, where the result is one float.
    digits : significant digits of the numbers.
    """
    done = evaluation(dce(cse(trace)), values)
    derivatives = _Derivatives(done)
    start = directions(done, tangent)
    dots = derivatives.forwards(start)
    outputs = [a for a in atoms_of(done.result) if isinstance(a, Value)]
    single = adjoint and isinstance(done.result, Value) and is_number(done.content(done.result))
    bars = derivatives.backwards(outputs[0]) if single and is_inexact(outputs[0].type) else {}
    rows = tuple(
        Row(
            step.label,
            Entry(f"{step.label} = {derivatives.primal(step)}", step.content),
            dots.get(step.variable) if start else None,
            bars.get(step.variable),
        )
        for step in done.steps
    )
    inputs = {path: arg for path, arg in done.inputs if isinstance(arg, Value)}
    return Table(
        trace.name,
        rows,
        arg_text(done.result, lambda v: v.name or "?"),
        done.content(done.result),
        {path: bars[v].value for path, v in inputs.items() if v in bars},
        _result_dot(done, dots) if start else None,
        ", ".join(name for name, arg in done.inputs if arg in start) if start else "",
        digits,
    )


def directions(done: Evaluation, tangent: str | Mapping[str, Any] | None) -> dict[Arg, Any]:
    """The tangents of the inputs that were asked for."""
    if tangent is None:
        return {}
    given = {tangent: None} if isinstance(tangent, str) else dict(tangent)
    inputs = {path: arg for path, arg in done.inputs if isinstance(arg, Value) and is_inexact(arg.type)}
    out: dict[Arg, Any] = {}
    for name, direction in given.items():
        chosen = [name] if name in inputs else [path for path in inputs if direction is None and _within(path, name)]
        if not chosen:
            raise InputError(f"no input named {name!r} carries a tangent", instead=f"choose from {', '.join(inputs)}")
        for path in chosen:
            shape = np.shape(done.content(inputs[path]))
            dot = np.ones_like(done.content(inputs[path])) if direction is None else np.asarray(direction, float)
            if dot.shape != shape:
                raise InputError(f"the tangent of {path} has shape {dot.shape}, but {path} has shape {shape}")
            out[inputs[path]] = dot[()]
    return out


def _within(path: str, name: str) -> bool:
    """Whether an input is a part of the argument ``name``: ``p['w']`` of ``p``."""
    return path.startswith((f"{name}[", f"{name}."))


def _result_dot(done: Evaluation, dots: Mapping[Value, Entry]) -> Any:
    if isinstance(done.result, Value) and done.result in dots:
        return dots[done.result].value
    return None


class _Derivatives:
    """Tangents and adjoints of the variables of one evaluation, equation by equation."""

    def __init__(self, done: Evaluation) -> None:
        self.done = done
        self.contents = {step.variable: step.content for step in done.steps}
        operations = {step.op: None for step in done.steps if step.op is not None}
        self.operations: list[Call] = list(operations)

    def primal(self, step: Step) -> str:
        if step.op is None:
            return step.name or "?"
        text = right_side(step.op, lambda v: v.name or "?")
        return text if len(step.op.results) == 1 else f"{text}[{step.op.results.index(step.variable)}]"

    # forward

    def forwards(self, start: Mapping[Arg, Any]) -> dict[Value, Entry]:
        """The tangent of every variable."""
        out: dict[Value, Entry] = {}
        if not start:
            return out
        for step in self.done.steps:
            v = step.variable
            if v in start:
                out[v] = Entry(f"{v.name}_dot = {number(start[v], DIGITS)}", start[v])
            elif step.op is None:
                out[v] = Entry(f"{v.name}_dot = 0", 0.0)
        active = set(start)
        for op in self.operations:
            operands = [v for v in _operands(op) if v in active]
            if operands:
                active.update(self.tangent(op, operands, out))
            for v in op.results:
                if v in self.contents and v not in out:
                    out[v] = Entry(f"{v.name}_dot = 0", 0.0)
        return out

    def tangent(self, op: Call, operands: list[Value], dots: dict[Value, Entry]) -> list[Value]:
        """The tangents of the results of one operation: those that there are."""
        try:
            local = optimise(pushforward(_alone(op, op.results), operands))
        except Error as error:
            dots.update((v, Entry(f"{v.name}_dot: {error.what}", None)) for v in op.results)
            return []
        seeds = dict(zip((p.value for p in local.params if p.kind == "seed"), operands, strict=True))
        names = {seed: f"{v.name}_dot" for seed, v in seeds.items()}
        values = {**self._given(op), **{seed: dots[v].value for seed, v in seeds.items()}}
        assert isinstance(local.result, Pack)
        parts = _parts(local.result.items[1], len(op.results))
        found = _parts_of(evaluate(local, values)[1], len(op.results))
        ops = [o for o in local.body.ops if not set(o.results) & set(op.results)]
        out = []
        for v, part, content in zip(op.results, parts, found, strict=True):
            if v in self.contents and is_inexact(v.type):
                dots[v] = Entry(f"{v.name}_dot = {_equation(part, ops, names)}", content)
                out.append(v)
        return out

    # reverse

    def backwards(self, output: Value) -> dict[Value, Entry]:
        """The adjoint of every variable."""
        terms: dict[Value, list[str]] = {output: ["1"]}
        sums: dict[Value, Any] = {output: np.ones_like(self.contents[output])[()]}
        for op in reversed(self.operations):
            if any(v in sums for v in op.results):
                self.adjoint(op, terms, sums)
        out: dict[Value, Entry] = {}
        for step in self.done.steps:
            v = step.variable
            if is_inexact(v.type):
                out[v] = Entry(f"{v.name}_bar = {_sum(terms.get(v, []))}", sums.get(v, 0.0))
        return out

    def adjoint(self, op: Call, terms: dict[Value, list[str]], sums: dict[Value, Any]) -> None:
        """Add what one operation contributes to the adjoints of its operands."""
        operands = [v for v in _operands(op) if is_inexact(v.type)]
        results = tuple(v for v in op.results if v in sums)
        if not operands:
            return
        try:
            local = optimise(pullback(_alone(op, results), operands))
        except Error as error:
            for v in operands:
                terms.setdefault(v, []).append(f"({error.what})")
                sums[v] = np.nan
            return
        seeds = dict(zip((p.value for p in local.params if p.kind == "seed"), results, strict=True))
        names = {seed: f"{v.name}_bar" for seed, v in seeds.items()}
        values = {**self._given(op), **{seed: sums[v] for seed, v in seeds.items()}}
        ops = [o for o in local.body.ops if not set(o.results) & set(op.results)]
        assert isinstance(local.result, Pack)
        contributions = evaluate(local, values)
        for v, part, content in zip(operands, local.result.items, contributions, strict=True):
            text = _equation(part, ops, names)
            if text in ("0.0", "0"):
                continue
            terms.setdefault(v, []).append(text)
            sums[v] = sums[v] + content if v in sums else content

    def _given(self, op: Call) -> dict[Value, Any]:
        return {v: self.contents[v] for v in _operands(op)}


def _operands(op: Call) -> list[Value]:
    return list(dict.fromkeys(values_of(*op.args, *(v for _, v in op.kwargs))))


def _alone(op: Call, results: tuple[Value, ...]) -> Trace:
    """One operation as a trace of its own."""
    params = tuple(Param(v, v.name or "v") for v in _operands(op))
    result: Arg = results[0] if len(results) == 1 else Pack("tuple", results)
    return Trace("row", params, Region((), (op,), ()), result, tuple((p.path, p.value) for p in params))


def _parts(arg: Arg, n: int) -> Sequence[Arg]:
    return (arg,) if n == 1 else arg.items if isinstance(arg, Pack) else ()


def _parts_of(content: Any, n: int) -> Sequence[Any]:
    return (content,) if n == 1 else content


def _equation(part: Arg, ops: Sequence[Any], names: Mapping[Value, str]) -> str:
    name: Callable[[Value], str] = lambda v: names.get(v) or v.name or "?"  # noqa: E731
    shown = [op for op in ops if not (isinstance(op, Call) and op.prim.effect)]
    return nested(part, shown, name) or "…"


def _sum(terms: Sequence[str]) -> str:
    """Terms with signs between them."""
    if not terms:
        return "0"
    if len(terms) > 1:
        terms = [f"({term})" if " with [" in term else term for term in terms]
    out = terms[0]
    for term in terms[1:]:
        out += f" - {term[1:]}" if term.startswith("-") else f" + {term}"
    return out


def number(content: Any, digits: int) -> str:
    """A number as textbooks print it; arrays in brackets, long ones with their middle left out.

    >>> number(11.652071455223084, 5), number(np.array([1.0, 2.5]), 3), number(None, 5)
    ('11.652', '[1, 2.5]', '')
    """
    if content is None:
        return ""
    if isinstance(content, tuple | list):
        inner = ", ".join(number(c, digits) for c in content)
        return f"({inner})" if isinstance(content, tuple) else f"[{inner}]"
    if isinstance(content, np.ndarray):
        return np.array2string(
            content, separator=", ", threshold=6, edgeitems=2, max_line_width=10**6,
            formatter={"float_kind": lambda x: f"{x:.{digits}g}"},
        ).replace("\n", "")  # fmt: skip
    if isinstance(content, bool | int | np.bool_ | np.integer) or not is_number(content):
        return str(content)
    return f"{float(content):.{digits}g}"
