"""``scipy.integrate``: solutions of ordinary differential equations, differentiated by equations of the same kind.

The solution y(t) of y′ = f(t, y, θ), y(t₀) = y₀ is a function of y₀, t₀, θ and of the times at which it is read. In
reverse mode the adjoint a(t) is integrated backwards, a′ = -aᵀ ∂f/∂y, together with the integral of aᵀ ∂f/∂θ (Cao, Li,
Petzold & Serban, "Adjoint sensitivity analysis for differential-algebraic equations", SIAM J. Sci. Comput. 24, 2003);
at each time that is read the cotangent of what is read there is added to a. What fades grows when it is integrated
backwards, so y does not go back: it is solved for forwards once more. In forward mode the sensitivities are integrated
beside y (both in ``scipy_adjoints``). Both are done by the solver of the program, with its tolerances, which therefore
say how exact a derivative is. The times where an adaptive solver happens to stop are not differentiated, but for the
first and the last.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import scipy.integrate
import scipy.integrate as si

import s2sad.libraries.scipy_bvp  # noqa: F401
import s2sad.libraries.scipy_integrate  # noqa: F401  (quadrature, the rest of scipy.integrate)
from s2sad.compiler.abstract_functions import callable_like, items
from s2sad.compiler.callbacks import Callback, as_number, handed, together, unpacked
from s2sad.front.calls import Calls
from s2sad.front.values import Abstract, Known, View, pack
from s2sad.ir.core import Arg, Literal, Pack, Value
from s2sad.ir.types import FLOAT, INT, Array, Object, Type, axes, is_complex
from s2sad.libraries.scipy_adjoints import flow_bar, flow_dot
from s2sad.libraries.scipy_events import Happened, announced, listed
from s2sad.libraries.scipy_optimize import as_matrix, as_vector, is_true, vector
from s2sad.libraries.solutions import (
    Solution,
    absent,
    field,
    means,
    refuse_options,
    solution,
    solver,
    told,
    with_parameters,
    written,
)
from s2sad.prims.inference import number
from s2sad.prims.primitive import primitive, unsupported
from s2sad.rules.book import constant, pullback, pushforward

# -- solve_ivp --------------------------------------------------------------------------------------------------------


ivp = solver(
    "integrate.solve_ivp", si.solve_ivp,
    "fun t_span y0 / method t_eval dense_output events args rtol atol first_step max_step min_step jac lband uband",
    "OdeResult",
)  # fmt: skip


def _y(sol: Arg, fun: Arg, y0: Arg, t0: Arg, ts: Arg, *rest: Any, **more: Any) -> Type:
    return Array("f64", ((axes(number(y0)) or ("?",))[0], (axes(number(ts)) or ("?",))[0]))


ivp_y = field("solve_ivp.y", "y", _y, "sol fun y0 t0 ts rtol atol method max_step repeated / args")
ivp_t = field("solve_ivp.t", "t", lambda sol, start, stop: Array("f64", ("?",)), "sol start stop")
TOLD = {name: told(name, INT) for name in ("nlu",)}


@pullback(ivp_t, wrt=("start", "stop"))
def ivp_t_bar(ans_bar):
    """Where the solver stops in between hangs on its own choices."""
    return ans_bar[0], ans_bar[-1]


EQUATION = ("fun", "y0", "t0", "rtol", "atol", "method", "max_step", "args")


def _at(sol: Arg, t: Arg, *rest: Any, **more: Any) -> Type:
    return Array("f64", ((axes(number(more["y0"])) or ("?",))[0], *(axes(number(t)) or ())))


def _run_at(sol: Any, t: Any, *rest: Any, **more: Any) -> Any:
    return sol.sol(t)


ivp_at = primitive(
    "solve_ivp.sol", _run_at, with_parameters(_at, f"sol t / {' '.join(EQUATION)}"), style="method", text="sol",
    calls=(), hidden=EQUATION,
)  # fmt: skip


@pullback(ivp_at, wrt=("t", "y0", "t0", "args"))
def ivp_at_bar(ans_bar, ans, t, fun, y0, t0, rtol, atol, method, max_step, args, wanted):
    ts = np.ravel(t)
    order = np.argsort(np.abs(ts - t0), kind="stable")
    columns = (len(y0), len(ts))
    ys_bar, ys = np.reshape(ans_bar, columns)[:, order], np.reshape(ans, columns)[:, order]
    asked = (wanted[1], wanted[2], wanted[0], wanted[3])
    how = (rtol, atol, method, max_step, np.ndim(t) > 0)
    y0_bar, t0_bar, ts_bar, args_bar = flow_bar(fun, ys_bar, ys, y0, t0, ts[order], args, how, asked)
    if not wanted[0]:
        return None, y0_bar, t0_bar, args_bar
    t_bar = np.zeros(len(ts))
    t_bar[order] = ts_bar
    return t_bar[0] if np.ndim(t) == 0 else np.reshape(t_bar, np.shape(t)), y0_bar, t0_bar, args_bar


@pushforward(ivp_at, wrt=("t", "y0", "t0", "args"))
def ivp_at_dot(
    t_dot, y0_dot, t0_dot, args_dot, ans, t, fun, y0, t0, rtol, atol, method, max_step, args, wanted
):  # fmt: skip
    ts = np.ravel(t)
    order = np.argsort(np.abs(ts - t0), kind="stable")
    ys = np.reshape(ans, (len(y0), len(ts)))[:, order]
    ts_dot = np.ravel(t_dot)[order] if wanted[0] else None
    dots = (y0_dot, t0_dot, ts_dot, args_dot)
    asked = (wanted[1], wanted[2], wanted[0], wanted[3])
    how = (rtol, atol, method, max_step, np.ndim(t) > 0)
    moved = flow_dot(fun, ys, y0, t0, ts[order], args, how, dots, asked)
    out = np.zeros((len(y0), len(ts)))
    out[:, order] = moved
    return np.reshape(out, np.shape(ans))


class Reader:
    """Reads a solution at times, for ``Dense``: a function of the trace."""

    def __init__(self, sol: Value, operands: Sequence[Arg]) -> None:
        self.sol = sol
        self.operands: dict[str, Any] = dict(zip(EQUATION, operands, strict=True))
        self.__name__ = "sol"

    def __s2sad_call__(self, machine: Calls, operands: Sequence[Abstract], kwargs: Mapping[str, Abstract]) -> Abstract:
        t = machine.to_arg(operands[0])
        return machine.wrap(machine.emit(ivp_at, self.sol, t, **self.operands))


class Dense:
    """What ``dense_output=True`` gives."""

    def __init__(self, reader):
        self.reader = reader

    def __call__(self, t):
        if np.ndim(t) == 0:
            return self.reader(t * 1.0)
        return self.reader(np.asarray(t, dtype=float))

    def __getattr__(self, name):
        unsupported(f"the attribute {name} of a dense solution", instead="call it with times")


class ComplexSolution(Solution):
    """A complex solution, of its real and imaginary parts one below the other."""

    def __init__(self, sol, size):
        self.parts = sol
        self.t = sol.t
        self.y = sol.y[:size] + 1j * sol.y[size:]
        self.sol = None if sol.sol is None else (lambda t: whole(sol.sol(t)))

    def __getattr__(self, name):
        return getattr(self.parts, name)


def halves(y):
    """The real and the imaginary parts of a vector in one."""
    y = np.asarray(y)
    return np.concatenate([np.real(y), np.imag(y)])


def whole(z):
    """What ``halves`` made a vector of."""
    size = len(z) // 2
    return z[:size] + 1j * z[size:]


def complex_solution(solver, fun, t_span, y0, args=(), vectorized=False, jac=None, **options):
    """The solution of a complex equation, as one of twice as many real equations."""
    if options.get("method") in ("Radau", "LSODA"):
        raise ValueError("`y0` is complex, but the chosen solver does not support integration in a complex domain.")
    if vectorized:
        fun = of_one_point(fun)
    sol = solver(lambda t, z: halves(fun(t, whole(z), *args)), t_span, halves(y0), **options)
    return ComplexSolution(sol, len(y0))


def of_one_dimension(y0):
    """What ``solve_ivp`` asks of a start."""
    if np.ndim(y0) != 1:
        raise ValueError("`y0` must be 1-dimensional.")


def given_ones(options: Mapping[str, Abstract | None]) -> dict[str, Abstract]:
    """Options that are not left out."""
    return {name: value for name, value in options.items() if value is not None and not absent(value)}


@means(si.solve_ivp)
def solve_ivp_(
    machine: Calls, fun: Abstract, t_span: Abstract, y0: Abstract, method: Abstract | None = None,
    t_eval: Abstract | None = None, dense_output: Abstract | None = None, events: Abstract | None = None,
    vectorized: Abstract | None = None, args: Abstract | None = None, **options: Abstract,
) -> Abstract:  # fmt: skip
    args = None if absent(args) else unpacked(machine, args)
    machine.call(Known(of_one_dimension), (y0,), {})
    if is_complex(machine.to_arg(y0).type) and absent(events):
        asked = {"method": method, "t_eval": t_eval, "dense_output": dense_output}
        given = given_ones(options | asked | {"vectorized": vectorized, "args": args})
        return machine.call(Known(complex_solution), (Known(si.solve_ivp), fun, t_span, y0), given)
    dense = is_true(machine, dense_output)
    awaited = () if events is None or absent(events) else items(machine, machine.call(Known(listed), (events,), {}))
    chosen = method_of(machine, "scipy.integrate.solve_ivp", method)
    if is_true(machine, vectorized):
        fun = machine.call(Known(of_one_point), (fun,), {})
    f, start, jac, *signs = equation(machine, "solve_ivp", fun, y0, args, options.pop("jac", None), events=awaited)
    t0, t1 = items(machine, t_span)
    named = written(machine, options) | ({} if jac is None else {"jac": jac})
    if dense or awaited:
        named["dense_output"] = Literal(True)
    if awaited:
        named["events"] = Pack("list", tuple(announced(machine, *pair) for pair in zip(signs, awaited, strict=True)))
    if not absent(method):
        named["method"] = Literal(chosen)
    times: Abstract | None = None
    if not absent(t_eval):
        assert t_eval is not None
        times = machine.call(Known(np.asarray), (t_eval,), {"dtype": Known(float)})
        named["t_eval"] = machine.to_arg(times)
    nowhere = is_empty(machine, times)
    span = machine.to_arg(pack((t0, t1)))
    sol = machine.emit(ivp, f.function, span, start, args=f.args, name="sol", **named)
    how = [
        option(machine, options, "rtol", 1e-3), option(machine, options, "atol", 1e-6),
        Literal(chosen), option(machine, options, "max_step", np.inf),
    ]  # fmt: skip
    path = Reader(sol, (f.function, start, machine.to_arg(t0), *how, f.args))
    happened = Happened(machine, sol, signs, f, path, start)
    repeated = times is None  # the two ends of an interval of length 0
    if times is None or nowhere:
        if awaited:
            t1 = happened.end(t1)
        times = machine.wrap(machine.emit(ivp_t, sol, machine.to_arg(t0), machine.to_arg(t1)))
    elif awaited:  # what lies behind an event that ends the solution is not reached
        times = happened.reached(times)
    y = machine.emit(
        ivp_y, sol, f.function, start, machine.to_arg(t0), machine.to_arg(times), *how, Literal(repeated), args=f.args
    )
    fields = {"t": times, "y": machine.wrap(y)} if not nowhere else unread(machine)
    fields |= {"sol": Known(None), "t_events": Known(None), "y_events": Known(None)}
    if awaited:
        fields |= {"t_events": machine.new_list(happened.times), "y_events": machine.new_list(happened.states)}
    if dense:
        fields["sol"] = machine.call(Known(Dense), (Known(path),), {})
    fields["nlu"] = machine.wrap(machine.emit(TOLD["nlu"], sol))
    return solution(machine, sol, fields, "success message status nfev njev")


def is_empty(machine: Calls, times: Abstract | None) -> bool:
    """Whether a solution is asked for at no time at all, so far as is known."""
    return isinstance(times, View) and machine.lengths.get(machine.read(times)) == 0


def unread(machine: Calls) -> dict[str, Abstract]:
    """What SciPy gives at no times."""
    return {"t": machine.new_list([]), "y": machine.new_list([])}


METHODS = ("RK45", "RK23", "DOP853", "Radau", "BDF", "LSODA")


def method_of(machine: Calls, what: str, method: Abstract | None) -> str:
    """The name of a method that is given by its name or as SciPy's class."""
    given = "RK45" if method is None or absent(method) else method.value if isinstance(method, Known) else None
    for name in METHODS:
        if given == name or given is getattr(si, name):
            return name
    machine.refuse(f"{what} with a method that is not one of SciPy's", instead=f"choose one of {', '.join(METHODS)}")


