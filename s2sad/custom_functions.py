"""Functions that are declared together with their derivatives: ``@custom_jvp`` and ``@custom_vjp``, as JAX spells them.

What they say is what ``pushforward`` and ``pullback`` say by names (``custom.py``): the rules here take primals,
tangents, residuals and cotangents by place.
"""

from __future__ import annotations

import functools
import inspect
import operator
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from s2sad.compiler.custom import call_custom
from s2sad.compiler.declared import Custom, Declared, custom_of, enter
from s2sad.custom import _outside, customised
from s2sad.errors import InputError, RuleError
from s2sad.front.calls import Calls
from s2sad.front.derivatives import transform
from s2sad.front.values import Abstract, Known, ListOf, TupleOf, pack
from s2sad.rules.book import BOOK

_Kind = inspect._ParameterKind
PLACED = (_Kind.POSITIONAL_ONLY, _Kind.POSITIONAL_OR_KEYWORD, _Kind.VAR_POSITIONAL)


class Parts:
    """The parameters of a function by what becomes of them: ``fixed`` are not differentiated, ``moving`` may be,
    ``named`` are given by name only."""

    def __init__(self, made: Custom, nondiff: Sequence[int | str]) -> None:
        parameters = list(made.signature.parameters.values())
        placed = [p.name for p in parameters if p.kind in PLACED]
        if any(p.kind is _Kind.VAR_KEYWORD for p in parameters):
            raise RuleError(
                f"a rule by places for {made.name}, which takes **{parameters[-1].name}",
                why="its primals are the parameters in order", instead="declare it with s2sad.pushforward or pullback",
            )
        self.spread = next((p.name for p in parameters if p.kind is _Kind.VAR_POSITIONAL), None)
        self.named = tuple(p.name for p in parameters if p.kind is _Kind.KEYWORD_ONLY)
        fixed = {found(made, placed, which) for which in nondiff}
        method = "." in getattr(made.function, "__qualname__", "").rpartition("<locals>.")[2]
        if method and placed and placed[0] in ("self", "cls"):
            fixed.add(placed[0])
        self.placed = tuple(placed)
        self.fixed = tuple(n for n in placed if n in fixed)
        self.moving = tuple(n for n in placed if n not in fixed)

    def given(self, values: Mapping[str, Abstract], names: Sequence[str], suffix: str = "") -> list[Abstract]:
        """The values of some parameters in order, those of ``*args`` one by one."""
        out: list[Abstract] = []
        for name in names:
            value = values[f"{name}{suffix}"]
            if name == self.spread and isinstance(value, TupleOf):
                out.extend(value.items)
            else:
                out.append(value)
        return out

    def by_name(self, values: Mapping[str, Abstract]) -> dict[str, Abstract]:
        return {n: values[n] for n in self.named}


def found(made: Custom, placed: Sequence[str], which: int | str) -> str:
    """The name of a parameter that is named by its place."""
    if isinstance(which, str) and which in placed:
        return which
    if isinstance(which, int) and not isinstance(which, bool) and -len(placed) <= which < len(placed):
        return placed[which]
    raise InputError(
        f"nondiff_argnums of {made.name} names {which!r}, which it does not have",
        instead=f"use places from 0 to {len(placed) - 1}, or some of {', '.join(placed)}",
    )


class Rule:
    """A rule by places as the body of a declaration by names. Its errors are placed at the user's function."""

    def __init__(self, made: Custom, parts: Parts, function: Callable[..., Any]) -> None:
        if not callable(function):
            raise RuleError(f"the rule {function!r} is no function", instead="write it as a function of what it needs")
        self.made, self.parts, self.function = made, parts, function
        self.__name__ = getattr(function, "__name__", "rule")

    @property
    def __code__(self) -> Any:
        return getattr(self.function, "__code__", None)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError(f"the rule {self.__name__} is a part of a trace")

    def takes(self, function: Callable[..., Any], shown: str, named: Sequence[str] = ()) -> None:
        """RuleError for a rule that cannot be called so."""
        count = len(self.parts.fixed) + shown.count(",") + 1
        try:
            inspect.signature(function).bind(*range(count), **dict.fromkeys(named))
        except TypeError as error:
            fixed = "".join(f"{n}, " for n in self.parts.fixed)
            name = getattr(function, "__name__", "rule")
            raise RuleError(
                f"the rule {name} of {self.made.name} cannot be called as {name}({fixed}{shown})", why=str(error),
                instead="give it these parameters, in this order",
            ) from None
        except ValueError:  # compiled code without a signature
            return

    def wrong(self, what: str, instead: str) -> RuleError:
        return RuleError(f"the rule {self.__name__} of {self.made.name} gives {what}", instead=instead)


def pair_of(machine: Calls, value: Abstract) -> tuple[Abstract, Abstract] | None:
    """Two results, where there are two."""
    items = machine.content(value) if isinstance(value, ListOf) else getattr(value, "items", None)
    return (items[0], items[1]) if isinstance(items, tuple) and len(items) == 2 else None


