"""Mappings of classes of their own, from outside: subclasses of ``dict`` and of ``collections.abc.Mapping``.

Which keys they have is asked when the trace is made, and the trace holds while they have the same; the items are read
through the class's own ``__getitem__``.
"""

from __future__ import annotations

import collections.abc
from collections.abc import Callable
from typing import Any

from s2sad.front.functional import Functional
from s2sad.front.values import NONE, Abstract, Known, pack

Args = tuple[Abstract, ...]
Kwargs = dict[str, Abstract]


class ForeignMappings(Functional):
    """What the methods that ``collections.abc.Mapping`` gives mean."""

    def known_keys(self, owner: Abstract) -> list[Abstract]:
        return self.known_items(owner, "the keys")

    def call_mapping_keys(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        return self.new_list(self.known_keys(args[0]))

    def call_mapping_values(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        return self.new_list([self.subscript(args[0], k) for k in self.known_keys(args[0])])

    def call_mapping_items(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        return self.new_list([pack((k, self.subscript(args[0], k))) for k in self.known_keys(args[0])])

    def call_mapping_get(self, args: Args, kwargs: Kwargs) -> Abstract | None:
        owner, key = args[:2]
        default = args[2] if len(args) > 2 else kwargs.get("default", NONE)
        if not isinstance(owner, Known) or not isinstance(key, Known):
            return None
        self.known_keys(owner)  # the trace holds while the keys are these
        return self.subscript(owner, key) if key.value in owner.value else default


FOREIGN_MAPPINGS: dict[Callable[..., Any], str] = {
    collections.abc.Mapping.keys: "call_mapping_keys", collections.abc.Mapping.values: "call_mapping_values",
    collections.abc.Mapping.items: "call_mapping_items", collections.abc.Mapping.get: "call_mapping_get",
}  # fmt: skip
