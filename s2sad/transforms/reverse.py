"""Reverse mode, first half: the adjoint of every operation, written backwards.

The adjoint sweep is written first, as if every value of the primal were at hand: it refers to primal values directly,
also to those born inside loops. What it then asks for is decided by ``transforms.residuals``, which rewrites both
sweeps so that each such value is there: still alive, computed again, read again from an array, or taken from a tape.
(Griewank & Walther, "Evaluating Derivatives", 2nd ed., SIAM 2008, chapters 3.2 and 12.)

Contributions to one cotangent are summed; where there is a first one nothing is added to zero. Reads of array elements
accumulate into one buffer. A loop's adjoint carries the cotangents of what the loop carries and of what it reads from
around it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import assert_never

from s2sad.analysis.activity import STRUCTURAL, bind, dependences, differentiable, reachable
from s2sad.analysis.distinct import names_no_place_twice
from s2sad.analysis.places import CHAINED
from s2sad.errors import Location, RuleError, TraceError
from s2sad.ir.build import Builder
from s2sad.ir.core import (
    Apply,
    Arg,
    Atom,
    Call,
    For,
    If,
    Literal,
    Op,
    Pack,
    Region,
    Value,
    While,
    values_of,
)
from s2sad.ir.types import (
    INT,
    Array,
    List,
    Scalar,
    Struct,
    axes,
    carried_tangent,
    has_length,
    is_inexact,
    np_dtype,
    tangent_type,
)
from s2sad.ir.walk import free_values, reads, substitute
from s2sad.passes.dce import dce_ops
from s2sad.prims import broadcasting, python, shaping, structure
from s2sad.rules.book import Rule, RuleBook
from s2sad.transforms.callees import Callees, leaves_of
from s2sad.transforms.names import bar_name
from s2sad.transforms.rules import (
    Applier,
    arguments_of,
    each_partial,
    is_none,
    placed,
    results_by,
    wanted,
)
from s2sad.transforms.selected import Selections
from s2sad.transforms.snapshots import Keep, reversed_loop


@dataclass
class Reverse:
    """The walk. ``bars`` maps a primal value to its cotangent so far."""

    apply: Applier
    active: set[Value]
    bars: dict[Value, Atom] = field(default_factory=dict)
    held: set[Atom] = field(default_factory=set)  # what has become a cotangent
    renamed: dict[Value, Value] = field(default_factory=dict)
    uncleared: dict[Value, tuple[Arg, Location | None]] = field(default_factory=dict)
    """Cells of a cotangent that an overwriting store has yet to clear: done when that cotangent is next touched, so
    that what was read from them is used first, in place."""
    callees: Callees | None = None
    keeps: dict[For, Keep] = field(default_factory=dict)
    """What the primal sweep has yet to keep of the states of loops with snapshots."""
    top: Builder = field(init=False)
    selections: Selections = field(init=False)
    counts: dict[For | While, Value] = field(default_factory=dict)
    """Trip counts of loops that have to be counted (``while``, ``for`` with an exit): the primal sweep has yet to
    produce them."""

    def __post_init__(self) -> None:
        self.selections = Selections(self.apply)
        self.top = self.apply.builder

    # -- cotangents -------------------------------------------------------------------------------------------------

    def contribute(self, target: Arg, bar: Arg | None) -> None:
        """Add a contribution to the cotangent of an operand; a Pack takes a Pack."""
        if bar is None or is_none(bar):
            return
        if isinstance(bar, Value):
            bar = self.renamed.get(bar, bar)
        if isinstance(target, Pack):
            items = bar.items if isinstance(bar, Pack) else None
            if items is None or len(items) != len(target.items):
                count = len(items) if items is not None else "one value"
                raise RuleError(
                    f"a rule gives {count} for an operand of {len(target.items)} parts",
                    why="the cotangent of a tuple or list has a part for each of its parts",
                    instead="return a tuple of as many entries, None for a zero derivative",
                )
            for t, b in zip(target.items, items, strict=True):
                self.contribute(t, b)
            return
        if not isinstance(target, Value) or target not in self.active:
            return
        if isinstance(bar, Pack):
            bar = self.apply.build(bar)
        if isinstance(target.type, Scalar) and isinstance(bar.type, Array):  # one element, whatever its axes
            bar = self.apply.prim("np.sum", bar)
        bar = self.apply.cast(bar, target.type)
        name = bar_name(target)
        self.clear(target)
        old = self.bars.get(target)
        if old is None:
            self.bars[target] = self.named(bar, name)
        else:
            self.bars[target] = self.apply.add(old, bar, name)
        self.held.add(self.bars[target])
        self.selections.owners[self.bars[target]] = target
        self.has_shape_of(target)

    def has_shape_of(self, target: Value) -> None:
        """A cotangent has the shape of its primal."""
        bar = self.bars[target]
        if isinstance(bar, Value):
            self.apply.follow()
            self.apply.sizes.alike(bar, target)

    def named(self, bar: Atom, name: str | None) -> Atom:
        """Name the value that was made last, where it has no name of its own."""
        ops = self.apply.builder.ops
        if name is None or not isinstance(bar, Value) or bar.name is not None or not ops:
            return bar
        if not isinstance(ops[-1], Call) or ops[-1].results != (bar,):
            return bar
        if bar in self.held:  # another cotangent is this value already
            return bar
        new = self.renamed[bar] = Value(bar.type, name)
        last = ops[-1]
        ops[-1] = Call(last.prim, last.args, (new,), last.kwargs, last.loc)
        self.apply.sizes.renamed(bar, new)
        return new

    def buffer(self, target: Value) -> Atom:
        """The cotangent of an array or list to accumulate into; a zero one where there is none yet."""
        self.clear(target)
        found = self.bars.get(target)
        return found if found is not None else self.zero(target)

    def clear(self, target: Value) -> None:
        """Do what is left to do to the cotangent of ``target`` before it is used or added to."""
        if target in self.uncleared:
            index, loc = self.uncleared.pop(target)
            b = self.apply.builder
            b.loc, here = loc, b.loc
            self.bars[target] = b.call(structure.store, self.bars[target], index, Literal(0.0), name=bar_name(target))
            b.loc = here

    def clear_all(self) -> None:
        for target in tuple(self.uncleared):
            self.clear(target)

    def zero(self, primal: Atom) -> Atom:
        out = self.apply.zero(primal)
        assert not isinstance(out, Pack)
        return self.named(out, bar_name(primal))

    # -- walking ----------------------------------------------------------------------------------------------------

    def run(self, ops: Iterable[Op]) -> None:
        """Adjoints of these operations, last first."""
        for op in reversed(tuple(ops)):
            self.apply.builder.loc = op.loc
            if not isinstance(op, Call):
                self.clear_all()
            match op:
                case Call():
                    self.call(op)
                case If():
                    self.branch(op)
                case For() | While():
                    self.loop(op)
                case Apply():
                    self.callee(op)
                case _:
                    assert_never(op)
        self.clear_all()

    def call(self, op: Call) -> None:
        for r in op.results:
            self.clear(r)
        bars = [self.bars.get(r) for r in op.results]
        if all(b is None for b in bars) or not any(v in self.active for v in differentiable(op, self.apply.book)):
            return
        self.held.update(b for b in bars if b is not None)  # a rule may use it for several operands
        if op.prim in STRUCTURAL or op.prim is structure.list_new:
            self.structural(op, bars)
            return
        rule = self.apply.rule(op, "reverse", self.active)
        with placed(rule, op):
            self.by_rule(op, rule, bars)

    def by_rule(self, op: Call, rule: Rule, bars: list[Atom | None]) -> None:
        named_arguments = arguments_of(op)
        match rule.form:
            case "constant":
                return
            case "partials":
                self.partials(op, rule, named_arguments, atom(bars[0]))
            case "linear" | "bilinear" | "pullback":
                named_arguments["ans_bar"] = self.seed(op, bars)
                named_arguments["wanted"] = wanted(rule, named_arguments, self.active.__contains__)
                start = len(self.apply.builder.ops)
                given = results_by(rule.form, self.apply.inline(rule, named_arguments), rule.wrt, rule)
                if op.results[0] in self.apply.masked and any(v in self.apply.unbounded for v in values_of(*op.args)):
                    keep_zeros(self.apply.builder.ops, start, values_of(named_arguments["ans_bar"]))
                for name, bar in given.items():
                    target = named_arguments[name]
                    if op.prim.elementwise and not isinstance(target, Pack) and not isinstance(bar, Pack) and not is_none(bar):  # noqa: E501
                        if target in self.active:
                            self.contribute(target, self.apply.reduce_to(bar, target))
                    else:
                        self.contribute(target, bar)
            case "pushforward":
                self.transposed(op, rule, named_arguments, bars)
            case _:
                assert_never(rule.form)

    def callee(self, op: Apply) -> None:
        """A call of a recursive function: its pullback runs it again, and gives the cotangents of its arguments."""
        args = leaves_of(op)
        wrt = tuple(k for k, a in enumerate(args) if a in self.active)
        if not wrt or not any(r in self.bars for r in op.results):
            return
        assert self.callees is not None
        function = self.callees.derivative(op.callee, wrt)
        seeds = tuple(self.bars[r] if r in self.bars else self.zero(r) for r in op.results if is_inexact(r.type))
        bars = tuple(Value(carried_tangent(args[k].type), bar_name(args[k])) for k in wrt)
        self.apply.builder.emit(Apply(function, (*args, *seeds), bars, op.loc))
        for k, bar in zip(wrt, bars, strict=True):
            self.contribute(args[k], bar)

    def seed(self, op: Call, bars: list[Atom | None]) -> Arg:
        if len(bars) == 1:
            return atom(bars[0])
        return Pack("tuple", tuple(Literal(None) if b is None else b for b in bars))

    def partials(self, op: Call, rule: Rule, named_arguments: dict[str, Arg], g: Atom) -> None:
        given = self.apply.inline(rule, named_arguments)
        guarded = op.results[0] in self.apply.masked and (
            rule.singular(named_arguments)
            or any(v in self.apply.unbounded for n in rule.residuals for v in values_of(named_arguments[n]))
        )
        for target, partial in each_partial(op, rule, given, named_arguments):
            if target not in self.active or is_none(partial):
                continue
            part = self.selections.product(g, partial) if guarded else None
            if op.results[0] in self.apply.steep.chosen:
                part = self.apply.where_chosen(op, target, g)
            elif part is None:
                part = self.apply.product(g, partial, guarded)
            multiplied = not guarded and part is not g and part is not partial
            if isinstance(part, Value) and part is not g:
                self.apply.follow()
                self.apply.sizes.alike(part, op.results[0])  # partials are those of each element of the result
            bar = self.apply.reduce_to(part, target)
            self.contribute(target, bar)
            if multiplied and bar is part and isinstance(part, Value):
                self.selections.note(op.prim.name, self.renamed.get(part, part), g, partial)

    def transposed(self, op: Call, rule: Rule, named_arguments: dict[str, Arg], bars: list[Atom | None]) -> None:
        """From a pushforward, its transpose: the reverse sweep of the body with respect to the tangents."""
        body = Builder(loc=op.loc)
        dots: dict[Value, Value] = {}  # tangent -> its primal

        def dot_of(arg: Arg) -> Arg:
            if isinstance(arg, Pack):
                return Pack(arg.kind, tuple(map(dot_of, arg.items)), arg.keys, arg.cls)
            if isinstance(arg, Value) and arg in self.active:
                dot = Value(tangent_type(arg.type), None)
                dots[dot] = arg
                return dot
            return Applier(body, self.apply.book).zero(arg)

        tangents = {f"{n}_dot": dot_of(named_arguments[n]) for n in rule.wrt if n in named_arguments}
        inner = Applier(body, self.apply.book)
        given = {**named_arguments, **tangents, "wanted": wanted(rule, named_arguments, self.active.__contains__)}
        out = inner.inline(rule, given)
        parts = out.items if len(op.results) > 1 and isinstance(out, Pack) else (out,)
        pairs = ((p, b) for p, b in zip(parts, bars, strict=True) if b is not None)
        seeds = [seed for p, b in pairs for seed in self.seeds(p, b)]
        for dot, bar in zip(dots, transpose(self.apply, tuple(body.ops), seeds, dots), strict=True):
            self.contribute(dots[dot], bar)

    def seeds(self, part: Arg, bar: Atom) -> Iterator[tuple[Atom, Atom]]:
        """The numbers and arrays of a tangent, each with its part of the cotangent."""
        if not isinstance(part, Pack):
            if not is_none(part) and not (isinstance(bar, Literal) and bar.value == 0.0):
                yield part, bar
            return
        held = self.apply.built.get(bar)
        given = {} if held is None else dict(zip(held.keys or range(len(held.items)), held.items, strict=True))
        for k, item in enumerate(part.items):
            key = part.keys[k] if part.keys else k
            one = given[key] if key in given else self.apply.builder.call(structure.item, bar, key)
            yield from self.seeds(item, atom(one))

    # -- the language's own primitives ------------------------------------------------------------------------------

    def structural(self, op: Call, bars: list[Atom | None]) -> None:
        b, g = self.apply.builder, bars[0]
        if op.prim in CHAINED:
            b.calls(structure.undo, op.results[0])
        match op.prim.name, op.args:
            case "getitem", (Value() as a, index) if (
                is_everything(index) or is_zero_dimensional(a) and axes(atom(g).type) == ()
            ):
                self.contribute(a, g)
            case "getitem", (Value() as a, index) if adds_axes(index) and axes(atom(g).type) == axes(op.result.type):
                self.contribute(a, b.call(structure.getitem, atom(g), without_axes(index, a), name=bar_name(a)))
            case "getitem", (Value() as a, index):
                self.bars[a] = self.read_back(a, index, atom(g))
            case "gather", (Value() as a, index):
                mask = all(i.type.dtype == "bool" for i in structure.index_items(index) if isinstance(i.type, Array))
                if mask and not has_list(index) or self.differ(index):
                    self.bars[a] = b.call(structure.accumulate, self.buffer(a), index, atom(g), name=bar_name(a))
                    return
                if structure.tabulates(a, index, atom(g)):  # np.add.at is ten times as fast for places in a row
                    (places,) = structure.index_items(index)
                    index, g = b.call(shaping.ravel, places), b.call(shaping.ravel, g)
                how = {"counted": True} if structure.counts_rows(a, index, atom(g)) else {}
                self.bars[a] = b.call(structure.scatter_add, self.buffer(a), index, atom(g), name=bar_name(a), **how)
            case "gather_last", (Value() as a, index):  # the transpose of reading what was stored last is to store
                self.contribute(a, b.call(structure.store, self.zero(a), index, atom(g)))
            case "store", (a, index, value):
                self.stored(a, index, value, op.result, atom(g), overwritten=True)
            case "accumulate", (a, index, value):
                self.stored(a, index, value, op.result, atom(g), overwritten=False)
            case "scatter_add", (a, index, value):
                if value in self.active:
                    self.contribute(value, self.apply.reduce_to(b.call(structure.gather, atom(g), index), atom(value)))
                self.contribute(a, atom(g))
            case "list_new", items:
                for k, item in enumerate(items):
                    if item in self.active:
                        self.contribute(item, b.call(structure.list_get, atom(g), Literal(k)))
            case "list_append", (a, value):
                popped, shorter = b.calls(structure.list_pop, atom(g), names=(bar_name(value), bar_name(a)))
                self.contribute(value, popped)
                self.contribute(a, shorter)
            case "list_pop", (Value() as a,):
                rest = bars[1] if bars[1] is not None else self.zero(op.results[1])
                last = bars[0] if bars[0] is not None else self.zero(op.results[0])
                self.contribute(a, b.call(structure.list_append, rest, last, name=bar_name(a)))
            case "list_get", (Value() as a, index):
                self.bars[a] = b.call(structure.list_accumulate, self.buffer(a), index, atom(g), name=bar_name(a))
            case "list_set", (a, Pack(kind="slice") as index, value):
                self.contribute(value, b.call(structure.list_slice, atom(g), index))
                self.contribute(a, b.call(structure.list_set, atom(g), index, self.apply.zero(value), name=bar_name(a)))
            case "list_set", (a, index, value):
                if value in self.active:
                    self.contribute(value, b.call(structure.list_get, atom(g), index))
                if a in self.active:
                    sized = has_length(value.type)  # what was there may have been of another size
                    before = b.call(structure.list_get, a, index) if sized else value
                    old = self.zero(before) if isinstance(before, Value) else self.apply.zero(before)
                    self.contribute(a, b.call(structure.list_set, atom(g), index, old, name=bar_name(a)))
            case "list_accumulate", (a, index, value):
                self.contribute(value, b.call(structure.list_get, atom(g), index))
                self.contribute(a, atom(g))
            case "list_add", (x, y):
                self.contribute(x, g)
                self.contribute(y, g)
            case "list_slice", (Value() as a, index):
                self.contribute(a, b.call(structure.list_set, self.zero(a), index, atom(g), name=bar_name(a)))
            case "list_concat", (x, y):
                size = b.call(structure.list_len, x)
                self.contribute(x, b.call(structure.list_slice, atom(g), slice(None, size)))
                self.contribute(y, b.call(structure.list_slice, atom(g), slice(size, None)))
            case "list_repeat", (Value() as one, n):
                self.contribute(one, self.total(atom(g), one, n))
            case "build", (parts,):
                self.contribute(parts, self.parts(parts, atom(g)))
            case "item", (Value() as a, Literal(value=key)):
                self.contribute(a, self.apply.build(self.holding(a, key, atom(g)), bar_name(a)))
            case _:
                raise TraceError(f"there is no adjoint of {op.prim.name}", location=op.loc)

    def read_back(self, a: Value, index: Arg, g: Atom) -> Atom:
        """The cotangent of ``a`` after that of ``a[index]`` is added, where it may have just those cells to clear."""
        b = self.apply.builder
        if a in self.uncleared and self.uncleared[a][0] == index:
            self.uncleared.pop(a)
            cleared = self.bars[a]
            self.apply.follow()
            made = self.apply.sizes.makers.get(g) if isinstance(g, Value) else None
            if made is not None and made.prim is structure.getitem and made.args == (cleared, index):
                return cleared  # what was there is put back
            return b.call(structure.store, cleared, index, g, name=bar_name(a))
        return b.call(structure.accumulate, self.buffer(a), index, g, name=bar_name(a))

    def differ(self, index: Arg) -> bool:
        """Whether an index names no cell twice."""
        self.apply.follow()
        return names_no_place_twice(index, self.apply.sizes)

    def total(self, g: Atom, one: Value, n: Arg) -> Atom:
        """The sum of what a list of cotangents holds."""
        outer = self.apply.builder
        index, carried = Value(INT, "k"), Value(carried_tangent(one.type), bar_name(one))
        self.apply.builder = body = outer.nested()
        after = self.apply.add(carried, body.call(structure.list_get, g, index))
        self.apply.builder = outer
        start = self.zero(one)
        region = Region((index, carried), tuple(body.ops), (after,))
        (out,) = outer.for_(Literal(0), atom(n), Literal(1), (start,), region)
        return out

    def parts(self, parts: Arg, g: Arg) -> Arg:
        """The cotangent of a container, taken apart as the container was put together."""
        if not isinstance(parts, Pack):
            return g
        keys = parts.keys or tuple(range(len(parts.items)))
        b = self.apply.builder
        get = structure.list_get if isinstance(g.type, List) else structure.item
        items = tuple(self.parts(p, b.call(get, g, k)) for p, k in zip(parts.items, keys, strict=True))
        return Pack(parts.kind, items, parts.keys, parts.cls)

    def holding(self, a: Value, key: object, g: Atom) -> Pack:
        """A container like ``a`` with a cotangent in one place, and zeros in the others."""
        t = a.type
        assert isinstance(t, Struct)
        items = (g if k == key else self.zero(self.apply.builder.call(structure.item, a, k)) for k in t.keys)
        kind = "record" if t.kind in ("namedtuple", "dataclass") else t.kind
        return Pack(kind, tuple(items), () if t.kind in ("tuple", "list") else t.keys, t.cls)

    def stored(self, a: Arg, index: Arg, value: Arg, result: Value, g: Atom, overwritten: bool) -> None:
        """Adjoint of ``A[index] = value``: the value takes what was in its cells, and those cells are cleared."""
        b = self.apply.builder
        everything = overwritten and isinstance(index, Literal) and index.value is Ellipsis
        if everything or is_zero_dimensional(result):  # the latter's cotangent may be a number, without cells
            self.contribute(value, self.apply.reduce_to(g, atom(value)))
            self.contribute(a, None if overwritten else g)
            return
        if value in self.active:
            assert isinstance(value, Value)
            if structure.is_basic(index):
                read = b.call(structure.getitem, g, index)
            elif overwritten and may_repeat(index) and not self.differ(index):
                read = b.call(broadcasting.gather_last, g, index)
            else:
                read = b.call(structure.gather, g, index)
            bar = self.named(self.apply.reduce_to(read, value), bar_name(value))
            self.contribute(value, bar)
        if a in self.active:
            assert isinstance(a, Value)
            if overwritten and a in self.bars:  # an older version that lives on beside the new one
                g = b.call(structure.store, g, index, Literal(0.0), name=bar_name(a))
            elif overwritten:
                self.uncleared[a] = index, b.loc
                self.bars[a] = g
                return
            self.contribute(a, g)

    # -- structure --------------------------------------------------------------------------------------------------

    def branch(self, op: If) -> None:
        """Both branches backwards, on the same predicate."""
        results = {k: self.bars[r] for k, r in enumerate(op.results) if r in self.bars}
        reads = [free_in_adjoint(region, self.active) for region in (op.then, op.orelse)]
        either = dict.fromkeys((*reads[0], *reads[1]))
        outer, given, before = self.apply.builder, self.bars, dict(self.bars)
        for v in either:  # one that only one branch adds to starts from zero before the branch
            if v not in before and not (v in reads[0] and v in reads[1]) and not isinstance(v.type, Scalar):
                before[v] = self.zero(v)
        ends: list[tuple[Builder, dict[Value, Atom]]] = []
        for region in (op.then, op.orelse):
            self.apply.builder, self.bars = outer.nested(), dict(before)
            for k, g in results.items():
                self.contribute(region.yields[k], g)
            self.run(region.ops)
            ends.append((self.apply.builder, self.bars))
        changed = [
            v for v in either if any(bars.get(v) is not before.get(v) for _, bars in ends)
        ]
        regions = []
        for b, bars in ends:
            self.apply.builder = b
            yields = tuple(of_precision(bars[v] if v in bars else self.zero(v), v) for v in changed)
            regions.append(Region((), tuple(b.ops), yields))
        self.apply.builder, self.bars = outer, given
        if not changed:
            return
        types = tuple(carried_tangent(v.type) for v in changed)
        out = [Value(t, bar_name(v)) for t, v in zip(types, changed, strict=True)]
        outer.emit(If(op.pred, regions[0], regions[1], tuple(out), op.loc, mirror=op))
        self.bars.update(zip(changed, out, strict=True))
        for v in changed:
            self.has_shape_of(v)

    def loop(self, op: For | While) -> None:
        """The loop backwards: carries the cotangents of what the loop carries, and of what it reads."""
        first = 1 if isinstance(op, For) else 0
        if not any(r in self.bars for r in op.results):
            return
        if isinstance(op, For) and op.snapshots is not None:
            reversed_loop(self, op)
            return
        params = op.body.params[first:]
        carried = [k for k, r in enumerate(op.results) if r in self.bars or params[k] in self.active]
        outer, before = self.apply.builder, self.bars
        starts = {k: before[op.results[k]] if op.results[k] in before else self.zero(op.results[k]) for k in carried}
        around = free_in_adjoint(op.body, self.active)
        state = {
            k: Value(carried_tangent(params[k].type), bar_name(params[k]) or bar_name(op.results[k])) for k in carried
        }
        kept = {v: Value(carried_tangent(v.type), bar_name(v)) for v in around}
        for k in carried:
            self.apply.sizes.alike(state[k], params[k])
        for v in around:
            self.apply.sizes.alike(kept[v], v)
        body = outer.nested()
        self.apply.builder, self.bars = body, dict(kept)
        for k in carried:
            self.contribute(op.body.yields[k], state[k])
        self.run(op.body.ops)
        nexts = [self.bars[params[k]] if params[k] in self.bars else self.zero(params[k]) for k in carried]
        touched = [v for v in around if self.bars[v] is not kept[v]]
        yields = (*nexts, *(self.bars[v] for v in touched))
        self.apply.builder, self.bars = outer, before
        inits = [*(starts[k] for k in carried), *(before[v] if v in before else self.zero(v) for v in touched)]
        ops = dce_ops(tuple(body.ops), values_of(*yields))
        start, stop, step, backwards = self.reversed_range(op)
        index = Value(INT, op.body.params[0].name if isinstance(op, For) else "k")
        results = tuple(Value(carried_tangent(v.type), v.name) for v in (*state.values(), *(kept[v] for v in touched)))
        region = Region((index, *state.values(), *(kept[v] for v in touched)), ops, tuple(map(atom, yields)))
        starting = tuple(map(atom, inits))
        outer.emit(For(start, stop, step, starting, region, results, False, op.loc, backwards, mirror=op))
        self.bars.update(zip(touched, results[len(carried) :], strict=True))
        for v in touched:
            self.has_shape_of(v)
        for n, k in enumerate(carried):  # an init may be one of those that the body reads too
            self.bars.pop(op.results[k], None)
            self.contribute(op.inits[k], results[n])

    def reversed_range(self, op: For | While) -> tuple[Atom, Atom, Atom, bool]:
        if isinstance(op, For) and not op.exits:
            return op.start, op.stop, op.step, not op.backwards
        count = self.counts.setdefault(op, Value(INT, "trips"))
        return Literal(0), count, Literal(1), True


def atom(arg: Arg | None) -> Atom:
    assert arg is not None and not isinstance(arg, Pack)
    return arg


def is_zero_dimensional(arg: Arg) -> bool:
    """Whether it is an array without axes."""
    return isinstance(arg, Value) and isinstance(arg.type, Array) and arg.type.axes == ()


def is_everything(index: Arg) -> bool:
    """Whether an index takes the whole array, of any rank: ``x[()]``, ``x[...]``."""
    return all(isinstance(i, Literal) and i.value is Ellipsis for i in structure.index_items(index))


def adds_axes(index: Arg) -> bool:
    """Whether an index takes every item once, in order, and only puts axes of length one between: ``x[:, None]``."""
    return all(
        all(p == Literal(None) for p in i.items) if isinstance(i, Pack) and i.kind == "slice"
        else isinstance(i, Literal) and (i.value is None or i.value is Ellipsis)
        for i in structure.index_items(index)
    )  # fmt: skip


def without_axes(index: Arg, read: Value) -> Pack:
    """The index that takes away again the axes that this one puts into what is read."""
    items = structure.index_items(index)
    if axes(read.type) == ():  # ``g[..., 0]`` is an array, ``g[0]`` a number
        items = tuple(i for i in items if isinstance(i, Literal) and i.value is None)
    return Pack("tuple", tuple(Literal(0) if isinstance(i, Literal) and i.value is None else i for i in items))


def of_precision(bar: Atom, primal: Value) -> Atom:
    """A cotangent that is written out, as a number of single precision where its primal is one."""
    t = primal.type
    if not isinstance(bar, Literal) or type(bar.value) is not float or not isinstance(t, Scalar) or t.weak:
        return bar
    return bar if t.dtype in ("f64", "c128") else Literal(np_dtype(t.dtype).type(bar.value))


def keep_zeros(ops: list[Op], start: int, bars: Iterable[Value]) -> None:
    """Products of what a rule's body makes of cotangents, with what may be infinite, are zero where these are."""
    linear = set(bars)
    for k in range(start, len(ops)):
        op = ops[k]
        if not isinstance(op, Call):
            continue
        of_bars = [a for a in op.args if isinstance(a, Value) and a in linear]
        if any(v in linear for v in values_of(*op.args)):
            linear.update(op.results)
        if op.prim is python.mul and len(of_bars) == 1 and axes(op.result.type) and is_inexact(op.result.type):
            (other,) = (a for a in op.args if a is not of_bars[0])
            if isinstance(other, Value):
                ops[k] = Call(broadcasting.masked_product, (of_bars[0], other), op.results, (), op.loc)


