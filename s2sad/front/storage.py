"""Arrays as Python has them: names bound to memory, views of it, stores through any of them.

A variable that holds an array is bound to a ``View``: the whole of a ``Storage``, or a chain of steps (index,
transpose, reshape …) from it. The content of a storage is the ``Value`` that the array is just now. Reading a view
applies its steps to that content (and remembers the result until the content changes); a store through a view applies
the steps backwards: the parent gets the new part stored into it, and so on up to the storage.

Where two storages are one on some paths only, ``aliases`` keeps both of them up to date. Where nobody can say whether
they share memory (``reshape`` of an array that may not be contiguous), they know of each other by ``Cell.may``: a store
through one leaves the others *stale*, and reading a stale one is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

import s2sad.prims  # noqa: F401  fills the registry
from s2sad.errors import TraceError
from s2sad.front.machine import Machine, Restart
from s2sad.front.values import (
    Abstract,
    Attributes,
    Cell,
    DictOf,
    Known,
    ListOf,
    Record,
    Stale,
    Storage,
    TupleOf,
    Undefined,
    View,
)
from s2sad.ir.core import Arg, Atom, Literal, Pack, Value
from s2sad.ir.primitive import Primitive
from s2sad.ir.types import Array, List, NoJoin, Scalar, Struct, Type, elementwise, join, np_dtype, of, rank
from s2sad.prims import structure
from s2sad.prims.creation import FLOATS, INTEGERS

CASTS = frozenset(f"np.{kind.__name__}" for kind in (*FLOATS, *INTEGERS))
PARTS = ("np.real", "np.imag")
"""Views of a complex array; of a real one the array itself, and zeros."""


def relate(a: Cell, b: Cell) -> None:
    """From now on these two may share memory."""
    if a is not b:
        a.may[b] = None
        b.may[a] = None


class Storages(Machine):
    """Reading and writing arrays."""

    def array(self, value: Value, contiguous: bool | None = None) -> View:
        """A new array of its own."""
        t = value.type
        if isinstance(t, Array) and t.axes is not None and len(t.axes) <= 1:
            contiguous = True
        root = Storage(contiguous, scalar=isinstance(t, Array) and t.axes is None)
        self.state.write(self.state.heap, root, value)
        return View(root, contiguous=contiguous, name=value.name)

    def wrap(self, value: Value, contiguous: bool | None = None) -> Abstract:
        """A traced value as what the program handles: a number, an array of its own, a container."""
        match value.type:
            case Array():
                return self.array(value, contiguous)
            case List():
                out = ListOf()
                self.state.write(self.state.heap, out, value)
                return out
            case Struct(kind=kind, keys=keys, cls=cls):
                items = [self.wrap(self.emit(structure.item, value, key)) for key in keys]
                return self.container(kind, keys, items, cls)
            case _:
                return value

    def container(self, kind: str, keys: tuple[Any, ...], items: list[Abstract], cls: type | None) -> Abstract:
        match kind:
            case "tuple":
                return TupleOf(tuple(items))
            case "namedtuple":
                return TupleOf(tuple(items), cls)
            case "list":
                return self.new_list(items)
            case "dict":
                mapping = DictOf() if cls is None else Record(cls)
                self.state.write(self.state.heap, mapping, dict(zip(keys, items, strict=True)))
                return mapping
            case _:
                assert cls is not None
                record = Record(cls)
                self.state.write(self.state.heap, record, dict(zip(keys, items, strict=True)))
                return record

    def new_list(self, items: list[Abstract] | tuple[Abstract, ...]) -> ListOf:
        out = ListOf()
        self.state.write(self.state.heap, out, tuple(items))
        out.born = tuple(self.loops)
        return out

    # -- reading ---------------------------------------------------------------------------------------------------

    def content(self, cell: Cell) -> Any:
        """What a cell holds now; refused where a store elsewhere may have changed it."""
        if isinstance(cell, Attributes):
            return {k: v for k, v in self.content(cell.record).items() if not isinstance(v, Undefined)}
        if cell not in self.state.heap:
            self.refuse(
                "this array or list is made on one path only, and is used on another",
                why="what it holds there is not known",
                instead="make it before the paths part",
            )
        content = self.state.heap[cell]
        if isinstance(content, Stale):
            if self.unsure and not self.session.layouts and self.located:
                raise Restart(layouts=True)
            self.unroll_short_loop()
            where = f" at line {content.where.line}" if content.where is not None else ""
            self.refuse(
                f"this array or list may have been changed by a store{where} through another name",
                why="whether the two names share their memory depends on the path taken, or on the memory layout",
                instead="make a copy with .copy() where the names part, or read it before the store",
            )
        return content

    def read(self, view: View) -> Value:
        """The value of an array now."""
        chain: list[View] = []
        v: View | None = view
        while v is not None and v.parent is not None:
            chain.append(v)
            v = v.parent
        value: Value = self.content(view.root)
        for v in reversed(chain):
            cached = self.state.cache.get(v)
            if cached is not None and cached[0] is value:
                value = cached[1]
                continue
            assert v.prim is not None
            base, value = value, self.emit(v.prim, value, *v.args, name=v.name, **dict(v.kwargs))
            self.state.write(self.state.cache, v, (base, value))
        return value

    def view(self, base: View, prim: Primitive, args: tuple[Arg, ...], kwargs: tuple[tuple[str, Arg], ...], value: Value, layout: bool | None) -> View:  # noqa: E501
        """The view that one more step makes; ``value`` is what it is now."""
        if isinstance(value.type, Array) and value.type.axes is not None and len(value.type.axes) == 0:
            layout = True
        out = View(base.root, base, prim, args, kwargs, layout)
        self.state.write(self.state.cache, out, (self.read(base), value))
        return out

    def result(self, prim: Primitive, value: Value, operand: Abstract | None, args: tuple[Arg, ...], kwargs: Mapping[str, Arg], operands: tuple[Abstract, ...]) -> Abstract:  # noqa: E501
        """What a call gave, as the program handles it: whether it is a view, and of what."""
        if not isinstance(value.type, Array):
            return self.wrap(value)
        if prim.alias == "maybe" and not isinstance(operand, View):
            views = [v for v in operands if isinstance(v, View)]  # einsum of one array may be a view of it
            operand = views[0] if len(views) == 1 else None
        if prim.name == "np.diff" and isinstance(n := kwargs.get("n"), Literal) and n.value == 0:
            return operand if isinstance(operand, View) else self.array(value)
        if prim.alias == "fresh" or not isinstance(operand, View):
            # NumPy keeps the layout of the operands ('K' order): C contiguous where they are
            arrays = [v for v in operands if isinstance(v, View)]
            return self.array(value, True if all(v.contiguous for v in arrays) else None)
        alias = prim.alias
        if prim.name in CASTS:  # the array itself, where it has this dtype
            same = value.type.dtype == getattr(self.type_of_view(operand), "dtype", "")
            return operand if same else self.array(value, True if operand.contiguous else None)
        if prim.name in PARTS:
            if value.type.dtype == getattr(self.type_of_view(operand), "dtype", ""):
                return operand if prim.name == "np.real" else self.array(value, True if operand.contiguous else None)
            alias = "view"
        if prim.name == "np.ascontiguousarray" and operand.contiguous:
            return operand
        if prim.name == "np.diag" and rank(self.read(operand).type) == 1:
            return self.array(value, True)
        rest, keywords = args[1:], tuple(kwargs.items())
        known_rank = value.type.axes is not None or (prim is structure.getitem and keeps_an_axis(args[1]))
        if prim.name == "np.diag" and rank(self.read(operand).type) == 2:
            alias = "view"
        if alias == "maybe" and operand.contiguous and prim.name in ("np.reshape", "np.ravel"):
            alias = "view"
        if alias == "maybe" and operand.contiguous is False and prim.name == "np.ravel":
            return self.array(value, True)  # NumPy has to copy
        if alias == "view" and known_rank:
            return self.view(operand, prim, rest, keywords, value, layout_after(prim, operand, args))
        if alias == "maybe" and operand.contiguous is None:
            self.unsure = True
        out = self.array(value)  # a view or a copy, a number or an array: nobody can say
        for other in (operand.root, *operand.root.may):
            relate(out.root, other)
        return out

    def type_of_view(self, view: View) -> Type:
        return self.read(view).type

    def select(self, pred: Atom, a: Callable[[], Value], b: Callable[[], Value], default: Any) -> Any:
        """One of two arrays, as the predicate says."""
        regions = []
        found: list[Value] = []
        for make in (a, b):
            mark, outer = self.state.mark(), self.builder
            self.builder = inner = self.open_builder()
            found.append(make())
            self.builder = outer
            self.open.pop()
            self.state.undo(mark)
            regions.append(inner.region(yields=(found[-1],)))
        x, y = found
        if x is y:
            return x
        try:
            t = join(x.type, y.type)
        except NoJoin:
            return default
        if self.located:
            self.builder.loc = self.here()
        return self.builder.if_(pred, regions[0], regions[1], (t,), (x.name or y.name,))[0]

    # -- writing ---------------------------------------------------------------------------------------------------

    def write(self, view: View, value: Value) -> None:
        """The whole of this view is ``value`` from now on (same shape, same dtype)."""
        root = view.root
        self.written[root] = None
        self.put(self.state.heap, root, self.rooted(view, value))
        self.changed(root)

    def rooted(self, view: View, value: Value) -> Value:
        """What the storage of this view holds when the view holds ``value``."""
        while view.parent is not None:
            base = self.read(view.parent)
            value = self.put_back(view, base, value)
            view = view.parent
        return value

    def put_back(self, view: View, base: Value, value: Value) -> Value:
        """``base`` with the part that one step takes from it replaced."""
        assert view.prim is not None
        kwargs = dict(view.kwargs)
        bound = dict(view.prim.bind((base, *view.args), kwargs))
        match view.prim.name:
            case "getitem":
                return self.emit(structure.store, base, view.args[0], value, name=base.name)
            case "np.transpose":
                axes = next((v for k, v in bound.items() if k == "axes"), Literal(None))
                if isinstance(axes, Pack):
                    order = [i.value for i in axes.items if isinstance(i, Literal)]
                    inverse = tuple(int(k) for k in np.argsort([o % len(order) for o in order]))
                    return self.emit(view.prim, value, name=base.name, axes=inverse)
                return self.emit(view.prim, value, name=base.name)
            case "ndarray.T" | "ndarray.mT" | "np.swapaxes" | "np.matrix_transpose":
                return self.emit(view.prim, value, *view.args, name=base.name, **kwargs)
            case "np.moveaxis":
                return self.emit(view.prim, value, view.args[1], view.args[0], name=base.name)
            case "np.reshape" | "np.ravel" | "np.squeeze" | "np.expand_dims" | "np.atleast_1d":
                return self.emit(self.prim("np.reshape"), value, self.shape_arg(base), name=base.name)
            case "np.real":
                return self.emit(self.prim("of_parts"), value, self.emit(self.prim("np.imag"), base), name=base.name)
            case "np.imag":
                return self.emit(self.prim("of_parts"), self.emit(self.prim("np.real"), base), value, name=base.name)
            case "np.flip":
                return self.emit(view.prim, value, *view.args, name=base.name, **kwargs)
            case name:
                self.refuse(
                    f"a store through a view made by {name}",
                    why="how to write it back to the array it is a view of is not known",
                    instead="store into the array itself",
                )

    def shape_arg(self, value: Value) -> Arg:
        r = rank(value.type)
        if r is None:
            return self.emit(structure.shape, value)
        return Pack("tuple", tuple(self.emit(structure.dim, value, k) for k in range(r)))

    def store(self, view: View, index: Arg, value: Arg) -> None:
        """``view[index] = value``."""
        self.through(view, index, value, structure.store)

    def through(self, view: View, index: Arg, value: Arg, prim: Primitive) -> None:
        # A[i][j] = v is A[i, j] = v where i is made of integers
        while view.parent is not None and view.prim is structure.getitem and structure.is_basic(index):
            outer = structure.index_items(view.args[0])
            if not all(is_integer(i) for i in outer):
                break
            index = Pack("tuple", (*outer, *structure.index_items(index)))
            view = view.parent
        if view.root.scalar and view.parent is None and not isinstance(self.content(view.root).type, Array):
            raise TraceError("a number has no items to assign", location=self.here())
        base = self.read(view)
        self.write(view, self.emit(prim, base, index, value, name=base.name))

    def update(self, view: View, value: Atom) -> None:
        """``view[...] = value`` for a value computed from the view itself: in-place arithmetic."""
        base = self.read(view)
        t = base.type
        assert isinstance(t, Array)
        new = value.type
        if isinstance(value, Value) and new == t and t.axes is not None and "?" not in t.axes:
            self.write(view, value)
            return
        if isinstance(new, Array | Scalar) and new.dtype != t.dtype:
            weak = isinstance(new, Scalar) and new.weak
            if not np.can_cast(np_dtype(new.dtype), np_dtype(t.dtype), "same_kind") and not weak:
                self.wrong(
                    f"the result of in-place arithmetic is {new.dtype}, which an array of {t.dtype} does not hold",
                    instead="make the array a float array, or write x = x + y",
                )
        if view.parent is not None and view.prim is structure.getitem:
            self.through(view.parent, view.args[0], value, structure.store)
            return
        everything = Literal(Ellipsis)
        self.write(view, self.emit(structure.store, base, everything, value, name=base.name))

    def in_place_type(self, a: Value, b: Arg) -> bool:
        """Whether ``a op b`` surely has the shape and dtype of ``a``."""
        t, u = a.type, b.type
        if not isinstance(t, Array) or not isinstance(u, Array | Scalar):
            return False
        out = elementwise(t, u)
        return out == t and (isinstance(u, Scalar) or (t.axes is not None and "?" not in t.axes))


def keeps_an_axis(index: Arg) -> bool:
    """Whether an index surely gives an array, and so a view."""
    return any(
        (isinstance(i, Pack) and i.kind == "slice") or (isinstance(i, Literal) and (i.value is None or i.value is Ellipsis))  # noqa: E501
        for i in structure.index_items(index)
    )


def is_integer(item: Arg) -> bool:
    if isinstance(item, Pack):
        return False
    if isinstance(item, Literal):
        return isinstance(item.value, int | np.integer) and not isinstance(item.value, bool)
    return isinstance(item.type, Scalar) and item.type.dtype[0] in "iu"


def layout_after(prim: Primitive, base: View, args: tuple[Arg, ...]) -> bool | None:
    """Whether a view is C contiguous; None where that is not known."""
    if prim.name in ("np.transpose", "ndarray.T", "np.swapaxes") and base.contiguous is not None:
        axes = args[0].type.axes if isinstance(args[0].type, Array) else None
        if axes is not None and len(axes) == 2 and (axes == ("n", "n") or axes.count("1") == 1) and prim.name != "np.swapaxes":  # noqa: E501
            return not base.contiguous if axes == ("n", "n") and base.contiguous else True if base.contiguous else None
        return None
    if not base.contiguous:
        return None
    if prim.name in ("np.reshape", "np.ravel", "np.squeeze", "np.expand_dims"):
        return True
    if prim is structure.getitem:
        if not structure.index_items(args[1]):
            return True
        first, *others = structure.index_items(args[1])
        if others and not (is_integer(first) and all(is_integer(o) for o in others)):
            return None
        if is_integer(first):
            return True
        if isinstance(first, Pack) and first.kind == "slice":
            return True if isinstance(first.items[2], Literal) and first.items[2].value in (None, 1) else None
    return None


def known_number(value: Abstract) -> bool:
    return isinstance(value, Known) and isinstance(value.value, int | float | complex | np.generic)


__all__ = ["Storages", "is_integer", "known_number", "layout_after", "of", "relate"]
