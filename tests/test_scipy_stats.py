"""``scipy.stats``: each function in both modes, against differences and each other, to second order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.stats as st

import s2sad
from s2sad.testing import check_grads

A = np.array
POSITIVE, SIGNED = A([0.4, 1.3, 2.6]), A([-1.4, 0.3, 2.1])
UNIT = A([0.15, 0.45, 0.8])

CONTINUOUS: dict[str, tuple[Any, tuple[Any, ...], str, str]] = {
    # where it is evaluated; shape parameters; methods differentiated in these too, and in the variable alone
    "norm": (SIGNED, (), "logpdf pdf cdf logcdf sf logsf ppf isf", ""),
    "t": (SIGNED, (3.7,), "logpdf pdf", "cdf logcdf sf logsf ppf isf"),
    "beta": (UNIT, (1.7, 2.4), "logpdf pdf", "cdf logcdf sf logsf ppf isf"),
    "gamma": (POSITIVE, (2.3,), "logpdf pdf", "cdf logcdf sf logsf ppf isf"),
    "chi2": (POSITIVE, (3.3,), "logpdf pdf", "cdf logcdf sf logsf ppf isf"),
    "expon": (POSITIVE, (), "logpdf pdf cdf logcdf sf logsf ppf isf", ""),
    "laplace": (SIGNED, (), "logpdf pdf cdf logcdf sf logsf ppf isf", ""),
    "logistic": (SIGNED, (), "logpdf pdf cdf logcdf sf logsf ppf isf", ""),
    "lognorm": (POSITIVE, (0.9,), "logpdf pdf cdf logcdf sf logsf ppf isf", ""),
    "uniform": (UNIT, (), "logpdf pdf cdf logcdf sf logsf ppf isf", ""),
    "cauchy": (SIGNED, (), "logpdf pdf cdf logcdf sf logsf ppf isf", ""),
    "pareto": (1.0 + POSITIVE, (2.1,), "logpdf pdf cdf logcdf sf logsf ppf isf", ""),
    "weibull_min": (POSITIVE, (1.6,), "logpdf pdf cdf logcdf sf logsf ppf isf", ""),
    "gumbel_l": (SIGNED, (), "logpdf pdf cdf logcdf sf logsf ppf isf", ""),
    "gumbel_r": (SIGNED, (), "logpdf pdf cdf logcdf sf logsf ppf isf", ""),
    "f": (POSITIVE, (3.1, 4.2), "logpdf pdf", "cdf logcdf sf logsf ppf isf"),
    "invgamma": (POSITIVE, (2.3,), "logpdf pdf", "cdf logcdf sf logsf ppf isf"),
    "halfnorm": (POSITIVE, (), "logpdf pdf cdf logcdf sf logsf ppf isf", ""),
    "truncnorm": (SIGNED, (-2.0, 2.5), "logpdf pdf cdf logcdf sf logsf ppf isf", ""),
    "vonmises": (SIGNED, (1.4,), "logpdf pdf cdf sf ppf", ""),
    "genextreme": (SIGNED, (0.3,), "logpdf pdf cdf logcdf sf logsf ppf isf", ""),
    "genpareto": (POSITIVE, (0.3,), "logpdf pdf cdf logcdf sf logsf ppf isf", ""),
    "skewnorm": (SIGNED, (1.3,), "logpdf pdf cdf logcdf sf logsf ppf isf", ""),
    "dgamma": (SIGNED, (1.3,), "logpdf", "cdf sf ppf isf"),
    "gennorm": (SIGNED, (2.3,), "logpdf pdf", "cdf logcdf sf logsf"),
    "loggamma": (SIGNED, (1.3,), "logpdf pdf", "cdf logcdf sf logsf ppf isf"),
    "rayleigh": (POSITIVE, (), "logpdf pdf cdf logcdf sf logsf ppf isf", ""),
    "maxwell": (POSITIVE, (), "logpdf pdf cdf logcdf sf logsf ppf isf", ""),
    "invgauss": (POSITIVE, (1.3,), "logpdf pdf cdf logcdf sf logsf", ""),
    "triang": (UNIT, (0.3,), "logpdf pdf cdf logcdf sf logsf ppf", ""),
    # by SciPy's own source
    "powerlaw": (UNIT, (1.7,), "logpdf pdf cdf sf ppf", ""),
    "exponweib": (POSITIVE, (1.7, 0.8), "logpdf pdf cdf ppf", ""),
    "halfcauchy": (POSITIVE, (), "logpdf pdf cdf ppf", ""),
    "hypsecant": (SIGNED, (), "logpdf pdf cdf ppf", ""),
    "lomax": (POSITIVE, (1.7,), "logpdf pdf cdf sf ppf", ""),
    "burr12": (POSITIVE, (1.7, 1.2), "logpdf pdf", ""),
    "fisk": (POSITIVE, (1.7,), "logpdf pdf", ""),
    "loguniform": (1.0 + UNIT, (0.9, 2.1), "logpdf pdf cdf ppf", ""),
}  # fmt: skip
LOC, SCALE = 0.1, 0.9


QUANTILES = ("ppf", "isf")


def methods(name: str, chosen: str, x: Any) -> Any:
    """The methods of a distribution at x, the quantiles of which are at UNIT, weighed so that none hides another."""
    dist, functions = getattr(st, name), chosen.split()

    def f(x, loc, scale, *shapes):
        out = 0.0
        for k, method in enumerate(functions):
            where = UNIT + (x - x0) if method in QUANTILES else x
            out = out + (1.0 + 0.3 * k) * getattr(dist, method)(where, *shapes, loc=loc, scale=scale)
        return out

    x0 = x
    return f


@pytest.mark.parametrize("name", CONTINUOUS)
def test_continuous(name):
    where, shapes, full, partial = CONTINUOUS[name]
    x = where * SCALE + LOC
    f = methods(name, full, x)
    np.testing.assert_allclose(
        s2sad.vjp(f, x, LOC, SCALE, *shapes)[0], f(x, LOC, SCALE, *shapes), rtol=1e-12,
    )  # fmt: skip
    check_grads(f, (x, LOC, SCALE, *shapes), order=2)
    if partial:
        f = methods(name, partial, x)
        np.testing.assert_allclose(
            s2sad.vjp(lambda x: f(x, LOC, SCALE, *shapes), x)[0], f(x, LOC, SCALE, *shapes), rtol=1e-12,
        )  # fmt: skip
        check_grads(lambda x, loc, scale: f(x, loc, scale, *shapes), (x, LOC, SCALE), order=2)


K = A([0, 1, 3])
DISCRETE: dict[str, tuple[Any, ...]] = {
    "bernoulli": (lambda p: st.bernoulli.logpmf(A([0, 1, 1]), p) + st.bernoulli.cdf(A([0, 1, -1]), p), 0.3),
    "binom": (lambda p: st.binom.logpmf(K, 5, p) + st.binom.cdf(K, 5, p) + st.binom.sf(K, 5, p), 0.3),
    "binom (outside)": (lambda p: st.binom.pmf(A([-1, 2, 6]), 5, p) + st.binom.cdf(A([-1, 2, 6]), 5, p), 0.3),
    "poisson": (lambda m: st.poisson.logpmf(K, m) + st.poisson.cdf(K, m) + st.poisson.logsf(K, m), 1.3),
    "poisson (of floats)": (lambda m: st.poisson.pmf(A([1.0, 2.0, 2.5]), m), 1.3),
    "nbinom": (lambda n, p: st.nbinom.logpmf(K, n, p), 2.3, 0.4),
    "nbinom (cdf)": (lambda p: st.nbinom.cdf(K, 3, p) + st.nbinom.sf(K, 3, p), 0.4),
    "geom": (lambda p: st.geom.logpmf(K + 1, p) + st.geom.cdf(K, p) + st.geom.logsf(K + 1, p, loc=1), 0.4),
    "betabinom": (lambda a, b: st.betabinom.logpmf(K, 5, a, b) + st.betabinom.cdf(K, 5, a, b), 1.4, 2.4),
    "zipf": (lambda a: st.zipf.cdf(K, a) + st.zipf.logpmf(2, a) + st.zipf.sf(3, a), 2.7),
    "quantiles": (lambda m, p: st.poisson.ppf([0.3, 0.9], m) * m + st.binom(5, p).median() * p, 2.3, 0.4),
}  # fmt: skip


def agrees(f, *args, order=2):
    """The function's own value, and derivatives."""
    np.testing.assert_allclose(s2sad.vjp(f, *args)[0], f(*args), rtol=1e-10)
    check_grads(f, args, order=order)