def has_list(index: Arg) -> bool:
    return any(
        isinstance(i, Pack) and i.kind == "list" or isinstance(i.type, List) for i in structure.index_items(index)
    )


def may_repeat(index: Arg) -> bool:
    """Whether an advanced index may name one cell twice: integer arrays and lists may, masks may not."""
    return has_list(index) or any(
        isinstance(i.type, Array) and i.type.dtype != "bool" for i in structure.index_items(index)
    )


def free_in_adjoint(region: Region, live: set[Value]) -> list[Value]:
    """Active values that a region reads from around it, in order."""
    return [v for v in free_values(region) if v in live]


def transpose(
    apply: Applier, ops: tuple[Op, ...], seeds: list[tuple[Atom, Atom]], inputs: Mapping[Value, Value]
) -> list[Atom | None]:
    """Transpose of a linear straight-line body with respect to ``inputs``: cotangents of them, None for zero.

    The body's operations that do not depend on ``inputs`` are computed where they stand; the rest is swept backwards.
    Each input comes with the primal whose tangent or cotangent it is. The input has no value in the transpose, but its
    shape, and that of what is computed from it, may be asked for there: the primal, which has that shape, stands for
    it.
    """
    graph = dependences(ops, apply.book)
    live = reachable(inputs, graph.successors)
    used = reachable([v for s, _ in seeds for v in values_of(s)], graph.predecessors)
    linear = [op for op in ops if any(r in live for r in op.results)]
    refuse_nonlinear(linear, live, apply.book)
    sweep = apply.builder.nested()
    walk = Reverse(Applier(sweep, apply.book), live & used)
    for out, bar in seeds:
        walk.contribute(out, bar)
    walk.run(linear)
    swept = [op for op in sweep.ops if not (isinstance(op, Call) and op.prim is structure.undo)]  # nothing is rewound
    asked = {v for op in swept for v in reads(op)}
    kept: list[Op] = []
    for op in reversed(ops):
        if not any(r in live for r in op.results) or any(r in asked for r in op.results):
            kept.append(op)
            asked.update(reads(op))
    for op in (*reversed(kept), *swept):
        apply.builder.emit(substitute(op, inputs))
    return [walk.bars.get(v) for v in inputs]


def refuse_nonlinear(ops: Iterable[Op], live: set[Value], book: RuleBook) -> None:
    """A rule body must be linear in its tangents: no products of two of them, no control flow."""
    for op in ops:
        if not isinstance(op, Call):
            raise RuleError(
                "a rule body has control flow that depends on a tangent",
                why="it is transposed for the other mode, and only what is linear in the tangents can be",
                instead="declare a rule for that mode too; or branch on the operands alone, and choose with np.where",
            )
        rule = book.find(op, "reverse")
        if rule is None or rule.form == "linear":
            continue
        bound = bind(op)
        tangents = [n for n in rule.wrt if n in bound and any(v in live for v in values_of(bound[n]))]
        if len(tangents) > 1 or rule.form == "partials" and op.prim.name not in _LINEAR_IN_FIRST:
            raise RuleError(
                f"a rule body is not linear in its tangents: {op.prim.spelling.text or op.prim.name} of them",
                why="it is transposed for the other mode, and a derivative is linear in the tangents (or in ans_bar)",
                instead="multiply tangents by what depends on the operands only, and add such products",
            )


_LINEAR_IN_FIRST = ("mul", "div", "neg", "pos", "add", "sub", "masked_product")
