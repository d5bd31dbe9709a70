"""What a program does to objects that live outside of the trace: effects, kept in order, one for each time it runs.

What is handed over is a copy (``runtime.kept``), so that the object outside and the trace share no memory. ``way`` is
the dotted path from the owner to the container that is changed ('' for the owner itself).
"""

from __future__ import annotations

import operator
from typing import Any

from s2sad.prims import runtime
from s2sad.prims.primitive import primitive
from s2sad.prims.structure import set_attribute


def reached(owner: Any, way: str) -> Any:
    """What is found on the way from an owner."""
    return operator.attrgetter(way)(owner) if way else owner


def run_method(owner: Any, way: str, *args: Any) -> None:
    operator.attrgetter(way)(owner)(*[runtime.kept(a) for a in args])  # type: ignore[no-untyped-call]


def run_set_item(owner: Any, way: str, key: Any, value: Any) -> None:
    reached(owner, way)[key] = runtime.kept(value)  # type: ignore[no-untyped-call]


def run_delete_item(owner: Any, way: str, key: Any) -> None:
    del reached(owner, way)[key]


call_method = primitive(
    "call_method", run_method, lambda owner, way, *args: (), style="special", effect=True, cost="cheap", calls=()
)
"""``owner.way(*args)``."""
set_item = primitive(
    "set_item", run_set_item, lambda owner, way, key, value: (), style="special", effect=True, cost="cheap", calls=()
)
"""``owner.way[key] = value``."""
delete_item = primitive(
    "delete_item", run_delete_item, lambda owner, way, key: (), style="special", effect=True, cost="cheap", calls=()
)
"""``del owner.way[key]``."""
snapshot = primitive(
    "snapshot", lambda a: a.copy(), lambda a: a.type, style="method", text="copy", cost="cheap", calls=()
)
"""An array from outside as it is when the program starts: what is stored into it outside does not change this copy."""

EFFECTS = (set_attribute, set_item, delete_item, call_method)

__all__ = ["EFFECTS", "call_method", "delete_item", "set_attribute", "set_item", "snapshot"]
