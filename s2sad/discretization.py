"""Solvers whose steps are differentiated, where a user asks for them: the discrete adjoint of a solution.

Without being asked, ``solve_ivp`` is differentiated by an equation of the same kind (``libraries/scipy_ode.py``). What
a call of ``discrete(solver)`` means in a traced function, the library's module says
(``libraries/scipy_steps.py``); here SciPy is not imported.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from s2sad.errors import InputError
from s2sad.front.calls import Calls
from s2sad.front.derivatives import TRANSFORMS, call_transform, known_value, transform
from s2sad.front.values import Abstract, Known
from s2sad.prims.primitive import REGISTRY


def traced_call(machine: Calls, solver: Abstract, *args: Abstract, **kwargs: Abstract) -> Abstract:
    """``call`` of abstract arguments: what the library's module says that the solver's steps mean."""
    return call_transform(machine, Discrete(known_value(machine, "discrete", solver)), args, kwargs)


@transform(traced=traced_call)
def call(solver: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    """The solver itself, with its arguments."""
    return solver(*args, **kwargs)


class Discrete:
    """A solver as it is, whose steps are differentiated; see ``discrete``. Those of the same solver are equal."""

    def __init__(self, solver: Callable[..., Any]) -> None:
        self.solver = solver
        self.__name__ = getattr(solver, "__name__", type(solver).__name__)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Discrete) and other.solver is self.solver

    def __hash__(self) -> int:
        return hash((Discrete, self.__name__))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return call(self.solver, *args, **kwargs)

    def __s2sad_call__(self, machine: Calls, args: Sequence[Abstract], kwargs: Mapping[str, Abstract]) -> Abstract:
        return call_transform(machine, self, args, kwargs)


def traced_discrete(machine: Calls, solver: Abstract) -> Abstract:
    """``discrete`` in a traced function."""
    if not isinstance(solver, Known):
        machine.refuse(
            "s2sad.discrete of a function of the program itself", why="its steps are differentiated as they stand",
            instead="call it as it stands",
        )  # fmt: skip
    try:
        return Known(discrete(solver.value))
    except InputError as error:
        machine.refuse(error.what, why=error.why, instead=error.instead)


@transform(traced=traced_discrete)
def discrete(solver: Callable[..., Any]) -> Any:
    """A solver of differential equations as it is, whose steps are differentiated, and not the equation.

    Parameters
    ----------
    solver : callable
        ``scipy.integrate.solve_ivp``, with any of its methods, and with ``t_eval=``, ``dense_output=``, ``args=``,
        ``jac=``, tolerances and step sizes as SciPy has them; or ``scipy.integrate.odeint``.

    Returns
    -------
    callable
        The solver. The times that it steps to, and the orders and formulas of multistep methods, are its own choice
        and are held fixed, but for the ends of ``t_span``; the derivative is that of the steps between them, and of
        the interpolation to ``t_eval``. When an end moves, Runge-Kutta methods make their first or last step shorter,
        and multistep methods all steps.

    Notes
    -----
    The gradient is that of the numbers which the derivative computes with (``value_and_grad`` gives them), to rounding,
    however loose the tolerances are, as an optimiser wants it; the gradient of ``solve_ivp`` itself is that of the
    equation, up to the tolerances. For explicit methods, the numbers are SciPy's. Of implicit methods ("Radau", "BDF",
    "LSODA") the equations of each step are solved to rounding, where SciPy stops at a share of the tolerance; they
    are differentiated by the implicit-function theorem. ``odeint`` is what it is built on, the steps of "LSODA", here
    with a last one that ends at the last time. What all steps need is kept for reverse mode.

    Examples
    --------
    >>> import numpy as np, scipy.integrate, s2sad
    >>> def f(a):
    ...     solve = s2sad.discrete(scipy.integrate.solve_ivp)
    ...     return solve(lambda t, y: -a * y, (0.0, 1.0), [1.0]).y[0, -1]
    >>> round(float(s2sad.grad(f)(0.8)), 4)  # -exp(-0.8) is -0.4493
    -0.4489
    """
    REGISTRY.supply()
    made = Discrete(solver)
    if made not in TRANSFORMS:
        raise InputError(
            f"s2sad.discrete of {made.__name__}", why="the steps of solve_ivp and odeint are followed",
            instead="give scipy.integrate.solve_ivp or odeint",
        )  # fmt: skip
    return made
