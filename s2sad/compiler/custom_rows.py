"""Calls of functions that have rules, for many rows at once (see ``rules.batching``).

A function that is declared to be elementwise is called on all rows; one that has a rule for batches is computed by that
rule; one that can be read is computed as any program is. Where it is not the function itself that is called, the
results are handed on by an operation that is not written, which has the function's derivative rules. These are the
rules for one row, for all rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from s2sad.compiler.declared import Custom
from s2sad.compiler.hooks import signature, stop
from s2sad.errors import RuleError
from s2sad.ir.build import Builder
from s2sad.ir.core import Arg, Atom, Call, Literal, Pack, Param, Region, Trace, Value, atoms_of, values_of
from s2sad.ir.primitive import Spelling
from s2sad.ir.transparent import UNWRITTEN
from s2sad.ir.types import Array, Scalar, is_inexact, rank
from s2sad.ir.walk import copy_ops, map_arg
from s2sad.prims import structure
from s2sad.rules.batching import COLON, Batch, Result, RowByRow, batched_type, elementwise
from s2sad.rules.book import Rule, Ruled
from s2sad.transforms.batch import batch
from s2sad.transforms.bodies import RuleTrace, linked

if TYPE_CHECKING:
    from s2sad.transforms.rules import Applier


NOWHERE: dict[Any, Rule] = {}
"""No rules: what is computed so is not differentiated."""


@dataclass(eq=False)
class Rows:
    """How calls of one kind batch. ``trace`` is the function itself, where it was read and needs nothing else."""

    custom: Custom
    trace: Trace | None

    def __call__(self, b: Batch, call: Call, moved: set[str]) -> Result:
        if is_elementwise(self.custom) and len(call.results) == 1:
            made: list[Arg] = [self.broadcast(b, call)]
        elif self.custom.rows is not None:
            made = self.by_rule(b, call, moved)
        elif self.trace is not None:
            made = self.by_trace(b, call)
        else:
            raise RowByRow
        return handed(b, call, made)

    def broadcast(self, b: Batch, call: Call) -> Arg:
        """The function called on all rows, with a constant for what it gives: derivatives go through the rules."""
        (result,) = call.results
        row = call.prim
        assert isinstance(row, Ruled)
        kind = batched_type(result.type, b.axis)

        def infer(*args: Any, **kwargs: Any) -> Any:
            return kind

        infer.__signature__ = row.signature  # type: ignore[attr-defined]
        whole = replace(row, infer=infer, alias="fresh", rules=NOWHERE, rows=None, extent=None)
        rows, same = dict(b.rows), dict(b.same)
        for v in (v for arg in b.bound(call).values() for v in values_of(arg)):
            if v in rows:
                rows[v] = b.atom(v) if not is_inexact(v.type) else b.call(stop, b.atom(v))
            else:
                same[v] = ended(b, b.of(v))
        out = elementwise(replace(b, rows=rows, same=same), replace(call, prim=whole), set())
        assert isinstance(out, tuple)
        return out[0]

    def by_rule(self, b: Batch, call: Call, moved: set[str]) -> list[Arg]:
        """What the user's rule for batches gives."""
        rule = self.custom.rows
        assert rule is not None
        bound = b.bound(call)
        given = {n: ended(b, b.of(bound[n])) for n in rule.names if n in bound}
        more: dict[str, Arg] = {"rows": b.size, "moved": Pack("tuple", tuple(Literal(n) for n in sorted(moved)))}
        out = b.inline(rule.body, **given, **{n: more[n] for n in rule.names if n in more})
        return results_of(call, out, f"the rule for batches of {self.custom.name}")

    def by_trace(self, b: Batch, call: Call) -> list[Arg]:
        """The function's own operations, for all rows."""
        assert self.trace is not None
        inner: dict[Value, Arg] = {}
        bound = b.bound(call)
        for name, arg in self.trace.arguments:
            inner.update(linked(arg, bound[name]))
        axes = {p.value: 0 for p in self.trace.params if b.varies(inner[p.value])}
        whole, varies = batch(self.trace, axes, extent=b.axis, vary_only=True)
        pairs = zip(whole.params, self.trace.params, strict=True)
        mapping = {new.value: ended(b, b.of(inner[old.value])) for new, old in pairs}
        b.builder.ops.extend(copy_ops(whole.body.ops, mapping))
        out = map_arg(whole.result, lambda a: mapping.get(a, a) if isinstance(a, Value) else a)
        flags = iter(varies)
        out = map_arg(out, lambda a: a if next(flags) else b.repeated(a))
        return results_of(call, out, self.custom.name)


