"""Functions that call themselves on values that are not known: kept as functions, not inlined.

A recursion that ends with what is known is simply unrolled. Where it would go on for ever, because whether it goes on
hangs on traced values, the trace starts anew with that function *kept*: its body becomes a trace of its own
(``ir.core.Function``), called by ``Apply``. The types of its parameters and of its result are found by tracing it until
nothing changes; at first its result is unknown, and the paths that need it are left out.

Functions that call each other are one ``Group``, settled together. Values from around them that their bodies read are
passed on as further arguments.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from s2sad.front.calls import Calls
from s2sad.front.conversions import number_like
from s2sad.front.machine import Unreachable
from s2sad.front.scope import Code, parameters
from s2sad.front.state import ABSENT, Frame, born_after
from s2sad.front.storage import relate
from s2sad.front.values import Abstract, Cell, Known, ListOf, Storage, TupleOf, View
from s2sad.ir.build import Builder
from s2sad.ir.core import Apply, Arg, Atom, Function, Literal, Pack, Param, Ref, Region, Trace, Value, atoms_of
from s2sad.ir.types import Array, NoJoin, Struct, Type, join
from s2sad.ir.walk import copy_ops, free_values

MAX_PASSES = 12
Key = tuple[Any, ...]


@dataclass(eq=False)
class Instance:
    """One kept function: for one closure, and one set of arguments that are known."""

    key: Key
    function: Function
    types: list[Type]
    arguments: tuple[tuple[str, Arg], ...] = ()
    params: list[Value] = field(default_factory=list)
    result: Arg | None = None
    result_type: Type | None = None
    builder: Builder | None = None
    turn: int = 0
    contiguous: bool = False


@dataclass(eq=False)
class Group:
    """Functions that call each other, while their types are found."""

    instances: dict[Key, Instance] = field(default_factory=dict)
    extras: dict[Value, None] = field(default_factory=dict)
    turn: int = 1
    changed: bool = False


class Recursion(Calls):
    """Calls of kept functions."""

    group: Group | None = None

    def run_kept(self, code: Code, outer: Frame | None, variables: dict[str, Abstract]) -> Abstract:
        leaves: list[Abstract] = []
        variables = {k: variables[k] for k in parameters(code.node.args)}
        shape = tuple((k, self.flatten(v, leaves)) for k, v in variables.items())
        cells = tuple(id(c) for c in code.source.closure.values()) if outer is None else ()
        key: Key = (id(code.node), id(outer), cells, shape)
        atoms = [self.leaf_of(v) for v in leaves]
        types = [a.type for a in atoms]
        if self.group is not None:
            instance = self.visit(self.group, key, code, outer, variables, types)
            return self.apply_kept(self.group, instance, atoms, leaves)
        finished = self.kept.get(key)  # settled earlier
        if finished is None or not all(map(covers, finished[1].types, types)):
            if finished is not None:
                types = [self.joined_type(a, b, None) for a, b in zip(finished[1].types, types, strict=True)]
            finished = self.kept[key] = self.settle_group(key, code, outer, variables, types)
        return self.apply_kept(finished[0], finished[1], atoms, leaves)

    def settle_group(self, key: Key, code: Code, outer: Frame | None, variables: dict[str, Abstract], types: list[Type]) -> tuple[Group, Instance]:  # noqa: E501
        group = self.group = Group()
        try:
            for _ in range(MAX_PASSES):
                group.changed = False
                instance = self.visit(group, key, code, outer, variables, types)
                if not group.changed:
                    break
                group.turn += 1
            else:
                if instance.result is not None:
                    self.refuse(
                        f"the types of the recursive function {code.name} do not settle",
                        why="each call makes its arguments or its result of another type than the call before",
                        instead="pass and return numbers and arrays of one type, or write it as a loop",
                    )
        finally:
            self.group = None
        if instance.result is None:
            self.refuse(
                f"the recursion of {code.name} does not end on any path",
                instead="return without calling itself on some path",
            )
        for each in group.instances.values():
            self.complete(group, each)
        return group, instance

    def visit(self, group: Group, key: Key, code: Code, outer: Frame | None, variables: dict[str, Abstract], types: list[Type]) -> Instance:  # noqa: E501
        """The instance for a call, traced if it was not yet in this turn."""
        instance = group.instances.get(key)
        if instance is None:
            instance = group.instances[key] = Instance(key, Function(code.name), types)
            group.changed = True
        else:
            try:
                wider = [join(a, b) for a, b in zip(instance.types, types, strict=True)]
            except NoJoin:
                self.refuse(f"the recursive calls of {code.name} have arguments of unlike types")
            if wider != instance.types:
                instance.types = wider
                group.changed = True
        if instance.turn != group.turn:
            instance.turn = group.turn
            self.trace_instance(group, instance, code, outer, variables)
        return instance

    def trace_instance(self, group: Group, instance: Instance, code: Code, outer: Frame | None, variables: dict[str, Abstract]) -> None:  # noqa: E501
        params: list[Value] = []
        types = iter(instance.types)
        mark, before, serial = self.state.mark(), self.builder, self.serial
        self.builder = builder = Builder(loc=before.loc)
        self.open.append(builder)
        self.exploring += 1
        own: dict[Cell, Any] = {}
        arguments: list[tuple[str, Arg]] = []
        dead = False
        try:
            bound: dict[str, Abstract] = {}
            for name in variables:
                bound[name], arg = self.fresh(variables[name], types, params, name, own)
                if arg is not None:
                    arguments.append((name, arg))
            try:
                result = self.to_arg(self.run_body(code, outer, bound))
            except Unreachable:
                dead = True
            for change in self.state.peek(mark).values():
                temporary = isinstance(change.key, str) and change.key.startswith("$")
                if temporary or self.state.linking(change) or born_after(change.table, serial):
                    continue
                if change.old is ABSENT and change.new is own.get(change.key, change.new):
                    continue
                self.refuse(
                    f"the recursive function {code.name} stores into something that it did not make itself",
                    why="a recursive function is kept as a function, and gives back its result only",
                    instead="return the new array or value",
                )
        finally:
            self.exploring -= 1
            self.builder = before
            self.open.pop()
            self.state.undo(mark)
        instance.builder, instance.params, instance.arguments = builder, params, tuple(arguments)
        if dead:
            return
        if isinstance(result, Literal) and result.value is None:
            result = Pack("tuple", ())
        found = result.type
        if instance.result_type is not None:
            try:
                found = join(instance.result_type, found)
            except NoJoin:
                self.refuse(f"the recursive function {code.name} returns unlike things on its paths")
        if found != instance.result_type:
            group.changed = True
        instance.result, instance.result_type = result, found
        for v in free_values(Region(tuple(params), tuple(builder.ops), tuple(atoms_of(result)))):
            if v not in group.extras:
                group.extras[v] = None
                group.changed = True

    def complete(self, group: Group, instance: Instance) -> None:
        """Make the trace of an instance: values from around it become parameters."""
        assert instance.builder is not None and instance.result is not None
        mapping: dict[Value, Arg] = {v: Value(v.type, v.name) for v in group.extras}
        extra = [mapping[v] for v in group.extras]
        for v in instance.params:
            mapping[v] = v
        ops = copy_ops(instance.builder.ops, mapping)
        result = swap(instance.result, mapping)
        names: dict[str, int] = {}
        params = []
        for each in (*instance.params, *extra):
            assert isinstance(each, Value)
            base = each.name or "v"
            names[base] = names.get(base, 0) + 1
            params.append(Param(each, base if names[base] == 1 else f"{base}_{names[base]}"))
        arguments = (*instance.arguments, *((p.path, p.value) for p in params[len(instance.params) :]))
        instance.function.trace = Trace(
            instance.function.name, tuple(params), Region((), ops, ()), result, arguments, "", self.here()
        )

    def apply_kept(self, group: Group, instance: Instance, atoms: list[Atom], leaves: list[Abstract]) -> Abstract:
        if instance.result_type is None or instance.result is None:
            group.changed = True  # not known yet: this path is left out for now
            raise Unreachable
        types = [self.leaf_type(a, instance.result_type, k) for k, a in enumerate(atoms_of(instance.result))]
        results = tuple(Value(t) for t in types)
        if self.located:
            self.builder.loc = self.here()
        args: tuple[Arg, ...] = (*atoms, *group.extras)
        self.builder.emit(Apply(instance.function, args, results, self.builder.loc))
        out = self.rebuild(instance.result, iter(results))
        for view in self.views_in(out):
            for leaf in leaves:
                if isinstance(leaf, View):
                    for other in (leaf.root, *leaf.root.may):
                        relate(view.root, other)
        if isinstance(instance.result, Pack) and instance.result.kind == "tuple" and not instance.result.items:
            return Known(None)
        return out

    def leaf_type(self, atom: Atom, whole: Type, k: int) -> Type:
        """Type of leaf ``k`` of a result of this type."""
        return list(leaves_of(whole))[k]

    def rebuild(self, arg: Arg, values: Iterator[Value]) -> Abstract:
        if isinstance(arg, Pack):
            items = [self.rebuild(i, values) for i in arg.items]
            if arg.kind == "record":
                assert arg.cls is not None
                kind = "namedtuple" if issubclass(arg.cls, tuple) else "dataclass"
                return self.container(kind, arg.keys, items, arg.cls)
            return self.container(arg.kind, arg.keys, items, None)
        return self.wrap(next(values))

    # -- arguments -------------------------------------------------------------------------------------------------

    def flatten(self, value: Abstract, leaves: list[Abstract]) -> Any:
        """The structure of an argument, its numbers and arrays put into ``leaves``."""
        self.spend()
        match value:
            case Known(value=v) if isinstance(v, bool) or not number_like(value):
                return ("known", repr(v) if isinstance(v, str | bool | None) else id(v))
            case TupleOf(items=items, cls=cls):
                return ("tuple", id(cls), tuple(self.flatten(i, leaves) for i in items))
            case ListOf():
                content = self.content(value)
                if isinstance(content, tuple):
                    return ("list", tuple(self.flatten(i, leaves) for i in content))
                leaves.append(value)
                return ("values",)
            case Known() | Value() | View():
                leaves.append(value)
                return ("leaf",)
            case _:
                return (type(value).__name__, id(value))

    def leaf_of(self, value: Abstract) -> Atom:
        arg = self.to_arg(value)
        assert isinstance(arg, Value | Literal | Ref)
        return arg

    def fresh(self, value: Abstract, types: Iterator[Type], params: list[Value], name: str, own: dict[Cell, Any]) -> tuple[Abstract, Arg | None]:  # noqa: E501
        """An argument as the function's body sees it: parameters in place of its numbers and arrays."""
        match value:
            case TupleOf(items=items, cls=cls):
                parts = [self.fresh(i, types, params, name, own) for i in items]
                packed = tuple(a for _, a in parts if a is not None)
                return TupleOf(tuple(v for v, _ in parts), cls), Pack("tuple", packed)
            case ListOf() if isinstance(self.content(value), tuple):
                parts = [self.fresh(i, types, params, name, own) for i in self.content(value)]
                out = self.new_list([v for v, _ in parts])
                own[out] = self.state.heap[out]
                return out, Pack("list", tuple(a for _, a in parts if a is not None))
            case Known() if isinstance(value.value, bool) or not number_like(value):
                return value, None
            case Known() | Value() | View() | ListOf():
                param = Value(next(types), name)
                params.append(param)
                if isinstance(param.type, Array):
                    root = Storage(scalar=param.type.axes is None)
                    self.state.write(self.state.heap, root, param)
                    own[root] = param
                    return View(root, name=name), param
                return self.wrap(param), param
            case _:
                return value, None


def covers(wide: Type, narrow: Type) -> bool:
    try:
        return join(wide, narrow) == wide
    except NoJoin:
        return False


def leaves_of(t: Type) -> Iterator[Type]:
    if isinstance(t, Struct):
        for item in t.items:
            yield from leaves_of(item)
    else:
        yield t


def swap(arg: Arg, mapping: dict[Value, Arg]) -> Arg:
    if isinstance(arg, Pack):
        return Pack(arg.kind, tuple(swap(i, mapping) for i in arg.items), arg.keys, arg.cls)
    return mapping.get(arg, arg) if isinstance(arg, Value) else arg


