"""Loops that run at least once, or are taken to: after its first turn, what began as a number is the array that it is.

``s = 0; for row in rows: s = s + row`` leaves a number where there are no rows, and an array else. Where a loop surely
has a first turn, that is put before it. Else the number of axes of ``s`` is not known, which many programs do not ask.
For those that do (``s @ x``) the program is traced once more, with a test for a first turn before every such loop.
"""

from __future__ import annotations

import contextlib
import contextvars
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from s2sad.errors import Error

T = TypeVar("T")


@dataclass(eq=False)
class Turns:
    """Whether first turns are taken for granted, and whether a loop was met of which that would say more.

    ``asked``: whether a rule asked how many axes an array has, which was not known.
    """

    assumed: bool = False
    missed: bool = False
    asked: bool = False


_TURNS: contextvars.ContextVar[Turns | None] = contextvars.ContextVar("turns", default=None)


def current() -> Turns | None:
    """What holds of the loops of the program that is being compiled."""
    return _TURNS.get()


def with_first_turns(work: Callable[[], T]) -> T:
    """The result of ``work``; where it fails, or does not know how many axes an array has, and would know more if its
    loops had a first turn, with that assumed.
    """
    if _TURNS.get() is not None:
        return work()
    found: list[T] = []
    first: Error | None = None
    with _as_they_are(Turns()) as turns:
        try:
            found.append(work())
        except Error as error:
            first = error
    if not turns.missed or (found and not turns.asked):
        if first is not None:
            raise first
        return found[0]
    with _as_they_are(Turns(assumed=True)):
        try:
            return work()
        except Error:
            if first is not None:
                raise first from None
            return found[0]


@contextlib.contextmanager
def _as_they_are(turns: Turns) -> Iterator[Turns]:
    token = _TURNS.set(turns)
    try:
        yield turns
    finally:
        _TURNS.reset(token)


def range_with_a_turn(start, stop, step):  # type: ignore[no-untyped-def]
    """Put before a loop over a range."""
    if (stop - start) * step <= 0:
        raise ValueError("this loop needs a turn: begin with np.zeros, not with 0")


def something_to_run_over(length):  # type: ignore[no-untyped-def]
    """Put before a loop over an array or a list."""
    if length == 0:
        raise ValueError("this loop needs a turn: begin with np.zeros, not with 0")
