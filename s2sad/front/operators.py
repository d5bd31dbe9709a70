"""Operators, comparisons and truth values."""

from __future__ import annotations

import ast
import fractions
import operator
import re
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from s2sad.front.attributes import Attributes
from s2sad.front.conversions import is_text, number_like
from s2sad.front.machine import NUMBER
from s2sad.front.presence import Fact
from s2sad.front.texts import is_object, is_traced_text
from s2sad.front.values import (
    FALSE,
    NONE,
    TRUE,
    Abstract,
    Cell,
    Choice,
    DictOf,
    Known,
    ListOf,
    Optional,
    RangeOf,
    Record,
    SetOf,
    Text,
    TupleOf,
    Unread,
    View,
    is_none,
    pack,
)
from s2sad.ir.core import Atom, Literal, Value
from s2sad.ir.types import BOOL, Array, Scalar
from s2sad.prims import structure

BINARY: dict[type[ast.operator], tuple[str, Callable[[Any, Any], Any], str]] = {
    ast.Add: ("add", operator.add, "add"), ast.Sub: ("sub", operator.sub, "sub"), ast.Mult: ("mul", operator.mul, "mul"),  # noqa: E501
    ast.Div: ("div", operator.truediv, "truediv"), ast.FloorDiv: ("floordiv", operator.floordiv, "floordiv"),
    ast.Mod: ("mod", operator.mod, "mod"), ast.Pow: ("pow", operator.pow, "pow"),
    ast.MatMult: ("matmul", operator.matmul, "matmul"), ast.BitAnd: ("and_", operator.and_, "and"),
    ast.BitOr: ("or_", operator.or_, "or"), ast.BitXor: ("xor", operator.xor, "xor"),
    ast.LShift: ("lshift", operator.lshift, "lshift"), ast.RShift: ("rshift", operator.rshift, "rshift"),
}  # fmt: skip
UNARY: dict[type[ast.unaryop], tuple[str, Callable[[Any], Any], str]] = {
    ast.USub: ("neg", operator.neg, "__neg__"), ast.UAdd: ("pos", operator.pos, "__pos__"),
    ast.Invert: ("invert", operator.invert, "__invert__"),
}  # fmt: skip
UNARY_SYMBOL: dict[type[ast.unaryop], str] = {ast.USub: "-", ast.UAdd: "+", ast.Invert: "~", ast.Not: "not"}
COMPARE: dict[type[ast.cmpop], tuple[str, Callable[[Any, Any], Any], str]] = {
    ast.Eq: ("eq", operator.eq, "__eq__"), ast.NotEq: ("ne", operator.ne, "__ne__"),
    ast.Lt: ("lt", operator.lt, "__lt__"), ast.LtE: ("le", operator.le, "__le__"),
    ast.Gt: ("gt", operator.gt, "__gt__"), ast.GtE: ("ge", operator.ge, "__ge__"),
}  # fmt: skip
LONG = 16  # operands of `and` or `or` that are taken one by one
PERCENT = re.compile(r"%([ +0#]*\d*(?:\.\d+)?)([sdifgeGEr%])")


