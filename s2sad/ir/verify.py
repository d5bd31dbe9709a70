"""The invariants of ``ir.core``, checked. A trace that breaks one is a fault of whoever made it, found here first."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Sequence

from s2sad.errors import Error, Location, TraceError
from s2sad.ir.core import (
    UNDEFINED,
    Apply,
    Atom,
    Call,
    For,
    Function,
    If,
    Literal,
    Op,
    Ref,
    Region,
    Trace,
    Value,
    While,
    atoms_of,
    operands,
    values_of,
)
from s2sad.ir.types import BOTTOM, Array, List, NoJoin, Object, Scalar, Struct, Type, join

KINDS = ("argument", "capture", "seed")


def verify(trace: Trace) -> Trace:
    """The trace itself; TraceError where it breaks an invariant of ``ir.core``.

    >>> from s2sad.ir.core import Param, Region, Value
    >>> from s2sad.ir.types import FLOAT
    >>> stray = Value(FLOAT, "stray")
    >>> verify(Trace("f", (), Region((), (), ()), stray))
    Traceback (most recent call last):
        ...
    s2sad.errors.TraceError: f: the result reads stray, which is not born here
      why: this is a fault of s2sad
      instead: please report it with the function
    """
    seen: set[Function] = set()
    pending = [trace]
    while pending:
        for function in _Check(pending.pop()).everything():
            if function not in seen:
                seen.add(function)
                if function.trace is not None:
                    pending.append(function.trace)
    return trace


class _Check:
    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.born: set[Value] = set()  # ever
        self.scopes: list[set[Value]] = [set()]  # alive here, innermost last
        self.functions: list[Function] = []

    def fail(self, what: str, loc: Location | None = None) -> TraceError:
        return TraceError(f"{self.trace.name}: {what}", location=loc)

    def everything(self) -> list[Function]:
        trace = self.trace
        paths: set[tuple[str, str]] = set()
        for param in trace.params:
            if param.kind not in KINDS:
                raise self.fail(f"parameter {param.path} is of unknown kind {param.kind!r}")
            if param.kind != "seed" and (param.kind, param.path) in paths:
                raise self.fail(f"two {param.kind} parameters have path {param.path}")
            paths.add((param.kind, param.path))
        self.bear((p.value for p in trace.params), "a parameter", None)
        for name, arg in trace.arguments:
            for value in values_of(arg):
                if value not in self.scopes[0]:
                    raise self.fail(f"argument {name} holds {_name(value)}, which is not a parameter")
        if trace.body.params or trace.body.yields:
            raise self.fail("the body of a trace has neither parameters nor yields")
        self.ops(trace.body.ops)
        self.use(values_of(trace.result), "the result", trace.loc)
        return self.functions

    # values

    def bear(self, values: Iterable[Value], what: str, loc: Location | None) -> None:
        for value in values:
            if value in self.born:
                raise self.fail(f"{_name(value)} is born twice, the second time as {what}", loc)
            self.born.add(value)
            self.scopes[-1].add(value)

    def use(self, values: Iterable[Value], what: str, loc: Location | None) -> None:
        for value in values:
            if not any(value in scope for scope in reversed(self.scopes)):
                when = "out of the region it was born in" if value in self.born else "which is not born here"
                raise self.fail(f"{what} reads {_name(value)}, {when}", loc)

    # operations

    def ops(self, ops: Sequence[Op]) -> None:
        for k, op in enumerate(ops):
            self.use(operands(op), _title(op), op.loc)
            match op:
                case Call():
                    self.call(op)
                    if op.prim.name == "raise" and k != len(ops) - 1:
                        raise self.fail("an operation stands behind a raise", op.loc)
                case If():
                    self.arity(op, "then", op.then, 0, len(op.results))
                    self.arity(op, "orelse", op.orelse, 0, len(op.results))
                    for region in (op.then, op.orelse):
                        self.region(region, op)
                        self.covers(op.results, region.yields, "a branch of an if yields", op.loc)
                case For():
                    n = len(op.inits)
                    self.carries(op, n)
                    self.arity(op, "body", op.body, n + 1, n + op.exits)
                    self.loop(op, op.body, op.body.params[1:])
                case While():
                    n = len(op.inits)
                    self.carries(op, n)
                    self.arity(op, "cond", op.cond, n, 1)
                    self.arity(op, "body", op.body, n, n + op.exits)
                    self.region(op.cond, op)
                    self.covers(op.cond.params, op.inits, "a while starts with", op.loc)
                    self.covers(op.cond.params, op.body.yields[:n], "a while goes on with", op.loc)
                    self.loop(op, op.body, op.body.params)
                case Apply():
                    self.apply(op)
            self.bear(op.results, f"a result of {_title(op)}", op.loc)

    def region(self, region: Region, op: Op) -> None:
        self.scopes.append(set())
        self.bear(region.params, f"a parameter of {_title(op)}", op.loc)
        self.ops(region.ops)
        self.use(values_of(*region.yields), f"a yield of {_title(op)}", op.loc)
        self.scopes.pop()
        if ends_in_raise(region) and any(not _is_undefined(y) for y in region.yields):
            raise self.fail("a region that ends in a raise yields something", op.loc)

    def carries(self, op: For | While, n: int) -> None:
        if len(op.results) != n:
            raise self.fail(f"{_title(op)} has {n} initial values and {len(op.results)} results", op.loc)

    def arity(self, op: Op, which: str, region: Region, params: int, yields: int) -> None:
        for what, want, got in (("parameters", params, region.params), ("yields", yields, region.yields)):
            if len(got) != want:
                raise self.fail(f"{which} of {_title(op)} has {len(got)} {what}, not {want}", op.loc)

    def loop(self, op: For | While, body: Region, carried: Sequence[Value]) -> None:
        self.region(body, op)
        self.covers(carried, op.inits, f"{_title(op)} starts with", op.loc)
        self.covers(carried, body.yields[: len(carried)], f"{_title(op)} goes on with", op.loc)
        self.covers(op.results, carried, f"{_title(op)} ends with", op.loc)

    def covers(self, wide: Sequence[Value], narrow: Sequence[Atom], what: str, loc: Location | None) -> None:
        for value, atom in zip(wide, narrow, strict=True):
            if not agrees(value.type, atom.type):
                raise self.fail(f"{what} a value of type {atom.type} for {_name(value)}: {value.type}", loc)

    def call(self, op: Call) -> None:
        arguments = (*op.args, *(v for _, v in op.kwargs))
        if any(_is_undefined(atom) for arg in arguments for atom in atoms_of(arg)):
            return  # the program's own UnboundLocalError
        self.canonical(op)
        try:
            types = op.prim.infer(*op.args, **dict(op.kwargs))
        except Error as error:
            raise self.fail(f"{op.prim.name} does not take these operands: {error.what}", op.loc) from error
        inferred = types if isinstance(types, tuple) else (types,)
        if len(inferred) != len(op.results):
            raise self.fail(f"{op.prim.name} has {len(inferred)} results, not {len(op.results)}", op.loc)
        for value, t in zip(op.results, inferred, strict=True):
            if not agrees(value.type, t):
                raise self.fail(f"{_name(value)} = {op.prim.name} is of type {t}, said to be {value.type}", op.loc)

    def canonical(self, op: Call) -> None:
        """Required parameters positionally, the rest as keywords, and only where they differ from the default."""
        parameters = op.prim.signature.parameters
        kinds = inspect.Parameter
        variadic = any(p.kind is kinds.VAR_POSITIONAL for p in parameters.values())
        open_ended = any(p.kind is kinds.VAR_KEYWORD for p in parameters.values())
        named = [p for p in parameters.values() if p.kind is kinds.POSITIONAL_OR_KEYWORD]
        required = sum(p.default is kinds.empty for p in named)
        if len(op.args) < required or (len(op.args) > required and not variadic):
            raise self.fail(f"{op.prim.name} takes {required} operands, got {len(op.args)}", op.loc)
        for key, arg in op.kwargs:
            parameter = parameters.get(key)
            if parameter is None and open_ended:
                continue
            if parameter is None or parameter.default is kinds.empty:
                raise self.fail(f"{op.prim.name} has no option {key!r}", op.loc)
            default = parameter.default
            if arg == (default if isinstance(default, Literal | Ref) else Literal(default)):
                raise self.fail(f"{op.prim.name} is given {key!r}, which is the default", op.loc)

    def apply(self, op: Apply) -> None:
        self.functions.append(op.callee)
        callee = op.callee.trace
        if callee is None:
            return
        given = [atom for arg in op.args for atom in atoms_of(arg)]
        returned = list(atoms_of(callee.result))
        if len(given) != len(callee.params):
            raise self.fail(f"{callee.name} takes {len(callee.params)} leaves, got {len(given)}", op.loc)
        if len(returned) != len(op.results):
            raise self.fail(f"{callee.name} returns {len(returned)} leaves, taken as {len(op.results)}", op.loc)
        self.covers(op.results, returned, f"{callee.name} returns", op.loc)


def ends_in_raise(region: Region) -> bool:
    """Whether control never comes to the end of this region."""
    last = region.ops[-1] if region.ops else None
    return isinstance(last, Call) and last.prim.name == "raise"


def covers(wide: Type, narrow: Type) -> bool:
    """Whether every value of type ``narrow`` is one of type ``wide``."""
    if wide == narrow or narrow is BOTTOM or (isinstance(wide, Object) and wide.name == "object"):
        return True
    try:
        return join(wide, narrow) == wide
    except NoJoin:
        return False


def agrees(said: Type, found: Type) -> bool:
    """Whether a value may be said to be of type ``said`` where ``found`` is what inference finds.

    It covers what is found, or says more of its axes, or of the length of a list: a cotangent has those of its primal,
    whatever inference knows.
    """
    match said, found:
        case Array(axes=a), Array(axes=b):
            if not covers(Array(said.dtype, None), Array(found.dtype, None)):
                return False
            if a is None or b is None:
                return True
            return len(a) == len(b) and all(x == y or "?" in (x, y) for x, y in zip(a, b, strict=True))
        case List(item=a), List(item=b):
            return agrees(a, b)
        case Struct(kind="list", items=items), List(item=b):
            return all(agrees(a, b) for a in items)
        case Struct(), Struct():
            same = (said.kind, said.keys, said.cls) == (found.kind, found.keys, found.cls)
            return covers(said, found) or (same and all(map(agrees, said.items, found.items)))
        case Scalar(), Scalar():
            return covers(Scalar(said.dtype, said.weak), Scalar(found.dtype, found.weak))
        case _:
            return covers(said, found)


def _is_undefined(atom: Atom) -> bool:
    return isinstance(atom, Literal) and atom.value is UNDEFINED


def _name(value: Value) -> str:
    return value.name or "a temporary"


def _title(op: Op) -> str:
    match op:
        case Call(prim=prim):
            return prim.name
        case If():
            return "an if"
        case For():
            return "a for"
        case While():
            return "a while"
        case Apply(callee=callee):
            return f"a call of {callee.name}"
