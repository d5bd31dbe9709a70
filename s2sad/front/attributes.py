"""``value.name``: of arrays and numbers, containers, records, and objects from outside."""

from __future__ import annotations

import ast
import collections
import functools
import inspect
import operator
import types
from typing import Any

import numpy as np

from s2sad.front.conversions import number_like
from s2sad.front.externals import plain_function
from s2sad.front.objects import ABSENT, underlying
from s2sad.front.outside import Outside
from s2sad.front.values import (
    UNBOUND,
    Abstract,
    Closure,
    DequeOf,
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
    SliceOf,
    Text,
    TupleOf,
    Undefined,
    View,
    pack,
)
from s2sad.ir.core import Value
from s2sad.ir.types import Array, Object, Scalar, np_dtype, rank
from s2sad.prims import structure
from s2sad.prims.primitive import REGISTRY

METHODS: dict[str, Any] = {"__getitem__": operator.getitem, "__contains__": operator.contains, "__len__": len}
"""Methods of arrays and containers that are functions: ``sorted(places, key=x.__getitem__)``."""


class Attributes(Outside):
    """Reading and writing attributes."""

    def fetched(self, value: Abstract, node: ast.expr) -> Abstract:
        raise NotImplementedError

    def eval_attribute(self, node: ast.Attribute) -> Abstract:
        owner = self.evaluate(node.value)
        self.node = node
        return self.fetched(self.attribute(owner, self.mangled(node.attr)), node)

    def mangled(self, name: str) -> str:
        """Private names of classes (``self.__w``) carry the name of the class."""
        if not name.startswith("__") or name.endswith("__"):
            return name
        scopes = self.frame.code.source.function.__qualname__.split(".")
        return f"_{scopes[-2].lstrip('_')}{name}" if len(scopes) > 1 and scopes[-2].isidentifier() else name

    def attribute(self, owner: Abstract, name: str) -> Abstract:
        if name in METHODS and isinstance(owner, View | TupleOf | ListOf | DictOf):
            return Partial(Known(METHODS[name]), (owner,))
        match owner:
            case Known(value=v):
                if v is FLAGS and name != "writeable":
                    self.refuse(
                        f"x.flags.{name}", why="how an array lies in memory is not known when the derivative is made",
                        instead="use np.ascontiguousarray, which copies where it has to",
                    )  # fmt: skip
                if number_like(owner):
                    return self.number_attribute(owner, name)
                if isinstance(v, str | bytes):
                    return Known(getattr(v, name)) if hasattr(v, name) else self.missing(owner, name)
                return self.outside_attribute(owner, name)
            case View() | Value():
                return self.number_attribute(owner, name)
            case Record():
                return self.record_attribute(owner, name)
            case TupleOf(items=items, cls=cls):
                if cls is not None:
                    fields: tuple[str, ...] = cls._fields  # type: ignore[attr-defined]
                    if name in fields:
                        return items[tuple(fields).index(name)]
                    if name in ("_replace", "_asdict"):
                        return Method(owner, name)
                    if name in ("_fields", "_field_defaults", "_make", "__class__"):
                        return self.attribute(Known(cls), name) if name != "__class__" else Known(cls)
                    match inspect.getattr_static(cls, name, ABSENT):
                        case property(fget=fget) if fget is not None:
                            return self.call(Known(fget), (owner,))
                        case types.FunctionType() | functools._lru_cache_wrapper() as found:
                            return Partial(Known(underlying(found)), (owner,))
                        case classmethod() as found:
                            return Partial(Known(found.__func__), (Known(cls),))
                        case staticmethod() as found:
                            return Known(found.__func__)
                        case found if found is not ABSENT and not hasattr(tuple, name):
                            return self.class_attribute(cls, name, getattr(cls, name))
                return Method(owner, name) if hasattr(tuple, name) else self.missing(owner, name)
            case DequeOf(maxlen=n) if name == "maxlen":
                return Known(n)
            case ListOf():
                kind = collections.deque if isinstance(owner, DequeOf) else list
                return Method(owner, name) if hasattr(kind, name) else self.missing(owner, name)
            case DictOf():
                return Method(owner, name) if hasattr(owner.cls, name) else self.missing(owner, name)
            case SetOf():
                return Method(owner, name) if hasattr(set, name) else self.missing(owner, name)
            case RangeOf() if name in ("index", "count"):
                return Method(owner, name)
            case SliceOf() | RangeOf() if name in ("start", "stop", "step"):
                return getattr(owner, name)  # type: ignore[no-any-return]
            case Text():
                return Method(owner, name)
            case Method(owner=inner, name=which) if which.startswith("super:"):
                return self.super_attribute(inner, int(which[6:]), name)
            case Closure(attributes=attributes) if not isinstance(held := attributes.get(name, UNBOUND), Undefined):
                if isinstance(held, Poison):
                    self.refuse(held.what, held.why, held.instead)
                return held  # type: ignore[no-any-return]
            case Closure(code=code) if name in ("__name__", "__qualname__"):
                return Known(code.name)
            case Partial(function=f, args=args) if name == "__self__" and args:
                return args[0]
            case Partial(function=f) if name not in ("args", "func", "keywords"):
                return self.attribute(f, name)
            case Optional():
                inner = self.some(owner, f"{name!r} is asked of", AttributeError)
                return self.attribute(inner, name)
        return self.missing(owner, name)

    def super_attribute(self, owner: Abstract, start: int, name: str) -> Abstract:
        """``super().name``: looked up on the classes behind that of the method."""
        of_class = isinstance(owner, Known) and isinstance(owner.value, type)  # super() in a class method, in __new__
        for base in class_of(owner).__mro__[start:]:
            found = vars(base).get(name, ABSENT)
            if found is ABSENT:
                continue
            if name == "__new__" and isinstance(found, types.BuiltinFunctionType | staticmethod):
                own = getattr(found, "__func__", None)
                return Known(own) if base is not object and plain_function(own) else Partial(Known(new_instance))
            match found:
                case types.FunctionType() | functools._lru_cache_wrapper():
                    return Known(underlying(found)) if of_class else Partial(Known(underlying(found)), (owner,))
                case property(fget=fget) if fget is not None and not of_class:
                    return self.call(Known(fget), (owner,))
                case classmethod():
                    return Partial(Known(found.__func__), (owner if of_class else Known(class_of(owner)),))
                case staticmethod():
                    return Known(found.__func__)
            if base is object and name in ("__init__", "__init_subclass__"):
                return Known(nothing)
            if name in ("__setattr__", "__getattribute__", "__delattr__"):
                return Partial(Known(found), (owner,))
            if isinstance(found, types.WrapperDescriptorType | types.MethodDescriptorType | types.BuiltinFunctionType):
                self.refuse(
                    f"super().{name} of {base.__name__}", why="it is written in C, and what it does is not modelled",
                    instead="leave it out where the function is differentiated, or write what it is to do",
                )  # fmt: skip
            return self.class_attribute(base, name, getattr(base, name))
        return self.missing(owner, name)

    def missing(self, owner: Abstract, name: str) -> Abstract:
        self.wrong(f"{self.describe(owner)} has no attribute {name!r}", why="Python would raise AttributeError")

    def number_attribute(self, owner: Abstract, name: str) -> Abstract:
        t = self.type_of(owner)
        if isinstance(t, Object):
            return self.missing(owner, name)
        if isinstance(t, Scalar) and t.weak and not hasattr({"f": 1.0, "i": 1, "b": True, "c": 1j}[t.dtype[0]], name):
            return self.missing(owner, name)
        match name:
            case "shape":
                return self.shape_of(owner)
            case "ndim":
                return self.ndim_of(owner)
            case "dtype" if isinstance(t, Array | Scalar):
                return Known(np_dtype(t.dtype))
            case "size":
                return self.size_of(owner)
            case "tolist" if isinstance(t, Array):
                return Partial(Known(tolist), (owner,))
            case "real" | "conj" | "conjugate" if isinstance(t, Array | Scalar) and t.dtype[0] != "c":
                return owner if name == "real" else Partial(Known(itself), (owner,))
            case "__class__":
                return self.call(Known(type), (owner,))
            case "flat" if isinstance(t, Array):  # for reading; a store into it is one into a view that may be a copy
                flat = self.call(Known(np.ravel), (owner,))
                self.flat[flat] = None
                return flat
            case "mT" if isinstance(t, Array):
                return self.call(Known(np.swapaxes), (owner, Known(-1), Known(-2)))
            case "flags" if isinstance(t, Array):
                return Known(FLAGS)
            case "itemsize" if isinstance(t, Array | Scalar):
                return Known(np_dtype(t.dtype).itemsize)
            case "nbytes" if isinstance(t, Array | Scalar):
                return self.binary(ast.Mult, self.size_of(owner), Known(np_dtype(t.dtype).itemsize))
            case "device" if isinstance(t, Array):
                return Known("cpu")
        if name in REGISTRY.attributes:
            return self.apply(REGISTRY.attributes[name], (owner,), {})
        if not hasattr(np.ndarray, name) and name not in REGISTRY.methods and not isinstance(t, Scalar):
            return self.missing(owner, name)
        if not callable(getattr(np.ndarray, name, len)):
            self.refuse(f"attribute {name} of an array", why="it says how the array lies in memory, or it is not modelled")  # noqa: E501
        return Method(owner, name)

    def apply(self, prim: object, args: tuple[Abstract, ...], kwargs: dict[str, Abstract]) -> Abstract:
        raise NotImplementedError

    def shape_of(self, owner: Abstract) -> Abstract:
        if not isinstance(owner, View):
            return pack(())
        value = self.read(owner)
        assert isinstance(value.type, Array)
        if value.type.axes is None:
            whole = self.emit(structure.shape, value)
            self.shapes[whole] = value
            return whole
        return pack([self.emit(structure.dim, value, k) for k in range(len(value.type.axes))])

    def ndim_of(self, owner: Abstract) -> Abstract:
        r = rank(self.type_of(owner))
        if r is not None:
            return Known(r)
        return self.emit(self.prim("np.ndim"), self.to_arg(owner))

    def size_of(self, owner: Abstract) -> Abstract:
        if not isinstance(owner, View):
            return Known(1)
        value = self.read(owner)
        assert isinstance(value.type, Array)
        if value.type.axes is None:
            return self.emit(self.prim("np.size"), value)
        if len(value.type.axes) == 1:
            return self.emit(structure.dim, value, 0)
        out: Abstract = Known(1)
        for k in range(len(value.type.axes)):
            n = self.emit(structure.dim, value, k)
            out = n if k == 0 else self.binary(ast.Mult, out, n)
        return out

    def set_attribute(self, owner: Abstract, name: str, value: Abstract) -> None:
        match owner:
            case Record():
                self.set_record_attribute(owner, name, value)
            case Optional():
                self.set_attribute(self.some(owner, f"{name!r} is set on", AttributeError), name, value)
            case Known():
                self.store_outside(owner, name, value)
            case Closure(attributes=attributes) if isinstance(value, Known) and not name.startswith("__"):
                self.state.write(attributes, name, value)
            case View() if name == "shape":
                self.refuse("assigning to .shape", instead="use x = x.reshape(...)")
            case View() if name in ("real", "imag", "T", "flat"):
                target = self.attribute(owner, name)
                if name == "imag" and getattr(self.type_of(owner), "dtype", "c")[0] != "c":
                    self.wrong("the imaginary part of real numbers is set", why="NumPy would raise TypeError")
                if name == "flat" and isinstance(value, View):  # which goes on from its beginning, where it is short
                    value = self.call(Known(np.resize), (value, self.size_of(owner)))
                if isinstance(target, View):
                    self.store_array(target, Known(Ellipsis), value)
                    return
                self.refuse(f"assigning to .{name}", instead="assign to x[...]")
            case View() | Value() | TupleOf() | ListOf() | DictOf() if not hasattr(np.ndarray, name):
                self.missing(owner, name)
            case _:
                self.refuse(f"assigning an attribute of {self.describe(owner)}")

    def store_array(self, target: View, index: Abstract, value: Abstract) -> None:
        raise NotImplementedError


class Flags:
    """What the program may ask of ``x.flags``: its arrays can be written to. How they lie in memory it may not ask."""

    writeable = True


FLAGS = Flags()


def tolist(x: object) -> object:
    """What the method ``tolist`` of an array is."""
    return x


def new_instance(cls: type, *args: object, **kwargs: object) -> object:
    """What ``object.__new__`` (or that of ``tuple``) does."""
    raise NotImplementedError  # read by the front end only


def class_of(owner: Abstract) -> Any:
    """The class that ``super()`` starts from."""
    match owner:
        case Record(cls=cls):
            return cls
        case TupleOf(cls=cls) if cls is not None:
            return cls
        case Known(value=type() as cls):
            return cls
        case Known(value=v):
            return type(v)
        case _:
            return object


def nothing(*args: object) -> None:
    """What ``object.__init__`` does."""


def itself(x: object) -> object:
    """What ``conj`` of a real number or array is."""
    return x
