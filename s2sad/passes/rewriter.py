"""Walking a trace forwards while replacing values: what passes that rewrite operation by operation have in common.

A pass subclasses ``Rewriter`` and says what becomes of each operation, whose operands have been replaced already. It
either emits operations (results keep their identity, so nothing downstream has to be told) or binds a result to an atom
that stands for it from then on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import assert_never

from s2sad.ir.core import Apply, Arg, Atom, Call, For, If, Op, Pack, Ref, Region, Trace, Value, While
from s2sad.ir.core import Literal as Constant
from s2sad.ir.walk import map_arg


class Rewriter:
    """One walk. ``mapping`` says which atom stands for a value that is gone; ``changed`` whether anything is new."""

    def __init__(self) -> None:
        self.mapping: dict[Value, Atom] = {}
        self.out: list[Op] = []
        self.changed = False

    # what a pass says

    def call(self, op: Call) -> None:
        """What becomes of a call."""
        self.emit(op)

    def branch(self, op: If) -> None:
        """What becomes of an ``If`` whose regions have been rewritten."""
        self.emit(op)

    def loop(self, op: For) -> None:
        """What becomes of a ``For`` whose body has been rewritten."""
        self.emit(op)

    def repeat(self, op: While) -> None:
        """What becomes of a ``While`` whose regions have been rewritten."""
        self.emit(op)

    def before(self, op: If | For | While) -> Op | None:
        """A look at an operation before its regions are rewritten. None where it has been dealt with."""
        return op

    def enter(self) -> None:
        """A region begins."""

    def leave(self) -> None:
        """A region ends."""

    # what a pass does

    def emit(self, op: Op) -> None:
        self.out.append(op)

    def bind(self, value: Value, atom: Atom) -> None:
        """From here on ``atom`` stands for ``value``."""
        self.mapping[value] = atom
        self.changed = True

    # the walk

    def swap(self, atom: Atom) -> Atom:
        return self.mapping.get(atom, atom) if isinstance(atom, Value) else atom

    def swap_arg(self, arg: Arg) -> Arg:
        return map_arg(arg, self.swap)

    def swap_args(self, args: tuple[Arg, ...]) -> tuple[Arg, ...]:
        """The arguments with values replaced; the same tuple where none is."""
        mapping = self.mapping
        if not mapping:
            return args
        changed = False
        out: list[Arg] = []
        for arg in args:
            new: Arg = arg
            if isinstance(arg, Value):
                new = mapping.get(arg, arg)
            elif isinstance(arg, Pack):
                new = map_arg(arg, self.swap)
            changed = changed or new is not arg
            out.append(new)
        return tuple(out) if changed else args

    def swap_all(self, atoms: tuple[Atom, ...]) -> tuple[Atom, ...]:
        return tuple(map(self.swap, atoms)) if atoms else atoms

    def trace(self, trace: Trace) -> Trace:
        """The rewritten trace; the same one where nothing changed."""
        ops = self.ops(trace.body.ops)
        return trace.with_body(ops, self.swap_arg(trace.result)) if self.changed else trace

    def ops(self, ops: Iterable[Op]) -> tuple[Op, ...]:
        outer, self.out = self.out, []
        for op in ops:
            self.op(op)
        inner, self.out = tuple(self.out), outer
        return inner

    def op(self, op: Op) -> None:
        """Rewrite one operation, operands first."""
        match op:
            case Call(args=args, kwargs=kwargs):
                new_args = self.swap_args(args)
                options = tuple([v for _, v in kwargs]) if kwargs else ()
                new_options = self.swap_args(options)
                if new_args is not args or new_options is not options:
                    keywords = tuple(zip([k for k, _ in kwargs], new_options, strict=True))
                    op = replace(op, args=new_args, kwargs=keywords)
                self.call(op)
            case Apply(args=args):
                new_args = self.swap_args(args)
                self.emit(op if new_args is args else replace(op, args=new_args))
            case If() | For() | While():
                self.structured(op)
            case _:
                assert_never(op)

    def structured(self, op: If | For | While) -> None:
        head: Op | None = self.heads(op)
        assert isinstance(head, If | For | While)
        head = self.before(head)
        match head:
            case If():
                then, orelse = self.region(head.then), self.region(head.orelse)
                if then is not head.then or orelse is not head.orelse:
                    head = replace(head, then=then, orelse=orelse)
                self.branch(head)
            case For():
                body = self.region(head.body)
                self.loop(head if body is head.body else replace(head, body=body))
            case While():
                cond, body = self.region(head.cond), self.region(head.body)
                if cond is not head.cond or body is not head.body:
                    head = replace(head, cond=cond, body=body)
                self.repeat(head)
            case None:
                pass
            case Call() | Apply():
                self.op(head)
            case _:
                assert_never(head)

    def heads(self, op: If | For | While) -> If | For | While:
        """The operation with its own operands replaced."""
        match op:
            case If(pred=pred):
                new = self.swap(pred)
                return op if new is pred else replace(op, pred=new)
            case For(start=start, stop=stop, step=step, inits=inits):
                bounds = self.swap_all((start, stop, step))
                values = self.swap_all(inits)
                if _same(bounds, (start, stop, step)) and _same(values, inits):
                    return op
                return replace(op, start=bounds[0], stop=bounds[1], step=bounds[2], inits=values)
            case While(inits=inits):
                values = self.swap_all(inits)
                return op if _same(values, inits) else replace(op, inits=values)
            case _:
                assert_never(op)

    def region(self, region: Region) -> Region:
        self.enter()
        ops = self.ops(region.ops)
        yields = self.swap_all(region.yields)
        self.leave()
        if _same(ops, region.ops) and _same(yields, region.yields):
            return region
        return Region(region.params, ops, yields)


def _same(a: Sequence[object], b: Sequence[object]) -> bool:
    return len(a) == len(b) and all(x is y for x, y in zip(a, b, strict=True))


def is_literal(arg: Arg, value: int | float) -> bool:
    """Whether an argument is this number, as an int or a float; ``True`` and ``-0.0`` are not ``1`` and ``0``."""
    if not isinstance(arg, Constant) or type(arg.value) not in (int, float):
        return False
    return bool(arg.value == value) and not (value == 0 and str(arg.value).startswith("-"))


def same_arg(a: Arg, b: Arg) -> bool:
    """Whether two arguments are the same atoms in the same structure."""
    match a, b:
        case Pack(), Pack():
            return (
                (a.kind, a.keys, a.cls, len(a.items)) == (b.kind, b.keys, b.cls, len(b.items))
                and all(same_arg(x, y) for x, y in zip(a.items, b.items, strict=True))
            )  # fmt: skip
        case (Constant(), Constant()) | (Ref(), Ref()):
            return a == b
        case _:
            return a is b
