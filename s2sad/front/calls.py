"""Calls: of primitives, of functions with source (traced into), of classes, of Python's own functions."""

from __future__ import annotations

import ast
import builtins
import decimal
import fractions
import functools
import inspect
import math
import operator
import sys
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

import numpy as np

from s2sad.errors import Error, SourceError
from s2sad.front import outs
from s2sad.front.attributes import class_of
from s2sad.front.codes import code_of_function, hands_on
from s2sad.front.conversions import number_like
from s2sad.front.derivatives import TRANSFORMS, call_transform, is_traceable, users_meaning
from s2sad.front.duck_typing import by_method
from s2sad.front.expressions import EVALUATE, Expressions
from s2sad.front.externals import holds_scipy, is_library
from s2sad.front.fitting import fits
from s2sad.front.instances import all_known
from s2sad.front.machine import NUMBER, Restart, Unreachable
from s2sad.front.primitive_calls import Primitives
from s2sad.front.purity import asks_about_types, makes_number, pure
from s2sad.front.scope import Code
from s2sad.front.source import FunctionSource
from s2sad.front.state import Frame
from s2sad.front.ufuncs import on_numbers, with_keywords
from s2sad.front.values import (
    FALSE,
    NONE,
    UNBOUND,
    Abstract,
    Choice,
    Closure,
    CursorOf,
    DictOf,
    Known,
    ListOf,
    Method,
    Optional,
    Partial,
    Poison,
    RangeOf,
    Record,
    SetOf,
    Source,
    Text,
    Transformed,
    TupleOf,
    Undefined,
    View,
    pack,
)
from s2sad.ir.core import Arg, Pack, Value
from s2sad.ir.types import Array, Object, Scalar
from s2sad.prims.mathematics import length_of
from s2sad.prims.primitive import REGISTRY, NotKnown, constant_of, unsupported

MAX_DEPTH = 200  # calls, from where on a function that calls itself is kept as a function
MAX_CHAIN = 1000  # calls of functions that do not call themselves
BUSHY = 48  # calls of itself under conditions that are not known: so many are unrolled
PATIENCE = 12
OURS = ("s2sad.libraries.", "s2sad.prims.")
"""Where functions are that say what others mean, in the terms of operations."""
GATHERING: tuple[tuple[object, Callable[..., Any]], ...] = ((max, max), (min, min), (math.hypot, length_of))
"""What takes any number of arguments, and what takes them as one list."""


