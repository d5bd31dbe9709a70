"""``scipy.interpolate``: splines of several variables, and splines of one and of two that come near to values.

A tensor product of B-splines is a sum over the few of each variable that are not zero at a place. The smoothing spline
is natural; its second derivatives at the points solve a banded system (Green and Silverman, "Nonparametric Regression
and Generalized Linear Models", 1994, chapter 2).
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.interpolate
import scipy.interpolate as si
import scipy.linalg

from s2sad.api import jvp
from s2sad.front.calls import Calls
from s2sad.front.values import Abstract, Known, Source, pack
from s2sad.implicit import custom_root
from s2sad.ir.types import FLOAT, Array
from s2sad.libraries.scipy_bsplines import Basis, Surface, boxed, spline_basis
from s2sad.libraries.scipy_smoothing import itself
from s2sad.libraries.scipy_spline_products import sums_of_products
from s2sad.libraries.scipy_splines import along, doubles, flag, to_front
from s2sad.prims.primitive import REGISTRY, primitive, unsupported
from s2sad.rules.book import constant

define = REGISTRY.define


# -- of several variables ---------------------------------------------------------------------------------------------


class Product:
    """An NdBSpline."""

    def __init__(self, t, c, k, extrapolate):
        self.t, self.c, self.k, self.extrapolate = t, c, k, extrapolate

    def __call__(self, xi, *, nu=None, extrapolate=None):
        x, rank = doubles(xi), len(self.t)
        flat = np.reshape(x, (-1, rank))
        at = tuple([flat[:, axis] for axis in range(rank)])
        out = sums_of_products(self.c, self.t, self.k, at, (0,) * rank if nu is None else tuple(nu))
        if not (self.extrapolate if extrapolate is None else extrapolate):
            inside = np.ones(np.shape(flat)[:1], dtype=bool)
            for axis, (t, k) in enumerate(zip(self.t, self.k, strict=True)):
                inside = inside & (flat[:, axis] >= t[k]) & (flat[:, axis] <= t[len(t) - k - 1])
            out = np.where(np.reshape(inside, (-1,) + (1,) * (np.ndim(out) - 1)), out, np.nan)
        return np.reshape(out, np.shape(x)[:-1] + np.shape(out)[1:])

    def __getattr__(self, name):
        unsupported(f"the attribute {name} of an NdBSpline", instead="call it, with nu= for derivatives")


@define(si.NdBSpline)
def nd_bspline(t, c, k, *, extrapolate=None):
    t = tuple([doubles(knots) for knots in t])
    degrees = (k,) * len(t) if isinstance(k, int) else tuple(k)
    return Product(t, doubles(c), degrees, True if extrapolate is None else bool(extrapolate))


def adopted_product(machine: Calls, value: Any, source: Source) -> Abstract:
    """An NdBSpline from outside."""
    knots = [machine.external(t, source.attribute("t").item(n)) for n, t in enumerate(value.t)]
    c = machine.external(value.c, source.attribute("c"))
    machine.guard(source.attribute("k"), value.k)
    degrees, beyond = pack(tuple(map(Known, value.k))), flag(machine, value, source, "extrapolate")
    return machine.call(Known(Product), (pack(tuple(knots)), c, degrees, beyond), {})


REGISTRY.stands_for[Product] = si.NdBSpline
REGISTRY.adopters[si.NdBSpline] = adopted_product


# -- fits -------------------------------------------------------------------------------------------------------------


def knots_around(x, inner, k, first, last):
    """All knots, of which those within an interval are given; it is that of the values where its ends are not."""
    ends = (np.min(x) if first is None else first, np.max(x) if last is None else last)
    return boxed(np.concatenate([np.zeros(k + 1), doubles(inner), np.zeros(k + 1)]), k, *ends)


@define(si.LSQBivariateSpline)
def lsq_surface(x, y, z, tx, ty, w=None, bbox=(None, None, None, None), kx=3, ky=3, eps=None):
    x, y, z = np.ravel(doubles(x)), np.ravel(doubles(y)), np.ravel(doubles(z))
    tx, ty = knots_around(x, tx, kx, bbox[0], bbox[1]), knots_around(y, ty, ky, bbox[2], bbox[3])
    sizes = np.shape(tx)[0] - kx - 1, np.shape(ty)[0] - ky - 1
    basis = spline_basis(tx, kx, x, sizes[0])[:, :, None] * spline_basis(ty, ky, y, sizes[1])[:, None, :]
    basis = np.reshape(basis, (np.shape(x)[0], -1))
    if w is not None:
        w = doubles(w)
        basis, z = basis * w[:, None], z * w
    found, _, rank, _ = np.linalg.lstsq(basis, z, rcond=None)
    if rank < sizes[0] * sizes[1]:
        raise np.linalg.LinAlgError("the points do not determine the spline: fewer knots, or more points between them")
    return Surface(tx, ty, np.reshape(found, sizes), kx, ky)


def smoothed_with(y, x, w, lam):
    """Values of the smoothing spline at the points, and its second derivatives there."""
    h = np.diff(x)
    up, even = 1.0 / h, 1.0 / w
    middle = -(up[:-1] + up[1:])
    a, b, c = even[:-2], even[1:-1], even[2:]
    diagonal = (h[:-1] + h[1:]) / 3.0 + lam * (up[:-1] ** 2 * a + middle**2 * b + up[1:] ** 2 * c)
    beside = h[1:-1] / 6.0 + lam * up[1:-1] * (middle[:-1] * b[:-1] + middle[1:] * c[:-1])
    far = lam * up[1:-2] * up[2:-1] * c[:-2]
    bands = np.stack([
        diagonal, np.concatenate([beside, np.zeros(1)]), np.concatenate([far, np.zeros(2)])
    ])  # fmt: skip
    bend = np.diff(np.diff(y, axis=0) * along(up, y), axis=0)
    flat = np.reshape(bend, (np.shape(bend)[0], -1))
    inner = np.reshape(scipy.linalg.solveh_banded(bands, flat, lower=True), np.shape(bend))
    none = np.zeros_like(inner[:1])
    curvature = np.concatenate([none, inner, none])
    force = np.diff(np.concatenate([none, np.diff(curvature, axis=0) * along(up, y), none]), axis=0)
    return y - lam * along(even, y) * force, curvature


def natural_coefficients(x, values, curvature):
    """The B-spline coefficients of a natural cubic spline, by blossoming (Farin, chapter 8)."""
    h = along(np.diff(x), values)
    none = np.zeros_like(h[:1])
    before, after = np.concatenate([none, h]), np.concatenate([h, none])
    rise = np.diff(values, axis=0) / h
    slope = np.concatenate([
        rise - h * (2.0 * curvature[:-1] + curvature[1:]) / 6.0,
        rise[-1:] + h[-1:] * curvature[-2:-1] / 6.0,
    ])  # fmt: skip
    inner = values + slope * (after - before) / 3.0 - curvature * before * after / 6.0
    return np.concatenate([values[:1], inner, values[-1:]])


def cross_validated(x, y, w):
    """The coefficients of the smoothing spline whose parameter is found by cross-validation, and that parameter."""
    spline = scipy.interpolate.make_smoothing_spline(x, y, w)
    bends = np.diff(spline(x, 2)) / np.diff(x)
    force = np.diff(np.concatenate([[0.0], bends, [0.0]])) / w
    return spline.c, float((y - spline(x)) @ force / (force @ force))


cross = primitive("cross_validated", cross_validated, lambda x, y, w: (Array("f64", ("?",)), FLOAT), style="helper")
constant(cross)
cross_validated_of = REGISTRY.word(cross)


def unexplained(lam, x, y, w):
    """The misses by generalized cross-validation (Wahba, "Spline Models for Observational Data", 1990, chapter 4)."""
    n = np.shape(x)[0]
    miss = y - smoothed_with(y, x, w, lam)[0]
    return miss @ miss / (n - np.trace(smoothed_with(np.eye(n), x, w, lam)[0])) ** 2


def of_least_misses(x, y, w):
    """The coefficients of the smoothing spline whose parameter is found by cross-validation."""
    c, lam = cross_validated_of(x, y, w)
    inside = 1e-4 < lam < np.shape(x)[0] - 1e-4

    def stationary(lam):
        return jvp(lambda lam: unexplained(lam, x, y, w), (lam,), (1.0,))[1] if inside else lam

    lam = custom_root(stationary, lam, lambda function, start: start)
    return custom_root(
        lambda c: c - natural_coefficients(x, *smoothed_with(y, x, w, lam)), c, lambda function, start: start,
        linear_solve=itself,
    )


@define(si.make_smoothing_spline)
def make_smoothing_spline(x, y, w=None, lam=None, *, axis=0):
    x, y = doubles(x), to_front(doubles(y), axis)
    knots = np.concatenate([np.broadcast_to(x[0], (3,)), x, np.broadcast_to(x[-1], (3,))])
    if np.shape(x)[0] <= 4:
        raise ValueError("``x`` and ``y`` length must be at least 5")
    weights = np.ones(np.shape(x)) if w is None else doubles(w)
    if lam is None:
        if np.ndim(y) != 1:
            unsupported("make_smoothing_spline of several columns without lam=", instead="a spline for each")
        return Basis(knots, of_least_misses(x, y, weights), 3, True, axis)
    values, curvature = smoothed_with(y, x, weights, lam)
    return Basis(knots, natural_coefficients(x, values, curvature), 3, True, axis)
