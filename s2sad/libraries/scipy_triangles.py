"""``scipy.interpolate.CloughTocher2DInterpolator``: a smooth surface of cubic pieces over a triangulation.

Slopes at the points are those for which cubics along the edges of the triangles bend least: a sparse linear system
(Nielson, "A method for interpolating scattered data based upon a minimum norm network", 1983), which SciPy iterates.
Each triangle is cut into three at its middle; what makes the surface smooth there, and across its sides, are linear
conditions on Bézier's control points (Farin, "Triangular Bernstein-Bézier patches", 1986).
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.interpolate as si
import scipy.sparse
import scipy.sparse.linalg

from s2sad.front.calls import Calls
from s2sad.front.values import Abstract, Known, Source, pack
from s2sad.ir.core import Arg
from s2sad.ir.types import Array, Type, axes
from s2sad.libraries.scipy_neighbours import from_outside, triangulation_of
from s2sad.libraries.scipy_scattered import columns, places
from s2sad.libraries.scipy_splines import along, doubles
from s2sad.prims.inference import number
from s2sad.prims.primitive import REGISTRY, primitive
from s2sad.rules.book import constant

define = REGISTRY.define


# -- which triangles there are ----------------------------------------------------------------------------------------


def triangle_edges(triangulation):
    """The pairs of points that are joined in a triangulation, and the points that are joined to none."""
    starts, others = triangulation.vertex_neighbor_vertices
    first = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    once = first < others
    return np.stack([first[once], others[once]]), np.flatnonzero(np.diff(starts) == 0)


def triangle_places(triangulation, x):
    """The corners of the triangle around each place, and those of the triangles beside it; −1 where there is none."""
    found = triangulation.find_simplex(x)
    beside = np.where(found[..., None] < 0, -1, triangulation.neighbors[found])
    corners = np.where(found[..., None] < 0, -1, triangulation.simplices[found])
    return corners, np.where(beside[..., None] < 0, -1, triangulation.simplices[beside])


def _edges(triangulation: Arg) -> tuple[Type, ...]:
    return Array("i64", ("n", "?")), Array("i64", ("?",))


def _places(triangulation: Arg, x: Arg) -> tuple[Type, ...]:
    where = axes(number(x))
    if where is None:
        return Array("i64", None), Array("i64", None)
    return Array("i64", (*where[:-1], "n")), Array("i64", (*where[:-1], "n", "n"))


constant(
    primitive("triangle_edges", triangle_edges, _edges, style="helper"),
    primitive("triangle_places", triangle_places, _places, style="helper"),
)

# -- slopes at the points ---------------------------------------------------------------------------------------------


def least_bent(triangulation, points, values):
    """The slopes at points, a row or a matrix for each, of values or of rows of them."""
    (start, stop), alone = triangle_edges(triangulation)
    edge = points[stop] - points[start]
    pull = edge / (np.sum(edge * edge, axis=1) ** 1.5)[:, None]
    count, both = np.shape(points)[0], np.arange(2)
    at_start, at_stop, by_itself = (np.ravel(2 * at[:, None] + both) for at in (start, stop, alone))
    block = np.ravel(pull[:, :, None] * edge[:, None, :])
    rows = [np.repeat(at, 2) for at in (at_start, at_start, at_stop, at_stop)]
    others = [np.ravel(np.repeat(np.reshape(at, (-1, 2)), 2, axis=0)) for at in (at_start, at_stop, at_start, at_stop)]
    filled = np.concatenate([2.0 * block, block, block, 2.0 * block, np.ones(len(by_itself))])
    where = (np.concatenate([*rows, by_itself]), np.concatenate([*others, by_itself]))
    system = scipy.sparse.csc_array((filled, where), shape=(2 * count, 2 * count))
    rise = np.repeat(values[stop] - values[start], 2, axis=0)
    rise = 3.0 * along(np.ravel(pull), rise) * rise
    right = np.zeros((2 * count,) + np.shape(values)[1:], dtype=np.result_type(values))
    np.add.at(right, at_start, rise)
    np.add.at(right, at_stop, rise)
    factors = scipy.sparse.linalg.splu(system)
    if np.result_type(values).kind == "c":
        slopes = factors.solve(np.real(right)) + 1j * factors.solve(np.imag(right))
    else:
        slopes = factors.solve(right)
    return np.reshape(slopes, (count, 2) + np.shape(values)[1:])


# -- values -----------------------------------------------------------------------------------------------------------


def across(a, b):
    """The cross products of vectors in the plane."""
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]


def shares(x, corners):
    """The barycentric coordinates of places in triangles."""
    away = corners - x[..., None, :]
    parts = across(np.roll(away, -1, axis=-2), np.roll(away, -2, axis=-2))
    return parts / np.sum(parts, axis=-1, keepdims=True)


def cubic_surface(share, towards, f, slopes, corners):
    """The cubics at barycentric coordinates; ``towards`` has those of the places that the triangles beside look to.

    The three corners are the last axis of what has one item for each: their values f, the control points on the edges
    after and before them and within, and the middles of the cuts, which are named by the corner that they are not at.
    """
    after = f + np.sum(slopes * (np.roll(corners, -1, axis=-2) - corners), axis=-1) / 3.0
    before = f + np.sum(slopes * (np.roll(corners, 1, axis=-2) - corners), axis=-1) / 3.0
    within = (f + after + before) / 3.0
    to_first, to_second, in_ = towards
    start = to_first * np.roll(f, -1, -1) + to_second * np.roll(after, -1, -1) + in_ * np.roll(within, -1, -1)
    stop = to_first * np.roll(before, 1, -1) + to_second * np.roll(f, 1, -1) + in_ * np.roll(within, 1, -1)
    halfway = to_first * np.roll(after, -1, -1) + to_second * np.roll(before, 1, -1)
    middle = (0.5 * (start + stop) - halfway) / in_
    inner = (within + np.roll(middle, -1, -1) + np.roll(middle, 1, -1)) / 3.0
    least = np.min(share, axis=-1, keepdims=True)
    own, deep = share - least, 3.0 * least
    following, previous = np.roll(own, -1, -1), np.roll(own, 1, -1)
    at_corners = own**2 * (own * f + 3.0 * (following * after + previous * before + deep * within))
    at_middle = deep * (6.0 * following * previous * middle + deep * (3.0 * own * inner + deep * inner / 3.0))
    return np.sum(at_corners + at_middle, axis=-1)


class Curved:
    """A CloughTocher2DInterpolator. Components, where there are several, are the first axis of values and slopes."""

    def __init__(self, triangulation, points, values, slopes, fill_value, middle, width, more):
        self.triangulation, self.points, self.values, self.slopes = triangulation, points, values, slopes
        self.fill_value, self.middle, self.width, self.more = fill_value, middle, width, more

    def __call__(self, *args):
        x = (places(args, 2) - self.middle) / self.width
        numbers, beside = triangle_places(self.triangulation, x)
        outside = numbers[..., 0] < 0
        edge = (beside[..., 0] < 0) | outside[..., None]
        any_triangle = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
        corners = np.where(outside[..., None, None], any_triangle, self.points[numbers])
        halfway = 0.5 * (np.roll(corners, -1, axis=-2) + np.roll(corners, -2, axis=-2))
        looks = np.where(edge[..., None], halfway, np.mean(self.points[beside], axis=-2))
        aim = shares(looks, corners[..., None, :, :]) - 1.0 / 3.0
        which = np.arange(3)
        own = aim[..., which, which]
        towards = aim[..., which, (which + 1) % 3] - own, aim[..., which, (which + 2) % 3] - own, 3.0 * own
        share = shares(np.where(outside[..., None], 0.0, x), corners)
        out = cubic_surface(share, towards, self.values[..., numbers], self.slopes[..., numbers, :], corners)
        out = np.where(outside, self.fill_value, out)
        return np.reshape(np.moveaxis(out, 0, -1), np.shape(x)[:-1] + self.more) if self.more else out


@define(si.CloughTocher2DInterpolator)
def clough_tocher(points, values, fill_value=np.nan, tol=1e-6, maxiter=400, rescale=False):
    points, values = columns(points), doubles(values)
    if np.shape(points)[1] != 2:
        raise ValueError("CloughTocher2DInterpolator takes points in the plane")
    middle, width = (np.mean(points, axis=0), np.ptp(points, axis=0)) if rescale else (0.0, 1.0)
    points, more = (points - middle) / width, np.shape(values)[1:]
    triangulation = triangulation_of(points)
    if not more:
        slopes = least_bent(triangulation, points, values)
        return Curved(triangulation, points, values, slopes, fill_value, middle, width, ())
    flat = np.reshape(values, (np.shape(values)[0], -1))
    slopes = np.moveaxis(least_bent(triangulation, points, flat), -1, 0)
    return Curved(triangulation, points, flat.T, slopes, fill_value, middle, width, more)


def from_slopes(triangulation, points, values, slopes, fill_value, middle, width, more):
    """A CloughTocher2DInterpolator of values and slopes that stand side by side."""
    if not more:
        return Curved(triangulation, points, values[:, 0], slopes[:, 0], fill_value, middle, width, ())
    return Curved(triangulation, points, values.T, np.moveaxis(slopes, 1, 0), fill_value, middle, width, more)


def adopted(machine: Calls, value: Any, source: Source) -> Abstract:
    """A CloughTocher2DInterpolator from outside."""
    names = ("points", "values", "grad", "fill_value")
    points, values, slopes, fill = (machine.external(getattr(value, n), source.attribute(n)) for n in names)
    frame: tuple[Abstract, ...] = (Known(0.0), Known(1.0))
    if value.scale is not None:
        frame = tuple(machine.external(getattr(value, n), source.attribute(n)) for n in ("offset", "scale"))
    machine.guard(source.attribute("values_shape"), value.values_shape)
    triangulation = from_outside(machine, value.tri, source.attribute("tri"), "triangulation")
    given = (triangulation, points, values, slopes, fill, *frame, pack(tuple(map(Known, value.values_shape))))
    return machine.call(Known(from_slopes), given, {})


REGISTRY.stands_for[Curved] = si.CloughTocher2DInterpolator
REGISTRY.adopters[si.CloughTocher2DInterpolator] = adopted
