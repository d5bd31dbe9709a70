"""Which values may share memory, at the coarsest: by union along every flow, blind to order."""

from __future__ import annotations

from s2sad.emit.mutation import READERS, REPEATING, SPREADING, fits_in_place, has_buffer, reaches_in, shared, version
from s2sad.ir.core import Apply, Atom, Call, For, If, Trace, Value, While
from s2sad.ir.types import Array, List, Struct, Type
from s2sad.ir.walk import all_ops


class Classes:
    """Values that may share memory, by union along every flow."""

    def __init__(self, trace: Trace) -> None:
        self.parent: dict[Value, Value] = {}
        self.foreign: set[Value] = set()  # classes that hold a parameter's memory, by representative
        self.touched: set[Value] = set()  # classes with an array that is changed in place
        self.grown: set[Value] = set()  # classes with a list that is changed in place
        self.repeated: set[Value] = set()  # classes with a list that may hold an item twice
        self.viewed: set[Value] = set()  # classes with a view in them
        self.spread: set[Value] = set()  # classes with a broadcast view in them
        foreign = [p.value for p in trace.params if has_buffer(p.value.type)]
        viewed: list[Value] = []
        touched: list[Value] = []
        grown: list[Value] = []
        repeated: list[Value] = []
        spread: list[Value] = []
        for op in all_ops(trace.body.ops):
            match op:
                case Call():
                    if (change := version(op)) is not None and (isinstance(change[0].type, Array) or reaches_in(op)):
                        touched.append(change[0])
                    elif change is not None:
                        grown.append(change[0])
                    if op.prim.name in REPEATING:
                        repeated.extend(op.results)
                    for value in shared(op):
                        for result in op.results:
                            self.join(value, result)
                    if op.prim.alias in ("view", "maybe") and op.prim.name not in READERS:
                        viewed.extend(op.results)
                        if op.prim.name in SPREADING:
                            spread.extend(op.results)
                    if fits_in_place(op):
                        self.join(op.args[0], op.results[0])  # type: ignore[arg-type]
                case Apply():  # a callee gives fresh values (see ``module``), but may give one twice in a list
                    repeated.extend(op.results)
                case If():
                    for result, a, b in zip(op.results, op.then.yields, op.orelse.yields, strict=True):
                        self.join(result, a)
                        self.join(result, b)
                case For():
                    for k, result in enumerate(op.results):
                        for other in (op.body.params[k + 1], op.inits[k], op.body.yields[k]):
                            self.join(result, other)
                case While():
                    for k, result in enumerate(op.results):
                        for other in (op.cond.params[k], op.body.params[k], op.inits[k], op.body.yields[k]):
                            self.join(result, other)
        self.foreign = {self.find(v) for v in foreign}
        self.touched = {self.find(v) for v in touched}
        self.repeated = {self.find(v) for v in repeated if has_buffer(v.type)}
        self.grown = {self.find(v) for v in grown}
        self.viewed = {self.find(v) for v in viewed if has_buffer(v.type)}
        self.spread = {self.find(v) for v in spread if has_buffer(v.type)}

    def find(self, value: Value) -> Value:
        parent = self.parent
        root = value
        while (up := parent.get(root, root)) is not root:
            root = up
        while (up := parent.get(value, value)) is not root and value is not root:
            parent[value], value = root, up
        return root

    def changes_items(self, container: Value) -> bool:
        """Whether items of lists like this one are changed in place: arrays, or lists that are not the outermost."""
        group, t = self.find(container), container.type
        return group in self.touched or isinstance(t, List) and is_list(t.item) and group in self.grown

    def changed(self, item: Value) -> bool:
        """Whether what this is, or is in it, is changed in place somewhere."""
        group = self.find(item)
        return group in self.touched or isinstance(item.type, List) and group in self.grown

    def join(self, a: Atom, b: Atom) -> None:
        if isinstance(a, Value) and isinstance(b, Value) and has_buffer(a.type) and has_buffer(b.type):
            x, y = self.find(a), self.find(b)
            if x is not y:
                self.parent[x] = y


def is_list(t: Type) -> bool:
    """Whether values of this type are lists, of known length or not."""
    return isinstance(t, List) or isinstance(t, Struct) and t.kind == "list"
