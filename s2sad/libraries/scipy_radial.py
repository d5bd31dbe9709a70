"""``scipy.interpolate.RBFInterpolator``: sums of radial functions, differentiated through their linear systems.

With ``neighbors=`` there is a system for each set of points that are nearest to a place; which these are does not move.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.interpolate as si
import scipy.spatial

from s2sad.front.calls import Calls
from s2sad.front.values import Abstract, Known, Source, pack
from s2sad.ir.core import Arg
from s2sad.ir.types import Array, Type
from s2sad.libraries.scipy_bsplines import turns
from s2sad.libraries.scipy_splines import doubles, flag
from s2sad.prims.inference import number
from s2sad.prims.primitive import REGISTRY, primitive
from s2sad.rules.book import constant

define = REGISTRY.define


def radial(square, kernel, epsilon):
    """A radial function of the squared distance; smooth where it is zero as far as the function is."""
    if kernel in ("linear", "cubic", "quintic", "thin_plate_spline"):
        away = square > 0.0
        r2 = np.where(away, square * epsilon**2, 1.0)
        if kernel == "thin_plate_spline":
            return np.where(away, 0.5 * r2 * np.log(r2), 0.0)
        power, sign = {"linear": (0.5, -1.0), "cubic": (1.5, 1.0), "quintic": (2.5, -1.0)}[kernel]
        return np.where(away, sign * r2**power, 0.0)
    r2 = square * epsilon**2
    if kernel == "gaussian":
        return np.exp(-r2)
    if kernel == "multiquadric":
        return -np.sqrt(r2 + 1.0)
    if kernel == "inverse_multiquadric":
        return 1.0 / np.sqrt(r2 + 1.0)
    return 1.0 / (r2 + 1.0)


def squares(x, y):
    """The squared distances of the rows of two matrices, or of those of stacks of them."""
    return np.sum((x[..., :, None, :] - y[..., None, :, :]) ** 2, axis=-1)


def monomial_factors(count, degree):
    """The numbers of the variables, of which there are ``count``, in each monomial of a degree: a row for each."""
    every = np.indices((count,) * degree).reshape(degree, -1).T
    return every[np.all(np.diff(every, axis=1) >= 0, axis=1)]


def neighbourhoods(points, x, count):
    """The sets of so many points that are nearest to places, the set of each place, and the middles and half widths.

    The sums of functions do not hang on middles and widths, in which polynomials are measured.
    """
    found = scipy.spatial.KDTree(points).query(x, min(count, len(points)))[1]
    sets, which = np.unique(np.sort(np.reshape(found, (len(x), -1)), axis=1), axis=0, return_inverse=True)
    low, high = np.min(points[sets], axis=1), np.max(points[sets], axis=1)
    return sets, np.reshape(which, -1), 0.5 * (low + high), np.where(high > low, 0.5 * (high - low), 1.0)


def _neighbourhoods(points: Arg, x: Arg, count: Arg) -> tuple[Type, ...]:
    number(points)
    matrix = ("?", "?")
    return Array("i64", matrix), Array("i64", ("?",)), Array("f64", matrix), Array("f64", matrix)


constant(
    primitive("monomial_factors", monomial_factors, lambda count, degree: Array("i64", ("?", "?")), style="helper"),
    primitive("neighbourhoods", neighbourhoods, _neighbourhoods, style="helper"),
)


def polynomials(x, degree):
    """All monomials up to a degree, side by side."""
    parts = [np.ones(np.shape(x)[:-1] + (1,))]
    if degree >= 1:
        parts.append(x)
    if degree >= 2:
        first, second = np.triu_indices(np.shape(x)[-1])
        parts.append(x[..., first] * x[..., second])
    for k in turns(degree + 1)[3:]:
        parts.append(np.prod(x[..., monomial_factors(np.shape(x)[-1], k)], axis=-1))
    return np.concatenate(parts, axis=-1)


def monomials(x, powers):
    """Products of powers of coordinates, side by side."""
    columns = []
    for exponent in powers:
        column = np.ones(len(x))
        for k, power in enumerate(exponent):
            if power > 0:
                column = column * x[:, k] ** power
        columns.append(column)
    return np.stack(columns, axis=1)


class Radial:
    """An RBFInterpolator: centres, weights of radial functions, coefficients of monomials of (x - shift) / scale."""

    def __init__(self, centres, weights, coefficients, kernel, epsilon, powers, shift, scale, more):
        self.centres, self.weights, self.coefficients = centres, weights, coefficients
        self.kernel, self.epsilon, self.powers, self.shift, self.scale = kernel, epsilon, powers, shift, scale
        self.more = more

    def __call__(self, x):
        x = doubles(x)
        out = radial(squares(x, self.centres), self.kernel, self.epsilon) @ self.weights
        if isinstance(self.powers, tuple):
            out = out + monomials((x - self.shift) / self.scale, self.powers) @ self.coefficients
        elif self.powers >= 0:
            out = out + polynomials(x, self.powers) @ self.coefficients
        return np.reshape(out, np.shape(x)[:1] + self.more) if len(self.more) > 1 else out


def bordered(system, p):
    """The matrices of conditions on radial functions and polynomials."""
    nothing = np.zeros(np.shape(p)[:-2] + (np.shape(p)[-1], np.shape(p)[-1]))
    below = np.concatenate([np.swapaxes(p, -1, -2), nothing], axis=-1)
    return np.concatenate([np.concatenate([system, p], axis=-1), below], axis=-2)


class Local:
    """An RBFInterpolator of the points that are nearest to each place."""

    def __init__(self, centres, values, neighbors, smoothing, kernel, epsilon, degree):
        self.centres, self.values, self.neighbors, self.smoothing = centres, values, neighbors, smoothing
        self.kernel, self.epsilon, self.degree = kernel, epsilon, degree

    def __call__(self, x):
        x = doubles(x)
        sets, which, middle, width = neighbourhoods(self.centres, x, self.neighbors)
        near, values = self.centres[sets], self.values[sets]
        right = np.reshape(values, np.shape(sets) + (-1,))
        smooth = self.smoothing[sets][..., None] if np.ndim(self.smoothing) > 0 else self.smoothing
        system = radial(squares(near, near), self.kernel, self.epsilon) + smooth * np.eye(np.shape(sets)[1])
        weights = radial(np.sum((x[:, None] - near[which]) ** 2, axis=-1), self.kernel, self.epsilon)
        if self.degree >= 0:
            p = polynomials((near - middle[:, None]) / width[:, None], self.degree)
            system = bordered(system, p)
            right = np.concatenate([right, np.zeros((np.shape(p)[0], np.shape(p)[2], np.shape(right)[2]))], axis=1)
            weights = np.concatenate([weights, polynomials((x - middle[which]) / width[which], self.degree)], axis=1)
        out = np.einsum("mk,mkc->mc", weights, np.linalg.solve(system, right)[which])
        return np.reshape(out, np.shape(x)[:1] + np.shape(values)[2:])


@define(si.RBFInterpolator)
def rbf_interpolator(
    y, d, neighbors=None, smoothing=0.0, kernel="thin_plate_spline", epsilon=None, degree=None
):  # fmt: skip
    y, d, kernel = doubles(y), doubles(d), kernel.lower()
    smoothing = np.asarray(smoothing) if isinstance(smoothing, (list, tuple)) else smoothing
    if epsilon is None:
        if kernel not in ("linear", "thin_plate_spline", "cubic", "quintic"):
            raise ValueError("`epsilon` must be specified if `kernel` is not one of the scale-free ones.")
        epsilon = 1.0
    least = {"multiquadric": 0, "linear": 0, "thin_plate_spline": 1, "cubic": 1, "quintic": 2}.get(kernel, -1)
    degree = max(least, 0) if degree is None else degree
    if neighbors is not None:
        return Local(y, d, neighbors, smoothing, kernel, epsilon, degree)
    n, more = np.shape(y)[0], np.shape(d)[1:]
    d = np.reshape(d, (n, -1)) if len(more) > 1 else d
    system = radial(squares(y, y), kernel, epsilon) + smoothing * np.eye(n)
    if degree < 0:
        return Radial(y, np.linalg.solve(system, d), None, kernel, epsilon, -1, 0.0, 1.0, more)
    p = polynomials(y, degree)
    right = np.concatenate([d, np.zeros(np.shape(p)[1:] + np.shape(d)[1:])])
    solved = np.linalg.solve(bordered(system, p), right)
    return Radial(y, solved[:n], solved[n:], kernel, epsilon, degree, 0.0, 1.0, more)


def adopted_radial(machine: Calls, value: Any, source: Source) -> Abstract:
    """An RBFInterpolator from outside: its function is linear in data that does not change."""
    if np.dtype(value.d_dtype).kind != "f":
        machine.refuse("RBFInterpolator of complex numbers", instead="interpolate real and imaginary parts")
    kernel, epsilon, neighbors = (flag(machine, value, source, name) for name in ("kernel", "epsilon", "neighbors"))
    machine.guard(source.attribute("d_shape"), value.d_shape)
    more = pack(tuple(map(Known, value.d_shape)))
    powers = tuple(tuple(map(int, row)) for row in value.powers)
    if value.neighbors is not None:
        y, d, smoothing = (machine.external(getattr(value, n), source.attribute(n)) for n in ("y", "d", "smoothing"))
        degree = max(map(sum, powers), default=-1)
        return machine.call(Known(local), (y, d, neighbors, smoothing, kernel, epsilon, Known(degree), more), {})
    names = ("y", "_coeffs", "_shift", "_scale")
    y, solved, shift, scale = (machine.external(getattr(value, name), source.attribute(name)) for name in names)
    how = (kernel, epsilon, Known(powers or -1), shift, scale, more)
    return machine.call(Known(from_coefficients), (y, solved, *how), {})


def local(y, d, neighbors, smoothing, kernel, epsilon, degree, more):
    """An RBFInterpolator of neighbours, of values that stand side by side."""
    return Local(y, np.reshape(d, np.shape(d)[:1] + more), neighbors, smoothing, kernel, epsilon, degree)


def from_coefficients(y, solved, kernel, epsilon, powers, shift, scale, more):
    """An RBFInterpolator of the solution of its system, in which all components stand side by side."""
    solved = solved if more else solved[:, 0]
    n = np.shape(y)[0]
    return Radial(y, solved[:n], solved[n:], kernel, epsilon, powers, shift, scale, more)


REGISTRY.stands_for[Radial] = si.RBFInterpolator
REGISTRY.adopters[si.RBFInterpolator] = adopted_radial
