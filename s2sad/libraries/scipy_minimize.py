"""``scipy.optimize``: minima and fits, differentiated by the implicit-function theorem of the stationarity condition.

At a minimum of f(x, args) the slope ∂f/∂x is zero, so that x moves as a root of the slope does; the least value itself
moves as f does with x held (the envelope theorem). A variable that is at one of its bounds stays there. Slopes that the
program hands to the solver only help to find the minimum: what is differentiated is f.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.optimize as so

from s2sad.api import grad
from s2sad.compiler.abstract_functions import items
from s2sad.compiler.callbacks import as_number, handed, together
from s2sad.front.calls import Calls
from s2sad.front.values import Abstract, Known, ListOf, Record, TupleOf, pack
from s2sad.ir.core import Arg, Literal, Value
from s2sad.ir.types import FLOAT, Array, Type, axes
from s2sad.libraries import implicit
from s2sad.libraries.scipy_constraints import Bounds, Constraints, constrained_x, make_bounds, update_of
from s2sad.libraries.scipy_optimize import as_matrix, as_vector, item, vector
from s2sad.libraries.solutions import (
    Solution,
    absent,
    field,
    means,
    solution,
    solver,
    written,
)
from s2sad.libraries.watching import only_watches
from s2sad.prims.inference import number
from s2sad.prims.primitive import REGISTRY, primitive, unsupported
from s2sad.rules.book import constant, pullback, pushforward

Options = dict[str, Any]


def given(**options: Abstract | None) -> dict[str, Abstract]:
    """The options that were given."""
    return {k: v for k, v in options.items() if v is not None}


def known(machine: Calls, name: str, value: Abstract | None, default: Any) -> Any:
    """An option that has to be known."""
    if absent(value):
        return default
    if not isinstance(value, Known):
        machine.refuse(f"scipy.optimize.{name} with an option that is not known", instead="write it as a constant")
    return value.value


# -- bounds -----------------------------------------------------------------------------------------------------------


def limits(machine: Calls, bounds: Abstract | None, start: Value) -> tuple[Arg, Arg, Arg] | None:
    """Lower and upper bounds as arrays of floats, and the bounds as SciPy is given them."""
    if absent(bounds):
        return None
    assert bounds is not None
    if isinstance(bounds, Known):
        bounds = machine.constant_container(bounds.value)
    if isinstance(bounds, Record) and bounds.cls is Bounds:
        ends = [machine.attribute(bounds, name) for name in ("lb", "ub")]
        whole = [machine.call(Known(for_each), (v, machine.wrap(start)), {}) for v in ends]
        low, high = (machine.to_arg(v) for v in whole)
        return low, high, machine.emit(make_bounds, *(machine.to_arg(v) for v in ends))
    pairs = [items(machine, pair) for pair in items(machine, bounds)]
    lower = [Known(-np.inf) if absent(pair[0]) else pair[0] for pair in pairs]
    upper = [Known(np.inf) if absent(pair[1]) else pair[1] for pair in pairs]
    two = [machine.new_list(lower), machine.new_list(upper)]
    low, high = (machine.to_arg(machine.call(Known(np.asarray), (v,), {"dtype": Known(float)})) for v in two)
    return low, high, machine.to_arg(bounds)


def for_each(end, start):
    """One bound for each variable."""
    return np.broadcast_to(np.asarray(end, dtype=float), np.shape(start))


def value_at(fun, x, args):
    """The function at a point."""
    return fun(x, *args)


# -- minima of functions of several numbers ---------------------------------------------------------------------------


PARAMETERS = "fun x0 / args method jac hess hessp bounds constraints tol options"
minimize = solver("optimize.minimize", so.minimize, PARAMETERS)
OFF_BOUNDS = ("trust-constr", "cobyla", "cobyqa")  # methods that stop short of what holds


def _x(sol: Arg, fun: Arg, x0: Arg, *rest: Any, **more: Any) -> Type:
    return Array("f64", axes(number(x0)))


minimum_x = field("minimize.x", "x", _x, "sol fun x0 / args")
minimum = field("minimize.fun", "fun", lambda *operands, **more: FLOAT, "sol fun x / args")


def slope(fun):
    """The slope of a function of several numbers."""
    return lambda x, *args: grad(fun)(x, *args)


class Minimum(Solution):
    """The result of ``minimize``: its slope is the exact one, where SciPy's may be of differences."""

    @property
    def jac(self):
        if str(self._method).lower() in ("nelder-mead", "powell", "cobyla", "cobyqa", "trust-constr"):
            unsupported(f"the field jac of {self._method}", instead="s2sad.grad of the function, at the solution")
        return slope(self._of)(self.x, *self._args)

    @property
    def grad(self):
        if str(self._method).lower() != "trust-constr":
            unsupported("the field grad of this result", instead="jac")
        return slope(self._of)(self.x, *self._args)

    @property
    def hess_inv(self):
        unsupported(
            "the field hess_inv, which is put together on the way and is not the inverse",
            instead="np.linalg.inv(s2sad.hessian(fun)(sol.x))",
        )


