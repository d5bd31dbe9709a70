"""From a trace to the statements of a function.

The steps: sizes are read from the newest version of an array (``follow_shapes``), copies go where in-place statements
would be seen by others (``insert_copies``), single uses are nested (``inline_values``), values get variables
(``Variables``) and names. What is left is to write each operation down.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence

from s2sad.emit.attempts import arranged, attempts
from s2sad.emit.conditions import asked, chosen, conditional, ends, shortened
from s2sad.emit.copies import insert_copies
from s2sad.emit.effects import effect
from s2sad.emit.mutation import INNER, SHAPE_ONLY, version
from s2sad.emit.names import Names, Variables
from s2sad.emit.nesting import inline_values
from s2sad.emit.places import locate
from s2sad.emit.printer import annotate, comment
from s2sad.emit.shapes import follow_shapes
from s2sad.emit.sharing import Classes
from s2sad.emit.signature import Signature
from s2sad.emit.spelling import BINARY, Spelling, call, name, names_in, negated
from s2sad.emit.unbound import handed_on
from s2sad.errors import Error, Location, TraceError
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
    atoms_of,
    values_of,
)
from s2sad.ir.transparent import without_transparent
from s2sad.ir.types import BOOL, Array, Scalar
from s2sad.prims.outside import EFFECTS
from s2sad.prims.structure import index_items, item_at

Move = tuple[Value, Atom]
Statements = list[ast.stmt]


class FunctionWriter:
    """Writes one trace as one function definition."""

    def __init__(self, trace: Trace, spelling: Spelling, taken: Iterable[str], functions: dict[Function, str]) -> None:
        trace = insert_copies(arranged(follow_shapes(without_transparent(trace))))
        self.trace, self.spelling, self.functions = trace, spelling, functions
        self.attempts = attempts(trace)
        self.tests = {a.test for a in self.attempts.values()}
        kept = [r for a in self.attempts.values() for c in (a.test, a.operation) for r in c.results]
        self.inline = inline_values(trace, Classes(trace), kept)
        self.places = locate(trace, self.inline)
        variables = Variables(trace, self.places, self.inline)
        self.signature = Signature.of(trace, taken)
        given = (p for p in trace.params if p.kind != "seed" and not p.path.startswith("residuals["))
        spelling.arrays = frozenset(p.value for p in given)
        spelling.shadowed = frozenset(self.signature.taken)
        self.names = Names(variables, self.signature.names, (*taken, *self.signature.taken), trace)
        self.handed_on = handed_on(trace, self.names.of)
        self.adjoint = False
        self.quoted: tuple[str, int] | None = None

    def function(self, docstring: str | None) -> ast.FunctionDef:
        body: Statements = [ast.Expr(ast.Constant(docstring))] if docstring else []
        body += self.unpacked()
        body += self.region(self.trace.body)
        if not ends(body):
            body.append(ast.Return(self.expr(self.trace.result)))
        body = _without_empty_parts(body)
        return ast.FunctionDef(
            name=self.trace.name, args=self.signature.arguments(), body=body, decorator_list=self.decorators(),
            returns=None, type_comment=None,
        )  # fmt: skip

    def decorators(self) -> list[ast.expr]:
        """``@np.errstate(...)`` where the program asks for silence: its derivative divides by what it divides by."""
        if not self.trace.quiet:
            return []
        categories = ("all",) if len(self.trace.quiet) == 4 else self.trace.quiet
        errstate = self.spelling.path("np.errstate")
        return [ast.Call(errstate, [], [ast.keyword(c, ast.Constant("ignore")) for c in categories])]

    def unpacked(self) -> Statements:
        """Statements that take structured arguments apart."""
        out: Statements = []
        for argument, arg in self.trace.arguments:
            if isinstance(arg, Pack):
                out += self.take_apart(arg, name(self.signature.written[argument]))
        return out

    def take_apart(self, pack: Pack, source: ast.expr) -> Statements:
        used = [v for v in values_of(pack) if v in self.places.uses]
        if not used:
            return []
        if pack.kind in ("tuple", "list"):
            return [ast.Assign([self.pattern(pack)], source)] if self._plain(pack) else self.one_by_one(pack, source)
        return self.one_by_one(pack, source)

    def _plain(self, pack: Pack) -> bool:
        return all(
            not isinstance(i, Pack) or i.kind in ("tuple", "list") and self._plain(i) or not list(values_of(i))
            for i in pack.items
        )  # fmt: skip

    def pattern(self, pack: Pack) -> ast.expr:
        items: list[ast.expr] = []
        for item in pack.items:
            if isinstance(item, Pack) and any(v in self.places.uses for v in values_of(item)):
                items.append(self.pattern(item))
            elif isinstance(item, Value) and item in self.places.uses:
                items.append(ast.Name(self.names.of(item), ast.Store()))
            else:
                items.append(ast.Name("_", ast.Store()))
        return ast.Tuple(items, ast.Store())

    def one_by_one(self, pack: Pack, source: ast.expr) -> Statements:
        out: Statements = []
        keys = pack.keys if pack.kind in ("dict", "record") else range(len(pack.items))
        for key, item in zip(keys, pack.items, strict=True):
            if pack.kind == "record":
                part: ast.expr = ast.Attribute(source, key, ast.Load())
            else:
                part = ast.Subscript(source, self.spelling.constant(key), ast.Load())
            if isinstance(item, Pack):
                out += self.take_apart(item, part)
            elif isinstance(item, Value) and item in self.places.uses:
                out.append(ast.Assign([ast.Name(self.names.of(item), ast.Store())], part))
        return out

    # expressions

    def expr(self, arg: Arg) -> ast.expr:
        match arg:
            case Value():
                if (op := self.inline.get(arg)) is not None:
                    return self.spelling.call(op, self.expr)
                return ast.Name(self.names.of(arg), ast.Load())
            case Literal(value=value):
                return self.spelling.constant(value)
            case Ref(value=Function() as function):
                return ast.Name(self.functions[function], ast.Load())
            case Ref(value=value, path=path):
                return self.spelling.path(path, value)
            case Pack(kind=kind, items=items):
                if (whole := self.whole_shape(arg)) is not None:
                    return ast.Attribute(self.expr(whole), "shape", ast.Load())
                if kind == "slice":
                    return self.spelling.builtin("slice", *map(self.expr, items))
                if kind == "dict":
                    return ast.Dict([self.spelling.constant(k) for k in arg.keys], [self.expr(i) for i in items])
                if kind == "record":
                    assert arg.cls is not None
                    return ast.Call(self.spelling.path(arg.cls.__name__, arg.cls), [], [
                        ast.keyword(k, self.expr(i)) for k, i in zip(arg.keys, items, strict=True)
                    ])  # fmt: skip
                if kind == "list":
                    return ast.List([self.expr(i) for i in items], ast.Load())
                return ast.Tuple([self.expr(i) for i in items], ast.Load())

    def whole_shape(self, pack: Pack) -> Value | None:
        """The array of which a tuple lists every size, in order."""
        if pack.kind != "tuple" or not pack.items:
            return None
        of: Value | None = None
        for k, item in enumerate(pack.items):
            op = self.inline.get(item) if isinstance(item, Value) else None
            if op is None or op.prim.name != SHAPE_ONLY[0] or op.args[1] != Literal(k):
                return None
            first = op.args[0]
            if not isinstance(first, Value) or of not in (None, first):
                return None
            of = first
        if of is None or not isinstance(of.type, Array) or of.type.rank != len(pack.items):
            return None
        return of

    # statements

    def region(self, region: Region, moves: Iterable[Move] = ()) -> Statements:
        out: Statements = []
        for op in region.ops:
            out += self.statement(op)
            if isinstance(op, If) and len(out) > 1:
                once = isinstance(op.pred, Value) and len(self.places.uses.get(op.pred, ())) == 1
                one = shortened(*out[-2:]) or (asked(*out[-2:]) if once else None)
                out[-2:] = [one] if one is not None else out[-2:]
        if not ends(out):
            out += self.move(moves)
        return out

    def statement(self, op: Op) -> Statements:
        try:
            return self.written(op)
        except Error as error:
            raise error.at(op.loc) from None

    def written(self, op: Op) -> Statements:
        match op:
            case Call():
                if op in self.tests or op.results and op.results[0] in self.inline:
                    return []
                return self.noted(self.call(op), op.loc)
            case If():
                return self.branch(op)
            case For():
                return self.loop(op)
            case While():
                return self.repeat(op)
            case Apply():
                function = self.functions[op.callee]
                value = ast.Call(name(function), [self.expr(a) for arg in op.args for a in atoms_of(arg)], [])
                return self.noted(self.assign(op.results, value), op.loc)

    def assign(self, results: tuple[Value, ...], value: ast.expr) -> Statements:
        if not results:
            return [ast.Expr(value)]
        if len(results) == 1:
            return [ast.Assign([self.target(results[0])], value)]
        targets: list[ast.expr] = [
            self.target(r) if r in self.places.uses else ast.Name("_", ast.Store()) for r in results
        ]  # fmt: skip
        return [ast.Assign([ast.Tuple(targets, ast.Store())], value)]

    def target(self, value: Value) -> ast.expr:
        return ast.Name(self.names.of(value), ast.Store())

    def call(self, op: Call) -> Statements:
        if op.prim.name == "section":
            title = op.args[0].value if isinstance(op.args[0], Literal) else ""
            self.adjoint = title == "adjoint"
            self.quoted = None
            return [comment(str(title))]
        if op.prim.name == "checkpoint":
            return []
        if op.prim.name == "raise":
            exception = self.expr(op.args[0])
            if len(op.args) > 1 or not isinstance(op.args[0], Ref):
                exception = ast.Call(exception, [self.expr(a) for a in op.args[1:]], [])
            return [self.as_written(ast.Raise(exception, None), op.loc)]
        if op.prim in EFFECTS:
            return [effect(op, self.expr, self.spelling)]
        if (change := version(op)) is not None:
            return self.change(op, *change)
        value = self.spelling.call(op, self.expr)
        if len(op.results) == 1:
            return [self.updated(op, value) or ast.Assign([self.target(op.result)], value)]
        return self.assign(op.results, value)

    def updated(self, op: Call, value: ast.expr) -> ast.stmt | None:
        """``a += e`` for ``a = a + e``, of scalars: an array would be changed in place."""
        result = op.result
        if not isinstance(value, ast.BinOp) or not isinstance(result.type, Scalar) or len(op.args) != 2:
            return None
        target = self.names.of(result)
        left, right = op.args
        for mine, other, operand in ((left, right, value.right), (right, left, value.left)):
            scalars = isinstance(mine.type, Scalar) and isinstance(other.type, Scalar)
            if isinstance(mine, Value) and mine not in self.inline and scalars and self.names.of(mine) == target:
                return ast.AugAssign(ast.Name(target, ast.Store()), value.op, operand)
            if op.prim.name not in ("add", "mul"):
                break
        return None

    def change(self, op: Call, old: Value, new: Value) -> Statements:
        """A statement that changes its first operand in place."""
        out = self.move([(new, old)])
        whole = ast.Name(self.names.of(new), ast.Load())
        base: ast.expr = whole
        name, args = op.prim.name, op.args[1:]
        if (inner := INNER.get(name)) is not None:
            base = self.spelling.place(whole, args[0], self.expr, ast.Load())
            name, args = inner, args[1:]
        match name:
            case "in place add" | "in place sub" | "in place mul" | "in place div":
                operator = BINARY[op.prim.spelling.text]()
                out.append(ast.AugAssign(ast.Name(whole.id, ast.Store()), operator, self.expr(args[0])))
            case "list_set":
                out.append(ast.Assign([self.spelling.place(base, args[0], self.expr, ast.Store())], self.expr(args[1])))
            case "store":
                target = ast.Subscript(base, self.spelling.index(args[0], self.expr), ast.Store())
                out.append(ast.Assign([target], self.expr(args[1])))
            case "accumulate":
                target = ast.Subscript(base, self.spelling.index(args[0], self.expr), ast.Store())
                value = self.expr(args[1])
                if isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.USub):
                    out.append(ast.AugAssign(target, ast.Sub(), value.operand))
                else:
                    out.append(ast.AugAssign(target, ast.Add(), value))
            case "list_accumulate":
                target = self.spelling.place(base, args[0], self.expr, ast.Store())
                if isinstance(item_at(old.type, index_items(args[0])), Scalar) and isinstance(args[1].type, Scalar):
                    value = self.expr(args[1])
                    if isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.USub):
                        out.append(ast.AugAssign(target, ast.Sub(), value.operand))
                    else:
                        out.append(ast.AugAssign(target, ast.Add(), value))
                else:
                    read = self.spelling.place(base, args[0], self.expr, ast.Load())
                    total: ast.expr = ast.BinOp(read, ast.Add(), self.expr(args[1]))
                    if not isinstance(args[1].type, Scalar | Array):
                        self.spelling.helpers["added"] = None
                        total = call("added", read, self.expr(args[1]))
                    out.append(ast.Assign([target], total))
            case "scatter_add":
                function = "np.add.at"
                if dict(op.kwargs).get("counted") == Literal(True):
                    self.spelling.helpers[function := "add_at"] = None
                self.spelling.modules["numpy"] = None
                out.append(ast.Expr(call(function, base, self.expr(args[0]), self.expr(args[1]))))
            case "list_append":
                out.append(ast.Expr(call(ast.Attribute(base, "append", ast.Load()), self.expr(args[0]))))
            case "list_pop":
                popped = call(ast.Attribute(base, "pop", ast.Load()))
                out += self.assign(op.results[:1], popped) if op.results[0] in self.places.uses else [ast.Expr(popped)]
            case other:
                raise TraceError(f"the emitter has no statement for {other}")
        return out

    def move(self, moves: Iterable[Move]) -> Statements:
        """Assignments that happen at once, in an order in which none disturbs another; a tuple where there is none."""
        pending: list[tuple[str, ast.expr, frozenset[str]]] = []
        for target, source in moves:
            if isinstance(source, Literal) and source.value is UNDEFINED:
                if target not in self.handed_on:
                    continue
                source = Literal(None)
            variable, value = self.names.of(target), self.expr(source)
            if not (isinstance(value, ast.Name) and value.id == variable):
                pending.append((variable, value, frozenset(names_in(value))))
        out: Statements = []
        while pending:
            for k, (variable, value, _) in enumerate(pending):
                if not any(variable in reads for j, (_, _, reads) in enumerate(pending) if j != k):
                    out.append(ast.Assign([ast.Name(variable, ast.Store())], value))
                    del pending[k]
                    break
            else:
                targets: list[ast.expr] = [ast.Name(variable, ast.Store()) for variable, _, _ in pending]
                values = ast.Tuple([v for _, v, _ in pending], ast.Load())
                out.append(ast.Assign([ast.Tuple(targets, ast.Store())], values))
                break
        return out

    # control flow

    def branch(self, op: If) -> Statements:
        then = self.region(op.then, zip(op.results, op.then.yields, strict=True))
        orelse = self.region(op.orelse, zip(op.results, op.orelse.yields, strict=True))
        if len(op.results) == 1 and op.results[0].name is None and op not in self.attempts:
            one = conditional(self.expr(op.pred), then, orelse, op.pred.type == BOOL)
            if one is not None:
                return [one]
        return self.chosen(op, then, orelse)

    def chosen(self, op: If, then: Statements, orelse: Statements) -> Statements:
        """A branch of which both sides are written."""
        attempt = self.attempts.get(op)
        if attempt is None:
            return chosen(self.expr(op.pred), then, orelse)
        first, *rest = orelse
        test = attempt.test.result
        if len(self.places.uses.get(test, ())) > 1:
            then = [ast.Assign([self.target(test)], ast.Constant(True)), *then]
            rest = [ast.Assign([self.target(test)], ast.Constant(False)), *rest]
        handler = ast.ExceptHandler(self.expr(attempt.test.args[0]), None, then or [ast.Pass()])
        if ends(then):
            return [ast.Try([first], [handler], [], []), *rest]
        return [ast.Try([first], [handler], rest, [])]

    def loop(self, op: For) -> Statements:
        out = self.move(zip(op.results, op.inits, strict=True))
        index, *carried = op.body.params
        body = self.round(op, carried)
        used = index in self.places.uses
        target = self.target(index) if used else ast.Name("_", ast.Store())
        return [*out, ast.For(target, self.range(op), body or [ast.Pass()], [], None)]

    def range(self, op: For) -> ast.expr:
        start, stop, step = op.start, op.stop, op.step
        plain_step = isinstance(step, Literal) and step.value == 1
        if op.backwards and plain_step:
            last = self.minus_one(stop)
            first = self.minus_one(start)
            return self.spelling.builtin("range", last, first, ast.UnaryOp(ast.USub(), ast.Constant(1)))
        if not plain_step:
            args = [start, stop, step]
        elif isinstance(start, Literal) and start.value == 0:
            args = [stop]
        else:
            args = [start, stop]
        out = self.spelling.builtin("range", *map(self.expr, args))
        return self.spelling.builtin("reversed", out) if op.backwards else out

    def minus_one(self, atom: Atom) -> ast.expr:
        if isinstance(atom, Literal):
            return self.spelling.constant(atom.value - 1)
        value = self.expr(atom)
        if isinstance(value, ast.BinOp) and isinstance(value.right, ast.Constant) and type(value.right.value) is int:
            sign = 1 if isinstance(value.op, ast.Add) else -1 if isinstance(value.op, ast.Sub) else 0
            shift = value.right.value * sign
            if shift:
                shift -= 1
                if shift == 0:
                    return value.left
                return ast.BinOp(value.left, ast.Add() if shift > 0 else ast.Sub(), ast.Constant(abs(shift)))
        return ast.BinOp(value, ast.Sub(), ast.Constant(1))

    def round(self, op: For | While, carried: Sequence[Value]) -> Statements:
        """The body of a loop: its statements, the next values of what it carries, and the way out."""
        moves = list(zip(carried, op.body.yields, strict=False))
        if not op.exits:
            return self.region(op.body, moves)
        flag = op.body.yields[-1]
        if self.decides(op.body, flag) is not None or isinstance(flag, Literal):
            body = self.leaving(op.body, [], flag, moves)
            return body if ends(body) else body + self.move(moves)
        body = self.region(op.body)
        if ends(body):
            return body
        return body + self.moves_and_break(flag, moves)

    def decides(self, region: Region, flag: Atom) -> int | None:
        """Which result of the ``if`` that ends a region an exit flag is, where it is nothing but that."""
        last = region.ops[-1] if region.ops else None
        if not isinstance(last, If) or flag not in last.results or len(self.places.uses.get(flag, ())) != 1:  # type: ignore[arg-type]
            return None
        k = last.results.index(flag)
        known = [y for y in (last.then.yields[k], last.orelse.yields[k]) if isinstance(y, Literal)]
        return k if known or any(self.decides(r, r.yields[k]) is not None for r in (last.then, last.orelse)) else None

    def leaving(self, region: Region, moves: list[Move], flag: Atom, final: list[Move]) -> Statements:
        """A region of a loop's body up to its ``break``, where the flag is decided by an ``if``.

        ``moves`` end the region; ``final`` stand at the end of the body, and before every ``break``.
        """
        if (k := self.decides(region, flag)) is not None:
            *before, last = region.ops
            assert isinstance(last, If)
            out = [s for op in before for s in self.statement(op)]
            branches: list[Statements] = []
            for inner in (last.then, last.orelse):
                pairs = [(r, y) for j, (r, y) in enumerate(zip(last.results, inner.yields, strict=True)) if j != k]
                branches.append(self.leaving(inner, pairs, inner.yields[k], [*moves, *final]))
            out += self.chosen(last, *branches)
            return out if ends(out) else out + self.move(moves)
        out = [s for op in region.ops for s in self.statement(op)]
        if ends(out):
            return out
        if isinstance(flag, Literal):
            out += self.move(moves)
            return out + self.move(final) + [ast.Break()] if flag.value else out
        test = self.kept(flag, moves, out)
        out += self.move(moves)
        return [*out, ast.If(test, [*self.move(final), ast.Break()], [])]

    def kept(self, flag: Atom, moves: list[Move], out: Statements) -> ast.expr:
        """A test to be read after some moves; saved to a variable before, in ``out``, if they change what it reads."""
        test = self.expr(flag)
        written = {n for s in self.move(moves) for n in names_in(s, ast.Store)}
        if not written & set(names_in(test)):
            return test
        saved = self.names.invent("stop")
        out.append(ast.Assign([ast.Name(saved, ast.Store())], test))
        return name(saved)

    def moves_and_break(self, flag: Atom, pairs: list[Move]) -> Statements:
        moves = self.move(pairs)
        test = self.expr(flag)
        if set(names_in(test)) & {n for s in moves for n in names_in(s, ast.Store)}:
            saved = self.names.invent("stop")
            return [ast.Assign([ast.Name(saved, ast.Store())], test), *moves, ast.If(name(saved), [ast.Break()], [])]
        return [*moves, ast.If(test, [ast.Break()], [])]

    def repeat(self, op: While) -> Statements:
        out = self.move(zip(op.results, op.inits, strict=True))
        head: Statements = []
        for inner in op.cond.ops:
            head += self.statement(inner)
        test = self.expr(op.cond.yields[0])
        body = self.round(op, op.body.params)
        if head:
            head.append(ast.If(negated(test), [ast.Break()], []))
            return [*out, ast.While(ast.Constant(True), head + body, [])]
        return [*out, ast.While(test, body or [ast.Pass()], [])]

    # comments

    def source_line(self, loc: Location) -> str:
        """The line that a statement comes from; of a lambda, whose line is not its own, what it returns."""
        if loc.function != "<lambda>":
            return loc.text
        own = self.trace.loc
        same = own is not None and (own.file, own.line, own.function) == (loc.file, loc.line, loc.function)
        return own.segment if same and own is not None else loc.segment

    def as_written(self, statement: ast.stmt, loc: Location | None) -> ast.stmt:
        """A statement with the source line that it comes from, where that reads differently: it shows in tracebacks."""
        text = "" if loc is None else loc.text
        if "raise" in text or "assert" in text:
            own = text[min(k for k in (text.find("raise"), text.find("assert")) if k >= 0) :]
            if len(text) <= 90 and _plain(own) != _plain(ast.unparse(ast.fix_missing_locations(statement))):
                annotate(statement, text)
        return statement

    def noted(self, statements: Statements, loc: Location | None) -> Statements:
        """In an adjoint sweep, statements with the source line that they come from, once per group."""
        if not self.adjoint or loc is None or not statements:
            return statements
        line = (loc.file, loc.line)
        if line != self.quoted:
            self.quoted = line
            if (text := _worth_quoting(self.source_line(loc))) is not None:
                for statement in statements:
                    if isinstance(statement, ast.Assign | ast.AugAssign | ast.Expr):
                        annotate(statement, text)
                        break
        return statements


def _worth_quoting(text: str) -> str | None:
    """What of a source line says something beside its adjoint; None for the head of a loop, or ``return x``."""
    if text.startswith("def ") and (body := re.match(r"def .*?\)(?: *->[^:]*)?: *(.+)", text)):
        text = body[1]
    if text.endswith(":") or len(text) > 90 or not any(c in text for c in "+*/@(-["):
        return None
    return text


def _plain(text: str) -> str:
    """A line without what differs between writers: spaces, and the kind of quotes."""
    return re.sub(r"\s", "", text).replace('"', "'")


def _without_empty_parts(body: Statements) -> Statements:
    """Headings of parts, dropped where nothing but another heading or the return follows."""
    marks = [k for k, s in enumerate(body) if _heading(s)]
    empty = {k for k in marks if k + 1 == len(body) or _heading(body[k + 1]) or isinstance(body[k + 1], ast.Return)}
    return [s for k, s in enumerate(body) if k not in empty]


def _heading(statement: ast.stmt) -> bool:
    return type(statement).__name__ == "Comment"


__all__ = ["BINARY", "FunctionWriter"]
