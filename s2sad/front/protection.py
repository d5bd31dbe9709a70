"""What a ``try`` protects: where an operation may raise what a handler catches, the path splits in two.

The operation and all that follows it in the same block go into one region, which is run where nothing is raised; on the
other path the exception is *in flight*: ``$raised`` (and ``$returned``, since the function is left) are set, ``$code``
says which class it has and ``$excN`` holds the exception. These are variables like the flags of ``return`` and
``break`` (see ``statements``): they join where paths meet, loops carry them and are left by them, a caller takes them
over from a function that it called. The ``try`` that catches the exception clears them again. So a handler sees just
what the program had stored when it raised.

Whether an operation raises is a test on its arguments where there is a simple one (``y == 0.0``), else the primitive
``raises``, which tries it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from s2sad.errors import Error, InputError
from s2sad.front.exceptions import UNKNOWN_MESSAGE, Exceptions, message_of
from s2sad.front.machine import Restart, Unreachable, is_programs_own
from s2sad.front.planning import Side
from s2sad.front.raising import INDEX, Guard, function_of, integer_items, may_trap, possible
from s2sad.front.state import Frame
from s2sad.front.values import FALSE, TRUE, UNBOUND, Abstract, Known, Poison, Record, TupleOf, pack
from s2sad.ir.build import Builder
from s2sad.ir.core import Arg, Atom, Literal, Pack, Ref, Value
from s2sad.ir.primitive import Primitive
from s2sad.ir.types import Array, Scalar
from s2sad.prims import structure

Payload = dict[str, Any]


class Key:
    """An argument, as a key: values by identity, constants by what they are."""

    __slots__ = ("arg",)

    def __init__(self, arg: Any) -> None:
        self.arg = arg

    def __hash__(self) -> int:
        return hash(self.arg)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Key) and type(self.arg) is type(other.arg) and bool(self.arg == other.arg)


class Raised(Exception):
    """The program surely raises here, and a ``try`` catches it: nothing more of this block runs."""

    def __init__(self, payload: Payload) -> None:
        super().__init__("raised")
        self.payload = payload


class TestRaises(Exception):
    """The test of a ``while`` may go to a handler: it has to be run inside the loop's body."""


@dataclass(eq=False)
class Protected:
    """A ``try`` whose body is being run. ``explicit``: it only wants what ``raise`` statements raise."""

    handlers: Sequence[tuple[tuple[type, ...], ast.ExceptHandler | None]]
    frame: Frame
    explicit: bool = False

    def handler(self, cls: type) -> int | None:
        """Which handler takes an exception of this class."""
        for k, (classes, _) in enumerate(self.handlers):
            if issubclass(cls, classes):
                return k
        return None


@dataclass(eq=False)
class Split:
    """A region that was opened where something may raise; ``bad`` is run on the other path when it is closed."""

    pred: Atom
    mark: int
    serial: int
    outer: Builder
    inner: Builder
    bad: Callable[[], None]
    node: ast.AST | None
    live: Iterable[str] | None = None


