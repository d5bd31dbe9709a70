"""The implicit-function theorem, as rules use it: how a solution x of f(x, args) = 0 moves with args.

dx = -(∂f/∂x)⁻¹ (∂f/∂args) d args, whatever method found x, and wherever its search began (Griewank and Walther,
"Evaluating Derivatives", 2008, chapter 15). These functions are traced into the rules that call them. ``wanted`` says
which of ``args`` carry derivatives, so that nothing is asked of the others.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from s2sad.api import grad, jvp, vjp
from s2sad.compiler.abstract_functions import items
from s2sad.front.calls import Calls
from s2sad.front.values import Abstract, pack
from s2sad.prims.primitive import constant_of


class Merged:
    """``merged(args, wanted, given)``: ``args`` with those that are wanted replaced, in order, by ``given``."""

    def __s2sad_call__(self, machine: Calls, operands: Sequence[Abstract], kwargs: Mapping[str, Abstract]) -> Abstract:
        args, wanted, given = operands
        instead = iter(items(machine, given))
        pairs = zip(items(machine, args), answers(machine, wanted), strict=True)
        return pack(tuple([next(instead) if w else a for a, w in pairs]))


class Chosen:
    """``chosen(args, wanted)``: those of ``args`` that are wanted."""

    def __s2sad_call__(self, machine: Calls, operands: Sequence[Abstract], kwargs: Mapping[str, Abstract]) -> Abstract:
        args, wanted = operands
        pairs = zip(items(machine, args), answers(machine, wanted), strict=True)
        return pack(tuple([a for a, w in pairs if w]))


def answers(machine: Calls, wanted: Abstract) -> list[bool]:
    """What is wanted, as Python's truth."""
    return [bool(constant_of(machine.to_arg(w))) for w in items(machine, wanted)]


merged, chosen = Merged(), Chosen()


def pulled(f, args, wanted, bar):
    """The cotangents of ``args`` where f(*args) has cotangent ``bar``; None for one that is not wanted."""
    every = args
    _, pull = vjp(lambda *args: f(*merged(every, wanted, args)), *chosen(args, wanted))
    return merged((None,) * len(args), wanted, pull(bar))


def pushed(f, args, wanted, dots):
    """The tangent of f(*args)."""
    every = args
    return jvp(lambda *args: f(*merged(every, wanted, args)), chosen(args, wanted), chosen(dots, wanted))[1]


def jacobian(f, x, args=()):
    """The matrix ∂f/∂x, column by column."""
    columns = [jvp(lambda x: f(x, *args), (x,), (direction,))[1] for direction in np.eye(len(x))]
    return np.stack(columns, axis=1)


def transposed_jacobian(f, x, args=()):
    """The matrix ∂f/∂x of as many equations as unknowns, transposed; there may be none."""
    rows = [jvp(lambda x: f(x, *args), (x,), (direction,))[1] for direction in np.eye(len(x))]
    return np.reshape(rows, (len(x), len(x)))


def number_bar(f, x, args, wanted, bar):
    """The cotangents of ``args``, x a root of a function of one number (or of one in each element)."""
    slope = slope_of(f, x, args)
    return pulled(lambda *args: f(x, *args), args, wanted, -bar / slope)


def number_dot(f, x, args, wanted, dots):
    """The tangent of x, a root of a function of one number (or of one in each element)."""
    return -pushed(lambda *args: f(x, *args), args, wanted, dots) / slope_of(f, x, args)


def slope_of(f, x, args):
    """∂f/∂x of a function of a number, or of each element of an array by itself."""
    if np.ndim(x) == 0:
        return grad(f)(x, *args)
    return jvp(lambda x: f(x, *args), (x,), (np.ones_like(x),))[1]


def system_bar(f, x, args, wanted, bar):
    """The cotangents of ``args``, x a root of a system."""
    return pulled(lambda *args: f(x, *args), args, wanted, -np.linalg.solve(transposed_jacobian(f, x, args), bar))


def system_dot(f, x, args, wanted, dots):
    """The tangent of x, a root of a system."""
    return -np.linalg.solve(transposed_jacobian(f, x, args).T, pushed(lambda *args: f(x, *args), args, wanted, dots))


def restricted(matrix, free):
    """A matrix whose rows and columns are those of the identity where a variable is not free."""
    return np.where(np.logical_and(free[:, None], free), matrix, np.eye(len(free)))
