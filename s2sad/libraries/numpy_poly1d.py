"""``np.poly1d``, and the orthogonal polynomials that ``scipy.special`` makes of it, as objects of a traced program.

Coefficients stand highest power first. Leading ones that are zero are kept, where NumPy drops them: which ones are
hangs on the values, and their derivatives do not vanish.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad.front.calls import Calls
from s2sad.front.values import Abstract, Known, Source
from s2sad.prims import series
from s2sad.prims.primitive import REGISTRY

define = REGISTRY.define


class Poly1d:
    """A polynomial by its coefficients."""

    def __init__(self, c, variable="x"):
        self.coeffs, self.variable = c, variable

    @property
    def c(self):
        return self.coeffs

    @property
    def coef(self):
        return self.coeffs

    @property
    def coefficients(self):
        return self.coeffs

    @property
    def order(self):
        return len(self.coeffs) - 1

    @property
    def o(self):
        return len(self.coeffs) - 1

    @property
    def roots(self):
        return np.roots(self.coeffs)

    @property
    def r(self):
        return np.roots(self.coeffs)

    def __array__(self, dtype=None, copy=None):
        return self.coeffs

    def __call__(self, val):
        if not isinstance(val, Poly1d):
            return np.polyval(self.coeffs, val)
        powers = np.flip(self.coeffs)
        return Poly1d(np.flip(series.composed(powers, np.flip(val.coeffs), "Polynomial", "Polynomial")))

    def __len__(self):
        return len(self.coeffs) - 1

    def __iter__(self):
        return iter(self.coeffs)

    def __getitem__(self, val):
        if val < 0 or val > len(self.coeffs) - 1:
            return 0.0
        return self.coeffs[len(self.coeffs) - 1 - val]

    def __neg__(self):
        return Poly1d(-self.coeffs)

    def __pos__(self):
        return self

    def __add__(self, other):
        return Poly1d(total(self.coeffs, powers(other)))

    def __radd__(self, other):
        return Poly1d(total(self.coeffs, powers(other)))

    def __sub__(self, other):
        return Poly1d(total(self.coeffs, -powers(other)))

    def __rsub__(self, other):
        return Poly1d(total(powers(other), -self.coeffs))

    def __mul__(self, other):
        if not isinstance(other, Poly1d) and np.ndim(other) == 0:
            return Poly1d(self.coeffs * other)
        return Poly1d(np.convolve(self.coeffs, powers(other)))

    def __rmul__(self, other):
        return self * other

    def __truediv__(self, other):
        if not isinstance(other, Poly1d) and np.ndim(other) == 0:
            return Poly1d(self.coeffs / other)
        quotient, rest = divided(self.coeffs, powers(other))
        return Poly1d(quotient), Poly1d(rest)

    def __rtruediv__(self, other):
        quotient, rest = divided(powers(other), self.coeffs)
        return Poly1d(quotient), Poly1d(rest)

    def __pow__(self, val):
        return Poly1d(series.power_of(self.coeffs, val, None, "Polynomial"))

    def __eq__(self, other):
        return isinstance(other, Poly1d) and np.array_equal(self.coeffs, other.coeffs)

    def deriv(self, m=1):
        return Poly1d(derived(self.coeffs, m))

    def integ(self, m=1, k=0):
        return Poly1d(integrated(self.coeffs, m, k))


def powers(p):
    return p.coeffs if isinstance(p, Poly1d) else series.coefficients(p)


def total(a, b):
    return np.flip(series.total(np.flip(a), np.flip(b)))


def divided(a, b):
    quotient, rest = series.quotient(np.flip(a), np.flip(b), "Polynomial")
    return np.flip(quotient), np.flip(rest)


def derived(p, m):
    for _ in range(m):
        count = len(p)
        p = p[:-1] * np.arange(count - 1, 0, -1) if count > 1 else np.zeros(1)
    return p


def integrated(p, m, k):
    many = isinstance(k, (list, tuple)) or k is not None and np.ndim(k) > 0
    if many and 1 < len(k) < m:
        raise ValueError("k must be a scalar or a rank-1 array of length 1 or >m.")
    for turn in range(m):
        constant = (k[turn] if len(k) > 1 else k[0]) if many else k
        p = np.append(p / np.arange(len(p), 0, -1), 0.0 if constant is None else constant)
    return p


@define(np.poly1d)
def poly1d(c_or_r, r=False, variable="x"):
    if isinstance(c_or_r, Poly1d):
        return Poly1d(c_or_r.coeffs, c_or_r.variable)
    given = series.coefficients(c_or_r)
    return Poly1d(np.poly(given) if r else given, "x" if variable is None else variable)


def adopted(machine: Calls, value: Any, source: Source) -> Abstract:
    """A poly1d from outside."""
    return machine.call(Known(np.poly1d), (machine.external(value.coeffs, source.attribute("coeffs")),), {})


REGISTRY.stands_for[Poly1d] = np.poly1d
REGISTRY.adopters[np.poly1d] = adopted


# -- functions that take them -----------------------------------------------------------------------------------------


def like(given, p):
    return Poly1d(p) if isinstance(given[0], Poly1d) or isinstance(given[1], Poly1d) else p


@define(np.polyadd)
def polyadd(a1, a2):
    return like((a1, a2), total(powers(a1), powers(a2)))


@define(np.polysub)
def polysub(a1, a2):
    return like((a1, a2), total(powers(a1), -powers(a2)))


@define(np.polymul)
def polymul(a1, a2):
    p, q = powers(a1), powers(a2)
    if len(p) == 0 or len(q) == 0:
        return like((a1, a2), np.zeros(max(len(p), len(q), 1), dtype=np.result_type(p, q)))
    return like((a1, a2), np.convolve(p, q))


@define(np.polyder)
def polyder(p, m=1):
    if isinstance(p, Poly1d):
        return like((p, p), derived(powers(p), m))
    out = powers(p)
    for _ in range(m):
        out = out[:-1] * np.arange(len(out) - 1, 0, -1)  # nothing is left of a constant
    return out


@define(np.polyint)
def polyint(p, m=1, k=0):
    return like((p, p), integrated(powers(p), m, k))
