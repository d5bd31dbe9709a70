"""``scipy.stats``: densities estimated of samples, by normal densities around their points."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import numpy as np
import scipy.stats as st

from s2sad.libraries.scipy_stats_measures import sample
from s2sad.prims.primitive import REGISTRY

define = REGISTRY.define


def density_at(self, points):
    """A sum of normal densities around the points of the data set."""
    points = sample(points)
    shape = np.shape(points) if np.ndim(points) == 2 else (1, -1) if self.d == 1 else (-1, 1)
    rows = np.reshape(points, shape)
    root = np.linalg.cholesky(self.covariance)
    apart = np.linalg.solve(root, np.reshape(rows[:, :, None] - self.dataset[:, None, :], (len(self.dataset), -1)))
    kernels = np.exp(-0.5 * np.reshape(np.sum(apart**2, axis=0), (-1, np.shape(self.dataset)[1])))
    return kernels @ self.weights / (np.prod(np.diag(root)) * (2.0 * np.pi) ** (0.5 * self.d))


@define(st.gaussian_kde)
def gaussian_kde(dataset, bw_method=None, weights=None):
    """The bandwidth by Scott's or Silverman's rule, or a number times the standard deviation."""
    dataset = sample(dataset)
    dataset = np.reshape(dataset, (1, -1)) if np.ndim(dataset) == 1 else dataset
    d, n = np.shape(dataset)
    kde = object.__new__(st.gaussian_kde)
    weights = np.ones(n) / n if weights is None else sample(weights) / np.sum(weights)
    effective = 1.0 / np.sum(weights**2)
    if bw_method is None or isinstance(bw_method, str) and bw_method == "scott":
        factor = effective ** (-1.0 / (d + 4))
    elif isinstance(bw_method, str):
        factor = (effective * (d + 2) / 4.0) ** (-1.0 / (d + 4))
    else:
        factor = bw_method
    mean = dataset @ weights
    apart = dataset - mean[:, None]
    covariance = (apart * weights) @ apart.T / (1.0 - np.sum(weights**2)) * factor**2
    kde.dataset, kde.d, kde.n, kde.factor = dataset, d, n, factor
    kde._weights, kde.covariance = weights, covariance
    return kde


@define(st.gaussian_kde.evaluate, st.gaussian_kde.__call__, st.gaussian_kde.pdf)
def evaluate(self, points):
    return density_at(self, points)


@define(st.gaussian_kde.logpdf)
def logpdf(self, x):
    return np.log(density_at(self, x))
