"""Which arrays the program can still get at where paths meet, other than by what the join binds anew.

After ``u, new = new, u`` in a loop the names stand for a storage that is one of the two arrays from before the loop.
Those two themselves are out of everybody's reach: the names that held them are bound anew, and nothing else ever held
them. So nobody can tell whether a store reaches them, and the loop need not carry what they would be. Such a storage is
*replaced* by the one that stands for it.

It is enough to be right nearly always: a store into what replaces an array makes the array stale, so that one which is
read after all, by a way that was overlooked here, is refused and never wrong.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

from s2sad.front.scope import Comprehension, reads
from s2sad.front.state import Changes, Frame
from s2sad.front.values import Attributes, Cell, Closure, Generator, Known, Lazy, Poison, Stale, View
from s2sad.ir.core import Value

if TYPE_CHECKING:
    from s2sad.front.joins import Joins
    from s2sad.front.planning import Plan

Place = tuple[int, Any]


class Reach:
    """The cells that can be reached where two paths meet.

    Parameters
    ----------
    machine : the interpreter, in the state from before the join.
    p : the plan of the join; None where no paths meet, and what can be got at now is asked for.
    bound : what each place that the join binds anew holds on either path; nothing at all where nobody reads it.
    live : the names of the present activation that are read afterwards; None: any.
    """

    def __init__(
        self, machine: Joins, p: Plan | None, bound: Mapping[Place, tuple[Any, ...]], live: frozenset[str] | None
    ) -> None:
        self.machine, self.p, self.bound, self.live = machine, p, bound, live
        self._cells: dict[Cell, None] | None = None

    def __contains__(self, cell: Cell) -> bool:
        if cell.inside or cell in self.machine.leaked or cell in self.machine.flushed or cell in self.machine.outside:
            return True
        if self._cells is None:
            self._cells = self._found()
        return cell in self._cells

    def _found(self) -> dict[Cell, None]:
        out = self._from(self._roots(), {})
        for held in self.bound.values():
            if held and self.p is not None:  # what is in one place on both paths may be left there
                one, other = (self._from([x], side.changes) for x, side in zip(held, (self.p.a, self.p.b), strict=True))
                out.update((cell, None) for cell in one if cell in other)
        return out

    def _roots(self) -> Iterator[Any]:
        machine = self.machine
        yield from machine.holding
        for frame in machine.frames:
            live = self.live if frame is machine.frame else needed(frame)
            yield from self._variables(frame, live)
            outer = frame.outer
            while outer is not None:
                if outer not in machine.frames:
                    yield outer
                outer = outer.outer

    def _variables(self, frame: Frame, live: frozenset[str] | None) -> Iterator[Any]:
        for name, value in frame.variables.items():
            if (id(frame.variables), name) not in self.bound and (live is None or name.startswith("$") or name in live):
                yield value

    def _from(self, roots: Iterable[Any], changes: Changes) -> dict[Cell, None]:
        """The cells that can be got at from here, contents as they are after these changes."""
        heap = self.machine.state.heap
        pending, seen, cells = list(roots), set[int](), dict[Cell, None]()
        while pending:
            value = pending.pop()
            if isinstance(value, Known | Value | Poison | Stale | ast.AST | str | int | float | None):
                continue
            if id(value) in seen:
                continue
            seen.add(id(value))
            match value:
                case View(root=root):
                    cells[root] = None
                case Attributes(record=record):
                    pending.append(record)
                case Cell():
                    cells[value] = None
                    pending.extend(value.parts)
                    if (id(heap), value) not in self.bound:
                        change = changes.get((id(heap), value))
                        pending.append(heap.get(value) if change is None else change.new)
                case Closure(frame=frame) | Generator(frame=frame):
                    pending.append(frame)
                    if isinstance(value, Closure):
                        pending += [value.defaults, value.kwdefaults]
                    else:
                        pending.append(value.first)
                case Lazy():
                    pending += [value.outer, value.variables, value.outcome]
                case Frame():
                    pending.extend(self._variables(value, None))
                    pending.append(value.outer)
                case dict():
                    pending.extend(value.values())
                case tuple() | list():
                    pending.extend(value)
                case _ if is_dataclass(value) and not isinstance(value, type):
                    pending.extend(getattr(value, f.name) for f in fields(value))
        return cells


def needed(frame: Frame) -> frozenset[str] | None:
    """The names that an activation may read once the call that it is in has ended; None where that is not plain."""
    statement = frame.statement
    if statement is None:
        return None
    after = frame.code.after(statement)
    match statement:
        case ast.Return(value=value) | ast.Expr(value=value) | ast.Assign(value=value) | ast.AnnAssign(value=value):
            return after | frame.code.captured | (reads(statement) - spent(value))
        case _:
            return None


def spent(value: ast.expr | None) -> frozenset[str]:
    """Names that only arguments of calls read, each call an argument of the one before: evaluated when it runs."""
    if value is None or any(isinstance(n, ast.Lambda | Comprehension) for n in ast.walk(value)):
        return frozenset()
    calls = [n for n in ast.walk(value) if isinstance(n, ast.Call)]  # the outermost first
    if not calls or any(inner not in set(ast.walk(outer)) for outer, inner in zip(calls, calls[1:], strict=False)):
        return frozenset()
    inside = list(ast.walk(calls[-1]))
    outside = {n.id for n in ast.walk(value) if isinstance(n, ast.Name) and n not in inside}
    return frozenset(n.id for n in inside if isinstance(n, ast.Name)) - outside


__all__ = ["Reach"]
