"""Expressions: each node of ``ast`` that has a value, evaluated to an abstract value."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from s2sad.errors import TraceError
from s2sad.front import fence
from s2sad.front.machine import Unreachable
from s2sad.front.operators import Operators
from s2sad.front.scope import closed_over_target
from s2sad.front.state import Variables
from s2sad.front.texts import is_traced_text
from s2sad.front.values import (
    NONE,
    UNBOUND,
    Abstract,
    Choice,
    Closure,
    CursorOf,
    DictOf,
    Generator,
    Known,
    Lazy,
    ListOf,
    Method,
    Optional,
    Partial,
    Poison,
    RangeOf,
    Record,
    SliceOf,
    Text,
    TupleOf,
    Undefined,
    View,
    Wrapped,
    is_none,
    pack,
)
from s2sad.ir.core import Arg, Literal, Pack, Ref, Value
from s2sad.ir.types import Array, List, Scalar, Struct
from s2sad.prims import structure


class Expressions(Operators):
    """``evaluate`` and what it takes."""

    def evaluate(self, node: ast.expr) -> Abstract:
        method = EVALUATE.get(type(node))
        if method is None:
            self.node = node
            fence.check(node, self.here())
            raise TraceError(f"{type(node).__name__} is not traced", location=self.here())
        value = method(self, node)
        return self.here_known(value) if isinstance(value, Optional) else value

    # -- atoms of the language -------------------------------------------------------------------------------------

    def eval_constant(self, node: ast.Constant) -> Abstract:
        return Known(node.value)

    def eval_name(self, node: ast.Name) -> Abstract:
        value = self.lookup(node.id, node)
        if isinstance(value, Undefined | Poison):
            self.node = node
            if isinstance(value, Poison):
                if self.exploring:
                    self.missed = True
                    raise Unreachable
                self.refuse(value.what, value.why, value.instead)
            self.unbound(node.id)
        if isinstance(value, Generator | Wrapped | Lazy | CursorOf):
            self.use(value, node)
        return value

    def use(self, iterator: Generator | Wrapped | Lazy | CursorOf, node: ast.Name) -> None:
        """An iterator is empty after it was run through once."""
        self.use_once(iterator, iterator, node)

    def use_once(self, key: Any, iterator: Generator | Wrapped | Lazy | CursorOf, node: ast.expr) -> None:
        if key in self.used or iterator.depth < len(self.loops):
            self.node = node
            self.refuse(
                f"{ast.unparse(node)} is an iterator that is used more than once",
                why="after the first time it is empty, or it goes on where it was left",
                instead=f"make a list of it: list({ast.unparse(node)})",
            )
        self.state.write(self.used, key, True)

    def fetched(self, value: Abstract, node: ast.expr) -> Abstract:
        """What a container or an object holds; an iterator in it is taken out to be run through."""
        if isinstance(value, Generator | Wrapped | Lazy):
            self.use_once(("taken out", value), value, node)
        return value

    def unbound(self, name: str) -> NoReturn:
        if self.exploring:
            self.missed = True
            raise Unreachable  # until the types of the loop are settled: a later iteration may bind it
        self.wrong(
            f"{name} has no value here on any path",
            why="Python would raise UnboundLocalError",
            instead=f"give {name} a value before it is read",
        )

    def eval_named(self, node: ast.NamedExpr) -> Abstract:
        value = self.evaluate(node.value)
        self.assign(node.target, value)
        return value

    def eval_starred(self, node: ast.Starred) -> Abstract:
        self.node = node
        self.refuse(
            "a starred expression here", why="how many things it stands for decides what is called or made",
            instead="write them one by one",
        )  # fmt: skip

    def eval_joined(self, node: ast.JoinedStr) -> Abstract:
        out: Abstract = Known("")
        for part in node.values:
            out = self.text_sum(out, self.evaluate(part))
        return out

    def eval_formatted(self, node: ast.FormattedValue) -> Abstract:
        value = self.evaluate(node.value)
        spec = self.evaluate(node.format_spec) if node.format_spec is not None else Known("")
        if isinstance(value, Known) and isinstance(spec, Known):
            v = value.value
            if node.conversion != -1:
                v = str(v) if node.conversion == ord("s") else repr(v) if node.conversion == ord("r") else ascii(v)
            return Known(format(v, spec.value))
        if isinstance(value, Text) and node.conversion == -1 and node.format_spec is None:
            return value
        if not isinstance(spec, Known):
            self.refuse("a format specification that is not known")
        conversion = "" if node.conversion == -1 else f"!{chr(node.conversion)}"
        return Text(f"{{{conversion}{':' if spec.value else ''}{spec.value}}}", (value,))

    # -- containers ------------------------------------------------------------------------------------------------

    def elements(self, nodes: list[ast.expr]) -> list[Abstract]:
        out: list[Abstract] = []
        for n in nodes:
            if isinstance(n, ast.Starred):
                inner = self.evaluate(n.value)
                self.node = n
                out.extend(self.known_items(inner, "a starred expression"))
            else:
                out.append(self.evaluate(n))
        return out

    def eval_tuple(self, node: ast.Tuple) -> Abstract:
        return self.displayed(node) or pack(self.elements(node.elts))

    def eval_list(self, node: ast.List) -> Abstract:
        return self.displayed(node) or self.new_list(self.elements(node.elts))

    def displayed(self, node: ast.Tuple | ast.List) -> Abstract | None:
        """``[*x, 1.0]``, or a tuple like that, where it is not known how many items ``x`` has; else None."""
        if not any(isinstance(n, ast.Starred) for n in node.elts):
            return None
        out = self.new_list([])
        for n in node.elts:
            self.node = n
            if isinstance(n, ast.Starred):
                self.extend(out, self.evaluate(n.value))
            else:
                self.append(out, self.evaluate(n))
        content = self.content(out)
        if isinstance(content, tuple):
            return out if isinstance(node, ast.List) else pack(content)
        return out  # nothing tells it from a tuple but type()

    def eval_set(self, node: ast.Set) -> Abstract:
        items = self.elements(node.elts)
        self.node = node
        return self.new_set(self.dict_key(i) for i in items)

    def eval_dict(self, node: ast.Dict) -> Abstract:
        out: dict[Any, Abstract] = {}
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:
                other = self.evaluate(value)
                self.node = value
                out.update(self.known_mapping(other))
            else:
                k = self.evaluate(key)
                self.node = key
                out[self.dict_key(k)] = self.evaluate(value)
        return self.container("dict", tuple(out), list(out.values()), None)

    def dict_key(self, key: Abstract) -> Any:
        if isinstance(key, Known):
            return key.value
        if isinstance(key, TupleOf) and all(isinstance(i, Known) for i in key.items):
            return tuple(self.dict_key(i) for i in key.items)
        parts = key.args if isinstance(key, Text) else key.items if isinstance(key, TupleOf) else ()
        self.demand_all([part for part in parts if isinstance(part, Value)])
        if isinstance(key, Value):
            self.demand(key, "the key of a dict")
        self.refuse("the key of a dict has to be known when the derivative is made")

    def eval_slice(self, node: ast.Slice) -> Abstract:
        parts = [NONE if n is None else self.evaluate(n) for n in (node.lower, node.upper, node.step)]
        return SliceOf(*parts)

    def eval_generator(self, node: ast.GeneratorExp) -> Abstract:
        if (name := closed_over_target(node)) is not None:
            self.node = node
            self.refuse(
                f"a lambda in a generator expression that closes over {name}",
                why="which value it sees depends on when the generator is read",
                instead=f"bind it where the lambda is made: lambda …, {name}={name}: …",
            )
        return Generator(node, self.frame, self.evaluate(node.generators[0].iter), len(self.loops))

    def eval_lambda(self, node: ast.Lambda) -> Abstract:
        return self.closure(node)

    def closure(self, node: ast.Lambda | ast.FunctionDef) -> Closure:
        args = node.args
        defaults = tuple(map(self.evaluate, args.defaults))
        named = {
            p.arg: self.evaluate(d) for p, d in zip(args.kwonlyargs, args.kw_defaults, strict=True) if d is not None
        }
        return Closure(self.frame.code.nested(node), self.frame, defaults, named, Variables({}, self.serial))

    # -- items -----------------------------------------------------------------------------------------------------

    def eval_subscript(self, node: ast.Subscript) -> Abstract:
        base = self.evaluate(node.value)
        index = self.evaluate(node.slice)
        self.node = node
        return self.fetched(self.subscript(base, index), node)

    def subscript(self, base: Abstract, index: Abstract) -> Abstract:
        if isinstance(index, Choice):
            return self.either_of(index, lambda x: self.subscript(base, x))
        match base:
            case View():
                out = self.array_item(base, index)
                return self.call(Known(np.copy), (out,)) if base in self.flat and isinstance(out, View) else out
            case TupleOf() if (found := self.user_method(base, "__getitem__")) is not None:
                return self.call(found, (index,))
            case DictOf() if is_traced_text(index):
                content = self.content(base)
                return self.by_text(index, content, lambda key: content[key])  # type: ignore[arg-type]
            case TupleOf() | ListOf() | DictOf() | RangeOf() | Record():
                return self.container_item(base, index)
            case Known(value=None):
                self.wrong_type("None cannot be indexed")
            case Known():
                return self.known_item(base, index)
            case Value() if base in self.shapes:
                return self.emit(structure.dim, self.shapes[base], self.integer(index, "the index into a shape"))
            case Value():
                if is_known_index(index, ((), Ellipsis)):
                    return base
                t = base.type
                spread = isinstance(index, TupleOf) or is_known_index(index, (None,)) or self.single_bool(index)
                if spread and isinstance(t, Scalar) and not t.weak:
                    return self.subscript(self.call(Known(np.array), (base,)), index)
                strong = isinstance(base.type, Scalar) and not base.type.weak
                self.wrong(f"{self.describe(base)} cannot be indexed", why=f"Python would raise {'IndexError' if strong else 'TypeError'}")  # noqa: E501
            case Optional():
                return self.subscript(self.some(base, "cannot be indexed:"), index)
            case Choice():
                return self.either_of(base, lambda x: self.subscript(x, index))
            case _:
                self.refuse(f"{self.describe(base)} cannot be indexed")

    def index_arg(self, index: Abstract) -> Arg:
        """An index as an argument: tuples stay tuples, lists of known numbers packs."""
        match index:
            case ListOf() if index in self.tuples:
                self.refuse(
                    "an array indexed by a tuple whose length is not known",
                    why="how many axes are left would not be known either",
                    instead="write the indices out, or make the tuple of a tuple or list of known length",
                )
            case TupleOf(items=items, cls=None):
                return Pack("tuple", tuple(map(self.index_arg, items)))
            case SliceOf(start=start, stop=stop, step=step):
                return Pack("slice", tuple(Literal(None) if is_none(x) else self.to_arg(x) for x in (start, stop, step)))  # noqa: E501
            case Known(value=bool()):
                self.refuse("an array indexed by a single bool", instead="index it with an array of bools, or use if")
            case Known(value=v) if isinstance(v, np.integer):
                return Literal(int(v))
            case Value(type=Scalar(dtype="bool")):
                self.refuse("an array indexed by a single bool", instead="index it with an array of bools, or use if")
            case Value(type=Scalar(dtype=d)) if d[0] in "fc":
                self.wrong("an array indexed by a float", instead="convert it with int(...)")
            case ListOf() if self.of_numbers(index):
                return self.to_arg(index)
            case ListOf() | Wrapped() | Generator():
                return self.to_arg(self.as_array(index))
            case RangeOf(start=start, stop=stop, step=step):
                return self.to_arg(self.call(Known(np.arange), (start, stop, step)))
            case Optional():
                return self.index_arg(self.some(index, "this index is"))
            case _:
                return self.to_arg(index)

    def of_numbers(self, items: ListOf) -> bool:
        """Whether a list has numbers only, so that it is an index of one axis."""
        content = self.content(items)
        if not isinstance(content, tuple):
            return isinstance(content.type, List) and not isinstance(content.type.item, List | Struct | Array)
        return all(isinstance(i, Known) or isinstance(i, Value) and isinstance(i.type, Scalar) for i in content)

    def single_bool(self, index: Abstract) -> bool:
        """Whether an index is one bool, known or not."""
        match index:
            case Known(value=v):
                return isinstance(v, bool | np.bool_)
            case Value(type=Scalar(dtype="bool")):
                return True
            case View():
                t = self.read(index).type
                return isinstance(t, Array) and t.dtype == "bool" and t.axes == ()
        return False

    def with_first_axis(self, base: View, index: Abstract) -> tuple[View, Abstract]:
        """``x[b]`` for one bool is ``x[None][[b]]``: a mask of one element along an axis of its own."""
        wider = self.array_item(base, NONE)
        assert isinstance(wider, View)
        return wider, self.call(Known(np.reshape), (index, Known(1)))

    def array_item(self, base: View, index: Abstract) -> Abstract:
        if self.single_bool(index):
            base, index = self.with_first_axis(base, index)
        arg = self.index_arg(index)
        value = self.read(base)
        if structure.is_basic(arg):
            out = self.emit(structure.getitem, value, arg)
            return self.result(structure.getitem, out, base, (value, arg), {}, (base,))
        out = self.emit(structure.gather, value, arg)
        return self.array(out) if isinstance(out.type, Array) else out

    # -- comprehensions --------------------------------------------------------------------------------------------

    def eval_list_comp(self, node: ast.ListComp) -> Abstract:
        return self.comprehension(node, node.elt)

    def eval_set_comp(self, node: ast.SetComp) -> Abstract:
        self.node = node
        items = self.known_items(self.comprehension(node, node.elt), "a set comprehension")
        if len(items) == 1 and not isinstance(items[0], Known | TupleOf):
            return pack(items)  # nothing to compare: as good as a tuple
        return self.new_set(self.dict_key(i) for i in items)


def is_known_index(index: Abstract, values: tuple[Any, ...]) -> bool:
    if isinstance(index, TupleOf) and not index.items:
        return () in values
    return isinstance(index, Known) and any(index.value is v for v in values)


EVALUATE: dict[type[ast.AST], Callable[[Any, Any], Abstract]] = {
    ast.Constant: Expressions.eval_constant, ast.Name: Expressions.eval_name, ast.NamedExpr: Expressions.eval_named,
    ast.JoinedStr: Expressions.eval_joined, ast.FormattedValue: Expressions.eval_formatted,
    ast.Tuple: Expressions.eval_tuple, ast.List: Expressions.eval_list, ast.Set: Expressions.eval_set,
    ast.Dict: Expressions.eval_dict, ast.Slice: Expressions.eval_slice, ast.GeneratorExp: Expressions.eval_generator,
    ast.Lambda: Expressions.eval_lambda, ast.BinOp: Expressions.eval_binary, ast.UnaryOp: Expressions.eval_unary,
    ast.BoolOp: Expressions.eval_bool, ast.IfExp: Expressions.eval_if, ast.Compare: Expressions.eval_compare,
    ast.Subscript: Expressions.eval_subscript, ast.Starred: Expressions.eval_starred,
    ast.ListComp: Expressions.eval_list_comp, ast.SetComp: Expressions.eval_set_comp,
}  # fmt: skip

__all__ = ["EVALUATE", "Expressions", "List", "Method", "Partial", "Ref", "UNBOUND"]
