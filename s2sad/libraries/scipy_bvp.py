"""``scipy.integrate.solve_bvp``: boundary value problems, differentiated by the equations that are solved.

On the mesh that SciPy has found, the values y and the unknown parameters p solve the collocation equations: over each
interval, the cubic through both ends satisfies the equation in the middle (Kierzenka, Shampine, "A BVP solver based on
residual control and the Matlab PSE", ACM TOMS 27, 2001). They are a root like any other (``s2sad.custom_root``). The
mesh is stretched with its ends.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.integrate
import scipy.integrate as si

from s2sad.compiler.abstract_functions import items
from s2sad.compiler.callbacks import as_array, handed, together
from s2sad.front.calls import Calls
from s2sad.front.values import Abstract, Known, pack
from s2sad.implicit import custom_root
from s2sad.ir.core import Arg, Value
from s2sad.ir.types import INT, Array, Object, Type, axes
from s2sad.libraries.scipy_optimize import as_vector, vector
from s2sad.libraries.scipy_splines import hermite
from s2sad.libraries.solutions import absent, field, means, refuse_options, solution, told, with_parameters, written
from s2sad.prims.inference import number
from s2sad.prims.primitive import REGISTRY, primitive
from s2sad.rules.book import constant, pullback


def boundary_value_problem(fun, bc, x, y, p=None, args=(), tol=1e-3, max_nodes=1000, bc_tol=None):
    """scipy.integrate.solve_bvp, of functions that take further arguments."""
    return scipy.integrate.solve_bvp(
        lambda x, y, *p: fun(x, y, *p, *args), lambda ya, yb, *p: bc(ya, yb, *p, *args), x, y, p,
        tol=tol, max_nodes=max_nodes, bc_tol=bc_tol,
    )  # fmt: skip


def _problem(*args: Any, **kwargs: Any) -> Type:
    return Object("BVPResult")


problem = primitive(
    "boundary_value_problem", boundary_value_problem,
    with_parameters(_problem, "fun bc x y / p args tol max_nodes bc_tol"), style="helper",
)  # fmt: skip
constant(problem)


def _like(name: str) -> Any:
    def infer(sol: Arg, like: Arg) -> Type:
        return Array("f64", ((axes(number(like)) or ("?",))[0], *("?" if name == "y" else "")))

    return infer


found_x = field("solve_bvp.x", "x", lambda sol, start, stop: Array("f64", ("?",)), "sol start stop")
found_y, found_p = (field(f"solve_bvp.{name}", name, _like(name), "sol like") for name in "yp")
TOLD = {"niter": told("niter", INT), "rms_residuals": told("rms_residuals", Array("f64", ("?",)))}
constant(found_y, found_p)


@pullback(found_x, wrt=("start", "stop"))
def found_x_bar(ans_bar, ans, start, stop):
    """The mesh is stretched."""
    along = (ans - start) / (stop - start)
    return np.sum(ans_bar * (1.0 - along)), np.sum(ans_bar * along)


# -- what is solved ---------------------------------------------------------------------------------------------------

polynomials_at = REGISTRY.word(REGISTRY.by_name["piecewise"])


def collocated(fun, bc, x, y, p, args):
    """What is zero: how far the cubics miss the equation in the middle of each interval; the boundary conditions."""
    h = np.diff(x)
    f = fun(x, y, *p, *args)
    middle = 0.5 * (y[:, 1:] + y[:, :-1]) - 0.125 * h * (f[:, 1:] - f[:, :-1])
    between = fun(x[:-1] + 0.5 * h, middle, *p, *args)
    missed = y[:, 1:] - y[:, :-1] - h / 6.0 * (f[:, :-1] + f[:, 1:] + 4.0 * between)
    return np.concatenate([np.ravel(missed), bc(y[:, 0], y[:, -1], *p, *args)])


def values_of(fun, bc, x, y, args):
    """The values on the mesh, as a function of everything."""

    def equations(z):
        return collocated(fun, bc, x, np.reshape(z, np.shape(y)), (), args)

    return np.reshape(custom_root(equations, np.ravel(y), lambda f, z: z), np.shape(y)), None  # noqa: PLW0108


def values_and_parameters_of(fun, bc, x, y, p, args):
    """The values on the mesh and the unknown parameters, as a function of everything."""

    def equations(z):
        return collocated(fun, bc, x, np.reshape(z[: np.size(y)], np.shape(y)), (z[np.size(y) :],), args)

    z = custom_root(equations, np.concatenate([np.ravel(y), p]), lambda f, z: z)  # noqa: PLW0108
    return np.reshape(z[: np.size(y)], np.shape(y)), z[np.size(y) :]


def slopes_of(fun, x, y, p, args):
    """The slopes on the mesh."""
    return fun(x, y, *args) if p is None else fun(x, y, p, *args)


def spline(x, y, slopes):
    """The solution as a function."""
    return lambda t, nu=0: polynomials_at(hermite(x, y.T, slopes.T), x, np.asarray(t, dtype=float), nu).T


@means(si.solve_bvp)
def solve_bvp_(
    machine: Calls, fun: Abstract, bc: Abstract, x: Abstract, y: Abstract, p: Abstract | None = None,
    S: Abstract | None = None, fun_jac: Abstract | None = None, bc_jac: Abstract | None = None,  # noqa: N803
    **options: Abstract,
) -> Abstract:  # fmt: skip
    refuse_options(machine, "integrate.solve_bvp", options | ({} if S is None else {"S": S}), "S verbose")
    mesh, first = (machine.call(Known(np.asarray), (v,), {"dtype": Known(float)}) for v in (x, y))
    size = (axes(machine.type_of(first)) or ("?",))[0]
    point, line, columns = Array("f64", (size,)), Array("f64", ("?",)), Array("f64", (size, "?"))
    unknown = [] if absent(p) or p is None else [vector(machine, "solve_bvp", p)]
    f, b = together(
        handed(machine, fun, [line, columns, *unknown], None, as_array),
        handed(machine, bc, [point, point, *unknown], None, as_vector),
    )
    start = [machine.to_arg(mesh), machine.to_arg(first)]
    more: dict[str, Any] = {"p": unknown[0]} if unknown else {}
    more |= written(machine, options, "verbose")
    sol: Value = machine.emit(problem, f.function, b.function, *start, args=f.args, name="sol", **more)
    ends = [machine.to_arg(machine.call(Known(end), (mesh, Known(k)), {})) for k in (0, -1)]
    at = machine.wrap(machine.emit(found_x, sol, *ends))
    given = pack(tuple(machine.wrap(v) for v in f.captured))
    functions = Known(f.function.value), Known(b.function.value)
    found = [machine.wrap(machine.emit(found_y, sol, start[1]))]
    found += [machine.wrap(machine.emit(found_p, sol, v)) for v in unknown]
    solve = values_and_parameters_of if unknown else values_of
    values, parameters = items(machine, machine.call(Known(solve), (*functions, at, *found, given), {}))
    slopes = machine.call(Known(slopes_of), (functions[0], at, values, parameters, given), {})
    fields = {"x": at, "y": values, "yp": slopes, "p": parameters}
    fields["sol"] = machine.call(Known(spline), (at, values, slopes), {})
    fields |= {name: machine.wrap(machine.emit(prim, sol)) for name, prim in TOLD.items()}
    return solution(machine, sol, fields, "success message status")


def end(x, k):
    """An end of the mesh."""
    return x[k]
