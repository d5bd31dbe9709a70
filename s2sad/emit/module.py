"""The module around a generated function: imports, the helpers that it uses, the functions that it calls."""

from __future__ import annotations

import ast
import builtins
import functools
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType, ModuleType
from typing import Any

from s2sad.emit.duplicates import first_like, firsts
from s2sad.emit.names import HELPERS, legible
from s2sad.emit.outlining import outlined, too_deep
from s2sad.emit.printer import to_source, verbatim
from s2sad.emit.signature import Signature
from s2sad.emit.source import FunctionWriter
from s2sad.emit.spelling import Spelling
from s2sad.errors import TraceError
from s2sad.ir.core import Apply, Call, Function, Op, Pack, Param, Ref, Trace, atoms_of
from s2sad.ir.transparent import without_transparent
from s2sad.ir.walk import all_ops
from s2sad.prims import runtime
from s2sad.prims.primitive import REGISTRY


def emit(trace: Trace, docstring: str | None = None) -> str:
    """The source of a module with one function, ``trace.name``, and what it needs.

    The function takes the user's arguments, then seeds, then captures by keyword (see ``parameters``).
    """
    return written(trace, docstring)[0]


def written(
    trace: Trace, docstring: str | None = None, defaults: Mapping[str, Any] | None = None
) -> tuple[str, dict[str, Any]]:
    """The source, and what it refers to that no import can name: the module has to be given it.

    ``defaults`` are those of the user's arguments; the plain ones among them are written out.
    """
    spelling = Spelling()
    main, definitions = _definitions(trace, docstring, spelling)
    if any(map(too_deep, (main, *definitions))):
        spelling = Spelling()
        cut = {f: replace(f.trace, body=outlined(f.trace).body) for f in _functions(trace) if f.trace is not None}
        main, definitions = _definitions(outlined(trace), docstring, spelling, cut)
    if not any(p.kind == "seed" for p in trace.params):
        main.args.defaults = _defaults(trace, defaults or {}, spelling)
    helpers = _helper_sources(tuple(spelling.helpers), runtime)
    modules = dict(spelling.modules)
    if any("np." in text for text in helpers):
        modules["numpy"] = None
    if any("math." in text for text in helpers):
        modules["math"] = None
    if any("statistics." in text for text in helpers):
        modules["statistics"] = None
    modules.update((found, None) for text in helpers for found in re.findall(r"\bscipy\.[a-z]+\b", text))
    imports: list[ast.stmt] = []
    for module in sorted(modules, key=lambda m: (m != "math", m != "numpy", m)):
        imports.append(ast.Import([ast.alias(module, "np" if module == "numpy" else None)]))
    second = [ast.Assign([ast.Name(b, ast.Store())], ast.Name(a, ast.Load())) for a, b in spelling.renamed.items()]
    body = [*imports, *map(verbatim, helpers), *second, *definitions, main]
    return to_source(body), spelling.foreign


def _definitions(
    trace: Trace, docstring: str | None, spelling: Spelling, instead: Mapping[Function, Trace] | None = None
) -> tuple[ast.FunctionDef, list[ast.FunctionDef]]:
    """The function that a trace is, and those that it calls; ``instead`` has other traces for some of them."""
    functions = _functions(trace, instead or {})
    taken = _taken(trace, functions)
    definitions: list[ast.FunctionDef] = []
    for function, name in firsts(functions):
        inner = (instead or {}).get(function, function.trace)
        if inner is None:
            raise TraceError(f"{function.name} has not been traced")
        definitions.append(FunctionWriter(_flat(inner, name), spelling, taken, functions).function(None))
    return FunctionWriter(trace, spelling, taken, functions).function(docstring), definitions


def _defaults(trace: Trace, defaults: Mapping[str, Any], spelling: Spelling) -> list[ast.expr]:
    """Defaults of the last parameters, as far back as each has one that can be written as a literal."""
    out: list[ast.expr] = []
    for name, _ in reversed(trace.arguments):
        if name not in defaults or type(defaults[name]) not in (int, float, bool, str, type(None)):
            break
        out.append(spelling.constant(defaults[name]))
    return out[::-1]


def parameters(trace: Trace) -> Signature:
    """The names of the parameters of the function that ``emit`` writes for this trace."""
    return Signature.of(trace, _taken(trace, _functions(trace)))


