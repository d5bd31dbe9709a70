"""``scipy.stats``: moments, entropies and expectations of distributions, in both modes, to second order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.stats as st

import s2sad
from s2sad.testing import check_grads

PROGRAMS: dict[str, tuple[Any, ...]] = {
    "stats": (lambda a, s: sum(st.gamma.stats(a, scale=s, moments="mvsk")) + st.gamma(a, s).stats()[1], 1.7, 1.2),
    "moment": (lambda k, s: st.weibull_min(k, 0.2, s).moment(3) + st.norm.moment(4, k, s), 1.7, 1.2),
    "of _munp": (lambda k, s: st.weibull_min.mean(k, scale=s) + st.weibull_min.std(k) + st.rice.var(k), 1.7, 1.2),
    "by integrals": (lambda a: st.johnsonsb.mean(a, 1.3) + st.johnsonsb.entropy(a, 1.3), 0.7),
    "intervals": (lambda a, b: sum(st.gamma(a, scale=b).interval(0.9)) + sum(st.norm.interval(0.5, a, b)), 1.7, 1.2),
    "support": (lambda a, b: sum(st.uniform(a, b).support()) + st.beta.support(a, b, loc=a)[1], 1.7, 1.2),
    "of counts": (lambda m: st.poisson.entropy(m) + st.poisson(m).moment(3) + sum(st.poisson.stats(m, 0.5 * m)), 2.3),
    "expectation": (lambda a, s: st.gamma(a, scale=s).expect(lambda x: np.log(x)), 2.2, 1.3),
    "in part": (lambda a, s: st.gamma.expect(lambda x: x, (a,), scale=s, lb=s, conditional=True), 2.2, 1.3),
    "of a count": (lambda m: st.poisson.expect(lambda k: np.sqrt(k), (m,)) + st.binom(6, m / 9).expect(lb=2), 2.3),
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_moments(name):
    f, *args = PROGRAMS[name]
    np.testing.assert_allclose(s2sad.vjp(f, *args)[0], f(*args), rtol=1e-9)
    check_grads(f, args, order=2)


def test_a_distribution_function_that_is_integrated():
    check_grads(lambda x, a, b: st.norminvgauss.cdf(x, a, b), (0.2, 1.4, 0.3))
    check_grads(lambda q, a, b: st.norminvgauss.ppf(q, a, b), (0.6, 1.4, 0.3))


def test_what_is_no_number_goes_through():
    def f(x, s):
        return np.nan_to_num(st.expon.logpdf(x, scale=s) + st.beta.cdf(x / 4, 2.0, s) + st.poisson.pmf(x, s))

    x = np.array([0.3, np.nan, 2.0])
    np.testing.assert_allclose(s2sad.vjp(f, x, 1.2)[0], f(x, 1.2), rtol=1e-12)
    check_grads(lambda s: f(x, s), (1.2,), order=2)


def test_far_tails_have_slopes():
    slope = s2sad.grad(lambda x: st.norm.logcdf(x))
    np.testing.assert_allclose([slope(-40.0), slope(-1e8), slope(50.0)], [40.0249688, 1e8, 0.0], rtol=1e-8)
    np.testing.assert_allclose(s2sad.grad(lambda q: st.cauchy.isf(q))(1e-12), -1e24 / np.pi, rtol=1e-9)
    far = s2sad.vjp(lambda q: st.exponweib.isf(q, 1.7, 0.8), 1e-20)[0]
    np.testing.assert_allclose(far, st.exponweib.isf(1e-20, 1.7, 0.8), rtol=1e-14)
