"""``try`` and ``with``.

What raises while tracing, on known values, goes to its handler then and there. Where a value decides at run time, the
condition is made a branch: ``try: z = x / y`` with a handler for ZeroDivisionError becomes ``if y == 0``, the rest of
the body in its ``else``. Where there is no simple condition, or the operation stands too deep for that, it is refused.
A handler never sees an exception of s2sad.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import types
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from s2sad.errors import Error, InputError, UnsupportedError
from s2sad.front.joins import Side
from s2sad.front.machine import FLAGS, Restart, Unreachable, front_functions, is_programs_own
from s2sad.front.raising import Guard, possible
from s2sad.front.scope import Code
from s2sad.front.state import ABSENT, Frame, Variables
from s2sad.front.statements import RUN, Statements
from s2sad.front.values import FALSE, NONE, UNBOUND, Abstract, Known, Partial, TupleOf
from s2sad.ir.core import Call, Op, Value, operands
from s2sad.ir.primitive import Primitive
from s2sad.ir.walk import all_ops

UNCERTAIN = frozenset(("branch", "resume", "on_side", "settle", "trace_instance", "select"))


class TooDeep(UnsupportedError):
    """What goes to a handler stands too deep in the body for that. It is made plain before anyone else sees it."""

    def plain(self) -> UnsupportedError:
        error = UnsupportedError(self.what, why=self.why, instead=self.instead)
        error.location, error.calls = self.location, self.calls
        return error


class Caught(Exception):
    """The program surely raises, and this ``try`` catches it."""

    def __init__(self, entry: Protected, cls: type, args: tuple[Abstract, ...]) -> None:
        super().__init__(cls.__name__)
        self.entry, self.cls, self.arguments = entry, cls, args


@dataclass(eq=False)
class Protected:
    """A ``try`` whose body is being run. ``open``: how many regions its present statement stands in."""

    handlers: Sequence[tuple[tuple[type, ...], ast.ExceptHandler | None]]
    open: int
    mark: int = 0  # where the journal stood before the statement, and the youngest activation
    serial: int = 0
    guards: list[tuple[Value, type]] = field(default_factory=list)
    guarded: set[Value] = field(default_factory=set)

    def handler(self, cls: type) -> int | None:
        """Which handler takes an exception of this class."""
        for k, (classes, _) in enumerate(self.handlers):
            if issubclass(cls, classes):
                return k
        return None

    def may_catch(self, cls: type) -> bool:
        """Whether an exception of this class or a more special one may be caught."""
        return any(issubclass(cls, classes) or any(issubclass(c, cls) for c in classes) for classes, _ in self.handlers)


class Trying(Statements):
    """Running ``try`` and ``with``."""

    # -- what is raised --------------------------------------------------------------------------------------------

    def emits(self, prim: Primitive, *args: Any, names: Any = (), **kwargs: Any) -> tuple[Value, ...]:
        results = super().emits(prim, *args, names=names, **kwargs)
        if self.tries and prim.name != "raise":
            self.note_raising(prim, args, results)
        return results

    def note_raising(self, prim: Primitive, args: Sequence[Any], results: Sequence[Value]) -> None:
        """Note under which condition the operation just made goes to a handler."""
        for cls, guard in possible(prim, args):
            entry = next((e for e in reversed(self.tries) if e.may_catch(cls)), None)
            if entry is None:
                continue
            what = f"{prim.spelling.text or prim.name}, whose {cls.__name__} this try would catch"
            if guard is None or entry is not self.tries[-1] or len(self.open) != entry.open:
                raise TooDeep(
                    what, why="whether it raises shows only at run time, and there is no simple test for it here",
                    instead="test for it with if, outside of try",
                ).at(self.here(), self.chain())  # fmt: skip
            if self.began(entry):
                self.refuse(
                    f"{what}, in a statement that has already changed something",
                    why="the handler would have to see the half of the statement that was done",
                    instead="give the operation a statement of its own",
                )
            pred = self.unwatched(lambda guard=guard: self.condition(guard, args))  # type: ignore[misc]
            if isinstance(pred, Value):
                entry.guards.append((pred, cls))
                entry.guarded.update(results)
            elif pred:
                raise Caught(entry, cls, ())

    def began(self, entry: Protected) -> bool:
        """Whether the statement has changed something, outside of itself, that the handler might see."""
        for change in self.state.peek(entry.mark).values():
            table = change.table
            local = isinstance(table, Variables) and table.serial > entry.serial
            temporary = isinstance(table, Variables) and isinstance(change.key, str) and change.key.startswith("$")
            fresh = table is self.state.heap and change.old is ABSENT
            if not (local or temporary or fresh):
                return True
        return any(isinstance(op, Call) and op.prim.effect for op in all_ops(self.builder.ops))

    def unwatched(self, job: Callable[[], Any]) -> Any:
        tries, self.tries = self.tries, []
        try:
            return job()
        finally:
            self.tries = tries

    def condition(self, guard: Guard, args: Sequence[Any]) -> Value | bool:
        tests, absolute, which = guard
        x = self.lift(args[which])
        if absolute:
            x = self.call(Known(abs), (x,))
        out: Value | None = None
        for op, bound in tests:
            truth = self.truth(self.compare(op(), x, Known(bound)))
            if truth is False:
                return False
            if isinstance(truth, Value):
                both = truth if out is None else self.binary(ast.BitAnd, out, truth)
                assert isinstance(both, Value)
                out = both
        return True if out is None else out

    def emit_raise(self, cls: type, args: Sequence[Abstract]) -> None:
        for entry in reversed(self.tries):
            if entry.handler(cls) is not None:
                if len(self.open) == entry.open:
                    raise Caught(entry, cls, tuple(args))
                raise TooDeep(
                    f"a {cls.__name__} raised on some paths only, which a try catches",
                    why="the handler would have to be entered from the middle of the body",
                    instead="test the condition with if, outside of try",
                ).at(self.here(), self.chain())
        super().emit_raise(cls, args)

    def run_kept(self, code: Code, outer: Frame | None, variables: dict[str, Abstract]) -> Abstract:
        self.opaque(f"the recursive function {code.name}")
        return super().run_kept(code, outer, variables)

    def opaque(self, what: str) -> None:
        """Something whose operations are not seen one by one."""
        if self.tries:
            self.refuse(f"{what} in a try", why="what it may raise is not known", instead="call it outside of try")

    # -- try -------------------------------------------------------------------------------------------------------

    def run_try(self, node: ast.Try) -> None:
        handlers = [(self.caught_classes(h), h) for h in node.handlers]
        if not node.finalbody:
            self.protected(node, handlers)
            return
        if self.tries:
            self.node = node
            self.refuse("try with finally inside of a try", instead="take them apart")
        self.finally_(lambda: self.protected(node, handlers), lambda: self.run_block(node.finalbody))

    def finally_(self, job: Callable[[], None], last: Callable[[], None]) -> None:
        """Run ``last`` after ``job``, also where that left the block."""
        job()
        variables = self.frame.variables
        flags = {name: variables[name] for name in (*FLAGS, "$result") if name in variables}
        for name in FLAGS:
            if name in flags:
                self.state.write(variables, name, FALSE)
        last()
        if self.stopped() is not False:
            self.refuse("return, break or continue in finally", instead="leave the block after it")
        for name, value in flags.items():
            self.state.write(variables, name, value)

    def caught_classes(self, handler: ast.ExceptHandler) -> tuple[type, ...]:
        if handler.type is None:
            return (BaseException,)
        found = self.evaluate(handler.type)
        self.node = handler.type
        items = found.items if isinstance(found, TupleOf) else (found,)
        out = tuple(i.value for i in items if isinstance(i, Known) and isinstance(i.value, type))
        if len(out) != len(items) or not all(issubclass(c, BaseException) for c in out):
            self.refuse("an except clause whose classes are not known")
        if any(issubclass(c, Error) for c in out):
            self.refuse("catching s2sad's own refusals", instead="catch them around the call of the derivative")
        return out

    def protected(self, node: ast.Try, handlers: Sequence[tuple[tuple[type, ...], ast.ExceptHandler | None]]) -> None:
        entry = Protected(handlers, len(self.open))
        live = self.frame.code.names if node.finalbody else self.frame.code.after(node)
        self.attempt(entry, node.body, 0, live, lambda: self.run_block(node.orelse))

    def attempt(
        self, entry: Protected, body: Sequence[ast.stmt], k: int, live: frozenset[str], then: Callable[[], None]
    ) -> None:
        """Run a block from its statement ``k``, and ``then`` what follows where it comes to its end."""
        depth, entry.open = entry.open, len(self.open)
        try:
            self.attempt_rest(entry, body, k, live, then)
        finally:
            entry.open = depth

    def attempt_rest(
        self, entry: Protected, body: Sequence[ast.stmt], k: int, live: frozenset[str], then: Callable[[], None]
    ) -> None:
        while k < len(body):
            statement = body[k]
            k += 1
            mark, frames = self.state.mark(), len(self.frames)
            try:
                caught, guards, side = self.attempt_statement(entry, lambda s=statement: self.run_block([s]))  # type: ignore[misc]
            except TooDeep:
                if not isinstance(statement, ast.If):
                    raise
                del self.frames[frames:]
                self.state.undo(mark)
                self.attempt_if(entry, statement, body, k, live, then)
                return
            if guards:
                self.divide(entry, guards, caught, side, lambda k=k: self.attempt(entry, body, k, live, then), live)  # type: ignore[misc]
                return
            self.adopt(side)
            if caught is not None:
                self.handle(entry, caught.cls, caught.arguments)
                return
            if self.left_surely(statement):
                return
        then()

    def left_surely(self, statement: ast.stmt | None) -> bool:
        """Whether the block was left; refused where only some paths leave it."""
        stop = self.stopped()
        if isinstance(stop, bool):
            return stop
        self.node = statement or self.node
        self.refuse("a return, break or continue on some paths, in a try", instead="leave the block after it")

    def attempt_if(
        self, entry: Protected, statement: ast.If, body: Sequence[ast.stmt], k: int, live: frozenset[str],
        then: Callable[[], None],
    ) -> None:  # fmt: skip
        """An ``if`` with something in its branches that may go to the handler: what follows goes into them, too."""
        held: list[Any] = []
        caught, guards, side = self.attempt_statement(
            entry, lambda: held.append(self.truth(self.evaluate(statement.test)))
        )
        self.node = statement.test
        if guards:
            self.refuse("a test that may go to a handler", instead="compute it in a statement of its own")
        self.adopt(side)
        if caught is not None:
            self.handle(entry, caught.cls, caught.arguments)
            return
        (truth,) = held

        def rest() -> None:
            self.attempt(entry, body, k, live, then)

        def job(statements: Sequence[ast.stmt]) -> Callable[[], None]:
            return lambda: self.attempt(entry, statements, 0, live, rest)

        if isinstance(truth, bool):
            job(statement.body if truth else statement.orelse)()
            return
        a, b = self.branch(job(statement.body)), self.branch(job(statement.orelse))
        self.node = statement.test
        self.merge(truth, a, b, live)
        if a.dead and b.dead:
            raise Unreachable

    def attempt_statement(self, entry: Protected, job: Callable[[], None]) -> tuple[Caught | None, list[tuple[Value, type]], Side]:  # noqa: E501
        """Run one statement in a region of its own; what it raised, the guards that it needs, and the region."""
        mark, outer, serial, frames = self.state.mark(), self.builder, self.serial, len(self.frames)
        calls, meaning = len(self.calls), self.meaning
        self.builder = inner = self.open_builder()
        depth, entry.open, entry.guards = entry.open, len(self.open), []
        entry.mark, entry.serial = mark, serial
        self.tries.append(entry)
        caught: Caught | None = None
        dead = False
        try:
            job()
        except Unreachable:
            dead = True
        except Caught as error:
            if error.entry is not entry:
                raise
            caught = error
        except Restart:
            raise
        except Exception as error:
            caught = self.own_exception(entry, error)
        finally:
            self.tries.pop()
            entry.open = depth
            self.builder = outer
            self.open.pop()
        del self.frames[frames:], self.calls[calls:]
        self.meaning = meaning
        guards, entry.guards = entry.guards, []
        reads = self.state.reads(mark)
        return caught, guards, Side(self.state.take(mark), inner, dead, reads, serial)

    def own_exception(self, entry: Protected, error: Exception) -> Caught:
        """The program's own exception, raised while tracing; anything else goes on."""
        cls: Any = type(error)
        start = "Python would raise "
        if isinstance(error, InputError) and error.why.startswith(start):
            cls = getattr(builtins, error.why[len(start) :], None)
        elif isinstance(error, Error):
            raise error
        names = front_functions(error)
        inside = names[len(names) - names[::-1].index("attempt_statement") :]
        if cls is None or entry.handler(cls) is None:
            raise error
        if not isinstance(error, Error) and not is_programs_own(error):
            raise error
        if UNCERTAIN & set(inside):
            self.refuse(
                f"a {cls.__name__} raised on some paths only, which a try catches",
                why="the handler would have to be entered from the middle of the body",
                instead="test the condition with if, outside of try",
            )
        return Caught(entry, cls, tuple(Known(a) for a in error.args if isinstance(a, str | int)))

    def adopt(self, side: Side) -> None:
        """Go on from the end of a region as if it had been run in place."""
        self.builder.ops.extend(side.builder.ops)
        self.state.apply(side.changes, side.reads)
        if side.dead:
            raise Unreachable

    def divide(
        self, entry: Protected, guards: list[tuple[Value, type]], caught: Caught | None, side: Side,
        rest: Callable[[], None], live: frozenset[str],
    ) -> None:  # fmt: skip
        """A statement that raises under a condition: the handler there, else the statement and what follows."""
        where = self.node
        if len({entry.handler(cls) for _, cls in guards}) > 1:
            self.refuse("a statement that may go to one handler or another", instead="take it apart")
        self.hoist(entry, [pred for pred, _ in guards], side)
        fail: Any = guards[0][0]
        for pred, _ in guards[1:]:
            fail = self.unwatched(lambda fail=fail, pred=pred: self.either(fail, pred))  # type: ignore[misc]

        def go_on() -> None:
            if caught is not None:
                self.handle(entry, caught.cls, caught.arguments)
            elif not self.left_surely(None):
                rest()

        good = side if side.dead else self.resume(side, go_on)
        bad = self.branch(lambda: self.handle(entry, guards[0][1], ()))
        self.node = where
        self.merge(fail, bad, good, live)
        if good.dead and bad.dead:
            raise Unreachable

    def hoist(self, entry: Protected, preds: list[Value], side: Side) -> None:
        """Take what the conditions are computed from out of a region, to stand before it."""
        made: dict[Value, Op] = {r: op for op in side.builder.ops for r in op.results}
        needed: dict[int, None] = {}
        pending = list(preds)
        while pending:
            op = made.get(pending.pop())
            if op is None or id(op) in needed:
                continue
            if not isinstance(op, Call) or op.prim.effect or entry.guarded & set(op.results):
                self.refuse(
                    "a statement that may raise in more than one place", why="the second test hangs on the first",
                    instead="take it apart into statements of their own, outside of try",
                )  # fmt: skip
            needed[id(op)] = None
            pending += [a for a in operands(op) if isinstance(a, Value)]
        self.builder.ops.extend(op for op in side.builder.ops if id(op) in needed)
        side.builder.ops[:] = [op for op in side.builder.ops if id(op) not in needed]

    def handle(self, entry: Protected, cls: type, args: tuple[Abstract, ...]) -> None:
        """Run the handler of an exception."""
        which = entry.handler(cls)
        assert which is not None
        handler = entry.handlers[which][1]
        if handler is None:
            return
        variables = self.frame.variables
        exception = Partial(Known(cls), args)
        if handler.name is not None:
            self.state.write(variables, handler.name, exception)
        self.handled.append(exception)
        try:
            self.run_block(handler.body)
        finally:
            self.handled.pop()
        if handler.name is not None:
            self.state.write(variables, handler.name, UNBOUND)

    def run_raise(self, node: ast.Raise) -> None:
        if node.exc is None and self.handled:
            self.node = node
            exception = self.handled[-1]
            assert isinstance(exception.function, Known)
            self.emit_raise(exception.function.value, exception.args)
            return
        if self.handled and isinstance(node.cause, ast.Name):
            node = ast.copy_location(ast.Raise(node.exc, None), node)  # type and message are the program's
        super().run_raise(node)

    # -- with ------------------------------------------------------------------------------------------------------

    def run_with(self, node: ast.With) -> None:
        self.enter_with(node, 0)

    def enter_with(self, node: ast.With, k: int) -> None:
        if k == len(node.items):
            self.run_block(node.body)
            return
        item = node.items[k]
        context = item.context_expr

        def rest() -> None:
            self.enter_with(node, k + 1)

        if isinstance(context, ast.Call):
            function = self.evaluate(context.func)
            kind = function.value if isinstance(function, Known) else None
            if kind is np.errstate:
                self.node = context
                for value in map(self.evaluate, [*context.args, *(w.value for w in context.keywords)]):
                    if not isinstance(value, Known) or value.value in ("raise", "call"):
                        self.refuse("np.errstate that raises or calls", instead="use 'ignore' or 'warn'")
                rest()
                return
            if kind is warnings.catch_warnings and item.optional_vars is None:
                rest()
                return
            if kind is contextlib.suppress:
                self.suppress(node, k, context)
                return
            if kind is contextlib.nullcontext:
                values = self.elements(context.args) if context.args else [NONE]
                if item.optional_vars is not None:
                    self.assign(item.optional_vars, values[0])
                rest()
                return
        manager = self.evaluate(context)
        self.node = context
        enter, leave = self.user_method(manager, "__enter__"), self.user_method(manager, "__exit__")
        if enter is None or leave is None:
            self.refuse(
                f"with {self.describe(manager)}", why="what it does on entry and on exit is not part of the trace",
                instead="write the body without it, or put it around the call of the derivative",
            )  # fmt: skip
        if self.tries:
            self.refuse("with a context manager inside of a try", instead="take them apart")
        value = self.call(enter, ())
        if item.optional_vars is not None:
            self.assign(item.optional_vars, value)
        swallows = self.swallows(leave)
        entry = Protected([((BaseException,), None)], -1)

        def leaving() -> None:
            self.node = context
            self.call(leave, (NONE, NONE, NONE))

        def body() -> None:
            if not swallows:
                rest()
                return
            self.tries.append(entry)  # nothing in the body may raise: the manager might swallow it
            try:
                rest()
            finally:
                self.tries.pop()

        self.finally_(body, leaving)

    def swallows(self, leave: Abstract) -> bool:
        """Whether an ``__exit__`` may say that the exception is dealt with."""
        function = leave.function.value if isinstance(leave, Partial) and isinstance(leave.function, Known) else None
        if not isinstance(function, types.FunctionType):
            return True
        from_source = self.code_of(function)
        returns = [n for s in from_source.body for n in ast.walk(s) if isinstance(n, ast.Return)]
        return any(
            r.value is not None and not (isinstance(r.value, ast.Constant) and not r.value.value) for r in returns
        )

    def suppress(self, node: ast.With, k: int, context: ast.Call) -> None:
        """``with suppress(E)``: a ``try`` whose handler does nothing."""
        if context.keywords or any(isinstance(a, ast.Starred) for a in context.args):
            self.node = context
            self.refuse("suppress with such arguments")
        inner: list[ast.stmt] = node.body
        if k + 1 < len(node.items):
            inner = [ast.copy_location(ast.With(node.items[k + 1 :], node.body), node)]
        kind = ast.copy_location(ast.Tuple(list(context.args), ast.Load()), context)
        handler = ast.copy_location(ast.ExceptHandler(kind, None, [ast.copy_location(ast.Pass(), context)]), context)
        attempt = ast.copy_location(ast.Try(inner, [handler], [], []), node)
        self.protected(attempt, [(self.caught_classes(handler), handler)])


RUN[ast.Try] = Trying.run_try
RUN[ast.With] = Trying.run_with
RUN[ast.Raise] = Trying.run_raise

__all__ = ["Protected", "Trying"]