@pytest.mark.parametrize("name", DISCRETE)
def test_discrete(name):
    f, *args = DISCRETE[name]
    agrees(f, *args)


PRIOR, RATE = st.norm(0.2, 1.4), st.gamma(2.3, scale=1.3)


def test_frozen_distributions():
    agrees(lambda x, a, s: st.gamma(a, scale=s).logpdf(x) * st.norm(a, s).sf(x), POSITIVE, 2.0, 1.4)
    agrees(lambda x: PRIOR.logpdf(x) + RATE.pdf(x) + PRIOR.cdf(x), POSITIVE)
    agrees(lambda a: st.gamma(a, scale=a).mean() + st.norm(a, a).var() + st.gamma(a).std(), 1.4)
    agrees(lambda s: st.norm(0.0, s).entropy() + st.norm(0.0, s).median(), 1.4)


def test_outside_of_the_support():
    x = A([-1.0, 0.5, 1.4])
    agrees(lambda x: st.expon.pdf(x) + st.beta.pdf(x, 2.0, 2.0) + st.uniform.cdf(x), x)
    assert s2sad.grad(lambda x: np.sum(st.expon.logpdf(x)))(x).tolist() == [0.0, -1.0, -1.0]
    value = s2sad.value_and_grad(lambda s: st.norm.pdf(0.3, scale=s))(-1.0)[0]
    assert np.isnan(value)