def of_one_point(fun):
    """The right-hand side at one point of one that takes many, in columns."""
    return lambda t, y, *args: np.asarray(fun(t, y[:, np.newaxis], *args))[:, 0]


def option(machine: Calls, options: Mapping[str, Abstract], name: str, default: float) -> Arg:
    """A number that the equations of derivatives take from the program's call."""
    value = options.get(name)
    if value is None or absent(value):
        return Literal(default)
    given = machine.to_arg(value)
    return given if isinstance(given, Literal) else machine.to_arg(machine.call(Known(as_numbers), (value,), {}))


def as_numbers(tolerances):
    """Tolerances, which may be a list with one for each component."""
    return np.asarray(tolerances) if np.ndim(tolerances) > 0 else tolerances


def smallest(tolerances):
    """The smallest of some numbers, or the number itself."""
    return tolerances if np.ndim(tolerances) == 0 else np.min(np.asarray(tolerances))


def equation(
    machine: Calls, name: str, fun: Abstract, y0: Abstract, args: Abstract | None, jac: Abstract | None,
    tfirst: bool = True, reordered: bool = False, events: Sequence[Abstract] = (),
) -> tuple[Any, ...]:  # fmt: skip
    """The right-hand side of an equation, where it starts, its Jacobian where there is one, and the events.

    ``reordered``: the time is their first argument, whatever the user's order.
    """
    if is_complex(machine.to_arg(y0).type):
        machine.refuse(f"scipy.integrate.{name} of complex numbers", instead="integrate real and imaginary parts")
    start = vector(machine, name, y0)
    if reordered and not tfirst:
        fun = machine.call(Known(time_first), (fun,), {})
        jac = jac if jac is None or absent(jac) else machine.call(Known(time_first), (jac,), {})
    order: list[Type | Value] = [FLOAT, start] if tfirst or reordered else [start, FLOAT]
    functions = [handed(machine, fun, order, args, as_vector)]
    functions += [handed(machine, event, order, args, as_number) for event in events]
    if jac is None or absent(jac):
        f, *signs = together(*functions)
        return f, start, None, *signs
    if callable_like(machine, jac):
        f, *signs, slopes = together(*functions, handed(machine, jac, order, args, as_matrix))
        return f, start, slopes.function, *signs
    f, *signs = together(*functions)
    return f, start, machine.to_arg(jac), *signs


