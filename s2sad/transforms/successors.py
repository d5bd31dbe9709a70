"""States that a loop hands on from turn to turn: kept once, where the adjoint reads them before and after a turn.

Of ``x = np.tanh(A @ x)`` the adjoint wants both the old x (for A) and the new one (for the slope of tanh). The new x of
a turn is the old x of the next. So one tape will do: the mirrored loop starts with the last x in hand, and what it pops
in a turn it hands on to the turn before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from s2sad.ir.core import For, Op, Value, While
from s2sad.transforms.sweep import Tape

if TYPE_CHECKING:
    from s2sad.transforms.residuals import Planner


@dataclass(frozen=True)
class Successor:
    """What a loop makes of ``before`` in a turn, and has as ``last`` at its end."""

    before: Value
    after: Value
    last: Value


@dataclass(frozen=True)
class HandedOn:
    """The mirrored loop has it in hand (see ``AdjointWriter.loop``)."""


def handed_on(planner: Planner) -> Mapping[Op, list[Successor]]:
    """Take the second of two tapes of one state away, loop by loop; inner loops come before those around them."""
    found: dict[Op, list[Successor]] = {}
    decisions = planner.decisions
    for op in reversed(list(planner.places.of_op)):
        if not isinstance(op, For | While):
            continue
        place = planner.places.inside[op, "body"]
        params = op.body.params[1:] if isinstance(op, For) else op.body.params
        states = zip(params, op.body.yields[: len(params)], op.results, strict=True)  # behind them: whether to leave
        for before, after, last in states:
            if not isinstance(after, Value) or planner.places.home[after] is not place or before is after:
                continue
            if not isinstance(decisions.get(after), Tape) or not isinstance(decisions.get(before), Tape | HandedOn):
                continue
            if before.type == after.type == last.type:
                decisions[after] = HandedOn()
                planner.tapes = [t for t in planner.tapes if t.value is not after]
                planner.decide(last)
                found.setdefault(op, []).append(Successor(before, after, last))
    return found
