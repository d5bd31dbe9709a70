"""Declaring primitives, and the registry that says which Python object stands for which.

A primitive is declared once with ``primitive(...)``; its *inference function* is its signature: parameter names and
defaults there are the names that rules bind, and the canonical form of a call leaves out what equals the default.

    sin = primitive("np.sin", np.sin, float_unary, elementwise=True)
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, NoReturn, TypeVar

from s2sad.errors import UnsupportedError
from s2sad.ir.core import Arg, Pack, Ref, Value
from s2sad.ir.core import Literal as Constant
from s2sad.ir.primitive import Alias, Cost, Primitive, Spelling
from s2sad.ir.types import Type

Definition = TypeVar("Definition", bound=Callable[..., Any])


@dataclass
class Registry:
    """Which primitive a Python object stands for. An object that can be passed; ``REGISTRY`` is the one that ships."""

    by_object: dict[int, Primitive] = field(default_factory=dict)
    by_name: dict[str, Primitive] = field(default_factory=dict)
    methods: dict[str, Primitive] = field(default_factory=dict)  # ndarray and NumPy scalar methods
    attributes: dict[str, Primitive] = field(default_factory=dict)  # ndarray attributes that are operations: T, real
    definitions: dict[int, Callable[..., Any]] = field(default_factory=dict)
    method_definitions: dict[str, Callable[..., Any]] = field(default_factory=dict)
    ufunc_methods: dict[tuple[str, str], Callable[..., Any]] = field(default_factory=dict)  # ('add', 'reduce') …
    adopters: dict[type, Callable[..., Any]] = field(default_factory=dict)  # objects from outside, by their class
    stands_for: dict[type, type] = field(default_factory=dict)  # classes of ours, and those that programs know
    computed: set[int] = field(default_factory=set)
    providers: dict[str, str] = field(default_factory=dict)  # what is imported once a library's module is there
    _keep: list[object] = field(default_factory=list)

    def add(self, prim: Primitive, objects: Iterable[object] = ()) -> Primitive:
        if prim.name in self.by_name:
            raise ValueError(f"two primitives named {prim.name}")
        self.by_name[prim.name] = prim
        for obj in objects:
            self.alias(obj, prim)
        return prim

    def alias(self, obj: object, prim: Primitive) -> None:
        """Calling ``obj`` means ``prim``, with the same signature."""
        self.by_object[id(obj)] = prim
        self._keep.append(obj)

    def lookup(self, obj: object) -> Primitive | None:
        """The primitive that calling ``obj`` means, or None."""
        if self.providers and id(obj) not in self.by_object:
            self.supply()
        return self.by_object.get(id(obj))

    def provide(self, library: str, module: str) -> None:
        """Say that ``module`` declares what the functions of ``library`` mean; it is imported when somebody else has
        imported ``library``, so that nothing heavy is imported by us.
        """
        self.providers[library] = module

    def adopter(self, cls: type) -> Callable[..., Any] | None:
        """What an object of this class from outside is in a traced program: a function of the machine, the object and
        its source; None where nothing is said.
        """
        if self.providers:
            self.supply()
        return self.adopters.get(cls)

    def supply(self) -> None:
        """Import the providers of libraries that have been imported."""
        for library in [name for name in self.providers if name in sys.modules]:
            module = self.providers.pop(library)
            try:
                importlib.import_module(module)
            except Exception as error:  # or it is taken for a fault of the program that is read
                self.providers[library] = module
                raise ImportError(f"{module}, the rules for {library}, cannot be imported: {error}") from error

    def define(self, *objects: object, method: str | None = None) -> Callable[[Definition], Definition]:
        """Say what ``objects`` (and the ndarray method ``method``) mean by a plain function over other primitives.

        The front end inlines the function in place of the call. Its signature is that of what it defines; a method's
        gets the array first. Unlike an *alias*, it may rearrange its arguments.

        >>> @REGISTRY.define(method="reshape")  # doctest: +SKIP
        ... def reshape(a, *shape):
        ...     return np.reshape(a, shape[0] if len(shape) == 1 else shape)
        """

        def enter(function: Definition) -> Definition:
            for obj in objects:
                self.definitions[id(obj)] = function
                self._keep.append(obj)
            if method is not None:
                self.method_definitions[method] = function
            return function

        return enter

    def defined(self) -> list[tuple[object, Callable[..., Any]]]:
        """Objects that mean a plain function over primitives, with that function."""
        objects = {id(obj): obj for obj in self._keep}
        return [(objects[key], function) for key, function in self.definitions.items()]

    def compute(self, function: Definition) -> Definition:
        """Mark a function of known things (strings, ranks, axes): it is run while tracing, never traced into."""
        self.computed.add(id(function))
        self._keep.append(function)
        return function

    def word(self, prim: Primitive) -> Callable[..., Any]:
        """A callable for definitions and rules to call a primitive by that no public function is."""

        def call(*args: Any, **kwargs: Any) -> Any:
            return prim.run(*args, **kwargs)

        call.__name__ = call.__qualname__ = prim.name
        self.alias(call, prim)
        return call

    def definition(self, obj: object) -> Callable[..., Any] | None:
        """The plain function that says what calling ``obj`` means, or None; asked after ``lookup``.

        Where ``obj`` is a primitive too, this is for the calls that the primitive's signature does not take.
        """
        return self.definitions.get(id(obj))


REGISTRY = Registry()


def primitive(
    name: str,
    run: Callable[..., Any],
    infer: Callable[..., Type | tuple[Type, ...]],
    *,
    style: Literal["function", "operator", "method", "attribute", "helper", "special"] = "function",
    text: str | None = None,
    alias: Alias = "fresh",
    elementwise: bool = False,
    effect: bool = False,
    cost: Cost = "costly",
    calls: Iterable[object] | None = None,
    method: str | None = None,
    attribute: str | None = None,
    hidden: tuple[str, ...] = (),
) -> Primitive:
    """Declare a primitive and register the Python objects that mean it.

    ``calls`` are the callables that mean it (``run`` itself when left out), ``method`` and ``attribute`` the ndarray
    method or attribute with the same meaning (the array is the first argument). How it batches is in the book
    (``rules.batching``).
    """
    spelling = Spelling(style, name if text is None else text, hidden)
    prim = Primitive(name, run, infer, spelling, alias, elementwise, effect, cost)
    REGISTRY.add(prim, (run,) if calls is None else calls)
    if method is not None:
        REGISTRY.methods[method] = prim
    if attribute is not None:
        REGISTRY.attributes[attribute] = prim
    return prim


class NotKnown(UnsupportedError, LookupError):
    """``arg`` would have to be known when the derivative is made; the front end makes it static where it can."""

    def __init__(self, arg: Arg, what: str = "this value") -> None:
        super().__init__(
            f"{what} has to be known when the derivative is made", why="the type of the result hangs on it",
            instead="pass it as a plain int, bool or string, not computed from arrays",
        )  # fmt: skip
        self.arg = arg


def unsupported(what: str, instead: str = "") -> NoReturn:
    """Called in a definition where it does not model what was asked: the front end refuses, at the user's call."""
    raise UnsupportedError(what, instead=instead)


def constant_of(arg: Arg) -> Any:
    """The Python value of an argument that is known: a literal, a Ref, or a Pack of such. Raises NotKnown else."""
    match arg:
        case Constant(value=value) | Ref(value=value):
            return value
        case Pack(kind="slice", items=items):
            return slice(*map(constant_of, items))
        case Pack(kind="tuple", items=items):
            return tuple(map(constant_of, items))
        case Pack(kind="list", items=items):
            return [constant_of(item) for item in items]
        case _:
            raise NotKnown(arg)


def is_constant(arg: Arg) -> bool:
    """Whether ``constant_of`` has an answer."""
    try:
        constant_of(arg)
    except LookupError:
        return False
    return True


def option(name: str, arg: Any) -> Any:
    """The value of an option (``axis``, ``keepdims`` …) in an inference function: a default, or a known argument."""
    if not isinstance(arg, Value | Constant | Ref | Pack):
        return arg
    try:
        return constant_of(arg)
    except NotKnown as error:
        raise NotKnown(error.arg, f"the argument {name}=") from None
