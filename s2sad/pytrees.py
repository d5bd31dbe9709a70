"""Nested containers of numbers: tuples, lists, dicts, namedtuples and dataclass instances, to any depth.

Everything else is a leaf. A dict is walked in its own order; two dicts match when they have the same keys.
"""

from __future__ import annotations

import copy
import dataclasses
import enum
from collections.abc import Callable, Iterator
from typing import Any


def is_container(value: Any) -> bool:
    """Whether a value has structure of its own.

    >>> is_container([1.0]), is_container(1.0)
    (True, False)
    """
    return isinstance(value, tuple | list | dict) and not isinstance(value, enum.Enum) or is_record(value)


def is_record(value: Any) -> bool:
    """Whether a value is an instance of a dataclass."""
    return dataclasses.is_dataclass(value) and not isinstance(value, type | enum.Enum)


def children(value: Any) -> list[tuple[str, Any]]:
    """The items of a container, each with how it is written behind the container's name.

    >>> children({"w": 1.0}), children((2.0,))
    ([("['w']", 1.0)], [('[0]', 2.0)])
    """
    if isinstance(value, dict):
        return [(f"[{k!r}]", v) for k, v in value.items()]
    if isinstance(value, tuple | list):
        names = getattr(value, "_fields", None)
        return [(f".{names[k]}" if names else f"[{k}]", v) for k, v in enumerate(value)]
    return [(f".{f.name}", getattr(value, f.name)) for f in dataclasses.fields(value)]


def rebuilt(value: Any, items: list[Any]) -> Any:
    """A container like ``value`` with other items."""
    if isinstance(value, dict):
        return dict(zip(value, items, strict=True))
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*items)
    if isinstance(value, tuple | list):
        return tuple(items) if isinstance(value, tuple) else list(items)
    new = copy.copy(value)
    for field, item in zip(dataclasses.fields(value), items, strict=True):
        object.__setattr__(new, field.name, item)
    return new


def leaves(tree: Any) -> list[Any]:
    """The leaves in order.

    >>> leaves({"w": [1.0, 2.0], "b": (3.0,)})
    [1.0, 2.0, 3.0]
    """
    return [leaf for _, leaf in paths(tree)]


def paths(tree: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """The leaves in order, each with where it is.

    >>> list(paths({"w": [1.0, 2.0]}, "params"))
    [("params['w'][0]", 1.0), ("params['w'][1]", 2.0)]
    """
    if is_container(tree):
        for suffix, item in children(tree):
            yield from paths(item, name + suffix)
    else:
        yield name, tree


class StructureError(ValueError):
    """Two trees of unlike structure."""


def tree_map(f: Callable[..., Any], tree: Any, *others: Any) -> Any:
    """The tree with ``f`` of each leaf (and of the leaves in the same place of ``others``) in its place.

    Raises
    ------
    StructureError
        Where another tree has another structure.

    >>> tree_map(lambda a, b: a + b, (1.0, [2.0]), (10.0, [20.0]))
    (11.0, [22.0])
    """
    if not is_container(tree):
        for other in others:
            if is_container(other):
                raise StructureError(f"a {type(other).__name__} where a number or array stands in the other")
        return f(tree, *others)
    own = children(tree)
    columns = []
    for other in others:
        mappings = isinstance(tree, dict) and isinstance(other, dict)  # a subclass (OrderedDict) is a dict like others
        if not is_container(other) or not mappings and type(other) is not type(tree):
            raise StructureError(f"{describe(other)} where the other has {describe(tree)}")
        items = children(other)
        if isinstance(tree, dict) and tree.keys() == other.keys():
            items = [(name, other[key]) for (name, _), key in zip(own, tree, strict=True)]
        if [name for name, _ in items] != [name for name, _ in own]:
            raise StructureError(f"{describe(other)} where the other has {describe(tree)}")
        columns.append([item for _, item in items])
    return rebuilt(tree, [tree_map(f, item, *rest) for (_, item), *rest in zip(own, *columns, strict=True)])


def describe(value: Any) -> str:
    """One container's own structure in words.

    >>> describe((1, 2)), describe({"a": 1}), describe(2.0)
    ('a tuple of 2', "a dict with keys ['a']", 'a float')
    """
    if isinstance(value, dict):
        return f"a dict with keys {list(value)}"
    if isinstance(value, tuple | list):
        return f"a {type(value).__name__} of {len(value)}"
    return f"a {type(value).__name__}"


def unflatten(tree: Any, flat: list[Any]) -> Any:
    """A tree like ``tree`` with its leaves taken from a list, in order.

    >>> unflatten((0, [0]), [1.0, 2.0])
    (1.0, [2.0])
    """
    remaining = iter(flat)
    return tree_map(lambda _: next(remaining), tree)
