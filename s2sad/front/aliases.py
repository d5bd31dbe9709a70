"""Names that are one array on some paths only: a store through one of them is seen through the others where it is.

After ``b = a if c else a.copy()`` a store into ``b`` is a store into ``a`` where ``c`` holds. So the storage that ``b``
is bound to has a ``Alias``: it *is* ``a`` where the predicate ``c`` holds; after ``row = A[i] if c else B[j]`` it is a
part of ``A``, or a part of ``B``. Links are made where paths meet (``relations``), they never change, and they are
complete: what may be one has a link. So a store needs to look at direct links only. It gives every linked storage a new
value, ``b if c else a``, of which the passes keep those that something reads.
"""

from __future__ import annotations

from collections.abc import Callable

from s2sad.front.storage import Storages, relate
from s2sad.front.values import Alias, Cell, Stale, Storage, View
from s2sad.ir.core import Atom, Literal, Value


def link(pred: Atom, cell: Storage, target: View) -> None:
    """From now on ``cell`` is known to be ``target`` where ``pred`` holds."""
    made = Alias(pred, target)
    cell.aliases.append(made)
    made.cell.aliased[cell] = None
    if made.whole:  # and the other way round
        made.cell.aliases.append(Alias(pred, View(cell, contiguous=cell.contiguous)))
        cell.aliased[made.cell] = None


class Aliases(Storages):
    """Keeping what is linked up to date."""

    def changed(self, cell: Cell) -> None:
        self.distrust(cell)
        if not isinstance(cell, Storage) or not (cell.aliased or cell.aliases):
            return
        heap = self.state.heap
        roots: list[Storage] = [cell]
        for each in tuple(cell.aliases):
            if each.cell in heap:
                self.store_where(each, self.content(cell))
                if each.cell not in roots:
                    roots.append(each.cell)
        direct = dict.fromkeys(roots)  # what these hold is complete: where two of them are one, both links say so
        for root in roots:
            if root is not cell:
                self.distrust(root)
            for part in tuple(root.aliased):
                if part is cell or part not in heap:
                    continue
                for each in tuple(part.aliases):
                    if each.cell is root and not (each.whole and part in direct):
                        self.read_where(part, each)

    def store_where(self, each: Alias, value: Value) -> None:
        """What the target of a link holds when the cell that has the link holds ``value``."""
        view = each.target
        if not isinstance(self.state.heap[view.root], Stale):
            self.written[view.root] = None
            self.exchange(each.pred, view.root, lambda: self.rooted(view, value))

    def read_where(self, cell: Cell, each: Alias) -> None:
        """What a cell holds now that the target of one of its links has changed."""
        if not isinstance(self.state.heap[cell], Stale):
            self.exchange(each.pred, cell, lambda: self.read(each.target))

    def exchange(self, pred: Atom, cell: Cell, make: Callable[[], Value]) -> None:
        old = self.content(cell)
        if isinstance(pred, Literal):
            new = make() if pred.value else old
        else:
            new = self.select(pred, make, lambda: old, Stale(self.here()))
        self.put(self.state.heap, cell, new)

    def distrust(self, cell: Cell) -> None:
        """What may share memory with this cell, nobody can say when, can no longer be read."""
        heap = self.state.heap
        self.outdate(cell)
        for other in cell.may:
            linked = (other, *(each.cell for each in other.aliases), *other.aliased)
            for each in linked:
                if each is not cell and each in heap and not isinstance(heap[each], Stale):
                    self.state.write(heap, each, Stale(self.here()))

    def outdate(self, cell: Cell) -> None:
        """What this cell has replaced, and what that had, is not kept up to date."""
        pending, seen = list(cell.replaced), dict.fromkeys(cell.replaced)
        while pending:
            old = pending.pop()
            self.written[old] = None
            if old in self.state.heap and not isinstance(self.state.heap[old], Stale):
                self.state.write(self.state.heap, old, Stale(self.here()))
            pending += (each for each in old.replaced if each not in seen)
            seen.update(old.replaced)

    def same_array(self, a: View, b: View) -> bool | Atom:
        """Whether two names stand for one array object; parts that are taken twice are two objects."""
        if a is b:
            return True
        if a.root is b.root and (a.parent is None or b.parent is None):
            return a.parent is b.parent
        one, other = a.root, b.root
        preds = [each.pred for each in one.aliases if each.cell is other and each.pred != Literal(False)]
        parts = any(each.cell is one for each in other.aliases) or bool(preds)
        if other not in one.may and one is not other:
            if not parts:
                return False
            if a.parent is None and b.parent is None and all(e.whole for e in (*one.aliases, *other.aliases) if e.cell in (one, other)):  # noqa: E501
                if not all(isinstance(p, Value) for p in preds):
                    return True
                found: Atom = preds[0]
                for pred in preds[1:]:
                    found = self.emit(self.prim("or_"), found, pred)
                return found
        self.refuse("whether these are one array depends on the path taken", instead="compare what they hold")

    def rebound_or_changed(self, old: Storage, new: Storage | None) -> None:
        """After in-place arithmetic on ``old``: an array changes and is ``new``, a number is left as it is.

        So of what was the same until now, nobody can say any more whether it has changed.
        """
        self.distrust(old)
        heap = self.state.heap
        same = dict.fromkeys(each.cell for each in old.aliases if each.pred != Literal(False))
        for cell in (old, *same, *old.aliased):
            if cell in heap and not isinstance(heap[cell], Stale):
                self.state.write(heap, cell, Stale(self.here()))
        if new is not None:
            new.scalar = True
            for cell in (old, *same):
                relate(new, cell)
