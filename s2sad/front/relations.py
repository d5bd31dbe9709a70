"""What the storages that a join makes are to each other, and to those from before: the links of ``aliases``.

A join makes a storage for each pair of arrays that a name is bound to, on one path and on the other. Two such storages
``(a, b)`` and ``(c, d)`` are one array where the first path was taken and ``a`` is ``c``, or the second and ``b`` is
``d``. Whether ``a`` is ``c`` may itself hang on a predicate, so the answer is one of two predicates, as the path says:
a slot of the join like any other. At the head of a loop the two paths are the way in and the way back, and the slot is
a flag that the loop carries.

An array that only one path knows, of which names hold parts, is carried along as a storage of its own (``bases``), so
that a store into one part is seen in the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from s2sad.front.aliases import link
from s2sad.front.state import ABSENT
from s2sad.front.values import UNBOUND, Cell, Known, Storage, Undefined, View
from s2sad.ir.core import Arg, Atom, Literal, Pack, Value

if TYPE_CHECKING:
    from s2sad.front.joins import Joins
    from s2sad.front.planning import Plan, Side

NEVER, ALWAYS = Literal(False), Literal(True)


def chain(view: View) -> list[View]:
    """The steps of a view, the outermost array first."""
    steps = []
    step: View | None = view
    while step is not None and step.parent is not None:
        steps.append(step)
        step = step.parent
    return steps[::-1]


def on(base: View, steps: list[View]) -> View:
    """The same steps, taken from another array."""
    out = base
    for s in steps:
        out = View(base.root, out, s.prim, s.args, s.kwargs, s.contiguous, s.name)
    return out


def whole(cell: Cell) -> View | Cell:
    return View(cell, contiguous=cell.contiguous) if isinstance(cell, Storage) else cell


def root_of(leaf: View | Cell) -> Cell:
    return leaf.root if isinstance(leaf, View) else leaf


def moved(leaf: View | Cell, target: View | Cell) -> View | Cell:
    """``leaf`` as a part of ``target``, which its root is."""
    return on(target, chain(leaf)) if isinstance(leaf, View) and isinstance(target, View) else target


# -- views that differ in their indices only -----------------------------------------------------------------------


def alike(a: Arg, b: Arg) -> bool:
    """Whether two arguments of a step are the same, numbers in them aside."""
    if isinstance(a, Pack) and isinstance(b, Pack):
        return a.kind == b.kind and len(a.items) == len(b.items) and all(map(alike, a.items, b.items))
    if a is b or (isinstance(a, Literal) and isinstance(b, Literal) and a == b):
        return True
    return is_index(a) and is_index(b)


def is_index(a: Arg) -> bool:
    if isinstance(a, Literal):
        return type(a.value) is int
    return isinstance(a, Value) and str(a.type) == "i64"


def same_steps(a: View, b: View) -> bool:
    """Whether two views take the same steps, up to the numbers in their indices."""
    x, y = chain(a), chain(b)
    if len(x) != len(y):
        return False
    for s, t in zip(x, y, strict=True):
        if s.prim is not t.prim or len(s.args) != len(t.args) or not all(map(alike, s.args, t.args)):
            return False
        if s.kwargs != t.kwargs and not (dict(s.kwargs).keys() == dict(t.kwargs).keys() and all(alike(v, dict(t.kwargs)[k]) for k, v in s.kwargs)):  # noqa: E501
            return False
    return True


def merged(p: Plan, a: View | None, b: View | None, base: View | None = None) -> Callable[[], View]:
    """One view for two that differ in their numbers only, or for one that only one path knows."""
    given = a if a is not None else b
    assert given is not None
    steps = chain(given)
    others = chain(b) if a is not None and b is not None else [None] * len(steps)
    parts = []
    for s, t in zip(steps, others, strict=True):
        args = [argument(p, x, y, a, b) for x, y in pairwise(s.args, None if t is None else t.args)]
        values = pairwise(tuple(v for _, v in s.kwargs), None if t is None else tuple(v for _, v in t.kwargs))
        kwargs = [argument(p, x, y, a, b) for x, y in values]
        parts.append((s, t, args, kwargs))

    def finish() -> View:
        out = base if base is not None else View(given.root, contiguous=outermost(given).contiguous)
        for s, t, args, kwargs in parts:
            layout = s.contiguous if t is None or t.contiguous == s.contiguous else None
            named = tuple((k, f()) for (k, _), f in zip(s.kwargs, kwargs, strict=True))
            out = View(out.root, out, s.prim, tuple(f() for f in args), named, layout, s.name)
        return out

    return finish


def outermost(view: View) -> View:
    while view.parent is not None:
        view = view.parent
    return view


def pairwise(x: tuple[Arg, ...], y: tuple[Arg, ...] | None) -> Iterator[tuple[Arg, Arg | None]]:
    yield from zip(x, [None] * len(x) if y is None else y, strict=True)


def argument(p: Plan, x: Arg, y: Arg | None, a: View | None, b: View | None) -> Callable[[], Arg]:
    if isinstance(x, Pack):
        items = y.items if isinstance(y, Pack) else [None] * len(x.items)
        parts = [argument(p, i, j, a, b) for i, j in zip(x.items, items, strict=True)]
        return lambda: Pack(x.kind, tuple(f() for f in parts), x.keys, x.cls)
    if y is None:
        side = p.a if a is not None else p.b
        if not isinstance(x, Value) or not side.bears(x):
            return lambda: x
        other = Known(0) if is_index(x) else UNBOUND  # any number will do where the link does not hold
        finish = p.slot(x, other, x.name) if a is not None else p.slot(other, x, x.name)
        return lambda: finish().value
    if x is y or (isinstance(x, Literal) and x == y):
        return lambda: x
    assert not isinstance(y, Pack)
    slot = p.slot(leaf(x), leaf(y), getattr(x, "name", None) or getattr(y, "name", None))
    return lambda: slot().value


def leaf(x: Atom) -> Any:
    return Known(x.value) if isinstance(x, Literal) else x


# -- links ---------------------------------------------------------------------------------------------------------


def plan_links(machine: Joins, p: Plan) -> None:
    """Plan the links of the storages that were planned since the last time."""
    if not any(isinstance(x, View) for pair in p.fresh() for x in (pair.a, pair.b)):
        p.related = len(p.pairs)
        return
    bases(machine, p)
    before = p.related
    made = list(p.pairs.values())
    p.related = len(made)
    found: dict[Any, list[Any]] = {}
    for first, side in ((True, p.a), (False, p.b))[: 1 if p.blind else 2]:
        held: dict[Cell, list[int]] = {}
        for k, pair in enumerate(made):
            x = pair.a if first else pair.b
            if isinstance(x, View) and x.parent is None:
                held.setdefault(root_of(x), []).append(k)
        for k, pair in enumerate(made):
            x = pair.a if first else pair.b
            if not isinstance(x, View):
                continue
            for pred, target in targets(x, side):
                root, part = root_of(target), isinstance(target, View) and target.parent is not None
                if root in p.heap and k >= before and p.reaches(made[k], root):
                    enter(found, first, k, root, pred, target)
                for other in held.get(root, ()):
                    if other != k and max(k, other) >= before:
                        one, two = (k, other) if part else (max(k, other), min(k, other))
                        enter(found, first, one, two, pred, target)
            if k >= before and k in held.get(root_of(x), ()):
                for z in root_of(x).aliased:  # what is a part of this array is a part of what stands for it
                    for each in z.aliases if z in p.heap else ():
                        if each.cell is root_of(x) and not each.whole:
                            enter(found, first, z, k, each.pred, each.target)
    for k, other, *rest in in_order(p, found):
        a, b, x, y = found[k, other, *rest]
        target = made[other].cell if isinstance(other, int) else other
        p.links.append((made[k].cell if isinstance(k, int) else k, predicate(p, a, b), aimed(p, target, x, y)))


def in_order(p: Plan, found: Iterable[Any]) -> list[Any]:
    """The links in an order that does not hang on how they were found: each pass over a loop has to see the same."""
    outer = {end for key in found for end in key[:2] if isinstance(end, Cell)}
    place = {cell: k for k, cell in enumerate(p.heap) if cell in outer} if outer else {}

    def rank(end: int | Cell) -> tuple[int, int]:
        return (1, place[end]) if isinstance(end, Cell) else (0, end)

    def order(key: Any) -> Any:
        k, other, steps, n = key
        return rank(k), rank(other), steps, n

    return sorted(found, key=order)


def targets(x: View | Cell, side: Side) -> Iterator[tuple[Atom, View | Cell]]:
    """All that an array is on this path: itself, and what its storage is linked to."""
    yield ALWAYS, x
    for each in root_of(x).aliases:
        if each.pred != NEVER:
            yield each.pred, moved(x, each.target)


def enter(found: dict[Any, list[Any]], first: bool, k: int | Cell, other: Any, pred: Atom, target: View | Cell) -> None:
    """Note what one path says of a pair; the two paths speak of one link where their views take the same steps."""
    steps = chain(target) if isinstance(target, View) else []
    for n in range(1000):
        key = k, other, tuple(s.prim.name for s in steps if s.prim is not None), n
        held = found.setdefault(key, [NEVER, NEVER, None, None])
        mine, theirs = (2, 3) if first else (3, 2)
        if held[mine] is not None:
            if held[mine - 2] == pred and same_exactly(held[mine], target):
                return
            continue
        if held[theirs] is not None and isinstance(target, View) and not same_steps(held[theirs], target):
            continue
        held[mine - 2], held[mine] = pred, target
        return


def same_exactly(x: View | Cell, y: View | Cell) -> bool:
    if not isinstance(x, View) or not isinstance(y, View):
        return True
    return all(s.args == t.args and s.kwargs == t.kwargs for s, t in zip(chain(x), chain(y), strict=True))


def predicate(p: Plan, a: Atom, b: Atom) -> Callable[[], Atom]:
    if a is b and isinstance(a, Value) and not p.a.bears(a) and not p.b.bears(a):
        return lambda: a
    if p.a.dead:
        a = b if isinstance(b, Literal) else a
    if p.b.dead:
        b = a if isinstance(a, Literal) else b
    if isinstance(a, Literal) and a == b:
        return lambda: a
    slot = p.slot(leaf(a), leaf(b), None, flag=True)
    return lambda: slot().value


def aimed(p: Plan, cell: Cell, a: View | Cell | None, b: View | Cell | None) -> Callable[[], View | Cell]:
    """The target of a link, as it is after the join."""
    base = whole(cell)
    if not isinstance(base, View):
        return lambda: base
    return merged(p, a if isinstance(a, View) else None, b if isinstance(b, View) else None, base)


def bases(machine: Joins, p: Plan) -> None:
    """Arrays that one path only knows, and of which more than one name holds a part."""
    for first, side in ((True, p.a), (False, p.b))[: 1 if p.blind else 2]:
        users: dict[Cell, dict[int, None]] = {}
        direct: dict[Cell, None] = {}
        for k, pair in enumerate(p.pairs.values()):
            x = pair.a if first else pair.b
            if not isinstance(x, View):
                continue
            for target, own in ((x, True), *((moved(x, each.target), not each.whole) for each in x.root.aliases)):
                cell = root_of(target)
                if isinstance(target, View) and target.parent is not None and origins(p, target) is None:
                    users.setdefault(cell, {})[k] = None
                    if own:
                        direct[cell] = None
        for cell in direct:
            known = p.content(cell, side) is not ABSENT and p.typed(cell)
            if len(users[cell]) > 1 and known and isinstance(cell, Storage) and not p.stands_for(cell, first):
                view = View(cell, contiguous=cell.contiguous)
                machine.plan_storage(p, view if first else UNBOUND, UNBOUND if first else view, None)


def origins(p: Plan, x: Any) -> frozenset[Storage] | None:
    """The storages from before the join that an array is always one of; None where it may be another one."""
    if not isinstance(x, View):
        return frozenset()
    if x.root in p.heap:
        return frozenset((x.root,))
    known = x.root.among
    return known if known is not None and all(cell in p.heap for cell in known) else None


def make_links(p: Plan, made: list[Cell], count: int | None = None) -> None:
    """The join is made, its slots have values: link its storages (those of the first ``count`` links)."""
    for cell, pred, target in p.links[:count]:
        at, aim = pred(), target()
        if at != NEVER and isinstance(cell, Storage) and isinstance(aim, View):
            link(at, cell, aim)
    made.extend(pair.cell for pair in p.pairs.values())


def forget(cells: list[Cell]) -> None:
    """These cells belong to a pass over a loop that is not the last one."""
    gone = dict.fromkeys(cells)
    touched = {other: None for cell in gone for other in (*(each.cell for each in cell.aliases), *cell.aliased)}
    for other in touched:
        if other not in gone:
            other.aliased = {cell: None for cell in other.aliased if cell not in gone}
            other.aliases = [each for each in other.aliases if each.cell not in gone]


def relations(p: Plan) -> dict[Cell, dict[Cell, None]]:
    """What the storages of a plan may share memory with, nobody can say when: others of it, and those before it."""
    made = list(p.pairs.values())
    out: dict[Cell, dict[Cell, None]] = {pair.cell: {} for pair in made}
    for first in (True, False):
        sides = [(pair.cell, pair.a if first else pair.b) for pair in made]
        roots = {cell: root_of(x) for cell, x in sides if not isinstance(x, Undefined)}
        holders: dict[Cell, list[Cell]] = {}
        for cell, root in roots.items():
            holders.setdefault(root, []).append(cell)
        for cell, root in roots.items():
            for other in root.may if isinstance(root, Storage) else (root, *root.may):
                if other in p.heap:
                    out[cell][other] = None
                for each in holders.get(other, ()):
                    if each is not cell:
                        out[cell][each] = out[each][cell] = None
    return out


__all__ = ["forget", "make_links", "merged", "origins", "plan_links", "relations", "root_of", "same_steps", "whole"]
