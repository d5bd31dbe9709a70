"""``scipy.stats``: methods of distributions. Each is the standard form of ``scipy_stats_densities`` with location,
scale, support and checks of parameters around it; of distributions that are not there it is SciPy's own ``_logpdf``.

Outside of the support the derivative is zero. Where a parameter is not allowed the value is NaN, as SciPy has it, and
there is no derivative: the check stands in the value alone.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import numpy as np
import scipy.stats as st
import scipy.stats._distn_infrastructure as infrastructure

import s2sad.libraries.scipy_special_rarer  # noqa: F401  (of which the densities are made)
from s2sad.front.calls import Calls
from s2sad.front.values import Abstract, Known
from s2sad.ir.core import Arg
from s2sad.ir.transparent import UNWRITTEN
from s2sad.ir.types import Type, of
from s2sad.libraries.scipy_stats_densities import FORMS, SEARCHED
from s2sad.libraries.solutions import means
from s2sad.prims.inference import broadcast, number
from s2sad.prims.primitive import REGISTRY, primitive, unsupported
from s2sad.rules.book import linear, pullback, pushforward

define = REGISTRY.define
rv_generic, rv_continuous, rv_discrete = infrastructure.rv_generic, st.rv_continuous, st.rv_discrete


# -- what stands around a standard form -------------------------------------------------------------------------------


def where_valid(valid, x):
    """x where the parameters are valid, nan elsewhere."""
    return np.where(valid, x, np.nan)[()]


def _where_valid(valid: Arg, x: Arg) -> Type:
    return of(number(x).dtype, broadcast(number(valid), number(x)))


checked_value = primitive("where_valid", where_valid, _where_valid, style="helper", elementwise=True, cost="cheap")


@linear(checked_value, wrt="x")
def where_valid_(ans_bar): return ans_bar


def certain(condition):
    """Whether a condition is known to hold; asked while tracing."""
    raise NotImplementedError


@means(certain)
def certain_(machine: Calls, condition: Abstract) -> Abstract:
    return Known(isinstance(condition, Known) and condition.value is True)


def checked(valid, x):
    """``where_valid``, where it is not known that all is valid."""
    return x if certain(valid) else where_valid(valid, x)


@REGISTRY.compute
def form(dist, name):
    """The standard form of a method, or what calls SciPy for it, or None."""
    written = getattr(FORMS.get(type(dist)), name, None)
    return SEARCHED.get((type(dist), dist.name, name)) if written is None else written


@REGISTRY.compute
def own(dist, name):
    """Whether a distribution's class says itself what its method is (and not by integration or differences)."""
    base = rv_discrete if isinstance(dist, rv_discrete) else rv_continuous
    return getattr(type(dist), name) is not getattr(base, name)


@REGISTRY.compute
def open_to_source(dist, name):
    """Whether a method is SciPy's own, of a distribution of which nothing is written out here."""
    return type(dist) not in FORMS and (type(dist), dist.name, name) not in SEARCHED and own(dist, name)


@REGISTRY.compute
def by_logarithm(dist):
    """Whether SciPy's density is the exponential of its logarithm, whatever that is."""
    return set(type(dist)._pdf.__code__.co_names) == {"np", "exp", "_logpdf"}


@REGISTRY.compute
def usual(dist, name):
    """Whether a distribution has a method of ``rv_generic`` as it stands there."""
    return getattr(type(dist), name) is getattr(rv_generic, name)


@REGISTRY.compute
def is_discrete(dist):
    return isinstance(dist, rv_discrete)


@REGISTRY.compute
def is_open(dist):
    """Whether the ends of the support do not belong to it."""
    return type(dist)._support_mask is rv_continuous._open_support_mask


@REGISTRY.compute
def holds_far_out(dist):
    """Whether what is written out of a distribution function is right where the variable is infinite."""
    return type(dist) in FORMS and dist.name not in ("f", "invgauss", "kappa3", "kappa4")


@REGISTRY.compute
def ends(dist):
    """The ends of the support, where they do not hang on parameters."""
    return float(dist.a), float(dist.b)


@REGISTRY.compute
def title(dist):
    """A distribution's name, for messages."""
    return f"scipy.stats.{dist.name}"


def floats(x):
    """An operand as SciPy takes it: lists as arrays, single precision as double."""
    if isinstance(x, (list, tuple)):
        return np.array(x)
    return x.astype(np.float64) if np.result_type(x) == np.float32 else x


def parameters(self, args, kwds):
    """Shape parameters, location, scale."""
    shapes, loc, scale = self._parse_args(*args, **kwds)
    return tuple([floats(s) for s in shapes]), floats(loc), floats(scale)