@pullback(ivp_y, wrt=("y0", "t0", "ts", "args"))
def ivp_y_bar(ans_bar, ans, fun, y0, t0, ts, rtol, atol, method, max_step, repeated, args, wanted):
    return flow_bar(fun, ans_bar, ans, y0, t0, ts, args, (rtol, atol, method, max_step, repeated), wanted)


@pushforward(ivp_y, wrt=("y0", "t0", "ts", "args"))
def ivp_y_dot(
    y0_dot, t0_dot, ts_dot, args_dot, ans, fun, y0, t0, ts, rtol, atol, method, max_step, repeated, args, wanted
):  # fmt: skip
    dots = (y0_dot, t0_dot, ts_dot, args_dot)
    return flow_dot(fun, ans, y0, t0, ts, args, (rtol, atol, method, max_step, repeated), dots, wanted)


# -- odeint -----------------------------------------------------------------------------------------------------------


def _odeint(func: Arg, y0: Arg, t: Arg, *rest: Any, **more: Any) -> Type:
    return Array("f64", ((axes(number(t)) or ("?",))[0], (axes(number(y0)) or ("?",))[0]))


odeint = primitive(
    "scipy.integrate.odeint", si.odeint,
    with_parameters(_odeint, "func y0 t / args Dfun rtol atol h0 hmax hmin mxstep mxhnil mxordn mxords tfirst"),
    calls=(),
)  # fmt: skip


