"""Sizes of axes: what is known of how long an axis is, in terms of the arrays that a program begins with."""

from __future__ import annotations

from dataclasses import dataclass

from s2sad.ir.core import Atom, Pack, Value
from s2sad.ir.core import Literal as Constant


@dataclass(frozen=True)
class Cut:
    """The size of ``a[i:-j]``: that of the axis less ``by`` = i + j, and not below zero."""

    size: Atom | tuple[Value, int]
    by: int


Size = Atom | tuple[Value, int] | Cut
"""An atom (``n``, ``Literal(1)``), the pair of an array and one of its axes, or one of these cut by a slice."""


def cut(size: Size, index: Pack) -> Size | None:
    """The size of an axis after a slice ``i:``, ``:-j`` or ``i:-j`` with constants."""
    if index.kind != "slice" or not all(isinstance(i, Constant) for i in index.items):
        return None
    start, stop, step = (i.value for i in index.items if isinstance(i, Constant))
    if step not in (None, 1) or not (start is None or type(start) is int and start >= 0):
        return None
    if not (stop is None or type(stop) is int and stop < 0):
        return None
    by = (start or 0) - (stop or 0)
    if by == 0:
        return size
    return Cut(size.size, size.by + by) if isinstance(size, Cut) else Cut(size, by)


def same_size(a: Size | None, b: Size | None) -> bool:
    """Whether two sizes are known to be the same number."""
    if a is None or b is None:
        return False
    if isinstance(a, Cut) and isinstance(b, Cut):
        return a.by == b.by and same_size(a.size, b.size)
    if isinstance(a, tuple | Cut) or isinstance(b, tuple | Cut):
        return a == b
    return a is b or (isinstance(a, Constant) and a == b)
