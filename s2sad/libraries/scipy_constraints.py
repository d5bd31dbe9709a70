"""``scipy.optimize``: minima under bounds and constraints, which move as the conditions that hold there do.

At a minimum of f(x) with c(x) = 0 for the constraints that hold, ∇f - λ ∇c = 0; x and the multipliers λ are a root of
these equations, in the variables that are not at a bound (Fiacco, "Introduction to Sensitivity and Stability Analysis
in Nonlinear Programming", 1983, chapter 3). A constraint that is met holds, if its multiplier has the right sign; the
others change nothing, as long as they are not met.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.optimize
import scipy.optimize as so

from s2sad.api import grad, vjp
from s2sad.compiler.abstract_functions import items
from s2sad.compiler.callbacks import Handed, handed
from s2sad.front.calls import Calls
from s2sad.front.values import Abstract, DictOf, Known, Record, pack
from s2sad.ir.core import Arg, Pack, Value
from s2sad.ir.types import Array, Object, Type, axes
from s2sad.libraries import implicit
from s2sad.libraries.scipy_optimize import as_matrix, as_vector
from s2sad.libraries.solutions import absent, field, with_parameters
from s2sad.prims.inference import number
from s2sad.prims.primitive import REGISTRY, primitive, unsupported
from s2sad.rules.book import constant, pullback, pushforward

define = REGISTRY.define


# -- what the program hands over --------------------------------------------------------------------------------------


class Bounds:
    """A Bounds object."""

    def __init__(self, lb, ub):
        self.lb, self.ub = lb, ub

    def __getattr__(self, name):
        unsupported(f"the attribute {name} of Bounds", instead="lb and ub")


class Linear:
    """A LinearConstraint."""

    def __init__(self, A, lb, ub):  # noqa: N803
        self.A, self.lb, self.ub = A, lb, ub


class Nonlinear:
    """A NonlinearConstraint."""

    def __init__(self, fun, lb, ub, jac):
        self.fun, self.lb, self.ub, self.jac = fun, lb, ub, jac


@define(so.Bounds)
def bounds_object(lb=-np.inf, ub=np.inf, keep_feasible=False):
    return Bounds(lb, ub)


@define(so.LinearConstraint)
def linear_constraint(A, lb=-np.inf, ub=np.inf, keep_feasible=False):  # noqa: N803
    return Linear(np.atleast_2d(np.asarray(A, dtype=float)), lb, ub)


@define(so.NonlinearConstraint)
def nonlinear_constraint(
    fun, lb, ub, jac="2-point", hess=None, keep_feasible=False, finite_diff_rel_step=None, finite_diff_jac_sparsity=None
):  # fmt: skip
    if finite_diff_rel_step is not None or finite_diff_jac_sparsity is not None:
        unsupported("scipy.optimize.NonlinearConstraint with options of differences", instead="leave them out")
    return Nonlinear(fun, lb, ub, jac)


class Update:
    """How a search makes up a Hessian of slopes: BFGS() or SR1()."""

    def __init__(self, name):
        self.name = name


@define(so.BFGS)
def bfgs(exception_strategy="skip_update", min_curvature=None, init_scale="auto"):
    if exception_strategy != "skip_update" or min_curvature is not None or init_scale != "auto":
        unsupported("scipy.optimize.BFGS with options", instead="leave them out: they only change the search")
    return Update("BFGS")


@define(so.SR1)
def sr1(min_denominator=1e-8, init_scale="auto"):
    if min_denominator != 1e-8 or init_scale != "auto":
        unsupported("scipy.optimize.SR1 with options", instead="leave them out: they only change the search")
    return Update("SR1")


def update_of(machine: Calls, hess: Abstract) -> Arg | None:
    """What ``hess=`` is to SciPy where it is BFGS() or SR1()."""
    if isinstance(hess, Record) and hess.cls is Update:
        name = machine.attribute(hess, "name")
        assert isinstance(name, Known)
        return machine.emit(make_update[name.value])
    return None


def adopted(machine: Calls, value: Any, source: Any) -> Abstract:
    """Bounds, or a linear constraint, from outside."""
    names = ("lb", "ub") if isinstance(value, so.Bounds) else ("A", "lb", "ub")
    parts = [machine.external(getattr(value, name), source.attribute(name)) for name in names]
    return machine.call(Known(Bounds if len(parts) == 2 else Linear), parts, {})


REGISTRY.adopters[so.Bounds] = adopted
REGISTRY.adopters[so.LinearConstraint] = adopted


def constraint_of(fun, args, lb, ub):
    """A constraint on a function with further arguments."""
    return scipy.optimize.NonlinearConstraint(lambda x: fun(x, *args), lb, ub)


def _opaque(*operands: Arg) -> Type:
    return Object("constraint")


make_bounds = primitive("scipy.optimize.Bounds", so.Bounds, with_parameters(_opaque, "lb ub"), calls=())
make_linear = primitive(
    "scipy.optimize.LinearConstraint", so.LinearConstraint, with_parameters(_opaque, "A lb ub"), calls=()
)
make_nonlinear = primitive(
    "constraint_of", constraint_of, with_parameters(_opaque, "fun args lb ub"), style="helper", calls=()
)
make_update = {
    name: primitive(f"scipy.optimize.{name}", getattr(so, name), with_parameters(_opaque, ""), calls=())
    for name in ("BFGS", "SR1")
}
constant(make_bounds, make_linear, make_nonlinear, *make_update.values())


@dataclass(frozen=True)
class Rows:
    """Some constraints: a function, its further arguments, and the ends between which its values are.

    Without ends its values are zero (``equal``), or not negative.
    """

    fun: Abstract
    more: Sequence[Abstract]
    lower: Abstract | None = None
    upper: Abstract | None = None
    equal: bool = False

    def of(self, machine: Calls, value: Abstract) -> list[tuple[Abstract, Abstract]]:
        """Vectors that are zero or not negative, and where they are equations."""
        if self.lower is None or self.upper is None:
            return [(value, machine.call(Known(full_like), (value, Known(self.equal)), {}))]
        out = []
        if not infinite(self.lower):
            equal = machine.call(Known(same), (value, self.lower, self.upper), {})
            out.append((machine.call(Known(above), (value, self.lower), {}), equal))
        if not infinite(self.upper):
            never = machine.call(Known(full_like), (value, Known(False)), {})
            out.append((machine.call(Known(below), (value, self.lower, self.upper), {}), never))
        return out


def infinite(end: Abstract) -> bool:
    """Whether an end is known not to be there."""
    return isinstance(end, Known) and isinstance(end.value, float) and bool(np.isinf(end.value))


class Stacked:
    """All constraints as one function of the trace; ``which`` says whether of their values, or of what is equal."""

    def __init__(self, parts: Sequence[Rows], which: int) -> None:
        self.parts, self.which = parts, which
        self.__name__ = "constraints"

    def __s2sad_call__(self, machine: Calls, args: Sequence[Abstract], kwargs: Mapping[str, Abstract]) -> Abstract:
        rows: list[Abstract] = []
        for part in self.parts:
            value = as_vector(machine, machine.call(part.fun, (args[0], *part.more), {}))
            rows += [both[self.which] for both in part.of(machine, value)]
        return rows[0] if len(rows) == 1 else machine.call(Known(np.concatenate), (machine.new_list(rows),), {})


def above(value, lower):
    return value - lower


def below(value, lower, upper):
    """What is left up to an upper end; of an equation one row is enough."""
    upper, lower = np.broadcast_to(upper, np.shape(value)), np.broadcast_to(lower, np.shape(value))
    return np.where(upper == lower, 1.0, upper - value)


def same(value, lower, upper):
    return np.broadcast_to(np.equal(lower, upper), np.shape(value))


def full_like(value, kind):
    return np.full(len(value), kind)


def times(x, matrix):
    return matrix @ x


class Constraints:
    """The constraints of a call: their functions, and how they are handed to SciPy."""

    def __init__(self, machine: Calls, given: Abstract, start: Value) -> None:
        single = isinstance(given, DictOf) or isinstance(given, Record) and given.cls in (Linear, Nonlinear)
        if isinstance(given, Known):
            given = machine.constant_container(given.value)
            single = isinstance(given, DictOf)
        self.parts: list[Rows] = []
        self.roles: dict[str, Handed] = {}
        self.forms: list[Any] = []
        for k, one in enumerate((given,) if single else items(machine, given)):
            self.add(machine, one, start, f"constraint {k}")
        stacked = handed(machine, Known(Stacked(self.parts, 0)), [start], None, as_vector)
        self.roles["constraints"] = stacked

    def add(self, machine: Calls, one: Abstract, start: Value, role: str) -> None:
        """Take note of one constraint."""
        if isinstance(one, Record) and one.cls is Linear:
            matrix, lower, upper = (machine.attribute(one, name) for name in ("A", "lb", "ub"))
            self.parts.append(Rows(Known(times), (matrix,), lower, upper))
            self.forms.append(("linear", matrix, lower, upper))
        elif isinstance(one, Record) and one.cls is Nonlinear:
            fun, lower, upper = (machine.attribute(one, name) for name in ("fun", "lb", "ub"))
            self.parts.append(Rows(fun, (), lower, upper))
            self.roles[role] = handed(machine, fun, [start], None, as_vector)
            self.forms.append(("nonlinear", role, lower, upper))
        elif isinstance(one, DictOf):
            content = {k: machine.subscript(one, Known(k)) for k in ("type", "fun")}
            keys = machine.call(machine.attribute(one, "keys"), (), {})
            names = [key.value for key in items(machine, keys) if isinstance(key, Known)]
            more = machine.subscript(one, Known("args")) if "args" in names else pack(())
            kind = content["type"]
            if not isinstance(kind, Known) or str(kind.value).lower() not in ("eq", "ineq"):
                machine.refuse("a constraint whose type is not known", instead="write 'eq' or 'ineq'")
            equal = kind.value.lower() == "eq"
            self.parts.append(Rows(content["fun"], items(machine, more), equal=equal))
            self.roles[role] = handed(machine, content["fun"], [start], more, as_vector)
            if "jac" in names and not absent(slope := machine.subscript(one, Known("jac"))):
                self.roles[f"{role} jac"] = handed(machine, slope, [start], more, as_matrix)
            self.forms.append(("dict", role, kind, None))
        else:
            machine.refuse("a constraint that is no dict and none of SciPy's", instead="{'type': ..., 'fun': ...}")

    def equations(self, machine: Calls, start: Value) -> Arg:
        """Which rows are equations."""
        return machine.to_arg(machine.call(Known(Stacked(self.parts, 1)), (machine.wrap(start),), {}))

    def written(self, machine: Calls, roles: Mapping[str, Handed]) -> Arg:
        """The constraints as SciPy is given them."""
        made: list[Arg] = []
        for form, what, lower, upper in self.forms:
            if form == "linear":
                ends = (machine.to_arg(v) for v in (what, lower, upper))
                made.append(machine.emit(make_linear, *ends))
                continue
            f = roles[what]
            if form == "nonlinear":
                rest = (f.args, machine.to_arg(lower), machine.to_arg(upper))
                made.append(machine.emit(make_nonlinear, f.function, *rest))
                continue
            content: dict[str, Arg] = {"type": machine.to_arg(lower), "fun": f.function}
            if f"{what} jac" in roles:
                content["jac"] = roles[f"{what} jac"].function
            if f.captured:
                content["args"] = f.args
            made.append(Pack("dict", tuple(content.values()), tuple(content)))
        return made[0] if len(made) == 1 else Pack("list", tuple(made))


# -- how the minimum moves --------------------------------------------------------------------------------------------


def _x(sol: Arg, fun: Arg, x0: Arg, *rest: Any, **more: Any) -> Type:
    return Array("f64", axes(number(x0)))


constrained_x = field(
    "minimize.x under constraints", "x", _x, "sol fun x0 near / args lower upper constraints equal"
)


def slope_with(fun, constraints, multipliers, x, args):
    """∇f - λ ∇c."""
    if constraints is None:
        return grad(fun)(x, *args)
    return grad(fun)(x, *args) - vjp(lambda x: constraints(x, *args), x)[1](multipliers)[0]


def multipliers_of(g, slopes, free, active):
    """The multipliers with which slopes of constraints make up the slope of the function."""
    rows = np.where(np.logical_and(active[:, None], free), slopes, 0.0)
    square = np.where(np.logical_and(active[:, None], active), rows @ rows.T, np.eye(len(active)))
    return np.linalg.solve(square, rows @ g)


def at_ends(x, g, lower, upper, near):
    """Which variables are held at their lower, and at their upper bounds."""
    if lower is None:
        nowhere = np.zeros(len(x), dtype=bool)
        return nowhere, nowhere
    scale = near * np.maximum(1.0, np.abs(x))
    below, above = x - lower <= scale, upper - x <= scale
    if near > 1e-8:  # of a method that stays off its bounds
        return np.logical_and(below, g > 0.0), np.logical_and(above, g < 0.0)
    return below, np.logical_and(above, np.logical_not(below))


def conditions(fun, x, args, lower, upper, near, constraints, equal):
    """The equations that hold at a minimum, their root, which of its unknowns are free, and who is at a bound."""
    n = len(x)
    g = grad(fun)(x, *args)
    if constraints is None:
        low, high = at_ends(x, g, lower, upper, near)
        return (lambda z, *args: grad(fun)(z, *args)), x, np.logical_not(np.logical_or(low, high)), low, high
    low, high = at_ends(x, g, lower, upper, min(near, 1e-9) if lower is None else near)
    free = np.logical_not(np.logical_or(low, high))
    values = constraints(x, *args)
    slopes = implicit.jacobian(constraints, x, args)
    met = np.logical_or(equal, values <= 1e-4 * np.maximum(1.0, np.max(np.abs(x))))
    first = multipliers_of(g, slopes, free, met)
    active = np.logical_or(equal, np.logical_and(met, first > np.maximum(values, 0.0)))
    multipliers = multipliers_of(g, slopes, free, active)

    def system(z, *args):
        slope = slope_with(fun, constraints, z[n:], z[:n], args)
        return np.concatenate([slope, constraints(z[:n], *args)])

    return system, np.concatenate([x, multipliers]), np.concatenate([free, active]), low, high


@pullback(constrained_x, wrt=("args", "lower", "upper"))
def constrained_x_bar(ans_bar, ans, fun, near, args, lower, upper, constraints, equal, wanted):
    system, z, free, low, high = conditions(fun, ans, args, lower, upper, near, constraints, equal)
    n = len(ans)
    bar = ans_bar if constraints is None else np.concatenate([ans_bar, np.zeros(len(z) - n)])
    slopes = implicit.jacobian(system, z, args)
    bar = np.linalg.solve(implicit.restricted(slopes, free).T, np.where(free, bar, 0.0))
    args_bar = implicit.pulled(lambda *args: system(z, *args), args, wanted[0], -bar)
    if lower is None:
        return args_bar, None, None
    moved = ans_bar - (slopes.T @ bar)[:n]
    return args_bar, np.where(low, moved, 0.0), np.where(high, moved, 0.0)


@pushforward(constrained_x, wrt=("args", "lower", "upper"))
def constrained_x_dot(
    args_dot, lower_dot, upper_dot, ans, fun, near, args, lower, upper, constraints, equal, wanted
):  # fmt: skip
    system, z, free, low, high = conditions(fun, ans, args, lower, upper, near, constraints, equal)
    n = len(ans)
    slopes = implicit.jacobian(system, z, args)
    right = np.zeros(len(z))
    if any(wanted[0]):
        right = right + implicit.pushed(lambda *args: system(z, *args), args, wanted[0], args_dot)
    held = np.zeros(n)
    if wanted[1]:
        held = held + np.where(low, lower_dot, 0.0)
    if wanted[2]:
        held = held + np.where(high, upper_dot, 0.0)
    right = right + slopes[:, :n] @ held
    return held - np.linalg.solve(implicit.restricted(slopes, free), np.where(free, right, 0.0))[:n]