def both(first, second):
    """First and second, where they are not known."""
    if certain(first):
        return second
    return first if certain(second) else first & second


def allowed(self, shapes, scale):
    """Whether the parameters are."""
    valid = scale > 0
    if usual(self, "_argcheck"):
        for shape in shapes:
            valid = both(valid, shape > 0)
        return valid
    return both(valid, self._argcheck(*shapes))


def support(self, shapes):
    return ends(self) if usual(self, "_get_support") else self._get_support(*shapes)


def no_end(end):
    """Whether the support is known to go on for ever at this end."""
    return isinstance(end, float) and np.isinf(end)


def within(y, low, high, x, otherwise):
    """x in the closed support, ``otherwise`` outside of it; what is no number is in it."""
    if no_end(low):
        return x if no_end(high) else np.where(y > high, otherwise, x)[()]
    if no_end(high):
        return np.where(y < low, otherwise, x)[()]
    return np.where((y < low) | (y > high), otherwise, x)[()]


def inside(y, low, high, x, otherwise):
    """x in the open support, ``otherwise`` outside of it and at its ends."""
    return np.where((y <= low) | (y >= high), otherwise, x)[()]


def sided(self, y, x, low, high, before, after):
    """x in the support, ``before`` below, ``after`` above; no slope where the variable is infinite."""
    far = holds_far_out(self)
    if no_end(low) and no_end(high) and far:
        return settled(x, np.isinf(y))
    x = settled(x, y == -np.inf) if no_end(low) and far else np.where(y <= low, before, x)[()]
    return settled(x, y == np.inf) if no_end(high) and far else np.where(y >= high, after, x)[()]


def _settled(x: Arg, still: Arg) -> Type:
    return of(number(x).dtype, broadcast(number(still), number(x)))


settled_value = primitive(
    "settled", lambda x, still: x, _settled, style="special", text=UNWRITTEN, alias="maybe", elementwise=True,
    cost="free", calls=(),
)  # fmt: skip
settled = REGISTRY.word(settled_value)  # x, of which the slope is zero where it is said to be still


@pushforward(settled_value, wrt="x")
def settled_forward(x_dot, still): return np.where(still, 0.0, x_dot)
@pullback(settled_value, wrt="x")
def settled_reverse(ans_bar, still): return np.where(still, 0.0, ans_bar)


# -- densities --------------------------------------------------------------------------------------------------------


def standard_logpdf(self, y, shapes):
    f = form(self, "logpdf")
    if f is not None:
        return f(y, *shapes)
    if not own(self, "_logpdf") and not own(self, "_pdf"):
        unsupported(f"{title(self)}.logpdf", instead="write out its formula")
    return self._logpdf(y, *shapes)


def standard_pdf(self, y, shapes):
    f = form(self, "pdf")
    if f is not None:
        return settled(f(y, *shapes), np.isinf(y))
    if form(self, "logpdf") is not None or own(self, "_logpdf") and by_logarithm(self):
        log = standard_logpdf(self, y, shapes)
        return np.exp(settled(log, log == -np.inf))
    if not own(self, "_logpdf") and not own(self, "_pdf"):
        unsupported(f"{title(self)}.pdf", instead="write out its formula")
    return settled(self._pdf(y, *shapes), np.isinf(y))


@define(rv_continuous.logpdf)
def logpdf(self, x, *args, **kwds):
    shapes, loc, scale = parameters(self, args, kwds)
    y = (floats(x) - loc) / scale
    low, high = support(self, shapes)
    out = standard_logpdf(self, y, shapes) - np.log(scale)
    out = inside(y, low, high, out, -np.inf) if is_open(self) else within(y, low, high, out, -np.inf)
    return checked(allowed(self, shapes, scale), out)


@define(rv_continuous.pdf)
def pdf(self, x, *args, **kwds):
    shapes, loc, scale = parameters(self, args, kwds)
    y = (floats(x) - loc) / scale
    low, high = support(self, shapes)
    out = standard_pdf(self, y, shapes) / scale
    out = inside(y, low, high, out, 0.0) if is_open(self) else within(y, low, high, out, 0.0)
    return checked(allowed(self, shapes, scale), out)


# -- distribution functions -------------------------------------------------------------------------------------------


def standard_cdf(self, y, shapes):
    f = form(self, "cdf")
    if f is not None:
        return f(y, *shapes)
    if not own(self, "_cdf"):
        unsupported(f"{title(self)}.cdf, which SciPy integrates numerically", instead="integrate its pdf with quad")
    return self._cdf(y, *shapes)