class Jvp(Rule):
    """``rule(primals, tangents)`` gives the result and its tangent."""

    def __s2sad_call__(self, machine: Calls, args: Sequence[Abstract], kwargs: Mapping[str, Abstract]) -> Abstract:
        parts = self.parts
        primals, tangents = pack(parts.given(kwargs, parts.moving)), pack(parts.given(kwargs, parts.moving, "_dot"))
        fixed = parts.given(kwargs, parts.fixed)
        out = machine.call(Known(self.function), (*fixed, primals, tangents), parts.by_name(kwargs))
        pair = pair_of(machine, out)
        if pair is None:
            raise self.wrong(machine.describe(out), "return a pair: the result, and its tangent")
        return pair[1]


class Terms(Rule):
    """One rule for each operand, ``term(tangent, ans, *operands)``; the tangent is their sum."""

    def __init__(self, made: Custom, parts: Parts, terms: Sequence[Callable[..., Any] | None]) -> None:
        super().__init__(made, parts, next((t for t in terms if t is not None), print))
        self.terms = tuple(terms)

    def __s2sad_call__(self, machine: Calls, args: Sequence[Abstract], kwargs: Mapping[str, Abstract]) -> Abstract:
        parts = self.parts
        primals = parts.given(kwargs, parts.placed)
        total: Abstract | None = None
        for term, tangent in zip(self.terms, parts.given(kwargs, parts.moving, "_dot"), strict=True):
            if term is not None:
                one = machine.call(Known(term), (tangent, kwargs["ans"], *primals), parts.by_name(kwargs))
                total = one if total is None else machine.call(Known(operator.add), (total, one), {})
        return Known(None) if total is None else total


class Vjp(Rule):
    """``forward(*operands)`` gives the result and residuals, ``backward(residuals, cotangent)`` the cotangents."""

    def __init__(
        self, made: Custom, parts: Parts, forward: Callable[..., Any], backward: Callable[..., Any]
    ) -> None:
        super().__init__(made, parts, backward)
        self.forward = forward

    def __s2sad_call__(self, machine: Calls, args: Sequence[Abstract], kwargs: Mapping[str, Abstract]) -> Abstract:
        parts = self.parts
        kept = machine.call(Known(self.forward), tuple(parts.given(kwargs, parts.placed)), parts.by_name(kwargs))
        pair = pair_of(machine, kept)
        if pair is None:
            name = getattr(self.forward, "__name__", "rule")
            raise RuleError(
                f"the rule {name} of {self.made.name} gives {machine.describe(kept)}",
                instead="return a pair: the result, and what the other rule needs",
            )
        fixed = parts.given(kwargs, parts.fixed)
        out = machine.call(Known(self.function), (*fixed, pair[1], kwargs["ans_bar"]), {})
        items = machine.content(out) if isinstance(out, ListOf) else getattr(out, "items", None)
        count = len(parts.given(kwargs, parts.moving))
        if not isinstance(items, tuple) or isinstance(out, TupleOf) and out.cls is not None:
            items = (out,)
        if len(items) != count:
            raise self.wrong(
                f"{len(items)} results for {count} operands ({', '.join(parts.moving)})",
                "return a tuple with one cotangent per operand, None for zero",
            )
        bars: list[Abstract] = []
        place = 0
        for name in parts.moving:
            width = len(parts.given(kwargs, (name,)))
            bars.append(pack(items[place : place + width]) if name == parts.spread else items[place])
            place += width
        return pack(bars)


class Called:
    """A callable that rules cannot be written on (compiled code), with its rules."""

    def __init__(self, function: Any, made: Custom) -> None:
        self.__wrapped__, self._made = function, made
        self.__name__, self.__signature__ = made.name, made.signature
        self.__doc__ = getattr(function, "__doc__", None)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.__wrapped__(*args, **kwargs)

    def __s2sad_call__(self, machine: Calls, args: Sequence[Abstract], kwargs: Mapping[str, Abstract]) -> Abstract:
        return call_custom(machine, self._made, args, kwargs)


def begun(function: Any, nondiff: Sequence[int | str], returns: Any, what: str) -> tuple[Any, Custom, Parts]:
    """A function that is to be given rules, and what users call."""
    if not callable(function) or isinstance(function, type):
        instead = f"write it as a decorator: @s2sad.{what}"
        raise InputError(f"{what} needs a function, not {function!r}", instead=instead)
    made = customised(function, returns)
    parts = Parts(made, nondiff)
    if isinstance(function, types.FunctionType):
        if custom_of(function) is None:
            enter(function, made)
        return function, made, parts
    return Called(function, made), made, parts


def declare(made: Custom, rule: Declared) -> None:
    """Enter a rule; that of compiled code is of what users call (``Called``), not of the code itself."""
    made.declare(rule)
    if isinstance(made.function, types.FunctionType):
        enter(made.function, made)
    else:
        BOOK.changed()


