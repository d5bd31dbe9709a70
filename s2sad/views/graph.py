"""The evaluation trace as a graph, as textbooks draw it: inputs, v1 … vn, the output, an edge per dependence.

Loops and branches are boxes around their contents. What a loop carries is one node, with a dashed edge for what it is
in the next iteration.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, assert_never

from s2sad.errors import InputError
from s2sad.ir.core import Apply, Arg, Atom, Call, For, If, Op, Region, Trace, Value, While, operands, values_of
from s2sad.ir.show import arg_text, range_text
from s2sad.passes import cse, dce
from s2sad.views.equations import right_side

Format = Literal["mermaid", "dot"]
Shape = Literal["input", "variable", "output"]


@dataclass
class Box:
    """A group of nodes; the outermost has no title."""

    title: str = ""
    parts: list[Box | str] = field(default_factory=list)


@dataclass
class Graph:
    """Nodes by key in order of appearance, edges without repeats."""

    name: str
    box: Box = field(default_factory=Box)
    nodes: dict[str, tuple[Shape, str]] = field(default_factory=dict)
    edges: dict[tuple[str, str, bool], None] = field(default_factory=dict)  # from, to, whether to the next iteration


def graph(trace: Trace, format: Format = "mermaid") -> str:
    """The graph of a trace as the source of a mermaid or a DOT diagram.

    >>> from s2sad.ir.build import Builder
    >>> from s2sad.ir.core import Param
    >>> from s2sad.ir.types import FLOAT
    >>> from s2sad.prims.python import mul
    >>> x, b = Value(FLOAT, "x"), Builder()
    >>> y = b.call(mul, x, x)
    >>> print(graph(Trace("f", (Param(x, "x"),), Region((), tuple(b.ops), ()), y)))
    graph LR
        v1(["v1 = x"])
        v2["v2 = v1 * v1"]
        out(("f = v2"))
        v1 --> v2
        v2 --> out
    """
    if format not in ("mermaid", "dot"):
        raise InputError(f"no graph format {format!r}", instead="mermaid or dot")
    drawn = _Draw(trace).graph
    return mermaid(drawn) if format == "mermaid" else dot(drawn)


class _Draw:
    def __init__(self, trace: Trace) -> None:
        self.graph = Graph(trace.name)
        self.keys: dict[Value, str] = {}
        for param in trace.params:
            key = self.node(self.graph.box, param.value)
            self.graph.nodes[key] = "input", f"{key} = {param.path}"
        trace = dce(cse(trace))
        self.ops(trace.body.ops, self.graph.box)
        key = "out"
        self.graph.box.parts.append(key)
        self.graph.nodes[key] = "output", f"{trace.name} = {self.text(trace.result)}"
        self.edges(values_of(trace.result), key)

    def node(self, box: Box, value: Value) -> str:
        """A new node; its label is filled in by the caller."""
        key = f"v{len(self.graph.nodes) + 1}"
        self.keys[value] = key
        self.graph.nodes[key] = "variable", key
        box.parts.append(key)
        return key

    def text(self, arg: Arg) -> str:
        return arg_text(arg, lambda v: self.keys.get(v, "?"))

    def label(self, key: str, text: str) -> None:
        self.graph.nodes[key] = "variable", f"{key} = {text}"

    def edges(self, values: Iterable[Value], to: str, again: bool = False) -> None:
        for value in values:
            self.graph.edges[self.keys[value], to, again] = None

    def ops(self, ops: Iterable[Op], box: Box) -> None:
        for op in ops:
            match op:
                case Call():
                    self.call(op, right_side(op, lambda v: self.keys.get(v, "?")), box)
                case Apply(callee=callee, args=args):
                    self.call(op, f"{callee.name}({', '.join(map(self.text, args))})", box)
                case If(pred=pred, then=then, orelse=orelse):
                    self.inside(then, box, f"if {self.text(pred)}")
                    self.inside(orelse, box, f"if not {self.text(pred)}")
                    for value, a, b in zip(op.results, then.yields, orelse.yields, strict=True):
                        key = self.node(box, value)
                        self.label(key, f"{self.text(a)} if {self.text(pred)} else {self.text(b)}")
                        self.edges(values_of(pred, a, b), key)
                case For(body=body):
                    title = f"for {body.params[0].name or 'i'} in {range_text(op, self.text)}"
                    inner = self.boxed(box, title)
                    key = self.node(inner, body.params[0])
                    self.label(key, body.params[0].name or "i")
                    self.edges(values_of(op.start, op.stop, op.step), key)
                    self.carried(inner, body.params[1:], op.results, op.inits)
                    self.ops(body.ops, inner)
                    self.next(body.params[1:], body.yields)
                case While(cond=cond, body=body):
                    inner = self.boxed(box, "while")
                    self.carried(inner, cond.params, op.results, op.inits)
                    self.keys.update((b, self.keys[c]) for b, c in zip(body.params, cond.params, strict=True))
                    self.ops(cond.ops, inner)
                    inner.title = f"while {self.text(cond.yields[0])}"
                    self.ops(body.ops, inner)
                    self.next(body.params, body.yields)
                case _:
                    assert_never(op)

    def call(self, op: Call | Apply, text: str, box: Box) -> None:
        keys = [self.node(box, value) for value in op.results]
        if not keys:  # an effect: print, raise
            keys = [f"e{len(self.graph.nodes) + 1}"]
            box.parts.extend(keys)
            self.graph.nodes[keys[0]] = "variable", text
        for k, key in enumerate(keys):
            if op.results:
                self.label(key, text if len(keys) == 1 else f"{text}[{k}]")
            self.edges(operands(op), key)

    def boxed(self, box: Box, title: str) -> Box:
        inner = Box(title)
        box.parts.append(inner)
        return inner

    def inside(self, region: Region, box: Box, title: str) -> None:
        if region.ops:
            self.ops(region.ops, self.boxed(box, title))

    def carried(self, box: Box, params: Sequence[Value], results: Sequence[Value], inits: Sequence[Atom]) -> None:
        for param, result, init in zip(params, results, inits, strict=True):
            key = self.node(box, param)
            self.keys[result] = key
            name = param.name or ""
            self.graph.nodes[key] = "variable", f"{key}: {name}, at first {self.text(init)}".replace(": ,", ":")
            self.edges(values_of(init), key)

    def next(self, params: Sequence[Value], yields: Sequence[Atom]) -> None:
        for param, atom in zip(params, yields, strict=False):
            self.edges(values_of(atom), self.keys[param], again=True)


def mermaid(drawn: Graph) -> str:
    """The source of a mermaid diagram, read from left to right."""
    brackets = {"input": ('(["', '"])'), "variable": ('["', '"]'), "output": ('(("', '"))')}
    lines = ["graph LR"]
    count = 0

    def walk(box: Box, depth: int) -> None:
        nonlocal count
        for part in box.parts:
            indent = "    " * depth
            if isinstance(part, Box):
                count += 1
                lines.append(f'{indent}subgraph box{count}["{_quoted(part.title)}"]')
                walk(part, depth + 1)
                lines.append(f"{indent}end")
            else:
                shape, label = drawn.nodes[part]
                left, right = brackets[shape]
                lines.append(f"{indent}{part}{left}{_quoted(label)}{right}")

    walk(drawn.box, 1)
    lines += [f"    {a} {'-.->' if again else '-->'} {b}" for a, b, again in drawn.edges]
    return "\n".join(lines)


def _quoted(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "#quot;").replace("<", "&lt;").replace(">", "&gt;")


def dot(drawn: Graph) -> str:
    """The source of a DOT diagram (Graphviz), read from left to right."""
    shapes = {"input": "ellipse", "variable": "box", "output": "doublecircle"}
    lines = [f"digraph {_string(drawn.name)} {{", "    rankdir=LR;"]
    count = 0

    def walk(box: Box, depth: int) -> None:
        nonlocal count
        for part in box.parts:
            indent = "    " * depth
            if isinstance(part, Box):
                count += 1
                lines.append(f"{indent}subgraph cluster_{count} {{")
                lines.append(f"{indent}    label={_string(part.title)};")
                walk(part, depth + 1)
                lines.append(f"{indent}}}")
            else:
                shape, label = drawn.nodes[part]
                lines.append(f"{indent}{part} [shape={shapes[shape]}, label={_string(label)}];")

    walk(drawn.box, 1)
    lines += [f"    {a} -> {b}{' [style=dashed]' if again else ''};" for a, b, again in drawn.edges]
    return "\n".join([*lines, "}"])


def _string(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
