"""From any callable to its syntax tree and the names around it.

A function's tree is found from its *code object*: the ``def`` by name and first line, the ``lambda`` by the columns of
its instructions, so that two lambdas on one line are told apart. Positions in the tree are those of the file. What was
found is compiled and compared with the function: a file that was edited since the import is noticed and refused.

Trees are cached by code object and shared: no reader may change one.
"""

from __future__ import annotations
import __future__

import ast
import dis
import functools
import inspect
import linecache
import operator
import re
import types
import weakref
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from s2sad.errors import Location, SourceError
from s2sad.prims.primitive import REGISTRY

FunctionNode: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(frozen=True, slots=True)
class Target:
    """What a call to some callable runs: a plain function, with arguments that go before and beside the caller's."""

    function: types.FunctionType
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class FunctionSource:
    """One plain function as it stands in its file.

    ``node`` is a ``def`` (its decorators not applied: see ``wrapped``) or a ``lambda``. ``closure`` has the cells of
    the free variables by name; a cell may be empty or change its content between calls.
    """

    function: types.FunctionType
    node: FunctionNode
    file: str

    @property
    def name(self) -> str:
        return self.function.__code__.co_name

    @property
    def qualname(self) -> str:
        return self.function.__qualname__

    @property
    def line(self) -> int:
        """Line of ``def`` or ``lambda`` (not of a decorator)."""
        return self.node.lineno

    @property
    def globals(self) -> dict[str, Any]:
        return self.function.__globals__

    @property
    def closure(self) -> dict[str, types.CellType]:
        return dict(zip(self.function.__code__.co_freevars, self.function.__closure__ or (), strict=True))

    @property
    def defaults(self) -> tuple[Any, ...]:
        return self.function.__defaults__ or ()

    @property
    def kwdefaults(self) -> dict[str, Any]:
        return self.function.__kwdefaults__ or {}

    @property
    def wrapped(self) -> Any:
        """What ``functools.wraps`` says this function wraps, or None."""
        return getattr(self.function, "__wrapped__", None)

    @property
    def body(self) -> list[ast.stmt]:
        """The statements; of a lambda, the one ``return`` that it stands for."""
        if isinstance(self.node, ast.Lambda):
            return [ast.copy_location(ast.Return(self.node.body), self.node.body)]
        return self.node.body

    def locate(self, node: ast.AST) -> Location:
        """Where a node of this function stands, columns in characters."""
        return locate(self.file, node, self.qualname)


def written(function: Callable[..., Any]) -> str:
    """The text of a function, exactly as it stands in its file; see ``function_source`` for errors."""
    source = function_source(function)
    lines = [line.encode() for line in linecache.getlines(source.file)[source.node.lineno - 1 : source.node.end_lineno]]
    lines[-1] = lines[-1][: source.node.end_col_offset]
    lines[0] = lines[0][source.node.col_offset :]
    return b"".join(lines).decode()


def locate(file: str, node: ast.AST, function: str = "") -> Location:
    """Where a node with positions stands. ``ast`` counts columns in UTF-8 bytes, a ``Location`` in characters."""
    line, end = getattr(node, "lineno", 1), getattr(node, "end_lineno", None)
    return Location(
        file,
        line,
        _characters(file, line, getattr(node, "col_offset", 0)),
        end,
        None if end is None else _characters(file, end, getattr(node, "end_col_offset", None) or 0),
        function,
    )


def _characters(file: str, line: int, column: int) -> int:
    text = linecache.getline(file, line)
    return column if text.isascii() else len(text.encode()[:column].decode(errors="ignore"))


_CALL = "__call__"  # looked up on the type, as Python does


