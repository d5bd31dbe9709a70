"""Names, and what the function reads from outside: globals, closures, attributes of objects.

What is numeric becomes a parameter of kind 'capture', read anew at every call; functions, modules, classes, strings and
None are known. A flag (a bool, a string, None) is known too, and a guard says that the trace holds while it stays so.
"""

from __future__ import annotations

import argparse
import array
import ast
import builtins
import cmath
import collections
import enum
import functools
import inspect
import math
import os
import sys
import types
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from s2sad.front.derivatives import is_traceable
from s2sad.front.joins import Joins
from s2sad.front.program import UNKNOWN, Guard
from s2sad.front.scope import Code
from s2sad.front.storage import relate
from s2sad.front.values import (
    UNBOUND,
    Abstract,
    DictOf,
    Known,
    ListOf,
    Optional,
    Partial,
    Source,
    Stale,
    Storage,
    TupleOf,
    Undefined,
    Unread,
    View,
)
from s2sad.ir.core import Arg, Call, Literal, Value
from s2sad.ir.types import Array, Object, type_of
from s2sad.prims import structure
from s2sad.prims.outside import snapshot
from s2sad.prims.primitive import REGISTRY

CONSTANTS: dict[int, str] = {
    id(getattr(m, k)): f"{name}.{k}"
    for name, m in (("cmath", cmath), ("math", math), ("np", np))
    for k in ("pi", "e", "tau", "inf", "nan", "euler_gamma")
    if hasattr(m, k)
}
OURS = tuple(os.path.join(os.path.dirname(os.path.dirname(__file__)), room) for room in ("prims", "rules", "libraries"))
LIBRARY = frozenset(sys.stdlib_module_names) | {"numpy", "scipy"}
DATA_CLASSES = (types.SimpleNamespace, argparse.Namespace)
PLAIN = (
    types.ModuleType, types.FunctionType, types.BuiltinFunctionType, types.MethodType, type, np.ufunc, np.dtype,
    functools.partial, type(np.sum),
)  # fmt: skip


def holds_arrays(value: object) -> bool:
    """Whether it is an array, or a list or tuple with one in it."""
    return isinstance(value, np.ndarray) or isinstance(value, list | tuple) and any(map(holds_arrays, value))


def is_library(module: str | None) -> bool:
    return module is not None and module.split(".")[0] in LIBRARY


def holds_scipy(names: Mapping[str, object]) -> bool:
    """Whether a module's names hold SciPy, or something of it; not one of ours, which the program does not know of."""
    if str(names.get("__name__")).startswith("s2sad."):
        return False
    modules = (
        value.__name__ if isinstance(value, types.ModuleType) else value.__module__
        for value in list(names.values()) if isinstance(value, types.ModuleType | types.FunctionType | type)
    )  # fmt: skip
    return any(str(module).partition(".")[0] == "scipy" for module in modules)


def module_of(function: types.FunctionType) -> types.ModuleType | None:
    """The module that holds a function's global names; None where they are no module's."""
    module = sys.modules.get(str(function.__globals__.get("__name__")))
    return module if module is not None and vars(module) is function.__globals__ else None


def plain_function(value: Any) -> bool:
    """A function with its own source, not one that ``dataclass`` or ``namedtuple`` generated."""
    return isinstance(value, types.FunctionType) and not value.__code__.co_filename.startswith("<string>")


def called_in_c(value: Any) -> bool:
    """Something that can be called, and is no instance of a class that says in Python what that means."""
    return callable(value) and not isinstance(inspect.getattr_static(type(value), "__call__", None), types.FunctionType)


CHANGES = frozenset(("add", "discard", "remove", "update", "clear", "append", "appendleft", "extend", "extendleft"))
"""Methods that change a set or deque and give nothing back."""


def change_outside(owner: object, name: str, *args: object) -> None:
    """What a method that changes a set or deque outside does; read by the front end only."""
    raise NotImplementedError


def make_namedtuple(cls: type, items: object) -> object:
    """What ``_make`` of a namedtuple does; read by the front end only."""
    raise NotImplementedError


def overlap(a: Any, b: Any) -> bool:
    """Whether two arrays may share memory; those that are not known yet are taken to be apart."""
    return isinstance(a, np.ndarray) and isinstance(b, np.ndarray) and bool(np.may_share_memory(a, b))


