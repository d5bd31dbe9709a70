"""Which values carry a derivative: varied from the chosen parameters, and useful for the results.

A trace is turned into a graph of differentiable dependences between values, once; varied is what can be reached from
the parameters, useful what reaches the results, active is both (Hascoët & Pascual, "The Tapenade automatic
differentiation tool", ACM TOMS 39, 2013, section 4.1). Loops need no fixed point: their edges close the cycle.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from s2sad.ir.core import Apply, Arg, Call, For, If, Op, Trace, Value, While, values_of
from s2sad.ir.types import is_inexact
from s2sad.ir.walk import all_ops
from s2sad.prims import broadcasting, structure
from s2sad.rules.book import BOOK, RuleBook

STRUCTURAL = {
    structure.getitem: ("a",),
    structure.gather: ("a",),
    broadcasting.gather_last: ("a",),
    structure.store: ("a", "value"),
    structure.accumulate: ("a", "value"),
    structure.scatter_add: ("a", "value"),
    structure.list_append: ("a", "value"),
    structure.list_pop: ("a",),
    structure.list_get: ("a",),
    structure.list_slice: ("a",),
    structure.list_set: ("a", "value"),
    structure.list_accumulate: ("a", "value"),
    structure.list_concat: ("a", "b"),
    structure.list_add: ("a", "b"),
    structure.list_repeat: ("item",),
    structure.build: ("structure",),
    structure.item: ("a",),
}
"""Differentiable parameters of the language's own primitives, which the transforms know without a rule."""

CONSTANT = {structure.dim, structure.shape, structure.zero_of, structure.list_len, structure.not_}


def differentiable(call: Call, book: RuleBook = BOOK) -> Iterator[Value]:
    """The operands of a call through which a derivative flows."""
    prim = call.prim
    if prim is structure.list_new:
        yield from values_of(*call.args)
    elif prim.effect or prim in CONSTANT:
        return
    elif prim in STRUCTURAL or prim in book:
        names = STRUCTURAL.get(prim) or _operands(call, book)
        bound = bind(call)
        for name in dict.fromkeys(names):
            if name in bound:
                yield from values_of(bound[name])
    else:  # no rule: whatever depends on it must not be taken for a constant
        yield from values_of(*call.args, *(v for _, v in call.kwargs))


def _operands(call: Call, book: RuleBook) -> tuple[str, ...]:
    forward, reverse = book.find(call, "forward"), book.find(call, "reverse")
    assert forward is not None and reverse is not None
    return (*forward.wrt, *reverse.wrt, *forward.unknown, *reverse.unknown)


def bind(call: Call) -> dict[str, Arg]:
    """Arguments of a call by parameter name; a variadic parameter as one Pack."""
    return call.prim.bind(call.args, call.kwargs)


@dataclass
class Dependences:
    """The graph: ``successors[v]`` are the values that depend on ``v`` directly and differentiably."""

    successors: dict[Value, list[Value]] = field(default_factory=dict)
    predecessors: dict[Value, list[Value]] = field(default_factory=dict)

    def edge(self, source: Value, target: Value) -> None:
        if is_inexact(source.type) and is_inexact(target.type):
            self.successors.setdefault(source, []).append(target)
            self.predecessors.setdefault(target, []).append(source)

    def edges(self, sources: Iterable[Arg], target: Value) -> None:
        for v in values_of(*sources):
            self.edge(v, target)


def dependences(ops: Iterable[Op], book: RuleBook = BOOK) -> Dependences:
    """The dependence graph of these operations and all that is nested in them."""
    graph = Dependences()
    for op in all_ops(ops):
        match op:
            case Call():
                sources = list(differentiable(op, book))
                for result in op.results:
                    graph.edges(sources, result)
            case If(then=then, orelse=orelse):
                for k, result in enumerate(op.results):
                    graph.edges((then.yields[k], orelse.yields[k]), result)
            case For(inits=inits, body=body):
                for k, result in enumerate(op.results):
                    graph.edges((inits[k], body.yields[k]), body.params[k + 1])
                    graph.edges((inits[k], body.yields[k]), result)
            case While(inits=inits, cond=cond, body=body):
                for k, result in enumerate(op.results):
                    graph.edges((inits[k], body.yields[k]), body.params[k])
                    graph.edges((inits[k], body.yields[k]), cond.params[k])
                    graph.edges((inits[k], body.yields[k]), result)
            case Apply(args=args):
                for result in op.results:
                    graph.edges(args, result)
    return graph


def reachable(start: Iterable[Value], edges: dict[Value, list[Value]]) -> set[Value]:
    """Everything reachable from ``start``, itself included."""
    seen = set(start)
    stack = list(seen)
    while stack:
        for v in edges.get(stack.pop(), ()):
            if v not in seen:
                seen.add(v)
                stack.append(v)
    return seen


def varied(ops: Iterable[Op], wrt: Iterable[Value], book: RuleBook = BOOK) -> set[Value]:
    """Values that depend differentiably on ``wrt``."""
    return reachable(wrt, dependences(ops, book).successors)


def active(trace: Trace, wrt: Iterable[Value], book: RuleBook = BOOK) -> set[Value]:
    """Values that depend on ``wrt`` and on which the result depends, differentiably."""
    graph = dependences(trace.body.ops, book)
    return reachable(wrt, graph.successors) & reachable(values_of(trace.result), graph.predecessors)
