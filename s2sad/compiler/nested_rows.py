"""``vmap`` of a function that changes something outside of itself, in a function that is traced: a loop over the rows.

What a row finds outside is what the rows before it have left there, so they are taken one after the other. The loop is
a plain Python function, traced where the call stands, so that it follows what it changes as any loop does.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from s2sad.compiler.axes import Axes, of_leaves
from s2sad.front.calls import Calls
from s2sad.front.values import Abstract, Known, TupleOf, View
from s2sad.ir.core import Arg, Atom, Literal, Value, atoms_of
from s2sad.ir.types import Array, Scalar
from s2sad.ir.walk import map_arg


def in_turn(row, together, count):
    """What every row gives, one after the other."""
    rows = []
    for k in range(count):
        rows.append(row(k))
    return together(rows)


def row_along(x, k, axis):
    """One row of an array."""
    return np.moveaxis(x, axis, 0)[k] if axis else x[k]


def column(rows, leaf, axis):
    """What all rows give in one place of their results."""
    return np.stack([row[leaf] for row in rows], axis=axis)


def only(rows, axis):
    """The same, of results that are one number or array."""
    return np.stack(rows, axis=axis)


@dataclass(eq=False)
class Rows:
    """The calls of a mapped function: ``call`` gives the result for the row with a number, ``shape`` its structure."""

    call: Callable[[Abstract], Abstract]
    shape: Arg = field(default_factory=lambda: Literal(None))

    def __s2sad_call__(self, machine: Calls, args: Sequence[Abstract], kwargs: Any) -> Abstract:
        self.shape = machine.to_arg(self.call(args[0]))
        leaves = [machine.lift(a) for a in atoms_of(self.shape) if is_number(a)]
        return leaves[0] if len(leaves) == 1 else TupleOf(tuple(leaves))


@dataclass(eq=False)
class Together:
    """The results of all rows in the structure of one, along the axes that were asked for."""

    rows: Rows
    out_axes: Axes

    def __s2sad_call__(self, machine: Calls, args: Sequence[Abstract], kwargs: Any) -> Abstract:
        shape = self.rows.shape
        axes = [axis for _, _, axis in of_leaves(self.out_axes, shape, "result", "out_axes")]
        numbers = [a for a in atoms_of(shape) if is_number(a)]
        made: list[Arg] = []
        place = -1
        for atom, axis in zip(atoms_of(shape), axes, strict=True):
            if not is_number(atom):
                made.append(atom)
                continue
            if axis is None:
                machine.wrong(
                    "out_axes is None for a result of a function that changes something outside of itself",
                    instead="give it an axis",
                )
            place += 1
            where = Known(axis)
            if len(numbers) == 1:
                made.append(machine.to_arg(machine.call(Known(only), (args[0], where))))
            else:
                made.append(machine.to_arg(machine.call(Known(column), (args[0], Known(place), where))))
        parts = iter(made)
        return machine.lift(map_arg(shape, lambda a: next(parts)))


def is_number(atom: Atom) -> bool:
    """Whether a leaf of a result holds numbers."""
    return isinstance(atom.type, Scalar | Array) and (isinstance(atom, Value) or not isinstance(atom.value, str))


def rows_in_turn(machine: Calls, call: Callable[[Abstract], Abstract], count: Atom, out_axes: Axes) -> Abstract:
    """The results of all rows; ``call`` gives that of the row with an abstract number."""
    rows = Rows(call)
    length = Known(count.value) if isinstance(count, Literal) else machine.lift(count)
    return machine.call(Known(in_turn), (Known(rows), Known(Together(rows, out_axes)), length))


def row_at(machine: Calls, value: Abstract, k: Abstract, axis: int) -> Abstract:
    """One row of an array that is traced; what is stored into it, nobody else sees."""
    row = machine.call(Known(row_along), (value, k, Known(axis)))
    content = machine.read(row) if isinstance(row, View) else None
    return machine.array(content, None) if isinstance(content, Value) else row


__all__ = ["row_at", "rows_in_turn"]