def place_of(nondiff: Any) -> tuple[int | str, ...]:
    return (nondiff,) if isinstance(nondiff, int | str) else tuple(nondiff)


@transform(traced=_outside)
def custom_jvp(
    function: Any = None, nondiff_argnums: Any = (), *, returns: Any = None
) -> Any:
    """Declare a function together with its derivative in forward mode, from which reverse mode follows.

    Parameters
    ----------
    function : callable
        The function. It is called as it stands, also by derivatives.
    nondiff_argnums : int, str or tuple of them, optional
        Parameters that are not differentiated, by place or name. A rule gets them in front of the others. So is
        ``self`` of a method. Parameters that are given by name only are not differentiated either, and are given to
        the rule by name.
    returns : optional
        What it gives, where that cannot be found by reading it; see ``partials``.

    Returns
    -------
    callable
        The function, which has two further decorators. ``defjvp`` declares ``rule(primals, tangents)``, which gives the
        result and its tangent; ``defjvps`` one ``term(tangent, ans, *operands)`` for each operand (None for zero),
        whose sum is the tangent.

    Examples
    --------
    >>> import numpy as np, s2sad
    >>> @s2sad.custom_jvp
    ... def log1pexp(x):
    ...     return np.log(1.0 + np.exp(x))
    >>> @log1pexp.defjvp
    ... def log1pexp_jvp(primals, tangents):
    ...     x, = primals
    ...     x_dot, = tangents
    ...     return log1pexp(x), (1.0 - 1.0 / (1.0 + np.exp(x))) * x_dot
    >>> with np.errstate(over="ignore"):
    ...     float(s2sad.grad(log1pexp)(1000.0))
    1.0
    """
    if function is None:
        return functools.partial(custom_jvp, nondiff_argnums=nondiff_argnums, returns=returns)
    shown, made, parts = begun(function, place_of(nondiff_argnums), returns, "custom_jvp")
    dots = tuple(f"{n}_dot" for n in parts.moving)

    def defjvp(rule: Callable[..., Any]) -> Callable[..., Any]:
        """Declare ``rule(primals, tangents)``, which gives the result and its tangent."""
        body = Jvp(made, parts, rule)
        body.takes(rule, "primals, tangents", parts.named)
        declare(made, Declared("pushforward", parts.moving, body, (*parts.placed, *parts.named, *dots)))
        return rule

    def defjvps(*terms: Callable[..., Any] | None) -> None:
        """Declare a term of the tangent for each operand: ``term(tangent, ans, *operands)``, or None."""
        if len(terms) != len(parts.moving):
            raise RuleError(
                f"defjvps of {made.name} got {len(terms)} terms for {len(parts.moving)} operands "
                f"({', '.join(parts.moving)})",
                instead="give one for each, None for zero",
            )
        names = (*parts.placed, *parts.named, *dots, "ans")
        declare(made, Declared("pushforward", parts.moving, Terms(made, parts, terms), names))

    shown.defjvp, shown.defjvps = defjvp, defjvps
    return shown


@transform(traced=_outside)
def custom_vjp(
    function: Any = None, nondiff_argnums: Any = (), *, returns: Any = None
) -> Any:
    """Declare a function together with its derivative in reverse mode, from which forward mode follows.

    Parameters
    ----------
    function, nondiff_argnums, returns
        As for ``custom_jvp``.

    Returns
    -------
    callable
        The function, with ``defvjp(forward, backward)``: ``forward`` takes what the function takes and gives its result
        and anything that ``backward`` needs; ``backward(residuals, cotangent)`` gives a tuple of the cotangents of the
        operands, None for zero. Operands that are not differentiated come first in ``backward``.

    Notes
    -----
    In a derivative the function itself is called, and of ``forward`` what ``backward`` needs; where ``forward`` calls
    the function on the same operands, that is the same call. Forward mode transposes ``backward``, which has to be
    linear in the cotangent then.

    Examples
    --------
    >>> import numpy as np, s2sad
    >>> @s2sad.custom_vjp
    ... def clipped(x, limit):
    ...     return x
    >>> clipped.defvjp(lambda x, limit: (x, limit), lambda limit, g: (np.clip(g, -limit, limit), None))
    >>> float(s2sad.grad(lambda x: clipped(x, 1.0) ** 2)(3.0))
    1.0
    """
    if function is None:
        return functools.partial(custom_vjp, nondiff_argnums=nondiff_argnums, returns=returns)
    shown, made, parts = begun(function, place_of(nondiff_argnums), returns, "custom_vjp")

    def defvjp(forward: Callable[..., Any], backward: Callable[..., Any]) -> None:
        """Declare both halves of the rule."""
        body = Vjp(made, parts, forward, backward)
        body.takes(backward, "residuals, cotangent")
        names = (*parts.placed, *parts.named, "ans_bar")
        declare(made, Declared("pullback", parts.moving, body, names))

    shown.defvjp = defvjp
    return shown


__all__ = ["custom_jvp", "custom_vjp"]
