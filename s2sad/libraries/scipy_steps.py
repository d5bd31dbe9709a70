"""``s2sad.discrete(scipy.integrate.solve_ivp)``: the steps that the solver took, differentiated one by one.

SciPy solves the equation once and tells which times it stepped to. They are its own choice, and constant but for the
ends; between them the Runge-Kutta steps are repeated by a loop that is traced like the user's own code, so that
every transform works on it. The tableaus are those of SciPy's classes: Hairer, Nørsett, Wanner, "Solving Ordinary
Differential Equations I", II.4-II.6 (steps and interpolation).
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.integrate as si

from s2sad.compiler.nested import items
from s2sad.discretization import Discrete
from s2sad.front.calls import Calls
from s2sad.front.values import Abstract, Known, pack
from s2sad.ir.types import Array
from s2sad.libraries.scipy_ode import TOLD as ODE_TOLD
from s2sad.libraries.scipy_ode import equation, ivp, ivp_t
from s2sad.libraries.scipy_optimize import is_true
from s2sad.libraries.solutions import TOLD, absent, means, refuse_options, solution, with_parameters, written
from s2sad.prims.primitive import primitive
from s2sad.rules.book import pullback


def _stops(sol: Any, start: Any, stop: Any) -> Any:
    return Array("f64", ("?",))


stops = primitive(
    "solve_ivp.ts", lambda sol, *ends: sol.sol.ts, with_parameters(_stops, "sol start stop"), style="attribute",
    text="sol.ts", calls=(),
)  # fmt: skip


@pullback(stops, wrt=("start", "stop"))
def stops_bar(ans_bar):
    """The first and the last step move with the ends; the times in between are the solver's choice."""
    return ans_bar[0], ans_bar[-1]


# -- the steps: traced as the user's own code is ----------------------------------------------------------------------


def arrived(success, message):
    """A solution that stopped on its way has no steps to its end."""
    if not success:
        raise RuntimeError(message)


def places(ts, times):
    """In which step each time lies, and how far along it."""
    way = 1.0 if ts[-1] >= ts[0] else -1.0
    at = np.searchsorted(way * ts[1:], way * times)
    h = ts[at + 1] - ts[at]
    return at, ((times - ts[at]) / np.where(h == 0.0, 1.0, h))[:, np.newaxis]


def explicit(A, B, C, P):  # noqa: N803
    """The steps of an explicit method with this tableau, and how they are read at other times."""

    def stepped(f, ts, y, args):
        """The solution at the times ts (in columns), stepped to one after the other."""
        stages = len(B)
        ys = np.empty((len(y), len(ts)))
        ys[:, 0] = y
        k = np.zeros((stages + 1, len(y)))
        k[stages] = f(ts[0], y, *args)
        for i in range(len(ts) - 1):
            t, h = ts[i], ts[i + 1] - ts[i]
            k[0] = k[stages]
            for s in range(1, stages):
                k[s] = f(t + C[s] * h, y + h * (A[s, :s] @ k[:s]), *args)
            y = y + h * (B @ k[:stages])
            k[stages] = f(ts[i + 1], y, *args)
            ys[:, i + 1] = y
        return ys

    def read(f, ts, times, y, args):
        """The solution at other times (in columns): each step has a polynomial."""
        stages = len(B)
        ys = np.empty((len(y), len(ts)))
        ys[:, 0] = y
        q = np.empty((len(ts) - 1, P.shape[1], len(y)))
        k = np.zeros((stages + 1, len(y)))
        k[stages] = f(ts[0], y, *args)
        for i in range(len(ts) - 1):
            t, h = ts[i], ts[i + 1] - ts[i]
            k[0] = k[stages]
            for s in range(1, stages):
                k[s] = f(t + C[s] * h, y + h * (A[s, :s] @ k[:s]), *args)
            y = y + h * (B @ k[:stages])
            k[stages] = f(ts[i + 1], y, *args)
            ys[:, i + 1] = y
            q[i] = h * (P.T @ k)
        at, x = places(ts, times)
        out = q[at, -1]
        for j in range(P.shape[1] - 2, -1, -1):
            out = q[at, j] + x * out
        return ys[:, at] + (x * out).T

    return stepped, read


