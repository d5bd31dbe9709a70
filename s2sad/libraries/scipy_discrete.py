"""``s2sad.discrete(scipy.integrate.solve_ivp)``: the steps that the solver took, differentiated one by one.

SciPy solves the equation once and tells which times it stepped to, and with methods of many steps, by which orders.
They are its own choice, and constant but for the ends; between them the steps are repeated by a loop that is traced
(``scipy_steps.py``, ``scipy_implicit_steps.py``).
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.integrate as si

from s2sad.compiler.abstract_functions import items
from s2sad.compiler.callbacks import Handed, unpacked
from s2sad.discretization import Discrete
from s2sad.front.calls import Calls
from s2sad.front.values import Abstract, Known, pack
from s2sad.ir.core import Arg, Value
from s2sad.ir.types import Array, is_complex
from s2sad.libraries.scipy_implicit_steps import bdf_choices, lsoda_choices, multistep, radau, radau_stages
from s2sad.libraries.scipy_ode import TOLD as ODE_TOLD
from s2sad.libraries.scipy_ode import (
    Dense,
    complex_solution,
    equation,
    given_ones,
    is_empty,
    ivp,
    ivp_t,
    method_of,
    of_one_dimension,
    of_one_point,
    unread,
)
from s2sad.libraries.scipy_optimize import is_true
from s2sad.libraries.scipy_steps import EXPLICIT, between, followed, reader
from s2sad.libraries.solutions import TOLD, absent, means, refuse_options, solution, with_parameters, written
from s2sad.prims.primitive import primitive
from s2sad.rules.book import pullback


def _stops(sol: Any, start: Any, stop: Any) -> Any:
    return Array("f64", ("?",))


stops, stretched = (
    primitive(
        f"solve_ivp.{name}", lambda sol, *ends: sol.sol.ts, with_parameters(_stops, "sol start stop"),
        style="attribute", text="sol.ts", calls=(),
    )
    for name in ("ts", "ts_stretched")
)  # fmt: skip


@pullback(stops, wrt=("start", "stop"))
def stops_bar(ans_bar):
    """The first and the last step move with the ends; the times in between are the solver's choice."""
    return ans_bar[0], ans_bar[-1]


@pullback(stretched, wrt=("start", "stop"))
def stretched_bar(ans_bar, ans, start, stop):
    """Methods of many steps begin with short ones of low order, which should not move alone: all are stretched."""
    along = (ans - start) / (stop - start if stop != start else 1.0)
    return np.sum(ans_bar * (1.0 - along)), np.sum(ans_bar * along)


METHODS: dict[str, Callable[..., Any]] = {
    "RK45": lambda sol: EXPLICIT["RK45"],
    "RK23": lambda sol: EXPLICIT["RK23"],
    "DOP853": lambda sol: EXPLICIT["DOP853"],
    "Radau": lambda sol: radau(radau_stages(sol)),
    "BDF": lambda sol: multistep(bdf_choices(sol), True),
    "LSODA": lambda sol: multistep(lsoda_choices(sol), False),
}


def arrived(success, message):
    """A solution that stopped on its way has no steps to its end."""
    if not success:
        raise RuntimeError(message)


