"""What the program handles, and what operations take: abstract values here, atoms and packs there."""

from __future__ import annotations

import builtins
import enum
import types
from collections.abc import Sequence
from typing import Any

import numpy as np

from s2sad.front.machine import NUMBER, LoopMark, Restart
from s2sad.front.presence import Presence
from s2sad.front.values import (
    Abstract,
    Choice,
    Closure,
    DictOf,
    Generator,
    Known,
    Lazy,
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
    Transformed,
    TupleOf,
    Undefined,
    View,
    Wrapped,
)
from s2sad.ir.core import Arg, Atom, Literal, Pack, Ref, Value
from s2sad.ir.types import BOTTOM, Array, List, NoJoin, Object, Scalar, Struct, Type, join_all, type_of
from s2sad.prims import structure


def number_like(value: Any) -> bool:
    """A number or an array, known or not."""
    match value:
        case Known(value=v):
            return isinstance(v, NUMBER) and not isinstance(v, np.ndarray)
        case Value():
            return isinstance(value.type, Scalar | Array)
        case View():
            return True
        case _:
            return False


TEXT = type_of("")


def same_opaque(a: Any, b: Any) -> bool:
    """Objects of one kind that are made by a library, such as its matrices."""
    both = isinstance(a, Value) and isinstance(b, Value)
    return both and isinstance(a.type, Object) and a.type == b.type


def is_text(value: Any) -> bool:
    """A string: known, one of two, or known only when the derivative runs."""
    match value:
        case Known(value=str()):
            return True
        case Choice(a=a, b=b):
            return is_text(a) and is_text(b)
        case Value():
            return bool(value.type == TEXT)
        case _:
            return False


def same_known(a: Any, b: Any) -> bool:
    """Whether two known things are the same constant, or the same object."""
    if not isinstance(a, Known) or not isinstance(b, Known):
        return False
    x, y = a.value, b.value
    if x is y:
        return True
    if type(x) is not type(y):
        return False
    if isinstance(x, int | float | complex | str | bytes | np.generic):
        return repr(x) == repr(y)
    if isinstance(x, types.MethodType):
        return bool(x.__func__ is y.__func__ and x.__self__ is y.__self__)
    return isinstance(x, np.dtype) and bool(x == y)


def path_of(value: Any) -> str:
    """The dotted path by which generated code names an object."""
    module = getattr(value, "__module__", None) or ""
    name = getattr(value, "__qualname__", None) or getattr(value, "__name__", None) or type(value).__name__
    if isinstance(value, types.ModuleType):
        return "np" if value is np else value.__name__
    if isinstance(value, np.ufunc) or module.split(".")[0] == "numpy":
        short = getattr(value, "__name__", name)
        if getattr(np, short, None) is value:
            return f"np.{short}"
        if getattr(np.linalg, short, None) is value:
            return f"np.linalg.{short}"
    if module == "builtins" or getattr(builtins, name, None) is value:
        return str(name)
    return f"{module}.{name}" if module else str(name)


def plain_data(arg: Arg) -> Arg:
    """A structure whose objects are dicts of their attributes: items of lists are no instances of the user's classes,
    whose making may do anything."""
    if not isinstance(arg, Pack):
        return arg
    record = arg.kind == "record" and arg.cls is not None and not issubclass(arg.cls, tuple)
    return Pack("dict" if record else arg.kind, tuple(map(plain_data, arg.items)), arg.keys, arg.cls)