class Operators(Attributes):
    """Arithmetic, comparisons, and what is true."""

    def text_sum(self, a: Abstract, b: Abstract) -> Abstract:
        """One string after another."""
        if isinstance(a, Known) and isinstance(b, Known):
            return Known(a.value + b.value)
        x, y = (v if isinstance(v, Text) else self.constant_text(v) for v in (a, b))
        return Text(x.template + y.template, (*x.args, *y.args))

    def percent(self, template: str, value: Abstract) -> Abstract:
        """``template % value``."""
        args = value.items if isinstance(value, TupleOf) else (value,)
        if all(isinstance(a, Known) for a in args):
            return Known(template % tuple(a.value for a in args if isinstance(a, Known)))
        parts = PERCENT.split(template.replace("{", "{{").replace("}", "}}"))
        out = parts[0]
        for flags, kind, rest in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
            conversion = {"s": "", "r": "!r"}.get(kind, f":{flags}{'d' if kind == 'i' else kind}")
            out += ("%" if kind == "%" else "{" + conversion + "}") + rest
        return Text(out, args)

    def constant_text(self, value: Abstract) -> Text:
        if isinstance(value, Known) and isinstance(value.value, str):
            return Text(value.value.replace("{", "{{").replace("}", "}}"), ())
        return Text("{}", (value,))

    # -- operators -------------------------------------------------------------------------------------------------

    def eval_binary(self, node: ast.BinOp) -> Abstract:
        left, right = self.evaluate(node.left), self.evaluate(node.right)
        self.node = node
        return self.binary(type(node.op), left, right)

    def binary(self, op: type[ast.operator], a: Abstract, b: Abstract) -> Abstract:
        name, run, method = BINARY[op]
        if isinstance(a, SetOf) or isinstance(b, SetOf):
            both = self.set_operator(name, a, b)
            if both is not None:
                return both
        if isinstance(a, Known) and isinstance(b, Known):
            folded = self.fold(name, run, a, b)
            if folded is not None:
                return folded
        if isinstance(a, Optional) or isinstance(b, Optional):
            use = f"unsupported operand for {symbol(op)}:"
            a, b = self.some(a, use), self.some(b, use)
        a, b = beside_a_float(a, b), beside_a_float(b, a)
        if number_like(a) and number_like(b):
            return self.operate(name, a, b)
        if isinstance(a, Choice):
            return self.either_of(a, lambda x: self.binary(op, x, b))
        if isinstance(b, Choice):
            return self.either_of(b, lambda x: self.binary(op, a, x))
        if isinstance(a, TupleOf) and (found := self.user_method(a, f"__{method}__")) is not None:
            return self.call(found, (b,))
        if isinstance(b, TupleOf) and (found := self.user_method(b, f"__r{method}__")) is not None:
            return self.call(found, (a,))
        match op.__name__, a, b:
            case "Add", TupleOf(), TupleOf():
                return pack((*a.items, *b.items))
            case "BitOr", Known(value=type() | types.UnionType()), Known(value=type() | types.UnionType()):
                return Known(a.value | b.value)
            case "BitOr", DictOf(), DictOf():
                return self.merged(a, b)
            case "Add", ListOf(), ListOf():
                return self.list_sum(a, b)
            case "Mult", (TupleOf() | ListOf()), _ if not self.makes_array(b):
                return self.repeated(a, b)
            case "Mult", _, (TupleOf() | ListOf()) if not self.makes_array(a):
                return self.repeated(b, a)
            case "Mod", Known(value=str() as template), _:
                return self.percent(template, b)
            case "Add", (Text() | Known()), (Text() | Known()):
                if all(isinstance(x, Text) or isinstance(x.value, str) for x in (a, b)):
                    return self.text_sum(a, b)
        if isinstance(a, Record | Known) and not number_like(a):
            found = self.special_method(a, f"__{method}__")
            if found is not None:
                return self.call(found, (b,))
        if isinstance(b, Record | Known) and not number_like(b):
            found = self.special_method(b, f"__r{method}__")
            if found is not None:
                return self.call(found, (a,))
        if self.makes_array(a) or self.makes_array(b):
            x, y = (self.as_array(v) for v in (a, b))
            if number_like(x) and number_like(y):
                return self.operate(name, x, y)
        if any(map(is_none, (a, b))) or name != "mul" and any(map(is_text, (a, b))) and any(map(number_like, (a, b))):
            self.wrong_type(f"unsupported operand types for {symbol(op)}: {self.describe(a)} and {self.describe(b)}")
        self.refuse(
            f"`{symbol(op)}` of {self.describe(a)} and {self.describe(b)}",
            why="arithmetic is that of numbers and arrays, and of classes with operators of their own",
            instead="make arrays of lists: np.array(...)",
        )

    def makes_array(self, value: Abstract) -> bool:
        """Whether an operator makes an array of a list that stands beside this value."""
        if isinstance(value, View):
            return True
        t = self.type_of(value) if number_like(value) else None
        return isinstance(t, Scalar) and not t.weak and t.dtype[0] in "fc"

    def as_array(self, value: Abstract) -> Abstract:
        """A list or tuple of numbers where NumPy would make an array of it."""
        if isinstance(value, ListOf | TupleOf):
            return self.call(Known(np.array), (value,))
        return value

    def operate(self, name: str, *operands: Abstract) -> Abstract:
        """An operator on numbers and arrays."""
        value = self.emit(self.prim(name), *map(self.to_arg, operands))
        if isinstance(value.type, Scalar):
            return value
        return self.array(value, True if all(v.contiguous for v in operands if isinstance(v, View)) else None)

    def fold(self, name: str, run: Callable[..., Any], *operands: Known) -> Abstract | None:
        """An operator on known things, computed now; None where it has to be computed at run time after all."""
        values = [o.value for o in operands]
        if not all(isinstance(v, NUMBER) for v in values):
            if any(type(v).__module__.split(".")[0] not in ("builtins", "numpy", "fractions", "decimal", "datetime", "types", "typing") for v in values):  # noqa: E501
                return None
            try:
                return Known(run(*values))
            except Exception:
                if any(isinstance(v, NUMBER) for v in values):
                    return None
                raise
        try:
            with np.errstate(all="ignore"):
                out = run(*values)
        except (ArithmeticError, ValueError):
            return None  # it raises at run time as well
        if isinstance(out, bool | np.bool_ | int) or name == "neg":
            if name == "neg" and any(o.ref is not None or o.expression is not None for o in operands):
                return Known(out, expression=(self.prim(name), operands))
            return Known(out)
        return Known(out, expression=(self.prim(name), operands))

    def eval_unary(self, node: ast.UnaryOp) -> Abstract:
        value = self.evaluate(node.operand)
        self.node = node
        if isinstance(node.op, ast.Not):
            return self.negation(value)
        name, run, method = UNARY[type(node.op)]
        if isinstance(value, Known):
            folded = self.fold(name, run, value)
            if folded is not None:
                return folded
        value = self.some(value, f"bad operand for unary {UNARY_SYMBOL[type(node.op)]}:")
        if number_like(value):
            return self.operate(name, value)
        found = self.special_method(value, method)
        if found is not None:
            return self.call(found, ())
        if is_none(value):
            self.wrong_type(f"{name} of None")
        self.refuse(
            f"`{UNARY_SYMBOL[type(node.op)]}` of {self.describe(value)}",
            why="arithmetic is that of numbers and arrays, and of classes with operators of their own",
            instead="make arrays of lists: np.array(...)",
        )

    def negation(self, value: Abstract) -> Abstract:
        truth = self.truth(value)
        if isinstance(truth, bool):
            return Known(not truth)
        out = self.emit(structure.not_, truth)
        if isinstance(truth, Value):
            self.implies((out, True), (truth, False))
            self.implies((out, False), (truth, True))
        return out

    def truth(self, value: Abstract) -> bool | Atom:
        """What ``if value`` tests: known, or an atom."""
        match value:
            case Known(value=v):
                if v is not None and type(v).__module__ not in ("builtins", "numpy"):
                    found = self.special_method(value, "__bool__") or self.special_method(value, "__len__")
                    if found is not None:
                        return self.truth(self.call(found, ()))
                return bool(v)
            case Value():
                if isinstance(value.type, Scalar):
                    return value
                return self.emit(self.prim("bool"), value) if is_object(value) else True
            case View():
                atom = self.read(value)
                t = atom.type
                assert isinstance(t, Array)
                if t.axes is not None and "n" in t.axes:
                    self.wrong(
                        f"the truth value of an array ({t}) is ambiguous",
                        why="NumPy raises ValueError for it, unless it has exactly one element",
                        instead="use .any(), .all(), or index it",
                    )
                return self.emit(self.prim("bool"), atom)
            case TupleOf(items=items):
                found = self.user_method(value, "__bool__") or self.user_method(value, "__len__")
                return bool(items) if found is None else self.truth(self.call(found, ()))
            case ListOf():
                content = self.content(value)
                if isinstance(content, tuple):
                    return bool(content)
                return self.emit(self.prim("gt"), self.emit(structure.list_len, content), 0)
            case DictOf() | SetOf():
                return bool(self.content(value))
            case Record():
                found = self.special_method(value, "__bool__") or self.special_method(value, "__len__")
                return True if found is None else self.truth(self.call(found, ()))
            case Choice():
                return self.truth(self.either_of(value, self.boolean))
            case Optional(present=present, value=inner):
                both = self.choose(present, lambda: self.boolean(inner), lambda: FALSE)
                if isinstance(both, Value):
                    self.implies((both, True), (present, True))
                return self.truth(both)
            case Text():
                self.refuse("the truth of a string with traced values in it")
            case RangeOf():
                return self.truth(self.length(value))
            case _:
                return True

    def boolean(self, value: Abstract) -> Abstract:
        truth = self.truth(value)
        if isinstance(truth, bool):
            return Known(truth)
        if truth.type == BOOL:
            return self.lift(truth)
        return self.emit(self.prim("bool"), truth)

    def eval_bool(self, node: ast.BoolOp) -> Abstract:
        return self.short_circuit(isinstance(node.op, ast.And), node.values)

    def evaluate_test(self, node: ast.expr) -> Abstract:
        """The value of a test: of ``a and b`` nothing but the truth counts, so the kinds of a and b need not agree."""
        match node:
            case ast.BoolOp(op=op, values=values):
                return self.short_circuit(isinstance(op, ast.And), values, tested=True)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                value = self.evaluate_test(operand)
                self.node = node
                return self.negation(value)
        return self.evaluate(node)

    def operand_of_test(self, node: ast.expr) -> Abstract:
        value = self.evaluate_test(node)
        if isinstance(value, View | ListOf | DictOf | SetOf | TupleOf | RangeOf | Record):
            self.node = node
            return self.boolean(value)
        return value

    def short_circuit(self, conjunction: bool, nodes: list[ast.expr], tested: bool = False) -> Abstract:
        if len(nodes) > LONG:  # in halves, which means the same, so that a long chain is no deep nest
            op, half = ast.And() if conjunction else ast.Or(), len(nodes) // 2
            nodes = [ast.copy_location(ast.BoolOp(op, part), part[0]) for part in (nodes[:half], nodes[half:])]
        evaluate = self.operand_of_test if tested else self.evaluate
        value = evaluate(nodes[0])
        for k in range(1, len(nodes)):
            self.node = nodes[k - 1]
            truth = self.truth(value)
            if isinstance(truth, bool):
                if truth is not conjunction:
                    return value
                value = evaluate(nodes[k])
                continue
            rest = nodes[k:]
            first = value

            deciding: list[Fact] = []

            def others(rest: list[ast.expr] = rest, deciding: list[Fact] = deciding) -> Abstract:
                last = self.short_circuit(conjunction, rest, tested)
                if isinstance(last, Value):
                    deciding.append((last, conjunction))
                return last

            def same(first: Abstract = first) -> Abstract:
                # what decided the test is known on this side, where it is a bool
                return Known(not conjunction) if isinstance(first, Value) and first.type == BOOL else first

            rest_of_it = self.where(truth, conjunction, others)
            out = self.choose(truth, rest_of_it if conjunction else same, same if conjunction else rest_of_it)
            if isinstance(out, Value) and isinstance(truth, Value):
                self.implies((out, conjunction), (truth, conjunction), *deciding)
            return out
        return value

    def eval_if(self, node: ast.IfExp) -> Abstract:
        test = self.evaluate_test(node.test)
        self.node = node.test
        truth = self.truth(test)
        if isinstance(truth, bool):
            return self.evaluate(node.body if truth else node.orelse)
        self.node = node
        then = self.where(truth, True, lambda: self.evaluate(node.body))
        return self.choose(truth, then, self.where(truth, False, lambda: self.evaluate(node.orelse)))

    def eval_compare(self, node: ast.Compare) -> Abstract:
        return self.chain_compare(node, self.evaluate(node.left), 0)

    def chain_compare(self, node: ast.Compare, left: Abstract, k: int) -> Abstract:
        right = self.evaluate(node.comparators[k])
        self.node = node
        value = self.compare(node.ops[k], left, right)
        if k + 1 == len(node.ops):
            return value
        truth = self.truth(value)
        if isinstance(truth, bool):
            return self.chain_compare(node, right, k + 1) if truth else value
        return self.choose(truth, lambda: self.chain_compare(node, right, k + 1), lambda: FALSE)

    def compare(self, op: ast.cmpop, a: Abstract, b: Abstract) -> Abstract:
        match op:
            case ast.Is() | ast.IsNot():
                return self.identity(a, b, isinstance(op, ast.Is))
            case ast.In():
                return self.membership(a, b)
            case ast.NotIn():
                return self.negation(self.membership(a, b))
        name, run, method = COMPARE[type(op)]
        if isinstance(a, Known) and isinstance(b, Known):
            special = None if isinstance(a.value, NUMBER | str) else self.user_method(a, method)
            if special is None:
                self.same_objects(a, b)
                return Known(run(a.value, b.value))
            return self.call(special, (b,))
        if isinstance(a, Choice):
            return self.either_of(a, lambda x: self.compare(op, x, b))
        if isinstance(b, Choice):
            return self.either_of(b, lambda x: self.compare(op, a, x))
        if name in ("eq", "ne") and (isinstance(a, Optional) or isinstance(b, Optional)):
            return self.equal_or_none(op, a, b)
        if isinstance(a, Optional) or isinstance(b, Optional):
            use = f"{name!r} not supported:"
            a, b = self.some(a, use), self.some(b, use)
        if number_like(a) and number_like(b):
            return self.operate(name, a, b)
        if is_object(a) and (is_object(b) or is_text(b)) or is_object(b) and is_text(a):
            return self.emit(self.prim(name), self.to_arg(a), self.to_arg(b))
        if isinstance(a, TupleOf) and (own := self.user_method(a, method)) is not None:
            return self.call(own, (b,))
        if isinstance(a, TupleOf | ListOf) and isinstance(b, TupleOf | ListOf) and name in ("eq", "ne"):
            x, y = self.known_items(a, "a comparison"), self.known_items(b, "a comparison")
            same: Abstract = Known(len(x) == len(y) and type(a) is type(b))
            if isinstance(same, Known) and same.value:
                same = TRUE
                for u, v in zip(x, y, strict=True):
                    same = self.both(same, lambda u=u, v=v: self.compare(ast.Eq(), u, v))  # type: ignore[misc]
            return same if name == "eq" else self.negation(same)
        if isinstance(a, TupleOf | ListOf) and isinstance(b, TupleOf | ListOf):
            return self.lexicographic(op, self.known_items(a, "a comparison"), self.known_items(b, "a comparison"))
        if isinstance(a, Record):
            found = self.user_method(a, method)
            if found is not None:
                return self.call(found, (b,))
            if name in ("eq", "ne") and "__eq__" in vars(a.cls) and isinstance(b, Record):  # a dataclass's own
                x, y = self.content(a), self.content(b)
                whole: Abstract = Known(a.cls is b.cls)
                for key in x:
                    whole = self.both(whole, lambda key=key: self.compare(ast.Eq(), x[key], y[key]))  # type: ignore[misc]
                return whole if name == "eq" else self.negation(whole)
        if isinstance(a, View) or isinstance(b, View):
            x1, y1 = self.as_array(a), self.as_array(b)
            if number_like(x1) and number_like(y1):
                return self.operate(name, x1, y1)
        if name in ("eq", "ne") and (isinstance(a, Known) or isinstance(b, Known) or type(a) is not type(b)):
            return Known(name == "ne")  # a number is not a string, nor None
        if any(map(is_none, (a, b))) or (number_like(a) and is_text(b)) or (is_text(a) and number_like(b)):
            self.wrong_type(f"comparison of {self.describe(a)} and {self.describe(b)}")
        self.refuse(f"comparison of {self.describe(a)} and {self.describe(b)}")

    def equal_or_none(self, op: ast.cmpop, a: Abstract, b: Abstract) -> Abstract:
        """``a == b`` where one of them may be None."""
        if not isinstance(a, Optional):
            a, b = b, a
        assert isinstance(a, Optional)
        return self.choose(a.present, lambda: self.boolean(self.compare(op, a.value, b)), lambda: self.boolean(self.compare(op, NONE, b)))  # noqa: E501

    def lexicographic(self, op: ast.cmpop, a: list[Abstract], b: list[Abstract]) -> Abstract:
        """``a < b`` of tuples."""
        if not a or not b:
            return Known(COMPARE[type(op)][1](len(a), len(b)))
        equal = self.compare(ast.Eq(), a[0], b[0])
        truth = self.truth(equal)
        if isinstance(truth, bool):
            return self.lexicographic(op, a[1:], b[1:]) if truth else self.compare(op, a[0], b[0])
        return self.choose(truth, lambda: self.lexicographic(op, a[1:], b[1:]), lambda: self.compare(op, a[0], b[0]))

    def both(self, a: Abstract, b: Callable[[], Abstract]) -> Abstract:
        truth = self.truth(a)
        if isinstance(truth, bool):
            return b() if truth else FALSE
        return self.choose(truth, b, lambda: FALSE)

    def either_of(self, value: Choice, use: Callable[[Abstract], Abstract]) -> Abstract:
        """Do something with whichever of two known things it is."""
        return self.choose(value.first, lambda: use(value.a), lambda: use(value.b))

    def identity(self, a: Abstract, b: Abstract, positive: bool) -> Abstract:
        if isinstance(a, Choice):
            return self.either_of(a, lambda x: self.identity(x, b, positive))
        if isinstance(a, Optional) and is_none(b) or isinstance(b, Optional) and is_none(a):
            present = a.present if isinstance(a, Optional) else b.present  # type: ignore[union-attr]
            return self.negation(present) if positive else present
        if isinstance(a, Known) and isinstance(b, Known):
            self.same_objects(a, b)
            return Known((a.value is b.value) is positive)
        if isinstance(a, Known) or isinstance(b, Known):
            k = a if isinstance(a, Known) else b
            assert isinstance(k, Known)
            other = b if k is a else a
            if isinstance(k.value, bool) and isinstance(other, Value):
                t = other.type
                if isinstance(t, Scalar) and t.weak and t.dtype == "bool":
                    same = self.emit(self.prim("eq"), other, Literal(k.value))
                    return same if positive else self.emit(structure.not_, same)
            if isinstance(other, Value) and isinstance(k.value, int | float) and not isinstance(k.value, bool):
                self.refuse("`is` between numbers", instead="use ==")
            return Known(not positive)
        if isinstance(a, View) and isinstance(b, View):
            one = self.same_array(a, b)
            if isinstance(one, bool):
                return Known(one is positive)
            return self.lift(one) if positive else self.emit(structure.not_, one)
        if isinstance(a, Value) and isinstance(b, Value):
            self.refuse("`is` between numbers", instead="use ==")
        if isinstance(a, Cell) and isinstance(b, Cell):
            one = self.same_cell(a, b)
            if isinstance(one, bool):
                return Known(one is positive)
            return self.lift(one) if positive else self.emit(structure.not_, one)
        return Known((a is b) is positive)

    def same_objects(self, a: Known, b: Known) -> None:
        """The trace holds while these two, compared with one another, are the objects that they are."""
        if a.value is not None and b.value is not None:
            for known in (a, b):
                if not isinstance(known.value, NUMBER | str | set | types.MethodType):
                    self.guard(known.source, known.value)

    def membership(self, a: Abstract, b: Abstract) -> Abstract:
        if isinstance(a, Choice):
            return self.either_of(a, lambda x: self.membership(x, b))
        if is_traced_text(a) and isinstance(b, DictOf):
            return self.text_in(a, self.content(b))  # type: ignore[arg-type]
        if isinstance(b, Known):
            self.unchanged(b)
            if isinstance(a, Known):
                return Known(a.value in b.value)
            items: list[Abstract] = [Known(v) for v in b.value] if isinstance(b.value, tuple | frozenset | set | list | range) else []  # noqa: E501
            if isinstance(b.value, dict):
                items = [Known(v) for v in b.value]
        elif isinstance(b, DictOf):
            key = self.dict_key(a)
            if isinstance(self.state.heap.get(b), Unread):
                return Known(self.known_key(b, key) is not None)
            return Known(key in self.content(b))
        elif isinstance(b, SetOf) and isinstance(a, Known | TupleOf):
            return Known(self.dict_key(a) in self.content(b))
        elif isinstance(b, RangeOf):
            self.refuse("`in` of a range with traced bounds", instead="compare with the bounds")
        else:
            found = self.user_method(b, "__contains__") if isinstance(b, Record) else None
            if found is not None:
                return self.call(found, (a,))
            items = self.known_items(b, "the operand of `in`")
        out: Abstract = FALSE
        for v in items:
            truth = self.truth(out)
            if truth is True:
                return TRUE
            equal = self.compare(ast.Eq(), a, v)
            if truth is False:
                out = self.boolean(equal)
            else:
                assert not isinstance(truth, bool)
                out = self.choose(truth, lambda: TRUE, lambda equal=equal: self.boolean(equal))  # type: ignore[misc]
        return out


def beside_a_float(value: Abstract, other: Abstract) -> Abstract:
    """A known fraction becomes a float beside a float, as in Python."""
    if isinstance(value, Known) and isinstance(value.value, fractions.Fraction) and isinstance(other, Value):
        t = other.type
        if isinstance(t, Scalar) and t.dtype == "f64":
            return Known(float(value.value))
    return value


def symbol(op: type[ast.operator]) -> str:
    """An operator as it is written."""
    return ast.unparse(ast.BinOp(ast.Name("a"), op(), ast.Name("b")))[2:-2]
