"""``scipy.optimize``: solutions, differentiated by the implicit-function theorem.

A root x of f(x, θ) = 0 moves with θ by dx = -(∂f/∂x)⁻¹ (∂f/∂θ) dθ, whatever method found it, and it does not depend on
where the search began (Griewank and Walther, "Evaluating Derivatives", 2008, chapter 15). The derivative is as exact as
the solution is.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import scipy.optimize as so

from s2sad.api import grad, jvp, vjp
from s2sad.compiler.callbacks import Handed, as_array, as_number, handed
from s2sad.front.calls import Calls
from s2sad.front.derivatives import TRANSFORMS
from s2sad.front.values import Abstract, Known
from s2sad.ir.core import Arg
from s2sad.ir.types import FLOAT, Array, Type, axes
from s2sad.prims.inference import number
from s2sad.prims.primitive import primitive
from s2sad.rules.book import pullback, pushforward

Meaning = Callable[..., Abstract]


def means(function: Callable[..., Any]) -> Callable[[Meaning], Meaning]:
    """Say what a call of a function that takes functions means: a function of the machine and the arguments."""

    def enter(meaning: Meaning) -> Meaning:
        TRANSFORMS[function] = meaning
        return meaning

    return enter


def refuse_options(machine: Calls, name: str, options: Mapping[str, Abstract], unwanted: Sequence[str]) -> None:
    """Refuse options that would change what the result is."""
    for option in unwanted:
        if option in options:
            machine.refuse(f"scipy.optimize.{name} with {option}=", instead="leave it out")


# -- roots of functions of one number, between two ends ---------------------------------------------------------------


def _root(f: Arg, a: Arg, b: Arg, args: Any = (), xtol: Any = 2e-12, rtol: Any = None, maxiter: Any = 100) -> Type:
    return FLOAT


def bracketed(name: str) -> None:
    """Declare a method that finds a root in a bracket."""
    function = getattr(so, name)
    prim = primitive(f"scipy.optimize.{name}", function, _root, calls=())

    @means(function)
    def meaning(
        machine: Calls, f: Abstract, a: Abstract, b: Abstract, args: Abstract | None = None, **options: Abstract
    ) -> Abstract:
        refuse_options(machine, name, options, ("full_output", "disp"))
        given = handed(machine, f, [FLOAT], args, as_number)
        named: dict[str, Any] = {k: machine.to_arg(v) for k, v in options.items()}
        return machine.wrap(
            machine.emit(prim, given.function, machine.to_arg(a), machine.to_arg(b), args=given.args, **named)
        )

    pullback(prim, wrt="args")(root_bar)
    pushforward(prim, wrt="args")(root_dot)


def root_bar(ans_bar, ans, f, args):
    slope = grad(f)(ans, *args)
    _, pull = vjp(lambda *args: f(ans, *args), *args)
    return (pull(-ans_bar / slope),)


def root_dot(args_dot, ans, f, args):
    slope = grad(f)(ans, *args)
    _, dot = jvp(lambda *args: f(ans, *args), args, args_dot)
    return -dot / slope


for method in ("brentq", "brenth", "ridder", "bisect", "toms748"):
    bracketed(method)


# -- roots of systems -------------------------------------------------------------------------------------------------


def jacobian(f, x, args):
    """The matrix ∂f/∂x, column by column."""
    columns = [jvp(lambda x: f(x, *args), (x,), (direction,))[1] for direction in np.eye(len(x))]
    return np.stack(columns, axis=1)


def _solution(f: Arg, x0: Arg, args: Any = (), **options: Any) -> Type:
    return Array("f64", (axes(number(x0)) or ("?",))[:1])


def system(machine: Calls, name: str, f: Abstract, x0: Abstract, args: Abstract | None) -> tuple[Handed, Arg]:
    """The function of a system and where its search starts, as an array."""
    start = machine.call(Known(np.asarray), (x0,), {"dtype": Known(float)})
    t = number(machine.to_arg(start))
    if axes(t) is None or len(axes(t) or ()) != 1:
        machine.refuse(f"scipy.optimize.{name} from a start that is not a vector", instead="start from a vector")
    return handed(machine, f, [Array("f64", axes(t))], args, as_array), machine.to_arg(start)


def _fsolve(func: Arg, x0: Arg, args: Any = (), xtol: Any = None, maxfev: Any = None, epsfcn: Any = None) -> Type:
    return _solution(func, x0)


fsolve = primitive("scipy.optimize.fsolve", so.fsolve, _fsolve, calls=())


@means(so.fsolve)
def fsolve_(
    machine: Calls, func: Abstract, x0: Abstract, args: Abstract | None = None, **options: Abstract
) -> Abstract:
    refuse_options(machine, "fsolve", options, ("full_output", "col_deriv", "band", "factor", "diag"))
    options.pop("fprime", None)  # helps to find the solution, and is found anyhow
    f, start = system(machine, "fsolve", func, x0, args)
    named: dict[str, Any] = {k: machine.to_arg(v) for k, v in options.items()}
    return machine.wrap(machine.emit(fsolve, f.function, start, args=f.args, **named))


@pullback(fsolve, wrt="args")
def fsolve_bar(ans_bar, ans, func, args):
    _, pull = vjp(lambda *args: func(ans, *args), *args)
    return (pull(-np.linalg.solve(jacobian(func, ans, args).T, ans_bar)),)


@pushforward(fsolve, wrt="args")
def fsolve_dot(args_dot, ans, func, args):
    _, dot = jvp(lambda *args: func(ans, *args), args, args_dot)
    return -np.linalg.solve(jacobian(func, ans, args), dot)
