"""Which values may share memory, at the coarsest: by union along every flow, blind to order."""

from __future__ import annotations

from s2sad.emit.mutation import (
    READERS,
    SPREADING,
    Nesting,
    fits_in_place,
    has_buffer,
    inner_types,
    nesting,
    shared,
    steps,
    version,
)
from s2sad.ir.core import Apply, Atom, Call, For, If, Trace, Value, While
from s2sad.ir.types import Type
from s2sad.ir.walk import all_ops


class Classes:
    """Values that may share memory, by union along every flow."""

    def __init__(self, trace: Trace) -> None:
        self.parent: dict[Value, Value] = {}
        self.foreign: set[Value] = set()  # classes that hold a parameter's memory, by representative
        self.changed: dict[Value, set[Nesting | None]] = {}  # kinds of what is changed in place, by class; None: any
        self.viewed: set[Value] = set()  # classes with a view in them
        self.spread: set[Value] = set()  # classes with a broadcast view in them
        foreign = [p.value for p in trace.params if has_buffer(p.value.type)]
        viewed: list[Value] = []
        changed: list[tuple[Value, Nesting | None]] = []
        spread: list[Value] = []
        for op in all_ops(trace.body.ops):
            match op:
                case Call():
                    if (change := version(op)) is not None:
                        kind = nesting(change[1].type)
                        changed.append((change[0], None if kind is None else kind.inside(steps(op) - 1)))
                    for value in shared(op):
                        for result in op.results:
                            self.join(value, result)
                    if op.prim.alias in ("view", "maybe") and op.prim.name not in READERS:
                        viewed.extend(op.results)
                        if op.prim.name in SPREADING:
                            spread.extend(op.results)
                    if fits_in_place(op):
                        self.join(op.args[0], op.results[0])  # type: ignore[arg-type]
                case Apply():
                    pass  # a callee gives fresh values (see ``module``)
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
        for value, kind in changed:
            self.changed.setdefault(self.find(value), set()).add(kind)
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

    def changes(self, group: Value, t: Type) -> bool:
        """Whether values of this type are changed in place somewhere in a class."""
        found, kind = self.changed.get(group, ()), nesting(t)
        return kind in found or None in found or kind is None and bool(found)

    def changes_in(self, group: Value, t: Type) -> bool:
        """Whether something that values of this type hold is changed in place."""
        return any(self.changes(group, i) or self.changes_in(group, i) for i in inner_types(t))

    def join(self, a: Atom, b: Atom) -> None:
        if isinstance(a, Value) and isinstance(b, Value) and has_buffer(a.type) and has_buffer(b.type):
            x, y = self.find(a), self.find(b)
            if x is not y:
                self.parent[x] = y
