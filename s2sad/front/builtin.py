"""Python's own functions and a few of NumPy's that are answered from types and structure, not by one operation."""

from __future__ import annotations

import ast
import functools
import math
import operator
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from s2sad.front.attributes import itself, nothing, tolist
from s2sad.front.conversions import number_like
from s2sad.front.foreignmappings import FOREIGN_MAPPINGS
from s2sad.front.machine import NUMBER
from s2sad.front.measuring import Measures
from s2sad.front.reflection import REFLECTION
from s2sad.front.turns import current
from s2sad.front.values import (
    FALSE,
    NONE,
    TRUE,
    UNBOUND,
    Abstract,
    Closure,
    CursorOf,
    DictOf,
    Generator,
    Known,
    Lazy,
    ListOf,
    Method,
    Optional,
    Partial,
    RangeOf,
    Record,
    SliceOf,
    Source,
    Text,
    Transformed,
    TupleOf,
    Undefined,
    View,
    Wrapped,
    pack,
)
from s2sad.ir.core import Arg, Call, Literal, Value
from s2sad.ir.types import Array, List, Object, Scalar, np_dtype
from s2sad.prims import structure
from s2sad.prims.primitive import REGISTRY

Args = tuple[Abstract, ...]
Kwargs = dict[str, Abstract]


