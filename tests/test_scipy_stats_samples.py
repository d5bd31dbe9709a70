"""``scipy.stats``: tests, transforms and distances of samples, in both modes and against each other."""

from __future__ import annotations

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
    "limits": lambda u: st.tmean(u, (0.5, None)) + st.tvar(u, (None, 1.8)) + st.tstd(u) + st.differential_entropy(u),
    "scales": lambda u: st.median_abs_deviation(u, scale="normal", center=np.mean) + st.iqr(u, scale="normal"),
    "axes": lambda u: st.sem(np.outer(u, M[:, 0]), axis=(0, 1)) + np.sum(st.moment(u, [2, 3])),
}  # fmt: skip


@pytest.mark.parametrize("name", OF_TWO)
def test_of_two_samples(name):
    f = OF_TWO[name]
    np.testing.assert_allclose(s2sad.vjp(f, X, Y)[0], f(X, Y), rtol=1e-10)
    check_grads(f, (X, Y), order=2)


@pytest.mark.parametrize("name", [*OF_ONE, *OMITTING])
def test_of_one_sample(name):
    f = {**OF_ONE, **OMITTING}[name]
    np.testing.assert_allclose(s2sad.vjp(f, U)[0], f(U), rtol=1e-10)
    check_grads(f, (U,), order=2)


def test_the_best_power_transform():
    f = lambda u: np.sum(st.boxcox(u)[0] ** 2) + st.yeojohnson(u)[1]  # noqa: E731
    np.testing.assert_allclose(s2sad.vjp(f, U)[0], f(U), rtol=1e-6)
    differences = [(f(U + step) - f(U - step)) / 2e-3 for step in 1e-3 * np.eye(9)]
    np.testing.assert_allclose(s2sad.grad(f)(U), differences, rtol=1e-3, atol=1e-3)
