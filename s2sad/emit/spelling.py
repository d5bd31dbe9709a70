"""How operations are written: syntax trees of expressions."""

from __future__ import annotations

import ast
import builtins
import cmath
import math
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from s2sad.emit.mutation import COPY, DEEP_COPY, is_flat
from s2sad.errors import TraceError, UnsupportedError
from s2sad.ir.core import UNDEFINED, Arg, Atom, Call, Literal, Pack, Ref, Value
from s2sad.ir.types import Array, List, Scalar, Struct, Type, np_dtype

BINARY: dict[str, type[ast.operator]] = {
    "+": ast.Add, "-": ast.Sub, "*": ast.Mult, "/": ast.Div, "//": ast.FloorDiv, "%": ast.Mod, "**": ast.Pow,
    "@": ast.MatMult, "&": ast.BitAnd, "|": ast.BitOr, "^": ast.BitXor, "<<": ast.LShift, ">>": ast.RShift,
}  # fmt: skip
COMPARE: dict[str, type[ast.cmpop]] = {
    "<": ast.Lt, "<=": ast.LtE, ">": ast.Gt, ">=": ast.GtE, "==": ast.Eq, "!=": ast.NotEq,
    "is": ast.Is, "is not": ast.IsNot, "in": ast.In, "not in": ast.NotIn,
}  # fmt: skip
UNARY: dict[str, type[ast.unaryop]] = {
    "neg": ast.USub, "pos": ast.UAdd, "~": ast.Invert, "invert": ast.Invert, "not": ast.Not,
}  # fmt: skip
NEGATED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip


def name(text: str) -> ast.expr:
    """A name or a dotted path."""
    head, *rest = text.split(".")
    out: ast.expr = ast.Name(head, ast.Load())
    for part in rest:
        out = ast.Attribute(out, part, ast.Load())
    return out


def call(function: ast.expr | str, *args: ast.expr, **kwargs: ast.expr) -> ast.Call:
    return ast.Call(name(function) if isinstance(function, str) else function, list(args), [ast.keyword(k, v) for k, v in kwargs.items()])  # noqa: E501


def _found(module: str, qualname: str) -> Any:
    """What an import of the module would find under a dotted name, or None."""
    found: Any = sys.modules.get(module)
    for part in qualname.split("."):
        found = getattr(found, part, None)
    return found


