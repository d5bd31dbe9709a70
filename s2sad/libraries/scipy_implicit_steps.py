"""The steps of implicit methods, done again one by one: Radau IIA, and multistep methods by their Nordsieck arrays.

In a step an equation has to be solved. It is solved by Newton's method to rounding (SciPy's steppers stop at a share of
the tolerance), from where the stepper found it, and differentiated by the implicit-function theorem: no iteration is
kept. Multistep methods keep a polynomial: the row j of the array ``z`` is the j-th derivative of the solution times
hʲ / j! (Hairer, Nørsett, Wanner, "Solving Ordinary Differential Equations I", III.6). A step reads it at the next
time, and adds a multiple of the method's own polynomial to it, such that the equation holds there; when the step size
changes, the rows are scaled; when the order does, a term is added or taken away.

- BDF: the backward differences of SciPy's class are those of this polynomial (Shampine, Reichelt, "The MATLAB ODE
  suite", SIAM J. Sci. Comput. 18, 1997).
- LSODA: Adams-Moulton and BDF formulas as in ODEPACK (Hindmarsh 1983, Petzold 1983).
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad.implicit import custom_root
from s2sad.ir.types import Array
from s2sad.jacobians import jacfwd
from s2sad.libraries.scipy_steps import powers
from s2sad.prims.primitive import primitive
from s2sad.rules.book import constant

# -- the equation of a step -------------------------------------------------------------------------------------------


def solved(g, guess):
    """The vector where g is zero, to rounding."""
    return custom_root(g, guess, lambda g, x: newton(g, x))  # noqa: PLW0108  (traced, not called as it stands)


def newton(g, x):
    """Newton's method, from close by."""
    for _ in range(20):
        move = np.linalg.solve(jacfwd(g)(x), g(x))
        x = x - move
        if len(x) == 0 or np.max(np.abs(move)) <= 1e-10 * np.max(np.abs(x)):  # what is left is the square of it
            return x
    raise RuntimeError("the equations of a step have not been solved")


# -- Radau IIA of order 5 ---------------------------------------------------------------------------------------------

S6 = 6**0.5
NODES = np.array([(4 - S6) / 10, (4 + S6) / 10, 1.0])
POWERS = NODES[:, np.newaxis] ** np.arange(1, 4)
WEIGHTS = POWERS / np.arange(1, 4) @ np.linalg.inv(NODES[:, np.newaxis] ** np.arange(3))  # of slopes at the nodes
COEFFICIENTS = np.linalg.inv(POWERS)  # of the polynomial through the stages


def radau(guesses):
    """Collocation at three points of each step, whose solutions are near the guesses."""

    def start(f, ts, y, args):
        return np.zeros((3, len(y)))

    def step(f, i, ts, y, kept, args):
        t, h = ts[i], ts[i + 1] - ts[i]
        size = len(y)

        def equations(rise):
            z = np.reshape(rise, (3, size))
            slopes = np.stack([f(t + NODES[s] * h, y + z[s], *args) for s in range(3)])
            return rise - h * np.ravel(WEIGHTS @ slopes)

        z = np.reshape(solved(equations, np.ravel(guesses[i])), (3, size))
        return y + z[2], z

    def polynomial(f, i, ts, before, y, z, args):
        return COEFFICIENTS @ z

    return start, step, polynomial, lambda: 3, powers


def radau_stages(sol):
    """How far the stages of each step are from where it began."""
    nodes = np.array([(4 - 6**0.5) / 10, (4 + 6**0.5) / 10, 1.0])
    return np.stack([s(s.t_old + nodes * (s.t - s.t_old)).T - s(s.t_old) for s in sol.sol.interpolants])


stages_ = primitive("radau_stages", radau_stages, lambda sol: Array("f64", ("?",) * 3), style="helper")
constant(stages_)


# -- multistep methods ------------------------------------------------------------------------------------------------


def multistep(choices, at_once):
    """Steps by the formulas and orders that were chosen; ``at_once``: a step is read with the order of the next."""
    formulas, shares, changes, further, ahead, guesses = choices
    rows = np.arange(len(ahead))[:, np.newaxis]

    def start(f, ts, y, args):
        z = np.zeros((len(ahead), len(y)))
        z[0] = y
        z[1] = (ts[1] - ts[0]) * f(ts[0], y, *args)
        return z, np.zeros(len(y))

    def step(f, i, ts, y, kept, args):
        z, move = kept
        h = ts[i + 1] - ts[i]
        if i > 0:
            z = (h / (ts[i] - ts[i - 1])) ** rows * (changes[i] @ z + np.outer(further[i], move))
        z = ahead @ z
        known = z[0] - shares[i] * z[1]
        y = solved(lambda y: y - known - shares[i] * h * f(ts[i + 1], y, *args), guesses[i])
        move = (y - z[0]) / formulas[i, 0]
        return y, (z + np.outer(formulas[i], move), move)

    def polynomial(f, i, ts, before, y, kept, args):
        z, move = kept
        q = changes[i + 1] @ z + np.outer(further[i + 1], move) if at_once else z.copy()
        q[0] -= before
        return q

    return start, step, polynomial, lambda: len(ahead), backwards