def odeint_report(name, func, y0, t, **options):
    """What odeint tells of its steps."""
    return scipy.integrate.odeint(func, y0, t, full_output=True, **options)[1][name]


REPORTED: dict[str, Type] = {
    **{name: Array("f64", ("?",)) for name in ("hu", "tcur", "tolsf", "tsw")},
    **{name: Array("i32", ("?",)) for name in ("nst", "nfe", "nje", "nqu", "mused")},
    "message": Object("str"),
}
report_ = primitive(
    "odeint_report", odeint_report,
    with_parameters(
        lambda name, *rest, **more: REPORTED[name.value],
        "name func y0 t / args Dfun rtol atol h0 hmax hmin mxstep mxhnil mxordn mxords tfirst",
    ),
    style="helper",
)  # fmt: skip
constant(report_)


@means(si.odeint)
def odeint_(
    machine: Calls, func: Abstract, y0: Abstract, t: Abstract, args: Abstract | None = None,
    Dfun: Abstract | None = None, **options: Abstract,  # noqa: N803
) -> Abstract:  # fmt: skip
    refuse_options(machine, "integrate.odeint", options, "col_deriv ml mu tcrit ixpr")
    tfirst = is_true(machine, options.get("tfirst"))
    f, start, jac = equation(machine, "odeint", func, y0, args, Dfun, tfirst)
    times = machine.call(Known(np.asarray), (t,), {"dtype": Known(float)})
    named = written(machine, options, "col_deriv full_output ml mu tcrit ixpr printmessg")
    if jac is not None:
        named["Dfun"] = jac
    given = f.function, start, machine.to_arg(times)
    y = machine.wrap(machine.emit(odeint, *given, args=f.args, **named))
    if not is_true(machine, options.get("full_output")):
        return y
    report = {name: machine.wrap(machine.emit(report_, name, *given, args=f.args, **named)) for name in REPORTED}
    return pack((y, machine.call(Known(dict), (), report)))


