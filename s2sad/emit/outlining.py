"""Blocks that would stand too deep for Python to compile, as functions of their own.

Python takes at most 20 loops inside of each other and 100 levels of indentation. A trace has no such bounds: the loops
of functions that call each other stand inside of one another in it, and so does what follows an early return. A block
that is too deep becomes a function: what it reads are its parameters, its results the function's.
"""

from __future__ import annotations

import ast
from dataclasses import replace

from s2sad.ir.core import (
    UNDEFINED,
    Apply,
    Atom,
    For,
    Function,
    If,
    Literal,
    Op,
    Pack,
    Param,
    Region,
    Trace,
    Value,
    While,
)
from s2sad.ir.walk import copy_ops, reads

LEVELS = 90  # of indentation, where Python takes 100
LOOPS = 18  # inside of each other, where Python takes 20
BLOCKS = 12  # regions inside of each other that stay together once a function has to be cut
CHAIN = 10  # cases of an ``elif`` chain that count as one level: they do not indent, but are a nest for the parser


def too_deep(function: ast.FunctionDef) -> bool:
    """Whether Python would refuse to compile this for the depth of its blocks."""
    stack: list[tuple[ast.stmt, float, int]] = [(s, 1.0, 0) for s in function.body]
    while stack:
        statement, level, loops = stack.pop()
        if isinstance(statement, ast.For | ast.While):
            loops += 1
        if level > LEVELS or loops > LOOPS:
            return True
        if isinstance(statement, ast.For | ast.While | ast.If):
            stack.extend((s, level + 1, loops) for s in statement.body)
            chain = len(statement.orelse) == 1 and isinstance(statement.orelse[0], ast.If)
            stack.extend((s, level + (1 / CHAIN if chain else 1), loops) for s in statement.orelse)
    return False


def outlined(trace: Trace) -> Trace:
    """The trace with every block deeper than ``BLOCKS`` in a function; the functions' own blocks likewise."""
    return replace(trace, body=_Outliner(trace.name).region(trace.body, 0))


class _Outliner:
    def __init__(self, name: str) -> None:
        self.name = name

    def region(self, region: Region, depth: int) -> Region:
        return replace(region, ops=tuple(self.op(op, depth) for op in region.ops))

    def op(self, op: Op, depth: int) -> Op:
        if not isinstance(op, If | For | While):
            return op
        if depth < BLOCKS or not _may_move(op):
            return self.nested(op, depth + 1)
        return self.cut(op)

    def nested(self, op: If | For | While, depth: int) -> Op:
        match op:
            case If():
                return replace(op, then=self.region(op.then, depth), orelse=self.region(op.orelse, depth))
            case For():
                return replace(op, body=self.region(op.body, depth))
            case While():
                return replace(op, cond=self.region(op.cond, depth), body=self.region(op.body, depth))

    def cut(self, op: If | For | While) -> Apply:
        inner = self.nested(op, 1)
        free = list(reads(inner))
        params = [Value(v.type, v.name) for v in free]
        (copy,) = copy_ops((inner,), dict(zip(free, params, strict=True)))
        copy = _defined(copy)
        names = [f"v{k}" for k in range(len(params))]
        trace = Trace(
            f"{self.name}_part", tuple(map(Param, params, names)), Region((), (copy,), ()),
            Pack("tuple", copy.results), tuple(zip(names, params, strict=True)),
            f"A part of {self.name} that stands too deep in it.", op.loc,
        )  # fmt: skip
        return Apply(Function(trace.name, trace), tuple(free), op.results, op.loc)


def _may_move(op: Op) -> bool:
    """A function has to give something back; what only raises or prints stays where it is."""
    return bool(op.results)


def _defined(op: Op) -> Op:
    """A name without a value on some path is None there: a function returns all of its results."""
    match op:
        case If():
            return replace(op, then=_yielding(op.then), orelse=_yielding(op.orelse))
        case For():
            return replace(op, inits=tuple(map(_atom, op.inits)), body=_yielding(op.body))
        case While():
            return replace(op, inits=tuple(map(_atom, op.inits)), body=_yielding(op.body))
        case _:
            return op


def _yielding(region: Region) -> Region:
    return replace(region, ops=tuple(map(_defined, region.ops)), yields=tuple(map(_atom, region.yields)))


def _atom(atom: Atom) -> Atom:
    return Literal(None) if isinstance(atom, Literal) and atom.value is UNDEFINED else atom

