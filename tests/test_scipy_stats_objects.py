"""``scipy.stats``: distributions and covariances that are objects of their parameters."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.stats as st

from s2sad import UnsupportedError, grad, vjp
from s2sad.testing import check_grads

if not hasattr(st, "Normal"):
    pytest.skip("this SciPy has no such distributions", allow_module_level=True)

X = np.array([0.3, 0.9, 1.4])
POINTS, MEAN = np.array([[0.3, -1.0], [0.5, 0.1]]), np.array([0.2, -0.4])
FACTOR = np.array([[1.1, 0.0], [0.4, 0.8]])
OUTSIDE, MADE, GIVEN = st.Normal(mu=0.3, sigma=1.2), st.make_distribution(st.gamma), st.Covariance.from_cholesky(FACTOR)
SINGULAR = st.multivariate_normal(np.zeros(2), np.ones((2, 2)), allow_singular=True)


def functions_of_normal(m, s):
    z = st.Normal(mu=m, sigma=s)
    tails = z.cdf(0.1, 0.9) + z.ccdf(0.3) * z.ccdf(0.1, 0.5) + z.logcdf(0.2) + z.logccdf(0.4)
    return tails + z.icdf(0.3) * z.iccdf(0.2) + z.ilogcdf(-0.3) + z.ilogccdf(-0.6)


def moments_of_normal(m, s):
    z = st.Normal(mu=m, sigma=s)
    middle = z.mean() + z.median() * z.mode() + z.variance() * z.standard_deviation()
    return middle + z.moment(3) + z.moment(4, "central") * z.mu + z.kurtosis() * z.skewness() + z.entropy()


def of_shapes(a):
    return st.make_distribution(st.gamma)(a=a).logpdf(X) + MADE(a=a).cdf(X) * MADE(a=2.0).pdf(X)


def whitened(x, s):
    factor, precision = st.Covariance.from_cholesky(FACTOR * s), st.Covariance.from_precision(FACTOR @ FACTOR.T * s)
    diagonal = st.Covariance.from_diagonal([s, 2.0])
    vectors = st.Covariance.from_eigendecomposition((np.array([0.7, 1.9]) * s, FACTOR))
    return sum([c.colorize(x) + np.sin(c.whiten(x)) + c.log_pdet for c in (factor, precision, diagonal, vectors)])


CASES: dict[str, Any] = {
    "functions": (functions_of_normal, 0.2, 1.3), "moments": (moments_of_normal, 0.2, 1.3),
    "uniform": (lambda a, b: st.Uniform(a=a, b=b).logpdf(X) + st.Uniform(a=a, b=b).icdf(0.3), 0.2, 2.3),
    "standard": (lambda x: st.Normal().pdf(x), X), "shapes": (of_shapes, 1.4),
    "outside": (lambda x: OUTSIDE.logpdf(x) * OUTSIDE.mu + MADE(a=1.5).ccdf(x), X),
    "whitened": (whitened, POINTS, 1.3),
    "covariances": (
        lambda x, s: st.multivariate_normal(MEAN, st.Covariance.from_diagonal([s, 2.0])).logpdf(x)
        + st.multivariate_normal.logpdf(x, MEAN, GIVEN), POINTS, 1.3,
    ),
    "singular": (lambda a: SINGULAR.logpdf(np.array([a, a])), 1.3),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_objects(name: str) -> None:
    f, *arguments = CASES[name]
    np.testing.assert_allclose(vjp(f, *arguments)[0], f(*arguments), rtol=1e-10)
    check_grads(f, tuple(arguments), order=1 if name in ("functions", "moments", "whitened") else 2)


@pytest.mark.parametrize("f", [
    lambda m: st.Normal(mu=m, sigma=1.0).sample(), lambda m: MADE(a=m).mode(), lambda m: (2.0 * OUTSIDE).pdf(m),
    lambda m: st.Normal(mu=m, sigma=1.0).logcdf(0.1, 0.3),
])  # fmt: skip
def test_what_is_refused(f: Any) -> None:
    with pytest.raises(UnsupportedError, match="instead: "):
        grad(f)(1.5)