def test_a_likelihood_reads_as_one_would_write_it():
    g = s2sad.grad(lambda x, loc: np.sum(st.norm.logpdf(x, loc)), argnums=1)
    g(POSITIVE, 0.3)
    assert "x - loc" in g.source
    assert "where" not in g.source


@pytest.mark.parametrize(
    ("f", "text"),
    [
        (lambda x: st.gausshyper.ppf(x, 2.0, 1.0, 1.0, 0.4), "scipy.stats.gausshyper.ppf, which SciPy searches for"),
    ],
)
def test_refusals(f, text):
    with pytest.raises(s2sad.UnsupportedError) as error:
        s2sad.grad(f)(0.4)
    assert str(error.value).splitlines()[0] == text


RNG = np.random.default_rng(3)
X, M = np.exp(RNG.normal(size=9)), np.exp(RNG.normal(size=(5, 4)))
Y = X + RNG.normal(size=9)
MEASURES: dict[str, tuple[Any, ...]] = {
    "gmean": (lambda m: st.gmean(m), M), "gmean (weights)": (lambda m, w: st.gmean(m, axis=1, weights=w), M, X[:4]),
    "hmean": (lambda m: st.hmean(m, axis=1), M), "pmean": (lambda x, p: st.pmean(x, p), X, 1.7),
    "zscore": (lambda m: st.zscore(m, axis=1, ddof=1), M), "skew": (lambda m: st.skew(m), M),
    "skew (unbiased)": (lambda x: st.skew(x, bias=False), X), "kurtosis": (lambda m: st.kurtosis(m, axis=None), M),
    "kurtosis (unbiased)": (lambda x: st.kurtosis(x, bias=False, fisher=False), X),
    "moment": (lambda x: st.moment(x, 3), X), "sem": (lambda m: st.sem(m, keepdims=True), M),
    "variation": (lambda m: st.variation(m, axis=1), M), "iqr": (lambda x: st.iqr(x), X),
    "trim_mean": (lambda m: st.trim_mean(m, 0.25), M), "mad": (lambda x: st.median_abs_deviation(x), X),
    "gstd": (lambda x: st.gstd(x), X), "entropy": (lambda x: st.entropy(x), X),
    "entropy (relative)": (lambda m, n: st.entropy(m, n, base=2), M, M**2),
    "wasserstein_distance": (lambda x, y: st.wasserstein_distance(x, y), X, Y),
    "energy_distance": (lambda x, y: st.energy_distance(x, y), X, Y),
    "pearsonr": (lambda x, y: st.pearsonr(x, y)[0], X, Y),
    "pearsonr (names)": (lambda x, y: st.pearsonr(x, y).statistic + st.pearsonr(x, y).pvalue, X, 0.3 * Y),
    "linregress": (lambda x, y: (lambda a, b, c, d, e: a + b * c + e)(*st.linregress(x, y)), X, Y),
    "linregress (names)": (lambda x, y: st.linregress(x, y).intercept_stderr, X, Y),
    "ttest_1samp": (lambda x: st.ttest_1samp(x, 0.3).statistic + st.ttest_1samp(x, 0.3).pvalue, X),
    "ttest_ind": (lambda x, y: st.ttest_ind(x, y).statistic, X, Y),
    "ttest_ind (Welch)": (lambda x, y: st.ttest_ind(x, y, equal_var=False)[0], X, Y),
    "ttest_rel": (lambda x, y: st.ttest_rel(x, y)[0], X, Y),
    "gaussian_kde": (lambda p, d: st.gaussian_kde(d)(p), A([0.3, 0.9]), X),
    "gaussian_kde (plane)": (lambda p, d: st.gaussian_kde(d, bw_method=0.5).logpdf(p), M[:2, :2], M[:2]),
}  # fmt: skip


