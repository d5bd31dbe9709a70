"""Rewinding arrays: each store saves the cells that it overwrites, and the adjoint puts them back as it goes.

An array that is stored into cell by cell and read as a whole would otherwise be taped whole at every step. Going back
through the stores, the adjoint has every earlier version of the array at hand in turn, at the cost of what was
overwritten. It is the array as it is when a value is first asked for that counts: if it is already further back by then
(``RewoundTooFar``), that value is taped.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from s2sad.analysis.places import CHAINED, Place, slots
from s2sad.ir.core import Apply, Call, For, If, Op, Value, While, values_of
from s2sad.ir.primitive import Primitive
from s2sad.ir.types import Array, List, Type, of
from s2sad.prims import structure

if TYPE_CHECKING:
    from s2sad.transforms.residuals import Planner


@dataclass(frozen=True, eq=False)
class Rewind:
    """An array that the adjoint takes back to its earlier versions, starting from ``final``.

    ``saved`` has for each store of it the cells that were there before (a value taped where the store stands).
    """

    final: Value
    saved: dict[Call, Value] = field(default_factory=dict)


def reader(store: Call) -> Primitive:
    """The primitive that reads the cells which ``store`` writes."""
    if isinstance(store.results[0].type, List):
        return structure.list_get
    return structure.getitem if structure.is_basic(store.args[1]) else structure.gather


def rewindable(planner: Planner, adjoint: Iterable[Op]) -> Iterator[tuple[Rewind, dict[Value, Call | None]]]:
    """Arrays that are cheaper to rewind than to tape what is read from them, with the values that this makes there.

    Cost is counted in cells: loops around, plus axes of what is kept each time; then how many such there are.
    """
    chains: dict[Value, dict[Value, Call | None]] = {}
    for tape in planner.tapes:
        read = planner.places.maker.get(tape.value)
        if isinstance(read, Call) and read.prim in (structure.getitem, structure.list_get, structure.gather):
            source = next(iter(values_of(read.args[0])), None)
        else:
            source, read = tape.value, None
        if source is not None and isinstance(source.type, Array | List):
            chains.setdefault(planner.dependence.chain(source), {})[tape.value] = read
    if not chains:
        return
    finals = {chain: final for chain in chains if (final := last_version(planner, chain)) is not None}
    current = Versions(planner, adjoint, finals)
    for chain, values in chains.items():
        stores = [
            op for op in planner.places.of_op
            if isinstance(op, Call) and op.prim in CHAINED and planner.dependence.chain(op.results[0]) is chain
        ]  # fmt: skip
        if chain not in finals or not stores or not all(op in current.marked for op in stores):
            continue
        if not one_array(planner, chain):
            continue
        right = {
            v: read for v, read in values.items()
            if current.at_first_use.get(v, {}).get(chain) is (v if read is None else read.args[0])
            and v not in planner.taped
        }  # fmt: skip
        if not right:
            continue
        saved = {op: Value(op_cells(op), f"{op.results[0].name or 'v'}_saved") for op in stores}
        tape_cost = cost(planner.places.home[v].depth + width(v.type) for v in right)
        save_cost = cost(planner.places.of_op[op].depth + width(v.type) for op, v in saved.items())
        if save_cost < tape_cost:
            yield Rewind(finals[chain], saved), right


def one_array(planner: Planner, chain: Value) -> bool:
    """Whether stores alone lead from each version to the next: undoing them then leads back to every one of them."""
    dependence = planner.dependence
    versions = (ops for v, ops in dependence.chained.items() if dependence.chain(v) is chain)
    if any(len(ops) > 1 and parts(planner, ops) for ops in versions):
        return False
    for op in planner.places.of_op:
        if isinstance(op, Call | Apply):
            continue
        for k, r in enumerate(op.results):
            if not isinstance(r.type, Array | List) or dependence.chain(r) is not chain:
                continue
            if isinstance(op, If):
                before = version_before(planner, op, chain)
                ends = op.then.yields[k], op.orelse.yields[k]
                if before is None or not all(dependence.descends(y, before) for y in ends):
                    return False
            elif not dependence.carries(op, k):
                return False
    return True


def parts(planner: Planner, ops: Iterable[Op]) -> bool:
    """Whether two operations make two further versions of one: not if only one of them happens."""
    sides = [{p.op: p.slot for p in planner.places.of_op[op].chain() if isinstance(p.op, If)} for op in ops]
    return any(
        all(other.get(branch, slot) == slot for branch, slot in one.items())
        for one, other in itertools.combinations(sides, 2)
    )


def last_version(planner: Planner, chain: Value) -> Value | None:
    """The version that the primal sweep ends with at the top level."""
    home, time = planner.places.home, planner.places.time
    top = [v for v in home if home[v].parent is None and isinstance(v.type, Array | List)]
    return max((v for v in top if planner.dependence.chain(v) is chain), key=lambda v: time[v], default=None)


def op_cells(store: Call) -> Type:
    """Type of the cells that a store overwrites."""
    array = store.results[0].type
    if isinstance(array, List):
        return structure.item_at(array, structure.index_items(store.args[1]))
    assert isinstance(array, Array)
    return of(array.dtype, structure.indexed_axes(array.axes, store.args[1]))


def structure_of(store: Call) -> Value:
    """The version of the array that a store was made to."""
    (array,) = values_of(store.args[0])
    return array


def width(t: Type) -> int:
    """Axes of a value: the power of the size that keeping it costs."""
    return t.rank if isinstance(t, Array) and t.rank is not None else 2 if isinstance(t, Array | List) else 0


def cost(powers: Iterable[int]) -> tuple[int, int]:
    """Order of magnitude first: the highest power of the size, and how many have it."""
    every = list(powers)
    return max(every), every.count(max(every))


def ended(planner: Planner, primal: Op, place: Place, now: dict[Value, Value]) -> dict[Value, Value]:
    """Versions at the start of a mirrored region: those that its primal region ended with."""
    chain = planner.dependence.chain
    yields = zip(primal.results, place.region.yields, strict=False)
    return now | {chain(r): y for r, y in yields if isinstance(y, Value)}


def begun(planner: Planner, primal: Op) -> dict[Value, Value]:
    """Versions after a mirrored operation: those that its primal started from."""
    chain = planner.dependence.chain
    match primal:
        case For(inits=inits) | While(inits=inits):
            return {chain(r): i for r, i in zip(primal.results, inits, strict=True) if isinstance(i, Value)}
        case If():
            before = {chain(r): version_before(planner, primal, chain(r)) for r in primal.results}
            return {c: v for c, v in before.items() if v is not None}
        case _:
            return {}


def version_before(planner: Planner, branch: If, chain: Value) -> Value | None:
    """The last version of a chain that was born before a branch, in its region or around it."""
    places = planner.places
    if not isinstance(chain.type, Array | List):
        return None
    for place in places.of_op[branch].chain():
        versions = planner.versions.get((chain, place), ())
        earlier = [v for v in versions if places.time[v] < places.order[branch]]
        if earlier:
            return max(earlier, key=lambda v: places.time[v])
    return None


def versions_by_place(planner: Planner) -> dict[tuple[Value, Place], list[Value]]:
    """The versions of each array, by its chain and the region that they are born in."""
    out: dict[tuple[Value, Place], list[Value]] = {}
    for v, home in planner.places.home.items():
        if isinstance(v.type, Array | List):
            out.setdefault((planner.dependence.chain(v), home), []).append(v)
    return out


class RewoundTooFar(Exception):
    """A rewound array has gone past the version that holds this value: it has to be taped."""

    def __init__(self, value: Value) -> None:
        self.value = value


class Versions:
    """Walks an adjoint and notes which version of each array a rewinding is at where a value is first asked for."""

    def __init__(self, planner: Planner, adjoint: Iterable[Op], finals: dict[Value, Value]) -> None:
        self.planner = planner
        self.at_first_use: dict[Value, dict[Value, Value]] = {}
        self.marked: set[Op] = set()
        self.seen: set[Value] = set()
        self.walk(tuple(adjoint), planner.places.root, dict(finals))

    def walk(self, ops: tuple[Op, ...], place: Place, now: dict[Value, Value]) -> None:
        planner = self.planner
        inside = set(place.chain())
        for op in ops:
            if isinstance(op, Call) and op.prim is structure.undo:
                (result,) = values_of(*op.args)
                store = planner.places.maker.get(result)
                if isinstance(store, Call):
                    now[planner.dependence.chain(result)] = structure_of(store)
                    self.marked.add(store)
                continue
            for v in planner.needs([op]):
                if v not in self.seen and planner.places.home[v] in inside:
                    self.seen.add(v)
                    self.at_first_use[v] = dict(now)
            primal = planner.mirrored(op)
            if primal is None:
                continue
            for slot, region in slots(op):
                inner = planner.places.inside[primal, slot]
                self.walk(region.ops, inner, ended(planner, primal, inner, now))
            now.update(begun(planner, primal))
