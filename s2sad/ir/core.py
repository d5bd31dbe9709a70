"""The structured SSA evaluation trace: the one data structure of s2sad.

Grammar
-------
::

    Trace    ::= name, params, Region body (no region params), result Arg, origin
    Region   ::= params: Value*, ops: Op*, yields: Atom*
    Atom     ::= Value | Literal(object) | Ref(object, path)
    Arg      ::= Atom | Pack(kind, Arg*)              # an index, a shape, a list of operands: structure, not a value
    Op       ::= Call(prim, args: Arg*, kwargs: (name, Arg)*, results)
               | If(pred, then: Region, orelse: Region, results)
               | For(start, stop, step, inits: Atom*, body: Region, results, exits, backwards, snapshots)
               | While(inits: Atom*, cond: Region, body: Region, results, exits)
               | Apply(callee: Function, args: Arg*, results)

Invariants (``ir.verify`` checks them)
--------------------------------------
1. A ``Value`` is born once: as a parameter of a trace or region, or as a result of one operation.
2. A value is used only after its birth, in the same region or in one nested in it. (A region sees the values of the
   regions around it: loop-invariant things are not carried.)
3. ``If``: ``then`` and ``orelse`` have no params; both yield as many atoms as the operation has results.
4. ``For``: ``body.params == (index, *carried)``; ``inits``, carried params and ``results`` correspond one to one.
   ``body.yields`` are the next carried values, followed, when ``exits``, by one more: a bool that ends the loop after
   this iteration. The range has Python's semantics (any ints; ``step`` may be negative or unknown); ``backwards``
   runs through it in the opposite order, as ``reversed(range(start, stop, step))`` does. With ``snapshots``, a reverse
   sweep keeps no more than so many states of what is carried, and runs the body again from them.
5. ``While``: ``cond.params`` and ``body.params`` are both the carried values (each its own Values); ``cond.yields`` is
   the predicate alone; ``body.yields`` are the next carried values (and the exit flag, when ``exits``).
6. Nothing is mutated: ``store(A, index, v)`` has the *new* array as its result. Whether that is the in-place statement
   ``A[index] = v`` is decided by ``emit``.
7. ``Literal(UNDEFINED)`` may be yielded or be an init; to use it otherwise is the program's own UnboundLocalError.
8. Operations with an effect (``prim.effect``) keep their order. An operation whose primitive is ``raise`` ends its
   region; that region's yields are all UNDEFINED.

Values compare by identity, carry a name only as a hint (the user's name for it), and have no number: names are given
when a trace is printed or emitted, in order of appearance, so that output is the same in every run.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from s2sad.errors import Location
from s2sad.ir.types import BOTTOM, Struct, Type, type_of

if TYPE_CHECKING:
    from s2sad.ir.primitive import Primitive


@dataclass(frozen=True, slots=True, eq=False)
class Value:
    """A traced value. ``name`` is the user's name for it, where there is one; a hint, never an identity."""

    type: Type
    name: str | None = None

    def __repr__(self) -> str:
        return f"<{self.name or 'v'}: {self.type}>"


class _Undefined:
    def __repr__(self) -> str:
        return "UNDEFINED"