class Calls(Primitives):
    """Calling things."""

    # -- the expression --------------------------------------------------------------------------------------------

    def eval_call(self, node: ast.Call) -> Abstract:
        function = self.evaluate(node.func)
        if isinstance(function, Known) and function.value is super:
            self.node = node
            return self.super_call(node)
        steps = isinstance(function, Known) and function.value is next
        starred = isinstance(function, Known) and any(isinstance(a, ast.Starred) for a in node.args)
        gathering = next((of for f, of in GATHERING if starred and f is function.value), None)  # type: ignore[union-attr]
        if gathering is not None:
            function, args = self.gathered(function, gathering, node)
        else:
            args = self.advanced(node) if steps else self.elements(node.args)
        kwargs: dict[str, Abstract] = {}
        for k in node.keywords:
            value = self.evaluate(k.value)
            if k.arg is not None:
                kwargs[k.arg] = value
            else:
                self.node = k.value
                kwargs.update(self.known_mapping(value))
        self.node = node
        self.calls.append(id(node))
        try:
            return self.call(function, args, kwargs)
        finally:
            self.calls.pop()

    def gathered(
        self, function: Abstract, of: Callable[..., Any], node: ast.Call
    ) -> tuple[Abstract, Sequence[Abstract]]:
        """``max(*x)`` and its kin, which take any number of arguments: ``max(x)``, if ``x`` has an unknown number."""
        match node.args:
            case [ast.Starred(value=value)]:
                items = self.evaluate(value)
            case _:
                items = self.displayed(ast.List(node.args, ast.Load())) or UNBOUND
        known = self.items_if_known(items)
        return (Known(of), (items,)) if known is None else (function, known)

    def advanced(self, node: ast.Call) -> list[Abstract]:
        """The arguments of ``next``, which reads its iterator without using it up."""
        first, *rest = node.args
        held = self.lookup(first.id, first) if isinstance(first, ast.Name) else None
        return [held, *self.elements(rest)] if isinstance(held, CursorOf) and held not in self.used else self.elements(node.args)  # noqa: E501

    def super_call(self, node: ast.Call) -> Abstract:
        frame = self.frame
        owner = next(iter(frame.variables.values()), UNBOUND)
        own = self.local_classes.get(frame.code.node)
        cls = frame.code.source.closure.get("__class__") if own is None else types.CellType(own)
        if cls is None or node.args or not isinstance(owner, Record | Known | TupleOf):
            self.refuse("super() here")
        kind = class_of(owner)
        if cls.cell_contents not in kind.__mro__:
            self.wrong(f"super() of {self.describe(owner)}", why="Python would raise TypeError")
        return Method(owner, f"super:{kind.__mro__.index(cls.cell_contents) + 1}")

    def call(self, function: Abstract, args: Sequence[Abstract], kwargs: Mapping[str, Abstract] | None = None) -> Abstract:  # noqa: E501
        named = dict(kwargs or {})
        match function:
            case Known():
                return self.call_known(function, tuple(args), named)
            case Closure(code=code, frame=frame, defaults=defaults, kwdefaults=kwdefaults):
                return self.run_function(code, frame, self.bind(code, tuple(args), named, defaults, kwdefaults))
            case Partial(function=inner, args=first, kwargs=given):
                return self.call(inner, (*first, *args), {**given, **named})
            case Method():
                return self.call_method(function.owner, function.name, tuple(args), named)
            case Record() | TupleOf():
                found = self.special_method(function, "__call__")
                if found is not None:
                    return self.call(found, args, named)
            case Optional():
                return self.call(self.some(function, "not callable:"), args, named)
            case Choice():
                return self.either_of(function, lambda f: self.call(f, args, named))
            case Transformed():
                return function.apply(self, function, tuple(args), named)
        if number_like(function):
            self.wrong_type(f"{self.describe(function)} is not callable")
        self.refuse(f"a call of {self.describe(function)}", why="it is not a function known when the derivative is made")  # noqa: E501

    def call_known(self, function: Known, args: tuple[Abstract, ...], kwargs: dict[str, Abstract]) -> Abstract:
        f = function.value
        if isinstance(f, types.FunctionType) and f in self.stand_ins:
            return self.call(self.stand_ins[f], args, kwargs)
        if f is None or isinstance(f, str | int | float):
            self.wrong_type(f"{self.describe(function)} is not callable")
        if REGISTRY.providers:
            REGISTRY.supply()
        if is_traceable(f):
            return self.call(f.__s2sad_inside__(function.source), args, kwargs)
        if hasattr(type(f), "__s2sad_call__"):
            return f.__s2sad_call__(self, args, kwargs)  # type: ignore[no-any-return]
        if isinstance(f, types.FunctionType | type) and f in TRANSFORMS:
            return call_transform(self, f, args, kwargs)
        if (declared := users_meaning(f)) is not None:
            return declared(self, args, kwargs)  # type: ignore[no-any-return]
        text = args[0].value if args and isinstance(args[0], Known) else None
        read = isinstance(text, str | bytes | fractions.Fraction | decimal.Decimal) and makes_number(f)
        if read and all_known(args, kwargs):
            return self.run_now(f, args, kwargs)
        special = self.special(f)
        if special is not None:
            out = special(args, kwargs)
            if out is not None:
                return out
        args, kwargs = outs.of_function(f, args, kwargs)
        if "out" in kwargs:
            args, kwargs = outs.in_its_dtype(self, f, args, kwargs)
        if kwargs and isinstance(f, np.ufunc) and (made := with_keywords(self, f, args, kwargs)) is not None:
            return made
        if f is unsupported:
            texts = [a.value if isinstance(a, Known) else "this form of the call" for a in args]
            self.refuse(texts[0], instead=" ".join(v.value for v in kwargs.values() if isinstance(v, Known)))
        if args and isinstance(args[0], Record) and (own := by_method(self, f, args, kwargs)) is not None:
            return own
        prim = REGISTRY.lookup(f)
        if prim is not None:
            if isinstance(f, np.ufunc):
                args = on_numbers(self, prim, tuple(map(self.as_array, args)))
            if REGISTRY.definition(f) is None or fits(prim, args, kwargs):
                return self.apply(prim, args, kwargs)
        meaning = REGISTRY.definition(f)
        if isinstance(owner := getattr(f, "__self__", None), np.ufunc):
            meaning = REGISTRY.ufunc_methods.get((owner.__name__, f.__name__))
        if meaning is not None:
            return self.call_meaning(meaning, args, kwargs, hands_on_out=f == getattr(owner, "outer", None))
        if id(f) in REGISTRY.computed:
            return self.computed(f, args, kwargs)
        if getattr(f, "__module__", None) == "inspect" and all_known(args, kwargs):
            return self.run_now(f, args, kwargs)
        if asks_about_types(f) and args and all_known(args, kwargs) and (
            f is np.min_scalar_type or not any(map(number_like, args))
        ):
            return self.run_now(f, args, kwargs)
        match f:
            case types.FunctionType():
                if self.meaning is None and str(f.__module__).startswith(OURS):
                    return self.call_meaning(f, args, kwargs)
                return self.call_function(f, args, kwargs)
            case types.MethodType():
                owner = Known(f.__self__, self.owner_source(function))
                return self.call(Known(f.__func__), (owner, *args), kwargs)
            case functools.partial():
                inner = Known(f.func)
                source = function.source or Source(f"partial:{getattr(f.func, '__name__', 'function')}", lambda: f)
                first = [self.external(a, source.attribute("args").item(k)) for k, a in enumerate(f.args)]
                given = {k: self.external(a, source.attribute("keywords").item(k)) for k, a in f.keywords.items()}
                return self.call(inner, (*first, *args), {**given, **kwargs})
            case type():
                return self.construct(f, args, kwargs)
            case types.GenericAlias() | typing._GenericAlias():  # type: ignore[attr-defined]  # Box[float](…)
                return self.call(Known(typing.get_origin(f)), args, kwargs)
            case staticmethod():
                return self.call(Known(f.__func__), args, kwargs)
        if isinstance(f, types.BuiltinFunctionType | types.MethodWrapperType) and pure(f):
            if getattr(f, "__name__", "") == "format" and isinstance(f.__self__, str) and not all_known(args, kwargs):
                return Text(f.__self__, args)
            if isinstance(f.__self__, dict) and f.__name__ in ("keys", "values", "items"):
                return self.constant_container(list(f()))
            if isinstance(f.__self__, set | frozenset) and not all_known(args, kwargs):  # whose keys are known
                args = tuple(Known(self.members(a)) for a in args)
            try:
                return self.run_now(f, args, kwargs)
            except LookupError as error:
                if not (error.args and isinstance(error.args[0], Abstract)):
                    raise
        if (py := getattr(f, "py_func", None)) is not None and isinstance(py, types.FunctionType):
            return self.call_function(py, args, kwargs)
        wrapped = getattr(f, "__wrapped__", None)
        if isinstance(wrapped, types.FunctionType) and not isinstance(f, type):
            return self.call_function(wrapped, args, kwargs)
        found = self.special_method(function, "__call__")
        if found is not None:
            return self.call(found, args, kwargs)
        method = inspect.getattr_static(type(f), "__call__", None)  # of a library's object, where we know what it means
        if isinstance(method, types.FunctionType) and REGISTRY.definition(method) is not None:
            return self.call(Known(method), (function, *args), kwargs)
        self.unknown_function(f)

    def computed(self, f: Callable[..., Any], args: tuple[Abstract, ...], kwargs: dict[str, Abstract]) -> Abstract:
        """A function of known things (``REGISTRY.compute``)."""
        try:
            known = [constant_of(self.plain(self.to_arg(a))) for a in args]
            named = {k: constant_of(self.plain(self.to_arg(v))) for k, v in kwargs.items()}
            return self.constant_container(f(*known, **named))
        except NotKnown as error:
            self.demand(error.arg, "an option of this function")

    def call_meaning(
        self, meaning: Callable[..., Any], args: tuple[Abstract, ...], kwargs: dict[str, Abstract],
        hands_on_out: bool = False,
    ) -> Abstract:  # fmt: skip
        """A call by its definition (``REGISTRY.define``): its operations and its errors stand at the call.

        ``hands_on_out``: the definition takes ``out=`` itself, since ``where=`` leaves in it what was there.
        """
        out = kwargs.get("out", NONE)
        if not hands_on_out:
            kwargs = {k: v for k, v in kwargs.items() if k != "out"}
        outer = self.meaning
        if outer is None:
            self.meaning = self.here(), len(self.frames)
        try:
            result = self.call_function(meaning, args, kwargs)
            return result if hands_on_out else self.store_out(out, result)
        finally:
            self.meaning = outer

    def owner_source(self, function: Known) -> Source | None:
        if function.source is None:
            f = function.value
            return self.root("global:self", id(f.__self__), self.frame.code, lambda: f.__self__) if self.frames else None  # noqa: E501
        return function.source.attribute("__self__")

    def unknown_function(self, f: Any) -> NoReturn:
        module = getattr(f, "__module__", None)
        name = getattr(f, "__qualname__", None) or getattr(f, "__name__", None) or f"an object of type {type(f).__name__}"  # noqa: E501
        if module is None and getattr(sys.modules.get("scipy.special"), name, None) is f:  # ufuncs do not say where
            module = "scipy.special"
        builtin = module == "builtins" or getattr(builtins, name, None) is f  # as ``open`` of io
        full = f"{module}.{name}" if module and not builtin else name
        short = full.replace("numpy.", "np.", 1) if full.startswith("numpy.") else full
        self.refuse(
            f"{short} has no derivative rule, and no Python source to trace into",
            why="s2sad knows nothing about what it computes",
            instead=f"declare its derivative, with @s2sad.partials({short}, returns=float) over a function that gives "
            f"its partials, or ask for differences: s2sad.numeric({short}, returns=float)",
        )

    def run_now(self, f: Callable[..., Any], args: tuple[Abstract, ...], kwargs: dict[str, Abstract]) -> Abstract:
        """A function of known things, run while tracing; its exceptions are the program's own."""
        values = [self.concrete(a) for a in args]
        named = {k: self.concrete(v) for k, v in kwargs.items()}
        return self.constant_container(f(*values, **named))

    # -- primitives ------------------------------------------------------------------------------------------------


    # -- functions with source -------------------------------------------------------------------------------------

    def code_of(self, function: types.FunctionType) -> Code:
        return code_of_function(function)

    def call_function(self, function: types.FunctionType | Callable[..., Any], args: tuple[Abstract, ...], kwargs: dict[str, Abstract]) -> Abstract:  # noqa: E501
        assert isinstance(function, types.FunctionType)
        try:
            code = code_of_function(function)
        except SourceError as error:
            wrapped = getattr(function, "__wrapped__", None)
            if isinstance(wrapped, types.FunctionType):
                return self.call_function(wrapped, args, kwargs)
            if function.__module__ in (None, "builtins") and hands_on(function.__code__):  # made by a library from text
                return self.lifted(function(*args, **kwargs))
            if is_library(function.__module__):
                self.unknown_function(function)
            raise self.placed(error) from None
        self.codes[function.__code__] = None
        if id(function.__globals__) not in self.namespaces:
            self.namespaces[id(function.__globals__)] = holds_scipy(function.__globals__)
        source = code.source
        defaults = tuple(self.default(v, function, f"__defaults__[{k}]", source) for k, v in enumerate(source.defaults)) if source.defaults else ()  # noqa: E501
        named = {k: self.default(v, function, k, source) for k, v in source.kwdefaults.items()} if source.kwdefaults else {}  # noqa: E501
        return self.run_function(code, None, self.bind(code, args, kwargs, defaults, named))

    def lifted(self, made: Any) -> Abstract:
        """What a function that only hands on its arguments made of abstract values."""
        match made:
            case tuple():
                return pack([self.lifted(m) for m in made])
            case list():
                return self.new_list([self.lifted(m) for m in made])
            case _:
                return made if isinstance(made, Abstract) else self.constant_container(made)

    def default(self, value: Any, function: types.FunctionType, where: str, source: FunctionSource) -> Abstract:
        """A default of a parameter: numbers are constants of the program, arrays captures."""
        if value is None or isinstance(value, NUMBER | str | bool):
            return Known(value)
        if isinstance(value, tuple) and all(isinstance(v, NUMBER | str | None) for v in value):
            return self.constant_container(value)
        path = f"default:{function.__qualname__}.{where}"
        code = code_of_function(function)
        return self.external(value, self.root(path, id(value), code, lambda: value))

    def bind(
        self, code: Code, args: tuple[Abstract, ...], kwargs: dict[str, Abstract], defaults: tuple[Abstract, ...],
        kwdefaults: Mapping[str, Abstract],
    ) -> dict[str, Abstract]:
        """Arguments to parameters, as Python does it."""
        spec = code.node.args
        names = [p.arg for p in spec.posonlyargs] + [p.arg for p in spec.args]
        out: dict[str, Abstract] = dict(zip(names, args, strict=False))
        if len(args) > len(names):
            if spec.vararg is None:
                self.bad_call(code, f"takes {len(names)} positional arguments but {len(args)} were given")
            out[spec.vararg.arg] = pack(args[len(names):])
        elif spec.vararg is not None:
            out[spec.vararg.arg] = pack(())
        only = [p.arg for p in spec.kwonlyargs]
        allowed = {*(p.arg for p in spec.args), *only}
        extra: dict[str, Abstract] = {}
        for k, v in kwargs.items():
            if k in allowed:
                if k in out:
                    self.bad_call(code, f"got multiple values for argument {k!r}")
                out[k] = v
            elif spec.kwarg is not None:
                extra[k] = v
            else:
                self.bad_call(code, f"got an unexpected keyword argument {k!r}")
        if spec.kwarg is not None:
            out[spec.kwarg.arg] = self.container("dict", tuple(extra), list(extra.values()), None)
        first = len(names) - len(defaults)
        for j, name in enumerate(names):
            if name not in out:
                if j < first:
                    self.bad_call(code, f"missing a required argument: {name!r}")
                out[name] = defaults[j - first]
        for name in only:
            if name not in out:
                if name not in kwdefaults:
                    self.bad_call(code, f"missing a required keyword-only argument: {name!r}")
                out[name] = kwdefaults[name]
        return out

    def bad_call(self, code: Code, what: str) -> NoReturn:
        self.wrong(f"{code.name}() {what}", why="Python would raise TypeError")

    def run_function(self, code: Code, outer: Frame | None, variables: dict[str, Abstract]) -> Abstract:
        """Run a function's body on its bound arguments; its result."""
        if id(code.node) in self.session.recursive:
            return self.run_kept(code, outer, variables)
        if self.branching(code) or len(self.frames) >= PATIENCE and self.endless(code):
            raise Restart(recursive=id(code.node))
        return self.run_body(code, outer, variables)

    def branching(self, code: Code) -> bool:
        """Whether a recursion was followed into so many conditions that are not known that it had better stay one."""
        depth = next((f.depth for f in self.frames if f.code.node is code.node), None)
        if depth is None or depth >= len(self.open):
            return False
        count = self.branches[code.node] = self.branches.get(code.node, 0) + 1
        return count > BUSHY

    def endless(self, code: Code) -> bool:
        """Whether a recursion goes deeper and deeper under conditions that are not known."""
        depths = [f.depth for f in self.frames if f.code.node is code.node]
        if len(self.frames) >= MAX_DEPTH and len(depths) > 2:
            return True
        if len(self.frames) >= MAX_CHAIN:
            self.refuse(
                f"calls {MAX_CHAIN} deep", why="Python itself does not go deeper", instead="write it as a loop"
            )
        recent = depths[-PATIENCE:]
        return len(recent) == PATIENCE and all(a < b for a, b in zip(recent, recent[1:], strict=False))

    def run_kept(self, code: Code, outer: Frame | None, variables: dict[str, Abstract]) -> Abstract:
        raise NotImplementedError

    def run_body(self, code: Code, outer: Frame | None, variables: dict[str, Abstract]) -> Abstract:
        node = self.node
        where = self.here() if self.frames else None
        flags: dict[str, Abstract] = {"$returned": FALSE, "$raised": FALSE, "$result": UNBOUND}
        frame = self.activation(code, variables | flags, outer, where)
        self.frames.append(frame)
        try:
            self.raising_block(code.body)
            quiet = not self.tries or is_false(frame.variables["$raised"])
            result = self.returned(frame) if quiet else None
        finally:
            self.frames.pop()
            self.node = node
        if result is None:
            self.left(frame)
            result = self.returned(frame)
        return result

    def raising_block(self, body: Sequence[ast.stmt]) -> None:
        """Run the body of a function."""
        if self.tries:
            self.raising(lambda: self.run_block(body))
        else:
            self.run_block(body)

    def left(self, frame: Frame) -> None:
        """A function has ended, perhaps with an exception in flight."""

    def returned(self, frame: Frame) -> Abstract:
        flag = frame.variables["$returned"]
        result = frame.variables["$result"]
        if isinstance(flag, Known):
            if isinstance(result, Poison):
                self.refuse(
                    f"the result of {frame.code.name}: {result.what}", result.why or "one trace has one structure of results",  # noqa: E501
                    "return the same structure on every path",
                )
            return result if flag.value else NONE
        # some path falls off the end: there the result is None
        assert isinstance(flag, Value)
        if isinstance(result, Undefined) or (isinstance(result, Known) and result.value is None):
            return NONE
        return self.choose(flag, lambda: result, lambda: NONE)

    # -- methods ---------------------------------------------------------------------------------------------------

    def call_method(self, owner: Abstract, name: str, args: tuple[Abstract, ...], kwargs: dict[str, Abstract]) -> Abstract:  # noqa: E501
        match owner:
            case View() | Value():
                return self.array_method(owner, name, args, kwargs)
            case Known() if number_like(owner):
                if all_known(args, kwargs) and not isinstance(owner.value, np.generic):
                    return self.run_now(getattr(owner.value, name), args, kwargs)
                return self.array_method(owner, name, args, kwargs)
            case ListOf():
                return self.list_method(owner, name, args, kwargs)
            case DictOf():
                return self.dict_method(owner, name, args, kwargs)
            case SetOf():
                return self.set_method(owner, name, args)
            case TupleOf(items=items, cls=cls):
                if cls is not None and name == "_replace":
                    fields = cls._fields  # type: ignore[attr-defined]
                    return TupleOf(tuple(kwargs.get(f, v) for f, v in zip(fields, items, strict=True)), cls)
                if cls is not None and name == "_asdict":
                    return self.container("dict", cls._fields, list(items), None)  # type: ignore[attr-defined]
                if all(isinstance(i, Known) for i in (*items, *args)):
                    return self.run_now(getattr(tuple(i.value for i in items if isinstance(i, Known)), name), args, kwargs)  # noqa: E501
                if name in ("index", "count"):
                    return self.list_method(self.new_list(list(items)), name, args, kwargs)
            case RangeOf():
                numbers = self.call(Known(list), (owner,))
                assert isinstance(numbers, ListOf)
                return self.list_method(numbers, name, args, kwargs)
        self.refuse(f"method {name} of {self.describe(owner)}")

    def array_method(self, owner: Abstract, name: str, args: tuple[Abstract, ...], kwargs: dict[str, Abstract]) -> Abstract:  # noqa: E501
        if isinstance(owner, View):
            match name, args:
                case "fill", (value,):
                    self.store_array(owner, Known(Ellipsis), value)
                    return NONE
                case "sort", _:
                    result = self.call(Known(np.sort), (owner, *args), kwargs)
                    self.update(owner, self.read(result))  # type: ignore[arg-type]
                    return NONE
                case "copy", _:  # in whichever order
                    return self.apply(REGISTRY.methods["copy"], (owner,), {})
                case "item", (index,):
                    flat = owner if isinstance(index, TupleOf) else self.call(Known(np.ravel), (owner,))
                    return self.array_method(self.subscript(flat, index), "item", (), {})
                case "setflags", _ if not args and set(kwargs) == {"write"}:  # who may store is the program's affair
                    return NONE
                case "resize", _:
                    self.refuse(
                        "ndarray.resize", why="other names for the array would change with it",
                        instead="a = np.resize(a, shape), or store into an array that is large enough",
                    )  # fmt: skip
                case "itemset" | "setfield" | "byteswap", _:
                    self.refuse(f"ndarray.{name}", instead="store with an index")
        given, kwargs = outs.of_method(name, (owner, *args), kwargs)
        if "out" in kwargs:
            given, kwargs = outs.in_its_dtype(self, name, given, kwargs)
        args = given[1:]
        meaning = REGISTRY.method_definitions.get(name)
        if meaning is not None:
            return self.call_meaning(meaning, given, kwargs)
        prim = REGISTRY.methods.get(name)
        if prim is None and name.startswith("__") and (operation := operation_of(name)) is not None:
            return self.call(Known(operation), (*args, owner) if reflected(name) else (owner, *args), kwargs)
        if prim is None:
            t = self.type_of(owner)
            sample = np.ndarray if isinstance(t, Array) or not isinstance(t, Scalar) or not t.weak else float
            if isinstance(t, Object) or not hasattr(sample, name):
                return self.missing(owner, name)
            self.refuse(
                f"method {name} of an array",
                why="s2sad has no primitive for it",
                instead="use the NumPy function of the same meaning, or declare it with s2sad.primitive",
            )
        meaning = REGISTRY.definition(prim.run)
        if meaning is not None and not fits(prim, given, kwargs):
            return self.call_meaning(meaning, given, kwargs)
        return self.apply(prim, given, kwargs)

    def store_array(self, target: View, index: Abstract, value: Abstract) -> None:
        """``target[index] = value`` for an array."""
        if self.single_bool(index):
            target, index = self.with_first_axis(target, index)
        arg = self.index_arg(index)
        self.store(target, arg, self.to_arg(self.as_array(self.some(value, "stored as a number:"))))

    def special(self, f: Any) -> Callable[[tuple[Abstract, ...], dict[str, Abstract]], Abstract | None] | None:
        """Python's own functions, where they mean more than one operation. See ``builtin.py``."""
        raise NotImplementedError


def is_false(value: Abstract) -> bool:
    return isinstance(value, Known) and value.value is False


def reflected(name: str) -> bool:
    """Whether a method with two underscores takes its operands the other way round (``__radd__``)."""
    return name.startswith("__r") and not hasattr(operator, name)


def operation_of(name: str) -> Any:
    """The function of ``operator``, or of Python, that a method with two underscores stands for."""
    if name in ("__len__", "__float__", "__int__", "__bool__", "__divmod__", "__round__"):
        return getattr(builtins, name.strip("_"))
    return getattr(operator, f"__{name[3:]}" if reflected(name) else name, None)


EVALUATE[ast.Call] = Calls.eval_call
EVALUATE[ast.Attribute] = Expressions.eval_attribute

__all__ = ["Arg", "Calls", "Error", "Pack", "Undefined", "Unreachable", "code_of_function"]
