"""Instances of the user's classes that are made while tracing: attributes, methods, what Python looks up on a class.

An instance is a ``Record``: a cell whose content is the dict of its attributes. Its class is known, so that finding a
method is done now, as Python would: data descriptors first, then the instance, then the class, then ``__getattr__``.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import types
from typing import Any

from s2sad.front.externals import PLAIN, Externals, is_library, plain_function
from s2sad.front.values import (
    UNBOUND,
    Abstract,
    Attributes,
    Known,
    Optional,
    Partial,
    Poison,
    Record,
    TupleOf,
    Undefined,
)

FUNCTIONS: tuple[type, ...] = (types.FunctionType, functools._lru_cache_wrapper)
ABSENT = object()  # a class may well have None for an attribute
SLOTS = types.MemberDescriptorType | types.GetSetDescriptorType


def underlying(function: Any) -> Any:
    """The function behind a cache: what it computes is the same."""
    while isinstance(function, functools._lru_cache_wrapper):
        function = function.__wrapped__
    return function


def own_method(found: Any, name: str) -> Any:
    """A method that the user wrote for a descriptor's class; None where there is none."""
    method = inspect.getattr_static(type(found), name, None)
    return method if plain_function(method) and not is_library(type(found).__module__) else None


class Objects(Externals):
    """Attributes of records, and methods with two underscores."""

    def record_attribute(self, owner: Record, name: str) -> Abstract:
        content = self.content(owner)
        found = inspect.getattr_static(owner.cls, name, ABSENT)
        if isinstance(found, property):
            if found.fget is None:
                self.missing(owner, name)
            return self.call(Known(found.fget), (owner,))
        if (get := own_method(found, "__get__")) is not None and (
            own_method(found, "__set__") is not None or name not in content
        ):
            return self.call(Known(get), (Known(found), owner, Known(owner.cls)))
        held: Abstract = content.get(name, UNBOUND)
        if isinstance(held, Poison):
            self.refuse(held.what, held.why, held.instead)
        if not isinstance(held, Undefined):
            return held
        return self.class_member(owner, name, found)

    def class_member(self, owner: Record, name: str, found: Any) -> Abstract:
        """What an attribute that an instance has not itself is by its class."""
        cls = owner.cls
        match found:
            case functools.cached_property(func=func):
                value = self.call(Known(func), (owner,))
                self.put(self.state.heap, owner, {**self.content(owner), name: value})
                return value
            case types.FunctionType() | functools._lru_cache_wrapper():
                return Partial(Known(underlying(found)), (owner,))
            case functools.partialmethod():
                return Partial(Known(found.func), (owner, *map(Known, found.args)), {k: Known(v) for k, v in found.keywords.items()})  # noqa: E501
            case classmethod():
                return Partial(Known(found.__func__), (Known(cls),))
            case staticmethod():
                return Known(found.__func__)
            case _ if name == "__class__":
                return Known(cls)
            case types.GetSetDescriptorType() if name == "__dict__":
                return owner.attributes
            case _ if found is ABSENT or isinstance(found, SLOTS):
                fallback = self.special_method(owner, "__getattr__")
                if fallback is not None:
                    return self.call(fallback, (Known(name),))
                self.missing(owner, name)
        if name == "__dict__":
            return owner.attributes
        return self.class_attribute(cls, name, getattr(cls, name))

    def has_attribute(self, owner: Record, name: str) -> bool:
        """``hasattr(owner, name)``."""
        held = self.content(owner).get(name, UNBOUND)
        if isinstance(held, Poison):
            self.refuse(held.what, held.why, held.instead)
        if not isinstance(held, Undefined):
            return True
        found = inspect.getattr_static(owner.cls, name, ABSENT)
        if name in ("__dict__", "__class__") or found is not ABSENT and not isinstance(found, SLOTS):
            return True
        if self.special_method(owner, "__getattr__") is not None:
            self.refuse(f"hasattr of {self.describe(owner)}, whose class has __getattr__", instead="use a dict")
        return False

    def set_record_attribute(self, owner: Record, name: str, value: Abstract, raw: bool = False) -> None:
        """``owner.name = value``; ``raw`` as ``object.__setattr__`` does it."""
        cls = owner.cls
        setter = inspect.getattr_static(cls, "__setattr__", object.__setattr__)
        if not raw and plain_function(setter) and not is_library(getattr(setter, "__module__", None)):
            self.call(Known(setter), (owner, Known(name), value))
            return
        parameters = getattr(cls, "__dataclass_params__", None)
        if not raw and parameters is not None and parameters.frozen:
            raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")
        found = inspect.getattr_static(cls, name, None)
        if isinstance(found, property):
            if found.fset is None:
                raise AttributeError(f"property {name!r} of {cls.__name__!r} object has no setter")
            self.call(Known(found.fset), (owner, value))
            return
        if (store := own_method(found, "__set__")) is not None:
            self.call(Known(store), (Known(found), owner, value))
            return
        if not getattr(cls, "__dictoffset__", 1) and not isinstance(found, SLOTS):
            raise AttributeError(f"{cls.__name__!r} object has no attribute {name!r}")
        self.put(self.state.heap, owner, {**self.content(owner), name: value})

    def delete_attribute(self, owner: Abstract, name: str) -> None:
        if not isinstance(owner, Record):
            self.refuse(f"del of an attribute of {self.describe(owner)}", instead="leave the statement out")
        content = self.content(owner)
        if isinstance(content.get(name, UNBOUND), Undefined):
            raise AttributeError(name)
        self.put(self.state.heap, owner, {k: v for k, v in content.items() if k != name})

    def special_method(self, value: Abstract, name: str) -> Abstract | None:
        """A method with two underscores, looked up on the class as Python does."""
        match value:
            case Record(cls=cls):
                found = inspect.getattr_static(cls, name, None)
            case TupleOf(cls=cls) if cls is not None:  # a namedtuple may have arithmetic of its own
                found = inspect.getattr_static(cls, name, None)
            case Known(value=v) if not isinstance(v, PLAIN) and not is_library(type(v).__module__):
                found = inspect.getattr_static(type(v), name, None)
            case Optional(value=inner):
                return self.special_method(inner, name)
            case _:
                return None
        if isinstance(found, staticmethod):
            return Known(found.__func__)
        return Partial(Known(underlying(found)), (value,)) if isinstance(found, FUNCTIONS) else None

    def user_method(self, value: Abstract, name: str) -> Abstract | None:
        """The same, but only one that the user wrote."""
        found = self.special_method(value, name)
        if isinstance(found, Partial) and isinstance(found.function, Known) and plain_function(found.function.value):
            return found
        return None

    def missing(self, owner: Abstract, name: str) -> Any:
        raise NotImplementedError


__all__ = ["Attributes", "Objects", "own_method", "underlying"]
