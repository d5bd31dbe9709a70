"""Values whose numbers are not known: each element is the set of inputs that its derivative can depend on.

What does not depend on the arguments in question is an ordinary number, array or container. Stores make new versions of
an array: the newest holds the buffer, an older one remembers what was overwritten (Baker, "Shallow binding makes
functional arrays fast", SIGPLAN Notices 26, 1991), so that a loop of stores costs what its stores cost, and two
versions from the two sides of a branch are joined where they differ.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from s2sad.sparsity.sets import EMPTY, Ids

_FAR = 16  # an older version that is further away than this gets a buffer of its own


class Unanalysable(Exception):
    """The pattern cannot be found: it is then taken to be full. The message says why."""


class Needed(Exception):
    """The value of an argument that is not differentiated would have to be known."""


class Cell:
    """A number that is not known."""

    __slots__ = ("id",)

    def __init__(self, id: int) -> None:
        self.id = id


class Cells:
    """An array that is not known, of a known shape; a value, though ``store`` may take over its buffer."""

    __slots__ = ("_data", "_index", "_newer", "_old", "shape")

    def __init__(self, data: Ids) -> None:
        self._data: Ids | None = data
        self._newer: Cells | None = None
        self._index: Any = None
        self._old: Any = None
        self.shape = data.shape

    def read(self) -> Ids:
        """The sets, not to be written to, nor kept while there are stores."""
        if self._data is not None:
            return self._data
        chain = self._chain()
        newest = chain[-1]._newer
        assert newest is not None and newest._data is not None
        data = newest._data.copy()
        for version in reversed(chain):
            data[version._index] = version._old
        if len(chain) > _FAR:
            self._data, self._newer, self._index, self._old = data, None, None, None
        return data

    def at(self, index: Any) -> Any:
        """A copy of the sets at an index that NumPy takes."""
        found = self._buffer()[index]
        return found.copy() if isinstance(found, np.ndarray) else found

    def item(self, *place: int) -> int:
        """The set of one element."""
        return self._data.item(*place) if self._data is not None else self._buffer().item(*place)

    def _buffer(self) -> Ids:
        """The sets, in the buffer that all versions share; what others read before is not theirs any more."""
        if self._data is None:
            chain = self._chain()
            if len(chain) > _FAR:
                return self.read()
            for version in reversed(chain):
                _turn(version)
        assert self._data is not None
        return self._data

    def _chain(self) -> list[Cells]:
        """The versions from this one to the one before the newest."""
        chain: list[Cells] = []
        version = self
        while version._newer is not None:
            chain.append(version)
            version = version._newer
        return chain

    def store(self, index: Any, sets: Any) -> Cells:
        """The array with other sets at an index that NumPy takes."""
        if self._data is None:
            sets = np.array(sets)  # they may be a view of the buffer
        data = self._buffer()
        old = data[index]
        if isinstance(old, np.ndarray) and old.base is not None:
            old = old.copy()
        data[index] = sets
        new = Cells(data)
        self._data, self._newer, self._index, self._old = None, new, index, old
        return new

    def differences(self, other: Cells) -> list[tuple[Any, Any]] | None:
        """The indices at which this may differ from another version, and the sets here; None where they are many."""
        other._buffer()
        chain: list[Any] = []
        version = self
        while version is not other:
            if version._newer is None or len(chain) == _FAR:
                return None
            chain.append(version._index)
            version = version._newer
        return [(index, self.at(index)) for index in chain]


def _turn(older: Cells) -> None:
    """Give the buffer of the newest version to the one before it."""
    newer = older._newer
    assert newer is not None and newer._data is not None
    data, index = newer._data, older._index
    now = data[index]
    if isinstance(now, np.ndarray) and now.base is not None:
        now = now.copy()
    data[index] = older._old
    newer._data, newer._newer, newer._index, newer._old = None, older, index, now
    older._data, older._newer, older._index, older._old = data, None, None, None


class Items:
    """A list, as a value: versions share one Python list as ``Cells`` share an array."""

    __slots__ = ("_data", "_how", "_newer", "_old", "length")

    def __init__(self, data: list[Any]) -> None:
        self._data: list[Any] | None = data
        self._newer: Items | None = None
        self._how: int | None = None  # back from the newer version: -1 takes the last away, -2 puts it on, else sets it
        self._old: Any = None
        self.length = len(data)

    def read(self) -> list[Any]:
        """The items, not to be written to, nor kept while there are changes."""
        if self._data is not None:
            return self._data
        chain = self._chain()
        newest = chain[-1]._newer
        assert newest is not None and newest._data is not None
        data = newest._data.copy()
        for version in reversed(chain):
            _change(data, version._how, version._old)
        if len(chain) > _FAR:
            self._data, self._newer, self._old = data, None, None
        return data

    def at(self, place: int) -> Any:
        """One item."""
        return self._buffer()[place]

    def _chain(self) -> list[Items]:
        chain: list[Items] = []
        version = self
        while version._newer is not None:
            chain.append(version)
            version = version._newer
        return chain

    def _buffer(self) -> list[Any]:
        if self._data is None:
            chain = self._chain()
            if len(chain) > _FAR:
                return self.read()
            for older in reversed(chain):
                newer = older._newer
                assert newer is not None and newer._data is not None
                data = newer._data
                newer._how, newer._old = _change(data, older._how, older._old)
                newer._data, newer._newer = None, older
                older._data, older._newer, older._old = data, None, None
        assert self._data is not None
        return self._data

    def _changed(self, how: int, value: Any) -> Items:
        data = self._buffer()
        back, old = _change(data, how, value)
        new = Items(data)
        self._data, self._newer, self._how, self._old = None, new, back, old
        return new

    def append(self, value: Any) -> Items:
        return self._changed(-2, value)

    def pop(self) -> tuple[Any, Items]:
        last = self.at(-1)
        return last, self._changed(-1, None)

    def set(self, place: int, value: Any) -> Items:
        return self._changed(range(self.length)[place], value)

    def __iter__(self) -> Iterator[Any]:
        return iter(list(self.read()))


def _change(data: list[Any], how: int | None, value: Any) -> tuple[int, Any]:
    """Change a list, and say how to change it back."""
    assert how is not None
    if how == -2:
        data.append(value)
        return -1, None
    if how == -1:
        return -2, data.pop()
    old, data[how] = data[how], value
    return how, old


class Bag:
    """A list of which nothing is known but what any of its items may be (None: it has none)."""

    def __init__(self, item: Any) -> None:
        self.item = item



class Picked:
    """What a mask that is not known selects of an array: one row of an unknown number, for each place of the mask.

    ``sets`` has the array's shape; two with the same ``mask`` have the same rows.
    """

    def __init__(self, sets: Ids, mask: Cells) -> None:
        self.sets, self.mask = sets, mask


class Matrix:
    """A sparse matrix whose entries are not known: they stand in these rows and columns, with these sets."""

    def __init__(self, shape: tuple[int, ...], row: Ids, col: Ids, sets: Ids) -> None:
        self.shape, self.row, self.col, self.sets = shape, row, col, sets


def is_known(value: Any) -> bool:
    """Whether nothing in a value is unknown."""
    cls = type(value)
    if cls is Cell or cls is Cells or cls is Bag or cls is Picked or cls is Matrix:
        return False
    if cls is tuple or cls is list:
        return all(map(is_known, value))
    if cls is Items:
        return all(map(is_known, value.read()))
    if cls is dict:
        return all(map(is_known, value.values()))
    if cls is slice:
        return is_known(value.start) and is_known(value.stop) and is_known(value.step)
    if cls is Record:
        return all(map(is_known, value.items))
    return True


class Record:
    """A namedtuple or dataclass whose items are not all known."""

    def __init__(self, cls: type, keys: tuple[Any, ...], items: list[Any]) -> None:
        self.cls, self.keys, self.items = cls, keys, items


def plain(value: Any) -> Any:
    """A known value with lists in it as Python's."""
    cls = type(value)
    if cls is Items:
        return [plain(v) for v in value.read()]
    if cls is tuple:
        return tuple(map(plain, value))
    if cls is list:
        return [plain(v) for v in value]
    if cls is dict:
        return {k: plain(v) for k, v in value.items()}
    if cls is Record:
        return value.cls(**dict(zip(value.keys, map(plain, value.items), strict=True)))
    return value


