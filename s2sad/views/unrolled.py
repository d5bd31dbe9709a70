"""The evaluation trace of one evaluation: what ran, one operation after another, loops unrolled and branches taken.

That is what Griewank & Walther ("Evaluating Derivatives", 2nd ed., SIAM 2008, section 2.2) and Baydin et al.
("Automatic differentiation in machine learning: a survey", JMLR 18, 2018, section 3) print as a table. Numbers that
carry no derivative (loop indices, sizes, predicates) are constants here: they are what they were in this evaluation.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, assert_never

import numpy as np

from s2sad.errors import TraceError
from s2sad.ir.core import (
    UNDEFINED,
    Apply,
    Arg,
    Atom,
    Call,
    For,
    If,
    Op,
    Pack,
    Ref,
    Region,
    Trace,
    Value,
    While,
    atoms_of,
)
from s2sad.ir.core import Literal as Constant
from s2sad.ir.evaluate import structure
from s2sad.ir.types import Array, is_inexact, type_of
from s2sad.ir.walk import map_arg
from s2sad.prims import structure as language

LISTS: dict[str, Callable[..., Any]] = {
    prim.name: prim.run
    for prim in (
        language.list_new, language.list_repeat, language.list_append, language.list_pop, language.list_get,
        language.list_slice, language.list_set, language.list_len, language.list_concat,
    )
}  # fmt: skip
"""Primitives that move items about and do not look at them."""


@dataclass(frozen=True)
class Step:
    """One variable of the evaluation: an input (``op`` is None), or a result of an operation on earlier variables."""

    variable: Value
    content: Any
    op: Call | None = None
    name: str | None = None  # the user's name for it

    @property
    def label(self) -> str:
        """``v1``, ``v2`` …"""
        return self.variable.name or ""


@dataclass(frozen=True)
class Evaluation:
    """All steps, in the order in which they were made, and what was returned, in terms of their variables."""

    steps: tuple[Step, ...]
    result: Arg
    inputs: tuple[tuple[str, Arg], ...]

    def content(self, arg: Arg) -> Any:
        """The Python object that an argument over the variables stands for."""
        contents = {step.variable: step.content for step in self.steps}
        return structure(arg, lambda atom: contents[atom] if isinstance(atom, Value) else atom.value)


def evaluation(trace: Trace, values: Mapping[Value, Any]) -> Evaluation:
    """Run a trace on values of its parameters and write down every variable."""
    run = _Unroll()
    inputs: list[tuple[str, Arg]] = []
    for param in trace.params:
        if param.value not in values:
            raise TraceError(f"no value for parameter {param.path!r} of {trace.name}")
        atom = run.entered(copy.deepcopy(values[param.value]), param.value.name or param.path)
        run.env[param.value] = atom
        inputs.append((param.path, atom))
    run.run(trace.body.ops)
    return Evaluation(tuple(run.steps), run.arg(trace.result), tuple(inputs))


class _Unroll:
    """``env`` says what each value of the trace is at this moment, in terms of the evaluation's variables."""

    def __init__(self) -> None:
        self.env: dict[Value, Arg] = {}
        self.steps: list[Step] = []
        self.contents: dict[Value, Any] = {}

    # variables

    def variable(self, content: Any, name: str | None) -> Value:
        out = Value(type_of(content), f"v{len(self.steps) + 1}")
        self.steps.append(Step(out, content, None, name))
        self.contents[out] = content
        return out

    def entered(self, content: Any, name: str | None) -> Arg:
        """A variable for what carries derivatives or is an array; a constant for the rest; item by item for lists."""
        t = type_of(content)
        if isinstance(t, Array) or is_inexact(t) and not isinstance(content, list | tuple | dict):
            return self.variable(content, name)
        if isinstance(content, list):
            return Pack("list", tuple(self.entered(item, f"{name}[{k}]") for k, item in enumerate(content)))
        return Constant(content)

    def arg(self, arg: Arg) -> Arg:
        return map_arg(arg, self.atom)

    def atom(self, atom: Atom) -> Arg:
        match atom:
            case Value():
                found = self.env[atom]
                if isinstance(found, Constant) and found.value is UNDEFINED:
                    raise UnboundLocalError(f"local variable {atom.name or 'v'!r} has no value here")
                return found
            case Constant() | Ref():
                return atom

    def carried(self, atom: Atom) -> Arg:
        return self.env[atom] if isinstance(atom, Value) else atom

    def content(self, arg: Arg) -> Any:
        return structure(arg, lambda atom: self.contents[atom] if isinstance(atom, Value) else atom.value)

    # the run

    def run(self, ops: Iterable[Op]) -> None:
        for op in ops:
            match op:
                case Call():
                    results: Sequence[Arg] = self.call(op)
                case If(pred=pred, then=then, orelse=orelse):
                    results = self.region(then if self.content(self.atom(pred)) else orelse, ())
                case For():
                    results = self.loop(op)
                case While():
                    results = self.repeat(op)
                case Apply():
                    results = self.apply(op)
                case _:
                    assert_never(op)
            self.env.update(zip(op.results, results, strict=True))

    def call(self, op: Call) -> Sequence[Arg]:
        args = tuple(map(self.arg, op.args))
        kwargs = tuple((k, self.arg(v)) for k, v in op.kwargs)
        if op.prim.name in LISTS:
            return self.listed(op, args)
        if op.prim is language.build:
            return (args[0],)
        if op.prim is language.item and isinstance(args[0], Pack):
            return (args[0].items[(args[0].keys or range(len(args[0].items))).index(args[1].value)],)  # type: ignore[union-attr]
        found = op.prim.run(*map(self.content, args), **{k: self.content(v) for k, v in kwargs})
        contents = () if not op.results else (found,) if len(op.results) == 1 else tuple(found)
        first, out = len(self.steps), list[Arg]()
        for value, content in zip(op.results, contents, strict=True):
            t = type_of(content)
            shown = isinstance(t, Array) or is_inexact(t)
            out.append(self.variable(content, value.name) if shown else Constant(content))
        results = tuple(o if isinstance(o, Value) else v for o, v in zip(out, op.results, strict=True))
        done = replace(op, args=args, kwargs=kwargs, results=results)
        self.steps[first:] = [replace(step, op=done) for step in self.steps[first:]]
        return out

    def listed(self, op: Call, args: tuple[Arg, ...]) -> Sequence[Arg]:
        """Lists hold variables: nothing is computed."""
        opened = [list(a.items) if isinstance(a, Pack) and a.kind == "list" else self.opened(a) for a in args]
        if op.prim is language.list_new or op.prim is language.list_repeat:
            opened = [*args] if op.prim is language.list_new else [args[0], self.content(args[1])]
        elif op.prim in (language.list_append, language.list_set):
            opened[-1] = args[-1]
        found = LISTS[op.prim.name](*opened)
        items = found if len(op.results) > 1 else (found,)
        return [_closed(item) for item in items]

    def opened(self, arg: Arg) -> Any:
        return arg if isinstance(arg, Value) else self.content(arg)

    def region(self, region: Region, contents: Sequence[Arg]) -> list[Arg]:
        self.env.update(zip(region.params, contents, strict=True))
        self.run(region.ops)
        return [self.carried(y) for y in region.yields]

    def loop(self, op: For) -> list[Arg]:
        state = [self.carried(a) for a in op.inits]
        steps = range(*(self.content(self.atom(a)) for a in (op.start, op.stop, op.step)))
        for index in reversed(steps) if op.backwards else steps:
            state = self.region(op.body, (Constant(index), *state))
            if op.exits and self.content(state.pop()):
                break
        return state

    def repeat(self, op: While) -> list[Arg]:
        state = [self.carried(a) for a in op.inits]
        while True:
            (go,) = self.region(op.cond, state)
            if not self.content(go):
                return state
            state = self.region(op.body, state)
            if op.exits and self.content(state.pop()):
                return state

    def apply(self, op: Apply) -> Sequence[Arg]:
        callee = op.callee.trace
        assert callee is not None
        given = [self.atom(atom) for arg in op.args for atom in atoms_of(arg)]
        outer, self.env = self.env, dict(zip((p.value for p in callee.params), given, strict=True))
        self.run(callee.body.ops)
        results = [self.atom(atom) for atom in atoms_of(callee.result)]
        self.env = outer
        return results


def _closed(item: Any) -> Arg:
    """What a list primitive gives, as an argument."""
    if isinstance(item, list):
        return Pack("list", tuple(map(_closed, item)))
    return item if isinstance(item, Value | Constant | Ref | Pack) else Constant(item)


def is_number(content: Any) -> bool:
    """Whether this is one number, as a Python or NumPy scalar or an array of one element."""
    return isinstance(content, float | int | np.number) or (isinstance(content, np.ndarray) and content.size == 1)