def _taken(trace: Trace, functions: dict[Function, str]) -> tuple[str, ...]:
    """Names of the module that no variable may have: functions, and modules that are referred to."""
    roots: dict[str, None] = {}
    for t in (trace, *(f.trace for f in functions if f.trace is not None)):
        roots.update(dict.fromkeys(_outer(t)))
    return (*functions.values(), *(r for r in roots if not hasattr(builtins, r)))


def _outer(trace: Trace) -> Iterator[str]:
    """Names of functions and modules that a trace refers to, and that are not written in its module."""
    for op in all_ops(trace.body.ops):
        if isinstance(op, Call):
            for a in atoms_of(Pack("tuple", op.args)):
                if isinstance(a, Ref) and not isinstance(a.value, Function):
                    yield a.path.split(".")[0]
            if op.prim.spelling.style == "function":
                yield op.prim.spelling.text.split(".")[0]


def _functions(trace: Trace, instead: Mapping[Function, Trace] = MappingProxyType({})) -> dict[Function, str]:
    """Every function that is called, directly or not, with its name in the module: those that do the same have one."""
    same: dict[Function, Function | None] = {}
    avoid, work = {trace.name, *HELPERS}, [trace]
    while work:
        current = without_transparent(work.pop())
        avoid.update(_outer(current))
        for function in (f for op in all_ops(current.body.ops) for f in _called(op) if f not in same):
            same[function] = first_like(function, same)
            callee = instead.get(function, function.trace)
            if callee is not None and same[function] is None:
                work.append(callee)
    out: dict[Function, str] = {}
    for function, first in same.items():
        base = name = function.name if function.name.isidentifier() else "f"
        k = 0
        while name in avoid:
            k += 1
            name = f"{base}_{k}"
        out[function] = name if first is None else out[first]
        avoid.add(out[function])
    return out


def _called(op: Op) -> Iterator[Function]:
    """The functions that an operation calls, or hands to a library."""
    if isinstance(op, Apply):
        yield op.callee
    elif isinstance(op, Call):
        for atom in atoms_of(Pack("tuple", (*op.args, *dict(op.kwargs).values()))):
            if isinstance(atom, Ref) and isinstance(atom.value, Function):
                yield atom.value


def _flat(trace: Trace, name: str) -> Trace:
    """A callee as it is called: one parameter per value, one result per leaf, sharing no memory with anything."""
    leaves = tuple(atoms_of(trace.result))
    params: list[Param] = []
    used: set[str] = set()
    for p in trace.params:
        base = path = legible(p.value.name or p.path)
        k = 0
        while path in used:
            k += 1
            path = f"{base}_{k}"
        used.add(path)
        params.append(replace(p, kind="argument", path=path))
    return replace(
        trace, name=name, params=tuple(params), arguments=tuple((p.path, p.value) for p in params),
        result=leaves[0] if len(leaves) == 1 else Pack("tuple", leaves), origin=trace.origin or name,
    )  # fmt: skip


def _helper_of_library(name: str) -> Callable[..., Any]:
    """A helper that a library's declarations brought with them (``s2sad.libraries``)."""
    prim = REGISTRY.by_name.get(name)
    if prim is None or prim.spelling.style != "helper":
        raise TraceError(f"there is no helper {name!r}")
    return prim.run


def _is_helper(name: str, caller: Callable[..., Any], runtime: ModuleType) -> bool:
    """Whether a helper calls another one by this name."""
    found = getattr(runtime, name, None)
    if callable(found):
        return getattr(found, "__module__", "") == getattr(runtime, "__name__", "")
    prim = REGISTRY.by_name.get(name)
    own = getattr(caller, "__globals__", {}).get(name)
    return prim is not None and prim.spelling.style == "helper" and own is prim.run


@functools.cache
def _text_of(helper: Callable[..., Any]) -> tuple[str, tuple[str, ...]]:
    """The source of a helper, and the names that it reads."""
    text = textwrap.dedent(inspect.getsource(helper))
    return text, tuple(dict.fromkeys(n.id for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Name)))


def _helper_sources(names: tuple[str, ...], runtime: ModuleType) -> list[str]:
    """Source of helpers and of the helpers that they call, callees first."""
    out: dict[str, str] = {}
    work = list(reversed(names))
    while work:
        name = work[-1]
        if name in out:
            work.pop()
            continue
        function = getattr(runtime, name, None) or _helper_of_library(name)
        text, read = _text_of(function)
        called = [n for n in read if n != name and n not in out and _is_helper(n, function, runtime)]
        fresh = [n for n in called if n not in work]
        if fresh:
            work.extend(reversed(fresh))
            continue
        out[name] = text
        work.pop()
    return list(out.values())
