"""``scipy.optimize``: fits, differentiated by the implicit-function theorem of the condition of least squares."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import scipy.optimize as so

import s2sad.libraries.scipy_global  # noqa: F401  (searches everywhere)
import s2sad.libraries.scipy_isotonic  # noqa: F401
import s2sad.libraries.scipy_linear_programs  # noqa: F401
import s2sad.libraries.scipy_minima  # noqa: F401  (fmin and its kin)
import s2sad.libraries.scipy_quasi_newton  # noqa: F401  (broyden1 and its kin)
from s2sad.api import grad
from s2sad.compiler.abstract_functions import callable_like, items
from s2sad.compiler.callbacks import handed, together, unpacked
from s2sad.front.calls import Calls
from s2sad.front.values import Abstract, Closure, Known, Record, View, pack
from s2sad.ir.core import Arg, Literal, Value, atoms_of
from s2sad.ir.types import FLOAT, INT, Array, Type, axes
from s2sad.libraries import implicit
from s2sad.libraries.scipy_minimize import Options, _x, for_each, given, known, slope
from s2sad.libraries.scipy_optimize import as_matrix, as_vector, is_true, vector
from s2sad.libraries.solutions import (
    absent,
    field,
    means,
    refuse_options,
    solution,
    solver,
    with_parameters,
    written,
)
from s2sad.prims.inference import number
from s2sad.prims.primitive import primitive, unsupported
from s2sad.rules.book import constant, pullback, pushforward

# -- least squares ----------------------------------------------------------------------------------------------------


def with_keywords(fun, kwargs):
    """A function that gets these keywords, too, whenever it is called."""
    return lambda *args: fun(*args, **kwargs)


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
fit_x = field("least_squares.x", "x", _x, "sol fun x0 / args loss scale mask lower upper")
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
    unwanted = given(jac_sparsity=jac_sparsity, callback=callback, workers=workers)
    refuse_options(machine, "optimize.least_squares", unwanted, "jac_sparsity callback workers")
    start, args = vector(machine, "least_squares", x0), unpacked(machine, args)
    if kwargs is not None and not absent(kwargs):
        fun = machine.call(Known(with_keywords), (fun, kwargs), {})
        if jac is not None and callable_like(machine, jac):
            jac = machine.call(Known(with_keywords), (jac, kwargs), {})
    f = handed(machine, fun, [start], args, as_vector)
    more = given(
        bounds=bounds, method=method, ftol=ftol, xtol=xtol, gtol=gtol, x_scale=x_scale, loss=loss, f_scale=f_scale,
        diff_step=diff_step, tr_solver=tr_solver, tr_options=tr_options, max_nfev=max_nfev,
    )  # fmt: skip
    ends = None if absent(bounds) else ends_of(machine, bounds)
    if ends is not None:
        more["bounds"] = pack(ends)
    named = written(machine, more)
    if isinstance(jac, Known) and not callable(jac.value):
        named |= written(machine, {"jac": jac})
    elif jac is not None:
        f, slopes = together(f, handed(machine, jac, [start], args, as_matrix))
        named["jac"] = slopes.function
    kind_of_loss = known(machine, "least_squares", loss, "linear")
    scale = Literal(1.0) if f_scale is None else machine.to_arg(f_scale)
    sol = machine.emit(least_squares, f.function, start, args=f.args, name="sol", **named)
    mask = machine.emit(active_mask, sol, start)
    held: Options = {} if ends is None else {"mask": mask}
    for name, end in zip(("lower", "upper"), ends or (), strict=False):
        if any(isinstance(atom, Value) for atom in atoms_of(machine.to_arg(end))):
            held[name] = machine.to_arg(machine.call(Known(for_each), (end, machine.wrap(start)), {}))
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
    return solution(machine, sol, fields, "success message status nfev njev optimality")


def ends_of(machine: Calls, bounds: Abstract | None) -> tuple[Abstract, ...]:
    """Lower and upper bounds, of a pair or of a Bounds object."""
    if isinstance(bounds, Record) or isinstance(bounds, Known) and isinstance(bounds.value, so.Bounds):
        return tuple(machine.attribute(bounds, name) for name in ("lb", "ub"))
    if isinstance(bounds, Known):
        bounds = machine.constant_container(bounds.value)
    assert bounds is not None
    return items(machine, bounds)


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


def condition_of(fun, loss):
    """What is zero at a fit, as a function of the point, of ``args`` and of the scale of the loss."""
    return lambda x, *given: slope(half_squares(fun, loss, given[-1]))(x, *given[:-1])


@pullback(fit_x, wrt=("args", "scale", "lower", "upper"))
def fit_x_bar(ans_bar, ans, fun, args, loss, scale, mask, lower, upper, wanted):
    condition, given, which = condition_of(fun, loss), (*args, scale), (*wanted[0], wanted[1])
    if mask is None:
        bars = implicit.system_bar(condition, ans, given, which, ans_bar)
        return bars[:-1], bars[-1], None, None
    slopes = implicit.jacobian(condition, ans, given)
    free = mask == 0
    bar = np.linalg.solve(implicit.restricted(slopes, free).T, np.where(free, ans_bar, 0.0))
    bars = implicit.pulled(lambda *given: condition(ans, *given), given, which, -bar)
    moved = ans_bar - slopes.T @ bar
    return bars[:-1], bars[-1], np.where(mask < 0, moved, 0.0), np.where(mask > 0, moved, 0.0)


@pushforward(fit_x, wrt=("args", "scale", "lower", "upper"))
def fit_x_dot(
    args_dot, scale_dot, lower_dot, upper_dot, ans, fun, args, loss, scale, mask, lower, upper, wanted
):  # fmt: skip
    condition, given, which = condition_of(fun, loss), (*args, scale), (*wanted[0], wanted[1])
    dots = (*args_dot, scale_dot)
    if mask is None:
        return implicit.system_dot(condition, ans, given, which, dots)
    slopes = implicit.jacobian(condition, ans, given)
    held, right = np.zeros_like(ans), np.zeros_like(ans)
    if wanted[2]:
        held = held + np.where(mask < 0, lower_dot, 0.0)
    if wanted[3]:
        held = held + np.where(mask > 0, upper_dot, 0.0)
    if any(which):
        right = right + implicit.pushed(lambda *given: condition(ans, *given), given, which, dots)
    if wanted[2] or wanted[3]:
        right = right + slopes @ held
    free = mask == 0
    return np.linalg.solve(implicit.restricted(slopes, free), np.where(free, -right, held))


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
    full = is_true(machine, options.pop("full_output", None))
    refuse_options(machine, "optimize.leastsq", options, "col_deriv diag")
    start = vector(machine, "leastsq", x0)
    f = handed(machine, func, [start], args, as_vector)
    named = written(machine, options, "col_deriv diag")
    if Dfun is not None and not absent(Dfun):
        f, slopes = together(f, handed(machine, Dfun, [start], args, as_matrix))
        named["Dfun"] = slopes.function
    x, flag = machine.emits(leastsq, f.function, start, args=f.args, **named)
    if not full:
        return pack((machine.wrap(x), machine.wrap(flag)))
    args_ = pack(tuple(machine.wrap(v) for v in f.captured))
    told = machine.call(Known(told_of_fit), (Known(f.function.value), machine.wrap(x), args_), {})
    cov, information = items(machine, told)
    return pack((machine.wrap(x), cov, information, Known(""), machine.wrap(flag)))


def told_of_fit(fun, x, args):
    """The inverse of the normal matrix of a fit, and its residuals."""
    slopes = implicit.jacobian(fun, x, args)
    return np.linalg.inv(slopes.T @ slopes), {"fvec": fun(x, *args)}


@pullback(leastsq, wrt="args")
def leastsq_bar(ans_bar, ans, func, args, wanted):
    condition = slope(half_squares(func, "linear", 1.0))
    return (implicit.system_bar(condition, ans[0], args, wanted[0], ans_bar[0]),)


@pushforward(leastsq, wrt="args")
def leastsq_dot(args_dot, ans, func, args, wanted):
    condition = slope(half_squares(func, "linear", 1.0))
    return implicit.system_dot(condition, ans[0], args, wanted[0], args_dot), None


# -- fits of curves ---------------------------------------------------------------------------------------------------


def count_of(machine: Calls, f: Abstract, p0: Abstract | None) -> int:
    """How many parameters a curve has, beside its first argument."""
    if p0 is not None and not absent(p0):
        start = machine.call(Known(np.asarray), (p0,), {"dtype": Known(float)})
        if isinstance(start, View) and (count := machine.count_known(start)) is not None:
            return count
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
    full = is_true(machine, options.pop("full_output", None))
    policy, checked = (known(machine, "curve_fit", options.pop(k, None), None) for k in ("nan_policy", "check_finite"))
    if policy is not None and not checked:
        among = machine.call(Known(without_nan), (xdata, ydata, sigma or Known(None), Known(policy)), {})
        xdata, ydata, sigma = items(machine, among)
    elif checked is not None:
        options["check_finite"] = Known(checked)
    count = count_of(machine, f, p0)
    start = Known(None) if p0 is None else p0
    if absent(start):
        start = machine.call(Known(np.ones), (Known(count),), {})
        if not absent(bounds):
            start = machine.call(Known(between), (*ends_of(machine, bounds), start), {})
    weights = Known(None) if sigma is None else sigma
    how = known(machine, "curve_fit", method, "lm" if bounds is None else "trf")
    absolute = known(machine, "curve_fit", absolute_sigma, False)
    more = dict(options)
    if how != "lm":
        more |= given(bounds=bounds, method=Known(how))
    maker = fitted if how == "lm" else fitted_within
    given_ = (f, Known(count), xdata, ydata, start, weights, Known(bool(absolute)))
    found = machine.call(Known(maker), given_, more)
    if not full:
        return found
    p, cov = items(machine, found)
    residuals = machine.call(Known(residuals_there), (f, Known(count), xdata, ydata, weights, p), {})
    return pack((p, cov, machine.new_dict({"fvec": residuals}), Known(""), Known(1)))


def between(lower, upper, ones):
    """Where ``curve_fit`` starts under bounds: in their middle, or at a distance of 1 from the only one."""
    lower, upper = for_each(lower, ones), for_each(upper, ones)
    below, above = np.isfinite(lower), np.isfinite(upper)
    low, high = np.where(below, lower, np.where(above, upper - 2.0, 0.0)), np.where(above, upper, 0.0)
    return np.where(above, 0.5 * (low + high), np.where(below, low + 1.0, ones))


def without_nan(xdata, ydata, sigma, policy):
    """The data of a fit without those that are nan."""
    points, target = np.asarray(xdata, dtype=float), np.asarray(ydata, dtype=float)
    if policy == "propagate":
        raise ValueError("`nan_policy='propagate'` is not supported by this function.")
    if policy not in ("raise", "omit"):
        raise ValueError("nan_policy must be one of {None, 'raise', 'omit'}")
    there = ~np.isnan(target) & ~np.any(np.isnan(points), axis=tuple(range(np.ndim(points) - 1)))
    if policy == "raise":
        if not np.all(there):
            raise ValueError("The input contains nan values")
        return points, target, sigma
    kept = np.flatnonzero(there)
    if sigma is not None:
        sigma = np.asarray(sigma)
        sigma = sigma[kept] if np.ndim(sigma) == 1 else sigma[kept][:, kept]
    return points[..., kept], target[kept], sigma


def residuals_there(f, count, xdata, ydata, sigma, p):
    """The residuals of a fit."""
    return residuals_of(f, count, xdata, ydata, sigma)(p)


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
    return p, covariance(residuals, p, absolute_sigma, options.get("loss", "linear"), options.get("f_scale", 1.0))


def covariance(residuals, p, absolute_sigma, loss="linear", scale=1.0):
    """The covariance of the parameters of a fit."""
    slopes = implicit.jacobian(residuals, p)
    r = residuals(p)
    if loss != "linear":
        slopes = slopes * np.sqrt(np.maximum(curvature(loss, (r / scale) ** 2), np.finfo(float).eps))[:, None]
    inverse = np.linalg.inv(slopes.T @ slopes)
    if absolute_sigma:
        return inverse
    return inverse * (2.0 * half_squares(residuals, loss, scale)(p) / (len(r) - len(p)))


def curvature(loss, z):
    """rho′(z) + 2 z rho″(z): half the second derivative of the loss of r / scale, z its square."""
    if loss == "soft_l1":
        return (1.0 + z) ** -1.5
    if loss == "huber":
        return np.where(z <= 1.0, 1.0, 0.0)
    if loss == "cauchy":
        return (1.0 - z) / (1.0 + z) ** 2
    return (1.0 - 3.0 * z**2) / (1.0 + z**2) ** 2


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


linear_fit = solver("optimize.lsq_linear", so.lsq_linear, "A b / bounds method tol lsq_solver lsmr_tol max_iter")


def _linear(sol: Arg, A: Arg, *rest: Any, **more: Any) -> Type:  # noqa: N803
    return Array("f64", (axes(number(A)) or ("?", "?"))[1:])


linear_x = field("lsq_linear.x", "x", _linear, "sol A b / mask lower upper")
linear_mask = field(
    "lsq_linear.active_mask", "active_mask", lambda sol, A: Array("i64", (axes(number(A)) or ("?", "?"))[1:]), "sol A"
)
constant(linear_mask)


@means(so.lsq_linear)
def lsq_linear_(
    machine: Calls, A: Abstract, b: Abstract, bounds: Abstract | None = None, **options: Abstract,  # noqa: N803
) -> Abstract:  # fmt: skip
    refuse_options(machine, "optimize.lsq_linear", options, "lsmr_maxiter verbose")
    matrix, right = (machine.call(Known(np.asarray), (v,), {"dtype": Known(float)}) for v in (A, b))
    a, r = machine.to_arg(matrix), machine.to_arg(right)
    named = written(machine, options, "lsmr_maxiter verbose")
    held: Options = {}
    if bounds is not None and not absent(bounds):
        if isinstance(bounds, Record):
            ends = [machine.attribute(bounds, name) for name in ("lb", "ub")]
        else:
            ends = list(items(machine, bounds))
        whole = [machine.call(Known(for_each_column), (v, matrix), {}) for v in ends]
        held = {"lower": machine.to_arg(whole[0]), "upper": machine.to_arg(whole[1])}
        named["bounds"] = machine.to_arg(pack(tuple(ends)))
    sol = machine.emit(linear_fit, a, r, name="sol", **named)
    mask = machine.emit(linear_mask, sol, a)
    x = machine.wrap(machine.emit(linear_x, sol, a, r, mask=mask, **held))
    rest = machine.call(Known(rest_of), (matrix, x, right), {})
    fields = {"x": x, "fun": rest, "cost": machine.call(Known(half_of_squares), (rest,), {})}
    return solution(machine, sol, fields | {"active_mask": machine.wrap(mask)}, "success message status nit optimality")


def for_each_column(end, matrix):
    """One bound for each variable."""
    return np.broadcast_to(np.asarray(end, dtype=float), np.shape(matrix)[1:])


def rest_of(A, x, b):  # noqa: N803
    """Residuals."""
    return A @ x - b


def half_of_squares(r):
    """Half a sum of squares."""
    return 0.5 * np.sum(r**2)


@pullback(linear_x, wrt=("A", "b", "lower", "upper"))
def linear_x_bar(ans_bar, ans, A, b, mask, lower, upper):  # noqa: N803
    free = mask == 0
    square = A.T @ A
    y = np.linalg.solve(implicit.restricted(square, free), np.where(free, ans_bar, 0.0))
    moved = A @ y
    A_bar = np.outer(b - A @ ans, y) - np.outer(moved, ans)  # noqa: N806
    if lower is None:
        return A_bar, moved, None, None
    held = ans_bar - square @ y
    return A_bar, moved, np.where(mask < 0, held, 0.0), np.where(mask > 0, held, 0.0)
