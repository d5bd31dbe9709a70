"""Functions that are handed to SciPy (roots, integrals): the implicit-function theorem, the integral of the slope."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.integrate as si
import scipy.optimize as so

import s2sad
from s2sad.testing import check_grads


def kepler(anomaly, eccentricity):
    """The eccentric anomaly, and what is made of it."""
    e = so.brentq(lambda e: e - eccentricity * np.sin(e) - anomaly, -10, 10, xtol=1e-14)
    return np.cos(e) * e


def cubic(x, a, b):
    return x**3 * a[0] + b * x - a[1]


def root_of_cubic(a, b):
    return so.brentq(cubic, -5, 5, args=(a, b))


def crossing(p, q):
    def system(v):
        return [v[0] ** 2 + v[1] * p - 2, v[1] ** 3 - v[0] * q[1] + q[0]]

    return so.fsolve(system, np.array([1.0, 1.0]), xtol=1e-13)


def area(a, b, w):
    return si.quad(lambda x: np.exp(-w * x**2) * np.cos(x), a, b)[0]


def moment(weights, upper):
    return si.quad(lambda x, w: w[0] * np.sin(x) + w[1] * x**2, 0.0, upper, args=(weights,))[0]


PROGRAMS = {
    "a root of a closure": (kepler, (1.0, 0.3)),
    "a root, args=": (root_of_cubic, (np.array([1.0, 2.0]), 0.7)),
    "a root of each method": (
        lambda p: sum(m(lambda x: np.exp(x) - p * x - 2.0, 0.0, 5.0) for m in (so.brenth, so.ridder, so.toms748)),
        (0.4,),
    ),
    "a root in a loop": (
        lambda p: sum(so.bisect(lambda x, k: x**3 - p * k, 0.0, 3.0, args=(k,), xtol=1e-13) for k in range(1, 4)),
        (0.9,),
    ),
    "a system": (crossing, (0.7, np.array([0.3, 1.1]))),
    "an integral": (area, (0.1, 1.2, 0.8)),
    "an integral over an array's parameters": (moment, (np.array([0.5, 1.5]), 1.1)),
    "an infinite integral": (lambda w: si.quad(lambda x: np.exp(-w * x), 0.0, np.inf)[0], (1.7,)),
}


@pytest.mark.parametrize(("f", "args"), PROGRAMS.values(), ids=PROGRAMS.keys())
def test_programs(f, args):
    check_grads(f, args, order=2, rtol=1e-5)


def test_the_source_of_a_root():
    g = s2sad.grad(lambda a: so.brentq(lambda x: x**2 - a, 0.0, 9.0))
    assert g(2.0) == pytest.approx(0.5 / np.sqrt(2.0))
    assert g.source == (
        "import scipy.optimize\n\n\n"
        "def f(x, a):\n"
        "    return x ** 2 - a\n\n\n"
        "def f_grad(a):\n"
        '    """Gradient of f with respect to a (reverse mode)."""\n'
        "    # primal\n"
        "    v1 = scipy.optimize.brentq(f, 0.0, 9.0, args=(a,))\n"
        "    # adjoint\n"
        "    args_bar = 1.0 / (2 * v1)  # so.brentq(lambda x: x**2 - a, 0.0, 9.0)\n"
        "    return args_bar\n"
    )


def test_a_function_that_changes_what_is_outside_is_refused():
    calls = [0]

    def counted(x, a):
        calls[0] += 1
        return x - a

    with pytest.raises(s2sad.UnsupportedError, match="counted, which changes what is outside of it"):
        s2sad.grad(lambda a: so.brentq(counted, -1.0, 9.0, args=(a,)))(2.0)


def test_options_that_change_the_result_are_refused():
    with pytest.raises(s2sad.UnsupportedError, match=r"scipy\.integrate\.quad with maxp1="):
        s2sad.grad(lambda a: si.quad(lambda x: x - a, -1.0, 9.0, maxp1=60)[0])(2.0)
