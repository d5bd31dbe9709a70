"""``scipy.stats`` where a variable is infinite, at the ends of a support, or a shape has the value of a limit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.special as sc
import scipy.stats as st

import s2sad
from s2sad.testing import check_grads

pytestmark = pytest.mark.filterwarnings("ignore:.*encountered in:RuntimeWarning")

CUTS = np.array([-np.inf, -0.4, 0.7, np.inf])


def probit(beta, scale):
    below = st.norm.cdf(CUTS, beta, scale)
    return np.sum(np.log(np.diff(below)) * np.array([1.0, 2.0, 0.5]))


def logit(beta, scale):
    return np.sum(np.log(-np.diff(st.logistic.sf(CUTS, beta, scale))))


@pytest.mark.parametrize("f", [probit, logit])
def test_ordered_choices_between_infinite_cuts(f):
    check_grads(f, (0.2, 1.3), order=2)


def test_no_slope_where_the_variable_is_infinite():
    cases = (st.gamma, (2.3,)), (st.t, (3.5,)), (st.invgauss, (0.7,)), (st.skewnorm, (1.2,)), (st.f, (3.0, 4.0))
    for dist, shapes in cases:
        for method, x in (("cdf", np.inf), ("sf", np.inf), ("cdf", -np.inf), ("pdf", -np.inf)):
            def f(x, *parameters, dist=dist, method=method):
                return getattr(dist, method)(x, *parameters)

            parameters = (*shapes, 0.2, 1.3)
            slopes = s2sad.grad(f, argnums=tuple(range(1, 1 + len(parameters))))(x, *parameters)
            assert slopes == (0.0,) * len(parameters), (dist.name, method, slopes)
            assert f(x, *parameters) == s2sad.vjp(f, x, *parameters)[0]


def test_at_the_ends_of_a_support():
    def f(x, a, s):
        return np.sum(st.gamma.pdf(x, a, scale=s) + st.lognorm.pdf(x, a) + st.invgamma.cdf(x, a, scale=s))

    x = np.array([0.0, 0.7])
    assert np.isfinite(f(x, 2.3, 1.2))
    check_grads(lambda a, s: f(x, a, s), (2.3, 1.2), order=2)
    check_grads(lambda x, b: st.gennorm.cdf(x, b) + st.gennorm.sf(x, b) * b, (0.0, 1.7), order=1)
    q = np.array([0.0, 1.0])
    values = s2sad.vjp(lambda q: st.t.ppf(q, 3.5) - st.hypsecant.isf(q), q)[0]
    np.testing.assert_array_equal(values, [-np.inf, np.inf])
    difference = (st.gamma.ppf(0.5, 2.3001) - st.gamma.ppf(0.5, 2.2999)) / 2e-4
    assert s2sad.grad(lambda a: np.sum(st.gamma.ppf([0.0, 0.5], a)))(2.3) == pytest.approx(difference, rel=1e-6)


@pytest.mark.parametrize("shapes", [(0.0, 0.0), (0.3, 0.0), (0.0, -0.2), (1e-9, 0.4)])
def test_shapes_at_their_limits(shapes):
    check_grads(lambda x, h, k: st.kappa4.logpdf(x, h, k) + st.kappa4.sf(x, h, k), (0.4, *shapes), order=2)
    check_grads(lambda x, h, k: st.genextreme.logpdf(x, h) + st.genpareto.cdf(x, k), (0.4, *shapes), order=2)


ORDERS: dict[str, Any] = {
    "eval_legendre": lambda n, x: sc.eval_legendre(n, x), "eval_chebyu": lambda n, x: sc.eval_chebyu(n, x),
    "eval_genlaguerre": lambda n, x: sc.eval_genlaguerre(n, 0.7, x),
    "eval_jacobi": lambda n, x: sc.eval_jacobi(n, 0.7, 1.2, x),
}  # fmt: skip


@pytest.mark.parametrize("name", ORDERS)
def test_polynomials_of_degrees_that_are_not_whole(name):
    for n in (0, 1, 0.4, 1.3):
        check_grads(lambda x, n=n: ORDERS[name](n, x), (0.35,), order=2)


def test_orders_that_scipy_cuts_to_whole_numbers():
    with np.errstate(all="ignore"), pytest.warns(RuntimeWarning):
        check_grads(lambda x: sc.kn(1.3, x) + sc.yn(1.3, x) + sc.expn(1.3, x), (1.2,), order=1)


@pytest.mark.parametrize("f, end", [
    (lambda x: st.burr12.pdf(x, 2.0, 3.0), 0.0), (lambda x: st.chi.pdf(x, 3.0), 0.0),
    (lambda x: st.genextreme.pdf(x, -0.5), -2.0),
], ids=["burr12", "chi", "genextreme"])  # fmt: skip
def test_densities_that_begin_at_zero_are_flat_there(f, end):
    assert s2sad.grad(f)(end) == 0.0 and s2sad.jvp(f, (end,), (1.0,)) == (0.0, 0.0)
