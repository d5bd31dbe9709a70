"""``np.polynomial.Polynomial`` and its kin, as objects of a traced program.

They are written here once for all families: coefficients, domain and window, and functions of ``prims.series``.
Nothing is trimmed: which coefficients come out as zero hangs on the values, and their derivatives do not vanish.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.polynomial as polynomial
import numpy.polynomial.polyutils as polyutils
from numpy.polynomial._polybase import ABCPolyBase

from s2sad.front.calls import Calls
from s2sad.front.values import Abstract, Known, Source
from s2sad.prims import series
from s2sad.prims.primitive import REGISTRY

define = REGISTRY.define


@REGISTRY.compute
def standard(family):
    """The domain of a family, which is its window too."""
    return tuple(getattr(polynomial, family).domain.tolist())


class Series:
    """A series: coefficients, what its domain and window are, and whether these are those of the family."""

    family = ""

    def __init__(self, coef, domain, window, symbol="x"):
        self.coef, self.symbol = series.coefficients(coef), symbol
        self.plain = domain is None and window is None
        self.ends = standard(self.family) if domain is None else (domain[0] * 1.0, domain[1] * 1.0)
        self.frame = standard(self.family) if window is None else (window[0] * 1.0, window[1] * 1.0)

    def of(self, coef):
        """Another series on the same domain."""
        return type(self)(coef, None if self.plain else self.ends, None if self.plain else self.frame, self.symbol)

    @property
    def domain(self):
        return np.array([self.ends[0], self.ends[1]])

    @property
    def window(self):
        return np.array([self.frame[0], self.frame[1]])

    def mapparms(self):
        return (0.0, 1.0) if self.plain else series.mapparms(self.ends, self.frame)

    def __call__(self, arg):
        x = arg if isinstance(arg, Series) else series.place(arg)
        if not self.plain:
            off, scl = self.mapparms()
            x = off + scl * x
        if isinstance(x, Series):
            return x.of(series.composed(self.coef, x.coef, self.family, x.family))
        return series.values(x, self.coef, self.family)

    # -- arithmetic ---------------------------------------------------------------------------------------------

    def other(self, other):
        """The coefficients of what is added or multiplied."""
        if not isinstance(other, Series):
            return series.coefficients(other)
        if other.family != self.family:
            raise TypeError("Polynomial types differ")
        if not (self.plain and other.plain):
            if self.ends[0] != other.ends[0] or self.ends[1] != other.ends[1]:
                raise TypeError("Domains differ")
            if self.frame[0] != other.frame[0] or self.frame[1] != other.frame[1]:
                raise TypeError("Windows differ")
        if self.symbol != other.symbol:
            raise ValueError("Polynomial symbols differ")
        return other.coef

    def __neg__(self):
        return self.of(-self.coef)

    def __pos__(self):
        return self

    def __add__(self, other):
        return self.of(series.total(self.coef, self.other(other)))

    def __sub__(self, other):
        return self.of(series.total(self.coef, -self.other(other)))

    def __mul__(self, other):
        if np.ndim(other) == 0 and not isinstance(other, Series):
            return self.of(self.coef * other)
        return self.of(series.product(self.coef, self.other(other), self.family))

    def __truediv__(self, other):
        if isinstance(other, Series) or np.ndim(other) > 0:
            raise TypeError("unsupported types for true division")
        return self.of(self.coef / other)

    def __divmod__(self, other):
        quotient, rest = series.quotient(self.coef, self.other(other), self.family)
        return self.of(quotient), self.of(rest)

    def __floordiv__(self, other):
        return self.__divmod__(other)[0]

    def __mod__(self, other):
        return self.__divmod__(other)[1]

    def __pow__(self, other):
        return self.of(series.power_of(self.coef, other, 100, self.family))

    def __radd__(self, other):
        return self + other

    def __rsub__(self, other):
        return -self + other

    def __rmul__(self, other):
        return self * other

    def __rdivmod__(self, other):
        quotient, rest = series.quotient(self.other(other), self.coef, self.family)
        return self.of(quotient), self.of(rest)

    def __rfloordiv__(self, other):
        return self.__rdivmod__(other)[0]

    def __rmod__(self, other):
        return self.__rdivmod__(other)[1]

    def __eq__(self, other):
        return isinstance(other, Series) and other.family == self.family and np.array_equal(self.coef, other.coef)

    # -- what else there is -------------------------------------------------------------------------------------

    def __len__(self):
        return len(self.coef)

    def __iter__(self):
        return iter(self.coef)

    def degree(self):
        return len(self.coef) - 1

    def copy(self):
        return self.of(self.coef * 1.0)

    def trim(self, tol=0):
        return self.of(polyutils.trimcoef(self.coef, tol))

    def truncate(self, size):
        return self.of(self.coef[:size])

    def cutdeg(self, deg):
        return self.of(self.coef[: deg + 1])

    def deriv(self, m=1):
        return self.of(series.slope(self.coef, m, 1 if self.plain else self.mapparms()[1], 0, self.family))

    def integ(self, m=1, k=(), lbnd=None):
        off, scl = self.mapparms()
        start = 0.0 if lbnd is None else off + scl * lbnd
        return self.of(series.integral(self.coef, m, k, start, 1.0 if self.plain else 1.0 / scl, 0, self.family))

    def roots(self):
        found = series.series_roots(self.coef, self.family)
        if self.plain:
            return found
        off, scl = self.mapparms()
        return (found - off) / scl

    def linspace(self, n=100, domain=None):
        ends = self.ends if domain is None else domain
        x = np.linspace(ends[0], ends[1], n)
        return x, self(x)

    def convert(self, domain=None, kind=None, window=None):
        kind = type(self) if kind is None else kind
        return self(identity(kind, domain, window, self.symbol))


CLASSES: dict[Any, Any] = {}


def declare(family: str) -> None:
    original = getattr(polynomial, family)
    content = {"family": family, "__doc__": Series.__doc__}
    own = type(family, (Series,), content)
    CLASSES[original] = own
    REGISTRY.stands_for[own] = original

    @define(original)
    def make(coef, domain=None, window=None, symbol="x"):
        return own(coef, domain, window, symbol)


for _family in series.FAMILIES:
    declare(_family)


@REGISTRY.compute
def class_of(kind):
    """The class here of one of NumPy's."""
    return CLASSES.get(kind, kind)


