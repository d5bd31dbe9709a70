"""Derivatives by differences, where a user asks for them: for a function that cannot be read and has no rule."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from s2sad.compiler.custom import call_custom
from s2sad.compiler.declared import NOTHING, Custom, Declared
from s2sad.compiler.operands import operand
from s2sad.custom import signature_of
from s2sad.errors import InputError
from s2sad.front.calls import Calls
from s2sad.front.derivatives import known_value, transform
from s2sad.front.values import Abstract, Known
from s2sad.ir.core import Arg, Literal, Pack, Ref, Value, values_of
from s2sad.ir.types import Array, Scalar, is_inexact, tangent_type
from s2sad.prims import runtime
from s2sad.prims.primitive import primitive
from s2sad.rules.book import BOOK

METHODS = ("central", "complex")


def _bar(f: Arg, args: Arg, k: Arg, bar: Arg, kwargs: Any = None, step: Any = None, method: Any = "central") -> Any:
    assert isinstance(args, Pack) and isinstance(k, Literal)
    return tangent_type(args.items[k.value].type)


def _dot(f: Arg, args: Arg, dots: Arg, ans: Arg, kwargs: Any = None, step: Any = None, method: Any = "central") -> Any:
    return tangent_type(ans.type)


difference_bar = primitive("difference_bar", runtime.difference_bar, _bar, style="helper", calls=())
difference_dot = primitive("difference_dot", runtime.difference_dot, _dot, style="helper", calls=())
for _made in (difference_bar, difference_dot):
    BOOK.refused[_made] = (
        "a derivative of a derivative by differences (s2sad.numeric)",
        "differences of differences keep few digits, and nothing says how few",
        "declare the derivative (s2sad.partials, s2sad.pullback); the rule may call functions that are numeric",
    )


class Numeric:
    """A function whose derivative is taken by differences; see ``numeric``."""

    def __init__(self, function: Callable[..., Any], method: str, step: float | None, returns: Any) -> None:
        if not callable(function) or isinstance(function, type):
            raise InputError(f"numeric needs a function, not {function!r}", instead="give it the function to call")
        if method not in METHODS:
            raise InputError(f"numeric with method={method!r}", instead="choose one of 'central', 'complex'")
        self.__wrapped__ = function
        self.__name__ = getattr(function, "__name__", type(function).__name__)
        signature = signature_of(function, None)
        names = tuple(n for n, p in signature.parameters.items() if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL))
        self.__signature__ = signature.replace(parameters=[signature.parameters[n] for n in names])
        self.custom = Custom(function, self.__name__, self.__signature__, returns)
        options = {} if step is None else {"step": step}
        if method != "central":
            options["method"] = method  # type: ignore[assignment]
        self.custom.declare(Declared("pullback", names, _Body(self.custom, options), (*names, "ans_bar")))
        dots = tuple(f"{n}_dot" for n in names)
        self.custom.declare(Declared("pushforward", names, _Body(self.custom, options), (*names, *dots, "ans")))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.__wrapped__(*args, **kwargs)

    def __s2sad_call__(self, machine: Calls, args: Sequence[Abstract], kwargs: Mapping[str, Abstract]) -> Abstract:
        return call_custom(machine, self.custom, args, kwargs)


class _Body:
    """Both rules of such a function: which, its arguments tell."""

    def __init__(self, custom: Custom, options: Mapping[str, Any]) -> None:
        self._custom, self._options = custom, options

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError("the rule of a numeric derivative is a part of a trace")

    def __s2sad_call__(self, machine: Calls, args: Sequence[Abstract], kwargs: Mapping[str, Abstract]) -> Abstract:
        function = self._custom.function
        f = Ref(function, self._custom.name if self._custom.name.isidentifier() else "function")
        parameters = self._custom.signature.parameters
        given = {n: operand(machine, kwargs[n], n)[0] for n in parameters}
        named = {n: a for n, a in given.items() if parameters[n].kind is inspect.Parameter.KEYWORD_ONLY}
        placed = {n: a for n, a in given.items() if n not in named}
        for n, a in given.items():
            moves = any(is_inexact(v.type) for v in values_of(a))
            if moves and (n in named or not isinstance(a, Value) or not isinstance(a.type, Scalar | Array)):
                machine.refuse(
                    f"numeric of {self._custom.name}, whose argument {n} is {a.type}",
                    why="differences are taken in numbers and arrays that are given by position",
                    instead="wrap it into a function of numbers and arrays",
                )
        every, options = Pack("tuple", tuple(placed.values())), dict(self._options)
        if named:
            options["kwargs"] = Pack("dict", tuple(named.values()), tuple(named))
        if "ans_bar" in kwargs:
            bar = machine.to_arg(kwargs["ans_bar"])
            bars = [
                machine.emit(difference_bar, f, every, k, bar, **options) if differs(a) else Literal(None)
                for k, a in enumerate(placed.values())
            ]
            return machine.lift(Pack("tuple", (*bars, *(Literal(None) for _ in named))))
        dots = Pack("tuple", tuple(
            machine.to_arg(kwargs[f"{n}_dot"]) if differs(a) else Literal(None) for n, a in placed.items()
        ))  # fmt: skip
        ans = machine.to_arg(kwargs["ans"])
        if isinstance(ans, Pack):
            machine.refuse(
                f"numeric of {self._custom.name}, which gives {ans.type}", instead="return one number or array"
            )
        return machine.wrap(machine.emit(difference_dot, f, every, dots, ans, **options))


def differs(arg: Arg) -> bool:
    """Whether an operand is a number or array that may be moved."""
    return isinstance(arg, Value) and isinstance(arg.type, Scalar | Array) and is_inexact(arg.type)


def traced_numeric(
    machine: Calls, f: Abstract | None = None, *, method: Abstract | None = None, step: Abstract | None = None,
    returns: Abstract | None = None,
) -> Abstract:
    """``numeric`` in a traced function."""
    named = {"method": method, "step": step, "returns": returns}
    options = {k: known_value(machine, "numeric", v) for k, v in named.items() if v is not None}
    if not isinstance(f, Known):
        machine.refuse(
            "numeric of a function that is made inside the function that is differentiated",
            why="it can be read, and its derivative is exact", instead="call it as it stands",
        )
    return Known(Numeric(f.value, options.get("method", "central"), options.get("step"), options.get("returns")))


@transform(traced=traced_numeric)
def numeric(
    f: Callable[..., Any] | None = None, *, method: str = "central", step: float | None = None, returns: Any = None
) -> Any:
    """A function as it is, whose derivative is taken by differences: for code that cannot be read and has no rule.

    Parameters
    ----------
    f : callable
        Of numbers and arrays, by position, and anything else that is not differentiated; gives one number or array.
    method : {'central', 'complex'}
        Central differences, which are exact to ten digits or so; or the complex step (Squire and Trapp, SIAM Review 40,
        1998), exact to rounding, for code that takes complex numbers and is analytic.
    step : float, optional
        The step, relative to the size of what is moved (at least 1). Left out: 6e-6 for central differences, 1e-30
        for the complex step.
    returns : optional
        What ``f`` gives, where that cannot be found by reading it; see ``partials``.

    Notes
    -----
    A direction in forward mode costs two calls of ``f``; a gradient two calls for each number that is differentiated
    (one with the complex step). A derivative of such a derivative is refused.

    Examples
    --------
    >>> import math, s2sad
    >>> g = s2sad.numeric(math.lgamma, returns=float)
    >>> round(s2sad.grad(lambda x: g(x) ** 2)(3.0), 6)
    1.279251
    """
    if f is None:
        return lambda f: Numeric(f, method, step, returns)
    return Numeric(f, method, step, returns)


__all__ = ["NOTHING", "Numeric", "numeric"]
