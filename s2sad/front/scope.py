"""What can be said of a function from its syntax alone: parameters, names, what is read later.

``Code.after`` answers which local names may still be read after a statement: at a join the others need no common value
(a scratch variable may be a number on one path and an array on the other), and loops do not carry them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from s2sad.errors import Location
from s2sad.front.source import FunctionNode, FunctionSource, locate

Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
Names = frozenset[str]
_NONE: Names = frozenset()


@dataclass(slots=True, eq=False)
class Code:
    """One function as the interpreter runs it. ``source`` is that of the real function around it."""

    node: FunctionNode
    source: FunctionSource
    name: str
    body: Sequence[ast.stmt]
    names: Names  # bound in the function
    captured: Names  # read or written by functions defined in it
    outer: Code | None = None
    foreign: Names = _NONE  # declared global or nonlocal
    inner: dict[ast.AST, Code] = field(default_factory=dict)
    locations: dict[ast.AST, Location] = field(default_factory=dict)
    live: dict[ast.AST, Names] = field(default_factory=dict)
    heads: dict[ast.AST, Names] = field(default_factory=dict)
    globals: dict[str, None] = field(default_factory=dict)  # declared global, by statements that ran
    yields: bool = False  # a generator function

    def locate(self, node: ast.AST) -> Location:
        found = self.locations.get(node)
        if found is None:
            found = self.locations[node] = locate(self.source.file, node, self.name)
        return found

    def nested(self, node: FunctionNode) -> Code:
        """The code of a function defined in this one."""
        found = self.inner.get(node)
        if found is None:
            found = self.inner[node] = code_of(node, self.source, self)
        return found

    def at_head(self, node: ast.For | ast.While) -> Names:
        """Names whose value at the head of a loop matters to the body, or outlives it."""
        found = self.heads.get(node)
        if found is None:
            found = self.heads[node] = self._at_head(node)
        return found

    def after_body(self, node: ast.For | ast.While) -> Names:
        """Names that may be read once the body of a loop runs no more: by its ``else``, or later."""
        return self.after(node) | _Liveness(self).exposed(node.orelse)[0]

    def _at_head(self, node: ast.For | ast.While) -> Names:
        live = self.after(node.body[-1])
        if leaves_loop(node.body) or node.body[-1] not in self.live:  # it may be left by an exception
            return live
        read, sure = _Liveness(self).exposed(node.body)
        if isinstance(node, ast.For):
            sure |= writes([node.target])
            read -= writes([node.target])
        else:
            read |= reads(node.test)
        return live - (sure - read - self.captured)

    def after(self, node: ast.AST) -> Names:
        """Names that may be read after a statement (for a block: after its last one, asked by its first)."""
        if not self.live:
            _Liveness(self).block(self.body, self.captured)
        return self.live.get(node, self.names)


def code_of(node: FunctionNode, source: FunctionSource, outer: Code | None = None) -> Code:
    if isinstance(node, ast.Lambda):
        body: Sequence[ast.stmt] = [ast.copy_location(ast.Return(node.body), node.body)]
        name = "<lambda>"
    else:
        body, name = node.body, node.name
    bound = dict.fromkeys(parameters(node.args))
    inner: dict[str, None] = {}
    foreign: set[str] = set()
    stack: list[ast.AST] = list(body)
    yields = False
    while stack:
        n = stack.pop()
        match n:
            case ast.Yield() | ast.YieldFrom():
                yields = True
            case ast.Name(id=ident, ctx=ast.Store() | ast.Del()):
                bound[ident] = None
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                if not isinstance(n, ast.Lambda):
                    bound[n.name] = None
                    stack.extend(n.decorator_list)
                stack.extend(_defaults(n.args))
                for part in n.body if isinstance(n.body, list) else [n.body]:
                    inner.update(dict.fromkeys(x.id for x in ast.walk(part) if isinstance(x, ast.Name)))
                continue
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                # its targets are its own; what it assigns by := is the function's
                own = {x.id for g in n.generators for x in ast.walk(g.target) if isinstance(x, ast.Name)}
                for x in ast.walk(n):
                    if isinstance(x, ast.NamedExpr) and isinstance(x.target, ast.Name):
                        bound[x.target.id] = None
                    elif isinstance(x, ast.Lambda):
                        inner.update(dict.fromkeys(y.id for y in ast.walk(x) if isinstance(y, ast.Name)))
                inner.update(dict.fromkeys(x.id for x in ast.walk(n) if isinstance(x, ast.Name) and x.id not in own))
                continue
            case ast.ExceptHandler(name=str(ident)) | ast.MatchAs(name=str(ident)) | ast.MatchStar(name=str(ident)):
                bound[ident] = None
            case ast.MatchMapping(rest=str(ident)):
                bound[ident] = None
            case ast.ClassDef(name=ident):
                bound[ident] = None
                stack.extend((*n.decorator_list, *n.bases))
                inner.update(dict.fromkeys(x.id for x in ast.walk(n) if isinstance(x, ast.Name)))
                continue
            case ast.Global(names=declared) | ast.Nonlocal(names=declared):
                foreign.update(declared)
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                for alias in aliases:
                    bound[(alias.asname or alias.name).split(".")[0]] = None
        stack.extend(ast.iter_child_nodes(n))
    names = frozenset(bound) - foreign
    return Code(node, source, name, body, names, frozenset(inner) & names, outer, frozenset(foreign), yields=yields)


def _defaults(args: ast.arguments) -> list[ast.expr]:
    return [*args.defaults, *(d for d in args.kw_defaults if d is not None)]


def parameters(args: ast.arguments) -> tuple[str, ...]:
    out = [p.arg for p in (*args.posonlyargs, *args.args, *args.kwonlyargs)]
    out.extend(p.arg for p in (args.vararg, args.kwarg) if p is not None)
    return tuple(out)


def reads(node: ast.AST) -> Names:
    return frozenset(n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)) | frozenset(  # noqa: E501
        n.target.id for n in ast.walk(node) if isinstance(n, ast.AugAssign) and isinstance(n.target, ast.Name)
    )


def writes(nodes: Iterable[ast.AST]) -> Names:
    """Names bound in these statements, nested functions excepted."""
    out: set[str] = set()
    stack = list(nodes)
    while stack:
        n = stack.pop()
        if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store | ast.Del):
            out.add(n.id)
        elif isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef):
            out.add(n.name)
            continue
        elif isinstance(n, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and n.name is not None:
            out.add(n.name)
        elif isinstance(n, ast.MatchMapping) and n.rest is not None:
            out.add(n.rest)
        elif isinstance(n, ast.Lambda):
            continue
        elif isinstance(n, Comprehension):
            out.update(x.target.id for x in ast.walk(n) if isinstance(x, ast.NamedExpr) and isinstance(x.target, ast.Name))  # noqa: E501
            continue
        stack.extend(ast.iter_child_nodes(n))
    return frozenset(out)


def augmented_only(nodes: Iterable[ast.AST]) -> Names:
    """Names that are bound in these statements by augmented assignments alone."""
    augmented: set[str] = set()
    bound: set[str] = set()
    for node in nodes:
        targets = {n.target for n in ast.walk(node) if isinstance(n, ast.AugAssign) and isinstance(n.target, ast.Name)}
        augmented.update(t.id for t in targets)
        for n in ast.walk(node):
            if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store | ast.Del) and n not in targets:
                bound.add(n.id)
    return frozenset(augmented - bound)


def leaves_loop(statements: Iterable[ast.stmt]) -> bool:
    """Whether a break or continue of the loop around these statements, or a return, is among them."""
    stack: list[ast.AST] = list(statements)
    while stack:
        n = stack.pop()
        if isinstance(n, ast.Break | ast.Continue | ast.Return):
            return True
        if not isinstance(n, ast.FunctionDef | ast.Lambda | ast.ClassDef | ast.expr):
            stack.extend(ast.iter_child_nodes(n))
    return False


def has_break(body: Iterable[ast.stmt]) -> bool:
    """Whether a break of the loop with this body is in it."""
    stack: list[ast.AST] = list(body)
    while stack:
        n = stack.pop()
        if isinstance(n, ast.Break):
            return True
        if isinstance(n, ast.For | ast.While):
            stack.extend(n.orelse)
        elif not isinstance(n, ast.FunctionDef | ast.ClassDef | ast.expr):
            stack.extend(ast.iter_child_nodes(n))
    return False


def never_ends_early(item: ast.withitem) -> bool:
    """Whether a context manager surely lets every exception out: what follows sees the end of the body only."""
    called = item.context_expr.func if isinstance(item.context_expr, ast.Call) else None
    name = called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
    return name in ("errstate", "catch_warnings", "printoptions", "nullcontext")


class _Liveness:
    """Backwards over the statements. What a loop's body reads first, an earlier iteration has to keep."""

    def __init__(self, code: Code) -> None:
        self.code = code
        self.exposed_of: dict[ast.AST, tuple[Names, Names]] = {}
        self.jumping: dict[ast.stmt, bool] = {}  # a chain of elif asks at every level

    def exposed(self, body: Sequence[ast.stmt]) -> tuple[Names, Names]:
        """Names read before they are bound in a block, and names that it surely binds."""
        needs, sure = set[str](), set[str]()
        for s in body:
            read, bind = self.statement(s)
            needs |= read - sure
            sure |= bind
        return frozenset(needs), frozenset(sure)

    def jumps(self, statements: Iterable[ast.stmt]) -> bool:
        """``leaves_loop``, remembered by statement."""
        for s in statements:
            found = self.jumping.get(s)
            if found is None:
                parts = (*s.body, *s.orelse) if isinstance(s, ast.If) else None
                found = self.jumping[s] = leaves_loop([s]) if parts is None else self.jumps(parts)
            if found:
                return True
        return False

    def statement(self, s: ast.stmt) -> tuple[Names, Names]:
        found = self.exposed_of.get(s)
        if found is None:
            found = self.exposed_of[s] = self._statement(s)
        return found

    def _statement(self, s: ast.stmt) -> tuple[Names, Names]:
        match s:
            case ast.If():
                test = reads(s.test)
                a, b = self.exposed(s.body), self.exposed(s.orelse)
                both = _NONE if self.jumps([s]) else a[1] & b[1]
                return test | a[0] | b[0], both
            case ast.For():
                target = writes([s.target])
                body = self.exposed(s.body)[0]
                return reads(s.iter) | reads(s.target) | (body - target) | self.exposed(s.orelse)[0], _NONE
            case ast.While():
                return reads(s.test) | self.exposed(s.body)[0] | self.exposed(s.orelse)[0], _NONE
            case ast.Try() | ast.Match():
                return reads(s), _NONE
            case ast.With() if not all(map(never_ends_early, s.items)):
                return reads(s), _NONE
            case ast.With():
                items = frozenset[str]().union(*(reads(i.context_expr) for i in s.items))
                body, sure = self.exposed(s.body)
                return items | body, sure
            case ast.FunctionDef():
                return reads(s), frozenset((s.name,))
            case ast.Assign() | ast.AnnAssign():
                return reads(s), writes([s]) if s.value is not None else _NONE
            case _:
                return reads(s), writes([s])

    def block(self, body: Sequence[ast.stmt], after: Names) -> None:
        """Enter what is live after each statement of a block, given what is after the block."""
        pending = [(body, after)]
        while pending:
            statements, live = pending.pop()
            jumps = self.jumps(statements)  # a name bound later in the block may be read where the jump goes
            for s in reversed(statements):
                self.code.live[s] = live
                match s:
                    case ast.If():
                        pending += [(s.body, live), (s.orelse, live)]
                    case ast.For() | ast.While():
                        body_reads = self.exposed(s.body)[0]
                        if isinstance(s, ast.While):
                            body_reads |= reads(s.test)
                        else:
                            body_reads -= writes([s.target])
                        head = live | body_reads | self.exposed(s.orelse)[0]
                        pending += [(s.body, head), (s.orelse, live)]
                    case ast.With() if all(map(never_ends_early, s.items)):
                        pending.append((s.body, live))
                    case ast.Match():
                        pending += [(case.body, live) for case in s.cases]
                    case _:
                        pass
                read, sure = self.statement(s)
                live = read | (live if jumps else live - sure)


def closed_over_target(node: ast.GeneratorExp) -> str | None:
    """A target of a generator expression that a lambda in it reads when it is called."""
    targets = {n.id for g in node.generators for n in ast.walk(g.target) if isinstance(n, ast.Name)}
    for made in ast.walk(node.elt):
        if isinstance(made, ast.Lambda):
            free = sorted((reads(made.body) - set(parameters(made.args))) & targets)
            if free:
                return free[0]
    return None