def default_if_empty(domain):
    return None if isinstance(domain, (list, tuple)) and len(domain) == 0 else domain


def identity(cls, domain=None, window=None, symbol="x"):
    made = class_of(cls)([0.0], domain, window, symbol)
    off, scl = (0.0, 1.0) if made.plain else series.mapparms(made.frame, made.ends)
    return made.of(series.line(off, scl, made.family))


def basis(cls, deg, domain=None, window=None, symbol="x"):
    return class_of(cls)([0.0] * deg + [1.0], domain, window, symbol)


def cast(cls, series, domain=None, window=None):  # noqa: A002
    return series.convert(domain, cls, window)


def fit(
    cls, x, y, deg, domain=None, rcond=None, full=False, w=None, window=None, symbol="x",
):  # fmt: skip
    x = series.coefficients(x)
    domain = ends_of(x) if domain is None else default_if_empty(domain)
    made = class_of(cls)([0.0], domain, window, symbol)
    if not made.plain:
        off, scl = made.mapparms()
        x = off + scl * x
    found = series.fit(x, y, deg, rcond, full, w, made.family)
    return (made.of(found[0]), found[1]) if full else made.of(found)


def ends_of(x):
    return np.min(x), np.max(x)


def fromroots(cls, roots, domain=[], window=None, symbol="x"):  # noqa: B006
    roots = series.coefficients(roots)
    domain = ends_of(roots) if domain is None else default_if_empty(domain)
    made = class_of(cls)([0.0], domain, window, symbol)
    if made.plain:
        return made.of(series.from_roots(roots, made.family))
    off, scl = made.mapparms()
    return made.of(series.from_roots(off + scl * roots, made.family) / scl ** len(roots))


for _function in (identity, basis, cast, fit, fromroots):
    define(getattr(ABCPolyBase, _function.__name__).__func__)(_function)


def adopted(machine: Calls, value: Any, source: Source) -> Abstract:
    """A series from outside."""
    coef = machine.external(value.coef, source.attribute("coef"))
    ends = []
    for name in ("domain", "window"):
        standard = np.array_equal(getattr(value, name), getattr(type(value), name))
        machine.guard(is_standard(name, source), standard)
        ends.append(Known(None) if standard else machine.external(getattr(value, name), source.attribute(name)))
    return machine.call(Known(type(value)), (coef, *ends), {})


def is_standard(name: str, source: Source) -> Source:
    """Whether the domain or the window of a series from outside is that of its family."""
    read = source.read

    def same() -> bool:
        return np.array_equal(getattr(read(), name), getattr(type(read()), name))

    return Source(f"{source.path}.{name} as in its class", same)


for _kind in CLASSES:
    REGISTRY.adopters[_kind] = adopted
