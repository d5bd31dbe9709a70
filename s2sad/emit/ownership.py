"""Who holds which buffer: where a store may be written in place, and where a copy has to come first.

In the trace ``A1 = store(A0, i, v)`` makes a new array. Written as ``A[i] = v`` it changes one that others may hold.
That is allowed when nothing that is read later may share the buffer of ``A0``, and when the buffer was made here: a
parameter belongs to the caller. ``insert_copies`` puts copies in until that is so everywhere; after it every store,
list operation and so on is to be written in place.

Every value has the set of *roots* that it may share memory with: the operations that made a buffer. ``own`` are the
roots that it may itself be, ``reach`` adds those that it holds (a list holds its items). Roots flow through views,
containers and control flow. What a loop carries is of two kinds. If the loop changes it in place, the loop is given a
buffer of its own: the initial value, and the value of every further round, must be handed over by their last holder
(or are copied there), so a carried array is copied once before the loop and not in every round. If not, it may share
memory with whatever flows into it, as found by a first, coarse pass (``sharing.Classes``, blind to order).

A list (a tape, say) owns the arrays in it, where arrays that flow through it are changed in place at all: an item that
somebody else still holds, or that is a view, is copied when it is put in.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from s2sad.emit.mutation import (
    HOLDERS,
    ITEMS,
    READERS,
    SHAPE_ONLY,
    fits_in_place,
    has_buffer,
    is_flat,
    reaches_in,
    shared,
    table,
    version,
)
from s2sad.emit.places import Places, Scope, locate, reaches
from s2sad.emit.sharing import Classes
from s2sad.ir.core import Apply, Atom, Call, For, If, Op, Region, Trace, Value, While, values_of
from s2sad.ir.types import Array, List, Scalar, Struct
from s2sad.ir.walk import all_ops
from s2sad.prims.structure import is_basic

WILD = -1  # a root that stands for all of its class
MANY = 24  # a set of roots that grows past this becomes WILD


Roots = frozenset[int]
NOTHING: Roots = frozenset()
Key = tuple[Op, str, int]


@dataclass
class Decisions:
    """Where copies go. Keys: (op, 'argument' | 'init' | 'yield', which); results of the trace by position."""

    before: dict[Key, None] = field(default_factory=dict)
    views: dict[Value, None] = field(default_factory=dict)  # copied where they are made
    results: dict[int, None] = field(default_factory=dict)
    in_place: dict[Call, None] = field(default_factory=dict)  # arithmetic that may be written so


class _Analysis:
    def __init__(self, trace: Trace, places: Places) -> None:
        self.trace, self.places = trace, places
        self.classes = Classes(trace)
        self.changed = _changed(trace)
        self.blind: set[Value] = set()  # results of loops that carry a list of which it is not known what it holds
        self.content_uses: dict[Value, list[tuple[int, Scope]]] = {}
        self.last: dict[Value, int] = {}
        self.reset()
        skipped: dict[Value, set[int]] = {}
        for op in all_ops(trace.body.ops):
            if isinstance(op, Call) and op.prim.name in SHAPE_ONLY and isinstance(op.args[0], Value) and isinstance(op.args[0].type, Array):  # noqa: E501
                skipped.setdefault(op.args[0], set()).add(places.start[op])
        for value, uses in places.uses.items():
            if has_buffer(value.type):
                skip = skipped.get(value, ())
                kept = [u for u in uses if u[0] not in skip]
                self.content_uses[value] = kept
                self.last[value] = max((self._span(value, *u) for u in kept), default=-1)

    def reset(self) -> None:
        self.own: dict[Value, Roots] = {}
        self.reach: dict[Value, Roots] = {}
        self.view: set[Value] = set()
        self.maker: dict[Value, Call] = {}
        self.foreign: set[int] = set()
        self.moved: set[int] = set()  # of arrays that only a list holds
        self.members: dict[Value, list[Value]] = {}
        self.decided = Decisions()
        self.count = 0
        self.again = False

    def _span(self, value: Value, position: int, scope: Scope) -> int:
        """The last position at which this use may still happen: the end of the loops that the value outlives."""
        home = self.places.birth[value][1]
        at: Scope | None = scope
        while at is not None and at is not home:
            if at.is_loop and at.op is not None:
                position = max(position, self.places.end[at.op])
            at = at.parent
        return position

    # roots

    def root(self) -> int:
        self.count += 1
        return self.count

    def enter(self, value: Value, own: Roots, reach: Roots, view: bool = False) -> None:
        self.own[value] = own if len(own) <= MANY else frozenset((WILD,))
        self.reach[value] = reach if len(reach) <= MANY else frozenset((WILD,))
        if view:
            self.view.add(value)
        self.members.setdefault(self.classes.find(value), []).append(value)

    def fresh(self, value: Value, holds: Roots = NOTHING) -> None:
        root = frozenset((self.root(),))
        self.enter(value, root, root | holds)

    def wild(self, value: Value) -> None:
        everything = frozenset((WILD,))
        self.enter(value, everything, everything, self.classes.find(value) in self.classes.viewed)

    def owned(self, value: Value) -> bool:
        """Whether every buffer that this value may be was made here and is whole."""
        own = self.own.get(value)
        if own is None or value in self.view:
            return False
        return not own & self.foreign and not (WILD in own and self.classes.find(value) in self.classes.foreign)

    def sharing(self, value: Value) -> Iterable[Value]:
        """Values that may hold a buffer of ``value``, itself among them."""
        for other in self.members.get(self.classes.find(value), ()):
            if self.sees(value, other):
                yield other

    def sees(self, value: Value, other: Value) -> bool:
        """Whether ``other``, of the same class, may hold what ``value`` is: the array, or the list itself."""
        if other is value:
            return True
        own, theirs = self.own[value], self.reach[other]
        if isinstance(value.type, List):
            if isinstance(other.type, Array):
                return False
            if isinstance(other.type, List) and isinstance(other.type.item, Array | Scalar):
                theirs = self.own[other]
        return WILD in own or WILD in theirs or bool(own & theirs)

    def watchers(self, value: Value, position: int, scope: Scope) -> list[Value]:
        """Values read after ``position`` that would see a change of the buffer of ``value``."""
        group = self.classes.find(value)
        members = self.members.get(group, [])
        if len(members) > 8:
            members[:] = [m for m in members if self.last.get(m, -1) >= position or m is value]
        birth = self.places.birth
        return [
            other for other in self.sharing(value)
            if any(reaches(position, scope, use, birth[other][1]) for use in self.content_uses.get(other, ()))
        ]  # fmt: skip

    # the walk

    def run(self) -> Decisions:
        while True:
            self.walk()
            if not self.again:
                return self.decided
            self.reset()

    def walk(self) -> None:
        for param in self.trace.params:
            if has_buffer(param.value.type):
                here, inside = self.root(), self.root()
                self.foreign |= {here, inside}
                holds = frozenset((here,)) if isinstance(param.value.type, Array) else frozenset((here, inside))
                self.enter(param.value, frozenset((here,)), holds)
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
                            self.fresh(result)
                case If():
                    for inner, inner_scope in zip((op.then, op.orelse), self.places.inner[op], strict=True):
                        self.region(inner, inner_scope)
                    for k, result in enumerate(op.results):
                        if has_buffer(result.type):
                            parts = [y for y in (op.then.yields[k], op.orelse.yields[k]) if y in self.own]
                            self.enter(
                                result, NOTHING.union(*(self.own[y] for y in parts)),  # type: ignore[index]
                                NOTHING.union(*(self.reach[y] for y in parts)),  # type: ignore[index]
                                any(y in self.view for y in parts),
                            )  # fmt: skip
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
        holds = [v for v in shared(op) if v in self.reach]
        for result in op.results:
            if not has_buffer(result.type):
                continue
            self.maker[result] = op
            if not holds:
                self.fresh(result)
                if op.prim.alias in ("view", "maybe"):
                    self.view.add(result)  # of a scalar spread over a shape, say
            elif op.prim.name in HOLDERS:
                if op.prim.name == "list_new":
                    inside = self.put_in(op, result, range(len(op.args)), scope)
                elif op.prim.name in ("build", "list_repeat"):
                    inside = NOTHING.union(*(self.reach[v] for v in holds))
                else:
                    inside = NOTHING.union(*(self._inside(v) for v in holds))
                self.fresh(result, inside)
            elif op.prim.name in READERS:
                reach = NOTHING.union(*(self._inside(v) for v in holds))
                self.enter(result, reach, reach)
            else:
                own = NOTHING.union(*(self.own[v] for v in holds))
                reach = NOTHING.union(*(self.reach[v] for v in holds))
                if op.prim.alias == "maybe":
                    own, reach = own | {(root := self.root())}, reach | {root}
                self.enter(result, own, reach, op.prim.alias != "same" or any(v in self.view for v in holds))

    def _inside(self, container: Value) -> Roots:
        """What a container holds. A list of arrays cannot hold itself; of anything else that is not looked into."""
        reach = self.reach[container]
        if table(container.type):
            return reach - self.own[container] | reach & {WILD}
        return reach

    def put_in(self, op: Call, container: Value, which: Iterable[int], scope: Scope) -> Roots:
        """Roots of what a list comes to hold; items are copied where the list would not be their only holder."""
        out = NOTHING
        for k in which:
            item = op.args[k]
            if not isinstance(item, Value) or item not in self.own:
                continue
            reach = self.reach[item]
            nested = isinstance(item.type, Array | List) or is_flat(item.type)
            if nested and self.classes.find(item) in self.classes.touched:
                again = any(other is item for j, other in enumerate(op.args) if j != k)
                watching = self.watchers(item, self.places.start[op], scope)
                if WILD in reach or again or not self.owned(item) or not self.let_go(watching, scope):
                    self.decided.before[(op, "argument", k)] = None
                    reach = frozenset((self.root(),))
                self.moved |= reach
            out |= reach
        return out

    def let_go(self, values: Iterable[Value], scope: Scope) -> bool:
        """Whether these live in this region only: then a list that outlives it is the only holder of what they share.

        While they live, they and the list are known to share it.
        """
        birth, uses = self.places.birth, self.content_uses
        return all(
            birth[v][1] is scope and not any(at is scope and use >= scope.end for use, at in uses.get(v, ()))
            for v in values
        )

    def change(self, op: Call, old: Value, new: Value, scope: Scope) -> None:
        position = self.places.start[op]
        given = op.args[2:] if by_itself(op) else op.args[1:]
        extra = [v for v in values_of(*given) if v in self.reach]
        inside = NOTHING
        if op.prim.name == "list_accumulate":
            inside = frozenset((root := self.root(),))
            self.moved.add(root)
        elif isinstance(old.type, List):
            inside = self.put_in(op, old, ITEMS.get(op.prim.name) or (), scope)
        if reaches_in(op):
            if self.wholly_owned(old) and not self.deep_watchers(old, position, scope):
                self.enter(new, self.own[old], self.reach[old] | inside)
            else:
                self.decided.before[(op, "argument", 0)] = None
                self.moved.add(root := self.root())
                self.fresh(new, inside | {root})
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
        if copying:
            self.decided.before[(op, "argument", 0)] = None
            self.fresh(new, inside | (self._inside(old) if isinstance(old.type, List) else NOTHING))
        else:
            self.enter(new, self.own[old], self.reach[old] | inside)
        for result in op.results:
            if result is not new and has_buffer(result.type):
                reach = self._inside(old)
                self.enter(result, reach, reach)

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
        self.enter(op.result, self.own[old], self.reach[old])
        return True

    def _is_plain_view(self, value: Value) -> bool:
        op = self.maker.get(value)
        return op is not None and op.prim.alias in ("view", "maybe") and op.prim.name not in READERS

    def detach(self, view: Value) -> None:
        self.decided.views[view] = None
        del self.maker[view]
        root = frozenset((self.root(),))
        self.own[view] = self.reach[view] = root
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
            if not self.hand_over(op, "init", k, op.inits, self.places.start[op], scope):
                self.decided.before[(op, "init", k)] = None
            root = frozenset((self.root(),))
            init = op.inits[k]
            holds = NOTHING
            if not isinstance(t := op.results[k].type, Array) and has_buffer(t):
                arrays = table(t)
                if not isinstance(t, List) or not isinstance(t.item, Scalar):
                    touched = self.classes.find(op.results[k]) in self.classes.touched
                    seen = touched and arrays and op.results[k] not in self.blind
                    holds = frozenset((self.root() if seen else WILD,))
                if isinstance(init, Value) and init in self.reach:
                    holds |= self._inside(init)
            for group in params:
                self.enter(group[k], root, root | holds)
        for k, result in enumerate(op.results):
            if has_buffer(result.type) and k not in exclusive:
                for group in params:
                    self.wild(group[k])
        scopes = self.places.inner[op]
        if isinstance(op, While):
            self.region(op.cond, scopes[0])
        self.region(body, scopes[-1])
        for k in exclusive:
            if not self.hand_over(op, "yield", k, body.yields, scopes[-1].end, scopes[-1]):
                self.decided.before[(op, "yield", k)] = None
            result, after = op.results[k], body.yields[k]
            holding = table(result.type) and result not in self.blind
            if holding and isinstance(after, Value) and after in self.reach:
                known = self.reach[params[0][k]]
                if WILD not in known and not self._inside(after) <= known | self.moved:
                    self.blind.add(result)
                    self.again = True
        for k, result in enumerate(op.results):
            if k in exclusive:
                self.enter(result, self.own[params[0][k]], self.reach[params[0][k]])
            elif has_buffer(result.type):
                self.wild(result)

    def hand_over(self, op: Op, edge: str, k: int, atoms: tuple[Atom, ...], position: int, scope: Scope) -> bool:
        """Whether the k-th of the values that flow along an edge into a loop is the only holder of its buffer there."""
        value = atoms[k]
        if not isinstance(value, Value) or value not in self.own:
            return True
        if not self.owned(value):
            return False
        for j, other in enumerate(atoms):
            if j == k or not isinstance(other, Value) or other not in self.reach:
                continue
            if (op, edge, j) in self.decided.before:
                continue
            if self.classes.find(other) is self.classes.find(value) and self.sees(value, other):
                return False
        if self.deep(value) and not (self.wholly_owned(value) and not self.deep_watchers(value, position, scope)):
            return False
        return not self.watchers(value, position, scope)

    def wholly_owned(self, value: Value) -> bool:
        """Whether a list was made here, and all that it holds."""
        reach = self.reach[value]
        foreign = reach & self.foreign or WILD in reach and self.classes.find(value) in self.classes.foreign
        return self.owned(value) and not foreign

    def deep(self, value: Value) -> bool:
        """Whether this is a list of lists some of which are changed in place."""
        return table(value.type) and not isinstance(value.type.item, Array) and self.classes.find(value) in self.classes.touched  # type: ignore[union-attr]  # noqa: E501

    def deep_watchers(self, value: Value, position: int, scope: Scope) -> bool:
        """Whether something that is read after ``position`` would see a change of what this holds."""
        birth, reach = self.places.birth, self.reach[value]
        for other in self.members.get(self.classes.find(value), ()):
            theirs = self.reach[other]
            if other is not value and not (WILD in theirs or WILD in reach or reach & theirs):
                continue
            if any(reaches(position, scope, use, birth[other][1]) for use in self.content_uses.get(other, ())):
                return True
        return False

    def finish(self) -> None:
        """What is returned belongs to the caller: nothing of the caller's own in it, nothing in it twice."""
        if not returns_fresh(self.trace):
            return
        taken: list[Value] = []
        for k, value in enumerate(values_of(self.trace.result)):
            if value not in self.own or isinstance(value.type, Struct):
                continue
            group = self.classes.find(value)
            reach = self.reach[value]
            copying = bool(reach & self.foreign) or (WILD in reach and group in self.classes.foreign)
            copying = copying or value in self.view and group in self.classes.spread
            for other in taken:
                if self.classes.find(other) is group and (
                    other is value or WILD in reach or WILD in self.reach[other] or reach & self.reach[other]
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
