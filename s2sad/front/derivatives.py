"""What the calls of derivatives inside a traced function stand on (see ``compiler/nested``): which functions make
derivatives, and arguments as specifications."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from s2sad.front.program import Leaf, Record, Static
from s2sad.front.values import Abstract, Known, TupleOf
from s2sad.ir.core import Arg, Atom, Literal, Pack, Ref, Value
from s2sad.ir.types import Array, Scalar, Type, axes, np_dtype
from s2sad.prims import structure

if TYPE_CHECKING:
    from s2sad.front.calls import Calls

NUMERIC = Scalar | Array
F = TypeVar("F", bound=Callable[..., Any])

TRANSFORMS: dict[Callable[..., Any], Callable[..., Any] | None] = {}
"""Functions that make derivatives, and what a call of each means inside a traced function: a function of the machine
and the abstract arguments. None: it is refused."""


USERS: list[Callable[[Any], Callable[..., Any] | None]] = []
"""Questions to ask of a callable from outside: what a call of it means, where a user has declared a rule for it; None
where nothing is declared. The answer is a function of the machine, the arguments and the keyword arguments."""


def users_meaning(fn: Any) -> Callable[..., Any] | None:
    """What a user declared that a call of this function means, or None."""
    for ask in USERS:
        if (meaning := ask(fn)) is not None:
            return meaning
    return None


CONTEXTS: dict[Any, Callable[..., None]] = {}
"""What ``with f(...) as name:`` means for functions of ours: a function of the machine, the call, the target, a
function that runs the body, and the statement."""


def transform(traced: Callable[..., Any] | None) -> Callable[[F], F]:
    """Declare a function that makes derivatives: it is never traced into."""

    def enter(fn: F) -> F:
        TRANSFORMS[fn] = traced
        return fn

    return enter


def call_transform(machine: Calls, fn: Any, args: Sequence[Abstract], kwargs: Mapping[str, Abstract]) -> Abstract:
    """A call such as ``grad(f)`` or ``jvp(f, …)`` inside a function that is traced."""
    meaning = TRANSFORMS[fn]
    if meaning is None:
        machine.refuse(
            f"a call of s2sad.{fn.__name__} inside a function that is differentiated",
            instead="call a derivative made with grad, value_and_grad, jvp or vjp, which is traced",
        )
    args, kwargs = named_behind(fn, meaning, args, kwargs)
    try:
        inspect.signature(meaning).bind(machine, *args, **kwargs)
    except TypeError as error:
        machine.wrong(f"{fn.__name__}() {error}", why="Python would raise TypeError")
    out: Abstract = meaning(machine, *args, **kwargs)
    return out


def named_behind(
    fn: Any, meaning: Any, args: Sequence[Abstract], kwargs: Mapping[str, Abstract]
) -> tuple[Sequence[Abstract], Mapping[str, Abstract]]:
    """Arguments by position that what a function means takes by keyword only, by the names that the function has."""
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    taken = list(inspect.signature(meaning).parameters.values())
    if any(p.kind is inspect.Parameter.VAR_POSITIONAL for p in taken):
        return args, kwargs
    mine = [p.name for p in taken[1:] if p.kind in kinds]  # but for the machine
    own = [name for name, p in inspect.signature(fn).parameters.items() if p.kind in kinds]
    alike = sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], zip(mine, own, strict=False)))
    behind = dict(zip(own[alike:], args[alike:], strict=False))
    if len(args) > len(own) or behind.keys() & kwargs.keys():
        return args, kwargs
    return args[:alike], {**behind, **kwargs}


def known_value(machine: Calls, name: str, value: Abstract) -> Any:
    """An argument of a transform, which has to be known."""
    match value:
        case Known(value=found):
            return found
        case TupleOf(items=items, cls=None):
            return tuple(known_value(machine, name, item) for item in items)
        case _:
            if isinstance(value, Value):
                machine.demand(value, f"an option of s2sad.{name}")
            machine.refuse(
                f"s2sad.{name} with an option that is not known when the derivative is made",
                why="the options decide what the derivative is",
                instead="write them as constants: argnums is an int or a tuple of ints",
            )


def is_traceable(fn: Any) -> bool:
    """Whether a callable is a ``Traceable``: cheap, and deaf to objects that answer to every name."""
    return hasattr(type(fn), "__s2sad_program__")


def default(machine: Calls, fn: Any, name: str, value: Any) -> Abstract:
    """A default of the derivative's, as something from outside."""
    if isinstance(value, int | float):
        return Known(value)
    return machine.external(value, machine.root(f"global:{name}", id(value), machine.frame.code, lambda: value))


