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

from s2sad.prims.primitive import REGISTRY, unsupported

define = REGISTRY.define
normal, student = type(st.multivariate_normal), type(st.multivariate_t)


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


def strict(name, allow_singular):
    if allow_singular:
        unsupported(f"{name} with allow_singular=True", instead="leave it out, or add a small multiple of the identity")


@define(normal.logpdf)
def normal_logpdf(self, x, mean=None, cov=1, allow_singular=False):
    strict("scipy.stats.multivariate_normal", allow_singular)
    squares, logdet, d = quadratic(x, mean, cov)
    return -0.5 * (d * np.log(2.0 * np.pi) + logdet + squares)


@define(normal.pdf)
def normal_pdf(self, x, mean=None, cov=1, allow_singular=False):
    return np.exp(normal_logpdf(self, x, mean, cov, allow_singular))


@define(normal.entropy)
def normal_entropy(self, mean=None, cov=1):
    d = dimension(mean, cov)
    root = np.linalg.cholesky(matrix_of(cov, d))
    return 0.5 * d * (1.0 + np.log(2.0 * np.pi)) + np.sum(np.log(np.diag(root)))


class FrozenNormal:
    """``multivariate_normal(mean, cov)``."""

    def __init__(self, mean, cov):
        self.mean, self.cov = mean, cov

    def logpdf(self, x):
        return normal_logpdf(None, x, self.mean, self.cov)

    def pdf(self, x):
        return np.exp(normal_logpdf(None, x, self.mean, self.cov))

    def entropy(self):
        return normal_entropy(None, self.mean, self.cov)


@define(normal.__call__)
def normal_freeze(self, mean=None, cov=1, allow_singular=False, seed=None):
    strict("scipy.stats.multivariate_normal", allow_singular)
    return FrozenNormal(mean, cov)


@define(multivariate.multivariate_normal_frozen.logpdf)
def frozen_logpdf(self, x):
    return normal_logpdf(None, x, self.mean, self.cov_object.covariance)


@define(multivariate.multivariate_normal_frozen.pdf)
def frozen_pdf(self, x):
    return np.exp(normal_logpdf(None, x, self.mean, self.cov_object.covariance))


@define(student.logpdf)
def student_logpdf(self, x, loc=None, shape=1, df=1):
    squares, logdet, d = quadratic(x, loc, shape)
    half = 0.5 * (df + d)
    scale = sc.gammaln(half) - sc.gammaln(0.5 * df) - 0.5 * (d * np.log(df * np.pi) + logdet)
    return scale - half * np.log1p(squares / df)


@define(student.pdf)
def student_pdf(self, x, loc=None, shape=1, df=1, allow_singular=False):
    strict("scipy.stats.multivariate_t", allow_singular)
    return np.exp(student_logpdf(self, x, loc, shape, df))
