"""``scipy.special``: distribution functions that are incomplete gamma and beta functions, and their inverses; those of
the normal one.

Counts (k, and n where SciPy takes whole numbers only) are taken as what stands before the point, so they have no slope.
"""

# Rules are named after their function, and a formula reads best on one line.
# ruff: noqa: E302, E305, E704
# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import numpy as np
import scipy.special as sc

from s2sad.libraries.declaring import ufuncs
from s2sad.libraries.scipy_special import ROOT_2PI, whole
from s2sad.libraries.scipy_special_incomplete import beta_density, betainc_slope, gamma_density, gammainc_slope, ratio
from s2sad.rules.book import partials

# Of chi-squared, gamma and Poisson's distribution (DLMF 8.23): P(a, x) of the incomplete gamma function

ufuncs(sc, "chdtr chdtrc", "v x")
ufuncs(sc, "chdtri", "v p")
ufuncs(sc, "gdtr gdtrc", "a b x")
ufuncs(sc, "gdtrix", "a b p")
ufuncs(sc, "pdtr pdtrc", "k m")
ufuncs(sc, "pdtri", "k y")

@partials(sc.chdtr, guarded=True)
def chdtr(v, x): return 0.5 * gammainc_slope(0.5 * v, 0.5 * x, 1), 0.5 * gamma_density(0.5 * v, 0.5 * x)
@partials(sc.chdtrc, guarded=True)
def chdtrc(v, x): return -0.5 * gammainc_slope(0.5 * v, 0.5 * x, 1), -0.5 * gamma_density(0.5 * v, 0.5 * x)
@partials(sc.chdtri, guarded=True)
def chdtri(v, ans):
    rate = gamma_density(0.5 * v, 0.5 * ans)
    return -ratio(gammainc_slope(0.5 * v, 0.5 * ans, 1), rate), -2.0 / rate
@partials(sc.gdtr, guarded=True)
def gdtr(a, b, x):
    rate = gamma_density(b, a * x)
    return x * rate, gammainc_slope(b, a * x, 1), a * rate
@partials(sc.gdtrc, guarded=True)
def gdtrc(a, b, x):
    rate = gamma_density(b, a * x)
    return -x * rate, -gammainc_slope(b, a * x, 1), -a * rate
@partials(sc.gdtrix, guarded=True)
def gdtrix(a, b, ans):
    rate = gamma_density(b, a * ans)
    return -ans / a, -ratio(gammainc_slope(b, a * ans, 1), rate) / a, 1.0 / (a * rate)
@partials(sc.pdtr, guarded=True)
def pdtr(k, m): return None, -gamma_density(np.floor(k) + 1.0, m)
@partials(sc.pdtrc, guarded=True)
def pdtrc(k, m): return None, gamma_density(np.floor(k) + 1.0, m)
@partials(sc.pdtri, guarded=True)
def pdtri(k, ans): return None, -1.0 / gamma_density(np.floor(k) + 1.0, ans)

# Of Fisher's F and the binomial distributions (DLMF 8.17): I_x(a, b) of the incomplete beta function

ufuncs(sc, "fdtr fdtrc", "dfn dfd x")
ufuncs(sc, "fdtri", "dfn dfd p")
ufuncs(sc, "bdtr bdtrc nbdtr nbdtrc", "k n p")
ufuncs(sc, "bdtri nbdtri", "k n y")

def fisher(dfn, dfd, x):
    """The slopes of I_w(dfn / 2, dfd / 2) for w = dfn x / (dfd + dfn x)."""
    a, b, total = 0.5 * dfn, 0.5 * dfd, dfd + dfn * x
    below, above = dfn * x / total, dfd / total
    rate = beta_density(a, b, below, above) / total**2
    from_dfn = 0.5 * betainc_slope(a, b, below, 1, 0, above) + rate * dfd * x
    return from_dfn, 0.5 * betainc_slope(a, b, below, 0, 1, above) - rate * dfn * x, rate * dfn * dfd

@partials(sc.fdtr, guarded=True)
def fdtr(dfn, dfd, x): return fisher(dfn, dfd, x)
@partials(sc.fdtrc, guarded=True)
def fdtrc(dfn, dfd, x): return tuple([-slope for slope in fisher(dfn, dfd, x)])
@partials(sc.fdtri, guarded=True)
def fdtri(dfn, dfd, ans):
    from_dfn, from_dfd, rate = fisher(dfn, dfd, ans)
    return -ratio(from_dfn, rate), -ratio(from_dfd, rate), 1.0 / rate
def binomial(k, n, p): return beta_density(np.floor(k) + 1.0, whole(n) - np.floor(k), p)
def negative_binomial(k, n, p): return beta_density(whole(n), whole(k) + 1.0, p)
@partials(sc.bdtr, guarded=True)
def bdtr(k, n, p): return None, None, -binomial(k, n, p)
@partials(sc.bdtrc, guarded=True)
def bdtrc(k, n, p): return None, None, binomial(k, n, p)
@partials(sc.bdtri, guarded=True)
def bdtri(k, n, ans): return None, None, -1.0 / binomial(k, n, ans)
@partials(sc.nbdtr, guarded=True)
def nbdtr(k, n, p): return None, None, negative_binomial(k, n, p)
@partials(sc.nbdtrc, guarded=True)
def nbdtrc(k, n, p): return None, None, -negative_binomial(k, n, p)
@partials(sc.nbdtri, guarded=True)
def nbdtri(k, n, ans): return None, None, 1.0 / negative_binomial(k, n, ans)

# Inverses of the normal distribution function in its mean and its standard deviation

ufuncs(sc, "nrdtrimn", "p std x")
ufuncs(sc, "nrdtrisd", "mn p x")

@partials(sc.nrdtrimn, guarded=True)
def nrdtrimn(p, std):
    quantile = sc.ndtri(p)
    return -std * ROOT_2PI * np.exp(0.5 * quantile**2), -quantile, 1.0
@partials(sc.nrdtrisd, guarded=True)
def nrdtrisd(p, ans):
    quantile = sc.ndtri(p)
    return -1.0 / quantile, -ans / quantile * ROOT_2PI * np.exp(0.5 * quantile**2), 1.0 / quantile
