"""``scipy.stats.Covariance``: matrices given by a factor, a diagonal, their inverse or their eigenvectors."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import numpy as np
import scipy.linalg
import scipy.stats as st

from s2sad.prims.primitive import REGISTRY

define = REGISTRY.define


class GivenCovariance:
    """What all of them have."""

    allow_singular = False

    @property
    def log_pdet(self):
        return np.linalg.slogdet(self.covariance)[1]

    @property
    def rank(self):
        return np.shape(self.covariance)[-1]

    @property
    def shape(self):
        return np.shape(self.covariance)


class OfDiagonal(GivenCovariance):
    def __init__(self, diagonal):
        self.deviations, self.covariance = np.sqrt(diagonal), np.diag(diagonal)

    def whiten(self, x):
        return x / self.deviations

    def colorize(self, x):
        return x * self.deviations


class OfFactor(GivenCovariance):
    def __init__(self, factor):
        self.factor, self.covariance = factor, factor @ factor.T

    def whiten(self, x):
        return scipy.linalg.solve_triangular(self.factor, np.asarray(x).T, lower=True).T

    def colorize(self, x):
        return x @ self.factor.T


class OfPrecision(GivenCovariance):
    def __init__(self, precision, covariance):
        self.precision = precision
        self.covariance = np.linalg.inv(precision) if covariance is None else covariance

    def whiten(self, x):
        return x @ np.linalg.cholesky(self.precision)

    def colorize(self, x):
        return scipy.linalg.solve_triangular(np.linalg.cholesky(self.precision).T, np.asarray(x).T).T


class OfEigenvectors(GivenCovariance):
    allow_singular = True

    def __init__(self, values, vectors):
        self.values, self.vectors, self.covariance = values, vectors, (vectors * values) @ vectors.T

    def whiten(self, x):
        return x @ (self.vectors / np.sqrt(np.where(self.values > 0, self.values, np.inf)))

    def colorize(self, x):
        return x @ (self.vectors * np.sqrt(np.maximum(self.values, 0.0))).T

    @property
    def log_pdet(self):
        return np.sum(np.log(np.where(self.values > 0, self.values, 1.0)))

    @property
    def rank(self):
        return np.sum(self.values > 0)


@define(st.Covariance.from_diagonal)
def from_diagonal(diagonal):
    return OfDiagonal(np.asarray(diagonal))


@define(st.Covariance.from_cholesky)
def from_cholesky(cholesky):
    return OfFactor(np.asarray(cholesky))


@define(st.Covariance.from_precision)
def from_precision(precision, covariance=None):
    return OfPrecision(np.asarray(precision), covariance)


@define(st.Covariance.from_eigendecomposition)
def from_eigendecomposition(eigendecomposition):
    values, vectors = eigendecomposition
    return OfEigenvectors(np.asarray(values), np.asarray(vectors))


def matrix_given(cov, allow_singular):
    """The matrix of a covariance however it is given, and whether it may be singular."""
    if isinstance(cov, GivenCovariance):
        return cov.covariance, allow_singular or cov.allow_singular
    if isinstance(cov, st.Covariance):
        return cov.covariance, True
    return cov, allow_singular
