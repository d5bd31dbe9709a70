"""``scipy.stats``: moments of distributions of whole numbers, limits of shapes, ends of supports; what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.stats as st

from s2sad import UnsupportedError, grad, jvp, value_and_grad, vjp
from s2sad.testing import check_grads

K = np.array([1, 2, 4])


@pytest.mark.parametrize("f, at", [
    (lambda p: st.nbinom.mean(5, p), 0.3),
    (lambda n: np.sum(np.array(st.nbinom.stats(n, 0.3, moments="mvsk"))), 3.0),
    (lambda x: x * np.sum(np.array(st.hypergeom.stats(20, 7, 12, moments="mvsk"))), 1.5),
    (lambda x: x * np.sum(st.hypergeom.pmf(np.arange(4), 10, 4, 3) * np.arange(4.0) ** 2), 1.5),
    (lambda x: x * (st.hypergeom.cdf(1, 10, 4, 3) + st.hypergeom.logsf(1, 10, 4, 3)), 1.5),
    (lambda p: st.binom.entropy(5, p), 0.3),
    (lambda a: st.zipf.mean(a), 3.5),
    (lambda x: st.kstwobign.pdf(x) + st.kstwobign.cdf(x) + st.kstwobign.ppf(0.4 * x), 1.3),
    (lambda x: st.kstwobign.cdf(x), 0.6),
    (lambda x: st.dpareto_lognorm.sf(x, 0.1, 1.0, 2.0, 3.0), 1.0),
    (lambda x: st.ncx2.ppf(0.3 * x, 3, 1.2 * x), 1.0),
    (lambda x: st.tukeylambda.cdf(x, 0.0), 0.7),
])  # fmt: skip
def test_methods(f: Callable[..., Any], at: float) -> None:
    value = value_and_grad(f)(at)[0]
    np.testing.assert_allclose(value, f(at), rtol=1e-11)
    check_grads(f, (at,))


SLOPES = {"pdf": -0.055491927, "cdf": 0.057843819, "sf": -0.057843819, "ppf": -0.120834017, "isf": -0.120834017,
          "logpdf": -0.1455}  # fmt: skip


@pytest.mark.parametrize("name", SLOPES)
def test_pearson_of_type_three_without_skewness(name: str) -> None:
    def f(skew):
        return getattr(st.pearson3, name)(0.3, skew)

    def second(h: float) -> Any:
        return (f(h) + f(-h) - 2.0 * f(0.0)) / h**2

    value, slope = value_and_grad(f)(0.0)
    assert value == pytest.approx(f(0.0), rel=1e-14)
    assert slope == pytest.approx(SLOPES[name], rel=1e-7)
    assert jvp(f, (0.0,), (1.0,))[1] == pytest.approx(SLOPES[name], rel=1e-7)
    assert grad(grad(f))(0.0) == pytest.approx((4.0 * second(0.01) - second(0.02)) / 3.0, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("name", ["pdf", "cdf"])
def test_tukey_lambda_of_zero(name: str) -> None:
    def f(shape):
        return getattr(st.tukeylambda, name)(0.7, shape)

    def central(h: float) -> Any:
        return (f(h) - f(-h)) / (2.0 * h)

    assert grad(f)(0.0) == pytest.approx((4.0 * central(0.03) - central(0.06)) / 3.0, rel=1e-6)
    assert grad(grad(f))(0.0) == pytest.approx((f(0.03) + f(-0.03) - 2.0 * f(0.0)) / 0.03**2, rel=1e-3)


def test_extreme_values_at_the_end_of_the_support() -> None:
    def density(x):
        return st.genextreme.pdf(x, 0.5)

    assert value_and_grad(density)(2.0) == (0.0, 0.0)
    assert jvp(density, (2.0,), (1.0,)) == (0.0, 0.0)
    check_grads(density, (1.9,))


SUMS: list[Any] = [
    (lambda a: st.zipfian.logpmf(K, a, 6) + st.zipfian.cdf(K, a, 6) * st.zipfian.sf(2, a, 6), 0.8),
    (lambda a: np.array(st.zipfian.stats(a, 6, moments="mvsk")), 1.3),
    (lambda m: st.skellam.logpmf(K - 3, m, 0.8) + st.skellam.cdf(K - 3, 1.5, m) * st.skellam.sf(K - 2, m, 0.9), 1.2),
    (lambda w: st.nchypergeom_fisher.logpmf(K, 12, 6, 5, w), 0.7),
    (lambda w: st.nchypergeom_fisher.cdf(K, 12, np.array([6, 7, 6]), 5, w), np.array([0.7, 1.9, 1.0])),
    (lambda w: np.array(st.nchypergeom_fisher.stats(12, 6, 5, w, moments="mvsk")), 0.7),
]


@pytest.mark.parametrize("f, arguments", SUMS)
def test_finite_sums(f: Callable[..., Any], arguments: Any) -> None:
    np.testing.assert_allclose(vjp(f, arguments)[0], f(arguments), rtol=1e-9)
    check_grads(f, (arguments,))


@pytest.mark.parametrize("f, name", [
    (lambda x: st.norm.rvs(loc=x, size=3).sum(), "scipy.stats.norm.rvs"),
    (lambda x: st.gamma.fit(x * np.arange(1.0, 4.0))[0], "scipy.stats.gamma.fit"),
    (lambda x: x * st.uniform_direction(3).rvs()[0], "scipy.stats.uniform_direction"),
    (lambda x: st.nchypergeom_wallenius.pmf(2, 10, 4, 3, x), "scipy.stats.nchypergeom_wallenius"),
    (lambda x: st.bootstrap((x * np.arange(3.0),), np.mean).standard_error, "scipy.stats.bootstrap"),
    (lambda x: st.mstats.winsorize(x * np.arange(9.0), limits=0.2).sum(), "scipy.stats.mstats.winsorize"),
    (lambda x: x * st.rv_discrete(values=([0, 1], [0.4, 0.6])).mean(), "scipy.stats.rv_discrete"),
])  # fmt: skip
def test_what_is_refused_is_named(f: Callable[..., Any], name: str) -> None:
    with pytest.raises(UnsupportedError) as caught:
        grad(f)(1.5)
    assert name in str(caught.value).partition("\n")[0]
    assert "instead: " in str(caught.value)
