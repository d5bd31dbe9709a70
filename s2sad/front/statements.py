"""Statements: assignments of every kind, branches, and the ways out of a block.

``return``, ``break`` and ``continue`` set flags, which are variables of the frame like any other (``$returned``,
``$break``, ``$continue``) and so are joined where paths meet. After a statement that may have set one, the rest of the
block runs under the condition that none is set. Where one branch of an ``if`` surely leaves and the other surely does
not, the rest of the block simply goes into the other branch.
"""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from s2sad.errors import TraceError
from s2sad.front import fence
from s2sad.front.comprehensions import Comprehensions
from s2sad.front.expressions import BINARY
from s2sad.front.externals import module_of
from s2sad.front.joins import Side
from s2sad.front.machine import FLAGS, SIGNALS, Unreachable
from s2sad.front.program import Guard
from s2sad.front.state import Frame
from s2sad.front.values import (
    FALSE,
    NONE,
    TRUE,
    UNBOUND,
    Abstract,
    DictOf,
    Known,
    ListOf,
    Optional,
    Record,
    SetOf,
    SliceOf,
    Source,
    Text,
    TupleOf,
    View,
    pack,
)
from s2sad.ir.core import Atom, Literal, Pack, Ref, Value
from s2sad.ir.types import Array, is_inexact
from s2sad.prims import structure

COMPOUND = (ast.If, ast.For, ast.While, ast.With, ast.Try, ast.Match, ast.Return, ast.Break, ast.Continue)


