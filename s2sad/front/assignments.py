"""Assignment: names, items, attributes, unpacking; augmented assignment."""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Sequence

import numpy as np

from s2sad.front import fence
from s2sad.front.comprehensions import Comprehensions
from s2sad.front.externals import module_of
from s2sad.front.operators import BINARY
from s2sad.front.program import Guard
from s2sad.front.reach import Reach
from s2sad.front.state import Frame
from s2sad.front.values import (
    NONE,
    UNBOUND,
    Abstract,
    DictOf,
    Known,
    ListOf,
    Record,
    SetOf,
    SliceOf,
    Source,
    TupleOf,
    View,
)
from s2sad.ir.core import Arg, Value
from s2sad.ir.types import Array, is_inexact
from s2sad.prims import structure


class Assignments(Comprehensions):
    """Statements that bind names or store."""

    # -- assignment ------------------------------------------------------------------------------------------------

    def run_assign(self, node: ast.Assign) -> None:
        value = self.evaluate(node.value)
        for target in node.targets:
            self.assign(target, value)

    def run_annotated(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.assign(node.target, self.evaluate(node.value))

    def assign(self, target: ast.expr, value: Abstract) -> None:
        match target:
            case ast.Name(id=name):
                if name in self.frame.code.globals:
                    self.node = target
                self.bind_name(name, value)
            case ast.Tuple(elts=targets) | ast.List(elts=targets):
                self.node = target
                self.unpack(targets, value)
            case ast.Subscript(value=base_node, slice=index_node):
                base = self.evaluate(base_node)
                index = self.evaluate(index_node)
                self.node = target
                base = self.some(base, "an item is stored in")
                if isinstance(base, View):
                    self.store_array(base, index, value)
                else:
                    self.store_item(base, index, value)
            case ast.Attribute(value=owner_node, attr=name):
                owner = self.evaluate(owner_node)
                self.node = target
                self.set_attribute_of(owner_node, owner, name, value)
            case _:
                self.node = target
                fence.check(target, self.here())
                self.refuse(f"an assignment to {type(target).__name__}")

    def run_import(self, node: ast.Import | ast.ImportFrom) -> None:
        """An import inside of a function: done while tracing."""
        self.node = node
        source = self.frame.code.source.function
        package = source.__globals__.get("__package__")
        for alias in node.names:
            if isinstance(node, ast.Import):
                module = importlib.import_module(alias.name)
                head = alias.name.split(".")[0]
                value: Abstract = Known(module if alias.asname else sys.modules[head])
                self.bind_name(alias.asname or head, value)
                continue
            module = importlib.import_module("." * node.level + (node.module or ""), package)
            if not hasattr(module, alias.name):
                try:
                    importlib.import_module(f"{module.__name__}.{alias.name}")
                except ModuleNotFoundError:
                    raise ImportError(f"cannot import name {alias.name!r} from {module.__name__!r}") from None
            self.bind_name(alias.asname or alias.name, self.attribute(Known(module), alias.name))

    def run_global(self, node: ast.Global) -> None:
        code = self.frame.code
        outer = self.frame.outer
        while outer is not None:
            if any(name in outer.code.names for name in node.names):
                self.node = node
                self.refuse("global of a name that a function around this one has, too", instead="rename one of them")
            outer = outer.outer
        for name in node.names:
            code.globals[name] = None

    def bind_global(self, name: str, value: Abstract) -> None:
        """A name declared ``global``: an attribute of the module."""
        module = module_of(self.frame.code.source.function)
        if module is None:
            self.refuse(
                f"an assignment to the global name {name}", why="the function belongs to no module that is imported",
                instead="return the value, or define the function in a module",
            )  # fmt: skip
        self.store_outside(Known(module), name, value)

    def bind_name(self, name: str, value: Abstract) -> None:
        if name in self.frame.code.globals:
            self.bind_global(name, value)
            return
        self.state.write(self.home(name).variables, name, value)
        if isinstance(value, Value):
            hint(value, name)
        elif isinstance(value, View):
            held = self.state.heap.get(value.root) if value.parent is None else None
            if isinstance(held, Value):
                hint(held, name)
            elif value.parent is not None and (cached := self.state.cache.get(value)) is not None:
                hint(cached[1], name)
        elif isinstance(value, ListOf):
            if value.called is None and not name.startswith("$"):
                value.called = name
            held = self.state.heap.get(value)
            if isinstance(held, Value):
                hint(held, name)

    def set_attribute_of(self, node: ast.expr, owner: Abstract, name: str, value: Abstract) -> None:
        """``owner.name = value``, where ``node`` is how the program names the owner."""
        if name == "shape" and isinstance(owner, View) and isinstance(node, ast.Name):
            self.set_shape(node.id, owner, value)
        else:
            self.set_attribute(owner, self.mangled(name), value)

    def set_shape(self, name: str, array: View, shape: Abstract) -> None:
        """``x.shape = …`` where no other name, list or object has the array: the name is bound to a view."""
        frame, root = self.frame, array.root
        alone = name in frame.code.names and not (root.scalar or root.aliases or root.may)
        if not alone or not array.contiguous or root in Reach(self, None, {(id(frame.variables), name): ()}, None):
            self.refuse(
                "assigning to .shape", why="another name may have this array, or it may not lie in one piece",
                instead="use x = x.reshape(...)",
            )  # fmt: skip
        self.bind_name(name, self.call(Known(np.reshape), (array, shape)))

    def home(self, name: str) -> Frame:
        """The frame that a name is bound in: this one, but for nonlocal names and ``:=`` in a comprehension."""
        frame = self.frame
        if name in frame.code.names:
            return frame
        outer = frame.outer
        while outer is not None:
            if name in outer.code.names:
                return outer
            outer = outer.outer
        if name in frame.code.foreign:
            self.refuse(
                f"an assignment to {name}, which belongs to code outside of what is differentiated",
                why="a derivative leaves the variables of others alone",
                instead="return the new value",
            )
        return frame

    def run_delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            match target:
                case ast.Name(id=name):
                    self.state.write(self.home(name).variables, name, UNBOUND)
                case ast.Subscript(value=base_node, slice=index_node):
                    base, index = self.evaluate(base_node), self.evaluate(index_node)
                    self.node = target
                    if isinstance(base, DictOf):
                        self.dict_method(base, "pop", (index,), {})
                    elif isinstance(base, ListOf):
                        self.delete_items(base, index)
                    else:
                        self.refuse(f"del of an item of {self.describe(base)}")
                case ast.Attribute(value=owner_node, attr=name):
                    owner = self.evaluate(owner_node)
                    self.node = target
                    self.delete_attribute(owner, self.mangled(name))
                case _:
                    self.node = target
                    self.refuse("del of this", instead="leave the statement out")

    def unpack(self, targets: Sequence[ast.expr], value: Abstract) -> None:
        stars = [k for k, t in enumerate(targets) if isinstance(t, ast.Starred)]
        value = self.some(value, "not iterable:")
        if isinstance(value, View) or (isinstance(value, ListOf) and isinstance(self.content(value), Value)):
            if stars:
                self.unpack_starred(targets, stars[0], value)
                return
            self.require_length(value, len(targets))
            items = [self.subscript(value, Known(k)) for k in range(len(targets))]
        elif isinstance(value, Value) and not isinstance(value.type, Array):
            if value in self.shapes:
                array = self.shapes[value]
                rank = self.compare(ast.Eq(), self.emit(structure.ndim, array), Known(len(targets)))
                self.require(self.truth(rank), ValueError, f"not {len(targets)} axes to unpack")
                items = [self.emit(structure.dim, array, k) for k in range(len(targets))]
            else:
                self.wrong(f"{self.describe(value)} cannot be unpacked")
        else:
            items = self.known_items(value, "unpacking")
        if stars:
            k, after = stars[0], len(targets) - stars[0] - 1
            if len(items) < len(targets) - 1:
                raise ValueError(f"not enough values to unpack (expected at least {len(targets) - 1}, got {len(items)})")  # noqa: E501
            middle = items[k : len(items) - after]
            starred = targets[k]
            assert isinstance(starred, ast.Starred)
            for t, v in zip(targets[:k], items[:k], strict=True):
                self.assign(t, v)
            self.assign(starred.value, self.new_list(middle))
            for t, v in zip(targets[k + 1 :], items[len(items) - after :], strict=True):
                self.assign(t, v)
            return
        if len(items) != len(targets):
            many = "too many" if len(items) > len(targets) else "not enough"
            raise ValueError(f"{many} values to unpack (expected {len(targets)}, got {len(items)})")
        for t, v in zip(targets, items, strict=True):
            self.assign(t, v)

    def require_length(self, value: Abstract, count: int) -> None:
        """Python unpacks only what has as many items; where that is not plain, it is checked."""
        if not self.located or self.meaning is not None:
            return
        if isinstance(value, View):
            held = self.read(value)
            if self.lengths.get(held) == count:
                return
            sample = self.samples.get(self.param_paths.get(held, ""))
            if isinstance(sample, np.ndarray) and sample.ndim:
                path = self.param_paths[held]
                self.guard_length(path, len(sample))
                if len(sample) == count:
                    self.lengths[held] = count
                    return
                many = "too many" if len(sample) > count else "not enough"
                raise ValueError(f"{many} values to unpack (expected {count})")
            if self.loops:
                return  # a check in every turn would cost more than it tells
        self.require(self.truth(self.compare(ast.Eq(), self.length(value), Known(count))), ValueError, f"not {count} values to unpack")  # noqa: E501

    def guard_length(self, path: str, length: int, axis: int = 0) -> None:
        where = f"{path}.shape[{axis}]"
        if path in self.sources:
            read = self.sources[path].read
            self.guard(Source(where, lambda: read().shape[axis]), length)
        else:
            self.statics[where] = Guard(where, length)

    def unpack_starred(self, targets: Sequence[ast.expr], k: int, value: Abstract) -> None:
        """``first, *middle, last = x`` of an array or list whose length is not known."""
        after = len(targets) - k - 1
        starred = targets[k]
        assert isinstance(starred, ast.Starred)
        middle = self.subscript(value, SliceOf(Known(k), Known(-after) if after else NONE, NONE))
        last = [self.subscript(value, Known(j - after)) for j in range(after)]
        for j, t in enumerate(targets[:k]):
            self.assign(t, self.subscript(value, Known(j)))
        self.assign(starred.value, self.listed(middle))
        for t, v in zip(targets[k + 1 :], last, strict=True):
            self.assign(t, v)

    # -- augmented assignment --------------------------------------------------------------------------------------

    def run_augmented(self, node: ast.AugAssign) -> None:
        target = node.target
        if isinstance(target, ast.Name):
            old = self.eval_name(ast.copy_location(ast.Name(target.id, ast.Load()), target))
            value = self.evaluate(node.value)
            self.node = node
            self.bind_name(target.id, self.in_place(type(node.op), old, value))
        elif isinstance(target, ast.Subscript):
            base = self.evaluate(target.value)
            index = self.evaluate(target.slice)
            base = self.some(base, "an item is stored in")
            if isinstance(base, View):
                self.augment_array(node, base, index)
                return
            self.node = target
            if isinstance(base, DictOf) and self.decided_late(base, index):
                self.augment_late(node, base, index)
                return
            old = self.subscript(base, index)
            before = self.content(base) if isinstance(base, ListOf) else None
            value = self.evaluate(node.value)
            self.node = node
            stays = isinstance(base, ListOf) and self.content(base) is before
            if isinstance(base, ListOf) and stays and self.adds_to_item(type(node.op), base, index, old, value):
                return
            new = self.in_place(type(node.op), old, value)
            if stays and new is old and self.lies_in(base, old):
                return  # the item itself was changed
            self.store_item(base, index, new)
        else:
            owner = self.evaluate(target.value)
            self.node = target
            old = self.attribute(owner, self.mangled(target.attr))
            value = self.evaluate(node.value)
            self.node = node
            new = self.in_place(type(node.op), old, value)
            if isinstance(owner, View) and isinstance(new, View):
                return
            self.set_attribute_of(target.value, owner, target.attr, new)

    def augment_late(self, node: ast.AugAssign, base: DictOf, index: Abstract) -> None:
        """``base[key] += value`` under a key that only run time knows."""
        self.subscript(base, index)  # which raises where there is none
        before = self.state.heap[base]
        value = self.evaluate(node.value)
        self.node = node
        if self.state.heap[base] is not before:
            self.refuse("a dict that changes while an item of it is added to", instead="compute the value before")

        def add(key: Known) -> None:
            self.store_item(base, key, self.in_place(type(node.op), self.subscript(base, key), value))

        self.at_each(base, index, add)

    def augment_array(self, node: ast.AugAssign, base: View, index: Abstract) -> None:
        arg = self.index_arg(index)
        before = self.read(base)
        value = self.evaluate(node.value)
        self.node = node
        if self.read(base) is not before and not self.is_part(self.array_item(base, index), arg):
            old = self.array_item(self.array(before), index)  # it was read before the array changed
            self.store_array(base, index, self.binary(type(node.op), old, value))
            return
        operand = self.to_arg(self.as_array(self.some(value, "added to an array:")))
        if structure.is_basic(arg) and isinstance(node.op, ast.Add):
            self.through(base, arg, operand, structure.accumulate)
            return
        if structure.is_basic(arg) and isinstance(node.op, ast.Sub) and is_inexact(operand.type):
            self.through(base, arg, self.emit(self.prim("neg"), operand), structure.accumulate)
            return
        old = self.array_item(base, index)
        if self.is_part(old, arg):
            self.in_place(type(node.op), old, value)
            return
        self.store_array(base, index, self.binary(type(node.op), old, value))

    def is_part(self, item: Abstract, index: Arg) -> bool:
        """Whether what an index gave is a part of the array itself, and no copy."""
        return isinstance(item, View) and structure.is_basic(index) and item.parent is not None

    def in_place(self, op: type[ast.operator], old: Abstract, value: Abstract) -> Abstract:
        """``old op= value``: arrays and lists change in place, everything else is rebound."""
        old = self.some(old, "unsupported operand:")
        if isinstance(old, View):
            value = self.as_array(value)
            current = self.read(old)
            operand = self.to_arg(value)
            new = self.emit(self.prim(BINARY[op][0]), current, operand)
            if old.root.scalar and old.parent is None:
                # a number is rebound, an array changes: other names of it cannot be trusted from now on
                result = self.array(new) if isinstance(new.type, Array) else new
                self.rebound_or_changed(old.root, result.root if isinstance(result, View) else None)
                return result
            if op is ast.MatMult:
                self.refuse("@= on an array", instead="write x = x @ y")
            self.update(old, new)
            return old
        if isinstance(old, ListOf) and op is ast.Add:
            self.list_method(old, "extend", (value,), {})
            return old
        if isinstance(old, Record | TupleOf):
            found = self.special_method(old, f"__i{BINARY[op][2]}__")
            if found is not None:
                return self.call(found, (value,))
        if isinstance(old, ListOf) and op is ast.Mult:
            longer = self.repeated(old, value)
            assert isinstance(longer, ListOf)
            self.replace(old, longer)
            return old
        if isinstance(old, SetOf) and op in (ast.BitOr, ast.BitAnd, ast.Sub, ast.BitXor):
            members = self.binary(op, old, value)
            assert isinstance(members, SetOf)
            self.put(self.state.heap, old, self.content(members))
            return old
        if isinstance(old, DictOf) and op is ast.BitOr:
            self.dict_method(old, "update", (value,), {})
            return old
        return self.binary(op, old, value)


def hint(value: Value, name: str) -> None:
    """Give a value that was just born the name that the program gives it."""
    if value.name is None and not name.startswith("$"):
        object.__setattr__(value, "name", name)  # a name is a hint, no part of what a value is
