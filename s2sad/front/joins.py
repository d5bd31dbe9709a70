"""Where two paths meet: one state from two.

Each place that either path changed is planned (``planning``). Then the leaves are made atoms, each on its own path,
where reading a view may still emit; then the types are joined.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from s2sad.errors import Error
from s2sad.front.conversions import same_known
from s2sad.front.machine import SIGNALS, Restart, Unreachable, is_programs_own
from s2sad.front.planning import (
    CellContent,
    Finish,
    ListContent,
    Plan,
    Planning,
    Side,
    Slot,
    _name,
    constantly,
    says,
)
from s2sad.front.reach import Reach
from s2sad.front.relations import make_links, plan_links, relations, root_of
from s2sad.front.state import ABSENT, Change, born_after
from s2sad.front.storage import relate
from s2sad.front.texts import raised_by_python
from s2sad.front.values import (
    UNBOUND,
    Abstract,
    Known,
    Poison,
    Undefined,
)
from s2sad.ir.core import UNDEFINED, Atom, Literal, Ref, Value
from s2sad.ir.types import BOOL, NoJoin, Type, join


class Joins(Planning):
    """Joining states."""

    # -- leaves as atoms -------------------------------------------------------------------------------------------

    def leaf_atom(self, leaf: Any) -> Atom:
        match leaf:
            case Undefined():
                return Literal(UNDEFINED)
            case ListContent(content=content, cell=cell):
                for item in content if isinstance(content, tuple) else ():
                    self.holds(cell, item)
                return self.list_value(content, cell.called)
            case CellContent(cell=cell):
                return self.list_value(self.content(cell), cell.called)
            case Value():
                return leaf
            case _:
                arg = self.to_arg(leaf)
                assert isinstance(arg, Value | Literal | Ref)
                return arg

    def on_side(self, side: Side, job: Callable[[], None]) -> None:
        """Do something in the state and region of one path."""
        mark, builder = self.state.mark(), self.builder
        self.state.apply(side.changes, side.reads)
        self.builder = side.builder
        try:
            job()
        finally:
            self.builder = builder
            self.state.undo(mark)

    def joined_type(self, a: Type, b: Type, name: str | None) -> Type:
        try:
            return join(a, b)
        except NoJoin:
            self.refuse(
                f"{name or 'this value'} is {a} on one path and {b} on the other",
                why="no type covers both",
                instead="give it the same kind of value on every path",
            )

    # -- the join of an if -----------------------------------------------------------------------------------------

    def merge(self, pred: Atom, a: Side, b: Side, live: Iterable[str]) -> None:
        """Emit the ``If`` and make the state after it of the states at the ends of its branches."""
        heap = self.state.heap
        p = Plan(heap, a, b)
        alive = frozenset(live)
        variables = self.frame.variables if self.frames else {}
        finishes: list[tuple[Change, Finish]] = []
        bound: dict[tuple[int, Any], tuple[Any, ...]] = {}
        for place in {**a.changes, **b.changes}:
            change_a, change_b = a.changes.get(place), b.changes.get(place)
            change = change_a or change_b
            assert change is not None
            table, key, old = change.table, change.key, change.old
            if (table is heap and old is ABSENT) or born_after(table, max(0, min(a.serial, b.serial))):
                continue  # born on one path: nothing else can know of it but what is joined below
            before = UNBOUND if old is ABSENT else old
            x = before if change_a is None else change_a.new
            y = before if change_b is None else change_b.new
            if a.dead and not b.dead:
                x = UNBOUND
            if b.dead and not a.dead:
                y = UNBOUND
            if table is self.passed:
                continue
            if table is self.remaining and x is not y:
                self.state.write(self.remaining, key, None)
                continue
            if table is self.used:
                self.state.write(self.used, key, True)
                continue
            if table is self.state.links or table is self.state.moves:
                now = [None if x is ABSENT or x is UNBOUND else x for x in (old if c is None else c.new for c in (change_a, change_b))]  # noqa: E501
                link = self.part_links(table, key, now[1] if a.dead else now[0], now[0] if b.dead else now[1])
                finishes.append((change, constantly(link)))  # not yet: the ends of the paths are still to be read
                continue
            name = key if isinstance(key, str) and not key.startswith("$") else None
            if table is variables and isinstance(key, str) and key not in alive and not key.startswith("$"):
                finishes.append((change, lambda: UNBOUND))
                bound[place] = ()
                continue
            bound[place] = x, y
            if table is heap:
                finishes.append((change, self.plan_content(p, key, x, y, None)))
            elif isinstance(key, str) and key in SIGNALS:
                finishes.append((change, self.plan_flag(p, x, y)))
            else:
                finishes.append((change, self.plan(p, x, y, name)))
        p.reach = Reach(self, p, bound, alive)
        plan_links(self, p)

        def atoms_a() -> None:
            for s in p.slots:
                s.a_atom = self.leaf_atom(s.a)

        def atoms_b() -> None:
            for s in p.slots:
                s.b_atom = self.leaf_atom(s.b)

        self.on_side(a, atoms_a)
        self.on_side(b, atoms_b)
        results: list[Value] = []
        yields_a: list[Atom] = []
        yields_b: list[Atom] = []
        flags: dict[tuple[Atom, Atom], Slot] = {}
        twins: list[tuple[Slot, Slot]] = []
        inverted: list[Slot] = []
        for s in p.slots:
            if s.flag and (first := flags.setdefault((s.a_atom, s.b_atom), s)) is not s:
                twins.append((s, first))
                continue
            if s.a_atom is s.b_atom or (not isinstance(s.a_atom, Value) and s.a_atom == s.b_atom):
                s.value = s.a_atom
            elif says(s) and s.a_atom == Literal(True) and s.b_atom == Literal(False) and pred.type == BOOL:
                s.value = pred
            elif s.presence and s.a_atom == Literal(False) and s.b_atom == Literal(True):
                inverted.append(s)
            elif (a.dead and isinstance(s.b_atom, Literal | Ref)) or (b.dead and isinstance(s.a_atom, Literal | Ref)):
                s.value = s.b_atom if a.dead else s.a_atom
            else:
                t = self.joined_type(s.a_atom.type, s.b_atom.type, s.name)
                s.value = Value(t, s.name or _name(s.a_atom) or _name(s.b_atom))
                results.append(s.value)
                yields_a.append(s.a_atom)
                yields_b.append(s.b_atom)
        if results or a.builder.ops or b.builder.ops:
            types = tuple(r.type for r in results)
            names = tuple(r.name for r in results)
            undefined = Literal(UNDEFINED)
            if self.located:
                self.builder.loc = self.here()
            made = self.builder.if_(
                pred,
                a.builder.region(yields=tuple(undefined for _ in results) if a.dead else tuple(yields_a)),
                b.builder.region(yields=tuple(undefined for _ in results) if b.dead else tuple(yields_b)),
                types, names,
            )  # fmt: skip
            swap = dict(zip(results, made, strict=True))
            for s in p.slots:
                if isinstance(s.value, Value):
                    s.value = swap.get(s.value, s.value)
        for s, first in twins:
            s.value = first.value
        for s in inverted:
            s.value = self.to_arg(self.negation(self.lift(pred)))  # type: ignore[assignment]
        for cell, finish in p.writes:
            self.state.write(heap, cell, finish())
        for change, finish in finishes:
            self.state.write(change.table, change.key, finish())
        self.relate_pairs(p)
        make_links(p, self.joined)
        for cell, one, other in p.cells:
            if one in heap and other in heap:
                self.choices[cell] = pred, one, other

    def plan_flag(self, p: Plan, a: Any, b: Any) -> Finish:
        if same_known(a, b):
            return lambda: a
        known = b if isinstance(a, Undefined) else a if isinstance(b, Undefined) else None
        if isinstance(known, Known):
            return lambda: known
        finish = p.slot(a, b, None, flag=True)
        return lambda: self.lift(finish().value)

    def relate_pairs(self, p: Plan) -> None:
        """Tell the storages made by a join what they may share memory with."""
        for cell, others in relations(p).items():
            for other in others:
                relate(cell, other)
        for cell, roots in p.replaced.items():
            cell.replaced.update(roots)
        for pair in p.pairs.values():
            self.inherit(pair.cell, *(root_of(x) for x in (pair.a, pair.b) if not isinstance(x, Undefined)))

    # -- branches --------------------------------------------------------------------------------------------------

    def raising(self, job: Callable[[], None]) -> None:
        """Run a path that may not be taken: what it raises on known values, it raises at run time."""
        try:
            job()
        except (Restart, Unreachable):
            raise
        except Error as error:
            cls = raised_by_python(error)
            if cls is None or not self.located:
                raise
            if self.exploring:  # until the types of the loop are settled
                self.missed = True
                raise Unreachable from None
            self.misfit = True
            self.emit_raise(cls, (Known(error.what),))
        except Exception as error:
            plain = all(isinstance(a, str | int | float | None) for a in error.args)
            if not plain or not is_programs_own(error):
                raise
            self.misfit |= isinstance(error, IndexError | TypeError | AttributeError)
            self.emit_raise(type(error), tuple(map(Known, error.args)))

    def emit_raise(self, cls: type, args: Sequence[Abstract]) -> None:
        raise NotImplementedError

    def negation(self, value: Abstract) -> Abstract:
        raise NotImplementedError

    def branch(self, job: Callable[[], None]) -> Side:
        """Run one path from here; the state afterwards is as before."""
        mark, outer, serial = self.state.mark(), self.builder, self.serial
        self.builder = inner = self.open_builder()
        dead = False
        try:
            self.raising(job)
        except Unreachable:
            dead = True
        finally:
            self.builder = outer
            self.open.pop()
        reads = self.state.reads(mark)
        return Side(self.state.take(mark), inner, dead, reads, serial)

    def resume(self, side: Side, job: Callable[[], None]) -> Side:
        """Go on with a path that was left."""
        mark, outer = self.state.mark(), self.builder
        self.state.apply(side.changes, side.reads)
        self.builder = side.builder
        self.open.append(side.builder)
        dead = side.dead
        try:
            self.raising(job)
        except Unreachable:
            dead = True
        finally:
            self.builder = outer
            self.open.pop()
        reads = self.state.reads(mark)
        return Side(self.state.take(mark), side.builder, dead, reads, side.serial)

    def choose(self, pred: Atom, then: Callable[[], Abstract], orelse: Callable[[], Abstract]) -> Abstract:
        """A conditional expression."""
        self.temporaries += 1
        key = f"$choice{self.temporaries}"
        frame = self.frame.variables

        def job(side: Callable[[], Abstract]) -> Callable[[], None]:
            return lambda: self.state.write(frame, key, side())

        a, b = self.branch(job(then)), self.branch(job(orelse))
        self.merge(pred, a, b, self.frame.code.names)
        if a.dead and b.dead:
            raise Unreachable
        value: Abstract = frame[key]
        self.state.write(frame, key, UNBOUND)
        if isinstance(value, Poison):
            self.refuse(value.what, value.why, value.instead)
        return value