class Statements(Comprehensions):
    """Running blocks."""

    def run_block(self, body: Sequence[ast.stmt], start: int = 0) -> None:
        k = start
        while k < len(body):
            statement = body[k]
            k += 1
            self.node = self.frame.statement = statement
            self.spend()
            if isinstance(statement, ast.If):
                if self.run_if(statement, body, k):
                    return
            elif isinstance(statement, ast.Match):
                if self.run_match(statement, body, k):
                    return
            else:
                run = RUN.get(type(statement))
                if run is None:
                    self.node = statement
                    fence.check(statement, self.here())
                    raise TraceError(f"{type(statement).__name__} is not traced", location=self.here())
                run(self, statement)
            if isinstance(statement, COMPOUND) or self.consumers:
                stop = self.stopped()
                if stop is True:
                    return
                if stop is not False:
                    self.node = statement
                    self.guarded(stop, body, k)
                    return

    def stopped(self) -> bool | Atom:
        """Whether this block was left: known, or an atom."""
        variables = self.frame.variables
        unknown: list[Atom] = []
        for name in FLAGS:
            flag = variables.get(name)
            if isinstance(flag, Value):
                unknown.append(flag)
            elif isinstance(flag, Known) and flag.value is True:
                return True
        if not unknown:
            return False
        out = unknown[0]
        for other in unknown[1:]:
            out = self.either(out, other)
        return out

    def either(self, a: Atom, b: Atom) -> Atom:
        if a is b:
            return a
        out = self.choose(a, lambda: TRUE, lambda: self.lift(b))
        return out if isinstance(out, Value) else Literal(out.value if isinstance(out, Known) else True)

    def guarded(self, stop: Atom, body: Sequence[ast.stmt], k: int) -> None:
        """The rest of a block, on the paths that did not leave it."""
        if k >= len(body):
            return
        a = self.branch(lambda: self.know_flags(stop, True))
        b = self.branch(lambda: self.go_on(stop, body, k))
        self.merge_sides(stop, a, b, body[-1])

    def go_on(self, stop: Atom, body: Sequence[ast.stmt], k: int) -> None:
        self.know_flags(stop, False)
        self.run_block(body, k)

    def know_flags(self, stop: Atom, left: bool) -> None:
        """What the flags are on the side where a block was left, and on the other."""
        variables = self.frame.variables
        for name in SIGNALS:
            flag = variables.get(name)
            if isinstance(flag, Value) and (not left or flag is stop):
                self.state.write(variables, name, TRUE if left else FALSE)

    def merge_sides(self, pred: Atom, a: Side, b: Side, last: ast.stmt) -> None:
        self.merge(pred, a, b, self.frame.code.after(last))
        if a.dead and b.dead:
            raise Unreachable

    def run_if(self, node: ast.If, body: Sequence[ast.stmt], k: int) -> bool:
        """Run an ``if``; True when the rest of the block was run with it."""
        test = self.evaluate_test(node.test)
        self.node = node.test
        truth = self.truth(test)
        if isinstance(truth, bool):
            self.run_block(node.body if truth else node.orelse)
            return False
        narrow = self.narrowing(node.test)
        then = self.branch(self.narrowed(truth, narrow, True, node.body))
        orelse = self.branch(self.narrowed(truth, narrow, False, node.orelse))
        self.node = node.test
        leaves_a, leaves_b = self.side_leaves(then), self.side_leaves(orelse)
        if k < len(body) and not then.dead and not orelse.dead:
            if leaves_a is True and leaves_b is False:
                orelse = self.resume(orelse, lambda: self.run_block(body, k))
                self.node = node.test
                self.merge_sides(truth, then, orelse, body[-1])
                return True
            if leaves_b is True and leaves_a is False:
                then = self.resume(then, lambda: self.run_block(body, k))
                self.node = node.test
                self.merge_sides(truth, then, orelse, body[-1])
                return True
        self.merge_sides(truth, then, orelse, node)
        return False

    def run_match(self, node: ast.Match, body: Sequence[ast.stmt], k: int) -> bool:
        raise NotImplementedError

    def side_leaves(self, side: Side) -> bool | None:
        """Whether a branch leaves its block; None where it may."""
        variables = self.frame.variables
        out: bool | None = False
        for name in FLAGS:
            change = side.changes.get((id(variables), name))
            if change is None:
                continue
            if isinstance(change.new, Known):
                if change.new.value is True:
                    return True
            else:
                out = None
        return out

    # -- None on some paths ----------------------------------------------------------------------------------------

    def narrowing(self, test: ast.expr) -> tuple[str, bool] | None:
        """``x is None`` tells, in each branch, whether ``x`` is: its name, and if it is None where the test holds."""
        match test:
            case ast.Compare(left=ast.Name(id=name), ops=[ast.Is() | ast.IsNot() as op], comparators=[ast.Constant(value=None)]):  # noqa: E501
                return name, isinstance(op, ast.Is)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                inner = self.narrowing(operand)
                return None if inner is None else (inner[0], not inner[1])
        return None

    def narrowed(self, truth: Atom, narrow: tuple[str, bool] | None, holds: bool, body: Sequence[ast.stmt]) -> Callable[[], None]:  # noqa: E501
        def job() -> None:
            self.learn(truth, holds)
            if narrow is not None:
                value = self.frame.variables.get(narrow[0])
                if isinstance(value, Optional):
                    none = narrow[1] is holds
                    self.state.write(self.frame.variables, narrow[0], NONE if none else value.value)
            self.run_block(body)

        return job

    # -- assignment ------------------------------------------------------------------------------------------------

    def run_assign(self, node: ast.Assign) -> None:
        value = self.evaluate(node.value)
        for target in node.targets:
            self.assign(target, value)

    def run_annotated(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.assign(node.target, self.evaluate(node.value))

    def assign(self, target: ast.expr, value: Abstract) -> None:
        match target:
            case ast.Name(id=name):
                if name in self.frame.code.globals:
                    self.node = target
                self.bind_name(name, value)
            case ast.Tuple(elts=targets) | ast.List(elts=targets):
                self.node = target
                self.unpack(targets, value)
            case ast.Subscript(value=base_node, slice=index_node):
                base = self.evaluate(base_node)
                index = self.evaluate(index_node)
                self.node = target
                base = self.some(base, "an item is stored in")
                if isinstance(base, View):
                    self.store_array(base, index, value)
                else:
                    self.store_item(base, index, value)
            case ast.Attribute(value=owner_node, attr=name):
                owner = self.evaluate(owner_node)
                self.node = target
                self.set_attribute(owner, self.mangled(name), value)
            case _:
                self.node = target
                fence.check(target, self.here())
                self.refuse(f"an assignment to {type(target).__name__}")

    def run_import(self, node: ast.Import | ast.ImportFrom) -> None:
        """An import inside of a function: done while tracing."""
        self.node = node
        source = self.frame.code.source.function
        package = source.__globals__.get("__package__")
        for alias in node.names:
            if isinstance(node, ast.Import):
                module = importlib.import_module(alias.name)
                head = alias.name.split(".")[0]
                value: Abstract = Known(module if alias.asname else sys.modules[head])
                self.bind_name(alias.asname or head, value)
                continue
            module = importlib.import_module("." * node.level + (node.module or ""), package)
            if not hasattr(module, alias.name):
                try:
                    importlib.import_module(f"{module.__name__}.{alias.name}")
                except ModuleNotFoundError:
                    raise ImportError(f"cannot import name {alias.name!r} from {module.__name__!r}") from None
            self.bind_name(alias.asname or alias.name, self.attribute(Known(module), alias.name))

    def run_global(self, node: ast.Global) -> None:
        code = self.frame.code
        outer = self.frame.outer
        while outer is not None:
            if any(name in outer.code.names for name in node.names):
                self.node = node
                self.refuse("global of a name that a function around this one has, too", instead="rename one of them")
            outer = outer.outer
        for name in node.names:
            code.globals[name] = None

    def bind_global(self, name: str, value: Abstract) -> None:
        """A name declared ``global``: an attribute of the module."""
        module = module_of(self.frame.code.source.function)
        if module is None:
            self.refuse(
                f"an assignment to the global name {name}", why="the function belongs to no module that is imported",
                instead="return the value, or define the function in a module",
            )  # fmt: skip
        self.store_outside(Known(module), name, value)

    def bind_name(self, name: str, value: Abstract) -> None:
        if name in self.frame.code.globals:
            self.bind_global(name, value)
            return
        self.state.write(self.home(name).variables, name, value)
        if isinstance(value, Value):
            hint(value, name)
        elif isinstance(value, View):
            held = self.state.heap.get(value.root) if value.parent is None else None
            if isinstance(held, Value):
                hint(held, name)
            elif value.parent is not None and (cached := self.state.cache.get(value)) is not None:
                hint(cached[1], name)
        elif isinstance(value, ListOf):
            held = self.state.heap.get(value)
            if isinstance(held, Value):
                hint(held, name)

    def home(self, name: str) -> Frame:
        """The frame that a name is bound in: this one, but for nonlocal names and ``:=`` in a comprehension."""
        frame = self.frame
        if name in frame.code.names:
            return frame
        outer = frame.outer
        while outer is not None:
            if name in outer.code.names:
                return outer
            outer = outer.outer
        if name in frame.code.foreign:
            self.refuse(
                f"an assignment to {name}, which belongs to code outside of what is differentiated",
                why="a derivative leaves the variables of others alone",
                instead="return the new value",
            )
        return frame

    def run_delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            match target:
                case ast.Name(id=name):
                    self.state.write(self.home(name).variables, name, UNBOUND)
                case ast.Subscript(value=base_node, slice=index_node):
                    base, index = self.evaluate(base_node), self.evaluate(index_node)
                    self.node = target
                    if isinstance(base, DictOf):
                        self.dict_method(base, "pop", (index,), {})
                    elif isinstance(base, ListOf):
                        self.delete_items(base, index)
                    else:
                        self.refuse(f"del of an item of {self.describe(base)}")
                case ast.Attribute(value=owner_node, attr=name):
                    owner = self.evaluate(owner_node)
                    self.node = target
                    self.delete_attribute(owner, self.mangled(name))
                case _:
                    self.node = target
                    self.refuse("del of this", instead="leave the statement out")

    def unpack(self, targets: Sequence[ast.expr], value: Abstract) -> None:
        stars = [k for k, t in enumerate(targets) if isinstance(t, ast.Starred)]
        value = self.some(value, "not iterable:")
        if isinstance(value, View) or (isinstance(value, ListOf) and isinstance(self.content(value), Value)):
            if stars:
                self.unpack_starred(targets, stars[0], value)
                return
            self.require_length(value, len(targets))
            items = [self.subscript(value, Known(k)) for k in range(len(targets))]
        elif isinstance(value, Value) and not isinstance(value.type, Array):
            if value in self.shapes:
                array = self.shapes[value]
                rank = self.compare(ast.Eq(), self.emit(structure.ndim, array), Known(len(targets)))
                self.require(self.truth(rank), ValueError, f"not {len(targets)} axes to unpack")
                items = [self.emit(structure.dim, array, k) for k in range(len(targets))]
            else:
                self.wrong(f"{self.describe(value)} cannot be unpacked")
        else:
            items = self.known_items(value, "unpacking")
        if stars:
            k, after = stars[0], len(targets) - stars[0] - 1
            if len(items) < len(targets) - 1:
                raise ValueError(f"not enough values to unpack (expected at least {len(targets) - 1}, got {len(items)})")  # noqa: E501
            middle = items[k : len(items) - after]
            starred = targets[k]
            assert isinstance(starred, ast.Starred)
            for t, v in zip(targets[:k], items[:k], strict=True):
                self.assign(t, v)
            self.assign(starred.value, self.new_list(middle))
            for t, v in zip(targets[k + 1 :], items[len(items) - after :], strict=True):
                self.assign(t, v)
            return
        if len(items) != len(targets):
            many = "too many" if len(items) > len(targets) else "not enough"
            raise ValueError(f"{many} values to unpack (expected {len(targets)}, got {len(items)})")
        for t, v in zip(targets, items, strict=True):
            self.assign(t, v)

    def require_length(self, value: Abstract, count: int) -> None:
        """Python unpacks only what has as many items; where that is not plain, it is checked."""
        if not self.located or self.meaning is not None:
            return
        if isinstance(value, View):
            held = self.read(value)
            if self.lengths.get(held) == count:
                return
            sample = self.samples.get(self.param_paths.get(held, ""))
            if isinstance(sample, np.ndarray) and sample.ndim:
                path = self.param_paths[held]
                self.guard_length(path, len(sample))
                if len(sample) == count:
                    self.lengths[held] = count
                    return
                many = "too many" if len(sample) > count else "not enough"
                raise ValueError(f"{many} values to unpack (expected {count})")
            if self.loops:
                return  # a check in every turn would cost more than it tells
        self.require(self.truth(self.compare(ast.Eq(), self.length(value), Known(count))), ValueError, f"not {count} values to unpack")  # noqa: E501

    def guard_length(self, path: str, length: int) -> None:
        where = f"{path}.shape[0]"
        if path in self.sources:
            read = self.sources[path].read
            self.guard(Source(where, lambda: len(read())), length)
        else:
            self.statics[where] = Guard(where, length)

    def unpack_starred(self, targets: Sequence[ast.expr], k: int, value: Abstract) -> None:
        """``first, *middle, last = x`` of an array or list whose length is not known."""
        after = len(targets) - k - 1
        starred = targets[k]
        assert isinstance(starred, ast.Starred)
        middle = self.subscript(value, SliceOf(Known(k), Known(-after) if after else NONE, NONE))
        last = [self.subscript(value, Known(j - after)) for j in range(after)]
        for j, t in enumerate(targets[:k]):
            self.assign(t, self.subscript(value, Known(j)))
        self.assign(starred.value, self.listed(middle))
        for t, v in zip(targets[k + 1 :], last, strict=True):
            self.assign(t, v)

    # -- augmented assignment --------------------------------------------------------------------------------------

    def run_augmented(self, node: ast.AugAssign) -> None:
        target = node.target
        if isinstance(target, ast.Name):
            old = self.eval_name(ast.copy_location(ast.Name(target.id, ast.Load()), target))
            value = self.evaluate(node.value)
            self.node = node
            self.bind_name(target.id, self.in_place(type(node.op), old, value))
        elif isinstance(target, ast.Subscript):
            base = self.evaluate(target.value)
            index = self.evaluate(target.slice)
            base = self.some(base, "an item is stored in")
            if isinstance(base, View):
                self.augment_array(node, base, index)
                return
            self.node = target
            if isinstance(base, DictOf) and self.decided_late(base, index):
                self.augment_late(node, base, index)
                return
            old = self.subscript(base, index)
            value = self.evaluate(node.value)
            self.node = node
            if isinstance(base, ListOf) and self.adds_to_item(type(node.op), base, index, old, value):
                return
            self.store_item(base, index, self.in_place(type(node.op), old, value))
        else:
            owner = self.evaluate(target.value)
            self.node = target
            name = self.mangled(target.attr)
            old = self.attribute(owner, name)
            value = self.evaluate(node.value)
            self.node = node
            new = self.in_place(type(node.op), old, value)
            if isinstance(owner, View) and isinstance(new, View):
                return
            self.set_attribute(owner, name, new)

    def augment_late(self, node: ast.AugAssign, base: DictOf, index: Abstract) -> None:
        """``base[key] += value`` under a key that only run time knows."""
        self.subscript(base, index)  # which raises where there is none
        before = self.state.heap[base]
        value = self.evaluate(node.value)
        self.node = node
        if self.state.heap[base] is not before:
            self.refuse("a dict that changes while an item of it is added to", instead="compute the value before")

        def add(key: Known) -> None:
            self.store_item(base, key, self.in_place(type(node.op), self.subscript(base, key), value))

        self.at_each(base, index, add)

    def augment_array(self, node: ast.AugAssign, base: View, index: Abstract) -> None:
        arg = self.index_arg(index)
        value = self.evaluate(node.value)
        self.node = node
        operand = self.to_arg(self.as_array(self.some(value, "added to an array:")))
        if structure.is_basic(arg) and isinstance(node.op, ast.Add):
            self.through(base, arg, operand, structure.accumulate)
            return
        if structure.is_basic(arg) and isinstance(node.op, ast.Sub) and is_inexact(operand.type):
            self.through(base, arg, self.emit(self.prim("neg"), operand), structure.accumulate)
            return
        old = self.array_item(base, index)
        if isinstance(old, View) and structure.is_basic(arg) and old.parent is not None:
            self.in_place(type(node.op), old, value)
            return
        self.store_array(base, index, self.binary(type(node.op), old, value))

    def in_place(self, op: type[ast.operator], old: Abstract, value: Abstract) -> Abstract:
        """``old op= value``: arrays and lists change in place, everything else is rebound."""
        old = self.some(old, "unsupported operand:")
        if isinstance(old, View):
            value = self.as_array(value)
            current = self.read(old)
            operand = self.to_arg(value)
            new = self.emit(self.prim(BINARY[op][0]), current, operand)
            if old.root.scalar and old.parent is None:
                # a number is rebound, an array changes: other names of it cannot be trusted from now on
                result = self.array(new) if isinstance(new.type, Array) else new
                self.rebound_or_changed(old.root, result.root if isinstance(result, View) else None)
                return result
            if op is ast.MatMult:
                self.refuse("@= on an array", instead="write x = x @ y")
            self.update(old, new)
            return old
        if isinstance(old, ListOf) and op is ast.Add:
            self.list_method(old, "extend", (value,), {})
            return old
        if isinstance(old, Record | TupleOf):
            found = self.special_method(old, f"__i{BINARY[op][2]}__")
            if found is not None:
                return self.call(found, (value,))
        if isinstance(old, ListOf) and op is ast.Mult:
            longer = self.repeated(old, value)
            assert isinstance(longer, ListOf)
            self.replace(old, longer)
            return old
        if isinstance(old, SetOf) and op in (ast.BitOr, ast.BitAnd, ast.Sub, ast.BitXor):
            members = self.binary(op, old, value)
            assert isinstance(members, SetOf)
            self.put(self.state.heap, old, self.content(members))
            return old
        if isinstance(old, DictOf) and op is ast.BitOr:
            self.dict_method(old, "update", (value,), {})
            return old
        return self.binary(op, old, value)

    # -- the rest --------------------------------------------------------------------------------------------------

    def run_return(self, node: ast.Return) -> None:
        value = NONE if node.value is None else self.evaluate(node.value)
        if len(self.frames) == 1 and self.meaning is None:
            self.result_place = self.frame.code.locate(node.value or node)
        variables = self.frame.variables
        self.state.write(variables, "$result", value)
        self.state.write(variables, "$returned", TRUE)

    def run_break(self, node: ast.Break) -> None:
        self.state.write(self.frame.variables, "$break", TRUE)

    def run_continue(self, node: ast.Continue) -> None:
        self.state.write(self.frame.variables, "$continue", TRUE)

    def run_expression(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):
            self.evaluate(node.value)

    def run_pass(self, node: ast.stmt) -> None:
        pass

    def run_function_def(self, node: ast.FunctionDef) -> None:
        value: Abstract = self.closure(node)
        for decorator in reversed(node.decorator_list):
            function = self.evaluate(decorator)
            self.node = decorator
            value = self.call(function, (value,))
        self.state.write(self.frame.variables, node.name, value)

    def run_assert(self, node: ast.Assert) -> None:
        test = self.evaluate_test(node.test)
        self.node = node.test
        truth = self.truth(test)
        self.check(truth, lambda: self.fail(node))

    def fail(self, node: ast.Assert) -> None:
        message = () if node.msg is None else (self.evaluate(node.msg),)
        self.node = node
        self.emit_raise(AssertionError, message)

    def require(self, truth: bool | Atom, cls: type, message: str) -> None:
        """Raise, at run time if need be, unless this is true."""
        self.check(truth, lambda: self.emit_raise(cls, (Known(message),)))

    def check(self, truth: bool | Atom, fail: Callable[[], None]) -> None:
        if truth is True:
            return
        if truth is False:
            fail()
            return
        node = self.node
        failed = self.branch(fail)
        passed = self.branch(lambda: None)
        self.node = node
        self.merge(truth, passed, failed, self.frame.code.names)

    def emit_raise(self, cls: type, args: Sequence[Abstract]) -> None:
        arguments: list[Any] = []
        for a in args:
            if isinstance(a, Known | Value | View | Text | TupleOf | ListOf | DictOf | Record):
                arguments.append(self.to_arg(a))
            else:
                arguments.append(Literal(self.describe(a)))
        if len(self.open) == 1 and not self.exploring and all(isinstance(a, Literal | Ref) for a in arguments):
            # it is certain, on every path, with what is known: the program's own exception
            raise cls(*(a.value for a in arguments))
        self.emits(structure.raise_, Ref(cls, self.exception_path(cls)), *arguments)
        raise Unreachable

    def exception_path(self, cls: type) -> str:
        module = cls.__module__
        if module == "numpy.linalg":
            return f"np.linalg.{cls.__qualname__}"
        return cls.__qualname__ if module == "builtins" else f"{module}.{cls.__qualname__}"


def hint(value: Value, name: str) -> None:
    """Give a value that was just born the name that the program gives it."""
    if value.name is None and not name.startswith("$"):
        object.__setattr__(value, "name", name)  # a name is a hint, no part of what a value is


RUN: dict[type[ast.stmt], Callable[[Any, Any], None]] = {
    ast.Assign: Statements.run_assign, ast.AnnAssign: Statements.run_annotated, ast.AugAssign: Statements.run_augmented,
    ast.Return: Statements.run_return, ast.Break: Statements.run_break, ast.Continue: Statements.run_continue,
    ast.Expr: Statements.run_expression, ast.Pass: Statements.run_pass, ast.FunctionDef: Statements.run_function_def,
    ast.Assert: Statements.run_assert,
    ast.Delete: Statements.run_delete, ast.Nonlocal: Statements.run_pass,
    ast.Global: Statements.run_global, ast.Import: Statements.run_import, ast.ImportFrom: Statements.run_import,
    ast.For: Statements.run_for, ast.While: Statements.run_while,
}  # fmt: skip

__all__ = ["Pack", "Statements", "UNBOUND", "FALSE", "pack"]
