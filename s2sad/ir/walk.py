"""Ways through a trace: visiting, renaming, asking what is used. All iterative over program length."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from s2sad.ir.core import (
    Apply,
    Arg,
    Atom,
    Call,
    For,
    Function,
    If,
    Op,
    Pack,
    Region,
    Trace,
    Value,
    While,
    operands,
    regions,
    values_of,
)


def map_arg(arg: Arg, f: Callable[[Atom], Arg]) -> Arg:
    """The argument with every atom replaced."""
    if isinstance(arg, Pack):
        items = tuple(map_arg(item, f) for item in arg.items)
        return arg if all(a is b for a, b in zip(items, arg.items, strict=True)) else replace(arg, items=items)
    return f(arg)


def all_ops(ops: Iterable[Op]) -> Iterator[Op]:
    """Every operation, outer before inner, in program order."""
    stack: list[Iterator[Op]] = [iter(ops)]
    while stack:
        for op in stack[-1]:
            yield op
            if not isinstance(op, Call) and (inner := regions(op)):
                stack += [iter(region.ops) for region in reversed(inner)]
                break
        else:
            stack.pop()


def free_values(region: Region) -> dict[Value, None]:
    """Values that a region reads from around it, in order of first use (a dict serves as an ordered set)."""
    born: set[Value] = set(region.params)
    free: dict[Value, None] = {}

    def use(values: Iterable[Value]) -> None:
        for v in values:
            if v not in born:
                free[v] = None

    for op in region.ops:
        use(operands(op))
        for inner in regions(op):
            use(free_values(inner))
        born.update(op.results)
    use(values_of(*region.yields))
    return free


def reads(op: Op) -> dict[Value, None]:
    """Values from around it that an operation reads, its regions included."""
    out = dict.fromkeys(operands(op))
    for region in regions(op):
        out.update(free_values(region))
    return out


def all_reads(trace: Trace) -> set[Value]:
    """The values that some operation, some region or the result reads."""
    out = set(values_of(trace.result))
    for op in all_ops(trace.body.ops):
        out.update(operands(op))
        for region in regions(op):
            out.update(values_of(*region.yields))
    return out


def map_regions(op: Op, f: Callable[[Region], Region]) -> Op:
    """The operation with ``f`` of each region that is nested in it, in their order."""
    match op:
        case If():
            return replace(op, then=f(op.then), orelse=f(op.orelse))
        case For():
            return replace(op, body=f(op.body))
        case While():
            return replace(op, cond=f(op.cond), body=f(op.body))
        case _:
            return op


def substitute(op: Op, mapping: Mapping[Value, Arg]) -> Op:
    """The operation with values replaced, in nested regions too; its own results stay."""
    if not mapping:
        return op

    def swap(atom: Atom) -> Arg:
        return mapping.get(atom, atom) if isinstance(atom, Value) else atom

    def swap_atom(atom: Atom) -> Atom:
        out = swap(atom)
        assert not isinstance(out, Pack)
        return out

    def swap_region(region: Region) -> Region:
        ops = tuple(substitute(o, mapping) for o in region.ops)
        return Region(region.params, ops, tuple(map(swap_atom, region.yields)))

    match op:
        case Call(args=args, kwargs=kwargs):
            return replace(
                op, args=tuple(map_arg(a, swap) for a in args), kwargs=tuple((k, map_arg(v, swap)) for k, v in kwargs)
            )
        case If():
            return replace(op, pred=swap_atom(op.pred), then=swap_region(op.then), orelse=swap_region(op.orelse))
        case For():
            return replace(
                op, start=swap_atom(op.start), stop=swap_atom(op.stop), step=swap_atom(op.step),
                inits=tuple(map(swap_atom, op.inits)), body=swap_region(op.body),
            )  # fmt: skip
        case While():
            return replace(
                op, inits=tuple(map(swap_atom, op.inits)), cond=swap_region(op.cond), body=swap_region(op.body)
            )
        case Apply(args=args):
            return replace(op, args=tuple(map_arg(a, swap) for a in args))


def copy_ops(ops: Iterable[Op], mapping: dict[Value, Arg]) -> tuple[Op, ...]:
    """Operations with fresh results and region parameters; ``mapping`` (old to new) is read and extended."""

    def fresh(v: Value) -> Value:
        new = Value(v.type, v.name)
        mapping[v] = new
        return new

    def swap(atom: Atom) -> Arg:
        return mapping.get(atom, atom) if isinstance(atom, Value) else atom

    def swap_atom(atom: Atom) -> Atom:
        out = swap(atom)
        assert not isinstance(out, Pack)
        return out

    def copy_region(region: Region) -> Region:
        params = tuple(map(fresh, region.params))
        inner = copy_ops(region.ops, mapping)
        return Region(params, inner, tuple(map(swap_atom, region.yields)))

    out: list[Op] = []
    for op in ops:
        match op:
            case Call(args=args, kwargs=kwargs):
                new_args = tuple(map_arg(a, swap) for a in args)
                new_kwargs = tuple((k, map_arg(v, swap)) for k, v in kwargs)
                new: Op = replace(op, args=new_args, kwargs=new_kwargs, results=tuple(map(fresh, op.results)))
            case If():
                then, orelse = copy_region(op.then), copy_region(op.orelse)
                pred = swap_atom(op.pred)
                new = replace(op, pred=pred, then=then, orelse=orelse, results=tuple(map(fresh, op.results)))
            case For():
                new = replace(
                    op, start=swap_atom(op.start), stop=swap_atom(op.stop), step=swap_atom(op.step),
                    inits=tuple(map(swap_atom, op.inits)), body=copy_region(op.body),
                    results=tuple(map(fresh, op.results)),
                )  # fmt: skip
            case While():
                new = replace(
                    op, inits=tuple(map(swap_atom, op.inits)), cond=copy_region(op.cond), body=copy_region(op.body),
                    results=tuple(map(fresh, op.results)),
                )  # fmt: skip
            case Apply(args=args):
                new = replace(
                    op, args=tuple(map_arg(a, swap) for a in args), results=tuple(map(fresh, op.results))
                )
        out.append(new)
    return tuple(out)


def result_values(trace: Trace) -> tuple[Value, ...]:
    """The values in a trace's result, in order, with repeats."""
    return tuple(values_of(trace.result))


def is_recursive(function: Function) -> bool:
    """Whether a function calls itself, if through others. One that is still being traced may."""
    seen: set[Function] = set()
    pending = [function]
    while pending:
        f = pending.pop()
        if f.trace is None:
            return True
        for op in all_ops(f.trace.body.ops):
            if isinstance(op, Apply):
                if op.callee is function:
                    return True
                if op.callee not in seen:
                    seen.add(op.callee)
                    pending.append(op.callee)
    return False
