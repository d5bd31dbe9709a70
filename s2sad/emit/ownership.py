"""Who holds which buffer: where a store may be written in place, and where a copy has to come first.

In the trace ``A1 = store(A0, i, v)`` makes a new array. Written as ``A[i] = v`` it changes one that others may hold.
That is allowed when nothing that is read later may share the buffer of ``A0``, and when the buffer was made here: a
parameter belongs to the caller. ``insert_copies`` puts copies in until that is so everywhere; after it every store,
list operation and so on is to be written in place.

What may share memory with what is told by module ``roots``. What a loop carries is of two kinds. If the loop changes it
in place, the loop is given a buffer of its own: the initial value, and the value of every further round, must be handed
over by their last holder (or are copied there), so a carried array is copied once before the loop and not in every
round. If not, it may share memory with whatever flows into it, as found by a first, coarse pass (``sharing.Classes``,
blind to order).

A list (a tape, say) owns what is in it, where such things are changed in place at all: an item that somebody else
still holds, or that is a view, is copied when it is put in. What a list holds in two places, or with another list, is
*doubled* (``a + b``, ``a[:n]``): all of it is copied before an item is changed through the list (``rows[i][j] = v``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from s2sad.emit.mutation import (
    HOLDERS,
    ITEMS,
    MIXERS,
    READERS,
    fits_in_place,
    has_buffer,
    is_flat,
    levels,
    puts_slice,
    reaches_in,
    shared,
    steps,
    table,
    version,
)
from s2sad.emit.places import Places, Scope, locate
from s2sad.emit.roots import NOTHING, UNKNOWN, WILD, Holdings, Levels, merged
from s2sad.ir.core import Apply, Atom, Call, For, If, Op, Region, Trace, Value, While, values_of
from s2sad.ir.types import Array, List, Struct
from s2sad.ir.walk import all_ops
from s2sad.prims.structure import is_basic

Key = tuple[Op, str, int]


@dataclass
class Decisions:
    """Where copies go. Keys: (op, 'argument' | 'init' | 'yield', which); results of the trace by position."""

    before: dict[Key, bool] = field(default_factory=dict)  # whether all that it holds is copied too
    views: dict[Value, None] = field(default_factory=dict)  # copied where they are made
    results: dict[int, None] = field(default_factory=dict)
    in_place: dict[Call, None] = field(default_factory=dict)  # arithmetic that may be written so


class _Analysis(Holdings):
    def __init__(self, trace: Trace, places: Places) -> None:
        super().__init__(trace, places)
        self.changed = _changed(trace)
        self.blind: set[Value] = set()  # results of loops that carry a list of which it is not known what it holds
        self.start_again()

    def start_again(self) -> None:
        self.reset()
        self.decided = Decisions()
        self.again = False

    def run(self) -> Decisions:
        while True:
            self.walk()
            if not self.again:
                return self.decided
            self.start_again()

    def walk(self) -> None:
        for param in self.trace.params:
            if has_buffer(param.value.type):
                self.enter(param.value, self.new(param.value.type))
                self.foreign |= self.reach(param.value)
                self.doubled |= self.reach(param.value)
        self.region(self.trace.body, self.places.root)
        self.finish()

    def region(self, region: Region, scope: Scope) -> None:
        for op in region.ops:
            match op:
                case Call():
                    self.call(op, scope)
                case Apply():
                    for result in op.results:
                        if has_buffer(result.type):
                            self.enter(result, self.new(result.type))
                            self.doubled |= self.reach(result)
                case If():
                    for inner, inner_scope in zip((op.then, op.orelse), self.places.inner[op], strict=True):
                        self.region(inner, inner_scope)
                    for k, result in enumerate(op.results):
                        if has_buffer(result.type):
                            parts = [y for y in values_of(op.then.yields[k], op.orelse.yields[k]) if y in self.levels]
                            found = merged(*(self.levels[y] for y in parts))
                            self.enter(result, found, any(y in self.view for y in parts))
                case For():
                    self.loop(op, (op.body.params[1:],), op.body, scope)
                case While():
                    self.loop(op, (op.cond.params, op.body.params), op.body, scope)

    def call(self, op: Call, scope: Scope) -> None:
        if (change := version(op)) is not None:
            self.change(op, *change, scope)
            return
        if self.change_if_free(op, scope):
            return
        holds = [v for v in shared(op) if v in self.levels]
        for result in op.results:
            if not has_buffer(result.type):
                continue
            self.maker[result] = op
            found = merged(*(self.levels[v] for v in holds))
            if not holds:
                self.enter(result, self.new(result.type), op.prim.alias in ("view", "maybe"))  # of a scalar spread, say
            elif op.prim.name in READERS:
                self.enter(result, found[steps(op) :] or (NOTHING,), self.may_be_view(result))
            elif op.prim.name == "list_new":
                self.fresh(result, self.put_in(op, range(len(op.args)), scope))
            elif op.prim.name in HOLDERS:
                inside = found[1:]
                if op.prim.name in MIXERS:
                    inside = (NOTHING.union(*found),) * (levels(result.type) - 1)
                self.doubled.update(*inside)
                self.fresh(result, inside)
            else:
                if op.prim.alias == "maybe":
                    found = (found[0] | {self.root()}, *found[1:])
                self.enter(result, found, op.prim.alias != "same" or any(v in self.view for v in holds))

    def put_in(self, op: Call, which: Iterable[int], scope: Scope) -> Levels:
        """Levels of what a list comes to hold; items are copied where the list would not be their only holder."""
        out: Levels = ()
        for k in which:
            item = op.args[k]
            if not isinstance(item, Value) or item not in self.levels:
                continue
            found = self.levels[item]
            if puts_slice(op):
                if self.classes.changes_in(self.classes.find(item), item.type):
                    self.decided.before[(op, "argument", k)] = True
                    found = self.new(item.type)
                    self.moved.update(*found)
                out = merged(out, found[1:])
                continue
            nested = isinstance(item.type, Array | List) or is_flat(item.type)
            if nested and self.is_changed(item):
                again = any(other is item for j, other in enumerate(op.args) if j != k)
                watching = self.watchers(item, self.places.start[op], scope)
                if again or not self.alone(item) or not self.let_go(watching, scope):
                    self.decided.before[(op, "argument", k)] = True
                    found = self.new(item.type)
                elif found[0] & self.moved:  # it is in a list already
                    self.doubled.update(*found)
                self.moved.update(*found)
            out = merged(out, found)
        return out

    def change(self, op: Call, old: Value, new: Value, scope: Scope) -> None:
        position = self.places.start[op]
        given = op.args[2:] if by_itself(op) else op.args[1:]
        extra = [v for v in values_of(*given) if v in self.levels]
        inside: Levels = ()
        if op.prim.name == "list_accumulate":
            inside = self.new(new.type)[steps(op) :]
            self.moved.update(*inside)
        elif isinstance(old.type, List):
            inside = self.put_in(op, ITEMS.get(op.prim.name) or (), scope)
        inside = (NOTHING,) * steps(op) + inside
        if reaches_in(op):
            between = self.levels[old][1 : steps(op)]
            single = not any(WILD in roots or roots & self.doubled for roots in between)
            if single and self.owned(old) and self.free_inside(old, position, scope):
                found = self.levels[old]
                self.take_out(op, old, new, position, scope)
            else:
                self.decided.before[(op, "argument", 0)] = True
                found = self.new(new.type)
                self.moved.update(*found)
                self.take(op, new, found[steps(op) :])
            self.enter(new, merged(found, inside))
            return
        copying = not self.owned(old)
        if not copying:
            overlap = any(self.sees(old, v) for v in extra if self.classes.find(v) is self.classes.find(old))
            watching = self.watchers(old, position, scope)
            if overlap and not (op.prim.name in ("store", "accumulate") and is_basic(op.args[1])):
                copying = True
            elif watching:
                if all(self._is_plain_view(w) for w in watching):
                    for view in watching:
                        self.detach(view)
                else:
                    copying = True
        before = self.levels[old]
        if copying:
            before = self.copied((op, "argument", 0), old)
            self.take(op, new, before[1:])
        else:
            self.take_out(op, old, new, position, scope)
        self.enter(new, merged(before, inside))

    def take(self, op: Call, new: Value, found: Levels) -> None:
        """What else than the changed list comes out of a change: an item that was taken out."""
        for result in op.results:
            if result is not new and has_buffer(result.type):
                self.enter(result, found or (NOTHING,), self.may_be_view(result))

    def take_out(self, op: Call, container: Value, new: Value, position: int, scope: Scope) -> None:
        """The same of a list that is not copied: nobody else holds the item, where all in the list was in one place."""
        if len(op.results) == 1:
            return
        inside = self.levels[container][1:]
        out = list(inside)
        for k, t, found in self.kept_apart(container, inside):
            if k < steps(op) - 1:
                continue
            common = WILD in found or found & (self.doubled | self.foreign)
            if common or self.is_seen(container, t, found, position, scope):
                break
            out[k] = frozenset((self.root(),))
        self.take(op, new, tuple(out[steps(op) - 1 :]))

    def copied(self, key: Key, value: Value) -> Levels:
        """Decide on a copy, and find its roots: a list of lists is copied with these, one of arrays shares them."""
        deep = self.decided.before[key] = table(value.type) and not isinstance(value.type.item, Array)  # type: ignore[union-attr]  # noqa: E501
        found = self.new(value.type)
        if deep:
            self.moved.update(*found)
            return found
        self.doubled.update(*self.levels[value][1:])
        return (found[0], *self.levels[value][1:])

    def change_if_free(self, op: Call, scope: Scope) -> bool:
        """Decide that ``a + b`` is written ``a += b``: where ``a`` is kept in a variable anyway and is free."""
        if not fits_in_place(op):
            return False
        old = op.args[0]
        assert isinstance(old, Value)
        maker = self.maker.get(old)
        if maker is not None and self.places.birth[old][1] is scope:
            return False  # nested into this very expression, most likely
        if not self.owned(old) or self.watchers(old, self.places.start[op], scope):
            return False
        self.decided.in_place[op] = None
        self.enter(op.result, self.levels[old])
        return True

    def detach(self, view: Value) -> None:
        self.decided.views[view] = None
        del self.maker[view]
        self.levels[view] = self.new(view.type)
        self.view.discard(view)

    def loop(self, op: For | While, params: tuple[tuple[Value, ...], ...], body: Region, scope: Scope) -> None:
        exclusive: list[int] = []
        for k, result in enumerate(op.results):
            if not has_buffer(result.type):
                continue
            slot = [group[k] for group in params] + [result]
            if any(v in self.changed for v in slot[:-1]):
                exclusive.append(k)
        for k in exclusive:
            init, result = op.inits[k], op.results[k]
            earlier = self.levels.get(init, ()) if isinstance(init, Value) else ()
            if not self.hand_over(op, "init", k, op.inits, self.places.start[op], scope):
                assert isinstance(init, Value)
                earlier = self.copied((op, "init", k), init)
            found = self.new(result.type)
            known = table(result.type) and result not in self.blind
            apart = [j for j, _, _ in self.kept_apart(result, found[1:])] if known else []
            self.moved.update(*(found[1 + j] for j in apart))
            found = (found[0], *(roots if j in apart else UNKNOWN for j, roots in enumerate(found[1:])))
            found = merged(found, (NOTHING, *earlier[1:]))
            for group in params:
                self.enter(group[k], found)
        for k, result in enumerate(op.results):
            if has_buffer(result.type) and k not in exclusive:
                for group in params:
                    self.wild(group[k])
        scopes = self.places.inner[op]
        if isinstance(op, While):
            self.region(op.cond, scopes[0])
        self.region(body, scopes[-1])
        for k in exclusive:
            result, after = op.results[k], body.yields[k]
            flowing = self.levels.get(after, ()) if isinstance(after, Value) else ()
            if not self.hand_over(op, "yield", k, body.yields, scopes[-1].end, scopes[-1]):
                assert isinstance(after, Value)
                flowing = self.copied((op, "yield", k), after)
            if table(result.type) and result not in self.blind:
                carried = self.levels[params[0][k]][1:]
                for j, _, roots in self.kept_apart(result, flowing[1:]):
                    if WILD not in carried[j] and (not roots <= carried[j] | self.moved or roots & self.doubled):
                        self.blind.add(result)
                        self.again = True
        for k, result in enumerate(op.results):
            if k in exclusive:
                self.enter(result, self.levels[params[0][k]])
            elif has_buffer(result.type):
                self.wild(result)

    def hand_over(self, op: Op, edge: str, k: int, atoms: tuple[Atom, ...], position: int, scope: Scope) -> bool:
        """Whether the k-th of the values that flow along an edge into a loop is the only holder of its buffer there."""
        value = atoms[k]
        if not isinstance(value, Value) or value not in self.levels:
            return True
        if not self.owned(value):
            return False
        for j, other in enumerate(atoms):
            if j == k or not isinstance(other, Value) or other not in self.levels:
                continue
            if (op, edge, j) in self.decided.before:
                continue
            if self.classes.find(other) is self.classes.find(value) and self.sees(value, other):
                return False
        if table(value.type) and not isinstance(value.type.item, Array) and not self.free_inside(value, position, scope):  # type: ignore[union-attr]  # noqa: E501
            return False
        return not self.watchers(value, position, scope)

    def finish(self) -> None:
        """What is returned belongs to the caller: nothing of the caller's own in it, nothing in it twice."""
        if not returns_fresh(self.trace):
            return
        taken: list[Value] = []
        for k, value in enumerate(values_of(self.trace.result)):
            if value not in self.levels or isinstance(value.type, Struct):
                continue
            group = self.classes.find(value)
            reach = self.reach(value)
            copying = bool(reach & self.foreign) or (WILD in reach and group in self.classes.foreign)
            copying = copying or value in self.view and group in self.classes.spread
            for other in taken:
                if self.classes.find(other) is group and (
                    other is value or WILD in reach | self.reach(other) or reach & self.reach(other)
                ):
                    copying = True
            if copying:
                self.decided.results[k] = None
            else:
                taken.append(value)


