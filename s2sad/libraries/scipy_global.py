"""``scipy.optimize``: minima that are searched for everywhere, and move as any minimum does.

Whatever found it, inside of its bounds a minimum is a root of the slope (``scipy_minimize.py``), and at them it is
what ``scipy_constraints.py`` says. It does not depend on the draws of the search, as long as it is the same minimum.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.optimize as so

from s2sad.api import grad
from s2sad.compiler.abstract_functions import items
from s2sad.compiler.callbacks import Handed, as_number, handed, together, unpacked
from s2sad.front.calls import Calls
from s2sad.front.values import Abstract, DictOf, Known, Record, pack
from s2sad.implicit import custom_root
from s2sad.ir.core import Literal, Pack, Value
from s2sad.ir.types import BOOL, FLOAT, INT, Array, Type
from s2sad.libraries.scipy_constraints import Bounds, Constraints, constrained_x
from s2sad.libraries.scipy_minimize import limits, minimum, minimum_x, nothing, value_at
from s2sad.libraries.scipy_optimize import as_vector, item, vector
from s2sad.libraries.solutions import absent, means, refuse_options, solution, solver, written
from s2sad.libraries.watching import only_watches
from s2sad.prims.primitive import primitive
from s2sad.rules.book import constant

FEW = "success message nfev nit"


def first_ends(bounds):
    """A point to tell how many variables there are."""
    return np.asarray([b[0] for b in bounds], dtype=float)


def somewhere(machine: Calls, name: str, bounds: Abstract) -> Value:
    """A point in some bounds."""
    if isinstance(bounds, Known):
        bounds = machine.constant_container(bounds.value)
    if isinstance(bounds, Record) and bounds.cls is Bounds:
        return vector(machine, name, machine.attribute(bounds, "lb"))
    return vector(machine, name, machine.call(Known(first_ends), (bounds,), {}))


def within_bounds(name: str, options: str, near: float, told: str, *seen: Type) -> None:
    """Declare a solver ``f(func, bounds, args, ...)``."""
    function = getattr(so, name)
    search = solver(f"optimize.{name}", function, f"func bounds / args constraints {options}")

    @means(function)
    def meaning(
        machine: Calls, func: Abstract, bounds: Abstract, args: Abstract | None = None,
        constraints: Abstract | None = None, **more: Abstract,
    ) -> Abstract:  # fmt: skip
        refuse_options(
            machine, f"optimize.{name}", more, "integrality vectorized workers minimizer_kwargs disp"
        )
        start = somewhere(machine, name, bounds)
        only_watches(machine, f"optimize.{name}", more.pop("callback", None), start, *seen)
        ends = limits(machine, bounds, start)
        assert ends is not None
        held = None
        if constraints is not None and not nothing(machine, constraints):
            held = Constraints(machine, constraints, start)
        further = args if name == "direct" else unpacked(machine, args)
        roles = {"fun": handed(machine, func, [start], further, as_number)} | ({} if held is None else held.roles)
        roles = dict(zip(roles, together(*roles.values()), strict=True))
        f = roles.pop("fun")
        named = written(machine, more, "vectorized workers minimizer_kwargs disp")
        if held is not None:
            named["constraints"] = held.written(machine, roles)
        sol = machine.emit(search, f.function, ends[2], args=f.args, name="sol", **named)
        conditions: dict[str, Any] = {"lower": ends[0], "upper": ends[1]}
        if held is not None:
            conditions |= {"constraints": roles["constraints"].function, "equal": held.equations(machine, start)}
        x = machine.wrap(machine.emit(constrained_x, sol, f.function, start, Literal(near), args=f.args, **conditions))
        return solution(machine, sol, {"x": x, "fun": least(machine, f, x)}, told)


def least(machine: Calls, f: Handed, x: Abstract) -> Abstract:
    """The value at a minimum."""
    parts = pack(tuple(machine.wrap(v) for v in f.captured))
    return machine.call(Known(value_at), (Known(f.function.value), x, parts), {})


within_bounds(
    "differential_evolution",
    "strategy maxiter popsize tol mutation recombination rng seed polish init atol updating x0", 1e-6, FEW, FLOAT,
)  # fmt: skip
within_bounds(
    "dual_annealing", "maxiter initial_temp restart_temp_ratio visit accept maxfun rng seed no_local_search x0", 1e-6,
    f"{FEW} status", FLOAT, INT,
)  # fmt: skip
within_bounds("shgo", "n iters options sampling_method", 1e-6, "success message nfev nit")
within_bounds("direct", "eps maxfun maxiter locally_biased f_min f_min_rtol vol_tol len_tol", 1e-3, f"{FEW} status")


# -- basinhopping -----------------------------------------------------------------------------------------------------

hops = solver(
    "optimize.basinhopping", so.basinhopping,
    "func x0 / niter T stepsize minimizer_kwargs interval niter_success rng seed target_accept_rate stepwise_factor",
)  # fmt: skip


def content_of(machine: Calls, given: Abstract | None) -> dict[str, Abstract]:
    """The items of a dict with known keys."""
    if given is None or absent(given):
        return {}
    if isinstance(given, Known):
        given = machine.constant_container(given.value)
    if not isinstance(given, DictOf):
        machine.refuse("minimizer_kwargs that are not a dict", instead="write it as a dict")
    keys = items(machine, machine.call(machine.attribute(given, "keys"), (), {}))
    return {key.value: machine.subscript(given, key) for key in keys if isinstance(key, Known)}


@means(so.basinhopping)
def basinhopping_(
    machine: Calls, func: Abstract, x0: Abstract, niter: Abstract | None = None, T: Abstract | None = None,  # noqa: N803
    stepsize: Abstract | None = None, minimizer_kwargs: Abstract | None = None, **options: Abstract,
) -> Abstract:  # fmt: skip
    refuse_options(machine, "optimize.basinhopping", options, "take_step accept_test disp")
    start = vector(machine, "basinhopping", x0)
    only_watches(machine, "optimize.basinhopping", options.pop("callback", None), start, FLOAT, BOOL)
    inner = content_of(machine, minimizer_kwargs)
    refuse_options(machine, "optimize.basinhopping with minimizer_kwargs of", inner, "constraints callback hess hessp")
    args, jac = inner.pop("args", None), inner.pop("jac", None)
    ends = limits(machine, inner.pop("bounds", None), start)
    pair = isinstance(jac, Known) and jac.value is True
    functions = [handed(machine, func, [start], args, item(0, as_number) if pair else as_number)]
    if pair:
        functions.append(handed(machine, func, [start], args, item(1, as_vector)))
    elif jac is not None and not absent(jac) and not isinstance(getattr(jac, "value", None), bool | str):
        functions.append(handed(machine, jac, [start], args, as_vector))
    f, *slopes = together(*functions)
    content = written(machine, inner, "constraints callback hess hessp")
    if f.captured:
        content["args"] = f.args
    if slopes:
        content["jac"] = slopes[0].function
    if ends is not None:
        content["bounds"] = ends[2]
    more = {"niter": niter, "T": T, "stepsize": stepsize} | options
    named = written(machine, {k: v for k, v in more.items() if v is not None}, "take_step accept_test disp")
    if content:
        named["minimizer_kwargs"] = Pack("dict", tuple(content.values()), tuple(content))
    sol = machine.emit(hops, f.function, start, name="sol", **named)
    if ends is None:
        x = machine.emit(minimum_x, sol, f.function, start, args=f.args)
        value = machine.wrap(machine.emit(minimum, sol, f.function, x, args=f.args))
        return solution(machine, sol, {"x": machine.wrap(x), "fun": value}, FEW)
    x = machine.emit(
        constrained_x, sol, f.function, start, Literal(1e-9), args=f.args, lower=ends[0], upper=ends[1]
    )  # fmt: skip
    return solution(machine, sol, {"x": machine.wrap(x), "fun": least(machine, f, machine.wrap(x))}, FEW)


# -- brute ------------------------------------------------------------------------------------------------------------


brute = primitive(
    "scipy.optimize.brute", so.brute, lambda func, ranges, args=(), Ns=20: Array("f64", ("?",)), calls=()  # noqa: N803
)
constant(brute)


def root_of_slope(func, x, args):
    """A minimum that was found, as a function of everything."""
    return custom_root(lambda x: grad(func)(x, *args), x, lambda f, x: x)  # noqa: PLW0108


@means(so.brute)
def brute_(
    machine: Calls, func: Abstract, ranges: Abstract, args: Abstract | None = None, Ns: Abstract | None = None,  # noqa: N803
    full_output: Abstract | None = None, finish: Abstract | None = None, disp: Abstract | None = None,
    workers: Abstract | None = None,
) -> Abstract:  # fmt: skip
    unwanted = {k: v for k, v in {"full_output": full_output, "workers": workers}.items() if v is not None}
    if isinstance(workers, Known) and workers.value == 1:
        del unwanted["workers"]
    refuse_options(machine, "optimize.brute", unwanted, "full_output workers")
    if finish is not None and not (isinstance(finish, Known) and finish.value is so.fmin):
        machine.refuse(
            "scipy.optimize.brute with finish=", why="points of a grid do not move", instead="leave it out, or minimize"
        )
    count = machine.call(Known(len), (ranges,), {})
    start = vector(machine, "brute", machine.call(Known(np.zeros), (count,), {}))
    f = handed(machine, func, [start], args, as_number)
    named = written(machine, {} if Ns is None else {"Ns": Ns})
    found = machine.wrap(machine.emit(brute, f.function, machine.to_arg(ranges), args=f.args, **named))
    found = machine.call(Known(np.reshape), (found, count), {})
    parts = pack(tuple(machine.wrap(v) for v in f.captured))
    return machine.call(Known(root_of_slope), (Known(f.function.value), found, parts), {})