def resolve(fn: Any) -> Target:
    """The plain function that calling ``fn`` runs, through bound methods, partials and callable objects.

    Raises
    ------
    SourceError
        Where there is none: a function written in C, a class, something that cannot be called.
    """
    original = fn
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = {}
    while True:
        if isinstance(fn, types.FunctionType):
            return Target(fn, args, kwargs)
        if isinstance(fn, types.MethodType):
            args, fn = (fn.__self__, *args), fn.__func__
        elif isinstance(fn, functools.partial):
            args, kwargs, fn = (*fn.args, *args), {**fn.keywords, **kwargs}, fn.func
        elif isinstance(fn, staticmethod | functools._lru_cache_wrapper):
            fn = fn.__wrapped__
        elif _is_numba(fn):
            fn = fn.py_func
        elif isinstance(fn, type):
            raise SourceError(
                f"{_name(original)} is a class: it has no one function to read",
                instead="pass a function, or a method of an object",
            )
        elif isinstance(call := getattr(type(fn), _CALL, None), types.FunctionType):
            args, fn = (fn, *args), call
        elif isinstance(call, staticmethod | classmethod | types.MethodType | functools.partialmethod):
            fn = fn.__call__
        elif callable(fn):
            raise SourceError(
                f"{_name(original)} has no Python source: it is written in C or generated",
                why="s2sad reads the text of a function to differentiate it",
                instead="declare a derivative rule for it (s2sad.primitive, s2sad.partials …)",
            )
        else:
            raise SourceError(
                f"{_name(original)} is not callable, so it cannot be differentiated", instead="pass a function"
            )


def call_signature(fn: Callable[..., Any]) -> inspect.Signature:
    """The signature that a call of ``fn`` is bound by.

    It is the callable's own, except for a wrapper that takes ``*args`` and whatever keywords for the function that it
    says it wraps: its parameters are those of that function.
    """
    try:
        own = inspect.signature(fn, follow_wrapped=False)
    except ValueError:  # something in C around a Python function: functools.cache, NumPy's dispatch
        return signature_of_compiled(fn)
    kinds = {p.kind for p in own.parameters.values()}
    if kinds and kinds <= {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}:
        return inspect.signature(fn)
    return own


def signature_of_compiled(fn: Callable[..., Any]) -> inspect.Signature:
    """The signature of what is compiled: NumPy's functions say none of their own before 2.4."""
    try:
        return inspect.signature(fn)
    except ValueError:
        if (prim := REGISTRY.lookup(fn)) is not None:
            return prim.signature
        if (definition := REGISTRY.definition(fn)) is None:
            raise
        return inspect.signature(definition)


def _is_numba(fn: Any) -> bool:
    return type(fn).__module__.startswith("numba") and isinstance(getattr(fn, "py_func", None), types.FunctionType)


def _name(fn: Any) -> str:
    module = getattr(fn, "__module__", None)
    name = getattr(fn, "__qualname__", None) or getattr(fn, "__name__", None)
    if not isinstance(name, str):
        return f"an object of type {type(fn).__name__}"
    return f"{module}.{name}" if isinstance(module, str) and module not in ("builtins", "__main__") else name


def function_source(fn: Callable[..., Any]) -> FunctionSource:
    """The source of a plain function, or of the function that ``resolve`` finds behind another callable.

    Raises
    ------
    SourceError
        There is no source, or it is not the source that this function was compiled from.
    """
    function = fn if isinstance(fn, types.FunctionType) else resolve(fn).function
    code = function.__code__
    entry = _FOUND.get(id(code))
    if entry is None or entry[0]() is not code:
        file, node = _find(function)
        key = id(code)
        _FOUND[key] = entry = (weakref.ref(code, lambda _: _FOUND.pop(key, None)), file, node)
    return FunctionSource(function, entry[2], entry[1])


# By identity: equal code objects may stand in different files.
_FOUND: dict[int, tuple[weakref.ref[types.CodeType], str, FunctionNode]] = {}


def _find(function: types.FunctionType) -> tuple[str, FunctionNode]:
    code = function.__code__
    seen = False
    for file, lines in _candidate_texts(function):
        for node in _nodes(code, file, lines):
            seen = True
            if _compiles_to(node, function, file):
                return file, node
    what = f"the source of {function.__qualname__}"
    if seen:
        raise SourceError(
            f"{what} is not what it was compiled from",
            why=f"{code.co_filename} changed since the function was defined, or a tool rewrote it on import",
            instead="reload the module (or restart), so that source and function agree",
        )
    if code.co_filename == "<string>" or not any(True for _ in _candidate_texts(function)):
        if code.co_filename == "<stdin>":
            raise SourceError(
                f"{what} is not kept by this prompt",
                why="the prompt of this Python forgets what was typed",
                instead="put it into a file, or use IPython or the prompt of Python 3.13, which keep what is typed",
            )
        raise SourceError(
            f"{what} cannot be read: there is no text for {code.co_filename!r}",
            why="it was made by exec or eval, or its file is gone",
            instead="define it in a file, or enter its text into linecache.cache under the file name given to compile",
        )
    raise SourceError(
        f"{what} was not found in {code.co_filename!r}",
        why=f"there is no such function at line {code.co_firstlineno}: the file changed since it was read",
        instead="reload the module (or restart), so that source and function agree",
    )