def is_elementwise(custom: Custom) -> bool:
    """Whether a function takes arrays of any shapes that broadcast, element by element."""
    f = custom.function
    return custom.elementwise or isinstance(f, np.ufunc) or isinstance(f, np.vectorize) and f.signature is None


def ended(b: Batch, arg: Arg) -> Arg:
    """An argument in which no derivatives are: they go through the rules."""
    return map_arg(arg, lambda a: b.call(stop, a) if isinstance(a, Value) and is_inexact(a.type) else a)


def results_of(call: Call, out: Arg, what: str) -> list[Arg]:
    """The results for all rows, one for each result of the call; RuleError where they have no axis of rows."""
    single = len(call.results) == 1
    parts = [out] if single else list(out.items) if isinstance(out, Pack) else []
    if len(parts) != len(call.results):
        raise RuleError(f"{what} gives another number of results than the function", instead="give all of them")
    for part, result in zip(parts, call.results, strict=True):
        have, want = getattr(part.type, "axes", ()), getattr(result.type, "axes", ())
        if isinstance(result.type, Scalar | Array) and None not in (have, want) and len(have) != len(want) + 1:
            raise RuleError(
                f"{what} gives {part.type} for all rows of {result.type}",
                why="there is one more axis, in front", instead="give all rows, stacked along axis 0",
            )
    return parts


def handed(b: Batch, call: Call, made: list[Arg]) -> Result:
    """What was computed, as results of an operation that has the rules of the call."""
    row = call.prim
    assert isinstance(row, Ruled)
    atoms = [b.builder.call(structure.build, m) if isinstance(m, Pack) else m for m in made]
    kinds = tuple(a.type for a in atoms)
    names = [f"given_{k}" for k in range(len(atoms))]
    hidden = tuple(row.signature.parameters)

    def infer(*args: Any, **kwargs: Any) -> Any:
        return kinds if len(kinds) > 1 else kinds[0]

    infer.__signature__ = signature(names, hidden)  # type: ignore[attr-defined]

    def run(*args: Any, **kwargs: Any) -> Any:
        return args[: len(kinds)] if len(kinds) > 1 else args[0]

    whole = Ruled(
        row.name, run, infer, Spelling("special", UNWRITTEN, hidden), "maybe", cost="free",
        extent=lambda sizes, op: sizes.shape(op.args[0]),
    )
    whole.rules.update(rules_of(b, call, whole))
    partials = any(rule.form == "partials" for rule in row.rules.values())
    given = {name: placed(b, call, arg) if partials else b.of(arg) for name, arg in b.bound(call).items()}
    return b.builder.apply(whole, tuple(atoms), given, tuple(r.name for r in call.results))


def placed(b: Batch, call: Call, arg: Arg) -> Arg:
    """An operand of an elementwise function, for all rows: its axes are the last ones of the result's."""
    if isinstance(arg, Pack) or not b.varies(arg) or not isinstance(arg.type, Scalar | Array):
        return b.of(arg)
    return b.aligned(arg, b.ndim(call.results[0]))


def rules_of(b: Batch, call: Call, whole: Ruled) -> Iterator[tuple[Any, Rule]]:
    """The derivative rules of a call, for all rows, by mode."""
    row = call.prim
    assert isinstance(row, Ruled)
    site = Site(call, {v for arg in b.bound(call).values() for v in values_of(arg) if b.varies(v)}, b)
    done: dict[Any, Any] = {None: None}
    for mode, rule in row.rules.items():
        if rule.body not in done:
            done[rule.body] = Later(rule, site)
        form = "pullback" if rule.form in ("linear", "bilinear") else rule.form  # it is not what is called
        yield mode, replace(rule, prim=whole, form=form, body=done[rule.body])


@dataclass(eq=False)
class Site:
    """A call of one row: which of the values that it is given are others in every row."""

    call: Call
    moving: set[Value]
    batch: Batch

    def varies(self, arg: Arg) -> bool:
        return any(v in self.moving for v in values_of(arg))


class Later(RuleTrace):
    """The body of a rule, for all rows; made when it is used, since it may call the function itself."""

    def __init__(self, rule: Rule, site: Site) -> None:
        body = rule.body
        assert isinstance(body, RuleTrace)
        super().__init__(body.name, body.form, body.function, body.named, body.ops, body.result, body.captured)
        self._rule, self._site = rule, site

    def put(self, apply: Applier, arguments: Mapping[str, Arg], primals: Mapping[str, Arg]) -> Arg:
        return self._made.put(apply, arguments, primals)

    @cached_property
    def _made(self) -> RuleTrace:
        return of_rows(self._rule, self._site)


