"""The ways in which reverse mode has a primal value in the adjoint sweep; ``residuals`` chooses among them."""

from __future__ import annotations

from dataclasses import dataclass

from s2sad.ir.core import Arg, Call, Value
from s2sad.prims import structure
from s2sad.transforms.rewind import Rewind
from s2sad.transforms.successors import HandedOn
from s2sad.transforms.sweep import Tape


@dataclass(frozen=True)
class Alive:
    """It is there."""


@dataclass(frozen=True)
class Recompute:
    """Run its operation again: where its region is mirrored, or once for all, before the loops, if it is invariant."""

    weight: int
    once: bool = False


@dataclass(frozen=True)
class Reread:
    """``source[index]`` still holds it."""

    source: Value
    index: Arg
    read: Call  # how it is read: with getitem or list_get


@dataclass(frozen=True)
class Lift:
    """Yield it from the branch."""


@dataclass(frozen=True)
class Rewound:
    """The rewound array holds it when the adjoint first asks; ``read`` is None where the whole array is asked for."""

    rewind: Rewind
    read: Call | None


Thread = Tape | Rewind  # what goes through the adjoint sweep from region to region
Decision = Alive | Recompute | Reread | Lift | Tape | Rewound | HandedOn
SHAPE_ONLY = (structure.zero_of, structure.dim, structure.shape, structure.list_len)
