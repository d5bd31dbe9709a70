"""Which values are written into the expression that uses them, and so need no variable.

A value with one use, made by a pure operation in the same region, moves to that use as long as the line stays short
and nothing in between changes, in place, an array that it reads. Nothing moves into a loop or a branch. Sizes and
small index arithmetic (``len(x)``, ``i - 1``) are short enough to be written at each of several uses.
"""

from __future__ import annotations

from collections.abc import Iterable

from s2sad.emit.mutation import COPY, MUTATORS, version
from s2sad.emit.sharing import Classes
from s2sad.ir.core import (
    Apply,
    Arg,
    Atom,
    Call,
    For,
    If,
    Literal,
    Op,
    Pack,
    Ref,
    Region,
    Trace,
    Value,
    While,
    atoms_of,
    regions,
    values_of,
)
from s2sad.ir.types import BOOL, Array, Scalar
from s2sad.ir.walk import all_ops

WIDTH = 88  # of a statement, as estimated before there are names
NAMED = 60  # the same where a value that has the user's name would lose it
REPEATS = 6  # so often may index arithmetic be written out


def inline_values(trace: Trace, classes: Classes, kept: Iterable[Value] = ()) -> dict[Value, Call]:
    """The values that have no variable, with the call that is written where they are used; ``kept`` have one."""
    return _Nesting(trace, classes, kept).run()


def is_logical(op: Op) -> bool:
    """Whether a branch is written as ``p and q`` or ``p or q``, in the line of what is around it."""
    if not isinstance(op, If) or len(op.results) != 1 or op.results[0].name is not None or op.pred.type != BOOL:
        return False
    return not op.orelse.ops and op.orelse.yields == (Literal(False),) or (
        not op.then.ops and op.then.yields == (Literal(True),)
    )


