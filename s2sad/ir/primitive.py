"""What an operation is: how it runs, what type it gives, how it is written. Nothing here knows about derivatives."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from s2sad.ir.core import Arg, Pack, Ref
from s2sad.ir.core import Literal as Constant
from s2sad.ir.types import Type

Alias = Literal["fresh", "view", "maybe", "same"]
"""How the result shares memory with the first operand: never, always (a view), it depends, or it is that object."""

Cost = Literal["free", "cheap", "costly"]
"""'free': an attribute, a shape, a view, integer arithmetic on scalars. 'cheap': one arithmetic operation.
'costly': transcendental functions, products of matrices, solvers, anything that walks more than its result."""


@dataclass(frozen=True)
class Spelling:
    """How a call is written in generated code.

    style 'function': ``text`` is a dotted path (``np.sin``, ``math.sqrt``, ``len``) called with the arguments.
    style 'operator': ``text`` is a Python operator (``+ - * / // % ** @ < <= > >= == != & | ^ << >> ~ not``; unary
    minus is ``neg``, unary plus ``pos``).
    style 'method': ``x.text(...)``; 'attribute': ``x.text``.
    style 'helper': ``text`` names a function of ``prims.runtime`` whose source is written into the generated module.
    style 'special': the emitter knows this primitive by name (getitem, store, push …).
    """

    style: Literal["function", "operator", "method", "attribute", "helper", "special"]
    text: str
    hidden: tuple[str, ...] = ()
    """Parameters with defaults that are not written: operands for the rule alone (what an object was made of)."""


@dataclass(frozen=True, eq=False)
class Primitive:
    """One operation.

    Parameters
    ----------
    name : unique; a dotted path where there is one (``np.sin``), else a word (``getitem``).
    run : computes it on run-time values, called as ``run(*args, **kwargs)``; pure unless ``effect``. Never mutates.
    infer : ``infer(*args, **kwargs)`` gets the *atoms* (``Arg``) of a call and gives the type of the result, or a tuple
        of types for several results. Its parameter names and defaults are the primitive's signature.
        It raises ``errors.InputError`` or ``UnsupportedError`` for a call that it does not take.
    spelling : how it is written.
    alias : see ``Alias``.
    elementwise : result[i] depends on operand[i] only, after broadcasting, for all numeric operands.
    effect : must run, in order, exactly as often as in the program.
    cost : see ``Cost``.
    """

    name: str
    run: Callable[..., Any]
    infer: Callable[..., Type | tuple[Type, ...]]
    spelling: Spelling
    alias: Alias = "fresh"
    elementwise: bool = False
    effect: bool = False
    cost: Cost = "costly"

    def __repr__(self) -> str:
        return f"<primitive {self.name}>"

    @cached_property
    def signature(self) -> inspect.Signature:
        return inspect.signature(self.infer)

    @cached_property
    def defaults(self) -> tuple[tuple[str, Arg | None], ...]:
        """Parameters before a variadic one (all, where there is none), each with its default as a literal, or None."""
        return tuple(
            (name, _default(p.default))
            for name, p in self.signature.parameters.items()
            if p.kind is not p.VAR_POSITIONAL
        )

    @cached_property
    def variadic(self) -> tuple[str, int] | None:
        """Name and position of a ``*args`` parameter."""
        for k, (n, p) in enumerate(self.signature.parameters.items()):
            if p.kind is p.VAR_POSITIONAL:
                return n, k
        return None

    def bind(self, args: Iterable[Arg], kwargs: Mapping[str, Arg] | Iterable[tuple[str, Arg]]) -> dict[str, Arg]:
        """Arguments by parameter name, defaults included (as literals); those of a ``*args`` parameter as one Pack.

        Raises
        ------
        TypeError : too many arguments, or one that the primitive does not have.
        """
        given, named, out = tuple(args), dict(kwargs), dict[str, Arg]()
        if self.variadic is not None:
            name, place = self.variadic
            out[name] = Pack("tuple", given[place:])
            given = given[:place]
        if len(given) > len(self.defaults):
            raise TypeError(f"{self.name} takes {len(self.defaults)} arguments, {len(given)} are given")
        for k, (name, default) in enumerate(self.defaults):
            if k < len(given):
                out[name] = given[k]
            elif name in named:
                out[name] = named.pop(name)
            elif default is not None:
                out[name] = default
        if named:
            raise TypeError(f"{self.name} has no argument {next(iter(named))!r}")
        return out


def _default(value: Any) -> Arg | None:
    if value is inspect.Parameter.empty:
        return None
    return value if isinstance(value, Constant | Ref) else Constant(value)
