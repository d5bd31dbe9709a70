"""Taylor coefficients of functions along curves and directions, to any order."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

from s2sad.compiler.abstract_functions import flag
from s2sad.compiler.cache import CACHE
from s2sad.compiler.nested import call_nested
from s2sad.compiler.pipeline import Transform, argument_at
from s2sad.compiler.seeds import seeds_like
from s2sad.errors import InputError
from s2sad.front.calls import Calls
from s2sad.front.derivatives import known_value, transform
from s2sad.front.values import Abstract, Known, ListOf, Transformed, TupleOf
from s2sad.ir.core import Trace, Value

F = Callable[..., Any]


def made(order: int, given: int, moving: tuple[int, ...], has_aux: bool, optimise: bool) -> Transform:
    """The transform to coefficients up to an order, from the first so many of them."""
    if order < 1:
        raise InputError("a Taylor series to order 0 is the value", instead="ask for order 1 or more, or call f")
    return Transform("jet", moving, has_aux, optimise, order=order, given=given)


def traced_jet(
    machine: Calls, f: Abstract, primals: Abstract, series: Abstract, has_aux: Abstract | None = None, *,
    optimise: Abstract | None = None,
) -> Abstract:
    """``jet`` on abstract arguments."""
    points = parts(machine, primals)
    terms = [None if isinstance(s, Known) and s.value is None else parts(machine, s) for s in parts(machine, series)]
    try:
        moving = checked(len(points), [None if t is None else len(t) for t in terms])
        order = max(len(t) for t in terms if t is not None)
        transform = made(order, order, moving, flag(has_aux, False), flag(optimise, True))
    except InputError as error:
        raise machine.placed(error) from None
    directions = [
        (chosen[j], f"series[{k}][{j}]") for j in range(order) for k in moving if (chosen := terms[k]) is not None
    ]
    return call_nested(machine, Transformed(f, transform, call_nested), points, {}, directions)


def parts(machine: Calls, value: Abstract) -> tuple[Abstract, ...]:
    """The items of a tuple or list of known structure."""
    if isinstance(value, ListOf) and isinstance(held := machine.content(value), tuple):
        return held
    if isinstance(value, TupleOf):
        return value.items
    machine.wrong("jet takes its primals and series as tuples", instead="write jet(f, (x,), ((x_1, x_2),))")


def checked(points: int, lengths: Sequence[int | None]) -> tuple[int, ...]:
    """The arguments that move; all of them have as many coefficients."""
    if points != len(lengths):
        raise InputError(f"jet got {points} primals and {len(lengths)} series", instead="give one series for each")
    moving = tuple(k for k, n in enumerate(lengths) if n is not None)
    if not moving:
        raise InputError("jet got no series", instead="give coefficients of one argument at least")
    if len({lengths[k] for k in moving}) > 1:
        raise InputError(
            "jet got series of unlike lengths", instead="give zeros for the coefficients of higher order that vanish"
        )
    return moving


@transform(traced=traced_jet)
def jet(
    f: F, primals: Sequence[Any], series: Sequence[Any], has_aux: bool = False, *, optimise: bool = True
) -> tuple[Any, ...]:
    """The Taylor coefficients of a function along a curve: f(x + x_1 t + x_2 t^2 + …) to the order of the series given.

    In forward mode, in one sweep: the cost grows with the square of the order, not with its power of two, as it does
    for derivatives of derivatives.

    Parameters
    ----------
    f : callable
    primals : sequence
        The arguments.
    series : sequence
        For each argument the coefficients x_1, …, x_K of its series, as a tuple or list, each in the structure and the
        shapes of the argument; None for an argument that does not move. All of one length.
    has_aux : bool
        Whether ``f`` gives ``(result, aux)``; then the result is ``(value, coefficients, aux)``.

    Returns
    -------
    tuple
        ``(value, (y_1, …, y_K))``: f along the curve is value + y_1 t + … + y_K t^K + O(t^(K+1)). These are
        coefficients and no derivatives: the derivative of order k is k! y_k.

    References
    ----------
    A. Griewank and A. Walther, "Evaluating Derivatives", 2nd ed., SIAM 2008, chapter 13.

    Examples
    --------
    >>> import s2sad
    >>> s2sad.jet(lambda x: x * x, (3.0,), ((1.0, 2.0, 0.0),))
    (9.0, (6.0, 13.0, 4.0))
    """
    wholes = (primals, series, *(s for s in series if s is not None)) if isinstance(series, tuple | list) else (series,)
    if not all(isinstance(each, tuple | list) for each in wholes):
        raise InputError("jet takes its primals and series as tuples", instead="write jet(f, (x,), ((x_1, x_2),))")
    moving = checked(len(primals), [None if s is None else len(s) for s in series])
    order = len(series[moving[0]])
    return along(f, tuple(primals), made(order, order, moving, has_aux, optimise), series)


def along(f: F, primals: tuple[Any, ...], transform: Transform, series: Sequence[Any]) -> tuple[Any, ...]:
    """The value and the coefficients, for the coefficients given."""
    dispatcher = CACHE.dispatcher(f, transform)
    found = dispatcher.find(primals, {})
    primal = found.stages["primal"]
    assert isinstance(primal, Trace)
    seeds: list[Any] = []
    for j in range(transform.given):
        for place in found.places:
            k = place[0] if place[1] is None else dispatcher.parameters.positional + int(place[1])
            arg = argument_at(primal, dispatcher.parameters, place)
            parts = seeds_like(arg, primals[k], series[k][j], f"series[{k}][{j}]")
            seeds.extend(seed for atom, seed in parts if isinstance(atom, Value))
    out: tuple[Any, ...] = dispatcher.call(primals, {}, seeds)
    return out


def traced_taylor(
    machine: Calls, f: Abstract, x: Abstract, direction: Abstract, order: Abstract, *, optimise: Abstract | None = None
) -> Abstract:
    """``taylor`` on abstract arguments."""
    try:
        count = counted(known_value(machine, "taylor", order))
        transform = made(count, 1, (0,), False, flag(optimise, True))
    except InputError as error:
        raise machine.placed(error) from None
    directions = [(direction, "the direction")]
    return call_nested(machine, Transformed(f, transform, call_nested), (x,), {}, directions)


@transform(traced=traced_taylor)
def taylor(f: F, x: Any, direction: Any, order: int, *, optimise: bool = True) -> tuple[Any, ...]:
    """The Taylor coefficients of a function of one argument in one direction: of t -> f(x + t * direction).

    Parameters
    ----------
    f : callable
    x : number, array, or container of them
    direction
        In the structure and shapes of ``x``.
    order : int
        How many coefficients; known when the derivative is made.

    Returns
    -------
    tuple
        ``(f(x), (y_1, …, y_order))``: f(x + t * direction) is f(x) + y_1 t + y_2 t^2 + …; the derivative of order k in
        this direction is k! y_k.

    Examples
    --------
    >>> import s2sad
    >>> s2sad.taylor(lambda x: 1.0 / (1.0 - x), 0.0, 1.0, order=5)
    (1.0, (1.0, 1.0, 1.0, 1.0, 1.0))
    """
    return along(f, (x,), made(counted(order), 1, (0,), False, optimise), ((direction,),))


def counted(order: Any) -> int:
    """An order as an int."""
    try:
        return operator.index(order)
    except TypeError:
        raise InputError(f"taylor takes its order as an int, not {order!r}", instead="write order=3") from None


__all__ = ["jet", "taylor"]
