"""``scipy.optimize.linprog``: the solution of a linear program, which moves with the constraints that hold.

At a vertex as many constraints hold as there are variables; they are a system of linear equations for x, and its
transpose is one for the multipliers (Gal, "Postoptimal Analyses, Parametric Programming, and Related Topics", 1995,
chapter 3). Where more of them hold, or fewer, the solution has no derivative, and ``LinAlgError`` is raised.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.optimize as so

from s2sad.compiler.abstract_functions import items
from s2sad.front.calls import Calls
from s2sad.front.values import Abstract, Known, ListOf, TupleOf
from s2sad.ir.core import Arg
from s2sad.ir.types import Array, Type, axes
from s2sad.libraries.scipy_minimize import given
from s2sad.libraries.solutions import (
    Solution,
    absent,
    means,
    refuse_options,
    refused,
    solution,
    solver,
    written,
)
from s2sad.prims.inference import number
from s2sad.prims.primitive import primitive
from s2sad.rules.book import constant, linear

program = solver("optimize.linprog", so.linprog, "c / A_ub b_ub A_eq b_eq bounds method options x0")


def _x(sol: Arg, c: Arg) -> Type:
    return Array("f64", axes(number(c)))


def found(sol, c):
    """The solution of a linear program for the prices c."""
    if not sol.success:
        raise ValueError(f"the linear program has no solution, and the fields of its result are None: {sol.message}")
    return sol.x


found_ = primitive("found", found, _x, style="helper")
constant(found_)


# -- which constraints hold -------------------------------------------------------------------------------------------


def holding(x, A, b, near=1e-9):  # noqa: N803
    """Which of the constraints A x <= b hold with equality."""
    size = np.maximum(1.0, np.abs(A) @ np.abs(x) + np.abs(b))
    return np.flatnonzero(b - A @ x <= near * size)


def independent_rows(A):  # noqa: N803
    """Rows of a matrix that span all of them."""
    keep: list[int] = []
    for k in range(len(A)):
        if np.linalg.matrix_rank(A[[*keep, k]]) > len(keep):
            keep.append(k)
    return np.array(keep, dtype=int)


def at_bound(x, bound, near=1e-9):
    """Which variables are at one of their bounds."""
    return np.flatnonzero(np.abs(x - bound) <= near * np.maximum(1.0, np.abs(x)))


def _places(*operands: Any) -> Type:
    return Array("i64", ("?",))


def unit_rows(places, x):
    """Rows of the identity that has as many as x."""
    return np.eye(len(x))[places]


def square(matrix):
    """The matrix of what holds at a vertex."""
    if len(matrix) != matrix.shape[1]:
        raise np.linalg.LinAlgError(
            "the solution of the linear program has no derivative: more constraints hold there than it has variables, "
            "or fewer"
        )
    return matrix


holding_ = primitive("holding", holding, lambda x, A, b: _places(), style="helper")  # noqa: N803
independent_ = primitive("independent_rows", independent_rows, lambda A: _places(), style="helper")  # noqa: N803
at_bound_ = primitive("at_bound", at_bound, lambda x, bound: _places(), style="helper")
unit_rows_ = primitive("unit_rows", unit_rows, lambda places, x: Array("f64", ("?", "?")), style="helper")
constant(holding_, independent_, at_bound_, unit_rows_)
square_ = primitive("square", square, lambda matrix: number(matrix), style="helper", alias="maybe")
linear(square_)(lambda ans_bar: ans_bar)


def vertex(x, c, lower, upper, A_ub, b_ub, A_eq, b_eq, count):  # noqa: N803
    """The vertex as a function of everything, and what each constraint adds to the least value there.

    The constraints are numbered: lower bounds, upper bounds, inequalities, equations.
    """
    n = len(x)
    low = at_bound(x, lower)
    rows, right, places, start = [unit_rows(low, x)], [lower[low]], [low], n
    if upper is not None:
        high = at_bound(x, upper)
        high = high[lower[high] < upper[high]]  # what is fixed is held once
        rows, right, places = [*rows, unit_rows(high, x)], [*right, upper[high]], [*places, start + high]
        start = start + n
    if A_ub is not None:
        ub = holding(x, A_ub, b_ub)
        rows, right, places = [*rows, A_ub[ub]], [*right, b_ub[ub]], [*places, start + ub]
        start = start + len(b_ub)
    if A_eq is not None:
        eq = independent_rows(A_eq)
        rows, right, places = [*rows, A_eq[eq]], [*right, b_eq[eq]], [*places, start + eq]
    matrix = square(np.concatenate(rows))
    marginals = np.zeros(count)
    marginals[np.concatenate(places)] = np.linalg.solve(matrix.T, c)
    return np.linalg.solve(matrix, np.concatenate(right)), marginals


class Marginals(Solution):
    """What is left of some constraints, and their multipliers."""

    def __init__(self, residual, marginals):
        self.residual, self.marginals = residual, marginals


class LinearProgram(Solution):
    """The result. Its fields are worked out where they are read: without a solution, SciPy's are None."""

    def _parts(self):
        """Where the multipliers of upper bounds, of inequalities and of equations begin and end."""
        n = len(self._c)
        first = n if self._upper is None else 2 * n
        second = first if self._A_ub is None else first + len(self._b_ub)
        return n, first, second, second if self._A_eq is None else second + len(self._b_eq)

    def _vertex(self):
        """The vertex and all multipliers."""
        *_, count = self._parts()
        return vertex(
            found(self._sol, self._c), self._c, self._lower, self._upper,
            self._A_ub, self._b_ub, self._A_eq, self._b_eq, count,
        )  # fmt: skip

    @property
    def x(self):
        return self._vertex()[0]

    @property
    def fun(self):
        return self._c @ self.x

    @property
    def slack(self):
        return np.zeros(0) if self._A_ub is None else self._b_ub - self._A_ub @ self.x

    @property
    def con(self):
        return np.zeros(0) if self._A_eq is None else self._b_eq - self._A_eq @ self.x

    @property
    def lower(self):
        x, marginals = self._vertex()
        return Marginals(x - self._lower, marginals[: len(x)])

    @property
    def upper(self):
        x, marginals = self._vertex()
        if self._upper is None:
            return Marginals(np.full(len(x), np.inf), np.zeros(len(x)))
        n, first, *_ = self._parts()
        return Marginals(self._upper - x, marginals[n:first])

    @property
    def ineqlin(self):
        _, first, second, _ = self._parts()
        return Marginals(self.slack, self._vertex()[1][first:second])

    @property
    def eqlin(self):
        *_, second, count = self._parts()
        return Marginals(self.con, self._vertex()[1][second:count])


