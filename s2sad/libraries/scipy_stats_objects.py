"""``scipy.stats``: distributions that are objects of their parameters (``Normal``, ``Uniform``, ``make_distribution``).

What they can be asked is answered by the distribution of the same name in small letters.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.stats as st

from s2sad.prims.primitive import REGISTRY, unsupported

define = REGISTRY.define


def one_sided(y, name):
    if y is not None:
        unsupported(f"scipy.stats: {name} of two numbers", instead="the logarithm of cdf(x, y)")


class Distribution:
    """A distribution with its parameters; ``frozen`` is that of the same name in small letters."""

    def __init__(self, frozen):
        self.frozen = frozen

    def pdf(self, x, /, *, method=None):
        return self.frozen.pdf(x)

    def logpdf(self, x, /, *, method=None):
        return self.frozen.logpdf(x)

    def pmf(self, x, /, *, method=None):
        return self.frozen.pmf(x)

    def logpmf(self, x, /, *, method=None):
        return self.frozen.logpmf(x)

    def cdf(self, x, y=None, /, *, method=None):
        return self.frozen.cdf(x) if y is None else self.frozen.cdf(y) - self.frozen.cdf(x)

    def ccdf(self, x, y=None, /, *, method=None):
        return self.frozen.sf(x) if y is None else self.frozen.cdf(x) + self.frozen.sf(y)

    def logcdf(self, x, y=None, /, *, method=None):
        one_sided(y, "logcdf")
        return self.frozen.logcdf(x)

    def logccdf(self, x, y=None, /, *, method=None):
        one_sided(y, "logccdf")
        return self.frozen.logsf(x)

    def icdf(self, p, /, *, method=None):
        return self.frozen.ppf(p)

    def iccdf(self, p, /, *, method=None):
        return self.frozen.isf(p)

    def ilogcdf(self, logp, /, *, method=None):
        return self.frozen.ppf(np.exp(logp))

    def ilogccdf(self, logp, /, *, method=None):
        return self.frozen.isf(np.exp(logp))

    def mean(self, *, method=None):
        return self.frozen.mean()

    def median(self, *, method=None):
        return self.frozen.median()

    def variance(self, *, method=None):
        return self.frozen.var()

    def standard_deviation(self, *, method=None):
        return self.frozen.std()

    def skewness(self, *, method=None):
        return self.frozen.stats(moments="s")

    def kurtosis(self, *, method=None, convention="non-excess"):
        excess = self.frozen.stats(moments="k")
        return excess if convention == "excess" else excess + 3.0

    def moment(self, order=1, kind="raw", *, method=None):
        if kind == "raw":
            return self.frozen.moment(order) if order else 1.0
        mean, total = self.frozen.mean(), 0.0
        for k in range(order + 1):
            total = total + math.comb(order, k) * (self.frozen.moment(k) if k else 1.0) * (-mean) ** (order - k)
        return total / self.frozen.std() ** order if kind == "standardized" else total

    def entropy(self, *, method=None):
        return self.frozen.entropy()

    def logentropy(self, *, method=None):
        return np.log(self.frozen.entropy() + 0j)

    def support(self):
        return self.frozen.support()

    def mode(self, *, method=None):
        unsupported("scipy.stats: the mode of a distribution", instead="its formula, by the parameters")

    def sample(self, shape=(), *, method=None, rng=None):
        unsupported("scipy.stats: samples of a distribution", instead="icdf of uniform numbers that are drawn before")


class NormalDistribution(Distribution):
    def __init__(self, mu, sigma):
        self.mu, self.sigma, self.frozen = mu, sigma, st.norm(mu, sigma)

    def mode(self, *, method=None):
        return self.mu * 1.0


class UniformDistribution(Distribution):
    def __init__(self, a, b):
        self.a, self.b, self.frozen = a, b, st.uniform(a, b - a)

    def mode(self, *, method=None):
        return 0.5 * (self.a + self.b)


class BinomialDistribution(Distribution):
    def __init__(self, n, p):
        self.n, self.p, self.frozen = n, p, st.binom(n, p)


def normal(mu=None, sigma=None, *, tol=None, validation_policy=None, cache_policy=None):
    return NormalDistribution(0.0 if mu is None else mu, 1.0 if sigma is None else sigma)


def uniform(*, a=None, b=None, tol=None, validation_policy=None, cache_policy=None):
    return UniformDistribution(0.0 if a is None else a, 1.0 if b is None else b)


def logistic(*, tol=None, validation_policy=None, cache_policy=None):
    return Distribution(st.logistic())


def binomial(*, n, p, tol=None, validation_policy=None, cache_policy=None):
    return BinomialDistribution(n, p)


def make_distribution(dist):
    """A class of distributions: a function of the shapes."""
    def of_shapes(*, tol=None, validation_policy=None, cache_policy=None, **parameters):
        return Distribution(dist(**parameters))

    return of_shapes


MADE: dict[str, Any] = {
    "Normal": normal, "Uniform": uniform, "Logistic": logistic, "Binomial": binomial,
    "make_distribution": make_distribution,
}  # fmt: skip

for _name, _meaning in MADE.items():
    if hasattr(st, _name):
        define(getattr(st, _name))(_meaning)


# -- made before the call ---------------------------------------------------------------------------------------------


@REGISTRY.compute
def made_of(kind):
    """The distribution that a class was made of by ``make_distribution``, which its methods close over."""
    for method in vars(kind).values():
        for cell in getattr(method, "__closure__", None) or ():
            if isinstance(cell.cell_contents, st.rv_continuous | st.rv_discrete):
                return cell.cell_contents
    return None


@REGISTRY.compute
def parameters_of(distribution):
    """The parameters of a distribution that is known, by name, and what it is called."""
    numbers = {name: np.asarray(value)[()] for name, value in getattr(distribution, "_parameters", {}).items()}
    name = type(distribution).__name__
    return ("Normal", {"mu": 0.0, "sigma": 1.0}) if name == "StandardNormal" else (name, numbers)


def of_others():
    unsupported("scipy.stats: a distribution made of others", instead="the formula of its density")


def known(distribution):
    kind, numbers = parameters_of(distribution)
    if kind == "Normal":
        return NormalDistribution(**numbers)
    if kind == "Uniform":
        return UniformDistribution(numbers["a"], numbers["b"])
    if kind == "Binomial":
        return BinomialDistribution(**numbers)
    if kind == "Logistic":
        return Distribution(st.logistic())
    dist = made_of(type(distribution))
    if dist is None:
        of_others()
    return Distribution(dist(**numbers))


def made(self, *, tol=None, validation_policy=None, cache_policy=None, **parameters):
    dist = made_of(type(self))
    if dist is None:
        of_others()
    self.frozen = dist(**parameters)


def asked(owner: Any, name: str) -> None:
    """A method of a distribution whose class is SciPy's."""
    @define(getattr(owner, name))
    def meaning(self, *args, **kwds):
        distribution = Distribution(self.frozen) if hasattr(self, "frozen") else known(self)
        return getattr(distribution, name)(*args, **kwds)


if hasattr(st, "Normal"):
    _owner = next(kind for kind in st.Normal.__mro__ if "logpdf" in vars(kind))
    define(vars(_owner)["__init__"])(made)
    for _name in vars(Distribution):
        if not _name.startswith("_") and _name in vars(_owner):
            asked(_owner, _name)
