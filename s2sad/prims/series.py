"""Series of polynomials (``np.polynomial``): values, slopes, products, quotients and roots of the six families.

A value is linear in the coefficients, with the family's Vandermonde matrix, and its slope is the value of the series
of the derivative. Results of sums and products keep coefficients at the end that come out as zero, which NumPy drops.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.polynomial.chebyshev as chebyshev
import numpy.polynomial.hermite as hermite
import numpy.polynomial.hermite_e as hermite_e
import numpy.polynomial.laguerre as laguerre
import numpy.polynomial.legendre as legendre
import numpy.polynomial.polynomial as power
import numpy.polynomial.polyutils as polyutils

from s2sad.ir.core import Arg
from s2sad.ir.primitive import Primitive
from s2sad.ir.types import Array, Axis, Type, axes, of
from s2sad.prims.inference import number, option
from s2sad.prims.primitive import REGISTRY, is_constant, primitive
from s2sad.prims.runtime import fitted

define = REGISTRY.define

FAMILIES = {
    "Polynomial": ("poly", power), "Chebyshev": ("cheb", chebyshev), "Legendre": ("leg", legendre),
    "Hermite": ("herm", hermite), "HermiteE": ("herme", hermite_e), "Laguerre": ("lag", laguerre),
}  # fmt: skip


def coefficients(c):
    """A vector of floats or complex numbers, or an array with coefficients along its first axis."""
    c = np.atleast_1d(np.asarray(c))
    return c if np.result_type(c).kind in "fc" else c.astype(float)


def place(x):
    return np.asarray(x) if isinstance(x, (list, tuple)) else x


# -- operations -------------------------------------------------------------------------------------------------------


def _dtype(*operands: Arg) -> str:
    kinds = {number(x).dtype for x in operands}
    if any(k[0] == "c" for k in kinds):
        return "c128"
    return "f32" if kinds == {"f32"} else "f64"


def _value(x: Arg, c: Arg) -> Type:
    where, shape = axes(number(x)), axes(number(c))
    if where is None or shape is None:
        return Array(_dtype(x, c), None)
    return of(_dtype(x, c), (*shape[1:], *where))


def _table(x: Arg, deg: Arg) -> Type:
    where = axes(number(x))
    count: Axis = ("n" if option(deg) else "1") if is_constant(deg) else "?"
    return Array(_dtype(x), None if where is None else (*(where or ("1",)), count))


def _slope(c: Arg, m: Any = 1, axis: Any = 0) -> Type:
    shape: list[Axis] = list(axes(number(c)) or ())
    shape[option(axis)] = "?"
    return Array(_dtype(c), tuple(shape))


def _zeros(c: Arg, family: Arg) -> Type:
    return Array("c64" if number(c).dtype in ("f32", "c64") else "c128", ("?",))


def _product(a: Arg, b: Arg, family: Arg) -> Type:
    return Array(_dtype(a, b), ("?",))


def _cofactor(g: Arg, b: Arg, count: Arg, family: Arg) -> Type:
    return Array(_dtype(g, b), ("?",))


def declared(what: str, infer: Any) -> dict[str, Primitive]:
    """An operation of each family, under the name that NumPy has for it."""
    out = {}
    for family, (prefix, module) in FAMILIES.items():
        name = f"np.polynomial.{module.__name__.rpartition('.')[2]}.{prefix}{what}"
        out[family] = primitive(name, getattr(module, prefix + what), infer, calls=())
    return out


VALUES, TABLES = declared("val", _value), declared("vander", _table)
SLOPES = declared("der", _slope)


def words(prims):
    return {family: REGISTRY.word(prim) for family, prim in prims.items()}


value_of, table_of, slope_of = words(VALUES), words(TABLES), words(SLOPES)


def series_product(a, b, family):
    """All coefficients of the product of two series of a family of np.polynomial."""
    kind = getattr(np.polynomial, family)
    found = (kind(a) * kind(b)).coef
    return np.append(found, np.zeros(len(a) + len(b) - 1 - len(found)))


def series_cofactor(g, b, count, family):
    """The transpose of series_product in the first factor, which has ``count`` coefficients."""
    kind = getattr(np.polynomial, family)
    products = [(kind(unit) * kind(b)).coef for unit in np.eye(count)]
    return np.array([np.dot(g[: len(p)], p) for p in products])


def series_roots(c, family):
    """Roots of a series of a family of np.polynomial as complex numbers, also where all of them are real."""
    found = getattr(np.polynomial, family)(c).roots()
    return found.astype(np.result_type(found, 1j))


primitive("series_product", series_product, _product, style="helper")
primitive("series_cofactor", series_cofactor, _cofactor, style="helper")
primitive("series_roots", series_roots, _zeros, style="helper")


def product(a, b, family):
    return np.convolve(a, b) if family == "Polynomial" else series_product(a, b, family)


# -- functions over them ----------------------------------------------------------------------------------------------


def values_pairwise(x, c, family):
    """The values where the axes of the coefficients and those of the points broadcast."""
    table = np.moveaxis(table_of[family](x, len(c) - 1), -1, 0)
    rank = max(np.ndim(c), np.ndim(table))
    table = np.reshape(table, np.shape(table)[:1] + (1,) * (rank - np.ndim(table)) + np.shape(table)[1:])
    c = np.reshape(c, np.shape(c)[:1] + (1,) * (rank - np.ndim(c)) + np.shape(c)[1:])
    return np.sum(table * c, axis=0)


def values(x, c, family, tensor=True):
    x, c = place(x), coefficients(c)
    if tensor or np.ndim(x) == 0 or np.ndim(c) == 1:
        return value_of[family](x, c)
    return values_pairwise(x, c, family)


def at_points(points, c, family):
    """The values of a series in several variables at points, whose coordinates are arrays of one shape."""
    out = values(points[0], c, family)
    for x in points[1:]:
        out = values(x, out, family, False)
    return out


def on_grid(points, c, family):
    out = c
    for x in points:
        out = values(x, out, family)
    return out


def slope(c, m, scl, axis, family):
    c = coefficients(c)
    if m == 0:
        return c * 1.0
    out = slope_of[family](c, m, axis)
    return out if isinstance(scl, (int, float)) and scl == 1 else out * scl**m


def divisors(k, family):
    """What a basis function contributes to the antiderivative: of its degree less one, and one more."""
    if family == "Polynomial":
        return 0.0, 1.0 / (k + 1)
    if family == "Chebyshev":
        return np.where(k > 1, -1.0 / (2 * np.maximum(k - 1, 1)), 0.0), np.where(k > 0, 0.5 / (k + 1), 1.0)
    if family == "Legendre":
        return -1.0 / (2 * k + 1), 1.0 / (2 * k + 1)
    if family == "Hermite":
        return 0.0, 0.5 / (k + 1)
    return 0.0, 1.0 / (k + 1)


def antiderivative(c, family):
    """Coefficients of an antiderivative of a series with coefficients along the first axis, but for a constant."""
    nothing = np.zeros_like(c[:1])
    if family == "Laguerre":
        return np.concatenate([c, nothing]) - np.concatenate([nothing, c])
    k = np.reshape(np.arange(np.shape(c)[0]), (-1,) + (1,) * (np.ndim(c) - 1))
    below, above = divisors(k, family)
    out = np.concatenate([nothing, above * c])
    if family in ("Chebyshev", "Legendre"):
        less = (below * c)[1:]
        out = out + np.concatenate([less, nothing, nothing])
    return out


def integral(c, m, k, lbnd, scl, axis, family):
    c = coefficients(c)
    constants = k if isinstance(k, (list, tuple)) else [k]
    out = c * 1.0 if axis == 0 else np.moveaxis(c * 1.0, axis, 0)
    for turn in range(m):
        whole = antiderivative(out * scl, family)
        constant = constants[turn] if turn < len(constants) else 0.0
        start = constant - value_of[family](lbnd, whole)
        out = np.concatenate([whole[:1] + start, whole[1:]])
    return out if axis == 0 else np.moveaxis(out, 0, axis)


def total(a, b):
    size = max(len(a), len(b))
    return fitted(a, size, 0) + fitted(b, size, 0)


def quotient(a, b, family):
    """Quotient and rest, from the highest coefficient on."""
    n, m = len(a), len(b)
    out = np.zeros(max(n - m + 1, 1), dtype=np.result_type(a, b))
    rest = a + 0.0 * b[0]
    for k in range(n - m, -1, -1):
        unit = np.zeros(k + 1)
        unit[k] = 1.0
        part = product(unit, b, family)
        out[k] = rest[k + m - 1] / part[k + m - 1]
        rest[: k + m] -= out[k] * part
    return out, rest[: max(m - 1, 1)]


def power_of(c, n, maxpower, family):
    if maxpower is not None and n > maxpower:
        raise ValueError("Power is too large")
    out = np.ones(1)
    for _ in range(n):
        out = product(out, c, family)
    return out


def from_roots(roots, family):
    roots = coefficients(roots)
    out = np.ones(1, dtype=np.result_type(roots))
    for k in range(len(roots)):
        out = product(out, line(-roots[k], 1.0, family), family)
    return out


def line(off, scl, family):
    """Coefficients of off + scl x."""
    if family == "Laguerre":
        return np.stack([off + scl, -scl])
    return np.stack([off, 0.5 * scl if family == "Hermite" else scl])


def next_basis(k, here, before, times_x, family):
    """The basis function of degree k + 1 from the last two; ``times_x`` multiplies by the variable."""
    if family == "Polynomial":
        return times_x(here)
    if family == "Chebyshev":
        return np.where(k > 0, 2.0, 1.0) * times_x(here) - before
    if family == "Legendre":
        return ((2 * k + 1) * times_x(here) - k * before) / (k + 1)
    if family == "Hermite":
        return 2.0 * times_x(here) - 2 * k * before
    if family == "HermiteE":
        return times_x(here) - k * before
    return ((2 * k + 1) * here - times_x(here) - k * before) / (k + 1)


def composed(c, inner, family, of):
    """The series with coefficients c, of one family, at the series ``inner`` of another."""
    size = (len(c) - 1) * (len(inner) - 1) + 1
    here = np.zeros(size, dtype=np.result_type(c, inner))
    here[0] = 1.0
    before, out = 0.0 * here, c[0] * here
    for k in range(len(c) - 1):
        after = next_basis(k, here, before, lambda b: product(b, inner, of)[:size], family)
        before, here = here, after
        out = out + c[k + 1] * here
    return out


def fit(x, y, deg, rcond, full, w, family):
    """Least squares, columns scaled to length 1, as ``np.polynomial.polyutils`` does it."""
    x, y = coefficients(x), coefficients(y)
    degrees = deg if isinstance(deg, (list, tuple)) else None
    table = table_of[family](x, deg if degrees is None else max(degrees))
    if degrees is not None:
        table = table[:, degrees]
    right = y
    if w is not None:
        w = coefficients(w)
        table, right = table * w[:, None], y * (w if np.ndim(y) == 1 else w[:, None])
    scale = np.sqrt(np.sum(table * table, axis=0))
    rcond = len(x) * np.finfo(float).eps if rcond is None else rcond
    scaled, residuals, rank, singular = np.linalg.lstsq(table / scale, right, rcond=rcond)
    out = scaled / (scale if np.ndim(y) == 1 else scale[:, None])
    if degrees is not None:
        spread = np.zeros((max(degrees) + 1,) + np.shape(y)[1:])
        spread[degrees] = out
        out = spread
    return (out, [residuals, rank, singular, rcond]) if full else out


# -- under the names of NumPy -----------------------------------------------------------------------------------------


def define_family(family: str) -> None:  # noqa: C901
    prefix, module = FAMILIES[family]
    own = lambda what: getattr(module, prefix + what)  # noqa: E731

    @define(own("val"))
    def val(x, c, tensor=True):
        return values(x, c, family, tensor)

    @define(own("val2d"))
    def val2d(x, y, c):
        return at_points([x, y], c, family)

    @define(own("val3d"))
    def val3d(x, y, z, c):
        return at_points([x, y, z], c, family)

    @define(own("grid2d"))
    def grid2d(x, y, c):
        return on_grid([x, y], c, family)

    @define(own("grid3d"))
    def grid3d(x, y, z, c):
        return on_grid([x, y, z], c, family)

    @define(own("vander"))
    def vander(x, deg):
        return table_of[family](place(x), deg)

    @define(own("der"))
    def der(c, m=1, scl=1, axis=0):
        return slope(c, m, scl, axis, family)

    @define(own("int"))
    def int_(c, m=1, k=[], lbnd=0, scl=1, axis=0):  # noqa: B006
        return integral(c, m, k, lbnd, scl, axis, family)

    @define(own("add"))
    def add(c1, c2):
        return total(coefficients(c1), coefficients(c2))

    @define(own("sub"))
    def sub(c1, c2):
        return total(coefficients(c1), -coefficients(c2))

    @define(own("mul"))
    def mul(c1, c2):
        return product(coefficients(c1), coefficients(c2), family)

    @define(own("mulx"))
    def mulx(c):
        return product(coefficients(c), line(0.0, 1.0, family), family)

    @define(own("div"))
    def div(c1, c2):
        return quotient(coefficients(c1), coefficients(c2), family)

    @define(own("pow"))
    def pow_(c, pow, maxpower=None if family == "Polynomial" else 16):  # noqa: A002
        return power_of(coefficients(c), pow, maxpower, family)

    @define(own("fromroots"))
    def fromroots(roots):
        return from_roots(roots, family)

    @define(own("roots"))
    def roots_(c):
        """Complex numbers, also where NumPy gives real ones: whether all roots are real hangs on the values."""
        return series_roots(coefficients(c), family)

    @define(own("fit"))
    def fit_(x, y, deg, rcond=None, full=False, w=None):
        return fit(x, y, deg, rcond, full, w, family)

    if family != "Polynomial":

        @define(own("2poly"))
        def to_powers(c):
            return composed(coefficients(c), np.array([0.0, 1.0]), family, "Polynomial")

        @define(getattr(module, "poly2" + prefix))
        def from_powers(pol):
            return composed(coefficients(pol), line(0.0, 1.0, family), "Polynomial", family)


for name in FAMILIES:
    define_family(name)


@define(polyutils.mapparms)
def mapparms(old, new):
    return (old[1] * new[0] - old[0] * new[1]) / (old[1] - old[0]), (new[1] - new[0]) / (old[1] - old[0])


@define(polyutils.mapdomain)
def mapdomain(x, old, new):
    off, scl = mapparms(old, new)
    return off + scl * place(x)


@define(power.polyvalfromroots)
def polyvalfromroots(x, r, tensor=True):
    x, r = place(x), coefficients(r)
    if tensor and np.ndim(x) > 0:
        r = np.reshape(r, np.shape(r) + (1,) * np.ndim(x))
    return np.prod(x - r, axis=0)