class Protection(Exceptions):
    """Splitting paths, and closing the splits at the ends of blocks."""

    splits: list[Split]
    in_test = False

    # -- exceptions in flight --------------------------------------------------------------------------------------

    def caught_by(self, cls: type) -> Protected | None:
        return next((e for e in reversed(self.tries) if e.handler(cls) is not None), None)

    def payload(self, exception: Record) -> Payload:
        """What is set where an exception is in flight."""
        code = self.session.classes.setdefault(exception.cls, len(self.session.classes))
        return {"$code": Known(code), f"$exc{code}": exception}

    def in_flight(self, payload: Payload) -> None:
        """Set the flags of an exception in the present frame."""
        variables = self.frame.variables
        for name, value in ({"$raised": TRUE, "$returned": TRUE} | payload).items():
            self.state.write(variables, name, value)

    def landed(self) -> None:
        """Clear them."""
        variables = self.frame.variables
        self.state.write(variables, "$raised", FALSE)
        self.state.write(variables, "$returned", FALSE)
        for name in [n for n in variables if n.startswith("$exc") or n == "$code"]:
            self.state.write(variables, name, UNBOUND)

    def not_raised(self, flag: Atom) -> None:
        """The flags on the path where nothing was raised."""
        variables = self.frame.variables
        if variables.get("$returned") is flag:
            self.state.write(variables, "$returned", FALSE)
        self.state.write(variables, "$raised", FALSE)

    def emit_raise(self, cls: type, args: Sequence[Abstract]) -> None:
        if self.tries and self.caught_by(cls) is not None:
            raise Raised(self.payload(self.new_exception(cls, tuple(args), {})))
        super().emit_raise(cls, args)

    def raise_record(self, exception: Record, made: Sequence[Abstract]) -> None:
        if self.tries and self.caught_by(exception.cls) is not None:
            raise Raised(self.payload(exception))
        super().raise_record(exception, made)

    def raise_unmade(self, exception: Record, again: Any) -> None:
        if self.tries and self.caught_by(exception.cls) is not None:
            raise Raised(self.payload(exception))
        super().raise_unmade(exception, again)

    # -- operations ------------------------------------------------------------------------------------------------

    def emits(self, prim: Primitive, *args: Any, names: Any = (), **kwargs: Any) -> tuple[Value, ...]:
        if self.tries and prim.name != "raise":
            for cls, guard in possible(prim, args):
                self.before(prim, cls, guard, args, kwargs)
        if self.trapping and may_trap(prim, args):
            self.before_trap(prim, args, kwargs)
        return super().emits(prim, *args, names=names, **kwargs)

    def before(self, prim: Primitive, cls: type, guard: Guard | None, args: Sequence[Any], kwargs: dict[str, Any]) -> None:  # noqa: E501
        """Split the path before an operation that may raise ``cls``, or something more special."""
        elementwise = prim.elementwise and cls is ValueError
        if elementwise and len({self.shape_root(a) for a in args if isinstance(a, Value) and isinstance(a.type, Array)}) == 1:  # noqa: E501
            return  # of one shape
        for special in self.interesting(cls):
            which = args[:2] if guard is INDEX else args
            key = special, "index" if guard is INDEX else "shape" if elementwise else prim.name, tuple(map(Key, which))
            if key in self.passed:
                continue
            if special is cls and guard is not None:
                pred = self.unwatched(lambda: self.condition(guard, args))
            else:
                pred = self.unwatched(lambda special=special: self.trial(prim, special, args, kwargs))  # type: ignore[misc]
            if pred is False:
                continue
            message = message_of(prim, special, args)

            def bad(special: type = special, message: Any = message) -> None:
                self.in_flight(self.payload(self.of_operation(special, message)))

            if pred is True:
                raise Raised(self.payload(self.of_operation(special, message)))
            self.split(pred, bad)
            self.state.write(self.passed, key, True)

    def before_trap(self, prim: Primitive, args: Sequence[Any], kwargs: dict[str, Any]) -> None:
        """Split the path before an operation that raises FloatingPointError, under ``np.errstate``."""
        function = function_of(prim)
        if function is None:
            self.refuse(
                f"{prim.spelling.text or prim.name} under np.errstate that raises",
                why="there is no test for whether it raises", instead="compute it outside of errstate",
            )  # fmt: skip
        modes = Pack("dict", tuple(Literal(v) for v in self.trapping.values()), tuple(self.trapping))
        if FloatingPointError not in self.interesting(FloatingPointError):
            super().emits(structure.trap, modes, function, *args, **kwargs)
            return

        def bad() -> None:
            self.in_flight(self.payload(self.of_operation(FloatingPointError, None)))

        self.split(self.emit(structure.traps, modes, function, *args, name="failed", **kwargs), bad)

    def interesting(self, cls: type) -> list[type]:
        """Of what an operation may raise, the classes that a handler tells apart."""
        out: list[type] = []
        for entry in reversed(self.tries):
            if entry.explicit:
                continue
            for classes, _ in entry.handlers:
                for c in classes:
                    if issubclass(cls, c):
                        return [*out, cls]
                    if issubclass(c, cls) and c not in out:
                        out.append(c)
        return out

    def of_operation(self, cls: type, message: tuple[Any, ...] | None) -> Record:
        """The exception that an operation raises."""
        record = Record(cls)
        args: Any = UNKNOWN_MESSAGE if message is None else pack(list(map(Known, message)))
        content = {"args": args}
        content["$again" if message is None else "$made"] = args
        self.state.write(self.state.heap, record, content)
        return record

    def unwatched(self, job: Callable[[], Any]) -> Any:
        tries, self.tries = self.tries, []
        try:
            return job()
        finally:
            self.tries = tries

    def condition(self, guard: Guard, args: Sequence[Any]) -> Value | bool:
        """Whether an operation raises, as a test on its arguments."""
        if guard is INDEX:
            return self.misses(args)
        tests, absolute, which = guard
        x = self.lift(args[which])
        if absolute:
            x = self.call(Known(abs), (x,))
        out: Value | None = None
        t = self.type_of(x)
        whole = isinstance(t, Scalar) and t.dtype[0] in "iu"
        for op, bound in tests:
            number = int(bound) if whole and float(bound).is_integer() else bound
            truth = self.truth(self.compare(op(), x, Known(number)))
            if truth is False:
                return False
            if isinstance(truth, Value):
                both = truth if out is None else self.binary(ast.BitAnd, out, truth)
                assert isinstance(both, Value)
                out = both
        return True if out is None else out

    def misses(self, args: Sequence[Any]) -> Value | bool:
        """Whether an index made of integers and slices lies outside of an array or list."""
        out: Value | bool = False
        base, items = args[0], integer_items(args) or []
        for axis, i in items:
            index, n = self.lift(i), self.size_along(base, axis)
            above = self.truth(self.compare(ast.GtE(), index, n))
            below = self.truth(self.compare(ast.Lt(), index, self.unary_minus(n)))
            if isinstance(index, Known) and index.value >= 0:
                below = False
            if isinstance(index, Known) and index.value < 0:
                above = False
            if isinstance(i, Value) and i in self.counted:
                below = False
            for test in (above, below):
                if test is True or out is True:
                    out = True
                elif isinstance(test, Value):
                    both = test if out is False else self.either(out, test)
                    assert isinstance(both, Value)
                    out = both
        return out

    def size_along(self, base: Value, axis: int) -> Abstract:
        known = self.lengths.get(base) if axis == 0 else None
        if known is not None:
            return Known(known)
        array = isinstance(base.type, Array)
        return self.lift(self.emit(structure.dim, base, axis) if array else self.emit(structure.list_len, base))

    def unary_minus(self, n: Abstract) -> Abstract:
        return Known(-n.value) if isinstance(n, Known) else self.lift(self.emit(self.prim("neg"), self.to_arg(n)))

    def trial(self, prim: Primitive, cls: type, args: Sequence[Any], kwargs: dict[str, Any]) -> Value:
        """Whether an operation raises, found by trying it."""
        function = function_of(prim)
        if function is None or any(isinstance(a, Pack) and a.kind == "slice" for a in args):
            self.refuse(
                f"an operation ({prim.name.replace('_', ' ')}) whose {cls.__name__} this try would catch",
                why="there is no test for whether it raises",
                instead="test for it with if, outside of try",
            )
        error = Ref(cls, self.exception_path(cls))
        return self.emit(structure.raises, error, function, *args, name="failed", **kwargs)

    def either(self, a: Atom, b: Atom) -> Atom:
        return self.unwatched(lambda: super(Protection, self).either(a, b))  # type: ignore[no-any-return]

    def constant(self, known: Known) -> Arg:
        """What was computed from constants did not raise then, and does not now."""
        if known.expression is None or not (self.tries or self.trapping):
            return super().constant(known)
        trapping, self.trapping = self.trapping, {}
        try:
            return self.unwatched(lambda: super(Protection, self).constant(known))  # type: ignore[no-any-return]
        finally:
            self.trapping = trapping

    # -- splits ----------------------------------------------------------------------------------------------------

    def split(self, pred: Atom, bad: Callable[[], None]) -> None:
        """From here to the end of the block only the path on which ``pred`` is false goes on."""
        if self.in_test:
            raise TestRaises
        mark, outer = self.state.mark(), self.builder
        self.builder = inner = self.open_builder()
        self.splits.append(Split(pred, mark, self.serial, outer, inner, bad, self.node))

    def while_loop(self, node: ast.While, key: Any, walrus: bool) -> None:
        if not self.tries or walrus:
            super().while_loop(node, key, walrus)
            return
        mark, splits, calls = self.state.mark(), len(self.splits), len(self.calls)
        depth, builder, frames, meaning = len(self.open), self.builder, len(self.frames), self.meaning
        try:
            super().while_loop(node, key, False)
        except TestRaises:
            del self.splits[splits:], self.open[depth:], self.frames[frames:], self.calls[calls:]
            self.builder, self.meaning = builder, meaning
            self.state.undo(mark)
            super().while_loop(node, key, True)

    def tested(self, node: ast.While) -> Abstract:
        before, self.in_test = self.in_test, bool(self.tries)
        try:
            return super().tested(node)
        finally:
            self.in_test = before

    def raising(self, job: Callable[[], None]) -> None:
        if not self.tries:
            super().raising(job)
            return
        base = len(self.splits)
        self.close(base, self.protect(job))

    def protect(self, job: Callable[[], None]) -> bool:
        """Run a block; its splits stay open. Whether its end is not reached at all."""
        base, depth, frames, calls = len(self.splits), len(self.open), len(self.frames), len(self.calls)
        meaning, builder = self.meaning, self.builder

        def back() -> None:
            del self.frames[frames:], self.calls[calls:]
            self.meaning = meaning
            del self.open[depth + len(self.splits) - base :]
            self.builder = self.splits[-1].inner if len(self.splits) > base else builder

        try:
            super().raising(job)
        except Raised as raised:
            back()
            self.in_flight(raised.payload)
        except Unreachable:
            back()
            return True
        except (Restart, TestRaises):
            del self.splits[base:]
            raise
        except Exception as error:
            exception = self.own_exception(error)
            if exception is None:
                del self.splits[base:]
                raise
            back()
            self.in_flight(self.payload(exception))
        return False

    def own_exception(self, error: Exception) -> Record | None:
        """The program's own exception, raised while tracing, where a handler takes it."""
        cls: Any = type(error)
        start = "Python would raise "
        if isinstance(error, InputError) and error.why.startswith(start):
            cls = BUILTIN.get(error.why[len(start) :].split(":")[0])
            message: tuple[Any, ...] | None = (error.what,) if cls is AttributeError or cls is TypeError else None
        elif isinstance(error, Error) or not is_programs_own(error):
            return None
        else:
            message = error.args if all(isinstance(a, str | int | float | None) for a in error.args) else None
        if cls is None or self.caught_by(cls) is None:
            return None
        return self.of_operation(cls, message)

    def close(self, base: int, dead: bool) -> None:
        """Close the splits of a block: its two ends become one."""
        while len(self.splits) > base:
            split = self.splits.pop()
            reads = self.state.reads(split.mark)
            good = Side(self.state.take(split.mark), split.inner, dead, reads, split.serial)
            self.builder = split.outer
            self.open.pop()
            here = self.node
            bad = self.branch(split.bad)
            self.node = split.node
            super().merge(split.pred, bad, good, self.frame.code.names if split.live is None else split.live)
            self.node = here
            dead = good.dead and bad.dead
        if dead:
            raise Unreachable

    def merge(self, pred: Atom, a: Side, b: Side, live: Iterable[str]) -> None:
        super().merge(pred, a, b, live)
        if self.tries and not (a.dead and b.dead):
            self.go_on_unless_raised()

    def go_on_unless_raised(self) -> None:
        """After paths met: what follows in the block is for those on which nothing was raised."""
        variables = self.frame.variables
        flag = variables.get("$raised", FALSE)
        if isinstance(flag, Known):
            if flag.value is True:
                raise Raised(held_in(self.frame))
            return
        assert isinstance(flag, Value)
        payload = held_in(self.frame)
        self.split(flag, lambda: self.in_flight(payload))
        self.not_raised(flag)

    def left(self, frame: Frame) -> None:
        """A function, or the loop of a comprehension, has ended: an exception in flight in it goes on here."""
        flag = frame.variables.get("$raised", FALSE)
        if isinstance(flag, Known) and flag.value is False:
            return
        payload = held_in(frame)
        if isinstance(flag, Known):
            raise Raised(payload)
        assert isinstance(flag, Value)
        self.split(flag, lambda: self.in_flight(payload))
        if frame.variables.get("$returned") is flag:
            self.state.write(frame.variables, "$returned", FALSE)
        self.state.write(frame.variables, "$raised", FALSE)


def held_in(frame: Frame) -> Payload:
    """What is in flight in a frame."""
    return {k: v for k, v in frame.variables.items() if k == "$code" or k.startswith("$exc")}


BUILTIN: dict[str, type[BaseException]] = {
    c.__name__: c
    for c in (TypeError, ValueError, AttributeError, KeyError, IndexError, ZeroDivisionError, OverflowError, NameError,
              UnboundLocalError, LookupError, ArithmeticError, ImportError, ModuleNotFoundError)
}  # fmt: skip

__all__ = ["Literal", "Poison", "Protected", "Protection", "Raised", "TestRaises", "TupleOf"]
