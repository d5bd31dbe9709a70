"""Functions of users that have derivative rules: what a call of one means in a traced function.

Such a function is not traced into: it is called as it stands, by the derivative too. Each call becomes an operation of
its own (``rules.book.Ruled``), whose parameters are those of the function that are given in this call, and whose rules
are the bodies that the user declared, traced on the spot for arguments like these. So a body may read what is outside
of it, its table or ``self.weights``, as any traced function may: these are further operands, which are not written.

What the function gives is found by tracing it, as far as that is possible, for the types alone; else it is what
``returns=`` or its annotation says.
"""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from s2sad.analysis.activity import dependences, reachable
from s2sad.compiler.apart import traced_apart
from s2sad.compiler.custom_rows import Rows
from s2sad.compiler.declared import Custom, Declared, custom_of
from s2sad.compiler.operands import Operands
from s2sad.compiler.outcomes import result_of
from s2sad.errors import Error, RuleError
from s2sad.front.calls import Calls
from s2sad.front.derivatives import USERS
from s2sad.front.machine import Unreachable
from s2sad.front.storage import relate
from s2sad.front.values import Abstract, Known, ListOf, View, pack
from s2sad.ir.core import Arg, Call, Literal, Pack, Value, values_of
from s2sad.ir.primitive import Spelling
from s2sad.ir.types import Object, Scalar, carried_tangent
from s2sad.ir.walk import map_arg
from s2sad.rules.book import BOOK, Rule, Ruled
from s2sad.transforms.bodies import RuleTrace
from s2sad.transforms.reverse import refuse_nonlinear


def meaning_of(fn: Any) -> Any:
    """What a call of a function means in a traced one, where it has rules; else None."""
    custom = custom_of(fn)
    return None if custom is None else lambda machine, args, kwargs: call_custom(machine, custom, args, kwargs)


USERS.append(meaning_of)


def call_custom(
    machine: Calls, custom: Custom, args: Sequence[Abstract], kwargs: Mapping[str, Abstract]
) -> Abstract:
    """A call in a traced function."""
    operands = Operands.of(machine, custom, args, kwargs)
    site = site_of(machine, custom, operands)
    positional, keywords = operands.written()
    keywords |= dict(zip(site.prim.spelling.hidden, site.captured, strict=True))
    results = machine.emits(site.prim, *positional, **keywords)
    if isinstance(site.ans, Pack) and parts_of(site.ans) is not None:
        parts = [machine.wrap(r) for r in results]
        return pack(parts) if site.ans.kind == "tuple" else machine.new_list(parts)
    out = machine.wrap(results[0])
    if site.prim.alias == "maybe" and isinstance(out, View):
        for given in operands.values:
            for view in views_of(machine, given):
                for other in (view.root, *view.root.may):
                    relate(out.root, other)
    return out


def views_of(machine: Calls, value: Abstract) -> list[View]:
    """The arrays that a value is, or directly holds."""
    if isinstance(value, View):
        return [value]
    content = machine.content(value) if isinstance(value, ListOf) else getattr(value, "items", ())
    return [v for v in content if isinstance(v, View)] if isinstance(content, tuple) else []


@dataclass(eq=False)
class Site:
    """The operation that calls of one function with arguments of some types are; ``ans`` is what it gives."""

    prim: Ruled
    ans: Arg
    captured: tuple[Value, ...] = ()
    again: bool = False  # whether a rule calls the function itself


def site_of(machine: Calls, custom: Custom, operands: Operands) -> Site:
    """The operation for a call, made at the first call of this kind.

    A rule may call the function that it belongs to (``exp``): while its body is traced the operation is there already,
    taken to capture nothing; where it does, the bodies are traced once more.
    """
    key = (custom, operands.key())
    found: Site | None = machine.sites.get(key)
    if found is not None:
        found.again = True
        return found
    ans, aliased, extent, trace = result_of(machine, custom, operands)
    rows = Rows(custom, trace)
    captured: tuple[Value, ...] = ()
    while True:
        site = Site(operation(custom, operands, ans, aliased, extent, captured, rows), ans, captured)
        machine.sites[key] = site
        try:
            declared = dict.fromkeys(custom.rules.values())
            bodies = {rule: body_of(machine, custom, rule, operands, ans) for rule in declared}
        finally:
            del machine.sites[key]
        needed = tuple(dict.fromkeys(v for body, free in bodies.values() if body is not None for v in free))
        if needed == captured:
            break
        captured = needed
        if not site.again:
            site = Site(operation(custom, operands, ans, aliased, extent, captured, rows), ans, captured)
            break
    hidden = dict(zip(site.prim.spelling.hidden, captured, strict=True))
    for mode, rule in custom.rules.items():
        body = bodies[rule][0]
        if body is not None:
            body.take(hidden)
        wrt = tuple(n for n in rule.wrt if n in operands.names)
        unknown = () if rule.form == "constant" else tuple(n for n in operands.names if n not in wrt)
        site.prim.rules[mode] = Rule(
            site.prim, rule.form, wrt, body, unknown=(*unknown, *hidden), guarded=rule.form == "partials"
        )
    if not captured:
        machine.sites[key] = site
    return site