class Spelling:
    """Expressions of one module. Notes the imports and helpers that they need."""

    def __init__(self) -> None:
        self.modules: dict[str, None] = {}
        self.helpers: dict[str, None] = {}
        self.foreign: dict[str, Any] = {}  # what no import can name: a class of ``__main__`` or of a function
        self.renamed: dict[str, str] = {}  # helpers under a second name, where a parameter has the first
        self.arrays: frozenset[Value] = frozenset()  # what the caller gives: what is an array there is one
        self.shadowed: frozenset[str] = frozenset()  # names of the parameters of the function being written

    def helper(self, text: str) -> ast.expr:
        """A function of ``prims.runtime``, which goes into the module."""
        self.helpers[text] = None
        if text in self.shadowed:
            self.renamed[text] = text = f"{text}_"
        return name(text)

    def builtin(self, text: str, *args: ast.expr) -> ast.Call:
        """A call of a builtin function."""
        return call(self.path(text), *args)

    def path(self, text: str, value: Any = None) -> ast.expr:
        """Something outside, by dotted path; its module will be imported."""
        head = text.split(".")[0]
        if head == "np":
            self.modules["numpy"] = None
        elif "." in text:
            module, _, attribute = text.rpartition(".")
            while module not in sys.modules and "." in module:  # a method of an object of the module
                module = module.rpartition(".")[0]
            if value is not None and _found(module, text[len(module) + 1 :]) is None:
                return self.beyond_import(attribute, value)
            self.modules[module] = None
        elif hasattr(builtins, head):
            if head in self.shadowed:
                self.modules["builtins"] = None
                text = f"builtins.{text}"
        else:
            home, qualname = getattr(value, "__module__", None), getattr(value, "__qualname__", text)
            if not isinstance(home, str) or home == "__main__" or _found(home, qualname) is not value:
                return self.beyond_import(text, value)
            self.modules[home] = None
            text = f"{home}.{qualname}"
        return name(text)

    def beyond_import(self, text: str, value: Any) -> ast.expr:
        """Something that the loader has to hand to the module, under a name of its own."""
        if not text.isidentifier():
            raise TraceError(f"generated code cannot refer to {text!r}")
        chosen, k = text, 0
        while self.foreign.setdefault(chosen, value) is not value:
            k += 1
            chosen = f"{text}_{k}"
        return name(chosen)

    def constant(self, value: Any) -> ast.expr:
        match value:
            case _ if value is UNDEFINED:
                raise TraceError("a variable is used where it may have no value")
            case bool() | None | str() | bytes():
                return ast.Constant(value)
            case _ if value is Ellipsis:
                return ast.Constant(...)
            case np.generic():
                return self.numpy_scalar(value)
            case int():
                return _signed(value, value < 0)
            case float():
                return self.real(value)
            case complex():
                return self.complex(value)
            case tuple():
                return ast.Tuple([self.constant(v) for v in value], ast.Load())
            case list():
                return ast.List([self.constant(v) for v in value], ast.Load())
            case slice():
                return self.builtin("slice", *(self.constant(v) for v in (value.start, value.stop, value.step)))
            case np.dtype():
                return self.dtype(value)
            case dict():
                return ast.Dict([self.constant(k) for k in value], [self.constant(v) for v in value.values()])
            case type() if isinstance(value, type) and issubclass(value, np.generic):
                return self.dtype(np.dtype(value))
            case type() | Callable():
                return self.path(getattr(value, "__name__", "?"), value)
            case _:
                kind = type(value).__name__
                raise UnsupportedError(
                    f"a constant of type {kind} cannot be written into generated code",
                    why="the derivative is a text of its own, and has no literal for this object",
                    instead="hand on a number, a string, or a list, tuple or dict of them: str(...), float(...)",
                )

    def real(self, value: float) -> ast.expr:
        if math.isnan(value):
            return self.path("np.nan")
        negative = math.copysign(1.0, value) < 0
        body = self.path("np.inf") if math.isinf(value) else ast.Constant(abs(value))
        return ast.UnaryOp(ast.USub(), body) if negative else body

    def complex(self, value: complex) -> ast.expr:
        """As literals make it: the real part of ``1j`` is 0.0, that of ``-1j`` is -0.0."""
        real, imag = value.real, value.imag
        if cmath.isfinite(value):
            part = ast.Constant(complex(0, abs(imag)))
            if real and imag:
                return ast.BinOp(self.real(real), ast.Sub() if imag < 0 else ast.Add(), part)
            signs = math.copysign(1.0, real), math.copysign(1.0, imag)
            if not real and signs == (1.0, 1.0):
                return part
            if not real and signs == (-1.0, -1.0):
                return ast.UnaryOp(ast.USub(), part)
        return self.builtin("complex", self.real(real), self.real(imag))

    def numpy_scalar(self, value: np.generic) -> ast.expr:
        kind, python = self.dtype(value.dtype), complex if value.dtype.kind == "c" else float
        if isinstance(value, np.longdouble | np.clongdouble) and (python(value) == value or value != value):
            return call(kind, self.constant(python(value)))
        if isinstance(value, np.longdouble):  # more digits than a literal holds
            return call(kind, ast.Constant(np.format_float_scientific(value)))
        if isinstance(value, np.clongdouble):
            parts = self.numpy_scalar(value.real), self.numpy_scalar(value.imag)
            return ast.BinOp(parts[0], ast.Add(), ast.BinOp(parts[1], ast.Mult(), ast.Constant(1j)))
        return call(kind, self.constant(value.item()))

    def dtype(self, dtype: np.dtype[Any]) -> ast.expr:
        return self.path("np.bool_" if dtype == np.bool_ else f"np.{dtype.type.__name__}")

    def call(self, op: Call, write: Callable[[Arg], ast.expr]) -> ast.expr:
        """A pure call as an expression; ``write`` gives its operands."""
        hidden = op.prim.spelling.hidden
        args, kwargs = op.args, tuple((k, v) for k, v in op.kwargs if k not in hidden) if hidden else op.kwargs
        style, text = op.prim.spelling.style, op.prim.spelling.text
        match style:
            case "function":
                function = self.path(text, op.prim.run)
            case "helper":
                function = self.helper(text)
            case "method":
                first, *args_ = args
                function, args = ast.Attribute(write(first), text, ast.Load()), tuple(args_)
            case "attribute":
                return ast.Attribute(write(args[0]), text, ast.Load())
            case "operator":
                return self.operator(text, [write(a) for a in args])
            case "special":
                return self.special(op, write)
        return ast.Call(function, [write(a) for a in args], [ast.keyword(k, write(v)) for k, v in kwargs])

    def operator(self, text: str, operands: list[ast.expr]) -> ast.expr:
        if len(operands) == 1:
            kind = {"-": "neg", "+": "pos"}.get(text, text)
            if kind == "not":
                return negated(operands[0])
            return ast.UnaryOp(UNARY[kind](), operands[0])
        left, right = operands
        if text in COMPARE:
            return ast.Compare(left, [COMPARE[text]()], [right])
        if text in ("and", "or"):
            return ast.BoolOp(ast.And() if text == "and" else ast.Or(), [left, right])
        return ast.BinOp(left, BINARY[text](), right)

    def place(self, base: ast.expr, index: Arg, write: Callable[[Arg], ast.expr], context: ast.expr_context) -> ast.Subscript:  # noqa: E501
        """An item of a list: ``base[i]``, or ``base[i][j]`` where the index is a path."""
        steps = index.items if isinstance(index, Pack) and index.kind == "tuple" else (index,)
        for step in steps[:-1]:
            base = ast.Subscript(base, self.index(step, write), ast.Load())
        return ast.Subscript(base, self.index(steps[-1], write), context)

    def special(self, op: Call, write: Callable[[Arg], ast.expr]) -> ast.expr:
        args = op.args
        match op.prim.name:
            case "list_get":
                return self.place(write(args[0]), args[1], write, ast.Load())
            case "getitem" | "gather" | "list_slice":
                return ast.Subscript(write(args[0]), self.index(args[1], write), ast.Load())
            case "dim":
                if isinstance(args[1], Literal) and args[1].value == 0:
                    return self.builtin("len", write(args[0]))
                return ast.Subscript(ast.Attribute(write(args[0]), "shape", ast.Load()), write(args[1]), ast.Load())
            case "shape":
                t = args[0].type
                if isinstance(t, Array) and t.axes is None and args[0] not in self.arrays:
                    return call(self.path("np.shape"), write(args[0]))  # it may be a Python float on one path
                return ast.Attribute(write(args[0]), "shape", ast.Load())
            case "zero_of":
                return self.zero(args[0], write)
            case "list_new":
                return ast.List([write(a) for a in args], ast.Load())
            case "list_repeat":
                return ast.BinOp(ast.List([write(args[0])], ast.Load()), ast.Mult(), write(args[1]))
            case "list_add" if not isinstance(getattr(args[0].type, "item", None), Scalar | Array):
                self.helpers["added"] = None
                return call("added", write(args[0]), write(args[1]))
            case "list_add":
                pair = ast.Tuple([ast.Name("a", ast.Store()), ast.Name("b", ast.Store())], ast.Store())
                items = ast.comprehension(pair, self.builtin("zip", write(args[0]), write(args[1])), [], 0)
                return ast.ListComp(ast.BinOp(name("a"), ast.Add(), name("b")), [items])
            case "build":
                return write(args[0])
            case "item":
                key = args[1].value if isinstance(args[1], Literal) else None
                if isinstance(key, str) and getattr(args[0].type, "kind", "") in ("namedtuple", "dataclass"):
                    return ast.Attribute(write(args[0]), key, ast.Load())
                return ast.Subscript(write(args[0]), write(args[1]), ast.Load())
            case _ if op.prim is COPY:
                t = args[0].type
                if isinstance(t, List) or is_flat(t):
                    return call(ast.Attribute(write(args[0]), "copy", ast.Load()))
                if isinstance(t, Array):
                    self.modules["numpy"] = None
                    return call("np.array", write(args[0]))
                self.modules["copy"] = None
                return call("copy.deepcopy", write(args[0]))
            case _ if op.prim is DEEP_COPY:
                t = args[0].type
                if (copies := copied_items(t, write(args[0]), "abcd")) is not None:
                    return copies
                self.modules["copy"] = None
                return call("copy.deepcopy", write(args[0]))
            case other:
                raise TraceError(f"the emitter has no spelling for {other}")

    def zero(self, arg: Arg, write: Callable[[Arg], ast.expr]) -> ast.expr:
        match arg.type:
            case Scalar(dtype=dtype, weak=weak):
                if dtype[0] == "c":
                    return self.builtin("complex", ast.Constant(0.0), ast.Constant(0.0))
                if not weak and dtype[0] == "f" and dtype != "f64":
                    return call(self.dtype(np_dtype(dtype)), ast.Constant(0.0))
                return ast.Constant(0.0)
            case Array(dtype=dtype, axes=axes) if axes is not None:
                self.modules["numpy"] = None
                if dtype[0] in "fc":
                    return call("np.zeros_like", write(arg))
                return call("np.zeros", ast.Attribute(write(arg), "shape", ast.Load()))
            case List(item=Scalar(dtype="f64" | "i64")):
                return ast.BinOp(ast.List([ast.Constant(0.0)], ast.Load()), ast.Mult(), self.builtin("len", write(arg)))
            case Struct(kind="list", items=items) if plain_zeros(arg.type):
                return ast.List([ast.Constant(0.0) for _ in items], ast.Load())
            case List(item=item) if plain_zeros(item):
                each = "a" if not isinstance(item, List) else "rows" if isinstance(item.item, List) else "row"
                each = "_" if isinstance(item, Struct) else each
                zeros = self.zero(Value(item), lambda _: name(each))
                return ast.ListComp(zeros, [ast.comprehension(ast.Name(each, ast.Store()), write(arg), [], 0)])
            case _:
                return call(self.helper("zero_of"), write(arg))

    def index(self, arg: Arg, write: Callable[[Arg], ast.expr]) -> ast.expr:
        """An index as it stands between brackets."""
        if isinstance(arg, Pack) and arg.kind == "slice":
            start, stop, step = (None if isinstance(i, Literal) and i.value is None else write(i) for i in arg.items)
            return ast.Slice(start, stop, step)
        if isinstance(arg, Pack) and arg.kind == "tuple":
            return ast.Tuple([self.index(i, write) for i in arg.items], ast.Load())
        return write(arg)