class Conversions(Presence):
    """Conversions that may emit: reading arrays, writing out known expressions, making lists values."""

    temporaries = 0

    def to_arg(self, value: Abstract) -> Arg:
        """An abstract value as an argument of an operation."""
        match value:
            case Value():
                return value
            case View():
                return self.read(value)
            case Known():
                return self.constant(value)
            case TupleOf(items=items, cls=cls):
                packed = tuple(self.to_arg(i) for i in items)
                if cls is not None:
                    return Pack("record", packed, tuple(cls._fields), cls)  # type: ignore[attr-defined]
                return Pack("tuple", packed)
            case ListOf():
                content = self.content(value)
                return Pack("list", tuple(map(self.to_arg, content))) if isinstance(content, tuple) else content
            case DictOf():
                content = self.content(value)
                return Pack("dict", tuple(map(self.to_arg, content.values())), tuple(content))
            case Record(cls=cls):
                content = self.content(value)
                return Pack("record", tuple(map(self.to_arg, content.values())), tuple(content), cls)
            case SliceOf(start=start, stop=stop, step=step):
                return Pack("slice", (self.to_arg(start), self.to_arg(stop), self.to_arg(step)))
            case Undefined():
                self.refuse(
                    "a name is read here that has no value on the path taken",
                    why="Python would raise UnboundLocalError there", instead="give it a value before the paths part",
                )  # fmt: skip
            case Poison(what=what, why=why, instead=instead):
                self.refuse(what, why, instead)
            case Optional():
                return self.to_arg(self.some(value, "a number or an array is needed, this is"))
            case Text(template=template, args=args):
                template, args = self.with_none(template, args)
                return self.emit(structure.text, template, *map(self.to_arg, args))
            case Closure() | Partial() | Method() | Transformed():
                for mark in reversed(self.loops):
                    self.unroll_for(mark)
                self.refuse(
                    "a function where a number or an array is needed",
                    why="a function is no value of the program that runs, nor an item of a list of unknown length",
                    instead="call it here, or keep what it closes over in the list",
                )
            case Choice() if is_text(value):
                return self.chosen_text(value)
            case _:
                self.refuse(f"{self.describe(value)} where a number or an array is needed")

    def unroll_for(self, loop: LoopMark | None) -> None:
        """Restart with a loop unrolled, where a function is kept from turn to turn and its bounds can be known."""
        if loop is None or not loop.bounds:
            return
        if loop.can_unroll:
            raise Restart(loop=loop.key)
        self.demand_all(loop.bounds)

    def constant(self, known: Known) -> Arg:
        value = known.value
        if known.ref is not None:
            return Ref(value, known.ref)
        if known.expression is not None:
            prim, args = known.expression
            made = self.emit(prim, *(self.to_arg(a) for a in args))
            self.written_out[made] = value
            return made
        if isinstance(value, np.dtype):
            return Ref(value.type, path_of(value.type))
        if isinstance(value, enum.Enum) and isinstance(value, NUMBER | str):
            return Literal(value.value)  # an IntEnum is a number like others
        if value is None or isinstance(value, NUMBER | str | bytes) or value is Ellipsis:
            return Literal(value)
        if isinstance(value, tuple) and not hasattr(value, "_fields"):
            return Pack("tuple", tuple(self.constant(Known(v)) for v in value))
        if isinstance(value, slice):
            return Pack("slice", tuple(self.constant(Known(v)) for v in (value.start, value.stop, value.step)))
        if isinstance(value, type | types.FunctionType | types.BuiltinFunctionType | np.ufunc):
            return Ref(value, path_of(value))
        if callable(value) and getattr(value, "__module__", "").split(".")[0] == "numpy":
            return Ref(value, path_of(value))
        return Literal(value)

    def text_atom(self, value: Abstract) -> Atom:
        atom = self.to_arg(value)
        assert isinstance(atom, Value | Literal)
        return atom

    def chosen_text(self, value: Choice) -> Value:
        """One of two strings, as a value."""
        then, orelse = (self.builder.nested().region(yields=(self.text_atom(x),)) for x in (value.a, value.b))
        (made,) = self.builder.if_(value.first, then, orelse, (TEXT,))
        return made

    def lift(self, arg: Arg, contiguous: bool | None = None) -> Abstract:
        """An argument of an operation as an abstract value."""
        match arg:
            case Value():
                return self.wrap(arg, contiguous)
            case Literal(value=value):
                return Known(value)
            case Ref(value=value, path=path):
                return Known(value, ref=path)
            case Pack(kind="slice", items=items):
                start, stop, step = (self.lift(i) for i in items)
                return SliceOf(start, stop, step)
            case Pack(kind="record", items=items, keys=keys, cls=cls):
                assert cls is not None
                kind = "namedtuple" if issubclass(cls, tuple) else "dataclass"
                return self.container(kind, keys, [self.lift(i) for i in items], cls)
            case Pack(kind=kind, items=items, keys=keys):
                return self.container(kind, keys, [self.lift(i) for i in items], None)

    def concrete(self, value: Abstract) -> Any:
        """The Python object that a value is, its containers too; LookupError where some of it is not known."""
        match value:
            case Known(value=v):
                return v
            case TupleOf(items=items, cls=None):
                return tuple(map(self.concrete, items))
            case TupleOf(items=items, cls=type() as cls):
                return cls(*map(self.concrete, items))
            case ListOf():
                content = self.content(value)
                if isinstance(content, tuple):
                    return list(map(self.concrete, content))
            case SetOf():
                return self.content(value)
            case DictOf():
                return {k: self.concrete(v) for k, v in self.content(value).items()}
            case SliceOf(start=start, stop=stop, step=step):
                return slice(self.concrete(start), self.concrete(stop), self.concrete(step))
        raise LookupError(value)

    def list_value(self, content: Any, name: str | None = None) -> Value:
        """A list's content as one value of type ``List``."""
        if isinstance(content, Value):
            return content
        return self.emit(structure.list_new, *(self.item_atom(i) for i in content), name=name)

    def item_atom(self, item: Abstract) -> Arg:
        """An item as one atom, containers built."""
        if isinstance(item, Optional):
            self.refuse(
                "a value that may be None in a list of unknown length, or that is indexed by what is not known",
                why="such a list keeps things of one type", instead="keep a number that says that there is none",
            )  # fmt: skip
        arg = plain_data(self.to_arg(item))
        return self.emit(structure.build, arg) if isinstance(arg, Pack) else arg

    def type_of(self, value: Abstract) -> Type:
        """The abstract type, without emitting anything."""
        match value:
            case Value():
                return value.type
            case View():
                return self.read(value).type
            case Known(value=v):
                return type_of(v)
            case TupleOf(items=items, cls=None):
                return Struct("tuple", tuple(range(len(items))), tuple(map(self.type_of, items)))
            case TupleOf(items=items, cls=cls):
                return Struct("namedtuple", tuple(cls._fields), tuple(map(self.type_of, items)), cls)  # type: ignore
            case ListOf():
                content = self.content(value)
                if isinstance(content, Value):
                    return content.type
                return Struct("list", tuple(range(len(content))), tuple(map(self.type_of, content)))
            case DictOf() | Record():
                parts = self.content(value)
                cls = value.cls if isinstance(value, Record) else None
                kind = "namedtuple" if cls is not None and issubclass(cls, tuple) else "dict"
                return Struct(kind, tuple(parts), tuple(map(self.type_of, parts.values())), cls)
            case Undefined():
                return BOTTOM
            case Choice() | Text() if is_text(value):
                return TEXT
            case _:
                return type_of(None)

    def one_type(self, items: Sequence[Abstract]) -> Type | None:
        """The type of all items where they are numbers or arrays alike; None where they are not."""
        if not all(map(number_like, items)):
            return None
        types = [self.type_of(i) for i in items]
        ranks = {t.rank if isinstance(t, Array) else -1 for t in types}
        if len(ranks) > 1:
            return None
        try:
            return join_all(types)
        except NoJoin:
            return None

    def item_type(self, items: Sequence[Abstract]) -> Type | None:
        """The type of all items where they are numbers, arrays, tuples or lists alike; None where they are not."""
        if items and all(isinstance(i, TupleOf) for i in items):
            return self.tuple_type(items)  # type: ignore[arg-type]
        if items and all(isinstance(i, DictOf | Record) for i in items):
            return self.dict_type(items)  # type: ignore[arg-type]
        if not all(isinstance(i, ListOf) for i in items):
            return self.one_type(items)
        if len(set(map(id, items))) < len(items):
            return None  # one list in two places: it has to be known which
        inner: list[Type] = []
        for i in items:
            content = self.content(i)  # type: ignore[arg-type]
            if isinstance(content, Value):
                inner.append(content.type)
                continue
            found = self.item_type(content) if content else BOTTOM
            if found is None:
                return None
            inner.append(List(found))
        try:
            return join_all(inner)
        except NoJoin:
            return None

    def tuple_type(self, items: Sequence[TupleOf]) -> Type | None:
        """The type of tuples of one kind, whose members are alike one by one; None where they are not."""
        first = items[0]
        if any(i.cls is not first.cls or len(i.items) != len(first.items) for i in items):
            return None
        members = [self.item_type(column) for column in zip(*(i.items for i in items), strict=True)]
        known = [m for m in members if m is not None]
        if len(known) < len(members):
            return None
        keys = tuple(range(len(members))) if first.cls is None else tuple(first.cls._fields)  # type: ignore[attr-defined]
        return Struct("tuple" if first.cls is None else "namedtuple", keys, tuple(known), first.cls)

    def dict_type(self, items: Sequence[DictOf | Record]) -> Type | None:
        """The type of dicts, or objects of one class, with the same keys in the same order and alike values."""
        if len(set(map(id, items))) < len(items):
            return None  # one dict in two places: it has to be known which
        if any(isinstance(i, DictOf) and (i.cls is not dict or i.maybe) for i in items):
            return None
        classes = {i.cls if isinstance(i, Record) else None for i in items}
        parts = [self.content(i) for i in items]
        if len(classes) > 1 or not all(isinstance(p, dict) and list(p) == list(parts[0]) for p in parts):
            return None
        values = [self.item_type([p[key] for p in parts]) for key in parts[0]]
        known = [v for v in values if v is not None]
        (cls,) = classes
        return Struct("dict", tuple(parts[0]), tuple(known), cls) if len(known) == len(values) else None

    def describe(self, value: Abstract) -> str:
        """In a person's words."""
        match value:
            case Known(value=v) if v is None or isinstance(v, NUMBER | str):
                return repr(v)
            case Known(value=v):
                return f"{getattr(v, '__name__', None) or 'an object of type ' + type(v).__name__}"
            case Value() | View():
                t = self.type_of(value)
                return f"an array ({t})" if isinstance(t, Array) else f"a number ({t})"
            case TupleOf():
                return "a tuple"
            case ListOf():
                return "a list"
            case DictOf():
                return "a dict"
            case SetOf():
                return "a set"
            case Record(cls=cls):
                return f"an object of class {cls.__name__}"
            case SliceOf():
                return "a slice"
            case RangeOf():
                return "a range"
            case Closure() | Method() | Partial() | Transformed():
                return "a function"
            case Wrapped(kind=kind):
                return "an iterator" if kind == "iter" else f"a {kind} iterator"
            case Generator() | Lazy():
                return "a generator"
            case Text():
                return "a string"
            case Optional():
                return "a value that may be None"
            case Choice():
                return f"{self.describe(value.a)} or {self.describe(value.b)}"
            case Undefined():
                return "unbound"
            case Poison(what=what):
                return what


__all__ = ["Conversions", "List", "number_like", "path_of", "same_known"]
