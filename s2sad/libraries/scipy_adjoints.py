"""The cotangents and tangents of solutions of differential equations (see ``scipy_ode``), to any order.

The solution at some times is a function Y of z = (y₀, t₀, the times, θ). Its cotangents Jᵀ ȳ are found by a helper of
the generated module, which integrates the adjoint equation, and handed on by an operation that is not written,
``cotangents``. What is differentiated next is not what the helper does: the cotangent of ȳ is J c, the tangent of Y in
the direction c of the cotangents' cotangent, and those of z are those of ȳᵀ J c. As second derivatives are symmetric,
this is the tangent of Jᵀ ȳ in the direction c as well. J c is the solution of an equation of the same kind, and so on.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import scipy.integrate
import scipy.integrate as si

from s2sad.api import jvp, vjp
from s2sad.compiler.abstract_functions import items
from s2sad.compiler.callbacks import handed, together
from s2sad.cotangents import stop_gradient
from s2sad.front.calls import Calls
from s2sad.front.values import Abstract, Known, pack
from s2sad.ir.core import Arg, Pack, Value
from s2sad.ir.transparent import UNWRITTEN
from s2sad.ir.types import FLOAT, Array
from s2sad.libraries.implicit import chosen as picked
from s2sad.libraries.implicit import merged, pulled, pushed
from s2sad.libraries.scipy_optimize import as_vector
from s2sad.libraries.solutions import with_parameters
from s2sad.prims.primitive import REGISTRY, primitive
from s2sad.rules.book import constant, pullback, pushforward

# -- vectors of everything that is integrated together ----------------------------------------------------------------


class Flat:
    """``flat(values)``: numbers and arrays, one after the other in one vector."""

    def __s2sad_call__(self, machine: Calls, operands: Sequence[Abstract], kwargs: Mapping[str, Abstract]) -> Abstract:
        parts = [machine.call(Known(np.ravel), (v,), {}) for v in items(machine, operands[0])]
        return parts[0] if len(parts) == 1 else machine.call(Known(np.concatenate), (machine.new_list(parts),), {})


class Parts:
    """``parts(vector, like)``: what ``flat`` made a vector of, in the shapes of ``like``."""

    def __s2sad_call__(self, machine: Calls, operands: Sequence[Abstract], kwargs: Mapping[str, Abstract]) -> Abstract:
        whole, like = operands
        start: Abstract = Known(0)
        out = []
        for one in items(machine, like):
            size = machine.call(Known(np.size), (one,), {})
            out.append(machine.call(Known(cut), (whole, start, size, one), {}))
            start = machine.call(Known(plus), (start, size), {})
        return pack(tuple(out))


def cut(whole, start, size, like):
    """A piece of a vector, in the shape of ``like``."""
    return whole[start] if np.ndim(like) == 0 else whole[start : start + size].reshape(np.shape(like))


def plus(a, b):
    """The sum."""
    return a + b


class Sizes:
    """``sizes(dots, values)``: how large each tangent is."""

    def __s2sad_call__(self, machine: Calls, operands: Sequence[Abstract], kwargs: Mapping[str, Abstract]) -> Abstract:
        pairs = zip(items(machine, operands[0]), items(machine, operands[1]), strict=True)
        return pack(tuple([machine.call(Known(relative_size), pair, {}) for pair in pairs]))


flat, parts, sizes = Flat(), Parts(), Sizes()


def size_of(a):
    """How large some numbers are, which says how exact what is linear in them has to be; 1 of zeros."""
    size = np.linalg.norm(stop_gradient(a))
    return size if size > 0 else 1.0


def relative_size(dots, given):
    """How large tangents are, in units of what they belong to where that is larger than 1."""
    return np.linalg.norm(stop_gradient(dots)) / np.maximum(1.0, np.linalg.norm(stop_gradient(given)))


# -- the adjoint equation ---------------------------------------------------------------------------------------------


def adjoint_solution(fun, adjoint, y_bar, y0, t0, ts, args=(), rtol=1e-3, atol=1e-6, method="RK45", max_step=np.inf):
    """The cotangents of y0 and of parameters (in one vector), from those of y at the times ts (in columns).

    ``adjoint(t, y, a, *args)`` is how the cotangent a of y changes, and what it leaves at the parameters.
    """
    n, read = len(y0), np.flatnonzero(np.any(y_bar != 0.0, axis=0))
    stops = np.append(t0, ts[read])
    z = np.zeros(len(adjoint(t0, y0, np.zeros(n), *args)))
    if stops[-1] != t0:  # what fades grows when it is integrated backwards: the solution is found forwards, once more
        finer = 0.1 if method in ("RK45", "RK23", "DOP853") else 1.0  # these are less exact between their steps
        sol = scipy.integrate.solve_ivp(
            fun, (t0, stops[-1]), y0, method, args=args, rtol=finer * rtol, atol=finer * np.asarray(atol),
            max_step=max_step, dense_output=True,
        )  # fmt: skip
        if not sol.success:
            raise RuntimeError(f"the equation of a derivative has not been solved: {sol.message}")
    for k in range(len(read) - 1, -1, -1):
        z[:n] += y_bar[:, read[k]]
        if stops[k] == stops[k + 1]:
            continue
        if not np.all(np.isfinite(adjoint(stops[k + 1], sol.sol(stops[k + 1]), z[:n], *args))):  # SciPy never ends
            raise RuntimeError(
                f"the equation of a derivative has not been solved: its slope is not finite at t = {stops[k + 1]}"
            )
        back = scipy.integrate.solve_ivp(
            lambda t, z: adjoint(t, sol.sol(t), z[:n], *args), (stops[k + 1], stops[k]), z, method,
            t_eval=[stops[k]], rtol=np.min(rtol), atol=np.min(atol) * np.linalg.norm(y_bar), max_step=max_step,
        )  # fmt: skip
        if not back.success:
            raise RuntimeError(f"the equation of a derivative has not been solved: {back.message}")
        z = back.y[:, 0]
    return z


adjoint_ = primitive(
    "adjoint_solution", adjoint_solution,
    with_parameters(
        lambda *operands, **more: Array("f64", ("?",)),
        "fun adjoint y_bar y0 t0 ts / args rtol atol method max_step",
    ),
    style="helper",
)  # fmt: skip
constant(adjoint_)


USUAL = {"method": "RK45", "max_step": np.inf}


class Swept:
    """``swept(fun, adjoint, y_bar, y0, t0, ts, args, how)``: ``adjoint_solution`` of functions of the trace."""

    def __s2sad_call__(self, machine: Calls, operands: Sequence[Abstract], kwargs: Mapping[str, Abstract]) -> Abstract:
        fun, adjoint, y_bar, y0, t0, ts, args, how = operands
        start, times = machine.to_arg(y0), machine.to_arg(ts)
        assert isinstance(start, Value)
        f = handed(machine, fun, [FLOAT, start], args, as_vector)
        back = handed(machine, adjoint, [FLOAT, start, start], args, as_vector)
        f, back = together(f, back)
        given = (machine.to_arg(y_bar), start, machine.to_arg(t0), times)
        options: dict[str, Any] = {"args": f.args} if f.captured else {}
        for name, value in zip(("rtol", "atol", "method", "max_step"), items(machine, how), strict=True):
            if not (isinstance(value, Known) and value.value == USUAL.get(name)):
                options[name] = machine.to_arg(value)
        return machine.wrap(machine.emit(adjoint_, f.function, back.function, *given, **options))


swept = Swept()


def _types(values: Arg, *operands: Any, **more: Any) -> Any:
    assert isinstance(values, Pack)
    kinds = tuple(item.type for item in values.items)
    return kinds if len(kinds) > 1 else kinds[0]


SYSTEM = "fun ys_bar ys y0 t0 ts args rtol atol method max_step repeated"
cotangents = primitive(
    "solve_ivp.cotangents", lambda values, *rest: values if len(values) > 1 else values[0],
    with_parameters(_types, f"values {SYSTEM} which"), style="special", text=UNWRITTEN, alias="maybe", cost="free",
    calls=(),
)  # fmt: skip
handed_on = REGISTRY.word(cotangents)


def flow_bar(fun, ys_bar, ys, y0, t0, ts, args, how, wanted):
    """The cotangents of y0, t0, ts and args, from those of the solution at the times ts (in columns)."""
    rtol, atol, method, max_step, repeated = how
    of_args = wanted[3]
    which = (wanted[0], wanted[1], wanted[2], *of_args)

    def adjoint(t, y, a, *args):
        theta = picked(args, of_args)
        _, pull = vjp(lambda y, *given: fun(t, y, *merged(args, of_args, given)), y, *theta)
        return -flat(pull(a))

    whole = swept(fun, adjoint, ys_bar, y0, t0, ts, args, (rtol, atol, method, max_step))
    a = whole[: len(y0)]
    t0_bar = -(a @ fun(t0, y0, *args)) if wanted[1] else None
    ts_bar = None
    if wanted[2]:
        ts_bar = np.zeros(len(ts))
        for i in range(len(ts)):
            ts_bar[i] = ys_bar[:, i] @ fun(ts[i], ys[:, i], *args)
    of_theta = merged((None,) * len(args), of_args, parts(whole[len(y0) :], picked(args, of_args)))
    values = stop_gradient(picked((a, t0_bar, ts_bar, *of_theta), which))
    found = handed_on(values, fun, ys_bar, ys, y0, t0, ts, args, rtol, atol, method, max_step, repeated, which)
    y0_bar, t0_bar, ts_bar, *of_theta = merged((None,) * len(which), which, found if len(values) > 1 else (found,))
    return y0_bar, t0_bar, ts_bar, tuple(of_theta)


def solved(fun, how):
    """The solution at the times ts, as a function of what it hangs on."""
    rtol, atol, method, max_step, repeated = how

    def solution(y0, t0, ts, *args):
        stop = ts[-1] if ts[-1] != t0 else t0 + 1.0
        if repeated:
            return si.solve_ivp(
                fun, (t0, stop), y0, method=method, dense_output=True, args=args, rtol=rtol, atol=atol,
                max_step=max_step,
            ).sol(ts)  # fmt: skip
        return si.solve_ivp(
            fun, (t0, stop), y0, method=method, t_eval=ts, args=args, rtol=rtol, atol=atol, max_step=max_step
        ).y  # fmt: skip

    return solution


def without_none(bars, like):
    """Cotangents, zero where there is none."""
    return tuple([0.0 * x if b is None else b for b, x in zip(bars, like)])  # noqa: B905


@pullback(cotangents, wrt=("ys_bar", "y0", "t0", "ts", "args"))
def cotangents_bar(
    ans_bar, fun, ys_bar, y0, t0, ts, args, rtol, atol, method, max_step, repeated, which, wanted
):  # fmt: skip
    z, of_z = (y0, t0, ts, *args), (wanted[1], wanted[2], wanted[3], *wanted[4])
    asked = picked(z, which)
    direction = without_none(ans_bar if len(asked) > 1 else (ans_bar,), asked)
    dots = merged((None,) * len(z), which, direction)
    solution = solved(fun, (rtol, atol, method, max_step, repeated))

    def moved(*z):
        return pushed(solution, z, which, dots)

    if not any(of_z):
        return moved(*z), None, None, None, (None,) * len(args)
    along, pull = vjp(lambda *given: moved(*merged(z, of_z, given)), *picked(z, of_z))
    y0_bar, t0_bar, ts_bar, *args_bar = merged((None,) * len(z), of_z, pull(ys_bar))
    return along, y0_bar, t0_bar, ts_bar, tuple(args_bar)


@pushforward(cotangents, wrt=("ys_bar", "y0", "t0", "ts", "args"))
def cotangents_dot(
    ys_bar_dot, y0_dot, t0_dot, ts_dot, args_dot, fun, ys_bar, ys, y0, t0, ts, args, rtol, atol, method, max_step,
    repeated, which, wanted,
):  # fmt: skip
    z, of_z = (y0, t0, ts, *args), (wanted[1], wanted[2], wanted[3], *wanted[4])
    dots = (y0_dot, t0_dot, ts_dot, *args_dot)
    how = (rtol, atol, method, max_step, repeated)
    found = None
    if wanted[0]:
        asked = (which[0], which[1], which[2], which[3:])
        a, t0_bar, ts_bar, of_args = flow_bar(fun, ys_bar_dot, ys, y0, t0, ts, args, how, asked)
        found = picked((a, t0_bar, ts_bar, *of_args), which)
    if any(of_z):
        solution = solved(fun, how)
        more = picked(pulled(lambda *z: pushed(solution, z, of_z, dots), z, which, ys_bar), which)
        found = more if found is None else tuple([a + b for a, b in zip(found, more)])  # noqa: B905
    return found if len(found) > 1 else found[0]


# -- sensitivities ----------------------------------------------------------------------------------------------------


def has_a_slope(fun, t, y):
    """SciPy never ends where an equation begins with nan, since no step is too short for it."""
    if not np.all(np.isfinite(fun(t, y))):
        raise RuntimeError(f"the equation of a derivative has not been solved: its slope is not finite at t = {t}")


def arrived(sol):
    """A solver that gives up on an equation of a derivative has none to give."""
    if not sol.success:
        raise RuntimeError(f"the equation of a derivative has not been solved: {sol.message}")


def flow_dot(fun, ys, y0, t0, ts, args, how, dots, wanted):
    """The tangent of the solution at the times ts (in columns)."""
    rtol, atol, method, max_step, repeated = how
    y0_dot, t0_dot, ts_dot, args_dot = dots
    theta, theta_dot = picked(args, wanted[3]), picked(args_dot, wanted[3])
    n = len(y0)

    def sensitivity(t, z):
        points, directions = (z[:n], *theta), (z[n:], *theta_dot)
        out, dot = jvp(lambda y, *given: fun(t, y, *merged(args, wanted[3], given)), points, directions)
        return np.concatenate([out, dot])

    s = y0_dot if wanted[0] else np.zeros(n)
    if wanted[1]:
        s = s - fun(t0, y0, *args) * t0_dot
    stop = ts[-1] if ts[-1] != t0 else t0 + 1.0
    size = size_of(flat((s, *sizes(theta_dot, theta))))
    limits = np.broadcast_to(atol, np.shape(y0))
    start = np.concatenate([y0, s])
    has_a_slope(sensitivity, t0, start)
    exact = np.concatenate([limits, size * limits])
    if np.ndim(rtol) > 0:
        rtol = np.concatenate([rtol, rtol])
    if repeated:  # t_eval= would not take a time twice
        sol = si.solve_ivp(
            sensitivity, (t0, stop), start, method=method, dense_output=True, rtol=rtol, atol=exact, max_step=max_step
        )  # fmt: skip
        arrived(sol)
        out = sol.sol(ts)[n:]
    else:
        sol = si.solve_ivp(
            sensitivity, (t0, stop), start, method=method, t_eval=ts, rtol=rtol, atol=exact, max_step=max_step
        )  # fmt: skip
        arrived(sol)
        out = sol.y[n:]
    if wanted[2]:
        slopes = [fun(ts[i], ys[:, i], *args) for i in range(len(ts))]
        out = out + np.stack(slopes, axis=1) * ts_dot
    return out
