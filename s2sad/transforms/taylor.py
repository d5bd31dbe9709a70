"""Truncated Taylor series: a trace that computes the coefficients of f(x(t)) from those of x(t), to any order.

Every varied value has, beside itself, the coefficients y_1 … y_K of its series y(t) = y + y_1 t + … + y_K t^K. They are
made in the order of the program, each operation's after the operation itself, as in forward mode:

- what is linear is applied to each coefficient;
- products are convolutions, and a quotient y = a / b solves one: y_k = (a_k - sum b_j y_(k-j)) / b;
- for everything else the rule book says what y' = dy/dt is, in terms of the operands, of y and of the operands' own
  derivatives; the series of that is had in the same way, one order lower, and y_k = (y')_(k-1) / k.

The last needs no recurrence of its own for any function, and gives the known ones: y = exp(x) has y' = y x', so
k y_k = sum j x_j y_(k-j); y = sin(x) asks for the series of cos(x), which asks for that of sin(x), two orders below.
What is asked for twice is computed once, so elementary functions cost O(K^2) operations. (A. Griewank and A. Walther,
"Evaluating Derivatives", 2nd ed., SIAM 2008, chapter 13; the recurrences in its tables 13.1 and 13.2.)

Loops carry the coefficients of what they carry, and branches give those of what they give: what does not vary has none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never

from s2sad.analysis.activity import STRUCTURAL, bind, varied
from s2sad.errors import UnsupportedError
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
    Region,
    Trace,
    Value,
    While,
    values_of,
)
from s2sad.ir.types import Scalar, carried_tangent, is_inexact, tangent_type
from s2sad.ir.walk import all_reads, free_values, map_arg, substitute
from s2sad.prims import structure
from s2sad.prims.primitive import REGISTRY
from s2sad.rules.book import BOOK, RuleBook
from s2sad.transforms.callees import Callees, leaves_of
from s2sad.transforms.forward import Forward, rename
from s2sad.transforms.rules import Applier, rebuilt

MUL, DIV, SUB = (REGISTRY.by_name[name] for name in ("mul", "div", "sub"))
POWERS = 64  # exponents up to here are products


def series(
    trace: Trace, wrt: Iterable[Value], order: int, given: int | None = None, book: RuleBook = BOOK,
    callees: Callees | None = None,
) -> Trace:
    """The trace of (result, its coefficients 1 … ``order``) for coefficients of the parameters ``wrt``.

    The coefficients are new parameters of kind 'seed', named ``x_1``, ``x_2`` …, order by order and in the order of
    ``wrt``; only the first ``given`` of them, where the others are zero. Those of the result are a tuple of such
    structures as the result is.
    """
    wrt = tuple(wrt)
    terms = order if given is None else given
    if callees is None:
        def again(inner: Trace, params: Iterable[Value], known: Callees) -> Trace:
            return series(inner, params, order, None, book, known)

        callees = Callees(again, f"taylor{order}")
    seeds = {(v, k): Value(tangent_type(v.type), label(v, k)) for k in range(1, terms + 1) for v in wrt}
    forward = Forward(Applier(Builder(), book), set(), {}, callees, all_reads(trace))
    walk = Walk(forward, order, varied(trace.body.ops, wrt, book))
    for v in wrt:
        walk.nodes[v] = Given({k: seeds.get((v, k)) for k in range(1, order + 1)})
    walk.run(trace.body.ops)
    coefficients = tuple(
        map_arg(trace.result, lambda a, k=k: walk.term_or_zero(a, k)) for k in range(1, order + 1)  # type: ignore[misc]
    )
    params = tuple(Param(s, s.name or "c", "seed") for s in seeds.values())
    return replace(
        trace,
        name=f"{trace.name}_taylor",
        params=(*trace.params, *params),
        body=Region((), tuple(forward.apply.builder.ops), ()),
        result=Pack("tuple", (trace.result, Pack("tuple", coefficients))),
        origin=f"Value and Taylor coefficients of {trace.name}, to order {order}.",
    )


def label(v: Value, k: int) -> str | None:
    return f"{v.name}_{k}" if v.name else None


@dataclass(eq=False)
class Given:
    """Coefficients that are there."""

    terms: Mapping[int, Atom | None]


@dataclass(eq=False)
class Rate:
    """The derivative of another series: its coefficients, shifted and multiplied."""

    of: Value


@dataclass(eq=False)
class Made:
    """A result of an operation; ``terms`` are those that have been computed, ``rates`` its derivative by the rules.

    ``virtual``: the operation is no part of the program, and is computed when its value is first asked for.
    """

    op: Call
    virtual: bool
    terms: dict[int, Atom | None] = field(default_factory=dict)


Node = Given | Rate | Made


@dataclass(eq=False)
class Walk:
    """The walk. ``nodes`` has the series of each varied value, also of those that only rules speak of."""

    forward: Forward
    order: int
    varied: set[Value]
    nodes: dict[Value, Node] = field(default_factory=dict)
    known: dict[object, tuple[Value, ...]] = field(default_factory=dict)  # calls that have been met
    rates: dict[Call, tuple[Arg | None, ...]] = field(default_factory=dict)  # derivatives of results by the rules
    powers: dict[Call, Value] = field(default_factory=dict)  # products that powers stand for
    journal: list[Callable[[], object]] = field(default_factory=list)  # how to forget what a region computed

    # -- the program ------------------------------------------------------------------------------------------------

    @property
    def builder(self) -> Builder:
        return self.forward.apply.builder

    def run(self, ops: Iterable[Op]) -> None:
        for op in ops:
            self.builder.loc = op.loc
            match op:
                case Call():
                    self.builder.emit(op)
                    if any(r in self.varied for r in op.results) and not op.prim.effect:
                        self.call(op)
                case If():
                    self.branch(op)
                case For() | While():
                    self.loop(op)
                case Apply():
                    self.callee(op)
                case _:
                    assert_never(op)

    def call(self, op: Call) -> None:
        self.enter(op, virtual=False)
        for k in range(1, self.order + 1):
            for r in op.results:
                if is_inexact(r.type):
                    self.term(r, k)

    def enter(self, op: Call, virtual: bool) -> None:
        for r in op.results:
            self.nodes[r] = Made(op, virtual)
        self.remember(self.known, key_of(op), op.results)

    def remember(self, table: dict[object, tuple[Value, ...]], key: object, value: tuple[Value, ...]) -> None:
        if key not in table:
            table[key] = value
            self.journal.append(lambda: table.pop(key, None))

    # -- coefficients -----------------------------------------------------------------------------------------------

    def term(self, a: Arg, k: int) -> Atom | None:
        """Coefficient ``k`` of a value, None where it is zero; the value itself for 0."""
        assert not isinstance(a, Pack)
        node = self.nodes.get(a) if isinstance(a, Value) else None
        match node:
            case None:
                return a if k == 0 else None
            case Given(terms=terms):
                return a if k == 0 else terms[k]
            case Rate(of=whole):
                made = self.nodes[whole]
                if isinstance(made, Made) and made.op in self.rates:  # not divided by k + 1 to be multiplied again
                    rate = self.rates[made.op][made.op.results.index(whole)]
                    return None if rate is None else self.term(rate, k)
                found = self.term(whole, k + 1) if k < self.order else None
                return found if found is None or k == 0 else self.scaled(found, k + 1)
            case Made(op=op, virtual=virtual, terms=terms):
                assert isinstance(a, Value)
                if k == 0 and not virtual:
                    return a
                if k not in terms:
                    self.compute(op, k)
                return terms[k]

    def compute(self, op: Call, k: int) -> None:
        """Coefficient ``k`` of all results of an operation."""
        if k == 0:
            outs: Iterable[Atom | None] = self.computed(op)
        elif op.prim in STRUCTURAL or op.prim is structure.list_new:
            outs = self.linear(op, STRUCTURAL.get(op.prim, ("items",)), k)
        elif op.prim is MUL:
            outs = [self.product(op, k)]
        elif op.prim is DIV:
            outs = [self.quotient(op, k)]
        elif (chain := self.as_product(op)) is not None:
            outs = [self.term(chain, k)]
        else:
            rule = self.forward.apply.rule(op, "forward", self.nodes)
            match rule.form:
                case "constant":
                    outs = [None for _ in op.results]
                case "linear":
                    outs = self.linear(op, rule.wrt, k)
                case "bilinear":
                    outs = [self.convolution(op, rule.wrt, k)]
                case _:
                    outs = self.integrated(op, k)
        for r, out in zip(op.results, outs, strict=True):
            node = self.nodes[r]
            assert isinstance(node, Made)
            if k and out is not None:
                out = self.forward.apply.cast(out, r.type)
                out = rename(out, None if node.virtual else label(r, k), self.builder)
            node.terms[k] = out
            self.journal.append(lambda node=node: node.terms.pop(k, None))  # type: ignore[misc]

    def computed(self, op: Call) -> tuple[Value, ...]:
        """The results of an operation that only a rule speaks of."""
        again = replace(op, results=tuple(Value(r.type, r.name) for r in op.results))
        self.builder.emit(self.actual(again))
        return again.results

    def actual(self, op: Call) -> Call:
        """A call on values of the program in place of those that rules speak of."""
        mapping: dict[Value, Arg] = {}
        for v in values_of(*op.args, *(a for _, a in op.kwargs)):
            found = self.term_or_zero(v, 0)
            if found is not v:
                mapping[v] = found
        out = substitute(op, mapping)
        assert isinstance(out, Call)
        return out

    def term_or_zero(self, a: Atom, k: int) -> Arg:
        if isinstance(a, Literal) and (a.value is UNDEFINED or k == 0):
            return a
        found = self.term(a, k)
        if found is None:
            return self.forward.apply.zero(a)
        return found

    def linear(self, op: Call, wrt: tuple[str, ...], k: int) -> list[Atom | None]:
        """The operation itself, on coefficients."""
        bound = bind(op)
        operands = dict.fromkeys(v for n in wrt if n in bound for v in values_of(bound[n]))
        dots = {v: c for v in operands if (c := self.term(v, k)) is not None}
        if not dots:
            return [None for _ in op.results]
        return self.inner(op, dots, lambda: self.forward.linear(op, wrt))

    def inner(self, op: Call, dots: dict[Value, Atom], run: Callable[[], None]) -> list[Atom | None]:
        """What forward mode writes for one operation, on values of the program, with these tangents."""
        forward, outer, before = self.forward, self.builder, self.forward.dots
        forward.apply.builder, forward.dots, forward.varied = outer.nested(), dict(dots), set(op.results)
        try:
            run()
            ops, outs = forward.apply.builder.ops, [forward.dots.get(r) for r in op.results]
        finally:
            forward.apply.builder, forward.dots = outer, before
        mapping: dict[Value, Arg] = {}
        for each in ops:
            assert isinstance(each, Call)
            for v in values_of(*each.args, *(a for _, a in each.kwargs)):
                node = self.nodes.get(v)
                if v not in mapping and (isinstance(node, Rate) or isinstance(node, Made) and node.virtual):
                    mapping[v] = self.term_or_zero(v, 0)
        for each in ops:
            outer.emit(substitute(each, mapping))
        return outs

    def added(self, terms: Iterable[Atom]) -> Atom | None:
        total: Atom | None = None
        for term in terms:
            total = term if total is None else self.forward.apply.add(total, term)
        return total

    def times(self, x: Atom, y: Atom) -> Atom:
        for a, b in ((x, y), (y, x)):
            if isinstance(a, Literal) and type(a.value) is float and a.value == 1.0 and isinstance(b.type, Scalar):
                return b
        return self.builder.call(MUL, x, y)

    def scaled(self, x: Atom, by: float) -> Atom:
        return x if by == 1 else self.times(Literal(float(by)), x)

    def product(self, op: Call, k: int) -> Atom | None:
        """Coefficient ``k`` of a product: a convolution, half of it for a square."""
        x, y = op.args
        if x == y:
            half = [(a, b) for i in range((k + 1) // 2) if (a := self.term(x, i)) is not None
                    and (b := self.term(y, k - i)) is not None]  # fmt: skip
            total = self.added([self.times(a, b) for a, b in half])
            total = None if total is None else self.scaled(total, 2.0)
            middle = self.term(x, k // 2) if k % 2 == 0 else None
            if middle is None:
                return total
            square = self.times(middle, middle)
            return square if total is None else self.forward.apply.add(total, square)
        pairs = [(self.term(x, i), self.term(y, k - i)) for i in range(k + 1)]
        return self.added([self.times(a, b) for a, b in pairs if a is not None and b is not None])

    def quotient(self, op: Call, k: int) -> Atom | None:
        """Coefficient ``k`` of a quotient y = a / b, from a = b y."""
        a, b = op.args
        top = self.term(a, k)
        below = [(self.term(b, j), self.term(op.result, k - j)) for j in range(1, k + 1)]
        carried = self.added([self.times(x, y) for x, y in below if x is not None and y is not None])
        if carried is not None:
            negative = self.forward.apply.prim("neg", carried)
            top = negative if top is None else self.builder.call(SUB, top, carried)
        if top is None:
            return None
        bottom = self.term(b, 0)
        assert bottom is not None
        return self.builder.call(DIV, top, bottom)

    def convolution(self, op: Call, wrt: tuple[str, ...], k: int) -> Atom | None:
        """Coefficient ``k`` of what is linear in each of several operands."""
        bound = bind(op)
        slots: list[tuple[str, int | None, Atom]] = []
        for name in wrt:
            operand = bound.get(name)
            if isinstance(operand, Pack):
                slots += [(name, j, item) for j, item in enumerate(operand.items) if not isinstance(item, Pack)]
            elif operand is not None:
                slots.append((name, None, operand))
        terms: list[Atom] = []
        for orders in compositions(k, [self.moves(a) for _, _, a in slots]):
            parts = [self.term(a, j) for (_, _, a), j in zip(slots, orders, strict=True)]
            if any(p is None for p in parts):
                continue
            replaced: dict[str, Arg] = {n: bound[n] for n in wrt if n in bound}
            for (name, j, _), part in zip(slots, parts, strict=True):
                whole = replaced[name]
                assert part is not None
                if j is None:
                    replaced[name] = part
                else:
                    assert isinstance(whole, Pack)
                    replaced[name] = replace(whole, items=(*whole.items[:j], part, *whole.items[j + 1 :]))
            args, kwargs = rebuilt(self.actual(op), replaced)
            terms += self.builder.apply(op.prim, args, kwargs)
        return self.added(terms)

    def moves(self, a: Atom) -> bool:
        return isinstance(a, Value) and a in self.nodes

    # -- by the rules -----------------------------------------------------------------------------------------------

    def integrated(self, op: Call, k: int) -> list[Atom | None]:
        """Coefficient ``k`` of each result, from its derivative one order below."""
        if op not in self.rates:
            self.rates[op] = self.differentiated(op)
            self.journal.append(lambda: self.rates.pop(op, None))
        out: list[Atom | None] = []
        for rate in self.rates[op]:
            found = None if rate is None else self.term(rate, k - 1)
            if found is not None and k > 1:
                found = self.builder.call(DIV, found, Literal(float(k)))
            out.append(found)
        return out

    def differentiated(self, op: Call) -> tuple[Atom | None, ...]:
        """The derivatives of an operation's results, as the rules put them: as series, of which nothing is computed."""
        forward, outer, before = self.forward, self.builder, self.forward.dots
        moving = dict.fromkeys(v for v in values_of(*op.args, *(a for _, a in op.kwargs)) if v in self.nodes)
        rates = {v: Value(tangent_type(v.type), None) for v in moving if is_inexact(v.type)}
        forward.apply.builder, forward.dots, forward.varied = outer.nested(), dict(rates), set(op.results)
        try:
            forward.call(op)
            ops, outs = forward.apply.builder.ops, [forward.dots.get(r) for r in op.results]
        finally:
            forward.apply.builder, forward.dots = outer, before
        self.nodes.update((rate, Rate(v)) for v, rate in rates.items())
        renamed: dict[Value, Arg] = {}
        for each in ops:
            if isinstance(each, If) and (chosen := self.choice(each, renamed)) is not None:
                self.forward.read.update(read_by(chosen))
                outer.emit(chosen)
                continue
            if not isinstance(each, Call):
                raise UnsupportedError(
                    f"the Taylor coefficients of {op.prim.name}",
                    why="the rule of its derivative has control flow",
                    instead="use jvp, again and again", location=op.loc,
                )
            each = substitute(each, renamed)
            assert isinstance(each, Call)
            known = self.known.get(key_of(each))
            self.forward.read.update(values_of(*each.args, *(a for _, a in each.kwargs)))
            if known is not None and not each.prim.effect:
                renamed.update(zip(each.results, known, strict=True))
            elif any(v in self.nodes for v in values_of(*each.args, *(a for _, a in each.kwargs))):
                self.enter(each, virtual=True)
            else:
                outer.emit(each)
        rates_of_results = tuple(renamed.get(o, o) if isinstance(o, Value) else o for o in outs)
        self.forward.read.update(o for o in rates_of_results if isinstance(o, Value))
        return rates_of_results  # type: ignore[return-value]

    def choice(self, op: If, renamed: Mapping[Value, Arg]) -> If | None:
        """A choice between constants by what the series begin with; None where what is chosen moves."""
        each = substitute(op, renamed)
        assert isinstance(each, If)
        pred = self.term(each.pred, 0)
        chosen = replace(each, pred=Literal(False) if pred is None else pred)
        return None if any(v in self.nodes for v in read_by(chosen)) else chosen

    def as_product(self, op: Call) -> Value | None:
        """The product that a square, or a power with a small exponent written out, stands for."""
        if op in self.powers:
            return self.powers[op]
        if op.prim.name == "np.square":
            exponent = 2
        elif op.prim.name == "pow" and isinstance(op.args[1], Literal) and type(op.args[1].value) in (int, float):
            exponent = op.args[1].value
        else:
            return None
        x = op.args[0]
        if not isinstance(x, Value) or exponent != int(exponent) or not 2 <= exponent <= POWERS:
            return None
        total: Value | None = None
        power, left = x, int(exponent)
        while True:
            if left % 2:
                total = power if total is None else self.virtual_product(total, power)
            left //= 2
            if not left:
                break
            power = self.virtual_product(power, power)
        assert total is not None
        self.powers[op] = total
        return total

    def virtual_product(self, x: Value, y: Value) -> Value:
        builder = Builder()
        out = builder.call(MUL, x, y)
        (op,) = builder.ops
        assert isinstance(op, Call)
        known = self.known.get(key_of(op))
        if known is not None:
            return known[0]
        self.enter(op, virtual=True)
        return out

    # -- structure --------------------------------------------------------------------------------------------------

    def inside(self, region: Region, params: tuple[Value, ...], extra: list[int], exits: bool = False) -> Region:
        """A region that yields, after the old yields, the coefficients of those at ``extra``, order by order."""
        outer, mark = self.builder, len(self.journal)
        self.forward.apply.builder = outer.nested()
        self.run(region.ops)
        count = len(region.yields) - exits
        terms = tuple(atom(t) for t in self.all_terms(region.yields[k] for k in extra))
        ops = tuple(self.builder.ops)
        self.forward.apply.builder = outer
        while len(self.journal) > mark:
            self.journal.pop()()
        return Region(params, ops, (*region.yields[:count], *terms, *region.yields[count:]))

    def all_terms(self, atoms: Iterable[Atom]) -> Iterator[Arg]:
        whole = tuple(atoms)
        for k in range(1, self.order + 1):
            for a in whole:
                yield self.term_or_zero(a, k)

    def born(self, values: Iterable[Value]) -> tuple[Value, ...]:
        """Fresh coefficients of values that control flow gives, order by order."""
        whole = tuple(values)
        fresh = {(v, k): Value(carried_tangent(v.type), label(v, k)) for k in range(1, self.order + 1) for v in whole}
        for v in whole:
            self.nodes[v] = Given({k: fresh[v, k] for k in range(1, self.order + 1)})
        return tuple(fresh.values())

    def branch(self, op: If) -> None:
        extra = [k for k, r in enumerate(op.results) if r in self.varied and is_inexact(r.type)]
        then, orelse = self.inside(op.then, (), extra), self.inside(op.orelse, (), extra)
        terms = self.born(op.results[k] for k in extra)
        self.builder.emit(replace(op, then=then, orelse=orelse, results=(*op.results, *terms)))

    def loop(self, op: For | While) -> None:
        extra = [k for k, r in enumerate(op.results) if r in self.varied and is_inexact(r.type)]
        inits = (*op.inits, *(atom(t) for t in self.all_terms(op.inits[k] for k in extra)))
        first = 1 if isinstance(op, For) else 0
        params = self.born(op.body.params[first + k] for k in extra)
        body = self.inside(op.body, (*op.body.params, *params), extra, op.exits)
        if isinstance(op, While):
            more = self.born(op.cond.params[k] for k in extra)
            cond = replace(op.cond, params=(*op.cond.params, *more))
            results = (*op.results, *self.born(op.results[k] for k in extra))
            self.builder.emit(replace(op, inits=inits, cond=cond, body=body, results=results))
        else:
            results = (*op.results, *self.born(op.results[k] for k in extra))
            self.builder.emit(replace(op, inits=inits, body=body, results=results))

    def callee(self, op: Apply) -> None:
        """A call of a function that stays one: it gives values and coefficients together."""
        args = leaves_of(op)
        wrt = tuple(k for k, a in enumerate(args) if self.moves(a) and is_inexact(a.type))
        if not wrt or not any(r in self.varied for r in op.results):
            self.builder.emit(op)
            return
        function = self.forward.callees.derivative(op.callee, wrt)
        given = (*args, *(atom(t) for t in self.all_terms(args[k] for k in wrt)))
        terms = [Value(carried_tangent(r.type), label(r, k)) for k in range(1, self.order + 1) for r in op.results]
        self.builder.emit(Apply(function, given, (*op.results, *terms), op.loc))
        count = len(op.results)
        for j, r in enumerate(op.results):
            if r in self.varied and is_inexact(r.type):
                self.nodes[r] = Given({k: terms[(k - 1) * count + j] for k in range(1, self.order + 1)})


def read_by(op: If) -> set[Value]:
    """What a choice reads of what is around it."""
    return {*values_of(op.pred), *free_values(op.then), *free_values(op.orelse)}


def atom(arg: Arg) -> Atom:
    assert not isinstance(arg, Pack)
    return arg


def compositions(total: int, moving: list[bool]) -> Iterator[tuple[int, ...]]:
    """Ways to write a number as a sum of one part for each slot, zero for those that do not move."""
    if not moving:
        if total == 0:
            yield ()
        return
    for k in range(total + 1) if moving[0] else (0,):
        for rest in compositions(total - k, moving[1:]):
            yield (k, *rest)


def key_of(op: Call) -> object:
    """What makes two calls of a function the same."""
    return op.prim, op.args, op.kwargs
