"""``scipy.optimize``: linear programs, isotonic regression, broyden1 and its kin, minima searched for everywhere.

Oracle: differences of SciPy's own results.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.optimize as so

import s2sad
from s2sad.testing import check_grads

A = np.array
ROWS, RIGHT, PRICES = A([[1.0, 2.0], [3.0, 1.0], [-1.0, 1.0]]), A([8.0, 12.0, 3.0]), A([-2.0, -3.0])
SUPPLY = A([[1.0, 1, 0, 0], [0, 0, 1, 1], [1, 0, 1, 0], [0, 1, 0, 1]])  # the last equation follows from the others


def transport(prices):
    sol = so.linprog(prices, A_eq=SUPPLY, b_eq=[3.0, 4.0, 5.0, 2.0])
    return sol.fun * np.sum(sol.x) + prices @ sol.x**2


def with_penalty(demand):
    sol = so.linprog([1.0, 2.0], A_ub=[[-1.0, -1.0]], b_ub=[-demand], bounds=[(0, 1), (0, 2)])
    if not sol.success:
        return 100.0 * demand
    return sol.fun * demand


def shadow_prices(c, rows, b):
    sol = so.linprog(c, rows, b)
    return np.concatenate([sol.ineqlin.marginals, sol.slack, sol.lower.marginals, sol.ineqlin.residual])


LINEAR: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "the vertex": (lambda c, a, b: so.linprog(c, A_ub=a, b_ub=b).x, (PRICES, ROWS, RIGHT)),
    "the value": (lambda c, a, b: so.linprog(c, a, b, method="highs-ds").fun, (PRICES, ROWS, RIGHT)),
    "shadow prices": (shadow_prices, (PRICES, ROWS, RIGHT)),
    "bounds that move": (
        lambda u: so.linprog([-1.0, -2.0, 0.5], [[1, 1, 1.0]], [10.0], bounds=[(0, u[0]), (1, u[1]), (-u[0], None)]).x,
        (A([3.0, 4.0]),),
    ),
    "one bound": (lambda u, b: so.linprog([-1.0, -2.0, 0.5], [[1, 1, 1.0]], [b], bounds=(0, u)).fun, (3.0, 5.0)),
    "bounds in an array": (
        lambda u: so.linprog([-1.0, -2.0], [[1, 1.0]], [6.0], bounds=np.stack([0 * u, u], axis=1)).upper.marginals * u,
        (A([3.0, 4.0]),),
    ),
    "equations": (
        lambda c, b: so.linprog(c, A_eq=[[1, 1, 1.0], [1, -1, 0]], b_eq=b).eqlin.marginals @ b,
        (A([1.0, 2, 4]), A([3.0, 0.5])),
    ),
    "equations too many": (transport, (A([1.0, 3.0, 2.0, 2.5]),)),
    "solved": (with_penalty, (1.5,)),
    "not to be solved": (with_penalty, (5.0,)),
}  # fmt: skip

SEARCHED: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "isotonic_regression": (lambda y: so.isotonic_regression(y).x, (A([1.0, 3, 2, 4, 3.5, 6, 5]),)),
    "isotonic_regression, falling": (
        lambda y, w: so.isotonic_regression(y, weights=w, increasing=False).x,
        (A([1.0, 3, 2, 4, 3.5, 6, 5])[::-1], A([1.0, 2, 1, 3, 1, 0.5, 0.7])),
    ),
    "isotonic_regression of one number": (lambda y: so.isotonic_regression(y).x, (A([1.0]),)),
    "broyden1": (
        lambda a: so.broyden1(lambda x: [a[0] * x[0] + np.sin(x[1]) - 1, x[1] - a[1]], [0.0, 0.0], f_tol=1e-12),
        (A([1.5, 1.7]),),
    ),
    "newton_krylov of a matrix": (
        lambda a: so.newton_krylov(lambda x: a * x + np.sin(x @ x) - 1, np.zeros((2, 2)), f_tol=1e-11),
        (0.3 * np.eye(2) + 2.0,),
    ),
    "broyden2 of a number": (lambda a: so.broyden2(lambda x: a * x + np.sin(x) - 1, 0.0, f_tol=1e-12), (2.0,)),
    "a callback that looks on": (
        lambda a: so.minimize(lambda x: np.sum((x - a) ** 4 + x**2), a * 0, callback=looks_on, tol=1e-11).x,
        (A([0.4, 0.9]),),
    ),
    "a callback that gets the result": (
        lambda a: so.minimize(
            lambda x: np.sum((x - a) ** 2 + np.sin(a)), [0.0], callback=lambda intermediate_result: None, tol=1e-11
        ).fun,
        (0.4,),
    ),
}  # fmt: skip


def looks_on(xk):
    np.sum(xk)


@pytest.mark.parametrize(("f", "args"), (LINEAR | SEARCHED).values(), ids=(LINEAR | SEARCHED).keys())
def test_derivatives(f, args):
    check_grads(f, args, order=2, rtol=1e-5, atol=1e-7)


BOX = [(-3.0, 3.0), (-2.0, 4.0)]


def hilly(x, a):
    return (x[0] - a[0]) ** 2 * (1 + x[1] ** 2) + np.cosh(x[1] - a[1]) + 0.3 * np.sin(3 * x[0])


def by_minimize(a):
    return so.minimize(hilly, [0.3, 0.6], args=(a,), tol=1e-11)


EVERYWHERE: dict[str, Any] = {
    "differential_evolution": lambda a: so.differential_evolution(hilly, BOX, args=(a,), seed=1, tol=1e-8),
    "differential_evolution, Bounds": lambda a: so.differential_evolution(
        lambda x: hilly(x, a), so.Bounds([-3, -2], [3, 4]), seed=1, tol=1e-8, callback=lambda xk, convergence: False
    ),
    "dual_annealing": lambda a: so.dual_annealing(hilly, BOX, args=(a,), seed=1, maxiter=60),
    "shgo": lambda a: so.shgo(hilly, BOX, args=(a,)),
    "basinhopping": lambda a: so.basinhopping(lambda x: hilly(x, a), [0.0, 0.0], niter=4, seed=2),
    "basinhopping, minimizer_kwargs": lambda a: so.basinhopping(
        hilly, np.zeros(2), niter=4, seed=2, minimizer_kwargs={"args": (a,), "method": "L-BFGS-B", "bounds": BOX}
    ),
}


@pytest.mark.parametrize("search", EVERYWHERE.values(), ids=EVERYWHERE.keys())
def test_minima_searched_for_everywhere_move_as_those_nearby(search):
    a, a_dot = A([0.5, 0.7]), A([0.3, -0.8])
    want = s2sad.jacobian(lambda a: found_by(by_minimize, a))(a)
    np.testing.assert_allclose(s2sad.jacrev(lambda a: found_by(search, a))(a), want, rtol=1e-3, atol=1e-3)
    moved = s2sad.jvp(lambda a: found_by(search, a), (a,), (a_dot,))[1]
    np.testing.assert_allclose(moved, want @ a_dot, rtol=1e-3, atol=1e-3)


def found_by(search, a):
    sol = search(a)
    return np.append(sol.x, sol.fun)


def test_direct():
    def place(a):
        wavy = so.direct(lambda x: np.cosh(x[0] - a) + 0.1 * np.cos(8 * x[0]), [(-1, 2)], len_tol=1e-8, vol_tol=0.0)
        return wavy.x[0]

    slope = 1 / (1 - 6.4 * np.cos(8 * place(0.4)) / np.cosh(place(0.4) - 0.4))
    assert s2sad.grad(place)(0.4) == pytest.approx(slope, rel=1e-6)


def test_brute():
    a = A([0.5, 0.7])
    found = s2sad.jacobian(lambda a: so.brute(hilly, (slice(-3, 3, 0.5), (-2, 4)), args=(a,), Ns=8))(a)
    np.testing.assert_allclose(found, s2sad.jacobian(lambda a: by_minimize(a).x)(a), rtol=1e-2, atol=1e-3)


def test_a_minimum_at_a_bound_moves_with_it():
    def found(u):
        return so.differential_evolution(hilly, [(-3, 3), (-2, u)], args=(A([0.5, 0.7]),), seed=1).x

    assert s2sad.jvp(found, (0.3,), (1.0,))[1][1] == pytest.approx(1.0)

    def beside(u):
        return so.brentq(lambda x: 2 * (x - 0.5) * (1 + u**2) + 0.9 * np.cos(3 * x), 0, 3)

    first = s2sad.grad(lambda u: found(u)[0])(0.3)
    assert first == pytest.approx((beside(0.301) - beside(0.299)) / 0.002, rel=1e-3)


def test_a_solution_between_vertices_has_no_derivative():
    with pytest.raises(np.linalg.LinAlgError, match="more constraints hold"):
        s2sad.grad(lambda b: so.linprog([-1.0, -1.0], [[1, 1.0], [1, 0], [0, 1]], [b, 1.0, 1.0]).fun)(2.0)


def test_a_program_without_a_solution():
    """SciPy's fields are None: what reads them is told so, what tests for success first is as any other."""
    infeasible = {"A_ub": [[1.0, 1.0], [-1.0, -1.0]], "b_ub": [1.0, -2.0]}
    for options in ({}, infeasible):
        with pytest.raises(ValueError, match="has no solution.*None: The problem is (unbounded|infeasible)"):
            s2sad.grad(lambda c: so.linprog(-c, **options).fun)(A([1.0, 2.0]))  # noqa: B023

        def tested(c):
            sol = so.linprog(-c, **options)  # noqa: B023
            return sol.fun if sol.status == 0 else c[0] * c[1]

        np.testing.assert_array_equal(s2sad.grad(tested)(A([1.0, 2.0])), [2.0, 1.0])
        np.testing.assert_array_equal(s2sad.hessian(tested)(A([1.0, 2.0])), [[0, 1], [1, 0]])