def dormand_prince_853(A, B, C, A_more, C_more, D):  # noqa: N803
    """DOP853, whose polynomials take three more stages."""

    def read(f, ts, times, y, args):
        """The solution at other times (in columns): each step has a polynomial."""
        stages = len(B)
        ys = np.empty((len(y), len(ts)))
        ys[:, 0] = y
        q = np.empty((len(ts) - 1, 7, len(y)))
        k = np.zeros((stages + 4, len(y)))
        k[stages] = f(ts[0], y, *args)
        for i in range(len(ts) - 1):
            t, h = ts[i], ts[i + 1] - ts[i]
            k[0] = k[stages]
            for s in range(1, stages):
                k[s] = f(t + C[s] * h, y + h * (A[s, :s] @ k[:s]), *args)
            rise = h * (B @ k[:stages])
            k[stages] = f(ts[i + 1], y + rise, *args)
            for s in range(3):
                n = stages + 1 + s
                k[n] = f(t + C_more[s] * h, y + h * (A_more[s, :n] @ k[:n]), *args)
            q[i, 0] = rise
            q[i, 1] = h * k[0] - rise
            q[i, 2] = 2 * rise - h * (k[stages] + k[0])
            q[i, 3:] = h * (D @ k)
            y = y + rise
            ys[:, i + 1] = y
        at, x = places(ts, times)
        out = q[at, 6] * x
        for j in range(5, -1, -1):
            out = (q[at, j] + out) * (x if j % 2 == 0 else 1 - x)
        return ys[:, at] + out.T

    return explicit(A, B, C, D)[0], read


METHODS = {
    "RK23": explicit(si.RK23.A, si.RK23.B, si.RK23.C, si.RK23.P),
    "RK45": explicit(si.RK45.A, si.RK45.B, si.RK45.C, si.RK45.P),
    "DOP853": dormand_prince_853(
        si.DOP853.A, si.DOP853.B, si.DOP853.C, si.DOP853.A_EXTRA, si.DOP853.C_EXTRA, si.DOP853.D
    ),
}


# -- what the call means ----------------------------------------------------------------------------------------------


@means(Discrete(si.solve_ivp))
def discrete_solve_ivp(
    machine: Calls, fun: Abstract, t_span: Abstract, y0: Abstract, method: Abstract | None = None,
    t_eval: Abstract | None = None, dense_output: Abstract | None = None, events: Abstract | None = None,
    vectorized: Abstract | None = None, args: Abstract | None = None, **options: Abstract,
) -> Abstract:  # fmt: skip
    what = "s2sad.discrete(scipy.integrate.solve_ivp)"
    if is_true(machine, dense_output):
        machine.refuse(f"{what} with dense_output=True", instead="say at which times: t_eval=")
    if is_true(machine, vectorized):
        machine.refuse(f"{what} with vectorized=True", instead="leave it out: one point is asked for at a time")
    if not absent(events):
        machine.refuse(
            f"{what} with events=", why="when an event happens is not differentiated",
            instead="integrate to a time that is found with scipy.optimize.brentq",
        )  # fmt: skip
    chosen = "RK45" if absent(method) else method.value if isinstance(method, Known) else None
    if not isinstance(chosen, str) or chosen not in METHODS:
        name = f"method={chosen!r}" if isinstance(chosen, str) else "a method that is not one of SciPy's names"
        machine.refuse(
            f"{what} with {name}",
            why="only the steps of explicit Runge-Kutta methods are followed",
            instead="choose method='RK45', 'RK23' or 'DOP853'; or call solve_ivp without discrete, which is "
            "differentiated by the adjoint equation",
        )  # fmt: skip
    refuse_options(machine, "integrate.solve_ivp", options, "jac jac_sparsity lband uband min_step")
    f, start, _ = equation(machine, "solve_ivp", fun, y0, args, None)
    t0, t1 = items(machine, t_span)
    ends = machine.to_arg(t0), machine.to_arg(t1)
    named = written(machine, options, "jac jac_sparsity lband uband min_step")
    if method is not None and not absent(method):
        named["method"] = machine.to_arg(method)
    times: Abstract | None = None
    if t_eval is not None and not absent(t_eval):
        times = machine.call(Known(np.asarray), (t_eval,), {"dtype": Known(float)})
        named |= {"t_eval": machine.to_arg(times), "dense_output": machine.to_arg(Known(True))}
    span = machine.to_arg(pack((t0, t1)))
    sol = machine.emit(ivp, f.function, span, start, args=f.args, name="sol", **named)
    told = [machine.wrap(machine.emit(TOLD[name], sol)) for name in ("success", "message")]
    machine.call(Known(arrived), told, {})
    ts = machine.wrap(machine.emit(ivp_t if times is None else stops, sol, *ends))
    steps, reading = METHODS[chosen]
    rhs, first = Known(f.function.value), machine.lift(start)
    given = pack(tuple(machine.wrap(v) for v in f.captured))
    names = "success message status nfev njev"
    if times is None:
        y = machine.call(Known(steps), (rhs, ts, first, given), {})
    else:
        y = machine.call(Known(reading), (rhs, ts, times, first, given), {})
        if chosen == "DOP853":  # it was made to interpolate in every step, which counts as evaluations
            names = names.replace("nfev ", "")
    fields = {"t": ts if times is None else times, "y": y}
    fields |= {"sol": Known(None), "t_events": Known(None), "y_events": Known(None)}
    fields["nlu"] = machine.wrap(machine.emit(ODE_TOLD["nlu"], sol))
    return solution(machine, sol, fields, names)
