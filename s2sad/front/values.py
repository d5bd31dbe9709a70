"""What a Python expression is while it is traced: known, a number, a view of an array, a container, a function.

Numbers that are not known are plain ``Value``s of the trace: they cannot change. Everything that can change in place
has an identity here, a ``Cell``, whose content is kept in ``state.State.heap`` so that branches and loops can be told
apart.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from s2sad.errors import Location
from s2sad.ir.core import Arg, Value
from s2sad.ir.primitive import Primitive

if TYPE_CHECKING:
    import ast

    from s2sad.front.scope import Code
    from s2sad.front.state import Frame
    from s2sad.ir.core import Atom


@dataclass(frozen=True, slots=True)
class Source:
    """Where a Python object that exists outside the trace is found, and how to read it again at a later call."""

    path: str
    read: Callable[[], Any]

    def attribute(self, name: str) -> Source:
        read = self.read
        return Source(f"{self.path}.{name}", lambda: getattr(read(), name))

    def item(self, key: Any) -> Source:
        read = self.read
        return Source(f"{self.path}[{key!r}]", lambda: read()[key])


@dataclass(slots=True, eq=False)
class Known:
    """A Python object that does not change between calls.

    ``ref`` is the dotted path by which generated code names it (``np.pi``). ``expression`` is how the user computed a
    number that is known (``1.0 / 3.0``): it is written out again, since the quotient reads better than its digits.
    """

    value: Any
    source: Source | None = None
    ref: str | None = None
    expression: tuple[Primitive, tuple[Any, ...]] | None = None


class Undefined:
    """The content of a name that has no value (yet)."""


UNBOUND: Final = Undefined()


@dataclass(slots=True, eq=False)
class Poison:
    """A name whose value cannot be told after a join; reading it is refused."""

    what: str
    why: str = ""
    instead: str = ""


class Cell:
    """Something with identity that can change in place.

    ``aliases``: what this cell is, where a predicate of the run holds (module ``aliases``). ``aliased``: the cells that
    are this one somewhere. ``may``: other cells that may share memory with it, and nobody can say when. ``replaced``:
    arrays that this one may be, and that nobody can get at any more (module ``reach``).
    """

    __slots__ = ("may", "aliases", "aliased", "replaced", "parts", "inside", "common", "overlaps")

    def __init__(self) -> None:
        self.may: dict[Cell, None] = {}
        self.aliases: list[Alias] = []
        self.aliased: dict[Cell, None] = {}
        self.replaced: dict[Cell, None] = {}
        self.parts: dict[Cell, dict[tuple[Any, ...], None]] = {}  # what a list may hold, and where in items (``items``)
        self.inside: dict[Cell, None] = {}  # the lists that may hold this
        self.common: dict[tuple[Any, ...], None] = {}  # ways within an item to what may be in two items; (): the item
        self.overlaps: dict[Cell, None] = {}  # lists that may hold objects of this one


class Storage(Cell):
    """The memory of one array. Its content is a ``Value``, or ``Stale``.

    ``among``: the storages that this one is always one of, where that is known.
    """

    __slots__ = ("contiguous", "scalar", "among")

    def __init__(self, contiguous: bool | None = None, scalar: bool = False) -> None:
        super().__init__()
        self.contiguous = contiguous
        self.scalar = scalar  # it may be no array at all, but a number
        self.among: frozenset[Storage] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Alias:
    """Where ``pred`` holds, the storage that has this alias is ``target``: an array or a part of one."""

    pred: Atom
    target: View

    @property
    def cell(self) -> Storage:
        return self.target.root

    @property
    def whole(self) -> bool:
        return self.target.parent is None


@dataclass(frozen=True, slots=True, eq=False)
class Stale:
    """The content of a cell after a store through something that may or may not share its memory."""

    where: Location | None


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """An array: the whole of a storage (no ``parent``), or what a step (index, transpose …) makes of another view."""

    root: Storage
    parent: View | None = None
    prim: Primitive | None = None
    args: tuple[Arg, ...] = ()
    kwargs: tuple[tuple[str, Arg], ...] = ()
    contiguous: bool | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class TupleOf:
    """A tuple, or a namedtuple of class ``cls``."""

    items: tuple[Abstract, ...]
    cls: type | None = None


class ListOf(Cell):
    """A list. Its content is a tuple of items, or a ``Value`` of type ``List``.

    ``called``: the name that the program gives it first, a hint for whoever writes it down.
    """

    __slots__ = ("called", "rearranged", "born", "takes")

    def __init__(self) -> None:
        super().__init__()
        self.called: str | None = None
        self.rearranged = 0  # how often objects in it were put in other places
        self.born: tuple[Any, ...] | None = None  # the loops around where it was made
        self.takes: dict[Cell, Any] = {}  # the lists of which it takes an item in every turn of a loop, and where

    def twin(self) -> ListOf:
        """Another of the same kind, without content."""
        out = ListOf()
        out.called = self.called
        return out


class DequeOf(ListOf):
    """A deque: a list that may have a greatest length."""

    __slots__ = ("maxlen",)

    def __init__(self, maxlen: int | None = None) -> None:
        super().__init__()
        self.maxlen = maxlen

    def twin(self) -> DequeOf:
        return DequeOf(self.maxlen)


class CursorOf(ListOf):
    """What ``iter`` makes of something with items: those that were not read yet. ``depth``: in how many loops."""

    __slots__ = ("depth",)

    def __init__(self, depth: int) -> None:
        super().__init__()
        self.depth = depth

    def twin(self) -> CursorOf:
        return CursorOf(self.depth)


class DictOf(Cell):
    """A dict with known keys. Its content is a dict.

    ``cls`` is dict or one of the dicts of ``collections``, ``default`` what a ``defaultdict`` makes of a missing key,
    ``site`` where that was made, and ``maybe`` says that some of its keys may not be there.
    """

    __slots__ = ("cls", "default", "site", "maybe")

    def __init__(self, cls: type = dict, default: Abstract | None = None) -> None:
        super().__init__()
        self.cls, self.default = cls, default
        self.site: Any = None
        self.maybe = False

    def twin(self) -> DictOf:
        """Another of the same kind, without content."""
        out = DictOf(self.cls, self.default)
        out.site, out.maybe = self.site, self.maybe
        return out


class SetOf(Cell):
    """A set of known things. Its content is a frozenset."""

    __slots__ = ()

    def twin(self) -> SetOf:
        """Another of the same kind, without content."""
        return SetOf()


@dataclass(frozen=True, slots=True, eq=False)
class Unread:
    """The content of a list or dict from outside that was not looked at yet, and what the program did to it since.

    ``tail``: the items that it appended, or what it stored under keys; None where that depends on the path taken.
    """

    source: Source
    value: Any
    tail: Any


class Record(Cell):
    """An instance of a user's class made while tracing, or a dataclass argument; its content: a dict of attributes."""

    __slots__ = ("cls", "attributes")

    def __init__(self, cls: type) -> None:
        super().__init__()
        self.cls = cls
        self.attributes = Attributes(self)


