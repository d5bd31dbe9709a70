"""Dicts with known keys, the dicts of ``collections``, and sets of known things."""

from __future__ import annotations

import ast
import collections
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from s2sad.front.sequences import Sequences
from s2sad.front.values import NONE, Abstract, DictOf, Known, SetOf, pack

COUNTS = ("update", "subtract", "most_common", "elements", "total")
PLAIN = (int, float, complex, bool, str, bytes)
SET_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "union": frozenset.union, "intersection": frozenset.intersection, "difference": frozenset.difference,
    "symmetric_difference": frozenset.symmetric_difference,
}  # fmt: skip


def in_order(members: Collection[Any]) -> list[Any]:
    """The members of a set in an order that is the same in every process: strings have none in Python."""
    plain = all(isinstance(m, int | float) for m in members)
    return list(members) if plain else sorted(members, key=repr)


class Mappings(Sequences):
    """Items and methods of dicts and sets."""

    def dict_key(self, key: Abstract) -> Any:
        raise NotImplementedError

    def known_mapping(self, value: Abstract) -> dict[Any, Abstract]:
        """The items of what ``**`` or ``update`` takes."""
        if isinstance(value, DictOf):
            return dict(self.content(value))
        if isinstance(value, Known) and isinstance(value.value, Mapping):
            return {k: self.constant_container(v) for k, v in value.value.items()}
        self.refuse(f"** of {self.describe(value)}")

    def pairs(self, value: Abstract, what: str) -> dict[Any, Abstract]:
        """A mapping, or an iterable of pairs."""
        if isinstance(value, DictOf) or isinstance(value, Known) and isinstance(value.value, Mapping):
            return self.known_mapping(value)
        out: dict[Any, Abstract] = {}
        for pair in self.known_items(value, what):
            k, v = self.known_items(pair, what)
            out[self.dict_key(k)] = v
        return out

    def new_dict(self, content: dict[Any, Abstract], cls: type = dict, default: Abstract | None = None) -> DictOf:
        out = DictOf(cls, default)
        self.state.write(self.state.heap, out, content)
        return out

    def new_set(self, content: Iterable[Any]) -> SetOf:
        out = SetOf()
        self.state.write(self.state.heap, out, frozenset(content))
        return out

    # -- dicts -----------------------------------------------------------------------------------------------------

    def dict_item(self, base: DictOf, index: Abstract) -> Abstract:
        """``base[key]``; a ``defaultdict`` comes to hold what it makes."""
        content = self.content(base)
        key = self.dict_key(index)
        if key in content:
            return content[key]  # type: ignore[no-any-return]
        if base.cls is collections.Counter:
            return Known(0)
        if base.default is None:
            raise KeyError(key)
        default = base.default
        plain = isinstance(default, Known) and default.value in PLAIN
        made = Known(default.value()) if plain and isinstance(default, Known) else self.call(default, ())
        self.put(self.state.heap, base, {**self.content(base), key: made})
        return made

    def made_dict(self, cls: Any, args: tuple[Abstract, ...], kwargs: dict[str, Abstract]) -> Abstract:
        """``dict(...)``, ``OrderedDict(...)``, ``defaultdict(...)``, ``Counter(...)``."""
        default: Abstract | None = None
        if cls is collections.defaultdict and args:
            default, args = args[0], args[1:]
            if isinstance(default, Known) and default.value is None:
                default = None
        if cls is collections.Counter:
            out = self.new_dict({}, cls)
            self.count(out, args, kwargs, 1)
            return out
        content: dict[Any, Abstract] = self.pairs(args[0], f"{cls.__name__}()") if args else {}
        return self.new_dict({**content, **kwargs}, cls, default)

    def merged(self, a: DictOf, b: DictOf) -> Abstract:
        """``a | b``."""
        return self.new_dict({**self.content(a), **self.content(b)}, a.cls, a.default)

    def dict_method(self, owner: DictOf, name: str, args: Sequence[Abstract], kwargs: Mapping[str, Abstract]) -> Abstract:  # noqa: E501
        content: dict[Any, Abstract] = self.content(owner)
        heap = self.state.heap
        if owner.cls is collections.Counter and name in COUNTS:
            return self.counter_method(owner, name, args, kwargs)
        match name, args:
            case "keys", ():
                return pack([self.constant_container(k) for k in content])
            case "values", ():
                return pack(list(content.values()))
            case "items", ():
                return pack([pack((self.constant_container(k), v)) for k, v in content.items()])
            case "get", (key, *default):
                return content.get(self.dict_key(key), default[0] if default else NONE)
            case "copy" | "__copy__", ():
                return self.new_dict(dict(content), owner.cls, owner.default)
            case "clear", ():
                self.put(heap, owner, {})
                return NONE
            case "update", others:
                new = dict(content)
                for other in others:
                    new.update(self.pairs(other, "update"))
                self.put(heap, owner, {**new, **kwargs})
                return NONE
            case "setdefault", (key, *default):
                k = self.dict_key(key)
                if k not in content:
                    self.put(heap, owner, {**content, k: default[0] if default else NONE})
                return self.content(owner)[k]  # type: ignore[no-any-return]
            case "pop", (key, *default):
                k = self.dict_key(key)
                if k in content:
                    self.put(heap, owner, {x: v for x, v in content.items() if x != k})
                    return content[k]
                if default or "default" in kwargs:
                    return default[0] if default else kwargs["default"]
                raise KeyError(k)
            case "popitem", _:
                if not content:
                    raise KeyError("popitem(): dictionary is empty")
                last = kwargs.get("last", args[0] if args else Known(True))
                keys = list(content)
                k = keys[-1 if self.truth(last) else 0]
                self.put(heap, owner, {x: v for x, v in content.items() if x != k})
                return pack((self.constant_container(k), content[k]))
            case "move_to_end", (key, *rest) if owner.cls is collections.OrderedDict:
                k = self.dict_key(key)
                if k not in content:
                    raise KeyError(k)
                others_ = {x: v for x, v in content.items() if x != k}
                last = kwargs.get("last", rest[0] if rest else Known(True))
                self.put(heap, owner, {**others_, k: content[k]} if self.truth(last) else {k: content[k], **others_})
                return NONE
            case "__getitem__", (key,):
                return self.dict_item(owner, key)
            case "__contains__", (key,):
                return Known(self.dict_key(key) in content)
            case "__setitem__", (key, value):
                self.put(heap, owner, {**content, self.dict_key(key): value})
                return NONE
            case "__len__", ():
                return Known(len(content))
        self.refuse(f"{owner.cls.__name__}.{name}")

    # -- counters --------------------------------------------------------------------------------------------------

    def count(self, owner: DictOf, args: Sequence[Abstract], kwargs: Mapping[str, Abstract], sign: int) -> None:
        """Add to the counts, or take from them."""
        new = dict(self.content(owner))

        def add(key: Any, amount: Abstract) -> None:
            if sign < 0:
                amount = self.binary(ast.Sub, Known(0), amount)
            new[key] = self.binary(ast.Add, new[key], amount) if key in new else amount

        for other in args:
            if isinstance(other, DictOf) or isinstance(other, Known) and isinstance(other.value, Mapping):
                for key, amount in self.known_mapping(other).items():
                    add(key, amount)
            else:
                for item in self.known_items(other, "Counter()"):
                    add(self.dict_key(item), Known(1))
        for key, amount in kwargs.items():
            add(key, amount)
        self.put(self.state.heap, owner, new)

    def counter_method(self, owner: DictOf, name: str, args: Sequence[Abstract], kwargs: Mapping[str, Abstract]) -> Abstract:  # noqa: E501
        content: dict[Any, Abstract] = self.content(owner)
        match name:
            case "update" | "subtract":
                self.count(owner, args, kwargs, 1 if name == "update" else -1)
                return NONE
            case "total":
                total: Abstract = Known(0)
                for v in content.values():
                    total = self.binary(ast.Add, total, v)
                return total
        if not all(isinstance(v, Known) for v in content.values()):
            self.refuse(
                f"Counter.{name} of counts that are not known", why="the counts decide the order of the result",
                instead="sort the items by their counts: sorted(counts.items(), key=lambda item: -item[1])",
            )  # fmt: skip
        counts = collections.Counter({k: v.value for k, v in content.items() if isinstance(v, Known)})
        if name == "elements":
            return pack([self.constant_container(k) for k in counts.elements()])
        n = self.integer(args[0], "the argument of most_common") if args else None
        return self.constant_container(counts.most_common(n))

    def chain_of_maps(self, args: tuple[Abstract, ...]) -> Abstract:
        """``ChainMap(a, b)`` that is only read: the first that has a key says what it is."""
        content: dict[Any, Abstract] = {}
        for other in reversed(args):
            content.update(self.known_mapping(other))
        return self.new_dict(content)

    # -- sets ------------------------------------------------------------------------------------------------------

    def members(self, value: Abstract) -> frozenset[Any]:
        """What a set, or another iterable of known things, holds."""
        if isinstance(value, SetOf):
            return self.content(value)  # type: ignore[no-any-return]
        return frozenset(self.dict_key(i) for i in self.known_items(value, "a set"))

    def set_method(self, owner: SetOf, name: str, args: Sequence[Abstract]) -> Abstract:
        content: frozenset[Any] = self.content(owner)
        heap = self.state.heap
        if name in SET_OPERATORS:
            for other in args:
                content = SET_OPERATORS[name](content, self.members(other))
            return self.new_set(content)
        match name, args:
            case "add", (item,):
                self.put(heap, owner, content | {self.dict_key(item)})
                return NONE
            case "discard" | "remove", (item,):
                key = self.dict_key(item)
                if name == "remove" and key not in content:
                    raise KeyError(key)
                self.put(heap, owner, content - {key})
                return NONE
            case "update", others:
                for other in others:
                    content = content | self.members(other)
                self.put(heap, owner, content)
                return NONE
            case ("intersection_update" | "difference_update" | "symmetric_difference_update"), (other,):
                self.put(heap, owner, SET_OPERATORS[name.removesuffix("_update")](content, self.members(other)))
                return NONE
            case "clear", ():
                self.put(heap, owner, frozenset())
                return NONE
            case "copy" | "__copy__", ():
                return self.new_set(content)
            case "pop", ():
                if not content:
                    raise KeyError("pop from an empty set")
                first = in_order(content)[0]
                self.put(heap, owner, content - {first})
                return self.constant_container(first)
            case ("issubset" | "issuperset" | "isdisjoint"), (other,):
                return Known(getattr(content, name)(self.members(other)))
        self.refuse(
            f"set.{name} of these arguments", why="s2sad has no meaning for it",
            instead="use the methods and operators that Python describes for sets",
        )  # fmt: skip

    def set_operator(self, name: str, a: Abstract, b: Abstract) -> Abstract | None:
        """``a | b`` and the like, of two sets; None for anything else."""
        found = {"or_": "union", "and_": "intersection", "sub": "difference", "xor": "symmetric_difference"}.get(name)
        known = [v for v in (a, b) if isinstance(v, Known) and isinstance(v.value, set | frozenset)]
        sets = all(isinstance(v, SetOf) or v in known for v in (a, b))
        if found is None or not sets:
            return None
        return self.new_set(SET_OPERATORS[found](self.members(a), self.members(b)))


__all__ = ["Mappings", "in_order"]
