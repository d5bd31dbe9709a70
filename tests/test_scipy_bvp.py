"""``scipy.integrate.solve_bvp``, against differences, in both modes."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.integrate as si

import s2sad


def bratu(a, length):
    """A flame between two walls, one of which moves."""
    x = np.linspace(0, length, 6)
    sol = si.solve_bvp(
        lambda x, y: np.vstack((y[1], -a * np.exp(y[0]))), lambda ya, yb: np.array([ya[0], yb[0] - 0.1 * a]), x,
        np.zeros((2, x.size)), tol=1e-6,
    )  # fmt: skip
    return sol.sol(0.4)[0] + sol.y[1, 0] + np.sum(sol.sol(np.array([0.1, 0.7]))[1]) + sol.yp[1, -1] + sol.success


def sturm_liouville(a, b):
    """An eigenvalue, as an unknown parameter."""

    def fun(x, y, p):
        return [y[1], -(p[0] ** 2) * y[0] * (1 + a * x)]

    y = np.zeros((2, 5))
    y[0, 1], y[0, 3] = 1, -1
    sol = si.solve_bvp(
        fun, lambda ya, yb, p: [ya[0], yb[0], ya[1] - p[0] * b], np.linspace(0, 1, 5), y, p=[6], tol=1e-6
    )  # fmt: skip
    return sol.p[0] + sol.sol(0.3)[0]


@pytest.mark.parametrize(("f", "point"), [(bratu, (1.0, 1.0)), (sturm_liouville, (0.2, 1.0))])
def test_programs(f, point):
    value, bars = s2sad.value_and_grad(f, argnums=(0, 1))(*point)
    np.testing.assert_allclose(value, f(*point), rtol=1e-13)
    for k in range(2):
        ahead, behind = (f(*(p + s * 1e-3 * (i == k) for i, p in enumerate(point))) for s in (1, -1))
        np.testing.assert_allclose(bars[k], (ahead - behind) / 2e-3, rtol=1e-5)
    np.testing.assert_allclose(s2sad.jvp(f, point, (1.0, 0.5))[1], bars[0] + 0.5 * bars[1], rtol=1e-10)


def test_a_second_derivative():
    """y″ = a y, y(0) = 0, y(1) = 1: y(½) = 1 / (2 cosh(√a / 2))."""

    def middle(a):
        x = np.linspace(0, 1, 5)
        sol = si.solve_bvp(
            lambda x, y: np.vstack((y[1], a * y[0])), lambda ya, yb: np.array([ya[0], yb[0] - 1]), x, np.zeros((2, 5))
        )  # fmt: skip
        return sol.sol(0.5)[0]

    exact = lambda a: 0.5 / np.cosh(np.sqrt(a) / 2)  # noqa: E731
    second = (exact(2.01) - 2 * exact(2.0) + exact(1.99)) / 1e-4
    np.testing.assert_allclose(s2sad.grad(s2sad.grad(middle))(2.0), second, rtol=2e-3)
