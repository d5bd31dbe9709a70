"""Keywords and positions of arguments of SciPy's functions that other tests do not use, in both modes, to second order."""

# ruff: noqa: E501

from __future__ import annotations

import numpy as np
import pytest
import scipy.integrate as si
import scipy.interpolate as ip
import scipy.linalg as sl
import scipy.optimize as so
import scipy.special as sc
import scipy.stats as st

from s2sad.testing import check_grads

R = np.random.default_rng(3)
V, U, B, Z = np.array([0.9, -1.3, 2.2, 0.4]), np.array([5.8, 1.9, 0.3, 1.2]), np.array([0.35, 0.62]), np.array([0.7 + 0.2j, 2.4 + 1.1j])
M, POINTS = R.normal(size=(4, 2)), np.array([[0.4, 0.7], [1.9, 2.6]])
GRID, TABLE = np.array([0.0, 1.0, 2.2, 3.0]), R.normal(size=(4, 5))

ROWS = {
    "solve_circulant (axes)": (lambda c, b: sl.solve_circulant(c, b.T, caxis=0, baxis=1, outaxis=-1), U, M),
    "solve_circulant (singular)": (lambda b: sl.solve_circulant([2.0, 1.0, 0.0, 1.0], b, singular="lstsq", tol=1e-12), V),
    "solve_circulant": (lambda c, b: sl.solve_circulant(c, b, "raise", 1e-9), U, V),
    "factorial": (lambda z: sc.factorial(z, extend="complex"), Z),
    "assoc_legendre_p": (lambda z: sc.assoc_legendre_p(3, 1, z, norm=True) + sc.perm(5, 2, exact=True) * z, np.array([-0.6, 0.3])),
    "moments": (lambda d, a, b: (st.t.moment(2, d, loc=a, scale=b), st.norm.stats(a, b, "mv"), st.poisson.stats(b, 0, "v")), 4.8, 0.3, 1.4),
    "slices of results": (lambda x, y: (st.theilslopes(x, y)[:2], st.f_oneway(x, y)[:1]), V, U),
    "brenth (by position)": (lambda a: so.brenth(lambda x, a: x**3 - a, 0, 3, (a,), 1e-14, 1e-14, 99), 0.7),
    "newton (by position)": (lambda a: so.newton(lambda x, a: x**3 - a, 1.0, lambda x, a: 3 * x * x, (a,), 1e-14, 99, None, None, 0.0), 0.7),
    "fsolve (by position)": (lambda b: so.fsolve(lambda x, b: x**3 + x - b, np.ones(2), (b,), None, 0, 0, 1e-13), B),
    "minimize_scalar (by position)": (lambda a: so.minimize_scalar(lambda x, a: (x - a) ** 2 + 0.1 * x**4, (0, 1), None, (a,), "brent", 1e-12).x, 0.7),
    "odeint (by position)": (lambda k, y: si.odeint(lambda y, t, k: -k * y, y, [0.0, 0.5], (k,), None, 0, 0, None, None, 1e-12, 1e-12, ixpr=0), 0.7, B),
    "quad (by position)": (lambda k, a: si.quad(lambda x, k: np.cos(k * x), a, 1.6, (k,), 0, 1e-12, 1e-12)[0], 0.7, -1.3),
    "no roots of a spline": (lambda y: ip.sproot(ip.splrep(np.arange(5.0), y, s=0), 5), np.array([1.0, 2.0, 1.5, 1.8, 2.2])),
}  # fmt: skip


@pytest.mark.parametrize("name", ROWS)
def test_keywords(name):
    f, *args = ROWS[name]
    check_grads(f, args, order=2, rtol=1e-5)


def test_a_grid_that_moves_under_cubic_splines():
    """The degree of the splines is known when the derivative is made."""
    check_grads(
        lambda x, z: ip.RegularGridInterpolator((x, np.arange(5.0)), z, method="cubic")(POINTS), (GRID, TABLE), order=1
    )