def spec_of(machine: Calls, arg: Arg) -> Any:
    """What is known of an argument."""
    match arg:
        case Value(type=t):
            origin = machine.origins.get(arg)
            sample = machine.samples.get(origin) if isinstance(origin, str) else None
            return Leaf(t) if sample is None else Leaf(t, sample)
        case Literal(value=value) | Ref(value=value):
            return Leaf(arg.type, value) if isinstance(arg.type, NUMERIC) and type(value) is not bool else Static(value)
        case Pack(kind="dict", items=items, keys=keys):
            return {k: spec_of(machine, i) for k, i in zip(keys, items, strict=True)}
        case Pack(kind="record", items=items, keys=keys, cls=cls):
            assert cls is not None
            fields = {k: spec_of(machine, i) for k, i in zip(keys, items, strict=True)}
            return cls(**fields) if issubclass(cls, tuple) else Record(object.__new__(cls), fields)
        case Pack(kind="list", items=items):
            return [spec_of(machine, i) for i in items]
        case Pack(items=items):
            return tuple(spec_of(machine, i) for i in items)


def atom_of(machine: Calls, arg: Arg) -> Atom:
    """One atom: a container is built."""
    return machine.emit(structure.build, arg) if isinstance(arg, Pack) else arg


def leaves_like(machine: Calls, like: Arg, arg: Arg, what: str) -> list[Arg]:
    """The parts of a tangent or cotangent, in the order of the leaves of what it belongs to."""
    if not isinstance(like, Pack):
        known, given = like.type, arg.type
        if isinstance(known, NUMERIC) and (not isinstance(given, NUMERIC) or not fits(known, given)):
            machine.wrong(f"{what} is of type {given}, but the value it belongs to is of type {known}")
        return [arg]
    if not isinstance(arg, Pack) or (arg.kind, len(arg.items), arg.keys) != (like.kind, len(like.items), like.keys):
        unlike = f"{what} has another structure than the value it belongs to"
        machine.wrong(unlike, instead="give it the same structure")
    pairs = zip(like.items, arg.items, strict=True)
    return [leaf for a, b in pairs for leaf in leaves_like(machine, a, b, what)]


def fits(known: Type, given: Type) -> bool:
    """Whether a tangent of a type can belong to a value of a type, as far as types tell."""
    a, b = axes(known), axes(given)
    if a is None or b is None:
        return True
    return len(a) == len(b) and all("?" in pair or pair[0] == pair[1] for pair in zip(a, b, strict=True))


def as_type(machine: Calls, atom: Atom, t: Type) -> Arg:
    """A number as the parameter has it: an int that is differentiated is taken as a float, in its precision."""
    if isinstance(t, Scalar) and t.dtype == "f64" and isinstance(atom.type, Scalar) and atom.type.dtype == "i64":
        if isinstance(atom, Literal):
            return Literal(float(atom.value))
        return machine.emit(machine.prim("float"), atom)
    have = atom.type
    if not isinstance(atom, Value) or not isinstance(t, Scalar | Array) or not isinstance(have, Scalar | Array):
        return atom
    if have.dtype == t.dtype or have.dtype[0] != t.dtype[0] or have.dtype[0] not in "fc":
        return atom
    if isinstance(t, Scalar) and t.weak:
        return atom
    dtype = np_dtype(t.dtype).type
    if isinstance(have, Scalar):
        return machine.emit(machine.prim(f"np.{dtype.__name__}"), atom)
    return machine.emit(machine.prim("astype"), atom, Ref(dtype, f"np.{dtype.__name__}"))