def nothing(machine: Calls, given: Abstract) -> bool:
    """Whether no constraints are given."""
    if isinstance(given, Known) and (given.value is None or given.value in ((), [])):
        return True
    return isinstance(given, TupleOf | ListOf) and not items(machine, given)


@means(so.minimize)
def minimize_(
    machine: Calls, fun: Abstract, x0: Abstract, args: Abstract | None = None, method: Abstract | None = None,
    jac: Abstract | None = None, hess: Abstract | None = None, hessp: Abstract | None = None,
    bounds: Abstract | None = None, constraints: Abstract | None = None, tol: Abstract | None = None,
    callback: Abstract | None = None, options: Abstract | None = None,
) -> Abstract:  # fmt: skip
    start = vector(machine, "minimize", x0)
    only_watches(machine, "optimize.minimize", callback, start)
    ends = limits(machine, bounds, start)
    chosen = known(machine, "minimize", method, None)
    if callable(chosen):
        machine.refuse("scipy.optimize.minimize with a method of your own", instead="name one of SciPy's")
    held = None
    if constraints is not None and not nothing(machine, constraints):
        held = Constraints(machine, constraints, start)
    pair = isinstance(jac, Known) and jac.value is True
    roles = {"fun": handed(machine, fun, [start], args, item(0, as_number) if pair else as_number)}
    named: Options = {}
    if pair:
        roles["jac"] = handed(machine, fun, [start], args, item(1, as_vector))
    elif isinstance(jac, Known) and (isinstance(jac.value, str) or not jac.value):
        named |= written(machine, {"jac": jac}) if jac.value else {}
    elif jac is not None:
        roles["jac"] = handed(machine, jac, [start], args, as_vector)
    if isinstance(hess, Known) and (hess.value is None or isinstance(hess.value, str)):
        named |= written(machine, {"hess": hess})
    elif hess is not None and (update := update_of(machine, hess)) is not None:
        named["hess"] = update
    elif hess is not None:
        roles["hess"] = handed(machine, hess, [start], args, as_matrix)
    if not absent(hessp):
        assert hessp is not None
        roles["hessp"] = handed(machine, hessp, [start, start], args, as_vector)
    if held is not None:
        roles |= held.roles
    roles = dict(zip(roles, together(*roles.values()), strict=True))
    f = roles.pop("fun")
    parts = {role: roles.pop(role) for role in (() if held is None else held.roles)}
    named |= {k: g.function for k, g in roles.items()}
    named |= written(machine, given(method=method, tol=tol, options=options))
    if ends is not None:
        named["bounds"] = ends[2]
    if held is not None:
        named["constraints"] = held.written(machine, parts)
    sol = machine.emit(minimize, f.function, start, args=f.args, name="sol", **named)
    if ends is None and held is None:
        x = machine.emit(minimum_x, sol, f.function, start, args=f.args)
        least = machine.wrap(machine.emit(minimum, sol, f.function, x, args=f.args))
    else:
        conditions: Options = {} if ends is None else {"lower": ends[0], "upper": ends[1]}
        if held is not None:
            conditions |= {"constraints": parts["constraints"].function, "equal": held.equations(machine, start)}
        near = Literal(1e-4 if isinstance(chosen, str) and chosen.lower() in OFF_BOUNDS else 1e-9)
        x = machine.emit(constrained_x, sol, f.function, start, near, args=f.args, **conditions)
        args = pack(tuple(machine.wrap(v) for v in f.captured))
        least = machine.call(Known(value_at), (Known(f.function.value), machine.wrap(x), args), {})
    fields = {"x": machine.wrap(x), "fun": least, "_of": Known(f.function.value), "_method": Known(chosen)}
    fields["_args"] = pack(tuple(machine.wrap(v) for v in f.captured))
    names = "success message status nfev njev nhev nit cg_niter optimality constr_violation maxcv tr_radius"
    return solution(machine, sol, fields, names, Minimum)


@pullback(minimum_x, wrt="args")
def minimum_x_bar(ans_bar, ans, fun, args, wanted):
    return (implicit.system_bar(slope(fun), ans, args, wanted[0], ans_bar),)


