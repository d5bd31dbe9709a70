"""Statements: assignments of every kind, branches, and the ways out of a block.

``return``, ``break`` and ``continue`` set flags, which are variables of the frame like any other (``$returned``,
``$break``, ``$continue``) and so are joined where paths meet. After a statement that may have set one, the rest of the
block runs under the condition that none is set. Where one branch of an ``if`` surely leaves and the other surely does
not, the rest of the block simply goes into the other branch.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from s2sad.errors import TraceError
from s2sad.front import fence
from s2sad.front.assignments import Assignments
from s2sad.front.machine import FLAGS, SIGNALS, Unreachable
from s2sad.front.planning import Side
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
    Text,
    TupleOf,
    View,
    pack,
)
from s2sad.ir.core import Atom, Literal, Pack, Ref, Value
from s2sad.prims import structure

COMPOUND = (ast.If, ast.For, ast.While, ast.With, ast.Try, ast.Match, ast.Return, ast.Break, ast.Continue)


class Statements(Assignments):
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
