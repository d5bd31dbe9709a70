"""The parameters of the function that is differentiated: binding a call, and finding the chosen arguments in it.

A call is brought into *canonical* form: one value for each parameter of the function, in order, defaults filled in;
``*args`` is one tuple, ``**kwargs`` one dict.
"""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from s2sad.errors import InputError, SourceError
from s2sad.front.source import call_signature, signature_of_compiled
from s2sad.prims.primitive import REGISTRY

Argnums: TypeAlias = int | str | Sequence[int | str]
Place: TypeAlias = tuple[int, int | str | None]
"""Which canonical value, and which item of it where that is ``*args`` or ``**kwargs``."""

_Kind = inspect._ParameterKind


@dataclass(frozen=True, slots=True)
class Parameters:
    """``shown`` is the signature as people see it; ``own`` the one that calls are bound by."""

    function: str
    shown: inspect.Signature
    own: inspect.Signature
    names: tuple[str, ...]
    kinds: tuple[_Kind, ...]
    tails: Mapping[int, tuple[Any, ...]]  # defaults to add to so many positional arguments, where that is all it takes
    directions: tuple[str, ...] = ()  # further arguments, which stand behind the others

    @classmethod
    def of(cls, fn: Callable[..., Any]) -> Parameters:
        """The parameters of any callable with a signature."""
        name = getattr(fn, "__name__", None) or type(fn).__name__
        try:
            declared = declared_signature(fn)
            shown, own = (declared, declared) if declared is not None else (inspect.signature(fn), call_signature(fn))
        except (TypeError, ValueError) as error:
            raise SourceError(
                f"the parameters of {name} cannot be told: {error}", instead="wrap it into a function or lambda"
            ) from None
        parameters = list(own.parameters.values())
        plain = all(p.kind not in (_Kind.VAR_POSITIONAL, _Kind.VAR_KEYWORD) for p in parameters)
        tails: dict[int, tuple[Any, ...]] = {}
        if plain:
            positional = [p for p in parameters if p.kind is not _Kind.KEYWORD_ONLY]
            for given in range(len(positional) + 1):
                rest = [p.default for p in parameters[given:]]
                if not any(default is inspect.Parameter.empty for default in rest):
                    tails[given] = tuple(rest)
        return cls(name, shown, own, tuple(own.parameters), tuple(p.kind for p in parameters), tails)

    def with_direction(self) -> Parameters:
        """The parameters with one more behind them: the last positional argument of a call."""
        name = next(n for n in itertools.chain("vw", map("v{}".format, itertools.count(2))) if n not in self.names)
        return replace(
            self, names=(*self.names, name), kinds=(*self.kinds, _Kind.POSITIONAL_ONLY), tails={},
            directions=(*self.directions, name), shown=followed_by(self.shown, name),
        )  # fmt: skip

    @property
    def positional(self) -> int:
        """How many parameters take a positional argument each."""
        own = self.kinds[: len(self.kinds) - len(self.directions)]
        return sum(k in (_Kind.POSITIONAL_ONLY, _Kind.POSITIONAL_OR_KEYWORD) for k in own)

    @property
    def defaulted(self) -> tuple[Any, ...]:
        """The default of each parameter, ``Parameter.empty`` for none."""
        own = self.own.parameters
        return tuple(own[n].default if n in own else inspect.Parameter.empty for n in self.names)

    @property
    def defaults(self) -> dict[str, Any]:
        """Defaults by parameter."""
        empty = inspect.Parameter.empty
        return {n: p.default for n, p in self.own.parameters.items() if p.default is not empty}

    def bind(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[Any, ...]:
        """The canonical form of a call; Python's own TypeError where the arguments do not fit."""
        if not kwargs and (tail := self.tails.get(len(args))) is not None:
            return args + tail
        first = len(args) - len(self.directions)
        if first < 0:
            raise TypeError(f"{self.function}() missing its last argument: the direction {self.directions[-1]!r}")
        args, last = args[:first], args[first:]
        try:
            bound = self.own.bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(f"{self.function}() {error}") from None
        bound.apply_defaults()
        return (*[bound.arguments[name] for name in self.own.parameters], *last)

    def by_name(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments of a call by name, defaults among them; those of ``**kwargs`` by their own names."""
        out: dict[str, Any] = {}
        for name, kind, value in zip(self.names, self.kinds, self.bind(args, kwargs), strict=True):
            if kind is _Kind.VAR_KEYWORD:
                out.update(value)
            else:
                out[name] = value
        return out

    def unbind(self, values: Sequence[Any]) -> tuple[list[Any], dict[str, Any]]:
        """Positional and keyword arguments of the call that a canonical form stands for."""
        args: list[Any] = []
        kwargs: dict[str, Any] = {}
        for name, kind, value in zip(self.names, self.kinds, values, strict=True):
            match kind:
                case _Kind.VAR_POSITIONAL:
                    args.extend(value)
                case _Kind.VAR_KEYWORD:
                    kwargs.update(value)
                case _Kind.KEYWORD_ONLY:
                    kwargs[name] = value
                case _:
                    args.append(value)
        return args, kwargs

    def places(self, argnums: Argnums, values: Sequence[Any]) -> tuple[Place, ...]:
        """Where the chosen arguments are in a canonical form.

        Raises
        ------
        InputError
            For a name or number that is no argument of the function.
        """
        chosen = (argnums,) if isinstance(argnums, int | str) else tuple(argnums)
        out = tuple(self._place(choice, values) for choice in chosen)
        if len(set(out)) < len(out):
            raise InputError(f"argnums={argnums!r} names an argument of {self.function} twice")
        return out

    def check(self, argnums: Argnums) -> None:
        """InputError for what no call could give a meaning: an unknown name, a number past the last parameter."""
        if _Kind.VAR_POSITIONAL in self.kinds or _Kind.VAR_KEYWORD in self.kinds:
            return
        self.places(argnums, [None] * len(self.names))

    def _place(self, choice: int | str, values: Sequence[Any]) -> Place:
        many = self.kinds.index(_Kind.VAR_POSITIONAL) if _Kind.VAR_POSITIONAL in self.kinds else None
        spare = self.kinds.index(_Kind.VAR_KEYWORD) if _Kind.VAR_KEYWORD in self.kinds else None
        number: int
        if choice in self.directions:
            return self.names.index(choice), None
        if isinstance(choice, str):
            if choice in self.names and self.names.index(choice) not in (many, spare):
                return self.names.index(choice), None
            if spare is not None and choice in values[spare]:
                return spare, choice
            if choice not in self.shown.parameters or many is None:
                raise self._unknown(f"has no argument named {choice!r}")
            number = list(self.shown.parameters).index(choice)
        else:
            number = choice
        count = self.positional + (len(values[many]) if many is not None else 0)
        count += len(self.directions)
        if not -count <= number < count:
            arguments = f"{count} positional argument{'s' * (count != 1)}"
            raise self._unknown(f"has {arguments}: argnums={choice!r} is out of range")
        number %= count
        if number >= count - len(self.directions):
            return len(self.names) - (count - number), None
        if number < self.positional:
            return number, None
        assert many is not None
        return many, number - self.positional

    def _unknown(self, what: str) -> InputError:
        known = ", ".join(self.shown.parameters) or "none"
        return InputError(f"{self.function} {what}", instead=f"choose from its arguments: {known}")

    def variables(self, names: Sequence[str], values: Sequence[Any]) -> dict[str, str]:
        """Where the arguments of a trace are found, as expressions over variables with the canonical values."""
        out = dict(zip(self.names, names, strict=True))
        if _Kind.VAR_KEYWORD in self.kinds:
            spare = self.kinds.index(_Kind.VAR_KEYWORD)
            out.update({key: f"{names[spare]}[{key!r}]" for key in values[spare]})
        return out

    def label(self, place: Place) -> str:
        """How an error names the argument at a place."""
        index, key = place
        if isinstance(key, str):
            return key
        return self.names[index] if key is None else f"{self.names[index]}[{key}]"


def followed_by(signature: inspect.Signature, name: str) -> inspect.Signature:
    """A signature with one more parameter behind the positional ones, which then have no defaults."""
    parameters = list(signature.parameters.values())
    single = (_Kind.POSITIONAL_ONLY, _Kind.POSITIONAL_OR_KEYWORD)
    front = [p.replace(default=inspect.Parameter.empty) for p in parameters if p.kind in single]
    rest = [p for p in parameters if p.kind not in single]
    kind = _Kind.POSITIONAL_OR_KEYWORD
    if any(p.kind is _Kind.VAR_POSITIONAL for p in rest):
        return signature
    return inspect.Signature([*front, inspect.Parameter(name, kind if not front else front[-1].kind), *rest])


def declared_signature(fn: Any) -> inspect.Signature | None:
    """The signature of a library's function that we have said the meaning of."""
    if (prim := REGISTRY.lookup(fn)) is not None:
        own, ours = required_only(signature_of_compiled(fn)), required_only(prim.signature)
        return own if len(own.parameters) >= len(ours.parameters) else ours  # np.where(condition, x=None, y=None)
    definition = REGISTRY.definition(fn)
    return None if definition is None else as_it_takes_them(fn, inspect.signature(definition))


def as_it_takes_them(fn: Callable[..., Any], declared: inspect.Signature) -> inspect.Signature:
    """The parameters that a definition knows, by place or by name only as the function itself takes them.

    Names are the function's own. Behind one that the definition does not know (``out``), all are taken by name.
    """
    try:
        own = inspect.signature(fn).parameters
    except ValueError:  # NumPy's functions say none before 2.4
        return declared
    by_place = [p for p in own.values() if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    many = [p for p in own.values() if p.kind is p.VAR_POSITIONAL]
    known: list[inspect.Parameter] = []
    for k, p in enumerate(declared.parameters.values()):
        if p.name in own:
            in_place = k < len(by_place) and by_place[k].name == p.name
            kind = own[p.name].kind if in_place or own[p.name] not in by_place else p.KEYWORD_ONLY
            known.append(p.replace(kind=kind))
        elif p.kind is p.VAR_POSITIONAL and many:
            known.append(many[0])
        elif k < len(by_place) and by_place[k].name not in declared.parameters and p.default is p.empty:
            known.append(p.replace(name=by_place[k].name, kind=by_place[k].kind))  # x1 and x2 of a ufunc
    return declared.replace(parameters=sorted(known, key=lambda p: p.kind)) if known else declared


def required_only(signature: inspect.Signature) -> inspect.Signature:
    """The signature of a library's function without its options: ``np.sin(x)``, not ``np.sin(x, out=None, …)``."""
    kept = [p for p in signature.parameters.values() if p.default is p.empty and p.kind is not p.VAR_KEYWORD]
    return signature.replace(parameters=kept)


def checked_argnums(argnums: Any) -> int | str | tuple[int | str, ...]:
    """``argnums`` as a user may give it, with sequences as tuples; InputError for anything else."""
    chosen = (argnums,) if isinstance(argnums, int | str) else argnums
    if not isinstance(chosen, tuple | list) or not chosen or any(
        isinstance(c, bool) or not isinstance(c, int | str) for c in chosen
    ):
        raise InputError(
            f"argnums={argnums!r} does not name arguments",
            instead="give a position, a name, or a tuple of positions and names",
        )
    return argnums if isinstance(argnums, int | str) else tuple(chosen)
