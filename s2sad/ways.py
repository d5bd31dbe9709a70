"""Whole Jacobians and Hessians in the cheapest way: one full sweep, or a few of groups of columns or rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from s2sad import pytrees
from s2sad.analysis.cost import Cost, cost
from s2sad.api import Derivative
from s2sad.compiler.pipeline import JACOBIANS, Compiled, Mode, Transform
from s2sad.compressed import SWEEPS, Compressed, sampled
from s2sad.errors import Error
from s2sad.sparsity.pattern import TooFull
from s2sad.views.highlight import Source

F = Callable[..., Any]

COMPRESSED = "compressed"
REMEMBERED = 1024  # sizes for which the way is remembered
NAMES = {"jacfwd": "forward", "jacrev": "reverse", "hessian": "forward over reverse", COMPRESSED: COMPRESSED}


class Jacobian(Derivative):
    """A Jacobian or Hessian in the way that takes the fewest operations for the sizes of the arguments.

    ``jacobian`` chooses between the full sweeps in both modes, too; the others have the mode that their name says.
    """

    def __init__(self, primal: F, transform: Transform) -> None:
        super().__init__(primal, transform)
        modes: tuple[Mode, ...] = JACOBIANS if transform.mode == "jacobian" else (transform.mode,)
        self._modes = {mode: Derivative(primal, replace(transform, mode=mode)) for mode in modes}
        self._latest: Derivative | Compressed | None = None
        self._counted: Counts | None = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if len(self._modes) == 1 and not has_many((*args, *kwargs.values())):
            self._latest = self._counted = None
            return super().__call__(*args, **kwargs)
        key = _sizes((args, kwargs))
        found = self.dispatcher.found.get(key)
        if found is None:
            if len(self.dispatcher.found) >= REMEMBERED:
                self.dispatcher.found.clear()
            found = self.dispatcher.found[key] = self._counts(args, kwargs)
        self._counted = found
        for way in found.ways:
            self._latest = self._compressed if way == COMPRESSED else self._modes[way]
            try:
                return self._latest(*args, **kwargs)
            except TooFull:  # what it reads besides its arguments is another than when it was counted
                continue
        raise AssertionError("a full sweep comes last")

    @property
    def _compressed(self) -> Compressed:
        """The way by groups of columns or rows, with the patterns that were found."""
        found: Compressed | None = self.dispatcher.found.get(COMPRESSED)
        if found is None:
            found = self.dispatcher.found[COMPRESSED] = Compressed(self.primal, self.transform)
        return found

    def explain(self, *args: Any, **kwargs: Any) -> Counts:
        """What each way costs for arguments like these, counted from the traces, and which one is taken.

        Without arguments it is what was counted for the last call.

        Examples
        --------
        >>> import numpy as np, s2sad
        >>> s2sad.jacobian(lambda x: np.sum(np.sin(x)) * x[:2]).explain(np.ones(100)).chosen
        'jacrev'
        """
        if not (args or kwargs) and self._counted is not None:
            return self._counted
        return self._counts(args, kwargs)

    def _counts(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Counts:
        found: dict[str, Cost] = {}
        refused: dict[str, Error] = {}
        parameters = self.dispatcher.parameters
        made: dict[str, Compiled] = {}
        for mode, derivative in self._modes.items():
            try:
                made[mode] = derivative.dispatcher.find(args, kwargs)
            except Error as error:
                refused[mode] = error
                continue
            trace = made[mode].program.trace
            found[mode] = cost(trace, sampled(trace, made[mode], parameters, args, kwargs))
        if not found:
            raise next(iter(refused.values()))
        full = min(found, key=lambda mode: found[mode].operations)
        compressed = self._compressed.cost(found[full], made[full], parameters, args, kwargs)
        if compressed is None:
            return Counts(self._described, found, refused)
        return Counts(self._described, {**found, COMPRESSED: compressed[0]}, refused, compressed[1])

    @property
    def source(self) -> Source:
        """The generated module as text: of the last call; before any, as the annotations say."""
        return super().source if self._latest is None else self._latest.source

    def _current(self) -> Compiled:
        return super()._current() if not isinstance(self._latest, Derivative) else self._latest._current()

    def source_for(self, *args: Any, **kwargs: Any) -> Source:
        """The generated module as text for arguments like these."""
        chosen = self._counts(args, kwargs).chosen
        if chosen == COMPRESSED:
            return self._compressed.source_for(*args, **kwargs)
        return self._modes[chosen].source_for(*args, **kwargs)


@dataclass(frozen=True)
class Counts:
    """What a Jacobian costs in each way; prints as a table."""

    title: str
    costs: Mapping[str, Cost]
    refused: Mapping[str, Error]
    sweeps: str = ""  # of the compressed way

    @property
    def ways(self) -> tuple[Any, ...]:
        """The ways that there are, what takes the fewest operations first, as far as a full sweep."""
        ordered: list[Any] = sorted(self.costs, key=lambda mode: self.costs[mode].operations)
        return tuple(ordered[: 1 + (ordered[0] == COMPRESSED)])

    @property
    def chosen(self) -> Any:
        """The way that takes fewer operations."""
        return self.ways[0]

    def __str__(self) -> str:
        lines = [self.title]
        for mode, name in NAMES.items():
            taken = "  <- taken" if mode == self.chosen else ""
            if mode in self.refused:
                reason = str(self.refused[mode]).partition("\n")[0]
                lines.append(f"  {name}: refused ({reason})")
                continue
            if mode not in self.costs:
                continue
            count = self.costs[mode]
            about = "" if count.exact else "at least " if count.operations < 1 else "about "
            number = f"{count.operations:,.0f}"
            how = f", {self.sweeps}" if mode == COMPRESSED else ""
            lines.append(f"  {name}: {about}{number} operations on numbers in {count.calls:,.0f} calls{how}{taken}")
        return "\n".join(lines)

    __repr__ = __str__


def _sizes(value: Any) -> Any:
    """What the choice of a mode may hang on: shapes, and whole numbers (how often a loop runs)."""
    if isinstance(value, np.ndarray):
        return value.shape, value.dtype.char
    if pytrees.is_container(value):
        return (type(value), *((name, _sizes(item)) for name, item in pytrees.children(value)))
    return value if type(value) is int else type(value)


def has_many(values: Iterable[Any]) -> bool:
    """Whether arguments hold as many numbers as it takes for groups of them to pay."""
    for value in values:
        if isinstance(value, np.ndarray):
            if value.size >= SWEEPS:
                return True
        elif pytrees.is_container(value) and has_many(part for _, part in pytrees.children(value)):
            return True
    return False


__all__ = ["Counts", "Jacobian"]