def _candidate_texts(function: types.FunctionType) -> Iterator[tuple[str, list[str]]]:
    """Texts that may hold the function: what linecache remembers first, then the file as it is now."""
    file = function.__code__.co_filename
    names = [file]
    try:
        other = inspect.getsourcefile(function)
    except TypeError:
        other = None
    if other is not None and other != file:
        names.append(other)
    for name in names:
        if lines := linecache.getlines(name, function.__globals__):
            yield name, lines
            linecache.checkcache(name)
            fresh = linecache.getlines(name, function.__globals__)
            if fresh and fresh != lines:
                yield name, fresh


def _nodes(code: types.CodeType, file: str, lines: list[str]) -> Iterator[FunctionNode]:
    """Nodes that may be this code object's, the likeliest first."""
    if code.co_name == "<lambda>":
        yield from _lambdas(code, _parsed(file, lines))
        return
    block = _block(code, lines)
    if block is not None:
        yield block
    for node in _parsed(file, lines).functions.get(code.co_firstlineno, ()):
        if node.name == code.co_name:
            yield node


def _block(code: types.CodeType, lines: list[str]) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    """The ``def`` parsed by itself, so that a long module costs nothing; None where that does not work out."""
    first = code.co_firstlineno - 1
    if not 0 <= first < len(lines):
        return None
    indent = _indent(lines[first])
    last = max(first + 1, _last_line(code))
    while last < len(lines) and (not lines[last].strip() or len(_indent(lines[last])) > len(indent)):
        last += 1
    text = "".join(lines[first:last])
    shift = first
    if indent:  # keeps the columns, where dedenting would shift them
        text, shift = "if 1:\n" + text, first - 1
    try:
        (statement,) = ast.parse(text).body
    except (SyntaxError, ValueError):
        return None
    if indent and isinstance(statement, ast.If):
        statement = statement.body[0]
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef) and statement.name == code.co_name:
        return ast.increment_lineno(statement, shift)
    return None


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" \t\f"))]


def _last_line(code: types.CodeType) -> int:
    ends = [end for _, end, _, _ in code.co_positions() if end is not None]
    ends.extend(_last_line(c) for c in code.co_consts if isinstance(c, types.CodeType))
    return max(ends, default=code.co_firstlineno)


@dataclass(frozen=True, slots=True)
class _Parsed:
    """A file's functions by first line (decorators count), as the parser counts."""

    text: str
    functions: dict[int, list[ast.FunctionDef | ast.AsyncFunctionDef]]
    lambdas: dict[int, list[ast.Lambda]]


_PARSED: dict[str, _Parsed] = {}


def _parsed(file: str, lines: list[str]) -> _Parsed:
    text = "".join(lines)
    known = _PARSED.get(file)
    if known is not None and known.text == text:
        return known
    parsed = _Parsed(text, {}, {})
    try:
        tree: ast.AST = ast.parse(_without_magics(text))
    except (SyntaxError, ValueError):
        tree = ast.Module([], [])
    for node in ast.walk(tree):
        if isinstance(node, ast.Lambda):
            parsed.lambdas.setdefault(node.lineno, []).append(node)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.decorator_list[0].lineno if node.decorator_list else node.lineno
            parsed.functions.setdefault(first, []).append(node)
    _PARSED[file] = parsed
    return parsed


def _without_magics(text: str) -> str:
    """The text of a notebook cell with its ``%magic`` and ``!shell`` lines blanked (they never hold a function)."""
    try:
        ast.parse(text)
    except SyntaxError:
        return re.sub(r"(?m)^([ \t]*)[%!?].*$", r"\1pass", text)
    return text


