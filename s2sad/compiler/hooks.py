"""What ``stop_gradient`` and ``insert_cotangent`` mean in a traced function.

Both are operations that hand on what they get, and are not written (``emit/transparent.py``). The first has derivative
zero. The second has the user's code as its pullback: traced on the spot, it is put into the reverse sweep where that
comes by; tangents pass it unchanged.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from s2sad.errors import TraceError
from s2sad.front.calls import Calls
from s2sad.front.machine import Unreachable
from s2sad.front.state import ABSENT
from s2sad.front.storage import relate
from s2sad.front.values import Abstract, DictOf, Known, ListOf, Optional, Record, TupleOf, View
from s2sad.ir.core import Arg, Atom, Call, Literal, Op, Pack, Region, Value, values_of
from s2sad.ir.primitive import Spelling
from s2sad.ir.transparent import HOOK, UNWRITTEN
from s2sad.ir.types import Array, carried_tangent, is_inexact
from s2sad.ir.walk import free_values, map_arg
from s2sad.prims import structure
from s2sad.prims.primitive import primitive
from s2sad.rules.batching import Batch, Result, batches
from s2sad.rules.book import Rule, Ruled, constant
from s2sad.transforms.bodies import RuleTrace

stop = primitive(
    "stop_gradient", lambda x: x, lambda x: x.type, style="special", text=UNWRITTEN, alias="maybe", cost="free",
    calls=(),
)  # fmt: skip
constant(stop)


@batches(stop)
def stop_rows(b: Batch, call: Call, moved: set[str]) -> Result:
    """All rows are constants where each is."""
    return b.call(stop, b.of(call.args[0]))


# -- stop_gradient ----------------------------------------------------------------------------------------------------


def traced_stop(machine: Calls, x: Abstract) -> Abstract:
    """``stop_gradient`` of an abstract value: a container of its own, of the same numbers and arrays."""
    return leaves_replaced(machine, x, lambda atom: machine.emit(stop, atom), "stop_gradient")


def leaves_replaced(machine: Calls, value: Abstract, make: Callable[[Value], Value], what: str) -> Abstract:
    """A value with its floats replaced; arrays share their memory with those that they stand for."""

    def go(value: Abstract) -> Abstract:
        match value:
            case View():
                held = machine.read(value)
                if not isinstance(held, Value) or not is_inexact(held.type):
                    return value
                out = machine.wrap(make(held))
                if isinstance(out, View):
                    for other in (value.root, *value.root.may):
                        relate(out.root, other)
                return out
            case Value():
                return machine.wrap(make(value)) if is_inexact(value.type) else value
            case TupleOf(items=items, cls=cls):
                return TupleOf(tuple(map(go, items)), cls)
            case ListOf():
                content = machine.content(value)
                if isinstance(content, tuple):
                    return machine.new_list(list(map(go, content)))
                return machine.wrap(make(content)) if is_inexact(content.type) else value
            case DictOf():
                content = machine.content(value)
                return machine.container("dict", tuple(content), list(map(go, content.values())), None)
            case Record(cls=cls) if hasattr(cls, "__dataclass_fields__"):
                content = machine.content(value)
                return machine.container("dataclass", tuple(content), list(map(go, content.values())), cls)
            case Record() | Optional():
                machine.refuse(f"{what} of {machine.describe(value)}", instead="apply it to its numbers and arrays")
            case _:
                return value

    return go(value)


# -- insert_cotangent -------------------------------------------------------------------------------------------------


def traced_insert(machine: Calls, x: Abstract, function: Abstract | None = None) -> Abstract:
    """``insert_cotangent(x, function)``; without a function it is for ``with``."""
    if function is None:
        machine.refuse(
            "insert_cotangent without a function, other than in a with statement",
            instead="write with s2sad.insert_cotangent(x) as x_bar: …, or x = s2sad.insert_cotangent(x, function)",
        )

    def body(bar: Abstract) -> Abstract:
        out = machine.call(function, (bar,))
        return bar if isinstance(out, Known) and out.value is None else out

    return inserted(machine, x, body, "x")


def with_cotangent(
    machine: Any, call: ast.Call, target: ast.expr | None, rest: Callable[[], None], node: ast.With
) -> None:
    """``with insert_cotangent(x) as x_bar: body``."""
    place = call.args[0] if call.args else None
    good = len(call.args) == 1 and not call.keywords and (target is None or isinstance(target, ast.Name))
    machine.node = call
    if not good or not isinstance(place, ast.Name | ast.Attribute | ast.Subscript):
        machine.refuse(
            "insert_cotangent of something other than a variable" if good else "this form of insert_cotangent",
            why="the variable is bound anew, to a value whose cotangent is seen",
            instead="write with s2sad.insert_cotangent(x) as x_bar",
        )
    leaving = next((n for s in node.body for n in leaves_body(s)), None)
    if leaving is not None or machine.tries:
        machine.refuse(
            "insert_cotangent in a try" if leaving is None else "leaving the body of insert_cotangent",
            why="the body is run in the reverse sweep, and not here", instead="put it around the body alone",
        )

    def body(bar: Abstract) -> Abstract:
        if target is None:
            rest()
            return bar
        machine.assign(target, bar)
        rest()
        return machine.lookup(target.id, target)  # type: ignore[attr-defined,no-any-return]

    value = machine.evaluate(place)
    made = inserted(machine, value, body, place.id if isinstance(place, ast.Name) else "x")
    machine.node = call
    if isinstance(value, View) and isinstance(made, View) and is_own(machine, value, made):
        for root, other in ((value.root, made.root), (made.root, value.root)):
            root.may.pop(other, None)
        machine.write(value, machine.read(made))  # every name for the array stands for what is handed on
    else:
        machine.assign(stored(place), made)


def is_own(machine: Calls, value: View, made: View) -> bool:
    """Whether an array was made by the function, and shares its memory with no other."""
    given = any(root is value.root for root, _, _ in machine.param_arrays) or value.root in machine.outside
    return value.parent is None and not given and all(other is made.root for other in value.root.may)


def stored(place: ast.expr | None) -> ast.expr:
    """An expression as a target."""
    match place:
        case ast.Name(id=name):
            made: ast.expr = ast.Name(name, ast.Store())
        case ast.Attribute(value=value, attr=attr):
            made = ast.Attribute(value, attr, ast.Store())
        case ast.Subscript(value=value, slice=index):
            made = ast.Subscript(value, index, ast.Store())
        case _:
            raise TraceError("insert_cotangent of no place")
    return ast.copy_location(made, place)


def leaves_body(node: ast.AST, loops: bool = False) -> Iterator[ast.AST]:
    """Statements in a body that would leave it."""
    out_of_loop = isinstance(node, ast.Break | ast.Continue) and not loops
    if out_of_loop or isinstance(node, ast.Return | ast.Yield | ast.YieldFrom):
        yield node
    if isinstance(node, ast.FunctionDef | ast.Lambda | ast.ClassDef):
        return
    for child in ast.iter_child_nodes(node):
        yield from leaves_body(child, loops or isinstance(node, ast.For | ast.While))


def inserted(machine: Calls, value: Abstract, body: Callable[[Abstract], Abstract], name: str) -> Abstract:
    """A value as it is, with the code of a body in its pullback."""
    arg = machine.to_arg(value)
    given = list(dict.fromkeys(v for v in values_of(arg) if is_inexact(v.type)))
    if not given:
        return value
    bars = {v: Value(carried_tangent(v.type), f"{v.name}_bar" if v.name else None) for v in given}
    shape = map_arg(arg, lambda a: bars.get(a, a) if isinstance(a, Value) else a)
    result, ops = body_traced(machine, shape, body)
    ops = tuple(stopped(op, bars[given[0]]) for op in ops)
    parts = {v: part for v, part in paired(arg, result) if v in bars}
    names = [name] if len(given) == 1 else [f"{name}_{k}" for k in range(len(given))]
    prim, captured = hook(given, names, list(bars.values()), ops, [parts.get(v, Literal(None)) for v in given])
    keywords = dict(zip(prim.spelling.hidden, captured, strict=True))
    outs = machine.emits(prim, *given, names=tuple(v.name for v in given), **keywords)
    handed_on = dict(zip(given, outs, strict=True))
    return leaves_replaced(machine, value, lambda v: handed_on[v], "insert_cotangent")


def stopped(op: Op, bar: Value) -> Op:
    """A stop for the debugger, with the cotangent there to be looked at."""
    if isinstance(op, Call) and op.prim is structure.breakpoint_ and not op.kwargs:
        return replace(op, kwargs=(("seen", bar),))
    return op


def hook(
    given: list[Value], names: list[str], bars: list[Value], ops: tuple[Op, ...], result: list[Arg]
) -> tuple[Ruled, tuple[Value, ...]]:
    """The operation that hands on values, and whose pullback these operations are; and what they read from around."""
    free = free_values(Region(tuple(bars), ops, tuple(a for r in result for a in flat(r))))
    hidden = tuple(f"captured_{k}" for k in range(len(free)))
    kinds = tuple(v.type for v in given)

    def infer(*args: Any, **kwargs: Any) -> Any:
        return kinds if len(kinds) > 1 else kinds[0]

    infer.__signature__ = signature(names, hidden)  # type: ignore[attr-defined]

    def run(*args: Any, **kwargs: Any) -> Any:
        return args if len(kinds) > 1 else args[0]

    prim = Ruled(
        HOOK, run, infer, Spelling("special", UNWRITTEN, hidden), "maybe", cost="free",
        extent=lambda sizes, op: sizes.shape(op.args[0]),
    )
    wrt = tuple(names)
    seen: Arg = bars[0] if len(bars) == 1 else Pack("tuple", tuple(bars))
    back = RuleTrace(HOOK, "pullback", run, {"ans_bar": seen}, ops, Pack("tuple", tuple(result)))
    back.take(dict(zip(hidden, free, strict=True)))
    dots = [Value(carried_tangent(t)) for t in kinds]
    whole: Arg = dots[0] if len(dots) == 1 else Pack("tuple", tuple(dots))
    tangents: dict[str, Arg] = {f"{n}_dot": d for n, d in zip(names, dots, strict=True)}
    on = RuleTrace(HOOK, "pushforward", run, tangents, (), whole)
    prim.rules["reverse"] = Rule(prim, "pullback", wrt, back)
    prim.rules["forward"] = Rule(prim, "pushforward", wrt, on)
    return prim, tuple(free)


def signature(names: list[str], hidden: tuple[str, ...]) -> Any:
    """The signature of an operation of these operands."""
    kind = inspect.Parameter
    given = [kind(n, kind.POSITIONAL_OR_KEYWORD) for n in names]
    return inspect.Signature([*given, *(kind(h, kind.KEYWORD_ONLY, default=None) for h in hidden)])


def flat(arg: Arg) -> Iterator[Atom]:
    """The atoms of a structure."""
    if isinstance(arg, Pack):
        for item in arg.items:
            yield from flat(item)
    else:
        yield arg


def paired(arg: Arg, result: Arg) -> Iterator[tuple[Value, Arg]]:
    """The values of a structure, each with what stands in its place in another one."""
    if isinstance(arg, Value):
        yield arg, result
    elif isinstance(arg, Pack) and isinstance(result, Pack):
        if arg.keys and set(arg.keys) == set(result.keys):
            by_key = dict(zip(result.keys, result.items, strict=True))
            for key, item in zip(arg.keys, arg.items, strict=True):
                yield from paired(item, by_key[key])
        else:
            for item, part in zip(arg.items, result.items, strict=False):
                yield from paired(item, part)


def body_traced(machine: Calls, bar: Arg, body: Callable[[Abstract], Abstract]) -> tuple[Arg, tuple[Op, ...]]:
    """The code of a body on a cotangent: what it leaves of it, and the operations."""
    mark, outer = machine.state.mark(), machine.builder
    machine.builder = builder = machine.open_builder()
    try:
        result = machine.to_arg(body(machine.lift(bar)))
        heap = machine.state.heap
        for change in machine.state.peek(mark).values():
            if change.table is heap and change.old is not ABSENT and change.key not in machine.outside:
                machine.refuse(
                    "a store into an array, list or dict of the program in the body of insert_cotangent",
                    why="the body is run in the reverse sweep, after the program",
                    instead="change the cotangent itself; keep what you want to see in a list outside of the function",
                )
    except Unreachable:
        machine.refuse("a body of insert_cotangent that raises whatever it gets", instead="raise on a condition")
    finally:
        machine.builder = outer
        machine.open.pop()
        machine.state.undo(mark)
    if isinstance(bar, Value) and isinstance(bar.type, Array) and isinstance(result, Pack):
        machine.refuse("a cotangent that becomes a container", instead="assign an array of the same shape")
    return result, tuple(builder.ops)
