"""Random traces: what the emitter must write so that it means the same, whatever they hold."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from s2sad.ir.build import Builder, index_value
from s2sad.ir.core import Literal, Pack, Param, Region, Trace, Value
from s2sad.ir.types import INT, Array, List, Scalar, Struct, Type
from s2sad.prims import creation, python, structure, ufuncs  # noqa: F401  (they declare primitives)
from s2sad.prims.primitive import REGISTRY

PRIMS = REGISTRY.by_name
VECTOR = Array("f64", ("n",))
LIST = List(Scalar("f64"))
ROWS = List(VECTOR)
PAIR = Struct("tuple", (0, 1), (Scalar("f64"), VECTOR))
TYPES: dict[str, Type] = {
    "scalar": Scalar("f64"), "vector": VECTOR, "list": LIST, "rows": ROWS, "table": List(LIST), "stack": List(ROWS),
    "pair": PAIR, "pairs": List(PAIR),
}  # fmt: skip
ITEMS = {"list": "scalar", "rows": "vector", "table": "list", "stack": "rows", "pairs": "pair"}
SIZE = 4  # of every vector; views have SIZE - 2 items and are only read


@dataclass
class Scope:
    """Values in sight, by kind: 'scalar', 'vector', 'view' (two items shorter), 'list', 'rows', 'index', and lists of
    lists: 'table' (of numbers), 'stack' (of vectors). 'pair': a tuple (number, vector), 'pairs': a list of those.
    """

    kinds: dict[str, list[Value]] = field(default_factory=dict)

    def nested(self) -> Scope:
        return Scope({k: list(v) for k, v in self.kinds.items()})

    def add(self, kind: str, value: Value) -> Value:
        self.kinds.setdefault(kind, []).append(value)
        return value


class Program:
    """Draws one trace. ``names`` makes values carry the names of a few variables, as the front end would."""

    def __init__(self, seed: int, size: int = 14) -> None:
        self.random = random.Random(seed)
        self.size = size
        self.budget = 70

    def name(self) -> str | None:
        return self.random.choice(["a", "b", "u", "x_bar", None, None])

    def pick(self, scope: Scope, kind: str) -> Value:
        values = scope.kinds[kind]
        return self.random.choice(values[-3:] if self.random.random() < 0.6 else values)

    def scalar(self, b: Builder, scope: Scope) -> Value | Literal:
        if self.random.random() < 0.15:
            return Literal(self.random.choice([0.5, -1.5, 2.0]))
        return self.pick(scope, "scalar")

    def trace(self) -> Trace:
        params: list[Param] = []
        scope = Scope()
        for k, kind in enumerate(("scalar", "scalar", "vector", "vector", "list", "rows", "table", "stack", "pairs")):
            value = scope.add(kind, Value(TYPES[kind], "sabuvwtkp"[k] + ("" if k else "0")))
            params.append(Param(value, value.name or "", "argument"))
        b = Builder()
        self.statements(b, scope, self.size, 0)
        kinds = [k for k in ("scalar", "scalar", "vector", "vector", "view", *ITEMS) if scope.kinds.get(k)]
        results = tuple(self.pick(scope, self.random.choice(kinds)) for _ in range(3))
        arguments = tuple((p.path, p.value) for p in params)
        origin = self.random.choice(["", "pullback"])
        return Trace("program", tuple(params), b.region(), Pack("tuple", results), arguments, origin)

    def statements(self, b: Builder, scope: Scope, count: int, depth: int) -> None:
        for _ in range(self.random.randint(1, count)):
            if self.budget <= 0:
                return
            self.budget -= 1
            choices = ["arith", "arith", "vector", "store", "store", "accumulate", "view", "read", "list", "rows"]
            choices += ["gather", "slice", "spread", "nested", "nested", "pairs", "pairs"]
            if depth < 3:
                choices += ["if", "for", "for", "while"]
            getattr(self, "do_" + self.random.choice(choices))(b, scope, depth)

    def do_arith(self, b: Builder, scope: Scope, depth: int) -> None:
        prim = PRIMS[self.random.choice(["add", "sub", "mul", "np.tanh", "neg"])]
        args = [self.scalar(b, scope) for _ in range(1 if prim.name in ("np.tanh", "neg") else 2)]
        if all(isinstance(a, Literal) for a in args):
            args[0] = self.pick(scope, "scalar")
        scope.add("scalar", b.call(prim, *args, name=self.name()))

    def do_vector(self, b: Builder, scope: Scope, depth: int) -> None:
        prim = PRIMS[self.random.choice(["add", "sub", "add", "mul", "np.tanh", "zero_of"])]
        if prim.name in ("np.tanh", "zero_of"):
            value = b.call(prim, self.pick(scope, "vector"), name=self.name())
        else:
            other = self.pick(scope, self.random.choice(["vector", "scalar"]))
            value = b.call(prim, self.pick(scope, "vector"), other, name=self.name())
        scope.add("vector", value)

    def position(self, b: Builder, scope: Scope) -> Value | Literal:
        if scope.kinds.get("index") and self.random.random() < 0.6:
            return self.pick(scope, "index")
        return Literal(self.random.choice([0, 1, 2, -1]))

    def do_store(self, b: Builder, scope: Scope, depth: int) -> None:
        old = self.pick(scope, "vector")
        if self.random.random() < 0.25:
            view = self.pick(scope, "view") if scope.kinds.get("view") else Literal(0.25)
            new = b.call(structure.store, old, slice(1, -1), view, name=old.name)
        else:
            new = b.call(structure.store, old, self.position(b, scope), self.scalar(b, scope), name=old.name)
        scope.add("vector", new)

    def do_accumulate(self, b: Builder, scope: Scope, depth: int) -> None:
        old = self.pick(scope, "vector")
        new = b.call(structure.accumulate, old, self.position(b, scope), self.scalar(b, scope), name=old.name)
        scope.add("vector", new)

    def do_view(self, b: Builder, scope: Scope, depth: int) -> None:
        scope.add("view", b.call(structure.getitem, self.pick(scope, "vector"), slice(1, -1), name=self.name()))

    def do_slice(self, b: Builder, scope: Scope, depth: int) -> None:
        array = self.pick(scope, "vector")
        scope.add("vector", b.call(structure.getitem, array, slice(None, None, -1), name=self.name()))

    def do_spread(self, b: Builder, scope: Scope, depth: int) -> None:
        scope.add("vector", b.call(PRIMS["np.broadcast_to"], self.scalar(b, scope), (SIZE,), name=self.name()))

    def do_gather(self, b: Builder, scope: Scope, depth: int) -> None:
        scope.add("vector", b.call(structure.gather, self.pick(scope, "vector"), [3, 0, 0, 1], name=self.name()))

    def do_read(self, b: Builder, scope: Scope, depth: int) -> None:
        array, index = self.pick(scope, "vector"), self.position(b, scope)
        scope.add("scalar", b.call(structure.getitem, array, index, name=self.name()))

    def do_list(self, b: Builder, scope: Scope, depth: int) -> None:
        old = self.pick(scope, "list")
        match self.random.choice(["append", "get", "set", "pop", "new", "add"]):
            case "append":
                scope.add("list", b.call(structure.list_append, old, self.scalar(b, scope), name=old.name))
            case "get":
                scope.add("scalar", b.call(structure.list_get, old, 0, name=self.name()))
            case "set":
                scope.add("list", b.call(structure.list_set, old, 0, self.scalar(b, scope), name=old.name))
            case "add":
                scope.add("list", b.call(structure.list_accumulate, old, 0, self.scalar(b, scope), name=old.name))
            case "new":
                items = [self.pick(scope, "scalar") for _ in range(2)]
                scope.add("list", b.call(structure.list_new, *items, name=self.name()))
            case _:
                longer = b.call(structure.list_append, old, self.scalar(b, scope), name=old.name)
                item, rest = b.calls(structure.list_pop, longer, names=(self.name(), old.name))
                scope.add("scalar", item)
                scope.add("list", rest)

    def do_rows(self, b: Builder, scope: Scope, depth: int) -> None:
        self.change_list(b, scope, "rows", ["append", "get", "set", "pop", "add", "within", "within"])

    def do_pairs(self, b: Builder, scope: Scope, depth: int) -> None:
        if not scope.kinds.get("pair") or self.random.random() < 0.3:
            both = Pack("tuple", (self.pick(scope, "scalar"), self.pick(scope, "vector")))
            scope.add("pair", b.call(structure.build, both, name=self.name()))
        elif self.random.random() < 0.4:
            pair = self.pick(scope, "pair")
            scope.add("scalar", b.call(structure.item, pair, 0, name=self.name()))
            scope.add("vector", b.call(structure.item, pair, 1, name=self.name()))
        else:
            self.change_list(b, scope, "pairs", ["append", "append", "get", "get", "set", "set", "pop", "new", "join"])

    def do_nested(self, b: Builder, scope: Scope, depth: int) -> None:
        kind = self.random.choice(["table", "stack"])
        ways = ["append", "append", "get", "get", "set", "pop", "new", "join", "at", "add at"]
        self.change_list(b, scope, kind, [*ways, "within", "within", "within"])

    def change_within(self, b: Builder, scope: Scope, kind: str) -> None:
        """An item is taken out, changed a few times, and put where it was: ``rows[i].append(v)``."""
        whole, inside = self.pick(scope, kind), ITEMS[kind]
        where: Literal | Pack = Literal(self.random.choice([0, -1]))
        if kind == "stack" and self.random.random() < 0.4:
            where, inside = Pack("tuple", (where, Literal(0))), "vector"
        item = scope.add(inside, b.call(structure.list_get, whole, where, name=self.name()))
        for _ in range(self.random.randint(1, 3)):
            if inside == "vector":
                prim = self.random.choice([structure.store, structure.accumulate])
                item = b.call(prim, item, self.position(b, scope), self.scalar(b, scope), name=item.name)
            elif self.random.random() < 0.7:
                item = b.call(structure.list_append, item, self.pick(scope, ITEMS[inside]), name=item.name)
            else:
                longer = b.call(structure.list_append, item, self.pick(scope, ITEMS[inside]), name=item.name)
                whole = b.call(structure.list_set, whole, where, longer, name=whole.name)
                popped, item = b.calls(structure.list_pop, longer, names=(self.name(), longer.name))
                scope.add(ITEMS[inside], popped)
            if self.random.random() < 0.2:
                scope.add(inside, item)
            if self.random.random() < 0.2:
                self.do_arith(b, scope, 3)
            if self.random.random() < 0.2:
                scope.add(inside, b.call(structure.list_get, whole, where, name=self.name()))
            if self.random.random() < 0.6:
                whole = b.call(structure.list_set, whole, where, item, name=whole.name)
        scope.add(kind, b.call(structure.list_set, whole, where, item, name=whole.name))

    def change_list(self, b: Builder, scope: Scope, kind: str, ways: list[str]) -> None:
        old, inside = self.pick(scope, kind), ITEMS[kind]
        match self.random.choice(ways):
            case "within":
                self.change_within(b, scope, kind)
            case "append":
                scope.add(kind, b.call(structure.list_append, old, self.pick(scope, inside), name=old.name))
            case "get":
                which = Literal(self.random.choice([0, -1]))
                scope.add(inside, b.call(structure.list_get, old, which, name=self.name()))
            case "set":
                scope.add(kind, b.call(structure.list_set, old, 0, self.pick(scope, inside), name=old.name))
            case "add":
                scope.add(kind, b.call(structure.list_accumulate, old, 0, self.pick(scope, inside), name=old.name))
            case "new":
                items = [self.pick(scope, inside) for _ in range(2)]
                scope.add(kind, b.call(structure.list_new, *items, name=self.name()))
            case "join":
                scope.add(kind, b.call(structure.list_concat, old, self.pick(scope, kind), name=self.name()))
            case "at":
                item, path = self.pick(scope, ITEMS[inside]), Pack("tuple", (Literal(0), Literal(0)))
                scope.add(kind, b.call(structure.list_set, old, path, item, name=old.name))
            case "add at":
                item, path = self.pick(scope, ITEMS[inside]), Pack("tuple", (Literal(-1), Literal(0)))
                scope.add(kind, b.call(structure.list_accumulate, old, path, item, name=old.name))
            case _:
                longer = b.call(structure.list_append, old, self.pick(scope, inside), name=old.name)
                item, rest = b.calls(structure.list_pop, longer, names=(self.name(), old.name))
                scope.add(inside, item)
                scope.add(kind, rest)

    def outcome(self, scope: Scope, outer: Scope, kind: str) -> Value:
        """A value to flow out of a region, often a new one."""
        fresh = scope.kinds[kind][len(outer.kinds.get(kind, [])) :]
        return self.random.choice(fresh) if fresh and self.random.random() < 0.8 else self.pick(scope, kind)

    def flowing(self) -> list[str]:
        kinds = ["scalar", "scalar", "vector", "vector", *ITEMS]
        return [self.random.choice(kinds) for _ in range(self.random.randint(1, 3))]

    def do_if(self, b: Builder, scope: Scope, depth: int) -> None:
        pred = b.call(PRIMS["gt"], self.pick(scope, "scalar"), 0.0)
        kinds = self.flowing()
        regions: list[Region] = []
        for k in range(2):
            inner, c = scope.nested(), b.nested()
            if k == 0 or self.random.random() < 0.6:
                self.statements(c, inner, 4, depth + 1)
            regions.append(c.region((), tuple(self.outcome(inner, scope, kind) for kind in kinds)))
        types: tuple[Type, ...] = tuple(TYPES[k] for k in kinds)
        for kind, value in zip(kinds, b.if_(pred, *regions, types, tuple(self.name() for _ in kinds)), strict=True):
            scope.add(kind, value)

    def carried(self, scope: Scope) -> tuple[list[str], list[Value], list[Value]]:
        kinds = self.flowing()
        inits = [self.pick(scope, k) for k in kinds]
        params = [
            Value(TYPES[k], init.name)
            for k, init in zip(kinds, inits, strict=True)
        ]
        return kinds, inits, params

    def yields(self, inner: Scope, params: list[Value], kinds: list[str], scope: Scope) -> tuple[Value, ...]:
        out = []
        for kind, param in zip(kinds, params, strict=True):
            same = [p for p, k in zip(params, kinds, strict=True) if k == kind]
            out.append(self.random.choice(same) if self.random.random() < 0.25 else self.outcome(inner, scope, kind))
            del param
        return tuple(out)

    def do_for(self, b: Builder, scope: Scope, depth: int) -> None:
        kinds, inits, params = self.carried(scope)
        inner, c, i = scope.nested(), b.nested(), index_value(self.random.choice(["i", "j", "a"]))
        inner.add("index", i)
        for kind, param in zip(kinds, params, strict=True):
            inner.add(kind, param)
        self.statements(c, inner, 5, depth + 1)
        out: tuple[Value, ...] = self.yields(inner, params, kinds, scope)
        exits = self.random.random() < 0.3
        if exits:
            out = (*out, c.call(PRIMS["gt"], self.pick(inner, "scalar"), 0.3))
        stop = self.random.choice([0, 2, 3])
        results = b.for_(Literal(0), Literal(stop), Literal(1), tuple(inits), c.region((i, *params), out), exits)
        for kind, value in zip(kinds, results, strict=True):
            scope.add(kind, value)

    def do_while(self, b: Builder, scope: Scope, depth: int) -> None:
        kinds, inits, params = self.carried(scope)
        twins = [Value(p.type, p.name) for p in params]
        count, twin = Value(INT, "k"), Value(INT, "k")
        cond, inner = b.nested(), scope.nested()
        for kind, param in zip(kinds, params, strict=True):
            inner.add(kind, param)
        if self.random.random() < 0.4:
            self.statements(cond, inner.nested(), 2, 3)
        test = cond.call(PRIMS["lt"], count, self.random.choice([0, 2]))
        head = cond.region((count, *params), (test,))
        c, inner = b.nested(), scope.nested()
        for kind, param in zip(kinds, twins, strict=True):
            inner.add(kind, param)
        self.statements(c, inner, 5, depth + 1)
        following = c.call(PRIMS["add"], twin, 1, name="k")
        body = c.region((twin, *twins), (following, *self.yields(inner, twins, kinds, scope)))
        results = b.while_((Literal(0), *inits), head, body)
        for kind, value in zip(kinds, results[1:], strict=True):
            scope.add(kind, value)
