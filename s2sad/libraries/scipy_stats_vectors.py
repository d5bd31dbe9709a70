"""``scipy.stats``: distributions of vectors.

SciPy takes eigenvalues of a covariance matrix, of which it reads the lower triangle. Here it is the factor of Cholesky,
which reads the same, so that derivatives in the matrix are those of what SciPy reads (Giles, "Collected matrix
derivative results", 2008).
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import numpy as np
import scipy.special as sc
import scipy.stats as st
import scipy.stats._multivariate as multivariate

from s2sad.cotangents import stop_gradient
from s2sad.libraries.scipy_stats_covariances import matrix_given
from s2sad.prims.primitive import REGISTRY, unsupported

define = REGISTRY.define
normal, student = type(st.multivariate_normal), type(st.multivariate_t)
inverse_wishart, multinomial = type(st.invwishart), type(st.multinomial)
FROZEN = (
    "multivariate_t", "dirichlet", "wishart", "invwishart", "matrix_normal", "multinomial", "dirichlet_multinomial",
    "vonmises_fisher",
)  # fmt: skip


def as_array(x):
    return np.array(x) if isinstance(x, (list, tuple)) else x


def matrix_of(cov, d):
    """A covariance matrix: of a number the multiple of the identity, of a vector the diagonal matrix."""
    cov = as_array(cov)
    if np.ndim(cov) == 0:
        return cov * np.eye(d)
    return np.diag(cov) if np.ndim(cov) == 1 else cov


def dimension(mean, cov):
    if mean is not None and np.ndim(mean) > 0:
        return np.shape(mean)[0]
    return 1 if cov is None or np.ndim(cov) == 0 else np.shape(cov)[0]


def quadratic(x, mean, cov):
    """(x - mean)ᵀ cov⁻¹ (x - mean) for each point x, the logarithm of the determinant of cov, and the dimension."""
    x, mean = as_array(x), as_array(mean)
    if np.ndim(cov if cov is not None else 1.0) == 0 and np.ndim(mean if mean is not None else 0.0) == 0:
        variance = 1.0 if cov is None else cov
        apart = x if mean is None else x - mean
        return np.squeeze(apart**2 / variance)[()], np.log(variance), 1
    d = dimension(mean, cov)
    root = np.linalg.cholesky(np.eye(d) if cov is None else matrix_of(cov, d))
    apart = x if mean is None else x - mean
    logdet = 2.0 * np.sum(np.log(np.diag(root)))
    if np.ndim(x) == 1:
        return np.sum(np.linalg.solve(root, apart) ** 2), logdet, d
    columns = np.linalg.solve(root, np.reshape(apart, (-1, d)).T)
    return np.squeeze(np.reshape(np.sum(columns**2, axis=0), np.shape(x)[:-1]))[()], logdet, d


def semidefinite(x, mean, cov):
    """As ``quadratic``, of a matrix that may be singular: by the inverse and the determinant on the space it spans.

    Points beside that space have density 0. Eigenvalues are zero where SciPy takes them to be. The determinant and the
    inverse are functions of all other eigenvalues alike, so that those may coincide.
    """
    x, mean = as_array(x), as_array(mean)
    d = dimension(mean, cov)
    lower = np.tril(matrix_of(1.0 if cov is None else cov, d))
    matrix = lower + np.tril(lower, -1).T
    values = np.linalg.eigvalsh(matrix)
    least = 1e6 * np.finfo(np.float64).eps * np.max(np.abs(values))
    nonzero = values > least
    logdet, rank = np.sum(np.log(np.where(nonzero, values, 1.0))), np.sum(nonzero)
    apart = np.reshape(x if mean is None else x - mean, (-1, d))
    solved = apart @ np.linalg.pinv(matrix, rcond=1e6 * np.finfo(np.float64).eps, hermitian=True)
    beside = np.sqrt(np.sum(stop_gradient(apart - solved @ matrix) ** 2, axis=-1)) >= 1e3 * least
    squares = np.where(beside, np.inf, np.sum(apart * solved, axis=-1))
    return np.squeeze(np.reshape(squares, np.shape(x)[:-1]))[()], logdet, rank


@define(normal.logpdf)
def normal_logpdf(self, x, mean=None, cov=1, allow_singular=False):
    cov, allow_singular = matrix_given(cov, allow_singular)
    squares, logdet, d = semidefinite(x, mean, cov) if allow_singular else quadratic(x, mean, cov)
    return -0.5 * (d * np.log(2.0 * np.pi) + logdet + squares)


@define(normal.pdf)
def normal_pdf(self, x, mean=None, cov=1, allow_singular=False):
    return np.exp(normal_logpdf(self, x, mean, cov, allow_singular))


@define(normal.entropy)
def normal_entropy(self, mean=None, cov=1):
    cov = matrix_given(cov, False)[0]
    d = dimension(mean, cov)
    root = np.linalg.cholesky(matrix_of(cov, d))
    return 0.5 * d * (1.0 + np.log(2.0 * np.pi)) + np.sum(np.log(np.diag(root)))


class FrozenNormal:
    """``multivariate_normal(mean, cov)``."""

    def __init__(self, mean, cov, allow_singular):
        self.mean, self.cov, self.allow_singular = mean, cov, allow_singular

    def logpdf(self, x):
        return normal_logpdf(None, x, self.mean, self.cov, self.allow_singular)

    def pdf(self, x):
        return np.exp(self.logpdf(x))

    def entropy(self):
        return normal_entropy(None, self.mean, self.cov)


@define(normal.__call__)
def normal_freeze(self, mean=None, cov=1, allow_singular=False, seed=None):
    return FrozenNormal(mean, cov, allow_singular)


@define(normal.cdf, normal.logcdf)
def normal_cdf(self, x, mean=None, cov=1, **options):
    unsupported("scipy.stats.multivariate_normal.cdf, which SciPy estimates by random points", instead="use nquad")


@define(multivariate.multivariate_normal_frozen.logpdf)
def frozen_logpdf(self, x):
    return normal_logpdf(None, x, self.mean, self.cov_object.covariance, self.allow_singular)


@define(multivariate.multivariate_normal_frozen.pdf)
def frozen_pdf(self, x):
    return np.exp(normal_logpdf(None, x, self.mean, self.cov_object.covariance, self.allow_singular))


@define(student.logpdf)
def student_logpdf(self, x, loc=None, shape=1, df=1):
    squares, logdet, d = quadratic(x, loc, shape)
    half = 0.5 * (df + d)
    scale = sc.gammaln(half) - sc.gammaln(0.5 * df) - 0.5 * (d * np.log(df * np.pi) + logdet)
    return scale - half * np.log1p(squares / df)


@define(student.pdf)
def student_pdf(self, x, loc=None, shape=1, df=1, allow_singular=False):
    if allow_singular:
        unsupported("scipy.stats.multivariate_t with allow_singular=True", instead="leave it out")
    return np.exp(student_logpdf(self, x, loc, shape, df))


@define(student.entropy)
def student_entropy(self, loc=None, shape=1, df=1):
    d = dimension(loc, shape)
    root = np.linalg.cholesky(matrix_of(shape, d))
    half = 0.5 * (df + d)
    scale = sc.gammaln(0.5 * df) - sc.gammaln(half) + 0.5 * d * np.log(df * np.pi) + np.sum(np.log(np.diag(root)))
    return scale + half * (sc.psi(half) - sc.psi(0.5 * df))


# -- of matrices and counts -------------------------------------------------------------------------------------------


def square(x):
    """A matrix of a number, a vector of the diagonal, or a matrix; of several, the last axis in front."""
    x = as_array(x)
    if np.ndim(x) < 2:
        return matrix_of(x, 1)
    return np.moveaxis(x, -1, 0) if np.ndim(x) == 3 else x


@define(inverse_wishart.logpdf)
def inverse_wishart_logpdf(self, x, df, scale):
    x, scale = square(x), square(scale)
    d = np.shape(scale)[-1]
    root, root_x = np.linalg.cholesky(scale), np.linalg.cholesky(x)
    logdet = 2.0 * np.sum(np.log(np.diag(root)))
    logdet_x = 2.0 * np.sum(np.log(np.diagonal(root_x, axis1=-2, axis2=-1)), axis=-1)
    trace = np.sum(np.linalg.solve(root_x, np.broadcast_to(root, np.shape(x))) ** 2, axis=(-2, -1))
    norm = 0.5 * df * d * np.log(2.0) + sc.multigammaln(0.5 * df, d)
    return 0.5 * df * logdet - 0.5 * (df + d + 1) * logdet_x - 0.5 * trace - norm


@define(inverse_wishart.pdf)
def inverse_wishart_pdf(self, x, df, scale):
    return np.exp(inverse_wishart_logpdf(self, x, df, scale))


def completed(p):
    """Probabilities, the last of which is what the others leave, and whether all of them are some."""
    p = as_array(p)
    p = np.concatenate([p[..., :-1], 1.0 - np.sum(p[..., :-1], axis=-1, keepdims=True)], axis=-1)
    return p, np.all((p >= 0) & (p <= 1), axis=-1)


@define(multinomial._process_parameters)
def multinomial_parameters(self, n, p):
    p, valid = completed(p)
    n = np.array(n)
    return n, p, (n < 0) | ~valid


@define(multinomial.logpmf)
def multinomial_logpmf(self, x, n, p):
    x, (p, valid) = as_array(x), completed(p)
    out = sc.gammaln(n + 1.0) + np.sum(sc.xlogy(x, p) - sc.gammaln(x + 1.0), axis=-1)
    counted = np.all((x >= 0) & (np.floor(x) == x), axis=-1) & (np.sum(x, axis=-1) == n)
    return np.where(valid, np.where(counted, out, -np.inf), np.nan)[()]


@define(multinomial.pmf)
def multinomial_pmf(self, x, n, p):
    return np.exp(multinomial_logpmf(self, x, n, p))


# -- distributions with their parameters ------------------------------------------------------------------------------


class Frozen:
    """``wishart(df, scale)``: its methods hand on to those of the distribution."""

    def __init__(self, dist, args, kwds):
        self.dist, self.args, self.kwds = dist, args, kwds

    def __getattr__(self, name):
        return lambda *x: getattr(self.dist, name)(*x, *self.args, **self.kwds)


@define(*[type(getattr(st, name)).__call__ for name in FROZEN if hasattr(st, name)])
def freeze(self, *args, seed=None, **kwds):
    return Frozen(self, args, kwds)