class TimeFirst:
    """A function of a trace, of the state and the time, as one of the time and the state."""

    def __init__(self, function: Callback) -> None:
        self.function, self.__name__ = function, function.name

    def __s2sad_call__(self, machine: Calls, operands: Sequence[Abstract], kwargs: Mapping[str, Abstract]) -> Abstract:
        t, y, *args = operands
        return machine.call(Known(self.function), (y, t, *args), {})


class ByTime:
    """``by_time(func, tfirst)``: the right-hand side as a function of time first."""

    def __s2sad_call__(self, machine: Calls, operands: Sequence[Abstract], kwargs: Mapping[str, Abstract]) -> Abstract:
        func, tfirst = operands
        assert isinstance(func, Known)
        return func if is_true(machine, tfirst) else Known(TimeFirst(func.value))


by_time = ByTime()


def time_first(func):
    """A function of the state and the time, as one of the time and the state."""
    return lambda t, y, *args: func(y, t, *args)


def exactness(rtol, atol):
    """How the equations of derivatives are solved for ``odeint``: by its own method and tolerances."""
    relative = 1.49012e-8 if rtol is None else smallest(rtol)
    absolute = 1.49012e-8 if atol is None else atol
    return relative, absolute, "LSODA", np.inf, True


def start_of(t):
    """The first of the times of ``odeint``."""
    if len(t) == 0:
        raise ValueError("odeint without times has no derivative: t has to hold the start at least")
    return t[0]


@pullback(odeint, wrt=("y0", "t", "args"))
def odeint_bar(ans_bar, ans, func, y0, t, args, rtol, atol, tfirst, wanted):
    asked = (wanted[0], wanted[1], wanted[1], wanted[2])
    how = exactness(rtol, atol)
    t0 = start_of(t)
    y0_bar, t0_bar, t_bar, args_bar = flow_bar(by_time(func, tfirst), ans_bar.T, ans.T, y0, t0, t, args, how, asked)
    if wanted[1]:
        t_bar[0] += t0_bar
    return y0_bar, t_bar, args_bar


@pushforward(odeint, wrt=("y0", "t", "args"))
def odeint_dot(y0_dot, t_dot, args_dot, ans, func, y0, t, args, rtol, atol, tfirst, wanted):
    asked = (wanted[0], wanted[1], wanted[1], wanted[2])
    dots = (y0_dot, t_dot[0], t_dot, args_dot)
    return flow_dot(by_time(func, tfirst), ans.T, y0, start_of(t), t, args, exactness(rtol, atol), dots, asked).T