def backwards(q, x):
    """A polynomial in what is left to the end of the step."""
    out = q[:, -1]
    for j in range(q.shape[1] - 2, -1, -1):
        out = q[:, j] + (x - 1.0) * out
    return out


def bdf_choices(sol):
    """What a step of BDF adds to the Nordsieck array, its share of the slope, changes of order, and a step ahead."""
    from_roots = np.polynomial.polynomial.polyfromroots
    steps = sol.sol.interpolants
    orders = [1, *[getattr(s, "order", 1) for s in steps]]
    rows = max(orders) + 1
    kappa = [0.0, -0.1850, -1 / 9, -0.0823, -0.0415, 0.0]
    factorial = np.cumprod([1.0, *range(1, rows + 1)])
    formulas, shares = np.zeros((len(steps), rows)), np.zeros(len(steps))
    changes, further = np.tile(np.eye(rows), (len(orders), 1, 1)), np.zeros((len(orders), rows))
    for i, k in enumerate(orders):
        if i < len(steps):
            formulas[i, : k + 1] = from_roots(-np.arange(1.0, k + 1)) / factorial[k]
            shares[i] = 1 / ((1 - kappa[k]) * np.sum(1 / np.arange(1, k + 1)))
        if i > 0 and k > orders[i - 1]:
            further[i, : k + 1] = from_roots(-np.arange(float(k))) / factorial[k]
        if i > 0 and k < orders[i - 1]:
            changes[i, : k + 2, k + 1] -= from_roots(-np.arange(k + 1.0))
    ahead = np.array([[factorial[m] / factorial[j] / factorial[m - j] if m >= j else 0.0 for m in range(rows)]
                      for j in range(rows)])
    return formulas, shares, changes, further, ahead, np.stack([s(s.t) for s in steps])


def lsoda_choices(sol):
    """What a step of LSODA adds to the Nordsieck array, its share of the slope, changes of order, and a step ahead."""
    poly = np.polynomial.polynomial
    steps = sol.sol.interpolants
    orders = [len(getattr(s, "p", (0, 1))) - 1 for s in steps]
    rows = max(orders) + 1
    factorial = np.cumprod([1.0, *range(1, rows + 1)])
    formulas, shares = np.zeros((len(steps), rows)), np.zeros(len(steps))
    changes, further = np.tile(np.eye(rows), (len(steps) + 1, 1, 1)), np.zeros((len(steps) + 1, rows))
    for i, k in enumerate(orders):
        adams = True
        if 1 < k < 6:  # at the beginning of a step, an Adams formula keeps the slope, and a BDF formula does not
            old, new = steps[i - 1], steps[i]
            before = old.yh[:, 1:] * old.p[1:] / old.h
            after = new.yh[:, 1:] * new.p[1:] / new.h
            slopes = before[:, 0], after @ ((new.t_old - new.t) / new.h) ** new.p[:-1]
            moved = after[:, 0] - before @ ((new.t - old.t) / old.h) ** old.p[:-1]
            adams = np.linalg.norm(slopes[1] - slopes[0]) <= 0.03 * np.linalg.norm(moved)
        if adams:
            formulas[i, : k + 1] = poly.polyint(poly.polyfromroots(-np.arange(1.0, k)) / factorial[k - 1], lbnd=-1)
        else:
            formulas[i, : k + 1] = poly.polyfromroots(-np.arange(1.0, k + 1)) / factorial[k]
            formulas[i] /= formulas[i, 1]
        shares[i] = formulas[i, 0]
        if i > 0 and k > orders[i - 1]:
            further[i, k] = formulas[i - 1, k - 1] / k
        if i > 0 and k < orders[i - 1]:
            changes[i, k + 1 :] = 0.0
    ahead = np.array([[factorial[m] / factorial[j] / factorial[m - j] if m >= j else 0.0 for m in range(rows)]
                      for j in range(rows)])
    return formulas, shares, changes, further, ahead, np.stack([s(s.t) for s in steps])


def _choices(sol: Any) -> Any:
    return tuple(Array("f64", ("?",) * rank) for rank in (2, 1, 3, 2, 2, 2))


bdf_, lsoda_ = (primitive(f.__name__, f, _choices, style="helper") for f in (bdf_choices, lsoda_choices))
constant(bdf_, lsoda_)