class _Nesting:
    def __init__(self, trace: Trace, classes: Classes, kept: Iterable[Value] = ()) -> None:
        self.trace, self.classes = trace, classes
        self.kept = frozenset(kept)
        self.inline: dict[Value, Call] = {}
        self.size: dict[Value, int] = {}
        self.count: dict[Value, int] = {}
        self.changed_in: dict[Op, frozenset[Value]] = {}
        self.changed_values: set[Value] = set()
        self.params = {p.value for p in trace.params}
        self.loop_of: dict[Value, int] = {}

    def run(self) -> dict[Value, Call]:
        self.count_uses()
        self.region(self.trace.body, self.trace.result, 1)
        return self.inline

    def count_uses(self) -> None:
        count = self.count

        def use(args: Iterable[Arg]) -> None:
            for v in values_of(*args):
                count[v] = count.get(v, 0) + 1

        order = list(all_ops(self.trace.body.ops))
        for op in order:
            match op:
                case Call(args=args, kwargs=kwargs):
                    use((*args, *(v for _, v in kwargs)))
                case Apply(args=args):
                    use(args)
                case If(pred=pred):
                    use((pred, *op.then.yields, *op.orelse.yields))
                case For():
                    use((op.start, op.stop, op.step, *op.inits, *op.body.yields))
                case While():
                    use((*op.inits, *op.cond.yields, *op.body.yields))
        use((self.trace.result,))
        for op in reversed(order):
            groups: set[Value] = set()
            if isinstance(op, Call) and (change := version(op)) is not None:
                groups.add(self.classes.find(change[0]))
                self.changed_values.update(change)
            for region in regions(op):
                for inner in region.ops:
                    groups |= self.changed_in.get(inner, frozenset())
            if groups:
                self.changed_in[op] = frozenset(groups)

    # sizes, as characters

    def atom_size(self, atom: Atom) -> int:
        match atom:
            case Value():
                return self.size.get(atom) or len(atom.name or "v1")
            case Literal(value=value):
                return len(repr(value))
            case Ref(path=path):
                return len(path)

    def arg_size(self, arg: Arg) -> int:
        if not isinstance(arg, Pack):
            return self.atom_size(arg)
        if arg.kind == "slice":
            return 2 + sum(self.arg_size(i) for i in arg.items if not (isinstance(i, Literal) and i.value is None))
        return 2 + sum(self.arg_size(i) + 2 for i in arg.items)

    def call_size(self, op: Call) -> int:
        args = [*op.args, *(v for _, v in op.kwargs)]
        total = sum(self.arg_size(a) for a in args) + sum(len(k) + 1 for k, _ in op.kwargs)
        match op.prim.spelling.style:
            case "operator":
                return total + 3 + len(op.prim.spelling.text) - 1
            case "special":
                return total + 7
            case _:
                return total + len(op.prim.spelling.text) + 2 * len(args)

    # which

    def movable(self, op: Op) -> bool:
        return (
            isinstance(op, Call) and len(op.results) == 1 and not op.prim.effect and op.prim.name not in MUTATORS
            and op.prim.name not in ("raise", "section")
        )  # fmt: skip

    def repeatable(self, op: Op) -> bool:
        """Whether it may be written at each of a few uses: sizes, and sums of an integer and a small literal."""
        if not isinstance(op, Call) or len(op.results) != 1 or op.results[0].name is not None:
            return False
        if self.count.get(op.results[0], 0) > REPEATS:
            return False
        if op.prim.name == "dim":
            first = op.args[0]
            return isinstance(first, Value) and (first in self.params or first not in self.changed_values) and first not in self.loop_of  # noqa: E501
        t = op.results[0].type
        if op.prim.name in ("add", "sub") and isinstance(t, Scalar) and t.dtype == "i64":
            return all(
                isinstance(a, Value) and a not in self.inline or isinstance(a, Literal) and len(repr(a.value)) < 3
                for a in op.args
            ) and any(isinstance(a, Literal) for a in op.args)  # fmt: skip
        return False

    def region(
        self, region: Region, result: Arg | None, indent: int, carried: int = 0, flag: Atom | None = None
    ) -> None:
        pending: dict[Value, Call] = {}
        readers: dict[Value, list[Value]] = {}  # class -> pending values that read it
        local: dict[Value, Call] = {}
        for op in region.ops:
            self.consume(op, pending, indent)
            if isinstance(op, Call) and op.prim.name == "section":
                pending.clear()
                readers.clear()
            for group in self.changed_in.get(op, ()):
                for value in readers.pop(group, ()):
                    pending.pop(value, None)
            for k, inner in enumerate(regions(op)):
                for param in inner.params:
                    self.loop_of[param] = 1
                condition = isinstance(op, While) and k == 0
                exits = isinstance(op, For | While) and op.exits and not condition
                in_line = is_logical(op) or isinstance(op, If) and k == 1 and self.is_case(inner)
                self.region(
                    inner, Pack("tuple", inner.yields) if condition else None, indent + (not in_line),
                    len(op.results) if isinstance(op, For | While) else 0, inner.yields[-1] if exits else None,
                )  # fmt: skip
            if not isinstance(op, Call) or not self.movable(op):
                continue
            value = op.results[0]
            if value in self.kept:
                continue
            count = self.count.get(value, 0)
            if count == 1:
                pending[value] = op
                for v in self.reads(op):
                    readers.setdefault(self.classes.find(v), []).append(value)
            elif count > 1 and self.repeatable(op):
                local[value] = op
                self.inline[value] = op
                self.size[value] = self.call_size(op)
        if result is not None:
            for v in [v for v in pending if v.name is not None and v.name.endswith(("_bar", "_dot"))]:
                del pending[v]  # what is returned keeps its name
            self.consume_args([result], pending, 8 + 4 * indent)
            return
        if isinstance(flag, Value) and flag in pending and not set(region.params) & set(self.reads(pending[flag])):
            self.consume_args([flag], pending, 8 + 4 * indent)  # read after the next values have been written
        self.consume_yields(region, pending, 4 * indent, carried)

    def is_case(self, orelse: Region) -> bool:
        """Whether an ``else`` holds nothing but an ``if`` and its test, so that it is written as ``elif``."""
        *before, last = orelse.ops or (None,)
        return isinstance(last, If) and all(self.movable(op) and self.count.get(op.results[0]) == 1 for op in before)

    def reads(self, op: Call) -> Iterable[Value]:
        """Values that the expression of this call reads, through what is nested in it."""
        stack = list(values_of(*op.args, *(v for _, v in op.kwargs)))
        while stack:
            value = stack.pop()
            if (inner := self.inline.get(value)) is not None:
                stack.extend(values_of(*inner.args, *(v for _, v in inner.kwargs)))
            else:
                yield value

    def consume(self, op: Op, pending: dict[Value, Call], indent: int) -> None:
        room = 4 * indent
        match op:
            case Call(args=args, kwargs=kwargs):
                if version(op) is not None:
                    self.consume_args(args[1:], pending, room + self.arg_size(args[0]) + 4)
                else:
                    target = len(op.results[0].name or "v1") + 3 if op.results else 0
                    self.consume_args([*args, *(v for _, v in kwargs)], pending, room + self.overhead(op) + target)
            case Apply(args=args):
                self.consume_args(args, pending, room + 20)
            case If(pred=pred):
                self.consume_args([pred], pending, room + 4)
            case For():
                self.consume_args([op.start, op.stop, op.step], pending, room + 20)
                # initial values keep their own statement: it writes the carried variable itself
            case While():
                pass

    def overhead(self, op: Call) -> int:
        values = values_of(*op.args, *(v for _, v in op.kwargs))
        return self.call_size(op) - sum(self.atom_size(v) for v in values)

    def consume_yields(self, region: Region, pending: dict[Value, Call], room: int, width: int) -> None:
        """A yield is written into the move that ends the region where its variable is still in use by another yield."""
        carried = region.params[-width:] if width else ()
        yielded = {y for y in region.yields[:width] if isinstance(y, Value)}
        for param, atom in zip(carried, region.yields, strict=False):
            if isinstance(atom, Value) and atom in pending and param in yielded:
                self.consume_args([atom], pending, room + 20)

    def consume_args(self, args: Iterable[Arg], pending: dict[Value, Call], room: int) -> None:
        """Write pending values into the statement that has ``room`` characters already, shortest first."""
        found: dict[Value, int] = {}
        free = room
        for arg in args:
            for atom in atoms_of(arg):
                if isinstance(atom, Value) and atom in pending:
                    found[atom] = self.call_size(pending[atom])
                else:
                    free += self.atom_size(atom)
        for value, size in sorted(found.items(), key=lambda item: item[1]):
            op = pending[value]
            limit = NAMED if value.name is not None and op.prim is not COPY else WIDTH
            if isinstance(value.type, Array) and value.name is not None and op.prim.spelling.style == "helper":
                limit = 0
            if free + size + 2 * (len(found) - 1) <= limit:
                del pending[value]
                self.inline[value] = op
                self.size[value] = size + 2
                free += size + 2