@pushforward(minimum_x, wrt="args")
def minimum_x_dot(args_dot, ans, fun, args, wanted):
    return implicit.system_dot(slope(fun), ans, args, wanted[0], args_dot)


@pullback(minimum, wrt="args")
def minimum_bar(ans_bar, fun, x, args, wanted):
    return (implicit.pulled(lambda *args: fun(x, *args), args, wanted[0], ans_bar),)


@pushforward(minimum, wrt="args")
def minimum_dot(args_dot, fun, x, args, wanted):
    return implicit.pushed(lambda *args: fun(x, *args), args, wanted[0], args_dot)


# -- minima of functions of one number --------------------------------------------------------------------------------


alone = solver("optimize.minimize_scalar", so.minimize_scalar, "fun / bracket bounds args method tol options")
alone_x = field("minimize_scalar.x", "x", lambda *operands, **more: FLOAT, "sol fun / args lower upper")


@means(so.minimize_scalar)
def minimize_scalar_(
    machine: Calls, fun: Abstract, bracket: Abstract | None = None, bounds: Abstract | None = None,
    args: Abstract | None = None, method: Abstract | None = None, tol: Abstract | None = None,
    options: Abstract | None = None,
) -> Abstract:  # fmt: skip
    f = handed(machine, fun, [FLOAT], args, as_number)
    more = given(bracket=bracket, bounds=bounds, method=method, tol=tol, options=options)
    sol = machine.emit(alone, f.function, args=f.args, name="sol", **written(machine, more))
    held: Options = {}
    if bounds is not None and not absent(bounds):
        low, high = items(machine, bounds)
        held = {"lower": machine.to_arg(low), "upper": machine.to_arg(high)}
    x = machine.emit(alone_x, sol, f.function, args=f.args, **held)
    if held:
        args_ = pack(tuple(machine.wrap(v) for v in f.captured))
        least = machine.call(Known(value_at), (Known(f.function.value), machine.wrap(x), args_), {})
    else:
        least = machine.wrap(machine.emit(minimum, sol, f.function, x, args=f.args))
    names = "success message nfev nit"
    chosen = known(machine, "minimize_scalar", method, None)
    bounded = chosen is not None and str(chosen).lower() == "bounded" or chosen is None and held
    return solution(machine, sol, {"x": machine.wrap(x), "fun": least}, f"{names} status" if bounded else names)


def ends_of(x, lower, upper):
    """1 where a minimum lies between its bounds, or 0; and whether the search ran into the lower or the upper one."""
    near = 1e-4 * (upper - lower)
    low, high = x - lower <= near, upper - x <= near
    return (np.where(np.logical_or(low, high), 0.0, 1.0), np.where(low, 1.0, 0.0), np.where(high, 1.0, 0.0))


@pullback(alone_x, wrt=("args", "lower", "upper"))
def alone_x_bar(ans_bar, ans, fun, args, lower, upper, wanted):
    if lower is None:
        return implicit.number_bar(grad(fun), ans, args, wanted[0], ans_bar), None, None
    free, low, high = ends_of(ans, lower, upper)
    return implicit.number_bar(grad(fun), ans, args, wanted[0], ans_bar * free), ans_bar * low, ans_bar * high


@pushforward(alone_x, wrt=("args", "lower", "upper"))
def alone_x_dot(args_dot, lower_dot, upper_dot, ans, fun, args, lower, upper, wanted):
    if lower is None:
        return implicit.number_dot(grad(fun), ans, args, wanted[0], args_dot)
    free, low, high = ends_of(ans, lower, upper)
    out = free * implicit.number_dot(grad(fun), ans, args, wanted[0], args_dot) if any(wanted[0]) else 0.0 * ans
    if wanted[1]:
        out = out + low * lower_dot
    return out + high * upper_dot if wanted[2] else out


# -- assignments, and test functions ----------------------------------------------------------------------------------


assignment = primitive(
    "scipy.optimize.linear_sum_assignment", so.linear_sum_assignment,
    lambda cost_matrix, maximize=False: (Array("i64", ("?",)), Array("i64", ("?",))),
)  # fmt: skip
constant(assignment)

define = REGISTRY.define


@define(so.rosen)
def rosen(x):
    x = np.asarray(x)
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2.0) ** 2.0 + (1 - x[:-1]) ** 2.0, axis=0)


@define(so.rosen_hess_prod)
def rosen_hess_prod(x, p):
    return so.rosen_hess(x) @ p