class Externals(Joins):
    """Looking up names, and bringing outside objects in."""

    def libraries(self) -> tuple[str, ...]:
        """The libraries, beside NumPy, that the program itself uses."""
        return ("scipy",) if any(self.namespaces.values()) else ()

    def lookup(self, name: str, node: ast.AST) -> Abstract:
        frame = self.frames[-1]
        value: Abstract | None = frame.variables.get(name)
        if value is not None:
            return value
        code: Code = frame.code
        if name in code.names:
            return UNBOUND
        outer = frame.outer
        while outer is not None:
            held: Abstract | None = outer.variables.get(name)
            if held is not None:
                return held
            if name in outer.code.names:
                return UNBOUND
            outer = outer.outer
        return self.free_name(name, code, node)

    def free_name(self, name: str, code: Code, node: ast.AST) -> Abstract:
        function = code.source.function
        if name in function.__code__.co_freevars:
            cell = code.source.closure[name]
            try:
                value = cell.cell_contents
            except ValueError:
                self.node = node
                self.wrong(f"{name} has no value yet", why="the closure it belongs to is not complete")
            if isinstance(value, PLAIN):
                return self.callee(value, f"closure:{name}", id(cell), code, lambda: cell.cell_contents)
            return self.external(value, self.root(f"closure:{name}", id(cell), code, lambda: cell.cell_contents))
        table = function.__globals__
        module = module_of(function)
        if module is not None and (stored := self.foreign.get((id(module), name))) is not None:
            return stored
        if name in table:
            value = table[name]
            if isinstance(value, PLAIN):
                return self.callee(value, f"global:{name}", id(table), code, lambda: table.get(name))
            return self.external(value, self.root(f"global:{name}", id(table), code, lambda: table[name]))
        if hasattr(builtins, name):
            return Known(getattr(builtins, name))
        self.node = node
        self.wrong(f"name {name!r} is not defined", why="Python would raise NameError")

    def callee(self, value: Any, path: str, identity: int, code: Code, read: Any) -> Abstract:
        """A function or class that a name stands for: the trace holds while the name stands for it.

        Modules and what a library calls by this name are taken for granted, and so are the names of our own rules.
        """
        name = path.rpartition(":")[2]
        granted = is_library(getattr(value, "__module__", None)) and getattr(value, "__name__", None) == name
        if self.located and not isinstance(value, types.ModuleType) and not granted and not code.source.file.startswith(OURS):  # noqa: E501
            self.watch(value, self.root(path, identity, code, read))
        return Known(value)

    def watch(self, value: Any, source: Source) -> None:
        """The trace holds only while what it knows of the object found at ``source`` stays so.

        Something that cannot change has to be the same; of what can, its class, since its attributes and items are
        looked up by way of it; of a collection written in C, all that it holds.
        """
        read = source.read
        match value:
            case types.MethodType():
                self.guard(source.attribute("__func__"), value.__func__)
                self.guard(source.attribute("__self__"), value.__self__)
            case set():
                self.guard(Source(f"frozenset({source.path})", lambda: frozenset(read())), frozenset(value))
            case collections.deque() | array.array() | bytearray():
                self.guard(Source(f"tuple({source.path})", lambda: tuple(read())), tuple(value))
            case frozenset() | range() | slice() | enum.Enum():
                self.guard(source, value)
            case types.ModuleType():
                pass
            case _ if isinstance(value, (*PLAIN, np.vectorize)) or called_in_c(value):
                if (again := read()) is value or isinstance(value, types.BuiltinFunctionType) and again == value:
                    self.guard(source, value)  # one made at every look cannot be watched
            case _ if is_traceable(value):  # equal derivatives of one function share what is compiled of them
                self.guard(source.attribute("dispatcher"), value.dispatcher)
            case _:
                self.guard(Source(f"type({source.path})", lambda: type(read())), type(value))

    def root(self, path: str, identity: int, code: Code, read: Any) -> Source:
        """A source whose path no other object has."""
        known = self.roots.get((path, identity))
        if known is not None:
            return known
        kind, _, name = path.partition(":")
        taken = {s.path for s in self.roots.values()}
        unique, k = path, 2
        if unique in taken:
            unique = f"{kind}:{code.source.function.__module__}.{name}"
        while unique in taken:
            unique, k = f"{path}_{k}", k + 1
        source = self.roots[(path, identity)] = Source(unique, read)
        return source

    def external(self, value: Any, source: Source) -> Abstract:
        """An object from outside as an abstract value."""
        if isinstance(value, PLAIN):
            self.watch(value, source)
            return Known(value, source)
        known = self.captures.get(source.path)
        if known is not None:
            return known[1]
        out = self.enter(value, source)
        self.captures[source.path] = source, out
        return out

    def enter(self, value: Any, source: Source) -> Abstract:
        match value:
            case enum.Enum():
                self.watch(value, source)
                return Known(value, source)
            case None | bool() | str() | bytes():
                self.guard(source, value)
                return Known(value, source)
            case int() | float() | complex() | np.generic() if not isinstance(value, np.bool_ | np.str_):
                return self.capture(value, source)
            case np.ndarray():
                if type(value) is not np.ndarray or isinstance(type_of(value), Object):
                    self.watch(value, source)
                    return Known(value, source)
                return self.capture(value, source)
            case tuple() if hasattr(value, "_fields"):
                items = [self.external(getattr(value, k), source.attribute(k)) for k in value._fields]
                return TupleOf(tuple(items), type(value))
            case tuple() | list():
                if not self.located or isinstance(value, tuple) and all(isinstance(v, str | None) for v in value):
                    return self.constant_container(value)
                if isinstance(value, tuple):
                    self.guard(Source(f"len({source.path})", lambda: len(source.read())), len(value))
                    return TupleOf(tuple(self.external(v, source.item(k)) for k, v in enumerate(value)))
                return self.unread(ListOf(), value, source)
            case dict() if type(value).__module__ in ("builtins", "collections"):
                if not self.located:
                    return self.constant_container(value)
                return self.unread(DictOf(), value, source)
            case np.bool_():
                self.guard(source, value)
                return Known(value, source)
            case _ if self.located and (adopt := REGISTRY.adopter(type(value))) is not None:
                self.watch(value, source)
                return self.before_all(lambda: adopt(self, value, source))
            case _:
                self.watch(value, source)
                return Known(value, source)

    def before_all(self, work: Callable[[], Abstract]) -> Abstract:
        """What is outside is there on every path, also where a loop or branch is the first to look at it."""
        if len(self.open) == 1:
            return work()
        mark, outer = self.state.mark(), self.builder
        self.builder = inner = self.open_builder()
        try:
            made = work()
        finally:
            self.builder = outer
            self.open.pop()
        self.open[0].ops[:0] = inner.ops
        del self.state.log[mark:]  # not journalled
        return made

    def unread(self, cell: ListOf | DictOf, value: Any, source: Source) -> ListOf | DictOf:
        """A list or dict from outside, not looked at yet; one object has one cell, by whatever ways it is found."""
        known = next(((other, where) for other, held, where in self.containers if held is value), None)
        if known is not None:
            same: ListOf | DictOf = known[0]
            read, again = source.read, known[1].read
            self.guard(Source(f"{source.path} is {known[1].path}", lambda: read() is again()), True)
            return same
        self.containers.append((cell, value, source))
        # not journalled: what is outside is there on every path
        self.state.heap[cell] = Unread(source, value, () if isinstance(cell, ListOf) else {})
        self.outside[cell] = source.path
        self.handles[cell] = (Known(value, source), "")
        return cell

    def constant_container(self, value: Any) -> Abstract:
        if isinstance(value, tuple):
            named = type(value) if hasattr(value, "_fields") else None
            return TupleOf(tuple(map(self.constant_container, value)), named)
        if isinstance(value, list):
            out = ListOf()
            self.state.heap[out] = tuple(map(self.constant_container, value))
            return out
        if isinstance(value, dict):
            mapping = DictOf()
            self.state.heap[mapping] = {k: self.constant_container(v) for k, v in value.items()}
            return mapping
        return Known(value)

    def capture(self, value: Any, source: Source) -> Abstract:
        """A number or array from outside: a parameter."""
        if (path := CONSTANTS.get(id(value))) is not None:
            self.guard(source, value)  # today the name stands for it
            return Known(value, ref=path)
        if not self.located:
            if isinstance(value, np.ndarray):
                self.refuse(
                    "a rule body that reads an array from outside",
                    why="the rule is put into many derivatives, and none of them would see the array change",
                    instead="make the array in the body, or make it an argument of the primitive",
                )
            return Known(value)
        if source.path in self.session.statics:
            self.guard(source, value)
            return Known(value, source)
        name = source.path.rpartition(":")[2].rpartition(".")[2].partition("[")[0]
        out = self.parameter(source.path, type_of(value), value, "capture", name)
        self.sources[source.path] = source
        if ("snapshot", source.path) in self.session.unrolled:
            copied = Value(out.type, out.name)
            self.open[0].ops.insert(0, Call(snapshot, (out,), (copied,)))
            out = copied
        held = self.entered(out, source.path, value)
        if isinstance(held, View):
            self.outside[held.root] = source.path
            self.handles[held.root] = (Known(value, source), "")
        return held

    def entered(self, value: Any, path: str, sample: Any) -> Abstract:
        """A parameter as what the program handles."""
        if isinstance(value.type, Array):
            layout: bool | None = None
            if self.session.layouts and isinstance(sample, np.ndarray):
                layout = bool(sample.flags.c_contiguous)
                where = f"{path}.flags.c_contiguous"
                if path in self.sources:
                    read = self.sources[path].read
                    self.guard(Source(where, lambda: bool(read().flags.c_contiguous)), layout)
                else:
                    self.statics[where] = Guard(where, layout)
            if f"{path}.shape" in self.session.statics:
                self.lengths[value], where = len(sample), f"{path}.shape[0]"
                if path in self.sources:
                    shape_of = self.sources[path].read
                    self.guard(Source(where, lambda: shape_of().shape[0]), len(sample))
                else:
                    self.statics[where] = Guard(where, len(sample))
            root = Storage(layout, scalar=value.type.axes is None)
            self.state.heap[root] = value
            for other, held, _ in self.param_arrays:
                if overlap(sample, held):
                    relate(root, other)
                    if other in self.written:  # what is read from outside now was changed before it was looked at
                        self.state.heap[root] = Stale(self.here())
            self.param_arrays.append((root, sample, path))
            return View(root, contiguous=layout, name=value.name)
        if isinstance(value.type, Object):
            return Known(UNKNOWN)
        assert isinstance(value, Value)
        return value

    def overlaps(self) -> list[Guard]:
        """Of each parameter that is stored into: which of the others it may share memory with today."""
        changed = dict.fromkeys(cell for root in self.written for cell in (root, *root.may))
        reads = {path: source.read for path, source in self.sources.items()}
        out = []
        for k, (root, held, path) in enumerate(self.param_arrays):
            for other, sample, where in self.param_arrays[:k]:
                if root in changed or other in changed:
                    out.append(Guard(path, overlap(held, sample), reads.get(path), (where, reads.get(where))))
        return out

    def apart(self) -> None:
        """Each list or dict outside that is changed is another one than the others that are read."""
        changed = [c for c in self.containers if c[0] in self.effects]
        for cell, value, source in changed:
            for other, held, where in self.containers:
                if other is cell or type(held) is not type(value) or other in self.effects and where.path < source.path:
                    continue
                a, b = source.read, where.read
                self.guard(Source(f"{source.path} is not {where.path}", lambda a=a, b=b: a() is not b()), True)  # type: ignore[misc]

    # -- attributes of objects from outside ------------------------------------------------------------------------

    def outside_attribute(self, owner: Known, name: str) -> Abstract:
        obj = owner.value
        stored = self.foreign.get((id(obj), name))
        if isinstance(stored, Undefined):
            self.wrong(f"{name} has no value here on any path", why="Python would raise AttributeError")
        if stored is not None:
            return stored
        if isinstance(obj, types.ModuleType):
            value = self.fetch(obj, name)
            if is_library(obj.__name__) and isinstance(value, PLAIN) or isinstance(value, types.ModuleType):
                return Known(value)
            if is_library(obj.__name__):
                short = "np" if obj is np else obj.__name__
                path = CONSTANTS.get(id(value), f"{short}.{name}") if isinstance(value, float | int) else None
                return Known(value, ref=path)
            return self.external(value, self.root(f"global:{obj.__name__}.{name}", id(obj), self.frame.code, lambda: getattr(obj, name)))  # noqa: E501
        if isinstance(obj, type):
            if name == "_make" and issubclass(obj, tuple) and hasattr(obj, "_fields"):
                return Partial(Known(make_namedtuple), (owner,))
            found = inspect.getattr_static(obj, name, None)
            if isinstance(found, classmethod):
                return Partial(Known(found.__func__), (owner,))
            value = self.fetch(obj, name)
            if is_library(obj.__module__) or isinstance(value, obj | types.MethodType):
                return Known(value)
            return self.class_attribute(obj, name, value)
        if isinstance(obj, set | collections.deque) and name in CHANGES:
            return Partial(Known(change_outside), (owner, Known(name)))
        if type(obj).__module__ in ("builtins",) or (is_library(type(obj).__module__) and not isinstance(obj, DATA_CLASSES)):  # noqa: E501
            self.guard(owner.source, obj)
            value = self.fetch(obj, name)
            if holds_arrays(value) and type(obj).__module__.startswith("scipy."):  # what a library's object was made of
                where = owner.source or self.root(f"global:{type(obj).__name__}", id(obj), self.frame.code, lambda: obj)
                return self.external(value, where.attribute(name))
            return Known(value)
        source = owner.source or self.root(f"global:{type(obj).__name__}", id(obj), self.frame.code, lambda: obj)
        found = inspect.getattr_static(type(obj), name, None)
        match found:
            case property(fget=fget) if plain_function(fget):
                return self.call(Known(fget), (owner,))
            case functools.cached_property(func=func) if name not in vars(obj):
                return self.call(Known(func), (owner,))
            case types.FunctionType() if name not in getattr(obj, "__dict__", {}):
                self.guard(source.attribute(name).attribute("__func__"), found)
                return Partial(Known(found), (owner,))
            case classmethod():
                return Partial(Known(found.__func__), (Known(type(obj)),))
        return self.external(self.fetch(obj, name), source.attribute(name))

    def store_outside(self, owner: Known, name: str, value: Abstract) -> None:
        """``owner.name = value`` of an object from outside: done by the derivative too, where the program does it."""
        obj = owner.value
        found = inspect.getattr_static(type(obj), name, None)
        if isinstance(found, property) and found.fset is not None:
            self.call(Known(found.fset), (owner, value))
            return
        kind = type(obj)
        setter: Any = kind.__setattr__
        if isinstance(obj, types.ModuleType):
            own = not is_library(obj.__name__)
        elif isinstance(obj, type):
            own = setter is type.__setattr__ and not is_library(obj.__module__)
        else:
            own = kind in DATA_CLASSES or setter is object.__setattr__ and not is_library(kind.__module__)
        descriptor = isinstance(found, types.FunctionType | property | classmethod | staticmethod)
        short = f"{getattr(obj, '__name__', kind.__name__)}.{name}"
        if not own or descriptor or not self.located:
            self.refuse(f"an assignment to {short}", why="what it does is not modelled", instead="return the new value")
        if (id(obj), name) not in self.foreign:
            # what it was before, on every path: not journalled
            self.foreign[id(obj), name] = self.outside_attribute(owner, name) if hasattr(obj, name) else UNBOUND
        stored = value
        if isinstance(value, Optional):
            self.refuse(
                f"an assignment of a value or None to {short}",
                why="which of the two it is depends on the path taken, and the store is written once",
                instead="store it inside the if, where it is known which it is",
            )
        self.emits(structure.set_attribute, self.owner_parameter(owner), Literal(name), self.handed_over(value, short))
        self.state.write(self.foreign, (id(obj), name), stored)
        self.adopt(value, owner, name)

    def handed_over(self, value: Abstract, where: str) -> Arg:
        raise NotImplementedError

    def adopt(self, value: Abstract, owner: Known, name: str) -> None:
        raise NotImplementedError

    def owner_parameter(self, owner: Known) -> Value:
        """An object from outside that something is stored on, as a parameter of the trace."""
        obj = owner.value
        known = self.owners.get(id(obj))
        if known is not None:
            return known
        label = getattr(obj, "__name__", None) or type(obj).__name__
        source = owner.source or self.root(f"global:{label}", id(obj), self.frame.code, lambda: obj)
        path = source.path
        while path in self.sources:
            path += "_"
        name = path.rpartition(":")[2].rpartition(".")[2].partition("[")[0]
        out = self.owners[id(obj)] = self.parameter(path, Object(type(obj).__name__), obj, "capture", name)
        self.sources[path] = source
        return out

    def class_attribute(self, cls: type, name: str, value: Any) -> Abstract:
        return self.external(
            value, self.root(f"global:{cls.__qualname__}.{name}", id(cls), self.frame.code, lambda: getattr(cls, name))
        )

    def fetch(self, obj: Any, name: str) -> Any:
        try:
            return getattr(obj, name)
        except AttributeError as error:
            if self.exploring:
                raise
            self.wrong(str(error), why="Python would raise AttributeError")