def by_itself(op: Call) -> bool:
    """Whether a mask is changed where it is true, ``active[active] = ...``: NumPy reads it before it writes."""
    index = op.args[1] if op.prim.name == "store" else None
    return index is op.args[0] and isinstance(index.type, Array) and index.type.dtype == "bool"


def returns_fresh(trace: Trace) -> bool:
    """Whether results must not share memory with arguments or each other: so for every derivative."""
    return bool(trace.origin) or any(p.kind == "seed" for p in trace.params)


def _changed(trace: Trace) -> set[Value]:
    """Values that some operation changes, directly or after they flowed on through control flow."""
    sources: dict[Value, list[Atom]] = {}
    work: list[Value] = []
    for op in all_ops(trace.body.ops):
        match op:
            case Call():
                if (change := version(op)) is not None:
                    work.append(change[0])
            case If():
                for k, result in enumerate(op.results):
                    sources[result] = [op.then.yields[k], op.orelse.yields[k]]
            case For():
                for k, result in enumerate(op.results):
                    sources[result] = [op.inits[k], op.body.yields[k]]
                    sources[op.body.params[k + 1]] = [op.inits[k], op.body.yields[k]]
            case While():
                for k, result in enumerate(op.results):
                    sources[result] = [op.cond.params[k]]
                    sources[op.body.params[k]] = [op.cond.params[k]]
                    sources[op.cond.params[k]] = [op.inits[k], op.body.yields[k]]
            case Apply():
                pass
    changed: set[Value] = set()
    while work:
        value = work.pop()
        if value not in changed:
            changed.add(value)
            work.extend(v for v in sources.get(value, ()) if isinstance(v, Value))
    return changed


def decided(trace: Trace) -> Decisions:
    """Where a trace needs copies, and which of its arithmetic may be written in place."""
    return _Analysis(trace, locate(trace)).run()
