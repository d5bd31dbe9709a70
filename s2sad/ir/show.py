"""A trace as text: one operation a line, regions indented, every value with its type.

>>> from s2sad.ir.build import Builder
>>> from s2sad.ir.core import Param, Value
>>> from s2sad.ir.types import FLOAT
>>> from s2sad.prims.structure import not_
>>> x, b = Value(FLOAT, "x"), Builder()
>>> y = b.call(not_, x, name="y")
>>> print(Trace("f", (Param(x, "x"),), Region((), tuple(b.ops), ()), y))
f(x: f64):
    y: bool = not x
    return y

Values that the user named keep their names (``y``, then ``y.2``, ``y.3`` for later versions); the others are ``v1``,
``v2`` … in order of appearance, so that the text of a trace is the same in every run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import assert_never

from s2sad.ir.core import (
    UNDEFINED,
    Apply,
    Arg,
    Atom,
    Call,
    For,
    Function,
    If,
    Literal,
    Op,
    Pack,
    Ref,
    Region,
    Trace,
    Value,
    While,
)

Namer = Callable[[Value], str]

INFIX = {  # precedence as in Python's grammar, higher binds tighter
    "or": 1, "and": 2, "in": 4, "==": 4, "!=": 4, "<": 4, "<=": 4, ">": 4, ">=": 4,
    "|": 5, "^": 6, "&": 7, "<<": 8, ">>": 8, "+": 9, "-": 9, "*": 10, "@": 10, "/": 10, "//": 10, "%": 10, "**": 12,
}  # fmt: skip
UNARY = {"neg": "-", "pos": "+", "invert": "~", "not": "not "}


def number(trace: Trace) -> dict[Value, str]:
    """A name for every value of a trace, in order of appearance."""
    order: list[Value] = [p.value for p in trace.params]

    def visit(ops: Iterable[Op]) -> None:
        for op in ops:
            match op:
                case Call() | Apply():
                    order.extend(op.results)
                case If():
                    order.extend(op.results)
                    visit(op.then.ops)
                    visit(op.orelse.ops)
                case For():
                    order.extend((*op.results, *op.body.params))
                    visit(op.body.ops)
                case While():
                    order.extend((*op.results, *op.cond.params))
                    visit(op.cond.ops)
                    order.extend(op.body.params)
                    visit(op.body.ops)
                case _:
                    assert_never(op)

    visit(trace.body.ops)
    taken = {v.name for v in order if v.name}
    names: dict[Value, str] = {}
    versions: dict[str, int] = {}
    count = 0
    for value in order:
        if value in names:
            continue
        if value.name:
            versions[value.name] = n = versions.get(value.name, 0) + 1
            names[value] = value.name if n == 1 else f"{value.name}.{n}"
        else:
            count += 1
            while f"v{count}" in taken:
                count += 1
            names[value] = f"v{count}"
    return names


def arg_text(arg: Arg, name: Namer) -> str:
    """An argument as it would be written in Python."""
    match arg:
        case Value():
            return name(arg)
        case Literal(value=value):
            return "..." if value is Ellipsis else "undefined" if value is UNDEFINED else repr(value)
        case Ref(path=path):
            return path
        case Pack(kind="tuple", items=items):
            inner = ", ".join(arg_text(i, name) for i in items)
            return f"({inner},)" if len(items) == 1 else f"({inner})"
        case Pack(kind="list", items=items):
            return f"[{', '.join(arg_text(i, name) for i in items)}]"
        case Pack(kind="slice"):
            return f"slice({', '.join(arg_text(i, name) for i in arg.items)})"
        case Pack(kind="dict", keys=keys, items=items):
            return "{" + ", ".join(f"{k!r}: {arg_text(i, name)}" for k, i in zip(keys, items, strict=True)) + "}"
        case Pack(keys=keys, items=items, cls=cls):
            fields = ", ".join(f"{k}={arg_text(i, name)}" for k, i in zip(keys, items, strict=True))
            return f"{cls.__name__ if cls else arg.kind}({fields})"
        case _:
            assert_never(arg)


def index_text(index: Arg, name: Namer) -> str:
    """An index as it stands between brackets: ``i, 1:n``."""
    if isinstance(index, Pack) and index.kind == "tuple" and index.items:
        return ", ".join(index_text(i, name) for i in index.items) + ("," if len(index.items) == 1 else "")
    if isinstance(index, Pack) and index.kind == "slice":
        start, stop, step = ("" if i == Literal(None) else arg_text(i, name) for i in index.items)
        return f"{start}:{stop}:{step}" if step else f"{start}:{stop}"
    return arg_text(index, name)


def call_text(op: Call, name: Namer) -> str:
    """The right-hand side of a call, as near to Python as one operation can be."""
    args = [arg_text(a, name) for a in op.args]
    options = [f"{k}={arg_text(v, name)}" for k, v in op.kwargs]
    spelling = op.prim.spelling
    match spelling.style:
        case "operator" if spelling.text in INFIX and len(args) == 2 and not options:
            return f"{_operand(op.args[0], args[0])} {spelling.text} {_operand(op.args[1], args[1])}"
        case "operator" if len(args) == 1 and not options:
            sign = UNARY.get(op.prim.name) or UNARY.get(spelling.text) or spelling.text
            return sign + _operand(op.args[0], args[0])
        case "method" if args:
            return f"{args[0]}.{spelling.text}({', '.join(args[1:] + options)})"
        case "attribute" if len(args) == 1 and not options:
            return f"{args[0]}.{spelling.text}"
        case _:
            pass
    match op.prim.name:
        case "getitem" | "gather" | "list_get" | "list_slice" | "item" if len(args) == 2:
            return f"{args[0]}[{index_text(op.args[1], name)}]"
        case "dim":
            return f"{args[0]}.shape[{args[1]}]"
        case "shape":
            return f"{args[0]}.shape"
        case "list_new":
            return f"[{', '.join(args)}]"
        case "build":
            return args[0]
        case _:
            text = op.prim.name if spelling.style in ("special", "operator") else spelling.text
            return f"{text}({', '.join(args + options)})"


def _operand(arg: Arg, text: str) -> str:
    return f"({text})" if isinstance(arg, Literal) and text.startswith("-") else text


def range_text(op: For, text: Callable[[Arg], str]) -> str:
    """What a loop runs over: ``range(n)``, ``reversed(range(1, n))``."""
    start, stop, step = map(text, (op.start, op.stop, op.step))
    bounds = f"{start}, {stop}, {step}" if step != "1" else stop if start == "0" else f"{start}, {stop}"
    return f"reversed(range({bounds}))" if op.backwards else f"range({bounds})"


def show(trace: Trace) -> str:
    """The text form of a trace, and of the functions it calls (recursive ones are kept as functions)."""
    out: list[str] = []
    shown: set[Function] = set()
    pending = [trace]
    while pending:
        current = pending.pop(0)
        text = _Text(current)
        out.append("\n".join(text.lines()))
        for function in text.functions:
            if function not in shown and function.trace is not None and function.trace is not trace:
                pending.append(function.trace)
            shown.add(function)
    return "\n\n".join(out)


class _Text:
    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.names = number(trace)
        self.functions: list[Function] = []
        self.out: list[str] = []

    def name(self, value: Value) -> str:
        return self.names.get(value, f"?{value.name or ''}")  # '?': not born here; verify says more

    def lines(self) -> list[str]:
        trace = self.trace
        groups: dict[str, list[str]] = {"argument": [], "seed": [], "capture": []}
        for param in trace.params:
            label = self.name(param.value)
            path = "" if param.path == label else f" <{param.path}>"
            groups.setdefault(param.kind, []).append(f"{label}: {param.value.type}{path}")
        heads = groups["argument"]
        heads += [f"seed {t}" for t in groups["seed"]] + [f"capture {t}" for t in groups["capture"]]
        self.out.append(f"{trace.name}({', '.join(heads)}):" + (f"  # {trace.origin}" if trace.origin else ""))
        self.ops(trace.body.ops, 1)
        self.line(1, f"return {self.arg(trace.result)}")
        return self.out

    def arg(self, arg: Arg) -> str:
        return arg_text(arg, self.name)

    def line(self, depth: int, text: str) -> None:
        self.out.append("    " * depth + text)

    def targets(self, values: Sequence[Value]) -> str:
        return ", ".join(f"{self.name(v)}: {v.type}" for v in values) + (" = " if values else "")

    def ops(self, ops: Iterable[Op], depth: int) -> None:
        for op in ops:
            left = self.targets(op.results)
            match op:
                case Call():
                    self.line(depth, left + call_text(op, self.name))
                case Apply(callee=callee, args=args):
                    self.functions.append(callee)
                    self.line(depth, f"{left}{callee.name}({', '.join(map(self.arg, args))})")
                case If(pred=pred, then=then, orelse=orelse):
                    self.line(depth, f"{left}if {self.arg(pred)}:")
                    self.region(then, depth + 1)
                    if orelse.ops or orelse.yields:
                        self.line(depth, "else:")
                        self.region(orelse, depth + 1)
                case For(body=body):
                    head = f"for {self.name(body.params[0])} in {range_text(op, self.arg)}"
                    kept = "" if op.snapshots is None else f" keeping {op.snapshots}"
                    self.line(depth, f"{left}{head}{kept}{self.inits(body.params[1:], op.inits)}:")
                    self.region(body, depth + 1, op.exits)
                case While(cond=cond, body=body):
                    self.line(depth, f"{left}while{self.inits(cond.params, op.inits)}:")
                    self.ops(cond.ops, depth + 1)
                    self.line(depth + 1, f"test {', '.join(map(self.arg, cond.yields))}")
                    self.line(depth, f"do {', '.join(map(self.name, body.params))}".rstrip() + ":")
                    self.region(body, depth + 1, op.exits)
                case _:
                    assert_never(op)

    def inits(self, params: Sequence[Value], inits: Sequence[Atom]) -> str:
        pairs = (f"{self.name(p)}: {p.type} = {self.arg(a)}" for p, a in zip(params, inits, strict=False))
        return " with " + ", ".join(pairs) if params else ""

    def region(self, region: Region, depth: int, exits: bool = False) -> None:
        self.ops(region.ops, depth)
        carried = region.yields[:-1] if exits else region.yields
        if carried:
            self.line(depth, f"yield {', '.join(map(self.arg, carried))}")
        if exits:
            self.line(depth, f"break if {self.arg(region.yields[-1])}")
        if not region.ops and not region.yields:
            self.line(depth, "pass")


Trace.__str__ = show  # type: ignore[method-assign, assignment]  # here, so that the data model need not know how it is printed
