"""``scipy.stats``: tests, transforms and distances of samples, in both modes and against each other."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest
import scipy.stats as st

import s2sad
from s2sad.testing import check_grads

RNG = np.random.default_rng(3)
X, Y, U = RNG.normal(size=9) * 1.3 + 0.4, RNG.normal(size=9), RNG.uniform(0.3, 2.0, size=9)
M, W = RNG.normal(size=(5, 3)), RNG.uniform(0.5, 2.0, size=9)
HOLE = np.array([0, 1, 0, 0, 1, 0, 0, 0, 0], bool)


def unless(hole, x):
    return np.where(hole, np.nan, x)


OMITTING: dict[str, Any] = {
    "gmean": lambda u: st.gmean(unless(HOLE, u), nan_policy="omit") + st.hmean(unless(HOLE, u), nan_policy="omit"),
    "moments": lambda u: st.skew(unless(HOLE, u), nan_policy="omit") + st.sem(unless(HOLE, u), nan_policy="omit"),
    "zscore": lambda u: np.nansum(st.zscore(unless(HOLE, u), nan_policy="omit") ** 3),
    "order": lambda u: st.iqr(unless(HOLE, u), nan_policy="omit") + st.entropy(unless(HOLE, u), nan_policy="omit"),
    "t": lambda u: st.ttest_ind(unless(HOLE, u), Y, nan_policy="omit", equal_var=False).pvalue,
}
OF_TWO: dict[str, Any] = {
    "f_oneway": lambda a, b: st.f_oneway(a, b, U).statistic + st.f_oneway(a, b, U).pvalue,
    "bartlett": lambda a, b: st.bartlett(a, b)[0] + st.levene(a, b).statistic,
    "intervals": lambda a, b: (
        sum(st.ttest_ind(a, b).confidence_interval(0.9)) + st.ttest_1samp(a, b[0]).confidence_interval().high
        + st.pearsonr(a, b).confidence_interval(0.9).low + st.pearsonr(a, b, alternative="less").pvalue
    ),
    "pearsonr of columns": lambda a, b: st.pearsonr(a.reshape(3, 3), b.reshape(3, 3), axis=1).statistic,
    "ranks": lambda a, b: st.spearmanr(a, b).statistic * a[0] + st.kendalltau(a, b).statistic * b[1],
    "theilslopes": lambda a, b: st.theilslopes(a, b).slope + st.theilslopes(a, b)[1],
    "mode": lambda a, b: st.mode(np.concatenate([a, b[:2], b[1:2]])).mode * a[0],
    "weighted distance": lambda a, b: st.wasserstein_distance(a, b, U, W) + st.energy_distance(a, b, None, U),
    "densities": lambda a, b: st.gaussian_kde(a).integrate_kde(st.gaussian_kde(b)) + st.gaussian_kde(a).logpdf(b[:2]),
}  # fmt: skip
OF_ONE: dict[str, Any] = {
    "chisquare": lambda u: st.chisquare(u).pvalue + st.power_divergence(u, lambda_="log-likelihood").statistic,
    "expected": lambda u: st.chisquare(u / np.sum(u), W / np.sum(W)).statistic,
    "normality": lambda u: st.jarque_bera(u).pvalue + st.normaltest(u).statistic + st.kurtosistest(u).statistic,
    "distance": lambda u: st.ks_1samp(u, st.expon.cdf).statistic + st.cramervonmises(u, "expon").statistic,
    "likelihoods": lambda u: st.boxcox_llf(u[0], u) + st.yeojohnson_llf(u[0], u - 1.0),
    "circle": lambda u: st.circmean(u) + st.circvar(u) + st.circstd(u),
    "scales": lambda u: st.median_abs_deviation(u, scale="normal", center=np.mean) + st.iqr(u, scale="normal"),
    "axes": lambda u: st.sem(np.outer(u, M[:, 0]), axis=(0, 1)) + np.sum(st.moment(u, [2, 3])),
}  # fmt: skip


PARTS = np.outer(U, W)[:, :4]
UNEQUAL = {"equal_var": False} if "equal_var" in inspect.signature(st.f_oneway).parameters else {}  # SciPy 1.16
TO_FIRST_ORDER: dict[str, Any] = {
    "limits": lambda u: (
        st.tmean(u, (0.5, None)) + st.tstd(u) + st.tsem(u, (None, 1.8), (True, False)) + st.tmin(u, 0.6)
        + st.tmax(u, 1.8, inclusive=False) + np.sum(st.tvar(u[:, None] + W, (1.2, 2.9), axis=1))
    ),
    "order": lambda u: (
        np.sum(st.scoreatpercentile(u, [30, 50.0])) + st.expectile(u, 0.3, weights=W) + np.sum(st.ecdf(u).cdf.quantiles)
        + st.differential_entropy(u) + np.sum(st.trimboth(u, 0.2) ** 2) + st.trim_mean(u, 0.2)
    ),
    "k-statistics": lambda u: (
        st.kstat(u, 1) + st.kstat(u, 3) + st.kstat(u[:, None] * PARTS, 4, axis=0)[1] + st.kstatvar(u)
    ),
    "tables": lambda u: (
        st.chi2_contingency(u.reshape(3, 3))[1] + st.chi2_contingency(u[:4].reshape(2, 2), lambda_=0).statistic
        + np.sum(st.binned_statistic(W, u, "std", bins=2)[0]) + st.contingency.expected_freq(u.reshape(3, 3))[0, 1]
    ),
    "p-values": lambda u: (
        st.combine_pvalues(u / 3).pvalue + st.combine_pvalues(u / 3, "pearson")[1]
        + st.combine_pvalues(u / 3, "mudholkar_george")[1] + st.combine_pvalues(u / 3, "tippett")[1]
        + st.combine_pvalues(u / 3, "stouffer", W).pvalue + st.false_discovery_control(u / 9, method="by")[2]
    ),
    "groups": lambda u: (
        st.alexandergovern(u, X, Y).statistic + st.f_oneway(u, X, Y, **UNEQUAL).pvalue
        + st.ttest_ind(u, X, trim=0.2).pvalue + st.tukey_hsd(u, X).statistic[0, 1] + st.obrientransform(u, X)[0][1]
        + st.epps_singleton_2samp(u, X).statistic + st.linregress(X, u, "less").pvalue
    ),
    "lines": lambda u: (
        st.siegelslopes(u, X).slope + st.siegelslopes(u, X, "separate")[1] + st.kstest(u, "expon").statistic
        + st.pointbiserialr(HOLE, u).pvalue + st.circmean(u[:, None] * PARTS, 2.0, axis=0)[1] + st.circstd(u, 3.0)
    ),
    "ranks": lambda u: (
        u[0] * st.mannwhitneyu(u, X, alternative="less").pvalue + u[1] * st.wilcoxon(u, X)[0]
        + u[2] * st.friedmanchisquare(u, X, Y).pvalue + u[3] * st.percentileofscore(X, u[0])
        + u[4] * st.multivariate_hypergeom.logpmf([1, 2], [3, 4], 3) * st.multivariate_hypergeom.cov([3, 4], 3)[0, 1]
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TO_FIRST_ORDER)
def test_of_one_sample_to_first_order(name):
    f = TO_FIRST_ORDER[name]
    np.testing.assert_allclose(s2sad.vjp(f, U)[0], f(U), rtol=1e-10)
    check_grads(f, (U,), order=1)


@pytest.mark.skipif(not hasattr(st, "quantile"), reason="SciPy 1.16")
@pytest.mark.parametrize("method", ["linear", "harrell-davis", "closest_observation", "round_inward"])
def test_quantiles(method):
    f = lambda u, p: (st.quantile(u, p, method=method), st.quantile(u[:, None] * PARTS, p[0], axis=1, method=method))  # noqa: E731
    for got, want in zip(s2sad.vjp(f, U, W[:3] / 3)[0], f(U, W[:3] / 3), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-12)
    check_grads(f, (U, W[:3] / 3), order=1)
    check_grads(lambda u: st.lmoment(u, [1, 4], standardize=method != "linear"), (U,), order=1)


PLAIN = {"bartlett", "intervals", "ranks", "theilslopes", "chisquare", "normality", "likelihoods", "t"}
"""To first order: their second derivatives go by rules that other rows check."""


@pytest.mark.parametrize("name", OF_TWO)
def test_of_two_samples(name):
    f = OF_TWO[name]
    np.testing.assert_allclose(s2sad.vjp(f, X, Y)[0], f(X, Y), rtol=1e-10)
    check_grads(f, (X, Y), order=1 if name in PLAIN else 2)


@pytest.mark.parametrize("name", [*OF_ONE, *OMITTING])
def test_of_one_sample(name):
    f = {**OF_ONE, **OMITTING}[name]
    np.testing.assert_allclose(s2sad.vjp(f, U)[0], f(U), rtol=1e-10)
    check_grads(f, (U,), order=1 if name in PLAIN else 2)


def test_the_best_power_transform():
    f = lambda u: np.sum(st.boxcox(u)[0] ** 2) + st.yeojohnson(u)[1]  # noqa: E731
    np.testing.assert_allclose(s2sad.vjp(f, U)[0], f(U), rtol=1e-6)
    differences = [(f(U + step) - f(U - step)) / 2e-3 for step in 1e-3 * np.eye(9)[:2]]
    np.testing.assert_allclose(s2sad.grad(f)(U)[:2], differences, rtol=1e-3, atol=1e-3)