def of_rows(rule: Rule, site: Site) -> RuleTrace:
    """The body of a rule, for all rows."""
    body = rule.body
    assert isinstance(body, RuleTrace)
    bound = site.batch.bound(site.call)
    axes: dict[Value, int] = {}
    for name, arg in body.named.items():
        if name in bound:
            axes.update((v, 0) for v, given in linked(arg, bound[name]) if site.varies(given))
        elif name in ("ans", "ans_bar"):
            axes.update((v, 0) for v in values_of(arg))
        else:
            pairs = linked(arg, bound.get(name.removesuffix("_dot"), Literal(None)))
            axes.update((v, 0) for v, given in pairs if site.varies(given))
    axes.update((v, 0) for n, v in body.captured.items() if site.varies(bound.get(n, Literal(None))))
    if not axes:
        raise RowByRow
    every = [*(v for arg in body.named.values() for v in values_of(arg)), *body.captured.values()]
    params = tuple(Param(v, v.name or f"p{k}") for k, v in enumerate(dict.fromkeys(every)))
    trace = Trace(body.name, params, Region((), body.ops, ()), body.result, (), "", None)
    whole, flags = batch(trace, axes, extent=site.batch.axis, vary_only=True)
    new = {old.value: p.value for old, p in zip(params, whole.params, strict=True)}
    inside = Batch(Builder(list(whole.body.ops)), Literal(0), site.batch.axis)
    inside.size = inside.builder.call(structure.dim, new[next(iter(axes))], 0)
    own = {a for a, varies in zip(atoms_of(whole.result), flags, strict=True) if varies}
    if rule.form == "partials":
        new |= {v: narrowed(inside, new[v], rank(site.call.results[0].type)) for v in axes}
    result = fitted(inside, site, rule, whole.result, own)
    named = {n: map_arg(a, lambda v: new.get(v, v) if isinstance(v, Value) else v) for n, a in body.named.items()}
    made = RuleTrace(body.name, body.form, body.function, named, tuple(inside.builder.ops), result)
    made.take({n: new[v] for n, v in body.captured.items()})
    return made


def narrowed(inside: Batch, rows: Value, most: int | None) -> Value:
    """What stands for all rows of an operand: it may have further axes, of length one, behind that of the rows."""
    assert isinstance(rows.type, Array) and rows.type.axes is not None and most is not None
    missing = most + 1 - len(rows.type.axes)
    if missing <= 0:
        return rows
    first, *rest = rows.type.axes
    wide = Value(Array(rows.type.dtype, (first, *("1",) * missing, *rest)), rows.name)
    index = Pack("tuple", (COLON, *(Literal(0),) * missing))
    inside.builder.ops.insert(0, Call(structure.getitem, (wide, index), (rows,)))
    return wide


def fitted(inside: Batch, site: Site, rule: Rule, result: Arg, own: set[Atom]) -> Arg:
    """What a rule gives for all rows: ``own`` are the parts that are others in every row.

    A tangent has rows; a cotangent has them where its operand has, and is the sum of theirs where it has not.
    """

    def rows(atom: Atom) -> Atom:
        return atom if atom in own or is_none(atom) else inside.repeated(atom)

    def bar(given: Arg, target: Arg) -> Arg:
        if is_none(given):
            return given
        if isinstance(target, Pack):
            if not isinstance(given, Pack) or len(given.items) != len(target.items):
                raise RowByRow
            keys = target.keys or given.keys or tuple(range(len(target.items)))
            by_key = dict(zip(given.keys or keys, given.items, strict=True))
            parts = [bar(by_key[k], t) for k, t in zip(keys, target.items, strict=True)]
            return Pack(given.kind, tuple(parts), target.keys, given.cls)
        if isinstance(given, Pack):
            raise RowByRow
        return rows(given) if site.varies(target) else inside.call("np.sum", rows(given), axis=Literal(0))

    def partial(atom: Atom) -> Atom:
        missing = (rank(site.call.results[0].type) or 0) - (rank(atom.type) or 0) + 1
        if atom not in own or missing <= 0:
            return atom
        return inside.call("getitem", atom, Pack("tuple", (COLON, *(Literal(None),) * missing)))

    if rule.form == "pushforward":
        return map_arg(result, rows)
    if rule.form == "partials":
        return map_arg(result, partial)
    bound = site.batch.bound(site.call)
    assert isinstance(result, Pack)
    return Pack("tuple", tuple(bar(g, bound[n]) for n, g in zip(rule.wrt, result.items, strict=True)))


def is_none(arg: Arg) -> bool:
    return isinstance(arg, Literal) and arg.value is None


__all__ = ["Rows"]