def standard_sf(self, y, shapes):
    f = form(self, "sf")
    if f is not None:
        return f(y, *shapes)
    if open_to_source(self, "_sf"):
        return self._sf(y, *shapes)
    return 1.0 - standard_cdf(self, y, shapes)


def standard_logcdf(self, y, shapes):
    f = form(self, "logcdf")
    if f is not None:
        return f(y, *shapes)
    return self._logcdf(y, *shapes) if open_to_source(self, "_logcdf") else np.log(standard_cdf(self, y, shapes))


def standard_logsf(self, y, shapes):
    f = form(self, "logsf")
    if f is not None:
        return f(y, *shapes)
    return self._logsf(y, *shapes) if open_to_source(self, "_logsf") else np.log(standard_sf(self, y, shapes))


@define(rv_continuous.cdf)
def cdf(self, x, *args, **kwds):
    shapes, loc, scale = parameters(self, args, kwds)
    y = (floats(x) - loc) / scale
    low, high = support(self, shapes)
    out = sided(self, y, standard_cdf(self, y, shapes), low, high, 0.0, 1.0)
    return checked(allowed(self, shapes, scale), out)


@define(rv_continuous.sf)
def sf(self, x, *args, **kwds):
    shapes, loc, scale = parameters(self, args, kwds)
    y = (floats(x) - loc) / scale
    low, high = support(self, shapes)
    out = sided(self, y, standard_sf(self, y, shapes), low, high, 1.0, 0.0)
    return checked(allowed(self, shapes, scale), out)


@define(rv_continuous.logcdf)
def logcdf(self, x, *args, **kwds):
    shapes, loc, scale = parameters(self, args, kwds)
    y = (floats(x) - loc) / scale
    low, high = support(self, shapes)
    out = sided(self, y, standard_logcdf(self, y, shapes), low, high, -np.inf, 0.0)
    return checked(allowed(self, shapes, scale), out)


@define(rv_continuous.logsf)
def logsf(self, x, *args, **kwds):
    shapes, loc, scale = parameters(self, args, kwds)
    y = (floats(x) - loc) / scale
    low, high = support(self, shapes)
    out = sided(self, y, standard_logsf(self, y, shapes), low, high, 0.0, -np.inf)
    return checked(allowed(self, shapes, scale), out)


# -- quantiles --------------------------------------------------------------------------------------------------------


def standard_ppf(self, q, shapes):
    f = form(self, "ppf")
    if f is not None:
        return f(q, *shapes)
    if not own(self, "_ppf"):
        unsupported(f"{title(self)}.ppf, which SciPy searches for", instead="solve cdf(x) = q with brentq")
    return self._ppf(q, *shapes)


def standard_isf(self, q, shapes):
    f = form(self, "isf")
    if f is not None:
        return f(q, *shapes)
    return self._isf(q, *shapes) if open_to_source(self, "_isf") else standard_ppf(self, 1.0 - q, shapes)


@REGISTRY.compute
def is_written_out(dist):
    return type(dist) in FORMS


def at_ends(self, q, x, first, last):
    """x, and the ends of the support where q is 0 or 1; what is written out has them itself."""
    if is_written_out(self):
        return x
    return np.where(q == 0, first, np.where(q == 1, last, x))[()]


@define(rv_continuous.ppf)
def ppf(self, q, *args, **kwds):
    shapes, loc, scale = parameters(self, args, kwds)
    q, (low, high) = floats(q), support(self, shapes)
    out = at_ends(self, q, standard_ppf(self, q, shapes), low, high) * scale + loc
    return checked(both(allowed(self, shapes, scale), both(q >= 0, q <= 1)), out)


@define(rv_continuous.isf)
def isf(self, q, *args, **kwds):
    shapes, loc, scale = parameters(self, args, kwds)
    q, (low, high) = floats(q), support(self, shapes)
    out = at_ends(self, q, standard_isf(self, q, shapes), high, low) * scale + loc
    return checked(both(allowed(self, shapes, scale), both(q >= 0, q <= 1)), out)


# -- distributions with their parameters ------------------------------------------------------------------------------


@define(rv_generic.__call__, rv_generic.freeze, rv_continuous.__call__, rv_discrete.__call__)
def freeze(self, *args, **kwds):
    """``norm(loc, scale)``: its methods are SciPy's own, which hand on to those of the distribution."""
    kind = infrastructure.rv_discrete_frozen if is_discrete(self) else infrastructure.rv_continuous_frozen
    frozen = object.__new__(kind)
    frozen.dist, frozen.args, frozen.kwds = self, args, kwds
    return frozen
