"""``scipy.stats``: means, moments, entropies and expectations of distributions.

SciPy's formulas for standard moments are taken where it has them, sums over whole numbers where it adds up, and
``scipy.integrate.quad`` where it integrates.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import math

import numpy as np
import scipy.integrate
import scipy.special as sc
import scipy.stats as st
import scipy.stats._distn_infrastructure as infrastructure

from s2sad.cotangents import stop_gradient
from s2sad.libraries.scipy_stats_counts import quantile_of, standard_pmf
from s2sad.libraries.scipy_stats_methods import (
    allowed,
    checked,
    floats,
    form,
    is_discrete,
    no_end,
    own,
    parameters,
    standard_pdf,
    support,
    title,
)  # fmt: skip
from s2sad.prims.primitive import REGISTRY, unsupported

MOST = 100_000  # numbers that are added up, where there is no end to them

define = REGISTRY.define
rv_generic, rv_continuous, rv_discrete = infrastructure.rv_generic, st.rv_continuous, st.rv_discrete


# -- moments of the standard form -------------------------------------------------------------------------------------


def raw_moment(self, order, shapes, name):
    """E[y**order] of the standard form."""
    if not own(self, "_munp"):
        return integral(self, lambda y: y**order, shapes, name)
    return self._munp(order, *shapes)


def integral(self, function, shapes, name):
    """The mean of a function, over the standard form."""
    if is_discrete(self):
        k = every(self, shapes, name)
        return np.sum(function(k) * standard_pmf(self, k, shapes))
    low, high = support(self, shapes)
    return scipy.integrate.quad(lambda y: function(y) * standard_pdf(self, y, shapes), low, high)[0]


def every(self, shapes, name):
    """The whole numbers that count."""
    low, high = support(self, shapes)
    if no_end(low):
        unsupported(f"{title(self)}.{name}, a sum without a beginning", instead="write out its formula")
    if no_end(high):
        quantile = quantile_of(self, "isf")
        if quantile is None:
            unsupported(f"{title(self)}.{name}, a sum without an end", instead="write out its formula")
        high = np.minimum(quantile(1e-15, *shapes), low + MOST)
    return np.arange(low, high + 1.0)


def standard_moments(self, shapes, name):
    """Mean and variance."""
    written = form(self, "moments")
    if written is not None:
        return written(*shapes)[:2]
    if own(self, "_stats"):
        first, second = self._stats(*shapes)[:2]
        if first is not None and second is not None:
            return first, second
    first = raw_moment(self, 1, shapes, name)
    return first, raw_moment(self, 2, shapes, name) - first**2


def higher_moments(self, shapes, name):
    """Skewness, and the excess of kurtosis."""
    written = form(self, "moments")
    if written is not None:
        return written(*shapes)[2:]
    if own(self, "_stats"):
        skewness, excess = self._stats(*shapes)[2:]
        if skewness is not None and excess is not None:
            return skewness, excess
    m1, m2, m3, m4 = [raw_moment(self, order, shapes, name) for order in (1, 2, 3, 4)]
    variance = m2 - m1**2
    third, fourth = m3 - 3.0 * m1 * m2 + 2.0 * m1**3, m4 - 4.0 * m1 * m3 + 6.0 * m1**2 * m2 - 3.0 * m1**4
    return third / variance**1.5, fourth / variance**2 - 3.0


def standard_moment(self, order, shapes):
    """E[y**order], of the lowest orders by mean, variance, skewness and kurtosis."""
    if order == 0:
        return 1.0
    if own(self, "_munp") or order > 4:
        return raw_moment(self, order, shapes, "moment")
    first, second = standard_moments(self, shapes, "moment")
    if order == 1:
        return first
    if order == 2:
        return second + first**2
    skewness, excess = higher_moments(self, shapes, "moment")
    third = skewness * second**1.5
    if order == 3:
        return third + 3.0 * first * second + first**3
    return (excess + 3.0) * second**2 + 4.0 * first * third + 6.0 * first**2 * second + first**4


# -- what users call --------------------------------------------------------------------------------------------------


@define(rv_generic.mean, rv_discrete.mean)
def mean(self, *args, **kwds):
    shapes, loc, scale = parameters(self, args, kwds)
    return checked(allowed(self, shapes, scale), standard_moments(self, shapes, "mean")[0] * scale + loc)


@define(rv_generic.var, rv_discrete.var)
def var(self, *args, **kwds):
    shapes, _, scale = parameters(self, args, kwds)
    return checked(allowed(self, shapes, scale), standard_moments(self, shapes, "var")[1] * scale**2)


@define(rv_generic.std, rv_discrete.std)
def std(self, *args, **kwds):
    shapes, _, scale = parameters(self, args, kwds)
    return checked(allowed(self, shapes, scale), np.sqrt(standard_moments(self, shapes, "std")[1]) * scale)


@define(rv_generic.stats, rv_discrete.stats)
def stats(self, *args, **kwds):
    if len(args) == self.numargs + (2 if is_discrete(self) else 3):  # behind the shapes, the location and the scale
        moments, args = args[-1], args[:-1]
    else:
        moments = kwds.pop("moments", "mv")
    shapes, loc, scale = parameters(self, args, kwds)
    valid, out = allowed(self, shapes, scale), []
    if "m" in moments or "v" in moments:
        first, second = standard_moments(self, shapes, "stats")
        if "m" in moments:
            out.append(checked(valid, first * scale + loc))
        if "v" in moments:
            out.append(checked(valid, second * scale**2))
    if "s" in moments or "k" in moments:
        skewness, excess = higher_moments(self, shapes, "stats")
        if "s" in moments:
            out.append(checked(valid, skewness))
        if "k" in moments:
            out.append(checked(valid, excess))
    return out[0] if len(out) == 1 else tuple(out)


@define(rv_generic.moment, rv_discrete.moment)
def moment(self, order, *args, **kwds):
    shapes, loc, scale = parameters(self, args, kwds)
    total = loc**order
    for k in tuple(range(1, order + 1)):  # a term for each, and no loop
        total = total + math.comb(order, k) * scale**k * standard_moment(self, k, shapes) * loc ** (order - k)
    return checked(allowed(self, shapes, scale), total)


def entropy_of_density(self, shapes):
    if own(self, "_entropy") and not (is_discrete(self) and form(self, "logpmf") is not None):
        return self._entropy(*shapes)
    if is_discrete(self):
        return np.sum(sc.entr(standard_pmf(self, every(self, shapes, "entropy"), shapes)))
    low, high = support(self, shapes)
    return scipy.integrate.quad(lambda y: sc.entr(standard_pdf(self, y, shapes)), low, high)[0]


@define(rv_continuous.entropy, rv_discrete.entropy)
def entropy(self, *args, **kwds):
    shapes, _, scale = parameters(self, args, kwds)
    out = entropy_of_density(self, shapes)
    return checked(allowed(self, shapes, scale), out if is_discrete(self) else out + np.log(scale))


@define(rv_generic.support, rv_discrete.support)
def ends_of_support(self, *args, **kwds):
    shapes, loc, scale = parameters(self, args, kwds)
    low, high = support(self, shapes)
    return low if no_end(low) else low * scale + loc, high if no_end(high) else high * scale + loc


# -- expectations -----------------------------------------------------------------------------------------------------


@define(rv_continuous.expect)
def expect(self, func=None, args=(), loc=0, scale=1, lb=None, ub=None, conditional=False, **kwds):
    """The integral is taken over the standard form, in three parts as SciPy does it."""
    shapes = tuple([floats(s) for s in args])
    low, high = support(self, shapes) if self.name != "vonmises" else (-np.pi, np.pi)
    low, high = low if lb is None else (lb - loc) / scale, high if ub is None else (ub - loc) / scale

    def mass(y):
        return standard_pdf(self, y, shapes)

    def term(y):
        x = loc + scale * y
        return (x if func is None else func(x)) * mass(y)

    if lb is None and ub is None:
        left, right = stop_gradient(self.ppf(0.05, *shapes)), stop_gradient(self.ppf(0.95, *shapes))
        parts = [scipy.integrate.quad(term, a, b, **kwds)[0] for a, b in ((low, left), (left, right), (right, high))]
        return sum(parts)
    total = scipy.integrate.quad(term, low, high, **kwds)[0]
    return total / scipy.integrate.quad(mass, low, high, **kwds)[0] if conditional else total


@define(rv_discrete.expect)
def counted_expect(
    self, func=None, args=(), loc=0, lb=None, ub=None, conditional=False, maxcount=1000, tolerance=1e-10, chunksize=32
):
    k = every(self, args, "expect")
    if lb is not None:
        k = k[k + loc >= lb]
    if ub is not None:
        k = k[k + loc <= ub]
    weights = standard_pmf(self, k, args)
    total = np.sum((k + loc if func is None else func(k + loc)) * weights)
    return total / np.sum(weights) if conditional else total