@pytest.mark.parametrize("name", MEASURES)
def test_measures(name):
    f, *args = MEASURES[name]
    agrees(f, *args)


MEAN, POINTS = RNG.normal(size=3), RNG.normal(size=(4, 3))
COV = np.diag([1.1, 1.3, 0.9]) + 0.3
VECTORS: dict[str, tuple[Any, ...]] = {
    "one point": (lambda x, m, c: st.multivariate_normal.logpdf(x, m, c), POINTS[0], MEAN, COV),
    "points": (lambda x, m, c: st.multivariate_normal.logpdf(x, mean=m, cov=c), POINTS, MEAN, COV),
    "pdf": (lambda x: st.multivariate_normal.pdf(x, cov=COV), POINTS),
    "diagonal": (lambda x, v: st.multivariate_normal.logpdf(x, MEAN, v), POINTS, A([0.4, 1.3, 2.0])),
    "numbers": (lambda x, v: st.multivariate_normal.logpdf(x, 0.3, v), POINTS[0], 1.3),
    "frozen": (lambda x, m, c: st.multivariate_normal(m, c).logpdf(x), POINTS, MEAN, COV),
    "entropy": (lambda c: st.multivariate_normal.entropy(cov=c), COV),
    "singular": (
        lambda s, b: st.multivariate_normal.logpdf(s * b + MEAN, MEAN, np.outer(b, b), allow_singular=True),
        0.7, A([1.0, 2.0, -1.0]),
    ),
    "singular, frozen": (lambda x, c: st.multivariate_normal(MEAN, c, allow_singular=True).pdf(x), POINTS, COV),
    "multivariate_t (frozen)": (
        lambda x, c, df: st.multivariate_t(MEAN, c, df).logpdf(x) + st.multivariate_t(MEAN, c, df=df).entropy(),
        POINTS, COV, 3.3,
    ),
    "invwishart, several": (
        lambda x, c: st.invwishart.logpdf(np.stack([x, 2.0 * x], axis=-1), 4.3, c), COV + np.eye(3), COV,
    ),
    "wishart": (lambda x, df, c: st.wishart(df, c).logpdf(x) + st.wishart.entropy(df, c), COV + np.eye(3), 4.3, COV),
    "invwishart": (lambda x, df, c: st.invwishart(df, c).logpdf(x), COV + np.eye(3), 4.3, COV),
    "matrix_normal": (lambda x, c: st.matrix_normal(POINTS[:2], COV[:2, :2], c).pdf(x), POINTS[:2] + 0.3, COV),
    "multinomial": (lambda p: st.multinomial(6, p / np.sum(p)).logpmf([[2, 1, 3], [1, 1, 4]]), A([0.2, 0.3, 0.5])),
    "multinomial, moments": (lambda p: st.multinomial.entropy(3, p / np.sum(p)), A([0.2, 0.3, 0.5])),
    "dirichlet_multinomial": (lambda a: st.dirichlet_multinomial(a, 6).logpmf([2, 1, 3]), A([1.2, 0.3, 0.5])),
    "vonmises_fisher": (
        lambda m, k: st.vonmises_fisher(m / np.linalg.norm(m), k).pdf(A([[0.6, 0.0, 0.8], [0.0, 1.0, 0.0]])), MEAN, 2.5,
    ),
    "multivariate_t": (lambda x, m, c, df: st.multivariate_t.logpdf(x, m, c, df), POINTS, MEAN, COV, 3.3),
    "dirichlet": (lambda x, a: st.dirichlet.logpdf(x / np.sum(x), a), A([0.2, 0.4, 0.9]), A([0.8, 1.4, 2.0])),
}  # fmt: skip


@pytest.mark.parametrize("name", VECTORS)
def test_distributions_of_vectors(name):
    f, *args = VECTORS[name]
    agrees(f, *args)


def test_a_distribution_outside_keeps_its_arrays_as_captures():
    prior = st.multivariate_normal(MEAN, COV)
    agrees(lambda x: prior.logpdf(x) + prior.pdf(x), POINTS)
    g = s2sad.grad(lambda x: prior.logpdf(x))
    g(POINTS[0])
    assert "mean" in g.source
