"""Forward mode: a trace that computes tangents beside values.

Each operation is followed by the one that gives its tangent; a value that does not depend on the chosen parameters has
no tangent at all (not a zero: nothing). Griewank & Walther, "Evaluating Derivatives" (2nd ed., SIAM 2008), chapter 3.1.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import assert_never

from s2sad.analysis.activity import STRUCTURAL, bind, varied
from s2sad.analysis.selection import ELEMENTWISE, unbounded
from s2sad.analysis.steep import SLOPES, Steep
from s2sad.ir.build import Builder
from s2sad.ir.core import (
    UNDEFINED,
    Apply,
    Arg,
    Atom,
    Call,
    For,
    If,
    Literal,
    Op,
    Pack,
    Param,
    Ref,
    Region,
    Trace,
    Value,
    While,
)
from s2sad.ir.types import Object, Struct, carried_tangent, tangent_type
from s2sad.ir.walk import all_ops, all_reads, map_arg
from s2sad.prims import structure
from s2sad.rules.book import BOOK, Rule, RuleBook
from s2sad.transforms.callees import Callees, leaves_of
from s2sad.transforms.reverse import transpose
from s2sad.transforms.rules import Applier, arguments_of, each_partial, is_none, placed, rebuilt, results_by, wanted


def pushforward(
    trace: Trace, wrt: Iterable[Value], book: RuleBook = BOOK, callees: Callees | None = None, nan_safe: bool = True
) -> Trace:
    """The trace of (result, tangent of the result) for tangents of the parameters ``wrt``.

    The tangents are new parameters of kind 'seed', in the order of ``wrt``, named after them with ``_dot``. The tangent
    of a result that does not depend on them is zero. ``nan_safe``: what a program does not choose has tangent zero
    also where its own is infinite.
    """
    wrt = tuple(wrt)
    seeds = {v: Value(tangent_type(v.type), f"{v.name or 'x'}_dot") for v in wrt}
    outermost = callees is None
    if callees is None:
        callees = Callees(lambda inner, params, known: pushforward(inner, params, book, known, nan_safe), "jvp")
    selects = any(isinstance(op, Call) and op.prim.name in ELEMENTWISE for op in all_ops(trace.body.ops))
    infinite = unbounded(trace.body.ops, book) if selects and nan_safe else set[Value]()
    apply = Applier(Builder(), book, unbounded=infinite, steep=Steep(trace.body.ops if nan_safe else ()))
    forward = Forward(apply, varied(trace.body.ops, wrt, book), dict(seeds), callees, all_reads(trace))
    for v, seed in seeds.items():
        apply.belongs(seed, v)
    forward.run(trace.body.ops)

    def tangent(leaf: Atom) -> Arg:
        return apply.handed(forward.tangent_of(leaf), leaf) if outermost else forward.tangent_of(leaf)

    dots = map_arg(trace.result, tangent)
    params = tuple(Param(s, s.name or "dot", "seed", v) for v, s in seeds.items())
    return replace(
        trace,
        name=f"{trace.name}_jvp",
        params=(*trace.params, *params),
        body=Region((), tuple(forward.apply.builder.ops), ()),
        result=Pack("tuple", (trace.result, dots)),
        origin=f"Value and tangent of {trace.name} (forward mode).",
    )


@dataclass
class Forward:
    """The walk: ``dots`` maps a varied value to its tangent; ``read`` are the values that anything reads."""

    apply: Applier
    varied: set[Value]
    dots: dict[Value, Atom]
    callees: Callees
    read: set[Value]
    empty: set[Atom] = field(default_factory=set)  # lists of nothing, whose tangents are such

    def dot(self, atom: Arg) -> Atom | None:
        return self.dots.get(atom) if isinstance(atom, Value) else None

    def dot_or_zero(self, atom: Atom) -> Arg:
        if isinstance(atom, Literal) and atom.value is UNDEFINED:
            return atom
        found = self.dot(atom)
        if found is not None:
            return found
        if atom in self.empty:
            new = Value(carried_tangent(atom.type))
            self.apply.builder.emit(Call(structure.list_new, (), (new,), (), self.apply.builder.loc))
            return new
        return self.apply.zero(atom)

    def tangent_of(self, result: Atom) -> Arg:
        """The tangent of a result: None for a string or another thing that holds no number."""
        if isinstance(result, Literal | Ref) and isinstance(result.type, Object) and result.value is not UNDEFINED:
            return Literal(None)
        return self.dot_or_zero(result)

    def dots_of(self, arg: Arg) -> Arg:
        """Tangents of all atoms in an argument, zeros where there are none."""
        return map_arg(arg, self.dot_or_zero)

    def is_varied(self, arg: Arg) -> bool:
        if isinstance(arg, Pack):
            return any(map(self.is_varied, arg.items))
        return self.dot(arg) is not None

    def born(self, primal: Value) -> Value:
        """A fresh tangent for a region parameter."""
        self.dots[primal] = dot = Value(carried_tangent(primal.type), named(primal))
        self.apply.belongs(dot, primal)
        return dot

    def run(self, ops: Iterable[Op]) -> None:
        for op in ops:
            self.apply.builder.loc = op.loc
            match op:
                case Call():
                    self.apply.builder.emit(op)
                    if op.prim is structure.list_new and not op.args:
                        self.empty.update(op.results)
                    if any(r in self.varied for r in op.results):
                        self.call(op)
                case If():
                    self.branch(op)
                case For() | While():
                    self.loop(op)
                case Apply():
                    self.callee(op)
                case _:
                    assert_never(op)

    # -- one operation ----------------------------------------------------------------------------------------------

    def call(self, op: Call) -> None:
        if op.prim in STRUCTURAL or op.prim is structure.list_new:
            self.linear(op, STRUCTURAL.get(op.prim, ("items",)))
            return
        rule = self.apply.rule(op, "forward", self.varied)
        with placed(rule, op):
            self.by_rule(op, rule)

    def by_rule(self, op: Call, rule: Rule) -> None:
        match rule.form:
            case "constant":
                return
            case "linear":
                self.linear(op, rule.wrt)
            case "bilinear":
                bound = bind(op)
                varied = [n for n in rule.wrt if n in bound and self.is_varied(bound[n])]
                self.sum(op, [term for n in varied for term in self.bilinear_terms(op, n)], stretch=False)
            case "partials":
                self.partials(op)
            case "pushforward":
                named = arguments_of(op)
                named |= {f"{n}_dot": self.dots_of(named[n]) for n in rule.wrt if n in named}
                named["wanted"] = wanted(rule, named, self.moves)
                out = self.apply.inline(rule, named)
                parts = out.items if len(op.results) > 1 and isinstance(out, Pack) else (out,)
                for result, part in zip(op.results, parts, strict=True):
                    self.define(result, part)
            case "pullback":
                self.transposed(op)
            case _:
                assert_never(rule.form)

    def callee(self, op: Apply) -> None:
        """A call of a recursive function: its pushforward gives values and tangents together."""
        args = leaves_of(op)
        wrt = tuple(k for k, a in enumerate(args) if self.dot(a) is not None)
        if not wrt or not any(r in self.varied for r in op.results):
            self.apply.builder.emit(op)
            return
        function = self.callees.derivative(op.callee, wrt)
        dots = tuple(Value(carried_tangent(r.type), named(r)) for r in op.results)
        given = (*args, *(atom(self.dot_or_zero(args[k])) for k in wrt))
        self.apply.builder.emit(Apply(function, given, (*op.results, *dots), op.loc))
        self.dots.update((r, d) for r, d in zip(op.results, dots, strict=True) if r in self.varied)

    def define(self, result: Value, dot: Arg) -> None:
        if isinstance(dot, Pack) and isinstance(result.type, Struct):
            dot = self.apply.build(self.filled(result, dot))
        if result in self.varied and not isinstance(dot, Pack) and not is_none(dot):
            self.dots[result] = named_dot = rename(
                self.apply.cast(dot, result.type), named(result), self.apply.builder
            )
            self.apply.belongs(named_dot, result)

    def filled(self, primal: Value, dot: Pack) -> Pack:
        """The tangent of a container, zero in the parts that have none."""
        items: list[Arg] = []
        for k, item in enumerate(dot.items):
            part = self.apply.builder.call(structure.item, primal, dot.keys[k] if dot.keys else k)
            if isinstance(item, Pack):
                items.append(self.filled(part, item))
            else:
                items.append(self.apply.zero(part) if is_none(item) else item)
        return replace(dot, items=tuple(items))

    def linear(self, op: Call, wrt: tuple[str, ...]) -> None:
        bound = bind(op)
        if op.prim.name in ("add", "sub"):
            left, right = map(self.dot, op.args)
            if left is None or right is None:  # no zero is added
                dot = left if left is not None else right
                negative = op.prim.name == "sub" and left is None and dot is not None
                if dot is not None:
                    moved = self.apply.prim("neg", dot) if negative else dot
                    self.define(op.results[0], self.stretched(moved, op.results[0]))
                return
        replaced = {n: self.dots_of(bound[n]) for n in wrt if n in bound}
        args, kwargs = rebuilt(op, replaced)
        outs = self.apply.builder.apply(op.prim, args, kwargs, tuple(named(r) for r in op.results))
        for result, out in zip(op.results, outs, strict=True):
            self.define(result, out)

    def bilinear_terms(self, op: Call, name: str) -> Iterator[Value]:
        """The product with one operand replaced by its tangent; of several operands in one parameter, each in turn."""
        primal = bind(op)[name]
        replaced: list[Arg]
        if isinstance(primal, Pack):
            replaced = [
                replace(primal, items=(*primal.items[:k], self.dots_of(item), *primal.items[k + 1 :]))
                for k, item in enumerate(primal.items) if self.is_varied(item)
            ]  # fmt: skip
        else:
            replaced = [self.dots_of(primal)]
        for operand in replaced:
            args, kwargs = rebuilt(op, {name: operand})
            (term,) = self.apply.builder.apply(op.prim, args, kwargs)
            yield term

    def partials(self, op: Call) -> None:
        rule = self.apply.rule(op, "forward")
        named_arguments = arguments_of(op)
        given = self.apply.inline(rule, named_arguments)
        terms: list[Atom] = []
        for operand, partial in each_partial(op, rule, given, named_arguments):
            dot = self.dot(operand)
            if dot is not None and not is_none(partial):
                if op.results[0] in self.apply.steep.chosen:
                    terms.append(self.apply.where_chosen(op, operand, dot))
                elif op.prim.name in ELEMENTWISE and operand in self.apply.unbounded:
                    terms.append(self.apply.prim("masked_product", partial, dot))  # what is not chosen may be infinite
                elif operand in self.apply.steep.operands and op.prim.name in SLOPES:
                    terms.append(self.apply.prim("masked_product", dot, partial))  # what was not chosen has slope zero
                else:
                    terms.append(self.apply.product(dot, partial, guarded=False))
        self.sum(op, terms)

    def sum(self, op: Call, terms: Sequence[Atom], stretch: bool = True) -> None:
        (result,) = op.results
        if not terms:
            return
        total = terms[0]
        for term in terms[1:]:
            total = self.apply.add(total, term)
        self.define(result, self.stretched(total, result) if stretch else total)

    def stretched(self, dot: Atom, primal: Value) -> Atom:
        """A tangent that lacks the axes of its primal (``x + A`` with only ``x`` varied) is broadcast to them."""
        have, want = getattr(dot.type, "axes", ()), getattr(primal.type, "axes", ())
        if want == () or have == want and want is not None and "?" not in want:
            return dot
        if have is not None and want is not None and len(have) == len(want) and all(
            h == w or h == "n" for h, w in zip(have, want, strict=True)
        ) and "?" not in have:
            return dot
        if self.apply.alike(dot, primal):
            return dot
        return self.apply.prim("np.broadcast_to", dot, self.apply.shape(primal))

    def moves(self, value: Value) -> bool:
        """Whether a value has a tangent."""
        return self.dot(value) is not None

    def transposed(self, op: Call) -> None:
        """From a pullback, its transpose: the pullback of the body with respect to ``ans_bar``."""
        rule = self.apply.rule(op, "forward")
        named_arguments = arguments_of(op)
        results = [r for r in op.results if r in self.read and r in self.varied]
        if not results:
            return
        from_bar = [Value(tangent_type(r.type), "ans_bar") for r in results]
        bar_of = dict(zip(results, from_bar, strict=True))
        body = Builder(loc=op.loc)
        each: tuple[Arg, ...] = tuple(bar_of.get(r, Literal(None)) for r in op.results)
        bars: Arg = each[0] if len(each) == 1 else Pack("tuple", each)
        inner = Applier(body, self.apply.book)
        more = {"ans_bar": bars, "wanted": wanted(rule, named_arguments, self.moves)}
        given = results_by("pullback", inner.inline(rule, {**named_arguments, **more}), rule.wrt, rule)
        seeds: list[tuple[Atom, Atom]] = []
        for name, out in given.items():
            for bar, primal in zip(leaves(out), leaves(named_arguments[name]), strict=False):
                dot = self.dot(primal)
                if dot is not None and not is_none(bar):
                    seeds.append((bar, dot))
        stands_for = dict(zip(from_bar, results, strict=True))
        for result, value in zip(results, transpose(self.apply, tuple(body.ops), seeds, stands_for), strict=True):
            if value is not None:
                self.define(result, value)

    # -- structure --------------------------------------------------------------------------------------------------

    def inside(self, region: Region, params: tuple[Value, ...], extra: list[int], exits: bool = False) -> Region:
        """A region with tangents: after the old yields at ``extra``, their tangents."""
        outer = self.apply.builder
        self.apply.builder = outer.nested()
        self.run(region.ops)
        count = len(region.yields) - exits
        dots = tuple(atom(self.dot_or_zero(region.yields[k])) for k in extra)
        built = Region(params, tuple(self.apply.builder.ops), (*region.yields[:count], *dots, *region.yields[count:]))
        self.apply.builder = outer
        return built

    def branch(self, op: If) -> None:
        extra = [k for k, r in enumerate(op.results) if r in self.varied]
        then, orelse = self.inside(op.then, (), extra), self.inside(op.orelse, (), extra)
        dots = tuple(self.born(op.results[k]) for k in extra)
        self.apply.builder.emit(replace(op, then=then, orelse=orelse, results=(*op.results, *dots)))

    def loop(self, op: For | While) -> None:
        extra = [k for k, r in enumerate(op.results) if r in self.varied]
        inits = tuple(atom(self.dot_or_zero(op.inits[k])) for k in extra)
        first = 1 if isinstance(op, For) else 0
        params = tuple(self.born(op.body.params[first + k]) for k in extra)
        body = self.inside(op.body, (*op.body.params, *params), extra, op.exits)
        if isinstance(op, For):
            dots = tuple(self.born(op.results[k]) for k in extra)
            self.apply.builder.emit(
                replace(op, inits=(*op.inits, *inits), body=body, results=(*op.results, *dots))
            )
            return
        cond_params = tuple(self.born(op.cond.params[k]) for k in extra)
        cond = replace(op.cond, params=(*op.cond.params, *cond_params))
        dots = tuple(self.born(op.results[k]) for k in extra)
        self.apply.builder.emit(
            replace(op, inits=(*op.inits, *inits), cond=cond, body=body, results=(*op.results, *dots))
        )


def named(primal: Value) -> str | None:
    return f"{primal.name}_dot" if primal.name else None


def atom(arg: Arg) -> Atom:
    assert not isinstance(arg, Pack)
    return arg


def leaves(arg: Arg) -> list[Atom]:
    if isinstance(arg, Pack):
        return [leaf for item in arg.items for leaf in leaves(item)]
    return [arg]


def rename(a: Atom, name: str | None, builder: Builder) -> Atom:
    """Give a value that was just made, and has no name yet, its name."""
    if name is None or not isinstance(a, Value) or a.name is not None or not builder.ops:
        return a
    last = builder.ops[-1]
    if a not in last.results:
        return a
    new = Value(a.type, name)
    builder.ops[-1] = replace(last, results=tuple(new if r is a else r for r in last.results))
    return new
