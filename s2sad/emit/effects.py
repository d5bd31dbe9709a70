"""Statements that change objects outside, as the program would write them."""

from __future__ import annotations

import ast
from collections.abc import Callable

from s2sad.emit.spelling import Spelling, call
from s2sad.ir.core import Arg, Call, Literal, Value, atoms_of
from s2sad.ir.types import Array, Object, Scalar

Write = Callable[[Arg], ast.expr]


def effect(op: Call, write: Write, spelling: Spelling) -> ast.stmt:
    """``owner.name = value``, ``owner.way[key] = value``, ``owner.way(value)``."""
    owner, way, *args = op.args
    target = write(owner)
    for part in str(way.value).split(".") if isinstance(way, Literal) and way.value else ():
        target = ast.Attribute(target, part, ast.Load())
    match op.prim.name:
        case "set_attribute":
            return ast.Assign([target], kept(args[0], write, spelling))
        case "set_item":
            key = spelling.index(args[0], write)
            return ast.Assign([ast.Subscript(target, key, ast.Store())], kept(args[1], write, spelling))
        case "delete_item":
            return ast.Delete([ast.Subscript(target, write(args[0]), ast.Del())])
        case _:
            return ast.Expr(ast.Call(target, [kept(a, write, spelling) for a in args], []))


def kept(arg: Arg, write: Write, spelling: Spelling) -> ast.expr:
    """What an object outside gets: arrays of its own."""
    if all(isinstance(a.type, Scalar | Object) or not isinstance(a, Value) for a in atoms_of(arg)):
        return write(arg)
    if isinstance(arg, Value) and isinstance(arg.type, Array) and arg.type.axes:
        return call(ast.Attribute(write(arg), "copy", ast.Load()))
    spelling.helpers["kept"] = None
    return call("kept", write(arg))