class Builtins(Measures):
    """``special``: what calling one of these means. A handler answers None where the ordinary way does."""

    def special(self, f: Any) -> Callable[[Args, Kwargs], Abstract | None] | None:
        try:
            name = SPECIAL.get(f) or REFLECTION.get(f) or FOREIGN_MAPPINGS.get(f)
        except TypeError:  # not hashable
            return None
        if name is not None:
            return getattr(self, name)  # type: ignore[no-any-return]
        return self.functional(f) or self.iterating(f)

    # -- types and structure ---------------------------------------------------------------------------------------

    def call_len(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        if isinstance(args[0], Value) and args[0] in self.shapes:
            return self.emit(structure.ndim, self.shapes[args[0]])
        return self.length(args[0])

    def call_may_be_number(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        return Known(isinstance(args[0], View) and args[0].root.scalar)

    def call_is_written_out(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        given = args[0]
        return Known(isinstance(given, TupleOf) or isinstance(given, ListOf) and isinstance(self.state.heap[given], tuple))  # noqa: E501

    def call_is_known(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        turns = current()
        made = self.producers().get(args[0]) if turns is not None and isinstance(args[0], Value) else None
        if turns is not None and isinstance(made, Call) and made.prim is structure.ndim:
            turns.asked = True
        work = [args[0]]
        while work:
            item = work.pop()
            if isinstance(item, ListOf) and isinstance(held := self.state.heap[item], tuple):
                work.extend(held)
            elif isinstance(item, TupleOf):
                work.extend(item.items)
            elif not isinstance(item, Known) or item.value is not None and not isinstance(item.value, int | float | complex):  # noqa: E501
                return FALSE
        return TRUE

    def call_range(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        numbers = [self.some(a, "a range of") for a in args]
        for a in numbers:
            if isinstance(a, Value | Known) and self.type_of(a) and getattr(self.type_of(a), "dtype", "f")[0] in "fc":
                self.wrong(
                    "range() of a float",
                    why="a number that is differentiated is a float, also where an int is given",
                    instead="convert it with int(...), or do not differentiate it: vjp(lambda x: f(x, k), x), None as"
                    " its tangent, other argnums",
                )
        match numbers:
            case [stop]:
                return RangeOf(Known(0), stop, Known(1))
            case [start, stop]:
                return RangeOf(start, stop, Known(1))
            case [start, stop, step]:
                return RangeOf(start, stop, step)
        self.wrong("range() takes from one to three arguments")

    def sample(self, value: Abstract) -> Any:
        """A Python object of the same kind, to ask about types."""
        match value:
            case Known(value=v):
                return v
            case Value(type=Scalar(dtype=d, weak=True)):
                return {"f": 1.0, "i": 1, "b": True, "c": 1j}[d[0]]
            case Value(type=Scalar(dtype=d)):
                return np_dtype(d).type(1)
            case View():
                t = self.type_of(value)
                assert isinstance(t, Array)
                return np.zeros((1,) * len(t.axes) if t.axes is not None else 1, np_dtype(t.dtype))
            case TupleOf(cls=None):
                return ()
            case ListOf():
                return () if value in self.tuples else []
            case DictOf():
                return {}
            case Closure() | Method() | Partial() | Transformed():
                return lambda: None
            case Text():
                return ""
            case SliceOf():
                return slice(0)
            case RangeOf():
                return range(0)
            case Value(type=Object(name="shape")):
                return ()
            case _:
                self.refuse(f"the type of {self.describe(value)}")

    def kind_of(self, value: Abstract) -> type:
        match value:
            case Record(cls=cls):
                return REGISTRY.stands_for.get(cls, cls)
            case TupleOf(cls=cls) if cls is not None:
                return cls
            case View(root=root) if root.scalar:
                if REGISTRY.by_name.get("np.ndim") is not None:
                    self.refuse(
                        "the type of a value that may be a number or an array",
                        instead="call with arguments whose types are known",
                    )
                return np.ndarray
            case Optional():
                self.refuse("the type of a value that may be None", instead="test it with `is None`")
            case _:
                return type(self.sample(value))

    def call_isinstance(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        value, classes = args
        kinds = self.classes(classes)
        if isinstance(value, Known):
            return Known(isinstance(value.value, kinds))
        own = isinstance(value, Record) and issubclass(value.cls, kinds)
        if isinstance(value, View) and value.root.scalar:  # whichever it is, the answer may be the same
            of_value = self.type_of(value)
            number = np_dtype(of_value.dtype).type(0) if isinstance(of_value, Array | Scalar) else np.float64(0)
            answers = {issubclass(kind, kinds) for kind in (np.ndarray, type(number), type(number.item()))}
            if len(answers) == 1:
                return Known(answers.pop())
        return Known(own or issubclass(self.kind_of(value), kinds))

    def classes(self, value: Abstract) -> Any:
        if isinstance(value, TupleOf):
            return tuple(self.classes(v) for v in value.items)
        if isinstance(value, Known):
            return value.value
        self.refuse("isinstance with a class that is not known")

    def call_type(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        return Known(self.kind_of(args[0])) if len(args) == 1 else None

    def call_callable(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        return Known(callable(args[0].value) if isinstance(args[0], Known) else isinstance(args[0], Closure | Method | Partial | Transformed))  # noqa: E501

    def call_hasattr(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        owner, name = args
        assert isinstance(name, Known)
        match owner:
            case Known(value=v, source=source):
                if (id(v), name.value) in self.foreign:
                    return Known(True)
                if source is not None:
                    read, key = source.read, name.value
                    where = f"hasattr({source.path}, {key!r})"
                    self.guard(Source(where, lambda: hasattr(read(), key)), hasattr(v, key))
                return Known(hasattr(v, name.value))
            case Record():
                return Known(self.has_attribute(owner, name.value))
            case TupleOf(cls=cls):
                return Known(hasattr(tuple if cls is None else cls, name.value))
            case Closure(attributes=attributes) if not isinstance(attributes.get(name.value, UNBOUND), Undefined):
                return Known(True)
            case _:
                return Known(hasattr(self.sample(owner), name.value))

    def call_getattr(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        name = args[1]
        if not isinstance(name, Known):
            self.refuse("getattr with a name that is not known")
        if len(args) == 3:
            found = self.call_hasattr(args[:2], {})
            if isinstance(found, Known) and not found.value:
                return args[2]
        return self.attribute(args[0], name.value)

    def call_setattr(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        name = args[1]
        if not isinstance(name, Known):
            self.refuse("setattr with a name that is not known")
        self.set_attribute(args[0], name.value, args[2])
        return NONE

    def call_shape(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        return self.shape_of(self.as_array(args[0]))

    def call_ndim(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        return self.ndim_of(self.array_of_record(self.as_array(args[0])))

    def call_size(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        if len(args) + len(kwargs) > 1:
            shape = self.shape_of(self.as_array(args[0]))
            axis = args[1] if len(args) > 1 else kwargs["axis"]
            if isinstance(axis, TupleOf):  # from NumPy 2.4 on
                return self.call(Known(math.prod), (pack([self.subscript(shape, k) for k in axis.items]),))
            return self.subscript(shape, axis)
        return self.size_of(self.as_array(args[0]))

    def call_isscalar(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        value = args[0]
        if isinstance(value, View) and value.root.scalar:
            self.refuse("np.isscalar of a value that may be a number or an array")
        return Known(isinstance(value, Value) or (isinstance(value, Known) and np.isscalar(value.value)))

    def call_iscomplexobj(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        return Known(getattr(self.type_of(args[0]), "dtype", "f")[0] == "c")

    def call_tolist(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        value = args[0]
        t = self.type_of(value)
        if not isinstance(t, Array) or not t.rank:
            self.refuse(
                "tolist of an array whose axes are not known",
                why="how deep the list is nested depends on how many axes there are",
                instead="use the array itself, or give it its axes on every path: np.reshape(...)",
            )
        number = REGISTRY.methods["item"]
        if t.rank > 1:
            return self.build_list(value, lambda row: self.call_tolist((row,), {}) or NONE, "tolist")
        return self.build_list(value, lambda item: self.apply(number, (item,), {}), "tolist")

    def call_dtype(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        """``np.result_type`` of arrays and dtypes."""
        samples = [self.sample(a) for a in args]
        return Known(np.result_type(*samples))

    # -- iterators -------------------------------------------------------------------------------------------------

    def call_enumerate(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        start = args[1] if len(args) > 1 else kwargs.get("start", Known(0))
        return Wrapped("enumerate", (args[0],), start, len(self.loops))

    def call_zip(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        args = self.taking_turns(args)
        if "strict" in kwargs and not (isinstance(kwargs["strict"], Known) and kwargs["strict"].value is False):
            lists = [self.items_if_known(a) for a in args]
            if any(x is None for x in lists):
                if any(isinstance(a, Record) for a in args):
                    self.refuse("zip(strict=True) of objects that iterate", instead="leave strict out, or make lists")
                lengths = [self.length(a) for a in args]
                for n in lengths[1:]:
                    same = self.truth(self.compare(ast.Eq(), lengths[0], n))
                    self.require(same, ValueError, "zip() arguments have different lengths")
                return Wrapped("zip", args, None, len(self.loops))
            if len({len(x) for x in lists if x is not None}) > 1:
                raise ValueError("zip() arguments have different lengths")
        return Wrapped("zip", self.with_ranges(args), None, len(self.loops)) if args else pack(())

    def taking_turns(self, parts: Args) -> Args:
        """What is zipped, where one iterator stands in all places: ``zip(*[iter(xs)] * 2)`` is pairs of neighbours."""
        moving = [p for p in parts if isinstance(p, CursorOf | Lazy | Generator | Wrapped)]
        if len({id(p) for p in moving}) == len(moving):
            return parts
        first = parts[0]
        if isinstance(first, CursorOf) and all(p is first for p in parts):
            step = Known(len(parts))
            return tuple(self.subscript(first, SliceOf(Known(k), NONE, step)) for k in range(len(parts)))
        self.refuse(
            "zip of an iterator with itself, and with something else", why="its items go to its places in turn",
            instead="make a list of it, and zip slices of the list: xs[::2], xs[1::2]",
        )  # fmt: skip

    def with_ranges(self, parts: Args) -> Args:
        """What is zipped, where ``itertools.count`` is as long as what stands beside it."""
        beside = next((p for p in parts if isinstance(p, View | ListOf | RangeOf)), None)
        return parts if beside is None else tuple(self.as_range(p, self.length(beside)) for p in parts)

    def as_range(self, part: Abstract, n: Abstract) -> Abstract:
        if not isinstance(part, Lazy) or part.code.name != "counting":
            return part
        start, step = part.variables["start"], part.variables["step"]
        plain = isinstance(step, Known) and type(step.value) is int and step.value and str(self.type_of(start)) == "i64"
        if not plain:
            return part
        return RangeOf(start, self.binary(ast.Add, self.binary(ast.Mult, n, step), start), step)

    def call_reversed(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        return Wrapped("reversed", args, None, len(self.loops))

    def iterator(self, items: Abstract) -> Abstract:
        return Wrapped("iter", (items,), None, len(self.loops))

    def call_list(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        if not args:
            return self.new_list([])
        return self.listed(args[0])

    def listed(self, value: Abstract) -> Abstract:
        """``list(value)``."""
        if isinstance(value, Generator):
            return self.in_frame(value, lambda: self.comprehension(value.node, value.node.elt, value.first))
        if isinstance(value, Wrapped) and value.kind == "iter":
            return self.listed(value.parts[0])
        items = self.items_if_known(value)
        if items is not None:
            return self.new_list(items)
        if isinstance(value, ListOf):
            double = self.wrap(self.content(value))
            self.alike(double, value)
            return double
        return self.collect(value)

    def call_tuple(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        if not args:
            return pack(())
        items = self.items_if_known(args[0])
        if items is None:
            made = self.listed(args[0])  # a list of unknown length serves, but as an index and for its type
            if isinstance(made, ListOf):
                self.tuples.add(made)
            return made
        return pack(items)

    def call_dict(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        return self.made_dict(dict, args, kwargs)

    def call_slice(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        match args:
            case (stop,):
                return SliceOf(NONE, stop, NONE)
            case (start, stop):
                return SliceOf(start, stop, NONE)
            case _:
                return SliceOf(*args)

    # -- folds -----------------------------------------------------------------------------------------------------

    def call_sum(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        start = args[1] if len(args) > 1 else kwargs.get("start", Known(0))
        items = None if isinstance(args[0], Generator) and not self.short(args[0]) else self.items_if_known(args[0])
        if items is None:
            return self.fold_loop("sum", args[0], start)
        total = start
        for item in items:
            if isinstance(total, Known) and total.value == 0 and isinstance(total.value, int) and isinstance(item, Value | View):  # noqa: E501
                # 0 + x is x, but another object
                total = item if isinstance(item, Value) else self.binary(ast.Add, total, item)
            else:
                total = self.binary(ast.Add, total, item)
        return total

    def call_any(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        return self.quantified(args[0], "any")

    def call_all(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        return self.quantified(args[0], "all")

    def quantified(self, value: Abstract, name: str) -> Abstract:
        items = None if isinstance(value, Generator) and not self.short(value) else self.items_if_known(value)
        if items is None:
            return self.fold_loop(name, value, Known(name == "all"))
        out: Abstract = Known(name == "all")
        for item in items:
            truth = self.truth(out)
            if isinstance(truth, bool):
                if truth is (name == "any"):
                    return out
                out = self.boolean(item)
            elif name == "all":
                out = self.choose(truth, lambda item=item: self.boolean(item), lambda: FALSE)  # type: ignore[misc]
            else:
                out = self.choose(truth, lambda: TRUE, lambda item=item: self.boolean(item))  # type: ignore[misc]
        return out

    def call_max(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        return self.extremum("max", args, kwargs)

    def call_min(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        return self.extremum("min", args, kwargs)

    def extremum(self, name: str, args: Args, kwargs: Kwargs) -> Abstract:
        key = kwargs.get("key")
        args = tuple(self.some(a, f"{name} of") for a in args)
        if len(args) == 1:
            if isinstance(args[0], View) or (isinstance(args[0], Generator) and not self.short(args[0])):
                items = None
            else:
                items = self.items_if_known(args[0])
            if items is None:
                if key is not None and "default" not in kwargs:
                    return self.largest_by(name, args[0], key)
                if key is not None:
                    self.refuse(f"{name} with key= and default= over something whose length is not known")
                return self.fold_loop(name, args[0], kwargs.get("default"))
            if not items:
                if "default" in kwargs:
                    return kwargs["default"]
                raise ValueError(f"{name}() arg is an empty sequence")
        else:
            items = list(args)
        if key is not None:
            return self.extremum_by(name, items, key)
        if all(isinstance(i, Known) for i in items):
            return self.run_now(max if name == "max" else min, tuple(items), {}) if len(items) > 1 else items[0]
        if len(items) > 2 and all(number_like(i) and not isinstance(i, View) for i in items):
            return self.wrap(self.emit(self.prim(name), *map(self.to_arg, items)))  # one operation: ties share equally
        out = items[0]
        for item in items[1:]:
            if not (number_like(out) and number_like(item)):
                self.refuse(f"{name} of {self.describe(out)} and {self.describe(item)}")
            if isinstance(out, View) or isinstance(item, View):
                # Python compares: arrays of one element, or an error
                less = self.compare(ast.Gt() if name == "max" else ast.Lt(), item, out)
                truth = self.truth(less)
                assert not isinstance(truth, bool)
                out = self.choose(truth, lambda item=item: item, lambda out=out: out)  # type: ignore[misc]
            else:
                out = self.wrap(self.emit(self.prim(name), self.to_arg(out), self.to_arg(item)))
        return out

    def extremum_by(self, name: str, items: list[Abstract], key: Abstract) -> Abstract:
        best, measure = items[0], self.call(key, (items[0],))
        for item in items[1:]:
            other = self.call(key, (item,))
            better = self.compare(ast.Gt() if name == "max" else ast.Lt(), other, measure)
            truth = self.truth(better)
            if isinstance(truth, bool):
                best, measure = (item, other) if truth else (best, measure)
            else:
                pair = self.choose(
                    truth, lambda item=item, other=other: pack((item, other)),  # type: ignore[misc]
                    lambda best=best, measure=measure: pack((best, measure)),  # type: ignore[misc]
                )
                assert isinstance(pair, TupleOf)
                best, measure = pair.items
        return best

    def call_divmod(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        if all(isinstance(a, Known) for a in args):
            return None
        return pack((self.binary(ast.FloorDiv, *args), self.binary(ast.Mod, *args)))

    def call_pow(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        given = (*args, *(kwargs[k] for k in ("base", "exp") if k in kwargs))
        return self.binary(ast.Pow, *given) if len(given) == 2 and not kwargs.keys() - {"base", "exp"} else None

    def call_bool(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        return self.boolean(args[0]) if args else FALSE

    def call_print(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        parts: list[Any] = []
        for a in args:
            if isinstance(a, Known) and not isinstance(a.value, NUMBER | str | None):
                a = Known(str(a.value))
            parts.append(self.printed(a))
        options = {k: self.to_arg(v) for k, v in kwargs.items() if k in ("sep", "end")}
        self.emits(structure.print_, *parts, **options)
        return NONE

    def printed(self, value: Abstract) -> Arg:
        """An argument of print: what has no place in the trace is described."""
        match value:
            case Known() | Value() | View() | Text() | TupleOf() | ListOf() | DictOf():
                return self.to_arg(value)
            case Optional():
                return self.to_arg(self.shown(value))
            case _:
                return Literal(self.describe(value))

    def call_str(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        if not args or isinstance(args[0], Known):
            return None
        if isinstance(args[0], Record) and issubclass(args[0].cls, BaseException):
            return self.message(args[0])
        return args[0] if isinstance(args[0], Text) else Text("{}", (args[0],))

    def call_partial(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        return Partial(args[0], args[1:], kwargs)

    def call_reduce(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        function, items = args[0], self.items_if_known(args[1])
        if items is None:
            if len(args) > 2:
                return self.reduce_loop(function, args[1], args[2])
            first = self.subscript(args[1], Known(0))
            return self.reduce_loop(function, self.subscript(args[1], SliceOf(Known(1), NONE, NONE)), first)
        rest = [*args[2:], *items]
        if not rest:
            raise TypeError("reduce() of empty iterable with no initial value")
        out = rest[0]
        for item in rest[1:]:
            out = self.call(function, (out, item))
        return out

    def call_wraps(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        return Known(_identity)

    def call_nothing(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        return NONE

    def call_identity(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        return args[0]

    def call_getitem(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        return self.subscript(args[0], args[1])

    # -- stores by functions ---------------------------------------------------------------------------------------

    def target(self, value: Abstract) -> View:
        if isinstance(value, View):
            return value
        self.wrong(f"{self.describe(value)} is no array to store into")

    def call_copyto(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        given = dict(zip(("dst", "src", "casting", "where"), args, strict=False)) | kwargs
        target, source, where = given["dst"], given["src"], given.get("where")
        if isinstance(where, Known) and where.value is True:
            where = None
        if where is not None:
            source = self.array_item(self.view_of(self.broadcast_to(source, target)), where)
        self.store_array(self.target(target), Known(Ellipsis) if where is None else where, source)
        return NONE

    def broadcast_to(self, value: Abstract, like: Abstract) -> Abstract:
        return self.call(Known(np.broadcast_to), (value, self.shape_of(like)))

    def view_of(self, value: Abstract) -> View:
        assert isinstance(value, View)
        return value

    def call_add_at(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        target, index, value = args
        self.through(self.target(target), self.index_arg(index), self.to_arg(self.as_array(value)), structure.scatter_add)  # noqa: E501
        return NONE


def _identity(function: Any) -> Any:
    return function


SPECIAL: dict[Any, str] = {
    len: "call_len", range: "call_range", isinstance: "call_isinstance", type: "call_type", callable: "call_callable",
    hasattr: "call_hasattr", getattr: "call_getattr", setattr: "call_setattr", enumerate: "call_enumerate",
    zip: "call_zip", reversed: "call_reversed", list: "call_list",
    tuple: "call_tuple", dict: "call_dict", slice: "call_slice", sum: "call_sum",
    any: "call_any", all: "call_all", max: "call_max", min: "call_min", divmod: "call_divmod", pow: "call_pow",
    bool: "call_bool", print: "call_print", str: "call_str", repr: "call_str", iter: "call_iter", next: "call_next",
    functools.partial: "call_partial", functools.reduce: "call_reduce", functools.wraps: "call_wraps",
    nothing: "call_nothing", itself: "call_identity", functools.lru_cache: "call_wraps", functools.cache: "call_identity", functools.update_wrapper: "call_identity", _identity: "call_identity",  # noqa: E501
    operator.index: "call_identity", operator.getitem: "call_getitem",
    tolist: "call_tolist", np.result_type: "call_dtype", np.shape: "call_shape", np.ndim: "call_ndim", np.size: "call_size", np.isscalar: "call_isscalar",  # noqa: E501
    warnings.warn: "call_warn", warnings.simplefilter: "call_warning_filter",
    warnings.filterwarnings: "call_warning_filter", warnings.resetwarnings: "call_warning_filter",
    structure.may_be_number: "call_may_be_number",
    structure.is_written_out: "call_is_written_out", structure.is_known: "call_is_known",
    structure.known_length: "call_known_length", structure.single_axes: "call_single_axes",
    structure.open_axes: "call_open_axes", structure.loop_dtype: "call_loop_dtype",
    np.iscomplexobj: "call_iscomplexobj", np.copyto: "call_copyto", np.add.at: "call_add_at",
}  # fmt: skip

__all__ = ["Builtins", "List", "math"]
