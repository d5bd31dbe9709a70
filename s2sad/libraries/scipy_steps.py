"""The steps of a solver of differential equations, done again one by one: the loop, and explicit Runge-Kutta methods.

What is here is traced like the user's own code (``scipy_discrete.py`` calls it), so that every transform works on it.
The times of the steps are given: those that the solver chose. A method is a tuple of functions:

- ``start(f, ts, y, args)`` gives what it keeps from step to step, beside the solution;
- ``step(f, i, ts, y, kept, args)`` goes from ts[i] to ts[i + 1], and gives the solution there and what is kept;
- ``polynomial(f, i, ts, before, y, kept, args)`` gives the coefficients (in rows, as many as ``terms()``) that this
  step, which came from ``before`` to ``y``, is read by;
- ``value(q, x)`` is how far the solution has come since the beginning of the step, with the coefficients q[k], at x of
  the step, for each k.

The tableaus are those of SciPy's classes: Hairer, Nørsett, Wanner, "Solving Ordinary Differential Equations I",
II.4-II.6 (steps and interpolation).
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import numpy as np
import scipy.integrate as si


def followed(method, f, ts, y, args, read):
    """The solution at the times ts (in columns), and where it is to be read in between, what its steps are read by."""
    start, step, polynomial, terms, _ = method
    ys = np.empty((len(y), len(ts)))
    ys[:, 0] = y
    q = np.empty((len(ts) - 1, terms(), len(y))) if read else None
    kept = start(f, ts, y, args)
    for i in range(len(ts) - 1):
        before = y
        y, kept = step(f, i, ts, y, kept, args)
        ys[:, i + 1] = y
        if read:
            q[i] = polynomial(f, i, ts, before, y, kept, args)
    return ys, q


def between(method, ts, ys, q, times):
    """The solution at other times (in columns)."""
    at, x = places(ts, times)
    return ys[:, at] + method[-1](q[at], x).T


def reader(method, ts, ys, q):
    """The solution as a function of time, or of times."""
    return lambda t: between(method, ts, ys, q, t) if np.ndim(t) else between(method, ts, ys, q, np.stack([t]))[:, 0]


def places(ts, times):
    """In which step each time lies, and how far along it."""
    way = 1.0 if ts[-1] >= ts[0] else -1.0
    at = np.minimum(np.searchsorted(way * ts[1:], way * times), len(ts) - 2)
    h = ts[at + 1] - ts[at]
    return at, ((times - ts[at]) / np.where(h == 0.0, 1.0, h))[:, np.newaxis]


# -- explicit Runge-Kutta methods -------------------------------------------------------------------------------------


def explicit(A, B, C, P):  # noqa: N803
    """The method with this tableau."""

    def start(f, ts, y, args):
        stages = len(B)
        k = np.zeros((stages + 1, len(y)))
        k[stages] = f(ts[0], y, *args)
        return k

    def step(f, i, ts, y, k, args):
        t, h = ts[i], ts[i + 1] - ts[i]
        stages = len(B)
        k[0] = k[stages]
        for s in range(1, stages):
            k[s] = f(t + C[s] * h, y + h * (A[s, :s] @ k[:s]), *args)
        y = y + h * (B @ k[:stages])
        k[stages] = f(ts[i + 1], y, *args)
        return y, k

    def polynomial(f, i, ts, before, y, k, args):
        return (ts[i + 1] - ts[i]) * (P.T @ k)

    return start, step, polynomial, lambda: P.shape[1], powers


def powers(q, x):
    """A polynomial without a constant term."""
    out = q[:, -1]
    for j in range(q.shape[1] - 2, -1, -1):
        out = q[:, j] + x * out
    return x * out


def dormand_prince_853(A, B, C, A_more, C_more, D):  # noqa: N803
    """DOP853, whose polynomials take three more stages."""
    start, step, *_ = explicit(A, B, C, D)

    def polynomial(f, i, ts, before, y, k, args):
        t, h = ts[i], ts[i + 1] - ts[i]
        last = len(k) - 1
        more = np.zeros((last + 4, len(y)))
        more[: last + 1] = k
        for s in range(3):
            n = last + 1 + s
            more[n] = f(t + C_more[s] * h, before + h * (A_more[s, :n] @ more[:n]), *args)
        rise = y - before
        out = np.empty((7, len(y)))
        out[0] = rise
        out[1] = h * k[0] - rise
        out[2] = 2 * rise - h * (k[last] + k[0])
        out[3:] = h * (D @ more)
        return out

    return start, step, polynomial, lambda: 7, alternating


def alternating(q, x):
    """A polynomial in x and 1 - x in turn."""
    out = q[:, 6] * x
    for j in range(5, -1, -1):
        out = (q[:, j] + out) * (x if j % 2 == 0 else 1 - x)
    return out


EXPLICIT = {
    "RK23": explicit(si.RK23.A, si.RK23.B, si.RK23.C, si.RK23.P),
    "RK45": explicit(si.RK45.A, si.RK45.B, si.RK45.C, si.RK45.P),
    "DOP853": dormand_prince_853(
        si.DOP853.A, si.DOP853.B, si.DOP853.C, si.DOP853.A_EXTRA, si.DOP853.C_EXTRA, si.DOP853.D
    ),
}
