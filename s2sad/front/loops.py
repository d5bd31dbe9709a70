"""Loops: what they run over, and how they are left.

A loop is unrolled when the items it runs over are unlike, or when something in it has to be known (``Restart``). Else
what it carries is found in ``fixedpoints``.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from s2sad.front.fixedpoints import FixedPoints, is_count
from s2sad.front.machine import LoopMark
from s2sad.front.scope import augmented_only, has_break, writes
from s2sad.front.turns import range_with_a_turn, something_to_run_over
from s2sad.front.values import (
    FALSE,
    TRUE,
    Abstract,
    Generator,
    Known,
    ListOf,
    Optional,
    RangeOf,
    TupleOf,
    View,
    Wrapped,
    is_none,
    known,
    pack,
)
from s2sad.ir.core import Atom, For, Literal, Pack, Region, Value, While
from s2sad.ir.types import INT
from s2sad.ir.walk import copy_ops

SHORT = 16
T = TypeVar("T")
GROWS = frozenset(("append", "extend", "insert", "pop", "remove", "appendleft", "extendleft", "popleft"))








def calls_in(node: ast.expr) -> list[ast.Call]:
    """The calls whose result a loop over ``node`` reads item by item: ``zip(map(f, xs), ys)`` and the ``map`` in it.

    Of what is zipped that is the first alone: what stands behind it is not read where that has ended.
    """
    out: list[ast.Call] = []
    pending = [node]
    while pending:
        each = pending.pop()
        if isinstance(each, ast.Call):
            out.append(each)
            zipped = isinstance(each.func, ast.Name) and each.func.id == "zip"
            pending.extend(each.args[:1] if zipped else each.args)
    return out


class Loops(FixedPoints):
    """``for``, ``while``, comprehensions."""

    # -- statements ------------------------------------------------------------------------------------------------

    def run_for(self, node: ast.For) -> None:
        self.read_by_loops.update(dict.fromkeys(calls_in(node.iter)))
        iterable = self.evaluate(node.iter)
        self.node = node.iter
        iterable = self.some(iterable, "not iterable:")

        def body(item: Abstract) -> None:
            self.assign(node.target, item)
            self.run_block(node.body)

        live = self.frame.code.after_body(node)
        names = self.bound_in([node.target, *node.body])
        broke = self.over(node, iterable, body, names, self.live_in(node), live, bool(node.orelse), growing(node.body))
        self.run_else(node, node.orelse, broke)

    def bound_in(self, nodes: Sequence[ast.AST]) -> frozenset[str]:
        """Names that a loop may bind anew. ``v += e`` changes an array, but leaves the name bound to it."""
        bound = writes(nodes) - self.frame.code.foreign  # those are variables of another activation
        kept = augmented_only(nodes)
        variables = self.frame.variables

        def is_array(name: str) -> bool:
            value = variables.get(name)
            return isinstance(value, View) and not value.root.scalar

        return frozenset(name for name in bound if name not in kept or not is_array(name))

    def live_in(self, node: ast.For | ast.While) -> frozenset[str]:
        """Names that are alive at the head of a loop."""
        return self.frame.code.at_head(node)

    def run_else(self, node: ast.stmt, orelse: Sequence[ast.stmt], broke: Abstract) -> None:
        if not orelse:
            return
        truth = self.truth(broke)
        if truth is True:
            return
        if truth is False:
            self.run_orelse(orelse)
            return
        a = self.branch(lambda: None)
        b = self.branch(lambda: self.run_orelse(orelse))
        self.merge(truth, a, b, self.frame.code.after(node))

    def run_orelse(self, orelse: Sequence[ast.stmt]) -> None:
        stop = self.stopped()
        if stop is False:
            self.run_block(orelse)
        elif stop is not True:
            self.guarded(stop, orelse, 0)

    def run_while(self, node: ast.While) -> None:
        key = self.loop_key(node)
        walrus = any(isinstance(n, ast.NamedExpr) for n in ast.walk(node.test))
        walrus = walrus or ("test", key) in self.session.unrolled
        saved = self.save_flags()
        if key in self.session.unrolled:
            self.unroll_while(node)
        else:
            self.while_loop(node, key, walrus)
        broke = self.frame.variables["$break"]
        self.restore_flags(saved)
        if isinstance(node.test, ast.Constant) and node.test.value and not has_break(node.body):
            self.endless_loop_left()
            return
        self.run_else(node, node.orelse, broke)

    def endless_loop_left(self) -> None:
        """After ``while True`` without a ``break``: there is no other way out of it than to return."""
        if self.frame.variables["$returned"] is not TRUE:
            self.state.write(self.frame.variables, "$returned", TRUE)

    def unroll_while(self, node: ast.While) -> None:
        while True:
            self.spend()
            truth = self.truth(self.evaluate_test(node.test))
            if not isinstance(truth, bool):
                self.node = node.test
                self.demand_all((truth,))
                self.refuse(
                    "this loop has to be unrolled, but its condition is not known when the derivative is made",
                    instead="use a for loop over a range that is known",
                )
            if not truth:
                return
            self.state.write(self.frame.variables, "$continue", FALSE)
            self.run_block(node.body)
            self.state.write(self.frame.variables, "$continue", FALSE)
            stop = self.stopped()
            if stop is True:
                return
            if stop is not False:
                a = self.branch(lambda: None)
                b = self.branch(lambda: self.unroll_while(node))
                self.merge(stop, a, b, self.frame.code.after(node))
                return

    # -- flags -----------------------------------------------------------------------------------------------------

    def save_flags(self) -> tuple[Any, Any]:
        variables = self.frame.variables
        saved = variables.get("$break", FALSE), variables.get("$continue", FALSE)
        self.state.write(variables, "$break", FALSE)
        self.state.write(variables, "$continue", FALSE)
        return saved

    def restore_flags(self, saved: tuple[Any, Any]) -> None:
        variables = self.frame.variables
        self.state.write(variables, "$break", saved[0])
        self.state.write(variables, "$continue", saved[1])

    def loop_key(self, node: ast.AST, tag: str = "") -> Any:
        return (id(node), tag, tuple(self.calls))

    # -- over an iterable ------------------------------------------------------------------------------------------

    def over(
        self, node: ast.AST, iterable: Abstract, body: Callable[[Abstract], None], names: Iterable[str],
        head: frozenset[str] | None, live: frozenset[str] | None, needs_broke: bool = False,
        grows: frozenset[str] = frozenset(), tag: str = "",
    ) -> Abstract:
        """Run a body for each item; whether it was left by ``break``."""
        key = self.loop_key(node, tag)
        iterable, snapshots = unwrapped(iterable)
        items = self.items_to_unroll(iterable, key)
        if snapshots is not None and key not in self.session.unrolled and self.as_sequence(iterable) is not None:
            items = None
        saved = self.save_flags()
        self.holding.append((iterable, items))

        def first_then_others(item: Abstract | None) -> None:
            if item is not None:
                body(item)
            else:
                self.for_loop(iterable, key, body, names, head, live, needs_broke, grows, others=True)

        if items is not None:
            self.unroll(items, 0, self.watching(iterable, items, body), live)
        elif ("first", key) in self.session.unrolled:
            iterable = self.frozen_sequence(iterable)
            self.unroll([self.first_item(iterable), None], 0, first_then_others, live)
        else:
            self.for_loop(iterable, key, body, names, head, live, needs_broke, grows, snapshots)
        self.holding.pop()
        broke: Abstract = self.frame.variables["$break"]
        self.restore_flags(saved)
        return broke

    def first_item(self, iterable: Abstract) -> Abstract:
        """What the first turn runs with; where it is not known whether there is one, that is tested."""
        known_items = self.items_if_known(iterable)
        if known_items is not None:
            return known_items[0]
        if isinstance(iterable, RangeOf):
            self.call(Known(range_with_a_turn), (iterable.start, iterable.stop, iterable.step))
            return iterable.start
        self.call(Known(something_to_run_over), (self.length(iterable),))
        return self.element(iterable, Known(0))

    def lists_of(self, iterable: Abstract) -> list[ListOf]:
        match iterable:
            case ListOf():
                return [iterable]
            case Wrapped(parts=parts):
                return [cell for p in parts for cell in self.lists_of(p)]
            case _:
                return []

    def watching(self, iterable: Abstract, items: list[Abstract], body: Callable[[Abstract], None]) -> Callable[[Abstract], None]:  # noqa: E501
        """The body of an unrolled loop over lists: it may store into what it runs over, but not change its length."""
        cells = self.lists_of(iterable)
        if not cells:
            return body
        place = self.node

        def run(item: Abstract) -> None:
            before = [self.state.heap[c] for c in cells]
            body(item)
            if all(self.state.heap[c] is b for c, b in zip(cells, before, strict=True)):
                return
            now = self.items_if_known(iterable)
            if now is None or len(now) != len(items):
                self.node = place
                self.changes_its_list()
            assert now is not None
            items[:] = now  # the next turns see what was stored

        return run

    def changes_its_list(self) -> None:
        self.refuse(
            "a loop that changes the list it runs over",
            why="how often it runs would change while it runs",
            instead="loop over a copy: list(...)",
        )

    def items_to_unroll(self, iterable: Abstract, key: Any) -> list[Abstract] | None:
        if key in self.session.unrolled:
            return self.known_items(iterable, "unrolling a loop")
        if isinstance(iterable, Generator):
            iterable = self.listed(iterable)
        if isinstance(iterable, RangeOf):
            if known(iterable.start, iterable.stop, iterable.step):
                return self.items_if_known(iterable) if self.range_size(iterable) <= 1 else None
            return None
        if self.of_unknown_length(iterable) and self.as_sequence(iterable) is not None:
            return None
        items = self.items_if_known(iterable)
        if items is None or len(items) <= SHORT:
            return items
        return None if self.as_sequence(iterable) is not None else items

    def of_unknown_length(self, iterable: Abstract) -> bool:
        match iterable:
            case View():
                return True
            case ListOf():
                return isinstance(self.content(iterable), Value)
            case RangeOf():
                return not known(iterable.start, iterable.stop, iterable.step)
            case Wrapped(parts=parts):
                return any(map(self.of_unknown_length, parts))
            case _:
                return False

    def range_size(self, r: RangeOf) -> int:
        return len(range(*(x.value for x in (r.start, r.stop, r.step) if isinstance(x, Known))))

    def as_sequence(self, iterable: Abstract) -> Abstract | None:
        """The iterable in a form that can be indexed by a traced integer; None where its items are unlike."""
        match iterable:
            case View() | RangeOf():
                return iterable
            case ListOf():
                content = self.content(iterable)
                if isinstance(content, Value):
                    return iterable
                return iterable if content and self.one_type(content) is not None else None
            case TupleOf(items=items):
                return iterable if items and self.one_type(items) is not None else None
            case Wrapped(parts=parts):
                return iterable if all(self.as_sequence(p) is not None for p in parts) else None
            case _:
                return None

    def frozen_sequence(self, iterable: Abstract) -> Abstract:
        """The same, with lists of known structure made values once, before the loop."""
        match iterable:
            case ListOf() | TupleOf():
                content = iterable.items if isinstance(iterable, TupleOf) else self.content(iterable)
                if isinstance(content, Value):
                    return iterable
                out = self.wrap(self.list_value(content))
                for item in content:
                    self.holds(out, item)  # type: ignore[arg-type]
                return out
            case Wrapped(kind="iter", parts=(part,)):
                return self.frozen_sequence(part)
            case Wrapped(kind=kind, parts=parts, start=start):
                return Wrapped(kind, tuple(map(self.frozen_sequence, parts)), start)
            case Generator():
                return self.listed(iterable)
            case View() | RangeOf():
                return iterable
            case Known(value=v) if isinstance(v, range):
                return RangeOf(Known(v.start), Known(v.stop), Known(v.step))
            case Optional():
                return self.frozen_sequence(self.some(iterable, "not iterable:"))
        items = self.items_if_known(iterable)
        if items is not None and items and self.one_type(items) is not None:
            return self.frozen_sequence(self.new_list(items))
        if is_none(iterable):
            self.wrong_type("None is not iterable")
        self.refuse(
            f"a loop over {self.describe(iterable)}",
            why="its items have unlike types, or cannot be reached by an index",
            instead="loop over a range, an array or a list",
        )

    def element(self, iterable: Abstract, index: Abstract) -> Abstract:
        """Item ``index`` of what a loop runs over."""
        match iterable:
            case RangeOf(start=start, step=step):
                scaled = index if isinstance(step, Known) and step.value == 1 else self.binary(ast.Mult, index, step)
                return scaled if isinstance(start, Known) and start.value == 0 else self.binary(ast.Add, start, scaled)
            case Wrapped(kind="enumerate", parts=(part,), start=start):
                first = start if start is not None else Known(0)
                count = index if isinstance(first, Known) and first.value == 0 else self.binary(ast.Add, index, first)
                return pack((count, self.element(part, index)))
            case Wrapped(kind="zip", parts=parts):
                return pack([self.element(p, index) for p in parts])
            case Wrapped(kind="reversed", parts=(part,)):
                last = self.binary(ast.Sub, self.length(part), Known(1))
                return self.element(part, self.binary(ast.Sub, last, index))
            case _:
                return self.subscript(iterable, index)

    def unroll(self, items: Sequence[T], k: int, body: Callable[[T], None], live: frozenset[str] | None) -> None:  # noqa: E501
        variables = self.frame.variables
        while k < len(items):
            self.spend()
            self.state.write(variables, "$continue", FALSE)
            self.calls.append(k)
            try:
                body(items[k])
            finally:
                self.calls.pop()
            self.state.write(variables, "$continue", FALSE)
            k += 1
            stop = self.stopped()
            if stop is True:
                return
            if stop is not False:
                if k < len(items):
                    rest = k
                    flag: Atom = stop
                    a = self.branch(lambda flag=flag: self.know_flags(flag, True))  # type: ignore[misc]
                    b = self.branch(
                        lambda flag=flag, rest=rest: self.unroll_rest(flag, items, rest, body, live)  # type: ignore[misc]
                    )
                    names = None if live is None else live
                    self.merge(stop, a, b, frozenset(variables) if names is None else names)
                return

    def unroll_rest(self, stop: Atom, items: Sequence[T], k: int, body: Callable[[T], None], live: frozenset[str] | None) -> None:  # noqa: E501
        self.know_flags(stop, False)
        self.unroll(items, k, body, live)

    # -- for -------------------------------------------------------------------------------------------------------

    def for_loop(
        self, iterable: Abstract, key: Any, body: Callable[[Abstract], None], names: Iterable[str],
        head: frozenset[str] | None, live: frozenset[str] | None, needs_broke: bool, grows: frozenset[str],
        snapshots: int | None = None, others: bool = False,
    ) -> None:
        """A loop of the trace; of all turns, or of those after the first."""
        backwards = False
        if isinstance(iterable, Wrapped) and iterable.kind == "reversed":
            iterable, backwards = iterable.parts[0], True
        sequence = self.frozen_sequence(iterable)
        bounds: tuple[Abstract, Abstract, Abstract]
        if isinstance(sequence, RangeOf):
            bounds = sequence.start, sequence.stop, sequence.step
        else:
            bounds = Known(0), self.length(sequence), Known(1)
        finite = known(*bounds) and self.items_if_known(iterable) is not None
        indexed = isinstance(sequence, RangeOf | ListOf | TupleOf | View | Wrapped)
        never = finite and self.range_size(RangeOf(*bounds)) == 0
        peels = indexed and snapshots is None and not backwards and not others and not never
        if others:
            bounds = (self.binary(ast.Add, bounds[0], bounds[2]), *bounds[1:])
        start, stop, step = (self.bound(b) for b in bounds)
        index = Value(INT, self.index_name())
        if is_count(bounds[0], least=0) and is_count(bounds[2], least=1):
            self.counted.add(index)
        mark = LoopMark(key, bounds, finite, peels)
        self.origins[index] = mark
        direct = isinstance(sequence, RangeOf)

        def run() -> None:
            body(index if direct else self.element(sequence, index))

        place = self.node
        watched = {c: self.state.heap[c] for c in self.lists_of(iterable)}
        runs = direct and known(*bounds) and self.range_size(RangeOf(*bounds)) > 0
        name = ("others", key) if others else key
        settled = self.settle(name, mark, run, None, names, head, live, needs_broke, grows, runs, index)
        self.node = place
        growing_cells = [self.frame.variables.get(name) for name in grows]
        for changed in settled[3][0].finishes:
            cell = changed[0].key
            inside = changed[0].table is self.state.heap and cell in watched
            if inside and (isinstance(watched[cell], tuple) or cell in growing_cells):
                self.changes_its_list()
        inits, params, yields, slots, builder, exits, _ = settled
        if self.located:
            self.builder.loc = self.here()
        results = tuple(Value(p.type, p.name) for p in params)
        region = Region((index, *params), tuple(builder.ops), (*yields, *exits))
        self.builder.emit(
            For(start, stop, step, inits, region, results, bool(exits), self.builder.loc, backwards, None, snapshots)
        )
        self.finish(slots, results)

    def bound(self, value: Abstract) -> Atom:
        value = self.some(value, "a range of")
        arg = self.to_arg(value)
        if isinstance(arg, Pack):
            self.wrong("the bounds of a range have to be integers")
        if isinstance(value, View):
            return self.emit(self.prim("int"), arg)
        return arg

    def index_name(self) -> str | None:
        return None

    # -- while -----------------------------------------------------------------------------------------------------

    def while_loop(self, node: ast.While, key: Any, walrus: bool) -> None:
        first = self.node
        mark = LoopMark(key, (), True)

        def test() -> Atom:
            if walrus:
                return Literal(True)
            value = self.tested(node)
            self.node = node.test
            truth = self.truth(value)
            return Literal(truth) if isinstance(truth, bool) else truth

        def run() -> None:
            if not walrus:
                self.run_block(node.body)
                return
            truth = self.truth(self.evaluate_test(node.test))
            if truth is True:
                self.run_block(node.body)
                return

            def leave() -> None:
                self.state.write(self.frame.variables, "$break", TRUE)

            if truth is False:
                leave()
                return
            a, b = self.branch(lambda: self.run_block(node.body)), self.branch(leave)
            self.merge(truth, a, b, self.live_in(node))

        names = self.bound_in([node.test, *node.body])
        settled = self.settle(
            key, mark, run, test, names, self.live_in(node), self.frame.code.after_body(node), bool(node.orelse),
            growing(node.body),
        )  # fmt: skip
        inits, params, yields, slots, builder, exits, condition = settled
        assert condition is not None
        self.node = node
        fresh: dict[Value, Any] = {p: Value(p.type, p.name) for p in params}
        own = tuple(fresh[p] for p in params)
        ops = copy_ops(condition[0].ops, fresh)
        pred = fresh.get(condition[1], condition[1]) if isinstance(condition[1], Value) else condition[1]
        if self.located:
            self.builder.loc = self.here()
        results = tuple(Value(p.type, p.name) for p in params)
        cond = Region(own, ops, (pred,))
        region = Region(params, tuple(builder.ops), (*yields, *exits))
        self.builder.emit(While(inits, cond, region, results, bool(exits), self.builder.loc))
        self.finish(slots, results)
        self.node = first

    def tested(self, node: ast.While) -> Abstract:
        """The test of a loop, evaluated where nothing but a value can come of it."""
        return self.evaluate_test(node.test)





def unwrapped(iterable: Abstract) -> tuple[Abstract, int | None]:
    """What ``s2sad.checkpointed`` was given, also in ``enumerate`` and ``zip``, and how many states are to be kept."""
    match iterable:
        case Wrapped(kind="iter", parts=(part,), start=Known(value=snapshots)):
            return unwrapped(part)[0], snapshots
        case Wrapped(kind="enumerate" | "zip", parts=parts):
            found = [unwrapped(p) for p in parts]
            kept = [k for _, k in found if k is not None]
            if kept:
                return replace(iterable, parts=tuple(p for p, _ in found)), min(kept)
    return iterable, None






def growing(body: Sequence[ast.stmt]) -> frozenset[str]:
    """Names of lists that change their length in these statements."""
    out: set[str] = set()
    for statement in body:
        for n in ast.walk(statement):
            match n:
                case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=attr)) if attr in GROWS:
                    out.add(name)
    return frozenset(out)
