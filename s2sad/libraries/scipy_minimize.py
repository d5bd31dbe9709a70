"""``scipy.optimize``: minima and fits, differentiated by the implicit-function theorem of the stationarity condition.

At a minimum of f(x, args) the slope ∂f/∂x is zero, so that x moves as a root of the slope does; the least value itself
moves as f does with x held (the envelope theorem). A variable that is at one of its bounds stays there. Slopes that the
program hands to the solver only help to find the minimum: what is differentiated is f.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import scipy.optimize as so

from s2sad.api import grad
from s2sad.compiler.callbacks import as_number, handed, together
from s2sad.compiler.nested import items
from s2sad.front.calls import Calls
from s2sad.front.values import Abstract, Closure, Known, ListOf, Record, TupleOf, pack
from s2sad.ir.core import Arg, Literal
from s2sad.ir.types import FLOAT, INT, Array, Type, axes
from s2sad.libraries import implicit
from s2sad.libraries.scipy_optimize import as_matrix, as_vector, item, vector
from s2sad.libraries.solutions import (
    absent,
    field,
    means,
    refuse_options,
    refused,
    solution,
    solver,
    with_parameters,
    written,
)
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


def limits(machine: Calls, name: str, bounds: Abstract | None, pairs: bool) -> tuple[Arg, Arg] | None:
    """Lower and upper bounds as arrays of floats; ``pairs``: they are given as one pair for each variable."""
    if absent(bounds):
        return None
    assert bounds is not None
    if isinstance(bounds, Known | Record):
        if isinstance(bounds, Record) or isinstance(bounds.value, so.Bounds):
            machine.refuse(f"scipy.optimize.{name} with a Bounds object", instead="write pairs of numbers")
        bounds = machine.constant_container(bounds.value)
    if pairs:
        ends = [items(machine, pair) for pair in items(machine, bounds)]
        lower = [Known(-np.inf) if absent(pair[0]) else pair[0] for pair in ends]
        upper = [Known(np.inf) if absent(pair[1]) else pair[1] for pair in ends]
        two: list[Abstract] = [machine.new_list(lower), machine.new_list(upper)]
    else:
        two = list(items(machine, bounds))
    low, high = (machine.to_arg(machine.call(Known(np.asarray), (v,), {"dtype": Known(float)})) for v in two)
    return low, high


def inside(x, lower, upper):
    """Which variables are not at a bound."""
    if lower is None:
        return np.ones(len(x), dtype=bool)
    scale = 1e-9 * np.maximum(1.0, np.abs(x))
    return np.logical_and(x - lower > scale, upper - x > scale)


# -- minima of functions of several numbers ---------------------------------------------------------------------------


PARAMETERS = "fun x0 / args method jac hess hessp bounds tol options"
minimize = solver("optimize.minimize", so.minimize, PARAMETERS)


def _x(sol: Arg, fun: Arg, x0: Arg, *rest: Any, **more: Any) -> Type:
    return Array("f64", axes(number(x0)))


minimum_x = field("minimize.x", "x", _x, "sol fun x0 / args lower upper")
minimum = field("minimize.fun", "fun", lambda *operands, **more: FLOAT, "sol fun x / args")


def slope(fun):
    """The slope of a function of several numbers."""
    return lambda x, *args: grad(fun)(x, *args)


@means(so.minimize)
def minimize_(
    machine: Calls, fun: Abstract, x0: Abstract, args: Abstract | None = None, method: Abstract | None = None,
    jac: Abstract | None = None, hess: Abstract | None = None, hessp: Abstract | None = None,
    bounds: Abstract | None = None, constraints: Abstract | None = None, tol: Abstract | None = None,
    callback: Abstract | None = None, options: Abstract | None = None,
) -> Abstract:  # fmt: skip
    refuse_options(machine, "optimize.minimize", given(callback=callback), "callback")
    nothing = constraints is None or isinstance(constraints, Known) and not constraints.value
    if not nothing and (not isinstance(constraints, TupleOf | ListOf) or items(machine, constraints)):
        machine.refuse(
            "scipy.optimize.minimize with constraints=", why="which constraints hold the solution is not modelled",
            instead="eliminate variables, or solve the conditions of Karush, Kuhn and Tucker (scipy.optimize.root)",
        )  # fmt: skip
    start, kind = vector(machine, "minimize", x0)
    ends = limits(machine, "minimize", bounds, pairs=True)
    chosen = known(machine, "minimize", method, None)
    if callable(chosen):
        machine.refuse("scipy.optimize.minimize with a method of your own", instead="name one of SciPy's")
    if isinstance(chosen, str) and chosen.lower() == "trust-constr" and ends is not None:
        machine.refuse(
            "scipy.optimize.minimize with method='trust-constr' and bounds=",
            why="it stays off the bounds, so that which of them hold is not known", instead="use method='L-BFGS-B'",
        )  # fmt: skip
    pair = isinstance(jac, Known) and jac.value is True
    roles = {"fun": handed(machine, fun, [kind], args, item(0, as_number) if pair else as_number)}
    named: Options = {}
    if pair:
        roles["jac"] = handed(machine, fun, [kind], args, item(1, as_vector))
    elif isinstance(jac, Known) and (isinstance(jac.value, str) or not jac.value):
        named |= written(machine, {"jac": jac}) if jac.value else {}
    elif jac is not None:
        roles["jac"] = handed(machine, jac, [kind], args, as_vector)
    if isinstance(hess, Known) and (hess.value is None or isinstance(hess.value, str)):
        named |= written(machine, {"hess": hess})
    elif hess is not None:
        roles["hess"] = handed(machine, hess, [kind], args, as_matrix)
    if not absent(hessp):
        assert hessp is not None
        roles["hessp"] = handed(machine, hessp, [kind, kind], args, as_vector)
    roles = dict(zip(roles, together(*roles.values()), strict=True))
    f = roles.pop("fun")
    named |= {k: g.function for k, g in roles.items()}
    named |= written(machine, given(method=method, bounds=bounds, tol=tol, options=options))
    sol = machine.emit(minimize, f.function, start, args=f.args, name="sol", **named)
    held: Options = {} if ends is None else {"lower": ends[0], "upper": ends[1]}
    x = machine.emit(minimum_x, sol, f.function, start, args=f.args, **held)
    least = machine.emit(minimum, sol, f.function, x, args=f.args)
    fields = {"x": machine.wrap(x), "fun": machine.wrap(least)}
    return solution(machine, sol, fields, "success message status nfev njev nit")


@pullback(minimum_x, wrt="args", unknown=("lower", "upper"))
def minimum_x_bar(ans_bar, ans, fun, args, lower, upper, wanted):
    if lower is None:
        return (implicit.system_bar(slope(fun), ans, args, wanted[0], ans_bar),)
    return (implicit.held_bar(slope(fun), ans, args, wanted[0], ans_bar, inside(ans, lower, upper)),)


@pushforward(minimum_x, wrt="args")
def minimum_x_dot(args_dot, ans, fun, args, lower, upper, wanted):
    if lower is None:
        return implicit.system_dot(slope(fun), ans, args, wanted[0], args_dot)
    return implicit.held_dot(slope(fun), ans, args, wanted[0], args_dot, inside(ans, lower, upper))


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
    fields = {"x": machine.wrap(x), "fun": machine.wrap(machine.emit(minimum, sol, f.function, x, args=f.args))}
    return solution(machine, sol, fields, "success message nfev nit")


def away(x, lower, upper):
    """1 where a minimum lies between its bounds, 0 where the search ran into one of them."""
    near = 1e-4 * (upper - lower)
    return np.where(np.logical_and(x - lower > near, upper - x > near), 1.0, 0.0)


@pullback(alone_x, wrt="args", unknown=("lower", "upper"))
def alone_x_bar(ans_bar, ans, fun, args, lower, upper, wanted):
    free = 1.0 if lower is None else away(ans, lower, upper)
    return (implicit.number_bar(grad(fun), ans, args, wanted[0], ans_bar * free),)


@pushforward(alone_x, wrt="args")
def alone_x_dot(args_dot, ans, fun, args, lower, upper, wanted):
    free = 1.0 if lower is None else away(ans, lower, upper)
    return free * implicit.number_dot(grad(fun), ans, args, wanted[0], args_dot)


refused(so, "brent golden fminbound", "use scipy.optimize.minimize_scalar")
refused(
    so, "fmin fmin_bfgs fmin_cg fmin_powell fmin_ncg fmin_l_bfgs_b fmin_tnc fmin_slsqp fmin_cobyla",
    "use scipy.optimize.minimize with method=",
)  # fmt: skip
refused(
    so, "basinhopping brute differential_evolution dual_annealing shgo direct",
    "search without a derivative, and start scipy.optimize.minimize from what was found",
)  # fmt: skip
refused(so, "linprog milp quadratic_assignment", "solve the system of the constraints that hold (np.linalg.solve)")
refused(so, "lsq_linear isotonic_regression", "use scipy.optimize.least_squares")
refused(
    so, "broyden1 broyden2 anderson newton_krylov linearmixing excitingmixing diagbroyden", "use scipy.optimize.root"
)


# -- least squares ----------------------------------------------------------------------------------------------------


def rho(loss, z):
    """The losses of ``least_squares``, of squares of residuals."""
    if loss == "linear":
        return z
    if loss == "soft_l1":
        return 2.0 * (np.sqrt(1.0 + z) - 1.0)
    if loss == "huber":
        return np.where(z <= 1.0, z, 2.0 * np.sqrt(np.maximum(z, 1.0)) - 1.0)
    if loss == "cauchy":
        return np.log1p(z)
    if loss == "arctan":
        return np.arctan(z)
    unsupported("scipy.optimize.least_squares with a loss of your own", instead="name one of SciPy's")


def half_squares(fun, loss, scale):
    """Half the sum of squares of residuals, as a function to minimize."""

    def cost(x, *args):
        r = fun(x, *args)
        if loss == "linear":
            return 0.5 * np.sum(r**2)
        return 0.5 * scale**2 * np.sum(rho(loss, (r / scale) ** 2))

    return cost


residual_options = "fun x0 / args jac bounds method ftol xtol gtol x_scale loss f_scale diff_step tr_solver tr_options jac_sparsity max_nfev"  # noqa: E501
least_squares = solver("optimize.least_squares", so.least_squares, residual_options)
fit_x = field("least_squares.x", "x", _x, "sol fun x0 / args loss scale free")
active_mask = field(
    "least_squares.active_mask", "active_mask", lambda sol, x0: Array("i64", axes(number(x0))), "sol x0"
)
constant(active_mask)
fit_jac = field("least_squares.jac", "jac", lambda *operands, **more: Array("f64", ("?", "?")), "sol fun x / args")


@means(so.least_squares)
def least_squares_(
    machine: Calls, fun: Abstract, x0: Abstract, jac: Abstract | None = None, bounds: Abstract | None = None,
    method: Abstract | None = None, ftol: Abstract | None = None, xtol: Abstract | None = None,
    gtol: Abstract | None = None, x_scale: Abstract | None = None, loss: Abstract | None = None,
    f_scale: Abstract | None = None, diff_step: Abstract | None = None, tr_solver: Abstract | None = None,
    tr_options: Abstract | None = None, jac_sparsity: Abstract | None = None, max_nfev: Abstract | None = None,
    verbose: Abstract | None = None, args: Abstract | None = None, kwargs: Abstract | None = None,
    callback: Abstract | None = None, workers: Abstract | None = None,
) -> Abstract:  # fmt: skip
    unwanted = given(jac_sparsity=jac_sparsity, kwargs=kwargs, callback=callback, workers=workers)
    refuse_options(machine, "optimize.least_squares", unwanted, "jac_sparsity kwargs callback workers")
    start, kind = vector(machine, "least_squares", x0)
    f = handed(machine, fun, [kind], args, as_vector)
    more = given(
        bounds=bounds, method=method, ftol=ftol, xtol=xtol, gtol=gtol, x_scale=x_scale, loss=loss, f_scale=f_scale,
        diff_step=diff_step, tr_solver=tr_solver, tr_options=tr_options, max_nfev=max_nfev,
    )  # fmt: skip
    named = written(machine, more)
    if isinstance(jac, Known):
        named |= written(machine, {"jac": jac})
    elif jac is not None:
        f, slopes = together(f, handed(machine, jac, [kind], args, as_matrix))
        named["jac"] = slopes.function
    kind_of_loss = known(machine, "least_squares", loss, "linear")
    scale = Literal(1.0) if f_scale is None else machine.to_arg(f_scale)
    sol = machine.emit(least_squares, f.function, start, args=f.args, name="sol", **named)
    mask = machine.emit(active_mask, sol, start)
    bounded = bounds is not None and not absent(bounds)
    held: Options = {}
    if bounded:
        held["free"] = machine.to_arg(machine.call(Known(np.equal), (machine.wrap(mask), Known(0)), {}))
    how: Options = {"loss": Literal(kind_of_loss), "scale": scale}
    x = machine.wrap(machine.emit(fit_x, sol, f.function, start, args=f.args, **how, **held))
    parts = [machine.wrap(v) for v in f.captured]
    wrapped = (Known(f.function.value), x, pack(tuple(parts)))
    fields = {
        "x": x, "active_mask": machine.wrap(mask), "fun": machine.call(Known(residuals_at), wrapped, {}),
        "jac": machine.wrap(machine.emit(fit_jac, sol, f.function, machine.to_arg(x), args=f.args)),
        "cost": machine.call(Known(cost_at), (*wrapped, Known(kind_of_loss), machine.lift(scale)), {}),
        "grad": machine.call(Known(grad_at), wrapped, {}),
    }  # fmt: skip
    if kind_of_loss != "linear":
        del fields["grad"], fields["jac"]  # SciPy scales them
    return solution(machine, sol, fields, "success message status nfev njev")


@pullback(fit_jac, wrt=("x", "args"))
def fit_jac_bar(ans_bar, fun, x, args, wanted):
    which = (wanted[0], *wanted[1])
    x_bar, *args_bar = implicit.pulled(lambda x, *args: implicit.jacobian(fun, x, args), (x, *args), which, ans_bar)
    return x_bar, tuple(args_bar)


@pushforward(fit_jac, wrt=("x", "args"))
def fit_jac_dot(x_dot, args_dot, fun, x, args, wanted):
    which = (wanted[0], *wanted[1])
    return implicit.pushed(lambda x, *args: implicit.jacobian(fun, x, args), (x, *args), which, (x_dot, *args_dot))


def residuals_at(fun, x, args):
    """The residuals at a point."""
    return fun(x, *args)


def cost_at(fun, x, args, loss, scale):
    """Half the sum of squares at a point."""
    return half_squares(fun, loss, scale)(x, *args)


def grad_at(fun, x, args):
    """The slope of half the sum of squares at a point."""
    return grad(half_squares(fun, "linear", 1.0))(x, *args)


@pullback(fit_x, wrt="args", unknown="scale")
def fit_x_bar(ans_bar, ans, fun, args, loss, scale, free, wanted):
    condition = slope(half_squares(fun, loss, scale))
    if free is None:
        return (implicit.system_bar(condition, ans, args, wanted[0], ans_bar),)
    return (implicit.held_bar(condition, ans, args, wanted[0], ans_bar, free),)


@pushforward(fit_x, wrt="args")
def fit_x_dot(args_dot, ans, fun, args, loss, scale, free, wanted):
    condition = slope(half_squares(fun, loss, scale))
    if free is None:
        return implicit.system_dot(condition, ans, args, wanted[0], args_dot)
    return implicit.held_dot(condition, ans, args, wanted[0], args_dot, free)


def _leastsq(func: Arg, x0: Arg, *rest: Any, **more: Any) -> tuple[Type, ...]:
    return Array("f64", axes(number(x0))), INT


leastsq = primitive(
    "scipy.optimize.leastsq", so.leastsq,
    with_parameters(_leastsq, "func x0 / args Dfun ftol xtol gtol maxfev epsfcn factor"), calls=(),
)  # fmt: skip



@means(so.leastsq)
def leastsq_(
    machine: Calls, func: Abstract, x0: Abstract, args: Abstract | None = None, Dfun: Abstract | None = None,  # noqa: N803
    **options: Abstract,
) -> Abstract:  # fmt: skip
    refuse_options(machine, "optimize.leastsq", options, "full_output col_deriv diag")
    start, kind = vector(machine, "leastsq", x0)
    f = handed(machine, func, [kind], args, as_vector)
    named = written(machine, options, "full_output col_deriv diag")
    if Dfun is not None and not absent(Dfun):
        f, slopes = together(f, handed(machine, Dfun, [kind], args, as_matrix))
        named["Dfun"] = slopes.function
    x, flag = machine.emits(leastsq, f.function, start, args=f.args, **named)
    return pack((machine.wrap(x), machine.wrap(flag)))


@pullback(leastsq, wrt="args")
def leastsq_bar(ans_bar, ans, func, args, wanted):
    condition = slope(half_squares(func, "linear", 1.0))
    return (implicit.system_bar(condition, ans[0], args, wanted[0], ans_bar[0]),)


@pushforward(leastsq, wrt="args")
def leastsq_dot(args_dot, ans, func, args, wanted):
    condition = slope(half_squares(func, "linear", 1.0))
    return implicit.system_dot(condition, ans[0], args, wanted[0], args_dot), None


# -- fits of curves ---------------------------------------------------------------------------------------------------


def count_of(machine: Calls, f: Abstract) -> int:
    """How many parameters a curve has, beside its first argument."""
    if isinstance(f, Closure):
        arguments = f.code.node.args
        plain = [*arguments.posonlyargs, *arguments.args]
        variadic = arguments.vararg is not None
        names = [p.arg for p in plain]
    elif isinstance(f, Known):
        kinds = inspect.signature(f.value).parameters.values()
        variadic = any(p.kind is p.VAR_POSITIONAL for p in kinds)
        names = [p.name for p in kinds if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    else:
        variadic, names = True, []
    if variadic or len(names) < 2:
        machine.refuse(
            "scipy.optimize.curve_fit of a function whose number of parameters is not known",
            instead="write out its parameters",
        )
    return len(names) - 1


@means(so.curve_fit)
def curve_fit_(
    machine: Calls, f: Abstract, xdata: Abstract, ydata: Abstract, p0: Abstract | None = None,
    sigma: Abstract | None = None, absolute_sigma: Abstract | None = None, check_finite: Abstract | None = None,
    bounds: Abstract | None = None, method: Abstract | None = None, jac: Abstract | None = None, **options: Abstract,
) -> Abstract:  # fmt: skip
    refuse_options(machine, "optimize.curve_fit", options, "full_output nan_policy")
    count = count_of(machine, f)
    start = Known(None) if p0 is None else p0
    if absent(start):
        if bounds is not None:
            machine.refuse("scipy.optimize.curve_fit with bounds= and without p0", instead="say where to start: p0=")
        start = machine.call(Known(np.ones), (Known(count),), {})
    weights = Known(None) if sigma is None else sigma
    how = known(machine, "curve_fit", method, "lm" if bounds is None else "trf")
    absolute = known(machine, "curve_fit", absolute_sigma, False)
    more = {k: v for k, v in options.items() if k not in ("full_output", "nan_policy")}
    if how != "lm":
        more |= given(bounds=bounds, method=Known(how))
    maker = fitted if how == "lm" else fitted_within
    given_ = (f, Known(count), xdata, ydata, start, weights, Known(bool(absolute)))
    return machine.call(Known(maker), given_, more)


def residuals_of(f, count, xdata, ydata, sigma):
    """The residuals of a curve, weighted."""
    target = np.asarray(ydata, dtype=float)
    points = np.asarray(xdata, dtype=float)

    def residuals(p):
        difference = f(points, *[p[k] for k in range(count)]) - target
        if sigma is None:
            return difference
        weights = np.asarray(sigma)
        if weights.ndim == 2:
            return np.linalg.solve(np.linalg.cholesky(weights), difference)
        return 1.0 / weights * difference

    return residuals


def fitted(f, count, xdata, ydata, p0, sigma, absolute_sigma, **options):
    """``curve_fit`` by ``leastsq``, as SciPy does it."""
    residuals = residuals_of(f, count, xdata, ydata, sigma)
    p, _ = so.leastsq(residuals, p0, **options)
    return p, covariance(residuals, p, absolute_sigma)


def fitted_within(f, count, xdata, ydata, p0, sigma, absolute_sigma, **options):
    """``curve_fit`` by ``least_squares``, as SciPy does it."""
    residuals = residuals_of(f, count, xdata, ydata, sigma)
    p = so.least_squares(residuals, p0, **options).x
    return p, covariance(residuals, p, absolute_sigma)


def covariance(residuals, p, absolute_sigma):
    """The covariance of the parameters of a fit."""
    slopes = implicit.jacobian(residuals, p)
    inverse = np.linalg.inv(slopes.T @ slopes)
    if absolute_sigma:
        return inverse
    r = residuals(p)
    return inverse * (np.sum(r**2) / (len(r) - len(p)))


# -- linear least squares under bounds --------------------------------------------------------------------------------


def _nnls(A: Arg, b: Arg, maxiter: Any = None) -> tuple[Type, ...]:  # noqa: N803
    return Array("f64", (axes(number(A)) or ("?", "?"))[1:]), FLOAT


nnls = primitive("scipy.optimize.nnls", so.nnls, _nnls)


@pullback(nnls, wrt=("A", "b"))
def nnls_bar(ans_bar, ans, A, b):  # noqa: N803
    x = ans[0]
    free = x > 0
    r = b - A @ x
    of_A, of_b = np.zeros_like(A), np.zeros_like(b)  # noqa: N806
    if ans_bar[0] is not None:
        y = np.linalg.solve(implicit.restricted(A.T @ A, free), np.where(free, ans_bar[0], 0.0))
        moved = A @ y
        of_A, of_b = np.outer(r, y) - np.outer(moved, x), moved  # noqa: N806
    if ans_bar[1] is not None:
        unit = ans_bar[1] * r / ans[1]
        of_A, of_b = of_A - np.outer(unit, x), of_b + unit  # noqa: N806
    return of_A, of_b


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