@means(Discrete(si.solve_ivp))
def discrete_solve_ivp(
    machine: Calls, fun: Abstract, t_span: Abstract, y0: Abstract, method: Abstract | None = None,
    t_eval: Abstract | None = None, dense_output: Abstract | None = None, events: Abstract | None = None,
    vectorized: Abstract | None = None, args: Abstract | None = None, **options: Abstract,
) -> Abstract:  # fmt: skip
    what = "s2sad.discrete(scipy.integrate.solve_ivp)"
    if not absent(events):
        machine.refuse(
            f"{what} with events=", why="when an event happens is differentiated by the equation",
            instead="call solve_ivp without discrete",
        )  # fmt: skip
    args = None if absent(args) else unpacked(machine, args)
    machine.call(Known(of_one_dimension), (y0,), {})
    if is_complex(machine.to_arg(y0).type):
        asked = {"method": method, "t_eval": t_eval, "dense_output": dense_output}
        given = given_ones(options | asked | {"vectorized": vectorized, "args": args})
        return machine.call(Known(complex_solution), (Known(Discrete(si.solve_ivp)), fun, t_span, y0), given)
    chosen = method_of(machine, what, method)
    dense = is_true(machine, dense_output)
    if is_true(machine, vectorized):
        fun = machine.call(Known(of_one_point), (fun,), {})
    f, start, jac = equation(machine, "solve_ivp", fun, y0, args, options.pop("jac", None))
    t0, t1 = items(machine, t_span)
    named = written(machine, options) | ({} if jac is None else {"jac": jac})
    if not absent(method):
        named["method"] = machine.to_arg(Known(chosen))
    times: Abstract | None = None
    if t_eval is not None and not absent(t_eval):
        times = machine.call(Known(np.asarray), (t_eval,), {"dtype": Known(float)})
        named["t_eval"] = machine.to_arg(times)
    read = dense or times is not None
    steps = Steps(machine, f, t0, t1, start, chosen, read, named)
    y = steps.y if times is None else steps.at(times)
    names = "success message status nfev njev"
    if read and not dense and chosen == "DOP853":  # it was made to interpolate in every step, which counts
        names = names.replace("nfev ", "")
    fields = {"t": steps.ts if times is None else times, "y": y} if not is_empty(machine, times) else unread(machine)
    fields |= {"sol": Known(None), "t_events": Known(None), "y_events": Known(None)}
    if dense:
        fields["sol"] = machine.call(Known(Dense), (machine.call(Known(reader), steps.read, {}),), {})
    fields["nlu"] = machine.wrap(machine.emit(ODE_TOLD["nlu"], steps.sol))
    return solution(machine, steps.sol, fields, names)


@means(Discrete(si.odeint))
def discrete_odeint(
    machine: Calls, func: Abstract, y0: Abstract, t: Abstract, args: Abstract | None = None,
    Dfun: Abstract | None = None, **options: Abstract,  # noqa: N803
) -> Abstract:  # fmt: skip
    unwanted = "col_deriv full_output ml mu tcrit mxordn mxords"
    refuse_options(machine, "integrate.odeint", options, unwanted)
    f, start, jac = equation(machine, "odeint", func, y0, args, Dfun, is_true(machine, options.get("tfirst")), True)
    times = machine.call(Known(np.asarray), (t,), {"dtype": Known(float)})
    t0, t1 = (machine.call(Known(operator.getitem), (times, Known(k)), {}) for k in (0, -1))
    tolerance = {name: machine.to_arg(Known(1.49012e-8)) for name in ("rtol", "atol")}
    named = tolerance | written(machine, options, f"{unwanted} mxstep mxhnil ixpr printmessg tfirst h0 hmax hmin")
    for theirs, ours in {"h0": "first_step", "hmax": "max_step", "hmin": "min_step"}.items():
        given = options.get(theirs)
        if given is not None and not absent(given) and not (isinstance(given, Known) and given.value == 0):
            named[ours] = machine.to_arg(given)
    named |= {"method": machine.to_arg(Known("LSODA"))} | ({} if jac is None else {"jac": jac})
    steps = Steps(machine, f, t0, t1, start, "LSODA", True, named)
    return machine.call(Known(np.transpose), (steps.at(times),), {})


class Steps:
    """The steps of a method, done again in the trace: the times ts, the solution y there, and in between."""

    def __init__(
        self, machine: Calls, f: Handed, t0: Abstract, t1: Abstract, start: Value, method: str, read: bool,
        named: dict[str, Arg],
    ) -> None:  # fmt: skip
        whole = read or method not in EXPLICIT
        if whole:
            named = named | {"dense_output": machine.to_arg(Known(True))}
        span = machine.to_arg(pack((t0, t1)))
        self.machine = machine
        self.sol = machine.emit(ivp, f.function, span, start, args=f.args, name="sol", **named)
        told = [machine.wrap(machine.emit(TOLD[name], self.sol)) for name in ("success", "message")]
        machine.call(Known(arrived), told, {})
        ends = machine.to_arg(t0), machine.to_arg(t1)
        reading = stretched if method in ("BDF", "LSODA") else stops if whole else ivp_t
        self.ts = machine.wrap(machine.emit(reading, self.sol, *ends))
        chosen = machine.call(Known(METHODS[method]), (machine.wrap(self.sol),), {})
        given = pack(tuple(machine.wrap(v) for v in f.captured))
        todo = chosen, Known(f.function.value), self.ts, machine.lift(start), given, Known(read)
        self.y, q = items(machine, machine.call(Known(followed), todo, {}))
        self.read = chosen, self.ts, self.y, q

    def at(self, times: Abstract) -> Abstract:
        """The solution at other times."""
        return self.machine.call(Known(between), (*self.read, times), {})
