"""Two programs out of one: what does not hang on some values first, and then what does.

A loop becomes two. What the second reads of the first is put into lists, one item for each iteration, and read from
there in the same order. So a tangent becomes a linear map that can be applied again and again, without the function
(partial evaluation: Radul et al., "You Only Linearize Once", POPL 2023).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from s2sad.ir.build import Builder
from s2sad.ir.core import UNDEFINED, Apply, Arg, Atom, Call, For, If, Literal, Op, Pack, Region, Value, While, values_of
from s2sad.ir.types import INT, List
from s2sad.ir.walk import reads, substitute
from s2sad.prims import structure
from s2sad.prims.python import add
from s2sad.transforms.names import called
from s2sad.transforms.rules import filler

T = TypeVar("T")


class Entangled(Exception):
    """A call of a function whose results hang on the values only in part."""


@dataclass(frozen=True)
class Halves:
    """Operations that do not hang on the values, and those that do."""

    known: list[Op]
    rest: list[Op]


def unzip(ops: Sequence[Op], hang: set[Value]) -> Halves:
    """The operations cut in two. ``hang`` are all values, in nested regions too, that hang on the chosen ones.

    Raises
    ------
    Entangled : a recursive function gives what hangs on them together with what does not.
    """
    halves = cut(ops, hang, [v for v in uncertain(ops) if v not in hang])
    read = {v for op in halves.rest for v in reads(op)}
    again, stands = made_again(halves.known, read)
    return Halves(halves.known, [*again, *(substitute(op, stands) for op in halves.rest)])


def cut(ops: Iterable[Op], hang: set[Value], unsure: list[Value]) -> Halves:
    """The same for one region; ``unsure`` are values that some path leaves undefined."""
    out = Halves([], [])
    for op in ops:
        if hang.isdisjoint(op.results):
            out.known.append(op)
            continue
        match op:
            case Call():
                out.rest.append(op)
            case If():
                branch(op, hang, unsure, out)
            case For() | While():
                loop(op, hang, unsure, out)
            case Apply():
                raise Entangled
    return out


def branch(op: If, hang: set[Value], unsure: list[Value], out: Halves) -> None:
    """Two choices by one condition. What the second reads of a side of the first is a result of the first, and so is
    what has a value for certain only where that side is taken.
    """
    plain = [k for k, r in enumerate(op.results) if r not in hang]
    moved = [k for k, r in enumerate(op.results) if r in hang]
    sides = [(region, cut(region.ops, hang, unsure)) for region in (op.then, op.orelse)]
    asked = [needed(half.rest, picked(region.yields, moved), [*unsure, *born(half.known)]) for region, half in sides]
    asked = [list(dict.fromkeys(side)) for side in asked]
    again = [made_again(half.known, side) for (_, half), side in zip(sides, asked, strict=True)]
    asked = [[v for v in side if v not in made] for side, (_, made) in zip(asked, again, strict=True)]
    stands: dict[Value, Arg] = {v: Value(v.type, v.name) for side in asked for v in side}
    known: list[Region] = []
    rest: list[Region] = []
    for k, (region, half) in enumerate(sides):
        builder = Builder(half.known)
        given: list[Atom] = []
        for j, side in enumerate(asked):
            given += side if j == k else [filler(builder, v.type) for v in side]
        known.append(Region((), tuple(builder.ops), (*picked(region.yields, plain), *given)))
        made, places = again[k]
        inner = (*made, *(substitute(o, stands | places) for o in half.rest))
        rest.append(Region((), inner, swapped(picked(region.yields, moved), stands | places)))
    results = (*picked(op.results, plain), *values_of(*stands.values()))
    out.known.append(replace(op, then=known[0], orelse=known[1], results=results))
    out.rest.append(replace(op, then=rest[0], orelse=rest[1], results=tuple(picked(op.results, moved))))


def loop(op: For | While, hang: set[Value], unsure: list[Value], out: Halves) -> None:
    """Two loops. What the second reads of an iteration of the first is in lists."""
    first = 1 if isinstance(op, For) else 0
    params, own = op.body.params[first:], op.body.params[:first]
    plain = [k for k, r in enumerate(op.results) if r not in hang]
    moved = [k for k, r in enumerate(op.results) if r in hang]
    half = cut(op.body.ops, hang, unsure)
    yields = picked(op.body.yields, moved)
    inside = (*own, *picked(params, plain), *born(half.known))
    asked = needed(half.rest, yields, inside)
    counted = isinstance(op, For) and not op.exits
    simple = isinstance(op, For) and counted and not op.backwards and (op.start, op.step) == (Literal(0), Literal(1))
    index = Value(INT, own[0].name if own else "k")
    stands: dict[Value, Arg] = {}
    if simple or counted and not set(asked) - set(own):
        asked = [v for v in asked if v not in own]
        stands.update(dict.fromkeys(own, index))

    made, places = made_again(half.known, asked)
    asked = [v for v in asked if v not in places]
    stands |= places

    # what is known, with a list for each value that is asked for
    builder = Builder(half.known)
    makers = {r: o for o in half.known for r in o.results}
    lists = [Value(List(v.type), f"{called(v, makers.get(v))}_tape") for v in asked]
    count = not counted and not asked
    inits, entering = list(picked(op.inits, plain)), list(picked(params, plain))
    given, ends = list(picked(op.body.yields, plain)), list(picked(op.results, plain))
    for v, name in zip(asked, lists, strict=True):
        empty, within, after = (Value(name.type, name.name) for _ in range(3))
        out.known.append(Call(structure.list_new, (), (empty,)))
        builder.emit(Call(structure.list_append, (within, v), (after,)))
        inits.append(empty)
        entering.append(within)
        given.append(after)
        ends.append(name)
    steps = Value(INT, "steps")
    if count:
        within = Value(INT, "steps")
        entering.append(within)
        inits.append(Literal(0))
        given.append(builder.call(add, within, 1))
        ends.append(steps)
    body = Region((*own, *entering), tuple(builder.ops), (*given, *op.body.yields[len(op.inits) :]))
    if isinstance(op, While):
        condition = [*picked(op.cond.params, plain), *(Value(v.type, v.name) for v in entering[len(plain) :])]
        cond = replace(op.cond, params=tuple(condition))
        out.known.append(replace(op, inits=tuple(inits), cond=cond, body=body, results=tuple(ends)))
    else:
        out.known.append(replace(op, inits=tuple(inits), body=body, results=tuple(ends)))

    # the rest, which reads the lists
    start: Atom = Literal(0)
    step: Atom = Literal(1)
    outer, inner = Builder(), Builder()
    same = simple or counted and not asked
    if isinstance(op, For) and same:
        start, stop, step = op.start, op.stop, op.step
    else:
        stop = steps if count else outer.call(structure.list_len, lists[0])
    for v, items in zip(asked, lists, strict=True):
        item = Value(v.type, v.name)
        inner.emit(Call(structure.list_get, (items, index), (item,)))
        stands[v] = item
    out.rest.extend(outer.ops)
    out.rest.append(
        For(
            start, stop, step, tuple(picked(op.inits, moved)),
            Region(
                (index, *picked(params, moved)),
                (*made, *inner.ops, *(substitute(o, stands) for o in half.rest)),
                swapped(yields, stands),
            ),
            tuple(picked(op.results, moved)), loc=op.loc, backwards=same and isinstance(op, For) and op.backwards,
        )
    )  # fmt: skip


def made_again(known: Iterable[Op], asked: Iterable[Value]) -> tuple[list[Op], dict[Value, Arg]]:
    """What is asked for and made of nothing (an empty list, zeros): the second half makes its own."""
    again: list[Op] = []
    stands: dict[Value, Arg] = {}
    wanted = set(asked)
    for op in known:
        if not isinstance(op, Call) or op.prim.effect or op.prim.cost == "costly" or wanted.isdisjoint(op.results):
            continue
        if any(values_of(*op.args, *(v for _, v in op.kwargs))):
            continue
        results = tuple(Value(r.type, r.name) for r in op.results)
        again.append(replace(op, results=results))
        stands.update(zip(op.results, results, strict=True))
    return again, stands


def uncertain(ops: Iterable[Op]) -> dict[Value, None]:
    """Values that some path leaves undefined, in nested regions too, in order of their birth."""
    out: dict[Value, None] = {}

    def may_lack(a: Atom) -> bool:
        return a in out if isinstance(a, Value) else a == Literal(UNDEFINED)

    def visit(ops: Iterable[Op]) -> None:
        for op in ops:
            match op:
                case If():
                    visit(op.then.ops)
                    visit(op.orelse.ops)
                    for r, a, b in zip(op.results, op.then.yields, op.orelse.yields, strict=True):
                        if may_lack(a) or may_lack(b):
                            out[r] = None
                case For() | While():
                    params = op.body.params[1 if isinstance(op, For) else 0 :]
                    before = -1
                    while before < len(out):
                        before = len(out)
                        for k, init in enumerate(op.inits):
                            if may_lack(init) or may_lack(op.body.yields[k]):
                                out.update(dict.fromkeys((params[k], op.results[k])))
                        visit(op.body.ops)
                case _:
                    pass

    visit(ops)
    return out


def needed(ops: Iterable[Op], yields: Iterable[Atom], inside: Iterable[Value]) -> list[Value]:
    """Those of the values inside that the operations read, or that are yielded, in order of their birth."""
    read = {v for op in ops for v in reads(op)} | set(values_of(*yields))
    return [v for v in inside if v in read]


def born(ops: Iterable[Op]) -> list[Value]:
    return [r for op in ops for r in op.results]


def picked(items: Sequence[T], places: Iterable[int]) -> tuple[T, ...]:
    return tuple(items[k] for k in places)


def swapped(atoms: Iterable[Atom], stands: dict[Value, Arg]) -> tuple[Atom, ...]:
    out = tuple(stands.get(a, a) if isinstance(a, Value) else a for a in atoms)
    assert not any(isinstance(a, Pack) for a in out)
    return out  # type: ignore[return-value]
