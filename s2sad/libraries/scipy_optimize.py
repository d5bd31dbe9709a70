"""``scipy.optimize``: roots, differentiated by the implicit-function theorem (see ``libraries.implicit``).

A solution does not depend on where the search began; the derivative is as exact as the solution is. Jacobians and
slopes that the program hands to the solver only help to find the solution.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import scipy.optimize as so

from s2sad.compiler.abstract_functions import callable_like
from s2sad.compiler.callbacks import Handed, as_array, as_number, handed, together, unpacked
from s2sad.front.calls import Calls
from s2sad.front.values import Abstract, Known, View, pack
from s2sad.ir.core import Arg, Literal, Value
from s2sad.ir.primitive import Primitive
from s2sad.ir.types import FLOAT, Array, Scalar, Type, axes, of
from s2sad.libraries import implicit
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
from s2sad.libraries.watching import only_watches
from s2sad.prims.inference import number
from s2sad.prims.primitive import primitive, unsupported
from s2sad.rules.book import constant, pullback, pushforward


def is_true(machine: Calls, value: Abstract | None) -> bool:
    """Whether a flag is given as True."""
    if absent(value):
        return False
    if not isinstance(value, Known):
        machine.refuse("a flag of a solver that is not known", instead="write True or False")
    return bool(value.value)


def vector(machine: Calls, name: str, x0: Abstract) -> Value:
    """Where a search starts, as a vector of floats; of its type and length are all points of the search."""
    start = machine.call(Known(np.asarray), (x0,), {"dtype": Known(float)})
    shape = axes(number(machine.to_arg(start)))
    if shape == ():
        start = machine.call(Known(np.atleast_1d), (start,), {})
        shape = axes(number(machine.to_arg(start)))
    if shape is None or len(shape) != 1:
        library = "integrate" if name in ("solve_ivp", "solve_bvp", "odeint") else "optimize"
        machine.refuse(f"scipy.{library}.{name} from a start that is not a vector", instead="start from a vector")
    held = machine.to_arg(start)
    assert isinstance(held, Value)
    if isinstance(start, View) and (count := machine.count_known(start)) is not None:
        machine.lengths[held] = count
    return held


def as_vector(machine: Calls, value: Abstract) -> Abstract:
    """What a system gives (an array, a list, one number), as a vector."""
    made = as_array(machine, value)
    shape = axes(number(machine.to_arg(made)))
    return made if shape is not None and len(shape) == 1 else machine.call(Known(np.ravel), (made,), {})


def as_matrix(machine: Calls, value: Abstract) -> Abstract:
    """A Jacobian, as an array."""
    return machine.call(Known(np.atleast_2d), (as_array(machine, value),), {})


def item(k: int, adapt: Any) -> Any:
    """Of a function that gives a value and its slope: one of the two."""
    return lambda machine, value: adapt(machine, machine.call(Known(chosen_item), (value, Known(k)), {}))


def chosen_item(pair, k):
    """One item of a pair."""
    return pair[k]


# -- roots of functions of one number, between two ends ---------------------------------------------------------------


def _root(f: Arg, a: Arg, b: Arg, args: Any = (), xtol: Any = 2e-12, rtol: Any = None, maxiter: Any = 100) -> Type:
    return FLOAT


def root_bar(ans_bar, ans, f, args, wanted):
    return (implicit.number_bar(f, ans, args, wanted[0], ans_bar),)


def root_dot(args_dot, ans, f, args, wanted):
    return implicit.number_dot(f, ans, args, wanted[0], args_dot)


REPORT = "converged iterations function_calls flag"
scalar = solver("optimize.root_scalar", so.root_scalar, "f / args method bracket fprime fprime2 x0 x1 xtol rtol maxiter options")  # noqa: E501
scalar_root = field("root_scalar.root", "root", lambda sol, f, args=(): FLOAT, "sol f / args")
reported: dict[str, Primitive] = {}


@pullback(scalar_root, wrt="args")
def scalar_root_bar(ans_bar, ans, f, args, wanted):
    return (implicit.number_bar(f, ans, args, wanted[0], ans_bar),)


@pushforward(scalar_root, wrt="args")
def scalar_root_dot(args_dot, ans, f, args, wanted):
    return implicit.number_dot(f, ans, args, wanted[0], args_dot)


def bracketed(name: str) -> None:
    """Declare a method that finds a root in a bracket."""
    function = getattr(so, name)
    prim = primitive(f"scipy.optimize.{name}", function, _root, calls=())

    @means(function)
    def meaning(
        machine: Calls, f: Abstract, a: Abstract, b: Abstract, args: Abstract | None = None, **options: Abstract
    ) -> Abstract:
        full = is_true(machine, options.pop("full_output", None))
        refuse_options(machine, f"optimize.{name}", options, "k")
        if full:
            more = {k: v for k, v in options.items() if k != "disp"}
            bracket = machine.call(Known(pair_of), (a, b), {})
            out = root_scalar_(machine, f, args, Known(name), bracket=bracket, **more)
            return pack((machine.attribute(out, "root"), out))
        given = handed(machine, f, [FLOAT], args, as_number)
        named = written(machine, options, "disp")
        return machine.wrap(
            machine.emit(prim, given.function, machine.to_arg(a), machine.to_arg(b), args=given.args, **named)
        )

    pullback(prim, wrt="args")(root_bar)
    pushforward(prim, wrt="args")(root_dot)


def pair_of(a, b):
    """Two things as a tuple."""
    return (a, b)


@means(so.root_scalar)
def root_scalar_(
    machine: Calls, f: Abstract, args: Abstract | None = None, method: Abstract | None = None, **options: Abstract
) -> Abstract:
    slopes = [options.pop(name, None) for name in ("fprime", "fprime2")]
    adapt: Any = as_number
    functions = []
    if isinstance(slopes[0], Known) and slopes[0].value is True:
        adapt = item(0, as_number)
        functions = [handed(machine, f, [FLOAT], args, adapt), handed(machine, f, [FLOAT], args, item(1, as_number))]
        if isinstance(slopes[1], Known) and slopes[1].value is True:
            functions.append(handed(machine, f, [FLOAT], args, item(2, as_number)))
            slopes[1] = None
    else:
        functions = [handed(machine, f, [FLOAT], args, as_number)]
        if slopes[0] is not None and callable_like(machine, slopes[0]) and not absent(slopes[0]):
            functions.append(handed(machine, slopes[0], [FLOAT], args, as_number))
    if not absent(slopes[1]):
        assert slopes[1] is not None
        functions.append(handed(machine, slopes[1], [FLOAT], args, as_number))
    functions = list(together(*functions))
    named = written(machine, options) | dict(
        zip(("fprime", "fprime2"), (g.function for g in functions[1:]), strict=False)
    )
    if not absent(method):
        assert method is not None
        named["method"] = machine.to_arg(method)
    first = functions[0]
    sol = machine.emit(scalar, first.function, args=first.args, name="sol", **named)
    root = machine.wrap(machine.emit(scalar_root, sol, first.function, args=first.args))
    return solution(machine, sol, {"root": root}, REPORT)


for method in ("brentq", "brenth", "ridder", "bisect", "toms748"):
    bracketed(method)


# -- roots found from a start: of a function of one number, or of one in each element ---------------------------------


def _newton(func: Arg, x0: Arg, *rest: Any, **options: Any) -> Type:
    t = number(x0)
    return FLOAT if isinstance(t, Scalar) else of("f64", axes(t))


newton = primitive(
    "scipy.optimize.newton", so.newton, with_parameters(_newton, "func x0 / fprime args tol maxiter fprime2 x1 rtol"),
    calls=(),
)  # fmt: skip


@means(so.newton)
def newton_(
    machine: Calls, func: Abstract, x0: Abstract, fprime: Abstract | None = None, args: Abstract | None = None,
    tol: Abstract | None = None, maxiter: Abstract | None = None, fprime2: Abstract | None = None,
    x1: Abstract | None = None, **options: Abstract,
) -> Abstract:  # fmt: skip
    args = unpacked(machine, args)
    full = is_true(machine, options.pop("full_output", None))
    if isinstance(t := number(machine.to_arg(x0)), Scalar | Array) and t.dtype in ("c64", "c128"):
        machine.refuse("scipy.optimize.newton from a complex start", instead="real and imaginary parts, by root")
    start = machine.call(Known(np.asarray), (x0,), {"dtype": Known(float)})
    alone = axes(number(machine.to_arg(start))) == ()
    if full and alone:
        return newton_told(machine, func, x0, args, fprime, fprime2, tol, maxiter, x1, options)
    if alone:
        start = machine.call(Known(float), (x0,), {})
    held = machine.to_arg(start)
    like = held if isinstance(held, Value) and not alone else held.type
    adapt = as_number if alone else as_array
    given = {"": func, "fprime": fprime, "fprime2": fprime2}
    roles = {k: g for k, g in given.items() if g is not None and not absent(g)}
    functions = {k: handed(machine, g, [like], args, adapt) for k, g in roles.items()}
    functions = dict(zip(functions, together(*functions.values()), strict=True))
    f = functions.pop("")
    more = {"tol": tol, "maxiter": maxiter, "x1": x1, **options}
    named = written(machine, {k: v for k, v in more.items() if v is not None}, "disp")
    named |= {k: g.function for k, g in functions.items()}
    if full:
        named["full_output"] = Literal(True)
        told = machine.emits(newton_of_array, f.function, machine.to_arg(start), args=f.args, **named)
        return machine.call(Known(Roots), tuple(machine.wrap(v) for v in told), {})
    return machine.wrap(machine.emit(newton, f.function, machine.to_arg(start), args=f.args, **named))


class Roots(NamedTuple):
    """What ``newton`` of an array gives with full_output=True."""

    root: Any
    converged: Any
    zero_der: Any


def _newton_of_array(func: Arg, x0: Arg, *rest: Any, **options: Any) -> tuple[Type, ...]:
    shape = axes(number(x0))
    return of("f64", shape), of("bool", shape), of("bool", shape)


newton_of_array = primitive(
    "newton.full_output", so.newton,
    with_parameters(_newton_of_array, "func x0 / fprime args tol maxiter fprime2 x1 rtol full_output"),
    text="scipy.optimize.newton", calls=(),
)  # fmt: skip


@pullback(newton_of_array, wrt="args")
def newton_of_array_bar(ans_bar, ans, func, args, wanted):
    return (implicit.number_bar(func, ans[0], args, wanted[0], ans_bar[0]),)


@pushforward(newton_of_array, wrt="args")
def newton_of_array_dot(args_dot, ans, func, args, wanted):
    return implicit.number_dot(func, ans[0], args, wanted[0], args_dot), None, None


def newton_told(
    machine: Calls, func: Abstract, x0: Abstract, args: Abstract | None, fprime: Abstract | None,
    fprime2: Abstract | None, tol: Abstract | None, maxiter: Abstract | None, x1: Abstract | None,
    options: dict[str, Abstract],
) -> Abstract:  # fmt: skip
    """``newton`` with full_output=True: the root, and how it was found."""
    method = "secant" if absent(fprime) else "newton" if absent(fprime2) else "halley"
    if method == "secant" and absent(x1):  # where newton starts its secants
        x1 = machine.call(Known(second_start), (x0,), {})
    exactness = Known(1.48e-8) if tol is None else tol
    named = {"fprime": fprime, "fprime2": fprime2, "xtol": exactness, "maxiter": maxiter, "x0": x0, "x1": x1}
    named |= {k: v for k, v in options.items() if k != "disp"}
    out = root_scalar_(machine, func, args, Known(method), **{k: v for k, v in named.items() if v is not None})
    return pack((machine.attribute(out, "root"), out))


def second_start(x0):
    """Where ``newton`` puts the second point of its first secant."""
    return x0 * (1 + 1e-4) + (1e-4 if x0 >= 0 else -1e-4)


@pullback(newton, wrt="args")
def newton_bar(ans_bar, ans, func, args, wanted):
    return (implicit.number_bar(func, ans, args, wanted[0], ans_bar),)


@pushforward(newton, wrt="args")
def newton_dot(args_dot, ans, func, args, wanted):
    return implicit.number_dot(func, ans, args, wanted[0], args_dot)


# -- fixed points -----------------------------------------------------------------------------------------------------


def _fixed(func: Arg, x0: Arg, *rest: Any, **more: Any) -> Type:
    return Array("f64", axes(number(x0)))


fixed = primitive(
    "scipy.optimize.fixed_point", so.fixed_point, with_parameters(_fixed, "func x0 / args xtol maxiter method"),
    calls=(),
)  # fmt: skip


@means(so.fixed_point)
def fixed_point_(
    machine: Calls, func: Abstract, x0: Abstract, args: Abstract | None = None, xtol: Abstract | None = None,
    maxiter: Abstract | None = None, method: Abstract | None = None,
) -> Abstract:  # fmt: skip
    start = machine.call(Known(np.asarray), (x0,), {"dtype": Known(float)})
    alone = axes(number(machine.to_arg(start))) == ()
    at = vector(machine, "fixed_point", start)
    f = handed(machine, func, [Array("f64", ()) if alone else at], unpacked(machine, args), as_array)
    options = {"xtol": xtol, "maxiter": maxiter, "method": method}
    named = written(machine, {k: v for k, v in options.items() if v is not None})
    found = machine.emit(fixed, f.function, machine.to_arg(start) if alone else at, args=f.args, **named)
    return machine.wrap(found)


def beyond(func, x, args):
    """How much a point moves: zero at a fixed point."""
    return func(x, *args) - x


@pullback(fixed, wrt="args")
def fixed_bar(ans_bar, ans, func, args, wanted):
    if ans.ndim == 0:
        return (implicit.number_bar(lambda x, *args: beyond(func, x, args), ans, args, wanted[0], ans_bar),)
    return (implicit.system_bar(lambda x, *args: beyond(func, x, args), ans, args, wanted[0], ans_bar),)


@pushforward(fixed, wrt="args")
def fixed_dot(args_dot, ans, func, args, wanted):
    if ans.ndim == 0:
        return implicit.number_dot(lambda x, *args: beyond(func, x, args), ans, args, wanted[0], args_dot)
    return implicit.system_dot(lambda x, *args: beyond(func, x, args), ans, args, wanted[0], args_dot)


# -- roots of systems -------------------------------------------------------------------------------------------------


def system(
    machine: Calls, func: Abstract, start: Value, args: Abstract | None, jac: Abstract | None
) -> tuple[Handed, dict[str, Any]]:
    """The function of a system, and the option ``jac`` (or none) as the solver takes it."""
    if absent(jac) or isinstance(jac, Known) and jac.value is False:
        return handed(machine, func, [start], args, as_vector), {}
    assert jac is not None
    if isinstance(jac, Known) and isinstance(jac.value, str):
        return handed(machine, func, [start], args, as_vector), {"jac": machine.to_arg(jac)}
    if isinstance(jac, Known) and jac.value is True:
        f = handed(machine, func, [start], args, item(0, as_vector))
        slope = handed(machine, func, [start], args, item(1, as_matrix))
    else:
        f = handed(machine, func, [start], args, as_vector)
        slope = handed(machine, jac, [start], args, as_matrix)
    f, slope = together(f, slope)
    return f, {"jac": slope.function}


def _x(sol: Arg, fun: Arg, x0: Arg, *rest: Any, **more: Any) -> Type:
    return Array("f64", axes(number(x0)))


root = solver("optimize.root", so.root, "fun x0 / args method jac tol options")
root_x = field("root.x", "x", _x, "sol fun x0 / args")
root_fun = field("root.fun", "fun", _x, "sol fun x0")
constant(root_fun)  # zero at every root


@means(so.root)
def root_(
    machine: Calls, fun: Abstract, x0: Abstract, args: Abstract | None = None, method: Abstract | None = None,
    jac: Abstract | None = None, tol: Abstract | None = None, callback: Abstract | None = None,
    options: Abstract | None = None,
) -> Abstract:  # fmt: skip
    start = vector(machine, "root", x0)
    only_watches(machine, "optimize.root", callback, start, start)
    f, named = system(machine, fun, start, args, jac)
    given = {"method": method, "tol": tol, "options": options}
    named |= written(machine, {k: v for k, v in given.items() if v is not None})
    sol = machine.emit(root, f.function, start, args=f.args, name="sol", **named)
    fields = {
        "x": machine.wrap(machine.emit(root_x, sol, f.function, start, args=f.args)),
        "fun": machine.wrap(machine.emit(root_fun, sol, f.function, start)),
    }
    return solution(machine, sol, fields, "success message status nfev njev nit")


@pullback(root_x, wrt="args")
def root_x_bar(ans_bar, ans, fun, args, wanted):
    return (implicit.system_bar(fun, ans, args, wanted[0], ans_bar),)


@pushforward(root_x, wrt="args")
def root_x_dot(args_dot, ans, fun, args, wanted):
    return implicit.system_dot(fun, ans, args, wanted[0], args_dot)


def _fsolve(func: Arg, x0: Arg, *rest: Any, **more: Any) -> Type:
    return Array("f64", axes(number(x0)))


fsolve = primitive(
    "scipy.optimize.fsolve", so.fsolve, with_parameters(_fsolve, "func x0 / args fprime xtol maxfev epsfcn factor"),
    calls=(),
)  # fmt: skip


@means(so.fsolve)
def fsolve_(
    machine: Calls, func: Abstract, x0: Abstract, args: Abstract | None = None, fprime: Abstract | None = None,
    **options: Abstract,
) -> Abstract:  # fmt: skip
    if is_true(machine, options.pop("full_output", None)):
        more = pack(()) if args is None else args
        return machine.call(Known(fsolve_told), (func, x0, more, fprime or Known(None)), options)
    refuse_options(machine, "optimize.fsolve", options, "col_deriv band diag")
    start = vector(machine, "fsolve", x0)
    f, named = system(machine, func, start, args, fprime)
    if "jac" in named:
        named["fprime"] = named.pop("jac")
    named |= written(machine, options, "col_deriv band diag")
    return machine.wrap(machine.emit(fsolve, f.function, start, args=f.args, **named))


def fsolve_told(func, x0, args, fprime, xtol=1.49012e-8, maxfev=0, epsfcn=None, factor=100, **more):
    """``fsolve`` with full_output=True, by the function that it stands for."""
    for name in more:
        unsupported(f"scipy.optimize.fsolve with full_output= and {name}=", instead="scipy.optimize.root")
    how = {"xtol": xtol, "maxfev": maxfev, "factor": factor}
    if epsfcn is not None:
        how["eps"] = epsfcn
    sol = so.root(func, x0, args, method="hybr", jac=fprime, options=how)
    return sol.x, {"nfev": sol.nfev, "fvec": sol.fun}, sol.status, sol.message


@pullback(fsolve, wrt="args")
def fsolve_bar(ans_bar, ans, func, args, wanted):
    return (implicit.system_bar(func, ans, args, wanted[0], ans_bar),)


@pushforward(fsolve, wrt="args")
def fsolve_dot(args_dot, ans, func, args, wanted):
    return implicit.system_dot(func, ans, args, wanted[0], args_dot)