def parts_of(ans: Arg) -> tuple[Arg, ...] | None:
    """The results of an operation that has several, which are those of a function that gives a plain tuple or list."""
    if not isinstance(ans, Pack) or ans.kind not in ("tuple", "list") or len(ans.items) < 2:
        return None
    return ans.items if all(isinstance(item, Value) for item in ans.items) else None


def operation(
    custom: Custom, operands: Operands, ans: Arg, aliased: bool, extent: Any, captured: Sequence[Value], rows: Rows
) -> Ruled:
    """The operation without its rules."""
    hidden = tuple(f"captured_{k}" for k in range(len(captured)))
    parts = parts_of(ans)
    types_ = ans.type if parts is None else tuple(item.type for item in parts)

    def infer(*args: Any, **kwargs: Any) -> Any:
        return types_

    infer.__signature__ = operands.parameters(hidden)  # type: ignore[attr-defined]
    spelling = Spelling("function", legible(custom.name), hidden)
    first = operands.values[0] if operands.values else None
    if isinstance(first, Known) and isinstance(operands.args[0], Value) and operands.kinds[0] == "positional":
        name = getattr(custom.function, "__name__", "")
        if getattr(type(first.value), name, None) is custom.function:
            spelling = Spelling("method", name, hidden)
    elementwise = bool(custom.rules) and all(r.form == "partials" for r in custom.rules.values()) and parts is None
    return Ruled(
        custom.name, custom.function, infer, spelling, "maybe" if aliased else "fresh", elementwise,
        rows=rows, extent=extent,
    )


def legible(name: str) -> str:
    """A name that generated code can give to a function."""
    if not name.isidentifier():
        return "function"
    return f"{name}_" if hasattr(builtins, name) or name == "np" else name


def body_of(
    machine: Calls, custom: Custom, rule: Declared, operands: Operands, ans: Arg
) -> tuple[RuleTrace | None, tuple[Value, ...]]:
    """The body of a rule, traced for a call; and what it reads of the trace around."""
    if rule.body is None:
        return None, ()
    inner: dict[str, Arg] = dict(zip(operands.names, operands.inner, strict=True))
    shown = operands.seen()
    whole = ans if parts_of(ans) is not None or isinstance(ans, Value) else Value(ans.type)
    more: dict[str, Arg] = {"ans": whole}
    if rule.form in ("linear", "bilinear", "pullback"):
        more["ans_bar"] = map_arg(whole, moved)
    for name in rule.wrt:
        if f"{name}_dot" in rule.names:
            more[f"{name}_dot"] = map_arg(inner[name], moved) if name in inner else Literal(0.0)
    inner |= more
    shown |= {name: (arg, None) for name, arg in more.items()}
    asked = {name: shown[name] for name in rule.names}
    taken = {name: inner[name] for name in rule.names if name in inner}
    values = [v for arg in taken.values() for v in values_of(arg)]
    try:
        result, ops, free = traced_apart(machine, rule.body, asked, values)
    except Unreachable:
        raise RuleError(
            f"the {rule.form} rule of {custom.name} raises whatever it is called with",
            why="there is no derivative then", instead="raise on a condition", location=rule.place,
        ) from None
    except Error as error:
        raise error.at(rule.place) from None
    if rule.form != "pushforward":
        result = chosen(custom, rule, result, operands)
    body = RuleTrace(custom.name, rule.form, rule.body, taken, tuple(ops), result)
    if rule.form == "pushforward":  # it may have loops over tangents; forward mode does not transpose it
        moving = [arg for name, arg in taken.items() if name.endswith("_dot") and name not in operands.names]
        live = reachable(list(values_of(*moving)), dependences(ops).successors)
        calls = [op for op in ops if isinstance(op, Call) and any(r in live for r in op.results)]
        try:
            refuse_nonlinear(calls, live, BOOK)
        except Error as error:
            raise error.at(rule.place) from None
    return body, free


def moved(atom: Any) -> Any:
    """A tangent or cotangent for a number or array."""
    if isinstance(atom, Value) and not isinstance(atom.type, Object):
        return Value(carried_tangent(atom.type))
    return Literal(0.0) if isinstance(atom.type, Scalar) else atom


def chosen(custom: Custom, rule: Declared, result: Arg, operands: Operands) -> Arg:
    """Of what a body gives for each parameter in ``wrt``: what belongs to those that this call has."""
    wrt = rule.wrt
    if len(wrt) == 1 and not (isinstance(result, Pack) and result.kind == "tuple" and len(result.items) == 1):
        parts: tuple[Arg, ...] = (result,)
    elif isinstance(result, Pack) and result.kind in ("tuple", "list") and len(result.items) == len(wrt):
        parts = result.items
    else:
        count = len(result.items) if isinstance(result, Pack) else 1
        raise RuleError(
            f"the {rule.form} rule of {custom.name} gives {count} results for {len(wrt)} operands ({', '.join(wrt)})",
            instead="return a tuple with one entry per operand, None for a zero derivative; wrt= names the operands",
            location=rule.place,
        )
    return Pack("tuple", tuple(p for n, p in zip(wrt, parts, strict=True) if n in operands.names))