# -- the call ---------------------------------------------------------------------------------------------------------


def both_ends(bounds, c):
    """Lower and upper bounds from rows of an array."""
    rows = np.broadcast_to(bounds, (len(c), 2))
    return rows[:, 0], rows[:, 1]


def ends_of_pairs(lower, upper, c):
    """Lower and upper bounds as vectors."""
    return np.broadcast_to(np.asarray(lower, dtype=float), (len(c),)), np.broadcast_to(
        np.asarray(upper, dtype=float), (len(c),)
    )


def ends(machine: Calls, bounds: Abstract | None, c: Abstract) -> tuple[Abstract, ...]:
    """Lower and upper bounds of all variables."""
    if isinstance(bounds, Known) and bounds.value is not None:
        bounds = machine.constant_container(bounds.value)
    if bounds is None or absent(bounds):
        return machine.call(Known(np.zeros_like), (c,), {}), Known(None)
    if not isinstance(bounds, TupleOf | ListOf):
        return tuple(items(machine, machine.call(Known(both_ends), (bounds, c), {})))
    parts = items(machine, bounds)
    alone = len(parts) == 2 and all(absent(p) or not isinstance(p, TupleOf | ListOf) for p in parts)
    pairs = [parts] if alone else [items(machine, p) for p in parts]
    low = [Known(-np.inf) if absent(p[0]) else p[0] for p in pairs]
    high = [Known(np.inf) if absent(p[1]) else p[1] for p in pairs]
    lower, upper = (low[0], high[0]) if len(pairs) == 1 else (machine.new_list(low), machine.new_list(high))
    return tuple(items(machine, machine.call(Known(ends_of_pairs), (lower, upper, c), {})))


def as_floats(a):
    """An array of floats."""
    return np.asarray(a, dtype=float)


def as_rows(a):
    """A matrix of floats."""
    return np.atleast_2d(np.asarray(a, dtype=float))


@means(so.linprog)
def linprog_(
    machine: Calls, c: Abstract, A_ub: Abstract | None = None, b_ub: Abstract | None = None,  # noqa: N803
    A_eq: Abstract | None = None, b_eq: Abstract | None = None, bounds: Abstract | None = None,  # noqa: N803
    method: Abstract | None = None, callback: Abstract | None = None, options: Abstract | None = None,
    x0: Abstract | None = None, integrality: Abstract | None = None,
) -> Abstract:  # fmt: skip
    unwanted = given(callback=callback, integrality=integrality)
    refuse_options(machine, "optimize.linprog", unwanted, "callback integrality")
    price = machine.call(Known(as_floats), (c,), {})
    data = {"A_ub": A_ub, "b_ub": b_ub, "A_eq": A_eq, "b_eq": b_eq}
    parts: dict[str, Abstract] = {}
    for name, value in data.items():
        if value is None or absent(value):
            parts[name] = Known(None)
        else:
            convert = as_rows if name.startswith("A") else as_floats
            parts[name] = machine.call(Known(convert), (value,), {})
            if name.startswith("b"):
                parts[name] = machine.call(Known(np.atleast_1d), (parts[name],), {})
    named = written(machine, {k: v for k, v in parts.items() if not absent(v)})
    named |= written(machine, given(bounds=bounds, method=method, options=options, x0=x0))
    held = machine.to_arg(price)
    sol = machine.emit(program, held, name="sol", **named)
    lower, upper = ends(machine, bounds, price)
    fields = {"_sol": machine.wrap(sol), "_c": price, "_lower": lower, "_upper": upper}
    fields |= {f"_{name}": value for name, value in parts.items()}
    return solution(machine, sol, fields, "success message status nit", LinearProgram)


refused(so, "milp quadratic_assignment", "solve the system of the constraints that hold (np.linalg.solve)")
