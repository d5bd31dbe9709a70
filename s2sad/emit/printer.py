"""Syntax trees as text, by astor; with comments, which Python's trees do not have. Nothing else imports astor."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Sequence
from typing import Any

with warnings.catch_warnings():  # astor asks for the names of node classes that Python has deprecated
    warnings.simplefilter("ignore", DeprecationWarning)
    from astor.code_gen import SourceGenerator, set_precedence  # type: ignore[import-untyped]
    from astor.op_util import Precedence  # type: ignore[import-untyped]
    from astor.source_repr import wrap_line  # type: ignore[import-untyped]

WIDTH = 100


class Comment(ast.stmt):
    """A comment on a line of its own."""

    _fields = ("text",)
    text: str


class Blank(ast.stmt):
    """An empty line."""

    _fields = ()


class Verbatim(ast.stmt):
    """Source text, as it is."""

    _fields = ("text",)
    text: str


def comment(text: str) -> Comment:
    out = Comment()
    out.text = text
    return out


def blank() -> Blank:
    return Blank()


def verbatim(text: str) -> Verbatim:
    out = Verbatim()
    out.text = text
    return out


def annotate(statement: ast.stmt, text: str) -> None:
    """Give a simple statement a trailing comment; it gets a line of its own where it does not fit."""
    statement.s2sad_note = text  # type: ignore[attr-defined]


class Printer(SourceGenerator):  # type: ignore[misc]
    """astor's generator, told what it does not know."""

    def visit_Comment(self, node: Comment) -> None:
        self.newline()
        self.write("# " + node.text)

    def visit_Blank(self, node: Blank) -> None:
        self.newline()
        self.write("")

    def visit_Verbatim(self, node: Verbatim) -> None:
        self.newline(extra=2)
        self.write("")
        self.result.append(node.text.rstrip("\n"))
        self.newline(extra=2)

    def visit_Constant(self, node: ast.Constant) -> None:
        self.write("..." if node.value is Ellipsis else repr(node.value))

    def visit_Docstring(self, text: str) -> None:
        lines = text.strip("\n").split("\n")
        pad = self.indent_with * self.indentation
        quoted = '"""' + ("\n" + pad).join(lines).replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
        quoted = "\n".join(line.rstrip() for line in quoted.split("\n"))
        self.newline()
        self.write("")
        self.result.append(quoted + ("\n" + pad if len(lines) > 1 else "") + '"""')

    def visit_Expr(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            self.visit_Docstring(node.value.value)
        else:
            super().visit_Expr(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        self.write(node.value, "[")
        items = node.slice.elts if isinstance(node.slice, ast.Tuple) and node.slice.elts else [node.slice]
        for k, item in enumerate(items):
            set_precedence(_COMMA, item)
            self.write(", " if k else "", item)
        if isinstance(node.slice, ast.Tuple) and len(items) == 1 and node.slice.elts:
            self.write(",")
        self.write("]")

    def visit_Slice(self, node: ast.Slice) -> None:
        for k, part in enumerate((node.lower, node.upper, node.step)):
            if k == 1 or k == 2 and part is not None:
                self.write(":")
            if part is not None:
                set_precedence(_COMMA, part)
                self.write(part)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        self.write(ast.unparse(ast.fix_missing_locations(node)))

    def visit(self, node: Any) -> None:
        note = getattr(node, "s2sad_note", None)
        if note is None:
            super().visit(node)
            return
        self.write("")  # pending line ends
        start = len(self.result)
        super().visit(node)
        text = "".join(self.result[start:])
        line = text.lstrip("\n")
        if len(line) + 4 + len(note) <= WIDTH and "\n" not in line:
            self.result.append("  # " + note)
            return
        pad = self.indent_with * self.indentation
        self.result[start:start] = ["\n", pad, _Whole("# " + note)]


class _Whole(str):
    """A token that no line break goes into."""


_COMMA = Precedence.Comma




def to_source(body: Sequence[ast.stmt]) -> str:
    """The text of a module."""
    printer = Printer("    ")
    for statement in body:
        printer.visit(statement)
    tokens = printer.result
    lines: list[str] = []
    line: list[str] = []
    for token in tokens:
        if token and not token.strip("\n"):
            lines.append(_laid_out(line))
            lines.extend([""] * (len(token) - 1))
            line = []
        elif token:
            line.append(token)
    lines.append(_laid_out(line))
    while lines and not lines[0]:
        del lines[0]
    return "\n".join(text.rstrip() for text in lines).rstrip("\n") + "\n"


def _laid_out(tokens: list[str]) -> str:
    text = "".join(tokens)
    if len(text) <= WIDTH or "\n" in text or text.lstrip().startswith("#"):
        return text
    note: list[str] = []
    if tokens and tokens[-1].startswith("  # "):
        note = [tokens.pop()]
    if not tokens[0].isspace():
        tokens.insert(0, "")
    out: list[str] = []
    wrap_line(list(tokens), WIDTH, out)
    return "\n".join(part.rstrip() for part in "".join(out).split("\n")) + "".join(note)