def plain_zeros(t: Type) -> bool:
    """Whether zeros like a value of this type are written out: of arrays, and of lists of numbers, lists or arrays."""
    match t:
        case Array(axes=axes):
            return axes is not None
        case List(item=Scalar(dtype="f64" | "i64")):
            return True
        case Struct(kind="list", items=items):
            return bool(items) and all(isinstance(i, Scalar) and i.dtype in ("f64", "i64") for i in items)
        case List(item=List(item=List(item=List()))):
            return False
        case List(item=item):
            return plain_zeros(item)
        case _:
            return False


def copied_items(t: Type, value: ast.expr, names: str) -> ast.expr | None:
    """``[a.copy() for a in value]``, and so on through lists of lists; None where other things are in them."""
    if is_flat(t):
        return call(ast.Attribute(value, "copy", ast.Load()))
    if isinstance(t, Array):
        return None
    if not isinstance(t, List) or not names or (item := copied_items(t.item, name(names[0]), names[1:])) is None:
        return None
    return ast.ListComp(item, [ast.comprehension(ast.Name(names[0], ast.Store()), value, [], 0)])


def negated(test: ast.expr) -> ast.expr:
    """``not test``, written as plainly as it can be without changing what it means for nan."""
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and type(test.ops[0]) in NEGATED:
        return ast.Compare(test.left, [NEGATED[type(test.ops[0])]()], test.comparators)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return test.operand if _is_bool(test.operand) else call("bool", test.operand)
    return ast.UnaryOp(ast.Not(), test)


def _is_bool(e: ast.expr) -> bool:
    return isinstance(e, ast.Compare) or isinstance(e, ast.UnaryOp) and isinstance(e.op, ast.Not)


def _signed(value: int, negative: bool) -> ast.expr:
    return ast.UnaryOp(ast.USub(), ast.Constant(-value)) if negative else ast.Constant(value)


def names_in(node: ast.AST, context: type[ast.expr_context] = ast.Load) -> Iterator[str]:
    """Names that an expression reads; with ``ast.Store``, that a statement writes."""
    stack: list[ast.AST] = [node]
    while stack:
        at = stack.pop()
        if isinstance(at, ast.Name) and isinstance(at.ctx, context):
            yield at.id
        stack.extend(ast.iter_child_nodes(at))


__all__ = ["Atom", "Ref", "Spelling", "Value", "call", "name", "names_in", "negated"]