UNDEFINED: Final = _Undefined()


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant known when the trace is made: a number, string, None, Ellipsis … Arrays are captured instead."""

    value: Any

    @property
    def type(self) -> Type:
        return BOTTOM if self.value is UNDEFINED else type_of(self.value)

    def __eq__(self, other: object) -> bool:  # 1, 1.0 and True are different constants; 0.0 and -0.0 too
        return isinstance(other, Literal) and type(self.value) is type(other.value) and repr(self) == repr(other)

    def __hash__(self) -> int:
        return hash(repr(self.value))


@dataclass(frozen=True, slots=True, eq=False)
class Ref:
    """Something outside that generated code refers to by a dotted path, such as ``np.float64`` or ``ValueError``."""

    value: Any
    path: str

    @property
    def type(self) -> Type:
        return type_of(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ref) and self.value is other.value

    def __hash__(self) -> int:
        return hash(self.path)


Atom = Value | Literal | Ref


@dataclass(frozen=True, slots=True)
class Pack:
    """Structure around atoms. ``keys`` only for 'dict' (keys) and 'record' (field names); ``cls`` only for 'record'
    and for a 'dict' that holds the attributes of an object.

    A 'slice' has exactly three items (start, stop, step).
    """

    kind: str  # 'tuple' | 'list' | 'slice' | 'dict' | 'record'
    items: tuple[Arg, ...]
    keys: tuple[Any, ...] = ()
    cls: type | None = None

    @property
    def type(self) -> Type:
        items = tuple(item.type for item in self.items)
        if self.kind == "record" and self.cls is not None:
            kind = "namedtuple" if issubclass(self.cls, tuple) else "dataclass"
            return Struct(kind, self.keys, items, self.cls)
        return Struct(self.kind, self.keys or tuple(range(len(items))), items, self.cls)


Arg = Atom | Pack


@dataclass(frozen=True, slots=True)
class Region:
    params: tuple[Value, ...]
    ops: tuple[Op, ...]
    yields: tuple[Atom, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    prim: Primitive
    args: tuple[Arg, ...]
    results: tuple[Value, ...]
    kwargs: tuple[tuple[str, Arg], ...] = ()
    loc: Location | None = None

    @property
    def result(self) -> Value:
        (value,) = self.results
        return value


@dataclass(frozen=True, slots=True, eq=False)
class If:
    pred: Atom
    then: Region
    orelse: Region
    results: tuple[Value, ...]
    loc: Location | None = None
    mirror: Op | None = None  # in an adjoint sweep: the primal operation that this one goes back through


@dataclass(frozen=True, slots=True, eq=False)
class For:
    start: Atom
    stop: Atom
    step: Atom
    inits: tuple[Atom, ...]
    body: Region
    results: tuple[Value, ...]
    exits: bool = False
    loc: Location | None = None
    backwards: bool = False
    mirror: Op | None = None
    snapshots: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class While:
    inits: tuple[Atom, ...]
    cond: Region
    body: Region
    results: tuple[Value, ...]
    exits: bool = False
    loc: Location | None = None


@dataclass(slots=True, eq=False)
class Function:
    """A callee kept as a function because it is recursive, or because a library calls it (then it is the value of a
    ``Ref``). ``trace`` is filled in when its own tracing ends.
    """

    name: str
    trace: Trace | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Apply:
    """A call to another trace; its results are the leaves of that trace's result, in order."""

    callee: Function
    args: tuple[Arg, ...]
    results: tuple[Value, ...]
    loc: Location | None = None


Op = Call | If | For | While | Apply


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter of a trace.

    ``value`` has a numeric or List type, or is a leaf of an argument with structure; ``path`` says where it is found:
    ``'x'``, ``"params[0]['W']"``, ``'self.k'``, ``'closure:w'``, ``'global:G'``. ``kind`` is 'argument', 'capture' or,
    in a derivative, 'seed' (a tangent or cotangent that the caller passes). ``like``: the value whose shape it has,
    behind axes of its own if it has more of them.
    """

    value: Value
    path: str
    kind: str = "argument"
    like: Value | None = None


@dataclass(frozen=True, slots=True)
class Trace:
    """One function. ``arguments`` gives each user-level argument as a structure (Pack) over the parameters' values."""

    name: str
    params: tuple[Param, ...]
    body: Region
    result: Arg
    arguments: tuple[tuple[str, Arg], ...] = ()
    origin: str = ""
    loc: Location | None = None
    notes: tuple[str, ...] = field(default=())  # ``ir.show`` gives this class its ``__str__``
    quiet: tuple[str, ...] = ()  # the floating-point warnings that the program ignores: 'divide', 'invalid' …
    libraries: tuple[str, ...] = ()  # what the program itself uses, and its derivative may use, too: 'scipy'

    def with_body(self, ops: tuple[Op, ...], result: Arg | None = None) -> Trace:
        """The same trace around other operations."""
        return replace(self, body=Region((), ops, ()), result=self.result if result is None else result)


def atoms_of(arg: Arg) -> list[Atom]:
    """The atoms in an argument, in order."""
    if not isinstance(arg, Pack):
        return [arg]
    out: list[Atom] = []
    for item in arg.items:
        if isinstance(item, Pack):
            out += atoms_of(item)
        else:
            out.append(item)
    return out


def values_of(*args: Arg) -> list[Value]:
    """The values in these arguments, in order."""
    out: list[Value] = []
    for arg in args:
        if isinstance(arg, Value):
            out.append(arg)
        elif isinstance(arg, Pack):
            out += values_of(*arg.items)
    return out


def operands(op: Op) -> list[Value]:
    """Values that an operation reads directly, not those that its regions read (see ``walk.free_values``)."""
    match op:
        case Call(args=args, kwargs=kwargs):
            return values_of(*args, *[v for _, v in kwargs]) if kwargs else values_of(*args)
        case If(pred=pred):
            return values_of(pred)
        case For(start=start, stop=stop, step=step, inits=inits):
            return values_of(start, stop, step, *inits)
        case While(inits=inits):
            return values_of(*inits)
        case Apply(args=args):
            return values_of(*args)


def regions(op: Op) -> tuple[Region, ...]:
    """The regions nested in an operation."""
    match op:
        case Call() | Apply():
            return ()
        case If(then=then, orelse=orelse):
            return then, orelse
        case For(body=body):
            return (body,)
        case While(cond=cond, body=body):
            return cond, body
