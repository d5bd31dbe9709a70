"""``scipy.stats``: quantiles that SciPy searches for, and distribution functions that it integrates numerically.

The value is SciPy's. A quantile y(q, s) solves F(y, s) = q, so that its slopes are 1 / f and -F_s / f (by the
implicit-function theorem). F itself has the density f as its slope in y, and in a shape the integral of the density's
slope up to y, taken by the double exponential formula (Takahasi and Mori 1974) from where F does not hang on the shape.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.stats as st

from s2sad.api import jvp
from s2sad.ir.primitive import Primitive
from s2sad.ir.types import Array, Type
from s2sad.libraries.declaring import as_computed
from s2sad.libraries.scipy_stats_densities import SEARCHED
from s2sad.libraries.scipy_stats_methods import standard_cdf, standard_pdf
from s2sad.prims.primitive import REGISTRY, primitive
from s2sad.rules.book import constant, partials

SHAPES = ("a", "b", "c", "d")
Slope = Callable[..., Any]


def declared(dist: Any, method: str) -> Primitive:
    """A method of a distribution as a primitive of the variable and the shapes."""
    infer = as_computed(getattr(dist, method), " ".join(("x", *SHAPES[: dist.numargs])))
    prim = primitive(f"scipy.stats.{dist.name}.{method}", getattr(dist, method), infer, elementwise=True, calls=())
    SEARCHED[type(dist), dist.name, method] = REGISTRY.word(prim)
    return prim


def in_shape(function, dist, y, shapes, k):
    """The slope of a function of a distribution in its k-th shape, for each item."""
    def of_shape(s):
        return function(dist, y, (*shapes[:k], s, *shapes[k + 1 :]))

    return jvp(of_shape, (shapes[k],), (np.ones(np.shape(shapes[k]))[()],))[1]


def with_shapes(prim: Primitive, slopes: Slope, n: int) -> None:
    """A rule of the variable, called x here, and of so many shapes by name."""
    rule = partials(prim, ("x", *SHAPES[:n]), guarded=True)
    if n == 0:
        rule(lambda x, ans: slopes(x, ans)[0])
    elif n == 1:
        rule(lambda x, a, ans: slopes(x, ans, a))
    elif n == 2:
        rule(lambda x, a, b, ans: slopes(x, ans, a, b))
    elif n == 3:
        rule(lambda x, a, b, c, ans: slopes(x, ans, a, b, c))
    else:
        rule(lambda x, a, b, c, d, ans: slopes(x, ans, a, b, c, d))


# -- quantiles --------------------------------------------------------------------------------------------------------


def implicit(dist: Any, method: str, sign: float) -> None:
    """``ppf`` or ``isf``, by the slopes of ``cdf``."""
    def slopes(x, ans, *shapes):
        rate = standard_pdf(dist, ans, shapes)
        return sign / rate, *[-in_shape(standard_cdf, dist, ans, shapes, k) / rate for k in range(len(shapes))]

    with_shapes(declared(dist, method), slopes, dist.numargs)


# -- integrals --------------------------------------------------------------------------------------------------------


def tail_points():
    """Nodes for integrals over s > 0 of what falls off as exp(-s)."""
    tau = np.arange(-4.5, 4.4, 0.0625)
    return np.exp(tau - np.exp(-tau))


def tail_weights():
    """The weights of ``tail_points``."""
    tau = np.arange(-4.5, 4.4, 0.0625)
    return 0.0625 * np.exp(tau - np.exp(-tau)) * (1.0 + np.exp(-tau))


def unit_points():
    """Nodes for integrals over 0 < s < 1, close to both ends."""
    return 1.0 / (1.0 + np.exp(-np.pi * np.sinh(np.arange(-3.5, 3.51, 0.0625))))


def unit_weights():
    """The weights of ``unit_points``."""
    tau = np.arange(-3.5, 3.51, 0.0625)
    return 0.0625 * np.pi * np.cosh(tau) / (2.0 + 2.0 * np.cosh(np.pi * np.sinh(tau)))


def _points() -> Type:
    return Array("f64", ("n",))


for _function in (tail_points, tail_weights, unit_points, unit_weights):
    constant(primitive(_function.__name__, _function, _points, style="helper"))


def of_tails(dist, x, ans, shapes, k, below):
    """The slope of ``cdf`` in the k-th shape: the integral from the side where there is less."""
    sign = np.where(below, 1.0, -1.0)
    points = np.asarray(x)[..., None] - sign[..., None] * tail_points()
    of_density = in_shape(standard_pdf, dist, points, tuple([np.asarray(s)[..., None] for s in shapes]), k)
    return (sign * np.sum(of_density * tail_weights(), axis=-1))[()]


def of_turn(dist, x, ans, shapes, k, below):
    """The same around the circle, from 0, where half of it is below whatever the shape is."""
    turned = x - 2.0 * np.pi * np.round(x / (2.0 * np.pi))
    points = np.asarray(turned)[..., None] * unit_points()
    of_density = in_shape(standard_pdf, dist, points, tuple([np.asarray(s)[..., None] for s in shapes]), k)
    return (turned * np.sum(of_density * unit_weights(), axis=-1))[()]


def by_quadrature(dist: Any, integral: Slope) -> None:
    """``cdf`` and ``sf``, by integrals of slopes of ``pdf``."""
    def of_cdf(x, ans, *shapes):
        return standard_pdf(dist, x, shapes), *[
            integral(dist, x, ans, shapes, k, ans < 0.5) for k in range(len(shapes))
        ]

    def of_sf(x, ans, *shapes):
        return -standard_pdf(dist, x, shapes), *[
            -integral(dist, x, ans, shapes, k, ans > 0.5) for k in range(len(shapes))
        ]

    with_shapes(declared(dist, "cdf"), of_cdf, dist.numargs)
    with_shapes(declared(dist, "sf"), of_sf, dist.numargs)


for _name in ("vonmises", "vonmises_line"):
    by_quadrature(getattr(st, _name), of_turn)
by_quadrature(st.norminvgauss, of_tails)
for _name in (
    "argus", "cosine", "dpareto_lognorm", "exponnorm", "foldcauchy", "foldnorm", "invgauss", "norminvgauss",
    "recipinvgauss", "rel_breitwigner", "rice", "skewnorm", "vonmises", "vonmises_line", "wald",
):  # fmt: skip
    if hasattr(st, _name):
        implicit(getattr(st, _name), "ppf", 1.0)
        implicit(getattr(st, _name), "isf", -1.0)