def shape_of(value: Any) -> tuple[int, ...]:
    """The shape of a number or array, known or not."""
    cls = type(value)
    if cls is Cells:
        shape: tuple[int, ...] = value.shape
        return shape
    if cls is Picked:
        raise Unanalysable("how many elements a mask selects depends on what is differentiated")
    return () if cls is Cell else np.shape(plain(value)) if is_known(value) else np.shape(sets_of(value))


def sets_of(value: Any) -> Ids:
    """The sets of a number, array, or list of such."""
    cls = type(value)
    if cls is Cells:
        ids: Ids = value.read()
        return ids
    if cls is Cell:
        return np.array(value.id, np.int64)
    if cls in (tuple, list, Items):
        items = [sets_of(v) for v in (value.read() if cls is Items else value)]
        return np.array(items, np.int64) if items else np.zeros(0, np.int64)
    if cls is Picked:
        raise Unanalysable("how many elements a mask selects depends on what is differentiated")
    return np.zeros(np.shape(value), np.int64)


def unknown(sets: Any) -> Cell | Cells:
    """The unknown number or array with these sets."""
    array = np.array(sets, np.int64)
    return Cells(array) if array.ndim else Cell(int(array))


def hidden(shape: tuple[int, ...]) -> Cell | Cells:
    """An unknown number or array that no derivative goes through."""
    return Cells(np.zeros(shape, np.int64)) if shape else Cell(EMPTY)