class Attributes(DictOf):
    """``record.__dict__``: another name for the content of the record."""

    __slots__ = ("record",)

    def __init__(self, record: Record) -> None:
        super().__init__()
        self.record = record


@dataclass(frozen=True, slots=True, eq=False)
class SliceOf:
    start: Abstract
    stop: Abstract
    step: Abstract


@dataclass(frozen=True, slots=True, eq=False)
class RangeOf:
    start: Abstract
    stop: Abstract
    step: Abstract


@dataclass(frozen=True, slots=True, eq=False)
class Wrapped:
    """``enumerate``, ``zip``, ``reversed`` or any other iterator ('iter') over iterables, not run yet.

    ``depth``: in how many loops it was made. An iterator can be run through once only.
    """

    kind: str
    parts: tuple[Abstract, ...]
    start: Abstract | None = None
    depth: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Generator:
    """A generator expression, not run yet; ``first``, which its first ``for`` runs over, is evaluated at once."""

    node: ast.GeneratorExp
    frame: Frame
    first: Abstract
    depth: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Lazy:
    """A call of a generator function, not run yet. ``outcome``: what it returned, once it was run."""

    code: Code
    outer: Frame | None
    variables: dict[str, Abstract]
    depth: int = 0
    outcome: list[Abstract] = field(default_factory=list)


@dataclass(frozen=True, slots=True, eq=False)
class Closure:
    """A function defined in the code that is traced."""

    code: Code
    frame: Frame
    defaults: tuple[Abstract, ...] = ()
    kwdefaults: dict[str, Abstract] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)  # what the program has set: event.terminal = True


@dataclass(frozen=True, slots=True, eq=False)
class Method:
    """Method ``name`` of an array, list, dict or string that is traced."""

    owner: Abstract
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Partial:
    """A callable with arguments put before and beside those of the call: ``functools.partial``, a bound method."""

    function: Abstract
    args: tuple[Abstract, ...] = ()
    kwargs: dict[str, Abstract] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Transformed:
    """A derivative of a function: ``apply(machine, self, args, kwargs)`` gives the result of a call of it."""

    function: Abstract
    transform: Any
    apply: Callable[..., Abstract]


@dataclass(frozen=True, slots=True, eq=False)
class Text:
    """A string with traced values in it: ``template.format(*args)``. For printing, and messages of exceptions."""

    template: str
    args: tuple[Abstract, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Optional:
    """A value that is None where ``present`` is false."""

    present: Value
    value: Abstract


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """One of two known things (strings, functions made anywhere): ``a`` where ``first`` is true, else ``b``."""

    first: Value
    a: Abstract
    b: Abstract


Abstract = (
    Known | Value | View | TupleOf | ListOf | DictOf | SetOf | Record | SliceOf | RangeOf | Wrapped | Generator
    | Lazy | Closure | Method | Partial | Transformed | Text | Optional | Choice | Undefined | Poison
)  # fmt: skip

FunctionLike = types.FunctionType | types.MethodType | types.BuiltinFunctionType


def known(*values: Abstract) -> bool:
    """Whether all of these are Python objects."""
    return all(isinstance(v, Known) for v in values)


def is_none(value: Abstract) -> bool:
    return isinstance(value, Known) and value.value is None


NONE: Final = Known(None)
TRUE: Final = Known(True)
FALSE: Final = Known(False)


def pack(items: Sequence[Abstract]) -> TupleOf:
    return TupleOf(tuple(items))