def _lambdas(code: types.CodeType, parsed: _Parsed) -> Iterator[ast.Lambda]:
    """Lambdas on the code's line, by how closely they hold all its instructions."""
    candidates = parsed.lambdas.get(code.co_firstlineno, ())
    spans = [p for p in list(code.co_positions()) if None not in p and p[2:] != (0, 0)]
    arguments = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    held = [n for n in candidates if _argument_names(n) == arguments and all(_holds(n.body, p) for p in spans)]
    yield from sorted(held, key=lambda n: (n.body.lineno, n.body.col_offset), reverse=True)  # the innermost first


def _argument_names(node: ast.Lambda) -> tuple[str, ...]:
    a = node.args
    return tuple(p.arg for p in (*a.posonlyargs, *a.args, *a.kwonlyargs))


def _holds(body: ast.expr, span: tuple[Any, Any, Any, Any]) -> bool:
    line, end_line, column, end_column = span
    start, end = (body.lineno, body.col_offset), (body.end_lineno, body.end_col_offset)
    return start <= (line, column) and (end_line, end_column) <= end


def _compiles_to(node: FunctionNode, function: types.FunctionType, file: str) -> bool:
    """Whether compiling the node where the function stands (free variables, class) gives the function's code."""
    code = function.__code__
    if any(name.startswith(("@py_assert", "@pytest_ar")) for name in (*code.co_varnames, *code.co_names)):
        return True  # pytest rewrites assertions on import; the source is what the author meant
    inner: ast.stmt = ast.copy_location(ast.Expr(node), node) if isinstance(node, ast.Lambda) else _undecorated(node)
    scopes = function.__qualname__.split(".")
    if len(scopes) > 1 and scopes[-2].isidentifier():  # a method: private names are mangled with the class
        template = ast.parse(f"class {scopes[-2]}: pass").body[0]
        assert isinstance(template, ast.ClassDef)
        template.body = [inner]
        inner = template
    free = [n for n in code.co_freevars if n.isidentifier() and n != "__class__"]
    if free:
        outer = ast.parse(f"def _({', '.join(free)}): pass").body[0]
        assert isinstance(outer, ast.FunctionDef)
        outer.body = [inner]
        inner = outer
    flags = code.co_flags & _FUTURES
    try:
        module = compile(ast.Module([inner], []), file, "exec", flags=flags, dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return any(_same_code(found, code) for found in _code_objects(module) if found.co_name == code.co_name)


def _undecorated(node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.stmt:
    """The same definition without decorators and annotations, which are not part of the function's own code."""
    fields = {name: getattr(node, name) for name in node._fields}
    fields["decorator_list"] = []
    return ast.copy_location(type(node)(**fields), node)


_FUTURES = functools.reduce(operator.or_, (getattr(__future__, n).compiler_flag for n in __future__.all_feature_names))


def _code_objects(module: types.CodeType) -> Iterator[types.CodeType]:
    stack = [module]
    while stack:
        code = stack.pop()
        yield code
        stack.extend(c for c in code.co_consts if isinstance(c, types.CodeType))


def _same_code(a: types.CodeType, b: types.CodeType) -> bool:
    if (a.co_names, a.co_varnames, a.co_freevars, len(a.co_consts)) != (
        b.co_names, b.co_varnames, b.co_freevars, len(b.co_consts)
    ):  # fmt: skip
        return False
    if a.co_code != b.co_code and _instructions(a) != _instructions(b):
        return False
    return all(map(_same_constant, a.co_consts, b.co_consts))


def _instructions(code: types.CodeType) -> list[tuple[str, object]]:
    """What the code does, without what depends on the module around it.

    CPython calls an attribute of a name that the module imports (``np.sin(x)``) in another way than a method.
    """
    out: list[tuple[str, object]] = []
    for instruction in dis.get_instructions(code):
        name = instruction.opname
        if name in ("PUSH_NULL", "EXTENDED_ARG"):
            continue
        if instruction.opcode in _JUMPS or name == "LOAD_CONST":  # targets move; constants are compared by _same_code
            out.append((name, None))
        else:
            out.append(("LOAD_ATTR" if name == "LOAD_METHOD" else name, instruction.argval))
    return out


_JUMPS = frozenset((*dis.hasjabs, *dis.hasjrel))


def _same_constant(a: Any, b: Any) -> bool:
    if isinstance(a, types.CodeType) and isinstance(b, types.CodeType):
        return _same_code(a, b)
    return type(a) is type(b) and (a == b or repr(a) == repr(b))
